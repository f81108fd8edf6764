"""Shapes written as SVG: small files with text that can be selected.

One unit is a point. A browser without DejaVu Sans uses another font, and fits it to the measured
width, so text stays in its box. The picture has its own background, so it looks the same in a dark
notebook. The same data gives the same bytes.

Notes
-----
W3C, "Scalable Vector Graphics (SVG) 2": "Text", "Paint Servers: Gradients and Patterns".
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import ASCENT, DESCENT, POINTS
from iamlab.view.drawing.shapes import Line, Text
from iamlab.view.style import PAPER

if TYPE_CHECKING:
    from iamlab.view.drawing.shapes import Drawn, Point, Shape
    from iamlab.view.drawing.sheet import Sheet

LINES_APART, DOTS_APART = 24.0, 12.0
"""The horizontal distance of lines and of dots in the loosest hatching."""
LINE_WIDTH, DOT = 0.9, 0.75
"""The width of a line, and the radius of a dot."""
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
        The text that a screen reader reads first.
    description
        Its longer description.

    Examples
    --------
    >>> from iamlab.view.drawing.sheet import Sheet
    >>> sheet = Sheet()
    >>> _ = sheet.text(0.2, 0.25, "a < b")
    >>> "a &lt; b</text>" in to_svg(sheet, "Two names.")
    True
    """
    shapes = sorted(sheet.shapes, key=lambda shape: shape.ink.layer)
    inks = [shape.ink for shape in shapes if shape.ink.hatch]
    hatched = dict.fromkeys((ink.hatch, ink.hatch_colour) for ink in inks)
    width, height = _numbers((sheet.width, sheet.height)).split()
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}pt" '
        f'height="{height}pt" viewBox="0 0 {width} {height}" '
        'font-family="DejaVu Sans,Verdana,sans-serif" stroke-miterlimit="10">'
    )
    lines = [
        head,
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(description)}</desc>",
        *(_pattern(*hatch) for hatch in hatched),
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        *map(element, shapes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def element(shape: Shape) -> str:
    """Write a shape as SVG."""
    return _text(shape) if isinstance(shape, Text) else _drawn(shape)


def _number(value: float) -> str:
    return f"{round(value, 2) + 0.0:.7g}"  # and never "-0"


def _numbers(*points: Point) -> str:
    return " ".join(_number(inches * POINTS) for point in points for inches in point)


def _text(text: Text) -> str:
    down = (ASCENT - DESCENT) / 2 * text.size / POINTS  # from the middle to the base line
    x, y = _numbers((text.x, text.y + down)).split()
    place = f'x="{x}" y="{y}"'
    if text.rotation:
        turned = f"translate({_numbers((text.x, text.y))}) rotate({_number(-text.rotation)})"
        place = f'y="{_number(-DESCENT * text.size)}" transform="{turned}"'
    length = ""
    if len(text.words) > 1:  # a single sign is centred, whatever its width
        width = _number(text.width * POINTS)
        length = f' textLength="{width}" lengthAdjust="spacingAndGlyphs"'
    if text.words != " ".join(text.words.split()):  # a browser would drop some of its spaces
        length += ' xml:space="preserve" style="white-space:pre"'
    return (
        f'<text {place} font-size="{_number(text.size)}"{length}{_ANCHORS[text.align]}'
        f'{_FACES[text.face]} fill="{text.ink.fill}">{escape(text.words, quote=False)}</text>'
    )


def _drawn(shape: Drawn) -> str:
    """Write the outline of a shape, and once more for its hatching."""
    ink = shape.ink
    path = "".join(f"{letter}{_numbers(*points)}" for letter, points in shape.outline)
    opacity = f' opacity="{_number(ink.opacity)}"' if ink.opacity < 1 else ""
    style = f' fill="{ink.fill or "none"}"{opacity}'
    if ink.edge:
        style += f' stroke="{ink.edge}" stroke-width="{_number(ink.width)}"'
    if ink.dashes:
        lengths = " ".join(_number(length * ink.width) for length in ink.dashes)
        style += f' stroke-dasharray="{lengths}"'
    elif isinstance(shape, Line):
        style += ' stroke-linecap="square"'
    written = f'<path d="{path}"{style}/>' if ink.fill or ink.edge else ""
    if ink.hatch:
        written += f'<path d="{path}" fill="url(#{_name(ink.hatch, ink.hatch_colour)})"{opacity}/>'
    return written


def _name(hatch: str, colour: str) -> str:
    """Return the name of a pattern, which pictures on one page can share."""
    return f"{'dots' if '.' in hatch else 'lines'}{len(hatch)}-{colour.removeprefix('#')}"


def _pattern(hatch: str, colour: str) -> str:
    """Write a hatching: slanted lines, or dots in alternately shifted rows."""
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
