"""The edits that take away what is unused, as values: what to do, where, and whom else it touches.

Each edit is about one policy on one holder. An edit that touches others is only made where none of
them used what goes; a policy that some members of a group use and others do not is moved from the
group to those who use it.

Notes
-----
AWS pages: "Managed policies and inline policies"; "Versioning IAM policies"; "IAM Access Analyzer
unused access".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from iamlab.analysis.least_privilege.policy_sizes import MANAGED_LIMIT
from iamlab.analysis.least_privilege.shrinking import Shrunk, Sight, shrunk
from iamlab.model.identities import Group
from iamlab.policy.checks.sizes import size
from iamlab.policy.rules import INLINE_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from iamlab.analysis.least_privilege.policy_holders import Holding
    from iamlab.analysis.least_privilege.used_permissions import Pair
    from iamlab.model.identities import Bounded
    from iamlab.policy.document import Policy

    PairsOf = Callable[[Bounded], Iterable[Pair]]

Kind = Literal["detach", "delete", "edit", "replace", "move"]
_LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit.

    Parameters
    ----------
    kind
        ``"detach"`` a managed policy; ``"delete"`` an inline one; ``"edit"`` the document;
        ``"replace"`` a managed policy by one of your own with less in it; ``"move"`` a policy from
        a group to those members who use it.
    holder
        The ARN of the user, group or role on whom the policy hangs.
    policy, policy_arn
        Its name, and its ARN if it is a managed one.
    document
        What stands there then.
    lines
        What was done to the document, statement by statement.
    touches
        The ARNs of the users and roles who have the policy too; none of them used what goes.
    users
        Of a move: the ARNs of the members who use it.
    new_name
        Of a replacement: its name.
    """

    kind: Kind
    holder: str
    policy: str
    policy_arn: str | None
    document: Policy | None = None
    lines: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    new_name: str = ""

    @property
    def text(self) -> str:
        """What to do, as a sentence; the lines say the rest."""
        where = f"{self.policy} {{}} {_named(self.holder)}"
        if self.kind == "detach":
            said = f"Detach {where.format('from')}: nothing of it was used."
        elif self.kind == "delete":
            said = f"Delete inline policy {where.format('of')}: nothing of it was used."
        elif self.kind == "move":
            said = f"Move policy {where.format('from')} to {_names(self.users)}, who alone used it."
        elif self.kind == "replace":
            said = f"Replace {where.format('of')} by {self.new_name}, of your own."
        else:
            said = f"Change policy {where.format('of')}."
        return f"{said} It touches {_names(self.touches)} too." if self.touches else said

    def __str__(self) -> str:
        return "\n".join((self.text, *(f"  {line}" for line in self.lines)))


def edit_for(holding: Holding, pairs_of: PairsOf, sight: Sight) -> Edit | None:
    """Propose what to do with one policy on one holder; ``None``: it stays as it is.

    Parameters
    ----------
    pairs_of
        Gives what somebody was allowed.
    """
    mine, reaches = holding.holder, holding.reaches
    used = {one.arn: shrunk(holding.policy, pairs_of(one), sight) for one in reaches}
    if all(less.policy is None for less in used.values()):
        kind: Kind = "detach" if holding.arn else "delete"
        return _edit(kind, holding, touches=reaches)
    users = tuple(arn for arn, less in used.items() if less.policy is not None)
    if isinstance(mine, Group) and len(users) < len(reaches):
        return _edit("move", holding, users=users)
    own = bool(holding.arn) and (holding.is_aws_managed or holding.is_boundary)
    touched = reaches if own else holding.shared
    less = _fitting(holding, [pair for one in touched for pair in pairs_of(one)], sight)
    if less is None or not less.lines or less.policy is None:
        return None
    new_name = _new_name(holding) if own else ""
    return _edit(
        "replace" if own else "edit",
        holding,
        document=less.policy.named(new_name) if own else less.policy,
        lines=less.lines,
        touches=touched,
        new_name=new_name,
    )


def _edit(kind: Kind, holding: Holding, touches: Iterable[Bounded] = (), **more: object) -> Edit:
    """Make an edit; whoever holds the policy himself is not among those whom it touches too."""
    others = tuple(one.arn for one in touches if one is not holding.holder)
    return Edit(
        kind,
        holding.holder.arn,
        holding.name,
        holding.arn,
        touches=others,
        **more,  # type: ignore[arg-type]  # as Edit names them
    )


def _fitting(holding: Holding, pairs: list[Pair], sight: Sight) -> Shrunk | None:
    """Shrink a document; where the list of actions is larger than a policy may be, by services."""
    for whole_services in (False, True):
        less = shrunk(holding.policy, pairs, sight, whole_services=whole_services)
        if less.policy is None or size(less.policy) <= _room(holding):
            return less
    return None


def _room(holding: Holding) -> int:
    if holding.arn is not None:
        return MANAGED_LIMIT
    own = holding.holder.inline
    others = sum(size(one) for name, one in own.items() if name != holding.name)
    return INLINE_LIMITS[holding.holder.kind] - others


def _new_name(holding: Holding) -> str:
    """Name a policy after the one that it replaces and the one who has it."""
    taken = {one.name.lower() for one in holding.holder.account.policies.values()}
    return next(name for name in _names_like(holding) if name.lower() not in taken)


def _names_like(holding: Holding) -> Iterator[str]:
    base = f"{holding.name}-{holding.holder.kind}-{holding.holder.name}"[: _LONGEST_NAME - 5]
    yield base
    yield from (f"{base}-{number}" for number in range(2, 10_000))


def _named(arn: str) -> str:
    """Say who it is: ``user ana``."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    return f"{kind} {name.rpartition('/')[2]}"


def _names(arns: tuple[str, ...]) -> str:
    first = ", ".join(map(_named, arns[:_SHOWN]))
    return first if len(arns) <= _SHOWN else f"{first} and {len(arns) - _SHOWN} more"


_SHOWN = 5
