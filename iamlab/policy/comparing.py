"""What changed between two policies in meaning, action by action, and what access is new.

The meaning is compared over the actions of the catalogue. For each action, a policy is split into
single grants and denials, each for one resource. A grant that a denial cancels is left out. Two
policies treat an action alike if each grant and denial of one is covered by one of the other.

Notes
-----
AWS pages: "Grammar of the IAM JSON policy language"; "Service Authorization Reference".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamlab.errors import RequestError
from iamlab.policy.catalog import expand, matched
from iamlab.policy.containing import (
    contains,
    has_variables,
    is_for_everybody,
    on_other_resources,
)
from iamlab.policy.covering import covers_action, covers_pairs, never_applies
from iamlab.policy.patterns import is_action_pattern
from iamlab.policy.text_difference import text_difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.policy.record import PolicyRecord
    from iamlab.policy.statement import Statement

    Numbers = tuple[int, ...]

    Parts = frozenset[Statement]


MOST_STATEMENTS = 1000
"""Policies with more aren't compared. AWS saves no policy that could hold so many."""

MOST_VALUES = 10_000
"""The limit for different values of Action and NotAction ..."""

MOST_OF_ALL_SERVICES = 100
"""... and for values such as ``*:Get*``: each is compared with all actions."""

MOST_COMPARISONS = 20_000_000
"""If there would be more, any difference in the text counts as a change."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between two policies; true if the meaning changed.

    Parameters
    ----------
    gained, lost
        Actions of the catalogue that only the policy after, or only the policy before, allows: an
        Allow matches them, and no Deny of the same policy takes all of it away.
    changed
        Other actions that are treated differently: other resources, conditions, principals or
        denials. In doubt, an action counts as changed.
    text
        What changed in the text, statement by statement: lines that begin with ``-`` are removed,
        those that begin with ``+`` are new.

    Examples
    --------
    >>> print(Difference(gained=("s3:GetObject", "s3:PutObject")))
    Gained: s3:GetObject and s3:PutObject. Lost: nothing. Changed: nothing.
    """

    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    text: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gained or self.lost or self.changed)

    def __str__(self) -> str:
        kinds = {"Gained": self.gained, "Lost": self.lost, "Changed": self.changed}
        return " ".join(f"{kind}: {_some(names)}." for kind, names in kinds.items())


def _some(names: Sequence[str]) -> str:
    if not names:
        return "nothing"
    if len(names) > 3:
        return f"{names[0]}, {names[1]} and {len(names) - 2} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def diff(before: PolicyRecord, after: PolicyRecord) -> Difference:
    """Return what changed between two policies.

    Actions that the catalogue doesn't have are compared as text only.

    Raises
    ------
    RequestError
        A policy is longer than any that AWS would save.

    Examples
    --------
    >>> from iamlab import Policy
    >>> found = diff(Policy.allow("s3:GetObject*"), Policy.allow(["s3:GetObject", "s3:PutObject"]))
    >>> found.gained, len(found.lost) > 5, found.changed
    (('s3:PutObject',), True, ())
    >>> found.text
    ('Statement #1:', '- Action: s3:GetObject*', '+ Action: s3:GetObject', '+ Action: s3:PutObject')
    """
    check_size(before)
    check_size(after)
    about = _about(before), _about(after)
    groups: dict[tuple[Numbers, Numbers], list[str]] = defaultdict(list)
    for action in about[0].keys() | about[1].keys():
        groups[tuple(about[0].get(action, ())), tuple(about[1].get(action, ()))].append(action)
    found: dict[str, list[str]] = {"gained": [], "lost": [], "changed": [], "": []}
    most = MOST_COMPARISONS // max(1, len(groups))
    for (ours, theirs), actions in groups.items():
        old, new = _parts(before, ours, most), _parts(after, theirs, most)
        found[_kind(old, new, most)] += actions
    gained, lost, changed, _ = (tuple(sorted(actions)) for actions in found.values())
    return Difference(gained, lost, changed, text_difference(before, after))


def check_size(policy: PolicyRecord) -> None:
    """Reject a policy that would take too long to compare.

    Raises
    ------
    RequestError
        It has far more statements or wildcards than any that AWS would save.
    """
    values = {
        value
        for statement in policy.statements
        for value in (*(statement.action or ()), *(statement.not_action or ()))
    }
    of_all_services = sum(value.startswith("*:") for value in values)
    for many, most, what in (
        (len(policy.statements), MOST_STATEMENTS, "statements"),
        (len(values), MOST_VALUES, "different actions"),
        (of_all_services, MOST_OF_ALL_SERVICES, "actions for all services, such as *:Get*"),
    ):
        if many > most:
            name = policy.name or "A policy"
            raise RequestError(f"{name} has {many} {what}. iamlab compares at most {most}.")


def _about(policy: PolicyRecord, unknown: Iterable[str] = ()) -> dict[str, list[int]]:
    """Return for each action the numbers of the statements that match it and have an effect.

    Parameters
    ----------
    unknown
        Actions that aren't in the catalogue.
    """
    about: dict[str, list[int]] = defaultdict(list)
    for statement in policy.statements:
        if not never_applies(statement):
            names = [
                name
                for name in unknown
                if any(covers_action(text, name) for text in statement.actions)
                is (statement.action is not None)
            ]
            for action in (*matched(statement), *names):
                about[action].append(statement.number)
    return about


