"""Resources in words: "objects under home/ in star-maps", "the SQS queue jobs (any Region, ...)".

A star in the last part of an ARN also matches slashes and colons. If a pattern therefore covers
other types too, the words add "and what belongs to it".

Notes
-----
AWS pages: "IAM JSON policy elements: Resource"; "Service Authorization Reference".
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from iamlab.policy.arn import PARTS, Arn, is_arn
from iamlab.policy.catalog import ResourceType, resource_types_of
from iamlab.policy.describe.values import BASE_FORMS, pattern_predicate
from iamlab.policy.describe.words import called, humanised, plural, value_text
from iamlab.policy.patterns import glob

NOT_NAMED_BY_SERVICE = ("iam", "s3")
"""Services that the words needn't name, since everybody knows their resources: a role, a bucket."""


class Noun(NamedTuple):
    """A resource pattern in words.

    Parameters
    ----------
    words
        A noun phrase.
    service, kind
        The resource type, if the pattern matches only this type; else empty.
    """

    words: str
    service: str = ""
    kind: str = ""


def noun(pattern: str) -> Noun:
    """Describe a resource pattern whose variables are already in words.

    Examples
    --------
    >>> noun("arn:aws:s3:::star-maps/raw/*").words
    'objects under raw/ in star-maps'
    >>> noun("arn:aws:iam::111122223333:role/app-*").words
    'any role whose path and name begin with app- (account 111122223333)'
    >>> noun("arn:aws:sqs:*:111122223333:jobs").words
    'the SQS queue jobs (any Region, account 111122223333)'
    """
    if pattern == "*":
        return Noun("every resource")
    if not is_arn(pattern):
        return Noun(_short(pattern))
    arn = Arn.parse(pattern)
    if arn.service == "s3" and not arn.region and not arn.account:
        found = _in_s3(arn.resource)
    else:
        found = _typed(pattern, arn)
    if arn.partition not in ("aws", "*") and "arn:" not in found.words:
        return Noun(f"{found.words} (partition {value_text(arn.partition)})", *found[1:])
    return found


def _short(pattern: str) -> str:
    parts = pattern.split(":", PARTS - 1)
    is_open = any(part.endswith("*") for part in parts)
    if glob(parts[0], "arn") and (len(parts) == PARTS or is_open):
        return f"everything that matches {value_text(pattern)}"
    return f"{value_text(pattern)} (which isn't an ARN)"


def _in_s3(resource: str) -> Noun:
    """Name buckets and objects: only the ARN of an object has a slash."""
    bucket, slash, key = resource.partition("/")
    wild = "*" in bucket or "?" in bucket
    if not slash:
        return (
            Noun(f"the bucket {value_text(bucket)}", "s3", "bucket")
            if not wild
            else _buckets(bucket)
        )
    if wild:
        return Noun(f"every object that matches {value_text(resource)}", "s3", "object")
    return Noun(_objects(bucket, key), "s3", "object")


def _buckets(name: str) -> Noun:
    """Name the buckets of a pattern; a star at its end also matches their objects."""
    if not name.strip("*"):
        return Noun("every bucket and every object")
    if name.endswith("*") and not {"*", "?"} & set(name.rstrip("*")):
        return Noun(f"every bucket whose name {pattern_predicate(name)}, and every object in it")
    return Noun(f"every bucket or object that matches {value_text(name)}")


def _objects(bucket: str, key: str) -> str:
    place = f"in {value_text(bucket)}"
    stem = key.rstrip("*")
    if key and not stem:
        return f"objects {place}"
    if "*" in stem or "?" in stem:
        return f"objects {place} whose key matches {value_text(key)}"
    if stem == key:
        return f"the object {value_text(key)} {place}"
    if stem.endswith("/"):
        return f"objects under {value_text(stem)} {place}"
    return f"objects {place} whose key begins with {value_text(stem)}"


@lru_cache(maxsize=4096)
def resource_type(pattern: str) -> ResourceType | None:
    """Find the type of an ARN pattern by its format; of several, the most specific.

    Examples
    --------
    >>> resource_type("arn:aws:dynamodb:*:*:table/stars/index/*").name
    'index'
    """
    service = Arn.parse(pattern).service
    types = [
        known
        for known in resource_types_of(service).values()
        if known.arn.split(":")[2] == service and _has_form(known, pattern)
    ]
    return max(types, key=lambda known: len(known.pattern.replace("*", "")), default=None)


