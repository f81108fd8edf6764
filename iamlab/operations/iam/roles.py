"""Roles: made, found, changed, deleted.

Service-linked roles: made for a service, and changed by nobody else.

Their deletion is a task that the service may refuse as long as it has resources that need the role.
Here no service has resources, so each task has succeeded as soon as it is asked for.

Notes
-----
AWS pages: "IAM roles"; "Delete roles or instance profiles"; "Modify a role".
AWS pages: "Create a service-linked role"; "Delete a service-linked role".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iamlab.cloudtrail.recording import role_last_used
from iamlab.errors import (
    DeleteConflict,
    InvalidInput,
    MalformedPolicyDocument,
    NoSuchEntity,
    UnmodifiableEntity,
    ValidationError,
)
from iamlab.model import managed_policies as managed
from iamlab.model.identities import Role
from iamlab.model.service_principals import LinkedService, linked_service
from iamlab.operations.api_models import shape
from iamlab.operations.iam import responses as answers
from iamlab.operations.iam.lookup import boundary_of, check_free, check_room, same_name, tags_in
from iamlab.operations.iam.responses import page
from iamlab.operations.policy_documents import absent, rename_everywhere, saved
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.policy.document import Policy


SERVICE_LINKED = "/aws-service-role/"
OF_AWS = (SERVICE_LINKED, "/aws-reserved/")
"""Paths under which only AWS makes and changes roles."""


def own_role(account: Account, name: str) -> Role:
    """Find a role that is to be changed.

    Raises
    ------
    UnmodifiableEntity
        It is AWS's.
    """
    role = account.get_role(name)
    if role.path.startswith(OF_AWS):
        raise UnmodifiableEntity(
            f"Cannot perform the operation on the protected role '{role.name}' - this role is "
            "only modifiable by AWS"
        )
    return role


def trust_policy(account: Account, document: str, name: str) -> Policy:
    """Read a trust policy that is to be saved: whom it names must be there."""
    policy = saved(document, f"trust of {name}", "trust")
    for statement, value in absent(policy, account.world):
        error = MalformedPolicyDocument(f'Invalid principal in policy: "AWS":"{value}"')
        error.add_note(f"See statement {statement.label}. There is no {value} in this world.")
        raise error
    return policy


def _answer(role: Role) -> dict[str, Any]:
    return {"Role": answers.role(role)}


def _found(role: Role) -> dict[str, Any]:
    return {"Role": {**answers.role(role), "RoleLastUsed": role_last_used(role)}}


@operation("CreateRole", on="role", answer=_answer)
def create_role(account: Account, given: Parameters) -> Role:
    """Make a role: its trust policy says who may assume it, and it may do nothing yet."""
    name, path = given["RoleName"], given.get("Path", "/")
    check_free("Role", name, account.roles)
    check_room(account, "Roles", len(account.roles))
    role = Role(
        account,
        name,
        path,
        tags=tags_in(given, ignore_case=True),
        boundary=boundary_of(account, given, "Role"),
        trust=trust_policy(account, given["AssumeRolePolicyDocument"], name),
        max_session_duration=given.get("MaxSessionDuration", 3600),
        description=given.get("Description", ""),
    )
    role.unique_id = account.world.ids.unique_id("role")
    role.create_date = account.world.clock.now
    account.roles[name] = role
    account.changed()
    return role


@operation("GetRole", on="role", answer=_found)
def get_role(account: Account, given: Parameters) -> Role:
    """Find a role: only here it is said when it was last used, and in the account's export."""
    return account.get_role(given["RoleName"])


@operation("ListRoles", on="role/", answer=as_it_is)
def list_roles(account: Account, given: Parameters) -> dict[str, Any]:
    """List roles."""
    return page("Roles", account.roles.values(), given, answers.role)


@operation("UpdateRole", on="role")
def update_role(account: Account, given: Parameters) -> Role:
    """Set how long its sessions may last, and its description."""
    role = own_role(account, given["RoleName"])
    role.max_session_duration = given.get("MaxSessionDuration", 3600)
    role.description = given.get("Description", role.description)
    account.changed()
    return role


