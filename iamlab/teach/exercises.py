"""Exercises as objects: a prompt, a world, a check that runs the engine, known wrong answers.

No exercise stores a verdict. The engine or a search computes the right answer in the learner's
world, so any right answer passes, with any seed.

Feedback begins with what is right. The first failure gets a counterexample, the second the belief
behind the answer, in words, and the third the worked steps.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from html import escape
from itertools import product, starmap
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.teach.callers import main_account, read_circumstances
from iamlab.teach.lesson import SEED
from iamlab.teach.scenarios import scenario
from iamlab.view.cards.card import boxed
from iamlab.view.style import look
from iamlab.widgets.controls import explanation, paragraph, tiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from iamlab.engine.decision import Decision
    from iamlab.world.world import World


@dataclass(frozen=True, slots=True)
class Question:
    """One request of a scenario, with the caller by name.

    Parameters
    ----------
    circumstances
        For example ``"ip=203.0.113.9 aws:MultiFactorAuthPresent=true"``.
    """

    caller: str
    action: str
    resource: str
    circumstances: str = ""

    def ask(self, world: World) -> Decision:
        """Return the engine's decision."""
        more = read_circumstances(self.circumstances, main_account(world))
        return world.can(self.caller, self.action, self.resource, **more)

    @classmethod
    def read(cls, parts: Iterable[Any]) -> Question:
        """Return the question with a caller, an action and a resource; the caller can be a user."""
        return cls(*(getattr(part, "name", str(part)) for part in parts))

    @property
    def parts(self) -> list[str]:
        """The caller, the action and the resource."""
        return [self.caller, self.action, self.resource]

    def __str__(self) -> str:
        more = f", with {self.circumstances}" if self.circumstances else ""
        return f"{self.caller}: {self.action} on {self.resource.rpartition(':')[2]}{more}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a target matrix: a question, and whether it must be allowed."""

    question: Question
    allowed: bool

    def holds_in(self, world: World) -> bool:
        """Return whether the engine decides so in a world."""
        return bool(self.question.ask(world)) is self.allowed


@dataclass(frozen=True, slots=True)
class KnownWrong:
    """An answer that a misconception leads to.

    Parameters
    ----------
    answer
        A function that makes the answer in the exercise's world.
    belief
        The id of the misconception, as in the syllabus.
    hint
        Help for a learner with this misconception. It doesn't reveal the answer.
    """

    answer: Callable[[World], Any]
    belief: str
    hint: str


