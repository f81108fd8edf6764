"""The inputs of exercises on stacks, policies and beliefs, ``after`` and ``arrange``."""

import json
import re
from html import escape

import pytest

from iamlab import ExerciseError
from iamlab.errors import IamLabError
from iamlab.teach import after, arrange, check, exercise, scenario, start
from iamlab.teach.cards import input_for
from iamlab.teach.inputs import BreakInput, PolicyInput, StatementInput
from iamlab.teach.scenarios import MAP, MAPS, README
from iamlab.teach.tables import find
from iamlab.view import two_layers

VERDICT = re.compile("allowed|explicit deny|implicit deny")
SIDS = ["ListMaps", "KeepMaps", "AllMaps", "NoDrafts", "ReadMe"]


@pytest.fixture
def world():
    """The world of lesson 02."""
    return scenario("stack")


# -- inputs: statements, policies, beliefs ----------------------------------------------------


def test_each_kind_has_its_own_input():
    """Statements to switch, a text field, a stack with a request."""
    assert isinstance(input_for(find("2.3")), StatementInput)
    assert isinstance(input_for(find("2.4")), PolicyInput)
    assert isinstance(input_for(find("2.5")), BreakInput)


@pytest.mark.parametrize("number", ["2.3", "2.4", "2.5", "2.6", "2.7"])
def test_an_untouched_card_says_what_is_missing_and_shows_no_verdict(number, progress_file):
    """Nothing is checked, recorded or revealed."""
    card = exercise(number)

    assert card.input.read() is None

    card.press("check")

    assert card.input.missing in card.parts()["result"]
    assert not progress_file.exists()
    assert not VERDICT.search(card.parts()["result"])


def test_statements_are_removed_by_switches_without_buttons_for_moves():
    """Exercise 2.3 on its card: to remove one Deny isn't enough, two are right."""
    card = exercise("2.3")
    card.set("NoDrafts", False)
    card.press("check")

    assert "Not yet" in card.parts()["result"]
    assert "must be allowed, but it is ✕ explicit deny" in card.parts()["result"]

    card.set("Moratorium", False)
    card.press("check")

    assert "✓ Right." in card.parts()["result"]
    assert card.input.read() == [
        ("arrange", "alice", "stack", "ListMaps ReadMaps KeepMaps DeleteMaps ReadMe")
    ]


def test_a_switch_that_is_put_back_changes_nothing(progress_file):
    """On, off and on again is the original state."""
    card = exercise("2.3")
    card.set("NoDrafts", False)
    card.set("NoDrafts", True)
    card.press("check")

    assert card.input.missing in card.parts()["result"]
    assert not progress_file.exists()


def test_all_statements_off_is_an_answer():
    """It is wrong, and gets a counterexample."""
    card = exercise("2.3")
    for sid in card.input.state.statements:
        card.set(sid, False)
    card.press("check")

    assert "must be allowed, but it is ○ implicit deny" in card.parts()["result"]


def test_a_policy_is_typed_into_a_text_field():
    """Exercise 2.4 on its card: broken text, a Deny that is too broad, and the right one."""
    card = exercise("2.4")
    template = json.loads(card.input.state.values[0])

    assert template["Statement"][0]["Effect"] == "..."

    card.set("policy", "{'Statement': []}")
    card.use("check", press=True)

    assert "line 1, column 2" in card.parts()["result"]

    template["Statement"][0] = {"Effect": "Deny", "Action": "s3:*", "Resource": f"{MAPS}/*"}
    card.set("policy", json.dumps(template, indent=2))
    card.use("check", press=True)

    assert "Not yet" in card.parts()["result"]
    assert "must be allowed, but it is ✕ explicit deny" in card.parts()["result"]

    template["Statement"][0]["Action"] = "s3:DeleteObject"
    card.set("policy", f"\n  {json.dumps(template)}  \n")
    card.use("check", press=True)

    assert "✓ Right." in card.parts()["result"]


@pytest.mark.parametrize("text", ["", "   ", "\n"], ids=repr)
def test_an_emptied_text_field_is_not_recorded(text, progress_file):
    """The exercise isn't answered yet."""
    card = exercise("2.4")
    card.set("policy", text)
    card.use("check", press=True)

    assert card.input.missing in card.parts()["result"]
    assert not progress_file.exists()


def test_the_unchanged_template_is_not_recorded_in_any_spacing(progress_file):
    """The learner fills in the dots; if some are left, the error names the place."""
    card = exercise("2.4")
    template = card.input.state.values[0]
    card.set("policy", f"\n{template}\n")
    card.use("check", press=True)

    assert card.input.missing in card.parts()["result"]

    card.set("policy", template.replace('"Effect": "..."', '"Effect": "Deny"'))
    card.use("check", press=True)

    assert "$.Statement[0].Action" in card.parts()["result"]

    card.set("policy", template.replace('"Action": "..."', '"Action": "s3:DeleteObject"'))
    card.use("check", press=True)

    assert "$.Statement[0].Effect" in card.parts()["result"]
    assert not progress_file.exists()


def test_a_belief_is_broken_by_buttons_and_lists():
    """Exercise 2.5 on its card: an order and a request."""
    card = exercise("2.5")
    card.set("caller", "alice")
    card.set("action", "s3:DeleteObject")

    assert card.input.read() is None

    card.set("resource", MAP)
    card.press("check")

    assert "both agree" in card.parts()["result"]

    for _ in SIDS:
        card.press("down AllMaps")
    card.press("check")

    assert "✓ Right." in card.parts()["result"]
    assert "the last statement decides" in card.parts()["result"]


