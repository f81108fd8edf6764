"""The learner's state in the course: the map of its lessons, the report, and the progress file."""

from __future__ import annotations

import base64
import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab import view
from iamlab.display import count, offer_upload
from iamlab.errors import LoadError
from iamlab.tables import tables
from iamlab.teach import journal
from iamlab.teach.exercises import Feedback
from iamlab.teach.lesson import lessons
from iamlab.teach.recognition import beliefs_met
from iamlab.teach.schedule import History
from iamlab.view.cards.card import boxed
from iamlab.view.cells import BUTTON, Link
from iamlab.view.html import html_table
from iamlab.view.style import good, silent
from iamlab.view.tables import Table
from iamlab.widgets.controls import fold
from iamlab.widgets.prediction import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import pandas as pd

    from iamlab.teach.lesson import Lesson
    from iamlab.view.figure import Figure
    from iamlab.view.style import Look

SOLVED, NOT_YET, NOT_TRIED = good("solved"), silent("not yet", "↻"), silent("not tried", "–")
MASTERED, PARTLY, DONE = good("mastered"), silent("partly", "↻"), good("done")
_OBJECTIVE = {NOT_TRIED: {NOT_TRIED}, MASTERED: {MASTERED}, SOLVED: {SOLVED, MASTERED}}
"""The states of an objective, and those of its exercises; with any others, it is partly done."""

NO_EXERCISES, OVERCOME, MET = silent("no exercises", "·"), good("overcome"), silent("met", "↻")
ALWAYS = ("time", "version", "kind")
"""The fields of every record."""
LARGEST_LINK = 1_000_000
"""The size of the largest file, in bytes, that the report has a link for: notebooks keep it."""

KEY = "✓ done, ↻ begun, – not tried, · no exercises"
_TABLES = tables(__file__)


class ExerciseState(NamedTuple):
    """What a learner has done in an exercise.

    Parameters
    ----------
    worlds
        In how many new worlds the first answer was right; with three, the exercise is mastered.
    """

    number: str
    title: str
    look: Look
    attempts: int
    hints: int
    worlds: int

    @property
    def is_solved(self) -> bool:
        """Whether an attempt was right."""
        return self.look in (SOLVED, MASTERED)


class LessonState(NamedTuple):
    """What a learner has done in a lesson.

    Parameters
    ----------
    exam
        The exam tasks that it covers.
    file
        The name of its notebook.
    objectives
        Each with the numbers of its exercises, and its state: mastered if they are all mastered.
    """

    number: str
    title: str
    minutes: int
    exam: str
    file: str
    exercises: tuple[ExerciseState, ...] = ()
    objectives: tuple[tuple[str, str, Look], ...] = ()

    def link(self, words: str) -> Link:
        """Return a link to the notebook, if it is beside the one that runs."""
        return Link(words, self.file if Path(self.file).exists() else "")

    @property
    def look(self) -> Look:
        """The state of the whole lesson."""
        if not self.exercises:
            return NO_EXERCISES
        if not any(own.attempts for own in self.exercises):
            return NOT_TRIED
        right, of = sum(own.is_solved for own in self.exercises), len(self.exercises)
        return DONE if right == of else silent(f"{right} of {of} solved", "↻")


