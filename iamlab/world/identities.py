"""Users, groups and roles: what they carry, and how that is changed.

Notes
-----
AWS pages: "IAM users"; "IAM user groups"; "IAM roles".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.display import Shown
from iamlab.errors import NoSuchEntity, RequestError
from iamlab.world.api.calling import call, perform
from iamlab.world.api.values import as_keys, as_tags, as_text
from iamlab.world.holder import Holder
from iamlab.world.identity_words import told
from iamlab.world.links import switch_role_page
from iamlab.world.user_things import HoldsKeys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from iamlab.policy.document import Policy
    from iamlab.world.account import Account
    from iamlab.world.events import Event
    from iamlab.world.gather import Caller
    from iamlab.world.keys import KeyRecord
    from iamlab.world.last_accessed.report import Granularity, LastAccessed
    from iamlab.world.last_use import RoleLastUsed
    from iamlab.world.passwords import LoginProfile
    from iamlab.world.policies import ManagedPolicy
    from iamlab.world.saving import Document
    from iamlab.world.sts.revoking import Revocation
    from iamlab.world.sts.session import Session
    from iamlab.world.user_summary import UserSummary
    from iamlab.world.user_things import (
        ServiceSpecificCredential,
        SigningCertificate,
        SSHPublicKey,
    )


@dataclass(slots=True, eq=False, repr=False)
class Identity(Shown):
    """What users, groups and roles have in common: a name, and policies.

    An identity holds the *ARNs* of its managed policies, so that a new default version is seen
    everywhere at once; inline policies it holds itself.
    """

    account: Account = field(repr=False)
    name: str
    path: str = "/"
    unique_id: str = field(default="", repr=False)
    attached: list[str] = field(default_factory=list, repr=False)
    inline: dict[str, Policy] = field(default_factory=dict, repr=False)
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    create_date: datetime | None = field(default=None, repr=False)
    kind: ClassVar[str] = ""

    @property
    def arn(self) -> str:
        """``arn:aws:iam::ACCOUNT:kind/path/name``."""
        account = self.account
        return (
            f"arn:{account.partition}:iam::{account.account_id}:{self.kind}{self.path}{self.name}"
        )

    def attach_policy(self, policy: str | ManagedPolicy) -> None:
        """Attach a managed policy (``AttachUserPolicy`` and its like).

        Parameters
        ----------
        policy
            The policy, its ARN, or the name of one of AWS's or of the account's own.

        Raises
        ------
        NoSuchEntity
            There is no such policy.
        LimitExceeded
            The identity has as many as it may have.
        """
        self._do("Attach{}Policy", PolicyArn=self.account.get_policy(policy).arn)

    def detach_policy(self, policy: str | ManagedPolicy) -> None:
        """Detach a managed policy (``DetachUserPolicy`` and its like).

        Raises
        ------
        NoSuchEntity
            It is not attached.
        """
        known = isinstance(policy, str) and policy in self.attached
        arn = policy if known else self.account.get_policy(policy).arn
        self._do("Detach{}Policy", PolicyArn=arn)

    def put_policy(self, policy_name: str, document: Document) -> None:
        """Write an inline policy: it belongs to this identity alone and goes with it.

        Raises
        ------
        MalformedPolicyDocument
            It is no identity policy; the notes say why.

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
            There is none of that name.
        """
        self._do("Delete{}Policy", PolicyName=policy_name)

    def delete(self) -> None:
        """Delete it; what hangs on it must be gone first.

        Raises
        ------
        DeleteConflict
            Something is left.
        """
        self._do("Delete{}")

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``TagUser``, ``TagRole``)."""
        self._do("Tag{}", Tags=as_tags(tags))

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Take tags away (``UntagUser``, ``UntagRole``)."""
        self._do("Untag{}", TagKeys=as_keys(tag_keys))

    def last_accessed(
        self, events: Iterable[Event] | None = None, granularity: Granularity = "SERVICE_LEVEL"
    ) -> LastAccessed:
        """Say when the services that its policies allow were last accessed, and by whom.

        See ``iamlab.world.last_accessed.asking``.
        """
        return self.account.last_accessed(self, events, granularity)

    def __repr__(self) -> str:
        return told(self)

    def _do(self, operation: str, **parameters: object) -> Any:
        """Do an operation on this identity, as the account's root user."""
        noun = self.kind.capitalize()
        named = {f"{noun}Name": self.name, **parameters}
        return perform(self.account, operation.format(noun), **named)


