"""The result of a check, and the feedback that the learner reads.

Feedback begins with what is right. The first failure gets a counterexample, the second the belief
behind the answer, in words, and the third the worked steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from iamlab.view.cards.card import badge, boxed, code, six_labels
from iamlab.view.style import look
from iamlab.widgets.controls import explanation, paragraph, tiles

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision


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
    worked
        The worked steps, if there is no decision that shows them.
    """

    correct: bool
    true_part: str
    counterexample: str = ""
    decision: Decision | None = None
    belief: str = ""
    hint: str = ""
    worked: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text for the first attempt."""
        return " ".join(filter(None, (self.true_part, self.counterexample)))


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the learner reads: a state, paragraphs, and in some cases the worked steps."""

    correct: bool | None
    paragraphs: tuple[str, ...]
    decision: Decision | None = None

    @property
    def state(self) -> str:
        """``✓ Right.``, ``↻ Not yet.``, or nothing if the answer wasn't checked."""
        return {True: "✓ Right.", False: "↻ Not yet.", None: ""}[self.correct]

    def __bool__(self) -> bool:
        return bool(self.correct)

    def __str__(self) -> str:
        steps = "" if self.decision is None else self.decision.explain()
        return "\n".join(filter(None, (self.state, *self.paragraphs, steps)))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return boxed(self.inner_html())

    def inner_html(self) -> str:
        """Return the feedback without a frame, for use inside a card."""
        parts = [f"<p><strong>{escape(self.state)}</strong></p>"] if self.state else []
        parts += map(paragraph, self.paragraphs)
        if self.decision is not None:
            parts.append(tiles(("AWS decides", look(self.decision.verdict))))
            parts.append(explanation(self.decision))
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class WalkThrough:
    """The six questions of a decision, with their answers."""

    decision: Decision

    def __str__(self) -> str:
        return self.decision.explain()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        message = code(self.decision.message) if self.decision.message else ""
        return boxed(f"{six_labels(self.decision)}{badge(self.decision)}{message}")


def feedback(mark: Mark, failures: int) -> Feedback:
    """Return the feedback for this attempt; ``failures`` counts the wrong ones, with this one."""
    if mark.correct:
        return Feedback(correct=True, paragraphs=(mark.true_part,), decision=mark.decision)
    hint = mark.hint if failures >= 2 else ""
    worked, decision = (mark.worked, mark.decision) if failures >= 3 else ((), None)
    texts = filter(None, (mark.true_part, mark.counterexample, hint, *worked))
    return Feedback(correct=False, paragraphs=tuple(texts), decision=decision)
