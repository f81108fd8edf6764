"""The access matrix and its difference: the picture and its words, at any size."""

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Policy
from iamlab.engine.access_changes import AccessChanges
from iamlab.engine.matrix import AccessMatrix
from iamlab.errors import RequestError
from iamlab.teach.scenarios import MAP, README, scenario
from iamlab.view.drawing.shapes import Tiles
from iamlab.view.drawing.sheet import PAGE
from iamlab.view.figures.matrix.access_matrix import (
    COLUMNS,
    ROWS,
    SHADES,
    access_matrix,
    share_look,
)
from iamlab.view.figures.matrix.matrix_difference import (
    MOST_BARS,
    difference_bars,
    matrix_difference,
)
from iamlab.view.figures.matrix.matrix_scene import (
    ALLOWED,
    arranged,
    matrix_scene,
    number_of,
)
from iamlab.view.style import INK, PAPER
from iamlab.view.tables import verdict_table
from tests.effort import tries
from tests.view.colours import contrast
from tests.view.looking import faults
from tests.view.scenes import ASKED, MAIN, MAPS, PARTNER, UGLY, company

ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "iam:ListUsers")
OBJECT = f"{MAPS}/m31.fits"
WIDE = (
    *(action for action, _ in ASKED),
    *("dynamodb:GetItem", "sqs:SendMessage", "sts:AssumeRole", "lambda:InvokeFunction"),
)


@pytest.fixture
def lesson():
    """The world of lesson 03."""
    return scenario("groups")


def bits(callers, pairs, seed=0):
    """Make a random matrix."""
    chance = random.Random(seed)
    rows = tuple(chance.getrandbits(max(len(pairs), 1)) for _ in callers)
    return AccessMatrix(tuple(callers), tuple(pairs), rows)


def people(number, kind="user", account=MAIN):
    """Return made-up ARNs."""
    return [f"arn:aws:iam::{account}:{kind}/{kind}{n}" for n in range(number)]


def pairs(number, services=3):
    """Return made-up actions of some services on one resource."""
    return [(f"service{n % services}:Do{n}", OBJECT) for n in range(number)]


# -- what it says ---------------------------------------------------------------------------------


def test_the_words_name_who_may_do_what(lesson):
    """Principals with the most access come first, the root user last; a Deny is named."""
    matrix = lesson.access_matrix(ACTIONS, [MAP])

    assert access_matrix(matrix, world=lesson).alt == (
        "On star-maps/m31.fits bob can use s3:GetObject, s3:PutObject and s3:DeleteObject; dana "
        "can use s3:GetObject and s3:PutObject, and a Deny blocks s3:DeleteObject; alice can use "
        "s3:GetObject; carol can use iam:ListUsers; root user can use all actions."
    )


def test_a_matrix_alone_does_not_know_why(lesson):
    """The caption says so, and cells have a dash; with its world there are three verdicts."""
    matrix = lesson.access_matrix(ACTIONS, [MAP])
    bare, known = access_matrix(matrix), access_matrix(matrix, world=lesson)

    assert set(bare.table["verdict"]) == {"allowed", "not allowed"}
    assert "not why" in bare.caption
    assert set(known.table["verdict"]) == {"allowed", "explicit deny", "implicit deny"}
    assert "not why" not in known.caption


def test_every_cell_is_in_the_table_and_in_the_list(lesson):
    """Each cell has the decision of the engine."""
    pairs = list(product(ACTIONS, (MAP, README)))
    figure = access_matrix(lesson.access_matrix(ACTIONS, [MAP, README]), world=lesson)
    table = figure.table.set_index(["principal", "action", "resource"])

    assert len(table) == 5 * len(pairs)
    assert str(table["allowed"].dtype) == "bool"
    for who in ("alice", "bob", "carol", "dana"):
        user = lesson.user(who)
        lines = figure.as_text().split(f"{who} (")[1].split("\n  ")[:4]
        for action, resource in pairs:
            decision = lesson.can(user, action, resource)
            row = table.loc[(user.arn, action, resource)]
            assert row["verdict"] == str(decision.verdict)
            assert row["allowed"] == bool(decision)
            [rows] = [line for line in lines if f"{decision.verdict}:" in line]
            assert f"{action} on {resource.rpartition(':')[2]}" in rows


