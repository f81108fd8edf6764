"""A control: one thing that an auditor asks, and what others call it.

What a control looks at: an account, the thresholds, and what is known of its credentials.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from iamlab.analysis.credential_report import credentials as facts

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.analysis.audit.audit import Thresholds
    from iamlab.analysis.credential_report.credentials import Credentials
    from iamlab.model.account import Account
    from iamlab.model.console_access import PasswordPolicy
    from iamlab.model.identities import Bounded, Identity, Role
    from iamlab.model.managed_policies import ManagedPolicy


CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL = (
    *("CRITICAL", "HIGH", "MEDIUM", "LOW"),
    "INFORMATIONAL",
)
SEVERITIES = (CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL)
"""The gravest first."""

Flaw = tuple[str, str, str]
"""Of whom or what (an ARN), what is wrong, how to mend it."""

Look = Callable[["Case"], Iterable[Flaw]]


def nobody_looks(_: Case) -> Iterable[Flaw]:
    """Look at nothing: a control that this world cannot answer."""
    return ()


@dataclass(frozen=True, slots=True)
class Control:
    """One thing that is asked of an account.

    Parameters
    ----------
    id
        iamlab's name for it.
    severity
        As Security Hub grades it; where it has no such control, iamlab's own judgement.
    cis_3, cis_5
        Its number in the CIS AWS Foundations Benchmark 3.0 and 5.0; empty if it is not there.
    security_hub
        Its numbers there.
    config_rule
        The rule of AWS Config that asks the same.
    look
        Looks at a case, and gives what is wrong.
    """

    id: str
    title: str
    severity: str
    cis_3: str = ""
    cis_5: str = ""
    security_hub: tuple[str, ...] = ()
    config_rule: str = ""
    look: Look = field(default=nobody_looks, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:  # a function inside of a function fits in no file
        from iamlab.analysis.audit.audit import control_of

        return control_of, (self.id,)

    @property
    def rank(self) -> int:
        """Where it stands among the severities: 0 is the gravest."""
        return SEVERITIES.index(self.severity)

    @property
    def is_own(self) -> bool:
        """Whether only iamlab asks it."""
        return not (self.cis_3 or self.cis_5 or self.security_hub or self.config_rule)

    @property
    def names(self) -> str:
        """What others call it: ``CIS 1.4 (3.0), 1.3 (5.0); Security Hub IAM.4``."""
        return names_of((self,))

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "id": self.id,
            "title": self.title,
            "severity": self.severity,
            "cis": {"3.0": self.cis_3 or None, "5.0": self.cis_5 or None},
            "securityHub": list(self.security_hub),
            "configRule": self.config_rule or None,
        }


def names_of(controls: Sequence[Control]) -> str:
    """Say what others call some controls; empty if nobody does."""
    cis = [
        f"{number} ({version})"
        for one in controls
        for version, number in (("3.0", one.cis_3), ("5.0", one.cis_5))
        if number
    ]
    hub = [number for one in controls for number in one.security_hub]
    rules = [one.config_rule for one in controls if one.config_rule and not one.security_hub]
    kinds = (("CIS", cis), ("Security Hub", hub), ("AWS Config", rules))
    return "; ".join(f"{kind} {', '.join(numbers)}" for kind, numbers in kinds if numbers)


class CannotTell(Exception):  # noqa: N818 - it is no error, it carries a reason to the report
    """Nothing here says whether it is so."""


@dataclass(frozen=True)
class Case:
    """One account under audit."""

    account: Account
    thresholds: Thresholds
    given: Sequence[Credentials] | None = None

    @cached_property
    def credentials(self) -> tuple[Credentials, ...]:
        """Everybody's credentials, the root user's first.

        Raises
        ------
        CannotTell
            The account comes from an export, and no credential report came with it.
        """
        if self.given is not None:
            return tuple(self.given)
        if not facts.are_known(self.account):
            raise CannotTell(facts.NOT_IN_EXPORTS)
        return facts.credentials_of(self.account)

    @property
    def root(self) -> Credentials:
        """The root user's credentials."""
        for one in self.credentials:
            if one.is_root:
                return one
        raise CannotTell("The credential report has no row of the root user.")

    @property
    def users(self) -> list[Credentials]:
        """The credentials of the users, without the root user."""
        return [one for one in self.credentials if not one.is_root]

    @property
    def password_policy(self) -> PasswordPolicy | None:
        """The account's password policy; ``None`` if it has none of its own."""
        if not facts.are_known(self.account):
            raise CannotTell("An export of account details does not hold the password policy.")
        return facts.password_policy(self.account)

    @cached_property
    def own_policies(self) -> list[ManagedPolicy]:
        """The account's own managed policies."""
        return facts.own_policies(self.account)

    @cached_property
    def bounded(self) -> list[Bounded]:
        """Users and roles: whoever can have a permissions boundary."""
        return [*self.account.users.values(), *self.account.roles.values()]

    @cached_property
    def identities(self) -> list[Identity]:
        """Users, groups and roles."""
        return [*self.account.users.values(), *self.account.groups.values(), *self.roles]

    @property
    def roles(self) -> list[Role]:
        """Roles."""
        return list(self.account.roles.values())

    @cached_property
    def attached(self) -> frozenset[str]:
        """The ARNs of the managed policies that somebody has."""
        return frozenset(arn for one in self.identities for arn in one.attached)

    @cached_property
    def bounding(self) -> frozenset[str]:
        """The ARNs of the managed policies that are somebody's boundary."""
        return frozenset(one.boundary for one in self.bounded if one.boundary)

    def days_since(self, moment: datetime) -> int:
        """Count the whole days between a moment and now."""
        return (self.account.world.clock.now - moment).days
