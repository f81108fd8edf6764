"""Helpers of IAM's operations: find, check, write responses, and the operations of tags.

Keys of users' and roles' tags are case-insensitive and keep the case they were first written in.
For everything else, keys are case-sensitive.

Notes
-----
AWS pages: "IAM API Reference", the parameter ``UserName`` of operations on credentials; "IAM and
AWS STS quotas"; "Tags for AWS Identity and Access Management resources"; API ListUsers and API
ListRoles, for what lists leave out.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
    PolicyNotAttachable,
    ValidationError,
    noted,
)
from iamlab.model.quotas import QUOTAS
from iamlab.operations.api_models import python_name
from iamlab.operations.authorization_needs import HELD_IN
from iamlab.operations.registry import Parameters, as_it_is, operation, page_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.identities import Identity, User
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.providers import IamResource


Held = TypeVar("Held")
New = TypeVar("New", bound="Identity | IamResource")


def same_name(name: str, held: Mapping[str, Held]) -> Held | None:
    """Find a value by name, case-insensitively.

    Examples
    --------
    >>> same_name("WEB", {"web": 1}), same_name("db", {"web": 1})
    (1, None)
    """
    if name in held:
        return held[name]
    lower = name.lower()
    return next((found for other, found in held.items() if other.lower() == lower), None)


def user_of(account: Account, request: Parameters) -> User:
    """Find the user that a call names; by default the calling user."""
    if "UserName" not in request:
        raise ValidationError("Must specify userName when calling with non-User credentials")
    return account.users[request["UserName"]]


def holder_of(account: Account, request: Parameters) -> CredentialOwner:
    """Find the owner of credentials: the named user, or the root user."""
    return account.users[request["UserName"]] if "UserName" in request else account.root


def _held(account: Account, cls: type[New]) -> dict[str, New]:
    held: dict[str, New] = getattr(account, HELD_IN[cls.kind][0])
    return held


def _check_free(cls: type[New], name: str, held: Mapping[str, Any]) -> None:
    """Check that the name is free, case-insensitively."""
    if same_name(name, held) is not None:
        raise EntityAlreadyExists(f"{HELD_IN[cls.kind][1].format(name)} already exists.")


def quota(account: Account, name: str) -> int:
    """Return a quota of an account: AWS's default, unless it has been raised."""
    return account.quotas.get(name, QUOTAS[name].default)


def check_room(account: Account, name: str, used: int) -> None:
    """Check that a quota isn't exhausted; a name without ``Per`` is a quota of the account."""
    most = quota(account, name)
    if used >= most:
        shown = name if "Per" in name else f"{name}PerAccount"
        raise LimitExceeded(f"Cannot exceed quota for {shown}: {most}")


def begin(cls: type[New], account: Account, request: Parameters) -> New:
    """Check that the name of a new resource is free, and the quota isn't exhausted."""
    name, held = request[f"{cls.noun}Name"], _held(account, cls)
    _check_free(cls, name, held)
    check_room(account, f"{cls.noun}s", len(held))
    return cls(account, name, request.get("Path", "/"))


def add(new: New) -> New:
    """Add a new resource to its account, with a unique id and today's date."""
    world = new.account.world
    new.unique_id = world.ids.unique_id(new.kind)
    new.create_date = world.clock.now
    _held(new.account, type(new))[new.name] = new
    return new


def move(thing: New, request: Parameters, name_parameter: str) -> None:
    """Rename a resource, or move it to another path; lists keep their order."""
    held = _held(thing.account, type(thing))
    name = request.get(name_parameter, thing.name)
    others = {key: other for key, other in held.items() if other is not thing}
    _check_free(type(thing), name, others)
    renamed = {(name if other is thing else key): other for key, other in held.items()}
    setattr(thing.account, HELD_IN[thing.kind][0], renamed)
    thing.name, thing.path = name, request.get("NewPath", thing.path)


def iam_arn(account: Account, resource: str) -> str:
    """Return the ARN of an IAM resource in an account.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> iam_arn(main, "role/stars")
    'arn:aws:iam::111111111111:role/stars'
    """
    return f"arn:{account.partition}:iam::{account.account_id}:{resource}"


def check_empty(*leftovers: tuple[object, str]) -> None:
    """Check that nothing blocks a deletion: a field for each blocker, with IAM's instruction."""
    for is_left, must in leftovers:
        if is_left:
            raise DeleteConflict(f"Cannot delete entity, must {must} first.")


def policy_of(account: Account, arn: str, absent: str, *more: object) -> ManagedPolicy:
    """Find a managed policy; operations have different sentences about an absent one.

    Raises
    ------
    NoSuchEntity
        The policy doesn't exist.
    """
    try:
        return account.policies[arn]
    except NoSuchEntity as error:
        raise noted(NoSuchEntity(absent.format(arn, *more)), *error.__notes__) from None


SERVICE_LINKED_ONLY = "/aws-service-role/"
"""AWS's policies under this path can only be attached to service-linked roles."""


ABSENT_BOUNDARY = "Scope ARN: {} does not exist or is not attachable."
"""IAM's sentence about an absent policy that is to be a boundary."""


