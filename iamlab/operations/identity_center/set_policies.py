"""The policies of a permission set: those of AWS, those that each account has, one of its own.

Notes
-----
AWS pages: "Use IAM policies in permission sets"; "IAM Identity Center quotas".
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import LimitExceeded, RequestError, did_you_mean
from iamlab.errors.identity_center import ConflictException, ServiceQuotaExceededException
from iamlab.errors.services import ResourceNotFoundException, ValidationException
from iamlab.model import managed_policies as managed
from iamlab.model.managed_policies import ManagedPolicy
from iamlab.operations.identity_center.parameters import (
    PERMISSION_SET,
    SSO,
    Part,
    checked,
    find,
    recorded,
)
from iamlab.operations.parameters import as_text
from iamlab.operations.policy_documents import saved
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from iamlab.operations.identity_center.parameters import Call
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
        with self._managed("AttachManagedPolicyToPermissionSet", managed_policy) as arn:
            there = (
                f"Permission set with id {self.id} already has a typed link attachment to a "
                f"managed policy with {arn}"
            )
            self._add(self.managed_policies, arn, there)

    def detach_managed_policy(self, managed_policy: str | ManagedPolicy) -> None:
        """Take it away (``DetachManagedPolicyFromPermissionSet``).

        Raises
        ------
        ResourceNotFoundException
            It is not attached.
        """
        with self._managed("DetachManagedPolicyFromPermissionSet", managed_policy) as arn:
            _remove(self.managed_policies, arn, f"Could not find ManagedPolicy with arn {arn}")

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
        operation = "AttachCustomerManagedPolicyReferenceToPermissionSet"
        with self._customer_managed(operation, name, path) as one:
            there = (
                f"Given customer managed policy with name: {one.name} and path {one.path} already "
                "attached"
            )
            self._add(self.customer_managed_policy_references, one, there)

    def detach_customer_managed_policy_reference(
        self, name: str | ManagedPolicy | PolicyReference, path: str = "/"
    ) -> None:
        """Name it no longer (``DetachCustomerManagedPolicyReferenceFromPermissionSet``).

        Raises
        ------
        ResourceNotFoundException
            It is not named.
        """
        operation = "DetachCustomerManagedPolicyReferenceFromPermissionSet"
        with self._customer_managed(operation, name, path) as one:
            missing = (
                f"Given managed policy with name: {one.name} and path {one.path} does not exist on "
                "PermissionSet"
            )
            _remove(self.customer_managed_policy_references, one, missing)

    def put_inline_policy(self, inline_policy: Document) -> None:
        """Write its one inline policy (``PutInlinePolicyToPermissionSet``).

        Raises
        ------
        MalformedPolicyDocument
            It is no identity policy.
        ValidationException
            It has more than 32,768 characters.
        """
        with self._noted("PutInlinePolicyToPermissionSet") as call:
            text = checked("inlinePolicy", as_text(inline_policy))
            call.asked["InlinePolicy"] = text
            try:  # whether AWS reads it now or only when it is provisioned is not documented
                self.inline_policy = saved(text, INLINE, "identity")
            except LimitExceeded:  # that of managed policies: here there is room for more
                self.inline_policy = Policy.parse(text, name=INLINE)

    def delete_inline_policy(self) -> None:
        """Take the inline policy away (``DeleteInlinePolicyFromPermissionSet``)."""
        with self._noted("DeleteInlinePolicyFromPermissionSet"):
            self.inline_policy = None

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
        with self._noted("PutPermissionsBoundaryToPermissionSet") as call:
            if isinstance(given, PolicyReference):
                reference = self.permissions_boundary = reference_to(given)
                named: dict[str, object] = {"CustomerManagedPolicyReference": reference.to_json()}
            else:
                arn = self.permissions_boundary = _arn_of(_text_of(given), self.partition)
                named = {"ManagedPolicyArn": arn}
            call.asked["PermissionsBoundary"] = named

    def delete_permissions_boundary(self) -> None:
        """Take the ceiling away (``DeletePermissionsBoundaryFromPermissionSet``).

        Raises
        ------
        ResourceNotFoundException
            There is none.
        """
        with self._noted("DeletePermissionsBoundaryFromPermissionSet"):
            if self.permissions_boundary is None:  # AWS's sentence is not documented
                raise ResourceNotFoundException(f"No permissions boundary on {self.id}")
            self.permissions_boundary = None

    @contextmanager
    def _managed(self, operation: str, given: str | ManagedPolicy) -> Iterator[str]:
        """Note a call about one of AWS's policies, and give its ARN."""
        text = _text_of(given)
        with self._noted(operation, ManagedPolicyArn=text):
            yield _arn_of(text, self.partition)

    @contextmanager
    def _customer_managed(
        self, operation: str, name: str | ManagedPolicy | PolicyReference, path: str
    ) -> Iterator[PolicyReference]:
        """Note a call about a policy that each account has, and give how it is named."""
        with self._noted(operation) as call:
            reference = reference_to(name, path)
            call.asked["CustomerManagedPolicyReference"] = reference.to_json()
            yield reference

    def _noted(self, operation: str, **parameters: Any) -> AbstractContextManager[Call]:
        """Note a call about it, if it is still there.

        Raises
        ------
        ResourceNotFoundException
            It has been deleted.
        """
        find(self.center.permission_sets, self, PERMISSION_SET)
        given = {key: one for key, one in parameters.items() if one is not None}
        return recorded(self.center, SSO, operation, PermissionSetArn=self.arn, **given)

    def _add(self, held: list[T], one: T, there: str) -> None:
        """Add a policy, if it is not there and there is room."""
        if one in held:
            raise ConflictException(there)
        taken = len(self.managed_policies) + len(self.customer_managed_policy_references)
        if taken >= MOST_POLICIES:
            raise ServiceQuotaExceededException(
                "You have exceeded AWS SSO limits. Cannot create ManagedPolicy more than "
                f"{MOST_POLICIES} for id {self.id}. Please refer to "
                "https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html"
            )
        held.append(one)


def _remove(held: list[T], one: T, missing: str) -> None:
    """Take a policy away, if it is there."""
    if one not in held:
        raise ResourceNotFoundException(missing)
    held.remove(one)


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
