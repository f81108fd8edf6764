"""Shapes written as SVG: small, with text that can be selected, the same data as the same bytes.

One unit is a point. Text is text: a browser without DejaVu Sans takes another font, and fits it
into the width that was measured, so that it stays in its box. The picture has its own paper, so
that it reads the same in a dark notebook.

Notes
-----
W3C, "Scalable Vector Graphics (SVG) 2": "Text", "Paint Servers: Gradients and Patterns".
"""

from __future__ import annotations

from functools import singledispatch
from html import escape
from math import hypot
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import POINTS
from iamlab.view.drawing.shapes import (
    ARROW_LENGTH,
    ARROW_WIDTH,
    ON_LINE,
    Circle,
    Curve,
    Line,
    Rectangle,
    Text,
    Tiles,
)
from iamlab.view.style import PAPER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.view.drawing.shapes import Ink, Point, Shape
    from iamlab.view.drawing.sheet import Sheet

ASCENT, DESCENT = 0.76, 0.208
"""How far letters such as ``l`` rise above the base line, and ``p`` falls below it, in ems."""
LINES_APART, DOTS_APART = 24.0, 12.0
"""How far the lines and the dots of the loosest hatching are apart, from left to right."""
LINE_WIDTH, DOT = 0.9, 0.75
"""How wide such a line is, and the radius of a dot."""
_FACES = {
    "sans": "",
    "bold": ' font-weight="bold"',
    "mono": ' font-family="DejaVu Sans Mono,monospace"',
}
_ANCHORS = {"left": "", "center": ' text-anchor="middle"', "right": ' text-anchor="end"'}


