"""The policies of users, groups and roles, and who loses access if one is taken away there.

Notes
-----
AWS pages: "Managed policies and inline policies"; "IAM user groups"; "Using service-linked roles".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamlab.engine.edits import AWS_MANAGED
from iamlab.model.identities import Bounded, Group, Identity, User
from iamlab.model.managed_policies import document_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.model.account import Account
    from iamlab.policy.document import Policy

OF_SERVICES = ("/aws-service-role/", "/aws-reserved/")
"""Paths of roles whose policies a service keeps."""


@dataclass(frozen=True, slots=True)
class IdentityPolicy:
    """A policy of a user, group or role.

    Parameters
    ----------
    holder
        The user, group or role.
    arn
        Of a managed policy; inline policies have none.
    """

    holder: Identity
    name: str
    arn: str | None
    policy: Policy

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others."""
        return self.holder.arn, self.arn or self.name

    @property
    def is_aws_managed(self) -> bool:
        """Whether only AWS can change it."""
        return AWS_MANAGED in (self.arn or "")

    @property
    def applies_to(self) -> tuple[Bounded, ...]:
        """The users and roles who have it from this holder."""
        holder = self.holder
        if isinstance(holder, Group):
            return tuple(holder.users)
        return (holder,) if isinstance(holder, Bounded) else ()

    @property
    def document_applies_to(self) -> tuple[Bounded, ...]:
        """The users and roles for whom a change of the document counts, whatever the holder."""
        if self.arn is None or self.is_aws_managed:
            return self.applies_to
        holders = (one for one in _identities(self.holder.account) if self.arn in one.attached)
        found = (who for one in holders for who in replace(self, holder=one).applies_to)
        return tuple({who.arn: who for who in found}.values())

    @property
    def is_boundary(self) -> bool:
        """Whether it is the permissions boundary of a user or role."""
        account = self.holder.account
        bounded = (*account.users.values(), *account.roles.values())
        return any(one.boundary == self.arn for one in bounded if one.boundary)


def _identities(account: Account) -> Iterator[Identity]:
    yield from account.users.values()
    yield from account.groups.values()
    yield from account.roles.values()


def users_and_roles(accounts: Iterable[Account]) -> Iterator[Bounded]:
    """Give all users, and all roles whose policies their account keeps itself."""
    for account in accounts:
        yield from account.users.values()
        yield from (one for one in account.roles.values() if not one.path.startswith(OF_SERVICES))


def policies_of(bounded: Bounded) -> Iterator[IdentityPolicy]:
    """Give the policies of a user or role, and those of the user's groups."""
    groups = bounded.account.groups
    names = bounded.groups if isinstance(bounded, User) else ()
    for holder in (bounded, *(groups[name] for name in names if name in groups)):
        yield from policies_on(holder)


def policies_on(holder: Identity) -> Iterator[IdentityPolicy]:
    """Give the inline and attached policies of a user, group or role."""
    for name, policy in holder.inline.items():
        yield IdentityPolicy(holder, name, None, policy)
    for arn in holder.attached:
        document = document_of(holder.account, arn)
        if document is not None:
            yield IdentityPolicy(holder, arn.rpartition("/")[2], arn, document)
