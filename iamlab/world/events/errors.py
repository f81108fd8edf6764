"""How CloudTrail writes down that a call failed: not with the code that the caller gets.

What the API calls ``AccessDeniedException`` is ``AccessDenied`` in the log, for most services.
IAM's own errors have the names of their classes there, and EC2 says whose fault it was: the
client's.

Notes
-----
AWS pages: "CloudTrail record contents", ``errorCode``. No page lists the codes: they are those of
published logs of 2024 to 2026, where IAM, STS and EC2 are sure, the other services likely. Of IAM's
``ValidationError`` it is likely that the log has ``ValidationException``; STS's other errors are
taken to keep their codes, as no log is known that says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import AccessDenied
from iamlab.policy.patterns import glob

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.errors import AwsError

ACCESS_DENIED = "AccessDenied"

_REFUSALS: Mapping[str, str] = {
    "ec2": "Client.UnauthorizedOperation",
    "resource-explorer-2": "UnauthorizedException",
}
"""Service -> the code of its refusals, where that is not ``AccessDenied``."""

_KEEP_PARAMETERS = frozenset(
    (
        *("ec2", "s3"),
        *("appsync", "bedrock", "ce", "eks", "guardduty", "securityhub"),
    )
)
"""Services whose refusals show what was asked; those of all others do not."""

_CLASSES: Mapping[str, str] = {
    "NotSupportedService": "ServiceNotSupportedException",
    "ReportExpired": "CredentialReportExpiredException",
    "ReportInProgress": "CredentialReportNotReadyException",
    "ReportNotPresent": "CredentialReportNotPresentException",
    "ValidationError": "ValidationException",
}
"""Errors of IAM whose class is not called like the code."""

_DENIALS = ("accessdenied*", "*unauthorizedoperation")
"""What to look for in logs, in lower case, to find what was refused for want of permission."""

_DENIALS_OF_SERVICES = frozenset(
    (
        *("authorizationerror", "authorizationerrorexception"),  # SNS
        *("forbidden", "forbiddenexception"),
        *("notauthorized", "notauthorizedexception"),
        *("unauthorized", "unauthorizedexception"),
        "operationnotpermitted",
        "vpceaccessdenied",  # an endpoint's policy
    )
)
"""The same of single services."""

_UNAUTHENTICATED = frozenset(
    (
        *("authfailure", "client.authfailure"),
        *("expiredtoken", "expiredtokenexception"),
        *("invalidclienttokenid", "signaturedoesnotmatch", "unrecognizedclientexception"),
    )
)
"""Codes, in lower case, of calls whose caller could not show who he is."""


def code_of(service: str, error: AwsError) -> str:
    """Give the code that the event has.

    Examples
    --------
    >>> from iamlab.errors import NoSuchEntity
    >>> code_of("iam", NoSuchEntity("The user with name zoe cannot be found."))
    'NoSuchEntityException'
    >>> code_of("ec2", AccessDenied("no"))
    'Client.UnauthorizedOperation'
    """
    code = error.code
    if isinstance(error, AccessDenied):
        return _REFUSALS.get(service, ACCESS_DENIED)
    if service == "ec2":
        return f"Client.{code}"
    if service == "iam" and not code.endswith("Exception"):
        return _CLASSES.get(code, f"{code}Exception")
    return code


def keeps_parameters(service: str, error: AwsError | None) -> bool:
    """Say whether an event shows what was asked; most refusals do not."""
    return not isinstance(error, AccessDenied) or service in _KEEP_PARAMETERS


def is_denial(code: str) -> bool:
    """Say whether a code in a log means that permission was missing.

    Examples
    --------
    >>> is_denial("Client.UnauthorizedOperation"), is_denial("NoSuchBucket")
    (True, False)
    """
    small = code.lower()
    return small in _DENIALS_OF_SERVICES or any(glob(one, small) for one in _DENIALS)


def is_unauthenticated(code: str) -> bool:
    """Say whether a code means that nobody knows who called, so no permission was looked for.

    Examples
    --------
    >>> is_unauthenticated("ExpiredToken"), is_unauthenticated("AccessDenied")
    (True, False)
    """
    return code.lower() in _UNAUTHENTICATED
