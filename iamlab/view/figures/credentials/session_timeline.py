"""The timeline of sessions: who had which credentials, from when to when, and who got them how.

A row is a lane on the world's clock. What is valid now is dark, what is over is pale. An arrow
leads from credentials down to those that they were used to get. Long-term keys are thin lines,
because they don't expire. Credentials that follow each other, such as those that an instance
renews, share a lane. If there are too many lanes for a page, the sessions of a role share one.

Notes
-----
AWS pages: "Temporary security credentials in IAM"; "Roles terms and concepts", for role chaining
and its hour; "Revoke IAM role temporary security credentials".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.analysis.credential_timeline.timeline import Timeline
from iamlab.display import count
from iamlab.model.record import CredentialKind
from iamlab.view.drawing.measure import SMALL
from iamlab.view.drawing.sheet import MARGIN
from iamlab.view.drawing.time_axis import TimeAxis, later, stamp, utc
from iamlab.view.given import check
from iamlab.view.layouts.lifetimes import (
    FEW,
    MOST,
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

MANY_IDLE = 4
"""The least number of keys without a session that share a lane."""
RENEWED = timedelta(minutes=15)
"""Credentials that overlap no longer than this follow each other."""
CHAINED = timedelta(hours=1)
"""The longest duration of a session that was requested with a session of a role."""
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
LEGEND = {"thin": "access key", "walls": "limit of a chained session: 1 h"}


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
        [start, *(one for row in timeline if start - (one := utc(row.start)) <= length / 2)]
    )
    length = max(end - start, timedelta(minutes=1))
    return later(start, -length / 50), later(end, length / 30)


# -- lanes -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Series:
    """Credentials that are drawn in a lane.

    Parameters
    ----------
    name, note
        Whose they are; how they were made, and where.
    rows
        The credentials, by their start.
    level, parent
        How deep it is below the credentials that it comes from, and the id of their first key.
    is_group
        Whether they share a lane because there are too many.
    """

    name: str
    note: str
    rows: Sequence[Lifetime]
    level: int = 0
    parent: str = ""
    is_group: bool = False

    @property
    def id(self) -> str:
        """The id of its first access key."""
        return self.rows[0].access_key_id

    @property
    def ends(self) -> str:
        """How many of its credentials ended how."""
        words = ["valid" if is_valid(row) else row.ended for row in self.rows]
        return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


def is_key(row: Lifetime) -> bool:
    """Return whether it is a long-term access key."""
    return row.kind is CredentialKind.LONG_TERM


def is_valid(row: Lifetime) -> bool:
    """Return whether calls can be made with it now."""
    return row.ended == "still valid"


def chained_in(timeline: Timeline) -> set[str]:
    """Return the ids of sessions of roles that were requested with a session of a role."""
    roles = {row.access_key_id: row for row in timeline if row.kind is CredentialKind.ROLE}
    return {key for key, row in roles.items() if row.parent in roles}


def lanes_of(timeline: Timeline) -> list[Series]:
    """Sort credentials into lanes: below each those that were requested with it."""
    lanes: list[list[Lifetime]] = []
    latest: dict[tuple[str, ...], list[Lifetime]] = {}
    for _, row in timeline.as_tree():
        same = (row.arn, row.operation, row.asked_by, row.parent, row.issuer_id)
        if same in latest and _follows(row, latest[same][-1]):
            latest[same].append(row)
        else:
            latest[same] = [row]
            lanes.append(latest[same])
    by_key: dict[str, Series] = {}
    chained = chained_in(timeline)
    known = {row.access_key_id for row in timeline}
    accounts = {_account(row) for row in timeline if row.parent not in known}
    for rows in lanes:
        row, above = rows[0], by_key.get(rows[0].parent)
        level, parent = (above.level + 1, above.id) if above else (0, "")
        is_elsewhere = _account(row) != _account(above.rows[0]) if above else len(accounts) > 1
        is_asked = row.asked_by and not (row.parent or is_key(row))
        note = [
            row.operation,
            " (chained)" if row.access_key_id in chained else "",
            f" by {_short(row.asked_by)}" if is_asked else "",
            f", {len(rows)} in turn" if len(rows) > 1 else "",
            f" in {_account(row)}" if is_elsewhere and _account(row) else "",
        ]
        series = Series(_name(row), "".join(note), rows, level, parent)
        by_key |= dict.fromkeys((row.access_key_id for row in rows), series)
    found = list({series.id: series for series in by_key.values()}.values())
    idle = {one.id: one for one in found if is_key(one.rows[0]) and not one.rows[0].children}
    if MANY_IDLE <= len(idle) < len(found):
        keys = [row for one in idle.values() for row in one.rows]
        name = f"{len(idle)} more access keys"
        last = Series(name, "no session came of them", keys, is_group=True)
        found = [*(one for one in found if one.id not in idle), last]
    return found if len(found) <= MOST else _grouped(timeline)


def _follows(row: Lifetime, last: Lifetime) -> bool:
    """Return whether it begins when the one before it is about to end."""
    if last.end is None or is_key(row):
        return False
    return row.start > last.start and later(last.end, -RENEWED) <= row.start


def _grouped(timeline: Timeline) -> list[Series]:
    """Put together what a role or user got by an operation; the rest in one lane."""
    groups: dict[tuple[str, str], list[Lifetime]] = {}
    for row in timeline:
        issuer = "access keys" if is_key(row) else row.issuer_arn
        groups.setdefault((issuer, row.operation), []).append(row)
    found = []
    for (issuer, operation), rows in groups.items():
        name = issuer.split(":", 5)[-1].partition("/")[2] if issuer.startswith("arn:") else issuer
        note = f"{count(len(rows), 'time')} {operation}"
        found.append(Series(name or _name(rows[0]), note, rows, is_group=True))
    if len(found) <= MOST:
        return found
    largest = {one.id for one in sorted(found, key=lambda one: -len(one.rows))[: MOST - 1]}
    rest = [one for one in found if one.id not in largest]
    others = [row for one in rest for row in one.rows]
    more = Series(f"and {len(rest)} more", f"{len(others)} credentials", others, is_group=True)
    return [*(one for one in found if one.id in largest), more]


def _lane(series: Series, all_series: Sequence[Series], axis: TimeAxis, chained: set[str]) -> Lane:
    places = {row.access_key_id: i for i, one in enumerate(all_series) for row in one.rows}
    last = series.rows[-1]
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
                height=0.4 if is_key(row) else 1,
                words="" if series.is_group or row is last else str(state),
                is_cut=row.ended in CUT,
                source=None if series.is_group else places.get(row.parent),
            )
            for row in sorted(series.rows, key=is_valid)  # over what isn't valid any more
        ],
        [
            later(utc(row.start), CHAINED)
            for row in series.rows
            if row.access_key_id in chained and not series.is_group
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
            whose = f"{_name(row)}: {row.operation}: " if series.is_group else ""
            inner, line = f"{row.access_key_id} alone", f"{whose}{_line(row)}"
            yield Node(inner, _name(row), parent=series.id, line=line, facts=values)


def _name(row: Lifetime) -> str:
    """Return what people call credentials: by user, or by role and session."""
    return _short(row.arn) or "somebody"


def _short(arn: str) -> str:
    """Shorten an ARN to what people say; a service to its first name."""
    if not arn.startswith("arn:"):
        return arn.removesuffix(".amazonaws.com")
    name = arn.split(":", 5)[-1]
    kind, _, rest = name.partition("/")
    return rest if rest and kind in ("assumed-role", "user") else name


def _account(row: Lifetime) -> str:
    return row.arn.split(":", 5)[4] if row.arn.count(":") >= 5 else ""


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
        names = list(dict.fromkeys(_name(row) for row in reversed(valid)))
        first += f", of {listed(names, 4, length=30)}"
    by_id = {row.access_key_id: row for row in valid}
    parts = [_cut(row, by_id) for row in every if row.ended in CUT]
    over = [row for row in every if row.ended in ("expired", "inactive")]
    if over:
        last = shorten(_name(max(over, key=lambda row: row.end or row.start)), 32)
        parts.append(f"; {len(over)} {'is' if len(over) == 1 else 'are'} over, {last} last")
    return told(first, parts, ".", between="")


def _cut(row: Lifetime, valid: Mapping[str, Lifetime]) -> str:
    at = f" at {stamp(row.end)[11:16]}" if row.end else ""
    outlived = [_name(valid[child]) for child in row.children if child in valid]
    more = f", but {listed(outlived, 2, length=32)} goes on" if outlived else ""
    return f"; {shorten(_name(row), 40)} {CUT[row.ended]}{at}{more}"
