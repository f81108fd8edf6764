"""Instance profiles, and the role in each.

Notes
-----
AWS pages: "Use instance profiles"; "API AddRoleToInstanceProfile"; "Grant a user permissions to
pass a role to an AWS service".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
    did_you_mean,
)
from iamlab.model.providers import InstanceProfile
from iamlab.model.quotas import quota
from iamlab.operations.iam import responses as answers
from iamlab.operations.iam.lookup import check_room, same_name, tag_operations, tags_in
from iamlab.operations.iam.responses import page
from iamlab.operations.iam.roles import own_role
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from iamlab.model.account import Account


def _find(account: Account, given: Parameters) -> InstanceProfile:
    name = given["InstanceProfileName"]
    found = same_name(name, account.instance_profiles)
    if found is None:
        error = NoSuchEntity(f"Instance Profile {name} cannot be found.")
        error.add_note(did_you_mean(name, account.instance_profiles))
        raise error
    return found


def write(profile: InstanceProfile) -> dict[str, Any]:
    """Write an instance profile as the API answers it, without tags."""
    return {
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.unique_id,
        "Arn": profile.arn,
        **({"CreateDate": profile.create_date} if profile.create_date else {}),
        "Roles": [answers.role(role) for role in profile.roles],
    }


def _answer(profile: InstanceProfile) -> dict[str, Any]:
    return {"InstanceProfile": {**write(profile), "Tags": answers.tags(profile.tags)}}


@operation("CreateInstanceProfile", on="instance-profile", answer=_answer)
def create_instance_profile(account: Account, given: Parameters) -> InstanceProfile:
    """Make an instance profile: it holds no role yet."""
    name = given["InstanceProfileName"]
    if same_name(name, account.instance_profiles):
        raise EntityAlreadyExists(f"Instance Profile {name} already exists.")
    check_room(account, "InstanceProfiles", len(account.instance_profiles))
    profile = InstanceProfile(account, name, given.get("Path", "/"), tags=tags_in(given))
    profile.unique_id = account.world.ids.unique_id("instance-profile")
    profile.create_date = account.world.clock.now
    account.instance_profiles[name] = profile
    account.changed()
    return profile


@operation("GetInstanceProfile", on="instance-profile", answer=_answer)
def get_instance_profile(account: Account, given: Parameters) -> InstanceProfile:
    """Find an instance profile."""
    return _find(account, given)


@operation("ListInstanceProfiles", on="instance-profile/", answer=as_it_is)
def list_instance_profiles(account: Account, given: Parameters) -> dict[str, Any]:
    """List instance profiles."""
    return page("InstanceProfiles", account.instance_profiles.values(), given, write)


@operation("ListInstanceProfilesForRole", on="role", answer=as_it_is)
def list_instance_profiles_for_role(account: Account, given: Parameters) -> dict[str, Any]:
    """List the instance profiles that hold a role."""
    names = account.get_role(given["RoleName"]).instance_profiles
    held = [account.instance_profiles[name] for name in names if name in account.instance_profiles]
    return page("InstanceProfiles", held, given, write)


@operation("DeleteInstanceProfile", on="instance-profile")
def delete_instance_profile(account: Account, given: Parameters) -> None:
    """Delete an instance profile that holds no role."""
    profile = _find(account, given)
    if profile.roles:
        raise DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
    del account.instance_profiles[profile.name]
    account.changed()


def _pass_role(account: Account, given: Parameters) -> list[tuple[str, str]]:
    """Whoever puts a role into a profile hands it to EC2, and so must be allowed to pass it."""
    role = same_name(given["RoleName"], account.roles)
    start = f"arn:{account.partition}:iam::{account.account_id}:role/"
    return [("iam:PassRole", role.arn if role else start + given["RoleName"])]


@operation("AddRoleToInstanceProfile", on="instance-profile", also=_pass_role)
def add_role_to_instance_profile(account: Account, given: Parameters) -> None:
    """Put a role into a profile that is empty."""
    profile, role = _find(account, given), own_role(account, given["RoleName"])
    most = quota(account, "InstanceSessionsPerInstanceProfile")
    if len(profile.roles) >= most:
        raise LimitExceeded(f"Cannot exceed quota for InstanceSessionsPerInstanceProfile: {most}")
    role.instance_profiles.append(profile.name)
    account.changed()


@operation("RemoveRoleFromInstanceProfile", on="instance-profile")
def remove_role_from_instance_profile(account: Account, given: Parameters) -> None:
    """Take a role out of a profile."""
    profile, role = _find(account, given), own_role(account, given["RoleName"])
    if profile.name not in role.instance_profiles:
        raise NoSuchEntity(f"Role {role.name} in Instance Profile {profile.name} cannot be found.")
    role.instance_profiles.remove(profile.name)
    account.changed()


tag_operations(InstanceProfile, _find)
