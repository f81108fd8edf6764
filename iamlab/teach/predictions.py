"""Predict first: a verdict stays hidden until the learner has predicted one."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

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
    Verdict.EXPLICIT_DENY: "A statement denies it, and that wins over every Allow.",
    Verdict.IMPLICIT_DENY: "No Allow is sufficient, so AWS denies it by default.",
}
"""One sentence for each verdict: after the reveal, the learner picks what happened."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A learner's prediction, with AWS's decision."""

    answer: str
    confidence: str
    decision: Decision

    @property
    def correct(self) -> bool:
        """Whether the prediction is right; ``"denied"`` covers both kinds of denial."""
        return fits(self.answer, self.decision.verdict)

    @property
    def sentence(self) -> str:
        """One line: the prediction, and what AWS decides."""
        sure = f" ({self.confidence})" if self.confidence else ""
        end = "As you predicted." if self.correct else "Not what you predicted."
        verdict = self.decision.verdict
        return f"You predicted: {self.answer}{sure}. AWS: {verdict.symbol} {verdict}. {end}"

    def __repr__(self) -> str:
        return f"{self.sentence}\n{self.decision.explain()}"

    def inner_html(self, *, explain: bool = True) -> str:
        """Return the HTML without a frame, for use inside a card."""
        steps = six_labels(self.decision) if explain else ""
        return f"{badge(self.decision)} <span>{escape(self.sentence)}</span>{steps}"

    def _repr_html_(self) -> str:
        return boxed(self.inner_html())


def commit(decision: Decision, answer: str, confidence: str, *, record: bool = True) -> Prediction:
    """Commit to a prediction; only this reveals the verdict."""
    if answer not in (*COARSE, *FINE):
        words = ", ".join(dict.fromkeys((*COARSE, *FINE)))
        raise ExerciseError(f"{answer!r} isn't a verdict. Write one of: {words}.")
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
    """Return the addresses of all statements that could decide, and "no statement"."""
    every = [match.address for match in decision.trace.matches]
    return [*dict.fromkeys(every), "no statement"]


def reflect(decision: Decision, happened: str, decided: str) -> tuple[bool, str]:
    """Check the learner's explanation of a revealed decision, and return the feedback."""
    right = HAPPENED[decision.verdict]
    names = [hit.address for hit in decision.determining] or ["no statement"]
    texts = []
    if happened == right:
        texts.append("Yes, that is what happened.")
    else:
        texts.append(f"You chose: {happened} What happened: {right}")
    if decided in names:
        texts.append(f"And {decided} decided it.")
    else:
        texts.append(f"It was decided by {' and '.join(names)}, not by {decided}.")
        if decision.verdict is Verdict.IMPLICIT_DENY:
            texts.append("An implicit deny is the default: it needs no statement.")
    return happened == right and decided in names, " ".join(texts)
