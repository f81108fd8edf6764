"""The most recent attempts to access services and actions, read from events.

All attempts count that were authenticated, not only those that were allowed. However long a trail
is, only the most recent attempts are kept. Services are tracked for 400 days. Actions are tracked
since a day that differs by service, and only those whose calls are management events.

Notes
-----
AWS pages: "Refine permissions in AWS using last accessed information", with the days; "CloudTrail
userIdentity element"; "Logging data events", for what is no management event.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.trails.actions import PREFIXES, is_data_action
from iamlab.analysis.trails.uses import uses_of
from iamlab.cloudtrail.recording import NO_CALLS
from iamlab.errors import RequestError
from iamlab.model.event import Event, is_unauthenticated
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

CALLS = ("AwsApiCall", "AwsConsoleAction")
"""Types of events that are attempts to access a service; to sign in is none."""


class Latest(NamedTuple):
    """When and where something was attempted last."""

    time: datetime
    region: str


@dataclass(slots=True)
class Attempts:
    """The most recent attempts of one entity.

    Parameters
    ----------
    services, actions
        By prefix, and by full name; actions of management events only.
    """

    services: dict[str, Latest] = field(default_factory=dict)
    actions: dict[str, Latest] = field(default_factory=dict)


@dataclass(slots=True)
class Attempted:
    """The attempts that events show.

    Parameters
    ----------
    by_entity
        By what the reader calls the entities: their ARNs, say.
    newest
        The time of the newest event of all, whoever called; ``None``: there is none.
    """

    by_entity: dict[str, Attempts] = field(default_factory=dict)
    newest: datetime | None = None


def read_attempts(
    events: Iterable[object], entity_of: Callable[[Event], str | None], until: datetime | None
) -> Attempted:
    """Read events.

    Parameters
    ----------
    entity_of
        Says whose attempt an event shows; ``None``: of nobody who is asked about.
    until
        Later events do not count; ``None``: all count.

    Raises
    ------
    RequestError
        One of them is no event, or has a time without a zone.
    """
    found = Attempted()
    for event in events:
        if not isinstance(event, Event):
            what = f"{type(event).__name__} is no event"
            raise RequestError(f"{what}: give a world's events, a Trail, or any Event values.")
        time = event.event_time
        if time.tzinfo is None:
            raise RequestError(f"The event {event.event_id} has a time without a time zone.")
        if until is not None and time > until:
            continue
        if found.newest is None or time > found.newest:
            found.newest = time
        is_attempt = event.event_type in CALLS and not is_unauthenticated(event.error_code)
        entity = entity_of(event) if is_attempt else None
        if entity is not None and _name_of(event) not in NO_CALLS:
            _note(found.by_entity.setdefault(entity, Attempts()), event)
    return found


def _note(attempts: Attempts, event: Event) -> None:
    """Note an attempt; a call that needs no permission is one of its service all the same."""
    latest = Latest(event.event_time, event.aws_region)
    actions = {one.action for one in uses_of(event)}
    services = {action.partition(":")[0] for action in actions} or {_prefix_of(event.event_source)}
    for service in services:
        _later(attempts.services, service, latest)
    if event.management_event and event.event_category == "Management":
        for action in actions:
            _later(attempts.actions, action, latest)


def _later(known: dict[str, Latest], key: str, latest: Latest) -> None:
    """Keep the later attempt; of two at the same moment the one that the log has last."""
    if key not in known or latest.time >= known[key].time:
        known[key] = latest


def _name_of(event: Event) -> str:
    """Give the name of a call: a trail that claims one that there is not is not believed."""
    return f"{_prefix_of(event.event_source)}:{event.event_name}"


def _prefix_of(event_source: str) -> str:
    source = event_source.removesuffix(".amazonaws.com")
    return PREFIXES.get(source, (source,))[0]


PERIOD = timedelta(days=400)
"""How long ago an access may be. AWS says "at least", so that it may tell of older ones too."""

# AWS shows an access "usually within four hours", and does not say when a given one will show. Here
# it shows at once: a learner who has called a service wants to see it, and not to move the clock.
VISIBLE_AFTER = timedelta(0)
"""How old an access is when it is first shown."""

_NEWER = datetime(2021, 4, 7, tzinfo=UTC)
SINCE: Mapping[str, datetime] = {
    "s3": datetime(2020, 4, 12, tzinfo=UTC),
    "ec2": _NEWER,
    "iam": _NEWER,
    "lambda": _NEWER,
}
"""Service -> since when its actions are tracked."""

SINCE_OF_OTHERS = datetime(2023, 5, 23, tzinfo=UTC)
"""The same of all other services."""


def is_tracked(action: str) -> bool:
    """Say whether an action of the catalogue has last accessed information of its own.

    Examples
    --------
    >>> [is_tracked(f"s3:{name}") for name in ("CreateBucket", "PutObject")]
    [True, False]
    >>> is_tracked("iam:PassRole")
    False
    """
    known = catalog.action(action)
    if known is None or known.full_name in NO_CALLS:
        return False
    return not is_data_action(known.full_name)


def tracked_since(service: str, now: datetime) -> datetime:
    """Give the time since which accesses to the actions of a service are tracked.

    Examples
    --------
    >>> tracked_since("sqs", datetime(2024, 1, 1, tzinfo=UTC)).date().isoformat()
    '2023-05-23'
    """
    return max(now - PERIOD, SINCE.get(service, SINCE_OF_OTHERS))
