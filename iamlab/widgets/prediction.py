"""A prediction: what a learner expects, how sure, and what AWS decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.engine.verdict import Verdict
from iamlab.errors import ExerciseError
from iamlab.tables import tables
from iamlab.view.style import LOOKS, bad

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision
    from iamlab.view.style import Look

COARSE = ("allowed", "denied")
FINE = ("allowed", "explicit deny", "implicit deny")
"""The verdicts to choose from: with one word for both kinds of denial, or with AWS's two."""

CONFIDENCE = ("a guess", "fairly sure", "certain")
"""The three words for how sure a learner is."""

_TABLES = tables(__file__)

HAPPENED = {verdict: _TABLES["happened"][str(verdict)] for verdict in Verdict}
"""One sentence for each verdict: after the reveal, the learner picks what happened."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A learner's prediction, with AWS's decision.

    Parameters
    ----------
    answer, confidence
        A verdict, and a word for how sure the learner is.
    seconds
        How long it took.
    """

    answer: str
    confidence: str
    decision: Decision
    seconds: float = 0.0

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

    def _repr_html_(self) -> str:
        from iamlab.view.cards.card import boxed, six_labels
        from iamlab.widgets.controls import result_of

        return boxed(f"{result_of(self)}{six_labels(self.decision)}")


def fits(answer: str, verdict: Verdict) -> bool:
    """Return whether an answer fits a verdict; ``"denied"`` covers both kinds of denial."""
    return answer == str(verdict) or (answer == "denied" and str(verdict) != "allowed")


def look_of(answer: str) -> Look:
    """Return how an answer looks; "denied" has no symbol of its own."""
    return {seen.word: seen for seen in LOOKS.values()}.get(answer) or bad(answer)


def verdict_word(text: str) -> str:
    """Return the verdict that a word means.

    Raises
    ------
    ExerciseError
        It means none.

    Examples
    --------
    >>> verdict_word("Allow"), verdict_word("explicitDeny"), verdict_word("implicit")
    ('allowed', 'explicit deny', 'implicit deny')
    """
    return _word(text, (*COARSE, *FINE), "verdict")


def confidence_word(text: str) -> str:
    """Return the word for how sure a learner is; nothing means nothing was said.

    Raises
    ------
    ExerciseError
        It is another word.
    """
    return _word(text, CONFIDENCE, "confidence") if text else ""


def _word(text: object, known: tuple[str, ...], noun: str) -> str:
    word = " ".join(str(text).replace("_", " ").lower().split()).rstrip(".")
    word = str(_TABLES["meanings"].get(word, word))  # other words that people use
    if word not in known:
        words = ", ".join(dict.fromkeys(known))
        raise ExerciseError(f"{text!r} isn't a {noun}. Write one of: {words}.")
    return word
