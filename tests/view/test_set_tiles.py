"""Sets as rectangles: each action is in its sets and in no others, in any arrangement."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.view.drawing.shapes import Line, Rectangle
from iamlab.view.drawing.sheet import PAGE
from iamlab.view.layouts.set_tiles import ITEM, MOST, PART, SET, draw_sets, part_id
from iamlab.view.scene import Node, Scene
from iamlab.view.style import LOOKS
from tests.effort import tries
from tests.view.looking import faults
from tests.view.set_outlines import around, outlines

MIN_GAP = 0.1  # inches between sets that have nothing in common
NAMES = ("identity-based policy", "permissions boundary", "session policy", "resource-based policy")


def drawn(sets, tiles):
    """Draw sets alone: each by its name and note; each part by its title, its look, its items."""
    nodes = [Node(f"set {n}", name, note, SET) for n, (name, note) in enumerate(sets)]
    for part, (title, look, items) in tiles.items():
        key = part_id(part)
        nodes.append(Node(key, title, kind=PART, look=look))
        nodes += [
            Node(f"{key} {n}", text, note, ITEM, key, look=of)
            for n, (text, note, of) in enumerate(items)
        ]
    words = [word for node in nodes for word in (node.text, node.note)]
    sheet = draw_sets(Scene(nodes), "nothing here")
    alt = "what lies in which set, as the test has put it"
    return Scene([], before=words, table=[{"a": 1}]).figure(lambda _: sheet, alt=alt, caption="")


def tile(title, *items, look=None):
    """Describe a part with plain items."""
    return title, look, [(item, "", None) for item in items]


def named(names, note=""):
    """Describe sets."""
    return [(name, note) for name in names]


def parts(sets):
    """List all parts of so many sets."""
    return list(product((True, False), repeat=sets))


@st.composite
def arrangements(draw):
    """Choose a number of sets, and which of their parts have items."""
    sets = draw(st.integers(0, 4))
    return sets, draw(st.sets(st.sampled_from(parts(sets)), min_size=1))


@settings(max_examples=tries(25))
@given(arrangements())
def test_each_action_is_in_its_sets_and_in_no_others(arrangement):
    """With any number of sets and any parts with items; nothing overlaps."""
    sets, used = arrangement
    names = {part: f"thing{number}" for number, part in enumerate(sorted(used))}
    tiles = {part: tile(f"title {name}", name) for part, name in names.items()}
    figure = drawn(named(NAMES[:sets], "policy-of-it"), tiles)

    assert {part: around(figure, name) for part, name in names.items()} == {
        part: part for part in used
    }
    assert len(outlines(figure)) == sets
    assert faults(figure) == []
    assert figure.drawing.get_size_inches()[0] <= PAGE


@pytest.mark.parametrize("sets", [2, 3, 4])
def test_every_set_is_drawn_even_if_it_is_empty(sets):
    """An empty set says that nothing is in it."""
    outside = (False,) * sets
    figure = drawn(named(NAMES[:sets]), {outside: tile("", "alone")})

    assert len(outlines(figure)) == sets
    assert around(figure, "alone") == outside
    assert "nothing here" in [text.get_text() for text in figure.drawing.axes[0].texts]
    assert faults(figure) == []


def test_sets_without_anything_of_their_own_lie_inside_the_other():
    """A subset is drawn within its superset, and disjoint sets don't overlap."""
    inner = drawn(
        named(["large", "small"]),
        {(True, False): tile("", "a"), (True, True): tile("", "b")},
    )
    other = drawn(
        named(["small", "large"]),
        {(False, True): tile("", "a"), (True, True): tile("", "b")},
    )
    large, small = outlines(inner)
    within, around_it = outlines(other)
    apart = drawn(
        named(["one", "two"]),
        {(True, False): tile("", "a"), (False, True): tile("", "b")},
    )
    first, two = outlines(apart)

    assert large[0] < small[0]
    assert small[2] < large[2]
    assert large[1] < small[1]
    assert small[3] < large[3]
    assert around_it[0] < within[0]
    assert around_it[1] < within[1]
    assert within[3] < around_it[3]
    assert two[0] - first[2] >= MIN_GAP


@pytest.mark.parametrize(
    ("part", "size"), [((True, True, True), (1, 1)), ((False, False, True), (3, 1))]
)
def test_columns_and_rows_without_anything_are_left_out(part, size):
    """Only the tiles that are needed to draw each set are there, and say that they are empty."""
    figure = drawn(named(NAMES[:3]), {part: tile("", "alone")})
    texts = [text.get_text() for text in figure.drawing.axes[0].texts]

    assert texts.count("nothing here") == size[0] * size[1] - 1


def test_a_tile_names_some_and_counts_the_others():
    """Items without room are counted."""
    items = [f"thing{number}" for number in range(MOST + 5)]
    figure = drawn(named(["set"]), {(True,): tile("title", *items)})
    texts = [text.get_text() for text in figure.drawing.axes[0].texts]

    assert sum(text.startswith("thing") for text in texts) == MOST
    assert "and 5 more" in texts


def test_a_lit_tile_has_an_area_and_a_struck_thing_a_line():
    """Both can be seen without colours."""
    denied = LOOKS["explicitDeny"]
    lit = {(True,): ("", LOOKS["allowed"], [("✓ a", "", None), ("✕ b", "", denied)])}
    plain = {(True,): tile("title", "✓ a", "✕ b")}
    figures = [drawn(named(["set"]), tiles) for tiles in (lit, plain)]
    every = [figure.sheet.shapes for figure in figures]
    areas = [
        sum(isinstance(shape, Rectangle) and not shape.rounding for shape in shapes)
        for shapes in every
    ]
    lines = [sum(isinstance(shape, Line) for shape in shapes) for shapes in every]

    assert areas == [1, 0]
    assert lines == [1, 0]


@pytest.mark.parametrize("sets", [1, 2, 3, 4])
def test_long_names_stay_in_their_room(sets):
    """Sets, titles, items and notes of 400 letters stay in their tile and on the paper."""
    long = "wide" * 100
    items = [(f"✕ {long}", long, LOOKS["explicitDeny"]), ("✓ a", "", None)]
    tiles = dict.fromkeys(parts(sets), (long, None, items))
    figure = drawn(named([long] * sets, long), tiles)

    assert faults(figure) == []
    assert figure.drawing.get_size_inches()[0] <= PAGE
