"""Right answers to cards: what the cells of a solved edition show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from iamlab.engine.verdict import addresses
from iamlab.teach import ask
from iamlab.teach.cards import ExerciseCard, PredictionCard, Reveal
from iamlab.teach.exercises import Feedback
from iamlab.teach.explain import NO_STATEMENT
from iamlab.teach.practice import Practice
from iamlab.widgets.instrument import Instrument
from iamlab.widgets.prediction import CONFIDENCE, HAPPENED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.decision import Decision

CERTAIN = CONFIDENCE[-1]


@dataclass(frozen=True, slots=True)
class Answered:
    """A card with its answer, and the same answer for readers without a kernel."""

    shown: tuple[Any, ...]

    def __repr__(self) -> str:
        return "\n\n".join(map(str, self.shown))

    def _ipython_display_(self) -> None:
        from IPython.display import Markdown, display

        for each in self.shown:
            display(Markdown(each) if isinstance(each, str) else each)  # type: ignore[no-untyped-call]


def answered(card: Any) -> Any:
    """Answer a card as it is right, and show the answer below it; other values stay as they are.

    Exercises get the solution that the engine computes, with the rule behind it. Predictions get
    the right verdict and the statement that decides. The progress file keeps these answers.

    Parameters
    ----------
    card
        What a cell of a lesson shows.

    Examples
    --------
    >>> from iamlab.teach import predict
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> card = predict(scenario("first_door"), "bob", "s3:GetObject", MAP, record=False)
    >>> _ = answered(card)
    >>> card.prediction.correct
    True
    """
    return Answered(tuple(_shown(card))) if isinstance(card, Instrument) else card


@singledispatch
def _shown(card: Instrument[Any]) -> Iterator[Any]:
    """Answer a card, and yield what is shown; an instrument of many questions shows everything."""
    yield card
    decision = card.decide()
    if not card.predict_first or card.asks_itself or decision is None:
        card.predict_first = False
        return
    verdict, decided = _right(card.options, decision)
    card.set("answer", verdict)
    card.set("confidence", CERTAIN)
    card.press("reveal")
    if isinstance(card, PredictionCard):
        card.set("happened", HAPPENED[decision.verdict])
        card.set("decided", decided)
        card.press("compare")
    yield card.prediction


@_shown.register(ExerciseCard)
def _(card: ExerciseCard) -> Iterator[Any]:
    task = card.task
    answer = task.submitted(task.solution_answer(), task.world())
    mark = ask.check(task.number, answer, confidence=CERTAIN, seed=task.seed)
    card.begin(task)  # which shows the attempt
    yield card
    title = f"Exercise {task.number}: {task.title}"
    yield Feedback(mark.correct, (title, task.prompt, task.shown(answer), task.why))


@_shown.register(Practice)
def _(card: Practice) -> Iterator[Any]:
    yield card
    while not card.is_over:
        item = card.card.item
        feedback = card.answer(*_right(card.card.options, item.decision), CERTAIN)
        yield Feedback(feedback.correct, (item.prompt, *feedback.paragraphs), item.decision)


@_shown.register(Reveal)
def _(card: Reveal) -> Iterator[Any]:
    yield card.value


def _right(options: tuple[str, ...], decision: Decision) -> tuple[str, str]:
    """Return the verdict in the words of a card, and what decides."""
    verdict = str(decision.verdict)
    decided = (addresses(decision.determining) or [NO_STATEMENT])[0]
    return verdict if verdict in options else "denied", decided
