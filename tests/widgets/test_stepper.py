"""The stepper: rung by rung, and nothing early."""

import pytest

from iamlab import Policy
from iamlab.errors import ExerciseError, RequestError
from iamlab.teach.scenarios import MAP, OLD_MAP, observatory, scenario
from iamlab.widgets import stepper
from iamlab.widgets.instruments.steps import Stepper
from tests.rows import each_row
from tests.widgets.page import problems, put

WORDS = {"allow": "allows", "deny": "denies", "silent": "no Allow", "absent": "absent"}


@pytest.fixture(scope="module")
def acme():
    """The whole world of Acme Observatory."""
    return observatory()


def _words(decision):
    words = [WORDS[step.result] for step in decision.steps]
    return ["no Deny" if words[0] == "no Allow" else words[0], *words[1:]]


def _walk(steps, words):
    for word in words:
        if steps.says:
            steps.set("says", word)
        steps.press("next")
    return steps


CASES = {
    "an allow": ("alice", "s3:GetObject", MAP),
    "a Deny": ("dana", "s3:DeleteObject", MAP),
    "an implicit deny": ("carol", "s3:GetObject", MAP),
    "two accounts": ("bob", "s3:GetObject", OLD_MAP),
    "never refused": ("bob", "sts:GetCallerIdentity", "*"),
}


@pytest.mark.parametrize("predict_first", [True, False])
@each_row(("user", "action", "resource"), CASES.values(), ids=CASES)
def test_the_verdict_comes_after_the_last_rung(acme, user, action, resource, predict_first):
    """Each rung is shown after its answer; then the decision is that of ``can``."""
    decision = acme.can(acme.user(user), action, resource)
    steps = stepper(decision, predict_first=predict_first)
    words = _words(decision)
    for number, word in enumerate(words):
        html = "".join(steps.parts().values())
        assert steps.decision is None
        assert "AWS decides" not in html
        assert html.count("… not yet") == len(words) - number
        _walk(steps, [word])

    assert steps.decision == decision
    assert steps.score == ((len(words),) * 2 if predict_first else (0, 0))
    assert "AWS decides" in steps.parts()["result"]


def test_a_rung_shows_nothing_of_later_rungs():
    """Two decisions that differ at the boundary look the same up to the identity-based policy."""
    shown = []
    for action in ("s3:*", "ec2:*"):
        world = scenario("groups")
        limit = world.account("acme-main").create_policy("limit", Policy.allow(action))
        world.user("alice").put_permissions_boundary(limit)
        steps = stepper(world.can(world.user("alice"), "s3:GetObject", MAP), predict_first=True)
        _walk(steps, ["denies"] * 1 + ["absent"] * 5)
        shown.append({name: steps.parts()[name] for name in ("rungs", "facts", "form", "result")})
        assert steps.state.shown == 6

    assert shown[0] == shown[1]


def test_a_rung_waits_for_its_answer(acme):
    """Without an answer, nothing is shown; an answer stays after the way back."""
    steps = stepper(acme.can(acme.user("dana"), "s3:DeleteObject", MAP), predict_first=True)
    with pytest.raises(ExerciseError, match="First choose"):
        steps.press("next")
    with pytest.raises(ExerciseError, match="no control"):
        steps.set("says", "absent")  # not of the first rung
    _walk(steps, ["no Deny"])
    assert steps.score == (0, 1)
    assert "predicted: no Deny" in steps.parts()["rungs"]

    steps.press("back")
    assert steps.says == ()  # it was answered before
    steps.press("next")
    assert steps.score == (0, 1)
    steps.press("restart")
    assert steps.score == (0, 0)


def test_the_state_survives_as_json(acme):
    """A copy of the state shows the same card."""
    decision = acme.can(acme.user("alice"), "s3:GetObject", MAP)
    steps = _walk(stepper(decision, predict_first=True), ["no Deny", "allows"])
    twin = stepper(decision, predict_first=True)
    twin.from_json(steps.to_json())

    assert twin.state == steps.state
    assert twin.parts() == steps.parts()


def test_it_needs_a_decision():
    """Other values and other controls are errors."""
    with pytest.raises(RequestError, match="stepper"):
        stepper("alice")
    with pytest.raises(ExerciseError, match="no control 'up'"):
        Stepper(scenario("groups").can(f"{_arn('alice')}", "s3:GetObject", MAP)).press("up")


def _arn(user):
    return f"arn:aws:iam::111111111111:user/{user}"


@pytest.mark.browser
def test_it_works_by_mouse_and_keyboard(page, acme):
    """A walk to the end by both; axe-core finds nothing, and it fits a narrow window."""
    steps = stepper(acme.can(acme.user("bob"), "s3:GetObject", OLD_MAP), predict_first=True)
    card = put(page, steps)
    card.get_by_text("no Deny", exact=True).click()
    card.get_by_role("button", name="Show this rung").click()
    card.get_by_text("Right so far: 1 of 1.").wait_for()
    for _ in range(7):
        card.locator("[name=says]").first.focus()
        page.keyboard.press("ArrowDown")
        card.locator("[name=says]:checked").wait_for()
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        card.locator("[name=says]:checked").wait_for(state="detached")
    card.get_by_text("implicit deny").wait_for()

    assert problems(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400
