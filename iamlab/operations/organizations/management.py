"""AWS Organizations: the organization itself, its root and its OUs. The rest stands beside it.

AWS Organizations: types of policies, enabled and disabled.

Notes
-----
AWS pages: "Creating and managing an organization"; "Managing organizational units (OUs)".
AWS pages: "Enabling a policy type"; "Disabling a policy type".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors.organizations import (
    AlreadyInOrganizationException,
    ConstraintViolationException,
    DuplicateOrganizationalUnitException,
    OrganizationalUnitNotEmptyException,
    OrganizationalUnitNotFoundException,
    OrganizationNotEmptyException,
    PolicyTypeAlreadyEnabledException,
    PolicyTypeNotAvailableForOrganizationException,
    PolicyTypeNotEnabledException,
    RootNotFoundException,
)
from iamlab.model.organization.organization import Organization, organization_of
from iamlab.model.organization.policies import DEEPEST, SCP, TYPES, aws_managed, of_type, type_of
from iamlab.model.organization.targets import Container, Member, OrganizationalUnit, Root
from iamlab.operations.organizations import lookup as answers
from iamlab.operations.organizations.calls import (
    ANYBODY,
    DELEGATE,
    MEMBER,
    anything,
    as_one,
    found,
    lists,
    named_by,
    operation,
    parent_of,
    tagging,
)
from iamlab.operations.organizations.parameters import tags_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters

_AS_ORGANIZATION = as_one("Organization", answers.organization)
_AS_UNIT = as_one("OrganizationalUnit", answers.unit)
_AS_ROOT = as_one("Root", answers.root)


@operation("CreateOrganization", anything, answer=_AS_ORGANIZATION, by=ANYBODY)
def create_organization(account: Account, given: Parameters) -> Organization:
    """Make an organization. With all features its root has SCPs enabled from the start.

    So the API reference has it of ``CreateOrganization``; RCPs have to be enabled.
    """
    world = account.world
    if organization_of(world, account.account_id) is not None:
        raise AlreadyInOrganizationException(
            "The provided account is already a member of an organization."
        )
    key, root_id = world.ids.organization_id("o"), world.ids.organization_id("r")
    root = Root(world, key, root_id)
    made = Organization(world, key, account.account_id, root, given.get("FeatureSet", "ALL"))
    made.members[account.account_id] = Member(
        world, key, account.account_id, parent_id=root_id, joined_timestamp=world.clock.now
    )
    if made.feature_set == "ALL":
        made.policies = aws_managed(made)
        root.policy_types.append(SCP)
        for target in made.targets:
            target.attached.append(TYPES[SCP].full_access_id)
    world.organizations[key] = made
    account.changed()
    return made


@operation("DescribeOrganization", anything, by=MEMBER, answer=_AS_ORGANIZATION)
def describe_organization(organization: Organization, _: Parameters) -> Organization:
    """Read what the organization is: every account in it may."""
    return organization


@operation("DeleteOrganization", anything)
def delete_organization(organization: Organization, _: Parameters) -> None:
    """Delete an organization in which no other account is left."""
    if len(organization.members) > 1:
        raise OrganizationNotEmptyException(
            "To delete an organization you must first remove all member accounts (except the "
            "master)."
        )
    del organization.world.organizations[organization.id]
    organization.changed()


@lists("ListRoots", anything, "Roots", answers.root)
def list_roots(organization: Organization, _: Parameters) -> Iterable[Any]:
    """List the roots: there is one."""
    return [organization.root]


def unit_of(organization: Organization, given: Parameters) -> OrganizationalUnit:
    """Find the OU that a call is about."""
    refusal = OrganizationalUnitNotFoundException(
        "You specified an organizational unit that doesn't exist."
    )
    return found(organization.organizational_units, given["OrganizationalUnitId"], refusal)


def _check_name(parent: Container, name: str, but: OrganizationalUnit | None = None) -> None:
    """Insist that no other OU of the parent has that name."""
    if any(one.name == name and one is not but for one in parent.organizational_units):
        raise DuplicateOrganizationalUnitException("An OU with the same name already exists.")


@operation(
    "CreateOrganizationalUnit", named_by("ParentId"), answer=_AS_UNIT, also=tagging(anything)
)
def create_organizational_unit(organization: Organization, given: Parameters) -> OrganizationalUnit:
    """Make an OU: it is empty, and AWS's own policies of the enabled types hang on it."""
    parent = parent_of(organization, given["ParentId"])
    tags = tags_of(given)
    _check_name(parent, given["Name"])
    if len(organization.way_to(parent.id)) > DEEPEST:
        raise ConstraintViolationException(
            "You cannot add an organizational unit to the specified parent because it would "
            "exceed the max depth allowed.",
            "OU_DEPTH_LIMIT_EXCEEDED",
        )
    most = organization.quota("OrganizationalUnits")
    if len(organization.organizational_units) >= most:
        message = f"You have reached the limit of {most} organizational units."
        raise ConstraintViolationException(message, "OU_NUMBER_LIMIT_EXCEEDED")
    key = organization.world.ids.organization_id("ou", organization.root.id)
    unit = OrganizationalUnit(
        organization.world,
        organization.id,
        key,
        organization.full_access(),
        tags,
        given["Name"],
        parent.id,
    )
    organization.organizational_units[key] = unit
    organization.changed()
    return unit


