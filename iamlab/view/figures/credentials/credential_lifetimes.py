"""The lifetimes of credentials: since when each exists, when it was used, which are too old.

Long-term credentials don't end by themselves, so they need to be watched. What is too old is
hatched from the moment when it should have been replaced.

Notes
-----
AWS pages: "Manage access keys for IAM users", for rotation; "Set an account password policy for IAM
users"; "Security best practices in IAM".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.drawing.measure import SMALL
from iamlab.view.drawing.sheet import MARGIN
from iamlab.view.drawing.time_axis import TimeAxis, day, later, stamp, utc
from iamlab.view.figures.credentials.owners import (
    ACTIVE,
    INACTIVE,
    KEY,
    PASSWORD,
    SESSION,
    TOO_OLD,
    Credential,
    Owner,
    owners_of,
)
from iamlab.view.layouts.lifetimes import MOST, Bar, Entry, Lane, draw_lifetimes, draw_words
from iamlab.view.scene import Node, Scene
from iamlab.view.style import ALLOW, ALLOW_AREA, DENY, INK, PALE_INK, PAPER, SILENT, Look
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.world import World
    from iamlab.view.figure import Figure

    Accounts = Mapping[str, Sequence[Owner]]

KEY_AGE = 90
"""The days after which auditors object to an access key."""
DAYS_AHEAD = 100
"""Days into the future that are drawn at least, where something must be replaced then."""
TIME_LEFT = Look("", "time left", ALLOW, ALLOW_AREA)
USER, CREDENTIAL, STATE = "USER", "CREDENTIAL", "STATE"
COLUMNS = {USER: MARGIN, CREDENTIAL: 1.65, STATE: 7.75}
LEFT, RIGHT = 3.55, 7.55
"""The ends of the axis."""
LEGEND = {"walls": "to be replaced", "uses": "last used", "notches": "password changed"}


def credential_lifetimes(
    of: World | Account | CredentialOwner, *, key_age_days: int = KEY_AGE
) -> Figure:
    """Draw passwords, access keys, MFA devices, certificates and sessions on the world's clock.

    Parameters
    ----------
    of
        A world, an account, a user or a root user.
    key_age_days
        How old an active access key may be.

    Raises
    ------
    RequestError
        It is none of these, or the days aren't a number.

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
    now, owners = owners_of(of, key_age_days)
    accounts: dict[str, list[Owner]] = {}
    for owner in owners:
        title = f"{owner.account.name} {owner.account.account_id}"
        accounts.setdefault(title, []).append(owner)
    head = f"now {stamp(now)}"
    every = [one for owner in owners for one in owner.credentials]
    if not every:
        words = "Nobody has credentials here: no password, no access key, no MFA device."
        nodes = list(_nodes(now, accounts, are_named=True))
        empty = Node("none", "", line="", facts={"now": now, "credentials": 0})
        return Scene(nodes or [empty], before=[words, head]).figure(
            lambda _: draw_words(words),
            alt=words,
            caption="Credentials on the world's clock (UTC).",
            is_graph=False,
        )
    axis = TimeAxis(*_window(now, every), LEFT, RIGHT)
    scene = Scene(list(_nodes(now, accounts, are_named=len(accounts) > 1)), before=[head])
    return scene.figure(
        lambda _: draw_lifetimes(list(_lanes(now, accounts)), axis, now, COLUMNS, LEGEND),
        alt=_alt(now, owners),
        caption="Long-term credentials and sessions on the world's clock (UTC). Access keys are to "
        f"be replaced after {count(key_age_days, 'day')}; passwords as the account's password "
        "policy says.",
        is_graph=False,
    )


def _window(now: datetime, every: Sequence[Credential]) -> tuple[datetime, datetime]:
    """Return the time that is drawn: the past, and what is due soon."""
    start = min([now, *(utc(one.start) for one in every if one.start)])
    soon = later(now, max(2 * (now - start), timedelta(days=DAYS_AHEAD)))
    ahead = [utc(one.due or one.end or now) for one in every if one.look in (ACTIVE, TOO_OLD)]
    end = max([now, *(moment for moment in ahead if moment <= soon)])
    length = max(end - start, timedelta(minutes=10))
    return later(start, -length / 50), later(end, length / 20)


