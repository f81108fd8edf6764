"""The functions of a lesson: check, hint, solution, progress, and the progress file."""

import json
import re

import pytest

from iamlab import ExerciseError
from iamlab.teach import check, hint, progress, solution, start
from iamlab.teach.tables import every, find
from tests.effort import first_of_each_now

ALL_ALLOWED = ["allowed", "allowed", "allowed"]
RIGHT = ["allowed", "denied", "denied"]


def _records(file):
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("answer", [None, ...], ids=["nothing", "dots"])
def test_without_an_answer_nothing_is_raised_or_recorded(progress_file, answer):
    """So a lesson runs from top to bottom; the feedback repeats the task."""
    feedback = check("0.1", answer)

    assert not feedback
    assert "not answered yet" in str(feedback)
    assert not progress_file.exists()


def test_the_first_failure_gets_a_counterexample_the_second_the_belief_the_third_the_steps():
    """The feedback grows with the attempts, and begins with what is right."""
    first, second, third = (str(check("0.1", ALL_ALLOWED)) for _ in range(3))
    belief = find("0.1").known_wrong[0].hint

    assert "1 of 3 is right" in first
    assert "You answered allowed; AWS decides ○ implicit deny" in first
    assert belief not in first
    assert belief in second
    assert "1. Who is really calling?" not in second
    assert "1. Who is really calling?" in third


def test_an_attempt_is_kept_as_data(progress_file):
    """A record has exercise, seed, version, answer, hints used, and confidence."""
    hint("0.1")
    check("0.1", RIGHT, confidence="certain")
    _, attempt = _records(progress_file)

    assert attempt["exercise"] == "0.1"
    assert attempt["seed"] == find("0.1").seed
    assert attempt["answer"] == RIGHT
    assert attempt["correct"] is True
    assert attempt["hints_used"] == 1
    assert attempt["confidence"] == "certain"
    assert attempt["version"]
    assert attempt["time"]


@pytest.mark.parametrize("number", first_of_each_now(every()))
def test_hints_come_in_three_steps_and_never_run_out(number, progress_file):
    """A nudge, a counterexample, worked steps; after that the third step again."""
    task = find(number)
    wrong = task.known_wrong[0]
    check(number, wrong.answer(start(number)))  # an exit ticket has no hints before
    steps = [str(hint(number)) for _ in range(4)]

    hints = [record for record in _records(progress_file) if record["kind"] == "hint"]
    assert [record["step"] for record in hints] == [1, 2, 3]
    assert [text.splitlines()[0] for text in steps] == [
        "Hint 1 of 3.",
        "Hint 2 of 3.",
        "Hint 3 of 3.",
        "Hint 3 of 3.",
    ]
    assert wrong.hint in steps[0]
    assert steps[1].splitlines()[1] == "You answered:"
    assert task.why in steps[2]


def test_after_a_right_answer_there_is_no_hint(progress_file):
    """It isn't recorded either."""
    check("0.1", RIGHT)

    assert str(hint("0.1")) == "You have solved this exercise."
    assert len(_records(progress_file)) == 1


PYTHON = re.compile(r"\w\(|\['|\bworld\b|[(){}]")


def _checked(document):
    """Leave out a parameter's policy, if it is a policy in JSON."""
    return "" if json.loads(document[1])["Statement"] else document[0]


@pytest.mark.parametrize("number", [number for number, task in every().items() if task.known_wrong])
def test_answers_are_in_the_words_of_the_card(number):
    """What to click or to write, and nothing in Python."""
    task = find(number)
    answers = [task.solution_answer(), *(own.answer(start(number)) for own in task.known_wrong)]

    for answer in answers:
        shown = re.sub(r"PolicyDocument=(\{.*\})", _checked, task.shown(answer))
        assert not PYTHON.search(shown) or shown.startswith("{")
        assert not shown.startswith("{") or json.loads(shown)


def test_a_predicted_verdict_is_shown_with_its_request():
    """The solution of a card that is answered with the mouse."""
    text = str(solution("0.1", give_up=True))

    for question, word in zip(find("0.1").questions, RIGHT, strict=True):
        assert f"{question}: {word}\n" in text


