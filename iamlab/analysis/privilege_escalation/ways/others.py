"""Ways to make more of somebody else before one takes its place, by taking away what limits it.

A boundary of a user, a Deny of a user or a role; and a tag that it lacks, without which one's own
policies do not let one near it. What limits somebody stands in IAM like all the rest.

Notes
-----
AWS pages: "API DeleteUserPermissionsBoundary"; "Adding and removing IAM identity permissions"; "IAM
and AWS STS condition context keys", ``iam:ResourceTag``.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.administrators import is_admin
from iamlab.analysis.privilege_escalation.assumable_roles import asked_of
from iamlab.analysis.privilege_escalation.attacker_view import finds
from iamlab.analysis.privilege_escalation.principal_states import (
    Power,
    boundary_gone,
    group_left,
    place_of,
    policies_gone,
    tagged,
)
from iamlab.analysis.privilege_escalation.required_parameters import tags_asked
from iamlab.analysis.privilege_escalation.satisfying_values import denying
from iamlab.analysis.privilege_escalation.ways.grants import Gift, attached, best, written
from iamlab.analysis.privilege_escalation.ways.own_calls import allows_something
from iamlab.analysis.privilege_escalation.ways.service_credentials import Entry, by_key
from iamlab.analysis.privilege_escalation.ways.users import enter, first_entries, gifts_of_users
from iamlab.authorization.context_keys import tag_keys
from iamlab.authorization.principal import principal_of
from iamlab.model.identities import Role, User
from iamlab.model.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.assumable_roles import Taken
    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.analysis.privilege_escalation.principal_states import Change, Edge
    from iamlab.analysis.privilege_escalation.required_parameters import Asked
    from iamlab.analysis.privilege_escalation.table import Way
    from iamlab.analysis.privilege_escalation.ways.grants import Given
    from iamlab.engine.layers import Attached

NOTHING = Gift((), ())
TAKES_AWAY = {
    "user": ("DetachUserPolicy", "DeleteUserPolicy"),
    "role": ("DetachRolePolicy", "DeleteRolePolicy"),
    "group": ("DetachGroupPolicy", "DeleteGroupPolicy", "RemoveUserFromGroup"),
}
"""Who holds a policy -> the operations by which somebody loses it."""

MOST_TAGS = 8
"""So many sets of tags are tried."""


# Boundaries --------------------------------------------------------------------------------------


@finds(23)
def free_user(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``DeleteUserPermissionsBoundary`` of another user, then a key or a password."""
    if not one.ever("iam:DeleteUserPermissionsBoundary") or is_admin(one.decider, one.power):
        return
    bounded = [user for user in one.stock.users if user.boundary is not None]
    open_ones = one.allowed("DeleteUserPermissionsBoundary", one.stock.users) if bounded else []
    for entry, gift in _users(one, [user for user in bounded if user in open_ones]):
        # What is written while there is a boundary is asked for with that boundary.
        delete = one.call("DeleteUserPermissionsBoundary", UserName=entry.user.name)
        freed = Gift((boundary_gone(), *gift.changes), (*gift.calls, delete))
        yield enter(one, way, entry, freed)


def _users(one: Standpoint, users: Sequence[User]) -> Iterator[tuple[Entry, Gift]]:
    """Give those of some users that a power can become; with all, if it can give that, too."""
    entries = first_entries(one) if users else {}
    if not entries:
        return
    gifts = gifts_of_users(one)
    for user in users:
        if user.arn in entries:
            for gift in (*_whole(gifts, user), NOTHING):
                yield entries[user.arn], gift


def _whole(gifts: Given, holder: User | Role) -> list[Gift]:
    return [gift for gift in gifts.get(holder.arn, ()) if gift.is_all][:1]


# Denys -------------------------------------------------------------------------------------------


