"""Nothing that a learner has done is lost: broken files, two notebooks, files without access."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import iamlab
from iamlab import Verdict
from iamlab.teach import check, exercise, hint, journal, predict, progress, scenario
from iamlab.teach.scenarios import MAP
from iamlab.teach.tables import find
from iamlab.widgets.prediction import HAPPENED

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


@pytest.mark.parametrize("each", [50, pytest.param(500, marks=pytest.mark.slow)])
def test_two_notebooks_that_write_at_once_lose_nothing(progress_file, each):
    """Each of 100 or 1,000 records is one appended line, under a lock."""
    assert [process.wait() for process in _write(progress_file, each)] == [0, 0]

    found = [(record["exercise"], record["try"]) for record in journal.records()]
    assert sorted(found) == [(name, number) for name in ("0.1", "0.2") for number in range(each)]
    assert len(progress_file.read_text("utf-8").splitlines()) == 2 * each


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
    monkeypatch.setattr("iamlab.teach.journal.unsaved", [])
    monkeypatch.setattr("iamlab.teach.journal.problems", {})
    (tmp_path / "a file").touch()
    monkeypatch.setenv("IAMLAB_PROGRESS", str(tmp_path / "a file" / "x.jsonl"))
    with pytest.warns(UserWarning, match="Your progress can't be") as warned:
        assert check("0.1", RIGHT)
    check("0.1", RIGHT)

    assert [str(each.message).partition(" in ")[0] for each in warned] == [
        "Your progress can't be read",
        "Your progress can't be saved",
    ]

    assert progress().to_frame().set_index("exercise").loc["0.1", "attempts"] == 2


def test_a_file_that_may_not_be_read_is_not_taken_for_none(progress_file, monkeypatch):
    """It stays as it is: only a missing file counts as no progress."""
    progress_file.write_text('{"number": 1}\n', "utf-8")
    monkeypatch.setattr("iamlab.teach.journal.unsaved", [])

    monkeypatch.setattr("iamlab.teach.journal.problems", {})
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


@pytest.fixture
def parsed(monkeypatch):
    """Count the documents that are parsed."""
    found, whole = [], journal._documents

    def counted(text):
        for document in whole(text):
            found.append(document)
            yield document

    monkeypatch.setattr("iamlab.teach.journal._documents", counted)
    return found


def test_ten_thousand_records_are_parsed_once(progress_file, parsed):
    """Not for each card, nor after each answer, nor when another file was read."""
    line = json.dumps({"kind": "attempt", "exercise": "0.3", "correct": False})
    progress_file.write_text(10_000 * f"{line}\n", "utf-8")

    assert len(journal.records()) == 10_000

    predict(scenario("groups"), "dana", "s3:GetObject", MAP)
    exercise("0.1")
    progress()

    assert check("0.1", RIGHT)

    hint("0.2")

    assert len(journal.of_exercise("0.1", "attempt")) == 1
    assert len(journal.records()) == 10_002
    assert len(parsed) == 10_000


def test_what_another_notebook_adds_is_read(progress_file, parsed):
    """Records of this notebook don't hide it."""
    journal.add({"number": 1})
    journal.records()
    with progress_file.open("a") as stream:
        stream.write('{"number": 2}\n')
    journal.add({"number": 3})

    assert [record["number"] for record in journal.records()] == [1, 2, 3]
    assert len(parsed) == 1 + 3

    progress_file.unlink()

    assert journal.records() == []


def test_a_record_is_the_same_in_memory_as_in_the_file(progress_file):
    """Pairs become lists at once; what JSON can't say is refused and doesn't block the others."""
    journal.add({"number": 1})
    journal.records()
    journal.add({"answer": ("a", ("b",))})
    with pytest.raises(TypeError):
        journal.add({"answer": {1}})
    journal.add({"number": 2})
    saved = [json.loads(line) for line in progress_file.read_text("utf-8").splitlines()]

    assert journal.records() == saved
    assert [record.get("answer") for record in saved] == [None, ["a", ["b"]], None]


def test_a_record_has_all_facts_of_an_attempt():
    """Lesson, exercise, seed, version, time, the answer as data that can be checked, and hints."""
    check("0.1", ["denied", "denied", "denied"], confidence="certain")
    hint("0.1")
    check("0.1", RIGHT, confidence="a guess")
    first, _, second = journal.records()

    assert {"time", "seed"} <= first.keys()
    for record, right, sure, hints in ((first, False, "certain", 0), (second, True, "a guess", 1)):
        assert (record["lesson"], record["exercise"]) == ("00", "0.1")
        assert record["version"] == iamlab.__version__
        assert record["seed"] == find("0.1").seed
        assert (record["correct"], record["confidence"]) == (right, sure)
        assert record["hints_used"] == hints
        assert find("0.1").mark(record["given"]).correct == right


def test_edits_are_kept_as_calls_that_can_be_made_again():
    """Of a changed world: each call, by the names of its things."""
    task = find("3.4")
    check("3.4", task.solution_answer())
    (record,) = journal.records()

    assert all(isinstance(part, str) for edit in record["given"] for part in edit)
    assert task.mark(record["given"]).correct


def test_a_prediction_is_kept_with_its_seconds_and_the_explanation_with_what_was_chosen(
    monkeypatch,
):
    """The notebook's name is the lesson; the clock is the test's own."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/notebooks/03_groups_and_policies.ipynb")
    now = iter(range(100, 200, 7))
    monkeypatch.setattr("iamlab.widgets.instrument.monotonic", lambda: next(now))
    card = predict(scenario("groups"), "dana", "s3:DeleteObject", MAP, fine=True)
    for name, value in (("answer", "allowed"), ("confidence", "certain")):
        card.set(name, value)
    card.press("reveal")
    card.set("happened", happened := HAPPENED[Verdict.IMPLICIT_DENY])
    card.set("decided", "no statement")
    card.press("compare")
    prediction, explanation = journal.records()

    assert prediction["lesson"] == explanation["lesson"] == "03"
    assert (prediction["answer"], prediction["confidence"]) == ("allowed", "certain")
    assert prediction["seconds"] == 7
    assert not prediction["correct"]
    assert (explanation["happened"], explanation["decided"]) == (happened, "no statement")
    assert explanation["key"] == prediction["key"]
    assert not explanation["correct"]
