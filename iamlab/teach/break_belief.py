"""B: break a belief, by a request on which AWS and somebody who holds it disagree."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

from iamlab.engine.layers import LAYERS
from iamlab.errors import ExerciseError
from iamlab.lab.world import World
from iamlab.teach.edits import arrange
from iamlab.teach.exercises import Exercise, Question
from iamlab.teach.marks import Mark
from iamlab.teach.mutants import Mutant, find_mutant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.decision import Decision


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a learner gives: a world, and a request in it.

    Parameters
    ----------
    order
        The statements of the stack that are switched on, in their order; ``None`` when the world
        was changed by hand.
    """

    world: World
    question: Question
    order: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Break(Exercise):
    """B: an order of statements and a request on which the engine and a mutant disagree.

    Parameters
    ----------
    mutant
        The belief to break.
    user, policy_name
        Whose inline policy is the stack.
    callers, actions, resources
        What a card offers; an answer may go beyond.
    """

    mutant: str
    user: str
    policy_name: str
    callers: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    @property
    def belief(self) -> Mutant:
        """The belief to break."""
        return find_mutant(self.mutant)

    def read(self, answer: Any, world: World) -> Attempt:
        """Read (order or world, caller, action, resource)."""
        if not isinstance(answer, list | tuple) or len(answer) != 4:
            message = (
                f"Exercise {self.number} wants (order, caller, action, resource): the order is a "
                f"list of statements such as {self._every(world)[:2]}, or a changed world."
            )
            raise ExerciseError(message)
        first, *rest = answer
        question = Question(*(getattr(part, "name", str(part)) for part in rest))
        if isinstance(first, World):
            return Attempt(first, question)
        if not isinstance(first, list | tuple):
            raise ExerciseError(f"{first!r} is no list of statements.")
        order = tuple(map(str, first))
        changed = world.copy()
        arrange(changed.user(self.user), self.policy_name, order)
        return Attempt(changed, question, order)

    def _every(self, world: World) -> list[str]:
        policy = world.user(self.user).inline[self.policy_name]
        return [statement.label for statement in policy.statements]

    def data(self, answer: Any, world: World) -> list[Any]:
        """Give the order and the request; of a world that was changed by hand, what differs."""
        attempt = self.read(answer, world)
        by_hand = attempt.world.diff(world) or ("nothing is changed",)
        order = list(by_hand if attempt.order is None else attempt.order)
        asked = attempt.question
        return [order, asked.caller, asked.action, asked.resource]

    def right_answer(self, world: World) -> list[Any]:
        """Search the orders and requests that the card offers, the given order first."""
        for order in permutations(self._every(world)):
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
        believed, belief = self.belief.verdict(decision), self.belief
        aws = f"AWS says {decision.verdict.symbol} {decision.verdict}"
        if (str(believed) == "allowed") is not bool(decision):
            said = (
                f"{answer.question}: somebody who believes that {belief.says} says "
                f"{believed.symbol} {believed}; {aws}. {self.why}"
            )
            return Mark(correct=True, true_part=said, decision=decision)
        return Mark(
            correct=False,
            true_part=_applying(decision),
            counterexample=(
                f"But both say the same. {aws}, and so does somebody who believes that "
                f"{belief.says}. {self.nudge}"
            ),
            decision=decision,
        )

    def shown(self, answer: Any) -> str:
        """Write the order and the request."""
        return repr(tuple(answer))


def _applying(decision: Decision) -> str:
    """Say which statements apply to a request."""
    names = [
        f"{reading.statement.label} ({reading.effect})"
        for layer in LAYERS
        for reading in decision.heard[layer].applying
    ]
    return f"What applies to your request: {', '.join(names) or 'no statement'}."
