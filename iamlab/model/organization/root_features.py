"""Centralised root access: how an organization manages the root users of its members.

Two features are enabled and disabled for the whole organization. With root credentials management,
the management account can view and delete the credentials of members' root users, and allow
password recovery. With root sessions, it can delete the policy of a bucket or queue that locks
everybody out. Both use ``AssumeRoot``, which takes one task at a time.

Notes
-----
AWS pages: "Centralize root access for member accounts"; "Perform a privileged task on an AWS
Organizations member account"; "IAM API Reference", the operations whose names have
``OrganizationsRoot`` in them. That each task needs only one of the features is likely: the pages
describe both together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.model.organization.organization import Organization
    from iamlab.model.world import World

SERVICE = "iam.amazonaws.com"
"""The service that needs trusted access to the organization; an account can administer it."""

CREDENTIALS, SESSIONS = "RootCredentialsManagement", "RootSessions"
FEATURES = (CREDENTIALS, SESSIONS)
"""The features, in the order of the API's list."""

TASKS = {
    "IAMAuditRootUserCredentials": CREDENTIALS,
    "IAMCreateRootUserPassword": CREDENTIALS,
    "IAMDeleteRootUserCredentials": CREDENTIALS,
    "S3UnlockBucketPolicy": SESSIONS,
    "SQSUnlockQueuePolicy": SESSIONS,
}
"""The managed policy that limits a session -> the feature that it needs."""

_POLICIES = ":iam::aws:policy/root-task/"

_SWITCHES = {
    CREDENTIALS: "enable_organizations_root_credentials_management",
    SESSIONS: "enable_organizations_root_sessions",
}
"""Feature -> the method of an organization that enables it."""


def task_policy_arn(task: str, partition: str = "aws") -> str:
    """Return the ARN of the managed policy of a task."""
    return f"arn:{partition}{_POLICIES}{task}"


def task_of(policy_arn: str) -> str:
    """Return the task that a managed policy limits a session to; empty for other policies.

    Examples
    --------
    >>> task_of("arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy")
    'S3UnlockBucketPolicy'
    """
    _, folder, task = policy_arn.partition(_POLICIES)
    return task if folder and task in TASKS else ""


def is_in_charge(organization: Organization, account_id: str) -> bool:
    """Return whether an account is the management account, or a delegated administrator for IAM.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> organization = world.create_organization(world.create_account("acme-main"))
    >>> security = organization.create_account("security", account_id="222222222222")
    >>> organization.enable_aws_service_access(SERVICE)
    >>> is_in_charge(organization, "222222222222")
    False
    >>> organization.register_delegated_administrator(security, SERVICE)
    >>> is_in_charge(organization, "222222222222")
    True
    """
    is_management = account_id == organization.management_account_id
    return is_management or SERVICE in organization.delegates.get(account_id, {})


def may_assume_root(world: World, caller_account_id: str, member_account_id: str, task: str) -> str:
    """Return why an account cannot assume root in a member account; empty if it can.

    It doesn't check permissions: the caller also needs ``sts:AssumeRoot``.

    Parameters
    ----------
    task
        The name of the managed policy that limits the session: ``"S3UnlockBucketPolicy"``.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("acme-main", account_id="111111111111")
    >>> organization = world.create_organization(main)
    >>> dev = organization.create_account("acme-dev", account_id="222222222222")
    >>> organization.enable_aws_service_access("iam.amazonaws.com")
    >>> may_assume_root(world, "111111111111", "222222222222", "S3UnlockBucketPolicy")
    'RootSessions is off. To enable it: organization.enable_organizations_root_sessions().'
    >>> organization.enable_organizations_root_sessions()
    >>> may_assume_root(world, "111111111111", "222222222222", "S3UnlockBucketPolicy")
    ''
    """
    if task not in TASKS:
        return f"{task} isn't a task of a root session. Tasks: {', '.join(TASKS)}."
    organization = world.organization_of(caller_account_id)
    if organization is None:
        return f"Account {caller_account_id} isn't in an organization."
    return (
        _of_organization(organization, caller_account_id)
        or _of_member(organization, member_account_id)
        or _of_feature(organization, TASKS[task])
    )


def _of_organization(organization: Organization, caller_account_id: str) -> str:
    if organization.feature_set != "ALL":
        return "The organization has only consolidated billing, not all features."
    if not is_in_charge(organization, caller_account_id):
        return (
            f"Account {caller_account_id} isn't the management account or a delegated "
            f"administrator for {SERVICE}."
        )
    if SERVICE not in organization.service_access:
        return (
            f"{SERVICE} doesn't have access to the organization. To enable it: "
            f'organization.enable_aws_service_access("{SERVICE}").'
        )
    return ""


def _of_member(organization: Organization, member_account_id: str) -> str:
    if member_account_id == organization.management_account_id:
        return f"{member_account_id} is the management account, not a member account."
    if member_account_id not in organization.members:
        return f"Account {member_account_id} isn't in the organization {organization.id}."
    status = organization.members[member_account_id].status
    return "" if status == "ACTIVE" else f"Account {member_account_id} is {status}."


def _of_feature(organization: Organization, feature: str) -> str:
    if feature in organization.root_features:
        return ""
    return f"{feature} is off. To enable it: organization.{_SWITCHES[feature]}()."
