"""Ways to widen oneself where no more policies may hang: take one away, and attach another.

Who may do both is not stopped by the quota, as long as what he takes away is not what lets him
attach the other. Only one that gives all is worth that.

Notes
-----
AWS pages: "IAM and AWS STS quotas"; "Adding and removing IAM identity permissions".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.world.reach.powers import any_permission, policies_gone
from iamlab.world.reach.ways.finding import finds
from iamlab.world.reach.ways.giving import change_by, policies_to_try
from iamlab.world.reach.ways.own_calls import (
    hanging,
    is_widest,
    oneself,
    own_call,
    own_groups,
    room_for,
    widened_by,
)
from iamlab.world.reach.ways.own_policies import has_enough, is_detour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.layers import Attached
    from iamlab.world.reach.calls import Call
    from iamlab.world.reach.edges import Edge
    from iamlab.world.reach.standpoint import Standpoint
    from iamlab.world.reach.table import Way
    from iamlab.world.reach.ways.own_calls import Holder


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
