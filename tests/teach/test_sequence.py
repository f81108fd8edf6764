"""Sequence and Design: calls that reach a goal, and worlds that reach a target."""

from dataclasses import replace

import pytest

from iamlab import ExerciseError, Policy, World
from iamlab.operations.federation.saml_directory import create_directory
from iamlab.teach import observatory
from iamlab.teach.cards import input_for
from iamlab.teach.edits import apply_edits, in_words
from iamlab.teach.scenarios import MAP, scenario
from iamlab.teach.sequence import Sequence, replay
from tests.teach.every_kind import ALL, BY_CODE, LISTS, MAKE_KEY, READ_MAP, READS

TASK, DESIGN = BY_CODE["S"], BY_CODE["D"]


def test_calls_use_the_credentials_of_earlier_calls():
    """A key, or a session; each call is recorded as its caller's."""
    done = replay(TASK.world(), [MAKE_KEY, READ_MAP])

    assert done.error is None
    assert done.world.events[-1].user_identity["userName"] == "alice"

    role = "arn:aws:iam::111111111111:role/auditor"
    assume = {"Caller": "carol", "Operation": "sts:AssumeRole", "RoleArn": role}
    session = {"Caller": "call 1", "Operation": "sts:GetCallerIdentity"}
    done = replay(observatory(), [{**assume, "RoleSessionName": "carol"}, session])

    assert done.made[1] == "with the credentials of call 1: sts:GetCallerIdentity"
    assert "assumed-role/auditor/carol" in str(done.world.events[-1].user_identity)


