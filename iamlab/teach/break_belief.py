"""Exercises of kind B: break a wrong belief with a request on which it disagrees with AWS."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.teach.checks import applying, request_lines
from iamlab.teach.exercises import Exercise, Question
from iamlab.teach.marks import Mark
from iamlab.teach.mutants import Mutant, find_mutant
from iamlab.world.policy_places import arrange
from iamlab.world.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Attempt:
    """A learner's answer: a world, and a request in it.

    Parameters
    ----------
    order
        The statements of the stack that are switched on, in their order; ``None`` if the learner
        changed the world by hand.
    """

    world: World
    question: Question
    order: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Break(Exercise):
    """B: an order of statements, and a request on which the engine and a mutant disagree.

    Parameters
    ----------
    mutant
        The name of the belief to break.
    user, policy_name
        The user with the stack, and the name of that inline policy; empty if the answer is only
        a request.
    callers, actions, resources
        The choices on a card. An answer can use others.
    """

    mutant: str
    user: str = ""
    policy_name: str = ""
    callers: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    @property
    def belief(self) -> Mutant:
        """The belief to break."""
        return find_mutant(self.mutant)

    def read(self, answer: Any, world: World) -> Attempt:
        """Return the attempt from (order or world, caller, action, resource)."""
        if not isinstance(answer, list | tuple) or len(answer) != 4:
            message = (
                f"Exercise {self.number} needs (order, caller, action, resource). The order is a "
                f"list of statements such as {self._all_labels(world)[:2]}, or a changed world."
            )
            raise ExerciseError(message)
        first, *rest = answer
        question = Question(*(getattr(part, "name", str(part)) for part in rest))
        if isinstance(first, World):
            return Attempt(first, question)
        if not isinstance(first, list | tuple):
            raise ExerciseError(f"{first!r} isn't a list of statements.")
        order = tuple(map(str, first))
        changed = world.copy()
        if self.user:
            arrange(changed.user(self.user), self.policy_name, order)
        return Attempt(changed, question, order)

    def _all_labels(self, world: World) -> list[str]:
        if not self.user:
            return []
        policy = world.user(self.user).inline[self.policy_name]
        return [statement.label for statement in policy.statements]

    def data(self, answer: Any, world: World) -> list[Any]:
        """Return the order and the request; for a world changed by hand, the differences."""
        attempt = self.read(answer, world)
        by_hand = world.diff(attempt.world) or ("nothing is changed",)
        order = list(by_hand if attempt.order is None else attempt.order)
        question = attempt.question
        return [order, question.caller, question.action, question.resource]

    def right_answer(self, world: World) -> list[Any]:
        """Search the orders and requests of the card, beginning with the order of the world."""
        for order in permutations(self._all_labels(world)):
            for question in self._questions():
                answer = [list(order), question.caller, question.action, question.resource]
                if self._mark(self.read(answer, world), world).correct:
                    return answer
        message = f"No request of exercise {self.number} breaks the belief."
        raise ExerciseError(message)

    def _questions(self) -> Iterator[Question]:
        for caller in self.callers:
            for action in self.actions:
                for resource in self.resources:
                    yield Question(caller, action, resource)

    def _mark(self, answer: Attempt, world: World) -> Mark:  # noqa: ARG002 - as for all kinds
        decision = answer.question.ask(answer.world)
        believed, belief = self.belief.verdict(decision, answer.world), self.belief
        verdict = f"{decision.verdict.symbol} {decision.verdict}"
        if (str(believed) == "allowed") is not bool(decision):
            text = (
                f"{answer.question}: if you believe that {belief.claim}, you expect "
                f"{believed.symbol} {believed}. AWS decides {verdict}. {self.why}"
            )
            return Mark(correct=True, true_part=text, decision=decision)
        return Mark(
            correct=False,
            true_part=applying(decision),
            counterexample=(
                f"But both agree. AWS decides {verdict}. If you believe that {belief.claim}, you "
                f"expect the same. {self.nudge}"
            ),
            decision=decision,
        )

    def shown(self, answer: Any) -> str:
        """Return the statements that are on, in their order, and the request."""
        order, *request = answer
        labels = ", ".join(order) or "none"
        on = f"Statements that are on, from the top: {labels}\n" if self.user else ""
        return f"{on}{request_lines(request)}"
