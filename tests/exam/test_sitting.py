"""Somebody takes an exam, leaves, comes back, and reads the report."""

import json
from dataclasses import replace
from functools import cache

import pytest

from iamlab.errors import ExerciseError
from iamlab.exam.forms import Form, form
from iamlab.exam.report import Report
from iamlab.exam.sitting import ANEW, Answer, Exam, exam
from iamlab.exam.templates import make, templates
from iamlab.teach import journal
from iamlab.teach.mutants import MUTANTS
from iamlab.teach.schedule import reviews
from tests.effort import first_now, slow

pytestmark = pytest.mark.usefixtures("progress_file")


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """The time that a sitting sees."""
    made = Clock()
    monkeypatch.setattr("iamlab.exam.sitting.monotonic", made)
    return made


def wrong(item):
    """Return an answer that isn't right."""
    return next((n,) for n in range(len(item.options)) if (n,) != item.key)


def test_answers_can_be_changed_until_the_exam_is_finished():
    """A letter, places, another confidence; and nothing afterwards."""
    taken = Exam(form("clf", 5, 4))
    taken.answer(1, taken.items[0].key[::-1], "a guess")
    taken.answer(1, taken.items[0].key)
    taken.flag(2)

    assert taken.answers[0].chosen == taken.items[0].key
    assert taken.answers[0].confidence == "a guess"
    assert taken.answers[1] == replace(Answer(), flagged=True, seconds=taken.answers[1].seconds)
    assert taken.finish().score == (1, 4)
    with pytest.raises(ExerciseError, match="is finished"):
        taken.answer(2, taken.items[1].key)
    with pytest.raises(ExerciseError, match="There is no question 9"):
        taken.flag(9)


def test_leaving_and_coming_back_loses_nothing():
    """Answers, flags, confidence and seconds; a finished exam is followed by a new one."""
    first = exam("clf")
    first.answer(1, first.items[0].key, "certain")
    first.answer(3, wrong(first.items[2]))
    first.flag(4)
    first.go_to(5)
    again = exam("clf")

    assert again.form.seed == first.form.seed
    assert again.answers == first.answers
    assert again.current == 1
    again.finish()
    other = exam("clf")
    assert not other.finished
    assert other.answers[0] == Answer()
    assert exam("clf", seed=first.form.seed).report.score == again.report.score


@slow
def test_two_forms_are_taken_beside_each_other():
    """Each goes on where it was left."""
    first, second = exam("saa", seed=1), exam("saa", seed=2)
    first.answer(1, first.items[0].key)
    second.answer(2, second.items[1].key)

    assert exam("saa", seed=1).answers[0].chosen == first.items[0].key
    assert exam("saa", seed=1).answers[1].chosen == ()
    assert exam("saa").form.seed == 2


def test_time_counts_for_the_question_that_is_shown_and_stops_in_a_pause(clock):
    """Also for a question without an answer."""
    taken = Exam(form("clf", 5, 4), timed=True)
    clock.now += 60
    taken.go_to(2)
    clock.now += 30
    taken.pause()
    clock.now += 1_000
    taken.resume()
    clock.now += 10
    taken.go_to(1)

    assert [own.seconds for own in taken.answers] == [60, 40, 0, 0]
    assert taken.seconds == 100
    assert taken.left == taken.form.minutes * 60 - 100


def test_a_pause_is_kept_when_the_kernel_stops(clock):
    """The time of the pause doesn't count, also for another kernel; Resume goes on."""
    first = exam("clf", seed=5)
    clock.now += 60
    first.pause()
    clock.now += 1_000
    again = exam("clf", seed=5)
    clock.now += 1_000

    assert again.paused
    assert again.seconds == 60
    with pytest.raises(ExerciseError, match="is paused"):
        again.answer(1, again.items[0].key)

    again.resume()
    clock.now += 5

    assert again.seconds == 65
    assert not exam("clf", seed=5).paused


def test_an_exam_of_another_version_is_not_continued_and_says_so():
    """Until it is begun anew; a finished exam of another version is never mentioned."""
    first = exam("SAA-C03", seed=1)
    first.answer(1, first.items[0].key)

    assert exam("saa").note == ""

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("iamlab.exam.sitting.VERSION", "next")
        other = exam("saa")

        assert other.note == ANEW
        assert ANEW in str(other)
        assert exam("saa", seed=1).note == ANEW
        assert exam("saa", seed=2).note == exam("clf").note == ""

        other.flag(1)

        assert exam("saa").form.seed == other.form.seed
        assert exam("saa").note == ""

        other.finish()
        patched.setattr("iamlab.exam.sitting.VERSION", "the one after")

        assert exam("saa").note == ""


def test_a_new_exam_is_the_form_after_the_last_one():
    """It shares the fewest questions with it."""
    first = exam("clf")
    first.finish()

    assert exam("clf").form.seed == first.form.seed + 1


