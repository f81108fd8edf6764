"""A record of CloudTrail as an event, and notes on what cannot be read.

Records of every service and of all versions 1.x are read, and their fields checked. Fields that
came with a later version are empty where a record does not have them yet. A broken file can have a
problem in each of a million records: the first notes are kept as text, the others are counted.

Notes
-----
AWS pages: "CloudTrail record contents"; "CloudTrail userIdentity element".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from iamlab.model.event import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    Record = Mapping[str, Any]


class RecordError(ValueError):
    """A value isn't a record of CloudTrail; the message names the field and its value."""


_READS = ("Get", "List", "Describe", "Head", "Lookup", "Search", "BatchGet", "Select")
"""How calls begin that only read; versions before 1.01 do not say it."""


def event_of(record: object) -> Event:
    """Read one record.

    Raises
    ------
    RecordError
        It isn't one: a field is missing, or has a value of the wrong type.

    Examples
    --------
    >>> event = event_of({
    ...     "eventVersion": "1.11",
    ...     "userIdentity": {"type": "Root", "arn": "arn:aws:iam::111122223333:root"},
    ...     "eventTime": "2026-11-25T10:15:00Z",
    ...     "eventSource": "iam.amazonaws.com",
    ...     "eventName": "CreateUser",
    ...     "awsRegion": "us-east-1",
    ...     "requestParameters": {"userName": "maya"},
    ...     "recipientAccountId": "111122223333",
    ... })
    >>> event.event_name, event.request_parameters["userName"], event.read_only
    ('CreateUser', 'maya', False)
    >>> event_of({"eventVersion": "1.11", "eventName": 5})
    Traceback (most recent call last):
        ...
    iamlab.analysis.trails.records.RecordError: userIdentity is missing
    """
    if not isinstance(record, dict):
        raise RecordError(f"it is {_shown(record)}, not an object")
    version = record.get("eventVersion")
    if version is not None and not (isinstance(version, str) and version.startswith("1.")):
        # A later major version might mean something else.
        raise RecordError(f"eventVersion is {_shown(version)}, and versions 1.x are known")
    identity = _needed(record, "userIdentity", dict)
    name = _needed(record, "eventName", str)
    arns, owner = _resources(record)
    account = identity.get("accountId") if isinstance(identity.get("accountId"), str) else ""
    return Event(
        event_time=_time(_needed(record, "eventTime", str)),
        event_source=_needed(record, "eventSource", str),
        event_name=name,
        aws_region=_text(record, "awsRegion"),
        user_identity=identity,
        read_only=_truth(record, "readOnly", default=name.startswith(_READS)),
        recipient_account_id=_text(record, "recipientAccountId") or account,
        event_id=_text(record, "eventID"),
        request_parameters=_optional(record, "requestParameters", dict),
        response_elements=_optional(record, "responseElements", dict),
        error_code=_text(record, "errorCode"),
        error_message=_text(record, "errorMessage"),
        resources=arns,
        event_type=_text(record, "eventType") or "AwsApiCall",
        additional_event_data=_optional(record, "additionalEventData", dict),
        service_event_details=_optional(record, "serviceEventDetails", dict),
        shared_event_id=_text(record, "sharedEventID"),
        source_ip_address=_text(record, "sourceIPAddress"),
        user_agent=_text(record, "userAgent"),
        request_id=_text(record, "requestID"),
        management_event=_truth(record, "managementEvent", default=True),
        event_category=_text(record, "eventCategory") or "Management",
        vpc_endpoint_id=_text(record, "vpcEndpointId"),
        vpc_endpoint_account_id=_text(record, "vpcEndpointAccountId"),
        api_version=_text(record, "apiVersion"),
        session_credential_from_console=_truth(record, "sessionCredentialFromConsole"),
        resource_account_id=owner,
    )


def _needed(record: Record, field: str, kind: type) -> Any:
    value = _optional(record, field, kind)
    if value is None:
        raise RecordError(f"{field} is missing")
    if value == "":
        raise RecordError(f"{field} is {_shown(value)}, not {_KINDS[kind]}")
    return value


