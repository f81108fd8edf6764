"""The grids of the two layers: of few resources side by side, of more on top of each other.

A cell is a decision; where there is no more room for cells, the last row and column count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians, sin
from typing import TYPE_CHECKING, Any

from iamlab.engine.layers import CEILINGS, LAYERS
from iamlab.engine.verdict import Verdict
from iamlab.view.drawing.legend import Legend
from iamlab.view.drawing.measure import SMALL, height_of, widest
from iamlab.view.drawing.shapes import Ink, Tiles
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.style import (
    ALLOW,
    ALLOW_AREA,
    DENY,
    DENY_AREA,
    DENY_FILL,
    INK,
    PALE_INK,
    PAPER,
    Look,
    look,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.view.drawing.shapes import Point

MOST = 20
"""So many actions and resources are drawn; of more, the last row or column counts the others."""
BESIDE = 6
"""Of so many columns the layers stand side by side."""
CELL, ROW_HEIGHT, GAP = 0.6, 0.34, 0.56
ACTIONS_ROOM, NAMES_ROOM, SLOPE = 1.9, 1.75, 40
HEADINGS, SAMPLE = 0.42, 0.3
HATCH = "//"
"""Over what Denies cover, and nothing else: they lie on top."""
COUNTED = "numbers: so many of the others"
ALLOWED, SILENT = look(Verdict.ALLOWED), replace(look(Verdict.IMPLICIT_DENY), hatch="")
DENIED = replace(look(Verdict.EXPLICIT_DENY), hatch=HATCH)
NOTHING = Look("", "", PALE_INK, PAPER)
ALLOWS = Look("✓", "an Allow", ALLOW, ALLOW_AREA)
DENIES = Look("✕", "a Deny", DENY, DENY_AREA, hatch=HATCH)
OVER = Look("✕", "a Deny over an Allow", DENY, ALLOW_AREA, hatch=HATCH)
ALONE = Look("✕", "a Deny over nothing", DENY, DENY_AREA, hatch=HATCH)
LEFT = Look("✓", "allowed", ALLOW, ALLOW_AREA)
CUT = Look("○", "an Allow that is not enough", SILENT.colour, ALLOW_AREA)
NEITHER = Look("○", "implicit deny", SILENT.colour, SILENT.area)


@dataclass(frozen=True, slots=True)
class Panel:
    """A grid: how a decision looks in it, and which ones it counts."""

    heading: str
    look: Callable[[Decision], Look]
    counts: Callable[[Decision], bool]
    legend: tuple[Look, ...] = ()


def allows(decision: Decision) -> bool:
    """Say whether somebody who can grant allows it; the Allow of a ceiling covers nothing."""
    granters = [layer for layer in LAYERS if layer not in CEILINGS]
    return any(decision.layer_matches[layer].allows for layer in granters)


def denies(decision: Decision) -> bool:
    """Say whether a Deny applies, wherever it stands."""
    return bool(decision.denies)


def _look_of_verdict(decision: Decision) -> Look:
    return {Verdict.ALLOWED: ALLOWED, Verdict.EXPLICIT_DENY: DENIED}.get(decision.verdict, SILENT)


def _look_of_layers(decision: Decision) -> Look:
    """Say how both layers look on top of each other."""
    if decision:
        return LEFT
    if decision.denies:
        return OVER if allows(decision) else ALONE
    return CUT if allows(decision) else NEITHER


SIDE_BY_SIDE = (
    Panel("Allows cover", lambda one: ALLOWS if allows(one) else NOTHING, allows),
    Panel("Denies cover", lambda one: DENIES if denies(one) else NOTHING, denies),
    Panel("what is left", _look_of_verdict, bool, (ALLOWED, DENIED, SILENT)),
)
ON_TOP = (Panel("Denies over Allows", _look_of_layers, bool, (LEFT, OVER, ALONE, CUT, NEITHER)),)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the cells stand."""

    left: float
    top: float
    cell: float
    rows: int
    columns: int

    def panel(self, number: int) -> float:
        """Say where a panel begins."""
        return self.left + number * (self.columns * self.cell + GAP)

    @property
    def bottom(self) -> float:
        """Where the lowest row ends."""
        return self.top + self.rows * ROW_HEIGHT


