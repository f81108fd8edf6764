"""AWS Organizations: the organization itself, its OUs, and trusted services.

Notes
-----
AWS pages: "Creating and managing an organization"; "Managing organizational units (OUs)"; "Using
AWS Organizations with other AWS services"; "Delegated administrator for AWS services that work with
Organizations".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import noted
from iamlab.errors import organizations as errors
from iamlab.model.organization.organization import Organization
from iamlab.model.organization.policies import DEEPEST, SCP, TYPES, aws_managed
from iamlab.model.organization.targets import Container, Member, OrganizationalUnit, Root
from iamlab.model.service_principals import is_known
from iamlab.operations.organizations.calls import operation, tagging
from iamlab.operations.organizations.lookup import member_of, parent_of, unit_of
from iamlab.operations.organizations.parameters import tags_of
from iamlab.operations.organizations.reads import AS_ORGANIZATION, AS_UNIT, NOT_REGISTERED

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters


@operation("CreateOrganization", answer=AS_ORGANIZATION)
def create_organization(account: Account, arguments: Parameters) -> Organization:
    """Create an organization. With all features, SCPs are enabled from the start.

    That follows from the API reference of ``CreateOrganization``; RCPs must be enabled.
    """
    world, owner = account.world, account.account_id
    if world.organization_of(owner) is not None:
        raise errors.AlreadyInOrganizationException(
            "The provided account is already a member of an organization."
        )
    key, root_id = world.ids.organization_id("o"), world.ids.organization_id("r")
    root = Root(world, key, root_id)
    made = Organization(world, key, owner, root, arguments.get("FeatureSet", "ALL"))
    made.members[owner] = Member(
        world, key, owner, parent_id=root_id, joined_timestamp=world.clock.now
    )
    if made.feature_set == "ALL":
        made.policies = aws_managed(made)
        root.policy_types.append(SCP)
        for target in made.targets:
            target.attached.append(TYPES[SCP].full_access_id)
    world.organizations[key] = made
    return made


@operation("DeleteOrganization")
def delete_organization(organization: Organization, _: Parameters) -> None:
    """Delete an organization without other accounts."""
    if len(organization.members) > 1:
        raise errors.OrganizationNotEmptyException(
            "To delete an organization you must first remove all member accounts (except the "
            "master)."
        )
    del organization.world.organizations[organization.id]


def _check_name(parent: Container, name: str, but: OrganizationalUnit | None = None) -> None:
    """Check that no other OU of the parent has that name."""
    if any(unit.name == name and unit is not but for unit in parent.organizational_units):
        raise errors.DuplicateOrganizationalUnitException(
            "An OU with the same name already exists."
        )


@operation("CreateOrganizationalUnit", "ParentId", AS_UNIT, also=tagging())
def create_organizational_unit(
    organization: Organization, arguments: Parameters
) -> OrganizationalUnit:
    """Create an empty OU, with AWS's own policies of the enabled types."""
    parent, name = parent_of(organization, arguments), arguments["Name"]
    tags = tags_of(arguments)
    _check_name(parent, name)
    if len(organization.way_to(parent.id)) > DEEPEST:
        raise errors.ConstraintViolationException(
            "You cannot add an organizational unit to the specified parent because it would "
            "exceed the max depth allowed.",
            "OU_DEPTH_LIMIT_EXCEEDED",
        )
    most, units = organization.quota("OrganizationalUnits"), organization.organizational_units
    if len(units) >= most:
        message = f"You have reached the limit of {most} organizational units."
        raise errors.ConstraintViolationException(message, "OU_NUMBER_LIMIT_EXCEEDED")
    world, attached = organization.world, organization.full_access()
    key = world.ids.organization_id("ou", organization.root.id)
    made = OrganizationalUnit(world, organization.id, key, attached, tags, name, parent.id)
    units[key] = made
    return made


@operation("UpdateOrganizationalUnit", "OrganizationalUnitId", AS_UNIT)
def update_organizational_unit(
    organization: Organization, arguments: Parameters
) -> OrganizationalUnit:
    """Rename an OU."""
    unit = unit_of(organization, arguments)
    name = arguments.get("Name", unit.name)
    _check_name(parent_of(organization, {"ParentId": unit.parent_id}), name, unit)
    unit.unit_name = name
    return unit


@operation("DeleteOrganizationalUnit", "OrganizationalUnitId")
def delete_organizational_unit(organization: Organization, arguments: Parameters) -> None:
    """Delete an empty OU; its policies are detached, not deleted."""
    unit = unit_of(organization, arguments)
    if unit.organizational_units or unit.members:
        raise errors.OrganizationalUnitNotEmptyException(
            "The organizational unit still contains accounts or organizational units."
        )
    del organization.organizational_units[unit.id]


@operation("EnableAWSServiceAccess")
def enable_aws_service_access(organization: Organization, arguments: Parameters) -> None:
    """Enable a service's trusted access; if already enabled, nothing changes."""
    now, service = organization.world.clock.now, arguments["ServicePrincipal"]
    if not is_known(service):
        raise errors.InvalidInputException(
            "You specified an unrecognized service principal.", "UNRECOGNIZED_SERVICE_PRINCIPAL"
        )
    organization.service_access.setdefault(service, now)


@operation("DisableAWSServiceAccess")
def disable_aws_service_access(organization: Organization, arguments: Parameters) -> None:
    """Disable a service's trusted access."""
    service = arguments["ServicePrincipal"]
    if any(service in services for services in organization.delegates.values()):
        raise errors.ConstraintViolationException(
            "The service has a delegated administrator: deregister it first.",
            "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
        )
    organization.service_access.pop(service, None)


@operation("RegisterDelegatedAdministrator", "AccountId")
def register_delegated_administrator(organization: Organization, arguments: Parameters) -> None:
    """Register a delegated administrator, which can also read the organization."""
    member, service = member_of(organization, arguments), arguments["ServicePrincipal"]
    if member.id == organization.management_account_id:
        raise errors.ConstraintViolationException(
            "You cannot register master account/yourself as delegated administrator for your "
            "organization.",
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
        )
    if member.status != "ACTIVE":
        raise errors.ConstraintViolationException(
            "The account is suspended.",
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
        )
    if service not in organization.service_access:
        error = errors.ConstraintViolationException(
            "The service doesn't have trusted access yet.", "SERVICE_ACCESS_NOT_ENABLED"
        )
        raise noted(error, f'organization.enable_aws_service_access("{service}") gives it.')
    services = organization.delegates.get(member.id, {})
    if service in services:
        raise errors.AccountAlreadyRegisteredException(
            "The provided account is already a delegated administrator for your organization."
        )
    organization.delegates[member.id] = {**services, service: organization.world.clock.now}


@operation("DeregisterDelegatedAdministrator", "AccountId")
def deregister_delegated_administrator(organization: Organization, arguments: Parameters) -> None:
    """Deregister a delegated administrator."""
    member, service = member_of(organization, arguments), arguments["ServicePrincipal"]
    services = organization.delegates.get(member.id, {})
    if service not in services:
        raise errors.AccountNotRegisteredException(NOT_REGISTERED)
    left = {name: since for name, since in services.items() if name != service}
    if left:
        organization.delegates[member.id] = left
    else:
        del organization.delegates[member.id]
