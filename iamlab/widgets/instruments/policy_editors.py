"""Two editors of a user's policies: the policy editor has one as JSON, the overlap two as sets.

The policy editor shows problems, meaning and decisions while you type. In the overlap, actions are
in an identity-based policy, in a permissions boundary, in both or in neither, and they are moved
from set to set. The engine computes what is left: only the actions in both.

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

from iamlab.display import count
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.engine.request import Request
from iamlab.engine.verdict import addresses
from iamlab.errors import ExerciseError, MalformedPolicyDocument, PolicyError
from iamlab.operations.parameters import as_json
from iamlab.policy.catalog import expand
from iamlab.policy.describe.statements import sentence
from iamlab.policy.describe.words import briefly
from iamlab.policy.document import Policy
from iamlab.policy.lint import review
from iamlab.policy.rules import rules_for
from iamlab.view.figures.sets.permission_sets import permission_sets
from iamlab.view.style import look, state_look
from iamlab.view.tables import Table
from iamlab.view.words import listed
from iamlab.widgets import controls as parts
from iamlab.widgets.instrument import Instrument
from iamlab.world.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.operations.policy_documents import Document
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Statement

LEVELS = {"ERROR": "✕", "SECURITY_WARNING": "!", "WARNING": "!", "SUGGESTION": "i"}
"""The symbols of findings, by their level."""

MANY, FEW, NAMED = 20, 5, 60
"""So many findings and statements are shown; so many actions of a statement, or of all together."""
SETS = {
    "none": "in neither",
    "boundary": "only in the boundary",
    "identity": "only in the identity-based policy",
    "both": "in both",
}
"""The sets of actions."""
EACH, MOST, ROWS = 4, 24, 14
"""The most actions for a pattern, and in all; the most rows of the list."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The text as it was typed, and the last one that was a policy."""

    text: str
    valid: str = ""


