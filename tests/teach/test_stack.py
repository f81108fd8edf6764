"""The statement stack, its inputs, ``after`` and ``arrange``, without a browser."""

import json
import re
from html import escape

import ipywidgets as widgets
import pytest

from iamlab import ExerciseError, Policy
from iamlab.errors import IamLabError, NoSuchEntity
from iamlab.teach import after, arrange, check, exercise, journal, scenario, start, statement_stack
from iamlab.teach.exercises import find
from iamlab.teach.inputs import BreakInput, PolicyInput, StatementInput, input_for
from iamlab.teach.marks import FINE
from iamlab.teach.scenarios import MAP, MAPS, README
from iamlab.teach.stack import StackEditor, in_words
from iamlab.view import two_layers

VERDICT = re.compile("allowed|explicit deny|implicit deny")
PAIRS = [("s3:DeleteObject", MAP), ("s3:GetObject", README), ("s3:ListBucket", MAPS)]
SIDS = ["ListMaps", "KeepMaps", "AllMaps", "NoDrafts", "ReadMe"]


@pytest.fixture
def world():
    """The world of lesson 02."""
    return scenario("stack")


@pytest.fixture
def editor(world):
    """The editor of its stack."""
    return StackEditor(world, "alice", "stack")


@pytest.fixture
def stack(world):
    """The stack with a question."""
    return statement_stack(world, "alice", "stack", PAIRS)


def shown(editor):
    """Return the statements in the order of their rows."""
    names = {id(row): sid for sid, row in editor.rows.items()}
    return [names[id(row)] for row in editor.children]


def buttons(editor, sid):
    """Return the two buttons of a statement's row."""
    return [part for part in editor.rows[sid].children if isinstance(part, widgets.Button)]


def predict(stack, verdict="allowed", confidence="a guess"):
    """Predict and press the button."""
    stack.answer.value, stack.confidence.value = verdict, confidence
    stack.show.click()


def everything_said(widget):
    """Return all text of a widget and of the widgets inside it."""
    parts = [str(getattr(widget, name, "") or "") for name in ("value", "description")]
    return " ".join([*parts, *(everything_said(part) for part in getattr(widget, "children", ()))])


# -- the editor -------------------------------------------------------------------------------


def test_the_statements_have_the_order_of_the_policy_and_are_all_switched_on(editor):
    """Each row has two buttons and a switch with the statement in words."""
    assert shown(editor) == editor.every == editor.order == SIDS
    assert all(switch.value for switch in editor.switches.values())
    assert editor.switches["KeepMaps"].description.startswith("KeepMaps: ")
    assert "Deny s3:Delete* on star-maps/*" in editor.switches["KeepMaps"].description
    for sid in SIDS:
        up, down = buttons(editor, sid)

        assert (up.tooltip, down.tooltip) == (f"Move {sid} up", f"Move {sid} down")


def test_a_button_moves_its_statement_by_one_place(editor):
    """Up and down again restores the order."""
    up, down = buttons(editor, "AllMaps")
    up.click()

    assert (
        shown(editor) == editor.order == ["ListMaps", "AllMaps", "KeepMaps", "NoDrafts", "ReadMe"]
    )

    down.click()

    assert shown(editor) == SIDS


def test_at_the_ends_a_move_changes_nothing(world):
    """The first can't move up and the last can't move down; the callback isn't called."""
    calls = []
    editor = StackEditor(world, "alice", "stack", lambda: calls.append(1))
    buttons(editor, "ListMaps")[0].click()
    buttons(editor, "ReadMe")[1].click()

    assert shown(editor) == SIDS
    assert calls == []

    buttons(editor, "ReadMe")[0].click()

    assert calls == [1]


def test_a_statement_can_be_moved_through_the_whole_stack(editor):
    """From the last place to the first; another move isn't an error."""
    for _ in range(len(SIDS) + 1):
        buttons(editor, "ReadMe")[0].click()

    assert editor.order == ["ReadMe", *SIDS[:-1]]


