"""The fields of an event: who called, from where, and with which values, without secrets.

The caller is CloudTrail's element ``userIdentity`` with its ``sessionContext``. It follows from the
condition keys of the credentials, so all services' events describe a session alike. Long-term keys
don't have these condition keys, and no session.

Notes
-----
AWS pages: "CloudTrail record contents", for the limits (what is larger is left out),
``sourceIPAddress`` and ``vpcEndpointId``; "CloudTrail userIdentity element"; "Logging IAM and AWS
STS API calls with AWS CloudTrail", for what another account sees of a caller; "Monitor and control
actions taken with assumed roles", for the source identity. The name of an anonymous caller isn't
documented; it comes from published logs of S3. For a role that was assumed with MFA, AWS may log
``mfaAuthenticated`` as true, though policies don't see it; here both agree.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import AGENT
from iamlab.errors import NoSuchEntity
from iamlab.model.network_locations import endpoint_for
from iamlab.tables import tables

if TYPE_CHECKING:
    from iamlab.authorization.principal import PrincipalContext
    from iamlab.model.network_locations import Network, VpcEndpoint
    from iamlab.model.world import World


MOST_OF_TEXT = 1024
"""The most bytes of an error message or user agent in an event."""

_WORDS: dict[str, Any] = tables(__file__)
SECRETS = frozenset(_WORDS["secrets"].split())
"""Names of secret parameters and response fields, which no message, log or event can contain.

CloudTrail shows the session token in responses of STS. Here it is left out: events contain no
secrets, and the id of the access key identifies the credentials.
"""

LIMITS: Mapping[str, int] = _WORDS["limits"]
"""Part of an event -> its most bytes."""

_TAGS = frozenset(("PrincipalTags", "IncomingTransitiveTags"))
"""Fields whose keys users choose, so that their case doesn't change."""

_RENAMED: Mapping[str, Mapping[str, str]] = {"s3": {"Bucket": "bucketName"}}
"""Service -> parameters whose name in CloudTrail differs from the API's."""


def event_values(value: Any, service: str = "") -> Any:
    """Write names and times as CloudTrail does, and leave secrets out.

    Examples
    --------
    >>> event_values({"UserName": "ana", "Password": "Correct-Horse-1"})
    {'userName': 'ana'}
    >>> event_values({"Bucket": "star-maps"}, "s3")
    {'bucketName': 'star-maps'}
    """
    if isinstance(value, Mapping):
        names = _RENAMED.get(service, {})
        return {
            names.get(name) or _with_small_initial(f"{name}"): part
            if name in _TAGS
            else event_values(part)
            for name, part in value.items()
            if name not in SECRETS
        }
    if isinstance(value, list | tuple):
        return [event_values(part) for part in value]
    if isinstance(value, datetime):
        return in_us_style(value)
    if isinstance(value, float) and not isfinite(value):  # JSON doesn't have such a number
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def in_us_style(moment: datetime) -> str:
    """Write a time in the form of CloudTrail's response elements.

    Examples
    --------
    >>> in_us_style(datetime(2026, 11, 25, 21, 0))
    'Nov 25, 2026, 09:00:00 PM'
    """
    return f"{_MONTHS[moment.month - 1]} {moment:%d, %Y, %I:%M:%S} {'AP'[moment.hour >= 12]}M"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""English names, independent of the computer's language."""


@lru_cache(maxsize=4096)
def _with_small_initial(name: str) -> str:
    """Write a name with a lower-case first letter; all events share the text."""
    return sys.intern(name[:1].lower() + name[1:])


def within_limit(value: Any, most: int) -> Any:
    """Return a value as it is, or ``None`` if its JSON has too many bytes.

    Examples
    --------
    >>> within_limit({"a": "b"}, 10), within_limit({"a": "b" * 10}, 10)
    ({'a': 'b'}, None)
    """
    return value if value is None or len(json.dumps(value)) <= most else None


