"""Cards of temporary credentials, and of events. They show no secret, and all text is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from iamlab.view.cards import FEW
from iamlab.view.html import badge, html_facts
from iamlab.view.tabular.access import events_table
from iamlab.view.tabular.sessions import state_of, timeline_table

if TYPE_CHECKING:
    from iamlab.analysis.credential_timeline.timeline import Timeline
    from iamlab.model.event import EventLog
    from iamlab.operations.sts.session import Session


def session_card(session: Session) -> str:
    """Show a session: whose it is, how long it lasts, and what goes along with it."""
    record = session.record
    policies = [one.name or "session policy" for one in (*session.policies, *record.scoped)]
    tags = [
        f"{key}={value}" + (" (transitive)" if key in record.transitive_tags else "")
        for key, value in record.tags.items()
    ]
    facts = (
        ("caller", record.arn),
        ("permissions of", record.issuer_arn),
        ("made by", record.operation),
        ("from", record.issued),
        ("until", record.expiration),
        ("MFA", "used" if session.keys.get("aws:MultiFactorAuthPresent") else "not used"),
        ("source identity", record.source_identity or "none"),
        ("session tags", ", ".join(tags) or "none"),
        ("at most", ", ".join(policies) or "nothing takes away"),
    )
    head = f"<strong>{escape(record.access_key_id)}</strong> {badge(state_of(session))}"
    return f"{head}{html_facts('Session', facts)}"


def timeline_card(timeline: Timeline) -> str:
    """Show credentials as a tree in a table: under each what was asked for with it."""
    if not timeline.rows:
        return "No credentials."
    return timeline_table(timeline).first(FEW).html()


def event_log_card(log: EventLog) -> str:
    """Show the last events of a log."""
    if not log:
        return "No events."
    more = f"<div>after {len(log) - FEW} earlier ones</div>" if len(log) > FEW else ""
    return f"{more}{events_table(log[-FEW:]).html()}"
