"""Whose permissions a session has: the role's that it is of, or the user's who made it.

An event says it in its ``userIdentity`` element; the ARN of a role's session says it too, but for
the path of the role.

Notes
-----
AWS pages: "CloudTrail userIdentity element"; "IAM identifiers", for the ARNs of sessions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def issuer_of(identity: Mapping[str, Any]) -> Mapping[str, Any]:
    """Say whose permissions a caller had: of a session the issuer's, else his own.

    Examples
    --------
    >>> issuer_of({"type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/ana"})["type"]
    'IAMUser'
    """
    session = identity.get("sessionContext")
    issuer = session.get("sessionIssuer") if isinstance(session, Mapping) else None
    return issuer if isinstance(issuer, Mapping) and issuer else identity


def id_in(identity: Mapping[str, Any]) -> str:
    """Give the unique id of a user or role; empty if nobody tells it."""
    return str(identity.get("principalId") or "").partition(":")[0]


def role_of_session(arn: str) -> str:
    """Give the ARN of the role, without its path, whose session an ARN names; empty if none.

    Examples
    --------
    >>> role_of_session("arn:aws:sts::111122223333:assumed-role/app/job")
    'arn:aws:iam::111122223333:role/app'
    >>> role_of_session("arn:aws:sts::111122223333:federated-user/ana")
    ''
    """
    start, found, rest = arn.partition(":assumed-role/")
    if not found or ":sts:" not in start:
        return ""
    return f"{start.replace(':sts:', ':iam:', 1)}:role/{rest.partition('/')[0]}"