@dataclass(frozen=True)
class Course:
    """The lessons with a learner's state, the paths by goal, and where the learner left off.

    Parameters
    ----------
    records
        The progress from which the state is computed.
    """

    records: Sequence[journal.Record]

    @cached_property
    def lessons(self) -> dict[str, LessonState]:
        """All lessons by number."""
        kinds = Counter((str(own.get("exercise")), own.get("kind")) for own in self.records)
        right = {str(own.get("exercise")) for own in self.records if own.get("correct") is True}
        return {own.number: _state(own, kinds, right) for own in lessons().values()}

    @cached_property
    def met(self) -> list[str]:
        """The lessons with records; the latest is the last."""
        homes = (str(own.get("lesson") or own.get("exercise")) for own in reversed(self.records))
        numbers = dict.fromkeys(home.partition(".")[0].zfill(2) for home in homes)
        return [number for number in numbers if number in self.lessons][::-1]

    @property
    def next(self) -> tuple[LessonState, ExerciseState] | None:
        """The first exercise not solved in the latest lesson, then in those after it."""
        every = list(self.lessons.values())
        start = list(self.lessons).index(self.met[-1]) if self.met else 0
        tasks = ((own, task) for own in every[start:] + every[:start] for task in own.exercises)
        return next((found for found in tasks if not found[1].is_solved), None)

    @property
    def advice(self) -> tuple[Link, str]:
        """What to do next: a link, and the rest of the sentence."""
        if self.next is None:
            return Link("You have solved every exercise."), self._due()
        lesson, exercise = self.next
        words = f"{'Continue' if self.records else 'Begin'} with exercise {exercise.number}"
        rest = f": {exercise.title}, in {lesson.number} {lesson.title}.{self._due()}"
        return lesson.link(words), rest

    def _due(self) -> str:
        """Return a sentence about the topics that are due, if there are any."""
        with suppress(ModuleNotFoundError):  # without fsrs, no topic is ever due
            if topics := History().is_due():
                number = count(len(topics), "topic is", "topics are")
                return f" {number} due today: review() asks you again."
        return ""

    @property
    def table(self) -> Table:
        """The lessons as a table."""
        every = self.lessons.values()
        rows = ((own.number, own.link(own.title), own.minutes, own.exam, own.look) for own in every)
        return Table.of("Lessons", "number, lesson, minutes, exam tasks, state", rows)

    def __str__(self) -> str:
        paths = (f"{goal}: {numbers}" for goal, numbers in _TABLES["paths"].items())
        advice = "".join(map(str, self.advice))
        return "\n".join([advice, "", self.table.as_text(), "", "Paths by goal", *paths])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        link, rest = self.advice
        table = self.table
        whole = html_table(table.caption, table.columns, table.rows, longest=len(table))
        paths = "".join(map(self._path, _TABLES["paths"]))
        lessons = f"<p><strong>{link.html()}</strong>{escape(rest)}</p>{whole}"
        return boxed(f"{lessons}<p><strong>Paths by goal</strong> ({KEY})</p><ul>{paths}</ul>")

    def _path(self, goal: str) -> str:
        """Write a path as HTML, with a link to each lesson and the state of it."""
        own = [self.lessons[number] for number in _TABLES["paths"][goal].split()]
        hours = count(round(sum(lesson.minutes for lesson in own) / 60), "hour")
        steps = (lesson.link(f"{lesson.look.symbol}\xa0{lesson.number}") for lesson in own)
        return f"<li>{escape(goal)}: {hours}<br>{' · '.join(step.html() for step in steps)}</li>"


def _state(lesson: Lesson, kinds: Counter[Any], right: Collection[str]) -> LessonState:
    exercises, objectives = {}, []
    for number, table in lesson.exercises.items():
        attempts, hints = kinds[number, "attempt"], kinds[number, "hint"]
        worlds = min(sum(journal.again(number).values()), journal.ENOUGH) if attempts else 0
        look = SOLVED if number in right else NOT_YET if attempts else NOT_TRIED
        look = MASTERED if worlds == journal.ENOUGH else look
        title = str(lesson.named(table.get("title", "")))
        exercises[number] = ExerciseState(number, title, look, attempts, hints, worlds)
    for text, tests in lesson.objectives.items():
        looks = {exercises[own].look for own in tests if own in exercises}
        look = next((own for own, those in _OBJECTIVE.items() if looks <= those), PARTLY)
        objectives.append((text, " ".join(tests), look))
    minutes, file = int(lesson.content.get("minutes", 0)), lesson.file.with_suffix(".ipynb").name
    exam, done = ", ".join(lesson.exam), (tuple(exercises.values()), tuple(objectives))
    return LessonState(lesson.number, lesson.title, minutes, exam, file, *done)


def course_map() -> Course:
    """Show all lessons with your state, the paths by goal, and where you left off.

    Examples
    --------
    >>> course_map().lessons["02"].title
    'Deny wins'
    """
    return Course(journal.records())


