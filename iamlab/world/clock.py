"""The world's time. It stands still until it is advanced by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


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

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Move the time forward."""
        self.now += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
