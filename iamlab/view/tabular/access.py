"""Tables of access: who can do what, gains and losses, outside access, and escalation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.engine.access_changes import AccessChanges
from iamlab.engine.matrix import AccessMatrix
from iamlab.engine.verdict import addresses
from iamlab.errors import RequestError
from iamlab.model.event import EventLog, row_of
from iamlab.view.style import GAINED, LOOKS, LOST, OUTCOMES, bad, good, look, silent
from iamlab.view.tables import NOT_ALLOWED, Table, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.analysis.external_access.findings import OutsideAccess, OutsideFinding
    from iamlab.analysis.privilege_escalation.cut import Cut
    from iamlab.analysis.privilege_escalation.paths import Path, Paths
    from iamlab.analysis.privilege_escalation.reach import Reach
    from iamlab.analysis.what_can.what_can import WhatCan
    from iamlab.analysis.who_can import WhoCan
    from iamlab.analysis.world_diff.world_diff import Change, WorldDiff
    from iamlab.model.event import Event

UNSURE = silent("conditional")
CHANGE = "change, caller, action, resource"
MOST_COLUMNS = 12
"""The largest number of pairs in the table of a matrix; its frame has all."""


@table_of.register(AccessMatrix)
def _(matrix: AccessMatrix) -> Table:
    """Return its callers, and the first of its pairs."""
    shown = range(min(len(matrix.pairs), MOST_COLUMNS))
    few = f", {len(shown)} of {len(matrix.pairs)} actions on resources"
    caption = f"Access of {count(len(matrix.principals), 'caller')}"
    looks = {True: LOOKS["allowed"], False: NOT_ALLOWED}
    return Table(
        f"{caption}{few if len(shown) < len(matrix.pairs) else ''}",
        ("caller", *(" on ".join(matrix.pairs[pair]) for pair in shown)),
        tuple(
            (who, *(looks[matrix.allowed(row, pair)] for pair in shown))
            for row, who in enumerate(matrix.principals)
        ),
    )


@table_of.register("analysis.who_can.WhoCan")
def _(found: WhoCan) -> Table:
    """Return the principals with access, each with the statements that allow it."""
    caption = f"Who can do {found.action} on {found.resource}: {len(found)} of {found.asked}"
    rows = (
        (arn, look(decision.verdict), tuple(addresses(decision.determining)))
        for arn, decision in found.items()
    )
    under = ((arn, UNSURE, words) for arn, words in found.conditional.items())
    return Table.of(caption, "principal, verdict, by", (*rows, *under))


@table_of.register("analysis.what_can.what_can.WhatCan")
def _(found: WhatCan) -> Table:
    """Return what a caller can do, and then what is blocked."""
    rows = [(LOOKS["allowed"], line.what, _because(line.by, line.when)) for line in found.allowed]
    rows += [(UNSURE, line.what, _because(line.by, line.when)) for line in found.conditional]
    rows += [(bad("stopped"), line.what, line.why) for line in found.stopped]
    return Table.of(f"What {found.principal} may do", "verdict, actions and resources, why", rows)


def _because(by: Sequence[str], when: Sequence[str]) -> str:
    condition = f"; if {' and '.join(when)}" if when else ""
    return f"{', '.join(by) or 'no permission is needed'}{condition}"


@table_of.register(AccessChanges)
def _(changes: AccessChanges) -> Table:
    """Return the gains and losses of access between two matrices."""
    rows = [(GAINED, *cell) for cell in changes.gained] + [(LOST, *cell) for cell in changes.lost]
    caption = f"Gained {len(changes.gained):,}, lost {len(changes.lost):,}"
    return Table.of(caption, CHANGE, rows)


@table_of.register("analysis.world_diff.world_diff.WorldDiff")
def _(diff: WorldDiff) -> Table:
    """Return the gains and losses of access, by edit; without its worlds, the edits."""
    edits = count(len(diff), "edit")
    try:
        rows = [(*change_row(change), "; ".join(change.by)) for change in diff.gains_and_losses]
    except RequestError:  # a difference from a file has no worlds
        return Table.of(edits, "edit, what is different", enumerate(diff.edits, 1))
    return Table.of(f"Access that {edits} changed", f"{CHANGE}, by", rows)


def change_row(change: Change) -> tuple[object, ...]:
    """Return the cells of a gain or a loss."""
    sign = GAINED if change.gained else LOST
    return sign, change.principal, change.action, change.resource


# -- from outside, and by steps --------------------------------------------------------------------


@table_of.register("analysis.external_access.findings.OutsideAccess")
def _(found: OutsideAccess) -> Table:
    """Return the findings, the open ones first."""
    caption = f"Access from outside of {found.zone}: {count(found.asked, 'resource')} looked at"
    columns = "state, resource, principal, actions, when, statement, stopped by"
    return Table.of(caption, columns, map(_finding, found.findings))


def _finding(finding: OutsideFinding) -> tuple[object, ...]:
    state = bad("public" if finding.is_public else "open") if finding else good("stopped")
    who = ", ".join(f"{kind}: {value}" for kind, value in finding.principal.items())
    by, when = "; ".join(map(str, finding.stopped_by)), " and ".join(finding.when)
    words = finding.actions, when or None, finding.statement, by or None
    return state, finding.resource, who, *words


@table_of.register("analysis.privilege_escalation.paths.Paths")
def _(found: Paths) -> Table:
    """Return principals with the path to each, the shortest ones first."""
    from iamlab.analysis.privilege_escalation.paths import Arrivals, BlastRadius, in_a_line

    caption = "Principals by their paths"
    if isinstance(found, Arrivals):
        caption = f"Who can use {found.action} on {found.resource}"
    if isinstance(found, BlastRadius):
        caption = f"Principals that {found.source} can become"
    rows = ((arn, len(path), in_a_line(path) or "directly") for arn, path in found.items())
    return Table.of(caption, "principal, steps, how", rows)


@table_of.register("analysis.privilege_escalation.paths.Path")
def _(path: Path) -> Table:
    """Return the steps of a path, each with its calls."""
    rows = []
    for number, edge in enumerate(path.edges, 1):
        words = edge.source, edge.way.title, edge.target, "\n".join(map(str, edge.calls))
        rows.append((number, *map(str, words), "\n".join(edge.conditions) or None))
    caption = f"From {path.source} to {path.target}"
    return Table.of(caption, "step, source, way, target, calls, if", rows)


@table_of.register("analysis.privilege_escalation.cut.Cut")
def _(cut: Cut) -> Table:
    """Return the edits that close all paths."""
    state = "closed" if cut.is_closed else "not closed"
    caption = f"Edits of a cut: the path is {state}"
    return Table.of(caption, "edit, what", enumerate(map(str, cut.edits), 1))


@table_of.register("analysis.privilege_escalation.reach.Reach")
def _(reach: Reach) -> Table:
    """Return all steps: a row for each edge."""
    from iamlab.analysis.privilege_escalation.paths import COLUMNS, rows_of

    return Table("Who can become which principal", COLUMNS, tuple(rows_of(reach.edges)))


# -- events ----------------------------------------------------------------------------------------


@table_of.register(EventLog)
def events_table(log: EventLog | Sequence[Event]) -> Table:
    """Return events, with caller, operation and outcome."""
    rows = []
    for event in log:
        time, account, who, name, outcome, error, resource, *_ = row_of(event)
        sign = OUTCOMES[str(outcome)]
        sign = replace(sign, word=f"{outcome}: {error}") if error else sign
        rows.append((time, account, str(who).rpartition("::")[2], name, sign, resource))
    table = Table.of("Events", "time, log of, who, event, outcome, on", rows)
    several = len({event.recipient_account_id for event in log}) > 1
    return table if several else table.only("time", "who", "event", "outcome", "on")
