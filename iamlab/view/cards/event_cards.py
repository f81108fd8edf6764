"""The card of a log: its last events, each with who, what, and how it ended; all escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.view.cards import FEW
from iamlab.view.tabular.access import events_table

if TYPE_CHECKING:
    from iamlab.model.event import EventLog


def event_log_card(log: EventLog) -> str:
    """Show the last events of a log."""
    if not log:
        return "No events."
    more = f"<div>after {len(log) - FEW} earlier ones</div>" if len(log) > FEW else ""
    return f"{more}{events_table(log[-FEW:]).html()}"
