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

from iamlab.policy.condition_keys import ALWAYS, ALWAYS_IF_SIGNED, GLOBAL_KEYS, is_multivalued
from iamlab.policy.conditions import Comparison
from iamlab.policy.json_text import child
from iamlab.policy.lint.context import Spot, holds_without_key, on_conditions, spots_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Condition


_PRESENT, _AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"


def _mfa(case: PolicyContext) -> Iterator[Finding]:
    """Long-term access keys send neither of the MFA keys, so that a Deny on them does not hold.

    Another statement may deny them: then nothing is said.
    """
    guards = [
        spot
        for statement in case.policy.statements
        if statement.effect == "Deny"
        for spot in spots_of(case, statement)
        if spot.key in (_PRESENT, _AGE)
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


def _negated(spot: Spot) -> Iterator[Finding]:
    """A negated operator also holds for a request that does not have the key."""
    if spot.statement.effect != "Allow" or not spot.is_negated or spot.key not in _GROUP_OF:
        return
    without_qualifier = is_multivalued(spot.condition.key) and not spot.comparison.set_operator
    if not holds_without_key(spot.comparison) or without_qualifier:
        return
    group = _GROUP_OF[spot.key]
    if any(_asks_for(one) for one in spot.statement.conditions if one.key.lower() in group):
        return
    yield spot.find(
        "NEGATED_CONDITION_HOLDS_WITHOUT_KEY",
        f"{spot.comparison} also lets in whoever sends no {spot.condition.key}.",
        f"The key is there {GLOBAL_KEYS[spot.key].present}: add Null with the value false.",
    )


def _asks_for(condition: Condition) -> bool:
    """Say whether a condition fails without its key."""
    if condition.comparison.name == "Null":
        return _is(condition, "Null", "false")
    return not holds_without_key(condition.comparison)


_EMPTY_OBJECT = re.compile(r"\{[ \t\n\r]*\}")
_NULL = Comparison("Null")


def _empty_list(spot: Spot) -> Iterator[Finding]:
    """Of no values none fits."""
    if spot.condition.values or (spot.comparison.name == "Null" and spot.comparison.set_operator):
        return  # such a Null is the same for every request, and is told as that
    comparison, key = spot.comparison, spot.condition.key
    if comparison.set_operator == "ForAllValues" or (
        comparison.if_exists and not comparison.set_operator
    ):
        code = "IFEXISTS" if comparison.if_exists else "FORALLVALUES"
        yield spot.find(
            f"EMPTY_ARRAY_CONDITION_{code}",
            f"{comparison} with no values holds only without {key}.",
            "Use Null with the value true.",
            spot.instead(comparison=_NULL, values=("true",)),
        )
    elif comparison.set_operator:
        what = f"{comparison} with no values never holds."
        yield spot.find("EMPTY_ARRAY_CONDITION_FORANYVALUE", what, f"Write values for {key}.")
    else:
        what = f"{key} has no values to be compared with."
        yield spot.find("EMPTY_ARRAY_CONDITION", what, "Write values, or take the key out.")


def _empty_object(case: PolicyContext) -> Iterator[Finding]:
    """A condition with nothing in it is none."""
    if not _EMPTY_OBJECT.search(case.policy.text):
        return
    written = case.policy.to_dict()["Statement"]
    raw = written if isinstance(written, list) else [written]
    for statement in case.policy.statements:
        block: Any = raw[statement.number - 1].get("Condition")
        path = case.places.element(statement, "Condition")
        empty = [] if block else [path]
        empty += [child(path, operator) for operator, keys in (block or {}).items() if not keys]
        for place in empty if block is not None else ():
            yield case.find(
                "EMPTY_OBJECT_CONDITION",
                place,
                "An empty object is no condition: the statement holds without it.",
                "Write a condition, or take it out.",
                case.change(statement),
            )


def _null_with_qualifier(spot: Spot) -> Iterator[Finding]:
    """A set operator makes of Null a constant."""
    if spot.comparison.name == "Null" and spot.comparison.set_operator:
        always = "always" if spot.comparison.set_operator == "ForAllValues" else "never"
        yield spot.find(
            "NULL_WITH_QUALIFIER",
            f"{spot.comparison} {always} holds, whatever the request has.",
            "Write Null alone.",
        )


def _star_alone(spot: Spot) -> Iterator[Finding]:
    """A lone star fits every text, so all that counts is whether the key is there."""
    comparison, key = spot.comparison, spot.condition.key
    if comparison.name not in ("StringLike", "StringNotLike") or not any(
        value and not value.strip("*") for value in spot.condition.values
    ):
        return
    holds = _when(spot)
    if holds == "always":
        yield spot.find(
            "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION",
            f"{comparison} {key} with a star always holds.",
            "Take the key out.",
            spot.dropped(),
        )
    elif holds == "never":
        yield spot.find(
            "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION",
            f"{comparison} {key} with a star never holds, so the statement has no effect.",
            "Take the statement out.",
            spot.case.without(spot.statement),
        )
    elif holds:
        absent = "false" if holds == "present" else "true"
        yield spot.find(
            f"EQUIVALENT_TO_NULL_{absent.upper()}",
            f"{comparison} {key} with a star holds whenever the key is {holds}.",
            f"Use Null with the value {absent}.",
            spot.instead(comparison=_NULL, values=(absent,)),
        )


# When a comparison of several values with a lone star holds. Where the operator is negated under
# ForAllValues, texts of no length also play a part, and nothing is said.
_OF_SEVERAL = {
    ("ForAllValues", False): "always",
    ("ForAnyValue", False): "present",
    ("ForAnyValue", True): "never",
}


def _when(spot: Spot) -> str:
    """Say when a comparison with a lone star holds; empty where sources differ, or it is odd."""
    comparison = spot.comparison
    if comparison.set_operator == "ForAnyValue" and comparison.if_exists:
        return ""
    if comparison.set_operator:
        return _OF_SEVERAL.get((comparison.set_operator, spot.is_negated), "")
    if is_multivalued(spot.condition.key):
        return ""
    there = is_always_there(spot.key, spot.case)
    if spot.is_negated:
        return "never" if there else "absent"
    return "always" if there or comparison.if_exists else "present"


def is_always_there(key: str, case: PolicyContext) -> bool:
    """Say whether every request that a policy of this type judges has a key."""
    known = GLOBAL_KEYS.get(key)
    if known is None:
        return False
    return known.present in (ALWAYS if case.names_principals else ALWAYS_IF_SIGNED)


DETECTORS: tuple[Detector, ...] = (
    _mfa,
    on_conditions(_negated),
    on_conditions(_empty_list, _null_with_qualifier, _star_alone),
    _empty_object,
)
