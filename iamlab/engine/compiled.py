"""The same decision, but fast: only for AWS's own rules, and without explanations.

How it works
------------
Everything that doesn't depend on a single request is computed once and cached with the policies.
Whole requests aren't cached.

*Statement -> tests.* A statement becomes a short tuple of functions from a request to true or
false: one for its resources, one for each condition, and one for its Principal if it can have one.
Each function has its data prepared: a set of specific ARNs, a tuple of prefixes, a set of
lower-case booleans. Variables, several wildcards and set operators have no such short form. The
functions of the readable path evaluate them.

*Policy -> statements about an action.* Most statements of an account match other services than
that of the request. So a policy caches, for each action, which of its statements can match it
(:class:`PolicyIndex`).

*Layers -> plan.* The layers that apply to a request, and the rule that combines them, depend on the
action and on the *shape* of the request: the type of caller, whether the accounts are the same, and
whether the resource is a role, a key, or none. For each action and shape, ``Layers`` cache a plan:
all Deny statements that can match, then the Allow statements, level by level.

*Request -> verdict.* The plan is run. The first Deny whose tests are all true ends it. Then each
ceiling needs an Allow in each level. Then the results of resource and identity policies go to the
same rule of ``AWS_RULES`` that the readable path uses.

A property test proves that ``decide`` and ``evaluate.read`` always agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.engine.combining_rule import (
    NO_ALLOW_NEEDED,
    combining_rule,
    has_boundary,
    levels_that_apply,
    only_denies,
)
from iamlab.engine.layer_results import LayerResults
from iamlab.engine.layers import GUARDRAILS, LAYERS, PERMISSION_FILTERS, Place, policy_type_of
from iamlab.engine.principals import (
    PRINCIPAL_ALLOWED,
    PrincipalMatch,
    match_principal,
)
from iamlab.engine.public_access import is_restricted
from iamlab.engine.refused_statements import valid_statements
from iamlab.engine.request import SERVICE_LINKED, Kind, Request
from iamlab.engine.rules import AWS_RULES
from iamlab.engine.statement_tests import Tests, action_test, all_tests
from iamlab.engine.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.engine.layers import Layers
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement


def decide(request: Request, layers: Layers, of_resource: Layers | None = None) -> Verdict:
    """Return the verdict by AWS's rules.

    Parameters
    ----------
    layers
        The policies that apply.
    of_resource
        The resource's own policies, RCPs and grants, if ``layers`` has only those of the caller.
        Then both sides have separate plans, and the resource's side is computed once for many
        callers.

    Examples
    --------
    >>> from iamlab import Layers, Request
    >>> decide(Request("arn:aws:iam::111122223333:root", "s3:GetObject", "*"), Layers()).value
    'allowed'
    """
    plan = _plan_for(request, layers, of_resource)
    if plan.verdict is not None:
        return plan.verdict
    if _any_applies(plan.denies, request):
        return Verdict.EXPLICIT_DENY
    if plan.rule_name in NO_ALLOW_NEEDED:
        return Verdict.ALLOWED
    for level in plan.guardrails:
        if not _any_applies(level, request):
            return Verdict.IMPLICIT_DENY

    results = _by_resource(plan, request) if plan.resource else 0
    if _any_applies(plan.grant, request):
        results |= GRANT
    if _any_applies(plan.identity, request):
        results |= IDENTITY
    answers = _answers(plan.rule_name)
    if not answers[results | WITHIN_FILTERS]:  # whatever the ceilings allow
        return Verdict.IMPLICIT_DENY
    if answers[results] or all(_any_applies(level, request) for level in plan.filters):
        return Verdict.ALLOWED
    return Verdict.IMPLICIT_DENY


# The results as bits of a small number, so that a rule's answers are a table of 64.
DIRECT, INDIRECT, ACCOUNT, GRANT, IDENTITY, WITHIN_FILTERS = (1 << bit for bit in range(6))
_NAMED = {
    PrincipalMatch.DIRECT: DIRECT,
    PrincipalMatch.INDIRECT: INDIRECT,
    PrincipalMatch.ACCOUNT: ACCOUNT,
    PrincipalMatch.NOT: 0,
}


@cache
def _answers(rule_name: str) -> tuple[bool, ...]:
    """Return the rule's answers for all possible results."""
    rule = getattr(AWS_RULES, rule_name)
    return tuple(
        bool(
            rule(
                LayerResults(
                    direct=bool(results & DIRECT),
                    indirect=bool(results & INDIRECT),
                    account=bool(results & ACCOUNT),
                    grant=bool(results & GRANT),
                    identity=bool(results & IDENTITY),
                    filters=bool(results & WITHIN_FILTERS),
                )
            )
        )
        for results in range(64)
    )


