"""Errors of EC2, as one tree. Some codes have dots, which class names can't have.

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
which other services answer too, are in ``services.py``.

Notes
-----
AWS page: "Error codes for the Amazon EC2 API". EC2's status is 400, except for the last.
"""

from __future__ import annotations

from iamlab.errors import AccessDenied, AwsError


class IncorrectInstanceState(AwsError):
    """The instance's state doesn't allow the operation."""


class IncorrectState(AwsError):
    """The instance already has an instance profile."""


class InvalidAssociationIDNotFound(AwsError, code="InvalidAssociationID.NotFound"):
    """No instance profile association has that ID."""


class InvalidID(AwsError):
    """No resource that can have tags has that ID."""


class InvalidIPAddressInUse(AwsError, code="InvalidIPAddress.InUse"):
    """Another instance in the VPC has that address."""


class InvalidInstanceIDMalformed(AwsError, code="InvalidInstanceID.Malformed"):
    """The text isn't a valid instance ID."""


class InvalidInstanceIDNotFound(AwsError, code="InvalidInstanceID.NotFound"):
    """The instance doesn't exist."""


class InvalidParameterCombination(AwsError):
    """Two parameters exclude each other."""


class InvalidServiceName(AwsError):
    """No service offers VPC endpoints with that name."""


class InvalidVpcEndpointIdNotFound(AwsError, code="InvalidVpcEndpointId.NotFound"):
    """The VPC endpoint doesn't exist."""


class InvalidVpcIDMalformed(AwsError, code="InvalidVpcID.Malformed"):
    """The text isn't a valid VPC ID."""


class UnauthorizedOperation(AccessDenied, http_status=403):
    """EC2's error for a missing permission. It comes with an encoded message."""
