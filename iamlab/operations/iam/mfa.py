"""MFA devices: set up, enabled with two codes, deactivated, deleted.

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
from iamlab.operations.iam import common
from iamlab.operations.iam.mfa_device import MfaDevice
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner


def _created_device(device: MfaDevice) -> dict[str, Any]:
    """Write a new device; with a QR code for a phone if the phone's time is the world's."""
    can_be_scanned = device.account.world.clock.is_real
    return {
        "VirtualMFADevice": {
            "SerialNumber": device.serial_number,
            "Base32StringSeed": device.base32_string_seed.encode(),
            **common.filled(
                QRCodePNG=device.qr_code_png() if can_be_scanned else b"",
                Tags=common.write_tags(device.tags),
            ),
        }
    }


@operation("CreateVirtualMFADevice", on="mfa", answer=_created_device)
def create_virtual_mfa_device(account: Account, request: Parameters) -> MfaDevice:
    """Set up a phone; it has no owner until it is enabled."""
    name, path = request["VirtualMFADeviceName"], request.get("Path", "/")
    serial = common.iam_arn(account, f"mfa{path}{name}")
    if serial in account.mfa_records:
        raise EntityAlreadyExists("MFADevice entity at the same path and name already exists.")
    records = account.mfa_records.values()
    common.check_room(account, "VirtualMFADevices", sum(held.kind == VIRTUAL for held in records))
    tags, number = common.tags_in(request), account.world.ids.number()
    account.mfa_records[serial] = MfaRecord(serial, VIRTUAL, number, tags)
    return MfaDevice(account, serial, seed=seed_of(account.world, number))


def _to_enable(account: Account, user: CredentialOwner, request: Parameters) -> MfaRecord:
    """Find the device that is to be enabled. IAM learns only then of tokens and passkeys."""
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
    """Give a device an owner: two codes, one after the other, prove that it is at hand."""
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
    """Find a device that is somebody's."""
    for record in devices_of(user):
        if record.serial_number == serial_number:
            return record
    raise NoSuchEntity(f"MFA device {serial_number} is not enabled for {user.user_name}.")  # likely


@operation("ResyncMFADevice", on="user")
def resync_mfa_device(account: Account, request: Parameters) -> None:
    """Compare clocks with a device, by two codes; here they never differ."""
    user = common.holder_of(account, request)
    _check_codes(account, _own(user, request["SerialNumber"]), request)


@operation("DeactivateMFADevice", on="user")
def deactivate_mfa_device(account: Account, request: Parameters) -> None:
    """Take a device from its user; a virtual device stays, without an owner."""
    record = _own(common.holder_of(account, request), request["SerialNumber"])
    if record.kind == VIRTUAL:
        account.mfa_records[record.serial_number] = replace(record, owner=None, enable_date=None)
    else:
        del account.mfa_records[record.serial_number]


@operation("DeleteVirtualMFADevice", on="mfa")
def delete_virtual_mfa_device(account: Account, request: Parameters) -> None:
    """Delete a virtual device that has no owner."""
    record = find_device(account, request["SerialNumber"])
    if record.owner is not None:
        raise DeleteConflict("MFA VirtualDevice in use. Must deactivate first.")
    del account.mfa_records[record.serial_number]


def _write(user: CredentialOwner, record: MfaRecord) -> dict[str, Any]:
    return {"UserName": user.user_name, **common.fields(record, "SerialNumber", "EnableDate")}


@operation("ListMFADevices", on="user", answer=as_it_is)
def list_mfa_devices(account: Account, request: Parameters) -> dict[str, Any]:
    """List somebody's devices."""
    user = common.holder_of(account, request)
    return common.page("MFADevices", devices_of(user), request, lambda record: _write(user, record))


@operation("GetMFADevice", on="user", answer=as_it_is)
def get_mfa_device(account: Account, request: Parameters) -> dict[str, Any]:
    """Find a device of somebody."""
    user = common.holder_of(account, request)
    return _write(user, _own(user, request["SerialNumber"]))


@operation("ListVirtualMFADevices", on="mfa/", answer=as_it_is)
def list_virtual_mfa_devices(account: Account, request: Parameters) -> dict[str, Any]:
    """List the account's virtual devices: all, or those with or without an owner."""
    wanted = request.get("AssignmentStatus", "Any")
    found = [
        record
        for record in account.mfa_records.values()
        if record.kind == VIRTUAL
        and wanted in ("Any", "Unassigned" if record.owner is None else "Assigned")
    ]
    owners = {owner.unique_id: owner for owner in (account.root, *account.users.values())}

    def write(record: MfaRecord) -> dict[str, Any]:
        owner, known = owners.get(record.owner or ""), {}
        if owner is not None:
            known = {"User": common.write_owner(owner), "EnableDate": record.enable_date}
        return {"SerialNumber": record.serial_number, **known}

    return common.page("VirtualMFADevices", found, request, write)


def _virtual(account: Account, request: Parameters) -> MfaRecord:
    record = find_device(account, request["SerialNumber"])
    if record.kind != VIRTUAL:
        raise InvalidInput("Only virtual MFA devices have tags.")  # likely
    return record


def _set_tags(account: Account, record: MfaRecord, tags: dict[str, str]) -> None:
    account.mfa_records[record.serial_number] = replace(record, tags=tags)


common.tag_operations("mfa", "MFADevice", _virtual, _set_tags)
