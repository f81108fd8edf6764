"""Lanes: a lifeline for each node, and the edges between them from top to bottom.

The first node stays on the left. The others are ordered so that edges are short, cross few
lifelines, and nodes of a frame are together. A dashed edge is an answer: if it is the first edge of
its target, the target's lifeline begins there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import groupby, pairwise, product
from typing import TYPE_CHECKING, Any

from iamlab.display import count
from iamlab.view.drawing.measure import SMALL, TEXT, Face, widest
from iamlab.view.drawing.sheet import BOX_HEIGHT, MARGIN, PAD, PAGE, Box, Sheet
from iamlab.view.scene import Edge, Node, Scene
from iamlab.view.style import INK, LIT_AREA, PALE_INK, PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

GAP = "gap"
"""The kind of an edge that replaces several edges; its label says so."""
PITCH, CLOSE, BORN, BELOW = 0.44, 0.36, 0.66, 0.15
"""The height of a row, of a row among many, of a row in which a node begins, and of a note below
the edge."""
FEW = 12
LIFT = 0.13
"""The distance of words from their edge."""
LONGEST = 3.1
"""The largest width of a label."""
LOOP = 0.35
"""The width of an edge from a node to itself."""
AIR, AROUND = 0.08, 0.09
"""The distance of words from lifelines, and of a frame from its boxes."""
BETWEEN, ROOM = 0.22, 0.4
"""The least distance of two boxes, and the space beside the label of an edge."""
NARROW, FRAMED, WIDE = 0.72, 1.1, 1.75
"""The least width of a box, without and with a frame, and the largest width."""
SPLIT = 12
"""The cost of each additional piece of a frame; an edge costs 1 for each lane."""
STEPS = 50
"""The number of steps in which labels get less room."""


def fold_lanes(scene: Scene, edges: int, lanes: int) -> Scene:
    """Return a scene with at most so many edges and lanes.

    A gap replaces the edges in the middle. The nodes with the fewest edges become one.
    """
    shown = list(scene.edges)
    if len(shown) > edges:
        half = edges // 2
        left_out = [call for edge in shown[half:-half] for call in edge.members or (edge,)]
        more = count(sum(not edge.dashed for edge in left_out), "more call")
        shown[half:-half] = [Edge("", "", f"{more}: the table has all", kind=GAP)]
    often = Counter(key for edge in shown for key in (edge.source, edge.target) if key)
    if len(often) <= lanes:
        return replace(scene, edges=shown)
    first, *rest = often
    kept = {first, *sorted(rest, key=lambda key: -often[key])[: lanes - 2]}
    members = tuple(node for node in scene.drawn if node.id in often.keys() - kept)
    others = Node("others", f"{len(members)} more", "others", members=members)
    place = {key: key for key in ("", *often)} | {node.id: others.id for node in members}
    return replace(
        scene,
        nodes=[*(node for node in scene.nodes if node not in members), others],
        edges=[
            replace(edge, source=place[edge.source], target=place[edge.target]) for edge in shown
        ],
    )


def draw_lanes(scene: Scene, day: str = "") -> Sheet:
    """Draw nodes side by side, and edges one below the other.

    Parameters
    ----------
    day
        The day of all edges, if it is the same.
    """
    sheet = Sheet(3.0, 0.8)
    if scene.edges:
        _Lanes(scene, day, sheet)
    else:
        sheet.text(MARGIN, 0.4, "No calls.")
    return sheet


class _Lanes:
    """The layout of lanes: the places of its nodes, and the sheet."""

    def __init__(self, scene: Scene, day: str, sheet: Sheet) -> None:
        self.scene, self.day, self.sheet = scene, day, sheet
        edges = [edge for edge in scene.edges if edge.kind != GAP]
        self.order = ordered({node.id: node for node in scene.drawn}, edges)
        self.place = {node.id: number for number, node in enumerate(self.order)}
        self.has_frames = len({node.frame for node in self.order} - {""}) > 1
        self.begin = _beginnings(edges)
        self._across(edges)
        self.pitch = PITCH if len(edges) <= FEW else CLOSE
        self.top = 0.88 if self.has_frames else 0.4
        self.foot: dict[str, float] = {}
        self.last_time = ""
        y = self.top + 0.42
        for edge in scene.edges:
            y = self._gap(edge, y) if edge.kind == GAP else self._row(edge, y)
        self._down(y)

    def _across(self, edges: Sequence[Edge]) -> None:
        """Find the place and the width of each lane, and the sides of the frames."""
        widths = list(map(self._width, self.order))
        start = MARGIN + max(widest([self.day, *(edge.at for edge in edges)], SMALL), 0.4) + 0.25
        spans = []
        for edge in edges:
            left, right = sorted((self.place[edge.source], self.place[edge.target]))
            room = _label_width(edge) + ROOM + 2 * AROUND * self.has_frames
            if edge is self.begin.get(edge.target):
                room += widths[self.place[edge.target]] / 2
            if left < right:
                spans.append((left, right, room))
        self.widths, middles = fitted(widths, spans, PAGE - MARGIN - AROUND - start)
        self.x = [start + middle for middle in middles]
        self.end = self.x[-1] + self.widths[-1] / 2
        self.sides: list[tuple[str, float, float]] = []
        for frame, group in groupby(self.order, key=lambda node: node.frame):
            places = [self.place[node.id] for node in group]
            if frame and self.has_frames:
                begin = self.x[places[0]] - self.widths[places[0]] / 2 - AROUND
                end = self.x[places[-1]] + self.widths[places[-1]] / 2 + AROUND
                self.sides.append((frame, begin, end))

    def _text(self, node: Node) -> str:
        """Return the words of a box; they are shorter if the frame has the rest."""
        return node.short if self.has_frames and node.short else node.text

    def _width(self, node: Node) -> float:
        words = max(widest([self._text(node)], TEXT, "bold"), widest([node.note], SMALL))
        least = FRAMED if self.has_frames and node.frame else NARROW
        return min(max(words + 2 * PAD + 0.02, least), WIDE)

    # -- rows ------------------------------------------------------------------------------------

    def _row(self, edge: Edge, y: float) -> float:
        """Draw an edge in the row that begins at ``y``; return the top of the next row."""
        is_born = edge is self.begin.get(edge.target)
        height = BORN if is_born else self.pitch
        level = y + height - (BOX_HEIGHT / 2 if is_born else 0.12)
        if edge.at != self.last_time:
            self.sheet.note(MARGIN, level - LIFT / 2, edge.at)
        self.last_time = edge.at
        source, target = self.place[edge.source], self.place[edge.target]
        start, end = self.x[source], self.x[target]
        if is_born:
            self._head(self.order[target], level)
            end += self.widths[target] / 2 * (1 if target < source else -1)
        colour = PALE_LINE if edge.dashed else _colour(edge)
        if source == target:
            bends = [(start + LOOP, level - 0.05), (start + LOOP, level + 0.06)]
            path = [(start, level - 0.05), *bends, (start, level + 0.06)]
            self.sheet.curve(path, colour, arrow=True)
        else:
            style = {"bold": edge.bold, "dashed": edge.dashed}
            self.sheet.straight((start, level), (end, level), colour, arrow=True, **style)
        self._label(edge, start, end, level, is_born=is_born)
        return y + height + (BELOW if edge.note else 0.0)

    def _label(self, edge: Edge, start: float, end: float, y: float, *, is_born: bool) -> None:
        """Write the label above its edge, and the note below."""
        colour = PALE_INK if edge.dashed else _colour(edge)
        left, right = min(start, end) + 0.1, max(start, end) - 0.1
        taken = _label_width(edge)
        where = self._free(left - AIR, right + AIR, taken)
        passes = where is None
        if where is None:
            # Words can cross a lifeline, but not a box in the row.
            first = left if is_born and end < start else self.x[0] + 0.1
            last = right if is_born and end > start else self.end
            taken = min(taken, last - first)
            where = max(min(left, last - taken), first)
        style: dict[str, Any] = {"room": taken + 0.02, "on_line": passes}
        self.sheet.note(where, y - LIFT, edge.label, colour, face=_face(edge), **style)
        self.sheet.note(where, y + LIFT, edge.note, colour, **style)

    def _free(self, left: float, right: float, taken: float) -> float | None:
        """Find the first place on an edge where words cross no lifeline and no side of a frame."""
        begun = (node.id not in self.begin or node.id in self.foot for node in self.order)
        lines = [x for x, has_begun in zip(self.x, begun, strict=True) if has_begun]
        lines += [x for _, *sides in self.sides for x in sides]
        stops = sorted([left, right, *(x for x in lines if left < x < right)])
        free = (stop + AIR for stop, other in pairwise(stops) if other - stop >= taken + 2 * AIR)
        return next(free, None)

    def _gap(self, edge: Edge, y: float) -> float:
        self.sheet.area((MARGIN, y + 0.1), (self.end - MARGIN, 0.34), LIT_AREA)
        middle = (MARGIN + self.end) / 2
        self.sheet.text(middle, y + 0.27, edge.label, align="center", room=self.end - 2 * MARGIN)
        return y + 0.5

    # -- boxes, lifelines and frames -------------------------------------------------------------

    def _head(self, node: Node, y: float) -> None:
        number, is_new = self.place[node.id], node.id in self.begin
        left, width = self.x[number] - self.widths[number] / 2, self.widths[number]
        area, is_bold = LIT_AREA if is_new else PAPER, is_new or not number
        text, note = self._text(node), node.note if node.note != node.text else ""
        self.sheet.box(Box(left, y, width, text, note, area=area, bold=is_bold))
        self.foot[node.id] = y + BOX_HEIGHT / 2

    def _down(self, y: float) -> None:
        """Draw the boxes that don't begin with an answer, the lifelines and the frames."""
        for node in self.order:
            if node.id not in self.foot:
                self._head(node, self.top)
        bottom = y + 0.14
        for key, foot in self.foot.items():
            x = self.x[self.place[key]]
            self.sheet.straight((x, foot), (x, bottom), PALE_LINE)
        self.sheet.heading(MARGIN, self.top - 0.085, "TIME")
        self.sheet.note(MARGIN, self.top + 0.11, self.day)
        for frame, left, right in self.sides:
            self.sheet.field(left, 0.1, right - left, bottom, "")
            title, note = self.scene.frames[frame]
            room = right - left - 2 * AROUND
            self.sheet.note(left + AROUND, 0.27, title, INK, room=room, face="bold")
            self.sheet.note(left + AROUND, 0.44, note, INK, room=room)


