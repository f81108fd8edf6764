"""A world's clock and whatever follows from its seed: ids, secrets and sealed tokens.

The same seed gives the same ids. The time changes only when you advance it, or it is the
computer's. The world keeps nothing of a sealed token: the token itself holds the content and a seal
that follows from the seed, so nobody can write or change a token.

Notes
-----
AWS pages: "IAM identifiers", for the prefixes; "AWS Organizations API Reference", for its ids; "Use
the Instance Metadata Service to access instance metadata"; "Enable custom identity broker access to
the AWS console". How AWS makes its own tokens is not documented.
"""

from __future__ import annotations

import random
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from iamlab.errors import RequestError
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORMS = tables(__file__, "data/id_forms.toml")
PREFIXES: Mapping[str, str] = _FORMS["prefixes"]
_ORGANIZATION_LENGTHS: Mapping[str, int] = _FORMS["organization_lengths"]
HEX = "0123456789abcdef"
"""The hexadecimal digits."""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SMALL = "abcdefghijklmnopqrstuvwxyz0123456789"
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(slots=True)
class Ids:
    """Makes ids. Two worlds with the same seed and the same calls get the same ids.

    Examples
    --------
    >>> Ids(seed=7).unique_id("user") == Ids(seed=7).unique_id("user")
    True
    """

    seed: int
    made: int = 0
    events: int = 0

    def unique_id(self, kind: str) -> str:
        """Make a unique id: a prefix for the kind, and 17 letters and digits."""
        return PREFIXES[kind] + "".join(self._next().choices(_LETTERS, k=17))

    def organization_id(self, kind: str, root_id: str = "") -> str:
        """Make an id of AWS Organizations; an OU's id contains its root's.

        Examples
        --------
        >>> ids = Ids(seed=7)
        >>> root = ids.organization_id("r")
        >>> len(root), ids.organization_id("ou", root).startswith(f"ou-{root[2:]}-")
        (6, True)
        """
        within = f"{root_id.removeprefix('r-')}-" if root_id else ""
        drawn = self._next().choices(_SMALL, k=_ORGANIZATION_LENGTHS[kind])
        return f"{kind}-{within}{''.join(drawn)}"

    def key_id(self, prefix: str, length: int = 20) -> str:
        """Make the id of a key or certificate, marked as an example."""
        drawn = self._next().choices(_LETTERS, k=length - len(prefix) - 7)
        return f"{prefix}{''.join(drawn)}EXAMPLE"

    def secret(self, length: int = 40) -> str:
        """Make a secret, marked as an example."""
        return "".join(self._next().choices(_BASE64, k=length - 10)) + "EXAMPLEKEY"

    def uuid(self) -> str:
        """Make an id of 32 hexadecimal digits, in five parts."""
        return _in_five(self._next())

    def event_id(self, kind: str = "event") -> str:
        """Make the id of an event, or what the next events share; no other id depends on it.

        Parameters
        ----------
        kind
            ``"event"``, or ``"shared"`` and ``"request"`` for the next events of one call.
        """
        self.events += kind == "event"
        return _in_five(random.Random(f"{self.seed}/{kind}/{self.events}"))

    def secret_of(self, access_key_id: str) -> str:
        """Return the secret of an access key, which follows from the key's id."""
        return self.hidden(f"secret/{access_key_id}", _BASE64, 30) + "EXAMPLEKEY"

    def number(self) -> int:
        """Make a number that is used only once."""
        self.made += 1
        return self.made

    def hidden(self, what: str, letters: str, size: int) -> str:
        """Return a hash that only the seed's owner can compute."""
        return "".join(random.Random(f"{self.seed}/hidden/{what}").choices(letters, k=size))

    def session_token_of(self, access_key_id: str, size: int) -> str:
        """Return the session token of temporary credentials, so many letters long."""
        drawn = random.Random(f"{self.seed}/hidden/token/{access_key_id}").randbytes(size)
        return b64encode(drawn)[: size - 12].decode() + "EXAMPLETOKEN"

    def account_id(self) -> str:
        """Make an account id of 12 digits."""
        return str(self._next().randrange(10**11, 10**12))

    def _next(self) -> random.Random:
        return random.Random(f"{self.seed}/{self.number()}")


