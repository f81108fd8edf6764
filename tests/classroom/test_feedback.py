"""Feedback pages: one for each student, with counterexamples, and nothing of anybody else."""

import re
import stat

import pytest

from iamlab.classroom import write_feedback
from iamlab.classroom.course import read_course
from iamlab.errors import IamLabError
from iamlab.teach.mutants import MISCONCEPTIONS
from tests.classroom.classes import attempt, hand_in

ROSTER = "student,name,email\nana,Ana Alvarez,ana@school.example\nbob,Bob Baker,b@school.example\n"
INDEX = "for_the_teacher.html"


@pytest.fixture
def course(tmp_path):
    """Make the folder of a course of lesson 02, with two students."""
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "course.key").write_text(f"{'07' * 32}\n", "utf-8")
    (folder / "course.key").chmod(0o600)
    (folder / "course.toml").write_text('title = "Access"\nlessons = ["02"]\n', "utf-8")
    (folder / "roster.csv").write_text(ROSTER, "utf-8")
    return folder


@pytest.fixture
def submissions(tmp_path):
    """Write the answers of Ana, who is right and wrong, and of somebody outside of the roster."""
    folder = tmp_path / "submissions"
    wrong = attempt("ana", "2.5", right=False, place=2, confidence="certain")
    hand_in(folder, "ana", [attempt("ana", "2.1"), wrong])
    hand_in(folder, "quentin", [attempt("quentin", "2.1", right=False)])
    return folder


def _text(page):
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.read_text("utf-8")))


def test_a_page_has_what_is_right_and_the_counterexample(course, submissions, tmp_path):
    """Beliefs are in words, with the lessons to repeat and how sure the student was."""
    index, *pages = write_feedback(submissions, course, tmp_path / "out")
    ana = next(own for own in pages if own.name.startswith("ana-"))
    text = _text(ana)
    claims = [own.claim for own in MISCONCEPTIONS["M02"].mutants]

    assert index.name == INDEX
    assert "Feedback for Ana Alvarez" in text
    assert re.search(r"✓ Right\. +2\.1 Five requests to the stack", text)
    assert re.search(r"↻ Not yet\. +2\.5 Does the last statement win\? +\S", text)
    assert re.search(r"2\.4 Whatever is allowed later +– Not tried\.", text)
    assert any(claim in text for claim in claims)
    assert "13 The whole decision" in text
    assert "certain: 1 of 2 right" in text


def test_an_answer_that_fails_elsewhere_has_its_counterexample(
    course, submissions, tmp_path, monkeypatch
):
    """It comes from marking, also if it is from a hidden world; the text is escaped."""
    from iamlab.classroom import reports
    from iamlab.classroom.marking import Marked

    text = "Not if <b>alice</b> is erin: erin s3:GetObject."
    mark = Marked("ana", "2.3", attempts=2, counterexample=text, hidden=True, beliefs=("M04",))
    monkeypatch.setattr(reports, "mark_all", lambda *_: [mark])
    _, *pages = write_feedback(submissions, course, tmp_path / "out")
    page = next(own for own in pages if own.name.startswith("ana-"))

    assert "Not if &lt;b&gt;alice&lt;/b&gt; is erin" in page.read_text("utf-8")
    assert "It came after the date." not in _text(page)


def test_no_page_has_the_data_of_another_student(course, submissions, tmp_path):
    """Not even a name, an id or a link; the index has all, and isn't named as a start page."""
    index, *pages = write_feedback(submissions, course, tmp_path / "out")
    names = {"ana": "Ana Alvarez", "bob": "Bob Baker", "quentin": "quentin"}
    links = [own.name for own in pages]

    assert len(pages) == 2
    for page in pages:
        text = page.read_text("utf-8")
        own = page.name.partition("-")[0]
        for other in {*names} - {own}:
            assert names[other] not in _text(page)
            assert not re.search(rf"\b{other}-[0-9a-f]{{16}}", text)
        assert INDEX not in text
        assert stat.S_IMODE(page.stat().st_mode) & 0o077 == 0
    text = index.read_text("utf-8")
    assert all(name in text for name in names.values())
    assert sorted(re.findall(r'href="([^"]+)"', text)) == sorted(links)


def test_names_of_pages_cannot_be_guessed_without_the_key(course, submissions, tmp_path):
    """With another key they are others; with the same key, the same."""
    _, *first = write_feedback(submissions, course, tmp_path / "out")
    _, *again = write_feedback(submissions, read_course(course), tmp_path / "again")
    (course / "course.key").write_text(f"{'08' * 32}\n", "utf-8")
    _, *other = write_feedback(submissions, course, tmp_path / "other")
    names = [{own.name for own in paths} for paths in (first, again, other)]

    assert names[0] == names[1]
    assert names[0].isdisjoint(names[2])


HOSTILE = (
    "../../etc/passwd",
    "a/b\\c",
    "CON",
    ".",
    "<img src=x onerror=1>",
    "é" * 300,
    "A.B",
    "a b",
)


def test_ids_cannot_leave_the_folder(course, submissions, tmp_path, monkeypatch):
    """Each id has a page of its own, whose name is letters, digits and hyphens."""
    from iamlab.classroom import reports
    from iamlab.classroom.marking import Marked
    from iamlab.classroom.submissions import Submission

    found = [Submission(own, own, []) for own in (*HOSTILE, "a.b")]
    marks = [Marked(own.student, "2.1") for own in found]
    monkeypatch.setattr(reports, "read_submissions", lambda *_: (found, []))
    monkeypatch.setattr(reports, "mark_all", lambda *_: marks)
    out = tmp_path / "out"
    paths = write_feedback(submissions, course, out)

    assert len({own.name.lower() for own in paths}) == len(found) + 1
    assert {own.name for own in out.iterdir()} == {own.name for own in paths}
    assert all(re.fullmatch(r"[a-z0-9_-]{1,70}\.html", own.name) for own in paths)
    assert not any("<img src=x" in own.read_text("utf-8") for own in paths)


def test_a_folder_with_files_stays_as_it_is_without_force(course, submissions, tmp_path):
    """With force, pages are written into it."""
    out = tmp_path / "out"
    out.mkdir()
    (out / INDEX).write_text("mine", "utf-8")
    with pytest.raises(IamLabError, match="--force"):
        write_feedback(submissions, course, out)

    assert [own.name for own in out.iterdir()] == [INDEX]
    assert (out / INDEX).read_text("utf-8") == "mine"
    assert len(write_feedback(submissions, course, out, force=True)) == 3
    assert "Ana Alvarez" in (out / INDEX).read_text("utf-8")


def test_the_command_needs_a_course(course, submissions, tmp_path, shell):
    """It prints the paths of the pages, the index first."""
    command = ["classroom", "feedback", str(submissions), "--out", str(tmp_path / "out")]
    without, done = shell(*command), shell(*command, "--course", str(course))

    assert "--course COURSE" in without.err
    assert done.out.splitlines()[0] == str(tmp_path / "out" / INDEX)
    assert len(done.out.splitlines()) == 3
