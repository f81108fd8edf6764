"""What callers used: each pair of action and resource once, counted, from a stream of events.

A trail may hold millions of records; the memory grows only with the different pairs.

Unique ids distinguish callers: a renamed user is the same, and a user who was deleted and created
again is another. Where a record does not have the id, the caller is account, type and name.

``iam:PassRole`` is never logged. But a call that creates a function, an instance or a stack has the
role of the service in its parameters (``passed_roles.toml``), which proves what its caller passed.

Notes
-----
AWS pages: "IAM identifiers"; "CloudTrail record contents"; "CloudTrail userIdentity element";
"Grant a user permissions to pass a role to an AWS service".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.analysis.trails.actions import is_data_action
from iamlab.analysis.trails.reading import Trail
from iamlab.analysis.trails.uses import Use, uses_of
from iamlab.cloudtrail.event_fields import id_in
from iamlab.errors import RequestError
from iamlab.model.credentials import role_of_session
from iamlab.model.event import Event, is_unauthenticated
from iamlab.model.quotas import is_name
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.call_permissions import PASSES

if TYPE_CHECKING:
    from iamlab.model.world import World

CallerKey = tuple[str, str, str]
"""An account, a type, and a name in lower case."""

Pair = tuple[str, str]
"""An action and a resource."""


@dataclass(slots=True)
class Tally:
    """How often one pair was used, and when.

    Parameters
    ----------
    is_known
        Whether the catalogue has the action.
    is_path_known
        Whether the resource's ARN is complete.
    is_exact
        Whether a star in the resource is literal; else it replaces an unknown part.
    """

    first: datetime
    last: datetime
    allowed: int = 0
    refused: int = 0
    is_known: bool = True
    is_path_known: bool = True
    is_exact: bool = True

    def count(self, use: Use) -> None:
        """Count a use."""
        self.is_exact = self.is_exact and use.is_exact
        self.first, self.last = min(self.first, use.time), max(self.last, use.time)
        self.allowed += use.is_allowed
        self.refused += not use.is_allowed

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            min(self.first, other.first),
            max(self.last, other.last),
            self.allowed + other.allowed,
            self.refused + other.refused,
            self.is_known and other.is_known,
            self.is_path_known and other.is_path_known,
            self.is_exact and other.is_exact,
        )


@dataclass(frozen=True, slots=True, order=True)
class PassedRole:
    """A role that was passed to a service.

    Parameters
    ----------
    role
        Its ARN; of a role in an instance profile, the profile's ARN, which does not name the role.
    service
        The service that uses it: ``lambda.amazonaws.com``.
    """

    role: str
    service: str

    @property
    def is_profile(self) -> bool:
        """Whether only the instance profile of the role is known."""
        return ":instance-profile/" in self.role


@dataclass(slots=True)
class Usage:
    """What one caller used.

    Parameters
    ----------
    pairs
        Each pair with its tally.
    passed
        The roles that his calls passed to services, each with the action of the call.
    """

    pairs: dict[Pair, Tally] = field(default_factory=dict)
    passed: dict[PassedRole, str] = field(default_factory=dict)

    @property
    def allowed(self) -> dict[Pair, Tally]:
        """The pairs that were allowed, once at least."""
        return {pair: tally for pair, tally in self.pairs.items() if tally.allowed}

    @property
    def refused(self) -> dict[Pair, Tally]:
        """The pairs that were attempted, and refused each time."""
        return {pair: tally for pair, tally in self.pairs.items() if not tally.allowed}

    @property
    def last(self) -> datetime | None:
        """When he last called; ``None``: never."""
        return max((tally.last for tally in self.pairs.values()), default=None)

    def add(self, pair: Pair, tally: Tally) -> None:
        """Add a tally to that of a pair."""
        self.pairs[pair] = self.pairs[pair] + tally if pair in self.pairs else tally


@dataclass(slots=True)
class Log:
    """What a stream of events shows.

    Parameters
    ----------
    by_caller
        What each caller used: by unique id, or by name where a record does not have the id.
    ids
        The unique ids of those who had a name, one after the other.
    first, last
        The time that they cover.
    data_services
        Services of which there are data events, of any caller.
    sign_ins
        When each user last signed in to the console with his password.
    keys
        When each access key was last used, by its id.
    future
        The number of events that are dated in the future, which don't count.
    """

    by_caller: dict[CallerKey | str, Usage] = field(default_factory=dict)
    ids: dict[CallerKey, set[str]] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    data_services: set[str] = field(default_factory=set)
    sign_ins: dict[CallerKey | str, datetime] = field(default_factory=dict)
    keys: dict[str, datetime] = field(default_factory=dict)
    future: int = 0

    def of(self, arn: str, unique_id: str = "") -> Usage:
        """Return what a caller used; without the id, all who had the name."""
        ids = (unique_id,) if unique_id else sorted(self.ids.get(caller_key(arn), ()))
        found = Usage()
        for key in (caller_key(arn), *ids):
            usage = self.by_caller.get(key, Usage())
            for passed, action in usage.passed.items():
                found.passed.setdefault(passed, action)
            for pair, tally in usage.pairs.items():
                found.add(pair, tally)
        return found

    def signed_in(self, arn: str, unique_id: str) -> datetime | None:
        """Return when a user last signed in; ``None``: never."""
        keys = (caller_key(arn), unique_id)
        return max((self.sign_ins[key] for key in keys if key in self.sign_ins), default=None)

    def count_event(self, time: datetime, until: datetime) -> bool:
        """Count an event, whose time must have a zone; say whether it isn't in the future."""
        if time.tzinfo is None:
            raise RequestError(f"The time of an event needs a zone: {time} has no zone.")
        if time > until:
            self.future += 1
            return False
        self.first = time if self.first is None else min(self.first, time)
        self.last = time if self.last is None else max(self.last, time)
        return True

    def count_use(self, use: Use, callers: set[CallerKey | str] | None) -> Usage | None:
        """Count a use, if its caller matters; give what the caller used so far."""
        if is_data_action(use.action):
            self.data_services.add(use.action.partition(":")[0])
        if not use.caller:
            return None
        name = caller_key(use.caller)
        caller = use.caller_id or name
        if callers is not None and name not in callers and caller not in callers:
            return None
        if use.caller_id:
            self.ids.setdefault(name, set()).add(use.caller_id)
        usage = self.by_caller.setdefault(caller, Usage())
        tally = usage.pairs.get((use.action, use.resource))
        if tally is None:
            tally = Tally(use.time, use.time, 0, 0, use.is_known, use.is_path_known)
            usage.pairs[use.action, use.resource] = tally
        tally.count(use)
        return usage

    def count_call(self, event: Event, callers: set[CallerKey | str] | None) -> None:
        """Count what a call used: permissions, the roles that it passed, credentials."""
        self.count_credentials(event)
        for use in uses_of(event):
            usage = self.count_use(use, callers)
            if usage is not None and use.is_allowed:
                for passed in passed_by(use, event.request_parameters):
                    usage.passed.setdefault(passed, use.action)

    def count_credentials(self, event: Event) -> None:
        """Keep when a password and when an access key were used."""
        if is_unauthenticated(event.error_code):
            return
        identity: Mapping[str, object] = event.user_identity or {}
        key, arn = identity.get("accessKeyId"), identity.get("arn")
        if isinstance(key, str) and key:
            self.keys[key] = max(self.keys.get(key, event.event_time), event.event_time)
        response: object = event.response_elements
        signed_in = isinstance(response, Mapping) and response.get("ConsoleLogin") == "Success"
        if signed_in and isinstance(arn, str) and identity.get("type") == "IAMUser":
            user = id_in(identity) or caller_key(arn)
            self.sign_ins[user] = max(self.sign_ins.get(user, event.event_time), event.event_time)


