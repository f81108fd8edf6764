"""From sets to lines: what each statement grants or stops, in few patterns but exactly.

Actions with the same resources come together first. The resources are written as the patterns of
the granting statement if these match exactly; else as the patterns and names that the candidates
stand for, with exceptions. Last, two lines become one where that is still exact.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.what_can import granting_statements
from iamlab.analysis.what_can.candidates import is_plain, places_in, without_escapes
from iamlab.policy.catalog import actions_of
from iamlab.policy.shortest import in_words, shortest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.what_can.candidates import Candidates, Keys
    from iamlab.analysis.what_can.granting_statements import Granter, Patterns, Stopper
    from iamlab.engine.explained_pairs import ExplainedPairs


Pair = tuple[str, str]
_Cells = Counter[str]
"""The candidates of each action, as a set of bits."""


class Decided(NamedTuple):
    """What was decided about some pairs, with notes; the pairs of an action are side by side."""

    witness: ExplainedPairs
    pairs: Sequence[Pair]


def lines_from(
    decided: Iterable[Decided], candidates: Candidates, keys: Keys
) -> tuple[tuple[granting_statements.Access, ...], tuple[granting_statements.Stopped, ...]]:
    """Write the lines of what is allowed, and those of what is stopped."""
    allowed: dict[Granter, _Cells] = defaultdict(_Cells)
    stopped: dict[Stopper, _Cells] = defaultdict(_Cells)
    for decision in decided:
        layout = _Layout(decision, candidates)
        for granter, bits in granting_statements.grants(decision.witness, keys):
            layout.note(allowed[granter], bits)
        for stopper, bits in granting_statements.stops(decision.witness, keys):
            layout.note(stopped[stopper], bits)
    return (
        tuple(
            granting_statements.Access(*lists, granter.when, granter.by, words=words)
            for granter, cells in allowed.items()
            for lists, words in _written(granter.patterns, cells, candidates)
        ),
        tuple(
            granting_statements.Stopped(*lists, *stopper[1:], words=words)
            for stopper, cells in stopped.items()
            for lists, words in _written(stopper.patterns, cells, candidates)
        ),
    )


class _Layout:
    """The places of the pairs of each action; a batch need not hold all pairs of an action."""

    def __init__(self, decided: Decided, candidates: Candidates) -> None:
        self._pairs = decided.witness.index.pairs
        self._count = len(decided.pairs)
        self._runs: list[tuple[str, int, int, tuple[int, ...]]] = []
        self._known: dict[tuple[int, str], int] = {}
        for name, run in groupby(decided.pairs, itemgetter(0)):
            start = self._runs[-1][2] if self._runs else 0
            where = tuple(candidates.place(arn) for _, arn in run)
            self._runs.append((name, start, start + len(where), where))
        alike: dict[tuple[int, ...], int] = {}
        self._alike = [alike.setdefault(where, len(alike)) for *_, where in self._runs]

    def note(self, cells: _Cells, bits: int) -> None:
        """Write down which resources are meant with each action."""
        if not bits:
            return
        digits = f"{self._pairs.in_order(bits):0{self._count}b}"[::-1]
        for (name, start, stop, where), alike in zip(self._runs, self._alike, strict=True):
            here = digits[start:stop]
            if "1" not in here:
                continue
            if (alike, here) not in self._known:
                meant = (place for place, digit in zip(where, here, strict=True) if digit == "1")
                self._known[alike, here] = sum(1 << place for place in meant)
            cells[name] |= self._known[alike, here]


def _written(
    patterns: Patterns, cells: _Cells, candidates: Candidates
) -> Iterator[tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], str]]:
    """Return actions, resources and exceptions of each line, and its actions in words."""
    for line in lines_of(candidates, cells, patterns.resources):
        names = frozenset(line.actions)
        lists = (
            shortest(names, patterns.actions),
            tuple(map(without_escapes, line.resources)),
            tuple(map(without_escapes, line.but)),
        )
        yield lists, in_words(names, patterns.actions, _others(candidates, line, names))


def _others(candidates: Candidates, line: ActionLine, own: frozenset[str]) -> frozenset[str] | None:
    """Return the actions that a reader would take to be meant, and that are not.

    Those are not among them that work on none of the resources: of ``s3:*`` on objects he
    knows that it is not about buckets.
    """
    if "*" in line.resources:
        return None
    meant = meant_by(candidates, line)
    services = {name.partition(":")[0] for name in own}
    every = (action.full_name for service in services for action in actions_of(service).values())
    return frozenset(action for action in every if candidates.fitting(action) & meant) - own


class Extent(NamedTuple):
    """The resources of some actions, as sets of candidates.

    Parameters
    ----------
    fitting
        Those that the actions work on.
    bits
        Those of them that are meant.
    """

    fitting: int
    bits: int


@dataclass(slots=True)
class ActionLine:
    """Actions, and the resources that are meant with each of them.

    Parameters
    ----------
    resources, but
        Patterns: all that the first match, and the second do not.
    extents
        What must come out of it.
    """

    resources: tuple[str, ...]
    but: tuple[str, ...]
    extents: list[Extent] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)


def lines_of(
    candidates: Candidates, cells: Mapping[str, int], in_statement: Sequence[str]
) -> list[ActionLine]:
    """Write cells as few lines.

    Parameters
    ----------
    cells
        The candidates of each action, as a set of bits.
    in_statement
        Resource patterns of the statement.
    """
    by_patterns: dict[tuple[tuple[str, ...], tuple[str, ...]], ActionLine] = {}
    by_extent: dict[Extent, list[str]] = {}
    for name, bits in cells.items():
        by_extent.setdefault(Extent(candidates.fitting(name), bits), []).append(name)
    for extent, actions in by_extent.items():
        patterns = _patterns_of(candidates, extent, in_statement)
        line = by_patterns.setdefault(patterns, ActionLine(*patterns))
        line.extents.append(extent)
        line.actions += actions
    return _joined(candidates, list(by_patterns.values()))


def _patterns_of(
    candidates: Candidates, extent: Extent, in_statement: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the patterns of the resources, and of the exceptions."""
    hits = tuple(entry for entry in in_statement if candidates.matched(entry) & extent.bits)
    if _covered(candidates, hits) & extent.fitting == extent.bits:
        return _needed(candidates, hits, extent), ()
    chosen, left = [], extent.bits
    for pattern in (*in_statement, *_labels(candidates, left)):
        here = candidates.matched(pattern) & extent.fitting
        if here & left and _is_meant(candidates, pattern, here, extent):
            chosen.append(pattern)
            left &= ~here
    chosen += [candidates.known[place].arn for place in places_in(left)]
    extra = _covered(candidates, chosen) & extent.fitting & ~extent.bits
    return tuple(chosen), tuple(_exceptions(candidates, extra, extent))


