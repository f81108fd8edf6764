"""Exports: questions as a file for Moodle, Canvas, Anki, a spreadsheet, a program or paper.

::

    .xml   Moodle XML, with the question type for orders that Moodle has since 4.4
    .gift  GIFT, which Moodle and others read
    .zip   QTI 1.2 for Canvas
    .apkg  a deck for Anki
    .csv   a table for spreadsheets
    .json  all values, for programs
    .html  a paper, and its key in a second file
    .pdf   the same as PDF

All but ``.csv``, ``.json`` and ``.html`` need ``iamlab[exam]``.
Every format but ``.html`` and ``.pdf`` has the key in the same file. Moodle and Canvas give a part
of the points for a part of the answer: Moodle if only right options are chosen, but too few; both
if some lines of a match are right; and all but Moodle XML if some places of an order are right.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from iamlab.errors import ExerciseError
from iamlab.exam.exports.entries import FRONT, clean, entries_of
from iamlab.model.strict_json import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from iamlab.exam.exports.entries import Entry
    from iamlab.exam.items import Item

    Writer = Callable[[list[Entry], str], dict[str, bytes]]

WRITERS = {
    "xml": "moodle.xml",
    "gift": "moodle.gift",
    "zip": "canvas.package",
    "apkg": "cards.deck",
    "csv": "tables.csv",
    "json": "tables.json",
    "html": "paper.as_html",
    "pdf": "paper.as_pdf",
}
"""What makes a format: the content of each file, by what is added to the file's name."""

__all__ = ["WRITERS", "export"]


def export(
    items: Iterable[Item], path: str | Path, *, title: str, kind: str = ""
) -> tuple[Path, ...]:
    """Write questions to a file, completely or not at all, and return the paths of the files.

    Parameters
    ----------
    items
        The questions; a quiz is several.
    path
        The file. Its ending chooses the format. A paper has a second file: ``form-key.pdf``
        beside ``form.pdf``.
    title
        What it is called in the other program, or on paper.
    kind
        The format if the ending is another one: ``"gift"`` for ``form.txt``.

    Raises
    ------
    ExerciseError
        There are no questions, the format is unknown, or a file can't be written.
    ModuleNotFoundError
        The format needs a package that isn't installed; the message has the command.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from iamlab.exam import knowledge
    >>> with TemporaryDirectory() as folder:
    ...     [file.name for file in export(knowledge(3), f"{folder}/quiz.html", title="Quiz")]
    ['quiz-key.html', 'quiz.html']
    """
    path, entries = Path(path), entries_of(items)
    if not entries:
        raise ExerciseError("There are no questions to export.")
    kind = kind or path.suffix[1:].lower()
    if kind not in WRITERS:
        raise ExerciseError(f"There is no format {kind!r}. Choose one of {', '.join(WRITERS)}.")
    name = " ".join(clean(title).split()) or FRONT
    module, _, function = WRITERS[kind].partition(".")
    write: Writer = getattr(import_module(f"{__name__}.{module}"), function)
    made = write(entries, name)
    files = {path.with_stem(path.stem + more): content for more, content in made.items()}
    for file, content in files.items():
        try:
            replace_file(file, [content], private=False)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ExerciseError(f"{file} can't be written: {reason}.") from None
    return tuple(files)
