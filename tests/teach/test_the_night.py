"""Lesson 20: every night has a solution, and the known wrong answers are wrong in each."""

import json
from itertools import chain
from pathlib import Path

import pytest

from iamlab import Policy, teach
from iamlab.incident import contain, excessive, fault, kept
from iamlab.incident.containment import remains
from iamlab.incident.questions import night_of
from iamlab.teach import after, check, exercise, scenario
from iamlab.teach.edits import apply_edits
from iamlab.teach.lesson import lesson_of
from iamlab.teach.tables import find
from tests.effort import first_now
from tests.incident.nights import IN_ONE_PROCESS

NOTEBOOK = next(Path(__file__).parents[2].glob("notebooks/20_*.ipynb"))

FEW, MANY = range(1), range(1, 6)
SEEDS = [
    *FEW,
    *(pytest.param(seed, marks=[pytest.mark.slow, IN_ONE_PROCESS[seed]]) for seed in MANY),
]
COLLECTED = ("20.1", "20.2", "20.5", "20.9")
DENY_BUT_PASSWORDS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "NotAction": "iam:UpdateLoginProfile", "Resource": "*"}],
}
each_seed = pytest.mark.parametrize("seed", SEEDS)


def _are_wrong(task, world):
    """Return whether each known wrong answer misses the table, which has the daily work."""
    worlds = (task.read(own.answer(world), world) for own in task.known_wrong)
    return all(not all(cell.holds_in(own) for cell in task.target) for own in worlds)


def _edits(seed, word):
    """Return the edits of the choices of 20.4 that have a word in their texts."""
    choices = find("20.4", seed).editor.choices
    return list(chain(*(own for text, own in choices.items() if word in text)))


@each_seed
@pytest.mark.parametrize("number", COLLECTED)
def test_what_is_to_collect_is_right_in_each_night(number, seed):
    """The computed answer passes, it isn't everything, and the known wrong answers fail."""
    task = find(number, seed)
    world = task.world()
    answer = task.right_answer(world)

    assert task.mark(answer).correct
    assert answer < set(task.collection(world))
    assert all(task.read(own.answer(world), world) != answer for own in task.known_wrong)


@each_seed
def test_a_containment_passes_and_less_does_not(seed):
    """The edits for what the attack left, with a card or in Python; without the key, they fail."""
    task, leaves = find("20.3", seed), night_of(seed).plan.leaves
    by_hand = task.world()
    for name in leaves:
        contain(by_hand, name)

    assert task.mark([("contain", name) for name in leaves]).correct
    assert task.mark(by_hand).correct
    assert "maps can still leave" in _fault("20.3", [("contain", leaves[0])], seed)
    assert not task.mark([("contain", own) for own in leaves[1:]]).correct
    assert _are_wrong(task, task.world())


@each_seed
def test_four_boundaries_are_a_redesign(seed):
    """In the card, and in a world that was contained and cleaned by hand; the wrong ones fail."""
    task, plan = find("20.4", seed), night_of(seed).plan
    by_hand = _with(find("20.3", seed).world(), [*plan.leaves, *plan.erases])
    edits = _edits(seed, "boundary")

    assert sorted(map(str, edits)) == sorted(map(str, task.solution_answer()))
    assert task.mark(edits).correct
    assert task.mark(task.read(edits, by_hand)).correct
    assert _are_wrong(task, task.world())


def _with(world, names):
    changed = world.copy()
    for name in names:
        contain(changed, name)
    return changed


def _fault(number, world, seed):
    mark = find(number, seed).mark(world)
    return "" if mark.correct else mark.counterexample


def test_a_containment_stops_the_leaked_key_itself():
    """A Deny for what leads to the maps isn't enough: the key could still stop the trail."""
    attached, grouped = (find("20.3", seed).world() for seed in (5, 2))
    contain(attached, "visitor")
    attached.user("dana").put_policy("stop", Policy.deny(["s3:*", "iam:*", "sts:*", "lambda:*"]))
    contain(grouped, "auditor-sessions")
    grouped.group("administrators").remove_user("frank")
    grouped.user("frank").put_policy("stop", DENY_BUT_PASSWORDS)

    assert "leaked key still works" in _fault("20.3", attached, 5)
    assert _fault("20.3", grouped, 2)


def test_a_containment_leaves_other_keys_alone():
    """Who had nothing to do with it works with this key."""
    answer = [("contain", name) for name in ("bob-key", "visitor", "dana-key")]

    assert "no key of dana" in _fault("20.3", answer, 7)


