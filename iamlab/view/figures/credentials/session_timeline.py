"""The timeline of sessions: who had which credentials, from when to when, and who got them how.

A row is a lane on the world's clock. What is valid now is dark, what is over is pale. An arrow
leads from credentials down to those that they were used to get. Long-term keys are thin lines,
because they don't expire.

Notes
-----
AWS pages: "Temporary security credentials in IAM"; "Roles terms and concepts", for role chaining
and its hour; "Revoke IAM role temporary security credentials".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.analysis.credential_timeline.timeline import Timeline
from iamlab.display import count
from iamlab.view.drawing.measure import SMALL
from iamlab.view.drawing.sheet import MARGIN
from iamlab.view.drawing.time_axis import TimeAxis, later, stamp, utc
from iamlab.view.figures.credentials.session_lanes import (
    CHAINED,
    Series,
    chained_in,
    is_key,
    is_valid,
    lanes_of,
    name_of,
)
from iamlab.view.given import check
from iamlab.view.layouts.lifetimes import (
    FEW,
    Bar,
    Entry,
    Lane,
    draw_lifetimes,
    draw_words,
)
from iamlab.view.scene import Node, Scene
from iamlab.view.style import ALLOW, ALLOW_FILL, DENY, DENY_AREA, INK, SILENT, SILENT_AREA, Look
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from iamlab.analysis.credential_timeline.lifetimes import Lifetime
    from iamlab.view.figure import Figure

CREDENTIALS, END = "CREDENTIALS", "END"
LEFT, ENDS, FAR_ENDS = 3.4, 8.55, 7.85
"""Where the axis begins, and where its end is in words: further left where there are many lanes."""

STATES = {
    "still valid": Look("✓", "valid", ALLOW, ALLOW_FILL),
    "expired": Look("○", "expired", SILENT, SILENT_AREA),
    "inactive": Look("–", "inactive", SILENT, SILENT_AREA),
    **{
        ended: Look("✕", ended, DENY, DENY_AREA)
        for ended in ("revoked", "role deleted", "user deleted", "key deleted")
    },
}
"""How the end of credentials looks; only what is valid has a strong colour."""
CUT = {
    "revoked": "was revoked",
    "role deleted": "lost its role",
    "user deleted": "lost its user",
    "key deleted": "has no such key any more",
}
LEGEND = {"thin": "access key", "wall": "limit of a chained session: 1 h"}


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
    At 2026-11-25 10:00, 1 of 2 credentials is valid, of ana; 1 is over, ana last.
    """
    check("session_timeline", timeline, Timeline)
    caption = "Credentials on the world's clock (UTC)"
    if not timeline.rows:
        words = "There are no credentials: nobody has made a key or asked STS."
        empty = Node("none", words, facts={"now": timeline.now, "credentials": 0})
        return Scene([empty]).figure(
            lambda _: draw_words(words), alt=words, caption=f"{caption}.", is_graph=False
        )
    all_series, chained = lanes_of(timeline), chained_in(timeline)
    ends = ENDS if len(all_series) <= FEW else FAR_ENDS
    axis = TimeAxis(*window(timeline), LEFT, ends - 0.2)
    lanes = [_lane(series, all_series, axis, chained) for series in all_series]
    valid, of = sum(map(is_valid, timeline)), count(len(timeline), "credential")
    limit = "one hour is the longest that a session lasts which a role's session asked for"
    scene = Scene(
        list(_nodes(all_series, chained)),
        before=[f"now {stamp(timeline.now)}: {valid} of {of} still valid"],
        after=[limit] * bool(chained),
    )
    columns = {CREDENTIALS: MARGIN, END: ends}
    hour = " One hour is the longest that a chained session lasts." * bool(chained)
    return scene.figure(
        lambda _: draw_lifetimes(lanes, axis, timeline.now, columns, LEGEND),
        alt=_alt(timeline),
        caption=f"{caption}: what is dark is good now.{hour}",
        is_graph=False,
    )


def window(timeline: Timeline) -> tuple[datetime, datetime]:
    """Return the time that is drawn: all sessions, and now if it is near; keys may be older."""
    drawn = [row for row in timeline if not is_key(row)] or list(timeline)
    now = utc(timeline.now)
    start = min(utc(row.start) for row in drawn)
    end = max(utc(row.end) if row.end else now for row in drawn)
    length = max(end - start, timedelta(minutes=1))
    if now - end <= length:
        end = max(end, now)
    start = min(
        [start, *(other for row in timeline if start - (other := utc(row.start)) <= length / 2)]
    )
    length = max(end - start, timedelta(minutes=1))
    return later(start, -length / 50), later(end, length / 30)


# -- lanes -----------------------------------------------------------------------------------------


