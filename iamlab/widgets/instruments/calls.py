"""Instruments whose buttons are calls of AWS, each made in a copy of the world.

- The organization tree has OUs and accounts with their SCPs and RCPs, to attach and detach. Each
  level must allow a request, from the root down to the account.
- The security status board shows what protects an account, and what is to do: the five items that
  the console showed until 2020, and today's recommendations.

Notes
-----
AWS pages: "Attaching and detaching organization policies with AWS Organizations"; "Moving an
account between OUs"; "SCP evaluation"; "Security best practices in IAM"; "Root user best practices
for your AWS account".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from html import escape
from itertools import product, takewhile
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab import view
from iamlab.analysis import security_status as status
from iamlab.analysis.credential_report import are_known, credentials_of
from iamlab.authorization.principal import principal_of
from iamlab.errors import ExerciseError
from iamlab.operations.dispatch import perform
from iamlab.operations.iam.mfa_device import MfaDevice
from iamlab.tables import tables
from iamlab.view.figures.names import distinct_names
from iamlab.view.style import state_look
from iamlab.widgets import controls as parts
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.operations.iam.credentials import AccessKey
    from iamlab.view.figure import Figure
    from iamlab.world.world import World

SIGN = re.compile(" *[✓✕○–] ")
PLACE = ("root ", "OU ", "account ")
"""How a line with a result begins, and one with a place."""
CALLS = {"attach": "attach_policy", "detach": "detach_policy", "move": "move_account"}
Lists = tuple[status.SecurityStatus, ...]
OF_ITEMS = tables(__file__, "security_status.toml")["calls"]


@dataclass(frozen=True, slots=True)
class Made:
    """The calls so far, each as the instrument writes it."""

    calls: tuple[Any, ...] = ()


Called = TypeVar("Called", bound=Made)


class Calls(Instrument[Called]):
    """A copy of a world, and the calls that were made in it.

    Parameters
    ----------
    world
        The world, which doesn't change.
    """

    def __init__(self, world: World, state: Called, **more: Any) -> None:
        self._start = world.copy(at=world.clock.now)  # with a clock that can be moved
        self._then = lru_cache(64)(self._after)
        super().__init__(state, **more)

    def world(self) -> World:
        """Return a copy of the world after the calls."""
        return self._then(self.state.calls)[0].copy()

    def _after(self, calls: tuple[Any, ...]) -> tuple[World, str]:
        """Return the world after calls, and what the last one did."""
        if not calls:
            return self._start, ""
        world = self._then(calls[:-1])[0].copy()
        return world, self._make(world, calls)

    _make: Callable[[World, tuple[Any, ...]], str]
    """Makes the last call in a world after the others; returns what it did."""

    def _called(self, *calls: Any) -> Called:
        """Return the state after calls; AWS's error comes before the change."""
        self._then(calls)
        return replace(self.state, calls=calls)


@dataclass(frozen=True, slots=True)
class Attachments(Made):
    """The calls so far, and what is chosen for the next one, by its name.

    A call is the button, the id of a policy or an account, and the id of a place.
    """

    place: str = ""
    policy: str = ""
    account: str = ""


class OrganizationTree(Calls[Attachments]):
    """An organization with its policies, to attach, detach and move, and a request.

    Its controls are ``place``; ``policy`` with the buttons ``attach`` and ``detach``; ``account``
    with the button ``move``; and ``undo``.

    Parameters
    ----------
    world
        The world with the organization. The tree doesn't change it.
    principal, action, resource
        The request.
    more
        ``predict_first``: whether the verdict is hidden until it is predicted.

    Raises
    ------
    ExerciseError
        The world has no organization.

    Examples
    --------
    >>> from iamlab.widgets import organization_tree
    >>> from iamlab.teach.scenarios import OLD_MAP, observatory
    >>> archivist = "arn:aws:iam::222222222222:role/archivist"
    >>> tree = organization_tree(observatory(), archivist, "s3:DeleteObject", OLD_MAP)
    >>> tree.decision
    <Decision ✕ explicit deny by keep-the-archive/KeepTheArchive>
    >>> tree.set("place", "OU Archive")
    >>> tree.set("policy", "keep-the-archive")
    >>> tree.press("detach")
    >>> tree.decision
    <Decision ✓ allowed by archive/All>
    >>> tree.set("policy", "FullAWSAccess")
    >>> tree.press("detach")
    Traceback (most recent call last):
    ...
    iamlab.errors.organizations.ConstraintViolationException: ...the last policy...
    """

    title = "The organization tree"
    question = "Which level stops the request?"

    def __init__(
        self, world: World, principal: Caller, action: str, resource: str, **more: Any
    ) -> None:
        own = principal_of(world, principal).account_id
        found = sorted(world.organizations.values(), key=lambda each: own not in each.members)
        if not found:
            raise ExerciseError("An organization tree needs a world with an organization.")
        self._key, targets = found[0].id, found[0].targets
        self._request = principal, action, resource
        self._decided = lru_cache(64)(self._decide)
        forms = {own.id: (own.label, f"{own.label} ({own.id})") for own in targets}
        places = {name: key for key, name in distinct_names(forms).items()}
        self._ids = {
            "place": places,
            "policy": {own.name: own.id for own in found[0].policies.values()},
            "account": {name: key for name, key in places.items() if key in found[0].members},
        }
        self.offered = {name: list(ids) for name, ids in self._ids.items()}
        super().__init__(world, Attachments(), **more)

    def _make(self, world: World, calls: tuple[Any, ...]) -> str:
        name, *ids = calls[-1]
        getattr(world.organizations[self._key], CALLS[name])(*ids)
        return parts.calls(world.events[-1:])

    def decide(self) -> Decision:
        """Return the decision on the request."""
        return self._decided(self.state.calls)[0]

    def _decide(self, calls: tuple[Any, ...]) -> tuple[Decision, Figure]:
        world, _ = self._then(calls)
        decision = world.can(*self._request)
        return decision, view.organization_tree(world.organizations[self._key], decision)

    def controls(self) -> dict[str, str]:
        """Return the request, the tree in words, and what can be attached and moved."""
        own, (decision, figure) = self.state, self._decided(self.state.calls)
        _, done = self._then(own.calls)
        lines = [line for line in figure.lines if not (self.is_hidden and SIGN.match(line))]
        tree = takewhile(lambda line: not line.startswith(decision.request.principal), lines[1:])
        place, policy, account = (self.chooser(name, name.capitalize()) for name in self._ids)
        attach = parts.button("attach", "Attach") + parts.button("detach", "Detach")
        undo = parts.button("undo", "Undo the last call") if own.calls else ""
        return {
            "request": parts.request_facts(decision),
            "tree": _nested(tree),
            "facts": done + parts.paragraph("" if self.is_hidden else figure.alt),
            "place": parts.row(place, policy, attach),
            "move": parts.row(account, parts.button("move", "Move it into the place"), undo),
        }

    def change(self, name: str, value: Any) -> Attachments:  # noqa: ARG002
        """Make the next call, or undo the last one."""
        own = self.state
        if name == "undo" and own.calls:
            return replace(own, calls=own.calls[:-1])
        kind = "account" if name == "move" else "policy"
        what, place = self._ids[kind].get(getattr(own, kind)), self._ids["place"].get(own.place)
        if name not in CALLS or not what or not place:
            raise self.no_control(name)
        return self._called(*own.calls, (name, what, place))

    def picture(self) -> str:
        """Return the tree as a figure, which shows the verdict."""
        figure = self._decided(self.state.calls)[1]
        return "" if self.is_hidden else parts.fold("The tree as a figure", figure._repr_html_())


