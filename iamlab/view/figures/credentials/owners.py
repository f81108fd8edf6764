"""The credentials of users, from when they were made until now or until they ended.

The account has those that exist. Only the log knows those that were deleted.

Notes
-----
AWS pages: "Manage access keys for IAM users", for rotation; "Set an account password policy for IAM
users"; "Generate credential reports for your AWS account"; "Logging IAM and AWS STS API calls with
AWS CloudTrail". CIS and AWS Security Hub object to keys of more than 90 days.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.analysis.credential_timeline.timeline import timeline_of
from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.model.account import Account
from iamlab.model.credentials import CredentialOwner, devices_of
from iamlab.model.identities import RootUser, User
from iamlab.model.record import CredentialKind
from iamlab.model.world import World
from iamlab.view.drawing.time_axis import day, later, utc
from iamlab.view.style import ALLOW, ALLOW_FILL, DENY, DENY_FILL, SILENT, SILENT_AREA, Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from iamlab.analysis.credential_timeline.lifetimes import Lifetime
    from iamlab.model.event import Event

    Of = World | Account | CredentialOwner
    Name = tuple[str, str]
    """An account's id, and a user's name in lower case: empty for the root user."""

ACTIVE = Look("✓", "active", ALLOW, ALLOW_FILL)
TOO_OLD = Look("✕", "too old", DENY, DENY_FILL, hatch="////")
INACTIVE = Look("–", "inactive", SILENT, SILENT_AREA)
OVER = Look("○", "over", SILENT, SILENT_AREA)
LOOKS = {"Active": ACTIVE, "Inactive": INACTIVE}

MOST_DAYS = 36_500
"""A hundred years; no key is as old."""

PASSWORD, KEY, MFA, SESSION = "password", "access key", "MFA device", "session"
CERTIFICATE, SSH, SERVICE = "signing certificate", "SSH key", "service credential"
KINDS = (PASSWORD, KEY, MFA, CERTIFICATE, SSH, SERVICE, SESSION)

EVENTS = {
    PASSWORD: ("CreateLoginProfile", "DeleteLoginProfile", ""),
    MFA: ("EnableMFADevice", "DeactivateMFADevice", "serialNumber"),
    CERTIFICATE: ("UploadSigningCertificate", "DeleteSigningCertificate", "certificateId"),
    SSH: ("UploadSSHPublicKey", "DeleteSSHPublicKey", "sSHPublicKeyId"),
    SERVICE: (
        "CreateServiceSpecificCredential",
        "DeleteServiceSpecificCredential",
        "serviceSpecificCredentialId",
    ),
}
"""The events that make and delete a kind of credential, and the name of its id in them. A world's
timeline has the access keys and the sessions."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential.

    Parameters
    ----------
    kind, name
        What it is, and its id or its own name; a password has none.
    start, end
        When it is valid; no ``start`` if nothing says it, no ``end`` if none is set.
    status
        ``Active``, ``Inactive``, ``Expired``, ``Deleted``, or why a session ended.
    is_too_old
        Whether it must be replaced now.
    changed
        When a password was last replaced, if it was.
    last_used
        ``None`` if it never was, or nothing tells.
    due
        When it must be replaced.
    """

    kind: str
    name: str
    start: datetime | None
    end: datetime | None
    status: str = "Active"
    is_too_old: bool = False
    changed: datetime | None = None
    last_used: datetime | None = None
    due: datetime | None = None

    @property
    def look(self) -> Look:
        """How it looks."""
        return TOO_OLD if self.is_too_old else LOOKS.get(self.status, OVER)

    def age(self, now: datetime) -> int:
        """Count the whole days since it was made or replaced."""
        start = self.changed or self.start
        return 0 if start is None else max((utc(now) - utc(start)).days, 0)

    def state(self, now: datetime) -> str:
        """Describe its state in a few words."""
        age = count(self.age(now), "day")
        words = f"{self.status.lower()}, {age} old"
        if self.status in ("Deleted", "Expired") and self.end:
            words = f"{self.status.lower()} {day(self.end)}"
        elif self.is_too_old:
            words = f"too old: {age}"
        return f"{self.look.symbol} {words}"

    @property
    def use(self) -> str:
        """When it was last used, and when it must be replaced."""
        said = []
        if self.status in ("Active", "Expired") and self.kind in (PASSWORD, KEY):
            said.append(f"used {day(self.last_used)}" if self.last_used else "never used")
        if self.due and not self.is_too_old:
            said.append(f"{'due' if self.kind == KEY else 'expires'} {day(self.due)}")
        if self.status == "Inactive" and self.end:
            said.append(f"since {day(self.end)}")
        return ", ".join(said)


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody with credentials or without, who is in the account or was deleted."""

    name: str
    arn: str
    account: Account
    credentials: tuple[Credential, ...] = ()

    @property
    def lacks_mfa(self) -> bool:
        """Whether a password alone is enough to sign in."""
        kinds = {
            credential.kind
            for credential in self.credentials
            if credential.end is None or credential.is_too_old
        }
        return PASSWORD in kinds and MFA not in kinds

    def looking(self, look: Look) -> int:
        """Count the credentials that look so."""
        return sum(credential.look is look for credential in self.credentials)

    @property
    def kinds(self) -> str:
        """How many credentials there are of each kind."""
        kinds = Counter(credential.kind for credential in self.credentials)
        return ", ".join(count(number, kind) for kind, number in kinds.items())

    @property
    def summary(self) -> str:
        """How many credentials are too old, and how many are active."""
        old, active = self.looking(TOO_OLD), self.looking(ACTIVE)
        words = f"{old} too old, {active} active" if old else f"{active} active"
        return f"{'✕' if old else '✓' if active else '○'} {words}"