def clip(text: str, most: int = MOST_OF_TEXT) -> str:
    """Cut a text that has too many bytes, but not within a character.

    Examples
    --------
    >>> clip("of maps", 4), clip("h\u00e9", 2)
    ('of m', 'h')
    """
    if len(text) * 4 <= most:  # the most bytes of a character
        return text
    return text.encode("utf-8", "surrogatepass")[:most].decode("utf-8", "ignore")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call comes from.

    Parameters
    ----------
    address
        The caller's address, or the name of a calling service.
    agent
        The calling program, or the name of a calling service.
    endpoint_id, endpoint_account_id
        The VPC endpoint that the call went through, and its account.
    """

    address: str
    agent: str = AGENT
    endpoint_id: str = ""
    endpoint_account_id: str = ""


def origin_of(
    world: World,
    identity: Mapping[str, Any],
    service: str,
    region: str,
    network: Network | None = None,
) -> Origin:
    """Return where a call comes from.

    Parameters
    ----------
    identity
        The caller: the element ``userIdentity``.
    service, region
        The called service, whose VPC endpoint the call can use.
    network
        Where the caller is; by default the world's current network.
    """
    invoker = str(identity.get("invokedBy", ""))
    if invoker:
        return Origin(invoker, invoker)
    here = world.current_network if network is None else network
    endpoint = _endpoint(world, here, service, region) if here.vpc or here.endpoint else None
    agent = str(world.standing.context.get("aws:UserAgent", AGENT))
    if endpoint is None:
        return Origin(here.outside, agent)
    return Origin(here.inside, agent, endpoint.name, endpoint.account.account_id)


def _endpoint(world: World, network: Network, service: str, region: str) -> VpcEndpoint | None:
    try:
        return endpoint_for(world, network, service, region)
    except NoSuchEntity:  # this call may have deleted it
        return None


NOBODY = "ANONYMOUS_PRINCIPAL"
"""The account id that CloudTrail shows for an anonymous caller."""

UNKNOWN: Mapping[str, Any] = {"type": "Unknown"}
"""The identity of a caller with an unreadable token."""

_TYPES: Mapping[str, str] = _WORDS["identity_types"]
"""The value of ``aws:PrincipalType`` -> the type of identity."""


def caller_identity(
    who: PrincipalContext, access_key_id: str = "", via: str = ""
) -> dict[str, Any]:
    """Return the identity of a caller whose attributes are known.

    Parameters
    ----------
    access_key_id
        The id of the credentials that signed the call, if any.
    via
        The service that called on the principal's behalf.
    """
    if who.who().service:
        return {"type": "AWSService", "invokedBy": who.arn}
    found = user_identity(who.arn, who.context(), who.issuer, access_key_id, who.issuer_id)
    return {**found, "invokedBy": via} if via and "arn" in found else found


def user_identity(
    arn: str,
    context: Mapping[str, Any],
    issuer: str | None,
    access_key_id: str = "",
    issuer_id: str = "",
) -> dict[str, Any]:
    """Return the identity of a caller by ARN and the request's context.

    Parameters
    ----------
    issuer
        The ARN of the identity whose permissions a session has, if that isn't the caller: the role,
        or the user who created a federated user.
    access_key_id
        The id of the credentials that signed the call, if any.
    issuer_id
        The unique id of the issuer; a role's is also in front of the session's name.
    """
    principal_type = str(context.get("aws:PrincipalType", ""))
    if principal_type == "Anonymous":
        return {"type": "AWSAccount", "principalId": "", "accountId": NOBODY}
    if principal_type not in _TYPES:
        return dict(UNKNOWN)
    account = str(context.get("aws:PrincipalAccount", ""))
    found: dict[str, Any] = {
        "type": _TYPES[principal_type],
        "principalId": context.get("aws:userid", ""),
        "arn": arn,
        "accountId": account,
        **({"accessKeyId": access_key_id} if access_key_id else {}),
    }
    if "aws:username" in context:
        found["userName"] = context["aws:username"]
    is_federated = found["type"] == "FederatedUser"
    by = ("IAMUser", issuer_id) if is_federated else ("Role", id_in(found))
    maker = _issuer(by[0], issuer, account, by[1]) if issuer else None
    session = session_context(context, maker)
    return {**found, "sessionContext": session} if session else found


def identity_seen_from(account_id: str, identity: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an account sees of a caller: little of a caller in another account.

    Examples
    --------
    >>> ana = {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "userName": "ana",
    ...        "arn": "arn:aws:iam::111111111111:user/ana", "accountId": "111111111111"}
    >>> identity_seen_from("222222222222", ana)
    {'type': 'AWSAccount', 'principalId': 'AIDAEXAMPLE', 'accountId': '111111111111'}
    >>> identity_seen_from("111111111111", ana)["userName"]
    'ana'
    """
    own = identity.get("accountId", "")
    if "arn" not in identity or own in ("", account_id):
        return identity
    abroad = {"type": "AWSAccount", "principalId": identity.get("principalId", "")}
    via = {"invokedBy": identity["invokedBy"]} if "invokedBy" in identity else {}
    return {**abroad, "accountId": own, **via}


