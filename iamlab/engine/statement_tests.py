"""Statements as tests: a statement matches a request that passes all its tests.

``engine/compiled.py`` explains how the parts work together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from iamlab.engine.combining_rule import WITHOUT_RESOURCE
from iamlab.engine.matching import (
    also_on,
    any_action_matches,
    misplaced_variable,
    resource_matches,
    wanted_values,
)
from iamlab.engine.request import Request
from iamlab.engine.rules import AWS_RULES
from iamlab.policy.arn import PARTS
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import holds, missing_key_default
from iamlab.policy.patterns import is_action_pattern
from iamlab.policy.variables import has_variable, keys_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.policy.statement import Condition, Statement

Test = Callable[[Request], bool]
Tests = tuple[Test, ...]
"""The tests of a statement that can match the action: it matches if all are true."""


def action_test(statement: Statement) -> Callable[[str], bool]:
    """Prepare the test of an Action or NotAction element, for actions in lower case."""
    listed = statement.action if statement.action is not None else statement.not_action or ()
    exact = frozenset(
        pattern.lower()
        for pattern in listed
        if "*" not in pattern and "?" not in pattern and pattern.isascii()
    )
    wild = tuple(pattern for pattern in listed if "*" in pattern or "?" in pattern)
    if statement.action is not None:
        return lambda action: action in exact or any_action_matches(wild, action)
    if not all(map(is_action_pattern, listed)) or statement.not_action is None:
        return lambda _: False  # the exempt actions aren't known
    return lambda action: not (action in exact or any_action_matches(wild, action))


def all_tests(statement: Statement, layer: str) -> Tests | None:
    """Prepare the tests of Resource and Condition; ``None`` if the statement never matches."""
    resource = _resource(statement, layer)
    if resource is None:
        return None
    return (*resource, *condition_tests(statement))


def condition_tests(statement: Statement) -> Tests:
    """Prepare the tests of a statement's conditions."""
    return tuple(_condition(condition, statement) for condition in statement.conditions)


def keys_of(statement: Statement) -> tuple[frozenset[str], tuple[frozenset[str], ...]]:
    """Return the keys in the variables of a statement's resources, and those of each condition.

    All are in lower case. The conditions are in the order of their tests.
    """
    conditions = tuple(
        frozenset((condition.key.lower(), *_variables(condition.values, statement)))
        for condition in statement.conditions
    )
    listed = statement.resource if statement.resource is not None else statement.not_resource
    return frozenset(_variables(listed or (), statement)), conditions


def _variables(texts: Iterable[str], statement: Statement) -> Iterator[str]:
    """Return the keys in the variables of some texts."""
    if statement.variables:
        yield from (key.lower() for text in texts if has_variable(text) for key in keys_in(text))


def _resource(statement: Statement, layer: str) -> Tests | None:
    """Prepare the test of the Resource element; ``None`` if it never matches."""
    if misplaced_variable(statement) is not None:
        return None
    if layer == "resource":
        return (partial(_in_resource_policy, statement, _listed(statement)),)
    if statement.resource is None and statement.not_resource is None:
        return None
    if statement.resource is not None and "*" in statement.resource:
        return ()
    return (_listed(statement),)


def _in_resource_policy(statement: Statement, listed: Test, request: Request) -> bool:
    """Check Resource: trust policies have none, and those of some services can omit it."""
    none = statement.resource is None and statement.not_resource is None
    if request.about_trust:
        return none
    return request.service in WITHOUT_RESOURCE if none else listed(request)


def _listed(statement: Statement) -> Test:
    """Prepare resource patterns: a set of exact ones, prefixes with a star at the end, others."""
    listed = statement.resource if statement.resource is not None else statement.not_resource or ()
    exact: set[str] = set()
    prefixes: list[str] = []
    rest: list[str] = []
    for pattern in listed:
        plain = not (statement.variables and has_variable(pattern))
        body = pattern[:-1]
        if plain and "*" not in pattern and "?" not in pattern:
            exact.add(pattern)
        elif plain and pattern[-1] == "*" and "*" not in body and "?" not in body and _long(body):
            prefixes.append(body)
        else:
            rest.append(pattern)
    starts, in_exact, others = tuple(prefixes), frozenset(exact), tuple(rest)
    wanted = statement.resource is not None

    def test(request: Request) -> bool:
        resource = request.resource
        hit = (
            resource in in_exact
            or resource.startswith(starts)
            or (resource == "*" and any(name.startswith(starts) for name in also_on(request)))
            or any(resource_matches(pattern, statement, request, AWS_RULES) for pattern in others)
        )
        return hit is wanted

    return test


def _long(text: str) -> bool:
    """Return whether a prefix ends in the sixth part of an ARN, in which a star matches all."""
    return text.startswith("arn:") and text.count(":") >= PARTS - 1


def _condition(condition: Condition, statement: Statement) -> Test:
    """Prepare the test of a condition."""
    comparison, key = condition.comparison, condition.key.lower()
    multivalued = is_multivalued(key)
    operator = AWS_RULES.operators[comparison.name]

    def general(request: Request) -> bool:
        found = request.keys.get(key)
        wanted = wanted_values(condition, statement, request, AWS_RULES)
        many = multivalued or len(found or ()) > 1
        return holds(comparison, wanted, found, multivalued=many)

    variables = statement.variables and any(map(has_variable, condition.values))
    simple = not (multivalued or comparison.set_operator or variables or comparison.name == "Null")
    if not simple or not condition.values:
        return general

    fits = _PREPARED.get(comparison.name, partial(_any_fits, operator.test))(condition.values)
    negated, missing = operator.negated, missing_key_default(comparison)

    def test(request: Request) -> bool:
        found = request.keys.get(key)
        if not found:
            return missing
        return fits(found[0]) is not negated if len(found) == 1 else general(request)

    return test


Fits = Callable[[str], bool]


def _is_one_of(values: tuple[str, ...]) -> Fits:
    return frozenset(values).__contains__


def _is_boolean(values: tuple[str, ...]) -> Fits:
    wanted = {value.lower() for value in values} & {"true", "false"}
    return lambda value: value.lower() in wanted


def _any_fits(test: Callable[[str, str], bool], values: tuple[str, ...]) -> Fits:
    return lambda value: any(test(wanted, value) for wanted in values)


_PREPARED: dict[str, Callable[[tuple[str, ...]], Fits]] = {
    "StringEquals": _is_one_of,
    "StringNotEquals": _is_one_of,
    "Bool": _is_boolean,
}
