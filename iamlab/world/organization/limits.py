"""How much of everything an organization may have.

Notes
-----
AWS page: "Quotas and service limits for AWS Organizations", as of November 2026.
"""

from __future__ import annotations

from iamlab.errors import RequestError, did_you_mean

QUOTAS = {
    "Accounts": (10, 50_000),
    "OrganizationalUnits": (2000, 2000),
    "SERVICE_CONTROL_POLICY": (10_000, 10_000),
    "RESOURCE_CONTROL_POLICY": (2000, 2000),
}
"""What there may be of each at first, and up to what AWS raises it. An open invitation counts as an
account. What is loaded from a real organization is not held to it."""

DEEPEST = 5
"""So many OUs are above one another at most."""


def raised(name: str, value: int) -> int:
    """Say to what a quota may be raised.

    Raises
    ------
    RequestError
        There is no such quota, or AWS does not raise it so far.

    Examples
    --------
    >>> raised("Accounts", 200)
    200
    """
    if name not in QUOTAS:
        raise RequestError(f"There is no quota {name!r}. {did_you_mean(name, QUOTAS)}")
    default, most = QUOTAS[name]
    if not default <= value <= most:
        raise RequestError(f"{name} is {default}, and can be raised to {most} at most.")
    return value