def issuer_of(identity: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return whose permissions a caller had: a session's issuer, or the caller.

    Examples
    --------
    >>> issuer_of({"type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/ana"})["type"]
    'IAMUser'
    """
    session = identity.get("sessionContext")
    issuer = session.get("sessionIssuer") if isinstance(session, Mapping) else None
    return issuer if isinstance(issuer, Mapping) and issuer else identity


def id_in(identity: Mapping[str, Any]) -> str:
    """Return the unique id of a user or role; empty if it is unknown."""
    return str(identity.get("principalId") or "").partition(":")[0]


def _issuer(kind: str, arn: str, account: str, unique_id: str) -> dict[str, str]:
    """Return whose permissions a session has: those of a role, a user, or a root user."""
    _, slash, name = arn.rpartition("/")
    if not slash:
        return {"type": "Root", "principalId": account, "arn": arn, "accountId": account}
    known = {"type": kind, "principalId": unique_id, "arn": arn}
    return {**known, "accountId": account, "userName": name}


def session_context(
    context: Mapping[str, Any], issuer: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what is known about a session; nothing for long-term keys.

    Parameters
    ----------
    context
        The condition keys of the caller.
    issuer
        The identity whose permissions it has: the element ``sessionIssuer``.

    Examples
    --------
    >>> session_context({"aws:TokenIssueTime": "2026-11-25T09:00:00Z"})
    {'attributes': {'creationDate': '2026-11-25T09:00:00Z', 'mfaAuthenticated': 'false'}}
    >>> session_context({"aws:userid": "AIDAEXAMPLE"})
    {}
    """
    found: dict[str, Any] = {} if issuer is None else {"sessionIssuer": dict(issuer)}
    federated = _web_identity(context)
    if federated:
        found["webIdFederationData"] = federated
    if "aws:TokenIssueTime" in context:
        found["attributes"] = {
            "creationDate": context["aws:TokenIssueTime"],
            "mfaAuthenticated": str(context.get("aws:MultiFactorAuthPresent") is True).lower(),
        }
    for key, name in _WORDS["of_session"].items():
        if key in context:
            found[name] = context[key]
    if context.get("aws:AssumedRoot") is True:
        found["assumedRoot"] = "true"
    return found


def _web_identity(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the web identity provider of a session, if it has one.

    The claims of an application's login (such as Cognito's) are attributes. Those of an account's
    own OIDC provider aren't logged, as in events of EKS.
    """
    provider = str(context.get("aws:FederatedProvider", ""))
    if not provider:
        return {}  # also for a SAML provider, which has no such element
    claims = {key: value for key, value in context.items() if key.startswith(f"{provider}:")}
    return {"federatedProvider": provider, "attributes": claims}
