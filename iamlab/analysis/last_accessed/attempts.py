"""Who attempted what when: read from events, of each only the most recent attempt.

However long a trail is, what is kept of it is as small as the answer.

Notes
-----
AWS pages: "Refine permissions in AWS using last accessed information": all attempts count that were
authenticated, not just those that were allowed; "CloudTrail userIdentity element".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.trails.actions import PREFIXES
from iamlab.analysis.trails.uses import uses_of
from iamlab.cloudtrail.event_names import NO_CALLS
from iamlab.errors import RequestError
from iamlab.model.event import Event, is_unauthenticated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

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
class Seen:
    """What some events show.

    Parameters
    ----------
    attempts
        By what the reader calls the entities: their ARNs, say.
    newest
        The time of the newest event of all, whoever called; ``None``: there is none.
    """

    attempts: dict[str, Attempts] = field(default_factory=dict)
    newest: datetime | None = None


def read(
    events: Iterable[object], entity_of: Callable[[Event], str | None], until: datetime | None
) -> Seen:
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
    found = Seen()
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
            _note(found.attempts.setdefault(entity, Attempts()), event)
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
