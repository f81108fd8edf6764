"""Who called, as a record says it, and whose permissions were used.

A session has the permissions of the role that it is of, or of the user who made it.

Notes
-----
AWS page: "CloudTrail userIdentity element".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.model.session_record import issuer_of, role_of_session

if TYPE_CHECKING:
    from collections.abc import Mapping


def caller_and_session(identity: Mapping[str, Any]) -> tuple[str, str]:
    """Say whose permissions were used, and who called; empty where the record does not say it.

    Services and callers from other accounts have no ARN in a record.

    Examples
    --------
    >>> caller_and_session({"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/app/job"})
    ('arn:aws:iam::111122223333:role/app', 'arn:aws:sts::111122223333:assumed-role/app/job')
    >>> caller_and_session({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"})
    ('', 'ec2.amazonaws.com')
    """
    session = identity.get("arn")
    if not isinstance(session, str):
        service = identity.get("invokedBy")
        return "", service if isinstance(service, str) else ""
    if ":sts:" not in session:
        return session, session
    issuer = issuer_of(identity)
    arn = "" if issuer is identity else issuer.get("arn")
    if isinstance(arn, str) and arn:
        return arn, session
    return role_of_session(session), session


def without_path(arn: str) -> str:
    """Take the path out of an ARN of IAM: not every record says it, and names are unique alone.

    Examples
    --------
    >>> without_path("arn:aws:iam::111122223333:role/sky/app")
    'arn:aws:iam::111122223333:role/app'
    """
    start, _, rest = arn.partition("/")
    return f"{start}/{rest.rpartition('/')[2]}" if ":iam:" in arn else arn
