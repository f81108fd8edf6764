"""Find the statements that match a request, layer by layer, and the mismatches of the others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from iamlab.engine.combining_rule import (
    has_boundary,
    levels_that_apply,
    only_denies,
    why_absent,
)
from iamlab.engine.compiled import statements_about
from iamlab.engine.layers import LAYERS, Place
from iamlab.engine.matching import BLOCK_PUBLIC_ACCESS, NOT_SAVED, REFUSED, Mismatch, mismatches
from iamlab.engine.principals import PrincipalMatch
from iamlab.engine.public_access import is_restricted
from iamlab.engine.refused_statements import void_statements
from iamlab.engine.verdict import LayerMatches, StatementMatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.layers import AttachedPolicy, Layers
    from iamlab.engine.request import Request
    from iamlab.engine.rules import Rules
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

VOID = Mismatch("Statement", None, (), None, NOT_SAVED)

RESTRICTED = Mismatch(
    BLOCK_PUBLIC_ACCESS,
    None,
    (),
    None,
    "the bucket policy is public, and RestrictPublicBuckets blocks callers of other accounts",
)


def applicable_statements(
    request: Request, layers: Layers, rules: Rules, *, fast: bool = False
) -> dict[str, LayerMatches]:
    """Compare every statement of every layer with the request.

    Parameters
    ----------
    fast
        Use the tests of ``engine/compiled.py``, which are for AWS's own rules, and find mismatches
        only when they are read. A property test proves that the results are equal.
    """
    return {layer: _in_layer(layer, request, layers, rules, fast=fast) for layer in LAYERS}


NO_POLICY = LayerMatches()
"""The matches of a missing layer."""


def _in_layer(
    layer: str, request: Request, layers: Layers, rules: Rules, *, fast: bool
) -> LayerMatches:
    levels = levels_that_apply(layer, request, layers)
    if not levels:
        why = why_absent(layer, request) if layers.of(layer) else ""
        return LayerMatches(why_absent=why) if why else NO_POLICY
    place = layers.place(layer, bounded=has_boundary(request, layers))
    own = Comparison(place, request, rules, fast=fast)
    if layer == "resource" and layers.resource is not None:
        own.restricted = is_restricted(layers.public_access_block, layers.resource.policy, request)
    return LayerMatches(
        tuple(
            tuple(match for attached in level for match in own.of_policy(attached))
            for level in levels
        ),
        only_denies=only_denies(layer, request),
        is_restricted=own.restricted,
    )


class Comparison:
    """Compares the statements of one layer with a request.

    Parameters
    ----------
    fast
        See ``applicable_statements``.

    Attributes
    ----------
    restricted
        Whether Block Public Access cancels the policy's Allow statements.
    """

    __slots__ = ("fast", "place", "request", "restricted", "rules")

    def __init__(self, place: Place, request: Request, rules: Rules, *, fast: bool = False) -> None:
        self.place = place
        self.request = request
        self.rules = rules
        self.fast = fast
        self.restricted = False

    def of_policy(self, attached: AttachedPolicy) -> Iterator[StatementMatch]:
        """Compare each statement of a policy."""
        if not self.fast:
            yield from (self.match(known, attached) for known in attached.policy.statements)
            return
        layer, request = self.place.layer, self.request
        about = statements_about(attached.policy, request.action.lower(), layer)
        fitting = {id(known) for known, tests in about if all(test(request) for test in tests)}
        for statement in attached.policy.statements:
            principal_match, applies = PrincipalMatch.NOT, id(statement) in fitting
            if has_principal(statement):
                principal_match = self.rules.principal(statement, request, self.place)
                applies = applies and principal_match is not PrincipalMatch.NOT
            if self.restricted and statement.effect == "Allow":
                applies = False
            yield StatementMatch(
                layer,
                attached,
                statement,
                principal_match,
                applies=applies,
                compare=partial(self.mismatches, attached.policy),
            )

    def match(self, statement: Statement, attached: AttachedPolicy) -> StatementMatch:
        """Compare one statement."""
        principal_match = PrincipalMatch.NOT
        if has_principal(statement):
            principal_match = self.rules.principal(statement, self.request, self.place)
        found = self.mismatches(attached.policy, statement, principal_match)
        return StatementMatch(
            self.place.layer,
            attached,
            statement,
            principal_match,
            applies=not found,
            compare=lambda *_: found,
        )

    def mismatches(
        self, policy: Policy, statement: Statement, principal_match: PrincipalMatch
    ) -> tuple[Mismatch, ...]:
        """Return the elements that don't match."""
        found = mismatches(statement, self.request, self.place, self.rules, principal_match)
        void = void_statements(policy, self.place.layer, self.request.action)
        if id(statement) in void and not any(each.note.startswith(REFUSED) for each in found):
            found = (VOID, *found)
        is_taken_away = self.restricted and statement.effect == "Allow"
        return (*found, RESTRICTED) if is_taken_away else found


def has_principal(statement: Statement) -> bool:
    """Return whether a statement has a Principal or NotPrincipal element."""
    return statement.principal is not None or statement.not_principal is not None
