"""The course: its lessons with the learner's state in each, and where to go on."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from iamlab.display import count
from iamlab.tables import tables
from iamlab.teach import journal
from iamlab.teach.lesson import lessons
from iamlab.teach.schedule import History
from iamlab.view.cards.card import boxed
from iamlab.view.cells import Link
from iamlab.view.html import html_table
from iamlab.view.style import good, silent
from iamlab.view.tables import Table

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from iamlab.teach.lesson import Lesson
    from iamlab.view.style import Look

SOLVED, NOT_YET, NOT_TRIED = good("solved"), silent("not yet", "↻"), silent("not tried", "–")
MASTERED, PARTLY, DONE = good("mastered"), silent("partly", "↻"), good("done")
OBJECTIVE = {NOT_TRIED: {NOT_TRIED}, MASTERED: {MASTERED}, SOLVED: {SOLVED, MASTERED}}
"""The states of an objective, and those of its exercises; with any others, it is partly done."""

IN_PREPARATION = silent("in preparation", "…")

KEY = "✓ done, ↻ begun, – not tried, … in preparation"
_TABLES = tables(__file__)
PLANNED = {number: text.split(" | ") for number, text in _TABLES["lessons"].items()}
"""The title and the minutes of lessons that have no file yet."""


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


@dataclass(frozen=True, slots=True)
class LessonState:
    """What a learner has done in a lesson.

    Parameters
    ----------
    file
        The name of its notebook; empty if the lesson is in preparation.
    objectives
        Each with the numbers of its exercises, and its state: mastered if they are all mastered.
    """

    number: str
    title: str
    minutes: int
    file: str = ""
    exercises: tuple[ExerciseState, ...] = ()
    objectives: tuple[tuple[str, str, Look], ...] = ()

    def link(self, words: str) -> Link:
        """Return a link to the notebook, if it is beside the one that runs."""
        return Link(words, self.file if self.file and Path(self.file).exists() else "")

    @property
    def look(self) -> Look:
        """The state of the whole lesson."""
        if not self.file:
            return IN_PREPARATION
        of, tried = len(self.exercises), [own for own in self.exercises if own.attempts]
        right = sum(own.is_solved for own in tried)
        if not tried:
            return NOT_TRIED
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
        """All lessons by number, those in preparation included."""
        kinds = Counter((str(own.get("exercise")), own.get("kind")) for own in self.records)
        right = {str(own.get("exercise")) for own in self.records if own.get("correct") is True}
        found = {
            number: LessonState(number, title, int(minutes))
            for number, (title, minutes) in PLANNED.items()
        }
        found |= {number: _state(own, kinds, right) for number, own in lessons().items()}
        return dict(sorted(found.items()))

    @cached_property
    def met(self) -> list[str]:
        """The lessons with records; the latest is the last."""
        numbers = (
            str(own.get("lesson") or own.get("exercise")).partition(".")[0].zfill(2)
            for own in reversed(self.records)
        )
        return [number for number in dict.fromkeys(numbers) if number in self.lessons][::-1]

    @property
    def next(self) -> tuple[LessonState, ExerciseState] | None:
        """The first exercise not solved in the latest lesson, then in those after it."""
        order = list(self.lessons)
        start = order.index(self.met[-1]) if self.met else 0
        numbers = order[start:] + order[:start]
        every = (
            (self.lessons[own], task) for own in numbers for task in self.lessons[own].exercises
        )
        return next((found for found in every if not found[1].is_solved), None)

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
        rows = (
            (own.number, own.link(own.title), own.minutes, own.look)
            for own in self.lessons.values()
        )
        return Table.of("Lessons", "number, lesson, minutes, state", rows)

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
        return boxed(
            f"<p><strong>{link.html()}</strong>{escape(rest)}</p>{whole}"
            f"<p><strong>Paths by goal</strong> ({KEY})</p><ul>{paths}</ul>"
        )

    def _path(self, goal: str) -> str:
        """Write a path as HTML, with a link to each lesson and the state of it."""
        own = [self.lessons[number] for number in _TABLES["paths"][goal].split()]
        hours = count(round(sum(lesson.minutes for lesson in own) / 60), "hour")
        steps = (lesson.link(f"{lesson.look.symbol}\xa0{lesson.number}") for lesson in own)
        path = " · ".join(step.html() for step in steps)
        return f"<li>{escape(goal)}: {hours}<br>{path}</li>"


def _state(
    lesson: Lesson, kinds: Counter[tuple[str, object]], right: Collection[str]
) -> LessonState:
    exercises, objectives = {}, []
    for number, table in lesson.exercises.items():
        attempts, hints = kinds[number, "attempt"], kinds[number, "hint"]
        worlds = min(sum(journal.again(number).values()), journal.ENOUGH) if attempts else 0
        look = SOLVED if number in right else NOT_YET if attempts else NOT_TRIED
        look = MASTERED if worlds == journal.ENOUGH else look
        title = str(lesson.named(table.get("title", "")))
        exercises[number] = ExerciseState(number, title, look, attempts, hints, worlds)
    for objective in lesson.objectives:
        looks = {exercises[own].look for own in objective.exercises if own in exercises}
        look = next((own for own, those in OBJECTIVE.items() if looks <= those), PARTLY)
        objectives.append((objective.text, " ".join(objective.exercises), look))
    minutes, file = int(lesson.content.get("minutes", 0)), lesson.file.with_suffix(".ipynb").name
    done = tuple(exercises.values()), tuple(objectives)
    return LessonState(lesson.number, lesson.title, minutes, file, *done)


def course_map() -> Course:
    """Show all lessons with your state, the paths by goal, and where you left off.

    Examples
    --------
    >>> course_map().lessons["02"].title
    'Deny wins'
    """
    return Course(journal.records())
