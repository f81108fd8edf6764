"""Things as IAM's API answers them: dicts with AWS's names, as real clients give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iamlab.world.identities import Bounded, Group, Identity, Role, User
    from iamlab.world.policies import ManagedPolicy


def tags(held: dict[str, str]) -> list[dict[str, str]]:
    """Write tags."""
    return [{"Key": key, "Value": value} for key, value in held.items()]


def _identity(one: Identity, noun: str) -> dict[str, Any]:
    return {
        "Path": one.path,
        f"{noun}Name": one.name,
        f"{noun}Id": one.unique_id,
        "Arn": one.arn,
        **({"CreateDate": one.create_date} if one.create_date else {}),
    }


def _bounded(one: Bounded, noun: str) -> dict[str, Any]:
    found = _identity(one, noun)
    if one.boundary:
        found["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": one.boundary,
        }
    if one.tags:
        found["Tags"] = tags(one.tags)
    return found


def user(one: User) -> dict[str, Any]:
    """Write a user."""
    return _bounded(one, "User")


def group(one: Group) -> dict[str, Any]:
    """Write a group."""
    return _identity(one, "Group")


def role(one: Role) -> dict[str, Any]:
    """Write a role, its trust policy included."""
    found = _bounded(one, "Role")
    if one.trust is not None:
        found["AssumeRolePolicyDocument"] = one.trust.to_json()
    if one.description:
        found["Description"] = one.description
    return {**found, "MaxSessionDuration": one.max_session_duration}


def policy(one: ManagedPolicy) -> dict[str, Any]:
    """Write a managed policy, without its document."""
    return {
        "PolicyName": one.name,
        "PolicyId": one.policy_id,
        "Arn": one.arn,
        "Path": one.path,
        "DefaultVersionId": one.default_version_id,
        "IsAttachable": True,
        **({"Description": one.description} if one.description else {}),
        **({"CreateDate": one.create_date} if one.create_date else {}),
        **({"UpdateDate": one.update_date} if one.update_date else {}),
        **({"Tags": tags(one.tags)} if one.tags else {}),
    }


def version(one: ManagedPolicy, version_id: str, *, with_document: bool) -> dict[str, Any]:
    """Write a version of a managed policy."""
    found: dict[str, Any] = {
        "VersionId": version_id,
        "IsDefaultVersion": version_id == one.default_version_id,
    }
    if with_document:
        found["Document"] = one.versions[version_id].to_json()
    return found
