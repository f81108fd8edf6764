"""The session slider: who holds which credentials at a time, and what ends them.

Its clock moves in quarters of an hour, also back. A call is made at the time of the slider; then
later calls haven't happened.

Notes
-----
AWS pages: "API AssumeRole"; "Revoke IAM role temporary security credentials".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab import view
from iamlab.display import count
from iamlab.errors import ExerciseError
from iamlab.view.tabular import table_of
from iamlab.view.words import listed
from iamlab.widgets import choices
from iamlab.widgets import controls as parts
from iamlab.widgets.instruments.calls import Calls, Made

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.world import World

STEP = timedelta(minutes=15)
STEPS = 48
"""The steps of the slider: twelve hours."""
MOST = 16
"""The most credentials that are shown."""
DURATIONS = {"900": "15 minutes", "3600": "1 hour", "7200": "2 hours", "43200": "12 hours"}
REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class Moment(Made):
    """The place of the slider, the calls, and what is chosen for the next call.

    A call is the place, the caller, the role, and the duration in seconds or ``"revoke"``. A caller
    is an ARN, or the access key id of a session.
    """

    place: int = 0
    caller: str = ""
    role: str = ""
    seconds: str = "3600"


class SessionSlider(Calls[Moment]):
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
        self._at = lru_cache(64)(self._advanced)
        named = {arn: name for name, arn in choices.principals(world).items()}
        self._roles = {arn: name for arn, name in named.items() if ":role/" in arn}
        if not self._roles:
            raise ExerciseError("A session slider needs a world with at least one role.")
        users = (arn for arn in named if ":user/" in arn or arn.endswith(":root"))
        self._callers = {arn: named[arn] for arn in users}
        state = Moment(caller=next(iter(self._callers)), role=next(iter(self._roles)))
        super().__init__(world, state, **more)

    # -- the world -------------------------------------------------------------------------------

    def _make(self, world: World, calls: tuple[Any, ...]) -> str:
        """Make a call at its place of the slider; return what it did. It takes a second."""
        place, caller, role, what = calls[-1]
        self._wait(world, place)
        who = choices.caller_named(world, caller, {})
        if what == REVOKE:
            roles = world.accounts[role.split(":")[4]].roles
            done = roles[role.rpartition("/")[2]].revoke_sessions(who)
            text = f"PutRolePolicy on {_name(role)} revoked {count(len(done.hits), 'session')}."
            names = listed([_name(world.sessions[key].arn) for key in done.survivors])
            still = f" Still valid, as sessions of other roles: {names}."
            world.clock.advance(seconds=1)
            return text + still * bool(done.survivors)
        made = world.sts.assume_role(
            who,
            role_arn=role,
            role_session_name=f"session-{len(calls)}",
            duration_seconds=int(what),
        )
        world.clock.advance(seconds=1)
        return f"AssumeRole made {_name(made.arn)}, until {made.expiration:%H:%M}."

    def _advanced(self, place: int, calls: tuple[Any, ...]) -> World:
        """Return the world after calls, at a place."""
        world = self._then(calls)[0]
        return world.copy(at=max(world.clock.now, self._start.clock.now + place * STEP))

    def _wait(self, world: World, place: int) -> None:
        left = self._start.clock.now + place * STEP - world.clock.now
        world.clock.advance(seconds=max(left.total_seconds(), 0))

    def _calls(self) -> tuple[Any, ...]:
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
        timeline, words = world.timeline(), f"{world.clock.now:%Y-%m-%d %H:%M} (UTC)"
        newest = replace(timeline, rows=timeline.rows[-MOST:])
        figure = view.session_timeline(newest)
        text = self._then(calls)[1] or "No call was made with this card yet."
        table = table_of(newest).only("who", "from", "until", "state")
        if len(timeline) > MOST:
            text += f" The card shows the newest {MOST} of {len(timeline)} credentials."
        return {
            "clock": parts.slider("place", "Time", place, STEPS, words),
            "timeline": figure._repr_html_() + table.html(),
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
        return self._called(*self._calls(), (own.place, own.caller, own.role, what))


def _name(arn: str) -> str:
    """Return a role with its session, or a user."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    return name or kind


session_slider = SessionSlider
