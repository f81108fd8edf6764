"""What a learner has tried and solved, from the progress file, and that file as one to carry."""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from iamlab import view
from iamlab.display import count
from iamlab.errors import LoadError
from iamlab.teach import journal
from iamlab.teach.course import Course, course_map
from iamlab.teach.marks import Feedback
from iamlab.teach.recognition import beliefs_met
from iamlab.view.cards.card import boxed
from iamlab.view.cells import LINK
from iamlab.view.style import good, silent
from iamlab.view.tables import Table
from iamlab.widgets.controls import fold
from iamlab.widgets.prediction import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from iamlab.teach.course import LessonState
    from iamlab.view.figure import Figure

OVERCOME, MET = good("overcome"), silent("met", "↻")
ALWAYS = ("time", "version", "kind")
"""The fields of every record."""
LARGEST_LINK = 1_000_000
"""The size of the largest file, in bytes, that the report has a link for: notebooks keep it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a learner has solved, and how well confidence and correctness agree."""

    course: Course

    @property
    def answers(self) -> list[tuple[str, bool]]:
        """How sure the learner was of each first answer, and whether it was right."""
        first = {_question(own): own for own in reversed(self.course.records)}
        levels = ((own.get("confidence"), own.get("correct") is True) for own in first.values())
        return [(level, right) for level, right in levels if level in CONFIDENCE]

    @property
    def calibration(self) -> Figure:
        """How often first answers are right, by how sure the learner was."""
        return view.calibration(self.answers)

    def to_frame(self) -> pd.DataFrame:
        """Return the exercises as a table."""
        return _table(*self.course.lessons.values()).to_frame()

    def __str__(self) -> str:
        if not self.course.records:
            return f"Nothing yet. Your answers will be saved in {_name()}, on this computer."
        lines = ["".join(map(str, self.course.advice))]
        for heading, lesson, parts in self._sections():
            lines += ["", heading]
            if lesson in ("", *self.course.met):
                lines += map(str, parts)
        return "\n".join([*lines, "", f"Saved in {_name()}, on this computer only."])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if not self.course.records:
            return boxed(f"<p>{escape(str(self))}</p>")
        link, rest = self.course.advice
        folds = (
            fold(
                heading,
                "".join(part._repr_html_() for part in parts),
                is_open=[lesson] == self.course.met[-1:],
            )
            for heading, lesson, parts in self._sections()
        )
        advice = f"<p><strong>{link.html()}</strong>{escape(rest)}</p>"
        return boxed(f"{advice}{''.join(folds)}<p>{self._file()}</p>")

    def _sections(self) -> Iterator[tuple[str, str, list[Table | Figure]]]:
        """Yield each part of the report: its heading, the lesson, tables and figures."""
        for lesson in self.course.lessons.values():
            if lesson.file:
                heading = f"{lesson.number} {lesson.title}: {lesson.look}"
                can = Table.of("Objectives", "you can, exercises, state", lesson.objectives)
                yield heading, lesson.number, [can, _table(lesson)]
        if self.answers:
            yield "How sure you were of your first answers", "", [self.calibration]
        if met := beliefs_met(self.course.records):
            rows = [(belief, OVERCOME if over else MET) for belief, over in met]
            yield "Wrong beliefs", "", [Table.of("You answered as if", "belief, state", rows)]

    def _file(self) -> str:
        """Write where the progress file is, with a link that downloads it."""
        name = escape(_name())
        text = f"Saved in {name}, on this computer only."
        content = journal.as_lines(self.course.records)
        if len(content) > LARGEST_LINK:
            return f"{text} export_progress(path) copies it."
        address = f"data:application/x-ndjson;base64,{base64.b64encode(content).decode()}"
        link = f'<a style="{LINK}" download="{name}" href="{address}">Download your progress</a>'
        return f"{text} {link}"


def _name() -> str:
    return journal.path().name


def _table(*lessons: LessonState) -> Table:
    """Return the exercises of lessons as a table."""
    rows = (own for lesson in lessons for own in lesson.exercises)
    return Table.of("Exercises", "exercise, title, state, attempts, hints, new worlds", rows)


def progress() -> Progress:
    """Show what you have tried and solved, how sure you were, and what to do next.

    For the confidence only the first answer to each question counts: later, you know the verdict.
    """
    return Progress(course_map())


def _question(record: journal.Record) -> str:
    """Return a key for the question of a record: an exercise, or the request of a prediction."""
    names = ("kind", "exercise", "seed", "question", "verdict")
    return " ".join(str(record.get(name)) for name in names)


def export_progress(path: str | Path) -> Feedback:
    """Save your progress as one file, to take it to another computer.

    Parameters
    ----------
    path
        A new file. An existing file is never replaced.

    Raises
    ------
    LoadError
        The file exists, or it can't be written.
    """
    known = journal.records()
    try:
        with Path(path).open("xb") as stream:
            stream.write(journal.as_lines(known))
    except FileExistsError:
        raise LoadError(f"{path} exists already. Choose another name.") from None
    except OSError as error:
        raise LoadError(f"{path} can't be written: {error.strerror}.") from error
    return Feedback(None, (f"{count(len(known), 'record')} saved in {path}.",))


def import_progress(path: str | Path) -> Feedback:
    """Add the progress in a file to yours. Nothing is lost, and nothing is added twice.

    Parameters
    ----------
    path
        A file of ``export_progress``, or the progress file of another computer.

    Raises
    ------
    LoadError
        The file can't be read, or a line isn't a record. Then nothing is added.
    """
    try:
        lines = Path(path).read_bytes().splitlines()
    except OSError as error:
        raise LoadError(f"{path} can't be read: {error.strerror}.") from error
    found = [_record(line, f"{path}, line {n}") for n, line in enumerate(lines, 1) if line.strip()]
    by_text = {_text(record): record for record in found}
    missing = Counter(map(_text, found)) - Counter(map(_text, journal.records()))
    journal.keep(by_text[text] for text in missing.elements())
    new = missing.total()
    return Feedback(
        None,
        (f"{count(new, 'record')} added from {path}. {len(found) - new} were here already.",),
    )


def _text(record: journal.Record) -> str:
    return json.dumps(record, sort_keys=True)


def _record(line: bytes, place: str) -> journal.Record:
    """Read one line of a progress file; it has the fields that a record always has."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if isinstance(record, dict) and all(isinstance(record.get(key), str) for key in ALWAYS):
        return record
    text = "This isn't a record of iamlab's progress file. Nothing was imported."
    raise LoadError(f"{place}: {text}")
