"""Access keys and MFA devices: their operations, and the key as its holder sees it.

``user_credentials.py`` updates and deletes access keys, like a user's other credentials.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "AWS Multi-factor authentication in IAM";
"Resynchronize virtual and hardware MFA devices"; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from iamlab.cloudtrail.recording import note_key_use
from iamlab.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    InvalidAuthenticationCode,
    InvalidClientTokenId,
    InvalidInput,
    NoSuchEntity,
    RequestError,
)
from iamlab.model.credentials import (
    HARDWARE,
    PASSKEY,
    VIRTUAL,
    KeyRecord,
    MfaRecord,
    Presented,
    accepts_pair,
    devices_of,
    find_device,
    find_key,
    seed_of,
)
from iamlab.model.record import LastUsed
from iamlab.operations.dispatch import perform
from iamlab.operations.iam import common
from iamlab.operations.iam.answers import FORMS, Owned, answer, lists
from iamlab.operations.iam.common import tag_operations, tags_in
from iamlab.operations.iam.mfa_device import MfaDevice
from iamlab.operations.registry import Parameters, operation

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.world import World


@operation("CreateAccessKey", on="user", answer=answer(AccessKey="new access key"))
def create_access_key(account: Account, request: Parameters) -> AccessKey:
    """Create a key; only this response has its secret."""
    user = common.holder_of(account, request)
    common.check_room(account, "AccessKeysPerUser", len(user.key_records))
    ids = account.world.ids
    record = KeyRecord(ids.key_id("AKIA"), account.world.clock.now)
    user.key_records[record.access_key_id] = record
    return AccessKey(user, record.access_key_id, ids.secret_of(record.access_key_id))


@operation("GetAccessKeyLastUsed", on="access-key", answer=FORMS["use of an access key"])
def get_access_key_last_used(account: Account, request: Parameters) -> Owned:
    """Return when a key of this account was last used."""
    key_id = request["AccessKeyId"]
    user = account.owner_of_key(key_id)
    if user is None:
        raise NoSuchEntity(f"The Access Key with id {key_id} cannot be found.")
    return Owned(user, user.key_records[key_id])


@dataclass(frozen=True, slots=True, repr=False)
class AccessKey:
    """An access key of an IAM user or a root user: a caller as long as it is active.

    Only the object that creation returned has the secret; objects in lists and copies don't.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> key = main.create_user("ana").create_access_key()
    >>> key.status, key.access_key_id[:4], key.secret_access_key[-10:]
    ('Active', 'AKIA', 'EXAMPLEKEY')
    >>> key
    AccessKey('AKIA...EXAMPLE', 'Active')
    """

    user: CredentialOwner
    access_key_id: str
    _secret: str | None = field(default=None, compare=False)

    @property
    def secret_access_key(self) -> str:
        """The secret, shown once.

        Raises
        ------
        RequestError
            This is not the object that creation returned.
        """
        if self._secret is None:
            raise RequestError(
                "The secret access key is shown only once, when the key is created. If it is "
                "lost, create another key and delete this one."
            )
        return self._secret

    @property
    def record(self) -> KeyRecord:
        """The key's current record in IAM.

        Raises
        ------
        NoSuchEntity
            It has been deleted.
        """
        return find_key(self.user, self.access_key_id)

    @property
    def status(self) -> str:
        """The current status: ``Active`` or ``Inactive``."""
        return self.record.status

    @property
    def create_date(self) -> datetime:
        """When it was created, from which a key's age counts."""
        return self.record.create_date

    @property
    def last_used(self) -> LastUsed | None:
        """When it was last used, and for what; ``None`` if never."""
        return self.record.last_used

    def update(self, status: str) -> None:
        """Set it ``Active`` or ``Inactive``; an inactive key still counts for the quota of two."""
        self._do("UpdateAccessKey", Status=status)

    def delete(self) -> None:
        """Delete it permanently."""
        self._do("DeleteAccessKey")

    def present(self, world: World) -> Presented:
        """Present the credentials, as with every call.

        Raises
        ------
        InvalidClientTokenId
            It is inactive, or it has been deleted.
        """
        account = world.accounts.get(self.user.account.account_id)
        holder = None if account is None else account.owner_of_key(self.access_key_id)
        if holder is None or holder.key_records[self.access_key_id].status != "Active":
            raise InvalidClientTokenId("The security token included in the request is invalid.")
        return Presented(holder.arn)

    def used(self, world: World, service: str, region: str) -> None:
        """Record a use outside this world; uses in this world are recorded automatically.

        Parameters
        ----------
        service
            Its prefix: ``"s3"``.
        """
        account = world.accounts[self.user.account.account_id]
        holder = account.owner_of_key(self.access_key_id)
        if holder is not None:
            note_key_use(holder, self.access_key_id, LastUsed(world.clock.now, service, region))

    def _do(self, operation: str, **parameters: str) -> None:
        named = {**self.user.named, "AccessKeyId": self.access_key_id, **parameters}
        perform(self.user.account, operation, **named)

    def __repr__(self) -> str:
        record = self.user.key_records.get(self.access_key_id)
        return f"AccessKey({self.access_key_id!r}, {record.status if record else 'deleted'!r})"

    def __reduce__(self) -> Any:
        """Return the state for copies and pickles, without the secret."""
        return AccessKey, (self.user, self.access_key_id)


