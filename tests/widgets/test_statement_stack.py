"""The statement stack: statements move, switch and decide, without a browser."""

import json
import re

import pytest

from iamlab import ExerciseError, Policy
from iamlab.errors import NoSuchEntity
from iamlab.teach import arrange, journal, scenario
from iamlab.teach import statement_stack as in_lessons
from iamlab.teach.scenarios import MAP, MAPS, README
from iamlab.widgets import statement_stack
from iamlab.widgets.controls import in_words
from iamlab.widgets.instruments.switches import StatementStack
from tests.widgets.page import problems, put

OPTIONS = re.compile(r"<fieldset>.*?</fieldset>", re.DOTALL)
VERDICT = re.compile("allowed|explicit deny|implicit deny|denies")
PAIRS = [("s3:DeleteObject", MAP), ("s3:GetObject", README), ("s3:ListBucket", MAPS)]
SIDS = ["ListMaps", "KeepMaps", "AllMaps", "NoDrafts", "ReadMe"]


@pytest.fixture
def world():
    """The world of lesson 02."""
    return scenario("stack")


@pytest.fixture
def stack(world):
    """The stack with a question; it shows its verdict."""
    return statement_stack(world, "alice", "stack", PAIRS)


@pytest.fixture
def asking(world):
    """The stack of a lesson, which asks first."""
    return in_lessons(world, "alice", "stack", PAIRS, record=False)


def predict(stack, verdict="allowed", confidence="a guess"):
    """Predict, and look."""
    stack.set("answer", verdict)
    stack.set("confidence", confidence)
    stack.press("reveal")


def test_the_statements_have_the_order_of_the_policy_and_are_all_switched_on(stack):
    """Each row has two buttons and a switch with the statement in words."""
    html = stack.parts()["stack"]

    assert stack.state.order == SIDS
    assert html.count(" checked") == len(SIDS)
    assert "s3:Delete* on star-maps/*" in html
    for sid in SIDS:
        assert f'aria-label="Move {sid} up"' in html
        assert f'aria-label="Move {sid} down"' in html


def test_a_button_moves_its_statement_by_one_place(stack):
    """Up and down again restores the order."""
    stack.press("up AllMaps")

    assert stack.state.order == ["ListMaps", "AllMaps", "KeepMaps", "NoDrafts", "ReadMe"]

    stack.press("down AllMaps")

    assert stack.state.order == SIDS


def test_a_statement_can_be_moved_through_the_whole_stack(stack):
    """From the last place to the first; another move isn't an error."""
    for _ in range(len(SIDS) + 1):
        stack.press("up ReadMe")

    assert stack.state.order == ["ReadMe", *SIDS[:-1]]


def test_a_statement_that_is_switched_off_keeps_its_place(stack):
    """It leaves the policy, can still be moved, and comes back at its place."""
    stack.set("KeepMaps", False)

    assert stack.state.order == ["ListMaps", "AllMaps", "NoDrafts", "ReadMe"]
    assert stack.state.statements == tuple(SIDS)

    stack.press("down KeepMaps")
    stack.set("KeepMaps", True)

    assert stack.state.order == ["ListMaps", "AllMaps", "KeepMaps", "NoDrafts", "ReadMe"]


def test_the_stack_changes_only_a_copy(world, stack):
    """The lesson's world stays; the copy has the statements in the order shown."""
    before = world.copy()
    stack.press("up ReadMe")
    stack.set("NoDrafts", False)
    changed = stack.world()
    policy = changed.user("alice").inline["stack"]

    assert before.diff(world) == ()
    assert [statement.sid for statement in policy.statements] == stack.state.order
    assert len(world.diff(changed)) == 1


def test_all_statements_can_be_switched_off(stack):
    """Then the policy is empty, and nothing is allowed."""
    for sid in SIDS:
        stack.set(sid, False)
    stack.set("request", "2")

    assert "From the top: nothing, all are off." in stack.parts()["facts"]
    assert str(stack.decision) == "○ implicit deny"


def test_without_moving_there_are_only_switches(world):
    """A task to remove statements offers only switches."""
    stack = StatementStack(world, "alice", "stack", movable=False)

    assert "<button" not in stack.parts()["stack"]
    with pytest.raises(ExerciseError, match="no control 'up ReadMe'"):
        stack.press("up ReadMe")


@pytest.mark.parametrize(
    ("user", "policy", "error"),
    [
        ("alice", "stak", ExerciseError),
        ("bob", "stack", ExerciseError),
        ("zoe", "stack", NoSuchEntity),
    ],
)
def test_without_such_a_policy_there_is_no_stack(world, user, policy, error):
    """A misspelt name gets an error message."""
    with pytest.raises(error):
        statement_stack(world, user, policy, PAIRS)