def to_svg(sheet: Sheet, title: str = "", description: str = "") -> str:
    """Write what is on a sheet as SVG.

    Parameters
    ----------
    title
        What a screen reader says.
    description
        What it says when asked for more.

    Examples
    --------
    >>> from iamlab.view.drawing.sheet import Sheet
    >>> sheet = Sheet()
    >>> _ = sheet.text(0.2, 0.25, "a < b")
    >>> "a &lt; b</text>" in to_svg(sheet, "Two names.")
    True
    """
    shapes = sorted(sheet.shapes, key=lambda shape: shape.ink.layer)
    hatched = {(one.ink.hatch, one.ink.hatch_colour): None for one in shapes if one.ink.hatch}
    width, height = _numbers(sheet.width, sheet.height).split()
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}pt" '
        f'height="{height}pt" viewBox="0 0 {width} {height}" xml:space="preserve" '
        'font-family="DejaVu Sans,Verdana,sans-serif" stroke-miterlimit="10">'
    )
    lines = [
        head,
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(description)}</desc>",
        *(_pattern(*one) for one in hatched),
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        *map(_written, shapes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return f"{round(value, 2) + 0.0:.7g}"  # and never "-0"


def _numbers(*inches: float) -> str:
    return " ".join(_number(inch * POINTS) for inch in inches)


def _box(x: float, y: float, width: float, height: float) -> str:
    names = ("x", "y", "width", "height")
    numbers = _numbers(x, y, width, height).split()
    return " ".join(f'{name}="{one}"' for name, one in zip(names, numbers, strict=True))


def _path(points: Iterable[Point], command: str = "L") -> str:
    start, *others = (_numbers(*point) for point in points)
    return f"M{start}{command}{' '.join(others)}"


# -- how a shape is filled -------------------------------------------------------------------------


def _inked(shape: str, ink: Ink, more: str = "") -> str:
    """Write an element, and once more with its hatching."""
    style = f' fill="{ink.fill or "none"}"{more}'
    if ink.edge:
        style += f' stroke="{ink.edge}" stroke-width="{_number(ink.width)}"'
    if ink.dashes:
        lengths = " ".join(_number(one * ink.width) for one in ink.dashes)
        style += f' stroke-dasharray="{lengths}"'
    opacity = f' opacity="{_number(ink.opacity)}"' if ink.opacity < 1 else ""
    written = [f"<{shape}{style}{opacity}/>"] if ink.fill or ink.edge else []
    if ink.hatch:
        written.append(f'<{shape} fill="url(#{_name(ink.hatch, ink.hatch_colour)})"{opacity}/>')
    return "\n".join(written)


def _name(hatch: str, colour: str) -> str:
    """Name a pattern after what it is, so that pictures on one page may share the name."""
    return f"{'dots' if '.' in hatch else 'lines'}{len(hatch)}-{colour.removeprefix('#')}"


def _pattern(hatch: str, colour: str) -> str:
    """Write a hatching: slanted lines, or dots in rows that are shifted by turns."""
    apart = (DOTS_APART if "." in hatch else LINES_APART) / len(hatch)
    if "." in hatch:
        height, places = 2 * apart, [(apart / 4, apart / 2), (apart * 3 / 4, apart * 3 / 2)]
        marks = "".join(
            f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{DOT}" fill="{colour}"/>'
            for x, y in places
        )
    else:
        height, end = apart, _number(apart)
        line = f"M-1 1L1 -1M0 {end}L{end} 0M{_number(apart - 1)} {_number(apart + 1)}l2 -2"
        marks = f'<path d="{line}" stroke="{colour}" stroke-width="{LINE_WIDTH}"/>'
    return (
        f'<pattern id="{_name(hatch, colour)}" width="{_number(apart)}" '
        f'height="{_number(height)}" patternUnits="userSpaceOnUse">{marks}</pattern>'
    )


# -- shapes ----------------------------------------------------------------------------------------


@singledispatch
def _written(shape: Shape) -> str:
    raise TypeError(shape)


@_written.register(Text)
def _(shape: Text) -> str:
    if shape.rotation:
        turned = f"translate({_numbers(shape.x, shape.y)}) rotate({_number(-shape.rotation)})"
        place = f'y="{_number(-DESCENT * shape.size)}" transform="{turned}"'
    else:
        x, y = shape.x * POINTS, shape.y * POINTS + (ASCENT - DESCENT) / 2 * shape.size
        place = f'x="{_number(x)}" y="{_number(y)}"'
    length = ""
    if len(shape.words) > 1:  # a single sign is in the middle of its room, whatever its width
        width = _number(shape.width * POINTS)
        length = f' textLength="{width}" lengthAdjust="spacingAndGlyphs"'
    text = (
        f'<text {place} font-size="{_number(shape.size)}"{length}{_ANCHORS[shape.align]}'
        f'{_FACES[shape.face]} fill="{shape.ink.fill}">{escape(shape.words, quote=False)}</text>'
    )
    return f"{_paper(shape)}\n{text}" if shape.behind else text


def _paper(text: Text) -> str:
    """Write the paper behind words that are on a line."""
    pad, height = ON_LINE / POINTS, (ASCENT + DESCENT) * text.size / POINTS
    left = text.x - {"left": 0.0, "center": text.width / 2, "right": text.width}[text.align]
    box = _box(left - pad, text.y - height / 2 - pad, text.width + 2 * pad, height + 2 * pad)
    return f'<rect {box} fill="{text.behind}"/>'


@_written.register(Rectangle)
def _(shape: Rectangle) -> str:
    rounding = f' rx="{_numbers(shape.rounding)}"' if shape.rounding else ""
    return _inked(f"rect {_box(shape.x, shape.y, shape.width, shape.height)}{rounding}", shape.ink)


@_written.register(Tiles)
def _(shape: Tiles) -> str:
    tiles = (
        f"M{_numbers(*corner)}h{_numbers(width)}v{_numbers(height)}h{_numbers(-width)}z"
        for corner, (width, height) in shape.places
    )
    return _inked(f'path d="{"".join(tiles)}"', shape.ink)


@_written.register(Circle)
def _(shape: Circle) -> str:
    x, y, radius = _numbers(shape.x, shape.y, shape.radius).split()
    return _inked(f'circle cx="{x}" cy="{y}" r="{radius}"', shape.ink)


@_written.register(Line)
def _(shape: Line) -> str:
    end = "z" if shape.ink.fill else ""
    ends = "" if end or shape.ink.dashes else ' stroke-linecap="square"'
    return _inked(f'path d="{_path(shape.points)}{end}"', shape.ink, ends)


@_written.register(Curve)
def _(shape: Curve) -> str:
    if not shape.arrow:
        return _inked(f'path d="{_path(shape.points, "C")}"', shape.ink)
    tip, left, right = _head(shape.points, shape.ink.width)
    colour, width = shape.ink.edge, _number(shape.ink.width)
    return (
        _inked(f'path d="{_path((*shape.points[:-1], tip), "C")}"', shape.ink)
        + f'\n<path d="{_path((left, tip, right))}z" fill="{colour}" stroke="{colour}" '
        f'stroke-width="{width}"/>'
    )


def _head(points: tuple[Point, ...], width: float) -> tuple[Point, Point, Point]:
    """Compute the corners of an arrow's head: with its outline it ends where the curve ends."""
    x, y = points[-1]
    from_x, from_y = next((one for one in reversed(points) if one != (x, y)), (x - 1, y))
    far = hypot(from_x - x, from_y - y)
    back_x, back_y = (from_x - x) / far / POINTS, (from_y - y) / far / POINTS
    outline = width / 2 * hypot(ARROW_LENGTH, ARROW_WIDTH) / ARROW_WIDTH
    x, y = x + back_x * outline, y + back_y * outline
    foot_x, foot_y = x + back_x * ARROW_LENGTH, y + back_y * ARROW_LENGTH
    across_x, across_y = -back_y * ARROW_WIDTH, back_x * ARROW_WIDTH
    return (
        (x, y),
        (foot_x + across_x, foot_y + across_y),
        (foot_x - across_x, foot_y - across_y),
    )
