"""The matrix board: who can do what, as a table, while policies change.

Its cells are shown, or with ``predict_first`` predicted one by one, and again after each change. It
marks the cells that changed, and those that differ from a target.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.display import count
from iamlab.engine.verdict import Verdict
from iamlab.errors import ExerciseError
from iamlab.view.figures.names import short_name
from iamlab.view.style import look
from iamlab.widgets import controls as parts
from iamlab.widgets.instrument import Instrument
from iamlab.widgets.instruments.edited_world import EditedWorld, Editing, Edits
from iamlab.widgets.prediction import Prediction, fits, verdict_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.engine.matrix import AccessMatrix
    from iamlab.world.world import World

MOST = 12
"""The most principals that are shown at once."""


@dataclass(frozen=True, slots=True)
class Board(Editing):
    """The first row, the edits of policies, and the predictions.

    Parameters
    ----------
    answers, shown
        Cells with their predictions, and whether the verdicts are shown.
    """

    first: int = 0
    answers: tuple[tuple[str, str], ...] = ()
    shown: bool = False


class MatrixBoard(Instrument[Board]):
    """Principals as rows, requests as columns.

    Its controls are ``policy``, ``on`` with a statement (``set("on KeepMaps", False)``), ``text``,
    ``apply`` and ``undo`` for a policy; ``first``, the number of the first row; and for predictions
    ``cell 0 1``, with the numbers of a row and a column, and ``show``.

    Parameters
    ----------
    world
        The world with the policies. The board doesn't change it.
    principals, requests
        The rows, and the (action, resource) pairs of the columns.
    target
        The access to reach: what ``World.access_matrix`` returns.
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
        self._edited, self._decided = EditedWorld(world), lru_cache(64)(self._decide)
        arns = [principal_of(world, caller).arn for caller in principals]
        self.names, wanted = [short_name(arn)[0] for arn in arns], set(target or ())
        self._target = {
            f"cell {row} {column}": (arn, *pair) in wanted
            for row, arn in enumerate(arns)
            for column, pair in enumerate(requests)
            if target and arn in target.principals and pair in target.pairs
        }
        super().__init__(Board(), **more)

    def world(self) -> World:
        """Return a copy of the world with the policies as shown."""
        return self._edited.at(self.state.edits).copy()

    def verdicts(self) -> dict[str, Verdict]:
        """Return the cells that are shown with their verdicts; none before a prediction."""
        hidden = self.predict_first and not self.state.shown
        return {} if hidden else self._decided(self.state.first, self.state.edits)

    def _decide(self, first: int, edits: Edits) -> dict[str, Verdict]:
        world, callers = self._edited.at(edits), self._callers[first:][:MOST]
        actions, resources = (list(dict.fromkeys(own)) for own in zip(*self._requests, strict=True))
        matrix = world.access_matrix(actions, resources, callers)
        return {
            f"cell {first + row} {column}": Verdict.ALLOWED
            if matrix.allowed(row, matrix.pairs.index(pair))
            else world.can(caller, *pair).verdict
            for row, caller in enumerate(callers)
            for column, pair in enumerate(self._requests)
        }

    def notes(self, cell: str) -> dict[str, str]:
        """Return the facts about a cell that is shown, each with its words in the table."""
        verdict, before = self.verdicts().get(cell), self._decided(self.state.first, ()).get(cell)
        found, is_allowed = {}, verdict is Verdict.ALLOWED
        if verdict is None:
            return {}
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

    def controls(self) -> Mapping[str, str]:
        """Return the table, and the policy that is edited."""
        own, found = self.state, {}
        if len(self.names) > MOST:
            rows = {str(n): f"from {self.names[n]}" for n in range(0, len(self.names), MOST)}
            found["first"] = parts.choice("first", "Principals", rows, str(own.first))
        found |= {"board": self._table(), "facts": parts.paragraph(self._summary())}
        if not self.verdicts():
            found["show"] = parts.button("show", "Show what AWS decides", main=True)
        return found | self._edited.controls(own)

    def _table(self) -> str:
        heads, places = [""], range(len(self._requests))
        for action, resource in self._requests:
            on = f'<br><span class="pale">{escape(short_name(resource)[0])}</span>'
            heads.append(f"{escape(action)}{on}")
        rows = (
            [escape(self.names[row]), *(self._cell(row, column) for column in places)]
            for row in range(len(self.names))[self.state.first :][:MOST]
        )
        return parts.table("Access", heads, rows)

    def _cell(self, row: int, column: int) -> str:
        cell, (action, resource) = f"cell {row} {column}", self._requests[column]
        if not self.verdicts():
            label = f"{self.names[row]}: {action} on {short_name(resource)[0]}"
            answer = dict(self.state.answers).get(cell, "")
            return parts.choice(cell, label, self.options, answer, bare=True)
        notes = "".join(f"<br><small>{own}</small>" for own in self.notes(cell).values() if own)
        return parts.badge(look(self.verdicts()[cell])) + notes

    def change(self, name: str, value: Any) -> Board:
        """Change a policy, go to other rows, or predict."""
        own = self.state
        if name == "first" and str(value) in map(str, range(0, len(self.names), MOST)):
            return replace(own, first=int(value), shown=False)
        if (edited := self._edited.changed(own, name, value)) is not None:
            return edited if edited.edits == own.edits else self._with(edited)
        if name not in ("show", *self._decided(own.first, own.edits)) or self.verdicts():
            raise self.no_control(name)
        return self._predicted(name, value)

    def press(self, name: str) -> None:
        """Press a button; the predictions of the cells that it shows are kept."""
        super().press(name)
        world, shown = self._edited.at(self.state.edits), self.verdicts()
        for cell, answer in self.state.answers if name == "show" else ():
            if cell in shown:
                row, column = map(int, cell.split()[1:])
                decision = world.can(self._callers[row], *self._requests[column])
                self.keep(Prediction(answer, "", decision))

    def _predicted(self, name: str, value: Any) -> Board:
        own, known = self.state, dict(self.state.answers)
        if name != "show":
            return replace(own, answers=tuple(sorted({**known, name: verdict_word(value)}.items())))
        if not self._decided(own.first, own.edits).keys() <= known.keys():
            raise ExerciseError("First predict each cell. A guess costs nothing.")
        return replace(own, shown=True)

    def _with(self, edited: Board) -> Board:
        """Return the edited state; the verdicts so far are the next predictions."""
        known = dict(self.state.answers)
        if self.predict_first:
            known |= {cell: str(verdict) for cell, verdict in self.verdicts().items()}
        return replace(edited, answers=tuple(sorted(known.items())), shown=False)


def matrix_board(
    world: World,
    principals: Sequence[Caller],
    requests: Sequence[tuple[str, str]],
    target: AccessMatrix | None = None,
    **more: Any,
) -> MatrixBoard:
    """Show who can do what as a table, with policies to change. The world doesn't change.

    Parameters
    ----------
    world
        The world in which the board begins.
    principals, requests
        The rows, and the (action, resource) pairs of the columns.
    target
        The access to reach: what ``World.access_matrix`` returns.
    more
        ``predict_first``: whether the verdicts are hidden until they are predicted.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> requests = [("s3:GetObject", MAP), ("s3:DeleteObject", MAP)]
    >>> board = matrix_board(scenario("groups"), ["alice", "dana"], requests)
    >>> board.set("policy", "group contractors: guard")
    >>> board.set("on KeepMaps", False)
    >>> board.notes("cell 1 1")
    {'changed': 'changed from explicit deny'}
    """
    return MatrixBoard(world, principals, requests, target, **more)