def owners_of(of: Of, key_age_days: int) -> tuple[datetime, list[Owner]]:
    """Return the time, and the owners of credentials in a world, an account, or just this owner.

    Raises
    ------
    RequestError
        It is none of these, or ``key_age_days`` isn't a number of days.
    """
    if type(key_age_days) is not int or not 0 <= key_age_days <= MOST_DAYS:
        raise RequestError(
            f"key_age_days is a number of days, 0 to {MOST_DAYS:,}, not {key_age_days!r}."
        )
    if isinstance(of, World):
        accounts = list(of.accounts.values())
    elif isinstance(of, Account | CredentialOwner):
        accounts = [of if isinstance(of, Account) else of.account]
    else:
        raise RequestError(
            "credential_lifetimes() draws the credentials of a world, an account or a user, not "
            f"of {type(of).__name__}."
        )
    world = of if isinstance(of, World) else accounts[0].world
    now = world.clock.now
    there, gone = _read(world.events)
    living = {holder.unique_id for account in world.accounts.values() for holder in _all(account)}
    issued: dict[str, list[Credential]] = defaultdict(list)
    for row in timeline_of(world, None):
        issuer = row.issuer_id if row.issuer_id in living else row.issuer_arn.lower()
        issued[issuer].append(_issued(row, now, key_age_days))
    owners = []
    for account in accounts:
        for holder in [of] if isinstance(of, CredentialOwner) else _all(account):
            name = "" if isinstance(holder, RootUser) else holder.user_name
            past = there[account.account_id, name.lower()].ended
            every = (*_existing(holder, now), *past, *issued[holder.unique_id])
            owners.append(_owner(name or "root user", holder.arn, account, every))
        for (account_id, _), (name, ended) in gone.items():
            arn = f"arn:{account.partition}:iam::{account_id}:user/{name}"
            every = (*ended, *issued[arn.lower()])
            if account_id == account.account_id and every and not isinstance(of, CredentialOwner):
                owners.append(_owner(f"{name} (deleted)", arn, account, every))
    return utc(now), owners


def _all(account: Account) -> Iterator[CredentialOwner]:
    yield account.root
    yield from account.users.values()


def _owner(name: str, arn: str, account: Account, credentials: Iterable[Credential]) -> Owner:
    """Sort credentials by kind, and within it by their start; those without one come first."""

    def place(credential: Credential) -> tuple[int, float]:
        start = utc(credential.start).timestamp() if credential.start else float("-inf")
        return KINDS.index(credential.kind), start

    return Owner(name, arn, account, tuple(sorted(credentials, key=place)))