def test_a_table_of_verdicts_is_drawn_too(lesson):
    """It has the names of the table."""
    pairs = [("s3:GetObject", MAP), ("s3:DeleteObject", MAP)]
    table = verdict_table(lesson, [lesson.user("dana"), lesson.user("carol")], pairs)
    figure = access_matrix(table)

    assert figure.table["verdict"].tolist() == [
        *("allowed", "explicit deny", "implicit deny", "implicit deny"),
    ]
    assert figure.alt.startswith("On star-maps/m31.fits dana can use s3:GetObject, and a Deny")
    assert faults(figure) == []


def test_a_matrix_that_was_asked_in_other_circumstances_is_not_contradicted(lesson):
    """If the world now allows what the matrix doesn't, the cell has no reason."""
    matrix = AccessMatrix((lesson.user("bob").arn,), (("s3:GetObject", MAP),), (0,))

    assert access_matrix(matrix, world=lesson).table["verdict"].tolist() == ["not allowed"]


def test_groups_have_a_matrix_though_they_are_nobody(lesson):
    """A group can't call, so there is no reason; the matrix is still drawn."""
    figure = access_matrix(lesson.access_matrix(ACTIONS, [MAP], by="group"), world=lesson)

    assert "developers can use s3:GetObject, s3:PutObject and s3:DeleteObject" in figure.alt
    assert set(figure.table["kind"]) == {"groups"}


def test_only_a_matrix_is_drawn():
    """The error says what is needed."""
    for draw in (access_matrix, difference_bars):
        with pytest.raises(RequestError, match="matri"):
            draw("a matrix")
    with pytest.raises(RequestError, match="an access matrix"):
        matrix_difference(bits([], []), None)


# -- how it is put in order ------------------------------------------------------------------------


def test_principals_stand_by_account_and_kind_and_actions_by_service():
    """Groups keep the order of their first members, and nothing is lost."""
    callers = [
        *people(2),
        *people(2, account=PARTNER),
        *people(1, "role"),
        f"arn:aws:iam::{MAIN}:root",
    ]
    matrix = bits(callers, pairs(6))
    scene = matrix_scene(matrix)

    assert [(row.frame, f"{row.kind}s") for row in scene.drawn] == [
        *[(MAIN, "users")] * 2,
        (MAIN, "roles"),
        (MAIN, "root users"),
        *[(PARTNER, "users")] * 2,
    ]
    assert [column.group for column in scene.columns.values()] == [
        f"service{n // 2}" for n in range(6)
    ]
    for row in scene.drawn:
        for key, cell in row.cells.items():
            caller, pair = cell.facts["principal"], matrix.pairs.index(key[:2])
            assert (cell.look == ALLOWED) == matrix.allowed(matrix.principals.index(caller), pair)


def test_namesakes_have_distinct_names():
    """In one account and of one kind, they differ by their paths."""
    start = f"arn:aws:iam::{MAIN}:user"
    scene = arranged(
        [f"{start}/sky/ana", f"{start}/sea/ana", f"{start}/bob"], [], lambda *_: ALLOWED
    )

    assert [row.text for row in scene.drawn] == ["sky/ana", "sea/ana", "bob"]


def test_resources_that_are_alike_when_shortened_keep_their_arns():
    """Two tables have one name in two accounts."""
    tables = [f"arn:aws:dynamodb:us-east-1:{account}:table/stars" for account in (MAIN, PARTNER)]
    scene = matrix_scene(bits(people(1), [("dynamodb:GetItem", name) for name in tables]))

    assert [column.note for column in scene.columns.values()] == tables


def test_accounts_are_called_by_their_names_if_a_world_knows_them():
    """Otherwise they have their ids."""
    world = company(3, 0)
    matrix = world.access_matrix(["s3:GetObject"], [OBJECT])

    assert {row.frame for row in matrix_scene(matrix).drawn} == {MAIN, PARTNER}
    assert {row.frame for row in matrix_scene(matrix, world).drawn} == {"acme-main", "partner"}


def test_principals_are_counted_by_kind():
    """In words."""
    rows = matrix_scene(bits([*people(2), *people(1, "role"), "anybody"], [])).drawn

    assert number_of(rows) == "2 users, 1 role and 1 other"
    assert number_of([]) == "nobody"


