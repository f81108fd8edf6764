"""What happened in a world: who did what, and how it ended, in the fields of CloudTrail.

Secrets never become part of an event.

Notes
-----
AWS pages: "CloudTrail record contents"; "CloudTrail userIdentity element"; "Logging IAM and AWS STS
API calls with AWS CloudTrail".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.errors import AccessDenied
from iamlab.world.session_context import session_context

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.errors import AwsError
    from iamlab.world.gather import Gathered
    from iamlab.world.world import World


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
    resources
        ARNs that it was about, where they are noted.
    shared_event_id
        What the events of one call have in common that stand in the logs of several accounts.
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
    event_type: str = "AwsApiCall"
    additional_event_data: Mapping[str, Any] | None = None
    service_event_details: Mapping[str, Any] | None = None
    shared_event_id: str = ""

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
            **({"resources": [{"ARN": arn} for arn in self.resources]} if self.resources else {}),
            "eventID": self.event_id,
            "readOnly": self.read_only,
            "eventType": self.event_type,
            **({"additionalEventData": more} if (more := self.additional_event_data) else {}),
            "recipientAccountId": self.recipient_account_id,
            **({"sharedEventID": shared} if (shared := self.shared_event_id) else {}),
            **({"serviceEventDetails": told} if (told := self.service_event_details) else {}),
            "eventCategory": "Management",
        }
        return {key: value for key, value in record.items() if key[:5] != "error" or value}


def record(
    world: World,
    call: tuple[str, str],
    identity: Mapping[str, Any],
    account_id: str,
    *,
    read_only: bool,
    parameters: Mapping[str, Any] | None = None,
    answer: Mapping[str, Any] | None = None,
    error: AwsError | None = None,
    resources: tuple[str, ...] = (),
    region: str = "us-east-1",
    shared_event_id: str = "",
) -> None:
    """Add an event to a world's log.

    Parameters
    ----------
    call
        The service's prefix and the operation: ``("iam", "CreateUser")``.
    parameters, answer
        As the API names them; secrets are left out. A call that was refused for want of permission
        keeps no parameters.
    """
    refused = isinstance(error, AccessDenied)
    note(
        world,
        call,
        identity,
        account_id,
        region=region,
        read_only=read_only,
        request_parameters=None if refused or parameters is None else _plain(parameters),
        response_elements=_plain(answer) if answer else None,
        error_code=error.code if error else "",
        error_message=error.message if error else "",
        resources=resources,
        shared_event_id=shared_event_id,
    )


def note(
    world: World,
    call: tuple[str, str],
    identity: Mapping[str, Any],
    account_id: str,
    *,
    read_only: bool,
    region: str = "us-east-1",
    **more: Any,
) -> None:
    """Add an event with its fields as they are: of what is no call of an API, such as a sign-in.

    Parameters
    ----------
    more
        Further fields of :class:`Event`.
    """
    service, name = call
    world.events.append(
        Event(
            event_time=world.clock.now,
            event_source=f"{service}.amazonaws.com",
            event_name=name,
            aws_region=region,
            user_identity=identity,
            read_only=read_only,
            recipient_account_id=account_id,
            event_id=world.ids.event_id(),
            **more,
        )
    )


def _plain(value: Any) -> Any:
    """Write names as CloudTrail does, and leave secrets out."""
    if isinstance(value, Mapping):
        return {
            f"{name}"[:1].lower() + f"{name}"[1:]: part if name in _TAGS else _plain(part)
            for name, part in value.items()
            if name not in SECRETS
        }
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


SECRETS = frozenset(
    (
        *("Password", "OldPassword", "NewPassword", "PrivateKey", "AddPrivateKey", "TokenCode"),
        *("AuthenticationCode1", "AuthenticationCode2", "SecretAccessKey", "SessionToken"),
        *("ServicePassword", "ServiceCredentialSecret", "Base32StringSeed", "QRCodePNG"),
        *("WebIdentityToken", "SAMLAssertion", "TradeInToken", "ContextAssertion"),
    )
)
"""Names of parameters and of parts of answers whose values no message, log or event may hold.

CloudTrail itself shows the session token of the credentials that STS answers. Here it stays out:
secrets never reach an event, and with the id of the access key an event says which they are.
"""

_TAGS = frozenset(("PrincipalTags", "IncomingTransitiveTags"))
"""Parts whose keys are somebody's own words, so they stay as they are."""


def caller_identity(who: Gathered, access_key_id: str = "") -> dict[str, Any]:
    """Say who called, given all that is known of him.

    Parameters
    ----------
    access_key_id
        The id of the credentials that signed the call, if any were shown.
    """
    return user_identity(who.arn, who.context(), who.issuer, access_key_id, who.issuer_id)


def user_identity(
    arn: str,
    context: Mapping[str, Any],
    issuer: str | None,
    access_key_id: str = "",
    issuer_id: str = "",
) -> dict[str, Any]:
    """Say who called, given the caller's ARN and what the request's context knows of it.

    Parameters
    ----------
    issuer
        The ARN of whose permissions a session has, if he is another: of a role, or of the user who
        made a federated one.
    access_key_id
        The id of the credentials that signed the call, if any were shown.
    issuer_id
        The unique id of the issuer; that of a role stands before the session's name anyway.
    """
    account = str(context.get("aws:PrincipalAccount", ""))
    found: dict[str, Any] = {
        "type": _TYPES.get(str(context.get("aws:PrincipalType", "")), "AWSService"),
        "principalId": context.get("aws:userid", ""),
        "arn": arn,
        "accountId": account,
        **({"accessKeyId": access_key_id} if access_key_id else {}),
    }
    if found["type"] == "AWSService":
        return {"type": "AWSService", "invokedBy": arn}
    if "aws:username" in context:
        found["userName"] = context["aws:username"]
    maker = None
    if issuer and found["type"] == "FederatedUser":
        maker = _maker(issuer, account, issuer_id)
    elif issuer:
        maker = {
            "type": "Role",
            "principalId": str(found["principalId"]).partition(":")[0],
            "arn": issuer,
            "accountId": account,
            "userName": issuer.rpartition("/")[2],
        }
    session = session_context(context, maker)
    return {**found, "sessionContext": session} if session else found


def _maker(arn: str, account: str, unique_id: str) -> dict[str, str]:
    """Say who made a federated user: a user, or a root user."""
    _, slash, name = arn.rpartition("/")
    if not slash:
        return {"type": "Root", "principalId": account, "arn": arn, "accountId": account}
    return {
        "type": "IAMUser",
        "principalId": unique_id,
        "arn": arn,
        "accountId": account,
        "userName": name,
    }


_TYPES = {
    "User": "IAMUser",
    "AssumedRole": "AssumedRole",
    "Account": "Root",
    "FederatedUser": "FederatedUser",
}
"""The value of aws:PrincipalType -> the type of identity."""