def log_of(
    events: Iterable[Event | Use], now: datetime, callers: Iterable[tuple[str, str]] | None = None
) -> Log:
    """Read a stream of events once.

    Parameters
    ----------
    events
        Those of a world, or a trail; they can also be uses.
    now
        The time of the world. Events of a trail that are a day later than this and than the
        computer's clock are counted and left out: one would make everything else look old.
    callers
        The callers that matter, each with ARN and unique id. Default: all.

    Raises
    ------
    RequestError
        The stream holds something else, or the time of an event has no zone.
    """
    stream: object = events
    if isinstance(stream, str | bytes) or not hasattr(stream, "__iter__"):
        raise RequestError(f"events are those of a world, or a Trail, not {events!r}.")
    log, keys = Log(), None
    if callers is not None:
        keys = {key for arn, unique_id in callers for key in (caller_key(arn), unique_id)}
    until = datetime.max.replace(tzinfo=UTC)
    if isinstance(events, Trail):
        until = max(now, datetime.now(UTC)) + timedelta(days=1)
    for event in events:
        if not isinstance(event, Event | Use):
            raise RequestError(f"{event!r} isn't an event. Pass the events of a world, or a Trail.")
        time = event.time if isinstance(event, Use) else event.event_time
        if not log.count_event(time, until):
            continue
        if isinstance(event, Use):
            log.count_use(event, keys)
        else:
            log.count_call(event, keys)
    return log


