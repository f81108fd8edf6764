"""Cards of temporary credentials: one session; who got which from whom. They show no secret."""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import TYPE_CHECKING

from iamlab.view.style import ALLOW, ALLOW_AREA, DENY, DENY_AREA
from iamlab.view.tables import CELL

if TYPE_CHECKING:
    from iamlab.world.sts.session import Session
    from iamlab.world.sts.timeline import Timeline

FEW = 30
"""So many rows are shown."""

_GOOD = f"{CELL};background:{ALLOW_AREA};color:{ALLOW}"
_OVER = f"{CELL};background:{DENY_AREA};color:{DENY}"
_STEP = "\N{NO-BREAK SPACE}" * 4
_DEEPEST = 10


def session_card(session: Session) -> str:
    """Show a session: whose it is, how long it lasts, and what goes along with it."""
    record = session.record
    word, style = ("✕&nbsp;expired", _OVER) if session.is_expired else ("✓&nbsp;valid", _GOOD)
    policies = [one.name or "session policy" for one in (*session.policies, *record.scoped)]
    tags = [
        f"{key}={value}" + (" (transitive)" if key in record.transitive_tags else "")
        for key, value in record.tags.items()
    ]
    rows = (
        ("caller", record.arn),
        ("permissions of", record.issuer_arn),
        ("made by", record.operation),
        ("from", f"{record.issued:%Y-%m-%d %H:%M:%S}"),
        ("until", f"{record.expiration:%Y-%m-%d %H:%M:%S}"),
        ("MFA", "used" if session.keys.get("aws:MultiFactorAuthPresent") else "not used"),
        ("source identity", record.source_identity or "none"),
        ("session tags", ", ".join(tags) or "none"),
        ("at most", ", ".join(policies) or "nothing takes away"),
    )
    body = "".join(
        f'<tr><th scope="row" style="{CELL};text-align:left">{escape(name)}</th>'
        f'<td style="{CELL}">{escape(text)}</td></tr>'
        for name, text in rows
    )
    head = f'<strong>{escape(record.access_key_id)}</strong> <span style="{style}">{word}</span>'
    return f'{head}<table style="border-collapse:collapse;margin-top:0.4em">{body}</table>'


def timeline_card(timeline: Timeline) -> str:
    """Show credentials as a tree in a table: under each what was asked for with it."""
    if not timeline.rows:
        return "No credentials."
    names = ("credentials", "made by", "from", "until", "")
    head = "".join(f'<th scope="col" style="{CELL}">{escape(one)}</th>' for one in names)
    body = []
    for level, row in islice(timeline.as_tree(), FEW):
        is_valid = row.ended == "still valid"
        mark, style = ("✓", _GOOD) if is_valid else ("✕", _OVER)
        who = f"{_STEP * min(level, _DEEPEST)}{row.arn.rpartition(':')[2]}"
        end = "" if row.end is None else f"{row.end:%Y-%m-%d %H:%M:%S}"
        cells = (who, row.operation, f"{row.start:%Y-%m-%d %H:%M:%S}", end)
        body.append(
            "<tr>"
            + "".join(f'<td style="{CELL};text-align:left">{escape(one)}</td>' for one in cells)
            + f'<td style="{style}">{mark}&nbsp;{escape(row.ended)}</td></tr>'
        )
    more = f"<div>and {len(timeline) - FEW} more</div>" if len(timeline) > FEW else ""
    return (
        f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>{more}"
    )