def _by_resource(plan: _Plan, request: Request) -> int:
    """Return the results of the resource policy."""
    place = Place("resource", plan.bounded)
    results = 0
    for statement, tests in plan.resource:
        if all(test(request) for test in tests):
            results |= _NAMED[match_principal(statement, request, place)]
    return results


def _any_applies(statements: Iterable[Tests], request: Request) -> bool:
    for tests in statements:
        for test in tests:
            if not test(request):
                break
        else:
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Plan:
    """The statements that can matter for an action and one shape of request.

    Parameters
    ----------
    verdict
        The verdict, if it is already known.
    rule_name
        The name of the rule that combines the results.
    denies
        Every Deny statement that can match, of all layers.
    guardrails, filters
        The Allow statements of the ceilings, level by level.
    resource
        The Allow statements of the resource policy; their Principal is checked last.
    bounded
        Whether the caller has a permissions boundary.
    """

    verdict: Verdict | None
    rule_name: str
    denies: tuple[Tests, ...] = ()
    guardrails: tuple[tuple[Tests, ...], ...] = ()
    filters: tuple[tuple[Tests, ...], ...] = ()
    identity: tuple[Tests, ...] = ()
    grant: tuple[Tests, ...] = ()
    resource: tuple[tuple[Statement, Tests], ...] = ()
    bounded: bool = False

    def beside(self, other: _Plan) -> _Plan:
        """Join the plan of the caller's side with that of the resource's side."""
        return _Plan(
            self.verdict,
            self.rule_name,
            self.denies + other.denies,
            self.guardrails + other.guardrails,
            self.filters,
            self.identity,
            other.grant,
            other.resource,
            self.bounded,
        )


class _Plans:
    """The layers that are present, and their plans."""

    __slots__ = ("by_shape", "present")

    def __init__(self, layers: Layers) -> None:
        self.by_shape: dict[object, _Plan] = {}
        self.present = tuple(layer for layer in LAYERS if layers.levels(layer))


def _shape(request: Request) -> tuple[object, ...]:
    """Return the values that decide which layers apply, and which rule combines them."""
    caller = request.caller
    return (
        request.action,
        caller.kind,
        caller.is_service_linked,
        request.resource == "*",
        caller.account == request.resource_account,
        request.same_partition,
        caller.kind is Kind.SERVICE and SERVICE_LINKED in request.resource,
        request.resource_is_role,
        request.about_kms_key,
        bool(request.refusal),
        bool(request.access_point),
        request.with_long_term_keys,
    )


def _plan_for(request: Request, layers: Layers, of_resource: Layers | None) -> _Plan:
    shape = _shape(request)
    plan = _known_plan(request, layers, shape)
    if of_resource is None:
        return plan
    return plan.beside(_known_plan(request, of_resource, shape, bounded=plan.bounded))


def _known_plan(
    request: Request, layers: Layers, shape: tuple[object, ...], *, bounded: bool | None = None
) -> _Plan:
    """Return the cached plan of some layers for requests of this shape.

    Parameters
    ----------
    bounded
        Whether the caller has a permissions boundary, if it is in other layers.
    """
    plans = layers.compiled
    if not isinstance(plans, _Plans):
        plans = _Plans(layers)
        object.__setattr__(layers, "compiled", plans)
    key = shape if bounded is None else (*shape, bounded)
    plan = plans.by_shape.get(key)
    if plan is None:
        if len(plans.by_shape) >= MOST:
            plans.by_shape.clear()
        if bounded is None:
            bounded = has_boundary(request, layers)
        plan = plans.by_shape[key] = _plan(request, layers, plans.present, bounded=bounded)
    return plan


