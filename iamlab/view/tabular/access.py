"""Tables of access: who can do something, who gained or lost what, who gets in, and how far."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.paths import COLUMNS, Arrivals, BlastRadius, rows_of
from iamlab.engine.verdict import Verdict
from iamlab.model.event import row_of
from iamlab.view.style import look
from iamlab.view.tables import Table
from iamlab.view.tabular.signs import GAINED, LOST, OUTCOMES, bad, good

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.analysis.external_access.findings import OutsideAccess, OutsideFinding
    from iamlab.analysis.privilege_escalation.cut import Cut
    from iamlab.analysis.privilege_escalation.paths import Path, Paths
    from iamlab.analysis.privilege_escalation.reach import Reach
    from iamlab.analysis.what_can.what_can import WhatCan
    from iamlab.analysis.who_can import WhoCan
    from iamlab.analysis.world_diff.world_diff import WorldDiff
    from iamlab.engine.access_changes import AccessChanges
    from iamlab.model.event import Event, EventLog
    from iamlab.view.style import Look


def who_can_table(found: WhoCan) -> Table:
    """Give those who may do something, each with the statements that let him."""
    rows = (
        (arn, look(decision.verdict), tuple(one.address for one in decision.determining))
        for arn, decision in found.items()
    )
    caption = f"Who can do {found.action} on {found.resource}: {len(found)} of {found.asked}"
    return Table(caption, ("principal", "verdict", "by"), tuple(rows))


def what_can_table(found: WhatCan) -> Table:
    """Give what a caller may do, and then what is stopped."""
    allowed = look(Verdict.ALLOWED)
    rows = [(allowed, one.what, _because(one.by, one.when)) for one in found.allowed]
    rows += [(bad("stopped"), one.what, one.why) for one in found.stopped]
    columns = ("verdict", "actions and resources", "why")
    return Table(f"What {found.principal} may do", columns, tuple(rows))


def _because(by: Sequence[str], when: Sequence[str]) -> str:
    condition = f"; if {' and '.join(when)}" if when else ""
    return f"{', '.join(by) or 'no permission is needed'}{condition}"


def changes_table(changes: AccessChanges) -> Table:
    """Give who gained and who lost what between two matrices."""
    cells = [(GAINED, cell) for cell in changes.gained] + [(LOST, cell) for cell in changes.lost]
    return gains_and_losses(
        f"Gained {len(changes.gained):,}, lost {len(changes.lost):,}",
        ((sign, *cell) for sign, cell in cells),
    )


def gains_and_losses(caption: str, rows: Iterable[tuple[Look, str, str, str]]) -> Table:
    """Give gains and losses of (caller, action, resource)."""
    return Table(caption, ("change", "caller", "action", "resource"), tuple(rows))


def diff_table(diff: WorldDiff) -> Table:
    """Give who gained and who lost what between two worlds, and by which edits."""
    rows = (
        (GAINED if one.gained else LOST, one.principal, one.action, one.resource, "; ".join(one.by))
        for one in diff.gains_and_losses
    )
    columns = ("change", "caller", "action", "resource", "by")
    return Table(f"What {len(diff):,} edits gave and took", columns, tuple(rows))


def edits_table(diff: WorldDiff) -> Table:
    """Give the edits that lead from one world to another: all that a file of them has."""
    rows = tuple(enumerate(diff.edits, 1))
    return Table(f"{len(diff):,} edits", ("edit", "what is different"), rows)


# -- from outside, and by steps --------------------------------------------------------------------


def outside_access_table(found: OutsideAccess) -> Table:
    """Give the findings, the open ones first."""
    columns = ("state", "resource", "principal", "actions", "when", "statement", "stopped by")
    return Table(
        f"Access from outside of {found.zone}: {found.asked} resources looked at",
        columns,
        tuple(map(_finding, found.findings)),
    )


def _finding(one: OutsideFinding) -> tuple[object, ...]:
    state = bad("public" if one.is_public else "open") if one else good("stopped")
    who = ", ".join(f"{kind}: {value}" for kind, value in one.principal.items())
    by = "; ".join(map(str, one.stopped_by)) or None
    when = " and ".join(one.when) or None
    return state, one.resource, who, one.actions, when, one.statement, by


def paths_table(found: Paths) -> Table:
    """Give principals with the way that leads to each, the shortest ones first."""
    rows = (
        (
            arn,
            len(path),
            ", then ".join(f"{edge.way.title} ({edge.target})" for edge in path.edges)
            or "as it is",
        )
        for arn, path in found.items()
    )
    caption = "Principals by their ways"
    if isinstance(found, Arrivals):
        caption = f"Who gets to do {found.action} on {found.resource}"
    if isinstance(found, BlastRadius):
        caption = f"Whom {found.source} can become"
    return Table(caption, ("principal", "steps", "how"), tuple(rows))


def path_table(path: Path) -> Table:
    """Give the steps of a way, each with its calls."""
    rows = (
        (
            *(number, str(edge.source), edge.way.title, str(edge.target)),
            "\n".join(map(str, edge.calls)),
            "\n".join(edge.conditions) or None,
        )
        for number, edge in enumerate(path.edges, 1)
    )
    columns = ("step", "source", "way", "target", "calls", "if")
    return Table(f"From {path.source} to {path.target}", columns, tuple(rows))


def cut_table(cut: Cut) -> Table:
    """Give the edits that close all ways."""
    state = "closed" if cut.is_closed else "not closed"
    caption = f"Edits of a cut; with them the way is {state}"
    return Table(caption, ("edit", "what"), tuple(enumerate(map(str, cut.edits), 1)))


def reach_table(reach: Reach) -> Table:
    """Give all steps that somebody can make: a row an edge."""
    return Table("Who can become whom", COLUMNS, tuple(rows_of(reach.edges)))


# -- events ----------------------------------------------------------------------------------------


def events_table(log: EventLog | Sequence[Event]) -> Table:
    """Give events: who did what, and how it ended."""
    several = len({event.recipient_account_id for event in log}) > 1
    columns = ("time", *(("log of",) if several else ()), "who", "event", "outcome", "on")
    return Table("Events", columns, tuple(_event(one, with_account=several) for one in log))


def _event(event: Event, *, with_account: bool) -> tuple[object, ...]:
    time, account, who, name, outcome, error, resource, *_ = row_of(event)
    sign = OUTCOMES[str(outcome)]
    if error:
        sign = replace(sign, word=f"{outcome}: {error}")
    of_whom = (account,) if with_account else ()
    return time, *of_whom, str(who).rpartition("::")[2], name, sign, resource
