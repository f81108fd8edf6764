"""One event: what happened, in the fields of a CloudTrail record.

Notes
-----
AWS pages: "CloudTrail record contents"; "CloudTrail userIdentity element".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from iamlab.policy.arn import Arn, is_arn
from iamlab.world.events.errors import is_denial
from iamlab.world.resource_types import resource_type

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Outcome = Literal["allowed", "denied", "failed"]

API_CALL, CONSOLE_SIGN_IN, SERVICE_EVENT = "AwsApiCall", "AwsConsoleSignIn", "AwsServiceEvent"
"""What an event can be of."""

MANAGEMENT, DATA = "Management", "Data"
"""Categories of events; a trail has those of data only if it is told to."""


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

    def to_json(self) -> dict[str, Any]:
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
