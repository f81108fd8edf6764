"""How long credentials are good: from when to when, and why they end.

Nothing ends a session but time, a Deny that hits it, and the end of the role or user behind it. The
end of the identity that requested it, or of its key, changes nothing.

Notes
-----
AWS pages: "Temporary security credentials in IAM"; "Revoke IAM role temporary security
credentials"; "Disabling permissions for temporary security credentials".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from iamlab.analysis.credential_timeline.credential_events import KEY, read_log
from iamlab.errors import PolicyError, RequestError
from iamlab.model.record import CredentialKind
from iamlab.operations.sts.revoking import INLINE, hits, revoking_policies
from iamlab.operations.sts.session import principal_of
from iamlab.policy.arn import Arn
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from iamlab.analysis.credential_timeline.credential_events import (
        CredentialHistory,
        CredentialLog,
        Name,
    )
    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner, SessionRecord
    from iamlab.model.identities import Role
    from iamlab.model.world import World
    from iamlab.operations.sts.revoking import PlacedPolicy
    from iamlab.operations.sts.session import Session

Ended = Literal[
    "still valid", "expired", "revoked", "role deleted", "user deleted", "inactive", "key deleted"
]
"""Why credentials have ended. Only the last two are for long-term keys."""

AsOf = tuple["datetime", Ended]
KeyLife = tuple["datetime", "datetime | None", Ended]


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Some credentials, from their beginning to their end.

    Parameters
    ----------
    access_key_id
        Which they are; a secret is not among all this.
    operation
        What made them: ``"AssumeRole"``; of a long-term key ``"CreateAccessKey"``.
    arn
        Who calls with them.
    issuer_arn
        Whose permissions they have: a role's, a user's.
    start, end
        From when to when they are good. ``None``: nothing has ended this key yet, and time never
        will. If no event says when a role or user was deleted, it is now at the latest.
    ended
        Why they ended, or ``"still valid"``: then ``end`` is yet to come.
    parent, children
        The credentials that requested them, and those that they requested: ids of access keys.
    depth
        How many STS calls led to them: 0 for a long-term key.
    asked_by
        Who requested them: an ARN, a service, or a subject of an identity provider.
    last_used
        When a call was made with them, as far as it was noted.
    event_id
        The event that records their creation; empty if there is no event.
    issuer_id, asked_by_id
        The unique ids of the identity with their permissions, and of the requester: these tell
        namesakes apart. Empty where nobody knows them.
    """

    access_key_id: str
    kind: CredentialKind
    operation: str
    arn: str
    issuer_arn: str
    start: datetime
    end: datetime | None
    ended: Ended
    parent: str = ""
    children: tuple[str, ...] = ()
    depth: int = 0
    asked_by: str = ""
    source_identity: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    last_used: datetime | None = None
    event_id: str = ""
    issuer_id: str = ""
    asked_by_id: str = ""

    @property
    def role_arn(self) -> str:
        """The role of the session; empty if it isn't a role session."""
        return self.issuer_arn if self.kind is CredentialKind.ROLE else ""

    @property
    def when(self) -> str:
        """From when to when they are good, and why they end, in words."""
        end = "..." if self.end is None else f"{self.end:%Y-%m-%d %H:%M:%S}"
        return f"{self.start:%Y-%m-%d %H:%M:%S} to {end}, {self.ended}"


def lifetimes_of(
    world: World, log: CredentialLog, wanted: Collection[str] | None = None
) -> list[Lifetime]:
    """Return credentials of a world, by their beginning; one that asked before what it got.

    Parameters
    ----------
    wanted
        The ids of their access keys; if nothing is said, all.
    """
    children: dict[str, list[str]] = defaultdict(list)
    for record in world.sessions.values():
        if record.parent:
            children[record.parent].append(record.access_key_id)
    known = _Known({parent: tuple(ids) for parent, ids in children.items()}, log.last_use())
    keys = (*_keys(world, log, known), *_deleted_keys(world, log, known))
    sessions = _sessions(world, log, known, wanted)
    found = [*(key for key in keys if wanted is None or key.access_key_id in wanted), *sessions]
    return sorted(found, key=lambda lifetime: lifetime.start)


