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
from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRole, required_by
from iamlab.analysis.privilege_escalation.attacker_view import AttackerView, finds
from iamlab.analysis.privilege_escalation.finders.grants import (
    Grant,
    Grants,
    attached,
    best,
    written,
)
from iamlab.analysis.privilege_escalation.finders.own_calls import allows_something
from iamlab.analysis.privilege_escalation.finders.users import (
    UserEntry,
    by_key,
    enter,
    first_entries,
    gifts_of_users,
)
from iamlab.analysis.privilege_escalation.principal_states import (
    Change,
    Edge,
    PrincipalState,
    boundary_gone,
    group_left,
    place_of,
    policies_gone,
    tagged,
)
from iamlab.analysis.privilege_escalation.required_parameters import RequiredValues, required_tags
from iamlab.analysis.privilege_escalation.satisfying_values import denying
from iamlab.authorization.context_keys import of_tags
from iamlab.authorization.principal import principal_of
from iamlab.model.identities import Role, User
from iamlab.model.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.analysis.privilege_escalation.table import EscalationMethod
    from iamlab.engine.layers import Attached


NOTHING = Grant((), ())
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
def free_user(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``DeleteUserPermissionsBoundary`` of another user, then a key or a password."""
    if not view.ever("iam:DeleteUserPermissionsBoundary") or is_admin(view.decider, view.state):
        return
    bounded = [user for user in view.stock.users if user.boundary is not None]
    open_ones = view.allowed("DeleteUserPermissionsBoundary", view.stock.users) if bounded else []
    for entry, grant in _users(view, [user for user in bounded if user in open_ones]):
        # What is written while there is a boundary is asked for with that boundary.
        delete = view.call("DeleteUserPermissionsBoundary", UserName=entry.user.name)
        freed = Grant((boundary_gone(), *grant.changes), (*grant.calls, delete))
        yield enter(view, method, entry, freed)


def _users(view: AttackerView, users: Sequence[User]) -> Iterator[tuple[UserEntry, Grant]]:
    """Give those of some users that a power can become; with all, if it can give that, too."""
    entries = first_entries(view) if users else {}
    if not entries:
        return
    grants = gifts_of_users(view)
    for user in users:
        if user.arn in entries:
            for grant in (*_whole(grants, user), NOTHING):
                yield entries[user.arn], grant


def _whole(grants: Grants, holder: User | Role) -> list[Grant]:
    return [grant for grant in grants.get(holder.arn, ()) if grant.is_all][:1]


# Denys -------------------------------------------------------------------------------------------


@finds(27)
def take_denies_of_others_away(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``Delete...Policy`` or ``Detach...Policy`` of a Deny, then a key, a password, the role."""
    if is_admin(view.decider, view.state):
        return
    if _ever(view, "user", "group"):
        freed = {user.arn: _freed(view, user) for user in view.stock.users if user is not view.user}
        some = [user for user in view.stock.users if freed.get(user.arn, NOTHING).calls]
        for entry, grant in _users(view, some):
            done = freed[entry.user.arn]
            if _groups_in(grant.calls) & _groups_in(done.calls, "RemoveUserFromGroup"):
                continue  # what its group is given is lost to whom has left it
            changes, calls = (*done.changes, *grant.changes), (*done.calls, *grant.calls)
            yield enter(view, method, entry, Grant(changes, calls))
    if _ever(view, "role"):
        yield from _roles(view, method)


def _groups_in(calls: Sequence[Call], name: str = "") -> set[object]:
    """Give the groups that calls are about; or only those of one operation."""
    about = [call.parameters.get("GroupName") for call in calls if name in ("", call.name)]
    return {group for group in about if group is not None}


def _ever(view: AttackerView, *kinds: str) -> bool:
    return any(view.ever(f"iam:{name}") for kind in kinds for name in TAKES_AWAY[kind])


def _roles(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    taken_ones = {
        arn: taken for arn, taken in view.assumable.items() if taken.role in view.stock.roles
    }
    freed = {
        arn: _freed(view, taken.role)
        for arn, taken in taken_ones.items()
        if taken.role is not view.role
    }
    if not any(done.calls for done in freed.values()):
        return
    grants = best(written(view, view.stock.roles), attached(view, view.stock.roles))
    for arn, done in freed.items():
        taken = taken_ones[arn]
        for grant in (*_whole(grants, taken.role), NOTHING) if done.calls else ():
            calls = partial(tuple, (*done.calls, *grant.calls, taken.call))
            yield view.acts_as(method, taken, calls, *done.changes, *grant.changes)


def _freed(view: AttackerView, holder: User | Role) -> Grant:
    """Take away all that denies somebody something and may be taken, what only denies first."""
    state = view.changed(PrincipalState.of(principal_of(view.world, holder)))
    left = {place_of(each): each for each in denying(view.decider, state)}
    left = {
        place_of(each): left[place_of(each)]
        for each in state.gathered.identity
        if place_of(each) in left
    }
    changes: list[Change] = []
    calls: list[Call] = []
    for attached_one in sorted(left.values(), key=lambda each: allows_something(each.policy)):
        if place_of(attached_one) not in {place_of(each) for each in state.gathered.identity}:
            continue  # its group has been left
        found = next(
            (way for way in _takings(view, holder, attached_one) if view.may(way[0])), None
        )
        if found is not None:
            calls.append(found[0])
            changes.append(found[1])
            state = state.with_(found[1])
    return Grant(tuple(changes), tuple(calls))


def _takings(
    view: AttackerView, holder: User | Role, denies: Attached
) -> Iterator[tuple[Call, Change]]:
    """Give the calls by which somebody loses a policy; that it leaves a group is the last."""
    groups = holder.groups if isinstance(holder, User) else []
    for whose in (holder, *(view.account.groups[name] for name in groups)):
        path = (f"group {whose.name}",) if whose.kind == "group" else ()
        if path != denies.path:
            continue
        noun = whose.kind.capitalize()
        named = {f"{noun}Name": whose.name}
        if denies.arn is None:
            call = view.call(f"Delete{noun}Policy", **named, PolicyName=denies.policy.name)
        else:
            call = view.call(f"Detach{noun}Policy", **named, PolicyArn=denies.arn)
        yield call, policies_gone([denies])
        if path:
            leave = view.call("RemoveUserFromGroup", **named, UserName=holder.name)
            yield leave, group_left(whose.name)


# Tags --------------------------------------------------------------------------------------------


@finds(30)
def tag_another(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``TagRole`` and ``AssumeRole``, ``TagUser`` and ``CreateAccessKey``, if policies want it."""
    if not (view.ever("iam:TagRole") or view.ever("iam:TagUser")):
        return
    wanted = _wanted(view)
    if not wanted or is_admin(view.decider, view.state):
        return
    if view.ever("iam:TagUser") and view.ever("iam:CreateAccessKey"):
        yield from _tag_users(view, method, wanted)
    if view.ever("iam:TagRole") and view.ever("sts:AssumeRole"):
        yield from _tag_roles(view, method, wanted)


def _wanted(view: AttackerView) -> list[Mapping[str, str]]:
    """Give the tags that a power's policies want a resource to have."""
    starts = "aws:ResourceTag/", "iam:ResourceTag/"
    found = required_tags(required_by(view.state), view.state.gathered.context(), *starts)
    single = [{key: value} for key, values in found.items() for value in values]
    every = {key: values[0] for key, values in found.items()}
    return [*islice(single, MOST_TAGS), *([every] if len(found) > 1 else [])]


def _tag_users(
    view: AttackerView, method: EscalationMethod, wanted: list[Mapping[str, str]]
) -> Iterator[Edge]:
    entered = {entry.user.arn for entry in by_key(view)}
    most = quota(view.account, "AccessKeysPerUser")
    for user in view.stock.users:
        if user.arn in entered or user is view.user or len(user.key_records) >= most:
            continue
        create = view.call("CreateAccessKey", UserName=user.name)
        for tags in wanted:
            call = _tagging(view, user, tags)
            if call is not None and view.may(_now_tagged(create, _laid_over(user, tags))):
                entry = UserEntry(
                    method.number, user, (_now_tagged(create, _laid_over(user, tags)),)
                )
                grant = Grant(tuple(tagged(*each) for each in tags.items()), (call,))
                yield enter(view, method, entry, grant)
                break


def _tag_roles(
    view: AttackerView, method: EscalationMethod, wanted: list[Mapping[str, str]]
) -> Iterator[Edge]:
    asked = required_by(view.state)
    for role in view.stock.roles:
        if role.arn in view.assumable or role is view.role:
            continue
        for tags in wanted:
            call = _tagging(view, role, tags)
            taken = None if call is None else _taken_tagged(view, role, tags, asked)
            if call is not None and taken is not None:
                changes = (tagged(*each) for each in tags.items())
                yield view.acts_as(method, taken, partial(tuple, (call, taken.call)), *changes)
                break


def _taken_tagged(
    view: AttackerView, role: Role, tags: Mapping[str, str], asked: RequiredValues
) -> AssumableRole | None:
    """Give the way into a role once it has other tags."""
    twin = copy(role)
    twin.tags = _laid_over(role, tags)
    taken = view.assuming.one(view.state, twin, asked)
    return None if taken is None else replace(taken, role=role)


def _tagging(view: AttackerView, holder: User | Role, tags: Mapping[str, str]) -> Call | None:
    """Give the call that gives somebody tags; ``None``: it may not be made, or has no room."""
    if len(_laid_over(holder, tags)) > quota(view.account, "Tags"):
        return None
    noun = holder.kind.capitalize()
    sent = [{"Key": key, "Value": value} for key, value in tags.items()]
    call = view.call(f"Tag{noun}", **{f"{noun}Name": holder.name}, Tags=sent)
    return call if view.may(call) else None


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
        now = {key: value for start in starts for key, value in of_tags(start, tags).items()}
        needs.append(need._replace(keys={**keys, **now}))
    return replace(call, needs=tuple(needs))
