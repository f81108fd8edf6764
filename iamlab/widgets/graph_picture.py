"""A picture whose parts have names: a card can mark them, and those that are switches are buttons.

The place of each part comes from the layout of a figure. What can happen to a part is written
beside it, hidden: a mark of the card shows the word that is true.

The scene of an access graph without its outcome has the policies, statements and stops of the
figure. Each place in an organization that has a policy of its own is a stop by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import POINTS, SMALL, width_of
from iamlab.view.drawing.shapes import Circle, Ink, Rectangle, Text
from iamlab.view.drawing.svg import element
from iamlab.view.figure import PIXELS
from iamlab.view.figures.access import access_graph as figure
from iamlab.view.figures.access.access_graph import CALLER, GRANT, OWN, RESOURCE, STATEMENT
from iamlab.view.folding import nested
from iamlab.view.layouts.path import GATE
from iamlab.view.scene import Edge, Node, Scene
from iamlab.view.style import EFFECTS, PAPER
from iamlab.view.words import listed
from iamlab.widgets.controls import in_words, scrolled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.view.drawing.shapes import Shape
    from iamlab.view.drawing.sheet import Sheet

PENDING = "…"
"""The symbol of a stop without an outcome; it isn't written before the stop's words."""
LEAST = 760
"""The least width of a picture, in pixels; in a narrower card it scrolls."""
TALL, PAD, AIR, LIFT = 0.18, 0.07, 0.06, 0.03
"""The height of a word's label, and its distances from its own edge and from its box."""
_LABEL = Ink(fill=PAPER, edge="currentColor", width=1.2)
MOST = 10
"""The largest number of statements in a picture: more are folded, and aren't switches. Also the
largest number of switches with answers beforehand: with more, the kernel answers a click."""
STOP = "stop "
"""How the ids of stops begin."""
WHOLE = ("FullAWSAccess", "RCPFullAWSAccess")
"""The policies of an organization that limit nothing."""
KINDS = ("group", "policy", "statement", GATE)
"""The kinds of nodes that can be switched off."""
FIXED = ("KMS grant", "account password policy")
"""The types of policies that aren't attached, so they can't be switched off."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of a picture is, apart from its shapes.

    Parameters
    ----------
    switch
        The name of its switch, if it has one.
    label
        What a screen reader calls it.
    needs
        The switches that must be on, or the part has no effect, as bits.
    words
        The words that can become true, by the mark that shows them.
    """

    switch: str = ""
    label: str = ""
    needs: int = 0
    words: Mapping[str, str] = field(default_factory=dict)


def picture(sheet: Sheet, parts: Mapping[str, Part], label: str) -> str:
    """Write what is on a sheet as HTML, with a group for each of its named parts.

    Parameters
    ----------
    parts
        By the names that the layout gave to its shapes. Other shapes have no marks.
    label
        What a screen reader calls the picture.
    """
    owners = [name if name in parts else "" for name in sheet.parts]
    groups: dict[str, list[Shape]] = {name: [] for name in ("", *owners)}
    order = sorted(zip(owners, sheet.shapes, strict=True), key=lambda each: each[1].ink.layer)
    for name, shape in order:
        groups[name].append(shape)
    whole = round(sheet.width * PIXELS)
    size = f"0 0 {sheet.width * POINTS:.0f} {sheet.height * POINTS:.0f}"
    background = "".join(map(element, groups.pop("")))
    body = "".join(_group(name, parts[name], shapes) for name, shapes in groups.items())
    return scrolled(
        label,
        f'<svg class="graph" role="group" aria-label="{escape(label)}" viewBox="{size}" '
        f'style="width:100%;max-width:{whole}px;min-width:{min(whole, LEAST)}px" '
        f'font-family="DejaVu Sans,Verdana,sans-serif">{background}{body}</svg>',
    )


def _group(name: str, part: Part, shapes: Sequence[Shape]) -> str:
    own = f' data-needs="{part.needs}"'
    if part.switch:
        own += (
            f' data-press="{escape(part.switch)}" role="button" tabindex="0" '
            f'aria-pressed="true" aria-label="{escape(part.label)}"'
        )
    is_stop = any(isinstance(shape, Circle) for shape in shapes)
    kind = "stop" if is_stop else "node" if part.label else "edge"
    body = "".join(map(_shape, shapes)) + _words(part, shapes)
    return f'<g class="{kind}"><g data-id="{escape(name)}"{own}>{body}</g></g>'


def _shape(shape: Shape) -> str:
    """Write a shape; the sign of a stop without an outcome disappears with its outcome."""
    if not isinstance(shape, Text) or not shape.words.startswith(PENDING):
        return element(shape)
    words = shape.words.removeprefix(PENDING).lstrip()
    if words:
        width = width_of(words, shape.size, shape.face)
        return element(replace(shape, words=words, width=width))
    return f'<g class="pending">{element(shape)}</g>'


