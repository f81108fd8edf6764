"""Permission sets: templates of the roles that Identity Center makes in accounts.

A permission set has policies: those of AWS, those that each account has, and one of its own. Roles
that were made of it stay as they are until it is provisioned again.

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
"""What a permission set is assigned or provisioned in."""

EITHER = "USER or GROUP"
"""The type of a principal of which a method knows only the name."""


@dataclass(frozen=True, slots=True)
class PolicyReference:
    """A customer managed policy by name and path: each account has one of its own, or has none."""

    name: str
    path: str = "/"

    def arn_in(self, partition: str, account_id: str) -> str:
        """Return the ARN that it has in an account.

        Examples
        --------
        >>> PolicyReference("maps", "/sky/").arn_in("aws", "111111111111")
        'arn:aws:iam::111111111111:policy/sky/maps'
        """
        return f"arn:{partition}:iam::{account_id}:policy{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A permission set as an account has it.

    Parameters
    ----------
    role_name
        Of the role that was made.
    session_seconds
        How long its sessions last: as it was when it was provisioned.
    """

    role_name: str
    session_seconds: int


@dataclass(slots=True, eq=False)
class PermissionSet(InstancePart):
    """A permission set. Accounts see none of its policies at once.

    Parameters
    ----------
    managed_policies
        ARNs of AWS's own.
    permissions_boundary
        The ARN of one of AWS's policies, or a customer managed one.
    name
        It cannot be renamed.
    relay_state
        Where in the console its users begin.
    tags
        Of the permission set itself; roles do not get them.
    provisioned
        By account id.
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
        """Change it (``UpdatePermissionSet``); what is not given stays.

        Raises
        ------
        ValidationException
            Something cannot be so: sessions last ``PT1H`` to ``PT12H``, say.
        """
        texts = {"Description": description, "RelayState": relay_state}
        self._do("UpdatePermissionSet", SessionDuration=session_duration, **texts)

    def delete(self) -> None:
        """Delete it (``DeletePermissionSet``).

        Raises
        ------
        ConflictException
            Somebody is assigned to it.
        """
        self._do("DeletePermissionSet")

    def attach_managed_policy(self, managed_policy: str | ManagedPolicy) -> None:
        """Add one of AWS's managed policies (``AttachManagedPolicyToPermissionSet``).

        Parameters
        ----------
        managed_policy
            The policy, its ARN, or its name.

        Raises
        ------
        ConflictException
            It is attached.
        ResourceNotFoundException
            AWS has no such policy.
        ServiceQuotaExceededException
            There are twenty.
        ValidationException
            It is a customer managed one.
        """
        self._do("AttachManagedPolicyToPermissionSet", **_as_managed(managed_policy))

    def detach_managed_policy(self, managed_policy: str | ManagedPolicy) -> None:
        """Take it away (``DetachManagedPolicyFromPermissionSet``).

        Raises
        ------
        ResourceNotFoundException
            It is not attached.
        """
        self._do("DetachManagedPolicyFromPermissionSet", **_as_managed(managed_policy))

    def attach_customer_managed_policy_reference(
        self, name: str | ManagedPolicy | PolicyReference, path: str = "/"
    ) -> None:
        """Name a policy that each account must have before the set is provisioned there.

        Its operation is ``AttachCustomerManagedPolicyReferenceToPermissionSet``.

        Raises
        ------
        ConflictException
            It is named already.
        ServiceQuotaExceededException
            There are twenty policies.
        ValidationException
            No policy can be called so.
        """
        self._do("AttachCustomerManagedPolicyReferenceToPermissionSet", **_as_reference(name, path))

    def detach_customer_managed_policy_reference(
        self, name: str | ManagedPolicy | PolicyReference, path: str = "/"
    ) -> None:
        """Name it no longer (``DetachCustomerManagedPolicyReferenceFromPermissionSet``).

        Raises
        ------
        ResourceNotFoundException
            It is not named.
        """
        self._do(
            "DetachCustomerManagedPolicyReferenceFromPermissionSet", **_as_reference(name, path)
        )

    def put_inline_policy(self, inline_policy: Document) -> None:
        """Write its one inline policy (``PutInlinePolicyToPermissionSet``).

        Raises
        ------
        MalformedPolicyDocument
            It is no identity policy.
        ValidationException
            It has more than 32,768 characters.
        """
        self._do("PutInlinePolicyToPermissionSet", InlinePolicy=as_text(inline_policy))

    def delete_inline_policy(self) -> None:
        """Take the inline policy away (``DeleteInlinePolicyFromPermissionSet``)."""
        self._do("DeleteInlinePolicyFromPermissionSet")

    def put_permissions_boundary(
        self, permissions_boundary: str | ManagedPolicy | PolicyReference
    ) -> None:
        """Set the ceiling of its roles (``PutPermissionsBoundaryToPermissionSet``).

        Parameters
        ----------
        permissions_boundary
            One of AWS's policies, or a :class:`PolicyReference` to one that each account has.

        Raises
        ------
        ResourceNotFoundException
            AWS has no such policy.
        """
        if isinstance(permissions_boundary, PolicyReference):
            sent = _as_reference(permissions_boundary)
        else:
            sent = _as_managed(permissions_boundary)
        self._do("PutPermissionsBoundaryToPermissionSet", PermissionsBoundary=sent)

    def delete_permissions_boundary(self) -> None:
        """Take the ceiling away (``DeletePermissionsBoundaryFromPermissionSet``).

        Raises
        ------
        ResourceNotFoundException
            There is none.
        """
        self._do("DeletePermissionsBoundaryFromPermissionSet")

    def _do(self, name: str, **parameters: Any) -> None:
        """Do an operation on it, if it is still there.

        Raises
        ------
        ResourceNotFoundException
            It has been deleted.
        """
        find(self.center.permission_sets, self, PERMISSION_SET)
        do(self.center, f"sso:{name}", PermissionSetArn=self.arn, **parameters)


@dataclass(frozen=True, slots=True)
class AccountAssignment:
    """A user or group, an account, and a permission set there; all by their ids.

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
        """The account and the permission set there, which others can choose too."""
        return self.account_id, self.permission_set_id


