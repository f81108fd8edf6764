"""The instruments in which a learner answers an exercise: one for each kind of exercise.

Each has ``read()``, which returns the answer or ``None``; ``restore()``, which takes an earlier
answer back; and ``missing``, the text for a card without an answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.teach.checks import NO_REQUEST
from iamlab.teach.edits import in_words
from iamlab.teach.places import held
from iamlab.widgets import controls as html
from iamlab.widgets.instrument import Instrument
from iamlab.widgets.instruments.switches import IN, MembershipBoard, StatementStack
from iamlab.widgets.prediction import CONFIDENCE, verdict_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.engine.decision import Decision
    from iamlab.teach.checks import Repair
    from iamlab.teach.exercises import Choosing, Question
    from iamlab.teach.explain import Break
    from iamlab.teach.write import Write


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen in each control, in their order; ``""`` is not chosen yet."""

    values: tuple[str, ...]


class Choices(Instrument[Chosen]):
    """Controls with one value each."""

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
        world = task.world()
        self.task, self._decisions = task, task.decisions(world)
        self._folds = _folds(task.questions, self._decisions) * getattr(world, "on_cards", True)
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
    made: dict[str, list[Decision]] = {}
    for question, decision in zip(questions, decisions, strict=True):
        made.setdefault(question.caller, []).append(decision)
    seen, several = dict[tuple[str, str], str](), len(made) > 1
    return "".join(
        html.statements(*own, is_open=not several, of=caller * several, seen=seen)
        for caller, own in made.items()
    )


class VerdictInput(ForEachInput):
    """One row of options for each request, and one confidence for all requests."""

    missing = "Not answered yet. Choose a verdict for each request, and how sure you are."
    noun = "verdict"

    def controls(self) -> dict[str, str]:
        """Return the requests, each with its options, and the confidence."""
        control, legend, sure = "confidence", "How sure are you?", self.said["confidence"]
        return {**super().controls(), "sure": html.segmented(control, legend, CONFIDENCE, sure)}

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

    def row(self, name: str, label: str, value: str, decision: Decision) -> str:
        """Return the explanations, and what is to explain."""
        options = self.task.options(self._decisions if self.task.asks == "layer" else [decision])
        text = getattr(decision, self.task.shows) if self.task.shows else ""
        code = f'<div class="code">{escape(text)}</div>' if text else ""
        return html.choice(name, label, options, value) + code


ACCEPTED = ("", "", "-")
"""The values if there is no request with the property."""


class RequestInput(Choices):
    """Three lists: caller, action, resource."""

    missing = "Not answered yet. Choose a caller, an action and a resource."

    def __init__(self, task: Choosing) -> None:
        self._options = (task.callers, task.actions, task.resources)
        self._can_accept = bool(getattr(task, "before", ""))
        super().__init__(("caller", "action", "resource"))

    def controls(self) -> Mapping[str, str]:
        """Return the lists, and a box if the answer can be that there is no such request."""
        lists = zip(self.names, self._options, self.state.values, strict=True)
        own = (html.choice(name, name.capitalize(), known, value) for name, known, value in lists)
        accept = html.tick("accept", NO_REQUEST, on=self.accepts) if self._can_accept else ""
        return {"request": "".join(own) + accept}

    @property
    def accepts(self) -> bool:
        """Whether the answer is that there is no such request."""
        return self.state.values == ACCEPTED

    def change(self, name: str, value: Any) -> Chosen:
        """Choose a value; or tick the box, which empties the lists."""
        if name == "accept" and self._can_accept:
            return Chosen(ACCEPTED if value else ("",) * len(self.names))
        self.state = Chosen(("",) * len(self.names) if self.accepts else self.state.values)
        return super().change(name, value)

    def read(self) -> Any:
        """Return the request, or an empty list."""
        return [] if self.accepts else super().read()

    def restore(self, answer: Any) -> None:
        """Take an earlier answer back."""
        self.state = Chosen(tuple(answer) or ACCEPTED)


class NamesInput(Instrument[Chosen]):
    """A check box for each name."""

    missing = "Not answered yet. Tick at least one box."

    def __init__(self, task: Any, names: Iterable[str] = ()) -> None:
        self.names = list(names or task.collection(task.world()))
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
        """Return the boxes, and what they change, unless an edit has only a name."""
        made = {n: in_words(own) for n, own in self._choices.items() if "contain" not in own[0]}
        inside = "".join(html.paragraph("\n".join([f"# {n}", *made[n]])) for n in made)
        calls = inside and html.fold("What each choice changes", inside)
        return {**super().controls(), "calls": calls}

    def read(self) -> Any:
        """Return the edits, in the order of the boxes."""
        return [edit for name in self.state.values for edit in self._choices[name]] or None

    def restore(self, answer: Any) -> None:
        """Tick the boxes whose edits are in an earlier answer."""
        edits = [list(edit) for edit in answer]
        super().restore([n for n, o in self._choices.items() if all(list(e) in edits for e in o)])


class VersionInput(Choices):
    """The versions of each customer managed policy, to read and to choose from."""

    missing = "Not answered yet. Choose another version."

    def __init__(self, task: Repair) -> None:
        self._policies = held(task.world(), "policies")
        self._start = tuple(own.default_version_id for own in self._policies.values())
        super().__init__(self._policies, self._start)

    def controls(self) -> Mapping[str, str]:
        """Return the documents, and a list of versions for each policy."""
        parts = {}
        for (name, policy), value in zip(self._policies.items(), self.state.values, strict=True):
            texts = {key: html.paragraph(own.text) for key, own in policy.versions.items()}
            documents = "".join(html.fold(f"{name} {key}", own) for key, own in texts.items())
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
        return {"policy": html.text_area("policy", self._label, self._start, 12)}

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
        requests = list(replace(task, actions=task.actions[:1]).offered())
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


def repair_input(task: Repair) -> Any:
    """Return the instrument that changes what a repair is about."""
    made: dict[str, Any] = {"choices": ChoiceInput, "memberships": MembershipInput}
    made |= {"statements": StatementInput, "versions": VersionInput}
    return made[task.editor.name.split()[0]](task)
