"""An organization: its accounts, OUs, trusted services and delegated administrators.

Name accounts, OUs and policies by id, or by a unique name.

Notes
-----
AWS pages: "What is AWS Organizations?"; "Centralize root access for member accounts".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.errors import RequestError
from iamlab.model.organization import organization as records
from iamlab.model.organization.targets import ACCESS_ROLE
from iamlab.model.record import facade_of
from iamlab.operations.dispatch import perform
from iamlab.operations.organizations.lookup import account_id_of, container_of, free_address
from iamlab.operations.parameters import as_tags
from iamlab.world.organization_parts import OrganizationPolicies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.model import account as account_records
    from iamlab.model.organization.targets import AccountRequest, Container
    from iamlab.operations.identity_center.instance import IdentityCenter
    from iamlab.world.account import Account
    from iamlab.world.organization_parts import Handshake, Member, OrganizationalUnit, Root
    from iamlab.world.world import World


@with_old_names
@facade_of(records.Organization)
class Organization(OrganizationPolicies):
    """An organization.

    Parameters
    ----------
    feature_set
        ``ALL``, or ``CONSOLIDATED_BILLING``, which has no policies.
    organizational_units, members, policies, handshakes, requests
        By id; a member has the account's id.
    service_access
        Services with trusted access to all its accounts, and since when.
    delegates
        Account id -> the services of which it is a delegated administrator, and since when.
    quotas
        The raised quotas.
    root_features
        The enabled features of centralized root access: ``RootCredentialsManagement``,
        ``RootSessions``.
    resource_policy
        The policy that lets member accounts manage policies; ``None`` without one.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("acme-main", account_id="111111111111")
    >>> organization = world.create_organization(main)
    >>> prod = organization.create_organizational_unit("Prod")
    >>> dev = organization.create_account("acme-dev", parent="Prod", account_id="222222222222")
    >>> organization.path_of("222222222222").count("/"), [one.name for one in prod.accounts]
    (3, ['acme-dev'])
    """

    __slots__ = ()
    world: World
    root: Root
    # All of them are objects of `iamlab.world`.
    organizational_units: dict[str, OrganizationalUnit]  # type: ignore[assignment]
    members: dict[str, Member]  # type: ignore[assignment]
    handshakes: dict[str, Handshake]  # type: ignore[assignment]

    if TYPE_CHECKING:

        @property
        def management_account(self) -> Account: ...  # noqa: D102 - documented in the record

        @property
        def accounts(self) -> list[Account]: ...  # type: ignore[override]  # noqa: D102

    def create_organizational_unit(
        self,
        name: str,
        *,
        parent: Container | str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> OrganizationalUnit:
        """Create an OU, by default below the root.

        Raises
        ------
        DuplicateOrganizationalUnitException
            The parent has an OU with that name.
        ConstraintViolationException
            It would be too deep, or exceed the quota.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> organization = world.create_organization(world.create_account("acme-main"))
        >>> prod = organization.create_organizational_unit("Prod")
        >>> organization.create_organizational_unit("Europe", parent="Prod").arn.count("/")
        2
        >>> [one.name for one in prod.organizational_units]
        ['Europe']
        """
        return self._do(
            "CreateOrganizationalUnit",
            ParentId=container_of(self, parent).id,
            Name=name,
            Tags=as_tags(tags),
        )

    def create_account(
        self,
        account_name: str,
        *,
        parent: Container | str | None = None,
        account_id: str | None = None,
        email: str | None = None,
        role_name: str = ACCESS_ROLE,
        tags: Mapping[str, str] | None = None,
    ) -> Account:
        """Create an account (``CreateAccount``), and move it to a parent (``MoveAccount``).

        It has an administrator role that the management account can assume.

        Parameters
        ----------
        account_id
            AWS picks it at random; here you can choose it.
        email
            The root user's address; by default it follows from the name.

        Raises
        ------
        RequestError
            AWS doesn't create the account; its list of requests has the reason.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> organization = world.create_organization(world.create_account("acme-main"))
        >>> dev = organization.create_account("acme-dev", account_id="222222222222")
        >>> dev.root.email, list(dev.roles)
        ('acme-dev@example.com', ['OrganizationAccountAccessRole'])
        """
        place = container_of(self, parent)
        request: AccountRequest = self._do(
            "CreateAccount",
            AccountName=account_name,
            Email=free_address(self, account_name) if email is None else email,
            RoleName=role_name,
            AccountId=account_id,
            Tags=as_tags(tags),
        )
        if request.failure_reason:
            raise RequestError(f"AWS can't create {account_name}: {request.failure_reason}.")
        account = self.world.accounts[request.account_id]
        if place is not self.root:
            self.move_account(account, place)
        return account

    def invite_account(
        self,
        account: account_records.Account | str,
        *,
        notes: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Handshake:
        """Invite an account by its name or id, or by its e-mail address.

        Raises
        ------
        HandshakeConstraintViolationException
            It is already in the organization, or would exceed the quota.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> organization = world.create_organization(world.create_account("acme-main"))
        >>> guest = world.create_account("guest")
        >>> invitation = organization.invite_account("guest")
        >>> invitation.state, guest.organization
        ('OPEN', None)
        >>> invitation.accept()
        >>> guest.organization is organization
        True
        """
        by_email = isinstance(account, str) and "@" in account
        target = {
            "Type": "EMAIL" if by_email else "ACCOUNT",
            "Id": account if by_email else account_id_of(self, account),
        }
        return self._do(
            "InviteAccountToOrganization", Target=target, Notes=notes, Tags=as_tags(tags)
        )

    def move_account(self, account: account_records.Account | str, parent: Container | str) -> None:
        """Move an account; its own policies stay attached to it.

        Raises
        ------
        AccountNotFoundException, DestinationParentNotFoundException
            The account or the parent isn't in the organization.
        """
        key = account_id_of(self, account)
        member = self.members.get(key)
        self._do(
            "MoveAccount",
            AccountId=key,
            SourceParentId=self.root.id if member is None else member.parent_id,
            DestinationParentId=container_of(self, parent).id,
        )

    def remove_account(self, account: account_records.Account | str) -> None:
        """Remove an account (``RemoveAccountFromOrganization``).

        Raises
        ------
        ConstraintViolationException
            It was created less than four days ago, or is a delegated administrator.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> organization = world.create_organization(world.create_account("acme-main"))
        >>> dev = organization.create_account("acme-dev")
        >>> organization.remove_account(dev)
        Traceback (most recent call last):
        ...
        iamlab.errors.organizations.ConstraintViolationException: ... less than 4 days ago.
        >>> world.clock.advance(days=4)
        >>> organization.remove_account(dev)
        >>> dev.organization is None
        True
        """
        self._do("RemoveAccountFromOrganization", AccountId=account_id_of(self, account))

    def close_account(self, account: account_records.Account | str) -> None:
        """Close a member account (``CloseAccount``): nobody can use it, or what is in it, any more.

        Raises
        ------
        AccountAlreadyClosedException
            It is closed already.
        ConstraintViolationException
            It is the management account, or the organization has only consolidated billing.
        """
        self._do("CloseAccount", AccountId=account_id_of(self, account))

    def delete(self) -> None:
        """Delete the organization.

        Raises
        ------
        OrganizationNotEmptyException
            It still contains other accounts.
        """
        self._do("DeleteOrganization")

    def enable_aws_service_access(self, service_principal: str) -> None:
        """Enable a service's trusted access (``EnableAWSServiceAccess``)."""
        self._do("EnableAWSServiceAccess", ServicePrincipal=service_principal)

    def disable_aws_service_access(self, service_principal: str) -> None:
        """Disable a service's trusted access (``DisableAWSServiceAccess``)."""
        self._do("DisableAWSServiceAccess", ServicePrincipal=service_principal)

    def register_delegated_administrator(
        self, account: account_records.Account | str, service_principal: str
    ) -> None:
        """Let a member account administer a service for all; SCPs and RCPs still apply to it.

        Raises
        ------
        ConstraintViolationException
            The service doesn't have trusted access, or the account is the management account.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> organization = world.create_organization(world.create_account("acme-main"))
        >>> dev = organization.create_account("acme-dev", account_id="222222222222")
        >>> organization.enable_aws_service_access("guardduty.amazonaws.com")
        >>> organization.register_delegated_administrator(dev, "guardduty.amazonaws.com")
        >>> list(organization.delegates)
        ['222222222222']
        """
        named = {"AccountId": account_id_of(self, account), "ServicePrincipal": service_principal}
        self._do("RegisterDelegatedAdministrator", **named)

    def deregister_delegated_administrator(
        self, account: account_records.Account | str, service_principal: str
    ) -> None:
        """Remove a delegated administrator (``DeregisterDelegatedAdministrator``)."""
        named = {"AccountId": account_id_of(self, account), "ServicePrincipal": service_principal}
        self._do("DeregisterDelegatedAdministrator", **named)

    def enable_identity_center(self, *, region: str = "us-east-1") -> IdentityCenter:
        """Enable IAM Identity Center: one sign-in for all accounts.

        Parameters
        ----------
        region
            The Region of the instance.

        Raises
        ------
        ConflictException
            There already is an instance, or the organization has only consolidated billing.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> organization = world.create_organization(world.create_account("acme-main"))
        >>> center = organization.enable_identity_center()
        >>> list(world.identity_centers) == [center.arn]
        True
        """
        from iamlab.operations.identity_center.instance import enable_identity_center

        return enable_identity_center(self, region=region)

    def to_dict(self) -> dict[str, Any]:
        """Write it as ``aws organizations`` prints it; ``World.from_account_details`` reads that.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("main")
        >>> ana, organization = main.create_user("ana"), world.create_organization(main)
        >>> written = organization.to_dict()
        >>> again = World.from_account_details(*world.to_account_details(), organization=written)
        >>> list(again.organizations) == [organization.id]
        True
        """
        from iamlab.storage.organization_export import organization_to_json

        return organization_to_json(self)

    def enable_organizations_root_credentials_management(self) -> None:
        """Let the management account delete root users' credentials and allow their recovery.

        Raises
        ------
        ServiceAccessNotEnabledException
            IAM doesn't have trusted access yet.
        OrganizationNotInAllFeaturesModeException
            The organization has only consolidated billing.
        """
        perform(self.management_account, "EnableOrganizationsRootCredentialsManagement")

    def disable_organizations_root_credentials_management(self) -> None:
        """Disable root credentials management; deleted credentials stay deleted.

        Raises
        ------
        ServiceAccessNotEnabledException
            IAM doesn't have trusted access.
        """
        perform(self.management_account, "DisableOrganizationsRootCredentialsManagement")

    def enable_organizations_root_sessions(self) -> None:
        """Let the management account delete policies that lock everybody out, in member accounts.

        Raises
        ------
        ServiceAccessNotEnabledException
            IAM doesn't have trusted access yet.
        OrganizationNotInAllFeaturesModeException
            The organization has only consolidated billing.
        """
        perform(self.management_account, "EnableOrganizationsRootSessions")

    def disable_organizations_root_sessions(self) -> None:
        """Disable root sessions.

        Raises
        ------
        ServiceAccessNotEnabledException
            IAM doesn't have trusted access.
        """
        perform(self.management_account, "DisableOrganizationsRootSessions")