# -- how it looks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("ugly", [False, True], ids=["plain", "ugly"])
def test_nothing_overlaps_with_one_resource_or_two(ugly):
    """Also with ugly names; other sizes are in the tests of all figures."""
    world = company(20, 1, ugly=ugly)
    for resources in ([OBJECT], [OBJECT, f"arn:aws:s3:::{UGLY[0]}"]):
        actions = WIDE if len(resources) == 1 else WIDE[:6]
        figure = access_matrix(world.access_matrix(actions, resources), world=world)

        assert faults(figure) == []
        assert figure.drawing.get_size_inches()[0] <= PAGE + 1e-6


@pytest.mark.parametrize(
    "matrix",
    [bits([], []), bits(people(2), []), bits([], pairs(2))],
    ids=["nothing", "no pairs", "nobody"],
)
def test_an_empty_matrix_says_so(matrix):
    """In the picture, in the alternative text and in the table."""
    for figure in (access_matrix(matrix), matrix_difference(matrix, matrix)):
        assert faults(figure) == []
    assert access_matrix(matrix).alt.startswith("There are no principals or no actions")


def test_the_same_matrix_gives_the_same_bytes(lesson):
    """Two worlds of one seed give the same file."""
    first, two = (
        access_matrix(world.access_matrix(ACTIONS, [MAP]), world=world)
        for world in (lesson, scenario("groups"))
    )

    assert first.svg() == two.svg()
    assert first.rows == two.rows


def test_who_is_allowed_meets_the_eye_first(lesson):
    """Cells with an implicit deny have no colour behind them."""
    figure = access_matrix(lesson.access_matrix(ACTIONS, [MAP]), world=lesson)
    tiles = [shape for shape in figure.sheet.shapes if isinstance(shape, Tiles)]
    colours = [shape.ink.fill for shape in tiles for _ in shape.places]
    silent = (figure.table["verdict"] == "implicit deny").sum()

    assert len(colours) == len(figure.rows) + 3  # and the legend
    assert colours.count(PAPER) == silent + 1


# -- large ones -----------------------------------------------------------------------------------


def test_those_who_are_alike_share_a_row_of_a_large_matrix():
    """The row has their number; the list names them all."""
    callers = people(ROWS + 40)
    matrix = AccessMatrix(
        tuple(callers), tuple(pairs(4)), tuple(n % 3 for n in range(len(callers)))
    )
    figure = access_matrix(matrix)
    names = [label.whole for label in figure.sheet.record.labels if label.whole.endswith(" users")]

    assert names == ["34 users", "33 users", "33 users"]
    assert "drawn as one box, 34 users: user0, user3, user6" in figure.as_text()
    assert all(caller in figure.as_text() for caller in callers)
    assert len(figure.table) == len(matrix)
    assert "share a row" in figure.caption
    assert faults(figure) == []


def test_a_very_large_matrix_is_a_heat_map_of_shares():
    """By account and kind; each number agrees with the matrix."""
    callers = [*people(120), *people(40, "role"), *people(30, account=PARTNER)]
    matrix = bits(callers, pairs(60, services=5), seed=1)
    figure = access_matrix(matrix)
    table = figure.table

    assert table["principals"].unique().tolist() == [120, 40, 30]
    assert table["action"].unique().tolist() == [f"service{n}" for n in range(5)]
    for _, row in table.iterrows():
        kind = "role" if "role" in row["principal"] else "user"
        allowed = [
            matrix.allowed(n, pair)
            for n, caller in enumerate(callers)
            if f":{row['account']}:{kind}/" in caller
            for pair, (action, _) in enumerate(matrix.pairs)
            if action.startswith(f"{row['action']}:")
        ]
        assert (row["allowed"], row["asked"]) == (sum(allowed), len(allowed))
    whole = sum(row.bit_count() for row in matrix.rows)
    assert f"{round(100 * whole / len(matrix))}% of {len(matrix):,} cells are" in figure.alt
    assert faults(figure) == []


