"""What one caller may do, of all pairs at once.

See ``engine/matrix.py`` for how the parts work together.
"""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

from iamlab.engine.evaluation_case import WITHOUT_RESOURCE, is_bounded
from iamlab.engine.layer_results import LayerResults
from iamlab.engine.layers import GUARDS, LIMITS, Place
from iamlab.engine.principals import MAY_NAME, Named, how_reached
from iamlab.engine.public_access import shuts_out
from iamlab.engine.request import Kind, Request
from iamlab.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.layers import Layers, Level
    from iamlab.engine.question_space import Context, OwnPolicies, PairKind, QuestionSpace
    from iamlab.policy.statement import Statement


def names_somebody(statement: Statement) -> bool:
    """Say whether a statement has a Principal or NotPrincipal element."""
    return statement.principal is not None or statement.not_principal is not None


OF_RESOURCES = ("resource", "rcp", "grant", "public_access_block")


def refuse_what_is_of_resources(layers: Layers) -> None:
    """Refuse layers that hold more than the caller's side."""
    for name in OF_RESOURCES:
        if getattr(layers, name):
            raise RequestError(f"{name} belongs to a resource: write it into resources.")


class AllowedPairs:
    """One caller before all pairs.

    Raises
    ------
    RequestError
        No request of this caller can be asked; or its layers hold a resource's policies.
    """

    def __init__(
        self,
        universe: QuestionSpace,
        principal: str,
        layers: Layers,
        context: Context,
        issuer: str | None = None,
    ) -> None:
        refuse_what_is_of_resources(layers)
        self.universe = universe
        self.principal = principal
        self.layers = layers
        self.context = context
        self.issuer = issuer
        first = self._ask(universe.sorts[0])
        # A request with the context of each group of pairs: conditions are asked of these.
        self._probes = [self._ask(universe.sorts[0], context) for context, _ in universe.contexts]
        self.bounded = is_bounded(first, layers)
        self.caller = first.caller
        self.kind = universe.class_of(first, self._ask)
        self.denied = 0

    def _ask(self, sort: PairKind, context: Context | None = None) -> Request:
        own = self.context if context is None else {**self.context, **context}
        return Request(self.principal, sort.action, sort.resource, sort.account, own, self.issuer)

    def allowed(self) -> int:
        """Give the pairs that the caller may do."""
        speaks = self.kind.speaks
        ceilings = {layer: self._ceiling(layer) for layer in (*GUARDS, *LIMITS, "scoped")}
        identity = reduce(or_, self._levels("identity"), 0)
        direct, indirect, account, grant = self._of_resources()
        votes = LayerResults(
            direct & speaks["resource"],
            indirect & speaks["resource"],
            account & speaks["resource"],
            grant & speaks["grant"],
            identity & speaks["identity"],
            limits=reduce(and_, (ceilings[layer] for layer in LIMITS)),
            guard=reduce(and_, (ceilings[layer] for layer in (*GUARDS, "scoped"))),
        )
        return self.kind.allowed(votes, self.denied)

    def _ceiling(self, layer: str) -> int:
        """Give the pairs that a ceiling lets through: all levels allow, or it has no part."""
        full, part = self.universe.pairs.full, self.kind.speaks[layer]
        if layer == "rcp":
            through = full
            for levels, bits in self.universe.rcps:
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
        part = self.kind.speaks[layer]
        return (self._level(layer, level, part) for level in self.layers.levels(layer))

    def _level(self, layer: str, level: Level, part: int) -> int:
        """Give the pairs that a level allows, and note those that it denies."""
        allows = 0
        place = Place(layer, self.bounded)
        for attached in level:
            for statement in attached.policy.statements:
                known = self.universe.known(statement)
                bits = known.bits & part if known.has_resource else 0
                if bits and names_somebody(statement):
                    bits &= self._speaks_of_caller(statement, place)
                bits = bits and self._applying(statement, bits)
                if statement.effect == "Deny":
                    self.denied |= bits
                else:
                    allows |= bits
        return allows

    def _applying(self, statement: Statement, within: int) -> int:
        """Give the pairs, of those, for which conditions and variables fit too."""
        known = self.universe.known(statement)
        if not known.tests and not known.has_variables:
            return within
        found = 0
        for group, pairs in self.universe.groups(known.keys):
            bits = pairs & within
            if not bits:
                continue
            probe = self._probes[group]
            if known.has_variables:
                bits &= self.universe.pairs.by_resource(statement, probe.value)
            if bits and all(test(probe) for test in known.tests):
                found |= bits
        return found

    def _speaks_of_caller(self, statement: Statement, place: Place) -> int:
        """Give the pairs for which a statement with a Principal speaks of the caller."""
        if place.layer not in MAY_NAME:
            return 0
        return sum(
            bits
            for bits, request in self._by_endpoint()
            if how_reached(statement, request, place) is not Named.NOT
        )

    def _by_endpoint(self) -> Iterator[tuple[int, Request]]:
        """Give a request for services whose endpoints are gateways, and one for all others."""
        gateway = self.universe.gateway
        for bits in (gateway, self.universe.pairs.full & ~gateway):
            sort = next((one for one in self.universe.sorts if one.bits & bits), None)
            if sort is not None:
                yield bits, self._ask(sort)

    def _of_resources(self) -> tuple[int, int, int, int]:
        """Give the pairs that resource policies and grants allow, by how they name the caller."""
        allowed = dict.fromkeys((Named.DIRECT, Named.INDIRECT, Named.ACCOUNT), 0)
        granted = 0
        for own in self.universe.with_policies:
            request = self._ask(own.sort, self.universe.facts[own.sort.resource].context)
            if own.layers.resource is not None:
                part = own.sort.bits & self.kind.speaks["resource"]
                for named, bits in self._resource_policy(own, request, part):
                    allowed[named] |= bits
            place = Place("grant", self.bounded)
            for attached in own.layers.of("grant"):
                for statement in attached.policy.statements:
                    bits = self.universe.known(statement).bits & own.sort.bits
                    if bits and how_reached(statement, request, place) is not Named.NOT:
                        granted |= self._applying(statement, bits)
        return allowed[Named.DIRECT], allowed[Named.INDIRECT], allowed[Named.ACCOUNT], granted

    def _resource_policy(
        self, own: OwnPolicies, request: Request, part: int
    ) -> Iterator[tuple[Named, int]]:
        """Give what a resource policy allows, statement by statement, and note what it denies."""
        place = Place("resource", self.bounded)
        policy = own.layers.resource.policy if own.layers.resource is not None else None
        if policy is None or not part:
            return
        restricted = shuts_out(own.layers.public_access_block, policy, request)
        for statement in policy.statements:
            known = self.universe.known(statement)
            may_lack = request.about_trust or request.service in WITHOUT_RESOURCE
            fits = not known.has_resource if request.about_trust else known.has_resource or may_lack
            bits = known.bits & part if fits else 0
            named = how_reached(statement, request, place) if bits else Named.NOT
            if named is Named.NOT:
                continue
            bits = self._applying(statement, bits)
            if statement.effect == "Deny":
                self.denied |= bits
            elif not restricted:
                yield named, bits
