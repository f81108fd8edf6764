"""Branches: boxes in columns from left to right, each in the middle of its children.

A box has a name and, below it, details. The label of edges, such as OR, is written once, where the
lines begin.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from iamlab.view.drawing.measure import SMALL, height_of, lines_of
from iamlab.view.drawing.sheet import MARGIN, PAD, PAGE, Box, Sheet
from iamlab.view.folding import MORE
from iamlab.view.style import ABSENT, INK, PAPER, Look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.view.drawing.shapes import Point
    from iamlab.view.scene import Node, Scene

PLAIN = Look("", "", INK, PAPER)
LEFTS, WIDTHS = (MARGIN, 2.75, 5.95, 7.9), (1.85, 2.6, 1.85, 1.9)
GAPS = (0.3, 0.16, 0.07, 0.07)
"""Below a box of each column."""
HEADINGS, TOP, NAME = 0.62, 0.8, 0.32


def draw_branches(scene: Scene, title: str, look: Look | None = None) -> Sheet:
    """Draw boxes, and lines to those in the next column.

    Parameters
    ----------
    scene
        Its columns have headings. Boxes with details that don't stay are dashed.
    title, look
        The words above the boxes, and the outcome beside them.
    """
    branches = _Branches(scene)
    sheet = branches.sheet
    sheet.text(MARGIN, 0.27, title, face="bold", room=7.4)
    if look:
        sheet.text(PAGE - MARGIN, 0.27, str(look), look.colour, face="bold", align="right")
    for left, column in zip(LEFTS, scene.columns.values(), strict=False):
        sheet.heading(left, HEADINGS, column.title)
    branches.draw(branches.inside[""][0], TOP, None)
    return sheet


class _Branches:
    """The layout of branches, and the sheet."""

    def __init__(self, scene: Scene) -> None:
        self.sheet = Sheet(PAGE)
        self.joints = {edge.target: edge.label for edge in scene.edges}
        self.inside: dict[str, dict[int, list[Node]]] = defaultdict(lambda: defaultdict(list))
        for node in scene.nodes:
            self.inside[node.parent][node.column].append(node)

    def draw(self, nodes: Sequence[Node], top: float, start: Point | None) -> None:
        """Draw nodes below each other, and lines to them."""
        for node in nodes:
            middle = top + self._height(node) / 2
            top += self._height(node) + GAPS[node.column]
            box = self._draw_box(node, middle)
            if start and node.text:
                self.sheet.line(start, box.left, box.colour, bold=box.bold, dashed=box.dashed)
            for column, inner in self.inside[node.id].items():
                is_next, (x, y) = column == node.column + 1, box.right
                if is_next and (word := self.joints.get(inner[0].id)):
                    x += 0.12 + self.sheet.note(x + 0.06, y, word, INK, face="bold", fact=False)
                self.draw(inner, middle - self._tall(inner) / 2, (x, y) if is_next else None)

    def _draw_box(self, node: Node, middle: float) -> Box:
        """Draw a box; without a name it only has details."""
        look, height = node.look or PLAIN, _own_height(node)
        dashed = look is ABSENT or bool(node.details and not node.stays)
        style: dict[str, Any] = {"bold": node.highlighted, "dashed": dashed, "height": height}
        x, width = LEFTS[node.column], WIDTHS[node.column]
        box = Box(x, middle, width, "", "", look.colour, look.area, **style)
        x, y, room = x + PAD, middle - height / 2, width - 2 * PAD
        if node.text:
            self.sheet.box(box)
            face = "bold" if box.bold else "sans"
            style = {"face": face, "room": room, "fact": node.kind != MORE}
            self.sheet.text(x, y + NAME / 2, node.text, box.colour, **style)
            y += NAME - 0.03
        for detail in node.details:
            y += self.sheet.paragraph(x, y, detail, room, size=SMALL, most=2)
        return box

    def _height(self, node: Node) -> float:
        """Return the height of a node with its children."""
        return max([_own_height(node), *map(self._tall, self.inside[node.id].values())])

    def _tall(self, nodes: Sequence[Node]) -> float:
        gap = GAPS[nodes[0].column]
        return sum(self._height(node) + gap for node in nodes) - gap


def _own_height(node: Node) -> float:
    room = WIDTHS[node.column] - 2 * PAD
    lines = sum(lines_of(detail, room, SMALL, most=2) for detail in node.details)
    return (NAME if node.text else 0) + lines * height_of(SMALL) + (0.05 if lines else 0)
