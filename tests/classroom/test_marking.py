"""Marks: what counts, what is found out in hidden worlds, and the gradebooks."""

import csv
import json
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.classroom import marking
from iamlab.classroom.gradebooks import write_gradebooks
from iamlab.classroom.marking import ANOTHER_FORM, TOO_LONG, mark_all, translated
from iamlab.classroom.submissions import LIMITS, Submission, read_submissions
from iamlab.cli.main import main
from iamlab.errors import LoadError, RequestError
from iamlab.teach.lesson import lesson_of, own_lessons, seed_of
from iamlab.teach.tables import find
from tests.classroom.handed_in import lines, make_course, marks, record, solution, write
from tests.effort import later, slow, tries

NARROW = {  # right for every name of the bucket that begins with an s
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::s*/*"},
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return a course with lessons 02 and 03, and a date for the second one."""
    more = "late = 0.5\n[due]\n03 = 2026-11-10\n[weights]\n02 = 18\n"
    return make_course(tmp_path_factory.mktemp("courses") / "own", '["02", "03"]', more)


def marked(course, *records, number="3.1"):
    """Return the mark of maria at one exercise."""
    checked = [{"kind": "attempt", "time": "", "version": "", **own} for own in records]
    found = mark_all([Submission("maria", "a.jsonl", checked)], course, progress=False)
    return next(own for own in found if own.exercise == number)


def wrong(number="3.1", name="maria"):
    """Return the answer of somebody with a known wrong belief, and the belief."""
    task = find(number, seed_of(name))
    known = next(own for own in task.known_wrong if own.belief)
    return json.loads(json.dumps(known.answer(task.world()), default=sorted)), known.belief


# -- what counts ----------------------------------------------------------------------------------


def test_each_exercise_of_the_course_has_a_mark(tmp_path, course):
    """Also those without an answer; other lessons have none."""
    folder = write(tmp_path, {"maria/a.jsonl": lines(record("maria"), record("maria", "4.1"))})
    found = marks(folder, course)
    numbers = [own for name in ("02", "03") for own in own_lessons()[name].exercises]

    assert list(found) == [("maria", number) for number in numbers]
    assert [key[1] for key, own in found.items() if own.points] == ["3.1"]
    assert {own.max for own in found.values()} == {1.0}


def test_the_answer_is_checked_again_not_what_the_file_says(course):
    """A changed file gets no points; an honest one that says the opposite does."""
    answer, _ = wrong()

    assert marked(course, record("maria", "3.1", answer, correct=True, belief="")).points == 0
    assert marked(course, record("maria", correct=False)).points == 1


def test_the_answer_of_another_seed_is_checked_on_the_student_s_own(course):
    """Whoever copies an answer copies that of another variant."""
    number = "18.5"
    task, other = (find(number, seed_of(name)) for name in ("maria", "tom"))
    assert task.prompt != other.prompt
    copied = record("maria", number, json.loads(solution(number, "tom")))
    own = marked(make_like(course, "18"), copied, number=number)

    assert not own.correct


def make_like(course, lesson):
    """Return the course with another lesson."""
    return replace(course, lessons=[lesson], due={lesson: None}, weights={lesson: 1.0})


def test_the_first_right_attempt_counts_with_what_came_before(course):
    """Attempts, hints, beliefs and seconds are those until then; all attempts are counted."""
    answer, belief = wrong()
    hint = {**record("maria", "3.1", []), "kind": "hint"}
    wrong_one = record("maria", "3.1", answer, seconds=10)
    own = marked(course, wrong_one, hint, record("maria", seconds=5.5), wrong_one)

    assert (own.correct, own.points, own.counterexample) == (True, 1, "")
    assert (own.attempts, own.hints, own.seconds, own.beliefs) == (3, 1, 15.5, (belief,))
    assert own.version == "0.1"
    assert own.answer == json.loads(solution("3.1", "maria"))


def test_a_wrong_answer_has_its_belief_and_a_counterexample(course):
    """As the learner has read it."""
    answer, belief = wrong()
    own = marked(course, record("maria", "3.1", answer))

    assert (own.correct, own.points, own.beliefs) == (False, 0, (belief,))
    assert own.counterexample == find("3.1", seed_of("maria")).mark(answer).counterexample


def test_worlds_for_practising_again_do_not_count(course):
    """Their seeds are negative."""
    assert marked(course, record("maria", seed=-3)).attempts == 0


@pytest.mark.parametrize(
    ("moment", "late", "points"),
    [
        ("2026-11-10T23:59:59+00:00", False, 1.0),
        ("2026-11-11T00:30:00+01:00", False, 1.0),
        ("2026-11-11T00:00:00+00:00", True, 0.5),
        ("2026-11-11T00:00:00", True, 0.5),
        ("yesterday", False, 1.0),
    ],
)
def test_an_answer_after_the_date_is_late(course, moment, late, points):
    """It has the part of a point that the course gives."""
    own = marked(course, record("maria", time=moment))

    assert (own.correct, own.late, own.points) == (True, late, points)


def test_a_right_answer_in_time_counts_if_a_later_one_is_right_too(course):
    """The best attempt counts."""
    own = marked(course, record("maria"), record("maria", time="2026-12-01T00:00:00+00:00"))

    assert (own.late, own.points) == (False, 1.0)


# -- hidden worlds --------------------------------------------------------------------------------


def test_an_answer_that_depends_on_a_name_fails_in_a_hidden_world(course):
    """It is right in the student's own world, and the mark says why it isn't right."""
    assert find("2.4", seed_of("maria")).mark(NARROW).correct
    own = marked(course, record("maria", "2.4", NARROW), number="2.4")

    assert (own.correct, own.hidden, own.points) == (False, True, 0)
    assert own.counterexample.startswith("Right with the names of your world, but wrong if ")
    assert "star is" in own.counterexample


def test_without_a_key_there_are_no_hidden_worlds(course):
    """As for a report without a course: only the student's own world counts."""
    own = marked(replace(course, key=b""), record("maria", "2.4", NARROW), number="2.4")

    assert (own.correct, own.hidden, own.points) == (True, False, 1)


def test_a_better_answer_later_counts(course):
    """And the narrow one before it doesn't."""
    both = [record("maria", "2.4", NARROW), record("maria", "2.4")]
    own = marked(course, *both, number="2.4")

    assert (own.correct, own.hidden, own.counterexample) == (True, False, "")


CHECKED = [
    number
    for lesson in own_lessons().values()
    for number, table in lesson.exercises.items()
    if table.get("kind") in ("write", "repair", "sequence", "design")
]


@pytest.mark.parametrize(
    "number", [own if own in ("2.4", "4.1") else later(own) for own in CHECKED]
)
def test_the_solution_is_right_in_hidden_worlds_after_translation(number):
    """For several students and several keys, so the check is never too strict."""
    for name in ("maria", "tom"):
        seed = seed_of(name)
        for other in marking._hidden(number, seed, (-5, -(2**63) + 11, -7777777)):
            answer = translated(json.loads(solution(number, name)), lesson_of(number), seed, other)

            assert find(number, other).mark(answer).counterexample == ""


@settings(max_examples=tries(50), deadline=None)
@given(
    answer=st.recursive(
        st.sampled_from(["alice", "bob", "arn:aws:s3:::star-maps/m31.fits", "m42.fits", "x", 3]),
        lambda own: st.lists(own, max_size=3) | st.dictionaries(st.sampled_from("ab"), own),
        max_leaves=6,
    ),
    number=st.sampled_from(["2.4", "11.3", "18.5"]),
)
def test_translation_there_and_back_is_the_answer(answer, number):
    """To a seed with the same names, an answer stays as it is; numbers always do."""
    lesson, seed = lesson_of(number), seed_of("maria")
    there = translated(answer, lesson, 7, seed)

    assert translated(there, lesson, seed, 7) == translated(answer, lesson, 7, 7) == answer


# -- answers that no card makes -------------------------------------------------------------------

ODD = [None, 3, "", "x", [], {}, [[]], [None] * 3, {"Statement": []}, [["iam:DeleteUser", {}]]]
ODD += [[{"Caller": 1}], [{"Caller": "alice", "Operation": "iam:Nothing"}], ["add_user"], "{" * 99]


@pytest.mark.parametrize("number", ["3.1", "2.4", later("4.1"), later("5.1"), later("13.7")])
@pytest.mark.parametrize("answer", ODD)
def test_an_answer_of_another_form_has_no_points_and_a_reason(number, answer):
    """Nothing is raised."""
    mark = marking._mark(number, seed_of("maria"), answer)

    assert not mark.correct
    assert mark.counterexample


def test_an_error_that_nobody_expects_is_a_wrong_answer(monkeypatch):
    """It costs this answer only."""
    task = type(find("3.1", seed_of("maria")))
    monkeypatch.setattr(task, "mark", lambda *_: 1 / 0)

    assert marking._mark("3.1", seed_of("maria"), []).counterexample == ANOTHER_FORM


@pytest.mark.skipif(not hasattr(marking.signal, "SIGPROF"), reason="it has no such signal")
def test_a_check_that_takes_too_long_is_stopped(course, monkeypatch):
    """The time is that of the processor, so a busy machine changes nothing."""

    def forever(*_):
        while True:
            try:
                time.monotonic()
            except Exception:  # noqa: BLE001, S112 - as code might that handles every error
                continue

    monkeypatch.setattr(marking, "SECONDS", 0.05)
    monkeypatch.setattr(marking, "_mark", forever)
    own = marked(course, record("maria"))

    assert (own.correct, own.attempts, own.counterexample) == (False, 1, TOO_LONG)


def test_only_the_last_attempts_are_checked(course, monkeypatch):
    """So nobody's file takes all the time."""
    monkeypatch.setitem(LIMITS, "attempts", 2)
    own = marked(course, record("maria"), *[record("maria", "3.1", wrong()[0])] * 2)

    assert not own.correct


# -- the whole class ------------------------------------------------------------------------------


@pytest.fixture
def handed_in(tmp_path):
    """Return the folder of two submissions."""
    maria = [record("maria"), record("maria", "2.4"), record("maria", "3.2", wrong("3.2")[0])]
    files = {"maria/a.jsonl": lines(*maria), "tom/b.jsonl": lines(record("tom", "3.3"))}
    return write(tmp_path / "submissions", files)


def test_the_order_of_submissions_does_not_matter(handed_in, course):
    """Marks are sorted."""
    found, _ = read_submissions(handed_in, course)

    assert mark_all(found, course, progress=False) == mark_all(found[::-1], course, progress=False)


@slow
def test_processes_find_the_same(handed_in, course, monkeypatch):
    """Many answers are checked in processes of their own."""
    found, _ = read_submissions(handed_in, course)
    here = mark_all(found, course, progress=False)
    monkeypatch.setattr(marking, "FEW", 0)

    assert mark_all(found, course, progress=False) == here


class Broken:
    """Processes that do the first work, and have then ended."""

    def __init__(self, **_):
        self.first = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, work, *arguments):
        """Return what the work found, or why it found nothing."""
        job = Future()
        if self.first:
            job.set_result(work(*arguments))
        else:
            job.set_exception(BrokenProcessPool())
        self.first = False
        return job


def test_a_process_that_ends_is_an_error_that_names_an_exercise(handed_in, course, monkeypatch):
    """For example because there isn't enough memory."""
    found, _ = read_submissions(handed_in, course)
    monkeypatch.setattr(marking, "FEW", 0)
    monkeypatch.setattr(marking, "ProcessPoolExecutor", Broken)
    with pytest.raises(RequestError, match=r"has ended, at exercise 2\.1 or one of the next"):
        mark_all(found, course, progress=False)


def rows(path):
    """Return the cells of a CSV file."""
    return list(csv.reader(path.read_text("utf-8").splitlines()))


def test_gradebooks_have_the_points_of_lessons_by_weight(handed_in, course, tmp_path):
    """Who handed in nothing has empty cells, so no platform takes it for a 0."""
    found, _ = read_submissions(handed_in, course)
    marked_all = mark_all(found, course, progress=False)
    paths = write_gradebooks(marked_all, course, tmp_path / "out" / "grades.csv")
    long, canvas, moodle, scope = map(rows, paths)
    titles = [f"{own} {own_lessons()[own].title}" for own in ("02", "03")]
    name = "María Lopez"

    assert [path.name for path in paths][1:] == [
        f"grades_{own}.csv" for own in ("canvas", "moodle", "gradescope")
    ]
    assert ["maria", "3.1", "1", "1", "1", "0", "", "12.5", "no", "0.1"] in long
    assert canvas[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert canvas[0][5:] == [*titles, "Final Points"]
    assert canvas[1] == ["Points Possible", "", "", "", "", "18", "8", "(read only)"]
    assert [name, "501", "S-1", "maria", "A", "2", "1", "3"] in canvas
    assert ["Anne-Marie Roe", "503", "S-3", "ann", "B", "", "", ""] in canvas
    assert moodle[0] == ["First name", "Last name", "ID number", "Email address", *titles, "Total"]
    assert ["María", "Lopez", "S-1", "maria@example.org", "2", "1", "3"] in moodle
    assert [
        "María",
        "Lopez",
        "S-1",
        "maria@example.org",
        "A",
        "3",
        "26",
        "Graded",
        "2",
        "1",
    ] in scope
    assert len({len(row) for row in scope}) == 1
    assert course.key.hex() not in "".join(path.read_text("utf-8") for path in paths)


def test_no_cell_becomes_a_formula(course, tmp_path):
    """Whatever a student's name is."""
    for name in ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", " =1", "\t=1"):
        own = mark_all([Submission(name, "a", [])], course, progress=False)
        paths = write_gradebooks(own, course, tmp_path / "grades.csv", force=True)
        cells = [c for p in paths for row in rows(p) for c in row]

        assert [own for own in cells if own.lstrip()[:1] in ("=", "+", "-", "@")] == []


def test_files_are_not_overwritten_unless_forced(course, tmp_path):
    """One that exists is enough to write none."""
    (tmp_path / "grades_moodle.csv").write_text("mine")
    with pytest.raises(LoadError, match=r"grades_moodle.csv exists already. Add --force"):
        write_gradebooks([], course, tmp_path / "grades.csv")

    assert [path.name for path in tmp_path.iterdir()] == ["grades_moodle.csv"]
    assert len(write_gradebooks([], course, tmp_path / "grades.csv", force=True)) == 4


def test_the_commands_go_from_a_new_course_to_marks(handed_in, tmp_path, monkeypatch, capsys):
    """They say what to do next, who is missing and what is wrong with files."""
    monkeypatch.chdir(tmp_path)
    assert main(["classroom", "new", "own"]) == 0
    assert "roster.csv" in capsys.readouterr().out
    make_course(tmp_path / "other", '["03"]')
    for name in ("course.toml", "roster.csv"):
        (tmp_path / "own" / name).write_bytes((tmp_path / "other" / name).read_bytes())
    write(handed_in, {"tom/bad.jsonl": b"no"})
    arguments = ["classroom", "grade", "submissions", "--course", "own", "--out", "g.csv"]

    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert out.startswith("g.csv\ng_canvas.csv\ng_moodle.csv\ng_gradescope.csv\n2 students; 2 of ")
    assert "Nothing from: ann." in out
    assert "tom/bad.jsonl: record 1 is left out: it isn't JSON." in out
    assert main(arguments) == 2
    assert "g.csv" in capsys.readouterr().err


def test_grade_without_a_course_says_how_to_name_it(capsys):
    """The key is needed."""
    assert main(["classroom", "grade", "."]) == 2
    assert "--course" in capsys.readouterr().err