def draw_layers(
    grid: Sequence[Sequence[Decision]], actions: Sequence[str], resources: Sequence[str]
) -> Sheet:
    """Draw decisions: a row for each action, in it one for each resource."""
    rows, columns = _drawn(len(actions)), _drawn(len(resources))
    panels = SIDE_BY_SIDE if len(resources) <= BESIDE else ON_TOP
    across = [*resources[: columns[0]], *_others(columns)]
    down = [*actions[: rows[0]], *_others(rows)]
    plan = _plan(down, across, len(panels))
    sheet = Sheet(plan.panel(len(panels)) - GAP + MARGIN, plan.bottom)
    for row, action in enumerate(down):
        middle = plan.top + (row + 0.5) * ROW_HEIGHT
        sheet.note(MARGIN, middle, action, INK, room=ACTIONS_ROOM, fact=row < rows[0])
    for number, panel in enumerate(panels):
        left = plan.panel(number)
        sheet.heading(left, 0.2, panel.heading.upper())
        for column, name in enumerate(across):
            x = left + (column + 0.5) * plan.cell - 0.05
            place, is_fact = (x, plan.top - 0.08), column < columns[0]
            sheet.note(*place, name, INK, rotation=SLOPE, room=NAMES_ROOM, fact=is_fact)
        covered: list[Point] = []
        for row, lines in enumerate(_grouped(grid, rows)):
            for column in range(len(across)):
                cells = [one for line in lines for one in _grouped(line, columns)[column]]
                place = (left + column * plan.cell, plan.top + row * ROW_HEIGHT)
                _cell(sheet, place, plan.cell, panel, cells)
                if len(cells) == 1 and panel.look(cells[0]).hatch:
                    covered.append(place)
        _hatch(sheet, covered, (plan.cell, ROW_HEIGHT))
        if number < len(panels) - 1:
            x = plan.panel(number + 1) - GAP / 2
            middle = (plan.top + plan.bottom) / 2
            sheet.note(x, middle, ("minus", "is")[number], INK, align="center", fact=False)
    shown = {panels[-1].look(one) for line in grid for one in line}
    looks = [seen for seen in panels[-1].legend if seen in shown]
    counted = COUNTED if panels is SIDE_BY_SIDE else f"{COUNTED} are allowed"
    _legend(sheet, plan, looks, counted if rows[1] or columns[1] else "")
    return sheet


def _drawn(number: int) -> tuple[int, int]:
    """Say how many stand for themselves, and how many others are counted."""
    return (number, 0) if number <= MOST else (MOST - 1, number - MOST + 1)


def _others(counted: tuple[int, int]) -> list[str]:
    return [f"{counted[1]} more"] if counted[1] else []


def _grouped(things: Sequence[Any], counted: tuple[int, int]) -> list[Sequence[Any]]:
    """Put those that stand for themselves into groups of one, and all others into one."""
    groups = [things[number : number + 1] for number in range(counted[0])]
    return [*groups, things[counted[0] :]] if counted[1] else groups


def _plan(down: Sequence[str], across: Sequence[str], panels: int) -> _Plan:
    """Find the size of the cells that fills the page, and is no larger than it needs to be."""
    left = MARGIN + min(ACTIONS_ROOM, widest(down, SMALL)) + 0.15
    names = min(NAMES_ROOM, widest(across, SMALL))
    beyond = (names + height_of(SMALL)) * cos(radians(SLOPE))  # the last name leans over the edge
    room = PAGE - left - beyond - (panels - 1) * GAP
    cell = min(CELL, room / (panels * len(across)))
    top = HEADINGS + names * sin(radians(SLOPE)) + 0.2
    return _Plan(left, top, cell, len(down), len(across))


def _cell(
    sheet: Sheet,
    place: tuple[float, float],
    width: float,
    panel: Panel,
    decisions: Sequence[Decision],
) -> None:
    """Draw a decision, or the number of those that count among several."""
    x, y = place[0] + width / 2, place[1] + ROW_HEIGHT / 2
    if len(decisions) > 1:
        sheet.area(place, (width, ROW_HEIGHT), PAPER)
        number = str(sum(map(panel.counts, decisions)))
        sheet.note(x, y, number, INK, align="center", fact=False, room=width)
        return
    seen = panel.look(decisions[0])
    sheet.area(place, (width, ROW_HEIGHT), seen.area)
    sheet.text(
        x, y, seen.symbol, seen.colour, size=12, face="bold", align="center", fact=False,
        on_line=bool(seen.hatch),
    )  # fmt: skip


def _hatch(sheet: Sheet, places: Sequence[Point], size: Point) -> None:
    """Lay the layer of Denies over some cells: lines that a print in black and white has, too."""
    if places:
        hatching = Ink(hatch=HATCH, hatch_colour=DENY_FILL, opacity=0.6, layer=3)
        sheet.draw(Tiles(tuple((place, size) for place in places), hatching))


def _legend(sheet: Sheet, plan: _Plan, looks: Sequence[Look], last: str) -> None:
    """Say below the grid what the signs mean; in as many lines as it takes."""
    legend = Legend(sheet, MARGIN, plan.bottom + 0.3)
    for seen in looks:
        x, y = legend.place(SAMPLE, str(seen), seen.colour)
        sheet.area((x, y - 0.09), (SAMPLE, 0.18), seen.area)
        _hatch(sheet, [(x, y - 0.09)] if seen.hatch else [], (SAMPLE, 0.18))
    if last:
        legend.place(0, last, INK)
