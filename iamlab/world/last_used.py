"""When credentials and roles were last used: values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LastUsed:
    """When a key was last used, and for what."""

    date: datetime
    service: str
    region: str


@dataclass(frozen=True, slots=True)
class RoleLastUsed:
    """When a role was last used, and where."""

    date: datetime
    region: str