@lru_cache(maxsize=65_536)
def caller_key(arn: str) -> CallerKey:
    """Return who it is: a user, a role (also for a session of it), a root user.

    Examples
    --------
    >>> caller_key("arn:aws:sts::111122223333:assumed-role/Audit/ana")
    ('111122223333', 'role', 'audit')
    >>> caller_key("arn:aws:iam::111122223333:user/sky/ana")
    ('111122223333', 'user', 'ana')
    """
    if not is_arn(arn):
        return ("", "", arn)
    parts = Arn.parse(role_of_session(arn) or arn)
    if parts.service == "iam" and parts.kind in ("user", "role", "root"):
        return (parts.account, parts.kind, parts.name.lower())
    return (parts.account, "", arn)


def completed(world: World, usage: Usage) -> Usage:
    """Complete what the records do not say, and this world knows.

    Those are the paths of users, roles and groups, and which role is in an instance profile.
    """
    found = Usage()
    for passed, action in usage.passed.items():
        for role in _roles_passed(world, passed):
            found.passed.setdefault(PassedRole(role, passed.service), action)
    for (action, resource), tally in usage.pairs.items():
        whole = resource if tally.is_path_known else with_path(world, resource)
        tally.is_path_known |= whole != resource
        found.add((action, whole), tally)
    return found


def _roles_passed(world: World, passed: PassedRole) -> list[str]:
    """Return the ARN of the role; of an instance profile that isn't known, the profile's."""
    if not passed.is_profile:
        return [with_path(world, passed.role)]
    arn = Arn.parse(passed.role)
    account = world.accounts.get(arn.account)
    profile = None if account is None else account.instance_profiles.get(arn.name)
    return [role.arn for role in profile.roles] if profile and profile.roles else [passed.role]


def with_path(world: World, resource: str) -> str:
    """Complete the ARN of a user, role or group of this world; names are unique."""
    return str(getattr(find_by_name(world, resource), "arn", resource))


def find_by_name(world: World, resource: str) -> object:
    """Find a user, role or group by its name; ``None`` if this world doesn't have it."""
    arn = Arn.parse(resource)
    account = world.accounts.get(arn.account)
    known = {} if account is None else getattr(account, f"{arn.kind}s", {})
    return known.get(arn.name)


def passed_by(use: Use, parameters: Mapping[str, Any] | None) -> Iterator[PassedRole]:
    """Return the roles that a call passed, as its parameters say.

    Examples
    --------
    >>> from datetime import datetime
    >>> ana = "arn:aws:iam::111122223333:user/ana"
    >>> use = Use("lambda:CreateFunction", "*", ana, ana, "111122223333", datetime(2026, 11, 25),
    ...           True, "us-east-1")
    >>> [passed] = passed_by(use, {"role": "arn:aws:iam::111122223333:role/job"})
    >>> passed.role, passed.service
    ('arn:aws:iam::111122223333:role/job', 'lambda.amazonaws.com')
    """
    partition = use.caller.split(":")[1] if is_arn(use.caller) else "aws"
    for service, names in PASSES.get(use.action.lower(), {}).items():
        for name in names:
            is_profile = service == "ec2" and name != "roleName"
            kind = "instance-profile" if is_profile else "role"
            start = f"arn:{partition}:iam::{use.account_id}:{kind}/"
            for value in _values_at(parameters, name.split(".")):
                if arn := _role_arn(value, kind, start):
                    yield PassedRole(arn, f"{service}.amazonaws.com")


def _values_at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Return the values at a path; of lists on the way each member counts."""
    if isinstance(value, list | tuple):
        for member in value:
            yield from _values_at(member, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and "=" in path[0]:
        name, _, wanted = path[0].partition("=")
        if value.get(name) == wanted:
            yield from _values_at(value, path[1:])
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _values_at(value[path[0]], path[1:])


def _role_arn(value: Any, kind: str, start: str) -> str:
    """Read an ARN or a name; of an instance profile both may be in an object. Else empty."""
    if isinstance(value, Mapping):
        value = value.get("arn") or value.get("Arn") or value.get("name") or value.get("Name")
    if not isinstance(value, str) or not value:
        return ""
    if is_arn(value):
        return value if Arn.parse(value).kind == kind else ""
    return f"{start}{value}" if is_name(value) else ""
