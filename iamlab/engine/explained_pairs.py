"""Why a caller is allowed some pairs and not others, as sets of pairs.

:class:`ExplainedPairs` is a row of the matrix (``engine/allowed_pairs.py``) that also records the
pairs that each statement matched, and the pairs that each ceiling blocked. The rules then decide
which results were enough, once for each combination of results instead of each pair.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from itertools import combinations
from operator import or_
from typing import TYPE_CHECKING, Any

from iamlab.engine.allowed_pairs import AllowedPairs
from iamlab.engine.combining_rule import NO_ALLOW_NEEDED
from iamlab.engine.layer_results import LayerResults
from iamlab.engine.layers import PERMISSION_FILTERS
from iamlab.engine.principals import PrincipalMatch
from iamlab.engine.rules import AWS_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.engine.layers import AttachedPolicy, Level
    from iamlab.engine.question_index import QuestionIndex, ResourcePairs
    from iamlab.engine.request import Request
    from iamlab.policy.statement import Statement

NO_RULE = ("never_refused", *NO_ALLOW_NEEDED)
"""The rules that need no Allow."""

GRANTERS = ("identity", "grant", "direct", "indirect", "account")
"""The policies that can grant. If several must grant together, the first one is named."""

_BY_NAME = {
    PrincipalMatch.DIRECT: "direct",
    PrincipalMatch.INDIRECT: "indirect",
    PrincipalMatch.ACCOUNT: "account",
}


@dataclass(frozen=True, slots=True)
class AppliedStatement:
    """A statement, and the pairs that it matches.

    Parameters
    ----------
    principal_match
        How directly it names the caller, in a resource-based policy.
    """

    layer: str
    attached: AttachedPolicy
    statement: Statement
    bits: int
    principal_match: PrincipalMatch = PrincipalMatch.NOT

    @property
    def denies(self) -> bool:
        """Whether it is a Deny."""
        return self.statement.effect == "Deny"

    @property
    def granter(self) -> str:
        """Its place in ``GRANTERS``; empty if it doesn't grant."""
        if self.denies:
            return ""
        if self.layer == "resource":
            return _BY_NAME.get(self.principal_match, "")
        return self.layer if self.layer in GRANTERS else ""


@dataclass(frozen=True, slots=True)
class BlockingLevel:
    """A ceiling that doesn't allow some pairs.

    Parameters
    ----------
    level
        The policies of the level; none for a federated user without a session policy.
    """

    layer: str
    level: Level
    bits: int


