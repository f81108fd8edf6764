"""Exercises of kind D: a whole world that gives the wanted access, with good and small policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamlab.policy.lint.findings import SUGGESTION
from iamlab.policy.validate.document_defects import size
from iamlab.teach.checks import Repair
from iamlab.world.policy_places import policy_places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.policy.lint.findings import Finding
    from iamlab.world.world import World


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
