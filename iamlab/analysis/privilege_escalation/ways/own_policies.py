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

from iamlab.analysis.privilege_escalation.attacker_view import finds
from iamlab.analysis.privilege_escalation.principal_states import (
    GIVEN,
    MEMBER,
    VERSION,
    Change,
    Power,
    any_permission,
    group_joined,
    policies_gone,
    policy_given,
)
from iamlab.analysis.privilege_escalation.satisfying_values import denies_something, denying
from iamlab.analysis.privilege_escalation.table import TABLE
from iamlab.analysis.privilege_escalation.ways.own_calls import (
    ALL,
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
from iamlab.authorization.attached_policies import policies_of
from iamlab.authorization.principal import principal_of
from iamlab.engine.layers import Attached
from iamlab.model.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.table import Way
    from iamlab.analysis.privilege_escalation.ways.own_calls import Holder
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
def attach_to_own_user(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``AttachUserPolicy`` on oneself."""
    own = oneself(one)
    if own is not None and one.user is not None:
        yield from _attach(one, way, own)


@finds(4)
def attach_to_own_group(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``AttachGroupPolicy`` on a group that one is in."""
    for group in own_groups(one):
        yield from _attach(one, way, group)


@finds(5)
def attach_to_own_role(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``AttachRolePolicy`` on one's own role."""
    own = oneself(one)
    if own is not None and one.role is not None:
        yield from _attach(one, way, own)


def _attach(one: Standpoint, way: Way, holder: Holder) -> Iterator[Edge]:
    gifts = list(_attachable(one, holder))
    if not has_enough(one) or any(_is_whole(gift) for gift in gifts):
        yield from _as_edges(one, way, gifts, room_for(one, holder), GIVEN)


def _attachable(one: Standpoint, holder: Holder) -> Iterator[Gift]:
    """Give the policies that may be attached, none of them if there is no room."""
    if not one.ever(f"iam:Attach{holder.noun}Policy") or is_widest(one):
        return
    if room_for(one, holder) < 1:
        return
    there = attached_to(one, holder) | {*holder.identity.attached}
    for policy in policies_to_try(one):
        (found,) = one.as_they_are([Attached(policy.document, policy.arn, holder.path)])
        if policy.arn in there or not allows_something(found.policy):
            continue
        name = f"Attach{holder.noun}Policy"
        call = own_call(one, name, **holder.named, PolicyArn=policy.arn)
        if not one.may(call):
            continue
        if allows_all(found.policy):
            yield Gift(call, any_permission(holder.path))
            return  # no other policy gives more
        change = policy_given(found.policy, policy.arn, holder.path)
        yield Gift(call, change, denies_something(found.policy))


def _is_whole(gift: Gift) -> bool:
    return gift.change.label == any_permission().label


def _as_edges(
    one: Standpoint, way: Way, gifts: list[Gift], room: int, about: str
) -> Iterator[Edge]:
    """Give an edge for all that only allows, as much as there is room for, and one for each alone.

    A power that was made by one alone has only the edge for all of them: else there would be a
    power for every selection.
    """
    whole = [[gift] for gift in gifts if _is_whole(gift)]
    together = [gift for gift in gifts if not gift.denies][:room]
    changes = one.power.changes
    is_first = not any(change.about.startswith(f"{about} ") for change in changes)
    choices = [[gift] for gift in gifts] if is_first else []
    if together and together not in choices:
        choices.append(together)
    for chosen in whole or choices:
        calls = (gift.call for gift in chosen)
        yield widened_by(one, way, [gift.change for gift in chosen], calls)


@finds(6)
def put_on_own_user(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``PutUserPolicy`` on oneself."""
    own = oneself(one)
    if own is not None and one.user is not None:
        yield from _put(one, way, own)


@finds(7)
def put_on_own_group(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``PutGroupPolicy`` on a group that one is in."""
    for group in own_groups(one):
        yield from _put(one, way, group)


@finds(8)
def put_on_own_role(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``PutRolePolicy`` on one's own role."""
    own = oneself(one)
    if own is not None and one.role is not None:
        yield from _put(one, way, own)


def _put(one: Standpoint, way: Way, holder: Holder) -> Iterator[Edge]:
    name = f"Put{holder.noun}Policy"
    if not one.ever(f"iam:{name}"):
        return
    found = denying(one.decider, one.power)
    names = list(names_to_write(one, holder, found))
    over = [each for each in hanging(one, holder) if each.arn is None and each.policy.name in names]
    bad = [each for each in over if each in found]
    if not names or (is_widest(one) and not bad):
        return
    # What is written stands in no resource and no key: who may write one may write each, and may
    # do no less after the first.
    calls = [
        own_call(one, name, **holder.named, PolicyName=each, PolicyDocument=ALL) for each in names
    ]
    if one.may(calls[0]):
        changes = [any_permission(holder.path), *(policies_gone([each]) for each in over)]
        yield widened_by(one, way, changes, calls)


@finds(9)
def join_group(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``AddUserToGroup``: the group's policies become one's own, its Denys as well."""
    user, groups = one.user, own_groups(one)
    room = quota(one.account, "GroupsPerUser") - len(groups)
    if user is None or room < 1 or is_widest(one) or has_enough(one):
        return
    names = {holder.identity.name for holder in groups}
    gifts = [
        _membership(one, user, group, policies)
        # The group alone is the resource: who is added makes no difference.
        for group in one.allowed("AddUserToGroup", one.stock.groups, UserName=ANYBODY)
        if group.name not in names
        and (policies := one.as_they_are(policies_of(group, (f"group {group.name}",))))
    ]
    yield from _as_edges(one, way, gifts, room, MEMBER)


def _membership(one: Standpoint, user: User, group: Group, policies: tuple[Attached, ...]) -> Gift:
    call = one.call("AddUserToGroup", GroupName=group.name, UserName=user.name)
    denies = any(denies_something(each.policy) for each in policies)
    return Gift(call, group_joined(group.name, policies), denies)


# What is not worth looking at --------------------------------------------------------------------


def gives_itself_all(one: Standpoint) -> bool:
    """Say whether a power may give itself, at once, a policy that allows all."""
    key = ("gives itself all", one.power)
    kept = one.decider.kept
    if key not in kept:
        own = oneself(one)
        holders = [*([] if own is None else [own]), *own_groups(one)]
        kept[key] = any(
            any(True for _ in _put(one, TABLE[6], holder))
            or any(map(_is_whole, _attachable(one, holder)))
            for holder in holders
        )
    return bool(kept[key])


def has_enough(one: Standpoint) -> bool:
    """Say whether a power that was widened already needs no single Allow: it can have all.

    Of somebody as he is all ways are shown; what comes after them is looked at with all.
    """
    return one.power.is_changed and gives_itself_all(one)


def is_detour(one: Standpoint) -> bool:
    """Say whether a power has been given some things where it could have had all in one step.

    What such a power could do besides, to be free of a Deny, say, it does as well with all.
    """
    about = {change.about for change in one.power.changes}
    if not any(each.startswith((GIVEN, MEMBER, VERSION)) for each in about):
        return False
    own = one.user or one.role
    if own is None:
        return False
    today = Power.of(principal_of(one.world, own))
    # It is another matter if what was rewritten limits it: a boundary, a policy with a Deny.
    limits = [today.gathered.boundary, *one.power.gathered.session]
    denies = [each for each in today.gathered.identity if denies_something(each.policy)]
    if any(f"{VERSION} {getattr(each, 'arn', None)}" in about for each in (*limits, *denies)):
        return False
    return gives_itself_all(replace(one, power=today))


@finds(3)
def swap_on_own_user(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``DetachUserPolicy`` and ``AttachUserPolicy`` on oneself."""
    own = oneself(one)
    if own is not None and one.user is not None:
        yield from _swap(one, way, own)


@finds(4)
def swap_on_own_group(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``DetachGroupPolicy`` and ``AttachGroupPolicy`` on a group that one is in."""
    for group in own_groups(one):
        yield from _swap(one, way, group)


@finds(5)
def swap_on_own_role(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``DetachRolePolicy`` and ``AttachRolePolicy`` on one's own role."""
    own = oneself(one)
    if own is not None and one.role is not None:
        yield from _swap(one, way, own)


def _swap(one: Standpoint, way: Way, holder: Holder) -> Iterator[Edge]:
    names = f"Detach{holder.noun}Policy", f"Attach{holder.noun}Policy"
    if not all(one.ever(f"iam:{name}") for name in names) or is_widest(one):
        return
    if room_for(one, holder) >= 1 or has_enough(one) or is_detour(one):
        return
    managed = [each for each in hanging(one, holder) if each.arn is not None]
    # What allows nothing of IAM is missed by nobody.
    for attached in sorted(managed, key=lambda each: "iam:" in each.policy.text.lower()):
        gone = policies_gone([attached])
        detach = _call(one, names[0], holder, attached)
        if not one.may(detach):
            continue
        after = replace(one, power=one.power.with_(gone))
        attach = _whole(after, names[1], holder)
        if attach is not None:
            changes = [gone, any_permission(holder.path)]
            yield widened_by(one, way, changes, [detach, attach])
            return


def _call(one: Standpoint, name: str, holder: Holder, attached: Attached) -> Call:
    return own_call(one, name, **holder.named, PolicyArn=attached.arn)


def _whole(one: Standpoint, name: str, holder: Holder) -> Call | None:
    """Give the call that attaches a policy that allows all, if it may be made."""
    for policy in policies_to_try(one):
        if change_by(one, policy).label == any_permission().label and policy.arn not in {
            each.arn for each in hanging(one, holder)
        }:
            call = own_call(one, name, **holder.named, PolicyArn=policy.arn)
            if one.may(call):
                return call
    return None
