"""EC2: the operations that start, stop and end instances.

Of all that RunInstances needs permission for in AWS (an image, a subnet, a volume ...) only the
instance itself is asked here: the rest is not in the world.

Notes
-----
AWS pages: "API RunInstances"; "Configure the Instance Metadata Service options".
"""

from __future__ import annotations

import ipaddress
from itertools import count
from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.errors.ec2 import IncorrectInstanceState, InvalidIPAddressInUse, InvalidVpcIDMalformed
from iamlab.errors.services import InvalidParameterValue
from iamlab.operations.services.apis import check_region, keep
from iamlab.operations.services.ec2.instance import Instance, find_instance, find_instances
from iamlab.operations.services.ec2.instance_profiles import (
    associated,
    named_profile,
    pass_role,
    profile_in,
    write,
)
from iamlab.operations.services.ec2.tagged_resources import (
    arn_of,
    does,
    for_tags,
    new_id,
    tags_at_start,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters

NEW = "instance/*"
METADATA: dict[str, Sequence[str | int]] = {
    "HttpTokens": ("optional", "required"),
    "HttpEndpoint": ("enabled", "disabled"),
    "HttpPutResponseHopLimit": range(1, 65),
}
"""What the options of the metadata service may be; the first is what an instance starts with."""

_MOST = 1000
_HEX = "0123456789abcdef"


def default_vpc(account: Account, region: str) -> str:
    """Give the id of the VPC that is used if none is named."""
    what = f"default vpc {account.account_id} {region}"
    return f"vpc-{account.world.ids.hidden(what, _HEX, 17)}"


def check_vpc(vpc_id: object) -> None:
    """Check that an id may be one of a VPC; VPCs themselves are not in the world.

    Raises
    ------
    InvalidVpcIDMalformed
        It may not.
    """
    if not (isinstance(vpc_id, str) and vpc_id.startswith("vpc-")):
        raise InvalidVpcIDMalformed(f'Invalid id: "{vpc_id}" (expecting "vpc-...")')


def _answer(made: list[Instance]) -> dict[str, Any]:
    return {"Instances": [_write(one) for one in made]}


def _write(instance: Instance) -> dict[str, Any]:
    profile = {key: value for key, value in write(instance).items() if key != "AssociationId"}
    return {
        "InstanceId": instance.name,
        "PrivateIpAddress": instance.private_ip,
        "VpcId": instance.vpc_id,
        "State": {"Name": instance.state},
        "MetadataOptions": dict(instance.metadata_options),
        "Tags": [{"Key": key, "Value": value} for key, value in instance.tags.items()],
        **profile,
    }


def _also(account: Account, given: Parameters) -> list[tuple[str, str]]:
    return [*pass_role(account, given), *for_tags(account, given, NEW)]


def _keys(account: Account, given: Parameters) -> dict[str, Any]:
    """Give the condition keys by which the instances that may be started are narrowed down."""
    profile, options = named_profile(account, given), given.get("MetadataOptions", {})
    sent = {name: options[name] for name in METADATA if _is_one(name, options.get(name))}
    return {
        **({"ec2:InstanceProfile": profile.arn} if profile is not None else {}),
        **{f"ec2:Metadata{name}": value for name, value in sent.items()},
        **({"ec2:InstanceType": given["InstanceType"]} if "InstanceType" in given else {}),
        **({"ec2:CreateAction": "RunInstances"} if "TagSpecifications" in given else {}),
    }


@does("RunInstances", on=NEW, answer=_answer, also=_also, keys=_keys)
def run_instances(account: Account, given: Parameters) -> list[Instance]:
    """Start instances. Subnets are not modelled, so a call may name the VPC itself."""
    check_region(given)
    region = given.get("Region", DEFAULT_REGION)
    number, profile = _count(given), profile_in(account, given)
    vpc = given.get("VpcId", default_vpc(account, region))
    check_vpc(vpc)
    options, tags = _options(given), tags_at_start(given, NEW)
    _check_address(account, vpc, given)
    made = []
    for _ in range(number):
        instance = Instance(account, arn_of(account, given, new_id(account, "i")), dict(tags))
        instance.vpc_id, instance.metadata_options = vpc, dict(options)
        instance.address = given.get("PrivateIpAddress") or _address(account, vpc, instance.name)
        if profile is not None:
            instance.association = associated(account, profile)
        made.append(keep(instance))
    return made


def _count(given: Parameters) -> int:
    least, most = given["MinCount"], given["MaxCount"]
    for name, value in (("minCount", least), ("maxCount", most)):
        if not 1 <= value <= _MOST:
            raise InvalidParameterValue(f"Value ({value}) for parameter {name} is invalid.")
    if least > most:
        raise InvalidParameterValue(
            f"Value ({least}) for parameter minCount is invalid. It is more than maxCount."
        )
    return int(most)


def _options(given: Parameters) -> dict[str, str | int]:
    """Take the options of the metadata service, or those that an instance starts with."""
    found = {name: known[0] for name, known in METADATA.items()}
    for name, value in given.get("MetadataOptions", {}).items():
        found[name] = _option(name, value)
    return found


def _option(name: str, value: Any) -> str | int:
    if not _is_one(name, value):
        raise InvalidParameterValue(f"Value ({value}) for parameter {name} is invalid.")
    checked: str | int = value
    return checked


def _is_one(name: str, value: object) -> bool:
    """Say whether an option may have a value; ``True`` is not 1."""
    known = METADATA.get(name, ())
    return value in known and type(value) is type(known[0])


def _check_address(account: Account, vpc: str, given: Parameters) -> None:
    wanted = given.get("PrivateIpAddress")
    if wanted is None:
        return
    try:
        ipaddress.IPv4Address(wanted)
    except ValueError:
        raise InvalidParameterValue(
            f"Value ({wanted}) for parameter privateIpAddress is invalid. Invalid IPv4 address"
        ) from None
    if given["MaxCount"] > 1 or wanted in _addresses(account, vpc):
        raise InvalidIPAddressInUse(f"Address {wanted} is in use.")


def _addresses(account: Account, vpc: str) -> set[str]:
    every = account.resources.values()
    return {
        one.address
        for one in every
        if isinstance(one, Instance) and one.vpc_id == vpc and one.state != "terminated"
    }


def _address(account: Account, vpc: str, instance_id: str) -> str:
    """Draw an address of the VPC that nobody has; it follows from the instance's id."""
    taken, ids = _addresses(account, vpc), account.world.ids
    drawn = (ids.hidden(f"address {instance_id} {turn}", "0123456789", 9) for turn in count())
    return next(one for one in map(_as_address, drawn) if one not in taken)


def _as_address(digits: str) -> str:
    """Make an address of nine digits; the first four of a subnet are AWS's own."""
    third, fourth = divmod(int(digits) % 64_000, 250)
    return f"10.0.{third}.{fourth + 4}"


@does(
    "ModifyInstanceMetadataOptions",
    on="InstanceId",
    answer=lambda made: {
        "InstanceId": made.name,
        "InstanceMetadataOptions": dict(made.metadata_options),
    },
)
def modify_instance_metadata_options(account: Account, given: Parameters) -> Instance:
    """Change how an instance's metadata service answers."""
    instance = find_instance(account, given)
    wanted = {name: _option(name, given[name]) for name in METADATA if name in given}
    instance.metadata_options = {**instance.metadata_options, **wanted}
    return instance


def _move(account: Account, given: Parameters, state: str, done: str) -> None:
    """Bring instances into a state; of those that are ended only the end is possible."""
    found = find_instances(account, given)
    for one in found:
        if one.state == "terminated" and state != "terminated":
            raise IncorrectInstanceState(
                f"This instance '{one.name}' is not in a state from which it can be {done}."
            )
    for one in found:
        if one.state != state:
            one.delivered = {}  # whoever starts it again gets new credentials
        one.state = state
        if state == "terminated":
            one.association = None


@does("StopInstances", on="InstanceIds")
def stop_instances(account: Account, given: Parameters) -> None:
    """Stop instances."""
    _move(account, given, "stopped", "stopped")


@does("StartInstances", on="InstanceIds")
def start_instances(account: Account, given: Parameters) -> None:
    """Start stopped instances."""
    _move(account, given, "running", "started")


@does("TerminateInstances", on="InstanceIds")
def terminate_instances(account: Account, given: Parameters) -> None:
    """End instances: they are seen for a while, and never come back."""
    _move(account, given, "terminated", "terminated")
