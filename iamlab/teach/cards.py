"""Exercises and predictions as widgets. Each has a twin that is a plain function.

A callback computes HTML and puts it into a widget; nothing is printed, so that a test needs no
kernel. All controls are native, have a description, and can be reached by keyboard.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from iamlab.engine.labels import as_text
from iamlab.policy.arn import Arn, is_arn
from iamlab.teach import ask
from iamlab.teach.checks import Collect, Predict, Repair, Witness
from iamlab.teach.marks import CONFIDENCE, Feedback
from iamlab.teach.predictions import HAPPENED, Prediction, commit, reflect, statements
from iamlab.view.access_figure import draw_decision
from iamlab.view.board import STYLE, MembershipGrid, on_click, say, write
from iamlab.view.tables import CELL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from iamlab.engine.decision import Decision
    from iamlab.teach.exercises import Exercise
    from iamlab.view.figure import Figure

FRAME = widgets.Layout(
    border="1px solid #C4C9CF", padding="0.6em 0.9em", margin="0.4em 0", max_width="62em"
)
LONG = {"description_width": "initial"}
CHOOSE = "choose ..."
NOT_YET = Feedback(None, ("Make the prediction in the card above, then run this cell again.",))


def paper(card: widgets.Box) -> None:
    """Give a card its own light background."""
    card.add_class("iamlab-card")


def _choice(description: str, options: list[str]) -> widgets.Dropdown:
    return widgets.Dropdown(
        options=[(CHOOSE, ""), *((option, option) for option in options)],
        value="",
        description=description,
        style=LONG,
        layout=widgets.Layout(width="auto", max_width="58em"),
    )


def _verdicts(description: str, options: tuple[str, ...]) -> widgets.ToggleButtons:
    return widgets.ToggleButtons(
        options=list(options),
        value=None,
        description=description,
        style={**LONG, "button_width": "9em"},
    )


class PredictionCard(widgets.VBox):
    """Asks for a prediction and a confidence, then reveals the verdict.

    After a wrong prediction, or if ``ritual``, it asks what happened and which statement decided.
    """

    def __init__(
        self, decision: Decision, options: tuple[str, ...], *, ritual: bool, record: bool
    ) -> None:
        self._decision, self._ritual, self._record = decision, ritual, record
        request = decision.request
        who = Arn.parse(request.principal).name if is_arn(request.principal) else request.principal
        self.question = say(
            f"{STYLE}May <strong>{escape(who)}</strong> perform "
            f"<strong>{escape(request.action)}</strong> on "
            f"<code>{escape(request.resource)}</code>?"
        )
        self.answer = _verdicts("I predict", options)
        self.confidence = _verdicts("and it is", CONFIDENCE)
        self.button = widgets.Button(description="Show what AWS decides", layout={"width": "14em"})
        self.result = say(role="status")
        self.happened = _choice("What happened?", list(HAPPENED.values()))
        self.decided = _choice("Which statement decided?", statements(decision))
        self.compare = widgets.Button(description="Compare")
        self.reflection = say(role="status")
        on_click(self.button, self._commit, self.result)
        on_click(self.compare, self._reflect, self.reflection)
        self._prediction: Prediction | None = None
        super().__init__(
            [self.question, self.answer, self.confidence, self.button, self.result], layout=FRAME
        )
        paper(self)

    def walk_through(self, *, blank: Collection[int] = ()) -> Feedback:
        """Give the six questions with their answers, once the prediction is made.

        Parameters
        ----------
        blank
            Numbers of the answers, from 1, to leave out for you to fill in.
        """
        if self._prediction is None:
            return NOT_YET
        return Feedback(None, (as_text(self._decision, blank=blank),))

    def picture(self) -> Figure | Feedback:
        """Draw the access graph, once the prediction is made."""
        return NOT_YET if self._prediction is None else draw_decision(self._decision)

    def _commit(self) -> None:
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
        for control in (self.answer, self.confidence, self.button):
            control.disabled = True
        if prediction.correct and not self._ritual:
            write(self.result, prediction.inner_html(), role="status")
            return
        # What happened is to be said by the learner: for now only the verdict.
        write(self.result, escape(prediction.sentence), role="status")
        more = (self.happened, self.decided, self.compare, self.reflection)
        self.children: tuple[widgets.Widget, ...] = (*self.children, *more)

    def _reflect(self) -> None:
        if self._prediction is None or "" in (self.happened.value, self.decided.value):
            write(self.reflection, "Choose in both lists first.", role="status")
            return
        _, text = reflect(self._decision, self.happened.value, self.decided.value)
        said = f'<p style="margin:0.3em 0">{escape(text)}</p>'
        write(self.reflection, f"{said}{self._prediction.inner_html()}", role="status")


class _VerdictInput(widgets.VBox):
    """One row of buttons for each request, and one confidence for all."""

    def __init__(self, task: Predict) -> None:
        self.rows = [_verdicts("I predict", task.options) for _ in task.questions]
        self.sure = _verdicts("and it is", CONFIDENCE)
        parts: list[widgets.Widget] = []
        for number, (question, row) in enumerate(zip(task.questions, self.rows, strict=True), 1):
            parts += [
                say(
                    f"{number}. <strong>{escape(question.caller)}</strong> asks for "
                    f"<strong>{escape(question.action)}</strong> on "
                    f"<code>{escape(question.resource)}</code>"
                ),
                row,
            ]
        super().__init__([*parts, self.sure])

    def read(self) -> tuple[Any, str | None]:
        """Give the answer and the confidence; nothing while something is not chosen."""
        answers = [row.value for row in self.rows]
        complete = None not in answers and self.sure.value is not None
        return (answers if complete else None), self.sure.value


class _RequestInput(widgets.VBox):
    """Three lists: caller, action, resource."""

    def __init__(self, task: Witness) -> None:
        self.parts = [
            _choice("Caller", list(task.callers)),
            _choice("Action", list(task.actions)),
            _choice("Resource", list(task.resources)),
        ]
        super().__init__(self.parts)

    def read(self) -> tuple[Any, str | None]:
        """Give the request; nothing while a part is not chosen."""
        chosen = [part.value for part in self.parts]
        return (None if "" in chosen else chosen), None


class _NamesInput(widgets.VBox):
    """A check box for each name."""

    def __init__(self, task: Collect) -> None:
        self.boxes = [
            widgets.Checkbox(value=False, description=name, indent=False, layout={"width": "auto"})
            for name in task.candidates(task.world())
        ]
        super().__init__(self.boxes)

    def read(self) -> tuple[Any, str | None]:
        """Give the ticked names; nothing while none is ticked."""
        chosen = {box.description for box in self.boxes if box.value}
        return (chosen or None), None


class _MembershipInput(MembershipGrid):
    """The membership grid."""

    def __init__(self, task: Repair) -> None:
        super().__init__(task.world())

    def read(self) -> tuple[Any, str | None]:
        """Give the edits; nothing while nothing is changed."""
        return (self.edits or None), None


class _VersionInput(widgets.VBox):
    """The versions of each policy of one's own, to read and to choose from."""

    def __init__(self, task: Repair) -> None:
        self.choices: dict[str, widgets.Dropdown] = {}
        self.defaults: dict[str, str] = {}
        parts: list[widgets.Widget] = []
        for account in task.world().accounts.values():
            for policy in account.policies.values():
                for version, document in policy.versions.items():
                    style = "white-space:pre;overflow:auto;font-size:85%"
                    parts.append(
                        say(
                            f"<details><summary>{escape(policy.name)} {escape(version)}</summary>"
                            f'<div style="font-family:monospace;{style}">{escape(document.text)}'
                            "</div></details>"
                        )
                    )
                choice = widgets.Dropdown(
                    options=list(policy.versions),
                    value=policy.default_version_id,
                    description=f"Default version of {policy.name}",
                    style=LONG,
                    layout=widgets.Layout(width="22em"),
                )
                self.choices[policy.name] = choice
                self.defaults[policy.name] = policy.default_version_id
                parts.append(choice)
        super().__init__(parts)

    def read(self) -> tuple[Any, str | None]:
        """Give the edits: an empty list if all is left as it is."""
        edits = [
            ("set_default_version", name, choice.value)
            for name, choice in self.choices.items()
            if choice.value != self.defaults[name]
        ]
        return edits, None


