"""What a policy says, in plain English: one sentence for each statement, its conditions included.

The words say exactly when a statement applies: what is true for a request that lacks a key, what a
star covers besides, and which statement can never match at all. They speak of the document alone:
whether somebody has access is for all policies together to say.

Notes
-----
AWS pages: "IAM JSON policy element reference"; "Policies and permissions in AWS Identity and Access
Management".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.describe.statements import sentence
from iamlab.policy.describe.words import named, shown
from iamlab.policy.rules import rules_for

if TYPE_CHECKING:
    from iamlab.policy.record import PolicyRecord

__all__ = ["prose", "sentences"]

MANY = 200
"""So many statements are read aloud by :func:`prose`."""


def sentences(policy: PolicyRecord, *, for_type: str = "") -> tuple[str, ...]:
    """Read each statement of a policy aloud.

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
    """Read a policy aloud, one statement a line.

    Parameters
    ----------
    for_type
        What it is used as: ``"identity"``, ``"resource"``, ``"trust"``, ``"boundary"``,
        ``"session"``, ``"scp"``, ``"rcp"`` or ``"endpoint"``. Empty: only what is true of all.

    Examples
    --------
    >>> from iamlab import Policy
    >>> text = '''{"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
    ...            "Action": "sts:AssumeRole"}}'''
    >>> print(prose(Policy.parse(text)))
    Lets EC2 assume this role.
    """
    count = len(policy.statements)
    lines = _some(policy, for_type, MANY)
    if count == 1:
        return lines[0]
    if not count:
        return "No statements: it says nothing."
    more = (f"And {count - MANY} more statements.",) if count > MANY else ()
    return "\n".join((f"{count} statements.", *lines, *more))


def _name(sid: str) -> str:
    """Show a Sid: in quotes where it could be taken for a part of the sentence."""
    return shown(sid) if re.fullmatch(r"[\w -]+", sid) else named(sid)


def _some(policy: PolicyRecord, for_type: str, limit: int) -> tuple[str, ...]:
    """Read the first statements, with their Sids where there are several."""
    if for_type:
        rules_for(for_type)  # refuses a type that there is not
    several = len(policy.statements) > 1
    return tuple(
        f"{_name(one.sid)}: {sentence(one, for_type)}"
        if several and one.sid
        else sentence(one, for_type)
        for one in policy.statements[:limit]
    )
