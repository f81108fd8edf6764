"""Shapes drawn with matplotlib: for PNG and PDF, and for your own additions.

Only this module imports matplotlib, and only when something is drawn.
"""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any

from iamlab.view.drawing.shapes import Line, Text
from iamlab.view.style import PAPER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    from iamlab.view.drawing.measure import Face
    from iamlab.view.drawing.shapes import Drawn
    from iamlab.view.drawing.sheet import Sheet

SHARPNESS = 300
"""Dots per inch of a PNG, enough for print."""
_FAMILIES = {"sans": "DejaVu Sans", "bold": "DejaVu Sans", "mono": "DejaVu Sans Mono"}
_CODES = {"M": 1, "L": 2, "C": 4, "Z": 79}
"""Matplotlib's codes for the steps of an outline."""
_UNDATED: dict[str, dict[str, Any]] = {
    "png": {"Software": "iamlab"},
    "pdf": {"CreationDate": None, "Creator": "iamlab", "Producer": "iamlab"},
}
_LOOK: dict[Any, Any] = {
    "text.hinting": "none",  # with hinting, letters of a PNG are wider than measured
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
        for artist in [_text(shape)] if isinstance(shape, Text) else _patches(shape):
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
    """Return a font; matplotlib ships all three."""
    from matplotlib.font_manager import FontProperties

    weight: Any = "bold" if face == "bold" else "normal"
    return FontProperties(family=_FAMILIES[face], weight=weight, size=size)


def _text(text: Text) -> Artist:
    from matplotlib.text import Text as Artist

    return Artist(
        text.x,
        text.y,
        text.words,
        color=text.ink.fill,
        fontproperties=font(text.size, text.face),
        parse_math=False,  # a dollar sign begins no formula
        ha=text.align,
        va="bottom" if text.rotation else "center",
        rotation=text.rotation,
        rotation_mode="anchor",
    )


def _patches(shape: Drawn) -> Iterator[Artist]:
    """Make the outline of a shape, and once more for its hatching."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    points = [point for _, own in shape.outline for point in own or [(0.0, 0.0)]]
    codes = [_CODES[letter] for letter, own in shape.outline for _ in own or [()]]
    path, ink = Path(points, codes), shape.ink
    if ink.fill or ink.edge:
        yield PathPatch(
            path,
            fill=bool(ink.fill),
            facecolor=ink.fill or "none",
            edgecolor=ink.edge or "none",
            linewidth=ink.width,
            linestyle=(0, ink.dashes) if ink.dashes else "solid",
            capstyle="projecting" if isinstance(shape, Line) and not ink.dashes else "butt",
            joinstyle="miter",
            alpha=ink.opacity,
        )
    if ink.hatch:
        hatched: dict[str, Any] = {"edgecolor": ink.hatch_colour, "hatch": ink.hatch}
        yield PathPatch(path, fill=False, linewidth=0, alpha=ink.opacity, **hatched)
