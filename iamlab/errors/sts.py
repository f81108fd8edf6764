"""What STS answers, as one tree beside that of ``errors.py``.

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

AWS declares two that nothing here raises, as what causes them is not modelled:
``ExpiredTradeInTokenException`` of GetDelegatedAccessToken, and ``IDPRejectedClaim``, the answer
of an identity provider that has revoked a token.

``AccessDenied``, ``ExpiredToken``, ``InvalidClientTokenId``, ``MalformedPolicyDocument`` and
``ValidationError``, which IAM answers too, are in ``errors.py``.

Notes
-----
AWS page: "AWS STS API Reference", the errors of each operation.
"""

from __future__ import annotations

from iamlab.errors import AwsError


class ExpiredTokenException(AwsError):
    """The time of the identity provider's token or assertion is over."""

    code, http_status = "ExpiredTokenException", 400


class ExpiredTradeInTokenException(AwsError):
    """The trade-in token has expired."""

    code, http_status = "ExpiredTradeInTokenException", 400


class IDPCommunicationError(AwsError):
    """The identity provider does not answer when STS asks for its keys."""

    code, http_status = "IDPCommunicationError", 400


class IDPRejectedClaim(AwsError):
    """The identity provider, or the role, does not take what the token claims."""

    code, http_status = "IDPRejectedClaim", 403


class InsufficientSessionLifetime(AwsError):
    """The caller's own credentials end before those that are asked for would."""

    code, http_status = "InsufficientSessionLifetime", 400


class InvalidAction(AwsError):
    """The endpoint has no such operation."""

    code, http_status = "InvalidAction", 400


class InvalidAuthorizationMessageException(AwsError):
    """The text is no encoded authorization message."""

    code, http_status = "InvalidAuthorizationMessageException", 400


class InvalidContextAssertion(AwsError):
    """The context that a trusted provider asserts cannot be read."""

    code, http_status = "InvalidContextAssertion", 400


class InvalidIdentityToken(AwsError):
    """The identity provider's token or assertion is not one that STS accepts."""

    code, http_status = "InvalidIdentityToken", 400


class InvalidSubjectCredentials(AwsError):
    """Credentials of this kind cannot be scoped down."""

    code, http_status = "InvalidSubjectCredentials", 400


class JWTPayloadSizeExceededException(AwsError):
    """The token that was asked for would be too long."""

    code, http_status = "JWTPayloadSizeExceededException", 400


class MissingAuthenticationToken(AwsError):
    """Nobody has signed the call."""

    code, http_status = "MissingAuthenticationToken", 403


class OutboundWebIdentityFederationDisabledException(AwsError):
    """The account has not switched outbound federation on."""

    code, http_status = "OutboundWebIdentityFederationDisabledException", 403


class PackedPolicyTooLarge(AwsError):
    """Session policies and tags together take more room than a session token has."""

    code, http_status = "PackedPolicyTooLarge", 400


class RegionDisabledException(AwsError):
    """STS is switched off in that Region."""

    code, http_status = "RegionDisabledException", 403


class SessionDurationEscalationException(AwsError):
    """The token would live longer than the session that asks for it."""

    code, http_status = "SessionDurationEscalationException", 403
