"""Policy variables where they cannot work, or written so that they do not.

Notes
-----
AWS pages: "IAM policy elements: Variables and tags"; "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.condition_keys import DEPRECATED
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.lint.context import Spot, on_conditions
from iamlab.policy.variables import LITERALS, any_variable, has_variable, is_misplaced, keys_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Statement

_VARIABLE = re.compile(r"\$\{([^}]*)(\}?)")
_SPACE = re.compile(r"\s")


def defect(text: str) -> tuple[str, str, str] | None:
    """Find the first variable of a text that is written wrongly: code, what, mend.

    Examples
    --------
    >>> defect("home/${aws:username")[0]
    'MISSING_BRACE_IN_VARIABLE'
    >>> defect("home/${aws:username, 'guest'}/${*}") is None
    True
    """
    for variable in _VARIABLE.finditer(text):
        shown = repr(variable[0] if len(variable[0]) <= 60 else variable[0][:57] + "...")
        name, comma, default = variable[1].partition(",")
        if not variable[2]:
            return "MISSING_BRACE_IN_VARIABLE", f"{shown} is not closed.", "Add the brace."
        if variable[1] in LITERALS:
            continue
        if not variable[1].strip():
            return "EMPTY_VARIABLE", f"{shown} names no key.", "Write one between the braces."
        if _SPACE.search(name):
            mend = "Take the space out."
            return "UNSUPPORTED_SPACE_IN_VARIABLE", f"{shown} has a space in its name.", mend
        if comma and not _is_quoted(default.strip()):
            mend = "Write it as in ${aws:username, 'guest'}."
            return "MISSING_QUOTE_IN_VARIABLE", f"The default value in {shown} is not quoted.", mend
    return None


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text.startswith("'") and text.endswith("'")


_OLD = "VARIABLE_UNSUPPORTED_IN_VERSION"
_OLD_MEND = 'Begin the policy with "Version": "2012-10-17".'


def _in_resources(case: PolicyContext) -> Iterator[Finding]:
    """In a resource, a variable may stand after the fifth colon only."""
    for statement in case.policy.statements:
        name = statement.element("Resource")
        listed = statement.resources
        if not listed or not any_variable(listed):
            continue
        for index, value in enumerate(listed):
            if has_variable(value):
                path = case.places.value(statement, name, index)
                yield from _of_resource(case, statement, path, value)


def _of_resource(
    case: PolicyContext, statement: Statement, path: str, value: str
) -> Iterator[Finding]:
    if not statement.variables:
        if keys_in(value):
            yield case.find(_OLD, path, _as_text(case, value), _OLD_MEND)
        return
    wrong = defect(value)
    if wrong is not None:
        yield case.find(wrong[0], path, wrong[1], wrong[2])
    elif is_misplaced(value):
        yield case.find(
            "MISPLACED_VARIABLE_IN_RESOURCE",
            path,
            f"{value!r} has a variable before its fifth colon, and so the statement never applies.",
            "Write a star there, and compare the key in Condition.",
        )
    for key in keys_in(value):
        if key.lower() in DEPRECATED:
            what, mend = _replaced(key)
            yield case.find("DEPRECATED_GLOBAL_CONDITION_KEY", path, what, mend)


def _as_text(case: PolicyContext, value: str) -> str:
    return f"In version {case.policy.version} the variable in {value!r} is plain text."


def _replaced(key: str) -> tuple[str, str]:
    return f"AWS has replaced {key}.", f"Write ${{{DEPRECATED[key.lower()]}}}."


def _in_condition(spot: Spot) -> Iterator[Finding]:
    """Operators that compare texts or ARNs take variables; the others do not."""
    if not any_variable(spot.condition.values):
        return
    takes = OPERATORS[spot.comparison.name].variables
    for index, value in enumerate(spot.condition.values):
        if not has_variable(value):
            continue
        if not spot.statement.variables:
            if keys_in(value):
                yield spot.find(_OLD, _as_text(spot.case, value), _OLD_MEND, value=index)
        elif not takes:
            what = f"{spot.comparison} takes no variable such as {value!r}."
            mend = "Write the value itself, or use a String or Arn operator."
            yield spot.find("INVALID_VARIABLE_FOR_OPERATOR", what, mend, value=index)
        else:
            yield from _of_value(spot, index, value)


def _of_value(spot: Spot, index: int, value: str) -> Iterator[Finding]:
    wrong = defect(value)
    if wrong is not None:
        yield spot.find(*wrong, value=index)
    for key in keys_in(value):
        if key.lower() in DEPRECATED:
            what, mend = _replaced(key)
            yield spot.find("DEPRECATED_GLOBAL_CONDITION_KEY", what, mend, value=index)


def _elsewhere(case: PolicyContext) -> Iterator[Finding]:
    """Actions, principals and the keys of conditions are plain text."""
    if not has_variable(case.policy.text):
        return
    for statement in case.policy.statements:
        for name, listed in (("Action", statement.action), ("NotAction", statement.not_action)):
            for index, value in enumerate(listed or ()):
                if has_variable(value):
                    yield _unsupported(case, case.places.value(statement, name, index), name, value)
        for index, (_, value) in enumerate(statement.principal or statement.not_principal or ()):
            if has_variable(value):
                yield _unsupported(
                    case, case.places.principal(statement, index), "Principal", value
                )
        for condition in statement.conditions:
            if has_variable(condition.key):
                path = case.places.condition(statement, condition)
                yield _unsupported(case, path, "the key of a condition", condition.key)


def _unsupported(case: PolicyContext, path: str, where: str, value: str) -> Finding:
    what = f"In {where}, {value!r} is plain text."
    mend = "Variables work in Resource and in the values of conditions."
    return case.find("VARIABLE_UNSUPPORTED_IN_ELEMENT", path, what, mend)


DETECTORS: tuple[Detector, ...] = (_in_resources, on_conditions(_in_condition), _elsewhere)
