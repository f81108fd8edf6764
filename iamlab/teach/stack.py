"""The statement stack: move the statements of one policy up and down, or switch them off.

The card hides the verdict until the learner predicts it, again after each change. This shows which
changes matter and which don't.
"""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

import ipywidgets as widgets

from iamlab.errors import ExerciseError
from iamlab.teach.edits import arrange
from iamlab.teach.predict_first import PredictFirst
from iamlab.view.widgets import tick

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamlab.lab.world import World
    from iamlab.policy.statement import Statement

STACK_CLASS = "iamlab-stack"


class StackEditor(widgets.VBox):
    """The statements, each with a switch and two buttons.

    Parameters
    ----------
    world, user, policy_name
        The user with the inline policy, and its name. The editor doesn't change the world.
    on_change
        A function that is called after each click.
    movable
        Whether the learner can change the order.
    """

    def __init__(
        self,
        world: World,
        user: str,
        policy_name: str,
        on_change: Callable[[], None] = lambda: None,
        *,
        movable: bool = True,
    ) -> None:
        policy = world.user(user).inline.get(policy_name)
        if policy is None or not policy.statements:
            raise ExerciseError(f"{user} has no inline policy {policy_name!r} with statements.")
        self._world, self.user, self.policy_name = world, user, policy_name
        self._on_change = on_change
        self._movable = movable
        self.every = [statement.label for statement in policy.statements]
        self.place = list(self.every)
        self.switches = {
            statement.label: tick(
                f"{statement.label}: {in_words(statement)}", value=True, width="auto"
            )
            for statement in policy.statements
        }
        self.rows = {statement.label: self._row(statement) for statement in policy.statements}
        for switch in self.switches.values():
            switch.observe(lambda _: self._on_change(), names="value")
        super().__init__()
        self.add_class(STACK_CLASS)
        self._draw()

    def _row(self, statement: Statement) -> widgets.HBox:
        movers = []
        if self._movable:
            movers = [
                self._mover(statement.label, -1, "▲", "up"),
                self._mover(statement.label, +1, "▼", "down"),
            ]
        row = widgets.Layout(align_items="center")
        return widgets.HBox([*movers, self.switches[statement.label]], layout=row)

    def _mover(self, sid: str, by: int, sign: str, direction: str) -> widgets.Button:
        mover = widgets.Button(
            description=sign,
            tooltip=f"Move {sid} {direction}",
            layout=widgets.Layout(width="2.6em", min_width="2.6em", flex="0 0 auto"),
        )
        mover.on_click(lambda _: self.move(sid, by))
        return mover

    def move(self, sid: str, by: int) -> None:
        """Move a statement up (-1) or down (+1)."""
        old = self.place.index(sid)
        new = old + by
        if 0 <= new < len(self.place):
            self.place[old], self.place[new] = self.place[new], self.place[old]
            self._draw()
            # Drawing again removes the focus, so a keyboard user gets it back here.
            self.rows[sid].children[0 if by < 0 else 1].focus()
            self._on_change()

    def _draw(self) -> None:
        self.children = tuple(self.rows[sid] for sid in self.place)

    @property
    def order(self) -> list[str]:
        """The statements that are switched on, from the top."""
        return [sid for sid in self.place if self.switches[sid].value]

    def changed_world(self) -> World:
        """Return a copy of the world with the stack as shown."""
        changed = self._world.copy()
        arrange(changed.user(self.user), self.policy_name, self.order)
        return changed


def in_words(statement: Statement) -> str:
    """Return a statement as one line of text.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> in_words(scenario("stack").user("alice").inline["stack"].statements[1])
    'Deny s3:Delete* on star-maps/*'
    """
    actions = _listed(statement.action, statement.not_action)
    resources = _listed(statement.resource, statement.not_resource)
    return f"{statement.effect} {actions} on {resources}"


def _listed(values: tuple[str, ...] | None, exempt: tuple[str, ...] | None) -> str:
    shown = ", ".join(
        text.split(":", 5)[-1] if text.startswith("arn:") else text
        for text in values or exempt or ()
    )
    return f"all but {shown}" if exempt else shown


class StatementStack(PredictFirst):
    """The stack and a question. The learner predicts first, then sees the verdict."""

    def __init__(
        self,
        world: World,
        user: str,
        policy_name: str,
        pairs: Sequence[tuple[str, str]],
        *,
        fine: bool,
        record: bool,
    ) -> None:
        self.editor = StackEditor(world, user, policy_name, partial(_changed, self))
        super().__init__(self.editor, [user], pairs, fine=fine, record=record)

    def world(self) -> World:
        """Return the world with the stack as shown."""
        return self.editor.changed_world()

    def about(self, world: World) -> str:
        """Return the sentence that lists the statements in their order."""
        own = world.user(self.editor.user).inline[self.editor.policy_name]
        names = [statement.label for statement in own.statements]
        return f"From the top: {escape(', '.join(names)) or 'nothing, all are off'}."


def _changed(card: StatementStack) -> None:
    card.changed()


def statement_stack(
    world: World,
    user: str,
    policy_name: str,
    pairs: Sequence[tuple[str, str]],
    *,
    fine: bool = True,
    record: bool = True,
) -> StatementStack:
    """Show the statements of an inline policy, to move and to switch. The world doesn't change.

    Parameters
    ----------
    world
        The world in which the card begins.
    user, policy_name
        The user with the inline policy, and its name.
    pairs
        The (action, resource) pairs to choose from.
    fine
        Whether the prediction distinguishes explicit and implicit deny.
    record
        Whether to keep predictions in the progress file.
    """
    return StatementStack(world, user, policy_name, pairs, fine=fine, record=record)
