"""The credentials of a user beside passwords and access keys: the methods that change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from iamlab.model import identities as records
from iamlab.model.credentials import CredentialOwner, devices_of
from iamlab.model.record import facade_of
from iamlab.operations.dispatch import perform, perform_in_console
from iamlab.operations.iam.access_keys import AccessKey
from iamlab.operations.iam.mfa_device import MfaDevice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.model.user_credentials import (
        ServiceSpecificCredential,
        SigningCertificate,
        SSHPublicKey,
    )


class CredentialVerbs(CredentialOwner):
    """Whoever can have credentials: the verbs."""

    __slots__ = ()

    @property
    def access_keys(self) -> list[AccessKey]:
        """Its access keys, the oldest first; without their secrets."""
        return [AccessKey(self, key_id) for key_id in self.key_records]

    @property
    def mfa_devices(self) -> list[MfaDevice]:
        """Its MFA devices; these objects show no codes."""
        return [MfaDevice(self.account, record.serial_number, self) for record in devices_of(self)]

    def create_access_key(self) -> AccessKey:
        """Make an access key. Its secret is shown now, and never again.

        Raises
        ------
        LimitExceeded
            There are two.
        """
        made: AccessKey = perform(self.account, "CreateAccessKey", **self.named)
        return made

    def create_login_profile(
        self,
        password: str,
        *,
        password_reset_required: bool = False,
        max_signin_session_duration: int | None = None,
    ) -> None:
        """Give it a password, and with it access to the console.

        Raises
        ------
        EntityAlreadyExists
            It has one: use ``update_login_profile``.
        PasswordPolicyViolation
            The account wants a better one.
        """
        perform(
            self.account,
            "CreateLoginProfile",
            **self.named,
            Password=password,
            PasswordResetRequired=password_reset_required,
            MaxSigninSessionDuration=max_signin_session_duration,
        )

    def delete_login_profile(self) -> None:
        """Take its password away, and with it access to the console; access keys stay.

        Raises
        ------
        NoSuchEntity
            It has none.
        """
        perform(self.account, "DeleteLoginProfile", **self.named)

    def create_virtual_mfa_device(
        self,
        virtual_mfa_device_name: str,
        *,
        path: str = "/",
        tags: Mapping[str, str] | None = None,
    ) -> MfaDevice:
        """Set up a phone. It must be enabled too, which proves that it shows the right codes."""
        device = self.account.create_virtual_mfa_device(
            virtual_mfa_device_name, path=path, tags=tags
        )
        device.user = self
        return device

    def enable_mfa_device(
        self, serial_number: str, authentication_code1: str, authentication_code2: str
    ) -> MfaDevice:
        """Enable a virtual device, or a hardware token by the number printed on it.

        Raises
        ------
        InvalidAuthenticationCode
            These are not two codes of it that follow each other.
        """
        do = perform if self.named else perform_in_console  # the API must name a user
        do(
            self.account,
            "EnableMFADevice",
            **self.named,
            SerialNumber=serial_number,
            AuthenticationCode1=authentication_code1,
            AuthenticationCode2=authentication_code2,
        )
        return MfaDevice(self.account, serial_number, self)

    def register_passkey(self, name: str) -> MfaDevice:
        """Register a passkey or security key, which the console does; it shows no codes.

        It is handed over itself when signing in: ``mfa_code=passkey``.
        """
        record = perform_in_console(self.account, "EnableMFADevice", **self.named, PasskeyName=name)
        return MfaDevice(self.account, record.serial_number, self)


class UserCredentialVerbs:
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


@facade_of(records.RootUser)
class RootUser(CredentialVerbs, records.RootUser):
    __doc__ = records.RootUser.__doc__
    __slots__ = ()
