"""The account in numbers: what there is of each kind, and how many there may be.

Notes
-----
AWS page: "IAM API Reference: GetAccountSummary", for the names; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.display import Shown
from iamlab.errors import RequestError, did_you_mean
from iamlab.policy.rules import INLINE_LIMITS
from iamlab.world import reports_facts as facts
from iamlab.world.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.world.account import Account


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
        told = ", ".join(f"{name} {self.numbers.get(name, '?')}" for name in kinds)
        return f"<Summary of {len(self.numbers)} numbers: {told}>"

    def __str__(self) -> str:
        lines = []
        for name, number in self.numbers.items():
            most = self.numbers.get(f"{name}Quota")
            if name.removesuffix("Quota") not in self.numbers or not name.endswith("Quota"):
                lines.append(f"{name}: {number}" + (f" of {most}" if most is not None else ""))
        return "\n".join([*lines, *(f"{name}: not in the file" for name in self.unknown)])


def summary_of(account: Account) -> Summary:
    """Count."""
    unknown = () if facts.are_known(account) else _OF_CREDENTIALS
    numbers = {name: count(account) for name, count in _NUMBERS.items() if name not in unknown}
    return Summary(numbers, tuple(unknown))


def _quota(name: str) -> Callable[[Account], int]:
    return lambda account: quota(account, name)


def _fixed(number: int) -> Callable[[Account], int]:
    return lambda _: number


def _versions(account: Account) -> int:
    return sum(len(policy.versions) for policy in facts.own_policies(account))


def _devices_in_use(account: Account) -> int:
    return sum(len(one.mfa) for one in facts.credentials_of(account))


_NUMBERS: dict[str, Callable[[Account], int]] = {
    "Users": lambda account: len(account.users),
    "UsersQuota": _quota("Users"),
    "Groups": lambda account: len(account.groups),
    "GroupsQuota": _quota("Groups"),
    "ServerCertificates": lambda account: len(facts.certificate_ends(account)),
    "ServerCertificatesQuota": _quota("ServerCertificates"),
    "UserPolicySizeQuota": _fixed(INLINE_LIMITS["user"]),
    "GroupPolicySizeQuota": _fixed(INLINE_LIMITS["group"]),
    "GroupsPerUserQuota": _quota("GroupsPerUser"),
    "SigningCertificatesPerUserQuota": _quota("CertificatesPerUser"),
    "AccessKeysPerUserQuota": _fixed(2),
    "MFADevices": facts.virtual_devices,
    "MFADevicesInUse": _devices_in_use,
    "AccountMFAEnabled": lambda account: int(bool(facts.of_root(account).mfa)),
    "AccountAccessKeysPresent": lambda account: int(bool(facts.of_root(account).keys)),
    "AccountPasswordPresent": lambda account: int(facts.of_root(account).password is not None),
    "AccountSigningCertificatesPresent": lambda account: int(
        bool(facts.of_root(account).certificates)
    ),
    "AttachedPoliciesPerGroupQuota": _quota("PoliciesPerGroup"),
    "AttachedPoliciesPerRoleQuota": _quota("PoliciesPerRole"),
    "AttachedPoliciesPerUserQuota": _quota("PoliciesPerUser"),
    "Policies": lambda account: len(facts.own_policies(account)),
    "PoliciesQuota": _quota("Policies"),
    "PolicySizeQuota": _fixed(6144),
    "PolicyVersionsInUse": _versions,
    "PolicyVersionsInUseQuota": _fixed(10_000),
    "VersionsPerPolicyQuota": _quota("VersionsPerPolicy"),
    "GlobalEndpointTokenVersion": facts.token_version,
    "AssumeRolePolicySizeQuota": _fixed(2048),
    "InstanceProfiles": facts.instance_profiles,
    "InstanceProfilesQuota": _quota("InstanceProfiles"),
    "Providers": facts.providers,
    "RolePolicySizeQuota": _fixed(INLINE_LIMITS["role"]),
    "Roles": lambda account: len(account.roles),
    "RolesQuota": _quota("Roles"),
}

_OF_CREDENTIALS = (
    *("ServerCertificates", "MFADevices", "MFADevicesInUse", "AccountMFAEnabled"),
    *("AccountAccessKeysPresent", "AccountPasswordPresent", "AccountSigningCertificatesPresent"),
    *("GlobalEndpointTokenVersion", "Providers"),
)
"""What an export of account details does not hold."""
