"""The access graph as a graph to take along: nodes and edges, in the order of the way."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from iamlab.view.figures.access.access_rows import DENIES
from iamlab.view.style import look

if TYPE_CHECKING:
    import networkx as nx

    from iamlab.view.figures.access.access_scene import Scene
    from iamlab.view.figures.access.access_ways import Way

Node = tuple[object, ...]
CALLER, ROLE, RESOURCE = ("caller",), ("role",), ("resource",)


def graph_of(scene: Scene) -> nx.DiGraph[Any]:
    """Give the picture as a graph; its nodes stand in the fields of the accounts."""
    import networkx as nx

    graph: nx.DiGraph[Any] = nx.DiGraph()
    here, there = (" ".join(filter(None, one[::-1])) for one in (scene.here, scene.there))
    _chain(graph, scene)
    graph.add_node(CALLER, label=scene.who, note=scene.who_note, field=here)
    if scene.role:
        graph.add_node(ROLE, label=scene.role, note="assumed role", field=here)
        graph.add_edge(CALLER, ROLE)
    joins = _stops(graph, scene, here, there)
    for number, way in enumerate(scene.ways):
        field = here if way.side == "identity" else there
        policy, statement = ("policy", *way.key), ("statement", number)
        home = _home(graph, scene, way, field)
        graph.add_node(policy, label=way.policy, note=way.kind, field=field)
        graph.add_node(statement, label=way.text, note=way.note or way.names, field=field)
        if home is not None:
            graph.add_edge(home, policy, label=way.names)
        graph.add_edge(policy, statement, missing=not way.applies)
        if way.applies:
            label = "cuts" if way.does == DENIES else ""
            graph.add_edge(statement, joins[way.side], label=label)
    if not scene.identity:
        own = next(iter(scene.stops.all), None)
        graph.add_edge(CALLER, joins["first"], missing=own is None or not own.flows)
    return graph


def _chain(graph: nx.DiGraph[Any], scene: Scene) -> None:
    nodes = [("link", number) for number in range(len(scene.links))]
    for node, link in zip(nodes, scene.links, strict=True):
        graph.add_node(node, label=link.name, note=link.note)
    for node, following, link in zip(nodes, [*nodes, CALLER][1:], scene.links, strict=True):
        graph.add_edge(node, following, label=link.leads_by)


def _stops(graph: nx.DiGraph[Any], scene: Scene, here: str, there: str) -> dict[str, Node]:
    """Add the way to the resource; give the stops at which the two sides join it."""
    stops = scene.stops.all
    own = len(scene.stops.before)
    for number, stop in enumerate(stops):
        field = here if number < own else there
        graph.add_node(("stop", number), label=stop.text, note=stop.note, field=field)
    verdict = str(look(scene.decision.verdict))
    graph.add_node(RESOURCE, label=scene.what, note=verdict, field=there)
    way = [*(("stop", number) for number in range(len(stops))), RESOURCE]
    for stop, (one, other) in zip(stops, pairwise(way), strict=True):
        graph.add_edge(one, other, missing=not stop.flows)
    return {"identity": way[0], "resource": way[min(own, len(stops))], "first": way[0]}


def _home(graph: nx.DiGraph[Any], scene: Scene, way: Way, field: str) -> Node | None:
    """Give what a policy hangs on, or who comes to it."""
    start = ROLE if scene.role else CALLER
    if way.side == "resource":
        return CALLER if way.names else None
    if not way.group:
        return start
    group = ("group", way.group)
    graph.add_node(group, label=way.group, note="group", field=field)
    graph.add_edge(start, group)
    return group
