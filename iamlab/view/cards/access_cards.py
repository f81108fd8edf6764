"""Cards about access as a whole: what a caller may do, and who gained or lost what.

Each is a short list, with what it leaves out counted; frames have all. All text is escaped.
"""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import TYPE_CHECKING

from iamlab.view.style import ALLOW, ALLOW_AREA, DENY, DENY_AREA
from iamlab.view.tables import CELL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.engine.access_changes import AccessChanges
    from iamlab.world.changes import WorldDiff
    from iamlab.world.what_can import WhatCan

FEW = 30
"""So many lines of a list are shown."""

GOOD = f"{CELL};background:{ALLOW_AREA};color:{ALLOW}"
BAD = f"{CELL};background:{DENY_AREA};color:{DENY}"


def what_can_card(found: WhatCan) -> str:
    """Show what a caller may do, and what is stopped."""
    good = [("✓&nbsp;allowed", GOOD, one.what, _because(one.by, one.when)) for one in found.allowed]
    bad = [("✕&nbsp;stopped", BAD, one.what, one.why) for one in found.stopped]
    head = f"<strong>{escape(found.caller)}</strong>"
    if found.assumed:
        head += f"<div><em>Taken for granted:</em> {escape('; '.join(found.assumed))}</div>"
    return f"{head}{_table(('', 'actions and resources', 'why'), [*good, *bad])}"


def _because(by: Sequence[str], when: Sequence[str]) -> str:
    condition = f"; if {' and '.join(when)}" if when else ""
    return f"{', '.join(by) or 'no permission is needed'}{condition}"


def changes_card(changes: AccessChanges) -> str:
    """Show who gained and lost what between two matrices."""
    rows = [
        (word, style, f"{action} on {resource}", caller)
        for word, style, cells in (
            ("✓&nbsp;gained", GOOD, changes.gained),
            ("✕&nbsp;lost", BAD, changes.lost),
        )
        for caller, action, resource in cells
    ]
    notes = [f"{words}: {', '.join(names[:FEW])}" for words, names in changes.apart]
    return f"{_table(('', 'what', 'who'), rows)}{_items(notes)}"


def diff_card(diff: WorldDiff) -> str:
    """Show the edits that lead from one world to another, and what each gave or took."""
    if not diff:
        return "Nothing is different."
    parts = [_items(diff.edits)]
    for by, changes in diff.by_edit.items():
        how = {True: "Together", False: "By", None: "By some of"}[changes[0].together]
        rows = [
            (
                "✓&nbsp;gained" if one.gained else "✕&nbsp;lost",
                GOOD if one.gained else BAD,
                f"{one.action} on {one.resource}",
                one.caller,
            )
            for one in changes
        ]
        parts.append(f"<div>{how}:</div>{_items(by)}{_table(('', 'what', 'who'), rows)}")
    return "".join(parts)


def _items(lines: Sequence[str]) -> str:
    shown = "".join(f"<li>{escape(line)}</li>" for line in islice(lines, FEW))
    more = f"<li>and {len(lines) - FEW} more</li>" if len(lines) > FEW else ""
    return f"<ul>{shown}{more}</ul>" if lines else ""


def _table(columns: Iterable[str], rows: Sequence[tuple[str, str, str, str]]) -> str:
    """Draw a table: its first column is a symbol and a word, in a colour."""
    if not rows:
        return "<div>Nothing.</div>"
    head = "".join(f'<th scope="col" style="{CELL}">{escape(one)}</th>' for one in columns)
    body = "".join(
        f'<tr><td style="{style}">{word}</td><td style="{CELL}">{escape(what)}</td>'
        f'<td style="{CELL}">{escape(why)}</td></tr>'
        for word, style, what, why in rows[:FEW]
    )
    more = f"<div>and {len(rows) - FEW} more</div>" if len(rows) > FEW else ""
    return (
        f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{more}"
    )
