"""Sample values of the condition keys that a caller chooses: how a call is made, not who makes it.

The caller chooses the address, the tags, the token and the time. Of all values one of each sort is
enough: values are of one sort if the same conditions hold with them. Values that only somebody
inside the zone of trust can have are left out, and times that are past.

Notes
-----
AWS pages: "AWS global condition context keys"; "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

from itertools import combinations, islice, product
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.external_access.zone_of_trust import OF_PLACES, filled_by
from iamlab.engine.request import MAX_TEXT, ContextValue
from iamlab.policy.condition_keys import OF_THE_CALL, global_key, is_multivalued
from iamlab.policy.conditions import OPERATORS, Comparison, holds
from iamlab.policy.document import Policy
from iamlab.policy.public import is_public
from iamlab.policy.samples import value_samples
from iamlab.policy.variables import keys_in

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.external_access.callers import Outsider
    from iamlab.analysis.external_access.shared_resource import ResourceAccess
    from iamlab.policy.statement import Statement

Values = tuple[str, ...] | None
"""The values of a condition key; ``None``: the request does not have the key."""

FEW_VALUES = 6
"""So many values of a key are combined to pairs."""

MOST = 400
"""So many combinations of values are tried at most for one caller and one resource."""

TIMES = ("aws:currenttime", "aws:epochtime")
"""The keys that have the time."""

SOME_TEXT = "one"
"""The value of a variable that the caller chooses."""


class ConditionTest(NamedTuple):
    """A condition, and the values that it accepts of a certain caller."""

    comparison: Comparison
    wanted: tuple[str | None, ...]

    def fits(self, key: str, values: Values) -> bool:
        """Return whether it holds with these values of its key."""
        many = is_multivalued(key) or len(values or ()) > 1
        return holds(self.comparison, self.wanted, values, multivalued=many)


class SampleContext(NamedTuple):
    """The condition keys that a caller chooses for one call.

    Parameters
    ----------
    values
        Condition keys with their values; ``None``: the request does not have the key.
    is_natural
        Whether a caller who does not know the policy would send them.
    is_anybodys
        Whether everybody could send them.
    """

    values: Mapping[str, Values]
    is_natural: bool
    is_anybodys: bool


class ContextSamples:
    """The values of condition keys with which some statements can be told apart.

    Parameters
    ----------
    statement
        The Allow in question: all its conditions must hold.
    limits
        The statements that may stop it.

    Attributes
    ----------
    is_complete
        Whether everything was tried that there is to try.
    """

    def __init__(
        self, statement: Statement, limits: Sequence[Statement], access: ResourceAccess
    ) -> None:
        self._statement, self._limits, self._access = statement, limits, access
        every = (statement, *limits)
        self._variables = dict.fromkeys(key for entry in every for key in _variables_of(entry))
        named = dict.fromkeys(key for entry in every for key in keys_of(entry))
        keys = (key for key in named if 0 < len(key) <= MAX_TEXT)
        self.keys = tuple(key for key in keys if not access.is_fixed(key))
        self._keys_of_allow = {condition.key.lower() for condition in statement.conditions}
        self._is_public = is_public(Policy((statement,)))
        self.is_complete = True

    def of(self, caller: Outsider) -> Iterator[SampleContext]:
        """Return what a caller can send, the most usual first; nothing if he is not let in."""
        own = {**self._access.context, **caller.lower_context}
        for key in filter(self._access.is_fixed, self._keys_of_allow):
            tests = self._tests(key, (self._statement,), own)
            if not all(test.fits(key, as_values(own.get(key))) for test in tests):
                return
        natural = {key: as_values(own.get(key)) for key in self.keys}
        options = [self._options(key, own, natural[key], caller) for key in self.keys]
        if not all(options):
            return
        combined = product(*options)
        for chosen in islice(combined, MOST):
            values = dict(zip(self.keys, chosen, strict=True))
            changed = {key for key in self.keys if values[key] != natural[key]}
            yield SampleContext(values, not changed, all(map(self._is_anybodys, changed)))
        if next(combined, None) is not None:
            self.is_complete = False

    def _options(
        self, key: str, own: Mapping[str, ContextValue], natural: Values, caller: Outsider
    ) -> tuple[Values, ...]:
        """Return values of a key with which the Allow's conditions hold, one of each sort."""
        required = list(self._tests(key, (self._statement,), own))
        others = list(self._tests(key, self._limits, own))
        found: dict[Hashable, Values] = {}
        can_choose = can_send(key, caller)
        candidates = self._values(key, (*required, *others), natural) if can_choose else (natural,)
        for values in candidates:
            if all(test.fits(key, values) for test in required):
                sort = tuple(test.fits(key, values) for test in others)
                found.setdefault((sort, values if key in self._variables else None), values)
        if not found and can_choose and key not in TIMES:
            self.is_complete = False  # a condition that no guess meets
        return tuple(found.values())

    def _values(self, key: str, tests: Sequence[ConditionTest], usual: Values) -> Iterator[Values]:
        yield usual
        yield None
        single = {SOME_TEXT: None} if key in self._variables else {}
        for comparison, wanted in tests:
            known = [value for value in wanted if value is not None]
            single |= dict.fromkeys(value_samples(comparison.name, known))
        possible = [value for value in single if self._is_outside(key, value)]
        yield from ((value,) for value in possible)
        if is_multivalued(key) or any(test.comparison.set_operator for test in tests):
            yield from combinations(possible[:FEW_VALUES], 2)

    def _is_outside(self, key: str, value: str) -> bool:
        """Return whether somebody outside can have this value, now or later."""
        if self._access.inside.has(key, value) or len(value) > MAX_TEXT:
            return False
        now = as_values(self._access.context.get(key)) if key in TIMES else None
        return now is None or holds(_NOT_BEFORE, now, (value,))

    def _is_anybodys(self, key: str) -> bool:
        """Return whether everybody could send the required value: not a certain network or id.

        The Allow's own conditions are a limit if they are one for S3, which has rules for this.
        """
        return key not in OF_PLACES or (key in self._keys_of_allow and self._is_public)

    def _tests(
        self, key: str, statements: Iterable[Statement], own: Mapping[str, ContextValue]
    ) -> Iterator[ConditionTest]:
        """Return what statements ask of a key, with their variables filled as far as possible."""

        def value_of(key: str) -> str | None:
            found = as_values(own.get(key.lower()))
            return found[0] if found else SOME_TEXT if key.lower() in self.keys else None

        return tests_of(key, statements, value_of)


