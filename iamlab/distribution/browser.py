"""Progress in the browser edition: taken along to another browser or computer.

A browser keeps the progress file in its own storage, which is gone when somebody clears it. So
``progress()`` also shows a card that saves the file, and takes one from elsewhere.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from IPython import display as notebook

from iamlab.display import count
from iamlab.errors import LoadError
from iamlab.teach import journal
from iamlab.teach.course import Progress, course_map, import_progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LARGEST = 10_000_000
"""The most characters of a file; a course has a few hundred thousand."""


def add_progress(text: str) -> str:
    """Add the progress in the text of a file; return what happened.

    Nothing is lost: records are only added, and a copy of the file as it was is kept beside it. A
    file that isn't progress changes nothing, so it is first added to a copy.

    Examples
    --------
    >>> add_progress("no progress")
    "uploaded.jsonl, line 1: This isn't a record of iamlab's progress file. Nothing was imported."
    """
    if len(text) > LARGEST:
        return f"The file has more than {count(LARGEST, 'character')}. Nothing was imported."
    with TemporaryDirectory() as folder:
        uploaded = Path(folder, "uploaded.jsonl")
        uploaded.write_text(text, "utf-8", errors="replace")
        try:
            with _copied(Path(folder, "copy.jsonl")):
                import_progress(uploaded)
                Progress(course_map())._repr_html_()
            if journal.path().exists():
                copyfile(journal.path(), f"{journal.path()}.before-upload")
            message = str(import_progress(uploaded))
        except LoadError as error:
            message = str(error)
        except Exception:  # noqa: BLE001 - a record from outside can have anything in its fields
            message = "The file has records that can't be read. Nothing was imported."
        return message.replace(f"{folder}{os.sep}", "")


@contextmanager
def _copied(file: Path) -> Iterator[None]:
    """Work with a copy of the progress file for a while."""
    if journal.path().exists():
        copyfile(journal.path(), file)
    before = os.environ.get("IAMLAB_PROGRESS")
    os.environ["IAMLAB_PROGRESS"] = str(file)
    try:
        yield
    finally:
        del os.environ["IAMLAB_PROGRESS"]
        os.environ.update({} if before is None else {"IAMLAB_PROGRESS": before})


class ProgressCard(anywidget.AnyWidget):
    """Two buttons: save the progress file on the computer, and add one from there."""

    _esm = Path(__file__).with_name("progress_card.js")
    name = traitlets.Unicode().tag(sync=True)
    lines = traitlets.Unicode().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        super().__init__(name=journal.path().name, lines=_lines())
        self.on_msg(self._sent)

    def _sent(self, _: object, content: Mapping[str, Any], __: object) -> None:
        self.message = add_progress(str(content.get("text")))
        self.lines = _lines()


def _lines() -> str:
    return journal.as_lines(journal.records()).decode()


def show_card() -> None:
    """Show the card below a cell."""
    show: Any = notebook.display
    show(ProgressCard())
