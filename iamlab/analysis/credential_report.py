"""The credential report: the credentials of each user of an account, a row for each.

A world gives credentials as frozen values, and so does a downloaded report: the same checks serve a
world and a real account. A report is of the account as it is at that moment, and kept four hours.

Notes
-----
AWS page: "Generate credential reports for your AWS account".
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import astuple, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from iamlab.display import Shown, count, table
from iamlab.errors import LoadError
from iamlab.model.identities import User

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner, KeyRecord

KEPT = timedelta(hours=4)
"""How long a report is good."""

ABSENT, NO_INFORMATION, NOT_SUPPORTED = "N/A", "no_information", "not_supported"
"""What a report writes where there is nothing to say."""

ROOT = "<root_account>"
"""What the root user is called in a credential report."""

NOT_IN_EXPORTS = (
    "An export of account details holds no credentials. "
    "Give the file that 'aws iam get-credential-report' gives, too."
)

VIRTUAL, UNKNOWN = "virtual", "unknown"
"""Kinds of an MFA device: an app on a phone; what a credential report leaves open."""


@dataclass(frozen=True, slots=True)
class Password:
    """A password for the console; a time is ``None`` if it is unknown."""

    last_used: datetime | None
    last_changed: datetime | None
    next_rotation: datetime | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """An access key; Region and service are empty where it was never used, or is not known."""

    is_active: bool
    last_rotated: datetime | None
    last_used: datetime | None = None
    region: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A signing certificate."""

    is_active: bool
    last_rotated: datetime | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """All long-term credentials of a user, or of the root user.

    Parameters
    ----------
    user
        The name; ``<root_account>`` for the root user.
    mfa
        The kinds of the MFA devices: ``virtual``, ``hardware``, ``passkey``; ``unknown`` from a
        credential report, which does not tell.
    """

    user: str
    arn: str
    created: datetime | None = None
    password: Password | None = None
    mfa: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()
    certificates: tuple[Certificate, ...] = ()

    @property
    def is_root(self) -> bool:
        """Whether they are the root user's."""
        return self.user == ROOT

    @property
    def active_keys(self) -> tuple[Key, ...]:
        """The keys that can be used."""
        return tuple(key for key in self.keys if key.is_active)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that one could sign in or call with."""
        return not (self.password or self.keys or self.certificates)


@dataclass(frozen=True, slots=True)
class Row:
    """One user, in the words of the report: its 23 columns in their order."""

    user: str
    arn: str
    user_creation_time: str
    password_enabled: str
    password_last_used: str
    password_last_changed: str
    password_next_rotation: str
    mfa_active: str
    access_key_1_active: str
    access_key_1_last_rotated: str
    access_key_1_last_used_date: str
    access_key_1_last_used_region: str
    access_key_1_last_used_service: str
    access_key_2_active: str
    access_key_2_last_rotated: str
    access_key_2_last_used_date: str
    access_key_2_last_used_region: str
    access_key_2_last_used_service: str
    cert_1_active: str
    cert_1_last_rotated: str
    cert_2_active: str
    cert_2_last_rotated: str
    additional_credentials_info: str = ABSENT


COLUMNS = tuple(column.name for column in fields(Row))
"""The names of the columns, in their order."""


@dataclass(frozen=True, slots=True, repr=False)
class CredentialReport(Shown):
    """A credential report.

    Parameters
    ----------
    generated_time
        When it was made; ``None`` for one that was read from a file, which does not say.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main")
    >>> _ = main.create_user("alice")
    >>> [row.user for row in main.credential_report().rows]
    ['<root_account>', 'alice']
    """

    rows: tuple[Row, ...]
    generated_time: datetime | None = field(default=None, compare=False)

    @classmethod
    def of(cls, every: Iterable[Credentials], generated_time: datetime) -> CredentialReport:
        """Write a report of credentials."""
        return cls(tuple(map(_row, every)), generated_time)

    @classmethod
    def parse(cls, text: str, *, name: str = "credential report") -> CredentialReport:
        """Read a report that ``aws iam get-credential-report`` has given, decoded from Base64.

        Parameters
        ----------
        name
            What errors call it: the file's name.

        Raises
        ------
        LoadError
            It isn't a credential report; the message has the line.
        """
        lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
        try:
            head, *body = [line for line in lines if line] or [[]]
        except csv.Error as error:
            raise LoadError(f"{name}, line {lines.line_num}: it is not CSV: {error}.") from None
        # Reports from before 2025 lack the last column.
        missing = [column for column in COLUMNS[:-1] if column not in head]
        if missing:
            raise LoadError(
                f"{name} isn't a credential report: it has no column {missing[0]}. Make one with: "
                "aws iam get-credential-report --query Content --output text | base64 --decode"
            )
        return cls(tuple(_read(head, line, f"{name}, row {n}") for n, line in enumerate(body, 1)))

    @property
    def csv(self) -> str:
        """The report as AWS gives it: comma-separated values."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(map(astuple, self.rows))
        return text.getvalue()

    def credentials(self) -> tuple[Credentials, ...]:
        """Return what the rows mean: the credentials of each user."""
        return tuple(map(_credentials, self.rows))

    def to_frame(self) -> pd.DataFrame:
        """Return the report as a table: a row for each user, with times and truths as such.

        ``csv`` has AWS's own words, such as ``no_information``.
        """
        rows = ([_typed(name, getattr(row, name)) for name in COLUMNS] for row in self.rows)
        return table(COLUMNS, rows)

    def __str__(self) -> str:
        return self.csv

    def __repr__(self) -> str:
        when = f" of {self.generated_time:%Y-%m-%dT%H:%M:%SZ}" if self.generated_time else ""
        return f"<CredentialReport{when}: {count(len(self.rows), 'user')}>"