class ExplainedPairs(AllowedPairs):
    """A caller's access to all pairs, with the reasons.

    Attributes
    ----------
    may
        The pairs that the caller is allowed.
    notes
        The statements that match, each once.
    blocking
        The levels of ceilings that don't allow everything.
    """

    def __init__(self, index: QuestionIndex, *caller: Any) -> None:
        super().__init__(index, *caller)
        self._taken: list[AppliedStatement] = []
        self._layer_matches: list[tuple[Level, int, int]] = []
        self._policy: tuple[str, AttachedPolicy] | None = None
        self._grants = {
            id(statement): ("grant", attached)
            for own in index.with_policies
            for attached in own.layers.of("grant")
            for statement in attached.policy.statements
        }
        self.blocking: list[BlockingLevel] = []
        self.may = self.allowed()
        self.notes = self._once()
        self.results = dict.fromkeys(GRANTERS, 0)
        for note in self.notes:
            if note.granter:
                self.results[note.granter] |= note.bits

    # Taking notes -------------------------------------------------------------------------------

    def _ceiling(self, layer: str) -> int:
        self._layer_matches.clear()
        through = super()._ceiling(layer)
        closed = self.index.pairs.full & ~through
        for level, part, allows in self._layer_matches:
            if bits := closed & part & ~allows:
                self.blocking.append(BlockingLevel(layer, level, bits))
        if closed and not self._layer_matches:
            self.blocking.append(BlockingLevel(layer, (), closed))
        return through

    def _level(self, layer: str, level: Level, part: int) -> int:
        allows = 0
        for attached in level:
            self._policy = layer, attached
            allows |= super()._level(layer, (attached,), part)
        self._layer_matches.append((level, part, allows))
        return allows

    def _resource_policy(
        self, own: ResourcePairs, request: Request, part: int
    ) -> Iterator[tuple[PrincipalMatch, int]]:
        if own.layers.resource is not None:
            self._policy = "resource", own.layers.resource
        for principal_match, bits in super()._resource_policy(own, request, part):
            if bits:
                self._taken[-1] = replace(self._taken[-1], principal_match=principal_match)
            yield principal_match, bits

    def _applying(self, statement: Statement, within: int) -> int:
        bits = super()._applying(statement, within)
        policy = self._grants.get(id(statement), self._policy)
        if policy is not None and bits:
            self._taken.append(AppliedStatement(*policy, statement, bits))
        return bits

    def _once(self) -> tuple[AppliedStatement, ...]:
        """Merge the notes about each statement."""
        found: dict[object, AppliedStatement] = {}
        for note in self._taken:
            key = (note.layer, id(note.statement), note.attached.path, note.attached.arn)
            known = found.get((*key, note.principal_match))
            bits = note.bits | (known.bits if known else 0)
            found[*key, note.principal_match] = replace(note, bits=bits)
        return tuple(found.values())

    # Results ------------------------------------------------------------------------------------

    def ways(self) -> Mapping[frozenset[str], int]:
        """Return the smallest sets of granters that were enough, each with its pairs.

        The empty set is for pairs that need no permission.
        """
        found: dict[frozenset[str], int] = {}
        for rule_name, filters, granters, bits in self._cases(self.may):
            for chosen in sufficient_granters(rule_name, granters, filters=filters):
                found[chosen] = found.get(chosen, 0) | bits
        return found

    def would(self) -> int:
        """Return the pairs that would be allowed without ceilings and without denies."""
        found = self.may
        for rule_name, _, granters, bits in self._cases(self.index.pairs.full & ~self.may):
            if sufficient_granters(rule_name, granters, filters=True):
                found |= bits
        return found

    def _cases(self, within: int) -> Iterator[tuple[str, bool, frozenset[str], int]]:
        """Divide pairs by combining rule, by the results of permission filters, and by granters."""
        limits = (cut.bits for cut in self.blocking if cut.layer in PERMISSION_FILTERS)
        limited = reduce(or_, limits, 0)
        for rule_name, bits in self.kind.by_rule.items():
            groups: list[tuple[frozenset[str], int]] = [(frozenset(), bits & within)]
            for granter in GRANTERS:
                groups = list(_split(groups, granter, self.results[granter]))
            for granters, cells in groups:
                for filters, some in ((True, cells & ~limited), (False, cells & limited)):
                    if some:
                        yield rule_name, filters, granters, some


def _split(
    groups: Iterable[tuple[frozenset[str], int]], granter: str, results: int
) -> Iterator[tuple[frozenset[str], int]]:
    for granters, bits in groups:
        if inside := bits & results:
            yield granters | {granter}, inside
        if outside := bits & ~results:
            yield granters, outside


@lru_cache(maxsize=4096)
def sufficient_granters(
    rule_name: str, granters: frozenset[str], *, filters: bool
) -> tuple[frozenset[str], ...]:
    """Return the smallest sets of these granters that are enough by a rule.

    Examples
    --------
    >>> both = frozenset(("identity", "account"))
    >>> [sorted(granters) for granters in sufficient_granters("same_account", both, filters=True)]
    [['identity']]
    >>> [sorted(granters) for granters in sufficient_granters("cross_account", both, filters=True)]
    [['account', 'identity']]
    """
    if rule_name in NO_RULE:
        return (frozenset(),)
    rule = getattr(AWS_RULES, rule_name)
    found: list[frozenset[str]] = []
    for size in range(len(granters) + 1):
        for some in map(frozenset, combinations(sorted(granters), size)):
            granted: dict[str, Any] = dict.fromkeys(some, True)
            is_enough = rule(LayerResults(filters=filters)._replace(**granted))
            if is_enough and not any(known <= some for known in found):
                found.append(some)
    return tuple(found)
