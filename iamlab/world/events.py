"""What happened in a world: who did what, and how it ended, in the fields of CloudTrail.

Secrets never become part of an event.

Notes
-----
AWS pages: "CloudTrail record contents"; "CloudTrail userIdentity element"; "Logging IAM and AWS STS
API calls with AWS CloudTrail".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One call.

    Parameters
    ----------
    user_identity
        Who called: CloudTrail's ``userIdentity`` element.
    request_parameters
        As they were sent, without secrets; ``None`` where the call was refused for want of
        permission, as IAM logs it.
    error_code, error_message
        Empty when the call succeeded.
    recipient_account_id
        The account in whose log it stands.
    """

    event_time: datetime
    event_source: str
    event_name: str
    aws_region: str
    user_identity: Mapping[str, Any]
    request_parameters: Mapping[str, Any] | None
    response_elements: Mapping[str, Any] | None
    read_only: bool
    recipient_account_id: str
    event_id: str
    error_code: str = ""
    error_message: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give it as a CloudTrail record."""
        record = {
            "eventVersion": "1.11",
            "userIdentity": dict(self.user_identity),
            "eventTime": self.event_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": self.event_source,
            "eventName": self.event_name,
            "awsRegion": self.aws_region,
            "errorCode": self.error_code,
            "errorMessage": self.error_message,
            "requestParameters": self.request_parameters,
            "responseElements": self.response_elements,
            "eventID": self.event_id,
            "readOnly": self.read_only,
            "eventType": "AwsApiCall",
            "recipientAccountId": self.recipient_account_id,
            "eventCategory": "Management",
        }
        return {key: value for key, value in record.items() if key[:5] != "error" or value}


def user_identity(arn: str, context: Mapping[str, Any], issuer: str | None) -> dict[str, Any]:
    """Say who called, given the caller's ARN and what the request's context knows of it."""
    account = str(context.get("aws:PrincipalAccount", ""))
    found: dict[str, Any] = {
        "type": _TYPES.get(str(context.get("aws:PrincipalType", "")), "AWSService"),
        "principalId": context.get("aws:userid", ""),
        "arn": arn,
        "accountId": account,
    }
    if "aws:username" in context:
        found["userName"] = context["aws:username"]
    if issuer:
        found["sessionContext"] = {
            "sessionIssuer": {
                "type": "Role",
                "principalId": str(context.get("aws:userid", "")).partition(":")[0],
                "arn": issuer,
                "accountId": account,
                "userName": issuer.rpartition("/")[2],
            }
        }
    if found["type"] == "AWSService":
        return {"type": "AWSService", "invokedBy": arn}
    return found


_TYPES = {"User": "IAMUser", "AssumedRole": "AssumedRole", "Account": "Root"}
"""The value of aws:PrincipalType -> the type of identity."""
