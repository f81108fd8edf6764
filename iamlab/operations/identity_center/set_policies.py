"""The policies of a permission set: those of AWS, those that each account has, one of its own.

Notes
-----
AWS pages: "Use IAM policies in permission sets"; "IAM Identity Center quotas".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import LimitExceeded, RequestError, did_you_mean
from iamlab.errors.identity_center import ConflictException, ServiceQuotaExceededException
from iamlab.errors.services import ResourceNotFoundException, ValidationException
from iamlab.model import managed_policies as managed
from iamlab.model.managed_policies import ManagedPolicy
from iamlab.operations.identity_center.calls import (
    PERMISSION_SET,
    CenterCall,
    Part,
    do,
    find,
    operation,
)
from iamlab.operations.identity_center.parameters import checked
from iamlab.operations.parameters import as_text
from iamlab.operations.policy_documents import saved
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.operations.policy_documents import Document

    T = TypeVar("T")

INLINE = "AwsSSOInlinePolicy"
"""What the inline policy is called in the roles."""

MOST_POLICIES = 20


@dataclass(frozen=True, slots=True)
class PolicyReference:
    """A customer managed policy by name and path: each account has one of its own, or has none."""

    name: str
    path: str = "/"

    def arn_in(self, partition: str, account_id: str) -> str:
        """Give the ARN that it has in an account.

        Examples
        --------
        >>> PolicyReference("maps", "/sky/").arn_in("aws", "111111111111")
        'arn:aws:iam::111111111111:policy/sky/maps'
        """
        return f"arn:{partition}:iam::{account_id}:policy{self.path}{self.name}"

    def to_json(self) -> dict[str, str]:
        """Write it as the API takes it."""
        return {"Name": self.name, "Path": self.path}


@dataclass(slots=True, eq=False)
class PolicySet(Part):
    """The policies of a permission set. Accounts see none of them at once.

    Parameters
    ----------
    managed_policies
        ARNs of AWS's own.
    permissions_boundary
        The ARN of one of AWS's policies, or a customer managed one.
    """

    managed_policies: list[str] = field(default_factory=list, repr=False)
    customer_managed_policy_references: list[PolicyReference] = field(
        default_factory=list, repr=False
    )
    inline_policy: Policy | None = field(default=None, repr=False)
    permissions_boundary: str | PolicyReference | None = field(default=None, repr=False)

    @property
    def arn(self) -> str:
        """``arn:aws:sso:::permissionSet/ssoins-.../ps-...``."""
        instance = self.instance_arn.rpartition("/")[2]
        return f"arn:{self.partition}:sso:::permissionSet/{instance}/{self.id}"

    @property
    def partition(self) -> str:
        """That of the instance."""
        return self.instance_arn.split(":")[1]

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
        self._do("AttachManagedPolicyToPermissionSet", ManagedPolicyArn=_text_of(managed_policy))

    def detach_managed_policy(self, managed_policy: str | ManagedPolicy) -> None:
        """Take it away (``DetachManagedPolicyFromPermissionSet``).

        Raises
        ------
        ResourceNotFoundException
            It is not attached.
        """
        self._do("DetachManagedPolicyFromPermissionSet", ManagedPolicyArn=_text_of(managed_policy))

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
        self._do(
            "AttachCustomerManagedPolicyReferenceToPermissionSet",
            CustomerManagedPolicyReference=_named(name, path),
        )

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
            "DetachCustomerManagedPolicyReferenceFromPermissionSet",
            CustomerManagedPolicyReference=_named(name, path),
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
        given = permissions_boundary
        sent = (
            {"CustomerManagedPolicyReference": _named(given)}
            if isinstance(given, PolicyReference)
            else {"ManagedPolicyArn": _text_of(given)}
        )
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


def _add(chosen: PolicySet, held: list[T], one: T, there: str) -> None:
    """Add a policy, if it is not there and there is room."""
    if one in held:
        raise ConflictException(there)
    taken = len(chosen.managed_policies) + len(chosen.customer_managed_policy_references)
    if taken >= MOST_POLICIES:
        raise ServiceQuotaExceededException(
            "You have exceeded AWS SSO limits. Cannot create ManagedPolicy more than "
            f"{MOST_POLICIES} for id {chosen.id}. Please refer to "
            "https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html"
        )
    held.append(one)


def _remove(held: list[T], one: T, missing: str) -> None:
    """Take a policy away, if it is there."""
    if one not in held:
        raise ResourceNotFoundException(missing)
    held.remove(one)


@operation("sso:AttachManagedPolicyToPermissionSet")
def attach_managed_policy(call: CenterCall) -> None:
    """Add one of AWS's managed policies."""
    chosen, arn = call.permission_set, _managed_in(call)
    there = (
        f"Permission set with id {chosen.id} already has a typed link attachment to a managed "
        f"policy with {arn}"
    )
    _add(chosen, chosen.managed_policies, arn, there)


@operation("sso:DetachManagedPolicyFromPermissionSet")
def detach_managed_policy(call: CenterCall) -> None:
    """Take one of AWS's managed policies away."""
    chosen, arn = call.permission_set, _managed_in(call)
    _remove(chosen.managed_policies, arn, f"Could not find ManagedPolicy with arn {arn}")


