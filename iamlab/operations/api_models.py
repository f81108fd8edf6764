"""The models of AWS's APIs, and the checks of parameters, which come first.

The data come from AWS's client library; ``scripts/make_api_models.py`` makes them. IAM and STS are
complete. For other services, they contain the operations that iamlab models, with names and types
of the parameters: the operations check the values themselves, with the errors of their service.

Notes
-----
AWS pages: "IAM API Reference", for the patterns and limits of each parameter; "AWS STS API
Reference" and those of the other services, the page of each operation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab.cloudtrail.event_fields import SECRETS
from iamlab.errors import RequestError, ValidationError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_FOLDER = Path(__file__).parent.parent / "model" / "data"
WHOLE = ("iam", "sts")
"""Services with a complete API."""

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "timestamp": (object,),
    "list": (list, tuple),
    "structure": (Mapping,),
    "map": (Mapping,),
    "blob": (bytes, str),
}
"""Type of a shape -> the Python types of its values."""

OF_TAGS = r"\w \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
r"""Inside brackets: letters, digits and spaces of every alphabet, as in tags. AWS writes
``\p{L}\p{Z}\p{N}``, which Python's patterns don't have; it excludes tabs and line breaks."""


_UNMODELLED = {
    "CreateRole": ("MaxSigninSessionDuration",),
    "UpdateRole": ("MaxSigninSessionDuration", "ResetMaxSigninSessionDuration"),
}
"""Operation of IAM -> its parameters that iamlab doesn't model."""


@dataclass(frozen=True)
class Shape:
    """The shape of a value.

    Parameters
    ----------
    type
        ``string``, ``integer``, ``boolean``, ``timestamp``, ``list``, ``structure`` or ``map``.
    min, max
        The least and greatest length of a string or a list, or value of a number.
    pattern
        As AWS prints it.
    enum
        The allowed texts; empty: any text.
    member
        For a list: the shape of its items.
    members, required
        For a structure: its parts by name, and the required ones.
    service
        The service of the API.
    """

    type: str
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    member: str = ""
    members: tuple[tuple[str, str], ...] = ()
    required: tuple[str, ...] = ()
    service: str = "iam"

    def of(self, name: str) -> Shape:
        """Return another shape of the same API."""
        return shape(name, self.service)

    @cached_property
    def matches(self) -> re.Pattern[str] | None:
        """The pattern in Python's form, for ASCII characters."""
        if self.pattern is None:
            return None
        pattern = self.pattern.replace(r"\p{L}\p{Z}\p{N}", OF_TAGS)
        return re.compile(pattern, 0 if pattern != self.pattern else re.ASCII)

    def fits(self, text: str) -> bool:
        """Return whether a text has the length and the characters of the shape.

        Examples
        --------
        >>> [shape("tagKeyType", "sts").fits(text) for text in ("team", "", "sky*")]
        [True, False, False]
        """
        long_enough = (self.min or 0) <= len(text)
        short_enough = self.max is None or len(text) <= self.max
        letters = self.matches is None or self.matches.fullmatch(text) is not None
        return long_enough and short_enough and letters


@dataclass(frozen=True, slots=True)
class Signature:
    """An operation as the API declares it.

    Parameters
    ----------
    parameters
        Name -> the name of its shape.
    required
        The required parameters.
    errors
        The operation's error codes, without those of every call.
    unmodelled
        AWS's parameters that iamlab doesn't model.
    """

    name: str
    parameters: dict[str, str]
    required: tuple[str, ...]
    errors: tuple[str, ...] = ()
    unmodelled: frozenset[str] = frozenset()


def file_of(service: str) -> Path:
    """Return where an API's data are."""
    return _FOLDER / f"{service if service in WHOLE else 'services'}_model.json"


@cache
def _data(service: str = "iam") -> dict[str, Any]:
    data: dict[str, Any] = json.loads(file_of(service).read_text("utf-8"))
    return data


def names(service: str = "iam") -> list[str]:
    """List all operations of an API, in alphabetical order.

    Examples
    --------
    >>> "CreateUser" in names(), len(names("sts"))
    (True, 12)
    """
    if service in WHOLE:
        return list(_data(service)["operations"])
    every = (key.partition(":") for key in _data("services")["operations"])
    return [name for prefix, _, name in every if prefix == service]


