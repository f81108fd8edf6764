"""The verbs of a lesson: check, hint, solution, progress, and the file behind them."""

import json

import pytest

from iamlab import ExerciseError
from iamlab.teach import check, hint, progress, solution, start
from iamlab.teach.exercises import every, find

ALL_ALLOWED = ["allowed", "allowed", "allowed"]
RIGHT = ["allowed", "denied", "denied"]


def _records(file):
    return json.loads(file.read_text("utf-8"))["records"]


@pytest.mark.parametrize("answer", [None, ...], ids=["nothing", "dots"])
def test_no_answer_is_no_error_and_no_attempt(progress_file, answer):
    """A learner edition runs from top to bottom: without an answer it only says so."""
    said = check("0.1", answer)

    assert not said
    assert "not answered yet" in str(said)
    assert not progress_file.exists()


def test_the_first_failure_gets_a_counterexample_the_second_the_belief_the_third_the_steps():
    """What is said grows with the attempts, and begins with what is true."""
    first, second, third = (str(check("0.1", ALL_ALLOWED)) for _ in range(3))
    belief = find("0.1").known_wrong[0].hint

    assert "1 of 3 is right" in first
    assert "You answered allowed; AWS decides ○ implicit deny" in first
    assert belief not in first
    assert belief in second
    assert "1. Who is really calling?" not in second
    assert "1. Who is really calling?" in third


def test_an_attempt_is_kept_as_data(progress_file):
    """Exercise, seed, version, the answer, hints used, and how sure the learner was."""
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


@pytest.mark.parametrize("number", every())
def test_hints_come_in_three_steps_and_never_run_out(number, progress_file):
    """A nudge, a counterexample, worked steps; after that the third again."""
    check(number, find(number).solution_answer())  # an exit ticket has no help before
    steps = [str(hint(number)) for _ in range(4)]

    given = [record for record in _records(progress_file) if record["kind"] == "hint"]
    assert [record["step"] for record in given] == [1, 2, 3]
    assert [text.splitlines()[0] for text in steps] == [
        "Hint 1 of 3.",
        "Hint 2 of 3.",
        "Hint 3 of 3.",
        "Hint 3 of 3.",
    ]
    assert find(number).nudge in steps[0]
    assert "Suppose somebody answers" in steps[1]
    assert find(number).why in steps[2]


def test_the_first_hint_follows_the_belief_that_was_recognised():
    """Whoever answered from a known belief is answered in its words."""
    wrong = find("3.4").known_wrong[1]
    check("3.4", wrong.answer(start("3.4")))

    assert wrong.hint in str(hint("3.4"))


def test_the_later_hints_are_about_the_answer_that_was_given():
    """Whoever was wrong about Bob reads of Bob."""
    check("0.1", ["allowed", "denied", "allowed"])
    hint("0.1")

    assert "['allowed', 'denied', 'allowed']" in str(hint("0.1"))
    assert "user/bob" in str(hint("0.1"))


def test_worked_steps_do_not_repeat_the_nudge():
    """Where a decision can be worked through, the third hint is that, and what it shows."""
    for _ in range(2):
        hint("0.1")
    third = str(hint("0.1"))

    assert find("0.1").nudge not in third
    assert "1. Who is really calling?" in third


def test_a_world_changed_by_hand_gets_hints_too():
    """Its edits are kept in words only, so the counterexample is somebody else's."""
    world = start("3.4")
    world.group("developers").remove_user("dana")
    check("3.4", world)
    hint("3.4")

    assert "Suppose somebody answers" in str(hint("3.4"))


def test_a_solution_wants_one_attempt_first_or_giving_up(progress_file):
    """Without an attempt the way is told; giving up is allowed, and noted."""
    assert "Try it once yourself first" in str(solution("0.1"))

    given_up = str(solution("0.1", give_up=True))

    assert repr(RIGHT) in given_up
    assert _records(progress_file)[-1]["give_up"] is True

    check("0.3", ["allowed"])

    assert "A right answer" in str(solution("0.3"))


