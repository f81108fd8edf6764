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
    several = len({event.recipient_account_id for event in log[-FEW:]}) > 1
    names = ("time", *(("log of",) if several else ()), "who", "event", "outcome", "on")
    head = "".join(f'<th scope="col" style="{CELL}">{escape(one)}</th>' for one in names)
    rows = (_row(event, row_of(event), with_account=several) for event in log[-FEW:])
    body = "".join(rows)
    more = f"<div>after {len(log) - FEW} earlier ones</div>" if len(log) > FEW else ""
    return (
        f'{more}<div style="overflow-x:auto"><table style="border-collapse:collapse">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(event: Event, told: tuple[object, ...], *, with_account: bool) -> str:
    _, account, who, name, outcome, error, resource, *_ = map(str, told)
    symbol, colour, area = _ENDS[outcome]
    style = f"{CELL};background:{area};color:{colour}"
    of_whom = (account,) if with_account else ()
    before = (f"{event.event_time:%Y-%m-%d %H:%M:%S}", *of_whom, who.rpartition("::")[2], name)
    whole = f"{CELL};white-space:nowrap"
    cells = "".join(f'<td style="{whole}">{escape(one)}</td>' for one in before)
    why = f"<br>{escape(error)}" if error else ""
    end = f'<td style="{style}">{symbol}&nbsp;{escape(outcome)}{why}</td>'
    return f'<tr>{cells}{end}<td style="{CELL}">{escape(resource)}</td></tr>'
