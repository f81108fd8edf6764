"""Long-term credentials: access keys, passwords and MFA devices of users and root users.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "Manage passwords for IAM users"; "AWS Multi-factor
authentication in IAM"; "AWS account root user".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.model import identities as records
from iamlab.model.credentials import CredentialOwner, devices_of
from iamlab.model.record import facade_of
from iamlab.operations.dispatch import perform, perform_in_console
from iamlab.operations.iam.credentials import AccessKey
from iamlab.operations.iam.mfa_device import MfaDevice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.account import Account


class CredentialMethods(CredentialOwner):
    """The methods of IAM users and root users that show and change their credentials.

    Examples
    --------
    >>> from iamlab import World
    >>> dana = World(seed=7).create_account("acme").create_user("dana")
    >>> key = dana.create_access_key()
    >>> [own.status for own in dana.access_keys]
    ['Active']
    """

    __slots__ = ()
    account: Account

    @property
    def access_keys(self) -> list[AccessKey]:
        """Its access keys, oldest first; without their secrets."""
        return [AccessKey(self, key_id) for key_id in self.key_records]

    @property
    def mfa_devices(self) -> list[MfaDevice]:
        """Its MFA devices; these objects show no codes."""
        return [MfaDevice(self.account, record.serial_number, self) for record in devices_of(self)]

    def create_access_key(self) -> AccessKey:
        """Create an access key. Its secret is shown only now.

        Raises
        ------
        LimitExceeded
            The identity already has two.
        """
        return perform(self.account, "CreateAccessKey", **self.named)

    def create_login_profile(
        self,
        password: str,
        *,
        password_reset_required: bool = False,
        max_signin_session_duration: int | None = None,
    ) -> None:
        """Create a password, which gives the user access to the console.

        Raises
        ------
        EntityAlreadyExists
            It already has a password: use ``update_login_profile``.
        PasswordPolicyViolation
            The password policy requires a better password.
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
        """Delete its password, which ends access to the console; access keys stay.

        Raises
        ------
        NoSuchEntity
            It has no password.
        """
        perform(self.account, "DeleteLoginProfile", **self.named)

    def create_virtual_mfa_device(
        self,
        virtual_mfa_device_name: str,
        *,
        path: str = "/",
        tags: Mapping[str, str] | None = None,
    ) -> MfaDevice:
        """Create a virtual MFA device. To use it, enable it with two of its codes."""
        create = self.account.create_virtual_mfa_device
        device = create(virtual_mfa_device_name, path=path, tags=tags)
        device.user = self
        return device

    def enable_mfa_device(
        self, serial_number: str, authentication_code1: str, authentication_code2: str
    ) -> MfaDevice:
        """Enable a virtual device, or a hardware token by the number printed on it.

        Raises
        ------
        InvalidAuthenticationCode
            These aren't two consecutive codes of it.
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
        """Register a passkey or security key, as in the console; it shows no codes.

        To sign in, pass the passkey itself: ``mfa_code=passkey``.
        """
        record = perform_in_console(self.account, "EnableMFADevice", **self.named, PasskeyName=name)
        return MfaDevice(self.account, record.serial_number, self)


@facade_of(records.RootUser)
class RootUser(CredentialMethods, records.RootUser):
    """The root user of an account. It has no credentials until you create them.

    Parameters
    ----------
    email
        The e-mail address for signing in.
    former_sign_in
        When its last deleted password was last used.

    Examples
    --------
    >>> from iamlab import World
    >>> root = World(seed=7).create_account("main", account_id="111111111111").root
    >>> root.arn, root.access_keys, root.mfa_devices
    ('arn:aws:iam::111111111111:root', [], [])
    """

    __slots__ = ()
    account: Account
