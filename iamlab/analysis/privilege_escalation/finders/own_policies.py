"""Ways to widen oneself by policies that one is given: a user, one's groups, one's own role.

To attach what one may attach is one step, however many policies these are; and so that the step
stays short, each of them alone is one too.

Ways to widen oneself where no more policies may hang: take one away, and attach another.

Who may do both is not stopped by the quota, as long as what he takes away is not what lets him
attach the other. Only one that gives all is worth that.

Notes
-----
AWS pages: "API AttachUserPolicy", "API PutUserPolicy" and their likes for groups and roles; "IAM
JSON policy elements: Effect", for what a Deny takes away.
AWS pages: "IAM and AWS STS quotas"; "Adding and removing IAM identity permissions".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.attacker_view import AttackerView, finds
from iamlab.analysis.privilege_escalation.finders.own_calls import (
    ALL,
    PolicyHolder,
    allows_all,
    allows_something,
    attached_to,
    change_by,
    hanging,
    is_widest,
    names_to_write,
    oneself,
    own_call,
    own_groups,
    policies_to_try,
    room_for,
    widened_by,
)
from iamlab.analysis.privilege_escalation.principal_states import (
    GIVEN,
    MEMBER,
    VERSION,
    Change,
    Edge,
    PrincipalState,
    any_permission,
    group_joined,
    policies_gone,
    policy_given,
)
from iamlab.analysis.privilege_escalation.satisfying_values import denies_something, denying
from iamlab.analysis.privilege_escalation.table import TABLE, EscalationMethod
from iamlab.authorization.principal import policies_of, principal_of
from iamlab.engine.layers import Attached
from iamlab.model.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.model.identities import Group, User


ANYBODY = "anybody"
"""Stands for a user where it makes no difference who it is."""


class Gift(NamedTuple):
    """What a call gives its caller.

    Parameters
    ----------
    denies
        Whether it takes something away as well.
    """

    call: Call
    change: Change
    denies: bool = False


@finds(3)
def attach_to_own_user(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``AttachUserPolicy`` on oneself."""
    own = oneself(view)
    if own is not None and view.user is not None:
        yield from _attach(view, method, own)


