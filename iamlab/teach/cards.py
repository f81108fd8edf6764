"""Predictions and exercises as cards. A plain function does the same as each card.

After a restart, a card asks the progress file first: what was predicted and solved is back, and
nothing is asked twice.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from time import monotonic
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.teach import ask, inputs, journal, step_inputs
from iamlab.teach.checks import Repair
from iamlab.teach.tables import find
from iamlab.view.cards.card import badge, boxed, code, six_labels
from iamlab.view.figures.decision.access_graph import access_graph
from iamlab.widgets import controls
from iamlab.widgets.instrument import Instrument
from iamlab.widgets.prediction import HAPPENED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.engine.decision import Decision
    from iamlab.teach.exercises import Exercise
    from iamlab.world.world import World


@dataclass(frozen=True, slots=True)
class Explained:
    """What the learner chose under "What happened?" and "Which statement decided?"."""

    happened: str = ""
    decided: str = ""
    compared: bool = False


class PredictionCard(Instrument[Explained]):
    """A card that asks for a prediction and a confidence, then reveals the verdict.

    After a wrong prediction, or with ``ritual``, it asks what happened and which statement decided.

    Parameters
    ----------
    options
        The verdicts to choose from.
    explain
        Whether the card answers the six questions after the reveal.
    record
        Whether the prediction is kept in the progress file, and restored from it.
    world
        The world of the request, for beliefs about the world.
    facts
        Further facts for the progress file; a ``key`` takes the place of the request's own.
    """

    title = "Predict"
    question = "Will AWS allow this request?"

    def __init__(
        self,
        decision: Decision,
        options: tuple[str, ...],
        *,
        ritual: bool,
        explain: bool = True,
        record: bool = True,
        world: World | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self._decision, self._ritual, self._explain = decision, ritual, explain
        facts = {"key": ask.key_of(decision), **(facts or {})}
        self._record, self._key = record, facts["key"]
        first = (decision.pairs or (decision,))[0]  # the call itself, not what decides it
        policies = controls.statements(first) if getattr(world, "on_cards", True) else ""
        self._html = controls.request_facts(first) + policies
        super().__init__(Explained(), predict_first=True, options=options)
        if record:
            self.keep = partial(ask.keep, world=world, **facts)
            self.prediction, explained = ask.earlier(decision, self._key)
            if explained:
                self.state = Explained(explained["happened"], explained["decided"], compared=True)
            if (own := self.prediction) is not None:
                self.said = {"answer": own.answer, "confidence": own.confidence}
                self.tried = True

    def decide(self) -> Decision:
        """Return the decision."""
        return self._decision

    def controls(self) -> Mapping[str, str]:
        """Return the request and the statements."""
        return {"request": self._html}

    def change(self, name: str, value: Any) -> Explained:
        """Choose what happened and which statement decided, or compare."""
        if self.prediction is None:
            raise ExerciseError("Predict first.")
        state = self.state
        if name == "compare":
            if "" in (state.happened, state.decided):
                raise ExerciseError("Choose in both lists first.")
            if self._record and not state.compared:
                correct, _ = ask.reflect(self._decision, state.happened, state.decided)
                ask.keep_explanation(self._key, state.happened, state.decided, correct=correct)
            return replace(state, compared=True)
        if name not in ("happened", "decided"):
            raise self.no_control(name)
        chosen: dict[str, Any] = {name: str(value)}
        return replace(state, **chosen)

    def _to(self, state: Explained) -> None:
        self.state, self.note = state, ""  # an explanation doesn't take the prediction back

    def _commit(self) -> None:
        if self.prediction is None:  # only one prediction counts
            super()._commit()

    def parts(self) -> dict[str, str]:
        """Return the card; the reason follows when the learner has explained it."""
        parts = super().parts()
        if self.prediction is None:
            return parts
        needs_no_allow = bool(self._decision) and not self._decision.determining
        asks = (self._ritual or not self.prediction.correct) and not needs_no_allow
        done = self.state.compared or not asks
        parts["result"] = controls.result_of(self.prediction, explain=done)
        if asks:
            parts["explain"] = self.lists() + controls.button("compare", "Compare")
            parts["facts"] = controls.paragraph(self.note or self.reflection[1])
        if done and self._explain:
            parts["steps"] = controls.explanation(self._decision)
        return parts

    def lists(self) -> str:
        """Return the lists in which the learner explains the decision."""
        causes, names = list(HAPPENED.values()), ask.statements(self._decision)
        first = controls.choice("happened", "What happened?", causes, self.state.happened)
        label = "Which statement decided?"
        return first + controls.choice("decided", label, names, self.state.decided)

    @property
    def reflection(self) -> tuple[bool, str]:
        """Whether the learner's explanation is right, and the feedback; empty before Compare."""
        if not self.state.compared:
            return False, ""
        return ask.reflect(self._decision, self.state.happened, self.state.decided)

    def walk_through(self) -> Reveal:
        """Return the six questions with their answers, after the prediction."""
        return Reveal(self, WalkThrough(self._decision))

    def access_graph(self) -> Reveal:
        """Return the access graph, after the prediction."""
        return Reveal(self, access_graph(self._decision))


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


