"""EC2: the operations that start, stop and terminate instances, and attach instance profiles.

Attaching a profile passes its role to EC2, so the caller needs iam:PassRole. EC2 assumes the role
only later. Images, subnets and the like aren't in the world; a call names them for its permissions.

Notes
-----
AWS pages: "API RunInstances"; "Configure the Instance Metadata Service options"; "Use instance
profiles"; "API AssociateIamInstanceProfile" and the two similar pages; "Grant a user permissions to
pass a role to an AWS service".
"""

from __future__ import annotations

import ipaddress
from itertools import count
from typing import TYPE_CHECKING, Any

from iamlab.errors import did_you_mean, noted
from iamlab.errors.ec2 import (
    IncorrectInstanceState,
    IncorrectState,
    InvalidAssociationIDNotFound,
    InvalidIPAddressInUse,
    InvalidParameterCombination,
    InvalidVpcIDMalformed,
)
from iamlab.errors.services import InvalidParameterValue
from iamlab.operations.services.apis import all_of, keep
from iamlab.operations.services.ec2.instance import (
    Association,
    Instance,
    find_instance,
    find_instances,
)
from iamlab.operations.services.ec2.tagged_resources import (
    arn_of,
    does,
    needed_to_create,
    new_id,
    tags_at_start,
)
from iamlab.operations.services.names_and_tags import check_region, region_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.model.account import Account
    from iamlab.model.providers import InstanceProfile
    from iamlab.operations.registry import Parameters

METADATA: dict[str, Sequence[str | int]] = {
    "HttpTokens": ("optional", "required"),
    "HttpEndpoint": ("enabled", "disabled"),
    "HttpPutResponseHopLimit": range(1, 65),
}
"""The values of the metadata service's options; the first is the default."""


def _invalid(value: object, parameter: str, why: str = "") -> InvalidParameterValue:
    text = f"Value ({value}) for parameter {parameter} is invalid. {why}"
    return InvalidParameterValue(text.rstrip())


def check_vpc(vpc_id: object) -> None:
    """Check the form of a VPC's id; VPCs themselves aren't in the world.

    Raises
    ------
    InvalidVpcIDMalformed
        It isn't valid.
    """
    if not (isinstance(vpc_id, str) and vpc_id.startswith("vpc-")):
        raise InvalidVpcIDMalformed(f'Invalid id: "{vpc_id}" (expecting "vpc-...")')


