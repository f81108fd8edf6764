"""Time from left to right: where a moment stands, and which moments are written below the line.

Ticks stand at round times, so few that their labels never touch: hours of a day, days of a week,
months of a year, as the window is long. All times are UTC, as AWS writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import SMALL, width_of
from iamlab.view.drawing.shapes import Ink, Line
from iamlab.view.style import HAIRLINE, INK, PALE_INK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.view.drawing.sheet import Sheet

TIMES, DAYS, MONTHS = 0.7, 0.85, 0.65
"""Inches from tick to tick at least, so that labels have room between them."""

_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_DAY = 24 * 3600
_SECONDS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY),
)
"""How far ticks may be apart: what people count in, from a second to two weeks."""
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000)
_MONTH = 30.4 * _DAY  # on average, to see how many find room


def utc(moment: datetime) -> datetime:
    """Give a moment in UTC; one without a time zone is taken to be in it."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # in the first or last hours that there are
        return moment.replace(tzinfo=UTC)


def later(moment: datetime, time: timedelta) -> datetime:
    """Add a time to a moment, which may be less than none; the years 1 to 9999 are not left.

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
        Where they stand, in inches.

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

    @property
    def seconds(self) -> float:
        """How long the window is; never nothing."""
        return max((self.end - self.start).total_seconds(), 1.0)

    def at(self, moment: datetime) -> float:
        """Say where a moment stands; one outside of the window, at its edge."""
        share = (utc(moment) - self.start).total_seconds() / self.seconds
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def has(self, moment: datetime) -> bool:
        """Say whether a moment is in the window."""
        return self.start <= utc(moment) <= self.end

    def short(self, moment: datetime) -> str:
        """Write a moment as briefly as this window allows: its time, with the day, or its day."""
        whole = stamp(moment)
        if self.seconds > 14 * _DAY:
            return whole[:10]
        time = whole[11:16] if whole.endswith(":00") else whole[11:]
        is_one_day = day(self.start) == day(self.end) == whole[:10]
        return time if is_one_day else f"{whole[5:10]} {time}"

    def days(self) -> str:
        """Name the day, or the first and the last."""
        first, last = day(self.start), day(self.end)
        return first if first == last else f"{first} to {last}"

    def ticks(self) -> list[tuple[float, str]]:
        """Give the places of round times, and how each is written."""
        wide = self.right - self.left
        found = next((s for s in _SECONDS if self.seconds / s <= wide / _apart(s)), None)
        if found is not None:
            return [(self.at(one), _label(one, found)) for one in self._every(found)]
        wanted = self.seconds / _MONTH
        months = next((m for m in _MONTHS if wanted / m <= wide / MONTHS), _MONTHS[-1])
        return [(self.at(one), _month(one, months)) for one in self._months(months)]

    def _every(self, seconds: int) -> Iterator[datetime]:
        # Counted from a Monday, so that weeks begin where people begin them.
        number = -int(-(self.start - _FIRST).total_seconds() // seconds)
        while True:
            moment = later(_FIRST, timedelta(seconds=number * seconds))
            if moment > self.end or moment == _LAST:
                return
            yield moment
            number += 1

    def _months(self, step: int) -> Iterator[datetime]:
        number = (self.start.year * 12 + self.start.month - 1) // step * step
        while number < 12 * 10_000:
            year, month = divmod(number, 12)
            moment = datetime(max(year, 1), month + 1, 1, tzinfo=UTC)
            if moment > self.end:
                return
            if moment >= self.start:
                yield moment
            number += step

    def draw(self, sheet: Sheet, y: float, bottom: float, *, now: datetime) -> None:
        """Write the ticks at a height, and the present, with hairlines from there to the bottom.

        A tick whose label would touch that of the present goes without.
        """
        words, middle, half = self._now(now)
        for x, label in self.ticks():
            ends = ((x, y + 0.13), (x, bottom))
            sheet.draw(Line(ends, Ink(edge=HAIRLINE, layer=0)))  # below arrows
            if abs(x - middle) > half + width_of(label, SMALL) / 2 + 0.08:
                sheet.note(x, y, label, align="center", fact=False)
        sheet.area((self.left, y + 0.13), (self.right - self.left, 0.001), PALE_INK, edge=PALE_INK)
        sheet.note(middle, y, words, INK, face="bold", align="center", fact=False)

    def draw_now(self, sheet: Sheet, now: datetime, y: float, bottom: float) -> None:
        """Draw the present as a strong upright line, over what has been drawn so far."""
        if self.has(now):
            sheet.area((self.at(now) - 0.008, y), (0.016, bottom - y), INK, edge=INK)

    def _now(self, now: datetime) -> tuple[str, float, float]:
        """Say how the present is written, where its middle stands, and half of its width."""
        words = f"now {self.short(now)}" if self.has(now) else f"now {stamp(now)[:16]} ▸"
        half = width_of(words, SMALL, "bold") / 2
        rightmost = max(self.right - half, self.left + half)
        return words, min(max(self.at(now), self.left + half), rightmost), half


def _apart(step: int) -> float:
    return TIMES if step < _DAY else DAYS


def _label(moment: datetime, step: int) -> str:
    whole = stamp(moment)
    if step >= _DAY or whole.endswith("00:00:00"):
        return whole[:10]
    return whole[11:16] if step >= 60 else whole[11:]


def _month(moment: datetime, step: int) -> str:
    return stamp(moment)[: 4 if step >= 12 else 7]
