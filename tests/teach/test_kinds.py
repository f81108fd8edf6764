"""What holds for every kind of exercise: its card and plain Python are the same exercise."""

import json

import pytest

from iamlab import ExerciseError
from iamlab.teach import check, exercise, hint, journal, solution, tables
from iamlab.teach.cards import INPUTS, input_for
from iamlab.teach.exercises import feedback
from iamlab.teach.readers import READERS
from tests.rows import each_row
from tests.teach.every_kind import EVERY, kind_of

each_kind = pytest.mark.parametrize("task", EVERY.values(), ids=kind_of)
each_wrong = pytest.mark.parametrize(
    ("task", "wrong"),
    [
        pytest.param(task, wrong, id=f"{kind_of(task)}-{place}")
        for task in EVERY.values()
        for place, wrong in enumerate(task.known_wrong)
    ],
)


@pytest.fixture(autouse=True)
def _examples(monkeypatch):
    """Let the examples be the only exercises."""
    monkeypatch.setattr(tables, "every", lambda: EVERY)


def as_json(value):
    """Return a value as a file gives it back."""
    return json.loads(json.dumps(value))


def answered(task, answer):
    """Return a card with an answer in its controls."""
    card = exercise(task.number)
    card.input.restore(as_json(task.submitted(answer, task.world())))
    card.input.said["confidence"] = "certain"
    return card


def test_there_are_ten_kinds_and_an_example_of_each():
    """A lesson finds each by its name."""
    assert list(map(kind_of, EVERY.values())) == list(INPUTS) == list(READERS)
    assert len(INPUTS) == 10


@each_kind
def test_the_right_answer_is_computed_and_the_card_agrees(task):
    """What the card reads gets the same mark as the answer in Python, and it is right."""
    answer = task.solution_answer()
    card = answered(task, answer)
    card.press("check")
    mark = task.mark(answer)

    assert mark.correct
    assert task.mark(card.input.read()) == mark
    assert card.parts()["result"] == check(task.number, answer).inner_html()
    assert "✓ Right." in card.parts()["result"]


@each_wrong
def test_a_wrong_answer_gets_the_same_mark_in_the_card(task, wrong):
    """It is recognised in both."""
    answer = wrong.answer(task.world())
    card = answered(task, answer)
    card.press("check")
    mark = task.mark(answer)

    assert not mark.correct
    assert (mark.belief, mark.hint) == (wrong.belief, wrong.hint)
    assert task.mark(card.input.read()) == mark
    assert card.parts()["result"] == feedback(mark, 1).inner_html()


@each_kind
def test_the_feedback_grows_with_the_failures(task):
    """First what is right and a counterexample, then the belief, then the worked steps."""
    wrong = task.known_wrong[0]
    mark = task.mark(wrong.answer(task.world()))
    first, second, third = (check(task.number, wrong.answer(task.world())) for _ in range(3))

    assert mark.true_part
    assert mark.counterexample
    assert first.paragraphs == (mark.true_part, mark.counterexample)
    assert first.decision is None
    assert second.paragraphs == (*first.paragraphs, wrong.hint)
    assert second.decision is None
    assert third.paragraphs == (*second.paragraphs, *mark.worked)
    assert third.decision is mark.decision or third.decision == mark.decision
    assert bool(mark.worked) is (mark.decision is None)


@each_kind
def test_an_answer_survives_as_json(task):
    """In the progress file, and in the state of the card."""
    answer = task.solution_answer()
    saved = as_json(task.submitted(answer, task.world()))
    card = answered(task, answer)
    other = input_for(task)
    other.restore(saved)

    assert task.mark(saved) == task.mark(answer)
    assert as_json(task.data(saved, task.world())) == as_json(task.data(answer, task.world()))
    assert other.to_json() == card.input.to_json()


@each_kind
def test_hints_and_solution_work(task):
    """Three hints about the last answer, then a right answer."""
    check(task.number, task.known_wrong[0].answer(task.world()))
    hints = [str(hint(task.number)) for _ in range(3)]

    assert [text.splitlines()[0] for text in hints] == [f"Hint {n} of 3." for n in (1, 2, 3)]
    assert task.known_wrong[0].hint in hints[0]
    assert task.mark(task.known_wrong[0].answer(task.world())).counterexample in hints[1]
    assert task.why in hints[2]
    assert task.shown(task.solution_answer()) in str(solution(task.number))


@each_kind
@pytest.mark.parametrize("is_right", [True, False])
def test_after_a_restart_the_answer_is_back(task, is_right):
    """Its controls and its feedback."""
    answer = task.solution_answer() if is_right else task.known_wrong[0].answer(task.world())
    card = answered(task, answer)
    card.press("check")
    again, before = exercise(task.number), len(journal.records())

    assert again.parts() == card.parts()
    assert again.input.read() == card.input.read()
    assert len(journal.records()) == before


@each_kind
@each_row("answer", [42, "allowed", {"a": 1}, [["x"]], [None], [{}], 1.5], ids=repr)
def test_the_error_for_an_answer_of_the_wrong_kind_describes_the_right_kind(task, answer):
    """A wrong type raises ExerciseError."""
    with pytest.raises(ExerciseError):
        task.mark(answer)


@each_kind
def test_an_empty_card_shows_what_is_missing_and_records_nothing(task, progress_file):
    """A check without an answer isn't an attempt."""
    card = exercise(task.number)
    card.press("check")

    assert card.input.missing in card.parts()["result"]
    assert not progress_file.exists()


@each_kind
def test_checking_changes_no_world(task):
    """Each check has its own copy."""
    before = task.world()
    task.mark(task.solution_answer())

    assert before.diff(task.world()) == ()
