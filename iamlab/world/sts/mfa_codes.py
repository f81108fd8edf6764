"""The code of an MFA device that is sent with a call.

Notes
-----
AWS pages: "Secure API access with MFA"; "API GetSessionToken"; "API AssumeRole". The sentences are
those that are seen in public.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import AccessDenied, AwsError
from iamlab.world.mfa import VIRTUAL, accepts, devices_of
from iamlab.world.presented import CredentialKind

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.world.holder import Holder
    from iamlab.world.sts.asked import Asked

_BOTH = "must provide both MFA serial number and one time pass code."
_WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code."
_NOT_HIS = (
    "unable to validate MFA code.  Please verify your MFA serial number is valid and associated "
    "with this user."
)


def check_mfa(asked: Asked) -> datetime | None:
    """Check the device and code that a call sends; say when they were shown, if any were.

    Raises
    ------
    AccessDenied
        One of them is missing, the device is not the caller's, or it does not show that code now.
    """
    serial, code = asked.given.get("SerialNumber"), asked.given.get("TokenCode")
    if serial is None and code is None:
        return None
    if serial is None or code is None:
        raise _failed(_BOTH)
    holder = _holder(asked)
    devices = [] if holder is None else devices_of(holder)
    device = next((one for one in devices if one.serial_number == serial), None)
    if device is None:
        raise _failed(_NOT_HIS)
    if device.kind != VIRTUAL:
        error = _failed(_NOT_HIS)
        error.add_note("Codes are sent of virtual devices; of a passkey there are none.")
        raise error
    if not accepts(asked.world, device, code):
        raise AccessDenied(_WRONG)
    return asked.world.clock.now


def _failed(why: str) -> AwsError:
    return AccessDenied(f"MultiFactorAuthentication failed, {why}")


def _holder(asked: Asked) -> Holder | None:
    """Give the user or root user who calls, perhaps with a session; a role has no devices."""
    if asked.who.kind not in (CredentialKind.LONG_TERM, CredentialKind.USER):
        return None
    if asked.is_root:
        return asked.account.root
    every = asked.account.users.values()
    return next((one for one in every if one.arn == asked.who.arn), None)
