"""The policies of a permission set: those of AWS, those that each account has, one of its own.

Notes
-----
AWS pages: "Use IAM policies in permission sets"; "IAM Identity Center quotas".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from iamlab.errors import LimitExceeded, RequestError, did_you_mean
from iamlab.identity_center_errors import (
    ConflictException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ValidationException,
)
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy
from iamlab.world import managed
from iamlab.world.api.values import as_text
from iamlab.world.identity_center.values import checked
from iamlab.world.policies import ManagedPolicy
from iamlab.world.saving import saved

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from iamlab.world.identity_center.parts import Call
    from iamlab.world.identity_center.permission_sets import PermissionSet
    from iamlab.world.saving import Document

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


class CarriesPolicies:
    """The methods of a permission set about its policies. Accounts see none of it at once."""

    __slots__ = ()

    if TYPE_CHECKING:

        def recorded(  # noqa: D102 - said where it is done
            self, operation: str, **parameters: Any
        ) -> AbstractContextManager[Call]: ...

    @property
    def _own(self) -> PermissionSet:
        """The permission set whose methods they are."""
        return cast("PermissionSet", self)

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
        own, text = self._own, _text_of(managed_policy)
        with self.recorded("AttachManagedPolicyToPermissionSet", ManagedPolicyArn=text):
            arn = _arn_of(text, own.partition)
            if arn in own.managed_policies:
                raise ConflictException(
                    f"Permission set with id {own.id} already has a typed link attachment to a "
                    f"managed policy with {arn}"
                )
            _check_room(own)
            own.managed_policies.append(arn)

    def detach_managed_policy(self, managed_policy: str | ManagedPolicy) -> None:
        """Take it away (``DetachManagedPolicyFromPermissionSet``).

        Raises
        ------
        ResourceNotFoundException
            It is not attached.
        """
        own, text = self._own, _text_of(managed_policy)
        with self.recorded("DetachManagedPolicyFromPermissionSet", ManagedPolicyArn=text):
            arn = _arn_of(text, own.partition)
            if arn not in own.managed_policies:
                raise ResourceNotFoundException(f"Could not find ManagedPolicy with arn {arn}")
            own.managed_policies.remove(arn)

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
        own, operation = self._own, "AttachCustomerManagedPolicyReferenceToPermissionSet"
        with self.recorded(operation) as call:
            reference = reference_to(name, path)
            call.asked["CustomerManagedPolicyReference"] = reference.to_json()
            if reference in own.customer_managed_policy_references:
                raise ConflictException(
                    f"Given customer managed policy with name: {reference.name} and path "
                    f"{reference.path} already attached"
                )
            _check_room(own)
            own.customer_managed_policy_references.append(reference)

    def detach_customer_managed_policy_reference(
        self, name: str | ManagedPolicy | PolicyReference, path: str = "/"
    ) -> None:
        """Name it no longer (``DetachCustomerManagedPolicyReferenceFromPermissionSet``).

        Raises
        ------
        ResourceNotFoundException
            It is not named.
        """
        own, operation = self._own, "DetachCustomerManagedPolicyReferenceFromPermissionSet"
        with self.recorded(operation) as call:
            reference = reference_to(name, path)
            call.asked["CustomerManagedPolicyReference"] = reference.to_json()
            if reference not in own.customer_managed_policy_references:
                raise ResourceNotFoundException(
                    f"Given managed policy with name: {reference.name} and path {reference.path} "
                    "does not exist on PermissionSet"
                )
            own.customer_managed_policy_references.remove(reference)

    def put_inline_policy(self, inline_policy: Document) -> None:
        """Write its one inline policy (``PutInlinePolicyToPermissionSet``).

        Raises
        ------
        MalformedPolicyDocument
            It is no identity policy.
        ValidationException
            It has more than 32,768 characters.
        """
        own = self._own
        with self.recorded("PutInlinePolicyToPermissionSet") as call:
            text = checked("inlinePolicy", as_text(inline_policy))
            call.asked["InlinePolicy"] = text
            try:  # whether AWS reads it now or only when it is provisioned is not documented
                own.inline_policy = saved(text, INLINE, "identity")
            except LimitExceeded:  # that of managed policies: here there is room for more
                own.inline_policy = Policy.parse(text, name=INLINE)

    def delete_inline_policy(self) -> None:
        """Take the inline policy away (``DeleteInlinePolicyFromPermissionSet``)."""
        with self.recorded("DeleteInlinePolicyFromPermissionSet"):
            self._own.inline_policy = None

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
        own, given = self._own, permissions_boundary
        with self.recorded("PutPermissionsBoundaryToPermissionSet") as call:
            if isinstance(given, PolicyReference):
                reference = own.permissions_boundary = reference_to(given)
                named: dict[str, object] = {"CustomerManagedPolicyReference": reference.to_json()}
            else:
                arn = own.permissions_boundary = _arn_of(_text_of(given), own.partition)
                named = {"ManagedPolicyArn": arn}
            call.asked["PermissionsBoundary"] = named

    def delete_permissions_boundary(self) -> None:
        """Take the ceiling away (``DeletePermissionsBoundaryFromPermissionSet``).

        Raises
        ------
        ResourceNotFoundException
            There is none.
        """
        own = self._own
        with self.recorded("DeletePermissionsBoundaryFromPermissionSet"):
            if own.permissions_boundary is None:  # AWS's sentence is not documented
                raise ResourceNotFoundException(f"No permissions boundary on {own.id}")
            own.permissions_boundary = None


def reference_to(given: object, path: str = "/") -> PolicyReference:
    """Name a customer managed policy, given itself or by name and path.

    Raises
    ------
    ValidationException
        No policy can be called so.
    RequestError
        It is no policy, and no name.
    """
    name = given
    if isinstance(given, ManagedPolicy | PolicyReference):
        name, path = given.name, given.path
    return PolicyReference(
        checked("customerManagedPolicyReference.name", name),
        checked("customerManagedPolicyReference.path", path),
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


def _check_room(own: PermissionSet) -> None:
    taken = len(own.managed_policies) + len(own.customer_managed_policy_references)
    if taken >= MOST_POLICIES:
        raise ServiceQuotaExceededException(
            "You have exceeded AWS SSO limits. Cannot create ManagedPolicy more than "
            f"{MOST_POLICIES} for id {own.id}. Please refer to "
            "https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html"
        )
