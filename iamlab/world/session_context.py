"""What an event says of the session that somebody calls with: ``userIdentity.sessionContext``.

All of it follows from the condition keys that come with the credentials, so every service's events
tell of a session the same. Long-term keys have none of these keys, and no session.

Notes
-----
AWS pages: "CloudTrail userIdentity element"; "Monitor and control actions taken with assumed
roles", for the source identity. AWS may call a session ``mfaAuthenticated`` whose role was assumed
with MFA, which policies do not see; here both say the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    said = {key: one for key, one in context.items() if key.startswith(f"{provider}:")}
    return {"federatedProvider": provider, "attributes": said}
