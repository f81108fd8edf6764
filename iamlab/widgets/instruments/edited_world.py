"""Instruments whose policies are edited, and the matrix board: who can do what, as a table.

An edited world has one copy of a world. For each state, only the policies that differ are replaced:
new documents, and statements that are switched off.

The cells of the board are shown, or with ``predict_first`` predicted one by one, and again after
each change. It marks the cells that changed, and those that differ from a target.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.authorization.principal import principal_of
from iamlab.display import count
from iamlab.engine.verdict import Verdict
from iamlab.errors import ExerciseError, MalformedPolicyDocument, did_you_mean, noted
from iamlab.operations.policy_documents import absent
from iamlab.policy.document import Policy
from iamlab.view.figures.names import short_name
from iamlab.view.style import look
from iamlab.widgets import choices
from iamlab.widgets import controls as html
from iamlab.widgets.instrument import Instrument
from iamlab.widgets.prediction import Prediction, fits, verdict_word
from iamlab.world.policy_places import PolicyPlace, arranged, policy_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.engine.matrix import AccessMatrix
    from iamlab.world.world import World

Edits = tuple[tuple[str, str, str], ...]
"""Each is a policy, ``""`` and its new document, or a policy and a statement that is off."""
MOST = 12
"""The most principals that are shown at once."""


@dataclass(frozen=True, slots=True)
class Editing:
    """The edits of policies, the policy to change, and its document as it was typed."""

    edits: Edits = ()
    policy: str = ""
    text: str = ""


Edited = TypeVar("Edited", bound=Editing)


class EditedWorld(Instrument[Edited]):
    """A copy of a world whose policies are edited, each named as ``policy_places`` names it.

    Its controls are ``policy``, and for the chosen policy ``on`` with a statement, ``text``,
    ``apply`` and ``undo``.

    Parameters
    ----------
    world
        The world, which doesn't change.
    """

    lists_statements = True
    """Whether the statements of the chosen policy are listed, each with its switch."""

    def __init__(self, world: World, state: Edited, **more: Any) -> None:
        self._world, self._now = world.copy(), Edits()
        self.places, self._first = dict[str, PolicyPlace](), dict[str, Policy]()
        for name, place, document in policy_places(self._world):
            self.places[name], self._first[name] = place, document
        self.policy = lru_cache(1024)(self._policy)
        super().__init__(state, **more)

    def world(self) -> World:
        """Return a copy of the world with the policies as shown."""
        return self.at(self.state.edits).copy()

    def _policy(self, name: str, edits: Edits, *, whole: bool = False) -> Policy:
        """Return a policy with its edits; the whole one has the statements that are off too.

        Raises
        ------
        ExerciseError
            The policy doesn't exist.
        """
        if name not in self.places:
            error = ExerciseError(f"The world has no policy {name!r} to change.")
            raise noted(error, did_you_mean(name, self.places))
        own = {label: text for policy, label, text in edits if policy == name}
        policy = self._first[name]
        if text := own.pop("", ""):
            policy = Policy.parse(text, name=policy.name)
        kept = [each.label for each in policy.statements if each.label not in own]
        return policy if whole or not own else arranged(policy, kept)

    def at(self, edits: Edits) -> World:
        """Return the copy of the world with these edits; it changes at the next call."""
        if edits != self._now:
            for name in dict.fromkeys(own[0] for own in (*self._now, *edits)):
                self.places[name].put(self.policy(name, edits))
            self._world.changed()
        self._now = edits
        return self._world

    def applied(self, edits: Edits, name: str, text: str) -> Edits:
        """Return the edits with a new document of a policy.

        Raises
        ------
        PolicyError, MalformedPolicyDocument
            AWS wouldn't save it, for example because a principal doesn't exist.
        """
        policy = Policy.parse(text, name=self.policy(name, edits).name)
        policy.validate(self.places[name].policy_type, self.places[name].service)
        for kind, value, note in absent(policy, self._world):
            error = MalformedPolicyDocument(f'Invalid principal in policy: "{kind}":"{value}"')
            raise noted(error, note)
        return tuple(sorted([*(own for own in edits if own[0] != name), (name, "", text)]))

    def switched(self, edits: Edits, name: str, label: str, *, on: bool) -> Edits:
        """Return the edits with a statement switched on or off.

        Raises
        ------
        ExerciseError
            The statement doesn't exist.
        """
        arranged(self.policy(name, edits, whole=True), [label])
        others = [own for own in edits if own[:2] != (name, label)]
        return tuple(sorted(others if on else [*others, (name, label, "")]))

    def change(self, name: str, value: Any) -> Edited:
        """Choose a policy, edit it, or switch one of its statements."""
        own, (kind, _, which) = self.state, name.partition(" ")
        if name == "policy" and value in self.places:
            return replace(own, policy=value, text="")
        if name == "text" and own.policy:
            return replace(own, text=str(value))
        if name == "apply" and own.policy and own.text:
            return replace(own, edits=self.applied(own.edits, own.policy, own.text), text="")
        if name == "undo" and own.policy:
            edits = tuple(each for each in own.edits if each[0] != own.policy)
            return replace(own, edits=edits, text="")
        if kind == "on" and which and own.policy:
            return replace(own, edits=self.switched(own.edits, own.policy, which, on=bool(value)))
        raise self.no_control(name)

    def controls(self) -> dict[str, str]:
        """Return the list of policies, and of the chosen one its statements and its document."""
        name, edits, text = self.state.policy, self.state.edits, self.state.text
        chosen = html.choice("policy", "Policy to change", list(self.places), name)
        if not name:
            return {"policy": chosen}
        policy = self.policy(name, edits, whole=True)
        for each in policy.statements if self.lists_statements else ():
            words = f"{each.effect} {each.label}: {html.in_words(each)}"
            chosen += html.tick(f"on {each.label}", words, on=(name, each.label, "") not in edits)
        if any(edit[0] == name for edit in edits):
            chosen += html.button("undo", "Undo the changes of this policy")
        field = html.text_area("text", f"Document of {name}", text or policy.text, 12)
        editor = html.fold("Edit its JSON", field + html.button("apply", "Apply"))
        return {"policy": chosen, "text": editor}


@dataclass(frozen=True, slots=True)
class Board(Editing):
    """The first row, the edits of policies, and the predictions.

    Parameters
    ----------
    answers, shown
        Cells with their predictions, and the first row of the verdicts that are shown.
    """

    first: int = 0
    answers: tuple[tuple[str, str], ...] = ()
    shown: int = -1


class MatrixBoard(EditedWorld[Board]):
    """Who can do what: principals as rows, requests as columns, and policies to change.

    Its controls are ``policy``, ``on`` with a statement (``set("on KeepMaps", False)``), ``text``,
    ``apply`` and ``undo`` for a policy; ``first``, the number of the first row; and for predictions
    ``cell 0 1``, with the numbers of a row and a column, and ``reveal``.

    Parameters
    ----------
    world
        The world with the policies. The board doesn't change it.
    principals, requests
        The rows, and the (action, resource) pairs of the columns.
    target
        The access to reach: what ``World.access_matrix`` returns.
    more
        ``predict_first``: whether the verdicts are hidden until they are predicted.

    Examples
    --------
    >>> from iamlab.widgets import matrix_board
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> requests = [("s3:GetObject", MAP), ("s3:DeleteObject", MAP)]
    >>> board = matrix_board(scenario("groups"), ["alice", "dana"], requests)
    >>> board.set("policy", "group contractors: guard")
    >>> board.set("on KeepMaps", False)
    >>> board.notes("cell 1 1")
    {'changed': 'changed from explicit deny'}
    """

    title = "The matrix board"
    question = "Who can do what?"

    def __init__(
        self,
        world: World,
        principals: Sequence[Caller],
        requests: Sequence[tuple[str, str]],
        target: AccessMatrix | None = None,
        **more: Any,
    ) -> None:
        if not principals or not requests:
            raise ExerciseError("A matrix board needs at least one principal and one request.")
        self._callers, self._requests = list(principals), list(requests)
        self._columns = list(choices.requests(requests).values())
        self._decided = lru_cache(64)(self._decide)
        arns = [principal_of(world, caller).arn for caller in principals]
        self.names, wanted = [short_name(arn)[0] for arn in arns], set(target or ())
        self._target = {
            f"cell {row} {column}": (arn, *pair) in wanted
            for row, arn in enumerate(arns)
            for column, pair in enumerate(requests)
            if target and arn in target.principals and pair in target.pairs
        }
        self.offered = {"first": choices.pages(self.names, MOST)}
        super().__init__(world, Board(), **more)

    def verdicts(self) -> dict[str, Verdict]:
        """Return the cells that are shown with their verdicts; none before a prediction."""
        hidden = self.predict_first and self.state.shown != self.state.first
        return {} if hidden else {cell: own.verdict for cell, own in self._cells().items()}

    def _cells(self) -> dict[str, Decision]:
        return self._decided(self.state.first, self.state.edits)

    def _decide(self, first: int, edits: Edits) -> dict[str, Decision]:
        world, callers = self.at(edits), enumerate(self._callers)
        return {
            f"cell {row} {column}": world.can(caller, *pair)
            for row, caller in list(callers)[first:][:MOST]
            for column, pair in enumerate(self._requests)
        }

    def notes(self, cell: str) -> dict[str, str]:
        """Return the facts about a cell that is shown, each with its words in the table."""
        if (verdict := self.verdicts().get(cell)) is None:
            return {}
        before = self._decided(self.state.first, ())[cell].verdict
        found, is_allowed = {}, verdict is Verdict.ALLOWED
        if answer := dict(self.state.answers).get(cell):
            is_right = fits(answer, verdict)
            found["as predicted" if is_right else "different"] = f"you predicted: {answer}"
        if verdict is not before:
            found["changed"] = f"changed from {before}"
        if cell in self._target and self._target[cell] is is_allowed:
            found["as in the target"] = ""
        elif cell in self._target:
            found["not as in the target"] = f"target: {'denied' if is_allowed else 'allowed'}"
        return found

    def _summary(self) -> str:
        cells, answers = self.verdicts(), self.state.answers
        if not cells:
            return f"Cells predicted: {len(answers)}."
        kinds = [kind for cell in cells for kind in self.notes(cell)]
        found = [f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds))]
        return f"Of {count(len(cells), 'cell')}: {', '.join(found) or 'nothing changed'}."

    def controls(self) -> dict[str, str]:
        """Return the table, and the policy that is edited."""
        first = self.chooser("first", "Principals") * (len(self.names) > MOST)
        reveal = html.button("reveal", "Show what AWS decides", main=True)
        return {
            "first": first,
            "board": self._table(),
            "facts": html.paragraph(self._summary()),
            "reveal": reveal * (not self.verdicts()),
            **super().controls(),
        }

    def _table(self) -> str:
        rows = []
        for row, name in list(enumerate(self.names))[self.state.first :][:MOST]:
            cells = (self._cell(name, row, column) for column in range(len(self._columns)))
            rows.append([escape(name), *cells])
        return html.table("Access", ["", *map(escape, self._columns)], rows)

    def _cell(self, name: str, row: int, column: int) -> str:
        cell, label = f"cell {row} {column}", f"{name}: {self._columns[column]}"
        if not self.verdicts():
            answer = dict(self.state.answers).get(cell, "")
            return html.choice(cell, label, self.options, answer, bare=True)
        notes = "".join(f"<br><small>{own}</small>" for own in self.notes(cell).values() if own)
        return html.badge(look(self.verdicts()[cell])) + notes

    def change(self, name: str, value: Any) -> Board:
        """Change a policy, or predict a cell."""
        own, verdicts = self.state, self.verdicts()
        if name in self._cells() and not verdicts:
            return _predicted(own, {name: verdict_word(value)})
        edited = super().change(name, value)
        # The verdicts so far are the next predictions.
        known = {cell: str(each) for cell, each in verdicts.items() if self.predict_first}
        return edited if edited.edits == own.edits else _predicted(edited, known)

    def _commit(self) -> None:
        known, cells = dict(self.state.answers), self._cells()
        if self.verdicts() or not cells.keys() <= known.keys():
            raise ExerciseError("First predict each cell. A guess costs nothing.")
        self.state = replace(self.state, shown=self.state.first)
        for cell, decision in cells.items():
            self.keep(Prediction(known[cell], "", decision))


def _predicted(board: Board, cells: dict[str, str]) -> Board:
    answers = {**dict(board.answers), **cells}
    return replace(board, answers=tuple(sorted(answers.items())), shown=-1)
