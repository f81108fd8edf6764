"""An account's numbers, its credential report, what grants a service; and a user at a glance.

``GetAccountSummary``, ``GenerateCredentialReport``, ``GetCredentialReport`` and
``ListPoliciesGrantingServiceAccess`` are operations. A user's summary is what the console's page
shows: never a secret.

Notes
-----
AWS pages: "IAM API Reference", of each operation; "IAM API Reference: GetAccountSummary", for the
names; "Generate credential reports for your AWS account"; "IAM and AWS STS quotas"; "Manage access
keys for IAM users"; "How IAM users sign in to AWS".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from iamlab.analysis import credential_report as held
from iamlab.analysis.credential_report import CredentialReport, Job
from iamlab.display import Shown, count
from iamlab.errors import (
    AwsError,
    InvalidInput,
    NoSuchEntity,
    ReportExpired,
    ReportInProgress,
    ReportNotPresent,
    RequestError,
    did_you_mean,
    noted,
)
from iamlab.model import managed_policies
from iamlab.model.credentials import devices_of
from iamlab.model.identities import with_groups
from iamlab.model.managed_policies import own_policies
from iamlab.operations.iam.common import page, quota
from iamlab.operations.registry import Parameters, as_it_is, operation
from iamlab.policy import catalog
from iamlab.policy.rules import INLINE_LIMITS
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.credentials import KeyRecord
    from iamlab.model.identities import Identity, User
    from iamlab.policy.document import Policy

_TABLES: dict[str, Any] = tables(__file__, "account_summary.toml")


@operation("GetAccountSummary", on="*", answer=lambda made: {"SummaryMap": dict(made.numbers)})
def get_account_summary(account: Account, _: Parameters) -> Summary:
    """Count what there is of each kind, and how many there may be."""
    unknown = () if held.are_known(account) else tuple(_TABLES["exports"]["lack"])
    every = ((name, *how.items()) for name, how in _TABLES["numbers"].items())
    found = {name: _FINDERS[how](account, of) for name, (how, of) in every if name not in unknown}
    return Summary(found, unknown)


# AWS's sentences for reports are likely, not sure: its pages give only their meaning.


@operation("GenerateCredentialReport", on="*", answer=as_it_is)
def generate_credential_report(account: Account, _: Parameters) -> dict[str, Any]:
    """Have a report made, unless there is one from the last four hours.

    It takes a while: the first call starts it, the second finds it in progress, the third complete;
    any later call also finds it complete.
    """
    now, job = account.world.clock.now, account.report_job
    if job is None or job.is_old(now):
        if not held.are_known(account):
            raise RequestError(held.NOT_IN_EXPORTS)
        report = CredentialReport.of(held.credentials_of(account), now)
        account.report_job = Job(report, now)
        what = "No report exists. Starting a new report generation task"
        return {"State": "STARTED", "Description": what}
    account.report_job = job = replace(job, asked=job.asked + 1)
    return {"State": "COMPLETE" if job.is_ready(now) else "INPROGRESS"}


def _report(report: CredentialReport) -> dict[str, Any]:
    return {
        "Content": report.csv.encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": report.generated_time,
    }


@operation("GetCredentialReport", on="*", answer=_report)
def get_credential_report(account: Account, _: Parameters) -> CredentialReport:
    """Fetch the report that was made."""
    now = account.world.clock.now
    job: Job | None = account.report_job
    if job is None:
        error: AwsError = ReportNotPresent("Credential report not present.")
        hint = "GenerateCredentialReport has one made."
    elif job.is_old(now):
        error = ReportExpired("Credential report expired.")
        hint = "A report is kept for four hours. GenerateCredentialReport has a new one made."
    elif not job.is_ready(now):
        error = ReportInProgress("Credential report is still being generated.")
        hint = "Call GenerateCredentialReport again until its State is COMPLETE."
    else:
        return job.report
    raise noted(error, hint)


@operation("ListPoliciesGrantingServiceAccess", on="identity", answer=as_it_is)
def list_policies_granting_service_access(account: Account, request: Parameters) -> dict[str, Any]:
    """List the policies of a user, group or role that grant services.

    Only what is attached to it counts, and only what is allowed: boundaries, policies of resources
    and organizations, and what is denied, are left out.
    """
    arn, services = request["Arn"], request["ServiceNamespaces"]
    identity = identity_with(account, arn, f"ARN {arn} is not found.")
    for service in services:
        check_namespace(service)
    return page(
        "PoliciesGrantingServiceAccess",
        services,
        request,
        lambda service: {
            "ServiceNamespace": service,
            "Policies": policies_granting(identity, service.lower()),
        },
    )


def identity_with(account: Account, arn: str, missing: str) -> Identity:
    """Find a user, a group or a role by its ARN.

    Raises
    ------
    NoSuchEntity
        The account has none with this ARN; ``missing`` is the message.
    """
    every = (*account.users.values(), *account.groups.values(), *account.roles.values())
    by_arn: dict[str, Identity] = {identity.arn: identity for identity in every}
    if arn not in by_arn:
        alike = [known for known, identity in by_arn.items() if f":{identity.kind}/" in arn]
        raise noted(NoSuchEntity(missing), did_you_mean(arn, alike or by_arn))
    return by_arn[arn]


def check_namespace(service: str) -> None:
    """Raise an error if there is no service with this prefix."""
    if not catalog.has(service):
        error = InvalidInput(f"Service namespace {service} is not valid.")
        raise noted(error, did_you_mean(service, catalog.services()))


def grants(policy: Policy, service: str) -> bool:
    """Return whether some statement of a policy allows some action of a service.

    Parameters
    ----------
    service
        Its prefix: ``"s3"``.

    Examples
    --------
    >>> from iamlab import Policy
    >>> readers = Policy.parse({"Statement": {"Effect": "Allow", "Action": "s3:Get*",
    ...     "Resource": "*"}})
    >>> grants(readers, "s3"), grants(readers, "sqs")
    (True, False)
    """
    return any(
        name.startswith(f"{service}:")
        for statement in policy.statements
        if statement.effect == "Allow"
        for name in catalog.matched(statement)
    )


def policies_granting(identity: Identity, service: str) -> list[dict[str, Any]]:
    """List the policies of an identity that grant a service, a user's groups included."""
    found: list[dict[str, Any]] = []
    for holder in with_groups(identity):
        of = {"EntityType": holder.kind.upper(), "EntityName": holder.name}
        found += (
            {"PolicyName": name, "PolicyType": "INLINE", **of}
            for name, policy in holder.inline.items()
            if grants(policy, service)
        )
        for arn in holder.attached:
            known = holder.account.policies.get(arn) or managed_policies.find(arn)
            if known is not None and grants(known.document, service):
                found.append({"PolicyName": known.name, "PolicyType": "MANAGED", "PolicyArn": arn})
    # A managed policy that is attached to several of them is one policy.
    return list({tuple(item.items()): item for item in found}.values())


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