@dataclass(frozen=True, slots=True)
class Job:
    """The making of a report, which takes a while.

    Parameters
    ----------
    asked
        How often ``GenerateCredentialReport`` was called for it.
    """

    report: CredentialReport
    started: datetime
    asked: int = 1

    def is_ready(self, now: datetime) -> bool:
        """Return whether the report is ready: at the third call, or at a later time."""
        return self.asked > 2 or now > self.started

    def is_old(self, now: datetime) -> bool:
        """Return whether the report has expired."""
        return now - self.started >= KEPT


# -- of an account --------------------------------------------------------------------------------


def are_known(account: Account) -> bool:
    """Return whether the world knows credentials: an export of account details holds none."""
    return not account.world.loaded


def credentials_of(account: Account) -> tuple[Credentials, ...]:
    """Return the credentials of the root user, then of each user."""
    devices: dict[str, list[str]] = defaultdict(list)
    for record in account.mfa_records.values():
        if record.owner is not None:
            devices[record.owner].append(record.kind)
    return tuple(_held_by(owner, devices) for owner in (account.root, *account.users.values()))


def of_root(account: Account) -> Credentials:
    """Return the root user's credentials."""
    return credentials_of(account)[0]


def _held_by(owner: CredentialOwner, devices: Mapping[str, list[str]]) -> Credentials:
    user = owner if isinstance(owner, User) else None
    profile, password = owner.login_profile, None
    if profile is not None:
        rotation = profile.expires(owner.account.password_policy)
        password = Password(profile.last_used, profile.last_changed, rotation)
    uploaded = () if user is None else user.signing_certificates.values()
    return Credentials(
        ROOT if user is None else user.name,
        owner.arn,
        owner.account.create_date if user is None else user.create_date,
        password,
        tuple(devices.get(owner.unique_id, ())),
        tuple(map(_key_of, owner.key_records.values())),
        tuple(Certificate(cert.status == "Active", cert.upload_date) for cert in uploaded),
    )


