"""The outlines of the sets of a figure, and what is inside of them."""

from __future__ import annotations

from matplotlib.patches import FancyBboxPatch


def outlines(figure):
    """Give the rectangle of each set, in their order: left, top, right, bottom."""
    shapes = [
        patch
        for patch in figure.drawing.axes[0].patches
        if isinstance(patch, FancyBboxPatch) and not patch.get_fill()
    ]
    return [
        (one.get_x(), one.get_y(), one.get_x() + one.get_width(), one.get_y() + one.get_height())
        for one in shapes
    ]


def around(figure, text):
    """Say which sets a text stands in."""
    [label] = [one for one in figure.drawing.axes[0].texts if one.get_text() == text]
    x, y = label.get_position()
    return tuple(
        left < x < right and top < y < bottom for left, top, right, bottom in outlines(figure)
    )
