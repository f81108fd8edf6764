"""The statement stack: move the statements of one policy up and down, or switch them off.

It shows which changes matter to a verdict and which don't.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.policy.document import Policy, written
from iamlab.view.style import EFFECTS
from iamlab.widgets.choices import requests
from iamlab.widgets.controls import badge, button, check_box, in_words, paragraph, request_facts
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.world.identities import User
    from iamlab.world.world import World


Item = TypeVar("Item")


def arranged(policy: Policy, sids: Iterable[str]) -> Policy:
    """Return the policy with only these of its statements, in this order.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> stack = scenario("stack").user("alice").inline["stack"]
    >>> [statement.sid for statement in arranged(stack, ["AllMaps", "KeepMaps"]).statements]
    ['AllMaps', 'KeepMaps']

    Raises
    ------
    ExerciseError
        The policy has no such statement.
    """
    own = {statement.label: statement for statement in policy.statements}
    chosen = list(map(str, sids))
    for sid in chosen:
        if sid not in own:
            error = ExerciseError(f"Policy {policy.name!r} has no statement {sid!r}.")
            raise noted(error, did_you_mean(sid, own))
    return written((own[sid] for sid in chosen), policy)


def arrange(user: User, policy_name: str, sids: Iterable[str]) -> None:
    """Keep only these statements of a user's inline policy, in this order.

    Raises
    ------
    ExerciseError
        The user has no such policy, or the policy has no such statement.
    """
    if policy_name not in user.inline:
        raise ExerciseError(f"{user.name} has no inline policy {policy_name!r}.")
    # Not put_policy: a stack can be empty, and IAM rejects an empty policy.
    user.inline[policy_name] = arranged(user.inline[policy_name], sids)
    user.account.changed()


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


class StatementStack(Instrument[Stack]):
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
        self._world, self.user, self.policy_name = world, user, policy_name
        self._pairs, self._movable = list(pairs), movable
        self._statements = {own.label: own for own in policy.statements}
        self._decided = lru_cache(64)(self._decide)
        super().__init__(Stack(tuple(self._statements)), **more)

    def controls(self) -> Mapping[str, str]:
        """Return a row for each statement, and the list of requests."""
        parts = {"stack": "".join(map(self._row, self.state.statements))}
        if self._pairs:
            order = ", ".join(self.state.order) or "nothing, all are off"
            facts = paragraph(f"From the top: {order}.")
            parts |= {"request": self.chooser("request", "Request"), "facts": facts}
        return parts

    def choices(self) -> Mapping[str, Mapping[str, str]]:
        """Return the requests."""
        return {"request": requests(self._pairs)}

    def _row(self, sid: str) -> str:
        own, signs = self._statements[sid], {"up": "▲", "down": "▼"} if self._movable else {}
        movers = (
            button(f"{move} {sid}", sign, small=True, label=f"Move {sid} {move}")
            for move, sign in signs.items()
        )
        words = f"<strong>{escape(sid)}</strong> <code>{escape(in_words(own))}</code>"
        label = f"{badge(EFFECTS[own.effect])} {words}"
        box = check_box(sid, label, on=sid not in self.state.off)
        return f'<div class="row ticks statement">{"".join(movers)}{box}</div>'

    def change(self, name: str, value: Any) -> Stack:
        """Switch or move a statement."""
        move, _, sid = name.partition(" ")
        if name in self._statements:
            off = [own for own in self.state.off if own != name]
            return replace(self.state, off=tuple(sorted(off if value else [*off, name])))
        if move not in ("up", "down") or sid not in self._statements or not self._movable:
            raise self.no_control(name)
        order = moved(self.state.statements, sid, up=move == "up")
        return replace(self.state, statements=order)

    def world(self) -> World:
        """Return a copy of the world with the stack as shown."""
        changed = self._world.copy()
        arrange(changed.user(self.user), self.policy_name, self.state.order)
        return changed

    def decide(self) -> Decision | None:
        """Return the decision on the chosen request."""
        return self._decided(self.state) if self._pairs else None

    def _decide(self, state: Stack) -> Decision:
        world = self.world()
        return world.can(world.user(self.user), *self._pairs[state.request])

    def picture(self) -> str:
        """Return the request."""
        decision = self.decide()
        return "" if decision is None else request_facts(decision)


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


def statement_stack(
    world: World, user: str, policy_name: str, pairs: Sequence[tuple[str, str]], **more: Any
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
    more
        ``predict_first``: whether the verdict is hidden until it is predicted.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> stack = statement_stack(scenario("stack"), "alice", "stack", [("s3:DeleteObject", MAP)])
    >>> str(stack.decision.verdict)
    'explicit deny'
    >>> stack.set("KeepMaps", False)
    >>> str(stack.decision.verdict)
    'allowed'
    """
    return StatementStack(world, user, policy_name, pairs, **more)
