"""Up to four crossing sets: each is a rectangle, and each part of them a tile with room for names.

Two sets share columns, two more share rows: the columns are *only the first*, *both*, *only the
second*, *neither*, and rows are the same. A column or a row without a part is left out, so the
picture shows whether sets cross, one contains the other, or they have nothing in common.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING, Any

from iamlab.view.drawing.measure import SMALL, TEXT, TITLE, height_of, lines_of, width_of
from iamlab.view.drawing.shapes import Ink, Line, Rectangle
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.folding import MORE, at_most
from iamlab.view.scene import Node
from iamlab.view.style import INK, LOOKS, PALE_INK, SILENT_AREA

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.view.drawing.shapes import Point
    from iamlab.view.scene import Scene
    from iamlab.view.style import Look

SET, PART, ITEM = "set", "part", "item"
"""Kinds of nodes; an item's parent is the part that it is in."""
MOST_SETS = 4
MOST = 8
"""The largest number of items in a tile; others are counted."""
GAP = 0.31
"""Between two tiles, where the edges of the sets run."""
INNER, OUTER = 0.1, 0.2
"""The distance of a set's edge from its tiles: of the smaller set, and of one around it."""
LABEL_ROOM = 1.44
"""For the names of the sets that share rows, at the left."""
LINE, NOTE_LINE, HEADING = 0.21, 0.17, 0.24
PADDING = 0.1
TILE, SLIM_TILE = 2.85, 2.0
"""The width of a tile if there is room; in a slim one all text is small."""
LEAST_HEIGHT, HEAD = 0.9, 0.42
LEAST_ROOM, LESS = 5.0, 0.6
"""The least width of the words below the sets, and how much narrower than the sheet they are."""
_DASHES = ((), (6, 2), (1, 1.2), (6, 2, 1, 2))
_ORDERS = (("",), ("1", "0"), ("10", "11", "01", "00"))


def part_id(inside: Iterable[bool]) -> str:
    """Return the id of the part that is inside some of the sets.

    Examples
    --------
    >>> part_id([True, False])
    'part10'
    """
    return PART + "".join(str(int(has)) for has in inside)


def draw_sets(
    scene: Scene, nothing: str, title: str = "", below: Sequence[str] = (), look: Look | None = None
) -> Sheet:
    """Draw sets, and the items in each part of them.

    Parameters
    ----------
    scene
        Nodes of the kinds ``SET``, at most ``MOST_SETS``, ``PART`` and ``ITEM``. A part with a look
        is highlighted. An explicit deny strikes an item through.
    nothing
        The words in a part that has no items.
    title, below, look
        Words above and below the sets; the look of those below.
    """
    drawing = _Sets(at_most(scene, {ITEM: MOST}), nothing)
    sheet = drawing.sheet
    sheet.text(MARGIN, 0.26, title, size=TITLE, face="bold", room=PAGE - 2 * MARGIN)
    y = drawing.draw(0.5 if title else MARGIN)
    room = max(sheet.width - LESS, LEAST_ROOM)
    for words in below:
        y += 0.1
        style: dict[str, Any] = {"size": TEXT, "face": "bold"} if look else {"size": SMALL}
        colour = look.colour if look else INK
        y += sheet.paragraph(MARGIN, y, words, room, colour, most=4, fact=False, **style)
    return sheet


