"""The security status board: what protects an account, and what is to do.

It has the five items that the console showed until 2020, and today's recommendations. A button does
the next step in a copy of the world, by calls of AWS.

Notes
-----
AWS pages: "Security best practices in IAM"; "Root user best practices for your AWS account".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from html import escape
from itertools import product
from typing import TYPE_CHECKING, Any

from iamlab.analysis import security_status as status
from iamlab.analysis.credential_report import are_known, credentials_of
from iamlab.errors import ExerciseError
from iamlab.operations.dispatch import perform
from iamlab.operations.iam.mfa_device import MfaDevice
from iamlab.tables import tables
from iamlab.view.style import state_look
from iamlab.widgets import controls as parts
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.operations.iam.credentials import AccessKey
    from iamlab.world.account import Account
    from iamlab.world.credentials import RootUser
    from iamlab.world.identities import User
    from iamlab.world.world import World

Lists = tuple[status.SecurityStatus, ...]
Step = tuple[str, str]
CALLS = tables(__file__)["calls"]
YEAR = timedelta(days=365)


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
    """What protects an account and what is to do, with a button for the next step of each item.

    Its controls are ``account``, an account's id, and for each item that is to do a button with
    its title. An item about each user is done when it is done for all users; its button does it for
    the next one.

    Parameters
    ----------
    world
        The world with the accounts. The board doesn't change it.
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

    title = "Security status"
    question = "What protects the account, and what is left to do?"

    def __init__(self, world: World, **more: Any) -> None:
        self._start, self._then = world.copy(), lru_cache(64)(self._do)
        names = {key: account.name for key, account in world.accounts.items()}
        if not names:
            raise ExerciseError("A security status board needs a world with an account.")
        self._found, self.offered = lru_cache(64)(self._find), {"account": names}
        super().__init__(Steps(next(iter(names))), **more)

    def world(self) -> World:
        """Return a copy of the world after the steps."""
        return self._then(self.state.steps).copy()

    def _do(self, steps: tuple[Step, ...]) -> World:
        if not steps:
            return self._start
        world, (key, title) = self._then(steps[:-1]).copy(), steps[-1]
        account, users = world.accounts[key], self._found(key, steps[:-1])[1]
        _make_calls(account, title, users.get(title) or next(iter(account.users), "alice"))
        return world

    def lists(self) -> Lists:
        """Return the five items and today's recommendations, after the steps."""
        return self._found(self.state.account, self.state.steps)[0]

    def _find(self, key: str, steps: tuple[Step, ...]) -> tuple[Lists, dict[str, str]]:
        """Return both lists, and for each item about a user the next one."""
        account, found, users = self._then(steps).accounts[key], dict[str, status.Item](), {}
        known = credentials_of(account) if are_known(account) else None
        for user in (None, *account.users.values()):
            today = status.security_recommendations(account, user, known)
            for item in today:
                if item.title not in found or found[item.title].is_done:
                    found[item.title], users[item.title] = item, user.name if user else ""
        lists = status.security_status(account, known), replace(today, items=tuple(found.values()))
        return lists, users

    def controls(self) -> dict[str, str]:
        """Return both lists as tables, and the last calls."""
        own = self.state
        before, after = self._then(own.steps[:-1]).events, self._then(own.steps).events
        old, today = map(_table, self.lists(), ("until 2020", "today"))
        called = parts.calls(after[len(before) :])
        choice = self.chooser("account", "Account") * (len(self._start.accounts) > 1)
        return {"account": choice, "old": old, "today": today, "facts": called}

    def change(self, name: str, value: Any) -> Steps:  # noqa: ARG002
        """Do the next step of an item."""
        own = self.state
        if not any(name == item.title and item.remedy for each in self.lists() for item in each):
            raise self.no_control(name)
        steps = (*own.steps, (own.account, name))
        self._then(steps)  # AWS's error, if there is one
        return replace(own, steps=steps)

    def __repr__(self) -> str:
        return "\n".join(map(str, self.lists()))


def _make_calls(account: Account, title: str, user: str) -> None:
    """Make the calls that do an item, as the root user."""
    owner: User | RootUser = account.root
    calls, keys, long_ago = CALLS[title], [""], account.world.clock.now - YEAR
    if "{user}" in str(calls):
        owner = account.users.get(user) or account.create_user(user)
    if "{key}" in str(calls):
        held = owner.access_keys
        keys = [own.access_key_id for own in held if not owner.named or _used(own) < long_ago]
    for (operation, parameters), key in product(calls, keys):
        own = {
            name: value.format(user=user, key=key) if isinstance(value, str) else value
            for name, value in parameters.items()
        }
        made: object = perform(account, operation, **own)
        if isinstance(made, MfaDevice):
            made.enable(owner)


def _used(key: AccessKey) -> datetime:
    return key.last_used.date if key.last_used else key.create_date


def _table(items: status.SecurityStatus, where: str) -> str:
    rows, done = [], sum(item.is_done for item in items)
    for item in items:
        today = f'<br><small class="pale">Today: {escape(item.today)}</small>' if item.today else ""
        seen = parts.badge(state_look(str(item)[0], item.state))
        do = parts.button(item.title, "Do it", label=f"Do it: {item.title}") if item.remedy else ""
        rows.append([escape(item.title), seen, f"{escape(item.reason)}{today}", do])
    title = f"{items.title}, as in the console {where}: {done} of {len(items.items)} done"
    return parts.table(title, ("Item", "State", "Why", "Next step"), rows, "wide")


security_status = SecurityBoard
