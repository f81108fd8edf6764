"""Folding: a scene with fewer nodes, where there are too many for a picture.

The list and the table keep every node; the list says which ones are drawn as one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.display import count

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from iamlab.view.scene import Node, Scene


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
    return merged(scene, groups.values(), _as_one)


def _as_one(group: Sequence[Node]) -> Node:
    first, *rest = group
    is_inside = rest[0].parent == first.id
    every = tuple(one for node in (rest if is_inside else group) for one in node.members or (node,))
    text = f"{first.text}, with {counted(every)}" if is_inside else counted(every)
    return replace(first, text=text, members=(first, *every) if is_inside else every)


def merged(
    scene: Scene, groups: Iterable[Sequence[Node]], as_one: Callable[[Sequence[Node]], Node]
) -> Scene:
    """Return a scene in which each group of nodes is one, with the edges that lead out of it."""
    stands = {node.id: one for group in groups for one in (as_one(group),) for node in group}
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
