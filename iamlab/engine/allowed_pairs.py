"""The pairs that a caller is allowed, computed for all pairs at once.

``engine/matrix.py`` explains how the parts work together.
"""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

from iamlab.engine.applicable_statements import has_principal
from iamlab.engine.combining_rule import WITHOUT_RESOURCE, has_boundary
from iamlab.engine.layer_results import LayerResults
from iamlab.engine.layers import GUARDRAILS, PERMISSION_FILTERS, Place
from iamlab.engine.principals import PrincipalMatch, match_principal
from iamlab.engine.public_access import is_restricted
from iamlab.engine.refused_statements import valid_statements
from iamlab.engine.request import Kind, Request
from iamlab.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.layers import Layers, Level
    from iamlab.engine.question_index import Context, QuestionIndex, RequestClass, ResourcePairs
    from iamlab.policy.statement import Statement


OF_RESOURCES = ("resource", "rcp", "grant", "public_access_block")


def check_caller_layers(layers: Layers) -> None:
    """Reject layers with policies of the resource."""
    for name in OF_RESOURCES:
        if getattr(layers, name):
            raise RequestError(f"{name} belongs to a resource. Pass it in resources.")


class AllowedPairs:
    """A caller's access to all pairs.

    Raises
    ------
    RequestError
        The caller can't make requests, or its layers have a resource's policies.
    """

    def __init__(
        self,
        index: QuestionIndex,
        principal: str,
        layers: Layers,
        context: Context,
        issuer: str | None = None,
    ) -> None:
        check_caller_layers(layers)
        self.index = index
        self.principal = principal
        self.layers = layers
        self.context = context
        self.issuer = issuer
        first = self._request(index.classes[0])
        # A request with the context of each group of pairs, to evaluate conditions.
        self._samples = [self._request(index.classes[0], context) for context, _ in index.contexts]
        self.bounded = has_boundary(first, layers)
        self.caller = first.caller
        self.kind = index.class_of(first, self._request)
        self.denied = 0

    def _request(self, request_class: RequestClass, context: Context | None = None) -> Request:
        own = self.context if context is None else {**self.context, **context}
        return Request(
            self.principal,
            request_class.action,
            request_class.resource,
            request_class.account,
            own,
            self.issuer,
        )

    def allowed(self) -> int:
        """Return the pairs that the caller is allowed."""
        by_layer = self.kind.by_layer
        ceilings = {
            layer: self._ceiling(layer) for layer in (*GUARDRAILS, *PERMISSION_FILTERS, "scoped")
        }
        identity = reduce(or_, self._levels("identity"), 0)
        by_match, granted = self._of_resources()
        results = LayerResults(
            by_match[PrincipalMatch.DIRECT],
            by_match[PrincipalMatch.INDIRECT],
            by_match[PrincipalMatch.ACCOUNT],
            granted & by_layer["grant"],
            identity & by_layer["identity"],
            filters=reduce(and_, (ceilings[layer] for layer in PERMISSION_FILTERS)),
            guardrails=reduce(and_, (ceilings[layer] for layer in (*GUARDRAILS, "scoped"))),
        )
        return self.kind.allowed(results, self.denied)

    def _ceiling(self, layer: str) -> int:
        """Return the pairs that a ceiling allows, at all levels, or doesn't apply to."""
        full, part = self.index.pairs.full, self.kind.by_layer[layer]
        if layer == "rcp":
            through = full
            for levels, bits in self.index.rcps:
                for level in levels:
                    through &= self._level(layer, level, part & bits) | (full & ~bits)
        elif layer == "session" and self.caller.kind is Kind.FEDERATED and not self.layers.session:
            through = 0
        else:
            through = reduce(and_, self._levels(layer), full)
            if layer == "session" and self.caller.kind is Kind.ROOT:
                through = full  # a task policy only denies
        return through | (full & ~part)

    def _levels(self, layer: str) -> Iterator[int]:
        part = self.kind.by_layer[layer]
        return (self._level(layer, level, part) for level in self.layers.levels(layer))

    def _level(self, layer: str, level: Level, part: int) -> int:
        """Return the pairs that a level allows, and record those that it denies."""
        allows = 0
        place = self.layers.place(layer, bounded=self.bounded)
        for attached in level:
            for statement in valid_statements(attached.policy, layer, ""):
                known = self.index.known(statement)
                bits = known.bits & part if known.has_resource else 0
                if bits and has_principal(statement):
                    bits &= self._names_caller(statement, place)
                bits = bits and self._applying(statement, bits)
                if statement.effect == "Deny":
                    self.denied |= bits
                else:
                    allows |= bits
        return allows

    def _applying(self, statement: Statement, within: int) -> int:
        """Return those of the pairs for which conditions and variables match too."""
        known = self.index.known(statement)
        if not known.tests and not known.has_variables:
            return within
        found = 0
        for group, pairs in self.index.groups(known.keys):
            bits = pairs & within
            if not bits:
                continue
            sample = self._samples[group]
            if known.has_variables:
                bits &= self.index.pairs.by_resource(statement, sample.value)
            if bits and all(test(sample) for test in known.tests):
                found |= bits
        return found

    def _names_caller(self, statement: Statement, place: Place) -> int:
        """Return the pairs for which a statement with a Principal names the caller."""
        return sum(
            bits
            for bits, request in self._by_endpoint()
            if match_principal(statement, request, place) is not PrincipalMatch.NOT
        )

    def _by_endpoint(self) -> Iterator[tuple[int, Request]]:
        """Return a request for services with gateway endpoints, and one for all others."""
        gateway = self.index.gateway
        for bits in (gateway, self.index.pairs.full & ~gateway):
            request_class = next((c for c in self.index.classes if c.bits & bits), None)
            if request_class is not None:
                yield bits, self._request(request_class)

    def _of_resources(self) -> tuple[dict[PrincipalMatch, int], int]:
        """Return the pairs that resource policies allow, by their principal match, and grants."""
        allowed, granted = dict.fromkeys(PrincipalMatch, 0), 0
        for own in self.index.with_policies:
            request = self._request(
                own.request_class, self.index.facts[own.request_class.resource].context
            )
            if own.layers.resource is not None:
                part = own.request_class.bits & self.kind.by_layer["resource"]
                for named, bits in self._resource_policy(own, request, part):
                    allowed[named] |= bits
            place = Place("grant", self.bounded)
            for attached in own.layers.of("grant"):
                for statement in attached.policy.statements:
                    bits = self.index.known(statement).bits & own.request_class.bits
                    if (
                        bits
                        and match_principal(statement, request, place) is not PrincipalMatch.NOT
                    ):
                        granted |= self._applying(statement, bits)
        return allowed, granted

    def _resource_policy(
        self, own: ResourcePairs, request: Request, part: int
    ) -> Iterator[tuple[PrincipalMatch, int]]:
        """Return the pairs that a resource policy's statements allow; record those they deny."""
        place = Place("resource", self.bounded)
        policy = own.layers.resource.policy if own.layers.resource is not None else None
        if policy is None or not part:
            return
        restricted = is_restricted(own.layers.public_access_block, policy, request)
        for statement in valid_statements(policy, "resource", request.action):
            known = self.index.known(statement)
            may_lack = request.about_trust or request.service in WITHOUT_RESOURCE
            fits = not known.has_resource if request.about_trust else known.has_resource or may_lack
            bits = known.bits & part if fits else 0
            named = match_principal(statement, request, place) if bits else PrincipalMatch.NOT
            if named is PrincipalMatch.NOT:
                continue
            bits = self._applying(statement, bits)
            if statement.effect == "Deny":
                self.denied |= bits
            elif not restricted:
                yield named, bits
