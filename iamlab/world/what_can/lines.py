"""From sets to lines: what each statement grants or stops, in few patterns."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.catalog import actions_of
from iamlab.policy.shortest import in_words, shortest
from iamlab.world.what_can.candidates import shown
from iamlab.world.what_can.compact import Line, Sort, lines_of, meant_by
from iamlab.world.what_can.tellers import Granter, Patterns, Stopper, grants, stops
from iamlab.world.what_can.values import Access, Stopped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.engine.reasons import Witness
    from iamlab.world.what_can.candidates import Candidates, Keys

Pair = tuple[str, str]


class Told(NamedTuple):
    """What was decided of some pairs, with notes; the pairs of an action stand side by side."""

    witness: Witness
    pairs: Sequence[Pair]


def lines_from(
    told: Iterable[Told], candidates: Candidates, keys: Keys
) -> tuple[tuple[Access, ...], tuple[Stopped, ...]]:
    """Write the lines of what is allowed, and those of what is stopped."""
    allowed: dict[Granter, _Cells] = defaultdict(_Cells)
    stopped: dict[Stopper, _Cells] = defaultdict(_Cells)
    for one in told:
        layout = _Layout(one, candidates)
        for granter, bits in grants(one.witness, keys):
            layout.note(allowed[granter], bits)
        for stopper, bits in stops(one.witness, keys):
            layout.note(stopped[stopper], bits)
    return (
        tuple(
            Access(*lists, one.when, one.by, words)
            for one, cells in allowed.items()
            for lists, words in _said(one.patterns, cells, candidates)
        ),
        tuple(
            Stopped(*lists, one.layer, one.by, one.why, words)
            for one, cells in stopped.items()
            for lists, words in _said(one.patterns, cells, candidates)
        ),
    )


class _Cells(defaultdict[str, int]):
    """What is meant with each action: a set of candidates."""

    def __init__(self) -> None:
        super().__init__(int)

    def by_sort(self, candidates: Candidates) -> dict[Sort, list[str]]:
        """Give the actions by what is meant with them."""
        found: dict[Sort, list[str]] = {}
        for name, bits in self.items():
            found.setdefault(Sort(candidates.fitting(name), bits), []).append(name)
        return found


class _Layout:
    """Where the pairs of each action stand; a part need not hold all pairs of an action."""

    def __init__(self, told: Told, candidates: Candidates) -> None:
        self._pairs = told.witness.universe.pairs
        self._count = len(told.pairs)
        self._runs: list[tuple[str, int, int, tuple[int, ...]]] = []
        self._known: dict[tuple[int, str], int] = {}
        for name, run in groupby(told.pairs, itemgetter(0)):
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
            if "1" in here:
                cells[name] |= self._set(alike, where, here)

    def _set(self, alike: int, where: tuple[int, ...], digits: str) -> int:
        known = self._known.get((alike, digits))
        if known is None:
            meant = (place for place, digit in zip(where, digits, strict=True) if digit == "1")
            known = self._known[alike, digits] = sum(1 << place for place in meant)
        return known


def _said(
    patterns: Patterns, cells: _Cells, candidates: Candidates
) -> Iterator[tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], str]]:
    """Give actions, resources and exceptions of each line, and its actions in words."""
    for line in lines_of(candidates, cells.by_sort(candidates).items(), patterns.resources):
        names = frozenset(line.actions)
        lists = (
            shortest(names, patterns.actions),
            tuple(map(shown, line.resources)),
            tuple(map(shown, line.but)),
        )
        yield lists, in_words(names, patterns.actions, _others(candidates, line, names))


def _others(candidates: Candidates, line: Line, names: frozenset[str]) -> frozenset[str] | None:
    """Give the actions that a reader would take to be meant, and that are not.

    Those are not among them that work on none of the resources: of ``s3:*`` on objects he
    knows that it is not about buckets.
    """
    if "*" in line.resources:
        return None
    meant = meant_by(candidates, line)
    services = {name.partition(":")[0] for name in names}
    every = (one.full_name for service in services for one in actions_of(service).values())
    return frozenset(one for one in every if candidates.fitting(one) & meant) - names
