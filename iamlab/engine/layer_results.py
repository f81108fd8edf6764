"""Who allows, layer by layer: what the rules combine to a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamlab.engine.layers import GUARDS, LIMITS
from iamlab.engine.principals import Named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.rules import Rules
    from iamlab.engine.verdict import LayerMatches

Levels = tuple[int, ...]


class LayerResults(NamedTuple):
    """Who allows, layer by layer.

    A vote is true or false for one request. It may also be a whole number that holds one bit for
    each of many requests; therefore rules combine votes with ``&`` and ``|``, which serve both.

    Parameters
    ----------
    direct, indirect, account
        The resource policy allows: naming the very caller (or everyone); the role or user behind
        the caller; or only the caller's account.
    grant
        A KMS grant allows.
    identity
        An identity-based policy allows.
    rcp, scp, endpoint, boundary, session, scoped
        What a ceiling says, level by level: each must allow. No level at all: there is none.
    limits
        Whether boundary and session let through what is granted, by the rules for them.
    guard
        Whether the outer ceilings and scoped credentials do.
    """

    direct: int = False
    indirect: int = False
    account: int = False
    grant: int = False
    identity: int = False
    rcp: Levels = ()
    scp: Levels = ()
    endpoint: Levels = ()
    boundary: Levels = ()
    session: Levels = ()
    scoped: Levels = ()
    limits: int = True
    guard: int = True


def layer_results(heard: Mapping[str, LayerMatches], rules: Rules) -> LayerResults:
    """Count who allows."""
    by_resource = {reading.named for reading in heard["resource"].allows}
    says = {layer: heard[layer].says for layer in (*GUARDS, *LIMITS, "scoped")}
    return LayerResults(
        direct=Named.DIRECT in by_resource,
        indirect=Named.INDIRECT in by_resource,
        account=Named.ACCOUNT in by_resource,
        grant=bool(heard["grant"].allows),
        identity=bool(heard["identity"].allows),
        **says,
        limits=all(getattr(rules, layer)(says[layer]) for layer in LIMITS),
        guard=all(getattr(rules, layer)(says[layer]) for layer in (*GUARDS, "scoped")),
    )
