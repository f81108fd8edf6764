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
from iamlab.widgets import choices
from iamlab.widgets import controls as parts
from iamlab.widgets.instruments.edited_world import EditedWorld, Editing, Edits
from iamlab.widgets.prediction import Prediction, fits, verdict_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
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
        reveal = parts.button("reveal", "Show what AWS decides", main=True)
        return {
            "first": first,
            "board": self._table(),
            "facts": parts.paragraph(self._summary()),
            "reveal": reveal * (not self.verdicts()),
            **super().controls(),
        }

    def _table(self) -> str:
        rows = []
        for row, name in list(enumerate(self.names))[self.state.first :][:MOST]:
            cells = (self._cell(name, row, column) for column in range(len(self._columns)))
            rows.append([escape(name), *cells])
        return parts.table("Access", ["", *map(escape, self._columns)], rows)

    def _cell(self, name: str, row: int, column: int) -> str:
        cell, label = f"cell {row} {column}", f"{name}: {self._columns[column]}"
        if not self.verdicts():
            answer = dict(self.state.answers).get(cell, "")
            return parts.choice(cell, label, self.options, answer, bare=True)
        notes = "".join(f"<br><small>{own}</small>" for own in self.notes(cell).values() if own)
        return parts.badge(look(self.verdicts()[cell])) + notes

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


matrix_board = MatrixBoard
