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
from operator import attrgetter
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
from iamlab.view.style import ALLOW, ALLOW_AREA, DENY, INK, PALE_INK, SILENT, Look
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
LEGEND = {"wall": "to be replaced", "use": "last used", "notch": "password changed"}


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
    every = [credential for owner in owners for credential in owner.credentials]
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
    start = min([now, *(utc(credential.start) for credential in every if credential.start)])
    soon = later(now, max(2 * (now - start), timedelta(days=DAYS_AHEAD)))
    ahead = [
        utc(credential.due or credential.end or now)
        for credential in every
        if credential.look in (ACTIVE, TOO_OLD)
    ]
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
            sessions = [
                credential for credential in owner.credentials if credential.kind == SESSION
            ]
            for number, credential in enumerate(owner.credentials):
                if sessions and credential is sessions[0]:
                    line = f"{count(len(sessions), SESSION)}: {_valid(sessions)}"
                    yield Node(f"{key} sessions", line, parent=key)
                parent = f"{key} sessions" if credential.kind == SESSION else key
                line, facts = _line(now, credential), _facts(now, owner, credential)
                yield Node(
                    f"{key} {number}", credential.name, parent=parent, line=line, facts=facts
                )
        if names := [owner.name for owner in owners if not owner.credentials]:
            line = f"no credentials: {', '.join(names)}"
            yield Node(f"{account} others", line, parent=account)


def _facts(now: datetime, owner: Owner, credential: Credential | None = None) -> dict[str, object]:
    """Return a row of the table; one without a credential for whoever has none."""
    return {
        "user": owner.name,
        "arn": owner.arn,
        "account": owner.account.account_id,
        "credential": credential and credential.kind,
        "id": credential and credential.name,
        "status": credential and credential.status,
        "created": credential and credential.start,
        "last changed": credential and credential.changed,
        "last used": credential and credential.last_used,
        "end": credential and credential.end,
        "replace by": credential and credential.due,
        "age in days": credential and credential.age(now),
        "too old": credential and credential.is_too_old,
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
    sessions = [credential for credential in owner.credentials if credential.kind == SESSION]
    for credential in owner.credentials[: len(owner.credentials) - len(sessions)]:
        words = credential.kind, credential.state(now), credential.name, credential.use
        yield _lane(now, owner, [credential], *words)
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
    ordered = sorted(credentials, key=attrgetter("is_too_old"))  # what is too old covers the rest
    is_first = credentials[0] is owner.credentials[0]
    colour = {"✓": ALLOW, "✕": DENY}.get(state[0], SILENT)
    user = Entry(owner.name, "✕ no MFA" if owner.lacks_mfa else "", DENY, {"face": "bold"})
    return Lane(
        {
            **({USER: user} if is_first else {}),
            CREDENTIAL: Entry(title, detail),
            STATE: Entry(state, use, INK, {"face": "bold", "colour": colour, "size": SMALL}),
        },
        [bar for credential in ordered for bar in _bars(now, credential)],
    )


def _bars(now: datetime, credential: Credential) -> Iterator[Bar]:
    """Yield what has been, what is too long, and what is still to come."""
    marks = credential.due, credential.last_used, credential.changed
    if credential.is_too_old:
        yield Bar(credential.start, credential.due, ACTIVE, *marks)
        yield Bar(credential.due, now, TOO_OLD)
        return
    end = min(utc(credential.end or now), now)
    yield Bar(credential.start, end, credential.look, *marks)
    ahead = credential.due or credential.end
    if credential.look is ACTIVE and ahead and utc(ahead) > now:
        yield Bar(now, ahead, TIME_LEFT)
    if credential.look is INACTIVE and credential.end:
        yield Bar(credential.end, now, INACTIVE, height=0.25)


# -- in words --------------------------------------------------------------------------------------


def _valid(sessions: Sequence[Credential]) -> str:
    valid = sum(credential.look is ACTIVE for credential in sessions)
    return f"{'✓' if valid else '○'} {valid} of {count(len(sessions), SESSION)} valid"


def _line(now: datetime, credential: Credential) -> str:
    said = [
        f"{credential.kind} {credential.name}".rstrip(),
        f"made {stamp(credential.start)}" if credential.start else "made at an unknown time",
        credential.state(now),
        f"replaced {stamp(credential.changed)}" if credential.changed else "",
        f"until {stamp(credential.end)}" if credential.end else "",
        f"to be replaced by {stamp(credential.due)}" if credential.due else "",
        credential.use,
    ]
    return "; ".join(filter(None, said))


def _alt(now: datetime, owners: Sequence[Owner]) -> str:
    """Say first what must be fixed, then how many credentials are active and in time."""
    every = [(owner.name, credential) for owner in owners for credential in owner.credentials]
    users = f"{len(owners)} users" if len(owners) > 1 else owners[0].name
    first = f"On {day(now)}, {count(len(every), 'credential')} of {shorten(users, 60)}: "
    old = []
    for name, credential in every:
        if credential.is_too_old:
            age, end = count(credential.age(now), "day"), credential.end
            how = f"expired {day(end)}" if end else f"is {age} old"
            old.append(f"{credential.kind} of {shorten(name, 40)} {how}")
    lacking = [owner.name for owner in owners if owner.lacks_mfa]
    unused = dict.fromkeys(
        name
        for name, credential in every
        if credential.kind in (KEY, PASSWORD)
        and credential.look is ACTIVE
        and credential.last_used is None
    )
    active = sum(credential.look is ACTIVE for _, credential in every)
    parts = [
        *old[:3],
        f"{len(old) - 3} more are too old" if len(old) > 3 else "",
        f"without MFA: {listed(lacking, 3, length=30)}" if lacking else "",
        f"never used: those of {listed(list(unused), 3, length=30)}" if unused else "",
        f"{active} {'is' if active == 1 else 'are'} active and in time.",
    ]
    return told(first, parts)
