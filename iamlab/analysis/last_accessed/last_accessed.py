"""Last accessed information: the services that policies allow, and who attempted to access them.

Only identity-based policies count, and only what they allow. A Deny, a permissions boundary, a
session policy, an organization's policy and a resource-based policy change no row.

All attempts count that were authenticated, not only those that were allowed. However long a trail
is, only the most recent attempts are kept. Services are tracked for 400 days. Actions are tracked
since a day that differs by service, and only those whose calls are management events. AWS shows an
access "usually within four hours"; here it shows at once.

Notes
-----
AWS pages: "Refine permissions in AWS using last accessed information", with the days; "CloudTrail
userIdentity element"; "Logging data events", for what isn't a management event. Likely, not sure:
that a Deny in an identity-based policy takes no service away, as in
ListPoliciesGrantingServiceAccess.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from iamlab.analysis.account_reports import identity_with
from iamlab.analysis.last_accessed.report import (
    GRANULARITIES,
    Entity,
    LastAccessed,
    LastAttempt,
    ServiceLastAccessed,
    TrackedAction,
)
from iamlab.analysis.least_privilege.excess import allowed_by
from iamlab.analysis.trails.actions import PREFIXES, is_data_action
from iamlab.analysis.trails.uses import uses_of, without_path
from iamlab.cloudtrail.event_fields import id_in, issuer_of
from iamlab.cloudtrail.recording import NO_CALLS
from iamlab.errors import InvalidInput, RequestError, noted
from iamlab.model.credentials import role_of_session
from iamlab.model.event import Event, is_unauthenticated
from iamlab.model.identities import Bounded, Group, Identity, policies_of, with_groups
from iamlab.model.managed_policies import ManagedPolicy
from iamlab.policy import catalog
from iamlab.policy.arn import Arn, is_arn
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.last_accessed.report import Granularity
    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.policy.document import Policy

    Latest = Mapping[str, Mapping[str, LastAttempt]]
    """A service's prefix, or an action's full name -> who attempted it -> the latest attempt."""

KINDS = ("user", "group", "role", "policy")

CALLS = ("AwsApiCall", "AwsConsoleAction")
"""Types of events that are attempts to access a service; signing in isn't such an attempt."""

PERIOD = timedelta(days=400)
"""How long ago an access may be. AWS says "at least", so that it may tell of older ones too."""

SINCE: Mapping[str, datetime] = tables(__file__)["since"]
"""Service -> since when its actions are tracked."""

SINCE_OF_OTHERS = datetime(2023, 5, 23, tzinfo=UTC)
"""The same of all other services."""


def last_accessed(
    account: Account,
    entity: Identity | ManagedPolicy | str,
    events: Iterable[Event] | None = None,
    granularity: Granularity = "SERVICE_LEVEL",
    *,
    now: datetime | None = None,
) -> LastAccessed:
    """Return the last access to the services that policies allow: when, and by which identity.

    Parameters
    ----------
    entity
        A user, a group, a role or a managed policy, or its ARN. Of a group the use of its members
        counts, of a policy the use of all that it is attached to, also through a group.
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
        The account has nothing with that ARN.
    InvalidInput
        The ARN isn't of something that has or is a policy.
    RequestError
        Something is of the wrong kind.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> zoe = main.create_user("zoe")
    >>> zoe.attach_policy("AmazonS3ReadOnlyAccess")
    >>> _ = world.do(zoe, "s3:ListAllMyBuckets", "*")
    >>> found = last_accessed(main, zoe)
    >>> found.service("s3").last_authenticated == world.clock.now, found.not_accessed
    (True, ('s3-object-lambda',))
    """
    if granularity not in GRANULARITIES:
        raise RequestError(f"granularity is {' or '.join(GRANULARITIES)}, not {granularity!r}.")
    arn = entity if isinstance(entity, str) else getattr(entity, "arn", None)
    if not isinstance(arn, str):
        what = f"an object of type {type(entity).__name__}"
        raise RequestError(f"Give a user, a group, a role, a managed policy or an ARN, not {what}.")
    holder = _find(account, arn)
    entities = _entities_of(account, holder)
    latest, moment = read_attempts(account.world, _finder(entities), events, now)
    documents = (
        [holder.document]
        if isinstance(holder, ManagedPolicy)
        else [attached.policy for owner in with_groups(holder) for attached in policies_of(owner)]
    )
    allowed: Mapping[str, Sequence[str]] = granted(documents)
    if granularity == "SERVICE_LEVEL":
        allowed = dict.fromkeys(allowed, ())
    return LastAccessed(
        holder.arn,
        granularity,
        moment,
        tuple(rows_of(allowed, latest, moment)),
        tuple(
            Entity(own.arn, own.name, own.kind.upper(), own.unique_id, own.path) for own in entities
        ),
    )


