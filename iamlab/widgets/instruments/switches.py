"""Two boards with switches: the statements of one policy, and the members of groups.

The stack shows which changes of a policy matter to a verdict and which don't. The membership board
shows who is in which group, with a check box for each user and group.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import ExerciseError
from iamlab.view.style import EFFECTS
from iamlab.widgets import choices
from iamlab.widgets import controls as html
from iamlab.widgets.instrument import Instrument, State
from iamlab.world.policy_places import arrange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.world.world import World

Item = TypeVar("Item")
IN = " in "
VERBS = ("Get", "Put", "Delete")
MOST = 24
"""The most users that are shown at once."""


class Switches(Instrument[State]):
    """A changed copy of a world, and a request in it, if there are some to choose from.

    Its control is ``request``, the number of the request.
    """

    user: str
    """The name of the caller."""

    def __init__(
        self, world: World, pairs: Sequence[tuple[str, str]], state: State, **more: Any
    ) -> None:
        self._world, self._pairs = world, list(pairs)
        self._decided = lru_cache(64)(self._decide)
        self.offered = {**self.offered, "request": choices.requests(pairs)}
        super().__init__(state, **more)

    def world(self) -> World:
        """Return a copy of the world as shown."""
        return self._world.copy()

    def decide(self) -> Decision | None:
        """Return the decision on the chosen request."""
        return self._decided(self.state) if self._pairs else None

    def _decide(self, state: Any) -> Decision:
        world = self.world()
        return world.can(world.user(self.user), *self._pairs[state.request])

    def picture(self) -> str:
        """Return the request."""
        decision = self.decide()
        return "" if decision is None else html.request_facts(decision)


@dataclass(frozen=True, slots=True)
class Stack:
    """The statements from the top, those that are switched off, and the number of the request."""

    statements: tuple[str, ...]
    off: tuple[str, ...] = ()
    request: int = 0

    @property
    def order(self) -> list[str]:
        """The statements that are switched on, from the top."""
        return [sid for sid in self.statements if sid not in self.off]


class StatementStack(Switches[Stack]):
    """The statements of an inline policy, each with a switch and two buttons.

    Its controls are the labels of the statements (``set("KeepMaps", False)``), ``up KeepMaps``,
    ``down KeepMaps`` and ``request``, the number of a request.

    Parameters
    ----------
    world, user, policy_name
        The user with the policy, and its name. The stack doesn't change the world.
    pairs
        The (action, resource) pairs to choose from; without any, no verdict is shown.
    movable
        Whether the order can be changed.
    more
        ``predict_first``: whether the verdict is hidden until it is predicted.

    Examples
    --------
    >>> from iamlab.widgets import statement_stack
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> stack = statement_stack(scenario("stack"), "alice", "stack", [("s3:DeleteObject", MAP)])
    >>> str(stack.decision.verdict)
    'explicit deny'
    >>> stack.set("KeepMaps", False)
    >>> str(stack.decision.verdict)
    'allowed'
    """

    title = "The statement stack"
    question = "Move or switch statements. Does the verdict change?"

    def __init__(
        self,
        world: World,
        user: str,
        policy_name: str,
        pairs: Sequence[tuple[str, str]] = (),
        *,
        movable: bool = True,
        **more: Any,
    ) -> None:
        policy = world.user(user).inline.get(policy_name)
        if policy is None or not policy.statements:
            raise ExerciseError(f"{user} has no inline policy {policy_name!r} with statements.")
        self.user, self.policy_name = user, policy_name
        self._moves = ("up", "down") if movable else ()
        self._statements = {own.label: own for own in policy.statements}
        super().__init__(world, pairs, Stack(tuple(self._statements)), **more)

    def controls(self) -> Mapping[str, str]:
        """Return a row for each statement, and the list of requests."""
        parts = {"stack": "".join(map(self._row, self.state.statements))}
        if self._pairs:
            order = ", ".join(self.state.order) or "nothing, all are off"
            parts["request"] = self.chooser("request", "Request")
            parts["facts"] = html.paragraph(f"From the top: {order}.")
        return parts

    def _row(self, sid: str) -> str:
        own = self._statements[sid]
        movers = html.movers(sid, sid) if self._moves else ""
        words = f"<strong>{escape(sid)}</strong> <code>{escape(html.in_words(own))}</code>"
        label = f"{html.badge(EFFECTS[own.effect])} {words}"
        box = html.check_box(sid, label, on=sid not in self.state.off)
        return f'<div class="row ticks statement">{movers}{box}</div>'

    def change(self, name: str, value: Any) -> Stack:
        """Switch or move a statement."""
        move, _, sid = name.partition(" ")
        if name in self._statements:
            return replace(self.state, off=choices.switched(self.state.off, name, on=not value))
        if move not in self._moves or sid not in self._statements:
            raise self.no_control(name)
        return replace(self.state, statements=moved(self.state.statements, sid, up=move == "up"))

    def world(self) -> World:
        """Return a copy of the world with the stack as shown."""
        changed = super().world()
        arrange(changed.user(self.user), self.policy_name, self.state.order)
        return changed


def moved(order: tuple[Item, ...], item: Item, *, up: bool) -> tuple[Item, ...]:
    """Return items in their order with one of them a place higher or lower, if there is one.

    Examples
    --------
    >>> moved(("a", "b", "c"), "c", up=True)
    ('a', 'c', 'b')
    """
    changed, place = list(order), order.index(item) + (-1 if up else 1)
    changed.remove(item)
    changed.insert(max(place, 0), item)
    return tuple(changed)


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


class MembershipBoard(Switches[Memberships]):
    """Who is in which group: groups as columns, users as rows. The world doesn't change.

    Its controls are ``"alice in astronomers"`` and the like; ``caller`` and ``request``, the number
    of a request; and with many users ``first``, the number of the first user that is shown.

    Parameters
    ----------
    world
        The world in which the board begins.
    principals
        Names of the users to choose from; default: all.
    pairs
        The (action, resource) pairs to choose from; default: reading, writing and deleting an
        object of the world's first bucket. Without any, no verdict is shown.
    more
        ``predict_first``: whether the verdict is hidden until it is predicted.

    Raises
    ------
    ExerciseError
        The world has several accounts, or no user.

    Examples
    --------
    >>> from iamlab.widgets import membership_board
    >>> from iamlab.teach.scenarios import scenario
    >>> board = membership_board(scenario("groups"), ["dana"])
    >>> board.set("request", 2)
    >>> board.set("dana in contractors", False)
    >>> bool(board.decision), board.edits
    (True, [('remove_user', 'contractors', 'dana')])
    """

    title = "The membership board"
    question = "Who is in which group?"

    def __init__(
        self,
        world: World,
        principals: Sequence[str] | None = None,
        pairs: Sequence[tuple[str, str]] | None = None,
        **more: Any,
    ) -> None:
        account = next(iter(world.accounts.values()), None)
        if account is None or len(world.accounts) > 1 or not account.users:
            raise ExerciseError("A membership board needs a world with one account that has users.")
        if pairs is None:
            bucket = next(iter(account.buckets), "bucket")
            pairs = [(f"s3:{verb}Object", f"arn:aws:s3:::{bucket}/m31.fits") for verb in VERBS]
        self._users, self._groups = list(account.users), list(account.groups)
        users, callers = account.users.values(), list(principals or account.users)
        self._start = tuple(f"{user.name}{IN}{group}" for user in users for group in user.groups)
        self.offered = {"caller": callers, "first": choices.pages(self._users, MOST)}
        super().__init__(world, pairs, Memberships(self._start, callers[0]), **more)

    @property
    def user(self) -> str:  # type: ignore[override]
        """The name of the caller."""
        return self.state.caller

    def controls(self) -> dict[str, str]:
        """Return the grid, and the lists of callers and requests."""
        first = self.chooser("first", "Users") * (len(self._users) > MOST)
        parts = {"first": first, "grid": self._grid()}
        if (decision := self.decide()) is not None:
            chosen = self.chooser("caller", "Caller"), self.chooser("request", "Request")
            held = decision.layers.identity
            policies = [f"{own.policy.name} ({(*own.path, 'own')[0]})" for own in held]
            facts = f"Policies that apply to {self.user}: {', '.join(policies) or 'none'}."
            parts |= {"request": html.row(*chosen), "facts": html.paragraph(facts)}
        return parts

    def _grid(self) -> str:
        rows = []
        for user in self._users[self.state.first :][:MOST]:
            names = [f"{user}{IN}{group}" for group in self._groups]
            boxes = (html.check_box(own, "", on=own in self.state.members) for own in names)
            rows.append([escape(user), *boxes])
        return html.table("Members of groups", ["", *map(escape, self._groups)], rows)

    def change(self, name: str, value: Any) -> Memberships:
        """Let a user join or leave a group."""
        user, _, group = name.rpartition(IN)
        if group not in self._groups or user not in self._users:
            raise self.no_control(name)
        members = choices.switched(self.state.members, name, on=bool(value))
        return replace(self.state, members=members)

    @property
    def edits(self) -> list[tuple[str, str, str]]:
        """The difference from the world as edits: first those that leave a group."""
        start, now = self._start, self.state.members
        named = [("remove_user", own) for own in start if own not in now]
        named += [("add_user", own) for own in now if own not in start]
        return [(edit, own.rpartition(IN)[2], own.rpartition(IN)[0]) for edit, own in named]

    def world(self) -> World:
        """Return a copy of the world with the memberships as shown."""
        changed = super().world()
        for edit, group, user in self.edits:
            getattr(changed.group(group), edit)(user)
        return changed
