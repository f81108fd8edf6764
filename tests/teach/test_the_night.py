"""Lesson 20: every night has a solution, and the known wrong answers are wrong in each."""

import json
from itertools import chain
from pathlib import Path

import pytest

from iamlab import teach
from iamlab.incident import contain, excessive, kept
from iamlab.incident.questions import night_of
from iamlab.teach import after, check
from iamlab.teach.lesson import lesson_of
from iamlab.teach.tables import find

NOTEBOOK = next(Path(__file__).parents[2].glob("notebooks/20_*.ipynb"))

FEW, MANY = range(2), range(2, 20)
SEEDS = [*FEW, *(pytest.param(seed, marks=pytest.mark.slow) for seed in MANY)]
COLLECTED = ("20.1", "20.2", "20.5")
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
    assert not task.mark([("contain", own) for own in leaves[1:]]).correct
    assert _are_wrong(task, task.world())


@each_seed
def test_four_boundaries_are_a_redesign(seed):
    """Before or after a containment; the known wrong answers fail."""
    task, edits = find("20.4", seed), _edits(seed, "boundary")
    contained = task.world()
    for name in night_of(seed).plan.leaves:
        contain(contained, name)

    assert task.mark(edits).correct
    assert task.mark(task.read(edits, contained)).correct
    assert _are_wrong(task, task.world())


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


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7, 1, 3])
@pytest.mark.parametrize("number", ["20.3", "20.4"])
def test_the_search_of_the_card_finds_a_solution(number, seed):
    """As the button Solution does."""
    task = find(number, seed)

    assert task.mark(task.solution_answer()).correct


def test_an_answer_opens_what_waits_for_it_in_any_night(monkeypatch):
    """Each learner has a night of their own, and sees their figures, their proof and their page."""
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    waiting = []
    monkeypatch.setattr(teach, "after", lambda *own: waiting.append(after(*own)) or waiting[-1])
    names = {}
    for source in code:
        exec(source.replace("NIGHT = 7", "NIGHT = 4242"), names)  # noqa: S102 - our own notebook
    closed = [own for own in waiting if not own.is_open]
    for number in lesson_of("20.1").exercises:
        answer = find(number, 4242).solution_answer()
        assert check(number, answer, seed=4242), number

    assert names["NIGHT"] == 4242
    assert len(closed) == len(waiting) >= 6
    assert all(own.is_open for own in waiting)
