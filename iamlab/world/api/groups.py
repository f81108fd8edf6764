"""Groups and who is in them.

Notes
-----
AWS page: "IAM user groups".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import DeleteConflict, LimitExceeded, NoSuchEntity
from iamlab.world.api import answers
from iamlab.world.api.entry import Parameters, as_it_is, operation
from iamlab.world.api.naming import check_free, check_room
from iamlab.world.api.paging import page
from iamlab.world.identities import Group
from iamlab.world.quotas import quota

if TYPE_CHECKING:
    from iamlab.world.account import Account


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
