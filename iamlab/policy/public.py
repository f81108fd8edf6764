"""Whether a bucket policy is public.

The Principal or one condition must restrict each Allow statement to fixed values. A statement
without this restriction makes the whole policy public. Actions and resources make no difference.

Notes
-----
AWS page: "Blocking public access to your Amazon S3 storage", section "The meaning of public".
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.policy.arn import ACCOUNT, Arn, is_arn, names

if TYPE_CHECKING:
    from iamlab.policy.record import PolicyRecord
    from iamlab.policy.statement import Condition, Principals, Statement

# Not... and ...IfExists also match requests without the key.
PINNING_OPERATORS = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike")
PINNING_KEYS = frozenset(names("pinning_keys"))
NEWER_KEYS = frozenset(names("newer_pinning_keys"))
BROADEST = {4: 8, 6: 32}
"""The shortest prefix of an address range that still counts as fixed."""
PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


def is_public(policy: PolicyRecord) -> bool:
    """Return whether S3 considers a bucket policy public.

    Examples
    --------
    >>> from iamlab import Policy
    >>> is_public(Policy.parse({"Statement": {"Effect": "Allow", "Principal": "*",
    ...     "Action": "s3:GetObject", "Resource": "arn:aws:s3:::star-maps/*"}}))
    True
    """
    return bool(public_because(policy))


def public_because(policy: PolicyRecord) -> tuple[str, ...]:
    """Explain which statements make a bucket policy public; empty if it isn't public."""
    if unsure.DENY_MAKES_A_BUCKET_POLICY_PRIVATE and any(
        map(_shuts_the_rest_out, policy.statements)
    ):
        return ()
    return tuple(
        f"{statement.label} allows everybody. No condition restricts it to fixed values."
        for statement in policy.statements
        if statement.effect == "Allow" and _is_open(statement)
    )


def _is_open(statement: Statement) -> bool:
    if statement.principal is None and statement.not_principal is None:
        return False  # it names nobody
    if statement.principal is not None and not any(map(_is_anybody, statement.principal)):
        return False
    return not any(map(_pins, statement.conditions))


def _is_anybody(principal: tuple[str, str]) -> bool:
    kind, value = principal
    return kind in ("*", "Federated") or (kind == "AWS" and value == "*")


def _pins(condition: Condition) -> bool:
    """Return whether a condition restricts a statement to fixed values."""
    comparison, key = condition.comparison, condition.key.lower()
    if comparison.set_operator or comparison.if_exists:
        return False
    if comparison.name == "IpAddress" and key == "aws:sourceip":
        return all(map(_is_narrow, condition.values))
    if comparison.name not in PINNING_OPERATORS:
        return False
    if key == "s3:dataaccesspointarn":
        return all(map(_has_fixed_account, condition.values))
    pinning = key in PINNING_KEYS or (unsure.NEWER_KEYS_PIN_A_BUCKET_POLICY and key in NEWER_KEYS)
    return pinning and all(map(_is_fixed, condition.values))


def _is_fixed(value: str) -> bool:
    return not ("*" in value or "?" in value or "${" in value)


def _is_narrow(value: str) -> bool:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    if isinstance(network, ipaddress.IPv4Network) and any(
        network.subnet_of(private) for private in PRIVATE
    ):
        return True
    return network.prefixlen >= BROADEST[network.version]


def _has_fixed_account(value: str) -> bool:
    """Return whether an access point's account is fixed; its name may be a star."""
    return is_arn(value) and bool(ACCOUNT.fullmatch(Arn.parse(value).account))


def _shuts_the_rest_out(statement: Statement) -> bool:
    """Return whether a Deny for everybody exempts only fixed principals."""
    spares = any(
        condition.comparison.name.replace("Not", "") in PINNING_OPERATORS
        and "Not" in condition.comparison.name
        and condition.key.lower() in PINNING_KEYS
        and all(map(_is_fixed, condition.values))
        for condition in statement.conditions
    )
    everybody: Principals = (("*", "*"),)
    return statement.effect == "Deny" and statement.principal == everybody and spares
