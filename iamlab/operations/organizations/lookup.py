"""What is meant by what a method was given: a thing, its id, or its name.

A thing of another world is looked up by its id, as everywhere.

Things of an organization as AWS answers them: dicts with AWS's names, as real clients give them.

Notes
-----
AWS page: "AWS Organizations API Reference: Data Types".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError, did_you_mean
from iamlab.errors.organizations import (
    AccountNotFoundException,
    ParentNotFoundException,
    PolicyNotFoundException,
    TargetNotFoundException,
)
from iamlab.model.organization.policies import SCP

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization
    from iamlab.model.organization.policies import OrganizationPolicy
    from iamlab.model.organization.targets import (
        AccountRequest,
        Container,
        Handshake,
        Member,
        OrganizationalUnit,
        Root,
        Target,
    )


def container_of(organization: Organization, given: object) -> Container:
    """Find the root or OU that is meant; nothing means the root."""
    if given is None:
        return organization.root
    names = [(one.name, one.id) for one in organization.organizational_units.values()]
    key = _key(given, organization.organizational_units, [*names, *_root(organization)], "OUs")
    found = organization.container(key)
    if found is None:
        refusal = ParentNotFoundException("You specified a parent that doesn't exist.")
        raise _noted(refusal, given, names)
    return found


def target_of(organization: Organization, given: Target | Account | str) -> str:
    """Find the id of the root, OU or account that is meant."""
    things = {**organization.organizational_units, **organization.members}
    names = [(one.name, one.id) for one in things.values()]
    key = _key(given, things, [*names, *_root(organization)], "OUs and accounts")
    if organization.target(key) is None:
        refusal = TargetNotFoundException("You specified a target that doesn't exist.")
        raise _noted(refusal, given, names)
    return key


def policy_of(organization: Organization, given: OrganizationPolicy | str) -> OrganizationPolicy:
    """Find the policy that is meant."""
    names = [(one.name, one.id) for one in organization.policies.values()]
    key = _key(given, organization.policies, names, "policies")
    if key not in organization.policies:
        refusal = PolicyNotFoundException("You specified a policy that doesn't exist.")
        raise _noted(refusal, given, names)
    return organization.policies[key]


def account_id_of(organization: Organization, given: Account | str) -> str:
    """Find the id of the account that is meant, which need not be in the organization."""
    accounts = organization.world.accounts
    names = [(one.name, one.account_id) for one in accounts.values()]
    key = _key(given, accounts, names, "accounts")
    if key not in accounts:
        refusal = AccountNotFoundException("You specified an account that doesn't exist.")
        raise _noted(refusal, given, names)
    return key


def _root(organization: Organization) -> list[tuple[str, str]]:
    root = organization.root.id
    return [("root", root), ("Root", root)]


def _key(
    given: object, known: Mapping[str, object], names: Iterable[tuple[str, str]], what: str
) -> str:
    """Give the id that is meant: that of a thing, the text itself, or that of the name."""
    if not isinstance(given, str):
        key = getattr(given, "account_id", None) or getattr(given, "id", None)
        if not isinstance(key, str):
            raise RequestError(f"{given!r} is neither one of the {what}, nor an id, nor a name.")
        return key
    if given in known:
        return given
    named = [key for name, key in names if name == given]
    if len(named) > 1:
        raise RequestError(f"Several {what} are called {given}: use an id, {' or '.join(named)}.")
    return named[0] if named else given


def _noted(refusal: AwsError, given: object, names: Iterable[tuple[str, str]]) -> AwsError:
    refusal.add_note(did_you_mean(str(given), (name for name, _ in names)))
    return refusal


def free_address(organization: Organization, name: str) -> str:
    """Make an address that no other account has, of an account's name."""
    start = re.sub(r"[^a-z0-9]+", "-", str(name).lower()).strip("-")[:40] or "account"
    taken = {account.root.email.lower() for account in organization.world.accounts.values()}
    number, address = 1, f"{start}@example.com"
    while address in taken:
        number += 1
        address = f"{start}-{number}@example.com"
    return address


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
