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
from functools import partial
from typing import TYPE_CHECKING

from iamlab.analysis.audit.controls import CannotTell
from iamlab.analysis.credential_report import UNKNOWN, VIRTUAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.analysis.audit.controls import AuditedAccount, Check, Flaw, Thresholds
    from iamlab.analysis.credential_report import Credentials
    from iamlab.model.console_access import PasswordPolicy

    Missing = Callable[[PasswordPolicy, Thresholds], Iterator[str]]


# -- the root user --------------------------------------------------------------------------------


def _root_keys(audited: AuditedAccount) -> Iterator[Flaw]:
    root = audited.root
    if root.keys:
        many = "an access key" if len(root.keys) == 1 else f"{len(root.keys)} access keys"
        what = f"The root user has {many}: whoever has one can do everything."
        fix = "Delete them: account.root.access_keys lists them, and each has delete()."
        yield root.arn, what, fix


def _root_mfa(audited: AuditedAccount) -> Iterator[Flaw]:
    root = audited.root
    if not (root.mfa or root.is_empty):
        fix = 'Enable one: account.root.create_virtual_mfa_device("root-phone").enable().'
        yield root.arn, "The root user has credentials, and no MFA device.", fix


def _root_hardware_mfa(audited: AuditedAccount) -> Iterator[Flaw]:
    root = audited.root
    if root.is_empty:
        return
    if UNKNOWN in root.mfa:
        raise CannotTell("A credential report does not tell the kind of an MFA device.")
    if not root.mfa or VIRTUAL in root.mfa:
        has = "an app on a phone" if root.mfa else "no MFA device"
        what = f"The root user has {has}; a hardware token or security key cannot be copied."
        yield root.arn, what, "Enable a hardware token or security key, and deactivate the app."


# -- access keys ----------------------------------------------------------------------------------

_AT_ONCE = timedelta(minutes=1)
"""A key that is created this soon after its user was created in the same step."""


def _old_keys(audited: AuditedAccount) -> Iterator[Flaw]:
    fix = (
        "Create a second key, let it take over, deactivate the old one, then delete it. "
        "Better: a role, which needs no key."
    )
    for user in audited.users:
        days = (
            audited.days_since(key.last_rotated) for key in user.active_keys if key.last_rotated
        )
        oldest = max(days, default=0)
        if oldest > audited.thresholds.key_age_days:
            yield user.arn, f"An active access key is {oldest} days old.", fix


def _unused(audited: AuditedAccount) -> Iterator[Flaw]:
    fix = "Take it away, or deactivate it until somebody misses it."
    for user in audited.users:
        for what, days, was_used in _idle_days(audited, user):
            if days > audited.thresholds.unused_days:
                ago = f"last used {days} days ago"
                unused = f"made {days} days ago, and never used"
                yield user.arn, f"{what} was {ago if was_used else unused}.", fix


def _idle_days(audited: AuditedAccount, user: Credentials) -> Iterator[tuple[str, int, bool]]:
    """Give each credential, the days since its last use, and whether it was ever used."""
    password = user.password
    if password is not None and (
        since := password.last_used or password.last_changed or user.created
    ):
        yield "The password", audited.days_since(since), password.last_used is not None
    for key in user.active_keys:
        if since := key.last_used or key.last_rotated:
            yield "An active access key", audited.days_since(since), key.last_used is not None


def _several_keys(audited: AuditedAccount) -> Iterator[Flaw]:
    fix = "Deactivate the one that is used less: a second key is for the time of a change."
    for user in audited.users:
        count = len(user.active_keys)
        if count > audited.thresholds.active_keys:
            yield user.arn, f"There are {count} active access keys.", fix


def _keys_at_creation(audited: AuditedAccount) -> Iterator[Flaw]:
    what = "An access key was made together with a user who signs in to the console."
    fix = "Delete it, unless it is used: whoever needs a key makes one when it is needed."
    for user in audited.users:
        created = user.created
        if user.password is None or created is None:
            continue
        made = (key.last_rotated for key in user.active_keys)
        if any(moment is not None and moment - created < _AT_ONCE for moment in made):
            yield user.arn, what, fix


