"""Two access matrices as one: what somebody gained, what somebody lost, and what stayed as it was.

Gains and losses are filled, all else is pale. Of large matrices only those rows and columns are
drawn in which something changed; what is larger still becomes bars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.matrix import AccessMatrix
from iamlab.view.figure import Figure
from iamlab.view.figures.matrix.change_words import (
    NOTHING,
    alt_of,
    apart_in_words,
    lines_of,
    rows_of,
)
from iamlab.view.figures.matrix.difference_bars import difference_bars
from iamlab.view.figures.matrix.matrix_scene import arranged, only, resources_of
from iamlab.view.given import check, check_world
from iamlab.view.layouts.grid import draw_grid
from iamlab.view.style import PALE_LINE, PAPER, Look
from iamlab.view.tables import NOT_ALLOWED
from iamlab.view.tabular.signs import GAINED, LOST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.engine.access_changes import AccessChanges
    from iamlab.model.world import World
    from iamlab.view.scene import Cell, Scene

ROWS, COLUMNS = 16, 20
"""So many rows and columns are drawn with all that did not change."""
MOST_ROWS, MOST_COLUMNS = 60, 24
"""So many are drawn at all."""

CHANGES = (GAINED, LOST)
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
    scene = _scene(after, changes, world)
    shown = _readable(scene)
    if len(shown.drawn) > MOST_ROWS or len(shown.columns) > MOST_COLUMNS:
        return difference_bars(changes, world=world)
    left_out = len(scene.drawn) * len(scene.columns) - len(shown.drawn) * len(shown.columns)
    note = " Others, for whom nothing changed, are left out." if left_out else ""
    size = f"Gained {len(changes.gained):,}, lost {len(changes.lost):,}."
    return Figure.on(
        draw_grid(shown, filled=CHANGES, legend=_legend(shown), nothing=NOTHING),
        alt=alt_of(changes, world),
        caption=f"{size}{note}{apart_in_words(changes)}",
        rows=rows_of(changes, world),
        lines=(*lines_of(changes, world, resources_of(shown)), *_stayed(shown)),
    )


def _legend(scene: Scene) -> list[Look]:
    return [look for look in (GAINED, LOST, STAYS, NEVER) if look in scene.looks]


def _scene(after: AccessMatrix, changes: AccessChanges, world: World | None) -> Scene:
    """Return the cells that both matrices have."""
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


def _readable(scene: Scene) -> Scene:
    """Leave out of a large matrix what did not change: whole kinds of principals, or all of it."""
    changed = [node for node in scene.drawn if _has_changed(node.cells.values())]
    if not changed or (len(scene.drawn) <= ROWS and len(scene.columns) <= COLUMNS):
        return scene
    parents = {node.parent for node in changed}
    beside = [node for node in scene.drawn if node.parent in parents]
    if len(beside) <= ROWS and len(scene.columns) <= COLUMNS:
        return only(scene, beside, list(scene.columns))
    keys = [key for key in scene.columns if _has_changed(node.cells[key] for node in changed)]
    return only(scene, changed, keys)


def _has_changed(cells: Iterable[Cell]) -> bool:
    return any(cell.look in CHANGES for cell in cells)


def _stayed(scene: Scene) -> Iterator[str]:
    """Say what stayed as it was, of what is drawn."""
    for node in scene.drawn:
        parts = []
        for seen in (STAYS, NEVER):
            what = [
                scene.columns[key].title for key, cell in node.cells.items() if cell.look == seen
            ]
            if what:
                parts.append(f"  {seen}: {', '.join(what)}")
        if parts:
            yield node.listed
            yield from parts
