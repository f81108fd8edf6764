"""Marks of submissions: each answer is checked again, policies and edits in hidden worlds too.

Answers are data. The processes that check them keep the worlds that they have built, so the
exercises of a class are built once for each variant.
"""

from __future__ import annotations

import json
import math
import re
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import chain, count, product
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from iamlab import display
from iamlab.classroom.submissions import LIMITS
from iamlab.errors import IamLabError, RequestError
from iamlab.teach.exercises import Mark
from iamlab.teach.lesson import lesson_of, other_names, own_lessons, seed_of
from iamlab.teach.tables import find
from iamlab.teach.write import Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.classroom.course import Course
    from iamlab.classroom.submissions import Record, Submission
    from iamlab.teach.lesson import Lesson

SECONDS = 20
"""How much time of a processor the attempts of a student at one exercise can need."""
FEW = 200
"""So few records are checked in this process."""
ANOTHER_FORM = "The answer doesn't have the form that the exercise asks for."
TOO_LONG = f"The check was stopped: it needs more than {SECONDS} seconds."
ENDED = "A process that marks answers has ended, at exercise {} or one of the next."
ELSEWHERE = "Right with the names of your world, but wrong if {}. {}"
HIDDEN, ORDERED = ("write", "repair", "design", "sequence"), ("predict", "explain")
"""The kinds of exercises that have hidden worlds, and those with requests in a student's order."""


@dataclass(slots=True)
class Marked:
    """One exercise of one student, filled in by the checks.

    Parameters
    ----------
    points, max
        1 if an answer is right, or the course's part of a point if it is late; and 1.
    attempts, hints
        How many the records have.
    beliefs
        The misconceptions of wrong attempts before the answer that counts: ``("M05",)``.
    seconds
        The time of all attempts until the answer that counts.
    version
        The version of iamlab that recorded the answer that counts.
    correct
        Whether the answer that counts is right.
    counterexample
        What is wrong with the last answer; empty if an answer is right.
    late
        Whether the right answer is later than the lesson's date.
    answer
        The answer that counts: the first right one, else the last one, as data.
    hidden
        Whether the answer is right in the student's own world, and fails in a hidden one.
    """

    student: str
    exercise: str
    points: float = 0.0
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


class _TooLongError(BaseException):
    """Nothing that handles errors stops it."""


def mark_all(
    submissions: Iterable[Submission], course: Course, *, progress: bool = True
) -> list[Marked]:
    """Mark all exercises of a course's lessons, sorted by student and exercise.

    Parameters
    ----------
    progress
        Whether to show a progress bar on standard error.

    Raises
    ------
    RequestError
        A process that marks answers has ended, for example because there isn't enough memory.
    """
    numbers = [number for own in course.lessons for number in own_lessons()[own].exercises]
    groups: dict[tuple[str, int], list[Submission]] = {}
    for number, own in product(numbers, submissions):
        part = own._replace(records=[r for r in own.records if r["exercise"] == number])
        groups.setdefault((number, _shared(number, seed_of(own.student))), []).append(part)
    works = [(number, group) for (number, _), group in groups.items()]
    done = _all_done(works, replace(course, roster={}))
    done = display.steps(done, "marking", len(works)) if progress else done
    return sorted(chain.from_iterable(done), key=lambda m: (m.student, numbers.index(m.exercise)))


# -- checks, in processes of their own ------------------------------------------------------------


def _all_done(works: list[tuple[str, list[Submission]]], course: Course) -> Iterator[list[Marked]]:
    """Yield the marks of an exercise for each group of students with the same seed."""
    if sum(len(own.records) for _, group in works for own in group) <= FEW:
        yield from (_done(*work, course) for work in works)
        return
    # Other threads, such as those of a notebook's kernel, forbid the usual way on Linux.
    with ProcessPoolExecutor(mp_context=get_context("spawn"), initializer=_without_bars) as pool:
        jobs = [pool.submit(_done, *work, course) for work in works]
        for (number, _), job in zip(works, jobs, strict=True):
            try:
                yield job.result()
            except BrokenProcessPool as error:
                raise RequestError(ENDED.format(number)) from error


def _without_bars() -> None:
    display.PATIENCE = math.inf


def _done(number: str, group: list[Submission], course: Course) -> list[Marked]:
    return [_marked(number, own, course) for own in group]


def _marked(number: str, own: Submission, course: Course) -> Marked:
    """Check attempts until one is right; those in worlds for practising again don't count."""
    every = (record for record in own.records if record["kind"] == "attempt")
    tries = [record for record in every if int(record.get("seed", 0)) >= 0][-LIMITS["attempts"] :]
    hints = sum(record["kind"] == "hint" for record in own.records)
    mark = Marked(own.student, number, attempts=len(tries), hints=hints)
    with suppress(_TooLongError), _limited():
        for record in tries:
            mark.counterexample = TOO_LONG  # until the check is at its end
            _check(mark, record, course)
            if mark.correct:
                mark.late = _is_late(record["time"], course.due[lesson_of(number).number])
                mark.points = course.late if mark.late else 1.0
                break
    return mark


