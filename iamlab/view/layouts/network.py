"""A network: boxes in columns, arrows between them, words on the arrows, and a legend.

A node says in which column and frame it is; the layout finds its row. A box is as high as its
arrows need to keep apart. Where a column has many boxes, all are low, with name and note in one
line.

A node without a frame, where others have one, is beside the frame that its edges lead to. If all
nodes of the first column have none, that column is outside of the frames.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from iamlab.view.drawing.banded import Kind, Measures, lay_out_in_bands
from iamlab.view.drawing.legend import Legend
from iamlab.view.drawing.measure import SMALL, TITLE, Face, widest
from iamlab.view.drawing.routes import Places, around, rectangle, ring
from iamlab.view.drawing.sheet import FRAME, MARGIN, PAD, PAGE, Box, Sheet
from iamlab.view.style import ALLOW, INK, LIT_AREA, PALE_INK, PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.view.drawing.banded import Banded
    from iamlab.view.drawing.routes import Rectangle
    from iamlab.view.drawing.shapes import Point
    from iamlab.view.scene import Edge, Node, Scene

MOST_COLUMNS = 4
"""More columns have no room for words between them."""
TOP = 0.45
WIDEST, SHARE, NARROWEST = 2.9, 0.71, 1.3
"""The largest width of a box, its largest part of the page where edges have words; the smallest."""
MANY = 14
"""The largest number of boxes in a column that have two lines."""
ROW, HEIGHT = 0.56, 0.42
LOW_ROW, LOW = 0.36, 0.27
PORT = 0.115
"""The distance of two arrows at the edge of a box."""
TURNS = 0.5
"""The room for arrows between two boxes of the last column, on its right."""
HEAD, FOOT = 0.4, 0.12
"""What a frame has above its first row, for its title, and below its last."""
LEAST_GAP, GAP, ENDS = 1.0, 1.6, 0.32
"""The distance of columns, at least and if words need no more; what these leave free of arrows."""
NEAR = {"start": 0.3, "end": 0.68}
"""Where the words of an arrow are that lacks something at one end."""
SIGN = 0.42
"""The length of an arrow in the legend."""
SLACK = 0.01
"""The distance from a box's row that puts arrows beside its column in order."""


def draw_network(scene: Scene, *, widest_box: float = WIDEST) -> Sheet:
    """Draw nodes as boxes and edges as arrows.

    If a node is highlighted or an edge is bold, the others are pale. A node that is an end has a
    yellow box. An edge that is missing something at one end has a ring there. The legend explains
    each kind of edge that has a look. Where no edge has words, they have no arrows.

    Parameters
    ----------
    scene
        Its columns are headings, by their numbers from 0. Without nodes, the lines before and after
        its list are written.
    widest_box
        Narrower boxes leave more room for words on arrows.
    """
    return _Network(scene, widest_box).sheet


def columns_by_distance(keys: Iterable[str], *edges: Iterable[Edge]) -> dict[str, int]:
    """Return a column for each node: how many edges lead to it from a node that none leads to.

    Parameters
    ----------
    edges
        Edges of the first kind count before those of the next.
    """
    kinds = [[(edge.source, edge.target) for edge in kind] for kind in edges]
    targets = {target for kind in kinds for _, target in kind}
    waiting = [key for key in keys if key in targets]
    columns = {key: 0 for key in keys if key not in targets}
    while waiting:
        nearest: dict[str, int] = {}
        for kind in kinds:
            for source, target in kind if not nearest else ():
                if source in columns and target not in columns:
                    nearest[target] = min(columns[source] + 1, nearest.get(target, MOST_COLUMNS))
        columns |= nearest or {waiting[0]: 0}  # a circle that no edge leads into
        waiting = [key for key in waiting if key not in columns]
    return {key: min(column, MOST_COLUMNS - 1) for key, column in columns.items()}


