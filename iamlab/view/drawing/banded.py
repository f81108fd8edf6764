"""A layout in columns and bands: accounts one below the other, and lines between and around them.

Each band is laid out for itself (``layered.py``). A line into another band that passes a column
runs in the corridor between two bands; one between two boxes of a column leads around them on their
right. So no line runs through a box, whatever leads where.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

from iamlab.view.drawing.layered import LANE as LANE_SIZE
from iamlab.view.drawing.layered import Places, lay_out

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from iamlab.view.drawing.shapes import Point

N = TypeVar("N", bound="Hashable")

LANE = 0.1
"""The distance of two lines in a corridor, in inches."""
CORRIDOR = 0.22
"""How high a corridor is without lines: the distance of two bands."""
SLACK = 1e-6
"""By so much rows may differ and are the same: sums of floats are never exact."""
TURN, TURNS, MOST_TURNS = 0.2, 0.07, 6
"""How far from their column the first line beside it leads, and each further one."""
AIR = 0.06
"""A line that passes a column is level so far before and behind it."""


@dataclass(frozen=True, slots=True)
class Measures:
    """How wide and high things are, in inches.

    Parameters
    ----------
    lefts
        Where each column begins.
    widths
        How wide each column is.
    row
        The distance of two boxes in a column.
    top
        Where the first band begins.
    head, foot
        What each band has above its first row, and below its last.
    """

    lefts: Sequence[float]
    widths: Sequence[float]
    row: float
    top: float
    head: float
    foot: float


class Kind(Enum):
    """How a line runs."""

    ON = "from a right edge to a left one"
    BACK = "from a left edge to a right one"
    BESIDE = "from a right edge around to a right one"


@dataclass(frozen=True, slots=True)
class Route:
    """A line: how it runs, and the points that it passes between its two ends.

    Parameters
    ----------
    via
        Of a line beside a column only how far right it leads.
    """

    kind: Kind
    via: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Banded(Generic[N]):
    """Where everything stands.

    Parameters
    ----------
    heights
        Node -> the middle of its box.
    frames
        Of each band, from where to where.
    routes
        Edge -> its way.
    """

    heights: Mapping[N, float]
    frames: Sequence[tuple[float, float]]
    routes: Mapping[tuple[N, N], Route]


def lay_out_in_bands(
    columns: Mapping[N, int],
    bands: Sequence[Sequence[N]],
    edges: Iterable[tuple[N, N]],
    measures: Measures,
    sizes: Mapping[N, float],
) -> Banded[N]:
    """Find a place for every node and a way for every edge.

    Parameters
    ----------
    columns
        Node -> its column.
    bands
        The nodes of each band, in the order in which they stand if nothing else decides.
    sizes
        Node -> how many rows it takes.

    Examples
    --------
    >>> measures = Measures((0.0, 3.0), (2.0, 2.0), 0.5, 0.0, 0.0, 0.0)
    >>> edges = [("a", "b"), ("b", "a")]
    >>> found = lay_out_in_bands({"a": 0, "b": 1}, [["a"], ["b"]], edges, measures, {})
    >>> found.heights["a"] < found.heights["b"], [one.kind.name for one in found.routes.values()]
    (True, ['ON', 'BACK'])
    """
    every = list(dict.fromkeys(edges))
    onwards = {edge: edge if columns[edge[0]] < columns[edge[1]] else edge[::-1] for edge in every}
    band_of = {node: number for number, band in enumerate(bands) for node in band}
    corridors = _corridors(onwards.values(), columns, band_of)
    heights: dict[N, float] = {}
    frames: list[tuple[float, float]] = []
    lanes: dict[tuple[N, N], list[tuple[int, float]]] = {}
    top = measures.top
    for number, band in enumerate(bands):
        own = {node: columns[node] for node in band}
        inside = [edge for edge in onwards.values() if edge[0] in own and edge[1] in own]
        places = _tidied(own, inside, lay_out(own, inside, sizes=sizes), sizes)
        first = top + measures.head + measures.row / 2
        heights |= {node: first + row * measures.row for node, row in places.rows.items()}
        for edge, passed in places.lanes.items():
            lanes[edge] = [(column, first + row * measures.row) for column, row in passed]
        bottom = top + measures.head + places.height * measures.row + measures.foot
        frames.append((top, bottom))
        lines = sum(place == number + 1 for place in corridors.values())
        top = bottom + CORRIDOR + LANE * lines
    router = _Router(columns, measures, frames, corridors, _turns(every, columns, heights))
    routes = {edge: router.route(edge, on, lanes.get(on, ())) for edge, on in onwards.items()}
    return Banded(heights, frames, routes)


def _tidied(
    columns: Mapping[N, int],
    edges: Iterable[tuple[N, N]],
    places: Places[N],
    sizes: Mapping[N, float],
) -> Places[N]:
    """Put who has only neighbours in its own column beside them, and close rows without anybody."""
    rows = dict(places.rows)
    every = list(edges)
    settled = {node for edge in every if columns[edge[0]] < columns[edge[1]] for node in edge}
    for one, other in (edge for edge in every if columns[edge[0]] == columns[edge[1]]):
        for loose, near in ((one, other), (other, one)):
            if loose not in settled and near in settled:
                settled.add(loose)
                rows[loose] = _free(loose, rows[near], columns, rows, places, sizes)
    spans = [(rows[node], sizes.get(node, 1.0)) for node in rows]
    spans += [(row, LANE_SIZE) for lanes in places.lanes.values() for _, row in lanes]
    closed = _without_gaps(sorted((row - size / 2, row + size / 2) for row, size in spans))
    lanes = {
        edge: tuple((column, closed(row)) for column, row in own)
        for edge, own in places.lanes.items()
    }
    height = max((closed(row) + size / 2 + 0.5 for row, size in spans), default=0.0)
    return Places({node: closed(row) for node, row in rows.items()}, lanes, height)


def _free(
    node: N,
    wished: float,
    columns: Mapping[N, int],
    rows: Mapping[N, float],
    places: Places[N],
    sizes: Mapping[N, float],
) -> float:
    """Find the row nearest to the one that is wished where a column has room."""
    own = sizes.get(node, 1.0)
    taken = [
        (row, sizes.get(other, 1.0))
        for other, row in rows.items()
        if other != node and columns[other] == columns[node]
    ]
    taken += [
        (row, LANE_SIZE)
        for lanes in places.lanes.values()
        for column, row in lanes
        if column == columns[node]
    ]
    tried = [rows[node], wished]
    tried += [row + sign * (size + own) / 2 for row, size in taken for sign in (1, -1)]
    least = min(row - size / 2 for row, size in [*taken, (rows[node], own)])
    free = [
        row
        for row in tried
        if row - own / 2 > least - SLACK
        and all(abs(row - other) > (size + own) / 2 - SLACK for other, size in taken)
    ]
    return min(free or [rows[node]], key=lambda row: abs(row - wished))


def _without_gaps(spans: Iterable[tuple[float, float]]) -> Callable[[float], float]:
    """Give the function that moves rows up over heights at which nothing stands.

    Examples
    --------
    >>> closed = _without_gaps([(-0.5, 0.5), (2.5, 3.5)])
    >>> closed(0.0), closed(3.0)
    (0.0, 1.0)
    """
    gaps: list[tuple[float, float]] = []
    bottom: float | None = None
    for top, end in spans:
        if bottom is None:
            gaps.append((top, top + 0.5))  # the first row is at nought
        elif top > bottom + SLACK:
            gaps.append((top, top - bottom))
        bottom = end if bottom is None else max(bottom, end)

    def moved(row: float) -> float:
        return row - sum(height for top, height in gaps if top <= row + SLACK)

    return moved


def _corridors(
    edges: Iterable[tuple[N, N]], columns: Mapping[N, int], band_of: Mapping[N, int]
) -> dict[tuple[N, N], int]:
    """Say for each edge that passes columns between two bands above which band it does so.

    That is the corridor on the side of its end that looks to its start.
    """
    found = {}
    for start, end in edges:
        one, other = band_of[start], band_of[end]
        if one != other and columns[end] > columns[start] + 1:
            found[start, end] = other if one < other else other + 1
    return found


def _turns(
    edges: Iterable[tuple[N, N]], columns: Mapping[N, int], heights: Mapping[N, float]
) -> dict[tuple[N, N], float]:
    """Say how far from its column each line beside it leads: short ones inside of long ones."""
    found: dict[tuple[N, N], float] = {}
    taken: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    beside = [edge for edge in edges if columns[edge[0]] == columns[edge[1]]]
    for edge in sorted(beside, key=lambda one: abs(heights[one[0]] - heights[one[1]])):
        top, bottom = sorted(heights[one] for one in edge)
        place = 0
        while any(one < bottom and top < other for one, other in taken[columns[edge[0]], place]):
            place += 1
        taken[columns[edge[0]], place].append((top, bottom))
        found[edge] = TURN + TURNS * min(place, MOST_TURNS)
    return found


class _Router(Generic[N]):
    """Gives each edge the points that it passes; those in one corridor keep apart."""

    def __init__(
        self,
        columns: Mapping[N, int],
        measures: Measures,
        frames: Sequence[tuple[float, float]],
        corridors: Mapping[tuple[N, N], int],
        turns: Mapping[tuple[N, N], float],
    ) -> None:
        self.columns, self.measures, self.frames = columns, measures, frames
        self.corridors, self.turns = corridors, turns
        self._used: dict[int, int] = defaultdict(int)

    def route(
        self, edge: tuple[N, N], onwards: tuple[N, N], lanes: Iterable[tuple[int, float]]
    ) -> Route:
        """Give the way of an edge, whose columns are looked at from left to right."""
        first, last = self.columns[onwards[0]], self.columns[onwards[1]]
        if first == last:
            return Route(Kind.BESIDE, ((self._right(first) + self.turns[edge], 0.0),))
        passed = list(lanes)
        if onwards in self.corridors:
            level = self._level(self.corridors[onwards])
            passed = [(column, level) for column in range(first + 1, last)]
        points = [
            (x, y)
            for column, y in passed
            for x in (self._left(column) - AIR, self._right(column) + AIR)
        ]
        if edge == onwards:
            return Route(Kind.ON, tuple(points))
        return Route(Kind.BACK, tuple(reversed(points)))

    def _level(self, corridor: int) -> float:
        used = self._used[corridor]
        self._used[corridor] += 1
        return self.frames[corridor - 1][1] + CORRIDOR / 2 + LANE * used

    def _left(self, column: int) -> float:
        return self.measures.lefts[column]

    def _right(self, column: int) -> float:
        return self.measures.lefts[column] + self.measures.widths[column]