def _lane(series: Series, all_series: Sequence[Series], axis: TimeAxis, chained: set[str]) -> Lane:
    places = {row.access_key_id: i for i, other in enumerate(all_series) for row in other.rows}
    last, limited = series.rows[-1], set() if series.is_group else chained
    words, moment = _end(last)
    style = {"face": "bold", "size": SMALL, "colour": STATES[last.ended].colour}
    end = Entry(words, axis.short(moment) if moment else "", INK, style)
    if series.is_group:
        end = Entry(series.ends, style={"size": SMALL})
    return Lane(
        {CREDENTIALS: Entry(series.name, series.note, level=series.level), END: end},
        [
            Bar(
                row.start,
                row.end,
                state := STATES[row.ended],
                later(utc(row.start), CHAINED) if row.access_key_id in limited else None,
                height=0.4 if is_key(row) else 1,
                words="" if series.is_group or row is last else str(state),
                is_cut=row.ended in CUT,
                source=None if series.is_group else places.get(row.parent),
            )
            for row in sorted(series.rows, key=is_valid)  # over what isn't valid any more
        ],
    )


# -- nodes, and words ------------------------------------------------------------------------------


def _nodes(all_series: Sequence[Series], chained: set[str]) -> Iterator[Node]:
    """Yield each lane, with its credentials if there are several."""
    for number, series in enumerate(all_series):
        head = f"{series.name}: {series.note}"
        facts = [
            {
                "lane": number,
                "credentials": row.access_key_id,
                "kind": row.kind.value,
                "operation": row.operation,
                "arn": row.arn,
                "role": row.role_arn,
                "start": row.start,
                "end": row.end,
                "ended": row.ended,
                "is valid": is_valid(row),
                "is chained": row.access_key_id in chained,
                "parent": row.parent,
                "depth": row.depth,
                "asked by": row.asked_by,
                "last used": row.last_used,
            }
            for row in series.rows
        ]
        if len(series.rows) == 1 and not series.is_group:
            line = f"{head}: {_line(series.rows[0])}"
            yield Node(series.id, series.name, parent=series.parent, line=line, facts=facts[0])
            continue
        line = f"{head}: {series.ends}" if series.is_group else head
        yield Node(series.id, series.name, parent=series.parent, line=line)
        for row, values in zip(series.rows, facts, strict=True):
            whose = f"{name_of(row)}: {row.operation}: " if series.is_group else ""
            inner, line = f"{row.access_key_id} alone", f"{whose}{_line(row)}"
            yield Node(inner, name_of(row), parent=series.id, line=line, facts=values)


def _end(row: Lifetime) -> tuple[str, datetime | None]:
    """Say how credentials end, and return when."""
    if is_valid(row):
        return ("✓ valid until", row.end) if row.end else ("✓ valid, no end", None)
    return str(STATES[row.ended]), row.end


def _line(row: Lifetime) -> str:
    words, moment = _end(row)
    end = f"{words} {stamp(moment)}" if moment else words
    said = [f"from {stamp(row.start)}, {end}; {row.arn}, {row.access_key_id}"]
    if row.parent:
        said.append(f"asked for with {row.parent}")
    elif row.asked_by:
        said.append(f"asked for by {row.asked_by}")
    if row.last_used:
        said.append(f"last used {stamp(row.last_used)}")
    return ", ".join(said)


def _alt(timeline: Timeline) -> str:
    """Say how many credentials are valid, what was cut, and what outlives it."""
    every = list(timeline)
    valid = [row for row in every if is_valid(row)]
    are = "is" if len(valid) == 1 else "are"
    first = f"At {stamp(timeline.now)[:16]}, {len(valid)} of {len(every)} credentials {are} valid"
    if valid:
        names = list(dict.fromkeys(name_of(row) for row in reversed(valid)))
        first += f", of {listed(names, 4, length=30)}"
    by_id = {row.access_key_id: row for row in valid}
    parts = [_cut(row, by_id) for row in every if row.ended in CUT]
    over = [row for row in every if row.ended in ("expired", "inactive")]
    if over:
        last = shorten(name_of(max(over, key=lambda row: row.end or row.start)), 32)
        parts.append(f"; {len(over)} {'is' if len(over) == 1 else 'are'} over, {last} last")
    return told(first, parts, ".", between="")


def _cut(row: Lifetime, valid: Mapping[str, Lifetime]) -> str:
    at = f" at {stamp(row.end)[11:16]}" if row.end else ""
    outlived = [name_of(valid[child]) for child in row.children if child in valid]
    more = f", but {listed(outlived, 2, length=32)} goes on" if outlived else ""
    return f"; {shorten(name_of(row), 40)} {CUT[row.ended]}{at}{more}"
