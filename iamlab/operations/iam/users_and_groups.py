"""Users and groups, memberships, and the users' console passwords.

Notes
-----
AWS pages: "IAM users"; "Rename an IAM user"; "Remove or deactivate an IAM user"; "IAM user groups";
"Manage passwords for IAM users"; "Permit an IAM user to change their own password"; "Set an account
password policy for IAM users".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    AccessDenied,
    EntityAlreadyExists,
    InvalidInput,
    InvalidUserType,
    NoSuchEntity,
    PasswordPolicyViolation,
    ValidationError,
    noted,
)
from iamlab.model.console_access import (
    MOST_REMEMBERED,
    LoginProfile,
    PasswordPolicy,
    hashed,
    violations,
)
from iamlab.model.credentials import devices_of
from iamlab.model.identities import Group, User
from iamlab.operations.api_models import python_name
from iamlab.operations.iam import common
from iamlab.operations.iam.answers import FORMS, answer, lists
from iamlab.operations.iam.common import tag_operations, tags_in
from iamlab.operations.policy_documents import rename_everywhere
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner


@operation("CreateUser", on="user", answer=answer(User="new user"))
def create_user(account: Account, request: Parameters) -> User:
    """Create a user without permissions and credentials."""
    user = common.begin(User, account, request)
    user.tags = tags_in(request, ignore_case=True)
    user.boundary = common.boundary_of(account, request, "User")
    return common.add(user)


# Without a name, it is the root user.
operation("GetUser", on="user", answer=answer(User="user or root user"))(common.holder_of)
lists("ListUsers", "user/", "Users", "listed user")(lambda account, _: account.users.values())


@operation("UpdateUser", on="user")
def update_user(account: Account, request: Parameters) -> User:
    """Rename a user, or move it to another path: the id stays, the ARN does not."""
    user = account.users[request["UserName"]]
    old = user.arn
    common.move(user, request, "NewUserName")
    rename_everywhere(account.world, old, user.arn)
    return user


@operation("DeleteUser", on="user")
def delete_user(account: Account, request: Parameters) -> None:
    """Delete a user; first remove its policies, groups and credentials."""
    user = account.users[request["UserName"]]
    common.check_empty(
        (user.attached, "detach all policies"),
        (user.inline, "delete policies"),
        (user.groups, "remove users from group"),
        (user.login_profile, "delete login profile"),
        (user.key_records, "delete access keys"),
        (devices_of(user), "delete MFA device"),
        (user.signing_certificates, "delete certificates"),
        (user.ssh_public_keys or user.service_specific_credentials, "remove referenced objects"),
    )
    del account.users[user.name]
    rename_everywhere(account.world, user.arn, user.unique_id)


@operation("CreateGroup", on="group", answer=answer(Group="new group"))
def create_group(account: Account, request: Parameters) -> Group:
    """Create a group without members and policies."""
    return common.add(common.begin(Group, account, request))


@operation("GetGroup", on="group", answer=as_it_is)
def get_group(account: Account, request: Parameters) -> dict[str, Any]:
    """Return a group with its members."""
    group = account.groups[request["GroupName"]]
    members = common.page("Users", group.users, request, FORMS["user"])
    return {"Group": FORMS["new group"](group), **members}


lists("ListGroups", "group/", "Groups", "new group")(lambda account, _: account.groups.values())


@lists("ListGroupsForUser", "user", "Groups", "new group")
def list_groups_for_user(account: Account, request: Parameters) -> list[Group]:
    """List a user's groups."""
    user = account.users[request["UserName"]]
    return [account.groups[name] for name in user.groups if name in account.groups]


@operation("UpdateGroup", on="group")
def update_group(account: Account, request: Parameters) -> Group:
    """Rename a group, or move it to another path: its members stay."""
    group = account.groups[request["GroupName"]]
    old = group.name
    common.move(group, request, "NewGroupName")
    for user in account.users.values():
        user.groups = [group.name if held == old else held for held in user.groups]
    return group


@operation("DeleteGroup", on="group")
def delete_group(account: Account, request: Parameters) -> None:
    """Delete a group without members and policies."""
    group = account.groups[request["GroupName"]]
    common.check_empty(
        (group.users, "remove users from group"),
        (group.attached, "detach all policies"),
        (group.inline, "delete policies"),
    )
    del account.groups[group.name]


@operation("AddUserToGroup", on="group")
def add_user_to_group(account: Account, request: Parameters) -> None:
    """Add a user to a group; for a member, nothing changes."""
    group, user = account.groups[request["GroupName"]], account.users[request["UserName"]]
    if group.name not in user.groups:
        common.check_room(account, "GroupsPerUser", len(user.groups))
        user.groups.append(group.name)


@operation("RemoveUserFromGroup", on="group")
def remove_user_from_group(account: Account, request: Parameters) -> None:
    """Remove a user from a group; for others, nothing changes."""
    user = account.users[request["UserName"]]  # IAM looks for it first
    group = account.groups[request["GroupName"]]
    user.groups = [name for name in user.groups if name != group.name]


tag_operations("user", "User", common.user_of, ignore_case=True)


AS_PROFILE = answer(LoginProfile="login profile")


