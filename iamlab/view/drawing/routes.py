"""Lines that lead around, rings at their ends, and words that find a free place on them.

A line that goes back, from a later column to an earlier one, has no straight way that misses all
boxes; it leads around in level and upright pieces with round corners. Words on a line are tried at
many places of it, and put where they cover no box, no other words, and the fewest other lines.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import SMALL, fit, height_of, width_of
from iamlab.view.drawing.shapes import Circle, Ink
from iamlab.view.drawing.sheet import MARGIN, PAGE
from iamlab.view.style import PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.view.drawing.shapes import Point
    from iamlab.view.drawing.sheet import Box, Sheet

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom."""

ROUND = 0.12
"""The radius of a corner, where there is room for it."""
RING = 0.055
"""Its radius: more than a line is wide, less than two lines at a box are apart."""
STEPS = 16
"""At so many places of each piece of a line words are tried."""
AIR = 0.03
"""Around words, so that they do not touch what is beside them."""


def around(sheet: Sheet, points: Sequence[Point], colour: str = PALE_LINE, **style: bool) -> None:
    """Draw a line of level and upright pieces, its corners rounded.

    Parameters
    ----------
    points
        Where it begins, its corners, and where it ends.
    style
        As of :meth:`Sheet.curve <iamlab.view.drawing.sheet.Sheet.curve>`.
    """
    sheet.curve(_rounded(points), colour, **style)


def _rounded(points: Sequence[Point]) -> list[Point]:
    """Give the line as Bezier curves: straight pieces, and a curve at each corner."""
    path = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into, out = _towards(corner, before), _towards(corner, after)
        path += [*_straight(path[-1], into), corner, corner, out]
    return [*path, *_straight(path[-1], points[-1])]


def _straight(start: Point, end: Point) -> Iterator[Point]:
    third = ((end[0] - start[0]) / 3, (end[1] - start[1]) / 3)
    yield start[0] + third[0], start[1] + third[1]
    yield end[0] - third[0], end[1] - third[1]
    yield end


def _towards(corner: Point, other: Point) -> Point:
    """Give the point where a curve at a corner begins or ends."""
    length = abs(other[0] - corner[0]) + abs(other[1] - corner[1])
    share = min(ROUND / length, 0.5) if length else 0.0
    return (corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share)


def ring(sheet: Sheet, place: Point, colour: str) -> None:
    """Draw a small ring: here something is missing."""
    sheet.draw(Circle(*place, RING, Ink(fill=PAPER, edge=colour, width=1.3, layer=5)))


def rectangle(box: Box) -> Rectangle:
    """Give the room that a box takes."""
    return box.x, box.y - box.height / 2, box.x + box.width, box.y + box.height / 2


class Places:
    """Where words can be put: what is taken already.

    Parameters
    ----------
    taken
        The boxes and words that are there.
    """

    def __init__(self, sheet: Sheet, taken: Iterable[Rectangle]) -> None:
        self.sheet = sheet
        self.taken = list(taken)
        self.lines = [list(_points(line)) for line in sheet.record.lines]

    def write(
        self,
        number: int,
        words: str,
        colour: str,
        *,
        note: str = "",
        at: float = 0.5,
        room: float = 2.0,
    ) -> bool:
        """Write words on one of the sheet's lines, near a part of its length.

        Parameters
        ----------
        number
            Which line, in the order in which they were drawn.
        note
            More words, in a line below.
        at
            From 0, where it begins, to 1, where it ends.
        room
            How long they may be, in inches.

        Returns
        -------
        bool
            Whether there was a place.
        """
        texts = [fit(text, room, SMALL) for text in (words, note) if text]
        width = max(width_of(text, SMALL) for text in texts) + 2 * AIR
        height = height_of(SMALL) * len(texts)
        best: tuple[float, Point, Rectangle] | None = None
        line = self.lines[number]
        for place, (x, y) in enumerate(line):
            seen = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            if seen[0] < 0 or seen[2] > PAGE - MARGIN or self._is_taken(seen):
                continue
            others = sum(
                any(_is_in(point, seen) for point in other)
                for i, other in enumerate(self.lines)
                if i != number
            )
            cost = others + 3 * abs(place / (len(line) - 1) - at)
            if best is None or cost < best[0]:
                best = cost, (x, y), seen
        if best is None:
            return False
        _, (x, y), seen = best
        self.taken.append(seen)
        style = {"align": "center", "room": room, "on_line": True}
        y -= (len(texts) - 1) * height_of(SMALL) / 2
        if note:
            self.sheet.note(x, y + height_of(SMALL), note, colour, **style)
        self.sheet.note(x, y, words, colour, **style)
        return True

    def _is_taken(self, seen: Rectangle) -> bool:
        return any(_overlap(seen, other) for other in self.taken)


def _points(line: Sequence[Point]) -> Iterator[Point]:
    """Give points along a chain of Bezier curves, as far apart as each other, nearly."""
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


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    return (
        one[0] < other[2] + AIR
        and other[0] < one[2] + AIR
        and one[1] < other[3] + AIR
        and other[1] < one[3] + AIR
    )


def _is_in(point: Point, seen: Rectangle) -> bool:
    return seen[0] < point[0] < seen[2] and seen[1] < point[1] < seen[3]
