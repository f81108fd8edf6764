"""The difference of two access matrices: which access each principal gained and lost.

Cells that changed are filled, and the others are pale. A large matrix only has the rows and columns
with a change. A larger one becomes bars: losses to the left, gains to the right.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.engine.access_changes import AccessChanges
from iamlab.engine.matrix import AccessMatrix
from iamlab.errors import RequestError
from iamlab.view.arguments import check, check_world
from iamlab.view.drawing.sheet import MARGIN, Sheet
from iamlab.view.figures.matrix.matrix_scene import arranged, resources_of
from iamlab.view.layouts.chart import RowChart
from iamlab.view.layouts.grid import draw_grid, no_cells
from iamlab.view.scene import HEADING
from iamlab.view.style import GAINED, LOST, PALE_LINE, PAPER, Look
from iamlab.view.tables import NOT_ALLOWED
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.model.world import World
    from iamlab.view.figure import Figure
    from iamlab.view.scene import Node, Scene

ROWS, COLUMNS = 16, 20
"""The largest numbers of rows and columns if those without a change are drawn too."""
MOST_ROWS, MOST_COLUMNS, MOST_BARS = 60, 24, 40
"""The largest numbers of rows and columns, and of bars."""
ROW = 0.34
CHANGES = (GAINED, LOST)
STAYS = Look("✓", "still allowed", PALE_LINE, PAPER)
NEVER = Look(NOT_ALLOWED.symbol, "still not allowed", PALE_LINE, PAPER)
COLUMN_NAMES = ("principal", "action", "resource")
NOTHING = "Nobody gained or lost anything."


def matrix_difference(
    before: AccessMatrix, after: AccessMatrix, *, world: World | None = None
) -> Figure:
    """Draw the access that each principal gained and lost between two matrices.

    Parameters
    ----------
    before, after
        What ``world.access_matrix()`` returns, for the same principals, actions and resources.
    world
        The world with the names of accounts.

    Raises
    ------
    RequestError
        A matrix isn't an access matrix, or ``world`` isn't a world.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> before = scenario("groups")
    >>> after = before.copy()
    >>> after.group("astronomers").remove_user("alice")
    >>> ask = [["s3:GetObject"], [MAP]]
    >>> matrix_difference(before.access_matrix(*ask), after.access_matrix(*ask)).alt
    'On star-maps/m31.fits alice lost s3:GetObject.'
    """
    for matrix in (before, after):
        check("matrix_difference", matrix, AccessMatrix)
    check_world("matrix_difference", world)
    changes = before.diff(after)
    scene = _scene(changes, world, after)
    shown = _readable(scene)
    if len(shown.drawn) > MOST_ROWS or len(shown.columns) > MOST_COLUMNS:
        return difference_bars(changes, world=world)
    legend = [look for look in (*CHANGES, STAYS, NEVER) if look in shown.looks]
    is_whole = len(shown.drawn) == len(scene.drawn) and len(shown.columns) == len(scene.columns)
    note = "" if is_whole else " Rows and columns without a change are left out."
    return _figure(
        shown,
        changes,
        lambda scene: draw_grid(scene, filled=CHANGES, legend=legend, nothing=NOTHING),
        f".{note}",
    )


def difference_bars(
    before: AccessMatrix | AccessChanges,
    after: AccessMatrix | None = None,
    *,
    world: World | None = None,
) -> Figure:
    """Draw how much each principal gained and lost.

    Parameters
    ----------
    before, after
        Two matrices; or only the changes between them.
    world
        The world with the names of accounts.

    Raises
    ------
    RequestError
        They have other types.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> before = scenario("groups")
    >>> after = before.copy()
    >>> after.group("developers").add_user("carol")
    >>> ask = [["s3:GetObject", "s3:PutObject"], [MAP]]
    >>> difference_bars(before.access_matrix(*ask), after.access_matrix(*ask)).alt
    'On star-maps/m31.fits carol gained s3:GetObject and s3:PutObject.'
    """
    if isinstance(before, AccessMatrix) and isinstance(after, AccessMatrix):
        changes = before.diff(after)
    elif isinstance(before, AccessChanges) and after is None:
        changes = before
    else:
        raise RequestError(
            "Pass two access matrices of world.access_matrix(...), or the changes that "
            "before.diff(after) returns."
        )
    check_world("difference_bars", world)
    scene = _scene(changes, world)
    return _figure(scene, changes, _draw_bars, f", of {count(len(scene.drawn), 'principal')}.")


def _scene(changes: AccessChanges, world: World | None, after: AccessMatrix | None = None) -> Scene:
    """Return the cells of both matrices; without a matrix, the cells that changed."""
    looks: dict[tuple[str, str, str], Look] = dict.fromkeys(changes.gained, GAINED)
    looks |= dict.fromkeys(changes.lost, LOST)
    rest = None if after is None else NEVER
    callers = list(dict.fromkeys(caller for caller, *_ in looks))
    pairs = list(dict.fromkeys((action, resource) for _, action, resource in looks))
    if after is not None:
        callers = [caller for caller in after.principals if caller not in changes.only_after]
        pairs = [pair for pair in after.pairs if pair not in changes.pairs_only_after]
        looks = dict.fromkeys(after, STAYS) | looks

    def look_of(row: int, column: int) -> Look | None:
        return looks.get((callers[row], *pairs[column]), rest)

    scene = arranged(callers, pairs, look_of, world)
    return replace(scene, nodes=[_counted(node) for node in scene.nodes])


def _counted(node: Node) -> Node:
    """Return a principal with the numbers of its gains and losses."""
    gained, lost = _changes(node)
    note = f"+{gained:,} −{lost:,}"
    return replace(node, note=note, line=f"{node.line}: {note}") if gained or lost else node


def _changes(node: Node) -> tuple[int, int]:
    """Count what a principal gained and what it lost."""
    looks = [cell.look for cell in node.cells.values()]
    return looks.count(GAINED), looks.count(LOST)


def _readable(scene: Scene) -> Scene:
    """Return a large matrix without the rows and columns in which nothing changed."""
    changed = [node for node in scene.drawn if any(_changes(node))]
    if not changed or (len(scene.drawn) <= ROWS and len(scene.columns) <= COLUMNS):
        return scene
    columns = {
        key: column
        for key, column in scene.columns.items()
        if any(node.cells[key].look in CHANGES for node in changed)
    }
    parents = {node.parent for node in changed}
    rows = [replace(node, cells={key: node.cells[key] for key in columns}) for node in changed]
    headings = [node for node in scene.nodes if node.kind == HEADING and node.id in parents]
    return replace(scene, nodes=[*headings, *rows], columns=columns)


def _figure(
    scene: Scene, changes: AccessChanges, draw: Callable[[Scene], Sheet], note: str
) -> Figure:
    """Make the figure. Its table has the changes; its list also has what wasn't compared."""
    accounts = {
        cell.facts["principal"]: cell.facts["account"]
        for node in scene.drawn
        for cell in node.cells.values()
    }
    rows = [
        {"change": word, "account": accounts[cell[0]], **dict(zip(COLUMN_NAMES, cell, strict=True))}
        for word, cells in (("gained", changes.gained), ("lost", changes.lost))
        for cell in cells
    ]
    nothing = {"change": "none", "account": None, "principal": None, "action": None}
    resources = [f"  {name}" for name in resources_of(scene)]
    apart = "".join(f" {words.capitalize()}: {len(names)}." for words, names in changes.apart)
    return replace(
        scene,
        before=[*([] if changes else [NOTHING]), *(["resources", *resources] if resources else [])],
        after=[f"{words}: {', '.join(names)}" for words, names in changes.apart],
        table=rows or [nothing],
    ).figure(
        draw,
        alt=_alt(scene) if changes else f"{NOTHING}{apart}",
        caption=f"Access gained: {len(changes.gained):,}, lost: {len(changes.lost):,}{note}{apart}",
        is_graph=False,
    )


