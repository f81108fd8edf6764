"""Last accessed information is made here: what policies allow, beside what events show.

Which services and actions policies name in their Allows, and whose policies these are.

Only identity-based policies count, and only what they allow: what a Deny, a permissions boundary, a
session policy, an organization or the policy of a resource says changes no row.

Notes
-----
AWS page: "Refine permissions in AWS using last accessed information".
AWS page: "Refine permissions in AWS using last accessed information". Likely, not sure: that a Deny
in an identity-based policy takes no service away, as in ListPoliciesGrantingServiceAccess.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from iamlab.analysis.last_accessed.attempts import Latest, Seen, read
from iamlab.analysis.last_accessed.report import (
    GRANULARITIES,
    PERIOD,
    VISIBLE_AFTER,
    Access,
    Entity,
    LastAccessed,
    ServiceLastAccessed,
    TrackedAction,
    is_tracked,
    tracked_since,
)
from iamlab.analysis.trails.callers import without_path
from iamlab.authorization.attached_policies import policies_of
from iamlab.errors import InvalidInput, NoSuchEntity, RequestError, did_you_mean
from iamlab.model.identities import Group, Identity, Role, User
from iamlab.model.session_record import id_in, issuer_of, role_of_session
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


def find(account: Account, arn: str) -> Identity | ManagedPolicy:
    """Find what is asked about, in an account.

    Raises
    ------
    InvalidInput
        It is no ARN of a user, a group, a role or a managed policy.
    NoSuchEntity
        The account has none of that ARN.
    """
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or parsed.service != "iam" or parsed.kind not in KINDS:
        error = InvalidInput(f"ARN {arn} is not valid.")
        error.add_note("Give the ARN of a user, a group, a role or a managed policy.")
        raise error
    if parsed.kind == "policy":
        return account.get_policy(arn)
    held: Mapping[str, Identity] = getattr(account, f"{parsed.kind}s")
    for one in held.values():
        if one.arn == arn:
            return one
    missing = NoSuchEntity(f"ARN {arn} is not found.")
    missing.add_note(did_you_mean(arn, (one.arn for one in held.values())))
    raise missing


def documents_of(asked: Identity | ManagedPolicy) -> list[Policy]:
    """List the policies in question: a user has those of his groups too."""
    if not isinstance(asked, Identity):
        return [asked.document]
    groups = asked.account.groups
    names = asked.groups if isinstance(asked, User) else ()
    holders = (asked, *(groups[name] for name in names if name in groups))
    return [one.policy for holder in holders for one in policies_of(holder)]


def entities_of(account: Account, asked: Identity | ManagedPolicy) -> list[User | Role]:
    """List who could have used the policies: oneself, the members, or whoever has the policy."""
    if isinstance(asked, User | Role):
        return [asked]
    if isinstance(asked, Group):
        return list(asked.users)
    with_it = {name for name, group in account.groups.items() if asked.arn in group.attached}
    users = (
        user
        for user in account.users.values()
        if asked.arn in user.attached or with_it.intersection(user.groups)
    )
    roles = (role for role in account.roles.values() if asked.arn in role.attached)
    return [*users, *roles]


def described(one: User | Role) -> Entity:
    """Describe a user or a role as the API does."""
    return Entity(one.arn, one.name, one.kind.upper(), one.unique_id, one.path)
