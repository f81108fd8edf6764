"""What EC2 answers, as one tree; its codes have dots, which the names of classes cannot have.

::

    AwsError
    ├─ IncorrectInstanceState       400
    ├─ IncorrectState               400
    ├─ InvalidAssociationIDNotFound 400, InvalidAssociationID.NotFound
    ├─ InvalidID                    400
    ├─ InvalidIPAddressInUse        400, InvalidIPAddress.InUse
    ├─ InvalidInstanceIDMalformed   400, InvalidInstanceID.Malformed
    ├─ InvalidInstanceIDNotFound    400, InvalidInstanceID.NotFound
    ├─ InvalidParameterCombination  400
    ├─ InvalidServiceName           400
    ├─ InvalidVpcEndpointIdNotFound 400, InvalidVpcEndpointId.NotFound
    ├─ InvalidVpcIDMalformed        400, InvalidVpcID.Malformed
    └─ UnauthorizedOperation        403, an AccessDenied

``InvalidParameter``, ``InvalidParameterValue``, ``InvalidPolicyDocument`` and ``TagLimitExceeded``,
which other services answer too, are in ``service_errors.py``.

Notes
-----
AWS page: "Error codes for the Amazon EC2 API". EC2 sends 400 with all but the last.
"""

from __future__ import annotations

from typing import Any

from iamlab.errors import AccessDenied, AwsError


class IncorrectInstanceState(AwsError):
    """An instance in this state cannot do that."""

    code, http_status = "IncorrectInstanceState", 400


class IncorrectState(AwsError):
    """The instance has an instance profile already."""

    code, http_status = "IncorrectState", 400


class InvalidAssociationIDNotFound(AwsError):
    """No instance has its profile by an association of that id."""

    code, http_status = "InvalidAssociationID.NotFound", 400


class InvalidID(AwsError):
    """Nothing that can be tagged has that id."""

    code, http_status = "InvalidID", 400


class InvalidIPAddressInUse(AwsError):
    """Another instance in the VPC has that address."""

    code, http_status = "InvalidIPAddress.InUse", 400


class InvalidInstanceIDMalformed(AwsError):
    """No instance can have that id."""

    code, http_status = "InvalidInstanceID.Malformed", 400


class InvalidInstanceIDNotFound(AwsError):
    """There is no such instance."""

    code, http_status = "InvalidInstanceID.NotFound", 400


class InvalidParameterCombination(AwsError):
    """Two parameters exclude each other."""

    code, http_status = "InvalidParameterCombination", 400


class InvalidServiceName(AwsError):
    """No service has VPC endpoints under that name."""

    code, http_status = "InvalidServiceName", 400


class InvalidVpcEndpointIdNotFound(AwsError):
    """There is no such VPC endpoint."""

    code, http_status = "InvalidVpcEndpointId.NotFound", 400


class InvalidVpcIDMalformed(AwsError):
    """No VPC can have that id."""

    code, http_status = "InvalidVpcID.Malformed", 400


class UnauthorizedOperation(AccessDenied):
    """EC2's word for a refusal for want of permission; it hands out an encoded message."""

    code, http_status = "UnauthorizedOperation", 403

    def __init__(self, reason: Any, message: str = "") -> None:
        super().__init__(reason, message)
        self.message = f"You are not authorized to perform this operation. {self.message}"
        self.args = (self.message,)
