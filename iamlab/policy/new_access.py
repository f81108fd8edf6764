"""What a policy may allow that another doesn't, decided by the statements alone.

Each Allow is split into parts: one action, resource and principal each. A part is known if the same
policy denies all of it, or if one Allow of the other policy contains it and no Deny there takes any
of it away. So if all parts are known, no request has new access. In doubt, a part isn't known.

Notes
-----
AWS pages: "IAM JSON policy elements reference"; "Validate policies with IAM Access Analyzer custom
policy checks".
"""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from iamlab.policy.arn import PARTS, is_arn
from iamlab.policy.comparing import EVERYBODY, has_variables
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.covering import (
    are_apart,
    covers,
    covers_action,
    covers_pairs,
    covers_resource,
    each_covered,
    never_applies,
)
from iamlab.policy.variables import has_variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from iamlab.policy.statement import Condition, Statement

MOST_PARTS = 5_000
"""A statement with more parts stays whole."""


def new_access(
    before: Iterable[Statement], after: Iterable[Statement], *, named: bool = False
) -> dict[Statement, list[Statement]]:
    """Return the Allow statements that may give new access, each with the parts that may.

    Parameters
    ----------
    named
        Whether these are resource-based policies: only statements that name principals apply.

    Examples
    --------
    >>> from iamlab import Policy
    >>> readers, writers = Policy.allow("s3:Get*"), Policy.allow(["s3:GetObject", "s3:PutObject"])
    >>> [[part]] = new_access(readers.statements, writers.statements).values()
    >>> part.action
    ('s3:PutObject',)
    >>> new_access(writers.statements, Policy.allow("s3:GetObject", "arn:aws:s3:::a/*").statements)
    {}
    """
    old, new = (
        [each for each in every if not never_applies(each) and (each.principals is None) != named]
        for every in (before, after)
    )
    allows = [statement for statement in old if statement.effect == "Allow"]
    taken = [part for deny in old if deny.effect == "Deny" for part in split(deny)]
    spared = [statement for statement in new if statement.effect == "Deny"]

    def is_known(part: Statement) -> bool:
        return _any_contains(spared, part) or (
            _any_contains(allows, part)
            and all(_is_apart(deny, part) or _any_contains(spared, deny) for deny in taken)
        )

    found = {
        allow: [
            left for part in split(allow) for left in _left_by(spared, part) if not is_known(left)
        ]
        for allow in new
        if allow.effect == "Allow" and not is_known(allow)
    }
    return {statement: parts for statement, parts in found.items() if parts}


def split(statement: Statement) -> Iterator[Statement]:
    """Return a statement once for each of its actions, resources and principals."""
    names = ("action", "resource", "principal")
    lists: list[Any] = [getattr(statement, name) for name in names]
    options = [[None] if values is None else [(value,) for value in values] for values in lists]
    if prod(map(len, options)) > MOST_PARTS:
        yield statement
        return
    for chosen in product(*options):
        elements: dict[str, Any] = dict(zip(names, chosen, strict=True))
        yield replace(statement, **elements)


def _left_by(denies: Iterable[Statement], part: Statement) -> list[Statement]:
    """Return what denials leave of a part: with NotAction or NotResource, what these list."""
    parts = [part]
    for deny in denies:
        for name, covering in (("action", covers_action), ("resource", covers_resource)):
            listed = getattr(deny, f"not_{name}")
            anything: dict[str, Any] = {name: ("*",), f"not_{name}": None}
            if listed is not None and contains(replace(deny, **anything), part):
                parts = [left for each in parts for left in _within(each, name, listed, covering)]
    return parts


