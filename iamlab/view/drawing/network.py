"""A network in columns: boxes, lines from edge to edge, words on the lines, what the signs mean.

What the boxes are, and in which column and field they stand, is given; here is how it is drawn. A
box is as high as its lines need to keep apart. When many stand in a column, all are low, and have
no notes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from iamlab.view.drawing.banded import Kind, Measures, lay_out_in_bands
from iamlab.view.drawing.legend import Legend
from iamlab.view.drawing.measure import SMALL, TITLE, Face, widest
from iamlab.view.drawing.routes import Places, around, rectangle, ring
from iamlab.view.drawing.sheet import FRAME, MARGIN, PAD, PAGE, Box, Sheet
from iamlab.view.style import INK, PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.view.drawing.banded import Banded
    from iamlab.view.drawing.routes import Rectangle
    from iamlab.view.drawing.shapes import Point

MOST_COLUMNS = 4
"""More columns have no room for their words."""

TOP = 0.45
WIDTHS = {1: 2.9, 2: 2.9, 3: 2.3, 4: 1.72}
"""How wide boxes are at most, by the number of columns: lines need room for words, too."""
NARROWEST = 1.3
MANY = 14
"""From so many boxes in a column on, they are low and have a name only."""
ROW, HEIGHT = 0.56, 0.42
LOW_ROW, LOW = 0.36, 0.27
PORT = 0.115
"""The distance of two lines at the edge of a box."""
BESIDE = 0.5
"""The room that lines take which lead around the boxes of the last column."""
HEAD, FOOT = 0.4, 0.12
"""What a field has above its first row, for its title, and below its last."""
ENDS = 0.32
"""What words on a line leave free of it: its arrow, and air at both ends."""
SIGN = 0.42
"""How long the line of a sign is."""
SLACK = 0.01
"""So little above or below a box's own height lines beside its column are put in order."""

Missing = Literal["", "start", "end"]


