"""The timeline of credentials: which existed, their start and end, and who requested them.

It is made from a world's sessions and its log, and does not change afterwards. All of its parts are
plain values, for a figure or a table.

Hops lead to credentials. A chain of hops begins with a person or a program, and STS is in the
middle. In between there may be an instance's metadata service, a company's directory, or the issuer
of a CI job's token. A hop that isn't an AWS API call is in no log, and has no event.

Notes
-----
AWS pages: "Temporary security credentials in IAM"; "Monitor and control actions taken with assumed
roles", for chains of roles; "CloudTrail userIdentity element"; "IAM roles for Amazon EC2"; "SAML
2.0 federation"; "OIDC federation".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from iamlab.analysis.credential_timeline.credential_events import TABLES, read_log
from iamlab.analysis.credential_timeline.lifetimes import Ended, Lifetime, lifetimes_of
from iamlab.display import Shown, count, table
from iamlab.errors import RequestError
from iamlab.operations.sts.session import FEDERATED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    import pandas as pd

    from iamlab.analysis.credential_timeline.credential_events import CredentialLog, LoggedEvent
    from iamlab.model.credentials import CredentialOwner, SessionRecord
    from iamlab.model.event import Event
    from iamlab.model.identities import Role, User
    from iamlab.model.world import World
    from iamlab.operations.iam.credentials import AccessKey
    from iamlab.operations.sts.session import Session

    Of: TypeAlias = Session | Role | User | CredentialOwner | AccessKey | str


__all__ = ["Ended", "Hop", "Lifetime", "Party", "Timeline", "timeline_of"]

COLUMNS = (
    *("credentials", "kind", "operation", "arn", "role", "start", "end", "ended", "parent"),
    *("depth", "asked by", "source identity", "tags", "last used"),
)
"""The names of the columns of :meth:`Timeline.to_frame`."""

DEEPEST = 20
"""Text is indented for so many steps of a chain, and no further."""


@dataclass(frozen=True, slots=True)
class Timeline(Shown):
    """Credentials and calls, in the order of time.

    Parameters
    ----------
    rows
        The credentials: long-term keys and sessions, by their beginning.
    hops
        The calls that led to them, and those that were made with them.
    now
        The world's time when it was computed.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> key = world.create_account("main", account_id="111111111111").create_user(
    ...     "ana").create_access_key()
    >>> session = world.sts.get_session_token(key, duration_seconds=900)
    >>> world.clock.advance(hours=1)
    >>> for row in world.timeline():
    ...     print(row.operation, row.ended)
    CreateAccessKey still valid
    GetSessionToken expired
    >>> for hop in world.timeline(session).hops:
    ...     print(hop)
    access key arn:aws:iam::111111111111:user/ana -> service sts.amazonaws.com: GetSessionToken
    service sts.amazonaws.com -> session arn:aws:iam::111111111111:user/ana: GetSessionToken
    """

    rows: tuple[Lifetime, ...]
    hops: tuple[Hop, ...]
    now: datetime
    _by_id: dict[str, Lifetime] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {row.access_key_id: row for row in self.rows})

    def __iter__(self) -> Iterator[Lifetime]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, of: Session | AccessKey | str) -> Lifetime:
        """Return the row of some credentials: of themselves, or of their access key's id.

        Raises
        ------
        RequestError
            They aren't in this timeline.
        """
        key_id = of if isinstance(of, str) else getattr(of, "access_key_id", None)
        row = self._by_id.get(key_id) if isinstance(key_id, str) else None
        if row is None:
            raise RequestError(f"{of!r} is not in this timeline.")
        return row

    def chain(self, session: Session | AccessKey | str) -> tuple[Lifetime, ...]:
        """Return the credentials that led to a session, the first ones first, and itself last.

        Raises
        ------
        RequestError
            It isn't in this timeline.
        """
        found = [self[session]]
        while found[-1].parent in self._by_id and len(found) <= len(self.rows):
            found.append(self._by_id[found[-1].parent])
        return tuple(reversed(found))

    def to_frame(self) -> pd.DataFrame:
        """Return the rows as a table."""
        return table(COLUMNS, map(_cells, self.rows))

    def as_text(self) -> str:
        """Return an indented list: below each of the credentials those that they requested.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> key = world.create_account("main", account_id="111111111111").create_user(
        ...     "ana").create_access_key()
        >>> session = world.sts.get_session_token(key)
        >>> print(world.timeline().as_text())
        user/ana: CreateAccessKey, 2026-11-25 09:00:00 to ..., still valid
          user/ana: GetSessionToken, 2026-11-25 09:00:00 to 2026-11-25 21:00:00, still valid
        """
        return "\n".join(
            f"{'  ' * min(level, DEEPEST)}{_line(row)}" for level, row in self.as_tree()
        )

    def __str__(self) -> str:
        return self.as_text()

    def __repr__(self) -> str:
        of = f"{count(len(self.rows), 'credential')} and {count(len(self.hops), 'hop')}"
        return f"<Timeline of {of}>"

    def as_tree(self) -> Iterator[tuple[int, Lifetime]]:
        """Return each row with its level, after the row that requested it."""
        first = [row for row in self.rows if row.parent not in self._by_id]
        waiting = [(0, row) for row in reversed(first)]
        while waiting:
            level, row = waiting.pop()
            yield level, row
            below = [self._by_id[child] for child in row.children if child in self._by_id]
            waiting += ((level + 1, row) for row in reversed(below))


def _line(row: Lifetime) -> str:
    return f"{row.arn.rpartition(':')[2]}: {row.operation}, {row.when}"


_CELLS = attrgetter(
    *("access_key_id", "kind.value", "operation", "arn", "role_arn", "start", "end", "ended"),
    *("parent", "depth", "asked_by", "source_identity"),
)


def _cells(row: Lifetime) -> tuple[object, ...]:
    tags = ", ".join(f"{key}={value}" for key, value in row.tags.items())
    return (*_CELLS(row), tags, row.last_used)


def timeline_of(world: World, of: Of | None = None) -> Timeline:
    """Make the timeline of a world, or of somebody in it.

    Parameters
    ----------
    of
        A session, an access key, a role, a user or a root user, or the id or ARN of one: only what
        leads to their credentials, and what comes of these. If nothing is said, everything. A role
        or user is this very one, however it was called then; an ARN is whoever had it.

    Raises
    ------
    RequestError
        There is no such thing in this world.
    """
    log = read_log(world.events)
    every = {lifetime.access_key_id: lifetime for lifetime in lifetimes_of(world, log)}
    wanted = every.keys() if of is None else _belonging(every, _meant(world, every, of))
    rows = tuple(lifetime for key_id, lifetime in every.items() if key_id in wanted)
    return Timeline(rows, tuple(hops_of(world, log, every, wanted)), world.clock.now)


def _meant(world: World, every: dict[str, Lifetime], of: Of) -> list[str]:
    """Return the ids of the credentials that are meant."""
    key_id = getattr(of, "access_key_id", of)
    if isinstance(key_id, str) and key_id in every:
        return [key_id]
    arn = of if isinstance(of, str) else getattr(of, "arn", "")
    known = isinstance(arn, str) and arn and not hasattr(of, "access_key_id")
    own = getattr(of, "unique_id", "")
    found = [row.access_key_id for row in every.values() if known and _is_of(row, str(arn), own)]
    if not found and not (known and _is_there(world, str(arn), own)):
        raise RequestError(
            f"{of!r} isn't a session, key, role or user of this world, so it has no timeline."
        )
    return found


def _is_of(lifetime: Lifetime, arn: str, unique_id: str) -> bool:
    """Return whether credentials belong to an identity, or were requested by it.

    An ARN may have been a namesake's, who is gone or is called otherwise now; an id never.
    """
    if unique_id:
        return unique_id in (lifetime.issuer_id, lifetime.asked_by_id)
    return arn in (lifetime.arn, lifetime.issuer_arn, lifetime.asked_by)


def _is_there(world: World, arn: str, unique_id: str) -> bool:
    """Return whether there is such a somebody, who just has no credentials."""
    for account in world.accounts.values():
        held: list[CredentialOwner | Role] = [account.root, *account.users.values()]
        held += account.roles.values()
        if any(arn == caller.arn and unique_id in ("", caller.unique_id) for caller in held):
            return True
    return False


def _belonging(every: dict[str, Lifetime], meant: Collection[str]) -> set[str]:
    """Return what led to some credentials, themselves, and what came of them."""
    found: set[str] = set()
    for name in ("children", "parent"):
        done: set[str] = set()
        waiting = list(meant)
        while waiting:
            key_id = waiting.pop()
            if key_id in every and key_id not in done:
                done.add(key_id)
                following: str | Sequence[str] = getattr(every[key_id], name)
                waiting += [following] if isinstance(following, str) else following
        found |= done
    return found


CallerKind = Literal["user", "access key", "session", "browser", "application", "CI job"]
WorkloadKind = Literal["instance", "function", "build"]
ServiceKind = Literal["service", "metadata service", "directory", "OIDC issuer"]
LoggedKind = Literal[
    "AWS account", "SAML user", "web identity user", "Identity Center user", "caller"
]
PartyKind = CallerKind | WorkloadKind | ServiceKind | LoggedKind


@dataclass(frozen=True, slots=True)
class Party:
    """A caller, or a service that is called.

    Parameters
    ----------
    name
        An ARN, a service's name, or what an identity provider calls somebody.
    access_key_id
        Of an access key or a session: which one; it is that of its row.
    """

    kind: PartyKind
    name: str
    access_key_id: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Hop:
    """One call, or one answer.

    Parameters
    ----------
    operation
        What was called; of an answer, what it answers.
    at
        When.
    event_id
        The event that notes it; empty if none does.
    error_code
        Why it was refused; empty if it was not.
    """

    source: Party
    target: Party
    operation: str
    at: datetime
    event_id: str = ""
    error_code: str = ""

    def __str__(self) -> str:
        refused = f" ({self.error_code})" if self.error_code else ""
        return f"{self.source} -> {self.target}: {self.operation}{refused}"


STS = Party("service", "sts.amazonaws.com")

METADATA = Party("metadata service", "169.254.169.254")

RESOURCES: Mapping[str, PartyKind] = TABLES["resources"]
"""Condition key that a service's session carries -> what its value is the ARN of."""

