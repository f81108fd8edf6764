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
    from collections.abc import Callable, Iterable, Mapping

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


def _row(one: Credentials) -> Row:
    keys = [*one.keys[:2], *[None] * (2 - len(one.keys))]
    certificates = [*one.certificates[:2], *[None] * (2 - len(one.certificates))]
    return Row(
        one.user,
        one.arn,
        _time(one.created),
        *_of_password(one),
        _flag(bool(one.mfa)),
        *_of_key(keys[0]),
        *_of_key(keys[1]),
        *_of_certificate(certificates[0]),
        *_of_certificate(certificates[1]),
    )


def _time(moment: datetime | None, otherwise: str = ABSENT) -> str:
    return moment.isoformat(timespec="seconds") if moment else otherwise


def _flag(value: bool) -> str:  # noqa: FBT001 - it is the value that is written
    return "true" if value else "false"


def _of_password(one: Credentials) -> tuple[str, str, str, str]:
    rotation = NOT_SUPPORTED if one.is_root else ABSENT
    if one.password is None:
        return "false", ABSENT, ABSENT, rotation
    return (
        "true",
        _time(one.password.last_used, NO_INFORMATION),
        _time(one.password.last_changed),
        rotation if one.is_root else _time(one.password.next_rotation),
    )


def _of_key(key: Key | None) -> tuple[str, str, str, str, str]:
    if key is None:
        return "false", ABSENT, ABSENT, ABSENT, ABSENT
    return (
        _flag(key.is_active),
        _time(key.last_rotated),
        _time(key.last_used),
        key.region or ABSENT,
        key.service or ABSENT,
    )


def _of_certificate(certificate: Certificate | None) -> tuple[str, str]:
    if certificate is None:
        return "false", ABSENT
    return _flag(certificate.is_active), _time(certificate.last_rotated)


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


def _known(value: str) -> str:
    return "" if value in _NO_TIME else value


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
        _both(row, "access_key", _key),
        _both(row, "cert", _certificate),
    )


def _both(row: Row, what: str, read: Callable[[Mapping[str, str]], Any]) -> tuple[Any, ...]:
    """Read the first and the second of a kind, if they are there: what is there has an age."""
    found = []
    for number in ("1", "2"):
        start = f"{what}_{number}_"
        cells = {
            column.removeprefix(start): getattr(row, column)
            for column in COLUMNS
            if column.startswith(start)
        }
        if _is_set(cells["active"]) or _moment(cells["last_rotated"]):
            found.append(read(cells))
    return tuple(found)


def _key(cells: Mapping[str, str]) -> Key:
    return Key(
        _is_set(cells["active"]),
        _moment(cells["last_rotated"]),
        _moment(cells["last_used_date"]),
        _known(cells["last_used_region"]),
        _known(cells["last_used_service"]),
    )


def _certificate(cells: Mapping[str, str]) -> Certificate:
    return Certificate(_is_set(cells["active"]), _moment(cells["last_rotated"]))
