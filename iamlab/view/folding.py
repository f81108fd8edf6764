"""Folding: a smaller scene, if there are too many nodes for a picture.

The list and the table keep every node. The list says which nodes are drawn as one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.scene import Node
from iamlab.view.words import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from iamlab.view.scene import Scene

MANY = 8
"""Kinds with at least this number of nodes are folded before other kinds."""


def folded(scene: Scene, most: int, most_edges: int = 1000) -> Scene:
    """Return a scene of at most so many nodes and edges; highlighted ones stay if possible.

    It takes as many of these steps as it needs:

    1. Nodes of one kind in one place, with the same cells and edges, are drawn as one.
    2. Similar nodes with different nodes at the end, such as inline policies, are drawn as one.
    3. A node is drawn for all nodes in it, the innermost first.
    4. All nodes of one kind and place are drawn as one, large groups first.

    Nodes with ``stays`` are always drawn.
    """
    for fewer in _steps(scene):
        scene = fewer
        if len(scene.drawn) <= most and len(scene.edges) <= most_edges:
            break
    return scene


def _steps(scene: Scene) -> Iterator[Scene]:
    """Yield the scene with fewer and fewer nodes."""
    yield scene
    scene = alike(scene)
    yield scene
    scene = alike(alike(scene, but_ends=True))
    yield scene
    depths = scene.depths()
    for depth in range(max(depths.values()), 0, -1):
        scene = _closed(scene, depth, depths)
        yield scene
    scene = alike(scene)
    yield scene
    for least, keep_highlighted in ((MANY, True), (2, True), (2, False)):
        scene = _with(scene, _of_a_kind(scene, least, keep_highlighted=keep_highlighted))
        yield scene


def alike(scene: Scene, *, but_ends: bool = False) -> Scene:
    """Return a scene in which similar nodes are drawn as one.

    Parameters
    ----------
    but_ends
        Whether nodes are also similar if their edges lead to different nodes that have no other
        edge: ten users, each with an inline policy.
    """
    parents = {node.parent for node in scene.nodes}
    number = Counter(end for edge in scene.edges for end in (edge.source, edge.target))
    own: dict[str, Hashable] = {}
    for node in scene.nodes:
        cells = [(tuple(cell.names or ()), cell.look) for cell in node.cells.values()]
        is_free = not (node.highlighted or node.stays) and node.id not in parents
        own[node.id] = (_place(node), node.look, tuple(cells)) if is_free else node.id
    around: dict[str, set[Hashable]] = defaultdict(set)
    for edge in scene.edges:
        for end, other, to in ((edge.source, edge.target, 1), (edge.target, edge.source, 0)):
            is_end = but_ends and number[other] == 1
            around[end].add((to, own[other] if is_end else other, edge.kind, edge.label))
    return _with(
        scene, _groups(scene.nodes, lambda node: (own[node.id], frozenset(around[node.id])))
    )


def nested(scene: Scene, most: int) -> Scene:
    """Return a scene with at most so many innermost nodes, if possible.

    Nodes in one place with the same kinds of nodes in them are drawn as one, and so are the nodes
    in them: eight groups whose statements don't match. If that isn't enough, highlighted nodes are
    drawn so, too; nodes with ``stays`` and those in no other node never are.
    """
    for keep_highlighted in (True, False):
        parents = {node.parent for node in scene.nodes}
        inner = [node for node in scene.nodes if node.parent and node.id not in parents]
        if sum(not node.stays for node in inner) > most:
            scene = _same_inside(scene, keep_highlighted=keep_highlighted)
    return scene


def _same_inside(scene: Scene, *, keep_highlighted: bool) -> Scene:
    by_id = {node.id: node for node in scene.nodes}
    inside: dict[str, set[str]] = defaultdict(set)
    for node in scene.nodes:
        is_kept = node.stays or (node.highlighted and keep_highlighted)
        place: Node | None = node
        while place is not None:
            inside[place.id].add(node.id if is_kept else node.kind)
            place = by_id.get(place.parent)

    def same(node: Node) -> Hashable:
        if node.parent not in by_id:
            return node.id
        return same(by_id[node.parent]), node.kind, node.frame, frozenset(inside[node.id])

    return _with(scene, _groups(scene.nodes, same))


def _place(node: Node) -> Hashable:
    return node.parent, node.kind, node.column, node.frame


def _of_a_kind(scene: Scene, least: int, *, keep_highlighted: bool) -> dict[str, list[Node]]:
    """Return the groups of at least so many nodes of one kind in one place."""
    parents = {node.parent for node in scene.nodes}
    free = [
        node
        for node in scene.nodes
        if not (node.stays or (node.highlighted and keep_highlighted)) and node.id not in parents
    ]
    groups = _groups(free, lambda node: (_place(node), node.highlighted))
    return {key: group for key, group in groups.items() if len(group) >= least}


def _groups(nodes: Iterable[Node], same: Callable[[Node], Hashable]) -> dict[str, list[Node]]:
    """Group nodes by a property, and keep the groups of several."""
    groups: dict[Hashable, list[Node]] = defaultdict(list)
    for node in nodes:
        groups[same(node)].append(node)
    return {group[0].id: group for group in groups.values() if len(group) > 1}


def _closed(scene: Scene, depth: int, depths: Mapping[str, int]) -> Scene:
    """Draw each node of a depth for all nodes in it, unless one of them is highlighted."""
    groups: dict[str, list[Node]] = {}
    open_at = ""
    for node in scene.nodes:
        if depths[node.id] == depth:
            open_at = node.id
            groups[open_at] = [node]
        elif depths[node.id] > depth:
            groups[open_at].append(node)
    return _with(scene, {
        first: group
        for first, group in groups.items()
        if len(group) > 1 and not any(node.highlighted or node.stays for node in group)
    })  # fmt: skip


def _with(scene: Scene, groups: Mapping[str, Sequence[Node]]) -> Scene:
    """Draw each group of nodes as one node."""
    return merged(scene, groups.values(), as_one)


def as_one(group: Sequence[Node]) -> Node:
    """Return the node that several nodes are drawn as.

    If their texts begin with the symbol of their look, so does its text, and its note is the word
    of their look.
    """
    first, *rest = group
    is_inside = rest[0].parent == first.id
    inner = rest if is_inside else group
    every = tuple(member for node in inner for member in node.members or (node,))
    text = f"{first.text}, with {counted(every)}" if is_inside else counted(every)
    members = (first, *every) if is_inside else every
    texts = [node.text for node in every]
    different = list(dict.fromkeys(texts))
    names = [*different, *texts][: len(texts)] if len(different) > 1 else different
    note = listed(names, 2, length=24) if first.note and not is_inside else first.note
    if first.look and first.text.startswith(f"{first.look.symbol} "):
        text, note = f"{first.look.symbol} {text}", first.look.word if first.note else ""
    return replace(first, text=text, short="", note=note, members=members)


def merged(
    scene: Scene, groups: Iterable[Sequence[Node]], make: Callable[[Sequence[Node]], Node]
) -> Scene:
    """Return a scene in which each group is one node, with the edges that lead out of it."""
    drawn_as = {node.id: made for group in groups for made in (make(group),) for node in group}
    nodes = dict.fromkeys(drawn_as.get(node.id, node).id for node in scene.nodes)
    by_id = {node.id: drawn_as.get(node.id, node) for node in scene.nodes}
    edges = {
        (ends, edge.kind, edge.label, edge.bold): replace(edge, source=ends[0], target=ends[1])
        for edge in scene.edges
        if (ends := (by_id[edge.source].id, by_id[edge.target].id))[0] != ends[1]
    }
    parents = {key: node.id for key, node in by_id.items()}
    kept = [by_id[key] for key in nodes]
    kept = [replace(node, parent=parents.get(node.parent, node.parent)) for node in kept]
    return replace(scene, nodes=kept, edges=list(edges.values()))


def counted(nodes: Sequence[Node]) -> str:
    """Count nodes by their kinds.

    Examples
    --------
    >>> from iamlab.view.scene import Node
    >>> counted([Node("1", "Prod", kind="OU"), *(Node(x, x, kind="account") for x in "ab")])
    '1 OU and 2 accounts'
    """
    kinds = [node.kind for node in nodes]
    return " and ".join(count(kinds.count(kind), kind) for kind in dict.fromkeys(kinds))


MORE = "more"
"""The kind of a node that counts nodes that aren't drawn."""