def attachable(
    account: Account,
    policy_arn: str,
    noun: str,
    absent: str = "Policy {} does not exist or is not attachable.",
    refuse: type[AwsError] = PolicyNotAttachable,
) -> ManagedPolicy:
    """Find a managed policy to attach or to use as a boundary.

    Raises
    ------
    NoSuchEntity
        The policy doesn't exist.
    AwsError
        It is for roles that only a service makes.
    """
    policy = policy_of(account, policy_arn, absent)
    if policy.is_aws_managed and policy.path.startswith(SERVICE_LINKED_ONLY):
        raise refuse(f"Cannot attach a Service Role Policy to a Customer {noun}.")
    return policy


def boundary_of(account: Account, request: Parameters, noun: str) -> str | None:
    """Return the permissions boundary of a new user or role: the ARN of a managed policy.

    Raises
    ------
    InvalidInput
        It is for roles that only a service makes. Operations that create have no other code for it.
    """
    if "PermissionsBoundary" not in request:
        return None
    arn = request["PermissionsBoundary"]
    return attachable(account, arn, noun, ABSENT_BOUNDARY, InvalidInput).arn


def filled(**fields: Any) -> dict[str, Any]:
    """Omit the fields without a value.

    Examples
    --------
    >>> filled(Path="/", Description="")
    {'Path': '/'}
    """
    return {name: value for name, value in fields.items() if value}


def fields(record: object, *names: str) -> dict[str, Any]:
    """Return the fields of a record that have the API's names."""
    return {name: getattr(record, python_name(name)) for name in names}


def write_tags(held: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags in the API's form."""
    return [{"Key": key, "Value": value} for key, value in held.items()]


PAGE = 100
"""The default number of items on a page."""


def page(
    name: str,
    items: Iterable[Any],
    request: Mapping[str, Any],
    write: Callable[[Any], Any],
    path_of: Callable[[Any], str] = lambda item: getattr(item, "path", "/"),
) -> dict[str, Any]:
    """Return one page of a list.

    Parameters
    ----------
    name
        The name of the list in the response: ``"Users"``.
    request
        ``MaxItems``, ``Marker`` and ``PathPrefix`` as they were sent.
    path_of
        Returns the path of an item.

    Examples
    --------
    >>> page("Names", ["a", "b", "c"], {"MaxItems": 2}, str)
    {'Names': ['a', 'b'], 'IsTruncated': True, 'Marker': '2'}
    """
    prefix = request.get("PathPrefix", "/")
    every = [item for item in items if path_of(item).startswith(prefix)]
    marker, most = request.get("Marker", "0"), request.get("MaxItems", PAGE)
    found = page_of(name, every, marker, most, ValidationError("Invalid Marker."), "Marker")
    found[name] = [write(item) for item in found[name]]
    return {name: found.pop(name), "IsTruncated": "Marker" in found, **found}


def tags_in(request: Parameters, *, ignore_case: bool = False) -> dict[str, str]:
    """Return the tags of a call.

    Raises
    ------
    InvalidInput
        A key is duplicated, or reserved for AWS.
    """
    sent = request.get("Tags", ())
    found = {tag["Key"]: tag["Value"] for tag in sent}
    if len({key.lower() if ignore_case else key for key in found}) < len(sent):
        hint = " Please note that Tag keys are case insensitive." if ignore_case else ""
        raise InvalidInput(f"Duplicate tag keys found.{hint}")
    reserved = [key for key in found if key.lower().startswith("aws:")]
    if reserved:  # AWS's sentence is not documented
        raise InvalidInput(f"Tag keys that begin with aws: are reserved: {reserved[0]}.")
    return found


def _set_tags(_: Account, tagged: Any, tags: dict[str, str]) -> None:
    tagged.tags = tags


def tag_operations(
    kind: str,
    noun: str,
    find: Callable[[Account, Parameters], Any],
    keep: Callable[[Account, Any, dict[str, str]], None] = _set_tags,
    *,
    ignore_case: bool = False,
    by_key: bool = False,
) -> None:
    """Register the operations that tag, untag and list the tags of one kind.

    Parameters
    ----------
    kind, noun
        Its name in ARNs, and in the names of operations.
    find
        Finds the resource that a call names.
    keep
        Stores its new tags.
    ignore_case
        Whether keys are case-insensitive.
    by_key
        Whether the list is sorted.
    """

    def same(key: str) -> str:
        return key.lower() if ignore_case else key

    @operation(f"Tag{noun}", on=kind)
    def tag(account: Account, request: Parameters) -> None:
        tagged = find(account, request)
        known = {same(key): key for key in tagged.tags}
        sent = tags_in(request, ignore_case=ignore_case)
        new = {known.get(same(key), key): value for key, value in sent.items()}
        wanted = {**tagged.tags, **new}
        if len(wanted) > quota(account, "Tags"):
            raise LimitExceeded("The number of tags has reached the maximum limit.")
        keep(account, tagged, wanted)

    @operation(f"Untag{noun}", on=kind)  # a missing key isn't an error
    def untag(account: Account, request: Parameters) -> None:
        tagged, gone = find(account, request), {*map(same, request["TagKeys"])}
        kept = {key: value for key, value in tagged.tags.items() if same(key) not in gone}
        keep(account, tagged, kept)

    @operation(f"List{noun}Tags", on=kind, answer=as_it_is)
    def list_tags(account: Account, request: Parameters) -> dict[str, Any]:
        held = write_tags(find(account, request).tags)
        listed = sorted(held, key=itemgetter("Key")) if by_key else held
        return page("Tags", listed, request, dict)
