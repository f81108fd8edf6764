"""Who called, as a record says it, and whose permissions were used.

A session has the permissions of the role that it is of, or of the user who made it.

Notes
-----
AWS page: "CloudTrail userIdentity element".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def who(identity: Mapping[str, Any]) -> tuple[str, str]:
    """Say whose permissions were used, and who called; empty where the record does not say it.

    Services and callers from other accounts have no ARN in a record.

    Examples
    --------
    >>> who({"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/app/job"})
    ('arn:aws:iam::111122223333:role/app', 'arn:aws:sts::111122223333:assumed-role/app/job')
    >>> who({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"})
    ('', 'ec2.amazonaws.com')
    """
    session = identity.get("arn")
    if not isinstance(session, str):
        service = identity.get("invokedBy")
        return "", service if isinstance(service, str) else ""
    if ":sts:" not in session:
        return session, session
    context = identity.get("sessionContext")
    issuer = context.get("sessionIssuer") if isinstance(context, dict) else None
    arn = issuer.get("arn") if isinstance(issuer, dict) else None
    if isinstance(arn, str) and arn:
        return arn, session
    return _role_of(session), session


def _role_of(session: str) -> str:
    """Guess the role from its session's ARN, which does not tell the role's path."""
    start, found, rest = session.partition(":assumed-role/")
    if not found:
        return ""
    start = start.replace(":sts:", ":iam:", 1)
    return f"{start}:role/{rest.partition('/')[0]}"


def without_path(arn: str) -> str:
    """Take the path out of an ARN of IAM: not every record says it, and names are unique alone.

    Examples
    --------
    >>> without_path("arn:aws:iam::111122223333:role/sky/app")
    'arn:aws:iam::111122223333:role/app'
    """
    start, _, rest = arn.partition("/")
    return f"{start}/{rest.rpartition('/')[2]}" if ":iam:" in arn else arn