def _colour(edge: Edge) -> str:
    return edge.look.colour if edge.look else INK


def _face(edge: Edge) -> Face:
    return "bold" if edge.bold else "sans"


def _label_width(edge: Edge) -> float:
    return min(max(widest([edge.label], SMALL, _face(edge)), widest([edge.note], SMALL)), LONGEST)


def _beginnings(edges: Sequence[Edge]) -> Mapping[str, Edge]:
    """Return the answers that are the first edges of their nodes, by these nodes."""
    first: dict[str, Edge] = {}
    for edge in edges:
        first.setdefault(edge.source, edge)
        first.setdefault(edge.target, edge)
    return {key: edge for key, edge in first.items() if edge.dashed and edge.target == key}


# -- the order and the places of lanes -------------------------------------------------------------


def ordered(nodes: Mapping[str, Node], edges: Sequence[Edge]) -> list[Node]:
    """Return the nodes that have edges, from left to right.

    Examples
    --------
    >>> nodes = {key: Node(key, key) for key in ("ana", "S3", "STS")}
    >>> edges = [Edge("ana", "S3"), Edge("ana", "STS"), Edge("ana", "STS")]
    >>> [node.id for node in ordered(nodes, edges)]
    ['ana', 'STS', 'S3']
    """
    order = list(dict.fromkeys(key for edge in edges for key in (edge.source, edge.target)))
    born = {edge.target: at for at, edge in reversed([*enumerate(edges)]) if edge.dashed}

    def cost(order: Sequence[str]) -> int:
        """Return the cost of an order: of long edges, crossed lifelines and split frames."""
        place = {key: number for number, key in enumerate(order)}
        total = 0
        for at, edge in enumerate(edges):
            left, right = sorted((place[edge.source], place[edge.target]))
            crossed = sum(born.get(key, -1) < at for key in order[left + 1 : right])
            total += right - left + 2 * crossed
        frames = [nodes[key].frame for key in order]
        pieces = sum(first != other for first, other in pairwise(["", *frames]) if other)
        return total + SPLIT * (pieces - len(set(frames) - {""}))

    while True:
        better = min(_moved(order), key=cost, default=order)
        if cost(better) >= cost(order):
            return [nodes[key] for key in order]
        order = better


