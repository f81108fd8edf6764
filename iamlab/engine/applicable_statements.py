"""Find the statements that apply to a request, layer by layer, and the mismatches of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.evaluation_case import is_bounded, levels_that_speak, only_denies, unbound
from iamlab.engine.layers import LAYERS, Place
from iamlab.engine.matching import Mismatch, mismatches
from iamlab.engine.principals import Named
from iamlab.engine.public_access import shuts_out
from iamlab.engine.verdict import LayerMatches, StatementMatch

if TYPE_CHECKING:
    from iamlab.engine.layers import AttachedPolicy, Layers
    from iamlab.engine.request import Request
    from iamlab.engine.rules import Rules
    from iamlab.policy.statement import Statement

RESTRICTED = Mismatch(
    "Block Public Access",
    None,
    (),
    None,
    "the bucket policy is public, and RestrictPublicBuckets shuts out who is not of its account",
)


def applicable_statements(
    request: Request, layers: Layers, rules: Rules
) -> dict[str, LayerMatches]:
    """Hold every statement of every layer against the request."""
    bounded = is_bounded(request, layers)
    return {layer: _hear(Place(layer, bounded), request, layers, rules) for layer in LAYERS}


NOTHING = LayerMatches()
"""Of a layer that is not there."""


def _hear(place: Place, request: Request, layers: Layers, rules: Rules) -> LayerMatches:
    levels = levels_that_speak(place.layer, request, layers)
    if not levels:
        there = layers.of(place.layer)
        return LayerMatches(why_absent=unbound(place.layer, request)) if there else NOTHING
    restricted = (
        place.layer == "resource"
        and layers.resource is not None
        and shuts_out(layers.public_access_block, layers.resource.policy, request)
    )
    return LayerMatches(
        tuple(
            tuple(
                match_statement(statement, attached, request, place, rules, restricted=restricted)
                for attached in level
                for statement in attached.policy.statements
            )
            for level in levels
        ),
        only_denies=only_denies(place.layer, request),
    )


def match_statement(
    statement: Statement,
    attached: AttachedPolicy,
    request: Request,
    place: Place,
    rules: Rules,
    *,
    restricted: bool = False,
) -> StatementMatch:
    """Hold one statement against the request.

    Parameters
    ----------
    restricted
        Whether Block Public Access takes away what the policy allows.
    """
    named = Named.NOT
    if statement.principal is not None or statement.not_principal is not None:
        named = rules.principal(statement, request, place)
    found = mismatches(statement, request, place, rules, named)
    if restricted and statement.effect == "Allow":
        found = (*found, RESTRICTED)
    return StatementMatch(place.layer, attached, statement, named, found)
