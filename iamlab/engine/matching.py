"""Whether a statement matches a request: every element must match.

A function for each element returns its mismatch, or ``None``. The readable path uses these
functions for the decision and the explanation, so that both always agree.

Notes
-----
AWS pages: "IAM JSON policy elements" Action, NotAction, Resource, NotResource, Condition;
"IAM policy elements: Variables and tags".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab import unsure
from iamlab.engine.combining_rule import WITHOUT_RESOURCE
from iamlab.engine.principals import (
    PRINCIPAL_ALLOWED,
    PRINCIPAL_REQUIRED,
    PrincipalMatch,
    why_no_match,
)
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import holds
from iamlab.policy.patterns import glob_ignoring_case, is_action_pattern, literal
from iamlab.policy.variables import any_variable, has_variable, is_misplaced, substitute

if TYPE_CHECKING:
    from iamlab.engine.layers import Place
    from iamlab.engine.request import Request
    from iamlab.engine.rules import Rules
    from iamlab.policy.statement import Condition, Statement


BLOCK_PUBLIC_ACCESS = "Block Public Access"
"""The element of a mismatch that doesn't come from the statement."""

ONLY_IN_RESOURCE_POLICIES = "only resource-based policies can have it"
MUST_NAME_SOMEBODY = "a resource-based policy must name a principal"
MUST_NAME_RESOURCES = "a statement must name resources"
NOT_IN_TRUST_POLICIES = "a trust policy can't have it"
NOT_SAVED = "AWS would not save it"
MISPLACED_VARIABLE = "a variable must come after the fifth colon"

REFUSED = (
    ONLY_IN_RESOURCE_POLICIES,
    MUST_NAME_SOMEBODY,
    MUST_NAME_RESOURCES,
    NOT_IN_TRUST_POLICIES,
    NOT_SAVED,
    MISPLACED_VARIABLE,
)
"""The notes of mismatches in statements that AWS wouldn't save."""


class Mismatch(NamedTuple):
    """Why an element of a statement doesn't match a request.

    Parameters
    ----------
    element
        ``"Action"``, ``"NotResource"``, ``"Condition"`` ...; ``"Block Public Access"`` if this
        cancels an Allow.
    condition
        The statement's condition; ``None`` for the other elements.
    expected
        The values of the policy, with known variables substituted.
    actual
        The value or values of the request; ``None`` if it doesn't have the condition key.
    note
        The reason, if the values alone don't show it.

    Examples
    --------
    >>> print(Mismatch("Action", None, ("s3:Get*",), "s3:PutObject"))
    Action: expected "s3:Get*", the request has "s3:PutObject"
    """

    element: str
    condition: Condition | None
    expected: tuple[str, ...]
    actual: str | tuple[str, ...] | None
    note: str = ""

    @property
    def where(self) -> str:
        """The element, and for a condition its operator and key."""
        if self.condition is None:
            return self.element
        return f"{self.element} {self.condition.comparison} {self.condition.key}"

    def __str__(self) -> str:
        return f"{self.where}: {self._reason}"

    @property
    def _reason(self) -> str:
        actual = (self.actual,) if isinstance(self.actual, str) else self.actual
        if self.note == NEGATED and self.condition and actual is not None:
            unwanted = _any_of(self.condition.values)
            return f"expected none of {unwanted}, the request has {_any_of(actual, 'and')}"
        if self.note:
            return self.note
        expected = _any_of(self.expected) if self.expected else "nothing (an empty list)"
        has = "no such key" if actual is None else _any_of(actual, "and")
        return f"expected {expected}, the request has {has}"


NEGATED = "the operator is negated, and a value matches"
"""The note of a condition that the request must not meet; printed with both values."""

ONE_VALUE_ONLY = "the key has several values; without ForAllValues or ForAnyValue it never matches"


