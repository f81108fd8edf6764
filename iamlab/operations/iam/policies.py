"""Managed policies and their versions.

Notes
-----
AWS pages: "Managed policies and inline policies"; "Versioning IAM policies"; "Delete IAM policies".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    AccessDenied,
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
    did_you_mean,
)
from iamlab.model import aws_managed_policies as managed
from iamlab.model.managed_policies import ManagedPolicy
from iamlab.model.quotas import quota
from iamlab.operations.iam import responses as answers
from iamlab.operations.iam.lookup import check_room, tags_in
from iamlab.operations.iam.responses import page
from iamlab.operations.policy_documents import saved
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.model.account import Account
    from iamlab.model.identities import Identity


def own_policy(account: Account, arn: str) -> ManagedPolicy:
    """Find a policy that is to be changed.

    Raises
    ------
    AccessDenied
        It is AWS's.
    NoSuchEntity
        There is none.
    """
    policy = account.get_policy(arn)
    if policy.is_aws_managed:
        error = AccessDenied("Policy is outside your own account.")
        error.add_note(f"{policy.name} is AWS's. Make a policy of your own from its document.")
        raise error
    return policy


def holders(account: Account, arn: str) -> Iterator[Identity]:
    """Give the users, groups and roles that a policy is attached to."""
    for held in (account.users, account.groups, account.roles):
        yield from (one for one in held.values() if arn in one.attached)


def bounded_by(account: Account, arn: str) -> list[Identity]:
    """List the users and roles that have a policy as their boundary."""
    every = [*account.users.values(), *account.roles.values()]
    return [one for one in every if one.boundary == arn]


def _counted(account: Account, policy: ManagedPolicy) -> dict[str, Any]:
    return {
        **answers.policy(policy),
        "AttachmentCount": sum(1 for _ in holders(account, policy.arn)),
        "PermissionsBoundaryUsageCount": len(bounded_by(account, policy.arn)),
    }


@operation("CreatePolicy", on="policy", answer=lambda policy: {"Policy": answers.policy(policy)})
def create_policy(account: Account, given: Parameters) -> ManagedPolicy:
    """Make a policy of the account's own; this is its version v1."""
    name, path = given["PolicyName"], given.get("Path", "/")
    if any(name.lower() == own.name.lower() for own in account.policies.values()):
        raise EntityAlreadyExists(
            f"A policy called {name} already exists. Duplicate names are not allowed."
        )
    check_room(account, "Policies", len(account.policies))
    now = account.world.clock.now
    policy = ManagedPolicy(
        name,
        f"arn:{account.partition}:iam::{account.account_id}:policy{path}{name}",
        {"v1": saved(given["PolicyDocument"], name, "identity")},
        path=path,
        description=given.get("Description", ""),
        tags=tags_in(given),
        create_date=now,
        update_date=now,
        account=account,
    )
    policy.policy_id = account.world.ids.unique_id("policy")
    account.policies[policy.arn] = policy
    account.changed()
    return policy


@operation("GetPolicy", on="policy", answer=as_it_is)
def get_policy(account: Account, given: Parameters) -> dict[str, Any]:
    """Find a policy, and count what it is attached to."""
    return {"Policy": _counted(account, account.get_policy(given["PolicyArn"]))}


@operation("ListPolicies", on="policy/", answer=as_it_is)
def list_policies(account: Account, given: Parameters) -> dict[str, Any]:
    """List AWS's policies, or the account's own, or both."""
    scope = given.get("Scope", "All")
    found: list[ManagedPolicy] = []
    if scope != "AWS":
        found += account.policies.values()
    if scope != "Local":
        of_aws = (managed.find(name, account.partition) for name in managed.names())
        found += [policy for policy in of_aws if policy is not None]
    if given.get("OnlyAttached"):
        found = [policy for policy in found if any(holders(account, policy.arn))]
    return page("Policies", found, given, lambda policy: _counted(account, policy))