def _nested(lines: Iterable[str]) -> str:
    """Write indented lines as lists in lists: places, their policies, and what these do."""
    text, depth = "", -2
    for line in lines:
        own = line.lstrip()
        now, body = len(line) - len(own), escape(own)
        if SIGN.match(own):
            body = parts.badge(state_look(own[0], own[2:]))
        elif own.startswith(PLACE):
            body = f"<strong>{body}</strong>"
        text += " <ul>" * (now > depth) + "</ul>" * ((depth - now) // 2) + f"<li>{body}"
        depth = now
    return parts.scrolled("Tree", text, "tree")


@dataclass(frozen=True, slots=True)
class Steps(Made):
    """The id of the account that is shown, and what was done: accounts and titles of items."""

    account: str = ""


class SecurityBoard(Calls[Steps]):
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
    >>> from iamlab.widgets import security_status
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
        names = {key: account.name for key, account in world.accounts.items()}
        if not names:
            raise ExerciseError("A security status board needs a world with an account.")
        self._found, self.offered = lru_cache(64)(self._find), {"account": names}
        super().__init__(world, Steps(account=next(iter(names))), **more)

    def lists(self) -> Lists:
        """Return the five items and today's recommendations, after the steps."""
        return self._found(self.state.account, self.state.calls)[0]

    def _find(self, key: str, calls: tuple[Any, ...]) -> tuple[Lists, dict[str, str]]:
        """Return both lists, and for each item about a user the next one."""
        account, found, users = self._then(calls)[0].accounts[key], dict[str, status.Item](), {}
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
        old, today = map(_table, self.lists(), ("until 2020", "today"))
        called = self._then(self.state.calls)[1]
        choice = self.chooser("account", "Account") * (len(self._start.accounts) > 1)
        return {"account": choice, "old": old, "today": today, "facts": called}

    def change(self, name: str, value: Any) -> Steps:  # noqa: ARG002
        """Do the next step of an item."""
        if not any(name == item.title and item.remedy for each in self.lists() for item in each):
            raise self.no_control(name)
        return self._called(*self.state.calls, (self.state.account, name))

    def _make(self, world: World, calls: tuple[Any, ...]) -> str:
        """Make the calls that do an item for the next user, as the root user."""
        (key, title), before, keys = calls[-1], len(world.events), [""]
        account, users = world.accounts[key], self._found(key, calls[:-1])[1]
        user = users.get(title) or next(iter(account.users), "alice")
        owner: Any = account.root
        steps, long_ago = OF_ITEMS[title], world.clock.now - timedelta(days=365)
        if "{user}" in str(steps):
            owner = account.users.get(user) or account.create_user(user)
        if "{key}" in str(steps):
            held = owner.access_keys
            keys = [own.access_key_id for own in held if not owner.named or _used(own) < long_ago]
        for (operation, parameters), key_id in product(steps, keys):
            own = {
                name: value.format(user=user, key=key_id) if isinstance(value, str) else value
                for name, value in parameters.items()
            }
            made: object = perform(account, operation, **own)
            if isinstance(made, MfaDevice):
                made.enable(owner)
        return parts.calls(world.events[before:])

    def __repr__(self) -> str:
        return "\n".join(map(str, self.lists()))


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
