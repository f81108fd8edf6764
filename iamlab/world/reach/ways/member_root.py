"""The way to the root user of a member account, for one task.

Notes
-----
AWS pages: "API AssumeRoot"; "Centralize root access for member accounts"; "Perform a privileged
task on an AWS Organizations member account".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.engine.layers import Attached
from iamlab.world import managed
from iamlab.world.context import of_temporary
from iamlab.world.gather import known as known_of
from iamlab.world.organization.root_features import TASKS, may_assume_root
from iamlab.world.presented import CredentialKind, Presented
from iamlab.world.reach.calls import Call, Need
from iamlab.world.reach.edges import Edge
from iamlab.world.reach.powers import CALLS_WITH, Carried, Change, Power
from iamlab.world.reach.ways.finding import finds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.request import ContextValue
    from iamlab.world.account import Account
    from iamlab.world.reach.standpoint import Standpoint
    from iamlab.world.reach.table import Way


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
    keys: dict[str, ContextValue] = {**of_temporary(now, now), "aws:AssumedRoot": True}
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
    power = Power.of(known_of(one.world, member.root_arn)).with_(change)
    return replace(power, carried=Carried(source_identity=source_identity))
