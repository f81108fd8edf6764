"""The instruments in which a learner answers an exercise: one for each kind of exercise.

Each has ``read()``, which returns the answer or ``None``; ``restore()``, which takes an earlier
answer back; and ``missing``, the text for a card without an answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.teach.edits import in_words
from iamlab.teach.exercises import Question
from iamlab.teach.sequence import OF_CALL, by_whom
from iamlab.view.words import shorten
from iamlab.widgets import controls as html
from iamlab.widgets.instrument import Instrument
from iamlab.widgets.instruments.switches import IN, MembershipBoard, StatementStack, moved
from iamlab.widgets.prediction import CONFIDENCE, verdict_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.engine.decision import Decision
    from iamlab.teach.checks import Choosing, Repair
    from iamlab.teach.explain import Break, Explain, Order
    from iamlab.teach.sequence import Sequence
    from iamlab.teach.write import Write


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen in each control, in their order; ``""`` is not chosen yet."""

    values: tuple[str, ...]


class Choices(Instrument[Chosen]):
    """Controls with one value each."""

    missing = ""

    def __init__(self, names: Iterable[str], values: tuple[str, ...] = ()) -> None:
        self.names = tuple(names)
        super().__init__(Chosen(values or ("",) * len(self.names)))

    def change(self, name: str, value: Any) -> Chosen:
        """Choose a value."""
        if name not in self.names:
            raise self.no_control(name)
        chosen = dict(zip(self.names, self.state.values, strict=True))
        return Chosen(tuple({**chosen, name: str(value)}.values()))

    def read(self) -> Any:
        """Return the values, if all are chosen."""
        return None if "" in self.state.values else list(self.state.values)

    def restore(self, answer: Any) -> None:
        """Take an earlier answer back."""
        self.state = Chosen(tuple(map(str, answer)))


class ForEachInput(Choices):
    """A row of options for each request, below the policies that apply."""

    noun = ""

    def __init__(self, task: Any) -> None:
        self.task, self._decisions = task, task.decisions(task.world())
        self._folds = _folds(task.questions, self._decisions)
        super().__init__(f"{self.noun} {number}" for number, _ in enumerate(task.questions, 1))

    def controls(self) -> dict[str, str]:
        """Return the requests, each with its options."""
        parts = {"policies": self._folds}
        rows = zip(self.names, self.task.questions, self.state.values, self._decisions, strict=True)
        for number, (name, question, value, decision) in enumerate(rows, 1):
            first = f"{number}. " if len(self.names) > 1 else ""
            parts[name] = self.row(name, f"{first}{question}", value, decision)
        return parts

    def row(self, name: str, label: str, value: str, decision: Decision) -> str:
        """Return the options of a request."""
        raise NotImplementedError


def _folds(questions: Iterable[Question], decisions: Iterable[Decision]) -> str:
    """Write the statements of the policies that apply to each caller."""
    made: dict[str, Decision] = {}
    for question, decision in zip(questions, decisions, strict=True):
        known = made.setdefault(question.caller, decision)
        if len(decision.trace.matches) > len(known.trace.matches):
            made[question.caller] = decision
    return "".join(
        html.statements(decision, is_open=len(made) == 1, of=caller if len(made) > 1 else "")
        for caller, decision in made.items()
    )


class VerdictInput(ForEachInput):
    """One row of options for each request, and one confidence for all requests."""

    missing = "Not answered yet. Choose a verdict for each request, and how sure you are."
    noun = "verdict"

    def controls(self) -> dict[str, str]:
        """Return the requests, each with its options, and the confidence."""
        sure = self.said["confidence"]
        asked = html.segmented("confidence", "How sure are you?", CONFIDENCE, sure)
        return {**super().controls(), "sure": asked}

    def row(self, name: str, label: str, value: str, decision: Decision) -> str:  # noqa: ARG002
        """Return the verdicts."""
        return html.segmented(name, label, self.task.options, value)

    def change(self, name: str, value: Any) -> Chosen:
        """Choose a verdict."""
        return super().change(name, verdict_word(value))

    def read(self) -> Any:
        """Return the verdicts, if all are chosen and the confidence too."""
        return super().read() if self.said["confidence"] else None


class ExplainInput(ForEachInput):
    """A list of explanations for each request."""

    missing = "Not answered yet. Choose an explanation for each request."
    noun = "explanation"

    def __init__(self, task: Explain) -> None:
        self._options = task.options(task.world())
        super().__init__(task)

    def row(self, name: str, label: str, value: str, decision: Decision) -> str:
        """Return the explanations, and what is to explain."""
        text = escape(self.task.shows(decision))
        code = f'<div class="code">{text}</div>' if text else ""
        return html.choice(name, label, self._options, value) + code