@operation("CreateVirtualMFADevice", on="mfa", answer=answer(VirtualMFADevice="new MFA device"))
def create_virtual_mfa_device(account: Account, request: Parameters) -> MfaDevice:
    """Create a virtual MFA device; it has no owner until it is enabled."""
    name, path = request["VirtualMFADeviceName"], request.get("Path", "/")
    serial = common.iam_arn(account, f"mfa{path}{name}")
    if serial in account.mfa_records:
        raise EntityAlreadyExists("MFADevice entity at the same path and name already exists.")
    records = account.mfa_records.values()
    common.check_room(account, "VirtualMFADevices", sum(held.kind == VIRTUAL for held in records))
    tags, number = tags_in(request), account.world.ids.number()
    account.mfa_records[serial] = MfaRecord(serial, VIRTUAL, number, tags)
    return MfaDevice(account, serial, None, seed_of(account.world, number))


def _to_enable(account: Account, user: CredentialOwner, request: Parameters) -> MfaRecord:
    """Find the device to enable. Hardware tokens and passkeys are registered only then."""
    if "PasskeyName" in request:  # the console registers it, so no codes are sent
        whose = f"user/{user.user_name}" if user.named else "root-account"
        start = common.iam_arn(account, f"u2f/{whose}")
        number = account.world.ids.made + 1
        suffix = account.world.ids.hidden(f"u2f/{number}", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 26)
        return MfaRecord(f"{start}/{request['PasskeyName']}-{suffix}", PASSKEY, number)
    serial = request["SerialNumber"]
    if serial.startswith("arn:") or serial in account.mfa_records:
        return find_device(account, serial)
    return MfaRecord(serial, HARDWARE)


@operation("EnableMFADevice", on="user")
def enable_mfa_device(account: Account, request: Parameters) -> MfaRecord:
    """Enable a device for an owner, who proves possession with two consecutive codes."""
    user = common.holder_of(account, request)
    record = _to_enable(account, user, request)
    if record.owner is not None:
        raise EntityAlreadyExists("MFA device is already in use.")  # likely
    common.check_room(account, "MFADevicesPerUser", len(devices_of(user)))
    if record.kind != PASSKEY:
        _check_codes(account, record, request)
    else:
        account.world.ids.number()
    enabled = replace(record, owner=user.unique_id, enable_date=account.world.clock.now)
    account.mfa_records[enabled.serial_number] = enabled
    return enabled


def _check_codes(account: Account, record: MfaRecord, request: Parameters) -> None:
    codes = request["AuthenticationCode1"], request["AuthenticationCode2"]
    if not accepts_pair(account.world, record, *codes):
        raise InvalidAuthenticationCode("Authentication code for device is not valid.")  # likely


def _own(user: CredentialOwner, serial_number: str) -> MfaRecord:
    """Find a device of an owner."""
    for record in devices_of(user):
        if record.serial_number == serial_number:
            return record
    raise NoSuchEntity(f"MFA device {serial_number} is not enabled for {user.user_name}.")  # likely


@operation("ResyncMFADevice", on="user")
def resync_mfa_device(account: Account, request: Parameters) -> None:
    """Synchronize with a device by two codes; here the clocks never differ."""
    user = common.holder_of(account, request)
    _check_codes(account, _own(user, request["SerialNumber"]), request)


@operation("DeactivateMFADevice", on="user")
def deactivate_mfa_device(account: Account, request: Parameters) -> None:
    """Deactivate a user's device; a virtual device stays, without an owner."""
    record = _own(common.holder_of(account, request), request["SerialNumber"])
    if record.kind == VIRTUAL:
        account.mfa_records[record.serial_number] = replace(record, owner=None, enable_date=None)
    else:
        del account.mfa_records[record.serial_number]


@operation("DeleteVirtualMFADevice", on="mfa")
def delete_virtual_mfa_device(account: Account, request: Parameters) -> None:
    """Delete a virtual device without an owner."""
    record = find_device(account, request["SerialNumber"])
    if record.owner is not None:
        raise DeleteConflict("MFA VirtualDevice in use. Must deactivate first.")
    del account.mfa_records[record.serial_number]


@lists("ListMFADevices", "user", "MFADevices", "MFA device")
def list_mfa_devices(account: Account, request: Parameters) -> list[Owned]:
    """List the devices of an owner."""
    user = common.holder_of(account, request)
    return [Owned(user, record) for record in devices_of(user)]


@operation("GetMFADevice", on="user", answer=FORMS["MFA device"])
def get_mfa_device(account: Account, request: Parameters) -> Owned:
    """Return a device of an owner."""
    user = common.holder_of(account, request)
    return Owned(user, _own(user, request["SerialNumber"]))


@lists("ListVirtualMFADevices", "mfa/", "VirtualMFADevices", "virtual MFA device")
def list_virtual_mfa_devices(account: Account, request: Parameters) -> list[Owned]:
    """List virtual devices, optionally only those with, or only those without, an owner."""
    wanted = request.get("AssignmentStatus", "Any")
    owners = {owner.unique_id: owner for owner in (account.root, *account.users.values())}
    return [
        Owned(owners.get(record.owner or ""), record)
        for record in account.mfa_records.values()
        if record.kind == VIRTUAL
        and wanted in ("Any", "Unassigned" if record.owner is None else "Assigned")
    ]


def _virtual(account: Account, request: Parameters) -> MfaRecord:
    record = find_device(account, request["SerialNumber"])
    if record.kind != VIRTUAL:
        raise InvalidInput("Only virtual MFA devices have tags.")  # likely
    return record


def _set_tags(account: Account, record: MfaRecord, tags: dict[str, str]) -> None:
    account.mfa_records[record.serial_number] = replace(record, tags=tags)


tag_operations("mfa", "MFADevice", _virtual, _set_tags)
