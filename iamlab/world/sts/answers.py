"""Sessions as STS answers them, with AWS's names, and what CloudTrail shows of that.

Notes
-----
AWS pages: "AWS STS API Reference", the response elements of each operation; "Logging IAM and AWS
STS API calls with AWS CloudTrail".
"""

from __future__ import annotations

from datetime import datetime
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
    """Write the end of credentials, or of a token, as CloudTrail does.

    The event itself leaves the secrets out, the session token among them: see ``SECRETS`` in
    ``iamlab/world/events.py``.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> end = datetime(2026, 11, 25, 21, tzinfo=UTC)
    >>> as_logged({"Credentials": {"Expiration": end}})
    {'Credentials': {'Expiration': 'Nov 25, 2026, 09:00:00 PM'}}
    >>> as_logged({"Expiration": end})
    {'Expiration': 'Nov 25, 2026, 09:00:00 PM'}
    """
    found = {name: _in_us_style(value) for name, value in answer.items()}
    if "Credentials" in answer:
        parts = answer["Credentials"].items()
        found["Credentials"] = {name: _in_us_style(value) for name, value in parts}
    return found


def _in_us_style(value: Any) -> Any:
    return value.strftime("%b %d, %Y, %I:%M:%S %p") if isinstance(value, datetime) else value
