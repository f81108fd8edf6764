"""Many (action, resource) pairs as bits of integers, and the sets of pairs that patterns match.

Each pair is a bit, so a set of pairs is a Python integer. ``&`` and ``|`` combine two sets,
thousands of pairs at a time.

The bits are in the order of the resources' names. So the pairs whose resource begins with some text
are next to each other, and ``arn:aws:s3:::star-maps/*`` is a range of ones that a binary search
finds. The rest of a pattern is matched with the resources in this range.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.engine.matching import ALSO_ON, action_matches, misplaced_variable
from iamlab.policy.arn import PARTS
from iamlab.policy.patterns import (
    LITERAL_QUESTION,
    LITERAL_STAR,
    glob_resource,
    is_action_pattern,
    literal,
)
from iamlab.policy.variables import has_variable, substitute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from iamlab.policy.statement import Statement

_WILD = ("*", "?", LITERAL_STAR, LITERAL_QUESTION)


def bits_at(places: Sequence[int]) -> int:
    """Make an integer with ones at these places, which must be in order.

    Examples
    --------
    >>> bin(bits_at([0, 3]))
    '0b1001'
    """
    if not places:
        return 0
    octets = bytearray(places[-1] // 8 + 1)
    for place in places:
        octets[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(octets, "little")


class PairBitsets:
    """Pairs of action and resource, with the set of pairs that each pattern matches.

    Parameters
    ----------
    pairs
        The pairs in any order; :meth:`in_order` restores this order.

    Examples
    --------
    >>> put, get = ("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:GetObject", "arn:aws:s3:::a/k")
    >>> pairs = PairBitsets([put, get])
    >>> bin(pairs.in_order(pairs.with_actions(["s3:Get*"])))
    '0b10'
    """

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        order = sorted(range(len(pairs)), key=lambda place: pairs[place][1])
        self.pairs = [pairs[place] for place in order]
        self.full = (1 << len(pairs)) - 1
        self._places = order
        self.resources: list[str] = []
        self._first: list[int] = []
        by_action: dict[str, list[int]] = {}
        for bit, (action, resource) in enumerate(self.pairs):
            if not self.resources or self.resources[-1] != resource:
                self.resources.append(resource)
                self._first.append(bit)
            by_action.setdefault(action.lower(), []).append(bit)
        self._first.append(len(pairs))
        self._by_action = {action: bits_at(places) for action, places in by_action.items()}
        self._actions: dict[str, int] = {"*": self.full}
        self._patterns: dict[str, int] = {"*": self.full}

    def in_order(self, bits: int) -> int:
        """Return a set with its bits in the original order of the pairs."""
        if not self.pairs:
            return 0
        digits = format(bits, f"0{len(self.pairs)}b")
        return int("".join(self._back(digits)), 2)

    @cached_property
    def _back(self) -> Callable[[str], tuple[str, ...]]:
        """Return a function that puts a set's digits, highest first, in the original order."""
        count = len(self._places)
        digit_of = {place: count - 1 - bit for bit, place in enumerate(self._places)}
        order = [digit_of[place] for place in reversed(range(count))]
        return itemgetter(*order) if count > 1 else tuple

    def of(self, resource: str) -> int:
        """Return the pairs with exactly this resource."""
        at = bisect_left(self.resources, resource)
        found = at < len(self.resources) and self.resources[at] == resource
        return self._run(at, at + 1) if found else 0

    def bits_of(self, resource: str) -> range:
        """Return the places of the pairs with exactly this resource."""
        at = bisect_left(self.resources, resource)
        return range(self._first[at], self._first[at + 1])

    def _run(self, start: int, stop: int) -> int:
        """Return the pairs of the resources between two places."""
        return (1 << self._first[stop]) - (1 << self._first[start])

    def with_actions(self, patterns: Iterable[str]) -> int:
        """Return the pairs whose action matches any of the patterns."""
        found = 0
        for pattern in patterns:
            bits = self._actions.get(pattern)
            if bits is None:
                bits = self._actions[pattern] = self._with_action(pattern)
            found |= bits
        return found

    def _with_action(self, pattern: str) -> int:
        if "*" not in pattern and "?" not in pattern:
            return self._by_action.get(pattern.lower(), 0) if pattern.isascii() else 0
        found = 0
        for action, bits in self._by_action.items():
            if action_matches(pattern, action):
                found |= bits
        return found

    def by_action(self, statement: Statement) -> int:
        """Return the pairs whose action matches the statement's Action or NotAction."""
        if statement.action is not None:
            return self.with_actions(statement.action)
        listed = statement.not_action
        if listed is None or not all(map(is_action_pattern, listed)):
            return 0
        return self.full & ~self.with_actions(listed)

    def by_resource(self, statement: Statement, value_of: Callable[[str], str | None]) -> int:
        """Return the pairs whose resource matches the statement's Resource or NotResource.

        Parameters
        ----------
        value_of
            Returns the value of a policy variable.
        """
        listed = statement.resource if statement.resource is not None else statement.not_resource
        if listed is None or misplaced_variable(statement) is not None:
            return 0
        found = 0
        for pattern in listed:
            if statement.variables and has_variable(pattern):
                found |= self._filled(pattern, statement, value_of)
            else:
                found |= self.like(pattern)
        return found if statement.resource is not None else self.full & ~found

    def _filled(
        self, pattern: str, statement: Statement, value_of: Callable[[str], str | None]
    ) -> int:
        """Return the pairs for a pattern with variables, like ``matching.resource_matches``."""
        filled = substitute(pattern, value_of, literal)
        if filled is None:
            by_logic = unsure.NOT_RESOURCE_WITH_UNKNOWN_VARIABLE_APPLIES
            return self.full if statement.resource is None and not by_logic else 0
        return self.like(filled)

    def like(self, pattern: str) -> int:
        """Return the pairs whose resource matches the pattern."""
        bits = self._patterns.get(pattern)
        if bits is None:
            bits = self._like(pattern)
            for action, names in ALSO_ON.items():
                if any(glob_resource(pattern, name) for name in names):
                    bits |= self._by_action.get(action, 0) & self.of("*")
            self._patterns[pattern] = bits
        return bits

    def _like(self, pattern: str) -> int:
        wild = min((at for sign in _WILD if (at := pattern.find(sign)) >= 0), default=len(pattern))
        if wild == len(pattern) and pattern.count(":") >= PARTS - 1:
            return self.of(pattern)
        prefix = pattern[:wild]
        start, stop = self._between(prefix)
        whole_parts = prefix.startswith("arn:") and prefix.count(":") >= PARTS - 1
        if whole_parts and pattern[wild:] == "*":
            return self._run(start, stop)
        found = 0
        for place in range(start, stop):
            if glob_resource(pattern, self.resources[place]):
                found |= self._run(place, place + 1)
        return found

    def _between(self, prefix: str) -> tuple[int, int]:
        """Find the first and the last place of the resources that begin with a text."""
        if not prefix:
            return 0, len(self.resources)
        # The range ends where texts with the next higher last character begin. The highest
        # character has no next one, so it is removed first.
        stem = prefix.rstrip(chr(sys.maxunicode))
        start = bisect_left(self.resources, prefix)
        if not stem:
            return start, len(self.resources)
        after = bisect_left(self.resources, stem[:-1] + chr(ord(stem[-1]) + 1))
        return start, after
