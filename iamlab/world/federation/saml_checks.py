"""Whether what a directory is told can stand in a SAML message: texts, times, ARNs.

These are mistakes of whoever writes Python, so each is a ``RequestError``; what AWS would refuse
is written as it is, and AWS refuses it.

Notes
-----
AWS page: "Configure SAML assertions for the authentication response", for what can stand in one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from iamlab.world.identities import Role
    from iamlab.world.things import SAMLProvider

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(what: str, value: object, *, least: int = 1) -> str:
    r"""Insist on a text that XML can hold.

    Examples
    --------
    >>> text("The name", "ana")
    'ana'
    >>> text("The name", "a\0")
    Traceback (most recent call last):
    ...
    iamlab.errors.RequestError: The name has a character that XML cannot hold: '\x00'.
    """
    if not isinstance(value, str) or len(value) < least:
        raise RequestError(f"{what} must be a text, not {_shown(value)}.")
    wrong = _NOT_IN_XML.search(value)
    if wrong is not None:
        raise RequestError(f"{what} has a character that XML cannot hold: {wrong[0]!a}.")
    return value


def texts(what: str, value: object) -> tuple[str, ...]:
    """Insist on several texts; a single one is a mistake, as it would be taken letter by letter."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise RequestError(f"{what} must be a list of texts, not {_shown(value)}.")
    return tuple(text(f"Each of {what}", one) for one in value)


def by_name(what: str, value: object) -> Mapping[str, Any]:
    """Insist on a mapping whose keys are texts; nothing is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise RequestError(f"{what} must be a mapping of names to texts, not {_shown(value)}.")
    for name in value:
        text(f"Each name in {what}", name)
    return value


def values(what: str, value: object) -> str | tuple[str, ...]:
    """Insist on a text, or several."""
    return text(what, value, least=0) if isinstance(value, str) else texts(what, value)


def number_texts(what: str, value: object) -> tuple[str, ...]:
    """Write a whole number as the values of an attribute: one text, or none at all."""
    if value is None:
        return ()
    if not isinstance(value, int) or isinstance(value, bool):
        raise RequestError(f"{what} must be a whole number, not {_shown(value)}.")
    return (str(value),)


def moment(what: str, value: object) -> datetime | None:
    """Insist on a time with its time zone, or none at all."""
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise RequestError(f"{what} must be a datetime with a time zone, not {_shown(value)}.")
    return value


def later(now: datetime, seconds: Any) -> datetime:
    """Add seconds to a time."""
    try:
        return now + timedelta(seconds=seconds)
    except (TypeError, ValueError, OverflowError):
        raise RequestError(f"lifetime_seconds cannot be {_shown(seconds)}.") from None


def arn(thing: Role | SAMLProvider | str, kind: str) -> str:
    """Give the ARN of a role or a provider, or insist that a text is one.

    Examples
    --------
    >>> arn("arn:aws:iam::111111111111:role/stars", "role")
    'arn:aws:iam::111111111111:role/stars'
    """
    found = thing if isinstance(thing, str) else getattr(thing, "arn", None)
    if isinstance(found, str) and is_arn(text(f"The ARN of a {kind}", found)):
        parsed = Arn.parse(found)
        if (parsed.service, parsed.kind) == ("iam", kind) and "," not in found:
            return found
    raise RequestError(f"This is no {kind}, and no ARN of one: {_shown(thing)}.")


def _shown(value: object) -> str:
    return ascii(value)[:100]
