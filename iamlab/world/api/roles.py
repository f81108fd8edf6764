"""Roles: made, found, changed, deleted.

Notes
-----
AWS pages: "IAM roles"; "Delete roles or instance profiles"; "Modify a role".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import DeleteConflict, MalformedPolicyDocument, UnmodifiableEntity
from iamlab.world.api import answers
from iamlab.world.api.entry import Parameters, as_it_is, operation
from iamlab.world.api.naming import boundary_of, check_free, check_room
from iamlab.world.api.paging import page
from iamlab.world.api.tagged import tags_in
from iamlab.world.identities import Role
from iamlab.world.last_use import role_last_used
from iamlab.world.principals import absent, rename_everywhere
from iamlab.world.saving import saved

if TYPE_CHECKING:
    from iamlab.policy.document import Policy
    from iamlab.world.account import Account

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
