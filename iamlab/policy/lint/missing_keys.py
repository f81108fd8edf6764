"""Guards that fail, or hold, just because the request does not have the key.

Conditions whose result is known beforehand, or that only ask whether the key is there.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition operators"; "AWS global condition context keys".
AWS page: "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.policy.building import statements_as_written
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
    """Long-term access keys send neither of the MFA keys, so that a Deny on them does not hold.

    Another statement may deny them: then nothing is said.
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
                f"Long-term access keys send no {guard.condition.key}, and are not denied.",
                f"Write {tolerant}.",
                better,
            )
        elif guard.key == _AGE and comparison.name.startswith("NumericGreaterThan"):
            yield guard.find(
                "DENY_NEVER_HOLDS_WITHOUT_KEY",
                f"Whoever has not used MFA sends no {guard.condition.key}, and is not denied.",
                f"Write {tolerant}.",
                better,
            )


def _is(condition: Condition, operator: str, value: str) -> bool:
    values = [one.lower() for one in condition.values]
    return condition.comparison.name == operator and values == [value]


def _denies_without_mfa(condition: Condition) -> bool:
    """Say whether a condition of a Deny holds for requests that have no MFA key."""
    if condition.comparison.set_operator:
        return False
    return _is(condition, "Null", "true") or (
        condition.comparison.name != "Null" and holds_without_key(condition.comparison)
    )


# Keys that say where a caller comes from or whose he is, and that many requests do not have. Those
# of one group come together, so that one of them speaks for all.
_GROUPS = (
    ("aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpcsourceip"),
    ("aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"),
    ("aws:sourceip",),
    ("aws:principalorgid", "aws:principalorgpaths"),
    ("aws:sourcearn", "aws:sourceaccount"),
    ("aws:sourceorgid", "aws:sourceorgpaths"),
    ("aws:sourceidentity",),
    ("aws:ec2instancesourcevpc", "aws:ec2instancesourceprivateipv4"),
)
_GROUP_OF = {key: group for group in _GROUPS for key in group}


def _negated(context: ConditionContext) -> Iterator[Finding]:
    """A negated operator also holds for a request that does not have the key."""
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
    if any(_asks_for(one) for one in context.statement.conditions if one.key.lower() in group):
        return
    yield context.find(
        "NEGATED_CONDITION_HOLDS_WITHOUT_KEY",
        f"{context.comparison} also lets in whoever sends no {context.name}.",
        f"The key is there {GLOBAL_KEYS[context.key].present}: add Null with the value false.",
    )


def _asks_for(condition: Condition) -> bool:
    """Say whether a condition fails without its key."""
    if condition.comparison.name == "Null":
        return _is(condition, "Null", "false")
    return not holds_without_key(condition.comparison)


_EMPTY_OBJECT = re.compile(r"\{[ \t\n\r]*\}")
_NULL = Comparison("Null")


def _empty_list(context: ConditionContext) -> Iterator[Finding]:
    """Of no values none fits."""
    if context.values or (context.operator == "Null" and context.set_operator):
        return  # such a Null is the same for every request, and is told as that
    comparison, key = context.comparison, context.name
    if comparison.set_operator == "ForAllValues" or (
        comparison.if_exists and not comparison.set_operator
    ):
        code = "IFEXISTS" if comparison.if_exists else "FORALLVALUES"
        yield context.find(
            f"EMPTY_ARRAY_CONDITION_{code}",
            f"{comparison} with no values holds only without {key}.",
            "Use Null with the value true.",
            context.instead(comparison=_NULL, values=("true",)),
        )
    elif comparison.set_operator:
        what = f"{comparison} with no values never holds."
        yield context.find("EMPTY_ARRAY_CONDITION_FORANYVALUE", what, f"Write values for {key}.")
    else:
        what = f"{key} has no values to be compared with."
        yield context.find("EMPTY_ARRAY_CONDITION", what, "Write values, or take the key out.")


def _empty_object(checked: PolicyContext) -> Iterator[Finding]:
    """A condition with nothing in it is none."""
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
                "An empty object is no condition: the statement holds without it.",
                "Write a condition, or take it out.",
                checked.change(statement),
            )


def _null_with_qualifier(context: ConditionContext) -> Iterator[Finding]:
    """A set operator makes of Null a constant."""
    if context.operator == "Null" and context.set_operator:
        always = "always" if context.set_operator == "ForAllValues" else "never"
        yield context.find(
            "NULL_WITH_QUALIFIER",
            f"{context.comparison} {always} holds, whatever the request has.",
            "Write Null alone.",
        )


def _star_alone(context: ConditionContext) -> Iterator[Finding]:
    """A lone star fits every text, so all that counts is whether the key is there."""
    comparison, key = context.comparison, context.name
    if comparison.name not in ("StringLike", "StringNotLike") or not any(
        value and not value.strip("*") for value in context.values
    ):
        return
    holds = _when(context)
    if holds == "always":
        yield context.find(
            "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION",
            f"{comparison} {key} with a star always holds.",
            "Take the key out.",
            context.dropped(),
        )
    elif holds == "never":
        yield context.find(
            "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION",
            f"{comparison} {key} with a star never holds, so the statement has no effect.",
            "Take the statement out.",
            context.checked.without(context.statement),
        )
    elif holds:
        absent = "false" if holds == "present" else "true"
        yield context.find(
            f"EQUIVALENT_TO_NULL_{absent.upper()}",
            f"{comparison} {key} with a star holds whenever the key is {holds}.",
            f"Use Null with the value {absent}.",
            context.instead(comparison=_NULL, values=(absent,)),
        )


# When a comparison of several values with a lone star holds. Where the operator is negated under
# ForAllValues, texts of no length also play a part, and nothing is said.
_OF_SEVERAL = {
    ("ForAllValues", False): "always",
    ("ForAnyValue", False): "present",
    ("ForAnyValue", True): "never",
}


def _when(context: ConditionContext) -> str:
    """Say when a comparison with a lone star holds; empty where sources differ, or it is odd."""
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
    """Say whether every request that a policy of this type judges has a key."""
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
