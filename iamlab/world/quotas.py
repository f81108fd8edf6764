"""Limits and name patterns, as AWS's API states them.

Notes
-----
AWS pages: "IAM and AWS STS quotas"; the "IAM API Reference", for patterns and lengths.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from iamlab.errors import InvalidBucketName, ValidationError


@dataclass(frozen=True, slots=True)
class Rule:
    """What a name must look like: a pattern, as AWS prints it, and the greatest length."""

    pattern: str
    longest: int


_WORD = r"[\w+=,.@-]+"
NAMES = {
    "userName": Rule(_WORD, 64),
    "roleName": Rule(_WORD, 64),
    "groupName": Rule(_WORD, 128),
    "policyName": Rule(_WORD, 128),
}
"""Parameter of the API -> the rule for it."""

SESSION_SECONDS = (3600, 43200)
"""What a role's maximum session duration may be."""

VERSIONS_PER_POLICY = 5
GROUPS_PER_USER = 10
TAGS = 50
"""Default quotas of November 2026. What is loaded from a real account is never held to them."""

_PATH = re.compile(r"/|/[\x21-\x7e]+/")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ACCOUNT = re.compile(r"[0-9]{12}")


def check_name(parameter: str, name: object) -> None:
    """Check a name as the API does.

    Raises
    ------
    ValidationError
        In AWS's words.

    Examples
    --------
    >>> check_name("userName", "alice@example.com")
    """
    rule = NAMES[parameter]
    start = f"1 validation error detected: Value '{name}' at '{parameter}' failed to satisfy"
    if not is_name(name):
        raise ValidationError(
            f"{start} constraint: Member must satisfy regular expression pattern: {rule.pattern}"
        )
    if len(str(name)) > rule.longest:
        raise ValidationError(
            f"{start} constraint: Member must have length less than or equal to {rule.longest}"
        )


def is_name(name: object) -> bool:
    """Say whether it is text of the letters that IAM's names may have."""
    return isinstance(name, str) and re.fullmatch(_WORD, name, re.ASCII) is not None


def is_path(path: object) -> bool:
    """Say whether it is a path: ``/``, or text that begins and ends with one."""
    return isinstance(path, str) and _PATH.fullmatch(path) is not None


def check_path(path: object) -> None:
    """Check a path as the API does.

    Raises
    ------
    ValidationError
        In AWS's words.
    """
    if not is_path(path):
        raise ValidationError(
            "The specified value for path is invalid. It must begin and end with / and contain "
            "only alphanumeric characters and/or / characters."
        )


def check_session_duration(seconds: int) -> None:
    """Check a role's maximum session duration: 1 to 12 hours."""
    least, most = SESSION_SECONDS
    if not least <= seconds <= most:
        side, limit = ("greater", least) if seconds < least else ("less", most)
        raise ValidationError(
            f"1 validation error detected: Value '{seconds}' at 'maxSessionDuration' failed to "
            f"satisfy constraint: Member must have value {side} than or equal to {limit}"
        )


def check_tags(tags: object) -> dict[str, str]:
    """Check tags as the API does: a mapping of text to text, whose keys differ by more than case.

    Raises
    ------
    ValidationError
        They are none, or too many.
    """
    if not isinstance(tags, Mapping):
        raise ValidationError(f"Tags are a mapping of keys to values, not {tags!r}.")
    for key, value in tags.items():
        if not (isinstance(key, str) and isinstance(value, str) and 0 < len(key) <= 128):
            raise ValidationError(f"Tag {key!r}: key and value must be text.")
    if len({key.lower() for key in tags}) < len(tags):
        raise ValidationError(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    if len(tags) > TAGS:
        raise ValidationError(f"There can be at most {TAGS} tags.")
    return dict(tags)


def check_bucket_name(name: object) -> None:
    """Check a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens."""
    if not (isinstance(name, str) and _BUCKET.fullmatch(name)):
        raise InvalidBucketName("The specified bucket is not valid.")


def is_account_id(text: object) -> bool:
    """Say whether it is 12 digits."""
    return isinstance(text, str) and _ACCOUNT.fullmatch(text) is not None
