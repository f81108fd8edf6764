"""Methods that go through a service: it is passed a role, or something that has a role is changed.

A plan of ``escalation_methods.json`` says which calls are made. Where a service has no resources in
the world (stacks, notebooks, projects, tasks), an edge goes to each role that the service may
assume, on the condition that there is such a resource. Functions and instances are in the world, so
each of them is an edge. These methods cannot be replayed: the decisions of all calls are the proof.

Notes
-----
AWS pages: "Grant a user permissions to pass a role to an AWS service"; "Service Authorization
Reference"; "IAM roles for Amazon EC2", for instance profiles; "Restrict access to root-level
commands through SSM Agent"; "Grant IAM permissions for EC2 Instance Connect"; "Run commands when
you launch an EC2 instance with user data input"; "Managing Lambda dependencies with layers";
"Viewing resource-based IAM policies in Lambda", because a function's policy can let its principals
change the function. Service principals that no AWS page lists are from the services' own guides.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.escalation_methods import ROLE, ServicePlan
from iamlab.analysis.privilege_escalation.plan_binding import OF_ROLE, Passing, PlanBinder
from iamlab.analysis.privilege_escalation.principal_states import Gain, PrincipalState
from iamlab.analysis.privilege_escalation.satisfying_values import mentions
from iamlab.authorization.principal import principal_of
from iamlab.operations.services.ec2.instance import Instance
from iamlab.operations.services.ec2.instance_role import role_of
from iamlab.operations.services.lambda_functions import Function
from iamlab.operations.sts.session import find_role
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRole
    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.plan_binding import PlanBinding
    from iamlab.model.account import Account
    from iamlab.model.identities import Role


A_FUNCTION = "a function works with the role {role}"
AN_INSTANCE = "an instance works with the role {role}"
CONTROL = "the caller runs code on an instance"
EVENTS = "lambda:CreateEventSourceMapping"

NOTHING_NAMED: Mapping[str, str] = MappingProxyType({})

PLAIN = {"RoleArn", "RoleSessionName"}
"""The parameters of AssumeRole that CloudFormation sends."""

Plans = tuple[ServicePlan, ...]
"""Of a method: one of them is enough."""


def pass_to_stack_set(view: AttackerView, plans: Plans) -> Iterator[Gain]:
    """Have a stack set made: the role that is passed administers it, and assumes another role.

    The first role must trust CloudFormation, the second must trust the first.
    """
    done: set[str] = set()
    for plan in plans:
        for gain in by_plan(view, plan):
            for taken in _taken_by(view, gain.target.arn):
                if taken.role.arn not in done and taken.role is not view.role:
                    done.add(taken.role.arn)
                    yield view.becomes(taken.role, gain.calls, *gain.conditions)


def _taken_by(view: AttackerView, role_arn: str) -> list[AssumableRole]:
    """Return the roles that a role may assume; found once."""

    def found() -> list[AssumableRole]:
        every = view.assuming.taken_by(PrincipalState.of(principal_of(view.world, role_arn)))
        # CloudFormation sends no more in its call than it must.
        return [each for each in every if each.call.parameters.keys() == PLAIN]

    return view.decider.once(("taken by", role_arn), found)


# Functions ---------------------------------------------------------------------------------------


def change_function(view: AttackerView, plans: Plans) -> Iterator[Gain]:
    """``UpdateFunctionCode`` or ``UpdateFunctionConfiguration``; then the function must run."""
    yield from by_existing(view, plans, _functions(view.account), A_FUNCTION)
    # Nobody makes an event source for a function of another account.
    abroad = [plan for plan in plans if EVENTS not in plan.actions]
    for account in view.world.accounts.values():
        if account is not view.account:
            shared = [each for each in _functions(account) if each.is_shared]
            yield from by_existing(view, abroad, shared)


def _functions(account: Account) -> Iterator[ExistingResource]:
    """Return the functions of an account that have a role of it."""
    for each in account.resources.values():
        role = find_role(account.world, each.role_arn) if isinstance(each, Function) else None
        if role is not None and role.account is account:
            is_shared = each.policy is not None
            yield ExistingResource({"function": each.arn}, role, is_shared=is_shared)


# Instances ---------------------------------------------------------------------------------------


def give_profile(view: AttackerView, plans: Plans) -> Iterator[Gain]:
    """Return an instance that one controls the profile of a role.

    The two plans are for an instance that has no profile, and for one that has.
    """
    return _give(view, plans, Passing.of(view).trusting("ec2"), set())


def give_new_profile(view: AttackerView, plans: Plans) -> Iterator[Gain]:
    """Put a role that is in no profile into a new one, for a new instance or one that is there."""
    passing, done = Passing.of(view), set[str]()
    roles = [role for role in passing.trusting("ec2") if role.arn not in passing.profiles]
    yield from by_plan(view, plans[0], roles=roles, done=done)
    yield from _give(view, plans[1:], roles, done)


def swap_role(view: AttackerView, plans: Plans) -> Iterator[Gain]:
    """Put another role into the profile of an instance that one controls.

    The two plans are for a profile that has a role, and for an empty one.
    """
    running, done = _instances(view, "running"), set[str]()
    for profile in view.account.instance_profiles.values():
        using = [each.name for each in running if _profile_of(each) == profile.arn]
        if not using and not view.world.loaded:
            continue
        control = f"{CONTROL} {using[0]}" if using else f"{CONTROL} with {profile.name}"
        roles = [role for role in Passing.of(view).trusting("ec2") if role not in profile.roles]
        named = {"instance-profile": profile.arn}
        plan = plans[0 if profile.roles else 1]
        yield from by_plan(view, plan, roles, named, conditions=[control], done=done)


def _profile_of(instance: Instance) -> str:
    return "" if instance.association is None else instance.association.profile_arn


def _give(
    view: AttackerView, plans: Plans, roles: Sequence[Role], done: set[str]
) -> Iterator[Gain]:
    """Look for an instance that can be given each role: one is enough."""
    if not roles:
        return
    for instance in _instances(view, "running"):
        plan, has = plans[instance.association is not None], role_of(instance)
        others = [role for role in roles if role is not has]
        named, conditions = {"instance": instance.arn}, (f"{CONTROL} {instance.name}",)
        yield from by_plan(view, plan, others, named, conditions=conditions, done=done)
    if view.world.loaded:  # an export has no instances
        yield from by_plans(view, plans, roles, conditions=(CONTROL,), done=done)


def use_instance(view: AttackerView, plans: Plans) -> Iterator[Gain]:
    """Run commands on an instance, or log in to it."""
    return by_existing(view, plans, _working(view, "running"), AN_INSTANCE)


def write_start_script(view: AttackerView, plans: Plans) -> Iterator[Gain]:
    """Write what an instance runs when it starts, and start it anew: stop it first if it runs."""
    running, stopped = plans
    yield from by_existing(view, (running,), _working(view, "running"), AN_INSTANCE)
    yield from by_existing(view, (stopped,), _working(view, "stopped"))


def _instances(view: AttackerView, state: str) -> list[Instance]:
    every = view.account.resources.values()
    return [each for each in every if isinstance(each, Instance) and each.state == state]


def _working(view: AttackerView, state: str) -> Iterator[ExistingResource]:
    """Return the instances in a state that have a role, with their tags as SSM gives them."""
    for instance in _instances(view, state):
        role = role_of(instance)
        if role is not None:
            tags = tuple((f"ssm:resourceTag/{key}", value) for key, value in instance.tags.items())
            yield ExistingResource({"instance": instance.arn}, role, tags)


# What they have in common ------------------------------------------------------------------------


class ExistingResource(NamedTuple):
    """A resource of the world that works with a role.

    Parameters
    ----------
    names
        Its name in plans -> its ARN.
    keys
        Condition keys that calls on it send.
    is_shared
        Whether it has a policy, which may let principals of other accounts use it.
    """

    names: Mapping[str, str]
    role: Role
    keys: tuple[tuple[str, str], ...] = ()
    is_shared: bool = False


def by_plans(
    view: AttackerView,
    plans: Iterable[ServicePlan],
    roles: Sequence[Role] | None = None,
    *,
    conditions: Sequence[str] = (),
    done: set[str] | None = None,
) -> Iterator[Gain]:
    """Return an edge to each role for which one of some plans can be carried out."""
    found = set[str]() if done is None else done
    for plan in plans:
        yield from by_plan(view, plan, roles, conditions=conditions, done=found)


def by_existing(
    view: AttackerView,
    plans: Sequence[ServicePlan],
    existing: Iterable[ExistingResource],
    unknown: str = "",
) -> Iterator[Gain]:
    """Return an edge for each resource of the world with which a plan can be carried out.

    Parameters
    ----------
    unknown
        What must be true of resources that are not in the world. Only the world of an export lacks
        resources that exist; empty: they are not looked for.
    """
    done = set[str]()
    for resource in existing:
        with_keys = (plan.with_keys(resource.keys) if resource.keys else plan for plan in plans)
        every = (by_plan(view, plan, [resource.role], resource.names) for plan in with_keys)
        gain = next((gain for gains in every for gain in gains), None)
        if gain is not None:
            done.add(resource.role.arn)
            yield gain
    if unknown and view.world.loaded:
        yield from by_plans(view, plans, conditions=[unknown], done=done)


def by_plan(
    view: AttackerView,
    plan: ServicePlan,
    roles: Sequence[Role] | None = None,
    named: Mapping[str, str] = NOTHING_NAMED,
    *,
    conditions: Sequence[str] = (),
    done: set[str] | None = None,
) -> Iterator[Gain]:
    """Return an edge to each role for which a principal can carry a plan out.

    Parameters
    ----------
    roles
        The only ones to look at; else all that trust the service.
    named
        Resources of the plan that are in the world, by name.
    conditions
        What must be true in addition to the plan's own condition.
    done
        ARNs of roles that need not be looked at; those that are found are added.
    """
    passing, found = Passing.of(view), set[str]() if done is None else done
    candidates = passing.trusting(plan.service) if roles is None else roles
    if not candidates or not _may_ever(view, plan, named):
        return
    if plan.passes:
        passed = {role.arn for role in passing.passed(view.state, plan.service)}
        candidates = [role for role in candidates if role.arn in passed]
    own = None if view.state.principal.session else view.role  # a limited session gains by its role
    candidates = [each for each in candidates if each.arn not in found and each is not own]
    another = _another(view, passing, plan)
    if not candidates or (plan.also and another is None):
        return
    sources = tuple(passing.sources(candidates))
    bindings = PlanBinder(view, plan, named, sources).found()
    for role in candidates if bindings else ():
        known = passing.profiles.get(role.arn, "") if plan.needs_profile else ""
        if plan.needs_profile and not known:
            continue
        for binding in bindings:
            profile = known or binding.names.get("instance-profile", "")
            if _suits(view, passing, binding, role, profile):
                calls = partial(binding.calls, passing, role, profile, another)
                texts = [text.replace(ROLE, role.name) for text in (plan.condition, *conditions)]
                found.add(role.arn)
                yield view.becomes(role, calls, *filter(None, texts), *binding.conditions)
                break


def _may_ever(view: AttackerView, plan: ServicePlan, named: Mapping[str, str]) -> bool:
    """Return whether the principal's policies could be about all that the plan needs.

    A resource that is there may have a policy of its own that lets the principal use it.
    """
    for arn in named.values():
        owner = view.world.accounts.get(Arn.parse(arn).account)
        known = None if owner is None else owner.resources.get(arn)
        if known is not None and known.policy is not None:
            return True
    behind, passing = view.state.behind, {step.action for step in plan.steps if step.passes}
    return all(
        view.ever(name)
        or (behind is not None and name not in passing and view.decider.ever(behind, name))
        for name in (plan.actions)
    )


def _another(view: AttackerView, passing: Passing, plan: ServicePlan) -> Role | None:
    """Return a role for the other service that the plan needs one for."""
    passed = passing.passed(view.state, plan.also) if plan.also else ()
    for role in passed:
        may_pass = passing.may_pass(view.state, role, plan.also, "")
        if may_pass and passing.lets(role, plan.also, ""):
            return role
    return None


def _suits(
    view: AttackerView, passing: Passing, binding: PlanBinding, role: Role, profile: str
) -> bool:
    """Return whether a role may be passed by a binding, and trusts the service for its resource."""
    plan, decider = binding.plan, view.decider
    if not passing.lets(role, plan.service, binding.source):
        return False
    for number, step in enumerate(plan.steps):
        keys = [key for key, value in step.keys if value in OF_ROLE]
        if any(mentions(decider, view.state, key) for key in keys):
            needs = binding.needs(number, step, role, profile)
            has = decider.has if step.passes else decider.shares
            if not all(has(view.state, need) for need in needs):
                return False
        passed_for = binding.passed_for_in(step)
        if step.passes and not passing.may_pass(view.state, role, plan.service, passed_for):
            return False
    return True
