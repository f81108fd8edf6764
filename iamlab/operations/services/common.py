"""What services do alike: they check Regions and tags, keep resources, and mind a lock-out.

Notes
-----
AWS pages: "API PutResourcePolicy" of Secrets Manager and of DynamoDB; "API SetRepositoryPolicy".
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.authorization.authorize import authorization_request
from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.authorization.resource import context_of_resource
from iamlab.engine.evaluate import evaluate
from iamlab.errors import RequestError
from iamlab.errors.services import ValidationException
from iamlab.model.quotas import QUOTAS
from iamlab.model.resources import Resource
from iamlab.operations.authorization_needs import tags_of
from iamlab.operations.dispatch import perform
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy

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
        As in :func:`~iamlab.operations.authorization_needs.tags_of`.
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


class ResourceVerbs(Resource):
    """A resource whose methods are operations of its service."""

    __slots__ = ()

    def _do(self, operation: str, **parameters: Any) -> Any:
        """Do an operation of its service, as the account's root user."""
        return perform(self.account, f"{self.service}:{operation}", **parameters)


def check_not_locked_out(
    resource: Resource, policy: Policy, caller: Caller, action: str, refusal: AwsError
) -> None:
    """Refuse a new policy with which the caller could not save another one any more.

    Services look at the policy itself: what an SCP, an RCP or a VPC endpoint forbids can change
    without it.

    Raises
    ------
    AwsError
        The ``refusal``: the caller could not do ``action`` any more.
    """
    facts = replace(context_of_resource(resource), policy=policy)
    asked = authorization_request(
        resource.account.world, caller, action, resource.arn, None, {}, known_resource=facts
    )
    if not evaluate(asked.request, replace(asked.layers, scps=(), rcps=(), endpoint=None)):
        raise refusal
