"""``iamlab lab`` copies the notebooks, brings new versions, and loses nothing of a learner's."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import iamlab
from iamlab.distribution import notebooks
from iamlab.distribution.notebooks import COPIED, copied, originals
from iamlab.errors import RequestError
from tests.cli.helpers import Shell, one_line
from tests.distribution.small_course import (
    FIRST,
    LESSON,
    Notebook,
    answer,
    contents,
    edit,
    run,
    said,
    write,
)
from tests.hidden import hide

BESIDE = f"02_deny_wins_{iamlab.__version__}.ipynb"
PICTURE = "images/graph.svg"


def lines(folder: Path, *, update: bool = False) -> str:
    """Copy the notebooks, and return the message."""
    return "\n".join(copied(folder, update=update))


def new_version(course: Path) -> None:
    """Publish the course again: a lesson has another cell, and the picture is another one."""
    write(course / LESSON, "# Deny wins", "show()", "more()", "check()")
    (course / PICTURE).write_text("<svg></svg>", "utf-8")


def cells_of(path: Path) -> list[Notebook]:
    """Return the cells of a notebook."""
    found: list[Notebook] = json.loads(path.read_bytes())["cells"]
    return found


# -- copying --------------------------------------------------------------------------------------


def test_all_lessons_with_their_pictures_are_copied_and_nothing_else(
    course: Path, own: Path
) -> None:
    """Not the progress of whoever works in a copy of the repository, and no hidden files."""
    for name in ("iamlab_progress.jsonl", ".iamlab_progress.jsonl.lock", "own.txt"):
        (course / name).touch()
    text = lines(own)

    assert contents(own).keys() == {FIRST, LESSON, PICTURE, COPIED}
    assert (own / LESSON).read_bytes() == (course / LESSON).read_bytes()
    assert text == (
        f"Copied: {FIRST}, {LESSON}, {PICTURE}.\nThe notebooks and your progress are in {own}."
    )


def test_the_course_itself_is_found() -> None:
    """In the package, or in a copy of the repository beside it."""
    assert len(list(originals().glob("[0-2][0-9]_*.ipynb"))) == 22
    assert (originals() / "index.ipynb").exists()


@pytest.mark.usefixtures("course")
def test_a_second_start_writes_nothing(own: Path) -> None:
    """So it works in a folder that can't be written, too."""
    lines(own)
    before = {path: path.stat().st_mtime_ns for path in own.rglob("*")}

    assert lines(own, update=True) == f"The notebooks and your progress are in {own}."
    assert {path: path.stat().st_mtime_ns for path in own.rglob("*")} == before


def test_the_notebooks_of_the_repository_are_used_where_they_are(course: Path) -> None:
    """``make lab`` opens them in their place."""
    before = contents(course)

    assert lines(course) == f"The notebooks and your progress are in {course}."
    assert contents(course) == before