def test_an_empty_policy_has_no_stack(world):
    """There is nothing to move."""
    arrange(world.user("alice"), "stack", [])

    with pytest.raises(ExerciseError, match="no inline policy 'stack' with statements"):
        statement_stack(world, "alice", "stack", PAIRS)


@pytest.mark.parametrize("name", ["Nothing", "up Nothing", "left ReadMe", "request"])
def test_an_unknown_control_is_an_error_and_changes_nothing(stack, name):
    """Also a request that isn't in the list."""
    before = stack.state
    with pytest.raises(ExerciseError, match=r"no control|can't be"):
        stack.set(name, "9")

    assert stack.state == before


def test_statements_without_a_sid_can_be_moved_and_switched_too(world):
    """Their labels are their numbers in the policy."""
    statements = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
        {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
    ]
    world.user("bob").put_policy("own", {"Version": "2012-10-17", "Statement": statements})
    stack = statement_stack(world, "bob", "own", PAIRS)
    stack.press("up #3")
    stack.set("#1", False)
    kept = stack.world().user("bob").inline["own"].statements

    assert stack.state.order == ["#3", "#2"]
    assert [statement.action for statement in kept] == [("ec2:*",), ("s3:DeleteObject",)]


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ({"Effect": "Allow", "Action": ["a:B", "c:D"], "Resource": "*"}, "a:B and c:D on *"),
        (
            {"Effect": "Deny", "Action": "s3:*", "Resource": [MAPS, f"{MAPS}/*"]},
            "s3:* on star-maps and star-maps/*",
        ),
        (
            {"Effect": "Deny", "NotAction": ["a:B", "c:D"], "Resource": "*"},
            "all but a:B and c:D on *",
        ),
        (
            {"Effect": "Deny", "Action": "s3:*", "NotResource": [MAPS, MAP]},
            "s3:* on all but star-maps and star-maps/m31.fits",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_statement_is_shown_in_one_line(world, statement, text):
    """The line has actions, resources and exceptions."""
    world.user("bob").put_policy("own", {"Version": "2012-10-17", "Statement": statement})

    assert in_words(world.user("bob").inline["own"].statements[0]) == text


def test_the_stack_decides_as_the_world_does(world, stack):
    """By each request, after each switch: the plain functions give the same."""
    for sid in [*SIDS, ""]:
        for number, (action, resource) in enumerate(PAIRS):
            stack.set("request", number)
            changed = world.copy()
            arrange(changed.user("alice"), "stack", stack.state.order)
            decision = changed.can("alice", action, resource)

            assert str(stack.decision) == str(decision)
            assert str(decision.verdict) in stack.parts()["result"]
        if sid:
            stack.set(sid, False)


def test_no_verdict_is_shown_before_a_prediction(asking):
    """Only the options contain the words, at first and after each change."""
    for change in (
        lambda: None,
        lambda: asking.press("up AllMaps"),
        lambda: asking.set("KeepMaps", False),
        lambda: asking.set("request", 1),
    ):
        change()

        assert not VERDICT.search(OPTIONS.sub("", "".join(asking.parts().values())))
        assert not VERDICT.search(str(asking))
        assert asking.decision is None


@pytest.mark.parametrize("missing", ["both", "answer", "confidence"])
def test_the_verdict_needs_a_prediction_and_a_confidence(world, missing, progress_file):
    """If one is missing, nothing is shown or recorded."""
    stack = in_lessons(world, "alice", "stack", PAIRS)
    for name, value in (("answer", "allowed"), ("confidence", "certain")):
        if missing not in ("both", name):
            stack.set(name, value)
    stack.press("reveal")

    assert "First choose a verdict" in stack.parts()["result"]
    assert not progress_file.exists()


CHANGES = {
    "move": lambda stack: stack.press("up AllMaps"),
    "switch": lambda stack: stack.set("ReadMe", False),
    "request": lambda stack: stack.set("request", 2),
    "state": lambda stack: stack.from_json('{"off": ["ReadMe"]}'),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_verdict_is_hidden_after_every_change(asking, change):
    """The prediction is removed too, so the learner predicts after each change."""
    predict(asking)

    assert VERDICT.search(asking.parts()["result"])

    change(asking)

    assert asking.parts()["result"] == ""
    assert asking.said == {"answer": "", "confidence": "a guess"}


def test_a_move_at_the_end_does_not_hide_the_verdict(asking):
    """Nothing changed, so the learner needn't predict again."""
    predict(asking)
    before = asking.parts()
    asking.press("up ListMaps")

    assert asking.parts() == before


def test_a_prediction_on_the_stack_is_recorded_by_default(world, asking, progress_file):
    """Each prediction is one record, with its evidence."""
    predict(asking)

    assert not progress_file.exists()

    stack = in_lessons(world, "alice", "stack", PAIRS)
    predict(stack, "explicit deny", "certain")
    stack.press("up AllMaps")
    predict(stack, "allowed", "certain")
    records = journal.records()

    assert [record["kind"] for record in records] == ["prediction", "prediction"]
    assert [record["correct"] for record in records] == [True, False]
    assert records[0]["question"][1:] == ["s3:DeleteObject", MAP]
    assert records[0]["evidence"] == {"last_wins": False, "deny_is_deny": False}
    assert records[0]["seconds"] >= 0


def test_the_stack_offers_either_one_or_two_words_for_a_denial(world):
    """The lesson chooses."""
    coarse = in_lessons(world, "alice", "stack", PAIRS, fine=False, record=False)

    assert coarse.parts()["answer"].count('type="radio"') == 2

    predict(coarse, "denied")

    assert "As you predicted." in coarse.parts()["result"]


def test_the_state_survives_as_json(world, stack):
    """Another stack of the same policy takes it."""
    stack.press("up ReadMe")
    stack.set("KeepMaps", False)
    other = statement_stack(world, "alice", "stack", PAIRS)
    other.from_json(stack.to_json())

    assert other.state == stack.state
    assert json.loads(stack.to_json())["off"] == ["KeepMaps"]
    assert other.parts() == stack.parts()


def test_two_stacks_of_one_world_are_independent(world, stack):
    """A move on the first doesn't move the other."""
    other = statement_stack(world, "alice", "stack", PAIRS)
    stack.press("up ReadMe")

    assert other.state.order == SIDS


def test_markup_in_a_name_is_text(world):
    """A Sid with markup is shown as text."""
    statement = {"Sid": "<b>&", "Effect": "Deny", "Action": "s3:<i>", "Resource": "*"}
    policy = Policy.parse({"Version": "2012-10-17", "Statement": statement}, name="own")
    world.user("bob").inline["own"] = policy  # a loaded file can have this
    world.changed()
    html = "".join(statement_stack(world, "bob", "own", PAIRS).parts().values())

    assert "&lt;b&gt;&amp;" in html
    assert not re.search("<b>|<i>", html)


@pytest.mark.browser
def test_the_stack_works_by_mouse_and_by_keyboard(page, asking):
    """The focus goes with a statement that is moved; a prediction is made by arrow keys."""
    card, keyboard = put(page, asking), page.keyboard
    card.get_by_role("button", name="Move AllMaps up").click()
    card.get_by_text("From the top: ListMaps, AllMaps, KeepMaps, NoDrafts, ReadMe.").wait_for()
    keyboard.press("Enter")
    card.get_by_text("From the top: AllMaps, ListMaps, KeepMaps, NoDrafts, ReadMe.").wait_for()
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.press("Space")
    card.get_by_text("From the top: ListMaps, KeepMaps, NoDrafts, ReadMe.").wait_for()

    assert page.evaluate("document.activeElement.name") == "AllMaps"
    assert problems(page) == []

    for group, key in (("answer", "ArrowDown"), ("confidence", "ArrowUp")):
        card.locator(f"[name={group}]").first.focus()
        keyboard.press(key)
    keyboard.press("Tab")
    keyboard.press("Enter")
    card.get_by_role("status").get_by_text("As you predicted.").wait_for()

    assert (asking.prediction.answer, asking.prediction.confidence) == ("explicit deny", "certain")
    assert problems(page) == []


@pytest.mark.browser
def test_ugly_names_fit_into_a_narrow_window(page, world):
    """Long Sids, long resources and markup wrap."""
    long = f"arn:aws:s3:::{80 * 'b'}"
    policy = Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": '<b>&"🎈', "Effect": "Deny", "Action": "s3:<i>", "Resource": "*"},
                {"Sid": 64 * "S", "Effect": "Allow", "Action": 30 * "s3:Get", "Resource": long},
            ],
        },
        name="own",
    )
    world.user("bob").inline["own"] = policy  # a loaded file can have this
    world.changed()
    page.set_viewport_size({"width": 400, "height": 800})
    card = put(page, statement_stack(world, "bob", "own", [("s3:GetObject", long)]))
    card.get_by_role("button", name='Move <b>&"🎈 down').click()
    card.get_by_text(f'From the top: {64 * "S"}, <b>&"🎈.').wait_for()

    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 400
