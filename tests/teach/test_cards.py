"""The cards, driven without a browser: values are set, buttons clicked, HTML read."""

import json
import re

import ipywidgets as widgets
import pytest

from iamlab import ExerciseError, Verdict
from iamlab.teach import exercise, membership_board, predict, refused, scenario
from iamlab.teach.exercises import every
from iamlab.teach.predictions import HAPPENED
from iamlab.teach.scenarios import MAP

VERDICT = re.compile("allowed|explicit deny|implicit deny")


@pytest.fixture
def world():
    """The world of lesson 03."""
    return scenario("groups")


def _all(widget):
    """Give a widget and all within it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _all(child)


def test_a_card_holds_its_verdict_back_until_prediction_and_confidence_are_given(world):
    """Neither the card nor what hangs on it says the verdict before."""
    card = predict(world, "dana", "s3:DeleteObject", MAP, fine=True)
    card.button.click()

    assert "First choose a verdict" in card.result.value

    card.answer.value = "allowed"
    card.button.click()

    assert "First choose a verdict" in card.result.value
    assert "✕" not in card.result.value
    assert "Make the prediction" in str(card.walk_through())
    assert "Make the prediction" in str(card.picture())

    card.confidence.value = "certain"
    card.button.click()

    assert "AWS: ✕ explicit deny. Not what you predicted." in card.result.value
    assert "EXPLICIT DENY" in str(card.walk_through())
    assert card.picture().alt.endswith("stops s3:DeleteObject: explicit deny.")


def test_a_prediction_cannot_be_changed_after_the_reveal(world):
    """What was committed stays: the controls are switched off."""
    card = predict(world, "alice", "s3:GetObject", MAP)
    card.answer.value, card.confidence.value = "allowed", "a guess"
    card.button.click()

    before = card.result.value
    card.button.click()

    assert card.answer.disabled
    assert card.confidence.disabled
    assert card.result.value == before


def test_after_a_wrong_prediction_the_learner_says_what_happened_and_what_decided(world):
    """The explanation comes only after the learner's own."""
    card = predict(world, "dana", "s3:DeleteObject", MAP)
    card.answer.value, card.confidence.value = "allowed", "certain"
    card.button.click()

    assert "Who is really calling?" not in card.result.value

    card.compare.click()

    assert "Choose in both lists" in card.reflection.value

    card.happened.value = HAPPENED[Verdict.EXPLICIT_DENY]
    card.decided.value = "guard/KeepMaps"
    card.compare.click()

    assert "Yes, that is what happened" in card.reflection.value
    assert "Who is really calling?" in card.reflection.value


def test_after_a_right_prediction_the_explanation_follows_at_once(world):
    """Nobody is asked to explain what they foresaw, unless the lesson wants it."""
    card = predict(world, "alice", "s3:GetObject", MAP)
    card.answer.value, card.confidence.value = "allowed", "certain"
    card.button.click()

    assert "Who is really calling?" in card.result.value
    assert card.happened not in card.children


def test_the_walk_through_leaves_blanks_and_then_hides_the_verdict(world):
    """For a faded example some answers are left to the learner, and the verdict with them."""
    card = predict(world, "dana", "s3:DeleteObject", MAP, explain=False)
    card.answer.value, card.confidence.value = "denied", "certain"
    card.button.click()

    assert "Who is really calling?" not in card.result.value

    faded = card.walk_through(blank=(3, 4, 6))

    assert str(faded).count("...") == 3
    assert faded._repr_html_().count("…") == 3
    assert "EXPLICIT DENY" not in str(faded)
    assert "explicit deny</strong>" not in faded._repr_html_()
    assert "explicit deny</strong>" in card.walk_through()._repr_html_()


def test_the_function_twin_reveals_with_the_prediction(world, progress_file):
    """With an answer, predict gives the verdict at once, and keeps the prediction."""
    prediction = predict(world, "carol", "s3:GetObject", MAP, "denied", "fairly sure")

    assert prediction.correct
    assert "AWS: ○ implicit deny. As you predicted." in repr(prediction)
    record = json.loads(progress_file.read_text("utf-8"))["records"][0]
    assert (record["answer"], record["confidence"], record["correct"]) == (
        "denied",
        "fairly sure",
        True,
    )


