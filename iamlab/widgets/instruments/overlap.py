"""The overlap: actions in an identity-based policy, in a boundary, in both or in neither.

Actions are moved from set to set. The engine computes what is left: only the actions in both.

Notes
-----
AWS page: "Permissions boundaries for IAM entities".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any

from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.engine.request import Request
from iamlab.errors import ExerciseError
from iamlab.policy.catalog import expand
from iamlab.policy.document import Policy
from iamlab.view.figures.sets.permission_sets import permission_sets
from iamlab.view.words import listed
from iamlab.widgets import controls as parts
from iamlab.widgets.instrument import Instrument
from iamlab.world.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.engine.decision import Decision
    from iamlab.operations.policy_documents import Document

SETS = {
    "none": "in neither",
    "boundary": "only in the boundary",
    "identity": "only in the identity-based policy",
    "both": "in both",
}
"""The sets of actions."""
EACH, MOST = 4, 24
"""The most actions for a pattern, and in all."""
ROWS = 14
"""The most rows of the list."""


@dataclass(frozen=True, slots=True)
class Sets:
    """The actions with their sets, and the chosen action."""

    sets: tuple[tuple[str, str], ...]
    action: str


class Overlap(Instrument[Sets]):
    """Actions to move between an identity-based policy and a permissions boundary.

    Its controls are ``action``, and the buttons ``identity``, ``both``, ``boundary`` and ``none``,
    which move the action.

    Parameters
    ----------
    identity_policy, boundary
        The policies with which it begins.
    actions, resource
        The actions to move, and the resource of all requests.
    more
        ``predict_first``: whether the result is hidden until it is predicted.

    Raises
    ------
    ExerciseError
        The policies name no action.

    Examples
    --------
    >>> from iamlab import Policy
    >>> sets = overlap(
    ...     Policy.allow(["s3:GetObject", "sqs:SendMessage"]), Policy.allow(["s3:GetObject"]))
    >>> sets.effective()
    ['s3:GetObject']
    >>> sets.set("action", "sqs:SendMessage")
    >>> sets.press("both")
    >>> sets.effective()
    ['s3:GetObject', 'sqs:SendMessage']
    """

    title = "The overlap"
    question = "Which permissions are left within the boundary?"

    def __init__(
        self,
        identity_policy: Document,
        boundary: Document,
        actions: Iterable[str] = (),
        resource: str = "*",
        **more: Any,
    ) -> None:
        identity, limit = Policy.parse(identity_policy), Policy.parse(boundary)
        self.actions = list(dict.fromkeys(actions or _named(identity, limit)))[:MOST]
        if not self.actions:
            raise ExerciseError("Pass the actions to move: the policies name none.")
        self._world, self._resource = World(seed=7), resource
        account = self._world.create_account("main", account_id="111122223333")
        self._user = account.create_user("dana")
        self._limit = account.create_policy("boundary", Policy.allow("*"))
        self._user.put_permissions_boundary(self._limit)
        self._decided, sets = lru_cache(64)(self._decide), []
        for own in self.actions:
            request = Request(self._user.arn, own, resource)
            has, may = (bool(evaluate(request, Layers([each]))) for each in (identity, limit))
            sets.append((own, list(SETS)[2 * has + may]))
        self.offered = {"action": self.actions}
        super().__init__(Sets(tuple(sets), self.actions[0]), **more)

    def _decide(self, sets: tuple[tuple[str, str], ...]) -> tuple[dict[str, Decision], str]:
        """Return the decision on each action, and the picture."""
        identity, limit = (
            _allowing([own for own, held in sets if held in (name, "both")], name)
            for name in ("identity", "boundary")
        )
        # Not put_policy: a set can be empty, and IAM rejects an empty policy.
        self._user.inline["identity"] = identity
        self._limit.versions[self._limit.default_version_id] = limit
        self._world.changed()
        question = self._world, self._user, self.actions, self._resource
        decisions = {own: self._world.can(self._user, own, self._resource) for own in self.actions}
        return decisions, permission_sets(*question)._repr_html_()

    def effective(self) -> list[str]:
        """Return the actions that are allowed; empty while they must be predicted."""
        decisions, _ = self._decided(self.state.sets)
        return [] if self.is_hidden else [own for own, decision in decisions.items() if decision]

    def decide(self) -> Decision:
        """Return the decision on the chosen action."""
        return self._decided(self.state.sets)[0][self.state.action]

    def controls(self) -> dict[str, str]:
        """Return the list of actions by set, and a button for each set."""
        action, sets, groups = self.state.action, dict(self.state.sets), ""
        for key, title in SETS.items():
            options = "".join(
                f"<option{' selected' * (own == action)}>{escape(own)}</option>"
                for own in self.actions
                if sets[own] == key
            )
            groups += f'<optgroup label="{title.capitalize()}">{options}</optgroup>' * bool(options)
        size = min(len(sets) + len(set(sets.values())), ROWS)
        select = f'<select name="action" size="{size}">{groups}</select>'
        buttons = (parts.button(key, f"Put {title}") for key, title in SETS.items())
        return {
            "actions": parts.labelled("Actions", select),
            "sets": parts.row(*buttons),
            "facts": parts.paragraph(f"Dana requests {action}. It is {SETS[sets[action]]}."),
        }

    def picture(self) -> str:
        """Return the sets, and what is left; nothing before a prediction."""
        names = listed(self.effective(), MOST) if self.effective() else "none"
        text = parts.paragraph(f"Effective permissions: {names}.")
        return "" if self.is_hidden else self._decided(self.state.sets)[1] + text

    def change(self, name: str, value: Any) -> Sets:  # noqa: ARG002
        """Move the chosen action."""
        own = self.state
        if name not in SETS:
            raise self.no_control(name)
        sets = tuple((action, name if action == own.action else held) for action, held in own.sets)
        return replace(own, sets=sets)


def _allowing(actions: list[str], name: str) -> Policy:
    return Policy.allow(actions, name=name) if actions else Policy((), "2012-10-17", name=name)


def _named(*policies: Policy) -> Iterator[str]:
    """Return the actions that policies name; of a pattern, some that match it."""
    for statement in (own for policy in policies for own in policy.statements):
        for pattern in statement.action or ():
            yield from islice(expand(pattern), EACH)


overlap = Overlap
