"""The membership board: who is in which group, as check boxes that can be changed.

Only the memberships and what follows from them without a verdict (which policies reach somebody)
are shown at once. The verdict of the board's question is held back until it has been predicted,
anew after each change.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import ipywidgets as widgets

from iamlab.view.cards import badge, six_labels
from iamlab.view.style import ALLOW, INK, PAPER

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.world.world import World

Edit = tuple[str, ...]
WIDE = widgets.Layout(width="auto")
STYLE = (
    f"<style>.iamlab-card{{background:{PAPER};color:{INK};--jp-widgets-label-color:{INK};"
    f"--jp-widgets-color:{INK}}}"
    f".iamlab-card .widget-toggle-button.mod-active{{background:{ALLOW};color:{PAPER};"
    "font-weight:bold;outline:2px solid currentColor;outline-offset:-4px}</style>"
)
"""A card's own light paper, and a chosen button that is told by more than its colour."""


def say(text: str = "", *, role: str = "") -> widgets.HTML:
    """Make a piece of HTML on light paper; with a role, screen readers announce its changes."""
    piece = widgets.HTML()
    write(piece, text, role=role)
    return piece


def write(piece: widgets.HTML, text: str, *, role: str = "") -> None:
    """Change a piece of HTML."""
    announced = f' role="{role}"' if role else ""
    style = f"color:{INK};background:{PAPER};line-height:1.5"
    piece.value = f'<div{announced} style="{style}">{text}</div>'


def on_click(button: widgets.Button, act: Callable[[], None], result: widgets.HTML) -> None:
    """Call ``act`` at each click; what it raises is shown, since Jupyter would only log it."""

    def clicked(_: widgets.Button) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - a learner must see any mistake of ours
            text = " ".join([str(error), *getattr(error, "__notes__", [])])
            write(result, f"{escape(type(error).__name__)}: {escape(text)}", role="status")

    button.on_click(clicked)


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
                boxes = [
                    self._box(user.name, group, on_change, value=group in user.groups)
                    for group in account.groups
                ]
                rows.append(widgets.HBox(boxes))
        super().__init__(rows)

    def _box(
        self,
        user: str,
        group: str,
        on_change: Callable[[], None],
        *,
        value: bool,
    ) -> widgets.Checkbox:
        box = widgets.Checkbox(
            value=value,
            description=f"{user} in {group}",
            indent=False,
            layout=widgets.Layout(width="13em"),
        )
        box.observe(lambda _: on_change(), names="value")
        self.boxes[user, group] = box
        return box

    @property
    def edits(self) -> list[Edit]:
        """What is different from the world, as edits: those that leave a group first."""
        left, joined = [], []
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
        for operation, group, user in self.edits:
            if operation == "add_user":
                changed.group(group).add_user(user)
            else:
                changed.group(group).remove_user(user)
        return changed


class MembershipBoard(widgets.VBox):
    """The grid with one question below it, whose verdict must be predicted first."""

    def __init__(
        self,
        world: World,
        callers: list[str],
        pairs: list[tuple[str, str]],
        *,
        fine: bool,
    ) -> None:
        self.grid = MembershipGrid(world, self._changed)
        self.caller = widgets.Dropdown(options=callers, description="Caller")
        labels = [f"{action} on {resource.rpartition(':')[2]}" for action, resource in pairs]
        self.pair = widgets.Dropdown(
            options=list(zip(labels, pairs, strict=True)), description="Request", layout=WIDE
        )
        options = ["allowed", "explicit deny", "implicit deny"] if fine else ["allowed", "denied"]
        self.answer = widgets.ToggleButtons(options=options, value=None, description="I predict")
        self.show = widgets.Button(description="Show the verdict")
        self.policies = say(role="status")
        self.result = say(role="status")
        self.caller.observe(lambda _: self._changed(), names="value")
        self.pair.observe(lambda _: self._changed(), names="value")
        on_click(self.show, self._reveal, self.result)
        super().__init__(
            [
                say(STYLE),
                self.grid,
                widgets.HBox([self.caller, self.pair]),
                self.policies,
                self.answer,
                self.show,
                self.result,
            ]
        )
        self.add_class("iamlab-card")
        self.add_class("iamlab-board")
        self._changed()

    def _changed(self) -> None:
        """Show what reaches the caller now, and hide the verdict until it is predicted again."""
        if not hasattr(self, "result"):
            return
        write(
            self.result, "", role="status"
        )  # first, so that no old verdict stands beside new boxes
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
        if self.answer.value is None:
            write(self.result, "Predict first: choose a verdict above.", role="status")
            return
        world = self.grid.changed_world()
        action, resource = self.pair.value
        decision = world.can(world.user(self.caller.value), action, resource)
        as_said = self.answer.value == str(decision.verdict)
        as_said = as_said or (self.answer.value == "denied" and not decision)
        verdict = "As you predicted." if as_said else f"You predicted: {escape(self.answer.value)}."
        write(self.result, f"{badge(decision)} {verdict}{six_labels(decision)}", role="status")


def membership_board(
    world: World,
    callers: list[str] | None = None,
    pairs: list[tuple[str, str]] | None = None,
    *,
    fine: bool = True,
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
    """
    accounts = list(world.accounts.values())
    names = callers or [name for account in accounts for name in account.users]
    bucket = next((name for account in accounts for name in account.buckets), "bucket")
    asked = pairs or [
        (action, f"arn:aws:s3:::{bucket}/m31.fits")
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    ]
    return MembershipBoard(world, names, asked, fine=fine)
