"""Why one caller may do some of all pairs, and what stops the others: as sets, like the verdicts.

:class:`Witness` is a row of the matrix (``engine/row.py``) that takes notes while it decides: to
which pairs each statement applied, and which pairs each ceiling did not let through. Which votes
were enough is then asked of the rules once for each way in which votes come together, and not once
for each pair.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

from iamlab.engine.allowed_pairs import AllowedPairs
from iamlab.engine.evaluation_case import FREE
from iamlab.engine.layer_results import LayerResults
from iamlab.engine.principals import Named
from iamlab.engine.rules import AWS_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.engine.layers import AttachedPolicy, Layers, Level
    from iamlab.engine.question_space import Context, OwnPolicies, QuestionSpace
    from iamlab.engine.request import Request
    from iamlab.policy.statement import Statement

NO_RULE = ("never_refused", *FREE)
"""The situations in which nobody has to allow."""

VOTERS = ("identity", "grant", "direct", "indirect", "account")
"""Who can grant. If several have to together, the first of them tells the story."""

_BY_NAME = {Named.DIRECT: "direct", Named.INDIRECT: "indirect", Named.ACCOUNT: "account"}


@dataclass(frozen=True, slots=True)
class Note:
    """A statement, and the pairs to which it applies.

    Parameters
    ----------
    named
        How directly it names the caller, in the policy of a resource.
    """

    layer: str
    attached: AttachedPolicy
    statement: Statement
    bits: int
    named: Named = Named.NOT

    @property
    def denies(self) -> bool:
        """Whether it is a Deny."""
        return self.statement.effect == "Deny"

    @property
    def voter(self) -> str:
        """As what it grants, one of ``VOTERS``; empty if it does not."""
        if self.denies:
            return ""
        if self.layer == "resource":
            return _BY_NAME.get(self.named, "")
        return self.layer if self.layer in VOTERS else ""


@dataclass(frozen=True, slots=True)
class Shut:
    """A ceiling that does not allow some pairs.

    Parameters
    ----------
    level
        The policies that stand there; none for a federated user without session policy.
    """

    layer: str
    level: Level
    bits: int


class Witness(AllowedPairs):
    """One caller before all pairs, who remembers why.

    Attributes
    ----------
    may
        The pairs that the caller may do.
    notes
        The statements that apply, each once.
    shut
        The ceilings that do not let everything through.
    """

    def __init__(
        self,
        universe: QuestionSpace,
        principal: str,
        layers: Layers,
        context: Context,
        issuer: str | None = None,
    ) -> None:
        super().__init__(universe, principal, layers, context, issuer)
        self._taken: list[Note] = []
        self._heard: list[tuple[Level, int, int]] = []
        self._stands: tuple[str, AttachedPolicy] | None = None
        self._grants = {
            id(statement): ("grant", attached)
            for own in universe.with_policies
            for attached in own.layers.of("grant")
            for statement in attached.policy.statements
        }
        self.shut: list[Shut] = []
        self.may = self.allowed()
        self.notes = self._once()
        self.votes = dict.fromkeys(VOTERS, 0)
        for note in self.notes:
            if note.voter:
                self.votes[note.voter] |= note.bits

    # While it decides, it listens to itself -----------------------------------------------------

    def _ceiling(self, layer: str) -> int:
        self._heard.clear()
        through = super()._ceiling(layer)
        closed = self.universe.pairs.full & ~through
        for level, part, allows in self._heard:
            if bits := closed & part & ~allows:
                self.shut.append(Shut(layer, level, bits))
        if closed and not self._heard:
            self.shut.append(Shut(layer, (), closed))
        return through

    def _level(self, layer: str, level: Level, part: int) -> int:
        allows = 0
        for attached in level:
            self._stands = layer, attached
            allows |= super()._level(layer, (attached,), part)
        self._heard.append((level, part, allows))
        return allows

    def _resource_policy(
        self, own: OwnPolicies, request: Request, part: int
    ) -> Iterator[tuple[Named, int]]:
        if own.layers.resource is not None:
            self._stands = "resource", own.layers.resource
        for named, bits in super()._resource_policy(own, request, part):
            if bits:
                self._taken[-1] = replace(self._taken[-1], named=named)
            yield named, bits

    def _applying(self, statement: Statement, within: int) -> int:
        bits = super()._applying(statement, within)
        stands = self._grants.get(id(statement), self._stands)
        if stands is not None and bits:
            self._taken.append(Note(*stands, statement, bits))
        return bits

    def _once(self) -> tuple[Note, ...]:
        """Put together what was noted of one statement in several turns."""
        found: dict[object, Note] = {}
        for note in self._taken:
            key = (note.layer, id(note.statement), note.attached.path, note.attached.arn)
            known = found.get((*key, note.named))
            bits = note.bits | (known.bits if known else 0)
            found[*key, note.named] = replace(note, bits=bits)
        return tuple(found.values())

    # What comes of it ---------------------------------------------------------------------------

    def ways(self) -> Mapping[frozenset[str], int]:
        """Give the smallest sets of voters that were enough, each with the pairs it granted.

        The empty set stands for what needs no permission.
        """
        found: dict[frozenset[str], int] = {}
        for case, limits, there, bits in self._cases(self.may):
            for chosen in enough(case, there, limits=limits):
                found[chosen] = found.get(chosen, 0) | bits
        return found

    def would(self) -> int:
        """Give the pairs that would be allowed if every ceiling let through, and nobody denied."""
        found = self.may
        for case, _, there, bits in self._cases(self.universe.pairs.full & ~self.may):
            if enough(case, there, limits=True):
                found |= bits
        return found

    def _cases(self, within: int) -> Iterator[tuple[str, bool, frozenset[str], int]]:
        """Part pairs by situation, by whether the limits are open, and by who votes for them."""
        limited = _either(one.bits for one in self.shut if one.layer in ("boundary", "session"))
        for case, bits in self.kind.situations.items():
            parted: list[tuple[frozenset[str], int]] = [(frozenset(), bits & within)]
            for voter in VOTERS:
                parted = list(_split(parted, voter, self.votes[voter]))
            for there, cells in parted:
                for limits, some in ((True, cells & ~limited), (False, cells & limited)):
                    if some:
                        yield case, limits, there, some


def _split(
    parted: Iterable[tuple[frozenset[str], int]], voter: str, votes: int
) -> Iterator[tuple[frozenset[str], int]]:
    for there, bits in parted:
        if inside := bits & votes:
            yield there | {voter}, inside
        if outside := bits & ~votes:
            yield there, outside


def _either(sets: Iterable[int]) -> int:
    found = 0
    for bits in sets:
        found |= bits
    return found


@lru_cache(maxsize=4096)
def enough(case: str, there: frozenset[str], *, limits: bool) -> tuple[frozenset[str], ...]:
    """Give the smallest sets of these voters that are enough in a situation.

    Examples
    --------
    >>> everybody = frozenset(("identity", "account"))
    >>> [sorted(one) for one in enough("same_account", everybody, limits=True)]
    [['identity']]
    >>> [sorted(one) for one in enough("cross_account", everybody, limits=True)]
    [['account', 'identity']]
    """
    if case in NO_RULE:
        return (frozenset(),)
    rule = getattr(AWS_RULES, case)
    found: list[frozenset[str]] = []
    for size in range(len(there) + 1):
        for some in map(frozenset, combinations(sorted(there), size)):
            granted: dict[str, Any] = dict.fromkeys(some, True)
            is_enough = rule(LayerResults(limits=limits)._replace(**granted))
            if is_enough and not any(known <= some for known in found):
                found.append(some)
    return tuple(found)
