"""What a drawing is made of: texts, rectangles, circles, lines and curves, as plain data.

A :class:`~iamlab.view.drawing.sheet.Sheet` records them; :mod:`~iamlab.view.drawing.svg` and
:mod:`~iamlab.view.drawing.matplotlib_writer` draw the same ones. Places and sizes are inches,
counted from the upper left corner; the widths of lines and the sizes of letters are points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from iamlab.view.style import PAPER

if TYPE_CHECKING:
    from iamlab.view.drawing.measure import Face

Point = tuple[float, float]

ARROW_LENGTH, ARROW_WIDTH = 5.0, 3.0
"""The head of an arrow, in points: its length, and half of its width."""
ON_LINE = 1.5
"""From words that are on a line to the edge of the paper behind them, in points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """How a shape is filled and outlined.

    Parameters
    ----------
    fill, edge
        Colours; without one there is no area, or no outline.
    width
        Of the outline.
    dashes
        Lengths of dashes and the gaps after them, by turns, as multiples of the width.
    hatch
        ``/`` for slanted lines, ``.`` for dots; the more of them, the denser.
    hatch_colour
        Of the hatching.
    opacity
        From 0 to 1.
    layer
        What has a higher number is drawn over what has a lower one.
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
        Its end that ``align`` names, ``left``, ``center`` or ``right``, at half of its height; at
        its lower edge if it is turned.
    width
        How wide it is.
    ink
        Its colour fills it.
    rotation
        In degrees, counter-clockwise, around the point.
    behind
        The colour of the paper behind it, if it is on a line.
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
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle by its upper left corner; its own corners may be rounded."""

    x: float
    y: float
    width: float
    height: float
    ink: Ink
    rounding: float = 0.0


@dataclass(frozen=True, slots=True)
class Tiles:
    """Many rectangles of one ink, each by its upper left corner and its size."""

    places: tuple[tuple[Point, Point], ...]
    ink: Ink


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle by its middle."""

    x: float
    y: float
    radius: float
    ink: Ink


@dataclass(frozen=True, slots=True)
class Line:
    """Straight lines from point to point; with a fill, the area that they enclose."""

    points: tuple[Point, ...]
    ink: Ink


@dataclass(frozen=True, slots=True)
class Curve:
    """A chain of Bezier curves: a point, and for each curve two that bend it and its end."""

    points: tuple[Point, ...]
    ink: Ink
    arrow: bool = False


Shape: TypeAlias = Text | Rectangle | Tiles | Circle | Line | Curve
