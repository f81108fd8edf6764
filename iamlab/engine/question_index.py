"""All pairs of a question about many, and what is the same for every caller.

See ``engine/matrix.py`` for how the parts work together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.engine.combining_rule import (
    GATEWAY_SERVICES,
    NO_ALLOW_NEEDED,
    combining_rule,
    why_absent,
)
from iamlab.engine.layers import LAYERS, Layers
from iamlab.engine.pair_bitsets import PairBitsets, bits_at
from iamlab.engine.request import (
    SERVICE_LINKED,
    as_text,
    check_text,
    is_account,
    is_kms_key,
    is_role,
    service_of,
)
from iamlab.engine.rules import AWS_RULES
from iamlab.engine.statement_tests import condition_tests, keys_of
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from iamlab.engine.grants import Grant
    from iamlab.engine.layer_results import LayerResults
    from iamlab.engine.layers import AttachedPolicy, Level
    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.engine.request import ContextValue, Request
    from iamlab.engine.statement_tests import Tests
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

Context = Mapping[str, "ContextValue"]


@dataclass(frozen=True, slots=True)
class ResourceFacts:
    """What is known of a resource: the part of ``Layers`` and ``Request`` that is its own.

    Parameters
    ----------
    account
        Who owns it. Default: the account in its ARN; if it has none, the caller's.
    policy, rcps, grants, public_access_block
        As in ``Layers``.
    context
        The condition keys that it brings along, its tags above all; not those of the caller.
    """

    account: str = ""
    policy: Policy | AttachedPolicy | None = None
    rcps: Sequence[Sequence[Policy | AttachedPolicy]] = ()
    context: Context = field(default_factory=dict)
    grants: Sequence[Grant] = ()
    public_access_block: PublicAccessBlock | None = None

    def layers(self) -> Layers:
        """Give the resource's side as layers."""
        return Layers(
            resource=self.policy,
            rcp=self.rcps,
            grant=self.grants,
            public_access_block=self.public_access_block,
        )


@dataclass(frozen=True, slots=True)
class StatementPairs:
    """A statement, worked out for all callers.

    Parameters
    ----------
    statement
        Kept, so that no other gets the id by which this one is remembered.
    bits
        The pairs that its actions and resources match. Resources with variables are left open.
    tests
        Of its conditions.
    keys
        The condition keys that it asks for, in lower case.
    has_resource
        Whether it has a Resource or NotResource element.
    """

    statement: Statement
    bits: int
    tests: Tests
    keys: frozenset[str]
    has_resource: bool
    has_variables: bool


@dataclass(frozen=True, slots=True)
class RequestClass:
    """Pairs that differ only in the resource's name: one of them, its owner, and their set."""

    action: str
    resource: str
    account: str
    bits: int


@dataclass(frozen=True, slots=True)
class ResourcePairs:
    """Pairs of one resource, and its own policies."""

    request_class: RequestClass
    layers: Layers


@dataclass(frozen=True, slots=True)
class BitsByRule:
    """The pairs of one caller as sets: by combining rule, and by layer that applies."""

    by_rule: Mapping[str, int]
    by_layer: Mapping[str, int]

    @classmethod
    def of(cls, asked: Iterable[tuple[Request, int]]) -> BitsByRule:
        """Collect sets of pairs, each with a request that stands for all of them."""
        by_rule: dict[str, int] = {}
        by_layer = dict.fromkeys(LAYERS, 0)
        for request, bits in asked:
            rule_name = combining_rule(request)
            by_rule[rule_name] = by_rule.get(rule_name, 0) | bits
            for layer in LAYERS:
                if not why_absent(layer, request):
                    by_layer[layer] |= bits
        return cls(by_rule, by_layer)

    def allowed(self, results: LayerResults, denied: int) -> int:
        """Give the pairs that are allowed by their rules, and not denied."""
        found, always = 0, {"never_refused"}
        if not unsure.DENY_STOPS_GET_SESSION_TOKEN:
            always.add("needs_no_permission")
        for rule_name, bits in self.by_rule.items():
            if rule_name in always:
                found |= bits
            elif rule_name in NO_ALLOW_NEEDED:
                found |= bits & ~denied
            else:
                found |= (
                    bits & results.guardrails & getattr(AWS_RULES, rule_name)(results) & ~denied
                )
        return found