def _input_for(task: Exercise) -> Any:
    if isinstance(task, Predict):
        return _VerdictInput(task)
    if isinstance(task, Witness):
        return _RequestInput(task)
    if isinstance(task, Collect):
        return _NamesInput(task)
    if isinstance(task, Repair) and task.editor == "memberships":
        return _MembershipInput(task)
    if isinstance(task, Repair):
        return _VersionInput(task)
    message = f"There is no card for exercise {task.number}."
    raise TypeError(message)


def _target(task: Repair) -> str:
    """Give the matrix that a repair is to reach as a table: what shall be, not what is."""
    questions = [cell.question for cell in task.target]
    columns = list(dict.fromkeys((q.action, q.resource) for q in questions))
    wanted = {(c.question.caller, c.question.action, c.question.resource): c for c in task.target}
    names = [f"{action} on {resource.rpartition(':')[2]}" for action, resource in columns]
    head = "".join(f'<th scope="col" style="{CELL}">{escape(name)}</th>' for name in names)
    rows = ""
    for caller in dict.fromkeys(question.caller for question in questions):
        cells = (wanted.get((caller, *column)) for column in columns)
        words = ("" if cell is None else "shall" if cell.allowed else "shall not" for cell in cells)
        body = "".join(f'<td style="{CELL}">{word}</td>' for word in words)
        rows += f'<tr><th scope="row" style="{CELL}">{escape(caller)}</th>{body}</tr>'
    return (
        f'<table style="border-collapse:collapse"><thead><tr><td style="{CELL}">target</td>{head}'
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


class ExerciseCard(widgets.VBox):
    """An exercise: its prompt, what answers it, and buttons for check, hint and solution."""

    def __init__(self, task: Exercise) -> None:
        self.task = task
        self.input = _input_for(task)
        self.result = say(role="status")
        self.check = self._button("Check", self._check)
        self.hint = self._button("Hint", lambda: ask.hint(task.number).inner_html())
        self.solution = self._button("Solution", lambda: ask.solution(task.number).inner_html())
        title = say(
            f"{STYLE}<strong>Exercise {escape(task.number)}: {escape(task.title)}</strong>"
            f'<p style="margin:0.3em 0">{escape(task.prompt)}</p>'
        )
        target = [say(_target(task))] if isinstance(task, Repair) else []
        buttons = widgets.HBox([self.check, self.hint, self.solution])
        super().__init__([title, *target, self.input, buttons, self.result], layout=FRAME)
        paper(self)

    def _button(self, name: str, compute: Callable[[], str]) -> widgets.Button:
        button = widgets.Button(description=name, layout={"width": "8em"})

        on_click(button, lambda: write(self.result, compute(), role="status"), self.result)
        return button

    def _check(self) -> str:
        answer, confidence = self.input.read()
        if answer is None:
            return "Not answered yet: something is still to be chosen."
        return ask.check(self.task.number, answer, confidence=confidence).inner_html()
