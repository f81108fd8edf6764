"""The account as AWS exports it: what ``aws iam get-account-authorization-details`` prints.

``loaders.py`` reads the same form. Credentials are not part of it, nor what a role's page says
beside its policies: description and session duration.

Notes
-----
AWS page: "IAM API Reference: GetAccountAuthorizationDetails".
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from iamlab.analysis.credential_report import credentials as facts
from iamlab.cloudtrail.recording import role_last_used
from iamlab.model import managed_policies as managed
from iamlab.operations.iam import responses as answers
from iamlab.operations.iam import roles as profiles
from iamlab.operations.iam.responses import page
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.model.account import Account
    from iamlab.model.identities import Group, Identity, Role, User
    from iamlab.model.managed_policies import ManagedPolicy

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
FILTERS = ("User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy")
"""What can be asked for; without a filter all of it."""


def details(account: Account, given: Mapping[str, Any]) -> dict[str, Any]:
    """Write down an account, or one page of it.

    Parameters
    ----------
    given
        ``Filter``, ``MaxItems`` and ``Marker`` as they were sent.
    """
    wanted = given.get("Filter") or FILTERS
    writer = _Writer(account, *_counts(account))
    things = [
        (name, write, thing)
        for kind, name, write, every in writer.parts()
        if kind in wanted
        for thing in every
    ]
    # Only what is on the page is written.
    one_page = page("All", things, given, lambda item: (item[0], item[1](item[2])))
    found: dict[str, Any] = {name: [] for name in LISTS}
    for name, entry in one_page.pop("All"):
        found[name].append(entry)
    return {**found, **one_page}


def whole(account: Account) -> dict[str, Any]:
    """Write down a whole account on one page, with its times as text: as the CLI prints it."""
    found = details(account, {"MaxItems": sys.maxsize})
    printed: dict[str, Any] = _printed(found)
    return printed


def _printed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _printed(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_printed(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _counts(account: Account) -> tuple[Counter[str], Counter[str]]:
    """Count how often each managed policy is attached, and how often it is a boundary."""
    bounded = [*account.users.values(), *account.roles.values()]
    identities = [*bounded, *account.groups.values()]
    return (
        Counter(arn for one in identities for arn in one.attached),
        Counter(one.boundary for one in bounded if one.boundary),
    )


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the entries of one account."""

    account: Account
    attached: Counter[str]
    bounding: Counter[str]

    def parts(self) -> Iterator[tuple[str, str, Any, Any]]:
        """Give each part: its filter, the list it stands in, how it is written, its things."""
        yield "User", LISTS[0], self.user, self.account.users.values()
        yield "Group", LISTS[1], self.group, self.account.groups.values()
        yield "Role", LISTS[2], self.role, self.account.roles.values()
        yield "LocalManagedPolicy", LISTS[3], self.policy, facts.own_policies(self.account)
        yield "AWSManagedPolicy", LISTS[3], self.policy, self.of_aws()

    def of_aws(self) -> Iterator[ManagedPolicy]:
        """Give those of AWS's policies that are used here."""
        for arn in dict.fromkeys((*self.attached, *self.bounding)):
            policy = self.account.policies.get(arn) or managed.find(arn)
            if policy is not None and policy.is_aws_managed:
                yield policy

    def user(self, one: User) -> dict[str, Any]:
        """Write a user."""
        return {**answers.user(one), **_hanging(one), "GroupList": list(one.groups)}

    def group(self, one: Group) -> dict[str, Any]:
        """Write a group."""
        return {**answers.group(one), **_hanging(one)}

    def role(self, one: Role) -> dict[str, Any]:
        """Write a role."""
        found = {**answers.role(one), **_hanging(one)}
        for name in ("Description", "MaxSessionDuration"):
            found.pop(name, None)
        used = role_last_used(one)
        return {**found, "InstanceProfileList": _profiles_of(one), "RoleLastUsed": used}

    def policy(self, one: ManagedPolicy) -> dict[str, Any]:
        """Write a managed policy with all its versions."""
        found = answers.policy(one)
        found.pop("Tags", None)
        return {
            **found,
            "AttachmentCount": self.attached[one.arn],
            "PermissionsBoundaryUsageCount": self.bounding[one.arn],
            "PolicyVersionList": [
                answers.version(one, version_id, with_document=True) for version_id in one.versions
            ],
        }


def _profiles_of(one: Role) -> list[dict[str, Any]]:
    """Write the instance profiles that hold a role; of a loaded account only names are known."""
    known = one.account.instance_profiles
    return [
        profiles.write_profile(known[name]) if name in known else {"InstanceProfileName": name}
        for name in one.instance_profiles
    ]


def _hanging(one: Identity) -> dict[str, Any]:
    return {
        f"{one.kind.capitalize()}PolicyList": [
            {"PolicyName": name, "PolicyDocument": policy.to_json()}
            for name, policy in one.inline.items()
        ],
        "AttachedManagedPolicies": [
            {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in one.attached
        ],
    }


@operation("GetAccountAuthorizationDetails", on="*", answer=as_it_is)
def get_account_authorization_details(account: Account, given: Parameters) -> dict[str, Any]:
    """Write down users, groups, roles and managed policies, with all that hangs on them."""
    return details(account, given)
