"""Lanes: a lifeline for each node, and the edges between them from top to bottom.

The first node stays at the left. The others change places as long as that makes edges shorter, lets
them cross fewer lifelines, and keeps those of a frame together. A dashed edge is an answer: a node
that nobody saw before the answer begins where the answer arrives.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from iamlab.display import count
from iamlab.view.drawing.measure import SMALL, TEXT, Face, plain, widest, width_of
from iamlab.view.drawing.sheet import BOX_HEIGHT, MARGIN, PAD, PAGE, Box, Sheet
from iamlab.view.scene import Edge, Node, Scene
from iamlab.view.style import INK, LIT_AREA, PALE_INK, PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GAP = "gap"
"""The kind of an edge that stands for several which aren't drawn; its label says so."""

PITCH, CLOSE, BORN, BELOW = 0.44, 0.36, 0.66, 0.15
"""The height of an edge's row, and where there are many; of a row in which a node begins; and what
a note below the edge adds."""
FEW = 12
LIFT = 0.13
"""The distance of words from their edge."""
LONGEST = 3.1
"""The largest width of a label."""
LOOP = 0.35
"""The width of an edge from a node to itself."""
AROUND = 0.09
"""How far a frame reaches beyond its boxes."""
BETWEEN, ROOM = 0.22, 0.4
"""The least distance of two boxes, and what an edge has beside its label."""
NARROW, WIDE = 0.72, 1.75
"""The least and the largest width of a box."""
SPLIT = 12
"""What it costs to draw a frame in one piece more, where an edge costs 1 for each lane."""
HALVINGS = 16


def fold_lanes(scene: Scene, edges: int, lanes: int) -> Scene:
    """Return a scene with at most so many edges and lanes.

    The edges in the middle become a gap. The nodes with the fewest edges become one.
    """
    shown = list(scene.edges)
    if len(shown) > edges:
        half = edges // 2
        left_out = [one for edge in shown[half:-half] for one in edge.members or (edge,)]
        more = count(sum(not edge.dashed for edge in left_out), "more call")
        shown[half:-half] = [Edge("", "", f"{more}: the table has all", kind=GAP)]
    often = Counter(key for edge in shown if edge.kind != GAP for key in (edge.source, edge.target))
    if len(often) > lanes:
        first, *rest = often
        rest.sort(key=lambda key: -often[key])
        kept = {first, *rest[: lanes - 2]}
        members = tuple(node for node in scene.drawn if node.id in often and node.id not in kept)
        others = Node("others", f"{len(members)} more", "others", members=members)
        into = {node.id: others.id for node in members}
        nodes = [*(node for node in scene.nodes if node.id not in into), others]
        shown = [
            replace(
                edge,
                source=into.get(edge.source, edge.source),
                target=into.get(edge.target, edge.target),
            )
            for edge in shown
        ]
        return replace(scene, nodes=nodes, edges=shown)
    return replace(scene, edges=shown)


def draw_lanes(scene: Scene, heading: str, note: str = "") -> Sheet:
    """Draw nodes side by side, and edges one below the other.

    Parameters
    ----------
    heading, note
        What stands above the times at the left.
    """
    return _Lanes(scene, heading, note).sheet


