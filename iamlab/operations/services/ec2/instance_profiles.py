"""Which instance has which instance profile: given at the start or later, replaced, taken away.

Whoever gives one hands the role in it to EC2, and so must be allowed to pass that role. EC2 itself
asks only later whether the role lets it.

Notes
-----
AWS pages: "Use instance profiles"; "API AssociateIamInstanceProfile" and its two likes; "Grant a
user permissions to pass a role to an AWS service".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.errors import did_you_mean
from iamlab.errors.ec2 import (
    IncorrectInstanceState,
    IncorrectState,
    InvalidAssociationIDNotFound,
    InvalidParameterCombination,
)
from iamlab.errors.services import InvalidParameterValue
from iamlab.operations.services.ec2.instance import Association, Instance, find_instance
from iamlab.operations.services.ec2.tagged_resources import arn_of, does, new_id

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.providers import InstanceProfile
    from iamlab.operations.registry import Parameters


def profile_in(account: Account, given: Parameters) -> InstanceProfile | None:
    """Find the instance profile that a call names, by name or ARN; only the account's own are.

    Raises
    ------
    InvalidParameterValue
        There is none, or no role in it.
    InvalidParameterCombination
        It is named twice.
    """
    named = given.get("IamInstanceProfile")
    if not named:
        return None
    if "Name" in named and "Arn" in named:
        raise InvalidParameterCombination(
            "The parameter 'iamInstanceProfile.name' may not be used in combination with "
            "'iamInstanceProfile.arn'"
        )
    profile = named_profile(account, given)
    if profile is None:
        raise _no_profile(account, named)
    if not profile.roles:
        raise InvalidParameterValue(
            f'IAM Instance Profile "{profile.arn}" has no associated IAM Roles'
        )
    return profile


def named_profile(account: Account, given: Parameters) -> InstanceProfile | None:
    """Find the instance profile that a call names, by its name or its ARN."""
    named = given.get("IamInstanceProfile", {})
    every = account.instance_profiles.values()
    return next(
        (one for one in every if named.get("Name") == one.name or named.get("Arn") == one.arn), None
    )


def _no_profile(account: Account, named: Parameters) -> InvalidParameterValue:
    value = named.get("Name", named.get("Arn"))
    part, noun = ("name", "name") if "Name" in named else ("arn", "ARN")
    error = InvalidParameterValue(
        f"Value ({value}) for parameter iamInstanceProfile.{part} is invalid. "
        f"Invalid IAM Instance Profile {noun}"
    )
    error.add_note(did_you_mean(str(value), account.instance_profiles))
    return error


def pass_role(account: Account, given: Parameters) -> list[tuple[str, str]]:
    """Ask whether the caller may pass the role in the profile."""
    profile = named_profile(account, given)
    return [("iam:PassRole", role.arn) for role in (profile.roles if profile else ())]


def associated(account: Account, profile: InstanceProfile) -> Association:
    """Make the association of an instance with a profile."""
    return Association(new_id(account, "iip-assoc"), profile.arn, profile.unique_id)


def write(instance: Instance) -> dict[str, Any]:
    """Write the association of an instance, as the API answers it."""
    held = instance.association
    if held is None:
        return {}
    profile = {"Arn": held.profile_arn, "Id": held.profile_id}
    return {"AssociationId": held.association_id, "IamInstanceProfile": profile}


def _answer(instance: Instance) -> dict[str, Any]:
    return {"IamInstanceProfileAssociation": {"InstanceId": instance.name, **write(instance)}}


@does("AssociateIamInstanceProfile", on="InstanceId", answer=_answer, also=pass_role)
def associate_iam_instance_profile(account: Account, given: Parameters) -> Instance:
    """Give an instance that has none an instance profile."""
    instance, profile = find_instance(account, given), _must_name(account, given)
    if instance.association is not None:
        raise IncorrectState(f"There is an existing association for instance {instance.name}")
    _check_state(instance, "running", "stopped")
    instance.association, instance.delivered = associated(account, profile), {}
    return instance


def _must_name(account: Account, given: Parameters) -> InstanceProfile:
    profile = profile_in(account, given)
    if profile is None:
        raise InvalidParameterValue(
            "Value () for parameter iamInstanceProfile is invalid. Invalid IAM Instance Profile"
        )
    return profile


def _check_state(instance: Instance, *states: str) -> None:
    if instance.state not in states:
        wanted = " or ".join(f"'{state}'" for state in states)
        raise IncorrectInstanceState(
            f"The instance '{instance.name}' is not in the {wanted} state."
        )


def _of_association(account: Account, given: Parameters) -> str:
    """Give the ARN of the instance that an association belongs to."""
    found = _associated_with(account, given)
    return arn_of(account, given, "instance/*") if found is None else found.arn


def _associated_with(account: Account, given: Parameters) -> Instance | None:
    region = given.get("Region", DEFAULT_REGION)
    wanted = given.get("AssociationId")
    there = (one for one in account.resources.values() if isinstance(one, Instance))
    own = (one for one in there if one.association and one.region == region)
    return next((one for one in own if write(one)["AssociationId"] == wanted), None)


def _find_associated(account: Account, given: Parameters) -> Instance:
    instance = _associated_with(account, given)
    if instance is None:
        raise InvalidAssociationIDNotFound(
            f"An invalid association-id of '{given['AssociationId']}' was given"
        )
    return instance


@does(
    "ReplaceIamInstanceProfileAssociation",
    on="",
    about=_of_association,
    answer=_answer,
    also=pass_role,
)
def replace_iam_instance_profile_association(account: Account, given: Parameters) -> Instance:
    """Give a running instance another instance profile; the association gets a new id."""
    instance, profile = _find_associated(account, given), _must_name(account, given)
    _check_state(instance, "running")
    instance.association, instance.delivered = associated(account, profile), {}
    return instance


@does("DisassociateIamInstanceProfile", on="", about=_of_association, answer=_answer)
def disassociate_iam_instance_profile(account: Account, given: Parameters) -> Instance:
    """Take an instance's profile away."""
    instance = _find_associated(account, given)
    instance.association = None
    return instance
