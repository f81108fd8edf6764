"""An account: its contents, and how to call AWS APIs in it.

Notes
-----
AWS page: "AWS account identifiers".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.lab.account_iam import AccountIam
from iamlab.lab.account_reports import AccountReports
from iamlab.lab.account_resources import AccountResources
from iamlab.lab.account_services import AccountServices
from iamlab.lab.account_settings import AccountSettings
from iamlab.lab.account_simulator import AccountSimulator
from iamlab.model import account as records
from iamlab.model.record import check_texts, facade_of
from iamlab.operations.dispatch import call, perform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.lab.credentials import RootUser
    from iamlab.lab.iam_resources import (
        InstanceProfile,
        ManagedPolicy,
        OpenIDConnectProvider,
        SAMLProvider,
        ServerCertificate,
    )
    from iamlab.lab.identities import Group, Role, User
    from iamlab.lab.organization import Organization
    from iamlab.lab.world import World
    from iamlab.model import managed_policies as policy_records
    from iamlab.operations.services.s3.bucket import Bucket


@facade_of(records.Account)
class Account(
    AccountIam,
    AccountServices,
    AccountResources,
    AccountSettings,
    AccountReports,
    AccountSimulator,
):
    """An AWS account. Names in it are unique case-insensitively; the case is preserved.

    Parameters
    ----------
    partition
        ``aws``, ``aws-cn``, ``aws-us-gov`` or ``aws-eusc``.
    """

    __slots__ = ()

    # An account's contents are objects of the lab.
    world: World
    root: RootUser
    users: dict[str, User]  # type: ignore[assignment]  # mypy takes a dict's values as they are
    groups: dict[str, Group]  # type: ignore[assignment]
    roles: dict[str, Role]  # type: ignore[assignment]
    policies: dict[str, ManagedPolicy]  # type: ignore[assignment]
    instance_profiles: dict[str, InstanceProfile]  # type: ignore[assignment]
    server_certificates: dict[str, ServerCertificate]  # type: ignore[assignment]
    saml_providers: dict[str, SAMLProvider]  # type: ignore[assignment]
    oidc_providers: dict[str, OpenIDConnectProvider]  # type: ignore[assignment]

    if TYPE_CHECKING:  # documented in the record

        @property
        def organization(self) -> Organization | None: ...  # noqa: D102

        @property
        def buckets(self) -> Mapping[str, Bucket]: ...  # noqa: D102

        def get_user(self, user_name: str) -> User: ...  # noqa: D102

        def get_group(self, group_name: str) -> Group: ...  # noqa: D102

        def get_role(self, role_name: str) -> Role: ...  # noqa: D102

        def get_bucket(self, name: str) -> Bucket: ...  # noqa: D102

        def get_policy(self, policy: str | policy_records.ManagedPolicy) -> ManagedPolicy: ...  # noqa: D102

    @with_old_names
    def call(self, operation: str, principal: Caller, **parameters: Any) -> dict[str, Any]:
        """Call an operation of an AWS API as a principal, who needs permission for it.

        Parameters
        ----------
        operation
            Its name, with the service's prefix if it isn't IAM's:
            ``"CreateUser"``, ``"kms:CreateKey"``, ``"sts:AssumeRole"``,
            ``"sso:CreatePermissionSet"``, ``"identitystore:CreateUser"``.
        principal
            A user, a role ("any session of it"), a session or the root user. For IAM, Organizations
            and Identity Center it must be in this account; for other services it can be in another
            account.
        parameters
            The parameters, by their names in the API: ``UserName="zoe"``.

        Returns
        -------
        dict
            The API's response, in the form of real clients.

        Raises
        ------
        AccessDenied
            The caller has no permission; ``error.decision`` explains why.
        AwsError
            Any other error of AWS. The world is then unchanged, except its log and the last use of
            the caller's key.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> dana = main.create_user("dana")
        >>> dana.attach_policy("IAMReadOnlyAccess")
        >>> len(main.call("ListUsers", dana)["Users"])
        1
        """
        check_texts(operation=operation)
        return call(self, operation, principal, parameters)

    def leave_organization(self) -> None:
        """Leave the organization (``LeaveOrganization``).

        Raises
        ------
        MasterCannotLeaveOrganizationException
            It is the management account.
        """
        perform(self, "organizations:LeaveOrganization")