def _moved(order: Sequence[str]) -> Iterator[list[str]]:
    """Yield the orders in which one node, not the first, has another place."""
    for place, to in product(range(1, len(order)), repeat=2):
        others = [*order[:place], *order[place + 1 :]]
        yield [*others[:to], order[place], *others[to:]]


def fitted(
    widths: Sequence[float], spans: Sequence[tuple[int, int, float]], room: float
) -> tuple[list[float], list[float]]:
    """Find the width and the middle of each box, as close together as labels allow.

    Labels get less room first, so they can cross a lifeline. Then boxes get narrower.

    Parameters
    ----------
    spans
        Two boxes, the left one first, and the room that labels need between their lifelines.
    room
        The largest total width.

    Examples
    --------
    >>> fitted([1, 1], [(0, 1, 2.0)], 10)
    ([1, 1], [0.5, 2.5])
    >>> [round(x, 1) for x in fitted([1, 1], [(0, 1, 20.0)], 5)[1]]
    [0.5, 4.5]
    """
    cap = max(widths)
    while sum(min(width, cap) for width in widths) > room - BETWEEN * (len(widths) - 1):
        cap -= 0.005
    widths = [min(width, cap) for width in widths]
    tries = (_middles(widths, spans, step / STEPS) for step in range(STEPS, 0, -1))
    fitting = (middles for middles in tries if middles[-1] + widths[-1] / 2 <= room)
    return widths, next(fitting, None) or _middles(widths, spans, 0)


def _middles(
    widths: Sequence[float], spans: Sequence[tuple[int, int, float]], share: float
) -> list[float]:
    """Put boxes side by side, with a share of the room that words need between them."""
    found: list[float] = []
    for place, width in enumerate(widths):
        beside = found[-1] + (widths[place - 1] + width) / 2 + BETWEEN if found else width / 2
        needs = [found[left] + wanted * share for left, right, wanted in spans if right == place]
        found.append(max([beside, *needs]))
    return found
