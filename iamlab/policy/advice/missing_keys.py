"""Guards that fail, or hold, just because the request does not have the key.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition operators"; "AWS global condition context keys".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.policy.advice.spots import Spot, holds_without_key, on_conditions, spots_of
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.global_keys import GLOBAL_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.advice.case import Case, Detector
    from iamlab.policy.advice.finding import Finding
    from iamlab.policy.statement import Condition

_PRESENT, _AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"


def _mfa(case: Case) -> Iterator[Finding]:
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


DETECTORS: tuple[Detector, ...] = (_mfa, on_conditions(_negated))
