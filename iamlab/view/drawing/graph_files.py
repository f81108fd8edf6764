"""Graphs as files: the graph of a figure as Mermaid text and as GraphML.

Nodes have a ``label``, and can have a ``note`` and a ``field``: the frame that they are in, such as
an account. Edges can have a ``label``, and have ``missing`` if they are dashed.

Notes
-----
Mermaid, "Flowcharts - Basic Syntax"; "The GraphML File Format".
"""

from __future__ import annotations

import io
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from iamlab.display import printable
from iamlab.mermaid import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import networkx as nx

_ARROWS = {False: ("-->", "--", "-->"), True: ("-.->", "-.", ".->")}
"""Arrows of complete and missing edges: without a label, and before and after a label."""


def to_mermaid(graph: nx.DiGraph[Any]) -> str:
    """Write a graph for Mermaid.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.DiGraph()
    >>> graph.add_node("a", label="ana", note="user"), graph.add_node("b", label="read")
    (None, None)
    >>> graph.add_edge("a", "b", label="has")
    >>> print(to_mermaid(graph))
    flowchart LR
      n0["ana (user)"]
      n1["read"]
      n0 -- "has" --> n1
    """
    ids = {node: f"n{i}" for i, node in enumerate(graph)}
    fields: dict[str, list[str]] = defaultdict(list)
    for node, facts in graph.nodes(data=True):
        fields[str(facts.get("field", ""))].append(f'{ids[node]}["{_name(facts)}"]')
    lines = ["flowchart LR", *(f"  {line}" for line in fields.pop("", ()))]
    for number, (title, own) in enumerate(fields.items()):
        lines += [f'  subgraph f{number}["{as_text(title)}"]', *(f"    {line}" for line in own)]
        lines.append("  end")
    for start, end, facts in graph.edges(data=True):
        label = str(facts.get("label", ""))
        bare, before, after = _ARROWS[bool(facts.get("missing"))]
        arrow = f'{before} "{as_text(label)}" {after}' if label else bare
        lines.append(f"  {ids[start]} {arrow} {ids[end]}")
    return "\n".join(lines)


def to_graphml(graph: nx.DiGraph[Any]) -> str:
    """Write a graph as GraphML, all facts as text."""
    import networkx as nx

    plain: nx.DiGraph[str] = nx.DiGraph()
    ids = {node: f"n{i}" for i, node in enumerate(graph)}
    for node, facts in graph.nodes(data=True):
        plain.add_node(ids[node], **_texts(facts))
    for start, end, facts in graph.edges(data=True):
        plain.add_edge(ids[start], ids[end], **_texts(facts))
    buffer = io.BytesIO()
    nx.write_graphml(plain, buffer)
    return buffer.getvalue().decode()


def _name(facts: Mapping[str, object]) -> str:
    label, note = str(facts.get("label", "")), str(facts.get("note", ""))
    return as_text(f"{label} ({note})" if note else label)


def _texts(facts: Mapping[Any, Any]) -> dict[str, str]:
    """Keep what XML can carry."""
    return {str(name): printable(str(value)) for name, value in facts.items()}
