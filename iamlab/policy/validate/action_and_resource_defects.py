"""Defects of actions and resources: their format, and which ones a policy type accepts.

IAM checks only the format, and only the first three parts of an ARN. It saves the names of actions,
services and resources that don't exist. They never match.

Notes
-----
AWS pages: "IAM JSON policy elements: Action"; "IAM JSON policy elements: Resource"; "Troubleshoot
IAM policies"; "Actions, resources, and condition keys for Amazon S3", for the resources that have a
Region and for the resources of each action.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import dropwhile, takewhile
from typing import TYPE_CHECKING

from iamlab.policy import catalog
from iamlab.policy.arn import names
from iamlab.policy.patterns import glob
from iamlab.policy.rules import IAM_PATHS, PARTITIONS
from iamlab.policy.statement import ACTIONS, RESOURCES, values_of
from iamlab.policy.validate.document_defects import SaveDefect, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.rules import TypeRules
    from iamlab.policy.statement import Statement
    from iamlab.policy.validate.document_defects import CheckedPolicy

_VENDOR = re.compile(r"[A-Za-z0-9.-]+")


def missing_actions(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find empty lists of actions. Only IAM rejects them; other services save them."""
    for statement in checked.statements if checked.rules.iam_grammar else ():
        if not statement.actions:
            path = checked.places.element(statement, statement.element("Action"))
            yield SaveDefect("no_action", path)


