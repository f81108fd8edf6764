"""Does a statement allow an outsider? Each possible caller is tried, and the engine decides.

A statement is tried twice: alone, and with all other policies. A caller that is allowed both times
is a witness, and proves the finding. If other policies stop all callers that the statement alone
allows, the finding names them. If it allows no caller, there is a reason why it never can, or the
finding stays without a proof.

Notes
-----
AWS pages: "Cross-account policy evaluation logic"; "Resource control policies (RCPs)"; "Blocking
public access to your Amazon S3 storage".
"""

from __future__ import annotations

from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.external_access.callers import (
    STRANGERS,
    account_named,
    can_be_tried,
    has_star,
    is_everybody,
)
from iamlab.analysis.external_access.findings import PUBLIC_ACCESS_BLOCK, Stop
from iamlab.analysis.external_access.sample_contexts import (
    TIMES,
    ConditionTest,
    ContextSamples,
    Values,
    as_values,
    can_send,
)
from iamlab.analysis.external_access.zone_of_trust import OF_CALLER, OF_SERVICES, OF_SOURCE, filled
from iamlab.engine.evaluate import evaluate
from iamlab.engine.public_access import is_restricted
from iamlab.engine.request import ANONYMOUS, MAX_TEXT, Request
from iamlab.errors import RequestError
from iamlab.policy.arn import is_arn

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from iamlab.analysis.external_access.callers import Outsider
    from iamlab.analysis.external_access.sample_contexts import SampleContext
    from iamlab.analysis.external_access.shared_resource import AccessStatement, ResourceAccess
    from iamlab.engine.decision import Decision

    PrincipalValue = tuple[str, str]
    """One value of a Principal element, with its type."""

MOST_CALLERS = 200
"""So many callers are tried at most, for one statement and one group of actions."""

MOST_REQUESTS = 1_500
"""So many of their requests are tried at most."""

FEW_DENIED = 40
"""Of so many denied requests the reasons are looked up."""


class Answer(Enum):
    """The result of the search."""

    OPEN = "somebody gets in"
    STOPPED = "somebody would get in, and is stopped"
    NOBODY = "the statement can let in nobody"
    UNKNOWN = "nobody was found, nor a reason for it"


class SearchResult(NamedTuple):
    """What was found for one statement, one value of its Principal, and one group of actions.

    Parameters
    ----------
    proof
        A witness, or the first caller who was stopped.
    stops
        What stops all or some of the callers that the statement alone would allow.
    """

    answer: Answer
    proof: Decision | None = None
    is_public: bool = False
    stops: tuple[Stop, ...] = ()


