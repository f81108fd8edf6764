"""Graphs to take along: every name arrives as it is, and means nothing but itself."""

import html
import io
import re

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.display import printable
from iamlab.view.drawing.graph_files import to_graphml, to_mermaid
from tests.effort import tries
from tests.rows import each_row
from tests.view.scenes import UGLY

HOSTILE = (
    *UGLY,
    *("", " ", '"', '""', "`code`", "#quot;", "#35;", "#", "&amp;", "</text>", "]]>", "<!--"),
    *("%%{init: {'securityLevel': 'loose'}}%%", "%% comment", "]; n1 --> n0", '"] end', "|x|"),
    *(
        "1. one",
        "2) two",
        "- list",
        "+ list",
        "* list",
        "**bold**",
        "$$x^2$$",
        "fa:fa-user",
        "\x00",
    ),
    *("\\n", "\\", "two\r\nlines", "\u2028", "x" * 400, "end", "subgraph", "-->", "\ud800"),
)
NODE = re.compile(r'  n\d+\["([^"]+)"\]')
FIELD = re.compile(r'  subgraph f\d+\["([^"]+)"\]')
INSIDE = re.compile(r'    n\d+\["([^"]+)"\]')
EDGE = re.compile(r'  n\d+ (?:-->|-\.->|-- "([^"]+)" -->|-\. "([^"]+)" \.->) n\d+')
MEANS_SOMETHING = re.compile(r"[<>`%$*\\]|#(?!\w+;)|&(?!\w)|^\s*([-+]|\d+[.)])|fa[a-z]?:fa-")


def graph(label, *, field="", edge="", missing=False):
    """Make a graph of two nodes."""
    made = nx.DiGraph()
    made.add_node("a", label=label, note="", field=field)
    made.add_node("b", label="b")
    made.add_edge("a", "b", label=edge, missing=missing)
    return made


def read(text):
    """Read what Mermaid writes: ``#quot;`` and ``#35;``."""
    return re.sub(
        r"#(\w+);",
        lambda found: chr(int(found[1])) if found[1].isdigit() else html.unescape(f"&{found[1]};"),
        text,
    )


@each_row("name", HOSTILE)
def test_a_name_stays_a_name_in_mermaid(name):
    """As a node, a frame or an edge: no name ends its text, and each can be read back."""
    lines = to_mermaid(graph(name, field=name, edge=name)).split("\n")

    texts = [found[1] for line in lines if (found := NODE.fullmatch(line) or FIELD.fullmatch(line))]
    texts += [found[1] for line in lines if (found := INSIDE.fullmatch(line))]
    ((with_label, _),) = [found.groups() for line in lines if (found := EDGE.fullmatch(line))]
    texts.append(with_label if name else "")
    ends = [line for line in lines if line == "  end"]

    assert lines[0] == "flowchart LR"
    assert len(lines) == (4 if not name else 6)
    assert len(ends) == (1 if name else 0)
    assert [read(text).strip() for text in texts].count(printable(name).strip()) == (
        3 if name else 2
    )
    assert not any(MEANS_SOMETHING.search(text) for text in texts), texts


@each_row("name", HOSTILE)
def test_a_name_stays_a_name_in_graphml(name):
    """The same name is read back by networkx; a sign replaces characters that XML can't have."""
    back = nx.read_graphml(io.StringIO(to_graphml(graph(name, field=name, edge=name))))

    node, *_ = (facts for _, facts in back.nodes(data=True))
    ((_, _, edge),) = back.edges(data=True)
    assert (node["label"], node["field"], edge["label"]) == (printable(name),) * 3


@settings(max_examples=tries(60))
@given(st.text(max_size=30), st.text(max_size=30), st.booleans())
def test_whatever_the_names_both_texts_have_the_same_graph(label, edge, missing):
    """Two nodes and an edge, and no other lines of text."""
    made = graph(label, edge=edge, missing=missing)

    back = nx.read_graphml(io.StringIO(to_graphml(made)))
    lines = to_mermaid(made).split("\n")

    assert (back.number_of_nodes(), back.number_of_edges()) == (2, 1)
    assert len(lines) == 4
    assert EDGE.fullmatch(lines[-1])
    assert ("-." in lines[-1].partition('"')[0] + lines[-1].rpartition('"')[2]) is missing


def test_a_missing_edge_is_dashed():
    """With or without words."""
    assert to_mermaid(graph("a", missing=True)).endswith("n0 -.-> n1")
    assert to_mermaid(graph("a", edge="no", missing=True)).endswith('n0 -. "no" .-> n1')
    assert to_mermaid(graph("a", edge="yes")).endswith('n0 -- "yes" --> n1')


def test_nodes_are_in_their_frames():
    """One group for each account; nodes without an account are before them."""
    made = nx.DiGraph()
    for key, field in (("a", "main"), ("b", ""), ("c", "main"), ("d", "data")):
        made.add_node(key, label=key, field=field)

    assert to_mermaid(made).split("\n") == [
        "flowchart LR",
        '  n1["b"]',
        '  subgraph f0["main"]',
        '    n0["a"]',
        '    n2["c"]',
        "  end",
        '  subgraph f1["data"]',
        '    n3["d"]',
        "  end",
    ]


def test_an_empty_graph_raises_no_error():
    """Both texts are valid without nodes."""
    assert to_mermaid(nx.DiGraph()) == "flowchart LR"
    assert nx.read_graphml(io.StringIO(to_graphml(nx.DiGraph()))).number_of_nodes() == 0
