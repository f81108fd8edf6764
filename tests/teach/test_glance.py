"""The learner's state at a glance: progress, course map, and progress on another computer."""

import base64
import json
import re
import shutil
from pathlib import Path

import pytest

from iamlab.errors import LoadError
from iamlab.teach import (
    check,
    course_map,
    export_progress,
    glossary,
    hint,
    import_progress,
    journal,
    predict,
    progress,
    scenario,
)
from iamlab.teach.lesson import lessons, open_lesson
from iamlab.teach.scenarios import MAP
from iamlab.teach.tables import every, find

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SYLLABUS = 22
RIGHT, ALL_ALLOWED = ["allowed", "denied", "denied"], ["allowed"] * 3


@pytest.fixture(autouse=True)
def _only_the_course(monkeypatch):
    """Forget the lessons that other tests have opened."""
    monkeypatch.setattr("iamlab.teach.lesson._opened", {})


def _solve(*numbers):
    for number in numbers:
        assert check(number, find(number).solution_answer())


def _note(*numbers):
    """Have right answers in the progress file, without computing them."""
    for number in numbers:
        journal.add({"exercise": number, "kind": "attempt", "correct": True})


@pytest.fixture
def beside_the_notebooks(monkeypatch):
    """Run where the notebooks are, as their kernels do."""
    monkeypatch.chdir(NOTEBOOKS)


def test_an_objective_is_solved_when_all_of_its_exercises_are():
    """With some of them solved or tried it is partly done, and the state is a symbol and a word."""
    _solve("0.1")
    check("2.2", ["allowed"] * 4)
    states = [str(look) for *_, look in course_map().lessons["00"].objectives]

    assert states == ["↻ partly", "✓ solved", "– not tried"]
    assert str(course_map().lessons["02"].objectives[0][2]) == "↻ partly"


def test_three_right_first_answers_in_new_worlds_master_an_exercise_and_its_objective():
    """The report counts them; a wrong first answer in a new world doesn't count."""
    tests = list(lessons()["00"].objectives.values())[1]
    for seed in (-1, -2, -3):
        for number in tests:
            check(number, find(number, seed).solution_answer(), seed=seed)
    check("0.3", ["allowed"], seed=-1)
    check("0.3", find("0.3", -1).solution_answer(), seed=-1)
    states = {
        own.number: (str(own.look), own.worlds) for own in course_map().lessons["00"].exercises
    }

    assert {states[number] for number in tests} == {("✓ mastered", 3)}
    assert states["0.3"] == ("✓ solved", 0)
    assert str(course_map().lessons["00"].objectives[1][2]) == "✓ mastered"
    assert re.search(rf"{tests[0]} .* ✓ mastered +3 +0 +3\n", str(progress()))


def test_an_objective_without_exercises_is_not_mastered(tmp_path, monkeypatch):
    """Nothing tests it."""
    monkeypatch.setattr("iamlab.teach.lesson._opened", {})
    file = tmp_path / "y1_empty.toml"
    file.write_text('title = "Empty"\n[objectives]\n"Think." = ""\n', "utf-8")
    open_lesson(file)

    assert str(course_map().lessons["y1"].objectives[0][2]) == "– not tried"
    assert str(course_map().lessons["y1"].look) == "· no exercises"
    assert "y1" in str(course_map())


def test_next_is_the_first_unsolved_exercise_of_the_latest_lesson():
    """Then come the next lessons, and at last those that were left out."""
    assert course_map().next[1].number == "0.1"
    assert str(course_map()).startswith("Begin with exercise 0.1")

    _solve("2.1")
    assert course_map().next[1].number == "2.2"
    assert str(course_map()).startswith("Continue with exercise 2.2: What")

    later = [number for number in every() if int(number.partition(".")[0]) > 2]
    _note(*(number for number in every() if number.startswith("2.")))
    assert course_map().next[1].number == later[0]

    _note(*later)
    assert course_map().next[1].number == "0.1"

    _note(*every())
    assert course_map().next is None
    assert str(progress()).startswith("You have solved every exercise.")