@dataclass(frozen=True, slots=True)
class Nothing:
    """The state of what has no controls."""


class Reveal(Instrument[Nothing]):
    """A text or a picture that appears when a prediction or an answer has been given.

    Parameters
    ----------
    after
        The card of a prediction, or the number of an exercise.
    what
        A text, or a value that can be displayed; or a function that makes it.
    """

    def __init__(self, after: Instrument[Any] | str, what: Any) -> None:
        self._what = what
        super().__init__(Nothing())
        journal.listen(self.changed)
        if isinstance(after, Instrument):
            after.listen(self.changed)
        self._after = after.task.number if isinstance(after, ExerciseCard) else after
        self._wait = f"This appears when you have answered exercise {self._after}."
        if isinstance(self._after, Instrument):
            self._wait = "This appears when you have made a prediction in the card above."

    @property
    def is_open(self) -> bool:
        """Whether the prediction or the answer has been given."""
        if isinstance(self._after, Instrument):
            return self._after.tried
        return any(journal.of_exercise(self._after, own, None) for own in ("attempt", "solution"))

    @property
    def value(self) -> Any:
        """What is revealed.

        Raises
        ------
        ExerciseError
            It isn't time yet.
        """
        if not self.is_open:
            raise ExerciseError(self._wait)
        return self._what() if callable(self._what) else self._what

    def parts(self) -> dict[str, str]:
        """Return what is revealed, or what it waits for."""
        if not self.is_open:
            return {"result": controls.paragraph(self._wait, "pale")}
        value = self.value
        if isinstance(value, str):
            return {"result": "".join(map(_prose, value.strip().split("\n\n")))}
        return {"result": value._repr_html_()}

    def __repr__(self) -> str:
        return str(self.value) if self.is_open else self._wait


def _prose(text: str) -> str:
    """Write a paragraph, with **bold**, *emphasised* and `code` as in a notebook."""
    html = escape(" ".join(text.split()))
    for mark, tag in ((r"\*\*", "strong"), (r"\*", "em"), ("`", "code")):
        html = re.sub(f"{mark}(.+?){mark}", rf"<{tag}>\1</{tag}>", html)
    return f"<p>{html}</p>"


INPUTS: dict[str, Callable[[Any], Any]] = {
    "predict": inputs.VerdictInput,
    "explain": inputs.ExplainInput,
    "write": inputs.PolicyInput,
    "repair": inputs.repair_input,
    "witness": inputs.RequestInput,
    "collect": inputs.NamesInput,
    "order": step_inputs.OrderInput,
    "sequence": step_inputs.CallsInput,
    "design": inputs.repair_input,
    "break": inputs.break_input,
}
"""For each kind of exercise, what makes the instrument in which a learner answers it."""


def input_for(task: Exercise) -> Any:
    """Return the instrument in which an exercise is answered.

    It has ``read()``, which returns the answer or ``None``; ``restore()``, which takes an earlier
    answer back; and ``missing``, the text for a card without an answer.
    """
    return INPUTS[type(task).__name__.lower()](task)


WIDE = 12
"""With more columns, a target becomes lists."""