def _nodes(now: datetime, accounts: Accounts, *, are_named: bool) -> Iterator[Node]:
    """Yield accounts, their owners of credentials, and the credentials."""
    for account, owners in accounts.items():
        yield Node(account, account, line=account if are_named else "")
        for owner in owners:
            if not owner.credentials:
                yield Node(owner.arn, owner.name, line="", facts=_facts(now, owner))
                continue
            key = f"{owner.arn} {owner.name}"
            alone = ": ✕ no MFA" if owner.lacks_mfa else ""
            words = f"{owner.summary}: {owner.kinds}; {owner.arn}"
            yield Node(key, owner.name, parent=account, line=f"{owner.name}{alone}: {words}")
            sessions = [one for one in owner.credentials if one.kind == SESSION]
            for number, one in enumerate(owner.credentials):
                if sessions and one is sessions[0]:
                    line = f"{count(len(sessions), SESSION)}: {_valid(sessions)}"
                    yield Node(f"{key} sessions", line, parent=key)
                parent = f"{key} sessions" if one.kind == SESSION else key
                line, facts = _line(now, one), _facts(now, owner, one)
                yield Node(f"{key} {number}", one.name, parent=parent, line=line, facts=facts)
        if names := [owner.name for owner in owners if not owner.credentials]:
            line = f"no credentials: {', '.join(names)}"
            yield Node(f"{account} others", line, parent=account)


def _facts(now: datetime, owner: Owner, one: Credential | None = None) -> dict[str, object]:
    """Return a row of the table; one without a credential for whoever has none."""
    return {
        "user": owner.name,
        "arn": owner.arn,
        "account": owner.account.account_id,
        "credential": one and one.kind,
        "id": one and one.name,
        "status": one and one.status,
        "created": one and one.start,
        "last changed": one and one.changed,
        "last used": one and one.last_used,
        "end": one and one.end,
        "replace by": one and one.due,
        "age in days": one and one.age(now),
        "too old": one and one.is_too_old,
    }


# -- the picture -----------------------------------------------------------------------------------


def _lanes(now: datetime, accounts: Accounts) -> Iterator[Lane]:
    """Yield a lane for each credential; for each owner if there are many, as many as fit."""
    holders = [owner for owners in accounts.values() for owner in owners if owner.credentials]
    lanes = {id(owner): list(_lanes_of(now, owner)) for owner in holders}
    if sum(map(len, lanes.values())) > MOST:
        lanes = {
            id(owner): [_lane(now, owner, owner.credentials, owner.kinds, owner.summary)]
            for owner in holders
        }
    holders.sort(key=lambda owner: -owner.looking(TOO_OLD))
    rest = holders[MOST - 1 :] if len(holders) > MOST else []
    left_out = set(map(id, rest))
    pale = {"size": SMALL, "colour": PALE_INK, "fact": False}
    for account, owners in accounts.items():
        if len(accounts) > 1:
            yield Lane({USER: Entry(account, style={"face": "bold", "size": SMALL})})
        for owner in owners:
            if owner.credentials and id(owner) not in left_out:
                yield from lanes[id(owner)]
        if names := [owner.name for owner in owners if not owner.credentials]:
            yield Lane({USER: Entry(f"no credentials: {listed(names, 2)}", style=pale)})
    if rest:
        every = count(sum(len(owner.credentials) for owner in rest), "credential")
        old = sum(owner.looking(TOO_OLD) for owner in rest)
        yield Lane({USER: Entry(f"and {len(rest)} more users: {every}, {old} too old", style=pale)})


def _lanes_of(now: datetime, owner: Owner) -> Iterator[Lane]:
    sessions = [one for one in owner.credentials if one.kind == SESSION]
    for one in owner.credentials[: len(owner.credentials) - len(sessions)]:
        yield _lane(now, owner, [one], one.kind, one.state(now), one.name, one.use)
    if sessions:
        yield _lane(now, owner, sessions, count(len(sessions), SESSION), _valid(sessions))


