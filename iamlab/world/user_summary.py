"""What the console's page of a user shows, at a glance and without any secret.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "How IAM users sign in to AWS".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.display import Shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from iamlab.world.access_key import AccessKey
    from iamlab.world.identities import User


@dataclass(frozen=True, slots=True)
class KeySummary:
    """An access key as the page shows it: never its secret."""

    access_key_id: str
    status: str
    age_days: int
    last_used: str

    def __str__(self) -> str:
        days = "1 day" if self.age_days == 1 else f"{self.age_days} days"
        return f"{self.access_key_id}  {self.status}, {days} old, last used: {self.last_used}"


@dataclass(frozen=True, slots=True)
class UserSummary(Shown):
    """A user at a glance.

    Parameters
    ----------
    console_sign_in_url
        ``None`` for a user without a password, who cannot sign in.
    policies
        Each with the way it comes: ``attached``, ``inline``, or through a group.
    """

    name: str
    arn: str
    create_date: datetime | None
    console_sign_in_url: str | None
    last_sign_in: datetime | None
    mfa_devices: tuple[str, ...]
    groups: tuple[str, ...]
    policies: tuple[tuple[str, str], ...]
    boundary: str | None
    access_keys: tuple[KeySummary, ...]

    def __str__(self) -> str:
        rows = [
            ("ARN", [self.arn]),
            ("created", [_day(self.create_date)]),
            ("console sign-in link", [self.console_sign_in_url or "no console access"]),
            ("last sign-in", [_day(self.last_sign_in)]),
            ("MFA devices", self.mfa_devices),
            ("groups", self.groups),
            ("policies", [f"{policy} ({way})" for policy, way in self.policies]),
            ("boundary", [self.boundary] if self.boundary else []),
            ("access keys", [str(key) for key in self.access_keys]),
        ]
        lines = [f"User {self.name}"]
        for title, values in rows:
            for number, value in enumerate(values or ("none",)):
                lines.append(f"  {title if number == 0 else '':<22}{value}")
        return "\n".join(lines)


def summarise(user: User) -> UserSummary:
    """Write a user down at a glance.

    Examples
    --------
    >>> from iamlab import World
    >>> ana = World(seed=7).create_account("main", account_id="111111111111").create_user("ana")
    >>> ana.attach_policy("IAMReadOnlyAccess")
    >>> print(ana.summary())
    User ana
      ARN                   arn:aws:iam::111111111111:user/ana
      created               2026-11-25
      console sign-in link  no console access
      last sign-in          never
      MFA devices           none
      groups                none
      policies              IAMReadOnlyAccess (attached)
      boundary              none
      access keys           none
    """
    profile = user.login_profile
    return UserSummary(
        user.name,
        user.arn,
        user.create_date,
        user.console_sign_in_url,
        profile.last_used if profile else None,
        tuple(device.serial_number for device in user.mfa_devices),
        tuple(user.groups),
        tuple(_policies(user)),
        user.boundary,
        tuple(map(_key, user.access_keys)),
    )


def _policies(user: User) -> Iterator[tuple[str, str]]:
    """Name each policy that applies, with its way."""
    known = user.account.groups
    ways = [(user, "attached", "inline")] + [
        (known[name], f"attached to group {name}", f"inline of group {name}")
        for name in user.groups
        if name in known
    ]
    for identity, attached, inline in ways:
        yield from ((arn.rpartition("/")[2], attached) for arn in identity.attached)
        yield from ((name, inline) for name in identity.inline)


def _key(key: AccessKey) -> KeySummary:
    age = key.user.account.world.clock.now - key.create_date
    used = key.last_used
    where = "" if used is None or used.region == "N/A" else f" in {used.region}"
    shown = "never" if used is None else f"{_day(used.date)}, {used.service}{where}"
    return KeySummary(key.access_key_id, key.status, age.days, shown)


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else moment.strftime("%Y-%m-%d")
