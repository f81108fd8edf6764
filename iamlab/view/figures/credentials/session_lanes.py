"""What a timeline of sessions has to say: its credentials in lanes, the end of each in words.

Credentials that follow each other, such as those that an instance renews, share a lane. Where there
are too many lanes for a page, the sessions of one role share one, and are counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.model.record import CredentialKind
from iamlab.view.drawing.time_axis import later, stamp
from iamlab.view.style import ALLOW, ALLOW_FILL, DENY, DENY_AREA, SILENT, SILENT_AREA, Look
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.credential_timeline.lifetimes import Lifetime
    from iamlab.analysis.credential_timeline.timeline import Timeline

MOST = 60
"""So many lanes are drawn one by one."""

MANY_IDLE = 4
"""So many keys without a session share a lane."""

RENEWED = timedelta(minutes=15)
"""Credentials that overlap no longer than this follow each other."""

CHAINED = timedelta(hours=1)
"""The longest that a session lasts which was asked for with a session of a role."""

VALID = Look("✓", "valid", ALLOW, ALLOW_FILL)
_OVER = (DENY, DENY_AREA)
STATES = {
    "still valid": VALID,
    "expired": Look("○", "expired", SILENT, SILENT_AREA),
    "revoked": Look("✕", "revoked", *_OVER),
    "role deleted": Look("✕", "role deleted", *_OVER),
    "user deleted": Look("✕", "user deleted", *_OVER),
    "inactive": Look("–", "inactive", SILENT, SILENT_AREA),
    "key deleted": Look("✕", "key deleted", *_OVER),
}
"""How the end of credentials looks; the colour of what is good is the only strong one."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Credentials that are drawn in one row.

    Parameters
    ----------
    level
        How deep it stands below the credentials that it comes from.
    name, note
        Whose they are; how they were made.
    rows
        The credentials, by their beginning.
    where
        In which account, if nothing above says it.
    is_group
        Whether they were put together for want of room.
    """

    level: int
    name: str
    note: str
    rows: tuple[Lifetime, ...]
    where: str = ""
    is_group: bool = False


def is_key(row: Lifetime) -> bool:
    """Say whether it is a long-term access key."""
    return row.kind is CredentialKind.LONG_TERM


def is_good(row: Lifetime) -> bool:
    """Say whether calls can be made with it now."""
    return row.ended == "still valid"


def name_of(row: Lifetime) -> str:
    """Call credentials as people do: by user, or by role and session."""
    return _short(row.arn) or "somebody"


def _short(arn: str) -> str:
    """Shorten an ARN to what people say; a service to its first name."""
    if not arn.startswith("arn:"):
        return arn.removesuffix(".amazonaws.com")
    name = arn.split(":", 5)[-1]
    kind, slash, rest = name.partition("/")
    return rest if slash and rest and kind in ("assumed-role", "user") else name


def end_words(row: Lifetime) -> tuple[str, bool]:
    """Say how credentials end, and whether a time belongs to it."""
    state = STATES[row.ended]
    if row.end is None:
        return (f"✓ {VALID.word}, no end", False) if is_good(row) else (str(state), False)
    return (f"✓ {VALID.word} until", True) if is_good(row) else (str(state), True)


def end_told(row: Lifetime) -> str:
    """Say how credentials end, with the whole time."""
    words, has_time = end_words(row)
    return f"{words} {stamp(row.end)}" if has_time and row.end is not None else words


# -- lanes ----------------------------------------------------------------------------------------


def lanes_of(timeline: Timeline) -> list[Lane]:
    """Sort credentials into lanes: under each those that were asked for with it."""
    by_id = {row.access_key_id: row for row in timeline}
    accounts = len({_account(row) for row in timeline if row.parent not in by_id})
    lanes: list[Lane] = []
    open_lanes: dict[tuple[str, ...], int] = {}
    for level, row in timeline.as_tree():
        what = (row.arn, row.operation, row.asked_by, row.parent, row.issuer_id)
        place = open_lanes.get(what)
        if place is not None and _follows(row, lanes[place].rows[-1]):
            lanes[place] = replace(lanes[place], rows=(*lanes[place].rows, row))
            continue
        open_lanes[what] = len(lanes)
        above = by_id.get(row.parent)
        where = _where(row, above, accounts)
        lanes.append(Lane(level, name_of(row), _note(row, above), (row,), where))
    lanes = _without_idle([_counted(lane) for lane in lanes])
    return lanes if len(lanes) <= MOST else _grouped(timeline)


def _without_idle(lanes: list[Lane]) -> list[Lane]:
    """Put keys with which nothing was asked for into one last lane, if they are many."""
    idle: list[Lane] = []
    kept: list[Lane] = []
    for lane in lanes:
        is_idle = is_key(lane.rows[0]) and not lane.rows[0].children
        (idle if is_idle else kept).append(lane)
    if len(idle) < MANY_IDLE or not kept:
        return lanes
    last = Lane(
        level=0,
        name=f"{len(idle)} more access keys",
        note="no session came of them",
        rows=tuple(row for lane in idle for row in lane.rows),
        is_group=True,
    )
    return [*kept, last]


def _counted(lane: Lane) -> Lane:
    number = len(lane.rows)
    return lane if number == 1 else replace(lane, note=f"{lane.note}, {number} in turn")


def chained_in(timeline: Timeline) -> frozenset[str]:
    """Give the ids of sessions of roles that were asked for with a session of a role."""
    by_id = {row.access_key_id: row for row in timeline}
    return frozenset(
        row.access_key_id
        for row in timeline
        if row.parent in by_id and is_chained(row, by_id[row.parent])
    )


def is_chained(row: Lifetime, parent: Lifetime) -> bool:
    """Say whether both are sessions of roles: then the second lasts one hour at most."""
    return row.kind is parent.kind is CredentialKind.ROLE


def _follows(row: Lifetime, last: Lifetime) -> bool:
    """Say whether one of the same kind begins when the one before it is about to end."""
    if last.end is None or is_key(row):
        return False
    return row.start > last.start and later(last.end, -RENEWED) <= row.start


def _note(row: Lifetime, above: Lifetime | None) -> str:
    """Say how credentials were made."""
    if above is not None and is_chained(row, above):
        return f"{row.operation} (chained)"
    if row.parent or not row.asked_by or is_key(row):
        return row.operation
    return f"{row.operation} by {_short(row.asked_by)}"


def _where(row: Lifetime, above: Lifetime | None, accounts: int) -> str:
    """Say in which account credentials are good, unless it goes without saying."""
    is_elsewhere = accounts > 1 if above is None else _account(row) != _account(above)
    return f"in {_account(row)}" if is_elsewhere and _account(row) else ""


def _account(row: Lifetime) -> str:
    return row.arn.split(":", 5)[4] if row.arn.count(":") >= 5 else ""


def _grouped(timeline: Timeline) -> list[Lane]:
    """Put together what one role or user has got by one operation; the rest in one lane."""
    groups: dict[tuple[str, str], list[Lifetime]] = {}
    for row in timeline:
        whose = "access keys" if is_key(row) else row.issuer_arn
        groups.setdefault((whose, row.operation), []).append(row)
    lanes = [
        Lane(
            level=0,
            name=_short_issuer(whose) or name_of(rows[0]),
            note=f"{count(len(rows), 'time')} {operation}",
            rows=tuple(rows),
            is_group=True,
        )
        for (whose, operation), rows in groups.items()
    ]
    if len(lanes) <= MOST:
        return lanes
    first = sorted(range(len(lanes)), key=lambda i: (-len(lanes[i].rows), i))[: MOST - 1]
    kept, rest = [lanes[i] for i in sorted(first)], set(range(len(lanes))) - set(first)
    rows = tuple(row for i in sorted(rest) for row in lanes[i].rows)
    others = f"and {len(rest)} more"
    return [*kept, Lane(0, others, f"{len(rows)} credentials", rows, is_group=True)]


def _short_issuer(arn: str) -> str:
    """Call a role or a user by name."""
    return arn.split(":", 5)[-1].partition("/")[2] if arn.startswith("arn:") else arn


def ends_told(lane: Lane) -> str:
    """Count how the credentials of a lane ended."""
    words = ["valid" if is_good(row) else row.ended for row in lane.rows]
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


# -- words ----------------------------------------------------------------------------------------


def lines_of(timeline: Timeline, lanes: list[Lane]) -> Iterator[str]:
    """Give all of it as an indented list."""
    good = sum(map(is_good, timeline))
    yield f"now {stamp(timeline.now)}: {good} of {count(len(timeline), 'credential')} still valid"
    for lane in lanes:
        indent = "  " * lane.level
        head = f"{indent}{lane.name}: {lane.note} {lane.where}".rstrip()
        if len(lane.rows) == 1 and not lane.is_group:
            yield f"{head}: {_line(lane.rows[0])}"
            continue
        yield f"{head}: {ends_told(lane)}" if lane.is_group else head
        for row in lane.rows:
            whose = f"{name_of(row)}: {row.operation}: " if lane.is_group else ""
            yield f"{indent}  {whose}{_line(row)}"
    if chained_in(timeline):
        yield "one hour is the longest that a session lasts which a role's session asked for"


def _line(row: Lifetime) -> str:
    said = f"from {stamp(row.start)}, {end_told(row)}; {row.arn}, {row.access_key_id}"
    if row.parent:
        said += f", asked for with {row.parent}"
    elif row.asked_by:
        said += f", asked for by {row.asked_by}"
    return f"{said}, last used {stamp(row.last_used)}" if row.last_used else said


def rows_of(timeline: Timeline, lanes: list[Lane]) -> Iterator[dict[str, object]]:
    """Give a row for each of the credentials, in the order of the picture."""
    chained = chained_in(timeline)
    for number, lane in enumerate(lanes):
        for row in lane.rows:
            yield {
                "lane": number,
                "credentials": row.access_key_id,
                "kind": row.kind.value,
                "operation": row.operation,
                "arn": row.arn,
                "role": row.role_arn,
                "start": row.start,
                "end": row.end,
                "ended": row.ended,
                "is valid": is_good(row),
                "is chained": row.access_key_id in chained,
                "parent": row.parent,
                "depth": row.depth,
                "asked by": row.asked_by,
                "last used": row.last_used,
            }


_CUT = {
    "revoked": "was revoked",
    "role deleted": "lost its role",
    "user deleted": "lost its user",
    "key deleted": "has no such key any more",
}


def alt_of(timeline: Timeline) -> str:
    """Say what is to be seen: how many are good, what was cut, and what outlives it."""
    every = list(timeline)
    good = [row for row in every if is_good(row)]
    are = "is" if len(good) == 1 else "are"
    first = f"At {stamp(timeline.now)[:16]}, {len(good)} of {len(every)} credentials {are} valid"
    if good:
        names = list(dict.fromkeys(name_of(row) for row in reversed(good)))
        first += f", of {listed(names, 4, length=30)}"
    parts = [_cut_told(timeline, row) for row in every if row.ended in _CUT]
    over = [row for row in every if row.ended in ("expired", "inactive")]
    if over:
        last = max(over, key=lambda row: row.start if row.end is None else row.end)
        parts.append(f"{len(over)} {'is' if len(over) == 1 else 'are'} over, {_over(last)} last")
    return told(first, [f"; {part}" for part in parts], ".", between="")


def _over(row: Lifetime) -> str:
    return shorten(name_of(row), 32)


def _cut_told(timeline: Timeline, row: Lifetime) -> str:
    said = f"{shorten(name_of(row), 40)} {_CUT[row.ended]}"
    if row.end is not None:
        said += f" at {stamp(row.end)[11:16]}"
    known = {one.access_key_id: one for one in timeline}
    children = [known[one] for one in row.children if one in known]
    outlived = [name_of(one) for one in children if is_good(one)]
    return f"{said}, but {listed(outlived, 2, length=32)} goes on" if outlived else said
