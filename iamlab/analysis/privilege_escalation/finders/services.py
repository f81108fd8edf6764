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
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.escalation_methods import (
    ROLE,
    EscalationMethod,
    ServicePlan,
)
from iamlab.analysis.privilege_escalation.pass_role import Passing
from iamlab.analysis.privilege_escalation.plan_binding import OF_ROLE, PlanBinder, PlanBinding
from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
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
    from iamlab.model.account import Account
    from iamlab.model.identities import Role


A_FUNCTION = "a function works with the role {role}"
AN_INSTANCE = "an instance works with the role {role}"
CONTROL = "the caller runs code on an instance"
EVENTS = "lambda:CreateEventSourceMapping"

PLAIN = {"RoleArn", "RoleSessionName"}
"""The parameters of AssumeRole that CloudFormation sends."""


def pass_or_change(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Carry out one of the plans of a method for each role that trusts the service."""
    yield from by_plans(view, method, method.plans)


def pass_to_stack_set(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Have a stack set made: the role that is passed administers it, and assumes another role.

    The first role must trust CloudFormation, the second must trust the first.
    """
    done: set[str] = set()
    for plan in method.plans:
        for administration, edge in by_plan(view, method, plan):
            for taken in _taken_by(view, administration.arn):
                if taken.role.arn not in done and taken.role is not view.role:
                    done.add(taken.role.arn)
                    yield view.becomes(method, taken.role, edge.make, *edge.conditions)


def _taken_by(view: AttackerView, role_arn: str) -> list[AssumableRole]:
    """Give the roles that a role may assume; found once."""
    key = ("taken by", role_arn)
    if key not in view.decider.kept:
        every = view.assuming.taken_by(PrincipalState.of(principal_of(view.world, role_arn)))
        # CloudFormation sends no more in its call than it must.
        view.decider.kept[key] = [each for each in every if each.call.parameters.keys() == PLAIN]
    found: list[AssumableRole] = view.decider.kept[key]
    return found


# Functions ---------------------------------------------------------------------------------------


def change_function(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``UpdateFunctionCode`` or ``UpdateFunctionConfiguration``; then the function must run."""
    own = list(_functions(view.account))
    yield from by_existing(view, method, method.plans, own, A_FUNCTION)
    for account in view.world.accounts.values():
        if account is not view.account:
            # Nobody makes an event source for a function of another account.
            abroad = [plan for plan in method.plans if EVENTS not in plan.actions]
            shared = [each for each in _functions(account) if each.is_shared]
            yield from by_existing(view, method, abroad, shared, "")


def _functions(account: Account) -> Iterator[ExistingResource]:
    """Give the functions of an account that have a role of it."""
    for each in account.resources.values():
        role = find_role(account.world, each.role_arn) if isinstance(each, Function) else None
        if role is not None and role.account is account:
            is_shared = each.policy is not None
            yield ExistingResource({"function": each.arn}, role, is_shared=is_shared)


# Instances ---------------------------------------------------------------------------------------


def give_profile(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Give an instance that one controls the profile of a role.

    The two plans are for an instance that has no profile, and for one that has.
    """
    yield from _give(view, method, method.plans, Passing.of(view).trusting("ec2"))


def give_new_profile(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Put a role that is in no profile into a new one, for a new instance or one that is there."""
    run, *give = method.plans
    passing = Passing.of(view)
    roles = [role for role in passing.trusting("ec2") if role.arn not in passing.profiles]
    done = set()
    for edge in by_plans(view, method, (run,), roles=roles):
        done.add(edge.target.arn)
        yield edge
    yield from _give(view, method, give, roles, done)


def _give(
    view: AttackerView,
    method: EscalationMethod,
    plans: Sequence[ServicePlan],
    roles: Sequence[Role],
    done: Iterable[str] = (),
) -> Iterator[Edge]:
    """Look for an instance that can be given each role: one is enough."""
    found = set(done)
    if not roles:
        return
    for instance in _instances(view):
        if instance.state != "running":
            continue
        plan, has = plans[instance.association is not None], role_of(instance)
        others = [role for role in roles if role is not has]
        fixed, conditions = {"instance": instance.arn}, (f"{CONTROL} {instance.name}",)
        for role, edge in by_plan(
            view, method, plan, roles=others, fixed=fixed, conditions=conditions, done=found
        ):
            found.add(role.arn)
            yield edge
    if view.world.loaded:  # an export has no instances
        yield from by_plans(view, method, plans, roles=roles, conditions=(CONTROL,), done=found)


def use_instance(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Run commands on an instance, or log in to it."""
    running = _working(view, "running")
    yield from by_existing(view, method, method.plans, running, AN_INSTANCE)


def write_start_script(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Write what an instance runs when it starts, and start it anew: stop it first if it runs."""
    for state, plan in zip(("running", "stopped"), method.plans, strict=True):
        unknown = AN_INSTANCE if state == "running" else ""
        yield from by_existing(view, method, (plan,), _working(view, state), unknown)


def _instances(view: AttackerView) -> list[Instance]:
    return [each for each in view.account.resources.values() if isinstance(each, Instance)]


def _working(view: AttackerView, state: str) -> list[ExistingResource]:
    """Give the instances in a state that have a role, with their tags as SSM gives them."""
    found = []
    for instance in _instances(view):
        role = role_of(instance)
        if role is not None and instance.state == state:
            tags = tuple((f"ssm:resourceTag/{key}", value) for key, value in instance.tags.items())
            found.append(ExistingResource({"instance": instance.arn}, role, tags))
    return found


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
    method: EscalationMethod,
    plans: Iterable[ServicePlan],
    *,
    roles: Sequence[Role] | None = None,
    conditions: Sequence[str] = (),
    done: Iterable[str] = (),
) -> Iterator[Edge]:
    """Give an edge to each role for which one of some plans can be carried out."""
    found = set(done)
    for plan in plans:
        every = by_plan(view, method, plan, roles=roles, conditions=conditions, done=found)
        for role, edge in every:
            found.add(role.arn)
            yield edge


def by_existing(
    view: AttackerView,
    method: EscalationMethod,
    plans: Sequence[ServicePlan],
    existing: Iterable[ExistingResource],
    unknown: str,
) -> Iterator[Edge]:
    """Give an edge for each resource of the world with which a plan can be carried out.

    Parameters
    ----------
    unknown
        What must be true of resources that are not in the world. Only the world of an export lacks
        resources that exist; empty: they are not looked for.
    """
    done = set()
    for resource in existing:
        for plan in plans:
            with_keys = plan.with_keys(resource.keys) if resource.keys else plan
            roles, fixed = [resource.role], resource.names
            every = by_plan(view, method, with_keys, roles=roles, fixed=fixed)
            edge = next((edge for _, edge in every), None)
            if edge is not None:
                done.add(resource.role.arn)
                yield edge
                break
    if unknown and view.world.loaded:
        yield from by_plans(view, method, plans, conditions=[unknown], done=done)


def by_plan(
    view: AttackerView,
    method: EscalationMethod,
    plan: ServicePlan,
    *,
    roles: Sequence[Role] | None = None,
    fixed: Mapping[str, str] | None = None,
    conditions: Sequence[str] = (),
    done: Iterable[str] = (),
) -> Iterator[tuple[Role, Edge]]:
    """Give the roles for which a principal can carry a plan out, each with an edge to it.

    Parameters
    ----------
    roles
        The only ones to look at; else all that trust the service.
    fixed
        Resources of the plan that are in the world, by name.
    conditions
        What must be true in addition to the plan's own condition.
    done
        ARNs of roles that need not be looked at.
    """
    passing, gone = Passing.of(view), set(done)
    candidates = passing.trusting(plan.service) if roles is None else roles
    if not candidates or not _may_ever(view, plan, fixed or {}):
        return
    if plan.passes:
        passed = {role.arn for role in passing.passed(view.state, plan.service)}
        candidates = [role for role in candidates if role.arn in passed]
    is_session_limited = bool(view.state.gathered.session)
    candidates = [
        role
        for role in candidates
        if role.arn not in gone and (role is not view.role or is_session_limited)
    ]
    another = _another(view, passing, plan)
    if not candidates or (plan.also and another is None):
        return
    sources = tuple(passing.sources(candidates))
    bindings = PlanBinder(view, plan, fixed or {}, sources).found()
    for role in candidates if bindings else ():
        known = passing.profiles.get(role.arn, "") if plan.needs_profile else ""
        if plan.needs_profile and not known:
            continue
        for binding in bindings:
            profile = known or binding.names.get("instance-profile", "")
            if _suits(view, passing, binding, role, profile):
                calls = partial(binding.calls, passing, role, profile, another)
                said = [text.replace(ROLE, role.name) for text in (plan.condition, *conditions)]
                every = (*filter(None, said), *binding.conditions)
                yield role, view.becomes(method, role, calls, *every)
                break


def _may_ever(view: AttackerView, plan: ServicePlan, fixed: Mapping[str, str]) -> bool:
    """Say whether the principal's policies could be about all that the plan needs.

    A resource that is there may have a policy of its own that lets the principal use it.
    """
    for arn in fixed.values():
        owner = view.world.accounts.get(Arn.parse(arn).account)
        known = None if owner is None else owner.resources.get(arn)
        if known is not None and known.policy is not None:
            return True
    return all(view.ever(action) for action in plan.actions)


def _another(view: AttackerView, passing: Passing, plan: ServicePlan) -> Role | None:
    """Give a role for the other service that the plan needs one for."""
    passed = passing.passed(view.state, plan.also) if plan.also else ()
    for role in passed:
        may_pass = passing.may_pass(view.state, role, plan.also, "")
        if may_pass and passing.lets(role, plan.also, ""):
            return role
    return None


def _suits(
    view: AttackerView, passing: Passing, binding: PlanBinding, role: Role, profile: str
) -> bool:
    """Say whether a role may be passed by a binding, and trusts the service for its resource."""
    plan, decider = binding.plan, view.decider
    if not passing.lets(role, plan.service, binding.source):
        return False
    for number, step in enumerate(plan.steps):
        keys = [key for key, value in step.keys if value in OF_ROLE]
        if any(mentions(decider, view.state, key) for key in keys):
            needs = binding.needs(number, step, role, profile)
            if not all(decider.has(view.state, need) for need in needs):
                return False
        passed_for = binding.passed_for_in(step)
        if step.passes and not passing.may_pass(view.state, role, plan.service, passed_for):
            return False
    return True
