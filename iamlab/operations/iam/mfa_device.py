"""An MFA device as its owner sees it: it shows codes, and is enabled and deactivated.

Notes
-----
AWS page: "Assign a virtual MFA device in the AWS Management Console".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.model.credentials import INTERVAL, MfaRecord, code_at, find_device
from iamlab.operations.dispatch import perform, perform_in_console
from iamlab.operations.parameters import as_keys, as_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from segno import QRCode

    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner


@dataclass(slots=True, unsafe_hash=True, repr=False)
class MfaDevice:
    """An MFA device. The object that ``create_virtual_mfa_device`` returns is the phone.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> phone = main.create_user("ana").create_virtual_mfa_device("ana-phone")
    >>> phone.enable()
    >>> phone
    MfaDevice('arn:aws:iam::111111111111:mfa/ana-phone', 'enabled')
    >>> len(phone.code())
    6
    """

    account: Account
    serial_number: str
    user: CredentialOwner | None = field(default=None, compare=False)
    _seed: str | None = field(default=None, compare=False)

    @property
    def base32_string_seed(self) -> str:
        """The seed for the phone; shown once.

        Raises
        ------
        RequestError
            This is not the object that creation returned.
        """
        if self._seed is None:
            raise RequestError(
                f"Only the device that create_virtual_mfa_device returned knows the seed of "
                f"{self.serial_number} and shows codes: IAM doesn't show it again."
            )
        return self._seed

    @property
    def record(self) -> MfaRecord:
        """The device's current record in IAM.

        Raises
        ------
        NoSuchEntity
            It has been deleted, or it isn't virtual and was deactivated.
        """
        return find_device(self.account, self.serial_number)

    @property
    def kind(self) -> str:
        """``virtual``, ``hardware`` or ``passkey``."""
        return self.record.kind

    @property
    def is_enabled(self) -> bool:
        """Whether it has an owner."""
        return self.record.owner is not None

    @property
    def enable_date(self) -> datetime | None:
        """When it was enabled."""
        return self.record.enable_date

    @property
    def tags(self) -> dict[str, str]:
        """The device's tags."""
        return dict(self.record.tags)

    def code(self, at: datetime | None = None) -> str:
        """Return the code at a time. Default: now, by the world's clock.

        Raises
        ------
        RequestError
            This object shows no codes.
        """
        return code_at(self.base32_string_seed, at or self.account.world.clock.now)

    def otpauth_uri(self) -> str:
        """Return the URI for an authenticator app: the name of the device, and its seed.

        Raises
        ------
        RequestError
            This object shows no codes, or the world's clock is not real: a phone would show
            the codes of another time.
        """
        import pyotp

        if not self.account.world.clock.is_real:
            raise RequestError(
                "A real phone shows codes of the real time. Make the world with "
                "World(clock=RealClock()), or ask device.code()."
            )
        name = self.serial_number.rpartition("/")[2]
        whose = f"{name}@{self.account.alias or self.account.account_id}"
        return pyotp.TOTP(self.base32_string_seed, name=whose).provisioning_uri()

    def qr_code_png(self) -> bytes:
        """Return the QR code for an authenticator app, as a PNG image.

        Raises
        ------
        RequestError
            As from :meth:`otpauth_uri`.
        """
        picture = BytesIO()
        self._qr_code().save(picture, kind="png", scale=4)
        return picture.getvalue()

    def qr_code_svg(self) -> str:
        """Return the QR code for an authenticator app, as an SVG image for a notebook.

        Raises
        ------
        RequestError
            As from :meth:`otpauth_uri`.
        """
        name = self.serial_number.rpartition("/")[2]
        title = f"QR code that sets up the MFA device {name} in an authenticator app"
        svg: str = self._qr_code().svg_inline(scale=4, light="white", title=title)
        return svg

    def _qr_code(self) -> QRCode:
        import segno

        return segno.make_qr(self.otpauth_uri())

    def enable(self, user: CredentialOwner | None = None) -> None:
        """Enable it for a user, with two consecutive codes: the previous and the current one.

        Parameters
        ----------
        user
            The owner. Default: the user that it was created for.

        Raises
        ------
        EntityAlreadyExists
            It already has an owner.
        LimitExceeded
            The user already has eight.
        """
        whose = self.user if user is None else user
        if whose is None or not hasattr(whose, "named"):
            raise RequestError("Pass the owner: device.enable(user), with the user object.")
        self._send("EnableMFADevice", whose)
        self.user = whose

    def resync(self) -> None:
        """Synchronize it with two codes, after the clocks have drifted apart."""
        if self.user is None:
            raise RequestError("The device has no owner, so there is nothing to synchronise.")
        self._send("ResyncMFADevice", self.user)

    def deactivate(self) -> None:
        """Deactivate it; a virtual device stays, without an owner."""
        named = self.user.named if self.user is not None else {}
        perform(self.account, "DeactivateMFADevice", SerialNumber=self.serial_number, **named)

    def delete(self) -> None:
        """Delete a virtual device without an owner."""
        perform(self.account, "DeleteVirtualMFADevice", SerialNumber=self.serial_number)

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags."""
        perform(self.account, "TagMFADevice", SerialNumber=self.serial_number, Tags=as_tags(tags))

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Remove tags."""
        keys = as_keys(tag_keys)
        perform(self.account, "UntagMFADevice", SerialNumber=self.serial_number, TagKeys=keys)

    def _send(self, operation: str, user: CredentialOwner) -> None:
        """Send two codes: the API requires a user, so the root user sends them in the console."""
        now = self.account.world.clock.now
        do = perform if user.named else perform_in_console
        do(
            self.account,
            operation,
            **user.named,
            SerialNumber=self.serial_number,
            AuthenticationCode1=self.code(now - INTERVAL),
            AuthenticationCode2=self.code(now),
        )

    def __repr__(self) -> str:
        record = self.account.mfa_records.get(self.serial_number)
        state = "deleted" if record is None else "enabled" if record.owner else "not enabled"
        return f"MfaDevice({self.serial_number!r}, {state!r})"

    def __reduce__(self) -> Any:
        """Return the state for copies and pickles, without the seed."""
        return MfaDevice, (self.account, self.serial_number, self.user)