def test_a_deleted_notebook_is_copied_again(course: Path, own: Path) -> None:
    """Who wants to begin a lesson anew deletes it."""
    lines(own)
    (own / LESSON).unlink()

    assert f"Copied: {LESSON}." in lines(own)
    assert (own / LESSON).read_bytes() == (course / LESSON).read_bytes()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interruption_leaves_whole_files_and_the_next_start_goes_on(
    error: BaseException, course: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stops it, and where: each file is there in full, or not at all."""
    synced: list[int] = []

    def fsync(number: int) -> None:
        synced.append(number)
        if len(synced) == 2:
            raise error

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(type(error)):
        lines(own)
    assert contents(own) == {FIRST: (course / FIRST).read_bytes()}

    lines(own)
    assert contents(own).keys() == {FIRST, LESSON, PICTURE, COPIED}


# -- new versions ---------------------------------------------------------------------------------


def test_a_start_beside_one_that_has_just_begun_goes_on(
    course: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever the second one looks: what the first has made by then isn't of something else."""
    writes = notebooks.replace_file
    started = []

    def looked_at(path: Path, *pieces: Any, **options: Any) -> None:
        if not started:  # only the first one is interrupted by another, before each file
            started.append(path)
            lines(own)
            started.clear()
        writes(path, *pieces, **options)

    monkeypatch.setattr(notebooks, "replace_file", looked_at)
    lines(own)
    assert contents(own).keys() == {FIRST, LESSON, PICTURE, COPIED}
    assert (own / LESSON).read_bytes() == (course / LESSON).read_bytes()


def test_a_new_version_waits_until_it_is_wanted(course: Path, own: Path) -> None:
    """A lesson doesn't change while somebody works on it."""
    lines(own)
    before = contents(own)
    new_version(course)

    assert f"New versions, which iamlab lab --update copies: {LESSON}, {PICTURE}." in lines(own)
    assert contents(own) == before


def test_what_the_learner_did_not_change_is_replaced(course: Path, own: Path) -> None:
    """Notebooks and pictures."""
    lines(own)
    new_version(course)

    assert f"Updated, with your outputs: {LESSON}, {PICTURE}." in lines(own, update=True)
    assert [own["source"] for own in cells_of(own / LESSON)] == [
        own["source"] for own in cells_of(course / LESSON)
    ]
    assert (own / PICTURE).read_text("utf-8") == "<svg></svg>"


def test_a_notebook_that_was_run_is_not_changed_and_keeps_its_outputs(
    course: Path, own: Path
) -> None:
    """Some hand in a notebook with outputs; and the learner's kernel stays chosen."""
    lines(own)
    edit(own / LESSON, run)
    new_version(course)

    lines(own, update=True)
    texts = {"".join(cell["source"]): cell.get("outputs") for cell in cells_of(own / LESSON)}
    assert texts["show()"] == [said("output of show()")]
    assert texts["check()"] == [said("output of check()")]
    assert texts["more()"] == []
    kernel = json.loads((own / LESSON).read_bytes())["metadata"]["kernelspec"]["name"]
    assert kernel == "my-python"


def test_a_notebook_stays_whose_outputs_the_new_version_would_lose(course: Path, own: Path) -> None:
    """The cell that has them isn't in the new version."""
    lines(own)
    edit(own / LESSON, run)
    before = (own / LESSON).read_bytes()
    write(course / LESSON, "# Deny wins", "other()")

    assert BESIDE in lines(own, update=True)
    assert (own / LESSON).read_bytes() == before


def test_without_what_was_noted_a_new_version_beside_keeps_its_outputs(
    course: Path, own: Path
) -> None:
    """The learner has run it since it was put there."""
    lines(own)
    edit(own / LESSON, answer)
    new_version(course)
    lines(own, update=True)
    edit(own / BESIDE, run)
    before = (own / BESIDE).read_bytes()
    assert before != (course / LESSON).read_bytes()

    (own / COPIED).unlink()
    assert BESIDE in lines(own, update=True)
    assert (own / BESIDE).read_bytes() == before
    assert BESIDE not in lines(own, update=True)


def test_a_changed_notebook_stays_and_its_new_version_is_beside_it(course: Path, own: Path) -> None:
    """It is put there once: who deletes it isn't asked again."""
    lines(own)
    edit(own / LESSON, answer)
    before = (own / LESSON).read_bytes()
    assert "New versions" not in lines(own)  # nothing is newer than what was copied

    new_version(course)
    text = f"You changed these, so their new versions are beside them: {BESIDE}."
    assert text in lines(own, update=True)
    assert (own / LESSON).read_bytes() == before
    assert (own / BESIDE).read_bytes() == (course / LESSON).read_bytes()

    (own / BESIDE).unlink()
    assert BESIDE not in lines(own, update=True)
    assert not (own / BESIDE).exists()


def test_the_next_version_has_a_name_of_its_own(course: Path, own: Path) -> None:
    """The learner may work in the file beside, too."""
    lines(own)
    edit(own / LESSON, answer)
    new_version(course)
    lines(own, update=True)
    edit(own / BESIDE, answer)
    before = contents(own)
    write(course / LESSON, "# Deny wins, third version")

    lines(own, update=True)
    assert contents(own).items() >= {name: before[name] for name in (LESSON, BESIDE)}.items()
    third = own / BESIDE.replace(".ipynb", "_2.ipynb")
    assert third.read_bytes() == (course / LESSON).read_bytes()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"02_deny_wins.ipynb": 1}', b"\xff"])
