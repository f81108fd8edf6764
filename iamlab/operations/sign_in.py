"""Signing in to the console: with a password, and with an MFA device if there is one.

The texts of the sign-in page are likely, except where a comment differs: AWS doesn't document them.

Notes
-----
AWS pages: "How IAM users sign in to AWS"; "Sign in to the AWS Management Console as the root user";
"AWS Management Console sign-in events"; "Switch from a user to an IAM role (console)".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from iamlab.authorization.context_keys import temporary_credential_keys
from iamlab.authorization.principal import principal_of
from iamlab.cloudtrail.event_fields import user_identity
from iamlab.cloudtrail.recording import record_sign_in
from iamlab.errors import (
    AwsError,
    ExpiredToken,
    FailedAuthentication,
    InvalidClientTokenId,
    NoSuchEntity,
    RequestError,
    noted,
)
from iamlab.model.console_access import console_home
from iamlab.model.credentials import HARDWARE, PASSKEY, VIRTUAL, Presented, devices_of, use_code
from iamlab.model.record import CredentialKind
from iamlab.operations.dispatch import call
from iamlab.operations.iam.mfa_device import MfaDevice

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.console_access import LoginProfile
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.world import World

SESSION_SECONDS = 12 * 3600
"""The default length of a console session."""

USE_IS_NOTED_EVERY = timedelta(minutes=5)
"""Of several uses of a password within this time, only the first is recorded."""


WRONG = "Your authentication information is incorrect. Please try again."
"""The same text for a wrong password and for an unknown user. It is AWS's."""

_SUCCESS, _FAILURE = "Success", "Failure"
_MFA_TYPES = {VIRTUAL: "Virtual MFA", HARDWARE: "Hardware MFA", PASSKEY: "U2F MFA"}
"""The kinds of devices in the log; the last is certain, the others are likely."""

_CODE_WANTED = "Enter an MFA code to complete sign-in."
_CODE_WRONG = "Your MFA code is incorrect. Please try again."
_MUST_CHANGE = "You must change your password to continue."
_EXPIRED = "Your password has expired. You must change your password to continue."
_EXPIRED_FOR_GOOD = "Your password has expired. Contact your administrator to reset it."


@dataclass(frozen=True, slots=True, eq=False)
class ConsoleSession:
    """A console session: a caller until it expires. It contains no secrets.

    Parameters
    ----------
    issued
        When it started.
    with_mfa
        Whether MFA was used; policies check it with ``aws:MultiFactorAuthPresent``.
    """

    user: CredentialOwner
    issued: datetime
    expiration: datetime
    with_mfa: bool
    is_in_console: ClassVar[bool] = True

    @property
    def account(self) -> Account:
        """The sign-in Region."""
        return self.user.account

    @property
    def arn(self) -> str:
        """The ARN of the user who signed in."""
        return self.user.arn

    @property
    def is_expired(self) -> bool:
        """Whether it has expired, by the world's clock."""
        return self.account.world.clock.now >= self.expiration

    def present(self, world: World) -> Presented:
        """Present the credentials, as with every click.

        Raises
        ------
        ExpiredToken
            It has expired.
        InvalidClientTokenId
            The user has been deleted.
        """
        now = world.clock.now
        if now >= self.expiration:
            raise ExpiredToken("The security token included in the request is expired")
        if not _is_still_there(world, self.user):
            raise InvalidClientTokenId("The security token included in the request is invalid.")
        used = self.issued if self.with_mfa else None
        known = temporary_credential_keys(self.issued, now, used)
        return Presented(self.user.arn, known, kind=CredentialKind.CONSOLE)


def _is_still_there(world: World, user: CredentialOwner) -> bool:
    """Return whether a world still has the user, not only one with the same name."""
    account = world.accounts.get(user.account.account_id)
    if account is None or not user.named:
        return account is not None
    found = account.users.get(user.user_name)
    return found is not None and found.unique_id == user.unique_id


def sign_in(
    world: World,
    *,
    password: str,
    account: str | Account | None = None,
    user: str | CredentialOwner | None = None,
    email: str | None = None,
    mfa_code: str | MfaDevice | None = None,
    new_password: str | None = None,
) -> ConsoleSession:
    """Sign in to the console: an IAM user by account and name, a root user by e-mail address.

    Parameters
    ----------
    account
        Its id, its alias, or its name in this world.
    mfa_code
        The code of the user's device; for a passkey or a hardware token, the device itself.
    new_password
        The new password, if the user must choose one.

    Raises
    ------
    FailedAuthentication
        AWS rejects the sign-in.
    AwsError
        AWS rejects the new password.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> ana = main.create_user("ana")
    >>> ana.create_login_profile("Correct-Horse-1")
    >>> session = sign_in(world, account="main", user="ana", password="Correct-Horse-1")
    >>> session.arn, session.with_mfa
    ('arn:aws:iam::111111111111:user/ana', False)
    """
    if not isinstance(password, str):
        raise RequestError("A password is text.")
    if (email is None) == (user is None):
        raise RequestError("Sign in as a user, with account= and user=, or as root, with email=.")
    where = _by_email(world, email) if email is not None else _find_account(world, account, user)
    if where is None:
        raise FailedAuthentication(WRONG)  # it isn't logged anywhere
    who = where.root if email is not None else _find_user(where, user)
    try:
        if who is None:
            raise FailedAuthentication(WRONG)
        profile = _check_password(who, password)
        device = _check_mfa(who, mfa_code)
        session = _session(who, profile, with_mfa=bool(device))
        _renew(session, profile, password, new_password)
    except AwsError:
        _record_login(where, who, _FAILURE)
        raise
    _note_use(who, who.login_profile or profile)
    _record_login(where, who, _SUCCESS, device)
    return session


