"""A layout in layers: it finds a row for each node, whose column is known.

A line that passes a column has its own lane there, so it crosses no box. The nodes of a column are
ordered by the mean position of their neighbours. Then each node moves as near to its neighbours as
the nodes above and below it allow (least squares). The same graph always has the same rows.

Notes
-----
K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System
Structures", 1981, describes the columns, the lanes and the ordering.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate, combinations, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    Neighbours = Mapping[Hashable, list[Hashable]]

SWEEPS = 8
"""The number of passes that order the columns, from left to right and back."""
SETTLINGS = 40
"""The number of passes that move nodes to their neighbours; more passes change nothing visible."""
LANE = 0.22
"""The height of a lane, where a box has 1."""
ALMOST, SLACK = 0.3, 1e-6
"""The largest difference of the ends of an almost level line; the tolerance for sums of floats."""


@dataclass(frozen=True, slots=True)
class Places:
    """The places of nodes and lanes, in rows from the top.

    Parameters
    ----------
    rows
        Node -> its row; a whole row is as high as a box and the gap below it.
    lanes
        The left and the right end of an edge -> the column and row of each column that it passes.
    height
        The number of rows.
    """

    rows: Mapping[str, float]
    lanes: Mapping[tuple[str, str], list[tuple[int, float]]]
    height: float


def lay_out(
    columns: Mapping[str, int],
    edges: Iterable[tuple[str, str]],
    *,
    nodes: Sequence[str] | None = None,
    sizes: Mapping[str, float] | None = None,
) -> Places:
    """Find a row for every node.

    Parameters
    ----------
    columns
        Node -> its column, from 0. The order is kept if nothing else decides.
    edges
        Pairs of nodes, in any direction.
    nodes
        The nodes that get a row. Default: all. An edge has lanes if its right end is one of them.
    sizes
        Node -> the number of rows that it takes; the default is 1.

    Examples
    --------
    >>> places = lay_out({"ana": 0, "bob": 0, "read": 1}, [("ana", "read"), ("bob", "read")])
    >>> places.rows
    {'ana': 0.0, 'bob': 1.0, 'read': 0.5}
    """
    nodes = list(columns) if nodes is None else nodes
    layers = _Layers(columns, nodes, edges, sizes or {})
    rows = layers.rows()
    return Places(
        {node: rows[node] for node in nodes},
        {edge: [(lane[2], rows[lane]) for lane in own] for edge, own in layers.lanes.items()},
        max((row + layers.size[node] / 2 + 0.5 for node, row in rows.items()), default=0.0),
    )


class _Layers:
    """The nodes and lanes of each column, and their neighbours."""

    def __init__(
        self,
        columns: Mapping[str, int],
        nodes: Sequence[str],
        edges: Iterable[tuple[str, str]],
        sizes: Mapping[str, float],
    ) -> None:
        self.layers: list[list[Hashable]] = [
            [] for _ in range(max(columns.values(), default=0) + 1)
        ]
        self.size: dict[Hashable, float] = {node: sizes.get(node, 1.0) for node in nodes}
        self.lanes: dict[tuple[str, str], list[tuple[str, str, int]]] = {}
        self.before: dict[Hashable, list[Hashable]] = defaultdict(list)
        self.after: dict[Hashable, list[Hashable]] = defaultdict(list)
        self.near: dict[Hashable, list[Hashable]] = defaultdict(list)
        for node in nodes:
            self.layers[columns[node]].append(node)
        for left, right in dict.fromkeys(
            tuple(sorted(edge, key=columns.__getitem__)) for edge in edges
        ):
            passed = range(columns[left] + 1, columns[right])
            if left == right or right not in self.size or (not passed and left not in self.size):
                continue
            lanes = [(left, right, column) for column in passed]
            for lane in lanes:
                self.layers[lane[2]].append(lane)
                self.size[lane] = LANE
            chain: list[Hashable] = [*([left] if left in self.size else []), *lanes, right]
            for start, end in pairwise(chain):
                self.near[start].append(end)
                self.near[end].append(start)
                if columns[left] != columns[right]:
                    self.after[start].append(end)
                    self.before[end].append(start)
            if columns[left] != columns[right]:
                self.lanes[left, right] = lanes

    # -- order -----------------------------------------------------------------------------------

    def _orders(self) -> Iterator[list[list[Hashable]]]:
        """Yield orders of all columns: as they are, related nodes together, then by neighbours."""
        layers = self.layers
        yield layers
        related = self._by_relation()
        layers = [sorted(layer, key=related.__getitem__) for layer in layers]
        yield layers
        for sweep in range(SWEEPS):
            if sweep % 2:
                layers = _swept(layers[::-1], self.after)[::-1]
            else:
                layers = _swept(layers, self.before)
            yield layers

    def _by_relation(self) -> dict[Hashable, int]:
        """Number the nodes so that neighbours are together."""
        found: dict[Hashable, int] = {}
        waiting = [node for layer in reversed(self.layers) for node in reversed(layer)]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found[node] = len(found)
                waiting += reversed(self.near[node])
        return found

    def _cost(self, layers: list[list[Hashable]]) -> tuple[int, int]:
        """Count the pairs of lines that cross, and then the length of all lines."""
        place = {node: number for layer in layers for number, node in enumerate(layer)}
        crossings = 0
        for layer in layers:
            lines = [(place[node], place[end]) for node in layer for end in self.after[node]]
            pairs = combinations(lines, 2)
            crossings += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in pairs)
        ends = ((node, end) for node, near in self.near.items() for end in near)
        return crossings, sum(abs(place[node] - place[end]) for node, end in ends)

    # -- rows ------------------------------------------------------------------------------------

    def rows(self) -> dict[Hashable, float]:
        """Return the row of each node: as near to its neighbours as order and distances allow."""
        layers = min(self._orders(), key=self._cost)
        stacks = [_stacked([self.size[node] for node in layer]) for layer in layers]
        middle = max((stack[-1] for stack in stacks if stack), default=0.0) / 2
        rows: dict[Hashable, float] = {}
        for layer, stack in zip(layers, stacks, strict=True):
            shift = middle - (stack[0] + stack[-1]) / 2 if stack else 0.0
            rows |= {node: row + shift for node, row in zip(layer, stack, strict=True)}
        order = [*zip(layers, stacks, strict=True)]
        for sweep in range(SETTLINGS):
            for layer, stack in order if sweep % 2 == 0 else reversed(order):
                wished = []
                for node in layer:
                    near = [rows[other] for other in self.near[node]]
                    wished.append(sum(near) / len(near) if near else rows[node])
                rows |= zip(layer, _apart(wished, stack), strict=True)
        self._level(layers, rows)
        return self._closed(rows)

    def _level(self, layers: list[list[Hashable]], rows: dict[Hashable, float]) -> None:
        """Level the lines that are almost level, if the nodes above and below allow it."""
        layer_of = {node: layer for layer in layers for node in layer}

        def has_room(node: Hashable, row: float) -> bool:
            return all(
                abs(row - rows[other]) > (self.size[node] + self.size[other]) / 2 - SLACK
                for other in layer_of[node]
                if other != node
            )

        for layer in [*reversed(layers)] * 3:  # a node that moves makes room for others
            for start, end in ((node, other) for node in layer for other in self.after[node]):
                if 0 < abs(rows[end] - rows[start]) < ALMOST:
                    if has_room(start, rows[end]):
                        rows[start] = rows[end]
                    elif has_room(end, rows[start]):
                        rows[end] = rows[start]

    def _closed(self, rows: Mapping[Hashable, float]) -> dict[Hashable, float]:
        """Close rows that are empty in all columns; the first row is at 0."""
        closed: dict[Hashable, float] = {}
        shift, bottom = 0.0, -0.5
        for node in sorted(rows, key=lambda node: rows[node] - self.size[node] / 2):
            top = rows[node] - self.size[node] / 2 - shift
            if not closed or top > bottom + SLACK:
                shift += top - bottom
            closed[node] = rows[node] - shift
            bottom = max(bottom, closed[node] + self.size[node] / 2)
        return closed


def _swept(layers: list[list[Hashable]], beside: Neighbours) -> list[list[Hashable]]:
    """Sort each column but the first by the middle of the neighbours in the one before."""
    done = layers[:1]
    for layer in layers[1:]:
        place = {node: number for number, node in enumerate(done[-1])}
        middles: dict[Hashable, float] = {}
        for number, node in enumerate(layer):
            own = [place[other] for other in beside[node]]
            alone = number * max(len(place), 1) / len(layer)
            middles[node] = sum(own) / len(own) if own else alone
        done.append(sorted(layer, key=middles.__getitem__))
    return done


def _stacked(sizes: Sequence[float]) -> list[float]:
    """Put nodes one below the other, without gaps."""
    tops = accumulate(sizes, initial=0.0)
    return [top + size / 2 for top, size in zip(tops, sizes, strict=False)]


def _apart(wished: Sequence[float], least: Sequence[float]) -> list[float]:
    """Move rows as little as possible, and keep at least the distances of stacked rows.

    After subtracting the stacked rows, the numbers must not decrease. The nearest such numbers are
    means of neighbours that were pooled ("pool adjacent violators").
    """
    pools: list[tuple[float, int]] = []
    for wish, base in zip(wished, least, strict=True):
        mean, members = wish - base, 1
        while pools and pools[-1][0] > mean:
            other, count = pools.pop()
            mean = (mean * members + other * count) / (members + count)
            members += count
        pools.append((mean, members))
    means = [mean for mean, members in pools for _ in range(members)]
    return [mean + base for mean, base in zip(means, least, strict=True)]