@operation("ListEntitiesForPolicy", on="policy", answer=as_it_is)
def list_entities_for_policy(account: Account, given: Parameters) -> dict[str, Any]:
    """List who has a policy attached or, if that is asked for, as a boundary."""
    arn, kind = account.get_policy(given["PolicyArn"]).arn, given.get("EntityFilter")
    is_boundary = given.get("PolicyUsageFilter") == "PermissionsBoundary"
    every = bounded_by(account, arn) if is_boundary else holders(account, arn)
    wanted = [one for one in every if kind in (None, one.kind.capitalize())]
    listed = page("Entities", wanted, given, lambda one: one)
    found: dict[str, Any] = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": []}
    for one in listed.pop("Entities"):
        noun = one.kind.capitalize()
        found[f"Policy{noun}s"].append({f"{noun}Name": one.name, f"{noun}Id": one.unique_id})
    return {**found, **listed}


@operation("DeletePolicy", on="policy")
def delete_policy(account: Account, given: Parameters) -> None:
    """Delete a policy that nobody has, and that has one version only."""
    policy = own_policy(account, given["PolicyArn"])
    if any(holders(account, policy.arn)) or bounded_by(account, policy.arn):
        raise DeleteConflict("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise DeleteConflict(
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy."
        )
    del account.policies[policy.arn]
    account.changed()


def _number(version_id: str) -> int:
    return int(version_id.removeprefix("v").split(".")[0])


def _version(policy: ManagedPolicy, version_id: str) -> str:
    if version_id not in policy.versions:
        error = NoSuchEntity(
            f"Policy {policy.arn} version {version_id} does not exist or is not attachable."
        )
        error.add_note(did_you_mean(version_id, policy.versions))
        raise error
    return version_id


@operation("CreatePolicyVersion", on="policy", answer=as_it_is)
def create_policy_version(account: Account, given: Parameters) -> dict[str, Any]:
    """Add a version; its number is never used again."""
    policy = own_policy(account, given["PolicyArn"])
    document = saved(given["PolicyDocument"], policy.name, "identity")
    if len(policy.versions) >= quota(account, "VersionsPerPolicy"):
        raise LimitExceeded(
            f"A managed policy can have up to {quota(account, 'VersionsPerPolicy')} versions. "
            "Before you create a new version, you must delete an existing version."
        )
    number = policy.newest = max(policy.newest, *map(_number, policy.versions)) + 1
    policy.versions[f"v{number}"] = document
    if given.get("SetAsDefault"):
        policy.default_version_id = f"v{number}"
        policy.update_date = account.world.clock.now
    account.changed()
    return {"PolicyVersion": answers.version(policy, f"v{number}", with_document=False)}


@operation("GetPolicyVersion", on="policy", answer=as_it_is)
def get_policy_version(account: Account, given: Parameters) -> dict[str, Any]:
    """Read the document of a version."""
    policy = account.get_policy(given["PolicyArn"])
    version_id = _version(policy, given["VersionId"])
    return {"PolicyVersion": answers.version(policy, version_id, with_document=True)}


@operation("ListPolicyVersions", on="policy", answer=as_it_is)
def list_policy_versions(account: Account, given: Parameters) -> dict[str, Any]:
    """List the versions of a policy, the newest first."""
    policy = account.get_policy(given["PolicyArn"])
    newest_first = sorted(policy.versions, key=_number, reverse=True)
    return page(
        "Versions",
        newest_first,
        given,
        lambda version_id: answers.version(policy, version_id, with_document=False),
    )


@operation("SetDefaultPolicyVersion", on="policy")
def set_default_policy_version(account: Account, given: Parameters) -> None:
    """Let another version apply: the way to roll back."""
    policy = own_policy(account, given["PolicyArn"])
    policy.default_version_id = _version(policy, given["VersionId"])
    policy.update_date = account.world.clock.now
    account.changed()


@operation("DeletePolicyVersion", on="policy")
def delete_policy_version(account: Account, given: Parameters) -> None:
    """Delete a version that is not the default."""
    policy = own_policy(account, given["PolicyArn"])
    version_id = _version(policy, given["VersionId"])
    if version_id == policy.default_version_id:
        raise DeleteConflict("Cannot delete the default version of a policy.")
    del policy.versions[version_id]
    account.changed()
