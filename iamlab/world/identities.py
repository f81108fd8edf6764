"""Users, groups and roles: their methods, each an operation of IAM.

Notes
-----
AWS pages: "IAM users"; "IAM user groups"; "IAM roles".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from iamlab.deprecated import with_old_names
from iamlab.errors import RequestError
from iamlab.model import identities as records
from iamlab.model.record import facade_of
from iamlab.operations.dispatch import call, perform
from iamlab.operations.parameters import as_text
from iamlab.world.credentials import CredentialMethods
from iamlab.world.iam_resources import TaggedMethods

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.analysis.account_reports import UserSummary
    from iamlab.analysis.last_accessed.report import Granularity, LastAccessed
    from iamlab.authorization.principal import Caller
    from iamlab.model.event import Event
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.user_credentials import (
        ServiceSpecificCredential,
        SigningCertificate,
        SSHPublicKey,
    )
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.sts.revoking import Revocation
    from iamlab.operations.sts.session import Session
    from iamlab.world.account import Account


class IdentityMethods(TaggedMethods, records.Identity):
    """The common methods of users, groups and roles."""

    __slots__ = ()
    account: Account

    def attach_policy(self, policy: str | ManagedPolicy) -> None:
        """Attach a managed policy (``AttachUserPolicy`` and similar).

        Parameters
        ----------
        policy
            The policy, its ARN, or the name of an AWS managed policy or of the account's own.

        Raises
        ------
        NoSuchEntity
            There is no such policy.
        LimitExceeded
            The identity has reached its quota.

        Examples
        --------
        >>> from iamlab import World
        >>> dana = World(seed=7).create_account("acme").create_user("dana")
        >>> dana.attach_policy("ReadOnlyAccess")
        >>> dana.attached
        ['arn:aws:iam::aws:policy/ReadOnlyAccess']
        """
        self._do("Attach{}Policy", PolicyArn=self.account.policies[policy].arn)

    def detach_policy(self, policy: str | ManagedPolicy) -> None:
        """Detach a managed policy (``DetachUserPolicy`` and similar).

        Raises
        ------
        NoSuchEntity
            It isn't attached.
        """
        known = isinstance(policy, str) and policy in self.attached
        arn = policy if known else self.account.policies[policy].arn
        self._do("Detach{}Policy", PolicyArn=arn)

    def put_policy(self, policy_name: str, document: Document) -> None:
        """Set an inline policy: it belongs only to this identity and is deleted with it.

        Raises
        ------
        MalformedPolicyDocument
            It isn't a valid identity policy; the notes explain why.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> ana = main.create_user("ana")
        >>> ana.put_policy("read", Policy.allow("s3:GetObject"))
        >>> print(main.world.can(ana, "s3:GetObject", "arn:aws:s3:::maps/m31"))
        ✓ allowed by read/#1
        """
        self._do("Put{}Policy", PolicyName=policy_name, PolicyDocument=as_text(document))

    def delete_policy(self, policy_name: str) -> None:
        """Delete an inline policy.

        Raises
        ------
        NoSuchEntity
            There is no policy with that name.
        """
        self._do("Delete{}Policy", PolicyName=policy_name)

    def last_accessed(
        self, events: Iterable[Event] | None = None, granularity: Granularity = "SERVICE_LEVEL"
    ) -> LastAccessed:
        """Report when the services that its policies allow were last accessed.

        See ``iamlab.analysis.last_accessed.last_accessed``.
        """
        return self.account.last_accessed(self, events, granularity)

    def _do(self, operation: str, **parameters: object) -> Any:
        """Do an operation on this identity, as the account's root user."""
        noun = self.kind.capitalize()
        named = {f"{noun}Name": self.name, **parameters}
        return perform(self.account, operation.format(noun), **named)


class BoundedMethods(IdentityMethods, records.Bounded):
    """The common methods of users and roles."""

    __slots__ = ()

    def put_permissions_boundary(self, policy: str | ManagedPolicy) -> None:
        """Set the permissions boundary, a managed policy that limits the permissions.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> dana = world.create_account("acme").create_user("dana")
        >>> dana.attach_policy("AdministratorAccess")
        >>> dana.put_permissions_boundary("AmazonS3FullAccess")
        >>> print(world.can(dana, "iam:CreateUser", "*"))
        ○ implicit deny
        """
        arn = self.account.policies[policy].arn
        self._do("Put{}PermissionsBoundary", PermissionsBoundary=arn)

    def delete_permissions_boundary(self) -> None:
        """Remove the permissions boundary."""
        self._do("Delete{}PermissionsBoundary")


