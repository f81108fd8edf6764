"""A document without what was not used: statements taken out, lists and wildcards made shorter.

What no event shows stays if the policy names it explicitly, such as ``iam:PassRole``. Deny
statements always stay. In doubt a statement counts as used.

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
from iamlab.analysis.least_privilege.policy_sizes import can_be_requested
from iamlab.analysis.trails.actions import data_actions
from iamlab.policy import catalog
from iamlab.policy.call_permissions import PASS_ROLE
from iamlab.policy.document import Policy, edited
from iamlab.policy.patterns import glob_ignoring_case, glob_resource
from iamlab.policy.variables import substitute

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from iamlab.analysis.least_privilege.used_permissions import Pair, Usage
    from iamlab.policy.statement import Statement


@dataclass(frozen=True, slots=True)
class Visibility:
    """Which uses a log can show.

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
        """Return whether the log would show a use of this action.

        Examples
        --------
        >>> [Visibility(all_logged=every).shows("s3:GetObject") for every in (True, False)]
        [True, False]
        """
        return action.lower() not in PERMISSION_ONLY and action.lower() not in self.hidden

    @property
    def hidden(self) -> frozenset[str]:
        """The actions, in lower case, whose data events the log does not have."""
        return frozenset() if self.all_logged else _data_actions_without(self.data_services)


@lru_cache(maxsize=64)
def _data_actions_without(services: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in data_actions() if name.partition(":")[0] not in services)


@dataclass(frozen=True, slots=True)
class ShrunkPolicy:
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
    policy: Policy, pairs: Iterable[Pair], log: Visibility, *, whole_services: bool = False
) -> ShrunkPolicy:
    """Take out of a document what was not used.

    Parameters
    ----------
    pairs
        What was allowed, of all who have the policy.
    whole_services
        Whether services such as ``s3:*`` replace ``*``, instead of single actions.

    Examples
    --------
    >>> from iamlab import Policy
    >>> less = shrunk(Policy.allow("s3:*"), [("s3:ListBucket", "*")], Visibility(all_logged=True))
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
        less, text = _less(statement, used, log, whole_services=whole_services)
        if less != statement:
            changed[statement.number] = less
            lines.append(f"statement {statement.label}: {text}")
    if not changed:
        return ShrunkPolicy(policy, ())
    if all(changed.get(statement.number, statement) is None for statement in policy.statements):
        return ShrunkPolicy(None, tuple(lines))
    if policy.version != "2012-10-17" and "${" not in policy.text:  # it means the same
        policy = Policy(policy.statements, "2012-10-17", policy.id, policy.name)
    return ShrunkPolicy(edited(policy, changed), tuple(lines))


def _less(
    statement: Statement, used: set[str], log: Visibility, *, whole_services: bool
) -> tuple[Statement | None, str]:
    """Return what is left of a statement, and describe it."""
    if statement.action is None:
        kept = _listed(used, whole_services=whole_services)
        excepted = joined(statement.not_action or ())
        texts = [f"everything except {excepted} becomes {joined(kept)}"]
    else:
        kept = ()
        texts = []
        for pattern in statement.action:
            own = _less_of_pattern(pattern, used, log, whole_services=whole_services)
            kept += own
            if own != (pattern,):
                texts.append(f"{pattern} becomes {joined(own)}" if own else f"{pattern} goes")
    if not kept:
        return None, "goes: nothing of it was used"
    return replace(statement, action=tuple(dict.fromkeys(kept)), not_action=None), "; ".join(texts)


def _less_of_pattern(
    pattern: str, used: set[str], log: Visibility, *, whole_services: bool
) -> tuple[str, ...]:
    """Return what replaces one value of Action."""
    own = {action for action in used if glob_ignoring_case(pattern, action)}
    if "*" not in pattern and "?" not in pattern:
        return (pattern,) if own or not log.shows(pattern) else ()
    if pattern == "*":
        hidden = {f"{name.partition(':')[0]}:*" for name in log.hidden}
        return _listed(own, whole_services=whole_services, always=hidden)
    if any(glob_ignoring_case(pattern, name) for name in log.hidden):
        return (pattern,)  # the log does not show some of it
    lower = {action.lower() for action in own}
    if own and lower.issuperset(name.lower() for name in catalog.expand(pattern)):
        return (pattern,)
    return _listed(own, whole_services=False)


def _listed(
    actions: Collection[str], *, whole_services: bool, always: Collection[str] = ()
) -> tuple[str, ...]:
    """List actions, or their services; and the services that always stay, with their actions."""
    services = {name: f"{name.partition(':')[0].lower()}:*" for name in actions}
    others = (pair for pair in services.items() if pair[1] not in always)
    kept = {service if whole_services else name for name, service in others}
    return tuple(sorted(kept.union(always)))


def joined(names: Iterable[str], most: int = 8) -> str:
    """Name so many, and count the rest."""
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def pairs_to_keep(usage: Usage) -> dict[Pair, Mapping[str, str]]:
    """Return what a caller was allowed, and the passing of roles that his calls prove.

    Each pair has the condition keys that came with it, as far as they are known. Pairs without a
    valid action are left out; a resource that no request can name, or that no record says in full,
    may be any.
    """
    found: dict[Pair, Mapping[str, str]] = {
        (action, resource if tally.is_exact and can_be_requested((action, resource)) else "*"): {}
        for (action, resource), tally in usage.allowed.items()
        if can_be_requested((action, "*"))
    }
    for passed in usage.passed:
        role = "*" if passed.is_profile else passed.role
        found[PASS_ROLE, role] = {"iam:PassedToService": passed.service}
    return found


def used_through(statement: Statement, pairs: Iterable[Pair]) -> set[str]:
    """Return the actions of those pairs that a statement may have allowed.

    In doubt it may: conditions are taken as met, a variable as any text, and a resource that is
    not known as one that matches. So the actions that are kept are never too few.

    Examples
    --------
    >>> from iamlab import Policy
    >>> statement = Policy.allow("s3:Get*", "arn:aws:s3:::maps/*").statements[0]
    >>> used_through(statement, [("s3:GetObject", "arn:aws:s3:::maps/x"), ("s3:GetObject", "*")])
    {'s3:GetObject'}
    """
    matches: dict[str, bool] = {}
    found: set[str] = set()
    for action, resource in pairs:
        if action in found:
            continue
        if action not in matches:
            matches[action] = _matches_action(statement, action)
        if matches[action] and _may_match_resource(statement, resource):
            found.add(action)
    return found


def _matches_action(statement: Statement, action: str) -> bool:
    if statement.action is not None:
        return any(glob_ignoring_case(pattern, action) for pattern in statement.action)
    return not any(glob_ignoring_case(pattern, action) for pattern in statement.not_action or ())


def _may_match_resource(statement: Statement, resource: str) -> bool:
    if resource == "*":
        return True
    if statement.resource is not None:
        patterns = list(statement.resource)
        if statement.variables:  # a variable can be any text
            patterns = [substitute(text, lambda _: "*") or text for text in patterns]
        return any(glob_resource(pattern, resource) for pattern in patterns)
    spared = (pattern for pattern in statement.not_resource or () if "${" not in pattern)
    return not any(glob_resource(pattern, resource) for pattern in spared)
