"""The credentials of a user beside passwords and access keys: the methods that change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from iamlab.world.user_things import (
        ServiceSpecificCredential,
        SigningCertificate,
        SSHPublicKey,
    )


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
