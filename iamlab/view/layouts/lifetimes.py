"""Lifetimes: a lane for each, with bars along the axis of a clock, and words on both sides.

Up to :data:`FEW` lanes have two lines of words in each column; more lanes have one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from iamlab.view.drawing.legend import Legend
from iamlab.view.drawing.measure import SMALL, TEXT, width_of
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.style import (
    ALLOW,
    ALLOW_FILL,
    DENY,
    HAIRLINE,
    INK,
    PALE_INK,
    PALE_LINE,
    PAPER,
    SILENT,
    SILENT_AREA,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from iamlab.view.drawing.time_axis import TimeAxis
    from iamlab.view.style import Look

FEW, MOST = 16, 60
"""The largest number of lanes with two lines of words, and of lanes in a picture."""
TOP = 0.82
"""Where the first lane begins."""
TALL, LOW, HEADING = 0.46, 0.28, 0.32
"""The heights of a lane with two lines of words, with one line, and without bars."""
LIFT, DROP = 0.09, 0.1
"""How far the two lines are above and below the middle of a lane."""
GAP, LEAST = 0.08, 0.9
"""The distance of a text and a note beside it, and the room that the note needs."""
STEP, DEEPEST = 0.16, 5
"""The indentation of a level, and the level from which no more is added."""
SHORTEST = 0.03
"""The least width of a bar."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The words of a lane in one column: a text, and a note below it or beside it."""

    text: str
    note: str = ""
    note_colour: str = PALE_INK
    style: Mapping[str, Any] = field(default_factory=dict)
    level: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a lifetime.

    Parameters
    ----------
    start, end
        Default: it comes in from the left, or goes on to the right.
    wall, use, notch
        When it must end, when it was used, and when it was replaced.
    height
        As a share of what a bar usually has.
    words
        Written on it where there is room.
    is_cut
        Whether a cross marks its end.
    source
        The number of the lane from which an arrow leads to its start.
    """

    start: datetime | None
    end: datetime | None
    look: Look
    wall: datetime | None = None
    use: datetime | None = None
    notch: datetime | None = None
    height: float = 1.0
    words: str = ""
    is_cut: bool = False
    source: int | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """A row of the picture: its words by the title of their column; later bars cover others."""

    entries: Mapping[str, Entry]
    bars: Sequence[Bar] = ()


def draw_words(words: str) -> Sheet:
    """Draw nothing but a sentence."""
    sheet = Sheet(5)
    sheet.text(MARGIN, 0.3, words, PALE_INK)
    return sheet


def draw_lifetimes(
    lanes: Sequence[Lane],
    axis: TimeAxis,
    now: datetime,
    columns: Mapping[str, float],
    legend: Mapping[str, str],
) -> Sheet:
    """Draw lanes.

    Parameters
    ----------
    columns
        The titles of the columns of words, and where each begins.
    legend
        What ``"thin"`` bars, a ``"wall"``, a ``"use"`` and a ``"notch"`` mean.
    """
    picture = _Lifetimes(lanes, axis)
    sheet, bottom = picture.sheet, picture.tops[-1]
    for title, x in {**columns, f"TIME (UTC), {axis.days()}": axis.left}.items():
        sheet.heading(x, 0.28, title)
    axis.draw(sheet, TOP - 0.22, bottom, now=now)
    for number, lane in enumerate(lanes):
        picture.write(number, lane, columns)
        picture.draw_bars(number, lane)
    sheet.area((MARGIN, bottom), (PAGE - 2 * MARGIN, 0.001), HAIRLINE)
    axis.draw_now(sheet, now, TOP - 0.09, bottom)
    for number, lane in enumerate(lanes):
        picture.draw_marks(number, lane, now)
    picture.draw_legend(legend)
    return sheet


class _Lifetimes:
    """A picture in the making."""

    def __init__(self, lanes: Sequence[Lane], axis: TimeAxis) -> None:
        self.sheet, self.lanes, self.axis = Sheet(PAGE), lanes, axis
        self.is_roomy = len(lanes) <= FEW
        row, self.bar = (TALL, 0.2) if self.is_roomy else (LOW, 0.15)
        heights = [row if lane.bars else min(row, HEADING) for lane in lanes]
        self.tops = [TOP, *(TOP + height for height in accumulate(heights))]
        self.middles = [(top + bottom) / 2 for top, bottom in pairwise(self.tops)]
        self.arrows: list[tuple[float, float, float]] = []
        self.marked: dict[tuple[str, float], list[float]] = defaultdict(list)

    # -- words -----------------------------------------------------------------------------------

    def write(self, number: int, lane: Lane, columns: Mapping[str, float]) -> None:
        """Write the words of a lane, below a line that begins at its first column."""
        places = {title: columns[title] for title in lane.entries}
        ends = sorted((*places.values(), self.axis.left, PAGE - MARGIN + 0.15))
        left = min(places.values())
        self.sheet.area((left, self.tops[number]), (PAGE - MARGIN - left, 0.001), HAIRLINE)
        for title, entry in lane.entries.items():
            x = places[title]
            room = next(end for end in ends if end > x) - 0.15 - x
            shift = STEP * min(entry.level, DEEPEST)
            self._entry(entry, x + shift, self.middles[number], room - shift)

    def _entry(self, entry: Entry, x: float, y: float, room: float) -> None:
        sheet, lift = self.sheet, LIFT if self.is_roomy and entry.note else 0
        if entry.level:  # the sign of what comes from the lane above
            corner = x - 0.11, y - lift
            sheet.area((corner[0], corner[1] - 0.09), (0.001, 0.09), PALE_LINE, edge=PALE_LINE)
            sheet.area(corner, (0.07, 0.001), PALE_LINE, edge=PALE_LINE)
        style = {"size": TEXT if self.is_roomy else SMALL, **entry.style}
        taken = sheet.text(x, y - lift, entry.text, room=room, **style)
        left = room - taken - GAP
        if self.is_roomy:
            sheet.note(x, y + DROP, entry.note, entry.note_colour, room=room)
        elif left >= min(width_of(entry.note, SMALL), LEAST):
            sheet.note(x + taken + GAP, y, entry.note, entry.note_colour, room=left)

    # -- bars and what is on them ----------------------------------------------------------------

    def _ends(self, bar: Bar) -> tuple[float, float]:
        left = self.axis.left if bar.start is None else self.axis.at(bar.start)
        right = self.axis.right if bar.end is None else self.axis.at(bar.end)
        return left, max(right, left + SHORTEST)

    def draw_bars(self, number: int, lane: Lane) -> None:
        """Draw the bars of a lane, and arrows from the lanes that they come from."""
        y = self.middles[number]
        for bar in lane.bars:
            (left, right), look, height = self._ends(bar), bar.look, self.bar * bar.height
            place, size = (left, y - height / 2), (right - left, height)
            self.sheet.area(place, size, look.area, edge=look.colour, hatch=look.hatch)
            if bar.source is not None:
                start, end = self.middles[bar.source], y - self.bar / 2
                self.arrows.append((left, start, end))
                self.sheet.straight((left, start), (left, end), INK, arrow=self.is_roomy)

    def draw_marks(self, number: int, lane: Lane, now: datetime) -> None:
        """Draw what is on the bars of a lane: walls, notches, signs and words."""
        sheet, axis, y = self.sheet, self.axis, self.middles[number]
        reach = self.bar * (0.75 if self.is_roomy else 0.55)
        if any(bar.start is None or not axis.has(bar.start) for bar in lane.bars):
            sheet.note(axis.left - 0.02, y, "◂", align="right", fact=False)
        for bar in lane.bars:
            left, right = self._ends(bar)
            if bar.wall and axis.has(bar.wall):
                sheet.gate(axis.at(bar.wall), y - reach, y + reach, INK, open_at=None)
            if bar.notch:
                place = axis.at(bar.notch) - 0.012, y - self.bar / 2
                sheet.area(place, (0.024, self.bar), PAPER, edge=PAPER)
            x = min(axis.at(bar.use or now), axis.at(now) - GAP)
            if bar.use and self._is_free("◆", x, y, 0.15):
                sheet.note(x, y, "◆", _ink(bar.look), align="center", fact=False)
            if bar.is_cut and self._is_free("✕", right, y, 0.32 if self.is_roomy else 0.16):
                if self.is_roomy:
                    sheet.mark((right, y), "✕", DENY, 11)
                else:
                    sheet.text(right, y, "✕", DENY, face="bold", align="center", fact=False)
            if bar.words and self.is_roomy:
                self._on_bar(bar, left, right - 0.05 - 0.15 * bar.is_cut, y)

    def _is_free(self, sign: str, x: float, y: float, apart: float) -> bool:
        """Return whether no such sign is near, and remember this one."""
        taken = self.marked[sign, y]
        if any(abs(x - other) < apart for other in taken):
            return False
        taken.append(x)
        return True

    def _on_bar(self, bar: Bar, left: float, right: float, y: float) -> None:
        """Write the words of a bar where there is room beside the arrows that pass."""
        width = width_of(bar.words, SMALL)
        passing = [x for x, top, end in self.arrows if top <= y <= end and left < x < right]
        for x in (left + 0.06, *(arrow + GAP for arrow in passing)):
            is_clear = not any(x - 0.03 < arrow < x + width + 0.03 for arrow in passing)
            if is_clear and x + width <= right:
                self.sheet.note(x, y, bar.words, _ink(bar.look))
                return

    def draw_legend(self, words: Mapping[str, str]) -> None:
        """Explain the looks of bars and the marks that there are."""
        legend = Legend(self.sheet, MARGIN + 0.02, self.tops[-1] + 0.3)
        bars = [bar for lane in self.lanes for bar in lane.bars]
        looks = sorted(dict.fromkeys(bar.look for bar in bars), key=lambda look: look.symbol != "✓")
        for look in looks:
            legend.piece(str(look).strip(), look.area, look.colour, hatch=look.hatch)
        is_thin = any(bar.height < 1 for bar in bars)
        if is_thin and "thin" in words:
            legend.piece(words["thin"], SILENT_AREA, SILENT, height=0.06)
        if any(bar.wall and self.axis.has(bar.wall) for bar in bars):
            legend.wall(words["wall"])
        if any(bar.use for bar in bars):
            legend.sign(words["use"], "◆", PAPER, ALLOW_FILL, ALLOW)
        if any(bar.notch for bar in bars):
            legend.notch(words["notch"], ALLOW_FILL, ALLOW, PAPER)


def _ink(look: Look) -> str:
    """Return the colour of what is written on a bar."""
    return PAPER if look.area == ALLOW_FILL else look.colour