@pytest.mark.parametrize(
    ("who", "columns"),
    [
        (people(5), pairs(COLUMNS + 1)),
        (people(300), pairs(12)),
        (people(300), pairs(200, services=40)),
        ([caller for n in range(150) for caller in people(2, account=f"{n:012}")], pairs(30)),
    ],
    ids=["wide", "high", "both", "many accounts"],
)
def test_large_matrices_stay_readable(who, columns):
    """The figure fits the page, nothing overlaps, and every principal is counted."""
    matrix = bits(who, columns, seed=3)
    figure = access_matrix(matrix)

    assert faults(figure) == []
    assert figure.drawing.get_size_inches()[0] <= PAGE + 1e-6
    assert figure.drawing.get_size_inches()[1] < 30
    assert figure.table["asked"].sum() == len(matrix)
    assert figure.table["allowed"].sum() == sum(row.bit_count() for row in matrix.rows)


def test_a_share_is_none_or_all_only_if_it_is():
    """One of a thousand isn't 0 %, and 999 of a thousand isn't 100 %."""
    assert share_look(0, 0).word == "–"
    assert [share_look(number, 1000).word for number in (0, 1, 999, 1000)] == [
        "–",
        "1%",
        "99%",
        "100%",
    ]


def test_numbers_can_be_read_on_each_colour_and_darker_is_more():
    """Also in a black-and-white print."""
    colours = [colour for _, colour, _ in SHADES]
    light = [contrast(colour, INK) for colour in colours]

    assert light == sorted(light, reverse=True)
    assert len(set(colours)) == len(SHADES)
    for percent, colour, _ in SHADES[1:]:
        look = share_look(percent, 100)
        assert look.area == colour
        assert contrast(look.colour, colour) >= 4.5


# -- differences ----------------------------------------------------------------------------------


@pytest.fixture
def moved(lesson):
    """The lesson's world, and the same after carol took bob's place."""
    after = lesson.copy()
    after.group("developers").add_user("carol")
    after.group("developers").remove_user("bob")
    return [world.access_matrix(ACTIONS, [MAP, README]) for world in (lesson, after)]


def test_gains_and_losses_are_those_of_the_model(moved):
    """In both figures: in the table, in the list and in the alternative text."""
    before, after = moved
    changes = before.diff(after)
    for figure in (matrix_difference(before, after), difference_bars(before, after)):
        rows = [tuple(row) for row in figure.table.drop(columns="account").to_numpy()]

        assert rows == [
            *(("gained", *cell) for cell in changes.gained),
            *(("lost", *cell) for cell in changes.lost),
        ]
        assert "bob lost s3:GetObject on star-maps/m31.fits" in figure.alt
        assert "carol gained s3:GetObject on star-maps/m31.fits" in figure.alt
        for name, sign in (("bob", "− lost: "), ("carol", "+ gained: ")):
            own = figure.as_text().partition(f"{name} (")[2].partition(sign)[2].splitlines()[0]
            for action, thing in product(ACTIONS[:3], ("m31.fits", "drafts/readme.txt")):
                assert f"{action} on star-maps/{thing}" in own
        assert faults(figure) == []


def test_gained_and_lost_are_words_signs_and_hatching(moved):
    """A print without colours shows the same."""
    figure = matrix_difference(*moved)
    hatched = [patch for patch in figure.drawing.axes[0].patches if patch.get_hatch()]
    signs = [label.whole for label in figure.sheet.record.labels]

    assert len(hatched) == 6 + 1  # and one in the legend
    assert signs.count("−") == signs.count("+") == 7
    assert {"gained", "lost", "still allowed", "still not allowed"} <= set(signs)


def test_changes_alone_are_bars(moved):
    """The changes are those of a matrix's ``diff``."""
    before, after = moved

    assert before.diff(after).show().alt == difference_bars(before, after).alt


def test_the_list_has_what_was_not_compared():
    """Callers and pairs that only one of the two matrices has."""
    before = AccessMatrix(("ana", "bob"), (("s3:GetObject", "a"), ("s3:PutObject", "a")), (1, 0))
    after = AccessMatrix(("bob", "zoe"), (("s3:GetObject", "a"),), (1, 1))
    figure = matrix_difference(before, after)

    assert "Callers only before: 1. Callers only after: 1. Pairs only before: 1." in figure.caption
    assert "callers only before: ana" in figure.as_text()
    assert figure.table["principal"].tolist() == ["bob"]
    assert faults(figure) == []


