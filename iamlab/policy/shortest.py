"""The fewest patterns that match some actions, and no others.

A set of actions is easiest to read in the form of a policy: ``s3:Get*``, ``sqs:*``, ``*``. A
pattern here ends with a star, after a whole word of the name. If two such patterns overlap, one
covers the other, so the widest pattern for each action gives the fewest patterns. The patterns of
the policy itself, such as ``s3:*Object``, are tried too.

Notes
-----
AWS page: "IAM JSON policy elements: Action".
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from iamlab.policy.catalog import expand, services

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from collections.abc import Set as AbstractSet

_WORD = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+|.")


def shortest(
    names: AbstractSet[str], written: Iterable[str] = (), others: AbstractSet[str] | None = None
) -> tuple[str, ...]:
    """Return patterns that match these actions of the catalogue, and no others.

    Parameters
    ----------
    names
        Full names, spelt as in the catalogue.
    written
        Patterns of a policy; each is used if it helps.
    others
        Actions that the patterns must not match. Default: all others of the catalogue.

    Examples
    --------
    >>> shortest(set(expand("sqs:*")) | {"s3:GetObject"})
    ('s3:GetObject', 'sqs:*')
    >>> shortest(set(expand("s3:GetObject*")), others={"s3:PutObject"})
    ('s3:Get*',)
    """
    if not names:
        return ()
    every = expand("*")
    if len(names) == len(every):
        return ("*",)
    inside = _by_service(names)
    outside = _by_service(_rest(inside, names) if others is None else others)
    listed = tuple(dict.fromkeys(written))
    return tuple(
        pattern
        for service in sorted(inside)
        for pattern in _of_service(service, inside[service], outside.get(service, ()), listed)
    )


def but_few(
    names: AbstractSet[str], others: AbstractSet[str] | None = None
) -> tuple[tuple[str, ...], ...] | None:
    """Return actions as "all except some", if this needs fewer patterns.

    Examples
    --------
    >>> but_few(set(expand("*")) - set(expand("iam:*")))
    (('*',), ('iam:*',))
    >>> but_few(set(expand("s3:*")) - {"s3:PutObject"})
    (('s3:*',), ('s3:PutObject',))
    """
    others = frozenset(expand("*")) - names if others is None else others
    few = {_service(name) for name in names}
    many = len(few) > len(services()) // 2
    left = others if many else {name for name in others if _service(name) in few}
    if not left:
        return None
    wide = ("*",) if many else tuple(f"{service}:*" for service in sorted(few))
    exempt = shortest(left, others=names)
    exact = shortest(names, others=others)
    return (wide, exempt) if len(wide) + len(exempt) < len(exact) else None


def _rest(services: Iterable[str], names: AbstractSet[str]) -> Iterator[str]:
    """Return the other actions of some services."""
    every = (name for service in services for name in expand(f"{service}:*"))
    return (name for name in every if name not in names)


def _service(name: str) -> str:
    return name.partition(":")[0]


def _by_service(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        found[_service(name)].append(name)
    return found


def _of_service(
    service: str, names: Collection[str], others: Collection[str], written: tuple[str, ...]
) -> list[str]:
    """Cover the actions of one service."""
    if len(names) == 1:
        return list(names)
    if not others:
        return [f"{service}:*"]
    by_prefix = _widest(names, {other.lower() for other in others})
    helpful = {pattern: fits for pattern in written if (fits := _fitting(pattern, names, others))}
    if not helpful:
        return sorted(by_prefix)
    greedy = _greedy({**by_prefix, **helpful}, set(names))
    return sorted(greedy if len(greedy) < len(by_prefix) else by_prefix)


def _widest(names: Iterable[str], others: AbstractSet[str]) -> dict[str, set[str]]:
    """Return the widest pattern for each action that matches no others, or the action's name."""
    taken = {other[:end] for other in others for end in range(len(other) + 1)}
    found: dict[str, set[str]] = defaultdict(set)
    for name in names:
        wide = next((start for start in _starts(name) if start.lower() not in taken), None)
        found[name if wide is None else f"{wide}*"].add(name)
    return {
        next(iter(covered)) if len(covered) == 1 else pattern: covered
        for pattern, covered in found.items()
    }


def _starts(name: str) -> Iterator[str]:
    """Return the beginnings of a name, each one word longer."""
    service, _, short = name.partition(":")
    start = f"{service}:"
    for word in _WORD.findall(short):
        start += word
        yield start


def _fitting(pattern: str, names: Collection[str], others: Collection[str]) -> set[str]:
    """Return the actions that a pattern covers; none if it also covers others."""
    covered = set(expand(pattern))
    return set() if covered.intersection(others) else covered.intersection(names)


def _greedy(patterns: dict[str, set[str]], left: set[str]) -> list[str]:
    """Choose patterns, each time the one that covers most of the remaining actions."""
    chosen = []
    while left:
        best = max(patterns, key=lambda text: (len(patterns[text] & left), -len(text), text))
        chosen.append(best)
        left = left - patterns[best]
    return chosen


def in_words(
    names: AbstractSet[str], written: Iterable[str] = (), others: AbstractSet[str] | None = None
) -> str:
    """Return a short text for actions.

    Examples
    --------
    >>> in_words(set(expand("*")))
    'everything'
    >>> in_words(set(expand("*")) - set(expand("iam:*")))
    'everything except iam:*'
    """
    from iamlab.policy.describe.words import briefly

    patterns = shortest(names, written, others)
    exempt: tuple[str, ...] = ()
    if len(patterns) > FEW and (found := but_few(names, others)):
        patterns, exempt = found
    words = "everything" if patterns == ("*",) else briefly(patterns, FEW, "actions or patterns")
    return f"{words} except {briefly(exempt, FEW, 'actions or patterns')}" if exempt else words


FEW = 5
"""At most this number of patterns is named; others are counted."""