@finds(27)
def take_denies_of_others_away(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``Delete...Policy`` or ``Detach...Policy`` of a Deny, then a key, a password, the role."""
    if is_admin(one.decider, one.power):
        return
    if _ever(one, "user", "group"):
        freed = {user.arn: _freed(one, user) for user in one.stock.users if user is not one.user}
        some = [user for user in one.stock.users if freed.get(user.arn, NOTHING).calls]
        for entry, gift in _users(one, some):
            done = freed[entry.user.arn]
            if _groups_in(gift.calls) & _groups_in(done.calls, "RemoveUserFromGroup"):
                continue  # what its group is given is lost to whom has left it
            changes, calls = (*done.changes, *gift.changes), (*done.calls, *gift.calls)
            yield enter(one, way, entry, Gift(changes, calls))
    if _ever(one, "role"):
        yield from _roles(one, way)


def _groups_in(calls: Sequence[Call], name: str = "") -> set[object]:
    """Give the groups that calls are about; or only those of one operation."""
    about = [call.parameters.get("GroupName") for call in calls if name in ("", call.name)]
    return {group for group in about if group is not None}


def _ever(one: Standpoint, *kinds: str) -> bool:
    return any(one.ever(f"iam:{name}") for kind in kinds for name in TAKES_AWAY[kind])


def _roles(one: Standpoint, way: Way) -> Iterator[Edge]:
    taken_ones = {
        arn: taken for arn, taken in one.assumable.items() if taken.role in one.stock.roles
    }
    freed = {
        arn: _freed(one, taken.role)
        for arn, taken in taken_ones.items()
        if taken.role is not one.role
    }
    if not any(done.calls for done in freed.values()):
        return
    gifts = best(written(one, one.stock.roles), attached(one, one.stock.roles))
    for arn, done in freed.items():
        taken = taken_ones[arn]
        for gift in (*_whole(gifts, taken.role), NOTHING) if done.calls else ():
            calls = partial(tuple, (*done.calls, *gift.calls, taken.call))
            yield one.acts_as(way, taken, calls, *done.changes, *gift.changes)


def _freed(one: Standpoint, holder: User | Role) -> Gift:
    """Take away all that denies somebody something and may be taken, what only denies first."""
    power = one.changed(Power.of(principal_of(one.world, holder)))
    left = {place_of(each): each for each in denying(one.decider, power)}
    left = {
        place_of(each): left[place_of(each)]
        for each in power.gathered.identity
        if place_of(each) in left
    }
    changes: list[Change] = []
    calls: list[Call] = []
    for attached_one in sorted(left.values(), key=lambda each: allows_something(each.policy)):
        if place_of(attached_one) not in {place_of(each) for each in power.gathered.identity}:
            continue  # its group has been left
        found = next((way for way in _takings(one, holder, attached_one) if one.may(way[0])), None)
        if found is not None:
            calls.append(found[0])
            changes.append(found[1])
            power = power.with_(found[1])
    return Gift(tuple(changes), tuple(calls))


def _takings(
    one: Standpoint, holder: User | Role, denies: Attached
) -> Iterator[tuple[Call, Change]]:
    """Give the calls by which somebody loses a policy; that it leaves a group is the last."""
    groups = holder.groups if isinstance(holder, User) else []
    for whose in (holder, *(one.account.groups[name] for name in groups)):
        path = (f"group {whose.name}",) if whose.kind == "group" else ()
        if path != denies.path:
            continue
        noun = whose.kind.capitalize()
        named = {f"{noun}Name": whose.name}
        if denies.arn is None:
            call = one.call(f"Delete{noun}Policy", **named, PolicyName=denies.policy.name)
        else:
            call = one.call(f"Detach{noun}Policy", **named, PolicyArn=denies.arn)
        yield call, policies_gone([denies])
        if path:
            leave = one.call("RemoveUserFromGroup", **named, UserName=holder.name)
            yield leave, group_left(whose.name)


# Tags --------------------------------------------------------------------------------------------


@finds(30)
def tag_another(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``TagRole`` and ``AssumeRole``, ``TagUser`` and ``CreateAccessKey``, if policies want it."""
    if not (one.ever("iam:TagRole") or one.ever("iam:TagUser")):
        return
    wanted = _wanted(one)
    if not wanted or is_admin(one.decider, one.power):
        return
    if one.ever("iam:TagUser") and one.ever("iam:CreateAccessKey"):
        yield from _tag_users(one, way, wanted)
    if one.ever("iam:TagRole") and one.ever("sts:AssumeRole"):
        yield from _tag_roles(one, way, wanted)


def _wanted(one: Standpoint) -> list[Mapping[str, str]]:
    """Give the tags that a power's policies want a resource to have."""
    starts = "aws:ResourceTag/", "iam:ResourceTag/"
    found = tags_asked(asked_of(one.power), one.power.gathered.context(), *starts)
    single = [{key: value} for key, values in found.items() for value in values]
    every = {key: values[0] for key, values in found.items()}
    return [*islice(single, MOST_TAGS), *([every] if len(found) > 1 else [])]


def _tag_users(one: Standpoint, way: Way, wanted: list[Mapping[str, str]]) -> Iterator[Edge]:
    entered = {entry.user.arn for entry in by_key(one)}
    most = quota(one.account, "AccessKeysPerUser")
    for user in one.stock.users:
        if user.arn in entered or user is one.user or len(user.key_records) >= most:
            continue
        create = one.call("CreateAccessKey", UserName=user.name)
        for tags in wanted:
            call = _tagging(one, user, tags)
            if call is not None and one.may(_now_tagged(create, _laid_over(user, tags))):
                entry = Entry(way.number, user, (_now_tagged(create, _laid_over(user, tags)),))
                gift = Gift(tuple(tagged(*each) for each in tags.items()), (call,))
                yield enter(one, way, entry, gift)
                break


def _tag_roles(one: Standpoint, way: Way, wanted: list[Mapping[str, str]]) -> Iterator[Edge]:
    asked = asked_of(one.power)
    for role in one.stock.roles:
        if role.arn in one.assumable or role is one.role:
            continue
        for tags in wanted:
            call = _tagging(one, role, tags)
            taken = None if call is None else _taken_tagged(one, role, tags, asked)
            if call is not None and taken is not None:
                changes = (tagged(*each) for each in tags.items())
                yield one.acts_as(way, taken, partial(tuple, (call, taken.call)), *changes)
                break


def _taken_tagged(
    one: Standpoint, role: Role, tags: Mapping[str, str], asked: Asked
) -> Taken | None:
    """Give the way into a role once it has other tags."""
    twin = copy(role)
    twin.tags = _laid_over(role, tags)
    taken = one.assuming.one(one.power, twin, asked)
    return None if taken is None else replace(taken, role=role)


def _tagging(one: Standpoint, holder: User | Role, tags: Mapping[str, str]) -> Call | None:
    """Give the call that gives somebody tags; ``None``: it may not be made, or has no room."""
    if len(_laid_over(holder, tags)) > quota(one.account, "Tags"):
        return None
    noun = holder.kind.capitalize()
    sent = [{"Key": key, "Value": value} for key, value in tags.items()]
    call = one.call(f"Tag{noun}", **{f"{noun}Name": holder.name}, Tags=sent)
    return call if one.may(call) else None


def _laid_over(holder: User | Role, tags: Mapping[str, str]) -> dict[str, str]:
    known = {key.lower() for key in tags}
    kept = {key: value for key, value in holder.tags.items() if key.lower() not in known}
    return {**kept, **tags}


def _now_tagged(call: Call, tags: Mapping[str, str]) -> Call:
    """Give a call as it will be when the resource has these tags."""
    starts = "aws:ResourceTag", "iam:ResourceTag"
    needs = []
    for need in call.needs:
        keys = {key: need.keys[key] for key in need.keys if not key.startswith(starts)}
        now = {key: value for start in starts for key, value in tag_keys(start, tags).items()}
        needs.append(need._replace(keys={**keys, **now}))
    return replace(call, needs=tuple(needs))
