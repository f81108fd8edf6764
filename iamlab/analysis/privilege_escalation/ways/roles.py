"""Ways to act as a role: as it is, or after widening it, or after writing its trust policy.

The way to the root user of a member account, for one task.

Notes
-----
AWS pages: "API AssumeRole"; "API UpdateAssumeRolePolicy"; "Methods to assume a role".
AWS pages: "API AssumeRoot"; "Centralize root access for member accounts"; "Perform a privileged
task on an AWS Organizations member account".
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.attacker_view import finds
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need
from iamlab.analysis.privilege_escalation.principal_states import (
    CALLS_WITH,
    Carried,
    Change,
    Edge,
    Power,
)
from iamlab.analysis.privilege_escalation.ways.grants import (
    attached,
    best,
    for_each,
    rewritten,
    written,
)
from iamlab.authorization.context_keys import temporary_credential_keys
from iamlab.authorization.principal import principal_of
from iamlab.engine.layers import Attached
from iamlab.model import managed_policies as managed
from iamlab.model.credentials import Presented
from iamlab.model.organization.root_features import TASKS, may_assume_root
from iamlab.model.record import CredentialKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.assumable_roles import Taken
    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.analysis.privilege_escalation.table import Way
    from iamlab.analysis.privilege_escalation.ways.grants import Given
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account


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


@finds(33)
def assume_root(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``AssumeRoot``, for each member account and each task."""
    organization = one.world.organization_of(one.account.account_id)
    if organization is None or not one.ever("sts:AssumeRoot"):
        return
    for account_id in organization.members:
        member = one.world.accounts.get(account_id)
        if member is None:
            continue
        for task in TASKS:
            if may_assume_root(one.world, one.account.account_id, account_id, task):
                continue  # it says why not
            arn = f"arn:{one.account.partition}:iam::aws:policy/root-task/{task}"
            call = _call(member, arn)
            if one.may(call):
                target = _for_task(one, member, arn)
                yield Edge(way, one.power, target, lambda call=call: (call,))  # type: ignore[misc]


def _call(member: Account, task_arn: str) -> Call:
    need = Need("sts:AssumeRoot", member.root_arn, {"sts:TaskPolicyArn": task_arn})
    given = {"TargetPrincipal": member.account_id, "TaskPolicyArn": {"arn": task_arn}}
    return Call("sts:AssumeRoot", given, (need,))


def _for_task(one: Standpoint, member: Account, task_arn: str) -> Power:
    """Give the root user as far as a task goes."""
    policy = managed.find(task_arn)
    assert policy is not None  # noqa: S101 - iamlab has the five of them
    now = one.world.clock.now
    keys: dict[str, ContextValue] = {**temporary_credential_keys(now, now), "aws:AssumedRoot": True}
    source_identity = one.power.carried.source_identity
    if source_identity:
        keys["aws:SourceIdentity"] = source_identity
    presented = Presented(
        member.root_arn,
        keys,
        (Attached(policy.document, task_arn),),
        member.root_arn,
        CredentialKind.ROOT_TASK,
    )
    change = Change(
        f"for the task {task_arn.rpartition('/')[2]}",
        lambda known: known.showing(presented),
        CALLS_WITH,
    )
    power = Power.of(principal_of(one.world, member.root_arn)).with_(change)
    return replace(power, carried=Carried(source_identity=source_identity))
