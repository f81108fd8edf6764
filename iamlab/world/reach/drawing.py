"""The graph in other forms: networkx, a table, and the texts that draw themselves.

A line of the graph is a pair of principals, whatever they have been made into and however many ways
lead from the one to the other. A principal that can widen itself has a line to itself.

Notes
-----
Graphviz, "The DOT Language"; Mermaid, "Flowcharts - Basic Syntax".
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from iamlab.mermaid import as_text
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import networkx as nx

    from iamlab.world.reach.edges import Edge


def lines_of(edges: Iterable[Edge]) -> dict[tuple[str, str], list[Edge]]:
    """Put together the edges that lead from one principal to another."""
    found: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        found[edge.source.arn, edge.target.arn].append(edge)
    return dict(found)


def to_networkx(edges: Iterable[Edge], principals: Mapping[str, bool]) -> nx.DiGraph[str]:
    """Give the graph as a ``networkx.DiGraph``.

    Parameters
    ----------
    principals
        ARN of every principal -> whether it is an administrator as it is.
    """
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for arn, admin in principals.items():
        graph.add_node(arn, is_admin=admin, account=Arn.parse(arn).account)
    for (source, target), own in lines_of(edges).items():
        ways = sorted({edge.way.number for edge in own})
        graph.add_edge(source, target, ways=ways, edges=tuple(own))
    return graph


def to_dot(edges: Iterable[Edge], admins: Iterable[str]) -> str:
    """Write the graph for Graphviz."""
    drawn = lines_of(edges)
    named = dict.fromkeys(arn for line in drawn for arn in line)
    lines = ["digraph reach {", "  rankdir=LR;", "  node [shape=box];"]
    lines += [f"  {_quoted(arn)} [peripheries=2];" for arn in admins if arn in named]
    for (source, target), own in drawn.items():
        label = _quoted(_ways(own))
        lines.append(f"  {_quoted(source)} -> {_quoted(target)} [label={label}];")
    return "\n".join((*lines, "}"))


def to_mermaid(edges: Iterable[Edge], admins: Iterable[str]) -> str:
    """Write the graph for Mermaid, which notebooks and pages of projects draw."""
    numbers: dict[str, str] = {}

    def node(arn: str) -> str:
        known = numbers.get(arn)
        if known is None:
            known = numbers[arn] = f"n{len(numbers)}"
            parsed = Arn.parse(arn)
            text = as_text(f"{parsed.account} {parsed.resource}" if several else parsed.resource)
            return f'{known}[["{text} (administrator)"]]' if arn in strong else f'{known}["{text}"]'
        return known

    strong, drawn = frozenset(admins), lines_of(edges)
    several = len({Arn.parse(arn).account for line in drawn for arn in line}) > 1
    lines = ["flowchart LR"]
    for (source, target), own in drawn.items():
        lines.append(f'  {node(source)} -- "{as_text(_ways(own))}" --> {node(target)}')
    return "\n".join(lines)


def rows_of(edges: Iterable[Edge]) -> list[tuple[str, ...]]:
    """Give a row for each edge: source, target, way, its number, permissions, conditions."""
    return [
        (
            edge.source.arn,
            edge.target.arn,
            str(edge.target),
            str(edge.way.number),
            edge.way.title,
            " ".join(edge.permissions),
            "; ".join(edge.conditions),
        )
        for edge in edges
    ]


COLUMNS = ("source", "target", "as", "way", "title", "permissions", "conditions")
"""What stands over the columns of :func:`rows_of`."""


def _ways(edges: Iterable[Edge]) -> str:
    """Say how a line is gone, each way once."""
    return "; ".join(dict.fromkeys(edge.way.title for edge in edges))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
