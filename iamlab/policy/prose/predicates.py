"""What an operator says of a key: "is before 1 January 2027", and the same denied.

Values that can fit nothing (a date that is none, a variable written wrongly) are left out, as the
comparison leaves them out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.arn import is_arn
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.prose.keys import noun
from iamlab.policy.prose.values import BASE_FORMS, duration, fitting, moment, one_of, spoken
from iamlab.policy.prose.words import joined, printable, said
from iamlab.policy.variables import keys_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamlab.policy.statement import Condition

ORDERS = {
    "LessThanEquals": ("is at most", "is at or before"),
    "LessThan": ("is less than", "is before"),
    "GreaterThanEquals": ("is at least", "is at or after"),
    "GreaterThan": ("is more than", "is after"),
    "Equals": ("is", "is exactly"),
}
_SECONDS = ("aws:multifactorauthage", "sts:durationseconds")
_VARIABLE = re.compile(r"\$\{[^}]*(?:\}|$)")
_LONE_VARIABLE = re.compile(r"\$\{([^\s,'{}*?$]+)\}")


FEW = 8


class Predicate(NamedTuple):
    """What is said of a key, and its contrary; both empty if no value can fit."""

    affirmed: str
    denied: str


NONE = Predicate("", "")


def predicate(condition: Condition, *, variables: bool) -> Predicate:
    """Put an operator and its values into words, as if it were not negated.

    Parameters
    ----------
    variables
        Whether ``${...}`` means anything in this document.

    Examples
    --------
    >>> from iamlab import Policy
    >>> text = '''{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*",
    ...   "Condition": {"StringNotLike": {"s3:prefix": ["home/*", "shared"]}}}}'''
    >>> predicate(Policy.parse(text).statements[0].conditions[0], variables=True).denied
    'is not shared and does not begin with home/'
    """
    name = condition.comparison.name
    if name.startswith(("Numeric", "Date")):
        return _ordered(condition, name)
    if "IpAddress" in name:
        return _networks(condition)
    texts = [
        _text(value, variables=variables)
        for value in condition.values
        if _fits(name, value, variables=variables)
    ]
    known = [text for text in texts if text is not None]
    if not known:
        return NONE
    if OPERATORS[name].pattern:
        return _patterns(known)
    return _equal(known, _remark(name, condition.values))


def _fits(name: str, value: str, *, variables: bool) -> bool:
    """Say whether a value can fit anything, so far as that shows before variables are read."""
    if name == "BinaryEquals":
        return OPERATORS[name].test(value, value)
    if not name.startswith("Arn") or (variables and keys_in(value)):
        return True  # a variable may stand for a whole ARN
    return is_arn(_VARIABLE.sub("", value))


def _text(value: str, *, variables: bool) -> str | None:
    alone = _LONE_VARIABLE.fullmatch(value) if variables else None
    if alone and not is_multivalued(alone[1]):
        return f"\0{noun(alone[1])}"
    return spoken(value, variables=variables)


def _value(text: str) -> str:
    """Show a value; a lone variable, marked so, is named by what it stands for."""
    return f"the same as {text[1:]}" if text.startswith("\0") else said(text)


def _remark(name: str, values: Sequence[str]) -> str:
    if name.endswith("IgnoreCase"):
        return " (letter case does not count)"
    bare = [_VARIABLE.sub("", value) for value in values]
    stars = name.startswith("String") and any("*" in text or "?" in text for text in bare)
    return " (* and ? are plain characters here)" if stars else ""


def _equal(texts: Sequence[str], remark: str = "") -> Predicate:
    values = [_value(text) for text in texts]
    if len(values) == 1:
        return Predicate(f"is {values[0]}{remark}", f"is not {values[0]}{remark}")
    return Predicate(f"is {one_of(values)}{remark}", f"is {_none_of(values)}{remark}")


def _none_of(values: Sequence[str]) -> str:
    if len(values) == 2:
        return f"neither {values[0]} nor {values[1]}"
    return f"none of {', '.join(values[:FEW])}" + (
        f" and {len(values) - FEW} more" if len(values) > FEW else ""
    )


def _patterns(texts: Sequence[str]) -> Predicate:
    """Say what patterns fit: those without a wildcard first, as equality."""
    exact = [text for text in texts if not ("*" in text or "?" in text)]
    wild = [text for text in texts if "*" in text or "?" in text]
    parts = [_equal(exact)] if exact else []
    parts += [Predicate(words, _denied(words)) for words in map(fitting, wild[:FEW])]
    affirmed, denied = [part.affirmed for part in parts], [part.denied for part in parts]
    if len(wild) > FEW:
        affirmed.append(f"fits one of {len(wild) - FEW} more patterns")
        denied.append(f"fits none of {len(wild) - FEW} more patterns")
    return Predicate(joined(affirmed, "or"), joined(denied))


def _denied(words: str) -> str:
    if words == "has some value":
        return "has no value"
    verb, _, rest = words.partition(" ")
    return f"does not {BASE_FORMS[verb]} {rest}" if verb in BASE_FORMS else f"is not {rest}"


def _ordered(condition: Condition, name: str) -> Predicate:
    """Compare numbers, or dates."""
    family = "Date" if name.startswith("Date") else "Numeric"
    same = OPERATORS[f"{family}Equals"].test
    known = [value for value in condition.values if same(value, value)]
    if not known:
        return NONE
    show: Callable[[str], str] = moment if family == "Date" else _number
    if family == "Numeric" and condition.key.lower() in _SECONDS:
        show = duration
    relation = name.removeprefix(family).removeprefix("Not")
    verb = ORDERS[relation][family == "Date"]
    values = [show(value) for value in known]
    if len(values) > 1:
        return Predicate(f"{verb} {one_of(values)}", f"is {_none_of(values)}")
    return Predicate(f"{verb} {values[0]}", f"{verb} {values[0]}".replace("is", "is not", 1))


def _number(text: str) -> str:
    return said(printable(text))


def _networks(condition: Condition) -> Predicate:
    within = OPERATORS["IpAddress"].test
    known = [said(printable(value)) for value in condition.values if within(value, value)]
    if not known:
        return NONE
    where = "in " if any("/" in value for value in known) else ""
    return Predicate(f"is {where}{one_of(known)}", f"is not {where}{one_of(known)}")
