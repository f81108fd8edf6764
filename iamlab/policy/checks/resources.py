"""The form of resources: what IAM takes for an ARN, and what each service takes for its own.

IAM reads no further than the first three parts. Whether there is such a service, or such a
resource, it does not ask: that simply never matches.

Notes
-----
AWS pages: "IAM JSON policy elements: Resource"; "Troubleshoot IAM policies"; "Actions, resources,
and condition keys for Amazon S3", for what has a Region and for which action fits which resource.
"""

from __future__ import annotations

from itertools import dropwhile, takewhile
from typing import TYPE_CHECKING

from iamlab.policy import catalog
from iamlab.policy.checks.defects import (
    Defect,
    at_element,
    at_statement,
    at_value,
    resources_of,
    short,
)
from iamlab.policy.checks.messages import IAM_PATHS
from iamlab.policy.patterns import glob
from iamlab.policy.rules import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.checks.type_rules import TypeRules
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

# Of S3 only these have a Region; newer kinds of IAM resource do not stand in IAM's own sentence.
S3_WITH_REGION = (
    *("accesspoint/", "access-grants/", "job/", "async-request/"),
    *("storage-lens/", "storage-lens-group/"),
)
NEWER_IAM_PATHS = ("role-template/", "delegation-request/", "assumed-role/", "contextProvider/")
WHOLE_IAM_PARTS = ("*", "root")


def forms_read_early(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find ARNs that are too short to be read, up to the first that is wrong in another way.

    IAM looks for these first; once it has met another mistake in a resource it no longer does.
    """
    return takewhile(_is_short, _forms(policy, rules))


def forms_read_late(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find the other mistakes in the form of a resource, and what stands behind the first."""
    return dropwhile(_is_short, _forms(policy, rules))


def _is_short(defect: Defect) -> bool:
    return defect.kind == "short_arn"


def _forms(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    if not rules.iam_grammar or rules.resource == "forbidden":
        return
    for statement in policy.statements:
        element, values = resources_of(statement)
        found = [
            Defect(fault[0], at_value(statement, element, index), fault[1])
            for index, value in enumerate(values or ())
            if (fault := resource_fault(value)) is not None
        ]
        yield from sorted(found, key=_is_short)


def resource_fault(resource: str) -> tuple[str, dict[str, object]] | None:
    """Say what is wrong with the form of a resource; ``None`` if IAM would save it.

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
    """Say what breaks the rules that IAM has for ARNs of IAM and of S3."""
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
    """Write the ARN as IAM does in its sentence: a star for each part that is missing."""
    parts = rest.split(":", 3) if rest else []
    parts += ["*"] * (4 - len(parts))
    arn = ":".join(("arn", partition, *parts))
    return {"partition": short(partition), "arn": short(arn)}


def missing_resources(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find statements that must name a resource and do not."""
    if rules.resource != "required":
        return
    for statement in policy.statements:
        _, values = resources_of(statement)
        # Only IAM minds an empty list: other services save it, and it never matches.
        if values is None or (not values and rules.iam_grammar):
            yield Defect("no_resource", at_statement(statement))


def forbidden_resources(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find statements that name a resource where none may stand."""
    if rules.resource != "forbidden":
        return
    for statement in policy.statements:
        element, values = resources_of(statement)
        if values is not None:
            yield Defect("resource_forbidden", at_element(statement, element))


def foreign_resources(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find resources that cannot be those of the service that the policy is for."""
    for statement in policy.statements if rules.resources is not None else ():
        element, values = resources_of(statement)
        for index, value in enumerate(values or ()):
            if not any(_fits(pattern, value) for pattern in rules.resources or ()):
                place = at_value(statement, element, index)
                yield Defect("foreign_resource", place, {"value": short(value)})


def _fits(pattern: str, resource: str) -> bool:
    """Match a resource with a form of ARN; the form ``*`` is the star itself."""
    return resource == "*" if pattern == "*" else glob(pattern, resource)


def unfit_actions(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find S3's actions that work on none of the resources beside them."""
    for statement in policy.statements if rules.looks_actions_up else ():
        kinds = _s3_kinds(statement)
        if kinds is None:
            continue
        for index, pattern in enumerate(statement.action or ()):
            names = catalog.expand(pattern) if pattern.lower().startswith("s3:") else ()
            if names and not any(kinds & _kinds_of(name) for name in names):
                place = at_value(statement, "Action", index)
                yield Defect("unfit_action", place, {"value": short(pattern)})


def _kinds_of(name: str) -> set[str]:
    declared = catalog.action(name)
    return {use.name for use in declared.resource_types} if declared else set()


def _s3_kinds(statement: Statement) -> set[str] | None:
    """Say which of bucket and object a statement names; ``None`` if it names other things too."""
    kinds: set[str] = set()
    for value in statement.resource or ():
        last = value.split(":", 5)[-1]
        if not glob("arn:*:s3:::*", value):
            return None
        kinds |= {"object"} if "/" in last else {"bucket"}
        if "*" in last.partition("/")[0]:
            kinds |= {"bucket", "object"}
    return kinds or None