@facade_of(records.User)
class User(BoundedMethods, CredentialMethods, records.User):
    """A long-term identity. It starts with no permissions at all.

    Parameters
    ----------
    former_sign_in
        When its last deleted password was last used.
    """

    __slots__ = ()
    account: Account

    def update_login_profile(
        self,
        *,
        password: str | None = None,
        password_reset_required: bool | None = None,
        max_signin_session_duration: int | None = None,
        reset_max_signin_session_duration: bool | None = None,
    ) -> None:
        """Set the password as an administrator, without the old password."""
        self._do(
            "UpdateLoginProfile",
            Password=password,
            PasswordResetRequired=password_reset_required,
            MaxSigninSessionDuration=max_signin_session_duration,
            ResetMaxSigninSessionDuration=reset_max_signin_session_duration,
        )

    def change_password(self, old_password: str, new_password: str) -> None:
        """Change the password as the user, who needs permission for it.

        Raises
        ------
        AccessDenied
            It has no permission, or the old password is wrong.
        PasswordPolicyViolation
            The password policy requires a better password, or one that wasn't used recently.
        """
        sent = {"OldPassword": old_password, "NewPassword": new_password}
        call(self.account, "ChangePassword", self, sent)

    def summary(self) -> UserSummary:
        """Show the console's page of the user, without secrets."""
        from iamlab.analysis.account_reports import summarise

        return summarise(self)

    def update(self, *, new_user_name: str | None = None, new_path: str | None = None) -> None:
        """Rename the user, or move it to another path: its id stays, its ARN does not."""
        self._do("Update{}", NewUserName=new_user_name, NewPath=new_path)

    def upload_signing_certificate(self, certificate_body: str) -> SigningCertificate:
        """Upload a certificate; a user can have two.

        Raises
        ------
        MalformedCertificate
            It isn't in PEM form.
        """
        _, made = self._do("UploadSigningCertificate", CertificateBody=certificate_body)
        return cast("SigningCertificate", made)

    def update_signing_certificate(self, certificate_id: str, status: str) -> None:
        """Make a certificate ``"Inactive"``, or ``"Active"`` again."""
        self._do("UpdateSigningCertificate", CertificateId=certificate_id, Status=status)

    def delete_signing_certificate(self, certificate_id: str) -> None:
        """Delete a certificate."""
        self._do("DeleteSigningCertificate", CertificateId=certificate_id)

    def upload_ssh_public_key(self, ssh_public_key_body: str) -> SSHPublicKey:
        """Upload an RSA key of at least 2,048 bits; a user can have five.

        Raises
        ------
        InvalidPublicKey
            It isn't a public key.
        """
        _, made = self._do("UploadSSHPublicKey", SSHPublicKeyBody=ssh_public_key_body)
        return cast("SSHPublicKey", made)

    def update_ssh_public_key(self, ssh_public_key_id: str, status: str) -> None:
        """Make a key ``"Inactive"``, or ``"Active"`` again."""
        self._do("UpdateSSHPublicKey", SSHPublicKeyId=ssh_public_key_id, Status=status)

    def delete_ssh_public_key(self, ssh_public_key_id: str) -> None:
        """Delete a key."""
        self._do("DeleteSSHPublicKey", SSHPublicKeyId=ssh_public_key_id)

    def create_service_specific_credential(
        self, service_name: str, *, credential_age_days: int | None = None
    ) -> ServiceSpecificCredential:
        """Create a password or API key for a service; it is shown only now.

        Parameters
        ----------
        service_name
            ``codecommit.amazonaws.com`` and ``cassandra.amazonaws.com`` take passwords,
            ``bedrock.amazonaws.com`` and ``logs.amazonaws.com`` API keys.
        credential_age_days
            The number of days until an API key expires; by default it doesn't.

        Raises
        ------
        LimitExceeded
            The user already has two for that service.
        """
        _, made = self._do(
            "CreateServiceSpecificCredential",
            ServiceName=service_name,
            CredentialAgeDays=credential_age_days,
        )
        return cast("ServiceSpecificCredential", made)

    def reset_service_specific_credential(
        self, service_specific_credential_id: str
    ) -> ServiceSpecificCredential:
        """Reset the password; the previous one is no longer valid."""
        _, made = self._do(
            "ResetServiceSpecificCredential",
            ServiceSpecificCredentialId=service_specific_credential_id,
        )
        return cast("ServiceSpecificCredential", made)

    def update_service_specific_credential(
        self, service_specific_credential_id: str, status: str
    ) -> None:
        """Make it ``"Inactive"``, or ``"Active"`` again."""
        self._do(
            "UpdateServiceSpecificCredential",
            ServiceSpecificCredentialId=service_specific_credential_id,
            Status=status,
        )

    def delete_service_specific_credential(self, service_specific_credential_id: str) -> None:
        """Delete it."""
        self._do(
            "DeleteServiceSpecificCredential",
            ServiceSpecificCredentialId=service_specific_credential_id,
        )


