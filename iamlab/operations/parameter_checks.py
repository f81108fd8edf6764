"""Check the parameters of a call by the models of AWS's APIs; of IAM and STS also the values.

Notes
-----
AWS pages: "IAM API Reference", for the patterns and limits of each parameter; "AWS STS API
Reference". IAM's sentences are those of answers that AWS gave in 2024 to 2026: they don't repeat
the value. Those of STS and of other services do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from iamlab.cloudtrail.event_fields import SECRETS
from iamlab.errors import RequestError, ValidationError, did_you_mean, noted
from iamlab.errors.services import ValidationException
from iamlab.operations.api_models import TYPES, WHOLE, Shape, Signature, shape, signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_PATH = (
    "The specified value for {} is invalid. It must begin {} and contain only alphanumeric "
    "characters and/or / characters."
)
_PATHS = {
    "Path": _PATH.format("path", "and end with /"),
    "PathPrefix": _PATH.format("pathPrefix", "with the / character"),
}

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
        The operation doesn't have the parameter, iamlab doesn't model it, or a value has the wrong
        type.

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


def unlisted(value: object, where: str, allowed: Iterable[str]) -> ValidationException:
    """Make the error of several services for a value that isn't one of a list."""
    names = tuple(allowed)
    fault = _failed(value, where, _of_enum(Shape("string", enum=names)), "")
    error = ValidationException(f"1 validation error detected: {fault}")
    return noted(error, did_you_mean(str(value), names))


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
    if wanted.type in _FAULTS:
        yield from _FAULTS[wanted.type](value, wanted, name, where)


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


def _of_text(value: str, wanted: Shape, name: str, where: str) -> Iterator[str]:
    shown = "***" if name in SECRETS else value
    if wanted.enum and value not in wanted.enum:
        yield _failed(shown, where, _of_enum(wanted), wanted.service)
    # The model's pattern has no wildcards here; AWS's message has.
    plain = value.translate(_WILDCARDS) if name == "AttachmentName" else value
    if wanted.matches is not None and not wanted.matches.fullmatch(plain):
        if name in _PATHS:
            yield _PATHS[name]
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
