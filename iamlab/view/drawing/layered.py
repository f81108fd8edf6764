"""A layout in layers: who stands in which column is given, where in the column is found.

Lines lead from left to right. A line that passes a column keeps a lane of its own there, so that it
runs through no box. Each column is ordered by its neighbours' middle, and then every node is put as
near to its neighbours as those above and below it allow: the closest such places, in the sense of
least squares. The same graph gives the same places.

Notes
-----
K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System
Structures", 1981, has the columns, the lanes and the ordering by middles.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

N = TypeVar("N", bound="Hashable")

SWEEPS = 8
"""So often the columns are ordered, from left to right and back."""
SETTLINGS = 40
"""So often every node looks at its neighbours' rows; after that nothing is seen to move."""
LANE = 0.22
"""The height of a lane, where a box has 1."""
ALMOST, SLACK = 0.3, 1e-6
"""A line is almost level if its ends differ so little; sums of floats are never exact."""


@dataclass(frozen=True, slots=True)
class Places(Generic[N]):
    """Where everything stands, counted in rows from the top.

    Parameters
    ----------
    rows
        Node -> its row; a whole row is as high as a box and the gap below it.
    lanes
        Edge -> the column and row of each column that it passes.
    height
        So many rows there are.
    """

    rows: Mapping[N, float]
    lanes: Mapping[tuple[N, N], tuple[tuple[int, float], ...]]
    height: float


def lay_out(
    columns: Mapping[N, int],
    edges: Iterable[tuple[N, N]],
    *,
    sizes: Mapping[N, float] | None = None,
) -> Places[N]:
    """Find a row for every node.

    Parameters
    ----------
    columns
        Node -> its column, from 0; in the order in which nodes stand when nothing else decides.
    edges
        Pairs of nodes; what does not lead to a later column has no lane and moves nobody.
    sizes
        Node -> how many rows it takes; 1 where it is not named.

    Examples
    --------
    >>> places = lay_out({"ana": 0, "bob": 0, "read": 1}, [("ana", "read"), ("bob", "read")])
    >>> places.rows
    {'ana': 0.0, 'bob': 1.0, 'read': 0.5}
    """
    own = [(a, b) for a, b in dict.fromkeys(edges) if columns[a] < columns[b]]
    size: dict[object, float] = {node: (sizes or {}).get(node, 1.0) for node in columns}
    layers: dict[int, list[object]] = defaultdict(list)
    for node, column in columns.items():
        layers[column].append(node)
    steps: list[tuple[object, object]] = []
    lanes: dict[tuple[N, N], list[tuple[int, object]]] = {}
    for edge in own:
        between = range(columns[edge[0]] + 1, columns[edge[1]])
        passed: list[tuple[int, object]] = [(column, (edge, column)) for column in between]
        for column, lane in passed:
            layers[column].append(lane)
            size[lane] = LANE
        chain = [edge[0], *(lane for _, lane in passed), edge[1]]
        steps += pairwise(chain)
        lanes[edge] = passed
    before, after = _neighbours(steps)
    order = [layers[column] for column in sorted(layers)]
    near = _by_relation([node for layer in order for node in layer], before, after)
    related = [sorted(layer, key=near.__getitem__) for layer in order]
    starts = (_ordered(start, before, after) for start in (order, related))
    best = min(starts, key=lambda layers: _crossings(layers, after))
    rows = _placed(best, before, after, size)
    _level(best, after, rows, size)
    first = min((rows[node] - size[node] / 2 for node in rows), default=0.0)
    level = {node: rows[node] - first - 0.5 for node in rows}
    return Places(
        {node: level[node] for node in columns},
        {edge: tuple((column, level[lane]) for column, lane in own) for edge, own in lanes.items()},
        max((level[node] + size[node] / 2 + 0.5 for node in rows), default=0.0),
    )


def _neighbours(
    steps: Iterable[tuple[object, object]],
) -> tuple[Mapping[object, list[object]], Mapping[object, list[object]]]:
    before: dict[object, list[object]] = defaultdict(list)
    after: dict[object, list[object]] = defaultdict(list)
    for one, other in steps:
        after[one].append(other)
        before[other].append(one)
    return before, after


def _by_relation(
    nodes: Iterable[object],
    before: Mapping[object, list[object]],
    after: Mapping[object, list[object]],
) -> dict[object, int]:
    """Number the nodes so that those that lines join are near each other."""
    found: dict[object, int] = {}
    for first in nodes:
        waiting = [first]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found[node] = len(found)
                waiting += reversed([*before.get(node, ()), *after.get(node, ())])
    return found


