"""The membership board: who is in which group, as check boxes that can be changed.

Only the memberships and what follows from them without a verdict (which policies reach somebody)
are shown at once. The verdict of the board's question is held back until it has been predicted,
anew after each change.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import ipywidgets as widgets

from iamlab.errors import ExerciseError
from iamlab.teach.edits import apply_edits
from iamlab.teach.marks import COARSE, CONFIDENCE, FINE
from iamlab.teach.predictions import commit
from iamlab.view.widgets import LONG, Card, button, on_click, pick, say, tick, write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamlab.teach.edits import Edit
    from iamlab.world.world import World


class MembershipGrid(widgets.VBox):
    """A check box for each user and group.

    Parameters
    ----------
    world
        The world as it is; it is not changed.
    on_change
        Called after each click.
    """

    def __init__(self, world: World, on_change: Callable[[], None] = lambda: None) -> None:
        self.world = world
        self.boxes: dict[tuple[str, str], widgets.Checkbox] = {}
        rows = []
        for account in world.accounts.values():
            for user in account.users.values():
                for group in account.groups:
                    box = tick(f"{user.name} in {group}", value=group in user.groups, width="14em")
                    box.observe(lambda _: on_change(), names="value")
                    self.boxes[user.name, group] = box
                own = [self.boxes[user.name, group] for group in account.groups]
                rows.append(widgets.HBox(own, layout=widgets.Layout(flex_flow="row wrap")))
        super().__init__(rows)

    @property
    def edits(self) -> list[Edit]:
        """What is different from the world, as edits: those that leave a group first."""
        left: list[Edit] = []
        joined: list[Edit] = []
        for (user, group), box in self.boxes.items():
            member = group in self.world.user(user).groups
            if member and not box.value:
                left.append(("remove_user", group, user))
            if box.value and not member:
                joined.append(("add_user", group, user))
        return [*left, *joined]

    def changed_world(self) -> World:
        """Give a copy of the world with the boxes' memberships."""
        changed = self.world.copy()
        apply_edits(changed, self.edits)
        return changed


class MembershipBoard(Card):
    """The grid with one question below it, whose verdict must be predicted first."""

    def __init__(
        self,
        world: World,
        callers: Sequence[str],
        pairs: Sequence[tuple[str, str]],
        *,
        fine: bool,
        record: bool,
    ) -> None:
        self._record = record
        self.grid = MembershipGrid(world, self._changed)
        self.caller = widgets.Dropdown(
            options=list(callers), description="Caller", tooltip="Caller", style=LONG
        )
        labels = [f"{action} on {resource.rpartition(':')[2]}" for action, resource in pairs]
        self.pair = widgets.Dropdown(
            options=list(zip(labels, pairs, strict=True)),
            description="Request",
            tooltip="Request",
            style=LONG,
            layout=widgets.Layout(width="auto"),
        )
        self.answer = pick("I predict", FINE if fine else COARSE)
        self.confidence = pick("and it is", CONFIDENCE)
        self.show = button("Show the verdict", width="12em", main=True)
        self.policies = say(role="status")
        self.result = say(role="status")
        self.caller.observe(lambda _: self._changed(), names="value")
        self.pair.observe(lambda _: self._changed(), names="value")
        on_click(self.show, self._reveal, self.result)
        question = widgets.HBox([self.caller, self.pair])
        super().__init__(
            [
                self.grid,
                question,
                self.policies,
                self.answer,
                self.confidence,
                self.show,
                self.result,
            ]
        )
        self.add_class("iamlab-board")
        self._changed()

    def _changed(self) -> None:
        """Show what reaches the caller now, and hide the verdict until it is predicted again."""
        # First of all, so that no old verdict stands beside new boxes.
        write(self.result, "", role="status")
        self.answer.value = None
        world = self.grid.changed_world()
        reaching = [
            f"{attached.policy.name} ({attached.path[0] if attached.path else 'own'})"
            for attached in world.gather(world.user(self.caller.value)).identity
        ]
        write(
            self.policies,
            f"Policies that reach {escape(self.caller.value)}: "
            f"{escape(', '.join(reaching)) or 'none'}.",
            role="status",
        )

    def _reveal(self) -> None:
        if self.answer.value is None or self.confidence.value is None:
            text = "Predict first: choose a verdict, and say how sure you are."
            write(self.result, text, role="status")
            return
        world = self.grid.changed_world()
        action, resource = self.pair.value
        decision = world.can(world.user(self.caller.value), action, resource)
        prediction = commit(decision, self.answer.value, self.confidence.value, record=self._record)
        write(self.result, prediction.inner_html(), role="status")


def membership_board(
    world: World,
    callers: Sequence[str] | None = None,
    pairs: Sequence[tuple[str, str]] | None = None,
    *,
    fine: bool = True,
    record: bool = True,
) -> MembershipBoard:
    """Show who is in which group, to be changed by check boxes; the world itself stays as it is.

    Parameters
    ----------
    world
        Where it begins.
    callers
        Names of users to ask about; default: all.
    pairs
        (action, resource) pairs to ask about; default: reading, writing and deleting an object of
        the world's first bucket.
    fine
        Whether the prediction tells the two kinds of denial apart.
    record
        Whether to keep predictions in the progress file.
    """
    accounts = list(world.accounts.values())
    if len(accounts) != 1 or not accounts[0].users:
        raise ExerciseError("A membership board shows the users of one account; there are none.")
    names = callers or [name for account in accounts for name in account.users]
    bucket = next((name for account in accounts for name in account.buckets), "bucket")
    asked = pairs or [
        (action, f"arn:aws:s3:::{bucket}/m31.fits")
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    ]
    return MembershipBoard(world, names, asked, fine=fine, record=record)
