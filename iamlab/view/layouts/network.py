"""A network: boxes in columns, arrows between them, words on the arrows, and a legend.

A node has a column and a frame; the layout finds its row. Boxes with many arrows are higher, so
that the arrows keep apart. If a column has many boxes, all boxes are low, with name and note in one
line.

If only some nodes have frames, a node without one is beside the frame that its edges lead to. If no
node of the first column has a frame, that column is outside of the frames.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from iamlab.view.drawing.layered import lay_out
from iamlab.view.drawing.legend import Legend
from iamlab.view.drawing.measure import SMALL, TITLE, Face, widest
from iamlab.view.drawing.routes import Places, around, rectangle, ring, turns
from iamlab.view.drawing.sheet import FRAME, MARGIN, PAD, PAGE, Box, Sheet
from iamlab.view.style import ALLOW, INK, LIT_AREA, PALE_INK, PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from iamlab.view.drawing.routes import Rectangle
    from iamlab.view.drawing.shapes import Point
    from iamlab.view.scene import Edge, Node, Scene

MOST_COLUMNS = 4
"""The largest number of columns with room for words between them."""
TOP = 0.45
WIDEST, SHARE, NARROWEST = 2.9, 0.71, 1.3
"""The largest width of a box, its largest share of the page if edges have words; the smallest
width."""
MANY = 14
"""The largest number of boxes in a column that have two lines."""
ROW, HEIGHT = 0.56, 0.42
LOW_ROW, LOW = 0.36, 0.27
PORT = 0.115
"""The distance of two arrows at the edge of a box."""
TURNS = 0.5
"""The room for arrows between two boxes of the last column, on its right."""
HEAD, FOOT, BETWEEN = 0.4, 0.12, 0.22
"""The space above the first row of a frame, below its last row, and between two frames."""
AIR = 0.06
"""The length of the level part of an edge before and after a column."""
LEAST_GAP, GAP, ENDS = 1.0, 1.6, 0.32
"""The least and the usual distance of columns; the space beside words on an arrow."""
NEAR = {"start": 0.3, "end": 0.68}
"""The place of words on an arrow with something missing at one end."""
SIGN = 0.42
"""The length of an arrow in the legend."""
SLACK = 0.01
"""A small distance from a box's row, to sort arrows beside its column."""


def draw_network(
    scene: Scene, *, widest_box: float = WIDEST, row: float = ROW, arrows: bool = True
) -> Sheet:
    """Draw nodes as boxes and edges as arrows.

    If a node is highlighted or an edge is bold, the others are pale. The boxes of ends are yellow.
    An edge has a ring at the end where something is missing. The legend explains each kind of edge
    that has a look.

    Parameters
    ----------
    scene
        Its columns are headings, by their numbers from 0. Without nodes, the sheet has the lines
        before and after the list.
    widest_box
        The largest width of boxes; narrow boxes leave more room for words on arrows.
    row
        The distance of two rows of boxes.
    arrows
        Whether edges have a direction; lines without arrows meet at one point of a box.
    """
    if scene.drawn or scene.frames:
        return _Network(scene, widest_box, row, arrows=arrows).sheet
    sheet = Sheet()
    for number, words in enumerate((*scene.before, *scene.after)):
        sheet.text(MARGIN, 0.3 + 0.25 * number, words)
    return sheet


def columns_by_distance(keys: Iterable[str], *kinds: Collection[tuple[str, str]]) -> dict[str, int]:
    """Return a column for each node: its distance from the nodes that no edge leads to.

    Parameters
    ----------
    kinds
        Pairs of source and target; pairs of the first kind have priority.

    Examples
    --------
    >>> columns_by_distance("abc", [("a", "b")], [("a", "c"), ("b", "c")])
    {'a': 0, 'b': 1, 'c': 1}
    """
    targets = {target for kind in kinds for _, target in kind}
    left = list(keys)
    columns = {key: 0 for key in left if key not in targets}
    while left := [key for key in left if key not in columns]:
        ends: list[tuple[int, str]] = []
        for kind in kinds:
            next_to = ((columns[start], end) for start, end in kind if start in columns)
            ends = ends or [(column, end) for column, end in next_to if end not in columns]
        ends = ends or [(-1, left[0])]  # a cycle that no edge leads into
        nearest = min(ends)[0]
        column = min(nearest + 1, MOST_COLUMNS - 1)
        columns |= {key: column for distance, key in ends if distance == nearest}
    return columns


