"""A document without what was not used: statements taken out, lists and wildcards made shorter.

What no event shows stays where it is named in so many words, such as ``iam:PassRole``. Deny
statements stay in any case.

Notes
-----
AWS pages: "IAM JSON policy elements: Action"; "IAM Access Analyzer unused access", on
recommendations for unused permissions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.analysis.least_privilege.excess import PERMISSION_ONLY
from iamlab.analysis.least_privilege.policy_holders import used_through
from iamlab.analysis.trails.actions import data_actions
from iamlab.policy import catalog
from iamlab.policy.document import Policy
from iamlab.policy.patterns import glob_ignoring_case
from iamlab.policy.writing import edited

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from iamlab.analysis.least_privilege.used_permissions import Pair
    from iamlab.policy.statement import Statement


@dataclass(frozen=True, slots=True)
class Sight:
    """What a log can show at all.

    Parameters
    ----------
    all_logged
        Whether it has every call, as that of a world has.
    data_services
        Services whose data events it has.
    """

    all_logged: bool
    data_services: frozenset[str] = frozenset()

    def shows(self, action: str) -> bool:
        """Say whether a use of this action would be seen.

        Examples
        --------
        >>> Sight(all_logged=True).shows("s3:GetObject"), Sight(False).shows("s3:GetObject")
        (True, False)
        """
        return action.lower() not in PERMISSION_ONLY and action.lower() not in self.dark

    @property
    def dark(self) -> frozenset[str]:
        """The actions, in lower case, whose data events the log has not."""
        return frozenset() if self.all_logged else _dark(self.data_services)


@lru_cache(maxsize=64)
def _dark(data_services: frozenset[str]) -> frozenset[str]:
    names = data_actions()
    return frozenset(one for one in names if one.partition(":")[0] not in data_services)


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A document with less in it.

    Parameters
    ----------
    policy
        ``None`` if nothing is left of it.
    lines
        What was done to it, statement by statement.
    """

    policy: Policy | None
    lines: tuple[str, ...]


def shrunk(
    policy: Policy, pairs: Iterable[Pair], sight: Sight, *, whole_services: bool = False
) -> Shrunk:
    """Take out of a document what was not used.

    Parameters
    ----------
    pairs
        What was allowed, of everybody who has the policy.
    whole_services
        Whether ``*`` gives way to ``s3:*`` and its like, not to single actions.

    Examples
    --------
    >>> from iamlab import Policy
    >>> less = shrunk(Policy.allow("s3:*"), [("s3:ListBucket", "*")], Sight(all_logged=True))
    >>> less.lines, less.policy.statements[0].action
    (('statement #1: s3:* becomes s3:ListBucket',), ('s3:ListBucket',))
    """
    known = list(pairs)
    changed: dict[int, Statement | None] = {}
    lines: list[str] = []
    for statement in policy.statements:
        if statement.effect == "Deny":
            continue
        used = used_through(statement, known)
        less, said = _less(statement, used, sight, whole_services=whole_services)
        if less != statement:
            changed[statement.number] = less
            lines.append(f"statement {statement.label}: {said}")
    if not changed:
        return Shrunk(policy, ())
    if all(changed.get(one.number, one) is None for one in policy.statements):
        return Shrunk(None, tuple(lines))
    return Shrunk(edited(_in_newest_version(policy), changed), tuple(lines))


def _in_newest_version(policy: Policy) -> Policy:
    """Give a document the version that IAM saves today, if it means the same in it."""
    if policy.version == "2012-10-17" or "${" in policy.text:
        return policy
    return Policy(policy.statements, "2012-10-17", policy.id, policy.name)


def _less(
    statement: Statement, used: set[str], sight: Sight, *, whole_services: bool
) -> tuple[Statement | None, str]:
    """Give what is left of a statement, and say it."""
    if statement.action is None:
        kept = _listed(used, whole_services=whole_services)
        if not kept:
            return None, _REMOVE
        less = replace(statement, action=kept, not_action=None)
        return less, f"everything but {_joined(statement.not_action or ())} becomes {_joined(kept)}"
    new: list[str] = []
    said: list[str] = []
    for pattern in statement.action:
        kept = _of_pattern(pattern, used, sight, whole_services=whole_services)
        new += kept
        if kept != (pattern,):
            said.append(f"{pattern} becomes {_joined(kept)}" if kept else f"{pattern} goes")
    if not new:
        return None, _REMOVE
    return replace(statement, action=tuple(dict.fromkeys(new))), "; ".join(said)


_REMOVE = "goes: nothing of it was used"


def _of_pattern(
    pattern: str, used: set[str], sight: Sight, *, whole_services: bool
) -> tuple[str, ...]:
    """Give what stands in the place of one value of Action."""
    mine = {action for action in used if glob_ignoring_case(pattern, action)}
    if "*" not in pattern and "?" not in pattern:
        return (pattern,) if mine or not sight.shows(pattern) else ()
    if pattern == "*":
        blind = {f"{name.partition(':')[0]}:*" for name in sight.dark}
        return _listed(mine, whole_services=whole_services, besides=blind)
    if any(glob_ignoring_case(pattern, name) for name in sight.dark):
        return (pattern,)  # the log is blind for some of it
    lower = {action.lower() for action in mine}
    if mine and lower.issuperset(name.lower() for name in catalog.expand(pattern)):
        return (pattern,)
    return _listed(mine, whole_services=False)


def _listed(
    actions: Collection[str], *, whole_services: bool, besides: Collection[str] = ()
) -> tuple[str, ...]:
    """List actions, or their services; and what stays besides, which may have some in it."""
    names = {_all_of(one) if whole_services else one for one in actions}
    kept = {one for one in names if _all_of(one) not in besides}
    return tuple(sorted(kept.union(besides)))


def _all_of(action: str) -> str:
    return f"{action.partition(':')[0].lower()}:*"


def _joined(names: Iterable[str]) -> str:
    every = list(names)
    if len(every) <= _SHOWN:
        return ", ".join(every)
    return f"{', '.join(every[:_SHOWN])} and {len(every) - _SHOWN} more"


_SHOWN = 8
