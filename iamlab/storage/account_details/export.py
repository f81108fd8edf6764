"""The account as AWS exports it: what ``aws iam get-account-authorization-details`` prints.

``load.py`` reads the same format. It has no credentials, and no description and session duration of
roles.

Notes
-----
AWS page: "IAM API Reference: GetAccountAuthorizationDetails".
"""

from __future__ import annotations

import sys
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from iamlab.cloudtrail.recording import role_last_used
from iamlab.model import managed_policies
from iamlab.model.managed_policies import own_policies
from iamlab.operations.iam import responses as answers
from iamlab.operations.iam import roles as profiles
from iamlab.operations.iam.responses import page
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.model.account import Account
    from iamlab.model.identities import Group, Identity, Role, User
    from iamlab.model.managed_policies import ManagedPolicy

    Write = Callable[[Any], dict[str, Any]]

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
FILTERS = ("User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy")
"""What a filter can ask for; without a filter all of it."""


def details(account: Account, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Write down an account, or one page of it.

    Parameters
    ----------
    parameters
        ``Filter``, ``MaxItems`` and ``Marker`` as they were sent.
    """
    bounded = [*account.users.values(), *account.roles.values()]
    identities = [*bounded, *account.groups.values()]
    attached = Counter(arn for one in identities for arn in one.attached)
    bounding = Counter(one.boundary for one in bounded if one.boundary)
    used = (
        account.policies.get(arn) or managed_policies.find(arn)
        for arn in dict.fromkeys((*attached, *bounding))
    )
    of_aws = [policy for policy in used if policy is not None and policy.is_aws_managed]

    def write_policy(policy: ManagedPolicy) -> dict[str, Any]:
        return _policy(policy, attached[policy.arn], bounding[policy.arn])

    parts: tuple[tuple[str, Write, Iterable[Any]], ...] = (
        (LISTS[0], _user, account.users.values()),
        (LISTS[1], _group, account.groups.values()),
        (LISTS[2], _role, account.roles.values()),
        (LISTS[3], write_policy, own_policies(account)),
        (LISTS[3], write_policy, of_aws),
    )
    wanted = parameters.get("Filter") or FILTERS
    entries = [
        (name, write, one)
        for kind, (name, write, every) in zip(FILTERS, parts, strict=True)
        if kind in wanted
        for one in every
    ]
    # Only what is on the page is written.
    one_page = page("All", entries, parameters, lambda entry: (entry[0], entry[1](entry[2])))
    found: dict[str, Any] = {name: [] for name in LISTS}
    for name, written in one_page.pop("All"):
        found[name].append(written)
    return {**found, **one_page}


def whole(account: Account) -> dict[str, Any]:
    """Write down a whole account on one page, with its times as text: as the CLI prints it."""
    return as_printed(details(account, {"MaxItems": sys.maxsize}))


def as_printed(response: dict[str, Any]) -> dict[str, Any]:
    """Write a response as the CLI prints it, with its times as text."""
    return {key: _printed(value) for key, value in response.items()}


def _printed(value: Any) -> Any:
    if isinstance(value, dict):
        return as_printed(value)
    if isinstance(value, list | tuple):
        return [_printed(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _user(user: User) -> dict[str, Any]:
    return {**answers.user(user), **_policies_of(user), "GroupList": list(user.groups)}


def _group(group: Group) -> dict[str, Any]:
    return {**answers.group(group), **_policies_of(group)}


def _role(role: Role) -> dict[str, Any]:
    found = {**answers.role(role), **_policies_of(role)}
    for name in ("Description", "MaxSessionDuration"):
        found.pop(name, None)
    # Of a loaded account only the names of instance profiles are known.
    known = role.account.instance_profiles
    found["InstanceProfileList"] = [
        profiles.write_profile(known[name]) if name in known else {"InstanceProfileName": name}
        for name in role.instance_profiles
    ]
    found["RoleLastUsed"] = role_last_used(role)
    return found


def _policy(policy: ManagedPolicy, attached: int, bounding: int) -> dict[str, Any]:
    """Write a managed policy with all its versions."""
    found = answers.policy(policy)
    found.pop("Tags", None)
    return {
        **found,
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": bounding,
        "PolicyVersionList": [
            answers.version(policy, version_id, with_document=True)
            for version_id in policy.versions
        ],
    }


def _policies_of(identity: Identity) -> dict[str, Any]:
    return {
        f"{identity.kind.capitalize()}PolicyList": [
            {"PolicyName": name, "PolicyDocument": policy.to_json()}
            for name, policy in identity.inline.items()
        ],
        "AttachedManagedPolicies": [
            {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in identity.attached
        ],
    }


@operation("GetAccountAuthorizationDetails", on="*", answer=as_it_is)
def get_account_authorization_details(account: Account, given: Parameters) -> dict[str, Any]:
    """Write down users, groups, roles and managed policies, with all their policies."""
    return details(account, given)
