"""The card for practice: one item after the other, and a score at the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from iamlab.engine.verdict import Verdict
from iamlab.errors import ExerciseError
from iamlab.teach.cards import Explained, PredictionCard
from iamlab.teach.marks import Feedback
from iamlab.teach.mutants import MISCONCEPTIONS
from iamlab.teach.predictions import statements
from iamlab.teach.source_lines import find_named
from iamlab.widgets import controls
from iamlab.widgets.instrument import Instrument
from iamlab.widgets.prediction import COARSE, FINE, HAPPENED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from iamlab.teach.items import Item

EXPLAIN_FIRST = "First predict the verdict, choose the statement that decided, and compare."
_CAUSES = {"Allow": Verdict.ALLOWED, "Deny": Verdict.EXPLICIT_DENY}


class ItemCard(PredictionCard):
    """An item: predict the verdict, then choose the statement that decided it."""

    def __init__(self, item: Item, practice: str, options: tuple[str, ...]) -> None:
        self.item = item
        facts = {"key": item.key, "item": item.belief, "seed": item.seed, "practice": practice}
        facts |= {"control": True} if item.control else {}
        asking: dict[str, Any] = {"ritual": True, "explain": True, "record": True}
        super().__init__(item.decision, options, **asking, world=item.world, facts=facts)

    def controls(self) -> Mapping[str, str]:
        """Return what to know about the world, the request and the statements."""
        return {"prompt": controls.paragraph(self.item.prompt), **super().controls()}

    def lists(self) -> str:
        """Return one list: the statement that decided also tells what happened."""
        options = statements(self.item.decision)
        return controls.choice("decided", "Which statement decided?", options, self.state.decided)

    def change(self, name: str, value: Any) -> Explained:
        """Choose the statement that decided, or compare."""
        if name == "compare" and not self.state.decided:
            raise ExerciseError("Choose a statement first.")
        state = super().change(name, value)
        if name != "decided":
            return state
        options = dict.fromkeys(statements(self.item.decision))
        find_named("statement", state.decided, options)
        effects = {own.address: own.effect for own in self.item.decision.trace.matches}
        cause = _CAUSES.get(effects.get(state.decided, ""), Verdict.IMPLICIT_DENY)
        return replace(state, happened=HAPPENED[cause])

    @property
    def is_right(self) -> bool:
        """Whether the prediction and the explanation are right."""
        return self.prediction is not None and self.prediction.correct and self.reflection[0]


@dataclass(frozen=True, slots=True)
class Place:
    """The number of the item that is shown, from 0."""

    number: int = 0


class Practice(Instrument[Place]):
    """Items, one card after the other, and a score at the end.

    Parameters
    ----------
    name
        Its name in the progress file: ``"warm-up 02"``. What was answered today is restored.
    title
        The title of the card.
    items
        The items.
    fine
        Whether the verdicts distinguish explicit and implicit deny.
    minutes
        After how many minutes no new item is shown.
    """

    def __init__(
        self,
        name: str,
        title: str,
        items: Sequence[Item],
        *,
        fine: bool = True,
        minutes: float | None = None,
    ) -> None:
        super().__init__(Place())
        self.name, self.title, self.items, self.minutes = name, title, items, minutes
        self._cards = [ItemCard(item, name, FINE if fine else COARSE) for item in items]
        self._started: float | None = None
        while not self.is_over and self.card.state.compared:
            self.state = Place(self.state.number + 1)

    @property
    def card(self) -> ItemCard:
        """The card of the present item.

        Raises
        ------
        ExerciseError
            There is no further item.
        """
        if self.is_over:
            raise ExerciseError(self.score)
        return self._cards[self.state.number]

    @property
    def is_over(self) -> bool:
        """Whether all items are answered, or the time is over."""
        return self.state.number >= len(self._cards)

    @property
    def score(self) -> str:
        """How many items are right, and the rules behind the wrong ones."""
        done = [card for card in self._cards if card.state.compared]
        if not done:
            return "Nothing is due today."
        right = [card for card in done if card.is_right]
        beliefs = dict.fromkeys(card.item.belief for card in done if not card.is_right)
        truths = [own.truth for belief in beliefs for own in MISCONCEPTIONS[belief].mutants]
        score = f"{len(right)} of {len(done)} right: the verdict and the statement that decided."
        left = len(self._cards) - len(done)
        later = [f"The time is over. {left} more can wait until tomorrow."] if left else []
        return " ".join([score, *truths, *later])

    def set(self, name: str, value: Any) -> None:
        """Set a control of the present item."""
        self._use(lambda: self.card.set(name, value))

    def press(self, name: str) -> None:
        """Press a button of the present item, or go to the next one."""
        self._use(self._next if name == "next" else lambda: self.card.press(name))

    def _use(self, action: Callable[[], None]) -> None:
        self.note = ""
        self._started = self._started or monotonic()
        action()
        self.changed()

    def _next(self) -> None:
        if not self.card.state.compared:
            raise ExerciseError(EXPLAIN_FIRST)
        late = self.minutes is not None and monotonic() - (self._started or 0) > self.minutes * 60
        self.state = Place(len(self._cards) if late else self.state.number + 1)

    def answer(self, verdict: str, decided: str, confidence: str = "fairly sure") -> Feedback:
        """Answer the present item, and go to the next one.

        Parameters
        ----------
        verdict
            Your prediction.
        decided
            The statement that decides: ``"policy/Sid"``, or ``"no statement"``.
        confidence
            How sure you are.
        """
        card = self.card
        find_named("statement", decided, dict.fromkeys(statements(card.item.decision)))
        for name, value in (("answer", verdict), ("confidence", confidence)):
            self.set(name, value)
        self.press("reveal")
        self.set("decided", decided)
        self.press("compare")
        self.press("next")
        sentence = card.prediction.sentence if card.prediction else ""
        return Feedback(card.is_right, (sentence, card.reflection[1]), card.item.decision)

    def parts(self) -> dict[str, str]:
        """Return the card of the present item, or the score."""
        if self.is_over:
            head = controls.heading(self.title, "Done")
            return {"head": head, "result": controls.paragraph(self.note or self.score)}
        count = f"Item {self.state.number + 1} of {len(self._cards)}"
        own = {**self.card.parts(), "head": controls.heading(self.title, count)}
        own |= {"facts": controls.paragraph(self.note)} if self.note else {}
        if self.card.state.compared:
            own["next"] = controls.button("next", "Next item", main=True)
        return own

    def __str__(self) -> str:
        if self.is_over:
            return f"{self.title}: {self.score}"
        card, count = self.card, f"item {self.state.number + 1} of {len(self._cards)}"
        request = card.item.decision.request
        question = f"{request.principal}: {request.action} on {request.resource}"
        names = ", ".join(statements(card.item.decision))
        return f"{self.title}, {count}\n{card.item.prompt}\n{question}\nStatements: {names}"
