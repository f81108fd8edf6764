"""Sessions as STS answers them, with AWS's names.

Notes
-----
AWS page: "AWS STS API Reference", the response elements of each operation.
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
