"""A course's folder: what is made, what is read, and what is wrong with it."""

import os
import re
import stat
import sys
from datetime import UTC, datetime

import pytest

from iamlab.classroom import course
from iamlab.classroom.course import Course, new_course, plain, read_course
from iamlab.errors import LoadError
from tests.classroom.handed_in import make_course


def test_a_new_course_can_be_read_and_has_a_secret_key(tmp_path):
    """The key has 32 bytes, is readable by its owner only, and no text of the course shows it."""
    files = new_course(tmp_path / "own")
    own = read_course(tmp_path / "own")

    assert {path.name for path in files} == {
        "course.key",
        "course.toml",
        "roster.csv",
        ".gitignore",
    }
    assert len(own.key) == 32
    assert own.key.hex() not in repr(own)
    assert repr(own.key) not in repr(own)
    assert {"course.key", "roster.csv"} <= {*files[-1].read_text().split()}
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "own/course.key").stat().st_mode) == 0o600


def test_two_courses_have_two_keys(tmp_path):
    """So the hidden worlds of one tell nothing about those of another."""
    first, second = (make_course(tmp_path / name) for name in "ab")

    assert first.key != second.key
    assert {*first.hidden_seeds("3.1")}.isdisjoint(second.hidden_seeds("3.1"))


def test_nothing_is_overwritten(tmp_path):
    """One file that is there is enough to write none."""
    (tmp_path / "roster.csv").write_text("mine")
    with pytest.raises(LoadError, match=r"roster.csv"):
        new_course(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["roster.csv"]


def test_hidden_seeds_are_negative_and_depend_on_key_exercise_and_version(tmp_path, monkeypatch):
    """The same key gives the same worlds."""
    own = make_course(tmp_path / "a")
    same = Course(tmp_path, "", own.key, [], {}, {})
    seeds = own.hidden_seeds("3.1")
    monkeypatch.setattr(course.iamlab, "__version__", "99")

    assert len({*seeds}) == 3
    assert max(seeds) < 0
    assert {*seeds}.isdisjoint(own.hidden_seeds("3.1"))
    assert {*same.hidden_seeds("3.1")}.isdisjoint(own.hidden_seeds("3.2"))
    assert same.hidden_seeds("3.1") == own.hidden_seeds("3.1")


def test_dates_and_weights_are_those_of_the_file(tmp_path):
    """A date ends at midnight in UTC; a lesson without a weight has a point for each exercise."""
    more = "late=0.5\n[due]\n02=2027-03-01\n03=2027-03-08T18:00:00+01:00\n[weights]\n02=4\n"
    own = make_course(tmp_path / "a", '["03", "02"]', more)

    assert own.lessons == ["02", "03"]
    assert own.due["02"] == datetime(2027, 3, 1, 23, 59, 59, 999999, UTC)
    assert own.due["03"] == datetime(2027, 3, 8, 17, tzinfo=UTC)
    assert own.weights == {"02": 4.0, "03": 8.0}
    assert own.late == 0.5


def test_all_problems_are_named_at_once_with_file_and_line(tmp_path):
    """A teacher corrects them in one go."""
    folder = tmp_path / "a"
    make_course(folder)
    (folder / "course.key").write_text("abcd\n")
    (folder / "course.toml").write_text(
        'title = 3\nlessons = ["02", "99", "02"]\nlate = true\nfoo = 1\n'
        "[due]\n02 = 'soon'\n03 = 2027-01-01\n[weights]\n02 = nan\n"
    )
    (folder / "roster.csv").write_text("student,name\nana,Ana\nANA,Bea\n,Cid\n,\n")
    with pytest.raises(LoadError) as found:
        read_course(folder)
    places = re.findall(r"([\w.]+), line (\d+): (.+)", str(found.value))

    assert [own[:2] for own in places] == [
        ("course.key", "1"),
        *(("course.toml", line) for line in "14226793"),
        ("roster.csv", "3"),
        ("roster.csv", "4"),
    ]
    assert "abcd" not in str(found.value)


@pytest.mark.parametrize(
    ("content", "line"), [("title = \n", "1"), ('title = "a"\nlessons = [\n', ""), ("a = 1\n", "1")]
)
def test_a_file_that_is_not_toml_or_has_no_lessons_is_an_error(tmp_path, content, line):
    """The message has the line."""
    make_course(tmp_path / "a")
    (tmp_path / "a/course.toml").write_text(content)
    with pytest.raises(LoadError, match=rf"course.toml, line {line}"):
        read_course(tmp_path / "a")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("course.toml", 'lessons = ["02"]\ndue = 3\n', r"line 2: due needs a date"),
        ("course.toml", "", r"line 1: lessons must be a list"),
        ("course.key", "", r"line 1: the key must be 32 bytes"),
        ("course.key", "0x" * 32, r"line 1: the key must be 32 bytes"),
        ("roster.csv", "", r"line 1: there is no column 'student'"),
    ],
)
def test_a_file_that_is_empty_or_has_a_wrong_value_is_an_error(tmp_path, name, content, message):
    """An empty key would make hidden worlds that everybody can compute."""
    make_course(tmp_path / "a")
    (tmp_path / "a" / name).write_text(content)
    with pytest.raises(LoadError, match=f"{name}, {message}"):
        read_course(tmp_path / "a")


def test_a_missing_folder_says_how_to_make_one(tmp_path):
    """The message names the command."""
    with pytest.raises(LoadError, match="iamlab classroom new"):
        read_course(tmp_path / "none")


@pytest.mark.skipif(sys.platform == "win32", reason="its files have no such modes")
def test_a_key_that_others_can_read_is_a_warning(tmp_path):
    """With the command that corrects it; some file systems can't, so it isn't an error."""
    make_course(tmp_path / "a")
    (tmp_path / "a/course.key").chmod(0o644)

    with pytest.warns(UserWarning, match="chmod 600"):
        read_course(tmp_path / "a")


def test_a_roster_of_a_spreadsheet_is_read(tmp_path):
    """With a byte order mark, other columns, and empty rows."""
    make_course(tmp_path / "a")
    text = "\ufeffname,student,seat\r\nMaría Lopez,maria,4\r\n,,\r\n"
    (tmp_path / "a/roster.csv").write_bytes(text.encode())
    (own,) = read_course(tmp_path / "a").roster.values()

    assert (own.id, own.name, own.email) == ("maria", "María Lopez", "")


def test_a_name_of_two_students_is_nobody(tmp_path):
    """Marks never go to the wrong one of them."""
    make_course(tmp_path / "a")
    (tmp_path / "a/roster.csv").write_text("student,name\na1,Max Roe\na2,Max Roe\n")
    known = read_course(tmp_path / "a").known

    assert plain("Max Roe") not in known
    assert known["a1"] == "a1"
