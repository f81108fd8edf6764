"""Marks of submissions: each answer is checked again, policies and edits in hidden worlds too.

Answers are data. The processes that check them keep the worlds that they have built, so the
exercises of a class are built once for each seed.
"""

from __future__ import annotations

import math
import re
import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from iamlab import display
from iamlab.classroom.submissions import LIMITS
from iamlab.display import steps
from iamlab.errors import IamLabError
from iamlab.teach.checks import Repair
from iamlab.teach.exercises import Mark
from iamlab.teach.lesson import lesson_of, other_names, own_lessons, seed_of
from iamlab.teach.sequence import Sequence
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
"""So few answers are checked in this process."""
ANOTHER_FORM = "The answer doesn't have the form that the exercise asks for."
TOO_LONG = f"The check was stopped: it needs more than {SECONDS} seconds."
ELSEWHERE = "Right with the names of your world, but wrong if {}. {}"


@dataclass(frozen=True, slots=True)
class Marked:
    """One exercise of one student.

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


Work = tuple[str, int, tuple[int, ...], list[list[Any]]]
"""An exercise, a seed, hidden seeds, and for each student with this seed the answers."""
Result = dict[str, Any]
"""Fields of ``Marked``, and ``place``: which answer counts."""


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
    groups: dict[tuple[str, int], list[tuple[Submission, list[Record]]]] = {}
    for number, own in product(numbers, submissions):
        tries = [record for record in own.records if _is_try(record, number)][-LIMITS["attempts"] :]
        groups.setdefault((number, seed_of(own.student)), []).append((own, tries))
    works: list[Work] = [
        (
            *key,
            course.hidden_seeds(key[0]),
            [[record.get("given") for record in t] for _, t in group],
        )
        for key, group in groups.items()
    ]
    done = steps(_all_done(works), "marking", len(works)) if progress else _all_done(works)
    found = [
        _marked(own, number, tries, result, course)
        for ((number, _), group), results in zip(groups.items(), done, strict=True)
        for (own, tries), result in zip(group, results, strict=True)
    ]
    return sorted(found, key=lambda own: (own.student, numbers.index(own.exercise)))


def _is_try(record: Record, number: str) -> bool:
    """Return whether a record is an attempt; those in worlds for practising again don't count."""
    is_own = (record["exercise"], record["kind"]) == (number, "attempt")
    return is_own and int(record.get("seed", 0)) >= 0


def _marked(
    own: Submission, number: str, tries: list[Record], result: Result, course: Course
) -> Marked:
    """Return the mark of a student's attempts."""
    hints = sum((record["exercise"], record["kind"]) == (number, "hint") for record in own.records)
    mark = Marked(own.student, number, hints=hints, attempts=len(tries))
    if not tries:
        return mark
    last = result.pop("place") % len(tries)
    best, due, late = tries[last], course.due[lesson_of(number).number], False
    spent = (record.get("seconds") for record in tries[: last + 1])
    seconds = round(sum(s for s in spent if isinstance(s, int | float) and 0 <= s < 1e6), 1)
    with suppress(ValueError):
        when = datetime.fromisoformat(best["time"])
        late = due is not None and (when if when.tzinfo else when.replace(tzinfo=UTC)) > due
    late, points = late and result["correct"], result["correct"] * (course.late if late else 1.0)
    facts = {"version": best["version"], "answer": best.get("given"), **result}
    return replace(mark, points=points, late=late, seconds=seconds, **facts)


# -- checks, in processes of their own ------------------------------------------------------------


def _all_done(works: list[Work]) -> Iterator[list[Result]]:
    if sum(len(own) for *_, answers in works for own in answers) <= FEW:
        yield from map(_done, works)
        return
    with ProcessPoolExecutor(initializer=_without_bars) as pool:
        yield from pool.map(_done, works)


def _without_bars() -> None:
    display.PATIENCE = math.inf


def _done(work: Work) -> list[Result]:
    return [_result(*work[:3], answers) for answers in work[3]]


def _result(number: str, seed: int, hidden: tuple[int, ...], answers: list[Any]) -> Result:
    """Return which answer counts: the first right one, else the last one."""
    found: Result = {"place": -1, "correct": False, "beliefs": ()}
    try:
        with _limited():
            for place, answer in enumerate(answers):
                mark = _mark(number, seed, answer)
                fault = _fault_elsewhere(number, seed, hidden, answer) if mark.correct else ""
                found |= {"counterexample": fault or mark.counterexample, "hidden": bool(fault)}
                if mark.correct and not fault:
                    return found | {"place": place, "correct": True}
                found["beliefs"] = tuple(sorted({*found["beliefs"], mark.belief} - {""}))
    except _TooLongError:
        found["counterexample"] = TOO_LONG
    return found


@contextmanager
def _limited() -> Iterator[None]:
    """Stop after some seconds, where the system has such a signal (Windows hasn't)."""

    def stop(*_: Any) -> None:
        raise _TooLongError

    try:
        before = signal.signal(signal.SIGPROF, stop)
    except (AttributeError, ValueError):  # another system, or another thread
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, SECONDS, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _mark(number: str, seed: int, answer: Any) -> Mark:
    task = find(number, seed)
    try:
        if isinstance(task, Write):  # many answers differ only in their Sids
            mark = task.mark(task.data(answer, task.world()))
            return mark if mark.correct else task.mark(answer)
        return task.mark(answer)
    except IamLabError as error:
        return Mark(correct=False, true_part="", counterexample=str(error))
    except Exception:  # noqa: BLE001 - a stranger's answer
        return Mark(correct=False, true_part="", counterexample=ANOTHER_FORM)


def _fault_elsewhere(number: str, seed: int, hidden: tuple[int, ...], answer: Any) -> str:
    """Return what is wrong with an answer in a hidden world; empty if nothing is."""
    lesson = lesson_of(number)
    for other in _hidden(number, seed, hidden):
        mark = _mark(number, other, translated(answer, lesson, seed, other))
        if not mark.correct:
            text = mark.counterexample
            values = (lesson.names(own).values() for own in (seed, other))
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
    lesson, found = lesson_of(number), list[int]()
    is_night = any("incident" in own for own in lesson.worlds.values())
    if isinstance(find(number, seed), Write | Repair | Sequence) and not is_night:
        for own in hidden:
            variant = lesson.exercise(number, seed)[0]
            found.append(
                next(
                    n for n in range(own, -(2**70), -1) if lesson.exercise(number, n)[0] == variant
                )
            )
    return found


def translated(answer: Any, lesson: Lesson, seed: int, other: int) -> Any:
    """Return an answer with the names that another seed has in place of a seed's.

    Examples
    --------
    >>> lesson = lesson_of("2.1")
    >>> translated(["alice", "read"], lesson, 7, -1)
    ['erin', 'read']
    """
    slots = {value: f"{{{name}}}" for name, value in lesson.names(seed).items()}
    longest_first = sorted(map(re.escape, slots), key=len, reverse=True)
    word = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(longest_first) or '(?!)'})(?![A-Za-z0-9])")

    def with_slots(value: Any) -> Any:
        if isinstance(value, str):
            return word.sub(lambda found: slots[found[1]], value)
        if isinstance(value, dict):
            return {with_slots(key): with_slots(own) for key, own in value.items()}
        return [*map(with_slots, value)] if isinstance(value, list | tuple) else value

    return lesson.named(with_slots(answer), other)
