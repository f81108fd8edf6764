"""An account, with all that can be done in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.lab.account_ec2 import MakesResources
from iamlab.lab.account_iam import Makes
from iamlab.lab.account_reports import AccountReports
from iamlab.lab.account_services import BlocksPublicAccess, MakesOfServices
from iamlab.lab.account_settings import AccountSettings
from iamlab.model import account as records
from iamlab.model.record import check_texts, facade_of
from iamlab.operations.dispatch import call, perform
from iamlab.operations.parameters import as_tags, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.lab.identities import Group, Role, User
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.operations.policy_documents import Document


@facade_of(records.Account)
class Account(
    AccountReports,
    AccountSettings,
    Makes,
    MakesResources,
    BlocksPublicAccess,
    MakesOfServices,
    records.Account,
):
    __doc__ = records.Account.__doc__
    __slots__ = ()

    def leave_organization(self) -> None:
        """Leave the organization (``LeaveOrganization``).

        Raises
        ------
        MasterCannotLeaveOrganizationException
            It is the management account.
        """
        perform(self, "organizations:LeaveOrganization")

    def call(self, operation: str, caller: Caller, **parameters: Any) -> dict[str, Any]:
        """Call an operation of an AWS API as somebody, who needs permission for it.

        Parameters
        ----------
        operation
            Its name, with the prefix of the service's actions if it isn't IAM's:
            ``"CreateUser"``, ``"kms:CreateKey"``, ``"sts:AssumeRole"``,
            ``"sso:CreatePermissionSet"``, ``"identitystore:CreateUser"``.
        caller
            A user, a role ("some session of it"), a session or the root user: of this account for
            IAM, Organizations and Identity Center; for other services also of another one, if
            policies allow it.
        parameters
            By their names in the API: ``UserName="zoe"``.

        Returns
        -------
        dict
            What the API answers, as real clients give it.

        Raises
        ------
        AccessDenied
            The caller may not; ``error.decision`` says why.
        AwsError
            Whatever else AWS would answer; the world is then as it was, but for its log and for
            when the caller's key was last used.

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
        return call(self, operation, caller, parameters)

    def create_user(
        self,
        user_name: str,
        *,
        path: str = "/",
        permissions_boundary: str | ManagedPolicy | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> User:
        """Create a user: it has no permissions.

        Raises
        ------
        EntityAlreadyExists
            There is a user of that name, in whatever letter case.
        LimitExceeded
            The account has as many as it may have.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> ana = main.create_user("ana", path="/research/", tags={"team": "sky"})
        >>> ana.arn
        'arn:aws:iam::111111111111:user/research/ana'
        >>> print(main.world.can(ana, "s3:ListAllMyBuckets", "*"))
        ○ implicit deny
        """
        made: User = perform(
            self,
            "CreateUser",
            UserName=user_name,
            Path=path,
            PermissionsBoundary=self._arn_of(permissions_boundary),
            Tags=as_tags(tags),
        )
        return made

    def create_group(self, group_name: str, *, path: str = "/") -> Group:
        """Create a group: it has no members and no policies.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> team = main.create_group("astronomers")
        >>> team.attach_policy("ReadOnlyAccess")
        >>> team.add_user(main.create_user("ana"))
        >>> bool(main.world.can("arn:aws:iam::111111111111:user/ana", "s3:ListAllMyBuckets", "*"))
        True
        """
        made: Group = perform(self, "CreateGroup", GroupName=group_name, Path=path)
        return made

    def create_role(
        self,
        role_name: str,
        *,
        assume_role_policy_document: Document,
        path: str = "/",
        description: str | None = None,
        max_session_duration: int = 3600,
        permissions_boundary: str | ManagedPolicy | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Role:
        """Create a role, with its trust policy.

        Raises
        ------
        MalformedPolicyDocument
            The trust policy is none; the notes say why.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> trust = Policy.allow("sts:AssumeRole", None, principal="111111111111")
        >>> main.create_role("audit", assume_role_policy_document=trust).arn
        'arn:aws:iam::111111111111:role/audit'
        """
        made: Role = perform(
            self,
            "CreateRole",
            RoleName=role_name,
            Path=path,
            AssumeRolePolicyDocument=as_text(assume_role_policy_document),
            Description=description,
            MaxSessionDuration=max_session_duration,
            PermissionsBoundary=self._arn_of(permissions_boundary),
            Tags=as_tags(tags),
        )
        return made

    def create_policy(
        self,
        policy_name: str,
        policy_document: Document,
        *,
        path: str = "/",
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> ManagedPolicy:
        """Create a customer managed policy; this is its version v1.

        Raises
        ------
        MalformedPolicyDocument
            It is no identity policy; the notes say why.
        """
        made: ManagedPolicy = perform(
            self,
            "CreatePolicy",
            PolicyName=policy_name,
            Path=path,
            PolicyDocument=as_text(policy_document),
            Description=description,
            Tags=as_tags(tags),
        )
        return made

    def _arn_of(self, policy: str | ManagedPolicy | None) -> str | None:
        return None if policy is None else self.get_policy(policy).arn
