"""The instruments for answers that are lists of steps: to put in order, or to write."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.teach.inputs import Chosen
from iamlab.teach.sequence import OF_CALL, by_whom, text_of
from iamlab.view.words import shorten
from iamlab.widgets import controls as html
from iamlab.widgets.instrument import Instrument
from iamlab.widgets.instruments.switches import moved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.teach.explain import Order
    from iamlab.teach.sequence import Sequence


class OrderInput(Instrument[Chosen]):
    """A list of texts, each with two buttons to move it."""

    missing = "Not answered yet. Move the texts into their order."

    def __init__(self, task: Order) -> None:
        self._start = tuple(task.shuffled(task.world()))
        super().__init__(Chosen(self._start))

    def controls(self) -> Mapping[str, str]:
        """Return the texts, each with its number."""
        texts = [(own, f"<span>{escape(own)}</span>") for own in self.state.values]
        rows = (html.row(html.movers(own, own), shown) for own, shown in texts)
        return {"order": f"<ol>{''.join(f'<li>{row}</li>' for row in rows)}</ol>"}

    def change(self, name: str, value: Any) -> Chosen:  # noqa: ARG002 - buttons have no value
        """Move a text."""
        move, _, text = name.partition(" ")
        if move not in ("up", "down") or text not in self.state.values:
            raise self.no_control(name)
        return Chosen(moved(self.state.values, text, up=move == "up"))

    def read(self) -> Any:
        """Return the texts, if one was moved."""
        return None if self.state.values == self._start else list(self.state.values)

    def restore(self, answer: Any) -> None:
        """Bring the texts into an earlier order."""
        self.state = Chosen(tuple(answer))


Row = tuple[tuple[str, str], ...]
"""A call: its number in the card, its caller, its operation, and the parameters as texts."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The calls, in their order."""

    rows: tuple[Row, ...]


class CallsInput(Instrument[Rows]):
    """A list of calls, each with its caller, its operation and its parameters.

    Its controls are ``add``, and with the number of a call ``Caller 1``, ``Operation 1``, the names
    of parameters, ``up 1``, ``down 1`` and ``remove 1``. A call keeps its number when it is moved.
    """

    missing = "Not answered yet. Fill in each call, or remove it."

    def __init__(self, task: Sequence) -> None:
        self._callers, self._operations = task.callers, task.operations(task.world())
        super().__init__(Rows((self._row(1),)))

    def _row(self, number: int, **call: Any) -> Row:
        """Return a call; what has only one value is chosen already."""
        caller, operation = call.pop("Caller", _only(self._callers)), call.pop("Operation", "")
        known = self._operations.get(operation, {})
        values = {name: _only(own) for name, own in known.items()} | call
        head = {"number": str(number), "Caller": caller, "Operation": operation}
        return tuple((name, text_of(own)) for name, own in {**head, **values}.items())

    def controls(self) -> Mapping[str, str]:
        """Return the calls, and a button for one more."""
        calls = "".join(map(self._call, range(len(self.state.rows))))
        return {"calls": f'<ol class="plain">{calls}</ol>', "add": html.button("add", "Add a call")}

    def _called_by(self, place: int) -> dict[str, str]:
        """Return who can make the call at a place, from 0: for each choice, the answer's caller."""
        earlier = (dict(row)["number"] for row in self.state.rows[:place])
        calls = {f"{OF_CALL}{key}": f"{OF_CALL}{n}" for n, key in enumerate(earlier, 1)}
        return {**{own: own for own in self._callers}, **calls}

    def _call(self, place: int) -> str:
        call, number = dict(self.state.rows[place]), place + 1
        key, known = call.pop("number"), self._operations.get(call["Operation"], {})
        callers = {own: by_whom(text) for own, text in self._called_by(place).items()}
        lists: dict[str, Any] = {"Caller": callers, "Operation": list(self._operations)}
        own = "".join(html.choice(f"{n} {key}", n, lists[n], call.pop(n)) for n in lists)
        for name, text in call.items():
            texts = {text_of(value): shorten(text_of(value), 60) for value in known.get(name, ())}
            field = f"{name} {key}", name
            own += html.choice(*field, texts, text) if texts else html.text_field(*field, text)
        remove = html.button(f"remove {key}", "✕", label=f"Remove call {number}")
        head = html.row(html.movers(key, f"call {number}"), remove, f"<b>Call {number}</b>")
        return f'<li class="side">{head}<div>{html.row(own)}</div></li>'

    def change(self, name: str, value: Any) -> Rows:
        """Add, move, remove or change a call."""
        rows = self.state.rows
        known = {dict(row)["number"]: row for row in rows}
        if name == "add":
            return Rows((*rows, self._row(max(map(int, known), default=0) + 1)))
        what, _, key = name.rpartition(" ")
        row = known.get(key, ())
        call = dict(row[1:])
        if what in ("up", "down") and row:
            return Rows(moved(rows, row, up=what == "up"))
        if what == "remove" and row:
            return Rows(tuple(own for own in rows if own is not row))
        if what not in call:
            raise self.no_control(name)
        changed = {"Caller": call["Caller"]} if what == "Operation" else call
        made = self._row(int(key), **{**changed, what: str(value)})
        return Rows(tuple(made if own is row else own for own in rows))

    def read(self) -> Any:
        """Return the calls, if all are complete."""
        calls = [dict(row[1:]) for row in self.state.rows]
        for place, call in enumerate(calls):
            call["Caller"] = self._called_by(place).get(call["Caller"], "")
        if not calls or "" in (text for call in calls for text in call.values()):
            return None
        return [
            {name: self._value(call["Operation"], name, text) for name, text in call.items()}
            for call in calls
        ]

    def _value(self, operation: str, name: str, text: str) -> Any:
        """Return the value that a text is written for, which isn't always a text."""
        values = self._operations.get(operation, {}).get(name, ())
        return next((value for value in values if text_of(value) == text), text)

    def restore(self, answer: Any) -> None:
        """Show the calls of an earlier answer."""
        self.state = Rows(tuple(self._row(n, **call) for n, call in enumerate(answer, 1)))


def _only(values: Any) -> Any:
    return values[0] if len(values) == 1 else ""
