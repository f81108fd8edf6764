"""Methods that remove what denies something: a policy with a Deny, or membership of a group.

A removed policy takes its Allows with it. So the policies are removed one after the other, those
that only deny first, and each call is decided for what the caller has become by then. The Deny may
limit the caller, or another principal whose place the caller then takes.

Notes
-----
AWS pages: "Adding and removing IAM identity permissions"; "API RemoveUserFromGroup"; "Policy
evaluation logic", an explicit deny.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.attacker_view import is_admin
from iamlab.analysis.privilege_escalation.finders import granting
from iamlab.analysis.privilege_escalation.finders import own_calls as own
from iamlab.analysis.privilege_escalation.finders.granting import Grant
from iamlab.analysis.privilege_escalation.finders.own_policies import is_detour
from iamlab.analysis.privilege_escalation.finders.users import enter, entered
from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
from iamlab.analysis.privilege_escalation.satisfying_values import denying
from iamlab.authorization.principal import principal_of
from iamlab.model.identities import Role, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.escalation_methods import EscalationMethod
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.engine.layers import Attached


MOST_ALONE = 4
"""If more policies deny something, they are only removed all together."""

REMOVES = {
    "user": ("DetachUserPolicy", "DeleteUserPolicy"),
    "role": ("DetachRolePolicy", "DeleteRolePolicy"),
    "group": ("DetachGroupPolicy", "DeleteGroupPolicy", "RemoveUserFromGroup"),
}
"""Who has a policy -> the operations that remove it."""


class DenyRemoval(NamedTuple):
    """A Deny removed: by which call, and what is different then."""

    call: Call
    change: states.Change


Remove: TypeAlias = "Callable[[PrincipalState, Attached], DenyRemoval | None]"


def _denying(view: AttackerView, state: PrincipalState) -> list[Attached]:
    """Give the policies of a principal's own that deny it something, without an Allow first."""
    denies = {states.place_of(each) for each in denying(view.decider, state)}
    found = [each for each in state.gathered.identity if states.place_of(each) in denies]
    return sorted(found, key=lambda each: own.allows_something(each.policy))


def _removed(state: PrincipalState, found: Sequence[Attached], remove: Remove) -> list[DenyRemoval]:
    """Remove all that may be removed, in an order in which that is allowed."""
    removals: list[DenyRemoval] = []
    left = list(found)
    while removal := next(filter(None, (remove(state, each) for each in left)), None):
        removals.append(removal)
        state = state.with_(removal.change)
        there = {states.place_of(each) for each in state.gathered.identity}
        left = [each for each in left if states.place_of(each) in there]
    return removals


def _removals(
    removed: Attached,
    holders: Sequence[own.PolicyHolder],
    user: str,
    call: Callable[..., Call],
) -> Iterator[DenyRemoval]:
    """Give the calls that remove a policy of somebody; that a user leaves its group is the last."""
    if removed.arn is None:
        operation, named = "Delete{}Policy", {"PolicyName": removed.policy.name}
    else:
        operation, named = "Detach{}Policy", {"PolicyArn": removed.arn}
    for holder in holders:
        if holder.path == removed.path:
            remove = call(operation.format(holder.noun), **holder.named, **named)
            yield DenyRemoval(remove, states.policies_gone([removed]))
        if holder.path == removed.path and holder.path:
            leave = call("RemoveUserFromGroup", **holder.named, UserName=user)
            yield DenyRemoval(leave, states.group_left(holder.identity.name))


# One's own ---------------------------------------------------------------------------------------


def remove_own_denies(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``Detach...Policy``, ``Delete...Policy`` or ``RemoveUserFromGroup``, of what has a Deny."""
    found = _denying(view, view.state)
    if not found or is_detour(view):
        return
    name = "" if view.user is None else view.user.name

    def remove(state: PrincipalState, each: Attached) -> DenyRemoval | None:
        now = replace(view, state=state)
        every = _removals(each, own.holders(now), name, partial(own.own_call, now))
        return next((removal for removal in every if now.may(removal.call)), None)

    together = _removed(view.state, found, remove)
    alone = [remove(view.state, each) for each in found] if 1 < len(found) <= MOST_ALONE else []
    choices = [[removal] for removal in alone if removal is not None]
    if together and together not in choices:
        choices.append(together)
    for removals in choices:
        changes = [removal.change for removal in removals]
        yield own.widened_by(view, method, changes, [removal.call for removal in removals])


# Those of others ---------------------------------------------------------------------------------


def remove_denies_of_others(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``Delete...Policy`` or ``Detach...Policy`` of a Deny, then a key, a password, the role."""
    if is_admin(view.decider, view.state):
        return
    if _may_ever(view, "user", "group"):
        freed = {user.arn: _freed(view, user) for user in view.stock.users if user is not view.user}
        some = [user for user in view.stock.users if freed.get(user.arn, granting.NOTHING).calls]
        for entry, grant in entered(view, some):
            done = freed[entry.user.arn]
            if _groups_in(grant.calls) & _groups_in(done.calls, "RemoveUserFromGroup"):
                continue  # a user that has left its group loses what the group is given
            changes, calls = (*done.changes, *grant.changes), (*done.calls, *grant.calls)
            yield enter(view, method, entry, Grant(changes, calls))
    if _may_ever(view, "role"):
        yield from _roles(view, method)


def _groups_in(calls: Sequence[Call], name: str = "") -> set[object]:
    """Give the groups that calls are about; or only those of one operation."""
    about = [call.parameters.get("GroupName") for call in calls if name in ("", call.name)]
    return {group for group in about if group is not None}


def _may_ever(view: AttackerView, *kinds: str) -> bool:
    return any(view.ever(f"iam:{name}") for kind in kinds for name in REMOVES[kind])


def _roles(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    every = [taken for taken in view.assumable.values() if taken.role in view.stock.roles]
    others = [taken for taken in every if taken.role is not view.role]
    freed = [(taken, _freed(view, taken.role)) for taken in others]
    if not any(done.calls for _, done in freed):
        return
    grants = granting.best(
        granting.written(view, view.stock.roles), granting.attached(view, view.stock.roles)
    )
    for taken, done in freed:
        for grant in (*granting.whole(grants, taken.role), granting.NOTHING) if done.calls else ():
            calls = partial(tuple, (*done.calls, *grant.calls, taken.call))
            yield view.acts_as(method, taken, calls, *done.changes, *grant.changes)


def _freed(view: AttackerView, principal: User | Role) -> Grant:
    """Remove all that denies somebody something and may be removed."""
    state = view.changed(PrincipalState.of(principal_of(view.world, principal)))
    groups = principal.groups if isinstance(principal, User) else ()
    holders = [own.PolicyHolder(principal, ()), *own.groups_named(view, groups)]

    def remove(_: PrincipalState, each: Attached) -> DenyRemoval | None:
        every = _removals(each, holders, principal.name, view.call)
        return next((removal for removal in every if view.may(removal.call)), None)

    removals = _removed(state, _denying(view, state), remove)
    return Grant(tuple(each.change for each in removals), tuple(each.call for each in removals))
