"""Users and groups: created, found, renamed, deleted, and who is in which group.

Notes
-----
AWS pages: "IAM users"; "Rename an IAM user"; "Remove or deactivate an IAM user"; "IAM user groups".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import DeleteConflict, NoSuchEntity
from iamlab.model.credentials import devices_of
from iamlab.model.identities import Group, User, user_leftovers
from iamlab.operations.iam import common
from iamlab.operations.policy_documents import rename_everywhere
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner


@operation("CreateUser", on="user", answer=lambda user: {"User": common.write_identity(user)})
def create_user(account: Account, request: Parameters) -> User:
    """Create a user: it has no permissions and no credentials."""
    user = common.begin(User, account, request)
    user.tags = common.tags_in(request, ignore_case=True)
    user.boundary = common.boundary_of(account, request, "User")
    return common.add(user)


@operation("GetUser", on="user", answer=as_it_is)
def get_user(account: Account, request: Parameters) -> dict[str, Any]:
    """Find a user; without a name, the root user."""
    if "UserName" in request:
        return {"User": _found(account.get_user(request["UserName"]))}
    created, used = common.filled(CreateDate=account.create_date), _password_last_used(account.root)
    return {"User": {"UserId": account.account_id, "Arn": account.root_arn, **created, **used}}


def _password_last_used(holder: CredentialOwner) -> dict[str, Any]:
    """Write when a password was last used, as the API does.

    Of somebody who has none now, or a new one, the former one counts.
    """
    profile = holder.login_profile
    used = (profile.last_used if profile else None) or holder.former_sign_in
    return {"PasswordLastUsed": used} if used else {}


def _found(user: User) -> dict[str, Any]:
    """Write a user, and when its password was last used: only reading operations answer that."""
    return {**common.write_identity(user), **_password_last_used(user)}


@operation("ListUsers", on="user/", answer=as_it_is)
def list_users(account: Account, request: Parameters) -> dict[str, Any]:
    """List users."""
    return common.page("Users", account.users.values(), request, _found)


@operation("UpdateUser", on="user")
def update_user(account: Account, request: Parameters) -> User:
    """Rename a user, or move it to another path: the id stays, the ARN does not."""
    user = account.get_user(request["UserName"])
    old = user.arn
    common.move(user, request)
    rename_everywhere(account.world, old, user.arn)
    return user


@operation("DeleteUser", on="user")
def delete_user(account: Account, request: Parameters) -> None:
    """Delete a user that has nothing left: policies, groups and credentials must go first."""
    user = account.get_user(request["UserName"])
    common.check_empty(
        (user.attached, "detach all policies"),
        (user.inline, "delete policies"),
        (user.groups, "remove users from group"),
        (user.login_profile, "delete login profile"),
        (user.key_records, "delete access keys"),
        (devices_of(user), "delete MFA device"),
    )
    left = user_leftovers(user)
    if left is not None:
        raise DeleteConflict(left)
    del account.users[user.name]
    rename_everywhere(account.world, user.arn, user.unique_id)


@operation("CreateGroup", on="group", answer=lambda group: {"Group": common.write_identity(group)})
def create_group(account: Account, request: Parameters) -> Group:
    """Create a group: it has no members and no policies."""
    return common.add(common.begin(Group, account, request))


@operation("GetGroup", on="group", answer=as_it_is)
def get_group(account: Account, request: Parameters) -> dict[str, Any]:
    """Find a group, and list its members."""
    group = account.get_group(request["GroupName"])
    members = common.page("Users", group.users, request, common.write_identity)
    return {"Group": common.write_identity(group), **members}


@operation("ListGroups", on="group/", answer=as_it_is)
def list_groups(account: Account, request: Parameters) -> dict[str, Any]:
    """List groups."""
    return common.page("Groups", account.groups.values(), request, common.write_identity)


@operation("ListGroupsForUser", on="user", answer=as_it_is)
def list_groups_for_user(account: Account, request: Parameters) -> dict[str, Any]:
    """List the groups that a user is in."""
    user = account.get_user(request["UserName"])
    own = [account.groups[name] for name in user.groups if name in account.groups]
    return common.page("Groups", own, request, common.write_identity)


@operation("UpdateGroup", on="group")
def update_group(account: Account, request: Parameters) -> Group:
    """Rename a group, or move it to another path: its members stay."""
    group = account.get_group(request["GroupName"])
    old = group.name
    common.move(group, request)
    for user in account.users.values():
        user.groups = [group.name if held == old else held for held in user.groups]
    return group


@operation("DeleteGroup", on="group")
def delete_group(account: Account, request: Parameters) -> None:
    """Delete a group that has no members and no policies."""
    group = account.get_group(request["GroupName"])
    common.check_empty(
        (group.users, "remove users from group"),
        (group.attached, "detach all policies"),
        (group.inline, "delete policies"),
    )
    del account.groups[group.name]


def _membership(account: Account, request: Parameters) -> tuple[Group, User]:
    return account.get_group(request["GroupName"]), account.get_user(request["UserName"])


@operation("AddUserToGroup", on="group")
def add_user_to_group(account: Account, request: Parameters) -> None:
    """Add a user to a group; a member stays one."""
    group, user = _membership(account, request)
    if group.name not in user.groups:
        common.check_room(account, "GroupsPerUser", len(user.groups))
        user.groups.append(group.name)


@operation("RemoveUserFromGroup", on="group")
def remove_user_from_group(account: Account, request: Parameters) -> None:
    """End a membership."""
    group, user = _membership(account, request)
    if group.name not in user.groups:
        raise NoSuchEntity(f"User {user.name} not in group {group.name}.")
    user.groups.remove(group.name)


common.tag_operations("user", "User", common.user_of, ignore_case=True)
