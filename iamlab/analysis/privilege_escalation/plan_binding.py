"""How a plan is bound for a principal: which role it passes, in which Region, with which names.

To pass a role, three conditions must be met. The caller may pass the role (``iam:PassRole``), to
this service and for this resource. The role's trust policy trusts the service. And the trust
policy's conditions can be met: a service says for whose resource it calls (``aws:SourceAccount``,
``aws:SourceArn``), and nothing else that its caller could choose. That every service sends
``iam:AssociatedResourceArn`` is likely, not sure.

The names that the principal's policies allow are tried, a few for each resource. A binding is one
possibility of several: the decisions about its calls are the proof.

Notes
-----
AWS pages: "Grant a user permissions to pass a role to an AWS service"; "IAM and AWS STS condition
context keys"; "The confused deputy problem"; "Service Authorization Reference"; "AWS global
condition context keys", for ``aws:RequestedRegion``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Self

from iamlab.analysis.privilege_escalation import satisfying_values as satisfying
from iamlab.analysis.privilege_escalation.escalation_methods import PROFILE, REGION, ROLE
from iamlab.analysis.privilege_escalation.permission_checks import PASS_ROLE, Call, Decider, Need
from iamlab.analysis.privilege_escalation.principal_states import statements_of
from iamlab.analysis.privilege_escalation.required_parameters import Place, form_of
from iamlab.authorization.authorize import authorization_request
from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.model.network_locations import Circumstances
from iamlab.model.service_principals import SOURCE_ARN
from iamlab.operations.authorization_needs import context_of_passing
from iamlab.operations.sts.service_session_kinds import Work
from iamlab.operations.sts.service_sessions import session_name
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.attacker_view import AccountInventory, AttackerView
    from iamlab.analysis.privilege_escalation.escalation_methods import PlanStep, ServicePlan
    from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
    from iamlab.model.identities import Role


PASSED_TO, PASSED_FOR = "iam:PassedToService", "iam:AssociatedResourceArn"
ANY_SERVICE = "*"


def host(service: str) -> str:
    """Return the service principal of a service, as policies name it."""
    return f"{service}.amazonaws.com"


class Passing:
    """Who may pass which role to which service: for all principals of an account."""

    def __init__(self, decider: Decider, stock: AccountInventory) -> None:
        self.decider, self.stock = decider, stock
        self._may_be_passed: dict[str, dict[PrincipalState, list[Role]]] = {}
        # Which services each role's trust policy could be about.
        self._trusting: dict[str, list[Role]] = defaultdict(list)
        for role in stock.roles:
            for name in dict.fromkeys(_services(role)):
                self._trusting[name].append(role)
        every = stock.account.instance_profiles.values()
        self.profiles = {role.arn: profile.arn for profile in every for role in profile.roles}
        """ARN of a role -> that of an instance profile that it is in."""

    @classmethod
    def of(cls, view: AttackerView) -> Self:
        """Return that of a principal's account: there is one for all its principals."""
        key = ("passing", view.account.account_id)
        return view.decider.once(key, lambda: cls(view.decider, view.stock))

    def trusting(self, service: str) -> list[Role]:
        """Return the roles whose trust policy could let a service in."""
        found = (*self._trusting.get(host(service), ()), *self._trusting.get(ANY_SERVICE, ()))
        return list(dict.fromkeys(found))

    def lets(self, role: Role, service: str, source: str) -> bool:
        """Return whether a role's trust policy lets a service in that works for a resource."""
        statements = statements_of([role.trust])
        depends = any(entry.conditions for entry in statements) or role.account.world.organizations
        key = ("lets", role.arn, service, source if depends else "")
        return self.decider.once(key, lambda: self._decide(role, host(service), source))

    def _decide(self, role: Role, principal: str, source: str) -> bool:
        where = Circumstances()
        arn = Arn.parse(source) if is_arn(source) else None
        if arn is not None:
            where["source_arn"] = source
        if arn is not None and arn.region:
            where["region"] = arn.region
        keys = {"sts:RoleSessionName": session_name(Work(principal, role.name, arn))}
        question = (self.decider.world, principal, "sts:AssumeRole", role.arn, None, where)
        return bool(authorization_request(*question, operation_keys=keys).decide())

    def need(self, role: Role, service: str, passed_for: str) -> Need:
        """Return what the caller needs for a role that is passed for a resource."""
        keys = context_of_passing(self.stock.account, role.arn, service, passed_for)
        return Need(PASS_ROLE, role.arn, keys)

    def may_pass(self, state: PrincipalState, role: Role, service: str, passed_for: str) -> bool:
        """Return whether a principal may pass a role to a service, for a resource."""
        if not satisfying.mentions(self.decider, state, PASSED_FOR):
            return role in self.passed(state, service)
        return self.decider.has(state, self.need(role, service, passed_for))

    def passed(self, state: PrincipalState, service: str) -> Sequence[Role]:
        """Return the roles that trust a service, and that a principal may pass to it.

        Whose policies ask for what they are passed to get all that might be so: ask ``may_pass``.
        """
        roles = self.trusting(service)
        if not roles or satisfying.mentions(self.decider, state, PASSED_FOR):
            return roles
        known = self._may_be_passed.setdefault(service, {})
        if state not in known:
            # The first time all others are decided as well that will be asked about.
            others = [] if known else self.decider.asked_with(state)
            states = [state, *(other for other in others if self.decider.ever(other, PASS_ROLE))]
            # Tags of the role are known of the role itself.
            pairs, keys = [(PASS_ROLE, role.arn) for role in roles], {PASSED_TO: host(service)}
            rows = self.decider.allowed_pairs(states, pairs, keys)
            for other, row in zip(states, rows, strict=True):
                known[other] = [roles[place] for place in row]
        return known[state]

    def sources(self, roles: Sequence[Role]) -> list[str]:
        """Return the resources for which the trust policies of roles let services in."""
        conditions = satisfying.conditions_of(role.trust for role in roles)
        about = (limit for limit in conditions if limit.key.lower() == SOURCE_ARN.lower())
        return list(dict.fromkeys(value for limit in about for value in limit.values))


