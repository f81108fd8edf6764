"""Two instruments with a clock: the session slider, and what software on an instance sees.

A slider moves the clock of a copy of the world, also back. A call is made at the time of the
slider; then later calls haven't happened.

- The session slider shows who holds which credentials, and what ends them.
- The instance's view shows what the metadata service answers. The software asks for credentials all
  the time, so EC2 renews them before they expire.

Notes
-----
AWS pages: "API AssumeRole"; "Revoke IAM role temporary security credentials"; "Retrieve security
credentials from instance metadata"; "IAM roles for Amazon EC2".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast

from iamlab import view
from iamlab.display import count
from iamlab.errors import ExerciseError
from iamlab.operations.services.ec2.instance_role import ROLES
from iamlab.operations.services.ec2.metadata import LONGEST_TTL, TOKEN, TOKEN_HEADER, TTL_HEADER
from iamlab.view.style import bad, good
from iamlab.view.tabular import table_of
from iamlab.view.words import listed
from iamlab.widgets import choices
from iamlab.widgets import controls as parts
from iamlab.widgets.instruments.calls import Calls, Made

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from iamlab.operations.services.ec2.instance import Instance
    from iamlab.operations.services.ec2.metadata import Response
    from iamlab.widgets.controls import Options
    from iamlab.world.world import World

MOST = 16
"""The most credentials that are shown."""
DURATIONS = {"900": "15 minutes", "3600": "1 hour", "7200": "2 hours", "43200": "12 hours"}
REVOKE = "revoke"
_SECRETS = re.compile('(?<="SecretAccessKey" : ")[^"]+|(?<="Token" : ")[^"]+')


@dataclass(frozen=True, slots=True)
class Moment(Made):
    """The place of the slider, and the calls, each of which begins with its place."""

    place: int = 0


Timed = TypeVar("Timed", bound=Moment)


class Clock(Calls[Timed]):
    """A copy of a world with a clock to move, and calls at some of its times."""

    step, steps = timedelta(minutes=15), 48
    """A step of the slider, and how many there are: twelve hours."""

    def __init__(self, world: World, state: Timed, **more: Any) -> None:
        self.offered = {"place": list(map(str, range(self.steps + 1))), **self.offered}
        super().__init__(world, state, **more)

    _call: Callable[..., str]
    """Makes a call in a world: its number, and what follows its place. Returns what it did."""

    def _make(self, world: World, calls: tuple[Any, ...]) -> str:
        """Let time pass up to a place of the slider; make the call, if there is one."""
        place, *call = calls[-1]
        self._wait(world, self._start.clock.now + place * self.step)
        return self._call(world, len(calls), *call) if call else ""

    def _wait(self, world: World, until: datetime) -> None:
        """Let time pass; it can be later already, because a call takes a second."""
        world.clock.advance(seconds=max((until - world.clock.now).total_seconds(), 0))

    def _calls(self) -> tuple[Any, ...]:
        return tuple(call for call in self.state.calls if call[0] <= self.state.place)

    def _now(self) -> World:
        return self._then((*self._calls(), (self.state.place,)))[0]

    def world(self) -> World:
        """Return a copy of the world at the time of the slider."""
        return self._now().copy()

    def controls(self) -> dict[str, str]:
        """Return the slider."""
        words = f"{self._now().clock.now:%Y-%m-%d %H:%M} (UTC)"
        return {"clock": parts.slider("place", "Time", self.state.place, self.steps, words)}


@dataclass(frozen=True, slots=True)
class Issuing(Moment):
    """The place of the slider, the calls, and what is chosen for the next call.

    A call is the place, the caller, the role, and the duration in seconds or ``"revoke"``. A caller
    is an ARN, or the access key id of a session.
    """

    caller: str = ""
    role: str = ""
    seconds: str = "3600"


class SessionSlider(Clock[Issuing]):
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
    >>> from iamlab.widgets import session_slider
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
        named = {arn: name for name, arn in choices.principals(world).items()}
        roles = {arn: name for arn, name in named.items() if ":role/" in arn}
        if not roles:
            raise ExerciseError("A session slider needs a world with at least one role.")
        users = (arn for arn in named if ":user/" in arn or arn.endswith(":root"))
        self._callers = {arn: named[arn] for arn in users}
        self.offered = {"role": roles, "seconds": DURATIONS}
        state = Issuing(caller=next(iter(self._callers)), role=next(iter(roles)))
        super().__init__(world, state, **more)

    def _call(self, world: World, number: int, caller: str, role: str, what: str) -> str:
        """Make a call, which takes a second; return what it did."""
        who = choices.caller_named(world, caller, {})
        if what == REVOKE:
            roles = world.accounts[role.split(":")[4]].roles
            done = roles[role.rpartition("/")[2]].revoke_sessions(who)
            text = f"PutRolePolicy on {_name(role)} revoked {count(len(done.hits), 'session')}."
            names = listed([_name(world.sessions[key].arn) for key in done.survivors])
            text += f" Still valid, as sessions of other roles: {names}." * bool(done.survivors)
        else:
            name, assume = f"session-{number}", world.sts.assume_role
            made = assume(who, role_arn=role, role_session_name=name, duration_seconds=int(what))
            text = f"AssumeRole made {_name(made.arn)}, until {made.expiration:%H:%M}."
        world.clock.advance(seconds=1)
        return text

    def choices(self) -> Mapping[str, Options]:
        """Return what to choose for the next call; a caller can be a session."""
        sessions = {key: _name(own.arn) for key, own in self._now().sessions.items()}
        return {**self.offered, "caller": self._callers | sessions}

    def controls(self) -> dict[str, str]:
        """Return the slider, the timeline, and what can be called."""
        timeline = self._now().timeline()
        newest = replace(timeline, rows=timeline.rows[-MOST:])
        figure = view.session_timeline(newest)
        text = self._then(self._calls())[1] or "No call was made with this card yet."
        table = table_of(newest).only("who", "from", "until", "state")
        issue = parts.button("issue", "Assume the role", main=True)
        revoke = parts.button(REVOKE, "Revoke the role's older sessions")
        if len(timeline) > MOST:
            text += f" The card shows the newest {MOST} of {len(timeline)} credentials."
        return super().controls() | {
            "timeline": figure._repr_html_() + table.html(),
            "facts": parts.paragraph(f"{text} {figure.alt}"),
            "role": parts.row(self.chooser("role", "Role"), self.chooser("seconds", "Duration")),
            "caller": parts.row(self.chooser("caller", "Caller"), issue, revoke),
        }

    def change(self, name: str, value: Any) -> Issuing:  # noqa: ARG002
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


class InstanceView(Clock[Moment]):
    """What software on an EC2 instance sees, while time passes and the instance profile changes.

    The software asks for credentials at each step. Its controls are ``place``, the place of the
    slider, and ``profile``, the name of the instance profile from then on, or nothing.

    Parameters
    ----------
    instance
        The instance. Neither it nor its world changes.
    more
        As for every instrument.

    Examples
    --------
    >>> from iamlab.teach import observatory
    >>> from iamlab.widgets import instance_view
    >>> main = observatory().account("acme-main")
    >>> job = next(own for own in main.resources.values() if own.kind == "instance")
    >>> seen = instance_view(job)
    >>> [row.ended for row in seen.world().timeline()]
    ['still valid']
    >>> seen.set("place", 23)
    >>> [row.ended for row in seen.world().timeline()]
    ['still valid', 'still valid']
    >>> seen.set("profile", "")
    >>> [answer.status for answer in seen.requests(seen.world()).values()]
    [401, 200, 404]
    """

    title = "The instance's view"
    question = "What does software on the instance see?"

    def __init__(self, instance: Instance, **more: Any) -> None:
        account = instance.account
        self._where = account.account_id, instance.arn
        self._profiles = {"": "none", **{name: name for name in account.instance_profiles}}
        super().__init__(cast("World", account.world), Moment(), **more)

    def _instance(self, world: World) -> Instance:
        account_id, arn = self._where
        return cast("Instance", world.accounts[account_id].resources[arn])

    def requests(self, world: World) -> dict[str, Response]:
        """Return what the software asks the metadata service, with its answers."""
        ask, path = self._instance(world).metadata.request, f"{ROLES}/"
        token = ask("PUT", TOKEN, {TTL_HEADER: str(LONGEST_TTL)})
        found = ask("GET", path, sent := {TOKEN_HEADER: token.body})
        return {
            f"GET {path} (no token)": ask("GET", path),
            f"PUT {TOKEN}": token,
            f"GET {path}": found,
            f"GET {path}{found.body}": ask("GET", f"{path}{found.body}", sent),
        }

    def _wait(self, world: World, until: datetime) -> None:
        """Let time pass; the software asks at each step."""
        self.requests(world)
        while world.clock.now < until:
            world.clock.advance(seconds=self.step.total_seconds())
            self.requests(world)

    def _call(self, world: World, _: int, profile: str) -> str:
        """Change the instance profile; return which call did it."""
        instance = self._instance(world)
        if profile == getattr(instance.iam_instance_profile, "name", ""):
            return ""
        if not profile:
            instance.disassociate_iam_instance_profile()
        elif instance.association:
            instance.replace_iam_instance_profile_association(profile)
        else:
            instance.associate_iam_instance_profile(profile)
        return f"{world.events[-1].event_name} at {world.clock.now:%H:%M}."

    def controls(self) -> dict[str, str]:
        """Return the clock, the profile to choose, and what the software sees and has got."""
        world = self.world()
        instance = self._instance(world)
        answers = [_shown(what, answer) for what, answer in self.requests(world).items()]
        title = f"The metadata service of {instance.name} (HttpTokens: {instance.http_tokens})"
        timeline = world.timeline()
        rows = tuple(row for row in timeline if row.arn.endswith(f"/{instance.name}"))
        credentials = table_of(replace(timeline, rows=rows[-MOST:]))
        held = getattr(instance.iam_instance_profile, "name", "")
        valid = sum(row.ended == "still valid" for row in rows)
        text = f"{self._then(self._calls())[1]} Valid: {valid} of {count(len(rows), 'access key')}."
        return super().controls() | {
            "profile": parts.choice("profile", "Instance profile", self._profiles, held),
            "seen": parts.table(title, ("Request", "Status", "Answer"), answers),
            "keys": credentials.only("access key", "who", "until", "state").html(),
            "facts": parts.paragraph(text.strip()),
        }

    def change(self, name: str, value: Any) -> Moment:
        """Change the instance profile."""
        place = self.state.place
        if name != "profile" or value not in self._profiles:
            raise self.no_control(name)
        return self._called(*(own for own in self._calls() if own[0] < place), (place, value))


def _shown(request: str, answer: Response) -> list[str]:
    """Write a request, and its answer without secrets."""
    name = f"<code>{escape(request).replace('/iam/', '/iam/<br>')}</code>"
    phrase = f"{answer.status} {HTTPStatus(answer.status).phrase}" if answer.status else "no answer"
    seen = parts.badge((good if answer.status == 200 else bad)(phrase))
    text = "(hidden)" if request.startswith("PUT") else _SECRETS.sub("(hidden)", answer.body)
    return [name, seen, parts.paragraph(f"Reason: {answer.note}." if answer.note else text)]
