"""What all ways through a service have in common: who may carry a plan out, for which roles.

Notes
-----
AWS pages: "Grant a user permissions to pass a role to an AWS service"; "IAM roles for Amazon EC2",
for instance profiles.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.pass_role import Passing
from iamlab.analysis.privilege_escalation.plan_binding import OF_ROLE, PlanBinder, PlanBinding
from iamlab.analysis.privilege_escalation.plans import ROLE, Plan
from iamlab.analysis.privilege_escalation.satisfying_values import mentions
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.table import EscalationMethod
    from iamlab.model.identities import Role


class Known(NamedTuple):
    """What is in the world and works with a role.

    Parameters
    ----------
    things
        Name in plans -> ARN.
    keys
        Condition keys that calls bring because of it.
    is_shared
        Whether it has a policy, which may let principals of other accounts work on it.
    """

    things: Mapping[str, str]
    role: Role
    keys: tuple[tuple[str, str], ...] = ()
    is_shared: bool = False


def by_plans(
    view: AttackerView,
    method: EscalationMethod,
    plans: Iterable[Plan],
    *,
    roles: Sequence[Role] | None = None,
    conditions: Sequence[str] = (),
    done: Iterable[str] = (),
) -> Iterator[Edge]:
    """Give an edge to each role for which one of some plans can be carried out."""
    found = set(done)
    for plan in plans:
        for role, edge in by_plan(
            view, method, plan, roles=roles, conditions=conditions, done=found
        ):
            found.add(role.arn)
            yield edge


def by_known(
    view: AttackerView,
    method: EscalationMethod,
    plans: Sequence[Plan],
    known: Sequence[Known],
    unknown: str,
) -> Iterator[Edge]:
    """Give an edge for each thing of the world with which one of some plans can be carried out.

    Parameters
    ----------
    unknown
        What must be so of things that the world does not know. Only a world from an export lacks
        things that are there; empty: they are not asked about.
    """
    done = set()
    for thing in known:
        for plan in plans:
            told = plan.bringing(thing.keys) if thing.keys else plan
            edges = by_plan(view, method, told, roles=[thing.role], fixed=thing.things)
            edge = next((edge for _, edge in edges), None)
            if edge is not None:
                done.add(thing.role.arn)
                yield edge
                break
    if unknown and view.world.loaded:
        for plan in plans:
            for role, edge in by_plan(view, method, plan, done=done, conditions=[unknown]):
                done.add(role.arn)
                yield edge


def by_plan(
    view: AttackerView,
    method: EscalationMethod,
    plan: Plan,
    *,
    roles: Sequence[Role] | None = None,
    fixed: Mapping[str, str] | None = None,
    conditions: Sequence[str] = (),
    done: Iterable[str] = (),
) -> Iterator[tuple[Role, Edge]]:
    """Give the roles for which a power can carry a plan out, each with an edge to it.

    Parameters
    ----------
    roles
        The only ones to look at; else all that trust the service.
    fixed
        Things of the plan that are in the world.
    conditions
        What must be so besides what the plan says.
    done
        ARNs of roles that need not be looked at.
    """
    passing = Passing.of(view)
    candidates = passing.trusting(plan.service) if roles is None else roles
    if not candidates or not _may_ever(view, plan, fixed):
        return
    if plan.passes:
        passed = {role.arn for role in passing.passed(view.state, plan.service)}
        candidates = [role for role in candidates if role.arn in passed]
    gone = set(done)
    candidates = [role for role in candidates if role.arn not in gone and not _is_it(view, role)]
    another = _another(view, passing, plan)
    if not candidates or (plan.also and another is None):
        return
    more = tuple(passing.sources(candidates))
    ways = PlanBinder(view, plan, fixed or {}, more).found()
    for role in candidates if ways else ():
        profile = passing.profiles.get(role.arn, "") if plan.needs_profile else ""
        if plan.needs_profile and not profile:
            continue
        way_there = next(
            (each for each in ways if _suits(view, passing, each, role, profile)), None
        )
        if way_there is None:
            continue
        calls = partial(way_there.calls, passing, role, _profile(way_there, profile), another)
        given = [text.replace(ROLE, role.name) for text in (plan.given, *conditions) if text]
        yield role, view.becomes(method, role, calls, *given, *way_there.conditions)


def _profile(arrangement: PlanBinding, known: str) -> str:
    return known or arrangement.names.get("instance-profile", "")


def _may_ever(view: AttackerView, plan: Plan, fixed: Mapping[str, str] | None) -> bool:
    """Say whether the power's policies could be about all that the plan needs.

    A thing that is there may have a policy of its own, which lets the power work on it.
    """
    if fixed and any(_has_policy(view, arn) for arn in fixed.values()):
        return True
    return all(view.ever(action) for action in plan.actions)


def _has_policy(view: AttackerView, arn: str) -> bool:
    owner = view.world.accounts.get(Arn.parse(arn).account)
    known = None if owner is None else owner.resources.get(arn)
    return known is not None and known.policy is not None


def _is_it(view: AttackerView, role: Role) -> bool:
    """Say whether the power is the role already, whole."""
    return view.role is role and not view.state.gathered.session


def _another(view: AttackerView, passing: Passing, plan: Plan) -> Role | None:
    """Give a role for the other service that the plan needs one for."""
    if not plan.also:
        return None
    passed = passing.passed(view.state, plan.also)
    return next(
        (
            role
            for role in passed
            if passing.may_pass(view.state, role, plan.also, "")
            and passing.lets(role, plan.also, "")
        ),
        None,
    )


def _suits(
    view: AttackerView, passing: Passing, arrangement: PlanBinding, role: Role, profile: str
) -> bool:
    """Say whether an arrangement does for a role: it may be passed, and lets the service in."""
    plan = arrangement.plan
    if not passing.lets(role, plan.service, arrangement.source):
        return False
    profile = _profile(arrangement, profile)
    for number, step in enumerate(plan.steps):
        keys = [key for key, value in step.keys if value in OF_ROLE]
        if any(mentions(view.decider, view.state, key) for key in keys):
            needs = arrangement.needs(number, step, role, profile)
            if not all(view.decider.has(view.state, need) for need in needs):
                return False
        if step.passes:
            passed_for = arrangement.passed_for_in(step)
            if not passing.may_pass(view.state, role, plan.service, passed_for):
                return False
    return True