@facade_of(records.Group)
class Group(IdentityMethods, records.Group):
    """A set of users with the group's policies. It isn't a principal and can't contain groups."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def users(self) -> list[User]: ...  # type: ignore[override]  # noqa: D102 - users with methods

    def add_user(self, user: records.Identity | str) -> None:
        """Make a user a member.

        Raises
        ------
        LimitExceeded
            The user is already in ten groups.
        NoSuchEntity
            There is no such user in the group's account.
        RequestError
            It isn't a user: groups can't contain groups or roles.

        Examples
        --------
        >>> from iamlab import World
        >>> account = World(seed=7).create_account("acme")
        >>> developers = account.create_group("developers")
        >>> developers.add_user(account.create_user("dana"))
        >>> [user.name for user in developers.users]
        ['dana']
        """
        if isinstance(user, records.Identity) and not isinstance(user, User):
            fix = f"Attach the policies of group {self.name} to role {user.name} instead."
            if isinstance(user, Group):
                users = ", ".join(own.name for own in user.users) or "it has none yet"
                fix = f"Add the users of group {user.name} to group {self.name}: {users}."
            raise RequestError(f"A {user.kind} can't be a member of a group. {fix}")
        self._do("AddUserTo{}", UserName=self.own_user(user).name)

    def remove_user(self, user: User | str) -> None:
        """End a membership; for others, nothing changes."""
        self._do("RemoveUserFrom{}", UserName=self.own_user(user).name)

    def update(self, *, new_group_name: str | None = None, new_path: str | None = None) -> None:
        """Rename the group, or move it to another path: its members stay."""
        self._do("Update{}", NewGroupName=new_group_name, NewPath=new_path)


@facade_of(records.Role)
class Role(BoundedMethods, records.Role):
    """An identity that principals assume temporarily.

    Parameters
    ----------
    trust
        The trust policy: who can assume it.
    max_session_duration
        In seconds, 3,600 to 43,200.
    instance_profiles
        Names of the instance profiles that contain it.
    last_used
        When a session of it last called, allowed or not, and where.
    """

    __slots__ = ()

    def update_assume_role_policy(self, document: Document) -> None:
        """Replace the trust policy."""
        self._do("UpdateAssumeRolePolicy", PolicyDocument=as_text(document))

    def update(
        self, *, description: str | None = None, max_session_duration: int | None = None
    ) -> None:
        """Set the maximum session duration and the description; omitted ones stay."""
        self._do("Update{}", Description=description, MaxSessionDuration=max_session_duration)

    @with_old_names
    def revoke_sessions(self, principal: Caller | None = None) -> Revocation:
        """Deny everything to all its existing sessions: see ``iamlab.operations.sts.revoking``."""
        from iamlab.operations.sts.revoking import revoke_sessions

        return revoke_sessions(self, principal)

    @with_old_names
    def revoke_session(self, session: Session, principal: Caller | None = None) -> Revocation:
        """Deny everything to one of its sessions, and to all with the same name.

        Raises
        ------
        RequestError
            It isn't a session of this role.
        """
        from iamlab.operations.sts.revoking import revoke_session

        return revoke_session(self, session, principal)

    @with_old_names
    def revoke_by_source_identity(self, name: str, principal: Caller | None = None) -> Revocation:
        """Deny everything to its sessions with a source identity."""
        from iamlab.operations.sts.revoking import revoke_by_source_identity

        return revoke_by_source_identity(self, name, principal)