def test_a_belief_can_be_broken_with_statements_switched_off():
    """Statements that are off aren't in the answer."""
    card = exercise("2.5")
    for sid in ("ListMaps", "KeepMaps"):
        card.set(sid, False)
    card.press("down ReadMe")
    card.press("down ReadMe")
    for part, value in (("caller", "alice"), ("action", "s3:GetObject"), ("resource", README)):
        card.set(part, value)

    assert card.input.read() == [
        ["AllMaps", "NoDrafts", "ReadMe"],
        "alice",
        "s3:GetObject",
        README,
    ]

    card.press("check")

    assert "✓ Right." in card.parts()["result"]


@pytest.mark.parametrize("number", ["2.3", "2.4", "2.5", "2.6", "2.7"])
def test_the_card_shows_a_solution_after_an_attempt(number):
    """It is the computed one, in a form that can be typed."""
    task, card = find(number), exercise(number)
    check(number, task.known_wrong[0].answer(task.world()))
    card.press("solution")

    assert "A right answer" in card.parts()["result"]
    assert escape(task.why) in card.parts()["result"]
    assert check(number, task.solution_answer())


def test_a_repair_shows_its_target_without_verdicts():
    """Exercise 2.3 shows the wanted access as yes and no."""
    card = exercise("2.3")
    text = card.parts()["prompt"]

    assert text.count(">no<") == 2
    assert "✓" not in text


# -- after ------------------------------------------------------------------------------------


def test_a_figure_that_reveals_an_answer_is_shown_after_the_first_attempt(world):
    """Before, a text names the exercise to answer; a wrong attempt is enough."""
    arguments = (world, world.user("alice"), ["s3:GetObject"], [MAP, README])

    assert "when you have answered exercise 2.1" in str(after("2.1", two_layers, *arguments))

    check("2.2", ["allowed"] * 4)

    assert "when you have answered exercise 2.1" in str(after("2.1", two_layers, *arguments))

    check("2.1", ["allowed"] * 5)

    shown = after("2.1", two_layers, *arguments).value
    assert shown.as_text() == two_layers(*arguments).as_text()


def test_after_calls_nothing_before_the_attempt(progress_file):
    """The function isn't called, and nothing is recorded."""
    calls = []
    waiting = after("2.1", calls.append, "x")

    assert "exercise 2.1" in str(waiting.parts())
    assert calls == []
    assert not progress_file.exists()

    check("2.1", ["allowed"] * 5)

    assert waiting.value is None
    assert calls == ["x"]


def test_after_an_unknown_exercise_is_rejected():
    """A misspelt number would hide the figure forever."""
    with pytest.raises(ExerciseError, match="no exercise"):
        after("2.99", print)


# -- arrange ----------------------------------------------------------------------------------


def test_arrange_keeps_only_these_statements_in_this_order(world):
    """It changes the learner's world itself."""
    alice = world.user("alice")
    before = {statement.sid: statement.action for statement in alice.inline["stack"].statements}
    arrange(alice, "stack", ["AllMaps", "KeepMaps"])

    assert [statement.sid for statement in alice.inline["stack"].statements] == [
        "AllMaps",
        "KeepMaps",
    ]
    assert [statement.action for statement in alice.inline["stack"].statements] == [
        before["AllMaps"],
        before["KeepMaps"],
    ]
    assert str(world.can(alice, "s3:DeleteObject", MAP)) == "✕ explicit deny by stack/KeepMaps"

    arrange(alice, "stack", ["AllMaps"])

    assert world.can(alice, "s3:DeleteObject", MAP)


def test_a_removed_statement_is_gone(world):
    """Arranging again can't restore it: begin with a new world."""
    arrange(world.user("alice"), "stack", ["AllMaps"])

    with pytest.raises(ExerciseError, match="no statement 'KeepMaps'") as caught:
        arrange(world.user("alice"), "stack", ["KeepMaps"])

    assert "AllMaps" in "".join(caught.value.__notes__)


@pytest.mark.parametrize(
    ("policy", "sids", "words"),
    [
        ("stak", ["AllMaps"], "no inline policy 'stak'"),
        ("stack", ["allmaps"], "no statement 'allmaps'"),
        ("stack", "AllMaps", "no statement 'A'"),
        ("stack", [None], "no statement"),
    ],
)
def test_an_unknown_name_is_rejected_and_nothing_changes(world, policy, sids, words):
    """The user keeps the policy."""
    before = world.copy()
    with pytest.raises(ExerciseError) as caught:
        arrange(world.user("alice"), policy, sids)

    assert words in str(caught.value)
    assert before.diff(world) == ()


def test_a_duplicated_statement_decides_the_same_or_is_rejected(world):
    """A second copy of a statement doesn't change the set."""
    try:
        arrange(world.user("alice"), "stack", ["AllMaps", "AllMaps", "KeepMaps"])
    except IamLabError as refusal:
        assert "AllMaps" in str(refusal)  # noqa: PT017 - both are right
        return
    alice = world.user("alice")

    assert world.can(alice, "s3:GetObject", MAP)
    assert not world.can(alice, "s3:DeleteObject", MAP)


def test_exercise_2_3_can_be_solved_in_code_as_the_lesson_describes():
    """Start, arrange, check."""
    world = start("2.3")
    kept = ["ListMaps", "ReadMaps", "KeepMaps", "DeleteMaps", "ReadMe"]
    arrange(world.user("alice"), "stack", kept)

    assert check("2.3", world)

    world = start("2.3")
    arrange(world.user("alice"), "stack", ["ReadMaps", "KeepMaps", "ListMaps"])

    assert "would be enough" in str(check("2.3", world))