def test_what_can_not_be_saved_is_said(tmp_path, monkeypatch):
    """With the reason, as long as it is so."""
    monkeypatch.setattr("iamlab.teach.journal.unsaved", [])
    monkeypatch.setattr("iamlab.teach.journal.problems", {})
    (tmp_path / "a file").touch()
    taken = exam("clf", seed=5)
    with monkeypatch.context() as patched:
        patched.setenv("IAMLAB_PROGRESS", str(tmp_path / "a file" / "x.jsonl"))
        with pytest.warns(UserWarning, match="can't be"):
            taken.answer(1, taken.items[0].key)

        assert "Your progress can't be saved in " in taken.problem
        assert taken.problem in str(taken)

    taken.flag(1)

    assert taken.problem == ""
    assert exam("clf", seed=5).answers[0].chosen == taken.items[0].key


def test_after_the_time_no_answer_is_taken(clock):
    """The report counts what was answered before."""
    taken = Exam(form("clf", 5, 4), timed=True)
    taken.answer(1, taken.items[0].key)
    clock.now += 10_000
    with pytest.raises(ExerciseError, match="The time is over"):
        taken.answer(2, taken.items[1].key)

    assert taken.finish().score == (1, 4)


def test_a_drill_marks_at_once_and_adapts():
    """An answer that is marked can't be changed."""
    taken = Exam(form("drill M12", 1, 4))
    for number in range(1, 5):
        taken.answer(number, taken.items[taken.order[number - 1]].key)

    assert taken.form.adapts
    assert taken.order == taken.form.order([True] * 4)
    with pytest.raises(ExerciseError, match="is marked already"):
        taken.answer(1, (0,))
    assert taken.finish().score == (4, 4)


def test_wrong_answers_come_back_as_reviews():
    """What the item tests is due again; right answers count as reviews, too."""
    name = "boundary_is_in_the_way"
    taken = Exam(Form("test", 0, "Test", (make(name, 1),), 1))
    taken.answer(1, wrong(taken.items[0]), "certain")
    taken.finish()
    records = [own for own in journal.records() if own["kind"] == "prediction"]

    assert records[0]["correct"] is False
    assert records[0]["confidence"] == "certain"
    assert any(own.topic.startswith("M") for own in reviews(records))


def test_the_report_counts_by_topic_and_task_and_names_what_to_repeat():
    """In words, as a table, as a page; text is escaped."""
    taken = Exam(form("saa", 5))
    for number, item in enumerate(taken.items, 1):
        taken.answer(number, item.key if number % 2 else wrong(item), "certain")
    report = taken.finish()
    frame = report.to_frame()
    page = report.html()

    assert report.score == (10, 20)
    assert len(frame) == 20
    assert sum(row[2] for row in report.by_task.rows) == 10
    assert sum(own.of for own in report.topics) == 20
    assert all(row[-1] for row in report.table.rows if "wrong" in str(row[4]))
    assert "SAA-C03 is passed with 720 of 1,000" in str(report)
    assert "<script" not in page
    assert page.count("<h4>Question") == 20
    assert "certain" in report.calibration.alt


@pytest.mark.parametrize("ending", ["html", "pdf"])
def test_the_report_is_saved_as_a_page(tmp_path, ending):
    """HTML, or PDF; another ending is refused."""
    taken = Exam(form("clf", 5, 4))
    taken.finish().save(tmp_path / f"report.{ending}")
    content = (tmp_path / f"report.{ending}").read_bytes()

    assert content.startswith(b"%PDF" if ending == "pdf" else b"<!doctype html>")
    with pytest.raises(ExerciseError, match="must end with"):
        taken.report.save(tmp_path / "report.docx")


def test_a_report_shows_the_answers_of_all_questions():
    """Each question is a form of its own, so that its radio buttons are a group of their own."""
    taken = Exam(form("clf", 5, 6))
    for number, item in enumerate(taken.items, 1):
        taken.answer(number, item.key if number < 6 else wrong(item))
    page = taken.finish().html()
    chosen = sum(len(own.answer.chosen) for own in taken.replies)

    assert page.count("<form>") == page.count("<fieldset disabled") == 6
    assert page.count(" checked") == page.count("✓ your answer") + page.count("✕ your answer")
    assert page.count(" checked") == chosen
    assert "✕ Wrong. The right answer is " in page
    assert ".item .options" in page


def test_an_unfinished_exam_has_no_report():
    """It says what to do."""
    with pytest.raises(ExerciseError, match="isn't finished"):
        _ = Exam(form("clf", 5, 4)).report


@cache
def placement(seed):
    """Return a placement test; its questions take a second to make."""
    return form("placement", seed)


def placed(seed, knows):
    """Return the lesson to start with for somebody who knows the lessons that ``knows`` accepts."""
    taken = Exam(placement(seed))
    for place, item in enumerate(taken.items):
        is_right = knows(place + 1, item.tags["lesson"])
        taken.answers[place] = Answer(item.key if is_right else wrong(item))
    report = Report(taken)

    assert f"Start with lesson {report.start}," in str(report)
    return report.start


