"""The attachment graph in words: its alternative text, its list, its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.figures.account.attachments import (
    GROUP,
    NOUNS,
    POLICY,
    PRINCIPAL,
    node_of,
    ways_of,
)
from iamlab.view.words import listed, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.view.figures.account.attachments import Graph, Lit, Node


NOBODY, NO_ACCOUNTS = "no users, roles or groups", "no accounts"
EMPTY = "There is no account: nothing hangs on anybody."


def alt_of(place: str, graphs: Sequence[Graph], lit: Lit | None) -> str:
    """Say what is to be seen: what reaches whoever is lit, or who has most."""
    for graph in graphs:
        if lit is not None and node_of(lit) in graph:
            if lit.kind == "group":
                return _alt_of_group(graph, node_of(lit))
            return _alt_of_principal(graph, node_of(lit))
    if not graphs:
        return EMPTY
    sizes = [_size_of(graph) for graph in graphs]
    parts = [part for graph in graphs for part in _most(graph)]
    if len(graphs) == 1:
        verb = "is" if sizes[0].startswith("1 ") else "are"
        first = f"In {place} there {verb} {sizes[0]}: "
        return told(first, parts or ["nothing hangs on anybody"], ".")
    return told(f"In {place}: ", [*parts, *sizes], ".")


def _alt_of_principal(graph: Graph, node: Node) -> str:
    name = _label(graph, node)
    through = [one for one in graph.successors(node) if graph.nodes[one]["column"] == GROUP]
    parts = []
    for group in through:
        policies = [_label(graph, one) for one in graph.successors(group)]
        what = listed(policies) if policies else "nothing"
        parts.append(f"{what} through {_label(graph, group)}")
    own = [_label(graph, one) for one in graph.successors(node) if one[0] in ("policy", "inline")]
    own_words = f"{listed(own)} directly" if own else ""
    first = f"{name} gets "
    capped = [_label(graph, one) for one in graph.successors(node) if one[0] == "boundary"]
    last = f"; the boundary {listed(capped)} caps all that." if capped else "."
    if not through and not own:
        return told(
            f"{name} gets nothing: no policy and no group reaches {node[0]} {name}", [], last
        )
    return told(first, [*parts, own_words], last)


def _alt_of_group(graph: Graph, node: Node) -> str:
    members = [_label(graph, one) for one in graph.predecessors(node)]
    policies = [_label(graph, one) for one in graph.successors(node)]
    what = listed(policies) if policies else "no policy"
    return told(f"Group {_label(graph, node)} hands {what} to {listed(members)}", [], ".")


def _size_of(graph: Graph) -> str:
    numbers: dict[str, int] = {}
    for _, facts in graph.nodes(data=True):
        kind = "policy" if facts["kind"] == "inline" else facts["kind"]
        numbers[kind] = numbers.get(kind, 0) + len(facts["names"])
    counted = [count(numbers[kind], *NOUNS[kind]) for kind in NOUNS if kind in numbers]
    return listed(counted, len(NOUNS)) if counted else NOBODY


def _most(graph: Graph) -> Iterator[str]:
    """Name the groups and policies that most hang on, with what comes of it."""
    groups = [one for one in graph if graph.nodes[one]["column"] == GROUP]
    for group in sorted(groups, key=lambda one: -graph.in_degree(one))[:3]:
        policies = [_label(graph, one) for one in graph.successors(group)]
        members = [_label(graph, one) for one in graph.predecessors(group)]
        yield (
            f"{_label(graph, group)} hands {listed(policies, 2) if policies else 'nothing'} "
            f"to {listed(members, 2)}"
        )
    principals = [one for one in graph if graph.nodes[one]["column"] == PRINCIPAL]
    direct = {
        one: [end for end in graph.successors(one) if end[0] != "group"] for one in principals
    }
    for one in sorted(principals, key=lambda one: -len(direct[one]))[:2]:
        if direct[one]:
            names = listed([_label(graph, end) for end in direct[one]], 2)
            yield f"{names} directly on {_label(graph, one)}"


def lines_of(
    graphs: Sequence[tuple[Graph, Graph]], lit: Lit | None, *, left_out: str = ""
) -> Iterator[str]:
    """Give everything as a list: of each account the whole graph, then what was drawn as one."""
    several = len(graphs) > 1
    for graph, drawn in graphs:
        indent = "  " if several else ""
        if several:
            yield graph.graph["field"]
        for line in _of_account(graph, drawn, lit):
            yield indent + line
    if not graphs:
        yield NO_ACCOUNTS
    elif left_out:
        yield left_out


def _of_account(graph: Graph, drawn: Graph, lit: Lit | None) -> Iterator[str]:
    if not len(graph):
        yield NOBODY
    shown = None if lit is None else node_of(lit)
    for node in graph:
        if graph.nodes[node]["column"] == PRINCIPAL:
            mark = " (lit)" if node == shown else ""
            yield f"{node[0]} {_label(graph, node)}{mark}"
            yield from _below(graph, node, "  ")
    for node in graph:
        if graph.nodes[node]["column"] == GROUP:
            mark = " (lit)" if node == shown else ""
            yield f"group {_label(graph, node)}, {graph.nodes[node]['note']}{mark}"
            yield from _below(graph, node, "  ")
    many = [one for one in drawn if len(drawn.nodes[one]["names"]) > 1]
    if many:
        yield "drawn as one"
    for node in many:
        facts = drawn.nodes[node]
        yield f"  {facts['label']}: {facts['note']}"
        yield f"    {', '.join(facts['names'])}"


def _below(graph: Graph, node: Node, indent: str) -> Iterator[str]:
    ends = list(graph.successors(node))
    if not ends:
        yield f"{indent}nothing"
    for end in ends:
        yield f"{indent}{_type(graph, end)} {_label(graph, end)}"
        if end[0] == "group":
            yield from _below(graph, end, indent + "  ")


def rows_of(graphs: Sequence[Graph], lit: Lit | None) -> Iterator[dict[str, object]]:
    """Give every attachment as a row; who has nothing has a row too."""
    if not graphs:
        yield dict(_NOTHING)
    for graph in graphs:
        if not len(graph):
            yield {**_NOTHING, "account": graph.graph["field"]}
        ways = ways_of(graph, lit)
        for node, facts in graph.nodes(data=True):
            if facts["column"] != POLICY and not graph.out_degree(node):
                yield _row(graph, node, None, is_lit=lit is not None and node == node_of(lit))
        for start, end in graph.edges:
            yield _row(graph, start, end, is_lit=(start, end) in ways)


_NOTHING: Mapping[str, object] = {
    **dict.fromkeys(("account", "from", "from_type"), ""),
    "attached_as": "nothing",
    **dict.fromkeys(("to", "to_type"), ""),
    "lit": False,
}


def _row(graph: Graph, start: Node, end: Node | None, *, is_lit: bool) -> dict[str, object]:
    return {
        "account": graph.nodes[start]["field"],
        "from": graph.nodes[start]["whole"],
        "from_type": start[0],
        "attached_as": "nothing" if end is None else graph.edges[start, end]["label"],
        "to": "" if end is None else graph.nodes[end]["whole"],
        "to_type": "" if end is None else _type(graph, end),
        "lit": is_lit,
    }


def _type(graph: Graph, node: Node) -> str:
    """Say what is attached; the note of a group is the number of its users."""
    return "group" if node[0] == "group" else str(graph.nodes[node]["note"])


def _label(graph: Graph, node: Node) -> str:
    label: str = graph.nodes[node]["label"]
    return label
