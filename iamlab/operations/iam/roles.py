"""Roles, instance profiles that pass them to EC2, and service-linked roles.

Deleting a service-linked role is a task, which fails while the service has resources that need the
role. Here services have no resources, so each task succeeds at once.

Notes
-----
AWS pages: "IAM roles"; "Delete roles or instance profiles"; "Modify a role"; "Create a
service-linked role"; "Delete a service-linked role"; "Use instance profiles"; "API
AddRoleToInstanceProfile"; "Grant a user permissions to pass a role to an AWS service".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from iamlab.errors import (
    InvalidInput,
    MalformedPolicyDocument,
    NoSuchEntity,
    UnmodifiableEntity,
    ValidationError,
    noted,
)
from iamlab.model import managed_policies as managed
from iamlab.model.identities import Role
from iamlab.model.providers import InstanceProfile
from iamlab.model.service_principals import KNOWN_ON, LinkedService, linked_service
from iamlab.operations.api_models import shape
from iamlab.operations.iam import common
from iamlab.operations.iam.answers import answer, lists
from iamlab.operations.iam.common import tag_operations, tags_in
from iamlab.operations.policy_documents import absent, rename_everywhere, saved
from iamlab.operations.registry import Parameters, operation

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.policy.document import Policy


SERVICE_LINKED = "/aws-service-role/"
OF_AWS = (SERVICE_LINKED, "/aws-reserved/")
"""Paths under which only AWS creates and changes roles."""


def own_role(account: Account, name: str) -> Role:
    """Find a role to change.

    Raises
    ------
    UnmodifiableEntity
        It is AWS's role.
    """
    role = account.roles[name]
    if role.path.startswith(OF_AWS):
        raise UnmodifiableEntity(
            f"Cannot perform the operation on the protected role '{role.name}' - this role is "
            "only modifiable by AWS"
        )
    return role


def trust_policy(account: Account, document: str, name: str) -> Policy:
    """Read a trust policy to save: the principals that it names must exist."""
    policy = saved(document, f"trust of {name}", "trust")
    for kind, value, note in absent(policy, account.world):
        text = f'Invalid principal in policy: "{kind.upper()}":"{value}"'
        raise noted(MalformedPolicyDocument(text), note)
    return policy


@operation("CreateRole", on="role", answer=answer(Role="new role"))
def create_role(account: Account, request: Parameters) -> Role:
    """Create a role with its trust policy, and without permissions."""
    role = common.begin(Role, account, request)
    role.tags = tags_in(request, ignore_case=True)
    role.boundary = common.boundary_of(account, request, "Role")
    role.trust = trust_policy(account, request["AssumeRolePolicyDocument"], role.name)
    role.max_session_duration = request.get("MaxSessionDuration", 3600)
    role.description = request.get("Description", "")
    return common.add(role)


@operation("GetRole", on="role", answer=answer(Role="found role"))
def get_role(account: Account, request: Parameters) -> Role:
    """Return a role; the response, like the account's export, has its last use."""
    return account.roles[request["RoleName"]]


lists("ListRoles", "role/", "Roles", "listed role")(lambda account, _: account.roles.values())


@operation("UpdateRole", on="role")
def update_role(account: Account, request: Parameters) -> Role:
    """Set its maximum session duration and its description; omitted ones stay."""
    role = own_role(account, request["RoleName"])
    role.max_session_duration = request.get("MaxSessionDuration", role.max_session_duration)
    role.description = request.get("Description", role.description)
    return role


@operation("UpdateRoleDescription", on="role", answer=answer(Role="described role"))
def update_role_description(account: Account, request: Parameters) -> Role:
    """Set its description, also for a service-linked role."""
    role = account.roles[request["RoleName"]]
    if not role.path.startswith(SERVICE_LINKED):
        role = own_role(account, role.name)
    role.description = request["Description"]
    return role


@operation("UpdateAssumeRolePolicy", on="role")
def update_assume_role_policy(account: Account, request: Parameters) -> Role:
    """Replace its trust policy."""
    role = own_role(account, request["RoleName"])
    role.trust = trust_policy(account, request["PolicyDocument"], role.name)
    return role


@operation("DeleteRole", on="role")
def delete_role(account: Account, request: Parameters) -> None:
    """Delete a role without policies and instance profiles."""
    role = own_role(account, request["RoleName"])
    common.check_empty(
        (role.instance_profiles, "remove roles from instance profile"),
        (role.attached, "detach all policies"),
        (role.inline, "delete policies"),
    )
    del account.roles[role.name]
    rename_everywhere(account.world, role.arn, role.unique_id)


def _linked(service: str, suffix: str) -> LinkedService:
    linked = linked_service(service)
    if linked is None:  # AWS's sentence is not documented
        error = InvalidInput(f"{service} is not a service that has a service-linked role.")
        raise noted(
            error,
            "Name the service by its principal: autoscaling.amazonaws.com. The list is of "
            f"{KNOWN_ON}; add a newer one to model.service_principals.LINKED.",
        )
    if suffix and not linked.takes_suffix:
        raise InvalidInput(f"Custom suffix is not allowed for {service}")
    return linked


