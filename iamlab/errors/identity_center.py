"""Errors of IAM Identity Center, as one tree.

::

    AwsError
    ├─ ConflictException                400
    ├─ ForbiddenException               403, of the access portal
    ├─ InvalidRequestException          400, of the access portal
    ├─ ServiceQuotaExceededException    400
    └─ UnauthorizedException            401, of the access portal

``ResourceNotFoundException`` and ``ValidationException`` are in ``services.py``.

If IAM rejects the provisioning of a permission set, the error keeps IAM's code: AWS shows it as the
failure reason of the request.

``BadRequest`` (400) is an answer of AWS's sign-in service, to a custom identity broker.

Notes
-----
AWS pages: "IAM Identity Center API Reference"; "Identity Store API Reference"; "IAM Identity Center
Portal API Reference", the errors of each operation. The portal's pages don't list
``ForbiddenException``, but the portal was seen to answer it.
AWS page: "Enable custom identity broker access to the AWS console".
"""

from __future__ import annotations

from iamlab.errors import AwsError


class ConflictException(AwsError):
    """The name is taken, or the resource is still in use."""


class ForbiddenException(AwsError, http_status=403):
    """The user has no assignment to that account with that permission set."""


class InvalidRequestException(AwsError):
    """The access portal can't make a session from this request."""


class ServiceQuotaExceededException(AwsError):
    """The quota is reached."""


class UnauthorizedException(AwsError, http_status=401):
    """The session with the access portal has ended, or its user is gone."""


class BadRequest(AwsError):
    """The federation endpoint rejects the request. AWS doesn't say why; a note does."""