CI_HOSTS: Sequence[str] = TABLES["oidc"]["ci_hosts"]
"""Hosts whose tokens identify jobs only."""

BEFORE: Mapping[PartyKind, str] = TABLES["before"]
"""The first party of a chain -> what it does before anybody calls STS."""


def hops_of(
    world: World, log: CredentialLog, lifetimes: Mapping[str, Lifetime], wanted: Collection[str]
) -> list[Hop]:
    """Return the hops of the wanted credentials, ids of access keys, in the order of time."""
    found: list[tuple[datetime, int, Hop]] = []
    for key_id in lifetimes:
        record = world.sessions.get(key_id)
        if record is not None and key_id in wanted:
            issued = log.issued.get(key_id)
            place = -1 if issued is None else issued.place
            hops = _hops_to(record, issued, lifetimes)
            found += ((record.issued, place, hop) for hop in hops)
    for key_id, (place, event) in log.uses:
        if key_id in wanted and key_id in lifetimes:
            caller, service = _credentials(lifetimes[key_id]), Party("service", event.event_source)
            call = event.event_name, event.event_time, event.event_id, event.error_code
            found.append((event.event_time, place, Hop(caller, service, *call)))
    found.sort(key=lambda hop: hop[:2])
    return [hop for *_, hop in found]


