"""Findings about actions and resources of one statement that do not go together.

``s3:ListBucket`` is asked of a bucket, ``s3:GetObject`` of an object; a statement that allows the
one on the other allows nothing. What goes with what is judged by the forms of ARNs that the
catalogue declares. Some services ask about resources that they do not declare; so only those are
judged whose declarations are known to be whole, and a finding is made only where no request can
fit.

The forms of ARNs that the services declare, and whether a Resource value can be of a form.

A value of Resource may have wildcards and variables, and so may a form. They are compared by what
stands before the first wildcard and behind the last; when these agree the value *may* be of the
form. So a finding is made only where no resource on earth could be meant.

Notes
-----
AWS page: "Service Authorization Reference".
AWS pages: "Service Authorization Reference"; "IAM JSON policy elements: Resource".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.arn import Arn, is_arn
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
    """The form of a resource type's ARN.

    Parameters
    ----------
    region, account
        Empty if such ARNs have none, ``*`` if they have one, else the only text that fits.
    resource
        What stands behind the fifth colon, a star for each name.
    whole
        Whether a slash cannot stand in a name: an S3 bucket is called so, an object is not.
    """

    service: str
    region: str
    account: str
    resource: str
    whole: bool = False

    def may_be(self, resource: str) -> bool:
        """Say whether the resource part of a pattern can be of this form.

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
    """Give what stands before the first wildcard, and behind the last."""
    pieces = _WILD.split(pattern)
    return (pieces[0], pieces[-1]) if len(pieces) > 1 else (pattern, pattern)


@lru_cache(maxsize=4096)
def declared(text: str) -> tuple[ArnForm, ...]:
    """Read the form of an ARN as a service declares it; a few types have two, with a comma between.

    Examples
    --------
    >>> declared("arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}")
    (ArnForm(service='iam', region='', account='*', resource='role/*', whole=False),)
    """
    found = []
    for pattern in PLACEHOLDER.sub("*", text).split(", "):
        arn = Arn.parse(pattern)
        whole = (arn.service, arn.resource) == ("s3", "*")  # a bucket, whoever declares it
        found.append(ArnForm(arn.service, arn.region, arn.account, arn.resource, whole))
    return tuple(found)


@lru_cache(maxsize=1)
def forms_by_service() -> dict[str, tuple[ArnForm, ...]]:
    """Give all forms by the service in the ARN, whichever services declare them."""
    found: dict[str, dict[ArnForm, None]] = {}
    for prefix in services():
        for kind in resource_types_of(prefix).values():
            for form in declared(kind.arn):
                found.setdefault(form.service, {})[form] = None
    return {service: tuple(forms) for service, forms in found.items()}


def forms_of(text: str) -> tuple[ArnForm, ...] | None:
    """Give the forms that a Resource value may be of; ``None`` if that cannot be judged.

    It cannot be judged of a value that may be about any service, has a variable where none may
    stand, is no ARN, or is of a service that declares no resources.

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
    """Say whether a text has a wildcard."""
    return _WILD.search(text) is not None


MOST_PAIRS = 20_000
"""Of a statement with more pairs nothing is said."""
LONGEST_ARN = 2048

_WELL_DECLARED_NAMES = (
    "cloudtrail cloudwatch dynamodb ec2 ecr iam kms lambda logs rds s3 secretsmanager sns sqs "
    "states sts"
)
_WELL_DECLARED = frozenset(_WELL_DECLARED_NAMES.split())
# Services that ask about no resource by a plain "*", which no ARN matches. Others send an ARN that
# ends in a star or a slash, so that a broad pattern fits it, or that of what is to be made.
_ASK_BY_STAR = frozenset({"ec2", "ecr", "kms", "lambda"})
_LOOKING = ("List", "Read")
_BROAD = re.compile(r"(?:[\w.-]+[/:])*[*?/:]*")
_BUCKET = re.compile(r"arn:[\w-]+:s3:::[^/*?$]+(?=/\*$)")


class AcceptedResources(NamedTuple):
    """What the actions that one value matches work on.

    Parameters
    ----------
    forms
        By the service in the ARN.
    bare
        Services of which an action works on no resource.
    """

    forms: dict[str, tuple[ArnForm, ...]]
    bare: frozenset[str]


@lru_cache(maxsize=4096)
def accepted_resources(pattern: str) -> AcceptedResources | None:
    """Say what an Action value works on; ``None`` if that cannot be judged.

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
        AcceptedResources({one: tuple(some) for one, some in forms.items()}, frozenset(bare))
        if names
        else None
    )


