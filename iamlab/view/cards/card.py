"""How bare values show themselves in a notebook: small HTML cards, all text in them escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.engine.access_changes import AccessChanges
from iamlab.engine.decision import Decision
from iamlab.engine.labels import labels
from iamlab.engine.matrix import AccessMatrix
from iamlab.policy.document import Policy
from iamlab.view.cards.access_cards import changes_card, diff_card, what_can_card
from iamlab.view.cards.event_cards import event_log_card
from iamlab.view.cards.outside_cards import outside_access_card
from iamlab.view.cards.reach_cards import arrivals_card, blast_radius_card, cut_card, path_card
from iamlab.view.cards.session_cards import session_card, timeline_card
from iamlab.view.style import INK, PAPER, look
from iamlab.view.tables import matrix_table
from iamlab.world.changes import WorldDiff
from iamlab.world.events.log import EventLog
from iamlab.world.gather import policies_of
from iamlab.world.identities import Group, Identity, User
from iamlab.world.last_accessed import LastAccessed
from iamlab.world.least_privilege import LeastPrivilege, Unused
from iamlab.world.organization import Organization
from iamlab.world.organization.levels import EffectivePolicies
from iamlab.world.outside_access import OutsideAccess
from iamlab.world.reach.answers import Arrivals, BlastRadius
from iamlab.world.reach.cutting import Cut
from iamlab.world.reach.paths import Path
from iamlab.world.resources import Resource
from iamlab.world.sts.session import Session
from iamlab.world.sts.timeline import Timeline
from iamlab.world.what_can import WhatCan
from iamlab.world.who_can import WhoCan
from iamlab.world.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

BOX = (
    f"background:{PAPER};color:{INK};border:1px solid #C4C9CF;border-radius:8px;"
    "padding:0.7em 1em;margin:0.4em 0;max-width:60em;display:inline-block"
)
FEW = 30
"""So many lines of a list are shown."""
CODE = f"font-family:monospace;white-space:pre-wrap;margin:0.3em 0;color:{INK};background:{PAPER}"


def card(value: object) -> str:
    """Give a value as HTML."""
    for kind, draw in _CARDS:
        if isinstance(value, kind):
            return f'<div style="{BOX}">{draw(value)}</div>'
    return f'<pre style="{CODE}">{escape(repr(value))}</pre>'


def badge(decision: Decision) -> str:
    """Give a verdict as a coloured word with its symbol."""
    seen = look(decision.verdict)
    return (
        f'<strong style="background:{seen.area};color:{seen.colour};border:1px solid {seen.colour};'
        f'border-radius:6px;padding:0.15em 0.6em">{seen.symbol} {seen.word}</strong>'
    )


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


def _policy(policy: Policy) -> str:
    name = f"<strong>{escape(policy.name)}</strong>" if policy.name else ""
    return f'{name}<div style="{CODE}">{escape(policy.text)}</div>'


def _identity(identity: Identity) -> str:
    parts = [f"<strong>{escape(identity.kind)} {escape(identity.name)}</strong>"]
    parts.append(f'<div style="{CODE}">{escape(identity.arn)}</div>')
    if isinstance(identity, User):
        parts.append(_named("groups", identity.groups))
    if isinstance(identity, Group):
        parts.append(_named("users", [user.name for user in identity.users]))
    parts.append(_named("policies", [attached.policy.name for attached in policies_of(identity)]))
    return "".join(parts)


def _named(what: str, names: list[str]) -> str:
    return f"<div>{what}: {escape(', '.join(names)) or 'none'}</div>"


def _world(world: World) -> str:
    rows = "".join(
        f"<li><strong>{escape(account.name)}</strong> ({escape(account.account_id)}): users "
        f"{escape(', '.join(account.users)) or 'none'}; groups "
        f"{escape(', '.join(account.groups)) or 'none'}; roles "
        f"{escape(', '.join(account.roles)) or 'none'}; buckets "
        f"{escape(', '.join(account.buckets)) or 'none'}</li>"
        for account in world.accounts.values()
    )
    trees = "".join(_organization(one) for one in world.organizations.values())
    return f"World at {world.clock.now:%Y-%m-%d %H:%M} UTC<ul>{rows}</ul>{trees}"


def _organization(organization: Organization) -> str:
    return f'<div style="{CODE}">{escape(organization.describe())}</div>'


def _told(found: EffectivePolicies | LeastPrivilege | Unused | LastAccessed) -> str:
    return f'<div style="{CODE}">{escape(str(found))}</div>'


def _resource(resource: Resource) -> str:
    parts = [f"<strong>{escape(resource.kind)} {escape(resource.name)}</strong>"]
    parts.append(f'<div style="{CODE}">{escape(resource.arn)}</div>')
    parts.append(_named("tags", [f"{key}={value}" for key, value in resource.tags.items()]))
    text = "no policy of its own" if resource.policy is None else resource.policy.text
    return "".join([*parts, f'<div style="{CODE}">{escape(text)}</div>'])


def _who_can(found: WhoCan) -> str:
    few = list(found)[:FEW]
    rows = "".join(f"<li>{escape(arn)}</li>" for arn in few)
    more = f"<div>and {len(found) - FEW} more</div>" if len(found) > FEW else ""
    head = f"<strong>{escape(found.action)}</strong> on {escape(found.resource)}: "
    return f"{head}{len(found)} of {found.asked}<ul>{rows}</ul>{more}"


_CARDS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (Decision, _decision),
    (Policy, _policy),
    (Identity, _identity),
    (Organization, _organization),
    (EffectivePolicies, _told),
    (Resource, _resource),
    (WhoCan, _who_can),
    (World, _world),
    (AccessMatrix, matrix_table),
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
)
