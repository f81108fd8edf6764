"""A sheet of paper that grows with the boxes, lines, symbols and frames that are drawn on it.

The units are inches from the upper left corner. Text is measured before it is drawn, and shortened
to its room, so no label leaves its box. A sheet only lists shapes, which are then written as SVG or
drawn with matplotlib. It also records the places of boxes, lines and labels. Tests check that they
don't overlap, and that the figure's list has every word of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, radians
from typing import TYPE_CHECKING, Any

from iamlab.view.drawing.measure import SMALL, TEXT, TITLE, fit, height_of, tall, width_of, wrap
from iamlab.view.drawing.shapes import Circle, Curve, Ink, Line, Rectangle, Text, with_head
from iamlab.view.style import DENY, FIELD_AREA, HAIRLINE, INK, PALE_INK, PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.view.drawing.measure import Face
    from iamlab.view.drawing.shapes import Point, Shape

PAGE = 10.0
"""The largest width of a figure: that of a notebook's column."""
MARGIN = 0.15
BOX_HEIGHT = 0.46
ROW = 0.66
"""The distance of two boxes in a column, from middle to middle."""
PAD = 0.09
"""From the edge of a box to its text."""
FRAME = 0.2
"""From the edge of a frame to the boxes in it."""
ROUNDING = 0.08
"""Of the corners of boxes and frames."""
AIR = 0.02
"""The margin of the paper behind words on a line."""
DISC = 0.15
"""The radius of a mark."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rounded box with one or two lines of text, by its left edge and its middle."""

    x: float
    y: float
    width: float
    text: str
    note: str = ""
    colour: str = INK
    area: str = PAPER
    bold: bool = False
    dashed: bool = False
    height: float = BOX_HEIGHT

    @property
    def left(self) -> Point:
        """The point where lines arrive."""
        return self.x, self.y

    @property
    def right(self) -> Point:
        """The point where lines leave."""
        return self.x + self.width, self.y

    @property
    def top(self) -> Point:
        """The middle of its upper edge."""
        return self.x + self.width / 2, self.y - self.height / 2

    @property
    def bottom(self) -> Point:
        """The middle of its lower edge."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Label:
    """A whole text, the text as it was drawn, and whether it is a fact or a heading."""

    whole: str
    drawn: str
    is_fact: bool


@dataclass(slots=True)
class Record:
    """The places of labels, boxes and lines on a sheet."""

    labels: list[Label] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    lines: list[tuple[Point, ...]] = field(default_factory=list)


class Sheet:
    """A sheet of paper, as large as it needs to be.

    Parameters
    ----------
    width, height
        The least size, in inches; it grows if something is drawn outside of it.

    Attributes
    ----------
    part, parts
        The name of what is being drawn, and the name for each shape; empty if it has none.
    """

    def __init__(self, width: float = 1.0, height: float = 0.5) -> None:
        self.width, self.height = width, height
        self.record = Record()
        self.shapes: list[Shape] = []
        self.part, self.parts = "", list[str]()
        self._fields: list[Rectangle] = []

    def reach(self, x: float, y: float) -> None:
        """Make the sheet large enough for a point with a margin around it."""
        self.width = max(self.width, x + MARGIN)
        self.height = max(self.height, y + MARGIN)

    def draw(self, shape: Shape) -> None:
        """Add a shape as it is: it isn't recorded, and the sheet doesn't grow for it."""
        self.shapes.append(shape)
        self.parts.append(self.part)

    # -- text ------------------------------------------------------------------------------------

    def text(
        self,
        x: float,
        y: float,
        words: str,
        colour: str = INK,
        *,
        size: float = TEXT,
        face: Face = "sans",
        align: str = "left",
        room: float | None = None,
        rotation: float = 0,
        on_line: bool = False,
        fact: bool = True,
    ) -> float:
        """Write a line of text with its middle at ``y``; return its width.

        Parameters
        ----------
        align
            The part of the text at ``x``: ``"left"``, ``"center"`` or ``"right"``.
        room
            The largest width; longer text is shortened in the middle.
        rotation
            In degrees, counter-clockwise; the text then begins at the point.
        on_line
            Whether it is on a line, and so needs paper behind it.
        fact
            Whether the figure's list must have these words; it needn't have headings.
        """
        drawn = fit(words, PAGE * 10 if room is None else room, size, face)
        if not drawn:
            return 0.0
        self.record.labels.append(Label(words, drawn, fact))
        width = width_of(drawn, size, face)
        left = x - {"left": 0.0, "center": width / 2, "right": width}[align]
        if rotation:
            self.reach(x + width * cos(radians(rotation)) + height_of(size), y)
        else:
            self.reach(left + width, y + height_of(size) / 2)
        if on_line:
            height, paper = tall(size) + 2 * AIR, Ink(fill=self._paper_at(x, y), layer=6)
            self.draw(Rectangle(left - AIR, y - height / 2, width + 2 * AIR, height, paper))
        ink = Ink(fill=colour, layer=6)
        self.draw(Text(x, y, drawn, size, face, width, ink, align, rotation))
        return width

    def _paper_at(self, x: float, y: float) -> str:
        """Return the colour of the paper at a point; frames are tinted."""
        in_field = any(
            frame.x <= x <= frame.x + frame.width and frame.y <= y <= frame.y + frame.height
            for frame in self._fields
        )
        return FIELD_AREA if in_field else PAPER

    def note(self, x: float, y: float, words: str, colour: str = PALE_INK, **style: Any) -> float:
        """Write a small line of text."""
        return self.text(x, y, words, colour, **{"size": SMALL, **style})

    def paragraph(
        self,
        x: float,
        y: float,
        words: str,
        room: float,
        colour: str = INK,
        *,
        most: int = 3,
        fact: bool = True,
        **style: Any,
    ) -> float:
        """Write a text of several lines, its upper edge at ``y``; return the height that it takes.

        Parameters
        ----------
        most
            The largest number of lines; the last one is shortened if it is too long.
        style
            As of :meth:`text`.
        """
        size, face = style.get("size", TEXT), style.get("face", "sans")
        drawn, step = wrap(words, room, size, face, most=most) if words else [], height_of(size)
        for number, line in enumerate(drawn):
            # The lines aren't facts: the figure's list has the whole text.
            self.text(x, y + (number + 0.5) * step, line, colour, room=room, fact=False, **style)
        if drawn:
            self.record.labels.append(Label(words, "\n".join(drawn), fact))
        return len(drawn) * step

    def heading(self, x: float, y: float, words: str) -> None:
        """Write a column's heading."""
        self.text(x, y, words, PALE_INK, size=SMALL, fact=False)

    # -- shapes ----------------------------------------------------------------------------------

    def box(self, box: Box) -> None:
        """Draw a box with its text."""
        self.record.boxes.append(box)
        self.reach(box.x + box.width, box.y + box.height / 2)
        width = 2.2 if box.bold else 1.0
        dashes = (3, 2) if box.dashed else ()
        ink = Ink(fill=box.area, edge=box.colour, width=width, dashes=dashes, layer=4)
        top = box.y - box.height / 2
        self.draw(Rectangle(box.x, top, box.width, box.height, ink, ROUNDING))
        room, lift = box.width - 2 * PAD, 0.085 if box.note else 0
        face: Face = "bold" if box.bold else "sans"
        self.text(box.x + PAD, box.y - lift, box.text, box.colour, face=face, room=room)
        if box.note:
            self.note(box.x + PAD, box.y + 0.11, box.note, box.colour, room=room)

    def field(
        self, x: float, y: float, width: float, height: float, title: str, note: str = ""
    ) -> None:
        """Draw a frame around boxes, such as an account, by its upper left corner."""
        self.reach(x + width, y + height)
        ink = Ink(fill=FIELD_AREA, edge=PALE_LINE, layer=0)
        self._fields.append(Rectangle(x, y, width, height, ink, ROUNDING))
        self.draw(self._fields[-1])
        room = width - 2 * FRAME
        taken = self.text(x + FRAME, y + 0.2, title, size=TITLE, face="bold", room=room)
        if note and room - taken > 0.5:
            self.note(x + FRAME + taken + 0.12, y + 0.21, note, room=room - taken - 0.12)

    def area(
        self, place: Point, size: Point, colour: str, *, edge: str = HAIRLINE, hatch: str = ""
    ) -> None:
        """Fill a rectangle, by its upper left corner; hatching is for black-and-white prints."""
        self.reach(place[0] + size[0], place[1] + size[1])
        self.draw(Rectangle(*place, *size, Ink(fill=colour, edge=edge, hatch=hatch)))

    def mark(self, place: Point, symbol: str, colour: str, size: float = 13) -> None:
        """Put a symbol in a small disc, on a line."""
        x, y = place
        self.draw(Circle(x, y, DISC, Ink(fill=PAPER, edge=colour, width=1.8, layer=5)))
        self.reach(x + DISC, y + DISC)
        self.text(x, y + 0.005, symbol, colour, size=size, face="bold", align="center", fact=False)

    def gate(self, x: float, top: float, bottom: float, colour: str = DENY) -> None:
        """Draw a strong vertical bar, where the request is blocked."""
        self.draw(Line(((x, top), (x, bottom)), Ink(edge=colour, width=4, layer=5)))
        self.reach(x, bottom)

    # -- lines -----------------------------------------------------------------------------------

    def line(
        self,
        start: Point,
        end: Point,
        colour: str = PALE_LINE,
        *,
        via: Sequence[Point] = (),
        **style: bool,
    ) -> None:
        """Draw a curved line that is level at its ends, or vertical if it leads straight down.

        Parameters
        ----------
        via
            Points on the line.
        style
            As of :meth:`curve`.
        """
        path = [start]
        for first, other in pairwise([start, *via, end]):
            middle = (first[0] + other[0]) / 2
            path += [(middle, first[1]), (middle, other[1]), other]
        self.curve(path, colour, **style)

    def straight(self, start: Point, end: Point, colour: str = PALE_LINE, **style: bool) -> None:
        """Draw a straight line from one point to another."""
        across, down = (end[0] - start[0]) / 3, (end[1] - start[1]) / 3
        bends = [(start[0] + step * across, start[1] + step * down) for step in (1, 2)]
        self.curve([start, *bends, end], colour, **style)

    def curve(
        self,
        path: Sequence[Point],
        colour: str = PALE_LINE,
        *,
        bold: bool = False,
        arrow: bool = False,
        dashed: bool = False,
    ) -> None:
        """Draw a chain of Bezier curves: a point, and for each curve two that bend it and its end.

        Parameters
        ----------
        bold
            Whether it is emphasized.
        arrow
            Whether it has an arrowhead at its end.
        dashed
            Whether something is missing, or it is an answer.
        """
        self.record.lines.append(tuple(path))
        for x, y in path[::3]:
            self.reach(x, y)
        ink = Ink(
            edge=colour,
            width=2.6 if bold else 1.1,
            dashes=(4, 3) if dashed else (),
            layer=3 if bold else 1,
        )
        curve = Curve(tuple(path), ink)
        for shape in with_head(curve) if arrow else (curve,):
            self.draw(shape)
