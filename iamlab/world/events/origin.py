"""Where a call comes from, as its event says it: an address, a VPC endpoint, a service.

Notes
-----
AWS pages: "CloudTrail record contents", for ``sourceIPAddress`` and ``vpcEndpointId``; "CloudTrail
userIdentity element", for ``invokedBy``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.errors import NoSuchEntity
from iamlab.world.context import AGENT
from iamlab.world.networks import way_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.networks import Network
    from iamlab.world.services.ec2.vpc_endpoints import VpcEndpoint
    from iamlab.world.world import World


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
        return way_of(world, network, service, region)
    except NoSuchEntity:  # this very call may have deleted it
        return None