@dataclass(frozen=True, slots=True)
class Mark:
    """The result of a check.

    Parameters
    ----------
    correct
        Whether every part of the answer is right.
    true_part
        What is right about the answer.
    counterexample
        One request, one name or one cell that is wrong. Empty if the answer is correct.
    decision
        The decision that shows it.
    belief, hint
        The misconception (``"M05"``) that is known to lead to this answer, and its hint.
    worked
        The worked steps, if there is no decision that shows them.
    """

    correct: bool
    true_part: str
    counterexample: str = ""
    decision: Decision | None = None
    belief: str = ""
    hint: str = ""
    worked: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Exercise(ABC):
    """One exercise.

    Parameters
    ----------
    number
        Lesson and place: ``"3.1"``.
    prompt
        The task, in plain text.
    nudge
        The first hint, if the learner's answer isn't a known wrong answer.
    why
        The rule that the right answer shows; the learner reads it afterwards.
    exit
        Whether it is an exit ticket: no help before the first attempt.
    """

    number: str
    title: str
    prompt: str
    world_name: str
    nudge: str
    why: str
    known_wrong: tuple[KnownWrong, ...]
    seed: int = SEED
    exit: bool = False
    _kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    unsolved = "No answer to exercise {} is right."
    """The error if no answer that a card offers is right."""

    def world(self) -> World:
        """Build a new world for the exercise."""
        return scenario(self.world_name, seed=self.seed)

    def mark(self, answer: Any) -> Mark:
        """Check an answer by running the engine, once for each answer in JSON values.

        Raises
        ------
        ExerciseError
            The answer is of the wrong kind. The message describes the right kind.
        """
        with suppress(TypeError, ValueError):  # a world isn't JSON
            key = json.dumps(answer)
            self._kept[key] = self._kept.get(key) or self._checked(answer)
            return self._kept[key]  # type: ignore[no-any-return]
        return self._checked(answer)

    def _checked(self, answer: Any) -> Mark:
        world = self.world()
        found = self._mark(self.read(answer, world), world)
        if found.correct:
            return found
        known = self.known(answer, self.data(answer, world), world)
        return found if known is None else replace(found, belief=known.belief, hint=known.hint)

    def known(self, answer: Any, data: Any, world: World) -> KnownWrong | None:
        """Return the known wrong answer with this data, or the belief behind the answer."""
        for wrong in self.known_wrong:
            if data == self.data(wrong.answer(world.copy()), world):
                return wrong
        return self.recognise(answer, world)

    def recognise(self, answer: Any, world: World) -> KnownWrong | None:  # noqa: ARG002
        """Return a belief that leads to exactly this answer, beyond the known wrong answers."""
        return None

    def evidence(self, answer: Any, world: World) -> dict[str, list[int]]:  # noqa: ARG002
        """Return which wrong beliefs the answer fits; empty for most kinds of exercise."""
        return {}

    @abstractmethod
    def read(self, answer: Any, world: World) -> Any:
        """Return an answer in its standard form."""

    def items(self, answer: Any, what: str, size: int | None = None) -> list[Any]:
        """Return the items of an answer that must be a list, if they are so many.

        Raises
        ------
        ExerciseError
            The answer isn't a list, or has another size. The message describes the right one.
        """
        if isinstance(answer, list | tuple) and size in (None, len(answer)):
            return list(answer)
        raise self.needs(what)

    def needs(self, what: str) -> ExerciseError:
        """Return the error for an answer of the wrong kind, with the right kind in words."""
        return ExerciseError(f"Exercise {self.number} needs {what}.")

    def data(self, answer: Any, world: World) -> Any:
        """Return the answer as JSON values, for the progress file and for comparisons."""
        return self.read(answer, world)

    def submitted(self, answer: Any, world: World) -> Any:
        """Return the answer as JSON values that can be checked again."""
        return self.data(answer, world)

    @abstractmethod
    def _mark(self, answer: Any, world: World) -> Mark: ...

    def tries(self, world: World) -> Iterable[Any]:  # noqa: ARG002
        """Return answers of which the first right one is the solution."""
        return ()

    def right_answer(self, world: World) -> Any:
        """Compute an answer that is right in this world.

        Raises
        ------
        ExerciseError
            None of the tries is right.
        """
        reason = ""
        for answer in self.tries(world):
            mark = self._mark(self.read(answer, world), world)
            if mark.correct:
                return answer
            reason = f" {mark.counterexample}"
        raise ExerciseError(f"{self.unsolved.format(self.number)}{reason}")

    @abstractmethod
    def shown(self, answer: Any) -> str:
        """Return an answer in the words of the card: what is chosen, ticked or written."""

    def solution_answer(self) -> Any:
        """Compute the right answer, once."""
        self._kept[""] = self._kept.get("") or self.right_answer(self.world())
        return deepcopy(self._kept[""])


@dataclass(frozen=True, kw_only=True)
class Choosing(Exercise):
    """An exercise about the requests of some callers, with some actions, on some resources.

    Parameters
    ----------
    callers, actions, resources
        The choices on a card. An answer can use others.
    """

    callers: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def offered(self) -> Iterator[Question]:
        """Yield all requests."""
        return starmap(Question, product(self.callers, self.actions, self.resources))


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the learner reads: a state, paragraphs, and in some cases the worked steps."""

    correct: bool | None
    paragraphs: tuple[str, ...]
    decision: Decision | None = None

    @property
    def state(self) -> str:
        """``✓ Right.``, ``↻ Not yet.``, or nothing if the answer wasn't checked."""
        return {True: "✓ Right.", False: "↻ Not yet.", None: ""}[self.correct]

    def __bool__(self) -> bool:
        return bool(self.correct)

    def __str__(self) -> str:
        steps = "" if self.decision is None else self.decision.explain()
        return "\n".join(filter(None, (self.state, *self.paragraphs, steps)))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return boxed(self.inner_html())

    def inner_html(self) -> str:
        """Return the feedback without a frame, for use inside a card."""
        parts = [f"<p><strong>{escape(self.state)}</strong></p>"] if self.state else []
        parts += map(paragraph, self.paragraphs)
        if self.decision is not None:
            parts.append(tiles(("AWS decides", look(self.decision.verdict))))
            parts.append(explanation(self.decision))
        return "".join(parts)


def feedback(mark: Mark, failures: int) -> Feedback:
    """Return the feedback for this attempt; ``failures`` counts the wrong ones, with this one."""
    if mark.correct:
        return Feedback(correct=True, paragraphs=(mark.true_part,), decision=mark.decision)
    hint = mark.hint if failures >= 2 else ""
    worked, decision = (mark.worked, mark.decision) if failures >= 3 else ((), None)
    texts = filter(None, (mark.true_part, mark.counterexample, hint, *worked))
    return Feedback(correct=False, paragraphs=tuple(texts), decision=decision)
