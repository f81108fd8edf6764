"""Findings about actions and resources of a statement that don't match each other.

``s3:ListBucket`` needs a bucket and ``s3:GetObject`` an object. A statement that allows one of them
on the other allows nothing. The ARN formats in the catalogue decide which resources an action has.
Some services also use resources that aren't in the catalogue, so only services with complete data
are checked, and there is a finding only if no request can match.

A Resource value and an ARN format can both have wildcards. Only the texts before the first and
after the last wildcard are compared. If these agree, the value *may* have the format. So there is a
finding only if no possible resource matches.

Notes
-----
AWS pages: "Service Authorization Reference"; "IAM JSON policy elements: Resource".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.arn import Arn, is_arn, names
from iamlab.policy.catalog import PLACEHOLDER, action, arns_for, resource_types_of, services
from iamlab.policy.lint.actions import names_like
from iamlab.policy.patterns import glob
from iamlab.policy.statement import ListValue, values_of
from iamlab.policy.variables import has_variable, is_misplaced, with_variables_as

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Better, Finding
    from iamlab.policy.statement import Statement


_WILD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class ArnForm:
    """The format of a resource type's ARN.

    Parameters
    ----------
    region, account
        Empty if such ARNs have none, ``*`` if they have one; otherwise the only permitted text.
    resource
        The text after the fifth colon, with a star for each name.
    whole
        Whether the name can't have a slash, as for an S3 bucket.
    """

    service: str
    region: str
    account: str
    resource: str
    whole: bool = False

    def may_be(self, resource: str) -> bool:
        """Return whether the resource part of a pattern can have this format.

        Examples
        --------
        >>> form = ArnForm("iam", "", "*", "role/*")
        >>> form.may_be("role/dev"), form.may_be("r*"), form.may_be("user/*")
        (True, True, False)
        """
        if self.whole and "/" in resource:
            return False
        if not _WILD.search(resource):
            return glob(self.resource, resource)
        ours, theirs = _ends(self.resource), _ends(resource)
        begin = ours[0].startswith(theirs[0]) or theirs[0].startswith(ours[0])
        return begin and (ours[1].endswith(theirs[1]) or theirs[1].endswith(ours[1]))


def _ends(pattern: str) -> tuple[str, str]:
    """Return the texts before the first wildcard and after the last."""
    pieces = _WILD.split(pattern)
    return (pieces[0], pieces[-1]) if len(pieces) > 1 else (pattern, pattern)


@lru_cache(maxsize=4096)
def declared(text: str) -> tuple[ArnForm, ...]:
    """Read the ARN format of a resource type in the catalogue; a few types have two.

    Examples
    --------
    >>> declared("arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}")
    (ArnForm(service='iam', region='', account='*', resource='role/*', whole=False),)
    """
    found = []
    for pattern in PLACEHOLDER.sub("*", text).split(", "):
        arn = Arn.parse(pattern)
        whole = (arn.service, arn.resource) == ("s3", "*")  # a bucket
        found.append(ArnForm(arn.service, arn.region, arn.account, arn.resource, whole))
    return tuple(found)


@lru_cache(maxsize=1)
def forms_by_service() -> dict[str, tuple[ArnForm, ...]]:
    """Return all ARN formats by the service in the ARN."""
    found: dict[str, dict[ArnForm, None]] = {}
    for prefix in services():
        for kind in resource_types_of(prefix).values():
            for form in declared(kind.arn):
                found.setdefault(form.service, {})[form] = None
    return {service: tuple(forms) for service, forms in found.items()}


def forms_of(text: str) -> tuple[ArnForm, ...] | None:
    """Return the ARN formats that a Resource value can have; ``None`` if they aren't known.

    They aren't known if the value isn't an ARN, can match any service, has a misplaced variable, or
    names a service without resources in the catalogue.

    Examples
    --------
    >>> [form.resource for form in forms_of("arn:aws:s3:::star-maps")]
    ['*']
    >>> forms_of("arn:aws:iam::111122223333:users/ana")
    ()
    """
    if not is_arn(text) or is_misplaced(text):
        return None
    arn = Arn.parse(with_variables_as("*", text))
    known = forms_by_service().get(arn.service)
    if known is None or is_wild(arn.service):
        return None
    return tuple(form for form in known if form.may_be(arn.resource))


def is_wild(text: str) -> bool:
    """Return whether a text has a wildcard."""
    return _WILD.search(text) is not None


MOST_PAIRS = 20_000
"""Statements with more pairs aren't checked."""
LONGEST_ARN = 2048

_WELL_DECLARED = frozenset(names("services_with_declared_actions"))
# Services whose requests without a resource have a plain "*", which no ARN matches. Requests of
# other services have an ARN that ends with a star or a slash, or the ARN of the new resource.
_ASK_BY_STAR = frozenset({"ec2", "ecr", "kms", "lambda"})
_LOOKING = ("List", "Read")
_BROAD = re.compile(r"(?:[\w.-]+[/:])*[*?/:]*")
_BUCKET = re.compile(r"arn:[\w-]+:s3:::[^/*?$]+(?=/\*$)")


class AcceptedResources(NamedTuple):
    """The resources of the actions that a value matches.

    Parameters
    ----------
    forms
        ARN formats by the service in the ARN.
    bare
        Services with an action that has no resource.
    """

    forms: dict[str, tuple[ArnForm, ...]]
    bare: frozenset[str]


