"""Policy variables where they cannot work, or written so that they do not.

Notes
-----
AWS pages: "IAM policy elements: Variables and tags"; "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.policy.condition_keys import DEPRECATED
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.lint.context import ConditionContext, on_conditions
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


_OLD = "VARIABLE_UNSUPPORTED_IN_VERSION"
_OLD_MEND = 'Begin the policy with "Version": "2012-10-17".'


def _in_resources(checked: PolicyContext) -> Iterator[Finding]:
    """In a resource, a variable may stand after the fifth colon only."""
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
            yield checked.find(_OLD, path, _as_text(checked, value), _OLD_MEND)
        return
    wrong = malformed_variable(value)
    if wrong is not None:
        yield checked.find(wrong[0], path, wrong[1], wrong[2])
    elif is_misplaced(value):
        yield checked.find(
            "MISPLACED_VARIABLE_IN_RESOURCE",
            path,
            f"{value!r} has a variable before its fifth colon, and so the statement never applies.",
            "Write a star there, and compare the key in Condition.",
        )
    for key in keys_in(value):
        if key.lower() in DEPRECATED:
            what, remedy = _replaced(key)
            yield checked.find("DEPRECATED_GLOBAL_CONDITION_KEY", path, what, remedy)


def _as_text(checked: PolicyContext, value: str) -> str:
    return f"In version {checked.policy.version} the variable in {value!r} is plain text."


def _replaced(key: str) -> tuple[str, str]:
    return f"AWS has replaced {key}.", f"Write ${{{DEPRECATED[key.lower()]}}}."


def _in_condition(context: ConditionContext) -> Iterator[Finding]:
    """Operators that compare texts or ARNs take variables; the others do not."""
    if not any_variable(context.values):
        return
    takes = OPERATORS[context.operator].variables
    for index, value in enumerate(context.values):
        if not has_variable(value):
            continue
        if not context.statement.variables:
            if keys_in(value):
                yield context.find(_OLD, _as_text(context.checked, value), _OLD_MEND, value=index)
        elif not takes:
            what = f"{context.comparison} takes no variable such as {value!r}."
            remedy = "Write the value itself, or use a String or Arn operator."
            yield context.find("INVALID_VARIABLE_FOR_OPERATOR", what, remedy, value=index)
        else:
            yield from _of_value(context, index, value)


def _of_value(context: ConditionContext, index: int, value: str) -> Iterator[Finding]:
    wrong = malformed_variable(value)
    if wrong is not None:
        yield context.find(*wrong, value=index)
    for key in keys_in(value):
        if key.lower() in DEPRECATED:
            what, remedy = _replaced(key)
            yield context.find("DEPRECATED_GLOBAL_CONDITION_KEY", what, remedy, value=index)


def _elsewhere(checked: PolicyContext) -> Iterator[Finding]:
    """Actions, principals and the keys of conditions are plain text."""
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
                yield _unsupported(checked, path, "the key of a condition", condition.key)


def _unsupported(checked: PolicyContext, path: str, where: str, value: str) -> Finding:
    what = f"In {where}, {value!r} is plain text."
    remedy = "Variables work in Resource and in the values of conditions."
    return checked.find("VARIABLE_UNSUPPORTED_IN_ELEMENT", path, what, remedy)


DETECTORS: tuple[Detector, ...] = (_in_resources, on_conditions(_in_condition), _elsewhere)
