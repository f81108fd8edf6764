"""The outlines of the sets of a figure, and what is inside of them."""

from __future__ import annotations

from iamlab.view.drawing.shapes import Rectangle


def outlines(figure):
    """Return the rectangle of each set, in their order: left, top, right, bottom."""
    return [
        (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)
        for shape in figure.sheet.shapes
        if isinstance(shape, Rectangle) and shape.rounding and not shape.ink.fill
    ]


def around(figure, text):
    """Return the sets that a text is in."""
    [label] = [label for label in figure.drawing.axes[0].texts if label.get_text() == text]
    x, y = label.get_position()
    return tuple(
        left < x < right and top < y < bottom for left, top, right, bottom in outlines(figure)
    )
