"""How a plan is bound for a principal: in which Region, with which names, so that it is allowed.

The names that its policies allow are tried, a few for each resource. A binding is one possibility
of several: the decisions about its calls are the proof.

Notes
-----
AWS pages: "Service Authorization Reference"; "AWS global condition context keys", for
``aws:RequestedRegion``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from iamlab.analysis.privilege_escalation import satisfying_values as satisfying
from iamlab.analysis.privilege_escalation.escalation_methods import (
    PROFILE,
    REGION,
    ROLE,
    PlanStep,
    ServicePlan,
)
from iamlab.analysis.privilege_escalation.pass_role import PASS_ROLE, PASSED_FOR, Passing
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need
from iamlab.analysis.privilege_escalation.sample_arns import Place, form_of
from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.policy.arn import is_arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.model.identities import Role


FEW_NAMES = 12
"""So many names are kept for a thing on whose name something else depends."""

FEW_TRIES = 200
"""So many combinations of names are tried at most, where two things meet in one permission."""

FEW_BINDINGS = 12
"""So many bindings are kept, of which one may suit a particular role."""

REGIONS = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1"}
"""Partition -> a Region of it."""

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d")
_STANDS_FOR = re.compile(r"\{([^}]*)\}")
OF_ROLE = (ROLE, PROFILE)


@dataclass(frozen=True, slots=True)
class PlanBinding:
    """A plan with a Region and names: one possibility to carry it out.

    Parameters
    ----------
    names
        Thing -> its ARN.
    chosen
        Of each permission by step and thing: the further keys that the call brings.
    conditions
        What must be so of things that the world does not know.
    """

    plan: ServicePlan
    region: str
    names: Mapping[str, str]
    chosen: Mapping[tuple[int, str], Mapping[str, Any]] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """What works with the role."""
        return self.names.get(self.plan.main, "")

    @property
    def passed_for(self) -> str:
        """What the role is passed for."""
        return self.names.get(self.plan.gets, "")

    def needs(self, number: int, step: PlanStep, role: Role, profile: str) -> Iterator[Need]:
        """Give what one call needs, without the passing of the role."""
        meant = {**self.names, ROLE[1:-1]: role.arn, PROFILE[1:-1]: profile}
        for thing in step.checked or ("",):
            fixed = _sent(step, thing, meant, self.region)
            more = self.chosen.get((number, thing), {})
            resource = self.names[thing] if thing else "*"
            need = Need(step.action, resource, {**fixed, **more})
            yield from (need, *satisfying.tagging(need))

    def calls(
        self, passing: Passing, role: Role, profile: str, another: Role | None
    ) -> tuple[Call, ...]:
        """Give the calls; what each works on stands by the name that AWS has for the thing."""
        made = []
        for number, step in enumerate(self.plan.steps):
            needs = [*self.needs(number, step, role, profile)]
            given = {_parameter(thing): self.names[thing] for thing in step.checked}
            if step.passes:
                needs.append(passing.need(role, self.plan.service, self.passed_for_in(step)))
                given["RoleArn"] = role.arn
                if another is not None:
                    needs.append(passing.need(another, self.plan.also, ""))
            made.append(Call(step.action, given, tuple(needs)))
        return tuple(made)

    def passed_for_in(self, step: PlanStep) -> str:
        """Give what the role is passed for in a call; IAM puts it in a profile, and says none."""
        return "" if step.action.startswith("iam:") else self.passed_for


def _sent(step: PlanStep, thing: str, meant: Mapping[str, str], region: str) -> dict[str, Any]:
    """Give the condition keys that a call brings where it is asked about a thing."""
    known = {**meant, REGION[1:-1]: region}
    return {
        key: _STANDS_FOR.sub(lambda found: known.get(found[1], found[0]), value)
        for key, value in step.keys
        if satisfying.is_sent(step.action, thing, key)
        and (value not in OF_ROLE or value[1:-1] in known)
    }


def _parameter(thing: str) -> str:
    words = re.split(r"[-\s]", thing)
    return "".join(word[:1].upper() + word[1:] for word in words) + "Arn"


@dataclass(slots=True)
class PlanBinder:
    """The search for arrangements of a plan for one principal.

    Parameters
    ----------
    fixed
        Thing -> the ARN of one that is in the world; the others are given names.
    more
        Patterns of names besides, for what works with the role.
    """

    view: AttackerView
    plan: ServicePlan
    fixed: Mapping[str, str] = field(default_factory=dict)
    more: tuple[str, ...] = ()

    def found(self) -> list[PlanBinding]:
        """Give a few for which the principal has every permission, except those about the role."""
        of_fixed = [arn.split(":")[3] for arn in self.fixed.values()][:1]
        regions = of_fixed or self._regions()
        every = (binding for region in regions for binding in self._in(region))
        return list(islice(every, FEW_BINDINGS))

    def _regions(self) -> list[str]:
        """Give Regions to try: the usual one, and those that the principal's policies name."""
        view = self.view
        asked = view.decider.circumstances.get("region")
        if asked:
            return [asked]
        found = {REGIONS.get(view.account.partition, DEFAULT_REGION): None}
        named = [text.split(":")[3] for text in self._patterns(self.plan.actions) if ":" in text]
        for key in ("aws:RequestedRegion", "ec2:Region"):
            for name in self.plan.actions:
                named += satisfying.values(view.decider, view.state, name, key)
        found |= dict.fromkeys(text for text in named if _REGION.fullmatch(text))
        return list(found)

    def _patterns(self, actions: tuple[str, ...]) -> list[str]:
        found = satisfying.patterns(self.view.decider, self.view.state, actions)
        return [text for text in found if is_arn(text)]

    def _in(self, region: str) -> Iterator[PlanBinding]:
        names = [name for name in self.plan.resources if name not in self.fixed]
        options = []
        for name in names:
            suiting = (arn for arn in self._names(name, region) if self._suits(name, arn, region))
            fitting = list(islice(suiting, FEW_NAMES if self._matters(name) else 1))
            if not fitting:
                return
            options.append(fitting)
        for combination in islice(product(*options), FEW_TRIES):
            given = {**self.fixed, **dict(zip(names, combination, strict=True))}
            binding = self._decided(region, given, range(len(self.plan.steps)))
            if binding is not None:
                yield binding

    def _names(self, name: str, region: str) -> list[str]:
        """Give ARNs to try for a thing; a new one must not be there yet."""
        view, resource = self.view, self.plan.resources[name]
        place = Place(view.account.partition, region, view.account.account_id)
        form = form_of(resource.kind, place, is_new=resource.is_new)
        steps = [step for step in self.plan.steps if name in self._used(step)]
        wanted = self._patterns(tuple(step.action for step in steps))
        for step in steps:
            for key, value in step.keys:
                if value == f"{{{name}}}":
                    wanted += satisfying.values(view.decider, view.state, step.action, key)
        if name in (self.plan.main, self.plan.gets):
            wanted += satisfying.values(view.decider, view.state, PASS_ROLE, PASSED_FOR)
            wanted += self.more
        found = {form.usual: None} | dict.fromkeys(form.named(pattern) for pattern in wanted)
        there = self._taken if resource.is_new else ()
        return [arn for arn in found if arn is not None and arn not in there]

    def _matters(self, name: str) -> bool:
        """Say whether anything else depends on the name of a thing: the role, or another thing."""
        if name in (self.plan.main, self.plan.gets):
            return True
        joint = [step for step in self.plan.steps if self._used(step) - {*step.checked}]
        return any(name in self._used(step) for step in joint)

    @property
    def _taken(self) -> set[str]:
        account = self.view.account
        return {*account.resources, *(each.arn for each in account.instance_profiles.values())}

    def _used(self, step: PlanStep) -> set[str]:
        """Give the names of the things that a step's permissions depend on."""
        meant = {name for _, value in step.keys for name in _STANDS_FOR.findall(value)}
        return {*step.checked, *(meant & self.plan.resources.keys())}

    def _suits(self, name: str, arn: str, region: str) -> bool:
        """Say whether a thing may be called so, as far as it alone decides."""
        known = {**self.fixed, name: arn}
        numbers = [
            number
            for number, step in enumerate(self.plan.steps)
            if name in step.checked and self._used(step) - {*step.checked} <= known.keys()
        ]
        return self._decided(region, known, numbers) is not None

    def _decided(
        self, region: str, names: Mapping[str, str], numbers: Iterable[int]
    ) -> PlanBinding | None:
        """Ask for the permissions of some steps on those things that have a name."""
        chosen: dict[tuple[int, str], Mapping[str, Any]] = {}
        conditions: dict[str, None] = {}
        for number in numbers:
            step = self.plan.steps[number]
            if not self._used(step) - {*step.checked} <= names.keys():
                continue
            for thing in [one for one in step.checked if one in names] or [""] * (not step.checked):
                keys = self._keys(step, thing, region, names)
                if keys is None:
                    return None
                chosen[number, thing] = keys
                tags = [key for key in keys if key.lower().startswith(satisfying.TAGS)]
                for key in tags:
                    tag = f"{key.partition('/')[2]}={keys[key]}"
                    conditions[f"{names.get(thing, 'it')} is tagged {tag}"] = None
        return PlanBinding(self.plan, region, names, chosen, tuple(conditions))

    def _keys(
        self, step: PlanStep, thing: str, region: str, names: Mapping[str, str]
    ) -> Mapping[str, Any] | None:
        """Give the further keys with which a permission is there; ``None``: there are none."""
        view, resource = self.view, names.get(thing, "*")
        of_role = [key for key, value in step.keys if value in OF_ROLE]
        if any(satisfying.mentions(view.decider, view.state, key) for key in of_role):
            return {}  # it depends on the role: asked when the role is known
        fixed = _sent(step, thing, names, region)
        if view.decider.has(view.state, Need(step.action, resource, fixed)):
            return {}
        has_tags = bool(thing) and thing not in self.fixed and not self.plan.resources[thing].is_new
        more = satisfying.choices(
            view.decider, view.state, step.action, thing, fixed, has_tags=has_tags
        )
        if not more:
            return None
        need = Need(step.action, resource, {**fixed, **more})
        wanted = (need, *satisfying.tagging(need))
        return more if all(view.decider.has(view.state, each) for each in wanted) else None