def _words(part: Part, shapes: Sequence[Shape]) -> str:
    """Write the words of a part: a symbol into its disc, and a label at its upper right corner."""
    boxes = [shape for shape in shapes if isinstance(shape, Rectangle)]
    discs = [shape for shape in shapes if isinstance(shape, Circle)]
    body = ""
    for mark, whole in part.words.items():
        words, (symbol, _, rest) = whole, whole.partition(" ")
        ink = Ink(fill="currentColor")
        if discs and len(symbol) == 1:
            place = discs[0].x, discs[0].y + 0.005
            sign = element(Text(*place, symbol, 13, "bold", 0.0, ink, "center"))
            body += f'<g class="word {mark}">{sign}</g>'
            words = rest if len(shapes) > 2 else ""
        if words:
            width = width_of(words, SMALL, "bold")
            if boxes:
                lift = LIFT if not discs else -boxes[-1].height / 2
                x, y = boxes[-1].x + boxes[-1].width - width - AIR - PAD, boxes[-1].y - lift
            else:
                x, y = discs[0].x + 0.2 + PAD, discs[0].y + 0.08
            outline = Rectangle(x - PAD, y - TALL / 2, width + 2 * PAD, TALL, _LABEL, TALL / 2)
            text = Text(x, y, words, SMALL, "bold", width, ink)
            body += f'<g class="word {mark}">{element(outline)}{element(text)}</g>'
    return body


# -- the scene of an access graph ------------------------------------------------------------------


def neutral(decision: Decision) -> Scene:
    """Return the scene of a decision without anything that tells the verdict.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> scene = neutral(world.can(world.user("alice"), "s3:GetObject", MAP))
    >>> [node.text for node in scene.nodes if node.column == STATEMENT]
    ['Allow ListMaps', 'Allow ReadMaps']
    """
    scene = _folded(figure.scene_of(decision))
    nodes, stops = list[Node](), list[Node]()
    for node in scene.nodes:
        if node.kind == GATE:
            stops += _gates(decision, node)
        elif node.id.startswith(STOP):
            rule = decision.trace.reason.rpartition(": ")[2].rstrip(".")
            title = rule if node.id == GRANT else figure.TITLES["identity"]
            stops.append(replace(node, text=f"{PENDING} {title}", note="", look=None))
        elif node.id == RESOURCE:
            end = replace(node, note="", look=None)
        else:
            nodes.append(_statement(decision, node) if node.column == STATEMENT else node)
    edges = [edge for edge in scene.edges if edge.target in {node.id for node in nodes}]
    to_stops = [
        Edge(node.id, OWN if node.frame == CALLER else GRANT)
        for node in nodes
        if node.column == STATEMENT
    ]
    if stops[0].id not in {edge.target for edge in to_stops}:
        edges += [edge for edge in scene.edges if edge.target == stops[0].id]
    down = [Edge(stop.id, following.id) for stop, following in pairwise([*stops, end])]
    return replace(scene, nodes=[*nodes, end, *stops], edges=[*edges, *to_stops, *down])


def _folded(scene: Scene) -> Scene:
    """Return a scene with few statements: the first ones that match stay."""
    statements = [node for node in scene.nodes if node.column == STATEMENT]
    kept = [node.id for node in statements if node.highlighted][:MOST]
    nodes = [replace(node, stays=node.stays or node.id in kept) for node in scene.nodes]
    return nested(replace(scene, nodes=nodes), MOST) if len(statements) > MOST else scene


def _gates(decision: Decision, stop: Node) -> Iterator[Node]:
    """Yield a stop for each place with a policy that limits something."""
    layer = stop.id.removeprefix(STOP)
    for number, level in enumerate(decision.layers.levels(layer), 1):
        own = [attached.policy.name for attached in level if attached.policy.name not in WHOLE]
        if own or not level:
            place = "".join(f" of {path}" for attached in level[:1] for path in attached.path[:1])
            text, note = f"{PENDING} {figure.TITLES[layer]}{place}", listed(own, 2) * any(own)
            yield replace(stop, id=f"{STOP}{layer} {number}", text=text, note=note, look=None)


def _statement(decision: Decision, node: Node) -> Node:
    """Return a statement with its effect; its details tell what doesn't match, if anything."""
    missed = [(node.note or "doesn't match").removeprefix("nearest: ")]
    node = replace(node, details=missed if node.look == figure.MISSES else ())
    if node.members:
        text = f"{len(node.members)} more statements"
        return replace(node, text=text, note="", look=None, kind="")
    _, layer, level, number, part = node.id.split()
    policy = decision.layers.levels(layer)[int(level) - 1][int(number)].policy
    statement = policy.statements[int(part)]
    seen = EFFECTS[statement.effect]
    text, note = f"{seen.word} {statement.label}", in_words(statement)
    return replace(node, text=text, note=note, look=seen, kind="statement", highlighted=True)


def switches_of(scene: Scene) -> dict[str, str]:
    """Return the names of the switches by their nodes: nodes that are folded have none."""
    known, named = {node.id: node for node in scene.nodes}, dict[str, str]()
    for node in scene.nodes:
        policy = known[node.parent] if node.kind == "statement" else node
        if node.members or node.kind not in KINDS or policy.note in FIXED:
            continue
        name = f"group {node.text}" if node.kind == "group" else node.text
        name = name.removeprefix(f"{PENDING} ")
        if node.kind == "statement":
            name = f"{policy.text}/{node.text.partition(' ')[2]}"
        same = sum(own.partition(" (")[0] == name for own in named.values())
        named[node.id] = f"{name} ({same + 1})" if same else name
    return named
