"""The statement stack, the inputs of the new exercises, ``after`` and ``arrange``: no browser."""

import json
import re
from html import escape

import ipywidgets as widgets
import pytest

from iamlab import ExerciseError, Policy
from iamlab.errors import IamLabError, NoSuchEntity
from iamlab.teach import after, arrange, check, exercise, scenario, start, statement_stack
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
    """The statements in the order in which their rows stand."""
    names = {id(row): sid for sid, row in editor.rows.items()}
    return [names[id(row)] for row in editor.children]


def buttons(editor, sid):
    """The two buttons of a statement's row."""
    return [part for part in editor.rows[sid].children if isinstance(part, widgets.Button)]


def predict(stack, verdict="allowed", confidence="a guess"):
    """Predict and press the button."""
    stack.answer.value, stack.confidence.value = verdict, confidence
    stack.show.click()


def everything_said(widget):
    """All text of a widget and of those within it."""
    parts = [str(getattr(widget, name, "") or "") for name in ("value", "description")]
    return " ".join([*parts, *(everything_said(part) for part in getattr(widget, "children", ()))])


# -- the editor -------------------------------------------------------------------------------


def test_the_statements_stand_in_the_order_of_the_policy_and_are_all_switched_on(editor):
    """Each row has two buttons, a sign and a switch that says the statement in words."""
    assert shown(editor) == editor.every == editor.order == SIDS
    assert all(switch.value for switch in editor.switches.values())
    assert editor.switches["KeepMaps"].description.startswith("KeepMaps: ")
    assert "Deny s3:Delete* on star-maps/*" in editor.switches["KeepMaps"].description
    for sid in SIDS:
        up, down = buttons(editor, sid)

        assert (up.tooltip, down.tooltip) == (f"Move {sid} up", f"Move {sid} down")


def test_a_button_moves_its_statement_by_one_place(editor):
    """Up and down again is where it began."""
    up, down = buttons(editor, "AllMaps")
    up.click()

    assert (
        shown(editor) == editor.order == ["ListMaps", "AllMaps", "KeepMaps", "NoDrafts", "ReadMe"]
    )

    down.click()

    assert shown(editor) == SIDS


def test_at_the_ends_a_move_changes_nothing_and_is_no_change(world):
    """The first cannot go up, the last not down; nobody is called for it."""
    calls = []
    editor = StackEditor(world, "alice", "stack", lambda: calls.append(1))
    buttons(editor, "ListMaps")[0].click()
    buttons(editor, "ReadMe")[1].click()

    assert shown(editor) == SIDS
    assert calls == []

    buttons(editor, "ReadMe")[0].click()

    assert calls == [1]


def test_a_statement_can_be_moved_through_the_whole_stack(editor):
    """From the last place to the first, and one more is no error."""
    for _ in range(len(SIDS) + 1):
        buttons(editor, "ReadMe")[0].click()

    assert editor.order == ["ReadMe", *SIDS[:-1]]


def test_a_statement_that_is_switched_off_keeps_its_place(editor):
    """It is out of the policy, can still be moved, and comes back where it stands."""
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

    assert world.diff(before) == ()
    assert [one.sid for one in policy.statements] == editor.order
    assert len(changed.diff(world)) == 1


def test_all_statements_may_be_switched_off(editor):
    """Then the policy is empty, and nothing is allowed."""
    for switch in editor.switches.values():
        switch.value = False
    changed = editor.changed_world()

    assert editor.order == []
    assert changed.user("alice").inline["stack"].statements == ()
    assert str(changed.can(changed.user("alice"), "s3:ListBucket", MAPS)) == "○ implicit deny"


def test_without_moving_there_are_only_switches(world):
    """A task that asks for statements to be taken out offers nothing else."""
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
    """A misspelt name is refused in words."""
    with pytest.raises(error):
        statement_stack(world, user, policy, PAIRS)


def test_an_empty_policy_is_no_stack(world):
    """There is nothing to move."""
    arrange(world.user("alice"), "stack", [])

    with pytest.raises(ExerciseError, match="no inline policy 'stack' with statements"):
        StackEditor(world, "alice", "stack")


def test_statements_without_a_sid_can_be_moved_and_switched_too(world):
    """They are called by their number in the policy as it is."""
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
    assert [one.action for one in kept] == [("ec2:*",), ("s3:DeleteObject",)]