def _profile(user: CredentialOwner) -> LoginProfile:
    if user.login_profile is None:
        raise NoSuchEntity(f"Login Profile for User {user.user_name} cannot be found.")
    return user.login_profile


def _check(user: CredentialOwner, password: str) -> None:
    """Check a password by the account's rules; the root user's only by AWS's."""
    account = user.account
    names = (account.name, account.root.email, *([account.alias] if account.alias else []))
    found = violations(password, account.password_policy if user.named else None, names)
    if found:
        raise noted(PasswordPolicyViolation(found[0]), *found[1:])


def _hashed(user: CredentialOwner, password: str) -> tuple[bytes, bytes]:
    ids = user.account.world.ids
    return hashed(password, f"{ids.seed}/salt/{ids.number()}")


def _with(user: CredentialOwner, password: str, profile: LoginProfile) -> LoginProfile:
    """Set the password of a profile; hashes of former ones are kept."""
    hashes = (_hashed(user, password), *profile.hashes[:MOST_REMEMBERED])
    return replace(profile, hashes=hashes, last_changed=user.account.world.clock.now)


@operation("CreateLoginProfile", on="user", answer=AS_PROFILE)
def create_login_profile(account: Account, request: Parameters) -> CredentialOwner:
    """Create a password for a user.

    Without a password, in a session of AssumeRoot, it allows password recovery for the root user of
    a member account.
    """
    user = common.holder_of(account, request)
    if user.login_profile is not None:
        raise EntityAlreadyExists(f"Login Profile for user {user.user_name} already exists.")
    # AWS's model doesn't require a password, because of the root user.
    if "Password" not in request and user.named:
        raise ValidationError(
            "1 validation error detected: Value at 'password' failed to satisfy constraint: "
            "Member must not be null"
        )
    if "Password" in request:
        _check(user, request["Password"])
    now = account.world.clock.now
    user.login_profile = LoginProfile(
        now,
        now,
        (_hashed(user, request["Password"]),) if "Password" in request else (),
        request.get("PasswordResetRequired", False),
        request.get("MaxSigninSessionDuration"),
    )
    return user


@operation("GetLoginProfile", on="user", answer=AS_PROFILE)
def get_login_profile(account: Account, request: Parameters) -> CredentialOwner:
    """Return whether a user has a password, and since when."""
    user = common.holder_of(account, request)
    _profile(user)
    return user


@operation("UpdateLoginProfile", on="user")
def update_login_profile(account: Account, request: Parameters) -> None:
    """Set a user's password as an administrator, without the old one."""
    user = common.holder_of(account, request)
    profile = _profile(user)
    if "MaxSigninSessionDuration" in request and request.get("ResetMaxSigninSessionDuration"):
        raise InvalidInput("The session duration can't be set and reset at the same time.")
    if "Password" in request:
        _check(user, request["Password"])
        profile = _with(user, request["Password"], profile)
    reset = request.get("PasswordResetRequired", profile.password_reset_required)
    duration = request.get("MaxSigninSessionDuration", profile.max_signin_session_duration)
    if request.get("ResetMaxSigninSessionDuration"):
        duration = None
    user.login_profile = replace(
        profile, password_reset_required=reset, max_signin_session_duration=duration
    )


@operation("DeleteLoginProfile", on="user")
def delete_login_profile(account: Account, request: Parameters) -> None:
    """Delete a user's password; access keys stay valid."""
    user = common.holder_of(account, request)
    user.former_sign_in = _profile(user).last_used or user.former_sign_in
    user.login_profile = None


@operation("ChangePassword", on="user")
def change_password(account: Account, request: Parameters) -> None:
    """Change the caller's own password, which requires the old one."""
    user = common.holder_of(account, request)
    if not user.named:
        raise InvalidUserType("Only IAM Users can change their own password.")
    profile = _profile(user)
    if not profile.is_right(request["OldPassword"]):
        raise AccessDenied("The old password was incorrect.")  # code and text are likely
    new = request["NewPassword"]
    _check(user, new)
    policy = account.password_policy
    if policy and profile.was_among_the_last(policy.password_reuse_prevention, new):
        raise PasswordPolicyViolation("Password does not conform to the account password policy.")
    profile = _with(user, new, profile)
    user.login_profile = replace(profile, password_reset_required=False)


@operation("UpdateAccountPasswordPolicy", on="*")
def update_password_policy(account: Account, request: Parameters) -> None:
    """Set the whole policy; omitted settings get their default."""
    account.password_policy = PasswordPolicy(
        **{python_name(name): value for name, value in request.items()}
    )


@operation("GetAccountPasswordPolicy", on="*", answer=answer(PasswordPolicy="password policy"))
def get_password_policy(account: Account, _: Parameters) -> PasswordPolicy:
    """Return the policy."""
    if account.password_policy is None:
        number = account.account_id
        raise NoSuchEntity(f"The Password Policy with domain name {number} cannot be found.")
    return account.password_policy


@operation("DeleteAccountPasswordPolicy", on="*")
def delete_password_policy(account: Account, _: Parameters) -> None:
    """Delete the policy, so that AWS's default rules apply."""
    if account.password_policy is None:
        raise NoSuchEntity("The account policy with name PasswordPolicy cannot be found.")
    account.password_policy = None
