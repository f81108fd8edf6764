"""W: write a policy, which is judged over every request that the scenario knows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.errors import AwsError, ExerciseError, PolicyError
from iamlab.policy.document import Policy
from iamlab.teach.exercises import Exercise, Question, named
from iamlab.teach.marks import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from iamlab.lab.world import World


@dataclass(frozen=True, slots=True)
class Requests:
    """The request universe of a scenario: every caller, every action, every resource."""

    callers: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def allowed(self, world: World) -> dict[Question, bool]:
        """Decide all of them at once."""
        matrix = world.access_matrix(
            self.actions, self.resources, [named(world, caller) for caller in self.callers]
        )
        return {
            Question(caller, action, resource): matrix.allowed(row, pair)
            for row, caller in enumerate(self.callers)
            for pair, (action, resource) in enumerate(matrix.pairs)
        }


@dataclass(frozen=True, slots=True)
class Case:
    """A world in which the policy is tried, and what it must do there.

    Parameters
    ----------
    name
        When that is, in words: ``"today"``.
    change
        Changes the exercise's world, before the policy is put into it.
    """

    name: str
    change: Callable[[World], object]


@dataclass(frozen=True, kw_only=True)
class Write(Exercise):
    """W: a policy document.

    Parameters
    ----------
    user, policy_name
        It is put there as an inline policy.
    requests
        All requests over which it is judged.
    cases
        The worlds in which it must hold.
    wanted
        What a request must come to, given what it came to without the policy; ``None``: either.
    examples
        Documents to try for the solution, the best first.
    """

    user: str
    policy_name: str
    requests: Requests
    cases: tuple[Case, ...]
    wanted: Callable[[Question, bool], bool | None]
    examples: Callable[[World], Iterable[dict[str, object]]]

    def read(self, answer: Any, world: World) -> Policy:
        """Read a document: a policy, a dict, or JSON text."""
        if not isinstance(answer, Policy | dict | str) or answer == "":
            message = f"Exercise {self.number} wants a policy: a dict, or JSON text."
            raise ExerciseError(message)
        try:
            policy = Policy.parse(answer, name=self.policy_name)
            world.copy().user(self.user).put_policy(self.policy_name, policy)
        except (PolicyError, AwsError) as error:
            said = ExerciseError(str(error))
            for note in getattr(error, "__notes__", ()):
                said.add_note(note)
            raise said from None
        return policy

    def data(self, answer: Any, world: World) -> dict[str, Any]:
        """Give the document."""
        return self.read(answer, world).to_dict()

    def right_answer(self, world: World) -> dict[str, object]:
        """Try the documents that the exercise knows."""
        for document in self.examples(world):
            if self._mark(self.read(document, world), world).correct:
                return document
        message = f"No document that exercise {self.number} knows is right."
        raise ExerciseError(message)

    def failures(self, policy: Policy, world: World) -> Iterator[tuple[Case, Question, bool]]:
        """Yield each request that comes to something else than it must, and what it must be."""
        for case in self.cases:
            before = world.copy()
            case.change(before)
            without = self.requests.allowed(before)
            after = before.copy()
            after.user(self.user).put_policy(self.policy_name, policy)
            for question, allowed in self.requests.allowed(after).items():
                wanted = self.wanted(question, without[question])
                if wanted is not None and wanted is not allowed:
                    yield case, question, wanted

    def _mark(self, answer: Policy, world: World) -> Mark:
        wrong = list(self.failures(answer, world))
        count = len(self.cases) * len(self.requests.allowed(world))
        if not wrong:
            said = f"Tried on {count} requests, and right on all. {self.why}"
            return Mark(correct=True, true_part=said)
        case, question, wanted = wrong[0]
        changed = world.copy()
        case.change(changed)
        changed.user(self.user).put_policy(self.policy_name, answer)
        decision = question.ask(changed)
        shall = "allowed" if wanted else "denied"
        return Mark(
            correct=False,
            true_part=f"{count - len(wrong)} of {count} requests come out as they must.",
            counterexample=(
                f"{case.name[0].upper()}{case.name[1:]}, {question} must be {shall}, and is "
                f"{decision.verdict.symbol} {decision.verdict}."
            ),
            decision=decision,
        )

    def shown(self, answer: Any) -> str:
        """Write the document."""
        return json.dumps(answer, indent=2)
