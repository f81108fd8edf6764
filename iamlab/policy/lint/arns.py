"""Findings about the format of ARNs in Resource and NotResource, part by part.

Values that can match anything (``*``, a wildcard in a part, a variable) are accepted. In other
values, these checks find parts that no AWS resource has.

Notes
-----
AWS pages: "Identify AWS resources with Amazon Resource Names (ARNs)"; "IAM Access Analyzer policy
check reference"; "IAM identifiers"; "Service Authorization Reference".
"""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.policy.arn import ACCOUNT, PARTS, REGION, Arn, is_arn, names
from iamlab.policy.catalog import data_date
from iamlab.policy.lint.context import ValueFault
from iamlab.policy.lint.resource_forms import forms_by_service, forms_of, is_wild
from iamlab.policy.patterns import glob
from iamlab.policy.rules import PARTITIONS
from iamlab.policy.statement import RESOURCES
from iamlab.policy.variables import has_variable, is_misplaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding

_OWNERS = frozenset({"aws", "amazon", "aws-marketplace", "self", "third-party"})
"""The account part in ARNs of resources that AWS and others offer to everybody."""
_LONGEST_SHOWN = 200

_DECLARED_IN_FULL = frozenset(names("services_declared_in_full"))
# Services with resources that AWS owns. Their ARNs have no account.
_SHARED = frozenset({"ssm", "resource-explorer-2", "bedrock", "imagebuilder", "elasticbeanstalk"})


def malformed(checked: PolicyContext) -> Iterator[Finding]:
    """Find values that aren't AWS ARNs: they never match a resource."""
    for value in checked.values(RESOURCES):
        for fault in _faults(value.text) if value.text != "*" else ():
            better = checked.put(value, fault.right)
            yield checked.find(fault.code, checked.path(value), fault.what, fault.remedy, better)


@lru_cache(maxsize=8192)
def _faults(text: str) -> tuple[ValueFault, ...]:
    whole = _frame(text)
    if whole is not None:
        return (whole,)
    if not is_arn(text) or is_misplaced(text):
        return ()  # another module checks misplaced variables
    arn = Arn.parse(text)
    found = [check(arn) for check in _PARTS]
    return tuple(fault for fault in found if fault is not None)


def _frame(text: str) -> ValueFault | None:
    """Find a reason why the text isn't an ARN."""
    shown = text[:_LONGEST_SHOWN]
    if text.startswith("execute-api:/"):
        return None  # API Gateway accepts these, and completes them
    if not text.startswith("arn:"):
        right = f"arn:{text[4:]}" if text[:4].lower() == "arn:" else None
        remedy = f"Write {right[:_LONGEST_SHOWN]}." if right else 'Begin with arn:, or write "*".'
        what = f"{shown!r} doesn't begin with arn:."
        return ValueFault("INVALID_ARN_PREFIX", what, remedy, right)
    if is_arn(text) or _may_go_on(text) or has_variable(text):
        return None
    parts = text.count(":") + 1
    what = f"{shown} has only {parts} of {PARTS} parts."
    return ValueFault(
        "MISSING_ARN_FIELD", what, "Write arn:partition:service:region:account:resource."
    )


def _may_go_on(text: str) -> bool:
    """Return whether a star at the end can match all missing parts."""
    last = text.rpartition(":")[2]
    return last.endswith("*") and "/" not in last  # only the resource part has slashes


def _partition(arn: Arn) -> ValueFault | None:
    found = arn.partition
    if any(glob(found, partition) for partition in PARTITIONS):
        return None
    close = get_close_matches(found[:20].lower(), PARTITIONS, n=1, cutoff=0.6)
    right = _with(arn, partition=close[0]) if close else None
    remedy = f"Did you mean {close[0]}?" if close else "Write aws, aws-cn or aws-us-gov."
    return ValueFault("INVALID_PARTITION", f"There is no partition {found[:40]!r}.", remedy, right)


def _service(arn: Arn) -> ValueFault | None:
    if is_wild(arn.service):
        what = f"The service {arn.service[:40]!r} contains a wildcard."
        remedy = "Write one service. A wildcard also matches services that AWS adds later."
        return ValueFault("WILDCARD_IN_SERVICE_NAME", what, remedy)
    if arn.service != arn.service.lower():
        lower = arn.service.lower()
        what = f"The service {arn.service[:40]!r} isn't in lower case."
        right = _with(arn, service=lower)
        return ValueFault("INVALID_ARN_SERVICE_CASE", what, f"Write {lower[:40]}.", right)
    return None


def _region(arn: Arn) -> ValueFault | None:
    region = arn.region
    if not region or is_wild(region) or REGION.fullmatch(region):
        return None
    zone = REGION.match(region.lower())
    right = _with(arn, region=zone[0]) if zone and len(region) <= len(zone[0]) + 1 else None
    remedy = f"Did you mean {zone[0]}?" if zone and right else "Write * or a Region: eu-west-1."
    return ValueFault("INVALID_ARN_REGION", f"There is no Region {region[:40]!r}.", remedy, right)


