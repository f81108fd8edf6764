"""Users: made, found, renamed, deleted.

Notes
-----
AWS pages: "IAM users"; "Rename an IAM user"; "Remove or deactivate an IAM user".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import DeleteConflict
from iamlab.world.api import answers
from iamlab.world.api.entry import Parameters, as_it_is, operation
from iamlab.world.api.naming import boundary_of, check_free, check_room, tags_of
from iamlab.world.api.paging import page
from iamlab.world.identities import User

if TYPE_CHECKING:
    from iamlab.world.account import Account


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
        tags=tags_of(given),
        boundary=boundary_of(account, given),
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
        return {"User": {"UserId": account.account_id, "Arn": account.root_arn}}
    return _answer(account.get_user(given["UserName"]))


@operation("ListUsers", on="user/", answer=as_it_is)
def list_users(account: Account, given: Parameters) -> dict[str, Any]:
    """List users."""
    return page("Users", account.users.values(), given, answers.user)


@operation("UpdateUser", on="user")
def update_user(account: Account, given: Parameters) -> User:
    """Rename a user, or move it to another path: the id stays, the ARN does not."""
    user = account.get_user(given["UserName"])
    name = given.get("NewUserName", user.name)
    check_free("User", name, {key: one for key, one in account.users.items() if one is not user})
    # In the same place, so that a list shows no other order.
    account.users = {(name if one is user else key): one for key, one in account.users.items()}
    user.name, user.path = name, given.get("NewPath", user.path)
    account.changed()
    return user


@operation("DeleteUser", on="user")
def delete_user(account: Account, given: Parameters) -> None:
    """Delete a user that has nothing left: what hangs on it must be gone first."""
    user = account.get_user(given["UserName"])
    if user.attached:
        raise DeleteConflict("Cannot delete entity, must detach all policies first.")
    if user.inline:
        raise DeleteConflict("Cannot delete entity, must delete policies first.")
    if user.groups:
        raise DeleteConflict("Cannot delete entity, must remove users from group first.")
    del account.users[user.name]
    account.changed()
