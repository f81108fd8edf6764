"""The security status board: what protects an account, and what is to do.

It has the five items that the console showed until 2020, and today's recommendations. A button does
the next step in a copy of the world, by calls of AWS.

Notes
-----
AWS pages: "Security best practices in IAM"; "Root user best practices for your AWS account".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.analysis import security_status as status
from iamlab.analysis.credential_report import are_known, credentials_of
from iamlab.errors import ExerciseError
from iamlab.view.style import state_look
from iamlab.widgets import controls as parts
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.world import World

Lists = tuple[status.SecurityStatus, ...]
Step = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Steps:
    """The account that is shown, and what was done.

    Parameters
    ----------
    account
        Its id.
    steps
        Each is the id of an account and the title of an item.
    """

    account: str
    steps: tuple[Step, ...] = ()


class SecurityBoard(Instrument[Steps]):
    """The items of an account, each with a button that does its next step.

    Its controls are ``account``, an account's id, and for each item that is to do a button with
    its title. An item about each user is done when it is done for all users; its button does it for
    the next one.

    Parameters
    ----------
    world
        The world with the accounts. The board doesn't change it.
    """

    title = "Security status"
    question = "What protects the account, and what is to do?"

    def __init__(self, world: World, **more: Any) -> None:
        self._start, self._then = world.copy(), lru_cache(64)(self._do)
        self._names = {key: account.name for key, account in world.accounts.items()}
        if not self._names:
            raise ExerciseError("A security status board needs a world with an account.")
        self._lists = lru_cache(64)(self._list)
        super().__init__(Steps(next(iter(self._names))), **more)

    def world(self) -> World:
        """Return a copy of the world after the steps."""
        return self._then(self.state.steps).copy()

    def _do(self, steps: tuple[Step, ...]) -> World:
        if not steps:
            return self._start
        world, (account, title) = self._then(steps[:-1]).copy(), steps[-1]
        remedy = {
            item.title: item.remedy for own in self._lists(account, steps[:-1]) for item in own
        }
        exec(remedy[title], {"account": world.accounts[account]})  # noqa: S102 - iamlab's own text
        return world

    def lists(self) -> Lists:
        """Return the five items and today's recommendations, after the steps."""
        return self._lists(self.state.account, self.state.steps)

    def _list(self, key: str, steps: tuple[Step, ...]) -> Lists:
        account, found = self._then(steps).accounts[key], dict[str, status.Item]()
        known = credentials_of(account) if are_known(account) else None
        for user in (None, *account.users.values()):
            own = status.security_recommendations(account, user, known)
            for item in own:
                if item.title not in found or found[item.title].is_done:
                    found[item.title] = item
        return status.security_status(account, known), replace(own, items=tuple(found.values()))

    def controls(self) -> Mapping[str, str]:
        """Return both lists as tables, and the last calls."""
        own = self.state
        before, after = self._then(own.steps[:-1]).events, self._then(own.steps).events
        choice = parts.choice("account", "Account", self._names, own.account)
        old, today = map(_table, self.lists(), ("the console until 2020", "each user, today"))
        called = parts.calls(after[len(before) :])
        choice *= len(self._names) > 1
        return {"account": choice, "old": old, "today": today, "facts": called}

    def change(self, name: str, value: Any) -> Steps:
        """Show another account, or do the next step of an item."""
        own = self.state
        if name == "account" and value in self._names:
            return replace(own, account=value)
        if not any(name == item.title and item.remedy for each in self.lists() for item in each):
            raise self.no_control(name)
        steps = (*own.steps, (own.account, name))
        self._then(steps)  # AWS's error, if there is one
        return replace(own, steps=steps)

    def __str__(self) -> str:
        return "\n".join(map(str, self.lists()))


def _table(items: status.SecurityStatus, where: str) -> str:
    rows, done = [], sum(item.is_done for item in items)
    for item in items:
        today = f'<br><small class="pale">Today: {escape(item.today)}</small>' if item.today else ""
        seen = parts.badge(state_look(str(item)[0], item.state))
        do = parts.button(item.title, "Do it", label=f"Do it: {item.title}") if item.remedy else ""
        rows.append([escape(item.title), seen, f"{escape(item.reason)}{today}", do])
    title = f"{items.title} ({where}): {done} of {len(items.items)} done"
    return parts.table(title, ("Item", "State", "Why", "Next step"), rows, "wide")


def security_status(world: World, **more: Any) -> SecurityBoard:
    """Show what protects an account and what is to do, with a button for each step.

    The world doesn't change.

    Parameters
    ----------
    world
        The world with the accounts.
    more
        As for every instrument.

    Raises
    ------
    ExerciseError
        The world has no account.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main")
    >>> _ = main.root.create_access_key()
    >>> board = security_status(main.world)
    >>> board.press("Delete your root access keys")
    >>> [item.state for item in board.lists()[0]]
    ['done', 'done', 'to do', 'to do', 'to do']
    """
    return SecurityBoard(world, **more)
