"""Session tags: what is passed, what is inherited, and what makes a call fail.

Keys of tags differ in more than their letter case, and the case is kept.

Notes
-----
AWS page: "Pass session tags in AWS STS", with its section on chaining roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import tag_keys
from iamlab.errors import ValidationError
from iamlab.errors.services import InvalidParameterValue
from iamlab.operations.api_models import shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.engine.request import ContextValue
    from iamlab.model.credentials import SessionRecord

MOST = 50


@dataclass(frozen=True, slots=True)
class SessionTags:
    """The tags that a call leads to.

    Parameters
    ----------
    passed
        Those that the call sends.
    inherited
        Those that the caller's own session hands on.
    sent_transitive_keys
        The keys that the call wants to be transitive.
    """

    passed: Mapping[str, str] = field(default_factory=dict)
    inherited: Mapping[str, str] = field(default_factory=dict)
    sent_transitive_keys: tuple[str, ...] = ()

    @property
    def tags(self) -> dict[str, str]:
        """All tags of the new session."""
        return {**self.inherited, **self.passed}

    @property
    def transitive_tag_keys(self) -> tuple[str, ...]:
        """The keys of those that go on to the next session: inherited ones always do."""
        return (*self.inherited, *self.sent_transitive_keys)

    @property
    def needs_permission(self) -> bool:
        """Whether the caller must be allowed sts:TagSession."""
        return bool(self.passed or self.inherited or self.sent_transitive_keys)

    def context(self) -> dict[str, ContextValue]:
        """Give the condition keys of the call."""
        found: dict[str, ContextValue] = {**tag_keys("aws:RequestTag", self.passed)}
        if self.passed:
            found["aws:TagKeys"] = list(self.passed)
        if self.sent_transitive_keys:
            found["sts:TransitiveTagKeys"] = list(self.sent_transitive_keys)
        return found


def session_tags(
    sent: Mapping[str, str] | Sequence[Mapping[str, Any]],
    transitive_tag_keys: Sequence[str] = (),
    session: SessionRecord | None = None,
) -> SessionTags:
    """Work out the tags of a new session.

    Parameters
    ----------
    sent
        As the API takes them, or by key.
    session
        The caller's own.

    Raises
    ------
    InvalidParameterValue
        A key stands twice, or is one of the tags that the caller's session hands on.
    ValidationError
        Tags cannot be so, or there are too many.

    Examples
    --------
    >>> session_tags([{"Key": "team", "Value": "sky"}], ["team"]).transitive_tag_keys
    ('team',)
    """
    pairs = (
        [*sent.items()]
        if isinstance(sent, Mapping)
        else [(tag["Key"], tag["Value"]) for tag in sent]
    )
    _check(pairs)
    passed = dict(pairs)
    lower = [key.lower() for key, _ in pairs]
    if len({*lower}) < len(lower):
        raise InvalidParameterValue(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    inherited = {} if session is None else session.transitive_tags
    clash = sorted({key.lower() for key in inherited} & {*lower})
    if clash:
        error = InvalidParameterValue(
            "One of the specified transitive tag keys can't be set because it conflicts with a "
            "transitive tag key from the calling session."
        )
        error.add_note("Handed on already: " + ", ".join(clash))
        raise error
    _check_transitive(transitive_tag_keys, lower)
    number = len(passed) + len(inherited)
    if number > MOST:
        raise ValidationError(
            f"The session would have {number} tags, inherited ones included: the most are {MOST}."
        )
    return SessionTags(passed, inherited, tuple(dict.fromkeys(transitive_tag_keys)))


def _check(pairs: list[tuple[str, str]]) -> None:
    of_key, of_value = shape("tagKeyType", "sts"), shape("tagValueType", "sts")
    for key, value in pairs:
        if not of_key.fits(key) or not of_value.fits(value):
            shown = f"{key}={value}"[:200]
            raise ValidationError(
                f"1 validation error detected: Value '{shown}' at 'tags' failed to "
                "satisfy constraint: keys have 1 to 128 and values 0 to 256 letters, digits, "
                "spaces and the characters _.:/=+-@"
            )
        if key.lower().startswith("aws:"):
            raise InvalidParameterValue("System tags cannot be added/updated by requester.")


def _check_transitive(keys: Sequence[str], passed: Sequence[str]) -> None:
    missing = [key for key in keys if key.lower() not in passed]
    if missing:
        error = InvalidParameterValue(
            "The specified transitive tag key must be included in the requested tags."
        )
        error.add_note("Not among the tags of the call: " + ", ".join(missing))
        raise error