def _issued(row: Lifetime, now: datetime, key_age_days: int) -> Credential:
    """Return an access key or a session."""
    if row.kind is not CredentialKind.LONG_TERM:
        status = "Active" if row.ended == "still valid" else row.ended.capitalize()
        return Credential(SESSION, row.operation, row.start, row.end, status)
    status = {"still valid": "Active", "inactive": "Inactive"}.get(row.ended, "Deleted")
    is_active = status == "Active"
    return Credential(
        KEY,
        row.access_key_id,
        row.start,
        row.end,
        status,
        is_too_old=is_active and (now - row.start).days > key_age_days,  # as audits count it
        last_used=row.last_used,
        due=later(row.start, timedelta(days=key_age_days)) if is_active else None,
    )


def _existing(holder: CredentialOwner, now: datetime) -> Iterator[Credential]:
    """Yield the credentials of somebody that aren't in a timeline."""
    profile = holder.login_profile
    if profile is not None:
        # A password policy doesn't apply to the root user.
        policy = None if isinstance(holder, RootUser) else holder.account.password_policy
        due = profile.expires(policy)
        is_over = due is not None and now >= due
        yield Credential(
            PASSWORD,
            "",
            profile.create_date,
            due if is_over else None,
            "Expired" if is_over else "Active",
            is_over,
            None if profile.last_changed == profile.create_date else profile.last_changed,
            profile.last_used,
            due,
        )
    for device in devices_of(holder):
        yield Credential(MFA, device.serial_number.rpartition("/")[2], device.enable_date, None)
    if isinstance(holder, User):
        for own in holder.signing_certificates.values():
            yield Credential(CERTIFICATE, own.certificate_id, own.upload_date, None, own.status)
        for key in holder.ssh_public_keys.values():
            yield Credential(SSH, key.ssh_public_key_id, key.upload_date, None, key.status)
        for other in holder.service_specific_credentials.values():
            name, status = other.service_specific_credential_id, other.status_at(now)
            yield Credential(SERVICE, name, other.create_date, other.expiration_date, status)


# -- what was deleted ------------------------------------------------------------------------------


@dataclass(slots=True)
class _Past:
    """When somebody's credentials were made, by kind and id, and those that were deleted."""

    made: dict[tuple[str, str], datetime] = field(default_factory=dict)
    ended: list[Credential] = field(default_factory=list)


def _read(
    events: Iterable[Event],
) -> tuple[Mapping[Name, _Past], Mapping[Name, tuple[str, list[Credential]]]]:
    """Read what was deleted: of users that exist, and of deleted ones with their names."""
    there: defaultdict[Name, _Past] = defaultdict(_Past)
    gone: dict[Name, tuple[str, list[Credential]]] = {}
    making = {events[0]: (kind, events[2]) for kind, events in EVENTS.items()}
    ending = {events[1]: (kind, events[2]) for kind, events in EVENTS.items()}
    for event in events:
        if event.event_source != "iam.amazonaws.com" or event.error_code:
            continue
        operation, sent = event.event_name, event.request_parameters or {}
        name = str(sent.get("userName", ""))
        owner = account_id, _ = event.recipient_account_id, name.lower()
        if operation in making:
            kind, key = making[operation]
            found = _id_in(sent, key) or _id_in(event.response_elements, key)
            there[owner].made[kind, found] = event.event_time
        elif operation in ending:
            kind, key = ending[operation]
            found = _id_in(sent, key)
            start = there[owner].made.pop((kind, found), None)
            name = found.rpartition("/")[2]
            there[owner].ended.append(Credential(kind, name, start, event.event_time, "Deleted"))
        elif operation == "UpdateUser" and sent.get("newUserName"):
            there[account_id, str(sent["newUserName"]).lower()] = there.pop(owner, _Past())
        elif operation == "DeleteUser":
            before = gone.get(owner, ("", []))[1]
            gone[owner] = name, [*before, *there.pop(owner, _Past()).ended]
    return there, gone


def _id_in(found: Mapping[str, Any] | None, key: str) -> str:
    """Find an id in a request, or in the object that a response is about."""
    if not key or not isinstance(found, dict):
        return ""
    nested = next((inner for inner in found.values() if isinstance(inner, dict)), {})
    return str(found.get(key) or nested.get(key) or "")
