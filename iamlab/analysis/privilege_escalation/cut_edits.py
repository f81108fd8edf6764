"""Edits that close paths: small ones, as a person would make them, done by IAM's own operations.

Each takes something away: an action from a statement, a policy from an identity, a user from a
group, a principal from a trust policy; or it adds a Deny. So no edit opens a path, and what a set
of them breaks, a larger set breaks too.

Notes
-----
AWS pages: "Grant least privilege"; "Adding and removing IAM identity permissions"; "Update a role
trust policy".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.analysis.least_privilege.policy_edits import find_identity, perform_on, save_version
from iamlab.errors import RequestError
from iamlab.model.identities import Role
from iamlab.operations.parameters import as_text
from iamlab.policy.arn import Arn
from iamlab.policy.describe.principals import account_of
from iamlab.policy.document import Policy, edited

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.model.identities import Identity
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement


DENIED = "reach-cut"
"""What the inline policy is called that denies."""

NOUNS = {"Service": "the service", "Federated": "the identity provider"}
"""What the names of some types of principals are called; an ARN needs no noun."""


@dataclass(frozen=True, slots=True)
class TakeAction:
    """Remove an action pattern from an Allow.

    Parameters
    ----------
    holder
        Of an inline policy: the ARN of the user, group or role; empty of a managed policy.
    policy
        The inline policy's name, or the managed policy's ARN.
    number
        Which statement.
    pattern
        The pattern in the statement.
    """

    holder: str
    policy: str
    number: int
    pattern: str
    breadth: ClassVar[int] = 1

    def __str__(self) -> str:
        where = f"{self.policy} of {self.holder}" if self.holder else self.policy
        return f"Remove {self.pattern} from statement #{self.number} of {where}."


@dataclass(frozen=True, slots=True)
class Distrust:
    """Remove a principal from a role's trust policy."""

    role: str
    number: int
    principal: tuple[str, str]
    breadth: ClassVar[int] = 2

    def __str__(self) -> str:
        kind, name = self.principal
        account = account_of(name)
        text = f"the account {account}" if account else f"{NOUNS.get(kind, '')} {name}".lstrip()
        where = f"Principal of statement #{self.number} of the trust policy of {self.role}"
        return f"Remove {text} from {where}."


@dataclass(frozen=True, slots=True)
class Leave:
    """Remove a user from a group."""

    user: str
    group: str
    breadth: ClassVar[int] = 3

    def __str__(self) -> str:
        return f"Remove {self.user} from group {self.group}."


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
    """Make edits in a world, all of them against its policies as they are before."""
    every = tuple(edits)
    _edit_statements(world, every)
    denied: dict[str, list[str]] = defaultdict(list)
    for edit in every:
        match edit:
            case Leave(user, group):
                arn = Arn.parse(user)
                left = world.accounts[arn.account].groups[group]
                perform_on(left, "RemoveUserFromGroup", UserName=arn.name)
            case Detach(holder, policy):
                perform_on(find_identity(world, holder), "Detach{}Policy", PolicyArn=policy)
            case DenyAction(holder, action):
                denied[holder].append(action)
    for holder, actions in denied.items():
        identity, name = find_identity(world, holder), DENIED
        while name in identity.inline:
            name += "-"
        document = as_text(Policy.deny(sorted(actions)))
        perform_on(identity, "Put{}Policy", PolicyName=name, PolicyDocument=document)


def _edit_statements(world: World, every: Iterable[CutEdit]) -> None:
    of_actions: dict[tuple[str, str], Removed] = defaultdict(lambda: defaultdict(set))
    of_principals: dict[str, Removed] = defaultdict(lambda: defaultdict(set))
    for edit in every:
        match edit:
            case TakeAction(holder, policy, number, pattern):
                of_actions[holder, policy][number].add(pattern)
            case Distrust(role, number, principal):
                of_principals[role][number].add(principal)
    for (holder, policy), removed in of_actions.items():
        _take_actions(world, holder, policy, removed)
    for role, removed in of_principals.items():
        _distrust(find_identity(world, role), removed)


Removed = defaultdict[int, set[object]]
"""Number of a statement -> what is removed from it."""


def _take_actions(world: World, holder: str, policy: str, removed: Removed) -> None:
    if holder:
        identity = find_identity(world, holder)
        left = _without(identity.inline[policy], removed, "action")
        document = {"PolicyDocument": as_text(left)} if left.statements else {}
        name = "Put{}Policy" if document else "Delete{}Policy"
        perform_on(identity, name, PolicyName=policy, **document)
        return
    account = world.accounts[Arn.parse(policy).account]
    left = _without(account.policies[policy].document, removed, "action")
    if not left.statements:
        # A policy must have a statement: nobody needs one that allows nothing.
        held = (account.users, account.groups, account.roles)
        for identity in [each for every in held for each in every.values()]:
            if policy in identity.attached:
                perform_on(identity, "Detach{}Policy", PolicyArn=policy)
        return
    save_version(account, policy, left)


def _distrust(role: Identity, removed: Removed) -> None:
    if not isinstance(role, Role) or role.trust is None:
        return
    kept = _without(role.trust, removed, "principal")
    if not kept.statements:
        # A trust policy must have a statement: one that lets nobody in.
        kept = Policy.deny("sts:AssumeRole", None, principal=role.account.root_arn)
    perform_on(role, "UpdateAssumeRolePolicy", PolicyDocument=as_text(kept))


def _without(policy: Policy, removed: Removed, element: str) -> Policy:
    """Return a policy without some values of an element; a statement without any is gone.

    Raises
    ------
    RequestError
        A statement is not what the edit was made for: to shorten a Deny would open a path.
    """
    changed: dict[int, Statement | None] = {}
    for statement in policy.statements:
        gone, there = removed.get(statement.number), getattr(statement, element) or ()
        if gone:
            if statement.effect != "Allow" or not gone <= set(there):
                raise RequestError(f"statement {statement.label} is not what it was")
            left: Any = tuple(each for each in there if each not in gone)
            changed[statement.number] = replace(statement, **{element: left}) if left else None
    return edited(policy, changed)