def test_a_world_is_an_answer():
    """The function twin of the membership board: change a world and check it."""
    world = start("3.4")
    world.group("developers").remove_user("dana")
    world.group("astronomers").add_user("dana")

    assert check("3.4", world)


@pytest.mark.parametrize("number", every())
def test_every_exercise_can_be_solved_without_a_widget(number):
    """Whoever reads with a screen reader, or types, has the same exercises."""
    assert check(number, find(number).solution_answer())


def test_progress_shows_what_is_solved_and_how_sure_one_was():
    """A table of exercises, and confidence against correctness."""
    assert "Nothing yet" in str(progress())

    check("0.1", RIGHT, confidence="certain")
    check("0.3", ["allowed"], confidence="a guess")
    check("0.3", ["denied"], confidence="certain")  # the verdict is known by now: it does not count
    check("0.2", ("bob", "s3:GetObject", "*"))
    said = progress()

    assert said.to_frame().set_index("exercise").loc["0.1", "state"] == "✓ solved"
    states = said.to_frame().set_index("exercise")["state"]
    assert states[["0.2", "0.3", "3.1"]].tolist() == ["○ not yet", "✓ solved", "– not tried"]
    assert [tuple(row.values()) for row in said.calibration] == [
        ("a guess", "0 of 1"),
        ("certain", "1 of 1"),
    ]


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", '{"records": 3}', '{"records": [3]}', "\x00"], ids=repr
)
def test_a_broken_file_is_kept_and_a_new_one_begun(progress_file, broken):
    """Nothing is lost and nothing fails: the broken file gets another name."""
    progress_file.write_text(broken, "utf-8")

    assert check("0.1", RIGHT)
    assert len(_records(progress_file)) == 1
    kept = [f for f in progress_file.parent.iterdir() if "broken" in f.name]
    assert [f.read_text("utf-8") for f in kept] == [broken]


def test_a_crash_while_writing_leaves_the_old_file(progress_file, monkeypatch):
    """The file is written to one side first, so it is never half there."""
    check("0.1", RIGHT)
    before = progress_file.read_bytes()

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", crash)
    with pytest.raises(KeyboardInterrupt):
        check("0.1", ALL_ALLOWED)

    assert progress_file.read_bytes() == before


@pytest.mark.parametrize("number", [number for number, task in every().items() if task.exit])
def test_an_exit_ticket_has_no_help_before_an_answer(number, progress_file):
    """Neither by card nor by function, not even by giving up."""
    for said in (hint(number), hint(number), solution(number), solution(number, give_up=True)):
        assert "answer first" in str(said)
    assert not progress_file.exists()


def test_where_nothing_can_be_written_the_lesson_goes_on(monkeypatch, tmp_path):
    """It is said once, and kept while the kernel runs."""
    monkeypatch.setattr("iamlab.teach.journal._unkept", [])
    monkeypatch.setenv("IAMLAB_PROGRESS", str(tmp_path / "nowhere" / "x.json"))
    with pytest.warns(UserWarning, match="can't be saved"):
        assert check("0.1", RIGHT)
    check("0.1", RIGHT)

    assert progress().to_frame().set_index("exercise").loc["0.1", "attempts"] == "2"


def test_after_an_attempt_a_solution_is_not_giving_up(progress_file):
    """However often the button was pressed before."""
    solution("0.1")
    check("0.1", ALL_ALLOWED)
    solution("0.1", give_up=True)

    assert _records(progress_file)[-1]["give_up"] is False


def test_a_misspelt_confidence_is_refused():
    """A word that the table of confidence does not know would vanish from it."""
    with pytest.raises(ExerciseError, match="isn't a confidence"):
        check("0.1", RIGHT, confidence="sure")


def test_an_unknown_exercise_is_refused():
    """Each verb says that there is no such exercise."""
    for verb in (check, hint, solution, start):
        with pytest.raises(ExerciseError, match="no exercise"):
            verb("99.1")
