"""How bare values show themselves in a notebook: small HTML cards, all text in them escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.analysis.credential_timeline.timeline import Timeline
from iamlab.analysis.external_access.findings import OutsideAccess
from iamlab.analysis.last_accessed.report import LastAccessed
from iamlab.analysis.least_privilege.least_privilege import LeastPrivilege
from iamlab.analysis.least_privilege.unused import Unused
from iamlab.analysis.privilege_escalation.cut import Cut
from iamlab.analysis.privilege_escalation.paths import Arrivals, BlastRadius, Path
from iamlab.analysis.what_can.what_can import WhatCan
from iamlab.analysis.who_can import WhoCan
from iamlab.analysis.world_diff.world_diff import WorldDiff
from iamlab.display import Shown
from iamlab.engine.access_changes import AccessChanges
from iamlab.engine.decision import Decision
from iamlab.engine.labels import labels
from iamlab.engine.matrix import AccessMatrix
from iamlab.model.account import Account
from iamlab.model.event import EventLog
from iamlab.model.identities import Identity
from iamlab.model.managed_policies import ManagedPolicy
from iamlab.model.organization.organization import Organization
from iamlab.model.organization.policies import EffectivePolicies
from iamlab.model.resources import Resource
from iamlab.model.world import World
from iamlab.operations.sts.session import Session
from iamlab.policy.document import Policy
from iamlab.view import html
from iamlab.view.cards import FEW
from iamlab.view.cards.access_cards import (
    arrivals_card,
    blast_radius_card,
    changes_card,
    cut_card,
    diff_card,
    matrix_card,
    outside_access_card,
    path_card,
    what_can_card,
    who_can_card,
)
from iamlab.view.cards.account_cards import (
    CODE,
    account_card,
    identity_card,
    organization_card,
    resource_card,
    world_card,
)
from iamlab.view.cards.policy_cards import policy_card
from iamlab.view.cards.session_cards import event_log_card, session_card, timeline_card
from iamlab.view.style import HAIRLINE, INK, PAPER, look
from iamlab.view.tabular.table_of import table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

BOX = (
    f"background:{PAPER};color:{INK};border:1px solid {HAIRLINE};border-radius:8px;"
    "padding:0.7em 1em;margin:0.4em 0;max-width:min(60em, 100%);box-sizing:border-box;"
    "display:inline-block;overflow-wrap:anywhere"
)


def card(value: object) -> str:
    """Give a value as HTML."""
    for kind, draw in _CARDS:
        if isinstance(value, kind):
            return boxed(draw(value))
    return f'<pre style="{CODE}">{escape(repr(value))}</pre>'


def boxed(inner: str) -> str:
    """Put HTML on a sheet of paper of its own."""
    return f'<div class="{html.AS_TEXT}" style="{BOX}">{inner}</div>'


def badge(decision: Decision) -> str:
    """Give a verdict as a coloured word with its symbol."""
    return html.badge(look(decision.verdict))


def six_labels(decision: Decision, *, blank: Collection[int] = ()) -> str:
    """Give the six questions as a list, with their answers but for those left blank."""
    items = "".join(
        f"<li><strong>{escape(label.question)}</strong><br>"
        f"{'…' if number in blank else _lines(label.answer)}</li>"
        for number, label in enumerate(labels(decision), 1)
    )
    return f'<ol style="margin:0.5em 0;padding-left:1.6em">{items}</ol>'


def _lines(lines: Iterable[str]) -> str:
    return "<br>".join(escape(line) for line in lines)


def _decision(decision: Decision) -> str:
    parts = [badge(decision), six_labels(decision)]
    if decision.message:
        parts.append(f'<div style="{CODE}">{escape(decision.message)}</div>')
    if decision.assumed:
        parts.append(f"<div><em>Taken for granted:</em> {_lines(decision.assumed)}</div>")
    return "".join(parts)


def _managed_policy(policy: ManagedPolicy) -> str:
    return f"{_table(policy)}{policy_card(policy.document)}"


def _told(found: EffectivePolicies | LeastPrivilege | Unused | LastAccessed) -> str:
    return f'<div style="{CODE}">{escape(str(found))}</div>'


def _table(value: object) -> str:
    return table_of(value).first(FEW).html()


_CARDS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (Decision, _decision),
    (Policy, policy_card),
    (Identity, identity_card),
    (Account, account_card),
    (Organization, organization_card),
    (EffectivePolicies, _told),
    (Resource, resource_card),
    (WhoCan, who_can_card),
    (World, world_card),
    (AccessMatrix, matrix_card),
    (AccessChanges, changes_card),
    (WhatCan, what_can_card),
    (WorldDiff, diff_card),
    (Session, session_card),
    (Timeline, timeline_card),
    (EventLog, event_log_card),
    (Arrivals, arrivals_card),
    (BlastRadius, blast_radius_card),
    (Path, path_card),
    (Cut, cut_card),
    (OutsideAccess, outside_access_card),
    (LeastPrivilege, _told),
    (Unused, _told),
    (LastAccessed, _told),
    (ManagedPolicy, _managed_policy),
    (Shown, _table),
)