_NOT_BEFORE = Comparison("DateGreaterThanEquals")


def tests_of(
    key: str, statements: Iterable[Statement], value_of: Callable[[str], str | None]
) -> Iterator[ConditionTest]:
    """Return the tests of a key in lower case, with the variables filled in their values."""
    for statement in statements:
        for condition in statement.conditions:
            if condition.key.lower() == key:
                wanted = filled_by(value_of, condition, statement)
                yield ConditionTest(condition.comparison, wanted)


def keys_of(statement: Statement) -> Iterator[str]:
    """Return the keys that a statement asks for, in conditions and by variables."""
    yield from (condition.key.lower() for condition in statement.conditions)
    yield from _variables_of(statement)


def _variables_of(statement: Statement) -> Iterator[str]:
    """Return the keys of its variables."""
    if statement.variables:
        texts = [*(statement.resource or ()), *(statement.not_resource or ())]
        for condition in statement.conditions:
            if OPERATORS[condition.comparison.name].variables:
                texts += condition.values
        yield from (key.lower() for text in texts for key in keys_in(text))


def as_values(value: ContextValue | None) -> Values:
    """Write a value of the context as the engine reads it.

    Examples
    --------
    >>> as_values(True), as_values(["a", "b"]), as_values("")
    (('true',), ('a', 'b'), None)
    """
    if value is None or value in ("", (), []):
        return None
    many = value if isinstance(value, list | tuple) else (value,)
    return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in many)


def can_send(key: str, caller: Outsider) -> bool:
    """Return whether a request of this caller may have such a key."""
    known = global_key(key)
    return caller.is_signed or known is None or known.present in OF_THE_CALL
