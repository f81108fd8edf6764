"""What a trust policy wants of a call, brought along: MFA, an external id, a tag, a place.

Some condition keys say what somebody is (his tags, his organization); the world knows these. Others
come with the call, and whoever calls may bring what is wanted. For the second kind a value is made
that meets the condition, if one is easily made; the engine then says whether it does.

Notes
-----
AWS pages: "AWS global condition context keys"; "IAM and AWS STS condition context keys".
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.required_parameters import filled
from iamlab.policy.variables import substitute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.engine.request import ContextValue, Request
    from iamlab.policy.statement import Condition

KNOWN = (
    *("aws:principal", "aws:userid", "aws:username", "aws:resource", "iam:resourcetag"),
    *("aws:assumedroot", "aws:tokenissuetime", "aws:currenttime", "aws:epochtime"),
)
"""How the keys begin, in small letters, whose values are not the caller's to choose."""

SHORT = {
    "aws:multifactorauthpresent": "MFA",
    "aws:multifactorauthage": "MFA age",
    "sts:externalid": "ExternalId",
    "sts:rolesessionname": "session name",
    "sts:sourceidentity": "source identity",
    "aws:tagkeys": "session tags",
}
"""What people say; of all other keys, what stands behind the last colon."""

MULTIVALUED = ("aws:tagkeys", "sts:transitivetagkeys")


def short_key(key: str) -> str:
    """Give a short name of a condition key.

    Examples
    --------
    >>> short_key("sts:ExternalId"), short_key("token.actions.githubusercontent.com:sub")
    ('ExternalId', 'sub')
    """
    return SHORT.get(key.lower(), key.rpartition(":")[2] or key)


def brought(conditions: Iterable[Condition], request: Request) -> dict[str, ContextValue]:
    """Make a context that meets conditions, as far as that is the caller's to choose.

    Examples
    --------
    >>> from iamlab import Policy, Request
    >>> trust = Policy.parse({"Statement": {"Effect": "Allow", "Principal": "*",
    ...     "Action": "sts:AssumeRole", "Condition": {
    ...         "Bool": {"aws:MultiFactorAuthPresent": "true"},
    ...         "StringLike": {"sts:RoleSessionName": "dana-*"},
    ...         "StringEquals": {"aws:PrincipalTag/team": "sky"}}}})
    >>> request = Request("arn:aws:iam::111122223333:user/dana", "sts:AssumeRole",
    ...                   "arn:aws:iam::111122223333:role/audit")
    >>> brought(trust.statements[0].conditions, request)
    {'aws:MultiFactorAuthPresent': 'true', 'sts:RoleSessionName': 'dana-reach'}
    """
    found: dict[str, ContextValue] = {}
    for one in conditions:
        key = one.key.lower()
        if key.startswith(KNOWN) or not one.values:
            continue
        value = _meeting(one, request)
        if value is not None:
            found.setdefault(one.key, [value] if key in MULTIVALUED else value)
    return found


def _meeting(condition: Condition, request: Request) -> str | None:
    """Give a value that meets a condition; ``None`` if none is easily made."""
    operator, wanted = condition.comparison.name, condition.values[0]
    if operator == "IpAddress":
        return _address(wanted)
    if "Not" in operator or operator.startswith("Date"):
        return None
    if operator.startswith("Numeric"):
        return wanted if operator.endswith("Equals") else None
    if operator == "Null":
        return "reach" if wanted.lower() == "false" else None
    if operator.startswith(("String", "Arn")):
        text = substitute(wanted, request.value)
        return None if text is None else filled(text) if operator.endswith("Like") else text
    return wanted


def _address(network: str) -> str | None:
    try:
        return str(ipaddress.ip_network(network, strict=False)[0])
    except ValueError:
        return None
