"""The layout in layers keeps its distances, crosses as little as it can, and is always the same."""

from collections import defaultdict
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.view.drawing.layered import LANE, SLACK, _apart, lay_out
from tests.effort import tries

NEARLY = 1e-9


@st.composite
def graphs(draw):
    """Nodes in up to four columns, some of several rows, and edges of any direction."""
    columns = {
        f"n{i}": column
        for i, column in enumerate(draw(st.lists(st.integers(0, 3), min_size=1, max_size=14)))
    }
    node = st.sampled_from(sorted(columns))
    edges = draw(st.lists(st.tuples(node, node), max_size=24))
    sizes = draw(st.dictionaries(node, st.sampled_from([0.5, 2.0, 3.5]), max_size=4))
    return columns, edges, sizes


def forwards(columns, edges):
    """Return the edges between two columns, each once, from the earlier to the later column."""
    pairs = (edge if columns[edge[0]] < columns[edge[1]] else edge[::-1] for edge in edges)
    return [(a, b) for a, b in dict.fromkeys(pairs) if columns[a] < columns[b]]


def stands(columns, places, sizes):
    """Return the nodes and lanes of each column: row and height of every node and every lane."""
    found = defaultdict(list)
    for node, row in places.rows.items():
        found[columns[node]].append((row, sizes.get(node, 1.0)))
    for passed in places.lanes.values():
        for column, row in passed:
            found[column].append((row, LANE))
    return found


def crossings(columns, edges, rows, lanes):
    """Count crossing pairs by looking at each pair of pieces between the same two columns."""
    pieces = defaultdict(list)
    for edge in edges:
        ends = [(columns[edge[0]], rows[edge[0]]), *lanes[edge], (columns[edge[1]], rows[edge[1]])]
        for (column, start), (_, end) in pairwise(ends):
            pieces[column].append((start, end))
    return sum(
        (piece[0] - other[0]) * (piece[1] - other[1]) < 0
        for own in pieces.values()
        for piece, other in combinations(own, 2)
    )


def as_given(columns, edges):
    """Return the rows of nodes in the given order, with the lanes below them."""
    used = defaultdict(int)

    def next_in(column):
        used[column] += 1
        return used[column]

    rows = {node: next_in(column) for node, column in columns.items()}
    lanes = {
        (a, b): tuple((column, next_in(column)) for column in range(columns[a] + 1, columns[b]))
        for a, b in edges
    }
    return rows, lanes


@settings(max_examples=tries(60))
@given(graphs())
def test_nothing_in_a_column_overlaps(graph):
    """Nodes and lanes of a column are at least half of both heights apart."""
    columns, edges, sizes = graph
    places = lay_out(columns, edges, sizes=sizes)

    for column in stands(columns, places, sizes).values():
        for (above, height), (below, other) in pairwise(sorted(column)):
            assert below - above >= (height + other) / 2 - SLACK


@settings(max_examples=tries(60))
@given(graphs())
def test_the_height_holds_everything_from_the_first_row_on(graph):
    """The first node begins at row 0, and the last one ends at the height."""
    columns, edges, sizes = graph
    places = lay_out(columns, edges, sizes=sizes)
    every = [item for column in stands(columns, places, sizes).values() for item in column]

    assert min(row - size / 2 for row, size in every) == pytest.approx(-0.5)
    assert max(row + size / 2 for row, size in every) == pytest.approx(places.height - 0.5)


@settings(max_examples=tries(60))
@given(graphs())
def test_lines_cross_no_more_often_than_in_the_given_order(graph):
    """The order never adds crossings; they are counted for every pair of lines."""
    columns, edges, _ = graph
    places, own = lay_out(columns, edges), forwards(columns, edges)

    found = crossings(columns, own, places.rows, places.lanes)
    assert found <= crossings(columns, own, *as_given(columns, own))


@settings(max_examples=tries(40))
@given(graphs())
def test_an_edge_has_a_lane_in_each_column_that_it_passes(graph):
    """From the column after its start to the one before its end; backward edges have none."""
    columns, edges, sizes = graph
    places = lay_out(columns, edges, sizes=sizes)
    passed = {
        edge: [*range(columns[edge[0]] + 1, columns[edge[1]])] for edge in forwards(columns, edges)
    }

    assert {edge: [column for column, _ in own] for edge, own in places.lanes.items()} == passed


@settings(max_examples=tries(40))
@given(graphs())
def test_the_same_graph_gives_the_same_places(graph):
    """The order of a set or a double edge makes no difference."""
    columns, edges, sizes = graph

    assert lay_out(columns, edges, sizes=sizes) == lay_out(columns, [*edges, *edges], sizes=sizes)