def _check(mark: Marked, record: Record, course: Course) -> None:
    """Check one attempt, and write what is found into the mark."""
    mark.version, mark.answer, spent = record["version"], record.get("given"), record.get("seconds")
    if isinstance(spent, int | float) and 0 <= spent < 1e6:
        mark.seconds = round(mark.seconds + spent, 1)
    own = mark.exercise, _shared(mark.exercise, seed_of(mark.student))
    found = _mark(*own, mark.answer)
    hidden = course.hidden_seeds(mark.exercise) if course.key else ()
    fault = _fault_elsewhere(*own, hidden, mark.answer) if found.correct else ""
    mark.correct, mark.hidden = found.correct and not fault, bool(fault)
    mark.counterexample = fault or found.counterexample
    mark.beliefs = tuple(sorted({*mark.beliefs, found.belief} - {""}))


def _is_late(time: str, due: datetime | None) -> bool:
    with suppress(ValueError):
        when = datetime.fromisoformat(time)
        return due is not None and when.replace(tzinfo=when.tzinfo or UTC) > due
    return False


def _limited() -> ExitStack:
    """Stop after some seconds, where the system has such a signal (Windows hasn't)."""
    limit = ExitStack()
    with suppress(AttributeError, ValueError):  # another system, or another thread
        limit.callback(signal.signal, signal.SIGPROF, signal.signal(signal.SIGPROF, _stop))
        limit.callback(signal.setitimer, signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_PROF, SECONDS, 1)
    return limit


def _stop(*_: Any) -> None:
    raise _TooLongError


@cache
def _shared(number: str, seed: int) -> int:
    """Return the seed that stands for all seeds with the same exercise, which is checked once."""
    lesson = lesson_of(number)
    variant, table = lesson.exercise(number, seed)
    if table["kind"] in ORDERED or _has_incident(lesson):
        return seed
    return _first.setdefault((number, variant, *lesson.names(seed).values()), seed)


_first: dict[tuple[str, ...], int] = {}
"""The first seed that was met, for each exercise, variant and names."""


def _has_incident(lesson: Lesson) -> bool:
    return any("incident" in own for own in lesson.worlds.values())


def _mark(number: str, seed: int, answer: Any) -> Mark:
    task = find(number, seed)
    try:
        # Many policies differ only in their Sids, and an answer is checked only once.
        plain = task.data(answer, task.world()) if isinstance(task, Write) else answer
        mark = task.mark(plain)
        return mark if mark.correct else task.mark(answer)
    except Exception as error:  # noqa: BLE001 - a stranger's answer
        text = str(error) if isinstance(error, IamLabError) else ANOTHER_FORM
        return Mark(correct=False, true_part="", counterexample=text)


def _fault_elsewhere(number: str, seed: int, hidden: tuple[int, ...], answer: Any) -> str:
    """Return what is wrong with an answer in a hidden world; empty if nothing is."""
    lesson = lesson_of(number)
    for other in _hidden(number, seed, hidden):
        mark = _mark(number, other, translated(answer, lesson, seed, other))
        if not mark.correct:
            text, values = mark.counterexample, (lesson.names(n).values() for n in (seed, other))
            names = dict(zip(*values, strict=True)) | other_names(other)
            pairs = [own for own in names.items() if own[0].islower() and own[1] in text]
            shown = " and ".join(f"{old.strip('-')} is {new.strip('-')}" for old, new in pairs)
            return ELSEWHERE.format(shown, text)
    return ""


@cache
def _hidden(number: str, seed: int, hidden: tuple[int, ...]) -> list[int]:
    """Return the seeds of hidden worlds in which an answer for a seed can be right.

    They have the same variant. A lesson with an incident has none: each seed is another incident.
    """
    lesson = lesson_of(number)
    variant, table = lesson.exercise(number, seed)
    if table["kind"] not in HIDDEN or _has_incident(lesson):
        return []
    downwards = (count(own, -1) for own in hidden)
    return [next(n for n in own if lesson.exercise(number, n)[0] == variant) for own in downwards]


def translated(answer: Any, lesson: Lesson, seed: int, other: int) -> Any:
    """Return an answer with the names that another seed has in place of a seed's.

    Examples
    --------
    >>> lesson = lesson_of("2.1")
    >>> translated(["alice", "read"], lesson, 7, -1)
    ['erin', 'read']
    """
    slots = {value: f"{{{name}}}" for name, value in lesson.names(seed).items()}
    longest_first = "|".join(map(re.escape, sorted(slots, key=len, reverse=True))) or "(?!)"
    word = rf"(?<![A-Za-z0-9])({longest_first})(?![A-Za-z0-9])"
    text = re.sub(word, lambda found: slots[found[1]], json.dumps(answer, ensure_ascii=False))
    return lesson.named(json.loads(text), other)
