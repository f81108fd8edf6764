"""Columns and bands: no line through a box, none upon another, no empty rows."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.view.drawing.banded import Kind, Measures, lay_out_in_bands
from iamlab.view.layouts.network import draw_network
from iamlab.view.scene import Column, Edge, Node, Scene
from tests.effort import tries
from tests.view.looking import faults

MEASURES = Measures((0.0, 3.0, 6.0, 9.0), (2.0,) * 4, 0.5, 0.0, 0.4, 0.1)


def lay_out(columns, bands, edges):
    """Lay out boxes that are all as high."""
    return lay_out_in_bands(columns, bands, edges, MEASURES, {})


def drawn(nodes, edges, frames):
    """Draw a network, with words on every edge."""
    named = [
        Edge(str(one), str(other), "sts:AssumeRole", short="role", line="sts:AssumeRole")
        for one, other in edges
    ]
    columns = {number: Column(title) for number, title in enumerate("ABCD")}
    titles = {frame: (frame, "") for frame in frames}
    scene = Scene(nodes, named, columns, titles, after=frames, table=[{"row": 1}])
    alt = "Boxes in columns, and lines between them."
    return scene.figure(draw_network, alt=alt, caption="")


def test_a_line_that_passes_a_column_has_a_lane_there():
    """Between the boxes, not through them."""
    columns = {"a": 0, "b": 0, "c": 1, "d": 1, "e": 2}
    found = lay_out(columns, [list(columns)], [("a", "e"), ("a", "c"), ("b", "d")])

    route = found.routes["a", "e"]
    assert route.kind is Kind.ON
    assert [x for x, _ in route.via] == [2.94, 5.06]
    for _, y in route.via:
        assert all(abs(y - found.heights[one]) > 0.2 for one in "cd")


def test_a_line_back_takes_the_same_lane_the_other_way():
    """From a left edge to a right one."""
    columns = {"a": 0, "c": 1, "e": 2}
    found = lay_out(columns, [list(columns)], [("e", "a"), ("a", "c"), ("c", "e")])

    assert found.routes["e", "a"].kind is Kind.BACK
    assert [x for x, _ in found.routes["e", "a"].via] == [5.06, 2.94]


def test_between_bands_lines_run_in_the_corridor_and_keep_apart():
    """Each at a height of its own, below the one frame and above the other."""
    columns = {"a": 0, "b": 0, "x": 1, "c": 2, "d": 2}
    found = lay_out(columns, [["a", "b", "x"], ["c", "d"]], [("a", "c"), ("b", "d"), ("b", "c")])

    levels = [found.routes[one].via[0][1] for one in found.routes]
    (_, upper), (lower, _) = found.frames
    assert all(upper < level < lower for level in levels)
    assert len({round(level, 3) for level in levels}) == 3


def test_lines_beside_a_column_keep_apart_where_they_overlap():
    """Short ones inside of long ones; those that do not overlap may stand below one another."""
    columns = dict.fromkeys("abcd", 0)
    found = lay_out(columns, [list(columns)], [("a", "d"), ("b", "c"), ("a", "b"), ("c", "d")])

    turns = {edge: route.via[0][0] for edge, route in found.routes.items()}
    assert turns["a", "b"] == turns["b", "c"] == turns["c", "d"] < turns["a", "d"]
    both = lay_out(columns, [list(columns)], [("a", "c"), ("b", "d")])
    first, second = (route.via[0][0] for route in both.routes.values())
    assert first != second


def test_whoever_has_neighbours_only_beside_him_stands_beside_them():
    """Not where he happened to be put first, below everybody."""
    columns = {"a": 0, "x": 1, **{f"n{i}": 0 for i in range(8)}, "loose": 1}
    edges = [("a", "x"), ("x", "loose"), *((f"n{i}", "x") for i in range(8))]
    found = lay_out(columns, [list(columns)], edges)

    assert abs(found.heights["loose"] - found.heights["x"]) == pytest.approx(MEASURES.row)


def test_rows_in_which_nobody_stands_are_closed():
    """The boxes of a band fill it."""
    columns = {"a": 1, "b": 0, "c": 1, "d": 2, "e": 1, "f": 1, "g": 1, "h": 1}
    edges = [("b", "c"), ("b", "d"), ("b", "e"), ("b", "f"), ("g", "d"), ("h", "d")]
    found = lay_out(columns, [list(columns)], edges)

    heights = sorted({round(one, 6) for one in found.heights.values()})
    assert all(b - a <= MEASURES.row + 1e-6 for a, b in pairwise(heights))


def test_nothing_is_laid_out_where_there_is_nothing():
    """No band, no box."""
    assert lay_out({}, [[]], []).heights == {}


@settings(max_examples=tries(40))
@given(st.data())
def test_whatever_leads_where_no_line_runs_through_a_box(data):
    """Boxes in four columns and three fields, lines from any to any."""
    number = data.draw(st.integers(2, 12))
    places = st.tuples(st.integers(0, 3), st.integers(0, 2))
    found = [data.draw(places) for _ in range(number)]
    nodes = [
        Node(str(i), f"box {i}", "note", column=column, frame=f"account {field}")
        for i, (column, field) in enumerate(found)
    ]
    pairs = [(i, j) for one in combinations(range(number), 2) for i, j in (one, one[::-1])]
    edges = data.draw(st.lists(st.sampled_from(pairs), max_size=14, unique=True))

    figure = drawn(nodes, edges, sorted({node.frame for node in nodes}))

    assert faults(figure) == []