class _Known(NamedTuple):
    """Id of an access key -> the credentials that it requested, and its last use."""

    children: Mapping[str, tuple[str, ...]]
    last_use: Mapping[str, datetime]


# -- long-term keys -------------------------------------------------------------------------------


def _keys(world: World, log: CredentialLog, known: _Known) -> Iterator[Lifetime]:
    """Return the long-term keys that exist."""
    for account in world.accounts.values():
        for owner in (account.root, *account.users.values()):
            for key_id, record in owner.key_records.items():
                is_active = record.status == "Active"
                history = log.by_id.get(key_id)
                end = None if is_active or history is None else history.inactive
                ended: Ended = "still valid" if is_active else "inactive"
                used = record.last_used.date if record.last_used else None
                names = (key_id, owner.arn, owner.unique_id)
                yield _key(names, (record.create_date, end, ended), used, known)


def _deleted_keys(world: World, log: CredentialLog, known: _Known) -> Iterator[Lifetime]:
    for key_id, history in log.by_id.items():
        account = world.accounts.get(history.account_id)
        start, end = history.created, history.deleted
        if history.kind == KEY and account is not None and start is not None and end is not None:
            names = (key_id, *_owner(account, history))
            yield _key(names, (start, end, "key deleted"), known.last_use.get(key_id), known)


def _key(
    names: tuple[str, str, str], life: KeyLife, last_used: datetime | None, known: _Known
) -> Lifetime:
    """Return a key by its id, and its owner's ARN and unique id."""
    key_id, arn, unique_id = names
    return Lifetime(
        key_id,
        CredentialKind.LONG_TERM,
        "CreateAccessKey",
        arn,
        arn,
        *life,
        children=known.children.get(key_id, ()),
        last_used=last_used,
        issuer_id=unique_id,
    )


def _owner(account: Account, history: CredentialHistory) -> tuple[str, str]:
    """Return ARN and unique id of whose key it was; of a user who is gone nobody knows them.

    His path is not known either, so his ARN is written without one.
    """
    if not history.user_name:
        return account.root_arn, account.root.unique_id
    users = () if history.is_of_the_past else account.users.values()
    name = history.user_name.lower()
    user = next((candidate for candidate in users if candidate.name.lower() == name), None)
    if user is not None:
        return user.arn, user.unique_id
    return f"arn:{account.partition}:iam::{account.account_id}:user/{history.user_name}", ""


# -- sessions -------------------------------------------------------------------------------------


def _sessions(
    world: World, log: CredentialLog, known: _Known, wanted: Collection[str] | None
) -> Iterator[Lifetime]:
    ends = _Ends(world, log)
    depths: dict[str, int] = {}
    for key_id, record in world.sessions.items():  # a parent comes before its children
        depths[key_id] = depths.get(record.parent, 0) + 1
        if wanted is not None and key_id not in wanted:
            continue
        logged = log.issued.get(key_id)
        identity = {} if logged is None else logged.event.user_identity
        parent = world.sessions.get(record.parent)
        yield Lifetime(
            key_id,
            record.kind,
            record.operation,
            record.arn,
            record.issuer_arn,
            record.issued,
            *ends.of(record),
            record.parent,
            known.children.get(key_id, ()),
            depths[key_id],
            _asked_by(identity) if parent is None else parent.arn,
            record.source_identity,
            record.tags,
            known.last_use.get(key_id),
            event_id="" if logged is None else logged.event.event_id,
            issuer_id=record.issuer_id,
            asked_by_id=_id_in(identity) if parent is None else parent.issuer_id,
        )


