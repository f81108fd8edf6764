"""The fields of an event: parameters and answers without secrets, and where a call comes from.

Notes
-----
AWS pages: "CloudTrail record contents", for the limits (what is larger is left out),
``sourceIPAddress`` and ``vpcEndpointId``; "CloudTrail userIdentity element", for ``invokedBy``.
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

if TYPE_CHECKING:
    from iamlab.model.network_locations import Network, VpcEndpoint
    from iamlab.model.world import World


MOST_OF_PARAMETERS = 100 * 1024
MOST_OF_ADDITIONAL_DATA = 28 * 1024
MOST_OF_TEXT = 1024
"""Bytes that an event holds of parameters (and as much of an answer), of additional data, and of
an error's message or a user agent."""

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

_RENAMED: Mapping[str, Mapping[str, str]] = {"s3": {"Bucket": "bucketName"}}
"""Service -> parameters that CloudTrail calls otherwise than the API's clients do."""


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
    if isinstance(value, float) and not isfinite(value):  # JSON has no such number
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def in_us_style(moment: datetime) -> str:
    """Write a time as CloudTrail does in answers.

    Examples
    --------
    >>> in_us_style(datetime(2026, 11, 25, 21, 0))
    'Nov 25, 2026, 09:00:00 PM'
    """
    return f"{_MONTHS[moment.month - 1]} {moment:%d, %Y, %I:%M:%S} {'AP'[moment.hour >= 12]}M"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Not those of whatever language the computer speaks."""


@lru_cache(maxsize=4096)
def _with_small_initial(name: str) -> str:
    """Write a name with a small first letter; the same text for all events that have it."""
    return sys.intern(name[:1].lower() + name[1:])


def within_limit(value: Any, most: int) -> Any:
    """Give a value as it is, or ``None`` if its JSON has too many bytes.

    Examples
    --------
    >>> within_limit({"a": "b"}, 10), within_limit({"a": "b" * 10}, 10)
    ({'a': 'b'}, None)
    """
    return value if value is None or len(json.dumps(value)) <= most else None


def clip(text: str, most: int = MOST_OF_TEXT) -> str:
    """Cut a text that has too many bytes, never within a character.

    Examples
    --------
    >>> clip("of maps", 4), clip("h\u00e9", 2)
    ('of m', 'h')
    """
    if len(text) * 4 <= most:  # no character has more
        return text
    return text.encode("utf-8", "surrogatepass")[:most].decode("utf-8", "ignore")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call comes from.

    Parameters
    ----------
    address
        The caller's address; of a service that calls, its name.
    agent
        The program that calls; of a service, its name again.
    endpoint_id, endpoint_account_id
        The VPC endpoint that it went through, and whose that is.
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
    """Say where a call comes from.

    Parameters
    ----------
    identity
        Who calls: the element ``userIdentity``.
    service, region
        What is called: only an endpoint of that service leads there.
    network
        Where the caller is, if that is not where the world's calls come from just now.
    """
    invoker = str(identity.get("invokedBy", ""))
    if invoker:
        return Origin(invoker, invoker)
    here = world.current_network if network is None else network
    endpoint = _endpoint(world, here, service, region)
    if endpoint is None:
        return Origin(here.outside)
    return Origin(here.inside, AGENT, endpoint.name, endpoint.account.account_id)


def _endpoint(world: World, network: Network, service: str, region: str) -> VpcEndpoint | None:
    try:
        return endpoint_for(world, network, service, region)
    except NoSuchEntity:  # this very call may have deleted it
        return None
