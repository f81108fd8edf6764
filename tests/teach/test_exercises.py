"""Every exercise: what a mark says, and which answers are understood."""

from dataclasses import replace

import pytest

from iamlab import ExerciseError, Policy, World
from iamlab.teach.checks import Predict, Repair
from iamlab.teach.edits import apply_edits
from iamlab.teach.exercises import Cell, Question
from iamlab.teach.named import COLLECTIONS
from iamlab.teach.scenarios import MAP
from iamlab.teach.tables import every, find
from tests.rows import each_row

EXERCISES = every()
DENY_WRITING = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"},
}
each_exercise = pytest.mark.parametrize("task", EXERCISES.values(), ids=EXERCISES)


@each_exercise
def test_the_right_answer_gets_the_rule_and_changes_no_world(task):
    """A learner reads why it is right; an exercise builds a new world for each check."""
    before = task.world()

    assert task.why in task.mark(task.solution_answer()).true_part
    assert before.diff(task.world()) == ()


@each_exercise
def test_a_wrong_answer_gets_a_counterexample(task):
    """The mark shows what is wrong with it; ``test_every_exercise_works_again`` asks all others."""
    first = task.known_wrong[:1]

    assert all(task.mark(own.answer(task.world())).counterexample for own in first)


@pytest.mark.parametrize("answer", [42, "allowed", {"a": 1}, [["x"]], 1.5], ids=repr)
@each_row("task", EXERCISES.values(), ids=EXERCISES)
def test_the_error_for_an_answer_of_the_wrong_kind_describes_the_right_kind(task, answer):
    """A wrong type raises ExerciseError."""
    with pytest.raises(ExerciseError):
        task.mark(answer)


def test_the_error_for_an_unknown_exercise_lists_similar_numbers():
    """So the learner can correct a misspelt number."""
    with pytest.raises(ExerciseError, match=r"no exercise '3\.9'") as caught:
        find("3.9")

    assert "3.1" in "".join(caught.value.__notes__)


def test_a_prediction_in_any_spelling_is_understood():
    """Words and AWS's values are accepted; both kinds of denial are a denial."""
    task = find("3.2")

    assert task.mark(["allowed", "explicitDeny", "implicit_deny", "ALLOWED"]).correct
    assert find("0.1").mark(["allowed", "implicit deny", "denied"]).correct


def test_the_verdicts_are_computed_and_not_stored():
    """With other policies in the world the same exercise has another right answer."""
    task = find("0.3")
    assert isinstance(task, Predict)
    other = replace(task, world_name="groups", questions=(Question("bob", "s3:DeleteObject", MAP),))

    assert task.solution_answer() == ["denied"]
    assert other.solution_answer() == ["allowed"]


def test_a_repair_can_be_any_world_that_reaches_the_target():
    """A world changed by hand passes as well as a list of edits; too many edits do not."""
    task = find("3.4")
    world = task.world()
    apply_edits(world, task.solution_answer())

    assert task.mark(world).correct

    other = [("remove_user", "security", "carol"), ("add_user", "astronomers", "carol")]
    apply_edits(world, other)

    assert "2 edits would be enough" in task.mark(world).counterexample


@pytest.mark.parametrize(
    ("number", "change"),
    [
        ("3.4", lambda w: w.user("dana").put_policy("no", DENY_WRITING)),
        ("3.5", lambda w: w.user("alice").attach_policy("AmazonS3ReadOnlyAccess")),
    ],
)
def test_a_repair_with_other_edits_gets_its_own_feedback(number, change):
    """The target is reached, but not as the task asks; the feedback is true."""
    task = find(number)
    world = task.world()
    change(world)
    mark = task.mark(world)

    assert not mark.correct
    assert "not as the task asks" in mark.counterexample


def test_a_repair_begins_with_the_exercises_own_world():
    """Another world isn't an answer."""
    with pytest.raises(ExerciseError, match="start"):
        find("3.4").mark(World())


@pytest.mark.parametrize("caller", ["bob", "arn:aws:iam::111111111111:root"])
def test_a_witness_is_allowed_by_a_statement(caller):
    """A request that needs no permission isn't a witness."""
    assert not find("0.2").mark((caller, "sts:GetCallerIdentity", "*")).correct


@pytest.mark.parametrize(
    ("action", "resource", "right"),
    [
        ("s3:PutObject", "arn:aws:s3:::star-maps/m31.fits", True),
        ("s3:PutObject", "arn:aws:s3:::star-maps", False),
        ("s3:PutLifecycleConfiguration", "arn:aws:s3:::star-maps", True),
        ("s3:PutLifecycleConfiguration", "arn:aws:s3:::star-maps/m31.fits", False),
        ("s3:DeleteObject", "arn:aws:s3:::star-maps/m31.fits", False),
    ],
)
def test_the_action_of_a_witness_works_on_its_resource(action, resource, right):
    """NotAction allows any pair, but AWS never gets a request to put an object on a bucket."""
    assert find("5.4").mark(("bob", action, resource)).correct is right


def test_a_policy_for_one_prefix_can_have_one_statement():
    """With both ARNs, each action has one that it works on. A second bucket is too much."""
    maps = "arn:aws:s3:::star-maps"
    policy = Policy.allow(["s3:ListBucket", "s3:GetObject"], [maps, f"{maps}/press/*"])
    wider = policy + Policy.allow("s3:ListBucket", "arn:aws:s3:::star-map?")

    assert find("5.3").mark(policy).correct
    assert (
        find("5.3").mark(wider).counterexample.endswith("The task doesn't ask for this permission.")
    )


def test_allowed_actions_follow_every_statement():
    """A second statement gives back what NotAction leaves out."""
    world = find("5.7").world()
    found = COLLECTIONS["allowed_actions"](world, "bob", "iam:ListUsers", "iam:ListRoles")

    assert {name: is_allowed for name, (is_allowed, _) in found.items()} == {
        "iam:ListRoles": True,
        "iam:ListUsers": False,
    }
    assert found["iam:ListUsers"][1] == "No identity-based policy allows it."


def test_a_repair_that_widens_access_elsewhere_fails():
    """The target includes everybody, not only one person."""
    task = find("3.6")
    assert isinstance(task, Repair)
    assert any(not cell.allowed for cell in task.target)
    edits = [*task.solution_answer(), ("add_user", "developers", "alice")]

    assert not task.mark(edits).correct
    assert all(isinstance(cell, Cell) for cell in task.target)