@dataclass(slots=True, eq=False, repr=False)
class Bounded(Identity):
    """An identity that may have a permissions boundary: a user or a role, never a group."""

    boundary: str | None = field(default=None, repr=False)

    def put_permissions_boundary(self, policy: str | ManagedPolicy) -> None:
        """Set the ceiling: at most what this managed policy allows."""
        arn = self.account.get_policy(policy).arn
        self._do("Put{}PermissionsBoundary", PermissionsBoundary=arn)

    def delete_permissions_boundary(self) -> None:
        """Take the ceiling away."""
        self._do("Delete{}PermissionsBoundary")


@dataclass(slots=True, eq=False, repr=False)
class User(Bounded, Holder, HoldsKeys):
    """A long-term identity. It starts with no permissions at all.

    Parameters
    ----------
    former_sign_in
        When the last of the passwords that were taken away from it was last used.
    """

    groups: list[str] = field(default_factory=list, repr=False)
    key_records: dict[str, KeyRecord] = field(default_factory=dict, repr=False)
    login_profile: LoginProfile | None = field(default=None, repr=False)
    former_sign_in: datetime | None = field(default=None, repr=False)
    signing_certificates: dict[str, SigningCertificate] = field(default_factory=dict, repr=False)
    ssh_public_keys: dict[str, SSHPublicKey] = field(default_factory=dict, repr=False)
    service_specific_credentials: dict[str, ServiceSpecificCredential] = field(
        default_factory=dict, repr=False
    )
    kind: ClassVar[str] = "user"

    @property
    def user_name(self) -> str:
        """Its name, as the API calls it."""
        return self.name

    @property
    def named(self) -> dict[str, str]:
        """How the API names it."""
        return {"UserName": self.name}

    @property
    def is_there(self) -> bool:
        """Whether it has not been deleted."""
        return self.account.users.get(self.name) is self

    @property
    def console_sign_in_url(self) -> str | None:
        """Where it signs in; ``None`` without a password."""
        return self.account.console_sign_in_url if self.login_profile else None

    def update_login_profile(
        self,
        *,
        password: str | None = None,
        password_reset_required: bool | None = None,
        max_signin_session_duration: int | None = None,
        reset_max_signin_session_duration: bool | None = None,
    ) -> None:
        """Set its password, as an administrator does: the old one need not be known."""
        self._do(
            "UpdateLoginProfile",
            Password=password,
            PasswordResetRequired=password_reset_required,
            MaxSigninSessionDuration=max_signin_session_duration,
            ResetMaxSigninSessionDuration=reset_max_signin_session_duration,
        )

    def change_password(self, old_password: str, new_password: str) -> None:
        """Change its own password, for which it needs permission itself.

        Raises
        ------
        AccessDenied
            It may not, or the old password is wrong.
        PasswordPolicyViolation
            The account wants a better one, or one that was not used of late.
        """
        sent = {"OldPassword": old_password, "NewPassword": new_password}
        call(self.account, "ChangePassword", self, sent)

    def summary(self) -> UserSummary:
        """Show what the console's page of a user shows; no secrets."""
        from iamlab.world.user_summary import summarise

        return summarise(self)

    def update(self, *, new_user_name: str | None = None, new_path: str | None = None) -> None:
        """Rename the user, or move it to another path: its id stays, its ARN does not."""
        self._do("Update{}", NewUserName=new_user_name, NewPath=new_path)


