"""Exercises from the tables of a lesson's file.

Each kind of exercise has a function here that reads its keys. A wrong answer is written as the
answer, the belief that leads to it and a hint, with ``|`` between them; or as belief and hint only:
then the answer of somebody with this belief is computed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.engine.verdict import Verdict
from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.policy.patterns import glob, glob_ignoring_case
from iamlab.teach import named
from iamlab.teach.break_belief import Break
from iamlab.teach.checks import Cell, Collect, Predict, Repair, Witness
from iamlab.teach.edits import EDITORS, apply_edits, read_edits
from iamlab.teach.exercises import KnownWrong, Question
from iamlab.teach.lesson import SEED, lesson_of
from iamlab.teach.mutants import MUTANTS
from iamlab.teach.notation import arn_of, read_policy
from iamlab.teach.places import Place
from iamlab.teach.write import Case, Requests, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.engine.decision import Decision
    from iamlab.teach.exercises import Exercise
    from iamlab.teach.lesson import Lesson
    from iamlab.world.account import Account
    from iamlab.world.world import World

VERDICTS = {"A": "allowed", "D": "denied", "E": "explicit deny", "I": "implicit deny"}


class Keys:
    """The keys of an exercise's table. Each is taken once; the rest has no meaning."""

    def __init__(self, lesson: Lesson, number: str, table: Mapping[str, Any], seed: int) -> None:
        self.lesson, self.number, self.seed = lesson, number, seed
        self.left = dict(table)
        self.world_name = f"{lesson.number}/{self.take('world')}"
        self.world = lesson.world(self.world_name.partition("/")[2], seed)

    @property
    def account(self) -> Account:
        """The account in which names are looked up."""
        return self.world.main

    def take(self, key: str, default: Any = ...) -> Any:
        """Return the value of a key."""
        value = self.left.pop(key, default)
        if value is ...:
            raise ExerciseError(f"Exercise {self.number} needs {key} = ...")
        return value

    def words(self, key: str, default: Any = ...) -> tuple[str, ...]:
        """Return the words of a text."""
        return tuple(self.take(key, default).split())

    def lines(self, key: str, default: Any = ...) -> list[str]:
        """Return the lines of a text."""
        return [line.strip() for line in self.take(key, default).splitlines() if line.strip()]

    def arns(self, key: str) -> tuple[str, ...]:
        """Return the ARNs of resources."""
        return tuple(arn_of(word, self.account) for word in self.words(key))

    def question(self, line: str) -> Question:
        """Return the question of a line: ``alice s3:GetObject star-maps/m1 with region=...``."""
        head, _, given = line.partition(" with ")
        words = head.split()
        if len(words) != 3:
            raise ExerciseError(f"{line!r} isn't a request. Write: caller action resource.")
        caller, action, resource = words
        return Question(caller, action, arn_of(resource, self.account), given.strip())

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
        return tuple(self._wrong(text, read, believed) for text in self.take("wrong", []))

    def _wrong(self, text: str, read: Any, believed: Any) -> KnownWrong:
        *answer, belief, hint = (part.strip() for part in text.rsplit("|", 2))
        if answer:
            made = read(answer[0])
            return KnownWrong(lambda _: made, belief, hint)
        own = [mutant for mutant in MUTANTS.values() if belief in (mutant.belief, mutant.name)]
        if not own or believed is None:
            raise ExerciseError(f"The wrong answer {text!r} needs an answer: answer | M01 | hint.")
        return KnownWrong(partial(believed, own[0]), own[0].belief, hint)


def read_exercise(number: str, seed: int = SEED) -> Exercise:
    """Read an exercise.

    Raises
    ------
    ExerciseError
        There is no such exercise, or its table has an error. The message names file and line.
    """
    lesson = lesson_of(number)
    if number not in lesson.exercises:
        error = ExerciseError(f"There is no exercise {number!r}.")
        raise noted(error, did_you_mean(number, lesson.exercises))
    path = number.split(".")
    try:
        keys = Keys(lesson, number, lesson.named(lesson.exercises[number], seed), seed)
        return _read(keys)
    except ExerciseError as error:
        if str(error).startswith(lesson.file.name):
            raise
        raise lesson.located(error, *path) from error


def _read(keys: Keys) -> Exercise:
    kind = keys.take("kind")
    if kind not in READERS:
        error = ExerciseError(f"There is no kind {kind!r} of exercises.")
        raise noted(error, did_you_mean(kind, READERS))
    common = {
        "number": keys.number,
        "seed": keys.seed,
        "world_name": keys.world_name,
        "title": keys.take("title"),
        "prompt": keys.take("prompt"),
        "nudge": keys.take("nudge"),
        "why": keys.take("why"),
        "exit": keys.take("exit", default=False),
    }
    made: Exercise = READERS[kind](keys, common)
    for key in keys.left:
        raise ExerciseError(f"{key!r} has no meaning in an exercise of kind {kind}.")
    return made


def _predict(keys: Keys, common: dict[str, Any]) -> Exercise:
    questions = tuple(map(keys.question, keys.lines("ask")))

    def believed(mutant: Any, world: World) -> list[str]:
        return [str(mutant.verdict(question.ask(world))) for question in questions]

    def read(text: str) -> list[str]:
        return [VERDICTS.get(word, word) for word in text.split()]

    return Predict(
        **common,
        questions=questions,
        fine=keys.take("fine", default=True),
        known_wrong=keys.wrong(read, believed),
    )