def misformed_actions(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find actions without the format ``service:Name``."""
    for value in checked.values(ACTIONS):
        kind = action_fault(value.text)
        if kind:
            vendor = value.text.partition(":")[0]
            details = {"value": short(value.text), "vendor": short(vendor)}
            yield SaveDefect(kind, checked.path(value), details)


@lru_cache(maxsize=8192)
def action_fault(action: str) -> str | None:
    """Return the kind of defect in an action's format; ``None`` if IAM would save it.

    Examples
    --------
    >>> [action_fault(text) for text in ("s3", "s*:Get*", "*:Get*", "no-such:Thing")]
    ['no_vendor', 'vendor', None, None]
    """
    if action == "*":
        return None
    vendor, _, _ = action.partition(":")
    colons = action.count(":")
    if not colons:
        return "no_vendor"
    if colons > 1:
        return "two_colons"
    return None if vendor == "*" or _VENDOR.fullmatch(vendor) else "vendor"


def unwanted_actions(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find actions that the policy type doesn't accept."""
    rules = checked.rules
    limited = rules.services is not None or rules.looks_actions_up
    for value in checked.values(ACTIONS) if limited else ():
        kind = None if action_fault(value.text) else unwanted(value.text, checked.rules)
        if kind:
            yield SaveDefect(kind, checked.path(value), {"value": short(value.text)})


def unwanted(action: str, rules: TypeRules) -> str | None:
    """Return why a policy type rejects an action; ``None`` if it accepts it."""
    name = action.lower()
    if name == "*" and rules.every_action and rules.wildcards:
        return None
    if rules.services is not None and name.partition(":")[0] not in rules.services:
        return "foreign_action"
    if not rules.wildcards and ("*" in name or "?" in name):
        return "action_wildcard"
    if rules.actions is not None and not any(glob(name, known) for known in rules.actions):
        return "unknown_action"
    unknown = rules.looks_actions_up and not catalog.expand(action)
    return "unknown_action" if unknown else None


# Only these S3 resources have a Region. IAM's message doesn't list the newer IAM resource types.
S3_WITH_REGION = names("s3_with_region")
NEWER_IAM_PATHS = names("newer_iam_paths")
WHOLE_IAM_PARTS = ("*", "root")


def forms_read_early(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find ARNs with too few parts, up to the first ARN with another defect.

    IAM checks for these first, and stops doing so at another defect in a resource.
    """
    return takewhile(_is_short, _forms(checked))


def forms_read_late(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find the first other defect in a resource's format, and all later ones."""
    return dropwhile(_is_short, _forms(checked))


def _is_short(defect: SaveDefect) -> bool:
    return defect.kind == "short_arn"


def _forms(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    if not checked.rules.iam_grammar or checked.rules.resource == "forbidden":
        return
    for statement in checked.statements:
        found = [
            SaveDefect(fault[0], checked.path(value), fault[1])
            for value in values_of(statement, RESOURCES)
            if (fault := resource_fault(value.text)) is not None
        ]
        yield from sorted(found, key=_is_short)


@lru_cache(maxsize=8192)
def resource_fault(resource: str) -> tuple[str, dict[str, object]] | None:
    """Return the defect in a resource's format; ``None`` if IAM would save it.

    Examples
    --------
    >>> resource_fault("star-maps")[0], resource_fault("arn:aws:s3::star-maps")[0]
    ('no_arn', 'short_arn')
    >>> resource_fault("arn:aws:x:::y") is None
    True
    """
    if resource == "*":
        return None
    value: dict[str, object] = {"value": short(resource)}
    _, colon, rest = resource.partition(":")
    if not colon:
        return "no_arn", value
    partition, colon, rest = rest.partition(":")
    if partition != "*" and partition not in PARTITIONS:
        return "partition", _as_six_parts(partition, rest)
    service, _, after = rest.partition(":")
    if not colon or "*" in service or "?" in service:
        return "vendor_of_resource", value
    kind = _own_fault(service, after)
    if kind is None and (not service or (resource.count(":") < 5 and "::" in resource)):
        kind = "short_arn"
    return (kind, value) if kind else None


def _own_fault(service: str, after: str) -> str | None:
    """Return the kind of defect by IAM's rules for ARNs of IAM and S3."""
    if service not in ("iam", "s3"):
        return None
    last = after.partition(":")[2].partition(":")[2]
    without_region = after.startswith(":")
    if service == "s3":
        return None if without_region or last.startswith(S3_WITH_REGION) else "s3_region"
    if not without_region:
        return "iam_region"
    named = last in WHOLE_IAM_PARTS or last.startswith((*IAM_PATHS, *NEWER_IAM_PATHS))
    return None if named else "iam_path"


def _as_six_parts(partition: str, rest: str) -> dict[str, object]:
    """Write the ARN as in IAM's message, with a star for each missing part."""
    parts = rest.split(":", 3) if rest else []
    parts += ["*"] * (4 - len(parts))
    arn = ":".join(("arn", partition, *parts))
    return {"partition": short(partition), "arn": short(arn)}


def foreign_resources(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find resources that don't belong to the policy's service."""
    patterns = checked.rules.resources
    for value in checked.values(RESOURCES) if patterns is not None else ():
        if not any(_fits(pattern, value.text) for pattern in patterns or ()):
            yield SaveDefect("foreign_resource", checked.path(value), {"value": short(value.text)})


def _fits(pattern: str, resource: str) -> bool:
    """Match a resource with an ARN format; the format ``*`` is the star itself."""
    return resource == "*" if pattern == "*" else glob(pattern, resource)


def unfit_actions(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find S3 actions that work on none of their statement's resources."""
    for statement in checked.statements if checked.rules.looks_actions_up else ():
        kinds = _s3_kinds(statement)
        for value in values_of(statement, ("Action",)) if kinds is not None else ():
            pattern = value.text
            names = catalog.expand(pattern) if pattern.lower().startswith("s3:") else ()
            if names and not any((kinds or set()) & _kinds_of(name) for name in names):
                yield SaveDefect("unfit_action", checked.path(value), {"value": short(pattern)})


def _kinds_of(name: str) -> set[str]:
    declared = catalog.action(name)
    return {use.name for use in declared.resource_types} if declared else set()


def _s3_kinds(statement: Statement) -> set[str] | None:
    """Return which of bucket and object a statement names; ``None`` if it also names others."""
    kinds: set[str] = set()
    for value in statement.resource or ():
        last = value.split(":", 5)[-1]
        if not glob("arn:*:s3:::*", value):
            return None
        kinds |= {"object"} if "/" in last else {"bucket"}
        if "*" in last.partition("/")[0]:
            kinds |= {"bucket", "object"}
    return kinds or None