@operation(
    "DescribeOrganizationalUnit", named_by("OrganizationalUnitId"), by=DELEGATE, answer=_AS_UNIT
)
def describe_organizational_unit(
    organization: Organization, given: Parameters
) -> OrganizationalUnit:
    """Read what an OU is."""
    return unit_of(organization, given)


@operation("UpdateOrganizationalUnit", named_by("OrganizationalUnitId"), answer=_AS_UNIT)
def update_organizational_unit(organization: Organization, given: Parameters) -> OrganizationalUnit:
    """Rename an OU."""
    unit = unit_of(organization, given)
    name = given.get("Name", unit.name)
    _check_name(parent_of(organization, unit.parent_id), name, unit)
    unit.unit_name = name
    organization.changed()
    return unit


@operation("DeleteOrganizationalUnit", named_by("OrganizationalUnitId"))
def delete_organizational_unit(organization: Organization, given: Parameters) -> None:
    """Delete an OU in which nothing is; the policies that hang on it stay, elsewhere."""
    unit = unit_of(organization, given)
    if unit.organizational_units or unit.members:
        raise OrganizationalUnitNotEmptyException(
            "The organizational unit still holds accounts or organizational units."
        )
    del organization.organizational_units[unit.id]
    organization.changed()


@lists(
    "ListOrganizationalUnitsForParent", named_by("ParentId"), "OrganizationalUnits", answers.unit
)
def list_organizational_units_for_parent(
    organization: Organization, given: Parameters
) -> Iterable[Any]:
    """List the OUs right below a root or an OU."""
    parent = parent_of(organization, given["ParentId"])
    return parent.organizational_units


NOT_ENABLED = "This operation can be performed only for enabled policy types."


def check_available(organization: Organization) -> None:
    """Insist that the organization can have policies.

    Raises
    ------
    PolicyTypeNotAvailableForOrganizationException
        It has consolidated billing only.
    """
    if organization.feature_set != "ALL":
        raise PolicyTypeNotAvailableForOrganizationException(
            "The organization has not all features enabled, so it can have no policies."
        )


def _root_of(organization: Organization, given: Parameters) -> Root:
    if given["RootId"] != organization.root.id:
        raise RootNotFoundException("You specified a root that doesn't exist.")
    return organization.root


@operation("EnablePolicyType", named_by("RootId"), answer=_AS_ROOT)
def enable_policy_type(organization: Organization, given: Parameters) -> Root:
    """Enable a type. AWS's own policy of it is then on every root, OU and account."""
    root, policy_type = _root_of(organization, given), given["PolicyType"]
    known = type_of(policy_type)
    check_available(organization)
    if policy_type in root.policy_types:
        raise PolicyTypeAlreadyEnabledException("The specified policy type is already enabled.")
    root.policy_types.append(policy_type)
    for target in organization.targets:
        target.attached.append(known.full_access_id)
    organization.changed()
    return root


@operation("DisablePolicyType", named_by("RootId"), answer=_AS_ROOT)
def disable_policy_type(organization: Organization, given: Parameters) -> Root:
    """Disable a type: all its policies are detached, and where they hung is forgotten."""
    root, policy_type = _root_of(organization, given), given["PolicyType"]
    type_of(policy_type)
    if policy_type not in root.policy_types:
        raise PolicyTypeNotEnabledException(NOT_ENABLED)
    for target in organization.targets:
        gone = of_type(organization, target, policy_type)
        target.attached = [key for key in target.attached if key not in gone]
    root.policy_types.remove(policy_type)
    organization.changed()
    return root