def _in_five(draw: random.Random) -> str:
    digits = f"{draw.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


_TOO_FAR = "The time can't be moved that far: a world's time is in the years 1 to 9999."


def _span(now: datetime, days: float, hours: float, minutes: float, seconds: float) -> timedelta:
    """Add up how far to move the time.

    Raises
    ------
    RequestError
        A value isn't a number, or the sum is too large.
    """
    try:
        return now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds) - now
    except OverflowError:
        raise RequestError(_TOO_FAR) from None
    except (TypeError, ValueError):
        shown = f"days={days!r}, hours={hours!r}, minutes={minutes!r}, seconds={seconds!r}"
        raise RequestError(f"Move the time by numbers, not by {shown}.") from None


@dataclass(slots=True)
class Clock:
    """A clock that moves only when you advance it.

    Examples
    --------
    >>> clock = Clock()
    >>> clock.advance(hours=1)
    >>> clock.now.isoformat()
    '2026-11-25T10:00:00+00:00'
    """

    now: datetime = START
    is_real: ClassVar[bool] = False
    """Whether a real phone shows the same time."""

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Move the time forward.

        Raises
        ------
        RequestError
            It isn't a duration, or leads beyond the year 9999.
        """
        self.now += _span(self.now, days, hours, minutes, seconds)

    def copy(self) -> Clock:
        """Make another clock with the same time."""
        return Clock(self.now)


@dataclass(slots=True)
class RealClock:
    """The computer's clock, or one that is ahead of it.

    With the computer's own time, codes of a real phone are accepted.

    Parameters
    ----------
    ahead
        By how many seconds it is ahead of the computer's.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(clock=RealClock())
    >>> phone = world.create_account("main").create_virtual_mfa_device("my-phone")
    >>> phone.otpauth_uri().startswith("otpauth://totp/my-phone")
    True
    """

    ahead: float = 0

    @property
    def now(self) -> datetime:
        """The current time in whole seconds, like AWS's."""
        return (datetime.now(UTC) + timedelta(seconds=self.ahead)).replace(microsecond=0)

    @property
    def is_real(self) -> bool:
        """Whether a real phone shows the same time."""
        return not self.ahead

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Move the time forward; from then on it is ahead of the computer's.

        Raises
        ------
        RequestError
            It isn't a duration, or leads beyond the year 9999.
        """
        self.ahead += _span(self.now, days, hours, minutes, seconds).total_seconds()

    def copy(self) -> RealClock:
        """Make another clock that is as far ahead."""
        return RealClock(self.ahead)


AnyClock = Clock | RealClock

_TOKEN_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_START, _MICROSECOND = datetime(1, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def seal(ids: Ids, purpose: str, written: str, size: int) -> str:
    """Make the seal of a text, marked as an example.

    Parameters
    ----------
    purpose
        What the token is for, and its user: a seal isn't valid for another purpose.
    size
        Its length without the mark.

    Examples
    --------
    >>> ids = Ids(seed=7)
    >>> seal(ids, "signin", "ana", 4) == seal(ids, "signin", "ana", 4)
    True
    >>> seal(ids, "signin", "bob", 4) == seal(ids, "signin", "ana", 4)
    False
    """
    return ids.hidden(f"{purpose}/{written}", _TOKEN_LETTERS, size) + "EXAMPLETOKEN"


def since_text(moment: datetime) -> str:
    """Write a time in 15 hexadecimal digits, exact to the microsecond.

    Examples
    --------
    >>> since_text(datetime(2026, 11, 25, 9, tzinfo=UTC))
    '0e321150c6fc400'
    """
    return f"{(moment - _START) // _MICROSECOND:015x}"


def moment_of(text: str) -> datetime:
    """Read the output of :func:`since_text`; a seal proves that it is that.

    Examples
    --------
    >>> moment_of(since_text(datetime(2026, 11, 25, 9, tzinfo=UTC))).isoformat()
    '2026-11-25T09:00:00+00:00'
    """
    return _START + int(text, 16) * _MICROSECOND
