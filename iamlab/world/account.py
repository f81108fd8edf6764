"""An account: its contents, how to call AWS APIs in it, and reports about it.

Notes
-----
AWS pages: "AWS account identifiers"; "Generate credential reports for your AWS account"; "Security
best practices in IAM".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.model import account as records
from iamlab.model.record import check_texts, facade_of
from iamlab.operations.dispatch import call, perform
from iamlab.world.account_iam import AccountIam
from iamlab.world.account_resources import AccountResources
from iamlab.world.account_services import AccountServices
from iamlab.world.account_settings import AccountSettings
from iamlab.world.account_simulator import AccountSimulator

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from iamlab.analysis.account_reports import Summary
    from iamlab.analysis.audit.audit import Audit
    from iamlab.analysis.credential_report import CredentialReport
    from iamlab.analysis.last_accessed.organizations import OrganizationsLastAccessed
    from iamlab.analysis.last_accessed.report import Granularity, LastAccessed
    from iamlab.analysis.security_status import SecurityStatus
    from iamlab.authorization.principal import Caller
    from iamlab.model import identities, managed_policies
    from iamlab.model.event import Event
    from iamlab.model.record import Entities
    from iamlab.operations.services.s3.bucket import Bucket
    from iamlab.world.credentials import RootUser
    from iamlab.world.iam_resources import (
        InstanceProfile,
        OpenIDConnectProvider,
        SAMLProvider,
        ServerCertificate,
    )
    from iamlab.world.identities import Group, Role, User
    from iamlab.world.organization import Organization
    from iamlab.world.world import World


@facade_of(records.Account)
class Account(AccountIam, AccountServices, AccountResources, AccountSettings, AccountSimulator):
    """An AWS account. Names in it are unique case-insensitively; the case is preserved.

    Parameters
    ----------
    partition
        ``aws``, ``aws-cn``, ``aws-us-gov`` or ``aws-eusc``.
    """

    __slots__ = ()

    # An account's contents are objects of `iamlab.world`.
    world: World
    root: RootUser
    users: Entities[User]  # type: ignore[assignment]  # mypy takes a dict's values as they are
    groups: Entities[Group]  # type: ignore[assignment]
    roles: Entities[Role]  # type: ignore[assignment]
    instance_profiles: Entities[InstanceProfile]  # type: ignore[assignment]
    server_certificates: Entities[ServerCertificate]  # type: ignore[assignment]
    saml_providers: Entities[SAMLProvider]  # type: ignore[assignment]
    oidc_providers: Entities[OpenIDConnectProvider]  # type: ignore[assignment]

    if TYPE_CHECKING:  # documented in the record

        @property
        def organization(self) -> Organization | None: ...  # noqa: D102

        @property
        def buckets(self) -> Entities[Bucket]: ...  # type: ignore[override]  # noqa: D102

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

    def summary(self) -> Summary:
        """Return the number of IAM resources, and their quotas."""
        return perform(self, "GetAccountSummary")

    def credential_report(self) -> CredentialReport:
        """Generate and return a credential report: a row for each user.

        AWS generates a report at most every four hours. Before that, you get the previous report
        again, without newer changes.
        """
        made = {"State": ""}
        while made["State"] != "COMPLETE":
            made = perform(self, "GenerateCredentialReport")
        return perform(self, "GetCredentialReport")

    def last_accessed(
        self,
        entity: identities.Identity | managed_policies.ManagedPolicy | str,
        events: Iterable[Event] | None = None,
        granularity: Granularity = "SERVICE_LEVEL",
        *,
        now: datetime | None = None,
    ) -> LastAccessed:
        """Report when the services that policies allow were last accessed, and by which principal.

        Parameters
        ----------
        entity
            A user, group, role or managed policy of this account, or its ARN.
        events
            The events, for example a ``Trail``; by default this world's events.
        granularity
            ``"SERVICE_LEVEL"``, or ``"ACTION_LEVEL"``: also management actions.
        now
            The end of the tracking period; see
            ``iamlab.analysis.last_accessed.last_accessed``, also for the errors.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main")
        >>> main.create_user("zoe").attach_policy("IAMReadOnlyAccess")
        >>> print(main.last_accessed("arn:aws:iam::aws:policy/IAMReadOnlyAccess"))
        iam  not accessed in the tracking period
        """
        from iamlab.analysis.last_accessed.last_accessed import last_accessed

        return last_accessed(self, entity, events, granularity, now=now)

    def organizations_last_accessed(
        self,
        entity_path: str,
        policy_id: str | None = None,
        events: Iterable[Event] | None = None,
        *,
        now: datetime | None = None,
    ) -> OrganizationsLastAccessed:
        """Report when the services that service control policies allow were last accessed.

        Only the management account can use it.

        Parameters
        ----------
        entity_path
            The ids of the organization, the root, OUs and an account, separated by slashes.
        policy_id
            A policy; by default all policies that apply to the entity count.
        events, now
            As in :meth:`last_accessed`.

        Raises
        ------
        AwsError
            The account isn't the management account, there is no such entity or policy, or the type
            of policies isn't enabled.
        """
        from iamlab.analysis.last_accessed.organizations import organizations_last_accessed

        return organizations_last_accessed(self, entity_path, policy_id, events, now=now)

    def security_status(self) -> SecurityStatus:
        """Return the five items that the console's dashboard showed until 2020."""
        from iamlab.analysis.security_status import security_status

        return security_status(self)

    def security_recommendations(self, user: identities.User | str | None = None) -> SecurityStatus:
        """Return the recommendations of today's dashboard.

        Parameters
        ----------
        user
            The signed-in user: two items are about the user's own credentials.
        """
        from iamlab.analysis.security_status import security_recommendations

        return security_recommendations(self, self.users[user] if isinstance(user, str) else user)

    def audit(
        self, *, credential_report: CredentialReport | None = None, **thresholds: Any
    ) -> Audit:
        """Check the account with the controls of CIS and AWS Security Hub.

        Parameters
        ----------
        credential_report
            The source of the facts about credentials; by default the account itself. An account
            that was loaded from an export doesn't have credentials.
        thresholds
            The limits for what is too old, too short or too many: ``key_age_days``,
            ``unused_days``, ``active_keys``, ``password_length``, ``password_reuse``,
            ``password_age_days``, ``required_tags``.

        Raises
        ------
        RequestError
            There is no such threshold.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main")
        >>> main.create_user("zoe").attach_policy("ReadOnlyAccess")
        >>> [finding.what for finding in main.audit().of("user-policies")]
        ['The user has 1 policy of its own.']
        """
        from iamlab.analysis.audit.audit import audit

        known = None if credential_report is None else credential_report.credentials()
        return audit(self, known, **thresholds)