class PolicyEditor(Instrument[Draft]):
    """A policy as text, with its problems, its meaning and its decisions while you type.

    Its control is ``text``. Any text is kept, also if it isn't a policy.

    Parameters
    ----------
    policy
        A policy, or a text that needn't be one.
    requests
        The requests whose decisions are shown, each with an action, a resource, and optionally a
        context.
    policy_type, service
        As in ``Policy.validate``.
    world, user
        The world in which the requests are decided, and the user who makes them and has the policy
        as an inline policy. It doesn't change. Default: a new user without other policies.
    more
        As for every instrument.

    Raises
    ------
    ExerciseError
        There are requests, and the policy isn't identity-based.
    RequestError, NoSuchEntity
        A request isn't valid, or the world has no such user.

    Examples
    --------
    >>> from iamlab.widgets import policy_editor
    >>> from iamlab.teach.scenarios import MAP
    >>> editor = policy_editor(Policy.allow("s3:GetObject", MAP), [("s3:GetObject", MAP)])
    >>> print(editor.decisions[0])
    ✓ allowed by draft/#1
    >>> editor.set("text", editor.state.text.replace("Allow", "Permit"))
    >>> print(editor.policy, editor.findings[0].line)
    None 5
    """

    title = "The policy editor"
    question = "What does this policy do?"

    def __init__(
        self,
        policy: str | Mapping[str, object] | Policy,
        requests: Sequence[Sequence[Any]] = (),
        *,
        policy_type: str = "identity",
        service: str | None = None,
        world: World | None = None,
        user: str = "",
        **more: Any,
    ) -> None:
        rules_for(policy_type, service)  # rejects an unknown type or service
        if requests and policy_type != "identity":
            raise ExerciseError("Requests are decided with an identity-based policy only.")
        self._name = (policy.name if isinstance(policy, Policy) else "") or "draft"
        refusal = MalformedPolicyDocument("Syntax errors in policy.")
        text: str = as_json(policy, refusal, indent=2, ensure_ascii=False)
        new = World().create_account("main", account_id="111111111111").create_user("you")
        self._user = new if world is None else world.copy().user(user)
        self._type = policy_type, service
        self._requests = [(action, on, dict(*context)) for action, on, *context in requests]
        self._rows = min(max(text.count("\n") + 1, 8), MANY)
        self._read, self._decided = lru_cache(16)(self._reading), lru_cache(16)(self._deciding)
        self._decided("")  # a request that isn't valid raises its error now
        super().__init__(Draft(text), **more)
        self.state = self.change("text", text)

    def change(self, name: str, value: Any) -> Draft:
        """Change the text."""
        if name != "text" or not isinstance(value, str):
            raise self.no_control(name)
        return Draft(value, self.state.valid if self._read(value)[0] is None else value)

    # -- what the text means ---------------------------------------------------------------------

    @property
    def policy(self) -> Policy | None:
        """The policy; ``None`` while the text isn't one."""
        return self._read(self.state.text)[0]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The problems of the text and the findings about the policy, in the order of the text."""
        return self._read(self.state.text)[1]

    @property
    def decisions(self) -> list[Decision]:
        """The decisions on the requests; none while the text isn't a policy."""
        return self._decided(self.state.text)

    def _reading(self, text: str) -> tuple[Policy | None, tuple[Finding, ...], str]:
        """Return the policy, its findings, and AWS's answer if it wouldn't save it."""
        policy, findings = None, review(text, *self._type)
        try:
            policy = Policy.parse(text, name=self._name)
            policy.validate(*self._type)
        except PolicyError as error:
            return policy, findings, f"{error.problems[0].what} {error.problems[0].remedy}"
        return policy, findings, ""

    def _deciding(self, text: str) -> list[Decision]:
        """Return the decisions on the requests."""
        policy, account = self._read(text)[0], self._user.account
        if policy is not None:
            self._user.inline[self._name] = policy  # not put_policy: AWS needn't save a draft
            account.changed()
        can = account.world.can
        found = [can(self._user, *pair, context=context) for *pair, context in self._requests]
        return [] if policy is None else found

    # -- the card --------------------------------------------------------------------------------

    def controls(self) -> Mapping[str, str]:
        """Return the text with the numbers of its lines, and what is wrong with it."""
        text = parts.text_area("text", "Policy as JSON", self.state.text, self._rows)
        policy, findings, answer = self._read(self.state.text)
        state = f"✕ AWS wouldn't save it. {answer}" if answer else "✓ AWS would save this policy."
        items = "".join(map(_item, findings[:MANY]))
        items += f"<li>and {len(findings) - MANY} more</li>" * (len(findings) > MANY)
        words = parts.paragraph("– This isn't a policy yet." if policy is None else state)
        return {"text": text, "facts": words + f"<ul>{items}</ul>" * bool(items)}

    def picture(self) -> str:
        """Return the statements in words, the actions that they match, and the decisions."""
        policy, is_old = self._read(self.state.valid)[0], self.state.text != self.state.valid
        if policy is None:
            return ""
        left, most = len(policy.statements) - MANY, max(FEW, NAMED // (len(policy.statements) or 1))
        shown = (_statement(own, self._type[0], most) for own in policy.statements[:MANY])
        names = "action, resource, context, verdict, by"
        cells, decisions = list[tuple[object, ...]](), self._decided(self.state.valid)
        for (*pair, context), found in zip(self._requests, decisions, strict=True):
            keys = tuple(f"{key}: {value}" for key, value in context.items()) or None
            by = tuple(addresses(found.determining))
            cells.append((*pair, keys, look(found.verdict), by))
        table = Table.of(f"Decisions for {self._user.name} with this policy", names, cells)
        text = parts.paragraph("The last policy, before the text had an error:" * is_old, "pale")
        text += f'<div class="statements">{"".join(shown)}</div>'
        text += parts.paragraph(f"and {count(left, 'more statement')}" * (left > 0))
        return text + table.html() * bool(cells)


def _item(finding: Finding) -> str:
    """Write a finding; the button leads to its place in the text."""
    line, column = finding.line, finding.column
    seen = state_look(LEVELS[finding.level], finding.level.lower().replace("_", " "))
    words = f"{parts.badge(seen)} {escape(f'{finding.what} {finding.remedy}')}"
    if line is not None:
        place = f'<button type="button" data-line="{line}" data-column="{column}">'
        words = f"{place}line {line}, column {column}</button> {words}"
    return f"<li>{words}</li>"


def _statement(statement: Statement, policy_type: str, most: int) -> str:
    """Write a statement: its effect, its Sid, its meaning, and the actions that it matches."""
    patterns = statement.action or statement.not_action or ()
    lead = "Matches" if statement.action else "Matches all actions except"
    matched = "actions of every service"
    if not any(pattern.startswith("*") for pattern in patterns):
        names = sorted({name for pattern in patterns for name in expand(pattern)})
        matched = f"{count(len(names), 'action')}: {briefly(names, most, 'actions')}".rstrip(": ")
    words = f'<br><span class="pale">{lead} {escape(matched)}.</span>'
    meaning = escape(sentence(statement, policy_type)) + words
    return parts.statement_row(statement, statement.label, meaning)


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
    >>> from iamlab.widgets import overlap
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
        # Not put_policy: a set can be empty, and IAM rejects an empty policy.
        self._user.inline["identity"] = _allowing(sets, "identity")
        self._limit.versions[self._limit.default_version_id] = _allowing(sets, "boundary")
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
        option = "<option{}>{}</option>".format
        for key, title in SETS.items():
            mine = (own for own in self.actions if sets[own] == key)
            options = "".join(option(" selected" * (own == action), escape(own)) for own in mine)
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


def _allowing(sets: tuple[tuple[str, str], ...], name: str) -> Policy:
    actions = [own for own, held in sets if held in (name, "both")]
    return Policy.allow(actions, name=name) if actions else Policy((), "2012-10-17", name=name)


def _named(*policies: Policy) -> Iterator[str]:
    """Return the actions that policies name; of a pattern, some that match it."""
    for statement in (own for policy in policies for own in policy.statements):
        for pattern in statement.action or ():
            yield from islice(expand(pattern), EACH)
