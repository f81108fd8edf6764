"""The class report: what it counts, what it doesn't say with few learners, and what it hides."""

import re
import stat
from dataclasses import replace

import pytest

from iamlab.classroom import report, reports
from iamlab.classroom.course import Course, Student
from iamlab.classroom.learners import Learner, pseudonyms
from iamlab.classroom.marking import Marked
from iamlab.classroom.submissions import Fault, Submission
from iamlab.errors import IamLabError
from iamlab.teach.lesson import own_lessons
from tests.classroom.classes import attempt, hand_in, numbers_of

NUMBERS = numbers_of("02")
COURSE = Course(".", "Access", b"key", ["02"], {"02": None}, {})
SECRETS = ("Zelda", "zelda@school.example", "z-4711", "homework_of_zelda", "dear teacher", "4712")


def _marks(student, right=(), wrong=(), **facts):
    """Return the marks of a student: these exercises right, those wrong, the others not tried."""
    return [
        Marked(
            student,
            number,
            attempts=int(number in (*right, *wrong)),
            correct=number in right,
            **facts if number in wrong else {},
        )
        for number in NUMBERS
    ]


@pytest.fixture
def invented(monkeypatch):
    """Return a function that makes the report of invented submissions and marks."""

    def made(records, marks=(), faults=(), course=COURSE, **options):
        found = [Submission(own, f"{own}.jsonl", list(each)) for own, each in records.items()]
        every = [*marks]
        for own, each in records.items() if not marks else ():
            right = {record["exercise"] for record in each if record["correct"]}
            every += _marks(own, right, {record["exercise"] for record in each} - right)
        monkeypatch.setattr(reports, "read_submissions", lambda *_: (found, list(faults)))
        monkeypatch.setattr(reports, "mark_all", lambda *_: every)
        return report("submissions", course, **options)

    return made


def _attempt(number, right, minute=0, **facts):
    """Return the fields of an attempt that a report reads."""
    own = {"kind": "attempt", "exercise": number, "correct": right, "evidence": {}}
    return own | {"time": f"2026-11-30T09:{minute:02}:00+00:00", **facts}


# -- what learners can do ------------------------------------------------------------------------


def test_not_tried_is_something_else_than_wrong(invented):
    """Both are signs in the cells: a dash, and a number of right exercises that is 0."""
    found = invented(
        {"ana": [_attempt("2.5", False), _attempt("2.1", True)], "bob": [_attempt("2.4", True)]}
    )
    (figure,) = found.heat_maps()
    ana, bob, everybody = (row for row in figure.rows)

    assert ana["2.5 2.6"] == "0 of 2 right, 1 not tried"
    assert bob["2.5 2.6"] == "0 of 2 right, 2 not tried"
    drawn = [label.drawn for label in figure.sheet.record.labels]
    assert {"0/2…", "1/4…", "1/1", "–"} <= {*drawn}
    assert everybody["2.4"] == "1 of 2 right, 1 not tried"
    assert "100%" in drawn
    assert len(figure.alt) <= 300


def test_every_cell_has_a_sign_so_no_result_is_only_a_colour(invented):
    """A black-and-white print shows the same."""
    people = {f"s{n}": [_attempt(own, n % 3 > 0) for own in NUMBERS[:n]] for n in range(9)}
    found = invented(people)

    cells = [goal.cell([own]).look for goal in found.goals() for own in found.learners]
    assert all(own.symbol for own in cells)
    by_sign = {}
    for own in cells:
        by_sign.setdefault(own.symbol, set()).add(own.area)
    assert all(len(areas) == 1 for areas in by_sign.values())


def test_a_large_class_has_several_pictures_with_everybody(invented):
    """Each fits on a printed page; together they have each learner and objective once."""
    people = {f"s{n:03}": [_attempt("2.1", True)] for n in range(80)}
    figures = invented(people).heat_maps()
    names = [row["learner"] for own in figures for row in own.rows[:-1]]

    assert len(figures) == 3
    assert names == sorted(people)


