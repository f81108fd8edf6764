"""Last accessed information is made here: what policies allow, beside what events show.

Notes
-----
AWS page: "Refine permissions in AWS using last accessed information".
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from iamlab.errors import NoSuchEntity, RequestError, did_you_mean
from iamlab.policy.arn import Arn, is_arn
from iamlab.world.issuers import id_in, issuer_of, role_of_session
from iamlab.world.last_accessed.granted import described, documents_of, entities_of, find, granted
from iamlab.world.last_accessed.report import (
    GRANULARITIES,
    Access,
    LastAccessed,
    ServiceLastAccessed,
    TrackedAction,
)
from iamlab.world.last_accessed.seen import Latest, Seen, read
from iamlab.world.last_accessed.tracking import PERIOD, VISIBLE_AFTER, is_tracked, tracked_since
from iamlab.world.trails.callers import without_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from iamlab.world.account import Account
    from iamlab.world.events import Event
    from iamlab.world.identities import Identity, Role, User
    from iamlab.world.last_accessed.report import Granularity
    from iamlab.world.policies import ManagedPolicy
    from iamlab.world.world import World


def last_accessed(
    world: World,
    entity: Identity | ManagedPolicy | str,
    events: Iterable[Event] | None = None,
    granularity: Granularity = "SERVICE_LEVEL",
    *,
    now: datetime | None = None,
) -> LastAccessed:
    """Say when services were last accessed that policies allow, and by whom.

    Parameters
    ----------
    entity
        A user, a group, a role or a managed policy, or its ARN. Of a group the use of its members
        counts, of a policy the use of all that it hangs on, also by way of a group.
    events
        Where it is read: a :class:`~iamlab.Trail`, or any events; without them, the world's own.
    granularity
        ``"SERVICE_LEVEL"``, or ``"ACTION_LEVEL"``: management actions too.
    now
        From which moment the tracking period is counted back. Without it, the world's own time for
        its own events; of others, the time of the newest.

    Raises
    ------
    NoSuchEntity
        There is nobody of that ARN.
    InvalidInput
        It is no ARN of something that has or is a policy.
    RequestError
        Something is of the wrong kind, or it is a policy of AWS, which every account has.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> zoe = main.create_user("zoe")
    >>> zoe.attach_policy("AmazonS3ReadOnlyAccess")
    >>> _ = world.do(zoe, "s3:ListAllMyBuckets", "*")
    >>> found = last_accessed(world, zoe)
    >>> found.service("s3").last_authenticated == world.clock.now, found.not_accessed
    (True, ('s3-object-lambda',))
    """
    account = _account_of(world, _arn_of(entity))
    return in_account(account, entity, events, granularity, now=now)


def _arn_of(entity: Identity | ManagedPolicy | str) -> str:
    arn = entity if isinstance(entity, str) else getattr(entity, "arn", None)
    if not isinstance(arn, str):
        what = f"an object of type {type(entity).__name__}"
        raise RequestError(f"Give a user, a group, a role, a managed policy or an ARN, not {what}.")
    return arn


def _account_of(world: World, arn: str) -> Account:
    """Find the account that an ARN is of; of a policy of AWS, the only one that there is."""
    number = Arn.parse(arn).account if is_arn(arn) else ""
    if number in world.accounts:
        return world.accounts[number]
    if number in ("aws", "") and len(world.accounts) == 1:
        return next(iter(world.accounts.values()))
    if number == "aws":
        raise RequestError(
            f"{arn} is AWS's, and every account has it: ask account.last_accessed(...)."
        )
    error = NoSuchEntity(f"ARN {arn} is not found.")
    error.add_note(did_you_mean(number, world.accounts))
    raise error


def in_account(
    account: Account,
    entity: Identity | ManagedPolicy | str,
    events: Iterable[Event] | None = None,
    granularity: Granularity = "SERVICE_LEVEL",
    *,
    now: datetime | None = None,
) -> LastAccessed:
    """Do what :func:`last_accessed` says in one account, which has AWS's policies too."""
    if granularity not in GRANULARITIES:
        raise RequestError(f"granularity is {' or '.join(GRANULARITIES)}, not {granularity!r}.")
    asked = find(account, _arn_of(entity))
    entities = entities_of(account, asked)
    seen, moment = seen_by(account.world, _finder(entities), events, now)
    return LastAccessed(
        asked.arn,
        granularity,
        moment,
        tuple(rows_of(granted(documents_of(asked)), seen, granularity, moment)),
        tuple(map(described, entities)),
    )


