"""What a user may have beside passwords and access keys: certificates, SSH keys, service passwords.

Each is a value: a change puts another one in its place.

Notes
-----
AWS pages: "Use IAM with CodeCommit"; "Service-specific credentials for IAM users"; "Manage
signing certificates".
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, cast

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


class HoldsKeys:
    """The methods of a user that change such things, each one operation of IAM's API."""

    __slots__ = ()

    if TYPE_CHECKING:

        def _do(self, operation: str, **parameters: object) -> Any: ...

    def upload_signing_certificate(self, certificate_body: str) -> SigningCertificate:
        """Upload a certificate; a user has two at most.

        Raises
        ------
        MalformedCertificate
            It is not in PEM form.
        """
        _, made = self._do("UploadSigningCertificate", CertificateBody=certificate_body)
        return cast("SigningCertificate", made)

    def update_signing_certificate(self, certificate_id: str, status: str) -> None:
        """Make a certificate ``"Inactive"``, or ``"Active"`` again."""
        self._do("UpdateSigningCertificate", CertificateId=certificate_id, Status=status)

    def delete_signing_certificate(self, certificate_id: str) -> None:
        """Delete a certificate."""
        self._do("DeleteSigningCertificate", CertificateId=certificate_id)

    def upload_ssh_public_key(self, ssh_public_key_body: str) -> SSHPublicKey:
        """Upload an RSA key of 2,048 bits or more; a user has five at most.

        Raises
        ------
        InvalidPublicKey
            It is none.
        """
        _, made = self._do("UploadSSHPublicKey", SSHPublicKeyBody=ssh_public_key_body)
        return cast("SSHPublicKey", made)

    def update_ssh_public_key(self, ssh_public_key_id: str, status: str) -> None:
        """Make a key ``"Inactive"``, or ``"Active"`` again."""
        self._do("UpdateSSHPublicKey", SSHPublicKeyId=ssh_public_key_id, Status=status)

    def delete_ssh_public_key(self, ssh_public_key_id: str) -> None:
        """Delete a key."""
        self._do("DeleteSSHPublicKey", SSHPublicKeyId=ssh_public_key_id)

    def create_service_specific_credential(
        self, service_name: str, *, credential_age_days: int | None = None
    ) -> ServiceSpecificCredential:
        """Let AWS make a password, or an API key, for a service; it is shown this once.

        Parameters
        ----------
        service_name
            ``codecommit.amazonaws.com`` and ``cassandra.amazonaws.com`` take passwords,
            ``bedrock.amazonaws.com`` and ``logs.amazonaws.com`` API keys.
        credential_age_days
            After so many days an API key expires; without it, never.

        Raises
        ------
        LimitExceeded
            The user has two for that service.
        """
        _, made = self._do(
            "CreateServiceSpecificCredential",
            ServiceName=service_name,
            CredentialAgeDays=credential_age_days,
        )
        return cast("ServiceSpecificCredential", made)

    def reset_service_specific_credential(
        self, service_specific_credential_id: str
    ) -> ServiceSpecificCredential:
        """Let AWS make another password; the one before is worth nothing from now on."""
        _, made = self._do(
            "ResetServiceSpecificCredential",
            ServiceSpecificCredentialId=service_specific_credential_id,
        )
        return cast("ServiceSpecificCredential", made)

    def update_service_specific_credential(
        self, service_specific_credential_id: str, status: str
    ) -> None:
        """Make it ``"Inactive"``, or ``"Active"`` again."""
        self._do(
            "UpdateServiceSpecificCredential",
            ServiceSpecificCredentialId=service_specific_credential_id,
            Status=status,
        )

    def delete_service_specific_credential(self, service_specific_credential_id: str) -> None:
        """Delete it."""
        self._do(
            "DeleteServiceSpecificCredential",
            ServiceSpecificCredentialId=service_specific_credential_id,
        )


def user_leftovers(user: User) -> str | None:
    """Say in AWS's words what must go before a user can be deleted; ``None`` if nothing must."""
    if user.signing_certificates:
        return "Cannot delete entity, must delete certificates first."
    if user.ssh_public_keys or user.service_specific_credentials:
        return "Cannot delete entity, must remove referenced objects first."
    return None
