"""The widgets in which a learner answers an exercise: one for each kind of exercise.

Each has ``read()``, which returns the answer and the confidence, and ``missing``, the text for a
card without an answer.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from iamlab.teach.board import MembershipGrid
from iamlab.teach.break_belief import Break
from iamlab.teach.checks import Collect, Predict, Repair, Witness
from iamlab.teach.marks import CONFIDENCE
from iamlab.teach.stack import StackEditor
from iamlab.teach.write import Write
from iamlab.view.widgets import LONG, choice, pick, say, tick

if TYPE_CHECKING:
    from iamlab.teach.exercises import Exercise

Answer = tuple[Any, str | None]
"""The learner's answer, or ``None`` while a part is missing; and the confidence."""


class VerdictInput(widgets.VBox):
    """One row of options for each request, and one confidence for all requests."""

    missing = "Not answered yet. Choose a verdict for each request, and how sure you are."

    def __init__(self, task: Predict) -> None:
        self.rows = [
            pick(f"Verdict {number}", task.options)
            for number, _ in enumerate(task.questions, start=1)
        ]
        self.sure = pick("and it is", CONFIDENCE)
        parts: list[widgets.Widget] = []
        for number, (question, row) in enumerate(zip(task.questions, self.rows, strict=True), 1):
            parts += [
                say(
                    f"{number}. <strong>{escape(question.caller)}</strong> requests "
                    f"<strong>{escape(question.action)}</strong> on "
                    f"<code>{escape(question.resource)}</code>"
                ),
                row,
            ]
        super().__init__([*parts, self.sure])

    def read(self) -> Answer:
        """Return the verdicts and the confidence."""
        answers = [row.value for row in self.rows]
        complete = None not in answers and self.sure.value is not None
        return (answers if complete else None), self.sure.value


class RequestInput(widgets.VBox):
    """Three lists: caller, action, resource."""

    missing = "Not answered yet. Choose a caller, an action and a resource."

    def __init__(self, task: Witness) -> None:
        self.parts = [
            choice("Caller", task.callers),
            choice("Action", task.actions),
            choice("Resource", task.resources),
        ]
        super().__init__(self.parts)

    def read(self) -> Answer:
        """Return the request."""
        chosen = [part.value for part in self.parts]
        return (None if "" in chosen else chosen), None


class NamesInput(widgets.VBox):
    """A check box for each name."""

    missing = "Not answered yet. Tick at least one box."

    def __init__(self, task: Collect) -> None:
        self.boxes = [tick(name) for name in task.candidates(task.world())]
        super().__init__(self.boxes)

    def read(self) -> Answer:
        """Return the ticked names."""
        return ({box.description for box in self.boxes if box.value} or None), None


class MembershipInput(MembershipGrid):
    """The membership grid."""

    missing = "Not answered yet. Change a membership."

    def __init__(self, task: Repair) -> None:
        super().__init__(task.world())

    def read(self) -> Answer:
        """Return the edits."""
        return (self.edits or None), None


class VersionInput(widgets.VBox):
    """The versions of each customer managed policy, to read and to choose from."""

    missing = "Not answered yet. Choose another version."

    def __init__(self, task: Repair) -> None:
        self.choices: dict[str, widgets.Dropdown] = {}
        self.defaults: dict[str, str] = {}
        parts: list[widgets.Widget] = []
        for account in task.world().accounts.values():
            for policy in account.policies.values():
                for version, document in policy.versions.items():
                    style = "font-family:monospace;white-space:pre;overflow:auto;font-size:85%"
                    parts.append(
                        say(
                            f"<details><summary>{escape(policy.name)} {escape(version)}</summary>"
                            f'<div style="{style}">{escape(document.text)}</div></details>'
                        )
                    )
                self.choices[policy.name] = widgets.Dropdown(
                    options=list(policy.versions),
                    value=policy.default_version_id,
                    description=f"Default version of {policy.name}",
                    tooltip=f"Default version of {policy.name}",
                    style=LONG,
                    layout=widgets.Layout(width="22em"),
                )
                self.defaults[policy.name] = policy.default_version_id
                parts.append(self.choices[policy.name])
        super().__init__(parts)

    def read(self) -> Answer:
        """Return the edits."""
        edits = [
            ("set_default_version", name, chosen.value)
            for name, chosen in self.choices.items()
            if chosen.value != self.defaults[name]
        ]
        return (edits or None), None


class StatementInput(StackEditor):
    """The statements of the stack, each with a switch."""

    missing = "Not answered yet. Switch at least one statement off."

    def __init__(self, task: Repair) -> None:
        super().__init__(task.world(), "alice", "stack", movable=False)

    def read(self) -> Answer:
        """Return the edit."""
        kept = [sid for sid in self.every if self.switches[sid].value]
        changed = kept != self.every
        return (
            [("arrange", self.user, self.policy_name, " ".join(kept))] if changed else None
        ), None


class PolicyInput(widgets.VBox):
    """A text field for a policy document."""

    missing = "Not answered yet. Write the statement."

    def __init__(self, task: Write) -> None:
        self.text = widgets.Textarea(
            value=TEMPLATE,
            description="Policy",
            tooltip=f"The policy {task.policy_name} of {task.user}, as JSON",
            style=LONG,
            layout=widgets.Layout(width="44em", max_width="100%", height="15em"),
        )
        self.text.add_class("iamlab-code")
        super().__init__([self.text])

    def read(self) -> Answer:
        """Return the text."""
        text = self.text.value.strip()
        return (None if text in ("", TEMPLATE.strip()) else text), None


TEMPLATE = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "...",
      "Action": "...",
      "Resource": "..."
    }
  ]
}"""


class BreakInput(widgets.VBox):
    """The stack, and a request on which the belief and AWS must disagree."""

    missing = "Not answered yet. Choose a caller, an action and a resource."

    def __init__(self, task: Break) -> None:
        self.stack = StackEditor(task.world(), task.user, task.policy_name)
        self.parts = [
            choice("Caller", task.callers),
            choice("Action", task.actions),
            choice("Resource", task.resources),
        ]
        super().__init__([self.stack, *self.parts])

    def read(self) -> Answer:
        """Return the order and the request."""
        chosen = [part.value for part in self.parts]
        return (None if "" in chosen else [self.stack.order, *chosen]), None


def input_for(task: Exercise) -> Any:
    """Return the widget for the answer to an exercise of this kind."""
    if isinstance(task, Predict):
        return VerdictInput(task)
    if isinstance(task, Witness):
        return RequestInput(task)
    if isinstance(task, Collect):
        return NamesInput(task)
    if isinstance(task, Repair):
        editors = {"memberships": MembershipInput, "statements": StatementInput}
        return editors.get(task.editor, VersionInput)(task)
    if isinstance(task, Write):
        return PolicyInput(task)
    if isinstance(task, Break):
        return BreakInput(task)
    raise TypeError(f"There is no card for exercise {task.number}.")
