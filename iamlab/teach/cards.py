"""Exercises and predictions as widgets. A plain function does the same as each widget.

A callback computes HTML and puts it into a widget. It prints nothing, so that a test needs no
kernel. All controls are native, have a description, and work with the keyboard.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from iamlab.policy.arn import Arn, is_arn
from iamlab.teach import ask
from iamlab.teach.checks import Repair
from iamlab.teach.inputs import input_for
from iamlab.teach.marks import CONFIDENCE, Feedback, WalkThrough
from iamlab.teach.predictions import HAPPENED, Prediction, commit, reflect, statements
from iamlab.view.figures.access.access_graph import access_graph
from iamlab.view.html import CELL
from iamlab.view.widgets import Card, button, choice, on_click, pick, say, write

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from iamlab.engine.decision import Decision
    from iamlab.teach.exercises import Exercise
    from iamlab.view.figure import Figure

NOT_YET = Feedback(None, ("Make the prediction in the card above, then run this cell again.",))


class PredictionCard(Card):
    """A card that asks for a prediction and a confidence, then reveals the verdict.

    After a wrong prediction, or with ``ritual``, it asks what happened and which statement decided.

    Parameters
    ----------
    options
        The verdicts to choose from.
    explain
        Whether the card answers the six questions after the reveal.
    """

    def __init__(
        self,
        decision: Decision,
        options: tuple[str, ...],
        *,
        ritual: bool,
        explain: bool,
        record: bool,
    ) -> None:
        self._decision, self._ritual = decision, ritual
        self._explain, self._record = explain, record
        self._prediction: Prediction | None = None
        request = decision.request
        who = Arn.parse(request.principal).name if is_arn(request.principal) else request.principal
        self.question = say(
            f"May <strong>{escape(who)}</strong> perform "
            f"<strong>{escape(request.action)}</strong> on "
            f"<code>{escape(request.resource)}</code>?"
        )
        self.answer = pick("I predict", options)
        self.confidence = pick("and it is", CONFIDENCE)
        self.button = button("Show what AWS decides", width="14em", main=True)
        self.result = say(role="status")
        self.happened = choice("What happened?", list(HAPPENED.values()))
        self.decided = choice("Which statement decided?", statements(decision))
        self.compare = button("Compare")
        self.reflection = say(role="status")
        on_click(self.button, self._commit, self.result)
        on_click(self.compare, self._reflect, self.reflection)
        super().__init__([self.question, self.answer, self.confidence, self.button, self.result])

    def walk_through(self, *, blank: Collection[int] = ()) -> WalkThrough | Feedback:
        """Return the six questions with their answers, after the prediction.

        Parameters
        ----------
        blank
            Numbers of the answers, from 1, that are left out for you to fill in.
        """
        return NOT_YET if self._prediction is None else WalkThrough(self._decision, tuple(blank))

    def picture(self) -> Figure | Feedback:
        """Draw the access graph, after the prediction."""
        return NOT_YET if self._prediction is None else access_graph(self._decision)

    def _commit(self) -> None:
        if self._prediction is not None:
            return  # only one prediction counts; the button stays, so that it keeps the focus
        if self.answer.value is None or self.confidence.value is None:
            text = (
                "First choose a verdict and say how sure you are. There is no penalty for a guess."
            )
            write(self.result, text, role="status")
            return
        prediction = commit(
            self._decision, self.answer.value, self.confidence.value, record=self._record
        )
        self._prediction = prediction
        self.answer.disabled = self.confidence.disabled = True
        if prediction.correct and not self._ritual:
            write(self.result, prediction.inner_html(explain=self._explain), role="status")
            return
        # The learner explains first what happened: for now show only the verdict.
        write(self.result, escape(prediction.sentence), role="status")
        more = (self.happened, self.decided, self.compare, self.reflection)
        self.children: tuple[widgets.Widget, ...] = (*self.children, *more)

    def _reflect(self) -> None:
        if self._prediction is None or "" in (self.happened.value, self.decided.value):
            write(self.reflection, "Choose in both lists first.", role="status")
            return
        _, text = reflect(self._decision, self.happened.value, self.decided.value)
        paragraph = f'<p style="margin:0.3em 0">{escape(text)}</p>'
        steps = self._prediction.inner_html() if self._explain else ""
        write(self.reflection, f"{paragraph}{steps}", role="status")


def _target(task: Repair) -> str:
    """Return the target matrix of a repair as a table: the wanted access, not the present."""
    questions = [cell.question for cell in task.target]
    columns = list(dict.fromkeys((q.action, q.resource) for q in questions))
    wanted = {(c.question.caller, c.question.action, c.question.resource): c for c in task.target}
    names = [f"{action} on {resource.rpartition(':')[2]}" for action, resource in columns]
    head = "".join(f'<th scope="col" style="{CELL}">{escape(name)}</th>' for name in names)
    rows = ""
    for caller in dict.fromkeys(question.caller for question in questions):
        cells = (wanted.get((caller, *column)) for column in columns)
        words = ("" if cell is None else "yes" if cell.allowed else "no" for cell in cells)
        body = "".join(f'<td style="{CELL}">{word}</td>' for word in words)
        rows += f'<tr><th scope="row" style="{CELL}">{escape(caller)}</th>{body}</tr>'
    return (
        f'<table style="border-collapse:collapse"><thead><tr><td style="{CELL}">can</td>{head}'
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


class ExerciseCard(Card):
    """An exercise: its prompt, its controls, and buttons for check, hint and solution.

    An exit ticket offers no help before the first attempt. The solution needs one attempt, or a
    second press of the button, which counts as giving up.
    """

    def __init__(self, task: Exercise) -> None:
        self.task = task
        self.input = input_for(task)
        self.result = say(role="status")
        self._solution_pressed = False
        self.check = self._button("Check", self._check, main=True)
        self.hint = self._button("Hint", lambda: ask.hint(task.number).inner_html())
        self.solution = self._button("Solution", self._solution)
        title = say(
            f"<strong>Exercise {escape(task.number)}: {escape(task.title)}</strong>"
            f'<p style="margin:0.3em 0">{escape(task.prompt)}</p>'
        )
        target = [say(_target(task))] if isinstance(task, Repair) else []
        self.buttons = widgets.HBox([self.check])
        if not task.exit:
            self._offer_help()
        super().__init__([title, *target, self.input, self.buttons, self.result])

    def _button(self, name: str, compute: Callable[[], str], *, main: bool = False) -> Any:
        made = button(name, main=main)
        on_click(made, lambda: write(self.result, compute(), role="status"), self.result)
        return made

    def _offer_help(self) -> None:
        self.buttons.children = (self.check, self.hint, self.solution)

    def _check(self) -> str:
        answer, confidence = self.input.read()
        if answer is None:
            return str(self.input.missing)
        html = ask.check(self.task.number, answer, confidence=confidence).inner_html()
        self._offer_help()
        return html

    def _solution(self) -> str:
        give_up = self._solution_pressed
        self._solution_pressed = True
        return ask.solution(self.task.number, give_up=give_up).inner_html()
