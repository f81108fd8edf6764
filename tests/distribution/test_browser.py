"""Progress in the browser edition: saved as a file, and added from a file that isn't trusted."""

import json

import pytest
from IPython.core.interactiveshell import InteractiveShell

from iamlab.distribution import browser
from iamlab.teach import course_map, hint, journal, progress


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    """Save progress in a temporary folder, where a hint was used."""
    own = tmp_path / "iamlab_progress.jsonl"
    monkeypatch.setenv("IAMLAB_PROGRESS", str(own))
    hint("0.1")
    return own


def _line(**fields):
    record = {"time": "2026-12-01T09:00:00+00:00", "version": "0.1.0", "lesson": "01"}
    return json.dumps({**record, "kind": "hint", "exercise": "1.1", **fields})


def test_what_was_downloaded_is_added_elsewhere(file, tmp_path, monkeypatch):
    """The file brings the same records, once, and keeps those that were there."""
    mine, text = journal.records(), file.read_text("utf-8")
    monkeypatch.setenv("IAMLAB_PROGRESS", str(tmp_path / "elsewhere.jsonl"))
    hint("0.2")
    before = journal.records()

    assert browser.add_progress(text, "a.jsonl").startswith("1 record added from a.jsonl.")
    assert browser.add_progress(text).startswith("0 records added")
    assert sorted(journal.records(), key=str) == sorted([*before, *mine], key=str)


def test_a_copy_is_kept(file):
    """The file as it was before is beside it."""
    before = file.read_bytes()
    browser.add_progress(_line())

    assert file.read_bytes().startswith(before)
    assert file.with_name(f"{file.name}.before-upload").read_bytes() == before


REFUSED = {
    "no JSON": "a picture",
    "another kind of JSON": "[1, 2]",
    "no record": '{"exercise": "1.1"}',
    "a good line and a bad one": f"{_line()}\nbad",
    "a time that is no text": _line(time=7),
    "very deep": "[" * 100_000,
    "too long": " " * (browser.LARGEST + 1),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_another_file_changes_nothing(text, file):
    """The card says so, and the progress file stays as it was."""
    before = file.read_bytes()

    message = browser.add_progress(text, "b.jsonl")
    assert message.startswith("b.jsonl")
    assert message.endswith(
        "Nothing was imported. Choose the iamlab_progress.jsonl that you downloaded."
    )
    assert file.read_bytes() == before
    assert str(progress())


@pytest.mark.parametrize("odd", [None, 7, "zz", ["1.1"], {"a": 1}], ids=str)
def test_odd_fields_break_nothing(odd, file):
    """A record with them is refused, or the reports pass over them; nothing of before is lost."""
    before = file.read_bytes()
    for field in ("exercise", "lesson", "correct", "confidence", "time"):
        browser.add_progress(_line(kind="attempt", **{field: odd}))

        assert file.read_bytes().startswith(before)
        assert "0.1" in progress()._repr_html_()
        assert "Start here" in course_map()._repr_html_()


def test_the_card_says_what_happened():
    """It gets the name and the text of the file as a message, and names the next step."""
    card = browser.ProgressCard()
    card._handle_custom_msg({"name": "a.jsonl", "text": _line()}, [])

    assert card.message.startswith("1 record added from a.jsonl.")
    assert "Run this cell again" in card.message
    assert len(journal.records()) == 2


def test_progress_shows_the_card_only_in_a_browser(monkeypatch):
    """Below the report, once; elsewhere, the file is on the learner's computer."""
    shown = []
    shell = InteractiveShell()
    monkeypatch.setattr(browser, "get_ipython", lambda: shell)
    monkeypatch.setattr(browser.notebook, "display", shown.append)
    progress()
    assert shown == []
    monkeypatch.setattr("iamlab.extras.IN_BROWSER", True)
    progress()
    assert shown == []
    shell.events.trigger("post_execute")
    shell.events.trigger("post_execute")

    assert [type(card).__name__ for card in shown] == ["ProgressCard"]
