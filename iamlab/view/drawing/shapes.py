"""The shapes of a drawing: texts, rectangles, circles, lines and curves, as plain data.

A :class:`~iamlab.view.drawing.sheet.Sheet` lists them; :mod:`~iamlab.view.drawing.svg` and
:mod:`~iamlab.view.drawing.matplotlib_writer` draw them. All shapes but text have an outline, so
both write the same. Places and sizes are inches from the upper left corner; the widths of lines and
the sizes of letters are points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot
from typing import TYPE_CHECKING, TypeAlias

from iamlab.view.drawing.measure import POINTS
from iamlab.view.style import PAPER

if TYPE_CHECKING:
    from iamlab.view.drawing.measure import Face

Point = tuple[float, float]
Step = tuple[str, tuple[Point, ...]]
"""A letter of SVG and its points: ``M`` moves, ``L`` draws a straight line, ``C`` a curve, ``Z``
closes the outline."""
Outline = list[Step]

ARROW_LENGTH, ARROW_WIDTH = 5.0, 3.0
"""The head of an arrow, in points: its length, and half of its width."""
ROUND = 0.5523
"""The part of the radius by which the control points of a quarter of a circle are moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """The fill and the outline of a shape.

    Parameters
    ----------
    fill, edge
        Colours; empty for no area, or for no outline.
    width
        The width of the outline.
    dashes
        Lengths of dashes and gaps, alternately, as multiples of the width.
    hatch
        ``/`` for slanted lines, ``.`` for dots; more of them are denser.
    hatch_colour
        The colour of the hatching.
    opacity
        From 0 to 1.
    layer
        Shapes with a higher number are drawn over those with a lower number.
    """

    fill: str = ""
    edge: str = ""
    width: float = 1.0
    dashes: tuple[float, ...] = ()
    hatch: str = ""
    hatch_colour: str = PAPER
    opacity: float = 1.0
    layer: int = 2


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text.

    Parameters
    ----------
    x, y
        The point that ``align`` names (``left``, ``center`` or ``right``), at half of its height;
        at its lower edge if it is rotated.
    width
        Its width.
    ink
        Its fill is the colour of the text.
    rotation
        In degrees, counter-clockwise, around the point.
    """

    x: float
    y: float
    words: str
    size: float
    face: Face
    width: float
    ink: Ink
    align: str = "left"
    rotation: float = 0.0


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle by its upper left corner; its corners can be rounded."""

    x: float
    y: float
    width: float
    height: float
    ink: Ink
    rounding: float = 0.0

    @property
    def outline(self) -> Outline:
        """From corner to corner."""
        left, top, right, bottom = self.x, self.y, self.x + self.width, self.y + self.height
        r = self.rounding
        if not r:
            return _closed((left, top), (right, top), (right, bottom), (left, bottom))
        bend = r * (1 - ROUND)
        return [
            ("M", ((left + r, top),)),
            ("L", ((right - r, top),)),
            ("C", ((right - bend, top), (right, top + bend), (right, top + r))),
            ("L", ((right, bottom - r),)),
            ("C", ((right, bottom - bend), (right - bend, bottom), (right - r, bottom))),
            ("L", ((left + r, bottom),)),
            ("C", ((left + bend, bottom), (left, bottom - bend), (left, bottom - r))),
            ("L", ((left, top + r),)),
            ("C", ((left, top + bend), (left + bend, top), (left + r, top))),
            ("Z", ()),
        ]


@dataclass(frozen=True, slots=True)
class Tiles:
    """Many rectangles with the same ink, each by its upper left corner and its size."""

    places: tuple[tuple[Point, Point], ...]
    ink: Ink

    @property
    def outline(self) -> Outline:
        """One rectangle after the other."""
        every = (Rectangle(*place, *size, self.ink).outline for place, size in self.places)
        return [step for outline in every for step in outline]


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle by its middle."""

    x: float
    y: float
    radius: float
    ink: Ink

    @property
    def outline(self) -> Outline:
        """A square with fully rounded corners."""
        size, left, top = 2 * self.radius, self.x - self.radius, self.y - self.radius
        return Rectangle(left, top, size, size, self.ink, self.radius).outline


@dataclass(frozen=True, slots=True)
class Line:
    """Straight lines from point to point; with a fill, the area that they enclose."""

    points: tuple[Point, ...]
    ink: Ink

    @property
    def outline(self) -> Outline:
        """From point to point, and back if it encloses an area."""
        closed = _closed(*self.points)
        return closed if self.ink.fill else closed[:-1]


@dataclass(frozen=True, slots=True)
class Curve:
    """A chain of Bezier curves: a point, and for each curve two that bend it and its end."""

    points: tuple[Point, ...]
    ink: Ink

    @property
    def outline(self) -> Outline:
        """Curve by curve."""
        start, *others = self.points
        curves = zip(others[::3], others[1::3], others[2::3], strict=True)
        return [("M", (start,)), *(("C", bends) for bends in curves)]


Drawn: TypeAlias = Rectangle | Tiles | Circle | Line | Curve
Shape: TypeAlias = Text | Drawn


def _closed(start: Point, *others: Point) -> Outline:
    return [("M", (start,)), *(("L", (point,)) for point in others), ("Z", ())]


def with_head(curve: Curve) -> tuple[Curve, Line]:
    """Return a curve and an arrowhead with its tip at the end of the curve."""
    x, y = curve.points[-1]
    others = (point for point in reversed(curve.points) if point != (x, y))
    from_x, from_y = next(others, (x - 1, y))
    far, ink = hypot(from_x - x, from_y - y), curve.ink
    back_x, back_y = (from_x - x) / far / POINTS, (from_y - y) / far / POINTS
    outline = ink.width / 2 * hypot(ARROW_LENGTH, ARROW_WIDTH) / ARROW_WIDTH
    tip = x, y = x + back_x * outline, y + back_y * outline
    foot_x, foot_y = x + back_x * ARROW_LENGTH, y + back_y * ARROW_LENGTH
    side_x, side_y = -back_y * ARROW_WIDTH, back_x * ARROW_WIDTH
    head = ((foot_x + side_x, foot_y + side_y), tip, (foot_x - side_x, foot_y - side_y))
    return (
        replace(curve, points=(*curve.points[:-1], tip)),
        Line(head, replace(ink, fill=ink.edge, dashes=())),
    )
