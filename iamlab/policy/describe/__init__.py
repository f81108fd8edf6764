"""A policy in plain English: one sentence for each statement, including its conditions.

The sentences say exactly when a statement matches: without a key in the request, for everything
that a star covers, or never. They describe only this document. Whether somebody has access depends
on all policies together.

Notes
-----
AWS pages: "IAM JSON policy element reference"; "Policies and permissions in AWS Identity and Access
Management".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.policy.describe.statements import sentence
from iamlab.policy.describe.words import named, shown
from iamlab.policy.rules import rules_for

if TYPE_CHECKING:
    from iamlab.policy.record import PolicyRecord

__all__ = ["prose", "sentences"]

MANY = 200
"""The most statements that :func:`prose` describes."""


def sentences(policy: PolicyRecord, *, for_type: str = "") -> tuple[str, ...]:
    """Describe each statement of a policy.

    Examples
    --------
    >>> from iamlab import Policy
    >>> text = '''{"Version": "2012-10-17", "Statement": [
    ...   {"Effect": "Allow", "Action": "*", "Resource": "*"},
    ...   {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}'''
    >>> sentences(Policy.parse(text))[1]
    'Denies every IAM action on every resource.'
    """
    return _some(policy, for_type, len(policy.statements))


def prose(policy: PolicyRecord, *, for_type: str = "") -> str:
    """Describe a policy, one statement a line.

    Parameters
    ----------
    for_type
        The policy's type: ``"identity"``, ``"resource"``, ``"trust"``, ``"boundary"``,
        ``"session"``, ``"scp"``, ``"rcp"`` or ``"endpoint"``. Empty: only what is true for all.

    Examples
    --------
    >>> from iamlab import Policy
    >>> text = '''{"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
    ...            "Action": "sts:AssumeRole"}}'''
    >>> print(prose(Policy.parse(text)))
    Lets EC2 assume this role.
    """
    number = len(policy.statements)
    lines = _some(policy, for_type, MANY)
    if number == 1:
        return lines[0]
    if not number:
        return "The policy has no statements."
    more = (f"And {count(number - MANY, 'more statement')}.",) if number > MANY else ()
    return "\n".join((f"{number} statements.", *lines, *more))


def _name(sid: str) -> str:
    """Show a Sid, in quotes if it could be read as a part of the sentence."""
    return shown(sid) if re.fullmatch(r"[\w -]+", sid) else named(sid)


def _some(policy: PolicyRecord, for_type: str, limit: int) -> tuple[str, ...]:
    """Describe the first statements, with their Sids if there are several."""
    if for_type:
        rules_for(for_type)  # rejects an unknown type
    several = len(policy.statements) > 1
    return tuple(
        f"{_name(statement.sid)}: {sentence(statement, for_type)}"
        if several and statement.sid
        else sentence(statement, for_type)
        for statement in policy.statements[:limit]
    )
