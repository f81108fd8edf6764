"""The card of a log: its last events, each with who, what, and how it ended; all escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from iamlab.view.style import ALLOW, ALLOW_AREA, DENY, DENY_AREA, SILENT, SILENT_AREA
from iamlab.view.tables import CELL

if TYPE_CHECKING:
    from iamlab.world.events import Event
    from iamlab.world.events.log import EventLog

FEW = 30
"""So many events are shown, the last ones."""

_ENDS = {
    "allowed": ("✓", ALLOW, ALLOW_AREA),
    "denied": ("✕", DENY, DENY_AREA),
    "failed": ("○", SILENT, SILENT_AREA),
}


def event_log_card(log: EventLog) -> str:
    """Show the last events of a log."""
    from iamlab.world.events.log import row_of

    if not log:
        return "No events."
    names = ("time", "log of", "who", "event", "outcome", "error", "on")
    head = "".join(f'<th scope="col" style="{CELL}">{escape(one)}</th>' for one in names)
    body = "".join(_row(event, row_of(event)) for event in log[-FEW:])
    more = f"<div>after {len(log) - FEW} earlier ones</div>" if len(log) > FEW else ""
    return (
        f'{more}<div style="overflow-x:auto"><table style="border-collapse:collapse">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(event: Event, told: tuple[object, ...]) -> str:
    _, account, who, name, outcome, error, resource, *_ = map(str, told)
    symbol, colour, area = _ENDS[outcome]
    style = f"{CELL};background:{area};color:{colour}"
    before = (f"{event.event_time:%Y-%m-%d %H:%M:%S}", account, who.rpartition("::")[2], name)
    whole = f"{CELL};white-space:nowrap"
    cells = "".join(f'<td style="{whole}">{escape(one)}</td>' for one in before)
    end = f'<td style="{style}">{symbol}&nbsp;{escape(outcome)}</td>'
    after = "".join(f'<td style="{CELL}">{escape(one)}</td>' for one in (error, resource))
    return f"<tr>{cells}{end}{after}</tr>"