def _target(task: Repair) -> str:
    """Return the target matrix of a repair as a table: the wanted access, not the present.

    A wide matrix has many empty cells, so it becomes two lists for each caller.
    """
    wanted = {tuple(own.question.parts): "yes" if own.allowed else "no" for own in task.target}
    names = {own[1:]: escape(f"{own[1]} on {own[2].rpartition(':')[2]}") for own in wanted}
    heads, callers = list(names.values()), dict.fromkeys(own[0] for own in wanted)
    rows = [[escape(own), *(wanted.get((own, *pair), "") for pair in names)] for own in callers]
    if len(heads) > WIDE:
        heads = list(dict.fromkeys(wanted.values()))
        every = [(own[0], word, names[own[1:]]) for own, word in wanted.items()]
        rows = [
            [escape(o), *("<br>".join(e[2] for e in every if e[:2] == (o, h)) for h in heads)]
            for o in callers
        ]
    return controls.table("Wanted access", ["", *heads], rows)


class ExerciseCard(Instrument[Nothing]):
    """An exercise: its prompt, its controls, and buttons for check, hint and solution.

    An exit ticket offers no help before the first attempt. The solution needs one attempt, or a
    second press of the button, which counts as giving up. With a negative seed the card also has a
    button for another world.
    """

    def __init__(self, task: Exercise) -> None:
        super().__init__(Nothing())
        self.begin(task)

    def begin(self, task: Exercise) -> None:
        """Show an exercise, with the last attempt that is in the progress file."""
        self.task, self.input = task, input_for(task)
        self.title, self.question = f"Exercise {task.number}", task.title
        self.result, self._solution_pressed = "", False
        attempts = self.attempts
        if attempts and attempts[-1].get("given") is not None:
            last = attempts[-1]
            with suppress(ExerciseError, TypeError, ValueError):
                result = ask.again(self.task, attempts).inner_html()  # fails if it is outdated
                self.input.restore(last["given"])
                self.input.said["confidence"] = last.get("confidence", "")
                self.result = result

    @property
    def attempts(self) -> list[journal.Record]:
        """The attempts in the progress file, with the exercise's seed."""
        return journal.of_exercise(self.task.number, "attempt", self.task.seed)

    def set(self, name: str, value: Any) -> None:
        """Set a control of the answer."""
        self.input.set(name, value)
        self.note = ""
        self.changed()

    def press(self, name: str) -> None:
        """Press a button of the card or of the answer."""
        actions: dict[str, Callable[[], str]] = {
            "check": self._check,
            "hint": lambda: ask.hint(self.task.number, seed=self.task.seed).inner_html(),
            "solution": self._solution,
            "another": self._another,
        }
        self.note = ""
        if name in actions:
            self.result = actions[name]()
        else:
            self.input.press(name)
        self.changed()

    def _check(self) -> str:
        answer = self.input.read()
        if answer is None:
            return controls.paragraph(self.input.missing)
        confidence = self.input.said["confidence"]
        seconds, self._since = round(monotonic() - self._since, 1), monotonic()
        facts = {"confidence": confidence, "seconds": seconds, "seed": self.task.seed}
        return ask.check(self.task.number, answer, **facts).inner_html()

    def _another(self) -> str:
        self.begin(find(self.task.number, self.task.seed - 1))
        return self.result

    def _solution(self) -> str:
        give_up, self._solution_pressed = self._solution_pressed, True
        return ask.solution(self.task.number, give_up=give_up, seed=self.task.seed).inner_html()

    def parts(self) -> dict[str, str]:
        """Return the prompt, the answer, the buttons and the result."""
        task = self.task
        target = _target(task) if isinstance(task, Repair) else ""
        buttons = controls.button("check", "Check", main=True)
        if not task.exit or self.attempts:
            buttons += controls.button("hint", "Hint") + controls.button("solution", "Solution")
        return {
            "head": controls.heading(self.title, self.question),
            "prompt": controls.paragraph(task.prompt) + target,
            **{name: html for name, html in self.input.controls().items() if name != "facts"},
            "buttons": controls.row(buttons),
            "result": controls.paragraph(self.note) or self.result,
            **(self._again() if task.seed < 0 else {}),
        }

    def _again(self) -> dict[str, str]:
        """Return in how many new worlds the first answer was right, and a way to the next one."""
        right = min(sum(journal.again(self.task.number).values()), journal.ENOUGH)
        mastered = " You have mastered this exercise." if right == journal.ENOUGH else ""
        text = f"Right at the first answer in {right} of {journal.ENOUGH} new worlds.{mastered}"
        button = controls.button("another", "Another world") if self.attempts else ""
        return {"again": controls.row(button) + controls.paragraph(text, "pale")}

    def __repr__(self) -> str:
        return f"{self.title}: {self.question}\n{self.task.prompt}"