def _id_in(identity: Mapping[str, object]) -> str:
    """Return the unique id of the caller of an event; a role's id is followed by a name."""
    known = identity.get("type") in ("IAMUser", "Root", "AssumedRole")
    return str(identity.get("principalId", "")).partition(":")[0] if known else ""


def _asked_by(identity: Mapping[str, object]) -> str:
    """Return who called, as an event says it."""
    return next(
        (str(identity[name]) for name in ("arn", "invokedBy", "userName") if name in identity), ""
    )


class _Behind(NamedTuple):
    """The role or user behind sessions, if he is still there, and what revokes them."""

    name: Name
    principal: Role | CredentialOwner | None
    policies: tuple[PlacedPolicy, ...]


@dataclass(slots=True)
class _Ends:
    """Finds when and why sessions end; it looks up each role and user once."""

    world: World
    log: CredentialLog
    behind: dict[tuple[str, str], _Behind] = field(default_factory=dict)

    def of(self, record: SessionRecord) -> AsOf:
        now = self.world.clock.now
        behind = self._behind(record)
        causes: list[AsOf] = [(record.expiration, "expired")]
        if behind.principal is None:
            gone = self.log.deletion(behind.name, record.issued)
            ended: Ended = "role deleted" if behind.name[1] == "role" else "user deleted"
            causes.append((now if gone is None else gone, ended))
        causes += [
            (self._since(behind.name, standing, record), "revoked")
            for standing in behind.policies
            if hits(standing.policy, record)
        ]
        end, ended = min(causes, key=lambda cause: cause[0])
        return (end, "still valid") if now < end else (end, ended)

    def _behind(self, record: SessionRecord) -> _Behind:
        whose = (record.issuer_arn, record.issuer_id)
        if whose not in self.behind:
            arn = Arn.parse(record.issuer_arn)
            principal = principal_of(self.world, record)
            name = (arn.account, arn.kind, (getattr(principal, "name", "") or arn.name).lower())
            policies = () if principal is None else revoking_policies(principal)
            self.behind[whose] = _Behind(name, principal, policies)
        return self.behind[whose]

    def _since(self, name: Name, standing: PlacedPolicy, record: SessionRecord) -> datetime:
        if standing.place == INLINE:
            return self._revoked(name, standing.policy, record)
        found = self.log.managed_since(name, standing.place, standing.arn)
        return self.world.clock.now if found is None else max(found, record.issued)

    def _revoked(self, name: Name, policy: Policy, record: SessionRecord) -> datetime:
        """Return since when a policy hits a session: since it was first written so that it does.

        A session that begins after the reason is invalid from its beginning.
        """
        for put in self.log.puts_since(name, policy.name, record.issued):
            written = _read(put.document)
            if written is not None and hits(written, record):
                return max(put.at, record.issued)
        return self.world.clock.now


@lru_cache(maxsize=1024)
def _read(document: str) -> Policy | None:
    try:
        return Policy.parse(document)
    except PolicyError:  # the log of a file that somebody has edited
        return None


def chain_of(session: Session) -> tuple[Lifetime, ...]:
    """Return the credentials that led to a session; of all others nothing is worked out.

    Raises
    ------
    RequestError
        Its world does not know it.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> session = world.sts.get_session_token(world.create_account("main").create_user("ana"))
    >>> chain_of(session) == world.timeline().chain(session)
    True
    """
    world, key_id = session.world, session.access_key_id
    ids: dict[str, None] = {}  # in order; of a damaged file, parents may lead in a circle
    while key_id and key_id not in ids:
        ids[key_id] = None
        record = world.sessions.get(key_id)
        key_id = "" if record is None else record.parent
    found = lifetimes_of(world, read_log(world.events), ids)
    by_id = {lifetime.access_key_id: lifetime for lifetime in found}
    if session.access_key_id not in by_id:
        raise RequestError(f"{session!r} is not of its world any more.")
    return tuple(by_id[key_id] for key_id in reversed(ids) if key_id in by_id)