def test_a_function_of_the_attacker_is_a_way_back():
    """Whoever may invoke it starts the attacker's code, with new credentials of its role."""
    world = find("20.3", 11).world()
    for name in ("bob-key", "alice-key"):
        contain(world, name)
    world.role("deployer").revoke_sessions()
    fault = find("20.3", 11).mark(world)

    assert "The maps can still leave" in fault.counterexample
    assert "log-rotate, which bob can start" in fault.worked[0]


@pytest.mark.parametrize("seed", first_now([2, 3, 5, 4, 15, 11], 2))
def test_a_redesign_removes_what_the_attacker_left(seed):
    """A boundary over it isn't enough: whoever takes it away brings the attack back."""
    plan = night_of(seed).plan
    world = _with(find("20.3", seed).world(), plan.leaves)
    boundaries = find("20.4", seed).solution_answer()
    apply_edits(world, boundaries)
    structural = [name for name in plan.erases if not name.endswith("-key")]
    left = [name for name in structural if name != "no-log-rotate"]

    assert ("Something of the attacker is left" in _fault("20.4", world, seed)) is bool(left)
    assert _fault("20.4", _with(world, structural), seed) == ""


def test_the_next_key_must_not_lead_to_the_maps():
    """By whatever path: the table has only a few of the steps."""
    task = find("20.4", 7)
    world = task.read(task.solution_answer(), task.world())
    dana = world.user("dana")
    dana.delete_permissions_boundary()
    for name in ("onboarding", "self-service"):
        dana.put_policy(name, Policy.allow("iam:PutUserPolicy", dana.arn))
    world.group("contractors").delete_policy("rollback")
    mark = task.mark(world)

    assert not mark.correct
    assert mark.counterexample == "The next key could be that of dana: it still leads to the maps."
    assert "iam:PutUserPolicy" in mark.worked[0]


@each_seed
def test_nothing_of_the_attacker_is_in_the_redesigned_world(seed):
    """In Carol's design, and in the world with which the redesign begins."""
    its = night_of(seed)

    for name in ("20/cleaned", "20/redesigned"):
        assert remains(scenario(name, seed=seed), its) == ()
    assert fault(scenario("20/redesigned", seed=seed), its, "redesigned") == ()


@pytest.mark.parametrize("number", ["20.3", "20.4"])
def test_the_tables_of_the_cards_are_those_of_the_page(number):
    """So a right answer has full marks for function and excess, too."""
    task = find(number)
    world = task.world()
    requests = [cell.question.ask(world).request for cell in task.target]
    pairs = {(own.principal, own.action, own.resource) for own in requests}
    wanted = [*kept(world), *(excessive(world) if number == "20.4" else ())]

    assert {tuple(own) for own in wanted} <= pairs
    assert all(cell.allowed for cell in task.target[: len(kept(world))])


def test_the_cards_have_short_tables_and_no_internal_names():
    """Who must do what, in two lists; the edits of a containment have only names."""
    contained, redesigned = (exercise(number).parts() for number in ("20.3", "20.4"))

    assert contained["calls"] == ""
    assert "bob-key" not in "".join(contained.values())
    assert "What each choice changes" in redesigned["calls"]
    assert redesigned["prompt"].count('scope="col"') == len(["yes", "no"])
    assert "iam:PassRole on role/deployer<br>iam:PassRole on" in redesigned["prompt"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7, 1, 3])
@pytest.mark.parametrize("number", ["20.3", "20.4"])
def test_the_search_of_the_card_finds_a_solution(number, seed):
    """As the button Solution does."""
    task = find(number, seed)

    assert task.mark(task.solution_answer()).correct


@pytest.mark.slow
def test_an_answer_opens_what_waits_for_it_in_any_night(monkeypatch):
    """Each learner has a night of their own, and sees their figures, their proof and their page."""
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    waiting = []
    monkeypatch.setattr(teach, "after", lambda *own: waiting.append(after(*own)) or waiting[-1])
    names = {}
    for source in code:
        exec(source.replace("NIGHT = SEED", "NIGHT = 4242"), names)  # noqa: S102 - our own notebook
    closed = [own for own in waiting if not own.is_open]
    for number in lesson_of("20.1").exercises:
        answer = find(number, 4242).solution_answer()
        assert check(number, answer, seed=4242), number

    assert names["NIGHT"] == 4242
    assert len(closed) == len(waiting) >= 6
    assert all(own.is_open for own in waiting)