def test_the_first_hint_follows_the_belief_that_was_recognised():
    """A known wrong answer gets its own hint."""
    wrong = find("3.4").known_wrong[1]
    check("3.4", wrong.answer(start("3.4")))

    assert wrong.hint in str(hint("3.4"))


def test_the_later_hints_are_about_the_last_answer():
    """If the answer is wrong about Bob, the hint is about Bob."""
    check("0.1", ["allowed", "denied", "allowed"])
    hint("0.1")

    second = hint("0.1")
    for question, word in zip(find("0.1").questions, ("allowed", "denied", "allowed"), strict=True):
        assert f"{question}: {word}\n" in str(second)
    assert "Look at bob" in str(second)


def test_worked_steps_do_not_repeat_the_nudge():
    """If there is a decision, the third hint has its steps and the rule behind them."""
    check("0.1", ["allowed", "allowed", "allowed"])
    for _ in range(2):
        hint("0.1")
    third = str(hint("0.1"))

    assert find("0.1").nudge not in third
    assert "1. Who is really calling?" in third


def test_a_world_changed_by_hand_gets_hints_too():
    """Its edits are kept as sentences, so the counterexample is for another answer."""
    world = start("3.4")
    world.group("developers").remove_user("dana")
    check("3.4", world)
    hint("3.4")

    assert "A common wrong answer:\ndana joins astronomers\n" in str(hint("3.4"))


def test_a_solution_needs_an_attempt_or_giving_up(progress_file):
    """Without an attempt the text explains how to give up, and giving up is recorded."""
    assert "Try it once yourself first" in str(solution("0.1"))

    given_up = str(solution("0.1", give_up=True))

    assert "A right answer:\n" in given_up
    assert _records(progress_file)[-1]["give_up"] is True

    check("0.3", ["allowed"])

    assert "A right answer" in str(solution("0.3"))


def test_a_world_is_an_answer():
    """Python instead of the membership board: change a world and check it."""
    world = start("3.4")
    world.group("developers").remove_user("dana")
    world.group("astronomers").add_user("dana")

    assert check("3.4", world)


@pytest.mark.parametrize("number", first_of_each_now(every()))
def test_every_exercise_can_be_solved_without_a_widget(number):
    """A learner who uses a screen reader, or types, has the same exercises."""
    assert check(number, find(number).solution_answer())


def test_progress_shows_what_is_solved_and_how_sure_the_learner_was():
    """A table of exercises, and confidence against correctness."""
    assert "Nothing yet" in str(progress())

    check("0.1", RIGHT, confidence="certain")
    check("0.3", ["allowed"], confidence="a guess")
    check("0.3", ["denied"], confidence="certain")  # this one doesn't count: the verdict is known
    check("0.2", ("bob", "s3:GetObject", "*"))
    shown = progress()

    states = shown.to_frame().set_index("exercise")["state"]
    assert states[["0.1", "0.2", "0.3"]].tolist() == ["solved", "not yet", "solved"]
    assert states["3.1"] == "not tried"
    assert sorted(shown.answers) == [("a guess", False), ("certain", True)]


@pytest.mark.parametrize("number", [number for number, task in every().items() if task.exit])
def test_an_exit_ticket_has_no_help_before_an_answer(number, progress_file):
    """No function helps before an answer, even if the learner gives up."""
    for feedback in (hint(number), hint(number), solution(number), solution(number, give_up=True)):
        assert "answer first" in str(feedback)
    assert not progress_file.exists()


def test_after_an_attempt_a_solution_is_not_giving_up(progress_file):
    """The number of presses before the attempt doesn't matter."""
    solution("0.1")
    check("0.1", ALL_ALLOWED)
    solution("0.1", give_up=True)

    assert _records(progress_file)[-1]["give_up"] is False


def test_a_misspelt_confidence_is_rejected():
    """The table of confidence would not show an unknown word."""
    with pytest.raises(ExerciseError, match="isn't a confidence"):
        check("0.1", RIGHT, confidence="rather")


def test_an_unknown_exercise_is_rejected():
    """Each function reports that there is no such exercise."""
    for verb in (check, hint, solution, start):
        with pytest.raises(ExerciseError, match="no exercise"):
            verb("99.1")
