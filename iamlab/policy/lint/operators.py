"""Does the operator of a condition fit its key, and do its patterns let in more than they seem to?

Notes
-----
AWS pages: "IAM JSON policy elements: Condition operators"; "Single-valued vs. multivalued context
keys"; "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.policy.arn import PARTS, is_arn
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


# The families of operators for each type of key, the proper one first.
_FITTING = {
    "ARN": ("Arn", "String"),
    "Binary": ("Binary",),
    "Bool": ("Bool",),
    "Date": ("Date",),
    "IPAddress": ("Ip",),
    "Numeric": ("Numeric",),
    "String": ("String",),
}
_SHOWN: dict[str, str] = vocabulary("operators_of_families")
_INSTEAD: dict[str, dict[str, str]] = vocabulary("operators_instead_of_texts")
_READ_LIKE = {"NotIpAddress": "IpAddress", "NumericNotEquals": "NumericEquals"}
# AWS's pages are not settled about what these hold, or show them with other operators.
_UNSETTLED_NAMES = (
    "aws:assumedroot aws:ismcpserviceaction aws:viaawsmcpservice aws:calledviaawsmcp "
    "aws:signinsessionarn aws:bedrockserverlessenvironment"
)
_UNSETTLED = frozenset(_UNSETTLED_NAMES.split())


def _type(context: ConditionContext) -> Iterator[Finding]:
    """Each type of key has its operators."""
    known = context.known
    if known is None or context.family == "Null" or context.key in _UNSETTLED:
        return
    if known.type == "String" and not context.key.startswith("aws:"):
        return  # for services, the catalogue says String where it does not know better
    fitting = _FITTING.get(known.type, (context.family,))
    if context.family in fitting or (context.key, context.family) == ("aws:epochtime", "Numeric"):
        return
    if context.family == "Arn" and all(value.startswith("arn:") for value in context.values):
        return
    yield context.find(
        "TYPE_MISMATCH",
        f"{context.name} is of the type {known.type}, which {context.comparison} does not compare.",
        f"Use {_SHOWN[fitting[0]]}.",
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
    """A key with several values fits no operator that compares one."""
    plain = not context.set_operator and context.operator != "Null"
    if plain and is_multivalued(context.name):
        yield context.find(
            "MISSING_QUALIFIER",
            f"{context.name} holds several values, and {context.comparison} compares one.",
            f"Write ForAnyValue:{context.comparison} or ForAllValues:{context.comparison}.",
        )


# Audiences that are always one value.
_SINGLE_AUDIENCES_NAMES = (
    "accounts.google.com:aud cognito-identity.amazonaws.com:aud saml:aud "
    "token.actions.githubusercontent.com:aud"
)
_SINGLE_AUDIENCES = frozenset(_SINGLE_AUDIENCES_NAMES.split())


def _needless_qualifier(context: ConditionContext) -> Iterator[Finding]:
    """ForAllValues also holds without the key, and of a single value it says nothing more."""
    if context.set_operator != "ForAllValues" or context.operator == "Null":
        return
    single = context.known is not None and not is_multivalued(context.name)
    if single or context.key in _SINGLE_AUDIENCES or is_subject(context.key):
        plain = replace(context.comparison, set_operator="")
        yield context.find(
            "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
            f"{context.name} is a single value, and ForAllValues holds without it too.",
            f"Write {plain}.",
            context.instead(comparison=plain) if context.narrows else None,
        )


def is_subject(key: str) -> bool:
    """Say whether a key in lower case is what an identity provider calls its user, one text.

    Examples
    --------
    >>> is_subject("token.actions.githubusercontent.com:sub"), is_subject("s3:sub")
    (True, False)
    """
    host, _, claim = key.rpartition(":")
    return claim == "sub" and "." in host


def _audience(context: ConditionContext) -> Iterator[Finding]:
    """Whether an audience is one value or several depends on the identity provider."""
    host, _, claim = context.key.rpartition(":")
    if claim != "aud" or not context.set_operator or context.operator == "Null":
        return
    if context.key in _SINGLE_AUDIENCES:
        if context.set_operator == "ForAnyValue":
            plain = replace(context.comparison, set_operator="")
            yield context.find(
                "FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE",
                f"{context.name} is a single value, and needs no ForAnyValue.",
                f"Write {plain}.",
                None if holds_without_key(plain) else context.instead(comparison=plain),
            )
    elif "." in host:
        yield context.find(
            "CONFIRM_AUDIENCE_CLAIM_TYPE",
            f"{context.set_operator} is right only if {host} sends a list of audiences.",
            "If it sends one audience, leave it out.",
        )


_LIKE = {
    "StringEquals": "StringLike",
    "StringNotEquals": "StringNotLike",
    "StringEqualsIgnoreCase": "",
    "StringNotEqualsIgnoreCase": "",
}
_ARN_LIKE = {"StringLike": "ArnLike", "StringNotLike": "ArnNotLike"}


def _star(context: ConditionContext) -> Iterator[Finding]:
    """Only the Like operators know wildcards."""
    like = _LIKE.get(context.operator)
    if like is None:
        return
    starred = [one for one in context.values if has_wildcard(one)]
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
        f"For {context.comparison} the {sign} in {starred[0]!r} is a plain {sign}.",
        f"Write {replace(context.comparison, name=like)} if it is to be a wildcard."
        if like
        else "Only StringLike has wildcards.",
        context.renamed(like) if certain else None,
    )


def _star_in_arn(context: ConditionContext) -> Iterator[Finding]:
    """In an ARN, the star of StringLike runs across colons; that of ArnLike stays in its part.

    A star after the fifth colon is the same to both.
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
        f"With {context.comparison} a wildcard in {loose[0]!r} can match across colons.",
        f"Write {better_named}{'' if whole else ', and all six parts of the ARN'}.",
        context.renamed(like) if certain else None,
    )


