"""The same shapes drawn with matplotlib: for PNG and PDF, and for whoever wants to draw on them.

Only this module imports matplotlib, and only when something is drawn.
"""

from __future__ import annotations

import io
from functools import cache, singledispatch
from typing import TYPE_CHECKING, Any

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
    from collections.abc import Callable, Iterator

    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import Patch

    from iamlab.view.drawing.measure import Face
    from iamlab.view.drawing.shapes import Ink, Shape
    from iamlab.view.drawing.sheet import Sheet

SHARPNESS = 300
"""Dots per inch of a PNG: what a printer wants."""
_FAMILIES = {"sans": "DejaVu Sans", "bold": "DejaVu Sans", "mono": "DejaVu Sans Mono"}
_UNDATED: dict[str, dict[str, Any]] = {
    "png": {"Software": "iamlab"},
    "pdf": {"CreationDate": None, "Creator": "iamlab", "Producer": "iamlab"},
}
_LOOK: dict[Any, Any] = {
    "text.hinting": "none",  # letters of a PNG would be wider than they were measured
    "pdf.fonttype": 42,
    "hatch.linewidth": 0.9,
}


def to_figure(sheet: Sheet) -> Figure:
    """Make a matplotlib figure of what is on a sheet, as large as the sheet."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(sheet.width, sheet.height), facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, sheet.width)
    axes.set_ylim(sheet.height, 0)  # rows are counted from the top
    for shape in sheet.shapes:
        for artist in _artists(shape):
            artist.set_zorder(shape.ink.layer)
            axes.add_artist(artist)
    return figure


def to_bytes(figure: Figure, kind: str) -> bytes:
    """Save a figure as ``png`` or ``pdf``; the same figure gives the same bytes."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context(_LOOK):
        figure.savefig(buffer, format=kind, dpi=SHARPNESS, metadata=_UNDATED[kind])
    return buffer.getvalue()


@cache
def font(size: float, face: Face) -> FontProperties:
    """Give a font; matplotlib ships all three."""
    from matplotlib.font_manager import FontProperties

    weight: Any = "bold" if face == "bold" else "normal"
    return FontProperties(family=_FAMILIES[face], weight=weight, size=size)


# -- shapes ----------------------------------------------------------------------------------------


@singledispatch
def _artists(shape: Shape) -> Iterator[Artist]:
    raise TypeError(shape)


@_artists.register(Text)
def _(shape: Text) -> Iterator[Artist]:
    from matplotlib import text

    behind = {"facecolor": shape.behind, "edgecolor": "none", "pad": ON_LINE}
    yield text.Text(
        shape.x,
        shape.y,
        shape.words,
        color=shape.ink.fill,
        fontproperties=font(shape.size, shape.face),
        parse_math=False,  # dollar signs are dollar signs
        ha=shape.align,
        va="bottom" if shape.rotation else "center",
        rotation=shape.rotation,
        rotation_mode="anchor",
        bbox=behind if shape.behind else None,
    )


@_artists.register(Rectangle)
def _(shape: Rectangle) -> Iterator[Artist]:
    from matplotlib import patches

    place = ((shape.x, shape.y), shape.width, shape.height)
    if shape.rounding:
        style = f"round,pad=0,rounding_size={shape.rounding}"
        return _inked(lambda ink: patches.FancyBboxPatch(*place, boxstyle=style, **ink), shape.ink)
    return _inked(lambda ink: patches.Rectangle(*place, **ink), shape.ink)


@_artists.register(Tiles)
def _(shape: Tiles) -> Iterator[Artist]:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    corners, codes = [], [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * len(shape.places)
    for (x, y), (width, height) in shape.places:
        right, bottom = x + width, y + height
        corners += [(x, y), (right, y), (right, bottom), (x, bottom), (x, y)]
    path = Path(corners, codes)
    return _inked(lambda ink: PathPatch(path, **ink), shape.ink)


@_artists.register(Circle)
def _(shape: Circle) -> Iterator[Artist]:
    from matplotlib import patches

    return _inked(lambda ink: patches.Circle((shape.x, shape.y), shape.radius, **ink), shape.ink)


@_artists.register(Line)
def _(shape: Line) -> Iterator[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Polygon

    ink = shape.ink
    if ink.fill:
        yield from _inked(lambda ink: Polygon(shape.points, **ink), ink)
    else:
        xs, ys = zip(*shape.points, strict=True)
        yield Line2D(xs, ys, color=ink.edge, linewidth=ink.width, linestyle=_style(ink))


@_artists.register(Curve)
def _(shape: Curve) -> Iterator[Artist]:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    codes = [Path.MOVETO, *[Path.CURVE4] * (len(shape.points) - 1)]
    head = f"-|>,head_length={ARROW_LENGTH},head_width={ARROW_WIDTH}"
    yield FancyArrowPatch(
        path=Path(shape.points, codes),
        arrowstyle=head if shape.arrow else "-",
        color=shape.ink.edge,
        linewidth=shape.ink.width,
        linestyle=_style(shape.ink),
        joinstyle="miter",
        capstyle="butt",
        shrinkA=0,
        shrinkB=0,
    )


def _inked(make: Callable[[dict[str, Any]], Patch], ink: Ink) -> Iterator[Artist]:
    """Make an area with its outline, and once more with its hatching."""
    if ink.fill or ink.edge:
        yield make(
            {
                "fill": bool(ink.fill),
                "facecolor": ink.fill or "none",
                "edgecolor": ink.edge or "none",
                "linewidth": ink.width,
                "linestyle": _style(ink),
                "alpha": ink.opacity,
            }
        )
    if ink.hatch:
        yield make(
            {
                "fill": False,
                "edgecolor": ink.hatch_colour,
                "linewidth": 0,
                "hatch": ink.hatch,
                "alpha": ink.opacity,
            }
        )


def _style(ink: Ink) -> Any:
    return (0, ink.dashes) if ink.dashes else "solid"