@pytest.mark.parametrize(("answer", "confidence"), [("maybe", ""), ("allowed", "very")])
def test_a_misspelt_prediction_is_refused_with_the_words_that_count(world, answer, confidence):
    """The error lists what may be said."""
    with pytest.raises(ExerciseError, match="Write"):
        predict(world, "dana", "s3:GetObject", MAP, answer, confidence)


@pytest.mark.parametrize("number", every())
def test_every_control_has_a_description(number):
    """A screen reader can say what each control is for."""
    card = exercise(number)
    controls = [
        widget
        for widget in _all(card)
        if isinstance(
            widget, widgets.Checkbox | widgets.Dropdown | widgets.RadioButtons | widgets.Button
        )
    ]

    assert controls
    assert all(control.description and control.tooltip for control in controls)


@pytest.mark.parametrize("number", every())
def test_an_empty_card_says_that_something_is_to_be_chosen_and_counts_no_attempt(
    number, progress_file
):
    """Check without an answer says what is missing, and is no attempt."""
    card = exercise(number)
    card.check.click()

    assert "yet" in card.result.value
    assert not progress_file.exists()


def test_an_exit_ticket_offers_help_only_after_an_attempt():
    """No hint and no solution before the first answer."""
    card = exercise("0.3")

    assert card.buttons.children == (card.check,)

    card.input.rows[0].value, card.input.sure.value = "allowed", "certain"
    card.check.click()

    assert card.buttons.children == (card.check, card.hint, card.solution)


def test_a_second_press_of_solution_gives_up(progress_file):
    """Who has no answer at all may still see one; it is noted."""
    card = exercise("0.2")
    card.solution.click()

    assert "press Solution again" in card.result.value

    card.solution.click()

    assert "A right answer" in card.result.value
    assert json.loads(progress_file.read_text("utf-8"))["records"][-1]["give_up"] is True


def test_a_refusal_is_shown_with_its_help_instead_of_a_traceback(world, capsys):
    """What AWS says to a call is text to read; a call that works says so too."""
    with refused():
        world.can(world.group("astronomers"), "s3:GetObject", MAP)
    with refused():
        world.can(world.user("alice"), "s3:GetObject", MAP)
    said = capsys.readouterr().out

    assert "a group is not a principal" in said
    assert "Nothing was refused." in said


def test_a_card_announces_its_result():
    """What changes is in an element with the role that screen readers announce."""
    card = exercise("0.1")
    card.hint.click()

    assert 'role="status"' in card.result.value
    assert "Hint 1 of 3." in card.result.value


def test_a_card_shows_a_mistake_of_ours(monkeypatch):
    """Jupyter would only log what a callback raises; the learner sees it."""
    card = exercise("0.3")

    def fail(*_):
        message = "disk <full>"
        raise OSError(message)

    monkeypatch.setattr("iamlab.teach.ask.hint", fail)
    card.hint.click()

    assert "OSError: disk &lt;full&gt;" in card.result.value


def test_the_board_changes_only_its_own_copy(world):
    """Ticking a box leaves the world of the lesson as it is."""
    before = world.copy()
    board = membership_board(world)
    board.grid.boxes["carol", "astronomers"].value = True

    assert board.grid.edits == [("add_user", "astronomers", "carol")]
    assert world.diff(before) == ()
    assert board.grid.changed_world().user("carol").groups == ["security", "astronomers"]


def test_the_board_hides_its_verdict_after_every_change(world):
    """Each change of box, caller or request takes prediction and verdict back."""
    board = membership_board(world)
    changes = [
        lambda: setattr(board.caller, "value", "dana"),
        lambda: setattr(board.pair, "value", board.pair.options[2][1]),
        lambda: setattr(board.grid.boxes["dana", "contractors"], "value", False),
    ]
    for change in changes:
        board.answer.value, board.confidence.value = "allowed", "a guess"
        board.show.click()

        assert VERDICT.search(board.result.value)

        change()

        assert not VERDICT.search(board.result.value)
        assert board.answer.value is None
        board.show.click()
        assert "Predict first" in board.result.value


def test_the_board_says_which_policies_reach_the_caller_now(world):
    """What follows from a membership without a verdict is shown at once."""
    board = membership_board(world, ["carol"])
    board.grid.boxes["carol", "contractors"].value = True

    assert "guard (group contractors)" in board.facts.value
