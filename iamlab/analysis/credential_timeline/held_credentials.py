"""The credentials of users, from when they were made until now or until they ended.

The account has those that exist. Only the log knows those that were deleted.

Notes
-----
AWS pages: "Manage access keys for IAM users", for rotation; "Set an account password policy for IAM
users"; "Generate credential reports for your AWS account"; "Logging IAM and AWS STS API calls with
AWS CloudTrail". CIS and AWS Security Hub object to keys of more than 90 days.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from iamlab.analysis.credential_timeline.credential_events import (
    CERTIFICATE,
    KEY,
    MFA,
    PASSWORD,
    SERVICE,
    SSH,
    read_log,
)
from iamlab.analysis.credential_timeline.lifetimes import lifetimes_of
from iamlab.model.credentials import CredentialOwner, devices_of
from iamlab.model.identities import RootUser, User
from iamlab.model.record import CredentialKind
from iamlab.model.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.analysis.credential_timeline.credential_events import CredentialHistory
    from iamlab.analysis.credential_timeline.lifetimes import Lifetime
    from iamlab.model.account import Account

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
SESSION = "session"
KINDS = ("", PASSWORD, KEY, MFA, CERTIFICATE, SSH, SERVICE, SESSION)


@dataclass(frozen=True, slots=True)
class HeldCredential:
    """A credential of a user, or a user who has none: then it has no kind.

    Parameters
    ----------
    kind, name
        What it is, and its id or its own name; a password has none.
    start, end
        When it is valid; no ``start`` if no event shows it, no ``end`` if none is set.
    status
        ``Active``, ``Inactive``, ``Expired``, ``Deleted``, or why a session ended.
    is_too_old
        Whether it must be replaced now.
    changed
        When a password was last replaced, if it was.
    last_used
        ``None`` if it never was, or nothing shows it.
    due
        When it must be replaced.
    user, arn
        The user, the root user, or a user who was deleted.
    account
        The account's name and id.
    lacks_mfa
        Whether this password alone is enough to sign in.
    """

    kind: str = ""
    name: str = ""
    start: datetime | None = None
    end: datetime | None = None
    status: str = "Active"
    is_too_old: bool = False
    changed: datetime | None = None
    last_used: datetime | None = None
    due: datetime | None = None
    user: str = ""
    arn: str = ""
    account: tuple[str, str] = ("", "")
    lacks_mfa: bool = False

    def age(self, now: datetime) -> int:
        """Count the whole days since it was made or replaced."""
        start = self.changed or self.start
        return 0 if start is None else max((now - start).days, 0)


def held_credentials(
    world: World, of: World | Account | CredentialOwner, key_age_days: int
) -> Iterator[HeldCredential]:
    """Yield the credentials of a world, of an account in it, or of a user.

    Parameters
    ----------
    key_age_days
        How old an active access key may be.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> ana = world.create_account("main").create_user("ana")
    >>> key = ana.create_access_key()
    >>> world.clock.advance(days=91)
    >>> [(own.user, own.kind, own.is_too_old) for own in held_credentials(world, world, 90)]
    [('root user', '', False), ('ana', 'access key', True)]
    """
    now, log = world.clock.now, read_log(world.events)
    only = of if isinstance(of, CredentialOwner) else None
    account = of.account if isinstance(of, CredentialOwner) else of
    accounts = world.accounts.values() if isinstance(account, World) else [account]
    every = [[account.root, *account.users.values()] for account in world.accounts.values()]
    living = {holder.unique_id for holders in every for holder in holders}
    issued: dict[str, list[HeldCredential]] = defaultdict(list)
    for row in lifetimes_of(world, log):
        issuer = row.issuer_id if row.issuer_id in living else row.issuer_arn.lower()
        issued[issuer].append(_issued(row, now, key_age_days))
    for account in accounts:
        for holder in [only] if only else [account.root, *account.users.values()]:
            name = "" if isinstance(holder, RootUser) else holder.user_name
            deleted = _deleted(log.held[account.account_id, "user", name.lower()])
            own = [*_existing(holder, now), *deleted, *issued[holder.unique_id]]
            yield from _of(name or "root user", holder.arn, account, own or [HeldCredential()])
        for (account_id, *_), (name, histories) in log.gone.items():
            if account_id == account.account_id and not only:
                arn = f"arn:{account.partition}:iam::{account_id}:user/{name}"
                own = [*_deleted(histories), *issued[arn.lower()]]
                yield from _of(f"{name} (deleted)", arn, account, own)


def _of(
    user: str, arn: str, account: Account, credentials: Iterable[HeldCredential]
) -> Iterator[HeldCredential]:
    """Yield the credentials of a user by kind and start; those without a start come first."""
    ordered = sorted(credentials, key=lambda own: (KINDS.index(own.kind), own.start or FIRST))
    valid = {own.kind for own in ordered if own.end is None or own.is_too_old}
    place = account.name, account.account_id
    for own in ordered:
        lacks_mfa = own.kind == PASSWORD and PASSWORD in valid and MFA not in valid
        yield replace(own, user=user, arn=arn, account=place, lacks_mfa=lacks_mfa)


def _issued(row: Lifetime, now: datetime, key_age_days: int) -> HeldCredential:
    """Return an access key or a session."""
    if row.kind is not CredentialKind.LONG_TERM:
        status = "Active" if row.ended == "still valid" else row.ended.capitalize()
        return HeldCredential(SESSION, row.operation, row.start, row.end, status)
    status = {"still valid": "Active", "inactive": "Inactive"}.get(row.ended, "Deleted")
    age, due, is_too_old = timedelta(days=key_age_days), None, False
    if status == "Active":
        due = min(row.start, LAST - age) + age
        is_too_old = (now - row.start).days > key_age_days  # as audits count it
    key_id, used = row.access_key_id, row.last_used
    return HeldCredential(KEY, key_id, row.start, row.end, status, is_too_old, None, used, due)


def _deleted(histories: Iterable[CredentialHistory]) -> Iterator[HeldCredential]:
    """Yield deleted credentials; access keys are in the timeline."""
    for own in histories:
        if own.deleted and own.kind != KEY:
            end = own.id.rpartition("/")[2]
            yield HeldCredential(own.kind, end, own.created, own.deleted, "Deleted")


def _existing(holder: CredentialOwner, now: datetime) -> Iterator[HeldCredential]:
    """Yield the credentials of a user that aren't in a timeline."""
    profile = holder.login_profile
    if profile is not None:
        # A password policy doesn't apply to the root user.
        policy = None if isinstance(holder, RootUser) else holder.account.password_policy
        changed = None if profile.last_changed == profile.create_date else profile.last_changed
        due, made, used = profile.expires(policy), profile.create_date, profile.last_used
        is_over = due is not None and now >= due
        end, status = (due, "Expired") if is_over else (None, "Active")
        yield HeldCredential(PASSWORD, "", made, end, status, is_over, changed, used, due)
    for device in devices_of(holder):
        yield HeldCredential(MFA, device.serial_number.rpartition("/")[2], device.enable_date)
    if isinstance(holder, User):
        for name, own in holder.signing_certificates.items():
            yield HeldCredential(CERTIFICATE, name, own.upload_date, None, own.status)
        for name, key in holder.ssh_public_keys.items():
            yield HeldCredential(SSH, name, key.upload_date, None, key.status)
        for name, login in holder.service_specific_credentials.items():
            end, status = login.expiration_date, login.status_at(now)
            yield HeldCredential(SERVICE, name, login.create_date, end, status)
