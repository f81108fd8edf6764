"""Cards about access: who can do what, who gained or lost what, who gets in, and how far.

Each is a short list that counts what it leaves out; frames have everything. All text is escaped.
"""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import TYPE_CHECKING

from iamlab.view.cards import FEW
from iamlab.view.html import badge
from iamlab.view.tables import Table, matrix_table
from iamlab.view.tabular.access import (
    changes_table,
    gains_and_losses,
    outside_access_table,
    path_table,
    paths_table,
    what_can_table,
)
from iamlab.view.tabular.signs import GAINED, LOST, bad, good

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.analysis.external_access.findings import OutsideAccess
    from iamlab.analysis.privilege_escalation.cut import Cut
    from iamlab.analysis.privilege_escalation.paths import Arrivals, BlastRadius, Path
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


def outside_access_card(found: OutsideAccess) -> str:
    """Show the findings, the open ones first; what is stopped says by what."""
    head = f"Zone of trust: {escape(found.zone)}; {found.asked} resources looked at."
    if not len(found):
        return f"{head}<div>Nobody outside is let in.</div>"
    return f"{head}{outside_access_table(found).first(FEW).html()}"


def arrivals_card(found: Arrivals) -> str:
    """Show who gets to do something, the nearest first."""
    head = f"<strong>{escape(found.action)}</strong> on {escape(found.resource)}: "
    counted = f"{len(found)} of {found.asked}, {len(found.directly)} directly"
    return f"{head}{counted}{paths_table(found).first(FEW).html()}"


def blast_radius_card(found: BlastRadius) -> str:
    """Show how far somebody gets."""
    whole = ", ".join(found.admin_of)
    strong = f"administrator of {whole}" if whole else "administrator of no account"
    head = f"<strong>{escape(found.source)}</strong> becomes {len(found)} of {found.asked}, and "
    return f"{head}{escape(strong)}{paths_table(found).first(FEW).html()}"


def path_card(path: Path) -> str:
    """Show the steps of a way, each with its calls."""
    if not path.edges:
        return f"<strong>{escape(str(path.source))}</strong> is there already."
    return path_table(path).first(FEW).html()


def cut_card(cut: Cut) -> str:
    """Show the edits that close all ways, and whether fewer would do."""
    lines = "".join(f"<div>{escape(line)}</div>" for line in str(cut).split("\n"))
    return f"{badge(good('closed') if cut.is_closed else bad('open'))}{lines}"
