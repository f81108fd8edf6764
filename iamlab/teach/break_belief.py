"""Exercises of kind B: break a wrong belief with a request on which it disagrees with AWS."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.teach.checks import Choosing, applying, request_lines, verdict_of
from iamlab.teach.exercises import Question
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
class Break(Choosing):
    """B: an order of statements, and a request on which the engine and a mutant disagree.

    Parameters
    ----------
    mutant
        The name of the belief to break.
    user, policy_name
        The user with the stack, and the name of that inline policy.
    """

    mutant: str
    user: str
    policy_name: str
    unsolved = "No request of exercise {} breaks the belief."

    @property
    def belief(self) -> Mutant:
        """The belief to break."""
        return find_mutant(self.mutant)

    def read(self, answer: Any, world: World) -> Attempt:
        """Return the attempt from (order or world, caller, action, resource)."""
        form = (
            "(order, caller, action, resource). The order is a list of statements such as "
            f"{self._all_labels(world)[:2]}, or a changed world"
        )
        first, *rest = self.items(answer, form, 4)
        question = Question.read(rest)
        if isinstance(first, World):
            return Attempt(first, question)
        if not isinstance(first, list | tuple):
            raise ExerciseError(f"{first!r} isn't a list of statements.")
        order = tuple(map(str, first))
        changed = world.copy()
        arrange(changed.user(self.user), self.policy_name, order)
        return Attempt(changed, question, order)

    def _all_labels(self, world: World) -> list[str]:
        policy = world.user(self.user).inline[self.policy_name]
        return [statement.label for statement in policy.statements]

    def data(self, answer: Any, world: World) -> list[Any]:
        """Return the order and the request; for a world changed by hand, the differences."""
        attempt = self.read(answer, world)
        by_hand = world.diff(attempt.world) or ("nothing is changed",)
        order = list(by_hand if attempt.order is None else attempt.order)
        return [order, *attempt.question.parts]

    def tries(self, world: World) -> Iterator[list[Any]]:
        """Yield the orders and requests of the card, beginning with the order of the world."""
        for order in permutations(self._all_labels(world)):
            yield from ([list(order), *question.parts] for question in self.requests())

    def _mark(self, answer: Attempt, world: World) -> Mark:  # noqa: ARG002 - as for all kinds
        decision = answer.question.ask(answer.world)
        believed, belief = self.belief.verdict(decision, answer.world), self.belief
        verdict = verdict_of(decision)
        if (str(believed) == "allowed") is not bool(decision):
            text = (
                f"{answer.question}: if you believe that {belief.claim}, you expect "
                f"{believed.symbol} {believed}. AWS decides {verdict}. {self.why}"
            )
            return Mark(correct=True, true_part=text, decision=decision)
        text = (
            f"But both agree. AWS decides {verdict}. If you believe that {belief.claim}, you "
            f"expect the same. {self.nudge}"
        )
        good = applying(decision)
        return Mark(correct=False, true_part=good, counterexample=text, decision=decision)

    def shown(self, answer: Any) -> str:
        """Return the statements that are on, in their order, and the request."""
        order, *request = answer
        labels = ", ".join(order) or "none"
        return f"Statements that are on, from the top: {labels}\n{request_lines(request)}"