def _find(account: Account, arn: str) -> Identity | ManagedPolicy:
    """Find an identity or a managed policy of an account by its ARN.

    Raises
    ------
    InvalidInput
        It isn't the ARN of a user, a group, a role or a managed policy.
    NoSuchEntity
        The account has nothing with this ARN.
    """
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or parsed.service != "iam" or parsed.kind not in KINDS:
        note = "Give the ARN of a user, a group, a role or a managed policy."
        raise noted(InvalidInput(f"ARN {arn} is not valid."), note)
    if parsed.kind == "policy":
        return account.policies[arn]
    return identity_with(account, arn, f"ARN {arn} is not found.")


def _entities_of(account: Account, holder: Identity | ManagedPolicy) -> list[Bounded]:
    """List who could have used the policies: the identity, its members, or all that have it."""
    if isinstance(holder, Bounded):
        return [holder]
    if isinstance(holder, Group):
        return list(holder.users)
    return [
        principal
        for principal in (*account.users.values(), *account.roles.values())
        if any(holder.arn in each.attached for each in with_groups(principal))
    ]


def granted(policies: Iterable[Policy]) -> dict[str, list[str]]:
    """Return the actions that policies allow, by service; both in alphabetical order.

    Examples
    --------
    >>> from iamlab import Policy
    >>> granted([Policy.allow(["sts:AssumeRole", "s3:ListAll*"])])
    {'s3': ['s3:ListAllMyBuckets'], 'sts': ['sts:AssumeRole']}
    """
    found: dict[str, list[str]] = {}
    for name in sorted(allowed_by(policies), key=lambda name: name.split(":")):
        found.setdefault(name.partition(":")[0], []).append(name)
    return found


# -- attempts -------------------------------------------------------------------------------------


def read_attempts(
    world: World,
    entity_of: Callable[[Event], str | None],
    events: Iterable[Event] | None,
    now: datetime | None,
) -> tuple[Latest, datetime]:
    """Read events; say too from which moment the tracking period is counted back.

    Parameters
    ----------
    entity_of
        Returns the entity of an event's attempt; ``None``: another identity.
    events
        ``None``: the world's own.
    now
        Later events do not count.

    Raises
    ------
    RequestError
        One of them isn't an event, or a time (also ``now``) has no zone.
    """
    listed: Any = world.events if events is None else events
    moment: Any = now
    if moment is not None and (not isinstance(moment, datetime) or moment.tzinfo is None):
        raise RequestError(f"now is a time with a time zone, not {now!r}.")
    if not hasattr(listed, "__iter__"):
        what = type(listed).__name__
        raise RequestError(f"events are a Trail or a list of events, not {what}.")
    newest: datetime | None = None
    own = world.clock.now
    until = own if now is None and events is None else now
    latest: dict[str, dict[str, LastAttempt]] = defaultdict(dict)
    for event in listed:
        if not isinstance(event, Event):
            what = f"{type(event).__name__} isn't an event"
            raise RequestError(f"{what}: give a world's events, a Trail, or any Event values.")
        time = event.event_time
        if time.tzinfo is None:
            raise RequestError(f"The event {event.event_id} has a time without a time zone.")
        if until is not None and time > until:
            continue
        newest = time if newest is None else max(newest, time)
        # A trail that claims a call that there is not is not believed.
        called = f"{_prefix_of(event.event_source)}:{event.event_name}"
        is_attempt = event.event_type in CALLS and not is_unauthenticated(event.error_code)
        entity = entity_of(event) if is_attempt and called not in NO_CALLS else None
        if entity is not None:
            _note(latest, entity, event)
    return latest, until or newest or own


