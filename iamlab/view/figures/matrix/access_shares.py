"""A large access matrix as a heat map: how much of what was asked is allowed, as a number.

Many principals of one account and kind are one row, many actions of one service one column. The
colour gets darker with the share, and the share stands in each cell.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.figures.matrix.matrix_scene import ALLOWED, number_of, said
from iamlab.view.layouts.grid import draw_grid
from iamlab.view.scene import HEADING, Cell, Column, Node, Scene
from iamlab.view.style import ALLOW_FILL, INK, PALE_INK, PAPER, Look, contrast
from iamlab.view.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.view.figure import Figure
    from iamlab.view.figures.matrix.matrix_scene import Key

ROWS, COLUMNS = 60, 14
"""The largest numbers of rows and columns of a heat map."""
HEADINGS = 12
"""The largest number of accounts with headings of their own."""
BLOCKS = 40
"""The largest number of accounts, or kinds in an account; the others are put together."""
PITCHES = (0.62, 0.55, 0.5, 0.46)
"""The widths of columns: as wide as there is room, and wide enough for ``100%``."""
DARKNESS = ((0, 0.0), (25, 0.14), (50, 0.3), (75, 0.45), (99, 0.62), (100, 1.0))
"""Up to how many percent a cell is how dark."""
WORDS = ("– none", "up to 25%", "up to 50%", "up to 75%", "more", "all")


@dataclass(frozen=True, slots=True)
class Share:
    """How many of so many cells are allowed."""

    allowed: int
    asked: int

    @property
    def part(self) -> float:
        """From 0 to 1."""
        return self.allowed / self.asked if self.asked else 0.0

    @property
    def percent(self) -> int:
        """From 0 to 100: 0 is none, and 100 is all."""
        if self.allowed in (0, self.asked):
            return 100 if self.allowed else 0
        return min(max(round(100 * self.part), 1), 99)

    @property
    def look(self) -> Look:
        """The number, with the colour behind it."""
        area = tint(self.percent)
        ink = max((INK, PAPER), key=lambda one: contrast(one, area)) if self.allowed else PALE_INK
        return Look(str(self), str(self), ink, area)

    def __str__(self) -> str:
        return f"{self.percent}%" if self.allowed else "–"


def share_map(scene: Scene, shown: Scene) -> Figure:
    """Draw which share of the cells is allowed.

    Parameters
    ----------
    scene
        All of it.
    shown
        The same, with those who may do the same in one row.
    """
    rows, columns = _rows(scene, shown), _columns(scene)
    measure = f"{number_of(scene.drawn)}, {count(len(scene.columns), 'action')}"
    nodes = [_with_cells(row, columns) for row in rows]
    several = len({node.frame for node in nodes}) > 1
    titles = {node.id: node.text for node in scene.nodes if node.kind == HEADING}
    headings = [
        Node(parent, titles.get(parent, parent * several), kind=HEADING, parent="size", line="")
        for parent in dict.fromkeys(node.parent for node in nodes if node.parent)
    ]
    whole = _share(scene.drawn, list(scene.columns))
    allowed = f"{whole} are" if whole.allowed else "none are"
    return Scene(
        [Node("size", measure, kind=HEADING), *headings, *nodes],
        columns={column.title: column for column, _ in columns},
    ).figure(
        lambda scene: draw_grid(scene, pitches=PITCHES, legend=_legend()),
        alt=said(
            f"Of {whole.asked:,} cells {allowed} allowed: ",
            [
                (len(row.members), _sentence(node, several=several))
                for row, node in zip(rows, nodes, strict=True)
            ],
        ),
        caption=f"Which share of what was asked is allowed: {measure}. The matrix has each cell.",
        is_graph=False,
    )


# -- rows and columns, and those that they stand for -----------------------------------------------


def _rows(scene: Scene, shown: Scene) -> list[Node]:
    """Return a row for each principal, or for those who may do the same, or for a whole kind."""
    if len(shown.drawn) <= ROWS:
        some = scene if len(scene.drawn) <= ROWS else shown
        return [replace(node, members=node.members or (node,)) for node in some.drawn]
    found: list[Node] = []
    blocks: dict[str, list[Node]] = {}
    for node in scene.drawn:
        blocks.setdefault(node.parent, []).append(node)
    # Of many accounts each stands in its row, not above it.
    is_apart = len({node.frame for node in scene.drawn}) > HEADINGS
    for parent, nodes in blocks.items():
        name, account = number_of(nodes), nodes[0].frame
        if is_apart and account:
            found.append(Node(parent, f"{name} of {account}", members=tuple(nodes)))
        else:
            found.append(Node(parent, name, parent=account, frame=account, members=tuple(nodes)))
    if len(found) > BLOCKS:
        rest = tuple(node for row in found[BLOCKS - 1 :] for node in row.members)
        others = Node("others", f"and {count(len(rest), 'other')}", members=rest)
        found = [*found[: BLOCKS - 1], others]
    return found


def _columns(scene: Scene) -> list[tuple[Column, list[Key]]]:
    """Return a column for each action, or each service; of many services the most used ones."""
    if len(scene.columns) <= COLUMNS:
        return [(column, [key]) for key, column in scene.columns.items()]
    services: dict[str, list[Key]] = {}
    used: Counter[str] = Counter()
    for key, column in scene.columns.items():
        services.setdefault(column.group, []).append(key)
        used[column.group] += sum(node.cells[key].look == ALLOWED for node in scene.drawn)
    kept = list(services)
    if len(kept) > COLUMNS:
        first = sorted(kept, key=lambda name: -used[name])[: COLUMNS - 1]
        kept = [name for name in kept if name in first]
    found = [(Column(name, name, name), services[name]) for name in kept]
    rest = [key for name, keys in services.items() if name not in kept for key in keys]
    if rest:
        name = f"{len(services) - len(kept)} other services"
        found.append((Column(name, name, name), rest))
    return found


def _share(nodes: Iterable[Node], keys: list[Key]) -> Share:
    looks = [node.cells[key].look for node in nodes for key in keys]
    return Share(looks.count(ALLOWED), len(looks))


def _with_cells(row: Node, columns: Sequence[tuple[Column, list[Key]]]) -> Node:
    """Return the row with its shares."""
    cells = {}
    for column, keys in columns:
        share = _share(row.members, keys)
        action, resource, *_ = keys[0] if column.note else (column.title, "")
        cells[column.title] = Cell(
            look=share.look,
            words=f"{share}, {share.allowed:,} of {share.asked:,} allowed",
            facts={
                "account": row.frame,
                "principal": row.text,
                "principals": len(row.members),
                "action": action,
                "resource": resource or None,
                "allowed": share.allowed,
                "asked": share.asked,
                "share": share.part,
            },
        )
    of = f" of {row.frame}" if row.frame else ""
    whole = f" ({row.members[0].note})" if len(row.members) == 1 else ""
    return replace(row, line=f"{row.text}{of}{whole}", cells=cells, members=())


# -- colours ---------------------------------------------------------------------------------------


def tint(percent: int) -> str:
    """Give the colour of a share: the darker, the more.

    Examples
    --------
    >>> tint(0), tint(100)
    ('#FFFFFF', '#0072B2')
    """
    darkness = next(dark for most, dark in DARKNESS if percent <= most)
    pairs = zip(_channels(PAPER), _channels(ALLOW_FILL), strict=True)
    mixed = (round(light + (strong - light) * darkness) for light, strong in pairs)
    return "#" + "".join(f"{value:02X}" for value in mixed)


def _channels(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def _legend() -> list[Look]:
    shares = (most for most, _ in DARKNESS)
    return [Look("", word, INK, tint(most)) for most, word in zip(shares, WORDS, strict=True)]


def _sentence(node: Node, *, several: bool) -> str:
    """Say what a row may do most of."""
    who = f"{node.text} of {node.frame}" if several and node.frame else node.text
    shares = sorted((cell.facts for cell in node.cells.values()), key=lambda one: -one["share"])
    most = [
        f"{Share(one['allowed'], one['asked'])} of {one['action']}"
        for one in shares
        if one["allowed"]
    ]
    return f"{who}: {listed(most, 2, length=50) if most else 'nothing'}"
