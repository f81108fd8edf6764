"""Findings about operators: whether they fit the key, and whether their patterns are too broad.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition operators"; "Single-valued vs. multivalued context
keys"; "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.policy.arn import PARTS, is_arn, names
from iamlab.policy.catalog import vocabulary
from iamlab.policy.condition_keys import IDENTIFIERS, is_multivalued
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.lint.context import (
    ConditionContext,
    has_wildcard,
    holds_without_key,
    on_conditions,
)
from iamlab.policy.lint.values import is_readable
from iamlab.policy.variables import ANY_VARIABLE, any_variable, has_variable, keys_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector
    from iamlab.policy.lint.findings import Better, Finding


_FAMILIES: dict[str, str] = vocabulary("families_of_types")
_SHOWN: dict[str, str] = vocabulary("operators_of_families")
_INSTEAD: dict[str, dict[str, str]] = vocabulary("operators_instead_of_texts")
_READ_LIKE = {"NotIpAddress": "IpAddress", "NumericNotEquals": "NumericEquals"}
# AWS's pages are unclear about the values of these keys, or use other operators with them.
_UNSETTLED = frozenset(names("keys_of_unclear_type"))


def _type(context: ConditionContext) -> Iterator[Finding]:
    """Find operators that don't compare values of the key's type."""
    known = context.known
    if known is None or context.family == "Null" or context.key in _UNSETTLED:
        return
    if known.type == "String" and not context.key.startswith("aws:"):
        return  # in the catalogue, String can also mean that the type is unknown
    fitting = _FAMILIES.get(known.type, context.family).split()
    if context.family in fitting or (context.key, context.family) == ("aws:epochtime", "Numeric"):
        return
    if context.family == "Arn" and all(value.startswith("arn:") for value in context.values):
        return
    yield context.find(
        "TYPE_MISMATCH",
        f"{context.name} has the type {known.type}, which {context.comparison} doesn't compare.",
        f"Write {_SHOWN[fitting[0]]}.",
        _retyped(context, known.type),
    )


def _retyped(context: ConditionContext, kind: str) -> Better | None:
    operator = _INSTEAD.get(kind, {}).get(context.operator)
    values = context.values
    if operator is None or (operator == "Bool" and len(values) > 1):
        return None
    readable = all(is_readable(_READ_LIKE.get(operator, operator), value) for value in values)
    return context.renamed(operator) if readable else None


def _qualifier(context: ConditionContext) -> Iterator[Finding]:
    """Find multivalued keys without a set operator."""
    plain = not context.set_operator and context.operator != "Null"
    if plain and is_multivalued(context.name):
        yield context.find(
            "MISSING_QUALIFIER",
            f"{context.name} can have several values, but {context.comparison} compares one.",
            f"Write ForAnyValue:{context.comparison} or ForAllValues:{context.comparison}.",
        )


_SINGLE_AUDIENCES = frozenset(names("single_audiences"))


def _needless_qualifier(context: ConditionContext) -> Iterator[Finding]:
    """Find ForAllValues for single-valued keys: it also matches requests without the key."""
    if context.set_operator != "ForAllValues" or context.operator == "Null":
        return
    single = context.known is not None and not is_multivalued(context.name)
    if single or context.key in _SINGLE_AUDIENCES or is_subject(context.key):
        plain = replace(context.comparison, set_operator="")
        yield context.find(
            "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
            f"{context.name} has a single value. ForAllValues also matches requests without it.",
            f"Write {plain}.",
            context.instead(comparison=plain) if context.narrows else None,
        )


def is_subject(key: str) -> bool:
    """Return whether a key, in lower case, is an identity provider's subject claim.

    Examples
    --------
    >>> is_subject("token.actions.githubusercontent.com:sub"), is_subject("s3:sub")
    (True, False)
    """
    host, _, claim = key.rpartition(":")
    return claim == "sub" and "." in host


def _audience(context: ConditionContext) -> Iterator[Finding]:
    """Find set operators for an audience: the provider decides whether it has several values."""
    host, _, claim = context.key.rpartition(":")
    if claim != "aud" or not context.set_operator or context.operator == "Null":
        return
    if context.key in _SINGLE_AUDIENCES:
        if context.set_operator == "ForAnyValue":
            plain = replace(context.comparison, set_operator="")
            yield context.find(
                "FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE",
                f"{context.name} has a single value and needs no ForAnyValue.",
                f"Write {plain}.",
                None if holds_without_key(plain) else context.instead(comparison=plain),
            )
    elif "." in host:
        yield context.find(
            "CONFIRM_AUDIENCE_CLAIM_TYPE",
            f"{context.set_operator} is correct only if {host} sends a list of audiences.",
            "If it sends one audience, remove the set operator.",
        )


_LIKE: dict[str, str] = vocabulary("operators_with_wildcards")
_ARN_LIKE = {"StringLike": "ArnLike", "StringNotLike": "ArnNotLike"}


def _star(context: ConditionContext) -> Iterator[Finding]:
    """Find wildcards in the values of operators that have none."""
    like = _LIKE.get(context.operator)
    if like is None:
        return
    starred = [value for value in context.values if has_wildcard(value)]
    if not starred:
        return
    sign = "star" if "*" in starred[0] else "question mark"
    of_arns = context.known is not None and context.known.type == "ARN"
    if of_arns and like:
        like = _ARN_LIKE[like]
    fits = like and (not of_arns or all(map(is_arn, context.values)))
    certain = fits and context.key not in IDENTIFIERS and "?" not in "".join(context.values)
    yield context.find(
        "WILDCARD_WITHOUT_LIKE_OPERATOR",
        f"With {context.comparison}, the {sign} in {starred[0]!r} is a plain {sign}.",
        f"Write {replace(context.comparison, name=like)} if it should be a wildcard."
        if like
        else "Write StringLike if it should be a wildcard.",
        context.renamed(like) if certain else None,
    )


def _star_in_arn(context: ConditionContext) -> Iterator[Finding]:
    """Find wildcards of StringLike in ARNs: they match colons, those of ArnLike don't.

    After the fifth colon there is no difference.
    """
    like = _ARN_LIKE.get(context.operator)
    if like is None or context.known is None or context.known.type != "ARN":
        return
    loose = [value for value in context.values if _crosses(value)]
    if not loose:
        return
    whole = all(map(is_arn, context.values))
    certain = whole and not any_variable(context.values)
    better_named = replace(context.comparison, name=like)
    yield context.find(
        "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS",
        f"With {context.comparison}, a wildcard in {loose[0]!r} also matches colons.",
        f"Write {better_named}{'' if whole else ', and all six parts of the ARN'}.",
        context.renamed(like) if certain else None,
    )


def _crosses(value: str) -> bool:
    """Return whether a value, except a single star, has a wildcard before the fifth colon."""
    before = value.split(":", PARTS - 1)[: PARTS - 1]
    return value.strip("*") != "" and any(map(has_wildcard, before))


PATHS = frozenset(f"aws:{whose}orgpaths" for whose in ("principal", "resource", "source", "vpce"))
"""Keys whose values begin with the ID of an organization."""

ENOUGH = 6
"""The fewest plain characters before each wildcard in a path or a subject."""
_WILD = re.compile("[*?]+")

# A policy may compare the principal's account with the resource's account.
_OF_THE_RESOURCE = frozenset(names("accounts_of_the_resource"))
_OF_THE_PRINCIPAL = frozenset(names("accounts_of_the_principal"))
_OF_THE_NETWORK = frozenset(("aws:sourcevpc", "aws:ec2instancesourcevpc"))


def _wildcard(context: ConditionContext) -> Iterator[Finding]:
    """Find wildcards in IDs: they also match the IDs of strangers."""
    pattern = OPERATORS[context.operator].pattern
    named = context.key in IDENTIFIERS or context.key in PATHS or is_subject(context.key)
    if not pattern or not context.narrows or not named:
        return
    for index, value in enumerate(context.values):
        if has_wildcard(value) and (context.key in IDENTIFIERS or _follows_little(value)):
            yield context.find(
                "WILDCARD_USAGE_TOO_PERMISSIVE",
                f"{value!r} matches more than one {context.name}.",
                "Write each ID in full."
                if context.key in IDENTIFIERS
                else f"Write at least {ENOUGH} plain characters before each wildcard.",
                value=index,
            )


def _follows_little(value: str) -> bool:
    """Return whether a wildcard has too few plain characters before it."""
    *before, _ = _WILD.split(ANY_VARIABLE.sub("_" * ENOUGH, value))
    return any(len(plain) < ENOUGH for plain in before)


def _variable(context: ConditionContext) -> Iterator[Finding]:
    """Find variables that let the caller choose the account."""
    if context.key not in IDENTIFIERS or not context.narrows or not context.statement.variables:
        return
    if not OPERATORS[context.operator].variables:
        return
    for index, value in enumerate(context.values):
        keys = {key.lower() for key in keys_in(value)} if has_variable(value) else set()
        if not keys <= _comparable(context.key):
            yield context.find(
                "VARIABLE_USAGE_TOO_PERMISSIVE",
                f"{value!r} lets the request choose which {context.name} matches.",
                "Write each ID in full.",
                value=index,
            )


def _comparable(key: str) -> frozenset[str]:
    """Return the keys that a key may be compared with: those of another party to the request."""
    if key in _OF_THE_RESOURCE:
        return _OF_THE_PRINCIPAL
    if key in _OF_THE_NETWORK:
        return _OF_THE_NETWORK - {key}
    return (_OF_THE_RESOURCE | _OF_THE_PRINCIPAL) - {key}


# The caller, not AWS, sets these.
_WRITTEN_BY_THE_CALLER = frozenset(("aws:referer", "aws:useragent"))


def _untrustworthy(context: ConditionContext) -> Iterator[Finding]:
    """Find keys that the caller sets: they prove nothing about the caller."""
    if context.key not in _WRITTEN_BY_THE_CALLER:
        return
    principals = context.statement.principal or ()
    if principals and all(kind == "Service" for kind, _ in principals):
        return  # AWS's services are trusted
    yield context.find(
        "UNTRUSTWORTHY_CONDITION_KEY",
        f"Callers can send any {context.name}.",
        "Write a key that AWS sets, such as aws:PrincipalArn.",
    )


DETECTORS: tuple[Detector, ...] = (
    on_conditions(
        _type,
        _qualifier,
        _needless_qualifier,
        _audience,
        _star,
        _star_in_arn,
        _wildcard,
        _variable,
        _untrustworthy,
    ),
)
