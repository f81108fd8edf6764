"""What callers used: each pair of action and resource once, counted, out of a stream of events.

A trail may hold millions of records; what is kept of it grows with the different pairs only.

Callers are told apart by their unique ids: who was renamed is the same, and who was deleted and
made again is another. Where a record does not say the id, it is account, kind and name: a name is
unique whatever its path, and a session does not show the path of its role.

Notes
-----
AWS pages: "IAM identifiers"; "CloudTrail record contents"; "CloudTrail userIdentity element".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.analysis.least_privilege.pass_role import Passed, passed_by
from iamlab.analysis.trails.actions import is_data_action
from iamlab.analysis.trails.uses import Use, uses_of
from iamlab.errors import RequestError
from iamlab.model.event import Event, is_unauthenticated
from iamlab.model.session_record import id_in, role_of_session
from iamlab.policy.arn import Arn, is_arn

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
    is_exact
        Whether a star in the resource is a star; else it stands for what no record says.
    """

    first: datetime
    last: datetime
    allowed: int = 0
    refused: int = 0
    is_known: bool = True
    is_path_known: bool = True
    is_exact: bool = True

    def add(self, use: Use) -> None:
        """Count a use."""
        self.is_exact = self.is_exact and use.is_exact
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
            self.is_exact and other.is_exact,
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


def summed(every: Iterable[Usage]) -> Usage:
    """Put together what several used."""
    found = Usage()
    for usage in every:
        for passed, action in usage.passed.items():
            found.passed.setdefault(passed, action)
        for pair, tally in usage.pairs.items():
            before = found.pairs.get(pair)
            found.pairs[pair] = tally if before is None else before.with_(tally)
    return found


@dataclass(slots=True)
class Log:
    """What a stream of events shows.

    Parameters
    ----------
    by_caller
        What each caller used: by unique id, or by name where a record does not say the id.
    ids
        The unique ids of those who had a name, one after the other.
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

    by_caller: dict[Who | str, Usage] = field(default_factory=dict)
    ids: dict[Who, set[str]] = field(default_factory=dict)
    events: int = 0
    first: datetime | None = None
    last: datetime | None = None
    data_services: set[str] = field(default_factory=set)
    sign_ins: dict[Who | str, datetime] = field(default_factory=dict)
    keys: dict[str, datetime] = field(default_factory=dict)

    def of(self, arn: str, unique_id: str = "") -> Usage:
        """Give what a caller used; without the id, all who had the name."""
        ids = (unique_id,) if unique_id else sorted(self.ids.get(who(arn), ()))
        every = [self.by_caller[key] for key in (who(arn), *ids) if key in self.by_caller]
        return every[0] if len(every) == 1 else summed(every)

    def signed_in(self, arn: str, unique_id: str) -> datetime | None:
        """Say when a user last signed in; ``None``: never."""
        found = (self.sign_ins.get(key) for key in (who(arn), unique_id))
        return max((one for one in found if one is not None), default=None)

    def saw(self, time: datetime) -> None:
        """Count an event."""
        self.events += 1
        self.first = time if self.first is None else min(self.first, time)
        self.last = time if self.last is None else max(self.last, time)


def log_of(events: Iterable[Event | Use], wanted: Iterable[tuple[str, str]] | None = None) -> Log:
    """Read a stream of events once.

    Parameters
    ----------
    events
        Those of a world, or a trail; what was made of them already, uses, can stand there too.
    wanted
        The callers that matter, each with ARN and unique id. Default: all.

    Raises
    ------
    RequestError
        What is given holds something else.
    """
    log = Log()
    callers = None if wanted is None else {key for arn, one in wanted for key in (who(arn), one)}
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


def _add(log: Log, use: Use, callers: set[Who | str] | None) -> Usage | None:
    """Count a use, if its caller matters."""
    service = use.action.partition(":")[0]
    if service not in log.data_services and is_data_action(use.action):
        log.data_services.add(service)
    if not use.caller:
        return None
    name = who(use.caller)
    caller = use.caller_id or name
    if callers is not None and name not in callers and caller not in callers:
        return None
    if use.caller_id:
        log.ids.setdefault(name, set()).add(use.caller_id)
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
    if is_unauthenticated(event.error_code):
        return
    identity: Mapping[str, object] = event.user_identity or {}
    key, arn = identity.get("accessKeyId"), identity.get("arn")
    if isinstance(key, str) and key:
        log.keys[key] = max(log.keys.get(key, event.event_time), event.event_time)
    answer: object = event.response_elements
    signed_in = isinstance(answer, Mapping) and answer.get("ConsoleLogin") == "Success"
    if signed_in and isinstance(arn, str) and identity.get("type") == "IAMUser":
        user = id_in(identity) or who(arn)
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
    parts = Arn.parse(role_of_session(arn) or arn)
    if parts.service == "iam" and parts.kind in ("user", "role", "root"):
        return (parts.account, parts.kind, parts.name.lower())
    return (parts.account, "", arn)
