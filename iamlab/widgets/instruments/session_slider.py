"""The session slider: who holds which credentials at a time, and what ends them.

Its clock moves in quarters of an hour. A call is made at the time of the slider; then later calls
haven't happened. The slider goes back, too: it shows the world as it was.

Notes
-----
AWS pages: "API AssumeRole"; "Revoke IAM role temporary security credentials".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.display import count
from iamlab.errors import ExerciseError
from iamlab.view.figures.credentials.session_timeline import LOOKS, session_timeline
from iamlab.view.style import bad
from iamlab.view.words import listed
from iamlab.widgets import controls as parts
from iamlab.widgets.instrument import Instrument
from iamlab.world.sts import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.analysis.credential_timeline.timeline import Timeline
    from iamlab.world.world import World

STEP = timedelta(minutes=15)
STEPS = 48
"""The steps of the slider: twelve hours."""
MOST = 16
"""The most credentials that are shown."""
DURATIONS = {"900": "15 minutes", "3600": "1 hour", "7200": "2 hours", "43200": "12 hours"}
WHEN = "%Y-%m-%d %H:%M"
HEADINGS = ("Who", "Requested by", "From", "To (UTC)", "State")
REVOKE = "revoke"
Call = tuple[int, str, str, str]


@dataclass(frozen=True, slots=True)
class Moment:
    """The place of the slider, the calls, and what is chosen for the next call.

    Parameters
    ----------
    calls
        The place, the caller, the role, and the duration in seconds or ``"revoke"``. A caller is an
        ARN, or the access key id of a session.
    """

    place: int = 0
    calls: tuple[Call, ...] = ()
    caller: str = ""
    session: str = ""
    role: str = ""
    seconds: str = "3600"


class Then(NamedTuple):
    """A world after some calls, and what came of the last one."""

    world: World
    outcome: str = "No call was made with this card yet."


class SessionSlider(Instrument[Moment]):
    """The clock of a world, and the calls that make and revoke sessions.

    Its controls are ``place``, the place of the slider; ``caller``, ``session``, ``role`` and
    ``seconds`` for the next call; and the buttons ``issue`` (the caller assumes the role),
    ``chain`` (the session does) and ``revoke`` (the caller revokes the role's older sessions).

    Parameters
    ----------
    world
        The world in which the clock starts. The slider doesn't change it.
    """

    title = "The session slider"
    question = "Who holds which credentials, and when?"

    def __init__(self, world: World, **more: Any) -> None:
        self._start, self._then = world.copy(), lru_cache(64)(self._call)
        self._roles: dict[str, str] = {}
        self._callers: dict[str, str] = {}
        for account in world.accounts.values():
            end = f" in {account.name}" if len(world.accounts) > 1 else ""
            self._roles |= {own.arn: f"{own.name}{end}" for own in account.roles.values()}
            self._callers |= {own.arn: f"{own.name}{end}" for own in account.users.values()}
            self._callers[account.root.arn] = f"root user{end}"
        if not self._roles:
            raise ExerciseError("A session slider needs a world with at least one role.")
        first = Moment(caller=next(iter(self._callers)), role=next(iter(self._roles)))
        super().__init__(first, **more)

    # -- the world -------------------------------------------------------------------------------

    def _call(self, calls: tuple[Call, ...]) -> Then:
        """Return the world after calls, each a second after the one before it."""
        if not calls:
            return Then(self._start)
        place, caller, arn, what = calls[-1]
        world = self._at(place, calls[:-1])
        role = world.accounts[arn.split(":")[4]].roles[arn.rpartition("/")[2]]
        who = Session(world, world.sessions[caller]) if caller in world.sessions else caller
        if what == REVOKE:
            done = role.revoke_sessions(who)
            text = f"PutRolePolicy on {role.name} revoked {count(len(done.hits), 'session')}."
            names = [_name(world.sessions[key].arn) for key in done.survivors]
            still = " Still valid, as sessions of other roles: "
            return Then(world, f"{text}{f'{still}{listed(names)}.' if names else ''}")
        name, seconds = f"session-{len(calls)}", int(what)
        made = world.sts.assume_role(
            who, role_arn=role, role_session_name=name, duration_seconds=seconds
        )
        return Then(world, f"AssumeRole made {_name(made.arn)}, until {made.expiration:%H:%M}.")

    def _at(self, place: int, calls: tuple[Call, ...]) -> World:
        """Return a copy of the world after calls, at a place; each call there takes a second."""
        world = self._then(calls).world.copy()
        late = timedelta(seconds=sum(call[0] == place for call in calls))
        now = self._start.clock.now + place * STEP + late
        world.clock.advance(seconds=(now - world.clock.now).total_seconds())
        return world

    def _calls(self) -> tuple[Call, ...]:
        return tuple(call for call in self.state.calls if call[0] <= self.state.place)

    def world(self) -> World:
        """Return a copy of the world at the time of the slider."""
        return self._at(self.state.place, self._calls())

    def controls(self) -> Mapping[str, str]:
        """Return the slider, the timeline, and what can be called."""
        own, world = self.state, self.world()
        timeline, now = world.timeline(), world.clock.now
        newest = replace(timeline, rows=timeline.rows[-MOST:])
        figure, text = session_timeline(newest), self._then(self._calls()).outcome
        if len(timeline) > MOST:
            text += f" The card shows the newest {MOST} of {len(timeline)} credentials."
        words = f"{now:{WHEN}} (UTC)"
        sessions = {key: _name(held.arn) for key, held in reversed(world.sessions.items())}
        return {
            "clock": parts.slider("place", "Time", own.place, STEPS, words),
            "timeline": figure._repr_html_() + _table(newest),
            "facts": parts.paragraph(f"{text} {figure.alt}"),
            "role": parts.row(
                parts.choice("role", "Role", self._roles, own.role),
                parts.choice("seconds", "Duration", DURATIONS, own.seconds),
            ),
            "caller": parts.row(
                parts.choice("caller", "Caller", self._callers, own.caller),
                parts.button("issue", "Assume the role", main=True),
                parts.button("revoke", "Revoke the role's older sessions"),
            ),
            "session": parts.row(
                parts.choice("session", "Session", sessions, own.session),
                parts.button("chain", "Assume the role with this session"),
            )
            if sessions
            else "",
        }

    def change(self, name: str, value: Any) -> Moment:
        """Move the clock, choose for the next call, or make it."""
        own, world = self.state, self.world()
        if name == "place" and str(value) in map(str, range(STEPS + 1)):
            return replace(own, place=int(value))
        known: Mapping[str, Mapping[str, object]] = {
            "caller": self._callers,
            "role": self._roles,
            "session": world.sessions,
            "seconds": DURATIONS,
        }
        if value in known.get(name, ()):
            return replace(own, **{name: value})
        if name not in ("issue", "chain", "revoke") or (name == "chain" and not own.session):
            raise self.no_control(name)
        caller = own.session if name == "chain" else own.caller
        what = REVOKE if name == "revoke" else own.seconds
        calls = (*self._calls(), (own.place, caller, own.role, what))
        self._then(calls)  # AWS's error, if there is one
        return replace(own, calls=calls)


def _table(timeline: Timeline) -> str:
    names = {row.access_key_id: _name(row.arn) for row in timeline}
    rows = []
    for row in reversed(timeline.rows):
        by = names.get(row.parent) or _name(row.asked_by)
        start, end = f"{row.start:{WHEN}}", f"{row.end:{WHEN}}" if row.end else "no end"
        state = parts.badge(LOOKS.get(row.ended) or bad(row.ended))
        rows.append([*map(escape, (_name(row.arn), by, start, end)), state])
    return parts.table("Credentials", HEADINGS, rows)


def _name(arn: str) -> str:
    """Return a role with its session, or a user."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    return name or kind


def session_slider(world: World, **more: Any) -> SessionSlider:
    """Show who holds which credentials at each time, and assume roles. The world doesn't change.

    Parameters
    ----------
    world
        The world in which the clock starts.
    more
        As for every instrument.

    Raises
    ------
    ExerciseError
        The world has no role.

    Examples
    --------
    >>> from iamlab.teach import observatory
    >>> slider = session_slider(observatory())
    >>> slider.set("caller", "arn:aws:iam::111111111111:user/carol")
    >>> slider.press("issue")
    >>> [(row.arn.rpartition(":")[2], row.ended) for row in slider.world().timeline()]
    [('assumed-role/auditor/session-1', 'still valid')]
    >>> slider.set("place", 4)
    >>> [row.ended for row in slider.world().timeline()]
    ['expired']
    """
    return SessionSlider(world, **more)
