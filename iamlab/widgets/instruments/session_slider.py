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
from typing import TYPE_CHECKING, Any

from iamlab.display import count
from iamlab.errors import ExerciseError
from iamlab.view.figures.credentials.session_timeline import LOOKS, session_timeline
from iamlab.view.style import bad
from iamlab.view.words import listed
from iamlab.widgets import choices
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
    role: str = ""
    seconds: str = "3600"


class SessionSlider(Instrument[Moment]):
    """Who holds which credentials at each time, and calls that make and revoke sessions.

    Its controls are ``place``, the place of the slider; ``caller`` (also a session), ``role`` and
    ``seconds`` for the next call; and the buttons ``issue`` (the caller assumes the role) and
    ``revoke`` (the caller revokes the role's older sessions).

    Parameters
    ----------
    world
        The world in which the clock starts. The slider doesn't change it.
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

    title = "The session slider"
    question = "Who holds which credentials, and when?"

    def __init__(self, world: World, **more: Any) -> None:
        self._start, self._then = world.copy(), lru_cache(64)(self._call)
        self._at = lru_cache(64)(self._advanced)
        named = {arn: name for name, arn in choices.principals(world).items()}
        self._roles = {arn: name for arn, name in named.items() if ":role/" in arn}
        if not self._roles:
            raise ExerciseError("A session slider needs a world with at least one role.")
        users = (arn for arn in named if ":user/" in arn or arn.endswith(":root"))
        self._callers = {arn: named[arn] for arn in users}
        super().__init__(
            Moment(caller=next(iter(self._callers)), role=next(iter(self._roles))), **more
        )

    # -- the world -------------------------------------------------------------------------------

    def _call(self, calls: tuple[Call, ...]) -> tuple[World, str]:
        """Return the world after calls, each a second after the one before, and what happened."""
        if not calls:
            return self._start, "No call was made with this card yet."
        place, caller, role, what = calls[-1]
        world = self._at(place, calls[:-1]).copy()
        who = Session(world, world.sessions[caller]) if caller in world.sessions else caller
        if what == REVOKE:
            roles = world.accounts[role.split(":")[4]].roles
            done = roles[role.rpartition("/")[2]].revoke_sessions(who)
            text = f"PutRolePolicy on {_name(role)} revoked {count(len(done.hits), 'session')}."
            names = listed([_name(world.sessions[key].arn) for key in done.survivors])
            still = f" Still valid, as sessions of other roles: {names}."
            return world, text + still * bool(done.survivors)
        made = world.sts.assume_role(
            who,
            role_arn=role,
            role_session_name=f"session-{len(calls)}",
            duration_seconds=int(what),
        )
        return world, f"AssumeRole made {_name(made.arn)}, until {made.expiration:%H:%M}."

    def _advanced(self, place: int, calls: tuple[Call, ...]) -> World:
        """Return the world after calls, at a place; each call there takes a second."""
        world = self._then(calls)[0].copy()
        late = timedelta(seconds=sum(call[0] == place for call in calls))
        now = self._start.clock.now + place * STEP + late
        world.clock.advance(seconds=(now - world.clock.now).total_seconds())
        return world

    def _calls(self) -> tuple[Call, ...]:
        return tuple(call for call in self.state.calls if call[0] <= self.state.place)

    def world(self) -> World:
        """Return a copy of the world at the time of the slider."""
        return self._at(self.state.place, self._calls()).copy()

    def choices(self) -> Mapping[str, dict[str, str] | list[str]]:
        """Return the places of the slider, and what to choose for the next call."""
        sessions = self._at(self.state.place, self._calls()).sessions
        return {
            "place": list(map(str, range(STEPS + 1))),
            "role": self._roles,
            "seconds": DURATIONS,
            "caller": self._callers | {key: _name(own.arn) for key, own in sessions.items()},
        }

    def controls(self) -> dict[str, str]:
        """Return the slider, the timeline, and what can be called."""
        place, calls = self.state.place, self._calls()
        world = self._at(place, calls)
        timeline, words = world.timeline(), f"{world.clock.now:{WHEN}} (UTC)"
        newest = replace(timeline, rows=timeline.rows[-MOST:])
        figure, text = session_timeline(newest), self._then(calls)[1]
        if len(timeline) > MOST:
            text += f" The card shows the newest {MOST} of {len(timeline)} credentials."
        return {
            "clock": parts.slider("place", "Time", place, STEPS, words),
            "timeline": figure._repr_html_() + _table(newest),
            "facts": parts.paragraph(f"{text} {figure.alt}"),
            "role": parts.row(self.chooser("role", "Role"), self.chooser("seconds", "Duration")),
            "caller": parts.row(
                self.chooser("caller", "Caller"),
                parts.button("issue", "Assume the role", main=True),
                parts.button(REVOKE, "Revoke the role's older sessions"),
            ),
        }

    def change(self, name: str, value: Any) -> Moment:  # noqa: ARG002
        """Make the next call."""
        own = self.state
        if name not in ("issue", REVOKE):
            raise self.no_control(name)
        what = REVOKE if name == REVOKE else own.seconds
        calls = (*self._calls(), (own.place, own.caller, own.role, what))
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


session_slider = SessionSlider
