"""The results of each layer, which the rules combine to a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamlab.engine.layers import GUARDRAILS, PERMISSION_FILTERS
from iamlab.engine.principals import PrincipalMatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.rules import Rules
    from iamlab.engine.verdict import LayerMatches

AllowsByLevel = tuple[int, ...]


class LayerResults(NamedTuple):
    """The layers that allow.

    A result is true or false for one request. It can also be an integer with one bit for each of
    many requests. Rules combine results with ``&`` and ``|``, which work for both.

    Parameters
    ----------
    direct, indirect, account
        The resource policy allows: it names this caller (or everybody), the role or user behind
        the caller, or only the caller's account.
    grant
        A KMS grant allows.
    identity
        An identity-based policy allows.
    rcp, scp, endpoint, boundary, session, scoped
        The results of a ceiling, level by level: each must allow. Empty if there is no such policy.
    filters
        Whether the boundary and session policy allow the request, by the rules for them.
    guardrails
        Whether the outer ceilings and scoped credentials allow it.
    """

    direct: int = False
    indirect: int = False
    account: int = False
    grant: int = False
    identity: int = False
    rcp: AllowsByLevel = ()
    scp: AllowsByLevel = ()
    endpoint: AllowsByLevel = ()
    boundary: AllowsByLevel = ()
    session: AllowsByLevel = ()
    scoped: AllowsByLevel = ()
    filters: int = True
    guardrails: int = True


def layer_results(layer_matches: Mapping[str, LayerMatches], rules: Rules) -> LayerResults:
    """Combine the matches of each layer to its result."""
    by_resource = {match.principal_match for match in layer_matches["resource"].allows}
    allows = {
        layer: layer_matches[layer].allows_by_level
        for layer in (*GUARDRAILS, *PERMISSION_FILTERS, "scoped")
    }
    return LayerResults(
        direct=PrincipalMatch.DIRECT in by_resource,
        indirect=PrincipalMatch.INDIRECT in by_resource,
        account=PrincipalMatch.ACCOUNT in by_resource,
        grant=bool(layer_matches["grant"].allows),
        identity=bool(layer_matches["identity"].allows),
        **allows,
        filters=all(getattr(rules, layer)(allows[layer]) for layer in PERMISSION_FILTERS),
        guardrails=all(getattr(rules, layer)(allows[layer]) for layer in (*GUARDRAILS, "scoped")),
    )
