"""Address ranges: those that ``aws:SourceIp`` never holds, and those written at greater length.

``aws:SourceIp`` is the address that AWS sees, so a public one. Private addresses come through a
VPC endpoint only, and stand in ``aws:VpcSourceIp``.

Notes
-----
AWS page: "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.policy.advice.spots import Spot, on_conditions
from iamlab.policy.advice.values import is_readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.advice.case import Detector
    from iamlab.policy.advice.finding import Finding

_PRIVATE_4 = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_PRIVATE_6 = ipaddress.IPv6Network("fc00::/7")


@lru_cache(maxsize=4096)
def is_private(value: str) -> bool:
    """Say whether a range holds private addresses only.

    Examples
    --------
    >>> is_private("10.1.0.0/16"), is_private("203.0.113.0/24"), is_private("0.0.0.0/0")
    (True, False, False)
    """
    network = ipaddress.ip_network(value, strict=False)
    if isinstance(network, ipaddress.IPv6Network):
        return network.subnet_of(_PRIVATE_6)
    return any(map(network.subnet_of, _PRIVATE_4))


def _private(spot: Spot) -> Iterator[Finding]:
    """No request from a private address has ``aws:SourceIp``."""
    if spot.family != "Ip" or spot.key != "aws:sourceip":
        return
    ranges = [one for one in spot.condition.values if is_readable("IpAddress", one)]
    private = set(filter(is_private, ranges))
    if not private or len(ranges) < len(spot.condition.values):
        return
    what = f"{spot.condition.key} is a public address, and never in {min(private)}."
    middle = "NOT_" if spot.is_negated else ""
    if len(private) == len(set(ranges)):
        mend = "Write public ranges, or use aws:VpcSourceIp with aws:SourceVpc."
        yield spot.find(f"PRIVATE_{middle}IP_ADDRESS", what, mend)
    else:
        public = tuple(one for one in spot.condition.values if one not in private)
        mend = "Leave private ranges out, or give them to aws:VpcSourceIp."
        better = spot.instead(values=public)
        yield spot.find(f"PRIVATE_{middle}IP_ADDRESS_SUBSET", what, mend, better)


def _host_bits(spot: Spot) -> Iterator[Finding]:
    """What stands behind the prefix of a range does not count."""
    if spot.family != "Ip":
        return
    for index, value in enumerate(spot.condition.values):
        if "/" not in value or not is_readable("IpAddress", value):
            continue
        network = ipaddress.ip_network(value, strict=False)
        if ipaddress.ip_interface(value).ip == network.network_address:
            continue
        yield spot.find(
            "IMPROVE_IP_RANGE",
            f"Of {value} only the first {network.prefixlen} bits count.",
            f"Write {network}.",
            spot.with_value(index, str(network)),
            value=index,
        )


DETECTORS: tuple[Detector, ...] = (on_conditions(_private, _host_bits),)
