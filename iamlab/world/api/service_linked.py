"""Service-linked roles: made for a service, and changed by nobody else.

Their deletion is a task that the service may refuse as long as it has resources that need the role.
Here no service has resources, so each task has succeeded as soon as it is asked for.

Notes
-----
AWS pages: "Create a service-linked role"; "Delete a service-linked role".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iamlab.errors import InvalidInput, NoSuchEntity, ValidationError
from iamlab.world import managed
from iamlab.world.api import answers
from iamlab.world.api.entry import Parameters, operation
from iamlab.world.api.lookup import same_name
from iamlab.world.api.model import shape
from iamlab.world.api.roles import SERVICE_LINKED
from iamlab.world.identities import Role
from iamlab.world.linked_services import LinkedService, linked_service
from iamlab.world.saving import saved

if TYPE_CHECKING:
    from iamlab.world.account import Account


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
