"""Exercises of kind W: write a policy, which is checked on every request of the scenario."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.errors import AwsError, ExerciseError, PolicyError, noted
from iamlab.policy.document import Policy
from iamlab.teach.exercises import Exercise, Question
from iamlab.teach.marks import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from iamlab.world.world import World


@dataclass(frozen=True, slots=True)
class Requests:
    """All requests of a scenario: every caller, every action, every resource."""

    callers: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def allowed(self, world: World) -> dict[Question, bool]:
        """Return for each request whether it is allowed."""
        matrix = world.access_matrix(self.actions, self.resources, self.callers)
        return {
            Question(caller, action, resource): matrix.allowed(row, pair)
            for row, caller in enumerate(self.callers)
            for pair, (action, resource) in enumerate(matrix.pairs)
        }


@dataclass(frozen=True, slots=True)
class Case:
    """A situation in which the policy is checked.

    Parameters
    ----------
    name
        The situation in words, such as ``"today"``.
    change
        A function that changes the exercise's world before the policy is added.
    """

    name: str
    change: Callable[[World], object]


@dataclass(frozen=True, kw_only=True)
class Write(Exercise):
    """W: a policy document.

    Parameters
    ----------
    user, policy_name
        The user that gets it as an inline policy, and its name.
    requests
        All requests on which it is checked.
    cases
        The situations in which it is checked.
    wanted
        A function of a request and whether it is allowed without the policy. It returns whether
        the request must be allowed; ``None``: both are right.
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
        """Return the policy of an answer: a policy, a dict, or JSON text."""
        if not isinstance(answer, Policy | dict | str) or answer == "":
            message = f"Exercise {self.number} needs a policy: a dict, or JSON text."
            raise ExerciseError(message)
        try:
            policy = Policy.parse(answer, name=self.policy_name)
            world.copy().user(self.user).put_policy(self.policy_name, policy)
        except (PolicyError, AwsError) as error:
            raise noted(ExerciseError(str(error)), *getattr(error, "__notes__", ())) from None
        return policy

    def data(self, answer: Any, world: World) -> dict[str, Any]:
        """Return the document."""
        return self.read(answer, world).to_dict()

    def right_answer(self, world: World) -> dict[str, object]:
        """Return the first of the example documents that is right."""
        for document in self.examples(world):
            if self._mark(self.read(document, world), world).correct:
                return document
        message = f"No example document of exercise {self.number} is right."
        raise ExerciseError(message)

    def failures(self, policy: Policy, world: World) -> Iterator[tuple[Case, Question, bool]]:
        """Yield each request with a wrong result, and the wanted result."""
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
            text = f"Your policy is right for all {count} requests. {self.why}"
            return Mark(correct=True, true_part=text)
        case, question, wanted = wrong[0]
        changed = world.copy()
        case.change(changed)
        changed.user(self.user).put_policy(self.policy_name, answer)
        decision = question.ask(changed)
        expected = "allowed" if wanted else "denied"
        return Mark(
            correct=False,
            true_part=f"{count - len(wrong)} of {count} requests are right.",
            counterexample=(
                f"{case.name[0].upper()}{case.name[1:]}, {question} must be {expected}, but it is "
                f"{decision.verdict.symbol} {decision.verdict}."
            ),
            decision=decision,
        )

    def shown(self, answer: Any) -> str:
        """Return the document as JSON text."""
        return json.dumps(answer, indent=2)
