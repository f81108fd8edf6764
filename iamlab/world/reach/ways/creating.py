"""Ways to make somebody new who may more, and to be that: a role, or a user.

Where policies let only certain ones be made, such ones are made: with a name and path that the
Allow is for, with the boundary and the tags that a condition wants. What is made cannot do more
than that boundary lets it. However many could be made, one of each strength is shown.

Notes
-----
AWS pages: "API CreateRole"; "API CreateUser"; "Permissions boundaries for IAM entities", for what
whoever delegates may ask for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamlab.world.gather import policies_of
from iamlab.world.identities import Role, User
from iamlab.world.quotas import quota
from iamlab.world.reach.assuming import admitting, asked_of
from iamlab.world.reach.edges import Edge
from iamlab.world.reach.later import PASSWORD
from iamlab.world.reach.powers import Change, Power, any_permission, group_joined
from iamlab.world.reach.ways.entering import in_console, sign_in_call
from iamlab.world.reach.ways.finding import finds
from iamlab.world.reach.ways.gifts import Gift, together
from iamlab.world.reach.ways.giving import (
    ALL,
    POLICY_NAME,
    administrator,
    change_by,
    policies_to_try,
)
from iamlab.world.reach.ways.groups import fillable
from iamlab.world.reach.ways.making import Made, makeable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.world.reach.calls import Call
    from iamlab.world.reach.standpoint import Standpoint
    from iamlab.world.reach.table import Way


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