def test_two_crossed_pairs_are_uncrossed():
    """Three lines that cross in the given order no longer cross."""
    columns = {"a": 0, "b": 0, "c": 0, "x": 1, "y": 1, "z": 1}
    edges = [("a", "z"), ("b", "y"), ("c", "x")]
    places = lay_out(columns, edges)

    assert crossings(columns, edges, places.rows, places.lanes) == 0
    assert all(places.rows[start] == pytest.approx(places.rows[other]) for start, other in edges)


def test_a_node_with_several_neighbours_is_in_their_middle():
    """A group is beside the middle one of its three members."""
    places = lay_out({"a": 0, "b": 0, "c": 0, "g": 1}, [(node, "g") for node in "abc"])

    assert places.rows["g"] == pytest.approx(places.rows["b"]) == 1


def test_a_chain_is_level():
    """Each node is beside the one before, although other nodes push it."""
    columns = {"a": 0, "b": 1, "c": 2, "d": 3, "x": 0, "y": 1, "z": 1, "w": 3, "v": 3}
    chain = [("a", "b"), ("b", "c"), ("c", "d")]
    rows = lay_out(columns, [*chain, ("x", "y"), ("x", "z")]).rows

    assert all(rows[start] == pytest.approx(rows[other], abs=0.01) for start, other in chain)


def test_a_line_that_passes_a_column_goes_round_its_boxes():
    """A line past three boxes has its own lane and crosses none of them."""
    columns = {"user": 0, "g1": 1, "g2": 1, "g3": 1, "policy": 2}
    edges = [("user", "policy"), *(("user", group) for group in ("g1", "g2", "g3"))]
    places = lay_out(columns, edges)
    ((_, lane),) = places.lanes["user", "policy"]

    assert all(
        abs(lane - places.rows[node]) >= (1 + LANE) / 2 - NEARLY for node in columns if "g" in node
    )


def test_edges_that_lead_back_are_laid_out_like_those_that_lead_on():
    """They have the same places, and the same lanes."""
    columns = {"a": 0, "b": 0, "c": 1, "d": 2}
    edges = [("a", "d"), ("b", "c"), ("c", "d")]

    assert lay_out(columns, [edge[::-1] for edge in edges]) == lay_out(columns, edges)


def test_a_node_whose_neighbours_are_all_in_its_column_is_beside_them():
    """And not in its first place below all others."""
    columns = {"a": 0, "x": 1, **{f"n{i}": 0 for i in range(8)}, "loose": 1}
    edges = [("a", "x"), ("x", "loose"), *((f"n{i}", "x") for i in range(8))]
    rows = lay_out(columns, edges).rows

    assert abs(rows["loose"] - rows["x"]) == pytest.approx(1)


def test_empty_rows_are_closed():
    """No gap in all columns is larger than a lane."""
    columns = {"a": 1, "b": 0, "c": 1, "d": 2, "e": 1, "f": 1, "g": 1, "h": 1}
    edges = [("b", "c"), ("b", "d"), ("b", "e"), ("b", "f"), ("g", "d"), ("h", "d")]
    rows = sorted(lay_out(columns, edges).rows.values())

    assert all(b - a <= 1 + LANE + NEARLY for a, b in pairwise(rows))


def test_only_some_nodes_get_rows_and_an_edge_has_its_lanes_at_its_right_end():
    """The others are in another frame."""
    columns = {"a": 0, "b": 1, "c": 1, "d": 2}
    places = lay_out(columns, [("a", "d"), ("a", "b")], nodes=["c", "d"])

    assert list(places.rows) == ["c", "d"]
    assert [column for column, _ in places.lanes["a", "d"]] == [1]
    assert ("a", "b") not in places.lanes


def test_nothing_is_laid_out_as_nothing():
    """An empty account has no height."""
    assert lay_out({}, []).height == 0


@settings(max_examples=tries(60))
@given(st.data())
def test_rows_move_as_little_as_the_distances_allow(data):
    """No other rows with these distances have smaller squares of moves."""
    number = data.draw(st.integers(1, 6))
    some = st.floats(-8, 8)
    wished = data.draw(st.lists(some, min_size=number, max_size=number))
    gaps = data.draw(st.lists(st.floats(0.25, 3), min_size=number - 1, max_size=number - 1))
    least = [sum(gaps[:i]) for i in range(number)]
    found = _apart(wished, least)
    # Any other choice: slacks that do not fall are what may come on top of the least rows.
    slack = sorted(data.draw(st.lists(some, min_size=number, max_size=number)))
    other = [base + more for base, more in zip(least, slack, strict=True)]

    def far(rows):
        return sum((row - wish) ** 2 for row, wish in zip(rows, wished, strict=True))

    assert far(found) <= far(other) + NEARLY
    for i, gap in enumerate(gaps):
        assert found[i + 1] - found[i] >= gap - NEARLY