def _lane(
    now: datetime,
    owner: Owner,
    credentials: Sequence[Credential],
    title: str,
    state: str,
    detail: str = "",
    use: str = "",
) -> Lane:
    is_first = credentials[0] is owner.credentials[0]
    colour = {"✓": ALLOW, "✕": DENY}.get(state[0], SILENT)
    bold = {"face": "bold"}
    user = Entry(owner.name, "✕ no MFA" if owner.lacks_mfa else "", DENY, style=bold)
    return Lane(
        {
            **({USER: user} if is_first else {}),
            CREDENTIAL: Entry(title, detail),
            STATE: Entry(state, use, INK, style={**bold, "colour": colour, "size": SMALL}),
        },
        # What is too old is drawn over what isn't.
        [
            bar
            for one in sorted(credentials, key=lambda one: one.is_too_old)
            for bar in _bars(now, one)
        ],
        [one.due for one in credentials if one.due],
        [
            (one.last_used, PAPER if one.look in (ACTIVE, TOO_OLD) else SILENT)
            for one in credentials
            if one.last_used
        ],
        [one.changed for one in credentials if one.changed],
    )


def _bars(now: datetime, one: Credential) -> Iterator[Bar]:
    """Yield what has been, what is too long, and what is still to come."""
    if one.is_too_old:
        yield Bar(one.start, one.due, ACTIVE)
        yield Bar(one.due, now, TOO_OLD)
        return
    yield Bar(one.start, min(utc(one.end or now), now), one.look)
    ahead = one.due or one.end
    if one.look is ACTIVE and ahead and utc(ahead) > now:
        yield Bar(now, ahead, TIME_LEFT)
    if one.look is INACTIVE and one.end:
        yield Bar(one.end, now, INACTIVE, height=0.25)


# -- in words --------------------------------------------------------------------------------------


def _valid(sessions: Sequence[Credential]) -> str:
    valid = sum(one.look is ACTIVE for one in sessions)
    return f"{'✓' if valid else '○'} {valid} of {count(len(sessions), SESSION)} valid"


def _line(now: datetime, one: Credential) -> str:
    said = [
        f"{one.kind} {one.name}".rstrip(),
        f"made {stamp(one.start)}" if one.start else "made at an unknown time",
        one.state(now),
        f"replaced {stamp(one.changed)}" if one.changed else "",
        f"until {stamp(one.end)}" if one.end else "",
        f"to be replaced by {stamp(one.due)}" if one.due else "",
        one.use,
    ]
    return "; ".join(filter(None, said))


def _alt(now: datetime, owners: Sequence[Owner]) -> str:
    """Say first what must be fixed, then how many credentials are active and in time."""
    every = [(owner.name, one) for owner in owners for one in owner.credentials]
    users = f"{len(owners)} users" if len(owners) > 1 else owners[0].name
    first = f"On {day(now)}, {count(len(every), 'credential')} of {shorten(users, 60)}: "
    old = []
    for name, one in every:
        if one.is_too_old:
            how = f"expired {day(one.end)}" if one.end else f"is {count(one.age(now), 'day')} old"
            old.append(f"{one.kind} of {shorten(name, 40)} {how}")
    lacking = [owner.name for owner in owners if owner.lacks_mfa]
    unused = dict.fromkeys(
        name
        for name, one in every
        if one.kind in (KEY, PASSWORD) and one.look is ACTIVE and one.last_used is None
    )
    active = sum(one.look is ACTIVE for _, one in every)
    parts = [
        *old[:3],
        f"{len(old) - 3} more are too old" if len(old) > 3 else "",
        f"without MFA: {listed(lacking, 3, length=30)}" if lacking else "",
        f"never used: those of {listed(list(unused), 3, length=30)}" if unused else "",
        f"{active} {'is' if active == 1 else 'are'} active and in time.",
    ]
    return told(first, parts)