def test_without_what_was_noted_nothing_is_replaced(damage: bytes, course: Path, own: Path) -> None:
    """Whose notebook it is can't be known, so it is the learner's."""
    lines(own)
    (own / COPIED).write_bytes(damage)
    before = (own / LESSON).read_bytes()
    new_version(course)

    assert BESIDE in lines(own, update=True)
    assert (own / LESSON).read_bytes() == before


@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "no JSON", "no notebook"])
def test_another_file_with_the_name_of_a_notebook_stays(
    kind: str, course: Path, own: Path, tmp_path: Path
) -> None:
    """A link is the learner's, and so is what it leads to."""
    lines(own)
    elsewhere = tmp_path / "elsewhere.ipynb"
    shutil.move(own / LESSON, elsewhere)
    if kind == "folder":
        (own / LESSON).mkdir()
    elif "link" in kind:
        (own / LESSON).symlink_to(elsewhere)
        if kind == "dangling link":
            elsewhere.unlink()
    else:
        (own / LESSON).write_text("{" if kind == "no JSON" else '{"cells": [1]}', "utf-8")
    before = contents(tmp_path)
    new_version(course)

    assert BESIDE in lines(own, update=True)
    after = contents(tmp_path)
    changed = {name for name in before if after.get(name) != before[name]}
    assert {name.partition("/")[2] for name in changed} <= {COPIED, PICTURE, LESSON}
    assert kind == "folder" or after.get(f"lessons/{LESSON}") == before.get(f"lessons/{LESSON}")
    assert after.get("elsewhere.ipynb") == before.get("elsewhere.ipynb")


# -- the law --------------------------------------------------------------------------------------


def _type(notebook: Notebook, place: int, text: str) -> None:
    notebook["cells"][place % len(notebook["cells"])]["source"] = [text]


def _add(notebook: Notebook, place: int, text: str) -> None:
    cell = {"cell_type": "raw", "id": f"own-{text}", "source": text, "metadata": {}}
    notebook["cells"].insert(place, cell)


def _remove(notebook: Notebook, place: int, _: str) -> None:
    if len(notebook["cells"]) > 1:
        notebook["cells"].pop(place % len(notebook["cells"]))


def _output(notebook: Notebook, place: int, text: str) -> None:
    cell = notebook["cells"][place % len(notebook["cells"])]
    if cell["cell_type"] == "code":
        cell["outputs"] = [said(text)]


def _move(notebook: Notebook, place: int, _: str) -> None:
    notebook["cells"].append(notebook["cells"].pop(place % len(notebook["cells"])))


EDITS: list[Callable[[Notebook, int, str], None]] = [_type, _add, _remove, _output, _move]
TEXTS = ["a()", "b()", "c()", "# ü", ""]
EVENING = st.lists(
    st.tuples(st.sampled_from(EDITS), st.integers(0, 3), st.sampled_from(TEXTS)), max_size=3
)
VERSION = st.lists(st.sampled_from(["a()", "b()", "b()", "c()"]), max_size=4)


def made_by(folder: Path) -> set[str]:
    """Return what a learner would miss: each whole text of cells, and each output with its cell."""
    found: set[str] = set()
    for path in folder.glob("*.ipynb"):
        cells = cells_of(path)
        texts = ["".join(cell["source"]) for cell in cells]
        found.add(json.dumps([text for text in texts if text]))
        outputs = [cell.get("outputs") for cell in cells]
        found |= {json.dumps(own) for own in zip(texts, outputs, strict=True) if any(own)}
    return found


