"""How a call is made: its address or VPC, endpoint, calling service and tags.

Notes
-----
AWS pages: "AWS global condition context keys", section "Properties of the network"; "AWS
PrivateLink concepts".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self, TypedDict, cast

from iamlab.errors import NoSuchEntity, RequestError, did_you_mean, noted
from iamlab.policy.arn import REGIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.policy.document import Policy


SOMEWHERE = "198.18.0.10"
"""The default address of callers. No policy's ranges contain it, not even those of the addresses
for examples."""

INSIDE = "10.0.0.10"
"""The caller's default address in a VPC."""

_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
_PRIVATE = [
    *map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")),
    *map(ipaddress.ip_network, ("fc00::/7", "::1/128")),
]


class VpcEndpoint(Protocol):
    """The interface of a VPC endpoint, which EC2's operations create."""

    account: Account
    arn: str
    vpc_id: str
    endpoint_policy: Policy
    vpc_endpoint_type: str

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
        The caller's address. A call from a private address without a VPC endpoint goes through a
        NAT gateway, whose address AWS sees.
    vpc
        The caller's VPC: ``vpc-0a1b2c``. A call goes through its endpoint for the service, if there
        is one.
    endpoint
        The VPC endpoint, its id or ARN; calls to other services don't use it.

    Raises
    ------
    RequestError
        The address isn't valid, or a value isn't text.

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
    """The address that AWS sees for a call over the internet."""
    inside: str = field(init=False, repr=False, compare=False)
    """The address that AWS sees for a call through a VPC endpoint."""
    _leave: Callable[[], None] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        arn = getattr(self.endpoint, "arn", self.endpoint)
        for name, text in (("ip", self.ip), ("vpc", self.vpc), ("endpoint", arn)):
            if not isinstance(text, str):
                raise RequestError(f"{name} must be text, not {text!r}.")
        is_private = False
        if self.ip:
            try:
                address = ipaddress.ip_address(self.ip)
            except ValueError:
                raise RequestError(
                    f"{self.ip!r} isn't an address. Write one such as 203.0.113.10."
                ) from None
            is_private = any(
                address in network for network in _PRIVATE if network.version == address.version
            )
        object.__setattr__(self, "endpoint", arn)
        object.__setattr__(self, "_leave", None)
        object.__setattr__(self, "outside", self.ip if self.ip and not is_private else SOMEWHERE)
        object.__setattr__(self, "inside", self.ip if is_private else INSIDE)

    def until(self, leave: Callable[[], None]) -> Network:
        """Return the same network, to be used in a ``with`` that calls something at its end."""
        network = Network(self.ip, self.vpc, self.endpoint)
        object.__setattr__(network, "_leave", leave)
        return network

    def __enter__(self) -> Self:
        if self._leave is None:
            raise RequestError("Only the network of world.network(...) can be used in a with.")
        return self

    def __exit__(self, *_: object) -> None:
        if self._leave is not None:
            self._leave()


def find_endpoint(world: World, named: str) -> VpcEndpoint:
    """Find a VPC endpoint by its id or ARN.

    Raises
    ------
    NoSuchEntity
        There is no such endpoint.
    """
    every = list(_endpoints(world))
    for endpoint in every:
        if named in (endpoint.name, endpoint.arn):
            return endpoint
    error = NoSuchEntity(f"The VPC endpoint {named} cannot be found.")
    raise noted(error, did_you_mean(named, (endpoint.name for endpoint in every)))


def endpoint_for(world: World, network: Network, service: str, region: str) -> VpcEndpoint | None:
    """Return the VPC endpoint that a call to a service uses; ``None``: the internet.

    Parameters
    ----------
    region
        The called Region, if known: an endpoint leads to the service in its own Region.
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
    """How a call is made and its question is read. The world's settings fill in the rest.

    Parameters
    ----------
    network
        Where the call comes from; by default the place set with ``world.network(...)``.
    via
        The services that call on the principal's behalf with forward access sessions:
        ``"athena.amazonaws.com"``, or several in order.
    source_arn
        For a service that calls on its own behalf: the resource it calls for, such as a trail.
    request_tags
        Tags in the request.
    region
        The Region of the endpoint; by default the resource's.
    strict
        Whether to raise all problems of the question and of the policies at once, instead of saying
        them in ``assumed``: statements that AWS wouldn't save, resources that don't fit the action.
    allow_unknown
        Whether to decide actions that aren't in the catalogue, because they are newer.
    """

    network: Network
    via: str | Sequence[str]
    source_arn: str
    request_tags: Mapping[str, str]
    region: str
    strict: bool
    allow_unknown: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How calls of a world are made by default: reach() uses it."""

    context: Mapping[str, ContextValue] = field(default_factory=dict)
    circumstances: Circumstances = field(default_factory=Circumstances)


def check_circumstances(circumstances: Circumstances) -> None:
    """Check the names and types of the circumstances.

    Raises
    ------
    RequestError
        A circumstance isn't valid; the message has an example.
    """
    known = Circumstances.__annotations__
    for name in circumstances:
        if name not in known:
            raise RequestError(f"There is no {name}= here. {did_you_mean(name, known)}")
    network: object = circumstances.get("network")
    if network is not None and not isinstance(network, Network):
        raise RequestError(f"network is a Network(ip=...), not {network!r}.")
    via: object = circumstances.get("via") or ()
    if not isinstance(via, str | list | tuple):
        raise RequestError(f"via is a service or several: athena.amazonaws.com, not {via!r}.")
    for name in ("source_arn", "region"):
        text: object = circumstances.get(name, "")
        if text is not None and not isinstance(text, str):
            raise RequestError(f"{name} is text, not {text!r}.")
    region = circumstances.get("region")
    if region and region not in REGIONS:
        raise RequestError(f"There is no Region {region!r}. {did_you_mean(region, REGIONS)}")
    tags: object = circumstances.get("request_tags") or {}
    if not isinstance(tags, Mapping) or not all(
        isinstance(text, str) for pair in tags.items() for text in pair
    ):
        raise RequestError(f"request_tags is a dict of text to text, not {tags!r}.")


def services_of(via: str | Sequence[str]) -> tuple[str, ...]:
    """Return the services through which a call is made, after a check of their names."""
    found: tuple[object, ...] = (via,) if isinstance(via, str) else tuple(via)
    for service in found:
        if not (isinstance(service, str) and _SERVICE.fullmatch(service)):
            raise RequestError(f"via={service!r}: name a service such as athena.amazonaws.com.")
    return tuple(map(str, found))
