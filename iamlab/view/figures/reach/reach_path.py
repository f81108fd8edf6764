"""A path, from the one who begins down to the one he becomes: and what a cut leaves of it.

Each step is an arrow down, with its calls on the left. On the right stand the others whom somebody
on the way could become as well, pale; or, after a cut, the same way once more: the step that is
gone is dashed, crossed out, and has the edit beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import SMALL, widest, wrap
from iamlab.view.drawing.sheet import MARGIN, PAD, PAGE, Box, Sheet
from iamlab.view.figures.reach.reach_words import Named, named, operations, powers_of, short_calls
from iamlab.view.style import ALLOW, DENY, INK, LIT_AREA, PALE_INK, PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.analysis.privilege_escalation.paths import Path
    from iamlab.analysis.privilege_escalation.principal_states import Edge

TOP = 0.72
BOX, BOX_HEIGHT = 2.2, 0.46
CALLS = 2.6
"""So wide calls and conditions are at most."""
AFTER, BESIDE = 0.55, 1.2
"""So far right of the way stand the way after a cut, and the others."""
ARROW = 0.32
"""The arrow's distance from the left edge of a box."""
LINE = 0.18
OTHER, OTHER_HEIGHT, OTHER_ROW = 3.0, 0.42, 0.5
EDIT = 3.1
"""So wide are the words of an edit."""
FEW_OTHERS, FEW_CALLS = 3, 3


