"""Where everything stands in an attachment graph: columns, rows, and the lanes between boxes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from iamlab.view.drawing.layered import LANE, lay_out
from iamlab.view.drawing.measure import SMALL, TEXT, widest
from iamlab.view.drawing.sheet import BOX_HEIGHT, FRAME, MARGIN, PAD, PAGE, ROW
from iamlab.view.figures.account.attachments import PRINCIPAL, column_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from iamlab.view.drawing.layered import Places
    from iamlab.view.drawing.shapes import Point
    from iamlab.view.figures.account.attachments import Graph, Node

DENSE = 11  # so many rows are the most that have room for two lines of text
DENSE_ROW, DENSE_BOX = 0.37, 0.29
HEADINGS = ("USERS AND ROLES", "GROUPS", "POLICIES")
NARROWEST, WIDEST = 1.5, 3.4
ALMOST = 0.3  # so much of a row looks like a mistake
CLOSER = 0.03  # so much closer may boxes stand for it
GAPS = 1.0, 1.6  # between two columns, at least and at most


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the columns stand, and how far rows are apart.

    Parameters
    ----------
    columns
        Those that are there, from left to right: number -> left edge and width.
    row, box
        The distance of two rows, and the height of a box.
    """

    columns: Mapping[int, tuple[float, float]]
    row: float
    box: float

    @property
    def is_dense(self) -> bool:
        """Whether a box has room for one line only."""
        return self.box < BOX_HEIGHT

    @property
    def right(self) -> float:
        """Where the last column ends."""
        return max(left + width for left, width in self.columns.values())


def places_of(graph: Graph) -> Places[Node]:
    """Find rows: of two orders to begin with, the one that leads to fewer crossings."""
    there = _there(graph)
    columns = {node: there.index(column_of(graph, node)) for node in graph}
    # Whoever shares something with somebody begins beside him.
    related = {node: columns[node] for node in _by_relation(graph)}
    best = min(
        (lay_out(order, graph.edges) for order in (columns, related)),
        key=lambda places: _crossings(graph, columns, places),
    )
    return _straightened(graph, columns, best)


def _straightened(graph: Graph, columns: Mapping[Node, int], places: Places[Node]) -> Places[Node]:
    """Level the lines that are almost level, as far as what stands above and below allows."""
    rows = dict(places.rows)
    lanes = [lane for own in places.lanes.values() for lane in own]

    def has_room(node: Node, level: float) -> bool:
        boxes = (rows[one] for one in rows if one != node and columns[one] == columns[node])
        beside = (row for column, row in lanes if column == columns[node])
        return all(abs(level - row) > 1 - CLOSER for row in boxes) and all(
            abs(level - row) > (1 + LANE) / 2 - CLOSER for row in beside
        )

    for _ in range(3):  # what moves makes room for others
        for start, end in graph.edges:
            gap = rows[end] - rows[start]
            if columns[end] - columns[start] == 1 and 0 < abs(gap) < ALMOST:
                if has_room(end, rows[start]):
                    rows[end] = rows[start]
                elif has_room(start, rows[end]):
                    rows[start] = rows[end]
    return replace(places, rows=rows)


def _by_relation(graph: Graph) -> list[Node]:
    import networkx as nx

    found: dict[Node, None] = {}
    both_ways = graph.to_undirected()  # a view of it would give neighbours in the order of a set
    for node in graph:
        if node not in found:
            found |= dict.fromkeys(nx.dfs_preorder_nodes(both_ways, node))
    return list(found)


def _crossings(graph: Graph, columns: Mapping[Node, int], places: Places[Node]) -> int:
    """Count the pairs of lines that cross."""
    steps: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for start, end in graph.edges:
        rows = [places.rows[start], *(row for _, row in places.lanes[start, end]), places.rows[end]]
        for number, step in enumerate(pairwise(rows), columns[start]):
            steps[number].append(step)
    return sum(
        (a - c) * (b - d) < 0 for own in steps.values() for (a, b), (c, d) in combinations(own, 2)
    )


def grid_of(drawn: Sequence[Graph], rows: float, *, several: bool) -> Grid:
    """Find columns and distances, the same for all accounts."""
    dense = rows > DENSE
    nodes = [facts for graph in drawn for _, facts in graph.nodes(data=True)]
    there = sorted({facts["column"] for facts in nodes}) or [PRINCIPAL]
    start = MARGIN + (FRAME if several else 0)
    room = PAGE - 2 * start - GAPS[0] * (len(there) - 1)
    needs = [max(NARROWEST, _need(nodes, column, dense=dense)) for column in there]
    widths = dict(zip(there, _within(needs, room), strict=True))
    free = PAGE - 2 * start - sum(widths.values())
    gap = min(max(GAPS[0], free / max(len(there) - 1, 1)), GAPS[1])
    columns, left = {}, start
    for column in there:
        columns[column] = (left, widths[column])
        left += widths[column] + gap
    return Grid(columns, *((DENSE_ROW, DENSE_BOX) if dense else (ROW, BOX_HEIGHT)))


def _within(needs: Sequence[float], room: float) -> list[float]:
    """Cut the widest columns back until all have room beside each other."""
    cap = WIDEST
    while sum(min(one, cap) for one in needs) > room:
        cap -= 0.05
    return [min(one, cap) for one in needs]


def _need(nodes: Sequence[Mapping[str, Any]], column: int, *, dense: bool) -> float:
    """Say how wide the widest box of a column would like to be."""
    own = [facts for facts in nodes if facts["column"] == column]
    heading = widest([HEADINGS[column]], SMALL)
    if dense:
        needs = [
            widest([one["label"][:99]], TEXT, "bold") + widest([one["note"][:99]], SMALL) + 0.15
            for one in own
        ]
        return max([*needs, heading]) + 2 * PAD
    bold = widest([one["label"][:99] for one in own], TEXT, "bold")
    return max(bold, widest([one["note"][:99] for one in own], SMALL), heading) + 2 * PAD


def past(grid: Grid, graph: Graph, lanes: Sequence[tuple[int, float]]) -> list[Point]:
    """Lead a line level through each column that it passes."""
    there = _there(graph)
    points: list[Point] = []
    for column, y in lanes:
        left, width = grid.columns[there[column]]
        points += [(left - 0.05, y), (left + width + 0.05, y)]
    return points


def _there(graph: Graph) -> list[int]:
    return sorted({column_of(graph, node) for node in graph})
