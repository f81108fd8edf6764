"""What services do alike: how Regions and tags are checked, and where resources are kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from iamlab.errors import RequestError
from iamlab.policy.arn import Arn
from iamlab.service_errors import ValidationException
from iamlab.world.api.requests import tags_of
from iamlab.world.context import DEFAULT_REGION
from iamlab.world.quotas import QUOTAS
from iamlab.world.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.errors import AwsError
    from iamlab.world.account import Account
    from iamlab.world.api.entry import Parameters

    Refuses = Callable[[str], AwsError]

Made = TypeVar("Made", bound=Resource)

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d", re.ASCII)
_HALF = re.compile("[\ud800-\udfff]")


def misfit(value: object, where: str, pattern: str) -> ValidationException:
    """Say that a value does not look as it must, as several services do."""
    return ValidationException(
        f"1 validation error detected: Value '{value}' at '{where}' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {pattern}"
    )


def name_in(arn: str) -> str:
    """Give the name in an ARN: the resource without its type, where that stands before it.

    Examples
    --------
    >>> name_in("arn:aws:sqs:us-east-1:111122223333:orders")
    'orders'
    >>> name_in("arn:aws:events:us-east-1:111122223333:event-bus/shop/orders")
    'shop/orders'
    """
    return re.split("[/:]", Arn.parse(arn).resource, maxsplit=1)[-1]


def check_region(given: Parameters) -> None:
    """Check that the Region of a call may be one.

    Raises
    ------
    RequestError
        It cannot.
    """
    region = given.get("Region", DEFAULT_REGION)
    if not _REGION.fullmatch(region):
        raise RequestError(f"{region!r} is no Region: write one such as {DEFAULT_REGION}.")


def more_tags(
    given: Parameters, held: Mapping[str, str], refuse: Refuses, made: str = ""
) -> dict[str, str]:
    """Put the tags that a call sends to those that are there; the sentences are not AWS's.

    Parameters
    ----------
    made
        As in :func:`~iamlab.world.api.requests.tags_of`.
    """
    sent = tags_of(given, made)
    wanted = {**held, **dict(sent)}
    if len({key for key, _ in sent}) < len(sent):
        raise refuse("The same tag key is sent twice.")
    for key, value in sent:
        if _HALF.search(key + value):
            raise refuse(f"A tag holds half of a surrogate pair, which is no character: {key!a}.")
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise refuse(f"A tag has a key of 1 to 128 and a value of 0 to 256 characters: {key}.")
        if key.lower().startswith("aws:"):
            raise refuse(f"Tag keys that begin with aws: are reserved: {key}.")
    if len(wanted) > QUOTAS["Tags"].default:
        raise refuse(f"There can be at most {QUOTAS['Tags'].default} tags.")
    return wanted


def has_policy(given: Parameters) -> bool:
    """Say whether a call that makes a resource sends a policy for it."""
    return "Policy" in given or "ResourcePolicy" in given


def keep(account: Account, resource: Made) -> Made:
    """Put a resource into its account: the last step of what makes one."""
    account.resources[resource.arn] = resource
    account.changed()
    return resource


def forget(account: Account, resource: Resource) -> None:
    """Take a resource out of its account, with all that is below it."""
    known, below = account.resources, f"{resource.arn}{resource.separator}"
    for arn in [arn for arn in known if resource.separator and arn.startswith(below)]:
        del known[arn]
    del known[resource.arn]
    account.changed()