@pytest.mark.parametrize(
    ("statement", "said"),
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
def test_a_statement_is_said_in_a_line(world, statement, said):
    """Effect, actions, resources, and what is excepted."""
    world.user("bob").put_policy("own", {"Version": "2012-10-17", "Statement": statement})

    assert in_words(world.user("bob").inline["own"].statements[0]) == said


# -- the stack with its question --------------------------------------------------------------


def test_nothing_is_said_of_a_verdict_before_a_prediction(stack):
    """Neither at first nor after any change; the options are the only place of the words."""
    buttons(stack.editor, "AllMaps")[0].click()
    stack.editor.switches["KeepMaps"].value = False
    stack.pair.value = PAIRS[1]

    for said in (stack.result.value, stack.facts.value):
        assert not VERDICT.search(said)
        assert not re.search("[✓✕○]", said)


@pytest.mark.parametrize("missing", ["both", "verdict", "confidence"])
def test_the_verdict_wants_a_prediction_and_a_confidence(stack, missing, progress_file):
    """One without the other is not enough, and is not recorded."""
    if missing == "confidence":
        stack.answer.value = "allowed"
    if missing == "verdict":
        stack.confidence.value = "certain"
    stack.show.click()

    assert "Predict first" in stack.result.value
    assert not VERDICT.search(stack.result.value)
    assert not progress_file.exists()


def test_a_prediction_reveals_the_verdict_of_the_stack_as_it_is_shown(stack):
    """KeepMaps denies wherever it stands, and no more once it is switched off."""
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
    """The prediction is taken back with it, so that each change is predicted anew."""
    predict(stack)
    assert VERDICT.search(stack.result.value)

    change(stack)

    assert not VERDICT.search(stack.result.value)
    assert stack.answer.value is None
    stack.show.click()
    assert "Predict first" in stack.result.value


def test_a_move_at_the_end_does_not_hide_a_verdict_that_still_holds(stack):
    """Nothing has changed, so nothing has to be predicted anew."""
    predict(stack)
    before = stack.result.value
    buttons(stack.editor, "ListMaps")[0].click()

    assert stack.result.value == before


def test_which_statements_are_there_is_said_in_their_order(stack):
    """From the top, without those that are off; names are text."""
    assert f"From the top: {', '.join(SIDS)}." in stack.facts.value

    buttons(stack.editor, "ReadMe")[0].click()
    stack.editor.switches["ListMaps"].value = False

    assert "From the top: KeepMaps, AllMaps, ReadMe, NoDrafts." in stack.facts.value

    for switch in stack.editor.switches.values():
        switch.value = False

    assert "From the top: nothing, all are off." in stack.facts.value


def test_a_prediction_on_the_stack_is_recorded_unless_it_shall_not_be(world, progress_file):
    """Each prediction is one record, with its evidence."""
    silent = statement_stack(world, "alice", "stack", PAIRS, record=False)
    predict(silent)

    assert not progress_file.exists()
    assert VERDICT.search(silent.result.value)

    stack = statement_stack(world, "alice", "stack", PAIRS)
    predict(stack, "explicit deny", "certain")
    buttons(stack.editor, "AllMaps")[0].click()
    predict(stack, "allowed", "certain")
    records = json.loads(progress_file.read_text("utf-8"))["records"]

    assert [record["kind"] for record in records] == ["prediction", "prediction"]
    assert [record["correct"] for record in records] == [True, False]
    assert records[0]["question"][1:] == ["s3:DeleteObject", MAP]
    assert records[0]["evidence"] == {"last_wins": False, "deny_is_deny": False}


def test_the_stack_offers_one_or_two_words_for_a_denial(world):
    """As the lesson wants it."""
    coarse = statement_stack(world, "alice", "stack", PAIRS, fine=False)

    assert list(coarse.answer.options) == ["allowed", "denied"]
    assert tuple(statement_stack(world, "alice", "stack", PAIRS).answer.options) == FINE

    predict(coarse, "denied")

    assert "As you predicted." in coarse.result.value


def test_the_lessons_world_stays_as_it_is(world):
    """Whatever is done on the card."""
    before = world.copy()
    stack = statement_stack(world, "alice", "stack", PAIRS)
    buttons(stack.editor, "ReadMe")[0].click()
    stack.editor.switches["KeepMaps"].value = False
    predict(stack)

    assert world.diff(before) == ()


def test_two_stacks_of_one_world_know_nothing_of_each_other(world):
    """Moving one moves one."""
    one, other = (statement_stack(world, "alice", "stack", PAIRS) for _ in range(2))
    buttons(one.editor, "ReadMe")[0].click()

    assert other.editor.order == SIDS


def test_markup_in_a_name_is_text(world):
    """A Sid from a stranger is said as it is written."""
    statement = {"Sid": "<b>&", "Effect": "Deny", "Action": "s3:<i>", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": statement}
    world.user("bob").inline["own"] = Policy.parse(document, name="own")  # as a loaded file may
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
    """Nothing is marked, nothing recorded, nothing given away."""
    card = exercise(number)

    assert card.input.read()[0] is None

    card.check.click()

    assert card.input.missing in card.result.value
    assert not progress_file.exists()
    assert not VERDICT.search(card.result.value)


def test_statements_are_taken_out_by_switches_and_no_buttons_offer_a_move():
    """Exercise 2.3 on its card: one Deny out is too little, two are right."""
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


def test_a_switch_that_is_put_back_is_no_change(progress_file):
    """On, off and on again is where it began."""
    card = exercise("2.3")
    card.input.switches["NoDrafts"].value = False
    card.input.switches["NoDrafts"].value = True
    card.check.click()

    assert card.input.missing in card.result.value
    assert not progress_file.exists()


def test_all_statements_off_is_an_answer():
    """It is wrong, and is told so by a counterexample."""
    card = exercise("2.3")
    for switch in card.input.switches.values():
        switch.value = False
    card.check.click()

    assert "must be allowed, but it is ○ implicit deny" in card.result.value


def test_a_policy_is_typed_into_a_text_field():
    """Exercise 2.4 on its card: broken text, too much, and what is right."""
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
def test_an_emptied_text_field_is_no_attempt(text, progress_file):
    """It is not answered yet."""
    card = exercise("2.4")
    card.input.text.value = text
    card.check.click()

    assert card.input.missing in card.result.value
    assert not progress_file.exists()


def test_the_template_as_it_is_is_no_attempt_in_any_spacing(progress_file):
    """Its dots are to be filled in; with one of them left, the place is named."""
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


def test_a_belief_may_be_broken_with_statements_switched_off():
    """What is off is not in the answer."""
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
    """It is the one that is computed, in a form that can be typed."""
    task, card = find(number), exercise(number)
    check(number, task.known_wrong[0].answer(task.world()))
    card.solution.click()

    assert "A right answer" in card.result.value
    assert escape(task.why) in card.result.value
    assert check(number, task.solution_answer())


@pytest.mark.parametrize("number", ["2.3", "2.4", "2.5", "2.6", "2.7"])
def test_every_control_of_the_new_inputs_can_be_named(number):
    """Text field, switches, buttons and lists have a description and a tooltip."""

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


def test_sorting_out_a_target_shows_the_matrix_without_verdicts():
    """Exercise 2.3 says what shall be, in words that are no verdicts."""
    card = exercise("2.3")
    said = everything_said(card.children[2])

    assert said.count(">no<") == 2
    assert "✓" not in said


# -- after ------------------------------------------------------------------------------------


def test_what_would_give_an_answer_away_comes_after_the_first_attempt(world):
    """Before, it says which exercise is to be answered; a wrong attempt is enough."""
    given = (world, world.user("alice"), ["s3:GetObject"], [MAP, README])

    assert "Answer exercise 2.1 first" in str(after("2.1", two_layers, *given))

    check("2.2", ["allowed"] * 4)

    assert "Answer exercise 2.1 first" in str(after("2.1", two_layers, *given))

    check("2.1", ["allowed"] * 5)

    assert after("2.1", two_layers, *given).as_text() == two_layers(*given).as_text()


def test_after_calls_nothing_before_its_time(progress_file):
    """What is drawn is not even made; asking leaves no record."""
    calls = []
    after("2.1", calls.append, "x")

    assert calls == []
    assert not progress_file.exists()

    check("2.1", ["allowed"] * 5)
    after("2.1", calls.append, "x")

    assert calls == ["x"]


def test_after_an_unknown_exercise_is_refused():
    """A misspelt number would hide the picture for ever."""
    with pytest.raises(ExerciseError, match="no exercise"):
        after("2.99", print)


# -- arrange ----------------------------------------------------------------------------------


def test_arrange_keeps_just_these_statements_in_this_order(world):
    """In the world itself, which is the learner's."""
    alice = world.user("alice")
    before = {one.sid: one.action for one in alice.inline["stack"].statements}
    arrange(alice, "stack", ["AllMaps", "KeepMaps"])

    assert [one.sid for one in alice.inline["stack"].statements] == ["AllMaps", "KeepMaps"]
    assert [one.action for one in alice.inline["stack"].statements] == [
        before["AllMaps"],
        before["KeepMaps"],
    ]
    assert str(world.can(alice, "s3:DeleteObject", MAP)) == "✕ explicit deny by stack/KeepMaps"

    arrange(alice, "stack", ["AllMaps"])

    assert world.can(alice, "s3:DeleteObject", MAP)


def test_what_was_taken_out_is_not_there_any_more(world):
    """Arranging again cannot bring it back: begin with a new world."""
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
def test_what_is_not_there_is_refused_and_nothing_changes(world, policy, sids, words):
    """The user keeps the policy."""
    before = world.copy()
    with pytest.raises(ExerciseError) as caught:
        arrange(world.user("alice"), policy, sids)

    assert words in str(caught.value)
    assert world.diff(before) == ()


def test_a_statement_named_twice_stands_twice_or_is_refused_and_decides_the_same(world):
    """A heap with the same statement twice is the same heap."""
    try:
        arrange(world.user("alice"), "stack", ["AllMaps", "AllMaps", "KeepMaps"])
    except IamLabError as refusal:
        assert "AllMaps" in str(refusal)  # noqa: PT017 - either is well
        return
    alice = world.user("alice")

    assert world.can(alice, "s3:GetObject", MAP)
    assert not world.can(alice, "s3:DeleteObject", MAP)


def test_exercise_2_3_can_be_done_in_code_as_the_lesson_says():
    """Start, arrange, check."""
    world = start("2.3")
    kept = ["ListMaps", "ReadMaps", "KeepMaps", "DeleteMaps", "ReadMe"]
    arrange(world.user("alice"), "stack", kept)

    assert check("2.3", world)

    world = start("2.3")
    arrange(world.user("alice"), "stack", ["ReadMaps", "KeepMaps", "ListMaps"])

    assert "would be enough" in str(check("2.3", world))
