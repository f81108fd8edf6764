"""How an organization's centralised root access is switched: each method one operation of IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from iamlab.world.api.calling import perform

if TYPE_CHECKING:
    from iamlab.world.organization import Organization


class ManagesRootAccess:
    """The methods of an organization about the root users of its members."""

    __slots__ = ()

    def enable_organizations_root_credentials_management(self) -> None:
        """Let the management account take away root users' credentials, and bring them back.

        Raises
        ------
        ServiceAccessNotEnabledException
            IAM has no access to the organization yet.
        OrganizationNotInAllFeaturesModeException
            The organization has consolidated billing only.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> organization = world.create_organization(world.create_account("acme-main"))
        >>> organization.enable_aws_service_access("iam.amazonaws.com")
        >>> organization.enable_organizations_root_credentials_management()
        >>> organization.root_features
        ['RootCredentialsManagement']
        """
        self._do_in_iam("EnableOrganizationsRootCredentialsManagement")

    def disable_organizations_root_credentials_management(self) -> None:
        """End that; credentials that are gone stay gone.

        Raises
        ------
        ServiceAccessNotEnabledException
            IAM has no access to the organization.
        """
        self._do_in_iam("DisableOrganizationsRootCredentialsManagement")

    def enable_organizations_root_sessions(self) -> None:
        """Let the management account lift policies that shut everybody out, in member accounts.

        Raises
        ------
        ServiceAccessNotEnabledException
            IAM has no access to the organization yet.
        OrganizationNotInAllFeaturesModeException
            The organization has consolidated billing only.
        """
        self._do_in_iam("EnableOrganizationsRootSessions")

    def disable_organizations_root_sessions(self) -> None:
        """End that.

        Raises
        ------
        ServiceAccessNotEnabledException
            IAM has no access to the organization.
        """
        self._do_in_iam("DisableOrganizationsRootSessions")

    def _do_in_iam(self, operation: str) -> None:
        """Do an operation of IAM for the management account."""
        perform(cast("Organization", self).management_account, operation)