def _also(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
    needed = needed_to_create("ec2:RunInstances", account, arguments)
    return [*needed, *_pass_role(account, arguments)]


def _keys(account: Account, arguments: Parameters) -> dict[str, Any]:
    """Return the condition keys for starting instances; each type of resource has some of them."""
    profile, options = _named_profile(account, arguments), arguments.get("MetadataOptions", {})
    sent = {name: options[name] for name in METADATA if _is_one(name, options.get(name))}
    placement, subnet = arguments.get("Placement", {}), arguments.get("SubnetId")
    known = {
        "ec2:AvailabilityZone": placement.get("AvailabilityZone"),
        "ec2:InstanceProfile": None if profile is None else profile.arn,
        "ec2:InstanceType": arguments.get("InstanceType"),
        "ec2:Region": region_of(arguments),
        "ec2:RootDeviceType": "ebs",
        "ec2:Subnet": subnet and arn_of(account, arguments, f"subnet/{subnet}"),
        "ec2:Tenancy": placement.get("Tenancy", "default"),
        "ec2:Vpc": arn_of(account, arguments, f"vpc/{_vpc(account, arguments)}"),
    }
    return {
        **{key: value for key, value in known.items() if isinstance(value, str)},
        **{f"ec2:Metadata{name}": value for name, value in sent.items()},
    }


def _vpc(account: Account, arguments: Parameters) -> str:
    """Return the id of the VPC: the account's default VPC, if the call names none."""
    default_vpc = f"default vpc {account.account_id} {region_of(arguments)}"
    digits = account.world.ids.hidden(default_vpc, "0123456789abcdef", 17)
    return str(arguments.get("VpcId", f"vpc-{digits}"))


@does("RunInstances", on="instance/*", also=_also, keys=_keys)
def run_instances(account: Account, arguments: Parameters) -> list[Instance]:
    """Start instances. Subnets aren't modelled, so a call can name the VPC itself."""
    check_region(arguments)
    number, profile = _count(arguments), _profile_in(account, arguments)
    vpc = _vpc(account, arguments)
    check_vpc(vpc)
    options, tags = _options(arguments), tags_at_start(arguments, "instance")
    _check_address(account, vpc, arguments)
    made, address = [], arguments.get("PrivateIpAddress")
    for _ in range(number):
        arn = arn_of(account, arguments, new_id(account, "i"))
        instance = Instance(account, arn, dict(tags), vpc_id=vpc, metadata_options=dict(options))
        instance.address = address or _address(account, vpc, instance.name)
        if profile is not None:
            instance.association = _associated(account, profile)
        made.append(keep(instance))
    return made


def _count(arguments: Parameters) -> int:
    least, most = arguments["MinCount"], arguments["MaxCount"]
    for name, value in (("minCount", least), ("maxCount", most)):
        if not 1 <= value <= 1000:
            raise _invalid(value, name)
    if least > most:
        raise _invalid(least, "minCount", "It exceeds maxCount.")
    return int(most)


def _options(arguments: Parameters) -> dict[str, str | int]:
    """Return the options of the metadata service, or their defaults."""
    started_with = {name: known[0] for name, known in METADATA.items()}
    return started_with | _checked(arguments.get("MetadataOptions", {}))


def _checked(options: Parameters) -> dict[str, str | int]:
    for name, value in options.items():
        if not _is_one(name, value):
            raise _invalid(value, name)
    return dict(options)


def _is_one(name: str, value: object) -> bool:
    """Return whether an option can have a value; ``True`` isn't 1."""
    known = METADATA.get(name, ())
    return value in known and type(value) is type(known[0])


def _check_address(account: Account, vpc: str, arguments: Parameters) -> None:
    wanted = arguments.get("PrivateIpAddress")
    if wanted is None:
        return
    try:
        ipaddress.IPv4Address(wanted)
    except ValueError:
        raise _invalid(wanted, "privateIpAddress", "Invalid IPv4 address") from None
    if arguments["MaxCount"] > 1 or wanted in _addresses(account, vpc):
        raise InvalidIPAddressInUse(f"Address {wanted} is in use.")


def _addresses(account: Account, vpc: str) -> set[str]:
    in_vpc = (instance for instance in all_of(account, Instance) if instance.vpc_id == vpc)
    return {instance.address for instance in in_vpc if instance.state != "terminated"}


def _address(account: Account, vpc: str, instance_id: str) -> str:
    """Return a free address of the VPC, which follows from the instance's id."""
    taken, ids = _addresses(account, vpc), account.world.ids
    drawn = (ids.hidden(f"address {instance_id} {turn}", "0123456789", 9) for turn in count())
    return next(address for address in map(_as_address, drawn) if address not in taken)


def _as_address(digits: str) -> str:
    """Make an address from nine digits; AWS reserves the first four of a subnet."""
    third, fourth = divmod(int(digits) % 64_000, 250)
    return f"10.0.{third}.{fourth + 4}"


@does("ModifyInstanceMetadataOptions", on="InstanceId")
def modify_instance_metadata_options(account: Account, arguments: Parameters) -> Instance:
    """Change the options of an instance's metadata service."""
    instance = find_instance(account, arguments, arguments["InstanceId"])
    wanted = {name: arguments[name] for name in METADATA if name in arguments}
    instance.metadata_options = {**instance.metadata_options, **_checked(wanted)}
    return instance


def _moves(name: str, state: str, done: str) -> None:
    """Register an operation that changes the state of instances; terminated ones don't change."""

    def move(account: Account, arguments: Parameters) -> list[Instance]:
        """Change the state of all instances, or of none."""
        found = find_instances(account, arguments)
        for instance in found:
            if instance.state == "terminated" and state != "terminated":
                text = f"is not in a state from which it can be {done}."
                raise IncorrectInstanceState(f"This instance '{instance.name}' {text}")
        for instance in found:
            if instance.state != state:
                instance.delivered = {}  # after the next start it gets new credentials
            instance.state = state
            if state == "terminated":
                instance.association = None
        return found

    does(name, on="InstanceIds")(move)


_moves("StopInstances", "stopped", "stopped")
_moves("StartInstances", "running", "started")
_moves("TerminateInstances", "terminated", "terminated")


# -- instance profiles: attached at the start or later, replaced, detached
# ---------------------------


def _profile_in(account: Account, arguments: Parameters) -> InstanceProfile | None:
    """Find the instance profile of a call, by name or ARN, in the account.

    Raises
    ------
    InvalidParameterValue
        There is no such profile, or it has no role.
    InvalidParameterCombination
        It is named by name and ARN.
    """
    named = arguments.get("IamInstanceProfile")
    if not named:
        return None
    if "Name" in named and "Arn" in named:
        raise InvalidParameterCombination(
            "The parameter 'iamInstanceProfile.name' may not be used in combination with "
            "'iamInstanceProfile.arn'"
        )
    profile = _named_profile(account, arguments)
    if profile is None:
        value = named.get("Name", named.get("Arn"))
        part, noun = ("name", "name") if "Name" in named else ("arn", "ARN")
        error = _invalid(
            value, f"iamInstanceProfile.{part}", f"Invalid IAM Instance Profile {noun}"
        )
        raise noted(error, did_you_mean(str(value), account.instance_profiles))
    if not profile.roles:
        text = f'IAM Instance Profile "{profile.arn}" has no associated IAM Roles'
        raise InvalidParameterValue(text)
    return profile


def _named_profile(account: Account, arguments: Parameters) -> InstanceProfile | None:
    """Find the instance profile of a call, by name or ARN."""
    named = arguments.get("IamInstanceProfile", {})
    name, arn = named.get("Name"), named.get("Arn")
    every = account.instance_profiles.values()
    return next((profile for profile in every if name == profile.name or arn == profile.arn), None)


def _pass_role(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
    """Return the permission to pass the role in the profile."""
    profile = _named_profile(account, arguments)
    return [("iam:PassRole", role.arn) for role in (profile.roles if profile else ())]


def _associated(account: Account, profile: InstanceProfile) -> Association:
    """Associate an instance with a profile."""
    return Association(new_id(account, "iip-assoc"), profile.arn, profile.unique_id)


@does("AssociateIamInstanceProfile", on="InstanceId", also=_pass_role)
def associate_iam_instance_profile(account: Account, arguments: Parameters) -> Instance:
    """Attach an instance profile to an instance without one."""
    instance = find_instance(account, arguments, arguments["InstanceId"])
    profile = _must_name(account, arguments)
    if instance.association is not None:
        raise IncorrectState(f"There is an existing association for instance {instance.name}")
    _check_state(instance, "running", "stopped")
    instance.association, instance.delivered = _associated(account, profile), {}
    return instance


def _must_name(account: Account, arguments: Parameters) -> InstanceProfile:
    profile = _profile_in(account, arguments)
    if profile is None:
        raise _invalid("", "iamInstanceProfile", "Invalid IAM Instance Profile")
    return profile


def _check_state(instance: Instance, *states: str) -> None:
    if instance.state not in states:
        wanted = " or ".join(f"'{state}'" for state in states)
        text = f"The instance '{instance.name}' is not in the {wanted} state."
        raise IncorrectInstanceState(text)


def _about(account: Account, arguments: Parameters) -> str:
    """Return the ARN of the instance that an association belongs to."""
    found = _associated_with(account, arguments)
    return arn_of(account, arguments, "instance/*") if found is None else found.arn


def _associated_with(account: Account, arguments: Parameters) -> Instance | None:
    wanted, region = arguments.get("AssociationId"), region_of(arguments)
    for instance in all_of(account, Instance):
        held = instance.association
        if instance.region == region and held and held.association_id == wanted:
            return instance
    return None


def find_associated(account: Account, arguments: Parameters) -> Instance:
    """Find the instance that a call's association belongs to."""
    instance = _associated_with(account, arguments)
    if instance is None:
        text = f"An invalid association-id of '{arguments['AssociationId']}' was given"
        raise InvalidAssociationIDNotFound(text)
    return instance


@does("ReplaceIamInstanceProfileAssociation", "", also=_pass_role, about=_about)
def replace_iam_instance_profile_association(account: Account, arguments: Parameters) -> Instance:
    """Replace a running instance's profile; the association gets a new id."""
    instance, profile = find_associated(account, arguments), _must_name(account, arguments)
    _check_state(instance, "running")
    instance.association, instance.delivered = _associated(account, profile), {}
    return instance


@does("DisassociateIamInstanceProfile", on="", about=_about)
def disassociate_iam_instance_profile(account: Account, arguments: Parameters) -> Instance:
    """Detach an instance's profile."""
    instance = find_associated(account, arguments)
    instance.association = None
    return instance
