"""What AWS Organizations answers to a call that it refuses, as a tree beside that of ``errors.py``.

::

    AwsError
    ├─ AccessDenied                                    403, see errors.py
    │  └─ AccessDeniedException                        400
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
    ├─ MalformedPolicyDocumentException                400, that of service_errors.py
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
    ├─ ReasonedError                                   a code with a reason beside it
    │  ├─ ConstraintViolationException                 400
    │  ├─ HandshakeConstraintViolationException        400
    │  └─ InvalidInputException                        400
    ├─ RootNotFoundException                           400
    ├─ SourceParentNotFoundException                   400
    └─ TargetNotFoundException                         400

The service sends 400 with every refusal, whatever its code.

Notes
-----
AWS page: "AWS Organizations API Reference", the page of each operation, for codes and reasons. The
sentences are those that the service has been seen to print; where none is known, it is one of ours.
"""

from __future__ import annotations

from iamlab.errors import AccessDenied, AwsError
from iamlab.errors.services import MalformedPolicyDocumentException

__all__ = [
    "AWSOrganizationsNotInUseException",
    "AccessDeniedException",
    "AccountAlreadyRegisteredException",
    "AccountNotFoundException",
    "AccountNotRegisteredException",
    "AlreadyInOrganizationException",
    "ChildNotFoundException",
    "ConstraintViolationException",
    "CreateAccountStatusNotFoundException",
    "DestinationParentNotFoundException",
    "DuplicateAccountException",
    "DuplicateHandshakeException",
    "DuplicateOrganizationalUnitException",
    "DuplicatePolicyAttachmentException",
    "DuplicatePolicyException",
    "HandshakeAlreadyInStateException",
    "HandshakeConstraintViolationException",
    "HandshakeNotFoundException",
    "InvalidHandshakeTransitionException",
    "InvalidInputException",
    "MalformedPolicyDocumentException",
    "MasterCannotLeaveOrganizationException",
    "OrganizationNotEmptyException",
    "OrganizationalUnitNotEmptyException",
    "OrganizationalUnitNotFoundException",
    "ParentNotFoundException",
    "PolicyInUseException",
    "PolicyNotAttachedException",
    "PolicyNotFoundException",
    "PolicyTypeAlreadyEnabledException",
    "PolicyTypeNotAvailableForOrganizationException",
    "PolicyTypeNotEnabledException",
    "ReasonedError",
    "RootNotFoundException",
    "SourceParentNotFoundException",
    "TargetNotFoundException",
]


class AccessDeniedException(AccessDenied):
    """Only the management account can do that, or a delegated administrator."""

    code, http_status = "AccessDeniedException", 400


class ReasonedError(AwsError):
    """A code that stands for many mistakes.

    Parameters
    ----------
    reason
        AWS's word for the one that is meant; it travels beside the message.
    """

    def __init__(self, message: str, reason: str = "") -> None:
        self.reason = reason
        super().__init__(message)

    def __str__(self) -> str:
        shown = f" ({self.reason})" if self.reason else ""
        return f"{self.code}{shown}: {self.message}"


class AccountAlreadyRegisteredException(AwsError):
    """The account is a delegated administrator of that service already."""

    code, http_status = "AccountAlreadyRegisteredException", 400


class AccountNotFoundException(AwsError):
    """No account of that id is in the organization."""

    code, http_status = "AccountNotFoundException", 400


class AccountNotRegisteredException(AwsError):
    """The account is no delegated administrator of that service."""

    code, http_status = "AccountNotRegisteredException", 400


class AlreadyInOrganizationException(AwsError):
    """An account can be in one organization only."""

    code, http_status = "AlreadyInOrganizationException", 400


class AWSOrganizationsNotInUseException(AwsError):
    """The account that calls is in no organization."""

    code, http_status = "AWSOrganizationsNotInUseException", 400


class ChildNotFoundException(AwsError):
    """No account or OU of that id is in the organization."""

    code, http_status = "ChildNotFoundException", 400


class ConstraintViolationException(ReasonedError):
    """There may be no more of them, or no fewer; ``reason`` says which limit is meant."""

    code, http_status = "ConstraintViolationException", 400


