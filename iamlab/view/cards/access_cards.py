"""Cards about access as a whole: what a caller may do, and who gained or lost what.

Each is a short list, with what it leaves out counted; frames have all. All text is escaped.
"""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import TYPE_CHECKING

from iamlab.view.cards import FEW
from iamlab.view.tables import Table, matrix_table
from iamlab.view.tabular.access import changes_table, gains_and_losses, what_can_table
from iamlab.view.tabular.signs import GAINED, LOST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.analysis.what_can.what_can import WhatCan
    from iamlab.analysis.who_can import WhoCan
    from iamlab.analysis.world_diff.world_diff import WorldDiff
    from iamlab.engine.access_changes import AccessChanges
    from iamlab.engine.matrix import AccessMatrix


def matrix_card(matrix: AccessMatrix) -> str:
    """Show the first callers and pairs of a matrix."""
    return matrix_table(matrix).html()


def who_can_card(found: WhoCan) -> str:
    """Show those who may do something: how many of how many, and who."""
    caption = f"{found.action} on {found.resource}: {len(found)} of {found.asked}"
    rows = tuple((arn,) for arn in islice(found, FEW))
    return Table(caption, ("principal",), rows, max(len(found) - FEW, 0)).html()


def what_can_card(found: WhatCan) -> str:
    """Show what a caller may do, and what is stopped."""
    noted = ""
    if found.assumed:
        noted = f"<div><em>Taken for granted:</em> {escape('; '.join(found.assumed))}</div>"
    return f"{what_can_table(found).first(FEW).html()}{noted}"


def changes_card(changes: AccessChanges) -> str:
    """Show who gained and lost what between two matrices."""
    notes = [f"{words}: {', '.join(names[:FEW])}" for words, names in changes.apart]
    return f"{changes_table(changes).first(FEW).html()}{_items(notes)}"


def diff_card(diff: WorldDiff) -> str:
    """Show the edits that lead from one world to another, and what each gave or took."""
    if not diff:
        return "Nothing is different."
    parts = [_items(diff.edits)]
    for by, changes in diff.by_edit.items():
        how = {True: "Together", False: "By", None: "By some of"}[changes[0].together]
        rows = (
            (GAINED if one.gained else LOST, one.principal, one.action, one.resource)
            for one in changes
        )
        table = gains_and_losses("What that gave or took", rows)
        parts.append(f"<div>{how}:</div>{_items(by)}{table.first(FEW).html()}")
    return "".join(parts)


def _items(lines: Sequence[str]) -> str:
    shown = "".join(f"<li>{escape(line)}</li>" for line in islice(lines, FEW))
    more = f"<li>and {len(lines) - FEW} more</li>" if len(lines) > FEW else ""
    return f"<ul>{shown}{more}</ul>" if lines else ""