class WitnessSearch:
    """The search for a witness."""

    def __init__(
        self,
        access: ResourceAccess,
        statement: AccessStatement,
        principal: PrincipalValue,
        action: str,
    ) -> None:
        self._access, self._statement, self._principal = access, statement, principal
        self._action = action
        self._limits = access.limits_of(action)
        self._outside = access.outside(statement.statement, self._limits)
        # A limit may ask who calls with a variable whose value is not known.
        self._is_complete = not any(
            None in filled(condition, limit, access.context)
            for limit in self._limits
            for condition in limit.conditions
            if condition.key.lower() in (*OF_CALLER, *OF_SOURCE)
        )
        self._denied: list[Decision] = []

    def outcome(self) -> SearchResult:
        """Look for a caller who gets in: if possible, one who can be anybody."""
        found: Decision | None = None
        if not can_be_tried(*self._principal):
            return SearchResult(Answer.UNKNOWN)
        for caller, sample, request in self._let_in_by(self._statement):
            if found and not caller.is_anybody:
                continue
            decision = self._access.decide(request)
            if not decision:
                # Denied requests that a caller would naturally send say most.
                if sample.is_natural or not self._denied:
                    self._denied.append(decision)
                continue
            is_public = caller.is_anybody and sample.is_anybodys
            if is_public or not is_everybody(*self._principal):
                return SearchResult(Answer.OPEN, decision, is_public, self._stops())
            found = found or decision
        if found:
            return SearchResult(Answer.OPEN, found, stops=self._stops())
        if self._denied and self._is_complete:
            return SearchResult(Answer.STOPPED, self._denied[0], stops=self._stops())
        if not self._denied and self._can_let_in_nobody():
            return SearchResult(Answer.NOBODY)
        return SearchResult(Answer.UNKNOWN)

    def _let_in_by(
        self, statement: AccessStatement
    ) -> Iterator[tuple[Outsider, SampleContext, Request]]:
        """Return the requests that a statement alone would let through."""
        samples = ContextSamples(statement.statement, self._limits, self._access)
        tried = 0
        callers = self._outside.callers(*self._principal)
        for caller in islice(callers, MOST_CALLERS):
            for sample in samples.of(caller):
                for request in self._requests(statement, caller, sample):
                    tried += 1
                    if evaluate(request, statement.alone):
                        yield caller, sample, request
                if tried > MOST_REQUESTS:
                    self._is_complete = False
                    return
        self._is_complete &= samples.is_complete and next(callers, None) is None

    def _requests(
        self, statement: AccessStatement, caller: Outsider, sample: SampleContext
    ) -> Iterator[Request]:
        """Return a request for each resource that the statements tell apart."""
        context = {**self._access.context, **caller.lower_context}
        for key, values in sample.values.items():
            context[key] = () if values is None else values[0] if len(values) == 1 else values
        known = {key: value for key, value in context.items() if len(key) <= MAX_TEXT}
        statements = (statement.statement, *self._limits)
        for resource in self._access.resources(self._action, statements, known):
            try:
                owner = self._access.owner
                yield Request(caller.principal, self._action, resource, owner, known)
            except RequestError:
                return  # there is no such caller

    def _stops(self) -> tuple[Stop, ...]:
        found = (stop for denied in self._denied[:FEW_DENIED] for stop in self._stops_of(denied))
        return tuple(dict.fromkeys(found))

    def _stops_of(self, decision: Decision) -> Iterator[Stop]:
        for reading in decision.denies:
            yield Stop(reading.layer, reading.address, ", ".join(reading.path))
        for layer in decision.blocking:
            levels = decision.layers.levels(layer)
            allows = decision.trace.step(layer).found.allows_by_level
            for level, says in zip(levels, allows, strict=False):
                if not says:
                    names = ", ".join(policy.policy.name or "policy" for policy in level)
                    where = dict.fromkeys(part for policy in level for part in policy.path)
                    yield Stop(layer, names or "no policy", ", ".join(where))
        facts = self._access.facts
        if facts.policy is not None and is_restricted(
            facts.public_access_block, facts.policy, decision.request
        ):
            yield Stop(PUBLIC_ACCESS_BLOCK, "RestrictPublicBuckets")
        if decision.request.access_point and not decision.denies:
            yield Stop("bucket", decision.request.resource.partition("/")[0])

    def _can_let_in_nobody(self) -> bool:
        """Return whether there is a reason why no outsider can meet the statement's conditions."""
        self._is_complete = True  # now of this search
        found = self._let_in_by(self._statement.without_conditions())
        callers = tuple({id(caller): caller for caller, _, _ in found}.values())
        tests: dict[str, list[ConditionTest]] = {}
        statement = self._statement.statement
        for condition in statement.conditions:
            wanted = filled(condition, statement, self._access.context)
            test = ConditionTest(condition.comparison, wanted)
            tests.setdefault(condition.key.lower(), []).append(test)
        # If there are no callers, it names nobody who could do this.
        return not callers or any(
            self._is_never_met(key, own, callers) for key, own in tests.items()
        )

    def _is_never_met(
        self, key: str, tests: Sequence[ConditionTest], callers: Sequence[Outsider]
    ) -> bool:
        """Return whether no caller meets all tests of a key, where each caller's value is known."""
        if key in TIMES:
            now = as_values(self._access.context.get(key))
            return any(
                test.comparison.name.startswith("DateLess") and not test.fits(key, now)
                for test in tests
            )
        context = self._access.context
        pairs = [(who, as_values({**context, **who.lower_context}.get(key))) for who in callers]
        is_known = (
            key in self._settled_keys(callers)
            or self._access.is_of_resource(key)
            or self._covers_all(key, tests, pairs)
        )
        return not any(
            (not is_known and can_send(key, caller))
            or all((None in test.wanted and values) or test.fits(key, values) for test in tests)
            for caller, values in pairs
        )

    def _covers_all(
        self, key: str, tests: Sequence[ConditionTest], pairs: Sequence[tuple[Outsider, Values]]
    ) -> bool:
        """Return whether these callers have all values of a key that the tests tell apart.

        They do where texts are compared literally: there is a caller for each value that is wanted
        and is outside, and a caller that no policy names represents all others.
        """
        wanted = {value for test in tests for value in test.wanted}
        is_plain = all(value is not None and not has_star(value) for value in wanted)
        if key in OF_SERVICES and self._is_complete:
            return is_plain or all(who.is_signed or who.principal == ANONYMOUS for who, _ in pairs)
        known = {value for _, own in pairs for value in own or ()}
        return (
            self._is_complete
            and is_plain
            and key in _TRIED
            and bool(known & set(STRANGERS) - wanted)
            and {test.comparison.name for test in tests} <= _LITERAL
        )

    def _settled_keys(self, callers: Sequence[Outsider]) -> Collection[str]:
        """Return the keys about the caller whose values the Principal element itself settles."""
        kind, value = self._principal
        if is_everybody(kind, value):
            unsigned = all(caller.principal == ANONYMOUS for caller in callers)
            return (*OF_CALLER, *OF_SOURCE) if unsigned else ()
        if kind == "Federated":
            return (*OF_CALLER, *OF_SOURCE)
        if kind == "Service":
            return OF_CALLER
        account = account_named(value)
        own = _OF_ACCOUNT if account else tuple(set(OF_CALLER) - {*_OF_ORGANIZATION})
        place = account or (value.split(":")[4] if is_arn(value) else "")
        known = _OF_ORGANIZATION if place in self._access.world.accounts else ()
        return (*own, *known, *OF_SOURCE)


_TRIED = ("aws:principalaccount", "aws:sourceowner", "kms:calleraccount")
"""The keys for which there is a caller with each value that is wanted. Not so for organizations:
it is not sure that all members are known."""

_LITERAL = {"Null"} | frozenset(
    f"String{word}{case}"
    for word in ("Equals", "NotEquals", "Like", "NotLike")
    for case in ("", "IgnoreCase")
)
_OF_ORGANIZATION = ("aws:principalorgid", "aws:principalorgpaths")
_OF_ACCOUNT = (*_TRIED, *OF_SERVICES)
