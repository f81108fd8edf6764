"""What a principal gains by another one that it has become: rights held before a hop are kept.

Whoever assumes a role has the role's session in addition to its own credentials. So the role may
give it a policy (method 76), and the two can share the calls of a plan: the role creates a function
with another role, and the user behind it invokes the function. Each call is decided for the one who
makes it, and a role is passed by the one who makes the call. A stack's role makes calls, too.

Notes
-----
AWS pages: "IAM roles", for the permissions of whoever assumes a role; "API AttachUserPolicy"; "API
PutUserPolicy" and the same operations for roles.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.escalation_methods import METHODS
from iamlab.analysis.privilege_escalation.finders import granting, users
from iamlab.analysis.privilege_escalation.finders.services import Plans, by_plan, by_plans
from iamlab.analysis.privilege_escalation.permission_checks import PASS_ROLE, Call, Need
from iamlab.analysis.privilege_escalation.principal_states import Edge, Gain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.escalation_methods import ServicePlan
    from iamlab.analysis.privilege_escalation.finders.granting import Grants

CHANGES_CALLER = METHODS[76]

BY_PLANS = {number: method.plans for number, method in METHODS.items() if method.plans}
ACTIONS = {name for plans in BY_PLANS.values() for plan in plans for name in plan.actions}


def edges_for(
    view: AttackerView,
    helper: AttackerView,
    finders: Mapping[int, Sequence[Callable[[AttackerView], Iterator[Gain]]]],
) -> Iterator[Edge]:
    """Return the edges of a helper that there are only because of the principal behind it.

    Parameters
    ----------
    finders
        Number of a method -> what finds its edges.
    """
    yield from _changing(view, helper)
    both = replace(helper.state, behind=view.state)
    for first, second in ((helper, view), (view, helper)):
        shared = replace(first, state=replace(first.state, behind=second.state))
        for number, plans in BY_PLANS.items():
            if any(_takes_both(plan, _actions(first), _actions(second)) for plan in plans):
                for find in finders[number]:
                    yield from (Edge(METHODS[number], both, *gain) for gain in find(shared))


def _takes_both(plan: ServicePlan, first: frozenset[str], second: frozenset[str]) -> bool:
    """Return whether two principals together could make the calls that the first can't alone."""
    passing = {step.action for step in plan.steps if step.passes}
    missing = {*plan.actions} - first
    return bool(missing) and missing <= second and not missing & {PASS_ROLE, *passing}


def _actions(view: AttackerView) -> frozenset[str]:
    """Return the actions of plans that a principal's policies could be about."""
    key = ("actions of plans", view.state)
    return view.decider.once(key, lambda: frozenset(filter(view.ever, ACTIONS)))


def _changing(view: AttackerView, helper: AttackerView) -> Iterator[Edge]:
    """Let a helper give policies to the principal that became it."""
    holder = view.user or view.role
    if holder is None or helper.account is not view.account:
        return
    give = users.grants_of_users if view.user else _grants_of_roles
    key = ("grants by", helper.state, holder.kind)
    for grant in view.decider.once(key, lambda: give(helper)).get(holder.arn, ()):
        target = helper.changed(view.state, *grant.changes)
        if target != view.state:
            yield Edge(CHANGES_CALLER, helper.state, target, grant.calls)


def _grants_of_roles(view: AttackerView) -> Grants:
    return granting.best(*(give(view, view.stock.roles) for give in granting.GIVES))


# A stack's role -----------------------------------------------------------------------------------


INVOKE = "lambda:InvokeFunction"


def through_stack(view: AttackerView, stack: Plans, function: Plans) -> Iterator[Gain]:
    """Have a stack's role create a function with a role that it may pass, and invoke that.

    Parameters
    ----------
    stack, function
        The plans that create a stack, and a function.
    """
    if not view.ever(INVOKE):
        return
    create_function = replace(function[0], steps=function[0].steps[:1])
    done = {view.role.arn} if view.role is not None else set[str]()
    for created in by_plans(view, stack):
        helper = replace(view, state=created.target)
        for made in by_plan(helper, create_function, done=done):
            # CloudFormation makes the calls of the stack's role.
            inner = [replace(call, needs=()) for call in _calls(made)]
            name = str(inner[-1].parameters["FunctionArn"])
            invoke = Call(INVOKE, {"FunctionArn": name}, (Need(INVOKE, name, {}),))
            if view.may(invoke):
                calls = (*_calls(created), *inner, invoke)
                yield Gain(made.target, calls, (*created.conditions, *made.conditions))


def _calls(gain: Gain) -> tuple[Call, ...]:
    return gain.calls() if callable(gain.calls) else gain.calls