@cache
def signature(operation: str, service: str = "iam") -> Signature:
    """Return the signature of an operation.

    Examples
    --------
    >>> signature("CreateUser").required, signature("GetFederationToken", "sts").required
    (('UserName',), ('Name',))
    >>> signature("TagQueue", "sqs").parameters
    {'QueueUrl': 'string', 'Tags': 'map', 'Region': 'string'}
    """
    key = operation if service in WHOLE else f"{service}:{operation}"
    raw = _data(service if service in WHOLE else "services")["operations"][key]
    return Signature(
        operation,
        raw["parameters"],
        tuple(raw["required"]),
        tuple(raw.get("errors", ())),
        frozenset((*raw.get("unmodelled", ()), *_UNMODELLED.get(key, ()))),
    )


@cache
def shape(name: str, service: str = "iam") -> Shape:
    """Return a shape by name; parameters of other services have the name of their type.

    Examples
    --------
    >>> shape("userNameType").max, shape("userNameType", "sts").max
    (64, 32)
    """
    shapes = _data(service if service in WHOLE else "services")["shapes"]
    if name not in shapes and service not in WHOLE:
        return Shape(name, service=service)
    raw = shapes[name]
    return Shape(
        raw["type"],
        raw.get("min"),
        raw.get("max"),
        raw.get("pattern"),
        tuple(raw.get("enum", ())),
        raw.get("member", ""),
        tuple(raw.get("members", {}).items()),
        tuple(raw.get("required", ())),
        service,
    )


def python_name(parameter: str) -> str:
    """Return a name of the API in snake_case.

    Examples
    --------
    >>> python_name("SAMLProviderArn"), python_name("MaxSessionDuration")
    ('saml_provider_arn', 'max_session_duration')
    """
    apart = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", parameter)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", apart).lower()


_PATH = (
    "The specified value for path is invalid. It must begin and end with / and contain only "
    "alphanumeric characters and/or / characters."
)

_NAME = (
    "The specified value for {} is invalid. It must contain only alphanumeric characters and/or "
    "the following: +=,.@_-"
)
_NAMES = r"[\w+=,.@-]+"
"""The pattern of names in IAM, and IAM's sentence about another one; also about paths, alone."""

_WILDCARDS = dict.fromkeys(map(ord, "*?"))
"""Deletes control characters."""


