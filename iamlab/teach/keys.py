"""The keys of an exercise's table in a lesson's file.

A wrong answer is written as the answer, the belief that leads to it and a hint, with ``|`` between
them; or as belief and hint only: then the answer of somebody with this belief is computed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.teach.exercises import KnownWrong, Question
from iamlab.teach.mutants import MUTANTS
from iamlab.teach.notation import arn_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.teach.lesson import Lesson
    from iamlab.world.account import Account
    from iamlab.world.world import World

Found = TypeVar("Found")


def find_named(what: str, name: str, known: Mapping[str, Found]) -> Found:
    """Return what a name stands for.

    Raises
    ------
    ExerciseError
        There is nothing with this name.
    """
    if name not in known:
        raise noted(ExerciseError(f"There is no {what} {name!r}."), did_you_mean(name, known))
    return known[name]


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
        """Return the question of a line."""
        return question_of(line, self.account)

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
