"""Instruments: a state that becomes a picture, and controls that change it.

An instrument is a plain Python object. ``set`` and ``press`` do what a control does, ``state`` and
``decision`` say what came of it, and ``print`` shows it as text. At the end of a notebook cell it
is a card with the same controls.

With ``predict_first`` it hides a verdict until it is predicted, again after each change.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from iamlab.errors import ExerciseError, IamLabError, did_you_mean, noted
from iamlab.view.style import look
from iamlab.widgets import controls as html
from iamlab.widgets.prediction import CONFIDENCE, FINE, Prediction, confidence_word, verdict_word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.engine.decision import Decision
    from iamlab.widgets.controls import Options

State = TypeVar("State")
PREDICT_FIRST = "First choose a verdict and say how sure you are. A guess costs nothing."


class Instrument(Generic[State]):
    """A state, its controls and its picture.

    A subclass describes itself in ``title``, ``controls``, ``change`` and ``decide``.

    Parameters
    ----------
    state
        A frozen dataclass of JSON values: where the instrument begins.
    predict_first
        Whether it hides the verdict until it is predicted.
    options
        The verdicts to choose from.
    keep
        Is called with each prediction, to keep it in a journal.
    """

    title: str = ""
    question: str = ""
    offered: Mapping[str, Options] = {}
    """The choices, if they are always the same."""
    asks_itself: bool = False
    """Whether its own controls ask for predictions, so that ``decide`` waits for them."""

    def __init__(
        self,
        state: State,
        *,
        predict_first: bool = False,
        options: tuple[str, ...] = FINE,
        keep: Callable[[Prediction], object] = lambda _: None,
    ) -> None:
        self.state = state
        self.predict_first, self.options, self.keep = predict_first, options, keep
        self.prediction: Prediction | None = None
        self.said = {"answer": "", "confidence": ""}
        self.tried, self.note = False, ""
        self._listeners: list[Callable[[], object]] = []
        self._since = monotonic()

    # -- what a subclass describes ---------------------------------------------------------------

    def controls(self) -> Mapping[str, str]:
        """Return the parts with controls as HTML, by name."""
        return {}

    def choices(self) -> Mapping[str, Options]:
        """Return what can be chosen for fields of the state: their values, or values with words.

        A control with the name of such a field sets it, without ``change``.
        """
        return self.offered

    def change(self, name: str, value: Any) -> State:  # noqa: ARG002
        """Return the state after another control was used; a button has no value.

        Raises
        ------
        ExerciseError
            The control doesn't exist, or doesn't take this value.
        """
        raise self.no_control(name)

    def decide(self) -> Decision | None:
        """Return the decision on the present request, if there is one."""
        return None

    def picture(self) -> str:
        """Return the picture of the state as HTML; it must not show the verdict."""
        return ""

    def reveal(self, decision: Decision) -> str:
        """Return the verdict as HTML."""
        return html.verdict(decision) + html.explanation(decision)

    def answers(self) -> dict[str, Any]:
        """Return the outcomes of all switches for ``card.js``; empty if the kernel answers."""
        return {}

    def switches_on(self) -> int:
        """Return which switches of ``answers`` are on, as bits."""
        return 0

    def marks(self) -> dict[str, str]:
        """Return the classes of the elements of the picture, by their ids."""
        return {}

    # -- what all have ---------------------------------------------------------------------------

    def set(self, name: str, value: Any) -> None:
        """Set a control to a value."""
        if name in self.said:
            self.said[name] = verdict_word(value) if name == "answer" else confidence_word(value)
        else:
            self._to(self._chosen(name, value) or self.change(name, value))
        self.changed()

    def _chosen(self, name: str, value: Any) -> State | None:
        known = self.choices().get(name)
        if known is None:
            return None
        if str(value) not in known:
            error = ExerciseError(f"{name} can't be {value!r}.")
            raise noted(error, did_you_mean(str(value), known))
        kind = type(getattr(self.state, name))  # a number can come as text
        return replace(self.state, **{name: kind(value)})  # type: ignore[type-var]

    def press(self, name: str) -> None:
        """Press a button."""
        if name == "reveal":
            self._commit()
        else:
            self._to(self.change(name, None))
        self.changed()

    def _to(self, state: State) -> None:
        if state != self.state:
            self.state, self.prediction, self.said["answer"] = state, None, ""
            self._since = monotonic()
        self.note = ""

    def _commit(self) -> None:
        decision = self.decide()
        if "" in self.said.values() or decision is None:
            self.note = PREDICT_FIRST
            return
        seconds = round(monotonic() - self._since, 1)
        self.prediction = Prediction(**self.said, decision=decision, seconds=seconds)
        self.keep(self.prediction)
        self.tried, self.note = True, ""

    @property
    def decision(self) -> Decision | None:
        """The decision, or ``None`` while it must be predicted first."""
        return None if self.is_hidden else self.decide()

    @property
    def is_hidden(self) -> bool:
        """Whether the decision must be predicted first."""
        return self.predict_first and not self.asks_itself and self.prediction is None

    def parts(self) -> dict[str, str]:
        """Return the whole card: the HTML of its parts, from the top."""
        parts = {"head": html.heading(self.title, self.question), **self.controls()}
        if picture := self.picture():
            parts["picture"] = picture
        decision = self.decide()
        if decision is not None and (self.is_hidden or self.prediction is not None):
            parts |= self.asked()
        parts["result"] = html.paragraph(self.note)
        if (own := self.prediction) is not None and not self.note:
            parts["result"] = html.result_of(own) + html.explanation(own.decision)
        elif decision is not None and not (self.is_hidden or self.note):
            parts["result"] = self.reveal(decision)
        return parts

    def asked(self) -> dict[str, str]:
        """Return the controls of a prediction."""
        ask = partial(html.segmented, disabled=self.prediction is not None)
        sure = ask("confidence", "How sure are you?", CONFIDENCE, self.said["confidence"])
        return {
            "answer": ask("answer", "Your prediction", self.options, self.said["answer"]),
            "sure": sure + html.button("reveal", "Show what AWS decides", main=True),
        }

    def chooser(self, name: str, label: str) -> str:
        """Return the list to choose a field of the state from."""
        return html.choice(name, label, self.choices()[name], str(getattr(self.state, name)))

    def no_control(self, name: str) -> ExerciseError:
        """Return the error for a control that doesn't exist."""
        return ExerciseError(f"{type(self).__name__} has no control {name!r}.")

    def use(self, name: str, value: Any = None, *, press: bool = False) -> None:
        """Set or press a control of a card; an error is shown in the card, and changes nothing."""
        try:
            self.press(name) if press else self.set(name, value)
        except Exception as error:  # noqa: BLE001 - Jupyter would only log it
            name = f"{type(error).__name__}: {error}"
            self.note = error.short if isinstance(error, IamLabError) else name
            self.changed()

    def listen(self, listener: Callable[[], object]) -> None:
        """Call a function after each change."""
        self._listeners.append(listener)

    def changed(self) -> None:
        """Call all listeners after a change."""
        for listener in self._listeners:
            listener()

    def to_json(self) -> str:
        """Return the state as JSON."""
        return json.dumps(asdict(self.state))  # type: ignore[call-overload]

    def from_json(self, text: str) -> None:
        """Take a state from JSON."""
        values = {name: _frozen(value) for name, value in json.loads(text).items()}
        self._to(replace(self.state, **values))  # type: ignore[type-var]
        self.changed()

    def __repr__(self) -> str:
        decision = self.decision
        end = "Predict first." if self.predict_first else ""
        if decision is not None:
            end = f"{look(decision.verdict).sentence} {html.reason(decision)}"
        return "\n".join(filter(None, (f"{self.title}: {self.state}", end)))

    def _ipython_display_(self) -> None:
        from iamlab.widgets.card import display

        display(self)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
