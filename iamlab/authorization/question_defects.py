"""Questions that AWS would never decide: what is wrong with them, in words.

No API receives an action that doesn't exist, or a resource that isn't an ARN. So these raise a
``RequestError``. Other questions are only odd: an action on a resource type that it doesn't have,
or ``iam:PassRole`` of a role that doesn't exist. They are decided, and the answer says so first.

Notes
-----
AWS pages: "Service Authorization Reference", for actions and their resource types; "Grant a user
permissions to pass a role to an AWS service".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.engine.request import service_of
from iamlab.errors import RequestError, did_you_mean
from iamlab.policy import catalog
from iamlab.policy.arn import is_arn, parsed_arn
from iamlab.policy.condition_keys import unsupported_keys
from iamlab.policy.lint.actions import name_fault, nearest_action
from iamlab.policy.lint.condition_keys import never_has
from iamlab.policy.lint.resource_forms import fits, is_wild

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.model.world import World

HOW_TO_ALLOW = "If it is newer, pass allow_unknown=True, or --allow-unknown on the command line."


@lru_cache(maxsize=8192)
def defects_of(action: str, resource: str, *, allow_unknown: bool = False) -> tuple[str, ...]:
    """Return what is odd about a question in any world, in sentences.

    Raises
    ------
    RequestError
        No API could receive the question: the resource isn't an ARN or ``*``, or the action isn't
        in the catalogue, and ``allow_unknown`` is off.

    Examples
    --------
    >>> defects_of("s3:GetObject", "arn:aws:s3:::star-maps")
    ('s3:GetObject never has the resource arn:aws:s3:::star-maps. AWS decides it on \
arn:${Partition}:s3:::${BucketName}/${ObjectName} or another type.',)
    """
    check_resource(resource)
    unknown = unknown_action(action)
    if unknown and not allow_unknown:
        raise RequestError(f"{unknown} {HOW_TO_ALLOW}")
    if unknown:
        unknown = f"{unknown} It is decided by its name alone."
    return tuple(filter(None, (unknown, misfit(action, resource))))


def raise_problems(problems: Iterable[str]) -> None:
    """Raise all problems of a question at once, if there are any.

    Raises
    ------
    RequestError
        There are problems.
    """
    every = tuple(dict.fromkeys(problems))
    if every:
        raise RequestError("\n".join(every))


@lru_cache(maxsize=4096)
def unknown_action(action: str) -> str:
    """Return a sentence if the catalogue doesn't have an action, with the action that may be meant.

    Examples
    --------
    >>> unknown_action("s3:GetObject")
    ''
    >>> unknown_action("s3:GetObjct").partition(" The catalogue")[0]
    's3 has no action GetObjct. Did you mean s3:GetObject?'
    """
    service_of(action)  # rejects what isn't an action at all
    fault = name_fault(action)
    if fault is None:
        return ""
    nearest = nearest_action(action)
    if nearest is None:
        prefix = action.partition(":")[0]
        known = catalog.actions_of(prefix)
        names = [each.full_name for each in known.values()] or catalog.services()
        hint = did_you_mean(action if known else prefix, names)
    else:
        hint = f"Did you mean {nearest}?"
    hint = hint if hint.startswith("Did") else ""
    return " ".join(filter(None, (fault.what, hint, f"The catalogue is of {catalog.data_date()}.")))


def check_resource(resource: str) -> None:
    """Check that a resource is an ARN or ``*``.

    Raises
    ------
    RequestError
        It isn't.
    """
    if resource != "*" and not is_arn(resource):
        raise RequestError(f"{resource!r} isn't an ARN. Pass the resource's ARN, or * for none.")


def misfit(action: str, resource: str) -> str:
    """Return a sentence if an action doesn't have this type of resource.

    Examples
    --------
    >>> misfit("ec2:DescribeInstances", "arn:aws:ec2:us-east-1:111122223333:instance/i-1")
    'ec2:DescribeInstances never has a resource. AWS decides it on *.'
    >>> misfit("s3:GetObject", "arn:aws:s3:::star-maps/*")
    ''
    """
    if fits(action, resource):
        return ""
    forms = sorted(catalog.arns_for(action), key=lambda form: "accesspoint" in form)
    if forms == ["*"]:
        return f"{action} never has a resource. AWS decides it on *."
    other = " or another type" if len(forms) > 1 else ""
    return f"{action} never has the resource {resource}. AWS decides it on {forms[0]}{other}."


def missing_role(world: World, resource: str) -> str:
    """Return a sentence if a role to pass doesn't exist in an account that is here.

    Examples
    --------
    >>> from iamlab import World
    >>> account = World(seed=7).create_account("main", account_id="111122223333")
    >>> missing_role(account.world, "arn:aws:iam::111122223333:role/job")
    'There is no role arn:aws:iam::111122223333:role/job, so no service could be given it.'
    """
    if is_wild(resource):
        return ""
    arn = parsed_arn(resource)
    account = world.accounts.get(arn.account) if arn is not None else None
    if arn is None or account is None or arn.kind != "role":
        return ""
    role = account.roles.get(arn.name)
    if role is not None and role.arn == resource:
        return ""
    return f"There is no role {resource}, so no service could be given it."


CALLERS_CHOICE = frozenset(("aws:referer", "aws:useragent", "aws:tagkeys"))
"""Global keys, other than request tags, whose values the caller chooses."""


@lru_cache(maxsize=4096)
def set_key_notes(action: str, set_keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of these keys no request for an action has, or no caller of AWS can choose."""
    never = {key.lower() for key in unsupported_keys(action)}
    return tuple(
        f"{key} was set by hand. No request for {action} has it."
        if key.lower() in never or never_has(action, key)
        else f"{key} was set by hand. AWS sets it itself, and callers can't choose it."
        for key in set_keys
        if key.lower() in never or never_has(action, key) or _is_reserved(key.lower())
    )


def _is_reserved(key: str) -> bool:
    return key.startswith("aws:") and not (
        key in CALLERS_CHOICE or key.startswith("aws:requesttag/")
    )
