"""How a door looks: open, shut, barred, or not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.view.style import (
    ALLOW,
    ALLOW_AREA,
    DENY,
    DENY_AREA,
    INK,
    PALE_LINE,
    PAPER,
    SILENT,
    SILENT_AREA,
)

if TYPE_CHECKING:
    from iamlab.view.drawing.sheet import Point, Sheet
    from iamlab.view.figures.decision.two_doors_plan import State

WIDE, TALL = 0.72, 1.1
COLOURS = {
    "open": (ALLOW, ALLOW_AREA),
    "shut": (SILENT, SILENT_AREA),
    "barred": (DENY, DENY_AREA),
    "absent": (PALE_LINE, PAPER),
}


def draw_door(sheet: Sheet, state: State, place: Point) -> None:
    """Draw a door by the middle of its left edge: its frame, and its leaf if it has one."""
    from matplotlib.patches import Polygon, Rectangle

    x, y = place
    top, bottom = y - TALL / 2, y + TALL / 2
    colour, area = COLOURS[state]
    dashed = state == "absent"
    frame = Rectangle(
        (x, top), WIDE, TALL, facecolor=area if state != "shut" else PAPER, edgecolor=colour,
        linewidth=2.2 if not dashed else 1.1, linestyle=(0, (4, 3)) if dashed else "solid",
        zorder=2,
    )  # fmt: skip
    sheet.axes.add_patch(frame)
    sheet.reach(x + WIDE, bottom)
    if state == "open":
        swung = [(x, top), (x - 0.3, top + 0.13), (x - 0.3, bottom + 0.13), (x, bottom)]
        leaf = Polygon(swung, facecolor=PAPER, edgecolor=colour, linewidth=1.6, zorder=2)
        sheet.axes.add_patch(leaf)
        sheet.reach(x, bottom + 0.13)
        return
    if dashed:
        return
    inner = Rectangle(
        (x + 0.06, top + 0.06), WIDE - 0.12, TALL - 0.06, facecolor=area, edgecolor=colour,
        linewidth=0.8, hatch="...." if state == "shut" else None, zorder=3,
    )  # fmt: skip
    sheet.axes.add_patch(inner)
    if state == "barred":
        for one, other in ((top + 0.22, bottom - 0.22), (bottom - 0.22, top + 0.22)):
            sheet.axes.plot(
                [x - 0.04, x + WIDE + 0.04], [one, other], color=colour, linewidth=5, zorder=4
            )
    else:
        sheet.axes.plot([x + WIDE - 0.16], [y], color=INK, marker="o", markersize=5, zorder=4)
