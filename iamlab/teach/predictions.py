"""Predict first: a verdict is held back until the learner has committed to one."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from iamlab.engine.layers import LAYERS
from iamlab.engine.verdict import Verdict
from iamlab.errors import ExerciseError
from iamlab.teach import journal
from iamlab.teach.marks import COARSE, FINE, check_confidence
from iamlab.teach.recognition import evidence, fits
from iamlab.view.cards.card import badge, boxed, six_labels

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision

HAPPENED = {
    Verdict.ALLOWED: "A statement allows it, and no statement denies it.",
    Verdict.EXPLICIT_DENY: "A statement denies it; that wins over every Allow.",
    Verdict.IMPLICIT_DENY: "Nothing that allows it is enough, so it is denied by default.",
}
"""One sentence for each verdict: after the reveal, learners pick the one that happened."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A prediction that was made, beside what AWS decides."""

    answer: str
    confidence: str
    decision: Decision

    @property
    def correct(self) -> bool:
        """Whether the prediction is what happened; ``"denied"`` covers both kinds."""
        return fits(self.answer, self.decision.verdict)

    @property
    def sentence(self) -> str:
        """One line: what was predicted, and what AWS decides."""
        sure = f" ({self.confidence})" if self.confidence else ""
        end = "As you predicted." if self.correct else "Not what you predicted."
        verdict = self.decision.verdict
        return f"You predicted: {self.answer}{sure}. AWS: {verdict.symbol} {verdict}. {end}"

    def __repr__(self) -> str:
        return f"{self.sentence}\n{self.decision.explain()}"

    def inner_html(self, *, explain: bool = True) -> str:
        """Give it without a frame, for use inside a card; perhaps without the explanation."""
        steps = six_labels(self.decision) if explain else ""
        return f"{badge(self.decision)} <span>{escape(self.sentence)}</span>{steps}"

    def _repr_html_(self) -> str:
        return boxed(self.inner_html())


def commit(decision: Decision, answer: str, confidence: str, *, record: bool = True) -> Prediction:
    """Commit to a prediction; only this reveals the verdict."""
    if answer not in (*COARSE, *FINE):
        message = f"{answer!r} is no verdict: write {', '.join(dict.fromkeys((*COARSE, *FINE)))}."
        raise ExerciseError(message)
    check_confidence(confidence)
    prediction = Prediction(answer, confidence, decision)
    if record:
        request = decision.request
        journal.add(
            {
                "kind": "prediction",
                "question": [request.principal, request.action, request.resource],
                "verdict": decision.verdict.value,
                "answer": answer,
                "confidence": confidence,
                "correct": prediction.correct,
                "evidence": evidence(decision, answer),
            }
        )
    return prediction


def statements(decision: Decision) -> list[str]:
    """List all statements that applied or might have, and "none": one of them decided."""
    addresses = [r.address for layer in LAYERS for r in decision.heard[layer].readings]
    return [*dict.fromkeys(addresses), "no statement"]


def reflect(decision: Decision, happened: str, decided: str) -> tuple[bool, str]:
    """Judge what a learner says of a revealed decision: what happened, and what decided it."""
    right = HAPPENED[decision.verdict]
    names = [hit.address for hit in decision.determining] or ["no statement"]
    said = []
    if happened == right:
        said.append("Yes, that is what happened.")
    else:
        said.append(f"You read it as: {happened} What happened: {right}")
    if decided in names:
        said.append(f"And it was decided by {decided}.")
    else:
        said.append(f"It was decided by {' and '.join(names)}, not by {decided}.")
        if decision.verdict is Verdict.IMPLICIT_DENY:
            said.append("An implicit deny is the default: no statement makes it.")
    return happened == right and decided in names, " ".join(said)
