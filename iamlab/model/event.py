"""Events in the fields of a CloudTrail record, the log that holds them, and the codes of errors.

CloudTrail logs failed calls, but not with the code that the caller gets. For most services, the log
has ``AccessDenied`` where the API answers ``AccessDeniedException``. IAM's own errors have the
names of their classes, and EC2's begin with ``Client.``.

Notes
-----
AWS pages: "CloudTrail record contents"; "CloudTrail userIdentity element"; "Viewing CloudTrail
events with the AWS CLI", for inclusive times. No page lists the error codes: they come from
published logs of 2024 to 2026. They are certain for IAM, STS and EC2, and likely for other
services. IAM's ``ValidationError`` is likely ``ValidationException`` in the log. STS's other errors
are assumed to keep their codes, as no known log contradicts that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, overload

from iamlab import display
from iamlab.deprecated import with_old_names
from iamlab.display import Shown, count
from iamlab.errors import AccessDenied
from iamlab.model.record import Record
from iamlab.model.resources import resource_type
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.patterns import glob
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import pandas as pd

    from iamlab.errors import AwsError


Outcome = Literal["allowed", "denied", "failed"]

API_CALL, CONSOLE_SIGN_IN, SERVICE_EVENT = "AwsApiCall", "AwsConsoleSignIn", "AwsServiceEvent"
"""The categories of events."""

MANAGEMENT, DATA = "Management", "Data"
"""Categories of events; a trail logs data events only if configured."""


@with_old_names
@dataclass(frozen=True, slots=True)
class Event:
    """A call or a sign-in.

    Parameters
    ----------
    user_identity
        The caller: CloudTrail's ``userIdentity`` element.
    request_parameters
        As they were sent, without secrets; for most services ``None`` if the call was denied.
    error_code, error_message
        As CloudTrail writes them; empty when the call succeeded.
    recipient_account_id
        The account whose log it is in.
    resources
        The ARNs that the call was about, if CloudTrail logs them.
    shared_event_id
        The id that events of the same call share in the logs of several accounts.
    source_ip_address, user_agent
        Where the call came from, and its program; the name of a calling service.
    request_id
        The id of the call, which events in several accounts share.
    vpc_endpoint_id, vpc_endpoint_account_id
        The VPC endpoint that the call went through, and its account.
    session_credential_from_console
        Whether the caller was signed in to the console.
    resource_account_id
        The account of resources without an account in the ARN, as in S3.

    Examples
    --------
    >>> from iamlab import World
    >>> account = World(seed=7).create_account("acme")
    >>> dana = account.create_user("dana")
    >>> event = account.world.events[-1]
    >>> event.event_name, event.request_parameters
    ('CreateUser', {'userName': 'dana', 'path': '/'})
    """

    event_time: datetime
    event_source: str
    event_name: str
    aws_region: str
    user_identity: Mapping[str, Any]
    read_only: bool
    recipient_account_id: str
    event_id: str
    request_parameters: Mapping[str, Any] | None = None
    response_elements: Mapping[str, Any] | None = None
    error_code: str = ""
    error_message: str = ""
    resources: tuple[str, ...] = ()
    event_type: str = API_CALL
    additional_event_data: Mapping[str, Any] | None = None
    service_event_details: Mapping[str, Any] | None = None
    shared_event_id: str = ""
    source_ip_address: str = ""
    user_agent: str = ""
    request_id: str = ""
    management_event: bool = True
    event_category: str = MANAGEMENT
    vpc_endpoint_id: str = ""
    vpc_endpoint_account_id: str = ""
    api_version: str = ""
    session_credential_from_console: bool = False
    resource_account_id: str = ""

    @property
    def outcome(self) -> Outcome:
        """The outcome: ``"allowed"``, ``"denied"`` or ``"failed"``.

        A call with invalid credentials failed: AWS didn't check permissions.
        """
        if self.error_code:
            return "denied" if is_denial(self.error_code) else "failed"
        return "failed" if self.error_message else "allowed"

    def to_dict(self) -> dict[str, Any]:
        """Return the event as a CloudTrail record."""
        from_console = "true" if self.session_credential_from_console else ""
        if_there = {
            "errorCode": self.error_code,
            "errorMessage": self.error_message,
            "requestID": self.request_id,
            "resources": self._resource_records(),
            "apiVersion": self.api_version,
            "additionalEventData": self.additional_event_data,
            "sharedEventID": self.shared_event_id,
            "serviceEventDetails": self.service_event_details,
            "vpcEndpointId": self.vpc_endpoint_id,
            "vpcEndpointAccountId": self.vpc_endpoint_account_id,
            "sessionCredentialFromConsole": from_console,
        }
        return {
            "eventVersion": "1.11",
            "userIdentity": dict(self.user_identity),
            "eventTime": self.event_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": self.event_source,
            "eventName": self.event_name,
            "awsRegion": self.aws_region,
            "sourceIPAddress": self.source_ip_address,
            "userAgent": self.user_agent,
            "requestParameters": self.request_parameters,
            "responseElements": self.response_elements,
            "eventID": self.event_id,
            "readOnly": self.read_only,
            "eventType": self.event_type,
            "managementEvent": self.management_event,
            "recipientAccountId": self.recipient_account_id,
            "eventCategory": self.event_category,
            **{name: value for name, value in if_there.items() if value},
        }

    def _resource_records(self) -> list[dict[str, str]]:
        """Return the resources: for an object in S3 also the bucket, which has an owner."""
        found = []
        for text in self.resources:
            arn = Arn.parse(text) if is_arn(text) else None
            of_object = arn is not None and arn.service == "s3" and "/" in arn.resource
            found.append(self._resource_record(text, arn, has_owner=not of_object))
            if arn is not None and of_object:
                above = text.removesuffix(arn.resource) + arn.kind
                found.append(self._resource_record(above, Arn.parse(above), has_owner=True))
        return found

    def _resource_record(self, text: str, arn: Arn | None, *, has_owner: bool) -> dict[str, str]:
        if arn is None:
            return {"ARN": text}
        owner = (arn.account or self.resource_account_id) if has_owner else ""
        kind = resource_type(arn.service, arn.resource)
        return {
            "ARN": text,
            **({"accountId": owner} if owner.isdigit() else {}),
            **({"type": kind} if kind else {}),
        }


ACCESS_DENIED = "AccessDenied"

_CODES: Mapping[str, Any] = tables(__file__, "data/error_codes.toml")
_REFUSALS: Mapping[str, str] = _CODES["refusals"]
_CLASSES: Mapping[str, str] = _CODES["classes"]


def code_of(service: str, error: AwsError) -> str:
    """Return the code in the log.

    Examples
    --------
    >>> from iamlab.errors import NoSuchEntity
    >>> code_of("iam", NoSuchEntity("The user with name zoe cannot be found."))
    'NoSuchEntityException'
    >>> code_of("ec2", AccessDenied("no"))
    'Client.UnauthorizedOperation'
    """
    code = error.code
    if isinstance(error, AccessDenied):
        return _REFUSALS.get(service, ACCESS_DENIED)
    if service == "ec2":
        return f"Client.{code}"
    if service == "iam" and not code.endswith("Exception"):
        return _CLASSES.get(code, f"{code}Exception")
    return code


def keeps_parameters(service: str, error: AwsError | None) -> bool:
    """Return whether an event shows the parameters; most denied calls don't."""
    return not isinstance(error, AccessDenied) or service in _CODES["keep_parameters"]


