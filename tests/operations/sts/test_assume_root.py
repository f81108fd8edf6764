"""The root user of a member account, for one task: who gets it, what it is good for, how long."""

from datetime import timedelta
from typing import Any

import pytest

from iamlab import AccessDenied, World
from iamlab.errors import ExpiredToken, NoSuchEntity, ValidationError
from iamlab.errors.sts import InvalidAction
from iamlab.model.organization.organization import Organization
from iamlab.model.organization.root_features import TASKS
from iamlab.operations.sts.session import Session
from iamlab.world.account import Account
from tests.policy.documents import allow, deny, document

BOSS, DEV = "111111111111", "222222222222"
TASK = "arn:aws:iam::aws:policy/root-task/"
LOCKED = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::locked", "arn:aws:s3:::locked/*"],
}


@pytest.fixture
def organization() -> Organization:
    """An organization with both features on, a member with a bucket that shuts out everybody."""
    world = World(seed=3)
    boss = world.create_account("boss", account_id=BOSS)
    organization = world.create_organization(boss)
    dev = organization.create_account("dev", account_id=DEV)
    dev.create_bucket("locked").put_policy(document(LOCKED))
    organization.enable_aws_service_access("iam.amazonaws.com")
    organization.enable_organizations_root_sessions()
    organization.enable_organizations_root_credentials_management()
    boss.create_user("sam").put_policy("ask", document(allow("sts:AssumeRoot")))
    return organization


@pytest.fixture
def dev(organization: Organization) -> Account:
    """The member."""
    return organization.world.account("dev")


def assume(organization: Organization, task: str, **more: Any) -> Session:
    """Let sam take the member's root user for a task."""
    world = organization.world
    arguments = {"target_principal": DEV, "task_policy_arn": TASK + task, **more}
    return world.sts.assume_root(world.user("sam"), **arguments)


def test_a_locked_bucket_is_unlocked_and_nothing_else_is_done(
    organization: Organization, dev: Account
) -> None:
    """Nobody in the account could; and the session can do nothing but that."""
    world = organization.world
    admin = dev.create_user("admin")
    admin.attach_policy("AdministratorAccess")
    assert not world.can(admin, "s3:DeleteBucketPolicy", "arn:aws:s3:::locked")
    session = assume(organization, "S3UnlockBucketPolicy")
    assert not world.can(session, "s3:GetObject", "arn:aws:s3:::locked/x")

    dev.call("s3:DeleteBucketPolicy", session, Bucket="locked")

    assert world.bucket("locked").policy is None
    assert not world.can(session, "s3:GetObject", "arn:aws:s3:::locked/x")
    assert world.can(admin, "s3:GetObject", "arn:aws:s3:::locked/x")


def test_a_locked_queue_is_unlocked_too(organization: Organization, dev: Account) -> None:
    """By a task of its own."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    queue = dev.create_queue("jobs", policy=document(statement))
    session = assume(organization, "SQSUnlockQueuePolicy")

    dev.call("sqs:SetQueueAttributes", session, QueueUrl=queue.url, Attributes={"Policy": ""})

    assert queue.policy is None
    assert not organization.world.can(session, "sqs:SendMessage", queue.arn)


def test_root_credentials_are_looked_at_deleted_and_given_back(
    organization: Organization, dev: Account
) -> None:
    """Three tasks; each can do its own part, on the root user only."""
    dev.root.create_access_key()
    dev.create_user("ana").create_access_key()
    audit = assume(organization, "IAMAuditRootUserCredentials")
    [key] = dev.call("ListAccessKeys", audit)["AccessKeyMetadata"]
    with pytest.raises(AccessDenied):
        dev.call("ListAccessKeys", audit, UserName="ana")
    with pytest.raises(AccessDenied):
        dev.call("DeleteAccessKey", audit, AccessKeyId=key["AccessKeyId"])

    away = assume(organization, "IAMDeleteRootUserCredentials")
    dev.call("DeleteAccessKey", away, AccessKeyId=key["AccessKeyId"])

    assert not dev.root.access_keys
    with pytest.raises(NoSuchEntity):
        dev.call("GetLoginProfile", away)
    back = assume(organization, "IAMCreateRootUserPassword")
    dev.call("CreateLoginProfile", back)
    assert dev.root.login_profile is not None


def test_it_lasts_fifteen_minutes_at_most(organization: Organization) -> None:
    """And less if that is said."""
    clock = organization.world.clock
    assert assume(organization, "S3UnlockBucketPolicy").expiration - clock.now == timedelta(
        minutes=15
    )
    short = assume(organization, "S3UnlockBucketPolicy", duration_seconds=60)
    with pytest.raises(ValidationError, match="less than or equal to 900"):
        assume(organization, "S3UnlockBucketPolicy", duration_seconds=901)

    clock.advance(seconds=60)

    with pytest.raises(ExpiredToken):
        organization.world.can(short, "s3:GetBucketPolicy", "arn:aws:s3:::locked")


@pytest.mark.parametrize("task", sorted(TASKS))
def test_the_policy_says_for_which_task(organization: Organization, task: str) -> None:
    """sts:TaskPolicyArn keeps an administrator to one of them."""
    sam = organization.world.user("sam")
    only = allow("sts:AssumeRoot") | {
        "Condition": {"StringEquals": {"sts:TaskPolicyArn": f"{TASK}S3UnlockBucketPolicy"}}
    }
    sam.put_policy("ask", document(only))

    if task == "S3UnlockBucketPolicy":
        assert assume(organization, task).keys["aws:AssumedRoot"] is True
        return
    with pytest.raises(AccessDenied) as caught:
        assume(organization, task)
    assert caught.value.decision is not None


def test_whoever_may_not_or_is_not_in_charge_is_refused(organization: Organization) -> None:
    """The member itself, its root user, and the management account's: only users and roles can."""
    world = organization.world
    dev = world.account("dev")
    ana = dev.create_user("ana")
    ana.attach_policy("AdministratorAccess")
    arguments: dict[str, Any] = {
        "target_principal": DEV,
        "task_policy_arn": f"{TASK}S3UnlockBucketPolicy",
    }
    for caller in (ana, dev.root, world.account("boss").root, world.account("boss").root.arn):
        with pytest.raises(AccessDenied):
            world.sts.assume_root(caller, **arguments)
    organization.register_delegated_administrator(dev, "iam.amazonaws.com")
    lab = organization.create_account("lab", account_id="333333333333")

    assert world.sts.assume_root(ana, **arguments | {"target_principal": lab}).arn == lab.root_arn


def test_the_feature_must_be_on_and_a_service_control_policy_still_counts(
    organization: Organization, dev: Account
) -> None:
    """What stops the member's own root user stops this one."""
    guard = organization.create_policy("no-s3", document(deny("s3:DeleteBucketPolicy")))
    guard.attach(dev)
    session = assume(organization, "S3UnlockBucketPolicy")
    assert not organization.world.can(session, "s3:DeleteBucketPolicy", "arn:aws:s3:::locked")

    organization.disable_organizations_root_sessions()

    with pytest.raises(AccessDenied):
        assume(organization, "S3UnlockBucketPolicy")
    assume(organization, "IAMAuditRootUserCredentials")


@pytest.mark.parametrize(
    "wrong",
    [
        {"task_policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        {"task_policy_arn": f"{TASK}Everything"},
        {"target_principal": f"arn:aws:iam::{DEV}:user/ana"},
        {"target_principal": "not an account"},
    ],
)
def test_another_policy_or_another_principal_is_not_a_task(
    organization: Organization, wrong: dict[str, str]
) -> None:
    """It must be one of five policies, and a root user."""
    with pytest.raises(ValidationError, match="Invalid T"):
        assume(organization, "S3UnlockBucketPolicy", **wrong)


def test_the_global_endpoint_does_not_have_it(organization: Organization) -> None:
    """Only those of Regions do."""
    world = organization.world
    with pytest.raises(InvalidAction):
        world.sts.endpoint("aws-global").assume_root(
            world.user("sam"), target_principal=DEV, task_policy_arn=f"{TASK}S3UnlockBucketPolicy"
        )
