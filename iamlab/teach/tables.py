"""All exercises, by their numbers, from the tables of the lessons' files."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from random import Random
from typing import TYPE_CHECKING

from iamlab.errors import ExerciseError
from iamlab.teach.checks import Predict
from iamlab.teach.explain import Explain
from iamlab.teach.keys import Keys
from iamlab.teach.lesson import SEED, lesson_of, lessons
from iamlab.teach.readers import READERS
from iamlab.teach.source_lines import KeyedError, at, find_named

if TYPE_CHECKING:
    from iamlab.teach.exercises import Exercise, KnownWrong
    from iamlab.teach.lesson import Lesson

_ORDINAL = re.compile(r"\b(first|second|third|fourth|fifth|last)\b")


def find(number: str, seed: int = SEED) -> Exercise:
    """Find an exercise by its number.

    Parameters
    ----------
    seed
        The learner's seed: names can vary by it.

    Raises
    ------
    ExerciseError
        There is no such exercise, or its table has an error. The message names file and line.
    """
    lesson = lesson_of(number)
    find_named("exercise", number, lesson.exercises)
    return _made(lesson, number, seed)


@cache
def _made(lesson: Lesson, number: str, seed: int) -> Exercise:
    table = lesson.exercises[number]
    try:
        with at(*number.split(".")):
            kept = {key: table[key] for key in ("kind", "world") if key in table}
            keys = Keys(lesson, number, lesson.named(table, seed) | kept, seed)
            task = _read(keys)
            return _reordered(task) if seed < 0 else task
    except KeyedError as error:
        raise lesson.located(error) from error


def _read(keys: Keys) -> Exercise:
    kind = keys.left.get("kind")
    make, read = keys.one_of("kind", "kind", READERS)
    common = {
        "number": keys.number,
        "seed": keys.seed,
        "world_name": keys.world_name,
        "title": keys.take("title"),
        **{key: " ".join(keys.words(key)) for key in ("prompt", "nudge", "why")},
        "exit": keys.take("exit", default=False, types=(bool,)),
    }
    made = make(**common, **read(keys))
    for key in keys.left:
        with at(key):
            raise ExerciseError(f"{key!r} has no meaning in an exercise of kind {kind}.")
    return made


def _reordered(task: Exercise) -> Exercise:
    """Return an exercise with its requests in another order, unless its texts mention the order."""
    if not isinstance(task, Predict | Explain):
        return task
    hints = (wrong.hint for wrong in task.known_wrong)
    if any(map(_ORDINAL.search, (task.prompt, task.nudge, task.why, *hints))):
        return task
    numbers = range(len(task.questions))
    order = Random(f"{task.number} {task.seed}").sample(numbers, len(numbers))

    def moved(wrong: KnownWrong) -> KnownWrong:
        return replace(wrong, answer=lambda world: [wrong.answer(world)[n] for n in order])

    questions = tuple(task.questions[number] for number in order)
    return replace(task, questions=questions, known_wrong=tuple(map(moved, task.known_wrong)))


def every() -> dict[str, Exercise]:
    """Return all exercises of all lessons, by number."""
    return {number: find(number) for lesson in lessons().values() for number in lesson.exercises}
