"""The card of outside access: who gets in, by which statement, and what stops him."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from iamlab.view.style import ALLOW, ALLOW_AREA, DENY, DENY_AREA
from iamlab.view.tables import CELL

if TYPE_CHECKING:
    from iamlab.world.outside_access import Finding, OutsideAccess

FEW = 30
"""So many findings are shown."""

COLUMNS = ("", "resource", "who", "may do", "if", "by")


def outside_access_card(found: OutsideAccess) -> str:
    """Show the findings, the open ones first; what is stopped says by what."""
    head = f"Zone of trust: {escape(found.zone)}; {found.asked} resources looked at."
    if not len(found):
        return f"{head}<div>Nobody outside is let in.</div>"
    names = "".join(f'<th scope="col" style="{CELL}">{one}</th>' for one in COLUMNS)
    rows = "".join(map(_row, found[:FEW]))
    more = f"<div>and {len(found) - FEW} more</div>" if len(found) > FEW else ""
    return (
        f'{head}<table style="border-collapse:collapse;margin-top:0.4em"><thead><tr>{names}</tr>'
        f"</thead><tbody>{rows}</tbody></table>{more}"
    )


def _row(one: Finding) -> str:
    colour, area = (DENY, DENY_AREA) if one else (ALLOW, ALLOW_AREA)
    word = "stopped" if not one else "public" if one.is_public else "open"
    who = ", ".join(f"{kind}: {value}" for kind, value in one.principal.items())
    by = one.statement + (f"; stopped by {', '.join(map(str, one.stopped_by))}" if not one else "")
    cells = (one.resource, who, ", ".join(one.actions), " and ".join(one.when), by)
    told = "".join(f'<td style="{CELL}">{escape(cell)}</td>' for cell in cells)
    return f'<tr><td style="{CELL};background:{area};color:{colour}">{word}</td>{told}</tr>'
