"""Token boxes: the outcome for any values is that of the engine."""

from itertools import product

import pytest

from iamlab.errors import ExerciseError, RequestError
from iamlab.policy.conditions import holds, read_operator
from iamlab.widgets import token_boxes
from iamlab.widgets.instruments.conditions import FULL
from tests.widgets.page import problems, put

TAGS = "aws:TagKeys"
UGLY = '<b>"&' + "x" * 64 + "🪐"
REQUESTS = [None, (), ("project",), ("cost",), ("project", "cost"), ("",), ("owner", "project")]


def test_the_outcome_is_that_of_the_engine():
    """For every operator and all values, also without a value or without the key."""
    boxes = token_boxes(TAGS, ["project", "own*"])
    assert len(boxes.choices()["operator"]) == 12
    for operator, request in product(boxes.choices()["operator"], REQUESTS):
        boxes = token_boxes(TAGS, ["project", "own*"], operator, request)
        wanted = holds(read_operator(operator), ["project", "own*"], request, multivalued=True)
        assert bool(boxes.decision) is wanted
        word = "the condition matches" if wanted else "the condition does not match"
        assert word in boxes.parts()["picture"]


def test_tokens_are_added_and_removed():
    """A value is added once, without the spaces around it; the last one can go, too."""
    boxes = token_boxes(TAGS, ["project"], request=["cost"])
    assert not boxes.decision
    for _ in range(2):
        boxes.set("policy", " cost ")
        boxes.press("add policy")
    assert boxes.state.policy == ("project", "cost")
    assert boxes.typed["policy"] == ""
    assert boxes.decision
    boxes.press("remove policy 1")
    boxes.press("remove request 0")
    assert boxes.state.request == ()
    assert boxes.decision
    boxes.press("remove policy 0")
    assert boxes.state.policy == ()
    boxes.set("present", False)
    assert boxes.state.request is None


def test_a_request_without_a_value_passes_for_all_values():
    """A missing key passes, too; a Null condition would be needed against it."""
    boxes = token_boxes(TAGS, ["project"], request=())
    assert boxes.decision
    boxes.set("present", False)
    assert boxes.decision
    boxes.set("operator", "ForAnyValue:StringEquals")
    assert not boxes.decision


def test_a_prediction_comes_first():
    """Each change hides the outcome; typing doesn't."""
    boxes = token_boxes(TAGS, ["project"], request=["cost"], predict_first=True)
    changes = [
        lambda: None,
        lambda: boxes.set("operator", "ForAnyValue:StringNotEquals"),
        lambda: boxes.press("remove request 0"),
        lambda: boxes.set("present", False),
    ]
    for change in changes:
        change()
        assert boxes.decision is None
        assert "picture" not in boxes.parts()
        boxes.set("answer", "allowed")
        boxes.set("confidence", "a guess")
        boxes.press("reveal")
        boxes.set("request", "own")
        assert boxes.prediction.correct is bool(boxes.decision)
        assert "picture" in boxes.parts()


def test_the_state_survives_as_json():
    """A copy of the state shows the same card."""
    boxes, twin = (token_boxes(TAGS, ["project"], request=["a", "b"]) for _ in range(2))
    boxes.press("remove request 1")
    boxes.set("operator", "StringLike")
    for _ in range(2):
        twin.from_json(boxes.to_json())
        assert twin.state == boxes.state
        assert twin.parts() == boxes.parts()
        boxes.set("present", False)


def test_other_values_are_errors():
    """Errors change nothing."""
    boxes = token_boxes(TAGS, ["project"], request=["a"])
    before = boxes.state
    for name in ("remove policy 1", "remove others 0", "add others", "others", ""):
        with pytest.raises(ExerciseError, match="no control"):
            boxes.set(name, "Null")
    with pytest.raises(ExerciseError, match="operator can't be 'Null'"):
        boxes.set("operator", "Null")
    with pytest.raises(ExerciseError, match="Type a value"):
        boxes.press("add request")
    assert boxes.state == before
    for number in range(FULL):
        boxes.set("request", f"v{number}")
        boxes.use("add request", press=True)
    assert len(boxes.state.request) == FULL
    assert "at most 12" in boxes.parts()["result"]
    single = token_boxes("aws:SourceIp", ["10.0.0.0/8"], "IpAddress", "10.0.0.1")
    single.set("request", "10.0.0.2")
    with pytest.raises(RequestError, match="only one value"):
        single.press("add request")
    assert single.state.request == ("10.0.0.1",)
    for operator in ("StringEqual", "Null"):
        with pytest.raises(RequestError):
            token_boxes(TAGS, ["a"], operator)


@pytest.mark.browser
def test_it_works_by_mouse_and_keyboard(page):
    """Type and press Enter or Add, remove, choose; axe-core finds nothing; it fits 400 pixels."""
    boxes = token_boxes(TAGS, ["project", UGLY], request=["project"])
    card = put(page, boxes)
    policy, request = (
        card.get_by_role("group", name=f"Values in the {n}") for n in ("policy", "request")
    )
    request.get_by_label("Another value").press_sequentially("cost")
    page.keyboard.press("Enter")
    request.get_by_role("button", name="Remove cost").wait_for()
    page.keyboard.type("owner")
    page.keyboard.press("Enter")
    request.get_by_role("button", name="Remove owner").wait_for()
    assert request.get_by_label("Another value").input_value() == ""
    card.locator(".tile.silent").wait_for()
    assert problems(page) == []
    policy.get_by_label("Another value").fill("cost")
    policy.get_by_role("button", name="Add").click()
    policy.get_by_role("button", name="Remove cost").wait_for()
    assert policy.get_by_label("Another value").input_value() == ""
    request.get_by_role("button", name="Remove cost").focus()
    page.keyboard.press("Space")
    request.get_by_role("button", name="Remove cost").wait_for(state="detached")
    assert page.evaluate("document.activeElement.ariaLabel") == "Remove owner"
    page.keyboard.press("Space")
    card.locator(".tile.allow").wait_for()
    card.get_by_label("The request has aws:TagKeys").press("Space")
    request.get_by_text("doesn't have the key").wait_for()
    card.get_by_label("Operator for").select_option("ForAnyValue:StringEquals")
    card.locator(".tile.silent").wait_for()
    assert problems(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400
