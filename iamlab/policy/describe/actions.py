"""The Action and NotAction elements, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.policy.catalog import action, actions_of, expand, has, levels
from iamlab.policy.describe.words import called, joined, named
from iamlab.policy.patterns import is_action_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

FEW = 8
"""At most this number of names is listed; others are counted."""
LOOKED_UP = 500
"""The most patterns that are looked up in the catalogue: no policy that AWS saves has more."""


@dataclass(frozen=True, slots=True)
class SortedActions:
    """The values of an Action or NotAction element, sorted.

    Parameters
    ----------
    everything
        Whether one of them is a single star.
    services
        Prefixes for which every action matches.
    wild
        Other patterns with wildcards.
    exact
        Actions of the catalogue, in its spelling.
    unknown
        Values that match no action of the catalogue.
    void
        Values that aren't valid action patterns.
    """

    everything: bool
    services: tuple[str, ...]
    wild: tuple[str, ...]
    exact: tuple[str, ...]
    unknown: tuple[str, ...]
    void: tuple[str, ...]

    @property
    def fits_nothing(self) -> bool:
        """Whether no action can match."""
        return not (self.everything or self.services or self.wild or self.exact)


def sorted_out(patterns: Iterable[str]) -> SortedActions:
    """Sort the values of an element.

    Examples
    --------
    >>> found = sorted_out(("s3:*", "EC2:runinstances", "s3:GetObjects", "s3"))
    >>> found.services, found.exact, found.unknown, found.void
    (('s3',), ('ec2:RunInstances',), ('s3:GetObjects',), ('s3',))
    """
    names = ("everything", "services", "wild", "exact", "unknown", "void")
    sorts: dict[str, dict[str, None]] = {name: {} for name in names}
    for number, pattern in enumerate(dict.fromkeys(patterns)):
        sort, name = _sort(pattern, looked_up=number < LOOKED_UP)
        sorts[sort][name] = None
    found = {name: tuple(values) for name, values in sorts.items()}
    return SortedActions(bool(found.pop("everything")), **found)


def _sort(pattern: str, *, looked_up: bool) -> tuple[str, str]:
    if not is_action_pattern(pattern):
        return "void", pattern
    prefix, _, name = pattern.partition(":")
    if not pattern.isascii() or pattern == "*:":
        return "unknown", pattern
    if pattern == "*" or (prefix == "*" and name and not name.strip("*")):
        return "everything", "*"
    if name and not name.strip("*") and has(prefix):
        return "services", prefix.lower()
    if "*" in pattern or "?" in pattern:
        known = not looked_up or prefix == "*" or bool(expand(pattern))
        return ("wild" if known else "unknown"), pattern
    found = action(pattern)
    return ("exact", found.full_name) if found else ("unknown", pattern)


def of_services(prefixes: tuple[str, ...], noun: str = "action") -> str:
    """Name all actions of some services, in the singular or in the plural.

    Examples
    --------
    >>> of_services(("iam", "sts")), of_services(("iam", "sts"), "actions")
    ('every IAM and STS action', 'IAM and STS actions')
    """
    names = [called(prefix) or prefix for prefix in prefixes]
    left = len(names) - FEW
    if left > 1:
        return f"every action of {joined([*names[:FEW], f'{left} more services'])}"
    return f"{'every ' if noun == 'action' else ''}{joined(names)} {noun}"


def of_wildcards(
    patterns: tuple[str, ...], unfit: Callable[[Sequence[str]], Iterable[str]] = lambda _: ()
) -> str:
    """Name the actions that some patterns match, and count them as of today.

    Parameters
    ----------
    patterns
        Patterns with wildcards.
    unfit
        A function that lists those of some actions that can't match the statement's resources;
        they aren't counted.

    Examples
    --------
    >>> of_wildcards(("sqs:Get*",))
    'every sqs:Get* action (..., all Read)'
    """
    if len(patterns) == 1:
        return f"every {_counted(patterns[0], unfit, 'action ')}"
    named = [_counted(pattern, unfit) for pattern in patterns[:FEW]]
    left = len(patterns) - FEW
    if left > 1:
        return f"every action that matches {joined([*named, f'{left} more patterns'], 'or')}"
    named = [_counted(pattern, unfit) for pattern in patterns]
    return f"every action that matches {joined(named, 'or')}"


def _counted(pattern: str, unfit: Callable[[Sequence[str]], Iterable[str]], after: str = "") -> str:
    prefix = pattern.partition(":")[0]
    if prefix == "*":
        return f"{named(pattern)} {after}(of any service)"
    every = expand(pattern)
    left_out = set(unfit(every))
    names = tuple(name for name in every if name not in left_out)
    return f"{named(pattern)} {after}({len(names) or 'none'}{_level(prefix, names)})"


def _level(prefix: str, names: tuple[str, ...]) -> str:
    """Return the common access level of some actions, and whether they are all its actions."""
    found = levels(names)
    if len(found) != 1:
        return ""
    every = sum(known.level == found[0] for known in actions_of(prefix).values())
    if len(names) == every > 1:
        return f", every {found[0]} action"
    return f", all {found[0]}" if len(names) > 1 else f", {found[0]}"
