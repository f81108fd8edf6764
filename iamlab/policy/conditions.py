"""Condition operators, as a table from a name to what it compares.

A condition is evaluated in three steps. :data:`OPERATORS` compares one value of the policy with one
of the request. :func:`holds` combines the results for several values: OR for positive operators,
NOR for negated ones; it also handles set operators and missing keys. ``engine/matching.py``
combines the conditions of a Condition block with AND.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition operators"; "Set operators for multivalued context
keys".
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from iamlab import unsure
from iamlab.policy.patterns import glob, glob_arn

ValueTest = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Operator:
    """How an operator compares the policy's value (first) with the request's (second).

    Parameters
    ----------
    test
        Returns whether two values agree. A negated operator needs a value that does not.
    negated
        Whether the operator has Not in its name.
    variables
        Whether ``${...}`` is substituted in the policy's value.
    pattern
        Whether ``*`` and ``?`` in the policy's value are wildcards.
    """

    test: ValueTest
    negated: bool = False
    variables: bool = False
    pattern: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """The parts of an operator in a policy, such as ``ForAllValues:StringLikeIfExists``."""

    name: str
    set_operator: str = ""
    if_exists: bool = False

    def __str__(self) -> str:
        prefix = f"{self.set_operator}:" if self.set_operator else ""
        return f"{prefix}{self.name}{'IfExists' if self.if_exists else ''}"


def _ignoring_case(wanted: str, found: str) -> bool:
    return wanted.lower() == found.lower()


_NUMBER = re.compile(r"[+-]?\d{1,400}(\.\d{1,400})?", re.ASCII)


@lru_cache(maxsize=4096)
def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


_DATE = re.compile(
    r"(?P<date>\d{4}-\d\d(?P<day>-\d\d)?)"
    r"(?(day)(?:[Tt](?P<time>\d\d:\d\d)(?::(?P<seconds>\d\d)(?P<fraction>\.\d{1,9})?)?"
    r"(?P<zone>[Zz]|[+-]\d\d:?\d\d)?)?)",
    re.ASCII,
)


@lru_cache(maxsize=4096)
def _date(text: str) -> Decimal | None:
    """Convert a date to epoch seconds: ISO 8601 in W3C's profile, or epoch seconds."""
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    parts = _DATE.fullmatch(text)
    if parts is None:
        return None
    zone = (parts["zone"] or "Z").upper().replace("Z", "+00:00")
    clock = f"{parts['time'] or '00:00'}:{parts['seconds'] or '00'}"
    try:
        day = parts["date"] if parts["day"] else f"{parts['date']}-01"
        moment = datetime.fromisoformat(f"{day}T{clock}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Decimal(int(moment.timestamp())) + Decimal(parts["fraction"] or 0)


def _by(read: Callable[[str], Decimal | None], compare: Callable[[Any, Any], bool]) -> ValueTest:
    """Compare the values of two texts: the request's first, as in "age less than 3600"."""

    def test(wanted: str, found: str) -> bool:
        limit, value = read(wanted), read(found)
        return limit is not None and value is not None and compare(value, limit)

    return test


def _bool(wanted: str, found: str) -> bool:
    return wanted.lower() == found.lower() and found.lower() in ("true", "false")


def _binary(wanted: str, found: str) -> bool:
    try:
        return base64.b64decode(wanted, validate=True) == base64.b64decode(found, validate=True)
    except (binascii.Error, ValueError):
        return False


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=4096)
def _network(text: str) -> Network | None:
    address, _, prefix = text.partition("/")
    if "%" in address or (prefix and not (prefix.isascii() and prefix.isdigit())):
        return None  # neither zones nor masks
    try:
        return ipaddress.ip_network(text, strict=False)  # host bits are ignored
    except ValueError:
        return None


def is_range(text: str) -> bool:
    """Return whether a text is an address or a CIDR range.

    Examples
    --------
    >>> is_range("203.0.113.0/24"), is_range("203.0.113.0/33")
    (True, False)
    """
    return _network(text) is not None


def _in_network(wanted: str, found: str) -> bool:
    network, address = _network(wanted), _network(found)
    if network is None or address is None or network.version != address.version:
        return False
    return address.network_address in network and address.prefixlen >= network.prefixlen


def _family(name: str, read: Callable[[str], Decimal | None]) -> dict[str, Operator]:
    """Make the six operators of numbers, or of dates."""
    equal = _by(read, operator.eq)
    return {
        f"{name}Equals": Operator(equal),
        f"{name}NotEquals": Operator(equal, negated=True),
        f"{name}LessThan": Operator(_by(read, operator.lt)),
        f"{name}LessThanEquals": Operator(_by(read, operator.le)),
        f"{name}GreaterThan": Operator(_by(read, operator.gt)),
        f"{name}GreaterThanEquals": Operator(_by(read, operator.ge)),
    }


OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(operator.eq, variables=True),
    "StringNotEquals": Operator(operator.eq, negated=True, variables=True),
    "StringEqualsIgnoreCase": Operator(_ignoring_case, variables=True),
    "StringNotEqualsIgnoreCase": Operator(_ignoring_case, negated=True, variables=True),
    "StringLike": Operator(glob, variables=True, pattern=True),
    "StringNotLike": Operator(glob, negated=True, variables=True, pattern=True),
    "ArnEquals": Operator(glob_arn, variables=True, pattern=True),
    "ArnLike": Operator(glob_arn, variables=True, pattern=True),
    "ArnNotEquals": Operator(glob_arn, negated=True, variables=True, pattern=True),
    "ArnNotLike": Operator(glob_arn, negated=True, variables=True, pattern=True),
    "Bool": Operator(_bool),
    "BinaryEquals": Operator(_binary),
    "IpAddress": Operator(_in_network),
    "NotIpAddress": Operator(_in_network, negated=True),
    **_family("Numeric", _number),
    **_family("Date", _date),
    "Null": Operator(_bool),  # it compares whether the key is absent; see holds()
}
SET_OPERATORS = ("ForAllValues", "ForAnyValue")


