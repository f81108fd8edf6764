"""Conditions in words, including missing keys.

A condition with a negated operator or with IfExists is met if the request doesn't have the key.
ForAllValues is met if the request has no value. The words mention a missing key, except for keys
that are in every request.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition operators"; "Set operators for multivalued context
keys"; "AWS global condition context keys".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamlab import unsure
from iamlab.policy.catalog import vocabulary
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import OPERATORS, missing_key_default
from iamlab.policy.describe.values import NONE, Predicate, keys_needed_by_all, predicate
from iamlab.policy.describe.words import boolean, item, joined, may_miss, named, noun, presence

if TYPE_CHECKING:
    from iamlab.policy.statement import Condition

MFA, MFA_AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"
_MFA: dict[str, str] = vocabulary("mfa")


class Clause(NamedTuple):
    """A condition in words.

    Parameters
    ----------
    text
        When it is met; empty if always or never.
    unless
        Whether the text describes when it is *not* met.
    never
        Why it is never met; empty if it can be met.
    always
        Why it is always met, in a sentence; empty if it isn't.
    """

    text: str = ""
    unless: bool = False
    never: str = ""
    always: str = ""


class ConditionSetting(NamedTuple):
    """What the words for a condition depend on.

    Parameters
    ----------
    variables
        Whether the document's version has variables.
    signed
        Whether the statement matches signed requests only.
    denies
        Whether the effect is Deny: then a negated condition is described with "unless".
    """

    variables: bool
    signed: bool
    denies: bool


def clause(condition: Condition, setting: ConditionSetting) -> Clause:
    """Describe a condition.

    Examples
    --------
    >>> from iamlab import Policy
    >>> text = '''{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
    ...   "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "sky"}}}}'''
    >>> condition = Policy.parse(text).statements[0].conditions[0]
    >>> clause(condition, ConditionSetting(variables=True, signed=True, denies=False)).text
    "the caller's tag team is not sky (or the request has no aws:PrincipalTag/team)"
    """
    comparison = condition.comparison
    if comparison.name == "Null":
        return _null(condition)
    if comparison.set_operator:
        return _many(condition, setting)
    if is_multivalued(condition.key) and unsure.MULTIVALUED_KEY_NEEDS_SET_OPERATOR:
        why = (
            f"{named(condition.key)} has several values, and without ForAllValues or "
            f"ForAnyValue the condition never matches them"
        )
        return _only_missing(condition, why)
    if not condition.values:
        return _no_values(condition)
    if comparison.name == "Bool":
        return _bool(condition, setting)
    return _one(condition, setting)


def _only_missing(condition: Condition, why: str) -> Clause:
    """Describe a condition that no value meets, at most a request without the key."""
    if missing_key_default(condition.comparison):
        return Clause(f"{presence(condition.key)[1]} ({why})")
    return Clause(never=why)


def _no_values(condition: Condition) -> Clause:
    negated = OPERATORS[condition.comparison.name].negated
    if negated and not condition.comparison.if_exists and unsure.EMPTY_LIST_FITS_NEGATED:
        return _always(condition)
    return _only_missing(condition, f"the condition on {named(condition.key)} lists no values")


def _always(condition: Condition) -> Clause:
    """Describe a condition that every request meets."""
    return Clause(always=f"Every request meets the condition on {named(condition.key)}.")


def _null(condition: Condition) -> Clause:
    key, kind = named(condition.key), condition.comparison.set_operator
    wanted = {value.lower() for value in condition.values} & {"true", "false"}
    if kind == "ForAllValues" or (len(wanted) == 2 and not kind):
        return _always(condition)
    if kind == "ForAnyValue":
        return Clause(never=f"ForAnyValue:Null, here for {key}, is never met")
    if not wanted:
        return Clause(never=f"Null needs true or false, and {key} has neither")
    has, lacks = presence(condition.key)
    return Clause(lacks if "true" in wanted else has)


def _bool(condition: Condition, setting: ConditionSetting) -> Clause:
    comparison, key = condition.comparison, condition.key
    wanted = {value.lower() for value in condition.values} & {"true", "false"}
    if not wanted:
        return _only_missing(condition, f"{named(key)} is compared with neither true nor false")
    if len(wanted) == 2:
        text = f"{named(key)} is true or false"
        return Clause(text + _or_missing(condition, setting))
    only = wanted.pop()
    if key.lower() == MFA:
        return Clause(_MFA[f"{only}{'_if_exists' if comparison.if_exists else ''}"])
    is_true, is_false = boolean(key)
    if only == "false" and setting.denies and not may_miss(key, signed=setting.signed):
        return Clause(is_true, unless=True)
    if only == "true":
        return Clause(is_true + _or_missing(condition, setting))
    if comparison.if_exists or not may_miss(key, signed=setting.signed):
        return Clause(is_false + _or_missing(condition, setting))
    return Clause(f"{is_false} (the request must have {named(key)})")


def _one(condition: Condition, setting: ConditionSetting) -> Clause:
    """Describe a condition on a single-valued key."""
    key, name = condition.key, condition.comparison.name
    words = predicate(condition, variables=setting.variables)
    negated = OPERATORS[name].negated
    if not words.affirmed:
        why = f"no value of the condition on {named(key)} can match"
        return _always(condition) if negated else _only_missing(condition, why)
    if not negated:
        trap = setting.denies and key.lower() == MFA_AGE and not condition.comparison.if_exists
        missing = " (not callers without MFA)" if trap else _or_missing(condition, setting)
        return Clause(f"{noun(key)} {words.affirmed}{missing}")
    if setting.denies:
        text = f"{noun(key)} {words.affirmed}{_not_counted(condition, setting)}"
        return Clause(text, unless=True)
    return Clause(f"{noun(key)} {words.denied}{_or_missing(condition, setting)}")


def _lacking(condition: Condition, setting: ConditionSetting) -> list[str]:
    """List the keys without which a condition is met if it is negated or has IfExists."""
    keys = [condition.key] if may_miss(condition.key, signed=setting.signed) else []
    operator = OPERATORS[condition.comparison.name]
    if setting.variables and operator.negated and operator.variables:
        keys += [
            key
            for key in keys_needed_by_all(condition.values)
            if may_miss(key, signed=setting.signed) and key.lower() != condition.key.lower()
        ]
    return [named(key) for key in keys]


def _or_missing(condition: Condition, setting: ConditionSetting) -> str:
    keys = _lacking(condition, setting) if missing_key_default(condition.comparison) else []
    return f" (or the request has no {joined(keys, 'or no')})" if keys else ""


def _not_counted(condition: Condition, setting: ConditionSetting) -> str:
    keys = _lacking(condition, setting)
    return f" (a request without {joined(keys, 'or')} doesn't count)" if keys else ""


def _many(condition: Condition, setting: ConditionSetting) -> Clause:
    """Describe ForAllValues or ForAnyValue."""
    comparison, key = condition.comparison, named(condition.key)
    every = comparison.set_operator == "ForAllValues"
    words = _of_one_value(condition, setting)
    negated = OPERATORS[comparison.name].negated
    if not words.affirmed:
        return _set_of_nothing(condition, negated=negated and bool(condition.values), every=every)
    value = item(condition.key)
    if every:
        return Clause(f"{'no' if negated else 'every'} {value} {words.affirmed} (or it has none)")
    doubt = ""
    if comparison.if_exists:
        doubt = f" (AWS's pages disagree about a request without {key})"
    return Clause(f"at least one {value} {words.denied if negated else words.affirmed}{doubt}")


def _of_one_value(condition: Condition, setting: ConditionSetting) -> Predicate:
    if condition.comparison.name != "Bool":
        return predicate(condition, variables=setting.variables)
    wanted = sorted({value.lower() for value in condition.values} & {"true", "false"})
    return Predicate(f"is {joined(wanted, 'or')}", "") if wanted else NONE


def _set_of_nothing(condition: Condition, *, negated: bool, every: bool) -> Clause:
    """Describe a set operator whose values can't match."""
    has, lacks = presence(condition.key)
    why = f"no value of the condition on {named(condition.key)} can match"
    if negated:
        return _always(condition) if every else Clause(has)
    return Clause(f"{lacks} ({why})") if every else Clause(never=why)
