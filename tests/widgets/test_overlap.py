"""The overlap: what is left are the actions in both sets, as the engine decides."""

import pytest

from iamlab import Policy
from iamlab.errors import ExerciseError, PolicyError
from iamlab.widgets import overlap
from iamlab.widgets.instruments.policy_editors import MOST, SETS
from tests.widgets.page import problems, put

HAS = Policy.allow(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"])
LIMIT = Policy.allow(["s3:GetObject", "logs:PutLogEvents"])


def test_the_start_is_that_of_the_policies():
    """The engine reads them, with their Denies and patterns."""
    sets = overlap(HAS + Policy.deny("s3:PutObject"), LIMIT)
    assert dict(sets.state.sets) == {
        "s3:GetObject": "both",
        "s3:PutObject": "none",
        "sqs:SendMessage": "identity",
        "logs:PutLogEvents": "boundary",
    }
    assert dict(overlap(HAS, Policy.allow("s3:*"), ["s3:PutObject"]).state.sets) == {
        "s3:PutObject": "both"
    }
    assert (
        len(overlap(Policy.allow([f"{own}:*" for own in ("s3", "ec2", "iam")]), LIMIT).actions)
        < MOST
    )


def test_only_an_action_in_both_is_left():
    """Wherever each action is put, also with an empty set; the decision is that of the engine."""
    sets = overlap(HAS, LIMIT)
    for action in sets.actions:
        sets.set("action", action)
        for name in SETS:
            sets.press(name)
            inside = [own for own, held in sets.state.sets if held == "both"]
            assert sets.effective() == inside
            assert bool(sets.decision) is (name == "both")
            assert f"Dana requests {action}. It is {SETS[name]}." in sets.parts()["facts"]
        sets.press("none")

    assert sets.effective() == []
    assert "Effective permissions: none." in sets.parts()["picture"]


def test_a_boundary_grants_nothing():
    """The engine says that the identity-based policy is missing."""
    sets = overlap(HAS, LIMIT)
    sets.set("action", "logs:PutLogEvents")
    assert sets.decision.blocked_by == {"identity"}
    sets.press("identity")
    assert sets.decision.blocked_by == {"boundary"}


def test_a_prediction_comes_first():
    """Before it, neither the picture nor the permissions are there; each move hides them again."""
    sets = overlap(HAS, LIMIT, predict_first=True)
    for move in (None, "none", "both"):
        if move:
            sets.press(move)
        assert sets.decision is None
        assert sets.effective() == []
        assert "picture" not in sets.parts()
        sets.set("answer", "allowed")
        sets.set("confidence", "a guess")
        sets.press("reveal")
        assert sets.prediction.correct is (move != "none")
        assert "Effective permissions" in sets.parts()["picture"]


def test_the_state_survives_as_json():
    """A copy of the state shows the same card."""
    sets, twin = overlap(HAS, LIMIT), overlap(HAS, LIMIT)
    sets.press("boundary")
    twin.from_json(sets.to_json())

    assert twin.state == sets.state
    assert twin.parts() == sets.parts()


def test_other_values_are_errors():
    """Policies without an action are errors, too."""
    sets = overlap(HAS, LIMIT)
    for name in ("action", "somewhere"):
        with pytest.raises(ExerciseError, match=r"no control|can't be"):
            sets.set(name, "s3:ListBucket")
    with pytest.raises(ExerciseError, match="Pass the actions"):
        overlap({"Statement": []}, {"Statement": []})
    with pytest.raises(PolicyError):
        overlap("{", LIMIT)


@pytest.mark.browser
def test_it_works_by_mouse_and_keyboard(page):
    """Choose by arrow keys, move by Space and by mouse; axe-core finds nothing."""
    sets = overlap(HAS, LIMIT)
    card = put(page, sets)
    card.get_by_label("Actions").select_option("sqs:SendMessage")
    card.get_by_role("button", name="Put in both").click()
    card.get_by_text("Effective permissions: s3:GetObject and sqs:SendMessage.").wait_for()
    card.get_by_label("Actions").focus()
    page.keyboard.press("Home")
    card.get_by_text("Dana requests logs:PutLogEvents.").wait_for()
    assert page.evaluate("document.activeElement.name") == "action"
    card.get_by_role("button", name="Put in neither").press("Space")
    card.get_by_text("It is in neither.").wait_for()

    assert problems(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400
