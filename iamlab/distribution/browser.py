"""Progress in the browser edition: taken along to another browser or computer.

A browser keeps the progress file in its own storage, which is gone when somebody clears it. So
``progress()``, whose report has a link that downloads the file, also shows a card that uploads it.
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
from IPython import get_ipython

from iamlab.display import count
from iamlab.errors import LoadError
from iamlab.teach import journal
from iamlab.teach.course import Progress, course_map, import_progress
from iamlab.widgets import card

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILE = "uploaded file"
CHOOSE = f"Choose the {journal.FILE} that you downloaded."
LARGEST = 10_000_000
"""The most characters of a file; a course has a few hundred thousand."""


def add_progress(text: str, name: str = FILE) -> str:
    """Add the progress in the text of a file with a name; return what happened.

    Nothing is lost: records are only added, and a copy of the file as it was is kept beside it. A
    file that isn't progress changes nothing, so it is first added to a copy.

    Examples
    --------
    >>> add_progress("no progress").partition(". ")[0]
    "uploaded file, line 1: This isn't a record of iamlab's progress file"
    """
    if len(text) > LARGEST:
        return f"{name} has more than {count(LARGEST, 'character')}. Nothing was imported. {CHOOSE}"
    with TemporaryDirectory() as folder:
        uploaded = Path(folder, "uploaded")
        uploaded.write_text(text, "utf-8", errors="replace")
        try:
            with _copied(Path(folder, "copy.jsonl")):
                import_progress(uploaded)
                Progress(course_map())._repr_html_()
            if journal.path().exists():
                copyfile(journal.path(), f"{journal.path()}.before-upload")
            message = f"{import_progress(uploaded)} Run this cell again to see all your progress."
        except LoadError as error:
            message = f"{error} {CHOOSE}"
        except Exception:  # noqa: BLE001 - a record from outside can have anything in its fields
            message = f"{uploaded} can't be read. Nothing was imported. {CHOOSE}"
        return message.replace(str(uploaded), name)


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
    """A button that adds the progress in a file on the computer."""

    _esm = Path(__file__).with_name("progress_card.js")
    _css = Path(card.__file__).with_name("card.css")
    message = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self.on_msg(self._sent)

    def _sent(self, _: object, content: Mapping[str, Any], __: object) -> None:
        self.message = add_progress(str(content.get("text")), str(content.get("name")))


def show_card() -> None:
    """Show the card below the outputs of the cell that runs."""
    shell: Any = get_ipython()

    def show() -> None:
        shell.events.unregister("post_execute", show)
        notebook.display(ProgressCard())  # type: ignore[no-untyped-call]

    shell.events.register("post_execute", show)