def _optional(record: Record, field: str, kind: type) -> Any:
    value = record.get(field)
    if value is None or isinstance(value, kind):
        return value
    raise RecordError(f"{field} is {_shown(value)}, not {_KINDS[kind]}")


def _text(record: Record, field: str) -> str:
    return _optional(record, field, str) or ""


_TRUTHS = {"true": True, "false": False}


def _truth(record: Record, field: str, *, default: bool = False) -> bool:
    """Read a truth value, also as text, as sessionCredentialFromConsole has it."""
    value = record.get(field)
    if value is None:
        return default
    if isinstance(value, str):
        value = _TRUTHS.get(value, value)
    if isinstance(value, bool):
        return value
    raise RecordError(f"{field} is {_shown(value)}, not true or false")


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        # Where a record has no offset, it is the UTC that CloudTrail writes.
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RecordError(f"eventTime is {_shown(text)}, not a time") from None


def _resources(record: Record) -> tuple[tuple[str, ...], str]:
    """Return the ARNs of the resources, and the account of those whose ARN does not say it.

    The list has an object's bucket too, which is left out. Some resources have only the beginning
    of an ARN, and are left out as well.
    """
    resources = record.get("resources")
    if not resources:
        return (), ""
    if not isinstance(resources, list):
        raise RecordError(f"resources is {_shown(resources)}, not a list")
    found: list[str] = []
    owner = ""
    for item in resources:
        arn = item.get("ARN") if isinstance(item, dict) else item
        if isinstance(arn, str):
            found.append(arn)
            if _BUCKET in arn and isinstance(item, dict) and isinstance(item.get("accountId"), str):
                owner = item["accountId"]
        elif arn is not None:
            raise RecordError(f"resources holds {_shown(arn)}, not an ARN")
    if len(found) > 1:
        above = {arn.partition("/")[0] for arn in found if _BUCKET in arn and "/" in arn}
        found = [arn for arn in found if arn not in above]
    return tuple(found), owner


_BUCKET = ":s3:::"
"""Part of the ARN of a bucket and of an object: neither has the account."""

_KINDS: Mapping[type, str] = {str: "a text", dict: "an object"}


def _shown(value: object) -> str:
    """Shorten a value for an error text: it may be long, and of any type."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = value if isinstance(value, str) else str(value)
    return f"{text[:40]!a}{'...' if len(text) > 40 else ''}"


MOST = 100
"""So many notes are kept as text."""


@dataclass(frozen=True, slots=True)
class FileNote:
    """A note on a file or on one of its records.

    Parameters
    ----------
    file
        Its path.
    position
        Which of its records, counted from 1; 0 for the file itself.
    what
        The note, as a sentence.
    """

    file: str
    position: int
    what: str

    def __str__(self) -> str:
        place = f", record {self.position:,}" if self.position else ""
        return f"{self.file}{place}: {self.what}"


class FileNotes(list[FileNote]):
    """The first notes on some files, and how many there are in all.

    Examples
    --------
    >>> notes = FileNotes(most=1)
    >>> notes.add("a.json", 3, "eventName is missing")
    >>> notes.add("a.json", 4, "eventTime is missing")
    >>> len(notes), notes.total
    (1, 2)
    >>> print(notes)
    a.json, record 3: eventName is missing
    and 1 more
    """

    __slots__ = ("most", "total")

    def __init__(self, most: int = MOST) -> None:
        super().__init__()
        self.most, self.total = most, 0

    def add(self, file: str, position: int, what: str) -> None:
        """Add a note."""
        self.total += 1
        if len(self) < self.most:
            self.append(FileNote(file, position, what))

    def copy(self) -> FileNotes:
        """Return a copy that begins with the same notes."""
        made = FileNotes(self.most)
        made += self
        made.total = self.total
        return made

    def __repr__(self) -> str:
        return f"<{self.total} noted>"

    def __str__(self) -> str:
        more = self.total - len(self)
        return "\n".join([*map(str, self), *([f"and {more:,} more"] if more else [])])
