"""The access matrix: principals down, actions across, each cell a symbol; a large one as shares.

Up to sixty rows every cell is a verdict. Of more principals those who are alike share a row; what
is larger still becomes a heat map: how much of a service a kind of principal may do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.view.drawing.sheet import Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.matrix.grid_sheet import (
    draw_cells,
    draw_frame,
    draw_legend,
    no_grid,
    plan,
)
from iamlab.view.figures.matrix.matrix_grid import (
    ALLOWED,
    EXPLICIT,
    ROOTS,
    Grid,
    Who,
    grid_of,
    number_of,
)
from iamlab.view.figures.matrix.matrix_words import said
from iamlab.view.given import check_world
from iamlab.view.tables import NOT_ALLOWED
from iamlab.view.words import listed, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.matrix import AccessMatrix
    from iamlab.model.world import World
    from iamlab.view.style import Look
    from iamlab.view.tables import VerdictTable

ROWS, COLUMNS = 60, 24
"""So many rows and columns are drawn with symbols."""
NOTHING = "Nobody was asked about, or nothing was asked."


def access_matrix(asked: AccessMatrix | VerdictTable, *, world: World | None = None) -> Figure:
    """Draw who may do what.

    Parameters
    ----------
    asked
        As ``World.access`` gives it, or as :func:`iamlab.view.verdict_table` does.
    world
        Where is looked up what accounts are called, and whether what is not allowed is denied by a
        statement; a matrix knows only what is allowed.

    Raises
    ------
    RequestError
        It is neither of the two, or ``world`` is no world.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> actions = ["s3:GetObject", "s3:DeleteObject"]
    >>> matrix = world.access_matrix(actions, [MAP], [world.user("dana")])
    >>> print(access_matrix(matrix, world=world).as_text())
    resource
      star-maps/m31.fits (arn:aws:s3:::star-maps/m31.fits)
    acme-main · users
      dana (arn:aws:iam::111111111111:user/dana)
        ✓ allowed: s3:GetObject on star-maps/m31.fits
        ✕ explicit deny: s3:DeleteObject on star-maps/m31.fits
    """
    check_world("access_matrix", world)
    grid = grid_of(asked, world)
    shown = grid if len(grid.rows) <= ROWS else grid.merged()
    if len(shown.rows) > ROWS or len(shown.columns) > COLUMNS:
        from iamlab.view.figures.matrix.access_shares import share_map

        return share_map(grid, shown)
    return Figure.on(
        _draw(shown),
        alt=alt_of(grid),
        caption=_caption(grid, shown),
        rows=rows_of(grid),
        lines=lines_of(shown),
    )


def _draw(grid: Grid) -> Sheet:
    if grid.is_empty:
        return no_grid(NOTHING)
    at, sheet = plan(grid), Sheet()
    draw_frame(sheet, grid, at)
    draw_cells(sheet, at.cells(grid.looks))
    draw_legend(sheet, at, looks_in(grid))
    return sheet


def looks_in(grid: Grid) -> list[Look]:
    """Give the looks that are there, what is allowed first."""
    found = dict.fromkeys(look for looks in grid.looks for look in looks)
    return sorted(found, key=lambda look: look != ALLOWED)


def _caption(grid: Grid, shown: Grid) -> str:
    on = f" on {grid.resources[0]}" if len(grid.resources) == 1 else ""
    text = f"Who may do what{on}: {number_of(grid.rows)}."
    if len(shown.rows) < len(grid.rows):
        text += " Those of one kind who may do the same share a row."
    if NOT_ALLOWED in looks_in(grid):
        text += " A matrix knows what is not allowed, and not why."
    return text


# -- in words --------------------------------------------------------------------------------------


def alt_of(grid: Grid) -> str:
    """Say who may do what: those who may do the same together, those who may do most first."""
    if grid.is_empty:
        return f"{NOTHING} There is no cell in this access matrix."
    groups: dict[tuple[Look, ...], list[Who]] = {}
    for row, looks in zip(grid.rows, grid.looks, strict=True):
        groups.setdefault(looks, []).append(row)
    on = f"On {shorten(grid.columns[0].on, 40)} " if len(grid.resources) == 1 else ""
    parts = [
        (sum(len(row.callers) for row in rows), _told(grid, looks, rows))
        for looks, rows in _by_power(groups)
    ]
    return said(on, parts)


def _by_power(
    groups: dict[tuple[Look, ...], list[Who]],
) -> list[tuple[tuple[Look, ...], list[Who]]]:
    """Put those first who may do most; root users, who may do nearly all, come behind."""

    def place(one: tuple[tuple[Look, ...], list[Who]]) -> tuple[bool, int]:
        looks, rows = one
        return all(row.kind == ROOTS for row in rows), -looks.count(ALLOWED)

    return sorted(groups.items(), key=place)


def _told(grid: Grid, looks: tuple[Look, ...], rows: list[Who]) -> str:
    """Say what some may do who may do the same."""
    allowed = [n for n, seen in enumerate(looks) if seen == ALLOWED]
    denied = [n for n, seen in enumerate(looks) if seen.symbol == EXPLICIT.symbol]
    several = len(grid.resources) > 1
    what = [str(grid.columns[n]) if several else grid.columns[n].action for n in allowed]
    who = listed([row.name for row in rows], 3, length=24)
    if not allowed:
        text = f"{who} may do nothing"
    elif len(allowed) == len(looks) and len(looks) > 1:
        text = f"{who} may do all"
    else:
        text = f"{who} may do {listed(what, 3, length=50)}"
    if denied:
        stopped = dict.fromkeys(grid.columns[n].action for n in denied)
        text += f", but a Deny stops {listed(list(stopped), 2)}"
    return text


def rows_of(grid: Grid) -> Iterator[dict[str, object]]:
    """Give a row for each cell."""
    for row, looks in zip(grid.rows, grid.looks, strict=True):
        for caller in row.callers:
            for column, seen in zip(grid.columns, looks, strict=True):
                yield {
                    "account": row.account,
                    "kind": row.kind,
                    "principal": caller,
                    "action": column.action,
                    "resource": column.resource,
                    "allowed": seen == ALLOWED,
                    "verdict": seen.word,
                }
    if grid.is_empty:
        yield dict.fromkeys(("principal", "action", "resource", "allowed", "verdict"))


def lines_of(grid: Grid) -> Iterator[str]:
    """Say for each principal what he may do, and what he may not."""
    if grid.resources:
        yield "resource" if len(grid.resources) == 1 else "resources"
        known = dict.fromkeys((column.on, column.resource) for column in grid.columns)
        yield from (f"  {short} ({whole})" for short, whole in known)
    for block in grid.blocks:
        row = grid.rows[block[0]]
        yield f"{row.account} · {row.kind}" if row.account else row.kind
        for number in block:
            row = grid.rows[number]
            yield f"  {row.name} ({', '.join(row.callers)})"
            for seen in looks_in(grid):
                what = [
                    str(column)
                    for column, look in zip(grid.columns, grid.looks[number], strict=True)
                    if look == seen
                ]
                if what:
                    yield f"    {seen}: {', '.join(what)}"
    if grid.is_empty:
        yield NOTHING
