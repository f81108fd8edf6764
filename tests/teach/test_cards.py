"""The cards, driven without a browser: values are set, buttons clicked, HTML read."""

import re

import ipywidgets as widgets
import pytest

from iamlab import ExerciseError, Verdict
from iamlab.teach import exercise, journal, membership_board, predict, refused, scenario
from iamlab.teach.exercises import every
from iamlab.teach.predictions import HAPPENED
from iamlab.teach.scenarios import MAP

VERDICT = re.compile("allowed|explicit deny|implicit deny")


@pytest.fixture
def world():
    """The world of lesson 03."""
    return scenario("groups")


def _all(widget):
    """Yield a widget and all widgets inside it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _all(child)


def test_a_card_hides_its_verdict_until_it_has_a_prediction_and_a_confidence(world):
    """The card, its walk-through and its picture don't show the verdict before."""
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
    assert card.picture().alt.endswith("allows it. ✕ Explicit deny.")


def test_a_prediction_cannot_be_changed_after_the_reveal(world):
    """The prediction stays, and its controls are disabled."""
    card = predict(world, "alice", "s3:GetObject", MAP)
    card.answer.value, card.confidence.value = "allowed", "a guess"
    card.button.click()

    before = card.result.value
    card.button.click()

    assert card.answer.disabled
    assert card.confidence.disabled
    assert card.result.value == before


def test_after_a_wrong_prediction_the_learner_explains_the_decision_first(world):
    """The card explains only after the learner."""
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
    """A right prediction needs no explanation by the learner, unless the lesson asks for it."""
    card = predict(world, "alice", "s3:GetObject", MAP)
    card.answer.value, card.confidence.value = "allowed", "certain"
    card.button.click()

    assert "Who is really calling?" in card.result.value
    assert card.happened not in card.children


def test_a_walk_through_with_blanks_hides_the_verdict(world):
    """In a faded example, the learner fills in some answers and the verdict."""
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


def test_with_an_answer_the_function_reveals_the_verdict(world):
    """It returns the verdict at once, and records the prediction."""
    prediction = predict(world, "carol", "s3:GetObject", MAP, "denied", "fairly sure")

    assert prediction.correct
    assert "AWS: ○ implicit deny. As you predicted." in repr(prediction)
    record = journal.records()[0]
    assert (record["answer"], record["confidence"], record["correct"]) == (
        "denied",
        "fairly sure",
        True,
    )


@pytest.mark.parametrize(("answer", "confidence"), [("maybe", ""), ("allowed", "very")])
def test_the_error_for_a_misspelt_prediction_lists_the_words(world, answer, confidence):
    """So the learner can correct it."""
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
def test_an_empty_card_shows_what_is_missing_and_records_nothing(number, progress_file):
    """A check without an answer isn't an attempt."""
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


def test_a_second_press_of_solution_gives_up():
    """A learner without an answer can see the solution; the file records that."""
    card = exercise("0.2")
    card.solution.click()

    assert "press Solution again" in card.result.value

    card.solution.click()

    assert "A right answer" in card.result.value
    assert journal.records()[-1]["give_up"] is True


def test_an_error_is_shown_with_its_help_instead_of_a_traceback(world, capsys):
    """The output is AWS's message; a call without an error prints a sentence too."""
    with refused():
        world.can(world.group("astronomers"), "s3:GetObject", MAP)
    with refused():
        world.can(world.user("alice"), "s3:GetObject", MAP)
    printed = capsys.readouterr().out

    assert "a group isn't a principal" in printed
    assert "Nothing was refused." in printed


def test_a_card_announces_its_result():
    """The result is in an element that screen readers announce."""
    card = exercise("0.1")
    card.hint.click()

    assert 'role="status"' in card.result.value
    assert "Hint 1 of 3." in card.result.value


def test_a_card_shows_an_error_of_its_own(monkeypatch):
    """Jupyter would only log an error in a callback; the card shows it."""
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
    assert before.diff(world) == ()
    assert board.grid.changed_world().user("carol").groups == ["security", "astronomers"]


def test_the_board_hides_its_verdict_after_every_change(world):
    """Each change of a box, caller or request removes prediction and verdict."""
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


def test_the_board_lists_the_policies_of_the_caller(world):
    """The list isn't a verdict, so it changes at once."""
    board = membership_board(world, ["carol"])
    board.grid.boxes["carol", "contractors"].value = True

    assert "guard (group contractors)" in board.facts.value
