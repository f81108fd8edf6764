"""What a user may have beside passwords and access keys: certificates, SSH keys, service passwords.

Each is a value: a change puts another one in its place.

Notes
-----
AWS pages: "Use IAM with CodeCommit"; "Service-specific credentials for IAM users"; "Manage
signing certificates".
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.world.identities import User
    from iamlab.world.public_keys import PublicKey

ACTIVE = "Active"
EXPIRED = "Expired"


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """An X.509 certificate with which requests to some old APIs are signed."""

    certificate_id: str
    body: str = field(repr=False)
    upload_date: datetime = field(repr=False)
    status: str = ACTIVE


@dataclass(frozen=True, slots=True)
class SSHPublicKey:
    """The public half of an SSH key, with which CodeCommit knows a user."""

    ssh_public_key_id: str
    body: str = field(repr=False)
    key: PublicKey = field(repr=False)
    upload_date: datetime = field(repr=False)
    status: str = ACTIVE

    @property
    def fingerprint(self) -> str:
        """Its MD5 sum, as ``ssh-keygen -l -E md5`` shows it."""
        return self.key.fingerprint


@dataclass(frozen=True, slots=True)
class ServiceSpecificCredential:
    """A name and password, or an API key, for one service that takes no access keys.

    Parameters
    ----------
    user_name
        The name to sign in with, or the alias of the API key.
    expiration_date
        Of API keys only.
    password
        Only in what the making, or a reset, gives; never in what the account keeps, nor in a copy.
    """

    service_specific_credential_id: str
    service_name: str
    user_name: str
    create_date: datetime = field(repr=False)
    expiration_date: datetime | None = field(default=None, repr=False)
    status: str = ACTIVE
    password: str | None = field(default=None, repr=False, compare=False)

    def status_at(self, now: datetime) -> str:
        """Say whether it is active, inactive or expired."""
        over = self.expiration_date is not None and now >= self.expiration_date
        return EXPIRED if over else self.status

    def __reduce__(self) -> tuple[Any, ...]:
        kept = [getattr(self, one.name) for one in fields(self) if one.name != "password"]
        return ServiceSpecificCredential, tuple(kept)


def user_leftovers(user: User) -> str | None:
    """Say in AWS's words what must go before a user can be deleted; ``None`` if nothing must."""
    if user.signing_certificates:
        return "Cannot delete entity, must delete certificates first."
    if user.ssh_public_keys or user.service_specific_credentials:
        return "Cannot delete entity, must remove referenced objects first."
    return None
