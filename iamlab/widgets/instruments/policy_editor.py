"""The policy editor: JSON with its problems, its meaning and its decisions while you type."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.display import count
from iamlab.engine.verdict import addresses
from iamlab.errors import ExerciseError, PolicyError
from iamlab.policy.catalog import expand
from iamlab.policy.describe.statements import sentence
from iamlab.policy.describe.words import briefly
from iamlab.policy.document import Policy
from iamlab.policy.lint import review
from iamlab.policy.rules import rules_for
from iamlab.view.style import bad, look, silent
from iamlab.view.tables import Table
from iamlab.widgets.controls import badge, paragraph, statement_row, text_field
from iamlab.widgets.instrument import Instrument
from iamlab.world.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Statement

LEVELS = {
    "ERROR": bad("error"),
    "SECURITY_WARNING": bad("security warning", "!"),
    "WARNING": silent("warning", "!"),
    "SUGGESTION": silent("suggestion", "i"),
}
"""The looks of findings, by their level."""

MANY, FEW = 20, 5
"""So many findings and statements are shown, and so many actions of a statement."""


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
        text = (policy.text or policy.to_dict()) if isinstance(policy, Policy) else policy
        if not isinstance(text, str):
            text = json.dumps(text, indent=2, ensure_ascii=False)
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
        found = [
            account.world.can(self._user, action, resource, context=context)
            for action, resource, context in self._requests
        ]
        return [] if policy is None else found

    # -- the card --------------------------------------------------------------------------------

    def controls(self) -> Mapping[str, str]:
        """Return the text with the numbers of its lines, and what is wrong with it."""
        text = text_field("text", "Policy as JSON", self.state.text, rows=self._rows)
        policy, findings, answer = self._read(self.state.text)
        state = f"✕ AWS wouldn't save it. {answer}" if answer else "✓ AWS would save this policy."
        items = "".join(map(_item, findings[:MANY]))
        items += f"<li>and {len(findings) - MANY} more</li>" * (len(findings) > MANY)
        words = paragraph("– This isn't a policy yet." if policy is None else state)
        return {"text": text, "facts": words + f"<ul>{items}</ul>" * bool(items)}

    def picture(self) -> str:
        """Return the statements in words, the actions that they match, and the decisions."""
        policy, is_old = self._read(self.state.valid)[0], self.state.text != self.state.valid
        if policy is None:
            return ""
        shown = (_statement(own, self._type[0]) for own in policy.statements[:MANY])
        left = len(policy.statements) - MANY
        names = "action, resource, context, verdict, by"
        cells, decisions = list[tuple[object, ...]](), self._decided(self.state.valid)
        for (*pair, context), found in zip(self._requests, decisions, strict=True):
            keys = tuple(f"{key}: {value}" for key, value in context.items()) or None
            by = tuple(addresses(found.determining))
            cells.append((*pair, keys, look(found.verdict), by))
        table = Table.of(f"Decisions for {self._user.name} with this policy", names, cells)
        return (
            paragraph("The last policy, before the text had an error:" * is_old, "pale")
            + f'<div class="statements">{"".join(shown)}</div>'
            + paragraph(f"and {count(left, 'more statement')}" * (left > 0))
            + table.html() * bool(cells)
        )


def _item(finding: Finding) -> str:
    """Write a finding; the button leads to its place in the text."""
    line, column = finding.line, finding.column
    words = f"{badge(LEVELS[finding.level])} {escape(f'{finding.what} {finding.remedy}')}"
    if line is not None:
        place = f'<button type="button" data-line="{line}" data-column="{column}">'
        words = f"{place}line {line}, column {column}</button> {words}"
    return f"<li>{words}</li>"


def _statement(statement: Statement, policy_type: str) -> str:
    """Write a statement: its effect, its Sid, its meaning, and the actions that it matches."""
    patterns = statement.action or statement.not_action or ()
    lead = "Matches" if statement.action else "Matches all actions except"
    matched = "actions of every service"
    if not any(pattern.startswith("*") for pattern in patterns):
        names = sorted({name for pattern in patterns for name in expand(pattern)})
        matched = f"{count(len(names), 'action')}: {briefly(names, FEW, 'actions')}".rstrip(": ")
    words = f'<br><span class="pale">{lead} {escape(matched)}.</span>'
    meaning = escape(sentence(statement, policy_type)) + words
    return statement_row(statement, statement.label, meaning)


policy_editor = PolicyEditor
