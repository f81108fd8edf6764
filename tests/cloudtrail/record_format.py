"""Whether records are such as CloudTrail could have written: fields, types, values, sizes.

Written from what AWS documents of records ("CloudTrail record contents", "CloudTrail userIdentity
element"), and from nothing of the package.
"""

import ipaddress
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from iamlab import World
from iamlab.operations.sts.session import Session

Record = dict[str, Any]

ACCOUNT = re.compile(r"\d{12}")
HOST = re.compile(r"[a-z0-9][a-z0-9.-]*\.amazonaws\.com")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KEY_ID = re.compile(r"A[KS]IA[A-Z0-9]{16,}|AKIA[A-Z0-9]+")
NAME = re.compile(r"[A-Z][A-Za-z0-9]+")
TIME = "%Y-%m-%dT%H:%M:%SZ"
US_STYLE = re.compile(r"[A-Z][a-z]{2} \d{2}, \d{4}, \d{2}:\d{2}:\d{2} [AP]M")
ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")

NOTHING = type(None)
ALWAYS: dict[str, tuple[type, ...]] = {
    "eventVersion": (str,),
    "userIdentity": (dict,),
    "eventTime": (str,),
    "eventSource": (str,),
    "eventName": (str,),
    "awsRegion": (str,),
    "sourceIPAddress": (str,),
    "userAgent": (str,),
    "requestParameters": (dict, NOTHING),
    "responseElements": (dict, NOTHING),
    "eventID": (str,),
    "readOnly": (bool,),
    "eventType": (str,),
    "managementEvent": (bool,),
    "recipientAccountId": (str,),
    "eventCategory": (str,),
}
SOMETIMES: dict[str, tuple[type, ...]] = {
    "errorCode": (str,),
    "errorMessage": (str,),
    "requestID": (str,),
    "additionalEventData": (dict,),
    "resources": (list,),
    "apiVersion": (str,),
    "sharedEventID": (str,),
    "serviceEventDetails": (dict,),
    "vpcEndpointId": (str,),
    "vpcEndpointAccountId": (str,),
    "sessionCredentialFromConsole": (str,),
}
EVENT_TYPES = ("AwsApiCall", "AwsConsoleSignIn", "AwsServiceEvent")

WITH_ARN = {"type", "principalId", "arn", "accountId"}
# Type of identity -> the fields that it must have, and those that it may have also.
IDENTITIES: dict[str, tuple[set[str], set[str]]] = {
    "Root": (WITH_ARN, {"accessKeyId", "userName", "sessionContext", "invokedBy"}),
    "IAMUser": (
        {"type", "accountId", "userName"},
        {*WITH_ARN, "accessKeyId", "sessionContext", "invokedBy"},
    ),
    "AssumedRole": ({*WITH_ARN, "sessionContext"}, {"accessKeyId", "invokedBy"}),
    "FederatedUser": ({*WITH_ARN, "sessionContext"}, {"accessKeyId", "invokedBy"}),
    "SAMLUser": ({"type", "principalId", "userName", "identityProvider"}, set()),
    "WebIdentityUser": ({"type", "principalId", "userName", "identityProvider"}, set()),
    "AWSService": ({"type", "invokedBy"}, set()),
    "AWSAccount": ({"type", "principalId", "accountId"}, {"invokedBy"}),
    "IdentityCenterUser": ({"type", "accountId", "onBehalfOf"}, {"credentialId"}),
    "Unknown": ({"type"}, set()),
}
OF_SESSIONS = {
    *("sessionIssuer", "webIdFederationData", "attributes", "sourceIdentity"),
    *("ec2RoleDelivery", "assumedRoot"),
}
KEEP_PARAMETERS = {"ec2", "s3", "appsync", "bedrock", "ce", "eks", "guardduty", "securityhub"}


def problems(record: Record) -> list[str]:
    """Yield everything that a CloudTrail record can't be."""
    found = [*_fields(record)]
    if found:
        return found
    checks = (_head, _end, _kind, _sizes, _way, _resources, _parameters)
    found += [problem for check in checks for problem in check(record)]
    return found + [f"userIdentity: {item}" for item in _identity(record["userIdentity"])]


def _fields(record: Record) -> Iterator[str]:
    yield from (f"{name} is missing" for name in ALWAYS if name not in record)
    known = ALWAYS | SOMETIMES
    for name, value in record.items():
        if name not in known:
            yield f"no record has {name}"
        elif type(value) not in known[name]:
            yield f"{name} is {value!r}"
    yield from (f"{name} is empty" for name in SOMETIMES if name in record and not record[name])
    try:
        json.dumps(record, allow_nan=False)
    except (TypeError, ValueError) as error:
        yield f"it is no JSON: {error}"