def _ordered(
    layers: list[list[object]],
    before: Mapping[object, list[object]],
    after: Mapping[object, list[object]],
) -> list[list[object]]:
    """Order each column by its neighbours' middle, and keep the order with the fewest crossings."""
    order = [list(layer) for layer in layers]
    best, fewest = order, _crossings(order, after)
    for sweep in range(SWEEPS):
        rightwards = sweep % 2 == 0
        beside = before if rightwards else after
        numbers = range(1, len(order)) if rightwards else range(len(order) - 2, -1, -1)
        order = [list(layer) for layer in order]
        for number in numbers:
            fixed = order[number - 1 if rightwards else number + 1]
            place = {node: float(i) for i, node in enumerate(fixed)}
            order[number] = _by_middle(order[number], beside, place)
        crossings = _crossings(order, after)
        if crossings < fewest:
            best, fewest = order, crossings
    return best


def _by_middle(
    layer: Sequence[object], beside: Mapping[object, list[object]], place: Mapping[object, float]
) -> list[object]:
    """Sort by the middle of the neighbours; who has none keeps a place in between."""
    middles: dict[object, float] = {}
    for i, node in enumerate(layer):
        own = [place[one] for one in beside.get(node, ()) if one in place]
        middles[node] = sum(own) / len(own) if own else i * max(len(place), 1) / max(len(layer), 1)
    return sorted(layer, key=lambda node: middles[node])


def _crossings(layers: list[list[object]], after: Mapping[object, list[object]]) -> int:
    """Count the pairs of lines that cross, between all neighbouring columns."""
    total = 0
    for layer, following in pairwise(layers):
        place = {node: i for i, node in enumerate(following)}
        seen: list[int] = []
        for node in layer:
            ends = sorted(place[one] for one in after.get(node, ()) if one in place)
            total += sum(earlier > end for end in ends for earlier in seen)
            seen += ends
    return total


def _placed(
    layers: list[list[object]],
    before: Mapping[object, list[object]],
    after: Mapping[object, list[object]],
    size: Mapping[object, float],
) -> dict[object, float]:
    """Give each node the row nearest to its neighbours' that keeps the order and the distances."""
    rows: dict[object, float] = {}
    for layer in layers:
        rows |= zip(layer, _stacked(layer, size), strict=True)
    middle = max((rows[layer[-1]] for layer in layers if layer), default=0.0) / 2
    for layer in layers:
        shift = middle - (rows[layer[0]] + rows[layer[-1]]) / 2 if layer else 0.0
        rows |= {node: rows[node] + shift for node in layer}
    for sweep in range(SETTLINGS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wished = []
            for node in layer:
                beside = [rows[one] for one in (*before.get(node, ()), *after.get(node, ()))]
                wished.append(sum(beside) / len(beside) if beside else rows[node])
            rows |= zip(layer, _apart(wished, _stacked(layer, size)), strict=True)
    return rows


def _level(
    layers: Sequence[Sequence[object]],
    after: Mapping[object, list[object]],
    rows: dict[object, float],
    size: Mapping[object, float],
) -> None:
    """Level the lines that are almost level, as far as the boxes above and below allow."""
    layer_of = {node: layer for layer in layers for node in layer}

    def has_room(node: object, row: float) -> bool:
        others = (other for other in layer_of[node] if other != node)
        return all(
            abs(row - rows[other]) > (size[node] + size[other]) / 2 - SLACK for other in others
        )

    for layer in [*reversed(layers)] * 3:  # what moves makes room for others
        for start, end in ((node, other) for node in layer for other in after.get(node, ())):
            if 0 < abs(rows[end] - rows[start]) < ALMOST:
                if has_room(start, rows[end]):
                    rows[start] = rows[end]
                elif has_room(end, rows[start]):
                    rows[end] = rows[start]


def _stacked(layer: Sequence[object], size: Mapping[object, float]) -> list[float]:
    """Put nodes one below the other, as close as they may stand."""
    rows, bottom = [], 0.0
    for node in layer:
        rows.append(bottom + size[node] / 2)
        bottom += size[node]
    return rows


def _apart(wished: Sequence[float], least: Sequence[float]) -> list[float]:
    """Move rows as little as possible so that they stand no closer than when they are stacked.

    With the stacked rows taken off, what is left must not fall from one to the next; the nearest
    such numbers are means of neighbours that had to be put together ("pool adjacent violators").
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
