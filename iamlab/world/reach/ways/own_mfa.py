"""The way to the rights that depend on MFA: a code of one's own device, registered now if need be.

Whoever has a device already needs no permission for anything but a Deny not to stand in the way:
whatever his policies say under ``aws:MultiFactorAuthPresent`` he gains by signing in with it. The
session is one of GetSessionToken, which may call IAM because MFA was used, and of STS only little.

Notes
-----
AWS pages: "Secure API access with MFA"; "API CreateVirtualMFADevice"; "API EnableMFADevice"; "API
GetSessionToken".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.world.mfa import VIRTUAL, MfaRecord, devices_of
from iamlab.world.quotas import quota
from iamlab.world.reach.calls import Call, Need
from iamlab.world.reach.powers import with_mfa
from iamlab.world.reach.role_calls import MFA_CODE
from iamlab.world.reach.ways.finding import finds
from iamlab.world.reach.ways.own_calls import own_call, widened_by
from iamlab.world.reach.ways.own_conditions import depends_on
from iamlab.world.reach.ways.own_policies import is_detour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.world.identities import User
    from iamlab.world.reach.edges import Edge
    from iamlab.world.reach.standpoint import Standpoint
    from iamlab.world.reach.table import Way

MFA = "aws:multifactorauth"
"""How the keys begin that say whether MFA was used, and when."""

HAS_DEVICE = "the caller has the MFA device"
GET_SESSION_TOKEN = "sts:GetSessionToken"


@finds(29)
def use_mfa(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``GetSessionToken`` with a code, after ``EnableMFADevice`` if there is no device yet."""
    user = one.user
    change = with_mfa(one.world.clock)
    if user is None or change in one.power.changes or not depends_on(one, MFA):
        return
    if is_detour(one):
        return
    if not one.decider.decide(one.power, Need(GET_SESSION_TOKEN, "*", {})):
        return
    having = [record for record in devices_of(user) if record.kind == VIRTUAL]
    if having:
        signed = _sign_in(having[0].serial_number)
        yield widened_by(one, way, [change], [signed], HAS_DEVICE)
        return
    if len(devices_of(user)) < quota(one.account, "MFADevicesPerUser"):
        calls = _register(one, user)
        if calls:
            yield widened_by(one, way, [change], calls)


def _sign_in(serial_number: str) -> Call:
    given = {"SerialNumber": serial_number, "TokenCode": MFA_CODE}
    return Call(GET_SESSION_TOKEN, given, (Need(GET_SESSION_TOKEN, "*", {}),))


def _register(one: Standpoint, user: User) -> tuple[Call, ...]:
    """Give the calls that make a device, and make it the user's; none if the power may not."""
    name = _free_name(one.account.mfa_records, user.name)
    create = one.call("CreateVirtualMFADevice", VirtualMFADeviceName=name)
    serial = create.needs[0].resource
    codes = {"AuthenticationCode1": MFA_CODE, "AuthenticationCode2": MFA_CODE}
    enable = own_call(one, "EnableMFADevice", UserName=user.name, SerialNumber=serial, **codes)
    is_room = sum(each.kind == VIRTUAL for each in one.account.mfa_records.values()) < quota(
        one.account, "VirtualMFADevices"
    )
    if is_room and one.may(create) and one.may(enable):
        return (create, enable, _sign_in(serial))
    return ()


def _free_name(records: dict[str, MfaRecord], name: str) -> str:
    """Give a device the name of its user, as policies mostly want it, or one that is like it."""
    taken = {serial.rpartition("/")[2] for serial in records}
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free