def _asks_by_star(name: str) -> bool:
    """Say whether an action that declares no resource surely asks about none."""
    known = action(name)
    service = name.partition(":")[0]
    return service in _ASK_BY_STAR or (known is not None and known.level in _LOOKING)


@lru_cache(maxsize=16384)
def fits(pattern: str, resource: str) -> bool:
    """Say whether some request for an action of a pattern can be matched by a Resource value.

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
    # An ARN that must have a Region is not matched by a pattern that has none.
    forms = works_on.forms.get(arn.service, ())
    return any(form.may_be(arn.resource) and bool(arn.region or not form.region) for form in forms)


def _is_judged(resource: str) -> bool:
    return is_arn(resource) and Arn.parse(resource).service in _WELL_DECLARED


def mismatched_pairs(checked: PolicyContext) -> Iterator[Finding]:
    """An action and a resource that do not go together match no request."""
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
            what = f"{value.text} works on no resource, so none of these ARNs matches it."
            remedy = 'Move it to a statement with "Resource": "*".'
            yield checked.find("ACTION_NEEDS_STAR_RESOURCE", path, what, remedy)
        else:
            what = f"{value.text} works on none of the statement's resources."
            remedy, better = _partner(checked, value)
            yield checked.find("ACTION_WITHOUT_MATCHING_RESOURCE", path, what, remedy, better)


def _partner(checked: PolicyContext, value: ListValue) -> tuple[str, Better | None]:
    """Say which resource an action wants; of a bucket whose objects are named, add the bucket."""
    if value.text.lower().startswith("s3:") and fits(value.text, "arn:aws:s3:::b"):
        for resource in value.statement.resource or ():
            bucket = _BUCKET.match(resource)
            if bucket:
                remedy = f"It is asked of the bucket: add {bucket[0]}."
                return remedy, _with_bucket(checked, value.statement, bucket[0])
    if action(value.text) is None:
        return "Name a resource that one of these actions works on.", None
    forms = arns_for(value.text)
    more = " or another" if len(forms) > 1 else ""
    best = next((form for form in forms if "accesspoint" not in form), forms[0])
    return f"It wants a resource of the form {best}{more}.", None


def _with_bucket(checked: PolicyContext, statement: Statement, bucket: str) -> Better | None:
    """Add the bucket's ARN, unless that would widen what another action works on."""
    resources = statement.resource or ()
    for other in statement.action or ():
        if fits(other, bucket) and any(fits(other, one) for one in resources):
            return None
    return checked.write(statement, "Resource", (*resources, bucket))


def _lonely_resources(checked: PolicyContext, statement: Statement) -> Iterator[Finding]:
    actions = statement.action or ()
    alone = {
        value.index: value
        for value in values_of(statement, ("Resource",))
        if _is_judged(value.text) and not any(fits(one, value.text) for one in actions)
    }
    if not alone or len(alone) == len(statement.resource or ()):
        return  # then the findings about the actions say it
    better = checked.leave_out(statement, "Resource", alone)
    for value in alone.values():
        what = f"No action of the statement works on {value.text}."
        remedy = "Leave it out, or add the action that was meant."
        yield checked.find(
            "RESOURCE_WITHOUT_MATCHING_ACTION", checked.path(value), what, remedy, better
        )


DETECTORS: tuple[Detector, ...] = (mismatched_pairs,)
