"""The instruments for answers that are lists of steps: to put in order, or to write."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.teach.inputs import Chosen
from iamlab.widgets.controls import button
from iamlab.widgets.instrument import Instrument
from iamlab.widgets.instruments.statement_stack import moved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.teach.explain import Order


def movers(name: str, text: str) -> str:
    """Write the two buttons that move a step."""
    up = button(f"up {name}", "▲", small=True, label=f"Move {text} up")
    return up + button(f"down {name}", "▼", small=True, label=f"Move {text} down")


class OrderInput(Instrument[Chosen]):
    """A list of texts, each with two buttons to move it."""

    missing = "Not answered yet. Move the texts into their order."

    def __init__(self, task: Order) -> None:
        self._start = tuple(task.shuffled(task.world()))
        super().__init__(Chosen(self._start))

    def controls(self) -> Mapping[str, str]:
        """Return the texts, each with its number."""
        rows = "".join(
            f'<li><div class="row">{movers(text, text)}<span>{escape(text)}</span></div></li>'
            for text in self.state.values
        )
        return {"order": f"<ol>{rows}</ol>"}

    def change(self, name: str, value: Any) -> Chosen:  # noqa: ARG002 - buttons have no value
        """Move a text."""
        move, _, text = name.partition(" ")
        if move not in ("up", "down") or text not in self.state.values:
            raise self.no_control(name)
        return Chosen(moved(self.state.values, text, move == "up"))

    def read(self) -> Any:
        """Return the texts, if one was moved."""
        return None if self.state.values == self._start else list(self.state.values)

    def restore(self, answer: Any) -> None:
        """Bring the texts into an earlier order."""
        self.state = Chosen(tuple(answer))
