"""Which calls credentials of each kind can't make, whatever policies allow.

Notes
-----
AWS pages: "Compare AWS STS credentials"; "Permissions for GetSessionToken"; "Permissions for
GetFederationToken"; "Enable or disable AWS Regions in your account". It is likely, not certain,
that AWS answers a call to IAM with ``InvalidClientTokenId``, and that STS has a single sentence for
such errors.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from iamlab.errors import AccessDenied, AwsError, InvalidClientTokenId, noted
from iamlab.model.record import CredentialKind
from iamlab.policy.arn import OPT_IN
from iamlab.policy.catalog import expand
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.request import ContextValue

_ALWAYS = frozenset(("GetCallerIdentity", "GetScopedCredentials", "GetDelegatedAccessToken"))

STS_ALLOWS: Mapping[CredentialKind, frozenset[str]] = {
    CredentialKind.USER: _ALWAYS | {"AssumeRole", "GetWebIdentityToken"},
    CredentialKind.FEDERATED: _ALWAYS,
    CredentialKind.FEDERATED_CONSOLE: _ALWAYS,
}
"""Kind of credentials -> the only STS operations that they can call."""

STS_FORBIDS: Mapping[CredentialKind, frozenset[str]] = dict.fromkeys(
    (CredentialKind.ROLE, CredentialKind.CONSOLE, CredentialKind.ROOT_TASK),
    frozenset(("GetSessionToken", "GetFederationToken")),
)
"""Kind of credentials -> the only STS operations that they can't call."""

WITHOUT_IAM = frozenset((CredentialKind.USER, CredentialKind.FEDERATED))
"""Credentials that can't call IAM; GetSessionToken's can if MFA was used."""

WITH_POLICY_ACTIONS = frozenset(
    (
        *("TagSession", "SetSourceIdentity", "SetContext", "TagGetWebIdentityToken"),
        *("SetWebIdentityTokenScope", "GetServiceBearerToken"),
    )
)
"""Permissions that aren't operations; they are checked together with another operation."""

CREDENTIALS_PATH = ("credentials",)
"""The path of the pseudo-policy for the credentials."""

NO_CALL_OF_IAM = "passrole"
"""A permission of IAM that other services check; it isn't an operation."""


def refusal_of(
    kind: CredentialKind, action: str, credentials: Mapping[str, ContextValue], arn: str = ""
) -> AwsError | None:
    """Return AWS's error for a call that such credentials cannot make; else ``None``.

    Parameters
    ----------
    credentials
        The condition keys that come with them.
    arn
        The caller's ARN.

    Examples
    --------
    >>> print(refusal_of(CredentialKind.ROLE, "sts:GetSessionToken", {}))
    AccessDenied: Cannot call GetSessionToken with session credentials
    >>> refusal_of(CredentialKind.ROLE, "iam:ListUsers", {}) is None
    True
    """
    if kind is CredentialKind.LONG_TERM:
        return None
    service, _, name = action.partition(":")
    lower = service.lower()
    if lower == "iam" and kind in WITHOUT_IAM and name.lower() != NO_CALL_OF_IAM:
        used = credentials.get("aws:MultiFactorAuthPresent") is True
        return None if used and kind is CredentialKind.USER else _no_iam(kind)
    if lower != "sts":
        return None
    if kind in STS_ALLOWS:
        good = {
            operation.lower(): operation for operation in STS_ALLOWS[kind] | WITH_POLICY_ACTIONS
        }
        return None if name.lower() in good else _cannot_call(name, arn)
    forbidden = {operation.lower() for operation in STS_FORBIDS.get(kind, ())}
    return _cannot_call(name, arn) if name.lower() in forbidden else None


@cache
def credential_limits(kind: CredentialKind, *, with_mfa: bool) -> Policy | None:
    """Return :func:`refusal_of` as a policy, where the engine doesn't know the rule.

    Matrices count it as one more ceiling. The engine knows the rule for role sessions from their
    ARNs.

    Examples
    --------
    >>> credential_limits(CredentialKind.CONSOLE, with_mfa=False).statements[1].action
    ('sts:GetFederationToken', 'sts:GetSessionToken')
    >>> credential_limits(CredentialKind.LONG_TERM, with_mfa=False) is None
    True
    """
    if kind is CredentialKind.ROLE:
        return None
    known: dict[str, ContextValue] = {"aws:MultiFactorAuthPresent": with_mfa}
    every = sorted(expand("sts:*")) + sorted(expand("iam:*"))
    closed = [name for name in every if refusal_of(kind, name, known)]
    if not closed:
        return None
    # An unknown action (a new one, or a misspelt one) isn't allowed.
    most = [
        service for service in ("iam", "sts") if refusal_of(kind, f"{service}:SomethingElse", known)
    ]
    good = STS_ALLOWS.get(kind, frozenset()) | WITH_POLICY_ACTIONS
    open_ = ["iam:PassRole", *(f"sts:{operation}" for operation in sorted(good))]
    allow = {"Effect": "Allow", "NotAction": [f"{service}:*" for service in most], "Resource": "*"}
    if not most:
        allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    statements = [
        allow,
        {"Effect": "Deny", "Action": closed, "Resource": "*"},
        *([{"Effect": "Allow", "Action": open_, "Resource": "*"}] if most else ()),
    ]
    return Policy.parse({"Version": "2012-10-17", "Statement": statements}, name=kind.value)


def _no_iam(kind: CredentialKind) -> InvalidClientTokenId:
    error = InvalidClientTokenId("The security token included in the request is invalid")
    exception = "" if kind is CredentialKind.FEDERATED else " unless MFA was used to get it"
    return noted(error, f"You can't call IAM with {kind.value}{exception}.")


def _cannot_call(name: str, arn: str) -> AccessDenied:
    error = AccessDenied(f"Cannot call {name} with session credentials")
    if arn:
        error.add_note(f"{arn} calls with temporary credentials that are not good for it.")
    return error


def closed_refusal(why: str) -> InvalidClientTokenId:
    """Return the error for credentials of a closed account; AWS doesn't document it."""
    error = InvalidClientTokenId("The security token included in the request is invalid.")
    return noted(error, why)


def region_refusal(region: str) -> InvalidClientTokenId | None:
    """Return a Region's error for a token that is valid only in the default Regions.

    Examples
    --------
    >>> region_refusal("eu-west-1") is None, region_refusal("me-south-1").code
    (True, 'InvalidClientTokenId')
    """
    if region not in OPT_IN:
        return None
    error = InvalidClientTokenId("The security token included in the request is invalid")
    return noted(
        error,
        "The token comes from STS's global endpoint, and the account has such tokens valid in "
        "the default Regions only. Use the endpoint of a Region, or "
        "SetSecurityTokenServicePreferences.",
    )


@cache
def region_limits() -> Policy:
    """Return :func:`out_of_region` as a policy, for matrices.

    ``sts:GetCallerIdentity``, which no policy can deny, counts as allowed everywhere.

    Examples
    --------
    >>> region_limits().statements[1].conditions[0].key
    'aws:RequestedRegion'
    """
    there = {"StringEquals": {"aws:RequestedRegion": sorted(OPT_IN)}}
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": there},
    ]
    name = "a token that is good in the default Regions only"
    return Policy.parse({"Version": "2012-10-17", "Statement": statements}, name=name)