def test_a_prediction_in_a_lesson_counts_as_its_latest_record(monkeypatch):
    """JupyterLab names the notebook; a prediction outside JupyterLab is in no lesson."""
    world = scenario("groups")
    _solve("0.1")
    predict(world, "dana", "s3:GetObject", MAP, "allowed", "certain")
    assert course_map().met == ["00"]

    monkeypatch.setenv("JPY_SESSION_NAME", "03_groups_and_policies.ipynb")
    predict(world, "dana", "s3:GetObject", MAP, "allowed", "certain")
    assert course_map().met == ["00", "03"]
    assert course_map().next[1].number == "3.1"


def test_topics_that_are_due_are_named(progress_file):
    """A wrong answer of long ago asks for a review."""
    check("0.1", ALL_ALLOWED)
    assert "review()" not in str(progress())

    old = progress_file.read_text("utf-8").replace('"time": "20', '"time": "19', 1)
    progress_file.write_text(old, "utf-8")
    assert "1 topic is due today: review() asks you again." in str(progress())
    assert "review()" in course_map()._repr_html_()


def test_a_belief_is_overcome_by_a_later_right_answer():
    """A wrong answer that fits it comes first."""
    check("0.1", ALL_ALLOWED)
    belief = "everything is allowed until something denies it"
    assert "↻ met" in next(line for line in str(progress()).splitlines() if belief in line)

    check("0.1", RIGHT)
    assert "✓ overcome" in next(line for line in str(progress()).splitlines() if belief in line)

    check("0.3", ["allowed"])
    assert "↻ met" in next(line for line in str(progress()).splitlines() if belief in line)


def test_the_report_as_html_and_as_text_has_the_same_facts():
    """Folds with tables, the figure of confidence with its alternative text, and the file."""
    check("0.1", ALL_ALLOWED, confidence="certain")
    hint("0.1")
    text, html = str(progress()), progress()._repr_html_()
    words = " ".join(re.sub(r"<[^>]+>", " ", html).replace("&nbsp;", " ").split())

    assert html.count("<details open>") == 1
    assert "<details open><summary>00 Start here" in html
    assert re.search(r'<img [^>]*alt="0 of 1 answer right', html)
    for fact in (
        "0.1 Three requests ↻ not yet 1 1",
        "certain: 0 of 1 right",
        "iamlab_progress.jsonl",
    ):
        assert fact in words
        assert fact in " ".join(text.split())


def test_what_comes_from_the_file_is_escaped_and_harmless(progress_file):
    """A file changed by hand neither breaks the report nor adds to the page."""
    strange = [
        {"time": 3, "lesson": ["<b>"], "exercise": {"a": 1}, "kind": "attempt", "correct": "yes"},
        {"kind": "attempt", "exercise": "0.1", "confidence": "<script>", "belief": ["M03"]},
        {"kind": "attempt", "exercise": "0.1", "evidence": {"<i>": [1, 1], "last_wins": [1]}},
        {"kind": "prediction", "evidence": {"last_wins": ["1", 1]}, "lesson": "99"},
    ]
    progress_file.write_text("".join(json.dumps(own) + "\n" for own in strange), "utf-8")
    html = progress()._repr_html_() + course_map()._repr_html_()

    assert "<script>" not in html
    assert "<b>" not in html
    assert "You answered as if" not in html


@pytest.mark.usefixtures("beside_the_notebooks")
def test_the_map_has_all_lessons_of_the_course_and_no_dead_link():
    """Each lesson has a file with a notebook."""
    html = course_map()._repr_html_()
    links = set(re.findall(r'href="([^"]+)"', html))

    assert list(course_map().lessons) == [f"{number:02}" for number in range(SYLLABUS)]
    assert links == {own.file.with_suffix(".ipynb").name for own in lessons().values()}
    assert all((NOTEBOOKS / link).exists() for link in links)


@pytest.mark.usefixtures("beside_the_notebooks")
def test_the_map_leads_to_where_you_left_off():
    """The first line is a link to the notebook."""
    _solve("2.1")

    assert 'href="02_deny_wins.ipynb">Continue with exercise 2.2</a>' in course_map()._repr_html_()
    assert "(02_deny_wins.ipynb)" in str(course_map()).splitlines()[0]


