"""MFA devices: set up, enabled with two codes, taken away, deleted.

Notes
-----
AWS pages: "AWS Multi-factor authentication in IAM"; "Resynchronize virtual and hardware MFA
devices"; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    InvalidAuthenticationCode,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
)
from iamlab.model.credentials import (
    HARDWARE,
    PASSKEY,
    VIRTUAL,
    MfaRecord,
    accepts_pair,
    devices_of,
    find_device,
    seed_of,
)
from iamlab.model.quotas import quota
from iamlab.operations.iam import responses as answers
from iamlab.operations.iam.lookup import (
    answer,
    check_room,
    every_holder,
    holder_of,
    more_tags,
    tags_in,
)
from iamlab.operations.iam.mfa_device import MfaDevice
from iamlab.operations.iam.responses import page
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner


def _created(device: MfaDevice) -> dict[str, Any]:
    """Write a new device; with a QR code for a phone if the phone's time is the world's."""
    tags = answers.tags(device.tags)
    can_be_scanned = device.account.world.clock.is_real
    return {
        "VirtualMFADevice": {
            "SerialNumber": device.serial_number,
            "Base32StringSeed": device.base32_string_seed.encode(),
            **({"QRCodePNG": device.qr_code_png()} if can_be_scanned else {}),
            **({"Tags": tags} if tags else {}),
        }
    }


@operation("CreateVirtualMFADevice", on="mfa", answer=_created)
def create_virtual_mfa_device(account: Account, given: Parameters) -> MfaDevice:
    """Set up a phone; it is nobody's until it is enabled."""
    name, path = given["VirtualMFADeviceName"], given.get("Path", "/")
    serial = f"arn:{account.partition}:iam::{account.account_id}:mfa{path}{name}"
    if serial in account.mfa_records:
        raise EntityAlreadyExists("MFADevice entity at the same path and name already exists.")
    virtual = [one for one in account.mfa_records.values() if one.kind == VIRTUAL]
    check_room(account, "VirtualMFADevices", len(virtual))
    tags = tags_in(given)
    number = account.world.ids.number()
    account.mfa_records[serial] = MfaRecord(serial, VIRTUAL, number, tags)
    account.changed()
    return MfaDevice(account, serial, seed=seed_of(account.world, number))


def _to_enable(account: Account, user: CredentialOwner, given: Parameters) -> MfaRecord:
    """Find the device that is to be enabled. Tokens and passkeys are first heard of then."""
    if "PasskeyName" in given:  # the console registers it, so no codes are sent
        whose = f"user/{user.user_name}" if user.named else "root-account"
        start = f"arn:{account.partition}:iam::{account.account_id}:u2f/{whose}"
        number = account.world.ids.made + 1
        suffix = account.world.ids.hidden(f"u2f/{number}", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 26)
        return MfaRecord(f"{start}/{given['PasskeyName']}-{suffix}", PASSKEY, number)
    serial = given["SerialNumber"]
    if serial.startswith("arn:") or serial in account.mfa_records:
        return find_device(account, serial)
    return MfaRecord(serial, HARDWARE)


@operation("EnableMFADevice", on="user")
def enable_mfa_device(account: Account, given: Parameters) -> MfaRecord:
    """Make a device somebody's: two codes, one after the other, prove that it is at hand."""
    user = holder_of(account, given)
    record = _to_enable(account, user, given)
    if record.owner is not None:
        raise EntityAlreadyExists("MFA device is already in use.")  # likely
    most = quota(account, "MFADevicesPerUser")
    if len(devices_of(user)) >= most:
        raise LimitExceeded(f"Cannot exceed quota for MFADevicesPerUser: {most}")
    if record.kind != PASSKEY:
        _check_codes(account, record, given)
    else:
        account.world.ids.number()
    now = account.world.clock.now
    enabled = replace(record, owner=user.unique_id, enable_date=now)
    account.mfa_records[enabled.serial_number] = enabled
    account.changed()
    return enabled


def _check_codes(account: Account, record: MfaRecord, given: Parameters) -> None:
    codes = given["AuthenticationCode1"], given["AuthenticationCode2"]
    if not accepts_pair(account.world, record, *codes):
        raise InvalidAuthenticationCode("Authentication code for device is not valid.")  # likely


