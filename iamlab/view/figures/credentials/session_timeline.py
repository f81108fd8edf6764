"""The timeline of sessions: when credentials were valid, and which calls requested them.

A row is a lane on the world's clock. Valid credentials are dark, others are pale. An arrow leads
from credentials down to those that were requested with them. Long-term keys are thin lines, because
they don't expire. Credentials that follow each other, such as those of an instance, share a lane.

Notes
-----
AWS pages: "Temporary security credentials in IAM"; "Roles terms and concepts", for role chaining
and its hour; "Revoke IAM role temporary security credentials".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.analysis.credential_timeline.timeline import Timeline
from iamlab.display import count
from iamlab.model.record import CredentialKind
from iamlab.view.arguments import check
from iamlab.view.drawing.time_axis import later, stamp, utc
from iamlab.view.folding import folded
from iamlab.view.layouts.lifetimes import CROSS, MOST, WALL, Bar, Lane, draw_lifetimes
from iamlab.view.scene import Edge, Node, Scene
from iamlab.view.style import Look, state_look
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from iamlab.analysis.credential_timeline.lifetimes import Lifetime
    from iamlab.view.figure import Figure

MANY_IDLE = 4
"""The least number of keys without a session that share a lane."""
RENEWED = timedelta(minutes=15)
"""Credentials that overlap no longer than this follow each other."""
CHAINED = timedelta(hours=1)
"""The longest duration of a session that was requested with a session of a role."""
VALID = "still valid"
LOOKS = {
    VALID: state_look("✓", "valid"),
    "expired": state_look("○", "expired"),
    "inactive": state_look("–", "inactive"),
}
LEGEND = {"": "access key", WALL: "limit of a chained session: 1 h"}
NOBODY = "There are no credentials: no access key, and no call of STS."
HOUR = "A chained session lasts one hour at most."


def session_timeline(timeline: Timeline) -> Figure:
    """Draw lifetimes of credentials on the world's clock.

    Parameters
    ----------
    timeline
        What ``world.timeline()`` returns, or ``world.timeline(session)``.

    Raises
    ------
    RequestError
        It isn't a timeline.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> key = world.create_account("main", account_id="111111111111").create_user(
    ...     "ana").create_access_key()
    >>> session = world.sts.get_session_token(key, duration_seconds=900)
    >>> world.clock.advance(hours=1)
    >>> print(session_timeline(world.timeline()).alt)
    On 2026-11-25 at 10:00, 1 of 2 credentials is valid: ana. ana expired on 2026-11-25 at 09:15.
    """
    check("session_timeline", timeline, Timeline)
    roles = {row.access_key_id for row in timeline if row.kind is CredentialKind.ROLE}
    chained = {row.access_key_id for row in timeline if {row.access_key_id, row.parent} <= roles}
    empty = Node("none", NOBODY, facts={"now": timeline.now, "credentials": 0})
    nodes = list(_nodes(timeline, chained)) or [empty]
    edges = [Edge(node.parent, node.id) for node in nodes if node.parent]
    valid, of = sum(row.ended == VALID for row in timeline), count(len(timeline), "credential")
    head = f"now {stamp(timeline.now)}: {valid} of {of} still valid"
    scene = Scene(nodes, edges, before=[head], after=[HOUR] * bool(chained))
    lanes = {row.access_key_id: _lane_of(row, chained) for row in timeline}
    sessions = [row for row in timeline if not _is_key(row)] or list(timeline)
    moments = [moment for row in sessions for moment in (row.start, row.end) if moment]
    return scene.figure(
        lambda scene: draw_lifetimes(scene, lanes, moments, timeline.now, LEGEND),
        alt=_alt(timeline) if timeline.rows else NOBODY,
        caption="Credentials on the world's clock (UTC). Dark bars are valid now."
        + f" {HOUR}" * bool(chained),
        drawn=folded(scene, MOST),
        is_graph=False,
    )


def _series(timeline: Timeline) -> list[list[Lifetime]]:
    """Sort credentials into series, each before those that were requested with it."""
    series: list[list[Lifetime]] = []
    latest: dict[tuple[str, ...], list[Lifetime]] = {}
    for _, row in timeline.as_tree():
        same = (row.arn, row.operation, row.asked_by, row.parent, row.issuer_id)
        last = latest[same][-1] if same in latest else None
        if last and last.end and last.start < row.start >= later(last.end, -RENEWED):
            latest[same].append(row)
        else:
            latest[same] = [row]
            series.append(latest[same])
    idle = [rows for rows in series if _is_key(rows[0]) and not rows[0].children]
    if MANY_IDLE <= len(idle) < len(series):
        others = [rows for rows in series if not _is_key(rows[0]) or rows[0].children]
        return [*others, [row for rows in idle for row in rows]]
    return series


def _nodes(timeline: Timeline, chained: set[str]) -> Iterator[Node]:
    """Yield a node for each series, whose members are its credentials if there are several."""
    series, accounts = _series(timeline), {_account(row) for row in timeline}
    first_of = {row.access_key_id: rows[0] for rows in series for row in rows}
    latest = sorted((rows[0].start for rows in series), reverse=True)[: MOST // 2]
    for number, rows in enumerate(series):
        row, parent = rows[0], first_of.get(rows[0].parent)
        name, note, account = _name(row.arn), row.operation, _account(row)
        if len(rows) > 1 and _is_key(row):
            name, note = count(len(rows), "more access key"), "no sessions"
        else:
            note += " (chained)" * (row.access_key_id in chained)
            if row.asked_by and not row.parent:
                note += f" by {_name(row.asked_by)}"
            if len(rows) > 1:
                note += f", {len(rows)} in turn"
            if len(accounts) > 1 and account and (not parent or account != _account(parent)):
                note += f" in {account}"
        nodes = [
            Node(
                row.access_key_id,
                _name(row.arn),
                note,
                "access key" if _is_key(row) else "session",
                parent.access_key_id if parent else "",
                look=_look(row),
                stays=rows[0].start in latest,
                line=f"{_name(row.arn)}: {note if len(rows) == 1 else row.operation}: {_line(row)}",
                facts=_facts(number, row, chained),
            )
            for row in rows
        ]
        if len(rows) == 1:
            yield nodes[0]
        else:
            line, details = f"{name}: {note}", [node.listed for node in nodes]
            members = tuple(nodes)
            yield replace(nodes[0], text=name, line=line, details=details, members=members)


def _facts(lane: int, row: Lifetime, chained: set[str]) -> dict[str, object]:
    return {
        "lane": lane,
        "credentials": row.access_key_id,
        "kind": row.kind.value,
        "operation": row.operation,
        "arn": row.arn,
        "role": row.role_arn,
        "start": row.start,
        "end": row.end,
        "ended": row.ended,
        "is valid": row.ended == VALID,
        "is chained": row.access_key_id in chained,
        "parent": row.parent,
        "depth": row.depth,
        "asked by": row.asked_by,
        "last used": row.last_used,
    }


def _lane_of(row: Lifetime, chained: set[str]) -> Lane:
    is_chained = row.access_key_id in chained
    marks = {
        CROSS: row.end if _look(row).symbol == CROSS else None,
        WALL: later(utc(row.start), CHAINED) if is_chained else None,
    }
    bar = Bar(row.start, row.end, _look(row), is_thin=_is_key(row))
    return Lane(_state(row), stamp(row.end)[:16] if row.end else "", [bar], marks)


def _look(row: Lifetime) -> Look:
    return LOOKS.get(row.ended) or state_look(CROSS, row.ended)


def _state(row: Lifetime) -> str:
    if row.ended == VALID:
        return "valid until" if row.end else "valid, no end"
    return row.ended


def _is_key(row: Lifetime) -> bool:
    return row.kind is CredentialKind.LONG_TERM


def _account(row: Lifetime) -> str:
    return row.arn.split(":", 5)[4] if row.arn.count(":") >= 5 else ""


def _name(arn: str) -> str:
    """Shorten an ARN to a user, or to a role and its session; a service to its first name."""
    if not arn.startswith("arn:"):
        return arn.removesuffix(".amazonaws.com") or "unknown"
    name = arn.split(":", 5)[-1]
    kind, _, rest = name.partition("/")
    return rest if rest and kind in ("assumed-role", "user") else name


def _line(row: Lifetime) -> str:
    end = f" {stamp(row.end)}" if row.end else ""
    parts = [
        f"from {stamp(row.start)}",
        f"{_look(row).symbol} {_state(row)}{end}; {row.arn}",
        row.access_key_id,
    ]
    if row.parent or row.asked_by:
        parts.append(f"requested {f'with {row.parent}' if row.parent else f'by {row.asked_by}'}")
    if row.last_used:
        parts.append(f"last used {stamp(row.last_used)}")
    return ", ".join(parts)


def _alt(timeline: Timeline) -> str:
    """Describe in sentences how many credentials are valid, and which ended early."""
    valid = {row.access_key_id: row for row in timeline if row.ended == VALID}
    of, are = count(len(timeline), "credential"), "is" if len(valid) == 1 else "are"
    first = f"On {_when(timeline.now)}, {len(valid)} of {of} {are} valid"
    if valid:
        names = list(dict.fromkeys(_name(row.arn) for row in reversed(valid.values())))
        first += f": {listed(names, 4, length=30)}"
    parts = [_ended(row, valid) for row in timeline if _look(row).symbol == CROSS]
    over = [row for row in timeline if row.ended in LOOKS and row.ended != VALID]
    if over:
        last = max(over, key=lambda row: row.end or row.start)
        others = f", the last of {len(over)} that have ended" if len(over) > 1 else ""
        parts.append(f"{_end_of(last)}{others}")
    return alt_text(f"{first}. ", parts, "." if parts else "", between=". ").rstrip()


def _when(moment: datetime) -> str:
    """Return a day and a time of day."""
    return " at ".join(stamp(moment)[:16].split(" "))


def _end_of(row: Lifetime) -> str:
    """Return how and when credentials ended, as a sentence."""
    how = {"expired": "expired", "revoked": "was revoked", "inactive": "became inactive"}
    on = f" on {_when(row.end)}" if row.end else ""
    why = "" if row.ended in how else f" ({row.ended})"
    return f"{shorten(_name(row.arn), 40)} {how.get(row.ended, 'ended')}{on}{why}"


def _ended(row: Lifetime, valid: Mapping[str, Lifetime]) -> str:
    """Return how credentials ended early, and which requested with them stay valid."""
    outlived = [_name(valid[child].arn) for child in row.children if child in valid]
    stay = "stays" if len(outlived) == 1 else "stay"
    more = f", but {listed(outlived, 2, length=32)} {stay} valid" if outlived else ""
    return f"{_end_of(row)}{more}"