def _parts(policy: PolicyRecord, numbers: Numbers, most: int) -> Parts:
    """Split statements about one action, and leave out what a Deny takes away."""
    parts = [part for number in numbers for part in _apart(policy.statements[number - 1])]
    denies = [part for part in parts if part.effect == "Deny"]
    total = [part for part in denies if _denies_all(part)]
    if total:
        return frozenset(total)
    allows = [part for part in parts if part.effect == "Allow"]
    if len(denies) * len(allows) <= most:
        allows = [part for part in allows if not any(contains(deny, part) for deny in denies)]
    return frozenset((*denies, *allows))


def _apart(statement: Statement) -> Iterator[Statement]:
    """Return a statement once for each of its resources, without Sid, number and actions."""
    bare = replace(statement, number=0, sid=None, action=("*",), not_action=None)
    for pattern in bare.resource if bare.resource is not None else (None,):
        part = bare if pattern is None else replace(bare, resource=(pattern,))
        # Without variables, the version of the document makes no difference.
        yield part if has_variables(part) else replace(part, variables=True)


def _denies_all(part: Statement) -> bool:
    everywhere = part.resource in (None, ("*",)) and not part.not_resource
    nobody_named = part.principal is None and part.not_principal is None
    return everywhere and not part.conditions and (nobody_named or is_for_everybody(part))


def _kind(before: Parts, after: Parts, most: int) -> str:
    """Return the kind of difference; none if the parts of each policy cover those of the other."""
    is_allowed, will_be = _allows(before), _allows(after)
    if is_allowed != will_be:
        return "gained" if will_be else "lost"
    if before == after:
        return ""
    few = len(before) * len(after) <= most
    return "" if few and _covered(before, after) and _covered(after, before) else "changed"


def _allows(parts: Parts) -> bool:
    return any(part.effect == "Allow" for part in parts)


def _covered(parts: Parts, by: Parts) -> bool:
    """Return whether each part is covered by one of the other policy."""
    return all(
        any(wide.effect == part.effect and contains(wide, part) for wide in by) for part in parts
    )


def new_access(
    before: PolicyRecord,
    after: PolicyRecord,
    actions: Iterable[str] = ("*",),
    resources: Iterable[str] = ("*",),
    *,
    named: bool = False,
) -> dict[Statement, list[Statement]]:
    """Return the Allow statements that may give access that another policy doesn't give.

    If nothing is found, no request has new access to the actions of the catalogue, or to those that
    the policies name.

    Parameters
    ----------
    actions, resources
        Patterns of the access in question.
    named
        Whether these are resource-based policies: only statements that name principals apply.

    Returns
    -------
    dict
        For each statement the parts that may: for some actions, on one resource.

    Raises
    ------
    RequestError
        A policy is longer than any that AWS would save.

    Examples
    --------
    >>> from iamlab import Policy
    >>> readers, writers = Policy.allow("s3:Get*"), Policy.allow(["s3:GetObject", "s3:PutObject"])
    >>> [[part]] = new_access(readers, writers).values()
    >>> part.action
    ('s3:PutObject',)
    """
    check_size(before)
    check_size(after)
    both, wanted = (before, after), list(actions)
    listed = [text for policy in both for each in policy.statements for text in each.actions]
    unknown = {
        text.replace("*", "x").replace("?", "x")
        for text in (*listed, *wanted)
        if is_action_pattern(text) and not expand(text)
    }
    old_about, new_about = (_about(policy, unknown) for policy in both)
    groups: dict[tuple[Numbers, Numbers], list[str]] = defaultdict(list)
    asked = {name for name in unknown if any(covers_action(text, name) for text in wanted)}
    for action in sorted(new_about.keys() & asked.union(*map(expand, wanted))):
        groups[tuple(old_about.get(action, ())), tuple(new_about[action])].append(action)
    found: dict[Statement, list[Statement]] = defaultdict(list)
    most = MOST_COMPARISONS // max(1, len(groups))
    for (ours, theirs), names in groups.items():
        old, new = (
            [
                (statement, part)
                for statement in (policy.statements[number - 1] for number in numbers)
                if (statement.principals is None) != named
                for part in _apart(statement)
            ]
            for policy, numbers in zip(both, (ours, theirs), strict=True)
        )
        allows, taken, spared = (
            [part for _, part in parts if part.effect == effect]
            for parts, effect in ((old, "Allow"), (old, "Deny"), (new, "Deny"))
        )
        for statement, part in new:
            for item in _on(resources, part) if part.effect == "Allow" else ():
                is_kept = _any(allows, item) and all(
                    on_other_resources(deny, item) or _any(spared, deny) for deny in taken
                )
                if len(old) * len(new) > most or not (is_kept or _any(spared, item)):
                    found[statement].append(replace(item, action=tuple(names)))
    return found


def _on(resources: Iterable[str], part: Statement) -> Iterator[Statement]:
    """Return a part once for each of the resources that it may be about, or as it is."""
    for pattern in resources:
        limit = replace(part, resource=(pattern,), not_resource=None)
        if pattern == "*" or covers_pairs(limit, part):
            yield part
        elif part.resources is None or not on_other_resources(part, limit):
            yield limit


def _any(statements: Iterable[Statement], part: Statement) -> bool:
    return any(contains(statement, part) for statement in statements)
