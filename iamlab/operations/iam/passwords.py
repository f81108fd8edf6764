"""Passwords of users and root users for the console, and the account's password policy.

Notes
-----
AWS pages: "Manage passwords for IAM users"; "Permit an IAM user to change their own password"; "Set
an account password policy for IAM users".
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
)
from iamlab.model.console_access import (
    MOST_REMEMBERED,
    LoginProfile,
    PasswordPolicy,
    hashed,
    violations,
)
from iamlab.operations.api_models import python_name
from iamlab.operations.iam.common import fields, filled, holder_of
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner


def _answer(user: CredentialOwner) -> dict[str, Any]:
    profile = _profile(user)
    return {
        "LoginProfile": {
            "UserName": user.user_name,
            **fields(profile, "CreateDate", "PasswordResetRequired"),
            **filled(MaxSigninSessionDuration=profile.max_signin_session_duration),
        }
    }


def _profile(user: CredentialOwner) -> LoginProfile:
    if user.login_profile is None:
        raise NoSuchEntity(f"Login Profile for User {user.user_name} cannot be found.")
    return user.login_profile


def _check(user: CredentialOwner, password: str) -> None:
    """Insist on what the account wants of passwords; of root's, only what AWS wants."""
    account = user.account
    names = (account.name, account.root.email, *([account.alias] if account.alias else []))
    found = violations(password, account.password_policy if user.named else None, names)
    if found:
        error = PasswordPolicyViolation(found[0])
        for more in found[1:]:
            error.add_note(more)
        raise error


def _hashed(user: CredentialOwner, password: str) -> tuple[bytes, bytes]:
    ids = user.account.world.ids
    return hashed(password, f"{ids.seed}/salt/{ids.number()}")


def _with(user: CredentialOwner, password: str, profile: LoginProfile) -> LoginProfile:
    """Give a profile a new password; former ones are remembered, as hashes."""
    hashes = (_hashed(user, password), *profile.hashes[:MOST_REMEMBERED])
    return replace(profile, hashes=hashes, last_changed=user.account.world.clock.now)


@operation("CreateLoginProfile", on="user", answer=_answer)
def create_login_profile(account: Account, request: Parameters) -> CredentialOwner:
    """Give somebody a password.

    Without one, in a session of AssumeRoot, it lets the root user of a member account choose a new
    one, by an e-mail: nobody has it yet.
    """
    user = holder_of(account, request)
    if user.login_profile is not None:
        raise EntityAlreadyExists(f"Login Profile for User {user.user_name} already exists.")
    if "Password" not in request and user.named:  # the model does not demand it, for the root user
        raise ValidationError(
            "1 validation error detected: Value null at 'password' failed to satisfy constraint: "
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


@operation("GetLoginProfile", on="user", answer=_answer)
def get_login_profile(account: Account, request: Parameters) -> CredentialOwner:
    """Say whether somebody has a password, and since when."""
    user = holder_of(account, request)
    _profile(user)
    return user


@operation("UpdateLoginProfile", on="user")
def update_login_profile(account: Account, request: Parameters) -> None:
    """Set a user's password, as an administrator does: the old one need not be known."""
    user = holder_of(account, request)
    profile = _profile(user)
    if "MaxSigninSessionDuration" in request and request.get("ResetMaxSigninSessionDuration"):
        raise InvalidInput("The session duration cannot be set and reset at once.")
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
    """Take somebody's password away; access keys stay good."""
    user = holder_of(account, request)
    user.former_sign_in = _profile(user).last_used or user.former_sign_in
    user.login_profile = None


@operation("ChangePassword", on="user")
def change_password(account: Account, request: Parameters) -> None:
    """Change one's own password: the old one must be known, and the new one must be new."""
    user = holder_of(account, request)
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


def _policy(account: Account) -> PasswordPolicy:
    if account.password_policy is None:
        number = account.account_id
        raise NoSuchEntity(f"The Password Policy with domain name {number} cannot be found.")
    return account.password_policy


@operation("UpdateAccountPasswordPolicy", on="*")
def update_password_policy(account: Account, request: Parameters) -> None:
    """Set all of it: what is not sent falls back to its default."""
    account.password_policy = PasswordPolicy(
        **{python_name(name): value for name, value in request.items()}
    )


_POLICY_FIELDS = (
    *("MinimumPasswordLength", "RequireSymbols", "RequireNumbers", "RequireUppercaseCharacters"),
    *("RequireLowercaseCharacters", "AllowUsersToChangePassword", "ExpirePasswords", "HardExpiry"),
)


@operation("GetAccountPasswordPolicy", on="*", answer=as_it_is)
def get_password_policy(account: Account, _: Parameters) -> dict[str, Any]:
    """Read it."""
    policy = _policy(account)
    if_set = filled(**fields(policy, "MaxPasswordAge", "PasswordReusePrevention"))
    return {"PasswordPolicy": {**fields(policy, *_POLICY_FIELDS), **if_set}}


@operation("DeleteAccountPasswordPolicy", on="*")
def delete_password_policy(account: Account, _: Parameters) -> None:
    """Delete it: then AWS's own demands apply."""
    _policy(account)
    account.password_policy = None