@lru_cache(maxsize=512)
def read_operator(text: str) -> Comparison | None:
    """Split an operator's name into its parts; ``None`` if AWS has no such operator.

    Examples
    --------
    >>> read_operator("ForAnyValue:StringLikeIfExists")
    Comparison(name='StringLike', set_operator='ForAnyValue', if_exists=True)
    >>> read_operator("stringequals") is None
    True
    """
    set_operator, colon, name = text.rpartition(":")
    base = name.removesuffix("IfExists")
    known = base in OPERATORS and (not colon or set_operator in SET_OPERATORS)
    if not known or text.endswith("NullIfExists"):
        return None
    return Comparison(base, set_operator, if_exists=base != name)


def missing_key_default(comparison: Comparison, _wanted: Sequence[str | None] = ()) -> bool:
    """Apply AWS's rule for a key that the request doesn't have, whatever the policy's values are.

    Positive operators don't match, negated operators do. With IfExists, every operator matches.

    Examples
    --------
    >>> missing_key_default(Comparison("Bool")), missing_key_default(Comparison("StringNotEquals"))
    (False, True)
    """
    return comparison.if_exists or OPERATORS[comparison.name].negated


def empty_set_default(comparison: Comparison) -> bool:
    """Apply AWS's rule for a set operator if the request has no value, or no such key.

    ForAllValues is true, since no value fails. ForAnyValue is false, since no value matches.

    Examples
    --------
    >>> empty_set_default(Comparison("StringEquals", "ForAllValues"))
    True
    """
    if unsure.FOR_ANY_VALUE_IF_EXISTS_FITS_WITHOUT_KEY and comparison.if_exists:
        return True
    return comparison.set_operator == "ForAllValues"


@dataclass(frozen=True, slots=True)
class ConditionRules:
    """The rules of conditions. A learner may believe in others; the defaults are AWS's.

    Parameters
    ----------
    missing_key
        Returns whether a condition is met if the request doesn't have its key.
    empty_set
        The same for ForAllValues and ForAnyValue.
    any_value
        Combines the results for several values of the policy: one match is enough.
    operators
        What each operator compares.
    """

    missing_key: Callable[[Comparison, Sequence[str | None]], bool] = missing_key_default
    empty_set: Callable[[Comparison], bool] = empty_set_default
    any_value: Callable[[Iterable[bool]], bool] = any
    operators: Mapping[str, Operator] = field(default_factory=lambda: OPERATORS)


CONDITION_RULES = ConditionRules()


def holds(
    comparison: Comparison,
    wanted: Sequence[str | None],
    found: Sequence[str] | None,
    *,
    multivalued: bool = False,
    rules: ConditionRules = CONDITION_RULES,
) -> bool:
    """Return whether one condition is met.

    Parameters
    ----------
    comparison
        The operator.
    wanted
        The policy's values with variables substituted; ``None`` for a value whose variable has no
        value.
    found
        The request's values of that key; ``None`` if it has no such key.
    multivalued
        Whether the key is multivalued.
    rules
        AWS's rules, or rules that a learner believes in.

    Examples
    --------
    >>> holds(read_operator("StringNotEquals"), ["a", "b"], ["c"])
    True
    >>> holds(read_operator("ForAllValues:StringEquals"), ["a"], None, multivalued=True)
    True
    """
    if comparison.name == "Null":
        return _null(comparison, wanted, found)
    if comparison.set_operator:
        return _many(comparison, wanted, found, rules)
    if not found:
        return rules.missing_key(comparison, wanted)
    if multivalued and unsure.MULTIVALUED_KEY_NEEDS_SET_OPERATOR:
        return False  # without a set operator, such a key never matches, not even negated
    if not wanted and (comparison.if_exists or not unsure.EMPTY_LIST_FITS_NEGATED):
        return False
    return any(_agree(comparison, wanted, value, rules) for value in found)


def _agree(
    comparison: Comparison, wanted: Sequence[str | None], value: str, rules: ConditionRules
) -> bool:
    """Compare a value of the request with all values of the policy: OR, or NOR if negated."""
    operator_ = rules.operators[comparison.name]
    hit = rules.any_value([operator_.test(want, value) for want in wanted if want is not None])
    return hit is not operator_.negated


def _many(
    comparison: Comparison,
    wanted: Sequence[str | None],
    found: Sequence[str] | None,
    rules: ConditionRules,
) -> bool:
    """Compare each value of the request: ForAllValues needs all to agree, ForAnyValue one."""
    values = [] if found is None else list(found)
    every = comparison.set_operator == "ForAllValues"
    if not values or (every and all(value == "" for value in values)):
        # No key, no value, or only empty texts.
        return rules.empty_set(comparison) and (every or bool(wanted))
    agree = (_agree(comparison, wanted, value, rules) for value in values)
    return bool(wanted) and (all(agree) if every else any(agree))


def _null(
    comparison: Comparison, wanted: Sequence[str | None], found: Sequence[str] | None
) -> bool:
    """Check whether the key is absent, for ``Null``. A set operator makes the answer constant."""
    if comparison.set_operator:
        return comparison.set_operator == "ForAllValues"
    absent = "true" if not found else "false"
    return any(want is not None and want.lower() == absent for want in wanted)
