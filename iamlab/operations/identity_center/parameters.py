"""What parameters of IAM Identity Center may be: letters and lengths, and the session duration.

Notes
-----
AWS pages: "IAM Identity Center API Reference" and "Identity Store API Reference", the pages of
their data types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from unicodedata import category

from iamlab.errors import RequestError
from iamlab.errors.services import ValidationException
from iamlab.operations.api_models import Shape

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""What CloudTrail shows in the place of names and addresses of people."""


SESSION_SECONDS = (3600, 43_200)
"""What a permission set's session duration may be: one hour to twelve."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a text may be.

    Parameters
    ----------
    pattern
        As AWS writes it.
    least, most
        The length.
    blanks
        What the pattern allows besides whatever can be seen, if that is what it speaks of.
    """

    pattern: str
    least: int
    most: int
    blanks: str = ""

    def is_met_by(self, value: str) -> bool:
        """Say whether a text has no other characters than these."""
        if _VISIBLE in self.pattern:
            return all(category(one)[0] in "LMSNP" or one in self.blanks for one in value)
        return Shape("string", pattern=self.pattern).fits(value)


_TAG = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"
_VISIBLE = r"\p{L}\p{M}\p{S}\p{N}\p{P}"
_TEXT = Rule(rf"[{_VISIBLE}\t\n\r \u00A0\u3000]+", 1, 1024, "\t\n\r \u00a0\u3000")
_PATH = r"((/[A-Za-z0-9\.,\+@=_-]+)*)/"
_RELAY_STATE = r"""[a-zA-Z0-9&$@#\\\/%?=~\-_'"|!:,.;*+\[\]\ \(\)\{\}]+"""

RULES: Mapping[str, Rule] = {
    "attribute": _TEXT,
    "customerManagedPolicyReference.name": Rule(r"[\w+=,.@-]+", 1, 128),
    "customerManagedPolicyReference.path": Rule(_PATH, 1, 512),
    "description": Rule(r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*", 1, 700),
    "displayName": _TEXT,
    "email": _TEXT,
    "groupDescription": _TEXT,
    "inlinePolicy": Rule(r"[\u0009\u000A\u000D\u0020-\u00FF]+", 1, 32_768),
    "key": Rule(r"[\p{L}\p{Z}\p{N}_.:\/=+\-@]+", 1, 128),
    "name": Rule(r"[\w+=,.@-]+", 1, 32),
    "relayState": Rule(_RELAY_STATE, 1, 240),
    "tagKey": Rule(_TAG, 1, 128),
    "tagValue": Rule(_TAG, 0, 256),
    "userName": Rule(f"[{_VISIBLE}]+", 1, 128),
}
"""Parameter -> what it may be."""

_DURATION = re.compile(
    r"P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?", re.ASCII
)


def checked(name: str, value: object) -> str:
    """Insist that a text is what a parameter may be.

    Raises
    ------
    ValidationException
        It is not.
    RequestError
        It is no text at all.

    Examples
    --------
    >>> checked("name", "ReadOnly")
    'ReadOnly'
    >>> try:
    ...     checked("name", "")
    ... except ValidationException as error:
    ...     print(error.message[-50:])
    Member must have length greater than or equal to 1
    """
    if not isinstance(value, str):
        raise RequestError(f"{name} is text, not {value!r}.")
    rule = RULES[name]
    for is_wrong, demand in (
        (len(value) < rule.least, f"have length greater than or equal to {rule.least}"),
        (len(value) > rule.most, f"have length less than or equal to {rule.most}"),
        (not rule.is_met_by(value), f"satisfy regular expression pattern: {rule.pattern}"),
    ):
        if is_wrong:
            raise ValidationException(
                f"1 validation error detected: Value '{value[:200]}' at '{name}' failed to satisfy "
                f"constraint: Member must {demand}"
            )
    return value


def optional(name: str, value: object) -> str:
    """Do the same; nothing at all is an empty text."""
    return "" if value is None or value == "" else checked(name, value)


def checked_mapping(key_rule: str, value_rule: str, given: object, most: int) -> dict[str, str]:
    """Insist on a mapping of texts, such as tags; nothing is an empty one.

    Raises
    ------
    ValidationException
        A key or a value is not what it may be, or there are too many.
    RequestError
        It is no mapping.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise RequestError(f"This is a mapping of texts to texts, not {given!r}.")
    found = {checked(key_rule, key): checked(value_rule, one) for key, one in given.items()}
    if len(found) > most:
        raise ValidationException(
            f"1 validation error detected: Value at '{key_rule}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {most}"
        )
    return found


def seconds_of(duration: object) -> int:
    """Read a session duration in the form of ISO 8601.

    Raises
    ------
    ValidationException
        It is none, or not within one and twelve hours.

    Examples
    --------
    >>> seconds_of("PT1H"), seconds_of("PT1H30M"), seconds_of("PT12H")
    (3600, 5400, 43200)
    """
    if not isinstance(duration, str):
        raise RequestError(f"session_duration is text such as PT8H, not {duration!r}.")
    found = _DURATION.fullmatch(duration)
    parts = [int(part or 0) for part in found.groups()] if found else []
    seconds = sum(part * unit for part, unit in zip(parts, (86_400, 3600, 60, 1), strict=False))
    least, most = SESSION_SECONDS
    if not least <= seconds <= most:  # AWS's sentence is not documented
        error = ValidationException(
            f"1 validation error detected: Value '{duration[:100]}' at 'sessionDuration' failed to "
            "satisfy constraint: Member must be between PT1H and PT12H"
        )
        error.add_note("PT8H is eight hours, PT1H30M an hour and a half.")
        raise error
    return seconds
