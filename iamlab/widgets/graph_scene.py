"""The scene of an access graph without its outcome, and the names of what can be switched off.

It has the policies, statements and stops of the figure. Each place in an organization that has a
policy of its own is a stop by itself.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from iamlab.view.figures.access import access_graph as figure
from iamlab.view.figures.access.access_graph import CALLER, GRANT, OWN, RESOURCE, STATEMENT
from iamlab.view.folding import nested
from iamlab.view.layouts.path import GATE
from iamlab.view.scene import Edge, Node, Scene
from iamlab.view.style import EFFECTS
from iamlab.view.words import listed
from iamlab.widgets.controls import in_words
from iamlab.widgets.graph_picture import PENDING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.decision import Decision

MOST = 10
"""The largest number of statements in a picture; more are folded, and aren't switches."""
STOP = "stop "
"""How the ids of stops begin."""
WHOLE = ("FullAWSAccess", "RCPFullAWSAccess")
"""The policies of an organization that limit nothing."""
KINDS = ("group", "policy", "statement", GATE)
"""The kinds of nodes that can be switched off."""
FIXED = ("KMS grant", "account password policy")
"""The types of policies that aren't attached, so they can't be switched off."""


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
