"""What a check says of an answer, and how that is told to the learner.

What is true comes before what is wrong. The first failure gets a counterexample, the second the
belief behind it, in words; the third the worked steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from iamlab.engine.labels import as_text
from iamlab.errors import ExerciseError
from iamlab.view.cards.account_cards import CODE
from iamlab.view.cards.card import badge, boxed, six_labels

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision


COARSE = ("allowed", "denied")
FINE = ("allowed", "explicit deny", "implicit deny")
"""The verdicts to choose from: with one word for both denials, or with AWS's two."""

CONFIDENCE = ("a guess", "fairly sure", "certain")
"""How sure a learner may say to be of an answer."""


def check_confidence(confidence: str) -> None:
    """Refuse a confidence that is none of the three words; an empty one is none at all.

    Raises
    ------
    ExerciseError
        It is another word.
    """
    if confidence and confidence not in CONFIDENCE:
        raise ExerciseError(f"{confidence!r} is no confidence: write {', '.join(CONFIDENCE)}.")


@dataclass(frozen=True, slots=True)
class Mark:
    """What a check found.

    Parameters
    ----------
    correct
        Whether every part of the answer holds.
    true_part
        What is right about it.
    counterexample
        Where it goes wrong: one request, one element, one cell. Empty when correct.
    decision
        The decision that shows it.
    belief, hint
        The misconception (``"M05"``) that the answer is known to come from, and what helps.
    """

    correct: bool
    true_part: str
    counterexample: str = ""
    decision: Decision | None = None
    belief: str = ""
    hint: str = ""

    def recognised(self, belief: str, hint: str) -> Mark:
        """Give the same mark with the belief that the answer comes from."""
        return replace(self, belief=belief, hint=hint)

    @property
    def text(self) -> str:
        """All that is said to the first attempt."""
        return " ".join(part for part in (self.true_part, self.counterexample) if part)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the learner reads: a line of state, then paragraphs, then perhaps worked steps."""

    correct: bool | None
    paragraphs: tuple[str, ...]
    decision: Decision | None = None

    @property
    def state(self) -> str:
        """``✓ Right``, ``○ Not yet``, or ``– Not answered yet``."""
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
        """Give the feedback without a frame, for use inside a card."""
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
    """The six questions of a decision, some answers left blank for the reader to fill in."""

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
        said = f'<div style="{CODE}">{message}</div>' if message else ""
        return boxed(f"{steps}{verdict}{said}")


def feedback(mark: Mark, failures: int) -> Feedback:
    """Say it as this attempt needs it: ``failures`` counts the failed ones, this one included."""
    if mark.correct:
        return Feedback(correct=True, paragraphs=(mark.true_part,), decision=mark.decision)
    said = [mark.true_part, mark.counterexample]
    if failures >= 2 and mark.hint:
        said.append(mark.hint)
    worked = mark.decision if failures >= 3 else None
    return Feedback(correct=False, paragraphs=tuple(filter(None, said)), decision=worked)
