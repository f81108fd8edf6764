"""Ways by groups that one is not in: write such a group a policy, and put somebody into it.

Whoever may write a group and choose its members needs no right on any user: a group gives its
policies to all that are in it. There need not even be a group, if one may be made. However many
groups would do, one is shown: one without a Deny, a new one, or else one that denies something.

Notes
-----
AWS pages: "IAM user groups"; "API CreateGroup"; "API AddUserToGroup"; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.attacker_view import finds
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need, iam_call, other_call
from iamlab.analysis.privilege_escalation.principal_states import (
    GIVEN,
    MEMBER,
    Change,
    any_permission,
    group_joined,
    policy_given,
)
from iamlab.analysis.privilege_escalation.satisfying_values import denies_something
from iamlab.analysis.privilege_escalation.table import TABLE
from iamlab.analysis.privilege_escalation.ways.grants import Gift, attached, best, together, written
from iamlab.analysis.privilege_escalation.ways.own_calls import (
    ALL,
    POLICY_NAME,
    change_by,
    is_widest,
    own_groups,
    policies_to_try,
    widened_by,
)
from iamlab.analysis.privilege_escalation.ways.own_policies import (
    attach_to_own_user,
    gives_itself_all,
    has_enough,
)
from iamlab.analysis.privilege_escalation.ways.principals_to_create import places
from iamlab.authorization.attached_policies import policies_of
from iamlab.engine.layers import Attached
from iamlab.model.identities import Group
from iamlab.model.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.table import Way
    from iamlab.analysis.privilege_escalation.ways.grants import Given
    from iamlab.model.identities import User

ANYBODY = "anybody"
"""Stands for a user where it makes no difference who it is."""

MOST_NEW = 4
"""So many places for a new group are looked at."""


class Filled(NamedTuple):
    """A group that is given something, so that its members have it.

    Parameters
    ----------
    policies
        Those that it has before.
    changes
        What its members gain besides.
    calls
        They make it, if it is not there yet, and give it its policies.
    """

    group: Group
    policies: tuple[Attached, ...]
    changes: tuple[Change, ...]
    calls: tuple[Call, ...]
    is_all: bool

    def for_user(self, name: str) -> Gift:
        """Give what a user gains who is put into the group."""
        group = self.group
        named = {"GroupName": group.name, "UserName": name}
        joined = group_joined(group.name, self.policies)
        add = other_call("iam:AddUserToGroup", _adding(group), **named)
        return Gift((joined, *self.changes), (*self.calls, add))


def _adding(group: Group) -> Need:
    return Need("iam:AddUserToGroup", group.arn, {})  # who is added is no part of what is asked


@finds(9)
def fill_and_join(one: Standpoint, way: Way) -> Iterator[Edge]:
    """A group made if need be, ``PutGroupPolicy`` or ``AttachGroupPolicy``, ``AddUserToGroup``."""
    user, groups = one.user, own_groups(one)
    if user is None or is_widest(one) or not _may_fill(one):
        return
    has_room = len(groups) < quota(one.account, "GroupsPerUser")
    if not has_room or has_enough(one) or gives_itself_all(one):
        return
    every = [filled for filled in fillable(one) if not _is_in(one, filled.group)]
    if not every or (not every[0].is_all and _gets_single_ones(one)):
        return
    for filled in every:
        gift = filled.for_user(user.name)
        yield widened_by(one, way, gift.changes, gift.calls)


def _is_in(one: Standpoint, group: Group) -> bool:
    """Say whether a power is in a group by now; one that it made is not in the world."""
    joined = f"{MEMBER} {group.name}"
    names = {holder.identity.name for holder in own_groups(one)}
    return group.name in names or any(each.about == joined for each in one.power.changes)


def _gets_single_ones(one: Standpoint) -> bool:
    """Say whether a power has been given single policies, or gets them without a group."""
    if any(change.about.startswith(GIVEN) for change in one.power.changes):
        return True
    return next(attach_to_own_user(one, TABLE[3]), None) is not None


def _may_fill(one: Standpoint) -> bool:
    """Say whether it is worth asking, quickly."""
    writes = one.ever("iam:PutGroupPolicy") or one.ever("iam:AttachGroupPolicy")
    return writes and one.ever("iam:AddUserToGroup")


def by_groups(one: Standpoint, users: Iterable[User]) -> Given:
    """Give what users can be given by groups that they are not in."""
    most = quota(one.account, "GroupsPerUser")
    found: Given = {}
    for filled in fillable(one):
        for user in users:
            if filled.group.name not in user.groups and len(user.groups) < most:
                found.setdefault(user.arn, []).append(filled.for_user(user.name))
    return found


def fillable(one: Standpoint) -> tuple[Filled, ...]:
    """Give the groups that a power may give something, and put users into.

    One that can be given all is alone; else there is one for each thing that can be given.
    """
    key = ("groups to fill", one.power)
    kept = one.decider.kept
    if key not in kept:
        kept[key] = _chosen(_every(one)) if _may_fill(one) else ()
    found: tuple[Filled, ...] = kept[key]
    return found


def _chosen(every: Iterable[Filled]) -> tuple[Filled, ...]:
    """Leave out what gives no more than another one does."""
    found: dict[tuple[str, ...], Filled] = {}
    for filled in every:
        if filled.is_all:
            return (filled,)
        found.setdefault(tuple(change.label for change in filled.changes), filled)
    return tuple(found.values())


def _every(one: Standpoint) -> Iterator[Filled]:
    denying = []
    for filled in _of_today(one):
        if any(denies_something(each.policy) for each in filled.policies):
            denying.append(filled)
        else:
            yield filled
    yield from _new(one)
    yield from denying


def _of_today(one: Standpoint) -> Iterator[Filled]:
    """Give the groups that there are."""
    groups = one.stock.groups
    open_ones = one.allowed("AddUserToGroup", groups, UserName=ANYBODY)
    if not open_ones:
        return
    given = best(written(one, groups), attached(one, groups))
    for group in sorted(open_ones, key=lambda each: bool(each.inline or each.attached)):
        held = one.as_they_are(policies_of(group, _path(group)))
        for gift in given.get(group.arn, ()):
            changes = tuple(_gained(one, group, call, is_all=gift.is_all) for call in gift.calls)
            yield Filled(group, held, tuple(dict.fromkeys(changes)), gift.calls, gift.is_all)


def _path(group: Group) -> tuple[str, ...]:
    return (f"group {group.name}",)


def _gained(one: Standpoint, group: Group, call: Call, *, is_all: bool) -> Change:
    """Say what the members of a group gain by a policy that it is given."""
    arn = call.parameters.get("PolicyArn")
    if arn is None or is_all:
        return any_permission(_path(group))
    policy = one.account.get_policy(str(arn))
    (found,) = one.as_they_are([Attached(policy.document, policy.arn, _path(group))])
    return policy_given(found.policy, policy.arn, _path(group))


def _new(one: Standpoint) -> Iterator[Filled]:
    """Give a group that can be made, and what it can be given."""
    account = one.account
    if not one.ever("iam:CreateGroup") or len(account.groups) >= quota(account, "Groups"):
        return
    for path, name in _places(one):
        group = Group(account, name, path)
        create = iam_call(account, "CreateGroup", GroupName=name, Path=path)
        if _is_in(one, group) or not one.may(create) or not _has(one, _adding(group)):
            continue
        gifts = list(_gifts_for_new(one, group))
        if len(gifts) > 1 and not gifts[-1].is_all:
            gifts.append(together(gifts[: quota(account, "PoliciesPerGroup")]))
        for gift in gifts:
            yield Filled(group, (), gift.changes, (create, *gift.calls), gift.is_all)
        if gifts:
            return


def _places(one: Standpoint) -> Iterator[tuple[str, str]]:
    return (place for _, place in zip(range(MOST_NEW), places(one, "group"), strict=False))


def _has(one: Standpoint, need: Need) -> bool:
    return one.decider.has(one.power, need)


def _gifts_for_new(one: Standpoint, group: Group) -> Iterator[Gift]:
    """Give what a new group can be given; one that gives all is the last."""
    named = {"GroupName": group.name, "PolicyName": POLICY_NAME, "PolicyDocument": ALL}
    put = other_call("iam:PutGroupPolicy", Need("iam:PutGroupPolicy", group.arn, {}), **named)
    if one.may(put):
        yield Gift((any_permission(_path(group)),), (put,))
        return
    for policy in policies_to_try(one) if one.ever("iam:AttachGroupPolicy") else ():
        need = Need("iam:AttachGroupPolicy", group.arn, {"iam:PolicyARN": policy.arn})
        if _has(one, need):
            call = other_call(need.action, need, GroupName=group.name, PolicyArn=policy.arn)
            is_all = change_by(one, policy) == any_permission()
            yield Gift((_gained(one, group, call, is_all=is_all),), (call,))
            if is_all:
                return
