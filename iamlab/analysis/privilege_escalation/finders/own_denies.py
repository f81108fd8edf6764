"""Ways to widen oneself by taking away what denies something: a policy, or one's place in a group.

What is taken away takes its Allows along. So the Denys are taken one after the other, those that
only deny first, and each is asked for as whom one has become by then.

Which Denies of a principal's own policies take something away from it.

A Deny counts if its conditions can hold for the principal as it stands. A condition on who calls,
such as one on MFA, is known; one on what is called, such as a Region, holds for some call or other.

Notes
-----
AWS pages: "Adding and removing IAM identity permissions"; "API RemoveUserFromGroup"; "Policy
evaluation logic", an explicit deny.
AWS page: "Policy evaluation logic", an explicit deny.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.attacker_view import AttackerView, finds
from iamlab.analysis.privilege_escalation.finders.own_calls import (
    PolicyHolder,
    allows_something,
    oneself,
    own_call,
    own_groups,
    widened_by,
)
from iamlab.analysis.privilege_escalation.finders.own_policies import is_detour
from iamlab.analysis.privilege_escalation.principal_states import (
    Change,
    Edge,
    group_left,
    place_of,
    policies_gone,
)
from iamlab.analysis.privilege_escalation.satisfying_values import denying

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.analysis.privilege_escalation.table import EscalationMethod
    from iamlab.engine.layers import Attached


MOST_ALONE = 4
"""If more policies deny something, they are only taken away all together."""


class DenyRemoval(NamedTuple):
    """A Deny taken away: by which call, and what is different then."""

    call: Call
    change: Change


@finds(27)
def take_denies_away(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``Detach...Policy``, ``Delete...Policy`` or ``RemoveUserFromGroup``, of what has a Deny."""
    found = _in_the_way(view)
    if not found or is_detour(view):
        return
    together = _all(view, found)
    alone = [_first(view, each) for each in found] if 1 < len(found) <= MOST_ALONE else []
    choices = [[taking] for taking in alone if taking is not None]
    if together and together not in choices:
        choices.append(together)
    for takings in choices:
        changes = [taking.change for taking in takings]
        yield widened_by(view, method, changes, [taking.call for taking in takings])


def _in_the_way(view: AttackerView) -> list[Attached]:
    """Give the policies of its own that deny a power something, those without an Allow first."""
    denies = {place_of(each) for each in denying(view.decider, view.state)}
    found = [each for each in view.state.gathered.identity if place_of(each) in denies]
    return sorted(found, key=lambda each: allows_something(each.policy))


def _all(view: AttackerView, found: list[Attached]) -> list[DenyRemoval]:
    """Take away all that may be taken, in an order in which that is allowed."""
    takings: list[DenyRemoval] = []
    left, now = list(found), view
    while left:
        for each in left:
            taking = _first(now, each)
            if taking is not None:
                break
        else:
            return takings
        takings.append(taking)
        now = replace(now, state=now.state.with_(taking.change))
        there = {place_of(each) for each in now.state.gathered.identity}
        left = [each for each in left if place_of(each) in there]
    return takings


def _first(view: AttackerView, attached: Attached) -> DenyRemoval | None:
    """Give the first way to take a policy away that is allowed; leaving the group is the last."""
    return next((each for each in _ways(view, attached) if view.may(each.call)), None)


def _ways(view: AttackerView, attached: Attached) -> Iterator[DenyRemoval]:
    own = oneself(view)
    holders = ([] if own is None else [own]) + own_groups(view)
    for holder in holders:
        if holder.path == attached.path:
            yield DenyRemoval(_taking(view, holder, attached), policies_gone([attached]))
            if holder.path and view.user is not None:
                names = {"GroupName": holder.identity.name, "UserName": view.user.name}
                leave = view.call("RemoveUserFromGroup", **names)
                yield DenyRemoval(leave, group_left(holder.identity.name))


def _taking(view: AttackerView, holder: PolicyHolder, attached: Attached) -> Call:
    if attached.arn is None:
        named = {**holder.named, "PolicyName": attached.policy.name}
        return own_call(view, f"Delete{holder.noun}Policy", **named)
    return own_call(view, f"Detach{holder.noun}Policy", **holder.named, PolicyArn=attached.arn)
