"""Values in AWS's protocols: from forms and JSON by their shapes, and back into JSON and XML.

A shape is botocore's: of a structure, a list, a map, or a text or number.

Notes
-----
AWS pages: "Making query requests" of IAM; "Common errors" of the IAM API Reference. The sentences
about malformed requests come from public sources.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from iamlab.errors import IamLabError, RequestError

DEEPEST = 30
"""More levels than the name of any parameter has."""

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class HttpError(IamLabError):
    """A request that no operation can answer: AWS's code, message and status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status
        super().__init__(f"{code}: {message}")


def require(module: str) -> Any:
    """Import a package that only real clients need.

    Raises
    ------
    RequestError
        It isn't installed.
    """
    try:
        return import_module(module)
    except ImportError:
        raise RequestError(
            f"Real clients need {module}. Install it with: pip install 'iamlab[clients]'"
        ) from None


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
    if kind in ("structure", "list", "map"):
        if value == "":  # clients send an empty list as an empty text
            value = {}
        if not isinstance(value, dict):
            raise HttpError("MalformedInput", "Start of structure or map found where not expected.")
        return _NESTED[kind](value, shape)
    if not isinstance(value, str):
        raise HttpError("MalformedInput", "Start of structure or map found where not expected.")
    return _scalar(value, kind, "MalformedInput")


def _structure_in(value: dict[str, Any], shape: Any) -> dict[str, Any]:
    names = {name: name_of(member, name) for name, member in shape.members.items()}
    return {
        name: from_form(value[names[name]], member)
        for name, member in shape.members.items()
        if names[name] in value
    }


def _list_in(value: dict[str, Any], shape: Any) -> list[Any]:
    if not shape.serialization.get("flattened"):
        value = value.get(name_of(shape.member, "member"), {})
    return [from_form(item, shape.member) for item in _numbered(value)]


def _map_in(value: dict[str, Any], shape: Any) -> dict[str, Any]:
    if not shape.serialization.get("flattened"):
        value = value.get("entry", {})
    key, item = name_of(shape.key, "key"), name_of(shape.value, "value")
    return {
        from_form(entry.get(key, ""), shape.key): from_form(entry.get(item, ""), shape.value)
        for entry in _numbered(value)
        if isinstance(entry, dict)
    }


_NESTED: dict[str, Callable[..., Any]] = {
    "structure": _structure_in,
    "list": _list_in,
    "map": _map_in,
}


def name_of(shape: Any, name: str) -> str:
    """Return the name of a member in requests and responses."""
    return str(shape.serialization.get("name", name))


def _numbered(value: Any) -> list[Any]:
    """Return the items of a list, in the order of their numbers."""
    if not isinstance(value, dict) or not all(re.fullmatch("[0-9]{1,9}", key) for key in value):
        raise HttpError("MalformedInput", "The items of a list must have numbers.")
    return [value[key] for key in sorted(value, key=int)]


def _scalar(value: Any, kind: str, code: str) -> Any:
    """Convert a text or number."""
    try:
        return _SCALARS[kind](value)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise HttpError(code, f"The value can not be converted to {kind}.") from None


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text] if text in ("true", "false") else _fail()


def _fail() -> bool:
    raise ValueError


def moment(value: Any) -> datetime:
    """Read a time."""
    from botocore.utils import parse_timestamp

    made: datetime = parse_timestamp(value)
    return made.replace(tzinfo=made.tzinfo or UTC).astimezone(UTC)


def _whole(value: Any) -> int:
    return int(value, 10) if isinstance(value, str) else int(value)


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "string": str,
    "character": str,
    "integer": _whole,
    "long": _whole,
    "float": float,
    "double": float,
    "boolean": _boolean,
    "timestamp": moment,
    "blob": lambda value: b64decode(value, validate=True),
}


def read_json(body: bytes) -> Any:
    """Read the body of a request.

    Raises
    ------
    HttpError
        It isn't JSON.
    """
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise HttpError("SerializationException", "") from None


_IN_JSON: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "blob": (str,),
    "integer": (int,),
    "long": (int,),
    "timestamp": (int, float, str),
    "boolean": (bool,),
}


def from_json(value: Any, shape: Any) -> Any:
    """Read a value of JSON; ``null`` is the same as no value."""
    kind = shape.type_name
    is_wrong = not isinstance(value, _IN_JSON.get(kind, (int, float)))
    if is_wrong or (isinstance(value, bool) and kind != "boolean"):
        raise HttpError("SerializationException", f"The value can not be converted to {kind}.")
    if kind == "structure":
        return {
            name: from_json(value[key], member)
            for name, member in shape.members.items()
            if value.get(key := name_of(member, name)) is not None
        }
    if kind == "list":
        return [from_json(item, shape.member) for item in value]
    if kind == "map":
        return {key: from_json(item, shape.value) for key, item in value.items()}
    return value if kind == "boolean" else _scalar(value, kind, "SerializationException")


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
        return f"<{name}>{members_to_xml(value, shape)}</{name}>"
    if kind == "list":
        item_name = name_of(shape.member, name if is_flat else "member")
        inside = "".join(_to_xml(item_name, item, shape.member) for item in value)
        return inside if is_flat else f"<{name}>{inside}</{name}>"
    if kind == "map":
        outer = name if is_flat else "entry"
        inside = "".join(
            f"<{outer}>{_to_xml(name_of(shape.key, 'key'), key, shape.key)}"
            f"{_to_xml(name_of(shape.value, 'value'), item, shape.value)}</{outer}>"
            for key, item in value.items()
        )
        return inside if is_flat else f"<{name}>{inside}</{name}>"
    return element(name, _written(value, kind))


def _written(value: Any, kind: str) -> str:
    if kind == "timestamp":
        text: str = value.astimezone(UTC).isoformat()
        return text.replace("+00:00", "Z")
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "blob":
        return b64encode(_bytes(value)).decode()
    if isinstance(value, Mapping):
        return quote(json.dumps(value), safe="")
    return str(value)


def _bytes(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value


def element(name: str, text: str) -> str:
    """Write an element with a text; characters that XML doesn't have are replaced."""
    shown = escape(_NOT_IN_XML.sub("\ufffd", text), {"\r": "&#13;"})
    return f"<{name}>{shown}</{name}>"
