"""A large access matrix as a heat map: which share of the cells is allowed, as a number.

Many principals of one account and kind are one row, many actions of one service one column. The
colour gets darker with the share, and the share is in each cell.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.figures.matrix.matrix_scene import ALLOWED, number_of
from iamlab.view.layouts.grid import draw_grid
from iamlab.view.scene import HEADING, Cell, Column, Node, Scene
from iamlab.view.style import ALLOW_FILL, INK, PALE_INK, PAPER, Look, contrast
from iamlab.view.words import listed, told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.view.figure import Figure
    from iamlab.view.figures.matrix.matrix_scene import Key

ROWS, COLUMNS = 60, 14
"""The largest numbers of rows and columns of a heat map."""
BLOCKS = 40
"""The largest number of kinds in accounts that have rows; the others share the last one."""
PITCHES = (0.62, 0.55, 0.5, 0.46)
"""The widths of columns: as wide as there is room, and wide enough for ``100%``."""
SHADES = (
    (0, PAPER, "– none"),
    (25, "#DBEBF4", "up to 25%"),
    (50, "#B2D4E8", "up to 50%"),
    (75, "#8CBFDC", "up to 75%"),
    (99, "#61A8CF", "more"),
    (100, ALLOW_FILL, "all"),
)
"""Up to how many percent a cell has which colour, and how the legend calls that."""


def share_map(scene: Scene) -> Figure:
    """Draw which share of the cells is allowed."""
    columns = _columns(scene)
    rows = scene.nodes if len(scene.drawn) <= ROWS else _blocks(scene)
    nodes = [row if row.kind == HEADING else _with_cells(row, columns) for row in rows]
    facts = [cell.facts for node in nodes for cell in node.cells.values()]
    allowed, asked = (sum(fact[key] for fact in facts) for key in ("allowed", "asked"))
    size = f"{number_of(scene.drawn)}, {count(len(scene.columns), 'action')}"
    share = f"{share_look(allowed, asked).word} are" if allowed else "none are"
    return Scene(nodes, columns={column.title: column for column in columns}, before=[size]).figure(
        lambda scene: draw_grid(
            scene,
            pitches=PITCHES,
            legend=[Look("", words, INK, colour) for _, colour, words in SHADES],
        ),
        alt=told(
            f"Of {asked:,} cells {share} allowed: ",
            [_sentence(node) for node in nodes if node.kind != HEADING],
            ".",
        ),
        caption=f"Which share of the cells is allowed: {size}. The matrix has each cell.",
        is_graph=False,
    )


def share_look(allowed: int, asked: int) -> Look:
    """Return a share with the colour behind it: 0 % only for none, and 100 % only for all.

    Examples
    --------
    >>> [share_look(allowed, 1000).word for allowed in (0, 1, 500, 999, 1000)]
    ['–', '1%', '50%', '99%', '100%']
    """
    percent = round(100 * allowed / asked) if asked else 0
    if 0 < allowed < asked:
        percent = min(max(percent, 1), 99)
    area = next(colour for most, colour, _ in SHADES if percent <= most)
    ink = max((INK, PAPER), key=lambda ink: contrast(ink, area)) if allowed else PALE_INK
    words = f"{percent}%" if allowed else "–"
    return Look(words, words, ink, area)


def _blocks(scene: Scene) -> list[Node]:
    """Return a row for each kind in each account, and one for those that have no room."""
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
    """Return a column for each action, or each service; of many services the most used ones."""
    if len(scene.columns) <= COLUMNS:
        return {column: [key] for key, column in scene.columns.items()}
    services: dict[str, list[Key]] = {}
    for key, column in scene.columns.items():
        services.setdefault(column.group, []).append(key)
    if len(services) > COLUMNS:
        used = {name: _allowed(scene.drawn, keys) for name, keys in services.items()}
        rest = sorted(services, key=lambda name: -used[name])[COLUMNS - 1 :]
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
        allowed, asked = _allowed(members, keys), len(members) * len(keys)
        action, resource, *_ = keys[0] if column.note else (column.title, None)
        look = share_look(allowed, asked)
        cells[column.title] = Cell(
            look=look,
            short=f"{look.word} of {action}",
            words=f"{look.word}, {allowed:,} of {asked:,} allowed",
            facts={
                "account": row.frame,
                "principal": row.short or row.text,
                "principals": len(members),
                "action": action,
                "resource": resource,
                "allowed": allowed,
                "asked": asked,
                "share": allowed / asked,
            },
        )
    return replace(row, cells=cells, members=())


def _sentence(node: Node) -> str:
    """Describe of what a row may do most."""
    cells = sorted(node.cells.values(), key=lambda cell: -cell.facts["share"])
    most = [cell.short for cell in cells if cell.facts["allowed"]]
    return f"{node.text}: {listed(most, 2, length=50) if most else 'nothing'}"
