"""Conditions whose result is known beforehand, or that only ask whether the key is there.

Notes
-----
AWS page: "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from iamlab.policy.advice.spots import Spot, on_conditions
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import Comparison
from iamlab.policy.global_keys import ALWAYS, ALWAYS_IF_SIGNED, GLOBAL_KEYS
from iamlab.policy.json_text import child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.advice.case import Case, Detector
    from iamlab.policy.advice.finding import Finding

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


def _empty_object(case: Case) -> Iterator[Finding]:
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


def is_always_there(key: str, case: Case) -> bool:
    """Say whether every request that a policy of this type judges has a key."""
    known = GLOBAL_KEYS.get(key)
    if known is None:
        return False
    return known.present in (ALWAYS if case.names_principals else ALWAYS_IF_SIGNED)


DETECTORS: tuple[Detector, ...] = (
    on_conditions(_empty_list, _null_with_qualifier, _star_alone),
    _empty_object,
)