# -- signing in -----------------------------------------------------------------------------------


def _mfa(what: str, *, console_only: bool) -> Check:
    fix = "Enable one for the user: user.create_virtual_mfa_device(...).enable()."

    def check(audited: AuditedAccount) -> Iterator[Flaw]:
        for user in audited.users:
            if not user.mfa and (user.password is not None or not console_only):
                yield user.arn, what, fix

    return check


_CHARACTERS = {
    "require_uppercase_characters": "an uppercase letter",
    "require_lowercase_characters": "a lowercase letter",
    "require_symbols": "a symbol",
    "require_numbers": "a number",
}


def _demands(*demands: Missing) -> Check:
    """Check that the password policy makes some demands."""
    fix = "Demand it: account.update_password_policy(...) takes all rules at once."

    def check(audited: AuditedAccount) -> Iterator[Flaw]:
        policy = audited.password_policy
        subject = f"account {audited.account.account_id}"
        if policy is None:
            yield subject, "There is no password policy.", fix
            return
        missing = [what for one in demands for what in one(policy, audited.thresholds)]
        if missing:
            yield subject, f"The password policy does not demand {' and '.join(missing)}.", fix

    return check


def _character(rule: str) -> Missing:
    return lambda policy, _: iter(() if getattr(policy, rule) else (_CHARACTERS[rule],))


def _limit(rule: str, threshold: str, words: str, limit: int | None = None) -> Missing:
    """Demand a number of a rule: the threshold of the audit, or a fixed one."""

    def missing(policy: PasswordPolicy, thresholds: Thresholds) -> Iterator[str]:
        number = getattr(thresholds, threshold) if limit is None else limit
        value = getattr(policy, rule)
        if not (0 < value <= number if rule == "max_password_age" else value >= number):
            yield words.format(number)

    return missing


_length = partial(_limit, "minimum_password_length", "password_length", "{} characters")
_reuse = partial(
    _limit,
    "password_reuse_prevention",
    "password_reuse",
    "that the last {} passwords are not used again",
)
_age = partial(_limit, "max_password_age", "password_age_days", "a new password every {} days")


def _expired_certificates(audited: AuditedAccount) -> Iterator[Flaw]:
    audited.check_is_known("An export of account details holds no server certificates.")
    for one in audited.account.server_certificates.values():
        if one.expiration is not None and one.expiration < audited.account.world.clock.now:
            what = f"The server certificate is out of date since {one.expiration:%Y-%m-%d}."
            fix = "Delete it: AWS Certificate Manager renews certificates by itself."
            yield one.arn, what, fix


CHECKS: dict[str, Check] = {
    "root-access-key": _root_keys,
    "root-mfa": _root_mfa,
    "root-hardware-mfa": _root_hardware_mfa,
    "access-key-rotation": _old_keys,
    "unused-credentials": _unused,
    "one-active-key": _several_keys,
    "key-at-creation": _keys_at_creation,
    "console-mfa": _mfa("Signs in to the console with a password alone.", console_only=True),
    "user-mfa": _mfa("There is no MFA device.", console_only=False),
    "password-policy-length": _demands(_length()),
    "password-policy-reuse": _demands(_reuse()),
    "password-policy-age": _demands(_age()),
    "password-policy-uppercase": _demands(_character("require_uppercase_characters")),
    "password-policy-lowercase": _demands(_character("require_lowercase_characters")),
    "password-policy-symbol": _demands(_character("require_symbols")),
    "password-policy-number": _demands(_character("require_numbers")),
    "password-policy-strong": _demands(_length(8), *map(_character, _CHARACTERS)),
    "password-policy-pci": _demands(_length(7), _reuse(4), _age(90)),
    "expired-certificate": _expired_certificates,
}