@given(st.lists(st.tuples(EVENING, VERSION, st.booleans()), max_size=4))
@example([([], ["b()", "b()"], True), ([(_output, 1, "1"), (_output, 2, "2")], ["b()"], True)])
@example([([(_output, 2, "1")], ["a()"], True)])
@example([([(_move, 1, "")], ["a()", "b()", "c()"], True)])
def test_no_update_loses_what_a_learner_wrote_or_ran(rounds: list[Any]) -> None:
    """Whatever is done in an evening, and whatever is new the next day."""
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        course, own = Path(name, "course"), Path(name, "own")
        course.mkdir()
        write(course / FIRST, "# Start", "a()", "b()")
        patch.setattr(notebooks, "originals", lambda: course)
        patch.setattr(os, "fsync", lambda _: None)
        lines(own)
        published = made_by(course)
        for evening, version, update in rounds:
            for change, *arguments in evening:
                edit(own / FIRST, lambda opened: change(opened, *arguments))  # noqa: B023
            write(course / FIRST, "# Start", *version)
            published |= made_by(course)
            before = made_by(own)
            lines(own, update=update)
            assert before - published <= made_by(own)


# -- the folder and the command -------------------------------------------------------------------


@pytest.mark.usefixtures("course")
def test_the_folder_of_something_else_stays_as_it_is(own: Path) -> None:
    """Who names it by mistake learns what to write."""
    own.mkdir()
    (own / "thesis.txt").touch()

    with pytest.raises(RequestError, match=r"has other files. Name a new folder: .*lessons"):
        lines(own)
    assert contents(own).keys() == {"thesis.txt"}


@pytest.mark.usefixtures("course")
def test_an_empty_folder_and_one_with_hidden_files_are_fine(own: Path) -> None:
    """Such as those that file managers write."""
    own.mkdir()
    (own / ".DS_Store").touch()

    assert "Copied" in lines(own)


@pytest.mark.usefixtures("course")
def test_bad_folders_and_ports_are_reported_on_one_line(shell: Shell) -> None:
    """With what to do."""
    shell.write("note.txt", "")

    assert "note.txt isn't a folder." in one_line(shell("lab", "note.txt", "--no-start"))
    assert "Not a directory" in one_line(shell("lab", "note.txt/lessons", "--no-start"))
    assert "--color" in one_line(shell("lab", "--color"))
    assert "99999 isn't a port." in one_line(shell("lab", "mine", "--port", "99999"))


@pytest.mark.usefixtures("course")
def test_jupyterlab_opens_the_folder_with_the_settings(shell: Shell, jupyterlab: list[Any]) -> None:
    """In its own folder, so that it shows the lessons and nothing else."""
    result = shell("lab", "mine", "--port", "9000", "--no-browser")

    settings = Path(notebooks.__file__).with_name("jupyter_lab_config.py")
    assert result.status == 0
    assert jupyterlab == [
        (shell.folder / "mine", [f"--config={settings}", "--port=9000", "--no-browser"])
    ]
    assert Path.cwd() == shell.folder
    assert result.out.endswith("Ctrl+C stops it.\n")


@pytest.mark.usefixtures("course")
def test_the_lessons_are_in_the_home_folder_unless_another_one_is_named(
    shell: Shell, jupyterlab: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So tomorrow, in whatever folder, the same command finds today's progress."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(shell.folder / "home"))
    shell("lab")

    assert jupyterlab[0][0] == shell.folder / "home" / "iamlab-lessons"


@pytest.mark.usefixtures("course")
def test_nothing_is_copied_where_jupyterlab_is_missing(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First of all it is installed; other editors don't need it."""
    hide("jupyterlab", monkeypatch)

    assert 'pip install "iamlab[lab]"' in one_line(shell("lab", "mine"))
    assert not (shell.folder / "mine").exists()
    assert shell("lab", "mine", "--no-start").status == 0
    assert (shell.folder / "mine" / FIRST).exists()