def _managed_in(call: CenterCall) -> str:
    """Give the ARN of the policy of AWS's that a call names."""
    call.noted["ManagedPolicyArn"] = text = call.parameters["ManagedPolicyArn"]
    return _arn_of(text, call.account.partition)


@operation("sso:AttachCustomerManagedPolicyReferenceToPermissionSet")
def attach_reference(call: CenterCall) -> None:
    """Name a policy that each account must have."""
    chosen, one = call.permission_set, _reference_in(call)
    there = (
        f"Given customer managed policy with name: {one.name} and path {one.path} already attached"
    )
    _add(chosen, chosen.customer_managed_policy_references, one, there)


@operation("sso:DetachCustomerManagedPolicyReferenceFromPermissionSet")
def detach_reference(call: CenterCall) -> None:
    """Name such a policy no longer."""
    chosen, one = call.permission_set, _reference_in(call)
    missing = (
        f"Given managed policy with name: {one.name} and path {one.path} does not exist on "
        "PermissionSet"
    )
    _remove(chosen.customer_managed_policy_references, one, missing)


def _reference_in(call: CenterCall) -> PolicyReference:
    """Give the policy that a call names, which each account has."""
    one = _reference(call.parameters["CustomerManagedPolicyReference"])
    call.noted["CustomerManagedPolicyReference"] = one.to_json()
    return one


@operation("sso:PutInlinePolicyToPermissionSet")
def put_inline_policy(call: CenterCall) -> None:
    """Write the inline policy."""
    chosen, text = call.permission_set, checked("inlinePolicy", call.parameters["InlinePolicy"])
    call.noted["InlinePolicy"] = text
    try:  # whether AWS reads it now or only when it is provisioned is not documented
        chosen.inline_policy = saved(text, INLINE, "identity")
    except LimitExceeded:  # that of managed policies: here there is room for more
        chosen.inline_policy = Policy.parse(text, name=INLINE)


@operation("sso:DeleteInlinePolicyFromPermissionSet")
def delete_inline_policy(call: CenterCall) -> None:
    """Take the inline policy away."""
    call.permission_set.inline_policy = None


@operation("sso:PutPermissionsBoundaryToPermissionSet")
def put_permissions_boundary(call: CenterCall) -> None:
    """Set the ceiling of the roles."""
    chosen, sent = call.permission_set, call.parameters["PermissionsBoundary"]
    if "CustomerManagedPolicyReference" in sent:
        reference = _reference(sent["CustomerManagedPolicyReference"])
        call.noted["PermissionsBoundary"] = {"CustomerManagedPolicyReference": reference.to_json()}
        chosen.permissions_boundary = reference
    else:
        arn = _arn_of(sent.get("ManagedPolicyArn", ""), call.account.partition)
        call.noted["PermissionsBoundary"] = {"ManagedPolicyArn": arn}
        chosen.permissions_boundary = arn


@operation("sso:DeletePermissionsBoundaryFromPermissionSet")
def delete_permissions_boundary(call: CenterCall) -> None:
    """Take the ceiling away."""
    chosen = call.permission_set
    if chosen.permissions_boundary is None:  # AWS's sentence is not documented
        raise ResourceNotFoundException(f"No permissions boundary on {chosen.id}")
    chosen.permissions_boundary = None


def _named(given: object, path: str = "/") -> dict[str, Any]:
    """Name a customer managed policy, given itself or by name and path, as the API does."""
    if isinstance(given, ManagedPolicy | PolicyReference):
        return {"Name": given.name, "Path": given.path}
    return {"Name": given, "Path": path}


def _reference(sent: Mapping[str, Any]) -> PolicyReference:
    """Read how a call names a customer managed policy.

    Raises
    ------
    ValidationException
        No policy can be called so.
    RequestError
        It is no policy, and no name.
    """
    return PolicyReference(
        checked("customerManagedPolicyReference.name", sent.get("Name")),
        checked("customerManagedPolicyReference.path", sent.get("Path", "/")),
    )


def _text_of(given: str | ManagedPolicy) -> str:
    """Give the ARN or the name of a managed policy."""
    text = given.arn if isinstance(given, ManagedPolicy) else given
    if not isinstance(text, str):
        raise RequestError(f"A managed policy is given itself, by ARN or by name, not {given!r}.")
    return text


def _arn_of(text: str, partition: str) -> str:
    """Give the ARN of one of AWS's policies."""
    if is_arn(text) and Arn.parse(text).account != "aws":
        error = ValidationException(
            f"1 validation error detected: Value '{text[:200]}' at 'managedPolicyArn' failed to "
            "satisfy constraint: Member must be the ARN of an AWS managed policy"
        )
        error.add_note(
            "A customer managed policy is only named, as each account has its own: "
            "PolicyReference(name, path)."
        )
        raise error
    found = managed.find(text, partition)
    if found is None:
        error_of_none = ResourceNotFoundException(f"Policy does not exist with ARN: {text[:200]}")
        error_of_none.add_note(did_you_mean(text.rpartition("/")[2], managed.names()))
        raise error_of_none
    return found.arn