@dataclass(frozen=True, slots=True)
class After:
    """What a cut leaves of a step.

    Parameters
    ----------
    is_open
        Whether it is still there.
    is_reached
        Whether somebody still gets to where it begins.
    edits
        What takes it away.
    """

    is_open: bool
    is_reached: bool
    edits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A path, and what is shown with it.

    Parameters
    ----------
    others
        For each point of the path, the edges that lead elsewhere.
    after
        For each step, what a cut leaves of it; none: there is no cut.
    besides
        Edits that close other ways.
    """

    path: Path
    others: tuple[tuple[Edge, ...], ...] = ()
    after: tuple[After, ...] | None = None
    besides: tuple[str, ...] = ()

    @property
    def points(self) -> list[Named]:
        """Those on the way, the one who begins first."""
        return [named(one, is_admin=self.path.is_admin(one)) for one in powers_of(self.path)]

    def reached(self, number: int) -> bool:
        """Say whether a point is reached after the cut."""
        if self.after is None or not number:
            return True
        step = self.after[number - 1]
        return step.is_open and step.is_reached


def draw_path(shown: Shown) -> Sheet:
    """Draw a path."""
    sheet = Sheet(1.0, TOP)
    points, edges = shown.points, shown.path.edges
    heights = _heights(shown)
    said = [*(call for edge in edges for call in _calls(edge)), *_every_condition(edges)]
    left = max(MARGIN + min(widest(said, SMALL), CALLS) + 0.14 - ARROW, MARGIN)
    if edges:
        sheet.text(left - 0.1, 0.28, "CALLS", PALE_INK, size=SMALL, align="right", fact=False)
    sheet.heading(left, 0.28, "THE WAY" if shown.after is None else "BEFORE THE CUT")
    for number, (point, y) in enumerate(zip(points, heights, strict=True)):
        sheet.box(_box(left, y, point, is_first=not number, is_reached=True))
        if number:
            _step(sheet, edges[number - 1], (left + ARROW, heights[number - 1], y))
    if shown.after is not None:
        _draw_after(sheet, shown, shown.after, (left + BOX + AFTER, heights))
    elif any(shown.others):
        x = left + BOX
        sheet.heading(x + BESIDE, 0.28, "COULD ALSO BECOME")
        for own, y in zip(shown.others, heights, strict=True):
            _draw_others(sheet, own, x, y)
    return sheet


def _heights(shown: Shown) -> list[float]:
    """Give each point of the way a height that leaves room for the calls and the others."""
    edges = shown.path.edges
    found = [TOP]
    for number, edge in enumerate(edges):
        lines = len(_calls(edge)) + len(_conditions(edge))
        room = BOX_HEIGHT + lines * LINE + 0.2
        if shown.after is not None:
            room = max(room, BOX_HEIGHT + len(_edits(shown.after[number])) * LINE + 0.34)
        if shown.others:
            spans = [_span(shown.others[number]), _span(shown.others[number + 1])]
            room = max(room, sum(spans) / 2 + OTHER_ROW + 0.12)
        found.append(found[-1] + max(room, 0.86))
    if shown.others:  # those of the first stand above it too, and below the heading
        shift = max(0.0, _span(shown.others[0]) / 2 + OTHER_HEIGHT / 2 + 0.45 - TOP)
        found = [y + shift for y in found]
    return found


def _span(own: Sequence[Edge]) -> float:
    """Say how far apart the first and the last of the others stand, with the number of the rest."""
    return max(min(len(own), FEW_OTHERS) - 1 + (len(own) > FEW_OTHERS) / 2, 0) * OTHER_ROW


def _box(x: float, y: float, point: Named, *, is_first: bool, is_reached: bool) -> Box:
    area = LIT_AREA if is_first else PAPER
    colour = INK if is_reached else PALE_INK
    is_long = widest((point.note,), SMALL) > BOX - 2 * PAD
    note = point.short if is_long else point.note
    return Box(x, y, BOX, point.name, note, colour, area, bold=is_reached)


def _calls(edge: Edge) -> list[str]:
    every = operations(edge)
    if len(every) <= FEW_CALLS:
        return list(every)
    return [*every[:FEW_CALLS], f"and {len(every) - FEW_CALLS} more calls"]


def _conditions(edge: Edge) -> list[str]:
    return [line for one in edge.conditions for line in wrap(f"if {one}", CALLS, SMALL, most=3)]


def _every_condition(edges: Iterable[Edge]) -> list[str]:
    return [line for edge in edges for line in _conditions(edge)]


def _step(sheet: Sheet, edge: Edge, place: tuple[float, float, float]) -> None:
    """Draw the arrow of a step, and its calls left of it."""
    x, top, bottom = place
    start, end = top + BOX_HEIGHT / 2, bottom - BOX_HEIGHT / 2
    sheet.straight((x, start), (x, end), ALLOW, bold=True, arrow=True)
    calls, conditions = _calls(edge), _conditions(edge)
    y = (start + end) / 2 - (len(calls) + len(conditions) - 1) * LINE / 2 - 0.02
    for number, words in enumerate([*calls, *conditions]):
        is_call = number < len(calls)
        sheet.note(
            x - 0.12,
            y + number * LINE,
            words,
            INK if is_call else PALE_INK,
            align="right",
            room=x - MARGIN - 0.12,
            fact=number < FEW_CALLS or not is_call,
        )


def _draw_others(sheet: Sheet, edges: Sequence[Edge], x: float, y: float) -> None:
    """Draw whom somebody on the way could become as well."""
    few = edges[:FEW_OTHERS]
    more = len(edges) - len(few)
    first = y - _span(edges) / 2
    for number, edge in enumerate(few):
        place = first + number * OTHER_ROW
        target = named(edge.target)
        calls = short_calls(edge)
        box = Box(
            x + BESIDE, place, OTHER, target.name, calls[0] if calls else "", PALE_INK,
            height=OTHER_HEIGHT,
        )  # fmt: skip
        sheet.box(box)
        sheet.line((x, y), box.left, PALE_LINE, arrow=True)
    if more:
        below = first + (len(few) - 1) * OTHER_ROW + OTHER_HEIGHT / 2 + 0.12
        sheet.note(x + BESIDE + PAD, below, f"and {more} more", fact=False)


def _draw_after(
    sheet: Sheet, shown: Shown, after: Sequence[After], place: tuple[float, Sequence[float]]
) -> None:
    """Draw the way once more, as it is after a cut, and below it what the cut closes besides."""
    left, heights = place
    sheet.heading(left, 0.28, "AFTER IT")
    for number, (point, y) in enumerate(zip(shown.points, heights, strict=True)):
        reached = shown.reached(number)
        sheet.box(_box(left, y, point, is_first=not number, is_reached=reached))
        if not reached:
            sheet.note(left + BOX + 0.12, y, "not reached any more", PALE_INK)
        if number:
            _after(sheet, after[number - 1], (left + ARROW, heights[number - 1], y))
    y = heights[-1] + 0.55
    for edit in shown.besides:
        for line in wrap(f"Besides: {edit}", PAGE - 2 * MARGIN, SMALL, most=3):
            sheet.note(MARGIN, y, line, INK)
            y += LINE


def _edits(after: After) -> list[str]:
    return [line for one in after.edits for line in wrap(one, EDIT, SMALL, most=5)]


def _after(sheet: Sheet, after: After, place: tuple[float, float, float]) -> None:
    """Draw what is left of a step."""
    x, top, bottom = place
    start, end = (x, top + BOX_HEIGHT / 2), (x, bottom - BOX_HEIGHT / 2)
    if after.is_open:
        colour = ALLOW if after.is_reached else PALE_LINE
        sheet.straight(start, end, colour, bold=after.is_reached, arrow=True)
        return
    middle = (start[1] + end[1]) / 2
    sheet.straight(start, end, DENY, arrow=True, dashed=True)
    sheet.mark((x, middle - 0.03), "✕", DENY)
    lines = _edits(after)
    y = middle - 0.03 - (len(lines) - 1) * LINE / 2
    for number, line in enumerate(lines):
        sheet.note(x + 0.27, y + number * LINE, line, DENY)
