"""Who called: CloudTrail's element ``userIdentity`` with its ``sessionContext``.

All of it follows from the condition keys that come with the credentials, so the events of every
service say the same of a session. Long-term keys have none of these keys, and no session.

Notes
-----
AWS pages: "CloudTrail userIdentity element"; "Logging IAM and AWS STS API calls with AWS
CloudTrail", for what another account is told of a caller; "Monitor and control actions taken with
assumed roles", for the source identity. How an anonymous caller is named is unsure: no page lists
the word, published logs of S3 have this one. AWS may call a session ``mfaAuthenticated`` whose role
was assumed with MFA, which policies do not see; here both say the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.authorization.principal import PrincipalContext


NOBODY = "ANONYMOUS_PRINCIPAL"
"""In whose account an anonymous caller is said to be."""

UNKNOWN: Mapping[str, Any] = {"type": "Unknown"}
"""Who called with a token that nobody could read."""

_TYPES: Mapping[str, str] = {
    "User": "IAMUser",
    "AssumedRole": "AssumedRole",
    "Account": "Root",
    "FederatedUser": "FederatedUser",
}
"""The value of ``aws:PrincipalType`` -> the type of identity."""


def caller_identity(
    who: PrincipalContext, access_key_id: str = "", via: str = ""
) -> dict[str, Any]:
    """Say who called, given all that is known of him.

    Parameters
    ----------
    access_key_id
        The id of the credentials that signed the call, if any were shown.
    via
        The service that called for him.
    """
    if who.who().service:
        return {"type": "AWSService", "invokedBy": who.arn}
    found = user_identity(who.arn, who.context(), who.issuer, access_key_id, who.issuer_id)
    return {**found, "invokedBy": via} if via and "arn" in found else found


def user_identity(
    arn: str,
    context: Mapping[str, Any],
    issuer: str | None,
    access_key_id: str = "",
    issuer_id: str = "",
) -> dict[str, Any]:
    """Say who called, given the caller's ARN and what the request's context knows of it.

    Parameters
    ----------
    issuer
        The ARN of whose permissions a session has, if he is another: of a role, or of the user who
        made a federated one.
    access_key_id
        The id of the credentials that signed the call, if any were shown.
    issuer_id
        The unique id of the issuer; that of a role stands before the session's name anyway.
    """
    principal_type = str(context.get("aws:PrincipalType", ""))
    if principal_type == "Anonymous":
        return {"type": "AWSAccount", "principalId": "", "accountId": NOBODY}
    if principal_type not in _TYPES:
        return dict(UNKNOWN)
    account = str(context.get("aws:PrincipalAccount", ""))
    found: dict[str, Any] = {
        "type": _TYPES[principal_type],
        "principalId": context.get("aws:userid", ""),
        "arn": arn,
        "accountId": account,
        **({"accessKeyId": access_key_id} if access_key_id else {}),
    }
    if "aws:username" in context:
        found["userName"] = context["aws:username"]
    maker = None
    if issuer and found["type"] == "FederatedUser":
        maker = _federating_issuer(issuer, account, issuer_id)
    elif issuer:
        maker = {
            "type": "Role",
            "principalId": str(found["principalId"]).partition(":")[0],
            "arn": issuer,
            "accountId": account,
            "userName": issuer.rpartition("/")[2],
        }
    session = session_context(context, maker)
    return {**found, "sessionContext": session} if session else found


def identity_seen_from(account_id: str, identity: Mapping[str, Any]) -> Mapping[str, Any]:
    """Say what an account is told of a caller: of one of another account, little.

    Examples
    --------
    >>> ana = {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "userName": "ana",
    ...        "arn": "arn:aws:iam::111111111111:user/ana", "accountId": "111111111111"}
    >>> identity_seen_from("222222222222", ana)
    {'type': 'AWSAccount', 'principalId': 'AIDAEXAMPLE', 'accountId': '111111111111'}
    >>> identity_seen_from("111111111111", ana)["userName"]
    'ana'
    """
    own = identity.get("accountId", "")
    if "arn" not in identity or own in ("", account_id):
        return identity
    abroad = {"type": "AWSAccount", "principalId": identity.get("principalId", "")}
    via = {"invokedBy": identity["invokedBy"]} if "invokedBy" in identity else {}
    return {**abroad, "accountId": own, **via}


def _federating_issuer(arn: str, account: str, unique_id: str) -> dict[str, str]:
    """Say who made a federated user: a user, or a root user."""
    _, slash, name = arn.rpartition("/")
    if not slash:
        return {"type": "Root", "principalId": account, "arn": arn, "accountId": account}
    return {
        "type": "IAMUser",
        "principalId": unique_id,
        "arn": arn,
        "accountId": account,
        "userName": name,
    }


_OIDC_PROVIDER = ":oidc-provider/"


def session_context(
    context: Mapping[str, Any], issuer: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Say what is known of a session; of long-term keys, nothing.

    Parameters
    ----------
    context
        The condition keys of the caller.
    issuer
        Whose permissions it has: the element ``sessionIssuer``.

    Examples
    --------
    >>> session_context({"aws:TokenIssueTime": "2026-11-25T09:00:00Z"})
    {'attributes': {'creationDate': '2026-11-25T09:00:00Z', 'mfaAuthenticated': 'false'}}
    >>> session_context({"aws:userid": "AIDAEXAMPLE"})
    {}
    """
    found: dict[str, Any] = {} if issuer is None else {"sessionIssuer": dict(issuer)}
    federated = _web_identity(context)
    if federated:
        found["webIdFederationData"] = federated
    if "aws:TokenIssueTime" in context:
        found["attributes"] = {
            "creationDate": context["aws:TokenIssueTime"],
            "mfaAuthenticated": str(context.get("aws:MultiFactorAuthPresent") is True).lower(),
        }
    if "aws:SourceIdentity" in context:
        found["sourceIdentity"] = context["aws:SourceIdentity"]
    if "ec2:RoleDelivery" in context:
        found["ec2RoleDelivery"] = context["ec2:RoleDelivery"]
    if context.get("aws:AssumedRoot") is True:
        found["assumedRoot"] = "true"
    return found


def _web_identity(context: Mapping[str, Any]) -> dict[str, Any]:
    """Say which provider of web identities vouched for a session, if one did.

    What the token of an application's login says (of Cognito, say) are attributes. Those of an
    account's own OIDC provider stay out of the log, as in events of EKS.
    """
    provider = str(context.get("aws:FederatedProvider", ""))
    if not provider or (provider.startswith("arn:") and _OIDC_PROVIDER not in provider):
        return {}  # a SAML provider: it has no element of its own
    claims = {key: value for key, value in context.items() if key.startswith(f"{provider}:")}
    return {"federatedProvider": provider, "attributes": claims}
