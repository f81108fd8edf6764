"""Checks of credentials: the root user, access keys, MFA, passwords and server certificates.

An account without a password policy fails every control of the password policy.

Notes
-----
AWS pages: "Root user best practices for your AWS account"; "Manage access keys for IAM users";
"Find unused AWS credentials"; "AWS Multi-factor authentication in IAM"; "Set an account password
policy for IAM users"; "Security Hub controls for AWS Identity and Access Management".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.analysis.audit.controls import CannotTell, check
from iamlab.analysis.credential_report import UNKNOWN, VIRTUAL
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.analysis.audit.controls import AuditedAccount, Thresholds
    from iamlab.analysis.credential_report import Credentials
    from iamlab.model.console_access import PasswordPolicy
    from iamlab.model.providers import ServerCertificate

    Texts = Iterator[str]


# -- the root user --------------------------------------------------------------------------------


@check("root-access-key", of="roots")
def _root_keys(root: Credentials, _: AuditedAccount) -> Texts:
    if root.keys:
        many = "an access key" if len(root.keys) == 1 else f"{len(root.keys)} access keys"
        yield f"The root user has {many}: whoever has one can do everything."


@check("root-mfa", of="roots")
def _root_mfa(root: Credentials, _: AuditedAccount) -> Texts:
    if not (root.mfa or root.is_empty):
        yield "The root user has credentials, and no MFA device."


@check("root-hardware-mfa", of="roots")
def _root_hardware_mfa(root: Credentials, _: AuditedAccount) -> Texts:
    if root.is_empty:
        return
    if UNKNOWN in root.mfa:
        raise CannotTell("A credential report does not tell the kind of an MFA device.")
    if not root.mfa or VIRTUAL in root.mfa:
        has = "an app on a phone" if root.mfa else "no MFA device"
        yield f"The root user has {has}; a hardware token or security key cannot be copied."


# -- access keys ----------------------------------------------------------------------------------

_AT_ONCE = timedelta(minutes=1)
"""A key that is created this soon after its user was created in the same step."""


@check("access-key-rotation", of="users")
def _old_keys(user: Credentials, audited: AuditedAccount) -> Texts:
    made = (key.last_rotated for key in user.active_keys)
    oldest = max((audited.days_since(moment) for moment in made if moment), default=0)
    if oldest > audited.thresholds.key_age_days:
        yield f"An active access key is {oldest} days old."


@check("unused-credentials", of="users")
def _unused(user: Credentials, audited: AuditedAccount) -> Texts:
    held = [("An active access key", key.last_used, key.last_rotated) for key in user.active_keys]
    if user.password is not None:
        made = user.password.last_changed or user.created
        held.insert(0, ("The password", user.password.last_used, made))
    for what, used, made in held:
        days = audited.days_since(since) if (since := used or made) else 0
        if days > audited.thresholds.unused_days:
            ago = f"last used {days} days ago" if used else f"made {days} days ago, and never used"
            yield f"{what} was {ago}."


@check("one-active-key", of="users")
def _several_keys(user: Credentials, audited: AuditedAccount) -> Texts:
    if (count := len(user.active_keys)) > audited.thresholds.active_keys:
        yield f"There are {count} active access keys."


@check("key-at-creation", of="users")
def _keys_at_creation(user: Credentials, _: AuditedAccount) -> Texts:
    created = user.created
    if user.password is not None and created is not None:
        made = (key.last_rotated for key in user.active_keys)
        if any(moment is not None and moment - created < _AT_ONCE for moment in made):
            yield "An access key was made together with a user who signs in to the console."


# -- signing in -----------------------------------------------------------------------------------


@check("console-mfa", of="users")
def _console_mfa(user: Credentials, _: AuditedAccount) -> Texts:
    if not user.mfa and user.password is not None:
        yield "Signs in to the console with a password alone."


@check("user-mfa", of="users")
def _user_mfa(user: Credentials, _: AuditedAccount) -> Texts:
    if not user.mfa:
        yield "There is no MFA device."


_PASSWORDS: dict[str, dict[str, Any]] = tables(__file__)


def _policy_lacks(demanded: Mapping[str, str | int]) -> Callable[..., Texts]:
    """Make the check that the password policy makes some demands."""

    def check_demands(_: AuditedAccount, audited: AuditedAccount) -> Texts:
        policy = audited.password_policy
        if policy is None:
            yield "There is no password policy."
        elif missing := list(_missing(policy, demanded, audited.thresholds)):
            yield f"The password policy does not demand {' and '.join(missing)}."

    return check_demands


def _missing(
    policy: PasswordPolicy, demanded: Mapping[str, str | int], thresholds: Thresholds
) -> Texts:
    for rule, wanted in demanded.items():
        limit = getattr(thresholds, wanted) if isinstance(wanted, str) else wanted
        value = getattr(policy, rule)
        if not (0 < value <= limit if rule == "max_password_age" else value >= limit):
            yield _PASSWORDS["words"][rule].format(limit)


for _name, _demanded in _PASSWORDS["demands"].items():
    check(f"password-policy-{_name}", of="itself")(_policy_lacks(_demanded))


@check("expired-certificate", of="certificates")
def _expired(certificate: ServerCertificate, audited: AuditedAccount) -> Texts:
    end = certificate.expiration
    if end is not None and end < audited.account.world.clock.now:
        yield f"The server certificate is out of date since {end:%Y-%m-%d}."
