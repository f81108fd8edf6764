"""The organization tree: OUs and accounts with their SCPs and RCPs, to attach and detach.

Each change is a call of AWS Organizations. The request goes from the root down to the account, and
each level must allow it.

Notes
-----
AWS pages: "Attaching and detaching organization policies with AWS Organizations"; "Moving an
account between OUs"; "SCP evaluation".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from iamlab import view
from iamlab.authorization.principal import principal_of
from iamlab.errors import ExerciseError
from iamlab.view.figures.names import distinct_names
from iamlab.view.style import state_look
from iamlab.widgets import controls as parts
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.view.figure import Figure
    from iamlab.world.world import World

SIGN = re.compile(" *[✓✕○–] ")
PLACE = ("root ", "OU ", "account ")
"""How a line with a result begins, and one with a place."""
CALLS = {"attach": "attach_policy", "detach": "detach_policy", "move": "move_account"}
Call = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Attachments:
    """The calls so far, and what is chosen for the next one, by its name.

    Parameters
    ----------
    calls
        The button, the id of a policy or an account, and the id of a place.
    """

    calls: tuple[Call, ...] = ()
    place: str = ""
    policy: str = ""
    account: str = ""


class OrganizationTree(Instrument[Attachments]):
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
    >>> from iamlab.teach.acme import OLD_MAP, observatory
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
        self._start, self._key, targets = world.copy(), found[0].id, found[0].targets
        self._request = principal, action, resource
        self._then = lru_cache(64)(self._call)
        self._decided = lru_cache(64)(self._decide)
        forms = {own.id: (own.label, f"{own.label} ({own.id})") for own in targets}
        places = {name: key for key, name in distinct_names(forms).items()}
        self._ids = {
            "place": places,
            "policy": {own.name: own.id for own in found[0].policies.values()},
            "account": {name: key for name, key in places.items() if key in found[0].members},
        }
        self.offered = {name: list(ids) for name, ids in self._ids.items()}
        super().__init__(Attachments(), **more)

    def world(self) -> World:
        """Return a copy of the world after the calls."""
        return self._then(self.state.calls).copy()

    def _call(self, calls: tuple[Call, ...]) -> World:
        if not calls:
            return self._start
        world, (name, *ids) = self._then(calls[:-1]).copy(), calls[-1]
        getattr(world.organizations[self._key], CALLS[name])(*ids)
        return world

    def decide(self) -> Decision:
        """Return the decision on the request."""
        return self._decided(self.state.calls)[0]

    def _decide(self, calls: tuple[Call, ...]) -> tuple[Decision, Figure]:
        world = self._then(calls)
        decision = world.can(*self._request)
        return decision, view.organization_tree(world.organizations[self._key], decision)

    def controls(self) -> dict[str, str]:
        """Return the request, the tree in words, and what can be attached and moved."""
        own, (decision, figure) = self.state, self._decided(self.state.calls)
        lines = [line for line in figure.lines if not (self.is_hidden and SIGN.match(line))]
        tree = takewhile(lambda line: not line.startswith(decision.request.principal), lines[1:])
        called = parts.calls(self._then(own.calls).events[len(self._start.events) :][-1:])
        place, policy, account = (self.chooser(name, name.capitalize()) for name in self._ids)
        attach = parts.button("attach", "Attach") + parts.button("detach", "Detach")
        undo = parts.button("undo", "Undo the last call") if own.calls else ""
        return {
            "request": parts.request_facts(decision),
            "tree": _nested(tree),
            "facts": called + parts.paragraph("" if self.is_hidden else figure.alt),
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
        calls = (*own.calls, (name, what, place))
        self._then(calls)  # AWS's error, if there is one
        return replace(own, calls=calls)

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


organization_tree = OrganizationTree
