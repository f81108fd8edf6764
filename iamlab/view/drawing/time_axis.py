"""A time axis from left to right: the place of a moment, and the ticks at round times.

The distance of ticks depends on the window: hours, days, months. Their labels never touch. All
times are UTC, as AWS writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import SMALL, width_of
from iamlab.view.drawing.shapes import Ink, Line
from iamlab.view.style import HAIRLINE, INK, PALE_INK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.view.drawing.sheet import Sheet

_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_DAY = 24 * 3600
_SECONDS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY),
)
"""The possible distances of ticks, from a second to two weeks."""
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000, 60000)
_MONTH = 30.4 * _DAY  # on average
_TIMES, _DATES = 0.7, 0.85
"""The least distance of two ticks, in inches, with times and with dates."""


def utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one without a time zone is in UTC."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # in the first or last hours of the calendar
        return moment.replace(tzinfo=UTC)


def later(moment: datetime, time: timedelta) -> datetime:
    """Add a time, which can be negative, to a moment; the result is in the years 1 to 9999.

    Examples
    --------
    >>> later(datetime(9999, 12, 31, tzinfo=UTC), timedelta(days=90)).year
    9999
    """
    try:
        return moment + time
    except OverflowError:
        return _LAST if time > timedelta(0) else _FIRST


def stamp(moment: datetime) -> str:
    """Write a moment in full.

    Examples
    --------
    >>> stamp(datetime(2026, 11, 25, 9, tzinfo=UTC))
    '2026-11-25 09:00:00'
    """
    return utc(moment).replace(microsecond=0, tzinfo=None).isoformat(" ")


def day(moment: datetime) -> str:
    """Write the day of a moment."""
    return stamp(moment)[:10]


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """A window of time, drawn between two places.

    Parameters
    ----------
    start, end
        The window; ``end`` is later than ``start``.
    left, right
        Their places, in inches.

    Examples
    --------
    >>> nine = datetime(2026, 11, 25, 9, tzinfo=UTC)
    >>> axis = TimeAxis(nine, nine + timedelta(hours=4), 0.0, 4.0)
    >>> axis.at(nine + timedelta(hours=1))
    1.0
    >>> [label for _, label in axis.ticks()]
    ['09:00', '10:00', '11:00', '12:00', '13:00']
    """

    start: datetime
    end: datetime
    left: float
    right: float

    @classmethod
    def around(
        cls, moments: Iterable[datetime], now: datetime, left: float, right: float
    ) -> TimeAxis:
        """Make an axis with some moments, and with the current time if it isn't far from them."""
        times = [utc(moment) for moment in moments] or [utc(now)]
        start, end = min(times), max(times)
        if later(end, max(end - start, timedelta(minutes=1))) >= utc(now):
            end = max(end, utc(now))
        length = max(end - start, timedelta(minutes=1))
        return cls(later(start, -length / 50), later(end, length / 25), left, right)

    @property
    def seconds(self) -> float:
        """The length of the window; never 0."""
        return max((self.end - self.start).total_seconds(), 1.0)

    def at(self, moment: datetime) -> float:
        """Return the place of a moment; outside of the window, it is the nearest edge."""
        share = (utc(moment) - self.start).total_seconds() / self.seconds
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def has(self, moment: datetime) -> bool:
        """Return whether a moment is in the window."""
        return self.start <= utc(moment) <= self.end

    def days(self) -> str:
        """Write the day, or the first and the last."""
        first, last = day(self.start), day(self.end)
        return first if first == last else f"{first} to {last}"

    def ticks(self) -> list[tuple[float, str]]:
        """Return the places of round times, and their labels."""
        wide, months = self.right - self.left, self.seconds / _MONTH
        for step in _SECONDS:
            if self.seconds / step <= wide / (_TIMES if step < _DAY else _DATES):
                return [(self.at(moment), _label(moment, step)) for moment in self._every(step)]
        step = next((step for step in _MONTHS if months / step <= wide / _TIMES), _MONTHS[-1])
        end = 4 if step >= 12 else 7
        return [(self.at(moment), stamp(moment)[:end]) for moment in self._months(step)]

    def _every(self, seconds: int) -> Iterator[datetime]:
        """Yield the multiples of a step, counted from a Monday, so that weeks begin there."""
        number = -int(-(self.start - _FIRST).total_seconds() // seconds)
        moment = later(_FIRST, timedelta(seconds=number * seconds))
        while moment <= self.end and moment != _LAST:
            yield moment
            moment = later(moment, timedelta(seconds=seconds))

    def _months(self, step: int) -> Iterator[datetime]:
        first = (self.start.year * 12 + self.start.month - 1) // step * step
        for number in range(max(first, 12), self.end.year * 12 + self.end.month, step):
            moment = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
            if self.start <= moment <= self.end:
                yield moment

    def draw(self, sheet: Sheet, y: float, bottom: float, now: datetime) -> None:
        """Draw the ticks, with lines down to ``bottom``, and the current time."""
        words = "now" if self.has(now) else "now ▸" if utc(now) > self.end else "◂ now"
        half = width_of(words, SMALL, "bold") / 2
        middle = min(max(self.at(now), self.left + half), self.right - half)
        for x, label in self.ticks():
            sheet.draw(Line(((x, y + 0.13), (x, bottom)), Ink(edge=HAIRLINE, layer=0)))
            if abs(x - middle) > half + width_of(label, SMALL) / 2 + 0.08:
                sheet.note(x, y, label, align="center", fact=False)
        sheet.area((self.left, y + 0.13), (self.right - self.left, 0.001), PALE_INK, edge=PALE_INK)
        sheet.note(middle, y, words, INK, face="bold", align="center", fact=False)
        if self.has(now):
            ends = (self.at(now), y + 0.13), (self.at(now), bottom)
            sheet.draw(Line(ends, Ink(edge=INK, width=2.2, layer=4)))


def _label(moment: datetime, step: int) -> str:
    whole = stamp(moment)
    if step >= _DAY or whole.endswith("00:00:00"):
        return whole[:10]
    return whole[11:16] if step >= 60 else whole[11:]
