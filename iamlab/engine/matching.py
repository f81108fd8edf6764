"""Does a statement apply to a request? It does when no element of it misses.

Each element has a function that yields what misses. To decide, the first miss is enough; to
explain, all of them are read: the same functions serve both, so that an explanation cannot differ
from the decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.engine.principals import Named, how_reached
from iamlab.policy.arn import PARTS
from iamlab.policy.catalog import is_multivalued
from iamlab.policy.conditions import OPERATORS, Comparison, holds
from iamlab.policy.patterns import glob_ignoring_case, glob_resource, literal
from iamlab.policy.variables import has_variable, substitute

if TYPE_CHECKING:
    from iamlab.engine.request import Request
    from iamlab.policy.document import Condition, Statement

MissingKey = Callable[[Comparison], bool]

# Services whose resource policies leave the Resource element out: the policy hangs on the resource.
WITHOUT_RESOURCE = ("ecr",)


@dataclass(frozen=True, slots=True)
class Miss:
    """Why one element of a statement did not match: what it wanted, what the request has.

    Examples
    --------
    >>> print(Miss("Action", ("s3:Get*",), "s3:PutObject"))
    Action: wanted "s3:Get*", the request has "s3:PutObject"
    """

    element: str
    wanted: tuple[str, ...]
    found: str | tuple[str, ...] | None
    note: str = ""

    def __str__(self) -> str:
        if self.note:
            return f"{self.element}: {self.note}"
        wanted = _any_of(self.wanted) if self.wanted else "nothing (an empty list)"
        if self.found is None:
            return f"{self.element}: wanted {wanted}, the request has no such key"
        found = (self.found,) if isinstance(self.found, str) else self.found
        return f"{self.element}: wanted {wanted}, the request has {_any_of(found, 'and')}"


def _any_of(values: tuple[str, ...], word: str = "or") -> str:
    shown = [f'"{value}"' for value in values[:4]]
    more = f" {word} {len(values) - 4} more" if len(values) > 4 else ""
    return f" {word} ".join(shown) + more if shown else "no value"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands; this decides which elements it may have.

    Parameters
    ----------
    layer
        ``"identity"``, ``"resource"`` ...
    bounded
        Whether the caller has a permissions boundary: NotPrincipal asks.
    """

    layer: str
    bounded: bool = False


def misses(
    statement: Statement, request: Request, place: Place, missing_key: MissingKey
) -> Iterator[Miss]:
    """Yield each element of the statement that this request does not meet; none if it applies."""
    yield from _principal(statement, request, place)
    yield from _action(statement, request)
    yield from _resource(statement, request, place)
    for condition in statement.conditions:
        yield from _condition(condition, statement, request, missing_key)


def applies(statement: Statement, request: Request, place: Place, missing_key: MissingKey) -> bool:
    """Say whether the statement applies to the request, whatever its effect."""
    return next(misses(statement, request, place, missing_key), None) is None


def _principal(statement: Statement, request: Request, place: Place) -> Iterator[Miss]:
    named = statement.principal if statement.principal is not None else statement.not_principal
    element = "NotPrincipal" if statement.principal is None else "Principal"
    wanted = tuple(value for _, value in named or ())
    if place.layer != "resource":
        if named is not None:
            yield Miss(element, wanted, request.principal, "only resource policies may have one")
    elif named is None:
        yield Miss("Principal", (), request.principal, "a resource policy must name somebody")
    elif how_reached(statement, request, bounded=place.bounded) is Named.NOT:
        note = "" if statement.principal is not None else "the caller is one of those it spares"
        yield Miss(element, wanted, request.principal, note)


def action_matches(pattern: str, action: str) -> bool:
    """Match an Action element's value: ``*``, or ``prefix:Name`` with wildcards in the name.

    Examples
    --------
    >>> action_matches("s3:get*", "s3:GetObject"), action_matches("s3*", "s3:GetObject")
    (True, False)
    """
    return pattern == "*" or (is_action_pattern(pattern) and glob_ignoring_case(pattern, action))


def is_action_pattern(pattern: str) -> bool:
    """Say whether IAM would save this value of an Action element."""
    prefix, colon, name = pattern.partition(":")
    wild_prefix = prefix != "*" and ("*" in prefix or "?" in prefix)
    return pattern == "*" or bool(colon and ":" not in name and not wild_prefix)


def _action(statement: Statement, request: Request) -> Iterator[Miss]:
    if statement.action is not None:
        if not any(action_matches(pattern, request.action) for pattern in statement.action):
            yield Miss("Action", statement.action, request.action)
    elif statement.not_action is None or any(
        action_matches(pattern, request.action) or not is_action_pattern(pattern)
        for pattern in statement.not_action
    ):
        listed = statement.not_action or ()
        yield Miss("NotAction", listed, request.action, f"it spares {request.action}")


def _resource(statement: Statement, request: Request, place: Place) -> Iterator[Miss]:
    listed = statement.resource if statement.resource is not None else statement.not_resource
    element = "NotResource" if statement.resource is None else "Resource"
    if place.layer == "resource" and request.about_trust:
        if listed is not None:
            yield Miss(element, listed, request.resource, "a trust policy may not have one")
    elif listed is None:
        if place.layer != "resource" or request.service not in WITHOUT_RESOURCE:
            yield Miss("Resource", (), request.resource, "a statement must name resources")
    else:
        hit = any(resource_matches(pattern, statement, request) for pattern in listed)
        if hit is (statement.resource is None):
            note = f"it spares {request.resource}" if statement.resource is None else ""
            shown = tuple(_as_read(pattern, statement, request) for pattern in listed)
            yield Miss(element, shown, request.resource, note)


def _as_read(pattern: str, statement: Statement, request: Request) -> str:
    """Show a pattern with the request's values in it, where they are known."""
    filled = substitute(pattern, request.value) if statement.variables else pattern
    return pattern if filled is None else filled


def resource_matches(pattern: str, statement: Statement, request: Request) -> bool:
    """Match one value of a Resource element, variables substituted."""
    if statement.variables and has_variable(pattern):
        parts = pattern.split(":", PARTS - 1)
        if len(parts) < PARTS or has_variable("".join(parts[:-1])):
            return False  # a variable may stand only after the fifth colon
        filled = substitute(pattern, request.value, literal)
        return filled is not None and glob_resource(filled, request.resource)
    return glob_resource(pattern, request.resource)


def _condition(
    condition: Condition, statement: Statement, request: Request, missing_key: MissingKey
) -> Iterator[Miss]:
    comparison = condition.comparison
    operator = OPERATORS[comparison.name]
    wanted: tuple[str | None, ...] = condition.values
    if operator.variables and statement.variables:
        quote = literal if operator.pattern else str
        wanted = tuple(substitute(value, request.value, quote) for value in condition.values)
    found = request.values(condition.key)
    multivalued = is_multivalued(condition.key) or len(found or ()) > 1
    if holds(comparison, wanted, found, multivalued=multivalued, missing_key=missing_key):
        return
    element = f"Condition {comparison} {condition.key}"
    note = ""
    if found is not None and multivalued and not comparison.set_operator:
        if comparison.name != "Null":
            note = "the key holds several values; without ForAllValues or ForAnyValue it never fits"
    elif operator.negated and found is not None:
        note = (
            f"wanted none of {_any_of(condition.values)}, the request has {_any_of(found, 'and')}"
        )
    yield Miss(element, condition.values, found, note)