class HasPermissionSets:
    """The methods of an instance about its permission sets."""

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
        """Make a permission set (``CreatePermissionSet``), which allows nothing yet.

        Parameters
        ----------
        session_duration
            How long role sessions last: ``"PT1H"`` to ``"PT12H"``.
        relay_state
            Where in the console its users begin: a URL.

        Raises
        ------
        ConflictException
            There is one of that name.
        ValidationException
            Something cannot be so.

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
        texts |= {"SessionDuration": session_duration}
        made: PermissionSet = do(
            self, "sso:CreatePermissionSet", Tags=as_session_tags(tags), **texts
        )
        return made

    def provision_permission_set(
        self, permission_set: PermissionSet | str, account: Account | str | None = None
    ) -> None:
        """Bring the roles of a permission set up to date: in one account, or wherever there are.

        Raises
        ------
        ResourceNotFoundException
            There is no such permission set, or it has never been provisioned in that account.
        NoSuchEntity
            An account lacks a customer managed policy; then no account is changed.
        """
        do(
            self,
            "sso:ProvisionPermissionSet",
            PermissionSetArn=id_of(permission_set, PERMISSION_SET),
            TargetType=ALL_ACCOUNTS if account is None else AWS_ACCOUNT,
            TargetId=None if account is None else id_of(account, ACCOUNT),
        )


def _as_reference(policy: object, path: str = "/") -> dict[str, Any]:
    """Name a customer managed policy, given itself or by name and path, as the API does."""
    name = policy
    if isinstance(policy, ManagedPolicy | PolicyReference):
        name, path = policy.name, policy.path
    return {"CustomerManagedPolicyReference": {"Name": name, "Path": path}}


def _as_managed(policy: str | ManagedPolicy) -> dict[str, Any]:
    """Name one of AWS's policies, given itself, by ARN or by name, as the API does."""
    text = policy.arn if isinstance(policy, ManagedPolicy) else policy
    if not isinstance(text, str):
        raise RequestError(f"A managed policy is given itself, by ARN or by name, not {policy!r}.")
    return {"ManagedPolicyArn": text}
