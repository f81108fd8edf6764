"""Ways to act as a role: as it is, or after widening it, or after writing its trust policy.

Notes
-----
AWS pages: "API AssumeRole"; "API UpdateAssumeRolePolicy"; "Methods to assume a role".
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from iamlab.world.reach.ways.finding import finds
from iamlab.world.reach.ways.gifts import attached, best, for_each, rewritten, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.world.reach.assuming import Taken
    from iamlab.world.reach.calls import Call
    from iamlab.world.reach.edges import Edge
    from iamlab.world.reach.standpoint import Standpoint
    from iamlab.world.reach.table import Way
    from iamlab.world.reach.ways.gifts import Given


@finds(14)
def write_trust(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``UpdateAssumeRolePolicy``, then ``AssumeRole``."""
    for taken in one.assumable_once_trusted.values():
        if _adds(one, taken):
            yield one.acts_as(way, taken, partial(_trust_and_assume, one, taken))


@finds(15)
def assume(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``AssumeRole`` alone."""
    for taken in one.assumable.values():
        if _adds(one, taken):
            yield one.acts_as(way, taken, partial(_assume, taken))


@finds(16)
def attach_and_assume(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``AttachRolePolicy`` and ``AssumeRole``."""
    yield from _widened(one, way, attached(one, one.stock.roles if one.assumable else ()))


@finds(17)
def put_and_assume(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``PutRolePolicy`` and ``AssumeRole``."""
    yield from _widened(one, way, written(one, one.stock.roles if one.assumable else ()))


@finds(18)
def rewrite_and_assume(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``CreatePolicyVersion`` for a policy of a role, and ``AssumeRole``."""
    yield from _widened(one, way, rewritten(one, one.stock.roles if one.assumable else ()))


@finds(19)
def widen_and_write_trust(one: Standpoint, way: Way) -> Iterator[Edge]:
    """A policy for the role, ``UpdateAssumeRolePolicy`` and ``AssumeRole``."""
    takes = one.assumable_once_trusted
    if not takes:
        return
    roles = one.stock.roles
    given = best(written(one, roles), attached(one, roles), rewritten(one, roles))
    for role, gift in for_each(given, (taken.role for taken in takes.values())):
        taken = takes[role.arn]
        if _adds(one, taken):
            calls = partial(_trust_and_assume, one, taken, *gift.calls)
            yield one.acts_as(way, taken, calls, *gift.changes)


def _widened(one: Standpoint, way: Way, given: Given) -> Iterator[Edge]:
    """Give the edges to roles of the power's own account: to those of others it cannot write."""
    for role, gift in for_each(given, (taken.role for taken in one.assumable.values())):
        taken = one.assumable[role.arn]
        if _adds(one, taken):
            yield one.acts_as(way, taken, partial(_assume, taken, *gift.calls), *gift.changes)


def _adds(one: Standpoint, taken: Taken) -> bool:
    """Say whether a session of a role gives a power what it has not.

    A session of the same role gives something only to one that is less than its role: which was
    asked for with session policies.
    """
    known = one.power.gathered
    return taken.role is not one.role or bool(known.session or known.scoped)


def _assume(taken: Taken, *before: Call) -> tuple[Call, ...]:
    return (*before, taken.call)


def _trust_and_assume(one: Standpoint, taken: Taken, *before: Call) -> tuple[Call, ...]:
    trust = one.assuming.trust_to_write(one.power, taken)
    named = {"RoleName": taken.role.name, "PolicyDocument": trust.text}
    return (*before, one.call("UpdateAssumeRolePolicy", **named), taken.call)