def _ranked(scene: Scene) -> list[Node]:
    """Return the principals that gained or lost something, those with the most changes first."""
    changed = [node for node in scene.drawn if any(_changes(node))]
    return sorted(changed, key=lambda node: -sum(_changes(node)))


def _alt(scene: Scene) -> str:
    resources = list(resources_of(scene).values())
    first = f"On {shorten(resources[0], 60)} " if len(resources) == 1 else ""
    parts = []
    for node in _ranked(scene):
        what: dict[Look | None, list[str]] = {GAINED: [], LOST: []}
        for key, cell in node.cells.items():
            title = key[0] if first else scene.columns[key].title
            what.setdefault(cell.look, []).append(title)
        changed = [
            f"{look.word} {listed(what[look], 2, length=60)}" for look in CHANGES if what[look]
        ]
        parts.append(f"{shorten(node.text, 40)} {' and '.join(changed)}")
    return alt_text(first, parts, ".")


def _draw_bars(scene: Scene) -> Sheet:
    """Draw how much each principal lost, to the left, and gained, to the right."""
    nodes = _ranked(scene)
    if not nodes:
        return no_cells(NOTHING)
    shown, rest = nodes[:MOST_BARS], nodes[MOST_BARS:]
    gained, lost = (max(numbers) for numbers in zip(*map(_changes, shown), strict=True))
    ticks = {-lost: f"{lost:,} lost", 0: "", gained: f"{gained:,} gained"}
    chart = RowChart(shown, ("PRINCIPAL", "CHANGES"), ticks, height=ROW)
    for node, y in chart.rows:
        for number, look, side in zip(_changes(node), CHANGES, (1, -1), strict=True):
            if number:
                chart.bar(y, side * number, look)
    if rest:
        changes = count(sum(sum(_changes(node)) for node in rest), "change")
        words = f"and {count(len(rest), 'other')} with {changes}"
        chart.sheet.note(MARGIN, chart.bottom + 0.14, words, fact=False)
    return chart.sheet