def _note(latest: dict[str, dict[str, LastAttempt]], entity: str, event: Event) -> None:
    """Note an attempt; a call that needs no permission is one of its service all the same."""
    actions = {use.action for use in uses_of(event)}
    names = {action.partition(":")[0] for action in actions} or {_prefix_of(event.event_source)}
    if event.management_event and event.event_category == "Management":
        names |= actions
    for name in names:
        known = latest[name].get(entity)
        # Of two at the same moment the one counts that the log has last.
        if known is None or event.event_time >= known.time:
            latest[name][entity] = LastAttempt(entity, event.event_time, event.aws_region)


def _prefix_of(event_source: str) -> str:
    source = event_source.removesuffix(".amazonaws.com")
    return PREFIXES.get(source, (source,))[0]


def _finder(entities: Iterable[Bounded]) -> Callable[[Event], str | None]:
    """Return what says which entity an event is of.

    By the unique id where both have one: who was deleted and made again is another, and who was
    renamed is the same. Else by the ARN.
    """
    every = list(entities)
    by_id = {principal.unique_id: principal.arn for principal in every if principal.unique_id}
    by_arn = {principal.arn: principal for principal in every}
    # The ARN of a session has no path.
    by_session = {without_path(caller.arn): caller for caller in every if caller.kind == "role"}

    def entity_of(event: Event) -> str | None:
        issuer = issuer_of(event.user_identity)
        unique_id, arn = id_in(issuer), str(issuer.get("arn") or "")
        if unique_id in by_id:
            return by_id[unique_id]
        found = by_arn.get(arn) or by_session.get(role_of_session(arn))
        return None if found is None or (unique_id and found.unique_id) else found.arn

    return entity_of


# -- rows -----------------------------------------------------------------------------------------


def rows_of(
    allowed: Mapping[str, Sequence[str]], latest: Latest, now: datetime
) -> Iterator[ServiceLastAccessed]:
    """Return a row for each service: who attempted it, and those of its actions that are named."""
    for service, actions in allowed.items():
        since = tracked_since(service, now)
        tracked = ((name, _since(since, latest, name)) for name in filter(is_tracked, actions))
        yield ServiceLastAccessed(
            service,
            _since(now - PERIOD, latest, service),
            tuple(
                TrackedAction(name.partition(":")[2], accesses[0] if accesses else None)
                for name, accesses in tracked
            ),
        )


def _since(start: datetime, latest: Latest, name: str) -> tuple[LastAttempt, ...]:
    """Return the attempts since a moment, the most recent first."""
    found = [attempt for attempt in latest.get(name, {}).values() if attempt.time >= start]
    return tuple(sorted(found, key=lambda attempt: (-attempt.time.timestamp(), attempt.entity)))


def is_tracked(action: str) -> bool:
    """Return whether an action of the catalogue has last accessed information of its own.

    Examples
    --------
    >>> [is_tracked(f"s3:{name}") for name in ("CreateBucket", "PutObject")]
    [True, False]
    >>> is_tracked("iam:PassRole")
    False
    """
    known = catalog.action(action)
    is_called = known is not None and known.full_name not in NO_CALLS
    return is_called and not is_data_action(action)


def tracked_since(service: str, now: datetime) -> datetime:
    """Return the time since which accesses to the actions of a service are tracked.

    Examples
    --------
    >>> tracked_since("sqs", datetime(2024, 1, 1, tzinfo=UTC)).date().isoformat()
    '2023-05-23'
    """
    return max(now - PERIOD, SINCE.get(service, SINCE_OF_OTHERS))