@operation("UpdateRoleDescription", on="role", answer=_answer)
def update_role_description(account: Account, given: Parameters) -> Role:
    """Set its description; that of a service-linked role too."""
    role = account.get_role(given["RoleName"])
    if not role.path.startswith(SERVICE_LINKED):
        role = own_role(account, role.name)
    role.description = given["Description"]
    account.changed()
    return role


@operation("UpdateAssumeRolePolicy", on="role")
def update_assume_role_policy(account: Account, given: Parameters) -> Role:
    """Replace its trust policy."""
    role = own_role(account, given["RoleName"])
    role.trust = trust_policy(account, given["PolicyDocument"], role.name)
    account.changed()
    return role


@operation("DeleteRole", on="role")
def delete_role(account: Account, given: Parameters) -> None:
    """Delete a role that has nothing left."""
    role = own_role(account, given["RoleName"])
    if role.instance_profiles:
        raise DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
    if role.attached:
        raise DeleteConflict("Cannot delete entity, must detach all policies first.")
    if role.inline:
        raise DeleteConflict("Cannot delete entity, must delete policies first.")
    del account.roles[role.name]
    rename_everywhere(account.world, role.arn, role.unique_id)
    account.changed()


def _linked(service: str, suffix: str) -> LinkedService:
    linked = linked_service(service)
    if linked is None:  # AWS's sentence is not documented
        error = InvalidInput(f"{service} is not a service that has a service-linked role.")
        error.add_note("Name the service by its principal: autoscaling.amazonaws.com.")
        raise error
    if suffix and not linked.takes_suffix:
        raise InvalidInput(f"Custom suffix is not allowed for {service}")
    return linked


@operation("CreateServiceLinkedRole", on="role", answer=lambda role: {"Role": answers.role(role)})
def create_service_linked_role(account: Account, given: Parameters) -> Role:
    """Make the role of a service. No quota of roles stops it."""
    service, suffix = given["AWSServiceName"], given.get("CustomSuffix", "")
    linked = _linked(service, suffix)
    name = linked.role_name(suffix)
    most = shape("roleNameType").max
    if most is not None and len(name) > most:  # AWS's sentence is not documented
        raise InvalidInput(f"Service role name {name} is longer than {most} characters.")
    if same_name(name, account.roles):
        raise InvalidInput(
            f"Service role name {name} has been taken in this account, please try a different "
            "suffix."
        )
    role = Role(
        account,
        name,
        f"{SERVICE_LINKED}{service}/",
        trust=saved(_trust(service), f"trust of {name}", "trust"),
        description=given.get("Description", ""),
    )
    policy = managed.find(linked.policy, account.partition)
    role.attached += [policy.arn] if policy else []
    role.unique_id = account.world.ids.unique_id("role")
    role.create_date = account.world.clock.now
    account.roles[name] = role
    if not linked.is_known:
        account.world.warnings.append(
            f"How {service} calls its service-linked role is not known: {name} was derived, and "
            "has no policy."
        )
    account.changed()
    return role


def _trust(service: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    )


@operation("DeleteServiceLinkedRole", on="role", answer=lambda task: {"DeletionTaskId": task})
def delete_service_linked_role(account: Account, given: Parameters) -> str:
    """Ask the service to let its role go, and let it go; give the id of the task."""
    role = account.get_role(given["RoleName"])
    if not role.path.startswith(SERVICE_LINKED):  # AWS's sentence is not documented
        raise ValidationError(f"Role {role.name} is not a service-linked role.")
    task = f"task{role.path}{role.name}/{account.world.ids.uuid()}"
    del account.roles[role.name]
    account.deletion_tasks[task] = "SUCCEEDED"
    account.changed()
    return task


def _status(status: str) -> dict[str, Any]:
    return {"Status": status}


@operation("GetServiceLinkedRoleDeletionStatus", on="role", answer=_status)
def get_service_linked_role_deletion_status(account: Account, given: Parameters) -> str:
    """Say how far such a task is."""
    task = given["DeletionTaskId"]
    if task not in account.deletion_tasks:  # AWS's sentence is not documented
        raise NoSuchEntity(f"Deletion task {task} cannot be found.")
    return account.deletion_tasks[task]