def is_denial(code: str) -> bool:
    """Return whether a code in a log means that the call was denied.

    Examples
    --------
    >>> is_denial("Client.UnauthorizedOperation"), is_denial("NoSuchBucket")
    (True, False)
    """
    return any(glob(pattern, code.lower()) for pattern in _CODES["denials"])


def is_unauthenticated(code: str) -> bool:
    """Return whether a code means invalid credentials, so that AWS didn't check permissions.

    Examples
    --------
    >>> is_unauthenticated("ExpiredToken"), is_unauthenticated("AccessDenied")
    (True, False)
    """
    return code.lower() in _CODES["unauthenticated"]


COLUMNS = ("time", "account", "who", "event", "outcome", "error", "resource", "region", "from")
"""The columns of a table of events."""


class EventLog(Shown, Record, list[Event]):
    """Events, in the order in which they happened."""

    __slots__ = ()

    def to_frame(self) -> pd.DataFrame:
        """Return the events as a table: who did what, and how it ended.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> world.events.to_frame()["event"].tolist()
        ['iam:CreateUser']
        """
        return display.table(COLUMNS, map(row_of, self))

    def copy(self) -> EventLog:
        """Copy the log; the events are the same."""
        return type(self)(self)

    @overload
    def __getitem__(self, place: SupportsIndex) -> Event: ...

    @overload
    def __getitem__(self, place: slice) -> EventLog: ...

    def __getitem__(self, place: SupportsIndex | slice) -> Event | EventLog:
        if isinstance(place, slice):
            return type(self)(super().__getitem__(place))
        return super().__getitem__(place)

    def __repr__(self) -> str:
        times = sorted(event.event_time for event in self)
        ends = dict.fromkeys(f"{time:%Y-%m-%d %H:%M}" for time in (*times[:1], *times[-1:]))
        when = f", {' to '.join(ends)} UTC" if ends else ""
        return f"<EventLog: {count(len(self), 'event')}{when}>"

    def __add__(self, other: Iterable[Event]) -> EventLog:  # type: ignore[override]
        return type(self)((*self, *other)) if isinstance(other, list) else NotImplemented


def row_of(event: Event) -> tuple[object, ...]:
    """Return an event as a row of a table."""
    identity = event.user_identity
    who = (identity.get(name) for name in ("arn", "invokedBy", "principalId", "userName"))
    return (
        event.event_time,
        event.recipient_account_id,
        next((str(name) for name in who if name), str(identity.get("type", ""))),
        f"{event.event_source.removesuffix('.amazonaws.com')}:{event.event_name}",
        event.outcome,
        event.error_code or event.error_message,
        event.resources[0] if event.resources else "",
        event.aws_region,
        event.source_ip_address,
    )
