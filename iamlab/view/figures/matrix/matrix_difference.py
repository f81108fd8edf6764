"""Two access matrices as one: what somebody gained, what somebody lost, and what stayed as it was.

Gains and losses are filled, all else is pale. Of large matrices only those rows and columns are
drawn in which something changed; what is larger still becomes bars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.matrix import AccessMatrix
from iamlab.view.drawing.sheet import MARGIN, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.matrix.change_words import (
    NOTHING,
    alt_of,
    apart_in_words,
    lines_of,
    rows_of,
)
from iamlab.view.figures.matrix.difference_bars import difference_bars
from iamlab.view.figures.matrix.grid_sheet import draw_cells, draw_frame, no_grid, plan
from iamlab.view.figures.matrix.matrix_grid import Grid, arranged
from iamlab.view.given import check, check_world
from iamlab.view.style import INK, PALE_LINE, PAPER, Look
from iamlab.view.tables import NOT_ALLOWED
from iamlab.view.tabular.signs import GAINED, LOST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.engine.access_changes import AccessChanges
    from iamlab.model.world import World
    from iamlab.view.drawing.shapes import Point

ROWS, COLUMNS = 16, 20
"""So many rows and columns are drawn with all that did not change."""
MOST_ROWS, MOST_COLUMNS = 60, 24
"""So many are drawn at all."""

CHANGES = (GAINED, LOST)
NOTE = 0.2
"""The piece of paper on which the sign of a change stands."""
STAYS = Look("✓", "still allowed", PALE_LINE, PAPER)
NEVER = Look(NOT_ALLOWED.symbol, "still not allowed", PALE_LINE, PAPER)


def matrix_difference(
    before: AccessMatrix, after: AccessMatrix, *, world: World | None = None
) -> Figure:
    """Draw who gained and who lost what between two matrices.

    Parameters
    ----------
    before, after
        As ``World.access`` gives them, for the same questions.
    world
        Where is looked up what accounts are called.

    Raises
    ------
    RequestError
        One of them is no access matrix, or ``world`` is no world.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> before = scenario("groups")
    >>> after = before.copy()
    >>> after.group("astronomers").remove_user("alice")
    >>> ask = [["s3:GetObject"], [MAP]]
    >>> matrix_difference(before.access_matrix(*ask), after.access_matrix(*ask)).alt
    'alice lost s3:GetObject on star-maps/m31.fits.'
    """
    for one in (before, after):
        check("matrix_difference", one, AccessMatrix)
    check_world("matrix_difference", world)
    changes = before.diff(after)
    grid = _grid(after, changes, world)
    shown = _readable(grid)
    if len(shown.rows) > MOST_ROWS or len(shown.columns) > MOST_COLUMNS:
        return difference_bars(changes, world=world)
    left_out = len(grid.rows) * len(grid.columns) - len(shown.rows) * len(shown.columns)
    note = " Others, for whom nothing changed, are left out." if left_out else ""
    size = f"Gained {len(changes.gained):,}, lost {len(changes.lost):,}."
    return Figure.on(
        _draw(shown),
        alt=alt_of(changes, world),
        caption=f"{size}{note}{apart_in_words(changes)}",
        rows=rows_of(changes, world),
        lines=(
            *lines_of(changes, world, [column.resource for column in shown.columns]),
            *_stayed(shown),
        ),
    )


def _grid(after: AccessMatrix, changes: AccessChanges, world: World | None) -> Grid:
    """Give the cells that both matrices have."""
    gone, gone_pairs = set(changes.only_after), set(changes.pairs_only_after)
    rows = [n for n, who in enumerate(after.principals) if who not in gone]
    columns = [n for n, pair in enumerate(after.pairs) if pair not in gone_pairs]
    gained, lost = set(changes.gained), set(changes.lost)

    def look_of(row: int, column: int) -> Look:
        cell = (after.principals[rows[row]], *after.pairs[columns[column]])
        if cell in gained:
            return GAINED
        if cell in lost:
            return LOST
        return STAYS if after.allowed(rows[row], columns[column]) else NEVER

    callers = [after.principals[row] for row in rows]
    return arranged(callers, [after.pairs[column] for column in columns], look_of, world)


def _readable(grid: Grid) -> Grid:
    """Leave out of a large grid what did not change: whole kinds of principals, or all of it."""
    changed = [n for n, looks in enumerate(grid.looks) if not set(CHANGES).isdisjoint(looks)]
    if not changed or (len(grid.rows) <= ROWS and len(grid.columns) <= COLUMNS):
        return grid
    beside = [n for block in grid.blocks if not set(block).isdisjoint(changed) for n in block]
    if len(beside) <= ROWS and len(grid.columns) <= COLUMNS:
        return grid.only(beside, range(len(grid.columns)))
    return _changed(grid, changed)


def _changed(grid: Grid, rows: list[int]) -> Grid:
    """Keep the rows and columns in which something changed."""
    columns = [
        n for n in range(len(grid.columns)) if any(looks[n] in CHANGES for looks in grid.looks)
    ]
    return grid.only(rows, columns)


def _draw(grid: Grid) -> Sheet:
    if grid.is_empty:
        return no_grid(NOTHING)
    at, sheet = plan(grid), Sheet()
    draw_frame(sheet, grid, at)
    _draw_cells(sheet, at.cells(grid.looks))
    x, y = MARGIN, at.bottom + 0.18
    for seen in (GAINED, LOST, STAYS, NEVER):
        if any(seen in looks for looks in grid.looks):
            _draw_cells(sheet, [((x, y), (0.34, 0.26), seen)])
            x += 0.4
            x += sheet.note(x, y + 0.13, seen.word, INK, fact=False) + 0.22
    sheet.reach(x, y + 0.26)
    return sheet


def _draw_cells(sheet: Sheet, cells: Sequence[tuple[Point, Point, Look]]) -> None:
    """Draw cells: a change is filled, with its sign on a piece of paper."""
    draw_cells(sheet, [cell for cell in cells if cell[2] not in CHANGES])
    for place, size, look in cells:
        if look in CHANGES:
            sheet.area(place, size, look.fill, hatch=look.hatch)
            x, y = place[0] + size[0] / 2, place[1] + size[1] / 2
            sheet.area((x - NOTE / 2, y - NOTE / 2), (NOTE, NOTE), PAPER, edge=PAPER)
            sheet.text(
                x, y, look.symbol, look.colour, size=13, face="bold", align="center", fact=False
            )


def _stayed(grid: Grid) -> list[str]:
    """Say what stayed as it was, of what is drawn."""
    lines = []
    for row, looks in zip(grid.rows, grid.looks, strict=True):
        parts = []
        for seen in (STAYS, NEVER):
            pairs = zip(grid.columns, looks, strict=True)
            what = [str(column) for column, one in pairs if one == seen]
            if what:
                parts.append(f"  {seen}: {', '.join(what)}")
        if parts:
            lines += [f"{row.name} ({', '.join(row.callers)})", *parts]
    return lines
