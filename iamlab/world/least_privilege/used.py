"""What callers used: each pair of action and resource once, counted, out of a stream of events.

A trail may hold millions of records; what is kept of it grows with the different pairs only.

A name is unique in its account whatever its path, and a session does not show the path of its role.
So callers are told apart by account, kind and name.

Notes
-----
AWS pages: "IAM identifiers"; "CloudTrail record contents"; "CloudTrail userIdentity element".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.errors import RequestError
from iamlab.policy.arn import Arn, is_arn
from iamlab.world.events import Event
from iamlab.world.least_privilege.passing import Passed, passed_by
from iamlab.world.least_privilege.unseen import is_data_action
from iamlab.world.trails.uses import Use, uses_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

Who = tuple[str, str, str]
"""An account, a kind, and a name in lower case."""

Pair = tuple[str, str]
"""An action and a resource."""


@dataclass(slots=True)
class Tally:
    """How often one pair was used, and when.

    Parameters
    ----------
    allowed, refused
        How often the permission was there, and how often not.
    first, last
        When it was asked for.
    is_known
        Whether the catalogue has the action.
    is_path_known
        Whether the resource's ARN is whole.
    """

    first: datetime
    last: datetime
    allowed: int = 0
    refused: int = 0
    is_known: bool = True
    is_path_known: bool = True

    def add(self, use: Use) -> None:
        """Count a use."""
        self.first, self.last = min(self.first, use.time), max(self.last, use.time)
        self.allowed += use.is_allowed
        self.refused += not use.is_allowed

    def with_(self, other: Tally) -> Tally:
        """Give the sum of two."""
        return Tally(
            min(self.first, other.first),
            max(self.last, other.last),
            self.allowed + other.allowed,
            self.refused + other.refused,
            self.is_known and other.is_known,
            self.is_path_known and other.is_path_known,
        )


@dataclass(slots=True)
class Usage:
    """What one caller used.

    Parameters
    ----------
    pairs
        Each pair with its tally.
    passed
        The roles that his calls handed to services, each with the action of the call.
    """

    pairs: dict[Pair, Tally] = field(default_factory=dict)
    passed: dict[Passed, str] = field(default_factory=dict)

    @property
    def allowed(self) -> dict[Pair, Tally]:
        """The pairs for which the permission was there, once at least."""
        return {pair: tally for pair, tally in self.pairs.items() if tally.allowed}

    @property
    def refused(self) -> dict[Pair, Tally]:
        """The pairs that were attempted, and refused each time."""
        return {pair: tally for pair, tally in self.pairs.items() if not tally.allowed}

    @property
    def last(self) -> datetime | None:
        """When he last called; ``None``: never."""
        return max((tally.last for tally in self.pairs.values()), default=None)


@dataclass(slots=True)
class Log:
    """What a stream of events shows.

    Parameters
    ----------
    by_caller
        What each caller used.
    events
        How many there were, of everybody.
    first, last
        The time that they cover.
    data_services
        Services of which there are data events, whoever caused them.
    sign_ins
        When each user last signed in to the console with his password.
    keys
        When each access key was last used, by its id.
    """

    by_caller: dict[Who, Usage] = field(default_factory=dict)
    events: int = 0
    first: datetime | None = None
    last: datetime | None = None
    data_services: set[str] = field(default_factory=set)
    sign_ins: dict[Who, datetime] = field(default_factory=dict)
    keys: dict[str, datetime] = field(default_factory=dict)

    def of(self, arn: str) -> Usage:
        """Give what a caller used."""
        return self.by_caller.get(who(arn), Usage())

    def saw(self, time: datetime) -> None:
        """Count an event."""
        self.events += 1
        self.first = time if self.first is None else min(self.first, time)
        self.last = time if self.last is None else max(self.last, time)


def log_of(events: Iterable[Event | Use], wanted: Iterable[str] | None = None) -> Log:
    """Read a stream of events once.

    Parameters
    ----------
    events
        Those of a world, or a trail; what was made of them already, uses, can stand there too.
    wanted
        The ARNs of the callers that matter. Default: all.

    Raises
    ------
    RequestError
        What is given holds something else.
    """
    log = Log()
    callers = None if wanted is None else {who(arn) for arn in wanted}
    for event in _stream(events):
        if isinstance(event, Use):
            log.saw(_aware(event.time))
            _add(log, event, callers)
            continue
        if not isinstance(event, Event):
            raise RequestError(f"{event!r} is no event: give those of a world, or a Trail.")
        log.saw(_aware(event.event_time))
        _note_credentials(log, event)
        for use in uses_of(event):
            usage = _add(log, use, callers)
            if usage is not None and use.is_allowed:
                for passed in passed_by(use, event.request_parameters):
                    usage.passed.setdefault(passed, use.action)
    return log


def _aware(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise RequestError(f"The time of an event has a zone, and {time} has none.")
    return time


def _stream(events: Iterable[Event | Use]) -> Iterable[Event | Use]:
    given: object = events
    if isinstance(given, str | bytes) or not hasattr(given, "__iter__"):
        raise RequestError(f"events are those of a world, or a Trail, not {events!r}.")
    return events


def _add(log: Log, use: Use, callers: set[Who] | None) -> Usage | None:
    """Count a use, if its caller matters."""
    service = use.action.partition(":")[0]
    if service not in log.data_services and is_data_action(use.action):
        log.data_services.add(service)
    if not use.caller:
        return None
    caller = who(use.caller)
    if callers is not None and caller not in callers:
        return None
    usage = log.by_caller.get(caller)
    if usage is None:
        usage = log.by_caller[caller] = Usage()
    tally = usage.pairs.get((use.action, use.resource))
    if tally is None:
        tally = Tally(use.time, use.time, is_known=use.is_known, is_path_known=use.is_path_known)
        usage.pairs[use.action, use.resource] = tally
    tally.add(use)
    return usage


def _note_credentials(log: Log, event: Event) -> None:
    """Note when a password and when an access key were used."""
    identity: Mapping[str, object] = event.user_identity or {}
    key, arn = identity.get("accessKeyId"), identity.get("arn")
    if isinstance(key, str) and key:
        log.keys[key] = max(log.keys.get(key, event.event_time), event.event_time)
    answer: object = event.response_elements
    signed_in = isinstance(answer, Mapping) and answer.get("ConsoleLogin") == "Success"
    if signed_in and isinstance(arn, str) and identity.get("type") == "IAMUser":
        user = who(arn)
        log.sign_ins[user] = max(log.sign_ins.get(user, event.event_time), event.event_time)


@lru_cache(maxsize=65_536)
def who(arn: str) -> Who:
    """Say who it is: a user, a role (also behind a session of it), a root user.

    Examples
    --------
    >>> who("arn:aws:sts::111122223333:assumed-role/Audit/ana")
    ('111122223333', 'role', 'audit')
    >>> who("arn:aws:iam::111122223333:user/sky/ana")
    ('111122223333', 'user', 'ana')
    """
    if not is_arn(arn):
        return ("", "", arn)
    parts = Arn.parse(arn)
    if parts.service == "sts" and parts.kind == "assumed-role":
        return (parts.account, "role", parts.resource.split("/")[1].lower())
    if parts.service == "iam" and parts.kind in ("user", "role", "root"):
        return (parts.account, parts.kind, parts.name.lower())
    return (parts.account, "", arn)