def seen_by(
    world: World,
    entity_of: Callable[[Event], str | None],
    events: Iterable[Event] | None,
    now: datetime | None,
) -> tuple[Seen, datetime]:
    """Read events; say too from which moment the tracking period is counted back."""
    _check_moment(now)
    own = world.clock.now
    until = own if now is None and events is None else now
    last = None if until is None else until - VISIBLE_AFTER
    seen = read(_checked(world.events if events is None else events), entity_of, last)
    return seen, seen.newest or own if until is None else until


def _check_moment(now: object) -> None:
    if now is not None and (not isinstance(now, datetime) or now.tzinfo is None):
        raise RequestError(f"now is a time with a time zone, not {now!r}.")


Given = TypeVar("Given")


def _checked(events: Iterable[Given]) -> Iterable[Given]:
    try:
        iter(events)
    except TypeError:
        what = type(events).__name__
        raise RequestError(f"events are a Trail or a list of events, not {what}.") from None
    return events


def _finder(entities: Iterable[User | Role]) -> Callable[[Event], str | None]:
    """Give what says which entity an event is of.

    By the unique id where both have one: who was deleted and made again is another, and who was
    renamed is the same. Else by the ARN.
    """
    every = list(entities)
    by_id = {one.unique_id: one.arn for one in every if one.unique_id}
    by_arn = {one.arn: one for one in every}
    # The ARN of a session has no path.
    by_session = {without_path(one.arn): one for one in every if one.kind == "role"}

    def entity_of(event: Event) -> str | None:
        issuer = issuer_of(event.user_identity)
        unique_id, arn = id_in(issuer), str(issuer.get("arn") or "")
        if unique_id in by_id:
            return by_id[unique_id]
        found = by_arn.get(arn) or by_session.get(role_of_session(arn))
        return None if found is None or (unique_id and found.unique_id) else found.arn

    return entity_of


def rows_of(
    allowed: Mapping[str, Sequence[str]], seen: Seen, granularity: str, now: datetime
) -> Iterator[ServiceLastAccessed]:
    """Give a row for each service: who attempted it within the tracking period."""
    for service, actions in allowed.items():
        accesses = _since(
            now - PERIOD,
            ((arn, one.services.get(service)) for arn, one in seen.attempts.items()),
        )
        tracked: tuple[TrackedAction, ...] = ()
        if granularity == "ACTION_LEVEL":
            tracked = tuple(_tracked(service, actions, seen, now))
        yield ServiceLastAccessed(service, accesses, tracked)


def _tracked(
    service: str, actions: Sequence[str], seen: Seen, now: datetime
) -> Iterator[TrackedAction]:
    since = tracked_since(service, now)
    for action in filter(is_tracked, actions):
        every = ((arn, one.actions.get(action)) for arn, one in seen.attempts.items())
        accesses = _since(since, every)
        yield TrackedAction(action.partition(":")[2], accesses[0] if accesses else None)


def _since(start: datetime, every: Iterable[tuple[str, Latest | None]]) -> tuple[Access, ...]:
    """Give the attempts since a moment, the most recent first."""
    found = [
        Access(arn, latest.time, latest.region)
        for arn, latest in every
        if latest is not None and latest.time >= start
    ]
    return tuple(sorted(found, key=lambda one: (-one.time.timestamp(), one.entity)))