def _head(record: Record) -> Iterator[str]:
    forms = {
        "eventSource": HOST,
        "awsRegion": REGION,
        "eventID": UUID,
        "eventName": NAME,
        "recipientAccountId": ACCOUNT,
        "requestID": UUID,
        "sharedEventID": UUID,
        "vpcEndpointAccountId": ACCOUNT,
        "eventVersion": re.compile(r"1\.(0[89]|1[01])"),
        "sessionCredentialFromConsole": re.compile("true"),
    }
    for name, form in forms.items():
        if name in record and not form.fullmatch(record[name]):
            yield f"{name} is {record[name]!r}"
    try:
        datetime.strptime(record["eventTime"], TIME)  # noqa: DTZ007 - Z is part of it
    except ValueError:
        yield f"eventTime is {record['eventTime']!r}"


def _end(record: Record) -> Iterator[str]:
    code, message = record.get("errorCode", ""), record.get("errorMessage", "")
    service = record["eventSource"].removesuffix(".amazonaws.com")
    if record["eventType"] == "AwsConsoleSignIn":
        ended = list((record["responseElements"] or {}).values())
        if code or ended not in (["Success"], ["Failure"]):
            yield f"a sign-in ended as {code} {ended}"
        if (ended == ["Failure"]) != (message == "Failed authentication"):
            yield f"a sign-in ended as {ended}: {message}"
        return
    if message and not code:
        yield f"it has {code!r} and says {message!r}"
    if code and record["responseElements"] is not None:
        yield "it failed, and answered"
    refused = code.startswith("AccessDenied") or code.endswith("UnauthorizedOperation")
    if refused and service not in KEEP_PARAMETERS and record["requestParameters"] is not None:
        yield f"{service} refused, and shows what was asked"
    if refused and code != ("Client.UnauthorizedOperation" if service == "ec2" else "AccessDenied"):
        yield f"{service} does not say {code}"
    if service == "ec2" and code and not code.startswith("Client."):
        yield f"EC2 does not say {code}"
    if service == "iam" and code and not (refused or code.endswith("Exception")):
        yield f"IAM does not say {code}"


def _kind(record: Record) -> Iterator[str]:
    if record["eventType"] not in EVENT_TYPES:
        yield f"eventType is {record['eventType']!r}"
    if record["eventCategory"] != ("Management" if record["managementEvent"] else "Data"):
        yield f"eventCategory is {record['eventCategory']!r}"
    if (record["eventType"] == "AwsApiCall") != ("requestID" in record):
        yield "a call has a requestID, and nothing else has"
    if (record["eventType"] == "AwsServiceEvent") != ("serviceEventDetails" in record):
        yield "serviceEventDetails are of events of services"
    reads = record["readOnly"] and record["eventSource"] != "sts.amazonaws.com"
    if reads and record["responseElements"] is not None:
        yield "it only reads, and its answer is noted"
    if record["eventName"] in ("PassRole", "TagSession", "SetSourceIdentity", "SetContext"):
        yield f"{record['eventName']} is no call"


def _sizes(record: Record) -> Iterator[str]:
    limits = {
        "requestParameters": 100 * 1024,
        "responseElements": 100 * 1024,
        "additionalEventData": 28 * 1024,
    }
    for name, most in limits.items():
        if name in record and len(json.dumps(record[name])) > most:
            yield f"{name} is too large"
    for name in ("errorMessage", "userAgent"):
        if len(record.get(name, "").encode("utf-8", "surrogatepass")) > 1024:
            yield f"{name} is too long"


def _way(record: Record) -> Iterator[str]:
    address, invoker = record["sourceIPAddress"], record["userIdentity"].get("invokedBy")
    if invoker:
        if (address, record["userAgent"]) != (invoker, invoker):
            yield f"{invoker} calls, and it comes from {address}"
        return
    try:
        ipaddress.ip_address(address)
    except ValueError:
        yield f"sourceIPAddress is {address!r}"
    if not record["userAgent"]:
        yield "userAgent is empty"
    if ("vpcEndpointId" in record) != ("vpcEndpointAccountId" in record):
        yield "of a VPC endpoint both id and account are told"


