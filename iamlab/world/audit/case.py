"""What a control looks at: an account, the thresholds, and what is known of its credentials."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from iamlab.world import reports_facts as facts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from iamlab.world.account import Account
    from iamlab.world.audit.thresholds import Thresholds
    from iamlab.world.identities import Bounded, Identity, Role
    from iamlab.world.passwords import PasswordPolicy
    from iamlab.world.policies import ManagedPolicy
    from iamlab.world.reports_facts import Credentials


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
