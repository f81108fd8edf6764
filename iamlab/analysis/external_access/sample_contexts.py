"""What a caller can bring along: values of condition keys that say not who he is, but how he calls.

Whoever calls chooses his address, his tags, his token, the time. Of all values one for each sort is
enough: a sort are those with which the same conditions hold. Values that only somebody inside the
zone of trust can have are left out, and times that are past.

Notes
-----
AWS pages: "AWS global condition context keys"; "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

from itertools import combinations, islice, product
from typing import TYPE_CHECKING, NamedTuple

from iamlab.engine.request import MAX_TEXT
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import OPERATORS, Comparison, holds
from iamlab.policy.document import Policy
from iamlab.policy.global_keys import (
    AGENT,
    BROWSER,
    ENDPOINT,
    ENDPOINT_IN_ORGANIZATION,
    EVERY,
    NO_ENDPOINT,
    REQUEST_TAG,
    REQUEST_TAGS,
    RESOURCE_TAG,
    global_key,
)
from iamlab.policy.public import is_public
from iamlab.policy.samples import value_samples
from iamlab.policy.variables import keys_in, substitute

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.external_access.callers import Outsider
    from iamlab.analysis.external_access.inside_conditions import Inside
    from iamlab.engine.request import ContextValue
    from iamlab.policy.statement import Condition, Statement

    Values = tuple[str, ...] | None

OF_THE_CALL = frozenset(
    {
        *(AGENT, BROWSER, ENDPOINT, ENDPOINT_IN_ORGANIZATION, EVERY, NO_ENDPOINT),
        *(REQUEST_TAG, REQUEST_TAGS, RESOURCE_TAG),
    }
)
"""When a request may have a global key though nobody has signed it."""

FEW_VALUES = 6
"""So many values of a key are put together to pairs."""

MOST = 400
"""So many combinations of values are tried for one caller and one resource at most."""

TIMES = ("aws:currenttime", "aws:epochtime")
"""The keys that say what time it is."""

SOME_TEXT = "one"
"""What stands for a variable whose value the caller chooses."""

PLACES = frozenset(
    (
        *("aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:userid"),
        *("aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"),
        *("s3:dataaccesspointaccount", "s3:dataaccesspointarn", "aws:ec2instancesourcevpc"),
        "aws:ec2instancesourceprivateipv4",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    )
)
"""Keys whose values not everybody can have: networks, ids, access points."""


class Question(NamedTuple):
    """A condition, and the values that it wants of a certain caller."""

    comparison: Comparison
    wanted: tuple[str | None, ...]

    def fits(self, key: str, values: Values) -> bool:
        """Say whether it holds with these values of its key."""
        many = is_multivalued(key) or len(values or ()) > 1
        return holds(self.comparison, self.wanted, values, multivalued=many)


class Bringing(NamedTuple):
    """What a caller brings along in one call.

    Parameters
    ----------
    values
        Condition keys with their values; ``None``: the key is not there.
    is_natural
        Whether it is what a caller brings who knows nothing of the policy.
    is_anybodys
        Whether everybody could bring it.
    """

    values: Mapping[str, Values]
    is_natural: bool
    is_anybodys: bool


class Samples:
    """The values of condition keys with which some statements can be told apart.

    Parameters
    ----------
    statement
        The Allow that is asked about: all its conditions must hold.
    others
        The statements that may stop it.
    is_fixed
        Whether a condition key, in lower case, is one that no caller chooses.
    base
        What a request has anyway, by keys in lower case.

    Attributes
    ----------
    is_complete
        Whether all was tried that there is to try.
    """

    def __init__(
        self,
        statement: Statement,
        others: Iterable[Statement],
        is_fixed: Callable[[str], bool],
        base: Mapping[str, ContextValue],
        inside: Inside,
    ) -> None:
        self._statement = statement
        self._others = tuple(others)
        self._base = base
        self._inside = inside
        every = (statement, *self._others)
        asked = dict.fromkeys(key for one in every for key in _keys_of(one))
        self.keys = tuple(key for key in asked if 0 < len(key) <= MAX_TEXT and not is_fixed(key))
        self._settled = tuple(
            condition for condition in statement.conditions if is_fixed(condition.key.lower())
        )
        self._variables = {key for one in every for key in _variables_of(one)}
        self._asked = {condition.key.lower() for condition in statement.conditions}
        self._is_open = is_public(Policy((statement,)))
        self.is_complete = True

    def of(self, caller: Outsider) -> Iterator[Bringing]:
        """Give what a caller can bring along, the most usual first; nothing if he is not let in."""
        own = {**self._base, **{key.lower(): value for key, value in caller.context.items()}}
        if not all(self._is_met(one, own) for one in self._settled):
            return
        natural = {key: as_values(own.get(key)) for key in self.keys}
        options = [self._options(key, own, natural[key], caller) for key in self.keys]
        if not all(options):
            return
        combined = product(*options)
        for chosen in islice(combined, MOST):
            values = dict(zip(self.keys, chosen, strict=True))
            changed = {key for key in self.keys if values[key] != natural[key]}
            yield Bringing(values, not changed, all(map(self._is_anybodys, changed)))
        if next(combined, None) is not None:
            self.is_complete = False

    def _is_met(self, condition: Condition, own: Mapping[str, ContextValue]) -> bool:
        """Say whether a condition holds on which the caller's way of calling has no influence."""
        key = condition.key.lower()
        question = Question(condition.comparison, self._wanted(condition, self._statement, own))
        return question.fits(key, as_values(own.get(key)))

    def _options(
        self, key: str, own: Mapping[str, ContextValue], natural: Values, caller: Outsider
    ) -> tuple[Values, ...]:
        """Give values of a key with which the Allow's conditions hold, one of each sort."""
        mine = list(self._questions(key, (self._statement,), own))
        rest = list(self._questions(key, self._others, own))
        found: dict[Hashable, Values] = {}
        can = can_bring(key, caller)
        for values in self._values(key, (*mine, *rest), natural) if can else (natural,):
            if all(one.fits(key, values) for one in mine):
                sort = tuple(one.fits(key, values) for one in rest)
                found.setdefault((sort, values if key in self._variables else None), values)
        if not found and can and key not in TIMES:
            self.is_complete = False  # a condition that no guess meets
        return tuple(found.values())

    def _values(self, key: str, questions: Sequence[Question], natural: Values) -> Iterator[Values]:
        yield natural
        yield None
        single = {SOME_TEXT: None} if key in self._variables else {}
        for comparison, wanted in questions:
            known = [value for value in wanted if value is not None]
            single |= dict.fromkeys(value_samples(comparison.name, known))
        good = [one for one in single if self._is_outside(key, one)]
        yield from ((one,) for one in good)
        if is_multivalued(key) or any(one.comparison.set_operator for one in questions):
            yield from combinations(good[:FEW_VALUES], 2)

    def _is_outside(self, key: str, value: str) -> bool:
        """Say whether somebody outside can have this value, now or later."""
        if self._inside.has(key, value) or len(value) > MAX_TEXT:
            return False
        now = as_values(self._base.get(key)) if key in TIMES else None
        return now is None or holds(_NOT_BEFORE, now, (value,))

    def _is_anybodys(self, key: str) -> bool:
        """Say whether everybody could bring what is asked of a key: not a certain network, or id.

        What the Allow itself asks for is a limit if it is one for S3, which has rules for this.
        """
        return key not in PLACES or (key in self._asked and self._is_open)

    def _questions(
        self, key: str, statements: Iterable[Statement], own: Mapping[str, ContextValue]
    ) -> Iterator[Question]:
        """Give what statements ask of a key, with their variables filled as far as that goes."""
        for statement in statements:
            for condition in statement.conditions:
                if condition.key.lower() == key:
                    yield Question(condition.comparison, self._wanted(condition, statement, own))

    def _wanted(
        self, condition: Condition, statement: Statement, own: Mapping[str, ContextValue]
    ) -> tuple[str | None, ...]:
        if not statement.variables or not OPERATORS[condition.comparison.name].variables:
            return condition.values

        def value_of(key: str) -> str | None:
            found = as_values(own.get(key.lower()))
            return found[0] if found else SOME_TEXT if key.lower() in self.keys else None

        return tuple(substitute(value, value_of) for value in condition.values)


_NOT_BEFORE = Comparison("DateGreaterThanEquals")


def _keys_of(statement: Statement) -> Iterator[str]:
    """Give the keys that a statement asks for, in conditions and by variables."""
    yield from (condition.key.lower() for condition in statement.conditions)
    yield from _variables_of(statement)


def _variables_of(statement: Statement) -> Iterator[str]:
    """Give the keys that its variables stand for."""
    if not statement.variables:
        return
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
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in many)


def can_bring(key: str, caller: Outsider) -> bool:
    """Say whether a request of this caller may have such a key."""
    known = global_key(key)
    return caller.is_signed or known is None or known.present in OF_THE_CALL
