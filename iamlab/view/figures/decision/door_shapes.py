"""How a door looks: open, shut, barred, or not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.view.drawing.shapes import Circle, Ink, Line, Rectangle
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
    from iamlab.view.drawing.shapes import Point
    from iamlab.view.drawing.sheet import Sheet
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
    x, y = place
    top, bottom = y - TALL / 2, y + TALL / 2
    colour, area = COLOURS[state]
    dashed = state == "absent"
    edge = Ink(
        fill=PAPER if state == "shut" else area,
        edge=colour,
        width=1.1 if dashed else 2.2,
        dashes=(4, 3) if dashed else (),
    )
    sheet.draw(Rectangle(x, top, WIDE, TALL, edge))
    sheet.reach(x + WIDE, bottom)
    if state == "open":
        swung = ((x, top), (x - 0.3, top + 0.13), (x - 0.3, bottom + 0.13), (x, bottom))
        sheet.draw(Line(swung, Ink(fill=PAPER, edge=colour, width=1.6)))
        sheet.reach(x, bottom + 0.13)
        return
    if dashed:
        return
    hatch = "...." if state == "shut" else ""
    leaf = Ink(fill=area, edge=colour, width=0.8, hatch=hatch, hatch_colour=colour, layer=3)
    sheet.draw(Rectangle(x + 0.06, top + 0.06, WIDE - 0.12, TALL - 0.06, leaf))
    if state == "barred":
        for start, end in ((top + 0.22, bottom - 0.22), (bottom - 0.22, top + 0.22)):
            ends = ((x - 0.04, start), (x + WIDE + 0.04, end))
            sheet.draw(Line(ends, Ink(edge=colour, width=5, layer=4)))
    else:
        sheet.draw(Circle(x + WIDE - 0.16, y, 0.04, Ink(fill=INK, layer=4)))
