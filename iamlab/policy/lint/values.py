"""Findings about the values of conditions: format, names, address ranges and policy variables.

A value must have the format of its operator and of its key. A range of private addresses never
matches ``aws:SourceIp``: private addresses come only through a VPC endpoint and are in
``aws:VpcSourceIp``. A variable must be valid and in an element that supports variables.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition operators"; "IAM policy elements: Variables and
tags"; "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache, reduce
from typing import TYPE_CHECKING

from iamlab.policy.arn import REGIONS
from iamlab.policy.catalog import vocabulary
from iamlab.policy.condition_keys import DEPRECATED
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.lint.context import ConditionContext, has_wildcard, is_short, on_conditions
from iamlab.policy.variables import (
    any_variable,
    has_variable,
    is_misplaced,
    keys_in,
    malformed_variable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Statement


_OPERATOR_VALUES: dict[str, dict[str, str]] = {
    family: row for row in vocabulary("operator_values") for family in row["families"].split()
}
_EXPONENT = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?[eE][+-]?\d{1,3}", re.ASCII)


def is_readable(operator: str, value: str) -> bool:
    """Return whether a value has the format of an operator: it is equal to itself.

    Examples
    --------
    >>> is_readable("IpAddress", "203.0.113.0/24"), is_readable("NumericEquals", "ten")
    (True, False)
    """
    return OPERATORS[operator].test(value, value)


def _form(context: ConditionContext) -> Iterator[Finding]:
    """Find values that the operator can't read: they never match."""
    form = _OPERATOR_VALUES.get(context.family)
    if form is None:
        return
    for index, value in enumerate(context.values):
        if (
            is_readable(form["operator"], value)
            or has_variable(value)
            or _EXPONENT.fullmatch(value)
        ):
            continue
        what = f"{_short(value)} isn't {form['noun']}, so {context.comparison} never matches it."
        yield context.find(form["code"], what, form["remedy"], value=index)


def _epoch(context: ConditionContext) -> Iterator[Finding]:
    """Find dates in seconds since 1970, which are hard to read."""
    if context.family != "Date" or context.key == "aws:epochtime":
        return
    for index, value in enumerate(context.values):
        if not is_readable("NumericEquals", value):
            continue
        date = _date_of(value)
        better = None
        remedy = "Write the date as YYYY-MM-DD."
        if date is not None:
            better, remedy = context.with_value(index, date), f"Write {date}."
        what = f"{_short(value)} is a date in seconds since 1970. This may not be what you mean."
        yield context.find("INVALID_DATE_VALUE", what, remedy, better, value=index)


def _date_of(seconds: str) -> str | None:
    """Write whole seconds since 1970 as a date; ``None`` for a number that could be a year."""
    if not re.fullmatch(r"\d{5,11}", seconds, re.ASCII):
        return None
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _short(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:57] + "...")


def _several_booleans(context: ConditionContext) -> Iterator[Finding]:
    """Find several values for Bool."""
    if context.operator != "Bool" or context.set_operator:
        return
    values = {value.lower() for value in context.values}
    if len(context.values) > 1:
        only = tuple(values) if len(values) == 1 else None
        yield context.find(
            "INVALID_CONDITION_MULTIPLE_BOOLEAN",
            f"Bool needs one value for {context.name}, not {len(context.values)}.",
            "Write true or false.",
            context.instead(values=only) if only else None,
        )


# Operator -> the operator that finds the deciding value, and the word for this value.
_DECIDING = {
    f"{family}{name}{end}": (f"{family}{name}Equals", word)
    for family in ("Numeric", "Date")
    for name, word in (("LessThan", "greatest"), ("GreaterThan", "least"))
    for end in ("", "Equals")
}


