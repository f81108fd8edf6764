"""Cards of access: who can do what, gains and losses, outside access, and escalation.

Each is a short list with the number of other rows; frames have all rows.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.engine.access_changes import AccessChanges
from iamlab.engine.decision import Decision
from iamlab.engine.labels import PAIRS, pair_lines
from iamlab.engine.matrix import AccessMatrix
from iamlab.model.organization.policies import EffectivePolicies
from iamlab.view import html
from iamlab.view.cards.card import FEW, badge, code, inner, items, six_labels, with_notes
from iamlab.view.style import bad, good
from iamlab.view.tables import Table
from iamlab.view.tabular import table_of
from iamlab.view.tabular.access import CHANGE, change_row

if TYPE_CHECKING:
    from iamlab.analysis.external_access.findings import OutsideAccess
    from iamlab.analysis.privilege_escalation.cut import Cut
    from iamlab.analysis.privilege_escalation.paths import Arrivals, BlastRadius, Path
    from iamlab.analysis.what_can.what_can import WhatCan
    from iamlab.analysis.who_can import WhoCan
    from iamlab.analysis.world_diff.world_diff import WorldDiff


@inner.register(Decision)
def _(decision: Decision) -> str:
    message = code(decision.message) if decision.message else ""
    pairs = f"<div>{PAIRS}:</div>{items(pair_lines(decision))}" if decision.pairs else ""
    inside = f"{badge(decision)}{six_labels(decision)}{message}{pairs}"
    return with_notes(inside, decision.assumed)


@inner.register(
    EffectivePolicies,
    "analysis.least_privilege.least_privilege.LeastPrivilege",
    "analysis.least_privilege.unused.Unused",
    "analysis.last_accessed.report.LastAccessed",
)
def _(found: object) -> str:
    return code(str(found))


@inner.register(AccessMatrix)
def _(matrix: AccessMatrix) -> str:
    return with_notes(table_of(matrix).html(), matrix.assumed)


@inner.register("analysis.who_can.WhoCan")
def _(found: WhoCan) -> str:
    caption = f"{found.action} on {found.resource}: {len(found)} of {found.asked}"
    table = Table.of(caption, "principal", ((arn,) for arn in found)).first(FEW)
    return with_notes(table.html(), found.assumed)


@inner.register("analysis.what_can.what_can.WhatCan")
def _(found: WhatCan) -> str:
    lacking = items(list(map(str, found.incomplete)))
    return with_notes(f"{table_of(found).first(FEW).html()}{lacking}", found.assumed)


@inner.register(AccessChanges)
def _(changes: AccessChanges) -> str:
    notes = [f"{words}: {', '.join(names[:FEW])}" for words, names in changes.apart]
    return f"{table_of(changes).first(FEW).html()}{items(notes)}"


@inner.register("analysis.world_diff.world_diff.WorldDiff")
def _(diff: WorldDiff) -> str:
    """Return the edits between two worlds, and the gains and losses of access."""
    if not diff:
        return "Nothing is different."
    parts = [items(diff.edits)]
    for by, changes in diff.by_edit.items():
        how = {True: "Together", False: "By", None: "By some of"}[changes[0].together]
        table = Table.of("Changes in access", CHANGE, map(change_row, changes))
        parts.append(f"<div>{how}:</div>{items(by)}{table.first(FEW).html()}")
    return "".join(parts)


@inner.register("analysis.external_access.findings.OutsideAccess")
def _(found: OutsideAccess) -> str:
    head = f"Zone of trust: {escape(found.zone)}; {count(found.asked, 'resource')} looked at."
    if not len(found):
        return f"{head}<div>Nobody outside has access.</div>"
    return f"{head}{table_of(found).first(FEW).html()}"


@inner.register("analysis.privilege_escalation.paths.Arrivals")
def _(found: Arrivals) -> str:
    head = f"<strong>{escape(found.action)}</strong> on {escape(found.resource)}: "
    head += f"{len(found)} of {found.asked}, {len(found.directly)} directly"
    return f"{head}{table_of(found).first(FEW).html()}"


@inner.register("analysis.privilege_escalation.paths.BlastRadius")
def _(found: BlastRadius) -> str:
    strong = f"administrator of {', '.join(found.admin_of) or 'no account'}"
    head = f"<strong>{escape(found.source)}</strong> becomes {len(found)} of {found.asked}, and "
    return f"{head}{escape(strong)}{table_of(found).first(FEW).html()}"


@inner.register("analysis.privilege_escalation.paths.Path")
def _(path: Path) -> str:
    if not path.edges:
        return f"<strong>{escape(str(path.source))}</strong> needs no step."
    return table_of(path).first(FEW).html()


@inner.register("analysis.privilege_escalation.cut.Cut")
def _(cut: Cut) -> str:
    """Return the edits that close all paths."""
    lines = "".join(f"<div>{escape(line)}</div>" for line in str(cut).split("\n"))
    return f"{html.badge(good('closed') if cut.is_closed else bad('open'))}{lines}"
