"""Cards of reach: who gets how far, and by which steps; the edits that close a way."""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import TYPE_CHECKING

from iamlab.view.style import ALLOW, ALLOW_AREA, DENY, DENY_AREA
from iamlab.view.tables import CELL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.reach.answers import Arrivals, BlastRadius
    from iamlab.world.reach.cutting import Cut
    from iamlab.world.reach.paths import Path

FEW = 30
"""So many rows are shown."""

_CALL = "font-family:monospace;font-size:0.95em"
_GOOD = f"{CELL};background:{ALLOW_AREA};color:{ALLOW}"
_BAD = f"{CELL};background:{DENY_AREA};color:{DENY}"


def arrivals_card(found: Arrivals) -> str:
    """Show who gets to do something, the nearest first."""
    head = f"<strong>{escape(found.action)}</strong> on {escape(found.resource)}: "
    counted = f"{len(found)} of {found.asked}, {len(found.directly)} directly"
    return f"{head}{counted}{_table(found)}"


def blast_radius_card(found: BlastRadius) -> str:
    """Show how far somebody gets."""
    whole = ", ".join(found.admin_of)
    strong = f"administrator of {whole}" if whole else "administrator of no account"
    head = f"<strong>{escape(found.source)}</strong> becomes {len(found)} of {found.asked}, and "
    return f"{head}{escape(strong)}{_table(found)}"


def path_card(path: Path) -> str:
    """Show the steps of a way, each with its calls."""
    if not path.edges:
        return f"<strong>{escape(str(path.source))}</strong> is there already."
    items = []
    for edge in path.edges:
        calls = "".join(f'<li style="{_CALL}">{escape(str(call))}</li>' for call in edge.calls)
        conditions = "".join(f"<div><em>if {escape(one)}</em></div>" for one in edge.conditions)
        items.append(
            f"<li><strong>{escape(str(edge.source))} → {escape(str(edge.target))}</strong>: "
            f"{escape(edge.way.title)}<ul>{calls}</ul>{conditions}</li>"
        )
    return f"<ol>{''.join(items)}</ol>"


def cut_card(cut: Cut) -> str:
    """Show the edits that close all ways, and whether fewer would do."""
    lines = "".join(f"<div>{escape(line)}</div>" for line in str(cut).split("\n"))
    mark, style = ("✓&nbsp;closed", _GOOD) if cut.is_closed else ("✕&nbsp;open", _BAD)
    return f'<span style="{style}">{mark}</span>{lines}'


def _table(found: Mapping[str, Path]) -> str:
    if not found:
        return "<div>Nobody.</div>"
    names = ("steps", "principal", "how")
    head = "".join(f'<th scope="col" style="{CELL}">{one}</th>' for one in names)
    rows = []
    for arn, path in islice(found.items(), FEW):
        how = ", then ".join(edge.way.title for edge in path.edges) or "as it is"
        cells = (str(len(path)), arn, how)
        rows.append("".join(f'<td style="{CELL}">{escape(one)}</td>' for one in cells))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    more = f"<div>and {len(found) - FEW} more</div>" if len(found) > FEW else ""
    return (
        f'<table style="border-collapse:collapse;margin-top:0.4em"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{more}"
    )
