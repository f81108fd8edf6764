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
from iamlab.operations.iam.lookup import check_room, iam_arn
from iamlab.operations.iam.responses import page
from iamlab.operations.iam.tags import TagOperations, tags_in
from iamlab.operations.policy_documents import saved
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.model.account import Account
    from iamlab.model.identities import Identity


def _own(account: Account, request: Parameters) -> ManagedPolicy:
    """Find a policy that is to be changed.

    Raises
    ------
    AccessDenied
        It is AWS's.
    NoSuchEntity
        There is none.
    """
    policy = account.get_policy(request["PolicyArn"])
    if policy.is_aws_managed:
        error = AccessDenied("Policy is outside your own account.")
        error.add_note(f"{policy.name} is AWS's. Make a policy of your own from its document.")
        raise error
    return policy


def holders(account: Account, arn: str) -> Iterator[Identity]:
    """Give the users, groups and roles that a policy is attached to."""
    for held in (account.users, account.groups, account.roles):
        yield from (identity for identity in held.values() if arn in identity.attached)


def bounded_by(account: Account, arn: str) -> list[Identity]:
    """List the users and roles that have a policy as their boundary."""
    every = [*account.users.values(), *account.roles.values()]
    return [identity for identity in every if identity.boundary == arn]


def _counted(account: Account, policy: ManagedPolicy) -> dict[str, Any]:
    return {
        **answers.policy(policy),
        "AttachmentCount": sum(1 for _ in holders(account, policy.arn)),
        "PermissionsBoundaryUsageCount": len(bounded_by(account, policy.arn)),
    }


@operation("CreatePolicy", on="policy", answer=lambda policy: {"Policy": answers.policy(policy)})
def create_policy(account: Account, request: Parameters) -> ManagedPolicy:
    """Make a policy of the account's own; this is its version v1."""
    name, path = request["PolicyName"], request.get("Path", "/")
    if any(name.lower() == own.name.lower() for own in account.policies.values()):
        raise EntityAlreadyExists(
            f"A policy called {name} already exists. Duplicate names are not allowed."
        )
    check_room(account, "Policies", len(account.policies))
    now = account.world.clock.now
    policy = ManagedPolicy(
        name,
        iam_arn(account, f"policy{path}{name}"),
        {"v1": saved(request["PolicyDocument"], name, "identity")},
        path=path,
        description=request.get("Description", ""),
        tags=tags_in(request),
        create_date=now,
        update_date=now,
        account=account,
    )
    policy.policy_id = account.world.ids.unique_id("policy")
    account.policies[policy.arn] = policy
    account.changed()
    return policy


@operation("GetPolicy", on="policy", answer=as_it_is)
def get_policy(account: Account, request: Parameters) -> dict[str, Any]:
    """Find a policy, and count what it is attached to."""
    return {"Policy": _counted(account, account.get_policy(request["PolicyArn"]))}


@operation("ListPolicies", on="policy/", answer=as_it_is)
def list_policies(account: Account, request: Parameters) -> dict[str, Any]:
    """List AWS's policies, or the account's own, or both."""
    scope = request.get("Scope", "All")
    found: list[ManagedPolicy] = []
    if scope != "AWS":
        found += account.policies.values()
    if scope != "Local":
        of_aws = (managed.find(name, account.partition) for name in managed.names())
        found += [policy for policy in of_aws if policy is not None]
    if request.get("OnlyAttached"):
        found = [policy for policy in found if any(holders(account, policy.arn))]
    return page("Policies", found, request, lambda policy: _counted(account, policy))


@operation("ListEntitiesForPolicy", on="policy", answer=as_it_is)
def list_entities_for_policy(account: Account, request: Parameters) -> dict[str, Any]:
    """List who has a policy attached."""
    policy = account.get_policy(request["PolicyArn"])
    found: dict[str, Any] = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": []}
    for identity in holders(account, policy.arn):
        noun = identity.kind.capitalize()
        named = {f"{noun}Name": identity.name, f"{noun}Id": identity.unique_id}
        found[f"Policy{noun}s"].append(named)
    return {**found, "IsTruncated": False}


@operation("DeletePolicy", on="policy")
def delete_policy(account: Account, request: Parameters) -> None:
    """Delete a policy that nobody has, and that has one version only."""
    policy = _own(account, request)
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
def create_policy_version(account: Account, request: Parameters) -> dict[str, Any]:
    """Add a version; its number is never used again."""
    policy = _own(account, request)
    document = saved(request["PolicyDocument"], policy.name, "identity")
    most = quota(account, "VersionsPerPolicy")
    if len(policy.versions) >= most:
        raise LimitExceeded(
            f"A managed policy can have up to {most} versions. "
            "Before you create a new version, you must delete an existing version."
        )
    number = policy.newest = max(policy.newest, *map(_number, policy.versions)) + 1
    policy.versions[f"v{number}"] = document
    if request.get("SetAsDefault"):
        policy.default_version_id = f"v{number}"
        policy.update_date = account.world.clock.now
    account.changed()
    return {"PolicyVersion": answers.version(policy, f"v{number}", with_document=False)}


@operation("GetPolicyVersion", on="policy", answer=as_it_is)
def get_policy_version(account: Account, request: Parameters) -> dict[str, Any]:
    """Read the document of a version."""
    policy = account.get_policy(request["PolicyArn"])
    version_id = _version(policy, request["VersionId"])
    return {"PolicyVersion": answers.version(policy, version_id, with_document=True)}


@operation("ListPolicyVersions", on="policy", answer=as_it_is)
def list_policy_versions(account: Account, request: Parameters) -> dict[str, Any]:
    """List the versions of a policy, the newest first."""
    policy = account.get_policy(request["PolicyArn"])
    newest_first = sorted(policy.versions, key=_number, reverse=True)
    written = [answers.version(policy, version, with_document=False) for version in newest_first]
    return page("Versions", written, request, dict)


@operation("SetDefaultPolicyVersion", on="policy")
def set_default_policy_version(account: Account, request: Parameters) -> None:
    """Let another version apply: the way to roll back."""
    policy = _own(account, request)
    policy.default_version_id = _version(policy, request["VersionId"])
    policy.update_date = account.world.clock.now
    account.changed()


@operation("DeletePolicyVersion", on="policy")
def delete_policy_version(account: Account, request: Parameters) -> None:
    """Delete a version that is not the default."""
    policy = _own(account, request)
    version_id = _version(policy, request["VersionId"])
    if version_id == policy.default_version_id:
        raise DeleteConflict("Cannot delete the default version of a policy.")
    del policy.versions[version_id]
    account.changed()


TagOperations("policy", "Policy", _own).register()