class _Lanes:
    """The work of drawing a scene as lanes."""

    def __init__(self, scene: Scene, heading: str, note: str) -> None:
        self.sheet, self.frames = Sheet(3.0, 0.8), scene.frames
        self.heading, self.note = heading, note
        edges = [edge for edge in scene.edges if edge.kind != GAP]
        if not edges:
            self.sheet.text(MARGIN, 0.4, "No calls.")
            return
        self.order = ordered({node.id: node for node in scene.drawn}, edges)
        self.place = {node.id: number for number, node in enumerate(self.order)}
        self.has_frames = len({node.frame for node in self.order} - {""}) > 1
        self.begin = _beginnings(edges)
        self._across(edges)
        self.top = 0.88 if self.has_frames else 0.4
        self.foot: dict[str, float] = {}
        self.last_time = ""
        y = self.top + 0.42
        for edge in scene.edges:
            y = self._gap(edge, y) if edge.kind == GAP else self._row(edge, y)
        self._down(y)

    def _across(self, edges: Sequence[Edge]) -> None:
        """Find a place for every lane."""
        widths = [_width(node, framed=self.has_frames) for node in self.order]
        times = [edge.at for edge in edges]
        start = MARGIN + max(widest([*times, self.note], SMALL), 0.4) + 0.25
        spans = []
        for edge in edges:
            left, right = sorted((self.place[edge.source], self.place[edge.target]))
            room = min(_label_width(edge), LONGEST) + ROOM + 2 * AROUND * self.has_frames
            if edge is self.begin.get(edge.target):
                room += widths[self.place[edge.target]] / 2
            if left < right:
                spans.append((left, right, room))
        self.widths, found = fitted(widths, spans, PAGE - MARGIN - AROUND - start)
        self.x = [start + one for one in found]
        self.end = self.x[-1] + self.widths[-1] / 2
        self.sides = self._sides() if self.has_frames else []
        self.pitch = PITCH if len(edges) <= FEW else CLOSE

    # -- rows ------------------------------------------------------------------------------------

    def _row(self, edge: Edge, y: float) -> float:
        """Draw an edge in the row that begins at this height; return where the next one begins."""
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
            out = start + LOOP
            self.sheet.straight((start, level - 0.04), (out, level - 0.04), colour)
            self.sheet.straight((out, level - 0.04), (out, level + 0.06), colour)
            self.sheet.straight((out, level + 0.06), (start, level + 0.06), colour, arrow=True)
        else:
            style = {"bold": edge.bold, "dashed": edge.dashed}
            self.sheet.straight((start, level), (end, level), colour, arrow=True, **style)
        self._label(edge, start, end, level, is_born=is_born)
        return y + height + (BELOW if edge.note else 0.0)

    def _label(self, edge: Edge, start: float, end: float, y: float, *, is_born: bool) -> None:
        """Write the label above its edge, and the note below."""
        colour = PALE_INK if edge.dashed else _colour(edge)
        left, right = min(start, end) + 0.1, max(start, end) - 0.1
        taken = min(_label_width(edge), LONGEST)
        where = self._free(left, right, taken)
        passes = where is None
        if where is None:
            # Words may pass a lifeline, though not a box that stands in the row.
            first = left if is_born and end < start else self.x[0] + 0.1
            last = right if is_born and end > start else self.end
            taken = min(taken, last - first)
            where = max(min(left, last - taken), first)
        style: dict[str, Any] = {"room": taken + 0.02, "on_line": passes}
        self.sheet.note(where, y - LIFT, edge.label, colour, face=_face(edge), **style)
        self.sheet.note(where, y + LIFT, edge.note, colour, **style)

    def _free(self, left: float, right: float, taken: float) -> float | None:
        """Find the first place on an edge where words pass no lifeline and no side of a frame."""
        lifelines = [
            self.x[self.place[node.id]]
            for node in self.order
            if node.id not in self.begin or node.id in self.foot  # those that have begun
        ]
        sides = [x for _, *both in self.sides for x in both]
        stops = sorted(
            [left - 0.08, *(x for x in (*lifelines, *sides) if left < x < right), right + 0.08]
        )
        for one, other in pairwise(stops):
            if other - one - 0.16 >= taken:
                return one + 0.08
        return None

    def _gap(self, edge: Edge, y: float) -> float:
        self.sheet.area((MARGIN, y + 0.1), (self.end - MARGIN, 0.34), LIT_AREA)
        middle = (MARGIN + self.end) / 2
        self.sheet.text(middle, y + 0.27, edge.label, align="center", room=self.end - 2 * MARGIN)
        return y + 0.5

    # -- what stands from top to bottom ----------------------------------------------------------

    def _head(self, node: Node, y: float) -> None:
        number, is_new = self.place[node.id], node.id in self.begin
        text, width = _text(node, framed=self.has_frames), self.widths[number]
        box = Box(
            self.x[number] - width / 2,
            y,
            width,
            text,
            node.note if node.note != text else "",
            area=LIT_AREA if is_new else PAPER,
            bold=is_new or number == 0,
        )
        self.sheet.box(box)
        self.foot[node.id] = y + BOX_HEIGHT / 2

    def _down(self, y: float) -> None:
        """Draw the boxes that were there from the beginning, the lifelines and the frames."""
        for node in self.order:
            if node.id not in self.foot:
                self._head(node, self.top)
        bottom = y + 0.14
        for key, foot in self.foot.items():
            x = self.x[self.place[key]]
            self.sheet.straight((x, foot), (x, bottom), PALE_LINE)
        self.sheet.heading(MARGIN, self.top - 0.085, self.heading)
        if self.note:
            self.sheet.note(MARGIN, self.top + 0.11, self.note)
        for frame, left, right in self.sides:
            self.sheet.field(left, 0.1, right - left, bottom, "")
            title, note = self.frames[frame]
            room = right - left - 2 * AROUND
            self.sheet.note(left + AROUND, 0.27, title, INK, room=room, face="bold")
            self.sheet.note(left + AROUND, 0.44, note, INK, room=room)

    def _sides(self) -> list[tuple[str, float, float]]:
        """Return the frames with their left and right sides."""
        found: list[tuple[str, float, float]] = []
        for frame, group in groupby(
            range(len(self.order)), key=lambda place: self.order[place].frame
        ):
            first, *_, last = [*(places := list(group)), places[-1]]
            left = self.x[first] - self.widths[first] / 2 - AROUND
            right = self.x[last] + self.widths[last] / 2 + AROUND
            if frame:
                found.append((frame, left, right))
        return found


