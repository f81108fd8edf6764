"""The outlines of the sets of a figure, and what is inside of them."""

from __future__ import annotations

from iamlab.view.drawing.shapes import Rectangle


def outlines(figure):
    """Give the rectangle of each set, in their order: left, top, right, bottom."""
    return [
        (one.x, one.y, one.x + one.width, one.y + one.height)
        for one in figure.sheet.shapes
        if isinstance(one, Rectangle) and one.rounding and not one.ink.fill
    ]


def around(figure, text):
    """Say which sets a text stands in."""
    [label] = [one for one in figure.drawing.axes[0].texts if one.get_text() == text]
    x, y = label.get_position()
    return tuple(
        left < x < right and top < y < bottom for left, top, right, bottom in outlines(figure)
    )