def _instance_profiles(account: Account) -> int:
    """Count the instance profiles; those of a loaded account are known by their roles."""
    of_roles = {name for role in account.roles.values() for name in role.instance_profiles}
    return len(of_roles | set(account.instance_profiles))


_COUNTED: Mapping[str, Callable[[Account], int]] = {
    # The virtual ones, those that nobody uses included.
    "MFADevices": lambda account: sum(
        record.kind == held.VIRTUAL for record in account.mfa_records.values()
    ),
    "MFADevicesInUse": lambda account: sum(len(user.mfa) for user in held.credentials_of(account)),
    "AccountMFAEnabled": lambda account: bool(held.of_root(account).mfa),
    "AccountAccessKeysPresent": lambda account: bool(held.of_root(account).keys),
    "AccountPasswordPresent": lambda account: held.of_root(account).password is not None,
    "AccountSigningCertificatesPresent": lambda account: bool(held.of_root(account).certificates),
    "Policies": lambda account: len(own_policies(account)),
    "PolicyVersionsInUse": lambda account: sum(len(own.versions) for own in own_policies(account)),
    "GlobalEndpointTokenVersion": lambda account: account.global_endpoint_token_version,
    "InstanceProfiles": _instance_profiles,
    "Providers": lambda account: len(account.saml_providers) + len(account.oidc_providers),
}
_FINDERS: Mapping[str, Callable[[Account, Any], int]] = {
    "held": lambda account, name: len(getattr(account, name)),
    "quota": quota,
    "inline": lambda _, kind: INLINE_LIMITS[kind],
    "fixed": lambda _, number: int(number),
    "counted": lambda account, name: int(_COUNTED[name](account)),
}
"""How the numbers of ``account_summary.toml`` are found."""


@dataclass(frozen=True, slots=True)
class KeySummary:
    """An access key as the page shows it: never its secret."""

    access_key_id: str
    status: str
    age_days: int
    last_used: str

    def __str__(self) -> str:
        age = f"{count(self.age_days, 'day')} old"
        return f"{self.access_key_id}  {self.status}, {age}, last used: {self.last_used}"


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
        lines = (
            f"  {'' if number else title:<22}{value}"
            for title, values in rows
            for number, value in enumerate(values or ("none",))
        )
        return "\n".join([f"User {self.name}", *lines])


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
    for holder in with_groups(user):
        group = "" if holder is user else f" group {holder.name}"
        to, of = (f" to{group}", f" of{group}") if group else ("", "")
        yield from ((arn.rpartition("/")[2], f"attached{to}") for arn in holder.attached)
        yield from ((name, f"inline{of}") for name in holder.inline)


def _key(key_id: str, record: KeyRecord, now: datetime) -> KeySummary:
    used = record.last_used
    where = "" if used is None or used.region == "N/A" else f" in {used.region}"
    shown = "never" if used is None else f"{_day(used.date)}, {used.service}{where}"
    return KeySummary(key_id, record.status, (now - record.create_date).days, shown)


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else moment.strftime("%Y-%m-%d")
