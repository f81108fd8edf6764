"""Controls: what an auditor asks about an account, and the account that is audited.

``controls.csv`` lists every control: what CIS, Security Hub and AWS Config call it, how to meet it,
and for those that this world can't answer, why.

Notes
-----
AWS page: "Security Hub controls for AWS Identity and Access Management". The numbers are those of
the CIS AWS Foundations Benchmark, versions 3.0 and 5.0.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab.analysis import credential_report as account_credentials
from iamlab.deprecated import with_old_names
from iamlab.errors import RequestError, did_you_mean
from iamlab.model.managed_policies import own_policies

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from iamlab.analysis.credential_report import Credentials
    from iamlab.model.account import Account
    from iamlab.model.console_access import PasswordPolicy
    from iamlab.model.identities import Bounded, Group, Identity, Role, User
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.providers import ServerCertificate


SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL")
"""The most severe first."""

Flaw = tuple[str, str, str]
"""The ARN of the identity or policy, what is wrong, and how to fix it."""

Check = Callable[["AuditedAccount"], Iterable[Flaw]]


@with_old_names
@dataclass(frozen=True, slots=True)
class Control:
    """A control that an account must meet.

    Parameters
    ----------
    id
        iamlab's name for it.
    severity
        Security Hub's severity; iamlab's own judgement if Security Hub has no such control.
    cis_3, cis_5
        Its number in the CIS AWS Foundations Benchmark 3.0 and 5.0; empty if it isn't there.
    security_hub
        Its numbers in Security Hub.
    config_rule
        The AWS Config rule that checks the same.
    """

    id: str
    title: str
    severity: str
    cis_3: str = ""
    cis_5: str = ""
    security_hub: tuple[str, ...] = ()
    config_rule: str = ""

    @property
    def rank(self) -> int:
        """The place of its severity: 0 is the most severe."""
        return SEVERITIES.index(self.severity)

    @property
    def is_own(self) -> bool:
        """Whether only iamlab has this control."""
        return not (self.cis_3 or self.cis_5 or self.security_hub or self.config_rule)

    @property
    def names(self) -> str:
        """What others call it: ``CIS 1.4 (3.0), 1.3 (5.0); Security Hub IAM.4``."""
        return names_of((self,))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "id": self.id,
            "title": self.title,
            "severity": self.severity,
            "cis": {"3.0": self.cis_3 or None, "5.0": self.cis_5 or None},
            "securityHub": list(self.security_hub),
            "configRule": self.config_rule or None,
        }


@with_old_names
@dataclass(frozen=True, slots=True)
class Unanswered:
    """A control that this world can't answer, and the reason."""

    control: Control
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**self.control.to_dict(), "reason": self.reason}


def _rows() -> Iterator[tuple[Control, str, str]]:
    """Read each control, why this world can't answer it, and how to meet it."""
    text = Path(__file__).with_name("controls.csv").read_text("utf-8")
    _, *rows = csv.reader(text.splitlines())
    for name, title, severity, cis_3, cis_5, numbers, rule, reason, fix in rows:
        control = Control(name, title, severity, cis_3, cis_5, tuple(numbers.split()), rule)
        yield control, reason, fix


_ROWS = tuple(_rows())
_FIXES = {control.id: fix for control, _, fix in _ROWS}
CONTROLS = tuple(control for control, reason, _ in _ROWS if not reason)
NOT_MODELLED = tuple(Unanswered(control, reason) for control, reason, _ in _ROWS if reason)
"""Controls about identities that this world can't answer."""

CHECKS: dict[str, Check] = {}
"""The check of each control, by the control's id."""


def check(control: str, of: str) -> Callable[[Callable[..., Iterable[str]]], Any]:
    """Register the check of a control; it says for each subject what is wrong.

    Parameters
    ----------
    of
        The subjects: what :class:`AuditedAccount` calls them.
    """

    def register(flaws: Callable[..., Iterable[str]]) -> Callable[..., Iterable[str]]:
        CHECKS[control] = lambda audited: (
            (subject.arn, what, _FIXES[control])
            for subject in getattr(audited, of)
            for what in flaws(subject, audited)
        )
        return flaws

    return register


def names_of(controls: Sequence[Control]) -> str:
    """Return what others call some controls; empty if nobody does."""
    cis = [
        f"{number} ({version})"
        for control in controls
        for version, number in (("3.0", control.cis_3), ("5.0", control.cis_5))
        if number
    ]
    hub = [number for control in controls for number in control.security_hub]
    rules = [item.config_rule for item in controls if item.config_rule and not item.security_hub]
    kinds = (("CIS", cis), ("Security Hub", hub), ("AWS Config", rules))
    return "; ".join(f"{kind} {', '.join(numbers)}" for kind, numbers in kinds if numbers)


class CannotTell(Exception):  # noqa: N818 - it isn't an error: it carries a reason to the report
    """The account doesn't hold what the control asks for."""


