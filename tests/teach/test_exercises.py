"""Every exercise: its solution passes, each known wrong answer is rejected with its own hint."""

import re
from dataclasses import replace

import pytest

from iamlab import ExerciseError, World
from iamlab.teach.checks import Predict, Repair
from iamlab.teach.edits import apply_edits
from iamlab.teach.exercises import Cell, Question
from iamlab.teach.scenarios import MAP
from iamlab.teach.tables import every, find

EXERCISES = every()
DENY_WRITING = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"},
}
SEEDS = (7, 1, 20261125)

each_exercise = pytest.mark.parametrize("task", EXERCISES.values(), ids=EXERCISES)
each_wrong = pytest.mark.parametrize(
    ("task", "wrong"),
    [
        pytest.param(task, wrong, id=f"{number}-{place}")
        for number, task in EXERCISES.items()
        for place, wrong in enumerate(task.known_wrong)
    ],
)


@each_exercise
@pytest.mark.parametrize("seed", SEEDS)
def test_its_computed_solution_passes_on_every_seed(task, seed):
    """The right answer is computed in the learner's world, and the check accepts it."""
    task = find(task.number, seed)
    mark = task.mark(task.solution_answer())

    assert mark.correct
    assert task.why in mark.text


@each_wrong
def test_a_known_wrong_answer_is_rejected_with_its_own_hint(task, wrong):
    """A misconception is recognised, and gets a counterexample and its own hint."""
    mark = task.mark(wrong.answer(task.world()))

    assert not mark.correct
    assert mark.counterexample
    assert (mark.belief, mark.hint) == (wrong.belief, wrong.hint)


@each_exercise
def test_it_knows_wrong_answers_and_their_beliefs(task):
    """It has one to four different wrong answers, each with a misconception of the syllabus."""
    answers = [task.data(wrong.answer(task.world()), task.world()) for wrong in task.known_wrong]

    assert 1 <= len(answers) <= 4
    assert all(answers.count(answer) == 1 for answer in answers)
    assert all(re.fullmatch(r"M[0-4]\d", wrong.belief) for wrong in task.known_wrong)


@each_exercise
def test_hints_do_not_give_the_answer_away(task):
    """No nudge or hint contains the solution as the learner would type it."""
    solution = task.shown(task.solution_answer())
    for text in (task.nudge, *(wrong.hint for wrong in task.known_wrong)):
        assert solution not in text


@each_exercise
def test_checking_changes_no_world(task):
    """An exercise builds a new world each time, so a check has no lasting effect."""
    before = task.world()
    task.mark(task.solution_answer())

    assert before.diff(task.world()) == ()


@each_exercise
@pytest.mark.parametrize("answer", [42, "allowed", {"a": 1}, [["x"]], 1.5], ids=repr)
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


def test_a_repair_that_widens_access_elsewhere_fails():
    """The target includes everybody, not only one person."""
    task = find("3.6")
    assert isinstance(task, Repair)
    assert any(not cell.allowed for cell in task.target)
    edits = [*task.solution_answer(), ("add_user", "developers", "alice")]

    assert not task.mark(edits).correct
    assert all(isinstance(cell, Cell) for cell in task.target)