def _has_form(known: ResourceType, pattern: str) -> bool:
    form = known.pattern.split(":", 5)
    return all(map(glob, form, pattern.split(":", 5)))


def _typed(pattern: str, arn: Arn) -> Noun:
    """Name a resource by its type in the catalogue."""
    found = resource_type(pattern)
    form = Arn.parse(found.pattern) if found else arn
    fixed = form.resource.partition("*")[0]
    name = "*" if arn.resource == form.resource else arn.resource[len(fixed) :]
    if found is None or _has_double(found) or _runs_across(name, arn.service):
        return Noun(_raw(pattern))
    kind = type_called(arn.service, found.name)
    place = _place(arn, form)
    if arn.service == "iam" and arn.account == "aws" and found.name == "policy":
        kind, place = "AWS managed policy", ""
    words = _named(kind, name, arn.service)
    if not (words.startswith("any ") and place in _ANYWHERE):
        words += place
    below = name.endswith("*") and _has_parts(found)
    return Noun(f"{words}, and what belongs to it" if below else words, arn.service, found.name)


_ANYWHERE = (" (any Region, any account)", " (any account)", " (any Region)")
"""Places that can be left out after "any"."""


def _raw(pattern: str) -> str:
    wild = "*" in pattern or "?" in pattern
    return f"{'everything that matches' if wild else 'the resource'} {value_text(pattern)}"


def _runs_across(name: str, service: str) -> bool:
    """Return whether a name has a wildcard before a separator, so that its reach is unclear."""
    start = name.replace("?", "*").partition("*")
    return service != "iam" and bool({"/", ":"} & set(start[2]))


def type_called(service: str, name: str) -> str:
    """Name a resource type: ``role``, ``SQS queue``.

    Examples
    --------
    >>> type_called("iam", "role"), type_called("logs", "log-group")
    ('role', 'CloudWatch Logs log group')
    """
    kind = humanised(name)
    return kind if service in NOT_NAMED_BY_SERVICE else f"{called(service) or service} {kind}"


def _named(kind: str, name: str, service: str) -> str:
    fixed = name.rstrip("*")
    if name and not fixed:
        return f"any {kind}"
    if fixed == name and not ("*" in name or "?" in name):
        return f"the {kind} {value_text(name)}"
    if service == "iam":
        verb, _, rest = pattern_predicate(name).partition(" ")
        return f"any {kind} whose path and name {BASE_FORMS[verb]} {rest}"
    return f"any {kind} whose name {pattern_predicate(name)}"


def _place(arn: Arn, form: Arn) -> str:
    """Return the Region and account, if the type has them."""
    parts = []
    if form.region:
        region = value_text(arn.region) if arn.region else "no Region"
        parts.append("any Region" if arn.region == "*" else region)
    if form.account:
        account = f"account {value_text(arn.account)}" if arn.account else "no account"
        parts.append("any account" if arn.account == "*" else account)
    return f" ({', '.join(parts)})" if parts else ""


@lru_cache(maxsize=1024)
def _has_parts(found: ResourceType) -> bool:
    """Return whether the ARNs of another type begin with those of this type."""
    start = found.pattern
    return any(
        other.name != found.name and glob(start, other.pattern)
        for other in resource_types_of(found.service).values()
    )


@lru_cache(maxsize=1024)
def _has_double(found: ResourceType) -> bool:
    """Return whether another type has the same ARNs, such as a function's alias and version."""
    types = resource_types_of(found.service).values()
    return any(other.pattern == found.pattern and other.name != found.name for other in types)


@lru_cache(maxsize=1024)
def any_of_kind(service: str, kind: str) -> str:
    """Name all of a type: ``"any object"``."""
    return f"any {type_called(service, kind)}"


@lru_cache(maxsize=1024)
def plural_of_kind(service: str, kind: str) -> str:
    """Return the plural of a resource type: ``"objects"``."""
    return plural(type_called(service, kind))
