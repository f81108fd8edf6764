"""What IAM Identity Center answers, as a tree beside that of ``errors.py``.

::

    AwsError
    ├─ ConflictException                400
    ├─ ForbiddenException               403, of the access portal
    ├─ InvalidRequestException          400, of the access portal
    ├─ ResourceNotFoundException        400, that of service_errors.py
    ├─ ServiceQuotaExceededException    400
    ├─ UnauthorizedException            401, of the access portal
    └─ ValidationException              400, that of service_errors.py

What IAM refuses while a permission set is provisioned keeps IAM's own code: AWS shows it as the
reason why the status of the request became FAILED.

``BadRequest`` (400) is what AWS's sign-in service answers to whoever builds a way into the console.

Notes
-----
AWS pages: "IAM Identity Center API Reference"; "Identity Store API Reference"; "IAM Identity Center
Portal API Reference", the errors of each operation. The portal's pages do not list
``ForbiddenException``, which it has been seen to answer.
AWS page: "Enable custom identity broker access to the AWS console".
"""

from __future__ import annotations

from iamlab.errors import AwsError
from iamlab.errors.services import ResourceNotFoundException, ValidationException

__all__ = [
    "ConflictException",
    "ForbiddenException",
    "InvalidRequestException",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
    "UnauthorizedException",
    "ValidationException",
]


class ConflictException(AwsError):
    """There is one of that name already, or something is still in use."""

    code, http_status = "ConflictException", 400


class ForbiddenException(AwsError):
    """The user is not assigned to that account with that permission set."""

    code, http_status = "ForbiddenException", 403


class InvalidRequestException(AwsError):
    """No session can be made of what was asked for."""

    code, http_status = "InvalidRequestException", 400


class ServiceQuotaExceededException(AwsError):
    """There are as many of them as there may be."""

    code, http_status = "ServiceQuotaExceededException", 400


class UnauthorizedException(AwsError):
    """The session with the access portal has ended, or its user is gone."""

    code, http_status = "UnauthorizedException", 401


class BadRequest(AwsError):
    """The federation endpoint does not take it. It never says why; a note does."""

    code, http_status = "BadRequest", 400