class _Sets:
    """The layout of sets, and the sheet."""

    def __init__(self, scene: Scene, nothing: str) -> None:
        self.sheet, self.nothing = Sheet(), nothing
        self.parts: dict[str, Node] = {}
        self.items: dict[str, list[Node]] = defaultdict(list)
        for node in scene.nodes:
            if node.kind == PART:
                self.parts[node.id.removeprefix(PART)] = node
            elif node.kind in (ITEM, MORE):
                self.items[node.parent.removeprefix(PART)].append(node)
        sets = [node for node in scene.nodes if node.kind == SET]
        self.across = _Axis(sets[:2], {part[:2] for part in self.parts})
        self.down = _Axis(sets[2:], {part[2:] for part in self.parts})
        for row, column in product(self.down.places, self.across.places):
            self.parts.setdefault(column + row, Node(f"{PART}{column}{row}", ""))

    def draw(self, top: float) -> float:
        """Draw the sets below ``top``; return their lower end."""
        across, down = self.across, self.down
        around = 2 * OUTER if down.sets else OUTER
        left = MARGIN + OUTER + (LABEL_ROOM + INNER if down.sets else 0)
        whole = PAGE - MARGIN - left - around
        width = min(TILE, (whole + GAP) / len(across.places) - GAP)
        room = (width - INNER) / 2 if across.shares_names else width
        names = [lines_of(node.text, room, TEXT, "bold", most=2) for node in across.sets]
        head = max(names) * height_of(TEXT) + HEAD if names else 0
        xs = [(left + place * (width + GAP), width) for place in range(len(across.places))]
        least = LEAST_HEIGHT + (0.35 if down.shares_names else 0)
        ys, y = [], top + head + around - OUTER
        for row in down.places:
            ys.append((y, max([least, *(self._height(column + row) for column in across.places)])))
            y += ys[-1][1] + GAP
        bottom, right = y - GAP + around, xs[-1][0] + width
        for number, node in enumerate(across.sets):
            pad, (start, end) = across.pads[number], across.span(number, xs)
            inner = OUTER - pad
            self._outline((start - pad, top + inner / 2), (end + pad, bottom - inner), number)
            # A name is aligned with its tiles, the second set's to the right.
            at, align = (end, "right") if number else (start, "left")
            y = top + 0.12
            y += self.sheet.paragraph(at, y, node.text, room, face="bold", most=2, align=align)
            self.sheet.note(at, y + height_of(SMALL) / 2, node.note, align=align, room=room)
        room = LABEL_ROOM - 2 * INNER
        for number, node in enumerate(down.sets):
            pad, (start, end) = down.pads[number], down.span(number, ys)
            x = left - OUTER - LABEL_ROOM + (OUTER - pad) / 2
            self._outline((x, start - pad), (right + OUTER + pad, end + pad), number + 2)
            tall = lines_of(node.text, room, TEXT, "bold") * height_of(TEXT)
            tall += lines_of(node.note, room, SMALL, most=2) * height_of(SMALL)
            y = end + pad - INNER - tall if number else start - pad + INNER
            y += self.sheet.paragraph(x + INNER, y, node.text, room, face="bold")
            self.sheet.paragraph(x + INNER, y, node.note, room, PALE_INK, size=SMALL, most=2)
        for row, (y, height) in zip(down.places, ys, strict=True):
            for column, (x, _) in zip(across.places, xs, strict=True):
                self._draw_tile(column + row, (x, y), (width, height))
        return bottom

    def _height(self, part: str) -> float:
        """Return the height of the words of a tile."""
        title = HEADING if _title(self.parts[part]) else 0
        return 2 * PADDING + title + sum(map(_item_height, self.items[part]))

    def _outline(self, start: Point, end: Point, number: int) -> None:
        """Draw a set: a pale area, darker where sets cross, and an edge with its own dashes."""
        area = Ink(fill=SILENT_AREA, opacity=0.7, layer=0)
        for ink in (area, Ink(edge=INK, width=1.5, dashes=_DASHES[number], layer=1)):
            self.sheet.draw(Rectangle(*start, end[0] - start[0], end[1] - start[1], ink, 0.12))
        self.sheet.reach(*end)

    def _draw_tile(self, part: str, place: Point, size: Point) -> None:
        x, y, room = place[0] + PADDING, place[1] + PADDING, size[0] - 2 * PADDING
        letters, look = SMALL if size[0] < SLIM_TILE else TEXT, self.parts[part].look
        if look:
            self.sheet.area(place, size, look.area, edge=look.colour)
        if title := _title(self.parts[part]):
            colour, face = (look.colour, "bold") if look else (PALE_INK, "sans")
            self.sheet.note(x, y + 0.08, title, colour, face=face, room=room, fact=False)
            y += HEADING
        if not self.items[part]:
            self.sheet.note(x, y + LINE / 2, self.nothing, room=room, fact=False)
        indent = width_of("✕ ", letters)
        for item in self.items[part]:
            middle, colour = y + LINE / 2, item.look.colour if item.look else INK
            style: dict[str, Any] = {"size": letters, "room": room, "fact": item.kind == ITEM}
            taken = self.sheet.text(x, middle, item.text, colour, **style)
            if item.look == LOOKS["explicitDeny"]:
                ends = ((x + indent, middle), (x + taken, middle))
                self.sheet.draw(Line(ends, Ink(edge=colour, width=0.9, layer=7)))
            self.sheet.note(x + indent, middle + NOTE_LINE, item.note, room=room - indent)
            y += _item_height(item)


def _title(part: Node) -> str:
    return ": ".join(filter(None, (part.text, str(part.look or ""))))


def _item_height(item: Node) -> float:
    return LINE + (NOTE_LINE if item.note else 0)


class _Axis:
    """The columns or the rows that are drawn, and the sets that share them.

    An empty set gets a place, so it can be drawn. The edge of a larger set is around that of a
    smaller one; disjoint sets are apart.
    """

    def __init__(self, sets: Sequence[Node], used: set[str]) -> None:
        self.sets = sets
        for number in range(len(sets)):
            if not any(part[number] == "1" for part in used):
                used.add("01" if number else "10"[: len(sets)])
        self.places = [part for part in _ORDERS[len(sets)] if part in used]
        inside = [[part[number] == "1" for part in self.places] for number in range(len(sets))]
        self._ends = [(own.index(True), own.index(True) + sum(own) - 1) for own in inside]
        self.pads = [OUTER] * len(sets)
        if len(sets) > 1:
            larger = 0 if sum(inside[0]) >= sum(inside[1]) else 1
            self.pads = [INNER, INNER]
            self.pads[larger] = OUTER if "11" in self.places else INNER

    def span(self, number: int, sizes: Sequence[Point]) -> Point:
        """Return the start and the end of the tiles of a set."""
        first, last = self._ends[number]
        return sizes[first][0], sum(sizes[last])

    @property
    def shares_names(self) -> bool:
        """Whether the names of two sets are at the same place."""
        return len(self.sets) > 1 and self._ends[0][0] == self._ends[1][1]
