"""MFA devices: the phone that shows codes, the token, the passkey.

IAM keeps of a phone which seed it was given. Here the seed follows from the world's and a number,
so no secret is kept; only the device that creation returned shows codes, as only one phone does.

Notes
-----
AWS pages: "AWS Multi-factor authentication in IAM"; "Assign a virtual MFA device in the AWS
Management Console".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from iamlab.errors import NoSuchEntity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from iamlab.world.account import Account
    from iamlab.world.holder import Holder
    from iamlab.world.world import World

VIRTUAL, HARDWARE, PASSKEY = "virtual", "hardware", "passkey"
INTERVAL = timedelta(seconds=30)
"""How long a code is shown."""

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class MfaRecord:
    """What IAM keeps of an MFA device.

    Parameters
    ----------
    serial_number
        Of a virtual device and a passkey its ARN.
    kind
        ``virtual``, ``hardware`` or ``passkey``.
    number
        From which the seed of a virtual device follows.
    owner
        The unique id of the user whose it is, or the account's id: the root user's. ``None`` as
        long as it is not enabled.
    """

    serial_number: str
    kind: str
    number: int = field(default=0, repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None
    enable_date: datetime | None = None

    @property
    def arn(self) -> str:
        """What policies name it by."""
        return self.serial_number


def find_device(account: Account, serial_number: str) -> MfaRecord:
    """Find an MFA device.

    Raises
    ------
    NoSuchEntity
        There is none.
    """
    record = account.mfa_records.get(serial_number)
    if record is None:
        noun = "VirtualMFADevice" if ":mfa/" in serial_number else "MFADevice"
        raise NoSuchEntity(f"{noun} with serial number {serial_number} does not exist.")
    return record


def devices_of(user: Holder) -> list[MfaRecord]:
    """List the MFA devices that are somebody's."""
    return [one for one in user.account.mfa_records.values() if one.owner == user.unique_id]


def seed_of(world: World, number: int) -> str:
    """Tell the seed that the virtual device of a number was given."""
    return world.ids.hidden(f"mfa/{number}", _BASE32, 64)


def code_at(seed: str, moment: datetime) -> str:
    """Compute the code of a moment (RFC 6238)."""
    import pyotp

    return pyotp.TOTP(seed).at(moment)


def accepts(world: World, record: MfaRecord, code: str) -> bool:
    """Say whether a device shows a code now, or showed it just before, or will just after."""
    if record.kind != VIRTUAL:
        return False  # its codes are not computed here
    seed, now = seed_of(world, record.number), world.clock.now
    return any(code == code_at(seed, now + steps * INTERVAL) for steps in (-1, 0, 1))


def accepts_pair(world: World, record: MfaRecord, first: str, second: str) -> bool:
    """Say whether a device shows two codes one after the other, about now.

    A token's codes are known to its maker only: here any two that differ are taken.
    """
    if record.kind != VIRTUAL:
        return first != second
    seed, now = seed_of(world, record.number), world.clock.now
    shown = [code_at(seed, now + steps * INTERVAL) for steps in (-2, -1, 0, 1)]
    return (first, second) in pairwise(shown)
