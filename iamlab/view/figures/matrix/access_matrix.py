"""The access matrix: a row for each principal, a column for each action, a verdict in each cell.

With more than sixty rows, principals with the same access share a row. A larger matrix becomes a
heat map: each cell has the share of requests that are allowed, and is darker for a larger share.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.arguments import check_world
from iamlab.view.figures.matrix.matrix_scene import (
    ALLOWED,
    EXPLICIT,
    ROOT,
    matrix_scene,
    number_of,
    resources_of,
)
from iamlab.view.folding import alike
from iamlab.view.layouts.grid import draw_grid
from iamlab.view.scene import HEADING, Cell, Column, Node, Scene
from iamlab.view.style import ALLOW_FILL, INK, PALE_INK, PAPER, Look
from iamlab.view.tables import NOT_ALLOWED
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.engine.matrix import AccessMatrix
    from iamlab.model.world import World
    from iamlab.view.figure import Figure
    from iamlab.view.figures.matrix.matrix_scene import Key
    from iamlab.view.tables import VerdictTable

ROWS, COLUMNS = 60, 24
"""The largest numbers of rows and columns with symbols."""
SERVICES = 14
"""The largest number of columns of a heat map."""
BLOCKS = 40
"""The largest number of rows for kinds of principals; the last row has all others."""
PITCHES = (0.62, 0.55, 0.5, 0.46)
"""The widths of columns, each wide enough for ``100%``."""
SHADES = (
    (0, PAPER, "– none"),
    (25, "#DBEBF4", "up to 25%"),
    (50, "#B2D4E8", "up to 50%"),
    (75, "#8CBFDC", "up to 75%"),
    (99, "#61A8CF", "more"),
    (100, ALLOW_FILL, "all"),
)
"""Largest percentage, its colour, and its words in the legend."""
NOTHING = "There are no principals or no actions in this access matrix."


def access_matrix(asked: AccessMatrix | VerdictTable, *, world: World | None = None) -> Figure:
    """Draw which principals can use which actions.

    Parameters
    ----------
    asked
        What ``world.access_matrix()`` or :func:`iamlab.view.verdict_table` returns.
    world
        The world with the names of accounts. It also shows which cells a statement denies; a matrix
        alone only has what is allowed.

    Raises
    ------
    RequestError
        ``asked`` has another type, or ``world`` isn't a world.

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
    scene = matrix_scene(asked, world)
    drawn = scene if len(scene.drawn) <= ROWS else alike(scene)
    if len(drawn.drawn) > ROWS or len(scene.columns) > COLUMNS:
        return _share_map(scene)
    resources = resources_of(scene)
    before = [f"  {short} ({whole})" for whole, short in resources.items()]
    is_empty = not scene.drawn or not scene.columns
    nothing = dict.fromkeys(("principal", "action", "resource", "allowed", "verdict"))
    return replace(
        scene,
        before=["resource" if len(before) == 1 else "resources", *before] if before else [],
        after=[NOTHING] if is_empty else [],
        table=[nothing] if is_empty else [],
    ).figure(
        lambda scene: draw_grid(scene, nothing=NOTHING),
        alt=NOTHING if is_empty else _alt(scene),
        caption=_caption(scene, drawn),
        drawn=drawn,
        is_graph=False,
    )


def _caption(scene: Scene, drawn: Scene) -> str:
    resources = list(resources_of(scene))
    on = f" on {resources[0]}" if len(resources) == 1 else ""
    text = f"Who can use which actions{on}: {number_of(scene.drawn)}."
    if len(drawn.nodes) < len(scene.nodes):
        text += " Principals of one kind with the same access share a row."
    if NOT_ALLOWED in scene.looks:
        text += " The matrix shows what isn't allowed, but not why."
    return text


def _alt(scene: Scene) -> str:
    """Describe principals with the same access together, those with the most access first."""
    groups: dict[tuple[Look | None, ...], list[Node]] = {}
    for node in scene.drawn:
        groups.setdefault(tuple(cell.look for cell in node.cells.values()), []).append(node)
    # Root users have nearly all permissions: they are last.
    ordered = sorted(
        groups, key=lambda looks: (groups[looks][0].kind == ROOT, -looks.count(ALLOWED))
    )
    resources = list(resources_of(scene).values())
    on = f"On {shorten(resources[0], 40)} " if len(resources) == 1 else ""
    return alt_text(on, [_sentence(scene, groups[looks], bare=bool(on)) for looks in ordered], ".")


def _sentence(scene: Scene, nodes: list[Node], *, bare: bool) -> str:
    """Describe the access of principals with the same access."""
    cells = nodes[0].cells.items()
    allowed = [
        key[0] if bare else scene.columns[key].title for key, cell in cells if cell.look == ALLOWED
    ]
    denied = list(dict.fromkeys(key[0] for key, cell in cells if cell.look == EXPLICIT))
    what = listed(allowed, 3, length=50) if allowed else "no action"
    what = "all actions" if len(allowed) == len(scene.columns) > 1 else what
    text = f"{listed([node.text for node in nodes], 3, length=24)} can use {what}"
    return f"{text}, and a Deny blocks {listed(denied, 2)}" if denied else text


