"""The credentials of an account, for reports, audits and recommendations.

A world gives them as frozen values, and so does a downloaded credential report: the same checks
serve a world and a real account.

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


# -- of an account --------------------------------------------------------------------------------


def are_known(account: Account) -> bool:
    """Say whether the world knows credentials: an export of account details holds none."""
    return not account.world.loaded


def credentials_of(account: Account) -> tuple[Credentials, ...]:
    """Give the credentials of the root user, then of each user."""
    devices = _devices_by_owner(account)
    users = (_of_user(user, devices) for user in account.users.values())
    return (_of_root(account, devices), *users)


def of_root(account: Account) -> Credentials:
    """Give the root user's credentials."""
    return _of_root(account, _devices_by_owner(account))


def _of_root(account: Account, devices: Mapping[str, list[str]]) -> Credentials:
    held = _held(account.root, devices)
    return Credentials(ROOT, account.root_arn, account.create_date, *held)


def _of_user(user: User, devices: Mapping[str, list[str]]) -> Credentials:
    certificates = tuple(
        Certificate(one.status == "Active", one.upload_date)
        for one in user.signing_certificates.values()
    )
    return Credentials(user.name, user.arn, user.create_date, *_held(user, devices), certificates)


def _devices_by_owner(account: Account) -> dict[str, list[str]]:
    """Give the kinds of the MFA devices, by the unique ids of their owners."""
    found: dict[str, list[str]] = {}
    for record in account.mfa_records.values():
        if record.owner is not None:
            found.setdefault(record.owner, []).append(record.kind)
    return found


def _held(
    owner: CredentialOwner, devices: Mapping[str, list[str]]
) -> tuple[Password | None, tuple[str, ...], tuple[Key, ...]]:
    """Give password, MFA devices and keys; a Region is kept as the report writes it."""
    profile, password = owner.login_profile, None
    if profile is not None:
        rotation = profile.expires(owner.account.password_policy)
        password = Password(profile.last_used, profile.last_changed, rotation)
    keys = tuple(_key(record) for record in owner.key_records.values())
    return password, tuple(devices.get(owner.unique_id, ())), keys


def _key(record: KeyRecord) -> Key:
    is_active, used = record.status == "Active", record.last_used
    if used is None:
        return Key(is_active, record.create_date)
    region = "" if used.region == "N/A" else used.region
    return Key(is_active, record.create_date, used.date, region, used.service)


def own_policies(account: Account) -> list[ManagedPolicy]:
    """List the account's own managed policies; a loaded account holds AWS's too."""
    return [policy for policy in account.policies.values() if not policy.is_aws_managed]