def test_the_glossary_lists_the_words_of_the_lessons_that_were_begun():
    """In the order of the alphabet."""
    assert glossary().rows == ()

    _solve("0.1")
    assert [row[0] for row in glossary().rows] == [
        *("ARN", "match", "policy", "request", "statement", "verdict")
    ]


def test_progress_moves_to_another_computer_and_nothing_is_lost_or_counted_twice(
    tmp_path, progress_file
):
    """Both computers have records of their own; the older ones come first."""
    check("0.1", ALL_ALLOWED)
    hint("0.1")
    export_progress(tmp_path / "alice.jsonl")
    at_home = journal.records()
    shutil.copy(progress_file, tmp_path / "home.jsonl")
    progress_file.unlink()
    check("0.1", RIGHT)
    here = journal.records()

    assert "2 records added" in str(import_progress(tmp_path / "alice.jsonl"))
    assert len(journal.records()) == 3
    assert all(own in journal.records() for own in (*at_home, *here))
    for name in ("alice.jsonl", "home.jsonl"):
        assert "0 records added" in str(import_progress(tmp_path / name))
        assert "2 were here already" in str(import_progress(tmp_path / name))
    assert len(progress_file.read_text("utf-8").splitlines()) == 3


def test_imported_records_are_in_the_order_of_time(tmp_path):
    """The latest answer stays the latest, also before the file is read again."""
    check("0.1", RIGHT)
    old = {"time": "2020-01-01T00:00:00+00:00", "version": "0.1.0", "kind": "attempt"}
    lines = [{**old, "exercise": "2.1", "lesson": "02"}, {**old, "exercise": "2.1", "lesson": "02"}]
    file = tmp_path / "old.jsonl"
    file.write_text("".join(json.dumps(own) + "\n" for own in lines), "utf-8")
    import_progress(file)

    assert [own["exercise"] for own in journal.records()] == ["2.1", "2.1", "0.1"]
    assert course_map().met == ["02", "00"]


@pytest.mark.parametrize(
    "content",
    [
        b"name,points\nalice,3\n",
        b'{"format": "world"}\n',
        b'{"time": "2026", "version": "1", "kind": "hint"}\n{"time": "20',
        b"\xff\xfe",
        b"[" * 9_999,
        b"3\n",
    ],
    ids=["CSV", "JSON", "cut off", "bytes", "deep", "number"],
)
def test_a_broken_or_foreign_file_is_refused_with_its_line_and_adds_nothing(tmp_path, content):
    """The message names the file and the line."""
    file = tmp_path / "other.txt"
    file.write_bytes(content)
    with pytest.raises(LoadError, match=r"other\.txt, line \d: .* Nothing was imported\."):
        import_progress(file)

    assert journal.records() == []


def test_a_file_is_never_replaced_and_a_missing_one_is_named(tmp_path):
    """Also where nothing can be written."""
    file = tmp_path / "mine.jsonl"
    file.write_text("mine", "utf-8")
    with pytest.raises(LoadError, match="exists already"):
        export_progress(file)
    with pytest.raises(LoadError, match="can't be written"):
        export_progress(tmp_path / "no folder" / "x.jsonl")
    with pytest.raises(LoadError, match="can't be read"):
        import_progress(tmp_path / "nothing.jsonl")

    assert file.read_text("utf-8") == "mine"


def test_the_link_downloads_a_file_that_can_be_imported(tmp_path, progress_file):
    """A data URI: it needs no server, and it isn't too large for a notebook."""
    check("0.1", ALL_ALLOWED)
    link = re.search(r'href="data:application/x-ndjson;base64,([^"]+)"', progress()._repr_html_())
    file = tmp_path / "downloaded.jsonl"
    file.write_bytes(base64.b64decode(link[1]))

    assert "1 were here already" in str(import_progress(file))

    line = json.dumps({"kind": "attempt", "exercise": "0.1", "text": "x" * 1_000_000})
    progress_file.write_text(f"{line}\n", "utf-8")
    assert "export_progress(path)" in progress()._repr_html_()
    assert "data:application" not in progress()._repr_html_()