def check_parameters(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Check the parameters of a call by the model of the API.

    Raises
    ------
    ValidationError
        A parameter is missing, or breaks a pattern or limit; the error lists all, in AWS's words.
    RequestError
        The operation has no such parameter, iamlab doesn't model it, or a value has the wrong type.

    Examples
    --------
    >>> check_parameters("sts", "GetSessionToken", {"DurationSeconds": 60})
    Traceback (most recent call last):
    ...
    iamlab.errors.ValidationError: ValidationError: 1 validation error detected: Value '60' at \
'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900
    """
    known = signature(operation, service)
    _refuse_unknown(operation, parameters, known)
    missing = [name for name in known.required if parameters.get(name) is None]
    found = [_failed(None, _lower(name), "must not be null", service) for name in missing]
    check_types(service, operation, parameters)
    if service in WHOLE:  # other services check values themselves
        for name, value in parameters.items():
            if value is not None:
                wanted = shape(known.parameters[name], service)
                found += _faults(value, wanted, name, _lower(name))
    _raise(found)


def check_types(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Reject a value of the wrong type; parameters outside the API are left to the operation.

    Raises
    ------
    RequestError
        In boto3's words.
    """
    known = signature(operation, service).parameters
    for name, value in parameters.items():
        if name in known and value is not None:
            _check_type(value, shape(known[name], service), name)


def _refuse_unknown(operation: str, parameters: Mapping[str, Any], known: Signature) -> None:
    for name in parameters:
        if name in known.unmodelled:
            raise RequestError(f"iamlab doesn't model the parameter {name} of {operation}.")
        if name not in known.parameters:
            hint = did_you_mean(name, known.parameters)
            raise RequestError(f"{operation} has no parameter {name!r}. {hint}")


def _raise(found: list[str]) -> None:
    """Raise an error with the problems, if there are any."""
    for sentence in found:
        if sentence.startswith("The specified value"):  # IAM's error has only this one
            raise ValidationError(sentence)
    if found:
        many = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise ValidationError(f"{many} detected: {'; '.join(found)}")


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _failed(value: object, where: str, demand: str, service: str) -> str:
    """Return the sentence about a value, which IAM's sentence doesn't repeat."""
    shown = " null" if value is None else f" '{str(value)[:200]}'"
    start = f"Value{'' if service == 'iam' else shown} at '{where}' failed to satisfy constraint"
    return f"{start}: Member {demand}"


def _faults(value: Any, wanted: Shape, name: str, where: str) -> Iterator[str]:
    _check_type(value, wanted, name)
    yield from _FAULTS.get(wanted.type, _none)(value, wanted, name, where)


def _check_type(value: object, wanted: Shape, name: str) -> None:
    """Reject a value of the wrong type, like the real clients before they send a call."""
    types, is_number = TYPES[wanted.type], wanted.type == "integer" and wanted.service in WHOLE
    if isinstance(value, types) and not (is_number and isinstance(value, bool)):
        return
    shown = "***" if name in SECRETS else _covered(value)
    raise RequestError(
        f"Parameter validation failed: Invalid type for parameter {name}, value: {shown!r}, "
        f"type: {type(value)}, valid types: {', '.join(map(str, types))}"
    )


def _covered(value: object, deep: int = 4) -> object:
    """Mask secrets, and very deep parts, in a value for display."""
    if not isinstance(value, Mapping | list | tuple):
        return value
    if not deep:
        return "..."
    if isinstance(value, Mapping):
        return {
            key: "***" if key in SECRETS else _covered(item, deep - 1)
            for key, item in value.items()
        }
    return [_covered(item, deep - 1) for item in value]


def _none(*_: object) -> Iterator[str]:
    return iter(())


def _of_text(value: str, wanted: Shape, name: str, where: str) -> Iterator[str]:
    shown = "***" if name in SECRETS else value
    if wanted.enum and value not in wanted.enum:
        yield _failed(shown, where, _of_enum(wanted), wanted.service)
    # The model's pattern has no wildcards here; AWS's message has.
    plain = value.translate(_WILDCARDS) if name == "AttachmentName" else value
    if wanted.matches is not None and not wanted.matches.fullmatch(plain):
        if name == "Path":
            yield _PATH
        elif wanted.service == "iam" and wanted.pattern == _NAMES:
            yield _NAME.format(where)
        else:
            yield _failed(shown, where, _of_pattern(wanted), wanted.service)
    yield from _of_size(len(value), shown, wanted, where, "length")


def _of_number(value: int, wanted: Shape, _: str, where: str) -> Iterator[str]:
    yield from _of_size(value, value, wanted, where, "value")


def _of_size(size: int, shown: object, wanted: Shape, where: str, what: str) -> Iterator[str]:
    least, most = _limits(wanted, what)
    if wanted.min is not None and size < wanted.min:
        yield _failed(shown, where, least, wanted.service)
    if wanted.max is not None and size > wanted.max:
        yield _failed(shown, where, most, wanted.service)


def _of_enum(wanted: Shape) -> str:
    return f"must satisfy enum value set: [{', '.join(wanted.enum)}]"


def _of_pattern(wanted: Shape) -> str:
    return f"must satisfy regular expression pattern: {wanted.pattern}"


def _limits(wanted: Shape, what: str) -> tuple[str, str]:
    least, most = (f"must have {what} {than} than or equal to" for than in ("greater", "less"))
    return f"{least} {wanted.min}", f"{most} {wanted.max}"


def _of_list(value: list[Any], wanted: Shape, name: str, where: str) -> Iterator[str]:
    yield from _of_size(len(value), _covered(value), wanted, where, "length")
    of_item = wanted.of(wanted.member)
    found = [
        fault
        for number, item in enumerate(value, 1)
        for fault in _faults(item, of_item, name, f"{where}.{number}.member")
    ]
    if found and of_item.type == "string":  # one sentence, with everything that an item must be
        shown = "***" if name in SECRETS else f"[{', '.join(map(str, value))}]"
        demand = f"must satisfy constraint: [{', '.join(_demands(of_item))}]"
        found = [_failed(shown, where, demand, wanted.service)]
    yield from found


def _demands(wanted: Shape) -> Iterator[str]:
    """Return everything that a text must be, in AWS's order."""
    least, most = _limits(wanted, "length")
    every = (
        (wanted.max is not None, most),
        (wanted.min is not None, least),
        (wanted.pattern is not None, _of_pattern(wanted)),
        (wanted.enum, _of_enum(wanted)),
        (True, "must not be null"),
    )
    yield from (f"Member {demand}" for counts, demand in every if counts)


def _of_structure(value: Mapping[str, Any], wanted: Shape, name: str, where: str) -> Iterator[str]:
    members = dict(wanted.members)
    for part in value:
        if part not in members:
            raise RequestError(f"{name} has no part {part!r}. {did_you_mean(str(part), members)}")
    for part in wanted.required:
        if value.get(part) is None:
            yield _failed(None, f"{where}.{_lower(part)}", "must not be null", wanted.service)
    for part, item in value.items():
        if item is not None:
            yield from _faults(item, wanted.of(members[part]), part, f"{where}.{_lower(part)}")


_FAULTS: dict[str, Callable[..., Iterator[str]]] = {
    "string": _of_text,
    "integer": _of_number,
    "list": _of_list,
    "structure": _of_structure,
}
