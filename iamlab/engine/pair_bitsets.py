"""Many (action, resource) pairs as bits of whole numbers: which of them does a pattern match?

Each pair is one bit. A set of pairs is then one Python integer, and "both" and "either" of two sets
are ``&`` and ``|``, thousands of pairs at a time.

The bits are in the order of the resources' names. So the pairs whose resource begins with some text
stand side by side, and the pattern ``arn:aws:s3:::star-maps/*`` is a run of ones between two places
that a binary search finds. What else a pattern may hold is tried on the resources of that run.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.engine.matching import action_matches, misplaced_variable
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
    """Make a whole number with ones at these places, which are in order.

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
    """PairBitsets of action and resource, and for each pattern the set of those that it matches.

    Parameters
    ----------
    pairs
        As they were given; :meth:`in_order` puts a set's bits back into this order.

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
        """Give a set with its bits in the order in which the pairs were given."""
        if not self.pairs:
            return 0
        digits = format(bits, f"0{len(self.pairs)}b")
        return int("".join(self._back(digits)), 2)

    @cached_property
    def _back(self) -> Callable[[str], tuple[str, ...]]:
        """Take the digits of a set, highest bit first, in the order of the given pairs."""
        count = len(self._places)
        digit_of = {given: count - 1 - bit for bit, given in enumerate(self._places)}
        order = [digit_of[given] for given in reversed(range(count))]
        return itemgetter(*order) if count > 1 else tuple

    def of(self, resource: str) -> int:
        """Give the pairs with this very resource."""
        at = bisect_left(self.resources, resource)
        there = at < len(self.resources) and self.resources[at] == resource
        return self._run(at, at + 1) if there else 0

    def bits_of(self, resource: str) -> range:
        """Give the places of the pairs with this very resource."""
        at = bisect_left(self.resources, resource)
        return range(self._first[at], self._first[at + 1])

    def _run(self, start: int, stop: int) -> int:
        """Give the pairs of the resources between two places."""
        return (1 << self._first[stop]) - (1 << self._first[start])

    def with_actions(self, patterns: Iterable[str]) -> int:
        """Give the pairs whose action one of the patterns matches."""
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
        """Give the pairs whose action fits the statement's Action or NotAction."""
        if statement.action is not None:
            return self.with_actions(statement.action)
        listed = statement.not_action
        if listed is None or not all(map(is_action_pattern, listed)):
            return 0
        return self.full & ~self.with_actions(listed)

    def by_resource(self, statement: Statement, value_of: Callable[[str], str | None]) -> int:
        """Give the pairs whose resource fits the statement's Resource or NotResource.

        Parameters
        ----------
        value_of
            What a policy variable stands for.
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
        """The same for a pattern with variables; see ``matching.resource_matches``."""
        filled = substitute(pattern, value_of, literal)
        if filled is None:
            by_logic = unsure.NOT_RESOURCE_WITH_UNKNOWN_VARIABLE_APPLIES
            return self.full if statement.resource is None and not by_logic else 0
        return self.like(filled)

    def like(self, pattern: str) -> int:
        """Give the pairs whose resource the pattern matches."""
        bits = self._patterns.get(pattern)
        if bits is None:
            bits = self._patterns[pattern] = self._like(pattern)
        return bits

    def _like(self, pattern: str) -> int:
        wild = min((at for one in _WILD if (at := pattern.find(one)) >= 0), default=len(pattern))
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
        # What begins with the prefix ends where what begins with the next character's begins. The
        # last of all characters has none; then the prefix without it says where.
        stem = prefix.rstrip(chr(sys.maxunicode))
        start = bisect_left(self.resources, prefix)
        if not stem:
            return start, len(self.resources)
        after = bisect_left(self.resources, stem[:-1] + chr(ord(stem[-1]) + 1))
        return start, after