def _own(user: CredentialOwner, serial_number: str) -> MfaRecord:
    """Find a device that is somebody's."""
    for record in devices_of(user):
        if record.serial_number == serial_number:
            return record
    raise NoSuchEntity(f"MFA device {serial_number} is not enabled for {user.user_name}.")  # likely


@operation("ResyncMFADevice", on="user")
def resync_mfa_device(account: Account, given: Parameters) -> None:
    """Compare clocks with a device, by two codes; here they never differ."""
    _check_codes(account, _own(holder_of(account, given), given["SerialNumber"]), given)


@operation("DeactivateMFADevice", on="user")
def deactivate_mfa_device(account: Account, given: Parameters) -> None:
    """Take a device from its user; a virtual one stays, for nobody."""
    record = _own(holder_of(account, given), given["SerialNumber"])
    if record.kind == VIRTUAL:
        account.mfa_records[record.serial_number] = replace(record, owner=None, enable_date=None)
    else:
        del account.mfa_records[record.serial_number]
    account.changed()


@operation("DeleteVirtualMFADevice", on="mfa")
def delete_virtual_mfa_device(account: Account, given: Parameters) -> None:
    """Delete a virtual device that is nobody's."""
    record = find_device(account, given["SerialNumber"])
    if record.owner is not None:
        raise DeleteConflict("MFA VirtualDevice in use. Must deactivate first.")
    del account.mfa_records[record.serial_number]
    account.changed()


@operation("ListMFADevices", on="user", answer=as_it_is)
def list_mfa_devices(account: Account, given: Parameters) -> dict[str, Any]:
    """List somebody's devices."""
    user = holder_of(account, given)

    def write(record: MfaRecord) -> dict[str, Any]:
        return {
            "UserName": user.user_name,
            "SerialNumber": record.serial_number,
            "EnableDate": record.enable_date,
        }

    return page("MFADevices", devices_of(user), given, write)


@operation("ListVirtualMFADevices", on="mfa/", answer=as_it_is)
def list_virtual_mfa_devices(account: Account, given: Parameters) -> dict[str, Any]:
    """List the account's virtual devices, by whether they are somebody's."""
    wanted = given.get("AssignmentStatus", "Any")
    found = [
        record
        for record in account.mfa_records.values()
        if record.kind == VIRTUAL
        and wanted in ("Any", "Unassigned" if record.owner is None else "Assigned")
    ]
    owners = {one.unique_id: one for one in every_holder(account)}

    def write(record: MfaRecord) -> dict[str, Any]:
        owner = owners.get(record.owner or "")
        return {
            "SerialNumber": record.serial_number,
            **({"User": answer(owner), "EnableDate": record.enable_date} if owner else {}),
        }

    return page("VirtualMFADevices", found, given, write)


@operation("GetMFADevice", on="user", answer=as_it_is)
def get_mfa_device(account: Account, given: Parameters) -> dict[str, Any]:
    """Find a device of somebody."""
    user = holder_of(account, given)
    record = _own(user, given["SerialNumber"])
    return {
        "UserName": user.user_name,
        "SerialNumber": record.serial_number,
        "EnableDate": record.enable_date,
    }


def _virtual(account: Account, given: Parameters) -> MfaRecord:
    record = find_device(account, given["SerialNumber"])
    if record.kind != VIRTUAL:
        raise InvalidInput("Only virtual MFA devices have tags.")  # likely
    return record


@operation("TagMFADevice", on="mfa")
def tag_mfa_device(account: Account, given: Parameters) -> None:
    """Set tags of a virtual device."""
    record = _virtual(account, given)
    tags = more_tags(account, record.tags, tags_in(given))
    account.mfa_records[record.serial_number] = replace(record, tags=tags)
    account.changed()


@operation("UntagMFADevice", on="mfa")
def untag_mfa_device(account: Account, given: Parameters) -> None:
    """Take tags away; a key that is not there is no mistake."""
    record = _virtual(account, given)
    kept = {key: value for key, value in record.tags.items() if key not in given["TagKeys"]}
    account.mfa_records[record.serial_number] = replace(record, tags=kept)
    account.changed()


@operation("ListMFADeviceTags", on="mfa", answer=as_it_is)
def list_mfa_device_tags(account: Account, given: Parameters) -> dict[str, Any]:
    """List tags of a virtual device."""
    return page("Tags", answers.tags(dict(_virtual(account, given).tags)), given, dict)