def test_a_statement_that_is_switched_off_keeps_its_place(editor):
    """It leaves the policy, can still be moved, and comes back at its place."""
    editor.switches["KeepMaps"].value = False

    assert editor.order == ["ListMaps", "AllMaps", "NoDrafts", "ReadMe"]
    assert shown(editor) == SIDS

    buttons(editor, "KeepMaps")[1].click()
    editor.switches["KeepMaps"].value = True

    assert editor.order == ["ListMaps", "AllMaps", "KeepMaps", "NoDrafts", "ReadMe"]


def test_the_editor_changes_only_a_copy(world, editor):
    """The lesson's world stays; the copy has the statements in the order shown."""
    before = world.copy()
    buttons(editor, "ReadMe")[0].click()
    editor.switches["NoDrafts"].value = False
    changed = editor.changed_world()
    policy = changed.user("alice").inline["stack"]

    assert before.diff(world) == ()
    assert [statement.sid for statement in policy.statements] == editor.order
    assert len(world.diff(changed)) == 1


def test_all_statements_can_be_switched_off(editor):
    """Then the policy is empty, and nothing is allowed."""
    for switch in editor.switches.values():
        switch.value = False
    changed = editor.changed_world()

    assert editor.order == []
    assert changed.user("alice").inline["stack"].statements == ()
    assert str(changed.can(changed.user("alice"), "s3:ListBucket", MAPS)) == "○ implicit deny"


def test_without_moving_there_are_only_switches(world):
    """A task to remove statements offers only switches."""
    editor = StackEditor(world, "alice", "stack", movable=False)

    assert all(buttons(editor, sid) == [] for sid in SIDS)
    assert shown(editor) == SIDS


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
        StackEditor(world, "alice", "stack")