class RequestInput(Choices):
    """Three lists: caller, action, resource."""

    missing = "Not answered yet. Choose a caller, an action and a resource."

    def __init__(self, task: Choosing) -> None:
        self._options = (task.callers, task.actions, task.resources)
        super().__init__(("caller", "action", "resource"))

    def controls(self) -> Mapping[str, str]:
        """Return the lists."""
        lists = zip(self.names, self._options, self.state.values, strict=True)
        own = (html.choice(name, name.capitalize(), known, value) for name, known, value in lists)
        return {"request": "".join(own)}


class NamesInput(Instrument[Chosen]):
    """A check box for each name."""

    missing = "Not answered yet. Tick at least one box."

    def __init__(self, task: Any, names: Iterable[str] = ()) -> None:
        self.names = list(names or task.candidates(task.world()))
        super().__init__(Chosen(()))

    def controls(self) -> Mapping[str, str]:
        """Return the boxes."""
        boxes = (html.tick(name, name, on=name in self.state.values) for name in self.names)
        return {"names": "".join(boxes)}

    def change(self, name: str, value: Any) -> Chosen:
        """Tick a box."""
        if name not in self.names:
            raise self.no_control(name)
        ticked = {*self.state.values, name} if value else {*self.state.values} - {name}
        return Chosen(tuple(own for own in self.names if own in ticked))

    def read(self) -> Any:
        """Return the ticked names."""
        return set(self.state.values) or None

    def restore(self, answer: Any) -> None:
        """Tick the names of an earlier answer."""
        self.state = Chosen(tuple(name for name in self.names if name in answer))


class MembershipInput(MembershipBoard):
    """The membership board, without a request."""

    missing = "Not answered yet. Change a membership."

    def __init__(self, task: Repair) -> None:
        super().__init__(task.world(), pairs=())

    def read(self) -> Any:
        """Return the edits."""
        return self.edits or None

    def restore(self, answer: Any) -> None:
        """Make the edits of an earlier answer."""
        for edit, group, user in answer:
            self.state = self.change(f"{user}{IN}{group}", edit == "add_user")


class ChoiceInput(NamesInput):
    """A check box for each choice of edits, and what each of them changes."""

    def __init__(self, task: Repair) -> None:
        self._choices = task.editor.choices
        super().__init__(task, self._choices)

    def controls(self) -> Mapping[str, str]:
        """Return the boxes, and what they change."""
        texts = ("\n".join([f"# {name}", *in_words(own)]) for name, own in self._choices.items())
        calls = html.fold("What each choice changes", "".join(map(html.paragraph, texts)))
        return {**super().controls(), "calls": calls}

    def read(self) -> Any:
        """Return the edits, in the order of the boxes."""
        return [edit for name in self.state.values for edit in self._choices[name]] or None

    def restore(self, answer: Any) -> None:
        """Tick the boxes whose edits are in an earlier answer."""
        edits = [list(edit) for edit in answer]
        choices = self._choices.items()
        super().restore([name for name, own in choices if all(list(e) in edits for e in own)])


class VersionInput(Choices):
    """The versions of each customer managed policy, to read and to choose from."""

    missing = "Not answered yet. Choose another version."

    def __init__(self, task: Repair) -> None:
        self._world = task.world()
        accounts = self._world.accounts.values()
        self._policies = {own.name: own for each in accounts for own in each.policies.values()}
        self._start = tuple(own.default_version_id for own in self._policies.values())
        super().__init__(self._policies, self._start)

    def controls(self) -> Mapping[str, str]:
        """Return the documents, and a list of versions for each policy."""
        parts = {}
        for (name, policy), value in zip(self._policies.items(), self.state.values, strict=True):
            documents = "".join(
                html.fold(f"{name} {version}", html.paragraph(document.text))
                for version, document in policy.versions.items()
            )
            label = f"Default version of {name}"
            parts[name] = documents + html.choice(name, label, list(policy.versions), value)
        return parts

    def read(self) -> Any:
        """Return the edits."""
        chosen = zip(self.names, self.state.values, self._start, strict=True)
        edits = [("set_default_version", name, now) for name, now, old in chosen if now != old]
        return edits or None

    def restore(self, answer: Any) -> None:
        """Choose the versions of an earlier answer."""
        for _, name, version in answer:
            self.state = self.change(name, version)


