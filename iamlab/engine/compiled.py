"""The same decision, made fast: for AWS's own rules, and without notes.

How it works
------------
What can be known before a request comes is worked out once, and kept with the policies it was made
from. Nothing is remembered of whole requests.

*Statement -> tests.* A statement becomes a short tuple of functions from a request to true or
false: one for its resources, one for each condition, and where it may have a Principal one for
that. What a function needs is prepared in it: a set of exact ARNs, a tuple of prefixes, a set of
lower-case booleans. Whatever has no such short form (variables, several wildcards, set operators)
is left to the functions that the readable path uses.

*Policy -> statements about an action.* Most statements of an account are about other services than
the one that is asked for. So for each action that comes a policy remembers which of its statements
can match it (:class:`PolicyIndex`).

*Layers -> plan.* Which layers have a part in a request, and which rule combines them, follows from
the action and from the *shape* of the request: the kind of caller, whether the accounts are the
same, whether the resource is a role, a key, or none. For each action and shape that comes,
``Layers`` remember a plan: all Deny statements that can match; then the Allow statements, level by
level.

*Request -> verdict.* Run the plan. The first Deny whose tests all hold ends it. Then each ceiling
needs one Allow in each level. Then the votes of resource and identity policies go to the same rule
of ``AWS_RULES`` that the readable path asks.

A property test proves that ``decide`` and ``evaluate.read`` always agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.engine.evaluation_case import (
    FREE,
    evaluation_case,
    is_bounded,
    levels_that_speak,
    only_denies,
)
from iamlab.engine.layer_results import LayerResults
from iamlab.engine.layers import GUARDS, LAYERS, LIMITS, Place
from iamlab.engine.principals import MAY_NAME, MUST_NAME, Named, how_reached
from iamlab.engine.public_access import shuts_out
from iamlab.engine.request import SERVICE_LINKED, Kind, Request
from iamlab.engine.rules import AWS_RULES
from iamlab.engine.statement_tests import Test, Tests, action_test, all_tests
from iamlab.engine.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.engine.layers import Layers
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement


def decide(request: Request, layers: Layers, of_resource: Layers | None = None) -> Verdict:
    """Give the verdict by AWS's rules.

    Parameters
    ----------
    layers
        The policies that apply.
    of_resource
        The resource's own policies, RCPs and grants, where ``layers`` holds only those of the
        caller. Then the plans of both sides are kept apart, and to ask many callers about one
        resource works out its side once.

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
    if plan.case in FREE:
        return Verdict.ALLOWED
    for level in plan.guards:
        if not _any_applies(level, request):
            return Verdict.IMPLICIT_DENY

    votes = _by_resource(plan, request) if plan.resource else 0
    if _any_applies(plan.grant, request):
        votes |= GRANT
    if _any_applies(plan.identity, request):
        votes |= IDENTITY
    answers = _answers(plan.case)
    if not answers[votes | WITHIN_LIMITS]:  # whatever the ceilings say
        return Verdict.IMPLICIT_DENY
    if answers[votes] or all(_any_applies(level, request) for level in plan.limits):
        return Verdict.ALLOWED
    return Verdict.IMPLICIT_DENY


# The votes as bits of a small number, so that a rule's answers are a table of 64.
DIRECT, INDIRECT, ACCOUNT, GRANT, IDENTITY, WITHIN_LIMITS = (1 << bit for bit in range(6))
_NAMED = {Named.DIRECT: DIRECT, Named.INDIRECT: INDIRECT, Named.ACCOUNT: ACCOUNT, Named.NOT: 0}


@cache
def _answers(case: str) -> tuple[bool, ...]:
    """Ask the rule of a situation about all votes that there can be."""
    rule = getattr(AWS_RULES, case)
    return tuple(
        bool(
            rule(
                LayerResults(
                    direct=bool(votes & DIRECT),
                    indirect=bool(votes & INDIRECT),
                    account=bool(votes & ACCOUNT),
                    grant=bool(votes & GRANT),
                    identity=bool(votes & IDENTITY),
                    limits=bool(votes & WITHIN_LIMITS),
                )
            )
        )
        for votes in range(64)
    )


def _by_resource(plan: _Plan, request: Request) -> int:
    """Give the votes of the resource policy."""
    place = Place("resource", plan.bounded)
    votes = 0
    for statement, tests in plan.resource:
        if all(test(request) for test in tests):
            votes |= _NAMED[how_reached(statement, request, place)]
    return votes


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
    """What is to be asked about an action, for one shape of request.

    Parameters
    ----------
    verdict
        When it is known already.
    case
        The situation: which rule combines the votes.
    denies
        Every Deny statement that can match, of all layers.
    guards, limits
        The Allow statements of the ceilings, level by level.
    resource
        The Allow statements of the resource policy; how directly they name the caller is asked when
        all else holds.
    bounded
        Whether a permissions boundary stands above the caller.
    """

    verdict: Verdict | None
    case: str
    denies: tuple[Tests, ...] = ()
    guards: tuple[tuple[Tests, ...], ...] = ()
    limits: tuple[tuple[Tests, ...], ...] = ()
    identity: tuple[Tests, ...] = ()
    grant: tuple[Tests, ...] = ()
    resource: tuple[tuple[Statement, Tests], ...] = ()
    bounded: bool = False

    def beside(self, other: _Plan) -> _Plan:
        """Join the plan of the caller's side with that of the resource's side."""
        return _Plan(
            self.verdict,
            self.case,
            self.denies + other.denies,
            self.guards + other.guards,
            self.limits,
            self.identity,
            other.grant,
            other.resource,
            self.bounded,
        )


