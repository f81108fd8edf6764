"""AWS Organizations: services that work in all accounts, and who administers them.

Notes
-----
AWS pages: "Using AWS Organizations with other AWS services"; "Delegated administrator for AWS
services that work with Organizations".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors.organizations import (
    AccountAlreadyRegisteredException,
    AccountNotRegisteredException,
    ConstraintViolationException,
)
from iamlab.operations.organizations import lookup as answers
from iamlab.operations.organizations.calls import anything, lists, member_of, named_by, operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.model.organization.organization import Organization
    from iamlab.operations.registry import Parameters

_NOT_REGISTERED = (
    "The provided account is not a registered delegated administrator for your organization."
)


@operation("EnableAWSServiceAccess", anything)
def enable_aws_service_access(organization: Organization, given: Parameters) -> None:
    """Let a service work in all accounts; once more does no harm."""
    now = organization.world.clock.now
    organization.service_access.setdefault(given["ServicePrincipal"], now)
    organization.changed()


@operation("DisableAWSServiceAccess", anything)
def disable_aws_service_access(organization: Organization, given: Parameters) -> None:
    """Let a service work in all accounts no longer."""
    service = given["ServicePrincipal"]
    if any(service in services for services in organization.delegates.values()):
        raise ConstraintViolationException(
            "The service has a delegated administrator: deregister it first.",
            "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
        )
    organization.service_access.pop(service, None)
    organization.changed()


@lists("ListAWSServiceAccessForOrganization", anything, "EnabledServicePrincipals", dict)
def list_aws_service_access_for_organization(
    organization: Organization, _: Parameters
) -> Iterable[Any]:
    """List the services that work in all accounts."""
    return [
        answers.service(name, since, "DateEnabled")
        for name, since in organization.service_access.items()
    ]


@operation("RegisterDelegatedAdministrator", named_by("AccountId"))
def register_delegated_administrator(organization: Organization, given: Parameters) -> None:
    """Let a member account administer a service, and read about the organization."""
    member, service = member_of(organization, given), given["ServicePrincipal"]
    if member.id == organization.management_account_id:
        raise ConstraintViolationException(
            "You cannot register master account/yourself as delegated administrator for your "
            "organization.",
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
        )
    if member.status != "ACTIVE":
        raise ConstraintViolationException(
            "The account is suspended.",
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
        )
    if service not in organization.service_access:
        error = ConstraintViolationException(
            "The service has no access to the organization yet.", "SERVICE_ACCESS_NOT_ENABLED"
        )
        error.add_note(f'organization.enable_aws_service_access("{service}") gives it.')
        raise error
    services = organization.delegates.get(member.id, {})
    if service in services:
        raise AccountAlreadyRegisteredException(
            "The provided account is already a delegated administrator for your organization."
        )
    organization.delegates[member.id] = {**services, service: organization.world.clock.now}
    organization.changed()


@operation("DeregisterDelegatedAdministrator", named_by("AccountId"))
def deregister_delegated_administrator(organization: Organization, given: Parameters) -> None:
    """Let an account administer a service no longer."""
    member = member_of(organization, given)
    services = dict(organization.delegates.get(member.id, {}))
    if given["ServicePrincipal"] not in services:
        raise AccountNotRegisteredException(_NOT_REGISTERED)
    del services[given["ServicePrincipal"]]
    if services:
        organization.delegates[member.id] = services
    else:
        del organization.delegates[member.id]
    organization.changed()


@lists("ListDelegatedAdministrators", anything, "DelegatedAdministrators", answers.delegate)
def list_delegated_administrators(organization: Organization, given: Parameters) -> Iterable[Any]:
    """List the delegated administrators, of one service or of all."""
    wanted = given.get("ServicePrincipal")
    return [
        organization.members[key]
        for key, services in organization.delegates.items()
        if wanted is None or wanted in services
    ]


@lists("ListDelegatedServicesForAccount", named_by("AccountId"), "DelegatedServices", dict)
def list_delegated_services_for_account(
    organization: Organization, given: Parameters
) -> Iterable[Any]:
    """List the services that an account administers."""
    member = member_of(organization, given)
    if member.id not in organization.delegates:
        raise AccountNotRegisteredException(_NOT_REGISTERED)
    return [
        answers.service(name, since, "DelegationEnabledDate")
        for name, since in organization.delegates[member.id].items()
    ]
