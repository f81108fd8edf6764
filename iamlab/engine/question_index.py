"""All pairs of a matrix, and everything that is the same for every caller.

``engine/matrix.py`` explains how the parts work together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
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
    """The facts about a resource: its own part of ``Layers`` and ``Request``.

    Parameters
    ----------
    account
        The owner. Default: the account in its ARN, or else the caller's account.
    policy, rcps, grants, public_access_block
        As in ``Layers``.
    context
        The resource's own condition keys, such as its tags.

    Examples
    --------
    >>> from iamlab import Layers, Policy
    >>> from iamlab.engine.matrix import evaluate_matrix
    >>> ana, maps = "arn:aws:iam::111111111111:user/ana", "arn:aws:s3:::star-maps/m31.fits"
    >>> public = Policy.allow("s3:GetObject", maps, principal="*")
    >>> owner = ResourceFacts(account="111111111111", policy=public)
    >>> read = [("s3:GetObject", maps)]
    >>> evaluate_matrix([(ana, Layers(), {})], read, {maps: owner}).allowed(0, 0)
    True
    """

    account: str = ""
    policy: Policy | AttachedPolicy | None = None
    rcps: Sequence[Sequence[Policy | AttachedPolicy]] = ()
    context: Context = field(default_factory=dict)
    grants: Sequence[Grant] = ()
    public_access_block: PublicAccessBlock | None = None

    def layers(self) -> Layers:
        """Return the resource's policies as layers."""
        return Layers(
            resource=self.policy,
            rcp=self.rcps,
            grant=self.grants,
            public_access_block=self.public_access_block,
        )


@dataclass(frozen=True, slots=True)
class StatementPairs:
    """A statement, with the parts that are the same for all callers.

    Parameters
    ----------
    statement
        The statement. A reference is kept, so that its ``id`` stays unique.
    bits
        The pairs that its actions and resources match, without checking resources with variables.
    tests
        The tests of its conditions.
    keys
        The condition keys that it uses, in lower case.
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
    """Pairs that differ only in the resource's name: an example, its owner, and their set."""

    action: str
    resource: str
    account: str
    bits: int


@dataclass(frozen=True, slots=True)
class ResourcePairs:
    """The pairs of a resource, and its own policies."""

    request_class: RequestClass
    layers: Layers


@dataclass(frozen=True, slots=True)
class BitsByRule:
    """The pairs of a caller as sets: by combining rule, and by layer that applies."""

    by_rule: Mapping[str, int]
    by_layer: Mapping[str, int]

    @classmethod
    def of(cls, requests: Iterable[tuple[Request, int]]) -> BitsByRule:
        """Collect sets of pairs, each with an example request."""
        by_rule: dict[str, int] = {}
        by_layer = dict.fromkeys(LAYERS, 0)
        for request, bits in requests:
            rule_name = combining_rule(request)
            by_rule[rule_name] = by_rule.get(rule_name, 0) | bits
            for layer in LAYERS:
                if not why_absent(layer, request):
                    by_layer[layer] |= bits
        return cls(by_rule, by_layer)

    def allowed(self, results: LayerResults, denied: int) -> int:
        """Return the pairs that their rules allow and that aren't denied."""
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
    """Pairs, resources, and cached statements."""

    def __init__(
        self, pairs: Sequence[tuple[str, str]], resources: Mapping[str, ResourceFacts]
    ) -> None:
        for action, resource in pairs:  # the same checks as in ``Request``
            check_text("action", action)
            check_text("resource", resource)
            service_of(action)
        self.pairs = PairBitsets(pairs)
        self.facts = {arn: resources.get(arn, _NOTHING) for arn in self.pairs.resources}
        for facts in self.facts.values():
            facts.layers()  # rejects values that aren't policies
        self.classes = self._request_classes()
        self.contexts = self._contexts()
        self.context_keys = {key.lower() for context, _ in self.contexts for key in context}
        self.rcps = self._rcps()
        gateway = [known for known in self.classes if service_of(known.action) in GATEWAY_SERVICES]
        self.gateway = reduce(or_, (known.bits for known in gateway), 0)
        self.with_policies = self._with_policies()
        self._classes: dict[Hashable, BitsByRule] = {}
        self._known: dict[int, StatementPairs] = {}

    def _request_classes(self) -> list[RequestClass]:
        """Group the pairs with the same rule and layers for every caller."""
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
        """Group the pairs by the context of their resources, first those without context."""
        groups: dict[Hashable, tuple[Context, list[int]]] = {(): ({}, [])}
        for arn, facts in self.facts.items():
            # As text: true is "true", and a key without values removes the caller's key.
            values = as_text(facts.context)
            key = tuple(sorted((name, values.get(name.lower(), ())) for name in facts.context))
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
        """List the resources with policies or grants, once for each service of their actions.

        A role is listed once for each action, since the action decides which callers its trust
        policy names.
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

    def class_of(self, first: Request, request_of: Callable[[RequestClass], Request]) -> BitsByRule:
        """Return the rule and the layers of each pair, for callers of this type.

        Parameters
        ----------
        first
            Any request of the caller.
        """
        caller = first.caller
        partition = caller.arn.split(":", 2)[1] if caller.account else ""
        own = first.with_long_term_keys
        key = (caller.kind, caller.is_service_linked, caller.account, partition, own)
        known = self._classes.get(key)
        if known is None:
            requests = ((request_of(example), example.bits) for example in self.classes)
            known = self._classes[key] = BitsByRule.of(requests)
        return known

    def known(self, statement: Statement) -> StatementPairs:
        """Return the cached parts of a statement."""
        known = self._known.get(id(statement))
        if known is None:
            known = self._known[id(statement)] = self._pairs_of(statement)
        return known

    def _pairs_of(self, statement: Statement) -> StatementPairs:
        listed = statement.resource if statement.resource is not None else statement.not_resource
        in_resource, in_conditions = keys_of(statement)
        bits = self.pairs.by_action(statement)
        if listed is not None and not in_resource:
            bits &= self.pairs.by_resource(statement, lambda _: None)
        tests = condition_tests(statement)
        keys = in_resource.union(*in_conditions)
        return StatementPairs(statement, bits, tests, keys, listed is not None, bool(in_resource))

    def groups(self, keys: frozenset[str]) -> Iterable[tuple[int, int]]:
        """Return the number and set of each group of pairs that can differ in these keys."""
        if self.context_keys.isdisjoint(keys):
            return ((0, self.pairs.full),)
        return tuple((place, bits) for place, (_, bits) in enumerate(self.contexts))


_NOTHING = ResourceFacts()


def account_in(resource: str) -> str:
    """Return the account in an ARN; empty if it has none."""
    account = Arn.parse(resource).account if is_arn(resource) else ""
    return account if is_account(account) else ""
