"""A path: boxes in columns from left to right, then down through stops to the last node.

Boxes that lead to an Allow come first, then those that lead to a Deny. Their lines are bold, and
have its colour.

Nodes of the first frame are above, those of the second below. The line down passes gates and marks,
and the mark where the second frame joins. With one mark and no gate there is no such line: the last
node is directly after the others.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from iamlab.view.drawing.measure import SMALL, TEXT, TITLE, lines_of, widest
from iamlab.view.drawing.sheet import FRAME, MARGIN, PAD, PAGE, ROW, Box, Sheet
from iamlab.view.style import ALLOW, DENY, INK, LIT_AREA, PALE_INK, PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.view.drawing.shapes import Point
    from iamlab.view.scene import Edge, Node, Scene

LINK, GATE, MARK = "session", "gate", "mark"
"""Kinds of nodes: a session before the first node, a bar across the line, a symbol on it."""

LINK_ROW = 0.84  # the distance of two links
HEADING, HEAD = 0.3, 0.42  # of a column, of a frame
HALF = 0.28  # half a box, with some air
TO_GATE = 0.46  # from the stop above
BELOW = 0.42  # room for the words of the last stop
LINE = 0.17  # the distance of two lines of small text
NOTES = 0.68  # from the middle of the last node to the end of the words below it
TRUNK = 0.24  # from the left edge of the last column to the line down
WORDS = 0.2  # from the line down to the words of a stop
OPEN_BAR, SHUT_BAR = 0.02, 0.06  # how thick a gate is
GAP = 0.13  # half of an open gate's gap
LIMITS = ((1.05, 1.75), (1.05, 1.7), (1.4, 2.3), (1.5, 2.5), (1.9, 2.75))
"""The least and the largest width of each column."""
BONUS = (0.0, 0.0, 0.0, 0.25, 0.4)
"""How much wider a column can be than others, if there is little room."""
SYMBOLS, COLOURS = ("✓", "✕"), (ALLOW, DENY)
"""The symbols of nodes that lead on, the first ones above the others, and the colours of lines."""
BESIDE, STEP = 0.3, 0.02
"""The gap between columns, and the step by which a column gets narrower."""


def draw_path(scene: Scene) -> Sheet:
    """Draw a path.

    Parameters
    ----------
    scene
        Its nodes are in columns: first the caller, then policies and statements, then the stops and
        the last node, whose details are drawn below it. An edge to a stop is dashed if no request
        passes it.
    """
    path = _Path(scene)
    path.draw()
    return path.sheet


class _Path:
    """The layout of a path: the places of its nodes, and the sheet."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.sheet, self.last = scene, Sheet(), max(scene.columns)
        self.nodes = {node.id: node for node in scene.drawn}
        nodes = self.nodes.values()
        self.links = [node for node in nodes if node.kind == LINK]
        self.stops = [node for node in nodes if node.kind in (GATE, MARK)]
        self.caller = next(node for node in nodes if not node.column and node.kind != LINK)
        self.target = next(n for n in nodes if n.column == self.last and n not in self.stops)
        self.inside: dict[str, list[Node]] = defaultdict(list)
        for node in nodes:
            if 0 < node.column < self.last:
                self.inside[node.parent].append(node)
        ends = self.caller, self.target
        self.rows = list(self._rows(node for end in ends for node in self.inside[end.id]))
        self.out: dict[str, list[Edge]] = defaultdict(list)
        for edge in scene.edges:
            self.out[edge.source].append(edge)
        to_first = [edge for edge in scene.edges if edge.target == self.stops[0].id]
        self.direct = [edge for edge in to_first if self.nodes[edge.source].column < 2]
        gates = [stop for stop in self.stops if stop.kind == GATE]
        self.is_straight = not gates and not any(map(self._is_below, (*self.rows, *self.stops)))
        self.has_frames = self.caller.frame in scene.frames
        self.y: dict[str, float] = {}
        self.frames: list[tuple[float, float, float, float]] = []
        self._across()
        self._down()

    def _rows(self, nodes: Iterable[Node]) -> Iterator[Node]:
        """Yield the policies and statements that are innermost, first those that lead on."""
        for node in sorted(nodes, key=self._rank):
            if self.inside[node.id]:
                yield from self._rows(self.inside[node.id])
            elif node.column > 1:
                yield node

    def _rank(self, node: Node) -> int:
        """Return 0 if an Allow is in a node, 1 for a Deny, 2 for what is highlighted, else 3."""
        if self.inside[node.id]:
            return min(map(self._rank, self.inside[node.id]))
        if node.look and node.look.symbol in SYMBOLS:
            return SYMBOLS.index(node.look.symbol)
        return 2 if node.highlighted else 3

    def _is_below(self, node: Node) -> bool:
        return node.frame == self.target.frame

    # -- columns ---------------------------------------------------------------------------------

    def _across(self) -> None:
        """Find the width of each column: as wide as its words, if the page has room."""
        needs = {number: self._need(number) for number in self.scene.columns}
        gaps = dict.fromkeys(needs, BESIDE)
        # Lines join before the last column.
        gaps[self.last - 1], gaps[self.last] = (0.85 if self.is_straight else 0.45), 0.0
        if self.scene.frames and not self.has_frames:
            gaps[0] += 2 * FRAME
        room = PAGE - 2 * MARGIN - sum(gaps.values()) - (2 * FRAME if self.scene.frames else 0)
        while sum(needs.values()) > room:
            widest_one = max(needs, key=lambda number: needs[number] - BONUS[number])
            needs[widest_one] -= STEP
        self.columns: dict[int, tuple[float, float]] = {}
        left = MARGIN + (FRAME if self.has_frames else 0)
        for number, need in needs.items():
            self.columns[number] = (left, need)
            left += need + gaps[number]
        shift = -gaps[self.last - 1] / 2 if self.is_straight else TRUNK
        self.x = self.columns[self.last][0] + shift

    def _need(self, number: int) -> float:
        own = [node for node in self.nodes.values() if node.column == number]
        boxes = [node for node in own if node not in self.stops]
        notes = [node.note[:60] for node in boxes]
        if number == self.last:
            notes = list(self.target.details)
        bold = widest([node.text[:60] for node in boxes], TEXT, "bold")
        need = max(bold, widest(notes, SMALL)) + 2 * PAD
        if number == self.last and not self.is_straight:
            words = [word[:34] for stop in self.stops for word in (stop.text, stop.note)]
            need = max(need, TRUNK + WORDS + 0.03 + widest(words, SMALL))
        least, most = LIMITS[number]
        return min(max(need, least), most)

    # -- heights ---------------------------------------------------------------------------------

    def _down(self) -> None:
        for number, link in enumerate(self.links):
            self.y[link.id] = MARGIN + HEADING + HALF + number * LINK_ROW
        top = self.y[self.links[-1].id] + LINK_ROW - HALF if self.links else MARGIN
        self.heading, y = top + HEADING / 2, top + HEADING
        if self.is_straight:
            self._place(self.rows, self.stops, y)
            self.y[self.target.id] = self.y[self.stops[0].id]
            return
        left, right = MARGIN, sum(self.columns[self.last]) + FRAME
        above = [stop for stop in self.stops if not self._is_below(stop)]
        if above or self.has_frames:
            rows = [node for node in self.rows if not self._is_below(node)]
            bottom = self._place(rows, above, y + (HEAD if self.has_frames else 0.0))
            if self.has_frames:
                self.frames.append((left, y, right, bottom))
            y = bottom + (0.18 if self.has_frames else 0.0)
        elif self.scene.frames:
            left = self.columns[2][0] - FRAME
        top = y + (HEAD if self.scene.frames else 0.0)
        rows = [node for node in self.rows if self._is_below(node)]
        stops = [stop for stop in self.stops if self._is_below(stop)]
        end = self._place(rows, stops, top) if stops else top
        last = self.stops[-1]
        self.y[self.target.id] = self.y[last.id] + self._more(last) + BELOW + HALF + 0.1
        if self.scene.frames:
            self.frames.append((left, y, right, max(end, self.y[self.target.id] + NOTES)))

    def _place(self, rows: Sequence[Node], stops: Sequence[Node], top: float) -> float:
        """Place rows, and stops below the point where rows join; return the lower end."""
        y, is_first = top + HALF, self.caller.id not in self.y
        comes_itself = is_first and bool(self.direct) and any(map(self._is_below, stops))
        for number, row in enumerate(rows, comes_itself):
            self.y[row.id] = y + number * ROW
        if is_first:
            self.y[self.caller.id] = y if comes_itself or not rows else self._middle(rows)
        end = max([y, *(self.y[row.id] for row in rows)]) + HALF + 0.08
        if rows and not comes_itself:
            first = [row for row in rows if self._rank(row) == self._rank(rows[0])]
            y = min(self._middle(first), y + 1.5 * ROW)
        for number, stop in enumerate(stops):
            if number or stop.kind == GATE:
                y += TO_GATE + (self._more(stops[number - 1]) if number else 0)
            self.y[stop.id] = y
            end = max(end, y + BELOW + 0.06 + self._more(stop))
        return end

    def _middle(self, nodes: Iterable[Node]) -> float:
        heights = [self.y[node.id] for node in nodes]
        return sum(heights) / len(heights)

    def _more(self, stop: Node) -> float:
        """Return the extra height of a stop with more than two lines."""
        lines = sum(lines_of(words, self._room, SMALL, most=2) for words in (stop.text, stop.note))
        return LINE * max(lines - 2, 0)

    @property
    def _room(self) -> float:
        return self.columns[self.last][1] - TRUNK - WORDS

    # -- drawing ---------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw frames, headings, boxes, edges and stops."""
        self._draw_frames()
        for number, column in self.scene.columns.items():
            if number or not self.links:
                self.sheet.heading(self.columns[number][0], self.heading, column.title)
        if self.links:
            self.sheet.heading(MARGIN, MARGIN + HEADING / 2, "WHERE THE CREDENTIALS COME FROM")
        boxes = {key: self._box(node) for key, node in self.nodes.items() if node not in self.stops}
        for key, box in boxes.items():
            for edge in self.out[key]:
                self.sheet.part = edge.id
                self._edge(edge, box, boxes)
        for self.sheet.part, box in boxes.items():
            self.sheet.box(box)
        self.sheet.part = ""
        last = boxes[self.target.id]
        self._line_down(last.left if self.is_straight else (self.x, last.top[1]))
        x, room = self.columns[self.last]
        for number, words in enumerate(self.target.details):
            colour = PALE_INK if number else INK
            self.sheet.note(x, last.y + 0.36 + LINE * number, words, colour, room=room)

    def _draw_frames(self) -> None:
        """Draw the frames, with titles to the right of lines that lead down."""
        titles = self.scene.frames.items()
        for (key, (title, note)), place in zip(titles, self.frames, strict=True):
            left, top, right, bottom = place
            self.sheet.field(left, top, right - left, bottom - top, "")
            is_callers = key == self.caller.frame and not self.links
            x = self.columns[0 if is_callers else 2][0]
            room = self.x - x - 0.25 - widest([note], SMALL)
            taken = self.sheet.text(x, top + 0.2, title, size=TITLE, face="bold", room=room)
            self.sheet.note(x + taken + 0.12, top + 0.21, note)

    def _box(self, node: Node) -> Box:
        if node.id not in self.y:
            self.y[node.id] = self._middle(self._leaves(node))
        place, words = (self.columns[node.column][0], self.y[node.id]), (node.text, node.note)
        width, leads = self.columns[node.column][1], self._rank(node) < len(SYMBOLS)
        if node is self.caller:
            return Box(*place, width, *words, area=LIT_AREA, bold=True)
        if node is self.target and node.look:
            return Box(*place, width, *words, node.look.colour, node.look.area, bold=True)
        if node not in self.rows:
            return Box(*place, width, *words, INK if leads or node.kind == LINK else PALE_INK)
        colours = (node.look.colour, node.look.area) if node.look and leads else (PALE_INK, PAPER)
        return Box(*place, width, *words, *colours, bold=leads, dashed=not leads)

    def _leaves(self, node: Node) -> list[Node]:
        """Return the rows in a node."""
        return list(self._rows([node])) or [self.caller]

    def _edge(self, edge: Edge, box: Box, boxes: dict[str, Box]) -> None:
        """Draw an edge that begins at a box."""
        source, target = self.nodes[edge.source], self.nodes[edge.target]
        if source.kind == LINK:
            self.sheet.straight(box.bottom, boxes[target.id].top, INK, arrow=True)
            self.sheet.note(box.bottom[0] + 0.1, box.bottom[1] + 0.17, edge.label, INK)
        elif target.id in boxes:
            end = boxes[target.id]
            # A line to a policy passes the column between them at the policy's height.
            passes = target.column - source.column > 1 and 1 in self.columns
            via = [(self.columns[1][0], end.y)] if passes else []
            self.sheet.line(box.right, end.left, via=via, **self._style(edge))
        elif edge in self.direct:
            self.sheet.straight(box.right, (self.x, box.y), **self._style(edge))
            self.sheet.note(self.columns[2][0], box.y, edge.label, on_line=True)
        else:
            self.sheet.line(box.right, (self.x, self.y[target.id]), **self._style(edge))

    def _style(self, edge: Edge) -> dict[str, Any]:
        """Return the style of an edge: its colour is that of a policy at its end."""
        ends = [self.nodes[edge.target], self.nodes[edge.source]]
        policy = next((node for node in ends if 0 < node.column < self.last), None)
        rank = len(SYMBOLS) if edge.dashed else self._rank(policy) if policy else 0
        is_bold = rank < len(SYMBOLS)
        colour = COLOURS[rank] if is_bold else PALE_LINE
        return {"colour": colour, "bold": is_bold, "dashed": edge.dashed}

    def _line_down(self, end: Point) -> None:
        """Draw the line through every stop to the last node."""
        edges = [*self.direct, *(self.out[stop.id][0] for stop in self.stops)]
        nodes = [*([self.caller] if self.direct else []), *self.stops]
        points = [*((self.x, self.y[node.id]) for node in nodes), end]
        for edge, (start, following) in zip(edges, pairwise(points), strict=True):
            if start != following:
                self.sheet.part = edge.id
                self.sheet.straight(start, following, arrow=following == end, **self._style(edge))
        for stop in self.stops:
            self.sheet.part = stop.id
            self._stop(stop)
        self.sheet.part = ""

    def _stop(self, stop: Node) -> None:
        """Draw a gate as a bar across the line, open or shut; a mark as a disc on it."""
        (left, width), y = self.columns[self.last], self.y[stop.id]
        colour, is_open = stop.look.colour if stop.look else PALE_INK, stop.text[0] == SYMBOLS[0]
        if stop.kind == GATE:
            sides = [(left, self.x - GAP), (self.x + GAP, left + width)]
            thick = OPEN_BAR if is_open else SHUT_BAR
            for start, end in sides if is_open else [(left, left + width)]:
                self.sheet.area((start, y - thick / 2), (end - start, thick), colour, edge=colour)
        if not is_open or (stop.kind == MARK and not self.is_straight):
            self.sheet.mark((self.x, y), stop.text.partition(" ")[0], colour)
        if not self.is_straight:
            x, y = self.x + WORDS, y + (0.07 if stop.kind == GATE else -0.17)
            style: dict[str, Any] = {"room": self._room, "size": SMALL, "most": 2}
            y += self.sheet.paragraph(x, y, stop.text, colour=colour, **style)
            self.sheet.paragraph(x, y, stop.note, colour=PALE_INK, **style)
