"""What services do alike: how Regions and tags are checked, and where resources are kept.

A resource whose service's API names, tags and deletes it as those of other services do.

Would a new policy keep whoever saves it from ever saving another one?

Some services refuse such a policy, or want to be told that it is meant. They look at the policy
itself: what an SCP, an RCP or a VPC endpoint forbids can change without it.

Statements that services write themselves: into a resource's policy, and out of it by their Sid.

Notes
-----
AWS pages: "API PutResourcePolicy" of Secrets Manager and of DynamoDB; "API SetRepositoryPolicy".
AWS pages: the API references of ``AddPermission`` of Lambda, SQS and SNS, and of ``PutPermission``
of EventBridge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from iamlab.authorization.authorize import authorization_request
from iamlab.authorization.context_keys import DEFAULT_REGION, tag_keys
from iamlab.authorization.resource import context_of_resource
from iamlab.engine.evaluate import evaluate
from iamlab.errors import RequestError
from iamlab.errors.services import ValidationException
from iamlab.model.quotas import QUOTAS
from iamlab.model.resources import Resource
from iamlab.operations.api_models import signature
from iamlab.operations.authorization_needs import tags_of
from iamlab.operations.dispatch import perform
from iamlab.operations.parameters import as_keys, as_tags
from iamlab.policy.arn import Arn
from iamlab.policy.writing import edited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.engine.request import ContextValue
    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters
    from iamlab.operations.services.apis import Api
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


OWN_TAG_KEYS = frozenset({"ecr", "secretsmanager"})
"""Services whose policies can ask for ``ecr:ResourceTag`` and its like, the older key; EC2's things
say so themselves."""


class ResourceVerbs(Resource):
    """A resource whose methods are operations of its service."""

    __slots__ = ()

    def _do(self, operation: str, **parameters: Any) -> Any:
        """Do an operation of its service, as the account's root user."""
        return perform(self.account, f"{self.service}:{operation}", **parameters)


@dataclass(slots=True, eq=False)
class NamedResource(ResourceVerbs):
    """A resource whose service names, tags and deletes it as its :class:`Api` says."""

    api: ClassVar[Api]

    @property
    def name(self) -> str:
        """What it is called in its account and Region."""
        return Arn.parse(self.arn).resource.removeprefix(self.api.place)

    @property
    def context(self) -> dict[str, ContextValue]:
        """Its tags under the service's own key too, where the service has one."""
        shows = self.service in OWN_TAG_KEYS
        return {**tag_keys(f"{self.service}:ResourceTag", self.tags)} if shows else {}

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``TagResource`` and its like).

        Raises
        ------
        AwsError
            There would be more than 50, or one of them cannot be.
        """
        known = signature(self.api.tag, self.service)
        which, name = known.required
        sent = tags if known.parameters[name] == "map" else as_tags(tags)
        self._do(known.name, **self._as(which), **{name: sent})

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Take tags away (``UntagResource`` and its like)."""
        which, name = self.api.parameters(self.api.untag)
        self._do(self.api.untag, **self._as(which), **{name: as_keys(tag_keys)})

    def delete(self) -> None:
        """Delete it, and its policy with it."""
        self._do(self.api.delete, **self._as(self.api.parameters(self.api.delete)[0]))

    def _as(self, parameter: str) -> dict[str, str]:
        """Say which one it is: by its name, or by its ARN."""
        if parameter == self.api.named_by[0]:
            return {parameter: self.name, "Region": self.region}
        return {parameter: self.arn}


def locks_out(resource: Resource, policy: Policy, caller: Caller, action: str) -> bool:
    """Say whether a caller could not do an action any more if the resource had this policy."""
    facts = replace(context_of_resource(resource), policy=policy)
    asked = authorization_request(
        resource.account.world, caller, action, resource.arn, None, {}, known_resource=facts
    )
    return not evaluate(asked.request, replace(asked.layers, scps=(), rcps=(), endpoint=None))


_ACCOUNT_DIGITS = 12


def sids_of(policy: Policy | None) -> tuple[str, ...]:
    """Give the Sids of a policy's statements."""
    return () if policy is None else tuple(one.sid for one in policy.statements if one.sid)


def with_statement(
    policy: Policy | None, statement: dict[str, Any], policy_id: str | None = None
) -> dict[str, Any]:
    """Give the document with one more statement, which replaces one of the same Sid.

    Parameters
    ----------
    policy_id
        The Id of a policy that begins with this statement.

    Examples
    --------
    >>> with_statement(None, {"Sid": "a"}, "default")
    {'Version': '2012-10-17', 'Id': 'default', 'Statement': [{'Sid': 'a'}]}
    """
    if policy is None:
        named = {} if policy_id is None else {"Id": policy_id}
        return {"Version": "2012-10-17", **named, "Statement": [statement]}
    document = policy.to_json()
    held = document["Statement"]
    others = [one for one in _listed(held) if one.get("Sid") != statement["Sid"]]
    return {**document, "Statement": [*others, statement]}


def without_statement(policy: Policy, sid: str) -> Policy | None:
    """Give a policy without the statement of that Sid; ``None`` if nothing is left."""
    gone = {one.number: None for one in policy.statements if one.sid == sid}
    return None if len(gone) == len(policy.statements) else edited(policy, gone)


def _listed(statements: Any) -> list[dict[str, Any]]:
    return statements if isinstance(statements, list) else [statements]


def root_of(account_id: str, partition: str = "aws") -> str:
    """Write an account as a principal: by its root user's ARN.

    Examples
    --------
    >>> root_of("111122223333")
    'arn:aws:iam::111122223333:root'
    """
    return f"arn:{partition}:iam::{account_id}:root"


def principal_of(text: str, partition: str) -> Any:
    """Write the Principal that a word means: an account, everybody, an ARN, or a service.

    Examples
    --------
    >>> principal_of("111122223333", "aws"), principal_of("s3.amazonaws.com", "aws")
    ({'AWS': 'arn:aws:iam::111122223333:root'}, {'Service': 's3.amazonaws.com'})
    """
    if text == "*":
        return text
    if text.isdigit() and len(text) == _ACCOUNT_DIGITS:
        return {"AWS": root_of(text, partition)}
    return {"AWS" if text.startswith("arn:") else "Service": text}
