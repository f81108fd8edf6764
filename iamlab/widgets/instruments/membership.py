"""The membership grid: who is in which group, with a check box for each user and group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.errors import ExerciseError
from iamlab.widgets import choices
from iamlab.widgets.controls import paragraph, request_facts, row, table
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.engine.decision import Decision
    from iamlab.world.world import World

IN = " in "
MOST = 24
"""The most users that are shown at once."""


@dataclass(frozen=True, slots=True)
class Memberships:
    """The members as ``"user in group"``, and the caller and the number of the request.

    Parameters
    ----------
    first
        The number of the first user that is shown.
    """

    members: tuple[str, ...]
    caller: str = ""
    request: int = 0
    first: int = 0


class MembershipBoard(Instrument[Memberships]):
    """Groups as columns, users as rows.

    Its controls are ``"alice in astronomers"`` and the like; ``caller`` and ``request``, the number
    of a request; and with many users ``first``, the number of the first user that is shown.

    Parameters
    ----------
    world
        The world with the memberships. The board doesn't change it.
    callers, pairs
        The users and the (action, resource) pairs to choose from; without any, no verdict is shown.
    """

    title = "The membership board"
    question = "Who is in which group?"

    def __init__(
        self,
        world: World,
        callers: Sequence[str] = (),
        pairs: Sequence[tuple[str, str]] = (),
        **more: Any,
    ) -> None:
        self._world, self._pairs = world, list(pairs)
        users = [user for own in world.accounts.values() for user in own.users.values()]
        self._users = [user.name for user in users]
        self._groups = [name for own in world.accounts.values() for name in own.groups]
        self._start = tuple(f"{user.name}{IN}{group}" for user in users for group in user.groups)
        self._decided, self._changed = lru_cache(64)(self._decide), lru_cache(4)(self._change)
        self.offered = {
            "caller": list(callers),
            "request": choices.requests(pairs),
            "first": choices.pages(self._users, MOST),
        }
        super().__init__(Memberships(self._start, next(iter(callers), "")), **more)

    def controls(self) -> dict[str, str]:
        """Return the grid, and the lists of callers and requests."""
        first = self.chooser("first", "Users") * (len(self._users) > MOST)
        parts = {"first": first, "grid": self._grid()}
        if self._pairs:
            chosen = self.chooser("caller", "Caller"), self.chooser("request", "Request")
            parts |= {"request": row(*chosen), "facts": paragraph(self._applying())}
        return parts

    def _grid(self) -> str:
        rows = (
            [escape(user), *(self._box(user, group) for group in self._groups)]
            for user in self._users[self.state.first :][:MOST]
        )
        return table("Members of groups", ["", *map(escape, self._groups)], rows)

    def _box(self, user: str, group: str) -> str:
        name = escape(f"{user}{IN}{group}")
        state = " checked" if f"{user}{IN}{group}" in self.state.members else ""
        box = f'<input type="checkbox" name="{name}" aria-label="{name}"{state}>'
        return f'<label class="box">{box}</label>'

    def _applying(self) -> str:
        world = self.world()
        policies = [
            f"{own.policy.name} ({own.path[0] if own.path else 'own'})"
            for own in principal_of(world, world.user(self.state.caller)).identity
        ]
        return f"Policies that apply to {self.state.caller}: {', '.join(policies) or 'none'}."

    def change(self, name: str, value: Any) -> Memberships:
        """Let a user join or leave a group."""
        user, _, group = name.rpartition(IN)
        if group not in self._groups or user not in self._users:
            raise self.no_control(name)
        members = {*self.state.members, name} if value else {*self.state.members} - {name}
        return replace(self.state, members=tuple(sorted(members)))

    @property
    def edits(self) -> list[tuple[str, str, str]]:
        """The difference from the world as edits: first those that leave a group."""
        left = [own for own in self._start if own not in self.state.members]
        joined = [own for own in self.state.members if own not in self._start]
        named = [("remove_user", own) for own in left] + [("add_user", own) for own in joined]
        return [(edit, own.rpartition(IN)[2], own.rpartition(IN)[0]) for edit, own in named]

    def world(self) -> World:
        """Return a copy of the world with the memberships as shown."""
        return self._changed(tuple(self.edits))

    def _change(self, edits: tuple[tuple[str, str, str], ...]) -> World:
        changed = self._world.copy()
        for edit, group, user in edits:
            getattr(changed.group(group), edit)(user)
        return changed

    def decide(self) -> Decision | None:
        """Return the decision on the chosen request."""
        return self._decided(self.state) if self._pairs else None

    def _decide(self, state: Memberships) -> Decision:
        world = self.world()
        return world.can(world.user(state.caller), *self._pairs[state.request])

    def picture(self) -> str:
        """Return the request."""
        decision = self.decide()
        return "" if decision is None else request_facts(decision)


def membership_board(
    world: World,
    principals: Sequence[str] | None = None,
    pairs: Sequence[tuple[str, str]] | None = None,
    **more: Any,
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
    more
        ``predict_first``: whether the verdict is hidden until it is predicted.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> board = membership_board(scenario("groups"), ["dana"])
    >>> board.set("request", 2)
    >>> board.set("dana in contractors", False)
    >>> bool(board.decision), board.edits
    (True, [('remove_user', 'contractors', 'dana')])
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
    return MembershipBoard(world, names, requests, **more)
