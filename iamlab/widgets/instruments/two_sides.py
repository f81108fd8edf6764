"""Two sides: the caller's policies, and the policy of a resource or the trust policy of a role.

In one account, one side is enough for most resources; between two accounts, both must allow. Each
statement can be switched off, each policy edited.

Notes
-----
AWS pages: "Cross-account policy evaluation logic"; "Methods to assume a role"; "How to use trust
policies with IAM roles".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from itertools import product, starmap
from typing import TYPE_CHECKING, Any

from iamlab.engine.decision import Decision
from iamlab.engine.layers import LAYERS, NAMES
from iamlab.errors import ExerciseError
from iamlab.operations.sts.assume_role import session_actions
from iamlab.operations.sts.issuing import session_tags
from iamlab.operations.sts.session import find_role
from iamlab.view.figures.calls.policy_ends import ENDS, conditions_of, side_of
from iamlab.view.figures.calls.two_account_map import two_account_map
from iamlab.view.figures.decision.two_doors import two_doors
from iamlab.view.figures.names import account_names
from iamlab.view.style import ABSENT, EFFECTS, bad, good, silent
from iamlab.widgets import choices
from iamlab.widgets import controls as parts
from iamlab.widgets.instruments.edited_world import EditedWorld, Editing, Edits

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.engine.verdict import StatementMatch
    from iamlab.world.identities import Role
    from iamlab.world.world import World

Keys = tuple[tuple[str, str], ...]
Rows = dict[str, tuple[str, "StatementMatch"]]
"""Statements by their names, each with its policy if this can be edited, and its result."""

FAR = ("resource", "rcp")
NEAR = ("identity", *(name for name in LAYERS if name not in (*ENDS, "rcp", "grant")))
"""The layers of each side."""
KNOWN = ("aws:principal", "aws:resource", "aws:user")
"""Condition keys that follow from the caller and the resource begin with these."""
BOOL = {"": "as it is", "true": "true", "false": "false", choices.ABSENT: choices.ABSENT}
OFF = replace(ABSENT, word="switched off")
SIGNS = {
    ("Allow", True): good("open: it allows"),
    ("Allow", False): silent("shut: it doesn't match"),
    ("Deny", True): bad("shut: it denies"),
    ("Deny", False): replace(ABSENT, word="no effect: it doesn't match"),
}
"""The state of a statement, by its effect and whether it matches."""


@dataclass(frozen=True, slots=True)
class Sides(Editing):
    """The edits of the policies on both sides, and the condition keys that are set by hand."""

    keys: Keys = ()


class TwoSides(EditedWorld[Sides]):
    """The policies on both sides of a request, to switch and to edit.

    Its controls are the names of the statements (``set("collect/CollectFromCustomers", False)``),
    ``key`` with a condition key (``set("key sts:ExternalId", "acme-4711")``), and ``policy``,
    ``text``, ``apply`` and ``undo`` to edit a policy.

    Parameters
    ----------
    world
        The world with the account, or with both accounts. It doesn't change.
    principal, action, resource
        The request, as in ``World.can``.
    more
        ``predict_first``: whether the verdict is hidden until it is predicted.

    Raises
    ------
    ExerciseError
        The caller isn't in an account.

    Examples
    --------
    >>> from iamlab.widgets import two_sides
    >>> from iamlab.teach.scenarios import MAIN, OLD_MAP, observatory
    >>> auditor = f"arn:aws:iam::{MAIN}:role/auditor"
    >>> sides = two_sides(observatory(), auditor, "s3:GetObject", OLD_MAP)
    >>> str(sides.decision.verdict)
    'allowed'
    >>> sides.set("policy of star-archive/ReadersFromAcme", False)
    >>> str(sides.decision.verdict)
    'implicit deny'
    """

    title, target = "Two sides", "resource"
    question, lists_statements = "Will AWS allow this request?", False

    def __init__(
        self, world: World, principal: Caller, action: str, resource: str, **more: Any
    ) -> None:
        self._question = principal, action, resource
        self._decided, self._compared = lru_cache(64)(self._decide), lru_cache(16)(self._compare)
        self._drawn = lru_cache(16)(self._draw)
        super().__init__(world, Sides(), **more)
        request = _pairs(self.decide())[0].request
        if self.target == "resource" and not request.caller.account:
            raise ExerciseError("This caller has no account, so no side. Use explorer instead.")
        matches = (own for pair in _pairs(self.decide()) for own in pair.trace.matches)
        held, known = {id(own.attached.policy) for own in matches}, self.places
        self.places = {name: own for name, own in known.items() if id(own.document) in held}

    def decide(self) -> Decision:
        """Return the decision on the request."""
        return self._decided(self.state.edits, self.state.keys)

    def statements(self) -> Rows:
        """Return the statements of both sides by their names, also those that are off.

        Of policies other than the resource's and the edited ones, only those about this action.
        """
        return self._compared(self.state.edits, self.state.keys)

    def _decide(self, edits: Edits, keys: Keys) -> Decision:
        context, tags = choices.by_hand(keys)
        return self.at(edits).can(*self._question, context=context, request_tags=tags)

    def _compare(self, edits: Edits, keys: Keys) -> Rows:
        whole = tuple(own for own in edits if not own[1])
        edited = {own[0] for own in whole}
        names = {id(self.policy(name, whole)): name for name in self.places}
        found: dict[object, tuple[str, StatementMatch]] = {}
        rows: Rows = {}
        for pair, layer in product(_pairs(self._decided(whole, keys)), (*NEAR, *FAR)):
            for match in pair.trace.step(layer).matches:
                place = names.get(id(match.attached.policy), "")
                key = layer, place, match.path, match.address
                if key not in found or not _is_about(found[key][1]):
                    found[key] = place, match
        for place, match in found.values():
            if match.layer == "resource" or place in edited or _is_about(match):
                name, where = match.address, place or ", ".join(match.path)
                rows[f"{where}: {name}" if name in rows else name] = place, match
        return rows

    def controls(self) -> dict[str, str]:
        """Return both sides, the condition keys, and the policy that is edited."""
        request = (first := _pairs(self.decide())[0]).request
        near = self._side("The caller's side", request.caller.account, NEAR)
        far = self._side(f"The {self.target}'s side", request.resource_account, FAR)
        found = {"request": parts.request_facts(first)}
        found["sides"] = f'<div class="tiles">{near}{far}</div>'
        if fields := self._fields().values():
            found["keys"] = parts.paragraph(choices.KEYS, "pale") + parts.row(*fields)
        return found | super().controls()

    def parts(self) -> dict[str, str]:
        """Return the whole card: the verdict, then the policy to edit, and the figure."""
        found = super().parts()
        last = [name for name in ("policy", "text", "picture") if name in found]
        return found | {name: found.pop(name) for name in last}

    def _fields(self) -> dict[str, str]:
        """Return a field for each condition key that doesn't follow from caller or resource."""
        rows, found = self.statements().values(), {}
        for own in (own for _, match in rows for own in match.statement.conditions):
            if not own.key.lower().startswith(KNOWN):
                name, value = f"{choices.KEY}{own.key}", dict(self.state.keys).get(own.key, "")
                found[name] = parts.text_field(name, own.key, value)
                if own.comparison.name == "Bool":
                    found[name] = parts.choice(name, own.key, BOOL, value)
        return found

    def _side(self, title: str, account: str, layers: tuple[str, ...]) -> str:
        """Write the policies of one side."""
        known = account_names(self.at(self.state.edits))
        where = escape(f"{known.get(account, 'account')} {account}" if account else "no account")
        text = f'<p><strong>{title}</strong> <span class="pale">{where}</span></p>'
        rows, pairs = self.statements(), _pairs(self.decide())
        for layer in layers:
            chosen = ((name, *row) for name, row in rows.items() if row[1].layer == layer)
            mine = "".join(starmap(self._row, chosen))
            for pair in pairs if layer in ENDS else ():
                side = side_of(pair, layer)
                head = side.name.capitalize() + f" for {pair.request.action}" * (len(pairs) > 1)
                sign = "" if self.is_hidden else parts.badge(side.look)
                text += f"<p>{escape(head)} {sign}</p>"
            if layer in ENDS:
                text += mine or parts.paragraph("No statement is about this action.", "pale")
            elif mine:
                text += parts.fold(NAMES[layer].capitalize(), mine)
        return f'<div class="side" role="group" aria-label="{title}">{text}</div>'

    def _row(self, name: str, place: str, match: StatementMatch) -> str:
        """Write a statement, and unless it is hidden, what it does to the request."""
        is_off = (place, match.statement.label, "") in self.state.edits
        path = f' <span class="pale">through {escape(", ".join(match.path))}</span>'
        text = f"{parts.badge(EFFECTS[match.effect])} <strong>{escape(match.address)}</strong>"
        text = f"<span>{text}{path * bool(match.path)}</span>"
        if place:
            text = parts.check_box(name, text, on=not is_off)
        conditions = match.statement.conditions if self.is_hidden else ()
        words = parts.in_words(replace(match.statement, conditions=conditions))
        text += f"<div><code>{escape(words)}</code></div>"
        if is_off:
            text += f"<div>{parts.badge(OFF)}</div>"
        elif not self.is_hidden:
            lines = list(conditions_of(self.decide(), match))
            lines += [f"✕ {own}" for own in match.mismatches if own.condition is None]
            text += f"<div>{parts.badge(SIGNS[match.effect, match.applies])}</div>"
            text += "".join(f"<p><small>{escape(line)}</small></p>" for line in lines)
        return f'<div class="ticks statement">{text}</div>'

    def picture(self) -> str:
        """Return the figure; nothing before a prediction."""
        return "" if self.is_hidden else self._drawn(self.state.edits, self.state.keys)

    def _draw(self, edits: Edits, keys: Keys) -> str:
        decision = self._decided(edits, keys)
        if self.target == "role" or _pairs(decision)[0].request.same_account:
            return two_doors(decision)._repr_html_()
        return two_account_map(decision, world=self.at(edits))._repr_html_()

    def change(self, name: str, value: Any) -> Sides:
        """Switch a statement, set a condition key, or edit a policy."""
        own, known = self.state, self.statements()
        if name in known and known[name][0]:
            which = known[name][0], known[name][1].statement.label
            return replace(own, edits=self.switched(own.edits, *which, on=bool(value)))
        if name in self._fields():
            keys = choices.with_key(own.keys, name, str(value))
            self._decided(own.edits, keys)  # the error, if it isn't a value
            return replace(own, keys=keys)
        return super().change(name, value)