def _plan(request: Request, layers: Layers, present: tuple[str, ...], *, bounded: bool) -> _Plan:
    """Choose the statements of these layers that can matter for requests like this one."""
    rule_name = combining_rule(request)
    no_permission = rule_name == "needs_no_permission"
    if rule_name == "never_refused" or (no_permission and not unsure.DENY_STOPS_GET_SESSION_TOKEN):
        return _Plan(Verdict.ALLOWED, rule_name)
    action = request.action.lower()
    denies: list[Tests] = []
    allows: dict[str, list[tuple[Tests, ...]]] = {}
    resource: list[tuple[Statement, Tests]] = []
    if request.caller.kind is Kind.FEDERATED and "session" not in present:
        allows["session"] = [()]  # without one, nothing is allowed
    for layer in present:
        place = layers.place(layer, bounded=bounded)
        allows[layer] = []
        for level in levels_that_apply(layer, request, layers):
            own: list[Tests] = []
            for attached in level:
                for statement, tests in statements_about(attached.policy, action, layer):
                    to = denies if statement.effect == "Deny" else own
                    can_name = layer in PRINCIPAL_ALLOWED
                    to.append((*tests, partial(_names, statement, place)) if can_name else tests)
                    if layer == "resource" and statement.effect == "Allow":
                        resource.append((statement, tests))
            allows[layer].append(tuple(own))
    if layers.resource is not None and is_restricted(
        layers.public_access_block, layers.resource.policy, request
    ):
        resource = []
    return _Plan(
        None,
        rule_name,
        tuple(denies),
        tuple(level for layer in (*GUARDRAILS, "scoped") for level in allows.get(layer, ())),
        tuple(
            level
            for layer in PERMISSION_FILTERS
            if not only_denies(layer, request)
            for level in allows.get(layer, ())
        ),
        tuple(tests for level in allows.get("identity", ()) for tests in level),
        tuple(tests for level in allows.get("grant", ()) for tests in level),
        tuple(resource),
        bounded,
    )


def _names(statement: Statement, place: Place, request: Request) -> bool:
    """Return whether a statement that can have a Principal names the caller."""
    if statement.principal is None and statement.not_principal is None:
        return True
    return match_principal(statement, request, place) is not PrincipalMatch.NOT


MOST = 512
"""The most actions that are cached; there can be requests for more."""


def statements_about(
    policy: Policy, action: str, layer: str
) -> tuple[tuple[Statement, Tests], ...]:
    """Return the statements of a policy that can match an action, in a layer of this kind."""
    place = layer if layer in ("resource", "grant", "endpoint", "rcp") else "identity"
    kind = policy_type_of(place, action)
    statements_about = policy.compiled.get(kind)
    if statements_about is None:
        valid = valid_statements(policy, place, action)
        statements_about = policy.compiled[kind] = PolicyIndex(valid, place)
    return statements_about(action)  # type: ignore[operator,no-any-return]


class PolicyIndex:
    """A policy's statements, each with its tests, and which of them can match an action."""

    __slots__ = ("_known", "_lines")

    def __init__(self, statements: Iterable[Statement], layer: str) -> None:
        self._known: dict[str, tuple[tuple[Statement, Tests], ...]] = {}
        self._lines = tuple(
            ((statement, tests), action_test(statement))
            for statement in statements
            for tests in [all_tests(statement, layer)]
            if tests is not None
        )

    def __call__(self, action: str) -> tuple[tuple[Statement, Tests], ...]:
        """Return the statements that can match an action, from the cache."""
        known = self._known.get(action)
        if known is None:
            if len(self._known) >= MOST:
                self._known.clear()
            known = tuple(line for line, can_match in self._lines if can_match(action))
            self._known[action] = known
        return known
