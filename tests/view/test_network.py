"""The network layout: columns and frames, and no line through a box."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.view.drawing.routes import turns
from iamlab.view.layouts.network import columns_by_distance, draw_network
from iamlab.view.scene import Column, Edge, Node, Scene
from tests.effort import tries
from tests.view.looking import faults


def drawn(nodes, edges, frames):
    """Draw a network, with words on every edge."""
    named = [
        Edge(str(start), str(other), "sts:AssumeRole", short="role", line="sts:AssumeRole")
        for start, other in edges
    ]
    columns = {number: Column(title) for number, title in enumerate("ABCD")}
    titles = {frame: (frame, "") for frame in frames}
    scene = Scene(nodes, named, columns, titles, after=frames, table=[{"row": 1}])
    alt = "Boxes in columns, and lines between them."
    return scene.figure(draw_network, alt=alt, caption="")


def test_lines_beside_a_column_keep_apart_where_they_overlap():
    """Short ones are inside of long ones; others can be below one another."""
    heights = {key: float(number) for number, key in enumerate("abcd")}
    found = turns([("a", "d"), ("b", "c"), ("a", "b"), ("c", "d")], heights)

    assert found["a", "b"] == found["b", "c"] == found["c", "d"] < found["a", "d"]
    first, second = turns([("a", "c"), ("b", "d")], heights).values()
    assert first != second


def test_columns_count_the_edges_from_a_beginning():
    """Edges of the first kind have priority; a cycle begins with its first node."""
    onwards = [("a", "b"), ("b", "c")]

    assert columns_by_distance("abc", onwards, [("a", "c")]) == {"a": 0, "b": 1, "c": 2}
    assert columns_by_distance("ab", [("a", "b"), ("b", "a")]) == {"a": 0, "b": 1}


@settings(max_examples=tries(40))
@given(st.data())
def test_whatever_leads_where_no_line_runs_through_a_box(data):
    """Boxes in four columns and three frames, with lines between any of them."""
    number = data.draw(st.integers(2, 12))
    places = st.tuples(st.integers(0, 3), st.integers(0, 2))
    found = [data.draw(places) for _ in range(number)]
    nodes = [
        Node(str(i), f"box {i}", "note", column=column, frame=f"account {field}")
        for i, (column, field) in enumerate(found)
    ]
    pairs = [(i, j) for pair in combinations(range(number), 2) for i, j in (pair, pair[::-1])]
    edges = data.draw(st.lists(st.sampled_from(pairs), max_size=14, unique=True))

    figure = drawn(nodes, edges, sorted({node.frame for node in nodes}))

    assert faults(figure) == []
