"""Events in the fields of a CloudTrail record, the log that holds them, and the codes of errors.

CloudTrail writes down that a call failed, but not with the code that the caller gets. What the API
calls ``AccessDeniedException`` is ``AccessDenied`` in the log, for most services. IAM's own errors
have the names of their classes there, and EC2 says whose fault it was: the client's.

Notes
-----
AWS pages: "CloudTrail record contents"; "CloudTrail userIdentity element"; "Viewing CloudTrail
events with the AWS CLI", for times that count as within. No page lists the error codes: they are
those of published logs of 2024 to 2026, where IAM, STS and EC2 are sure, the other services likely.
Of IAM's ``ValidationError`` it is likely that the log has ``ValidationException``; STS's other
errors are taken to keep their codes, as no log is known that says otherwise.
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

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import pandas as pd

    from iamlab.errors import AwsError


Outcome = Literal["allowed", "denied", "failed"]

API_CALL, CONSOLE_SIGN_IN, SERVICE_EVENT = "AwsApiCall", "AwsConsoleSignIn", "AwsServiceEvent"
"""What an event can be of."""

MANAGEMENT, DATA = "Management", "Data"
"""Categories of events; a trail has those of data only if it is told to."""


@with_old_names
@dataclass(frozen=True, slots=True)
class Event:
    """One call, or one sign-in.

    Parameters
    ----------
    user_identity
        Who called: CloudTrail's ``userIdentity`` element.
    request_parameters
        As they were sent, without secrets; ``None`` where the call was refused for want of
        permission, for most services.
    error_code, error_message
        As CloudTrail writes them; empty when the call succeeded.
    recipient_account_id
        The account in whose log it stands.
    resources
        ARNs that it was about, where they are noted.
    shared_event_id
        What the events of one call have in common that stand in the logs of several accounts.
    source_ip_address, user_agent
        Where the call came from, and the program that made it; of a service, its name.
    request_id
        The call, which events in several accounts have in common.
    vpc_endpoint_id, vpc_endpoint_account_id
        The VPC endpoint that the call went through, and whose that is.
    session_credential_from_console
        Whether somebody called who is signed in to the console.
    resource_account_id
        Whose the resources are of which the ARN does not say it, as in S3.
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
        """How it ended: ``"allowed"``, ``"denied"`` for want of permission, or ``"failed"``.

        Of a caller who could not show who he is, no permission was looked for: that failed.
        """
        if self.error_code:
            return "denied" if is_denial(self.error_code) else "failed"
        return "failed" if self.error_message else "allowed"

    def to_dict(self) -> dict[str, Any]:
        """Give it as a CloudTrail record."""
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
        """Say what it was about: of an object in S3, the bucket too, which has an owner."""
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

_REFUSALS: Mapping[str, str] = {
    "ec2": "Client.UnauthorizedOperation",
    "resource-explorer-2": "UnauthorizedException",
}
"""Service -> the code of its refusals, where that is not ``AccessDenied``."""

_KEEP_PARAMETERS = frozenset(
    (
        *("ec2", "s3"),
        *("appsync", "bedrock", "ce", "eks", "guardduty", "securityhub"),
    )
)
"""Services whose refusals show what was asked; those of all others do not."""

_CLASSES: Mapping[str, str] = {
    "NotSupportedService": "ServiceNotSupportedException",
    "ReportExpired": "CredentialReportExpiredException",
    "ReportInProgress": "CredentialReportNotReadyException",
    "ReportNotPresent": "CredentialReportNotPresentException",
    "ValidationError": "ValidationException",
}
"""Errors of IAM whose class is not called like the code."""

_DENIALS = ("accessdenied*", "*unauthorizedoperation")
"""What to look for in logs, in lower case, to find what was refused for want of permission."""

_DENIALS_OF_SERVICES = frozenset(
    (
        *("authorizationerror", "authorizationerrorexception"),  # SNS
        *("forbidden", "forbiddenexception"),
        *("notauthorized", "notauthorizedexception"),
        *("unauthorized", "unauthorizedexception"),
        "operationnotpermitted",
        "vpceaccessdenied",  # an endpoint's policy
    )
)
"""The same of single services."""

_UNAUTHENTICATED = frozenset(
    (
        *("authfailure", "client.authfailure"),
        *("expiredtoken", "expiredtokenexception"),
        *("invalidclienttokenid", "signaturedoesnotmatch", "unrecognizedclientexception"),
    )
)
"""Codes, in lower case, of calls whose caller could not show who he is."""


def code_of(service: str, error: AwsError) -> str:
    """Give the code that the event has.

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
    """Say whether an event shows what was asked; most refusals do not."""
    return not isinstance(error, AccessDenied) or service in _KEEP_PARAMETERS


def is_denial(code: str) -> bool:
    """Say whether a code in a log means that permission was missing.

    Examples
    --------
    >>> is_denial("Client.UnauthorizedOperation"), is_denial("NoSuchBucket")
    (True, False)
    """
    small = code.lower()
    return small in _DENIALS_OF_SERVICES or any(glob(pattern, small) for pattern in _DENIALS)


def is_unauthenticated(code: str) -> bool:
    """Say whether a code means that nobody knows who called, so no permission was looked for.

    Examples
    --------
    >>> is_unauthenticated("ExpiredToken"), is_unauthenticated("AccessDenied")
    (True, False)
    """
    return code.lower() in _UNAUTHENTICATED


COLUMNS = ("time", "account", "who", "event", "outcome", "error", "resource", "region", "from")
"""What a table of events has."""


class EventLog(Shown, Record, list[Event]):
    """Events, in the order in which they happened."""

    __slots__ = ()

    def to_frame(self) -> pd.DataFrame:
        """Give it as a table: who did what, and how it ended.

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
    """Say an event in the columns of a table."""
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