class QuestionIndex:
    """Pairs, resources, and statements that were worked out."""

    def __init__(
        self, asked: Sequence[tuple[str, str]], resources: Mapping[str, ResourceFacts]
    ) -> None:
        for action, resource in asked:  # each is refused as ``Request`` refuses it
            check_text("action", action)
            check_text("resource", resource)
            service_of(action)
        self.pairs = PairBitsets(asked)
        self.facts = {arn: resources.get(arn, _NOTHING) for arn in self.pairs.resources}
        for facts in self.facts.values():
            facts.layers()  # refuses what is no policy
        self.classes = self._request_classes()
        self.contexts = self._contexts()
        self.context_keys = {key.lower() for context, _ in self.contexts for key in context}
        self.rcps = self._rcps()
        self.gateway = self._union(
            lambda request_class: service_of(request_class.action) in GATEWAY_SERVICES
        )
        self.with_policies = self._with_policies()
        self._classes: dict[Hashable, BitsByRule] = {}
        self._known: dict[int, StatementPairs] = {}

    def _request_classes(self) -> list[RequestClass]:
        """Group the pairs that have the same rule and layers for every caller."""
        found: dict[Hashable, list[int]] = {}
        for bit, (action, resource) in enumerate(self.pairs.pairs):
            account = self.facts[resource].account or account_in(resource)
            partition = resource.split(":", 2)[1] if is_arn(resource) else None
            linked = SERVICE_LINKED in resource
            is_what = (resource == "*", is_role(resource), is_kms_key(resource))
            key = (action, account, partition, linked, *is_what)
            found.setdefault(key, []).append(bit)
        return [self._class(places) for places in found.values()]

    def _class(self, places: Sequence[int]) -> RequestClass:
        action, resource = self.pairs.pairs[places[0]]
        account = self.facts[resource].account or account_in(resource)
        return RequestClass(action, resource, account, bits_at(places))

    def _contexts(self) -> list[tuple[Context, int]]:
        """Group the pairs by what their resources bring along; first of all those with nothing."""
        groups: dict[Hashable, tuple[Context, list[int]]] = {(): ({}, [])}
        for arn, facts in self.facts.items():
            # As they are compared: true is "true", and a key without values takes one away.
            values = as_text(facts.context)
            key = tuple(sorted((one, values.get(one.lower(), ())) for one in facts.context))
            groups.setdefault(key, (facts.context, []))[1].extend(self.pairs.bits_of(arn))
        return [(context, bits_at(places)) for context, places in groups.values()]

    def _rcps(self) -> list[tuple[tuple[Level, ...], int]]:
        """Group the pairs by the RCPs of their resources."""
        groups: dict[Hashable, tuple[tuple[Level, ...], int]] = {}
        for arn, facts in self.facts.items():
            if facts.rcps:
                key = tuple(tuple(map(id, level)) for level in facts.rcps)
                levels, bits = groups.get(key, (facts.layers().rcp, 0))
                groups[key] = (levels, bits | self.pairs.of(arn))
        return list(groups.values())

    def _with_policies(self) -> list[ResourcePairs]:
        """List the resources that have policies or grants, once for each service that asks.

        For a role also once for each action: its trust policy fits each to other callers.
        """
        found = []
        for arn, facts in self.facts.items():
            if facts.policy is None and not facts.grants:
                continue
            layers = facts.layers()
            groups: dict[str, list[int]] = {}
            for bit in self.pairs.bits_of(arn):
                action = self.pairs.pairs[bit][0]
                key = action if is_role(arn) else service_of(action)
                groups.setdefault(key, []).append(bit)
            found += [ResourcePairs(self._class(places), layers) for places in groups.values()]
        return found

    def _union(self, wanted: Callable[[RequestClass], bool]) -> int:
        return _either(
            request_class.bits for request_class in self.classes if wanted(request_class)
        )

    def class_of(self, first: Request, ask: Callable[[RequestClass], Request]) -> BitsByRule:
        """Give the rule and the layers of each pair, for callers of this kind.

        Parameters
        ----------
        first
            Any request of the caller's.
        """
        caller = first.caller
        partition = caller.arn.split(":", 2)[1] if caller.account else ""
        own = first.with_long_term_keys
        key = (caller.kind, caller.is_service_linked, caller.account, partition, own)
        known = self._classes.get(key)
        if known is None:
            asked = ((ask(request_class), request_class.bits) for request_class in self.classes)
            known = self._classes[key] = BitsByRule.of(asked)
        return known

    def known(self, statement: Statement) -> StatementPairs:
        """Work a statement out, once."""
        known = self._known.get(id(statement))
        if known is None:
            known = self._known[id(statement)] = self._work_out(statement)
        return known

    def _work_out(self, statement: Statement) -> StatementPairs:
        listed = statement.resource if statement.resource is not None else statement.not_resource
        in_resource, in_conditions = keys_of(statement)
        bits = self.pairs.by_action(statement)
        if listed is not None and not in_resource:
            bits &= self.pairs.by_resource(statement, lambda _: None)
        tests = condition_tests(statement)
        keys = in_resource.union(*in_conditions)
        return StatementPairs(statement, bits, tests, keys, listed is not None, bool(in_resource))

    def groups(self, keys: frozenset[str]) -> Iterable[tuple[int, int]]:
        """Give number and set of each group of pairs for which these keys may differ."""
        if self.context_keys.isdisjoint(keys):
            return ((0, self.pairs.full),)
        return tuple((place, bits) for place, (_, bits) in enumerate(self.contexts))


_NOTHING = ResourceFacts()


def account_in(resource: str) -> str:
    """Give the account that an ARN names; empty if it names none."""
    account = Arn.parse(resource).account if is_arn(resource) else ""
    return account if is_account(account) else ""


def _either(sets: Iterable[int]) -> int:
    found = 0
    for bits in sets:
        found |= bits
    return found