def test_results_are_a_table_of_pandas(invented):
    """A row for each learner and objective, with numbers."""
    frame = invented({"ana": [_attempt("2.5", True)], "bob": []}).results().to_frame()
    row = frame[(frame["learner"] == "ana") & (frame["exercises"] == "2.5, 2.6")].iloc[0]

    assert row[["lesson", "right", "tried", "of"]].tolist() == ["02", 1, 1, 2]
    assert len(frame) == 2 * len(own_lessons()["02"].objectives)


# -- beliefs, confidence, who is stuck -----------------------------------------------------------


def test_beliefs_count_learners_who_showed_them(invented):
    """A check named it, or predictions fit it; a belief that nobody knows isn't counted."""
    wrong = {"kind": "prediction", "correct": False, "evidence": {"role_adds": True}}
    wrong |= {"exercise": "", "time": "", "answer": "allowed"}
    records = {"ana": [wrong | {"question": ["a"]}, wrong | {"question": ["b"]}], "bob": []}
    records |= {"eve": [wrong | {"question": ["a"]}]}
    marks = _marks("ana", wrong=["2.5"], beliefs=("M02", "M99"))
    marks += _marks("bob", wrong=["2.5", "2.6"], beliefs=("M02",)) + _marks("eve")
    found = invented(records, marks)
    rows = {row[0]: row for row in found.misconceptions().rows}
    last, role = (next(own for own in rows if start in own) for start in ("last", "role session"))

    assert len(rows) == 2
    assert (rows[last][1], rows[last][-1]) == (2, ["ana", "bob"])
    assert (rows[role][1], rows[role][-1]) == (1, ["ana"])
    assert rows[last][2] == ["02 Deny wins", "13 The whole decision"]
    assert "the last statement decides" in found.bars().as_text()
    assert "2 of 3" in found.bars().as_text()


def test_without_beliefs_the_bars_say_so(invented):
    """The picture is empty, and its text isn't."""
    assert "none" in invented({"ana": [_attempt("2.5", True)]}).bars().alt


def test_confidence_of_all_learners_is_together(invented):
    """The first answer of each learner counts."""
    sure = {"confidence": "certain"}
    first = {own: [_attempt("2.1", False, **sure)] for own in ("ana", "bob", "eve")}
    first["ana"].append(_attempt("2.1", True, 5, **sure))
    text = invented(first).calibration().as_text()

    assert "certain: 0 of 3 right" in text
    assert "too sure" in text


def test_who_is_stuck_has_wrong_attempts_since_the_last_right_one(invented):
    """Two aren't enough, and a right one ends it."""
    wrong = [_attempt("2.5", False, minute) for minute in (10, 20, 30)]
    found = invented(
        {
            "ana": [_attempt("2.1", True, 5), *wrong],
            "bob": wrong[:2],
            "eve": [*wrong, _attempt("2.6", True, 40)],
        }
    )

    ((name, number, _, tries, _, since, last),) = found.stuck().rows
    assert (name, number, tries) == ("ana", "2.5", 3)
    assert (since, last) == ("2026-11-30T09:10", "2026-11-30T09:30")


def test_a_time_that_is_not_a_time_is_left_out(invented):
    """A learner can write anything there."""
    wrong = [_attempt("2.5", False, time=f"<b>{own} dear teacher") for own in range(3)]
    found = invented({"ana": wrong})

    assert found.stuck().rows[0][-2:] == ("", "")
    assert "dear teacher" not in found.html()


def test_an_attempt_is_right_only_if_marking_says_so(invented):
    """Who writes "correct" into the file is not better for it."""
    records = {"ana": [_attempt("2.5", True, minute) for minute in range(3)]}
    found = invented(records, _marks("ana", wrong=["2.5"]))

    assert found.exercises().rows[0][3] == 0
    assert len(found.stuck().rows) == 1


# -- exercises -----------------------------------------------------------------------------------


def _class_of(number, right):
    """Return learners, the later ones stronger, and whether each is right at one exercise."""
    others = [own for own in NUMBERS if own != number][:6]
    return {
        f"s{n:02}": [
            *(_attempt(own, place * len(right) < n * 6) for place, own in enumerate(others)),
            _attempt(number, is_right),
        ]
        for n, is_right in enumerate(right)
    }