@dataclass(frozen=True)
class AuditedAccount:
    """An account, the thresholds, and what is known of its credentials."""

    account: Account
    thresholds: Thresholds
    reported: Sequence[Credentials] | None = None

    @cached_property
    def credentials(self) -> tuple[Credentials, ...]:
        """Everybody's credentials, the root user's first.

        Raises
        ------
        CannotTell
            The account comes from an export without a credential report.
        """
        if self.reported is not None:
            return tuple(self.reported)
        self.check_is_known(account_credentials.NOT_IN_EXPORTS)
        return account_credentials.credentials_of(self.account)

    def check_is_known(self, reason: str) -> None:
        """Raise :class:`CannotTell` if the account comes from an export, which has no credentials.

        Parameters
        ----------
        reason
            What the export lacks.
        """
        if not account_credentials.are_known(self.account):
            raise CannotTell(reason)

    @property
    def roots(self) -> list[Credentials]:
        """The root user's credentials."""
        if found := [credential for credential in self.credentials if credential.is_root]:
            return found
        raise CannotTell("The credential report has no row of the root user.")

    @property
    def users(self) -> list[Credentials]:
        """The credentials of the users, without the root user."""
        return [credential for credential in self.credentials if not credential.is_root]

    @property
    def itself(self) -> list[AuditedAccount]:
        """The account, as the subject of what is wrong with the whole of it."""
        return [self]

    @property
    def arn(self) -> str:
        """What findings about the whole account call it."""
        return f"account {self.account.account_id}"

    @property
    def password_policy(self) -> PasswordPolicy | None:
        """The account's password policy; ``None`` if it has none of its own."""
        self.check_is_known("An export of account details does not hold the password policy.")
        return self.account.password_policy

    @property
    def certificates(self) -> list[ServerCertificate]:
        """The server certificates."""
        self.check_is_known("An export of account details holds no server certificates.")
        return list(self.account.server_certificates.values())

    @cached_property
    def own_policies(self) -> list[ManagedPolicy]:
        """The customer managed policies."""
        return own_policies(self.account)

    @property
    def granting_policies(self) -> list[ManagedPolicy]:
        """The customer managed policies without those that are boundaries only."""
        boundaries = self.bounding - self.attached
        return [policy for policy in self.own_policies if policy.arn not in boundaries]

    @cached_property
    def bounded(self) -> list[Bounded]:
        """Users and roles: the identities that can have a permissions boundary."""
        return [*self.iam_users, *self.roles]

    @cached_property
    def identities(self) -> list[Identity]:
        """Users, groups and roles."""
        return [*self.iam_users, *self.groups, *self.roles]

    @property
    def iam_users(self) -> list[User]:
        """The users."""
        return list(self.account.users.values())

    @property
    def groups(self) -> list[Group]:
        """The groups."""
        return list(self.account.groups.values())

    @cached_property
    def groups_with_members(self) -> frozenset[str]:
        """The names of the groups that have a member."""
        return frozenset(name for user in self.iam_users for name in user.groups)

    @property
    def roles(self) -> list[Role]:
        """The roles."""
        return list(self.account.roles.values())

    @cached_property
    def attached(self) -> frozenset[str]:
        """The ARNs of the managed policies that are attached to an identity."""
        return frozenset(arn for identity in self.identities for arn in identity.attached)

    @cached_property
    def bounding(self) -> frozenset[str]:
        """The ARNs of the managed policies that are an identity's permissions boundary."""
        return frozenset(principal.boundary for principal in self.bounded if principal.boundary)

    def days_since(self, moment: datetime) -> int:
        """Count the whole days between a moment and now."""
        return (self.account.world.clock.now - moment).days


@with_old_names
@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits of an audit.

    Parameters
    ----------
    key_age_days
        An active access key that is older must be replaced.
    unused_days
        A password or key that was not used for longer must go: 45 for CIS and IAM.22; IAM.8 asks
        the same with 90.
    active_keys
        How many active keys a user may have.
    password_length, password_reuse, password_age_days
        What the password policy must demand.
    required_tags
        Keys of tags that users and roles must have; none: at least one tag, of any key.
    """

    key_age_days: int = 90
    unused_days: int = 45
    active_keys: int = 1
    password_length: int = 14
    password_reuse: int = 24
    password_age_days: int = 90
    required_tags: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return them as JSON values."""
        return {**asdict(self), "required_tags": list(self.required_tags)}


def thresholds(limits: Mapping[str, object]) -> Thresholds:
    """Make thresholds of limits by name.

    Examples
    --------
    >>> thresholds({"key_age_days": 30}).key_age_days
    30
    """
    known = {field.name for field in fields(Thresholds)}
    taken: dict[str, Any] = {}
    for name, value in limits.items():
        if name not in known:
            raise RequestError(f"An audit has no threshold {name!r}. {did_you_mean(name, known)}")
        if name == "required_tags":
            if not isinstance(value, list | tuple):
                raise RequestError(f"required_tags is a list of keys, not {value!r}.")
            value = tuple(map(str, value))  # noqa: PLW2901 - as thresholds have it
        elif not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise RequestError(f"{name} is a number, 0 or more, not {value!r}.")
        taken[name] = value
    return Thresholds(**taken)