def _several_limits(context: ConditionContext) -> Iterator[Finding]:
    """Find several limits of which one decides: less than 5 or less than 9 is less than 9."""
    compare, word = _DECIDING.get(context.operator, ("", ""))
    values = context.values
    if not compare or len(values) < 2 or not all(is_readable(compare, value) for value in values):
        return
    test = OPERATORS[compare].test
    decides = reduce(lambda first, other: first if test(first, other) else other, values)
    yield context.find(
        "REDUNDANT_CONDITION_VALUE_NUM",
        f"Only the {word} value of {context.name}, {decides}, has an effect.",
        "Remove the others.",
        context.instead(values=(decides,)),
    )


# The format of some keys' values ------------------------------------------------------------------

_KEY_VALUES: dict[str, dict[str, str]] = {
    key: row for row in vocabulary("key_values") for key in row["keys"].split()
}


def _key_value(context: ConditionContext) -> Iterator[Finding]:
    """Find values that the key can never have."""
    row = _KEY_VALUES.get(context.key)
    if row is None or context.family not in ("String", "Arn"):
        return
    form = re.compile(row["form"], re.ASCII)
    for index, value in enumerate(context.values):
        if form.fullmatch(value) or has_wildcard(value) or has_variable(value):
            continue
        remedy, better, lower = row["remedy"], None, value.lower()
        if form.fullmatch(lower):
            remedy, better = f"Did you mean {lower}?", context.with_value(index, lower)
        elif row["noun"] == "a Region" and len(value) < 30 and is_short(context.checked.policy):
            close = get_close_matches(lower, REGIONS, n=1, cutoff=0.8)
            remedy = f"Did you mean {close[0]}?" if close else remedy
        what = f"{_short(value)} doesn't have the format of {row['noun']}."
        yield context.find(row["code"], what, remedy, better, value=index)


_PRIVATE_4 = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_PRIVATE_6 = ipaddress.IPv6Network("fc00::/7")


@lru_cache(maxsize=4096)
def is_private(value: str) -> bool:
    """Return whether a range has only private addresses.

    Examples
    --------
    >>> is_private("10.1.0.0/16"), is_private("203.0.113.0/24"), is_private("0.0.0.0/0")
    (True, False, False)
    """
    network = ipaddress.ip_network(value, strict=False)
    if isinstance(network, ipaddress.IPv6Network):
        return network.subnet_of(_PRIVATE_6)
    return any(map(network.subnet_of, _PRIVATE_4))


def _private(context: ConditionContext) -> Iterator[Finding]:
    """Find private addresses for ``aws:SourceIp``, which is always a public address."""
    if context.family != "Ip" or context.key != "aws:sourceip":
        return
    ranges = [value for value in context.values if is_readable("IpAddress", value)]
    private = set(filter(is_private, ranges))
    if not private or len(ranges) < len(context.values):
        return
    what = f"{context.name} is a public address and never in {min(private)}."
    middle = "NOT_" if context.is_negated else ""
    if len(private) == len(set(ranges)):
        remedy = "Write public ranges, or write aws:VpcSourceIp with aws:SourceVpc."
        yield context.find(f"PRIVATE_{middle}IP_ADDRESS", what, remedy)
    else:
        public = tuple(value for value in context.values if value not in private)
        remedy = "Remove private ranges, or move them to aws:VpcSourceIp."
        better = context.instead(values=public)
        yield context.find(f"PRIVATE_{middle}IP_ADDRESS_SUBSET", what, remedy, better)


def _host_bits(context: ConditionContext) -> Iterator[Finding]:
    """Find ranges with bits after the prefix: they have no effect."""
    if context.family != "Ip":
        return
    for index, value in enumerate(context.values):
        if "/" not in value or not is_readable("IpAddress", value):
            continue
        network = ipaddress.ip_network(value, strict=False)
        if ipaddress.ip_interface(value).ip == network.network_address:
            continue
        yield context.find(
            "IMPROVE_IP_RANGE",
            f"Only the first {network.prefixlen} bits of {value} have an effect.",
            f"Write {network}.",
            context.with_value(index, str(network)),
            value=index,
        )


_OLD = "VARIABLE_UNSUPPORTED_IN_VERSION"
_OLD_REMEDY = 'Begin the policy with "Version": "2012-10-17".'