def _session(who: CredentialOwner, profile: LoginProfile, *, with_mfa: bool) -> ConsoleSession:
    seconds = profile.max_signin_session_duration or SESSION_SECONDS
    now = who.account.world.clock.now
    return ConsoleSession(who, now, now + timedelta(seconds=seconds), with_mfa)


def _by_email(world: World, email: str) -> Account | None:
    lower = email.lower()
    every = world.accounts.values()
    return next((account for account in every if account.root.email.lower() == lower), None)


def _find_account(
    world: World, account: str | Account | None, user: str | CredentialOwner | None
) -> Account | None:
    """Find an account by id, alias or name; a ``User`` object has its own."""
    if account is None and user is not None and not isinstance(user, str):
        account = user.account
    if account is None:
        raise RequestError("Pass the user's account: account=.")
    if not isinstance(account, str):
        account = getattr(account, "account_id", "")
    every = world.accounts.values()
    named = (known for known in every if account in (known.account_id, known.alias))
    return next(named, None) or next((known for known in every if known.name == account), None)


def _find_user(account: Account, user: str | CredentialOwner | None) -> CredentialOwner | None:
    name = user if isinstance(user, str) else getattr(user, "user_name", "")
    try:
        return account.users[name]
    except NoSuchEntity:
        return None


def _check_password(who: CredentialOwner, password: str) -> LoginProfile:
    profile = who.login_profile
    if profile is None or not profile.is_right(password):
        raise FailedAuthentication(WRONG)
    return profile


def _check_mfa(who: CredentialOwner, code: str | MfaDevice | None) -> str:
    """Return the serial number of the device that was used. A user with devices must use one."""
    devices = devices_of(who)
    if not devices:
        return ""
    if code is None:
        note = "Pass mfa_code=device.code(), or a passkey itself."
        raise noted(FailedAuthentication(_CODE_WANTED), note)
    if isinstance(code, MfaDevice):
        own = {device.serial_number: device for device in devices if device.kind != VIRTUAL}
        used = own.get(code.serial_number) if code.account is who.account else None
    else:
        used = next((device for device in devices if use_code(who, device, code)), None)
    kind = _MFA_TYPES[devices[0].kind] if len(devices) == 1 else "Multiple MFA Devices"
    _record(who.account, who, "CheckMfa", _SUCCESS if used else _FAILURE, {"MfaType": kind})
    if used is None:
        raise FailedAuthentication(_CODE_WRONG)
    return used.serial_number


def _renew(session: ConsoleSession, profile: LoginProfile, old: str, new: str | None) -> None:
    """Change the password, if required; an IAM user needs permission for it."""
    who, account = session.user, session.account
    if not who.named:
        return  # the password policy and resets don't apply to the root user
    policy = account.password_policy
    expires = profile.expires(policy)
    expired = expires is not None and account.world.clock.now >= expires
    if expired and policy is not None and policy.hard_expiry:
        raise FailedAuthentication(_EXPIRED_FOR_GOOD)
    if not expired and not profile.password_reset_required:
        return
    if new is None:
        note = "Pass new_password=."
        raise noted(FailedAuthentication(_EXPIRED if expired else _MUST_CHANGE), note)
    call(account, "ChangePassword", session, {"OldPassword": old, "NewPassword": new})


def _note_use(who: CredentialOwner, profile: LoginProfile) -> None:
    """Record the use of a password: the first, and then at most one in 5 minutes."""
    now = who.account.world.clock.now
    if profile.last_used is None or now - profile.last_used >= USE_IS_NOTED_EVERY:
        who.login_profile = replace(profile, last_used=now)


def _record_login(
    account: Account, who: CredentialOwner | None, how: str, device: str = ""
) -> None:
    """Record the event of a sign-in."""
    data = {"LoginTo": console_home(account.partition), "MobileVersion": "No"}
    data |= {"MFAIdentifier": device, "MFAUsed": "Yes"} if device else {"MFAUsed": "No"}
    _record(account, who, "ConsoleLogin", how, data)


def _record(
    account: Account, who: CredentialOwner | None, name: str, how: str, data: dict[str, str]
) -> None:
    """Record an event; the log hides the name of an unknown user."""
    world = account.world
    identity: dict[str, object] = {
        "type": "IAMUser",
        "accountId": account.account_id,
        "userName": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }
    if who is not None:
        known = principal_of(world, who.arn)
        identity = user_identity(known.arn, known.context(), None)
    failed = "Failed authentication" if how == _FAILURE else ""
    more = {"response_elements": {name: how}, "error_message": failed}
    record_sign_in(world, name, identity, account.account_id, data, **more)