def _any_of(values: tuple[str, ...], word: str = "or") -> str:
    if len(values) == 1:
        return f'"{values[0]}"'
    shown = [f'"{value}"' for value in values[:4]]
    more = f" {word} {len(values) - 4} more" if len(values) > 4 else ""
    return f" {word} ".join(shown) + more if shown else "no value"


def mismatches(
    statement: Statement,
    request: Request,
    place: Place,
    rules: Rules,
    principal_match: PrincipalMatch,
) -> tuple[Mismatch, ...]:
    """Return the elements of the statement that don't match; none if it matches.

    Parameters
    ----------
    principal_match
        How directly the statement names the caller, by ``rules.principal``.
    """
    found = [
        _principal(statement, request, place, principal_match),
        _action(statement, request, rules),
        _resource(statement, request, place, rules),
    ]
    found += [_condition(line, statement, request, rules) for line in statement.conditions]
    return tuple([mismatch for mismatch in found if mismatch is not None])


def _principal(
    statement: Statement, request: Request, place: Place, principal_match: PrincipalMatch
) -> Mismatch | None:
    listed = statement.principal if statement.principal is not None else statement.not_principal
    if listed is None:
        if place.layer not in PRINCIPAL_REQUIRED:
            return None
        return Mismatch("Principal", None, (), request.principal, MUST_NAME_SOMEBODY)
    element = "NotPrincipal" if statement.principal is None else "Principal"
    wanted = tuple(value for _, value in listed)
    if place.layer not in PRINCIPAL_ALLOWED:
        return Mismatch(element, None, wanted, request.principal, ONLY_IN_RESOURCE_POLICIES)
    if principal_match is not PrincipalMatch.NOT:
        return None
    note = "it exempts the caller"
    if statement.principal is not None:
        note = why_no_match(statement.principal, request, place)
    return Mismatch(element, None, wanted, request.principal, note)


@lru_cache(maxsize=8192)
def any_action_matches(patterns: tuple[str, ...], action: str) -> bool:
    """Return whether any value of an Action element matches.

    Examples
    --------
    >>> any_action_matches(("ec2:*", "s3:Get*"), "s3:GetObject")
    True
    """
    return any(action_matches(pattern, action) for pattern in patterns)


def action_matches(pattern: str, action: str) -> bool:
    """Match an Action element's value: ``*``, or ``prefix:Name`` with wildcards in the name.

    Examples
    --------
    >>> action_matches("s3:get*", "s3:GetObject"), action_matches("s3*", "s3:GetObject")
    (True, False)
    """
    if not pattern.isascii():
        return False  # no action has such letters, and the Kelvin sign is k in lower case
    return pattern == "*" or (is_action_pattern(pattern) and glob_ignoring_case(pattern, action))


def _action(statement: Statement, request: Request, rules: Rules) -> Mismatch | None:
    action = request.action
    if statement.action is not None:
        if rules.action(statement.action, action):
            return None
        return Mismatch("Action", None, statement.action, action)
    listed = statement.not_action or ()
    exempt = rules.action(listed, action)
    if statement.not_action is not None and not exempt and all(map(is_action_pattern, listed)):
        return None
    odd = [pattern for pattern in listed if not is_action_pattern(pattern)]
    note = f"it exempts {action}"
    if odd and not exempt:
        note = f"{odd[0]} isn't a valid action"
    return Mismatch("NotAction", None, listed, action, note)