def _in_resources(checked: PolicyContext) -> Iterator[Finding]:
    """Find variables in resources that are misplaced or invalid."""
    for statement in checked.statements:
        name = statement.element("Resource")
        listed = statement.resources
        if not listed or not any_variable(listed):
            continue
        for index, value in enumerate(listed):
            if has_variable(value):
                path = checked.places.value(statement, name, index)
                yield from _of_resource(checked, statement, path, value)


def _of_resource(
    checked: PolicyContext, statement: Statement, path: str, value: str
) -> Iterator[Finding]:
    if not statement.variables:
        if keys_in(value):
            yield checked.find(_OLD, path, _as_text(checked, value), _OLD_REMEDY)
        return
    for code, what, remedy in _faults_of(value):
        yield checked.find(code, path, what, remedy)
    if is_misplaced(value) and malformed_variable(value) is None:
        yield checked.find(
            "MISPLACED_VARIABLE_IN_RESOURCE",
            path,
            f"{value!r} has a variable before the fifth colon, so the statement never matches.",
            "Write a star instead, and compare the key in Condition.",
        )


def _as_text(checked: PolicyContext, value: str) -> str:
    return f"In version {checked.policy.version}, the variable in {value!r} is plain text."


def _faults_of(value: str) -> Iterator[tuple[str, str, str]]:
    """Find a malformed variable, and keys that AWS has replaced: code, text and remedy."""
    wrong = malformed_variable(value)
    if wrong is not None:
        yield wrong
    for key in keys_in(value):
        if key.lower() in DEPRECATED:
            remedy = f"Write ${{{DEPRECATED[key.lower()]}}}."
            yield "DEPRECATED_GLOBAL_CONDITION_KEY", f"AWS has replaced {key}.", remedy


def _in_condition(context: ConditionContext) -> Iterator[Finding]:
    """Find variables in values: only operators for texts and ARNs support them."""
    if not any_variable(context.values):
        return
    takes = OPERATORS[context.operator].variables
    for index, value in enumerate(context.values):
        if not has_variable(value):
            continue
        if not context.statement.variables:
            if keys_in(value):
                what = _as_text(context.checked, value)
                yield context.find(_OLD, what, _OLD_REMEDY, value=index)
        elif not takes:
            what = f"{context.comparison} doesn't support variables such as {value!r}."
            remedy = "Write the value itself, or write a String or Arn operator."
            yield context.find("INVALID_VARIABLE_FOR_OPERATOR", what, remedy, value=index)
        else:
            for fault in _faults_of(value):
                yield context.find(*fault, value=index)


def _elsewhere(checked: PolicyContext) -> Iterator[Finding]:
    """Find variables in actions, principals and condition keys, which are plain text."""
    if not has_variable(checked.policy.text):
        return
    for statement in checked.statements:
        for name, listed in (("Action", statement.action), ("NotAction", statement.not_action)):
            for index, value in enumerate(listed or ()):
                if has_variable(value):
                    yield _unsupported(
                        checked, checked.places.value(statement, name, index), name, value
                    )
        for index, (_, value) in enumerate(statement.principal or statement.not_principal or ()):
            if has_variable(value):
                yield _unsupported(
                    checked, checked.places.principal(statement, index), "Principal", value
                )
        for condition in statement.conditions:
            if has_variable(condition.key):
                path = checked.places.condition(statement, condition)
                yield _unsupported(checked, path, "a condition key", condition.key)


def _unsupported(checked: PolicyContext, path: str, where: str, value: str) -> Finding:
    what = f"In {where}, {value!r} is plain text."
    remedy = "Write the value itself. Variables work only in Resource and in condition values."
    return checked.find("VARIABLE_UNSUPPORTED_IN_ELEMENT", path, what, remedy)


DETECTORS: tuple[Detector, ...] = (
    on_conditions(_form, _epoch, _several_booleans, _several_limits, _key_value),
    on_conditions(_private, _host_bits),
    _in_resources,
    on_conditions(_in_condition),
    _elsewhere,
)