def _hops_to(
    record: SessionRecord, issued: LoggedEvent | None, lifetimes: Mapping[str, Lifetime]
) -> Iterator[Hop]:
    """Return the hops that led to a session."""
    event_id = "" if issued is None else issued.event.event_id
    before = _before(record, None if issued is None else issued.event, lifetimes)
    for source, target in pairwise(before):
        yield Hop(source, target, BEFORE.get(source.kind, ""), record.issued)
    if before:
        yield Hop(before[-1], STS, record.operation, record.issued, event_id)
    session = _credentials(lifetimes[record.access_key_id])
    yield Hop(STS, session, record.operation, record.issued, event_id)


def _before(
    record: SessionRecord, event: Event | None, lifetimes: Mapping[str, Lifetime]
) -> tuple[Party, ...]:
    """Return the parties that came before STS, the first one first."""
    identity: Mapping[str, Any] = {} if event is None else event.user_identity
    if record.parent in lifetimes:
        return (_credentials(lifetimes[record.parent]),)
    if record.parent:
        return (Party("access key", str(identity.get("arn", "")), record.parent),)
    service = str(identity.get("invokedBy", ""))
    for key, kind in RESOURCES.items():
        if key in record.keys:
            resource = Party(kind, str(record.keys[key]))
            middle = METADATA if key == "ec2:SourceInstanceArn" else Party("service", service)
            return (resource, middle) if middle.name else (resource,)
    if service:
        return (Party("service", service),)
    if record.operation in FEDERATED:
        sent = {} if event is None else event.request_parameters or {}
        provider = record.keys.get("aws:FederatedProvider") or sent.get("principalArn", "unknown")
        return _by_provider(record, str(provider), str(identity.get("userName", record.name)))
    return (Party("user", str(identity["arn"])),) if "arn" in identity else ()


def _by_provider(record: SessionRecord, provider: str, subject: str) -> tuple[Party, ...]:
    if record.operation == "AssumeRoleWithSAML":
        return Party("browser", subject), Party("directory", provider)
    is_job = provider.rpartition("oidc-provider/")[2].partition("/")[0] in CI_HOSTS
    issuer = Party("OIDC issuer", provider)
    return Party("CI job" if is_job else "application", subject), issuer


def _credentials(lifetime: Lifetime) -> Party:
    kind: PartyKind = "session" if lifetime.depth else "access key"
    return Party(kind, lifetime.arn, lifetime.access_key_id)
