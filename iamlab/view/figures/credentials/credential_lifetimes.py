"""The lifetimes of credentials: when each was made and last used, and which are too old.

Long-term credentials don't expire, so auditors check their age. A credential that is too old is
hatched from the moment when it should have been replaced.

Notes
-----
AWS pages: "Manage access keys for IAM users", for rotation; "Set an account password policy for IAM
users"; "Security best practices in IAM".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from iamlab.analysis.credential_timeline.credential_events import KEY, PASSWORD
from iamlab.analysis.credential_timeline.held_credentials import (
    SESSION,
    HeldCredential,
    held_credentials,
)
from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.model.account import Account
from iamlab.model.credentials import CredentialOwner
from iamlab.model.world import World
from iamlab.view.drawing.time_axis import day, later, stamp, utc
from iamlab.view.folding import folded
from iamlab.view.layouts.lifetimes import CHANGED, MOST, USED, WALL, Bar, Lane, draw_lifetimes
from iamlab.view.scene import Node, Scene
from iamlab.view.style import ALLOW, ALLOW_AREA, DENY, DENY_FILL, Look, state_look
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from iamlab.view.figure import Figure

KEY_AGE = 90
"""The largest age of an access key in audits, in days."""
MOST_DAYS = 36_500
"""The largest number of days that can be passed."""
AHEAD = timedelta(days=100)
"""The length of the future that is drawn, if the past is shorter than half of it."""
ACTIVE, INACTIVE = state_look("✓", "active"), state_look("–", "inactive")
OVER = state_look("○", "over")
TOO_OLD = Look("✕", "too old", DENY, DENY_FILL, hatch="////")
TIME_LEFT = Look("", "time left", ALLOW, ALLOW_AREA)
LOOKS = {"Active": ACTIVE, "Inactive": INACTIVE}
LEGEND = {WALL: "to be replaced", USED: "last used", CHANGED: "password changed"}
NOBODY = "Nobody has credentials here: no password, no access key, no MFA device."


def credential_lifetimes(
    of: World | Account | CredentialOwner, *, key_age_days: int = KEY_AGE
) -> Figure:
    """Draw passwords, access keys, MFA devices, certificates and sessions on the world's clock.

    Parameters
    ----------
    of
        A world, an account, a user or a root user.
    key_age_days
        The largest age of an active access key.

    Raises
    ------
    RequestError
        ``of`` has another type, or ``key_age_days`` isn't a number of days.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> ana = world.create_account("main").create_user("ana")
    >>> key = ana.create_access_key()
    >>> world.clock.advance(days=100)
    >>> print(credential_lifetimes(ana).alt)
    On 2027-03-05, 1 credential of ana: access key of ana is 100 days old; 0 are active and in time.
    """
    if type(key_age_days) is not int or not 0 <= key_age_days <= MOST_DAYS:
        raise RequestError(
            f"key_age_days must be a number from 0 to {MOST_DAYS:,}, not {key_age_days!r}."
        )
    if not isinstance(of, World | Account | CredentialOwner):
        raise RequestError(
            f"Pass credential_lifetimes() a world, an account or a user, not {type(of).__name__}."
        )
    account = of.account if isinstance(of, CredentialOwner) else of
    world = account if isinstance(account, World) else account.world
    now, rows = utc(world.clock.now), list(held_credentials(world, of, key_age_days))
    every = {str(number): own for number, own in enumerate(rows) if own.kind}
    nodes = [*_nodes(now, rows)] if every else [Node("none", NOBODY), *_nodes(now, rows)]
    table = [_facts(now, own) for own in rows] or [{"now": now, "credentials": 0}]
    lanes = {key: _lane_of(now, own) for key, own in every.items()}
    moments, scene = _moments(now, rows), Scene(nodes, before=[f"now {stamp(now)}"], table=table)
    return scene.figure(
        lambda scene: draw_lifetimes(scene, lanes, moments, now, LEGEND),
        alt=_alt(now, rows) if every else NOBODY,
        caption="Long-term credentials and sessions on the world's clock (UTC). Replace access "
        f"keys after {count(key_age_days, 'day')}, passwords as the password policy says.",
        drawn=folded(scene, MOST),
        is_graph=False,
    )


def _nodes(now: datetime, rows: Sequence[HeldCredential]) -> Iterator[Node]:
    """Yield accounts if there are several, their credentials, and the users without credentials."""
    old = [number for number, own in enumerate(rows) if own.is_too_old][: MOST // 2]
    for account, own_rows in groupby(enumerate(rows), key=lambda row: row[1].account):
        title, inside = " ".join(account), list(own_rows)
        parent = "" if len(inside) == len(rows) else title
        if parent:
            yield Node(title, title, kind="account")
        # All sessions of a user share a lane.
        for _, lane in groupby(
            inside, key=lambda row: (row[1].user, row[1].kind == SESSION or row)
        ):
            nodes = [
                _node(now, number, own, parent, stays=number in old)
                for number, own in lane
                if own.kind
            ]
            if len(nodes) > 1:
                note, details = count(len(nodes), SESSION), [node.listed for node in nodes]
                line, members = f"{nodes[0].text}: {note}", tuple(nodes)
                yield replace(nodes[0], note=note, line=line, details=details, members=members)
            else:
                yield from nodes
        if names := [own.user for _, own in inside if not own.kind]:
            line = f"no credentials: {', '.join(names)}"
            yield Node(f"{title} others", line, kind="line", parent=parent)


def _node(now: datetime, number: int, own: HeldCredential, parent: str, *, stays: bool) -> Node:
    note = f"{own.kind} {own.name}".rstrip()
    parts = [
        f"{own.user}: {note}",
        f"made {stamp(own.start)}" if own.start else "made at an unknown time",
        f"{_look(own).symbol} {_state(now, own)}",
        f"replaced {stamp(own.changed)}" if own.changed else "",
        f"until {stamp(own.end)}" if own.end else "",
        f"to be replaced by {stamp(own.due)}" if own.due else "",
        _use(own),
        own.arn,
    ]
    words = own.user, note, own.kind, parent
    line = "; ".join(filter(None, parts))
    return Node(str(number), *words, look=_look(own), stays=stays, line=line)


def _facts(now: datetime, own: HeldCredential) -> dict[str, object]:
    """Return a row of the table."""
    values = {
        "credential": own.kind,
        "id": own.name,
        "status": own.status,
        "created": own.start,
        "last changed": own.changed,
        "last used": own.last_used,
        "end": own.end,
        "replace by": own.due,
        "age in days": own.age(now),
        "too old": own.is_too_old,
    }
    user = {"user": own.user, "arn": own.arn, "account": own.account[1]}
    return {**user, **(values if own.kind else dict.fromkeys(values))}


# -- the picture -----------------------------------------------------------------------------------


def _moments(now: datetime, rows: Sequence[HeldCredential]) -> list[datetime]:
    """Return the moments that are drawn: those in the past, and those soon."""
    past = [now, *(utc(own.start) for own in rows if own.start)]
    soon = later(now, max(2 * (now - min(past)), AHEAD))
    due = [own.due or own.end for own in rows if _look(own) in (ACTIVE, TOO_OLD)]
    return [*past, *(moment for moment in due if moment and utc(moment) <= soon)]


def _lane_of(now: datetime, own: HeldCredential) -> Lane:
    """Return the lane of a credential: the time so far, the time that is too old, the time left."""
    look, ahead = _look(own), own.due or own.end
    if own.is_too_old:
        bars = [Bar(own.start, own.due, ACTIVE), Bar(own.due, now, TOO_OLD)]
    else:
        bars = [Bar(own.start, min(utc(own.end or now), now), look)]
        if look is ACTIVE and ahead and utc(ahead) > now:
            bars.append(Bar(now, ahead, TIME_LEFT))
    marks = {WALL: own.due, USED: own.last_used, CHANGED: own.changed}
    return Lane(_state(now, own), _use(own), bars, marks)


# -- in words --------------------------------------------------------------------------------------


def _look(own: HeldCredential) -> Look:
    return TOO_OLD if own.is_too_old else LOOKS.get(own.status, OVER)


def _state(now: datetime, own: HeldCredential) -> str:
    age = count(own.age(now), "day")
    if own.status in ("Deleted", "Expired") and own.end:
        return f"{own.status.lower()} {day(own.end)}"
    return f"too old: {age}" if own.is_too_old else f"{own.status.lower()}, {age} old"


def _use(own: HeldCredential) -> str:
    """Return when it was last used, and when it must be replaced."""
    parts = ["✕ no MFA"] if own.lacks_mfa else []
    if own.status in ("Active", "Expired") and own.kind in (PASSWORD, KEY):
        parts.append(f"used {day(own.last_used)}" if own.last_used else "never used")
    if own.due and not own.is_too_old:
        parts.append(f"due {day(own.due)}")
    if own.status == "Inactive" and own.end:
        parts.append(f"since {day(own.end)}")
    return ", ".join(parts)


def _alt(now: datetime, rows: Sequence[HeldCredential]) -> str:
    """Describe credentials to fix, then the number of those that are active and in time."""
    every, users = [own for own in rows if own.kind], list(dict.fromkeys(own.arn for own in rows))
    old = []
    for own in every:
        if own.is_too_old:
            age = f"expired {day(own.end)}" if own.end else f"is {count(own.age(now), 'day')} old"
            old.append(f"{own.kind} of {shorten(own.user, 40)} {age}")
    lacking = [own.user for own in every if own.lacks_mfa]
    active = [own for own in every if _look(own) is ACTIVE]
    unused = [own.user for own in active if own.kind in (KEY, PASSWORD) and not own.last_used]
    parts = [
        *old[:3],
        f"{len(old) - 3} more are too old" if len(old) > 3 else "",
        f"without MFA: {listed(lacking, length=30)}" if lacking else "",
        f"never used: those of {listed([*dict.fromkeys(unused)], length=30)}" if unused else "",
        f"{len(active)} {'is' if len(active) == 1 else 'are'} active and in time.",
    ]
    of = f"{len(users)} users" if len(users) > 1 else shorten(rows[0].user, 60)
    return alt_text(f"On {day(now)}, {count(len(every), 'credential')} of {of}: ", parts)