def _services(role: Role) -> list[str]:
    """Return the services that a trust policy's Allows name; ``*`` if they might mean any."""
    # The engine decides what NotPrincipal matches.
    allows = (statement for statement in statements_of([role.trust]) if statement.effect == "Allow")
    named = (pair for allow in allows for pair in allow.principal or (("*", ANY_SERVICE),))
    return [value for kind, value in named if kind == "Service" or value == ANY_SERVICE]


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
        """Return what one call needs, without the passing of the role."""
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
        """Return the calls; each resource has the name that AWS uses for it."""
        made = []
        for number, step in enumerate(self.plan.steps):
            needs = [*self.needs(number, step, role, profile)]
            parameters = {_parameter(thing): self.names[thing] for thing in step.checked}
            if step.passes:
                needs.append(passing.need(role, self.plan.service, self.passed_for_in(step)))
                parameters["RoleArn"] = role.arn
                if another is not None:
                    needs.append(passing.need(another, self.plan.also, ""))
            made.append(Call(step.action, parameters, tuple(needs)))
        return tuple(made)

    def passed_for_in(self, step: PlanStep) -> str:
        """Return what the role is passed for in a call; IAM puts it in a profile, and says none."""
        return "" if step.action.startswith("iam:") else self.passed_for


def _sent(step: PlanStep, thing: str, meant: Mapping[str, str], region: str) -> dict[str, Any]:
    """Return the condition keys that a call sends for a resource."""
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
        Additional patterns of names, for resources that use the role.
    """

    view: AttackerView
    plan: ServicePlan
    fixed: Mapping[str, str] = field(default_factory=dict)
    more: tuple[str, ...] = ()

    def found(self) -> list[PlanBinding]:
        """Return a few for which the principal has every permission but those about the role."""
        of_fixed = [arn.split(":")[3] for arn in self.fixed.values()][:1]
        regions = of_fixed or self._regions()
        every = (binding for region in regions for binding in self._in(region))
        return list(islice(every, FEW_BINDINGS))

    def _regions(self) -> list[str]:
        """Return Regions to try: the usual one, and those that the principal's policies name."""
        view = self.view
        region = view.decider.circumstances.get("region")
        if region:
            return [region]
        named = [text.split(":")[3] for text in self._patterns(self.plan.actions)]
        for key in ("aws:RequestedRegion", "ec2:Region"):
            for name in self.plan.actions:
                named += satisfying.values(view.decider, view.state, name, key)
        usual = REGIONS.get(view.account.partition, DEFAULT_REGION)
        return list(dict.fromkeys((usual, *filter(_REGION.fullmatch, named))))

    def _patterns(self, actions: tuple[str, ...]) -> list[str]:
        found = satisfying.patterns(self.view.decider, self.view.state, actions)
        return [text for text in found if is_arn(text)]

    def _in(self, region: str) -> Iterator[PlanBinding]:
        names = [name for name in self.plan.resources if name not in self.fixed]
        options = []
        for name in names:
            every = ({**self.fixed, name: arn} for arn in self._names(name, region))
            suiting = (known[name] for known in every if self._decided(region, known, name))
            fitting = list(islice(suiting, FEW_NAMES if self._matters(name) else 1))
            if not fitting:
                return
            options.append(fitting)
        for combination in islice(product(*options), FEW_TRIES):
            known = {**self.fixed, **dict(zip(names, combination, strict=True))}
            binding = self._decided(region, known)
            if binding is not None:
                yield binding

    def _names(self, name: str, region: str) -> list[str]:
        """Return ARNs to try for a thing; a new one must not be there yet."""
        view, resource, account = self.view, self.plan.resources[name], self.view.account
        place = Place(account.partition, region, account.account_id)
        form = form_of(resource.kind, place, is_new=resource.is_new)
        steps = [step for step in self.plan.steps if name in (*step.checked, *self._meant(step))]
        wanted = self._patterns(tuple(step.action for step in steps))
        keys = ((step.action, *pair) for step in steps for pair in step.keys)
        decisions = [(action, key) for action, key, value in keys if value == f"{{{name}}}"]
        is_passed_for = name in (self.plan.main, self.plan.gets)
        for action, key in [*decisions, *([(PASS_ROLE, PASSED_FOR)] if is_passed_for else [])]:
            wanted += satisfying.values(view.decider, view.state, action, key)
        wanted += self.more if is_passed_for else ()
        found = {form.usual: None} | dict.fromkeys(form.named(pattern) for pattern in wanted)
        profiles = (each.arn for each in account.instance_profiles.values())
        taken = {*account.resources, *profiles} if resource.is_new else ()
        return [arn for arn in found if arn is not None and arn not in taken]

    def _matters(self, name: str) -> bool:
        """Return whether the role or another resource depends on the name of a resource."""
        joint = (step for step in self.plan.steps if self._meant(step))
        return name in (self.plan.main, self.plan.gets) or any(
            name in (*step.checked, *self._meant(step)) for step in joint
        )

    def _meant(self, step: PlanStep) -> set[str]:
        """Return the names of further things that a step's permissions depend on."""
        meant = {name for _, value in step.keys for name in _STANDS_FOR.findall(value)}
        return (meant & self.plan.resources.keys()) - {*step.checked}

    def _decided(
        self, region: str, names: Mapping[str, str], about: str = ""
    ) -> PlanBinding | None:
        """Ask for the permissions of all steps, or those about a thing, on things with a name."""
        chosen: dict[tuple[int, str], Mapping[str, Any]] = {}
        conditions: dict[str, None] = {}
        for number, step in enumerate(self.plan.steps):
            is_about = not about or about in step.checked
            if not is_about or not self._meant(step) <= names.keys():
                continue
            checked = [name for name in step.checked if name in names]
            for thing in checked or [""] * (not step.checked):
                keys = self._keys(step, thing, region, names)
                if keys is None:
                    return None
                chosen[number, thing] = keys
                for key in (each for each in keys if each.lower().startswith(satisfying.TAGS)):
                    tag = f"{key.partition('/')[2]}={keys[key]}"
                    conditions[f"{names.get(thing, 'it')} is tagged {tag}"] = None
        return PlanBinding(self.plan, region, names, chosen, tuple(conditions))

    def _keys(
        self, step: PlanStep, thing: str, region: str, names: Mapping[str, str]
    ) -> Mapping[str, Any] | None:
        """Return the additional keys for which a permission exists; ``None`` if none exist."""
        view, resource = self.view, names.get(thing, "*")
        of_role = [key for key, value in step.keys if value in OF_ROLE]
        if any(satisfying.mentions(view.decider, view.state, key) for key in of_role):
            return {}  # it depends on the role: asked when the role is known
        fixed = _sent(step, thing, names, region)
        has = view.decider.has if step.passes else view.decider.shares
        if has(view.state, Need(step.action, resource, fixed)):
            return {}
        has_tags = bool(thing) and thing not in self.fixed and not self.plan.resources[thing].is_new
        question = (view.decider, view.state, step.action, thing, fixed)
        more = satisfying.choices(*question, has_tags=has_tags)
        if not more:
            return None
        need = Need(step.action, resource, {**fixed, **more})
        wanted = (need, *satisfying.tagging(need))
        return more if all(view.decider.has(view.state, each) for each in wanted) else None