def test_a_directory_signs_in_somebody_who_has_no_credentials():
    """The call itself is unsigned; the next one uses its session."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    directory = create_directory(world)
    provider = directory.register(main)
    trust = Policy.allow("sts:AssumeRoleWithSAML", None, principal={"Federated": provider.arn})
    role = main.create_role("sky", assume_role_policy_document=trust)
    role.put_policy("list", Policy.allow("iam:ListUsers", "*"))
    directory.map_group("astronomers", role, provider)
    signed = directory.sign_in(directory.add_user("ana", groups=["astronomers"]))
    calls = [
        {
            "Caller": "anonymous",
            "Operation": "sts:AssumeRoleWithSAML",
            "RoleArn": role.arn,
            "PrincipalArn": provider.arn,
            "SAMLAssertion": signed,
        },
        {"Caller": "call 1", "Operation": "iam:ListUsers"},
    ]

    assert replay(world, calls).error is None


@pytest.mark.parametrize(
    ("calls", "words"),
    [
        ([READ_MAP, MAKE_KEY], "Call 1 is refused: with the credentials of call 1: s3:GetObject"),
        ([MAKE_KEY, MAKE_KEY], "But the goal isn't reached. Bob must read the map."),
        ([MAKE_KEY, READ_MAP, READ_MAP], "You reached the goal with 3 calls, but 2 are enough."),
        ([{**MAKE_KEY, "UserName": "bob"}], "is not authorized to perform: iam:CreateAccessKey"),
        ([{**MAKE_KEY, "Operation": "iam:MakeKey"}], "no operation 'MakeKey'"),
        ([{**MAKE_KEY, "Color": "red"}], "Color"),
        ([], "The goal isn't reached."),
    ],
)
def test_the_first_call_that_is_refused_is_named(calls, words):
    """Then the goal, then the number of calls."""
    mark = TASK.mark(calls)

    assert not mark.correct
    assert words in mark.counterexample


def test_the_worked_steps_are_the_calls_that_are_allowed():
    """Without any, there is no heading either, whether AWS denied the first call or its form."""
    heading = "These calls are allowed:"

    assert f"{heading}\n1. ✓ bob: iam:CreateAccessKey" in TASK.mark([MAKE_KEY]).worked[0]
    for first in ({**MAKE_KEY, "Color": "red"}, {**MAKE_KEY, "UserName": "bob"}):
        assert TASK.mark([first, MAKE_KEY]).worked == ()


def test_only_the_given_callers_can_call():
    """Nobody calls as Alice without her key."""
    with pytest.raises(ExerciseError, match="'alice' can't call here"):
        TASK.mark([{**READ_MAP, "Caller": "alice"}])


def test_a_solution_of_the_author_is_proved_too():
    """It can be computed in the world; a wrong one is an error."""
    task = replace(TASK, solution=lambda _: [MAKE_KEY, READ_MAP])

    assert task.solution_answer() == [MAKE_KEY, READ_MAP]

    with pytest.raises(ExerciseError, match="reach the goal"):
        replace(TASK, solution=lambda _: [MAKE_KEY]).solution_answer()


def test_a_moved_call_takes_its_credentials_along():
    """The caller of a call is another call, wherever it is; below its own place it is missing."""
    card = input_for(TASK)
    card.restore([MAKE_KEY, READ_MAP])
    card.press("add")
    card.set("Operation 3", "iam:CreateAccessKey")
    card.set("UserName 3", "bob")
    card.press("up 3")
    card.press("up 3")

    assert [call["Caller"] for call in card.read()] == ["bob", "bob", "call 2"]

    card.press("up 2")

    assert card.read() is None

    card.press("down 2")
    card.press("remove 3")

    assert card.read() == [MAKE_KEY, READ_MAP]


def test_values_keep_their_types_and_what_is_written_is_text():
    """A number to choose is a number in the answer."""
    operations = {"sts:GetSessionToken": {"DurationSeconds": [900, 3600], "TokenCode": []}}
    card = input_for(replace(TASK, operations=lambda _: operations))
    card.set("Operation 1", "sts:GetSessionToken")
    card.set("DurationSeconds 1", "900")
    card.set("TokenCode 1", "123456")

    assert card.read()[0]["DurationSeconds"] == 900
    assert card.read()[0]["TokenCode"] == "123456"


def test_an_answer_with_more_parameters_than_the_card_offers_is_shown():
    """It was given in Python."""
    card = input_for(TASK)
    card.restore([{"Caller": "bob", "Operation": "iam:ListUsers", "PathPrefix": "/"}])

    assert 'value="/"' in card.controls()["calls"]
    assert isinstance(TASK, Sequence)


# -- designs ------------------------------------------------------------------------------------


def test_a_design_needs_its_target_then_clean_policies_then_few():
    """Each failure has its own feedback."""
    edits = [("iam:PutUserPolicy", LISTS), ("iam:PutUserPolicy", READS)]

    assert "s3:DeleteObject on star-maps/m31.fits must be denied" in (
        DESIGN.mark([("iam:PutUserPolicy", ALL)]).counterexample
    )
    wide = DESIGN.mark(DESIGN.editor.choices["Allow Bob too much"])
    assert "finding in user bob: wide: PASS_ROLE_WITH_STAR_IN_RESOURCE" in wide.counterexample
    small = replace(DESIGN, limits={"policies": 2})
    assert "have 3 policies, more than 2." in small.mark(edits).counterexample
    assert DESIGN.mark(edits).correct


def test_a_finding_can_be_excepted():
    """The author knows that it is part of the task."""
    task = replace(DESIGN, excepted=("PASS_ROLE_WITH_STAR_IN_RESOURCE",))

    assert task.mark(task.editor.choices["Allow Bob too much"]).correct


def test_a_world_changed_by_hand_is_a_design():
    """Python instead of the boxes."""
    world = DESIGN.world()
    apply_edits(world, DESIGN.solution_answer())

    assert DESIGN.mark(world).correct


def test_an_edit_can_be_a_call_of_an_api():
    """Its account is the first, or the one that is named."""
    world = scenario("groups")
    apply_edits(world, [["DeleteGroupPolicy", {"GroupName": "contractors", "PolicyName": "guard"}]])

    assert world.can("dana", "s3:DeleteObject", MAP)

    edits = [("iam:CreateUser", {"UserName": "zoe"}, "acme-data")]
    acme = observatory()
    apply_edits(acme, edits)

    assert "zoe" in acme.account("acme-data").users
    assert in_words(edits) == ["iam:CreateUser UserName=zoe in acme-data"]


def test_a_caller_by_number_is_the_call_with_this_number():
    """As in a lesson's file."""
    read = {**READ_MAP, "Caller": "1"}

    assert TASK.mark([MAKE_KEY, read]).correct
    assert TASK.read([MAKE_KEY, read], TASK.world())[1]["Caller"] == "call 1"


def test_a_task_without_a_solution_names_the_last_refusal():
    """So that its author sees which call AWS refuses, and why."""
    task = replace(TASK, operations=lambda _: {"s3:GetObject": {"Resource": [MAP]}})

    with pytest.raises(ExerciseError, match=r"reach the goal\. Call 1 is refused: .*AccessDenied"):
        task.solution_answer()
