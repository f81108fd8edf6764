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
from iamlab.world.api.naming import boundary_of, check_free, check_room
from iamlab.world.api.paging import page
from iamlab.world.api.tagged import tags_in
from iamlab.world.identities import User
from iamlab.world.last_use import password_last_used
from iamlab.world.principals import rename_everywhere
from iamlab.world.user_things import user_leftovers

if TYPE_CHECKING:
    from collections.abc import Callable

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
