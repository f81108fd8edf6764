"""Findings about missing keys and missing values.

Some conditions have an unintended result if the request doesn't have the key. Others have the same
result for every request, or only check whether the key exists.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition operators"; "AWS global condition context keys";
"IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.policy.building import statements_as_written
from iamlab.policy.catalog import vocabulary
from iamlab.policy.condition_keys import ALWAYS, ALWAYS_IF_SIGNED, GLOBAL_KEYS, is_multivalued
from iamlab.policy.conditions import Comparison
from iamlab.policy.json_text import child
from iamlab.policy.lint.context import (
    ConditionContext,
    condition_contexts,
    holds_without_key,
    on_conditions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Condition


_PRESENT, _AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"


def _mfa(checked: PolicyContext) -> Iterator[Finding]:
    """Find Denies on MFA keys that long-term access keys escape, since they send no such key.

    If another statement denies them, there is no finding.
    """
    guards = [
        context
        for statement in checked.statements
        if statement.effect == "Deny"
        for context in condition_contexts(checked, statement)
        if context.key in (_PRESENT, _AGE)
    ]
    if any(_denies_without_mfa(guard.condition) for guard in guards):
        return
    for guard in guards:
        comparison = guard.comparison
        if comparison.set_operator or comparison.if_exists:
            continue
        tolerant = replace(comparison, if_exists=True)
        better = guard.instead(comparison=tolerant)
        if guard.key == _PRESENT and _is(guard.condition, "Bool", "false"):
            yield guard.find(
                "MFA_DENY_SPARES_LONG_TERM_KEYS",
                f"Long-term access keys send no {guard.condition.key}, so they aren't denied.",
                f"Write {tolerant}.",
                better,
            )
        elif guard.key == _AGE and comparison.name.startswith("NumericGreaterThan"):
            yield guard.find(
                "DENY_NEVER_HOLDS_WITHOUT_KEY",
                f"A caller without MFA sends no {guard.condition.key} and isn't denied.",
                f"Write {tolerant}.",
                better,
            )


def _is(condition: Condition, operator: str, value: str) -> bool:
    values = [text.lower() for text in condition.values]
    return condition.comparison.name == operator and values == [value]


def _denies_without_mfa(condition: Condition) -> bool:
    """Return whether requests without an MFA key meet a condition of a Deny."""
    if condition.comparison.set_operator:
        return False
    return _is(condition, "Null", "true") or (
        condition.comparison.name != "Null" and holds_without_key(condition.comparison)
    )


_GROUPS = [text.split() for text in vocabulary("optional_keys")["groups"]]
_GROUP_OF = {key: group for group in _GROUPS for key in group}


def _negated(context: ConditionContext) -> Iterator[Finding]:
    """Find negated operators that requests without the key also meet."""
    if (
        context.statement.effect != "Allow"
        or not context.is_negated
        or context.key not in _GROUP_OF
    ):
        return
    without_qualifier = is_multivalued(context.name) and not context.set_operator
    if not holds_without_key(context.comparison) or without_qualifier:
        return
    group = _GROUP_OF[context.key]
    in_group = (line for line in context.statement.conditions if line.key.lower() in group)
    if any(map(_asks_for, in_group)):
        return
    yield context.find(
        "NEGATED_CONDITION_HOLDS_WITHOUT_KEY",
        f"{context.comparison} also matches requests without {context.name}.",
        f"The key is present {GLOBAL_KEYS[context.key].present}. Add Null with the value false.",
    )


def _asks_for(condition: Condition) -> bool:
    """Return whether a condition fails without its key."""
    if condition.comparison.name == "Null":
        return _is(condition, "Null", "false")
    return not holds_without_key(condition.comparison)


_EMPTY_OBJECT = re.compile(r"\{[ \t\n\r]*\}")
_NULL = Comparison("Null")


def _empty_list(context: ConditionContext) -> Iterator[Finding]:
    """Find conditions without values: no value matches."""
    if context.values or (context.operator == "Null" and context.set_operator):
        return  # _null_with_qualifier finds such a Null
    comparison, key = context.comparison, context.name
    if comparison.set_operator == "ForAllValues" or (
        comparison.if_exists and not comparison.set_operator
    ):
        code = "IFEXISTS" if comparison.if_exists else "FORALLVALUES"
        yield context.find(
            f"EMPTY_ARRAY_CONDITION_{code}",
            f"{comparison} without values matches only requests without {key}.",
            "Write Null with the value true.",
            context.instead(comparison=_NULL, values=("true",)),
        )
    elif comparison.set_operator:
        what = f"{comparison} without values never matches."
        yield context.find("EMPTY_ARRAY_CONDITION_FORANYVALUE", what, f"Write values for {key}.")
    else:
        what = f"The condition on {key} has no values."
        yield context.find("EMPTY_ARRAY_CONDITION", what, "Write values, or remove the key.")


def _empty_object(checked: PolicyContext) -> Iterator[Finding]:
    """Find empty Condition blocks and operators: they aren't conditions."""
    if not _EMPTY_OBJECT.search(checked.policy.text):
        return
    raw = statements_as_written(checked.policy)
    for statement in checked.statements:
        block: Any = raw[statement.number - 1].get("Condition")
        path = checked.places.element(statement, "Condition")
        empty = [] if block else [path]
        empty += [child(path, operator) for operator, keys in (block or {}).items() if not keys]
        for place in empty if block is not None else ():
            yield checked.find(
                "EMPTY_OBJECT_CONDITION",
                place,
                "An empty object isn't a condition. The statement matches without it.",
                "Write a condition, or remove the empty object.",
                checked.change(statement),
            )