# -- shares ----------------------------------------------------------------------------------------


def _share_map(scene: Scene) -> Figure:
    """Draw the shares of allowed cells."""
    columns = _columns(scene)
    rows = scene.nodes if len(scene.drawn) <= ROWS else _blocks(scene)
    nodes = [row if row.kind == HEADING else _with_cells(row, columns) for row in rows]
    facts = [cell.facts for node in nodes for cell in node.cells.values()]
    allowed, of = (sum(fact[key] for fact in facts) for key in ("allowed", "asked"))
    size = f"{number_of(scene.drawn)}, {count(len(scene.columns), 'action')}"
    share = share_look(allowed, of).word if allowed else "None"
    return Scene(nodes, columns={column.title: column for column in columns}, before=[size]).figure(
        lambda scene: draw_grid(
            scene,
            pitches=PITCHES,
            legend=[Look("", words, INK, colour) for _, colour, words in SHADES],
        ),
        alt=alt_text(
            f"{share} of {of:,} cells are allowed: ",
            [_most(node) for node in nodes if node.kind != HEADING],
            ".",
        ),
        caption=f"The share of allowed cells: {size}. The matrix itself has each cell.",
        is_graph=False,
    )


def share_look(allowed: int, of: int) -> Look:
    """Return a share with its colour: 0 % only if no cell is allowed, 100 % only if all are.

    Examples
    --------
    >>> [share_look(allowed, 1000).word for allowed in (0, 1, 500, 999, 1000)]
    ['–', '1%', '50%', '99%', '100%']
    """
    percent = round(100 * allowed / of) if of else 0
    if 0 < allowed < of:
        percent = min(max(percent, 1), 99)
    area = next(colour for most, colour, _ in SHADES if percent <= most)
    ink = (PAPER if area == ALLOW_FILL else INK) if allowed else PALE_INK
    words = f"{percent}%" if allowed else "–"
    return Look(words, words, ink, area)


def _blocks(scene: Scene) -> list[Node]:
    """Return a row for each kind in each account, and one row for all others."""
    several = len({node.frame for node in scene.drawn}) > 1
    blocks: dict[str, list[Node]] = {}
    for node in scene.drawn:
        blocks.setdefault(node.parent, []).append(node)
    found = []
    for parent, nodes in blocks.items():
        kinds, account = number_of(nodes), nodes[0].frame
        text = f"{kinds} of {account}" if several and account else kinds
        found.append(Node(parent, text, short=kinds, frame=account, members=tuple(nodes)))
    if len(found) <= BLOCKS:
        return found
    rest = tuple(node for row in found[BLOCKS - 1 :] for node in row.members)
    return [*found[: BLOCKS - 1], Node("others", count(len(rest), "other"), members=rest)]


def _columns(scene: Scene) -> dict[Column, list[Key]]:
    """Return a column for each action or service; the last one has the less used services."""
    if len(scene.columns) <= SERVICES:
        return {column: [key] for key, column in scene.columns.items()}
    services: dict[str, list[Key]] = {}
    for key, column in scene.columns.items():
        services.setdefault(column.group, []).append(key)
    if len(services) > SERVICES:
        used = {name: _allowed(scene.drawn, keys) for name, keys in services.items()}
        rest = sorted(services, key=lambda name: -used[name])[SERVICES - 1 :]
        others = [key for name in rest for key in services.pop(name)]
        services[f"{len(rest)} other services"] = others
    return {Column(name, name, name): keys for name, keys in services.items()}


def _allowed(nodes: Sequence[Node], keys: Sequence[Key]) -> int:
    return sum(node.cells[key].look == ALLOWED for node in nodes for key in keys)


def _with_cells(row: Node, columns: Mapping[Column, Sequence[Key]]) -> Node:
    """Return the row with its shares."""
    members = row.members or (row,)
    cells = {}
    for column, keys in columns.items():
        allowed, of = _allowed(members, keys), len(members) * len(keys)
        action, resource, *_ = keys[0] if column.note else (column.title, None)
        look = share_look(allowed, of)
        cells[column.title] = Cell(
            look=look,
            short=f"{look.word} of {action}",
            words=f"{look.word}, {allowed:,} of {of:,} allowed",
            facts={
                "account": row.frame,
                "principal": row.short or row.text,
                "principals": len(members),
                "action": action,
                "resource": resource,
                "allowed": allowed,
                "asked": of,
                "share": allowed / of,
            },
        )
    return replace(row, cells=cells, members=())


def _most(node: Node) -> str:
    """Describe the columns of which a row has the largest shares."""
    cells = sorted(node.cells.values(), key=lambda cell: -cell.facts["share"])
    most = [cell.short for cell in cells if cell.facts["allowed"]]
    return f"{node.text}: {listed(most, 2, length=50) if most else 'nothing'}"