class _Plans:
    """The layers that are there, and the plans that were made of them."""

    __slots__ = ("by_shape", "present")

    def __init__(self, layers: Layers) -> None:
        self.by_shape: dict[object, _Plan] = {}
        self.present = tuple(layer for layer in LAYERS if layers.levels(layer))


def _shape(request: Request) -> tuple[object, ...]:
    """List all of a request that decides which layers have a part, and which rule combines them."""
    caller = request.caller
    return (
        request.action,
        caller.kind,
        caller.is_service_linked,
        request.resource == "*",
        request.same_account,
        request.same_partition,
        caller.kind is Kind.SERVICE and SERVICE_LINKED in request.resource,
        request.resource_is_role,
        request.about_kms_key,
        bool(request.refusal),
        request.with_long_term_keys,
    )


def _plan_for(request: Request, layers: Layers, of_resource: Layers | None) -> _Plan:
    shape, bounded = _shape(request), is_bounded(request, layers)
    plan = _known_plan(request, layers, shape, bounded=bounded)
    if of_resource is None:
        return plan
    return plan.beside(_known_plan(request, of_resource, shape, bounded=bounded))


def _known_plan(
    request: Request, layers: Layers, shape: tuple[object, ...], *, bounded: bool
) -> _Plan:
    """Make the plan of some layers for requests of this shape, once."""
    plans = layers.compiled
    if not isinstance(plans, _Plans):
        plans = _Plans(layers)
        object.__setattr__(layers, "compiled", plans)
    key = (shape, bounded)
    plan = plans.by_shape.get(key)
    if plan is None:
        if len(plans.by_shape) >= MOST:
            plans.by_shape.clear()
        plan = plans.by_shape[key] = _plan(request, layers, plans.present, bounded=bounded)
    return plan


def _plan(request: Request, layers: Layers, present: tuple[str, ...], *, bounded: bool) -> _Plan:
    """Work out what is to be asked of these layers, for requests like this one."""
    case = evaluation_case(request)
    no_permission = case == "needs_no_permission"
    if case == "never_refused" or (no_permission and not unsure.DENY_STOPS_GET_SESSION_TOKEN):
        return _Plan(Verdict.ALLOWED, case)
    action = request.action.lower()
    denies: list[Tests] = []
    allows: dict[str, list[tuple[Tests, ...]]] = {}
    resource: list[tuple[Statement, Tests]] = []
    if request.caller.kind is Kind.FEDERATED and "session" not in present:
        allows["session"] = [()]  # it stands under one all the same
    for layer in present:
        place = Place(layer, bounded)
        allows[layer] = []
        for level in levels_that_speak(layer, request, layers):
            own: list[Tests] = []
            for attached in level:
                for statement, tests in statements_about(attached.policy, action, layer):
                    to = denies if statement.effect == "Deny" else own
                    named: Test = partial(_names, statement, place)
                    to.append((*tests, named) if layer in MAY_NAME else tests)
                    if layer == "resource" and statement.effect == "Allow":
                        resource.append((statement, tests))
            allows[layer].append(tuple(own))
    if layers.resource is not None and shuts_out(
        layers.public_access_block, layers.resource.policy, request
    ):
        resource = []
    return _Plan(
        None,
        case,
        tuple(denies),
        tuple(level for layer in (*GUARDS, "scoped") for level in allows.get(layer, ())),
        tuple(
            level
            for layer in LIMITS
            if not only_denies(layer, request)
            for level in allows.get(layer, ())
        ),
        tuple(tests for level in allows.get("identity", ()) for tests in level),
        tuple(tests for level in allows.get("grant", ()) for tests in level),
        tuple(resource),
        bounded,
    )


def _names(statement: Statement, place: Place, request: Request) -> bool:
    """Say whether a statement that may have a Principal speaks of the caller."""
    if statement.principal is None and statement.not_principal is None:
        return place.layer not in MUST_NAME
    return how_reached(statement, request, place) is not Named.NOT


MOST = 512
"""So many answers about actions are kept; a stranger may ask for more."""


def statements_about(
    policy: Policy, action: str, layer: str
) -> tuple[tuple[Statement, Tests], ...]:
    """Give the statements of a policy that can match an action, in a layer of this kind."""
    kind = layer if layer in ("resource", "grant", "endpoint", "rcp") else "identity"
    statements_about = policy.compiled.get(kind)
    if statements_about is None:
        statements_about = policy.compiled[kind] = PolicyIndex(policy, kind)
    return statements_about(action)  # type: ignore[operator,no-any-return]


class PolicyIndex:
    """A policy's statements, each with its tests, and which of them can match an action."""

    __slots__ = ("_known", "_lines")

    def __init__(self, policy: Policy, layer: str) -> None:
        self._known: dict[str, tuple[tuple[Statement, Tests], ...]] = {}
        self._lines = tuple(
            ((statement, tests), action_test(statement))
            for statement in policy.statements
            for tests in [all_tests(statement, layer)]
            if tests is not None
        )

    def __call__(self, action: str) -> tuple[tuple[Statement, Tests], ...]:
        """Give those that can match, worked out once."""
        known = self._known.get(action)
        if known is None:
            if len(self._known) >= MOST:
                self._known.clear()
            known = tuple(line for line, can_match in self._lines if can_match(action))
            self._known[action] = known
        return known
