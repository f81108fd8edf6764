"""Whether a statement certainly matches every request that another matches.

Each element is compared by itself: actions, resources, principals, and conditions with the same
key. In doubt, the answer is no.

Notes
-----
AWS pages: "IAM JSON policy elements reference"; "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from iamlab.policy.arn import PARTS, is_arn
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.covering import (
    are_apart,
    covers,
    covers_pairs,
    covers_resource,
    each_covered,
    principals_of,
)
from iamlab.policy.variables import any_variable, has_variable

if TYPE_CHECKING:
    from iamlab.policy.statement import Condition, Statement

EVERYBODY = (("*", "*"), ("AWS", "*"))
"""Principals that mean everybody."""


def contains(wide: Statement, narrow: Statement) -> bool:
    """Return whether a statement matches all that another does; both have an effect.

    Examples
    --------
    >>> from iamlab import Policy
    >>> [net] = Policy.allow("s3:*", when={"aws:SourceIp": "203.0.113.0/24"}).statements
    >>> [host] = Policy.allow("s3:Get*", when={"aws:SourceIp": "203.0.113.9"}).statements
    >>> contains(net, host), contains(host, net)
    (True, False)
    """
    if wide.variables != narrow.variables:  # in one of them ${...} is plain text
        if has_variables(wide) and has_variables(narrow):
            return False
        if has_variables(narrow):
            wide = replace(wide, variables=narrow.variables)
    return (
        _contains_principals(wide, narrow)
        and all(any(_implies(own, other) for own in narrow.conditions) for other in wide.conditions)
        and covers_pairs(wide, narrow)
    )


def has_variables(statement: Statement) -> bool:
    """Return whether ``${`` is in a resource or in the value of a condition."""
    return any_variable(statement.texts_with_variables)


def _contains_principals(wide: Statement, narrow: Statement) -> bool:
    """Compare who is named. An account doesn't contain its users: their names mean more."""
    if principals_of(wide) == principals_of(narrow):
        return True
    # For callers of an identity provider, everybody isn't enough, except in a Deny.
    kinds = {kind for kind, _ in narrow.principals or ()}
    if kinds and is_for_everybody(wide) and (wide.effect == "Deny" or "Federated" not in kinds):
        return True
    own, listed = narrow.principal, wide.principal
    return own is not None and listed is not None and set(own) <= set(listed)


def is_for_everybody(statement: Statement) -> bool:
    """Return whether a statement's Principal is everybody."""
    return any(pair in EVERYBODY for pair in statement.principal or ())


def _implies(narrow: Condition, wide: Condition) -> bool:
    """Return whether a condition holds wherever another one does."""
    own, other = narrow.comparison, wide.comparison
    is_looser = own == replace(other, if_exists=False) and not other.set_operator
    if narrow.key.lower() != wide.key.lower() or not (own == other or is_looser):
        return False
    if not (narrow.values and wide.values):
        return own == other and narrow.values == wide.values
    is_negated = OPERATORS[own.name].negated
    larger, smaller = (narrow, wide) if is_negated else (wide, narrow)
    return each_covered(larger.values, smaller.values, partial(_value_covers, own.name))


def _value_covers(operator: str, wide: str, narrow: str) -> bool:
    """Return whether a value of a condition matches all that another does."""
    if has_variable(wide + narrow):
        return False
    if operator.endswith("IpAddress"):
        try:
            outer, inner = (ipaddress.ip_network(text, strict=False) for text in (wide, narrow))
        except ValueError:
            return False
        return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
    if operator.startswith("Arn"):
        parts = (text.split(":", PARTS - 1) for text in (wide, narrow))
        return is_arn(wide) and is_arn(narrow) and all(map(covers, *parts))
    return OPERATORS[operator].pattern and covers(wide, narrow)


def on_other_resources(deny: Statement, part: Statement) -> bool:
    """Return whether a statement certainly matches no resource that another one does."""
    if part.resource is None:
        return False
    if deny.resource is not None:
        return are_apart(deny.resource, part.resource)
    plain = [text for text in deny.not_resource or () if not has_variable(text)]
    return each_covered(plain, part.resource, covers_resource)
