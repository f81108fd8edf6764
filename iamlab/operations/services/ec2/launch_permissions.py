"""What starting an instance needs permission for: the instance, and all that it uses.

RunInstances is authorized on the image, the instance, its network interface, security groups,
subnet and volume, and on a key pair, snapshot, placement group or launch template in the call.
What has no id yet ends with ``/*``. Most of these resources aren't in the world: only their ARNs
count. Without a subnet or security group, the call uses the default ones, which have ids, too.

Notes
-----
AWS pages: "Actions, resources, and condition keys for Amazon EC2"; "Example policies for Amazon
EC2"; "Grant permission to tag Amazon EC2 resources during creation"; "Grant a user permissions to
pass a role to an AWS service".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from iamlab.operations.services.apis import region_of
from iamlab.operations.services.ec2.tagged_resources import arn_of, for_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.model.account import Account
    from iamlab.model.providers import InstanceProfile
    from iamlab.operations.registry import Parameters

ANYONES = ("image", "snapshot")
"""Types whose ARNs name no account: they can be shared."""


def needed_to_launch(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
    """Return the pairs that RunInstances needs in addition to that of the new instance."""
    used = _used(account, arguments)
    arns = [arn for kind in used for arn in _arns(account, arguments, kind, used)]
    pairs = [("ec2:RunInstances", arn) for arn in dict.fromkeys(arns)]
    return [*pairs, *pass_role(account, arguments), *for_tags(account, arguments)]


def _used(account: Account, arguments: Parameters) -> dict[str, list[str]]:
    """Return the names of what a call uses, by the type of resource."""
    interfaces = list(_mappings(arguments.get("NetworkInterfaces")))
    devices = _mappings(arguments.get("BlockDeviceMappings"))
    disks = _mappings([device.get("Ebs") for device in devices])
    call = [arguments, *interfaces]
    template = list(_mappings([arguments.get("LaunchTemplate")]))
    return {
        "image": _texts(call, "ImageId") or ["*"],
        "network-interface": _texts(interfaces, "NetworkInterfaceId") or ["*"],
        "security-group": _texts(call, "SecurityGroupIds", "Groups")
        or [default_id(account, arguments, "sg")],
        "subnet": _texts(call, "SubnetId") or [default_id(account, arguments, "subnet")],
        "volume": ["*"],
        "key-pair": _texts(call, "KeyName"),
        "snapshot": _texts(disks, "SnapshotId"),
        "placement-group": _texts(_mappings([arguments.get("Placement")]), "GroupName"),
        "launch-template": _texts(template, "LaunchTemplateId") or ["*"] * len(template),
    }


def _mappings(values: Any) -> Iterator[Mapping[str, Any]]:
    """Return the mappings of a list; nothing else can be in it."""
    yield from (value for value in values or () if isinstance(value, Mapping))


def _texts(parts: Iterable[Mapping[str, Any]], *names: str) -> list[str]:
    """Return the texts that some parameters have, alone or in lists."""
    values = [part.get(name) for part in parts for name in names]
    listed = [text for value in values for text in (value if isinstance(value, list) else [value])]
    return [text for text in listed if isinstance(text, str)]


def _arns(
    account: Account, arguments: Parameters, kind: str, used: Mapping[str, list[str]]
) -> list[str]:
    """Return the ARNs of what a call uses of a type."""
    arns = [arn_of(account, arguments, f"{kind}/{name}") for name in used[kind]]
    owner = f":{account.account_id}:"
    return [arn.replace(owner, "::", 1) for arn in arns] if kind in ANYONES else arns


def default_id(account: Account, arguments: Parameters, prefix: str) -> str:
    """Return the id of an account's default VPC, subnet or security group in a Region."""
    what = f"default {prefix} {account.account_id} {region_of(arguments)}"
    return f"{prefix}-{account.world.ids.hidden(what, '0123456789abcdef', 17)}"


def keys_of_launch(account: Account, arguments: Parameters) -> dict[str, Any]:
    """Return the condition keys for starting instances; each type of resource has some of them."""
    used, profile = _used(account, arguments), named_profile(account, arguments)
    places = list(_mappings([arguments.get("Placement")]))
    vpc = arguments.get("VpcId", default_id(account, arguments, "vpc"))
    known = {
        "ec2:AvailabilityZone": _texts(places, "AvailabilityZone"),
        "ec2:InstanceProfile": [] if profile is None else [profile.arn],
        "ec2:InstanceType": _texts([arguments], "InstanceType"),
        "ec2:LaunchTemplate": _arns(account, arguments, "launch-template", used),
        "ec2:Region": [region_of(arguments)],
        "ec2:RootDeviceType": ["ebs"],
        "ec2:Subnet": _arns(account, arguments, "subnet", used),
        "ec2:Tenancy": _texts(places, "Tenancy") or ["default"],
        "ec2:Vpc": [arn_of(account, arguments, f"vpc/{vpc}")],
    }
    return {key: values[0] for key, values in known.items() if values}


def named_profile(account: Account, arguments: Parameters) -> InstanceProfile | None:
    """Find the instance profile of a call, by name or ARN."""
    named = arguments.get("IamInstanceProfile", {})
    name, arn = named.get("Name"), named.get("Arn")
    every = account.instance_profiles.values()
    return next((profile for profile in every if name == profile.name or arn == profile.arn), None)


def pass_role(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
    """Return the permission to pass the role in the profile."""
    profile = named_profile(account, arguments)
    return [("iam:PassRole", role.arn) for role in (profile.roles if profile else ())]
