"""Errors of STS, as one tree.

::

    AwsError
    ├─ ExpiredTokenException                        400
    ├─ ExpiredTradeInTokenException                 400
    ├─ IDPCommunicationError                        400
    ├─ IDPRejectedClaim                             403
    ├─ InsufficientSessionLifetime                  400
    ├─ InvalidAction                                400
    ├─ InvalidAuthorizationMessageException         400
    ├─ InvalidContextAssertion                      400
    ├─ InvalidIdentityToken                         400
    ├─ InvalidSubjectCredentials                    400
    ├─ JWTPayloadSizeExceededException              400
    ├─ MissingAuthenticationToken                   403
    ├─ OutboundWebIdentityFederationDisabledException 403
    ├─ PackedPolicyTooLarge                         400
    ├─ RegionDisabledException                      403
    └─ SessionDurationEscalationException           403

AWS declares two errors that iamlab never raises, because it doesn't model their causes:
``ExpiredTradeInTokenException`` of GetDelegatedAccessToken, and ``IDPRejectedClaim``, the answer
of an identity provider that has revoked a token.

``AccessDenied``, ``ExpiredToken``, ``InvalidClientTokenId``, ``MalformedPolicyDocument`` and
``ValidationError``, which IAM answers too, are in ``__init__.py``.

Notes
-----
AWS page: "AWS STS API Reference", the errors of each operation.
"""

from __future__ import annotations

from iamlab.errors import AwsError


class ExpiredTokenException(AwsError):
    """The identity provider's token or assertion is expired."""


class ExpiredTradeInTokenException(AwsError):
    """The trade-in token is expired."""


class IDPCommunicationError(AwsError):
    """The identity provider doesn't answer when STS fetches its keys."""


class IDPRejectedClaim(AwsError, http_status=403):
    """The identity provider, or the role, rejects the token's claims."""


class InsufficientSessionLifetime(AwsError):
    """The caller's credentials expire before the requested session would."""


class InvalidAction(AwsError):
    """The endpoint has no such operation."""


class InvalidAuthorizationMessageException(AwsError):
    """The text isn't an encoded authorization message."""


class InvalidContextAssertion(AwsError):
    """The context assertion of a trusted provider can't be read."""


class InvalidIdentityToken(AwsError):
    """STS doesn't accept the identity provider's token or assertion."""


class InvalidSubjectCredentials(AwsError):
    """Credentials of this type can't be scoped down."""


class JWTPayloadSizeExceededException(AwsError):
    """The requested token would be too long."""


class MissingAuthenticationToken(AwsError, http_status=403):
    """The call isn't signed."""


class OutboundWebIdentityFederationDisabledException(AwsError, http_status=403):
    """Outbound identity federation isn't enabled in the account."""


class PackedPolicyTooLarge(AwsError):
    """Session policies and tags together are too large for a session token."""


class RegionDisabledException(AwsError, http_status=403):
    """STS isn't activated in that Region."""


class SessionDurationEscalationException(AwsError, http_status=403):
    """The token would expire after the session that requests it."""