def _colour(edge: Edge) -> str:
    return edge.look.colour if edge.look else INK


def _face(edge: Edge) -> Face:
    return "bold" if edge.bold else "sans"


def _label_width(edge: Edge) -> float:
    face = _face(edge)
    above, below = plain(edge.label, face), plain(edge.note)
    return max(width_of(above, SMALL, face), width_of(below, SMALL))


def _text(node: Node, *, framed: bool) -> str:
    """Return the words of a box: the frame may say the rest of them."""
    return node.short if framed and node.short else node.text


def _width(node: Node, *, framed: bool) -> float:
    text = _text(node, framed=framed)
    words = max(widest([text], TEXT, "bold"), widest([node.note], SMALL))
    width = min(max(words + 2 * PAD + 0.02, NARROW), WIDE)
    return max(width, 1.1) if framed and node.frame else width


def _beginnings(edges: Sequence[Edge]) -> Mapping[str, Edge]:
    """Return the answers that lead to nodes which nobody saw before."""
    seen: set[str] = set()
    found: dict[str, Edge] = {}
    for edge in edges:
        if edge.dashed and edge.target not in seen:
            found[edge.target] = edge
        seen |= {edge.source, edge.target}
    return found


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
        """Say how hard an order is to read: long edges, crossed lifelines, frames in pieces."""
        place = {key: number for number, key in enumerate(order)}
        total = 0
        for at, edge in enumerate(edges):
            left, right = sorted((place[edge.source], place[edge.target]))
            crossed = sum(born.get(key, -1) < at for key in order[left + 1 : right])
            total += right - left + 2 * crossed
        frames = [nodes[key].frame for key in order]
        pieces = sum(one != other for one, other in pairwise(["", *frames]) if other)
        return total + SPLIT * (pieces - len(set(frames) - {""}))

    best, is_better = cost(order), True
    while is_better:
        moved = (_moved(order, a, b) for a in range(1, len(order)) for b in range(1, len(order)))
        costs = ((cost(other), other) for other in moved)
        lowest, found = min(costs, key=lambda one: one[0], default=(best, order))
        is_better = lowest < best
        if is_better:
            best, order = lowest, found
    return [nodes[key] for key in order]


def _moved(order: Sequence[str], place: int, to: int) -> list[str]:
    found = [*order[:place], *order[place + 1 :]]
    found.insert(to, order[place])
    return found


def fitted(
    widths: Sequence[float], spans: Sequence[tuple[int, int, float]], room: float
) -> tuple[list[float], list[float]]:
    """Find the width and the middle of each box, as close together as labels allow.

    Labels give way first: they may pass a lifeline. Then boxes get narrower.

    Parameters
    ----------
    spans
        Two boxes, the left one first, and the room that is wanted between their lifelines.
    room
        The largest width of all together.

    Examples
    --------
    >>> fitted([1, 1], [(0, 1, 2.0)], 10)
    ([1, 1], [0.5, 2.5])
    >>> [round(one, 1) for one in fitted([1, 1], [(0, 1, 20.0)], 5)[1]]
    [0.5, 4.5]
    """
    widths = _capped(widths, room - BETWEEN * (len(widths) - 1))
    least, most = 0.0, 1.0
    found = _middles(widths, spans, 1.0)
    if found[-1] + widths[-1] / 2 > room:
        for _ in range(HALVINGS):
            share = (least + most) / 2
            found = _middles(widths, spans, share)
            least, most = (least, share) if found[-1] + widths[-1] / 2 > room else (share, most)
        found = _middles(widths, spans, least)
    return widths, found


def _capped(widths: Sequence[float], room: float) -> list[float]:
    """Make the widest narrower, so that all have room together."""
    cap, left = room, room
    for place, width in enumerate(sorted(widths)):
        share = left / (len(widths) - place)
        if width > share:
            cap = share
            break
        left -= width
    return [min(width, cap) for width in widths]


def _middles(
    widths: Sequence[float], spans: Sequence[tuple[int, int, float]], share: float
) -> list[float]:
    """Put boxes side by side, with a share of the room that words want between them."""
    found: list[float] = []
    for place, width in enumerate(widths):
        beside = found[-1] + (widths[place - 1] + width) / 2 + BETWEEN if found else width / 2
        needs = [found[left] + wanted * share for left, right, wanted in spans if right == place]
        found.append(max([beside, *needs]))
    return found
