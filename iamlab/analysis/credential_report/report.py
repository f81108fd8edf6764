"""The credential report: one row for each user, and what credentials the user has.

A report is made of the account as it is at that moment, and kept for four hours: whoever asks again
before gets the same one. The same rows are read from a file that a real account has given.

Notes
-----
AWS page: "Generate credential reports for your AWS account".
"""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from iamlab.analysis.credential_report.credentials import (
    UNKNOWN,
    Certificate,
    Credentials,
    Key,
    Password,
)
from iamlab.display import Shown, count
from iamlab.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

KEPT = timedelta(hours=4)
"""How long a report is good."""

ABSENT = "N/A"
NO_INFORMATION = "no_information"
NOT_SUPPORTED = "not_supported"


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

_NEWEST = COLUMNS[-1]  # reports from before 2025 have no such column


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
            It is none; with the line.
        """
        lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
        try:
            head, *body = [line for line in lines if line] or [[]]
        except csv.Error as error:
            raise LoadError(f"{name}, line {lines.line_num}: it is not CSV: {error}.") from None
        missing = [column for column in COLUMNS if column not in head and column != _NEWEST]
        if missing:
            raise LoadError(
                f"{name} is no credential report: it has no column {missing[0]}. Make one with: "
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
        """Say what the rows mean: the credentials of each user."""
        return tuple(map(_credentials, self.rows))

    def to_frame(self) -> pd.DataFrame:
        """Give the report as a table: a row for each user, with times and truths as such.

        What AWS writes word by word, such as ``no_information``, stands in ``csv``.
        """
        from iamlab import display

        rows = ([_typed(name, getattr(row, name)) for name in COLUMNS] for row in self.rows)
        return display.table(COLUMNS, rows)

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
        """Say whether the report can be fetched: the third call, or a later time, finds it so."""
        return self.asked > 2 or now > self.started

    def is_old(self, now: datetime) -> bool:
        """Say whether the report is no longer good."""
        return now - self.started >= KEPT


# -- writing --------------------------------------------------------------------------------------


_NO_KEY = Key(is_active=False, last_rotated=None)
_NO_CERTIFICATE = Certificate(is_active=False, last_rotated=None)


def _row(one: Credentials) -> Row:
    keys = (*one.keys, _NO_KEY, _NO_KEY)[:2]
    certificates = (*one.certificates, _NO_CERTIFICATE, _NO_CERTIFICATE)[:2]
    values = [
        *(one.user, one.arn, one.created, *_of_password(one), bool(one.mfa)),
        *(value for key in keys for value in astuple(key)),
        *(value for certificate in certificates for value in astuple(certificate)),
    ]
    return Row(*map(_cell, values))


def _of_password(one: Credentials) -> tuple[object, ...]:
    password, rotation = one.password, NOT_SUPPORTED if one.is_root else None
    if password is None:
        return False, None, None, rotation
    last_used = password.last_used or NO_INFORMATION
    return True, last_used, password.last_changed, rotation or password.next_rotation


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value or ABSENT


# -- reading --------------------------------------------------------------------------------------


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
    if column.endswith(_TIMES) and value not in _NO_TIME:
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise LoadError(f"{place}: {column} is no time: {value!r}.") from None
    if column.endswith(("_active", "_enabled")) and value.lower() not in _FLAGS:
        raise LoadError(f"{place}: {column} is neither true nor false: {value!r}.")


_TIMES = ("_time", "_used", "_changed", "_rotation", "_rotated", "_date")
_NO_TIME = (ABSENT, NO_INFORMATION, NOT_SUPPORTED)
_FLAGS = ("true", "false", NOT_SUPPORTED)


def _typed(column: str, value: str) -> object:
    """Give a cell as what it means; ``None`` if it does not say."""
    if column.endswith(_TIMES):
        return _moment(value)
    if column.endswith(("_active", "_enabled")):
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
    password = Password(
        _moment(row.password_last_used),
        _moment(row.password_last_changed),
        _moment(row.password_next_rotation),
    )
    return Credentials(
        row.user,
        row.arn,
        _moment(row.user_creation_time),
        password if _is_set(row.password_enabled) else None,
        (UNKNOWN,) if _is_set(row.mfa_active) else (),
        tuple(_key(*cells) for cells in _numbered(row, "access_key")),
        tuple(
            Certificate(_is_set(active), _moment(rotated))
            for active, rotated in _numbered(row, "cert")
        ),
    )


def _numbered(row: Row, what: str) -> Iterator[list[str]]:
    """Give the cells of the first and the second of a kind; one that exists has an age."""
    for number in ("1", "2"):
        start = f"{what}_{number}_"
        cells = [getattr(row, column) for column in COLUMNS if column.startswith(start)]
        if _is_set(cells[0]) or _moment(cells[1]):
            yield cells


def _key(active: str, rotated: str, used: str, region: str, service: str) -> Key:
    names = ("" if value in _NO_TIME else value for value in (region, service))
    return Key(_is_set(active), _moment(rotated), _moment(used), *names)
