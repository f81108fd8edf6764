"""Access to the console: passwords, the account's password policy, and sign-in addresses.

A password is kept as a salted hash only, so nobody can read it, here as in AWS.

Notes
-----
AWS pages: "Set an account password policy for IAM users"; "Manage passwords for IAM users"; "How
IAM users sign in to AWS"; "Switch from a user to an IAM role (console)"; "Enable custom identity
broker access to the AWS console".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from iamlab.display import Shown, has_stand_in
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


MOST_REMEMBERED = 24
"""How many former passwords IAM remembers at most."""

_COST = 2**8
"""Rounds of the hash. Real services use far more; here it protects no secret, and tests are
many."""

_TABLES = tables(__file__, "data/console_access.toml")
_CLASSES: Iterable[tuple[str, str, str]] = _TABLES["classes"]
_DOMAINS: Mapping[str, str] = _TABLES["domains"]


@dataclass(frozen=True, slots=True)
class PasswordPolicy(Shown):
    """The rules for the passwords of an account's users; not for the root user or access keys.

    Parameters
    ----------
    max_password_age
        In days; 0: passwords never expire.
    password_reuse_prevention
        How many former passwords a user cannot reuse.
    hard_expiry
        Whether an expired password can only be replaced by an administrator.
    """

    minimum_password_length: int = 6
    require_symbols: bool = False
    require_numbers: bool = False
    require_uppercase_characters: bool = False
    require_lowercase_characters: bool = False
    allow_users_to_change_password: bool = False
    max_password_age: int = 0
    password_reuse_prevention: int = 0
    hard_expiry: bool = False

    @property
    def expire_passwords(self) -> bool:
        """Whether passwords expire at all."""
        return self.max_password_age > 0


@dataclass(frozen=True, slots=True)
class LoginProfile:
    """A console password, as IAM keeps it.

    Parameters
    ----------
    hashes
        Salt and hash of this password and of former passwords, newest first.
    password_reset_required
        Whether the user must choose a new one at the next sign-in.
    max_signin_session_duration
        How long a session in the console lasts, in seconds; ``None``: 12 hours.
    """

    create_date: datetime
    last_changed: datetime
    hashes: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    password_reset_required: bool = False
    max_signin_session_duration: int | None = None
    last_used: datetime | None = None

    def is_right(self, password: str) -> bool:
        """Return whether it is the password."""
        return self.was_among_the_last(1, password)

    def was_among_the_last(self, number: int, password: str) -> bool:
        """Return whether it is among the newest passwords, this one included."""
        import hmac

        return any(
            hmac.compare_digest(scrypt_of(password, salt), known)
            for salt, known in self.hashes[:number]
        )

    def expires(self, policy: PasswordPolicy | None) -> datetime | None:
        """Return when the password expires; ``None``: never."""
        if policy is None or not policy.expire_passwords:
            return None
        return self.last_changed + timedelta(days=policy.max_password_age)


def hashed(password: str, salt: str) -> tuple[bytes, bytes]:
    """Make the salt and hash of a password.

    Examples
    --------
    >>> salt, kept = hashed("Correct-Horse-1", "7/salt/1")
    >>> b"Horse" in kept, kept == hashed("Correct-Horse-1", "7/salt/2")[1]
    (False, False)
    """
    raw = salt.encode()
    return raw, scrypt_of(password, raw)


@has_stand_in("_hashlib")
def scrypt_of(password: str, salt: bytes) -> bytes:
    """Return a slow hash of a password, for a salt. It needs OpenSSL, Python's ``_hashlib``."""
    import hashlib

    raw = password.encode("utf-8", "surrogatepass")  # whatever is typed
    return hashlib.scrypt(raw, salt=salt, n=_COST, r=8, p=1, dklen=32)


def violations(
    password: str, policy: PasswordPolicy | None, names: Iterable[str] = ()
) -> list[str]:
    """List which rules a password breaks; without a policy, AWS's default rules.

    Parameters
    ----------
    names
        The account's name and e-mail address, which can't be passwords.

    Examples
    --------
    >>> violations("secret", PasswordPolicy(minimum_password_length=8, require_numbers=True))
    ['Password should have a minimum length of 8', 'Password should have at least one number']
    >>> violations("Correct-Horse", None)
    []
    """
    if policy is None:
        return _against_the_default(password, names)
    found = []
    if len(password) < policy.minimum_password_length:
        found.append(f"Password should have a minimum length of {policy.minimum_password_length}")
    found += [
        f"Password should have at least one {noun}"
        for rule, letters, noun in _CLASSES
        if getattr(policy, rule) and not set(password) & set(letters)
    ]
    return found


def _against_the_default(password: str, names: Iterable[str]) -> list[str]:
    found = []
    if len(password) < 8:
        found.append("Password should have a minimum length of 8")
    if sum(bool(set(password) & set(letters)) for _, letters, _ in _CLASSES) < 3:
        # The wording is likely; the rule is documented.
        found.append(
            "Password should have at least three of: uppercase letter, lowercase letter, number, "
            "symbol"
        )
    if password.lower() in {name.lower() for name in names}:
        found.append("Password should not be the account's name or e-mail address")  # likely
    return found


def sign_in_page(partition: str, account: str) -> str:
    """Return the address where the users of an account sign in.

    Examples
    --------
    >>> sign_in_page("aws", "star-maps")
    'https://star-maps.signin.aws.amazon.com/console'
    """
    return f"https://{account}.signin.{_domain(partition)}/console"


def console_home(partition: str) -> str:
    """Return the address that the sign-in page leads to, as events have it.

    Examples
    --------
    >>> console_home("aws")
    'https://console.aws.amazon.com/console/home?state=hashArgs%23&isauthcode=true'
    """
    return f"{console_page(partition)}console/home?state=hashArgs%23&isauthcode=true"


def switch_role_page(partition: str, account: str, role: str) -> str:
    """Return the address where a signed-in user switches to a role.

    Parameters
    ----------
    role
        The role's path and name, without the first slash.

    Examples
    --------
    >>> switch_role_page("aws", "star-maps", "audit/reader")
    'https://signin.aws.amazon.com/switchrole?account=star-maps&roleName=audit%2Freader'
    """
    query = urlencode({"account": account, "roleName": role})
    return f"https://signin.{_domain(partition)}/switchrole?{query}"


def federation_page(partition: str) -> str:
    """Return the address that turns temporary credentials into a console session.

    Examples
    --------
    >>> federation_page("aws")
    'https://signin.aws.amazon.com/federation'
    """
    return f"https://signin.{_domain(partition)}/federation"


def console_page(partition: str) -> str:
    """Return the address of the console.

    Examples
    --------
    >>> console_page("aws-cn")
    'https://console.amazonaws.cn/'
    """
    return f"https://console.{_domain(partition)}/"


def _domain(partition: str) -> str:
    return _DOMAINS.get(partition, _DOMAINS["aws"])
