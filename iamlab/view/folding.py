"""Folding: a scene with fewer nodes, where there are too many for a picture.

The list and the table keep every node; the list says which ones are drawn as one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.scene import Node

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from iamlab.view.scene import Scene


def folded(scene: Scene, most: int) -> Scene:
    """Return a scene of at most so many nodes; highlighted ones stay.

    Nodes that are alike become one: of one kind, in one place, with the same cells and the same
    edges. Then nodes stand for all that is in them, the innermost first, and those that are
    alike then become one.
    """
    if len(scene.nodes) <= most:
        return scene
    scene = alike(scene)
    depths = scene.depths()
    for depth in range(max(depths.values()), 0, -1):
        if len(scene.nodes) <= most:
            return scene
        scene = _closed(scene, depth, depths)
    return scene if len(scene.nodes) <= most else alike(scene)


def alike(scene: Scene) -> Scene:
    """Return a scene in which nodes that are alike are one."""
    around: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for edge in scene.edges:
        around[edge.source].add(("to", edge.target, edge.label))
        around[edge.target].add(("from", edge.source, edge.label))
    parents = {node.parent for node in scene.nodes}
    groups: dict[Hashable, list[Node]] = defaultdict(list)
    for node in scene.nodes:
        same: Hashable = node.id
        if not (node.highlighted or node.stays) and node.id not in parents:
            cells = [(tuple(cell.names or ()), cell.look) for cell in node.cells.values()]
            where = node.parent, node.kind, node.column, node.frame
            same = (where, tuple(cells), frozenset(around[node.id]))
        groups[same].append(node)
    return _with(scene, {group[0].id: group for group in groups.values() if len(group) > 1})


def _closed(scene: Scene, depth: int, depths: Mapping[str, int]) -> Scene:
    """Let the nodes of a depth stand for what is in them, unless some of it is highlighted."""
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
    """Draw each group of nodes as its first one, which stands for all of them."""
    stands: dict[str, Node] = {}
    for group in groups.values():
        first, *rest = group
        is_inside = rest[0].parent == first.id
        inner = rest if is_inside else group
        every = tuple(one for node in inner for one in node.members or (node,))
        text = f"{first.text}, with {counted(every)}" if is_inside else counted(every)
        members = (first, *every) if is_inside else every
        made = replace(first, text=text, members=members)
        stands |= {node.id: made for node in group}
    nodes = dict.fromkeys(stands.get(node.id, node).id for node in scene.nodes)
    by_id = {node.id: stands.get(node.id, node) for node in scene.nodes}
    edges = {
        (ends, edge.label): replace(edge, source=ends[0], target=ends[1])
        for edge in scene.edges
        if (ends := (by_id[edge.source].id, by_id[edge.target].id))[0] != ends[1]
    }
    return replace(scene, nodes=[by_id[key] for key in nodes], edges=list(edges.values()))


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
            more = f"and {len(group) - most:,} more"
            column = group[0].column
            few.append(Node(f"{parent} {MORE}", more, kind=MORE, parent=parent, column=column))
        nodes |= {node.id: node for node in few}
    return replace(scene, nodes=list(nodes.values()))
