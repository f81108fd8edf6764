"""Errors of AWS Organizations, as one tree.

::

    AwsError
    ├─ AccessDenied                                    403, in __init__.py
    │  └─ AccessDeniedException                        400
    ├─ AccountAlreadyClosedException                   400
    ├─ AccountAlreadyRegisteredException               400
    ├─ AccountNotFoundException                        400
    ├─ AccountNotRegisteredException                   400
    ├─ AlreadyInOrganizationException                  400
    ├─ AWSOrganizationsNotInUseException               400
    ├─ ChildNotFoundException                          400
    ├─ CreateAccountStatusNotFoundException            400
    ├─ DestinationParentNotFoundException              400
    ├─ DuplicateAccountException                       400
    ├─ DuplicateHandshakeException                     400
    ├─ DuplicateOrganizationalUnitException            400
    ├─ DuplicatePolicyAttachmentException              400
    ├─ DuplicatePolicyException                        400
    ├─ HandshakeAlreadyInStateException                400
    ├─ HandshakeNotFoundException                      400
    ├─ InvalidHandshakeTransitionException             400
    ├─ MalformedPolicyDocumentException                400, in services.py
    ├─ MasterCannotLeaveOrganizationException          400
    ├─ OrganizationalUnitNotEmptyException             400
    ├─ OrganizationalUnitNotFoundException             400
    ├─ OrganizationNotEmptyException                   400
    ├─ ParentNotFoundException                         400
    ├─ PolicyInUseException                            400
    ├─ PolicyNotAttachedException                      400
    ├─ PolicyNotFoundException                         400
    ├─ PolicyTypeAlreadyEnabledException               400
    ├─ PolicyTypeNotAvailableForOrganizationException  400
    ├─ PolicyTypeNotEnabledException                   400
    ├─ ReasonedError                                   a code with a reason
    │  ├─ ConstraintViolationException                 400
    │  ├─ HandshakeConstraintViolationException        400
    │  └─ InvalidInputException                        400
    ├─ ResourcePolicyNotFoundException                 400
    ├─ RootNotFoundException                           400
    ├─ SourceParentNotFoundException                   400
    └─ TargetNotFoundException                         400

The service's status is 400 for every code.

Notes
-----
AWS page: "AWS Organizations API Reference", the page of each operation, for codes and reasons. The
messages are those that the service was seen to print; where none is known, it is iamlab's own.
"""

from __future__ import annotations

from iamlab.errors import AccessDenied, AwsError, services

MalformedPolicyDocumentException = services.MalformedPolicyDocumentException


class AccessDeniedException(AccessDenied):
    """Only the management account or a delegated administrator can do this."""


class ReasonedError(AwsError):
    """A code with many causes.

    Parameters
    ----------
    reason
        AWS's name of the cause, returned with the message.
    """

    def __init__(self, message: str, reason: str = "") -> None:
        self.reason = reason
        super().__init__(message)

    def __str__(self) -> str:
        shown = f" ({self.reason})" if self.reason else ""
        return f"{self.code}{shown}: {self.message}"


class AccountAlreadyClosedException(AwsError):
    """The account is closed already."""


class AccountAlreadyRegisteredException(AwsError):
    """The account is already a delegated administrator for that service."""


class AccountNotFoundException(AwsError):
    """The organization has no account with that ID."""


class AccountNotRegisteredException(AwsError):
    """The account isn't a delegated administrator for that service."""


class AlreadyInOrganizationException(AwsError):
    """An account can be in only one organization."""


class AWSOrganizationsNotInUseException(AwsError):
    """The calling account isn't in an organization."""


class ChildNotFoundException(AwsError):
    """The organization has no account or OU with that ID."""


class ConstraintViolationException(ReasonedError):
    """A limit is reached; ``reason`` says which one."""


class CreateAccountStatusNotFoundException(AwsError):
    """No request to create an account has that ID."""


class DestinationParentNotFoundException(AwsError):
    """No root or OU has the ID of the destination."""


class DuplicateAccountException(AwsError):
    """The account is already in that root or OU."""


class DuplicateHandshakeException(AwsError):
    """The account already has an open invitation."""


class DuplicateOrganizationalUnitException(AwsError):
    """The parent already has an OU with that name."""


class DuplicatePolicyAttachmentException(AwsError):
    """The policy is already attached to that target."""


class DuplicatePolicyException(AwsError):
    """A policy with that type and name already exists."""


class HandshakeAlreadyInStateException(AwsError):
    """The invitation already has this answer."""


class HandshakeConstraintViolationException(ReasonedError):
    """The account can't be invited; ``reason`` says why."""


class HandshakeNotFoundException(AwsError):
    """The account has no invitation with that ID."""


class InvalidHandshakeTransitionException(AwsError):
    """The invitation has another answer already, or is expired."""


class InvalidInputException(ReasonedError):
    """A parameter isn't valid; ``reason`` says why."""


class MasterCannotLeaveOrganizationException(AwsError):
    """The management account can't leave its organization."""


class OrganizationalUnitNotEmptyException(AwsError):
    """The OU still contains accounts or OUs."""


class OrganizationalUnitNotFoundException(AwsError):
    """No OU has that ID."""


class OrganizationNotEmptyException(AwsError):
    """The organization still has member accounts."""


class ParentNotFoundException(AwsError):
    """No root or OU has that ID."""


class PolicyInUseException(AwsError):
    """The policy is still attached."""


class PolicyNotAttachedException(AwsError):
    """The policy isn't attached to that target."""


class PolicyNotFoundException(AwsError):
    """No policy has that ID."""


class PolicyTypeAlreadyEnabledException(AwsError):
    """The policy type is already enabled."""


class PolicyTypeNotAvailableForOrganizationException(AwsError):
    """The organization doesn't have all features enabled, so it can't use policies."""


class PolicyTypeNotEnabledException(AwsError):
    """The policy type isn't enabled, so its policies can't be attached."""


class ResourcePolicyNotFoundException(AwsError):
    """The organization has no resource policy."""


class RootNotFoundException(AwsError):
    """The organization has no root with that ID."""


class SourceParentNotFoundException(AwsError):
    """The account isn't in the source root or OU."""


class TargetNotFoundException(AwsError):
    """No root, OU or account has that ID."""
