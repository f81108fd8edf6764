"""The credentials of users, from their making to now or to their end, each with its state in words.

What there is, the account says; what is gone, only the log does. A password too old, a key too old
to be left alone: those are to be mended, and come first in what is said of them.

Notes
-----
AWS pages: "Manage access keys for IAM users", for rotation; "Set an account password policy for IAM
users"; "Generate credential reports for your AWS account". Keys of 90 days are what CIS and AWS
Security Hub object to.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.analysis.credential_timeline.timeline import timeline_of
from iamlab.errors import RequestError
from iamlab.model.account import Account
from iamlab.model.credentials import CredentialOwner, devices_of
from iamlab.model.identities import RootUser, User
from iamlab.model.record import CredentialKind
from iamlab.model.world import World
from iamlab.view.drawing.time_axis import later, utc
from iamlab.view.figures.credentials.credentials_gone import Gone, Log, read_log
from iamlab.view.style import ALLOW, ALLOW_FILL, DENY, DENY_AREA, SILENT, SILENT_AREA, Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from iamlab.analysis.credential_timeline.lifetimes import Lifetime

    Of = World | Account | CredentialOwner

ACTIVE = Look("✓", "active", ALLOW, ALLOW_FILL)
TOO_OLD = Look("✕", "too old", DENY, DENY_AREA, hatch="////")
INACTIVE = Look("–", "inactive", SILENT, SILENT_AREA)
OVER = Look("○", "over", SILENT, SILENT_AREA)

MOST_DAYS = 36_500
"""A hundred years; no key is as old."""

PASSWORD, KEY, MFA, SESSION = "password", "access key", "MFA device", "session"


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential.

    Parameters
    ----------
    kind, name
        What it is, and its id or its own name; a password has none.
    start, end
        From when to when it is good; no ``start`` if nothing says it, no ``end`` if none is set.
    state
        How it looks.
    status
        That in AWS's words, or ours: ``Active``, ``Inactive``, ``Expired``, ``Deleted``.
    changed
        When it was last replaced, if not when it was made: of passwords.
    last_used
        ``None`` if it never was, or nothing tells.
    tells_use
        Whether AWS keeps the last use of such credentials.
    due
        When it must be replaced.
    """

    kind: str
    name: str
    start: datetime | None
    end: datetime | None
    state: Look
    status: str
    changed: datetime | None = None
    last_used: datetime | None = None
    tells_use: bool = False
    due: datetime | None = None

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{self.kind} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody with credentials, or with none.

    Parameters
    ----------
    credentials
        Passwords first, then keys, MFA devices, certificates and the like, sessions.
    """

    name: str
    arn: str
    account: str
    account_id: str
    credentials: tuple[Credential, ...] = ()

    @property
    def lacks_mfa(self) -> bool:
        """Whether he can sign in with a password alone."""
        kinds = {one.kind for one in self.credentials if one.end is None or one.state is TOO_OLD}
        return PASSWORD in kinds and MFA not in kinds


@dataclass(frozen=True, slots=True)
class Facts:
    """The credentials of everybody who was asked about, as they are at a time."""

    now: datetime
    owners: tuple[Owner, ...]
    key_age_days: int

    def every(self) -> Iterator[tuple[Owner, Credential]]:
        """Give each credential with its owner."""
        return ((owner, one) for owner in self.owners for one in owner.credentials)

    def age(self, one: Credential) -> int:
        """Say how old a credential is, in whole days."""
        start = one.changed or one.start
        return 0 if start is None else max((utc(self.now) - utc(start)).days, 0)


def facts_of(of: Of, key_age_days: int) -> Facts:
    """Gather the credentials of a world, an account, or somebody.

    Raises
    ------
    RequestError
        It is none of these, or the number of days is none.
    """
    if not _is_number_of_days(key_age_days):
        raise RequestError(
            f"key_age_days is a number of days, 0 to {MOST_DAYS:,}, not {key_age_days!r}."
        )
    world, accounts, only = _meant(of)
    book = _Book(world, key_age_days)
    owners = [owner for account in accounts for owner in book.owners(account, only)]
    return Facts(utc(world.clock.now), tuple(owners), key_age_days)


def _is_number_of_days(given: object) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= MOST_DAYS


def _meant(of: object) -> tuple[World, list[Account], CredentialOwner | None]:
    """Tell a world from an account and from somebody."""
    if isinstance(of, World):
        return of, list(of.accounts.values()), None
    if isinstance(of, Account):
        return of.world, [of], None
    if isinstance(of, CredentialOwner):
        return of.account.world, [of.account], of
    raise RequestError(
        f"credential_lifetimes() draws the credentials of a world, an account or a user, not of "
        f"{type(of).__name__}."
    )


@dataclass(slots=True)
class _Book:
    """Looks things up; the log is read once."""

    world: World
    key_age_days: int
    log: Log = field(init=False)
    rows: list[Lifetime] = field(init=False)

    def __post_init__(self) -> None:
        self.log = read_log(self.world.events)
        self.rows = list(timeline_of(self.world, None))

    def owners(self, account: Account, only: CredentialOwner | None) -> Iterator[Owner]:
        """Give the root user, the users, and those of whom only the log knows."""
        for holder in (account.root, *account.users.values()):
            if only is None or holder is only:
                yield self._owner(account, holder)
        if only is None:
            yield from self._gone_owners(account)

    def _owner(self, account: Account, holder: CredentialOwner) -> Owner:
        is_root = isinstance(holder, RootUser)
        name = "root user" if is_root else holder.user_name
        key = (account.account_id, "" if is_root else name.lower())
        credentials = (
            *self._password(account, holder),
            *self._keys(holder),
            *_devices(holder),
            *(_uploaded(holder, self.world.clock.now) if isinstance(holder, User) else ()),
            *map(_of_gone, self.log.living.get(key, ())),
            *self._sessions(holder),
        )
        return Owner(
            name, holder.arn, account.name, account.account_id, credentials=_sorted(credentials)
        )

    def _gone_owners(self, account: Account) -> Iterator[Owner]:
        """Give users who were deleted, if they had credentials."""
        living = {one.unique_id for one in (account.root, *account.users.values())}
        for (account_id, key), found in self.log.deleted.items():
            name = self.log.names[account_id, key]
            arn = f"arn:{account.partition}:iam::{account_id}:user/{name}"
            rows = [
                row
                for row in self.rows
                if row.issuer_id not in living and row.issuer_arn.lower() == arn.lower()
            ]
            keys = [_deleted_key(row) for row in rows if row.kind is CredentialKind.LONG_TERM]
            sessions = [_session(row) for row in rows if row.kind is not CredentialKind.LONG_TERM]
            every = (*map(_of_gone, found), *keys, *sessions)
            if account_id == account.account_id and every:
                yield Owner(
                    name=f"{name} (deleted)",
                    arn=arn,
                    account=account.name,
                    account_id=account_id,
                    credentials=_sorted(every),
                )

    def _password(self, account: Account, holder: CredentialOwner) -> Iterator[Credential]:
        profile = holder.login_profile
        if profile is None:
            return
        # The policy says nothing to the root user.
        policy = None if isinstance(holder, RootUser) else account.password_policy
        due = profile.expires(policy)
        is_over = due is not None and self.world.clock.now >= due
        yield Credential(
            PASSWORD,
            "",
            profile.create_date,
            due if is_over else None,
            TOO_OLD if is_over else ACTIVE,
            "Expired" if is_over else "Active",
            None if profile.last_changed == profile.create_date else profile.last_changed,
            profile.last_used,
            tells_use=True,
            due=due,
        )

    def _keys(self, holder: CredentialOwner) -> Iterator[Credential]:
        for row in self.rows:
            if row.kind is not CredentialKind.LONG_TERM or row.issuer_id != holder.unique_id:
                continue
            if row.ended == "key deleted":
                yield _deleted_key(row)
                continue
            is_active = row.ended == "still valid"
            due = later(row.start, timedelta(days=self.key_age_days)) if is_active else None
            age = (self.world.clock.now - row.start).days  # as audits count it
            is_old = is_active and age > self.key_age_days
            state = TOO_OLD if is_old else ACTIVE if is_active else INACTIVE
            status = "Active" if is_active else "Inactive"
            yield replace(_key(row, state, status), due=due)

    def _sessions(self, holder: CredentialOwner) -> Iterator[Credential]:
        for row in self.rows:
            if row.kind is not CredentialKind.LONG_TERM and row.issuer_id == holder.unique_id:
                yield _session(row)


def _session(row: Lifetime) -> Credential:
    is_good = row.ended == "still valid"
    status = "Active" if is_good else row.ended.capitalize()
    state = ACTIVE if is_good else OVER
    return Credential(SESSION, row.operation, row.start, row.end, state, status)


def _key(row: Lifetime, state: Look, status: str) -> Credential:
    used = row.last_used
    return Credential(
        KEY, row.access_key_id, row.start, row.end, state, status, last_used=used, tells_use=True
    )


def _deleted_key(row: Lifetime) -> Credential:
    return _key(row, OVER, "Deleted")


def _devices(holder: CredentialOwner) -> Iterator[Credential]:
    for record in devices_of(holder):
        name = record.serial_number.rpartition("/")[2]
        yield Credential(MFA, name, record.enable_date, None, ACTIVE, "Active")


def _uploaded(user: User, now: datetime) -> Iterator[Credential]:
    """Give certificates, SSH keys, and passwords for single services."""
    found: list[tuple[str, str, datetime, datetime | None, str]] = [
        *(
            ("signing certificate", one.certificate_id, one.upload_date, None, one.status)
            for one in user.signing_certificates.values()
        ),
        *(
            ("SSH key", one.ssh_public_key_id, one.upload_date, None, one.status)
            for one in user.ssh_public_keys.values()
        ),
        *(
            (
                "service credential",
                one.service_specific_credential_id,
                one.create_date,
                one.expiration_date,
                one.status_at(now),
            )
            for one in user.service_specific_credentials.values()
        ),
    ]
    states = {"Active": ACTIVE, "Inactive": INACTIVE}
    for kind, name, start, end, status in found:
        yield Credential(kind, name, start, end, states.get(status, OVER), status)


def _of_gone(one: Gone) -> Credential:
    return Credential(one.kind, one.name, one.start, one.end, OVER, "Deleted")


_ORDER = (PASSWORD, KEY, MFA, "signing certificate", "SSH key", "service credential", SESSION)


def _sorted(credentials: Iterable[Credential]) -> tuple[Credential, ...]:
    """Sort by kind, and within it by beginning; what has none comes first."""

    def place(one: Credential) -> tuple[int, float]:
        start = float("-inf") if one.start is None else utc(one.start).timestamp()
        return _ORDER.index(one.kind), start

    return tuple(sorted(credentials, key=place))
