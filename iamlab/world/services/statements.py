"""Statements that services write themselves: into a resource's policy, and out of it by their Sid.

Notes
-----
AWS pages: the API references of ``AddPermission`` of Lambda, SQS and SNS, and of ``PutPermission``
of EventBridge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.policy.writing import edited

if TYPE_CHECKING:
    from iamlab.policy.document import Policy

_ACCOUNT_DIGITS = 12


def sids_of(policy: Policy | None) -> tuple[str, ...]:
    """Give the Sids of a policy's statements."""
    return () if policy is None else tuple(one.sid for one in policy.statements if one.sid)


def with_statement(
    policy: Policy | None, statement: dict[str, Any], policy_id: str | None = None
) -> dict[str, Any]:
    """Give the document with one more statement, which replaces one of the same Sid.

    Parameters
    ----------
    policy_id
        The Id of a policy that begins with this statement.

    Examples
    --------
    >>> with_statement(None, {"Sid": "a"}, "default")
    {'Version': '2012-10-17', 'Id': 'default', 'Statement': [{'Sid': 'a'}]}
    """
    if policy is None:
        named = {} if policy_id is None else {"Id": policy_id}
        return {"Version": "2012-10-17", **named, "Statement": [statement]}
    document = policy.to_json()
    held = document["Statement"]
    others = [one for one in _listed(held) if one.get("Sid") != statement["Sid"]]
    return {**document, "Statement": [*others, statement]}


def without_statement(policy: Policy, sid: str) -> Policy | None:
    """Give a policy without the statement of that Sid; ``None`` if nothing is left."""
    gone = {one.number: None for one in policy.statements if one.sid == sid}
    return None if len(gone) == len(policy.statements) else edited(policy, gone)


def _listed(statements: Any) -> list[dict[str, Any]]:
    return statements if isinstance(statements, list) else [statements]


def root_of(account_id: str, partition: str = "aws") -> str:
    """Write an account as a principal: by its root user's ARN.

    Examples
    --------
    >>> root_of("111122223333")
    'arn:aws:iam::111122223333:root'
    """
    return f"arn:{partition}:iam::{account_id}:root"


def principal_of(text: str, partition: str) -> Any:
    """Write the Principal that a word means: an account, everybody, an ARN, or a service.

    Examples
    --------
    >>> principal_of("111122223333", "aws"), principal_of("s3.amazonaws.com", "aws")
    ({'AWS': 'arn:aws:iam::111122223333:root'}, {'Service': 's3.amazonaws.com'})
    """
    if text == "*":
        return text
    if text.isdigit() and len(text) == _ACCOUNT_DIGITS:
        return {"AWS": root_of(text, partition)}
    return {"AWS" if text.startswith("arn:") else "Service": text}