def _is_meant(candidates: Candidates, pattern: str, here: int, extent: Extent) -> bool:
    """Return whether a pattern may stand for what is meant: what nobody has named is meant too."""
    generic = candidates.generic(pattern) & extent.fitting
    if pattern == "*" and not generic:
        generic = candidates.nameless & extent.fitting
    return (generic or here) & ~extent.bits == 0


def _exceptions(candidates: Candidates, extra: int, extent: Extent) -> Iterator[str]:
    """Name what is excepted, by patterns that match nothing that is meant."""
    left = extra
    written = (pattern for pattern in candidates.patterns if candidates.matched(pattern) & extra)
    for label in _widest(candidates, (*written, *_labels(candidates, extra))):
        here = candidates.matched(label) & extent.fitting
        if here & left and not here & extent.bits:
            yield label
            left &= ~here
    yield from (candidates.known[place].arn for place in places_in(left))


def _needed(candidates: Candidates, patterns: tuple[str, ...], extent: Extent) -> tuple[str, ...]:
    """Leave out the patterns that the others make superfluous."""
    kept = list(patterns)
    for pattern in sorted(patterns, key=is_plain, reverse=True):
        rest = [other for other in kept if other != pattern]
        if rest and _covered(candidates, rest) & extent.fitting == extent.bits:
            kept = rest
    return tuple(kept)


def _labels(candidates: Candidates, bits: int) -> list[str]:
    """Return the labels of some candidates, those first that stand for most."""
    return _widest(candidates, (candidates.known[place].label for place in places_in(bits)))


def _widest(candidates: Candidates, patterns: Iterable[str]) -> list[str]:
    """Return each pattern once, those first that match most."""
    return sorted(dict.fromkeys(patterns), key=lambda text: -candidates.matched(text).bit_count())


def _covered(candidates: Candidates, patterns: Iterable[str]) -> int:
    bits = 0
    for pattern in patterns:
        bits |= candidates.matched(pattern)
    return bits


def _joined(candidates: Candidates, lines: list[ActionLine]) -> list[ActionLine]:
    """Make one line of two as long as it still says exactly what both said."""
    found: list[ActionLine] = []
    for line in lines:
        for place, known in enumerate(found):
            both = _both(known, line)
            meant = meant_by(candidates, both)
            if all(meant & extent.fitting == extent.bits for extent in both.extents):
                found[place] = both
                break
        else:
            found.append(line)
    return found


def _both(line: ActionLine, other: ActionLine) -> ActionLine:
    return ActionLine(
        tuple(dict.fromkeys((*line.resources, *other.resources))),
        tuple(dict.fromkeys((*line.but, *other.but))),
        [*line.extents, *other.extents],
        [*line.actions, *other.actions],
    )


def meant_by(candidates: Candidates, line: ActionLine) -> int:
    """Return the candidates that a line's patterns mean."""
    return _covered(candidates, line.resources) & ~_covered(candidates, line.but)
