"""Exercises from the tables of a lesson's file.

Each kind of exercise has a function here that reads its keys. A wrong answer is written as the
answer, the belief that leads to it and a hint, with ``|`` between them; or as belief and hint only:
then the answer of somebody with this belief is computed.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.engine.verdict import Verdict
from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.policy.patterns import glob, glob_ignoring_case
from iamlab.teach import named
from iamlab.teach.break_belief import Break
from iamlab.teach.checks import Cell, Collect, Predict, Repair, Witness
from iamlab.teach.design import Design
from iamlab.teach.edits import EDITORS, apply_edits, of_choices, read_edits
from iamlab.teach.exercises import KnownWrong, Question
from iamlab.teach.explain import Explain, Order
from iamlab.teach.lesson import SEED, lesson_of
from iamlab.teach.mutants import MUTANTS
from iamlab.teach.notation import arn_of, lines_of, read_policy
from iamlab.teach.places import Place
from iamlab.teach.sequence import OF_CALL, Sequence
from iamlab.teach.write import Case, Requests, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.engine.decision import Decision
    from iamlab.teach.edits import Editor
    from iamlab.teach.exercises import Exercise
    from iamlab.teach.lesson import Lesson
    from iamlab.teach.sequence import Call
    from iamlab.world.account import Account
    from iamlab.world.world import World

Found = TypeVar("Found")
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
    read = _found("kind", kind, READERS)
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
    made = read(keys, common)
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
    return _found("property", name, named.PROPERTIES)


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
    collection = _found("collection", name, named.COLLECTIONS)(*arguments)

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


def _editor(keys: Keys) -> Editor:
    """Return what a repair can change: an editor by name, or the choices that the table offers."""
    if "choices" in keys.left:
        pairs = (choice.partition(": ") for choice in keys.take("choices"))
        return of_choices({name: read_edits(edits) for name, _, edits in pairs})
    name, *arguments = keys.words("edit")
    make: Callable[..., Editor] = _found("edit", name, EDITORS)
    return make(*arguments)


def _target(keys: Keys) -> tuple[Cell, ...]:
    return tuple(_cell(keys, line) for line in keys.lines("target"))


def _repair(keys: Keys, common: dict[str, Any]) -> Exercise:
    editor = _editor(keys)
    return Repair(
        **common,
        target=_target(keys),
        most=keys.take("most", None),
        editor=editor,
        known_wrong=keys.wrong(editor.read),
    )


def _design(keys: Keys, common: dict[str, Any]) -> Exercise:
    editor = _editor(keys)
    return Design(
        **common,
        target=_target(keys),
        most=keys.take("most", None),
        editor=editor,
        limits=keys.take("limits", {}),
        excepted=keys.words("excepted", ""),
        known_wrong=keys.wrong(editor.read),
    )


def _explain(keys: Keys, common: dict[str, Any]) -> Exercise:
    shows = keys.take("shows", "")
    return Explain(
        **common,
        questions=tuple(map(keys.question, keys.lines("ask"))),
        asks=keys.take("asks", "statement"),
        shows=_found("text", shows, _SHOWS),
        known_wrong=keys.wrong(lambda text: [part.strip() for part in text.split(",")]),
    )


_SHOWS: dict[str, Callable[[Decision], str]] = {
    "": lambda _: "",
    "message": lambda decision: decision.message,
}


def _order(keys: Keys, common: dict[str, Any]) -> Exercise:
    name, *arguments = keys.take("order").split(" ", 1)
    order = _found("order", name, named.ORDERS)(*arguments)
    return Order(
        **common,
        places=order.places,
        about=order.about,
        known_wrong=keys.wrong(lambda text: [part.strip() for part in text.split(",")]),
    )


def _sequence(keys: Keys, common: dict[str, Any]) -> Exercise:
    target = _target(keys) if "target" in keys.left else ()
    name, *arguments = keys.words("goal", "always")
    reached = _found("goal", name, named.GOALS)(*arguments)
    offered = {
        operation: {key: _values(keys, key, values) for key, values in parameters.items()}
        for operation, parameters in keys.take("operations").items()
    }
    solution = keys.take("solution", "")

    def goal(world: World) -> bool:
        return reached(world) and all(bool(c.question.ask(world)) is c.allowed for c in target)

    return Sequence(
        **common,
        callers=keys.words("callers"),
        operations=lambda _: offered,
        goal=goal,
        wanted=keys.take("wanted"),
        most=keys.take("most", None),
        solution=(lambda _: _calls(keys, solution)) if solution else None,
        known_wrong=keys.wrong(partial(_calls, keys)),
    )


def _calls(keys: Keys, text: str) -> list[Call]:
    """Read calls with ``;`` between them: ``bob iam:CreateAccessKey UserName=alice; ...``."""
    return [_call(keys, words) for part in text.split(";") for words in lines_of(part)]


def _call(keys: Keys, words: list[str]) -> Call:
    if len(words) < 2 or not all("=" in word for word in words[2:]):
        message = f"{' '.join(words)!r} isn't a call. Write: caller operation Name=value."
        raise ExerciseError(message)
    caller, operation, *parameters = words
    call = {"Caller": f"{OF_CALL}{caller}" if caller.isdecimal() else caller}
    pairs = (word.split("=", 1) for word in parameters)
    return {**call, "Operation": operation, **{k: _values(keys, k, v)[0] for k, v in pairs}}


def _values(keys: Keys, name: str, text: str) -> list[str]:
    """Return the values of a parameter: ARNs of resources, JSON of policies, or words."""
    if name.endswith("Document") or name == "Policy":
        return [json.dumps(read_policy(text, keys.account))] if text else []
    words = text.split()
    return [arn_of(word, keys.account) for word in words] if name == "Resource" else words


def _found(what: str, name: str, known: Mapping[str, Found]) -> Found:
    """Return what a name stands for."""
    if name not in known:
        raise noted(ExerciseError(f"There is no {what} {name!r}."), did_you_mean(name, known))
    return known[name]


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
    "explain": _explain,
    "write": _write,
    "repair": _repair,
    "witness": _witness,
    "collect": _collect,
    "order": _order,
    "sequence": _sequence,
    "design": _design,
    "break": _break,
}
