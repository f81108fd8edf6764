"""Exercises of kind W: write a policy, which is checked on every request of the scenario."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from iamlab.authorization.question_defects import misfit
from iamlab.errors import AwsError, ExerciseError, PolicyError, noted
from iamlab.policy.catalog import arns_for
from iamlab.policy.document import Policy
from iamlab.policy.record import written
from iamlab.teach.checks import unlike
from iamlab.teach.exercises import Exercise, Question
from iamlab.teach.marks import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.teach.places import Place
    from iamlab.world.world import World


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of a scenario: callers, actions and resources, as far as they fit together."""

    callers: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def questions(self) -> Iterator[Question]:
        """Yield the requests that can occur in AWS, with some on resources outside the scenario."""
        for parts in product(self.callers, self.actions, (*self.resources, *ELSEWHERE)):
            if can_occur(*parts[1:]):
                yield Question(*parts)

    def allowed(self, world: World) -> dict[Question, bool]:
        """Return for each request whether it is allowed."""
        return {question: bool(question.ask(world)) for question in self.questions()}


ELSEWHERE = (
    "arn:aws:s3:::elsewhere",
    "arn:aws:s3:::elsewhere/other.fits",
    "arn:aws:iam::555555555555:user/somebody",
    "arn:aws:kms:us-east-1:555555555555:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "arn:aws:sqs:us-east-1:555555555555:elsewhere",
    "*",
)
"""Resources outside every scenario: a policy must not allow more than the task says."""


def can_occur(action: str, resource: str) -> bool:
    """Return whether AWS has requests with this action on this resource.

    Examples
    --------
    >>> [can_occur("s3:GetObject", f"arn:aws:s3:::maps{key}") for key in ("", "/m31.fits")]
    [False, True]
    """
    return (resource == "*") is (arns_for(action) == ("*",)) and not misfit(action, resource)


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
    place
        Where the policy is put.
    requests
        All requests on which it is checked.
    cases
        The situations in which it is checked.
    wanted
        A function of a request and whether it is allowed without the policy. It returns whether
        the request must be allowed; ``None``: both are right.
    solution
        A document that is right.
    """

    place: Place
    requests: Requests
    cases: tuple[Case, ...]
    wanted: Callable[[Question, bool], bool | None]
    solution: dict[str, Any]
    unsolved = "The solution of exercise {} isn't right."

    def read(self, answer: Any, world: World) -> Policy:
        """Return the policy of an answer: a policy, a dict, or JSON text."""
        if not isinstance(answer, Policy | dict | str) or answer == "":
            raise self.needs("a policy: a dict, or JSON text")
        try:
            policy = Policy.parse(answer, name=self.place.name)
            self.place.write(world.copy(), policy)
        except (PolicyError, AwsError) as error:
            raise noted(ExerciseError(str(error)), *getattr(error, "__notes__", ())) from None
        return policy

    def data(self, answer: Any, world: World) -> dict[str, Any]:
        """Return the document without Sids: they decide nothing."""
        policy = self.read(answer, world)
        return written((replace(own, sid=None) for own in policy.statements), policy).to_dict()

    def submitted(self, answer: Any, world: World) -> dict[str, Any]:
        """Return the document."""
        return self.read(answer, world).to_dict()

    def tries(self, world: World) -> list[dict[str, Any]]:  # noqa: ARG002 - as for all kinds
        """Return the lesson's solution."""
        return [self.solution]

    def failures(self, policy: Policy, world: World) -> Iterator[tuple[Case, Question, bool]]:
        """Yield each request with a wrong result, and the wanted result."""
        for case in self.cases:
            before = world.copy()
            case.change(before)
            without = self.requests.allowed(before)
            after = before.copy()
            self.place.write(after, policy)
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
        self.place.write(changed, answer)
        decision = question.ask(changed)
        good = f"{count - len(wrong)} of {count} requests are right."
        text = f"{case.name[0].upper()}{case.name[1:]}, {unlike(question, wanted, decision)}"
        return Mark(correct=False, true_part=good, counterexample=text, decision=decision)

    def shown(self, answer: Any) -> str:
        """Return the document as JSON text."""
        return json.dumps(answer, indent=2)
