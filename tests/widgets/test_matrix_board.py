"""The matrix board: its cells are those of ``can``, before and after each change of a policy."""

import json

import pytest

from iamlab import Policy, World
from iamlab.errors import ExerciseError, PolicyError
from iamlab.teach.scenarios import MAP, OLD_MAP, observatory, scenario
from iamlab.widgets import matrix_board
from iamlab.widgets.instruments.edited_world import MOST
from tests.widgets.page import problems, put

PEOPLE = ["alice", "bob", "carol", "dana"]
REQUESTS = [("s3:GetObject", MAP), ("s3:PutObject", MAP), ("s3:DeleteObject", MAP)]
GUARD = "group contractors: guard"


def _agrees(board, world, people=PEOPLE, requests=REQUESTS):
    return board.verdicts() == {
        f"cell {row} {column}": world.can(person, *request).verdict
        for row, person in enumerate(people)
        for column, request in enumerate(requests)
    }


def test_the_cells_are_those_of_the_world():
    """Also after edits, of any type of policy, and after undo."""
    world = observatory()
    requests = [*REQUESTS, ("s3:GetObject", OLD_MAP)]
    board = matrix_board(world, PEOPLE, requests)
    assert _agrees(board, world, requests=requests)
    for name in board.places:
        board.set("policy", name)
        for statement in board.policy(name, ()).statements:
            board.set(f"on {statement.label}", value=False)
        changed = board.world()
        assert _agrees(board, changed, requests=requests)
        board.press("undo")

    assert board.state.edits == ()
    assert _agrees(board, world, requests=requests)


def test_an_edit_is_applied_or_explained():
    """A document that AWS wouldn't save changes nothing; a saved one changes cells, with a note."""
    world = scenario("groups")
    board = matrix_board(world, PEOPLE, REQUESTS)
    board.set("policy", "policy star-maps-read")
    for text in ("{", json.dumps(Policy.allow("s3:*", principal="*").to_dict())):
        board.set("text", text)
        with pytest.raises(PolicyError):
            board.press("apply")
        assert board.state.edits == ()
    board.use("apply", press=True)
    assert "Principal" in board.parts()["result"]
    board.set("text", json.dumps(Policy.allow("s3:*").to_dict()))
    board.press("apply")

    assert board.notes("cell 0 1") == {"changed": "changed from implicit deny"}
    assert "changed from implicit deny" in board.parts()["board"]
    assert _agrees(board, board.world())
    assert world.can("alice", *REQUESTS[1]).verdict is not board.verdicts()["cell 0 1"]


def test_a_target_is_compared():
    """Cells that differ name the target; the others are counted."""
    world = scenario("groups")
    target = world.copy()
    target.group("contractors").remove_user("dana")
    wanted = target.access_matrix([own for own, _ in REQUESTS], [MAP], ["dana"])
    board = matrix_board(world, PEOPLE, REQUESTS, wanted)
    assert board.notes("cell 3 2") == {"not as in the target": "target: allowed"}
    assert "2 as in the target, 1 not as in the target" in board.parts()["facts"]
    board.set("policy", GUARD)
    board.set("on KeepMaps", value=False)

    assert "3 as in the target" in board.parts()["facts"]


def test_cells_wait_for_predictions():
    """Nothing is shown before every cell is predicted, and again after each change."""
    kept = []
    board = matrix_board(scenario("groups"), PEOPLE, REQUESTS, predict_first=True, keep=kept.append)
    assert board.verdicts() == {}
    with pytest.raises(ExerciseError, match="predict each cell"):
        board.press("reveal")
    for row in range(len(PEOPLE)):
        for column in range(len(REQUESTS)):
            board.set(f"cell {row} {column}", "Allow")
    board.press("reveal")
    assert "6 as predicted, 6 different" in board.parts()["facts"]
    assert [prediction.correct for prediction in kept].count(True) == 6
    assert len(kept) == 12
    with pytest.raises(ExerciseError, match="no control"):
        board.set("cell 0 0", "allowed")

    board.set("policy", GUARD)
    board.set("on KeepMaps", value=False)
    assert board.verdicts() == {}
    assert dict(board.state.answers)["cell 3 2"] == "explicit deny"  # it was shown before
    board.press("reveal")
    assert set(board.notes("cell 3 2")) == {"different", "changed"}


def test_the_state_survives_as_json():
    """A copy of the state shows the same card."""
    board, twin = (matrix_board(scenario("groups"), PEOPLE, REQUESTS) for _ in range(2))
    board.set("policy", GUARD)
    board.set("on KeepMaps", value=False)
    twin.from_json(board.to_json())

    assert twin.state == board.state
    assert twin.parts() == board.parts()


def test_many_principals_are_shown_in_parts():
    """Twelve rows at a time."""
    account = World(seed=7).create_account("main", account_id="111111111111")
    users = [account.create_user(f"user{number}") for number in range(30)]
    board = matrix_board(account.world, users, [("s3:GetObject", MAP)])
    assert len(board.verdicts()) == MOST
    board.set("first", 24)

    assert list(board.verdicts()) == [f"cell {row} 0" for row in range(24, 30)]
    with pytest.raises(ExerciseError):
        board.set("first", 25)


def test_controls_that_do_not_exist_are_errors():
    """An empty board is an error, too."""
    board = matrix_board(scenario("groups"), PEOPLE, REQUESTS)
    for name in ("cell 0 0", "on KeepMaps", "apply", "reveal", "undo", "text"):
        with pytest.raises(ExerciseError, match="no control"):
            board.set(name, "allowed")
    board.set("policy", GUARD)
    with pytest.raises(ExerciseError, match="no statement 'KeepMap'"):
        board.set("on KeepMap", value=False)
    with pytest.raises(ExerciseError, match="at least one principal"):
        matrix_board(scenario("groups"), [], REQUESTS)


@pytest.mark.browser
def test_it_works_by_mouse_and_keyboard(page):
    """Predict, show, switch, edit; axe-core finds nothing, and it fits a narrow window."""
    board = matrix_board(scenario("groups"), ["alice", "dana"], REQUESTS, predict_first=True)
    card = put(page, board)
    for cell in ("cell 0 0", "cell 0 1", "cell 0 2", "cell 1 0", "cell 1 1", "cell 1 2"):
        if cell == "cell 0 0":
            card.locator(f"[name='{cell}']").focus()
        page.keyboard.press("ArrowDown")
        card.locator(f"[name='{cell}'] [selected][value=allowed]").wait_for(state="attached")
        page.keyboard.press("Tab")
    card.get_by_role("button", name="Show what AWS decides").focus()
    page.keyboard.press("Space")
    card.get_by_text("3 different").wait_for()
    assert problems(page) == []

    card.get_by_label("Policy to change").select_option(GUARD)
    card.get_by_label("Deny KeepMaps").press("Space")
    card.get_by_role("button", name="Show what AWS decides").click()
    card.get_by_text("changed from explicit deny").wait_for()
    card.get_by_text("Edit its JSON").click()
    card.get_by_role("textbox").fill("{")
    card.get_by_role("button", name="Apply").click()
    card.get_by_text("Expected a name").wait_for()
    assert card.get_by_role("textbox").input_value() == "{"

    assert problems(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400
