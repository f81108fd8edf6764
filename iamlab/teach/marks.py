"""The result of a check, and the feedback that the learner reads.

Feedback begins with what is right. The first failure gets a counterexample, the second the belief
behind the answer, in words, and the third the worked steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from iamlab.engine.labels import as_text
from iamlab.errors import ExerciseError
from iamlab.view.cards.card import CODE, badge, boxed, six_labels

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision


COARSE = ("allowed", "denied")
FINE = ("allowed", "explicit deny", "implicit deny")
"""The verdicts to choose from: with one word for both kinds of denial, or with AWS's two."""

CONFIDENCE = ("a guess", "fairly sure", "certain")
"""The three words for how sure a learner is."""


def check_confidence(confidence: str) -> None:
    """Check that a confidence is one of the three words, or empty.

    Raises
    ------
    ExerciseError
        It is another word.
    """
    if confidence and confidence not in CONFIDENCE:
        raise ExerciseError(f"{confidence!r} isn't a confidence. Write {', '.join(CONFIDENCE)}.")


@dataclass(frozen=True, slots=True)
class Mark:
    """The result of a check.

    Parameters
    ----------
    correct
        Whether every part of the answer is right.
    true_part
        What is right about the answer.
    counterexample
        One request, one name or one cell that is wrong. Empty if the answer is correct.
    decision
        The decision that shows it.
    belief, hint
        The misconception (``"M05"``) that is known to lead to this answer, and its hint.
    """

    correct: bool
    true_part: str
    counterexample: str = ""
    decision: Decision | None = None
    belief: str = ""
    hint: str = ""

    def recognised(self, belief: str, hint: str) -> Mark:
        """Return the same mark with the belief behind the answer."""
        return replace(self, belief=belief, hint=hint)

    @property
    def text(self) -> str:
        """The text for the first attempt."""
        return " ".join(part for part in (self.true_part, self.counterexample) if part)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the learner reads: a state, paragraphs, and in some cases the worked steps."""

    correct: bool | None
    paragraphs: tuple[str, ...]
    decision: Decision | None = None

    @property
    def state(self) -> str:
        """``✓ Right.``, ``○ Not yet.``, or nothing if the answer wasn't checked."""
        return {True: "✓ Right.", False: "○ Not yet.", None: ""}[self.correct]

    def __bool__(self) -> bool:
        return bool(self.correct)

    def __str__(self) -> str:
        parts = [part for part in (self.state, *self.paragraphs) if part]
        if self.decision is not None:
            parts.append(self.decision.explain())
        return "\n".join(parts)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return boxed(self.inner_html())

    def inner_html(self) -> str:
        """Return the feedback without a frame, for use inside a card."""
        parts = [f"<strong>{escape(self.state)}</strong>"] if self.state else []
        parts += [f'<p style="margin:0.3em 0">{_paragraph(text)}</p>' for text in self.paragraphs]
        if self.decision is not None:
            parts.append(badge(self.decision) + six_labels(self.decision))
        return "".join(parts)


def _paragraph(text: str) -> str:
    if "\n" in text:
        return f'<span style="{CODE};display:block">{escape(text)}</span>'
    return escape(text)


@dataclass(frozen=True, slots=True)
class WalkThrough:
    """The six questions of a decision. Some answers can be blank, for the reader to fill in."""

    decision: Decision
    blank: tuple[int, ...] = ()

    def __str__(self) -> str:
        return as_text(self.decision, blank=self.blank)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        verdict = "" if self.blank else badge(self.decision)
        steps = six_labels(self.decision, blank=self.blank)
        message = "" if self.blank else escape(self.decision.message)
        line = f'<div style="{CODE}">{message}</div>' if message else ""
        return boxed(f"{steps}{verdict}{line}")


def feedback(mark: Mark, failures: int) -> Feedback:
    """Return the feedback for this attempt; ``failures`` counts the wrong ones, with this one."""
    if mark.correct:
        return Feedback(correct=True, paragraphs=(mark.true_part,), decision=mark.decision)
    texts = [mark.true_part, mark.counterexample]
    if failures >= 2 and mark.hint:
        texts.append(mark.hint)
    worked = mark.decision if failures >= 3 else None
    return Feedback(correct=False, paragraphs=tuple(filter(None, texts)), decision=worked)
