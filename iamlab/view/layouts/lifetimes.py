"""Lifetimes: a lane for each node, with bars along the axis of a clock, and words on both sides.

An arrow leads from credentials down to the start of those that were requested with them. A node
without a lane is a heading.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from iamlab.view.drawing.legend import Legend
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.drawing.time_axis import TimeAxis, stamp
from iamlab.view.style import ALLOW_FILL, DENY, HAIRLINE, INK, PAPER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from iamlab.view.scene import Node, Scene
    from iamlab.view.style import Look

    Parts = Sequence[tuple[Node, "Lane"]]

MOST = 40
"""The largest number of lanes in a picture."""
LEFT, RIGHT, STATE = 3.3, 7.65, 7.85
"""The ends of the axis, and the left end of the words about the state."""
TOP, ROW, HEADING = 0.82, 0.46, 0.32
"""The top of the first lane, the height of a lane, and of a heading."""
THICK, THIN = 0.2, 0.08
LIFT = 0.095
"""The distance of two lines of words from the middle of a lane."""
INDENT, DEEPEST = 0.16, 5
"""The indentation of a level, and the largest number of indentations."""
SHORTEST = 0.03
"""The least width of a bar."""
CROSS, WALL, USED, CHANGED = "✕", "┃", "◆", "◇"
"""The marks on a lane."""
APART, BEFORE_NOW = 0.32, 0.08
"""The least distance of two symbols, and of a symbol from the current time."""


class Bar(NamedTuple):
    """A part of a lifetime; without a start or an end, it begins or ends outside of the window."""

    start: datetime | None
    end: datetime | None
    look: Look
    is_thin: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """The words, bars and marks of a node.

    Parameters
    ----------
    state, note
        The words on the right, after the symbol of the node's look, and the words below them.
    bars
        Later ones cover earlier ones.
    marks
        Mark -> its moment, or ``None``.
    """

    state: str
    note: str = ""
    bars: Sequence[Bar] = ()
    marks: Mapping[str, datetime | None] = field(default_factory=dict)


def draw_lifetimes(
    scene: Scene,
    lanes: Mapping[str, Lane],
    moments: Iterable[datetime],
    now: datetime,
    legend: Mapping[str, str],
) -> Sheet:
    """Draw a scene.

    Parameters
    ----------
    lanes
        Id of a node -> its lane. A node with members has their lanes.
    moments
        Moments that the window must have.
    legend
        The meaning of each mark, and of thin bars: ``""``.
    """
    sheet, axis = Sheet(PAGE), TimeAxis.around(moments, now, LEFT, RIGHT)
    own = {
        node.id: [(part, lanes[part.id]) for part in node.members or (node,) if part.id in lanes]
        for node in scene.drawn
    }
    heights = (ROW if parts else HEADING for parts in own.values())
    tops = [TOP + y for y in accumulate(heights, initial=0.0)]
    middles = {key: (top + end) / 2 for key, (top, end) in zip(own, pairwise(tops), strict=True)}
    sheet.heading(MARGIN, 0.28, "CREDENTIALS")
    sheet.heading(LEFT, 0.28, f"TIME (UTC), {axis.days()}; now {stamp(now)[:16]}")
    sheet.heading(STATE, 0.28, "STATE")
    axis.draw(sheet, TOP - 0.22, tops[-1], now)
    for top in tops:
        sheet.area((MARGIN, top), (PAGE - 2 * MARGIN, 0.001), HAIRLINE)
    depths = scene.depths()
    for node in scene.drawn:
        x, y = MARGIN + INDENT * min(depths[node.id], DEEPEST), middles[node.id]
        sources = [middles[edge.source] for edge in scene.edges if edge.target == node.id]
        _write(sheet, node, own[node.id], x, y)
        for _, lane in own[node.id]:
            for bar in lane.bars:
                _draw_bar(sheet, axis, bar, y)
            start = _ends(axis, lane.bars[0])[0]
            for source in sources:
                sheet.straight((start, source), (start, y - THICK / 2), INK, arrow=True)
        _draw_marks(sheet, axis, [lane for _, lane in own[node.id]], y, axis.at(now) - BEFORE_NOW)
    every = [lane for parts in own.values() for _, lane in parts]
    _draw_legend(Legend(sheet, MARGIN + 0.02, tops[-1] + 0.3), every, legend)
    return sheet


def _write(sheet: Sheet, node: Node, parts: Parts, x: float, y: float) -> None:
    """Write the words of a node: its own on the left, and its state on the right."""
    if not parts:
        face = "bold" if node.kind == "account" else "sans"
        sheet.note(x, y, node.text, INK, face=face, room=PAGE - MARGIN - x)
        return
    lift = LIFT if node.note else 0
    sheet.text(x, y - lift, node.text, room=LEFT - 0.15 - x)
    sheet.note(x, y + LIFT, node.note, room=LEFT - 0.15 - x)
    room = PAGE - MARGIN - STATE
    if node.members:
        looks = Counter(part.look.word for part, _ in parts if part.look)
        state = ", ".join(f"{number} {word}" for word, number in looks.items())
        sheet.note(STATE, y, state, INK, room=room, fact=False)
    elif node.look:
        [(_, lane)] = parts
        words, lift = f"{node.look.symbol} {lane.state}", LIFT if lane.note else 0
        sheet.note(STATE, y - lift, words, node.look.colour, face="bold", room=room)
        sheet.note(STATE, y + LIFT, lane.note, INK, room=room)


def _ends(axis: TimeAxis, bar: Bar) -> tuple[float, float]:
    left = axis.left if bar.start is None else axis.at(bar.start)
    right = axis.right if bar.end is None else axis.at(bar.end)
    return left, max(right, left + SHORTEST)


def _draw_bar(sheet: Sheet, axis: TimeAxis, bar: Bar, y: float) -> None:
    (left, right), look, height = _ends(axis, bar), bar.look, THIN if bar.is_thin else THICK
    place, size = (left, y - height / 2), (right - left, height)
    sheet.area(place, size, look.area, edge=look.colour, hatch=look.hatch)


def _draw_marks(
    sheet: Sheet, axis: TimeAxis, lanes: Sequence[Lane], y: float, latest: float
) -> None:
    """Draw the marks of a lane that don't overlap; symbols are left of the current time."""
    starts = [bar.start for lane in lanes for bar in lane.bars]
    if any(start is None or not axis.has(start) for start in starts):
        sheet.note(axis.left - 0.02, y, "◂", align="right", fact=False)
    taken: list[float] = []
    for lane in lanes:
        for mark, moment in lane.marks.items():
            if moment is None or not axis.has(moment):
                continue
            x = axis.at(moment)
            if mark == WALL:
                sheet.gate(x, y - 0.75 * THICK, y + 0.75 * THICK, INK)
            elif not any(abs(x - other) < APART for other in taken):
                taken.append(x)
                if mark == CROSS:
                    sheet.mark((x, y), CROSS, DENY, 11)
                else:
                    ink = PAPER if lane.bars[0].look.area == ALLOW_FILL else INK
                    sheet.note(min(x, latest), y, mark, ink, align="center", fact=False)


def _draw_legend(legend: Legend, lanes: Sequence[Lane], words: Mapping[str, str]) -> None:
    """Explain the looks of bars, and the marks."""
    bars = [bar for lane in lanes for bar in lane.bars]
    looks = dict.fromkeys(bar.look for bar in bars)
    for look in sorted(looks, key=lambda look: look.symbol != "✓"):
        legend.piece(str(look), look.area, look.colour, hatch=look.hatch)
    if any(bar.is_thin for bar in bars):
        legend.piece(words[""], PAPER, INK, height=0.06)
    for mark in words:
        if mark and any(lane.marks.get(mark) for lane in lanes):
            x, y = legend.place(0.12, words[mark])
            if mark == WALL:
                legend.sheet.gate(x + 0.06, y - 0.09, y + 0.09, INK)
            else:
                legend.sheet.note(x + 0.06, y, mark, INK, align="center", fact=False)
