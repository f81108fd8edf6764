"""A path: boxes in columns from left to right, and at the right the way down through stops.

Nodes of the first frame are above, those of the second below. The way leads down through gates and
marks, past the mark where the second frame joins, to the last node. With one mark and no gate there
is no such way: the last node stands right behind the others.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.view.drawing.measure import SMALL, TEXT, TITLE, widest, wrap
from iamlab.view.drawing.sheet import BOX_HEIGHT, FRAME, MARGIN, PAD, PAGE, ROW, Box, Sheet
from iamlab.view.style import DENY, INK, LIT_AREA, LOOKS, PALE_INK, PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.view.drawing.shapes import Point
    from iamlab.view.scene import Edge, Node, Scene

LINK, GATE, MARK = "link", "gate", "mark"
"""Kinds of nodes: what led to the first node, a bar across the way, a symbol on it."""
SHUT = "shut"
"""The kind of an edge with a bar at its start."""

LINK_ROW = 0.84  # the distance of two links
HEADING, HEAD = 0.3, 0.42  # of a column, of a frame
HALF = 0.28  # half a box, with some air
TO_GATE = 0.46  # from the stop above
BELOW = 0.42  # room for the words of the last stop
LINE = 0.17  # the distance of two lines of small text
NOTES = 0.68  # from the middle of the last node to the end of what stands below it
TRUNK = 0.24  # from the left edge of the last column to the way down
OPEN_BAR, SHUT_BAR = 0.02, 0.06  # how thick a gate is
GAP = 0.13  # half of an open gate's gap
DISC = 0.15
LIMITS = ((1.05, 1.75), (1.05, 1.7), (1.3, 2.3), (1.35, 2.5), (1.9, 2.75))
"""The least and the largest width of each column."""
BONUS = (0.0, 0.0, 0.0, 0.25, 0.4)
"""How much wider a column may be than others, if room is scarce."""
BESIDE, TIGHT, STEP = 0.34, 0.08, 0.02
"""Between columns; by how much less, and by how much columns give way, if room is scarce."""
UNDER_TITLE = 1.75
"""The least width of statements below the title of a frame."""


def draw_path(scene: Scene, footer: str = "") -> Sheet:
    """Draw a path.

    Parameters
    ----------
    scene
        Its nodes stand in columns: callers first, then what is attached to them, and at last stops
        and the node to which all leads. The last edge has words for below that node.
    footer
        What stands at the bottom.
    """
    path = _Path(scene)
    path.draw()
    if footer:
        y = path.sheet.height + 0.1
        for line in wrap(footer, min(path.sheet.width, PAGE) - 2 * MARGIN, most=3):
            path.sheet.text(MARGIN, y, line, DENY, fact=False)
            y += 0.2
    return path.sheet


class _Path:
    """The work of drawing a path."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.sheet = scene, Sheet()
        nodes = scene.drawn
        self.links = [node for node in nodes if node.kind == LINK]
        self.stops = [node for node in nodes if node.kind in (GATE, MARK)]
        self.last = max(scene.columns)
        self.caller = next(node for node in nodes if not node.column and node.kind != LINK)
        self.target = next(n for n in nodes if n.column == self.last and n not in self.stops)
        self.rows = [node for node in nodes if node.column == self.last - 1]
        self.nodes = {node.id: node for node in nodes}
        self.out: dict[str, list[Edge]] = defaultdict(list)
        for edge in scene.edges:
            self.out[edge.source].append(edge)
        first = self.stops[0].id if self.stops else self.target.id
        self.direct = next(
            (e for e in scene.edges if e.target == first and self.nodes[e.source].column < 2), None
        )
        gates = [stop for stop in self.stops if stop.kind == GATE or self._is_below(stop)]
        self.is_straight = not gates and not any(map(self._is_below, self.rows))
        self.has_frames = self.caller.frame in scene.frames
        self._across()
        self.y: dict[str, float] = {}
        self.notes: dict[str, list[str]] = {}
        self.frames: list[tuple[float, float, float, float]] = []
        self._down()

    def _is_below(self, node: Node) -> bool:
        return node.frame == self.target.frame

    # -- columns ---------------------------------------------------------------------------------

    def _across(self) -> None:
        """Give each column the room that its words need, as far as the page has it."""
        needs = {number: self._need(number) for number in self.scene.columns}
        stands_out = bool(self.scene.frames) and not self.has_frames
        if self.scene.frames:
            needs[self.last - 1] = max(needs[self.last - 1], UNDER_TITLE)
        gaps = dict.fromkeys(needs, BESIDE)
        # Before the last column lines come together.
        gaps[self.last - 1], gaps[self.last] = (0.85 if self.is_straight else 0.45), 0.0
        if stands_out:
            gaps[0] = 0.75
        inside = 2 * FRAME if self.has_frames else FRAME if stands_out else 0
        room = PAGE - 2 * MARGIN - inside - sum(gaps.values())
        if sum(needs.values()) > room and 1 in needs:
            for number in (0, 1, 2):
                gaps[number], room = gaps[number] - TIGHT, room + TIGHT
        while sum(needs.values()) > room:
            widest_one = max(needs, key=lambda number: needs[number] - BONUS[number])
            needs[widest_one] -= STEP
        self.columns: dict[int, tuple[float, float]] = {}
        left = MARGIN + (FRAME if self.has_frames else 0)
        for number, need in needs.items():
            self.columns[number] = (left, need)
            left += need + gaps[number]
        self.x = self.columns[self.last][0] + TRUNK

    def _need(self, number: int) -> float:
        own = [node for node in self.nodes.values() if node.column == number]
        boxes = [node for node in own if node not in self.stops]
        notes = [node.note for node in boxes]
        if number == self.last:
            notes = [word for edge in self._to_target() for word in (edge.label, edge.note)]
        bold = widest([node.text[:60] for node in boxes], TEXT, "bold")
        need = max(bold, widest([note[:60] for note in notes], SMALL)) + 2 * PAD
        if number == self.last and not self.is_straight:
            words = [word for stop in self.stops for word in (stop.text, stop.note[:30])]
            need = max(need, TRUNK + 0.23 + widest(words, SMALL))
        least, most = LIMITS[number]
        return min(max(need, least), most)

    def _to_target(self) -> list[Edge]:
        return [edge for edge in self.scene.edges if edge.target == self.target.id]

    # -- heights ---------------------------------------------------------------------------------

    def _down(self) -> None:
        for number, link in enumerate(self.links):
            self.y[link.id] = MARGIN + HEADING + HALF + number * LINK_ROW
        top = self.y[self.links[-1].id] + LINK_ROW - HALF if self.links else MARGIN
        self.heading, y = top + HEADING / 2, top + HEADING
        if self.is_straight:
            ys = self._stack(self.rows, y + HALF)
            joint = self._joint(self.rows) if self.rows else ys[0]
            self.y |= {self.caller.id: _middle(ys), self.target.id: joint}
            self.y |= {stop.id: joint for stop in self.stops}
            return
        for stop in self.stops:
            room = self.columns[self.last][1] - TRUNK - 0.2
            self.notes[stop.id] = wrap(stop.note, room, SMALL, most=2)
        above = [stop for stop in self.stops if not self._is_below(stop)]
        head = HEAD if self.has_frames else 0.0
        right = self.columns[self.last][0] + self.columns[self.last][1] + FRAME
        if above or self.has_frames:
            bottom = self._upper(above, y + head)
            if self.has_frames:
                self.frames.append((MARGIN, y, right, bottom))
            y = bottom + (0.18 if self.has_frames else 0)
        stands_out = bool(self.scene.frames) and not self.has_frames
        left = self.columns[2][0] - FRAME if stands_out else MARGIN
        end = self._lower(above, y + (HEAD if self.scene.frames else 0.0))
        if self.scene.frames:
            self.frames.append((left, y, right, end))

    def _upper(self, stops: Sequence[Node], top: float) -> float:
        """Place the rows and the stops of the first frame; return where they end."""
        rows = [node for node in self.rows if not self._is_below(node)]
        ys = self._stack(rows, top + HALF)
        self.y[self.caller.id] = _middle(ys)
        joint = min(self._joint(rows) if rows else ys[0], ys[0] + 1.5 * ROW)
        self._stack_stops(stops, joint)
        end = ys[-1] + HALF + 0.08
        if not stops:
            return end
        last = stops[-1].id
        return max(end, self.y[last] + BELOW + 0.06 + self._more(last))

    def _lower(self, above: Sequence[Node], top: float) -> float:
        """Place the rows and the stops of the second frame, and the last node."""
        rows = [node for node in self.rows if self._is_below(node)]
        stops = [stop for stop in self.stops if self._is_below(stop)]
        if stops:
            comes_itself = self.direct is not None and self.caller.id not in self.y
            ys = self._stack(rows, top + HALF + (ROW if comes_itself else 0))
            joint = self._joint(rows) if rows and not comes_itself else top + HALF
            self._stack_stops(stops, joint)
            self.y.setdefault(self.caller.id, self.y[stops[0].id])
        else:  # only gates stand before the last node
            ys, stops = [], list(above)
        last = stops[-1].id
        y = self.y[last] + self._more(last) + BELOW + HALF + 0.1
        self.y[self.target.id] = y
        return max([y + NOTES, *(y + HALF + 0.1 for y in ys[: len(rows)])])

    def _stack(self, rows: Sequence[Node], start: float) -> list[float]:
        ys = [start + number * ROW for number in range(max(len(rows), 1))]
        self.y |= {node.id: y for node, y in zip(rows, ys, strict=False)}
        return ys

    def _stack_stops(self, stops: Sequence[Node], y: float) -> None:
        """Place stops below each other; a mark may stand where they begin."""
        before = ""
        for stop in stops:
            if before or stop.kind == GATE:
                y += TO_GATE + (self._more(before) if before else 0)
            self.y[stop.id], before = y, stop.id

    def _more(self, stop: str) -> float:
        """Say how much higher a stop is with its note than with one line."""
        return LINE * (len(self.notes[stop]) - 1)

    def _joint(self, rows: Sequence[Node]) -> float:
        """Say at which height rows come together: those that allow, or else those that deny."""
        for look in (LOOKS["allowed"], LOOKS["explicitDeny"]):
            own = [self.y[node.id] for node in rows if node.look == look]
            if own:
                return _middle(own)
        return _middle([self.y[node.id] for node in rows])

    # -- drawing ---------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw frames, headings, boxes, edges and stops."""
        self._draw_frames()
        for number, column in self.scene.columns.items():
            if number or not self.links:
                self.sheet.heading(self.columns[number][0], self.heading, column.title)
        if self.links:
            y = self.y[self.links[0].id] - 0.4
            self.sheet.heading(self.columns[0][0], y, "WHO GOT CREDENTIALS FROM WHOM")
        boxes = {key: self._box(node) for key, node in self.nodes.items() if node not in self.stops}
        for key, box in boxes.items():
            for edge in self.out[key]:
                self._edge(edge, box, boxes)
        for box in boxes.values():
            self.sheet.box(box)
        if not self.is_straight:
            self._trunk(boxes)
        elif self.stops and self._goes_on(self.stops[0]).dashed:
            mark, last = self.stops[0], boxes[self.target.id]
            joint = self._joint_of(mark)
            self.sheet.line(joint, last.left, arrow=True, **_style(self._goes_on(mark)))
            self.sheet.mark(joint, mark.text.partition(" ")[0], _ink(mark))
        x, room = self.columns[self.last]
        for edge in self._to_target():
            below = self.y[self.target.id] + 0.36
            self.sheet.note(x, below, edge.label, INK, room=room)
            self.sheet.note(x, below + 0.17, edge.note, room=room)

    def _draw_frames(self) -> None:
        """Draw the frames; where lines lead down, the title stands beside them."""
        shown = [(key, words) for key, words in self.scene.frames.items()]
        for (key, (title, note)), (left, top, right, bottom) in zip(
            shown, self.frames, strict=True
        ):
            self.sheet.field(left, top, right - left, bottom - top, "")
            is_caller = key == self.caller.frame and not self.links
            x = self.columns[0 if is_caller else 2][0]
            room = self.x - x - 0.25 - widest([note], SMALL)
            taken = self.sheet.text(x, top + 0.2, title, size=TITLE, face="bold", room=room)
            self.sheet.note(x + taken + 0.12, top + 0.21, note)

    def _box(self, node: Node) -> Box:
        if node.id not in self.y:
            self.y[node.id] = _middle([self.y[row] for row in self._leaves(node.id)])
        x, width = self.columns[node.column]
        box = Box(x, self.y[node.id], width, node.text, node.note)
        if node is self.caller:
            return replace(box, area=LIT_AREA, bold=True)
        if node is self.target or node in self.rows:
            look = node.look
            style = (look.colour, look.area) if look else (PALE_INK, PAPER)
            return replace(box, colour=style[0], area=style[1], bold=bool(look), dashed=not look)
        speaks = node.kind == LINK or any(edge.bold for edge in self.out[node.id])
        return replace(box, colour=INK if speaks else PALE_INK)

    def _leaves(self, key: str) -> list[str]:
        """Return the rows that a node leads to."""
        if self.nodes[key] in self.rows:
            return [key]
        to = [edge.target for edge in self.out[key] if self.nodes[edge.target].column < self.last]
        found = [row for target in to for row in self._leaves(target)]
        return found or [self.caller.id]

    def _edge(self, edge: Edge, box: Box, boxes: dict[str, Box]) -> None:
        """Draw an edge that begins at a box."""
        source, target = self.nodes[edge.source], self.nodes[edge.target]
        if source.kind == LINK:
            self.sheet.note(box.x + box.width + 0.12, box.y, edge.note)
            self.sheet.straight(box.bottom, boxes[target.id].top, INK, arrow=True)
            self.sheet.note(box.bottom[0] + 0.1, box.bottom[1] + 0.17, edge.label, INK)
        elif target.id in boxes and target is not self.target:
            end = boxes[target.id]
            # A line to a policy passes the column between on the policy's own level.
            passes = target.column - source.column > 1 and 1 in self.columns
            via = [(self.columns[1][0], end.y)] if passes else []
            self.sheet.line(box.right, end.left, via=via, **_style(edge))
        elif edge is self.direct:
            self._direct(edge, box)
        elif self.is_straight and self.stops and not self._goes_on(self.stops[0]).dashed:
            self.sheet.line(box.right, boxes[self.target.id].left, arrow=True, **_style(edge))
        elif target.kind == MARK:
            x, y = self._joint_of(target)
            self.sheet.line(box.right, (x if self.is_straight else x - DISC, y), **_style(edge))
            if edge.kind == SHUT:
                right = box.x + box.width + 0.1
                self.sheet.gate(right, box.y - 0.23, box.y + 0.23, DENY, open_at=None)

    def _direct(self, edge: Edge, box: Box) -> None:
        """Lead the caller itself to the first stop."""
        joint = self._joint_of(self.nodes[edge.target])
        if edge.label:
            self.sheet.line(box.right, (joint[0] - DISC, joint[1]), **_style(edge))
            self.sheet.note(self.columns[2][0], box.y, edge.label, on_line=True)
        else:
            self.sheet.straight(box.right, (self.x, box.y), **_style(edge))

    def _joint_of(self, mark: Node) -> Point:
        """Say where a mark stands."""
        if not self.is_straight:
            return self.x, self.y[mark.id]
        left, width = self.columns[self.last - 1]
        return (left + width + self.columns[self.last][0]) / 2, self.y[mark.id]

    def _goes_on(self, stop: Node) -> Edge:
        """Return the edge that leads on from a stop."""
        return self.out[stop.id][0]

    def _trunk(self, boxes: dict[str, Box]) -> None:
        """Lead the way down, through every stop, to the last node."""
        before = self.direct
        y = self.y[self.caller.id] if before else self.y[self.stops[0].id]
        for stop in self.stops:
            below = self.y[stop.id]
            if below > y and before is not None:
                self.sheet.straight((self.x, y), (self.x, below), **_style(before))
            self._stop(stop, below)
            before, y = self._goes_on(stop), below
        end = (self.x, boxes[self.target.id].y - BOX_HEIGHT / 2)
        if before is not None:
            self.sheet.straight((self.x, y), end, arrow=True, **_style(before))

    def _stop(self, stop: Node, y: float) -> None:
        """Draw a gate as a bar across the way, open or not; a mark as a disc on it."""
        left, width = self.columns[self.last]
        colour, is_open = _ink(stop), stop.kind == GATE and stop.look == LOOKS["allowed"]
        if stop.kind == GATE:
            sides = [(left, self.x - GAP), (self.x + GAP, left + width)]
            thick = OPEN_BAR if is_open else SHUT_BAR
            for start, end in sides if is_open else [(left, left + width)]:
                self.sheet.area((start, y - thick / 2), (end - start, thick), colour, edge=colour)
        if not is_open:
            self.sheet.mark((self.x, y), stop.text.partition(" ")[0], colour)
        words, room = y + (0.15 if stop.kind == GATE else -0.09), left + width - self.x - 0.2
        self.sheet.note(self.x + 0.2, words, stop.text, colour, room=room)
        for number, line in enumerate(self.notes[stop.id], 1):
            # A line that was shortened is not what the list has; that has the whole.
            is_whole = line in stop.note
            self.sheet.note(self.x + 0.2, words + LINE * number, line, fact=is_whole)


def _middle(heights: Sequence[float]) -> float:
    return sum(heights) / len(heights)


def _ink(node: Node) -> str:
    return node.look.colour if node.look else PALE_INK


def _style(edge: Edge) -> dict[str, Any]:
    colour = edge.look.colour if edge.look and edge.bold else PALE_LINE
    return {"colour": colour, "bold": edge.bold, "dashed": edge.dashed}
