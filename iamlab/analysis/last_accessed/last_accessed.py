"""Last accessed information: the services that policies allow, and who attempted to access them.

Only identity-based policies count, and only what they allow. A Deny, a permissions boundary, a
session policy, an organization's policy and a resource-based policy change no row.

Notes
-----
AWS page: "Refine permissions in AWS using last accessed information". Likely, not sure: that a Deny
in an identity-based policy takes no service away, as in ListPoliciesGrantingServiceAccess.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from iamlab.analysis.last_accessed.attempts import (
    PERIOD,
    VISIBLE_AFTER,
    Attempted,
    Latest,
    is_tracked,
    read_attempts,
    tracked_since,
)
from iamlab.analysis.last_accessed.report import (
    GRANULARITIES,
    Access,
    Entity,
    LastAccessed,
    ServiceLastAccessed,
    TrackedAction,
)
from iamlab.analysis.trails.uses import without_path
from iamlab.cloudtrail.event_fields import id_in, issuer_of
from iamlab.errors import InvalidInput, NoSuchEntity, RequestError, did_you_mean, noted
from iamlab.model.credentials import role_of_session
from iamlab.model.identities import Group, Identity, Role, User, policies_of, with_groups
from iamlab.policy import catalog
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.last_accessed.report import Granularity
    from iamlab.model.account import Account
    from iamlab.model.event import Event
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.world import World
    from iamlab.policy.document import Policy


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
    return in_account(_account_of(world, _arn_of(entity)), entity, events, granularity, now=now)


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
    raise noted(NoSuchEntity(f"ARN {arn} is not found."), did_you_mean(number, world.accounts))


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
    holder = _find(account, _arn_of(entity))
    entities = _entities_of(account, holder)
    attempted, moment = attempts_until(account.world, _finder(entities), events, now)
    return LastAccessed(
        holder.arn,
        granularity,
        moment,
        tuple(rows_of(granted(_documents_of(holder)), attempted, granularity, moment)),
        tuple(
            Entity(one.arn, one.name, one.kind.upper(), one.unique_id, one.path) for one in entities
        ),
    )


def _described(one: User | Role) -> Entity:
    return Entity(one.arn, one.name, one.kind.upper(), one.unique_id, one.path)


def attempts_until(
    world: World,
    entity_of: Callable[[Event], str | None],
    events: Iterable[Event] | None,
    now: datetime | None,
) -> tuple[Attempted, datetime]:
    """Read events; say too from which moment the tracking period is counted back."""
    listed = world.events if events is None else events
    _check(listed, now)
    own = world.clock.now
    until = own if now is None and events is None else now
    last = None if until is None else until - VISIBLE_AFTER
    attempted = read_attempts(listed, entity_of, last)
    return attempted, until or attempted.newest or own


def _check(events: Any, now: object) -> None:
    if now is not None and (not isinstance(now, datetime) or now.tzinfo is None):
        raise RequestError(f"now is a time with a time zone, not {now!r}.")
    try:
        iter(events)
    except TypeError:
        what = type(events).__name__
        raise RequestError(f"events are a Trail or a list of events, not {what}.") from None


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
    allowed: Mapping[str, Sequence[str]], attempted: Attempted, granularity: str, now: datetime
) -> Iterator[ServiceLastAccessed]:
    """Give a row for each service: who attempted it within the tracking period."""
    for service, actions in allowed.items():
        accesses = _since(
            now - PERIOD,
            ((arn, one.services.get(service)) for arn, one in attempted.by_entity.items()),
        )
        tracked: tuple[TrackedAction, ...] = ()
        if granularity == "ACTION_LEVEL":
            tracked = tuple(_tracked(service, actions, attempted, now))
        yield ServiceLastAccessed(service, accesses, tracked)


def _tracked(
    service: str, actions: Sequence[str], attempted: Attempted, now: datetime
) -> Iterator[TrackedAction]:
    since = tracked_since(service, now)
    for action in filter(is_tracked, actions):
        every = ((arn, one.actions.get(action)) for arn, one in attempted.by_entity.items())
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


KINDS = ("user", "group", "role", "policy")


def granted(policies: Iterable[Policy]) -> dict[str, list[str]]:
    """Give the actions that policies allow, by service; both in alphabetical order.

    Examples
    --------
    >>> from iamlab import Policy
    >>> granted([Policy.allow(["sts:AssumeRole", "s3:ListAll*"])])
    {'s3': ['s3:ListAllMyBuckets'], 'sts': ['sts:AssumeRole']}
    """
    names = {
        name
        for policy in policies
        for statement in policy.statements
        if statement.effect == "Allow"
        for name in catalog.matched(statement)
    }
    found: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: name.split(":")):
        found.setdefault(name.partition(":")[0], []).append(name)
    return found


def _find(account: Account, arn: str) -> Identity | ManagedPolicy:
    """Find an identity or a managed policy of an account by its ARN.

    Raises
    ------
    InvalidInput
        It is no ARN of a user, a group, a role or a managed policy.
    NoSuchEntity
        The account has none of that ARN.
    """
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or parsed.service != "iam" or parsed.kind not in KINDS:
        note = "Give the ARN of a user, a group, a role or a managed policy."
        raise noted(InvalidInput(f"ARN {arn} is not valid."), note)
    if parsed.kind == "policy":
        return account.get_policy(arn)
    held: Mapping[str, Identity] = getattr(account, f"{parsed.kind}s")
    by_arn = {one.arn: one for one in held.values()}
    if arn not in by_arn:
        raise noted(NoSuchEntity(f"ARN {arn} is not found."), did_you_mean(arn, by_arn))
    return by_arn[arn]


def _documents_of(holder: Identity | ManagedPolicy) -> list[Policy]:
    """List the policies: a user has those of the groups too."""
    if not isinstance(holder, Identity):
        return [holder.document]
    return [attached.policy for one in with_groups(holder) for attached in policies_of(one)]


def _entities_of(account: Account, holder: Identity | ManagedPolicy) -> list[User | Role]:
    """List who could have used the policies: the identity, its members, or all that have it."""
    if isinstance(holder, User | Role):
        return [holder]
    if isinstance(holder, Group):
        return list(holder.users)
    arn = holder.arn
    groups = {name for name, group in account.groups.items() if arn in group.attached}
    users = [
        user
        for user in account.users.values()
        if arn in user.attached or groups.intersection(user.groups)
    ]
    return [*users, *(role for role in account.roles.values() if arn in role.attached)]
