"""The membership board: boxes, callers and requests, without a browser."""

import pytest

from iamlab import ExerciseError, World
from iamlab.teach import membership_board as in_lessons
from iamlab.teach import scenario
from iamlab.widgets import membership_board
from tests.widgets.page import problems, put


@pytest.fixture
def world():
    """The world of lesson 03."""
    return scenario("groups")


def test_the_board_changes_only_its_own_copy(world):
    """Ticking a box leaves the world of the lesson as it is."""
    before = world.copy()
    board = membership_board(world)
    board.set("carol in astronomers", True)

    assert board.edits == [("add_user", "astronomers", "carol")]
    assert before.diff(world) == ()
    assert board.world().user("carol").groups == ["security", "astronomers"]


def test_the_board_decides_as_the_world_does(world):
    """For each user and request, before and after Dana leaves a group."""
    board = membership_board(world)
    for member in (True, False):
        board.set("dana in contractors", member)
        for caller in ("alice", "bob", "carol", "dana"):
            board.set("caller", caller)
            for number, action in enumerate(("s3:GetObject", "s3:PutObject", "s3:DeleteObject")):
                board.set("request", number)
                changed = world.copy()
                if not member:
                    changed.group("contractors").remove_user("dana")
                decision = changed.can(caller, action, "arn:aws:s3:::star-maps/m31.fits")

                assert str(board.decision) == str(decision)


def test_the_board_hides_its_verdict_after_every_change(world):
    """Each change of a box, caller or request removes prediction and verdict."""
    board = in_lessons(world, record=False)
    for name, value in (("caller", "dana"), ("request", 2), ("dana in contractors", False)):
        board.set("answer", "allowed")
        board.set("confidence", "a guess")
        board.press("reveal")

        assert "AWS decides" in board.parts()["result"]

        board.set(name, value)

        assert board.parts()["result"] == ""
        assert board.said["answer"] == ""


def test_the_board_lists_the_policies_of_the_caller(world):
    """The list isn't a verdict, so it changes at once."""
    board = membership_board(world, ["carol"])
    board.set("carol in contractors", True)

    assert "guard (group contractors)" in board.parts()["facts"]


def test_the_grid_has_headings_and_each_box_a_name(world):
    """A screen reader reads the user and the group of a box."""
    html = membership_board(world).parts()["grid"]

    assert html.count('scope="col"') == 4
    assert html.count('scope="row"') == 4
    assert 'aria-label="dana in contractors" checked' in html


@pytest.mark.parametrize(
    ("name", "value"),
    [("zoe in security", True), ("dana in nobody", True), ("caller", "zoe"), ("request", 3)],
)
def test_an_unknown_control_is_an_error_and_changes_nothing(world, name, value):
    """Also a caller or a request that isn't in the list."""
    board = membership_board(world)
    before = board.state
    with pytest.raises(ExerciseError, match=r"no control|can't be"):
        board.set(name, value)

    assert board.state == before


def test_the_state_survives_as_json(world):
    """Another board of the same world takes it."""
    board, other = membership_board(world), membership_board(world)
    board.set("dana in contractors", False)
    board.set("caller", "dana")
    other.from_json(board.to_json())

    assert (other.state, other.edits) == (board.state, board.edits)


def test_the_old_name_of_a_parameter_still_works(world):
    """With a warning."""
    with pytest.warns(DeprecationWarning, match="principals"):
        assert in_lessons(world, callers=["dana"]).state.caller == "dana"


def test_a_board_needs_one_account_with_users():
    """An empty world has nothing to show."""
    with pytest.raises(ExerciseError, match="one account that has users"):
        membership_board(World())


def test_many_users_are_shown_in_parts():
    """So a card of an account with 200 users stays fast."""
    world = World()
    main = world.create_account("main")
    main.create_group("readers")
    for number in range(60):
        main.create_user(f"user{number:02d}")
    board = membership_board(world)
    assert "user23 in readers" in board.parts()["grid"]
    assert "user24 in readers" not in board.parts()["grid"]
    board.set("first", 48)
    board.set("user59 in readers", True)

    assert board.parts()["grid"].count('<th scope="row"') == 12
    assert board.edits == [("add_user", "readers", "user59")]


@pytest.mark.browser
def test_the_board_works_by_mouse_and_by_keyboard(page, world):
    """The focus stays on the box that was ticked."""
    card, keyboard = put(page, board := in_lessons(world, record=False)), page.keyboard
    card.get_by_role("checkbox", name="dana in contractors").click()
    card.get_by_role("combobox", name="Caller").select_option("dana")
    card.get_by_text("Policies that apply to dana: own-notes (own), AmazonS3FullAccess").wait_for()
    card.get_by_role("checkbox", name="dana in developers").focus()
    keyboard.press("Space")
    card.get_by_text("Policies that apply to dana: own-notes (own).").wait_for()

    assert page.evaluate("document.activeElement.name") == "dana in developers"
    assert {edit for edit, *_ in board.edits} == {"remove_user"}
    assert problems(page) == []

    for group in ("answer", "confidence"):
        card.locator(f"[name={group}]").first.focus()
        keyboard.press("ArrowUp")
    keyboard.press("Tab")
    keyboard.press("Enter")
    card.get_by_role("status").get_by_text("As you predicted.").wait_for()

    assert (board.prediction.answer, board.prediction.confidence) == ("implicit deny", "certain")
    assert problems(page) == []


@pytest.mark.browser
def test_a_large_account_with_ugly_names_scrolls_in_its_own_box(page):
    """200 users in parts, long names and markup: the page itself is as narrow as the window."""
    world = World()
    main = world.create_account("main")
    for group in (64 * "g", "a+b", "c,d@e"):
        main.create_group(group)
    for number in range(200):
        main.groups["a+b"].add_user(main.create_user(f"{number}{60 * 'u'}"))
    page.set_viewport_size({"width": 400, "height": 800})
    card = put(page, board := membership_board(world))
    card.get_by_label("Users").select_option("192")
    card.get_by_role("checkbox", name=f"199{60 * 'u'} in c,d@e").check()
    card.get_by_role("checkbox", name=f"199{60 * 'u'} in c,d@e", checked=True).wait_for()

    assert board.edits == [("add_user", "c,d@e", f"199{60 * 'u'}")]
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 400
