"""Nothing that a learner has done is lost: broken files, two notebooks, files without access."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iamlab.teach import check, journal, progress

RIGHT = ["allowed", "denied", "denied"]


def _write(progress_file, records):
    """Append from another process, as a second notebook does."""
    code = (
        "import sys\n"
        "from iamlab.teach import journal\n"
        "for number in range(int(sys.argv[2])):\n"
        "    journal.add({'kind': 'attempt', 'exercise': sys.argv[1], 'try': number})\n"
    )
    environment = {**os.environ, "IAMLAB_PROGRESS": str(progress_file)}
    return [
        subprocess.Popen([sys.executable, "-c", code, name, str(records)], env=environment)
        for name in ("0.1", "0.2")
    ]


def test_two_notebooks_that_write_at_once_lose_nothing(progress_file):
    """Each record is one appended line, under a lock."""
    assert [process.wait() for process in _write(progress_file, 100)] == [0, 0]

    found = [(record["exercise"], record["try"]) for record in journal.records()]
    assert sorted(found) == [(name, number) for name in ("0.1", "0.2") for number in range(100)]
    assert len(progress_file.read_text("utf-8").splitlines()) == 200


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", '{"records": 3}', '{"records": [3]}', "\x00", "[" * 9_999], ids=repr
)
def test_what_cannot_be_read_is_kept_and_new_records_follow(progress_file, broken):
    """A line cut off by a crash takes no other record with it."""
    progress_file.write_text(broken, "utf-8")

    assert check("0.1", RIGHT)
    assert progress_file.read_text("utf-8").startswith(broken)
    assert [record["kind"] for record in journal.records() if "kind" in record] == ["attempt"]


def test_a_cut_off_line_hides_no_other(progress_file):
    """The next record begins in a line of its own."""
    journal.add({"number": 1})
    with progress_file.open("a") as stream:
        stream.write('{"number": 2, "answ')
    journal.add({"number": 3})

    assert [record["number"] for record in journal.records()] == [1, 3]


EARLIER = json.dumps({"format": 1, "records": [{"number": 1}, {"number": 2}]}, indent=1)


def test_the_records_of_an_earlier_version_are_kept(progress_file):
    """They are read, and copied when a record is added; their own file stays as it is."""
    earlier = progress_file.with_suffix(".json")
    earlier.write_text(EARLIER, "utf-8")
    assert [record["number"] for record in journal.records()] == [1, 2]
    journal.add({"number": 3})

    assert [record["number"] for record in journal.records()] == [1, 2, 3]
    assert len(progress_file.read_text("utf-8").splitlines()) == 3
    assert earlier.read_text("utf-8") == EARLIER


def test_a_file_of_an_earlier_version_can_be_named_and_goes_on(progress_file, monkeypatch):
    """Who has set IAMLAB_PROGRESS keeps the file."""
    earlier = progress_file.with_suffix(".json")
    earlier.write_text(EARLIER, "utf-8")
    monkeypatch.setenv("IAMLAB_PROGRESS", str(earlier))
    journal.add({"number": 3})

    assert [record["number"] for record in journal.records()] == [1, 2, 3]
    assert earlier.read_text("utf-8").startswith(EARLIER)


def test_the_lesson_goes_on_if_nothing_can_be_written(monkeypatch, tmp_path):
    """It warns once, and keeps the records while the kernel runs."""
    monkeypatch.setattr("iamlab.teach.journal._unsaved", [])
    monkeypatch.setattr("iamlab.teach.journal._warned", set())
    (tmp_path / "a file").touch()
    monkeypatch.setenv("IAMLAB_PROGRESS", str(tmp_path / "a file" / "x.jsonl"))
    with pytest.warns(UserWarning, match="Your progress can't be") as warned:
        assert check("0.1", RIGHT)
    check("0.1", RIGHT)

    assert [str(each.message).partition(" in ")[0] for each in warned] == [
        "Your progress can't be read",
        "Your progress can't be saved",
    ]

    assert progress().to_frame().set_index("exercise").loc["0.1", "attempts"] == "2"


def test_a_file_that_may_not_be_read_is_not_taken_for_none(progress_file, monkeypatch):
    """It stays as it is: only a missing file counts as no progress."""
    progress_file.write_text('{"number": 1}\n', "utf-8")
    monkeypatch.setattr("iamlab.teach.journal._unsaved", [])

    monkeypatch.setattr("iamlab.teach.journal._warned", set())
    whole = Path.open

    def refused(path, *arguments, **keywords):
        if path == progress_file:
            raise PermissionError(13, "Permission denied")
        return whole(path, *arguments, **keywords)

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.open", refused)
        with pytest.warns(UserWarning, match="can't be saved.*Permission denied"):
            journal.add({"number": 2})
        with pytest.warns(UserWarning, match="can't be read.*Permission denied"):
            assert [record["number"] for record in journal.records()] == [2]
    assert progress_file.read_text("utf-8") == '{"number": 1}\n'
    journal.add({"number": 3})

    assert [record["number"] for record in journal.records()] == [1, 2, 3]