@dataclass(slots=True, eq=False, repr=False)
class Group(Identity):
    """A bag of users that hands them its policies. It is no principal and holds no groups."""

    kind: ClassVar[str] = "group"

    @property
    def users(self) -> list[User]:
        """Its members."""
        return [user for user in self.account.users.values() if self.name in user.groups]

    def add_user(self, user: Identity | str) -> None:
        """Make a user a member.

        Raises
        ------
        LimitExceeded
            The user is in ten groups already.
        NoSuchEntity
            There is no such user in the group's account.
        RequestError
            What is added is no user: groups do not nest, and roles do not join.
        """
        if isinstance(user, Identity) and not isinstance(user, User):
            message = (
                f"{user.kind} {user.name} cannot be a member of group {self.name}: "
                "a group holds users only."
            )
            raise RequestError(message)
        self._do("AddUserTo{}", UserName=self._own(user).name)

    def remove_user(self, user: User | str) -> None:
        """End a membership.

        Raises
        ------
        NoSuchEntity
            The user is no member.
        """
        self._do("RemoveUserFrom{}", UserName=self._own(user).name)

    def update(self, *, new_group_name: str | None = None, new_path: str | None = None) -> None:
        """Rename the group, or move it to another path: its members stay."""
        self._do("Update{}", NewGroupName=new_group_name, NewPath=new_path)

    def _own(self, user: Identity | str) -> User:
        """Find a user of the group's account; its namesake in another account is somebody else."""
        if not isinstance(user, Identity):
            return self.account.get_user(user)
        if user.arn.split(":")[4] != self.account.account_id:
            error = NoSuchEntity(f"The user with name {user.name} cannot be found.")
            error.add_note(f"{user.arn} is of another account; a group holds users of its own.")
            raise error
        return self.account.get_user(user.name)


@dataclass(slots=True, eq=False, repr=False)
class Role(Bounded):
    """An identity that others assume for a while.

    Parameters
    ----------
    trust
        The trust policy: who may assume it.
    max_session_duration
        In seconds, 3,600 to 43,200.
    instance_profiles
        Names of the instance profiles that hold it.
    last_used
        When a session of it last called, allowed or not, and where.
    """

    trust: Policy | None = field(default=None, repr=False)
    max_session_duration: int = field(default=3600, repr=False)
    description: str = field(default="", repr=False)
    instance_profiles: list[str] = field(default_factory=list, repr=False)
    last_used: RoleLastUsed | None = field(default=None, repr=False)
    kind: ClassVar[str] = "role"

    @property
    def switch_role_url(self) -> str:
        """Where somebody who is signed in to the console takes this role."""
        account = self.account
        whose = account.alias or account.account_id
        return switch_role_page(account.partition, whose, f"{self.path}{self.name}"[1:])

    def update_assume_role_policy(self, document: Document) -> None:
        """Replace the trust policy."""
        perform(
            self.account,
            "UpdateAssumeRolePolicy",
            RoleName=self.name,
            PolicyDocument=as_text(document),
        )

    def update(
        self, *, description: str | None = None, max_session_duration: int | None = None
    ) -> None:
        """Set how long its sessions may last (3,600 seconds if nothing is said), and what it is."""
        self._do("Update{}", Description=description, MaxSessionDuration=max_session_duration)

    def revoke_sessions(self, caller: Caller | None = None) -> Revocation:
        """Deny everything to all its sessions until now: see ``iamlab.world.sts.revoking``."""
        from iamlab.world.sts.revoking import revoke_sessions

        return revoke_sessions(self, caller)

    def revoke_session(self, session: Session, caller: Caller | None = None) -> Revocation:
        """Deny everything to one of its sessions, and to all of the same name.

        Raises
        ------
        RequestError
            It is no session of this role.
        """
        from iamlab.world.sts.revoking import revoke_session

        return revoke_session(self, session, caller)

    def revoke_by_source_identity(self, name: str, caller: Caller | None = None) -> Revocation:
        """Deny everything to those of its sessions behind which somebody is."""
        from iamlab.world.sts.revoking import revoke_by_source_identity

        return revoke_by_source_identity(self, name, caller)