def _within(
    part: Statement, name: str, listed: Iterable[str], covering: Callable[[str, str], bool]
) -> list[Statement]:
    """Return a part with the listed values that it covers; with its own, if they may overlap."""
    own = getattr(part, name)
    if own is None or len(own) > 1 or any(covering(text, own[0]) for text in listed):
        return [part]
    inner = [text for text in listed if covering(own[0], text)]
    others, fold = set(listed).difference(inner), str.lower if name == "action" else str
    rest = () if are_apart(map(fold, own), map(fold, others)) else own
    elements: list[dict[str, Any]] = [{name: (text,)} for text in (*inner, *rest)]
    return [replace(part, **each) for each in elements]


def _any_contains(statements: Sequence[Statement], part: Statement) -> bool:
    return any(contains(statement, part) for statement in statements)


def contains(wide: Statement, narrow: Statement) -> bool:
    """Return whether a statement certainly matches each request that another matches.

    Both have an effect; which one makes no difference.
    """
    if wide.variables != narrow.variables and has_variables(wide) and has_variables(narrow):
        return False  # in one of them ${...} is plain text
    return (
        _contains_principals(wide, narrow)
        and all(any(_implies(own, other) for own in narrow.conditions) for other in wide.conditions)
        and covers_pairs(replace(wide, variables=True), narrow)
    )


def _contains_principals(wide: Statement, narrow: Statement) -> bool:
    """Compare who is named. An account doesn't contain its users: their names mean more."""
    if wide.not_principal or narrow.not_principal or None in (wide.principal, narrow.principal):
        same = wide.principal == narrow.principal and wide.not_principal == narrow.not_principal
        return same or _is_everybody(wide)
    # Everybody isn't enough for callers of an identity provider, except in a Deny.
    covered = ("AWS", "Service", "*", *(["Federated"] if wide.effect == "Deny" else []))
    return all(
        pair in (wide.principal or ()) or (_is_everybody(wide) and pair[0] in covered)
        for pair in narrow.principal or ()
    )


def _is_everybody(statement: Statement) -> bool:
    return any(pair in EVERYBODY for pair in statement.principal or ())


def _implies(narrow: Condition, wide: Condition) -> bool:
    """Return whether a condition certainly holds wherever another of the same key does."""
    own, other = narrow.comparison, wide.comparison
    same = own == other or (
        not own.set_operator and replace(own, if_exists=True) == other and own.name != "Null"
    )
    if not same or narrow.key.lower() != wide.key.lower():
        return False
    if not (narrow.values and wide.values):
        return own == other and narrow.values == wide.values
    if own.name == "Null":
        return set(narrow.values) <= set(wide.values)
    lists = (wide.values, narrow.values)
    larger, smaller = reversed(lists) if OPERATORS[own.name].negated else lists

    def fits(value: str, inner: str) -> bool:
        return _value_covers(own.name, value, inner)

    return each_covered(larger, smaller, fits)


def _value_covers(operator: str, wide: str, narrow: str) -> bool:
    """Return whether a value of a condition matches all that another does."""
    if has_variable(wide + narrow):
        return False
    if operator.endswith("IpAddress"):
        try:
            inner, outer = (ipaddress.ip_network(text, strict=False) for text in (narrow, wide))
            return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
        except ValueError:
            return False
    if operator.startswith("Arn"):
        parts = (text.split(":", PARTS - 1) for text in (wide, narrow))
        return is_arn(wide) and is_arn(narrow) and all(map(covers, *parts))
    return OPERATORS[operator].pattern and covers(wide, narrow)


def _is_apart(deny: Statement, part: Statement) -> bool:
    """Return whether a Deny certainly doesn't match a request that a part matches."""
    actions, resources = part.action or ("*",), part.resource or ("*",)
    if deny.action is not None:
        apart = are_apart(map(str.lower, deny.action), map(str.lower, actions))
    else:
        apart = each_covered(deny.not_action, part.action, covers_action)
    if apart or deny.resources is None or part.resource is None:
        return apart
    if deny.resource is not None:
        return are_apart(deny.resource, resources)
    plain = [text for text in deny.not_resource or () if not has_variable(text)]
    return each_covered(plain, resources, covers_resource)
