"""Ways to make somebody new who may more, and to be that: a role, or a user.

Where policies let only certain ones be made, such ones are made: with a name and path that the
Allow is for, with the boundary and the tags that a condition wants. What is made cannot do more
than that boundary lets it. However many could be made, one of each strength is shown.

Roles and users that a power could make: their names, boundaries, tags, and what they are then.

Nothing is made. What the engine must be told of such a principal, and of calls on it, is written
here as it would be.

Notes
-----
AWS pages: "API CreateRole"; "API CreateUser"; "Permissions boundaries for IAM entities", for what
whoever delegates may ask for.
AWS pages: "IAM and AWS STS condition context keys", for ``iam:PermissionsBoundary``; "Controlling
access to AWS resources using tags", for ``aws:RequestTag``; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.assumable_roles import admitting, asked_of
from iamlab.analysis.privilege_escalation.attacker_view import finds
from iamlab.analysis.privilege_escalation.principal_states import (
    Change,
    Edge,
    Power,
    any_permission,
    group_joined,
)
from iamlab.analysis.privilege_escalation.required_parameters import PASSWORD
from iamlab.analysis.privilege_escalation.ways.grants import Gift, together
from iamlab.analysis.privilege_escalation.ways.groups import fillable
from iamlab.analysis.privilege_escalation.ways.own_calls import (
    ALL,
    POLICY_NAME,
    administrator,
    change_by,
    policies_to_try,
)
from iamlab.analysis.privilege_escalation.ways.principals_to_create import Made, makeable
from iamlab.analysis.privilege_escalation.ways.service_credentials import in_console, sign_in_call
from iamlab.authorization.attached_policies import policies_of
from iamlab.model.identities import Role, User
from iamlab.model.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.analysis.privilege_escalation.table import Way


class Birth(NamedTuple):
    """Somebody new, with something given, and how one becomes it."""

    made: Made
    gift: Gift
    target: Power
    calls: tuple[Call, ...]
    conditions: tuple[str, ...] = ()


@finds(21)
def create_role(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``CreateRole``, a policy, ``AssumeRole``."""
    # A root user assumes no role.
    if one.ever("iam:CreateRole") and not one.power.arn.endswith(":root"):
        yield from _strongest(one, way, _roles(one))


@finds(22)
def create_user(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``CreateUser``, a policy, then ``CreateAccessKey``, or a password."""
    if one.ever("iam:CreateUser"):
        yield from _strongest(one, way, _users(one))


def _strongest(one: Standpoint, way: Way, births: Iterator[Birth]) -> Iterator[Edge]:
    """Give one edge for everything that somebody new can be, until one can be all."""
    seen = set()
    widest = (None, administrator(one))
    for birth in births:
        boundary = birth.made.holder.boundary
        what = (birth.gift.changes, boundary)
        if what not in seen:
            seen.add(what)
            calls = birth.calls
            yield Edge(way, one.power, birth.target, lambda calls=calls: calls, birth.conditions)  # type: ignore[misc]
            if birth.gift.is_all and boundary in widest:
                return


def _roles(one: Standpoint) -> Iterator[Birth]:
    asked = asked_of(one.power)
    trusts = dict.fromkeys((admitting(one.power), admitting(one.power, by_session=True)))
    for made in makeable(one, Role):
        assert isinstance(made.holder, Role)  # noqa: S101 - as was asked for
        every = (one.assuming.one(one.power, made.holder, asked, trust) for trust in trusts)
        taken = next((each for each in every if each is not None), None)
        if taken is None or taken.trust is None:
            continue
        create = made.created(one, AssumeRolePolicyDocument=taken.trust.text)
        base = replace(made.power(), carried=taken.carried)
        for gift in _gifts(one, made):
            target = one.changed(base, *taken.session, *made.changes, *gift.changes)
            calls = (create, *gift.calls, taken.call)
            yield Birth(made, gift, target, calls, taken.conditions)


def _users(one: Standpoint) -> Iterator[Birth]:
    for made in makeable(one, User):
        assert isinstance(made.holder, User)  # noqa: S101 - as was asked for
        key = made.call("CreateAccessKey")
        password = made.call("CreateLoginProfile", Password=PASSWORD)
        ends: tuple[Call, ...] = (key,)
        how: tuple[Change, ...] = ()
        if not one.may(key):
            ends = (password, sign_in_call(one, made.holder))
            how = (in_console(one, made.holder),)
            if not one.may(password):
                continue
        for gift in _gifts(one, made):
            target = one.changed(made.power(), *made.changes, *gift.changes, *how)
            yield Birth(made, gift, target, (made.created(one), *gift.calls, *ends))


def _gifts(one: Standpoint, made: Made) -> Iterator[Gift]:
    """Give what somebody new can be given."""
    put = made.call(f"Put{made.noun}Policy", PolicyName=POLICY_NAME, PolicyDocument=ALL)
    if one.may(put):
        yield Gift((any_permission(),), (put,))
        return
    found = []
    for policy in policies_to_try(one):
        call = made.call(f"Attach{made.noun}Policy", PolicyArn=policy.arn)
        if one.may(call):
            gift = Gift((change_by(one, policy),), (call,))
            if gift.is_all:
                yield gift
                return
            found.append(gift)
    groups = list(_memberships(one, made)) if isinstance(made.holder, User) else []
    whole = next((gift for gift in groups if gift.is_all), None)
    if whole is not None:
        yield whole
        return
    if len(found) + len(groups) > 1:
        most = quota(one.account, f"PoliciesPer{made.noun}")
        yield together([*found[:most], *groups[: quota(one.account, "GroupsPerUser")]])
    yield from (*found, *groups)


def _memberships(one: Standpoint, made: Made) -> Iterator[Gift]:
    for group in one.allowed("AddUserToGroup", one.stock.groups, UserName="any"):
        handed = tuple(policies_of(group, (f"group {group.name}",)))
        if handed:
            named = {"GroupName": group.name, "UserName": made.holder.name}
            call = one.call("AddUserToGroup", **named)
            yield Gift((group_joined(group.name, handed),), (call,))
    yield from (filled.for_user(made.holder.name) for filled in fillable(one))