@operation("CreateServiceLinkedRole", on="role", answer=answer(Role="new role"))
def create_service_linked_role(account: Account, request: Parameters) -> Role:
    """Create the role of a service. The quota of roles doesn't apply."""
    service, suffix = request["AWSServiceName"], request.get("CustomSuffix", "")
    linked = _linked(service, suffix)
    name = linked.role_name(suffix)
    most = shape("roleNameType").max
    if most is not None and len(name) > most:  # AWS's sentence is not documented
        raise InvalidInput(f"Service role name {name} is longer than {most} characters.")
    if common.same_name(name, account.roles):
        raise InvalidInput(
            f"Service role name {name} has been taken in this account, please try a different "
            "suffix."
        )
    role = Role(
        account,
        name,
        f"{SERVICE_LINKED}{service}/",
        trust=saved(_trust(service), f"trust of {name}", "trust"),
        description=request.get("Description", ""),
    )
    policy = managed.find(linked.policy, account.partition)
    role.attached += [policy.arn] if policy else []
    return common.add(role)


def _trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@operation("DeleteServiceLinkedRole", on="role", answer=lambda task: {"DeletionTaskId": task})
def delete_service_linked_role(account: Account, request: Parameters) -> str:
    """Delete a service's role after asking the service; return the id of the task."""
    role = account.roles[request["RoleName"]]
    if not role.path.startswith(SERVICE_LINKED):  # AWS's sentence is not documented
        raise ValidationError(f"Role {role.name} is not a service-linked role.")
    task = f"task{role.path}{role.name}/{account.world.ids.uuid()}"
    del account.roles[role.name]
    account.deletion_tasks[task] = "SUCCEEDED"
    return task


@operation(
    "GetServiceLinkedRoleDeletionStatus", on="role", answer=lambda status: {"Status": status}
)
def get_service_linked_role_deletion_status(account: Account, request: Parameters) -> str:
    """Return the status of such a task."""
    task = request["DeletionTaskId"]
    if task not in account.deletion_tasks:  # AWS's sentence is not documented
        raise NoSuchEntity(f"Deletion task {task} cannot be found.")
    return account.deletion_tasks[task]


def _profile(account: Account, request: Parameters) -> InstanceProfile:
    return account.instance_profiles[request["InstanceProfileName"]]


AS_PROFILE = answer(InstanceProfile="found instance profile")
AS_NEW_PROFILE = answer(InstanceProfile="new instance profile")


@operation("CreateInstanceProfile", on="instance-profile", answer=AS_NEW_PROFILE)
def create_instance_profile(account: Account, request: Parameters) -> InstanceProfile:
    """Create an instance profile without a role."""
    profile = common.begin(InstanceProfile, account, request)
    profile.tags = tags_in(request)
    return common.add(profile)


operation("GetInstanceProfile", on="instance-profile", answer=AS_PROFILE)(_profile)


_PROFILES = "InstanceProfiles", "instance profile"
lists("ListInstanceProfiles", "instance-profile/", *_PROFILES)(
    lambda account, _: account.instance_profiles.values()
)


@lists("ListInstanceProfilesForRole", "role", *_PROFILES)
def list_instance_profiles_for_role(account: Account, request: Parameters) -> list[InstanceProfile]:
    """List the instance profiles with a role."""
    names = account.roles[request["RoleName"]].instance_profiles
    return [account.instance_profiles[name] for name in names if name in account.instance_profiles]


@operation("DeleteInstanceProfile", on="instance-profile")
def delete_instance_profile(account: Account, request: Parameters) -> None:
    """Delete an instance profile without a role."""
    profile = _profile(account, request)
    common.check_empty((profile.roles, "remove roles from instance profile"))
    del account.instance_profiles[profile.name]


def _pass_role(account: Account, request: Parameters) -> list[tuple[str, str]]:
    """Return the permission to pass the role to EC2, which adding it to a profile needs."""
    role = common.same_name(request["RoleName"], account.roles)
    arn = role.arn if role else common.iam_arn(account, f"role/{request['RoleName']}")
    return [("iam:PassRole", arn)]


@operation("AddRoleToInstanceProfile", on="instance-profile", also=_pass_role)
def add_role_to_instance_profile(account: Account, request: Parameters) -> None:
    """Add a role to an empty profile."""
    profile, role = _profile(account, request), own_role(account, request["RoleName"])
    common.check_room(account, "InstanceSessionsPerInstanceProfile", len(profile.roles))
    role.instance_profiles.append(profile.name)


@operation("RemoveRoleFromInstanceProfile", on="instance-profile")
def remove_role_from_instance_profile(account: Account, request: Parameters) -> None:
    """Remove a role from a profile."""
    profile, role = _profile(account, request), own_role(account, request["RoleName"])
    if profile.name not in role.instance_profiles:
        raise NoSuchEntity(f"Role {role.name} in Instance Profile {profile.name} cannot be found.")
    role.instance_profiles.remove(profile.name)


tag_operations("instance-profile", "InstanceProfile", _profile, by_key=True)
tag_operations("role", "Role", get_role, ignore_case=True)