def test_nothing_changed_is_said():
    """In the alternative text, in the table and in the picture."""
    matrix = bits(people(3), pairs(3))
    for figure in (matrix_difference(matrix, matrix), difference_bars(matrix, matrix)):
        assert figure.alt == "Nobody gained or lost anything."
        assert figure.table["change"].tolist() == ["none"]
        assert faults(figure) == []
    assert difference_bars(AccessChanges()).alt == "Nobody gained or lost anything."


def test_of_a_large_difference_only_what_changed_is_drawn():
    """Rows and columns without a change are left out."""
    before = AccessMatrix(tuple(people(50)), tuple(pairs(12)), (0,) * 50)
    after = AccessMatrix(before.principals, before.pairs, (*(0,) * 48, 0b11, 0b10))
    figure = matrix_difference(before, after)
    names = [label.whole for label in figure.sheet.record.labels if label.is_fact]

    assert "user48" in names
    assert "user0" not in names
    assert "Do1" in names
    assert "Do2" not in names
    assert "left out" in figure.caption
    assert faults(figure) == []


def test_a_large_difference_without_a_change_is_drawn_small():
    """Without changes, a sentence replaces a page of dashes."""
    matrix = bits(people(100), pairs(30))

    assert matrix_difference(matrix, matrix).alt == "Nobody gained or lost anything."
    assert faults(matrix_difference(matrix, matrix)) == []


def test_a_difference_larger_than_a_page_becomes_bars():
    """The principals with the most changes first; the others are counted."""
    before = bits(people(MOST_BARS + 60), pairs(30), seed=1)
    figure = matrix_difference(before, bits(people(MOST_BARS + 60), pairs(30), seed=2))
    bars = [label.whole for label in figure.sheet.record.labels if label.whole.startswith("user")]
    totals = figure.table.groupby("principal").size()

    assert len(bars) == MOST_BARS
    assert [totals[f"arn:aws:iam::{MAIN}:user/{name}"] for name in bars] == sorted(
        totals, reverse=True
    )[:MOST_BARS]
    assert any(label.whole.startswith("and 60 others") for label in figure.sheet.record.labels)
    assert faults(figure) == []


def test_differences_of_ugly_worlds_are_readable():
    """Any number of rows, with any names."""
    before = company(20, 4, ugly=True)
    after = before.copy()
    for user in after.account(MAIN).users.values():
        user.inline.clear()
        user.groups.clear()
    after.changed()
    matrices = [
        world.access_matrix(WIDE[:5], [OBJECT, f"arn:aws:s3:::{UGLY[4]}"])
        for world in (before, after)
    ]
    for draw in (matrix_difference, difference_bars):
        first, two = (draw(*matrices, world=before) for _ in range(2))
        assert faults(first) == []
        assert first.svg() == two.svg()


@settings(max_examples=tries(8))
@given(st.data())
def test_two_differences_undo_each_other(data):
    """What is gained in one direction is lost in the other."""
    size = st.integers(0, 2**4 - 1)
    first, two = (
        AccessMatrix(
            tuple(people(3)),
            tuple(pairs(4)),
            tuple(data.draw(st.lists(size, min_size=3, max_size=3))),
        )
        for _ in range(2)
    )
    there, back = (
        {(row.get("principal"), row.get("action")) for row in figure.rows if row["change"] == word}
        for word, figure in (
            ("gained", matrix_difference(first, two)),
            ("lost", matrix_difference(two, first)),
        )
    )

    assert there == back


def test_the_list_has_the_arn_of_every_resource_of_the_picture(lesson):
    """Also of resources without a change; each once."""
    after = lesson.copy()
    after.user("carol").put_policy("more", Policy.allow("s3:DeleteObject", README))
    pairs = ACTIONS, [MAP, README, MAPS]
    figure = matrix_difference(lesson.access_matrix(*pairs), after.access_matrix(*pairs))
    listed = figure.as_text().splitlines()

    assert listed[0] == "resources"
    assert sorted(listed[1:4]) == sorted(f"  {arn}" for arn in (MAP, README, MAPS))
    assert not listed[4].startswith(" ")