def _account(arn: Arn) -> ValueFault | None:
    account = arn.account
    if not account or is_wild(account) or ACCOUNT.fullmatch(account) or account in _OWNERS:
        return None
    if account in {form.account for form in forms_by_service().get(arn.service, ())}:
        return None
    digits = account.replace("-", "")
    right = _with(arn, account=digits) if ACCOUNT.fullmatch(digits) else None
    remedy = f"Write {digits}." if right else "Write an account ID: 12 digits."
    what = f"{account[:40]!r} isn't an account ID."
    return ValueFault("INVALID_ARN_ACCOUNT", what, remedy, right)


def _resource(arn: Arn) -> ValueFault | None:
    if forms_of(str(arn)) != () or arn.service not in _DECLARED_IN_FULL:
        return None
    shown = arn.resource[:_LONGEST_SHOWN]
    what = f"{arn.service} has no resource with the format {shown!r}."
    right = _right_kind(arn)
    if right is not None:
        remedy = f"Did you mean {right[:_LONGEST_SHOWN]}?"
    else:
        kinds = sorted({_kind(form.resource) for form in forms_by_service()[arn.service]} - {"*"})
        remedy = f"Begin with one of {', '.join(kinds)} (catalogue of {data_date()})."
    return ValueFault("INVALID_ARN_RESOURCE", what, remedy, right)


def _kind(resource: str) -> str:
    """Return the beginning of a resource part: ``role/`` or ``function:``."""
    found = re.match(r"[^/:*]*[/:]?", resource)
    return (found[0] if found else "") or "*"


def _right_kind(arn: Arn) -> str | None:
    """Find the type that was meant: ``user/ana`` for ``users/ana``, ``table/t`` for ``table:t``."""
    name = re.match(r"([A-Za-z-]{1,40})([/:])", arn.resource)
    if name is None:
        return None
    forms = forms_by_service()[arn.service]
    kinds = {_kind(form.resource).rstrip("/:"): _kind(form.resource) for form in forms}
    lower = {kind.lower(): kind for kind in kinds if kind != "*"}
    close = get_close_matches(name[1].lower(), lower, n=1, cutoff=0.8)
    if not close:
        return None
    right = _with(arn, resource=kinds[lower[close[0]]] + arn.resource[name.end() :])
    return right if forms_of(right) else None


def _places(arn: Arn) -> ValueFault | None:
    """Find a Region or an account that is missing, or that such ARNs don't have."""
    forms = forms_of(str(arn))
    if not forms:
        return None
    for part in ("region", "account"):
        written, word = getattr(arn, part), part.capitalize() if part == "region" else part
        in_forms = [bool(getattr(form, part)) for form in forms]
        code = part.upper()
        if written and not is_wild(written) and not any(in_forms):
            what = f"ARNs of such {arn.service} resources have no {word}."
            right = _with(arn, **{part: ""})
            remedy = f"Remove {written[:40]}."
            return ValueFault(f"ARN_{code}_NOT_ALLOWED", what, remedy, right)
        if not written and all(in_forms) and not (part == "account" and _is_shared(arn)):
            what = f"ARNs of such {arn.service} resources have {_A[part]}."
            return ValueFault(f"MISSING_ARN_{code}", what, f"Write {_A[part]}, or * for any.")
    return None


_A = {"region": "a Region", "account": "an account"}


def _is_shared(arn: Arn) -> bool:
    """Return whether AWS may own a resource, so that it has no account."""
    name = arn.resource.lower()
    return arn.service in _SHARED or "aws" in name or "amazon" in name


def _with(arn: Arn, **parts: str) -> str:
    return str(replace(arn, **parts))


_PARTS: tuple[Callable[[Arn], ValueFault | None], ...] = (
    _partition,
    _service,
    _region,
    _account,
    _resource,
    _places,
)


def foreign_resources(checked: PolicyContext) -> Iterator[Finding]:
    """Find resources of other services: a resource-based policy applies to its own resource."""
    patterns = checked.rules.resources
    if patterns is None or checked.service == "backup":
        return
    services = tuple(pattern.split(":")[2] for pattern in patterns if pattern.startswith("arn:"))
    for value in checked.values(RESOURCES):
        if value.text == "*" and "*" in patterns:
            continue
        arn = Arn.parse(value.text) if is_arn(value.text) else None
        if arn is None or any(glob(arn.service.lower(), service) for service in services):
            continue
        what = f"{value.text[:_LONGEST_SHOWN]} isn't valid in {checked.type_name}."
        remedy = f"Write the ARN of the {' or '.join(services)} resource that has this policy."
        yield checked.find("UNSUPPORTED_RESOURCE_ARN_IN_POLICY", checked.path(value), what, remedy)


DETECTORS: tuple[Detector, ...] = (malformed, foreign_resources)
