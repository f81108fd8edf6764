"""Centralised root access: IAM's operations that switch it on and off for an organization.

Notes
-----
AWS page: "Centralize root access for member accounts". That a delegated administrator may switch a
feature off, but not on, follows from the errors that each operation declares. What stays as it was
is no error. A feature stays on while IAM has no access to the organization, and works as soon as
IAM has it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    AccountNotManagementOrDelegatedAdministratorException,
    CallerIsNotManagementAccountException,
    OrganizationNotFoundException,
    OrganizationNotInAllFeaturesModeException,
    ServiceAccessNotEnabledException,
)
from iamlab.model.organization.root_features import (
    CREDENTIALS,
    FEATURES,
    SERVICE,
    SESSIONS,
    is_in_charge,
)
from iamlab.operations.registry import Parameters, operation

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization


# AWS's sentences are likely, not sure: its pages give only their meaning.


def _own(account: Account) -> Organization:
    """Find the organization that an account is in charge of.

    Raises
    ------
    OrganizationNotFoundException
        It is in none.
    OrganizationNotInAllFeaturesModeException
        The organization has consolidated billing only.
    AccountNotManagementOrDelegatedAdministratorException
        Others are in charge.
    ServiceAccessNotEnabledException
        IAM has no access to the organization.
    """
    organization = account.organization
    if organization is None:
        raise OrganizationNotFoundException("No organization is associated with your account.")
    if organization.feature_set != "ALL":
        raise OrganizationNotInAllFeaturesModeException(
            "Your organization does not have all features enabled."
        )
    if not is_in_charge(organization, account.account_id):
        raise AccountNotManagementOrDelegatedAdministratorException(
            "The account is not the management account or a delegated administrator account for "
            "centralized root access."
        )
    if SERVICE not in organization.service_access:
        error = ServiceAccessNotEnabledException(
            "Trusted access is not enabled for IAM in AWS Organizations."
        )
        error.add_note(f'organization.enable_aws_service_access("{SERVICE}") enables it.')
        raise error
    return organization


def _answer(organization: Organization) -> dict[str, Any]:
    return {
        "OrganizationId": organization.id,
        "EnabledFeatures": list(organization.root_features),
    }


@operation("ListOrganizationsFeatures", on="*", answer=_answer)
def list_organizations_features(account: Account, _: Parameters) -> Organization:
    """List the features that are on."""
    return _own(account)


@operation("EnableOrganizationsRootCredentialsManagement", on="*", answer=_answer)
def enable_organizations_root_credentials_management(
    account: Account, _: Parameters
) -> Organization:
    """Let root users' credentials be managed from above."""
    return _enabled(account, CREDENTIALS)


@operation("EnableOrganizationsRootSessions", on="*", answer=_answer)
def enable_organizations_root_sessions(account: Account, _: Parameters) -> Organization:
    """Let policies that shut everybody out be lifted from above."""
    return _enabled(account, SESSIONS)


@operation("DisableOrganizationsRootCredentialsManagement", on="*", answer=_answer)
def disable_organizations_root_credentials_management(
    account: Account, _: Parameters
) -> Organization:
    """End the management of root users' credentials."""
    return _disabled(account, CREDENTIALS)


@operation("DisableOrganizationsRootSessions", on="*", answer=_answer)
def disable_organizations_root_sessions(account: Account, _: Parameters) -> Organization:
    """End the lifting of policies."""
    return _disabled(account, SESSIONS)


def _enabled(account: Account, feature: str) -> Organization:
    """Switch a feature on.

    Raises
    ------
    CallerIsNotManagementAccountException
        The account is a delegated administrator.
    """
    organization = _own(account)
    if account.account_id != organization.management_account_id:
        raise CallerIsNotManagementAccountException(
            "The account is not the management account of the organization."
        )
    return _settled(organization, {*organization.root_features, feature})


def _disabled(account: Account, feature: str) -> Organization:
    """Switch a feature off."""
    organization = _own(account)
    return _settled(organization, {*organization.root_features} - {feature})


def _settled(organization: Organization, features: AbstractSet[str]) -> Organization:
    """Let these features be on, and no others."""
    organization.root_features = [one for one in FEATURES if one in features]
    organization.changed()
    return organization