@finds(4)
def attach_to_own_group(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``AttachGroupPolicy`` on a group that one is in."""
    for group in own_groups(view):
        yield from _attach(view, method, group)


@finds(5)
def attach_to_own_role(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``AttachRolePolicy`` on one's own role."""
    own = oneself(view)
    if own is not None and view.role is not None:
        yield from _attach(view, method, own)


def _attach(view: AttackerView, method: EscalationMethod, holder: PolicyHolder) -> Iterator[Edge]:
    grants = list(_attachable(view, holder))
    if not has_enough(view) or any(_is_whole(grant) for grant in grants):
        yield from _as_edges(view, method, grants, room_for(view, holder), GIVEN)


def _attachable(view: AttackerView, holder: PolicyHolder) -> Iterator[Gift]:
    """Give the policies that may be attached, none of them if there is no room."""
    if not view.ever(f"iam:Attach{holder.noun}Policy") or is_widest(view):
        return
    if room_for(view, holder) < 1:
        return
    there = attached_to(view, holder) | {*holder.identity.attached}
    for policy in policies_to_try(view):
        (found,) = view.as_they_are([Attached(policy.document, policy.arn, holder.path)])
        if policy.arn in there or not allows_something(found.policy):
            continue
        name = f"Attach{holder.noun}Policy"
        call = own_call(view, name, **holder.named, PolicyArn=policy.arn)
        if not view.may(call):
            continue
        if allows_all(found.policy):
            yield Gift(call, any_permission(holder.path))
            return  # no other policy gives more
        change = policy_given(found.policy, policy.arn, holder.path)
        yield Gift(call, change, denies_something(found.policy))


def _is_whole(grant: Gift) -> bool:
    return grant.change.label == any_permission().label


def _as_edges(
    view: AttackerView, method: EscalationMethod, grants: list[Gift], room: int, about: str
) -> Iterator[Edge]:
    """Give an edge for all that only allows, as much as there is room for, and one for each alone.

    A power that was made by one alone has only the edge for all of them: else there would be a
    power for every selection.
    """
    whole = [[grant] for grant in grants if _is_whole(grant)]
    together = [grant for grant in grants if not grant.denies][:room]
    changes = view.state.changes
    is_first = not any(change.about.startswith(f"{about} ") for change in changes)
    choices = [[grant] for grant in grants] if is_first else []
    if together and together not in choices:
        choices.append(together)
    for chosen in whole or choices:
        calls = (grant.call for grant in chosen)
        yield widened_by(view, method, [grant.change for grant in chosen], calls)


@finds(6)
def put_on_own_user(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``PutUserPolicy`` on oneself."""
    own = oneself(view)
    if own is not None and view.user is not None:
        yield from _put(view, method, own)


@finds(7)
def put_on_own_group(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``PutGroupPolicy`` on a group that one is in."""
    for group in own_groups(view):
        yield from _put(view, method, group)


@finds(8)
def put_on_own_role(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``PutRolePolicy`` on one's own role."""
    own = oneself(view)
    if own is not None and view.role is not None:
        yield from _put(view, method, own)


def _put(view: AttackerView, method: EscalationMethod, holder: PolicyHolder) -> Iterator[Edge]:
    name = f"Put{holder.noun}Policy"
    if not view.ever(f"iam:{name}"):
        return
    found = denying(view.decider, view.state)
    names = list(names_to_write(view, holder, found))
    over = [
        each for each in hanging(view, holder) if each.arn is None and each.policy.name in names
    ]
    bad = [each for each in over if each in found]
    if not names or (is_widest(view) and not bad):
        return
    # What is written stands in no resource and no key: who may write one may write each, and may
    # do no less after the first.
    calls = [
        own_call(view, name, **holder.named, PolicyName=each, PolicyDocument=ALL) for each in names
    ]
    if view.may(calls[0]):
        changes = [any_permission(holder.path), *(policies_gone([each]) for each in over)]
        yield widened_by(view, method, changes, calls)


@finds(9)
def join_group(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``AddUserToGroup``: the group's policies become one's own, its Denys as well."""
    user, groups = view.user, own_groups(view)
    room = quota(view.account, "GroupsPerUser") - len(groups)
    if user is None or room < 1 or is_widest(view) or has_enough(view):
        return
    names = {holder.identity.name for holder in groups}
    grants = [
        _membership(view, user, group, policies)
        # The group alone is the resource: who is added makes no difference.
        for group in view.allowed("AddUserToGroup", view.stock.groups, UserName=ANYBODY)
        if group.name not in names
        and (policies := view.as_they_are(policies_of(group, (f"group {group.name}",))))
    ]
    yield from _as_edges(view, method, grants, room, MEMBER)


def _membership(
    view: AttackerView, user: User, group: Group, policies: tuple[Attached, ...]
) -> Gift:
    call = view.call("AddUserToGroup", GroupName=group.name, UserName=user.name)
    denies = any(denies_something(each.policy) for each in policies)
    return Gift(call, group_joined(group.name, policies), denies)


# What is not worth looking at --------------------------------------------------------------------


def gives_itself_all(view: AttackerView) -> bool:
    """Say whether a power may give itself, at once, a policy that allows all."""
    key = ("gives itself all", view.state)
    kept = view.decider.kept
    if key not in kept:
        own = oneself(view)
        holders = [*([] if own is None else [own]), *own_groups(view)]
        kept[key] = any(
            any(True for _ in _put(view, TABLE[6], holder))
            or any(map(_is_whole, _attachable(view, holder)))
            for holder in holders
        )
    return bool(kept[key])


def has_enough(view: AttackerView) -> bool:
    """Say whether a power that was widened already needs no single Allow: it can have all.

    Of somebody as he is all ways are shown; what comes after them is looked at with all.
    """
    return view.state.is_changed and gives_itself_all(view)


def is_detour(view: AttackerView) -> bool:
    """Say whether a power has been given some things where it could have had all in one step.

    What such a power could do besides, to be free of a Deny, say, it does as well with all.
    """
    about = {change.about for change in view.state.changes}
    if not any(each.startswith((GIVEN, MEMBER, VERSION)) for each in about):
        return False
    own = view.user or view.role
    if own is None:
        return False
    today = PrincipalState.of(principal_of(view.world, own))
    # It is another matter if what was rewritten limits it: a boundary, a policy with a Deny.
    limits = [today.gathered.boundary, *view.state.gathered.session]
    denies = [each for each in today.gathered.identity if denies_something(each.policy)]
    if any(f"{VERSION} {getattr(each, 'arn', None)}" in about for each in (*limits, *denies)):
        return False
    return gives_itself_all(replace(view, state=today))


@finds(3)
def swap_on_own_user(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``DetachUserPolicy`` and ``AttachUserPolicy`` on oneself."""
    own = oneself(view)
    if own is not None and view.user is not None:
        yield from _swap(view, method, own)


@finds(4)
def swap_on_own_group(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``DetachGroupPolicy`` and ``AttachGroupPolicy`` on a group that one is in."""
    for group in own_groups(view):
        yield from _swap(view, method, group)


@finds(5)
def swap_on_own_role(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``DetachRolePolicy`` and ``AttachRolePolicy`` on one's own role."""
    own = oneself(view)
    if own is not None and view.role is not None:
        yield from _swap(view, method, own)


def _swap(view: AttackerView, method: EscalationMethod, holder: PolicyHolder) -> Iterator[Edge]:
    names = f"Detach{holder.noun}Policy", f"Attach{holder.noun}Policy"
    if not all(view.ever(f"iam:{name}") for name in names) or is_widest(view):
        return
    if room_for(view, holder) >= 1 or has_enough(view) or is_detour(view):
        return
    managed = [each for each in hanging(view, holder) if each.arn is not None]
    # What allows nothing of IAM is missed by nobody.
    for attached in sorted(managed, key=lambda each: "iam:" in each.policy.text.lower()):
        gone = policies_gone([attached])
        detach = _call(view, names[0], holder, attached)
        if not view.may(detach):
            continue
        after = replace(view, state=view.state.with_(gone))
        attach = _whole(after, names[1], holder)
        if attach is not None:
            changes = [gone, any_permission(holder.path)]
            yield widened_by(view, method, changes, [detach, attach])
            return


def _call(view: AttackerView, name: str, holder: PolicyHolder, attached: Attached) -> Call:
    return own_call(view, name, **holder.named, PolicyArn=attached.arn)


def _whole(view: AttackerView, name: str, holder: PolicyHolder) -> Call | None:
    """Give the call that attaches a policy that allows all, if it may be made."""
    for policy in policies_to_try(view):
        if change_by(view, policy).label == any_permission().label and policy.arn not in {
            each.arn for each in hanging(view, holder)
        }:
            call = own_call(view, name, **holder.named, PolicyArn=policy.arn)
            if view.may(call):
                return call
    return None
