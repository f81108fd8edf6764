"""Permission sets: templates of the roles that Identity Center creates in accounts.

A permission set has policies: AWS managed ones, references to customer managed ones, and an inline
policy. Its roles don't change until it is provisioned again.

Notes
-----
AWS pages: "Manage AWS accounts with permission sets"; "Set session duration for AWS accounts";
"Create, manage, and delete permission sets"; "Use IAM policies in permission sets".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.model.managed_policies import ManagedPolicy
from iamlab.operations.identity_center.calls import (
    ACCOUNT,
    PERMISSION_SET,
    InstancePart,
    do,
    find,
    id_of,
)
from iamlab.operations.parameters import as_session_tags, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.policy.document import Policy
AWS_ACCOUNT, ALL_ACCOUNTS = "AWS_ACCOUNT", "ALL_PROVISIONED_ACCOUNTS"
"""The target type of assignments and provisioning."""

EITHER = "USER or GROUP"
"""The type of a principal of which only the name is known."""


@dataclass(frozen=True, slots=True)
class PolicyReference:
    """A customer managed policy by name and path, which each account must have."""

    name: str
    path: str = "/"

    def arn_in(self, partition: str, account_id: str) -> str:
        """Return its ARN in an account.

        Examples
        --------
        >>> PolicyReference("maps", "/sky/").arn_in("aws", "111111111111")
        'arn:aws:iam::111111111111:policy/sky/maps'
        """
        return f"arn:{partition}:iam::{account_id}:policy{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A permission set, as provisioned in an account.

    Parameters
    ----------
    role_name
        The role's name.
    session_seconds
        How long its sessions last, as of the provisioning.
    """

    role_name: str
    session_seconds: int


@dataclass(slots=True, eq=False)
class PermissionSet(InstancePart):
    """A permission set. Changes apply in accounts only after provisioning.

    Parameters
    ----------
    managed_policies
        ARNs of AWS managed policies.
    permissions_boundary
        The ARN of an AWS managed policy, or a reference to a customer managed one.
    name
        Its name, which can't change.
    relay_state
        The page of the console where its users begin.
    tags
        Tags of the permission set itself; roles don't get them.
    provisioned
        The provisioned roles, by account id.
    """

    managed_policies: list[str] = field(default_factory=list, repr=False)
    customer_managed_policy_references: list[PolicyReference] = field(
        default_factory=list, repr=False
    )
    inline_policy: Policy | None = field(default=None, repr=False)
    permissions_boundary: str | PolicyReference | None = field(default=None, repr=False)
    name: str = ""
    description: str = field(default="", repr=False)
    session_duration: str = "PT1H"
    relay_state: str = field(default="", repr=False)
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    provisioned: dict[str, Provisioned] = field(default_factory=dict, repr=False)

    @property
    def arn(self) -> str:
        """``arn:aws:sso:::permissionSet/ssoins-.../ps-...``."""
        return f"{self.instance_arn.replace(':instance/', ':permissionSet/')}/{self.id}"

    def update(
        self,
        *,
        description: str | None = None,
        session_duration: str | None = None,
        relay_state: str | None = None,
    ) -> None:
        """Change it (``UpdatePermissionSet``); omitted settings stay.

        Raises
        ------
        ValidationException
            A value isn't valid: for example, sessions last ``PT1H`` to ``PT12H``.
        """
        texts = {"Description": description, "RelayState": relay_state}
        self._do("UpdatePermissionSet", SessionDuration=session_duration, **texts)

    def delete(self) -> None:
        """Delete it (``DeletePermissionSet``).

        Raises
        ------
        ConflictException
            It has assignments.
        """
        self._do("DeletePermissionSet")

    def attach_managed_policy(self, managed_policy: str | ManagedPolicy) -> None:
        """Attach an AWS managed policy (``AttachManagedPolicyToPermissionSet``).

        Parameters
        ----------
        managed_policy
            The policy, its ARN, or its name.

        Raises
        ------
        ConflictException
            It is already attached.
        ResourceNotFoundException
            AWS has no such policy.
        ServiceQuotaExceededException
            It already has twenty policies.
        ValidationException
            It is a customer managed policy.
        """
        self._do("AttachManagedPolicyToPermissionSet", **_as_managed(managed_policy))

    def detach_managed_policy(self, managed_policy: str | ManagedPolicy) -> None:
        """Detach it (``DetachManagedPolicyFromPermissionSet``).

        Raises
        ------
        ResourceNotFoundException
            It isn't attached.
        """
        self._do("DetachManagedPolicyFromPermissionSet", **_as_managed(managed_policy))

    def attach_customer_managed_policy_reference(
        self, name: str | ManagedPolicy | PolicyReference, path: str = "/"
    ) -> None:
        """Attach a reference to a customer managed policy, which each account must have.

        Its operation is ``AttachCustomerManagedPolicyReferenceToPermissionSet``.

        Raises
        ------
        ConflictException
            It is already attached.
        ServiceQuotaExceededException
            It already has twenty policies.
        ValidationException
            A policy can't have this name.
        """
        self._do("AttachCustomerManagedPolicyReferenceToPermissionSet", **_as_reference(name, path))

    def detach_customer_managed_policy_reference(
        self, name: str | ManagedPolicy | PolicyReference, path: str = "/"
    ) -> None:
        """Detach it (``DetachCustomerManagedPolicyReferenceFromPermissionSet``).

        Raises
        ------
        ResourceNotFoundException
            It isn't attached.
        """
        self._do(
            "DetachCustomerManagedPolicyReferenceFromPermissionSet", **_as_reference(name, path)
        )

    def put_inline_policy(self, inline_policy: Document) -> None:
        """Set its inline policy (``PutInlinePolicyToPermissionSet``).

        Raises
        ------
        MalformedPolicyDocument
            It isn't a valid identity policy.
        ValidationException
            It has more than 32,768 characters.
        """
        self._do("PutInlinePolicyToPermissionSet", InlinePolicy=as_text(inline_policy))

    def delete_inline_policy(self) -> None:
        """Delete the inline policy (``DeleteInlinePolicyFromPermissionSet``)."""
        self._do("DeleteInlinePolicyFromPermissionSet")

    def put_permissions_boundary(
        self, permissions_boundary: str | ManagedPolicy | PolicyReference
    ) -> None:
        """Set the permissions boundary of its roles (``PutPermissionsBoundaryToPermissionSet``).

        Parameters
        ----------
        permissions_boundary
            An AWS managed policy, or a :class:`PolicyReference` to a customer managed one.

        Raises
        ------
        ResourceNotFoundException
            AWS has no such policy.
        """
        sent = as_boundary(permissions_boundary)
        self._do("PutPermissionsBoundaryToPermissionSet", PermissionsBoundary=sent)

    def delete_permissions_boundary(self) -> None:
        """Delete the permissions boundary (``DeletePermissionsBoundaryFromPermissionSet``).

        Raises
        ------
        ResourceNotFoundException
            It has no permissions boundary.
        """
        self._do("DeletePermissionsBoundaryFromPermissionSet")

    def _do(self, name: str, **parameters: Any) -> None:
        """Do an operation on it, if it still exists.

        Raises
        ------
        ResourceNotFoundException
            It has been deleted.
        """
        find(self.center.permission_sets, self, PERMISSION_SET)
        do(self.center, f"sso:{name}", PermissionSetArn=self.arn, **parameters)


