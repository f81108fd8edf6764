"""The lanes of a timeline of sessions, each with credentials of one origin.

Credentials that follow each other, such as those that an instance renews, share a lane. If there
are too many lanes for a page, the sessions of a role share one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.model.record import CredentialKind
from iamlab.view.drawing.time_axis import later
from iamlab.view.layouts.lifetimes import MOST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.analysis.credential_timeline.lifetimes import Lifetime
    from iamlab.analysis.credential_timeline.timeline import Timeline


MANY_IDLE = 4
"""The least number of keys without a session that share a lane."""

RENEWED = timedelta(minutes=15)
"""Credentials that overlap no longer than this follow each other."""

CHAINED = timedelta(hours=1)
"""The longest duration of a session that was requested with a session of a role."""


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
            f" by {short_arn(row.asked_by)}" if is_asked else "",
            f", {len(rows)} in turn" if len(rows) > 1 else "",
            f" in {_account(row)}" if is_elsewhere and _account(row) else "",
        ]
        series = Series(name_of(row), "".join(note), rows, level, parent)
        by_key |= dict.fromkeys((row.access_key_id for row in rows), series)
    found = list({series.id: series for series in by_key.values()}.values())
    idle = {
        series.id: series
        for series in found
        if is_key(series.rows[0]) and not series.rows[0].children
    }
    if MANY_IDLE <= len(idle) < len(found):
        keys = [row for series in idle.values() for row in series.rows]
        name = f"{len(idle)} more access keys"
        last = Series(name, "no session came of them", keys, is_group=True)
        found = [*(series for series in found if series.id not in idle), last]
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
        found.append(Series(name or name_of(rows[0]), note, rows, is_group=True))
    if len(found) <= MOST:
        return found
    largest = {
        series.id for series in sorted(found, key=lambda series: -len(series.rows))[: MOST - 1]
    }
    rest = [series for series in found if series.id not in largest]
    others = [row for series in rest for row in series.rows]
    more = Series(f"and {len(rest)} more", f"{len(others)} credentials", others, is_group=True)
    return [*(series for series in found if series.id in largest), more]


def name_of(row: Lifetime) -> str:
    """Return what people call credentials: by user, or by role and session."""
    return short_arn(row.arn) or "somebody"


def short_arn(arn: str) -> str:
    """Shorten an ARN to what people say; a service to its first name."""
    if not arn.startswith("arn:"):
        return arn.removesuffix(".amazonaws.com")
    name = arn.split(":", 5)[-1]
    kind, _, rest = name.partition("/")
    return rest if rest and kind in ("assumed-role", "user") else name


def _account(row: Lifetime) -> str:
    return row.arn.split(":", 5)[4] if row.arn.count(":") >= 5 else ""
