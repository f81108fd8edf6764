"""The membership board: check boxes that show and change who is in which group.

The board always shows the memberships and the policies that apply to the caller. It hides the
verdict until the learner has predicted it, again after each change.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import ipywidgets as widgets

from iamlab.authorization.principal import principal_of
from iamlab.deprecated import with_old_names
from iamlab.errors import ExerciseError
from iamlab.teach.edits import apply_edits
from iamlab.teach.predict_first import PredictFirst
from iamlab.view.widgets import tick

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamlab.lab.world import World
    from iamlab.teach.edits import Edit


class MembershipGrid(widgets.VBox):
    """A check box for each user and group.

    Parameters
    ----------
    world
        The world with the memberships. The grid doesn't change it.
    on_change
        A function that is called after each click.
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
        """The difference from the world as edits: first those that leave a group."""
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
        """Return a copy of the world with the memberships of the boxes."""
        changed = self.world.copy()
        apply_edits(changed, self.edits)
        return changed


class MembershipBoard(PredictFirst):
    """The grid and a question. The learner predicts first, then sees the verdict."""

    def __init__(
        self,
        world: World,
        callers: Sequence[str],
        pairs: Sequence[tuple[str, str]],
        *,
        fine: bool,
        record: bool,
    ) -> None:
        self.grid = MembershipGrid(world, self.changed)
        super().__init__(self.grid, callers, pairs, fine=fine, record=record)
        self.add_class("iamlab-board")

    def world(self) -> World:
        """Return the world with the memberships of the boxes."""
        return self.grid.changed_world()

    def about(self, world: World) -> str:
        """Return the sentence that lists the policies of the caller."""
        policies = [
            f"{attached.policy.name} ({attached.path[0] if attached.path else 'own'})"
            for attached in principal_of(world, world.user(self.caller.value)).identity
        ]
        return (
            f"Policies that apply to {escape(self.caller.value)}: "
            f"{escape(', '.join(policies)) or 'none'}."
        )


@with_old_names
def membership_board(
    world: World,
    principals: Sequence[str] | None = None,
    pairs: Sequence[tuple[str, str]] | None = None,
    *,
    fine: bool = True,
    record: bool = True,
) -> MembershipBoard:
    """Show who is in which group, with check boxes to change it. The world doesn't change.

    Parameters
    ----------
    world
        The world in which the board begins.
    principals
        Names of the users to choose from; default: all.
    pairs
        The (action, resource) pairs to choose from; default: reading, writing and deleting an
        object of the world's first bucket.
    fine
        Whether the prediction distinguishes explicit and implicit deny.
    record
        Whether to keep predictions in the progress file.
    """
    accounts = list(world.accounts.values())
    if len(accounts) != 1 or not accounts[0].users:
        raise ExerciseError("A membership board needs a world with one account that has users.")
    names = principals or [name for account in accounts for name in account.users]
    bucket = next((name for account in accounts for name in account.buckets), "bucket")
    requests = pairs or [
        (action, f"arn:aws:s3:::{bucket}/m31.fits")
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    ]
    return MembershipBoard(world, names, requests, fine=fine, record=record)
