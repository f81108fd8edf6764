"""EC2's resources, which have ids and EC2's own operations for tags.

Notes
-----
AWS pages: "Tag your Amazon EC2 resources"; "API CreateTags"; "Actions, resources, and condition
keys for Amazon EC2".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import tag_keys
from iamlab.cloudtrail.arn_formats import ec2_arns, parameter_texts
from iamlab.errors import noted
from iamlab.errors.ec2 import InvalidID, UnauthorizedOperation
from iamlab.errors.services import InvalidParameterValue, TagLimitExceeded
from iamlab.model.resources import Resource
from iamlab.operations.authorization_needs import tags_of
from iamlab.operations.parameters import as_keys, as_tags
from iamlab.operations.registry import operation
from iamlab.operations.services.apis import Made, ResourceVerbs
from iamlab.operations.services.names_and_tags import answer_of, more_tags, region_of, without
from iamlab.operations.sts.tokens_and_messages import with_encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.engine.request import ContextValue
    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.operations.registry import Answer, Parameters, Perform

TAGGED = {
    "instance": ("instance", "volume", "network-interface", "spot-instances-request"),
    "vpc-endpoint": ("vpc-endpoint",),
}
"""New resource -> the types in its TagSpecifications; only the first is stored here."""

PLACES = {"i": "instance", "vpce": "vpc-endpoint"}
"""Prefix of an id -> prefix of the resource in an ARN."""


@dataclass(slots=True, eq=False)
class OfEc2(ResourceVerbs):
    """A resource of EC2, whose name is its id."""

    def _do(self, operation: str, **parameters: Any) -> Any:
        """Do an operation in its Region."""
        return super(OfEc2, self)._do(operation, Region=self.region, **parameters)

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``CreateTags``).

        Raises
        ------
        TagLimitExceeded
            There would be more than 50, or a tag isn't valid.
        """
        self._do("CreateTags", Resources=[self.name], Tags=as_tags(tags))

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Remove tags (``DeleteTags``, which removes all tags without a key)."""
        gone = [{"Key": key} for key in as_keys(tag_keys)]
        if gone:
            self._do("DeleteTags", Resources=[self.name], Tags=gone)


def keys_of(thing: OfEc2) -> dict[str, ContextValue]:
    """Return the condition keys of all EC2 resources: Region, and tags under EC2's own key."""
    return {"ec2:Region": thing.region, **tag_keys("ec2:ResourceTag", thing.tags)}


def does(
    name: str, on: str, answer: Answer | None = None, **more: Any
) -> Callable[[Perform], Perform]:
    """Register a function as an operation of EC2.

    Parameters
    ----------
    on
        The parameter with the ids of its resources; or the new resource: ``"instance/*"``.
    """

    def about(account: Account, arguments: Parameters) -> str:
        return arn_of(account, arguments, next(iter(_ids(on, arguments)), "*"))

    def also(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
        if "/" in on:
            return needed_to_create(f"ec2:{name}", account, arguments)
        return [(f"ec2:{name}", arn_of(account, arguments, key)) for key in _ids(on, arguments)[1:]]

    own = {"also": also, "refuse": UnauthorizedOperation, "wording": with_encoded, **more}
    made = answer or answer_of(f"ec2:{name}")
    return operation(f"ec2:{name}", own.pop("about", about), made, **own)


def _ids(on: str, arguments: Parameters) -> list[Any]:
    if "/" in on:
        return [on]
    named = arguments.get(on, "*")
    return list(named) if isinstance(named, list | tuple) else [named]


def arn_of(account: Account, arguments: Parameters, which: object) -> str:
    """Return the ARN for an id; ``"instance/*"`` means a new instance.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> arn_of(main, {}, "i-0123456789abcdef0")
    'arn:aws:ec2:us-east-1:111111111111:instance/i-0123456789abcdef0'
    """
    text = str(which)
    place = text if "/" in text else f"{PLACES.get(text.partition('-')[0], '*')}/{text}"
    region = region_of(arguments)
    return f"arn:{account.partition}:ec2:{region}:{account.account_id}:{place}"


def find(
    account: Account, arguments: Parameters, which: object, kind: type[Made], refusal: AwsError
) -> Made:
    """Find the resource with an id in the Region of a call.

    Raises
    ------
    AwsError
        The ``refusal``: there is no resource of that type with that id.
    """
    found = account.resources.get(arn_of(account, arguments, which))
    if not isinstance(found, kind):
        raise refusal
    return found


def needed_to_create(action: str, account: Account, arguments: Parameters) -> list[tuple[str, str]]:
    """Return what creating a resource needs: the action on all that the call uses, and the tags.

    Most of that isn't in the world: only the ARNs count. What has no id yet ends with ``/*``.
    """
    place = account.partition, region_of(arguments), account.account_id
    used = [(action, arn) for arn in ec2_arns(action, parameter_texts(arguments), place)]
    listed = arguments.get("TagSpecifications", ())
    kinds = dict.fromkeys(tag.get("ResourceType") for tag in listed if isinstance(tag, dict))
    tagged = [kind for kind in kinds if tags_of(arguments, str(kind))]
    arns = (arn_of(account, arguments, f"{kind}/*") for kind in tagged)
    return [*used, *(("ec2:CreateTags", arn) for arn in arns)]


def tags_at_start(arguments: Parameters, made: str) -> dict[str, str]:
    """Return the tags of a new resource: an ``"instance"``.

    Raises
    ------
    InvalidParameterValue
        Tags are for a type that the operation doesn't create.
    """
    tags = more_tags(arguments, {}, TagLimitExceeded, made)
    for specification in arguments.get("TagSpecifications", ()):
        if specification.get("ResourceType") not in TAGGED[made]:
            # EC2's sentence is not documented.
            text = "is not a valid taggable resource type for this operation."
            error = InvalidParameterValue(f"'{specification.get('ResourceType')}' {text}")
            raise noted(error, f"It must be one of {', '.join(TAGGED[made])}.")
    return tags


def new_id(account: Account, prefix: str) -> str:
    """Make an id: a prefix and 17 hexadecimal digits."""
    return f"{prefix}-{account.world.ids.uuid().replace('-', '')[:17]}"


def _tagged(account: Account, arguments: Parameters) -> list[Resource]:
    """Find all resources that a call tags, or raise an error."""
    return [
        find(account, arguments, which, Resource, InvalidID(f"The ID '{which}' is not valid"))
        for which in arguments["Resources"]
    ]


@does("CreateTags", on="Resources")
def create_tags(account: Account, arguments: Parameters) -> None:
    """Set tags of one or several resources."""
    found = _tagged(account, arguments)
    wanted = [more_tags(arguments, resource.tags, TagLimitExceeded) for resource in found]
    for resource, tags in zip(found, wanted, strict=True):
        resource.tags = tags


@does("DeleteTags", on="Resources")
def delete_tags(account: Account, arguments: Parameters) -> None:
    """Remove tags: those with some keys, or all."""
    gone = [key for key, _ in tags_of(arguments)]
    for resource in _tagged(account, arguments):
        resource.tags = without(resource.tags, gone or resource.tags)