@dataclass(frozen=True, slots=True)
class Node:
    """A box.

    Parameters
    ----------
    names
        What stands in it: the first that fits.
    column, field
        Where it stands, counted from 0; fields are one below the other.
    """

    key: str
    names: tuple[str, ...]
    note: str
    column: int
    field: int = 0
    colour: str = INK
    area: str = PAPER
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two boxes, with an arrow.

    Parameters
    ----------
    start, end
        Keys of boxes.
    words
        What stands on it: the first that fits.
    missing
        At which end something is missing, and a ring says so.
    at
        Where its words stand, from 0 at its start to 1 at its end. Default: near the end that it
        shares with fewer others, where lines lie apart.
    """

    start: str
    end: str
    words: tuple[str, ...] = ()
    colour: str = PALE_LINE
    bold: bool = False
    dashed: bool = False
    missing: Missing = ""
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Sign:
    """What a kind of line means."""

    words: str
    colour: str
    bold: bool = False
    dashed: bool = False
    missing: Missing = ""


def draw_network(
    nodes: Iterable[Node],
    lines: Iterable[Line],
    *,
    headings: Sequence[str],
    titles: Sequence[str] = (),
    outside: bool = False,
    signs: Iterable[Sign] = (),
    box: float = PAGE,
) -> Sheet:
    """Draw boxes and lines.

    Parameters
    ----------
    headings
        What stands over the columns.
    titles
        The names of the fields; none: they have no frames.
    outside
        Whether the first column stands outside of the frames.
    signs
        What is said below of the kinds of lines.
    box
        So wide a box is at most; where lines say much, boxes must leave them room.
    """
    drawing = _Network(list(nodes), list(lines), titles, outside=outside, box=box)
    drawing.draw(headings)
    drawing.legend(signs)
    return drawing.sheet


class _Network:
    """The work of drawing one."""

    def __init__(
        self,
        nodes: list[Node],
        lines: list[Line],
        titles: Sequence[str],
        *,
        outside: bool,
        box: float,
    ) -> None:
        self.box = box
        self.nodes = {node.key: node for node in nodes}
        self.lines, self.titles, self.outside = lines, titles, outside
        self.columns = {node.key: node.column for node in nodes}
        self.number = max(self.columns.values(), default=0) + 1
        is_low = max(Counter(self.columns.values()).values(), default=0) > MANY
        self.least = LOW if is_low else HEIGHT
        self.has_notes = not is_low
        self.measures = self._measures(LOW_ROW if is_low else ROW)
        self.heights = self._heights()
        fields = range(max((node.field for node in nodes), default=0) + 1)
        self.places: Banded[str] = lay_out_in_bands(
            self.columns,
            [[node.key for node in nodes if node.field == field] for field in fields],
            [(line.start, line.end) for line in lines],
            self.measures,
            {key: 1 + (own - self.least) / self.measures.row for key, own in self.heights.items()},
        )
        self.boxes = {key: self._box(node) for key, node in self.nodes.items()}
        self.sheet = Sheet()

    def _measures(self, row: float) -> Measures:
        width = self._width()
        framed = bool(self.titles)
        left = MARGIN + (FRAME if framed and not self.outside else 0)
        right = PAGE - MARGIN - (FRAME if framed else 0)
        last = self.number - 1
        if any(self.columns[one.start] == self.columns[one.end] == last for one in self.lines):
            right -= BESIDE
        between = (right - left - self.number * width) / max(self.number - 1, 1)
        lefts = tuple(left + i * (width + between) for i in range(max(self.number, 2)))
        return Measures(
            lefts, [width] * len(lefts), row, TOP, HEAD if framed else 0.0, FOOT if framed else 0.0
        )

    def _width(self) -> float:
        """Make boxes as wide as their words, so that the words on lines have room too."""
        found = [widest((node.names[-1],), face="bold") for node in self.nodes.values()]
        if self.has_notes:
            found += [widest((node.note,), SMALL) for node in self.nodes.values()]
        own = max(found, default=0.0) + 2 * PAD + 0.02
        return min(max(own, NARROWEST), WIDTHS[self.number], self.box)

    def _sides(self, line: Line) -> tuple[str, str]:
        """Say on which edge of its boxes a line leaves and arrives."""
        one, other = self.columns[line.start], self.columns[line.end]
        return ("left" if one > other else "right"), ("left" if one < other else "right")

    def _heights(self) -> dict[str, float]:
        """Let boxes be high enough for the lines at their busier edge."""
        number: dict[tuple[str, str], int] = defaultdict(int)
        for line in self.lines:
            leaves, arrives = self._sides(line)
            number[line.start, leaves] += 1
            number[line.end, arrives] += 1
        return {
            key: max(self.least, PORT * max(number[key, "left"], number[key, "right"]) + 0.05)
            for key in self.nodes
        }

    def _box(self, node: Node) -> Box:
        room = self.measures.widths[0] - 2 * PAD
        face: Face = "bold" if node.bold else "sans"
        fitting = (one for one in node.names if widest((one,), face=face) <= room)
        return Box(
            self.measures.lefts[node.column],
            self.places.heights[node.key],
            self.measures.widths[0],
            next(fitting, node.names[-1]),
            node.note if self.has_notes else "",
            node.colour,
            node.area,
            bold=node.bold,
            height=self.heights[node.key],
        )

    # -- drawing ---------------------------------------------------------------------------------

    def draw(self, headings: Sequence[str]) -> None:
        """Draw headings, frames, boxes, lines, and last the words on lines."""
        lefts = self.measures.lefts
        for left, words in zip(lefts[: self.number], headings, strict=False):
            self.sheet.heading(left, 0.22, words)
        taken: list[Rectangle] = []
        left = lefts[1 if self.outside else 0] - FRAME
        for title, (top, bottom) in zip(self.titles, self.places.frames, strict=False):
            self.sheet.field(left, top, PAGE - MARGIN - left, bottom - top, "")
            # No wider than the boxes below it: lines run up and down between the columns.
            wide = self.sheet.text(
                left + FRAME,
                top + 0.2,
                title,
                size=TITLE,
                face="bold",
                room=self.measures.widths[0],
            )
            taken.append((left, top, left + FRAME + wide, top + 0.32))
        for box in self.boxes.values():
            self.sheet.box(box)
            taken.append(rectangle(box))
        out, into = self._ports()
        for number, line in enumerate(self.lines):
            self._line(line, out[number], into[number])
            taken += self._ring(line, out[number], into[number])
            taken.append(_arrow_room(into[number]))
        self._words(Places(self.sheet, taken))

    def _line(self, line: Line, start: Point, end: Point) -> None:
        route = self.places.routes[line.start, line.end]
        style = {"bold": line.bold, "dashed": line.dashed, "arrow": True}
        if route.kind is Kind.BESIDE:
            ((x, _),) = route.via
            corners = [start, (x, start[1]), (x, end[1]), end]
            around(self.sheet, corners, line.colour, **style)
            return
        self.sheet.line(start, end, line.colour, via=route.via, **style)

    def _ring(self, line: Line, start: Point, end: Point) -> list[Rectangle]:
        """Say by a ring that something is missing at one end; give the room that it takes."""
        if not line.missing:
            return []
        at_start = line.missing == "start"
        side = self._sides(line)[0 if at_start else 1]
        x, y = start if at_start else end
        x += (0.09 if at_start else 0.16) * (1 if side == "right" else -1)
        ring(self.sheet, (x, y), line.colour)
        return [(x - 0.05, y - 0.05, x + 0.05, y + 0.05)]

    def _words(self, places: Places) -> None:
        """Write on each line the longest of its forms that finds a place, or its last, shorter."""
        step = self.measures.lefts[1] - self.measures.lefts[0]
        least = max(step - self.measures.widths[0] - ENDS, 0.8)
        for number, line in enumerate(self.lines):
            passes = abs(self.columns[line.end] - self.columns[line.start]) - 1
            room = least + step * max(passes, 0)
            at = self._apart(line) if line.at is None else line.at
            fitting = [one for one in line.words if widest((one,), SMALL) <= room]
            tries = [*((one, room) for one in fitting), *((one, least) for one in line.words[-1:])]
            if any(places.write(number, one, line.colour, at=at, room=fit) for one, fit in tries):
                self._whole(line.words[0])

    def _apart(self, line: Line) -> float:
        """Say near which end a line lies apart from others."""
        shared = Counter(one.start for one in self.lines)[line.start]
        sharing = Counter(one.end for one in self.lines)[line.end]
        return 0.5 if shared == sharing else 0.66 if shared > sharing else 0.34

    def _whole(self, words: str) -> None:
        """Note of the last label what it says when there is room: a short form stands for it."""
        labels = self.sheet.record.labels
        labels[-1] = replace(labels[-1], whole=words)

    def _ports(self) -> tuple[dict[int, Point], dict[int, Point]]:
        """Say where each line leaves its box and where it arrives, so that they keep apart."""
        ends: dict[tuple[str, str], list[tuple[tuple[float, float], int, int]]] = defaultdict(list)
        for number, line in enumerate(self.lines):
            leaves, arrives = self._sides(line)
            ends[line.start, leaves].append((self._order(line.start, line.end), 0, number))
            ends[line.end, arrives].append((self._order(line.end, line.start), 1, number))
        found: tuple[dict[int, Point], dict[int, Point]] = ({}, {})
        for (key, side), own in ends.items():
            box = self.boxes[key]
            x = box.x if side == "left" else box.x + box.width
            first = box.y - PORT * (len(own) - 1) / 2
            # Of two lines between the same two boxes, the one that leads on is the upper at both.
            ordered = sorted(own, key=lambda one: (one[0], self._leads_back(one[2])))
            for place, (_, which, number) in enumerate(ordered):
                found[which][number] = (x, first + PORT * place)
        return found

    def _leads_back(self, number: int) -> bool:
        line = self.lines[number]
        return self.columns[line.start] > self.columns[line.end]

    def _order(self, key: str, other: str) -> tuple[float, float]:
        """Say where on an edge the line to another stands, so that lines do not cross there.

        Lines to another column stand as their ends do; those beside the column, shorter ones inside
        of longer ones.
        """
        heights = self.places.heights
        if self.columns[key] != self.columns[other]:
            return heights[other], 0.0
        above = heights[other] < heights[key]
        return heights[key] + (-SLACK if above else SLACK), -heights[other]

    def legend(self, signs: Iterable[Sign]) -> None:
        """Say below what the lines mean."""
        legend = Legend(self.sheet, MARGIN, self.sheet.height + 0.12)
        for sign in signs:
            x, y = legend.place(SIGN, sign.words, INK, fact=True)
            style = {"bold": sign.bold, "dashed": sign.dashed, "arrow": True}
            self.sheet.straight((x, y), (x + SIGN, y), sign.colour, **style)
            if sign.missing:
                ring(self.sheet, (x + (0.05 if sign.missing == "start" else 0.26), y), sign.colour)


def _arrow_room(end: Point) -> Rectangle:
    """Give the room of an arrow's head, which no words may cover."""
    x, y = end
    return x - 0.12, y - 0.02, x + 0.12, y + 0.02
