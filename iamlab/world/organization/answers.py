"""Things of an organization as AWS answers them: dicts with AWS's names, as real clients give them.

Notes
-----
AWS page: "AWS Organizations API Reference: Data Types".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.world.policy_types import SCP

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.world.organization import Organization
    from iamlab.world.organization.handshakes import AccountRequest, Handshake
    from iamlab.world.organization.policies import OrganizationPolicy
    from iamlab.world.organization.targets import Member, OrganizationalUnit, Root, Target

_FEATURES = {"ALL": "FULL", "CONSOLIDATED_BILLING": "CONSOLIDATED_BILLING"}
"""How an invitation names the feature set."""


def organization(one: Organization) -> dict[str, Any]:
    """Write an organization. AWS lists there only SCPs as available, whatever is enabled."""
    management = one.members[one.management_account_id]
    types = [{"Type": SCP, "Status": "ENABLED"}] if one.feature_set == "ALL" else []
    return {
        "Id": one.id,
        "Arn": one.arn,
        "FeatureSet": one.feature_set,
        "MasterAccountArn": management.arn,
        "MasterAccountId": management.id,
        "MasterAccountEmail": management.account.root.email,
        "AvailablePolicyTypes": types,
    }


def root(one: Root) -> dict[str, Any]:
    """Write a root."""
    types = [{"Type": name, "Status": "ENABLED"} for name in one.policy_types]
    return {"Id": one.id, "Arn": one.arn, "Name": one.name, "PolicyTypes": types}


def unit(one: OrganizationalUnit) -> dict[str, Any]:
    """Write an OU."""
    return {"Id": one.id, "Arn": one.arn, "Name": one.name, "Path": one.path}


def account(one: Member) -> dict[str, Any]:
    """Write a member account, the management account included."""
    return {
        "Id": one.id,
        "Arn": one.arn,
        "Email": one.account.root.email,
        "Name": one.name,
        "Status": one.status,
        "State": one.status,
        "Paths": [f"{one.organization.path_of(one.id)}{one.id}/"],
        "JoinedMethod": one.joined_method,
        **_at("JoinedTimestamp", one.joined_timestamp),
    }


def policy_summary(one: OrganizationPolicy) -> dict[str, Any]:
    """Write a policy without its content."""
    return {
        "Id": one.id,
        "Arn": one.arn,
        "Name": one.name,
        "Description": one.description,
        "Type": one.type,
        "AwsManaged": one.is_aws_managed,
    }


def policy(one: OrganizationPolicy) -> dict[str, Any]:
    """Write a policy."""
    return {"PolicySummary": policy_summary(one), "Content": one.content}


def target(one: Target) -> dict[str, Any]:
    """Write what a policy hangs on."""
    return {"TargetId": one.id, "Arn": one.arn, "Name": one.name, "Type": one.kind}


def request(one: AccountRequest) -> dict[str, Any]:
    """Write how the making of an account ended."""
    return {
        "Id": one.id,
        "AccountName": one.account_name,
        "State": one.state,
        "RequestedTimestamp": one.requested_timestamp,
        "CompletedTimestamp": one.requested_timestamp,
        **({"AccountId": one.account_id} if one.account_id else {}),
        **({"FailureReason": one.failure_reason} if one.failure_reason else {}),
    }


def handshake(one: Handshake) -> dict[str, Any]:
    """Write an invitation."""
    whose = one.organization
    management = whose.management_account
    about = [
        {"Type": "MASTER_EMAIL", "Value": management.root.email},
        {"Type": "MASTER_NAME", "Value": management.name},
        {"Type": "ORGANIZATION_FEATURE_SET", "Value": _FEATURES[whose.feature_set]},
    ]
    notes = [{"Type": "NOTES", "Value": one.notes}] if one.notes else []
    return {
        "Id": one.id,
        "Arn": one.arn,
        "Parties": [
            {"Id": whose.id, "Type": "ORGANIZATION"},
            {"Id": one.target_id, "Type": one.target_type},
        ],
        "State": one.state,
        "RequestedTimestamp": one.requested_timestamp,
        "ExpirationTimestamp": one.expiration_timestamp,
        "Action": "INVITE",
        "Resources": [
            {"Type": "ORGANIZATION", "Value": whose.id, "Resources": about},
            {"Type": one.target_type, "Value": one.target_id},
            *notes,
        ],
    }


def delegate(one: Member) -> dict[str, Any]:
    """Write a delegated administrator: an account, and since when it is one."""
    found = account(one)
    del found["Paths"]
    dates = [date for date in one.organization.delegates[one.id].values() if date is not None]
    return {**found, **_at("DelegationEnabledDate", min(dates, default=None))}


def service(name: str, since: datetime | None, when: str) -> dict[str, Any]:
    """Write a service, and since when it may do what it does: under the name ``when``."""
    return {"ServicePrincipal": name, **_at(when, since)}


def _at(name: str, moment: datetime | None) -> dict[str, Any]:
    return {} if moment is None else {name: moment}
