"""Users: made, found, renamed, deleted.

Groups and who is in them.

Notes
-----
AWS pages: "IAM users"; "Rename an IAM user"; "Remove or deactivate an IAM user".
AWS page: "IAM user groups".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.cloudtrail.recording import password_last_used
from iamlab.errors import DeleteConflict, LimitExceeded, NoSuchEntity
from iamlab.model.identities import Group, User, user_leftovers
from iamlab.model.quotas import quota
from iamlab.operations.iam import responses as answers
from iamlab.operations.iam.lookup import boundary_of, check_free, check_room, tags_in
from iamlab.operations.iam.responses import page
from iamlab.operations.policy_documents import rename_everywhere
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.model.account import Account


def _answer(user: User) -> dict[str, Any]:
    return {"User": answers.user(user)}


@operation("CreateUser", on="user", answer=_answer)
def create_user(account: Account, given: Parameters) -> User:
    """Make a user: it has no permissions and no credentials."""
    name = given["UserName"]
    check_free("User", name, account.users)
    check_room(account, "Users", len(account.users))
    user = User(
        account,
        name,
        given.get("Path", "/"),
        tags=tags_in(given, ignore_case=True),
        boundary=boundary_of(account, given, "User"),
    )
    user.unique_id = account.world.ids.unique_id("user")
    user.create_date = account.world.clock.now
    account.users[name] = user
    account.changed()
    return user


@operation("GetUser", on="user", answer=as_it_is)
def get_user(account: Account, given: Parameters) -> dict[str, Any]:
    """Find a user; the root user, if it asks for nobody by name."""
    if "UserName" not in given:
        made = {"CreateDate": account.create_date} if account.create_date else {}
        used = password_last_used(account.root)
        return {"User": {"UserId": account.account_id, "Arn": account.root_arn, **made, **used}}
    return {"User": _found(account.get_user(given["UserName"]))}


def _found(user: User) -> dict[str, Any]:
    """Write a user who is looked for: only then it is said when the password was last used."""
    return {**answers.user(user), **password_last_used(user)}


@operation("ListUsers", on="user/", answer=as_it_is)
def list_users(account: Account, given: Parameters) -> dict[str, Any]:
    """List users."""
    return page("Users", account.users.values(), given, _found)


@operation("UpdateUser", on="user")
def update_user(account: Account, given: Parameters) -> User:
    """Rename a user, or move it to another path: the id stays, the ARN does not."""
    user = account.get_user(given["UserName"])
    name = given.get("NewUserName", user.name)
    check_free("User", name, {key: one for key, one in account.users.items() if one is not user})
    old = user.arn
    # In the same place, so that a list shows no other order.
    account.users = {(name if one is user else key): one for key, one in account.users.items()}
    user.name, user.path = name, given.get("NewPath", user.path)
    rename_everywhere(account.world, old, user.arn)
    account.changed()
    return user


_MUST_GO_FIRST: tuple[tuple[Callable[[User], object], str], ...] = (
    (lambda user: user.attached, "detach all policies"),
    (lambda user: user.inline, "delete policies"),
    (lambda user: user.groups, "remove users from group"),
    (lambda user: user.login_profile, "delete login profile"),
    (lambda user: user.key_records, "delete access keys"),
    (lambda user: user.mfa_devices, "delete MFA device"),
)
"""What may be left of a user, and what must be done with it first, as IAM says."""


@operation("DeleteUser", on="user")
def delete_user(account: Account, given: Parameters) -> None:
    """Delete a user that has nothing left: what hangs on it must be gone first."""
    user = account.get_user(given["UserName"])
    for is_left, must in _MUST_GO_FIRST:
        if is_left(user):
            raise DeleteConflict(f"Cannot delete entity, must {must} first.")
    left = user_leftovers(user)
    if left is not None:
        raise DeleteConflict(left)
    del account.users[user.name]
    rename_everywhere(account.world, user.arn, user.unique_id)
    account.changed()


@operation("CreateGroup", on="group", answer=lambda group: {"Group": answers.group(group)})
def create_group(account: Account, given: Parameters) -> Group:
    """Make a group: it has no members and no policies."""
    name = given["GroupName"]
    check_free("Group", name, account.groups)
    check_room(account, "Groups", len(account.groups))
    group = Group(account, name, given.get("Path", "/"))
    group.unique_id = account.world.ids.unique_id("group")
    group.create_date = account.world.clock.now
    account.groups[name] = group
    account.changed()
    return group


@operation("GetGroup", on="group", answer=as_it_is)
def get_group(account: Account, given: Parameters) -> dict[str, Any]:
    """Find a group, and list its members."""
    group = account.get_group(given["GroupName"])
    return {
        "Group": answers.group(group),
        **page("Users", group.users, given, answers.user),
    }


@operation("ListGroups", on="group/", answer=as_it_is)
def list_groups(account: Account, given: Parameters) -> dict[str, Any]:
    """List groups."""
    return page("Groups", account.groups.values(), given, answers.group)


@operation("ListGroupsForUser", on="user", answer=as_it_is)
def list_groups_for_user(account: Account, given: Parameters) -> dict[str, Any]:
    """List the groups that a user is in."""
    user = account.get_user(given["UserName"])
    own = [account.groups[name] for name in user.groups if name in account.groups]
    return page("Groups", own, given, answers.group)


@operation("UpdateGroup", on="group")
def update_group(account: Account, given: Parameters) -> Group:
    """Rename a group, or move it to another path: its members stay."""
    group = account.get_group(given["GroupName"])
    old, name = group.name, given.get("NewGroupName", group.name)
    others = {key: one for key, one in account.groups.items() if one is not group}
    check_free("Group", name, others)
    account.groups = {(name if one is group else key): one for key, one in account.groups.items()}
    for user in account.users.values():
        user.groups = [name if one == old else one for one in user.groups]
    group.name, group.path = name, given.get("NewPath", group.path)
    account.changed()
    return group


@operation("DeleteGroup", on="group")
def delete_group(account: Account, given: Parameters) -> None:
    """Delete a group that is empty: no members, no policies."""
    group = account.get_group(given["GroupName"])
    if group.users:
        raise DeleteConflict("Cannot delete entity, must remove users from group first.")
    if group.attached:
        raise DeleteConflict("Cannot delete entity, must detach all policies first.")
    if group.inline:
        raise DeleteConflict("Cannot delete entity, must delete policies first.")
    del account.groups[group.name]
    account.changed()


@operation("AddUserToGroup", on="group")
def add_user_to_group(account: Account, given: Parameters) -> None:
    """Make a user a member; who is one already stays one."""
    group, user = account.get_group(given["GroupName"]), account.get_user(given["UserName"])
    if group.name in user.groups:
        return
    most = quota(account, "GroupsPerUser")
    if len(user.groups) >= most:
        raise LimitExceeded(f"Cannot exceed quota for GroupsPerUser: {most}")
    user.groups.append(group.name)
    account.changed()


@operation("RemoveUserFromGroup", on="group")
def remove_user_from_group(account: Account, given: Parameters) -> None:
    """End a membership."""
    group, user = account.get_group(given["GroupName"]), account.get_user(given["UserName"])
    if group.name not in user.groups:
        raise NoSuchEntity(f"User {user.name} not in group {group.name}.")
    user.groups.remove(group.name)
    account.changed()