def _key_of(record: KeyRecord) -> Key:
    """Return a key; a Region is kept as the report writes it."""
    is_active, used = record.status == "Active", record.last_used
    if used is None:
        return Key(is_active, record.create_date)
    region = "" if used.region == ABSENT else used.region
    return Key(is_active, record.create_date, used.date, region, used.service)


# -- writing and reading --------------------------------------------------------------------------


def _row(record: Credentials) -> Row:
    password = record.password or Password(None, None)
    values: list[object] = [
        *(record.user, record.arn, record.created, record.password is not None),
        password.last_used or (NO_INFORMATION if record.password else None),
        password.last_changed,
        NOT_SUPPORTED if record.is_root else password.next_rotation,
        bool(record.mfa),
    ]
    for key in (*record.keys, *2 * [Key(is_active=False, last_rotated=None)])[:2]:
        values += astuple(key)
    for certificate in (*record.certificates, *2 * [Certificate(False, None)])[:2]:  # noqa: FBT003
        values += astuple(certificate)
    return Row(*map(_cell, values))


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value or ABSENT


def _read(head: list[str], line: list[str], place: str) -> Row:
    if len(line) != len(head):
        raise LoadError(f"{place}: it has {len(line)} columns, and the head has {len(head)}.")
    found = dict(zip(head, line, strict=True))
    row = Row(**{column: found[column] for column in COLUMNS if column in found})
    for column in COLUMNS:
        _check(column, getattr(row, column), place)
    return row


def _check(column: str, value: str, place: str) -> None:
    """Insist that a time is one, and that yes or no is said."""
    try:
        _typed(column, value)
    except ValueError:
        raise LoadError(f"{place}: {column} isn't a time: {value!r}.") from None
    if column.endswith(_ARE_FLAGS) and value.lower() not in ("true", "false", NOT_SUPPORTED):
        raise LoadError(f"{place}: {column} is neither true nor false: {value!r}.")


_ARE_TIMES = ("_time", "_used", "_changed", "_rotation", "_rotated", "_date")
_NO_TIME = (ABSENT, NO_INFORMATION, NOT_SUPPORTED)
_ARE_FLAGS = ("_active", "_enabled")


def _typed(column: str, value: str) -> object:
    """Return a cell as what it means; ``None`` if it does not say."""
    if column.endswith(_ARE_TIMES):
        return _moment(value)
    if column.endswith(_ARE_FLAGS):
        return None if value == NOT_SUPPORTED else _is_set(value)
    return value


def _moment(value: str) -> datetime | None:
    if value in _NO_TIME:
        return None
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_set(value: str) -> bool:
    """Read yes or no; what old reports do not say of the root user's password is a yes."""
    return value.lower() != "false"


def _credentials(row: Row) -> Credentials:
    times = (row.password_last_used, row.password_last_changed, row.password_next_rotation)
    return Credentials(
        row.user,
        row.arn,
        _moment(row.user_creation_time),
        Password(*map(_moment, times)) if _is_set(row.password_enabled) else None,
        (UNKNOWN,) if _is_set(row.mfa_active) else (),
        tuple(_key(*cells) for cells in _numbered(row, "access_key")),
        tuple(Certificate(_is_set(on), _moment(since)) for on, since in _numbered(row, "cert")),
    )


def _numbered(row: Row, what: str) -> Iterator[list[str]]:
    """Return the cells of the first and the second of a kind; one that exists has an age."""
    for number in ("1", "2"):
        start = f"{what}_{number}_"
        cells = [getattr(row, column) for column in COLUMNS if column.startswith(start)]
        if _is_set(cells[0]) or _moment(cells[1]):
            yield cells


def _key(active: str, rotated: str, used: str, region: str, service: str) -> Key:
    names = ("" if value in _NO_TIME else value for value in (region, service))
    return Key(_is_set(active), _moment(rotated), _moment(used), *names)