@pytest.mark.parametrize("seed", first_now([3, 4]))
def test_the_placement_test_names_the_first_lesson_that_somebody_does_not_know(seed):
    """Never a later one; an earlier one only if no question is about the lessons between."""
    for first in range(1, 21):
        start = int(placed(seed, lambda _, lesson, first=first: int(lesson) < first))

        assert first - 2 <= start <= first
        if first in (6, 9, 10, 11, 18):  # the lesson before has a question of its own
            assert start == first


def test_one_slip_in_the_placement_test_does_not_count_if_two_wrong_answers_follow():
    """Two wrong answers after each other say more; without them, the slip counts."""
    assert placed(3, lambda number, lesson: number != 3 and int(lesson) < 11) == "11"
    assert placed(3, lambda number, _: number != 6) == "09"
    assert placed(3, lambda *_: False) == "00"
    assert placed(3, lambda *_: True) in ("19", "20")


def test_another_kernel_that_finished_the_exam_is_noticed():
    """What it marked stays, and nothing is counted twice."""
    first = exam("clf", seed=1)
    second = exam("clf", seed=1)
    first.answer(1, first.items[0].key)
    first.finish()
    with pytest.raises(ExerciseError, match="is finished"):
        second.answer(2, second.items[1].key)

    assert second.finish().score == first.report.score
    assert len([own for own in journal.records() if own["kind"] == "prediction"]) == 1


@pytest.mark.parametrize(
    "damage",
    [
        {"chosen": 7},
        {"chosen": [99]},
        {"seconds": "x"},
        {"place": -1},
        {"seed": "5"},
        {"flagged": 1},
    ],
)
def test_what_can_not_be_read_is_passed_over(damage):
    """A damaged or imported record changes nothing."""
    taken = exam("clf", seed=5)
    taken.answer(1, taken.items[0].key)
    before = exam("clf", seed=5).answers
    record = next(own for own in journal.records() if own["kind"] == "exam")
    journal.add(
        {
            "kind": "exam",
            **{n: record[n] for n in ("form", "seed", "form_version")},
            "place": 0,
            **damage,
        }
    )

    assert exam("clf", seed=5).answers == before


@pytest.mark.parametrize("seed", ["5", 5.5, True, -1])
def test_a_seed_is_a_whole_number(seed):
    """Anything else is refused before it is saved."""
    with pytest.raises(ExerciseError, match="seed must be a whole number"):
        exam("clf", seed=seed)


def test_a_timed_exam_begins_paused_and_takes_no_answer_in_a_pause():
    """Run All Cells doesn't start the clock; an exam that is begun keeps what it has."""
    taken = exam("clf", seed=2, timed=True)
    with pytest.raises(ExerciseError, match="is paused"):
        taken.answer(1, taken.items[0].key)
    taken.resume()
    taken.answer(1, taken.items[0].key)

    assert exam("clf", seed=2).timed
    other = exam("clf", seed=3)
    other.answer(1, other.items[0].key)
    assert not exam("clf", seed=3, timed=True).timed


def test_a_drill_that_is_left_in_the_middle_counts_what_was_answered():
    """The question that is open isn't wrong."""
    taken = Exam(form("drill M12", 1, 4))
    for number in (1, 2):
        taken.answer(number, taken.items[taken.order[number - 1]].key)

    assert taken.finish().score == (2, 2)


def test_the_answers_of_an_account_are_not_kept_elsewhere():
    """A record has places and numbers, no texts of a question."""
    taken = Exam(form("saa", 5, 4))
    taken.answer(1, taken.items[0].key)
    kept = json.dumps(journal.records())

    assert taken.items[0].question[:40] not in kept


# -- students who believe one thing ----------------------------------------------------------------


def everything(seeds):
    """Return a form with items of all templates."""
    items = tuple(make(name, seed) for name in templates() for seed in range(seeds))
    return Form("test", 0, "Test", items, len(items))


def report_of(whole, name):
    """Return the report of somebody who always answers as one mutant, and is right elsewhere."""
    taken = Exam(whole)
    answers = [item.tested.get(name, item.key) for item in whole.items]
    taken.answers = [Answer(own) for own in answers]
    taken.finished = True
    return Report(taken)


@slow
def test_a_student_with_one_belief_gets_what_does_not_test_it_and_the_report_names_it():
    """For each mutant; every one is tested by some item."""
    whole = everything(8)
    for name in MUTANTS:
        report = report_of(whole, name)
        testing = sum(name in item.tested for item in whole.items)
        right, of = report.score

        assert testing, name
        assert right == of - testing, name
        assert name in [own.name for own in report.beliefs], name
        own = next(found for found in report.beliefs if found.name == name)
        assert own.fits == own.of == testing, name
