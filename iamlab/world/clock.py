"""The world's time. It stands still until it is advanced by hand, or is that of the computer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from iamlab.errors import RequestError

START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


_TOO_FAR = "The time cannot be moved so far: a world's time is of the years 1 to 9999."


def _time(days: float, hours: float, minutes: float, seconds: float) -> timedelta:
    """Add up how far the time is to be moved.

    Raises
    ------
    RequestError
        One of them is no number, or they are too much.
    """
    try:
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise RequestError(_TOO_FAR) from None
    except (TypeError, ValueError):
        shown = f"days={days!r}, hours={hours!r}, minutes={minutes!r}, seconds={seconds!r}"
        raise RequestError(f"The time is moved by numbers, not by {shown}.") from None


class AnyClock(Protocol):
    """What a world asks of a clock."""

    @property
    def now(self) -> datetime:
        """The moment, with its time zone."""

    @property
    def is_real(self) -> bool:
        """Whether a phone outside of the world shows the same time."""

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Move the time forward."""

    def copy(self) -> AnyClock:
        """Give a copy of the world a clock of its own."""


@dataclass(slots=True)
class Clock:
    """A clock that only moves when told.

    Examples
    --------
    >>> clock = Clock()
    >>> clock.advance(hours=1)
    >>> clock.now.isoformat()
    '2026-11-25T10:00:00+00:00'
    """

    now: datetime = START

    @property
    def is_real(self) -> bool:
        """No: its time is made up."""
        return False

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Move the time forward.

        Raises
        ------
        RequestError
            It is no time, or leads beyond the year 9999.
        """
        try:
            self.now += _time(days, hours, minutes, seconds)
        except OverflowError:
            raise RequestError(_TOO_FAR) from None

    def copy(self) -> Clock:
        """Make another one that shows the same time."""
        return Clock(self.now)


@dataclass(frozen=True, slots=True)
class RealClock:
    """The computer's clock: with it, codes of a real phone are accepted.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(clock=RealClock())
    >>> phone = world.create_account("main").create_virtual_mfa_device("my-phone")
    >>> phone.otpauth_uri().startswith("otpauth://totp/my-phone")
    True
    """

    @property
    def now(self) -> datetime:
        """The moment, to the second, as AWS tells it."""
        return datetime.now(UTC).replace(microsecond=0)

    @property
    def is_real(self) -> bool:
        """Yes."""
        return True

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Refuse.

        Raises
        ------
        RequestError
            Always: nobody moves the real time.
        """
        asked = _time(days, hours, minutes, seconds)
        raise RequestError(
            f"A real clock cannot be moved forward by {asked}: make the world without RealClock()."
        )

    def copy(self) -> RealClock:
        """Give itself: there is only one real time."""
        return self