def _null_with_qualifier(context: ConditionContext) -> Iterator[Finding]:
    """Find Null with a set operator, which has the same result for every request."""
    if context.operator == "Null" and context.set_operator:
        always = "always" if context.set_operator == "ForAllValues" else "never"
        yield context.find(
            "NULL_WITH_QUALIFIER",
            f"{context.comparison} {always} matches, whatever the request has.",
            "Write Null without a set operator.",
        )


def _star_alone(context: ConditionContext) -> Iterator[Finding]:
    """Find values that are only a star: they check only whether the key exists."""
    comparison, key = context.comparison, context.name
    if comparison.name not in ("StringLike", "StringNotLike") or not any(
        value and not value.strip("*") for value in context.values
    ):
        return
    holds = _when(context)
    if holds == "always":
        yield context.find(
            "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION",
            f"{comparison} {key} with a star always matches.",
            "Remove the key.",
            context.dropped(),
        )
    elif holds == "never":
        yield context.find(
            "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION",
            f"{comparison} {key} with a star never matches, so the statement has no effect.",
            "Remove the statement.",
            context.checked.without(context.statement),
        )
    elif holds:
        absent = "false" if holds == "present" else "true"
        yield context.find(
            f"EQUIVALENT_TO_NULL_{absent.upper()}",
            f"{comparison} {key} with a star matches whenever the key is {holds}.",
            f"Write Null with the value {absent}.",
            context.instead(comparison=_NULL, values=(absent,)),
        )


# When a set operator with a single star matches. ForAllValues with a negated operator also depends
# on empty texts, so it has no finding.
_OF_SEVERAL = {
    ("ForAllValues", False): "always",
    ("ForAnyValue", False): "present",
    ("ForAnyValue", True): "never",
}


def _when(context: ConditionContext) -> str:
    """Return when a comparison with a single star matches; empty if AWS's pages don't agree."""
    comparison = context.comparison
    if comparison.set_operator == "ForAnyValue" and comparison.if_exists:
        return ""
    if comparison.set_operator:
        return _OF_SEVERAL.get((comparison.set_operator, context.is_negated), "")
    if is_multivalued(context.name):
        return ""
    there = is_always_there(context.key, context.checked)
    if context.is_negated:
        return "never" if there else "absent"
    return "always" if there or comparison.if_exists else "present"


def is_always_there(key: str, checked: PolicyContext) -> bool:
    """Return whether every request that a policy of this type applies to has a key."""
    known = GLOBAL_KEYS.get(key)
    if known is None:
        return False
    return known.present in (ALWAYS if checked.names_principals else ALWAYS_IF_SIGNED)


DETECTORS: tuple[Detector, ...] = (
    _mfa,
    on_conditions(_negated),
    on_conditions(_empty_list, _null_with_qualifier, _star_alone),
    _empty_object,
)
