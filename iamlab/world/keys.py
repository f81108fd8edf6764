"""What is kept of access keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.errors import NoSuchEntity

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.world.has_credentials import HasCredentials
    from iamlab.world.last_used import LastUsed


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What IAM keeps of an access key.

    Parameters
    ----------
    status
        ``Active`` or ``Inactive``.
    last_used
        ``None`` if it never was.
    """

    access_key_id: str
    create_date: datetime
    status: str = "Active"
    last_used: LastUsed | None = None


def find_key(user: HasCredentials, access_key_id: str) -> KeyRecord:
    """Find a key of somebody.

    Raises
    ------
    NoSuchEntity
        It is unknown, or somebody else's.
    """
    record = user.key_records.get(access_key_id)
    if record is None:
        raise NoSuchEntity(f"The Access Key with id {access_key_id} cannot be found.")
    return record