def _has(keys: Keys) -> Callable[[Decision], bool]:
    """Return a property of decisions: a verdict, or a function of ``iamlab.teach.named``."""
    name = keys.take("has")
    words = [str(verdict) for verdict in Verdict]
    if name in words:
        return lambda decision: str(decision.verdict) == name
    if name not in named.PROPERTIES:
        error = ExerciseError(f"There is no property {name!r}.")
        raise noted(error, did_you_mean(name, (*words, *named.PROPERTIES)))
    return named.PROPERTIES[name]


def _request(keys: Keys, text: str) -> list[str]:
    question = keys.question(text)
    return [question.caller, question.action, question.resource]


def _witness(keys: Keys, common: dict[str, Any]) -> Exercise:
    return Witness(
        **common,
        has=_has(keys),
        wanted=keys.take("wanted"),
        callers=keys.words("callers"),
        actions=keys.words("actions"),
        resources=keys.arns("resources"),
        known_wrong=keys.wrong(partial(_request, keys)),
    )


def _collect(keys: Keys, common: dict[str, Any]) -> Exercise:
    name, *arguments = keys.words("collect")
    if name not in named.COLLECTIONS:
        error = ExerciseError(f"There is no collection {name!r}.")
        raise noted(error, did_you_mean(name, named.COLLECTIONS))
    collection = named.COLLECTIONS[name](*arguments)

    def read(text: str) -> list[str]:
        every = collection.candidates(keys.world)
        return every if text == "all" else [part.strip() for part in text.split(",")]

    return Collect(
        **common,
        candidates=collection.candidates,
        truth=collection.truth,
        about=collection.about,
        known_wrong=keys.wrong(read),
    )


def _cell(keys: Keys, line: str) -> Cell:
    sign, _, request = line.partition(" ")
    if sign not in ("+", "-"):
        raise ExerciseError(f"{line!r} isn't a cell. Begin with + (allowed) or - (denied).")
    return Cell(keys.question(request.strip()), allowed=sign == "+")


def _repair(keys: Keys, common: dict[str, Any]) -> Exercise:
    name, *arguments = keys.words("edit")
    if name not in EDITORS:
        error = ExerciseError(f"There is no edit {name!r}.")
        raise noted(error, did_you_mean(name, EDITORS))
    editor = EDITORS[name](*arguments)
    target = tuple(_cell(keys, line) for line in keys.lines("target"))
    return Repair(
        **common,
        target=target,
        most=keys.take("most", None),
        editor=editor,
        known_wrong=keys.wrong(editor.read),
    )


def _break(keys: Keys, common: dict[str, Any]) -> Exercise:
    def read(text: str) -> list[Any]:
        order, _, request = text.partition("/ ")
        return [order.split(), *_request(keys, request)]

    stack = Place.parse(keys.take("stack"))
    return Break(
        **common,
        mutant=keys.take("mutant"),
        user=stack.owner,
        policy_name=stack.name,
        callers=keys.words("callers"),
        actions=keys.words("actions"),
        resources=keys.arns("resources"),
        known_wrong=keys.wrong(read),
    )


def _write(keys: Keys, common: dict[str, Any]) -> Exercise:
    place = Place.parse(keys.take("put"))
    musts = [_must(keys, line) for line in keys.lines("must")]

    def wanted(question: Question, without: bool) -> bool | None:  # noqa: FBT001 - a result
        for matches, verdict in musts:
            if matches(question):
                return verdict
        return without

    def read(text: str) -> dict[str, Any]:
        return read_policy(text, keys.account)

    return Write(
        **common,
        place=place,
        requests=Requests(keys.words("callers"), keys.words("actions"), keys.arns("resources")),
        cases=tuple(map(_case, keys.lines("cases", "today"))),
        wanted=wanted,
        solution=read(keys.take("solution")),
        known_wrong=keys.wrong(read),
    )


_WANTED: dict[str, bool | None] = {"allow": True, "deny": False, "either": None}


def _must(keys: Keys, line: str) -> tuple[Callable[[Question], bool], bool | None]:
    """Read a line such as ``deny alice s3:Delete* star-maps/*``: which requests, and what."""
    verdict, *patterns = line.split()
    if verdict not in _WANTED or len(patterns) != 3:
        message = (
            f"{line!r} isn't a rule. Write allow, deny or either, then caller action resource."
        )
        raise ExerciseError(message)
    caller, action, resource = patterns
    resource = arn_of(resource, keys.account)

    def matches(question: Question) -> bool:
        return (
            glob(caller, question.caller)
            and glob_ignoring_case(action, question.action)
            and glob(resource, question.resource)
        )

    return matches, _WANTED[verdict]


def _case(line: str) -> Case:
    """Read a situation: its name, and after a colon the edits that lead to it."""
    name, _, text = line.partition(": ")
    edits = read_edits(text)
    return Case(name.strip(), lambda world: apply_edits(world, edits))


READERS: dict[str, Callable[[Keys, dict[str, Any]], Exercise]] = {
    "predict": _predict,
    "witness": _witness,
    "collect": _collect,
    "repair": _repair,
    "write": _write,
    "break": _break,
}