@lru_cache(maxsize=4096)
def accepted_resources(pattern: str) -> AcceptedResources | None:
    """Return the resources of an Action value; ``None`` if they aren't known.

    Examples
    --------
    >>> accepted_resources("ec2:DescribeVpcs").bare
    frozenset({'ec2'})
    >>> accepted_resources("s3:Nothing"), accepted_resources("*")
    (None, None)
    """
    if pattern.partition(":")[0].lower() not in _WELL_DECLARED or has_variable(pattern):
        return None
    forms: dict[str, dict[ArnForm, None]] = {}
    bare = set()
    names = names_like(pattern)
    for name in names:
        for text in arns_for(name):
            if text != "*":
                for form in declared(text):
                    forms.setdefault(form.service, {})[form] = None
            elif _asks_by_star(name):
                bare.add(name.partition(":")[0])
            else:
                return None
    return (
        AcceptedResources({key: tuple(some) for key, some in forms.items()}, frozenset(bare))
        if names
        else None
    )


def _asks_by_star(name: str) -> bool:
    """Return whether an action without a resource in the catalogue certainly has none."""
    known = action(name)
    service = name.partition(":")[0]
    return service in _ASK_BY_STAR or (known is not None and known.level in _LOOKING)


@lru_cache(maxsize=16384)
def fits(pattern: str, resource: str) -> bool:
    """Return whether a Resource value can match a request for any action of a pattern.

    Examples
    --------
    >>> fits("s3:ListBucket", "arn:aws:s3:::maps"), fits("s3:ListBucket", "arn:aws:s3:::maps/*")
    (True, False)
    """
    works_on = accepted_resources(pattern)
    if works_on is None or resource == "*" or not is_arn(resource) or is_misplaced(resource):
        return True
    arn = Arn.parse(with_variables_as("*", resource))
    if is_wild(arn.service) or arn.service == "s3-object-lambda":
        return True
    if arn.service in works_on.bare - _ASK_BY_STAR and _BROAD.fullmatch(arn.resource):
        return True
    # A pattern without a Region doesn't match an ARN that must have a Region.
    forms = works_on.forms.get(arn.service, ())
    return any(form.may_be(arn.resource) and bool(arn.region or not form.region) for form in forms)


def _is_judged(resource: str) -> bool:
    return is_arn(resource) and Arn.parse(resource).service in _WELL_DECLARED


def mismatched_pairs(checked: PolicyContext) -> Iterator[Finding]:
    """Find actions and resources that no request has together."""
    if checked.policy_type == "trust" or (
        checked.policy_type == "resource" and checked.service != "s3"
    ):
        return
    for statement in checked.statements:
        if statement.action and statement.resource and "*" not in statement.resource:
            pairs = len(statement.action) * len(statement.resource)
            long = any(len(text) > LONGEST_ARN for text in statement.resource)
            if pairs <= MOST_PAIRS and not long:
                yield from _lonely_actions(checked, statement)
                yield from _lonely_resources(checked, statement)


def _lonely_actions(checked: PolicyContext, statement: Statement) -> Iterator[Finding]:
    resources = statement.resource or ()
    for value in values_of(statement, ("Action",)):
        if any(fits(value.text, resource) for resource in resources):
            continue
        path = checked.path(value)
        works_on = accepted_resources(value.text)
        if works_on is not None and not works_on.forms:
            what = f"{value.text} has no resource, so none of these ARNs matches it."
            remedy = 'Move it to a statement with "Resource": "*".'
            yield checked.find("ACTION_NEEDS_STAR_RESOURCE", path, what, remedy)
        else:
            what = f"{value.text} can't be used on any of the statement's resources."
            remedy, better = _partner(checked, value)
            yield checked.find("ACTION_WITHOUT_MATCHING_RESOURCE", path, what, remedy, better)


def _partner(checked: PolicyContext, value: ListValue) -> tuple[str, Better | None]:
    """Return the remedy for an action without its resource; add the bucket of named objects."""
    if value.text.lower().startswith("s3:") and fits(value.text, "arn:aws:s3:::b"):
        for resource in value.statement.resource or ():
            bucket = _BUCKET.match(resource)
            if bucket:
                remedy = f"Add {bucket[0]}. This action needs the bucket."
                return remedy, _with_bucket(checked, value.statement, bucket[0])
    if action(value.text) is None:
        return "Write a resource that these actions can be used on.", None
    forms = arns_for(value.text)
    more = " or another" if len(forms) > 1 else ""
    best = next((form for form in forms if "accesspoint" not in form), forms[0])
    return f"Write a resource with the format {best}{more}.", None


def _with_bucket(checked: PolicyContext, statement: Statement, bucket: str) -> Better | None:
    """Add the bucket's ARN, unless another action could then also use the bucket."""
    resources = statement.resource or ()
    for other in statement.action or ():
        if fits(other, bucket) and any(fits(other, resource) for resource in resources):
            return None
    return checked.write(statement, "Resource", (*resources, bucket))


def _lonely_resources(checked: PolicyContext, statement: Statement) -> Iterator[Finding]:
    actions = statement.action or ()
    alone = {
        value.index: value
        for value in values_of(statement, ("Resource",))
        if _is_judged(value.text) and not any(fits(action, value.text) for action in actions)
    }
    if not alone or len(alone) == len(statement.resource or ()):
        return  # then the findings about the actions are enough
    better = checked.leave_out(statement, "Resource", alone)
    for value in alone.values():
        what = f"No action of the statement can be used on {value.text}."
        remedy = "Remove it, or add an action for it."
        yield checked.find(
            "RESOURCE_WITHOUT_MATCHING_ACTION", checked.path(value), what, remedy, better
        )


DETECTORS: tuple[Detector, ...] = (mismatched_pairs,)