@pytest.mark.parametrize(
    ("right", "state"),
    [
        ([True] * 12, "nearly all right"),
        ([False] * 12, "nearly none right"),
        ([True] * 6 + [False] * 6, "weaker half as good"),
        ([True, False] * 6, "weaker half as good"),
        ([False] * 6 + [True] * 6, "fine"),
        ([False] * 5 + [True] * 4, "too few"),
    ],
)
def test_exercises_are_judged_by_first_attempts_of_enough_learners(invented, right, state):
    """With nine learners, nothing is said."""
    rows = {row[0]: row for row in invented(_class_of("2.9", right)).exercises().rows}

    assert rows["2.9"][-1].word == state
    assert rows["2.9"][2:4] == (len(right), round(100 * sum(right) / len(right)))


def test_halves_need_learners_who_tried_other_exercises(invented):
    """Otherwise nothing says who is stronger."""
    records = {f"s{n}": [_attempt("2.9", n % 2 > 0)] for n in range(12)}
    (row,) = invented(records).exercises().rows

    assert row[-1].word == "halves too small"
    assert row[4:6] == (None, None)


def test_learners_who_are_as_strong_count_in_favour_of_an_exercise(invented):
    """If all are equal, no exercise is suspected because of their order."""
    others = [_attempt(own, True) for own in NUMBERS[:4]]
    right = [True] * 6 + [False] * 6
    records = {f"s{n:02}": [*others, _attempt("2.9", own)] for n, own in enumerate(right)}
    rows = {row[0]: row for row in invented(records).exercises().rows}

    assert rows["2.9"][-1].word == "fine"


def test_only_the_first_attempt_counts(invented):
    """A later right one doesn't make an exercise easy."""
    found = invented({"ana": [_attempt("2.5", False), _attempt("2.5", True, 5)]})

    assert found.exercises().rows[0][3] == 0
    assert found.objectives().rows[1][3:] == (1, 1, 2)


# -- anonymous, and the page ---------------------------------------------------------------------


def test_an_anonymous_report_has_no_word_of_a_learner(invented):
    """Names, ids, addresses, files and texts are planted everywhere that a learner can write."""
    name, mail, student, file, text, number = SECRETS
    own = Student(student, name, mail, number)
    course = replace(COURSE, roster={student: own, "other": Student("other", f"{name} Other")})
    wrong = [
        _attempt("2.5", False, n, given=text, answer=text, belief=text, student=name, version=text)
        for n in range(3)
    ]
    prediction = {"kind": "prediction", "exercise": text, "question": [text], "answer": text}
    prediction |= {"confidence": text, "evidence": {text: True}, "time": text, "correct": text}
    records = {student: [*wrong, prediction], mail: [_attempt("2.1", True)]}
    marks = _marks(student, wrong=["2.5"], beliefs=("M02",), counterexample=text, answer=text)
    marks += _marks(mail, right=["2.1"])
    fault = Fault(f"{file}.json", f"{name} wrote {text}")
    found = invented(records, marks, [fault], course, anonymous=True)

    tables = [found.objectives(), found.results(), found.misconceptions(), found.exercises()]
    tables += [found.stuck(), found.files]
    shown = [own.to_frame().to_csv() for own in tables] + [found.html(), found._repr_html_()]
    figures = [*found.heat_maps(), found.bars(), found.calibration()]
    shown += [part for own in figures for part in (own.as_text(), own.alt, own.svg().decode())]
    shown += [own.table.to_csv() for own in figures]
    shown = [re.sub(r"base64,[^\"]*", "", own) for own in shown]  # pictures are here as SVG, too
    shown += [repr(found), str(found.learners)]
    for secret in SECRETS:
        assert not [part for part in shown if secret.lower() in part.lower()], secret
    assert "Learner 01" in found.html()
    assert found.stuck().rows[0][-2:] == ("2026-11-30", "2026-11-30")
    assert found.files.rows == (("a file", "not shown"),)
    named = invented(records, marks, [fault], course).html()
    assert [own in named for own in SECRETS] == [True, True, False, True, True, False]


