"""Marks of submissions: each answer is checked again, policies and edits in hidden worlds too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.display import steps
from iamlab.errors import IamLabError
from iamlab.teach.lesson import own_lessons, seed_of
from iamlab.teach.tables import find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.classroom.course import Course
    from iamlab.classroom.submissions import Submission


@dataclass(frozen=True, slots=True)
class Marked:
    """One exercise of one student.

    Parameters
    ----------
    points, max
        1 if an answer is right, else 0; and 1.
    attempts, hints
        How many the records have.
    beliefs
        The misconceptions of the wrong attempts: ``("M05",)``.
    seconds
        The time of all attempts until the one that counts.
    version
        The version of iamlab that recorded the answer that counts; the last one if none is right.
    correct
        Whether the answer that counts is right.
    counterexample
        What is wrong with the last answer; empty if an answer is right.
    late
        Whether the answer that counts is later than the lesson's date.
    answer
        The answer that counts, or the last one, as data.
    hidden
        Whether the answer fails only in a hidden world.
    """

    student: str
    exercise: str
    points: float
    max: float = 1.0
    attempts: int = 0
    hints: int = 0
    beliefs: tuple[str, ...] = ()
    seconds: float = 0.0
    version: str = ""
    correct: bool = False
    counterexample: str = ""
    late: bool = False
    answer: Any = None
    hidden: bool = False


def mark_all(
    submissions: Iterable[Submission], course: Course, *, progress: bool = True
) -> list[Marked]:
    """Mark all exercises of a course's lessons, sorted by student and exercise.

    Parameters
    ----------
    progress
        Whether to show a progress bar on standard error.
    """
    numbers = [number for own in course.lessons for number in own_lessons()[own].exercises]
    done = [_marked(own, number) for own in submissions for number in numbers]
    return [*steps(done, "marking")] if progress else done


def _marked(submission: Submission, number: str) -> Marked:
    own = [record for record in submission.records if record.get("exercise") == number]
    tries = [record for record in own if record.get("kind") == "attempt"]
    hints = sum(record.get("kind") == "hint" for record in own)
    task, beliefs = find(number, seed_of(submission.student)), set[str]()
    for record in tries:
        try:
            mark = task.mark(record.get("given"))
        except IamLabError:
            continue
        if mark.correct:
            counts = len(tries), hints, tuple(sorted(beliefs))
            return Marked(submission.student, number, 1.0, 1.0, *counts, correct=True)
        beliefs |= {mark.belief} - {""}
    return Marked(submission.student, number, 0.0, 1.0, len(tries), hints, tuple(sorted(beliefs)))
