"""The rules for parameters of AWS Organizations: patterns, lengths, and allowed words.

Notes
-----
AWS page: "AWS Organizations API Reference": the page of each operation, and ``InvalidInput`` for
the reasons.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from iamlab.errors import noted
from iamlab.errors.organizations import ConstraintViolationException, InvalidInputException
from iamlab.operations.api_models import names, shape, signature
from iamlab.tables import tables

if TYPE_CHECKING:
    from iamlab.operations.api_models import Shape
    from iamlab.operations.registry import Parameters

MOST_TAGS = 50

_NO_MATCH = "You provided a value that does not match the required pattern."
_INVALID = "You specified an invalid value."
_ANYTHING = r"[\s\S]*"
_SURROGATE = re.compile(r"[\ud800-\udfff]")
"""Half of a surrogate pair, which JSON text can't contain."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule for a text.

    Parameters
    ----------
    least, most
        Its length.
    among
        The allowed words; empty: any text.
    reason
        AWS's word for a text that does not match.
    """

    pattern: str = _ANYTHING
    least: int = 0
    most: int | None = None
    among: tuple[str, ...] = ()
    reason: str = "INVALID_PATTERN"


_TABLES: dict[str, dict[str, str]] = tables(__file__)
"""Patterns and reasons of parameters, where AWS's own or the usual ones don't do."""


def _rule(name: str, known: Shape) -> Rule:
    """Make the rule of a parameter; a pattern that limits the length is the only reason."""
    is_bounded = known.min is not None or known.pattern == _ANYTHING
    return Rule(
        _TABLES["own_patterns"].get(name, known.pattern or _ANYTHING),
        known.min or 0,
        known.max if is_bounded else None,
        known.enum,
        _TABLES["reasons"].get(name, "INVALID_PATTERN"),
    )


RULES: Mapping[str, Rule] = {
    name: _rule(name, shape(kind, "organizations"))
    for operation in names("organizations")
    for name, kind in signature(operation, "organizations").parameters.items()
    if shape(kind, "organizations").type == "string" and name != "NextToken"
}
"""Parameter -> its rule."""

_TAG_KEY, _TAG_VALUE = Rule(r"[\w\s.:/=+\-@]*", 1, 128), Rule(r"[\w\s.:/=+\-@]*", 0, 256)


def fault(rule: Rule, value: str) -> tuple[str, str] | None:
    """Return what is wrong with a text: AWS's sentence and its reason; ``None`` if nothing is.

    Examples
    --------
    >>> fault(RULES["PolicyId"], "p-FullAWSAccess"), fault(RULES["RootId"], "root")[1]
    (None, 'INVALID_PATTERN')
    """
    if rule.among:
        return None if value in rule.among else (_INVALID, rule.reason)
    if rule.most is not None and len(value) > rule.most:
        return f"You provided a value of more than {rule.most} characters.", "MAX_LENGTH_EXCEEDED"
    if len(value) < rule.least:
        return f"You provided a value of less than {rule.least} characters.", "MIN_LENGTH_EXCEEDED"
    whole = re.fullmatch(rule.pattern, value, 0 if rule in (_TAG_KEY, _TAG_VALUE) else re.ASCII)
    return None if whole and not _SURROGATE.search(value) else (_NO_MATCH, rule.reason)


def _check(rule: Rule, value: str, name: str = "") -> None:
    found = fault(rule, value)
    if found is not None:
        error = InvalidInputException(*found)
        raise noted(error, f"See {name}: {value[:100]!r}.") if name else error


def check_values(arguments: Parameters) -> None:
    """Check the parameters of a call.

    Raises
    ------
    InvalidInputException
        A parameter breaks its rule; the first counts.
    """
    for name, value in arguments.items():
        if name in RULES and isinstance(value, str):
            _check(RULES[name], value, name)
    most = arguments.get("MaxResults")
    if most is not None and not 1 <= most <= 20:
        reason = "MIN_VALUE_EXCEEDED" if most < 1 else "MAX_VALUE_EXCEEDED"
        raise InvalidInputException("MaxResults is a number from 1 to 20.", reason)


def party_of(arguments: Parameters) -> tuple[str, str]:
    """Return the invited party: the type, and the id or the address.

    Raises
    ------
    InvalidInputException
        It isn't an account or an address.
    """
    target = arguments["Target"]
    kind, key = target.get("Type"), target.get("Id")
    rules = {
        "ACCOUNT": RULES["AccountId"],
        "EMAIL": replace(RULES["Email"], reason="INVALID_EMAIL_ADDRESS_TARGET"),
    }
    if kind not in rules or not isinstance(key, str):
        raise InvalidInputException(_INVALID, "INVALID_PARTY_TYPE_TARGET")
    _check(rules[kind], key)
    return kind, key


def tags_of(arguments: Parameters, held: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return existing tags with those of a call.

    Raises
    ------
    InvalidInputException
        A key is duplicated, reserved for AWS, or has invalid characters.
    ConstraintViolationException
        The quota would be exceeded.
    """
    sent = [_tag(tag) for tag in arguments.get("Tags", ())]
    if len(dict(sent)) < len(sent):
        message = "Tag keys must be unique."
        raise InvalidInputException(message, "DUPLICATE_TAG_KEY")
    wanted = {**(held or {}), **dict(sent)}
    if len(wanted) > MOST_TAGS:
        message = f"There can be at most {MOST_TAGS} tags."
        raise ConstraintViolationException(message, "MAX_TAG_LIMIT_EXCEEDED")
    return wanted


def _tag(tag: Any) -> tuple[str, str]:
    key, value = (tag.get("Key"), tag.get("Value")) if isinstance(tag, Mapping) else (None, None)
    if not isinstance(key, str) or not isinstance(value, str):
        raise InvalidInputException("A tag has a Key and a Value.", "INVALID_LIST_MEMBER")
    if key.lower().startswith("aws:"):
        message = "Tag keys that begin with aws: are reserved."
        raise InvalidInputException(message, "INVALID_SYSTEM_TAGS_PARAMETER")
    _check(_TAG_KEY, key)
    _check(_TAG_VALUE, value)
    return key, value