class StatementInput(StatementStack):
    """The statements of the stack, each with a switch."""

    missing = "Not answered yet. Switch at least one statement off."

    def __init__(self, task: Repair) -> None:
        _, user, policy_name = task.editor.name.split()
        super().__init__(task.world(), user, policy_name, movable=False)

    def read(self) -> Any:
        """Return the edit."""
        kept = " ".join(self.state.order)
        return [("arrange", self.user, self.policy_name, kept)] if self.state.off else None

    def restore(self, answer: Any) -> None:
        """Switch off what an earlier answer left out."""
        ((*_, kept),) = answer
        off = tuple(sorted(set(self.state.statements) - set(kept.split())))
        self.state = replace(self.state, off=off)


class PolicyInput(Choices):
    """A text field for a policy document."""

    missing = "Not answered yet. Write the statement."

    def __init__(self, task: Write) -> None:
        self._label = f"{str(task.place).capitalize()}, as JSON"
        self._start = TEMPLATE  # the field's part stays as it is while one types
        super().__init__(["policy"], (TEMPLATE,))

    def controls(self) -> Mapping[str, str]:
        """Return the field."""
        return {"policy": html.text_field("policy", self._label, self._start, rows=12)}

    def read(self) -> Any:
        """Return the text."""
        text = self.state.values[0].strip()
        return None if text in ("", TEMPLATE) else text

    def restore(self, answer: Any) -> None:
        """Show the document of an earlier answer."""
        self._start = answer if isinstance(answer, str) else json.dumps(answer, indent=2)
        self.state = Chosen((self._start,))


_STATEMENT = {"Effect": "...", "Action": "...", "Resource": "..."}
TEMPLATE = json.dumps({"Version": "2012-10-17", "Statement": [_STATEMENT]}, indent=2)


class BreakRequestInput(RequestInput):
    """A request on which the belief and AWS must disagree, and the policies that apply to it."""

    def __init__(self, task: Break) -> None:
        super().__init__(task)
        world = task.world()
        requests = [Question(own, task.actions[0], task.resources[0]) for own in task.callers]
        self._folds = _folds(requests, [own.ask(world) for own in requests])

    def controls(self) -> Mapping[str, str]:
        """Return the policies and the lists."""
        return {"policies": self._folds, **super().controls()}


def break_input(task: Break) -> BreakInput | BreakRequestInput:
    """Return the instrument for a request, with the stack if the exercise has one."""
    return BreakInput(task) if task.user else BreakRequestInput(task)


class BreakInput(StatementStack):
    """The stack, and a request on which the belief and AWS must disagree."""

    missing = RequestInput.missing

    def __init__(self, task: Break) -> None:
        self.request = RequestInput(task)
        super().__init__(task.world(), task.user, task.policy_name)

    def controls(self) -> Mapping[str, str]:
        """Return the stack and the lists."""
        return {**super().controls(), **self.request.controls()}

    def set(self, name: str, value: Any) -> None:
        """Choose a part of the request, or switch a statement."""
        if name in self.request.names:
            self.request.set(name, value)
            self.changed()
        else:
            super().set(name, value)

    def read(self) -> Any:
        """Return the order and the request."""
        chosen = self.request.read()
        return None if chosen is None else [self.state.order, *chosen]

    def restore(self, answer: Any) -> None:
        """Bring the statements into an earlier order, and choose its request."""
        order, *request = answer
        off = tuple(sid for sid in self.state.statements if sid not in order)
        self.state = replace(self.state, statements=(*order, *off), off=tuple(sorted(off)))
        self.request.restore(request)


def movers(name: str, text: str) -> str:
    """Write the two buttons that move a step."""
    up = html.button(f"up {name}", "▲", small=True, label=f"Move {text} up")
    return up + html.button(f"down {name}", "▼", small=True, label=f"Move {text} down")


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
        return tuple((name, _text(own)) for name, own in {**head, **values}.items())

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
            texts = {_text(value): shorten(_text(value), 60) for value in known.get(name, ())}
            field = f"{name} {key}", name
            own += html.choice(*field, texts, text) if texts else html.text_field(*field, text)
        remove = html.button(f"remove {key}", "✕", small=True, label=f"Remove call {number}")
        head = f'<div class="row">{movers(key, f"call {number}")}{remove}<b>Call {number}</b></div>'
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
        return next((value for value in values if _text(value) == text), text)

    def restore(self, answer: Any) -> None:
        """Show the calls of an earlier answer."""
        self.state = Rows(tuple(self._row(n, **call) for n, call in enumerate(answer, 1)))


def _only(values: Any) -> Any:
    return values[0] if len(values) == 1 else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


_EDITORS: dict[str, Any] = {
    "choices": ChoiceInput,
    "memberships": MembershipInput,
    "statements": StatementInput,
    "versions": VersionInput,
}


def repair_input(task: Repair) -> Any:
    """Return the instrument that changes what a repair is about."""
    return _EDITORS[task.editor.name.split()[0]](task)