def _pairs(decision: Decision) -> tuple[Decision, ...]:
    return decision.pairs or (decision,)


def _is_about(match: StatementMatch) -> bool:
    return all(own.element not in ("Action", "NotAction") for own in match.mismatches)


class TrustDoor(TwoSides):
    """The statements that decide whether a principal can assume a role.

    A session with tags also needs ``sts:TagSession``, and one with a source identity
    ``sts:SetSourceIdentity``. Its controls are those of ``TwoSides``.

    Parameters
    ----------
    world
        The world with the role. It doesn't change.
    principal
        Who calls AssumeRole, as in ``World.can``; also a service.
    role
        The role, its ARN or its name.
    more
        ``predict_first``: whether the verdict is hidden until it is predicted.

    Raises
    ------
    NoSuchEntity
        The world has no such role.

    Examples
    --------
    >>> from iamlab.teach.scenarios import COLLECTOR, READER, observatory
    >>> from iamlab.widgets import trust_door
    >>> door = trust_door(observatory(), COLLECTOR, READER)
    >>> str(door.decision.verdict)
    'implicit deny'
    >>> door.set("key sts:ExternalId", "acme-4711")
    >>> str(door.decision.verdict)
    'allowed'
    >>> door.set("trust of starsoft-reader/OurVendor", False)
    >>> str(door.decision.verdict)
    'implicit deny'
    """

    title, target = "The trust door", "role"
    question = "Can it assume the role?"

    def __init__(self, world: World, principal: Caller, role: Role | str, **more: Any) -> None:
        text = str(getattr(role, "arn", role))
        arn = (find_role(world, text) or world.role(text)).arn
        super().__init__(world, principal, "sts:AssumeRole", arn, **more)

    def _decide(self, edits: Edits, keys: Keys) -> Decision:
        principal, action, arn = self._question
        world, (context, sent) = self.at(edits), choices.by_hand(keys)
        session = world.sessions.get(getattr(principal, "access_key_id", ""))
        tags = session_tags(sent, (), session)
        identity = context.get("sts:SourceIdentity") or (session and session.source_identity)
        actions = session_actions(action, tags.needs_permission, str(identity or ""))
        context |= tags.context()
        pairs = [world.can(principal, own, arn, context=context) for own in actions]
        return Decision.of_call(pairs)
