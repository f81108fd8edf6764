"""Values in AWS's protocols: from forms by their shapes, and back into XML.

A shape is botocore's: of a structure, a list, a map, or a text or number.

Notes
-----
AWS pages: "Making query requests" of IAM; "Common errors" of the IAM API Reference. The sentences
about malformed requests come from public sources.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from iamlab.errors import IamLabError

DEEPEST = 30
"""More levels than the name of any parameter has."""

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class HttpError(IamLabError):
    """A request that no operation can answer: AWS's code, message and status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code, self.message, self.http_status = code, message, status
        super().__init__(f"{code}: {message}")


class ActionError(HttpError):
    """A request for an operation that the service's model doesn't have."""


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nest names such as ``Tags.member.1.Key``."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        *path, last = name.split(".", DEEPEST)
        place = root
        for part in path:
            place = place.setdefault(part, {})
            if isinstance(place, str):
                raise _malformed(name)
        if isinstance(place.get(last), dict):
            raise _malformed(name)
        place[last] = value
    return root


def _malformed(name: str) -> HttpError:
    return HttpError("MalformedQueryString", f"The parameter {name[:100]} has several values.")


def from_form(value: Any, shape: Any) -> Any:
    """Read a value of a form."""
    kind = shape.type_name
    is_nested = kind in ("structure", "list", "map")
    if is_nested and value == "":  # clients send an empty list as an empty text
        value = {}
    if isinstance(value, dict) != is_nested:
        raise HttpError("MalformedInput", "Start of structure or map found where not expected.")
    if kind == "structure":
        return members_from(value, shape, from_form)
    is_flat = shape.serialization.get("flattened")
    if kind == "list":
        items = value if is_flat else value.get(name_of(shape.member, "member"), {})
        return [from_form(item, shape.member) for item in _numbered(items)]
    if kind == "map":
        key, item = name_of(shape.key, "key"), name_of(shape.value, "value")
        return {
            from_form(entry.get(key, ""), shape.key): from_form(entry.get(item, ""), shape.value)
            for entry in _numbered(value if is_flat else value.get("entry", {}))
            if isinstance(entry, dict)
        }
    return scalar(value, kind, "MalformedInput")


def members_from(
    value: Mapping[str, Any], shape: Any, read: Callable[[Any, Any], Any]
) -> dict[str, Any]:
    """Read the members of a structure; ``null`` is the same as no value."""
    return {
        name: read(value[key], member)
        for name, member in shape.members.items()
        if value.get(key := name_of(member, name)) is not None
    }


def name_of(shape: Any, name: str) -> str:
    """Return the name of a member in requests and responses."""
    return str(shape.serialization.get("name", name))


def _numbered(value: Any) -> list[Any]:
    """Return the items of a list, in the order of their numbers."""
    if not isinstance(value, dict) or not all(re.fullmatch("[0-9]{1,9}", key) for key in value):
        raise HttpError("MalformedInput", "The items of a list must have numbers.")
    return [value[key] for key in sorted(value, key=int)]


def scalar(value: Any, kind: str, code: str) -> Any:
    """Convert a text or number.

    Raises
    ------
    HttpError
        It has another type; the error has the code of the protocol.
    """
    try:
        return _SCALARS[kind](value)
    except (ValueError, TypeError, OverflowError, KeyError):
        raise HttpError(code, f"The value can not be converted to {kind}.") from None


def moment(value: Any) -> datetime:
    """Read a time."""
    from botocore.utils import parse_timestamp

    made: datetime = parse_timestamp(value)
    return made.replace(tzinfo=made.tzinfo or UTC).astimezone(UTC)


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "string": str,
    "character": str,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "timestamp": moment,
    "blob": lambda value: b64decode(value, validate=True),
}


# -- XML -----------------------------------------------------------------------------------------


def members_to_xml(value: Mapping[str, Any], shape: Any) -> str:
    """Write the members of a structure as elements.

    A mapping in the place of a text is a policy document, which IAM writes as JSON and
    percent-encodes.
    """
    return "".join(
        _to_xml(name_of(member, name), value[name], member)
        for name, member in shape.members.items()
        if value.get(name) is not None
    )


def _to_xml(name: str, value: Any, shape: Any) -> str:
    """Write an element."""
    kind, is_flat = shape.type_name, shape.serialization.get("flattened")
    if kind == "structure":
        inside = members_to_xml(value, shape)
    elif kind == "list":
        item_name = name_of(shape.member, name if is_flat else "member")
        inside = "".join(_to_xml(item_name, item, shape.member) for item in value)
    elif kind == "map":
        outer = name if is_flat else "entry"
        key_name, value_name = name_of(shape.key, "key"), name_of(shape.value, "value")
        inside = "".join(
            f"<{outer}>{_to_xml(key_name, key, shape.key)}"
            f"{_to_xml(value_name, item, shape.value)}</{outer}>"
            for key, item in value.items()
        )
    else:
        return element(name, _written(value, kind))
    return inside if is_flat else f"<{name}>{inside}</{name}>"


def _written(value: Any, kind: str) -> str:
    if kind == "timestamp":
        return str(value.astimezone(UTC).isoformat()).replace("+00:00", "Z")
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "blob":
        return b64encode(value.encode() if isinstance(value, str) else value).decode()
    if isinstance(value, Mapping):
        return quote(json.dumps(value), safe="")
    return str(value)


def element(name: str, text: str) -> str:
    """Write an element with a text; characters that XML doesn't have are replaced."""
    shown = escape(_NOT_IN_XML.sub("\ufffd", text), {"\r": "&#13;"})
    return f"<{name}>{shown}</{name}>"