def test_statements_without_a_sid_can_be_moved_and_switched_too(world):
    """Their labels are their numbers in the policy."""
    statements = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
        {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
    ]
    world.user("bob").put_policy("own", {"Version": "2012-10-17", "Statement": statements})
    editor = StackEditor(world, "bob", "own")
    buttons(editor, "#3")[0].click()
    editor.switches["#1"].value = False
    kept = editor.changed_world().user("bob").inline["own"].statements

    assert editor.order == ["#3", "#2"]
    assert [statement.action for statement in kept] == [("ec2:*",), ("s3:DeleteObject",)]


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ({"Effect": "Allow", "Action": ["a:B", "c:D"], "Resource": "*"}, "Allow a:B, c:D on *"),
        (
            {"Effect": "Deny", "Action": "s3:*", "Resource": [MAPS, f"{MAPS}/*"]},
            "Deny s3:* on star-maps, star-maps/*",
        ),
        (
            {"Effect": "Deny", "NotAction": ["a:B", "c:D"], "Resource": "*"},
            "Deny all but a:B, c:D on *",
        ),
        (
            {"Effect": "Deny", "Action": "s3:*", "NotResource": [MAPS, MAP]},
            "Deny s3:* on all but star-maps, star-maps/m31.fits",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_statement_is_shown_in_one_line(world, statement, text):
    """The line has effect, actions, resources and exceptions."""
    world.user("bob").put_policy("own", {"Version": "2012-10-17", "Statement": statement})

    assert in_words(world.user("bob").inline["own"].statements[0]) == text


# -- the stack with its question --------------------------------------------------------------


def test_no_verdict_is_shown_before_a_prediction(stack):
    """Only the options contain the words, at first and after each change."""
    buttons(stack.editor, "AllMaps")[0].click()
    stack.editor.switches["KeepMaps"].value = False
    stack.pair.value = PAIRS[1]

    for text in (stack.result.value, stack.facts.value):
        assert not VERDICT.search(text)
        assert not re.search("[✓✕○]", text)


@pytest.mark.parametrize("missing", ["both", "verdict", "confidence"])
def test_the_verdict_needs_a_prediction_and_a_confidence(stack, missing, progress_file):
    """If one is missing, nothing is shown or recorded."""
    if missing == "confidence":
        stack.answer.value = "allowed"
    if missing == "verdict":
        stack.confidence.value = "certain"
    stack.show.click()

    assert "Predict first" in stack.result.value
    assert not VERDICT.search(stack.result.value)
    assert not progress_file.exists()


def test_a_prediction_reveals_the_verdict_of_the_stack_as_it_is_shown(stack):
    """KeepMaps denies in any position, until it is switched off."""
    predict(stack)

    assert "AWS: ✕ explicit deny. Not what you predicted." in stack.result.value

    for _ in SIDS:
        buttons(stack.editor, "AllMaps")[1].click()
    predict(stack)

    assert "AWS: ✕ explicit deny" in stack.result.value

    stack.editor.switches["KeepMaps"].value = False
    predict(stack)

    assert "AWS: ✓ allowed. As you predicted." in stack.result.value


CHANGES = {
    "move": lambda stack: buttons(stack.editor, "AllMaps")[0].click(),
    "switch": lambda stack: setattr(stack.editor.switches["ReadMe"], "value", False),
    "request": lambda stack: setattr(stack.pair, "value", PAIRS[2]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_verdict_is_hidden_after_every_change(stack, change):
    """The prediction is removed too, so the learner predicts after each change."""
    predict(stack)
    assert VERDICT.search(stack.result.value)

    change(stack)

    assert not VERDICT.search(stack.result.value)
    assert stack.answer.value is None
    stack.show.click()
    assert "Predict first" in stack.result.value


def test_a_move_at_the_end_does_not_hide_the_verdict(stack):
    """Nothing changed, so the learner needn't predict again."""
    predict(stack)
    before = stack.result.value
    buttons(stack.editor, "ListMaps")[0].click()

    assert stack.result.value == before


def test_the_statements_are_listed_in_their_order(stack):
    """The list begins at the top and leaves out statements that are off."""
    assert f"From the top: {', '.join(SIDS)}." in stack.facts.value

    buttons(stack.editor, "ReadMe")[0].click()
    stack.editor.switches["ListMaps"].value = False

    assert "From the top: KeepMaps, AllMaps, ReadMe, NoDrafts." in stack.facts.value

    for switch in stack.editor.switches.values():
        switch.value = False

    assert "From the top: nothing, all are off." in stack.facts.value


def test_a_prediction_on_the_stack_is_recorded_by_default(world, progress_file):
    """Each prediction is one record, with its evidence."""
    silent = statement_stack(world, "alice", "stack", PAIRS, record=False)
    predict(silent)

    assert not progress_file.exists()
    assert VERDICT.search(silent.result.value)

    stack = statement_stack(world, "alice", "stack", PAIRS)
    predict(stack, "explicit deny", "certain")
    buttons(stack.editor, "AllMaps")[0].click()
    predict(stack, "allowed", "certain")
    records = journal.records()

    assert [record["kind"] for record in records] == ["prediction", "prediction"]
    assert [record["correct"] for record in records] == [True, False]
    assert records[0]["question"][1:] == ["s3:DeleteObject", MAP]
    assert records[0]["evidence"] == {"last_wins": False, "deny_is_deny": False}


def test_the_stack_offers_either_one_or_two_words_for_a_denial(world):
    """The lesson chooses."""
    coarse = statement_stack(world, "alice", "stack", PAIRS, fine=False)

    assert list(coarse.answer.options) == ["allowed", "denied"]
    assert tuple(statement_stack(world, "alice", "stack", PAIRS).answer.options) == FINE

    predict(coarse, "denied")

    assert "As you predicted." in coarse.result.value


def test_the_lessons_world_stays_as_it_is(world):
    """No change on the card changes it."""
    before = world.copy()
    stack = statement_stack(world, "alice", "stack", PAIRS)
    buttons(stack.editor, "ReadMe")[0].click()
    stack.editor.switches["KeepMaps"].value = False
    predict(stack)

    assert before.diff(world) == ()


def test_two_stacks_of_one_world_are_independent(world):
    """A move on the first doesn't move the other."""
    first, other = (statement_stack(world, "alice", "stack", PAIRS) for _ in range(2))
    buttons(first.editor, "ReadMe")[0].click()

    assert other.editor.order == SIDS


def test_markup_in_a_name_is_text(world):
    """A Sid with markup is shown as text."""
    statement = {"Sid": "<b>&", "Effect": "Deny", "Action": "s3:<i>", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": statement}
    world.user("bob").inline["own"] = Policy.parse(
        document, name="own"
    )  # a loaded file can have this
    world.changed()
    stack = statement_stack(world, "bob", "own", PAIRS)
    predict(stack)

    assert "&lt;b&gt;&amp;" in stack.facts.value
    assert "<b>" not in stack.facts.value + stack.result.value


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

    assert card.input.read()[0] is None

    card.check.click()

    assert card.input.missing in card.result.value
    assert not progress_file.exists()
    assert not VERDICT.search(card.result.value)


def test_statements_are_removed_by_switches_without_buttons_for_moves():
    """Exercise 2.3 on its card: to remove one Deny isn't enough, two are right."""
    card = exercise("2.3")
    card.input.switches["NoDrafts"].value = False
    card.check.click()

    assert "Not yet" in card.result.value
    assert "must be allowed, but it is ✕ explicit deny" in card.result.value

    card.input.switches["Moratorium"].value = False
    card.check.click()

    assert "✓ Right." in card.result.value
    assert card.input.read()[0] == [
        ("arrange", "alice", "stack", "ListMaps ReadMaps KeepMaps DeleteMaps ReadMe")
    ]


def test_a_switch_that_is_put_back_changes_nothing(progress_file):
    """On, off and on again is the original state."""
    card = exercise("2.3")
    card.input.switches["NoDrafts"].value = False
    card.input.switches["NoDrafts"].value = True
    card.check.click()

    assert card.input.missing in card.result.value
    assert not progress_file.exists()


def test_all_statements_off_is_an_answer():
    """It is wrong, and gets a counterexample."""
    card = exercise("2.3")
    for switch in card.input.switches.values():
        switch.value = False
    card.check.click()

    assert "must be allowed, but it is ○ implicit deny" in card.result.value


def test_a_policy_is_typed_into_a_text_field():
    """Exercise 2.4 on its card: broken text, a Deny that is too broad, and the right one."""
    card = exercise("2.4")
    template = json.loads(card.input.text.value)

    assert template["Statement"][0]["Effect"] == "..."

    card.input.text.value = "{'Statement': []}"
    card.check.click()

    assert "line 1, column 2" in card.result.value

    template["Statement"][0] = {"Effect": "Deny", "Action": "s3:*", "Resource": f"{MAPS}/*"}
    card.input.text.value = json.dumps(template, indent=2)
    card.check.click()

    assert "Not yet" in card.result.value
    assert "must be allowed, but it is ✕ explicit deny" in card.result.value

    template["Statement"][0]["Action"] = "s3:DeleteObject"
    card.input.text.value = f"\n  {json.dumps(template)}  \n"
    card.check.click()

    assert "✓ Right." in card.result.value


@pytest.mark.parametrize("text", ["", "   ", "\n"], ids=repr)
def test_an_emptied_text_field_is_not_recorded(text, progress_file):
    """The exercise isn't answered yet."""
    card = exercise("2.4")
    card.input.text.value = text
    card.check.click()

    assert card.input.missing in card.result.value
    assert not progress_file.exists()


def test_the_unchanged_template_is_not_recorded_in_any_spacing(progress_file):
    """The learner fills in the dots; if some are left, the error names the place."""
    card = exercise("2.4")
    template = card.input.text.value
    card.input.text.value = f"\n{template}\n"
    card.check.click()

    assert card.input.missing in card.result.value

    card.input.text.value = template.replace('"Effect": "..."', '"Effect": "Deny"')
    card.check.click()

    assert "$.Statement[0].Action" in card.result.value

    card.input.text.value = template.replace('"Action": "..."', '"Action": "s3:DeleteObject"')
    card.check.click()

    assert "$.Statement[0].Effect" in card.result.value
    assert not progress_file.exists()


def test_a_belief_is_broken_by_buttons_and_lists():
    """Exercise 2.5 on its card: an order and a request."""
    card = exercise("2.5")
    caller, action, resource = card.input.parts
    caller.value, action.value = "alice", "s3:DeleteObject"

    assert card.input.read()[0] is None

    resource.value = MAP
    card.check.click()

    assert "both agree" in card.result.value

    for _ in SIDS:
        buttons(card.input.stack, "AllMaps")[1].click()
    card.check.click()

    assert "✓ Right." in card.result.value
    assert "the last statement decides" in card.result.value


def test_a_belief_can_be_broken_with_statements_switched_off():
    """Statements that are off aren't in the answer."""
    card = exercise("2.6")
    for sid in ("ListMaps", "KeepMaps"):
        card.input.stack.switches[sid].value = False
    for part, value in zip(card.input.parts, ("alice", "s3:GetObject", README), strict=True):
        part.value = value

    assert card.input.read()[0] == [
        ["AllMaps", "NoDrafts", "ReadMe"],
        "alice",
        "s3:GetObject",
        README,
    ]

    card.check.click()

    assert "✓ Right." in card.result.value


@pytest.mark.parametrize("number", ["2.3", "2.4", "2.5", "2.6", "2.7"])
def test_the_card_shows_a_solution_after_an_attempt(number):
    """It is the computed one, in a form that can be typed."""
    task, card = find(number), exercise(number)
    check(number, task.known_wrong[0].answer(task.world()))
    card.solution.click()

    assert "A right answer" in card.result.value
    assert escape(task.why) in card.result.value
    assert check(number, task.solution_answer())


@pytest.mark.parametrize("number", ["2.3", "2.4", "2.5", "2.6", "2.7"])
def test_every_control_of_the_new_inputs_can_be_named(number):
    """Text fields, switches, buttons and lists have a description and a tooltip."""

    def controls(widget):
        kinds = widgets.Checkbox | widgets.Dropdown | widgets.Button | widgets.Textarea
        if isinstance(widget, kinds):
            yield widget
        for part in getattr(widget, "children", ()):
            yield from controls(part)

    found = list(controls(exercise(number)))

    assert found
    assert all(control.description and control.tooltip for control in found)
    assert len({control.tooltip for control in found}) == len(found)


def test_a_repair_shows_its_target_without_verdicts():
    """Exercise 2.3 shows the wanted access as yes and no."""
    card = exercise("2.3")
    text = everything_said(card.children[2])

    assert text.count(">no<") == 2
    assert "✓" not in text


# -- after ------------------------------------------------------------------------------------


def test_a_figure_that_reveals_an_answer_is_shown_after_the_first_attempt(world):
    """Before, a text names the exercise to answer; a wrong attempt is enough."""
    arguments = (world, world.user("alice"), ["s3:GetObject"], [MAP, README])

    assert "Answer exercise 2.1 first" in str(after("2.1", two_layers, *arguments))

    check("2.2", ["allowed"] * 4)

    assert "Answer exercise 2.1 first" in str(after("2.1", two_layers, *arguments))

    check("2.1", ["allowed"] * 5)

    assert after("2.1", two_layers, *arguments).as_text() == two_layers(*arguments).as_text()


def test_after_calls_nothing_before_the_attempt(progress_file):
    """The function isn't called, and nothing is recorded."""
    calls = []
    after("2.1", calls.append, "x")

    assert calls == []
    assert not progress_file.exists()

    check("2.1", ["allowed"] * 5)
    after("2.1", calls.append, "x")

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
