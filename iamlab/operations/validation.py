"""The checks that AWS makes of parameters before it looks at anything else.

Notes
-----
AWS page: "IAM API Reference", the patterns and limits of each parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from iamlab.cloudtrail.event_fields import SECRETS
from iamlab.errors import RequestError, ValidationError, did_you_mean
from iamlab.operations.api_models import TYPES, WHOLE, shape, signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.operations.api_models import Shape, Signature

_PATH = (
    "The specified value for path is invalid. It must begin and end with / and contain only "
    "alphanumeric characters and/or / characters."
)

_WILDCARDS = dict.fromkeys(map(ord, "*?"))
"""To take them away."""


def check_parameters(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Check the parameters of a call by the model of the API.

    Raises
    ------
    ValidationError
        One of them is missing, or breaks a pattern or limit; all such mistakes, in AWS's words.
    RequestError
        The operation has no such parameter, iamlab does not model it, or a value is of the wrong
        kind.

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
    found = [_missing(name) for name in known.required if parameters.get(name) is None]
    for name, value in parameters.items():
        if value is not None:
            wanted = shape(known.parameters[name], service)
            _check_type(value, wanted, name)
            if service in WHOLE:  # other services say themselves what is wrong with a value
                found += _faults(value, wanted, name, _lower(name))
    _raise(found)


def _refuse_unknown(operation: str, parameters: Mapping[str, Any], known: Signature) -> None:
    for name in parameters:
        if name in known.unmodelled:
            raise RequestError(
                f"iamlab does not model the parameter {name} of {operation}: leave it out."
            )
        if name not in known.parameters:
            hint = did_you_mean(name, known.parameters)
            raise RequestError(f"{operation} has no parameter {name!r}. {hint}")


def _missing(name: str) -> str:
    return _failed(None, _lower(name), "must not be null")


def _raise(found: list[str]) -> None:
    """Raise what was found, if it is anything."""
    if _PATH in found:  # IAM says this one alone
        raise ValidationError(_PATH)
    if found:
        many = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise ValidationError(f"{many} detected: {'; '.join(found)}")


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _failed(value: object, where: str, demand: str) -> str:
    shown = "null" if value is None else f"'{str(value)[:200]}'"
    start = f"Value {shown} at '{where}' failed to satisfy constraint"
    return f"{start}: Member {demand}"


def _faults(value: Any, wanted: Shape, name: str, where: str) -> Iterator[str]:
    _check_type(value, wanted, name)
    yield from _FAULTS.get(wanted.type, _none)(value, wanted, name, where)


def _check_type(value: object, wanted: Shape, name: str) -> None:
    """Refuse a value of the wrong kind, as the real clients do before anything is sent."""
    types, is_number = TYPES[wanted.type], wanted.type == "integer" and wanted.service in WHOLE
    if isinstance(value, types) and not (is_number and isinstance(value, bool)):
        return
    shown = "***" if name in SECRETS else _covered(value)
    raise RequestError(
        f"Parameter validation failed: Invalid type for parameter {name}, value: {shown!r}, "
        f"type: {type(value)}, valid types: {', '.join(map(str, types))}"
    )


def _covered(value: object, deep: int = 4) -> object:
    """Cover the secrets in a value that is to be shown, and what lies deeper than values do."""
    if not isinstance(value, Mapping | list | tuple):
        return value
    if not deep:
        return "..."
    if isinstance(value, Mapping):
        return {
            key: "***" if key in SECRETS else _covered(one, deep - 1) for key, one in value.items()
        }
    return [_covered(one, deep - 1) for one in value]


def _none(*_: object) -> Iterator[str]:
    return iter(())


def _of_text(value: str, wanted: Shape, name: str, where: str) -> Iterator[str]:
    shown = "***" if name in SECRETS else value
    if wanted.enum and value not in wanted.enum:
        yield _failed(shown, where, f"must satisfy enum value set: [{', '.join(wanted.enum)}]")
    # The model's pattern has no wildcards for it, and its words have.
    plain = value.translate(_WILDCARDS) if name == "AttachmentName" else value
    if wanted.matches is not None and not wanted.matches.fullmatch(plain):
        if name == "Path":
            yield _PATH
        else:
            yield _failed(
                shown, where, f"must satisfy regular expression pattern: {wanted.pattern}"
            )
    yield from _of_size(len(value), shown, wanted, where, "length")


def _of_number(value: int, wanted: Shape, _: str, where: str) -> Iterator[str]:
    yield from _of_size(value, value, wanted, where, "value")


def _of_size(size: int, shown: object, wanted: Shape, where: str, what: str) -> Iterator[str]:
    if wanted.min is not None and size < wanted.min:
        yield _failed(shown, where, f"must have {what} greater than or equal to {wanted.min}")
    if wanted.max is not None and size > wanted.max:
        yield _failed(shown, where, f"must have {what} less than or equal to {wanted.max}")


def _of_list(value: list[Any], wanted: Shape, name: str, where: str) -> Iterator[str]:
    yield from _of_size(len(value), _covered(value), wanted, where, "length")
    for number, one in enumerate(value, 1):
        yield from _faults(one, wanted.of(wanted.member), name, f"{where}.{number}.member")


def _of_structure(value: Mapping[str, Any], wanted: Shape, name: str, where: str) -> Iterator[str]:
    members = dict(wanted.members)
    for part in value:
        if part not in members:
            raise RequestError(f"{name} has no part {part!r}. {did_you_mean(str(part), members)}")
    for part in wanted.required:
        if value.get(part) is None:
            yield _failed(None, f"{where}.{_lower(part)}", "must not be null")
    for part, one in value.items():
        if one is not None:
            yield from _faults(one, wanted.of(members[part]), part, f"{where}.{_lower(part)}")


_FAULTS: dict[str, Callable[..., Iterator[str]]] = {
    "string": _of_text,
    "integer": _of_number,
    "list": _of_list,
    "structure": _of_structure,
}
