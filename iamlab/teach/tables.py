"""All exercises, by their numbers, and the keys of their tables in the lessons' files.

A wrong answer is written as the answer, the belief that leads to it and a hint, with ``|`` between
them (``-``: no belief); or as belief and hint only: then the answer of somebody with this belief is
computed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from functools import cache, partial
from random import Random
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.teach.checks import Predict
from iamlab.teach.exercises import KnownWrong, Question
from iamlab.teach.explain import Explain
from iamlab.teach.lesson import DEMO, SEED, lesson_of, lessons
from iamlab.teach.mutants import MUTANTS, Mutant
from iamlab.teach.notation import arn_of
from iamlab.teach.readers import READERS
from iamlab.teach.scenarios import scenario
from iamlab.teach.source_lines import Found, KeyedError, at, each_line, expect, find_named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.teach.exercises import Exercise
    from iamlab.teach.lesson import Lesson
    from iamlab.world.account import Account
    from iamlab.world.world import World

_ORDINAL = re.compile(r"\b(first|second|third|fourth|fifth|last|lines? \d|Lines? \d)\b")
_BELIEFS: dict[str, Mutant | None] = {"-": None}
_BELIEFS |= {name: own for own in reversed(MUTANTS.values()) for name in (own.belief, own.name)}
"""What a wrong answer can name: the first mutant of each belief, or no belief."""


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
    name, table = lesson.exercise(number, seed)
    try:
        with at(*number.split("."), *(("variants", name) if name else ())):
            kept = {key: table[key] for key in ("kind", "world") if key in table}
            task = _read(Keys(lesson, number, lesson.named(table, seed) | kept, seed))
            return task if seed == DEMO else _reordered(task)
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


# -- the keys of a table ------------------------------------------------------------------------


def question_of(line: str, account: Account) -> Question:
    """Return the question of a line: ``alice s3:GetObject star-maps/m1 with region=...``.

    Raises
    ------
    ExerciseError
        The line isn't a request.
    """
    head, _, circumstances = line.partition(" with ")
    words = head.split()
    if len(words) != 3:
        raise ExerciseError(f"{line!r} isn't a request. Write: caller action resource.")
    caller, action, resource = words
    return Question(caller, action, arn_of(resource, account), circumstances.strip())


class Keys:
    """The keys of an exercise's table. Each is taken once; the rest has no meaning."""

    def __init__(self, lesson: Lesson, number: str, table: Mapping[str, Any], seed: int) -> None:
        self.lesson, self.number, self.seed = lesson, number, seed
        self.left = dict(table)
        self.worlds = {own: f"{lesson.number}/{own}" for own in lesson.worlds}
        self.world_name = self.one_of("world", "world", self.worlds)
        self.world = scenario(self.world_name, seed=seed)
        self.account = self.world.main
        """The account in which names are looked up."""

    def take(
        self,
        key: str,
        default: Any = ...,
        *,
        types: tuple[type, ...] = (str,),
        read: Callable[[Any], Any] = lambda value: value,
    ) -> Any:
        """Return the value of a key.

        Parameters
        ----------
        types
            The types that it can have.
        read
            Reads it. An error in it is about this key.
        """
        value = self.left.pop(key, default)
        if value is ...:
            close = get_close_matches(key, self.left, n=1)
            misspelt = "".join(f" Is {own} misspelt?" for own in close)
            with at(*close):
                raise ExerciseError(f"Exercise {self.number} needs {key} = ...{misspelt}")
        with at(key):
            return read(value if value is default else expect(value, *types))

    def words(
        self, key: str, default: Any = ..., read: Callable[[str], str] = str
    ) -> tuple[str, ...]:
        """Read the words of a text."""
        return tuple(self.take(key, default, read=lambda text: [*map(read, text.split())]))

    def lines(
        self, key: str, read: Callable[[str], Found], default: Any = ...
    ) -> tuple[Found, ...]:
        """Read the lines of a text."""
        return tuple(self.take(key, default, read=partial(each_line, read=read)))

    def named(
        self,
        key: str,
        known: Mapping[str, Callable[..., Found]],
        default: Any = ...,
        read: Callable[[str], str] = str,
    ) -> Found:
        """Call the function that a text names, with the other words of the text."""
        words = self.words(key, default)
        with at(key):
            name, *arguments = words
            return find_named(key, name, known)(*map(read, arguments))

    def of_world(self, key: str, known: Mapping[str, Callable[..., Any]]) -> Any:
        """Return the function of a world that a text names, with the other words of the text."""
        words = self.words(key)
        with at(key):
            function, arguments = find_named(key, words[0], known), words[1:]
            function(self.world, *arguments)
        return lambda world: function(world, *arguments)

    def one_of(self, key: str, what: str, known: Mapping[str, Found], default: Any = ...) -> Found:
        """Return what a text names."""
        found: Found = self.take(key, default, read=lambda name: find_named(what, name, known))
        return found

    def requests(self) -> dict[str, Any]:
        """Return callers that the world has, actions that AWS has, and the ARNs of resources."""
        root = self.account.root_arn
        reads: dict[str, Callable[[str], str]] = {
            "callers": lambda name: self.question(f"{name} sts:GetCallerIdentity {root}").caller,
            "actions": lambda name: self.question(f"{root} {name} *").action,
            "resources": lambda name: arn_of(name, self.account),
        }
        return {key: self.words(key, read=own) for key, own in reads.items()}

    def question(self, line: str) -> Question:
        """Return the question of a line, after asking it."""
        found = question_of(line, self.account)
        found.ask(self.world)
        return found

    def wrong(
        self, read: Callable[[str], Any], believed: Callable[[Any, World], Any] | None = None
    ) -> tuple[KnownWrong, ...]:
        """Return the known wrong answers.

        Parameters
        ----------
        read
            Reads an answer from text.
        believed
            Computes the answer of somebody with a belief, if this kind can.
        """
        found = []
        for place, text in enumerate(self.take("wrong", [], types=(list,))):
            with at("wrong", str(place), line=1):
                found.append(self._wrong(expect(text, str), read, believed))
        return tuple(found)

    def _wrong(self, text: str, read: Any, believed: Any) -> KnownWrong:
        parts = [part.strip() for part in text.rsplit("|", 2)]
        if len(parts) < 2 or not parts[-1]:
            raise ExerciseError(f"{text!r} isn't a wrong answer. Write: answer | M01 | hint.")
        *answer, belief, hint = parts
        mutant = find_named("belief", belief, _BELIEFS)
        own = mutant.belief if mutant else ""
        if answer:
            made = read(answer[0])
            return KnownWrong(lambda _: made, own, hint)
        if mutant is None or believed is None:
            raise ExerciseError(f"The wrong answer {text!r} needs an answer: answer | M01 | hint.")
        return KnownWrong(partial(believed, mutant), own, hint)