def _resources(record: Record) -> Iterator[str]:
    for resource in record.get("resources", []):
        if not resource.get("ARN", "").startswith("arn:") or not resource.keys() <= {
            *("ARN", "accountId", "type")
        }:
            yield f"resources has {resource!r}"
        if "accountId" in resource and not ACCOUNT.fullmatch(resource["accountId"]):
            yield f"a resource is of account {resource['accountId']!r}"
        if "type" in resource and not re.fullmatch(r"AWS::\w+::\w+", resource["type"]):
            yield f"a resource is of type {resource['type']!r}"


def _parameters(record: Record) -> Iterator[str]:
    for name in ("requestParameters", "responseElements"):
        for key in record[name] or {}:
            if key[:1].isupper() and record["eventType"] == "AwsApiCall":
                yield f"{name} has {key!r}"
    for text in _texts(record["responseElements"]):
        if ISO.match(text) and not US_STYLE.fullmatch(text):
            yield f"an answer has the time {text!r}"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for item in value.values() for text in _texts(item))
    elif isinstance(value, list):
        yield from (text for item in value for text in _texts(item))


def _identity(identity: Record) -> Iterator[str]:
    kind = identity.get("type")
    if kind not in IDENTITIES:
        yield f"type is {kind!r}"
        return
    must, may = IDENTITIES[kind]
    yield from (f"{kind} has no {name}" for name in sorted(must - identity.keys()))
    yield from (f"{kind} has {name}" for name in sorted(identity.keys() - must - may))
    account = identity.get("accountId", "")
    if account and account != "ANONYMOUS_PRINCIPAL" and not ACCOUNT.fullmatch(account):
        yield f"accountId is {account!r}"
    if "accessKeyId" in identity and not KEY_ID.fullmatch(identity["accessKeyId"]):
        yield f"accessKeyId is {identity['accessKeyId']!r}"
    if kind == "Root" and identity.get("principalId") != account:
        yield f"the root user's id is {identity.get('principalId')!r}"
    if kind == "AssumedRole" and ":" not in identity.get("principalId", ""):
        yield f"principalId is {identity.get('principalId')!r}"
    yield from _session(kind, identity.get("sessionContext"))


def _session(kind: str, session: Any) -> Iterator[str]:
    if session is None:
        return
    if not isinstance(session, dict) or not session or not session.keys() <= OF_SESSIONS:
        yield f"sessionContext is {session!r}"
        return
    issued = session.get("attributes", {})
    if issued.keys() != {"creationDate", "mfaAuthenticated"}:
        yield f"a session's attributes are {issued!r}"
    elif issued["mfaAuthenticated"] not in ("true", "false"):
        yield f"mfaAuthenticated is {issued['mfaAuthenticated']!r}"
    issuer = session.get("sessionIssuer", {})
    types = {"AssumedRole": ("Role",), "FederatedUser": ("IAMUser", "Root")}.get(kind, (None,))
    if issuer.get("type") not in types:
        yield f"sessionIssuer is {issuer!r}"


def problems_of_log(records: Iterable[Record]) -> list[str]:
    """Yield what is wrong between records: ids, and what several accounts log."""
    calls: dict[str, list[Record]] = defaultdict(list)
    pairs: dict[str, list[Record]] = defaultdict(list)
    seen, found = set(), []
    for record in records:
        if record["eventID"] in seen:
            found.append(f"eventID {record['eventID']} is there twice")
        seen.add(record["eventID"])
        if "requestID" in record:
            calls[record["requestID"]].append(record)
        if "sharedEventID" in record:
            pairs[record["sharedEventID"]].append(record)
    for key, same in pairs.items():
        accounts = {item["recipientAccountId"] for item in same}
        if len(accounts) != 2 or len(same) != 2 or any("errorCode" in item for item in same):
            found.append(f"sharedEventID {key} is of {len(same)} events in {accounts}")
            continue
        kinds = [item["userIdentity"]["type"] for item in same]
        if (
            kinds[1] != "AWSAccount"
            or len({(item["eventName"], item["requestID"]) for item in same}) > 1
        ):
            found.append(f"sharedEventID {key}: {kinds}")
    found += [
        f"requestID {key} is of {len(same)} events"
        for key, same in calls.items()
        if len(same) > 1 and len({item.get("sharedEventID") for item in same}) > 1
    ]
    return found


def secrets_of(world: World) -> set[str]:
    """Collect what nobody may find in the log of a world: of keys, and of sessions."""
    holders = [
        holder
        for account in world.accounts.values()
        for holder in (account.root, *account.users.values())
    ]
    key_ids = [key_id for holder in holders for key_id in holder.key_records]
    found = {world.ids.secret_of(key_id) for key_id in (*key_ids, *world.sessions)}
    return found | {Session(world, session).session_token for session in world.sessions.values()}