def _resource(
    statement: Statement, request: Request, place: Place, rules: Rules
) -> Mismatch | None:
    listed = statement.resource if statement.resource is not None else statement.not_resource
    if listed is None:
        in_policy_of_resource = place.layer == "resource"
        may_lack = request.about_trust or request.service in WITHOUT_RESOURCE
        if in_policy_of_resource and may_lack:
            return None
        return Mismatch("Resource", None, (), request.resource, MUST_NAME_RESOURCES)
    element = "NotResource" if statement.resource is None else "Resource"
    if place.layer == "resource" and request.about_trust:
        return Mismatch(element, None, listed, request.resource, NOT_IN_TRUST_POLICIES)
    has_variables = statement.variables and any_variable(listed)
    misplaced = misplaced_variable(statement) if has_variables else None
    if misplaced is not None:
        return Mismatch(
            element,
            None,
            listed,
            request.resource,
            f"{MISPLACED_VARIABLE}; because of {misplaced}, the statement never matches",
        )
    wanted = statement.resource is not None
    for pattern in listed:
        if resource_matches(pattern, statement, request, rules):
            if wanted:
                return None
            break
    else:
        if not wanted:
            return None
    note = "" if wanted else f"it exempts {request.resource}"
    shown = listed
    if has_variables:
        shown = tuple(_as_read(pattern, request, rules) for pattern in listed)
    return Mismatch(element, None, shown, request.resource, note)


def _as_read(pattern: str, request: Request, rules: Rules) -> str:
    """Show a pattern with the request's values, if they are known."""
    filled = substitute(pattern, lambda key: rules.variable(request, key))
    return pattern if filled is None else filled


def misplaced_variable(statement: Statement) -> str | None:
    """Return the resource whose misplaced variable stops the statement from ever matching."""
    if not statement.variables:
        return None
    listed = statement.resource if statement.resource is not None else statement.not_resource
    return next(filter(is_misplaced, listed or ()), None)


# Without a resource, S3 asks for the buckets of a list as one resource.
ALSO_ON = {
    "s3:listallmybuckets": tuple(f"arn:{name}:s3:::*" for name in ("aws", "aws-cn", "aws-us-gov"))
}


def also_on(request: Request) -> tuple[str, ...]:
    """Return the ARNs that a Resource element can match, as well as ``*``, if a call has none."""
    return ALSO_ON.get(request.action.lower(), ()) if request.resource == "*" else ()


def resource_matches(pattern: str, statement: Statement, request: Request, rules: Rules) -> bool:
    """Match a value of a Resource element, with variables substituted."""
    if statement.variables and has_variable(pattern):
        filled = substitute(pattern, lambda key: rules.variable(request, key), literal)
        if filled is None:
            # In NotResource, this exempts nothing or everything.
            by_logic = unsure.NOT_RESOURCE_WITH_UNKNOWN_VARIABLE_APPLIES
            return statement.resource is None and not by_logic
        pattern = filled
    if rules.resource(pattern, request.resource):
        return True
    others = also_on(request) if request.resource == "*" else ()
    return bool(others) and any(rules.resource(pattern, name) for name in others)


def _condition(
    condition: Condition, statement: Statement, request: Request, rules: Rules
) -> Mismatch | None:
    comparison = condition.comparison
    wanted: tuple[str | None, ...] = condition.values
    if statement.variables and any_variable(condition.values):
        wanted = wanted_values(condition, statement, request, rules)
    found = request.keys.get(condition.key.lower())
    multivalued = is_multivalued(condition.key) or len(found or ()) > 1
    if holds(comparison, wanted, found, multivalued=multivalued, rules=rules):
        return None
    note = ""
    if found is not None and multivalued and not comparison.set_operator:
        if comparison.name != "Null":
            note = ONE_VALUE_ONLY
    elif found is not None and rules.operators[comparison.name].negated:
        note = NEGATED
    pairs = zip(wanted, condition.values, strict=True)
    shown = tuple(raw if filled is None else filled for filled, raw in pairs)
    return Mismatch("Condition", condition, shown, found, note)


def wanted_values(
    condition: Condition, statement: Statement, request: Request, rules: Rules
) -> tuple[str | None, ...]:
    """Substitute the variables in a condition's values; ``None`` if a variable has no value."""
    operator = rules.operators[condition.comparison.name]
    in_bool = unsure.VARIABLES_WORK_IN_BOOL and condition.comparison.name == "Bool"
    if not statement.variables or not (operator.variables or in_bool):
        return condition.values
    quote = literal if operator.pattern else str
    return tuple(
        substitute(value, lambda key: rules.variable(request, key), quote)
        for value in condition.values
    )