def test_pseudonyms_stay_and_need_the_key():
    """A student who comes later can move numbers, but the order says nothing about names."""
    students = [f"s{n:02}" for n in range(40)]
    first = pseudonyms(students, b"a")

    assert first == pseudonyms(students[::-1], b"a")
    assert sorted(first.values()) == [f"Learner {n:02}" for n in range(1, 41)]
    assert [*first] != students
    assert first != pseudonyms(students, b"b")
    assert pseudonyms(map(str, range(100)), b"a").popitem()[1] == "Learner 100"


def test_two_learners_of_one_name_have_their_ids(invented):
    """The others don't."""
    roster = {own: Student(own, name) for own, name in [("a", "Li"), ("b", "Li"), ("c", "Ng")]}
    found = invented({"b": [], "d": []}, course=replace(COURSE, roster=roster))

    assert [own.name for own in found.learners] == ["d", "Li (a)", "Li (b)", "Ng"]
    assert [bool(own.marks) for own in found.learners] == [True, False, True, False]


def test_the_page_is_escaped_and_needs_no_network(invented, tmp_path):
    """Names are text, and nothing is loaded or run."""
    name = '<script>alert("x")</script>\u202e{{heat_maps}}'
    found = invented({name: [_attempt("2.5", False)]}, faults=[Fault(name, name)])
    page = found.save(tmp_path / "report.html")
    text = page.read_text("utf-8")

    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "\u202e" not in text
    assert not re.search(r'(?:src|href)="(?!data:)', text)
    assert "default-src 'none'" in text
    assert stat.S_IMODE(page.stat().st_mode) & 0o077 == 0


def test_a_page_is_never_overwritten_without_force(invented, tmp_path):
    """The file stays as it was."""
    file = tmp_path / "report.html"
    file.write_text("mine", "utf-8")
    found = invented({"ana": []})
    with pytest.raises(IamLabError, match="--force"):
        found.save(file)

    assert file.read_text("utf-8") == "mine"
    assert "Access: class report" in found.save(file, force=True).read_text("utf-8")


def test_a_folder_gets_a_page(invented, tmp_path):
    """As the command does without --out, which is this folder."""
    assert invented({"ana": []}).save(tmp_path) == tmp_path / "report.html"


def test_a_class_without_answers_has_a_report(invented):
    """On the first day, nothing is there."""
    for records in ({}, {"ana": []}):
        found = invented(records)
        assert found.heat_maps() == []
        assert "none" in found.html()


# -- real submissions ----------------------------------------------------------------------------


def test_progress_files_alone_are_enough(tmp_path):
    """Without a course, each answer is checked again with the seed of its learner."""
    hand_in(tmp_path, "ana", [attempt("ana", "2.1"), attempt("ana", "2.5", right=False, place=2)])
    hand_in(tmp_path, "bob", [attempt("bob", "2.1", right=False, correct=True)])
    found = report(tmp_path)
    learners = {own.name: own for own in found.learners}

    assert isinstance(learners["ana"], Learner)
    assert {n for n, own in learners["ana"].marks.items() if own.correct} == {"2.1"}
    assert not any(own.correct for own in learners["bob"].marks.values())
    assert "M02" in learners["ana"].beliefs
    assert {goal.lesson for goal in found.goals()} == {"02"}


def test_without_a_course_there_are_no_hidden_worlds():
    """They need a key."""
    assert Course(".", "", b"", [], {}, {}).hidden_seeds("2.3") == ()
    assert len(COURSE.hidden_seeds("2.3")) == 3


def test_without_a_name_the_command_writes_report_html(tmp_path, shell):
    """In this folder; the empty folder of submissions is a class without answers."""
    (tmp_path / "in").mkdir()

    assert shell("classroom", "report", "in").out.strip() == "report.html"
    assert (tmp_path / "report.html").exists()


def test_the_command_writes_the_page(tmp_path, shell):
    """Its path is printed; a second time needs --force."""
    hand_in(tmp_path / "in", "ana", [attempt("ana", "2.5", right=False)])
    page = tmp_path / "out" / "report.html"
    command = ["classroom", "report", str(tmp_path / "in"), "--out", str(page), "--anonymous"]
    first, second = shell(*command), shell(*command)

    assert first.out.strip() == str(page)
    assert "ana" not in re.sub(r"data:image[^\"]*", "", page.read_text("utf-8")).split()
    assert "--force" in second.err
