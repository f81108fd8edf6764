"""What counts as too old, too short, too many: the defaults are those of CIS and Security Hub."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits of an audit.

    Parameters
    ----------
    key_age_days
        An active access key that is older must be replaced.
    unused_days
        A password or key that was not used for longer must go: 45 for CIS and IAM.22; IAM.8 asks
        the same with 90.
    active_keys
        How many active keys a user may have.
    password_length, password_reuse, password_age_days
        What the password policy must demand.
    required_tags
        Keys of tags that users and roles must have; none: at least one tag, of any key.
    """

    key_age_days: int = 90
    unused_days: int = 45
    active_keys: int = 1
    password_length: int = 14
    password_reuse: int = 24
    password_age_days: int = 90
    required_tags: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give them as JSON values."""
        return {**asdict(self), "required_tags": list(self.required_tags)}


def thresholds(given: Mapping[str, object]) -> Thresholds:
    """Take thresholds that were given by name.

    Examples
    --------
    >>> thresholds({"key_age_days": 30}).key_age_days
    30
    """
    known = {one.name for one in fields(Thresholds)}
    taken: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise RequestError(f"An audit has no threshold {name!r}. {did_you_mean(name, known)}")
        taken[name] = _tags(value) if name == "required_tags" else _number(name, value)
    return Thresholds(**taken)


def _number(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise RequestError(f"{name} is a number, 0 or more, not {value!r}.")
    return value


def _tags(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise RequestError(f"required_tags is a list of keys, not {value!r}.")
    return tuple(map(str, value))
