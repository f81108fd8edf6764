"""The card of a policy: each statement in plain words beside its JSON, all of it escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.model.managed_policies import ManagedPolicy
from iamlab.policy.describe import sentences
from iamlab.policy.document import Policy
from iamlab.view.cards.card import FEW as ROWS
from iamlab.view.cards.card import inner
from iamlab.view.figures.policy.policy_card import NOTHING, json_lines
from iamlab.view.html import CELL, PAPERED, badge, framed, written
from iamlab.view.style import EFFECTS
from iamlab.view.tabular import table_of

if TYPE_CHECKING:
    from iamlab.policy.statement import Statement

MANY, FEW, VALUES = 30, 8, 12
"""The largest numbers of statements, of statements without a frame, and of values of a list."""
_CODE = "font-family:monospace;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate"
_COLUMNS = ("statement", "in words", "as it is written")


@inner.register(Policy)
def policy_card(policy: Policy) -> str:
    """Return a policy as a table: the effect, the words and the JSON of each statement.

    Examples
    --------
    >>> text = policy_card(Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*", sid="<b>"))
    >>> "Lets the caller read objects in star-maps." in text, "&lt;b&gt;" in text, "<b>" in text
    (True, True, False)
    """
    title = f"Policy {policy.name}" if policy.name else "A policy"
    title += f": {count(len(policy.statements), 'statement')}, version {policy.version}"
    body = "".join(_row(statement, policy) for statement in policy.statements[:MANY])
    left = len(policy.statements) - MANY
    below = f"and {count(left, 'more statement')}" if left > 0 else ""
    if not policy.statements:
        below = NOTHING
    table = written(title, _COLUMNS, body, below)
    shown = framed(table, title, long=len(policy.statements) > FEW, wide=True)
    return f"{shown}{_whole(policy)}"


@inner.register(ManagedPolicy)
def _(policy: ManagedPolicy) -> str:
    return f"{table_of(policy).first(ROWS).html()}{policy_card(policy.document)}"


def _row(statement: Statement, policy: Policy) -> str:
    words = sentences(Policy((statement,), version=policy.version))[0]
    written = "\n".join(json_lines(statement, VALUES))
    effect = f'<span style="white-space:nowrap">{badge(EFFECTS[statement.effect])}</span>'
    label = f'<div style="margin-top:0.4em">{escape(statement.label)}</div>'
    top = f"{CELL};vertical-align:top"
    head = f"{top};font-weight:normal;min-width:6.5em;overflow-wrap:anywhere"
    return (
        f'<tr><th scope="row" style="{head}">{effect}{label}</th>'
        f'<td style="{top};min-width:14em">{escape(words)}</td>'
        f'<td style="{top};min-width:25em;{_CODE}">{escape(written)}</td></tr>'
    )


def _whole(policy: Policy) -> str:
    """Return the document as it was written, in a fold."""
    if not policy.text:
        return ""
    return (
        f"<details><summary>The whole document</summary>"
        f'<div style="{_CODE};{PAPERED}">{escape(policy.text)}</div></details>'
    )
