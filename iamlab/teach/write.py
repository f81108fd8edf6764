"""Two kinds of exercise about policies: write one, or design a whole world with small ones.

A policy is checked on every request of the scenario, a world on a target and by a linter.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from iamlab.analysis.what_can.what_can import what_can
from iamlab.authorization.question_defects import misfit
from iamlab.errors import AccessDenied, AwsError, ExerciseError, PolicyError, RequestError, noted
from iamlab.policy.catalog import arns_for, matched
from iamlab.policy.document import Policy
from iamlab.policy.lint.findings import SUGGESTION
from iamlab.policy.record import written
from iamlab.policy.validate.document_defects import size
from iamlab.tables import tables
from iamlab.teach.callers import caller_of
from iamlab.teach.checks import Repair, unlike
from iamlab.teach.exercises import Choosing, Mark, Question
from iamlab.world.policy_places import policy_places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.policy.lint.findings import Finding
    from iamlab.teach.places import Place
    from iamlab.world.world import World


ELSEWHERE: list[str] = tables(__file__)["elsewhere"]
"""Resources outside every scenario: a policy must not allow more than the task says."""
WITHOUT_ACCOUNT = ("anonymous", ".amazonaws.com")
"""Callers who can't be asked about a resource whose owner isn't known."""


def can_occur(action: str, resource: str) -> bool:
    """Return whether AWS has requests with this action on this resource.

    Examples
    --------
    >>> [can_occur("s3:GetObject", f"arn:aws:s3:::maps{key}") for key in ("", "/m31.fits")]
    [False, True]
    """
    return (resource == "*") is (arns_for(action) == ("*",)) and not misfit(action, resource)


@dataclass(frozen=True, kw_only=True)
class Write(Choosing):
    """W: a policy document, checked on all requests of the callers, actions and resources.

    Parameters
    ----------
    place
        Where the policy is put.
    cases
        The situations in which it is checked, such as ``"today"``: each with a function that
        changes the exercise's world before the policy is added.
    wanted
        A function of a request and whether it is allowed without the policy. It returns whether
        the request must be allowed; ``None``: both are right.
    solution
        A document that is right.
    """

    place: Place
    cases: Mapping[str, Callable[[World], object]]
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

    def offered(self) -> Iterator[Question]:
        """Yield the requests that can occur in AWS, with some on resources outside the scenario."""
        for parts in product(self.callers, self.actions, (*self.resources, *ELSEWHERE)):
            is_known = parts[2] in self.resources or not parts[0].endswith(WITHOUT_ACCOUNT)
            if is_known and can_occur(*parts[1:]):
                yield Question(*parts)

    def allowed(self, world: World) -> dict[Question, bool]:
        """Return for each request whether it is allowed."""
        return {question: bool(question.ask(world)) for question in self.offered()}

    def _worlds(self, case: str, policy: Policy, world: World) -> tuple[World, World]:
        """Return the world in a situation, without the policy and with it."""
        before = world.copy()
        self.cases[case](before)
        after = before.copy()
        self.place.write(after, policy)
        return before, after

    def failures(self, policy: Policy, world: World) -> Iterator[tuple[str, Question, bool]]:
        """Yield each request with a wrong result, and the wanted result."""
        for case in self.cases:
            before, after = self._worlds(case, policy, world)
            without = self.allowed(before)
            for question, allowed in self.allowed(after).items():
                if (wanted := self.wanted(question, without[question])) not in (None, allowed):
                    yield case, question, wanted

    def excess(self, policy: Policy, world: World) -> Iterator[tuple[str, Question, bool]]:
        """Yield what the policy allows without need, on any resource, of all actions of AWS."""
        allows = [own for own in policy.statements if own.effect == "Allow"]
        services = {name.partition(":")[0] for own in allows for name in matched(own)}
        for case, caller in product(self.cases, self.callers):
            before, after = self._worlds(case, policy, world)
            with suppress(AccessDenied, RequestError):  # a session that isn't made; a service
                for pair in what_can(after, caller_of(after, caller), services=services):
                    question = Question(caller, *pair)
                    wanted = self.wanted(question, bool(question.ask(before)))
                    found = question.ask(after)  # in the caller's situation
                    if wanted is False and found and found.determining:
                        yield case, question, False

    def _mark(self, answer: Policy, world: World) -> Mark:
        failed = list(self.failures(answer, world))
        wrong = failed or list(islice(self.excess(answer, world), 1))
        count = len(self.cases) * len(self.allowed(world))
        if not wrong:
            text = f"Your policy is right for all {count} requests. {self.why}"
            return Mark(correct=True, true_part=text)
        case, question, wanted = wrong[0]
        decision = question.ask(self._worlds(case, answer, world)[1])
        good = f"{count - len(failed)} of {count} requests are right."
        text = f"{case[0].upper()}{case[1:]}, {unlike(question, wanted, decision)}"
        text += "" if failed else " The task doesn't ask for this permission."
        return Mark(correct=False, true_part=good, counterexample=text, decision=decision)

    def shown(self, answer: Any) -> str:
        """Return the document as JSON text."""
        return json.dumps(answer, indent=2)


def findings(world: World) -> Iterator[tuple[str, Finding]]:
    """Yield what a linter finds in the policies of a world, except suggestions.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> world = scenario("first_door")
    >>> world.user("bob").put_policy("all", {"Version": "2012-10-17", "Statement": [
    ...     {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]})
    >>> [(name, finding.code) for name, finding in findings(world)]
    [('user bob: all', 'PASS_ROLE_WITH_STAR_IN_RESOURCE')]
    """
    for name, place, policy in policy_places(world):
        for finding in policy.lint(place.policy_type, place.service):
            if finding.level != SUGGESTION:
                yield name, finding


def sizes(world: World) -> dict[str, int]:
    """Count the policies of a world, their statements, and their characters as IAM does.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> sizes(scenario("first_door"))
    {'policies': 1, 'statements': 1, 'characters': 136}
    """
    documents = [document for _, _, document in policy_places(world)]
    return {
        "policies": len(documents),
        "statements": sum(len(document.statements) for document in documents),
        "characters": sum(map(size, documents)),
    }


@dataclass(frozen=True, kw_only=True)
class Design(Repair):
    """D: a changed world that reaches a target, without findings of a linter, and small.

    Parameters
    ----------
    limits
        The largest number of ``"policies"``, ``"statements"`` or ``"characters"``.
    excepted
        The codes of findings that a solution can have.
    """

    limits: Mapping[str, int] = field(default_factory=dict)
    excepted: tuple[str, ...] = ()

    def _fault(self, answer: World, world: World) -> str:
        for name, finding in findings(answer):
            if finding.code not in self.excepted:
                about = f"{finding.code}. {finding.what} {finding.remedy}".removesuffix(".")
                return f"a policy check has a finding in {name}: {about}"
        counted = sizes(answer)
        for what, most in self.limits.items():
            if counted[what] > most:
                return f"your policies have {counted[what]} {what}, more than {most}"
        return super()._fault(answer, world)
