"""Centralised root access: what an organization lets IAM do to the root users of its members.

Two features are switched on and off for the organization as a whole. Root credentials management
lets its management account look at the credentials of members' root users, take them away, and let
a root user recover its password. Root sessions let it lift the policy of a bucket or queue that
shuts everybody out. Both are done by ``AssumeRoot``, which takes one task at a time.

Notes
-----
AWS pages: "Centralize root access for member accounts"; "Perform a privileged task on an AWS
Organizations member account"; "IAM API Reference", the operations whose names have
``OrganizationsRoot`` in them. That each task needs one feature and not the other is likely: the
pages speak of both features together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.model.organization.organization import Organization
    from iamlab.model.world import World

SERVICE = "iam.amazonaws.com"
"""The service that must have access to the organization, and that an account can administer."""

CREDENTIALS, SESSIONS = "RootCredentialsManagement", "RootSessions"
FEATURES = (CREDENTIALS, SESSIONS)
"""In the order in which they are listed."""

TASKS = {
    "IAMAuditRootUserCredentials": CREDENTIALS,
    "IAMCreateRootUserPassword": CREDENTIALS,
    "IAMDeleteRootUserCredentials": CREDENTIALS,
    "S3UnlockBucketPolicy": SESSIONS,
    "SQSUnlockQueuePolicy": SESSIONS,
}
"""AWS's managed policy that a session is limited to -> the feature that it needs."""

_SWITCHES = {
    CREDENTIALS: "enable_organizations_root_credentials_management",
    SESSIONS: "enable_organizations_root_sessions",
}
"""Feature -> the method of an organization that switches it on."""


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

    Permissions are no part of it: whoever calls needs ``sts:AssumeRoot`` besides.

    Parameters
    ----------
    task
        The name of the managed policy that the session is limited to: ``"S3UnlockBucketPolicy"``.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("acme-main", account_id="111111111111")
    >>> organization = world.create_organization(main)
    >>> dev = organization.create_account("acme-dev", account_id="222222222222")
    >>> organization.enable_aws_service_access("iam.amazonaws.com")
    >>> may_assume_root(world, "111111111111", "222222222222", "S3UnlockBucketPolicy")
    'RootSessions is off: organization.enable_organizations_root_sessions() switches it on.'
    >>> organization.enable_organizations_root_sessions()
    >>> may_assume_root(world, "111111111111", "222222222222", "S3UnlockBucketPolicy")
    ''
    """
    if task not in TASKS:
        return f"{task} is no task for a root session: there are {', '.join(TASKS)}."
    organization = world.organization_of(caller_account_id)
    if organization is None:
        return f"Account {caller_account_id} is in no organization."
    return (
        _of_organization(organization, caller_account_id)
        or _of_member(organization, member_account_id)
        or _of_feature(organization, TASKS[task])
    )


def _of_organization(organization: Organization, caller_account_id: str) -> str:
    if organization.feature_set != "ALL":
        return "The organization has consolidated billing only, and not all features."
    if not is_in_charge(organization, caller_account_id):
        return (
            f"Account {caller_account_id} is neither the management account nor a delegated "
            f"administrator for {SERVICE}."
        )
    if SERVICE not in organization.service_access:
        return (
            f"{SERVICE} has no access to the organization: "
            f'organization.enable_aws_service_access("{SERVICE}") gives it.'
        )
    return ""


def _of_member(organization: Organization, member_account_id: str) -> str:
    if member_account_id == organization.management_account_id:
        return f"{member_account_id} is the management account: only members' root users are meant."
    if member_account_id not in organization.members:
        return f"Account {member_account_id} is not in the organization {organization.id}."
    status = organization.members[member_account_id].status
    return "" if status == "ACTIVE" else f"Account {member_account_id} is {status}."


def _of_feature(organization: Organization, feature: str) -> str:
    if feature in organization.root_features:
        return ""
    return f"{feature} is off: organization.{_SWITCHES[feature]}() switches it on."