@dataclass(frozen=True, slots=True)
class AccountAssignment:
    """An assignment of a user or group to an account with a permission set; all by id.

    Parameters
    ----------
    principal_type
        ``USER`` or ``GROUP``.
    """

    account_id: str
    permission_set_id: str
    principal_type: str
    principal_id: str

    @property
    def place(self) -> tuple[str, str]:
        """The account and the permission set, which other assignments can share."""
        return self.account_id, self.permission_set_id


class HasPermissionSets:
    """The methods of an instance for its permission sets."""

    __slots__ = ()

    def create_permission_set(
        self,
        name: str,
        *,
        description: str = "",
        session_duration: str = "PT1H",
        relay_state: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> PermissionSet:
        """Create a permission set (``CreatePermissionSet``) without permissions.

        Parameters
        ----------
        session_duration
            How long role sessions last: ``"PT1H"`` to ``"PT12H"``.
        relay_state
            The page of the console where its users begin: a URL.

        Raises
        ------
        ConflictException
            There is a permission set with that name.
        ValidationException
            A value isn't valid.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("acme-main")
        >>> center = world.create_organization(main).enable_identity_center()
        >>> readers = center.create_permission_set("Readers", session_duration="PT8H")
        >>> readers.attach_managed_policy("ReadOnlyAccess")
        >>> readers.managed_policies
        ['arn:aws:iam::aws:policy/ReadOnlyAccess']
        """
        texts = {"Name": name, "Description": description, "RelayState": relay_state}
        more = {"SessionDuration": session_duration, "Tags": as_session_tags(tags)}
        made: PermissionSet = do(self, "sso:CreatePermissionSet", **texts, **more)
        return made

    def provision_permission_set(
        self, permission_set: PermissionSet | str, account: Account | str | None = None
    ) -> None:
        """Update the roles of a permission set: in one account, or in all that have it.

        Raises
        ------
        ResourceNotFoundException
            There is no such permission set, or it has never been provisioned in that account.
        NoSuchEntity
            An account doesn't have a customer managed policy; then no account is changed.
        """
        do(
            self,
            "sso:ProvisionPermissionSet",
            PermissionSetArn=id_of(permission_set, PERMISSION_SET),
            TargetType=ALL_ACCOUNTS if account is None else AWS_ACCOUNT,
            TargetId=None if account is None else id_of(account, ACCOUNT),
        )


def as_boundary(policy: str | ManagedPolicy | PolicyReference) -> dict[str, Any]:
    """Return the policy of a permissions boundary in the API's form."""
    return _as_reference(policy) if isinstance(policy, PolicyReference) else _as_managed(policy)


def _as_reference(policy: object, path: str = "/") -> dict[str, Any]:
    """Return a customer managed policy, or its name and path, in the API's form."""
    name = policy
    if isinstance(policy, ManagedPolicy | PolicyReference):
        name, path = policy.name, policy.path
    return {"CustomerManagedPolicyReference": {"Name": name, "Path": path}}


def _as_managed(policy: str | ManagedPolicy) -> dict[str, Any]:
    """Return an AWS managed policy, its ARN or its name, in the API's form."""
    text = policy.arn if isinstance(policy, ManagedPolicy) else policy
    if not isinstance(text, str):
        raise RequestError(f"Pass a managed policy, its ARN or its name, not {policy!r}.")
    return {"ManagedPolicyArn": text}
