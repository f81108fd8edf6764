"""What somebody's predictions have in common: a belief, recognised by its name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from iamlab.teach import journal
from iamlab.teach.mutants import MUTANTS, telling
from iamlab.view.cards.card import boxed

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision
    from iamlab.engine.verdict import Verdict
    from iamlab.teach.mutants import Mutant


def fits(answer: str, verdict: Verdict) -> bool:
    """Say whether an answer means a verdict; ``"denied"`` covers both kinds."""
    return answer == str(verdict) or (answer == "denied" and str(verdict) != "allowed")


def evidence(decision: Decision, answer: str) -> dict[str, bool]:
    """Say of each belief on which the answer throws light, whether it fits it."""
    right = fits(answer, decision.verdict)
    # A wrong answer speaks for the beliefs that lead to it, and against all others.
    asked = telling(decision) if right else MUTANTS.values()
    found = {mutant.name: fits(answer, mutant.verdict(decision)) for mutant in asked}
    return {name: as_if for name, as_if in found.items() if not (as_if and right)}


@dataclass(frozen=True, slots=True)
class Beliefs:
    """Of the predictions that could tell a wrong belief from AWS's rules: how many fit it.

    Parameters
    ----------
    counts
        Each belief, the predictions that fit it, and those that could tell.
    """

    counts: tuple[tuple[Mutant, int, int], ...]

    @property
    def recognised(self) -> tuple[tuple[Mutant, int, int], ...]:
        """The beliefs that fit best, if they fit at least two predictions and half of all."""
        held = [one for one in self.counts if one[1] >= 2 and 2 * one[1] >= one[2]]
        best = max((fit / of for _, fit, of in held), default=0)
        return tuple(one for one in held if one[1] / one[2] == best)

    @property
    def lines(self) -> tuple[str, ...]:
        """One sentence for each belief that was recognised, and what AWS does instead."""
        return tuple(
            f"You answered as if {mutant.says}: {held} of {of} times "
            f"({mutant.name}). {mutant.truth}"
            for mutant, held, of in self.recognised
        )

    def __str__(self) -> str:
        if not self.counts:
            return "No prediction yet that could tell a wrong belief from AWS's rules."
        return "\n".join(self.lines) or "Your predictions fit none of the wrong beliefs."

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{escape(line)}</p>" for line in str(self).splitlines())
        return boxed(said)


def beliefs() -> Beliefs:
    """Look through the first predictions of all your lessons: do they fit a wrong belief?"""
    held: Counter[str] = Counter()
    of: Counter[str] = Counter()
    seen = set()
    for record in journal.records():
        if record.get("kind") not in ("prediction", "attempt"):
            continue
        key = str((record.get("exercise"), record.get("question"), record.get("verdict")))
        found = record.get("evidence")
        if key in seen or not isinstance(found, dict):
            continue
        seen.add(key)
        for name, as_if in found.items():
            counts = as_if if isinstance(as_if, list) else [1, as_if]
            if len(counts) == 2 and all(isinstance(one, int) for one in counts):
                of[name] += counts[0]
                held[name] += counts[1]
    return Beliefs(
        tuple((mutant, held[name], of[name]) for name, mutant in MUTANTS.items() if of[name])
    )
