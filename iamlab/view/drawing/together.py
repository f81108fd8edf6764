"""Putting together the boxes of a network that are alike, so that many stay readable.

Two boxes are alike if they stand in one column and field, are of one kind, and have lines from the
same and to the same others, with the same words. One box then stands for them, with their number.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamlab.display import count
from iamlab.view.words import listed

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from iamlab.view.drawing.network import Line, Node


class Together(NamedTuple):
    """A network with fewer boxes.

    Parameters
    ----------
    members
        Key of a box that stands for several -> the keys of these.
    left_out
        The keys of those that have no box.
    """

    nodes: list[Node]
    lines: list[Line]
    members: Mapping[str, tuple[str, ...]]
    left_out: tuple[str, ...]


def put_together(
    nodes: Sequence[Node],
    lines: Sequence[Line],
    *,
    most: int,
    alike: int,
    alone: Container[str] = (),
) -> Together:
    """Put together those who are alike.

    Parameters
    ----------
    most
        So many boxes there are in the end.
    alike
        From so many on, those who are alike are one box in any case; if there are too many boxes,
        two are enough.
    alone
        The keys of boxes that stay what they are.

    Examples
    --------
    >>> from iamlab.view.drawing.network import Line, Node
    >>> nodes = [Node("a", ("admin",), "role", 0)]
    >>> nodes += [Node(f"u{i}", (f"u{i}",), "user", 1) for i in range(9)]
    >>> found = put_together(nodes, [Line("a", f"u{i}") for i in range(9)], most=60, alike=6)
    >>> [(node.names[0], node.note) for node in found.nodes], len(found.lines)
    ([('admin', 'role'), ('9 users', 'u0, u1 and 7 more')], 1)
    """
    least = alike if len(nodes) <= most else 2
    groups: dict[object, list[Node]] = defaultdict(list)
    into: dict[str, list[object]] = defaultdict(list)
    out: dict[str, list[object]] = defaultdict(list)
    for line in lines:
        out[line.start].append((line.end, line.words))
        into[line.end].append((line.start, line.words))
    for node in nodes:
        if node.key not in alone:
            same = (node.column, node.field, node.note, tuple(into[node.key]), tuple(out[node.key]))
            groups[same].append(node)
    stands: dict[str, Node] = {}
    members: dict[str, tuple[str, ...]] = {}
    for own in groups.values():
        if len(own) >= least:
            one = _as_one(own)
            members[one.key] = tuple(node.key for node in own)
            stands |= dict.fromkeys(members[one.key], one)
    every = list(dict.fromkeys(stands.get(node.key, node) for node in nodes))
    kept = {node.key for node in _first(every, most, alone)}
    moved = dict.fromkeys(
        replace(
            line,
            start=stands[line.start].key if line.start in stands else line.start,
            end=stands[line.end].key if line.end in stands else line.end,
        )
        for line in lines
    )
    return Together(
        [node for node in every if node.key in kept],
        [line for line in moved if line.start in kept and line.end in kept],
        members,
        tuple(node.key for node in every if node.key not in kept),
    )


def _as_one(own: Sequence[Node]) -> Node:
    kind, _, more = own[0].note.partition(",")
    many = f"{kind.removesuffix('y')}ies" if kind.endswith("y") else f"{kind}s"
    names = listed([node.names[0] for node in own], 2, length=24)
    title = count(len(own), kind, many) if kind else f"{len(own)}"
    return replace(
        own[0],
        key="|".join(node.key for node in own),
        names=(title,),
        note=f"{names}{',' if more else ''}{more}",
    )


def _first(nodes: Sequence[Node], most: int, alone: Container[str]) -> Iterable[Node]:
    """Give as many as there may be, those that must be there first."""
    return sorted(nodes, key=lambda node: node.key not in alone)[:most]
