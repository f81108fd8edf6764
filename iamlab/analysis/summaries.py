"""Summaries: an account in numbers, and a user as the console's page shows one, without secrets.

Notes
-----
AWS pages: "IAM API Reference: GetAccountSummary", for the names; "IAM and AWS STS quotas"; "Manage
access keys for IAM users"; "How IAM users sign in to AWS".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.analysis import credential_report as account_credentials
from iamlab.analysis.credential_report import VIRTUAL, of_root
from iamlab.display import Shown
from iamlab.errors import RequestError, did_you_mean
from iamlab.model.credentials import devices_of
from iamlab.model.identities import with_groups
from iamlab.model.managed_policies import own_policies
from iamlab.model.quotas import quota
from iamlab.policy.rules import INLINE_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.credentials import KeyRecord
    from iamlab.model.identities import User


@dataclass(frozen=True, slots=True, repr=False)
class Summary(Shown):
    """The numbers of an account.

    Parameters
    ----------
    numbers
        By AWS's names, in the order of AWS's page.
    unknown
        The names of those that an export of account details cannot tell.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main")
    >>> _ = main.create_user("alice")
    >>> summary = main.summary()
    >>> summary["Users"], summary["UsersQuota"]
    (1, 5000)
    """

    numbers: Mapping[str, int]
    unknown: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> int:
        if name in self.unknown:
            raise RequestError(f"An export of account details does not tell {name}.")
        if name not in self.numbers:
            hint = did_you_mean(name, self.numbers)
            raise RequestError(f"An account summary has no number {name!r}. {hint}")
        return self.numbers[name]

    def __repr__(self) -> str:
        kinds = ("Users", "Groups", "Roles", "Policies")
        shown = ", ".join(f"{name} {self.numbers.get(name, '?')}" for name in kinds)
        return f"<Summary of {len(self.numbers)} numbers: {shown}>"

    def __str__(self) -> str:
        lines = []
        for name, number in self.numbers.items():
            most = self.numbers.get(f"{name}Quota")
            if name.removesuffix("Quota") not in self.numbers or not name.endswith("Quota"):
                lines.append(f"{name}: {number}" + (f" of {most}" if most is not None else ""))
        return "\n".join([*lines, *(f"{name}: not in the file" for name in self.unknown)])


def summary_of(account: Account) -> Summary:
    """Count what an account has; a quota is a name in the table of quotas, or a fixed number."""
    unknown = () if account_credentials.are_known(account) else _OF_CREDENTIALS
    numbers: dict[str, int] = {}
    for name, number in _NUMBERS.items():
        if name in unknown:
            continue
        if isinstance(number, str):
            numbers[name] = quota(account, number)
        else:
            numbers[name] = number if isinstance(number, int) else int(number(account))
    return Summary(numbers, tuple(unknown))


def _virtual_devices(account: Account) -> int:
    """Count the virtual MFA devices, those that nobody uses included."""
    return sum(one.kind == VIRTUAL for one in account.mfa_records.values())


def _devices_in_use(account: Account) -> int:
    return sum(len(one.mfa) for one in account_credentials.credentials_of(account))


def _instance_profiles(account: Account) -> int:
    """Count the instance profiles; those of a loaded account are known by their roles."""
    of_roles = {name for role in account.roles.values() for name in role.instance_profiles}
    return len(of_roles | set(account.instance_profiles))


def _providers(account: Account) -> int:
    return len(account.saml_providers) + len(account.oidc_providers)


def _versions(account: Account) -> int:
    return sum(len(policy.versions) for policy in own_policies(account))


_NUMBERS: dict[str, Callable[[Account], int] | str | int] = {
    "Users": lambda account: len(account.users),
    "UsersQuota": "Users",
    "Groups": lambda account: len(account.groups),
    "GroupsQuota": "Groups",
    "ServerCertificates": lambda account: len(account.server_certificates),
    "ServerCertificatesQuota": "ServerCertificates",
    "UserPolicySizeQuota": INLINE_LIMITS["user"],
    "GroupPolicySizeQuota": INLINE_LIMITS["group"],
    "GroupsPerUserQuota": "GroupsPerUser",
    "SigningCertificatesPerUserQuota": "CertificatesPerUser",
    "AccessKeysPerUserQuota": 2,
    "MFADevices": _virtual_devices,
    "MFADevicesInUse": _devices_in_use,
    "AccountMFAEnabled": lambda account: bool(of_root(account).mfa),
    "AccountAccessKeysPresent": lambda account: bool(of_root(account).keys),
    "AccountPasswordPresent": lambda account: of_root(account).password is not None,
    "AccountSigningCertificatesPresent": lambda account: bool(of_root(account).certificates),
    "AttachedPoliciesPerGroupQuota": "PoliciesPerGroup",
    "AttachedPoliciesPerRoleQuota": "PoliciesPerRole",
    "AttachedPoliciesPerUserQuota": "PoliciesPerUser",
    "Policies": lambda account: len(own_policies(account)),
    "PoliciesQuota": "Policies",
    "PolicySizeQuota": 6144,
    "PolicyVersionsInUse": _versions,
    "PolicyVersionsInUseQuota": 10_000,
    "VersionsPerPolicyQuota": "VersionsPerPolicy",
    "GlobalEndpointTokenVersion": lambda account: account.global_endpoint_token_version,
    "AssumeRolePolicySizeQuota": 2048,
    "InstanceProfiles": _instance_profiles,
    "InstanceProfilesQuota": "InstanceProfiles",
    "Providers": _providers,
    "RolePolicySizeQuota": INLINE_LIMITS["role"],
    "Roles": lambda account: len(account.roles),
    "RolesQuota": "Roles",
}

_OF_CREDENTIALS = (
    *("ServerCertificates", "MFADevices", "MFADevicesInUse", "AccountMFAEnabled"),
    *("AccountAccessKeysPresent", "AccountPasswordPresent", "AccountSigningCertificatesPresent"),
    *("GlobalEndpointTokenVersion", "Providers"),
)
"""What an export of account details does not hold."""


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
        Each with how it is attached: ``attached``, ``inline``, or through a group.
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
            ("policies", [f"{policy} ({how})" for policy, how in self.policies]),
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
    profile, now = user.login_profile, user.account.world.clock.now
    return UserSummary(
        user.name,
        user.arn,
        user.create_date,
        user.console_sign_in_url,
        profile.last_used if profile else None,
        tuple(device.serial_number for device in devices_of(user)),
        tuple(user.groups),
        tuple(_policies(user)),
        user.boundary,
        tuple(_key(key_id, record, now) for key_id, record in user.key_records.items()),
    )


def _policies(user: User) -> Iterator[tuple[str, str]]:
    """Name each policy that applies, and how it is attached."""
    for one in with_groups(user):
        attached, inline = "attached", "inline"
        if one is not user:
            attached, inline = f"attached to group {one.name}", f"inline of group {one.name}"
        yield from ((arn.rpartition("/")[2], attached) for arn in one.attached)
        yield from ((name, inline) for name in one.inline)


def _key(key_id: str, record: KeyRecord, now: datetime) -> KeySummary:
    used = record.last_used
    where = "" if used is None or used.region == "N/A" else f" in {used.region}"
    shown = "never" if used is None else f"{_day(used.date)}, {used.service}{where}"
    return KeySummary(key_id, record.status, (now - record.create_date).days, shown)


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else moment.strftime("%Y-%m-%d")
