"""AssumeRoot: the root user of a member account, for one task and fifteen minutes.

Notes
-----
AWS pages: "API AssumeRoot"; "Centralize root access for member accounts"; "Perform a privileged
task on an AWS Organizations member account".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import AccessDenied, ValidationError
from iamlab.policy.arn import Arn, is_arn
from iamlab.world import managed
from iamlab.world.organization.root_features import TASKS, may_assume_root
from iamlab.world.presented import CredentialKind
from iamlab.world.quotas import is_account_id
from iamlab.world.sts.answers import with_source_identity
from iamlab.world.sts.endpoints import check_is_on
from iamlab.world.sts.issuing import issue
from iamlab.world.sts.operation import sts_operation

if TYPE_CHECKING:
    from iamlab.world.sts.asked import Asked
    from iamlab.world.sts.session import Session

ROOT_SECONDS = 900


def _target(asked: Asked) -> str:
    """Give the ARN of the member account's root user, however it was named."""
    named = str(asked.given["TargetPrincipal"])
    if is_account_id(named):
        return f"arn:{asked.account.partition}:iam::{named}:root"
    return named


@sts_operation(
    "AssumeRoot", with_source_identity, is_regional=True, reads_only=False, about=_target
)
def assume_root(asked: Asked) -> Session:
    """Take the root user of a member account for a task."""
    world, arn = asked.world, _target(asked)
    task = _task(str(asked.given["TaskPolicyArn"].get("arn", "")))
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or (parsed.service, parsed.resource) != ("iam", "root"):
        raise ValidationError(f"Invalid TargetPrincipal: {arn}")  # likely wording
    asked.must_be_allowed("sts:AssumeRoot", arn, {"sts:TaskPolicyArn": task})
    why_not = may_assume_root(world, asked.who.account_id, parsed.account, task.rpartition("/")[2])
    member = world.accounts.get(parsed.account)
    if why_not or member is None:
        what = "is not authorized to perform: sts:AssumeRoot on resource"
        error = AccessDenied(f"User: {asked.who.arn} {what}: {arn}")
        error.add_note(why_not or "There is no such account in this world.")
        raise error
    check_is_on(asked.endpoint, member)
    session = asked.session
    return issue(
        member,
        "AssumeRoot",
        CredentialKind.ROOT_TASK,
        arn,
        (arn, member.account_id),
        asked.given.get("DurationSeconds", ROOT_SECONDS),
        region=asked.endpoint,
        parent=asked.parent,
        source_identity="" if session is None else session.source_identity,
        policy_arns=(task,),
        minimum_session_token_size=asked.minimum_size,
    )


def _task(arn: str) -> str:
    """Insist on one of the five policies under ``/root-task/``.

    Raises
    ------
    ValidationError
        It is another one.
    """
    path, _, name = arn.rpartition("/")
    if not path.endswith(":policy/root-task") or name not in TASKS or managed.find(arn) is None:
        error = ValidationError(f"Invalid TaskPolicyArn: {arn}")  # likely wording
        error.add_note("It is arn:aws:iam::aws:policy/root-task/ and one of " + ", ".join(TASKS))
        raise error
    return arn
