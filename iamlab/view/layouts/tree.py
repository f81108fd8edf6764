"""A tree: nodes written like folders, with columns of words beside each.

The nodes in a node are below it and further to the right, so a large tree is only longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.view.drawing.measure import SMALL, TEXT, widest, wrap
from iamlab.view.drawing.sheet import MARGIN, PAGE, Box, Sheet
from iamlab.view.style import ALLOW, DENY, DENY_AREA, INK, LIT_AREA, PALE_INK, PALE_LINE, PAPER

if TYPE_CHECKING:
    from iamlab.view.drawing.shapes import Point
    from iamlab.view.scene import Cell, Column, Node, Scene

INDENT, DEEPEST = 0.3, 6
"""The indentation of a node, and the largest number of indentations."""
BOX, GAP, ROOM = 2.5, 0.25, 3.4
"""The width of a box, the gap beside a column, the largest width of a column."""
HEIGHT, TALL = 0.3, 0.44
BETWEEN, WIDE = 0.045, 0.085
"""The space above and below a box, without and with words beside it."""
LINE = 0.19


def draw_tree(scene: Scene, heading: str) -> Sheet:
    """Draw nodes below their parents; a highlighted path is bold down to the node that blocks it.

    Parameters
    ----------
    heading
        The heading above the nodes; columns have titles of their own.
    """
    sheet, depths = Sheet(), scene.depths()
    lefts, room = _columns(scene, max(depths.values()))
    sheet.heading(MARGIN, 0.28, heading)
    for key, column in scene.columns.items():
        sheet.heading(lefts[key], 0.28, column.title.upper())
    has_path = any(node.highlighted for node in scene.nodes)
    boxes: dict[str, Box] = {}
    passes: dict[str, bool] = {}
    bottom = 0.42
    for node in scene.nodes:
        has_words = any(cell.words for cell in node.cells.values())
        height = TALL if node.note or has_words else HEIGHT
        between = WIDE if has_words else BETWEEN
        y, bottom = bottom + between + height / 2, bottom + height + 2 * between
        x = MARGIN + min(depths[node.id], DEEPEST) * INDENT
        boxes[node.id] = box = _box(node, (x, y), height, is_pale=has_path and not node.highlighted)
        comes, sheet.part = passes.get(node.parent, True), node.id
        if node.parent in boxes:
            _branch(sheet, boxes[node.parent], box, is_on_path=node.highlighted, comes=comes)
        passes[node.id] = comes and not node.blocks
        for key, column in scene.columns.items():
            if key in node.cells:
                _beside(sheet, node.cells[key], column, (lefts[key], y), room)
    for sheet.part, box in boxes.items():
        sheet.box(box)
    return sheet


def _columns(scene: Scene, deepest: int) -> tuple[dict[Any, float], float]:
    """Return the left end of each column, and the width of all columns."""
    left = MARGIN + min(deepest, DEEPEST) * INDENT + BOX + GAP
    room = min(ROOM, (PAGE - MARGIN - left + GAP) / max(len(scene.columns), 1) - GAP)
    return {key: left + place * (room + GAP) for place, key in enumerate(scene.columns)}, room


def _box(node: Node, place: Point, height: float, *, is_pale: bool) -> Box:
    colour = DENY if node.blocks else PALE_INK if is_pale else INK
    area = DENY_AREA if node.blocks else LIT_AREA if node.is_end else PAPER
    bold = node.highlighted
    return Box(*place, BOX, node.text, node.note, colour, area, bold=bold, height=height)


def _branch(sheet: Sheet, above: Box, box: Box, *, is_on_path: bool, comes: bool) -> None:
    corner = above.x + INDENT / 2, box.y
    colour = ALLOW if is_on_path and comes else PALE_LINE
    style = {"bold": is_on_path and comes, "dashed": is_on_path and not comes}
    sheet.straight((corner[0], above.bottom[1]), corner, colour, **style)
    sheet.straight(corner, box.left, colour, **style)


def _beside(sheet: Sheet, cell: Cell, column: Column, place: Point, room: float) -> None:
    """Write the names in a cell, the pale ones last, and its words below them."""
    x, y = place
    lines: list[str] = []
    style: dict[str, Any] = {"size": SMALL}
    if cell.short:
        whole = str(cell) if cell.blocks else cell.short
        lines = [whole if widest([whole], TEXT, "bold") <= room else cell.short]
        style = {"size": TEXT, "face": "bold"}
    elif cell.words:
        lines = wrap(str(cell), room, SMALL, most=3)
    colour = cell.look.colour if cell.look else INK
    above = len(lines) + (cell.names is None)  # words without names are in the middle
    top, end = y - above * LINE / 2, x + room
    for number, line in enumerate(lines, 1):
        sheet.text(x, top + number * LINE, line, colour, room=room, **style)
    names = sorted(cell.names or (), key=column.pale.__contains__)
    for number, name in enumerate(names):
        size, ink = (SMALL, PALE_INK) if name in column.pale else (TEXT, INK)
        more = len(names) - number - 1
        left = end - x - (widest([f"  +{more}"], SMALL) if more else 0)
        if number and left < min(widest([name], size), 0.9):
            sheet.note(x, top, f"+{more + 1}", fact=False)
            return
        x += sheet.text(x, top, name, ink, size=size, room=left) + 0.14