class CreateAccountStatusNotFoundException(AwsError):
    """Nobody asked for an account under that id."""

    code, http_status = "CreateAccountStatusNotFoundException", 400


class DestinationParentNotFoundException(AwsError):
    """There is no root or OU of that id to move to."""

    code, http_status = "DestinationParentNotFoundException", 400


class DuplicateAccountException(AwsError):
    """The account is in that place already."""

    code, http_status = "DuplicateAccountException", 400


class DuplicateHandshakeException(AwsError):
    """The account has an open invitation already."""

    code, http_status = "DuplicateHandshakeException", 400


class DuplicateOrganizationalUnitException(AwsError):
    """The parent has an OU of that name already."""

    code, http_status = "DuplicateOrganizationalUnitException", 400


class DuplicatePolicyAttachmentException(AwsError):
    """The policy hangs there already."""

    code, http_status = "DuplicatePolicyAttachmentException", 400


class DuplicatePolicyException(AwsError):
    """There is a policy of that type and name already."""

    code, http_status = "DuplicatePolicyException", 400


class HandshakeAlreadyInStateException(AwsError):
    """The invitation was answered so before."""

    code, http_status = "HandshakeAlreadyInStateException", 400


class HandshakeConstraintViolationException(ReasonedError):
    """The account cannot be invited; ``reason`` says why."""

    code, http_status = "HandshakeConstraintViolationException", 400


class HandshakeNotFoundException(AwsError):
    """The account knows of no invitation of that id."""

    code, http_status = "HandshakeNotFoundException", 400


class InvalidHandshakeTransitionException(AwsError):
    """The invitation was answered otherwise, or its time is over."""

    code, http_status = "InvalidHandshakeTransitionException", 400


class InvalidInputException(ReasonedError):
    """A parameter makes no sense; ``reason`` says why."""

    code, http_status = "InvalidInputException", 400


class MasterCannotLeaveOrganizationException(AwsError):
    """The management account stays as long as the organization does."""

    code, http_status = "MasterCannotLeaveOrganizationException", 400


class OrganizationalUnitNotEmptyException(AwsError):
    """The OU still holds accounts or OUs."""

    code, http_status = "OrganizationalUnitNotEmptyException", 400


class OrganizationalUnitNotFoundException(AwsError):
    """There is no OU of that id."""

    code, http_status = "OrganizationalUnitNotFoundException", 400


class OrganizationNotEmptyException(AwsError):
    """Other accounts than the management account are left."""

    code, http_status = "OrganizationNotEmptyException", 400


class ParentNotFoundException(AwsError):
    """There is no root or OU of that id."""

    code, http_status = "ParentNotFoundException", 400


class PolicyInUseException(AwsError):
    """The policy still hangs somewhere."""

    code, http_status = "PolicyInUseException", 400


class PolicyNotAttachedException(AwsError):
    """The policy does not hang there."""

    code, http_status = "PolicyNotAttachedException", 400


class PolicyNotFoundException(AwsError):
    """There is no policy of that id."""

    code, http_status = "PolicyNotFoundException", 400


class PolicyTypeAlreadyEnabledException(AwsError):
    """Policies of that type can be attached already."""

    code, http_status = "PolicyTypeAlreadyEnabledException", 400


class PolicyTypeNotAvailableForOrganizationException(AwsError):
    """The organization has not all features, so it has no policies."""

    code, http_status = "PolicyTypeNotAvailableForOrganizationException", 400


class PolicyTypeNotEnabledException(AwsError):
    """Policies of that type cannot be attached as long as it is not enabled."""

    code, http_status = "PolicyTypeNotEnabledException", 400


class RootNotFoundException(AwsError):
    """The organization has no root of that id."""

    code, http_status = "RootNotFoundException", 400


class SourceParentNotFoundException(AwsError):
    """The account is not where it should be moved from."""

    code, http_status = "SourceParentNotFoundException", 400


class TargetNotFoundException(AwsError):
    """There is no root, OU or account of that id."""

    code, http_status = "TargetNotFoundException", 400
