"""Find the wrong belief that a learner's predictions have in common."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from iamlab.teach import journal
from iamlab.teach.mutants import MISCONCEPTIONS, MUTANTS, telling
from iamlab.view.cards.card import boxed
from iamlab.widgets.prediction import fits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.engine.decision import Decision
    from iamlab.teach.mutants import Mutant
    from iamlab.world.world import World


NOTHING_TESTED = "None of your predictions tests a wrong belief yet."
TOO_LITTLE = "There is too little evidence yet to name a wrong belief. Answer more questions."
MIXED = "No wrong belief explains most of your answers."
NONE_FITS = "Your predictions fit none of the wrong beliefs that iamlab knows."
ENOUGH = 2
"""How many predictions must fit a belief, or test one if none fits."""


def evidence(decision: Decision, answer: str, world: World | None = None) -> dict[str, bool]:
    """Return for each belief that the answer tests, whether the answer fits it."""
    is_right = fits(answer, decision.verdict)
    # A wrong answer is evidence for the beliefs that lead to it, and against all others.
    tested = telling(decision, world) if is_right else MUTANTS.values()
    found = {mutant.name: fits(answer, mutant.verdict(decision, world)) for mutant in tested}
    return {name: is_fit for name, is_fit in found.items() if not (is_fit and is_right)}


@dataclass(frozen=True, slots=True)
class Beliefs:
    """How many of a learner's predictions fit each wrong belief.

    Parameters
    ----------
    counts
        Each belief, the number of predictions that fit it, and the number that test it.
    named
        Whether the check of an exercise has named a wrong belief.
    """

    counts: tuple[tuple[Mutant, int, int], ...]
    named: bool = False

    @property
    def recognised(self) -> tuple[tuple[Mutant, int, int], ...]:
        """The beliefs that fit best, if they fit at least two predictions and half of all."""
        likely = [count for count in self.counts if count[1] >= ENOUGH and 2 * count[1] >= count[2]]
        best = max((fitting / tested for _, fitting, tested in likely), default=0)
        return tuple(count for count in likely if count[1] / count[2] == best)

    def __str__(self) -> str:
        if self.recognised:
            return "\n".join(
                f"You answered as if {mutant.claim}. {fitting} of the {tested} answers that test "
                f"this belief fit it. {mutant.truth}"
                for mutant, fitting, tested in self.recognised
            )
        if not (self.counts or self.named):
            return NOTHING_TESTED
        most = max((fitting for _, fitting, _ in self.counts), default=0)
        if most >= ENOUGH:
            return MIXED
        is_tested = any(tested >= ENOUGH for *_, tested in self.counts)
        return TOO_LITTLE if self.named or most or not is_tested else NONE_FITS

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return boxed("".join(f"<p>{escape(line)}</p>" for line in str(self).splitlines()))


def beliefs(records: Iterable[journal.Record] | None = None) -> Beliefs:
    """Compare first predictions in all lessons with the known wrong beliefs; default: yours.

    Examples
    --------
    >>> beliefs([])
    None of your predictions tests a wrong belief yet.
    """
    every = journal.records() if records is None else records
    answers = [own for own in every if own.get("kind") in ("prediction", "attempt")]
    with_evidence = [own for own in answers if isinstance(own.get("evidence"), dict)]
    fitting, tested = Counter[str](), Counter[str]()
    for record in journal.first_answers(with_evidence):
        for name, tests, fits_it in _evidence_of(record):
            tested[name] += tests
            fitting[name] += fits_it
    counts = [(own, fitting[name], tested[name]) for name, own in MUTANTS.items() if tested[name]]
    return Beliefs(tuple(counts), named=any(own.get("belief") for own in answers))


def _evidence_of(record: journal.Record) -> Iterator[tuple[str, int, int]]:
    """Yield each belief that an answer tests, with the numbers of tests and of fits."""
    found = record.get("evidence")
    for name, value in found.items() if isinstance(found, dict) else ():
        pair = value if isinstance(value, list) else [1, value]
        if name in MUTANTS and len(pair) == 2 and all(isinstance(own, int) for own in pair):
            yield name, *pair


def beliefs_met(records: Iterable[journal.Record]) -> list[tuple[str, bool]]:
    """Return the beliefs that an answer fitted, and whether a later answer overcame it.

    A right answer overcomes a belief if the belief leads to another answer.
    """
    found: dict[str, bool] = {}
    named: dict[object, str] = {}
    for record in records:
        number, belief = str(record.get("exercise")), str(record.get("belief"))
        for name, tests, fits_it in _evidence_of(record):
            if fits_it and not record.get("correct"):
                found[MUTANTS[name].belief] = False
            elif tests and record.get("correct") and MUTANTS[name].belief in found:
                found[MUTANTS[name].belief] = True
        if belief in MISCONCEPTIONS and not record.get("correct"):
            found[belief] = False
            named[number] = belief
        elif record.get("kind") == "attempt" and record.get("correct") and number in named:
            found[named[number]] = True
    claims = {key: "; or ".join(own.claim for own in MISCONCEPTIONS[key].mutants) for key in found}
    return [(claims[belief], over) for belief, over in found.items()]
