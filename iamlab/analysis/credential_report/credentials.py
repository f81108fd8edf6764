"""What reports, audits and recommendations need to know of an account's credentials.

The one place that knows where they are kept. Everything else works with the frozen values below,
which a downloaded credential report gives as well: so the same checks serve a world and a real
account.

Notes
-----
AWS page: "Generate credential reports for your AWS account".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.console_access import PasswordPolicy
    from iamlab.model.credentials import CredentialOwner, KeyRecord
    from iamlab.model.identities import User
    from iamlab.model.managed_policies import ManagedPolicy

ROOT = "<root_account>"
"""What the root user is called in a credential report."""

NOT_IN_EXPORTS = (
    "An export of account details holds no credentials. "
    "Give the file that 'aws iam get-credential-report' gives, too."
)

VIRTUAL, UNKNOWN = "virtual", "unknown"
"""Kinds of an MFA device: an app on a phone; what a credential report leaves open."""


@dataclass(frozen=True, slots=True)
class Password:
    """A password for the console; the times are ``None`` where there was none."""

    last_used: datetime | None
    last_changed: datetime | None
    next_rotation: datetime | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """An access key; Region and service are empty where it was never used, or is not known."""

    is_active: bool
    last_rotated: datetime | None
    last_used: datetime | None = None
    region: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A signing certificate."""

    is_active: bool
    last_rotated: datetime | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """All long-term credentials of a user, or of the root user.

    Parameters
    ----------
    user
        The name; ``<root_account>`` for the root user.
    mfa
        The kinds of the MFA devices: ``virtual``, ``hardware``, ``passkey``; ``unknown`` from a
        credential report, which does not tell.
    """

    user: str
    arn: str
    created: datetime | None = None
    password: Password | None = None
    mfa: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()
    certificates: tuple[Certificate, ...] = ()

    @property
    def is_root(self) -> bool:
        """Whether they are the root user's."""
        return self.user == ROOT

    @property
    def active_keys(self) -> tuple[Key, ...]:
        """The keys that can be used."""
        return tuple(key for key in self.keys if key.is_active)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that one could sign in or call with."""
        return not (self.password or self.keys or self.certificates)


# -- where things are -----------------------------------------------------------------------------


def are_known(account: Account) -> bool:
    """Say whether the world knows credentials: an export of account details holds none."""
    return not account.world.loaded


def credentials_of(account: Account) -> tuple[Credentials, ...]:
    """Give the credentials of the root user, then of each user."""
    kinds = _kinds_by_owner(account)
    return (of_root(account), *(_of_user(user, kinds) for user in account.users.values()))


def of_root(account: Account) -> Credentials:
    """Give the root user's credentials."""
    kinds = _kinds_by_owner(account)
    return Credentials(ROOT, account.root_arn, account.create_date, *_held(account.root, kinds))


def _of_user(user: User, kinds: Mapping[str, list[str]]) -> Credentials:
    return Credentials(
        user.name, user.arn, user.create_date, *_held(user, kinds), certificates=_certificates(user)
    )


def _kinds_by_owner(account: Account) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for record in account.mfa_records.values():
        if record.owner is not None:
            found.setdefault(record.owner, []).append(record.kind)
    return found


def _held(
    holder: CredentialOwner, kinds: Mapping[str, list[str]]
) -> tuple[Password | None, tuple[str, ...], tuple[Key, ...]]:
    """Give password, MFA devices and keys; a Region is kept as the report writes it."""
    profile, password = holder.login_profile, None
    if profile is not None:
        rotation = profile.expires(holder.account.password_policy)
        password = Password(profile.last_used, profile.last_changed, rotation)
    keys = tuple(_key(record) for record in holder.key_records.values())
    return password, tuple(kinds.get(holder.unique_id, ())), keys


def _key(record: KeyRecord) -> Key:
    is_active, used = record.status == "Active", record.last_used
    if used is None:
        return Key(is_active, record.create_date)
    region = "" if used.region == "N/A" else used.region
    return Key(is_active, record.create_date, used.date, region, used.service)


def _certificates(user: User) -> tuple[Certificate, ...]:
    return tuple(
        Certificate(one.status == "Active", one.upload_date)
        for one in user.signing_certificates.values()
    )


def password_policy(account: Account) -> PasswordPolicy | None:
    """Give the account's password policy; ``None`` if it has none of its own."""
    return account.password_policy


def own_policies(account: Account) -> list[ManagedPolicy]:
    """List the account's own managed policies; a loaded account holds AWS's too."""
    return [policy for policy in account.policies.values() if not policy.is_aws_managed]


def virtual_devices(account: Account) -> int:
    """Count the virtual MFA devices, those that nobody uses included."""
    return sum(one.kind == VIRTUAL for one in account.mfa_records.values())


def certificate_ends(account: Account) -> list[tuple[str, datetime | None]]:
    """List the server certificates: ARN, and when it ends as far as that can be read in it."""
    return [(one.arn, one.expiration) for one in account.server_certificates.values()]


def providers(account: Account) -> int:
    """Count the identity providers."""
    return len(account.saml_providers) + len(account.oidc_providers)


def token_version(account: Account) -> int:
    """Give the version of the tokens that the global endpoint of AWS STS gives."""
    return account.global_endpoint_token_version


def instance_profiles(account: Account) -> int:
    """Count the instance profiles; those of a loaded account are known by their roles."""
    of_roles = {name for role in account.roles.values() for name in role.instance_profiles}
    return len(of_roles | set(account.instance_profiles))
