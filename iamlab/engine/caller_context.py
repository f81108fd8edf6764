"""What many callers bring along: who has which value of a condition key?

Callers who have the same values of the keys that a test looks at pass it together, so it is asked
once for each value. Who has which is found when a key is first asked for, and kept.

With variables each caller may have a value of its own: thousands of user names. But what a variable
stands for must stand in the text that the pattern is to match, at a place that is known if no
wildcard comes before it. So one looks the other way round, which of the callers' values the text
has at that place, and only they are asked.

See ``engine/crowd.py`` for how the parts work together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from iamlab.engine.callers import members, numbers_in, united
from iamlab.engine.request import ANONYMOUS, Request
from iamlab.engine.statement_tests import keys_of
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.variables import keys_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.engine.callers import Members
    from iamlab.engine.request import ContextValue
    from iamlab.engine.statement_tests import Test, Tests
    from iamlab.policy.statement import Condition, Statement

Key = TypeVar("Key")
Value = TypeVar("Value")
Keys = tuple[str, ...]
Context = dict[str, tuple[str, ...]]
"""Condition keys in lower case, each with its values; of one that is not there, none."""
Values = tuple[tuple[str, ...], ...]
"""The values of some keys, in their order."""

NO_QUESTION = ("sts:GetCallerIdentity", "*", "000000000000")
"""What can be asked of everybody, where it does not matter what is asked."""

MOST = 4096
"""So many things of a kind are remembered; a stranger may ask for more."""

LONGEST = 2048
"""As long as an ARN may be. In a longer text no beginnings are looked up: they are too many."""


def probe(question: tuple[str, str, str], keys: Mapping[str, ContextValue]) -> Request:
    """Make a request for tests that look at nothing but the resource and some keys.

    Examples
    --------
    >>> probe(NO_QUESTION, {"aws:username": ("alice",)}).values("aws:username")
    ('alice',)
    """
    return Request(ANONYMOUS, *question, keys)


def opening(pattern: str) -> tuple[str, str] | None:
    """Give the plain text before a pattern's first variable, and the variable's key.

    ``None`` if a wildcard comes first, or if there is no variable that stands for a key.

    Examples
    --------
    >>> opening("arn:aws:s3:::home/${aws:UserName}/*"), opening("*/${aws:username}")
    (('arn:aws:s3:::home/', 'aws:username'), None)
    """
    before, _, rest = pattern.partition("${")
    keys = keys_in("${" + rest.partition("}")[0] + "}")
    return None if "*" in before or "?" in before or not keys else (before, keys[0].lower())


def keep(known: dict[Key, Value], key: Key, value: Value, most: int) -> Value:
    """Remember something, and first forget all else if that is too much."""
    if len(known) >= most:
        known.clear()
    known[key] = value
    return value


@dataclass(frozen=True, slots=True, eq=False)
class CallerQuestion:
    """A condition made ready: its test, and the keys that this looks at, in order."""

    condition: Condition
    test: Test
    keys: Keys


class CallerContext:
    """The condition keys of many callers.

    Parameters
    ----------
    contexts
        Those of each caller.

    Examples
    --------
    >>> brought = CallerContext([{"aws:username": (name,)} for name in ("ana", "ben", "ana")])
    >>> brought.alike(("aws:username",), within=0b111)
    {(('ana',),): (0, 2), (('ben',),): (1,)}
    """

    def __init__(self, contexts: Sequence[Context]) -> None:
        self._contexts = contexts
        self._there = {key for context in contexts for key in context}
        self._several = {
            key for context in contexts for key, values in context.items() if len(values) > 1
        }
        self._classes: dict[Keys, dict[Values, Members]] = {}
        self._asked: dict[tuple[Condition, bool], CallerQuestion] = {}
        self._passing: dict[CallerQuestion, int] = {}

    def asked(self, statement: Statement, tests: Tests) -> tuple[CallerQuestion, ...]:
        """Give the conditions of a statement, made ready; equal ones are the same thing."""
        found = []
        for condition, test, keys in zip(
            statement.conditions, tests, keys_of(statement)[1], strict=True
        ):
            name = (condition, statement.variables)
            known = self._asked.get(name)
            if known is None:
                made = CallerQuestion(condition, test, tuple(sorted(keys)))
                known = keep(self._asked, name, made, MOST)
            found.append(known)
        return tuple(found)

    def own(self, keys: Keys, over: Context) -> Keys:
        """Give those keys in which callers may differ, if others are laid over theirs."""
        return tuple([key for key in keys if key in self._there and key not in over])

    def alike(self, keys: Keys, within: int) -> Mapping[Values, Members]:
        """Part callers by the values of some keys.

        Those of ``within`` are all there; if that saves work, nobody else is.
        """
        classes = self._by_values(keys)
        if within.bit_count() >= len(classes):
            return classes
        return self._parted(keys, numbers_in(within))

    def passing(self, asked: CallerQuestion, within: int) -> int:
        """Give the callers, of those, who pass a condition that looks at their own keys alone."""
        known = self._passing.get(asked)
        if known is None:
            keys = self.own(asked.keys, {})
            classes = self.alike(keys, within)
            known = united(
                having
                for values, having in classes.items()
                if asked.test(probe(NO_QUESTION, dict(zip(keys, values, strict=True))))
            )
            if classes is self._by_values(keys):  # then everybody was asked
                keep(self._passing, asked, known, MOST)
        return known & within

    def narrowed(self, patterns: Iterable[str], text: str, own: Keys, within: int) -> int:
        """Give the callers, of those, whose values can make one of some patterns match a text.

        Rather too many than too few: those whose value the text has where the first variable is.
        """
        if len(text) > LONGEST:
            return within
        found = 0
        for pattern in patterns:
            opened = opening(pattern)
            if opened is None:
                return within
            before, key = opened
            if key not in own or key in self._several or is_multivalued(key):
                return within
            if text.startswith(before):
                found |= self._beginning(key, text[len(before) :])
        return found & within

    def _beginning(self, key: str, text: str) -> int:
        """Give the callers whose value a text begins with, and those who have none."""
        classes = self._by_values((key,))
        beginnings = (text[:length] for length in range(len(text) + 1))
        names = [((),), *(((beginning,),) for beginning in beginnings)]
        return united(classes[name] for name in names if name in classes)

    def _by_values(self, keys: Keys) -> dict[Values, Members]:
        """Put callers together that have the same values of some keys, once."""
        known = self._classes.get(keys)
        if known is None:
            everybody = range(len(self._contexts))
            known = keep(self._classes, keys, self._parted(keys, everybody), MOST)
        return known

    def _parted(self, keys: Keys, numbers: Iterable[int]) -> dict[Values, Members]:
        found: dict[Values, list[int]] = {}
        for number in numbers:
            context = self._contexts[number]
            values = tuple([context.get(key, ()) for key in keys])
            found.setdefault(values, []).append(number)
        return {values: members(having) for values, having in found.items()}