def _crosses(value: str) -> bool:
    """Say whether a wildcard stands before the fifth colon; a lone star says something else."""
    before = value.split(":", PARTS - 1)[: PARTS - 1]
    return value.strip("*") != "" and any(map(has_wildcard, before))


PATHS = frozenset(f"aws:{whose}orgpaths" for whose in ("principal", "resource", "source", "vpce"))
"""Keys whose values begin with the id of an organization."""

ENOUGH = 6
"""So many plain characters must stand before each wildcard in a path, and in a subject."""
_WILD = re.compile("[*?]+")

# Of two accounts that a request names, one may be compared with the other.
_OF_THE_RESOURCE = frozenset(("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"))
_OF_THE_PRINCIPAL = frozenset(
    ("aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths")
)
_OF_THE_NETWORK = frozenset(("aws:sourcevpc", "aws:ec2instancesourcevpc"))


def _wildcard(context: ConditionContext) -> Iterator[Finding]:
    """A wildcard in an id lets in whoever gets himself an id that fits."""
    pattern = OPERATORS[context.operator].pattern
    named = context.key in IDENTIFIERS or context.key in PATHS or is_subject(context.key)
    if not pattern or not context.narrows or not named:
        return
    for index, value in enumerate(context.values):
        if has_wildcard(value) and (context.key in IDENTIFIERS or _follows_little(value)):
            yield context.find(
                "WILDCARD_USAGE_TOO_PERMISSIVE",
                f"{value!r} fits more than one {context.name}.",
                "Write each id in full."
                if context.key in IDENTIFIERS
                else f"Write at least {ENOUGH} plain characters before each wildcard.",
                value=index,
            )


def _follows_little(value: str) -> bool:
    """Say whether fewer plain characters than that stand before one of the wildcards."""
    *before, _ = _WILD.split(ANY_VARIABLE.sub("_" * ENOUGH, value))
    return any(len(plain) < ENOUGH for plain in before)


def _variable(context: ConditionContext) -> Iterator[Finding]:
    """A variable that the caller can set lets him choose which account fits."""
    if context.key not in IDENTIFIERS or not context.narrows or not context.statement.variables:
        return
    if not OPERATORS[context.operator].variables:
        return
    for index, value in enumerate(context.values):
        keys = {key.lower() for key in keys_in(value)} if has_variable(value) else set()
        if not keys <= _comparable(context.key):
            yield context.find(
                "VARIABLE_USAGE_TOO_PERMISSIVE",
                f"{value!r} leaves it to the request which {context.name} fits.",
                "Write each id in full.",
                value=index,
            )


def _comparable(key: str) -> frozenset[str]:
    """Give the keys that a key may be compared with: of the other side, and not of one's own."""
    if key in _OF_THE_RESOURCE:
        return _OF_THE_PRINCIPAL
    if key in _OF_THE_NETWORK:
        return _OF_THE_NETWORK - {key}
    return (_OF_THE_RESOURCE | _OF_THE_PRINCIPAL) - {key}


# The caller, not AWS, fills these.
_WRITTEN_BY_THE_CALLER = frozenset(("aws:referer", "aws:useragent"))


def _untrustworthy(context: ConditionContext) -> Iterator[Finding]:
    """What the caller writes into his request proves nothing about him."""
    if context.key not in _WRITTEN_BY_THE_CALLER:
        return
    principals = context.statement.principal or ()
    if principals and all(kind == "Service" for kind, _ in principals):
        return  # a service of AWS is believed
    yield context.find(
        "UNTRUSTWORTHY_CONDITION_KEY",
        f"The caller can send any {context.name} he likes.",
        "Rest access on a key that AWS fills, such as aws:PrincipalArn.",
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