def at_most(scene: Scene, limits: Mapping[str, int]) -> Scene:
    """Return a scene with at most so many nodes of a kind in one parent; the others are counted.

    Nodes that stay or are highlighted come first. A single node is never left out: counting it
    needs as much room.

    Parameters
    ----------
    limits
        The largest numbers, by kind.

    Examples
    --------
    >>> from iamlab.view.scene import Node, Scene
    >>> users = [Node("1", "ana"), Node("2", "bob"), Node("3", "eve", stays=True)]
    >>> [node.text for node in at_most(Scene(users), {"": 1}).nodes]
    ['eve', 'and 2 more']
    """
    siblings: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in scene.nodes:
        siblings[node.parent, node.kind].append(node)
    nodes: dict[str, Node] = {}
    for (parent, kind), group in siblings.items():
        if parent and parent not in nodes:
            continue
        most, few = limits.get(kind, len(group)), group
        if len(group) > most + 1:
            few = sorted(group, key=lambda node: not (node.stays or node.highlighted))[:most]
            key, more = f"{parent} {kind} {MORE}", f"and {len(group) - most:,} more"
            few.append(Node(key, more, kind=MORE, parent=parent, column=group[0].column))
        nodes |= {node.id: node for node in few}
    return replace(scene, nodes=list(nodes.values()))