class _Network:
    """A scene, the places of its nodes, and the sheet that it is drawn on."""

    def __init__(self, scene: Scene, widest_box: float) -> None:
        self.scene, self.widest_box, self.sheet = scene, widest_box, Sheet()
        self.nodes = {node.id: node for node in scene.drawn}
        self.edges = [edge for edge in scene.edges if edge.source != edge.target]
        if not self.nodes and not scene.frames:
            for number, words in enumerate((*scene.before, *scene.after)):
                self.sheet.text(MARGIN, 0.3 + 0.25 * number, words)
            return
        self.columns = {node.id: node.column for node in self.nodes.values()}
        self.number = max(self.columns.values(), default=0) + 1
        self.has_path = any(node.highlighted for node in self.nodes.values()) or any(
            edge.bold for edge in self.edges
        )
        first = [node for node in self.nodes.values() if not node.column]
        self.outside = bool(scene.frames and first) and not any(node.frame for node in first)
        self.is_plain = not any(edge.label or edge.missing for edge in self.edges)
        self.is_low = max(Counter(self.columns.values()).values(), default=0) > MANY
        self.least = LOW if self.is_low else HEIGHT
        self.measures = self._measures(LOW_ROW if self.is_low else ROW)
        self.heights = self._heights()
        self.frames = self._find_frames()
        self.places: Banded[str] = lay_out_in_bands(
            self.columns,
            [
                [key for key in self.nodes if self.frames[key] == frame]
                for frame in scene.frames or [""]
            ],
            [(edge.source, edge.target) for edge in self.edges],
            self.measures,
            {key: 1 + (own - self.least) / self.measures.row for key, own in self.heights.items()},
        )
        self.boxes = {key: self._box(node) for key, node in self.nodes.items()}
        self._draw()
        self._legend()

    # -- places ----------------------------------------------------------------------------------

    def _find_frames(self) -> dict[str, str]:
        """Return the frame of each node; of one without, that of a neighbour."""
        if not self.scene.frames:
            return dict.fromkeys(self.nodes, "")
        near: dict[str, str] = {}
        for edge in self.edges:
            near.setdefault(edge.source, self.nodes[edge.target].frame)
            near.setdefault(edge.target, self.nodes[edge.source].frame)
        first = next(iter(self.scene.frames))
        return {key: node.frame or near.get(key) or first for key, node in self.nodes.items()}

    def _measures(self, row: float) -> Measures:
        """Find the columns: boxes as wide as their words, with room between for those on edges."""
        framed, gaps = bool(self.scene.frames), max(self.number - 1, 1)
        left = MARGIN + (FRAME if framed and not self.outside else 0)
        room = PAGE - MARGIN - (FRAME if framed else 0) - self.turns - left
        most = WIDEST if self.is_plain else SHARE * (PAGE - 2 * MARGIN) / self.number
        most, needs = min(most, self.widest_box), [self._need(i) for i in range(self.number)]
        while sum(min(need, most) for need in needs) + LEAST_GAP * gaps > room:
            most -= 0.05
        widths = [min(need, most) for need in needs]
        words = max((widest([edge.label, edge.note], SMALL) for edge in self.edges), default=0.0)
        between = min((room - sum(widths)) / gaps, max(GAP, words + ENDS))
        lefts = list(accumulate((width + between for width in widths), initial=left))
        return Measures(lefts, widths, row, TOP, HEAD if framed else 0.0, FOOT if framed else 0.0)

    def _need(self, column: int) -> float:
        """Return how wide the words in a column are, and its heading."""
        nodes = [node for node in self.nodes.values() if node.column == column]
        texts = [widest([node.short or node.text], face="bold") for node in nodes]
        notes = [widest([node.note], SMALL) for node in nodes]
        if self.is_low:
            texts = [text + note + 0.15 for text, note in zip(texts, notes, strict=True)]
        return max([*texts, *notes, NARROWEST - 2 * PAD]) + 2 * PAD + 0.02

    @cached_property
    def turns(self) -> float:
        """The room right of the last column, if edges lead from one of its boxes to another."""
        last = self.number - 1
        beside = any(
            self.columns[edge.source] == self.columns[edge.target] == last for edge in self.edges
        )
        return TURNS if beside else 0.0

    def _sides(self, edge: Edge) -> tuple[str, str]:
        """Return on which side of its boxes an edge leaves and arrives."""
        start, end = self.columns[edge.source], self.columns[edge.target]
        return ("left" if start > end else "right"), ("left" if start < end else "right")

    def _heights(self) -> dict[str, float]:
        """Let boxes be high enough for the arrows at their busier side."""
        number: dict[tuple[str, str], int] = defaultdict(int)
        for edge in () if self.is_plain else self.edges:
            leaves, arrives = self._sides(edge)
            number[edge.source, leaves] += 1
            number[edge.target, arrives] += 1
        return {
            key: max(self.least, PORT * max(number[key, "left"], number[key, "right"]) + 0.05)
            for key in self.nodes
        }

    def _ports(self) -> tuple[dict[int, Point], dict[int, Point]]:
        """Find where each edge leaves its box and where it arrives.

        Edges with words keep apart; others meet in the middle.
        """
        ends: dict[tuple[str, str], list[tuple[tuple[float, float], int, int]]] = defaultdict(list)
        for number, edge in enumerate(self.edges):
            leaves, arrives = self._sides(edge)
            ends[edge.source, leaves].append((self._order(edge.source, edge.target), 0, number))
            ends[edge.target, arrives].append((self._order(edge.target, edge.source), 1, number))
        found: tuple[dict[int, Point], dict[int, Point]] = ({}, {})
        for (key, side), own in ends.items():
            box = self.boxes[key]
            x = box.x if side == "left" else box.x + box.width
            port = 0.0 if self.is_plain else PORT
            first = box.y - port * (len(own) - 1) / 2
            # Of two edges between the same two boxes, the one that leads on is the upper at both.
            ordered = sorted(own, key=lambda end: (end[0], self._leads_back(end[2])))
            for place, (_, which, number) in enumerate(ordered):
                found[which][number] = (x, first + port * place)
        return found

    def _leads_back(self, number: int) -> bool:
        edge = self.edges[number]
        return self.columns[edge.source] > self.columns[edge.target]

    def _order(self, key: str, other: str) -> tuple[float, float]:
        """Sort the edges at one side of a box so that they don't cross there.

        Edges to another column are in the order of their ends; of those beside the column, shorter
        ones are inside of longer ones.
        """
        heights = self.places.heights
        if self.columns[key] != self.columns[other]:
            return heights[other], 0.0
        above = heights[other] < heights[key]
        return heights[key] + (-SLACK if above else SLACK), -heights[other]

    # -- drawing ---------------------------------------------------------------------------------

    def _box(self, node: Node) -> Box:
        width = self.measures.widths[node.column]
        is_bold = node.highlighted or node.is_end
        face: Face = "bold" if is_bold else "sans"
        fits = not node.short or widest([node.text], face=face) <= width - 2 * PAD
        return Box(
            self.measures.lefts[node.column],
            self.places.heights[node.id],
            width,
            node.text if fits else node.short,
            node.note,
            node.look.colour if node.look else self._ink(node),
            node.look.area if node.look else LIT_AREA if node.is_end else PAPER,
            bold=is_bold,
            height=self.heights[node.id],
        )

    def _ink(self, node: Node) -> str:
        is_pale = self.has_path and not (node.highlighted or node.is_end)
        return PALE_INK if is_pale else INK

    def _colour(self, edge: Edge) -> str:
        if self.has_path and not edge.bold:
            return PALE_LINE
        return edge.look.colour if edge.look else ALLOW if edge.bold else PALE_LINE

    def _draw(self) -> None:
        """Draw headings, frames, boxes, edges, and last the words on edges."""
        for number, column in self.scene.columns.items():
            if number < self.number:
                self.sheet.heading(self.measures.lefts[number], 0.22, column.title)
        taken = self._frames()
        for box in self.boxes.values():
            self._put(box)
            taken.append(rectangle(box))
        out, into = self._ports()
        for number, edge in enumerate(self.edges):
            self._edge(edge, out[number], into[number])
            taken += self._ring(edge, out[number], into[number])
            x, y = into[number]
            taken.append((x - 0.12, y - 0.02, x + 0.12, y + 0.02))  # the head of the arrow
        self._words(Places(self.sheet, taken))

    def _frames(self) -> list[Rectangle]:
        """Draw the frames, and return the room of their titles."""
        lefts, first = self.measures.lefts, 1 if self.outside and self.number > 1 else 0
        left, width, taken = lefts[first] - FRAME, self.measures.widths[first], []
        right = lefts[self.number - 1] + self.measures.widths[-1] + self.turns + FRAME
        # Edges that lead to other frames run up and down between the columns.
        is_crossed = any(
            self.frames[edge.source] != self.frames[edge.target] for edge in self.edges
        )
        frames = zip(self.scene.frames.values(), self.places.frames, strict=False)
        for (title, note), (top, bottom) in frames:
            self.sheet.field(left, top, right - left, bottom - top, "")
            room = width if is_crossed else right - left - 2 * FRAME
            wide = self.sheet.text(
                left + FRAME, top + 0.2, title, size=TITLE, face="bold", room=room
            )
            if widest([note], SMALL) <= room - wide - 0.12:
                wide += 0.12 + self.sheet.note(left + FRAME + wide + 0.12, top + 0.21, note)
            taken.append((left, top, left + FRAME + wide, top + 0.32))
        return taken

    def _put(self, box: Box) -> None:
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

    def _edge(self, edge: Edge, start: Point, end: Point) -> None:
        route, colour = self.places.routes[edge.source, edge.target], self._colour(edge)
        style = {"bold": edge.bold, "dashed": edge.dashed, "arrow": not self.is_plain}
        if route.kind is Kind.BESIDE:
            ((x, _),) = route.via
            around(self.sheet, [start, (x, start[1]), (x, end[1]), end], colour, **style)
            return
        self.sheet.line(start, end, colour, via=route.via, **style)

    def _ring(self, edge: Edge, start: Point, end: Point) -> list[Rectangle]:
        """Draw a ring at the end where something is missing, and return its room."""
        if not edge.missing:
            return []
        at_start = edge.missing == "start"
        side = self._sides(edge)[0 if at_start else 1]
        x, y = start if at_start else end
        x += (0.09 if at_start else 0.16) * (1 if side == "right" else -1)
        ring(self.sheet, (x, y), self._colour(edge))
        return [(x - 0.05, y - 0.05, x + 0.05, y + 0.05)]

    def _words(self, places: Places) -> None:
        """Write on each edge its label if it finds a place, or its short form, shortened."""
        lefts, widths = self.measures.lefts, self.measures.widths
        least = max(lefts[1] - lefts[0] - widths[0] - ENDS, 0.8)
        for number, edge in enumerate(self.edges):
            if not edge.label:
                continue
            start, end = sorted(self.columns[key] for key in (edge.source, edge.target))
            room = max(lefts[end] - lefts[start] - widths[start] - ENDS, least)
            at = NEAR[edge.missing] if edge.missing else self._apart(edge)
            forms = dict.fromkeys((edge.label, edge.short or edge.label))
            tries = [(form, room) for form in forms if widest([form], SMALL) <= room]
            for form, fitting in [*tries, (edge.short or edge.label, least)]:
                if places.write(
                    number, form, self._colour(edge), note=edge.note, at=at, room=fitting
                ):
                    labels = self.sheet.record.labels
                    labels[-1] = replace(labels[-1], whole=edge.label)
                    break

    def _apart(self, edge: Edge) -> float:
        """Return at which part of an edge it is away from others: far from the end they share."""
        shared = sum(other.source == edge.source for other in self.edges)
        sharing = sum(other.target == edge.target for other in self.edges)
        return 0.5 if shared == sharing else 0.66 if shared > sharing else 0.34

    def _legend(self) -> None:
        """Explain each kind of edge that has a look."""
        legend = Legend(self.sheet, MARGIN, self.sheet.height + 0.12)
        kinds: dict[str, Edge] = {}
        for edge in self.edges:
            if edge.kind and edge.look:
                kinds.setdefault(edge.kind, edge)
        for kind, edge in kinds.items():
            x, y = legend.place(SIGN, kind, INK, fact=True)
            colour = edge.look.colour if edge.look else INK
            style = {"dashed": edge.dashed, "arrow": not self.is_plain}
            self.sheet.straight((x, y), (x + SIGN, y), colour, **style)
            if edge.missing:
                ring(self.sheet, (x + (0.05 if edge.missing == "start" else 0.26), y), colour)
