"""Sessions as STS answers them, with AWS's names, and what CloudTrail shows of that.

Notes
-----
AWS pages: "AWS STS API Reference", the response elements of each operation; "Logging IAM and AWS
STS API calls with AWS CloudTrail".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iamlab.world.sts.session import Session


def credentials(session: Session) -> dict[str, Any]:
    """Answer credentials, and how long their token is."""
    return {
        "Credentials": session.credentials,
        "SessionTokenUtilization": session.session_token_utilization,
        "SessionTokenSize": session.session_token_size,
    }


def with_packed_size(session: Session) -> dict[str, Any]:
    """Answer also how much room policies and tags take."""
    return {**credentials(session), "PackedPolicySize": session.packed_policy_size}


def with_source_identity(session: Session) -> dict[str, Any]:
    """Answer credentials, and who is behind the chain."""
    identity = session.source_identity
    return {**credentials(session), **({"SourceIdentity": identity} if identity else {})}


def assumed_role(session: Session) -> dict[str, Any]:
    """Answer a session of a role."""
    return {
        **with_source_identity(session),
        "AssumedRoleUser": {"AssumedRoleId": session.record.userid, "Arn": session.arn},
        "PackedPolicySize": session.packed_policy_size,
    }


def federated_user(session: Session) -> dict[str, Any]:
    """Answer a session of a federated user."""
    return {
        **with_packed_size(session),
        "FederatedUser": {"FederatedUserId": session.record.userid, "Arn": session.arn},
    }


def scoped(session: Session) -> dict[str, Any]:
    """Answer scoped credentials."""
    return {
        **with_source_identity(session),
        "SessionInfo": {"ScopedSessionId": session.record.userid, "Arn": session.arn},
        "ScopedPoliciesCount": len(session.record.scoped),
    }


def as_logged(answer: dict[str, Any]) -> dict[str, Any]:
    """Write the end of credentials as CloudTrail does. The event itself leaves the secrets out.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> as_logged({"Credentials": {"Expiration": datetime(2026, 11, 25, 21, tzinfo=UTC)}})
    {'Credentials': {'Expiration': 'Nov 25, 2026, 09:00:00 PM'}}
    """
    end = answer.get("Credentials", {}).get("Expiration")
    if end is None:
        return answer
    text = end.strftime("%b %d, %Y, %I:%M:%S %p")
    return {**answer, "Credentials": {**answer["Credentials"], "Expiration": text}}