class _Network:
    """The layout of a network: the places of its nodes, and the sheet."""

    def __init__(self, scene: Scene, widest_box: float, row: float, *, arrows: bool) -> None:
        self.scene, self.sheet = scene, Sheet()
        self.nodes = {node.id: node for node in scene.drawn}
        self.edges = [edge for edge in scene.edges if edge.source != edge.target]
        self.columns = {node.id: node.column for node in self.nodes.values()}
        self.number = max(self.columns.values(), default=0) + 1
        has_bold = any(edge.bold for edge in self.edges)
        self.has_path = has_bold or any(node.highlighted for node in self.nodes.values())
        self.is_plain, self.row = not arrows, row
        self.is_low = max(Counter(self.columns.values()).values(), default=0) > MANY
        self.frames = self._find_frames()
        # The edges at each side of each box: their numbers, and 0 for a start or 1 for an end.
        self.ends: dict[tuple[str, bool], list[tuple[int, int]]] = defaultdict(list)
        for number, edge in enumerate(self.edges):
            start, end = self.columns[edge.source], self.columns[edge.target]
            self.ends[edge.source, start <= end].append((number, 0))
            self.ends[edge.target, start >= end].append((number, 1))
        self.lefts, self.widths, self.right = self._columns(widest_box)
        self.boxes: dict[str, Box] = {}
        self.lanes: dict[tuple[str, str], list[tuple[int, float]]] = {}
        bands = self._rows()
        for number, column in scene.columns.items():
            if number < self.number:
                self.sheet.heading(self.lefts[number], 0.22, column.title)
        taken = self._draw_frames(bands)
        for box in self.boxes.values():
            self._draw_box(box)
            taken.append(rectangle(box))
        taken += self._draw_edges()
        self._draw_words(Places(self.sheet, taken))
        self._draw_legend()

    # -- places ----------------------------------------------------------------------------------

    def _find_frames(self) -> dict[str, str]:
        """Return the frame of each node; a node without one is in the frame of a neighbour."""
        if not self.scene.frames:
            return dict.fromkeys(self.nodes, "")
        near: dict[str, str] = {}
        for edge in self.edges:
            near.setdefault(edge.source, self.nodes[edge.target].frame)
            near.setdefault(edge.target, self.nodes[edge.source].frame)
        first = next(iter(self.scene.frames))
        return {key: node.frame or near.get(key) or first for key, node in self.nodes.items()}

    @property
    def first(self) -> int:
        """The first column that is in frames."""
        own = [node.frame for node in self.nodes.values() if not node.column]
        return 1 if self.scene.frames and own and not any(own) and self.number > 1 else 0

    def _columns(self, widest_box: float) -> tuple[list[float], list[float], float]:
        """Find the left ends and widths of columns, and the right end of the last one.

        Boxes are as wide as their words, with room between them for the words on edges.
        """
        frame, gaps = FRAME if self.scene.frames else 0.0, max(self.number - 1, 1)
        left, last = MARGIN + (0.0 if self.first else frame), self.number - 1
        beside = (edge for edge in self.edges if self.columns[edge.source] == last)
        has_turns = any(self.columns[edge.target] == last for edge in beside)
        room = PAGE - MARGIN - frame - (TURNS if has_turns else 0.0) - left
        most = WIDEST if self.is_plain else SHARE * (PAGE - 2 * MARGIN) / self.number
        most, needs = min(most, widest_box), [self._need(number) for number in range(self.number)]
        while sum(min(need, most) for need in needs) + LEAST_GAP * gaps > room:
            most -= 0.05
        widths = [min(need, most) for need in needs]
        words = max((widest([edge.label], SMALL) for edge in self.edges), default=0.0)
        between = min((room - sum(widths)) / gaps, max(GAP, words + ENDS + SLACK))
        lefts = list(accumulate((width + between for width in widths), initial=left))
        return lefts, widths, lefts[last] + widths[last] + (TURNS if has_turns else 0.0)

    def _need(self, column: int) -> float:
        """Return the width that the words of a column need."""
        nodes = [node for node in self.nodes.values() if node.column == column]
        texts = [widest([node.short or node.text], face="bold") for node in nodes]
        notes = [widest([node.note], SMALL) for node in nodes]
        if self.is_low:
            texts = [text + note + 0.15 for text, note in zip(texts, notes, strict=True)]
        return max([*texts, *notes, NARROWEST - 2 * PAD]) + 2 * PAD + 0.02

    def _rows(self) -> list[tuple[float, float]]:
        """Find the boxes, and the lanes of edges; return the tops and bottoms of frames."""
        row, least = (LOW_ROW, LOW) if self.is_low else (self.row, HEIGHT)
        heights = dict.fromkeys(self.nodes, least)
        for (key, _), own in self.ends.items():
            if not self.is_plain:
                heights[key] = max(heights[key], PORT * len(own) + 0.05)
        sizes = {key: 1 + (height - least) / row for key, height in heights.items()}
        edges = [(edge.source, edge.target) for edge in self.edges]
        head, foot = (HEAD, FOOT) if self.scene.frames else (0.0, 0.0)
        bands, top = [], TOP
        for frame in self.scene.frames or [""]:
            nodes = [key for key in self.nodes if self.frames[key] == frame]
            places = lay_out(self.columns, edges, nodes=nodes, sizes=sizes)
            first = top + head + row / 2
            for key in nodes:
                y = first + places.rows[key] * row
                self.boxes[key] = self._box(self.nodes[key], y, heights[key])
            for edge, lanes in places.lanes.items():
                self.lanes[edge] = [(column, first + place * row) for column, place in lanes]
            bottom = top + head + places.height * row + foot
            bands.append((top, bottom))
            top = bottom + BETWEEN
        return bands

    def _box(self, node: Node, y: float, height: float) -> Box:
        width, is_bold = self.widths[node.column], node.highlighted or node.is_end
        face: Face = "bold" if is_bold else "sans"
        fits = not node.short or widest([node.text], face=face) <= width - 2 * PAD
        colour = PALE_INK if self.has_path and not is_bold else INK
        area = LIT_AREA if node.is_end else PAPER
        return Box(
            self.lefts[node.column],
            y,
            width,
            node.text if fits else node.short,
            node.note,
            node.look.colour if node.look else colour,
            node.look.area if node.look else area,
            bold=is_bold,
            height=height,
        )

    def _ports(self) -> dict[tuple[int, int], Point]:
        """Find the points where each edge leaves and reaches a box.

        Edges with arrows keep apart; others meet in the middle.
        """
        found: dict[tuple[int, int], Point] = {}
        for (key, is_right), own in self.ends.items():
            box, port = self.boxes[key], 0.0 if self.is_plain else PORT
            first = box.y - port * (len(own) - 1) / 2
            for place, end in enumerate(sorted(own, key=self._order)):
                x = box.x + box.width if is_right else box.x
                found[end] = x, first + port * place
        return found

    def _order(self, end: tuple[int, int]) -> tuple[float, float, bool]:
        """Sort the edges at one side of a box so that they don't cross there.

        Edges to another column are in the order of their ends. Edges beside the column: short ones
        are inside of long ones. Of two edges between the same boxes, the one to the right is above
        the one back.
        """
        edge = self.edges[end[0]]
        own, other = (edge.source, edge.target) if end[1] == 0 else (edge.target, edge.source)
        leads_back = self.columns[edge.source] > self.columns[edge.target]
        y, far = self.boxes[own].y, self.boxes[other].y
        if self.columns[own] != self.columns[other]:
            return far, 0.0, leads_back
        return y + (-SLACK if far < y else SLACK), -far, leads_back

    # -- drawing ---------------------------------------------------------------------------------

    def _draw_frames(self, bands: Iterable[tuple[float, float]]) -> list[Rectangle]:
        """Draw the frames, and return the room of their titles."""
        left, width, taken = self.lefts[self.first] - FRAME, self.widths[self.first], []
        # Edges that lead to other frames run up and down between the columns.
        is_crossed = any(
            self.frames[edge.source] != self.frames[edge.target] for edge in self.edges
        )
        room = width if is_crossed else self.right - left - FRAME
        for (title, note), (top, bottom) in zip(self.scene.frames.values(), bands, strict=False):
            self.sheet.field(left, top, self.right + FRAME - left, bottom - top, "")
            x = left + FRAME
            wide = self.sheet.text(x, top + 0.2, title, size=TITLE, face="bold", room=room)
            if widest([note], SMALL) <= room - wide - 0.12:
                wide += 0.12 + self.sheet.note(x + wide + 0.12, top + 0.21, note)
            taken.append((left, top, x + wide, top + 0.32))
        return taken

    def _draw_box(self, box: Box) -> None:
        """Draw a box; in a low one, the note is beside the text."""
        if not self.is_low or not box.note:
            self.sheet.box(box)
            return
        self.sheet.box(replace(box, text="", note=""))
        face: Face = "bold" if box.bold else "sans"
        room, right = box.width - 2 * PAD, box.x + box.width - PAD
        beside = max(room - widest([box.text], face=face) - 0.12, room * 0.4)
        taken = self.sheet.note(right, box.y, box.note, box.colour, align="right", room=beside)
        room -= taken + 0.1
        self.sheet.text(box.x + PAD, box.y, box.text, box.colour, face=face, room=room)

    def _draw_edges(self) -> Iterator[Rectangle]:
        """Draw the edges, and yield the room of arrowheads and rings."""
        ports, pairs = self._ports(), [(edge.source, edge.target) for edge in self.edges]
        beside = [pair for pair in pairs if len({self.columns[key] for key in pair}) == 1]
        turn = turns(beside, {key: box.y for key, box in self.boxes.items()})
        for number, edge in enumerate(self.edges):
            start, end, pair = ports[number, 0], ports[number, 1], pairs[number]
            colour, style = self._colour(edge), self._style(edge)
            if pair in turn:
                x = self.boxes[edge.source].right[0] + turn[pair]
                self.sheet.curve(around(start, end, x), colour, bold=edge.bold, **style)
            else:
                via = self._via(pair)
                self.sheet.line(start, end, colour, via=via, bold=edge.bold, **style)
            yield end[0] - 0.12, end[1] - 0.02, end[0] + 0.12, end[1] + 0.02
            if edge.missing:
                which = 0 if edge.missing == "start" else 1
                x, y = (start, end)[which]
                side = 1 if (number, which) in self.ends[pair[which], True] else -1
                x += side * (0.16 if which else 0.09)
                ring(self.sheet, (x, y), colour)
                yield x - 0.05, y - 0.05, x + 0.05, y + 0.05

    def _via(self, pair: tuple[str, str]) -> list[Point]:
        """Return the points of an edge between its ends, where it is level beside boxes."""
        lanes = self.lanes.get(pair, ()) or self.lanes.get(pair[::-1], ())
        points = [
            (x, y)
            for column, y in lanes
            for left in (self.lefts[column],)
            for x in (left - AIR, left + self.widths[column] + AIR)
        ]
        return points if pair in self.lanes else points[::-1]

    def _colour(self, edge: Edge) -> str:
        if self.has_path and not edge.bold:
            return PALE_LINE
        return edge.look.colour if edge.look else ALLOW if edge.bold else PALE_LINE

    def _style(self, edge: Edge) -> dict[str, bool]:
        return {"dashed": edge.dashed, "arrow": not self.is_plain}

    def _draw_words(self, places: Places) -> None:
        """Write the label of each edge, or its short form if there is no place."""
        lefts, widths = self.lefts, self.widths
        least = max(lefts[1] - lefts[0] - widths[0] - ENDS, 0.8)
        for number, edge in enumerate(self.edges):
            if not edge.label:
                continue
            start, end = sorted(self.columns[key] for key in (edge.source, edge.target))
            room = max(lefts[end] - lefts[start] - widths[start] - ENDS, least)
            at = NEAR[edge.missing] if edge.missing else self._apart(edge)
            forms = [form for form in (edge.label, edge.short) if form]
            tries = [(form, room) for form in forms if widest([form], SMALL) <= room]
            for form, fitting in [*tries, (forms[-1], least)]:
                if places.write(number, form, self._colour(edge), at=at, room=fitting):
                    labels = self.sheet.record.labels
                    labels[-1] = replace(labels[-1], whole=edge.label)
                    break

    def _apart(self, edge: Edge) -> float:
        """Return the part of an edge for its words: far from an end shared with other edges."""
        shared = sum(other.source == edge.source for other in self.edges)
        sharing = sum(other.target == edge.target for other in self.edges)
        return 0.5 if shared == sharing else 0.66 if shared > sharing else 0.34

    def _draw_legend(self) -> None:
        """Explain each kind of edge that has a look."""
        legend = Legend(self.sheet, MARGIN, self.sheet.height + 0.12)
        kinds: dict[str, Edge] = {}
        for edge in self.edges:
            if edge.kind and edge.look:
                kinds.setdefault(edge.kind, edge)
        for kind, edge in kinds.items():
            x, y = legend.place(SIGN, kind, INK, fact=True)
            colour = edge.look.colour if edge.look else INK
            self.sheet.straight((x, y), (x + SIGN, y), colour, **self._style(edge))
            if edge.missing:
                ring(self.sheet, (x + (0.05 if edge.missing == "start" else 0.26), y), colour)
