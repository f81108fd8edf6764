"""How a call is made: from an address or a VPC, through an endpoint, for a service, with tags.

Notes
-----
AWS pages: "AWS global condition context keys", section "Properties of the network"; "AWS
PrivateLink concepts".
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypedDict, cast

from iamlab.errors import NoSuchEntity, RequestError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.policy.document import Policy


SOMEWHERE = "198.18.0.10"
"""Where calls come from if nothing is said: an address that no policy has in its ranges, not even
one that is made of the addresses for examples."""

INSIDE = "10.0.0.10"
"""The caller's address inside of a VPC, if none is said."""

_PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128"),
    )
)


class VpcEndpoint(Protocol):
    """What calls need to know of a VPC endpoint, which EC2's operations make."""

    account: Account
    arn: str
    vpc_id: str
    endpoint_policy: Policy

    @property
    def name(self) -> str: ...  # noqa: D102 - said where it is computed

    @property
    def region(self) -> str: ...  # noqa: D102

    @property
    def vpc_arn(self) -> str: ...  # noqa: D102

    @property
    def for_service(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Network:
    """Where a call comes from.

    Parameters
    ----------
    ip
        The caller's address. If it is a private one and the call finds no VPC endpoint, it leaves
        through a NAT gateway, whose address is the one that AWS sees.
    vpc
        The VPC that the caller is in: ``vpc-0a1b2c``. A call goes through an endpoint there, if
        there is one for its service.
    endpoint
        The VPC endpoint itself, its id or ARN; calls of other services than its own pass it by.

    Raises
    ------
    RequestError
        The address is none, or one of them is no text.

    Examples
    --------
    >>> Network(ip="198.51.100.7").outside
    '198.51.100.7'
    >>> Network(ip="10.1.2.3").outside
    '198.18.0.10'
    """

    ip: str = ""
    vpc: str = ""
    endpoint: str = ""

    outside: str = field(init=False, repr=False, compare=False)
    """The address that AWS sees of a call over the internet."""
    inside: str = field(init=False, repr=False, compare=False)
    """The address that AWS sees of a call through a VPC endpoint."""

    def __post_init__(self) -> None:
        arn = getattr(self.endpoint, "arn", self.endpoint)
        for name, text in (("ip", self.ip), ("vpc", self.vpc), ("endpoint", arn)):
            if not isinstance(text, str):
                raise RequestError(f"{name} must be text, and is {text!r}.")
        is_private = False
        if self.ip:
            try:
                address = ipaddress.ip_address(self.ip)
            except ValueError:
                raise RequestError(
                    f"{self.ip!r} is no address: write one such as 203.0.113.10."
                ) from None
            is_private = any(
                address in network for network in _PRIVATE if network.version == address.version
            )
        object.__setattr__(self, "endpoint", arn)
        object.__setattr__(self, "outside", self.ip if self.ip and not is_private else SOMEWHERE)
        object.__setattr__(self, "inside", self.ip if is_private else INSIDE)


@dataclass(frozen=True, slots=True)
class Here:
    """What ``world.network`` gives: at the end of a ``with`` calls come from where they did."""

    world: World
    before: Network

    def __enter__(self) -> Network:
        return self.world.current_network

    def __exit__(self, *_: object) -> None:
        self.world.current_network = self.before


def find_endpoint(world: World, named: str) -> VpcEndpoint:
    """Find a VPC endpoint by its id or ARN.

    Raises
    ------
    NoSuchEntity
        There is none.
    """
    every = list(_endpoints(world))
    for endpoint in every:
        if named in (endpoint.name, endpoint.arn):
            return endpoint
    error = NoSuchEntity(f"The VPC endpoint {named} cannot be found.")
    error.add_note(did_you_mean(named, (endpoint.name for endpoint in every)))
    raise error


def endpoint_for(world: World, network: Network, service: str, region: str) -> VpcEndpoint | None:
    """Return the VPC endpoint that a call of a service goes through; ``None``: the internet.

    Parameters
    ----------
    region
        The Region that is called, if that is known: an endpoint leads to the service in its own.
    """

    def fits(endpoint: VpcEndpoint) -> bool:
        return endpoint.for_service == service and region in ("", endpoint.region)

    if network.endpoint:
        endpoint = find_endpoint(world, network.endpoint)
        return endpoint if fits(endpoint) else None
    if not network.vpc:
        return None
    every = (endpoint for endpoint in _endpoints(world) if endpoint.vpc_id == network.vpc)
    return next(filter(fits, every), None)


def _endpoints(world: World) -> Iterator[VpcEndpoint]:
    for account in world.accounts.values():
        for resource in account.resources.values():
            if resource.kind == "VPC endpoint":
                yield cast("VpcEndpoint", resource)


class Circumstances(TypedDict, total=False):
    """How a call is made, where that matters. Whoever leaves one out leaves it to the world.

    Parameters
    ----------
    network
        Where the call comes from; else from where ``world.network(...)`` says.
    via
        The services that call for the principal: ``"athena.amazonaws.com"``, or several, the first
        one first. They use forward access sessions.
    source_arn
        Of a service that calls for itself: the resource for which it does, a trail, say.
    request_tags
        Tags that the call sends.
    region
        The Region whose endpoint is called; else the resource's own.
    """

    network: Network
    via: str | Sequence[str]
    source_arn: str
    request_tags: Mapping[str, str]
    region: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How every call of a world is made that does not say otherwise: reach() uses it."""

    context: Mapping[str, ContextValue] = field(default_factory=dict)
    circumstances: Circumstances = field(default_factory=Circumstances)
