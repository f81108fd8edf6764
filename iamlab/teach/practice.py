"""Remembering: ``warm_up``, ``again``, ``drill`` and ``review`` ask what you learned earlier.

The items are always new scenarios, one after the other, and there is a score at the end. What is
due comes from your answers in the progress file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from iamlab.engine.verdict import Verdict
from iamlab.errors import ExerciseError
from iamlab.teach import journal
from iamlab.teach.ask import statements
from iamlab.teach.cards import ExerciseCard, Explained, PredictionCard
from iamlab.teach.exercises import Feedback
from iamlab.teach.explain import NO_STATEMENT
from iamlab.teach.items import TEMPLATES
from iamlab.teach.lesson import lesson_of
from iamlab.teach.mutants import MISCONCEPTIONS
from iamlab.teach.schedule import History
from iamlab.teach.source_lines import find_named
from iamlab.teach.tables import find
from iamlab.teach.worlds import merged
from iamlab.widgets import controls
from iamlab.widgets.instrument import Instrument
from iamlab.widgets.prediction import COARSE, FINE, HAPPENED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from iamlab.teach.items import Item

CONTROLS = 1 / 3
"""How many items of a drill are controls, on average."""
FINE_FROM = 3
"""From which lesson on learners know the difference between explicit and implicit deny."""
EXPLAIN_FIRST = "First predict the verdict, choose the statement that decided, and compare."
_CAUSES = {"Allow": Verdict.ALLOWED, "Deny": Verdict.EXPLICIT_DENY}


class ItemCard(PredictionCard):
    """An item: predict the verdict, then choose the statement that decided it."""

    def __init__(self, item: Item, practice: str, options: tuple[str, ...]) -> None:
        self.item = item
        facts = {"key": item.key, "item": item.belief, "seed": item.seed, "practice": practice}
        facts |= {"control": True} if item.control else {}
        super().__init__(item.decision, options, ritual=True, world=item.world, facts=facts)

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
        causes = {own.address: _CAUSES[own.effect] for own in self.item.decision.trace.matches}
        causes[NO_STATEMENT] = Verdict.IMPLICIT_DENY
        return replace(state, happened=HAPPENED[find_named("statement", state.decided, causes)])

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
    options
        The verdicts to choose from.
    minutes
        After how many minutes no new item is shown.
    """

    def __init__(
        self,
        name: str,
        title: str,
        items: Sequence[Item],
        *,
        options: tuple[str, ...] = FINE,
        minutes: float = inf,
    ) -> None:
        super().__init__(Place())
        self.name, self.title, self.items, self.minutes = name, title, items, minutes
        self._cards = [ItemCard(item, name, options) for item in items]
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
        late = monotonic() - (self._started or 0) > self.minutes * 60
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


def warm_up(lesson: str = "", *, items: int = 0) -> Practice:
    """Ask about topics of earlier lessons: what is due, then by the number of lessons ago.

    Parameters
    ----------
    lesson
        The lesson that begins: ``"02"``. Default: the one of the notebook.
    items
        How many items. Default: two, in lesson 01 one.

    Returns
    -------
    Practice
        The card. In Python, ``answer(verdict, decided)`` answers one item after the other.

    Raises
    ------
    ExerciseError
        There is no earlier lesson.

    Examples
    --------
    >>> practice = warm_up("02")
    >>> [item.belief for item in practice.items]
    ['M03', 'M25']
    """
    lesson = (lesson or journal.notebook()).partition("_")[0]
    name, history = f"warm-up {lesson}", History()
    topics = history.topics_before(lesson)
    if not topics:
        raise ExerciseError(f"There is no lesson before lesson {lesson}.")
    own = history.items(name, topics, items or (1 if lesson == "01" else 2))
    is_early = lesson.isdecimal() and int(lesson) < FINE_FROM
    return Practice(name, "Warm-up", own, options=COARSE if is_early else FINE)


def drill(belief: str, n: int = 8) -> Practice:
    """Practise one belief with several items; in about a third of them the belief is right.

    A drill that you interrupted goes on; after a finished one, the next call has other items.

    Parameters
    ----------
    belief
        Its id: ``"M18"``.
    n
        How many items.

    Raises
    ------
    ExerciseError
        There are no items about this belief.

    Examples
    --------
    >>> practice = drill("M18", n=3)
    >>> len(practice.items)
    3
    """
    find_named("drill for", belief, TEMPLATES)
    if n < 1:
        raise ExerciseError("Ask for at least one item.")
    name, history = f"drill {belief}", History()
    answered = history.answered(name)
    begun = answered[len(answered) // n * n :]  # a finished drill is over: the next one begins
    places = range(len(answered), len(answered) + n - len(begun))
    items = begun + [history.new(name, place, belief, CONTROLS) for place in places]
    return Practice(name, f"Drill {belief}", items)


def review(minutes: float = 10) -> Practice:
    """Ask about all topics that are due, the weakest first, for ten minutes.

    Parameters
    ----------
    minutes
        After how many minutes no new item is shown.

    Examples
    --------
    >>> review(minutes=5).minutes
    5
    """
    history = History()
    return Practice("review", "Review", history.items("review", history.is_due()), minutes=minutes)


def again(number: str) -> ExerciseCard:
    """Show an exercise in a new world: other people and buckets, and requests in another order.

    An exercise is mastered when your first answer was right in three new worlds.

    Parameters
    ----------
    number
        The exercise: ``"3.4"``.

    Raises
    ------
    ExerciseError
        There is no such exercise, or it doesn't vary.

    Examples
    --------
    >>> again("2.1")
    Exercise 2.1: Five requests to the stack
    Erin has the policy stack, in its original order, and no other policy. Ivan has no ...
    """
    lesson, task = lesson_of(number), find(number)
    _, _, world_name = task.world_name.partition("/")
    tables = [lesson.exercises[number], merged(lesson.worlds, world_name)]
    if lesson.named(tables, -1) == lesson.named(tables) and "variants" not in tables[0]:
        raise ExerciseError(f"Exercise {number} is the same in each world: none of its names vary.")
    return ExerciseCard(find(number, History().next_seed(number)))
