"""Lines that lead around boxes, the rings at their ends, and free places for words on them.

A line between two boxes of a column leads around them on the right. Words on a line are put at the
place where they cover no box, no other words, and the fewest other lines.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import SMALL, fit, height_of, width_of
from iamlab.view.drawing.shapes import Circle, Ink
from iamlab.view.drawing.sheet import MARGIN, PAGE
from iamlab.view.style import PAPER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.view.drawing.shapes import Point
    from iamlab.view.drawing.sheet import Box, Sheet

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom."""

TURN, TURNS, MOST_TURNS = 0.2, 0.07, 6
"""The distance of the first line from its column, of each further line, and their largest
number."""
RING = 0.055
"""Its radius: larger than the width of a line, smaller than the distance of two lines at a box."""
STEPS = 16
"""The number of places on a line that are tried, per inch."""
AIR = 0.03
"""The space around words."""


def around(start: Point, end: Point, x: float) -> list[Point]:
    """Return the curve of a line that leads around boxes on the right, as far as ``x``."""
    first, last, middle = (x, start[1]), (x, end[1]), (x, (start[1] + end[1]) / 2)
    return [start, first, first, middle, last, last, end]


def turns(
    edges: Iterable[tuple[str, str]], heights: Mapping[str, float]
) -> dict[tuple[str, str], float]:
    """Return the distance of each line from its column: short lines are inside of long ones.

    Examples
    --------
    >>> turns([("a", "c"), ("a", "b")], {"a": 0.0, "b": 1.0, "c": 2.0})
    {('a', 'b'): 0.2, ('a', 'c'): 0.27}
    """
    found: dict[tuple[str, str], float] = {}
    taken: dict[int, list[tuple[float, float]]] = defaultdict(list)
    spans = {edge: sorted(heights[end] for end in edge) for edge in edges}
    for edge, (top, bottom) in sorted(spans.items(), key=lambda span: span[1][1] - span[1][0]):
        place = 0
        while any(first < bottom and top < last for first, last in taken[place]):
            place += 1
        taken[place].append((top, bottom))
        found[edge] = TURN + TURNS * min(place, MOST_TURNS)
    return found


def ring(sheet: Sheet, place: Point, colour: str) -> None:
    """Draw a small ring, which shows that something is missing."""
    sheet.draw(Circle(*place, RING, Ink(fill=PAPER, edge=colour, width=1.3, layer=5)))


def rectangle(box: Box) -> Rectangle:
    """Return the rectangle of a box."""
    return box.x, box.y - box.height / 2, box.x + box.width, box.y + box.height / 2


class Places:
    """Free places for words.

    Parameters
    ----------
    taken
        The rectangles of boxes and words.
    """

    def __init__(self, sheet: Sheet, taken: Iterable[Rectangle]) -> None:
        self.sheet = sheet
        self.taken = list(taken)
        self.lines = [list(_points(line)) for line in sheet.record.lines]

    def write(self, number: int, words: str, colour: str, *, at: float, room: float) -> bool:
        """Write words on one of the sheet's lines, near a part of its length.

        Parameters
        ----------
        number
            The number of the line, in the order in which they were drawn.
        at
            The part of the line: 0 is its beginning, 1 its end.
        room
            The largest width of the words, in inches.

        Returns
        -------
        bool
            Whether there was a place.
        """
        width, height = width_of(fit(words, room, SMALL), SMALL) + 2 * AIR, height_of(SMALL)
        line, others = self.lines[number], [*self.lines[:number], *self.lines[number + 1 :]]
        found: list[tuple[float, Point, Rectangle]] = []
        for place, (x, y) in enumerate(line):
            seen = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            is_free = not any(_overlap(seen, other) for other in self.taken)
            if is_free and seen[0] >= 0 and seen[2] <= PAGE - MARGIN:
                below = sum(any(_is_in(point, seen) for point in other) for other in others)
                found.append((below + 3 * abs(place / (len(line) - 1) - at), (x, y), seen))
        if not found:
            return False
        _, (x, y), seen = min(found)
        self.taken.append(seen)
        self.sheet.note(x, y, words, colour, align="center", room=room, on_line=True)
        return True


def _points(line: Sequence[Point]) -> Iterator[Point]:
    """Yield points along a chain of Bezier curves, at nearly equal distances."""
    for i in range(0, len(line) - 1, 3):
        a, b, c, d = line[i : i + 4]
        length = sum(abs(p[0] - q[0]) + abs(p[1] - q[1]) for p, q in pairwise((a, b, c, d)))
        steps = max(2, min(STEPS * 4, round(length * STEPS)))
        for step in range(1, steps):
            t = step / steps
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            x, y = (
                sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True))
                for axis in (0, 1)
            )
            yield x, y


def _overlap(first: Rectangle, other: Rectangle) -> bool:
    return (
        first[0] < other[2] + AIR
        and other[0] < first[2] + AIR
        and first[1] < other[3] + AIR
        and other[1] < first[3] + AIR
    )


def _is_in(point: Point, seen: Rectangle) -> bool:
    return seen[0] < point[0] < seen[2] and seen[1] < point[1] < seen[3]
