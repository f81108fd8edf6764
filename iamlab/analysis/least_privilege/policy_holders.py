"""Where policies hang, and whom it touches if one is taken away there.

Notes
-----
AWS pages: "Managed policies and inline policies"; "IAM user groups"; "Using service-linked roles".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.analysis.least_privilege.pass_role import PASS_ROLE
from iamlab.analysis.least_privilege.policy_sizes import is_text
from iamlab.authorization.attached_policies import document_of
from iamlab.engine.edits import AWS_MANAGED
from iamlab.model.identities import Bounded, Group, Identity, User
from iamlab.policy.patterns import glob_ignoring_case, glob_resource
from iamlab.policy.variables import substitute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.analysis.least_privilege.used_permissions import Pair, Usage
    from iamlab.model.account import Account
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

NOT_YOURS = ("/aws-service-role/", "/aws-reserved/")
"""Paths of roles whose policies a service keeps."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One policy on one user, group or role.

    Parameters
    ----------
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
        """Whether nobody but AWS can change it."""
        return AWS_MANAGED in (self.arn or "")

    @property
    def reaches(self) -> tuple[Bounded, ...]:
        """The users and roles who have it from there."""
        holder = self.holder
        if isinstance(holder, Group):
            return tuple(holder.users)
        return (holder,) if isinstance(holder, Bounded) else ()

    @property
    def shared(self) -> tuple[Bounded, ...]:
        """The users and roles whom a change of the document touches, wherever it hangs."""
        if self.arn is None or self.is_aws_managed:
            return self.reaches
        others = (one for one in identities(self.holder.account) if self.arn in one.attached)
        found = (
            who for one in others for who in Holding(one, self.name, self.arn, self.policy).reaches
        )
        return tuple({who.arn: who for who in found}.values())

    @property
    def is_boundary(self) -> bool:
        """Whether somebody has it as his permissions boundary."""
        account = self.holder.account
        every = (*account.users.values(), *account.roles.values())
        return any(one.boundary == self.arn for one in every if one.boundary)


def identities(account: Account) -> Iterator[Identity]:
    """Give all users, groups and roles of an account."""
    yield from account.users.values()
    yield from account.groups.values()
    yield from account.roles.values()


def principals(accounts: Iterable[Account]) -> Iterator[Bounded]:
    """Give all users, and all roles whose policies their account keeps itself."""
    for account in accounts:
        yield from account.users.values()
        yield from (one for one in account.roles.values() if not one.path.startswith(NOT_YOURS))


def holdings_of(one: Bounded) -> Iterator[Holding]:
    """Give the policies that somebody has: his own, and those of his groups."""
    known = one.account.groups
    groups = [known[name] for name in one.groups if name in known] if isinstance(one, User) else []
    for holder in (one, *groups):
        yield from held_by(holder)


def held_by(holder: Identity) -> Iterator[Holding]:
    """Give the policies that hang on a user, group or role."""
    for name, policy in holder.inline.items():
        yield Holding(holder, name, None, policy)
    for arn in holder.attached:
        document = document_of(holder.account, arn)
        if document is not None:
            yield Holding(holder, arn.rpartition("/")[2], arn, document)


def pairs_of(usage: Usage) -> dict[Pair, Mapping[str, str]]:
    """Give what somebody was allowed, and the passing of roles that his calls prove.

    Each pair has the condition keys that came with it, as far as they are known. What is no action
    no policy can have allowed; a resource that cannot be asked for, or that no record says in full,
    may be any.
    """
    found: dict[Pair, Mapping[str, str]] = {
        (action, resource if tally.is_exact and is_text((action, resource)) else "*"): {}
        for (action, resource), tally in usage.allowed.items()
        if is_text((action, "*"))
    }
    for passed in usage.passed:
        role = "*" if passed.is_profile else passed.role
        found[PASS_ROLE, role] = {"iam:PassedToService": passed.service}
    return found


def used_through(statement: Statement, pairs: Iterable[Pair]) -> set[str]:
    """Give the actions of those pairs that a statement may have allowed.

    In doubt it may: conditions are taken as met, a variable as any text, and a resource that is
    not known as one that fits. So what is kept on this ground is never too little.

    Examples
    --------
    >>> from iamlab import Policy
    >>> statement = Policy.allow("s3:Get*", "arn:aws:s3:::maps/*").statements[0]
    >>> used_through(statement, [("s3:GetObject", "arn:aws:s3:::maps/x"), ("s3:GetObject", "*")])
    {'s3:GetObject'}
    """
    known: dict[str, bool] = {}
    found: set[str] = set()
    for action, resource in pairs:
        if action in found:
            continue
        if action not in known:
            known[action] = names_action(statement, action)
        if known[action] and _names_resource(statement, resource):
            found.add(action)
    return found


def names_action(statement: Statement, action: str) -> bool:
    """Say whether a statement is about an action."""
    if statement.action is not None:
        return any(glob_ignoring_case(pattern, action) for pattern in statement.action)
    return not any(glob_ignoring_case(one, action) for one in statement.not_action or ())


def _names_resource(statement: Statement, resource: str) -> bool:
    if resource == "*":
        return True
    if statement.resource is not None:
        return any(glob_resource(_any(one, statement), resource) for one in statement.resource)
    spared = (one for one in statement.not_resource or () if "${" not in one)
    return not any(glob_resource(one, resource) for one in spared)


def _any(pattern: str, statement: Statement) -> str:
    """Let variables stand for any text."""
    if not statement.variables:
        return pattern
    found = substitute(pattern, lambda _: "*")
    return pattern if found is None else found
