"""Edits that close ways: small ones, as a person would make them, done by IAM's own operations.

Each takes something away: an action from a statement, a policy from an identity, a user from a
group, a name from a trust policy; or it adds a Deny. So no edit opens a way, and what a set of them
breaks, a larger set breaks too.

Notes
-----
AWS pages: "Grant least privilege"; "Adding and removing IAM identity permissions"; "Update a role
trust policy".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from iamlab.errors import RequestError
from iamlab.policy.arn import Arn
from iamlab.policy.building import deny
from iamlab.policy.writing import edited

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.model.identities import Group, Role, User
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.world import World
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement


DENIED = "reach-cut"
"""What the inline policy is called that denies."""

MOST_VERSIONS = 5


@dataclass(frozen=True, slots=True)
class TakeAction:
    """Take an action pattern out of an Allow.

    Parameters
    ----------
    holder
        Of an inline policy: the ARN of the user, group or role; empty of a managed policy.
    policy
        The inline policy's name, or the managed policy's ARN.
    number
        Which statement.
    pattern
        As it stands there.
    """

    holder: str
    policy: str
    number: int
    pattern: str
    breadth: ClassVar[int] = 1

    def __str__(self) -> str:
        where = f"{self.policy} of {self.holder}" if self.holder else self.policy
        return f"Take {self.pattern} out of statement #{self.number} of {where}."


@dataclass(frozen=True, slots=True)
class Distrust:
    """Take a name out of a role's trust policy."""

    role: str
    number: int
    principal: tuple[str, str]
    breadth: ClassVar[int] = 2

    def __str__(self) -> str:
        kind, name = self.principal
        said = name if kind in ("", "*") else f"{kind} {name}"
        return f"Take {said} out of statement #{self.number} of the trust policy of {self.role}."


@dataclass(frozen=True, slots=True)
class Leave:
    """Take a user out of a group."""

    user: str
    group: str
    breadth: ClassVar[int] = 3

    def __str__(self) -> str:
        return f"Take {self.user} out of group {self.group}."


@dataclass(frozen=True, slots=True)
class Detach:
    """Detach a managed policy from a user, group or role."""

    holder: str
    policy: str
    breadth: ClassVar[int] = 3

    def __str__(self) -> str:
        return f"Detach {self.policy} from {self.holder}."


@dataclass(frozen=True, slots=True)
class DenyAction:
    """Deny a user or role an action, whatever allows it."""

    holder: str
    action: str
    breadth: ClassVar[int] = 4

    def __str__(self) -> str:
        return f"Deny {self.holder} {self.action}, in an inline policy {DENIED}."


CutEdit = TakeAction | Distrust | Leave | Detach | DenyAction


def apply(world: World, edits: Iterable[CutEdit]) -> None:
    """Make edits in a world, all of them against its policies as they stand before."""
    every = tuple(edits)
    for where, numbers in _by_statement(every, TakeAction).items():
        _take_actions(world, where, numbers)
    for role, statements in _names(every).items():
        _distrust(world.accounts[Arn.parse(role).account].roles[Arn.parse(role).name], statements)
    for edit in every:
        if isinstance(edit, Leave):
            arn = Arn.parse(edit.user)
            world.accounts[arn.account].groups[edit.group].remove_user(arn.name)
        elif isinstance(edit, Detach):
            _identity(world, edit.holder).detach_policy(edit.policy)
    denied: dict[str, list[str]] = defaultdict(list)
    for edit in every:
        if isinstance(edit, DenyAction):
            denied[edit.holder].append(edit.action)
    for holder, actions in denied.items():
        identity = _identity(world, holder)
        name = DENIED
        while name in identity.inline:
            name += "-"
        identity.put_policy(name, deny(sorted(actions)))


def _by_statement(
    edits: Iterable[CutEdit], kind: type[TakeAction]
) -> dict[tuple[str, str], dict[int, set[str]]]:
    found: dict[tuple[str, str], dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for edit in edits:
        if isinstance(edit, kind):
            found[edit.holder, edit.policy][edit.number].add(edit.pattern)
    return found


def _names(edits: Iterable[CutEdit]) -> dict[str, dict[int, set[tuple[str, str]]]]:
    found: dict[str, dict[int, set[tuple[str, str]]]] = defaultdict(lambda: defaultdict(set))
    for edit in edits:
        if isinstance(edit, Distrust):
            found[edit.role][edit.number].add(edit.principal)
    return found


def _take_actions(world: World, where: tuple[str, str], numbers: Mapping[int, set[str]]) -> None:
    holder, policy = where
    if holder:
        identity = _identity(world, holder)
        left = _without(identity.inline[policy], numbers)
        if left.statements:
            identity.put_policy(policy, left)
        else:
            identity.delete_policy(policy)
        return
    managed = _managed(world, policy)
    left = _without(managed.document, numbers)
    if not left.statements:
        # A policy must have a statement: nobody needs one that allows nothing.
        for one in _attached_to(world, policy):
            one.detach_policy(policy)
        return
    if len(managed.versions) >= MOST_VERSIONS:
        spare = next(one for one in managed.versions if one != managed.default_version_id)
        managed.delete_version(spare)
    managed.create_version(left, set_as_default=True)


def _without(policy: Policy, numbers: Mapping[int, set[str]]) -> Policy:
    """Give a policy without some actions; a statement without any is gone."""
    changed: dict[int, Statement | None] = {}
    for one in policy.statements:
        gone = numbers.get(one.number, set())
        if gone:
            _check(one, gone, one.action)
            left = tuple(pattern for pattern in one.action or () if pattern not in gone)
            changed[one.number] = replace(one, action=left) if left else None
    return edited(policy, changed)


def _check(statement: Statement, gone: Iterable[object], there: Iterable[object] | None) -> None:
    """Insist that an edit meets what it was made for: to shorten a Deny would open a way.

    Raises
    ------
    RequestError
        Something else stands there.
    """
    if statement.effect != "Allow" or not set(gone) <= set(there or ()):
        raise RequestError(f"statement {statement.label} is not what it was")


def _distrust(role: Role, numbers: Mapping[int, set[tuple[str, str]]]) -> None:
    trust = role.trust
    if trust is None:
        return
    changed: dict[int, Statement | None] = {}
    for one in trust.statements:
        gone = numbers.get(one.number, set())
        if gone:
            _check(one, gone, one.principal)
            left = tuple(each for each in one.principal or () if each not in gone)
            changed[one.number] = replace(one, principal=left) if left else None
    kept = edited(trust, changed)
    # A trust policy must have a statement: one that lets nobody in.
    role.update_assume_role_policy(kept if kept.statements else _nobody(role))


def _nobody(role: Role) -> Policy:
    whom = f"arn:{role.account.partition}:iam::{role.account.account_id}:root"
    return deny("sts:AssumeRole", None, principal=whom)


def _identity(world: World, arn: str) -> User | Group | Role:
    parsed = Arn.parse(arn)
    account = world.accounts[parsed.account]
    held: Mapping[str, Mapping[str, User | Group | Role]] = {
        "user": account.users,
        "group": account.groups,
        "role": account.roles,
    }
    found: User | Group | Role = held[parsed.kind][parsed.name]
    return found


def _managed(world: World, arn: str) -> ManagedPolicy:
    return world.accounts[Arn.parse(arn).account].policies[arn]


def _attached_to(world: World, arn: str) -> Iterator[User | Group | Role]:
    account = world.accounts[Arn.parse(arn).account]
    every: tuple[Mapping[str, User | Group | Role], ...]
    every = (account.users, account.groups, account.roles)
    for held in every:
        for one in held.values():
            if arn in one.attached:
                yield one