# -- the report -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """What a learner has solved, and how well confidence and correctness agree."""

    course: Course

    @property
    def answers(self) -> list[tuple[str, bool]]:
        """How sure the learner was of each first answer, and whether it was right."""
        first = journal.first_answers(self.course.records)
        levels = ((own.get("confidence"), own.get("correct") is True) for own in first)
        return [(level, right) for level, right in levels if level in CONFIDENCE]

    @property
    def calibration(self) -> Figure:
        """How often first answers are right, by how sure the learner was."""
        return view.calibration(self.answers)

    def to_frame(self) -> pd.DataFrame:
        """Return the exercises as a table."""
        return _table(*self.course.lessons.values()).to_frame()

    def __str__(self) -> str:
        name = journal.path().name
        if not self.course.records:
            return f"Nothing yet. Your answers will be saved in {name}, on this computer."
        lines = ["".join(map(str, self.course.advice))]
        for heading, lesson, parts in self._sections():
            lines += ["", heading]
            if lesson in ("", *self.course.met):
                lines += map(str, parts)
        return "\n".join([*lines, "", f"Saved in {name}, on this computer only."])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if not self.course.records:
            return boxed(f"<p>{escape(str(self))}</p>")
        link, rest = self.course.advice
        found = [f"<p><strong>{link.html()}</strong>{escape(rest)}</p>"]
        for heading, lesson, parts in self._sections():
            inner = "".join(part._repr_html_() for part in parts)
            found.append(fold(heading, inner, is_open=[lesson] == self.course.met[-1:]))
        return boxed(f"{''.join(found)}<p>{self._file()}</p>")

    def _sections(self) -> Iterator[tuple[str, str, list[Table | Figure]]]:
        """Yield each part of the report: its heading, the lesson, tables and figures."""
        for lesson in self.course.lessons.values():
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
        name = escape(journal.path().name)
        text = f"Saved in {name}, on this computer only."
        content = journal.as_lines(self.course.records)
        if len(content) > LARGEST_LINK:
            return f"{text} export_progress(path) copies it."
        url = f"data:application/x-ndjson;base64,{base64.b64encode(content).decode()}"
        return f'{text} <a style="{BUTTON}" download="{name}" href="{url}">Download progress</a>'


def _table(*lessons: LessonState) -> Table:
    """Return the exercises of lessons as a table."""
    rows = (own for lesson in lessons for own in lesson.exercises)
    return Table.of("Exercises", "exercise, title, state, attempts, hints, new worlds", rows)


def progress() -> Progress:
    """Show what you have tried and solved, how sure you were, and what to do next.

    For the confidence only the first answer to each question counts: later, you know the verdict.

    Examples
    --------
    >>> from contextlib import chdir
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, chdir(folder):
    ...     print(progress())
    Nothing yet. Your answers will be saved in iamlab_progress.jsonl, on this computer.
    """
    offer_upload()
    return Progress(course_map())


# -- progress on another computer ------------------------------------------------------------


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

    Examples
    --------
    >>> from contextlib import chdir
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, chdir(folder):
    ...     print(export_progress("everything.jsonl"))
    0 records saved in everything.jsonl.
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

    Examples
    --------
    >>> from contextlib import chdir
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, chdir(folder):
    ...     _ = export_progress("everything.jsonl")
    ...     print(import_progress("everything.jsonl"))
    0 records added from everything.jsonl. 0 were here already.
    """
    try:
        lines = Path(path).read_bytes().splitlines()
    except OSError as error:
        raise LoadError(f"{path} can't be read: {error.strerror}.") from error
    found = [_record(line, f"{path}, line {n}") for n, line in enumerate(lines, 1) if line.strip()]
    as_text = partial(json.dumps, sort_keys=True)
    missing = Counter(map(as_text, found)) - Counter(map(as_text, journal.records()))
    journal.keep(map(json.loads, missing.elements()))
    new = missing.total()
    text = f"{count(new, 'record')} added from {path}. {len(found) - new} were here already."
    return Feedback(None, (text,))


def _record(line: bytes, place: str) -> journal.Record:
    """Read one line of a progress file; it has the fields that a record always has."""
    with suppress(ValueError, RecursionError):
        record = json.loads(line)
        if isinstance(record, dict) and all(isinstance(record.get(key), str) for key in ALWAYS):
            return record
    text = "This isn't a record of iamlab's progress file. Nothing was imported."
    raise LoadError(f"{place}: {text}")
