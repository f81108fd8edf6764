"""What IAM's operations have in common: they find and check alike, tag alike, and answer alike.

Keys of users' and roles' tags ignore letter case, and keep the case they were first written in. For
everything else, keys that differ in case are different keys.

Notes
-----
AWS pages: "IAM API Reference", the parameter ``UserName`` of operations on credentials; "IAM and
AWS STS quotas"; "Tags for AWS Identity and Access Management resources".
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
    did_you_mean,
    noted,
)
from iamlab.model.identities import Bounded, Role, User
from iamlab.model.quotas import QUOTAS
from iamlab.operations.api_models import python_name
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.identities import Identity
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.providers import IamResource


Held = TypeVar("Held")
New = TypeVar("New", bound="Identity | IamResource")


def same_name(name: str, held: Mapping[str, Held]) -> Held | None:
    """Find what is held under a name, in any letter case.

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
    """Find the user that a call names; it may name none only if a user calls."""
    if "UserName" not in request:
        raise ValidationError("Must specify userName when calling with non-User credentials")
    return account.get_user(request["UserName"])


def holder_of(account: Account, request: Parameters) -> CredentialOwner:
    """Find whose credentials an operation means: the named user's, or else the root user's."""
    return account.get_user(request["UserName"]) if "UserName" in request else account.root


_HELD = {
    "user": ("users", "User with name {}"),
    "group": ("groups", "Group with name {}"),
    "role": ("roles", "Role with name {}"),
    "instance-profile": ("instance_profiles", "Instance Profile {}"),
    "server-certificate": ("server_certificates", "The Server Certificate with name {}"),
}
"""Kind -> where an account holds them by name, and how IAM's sentences name one."""


def _held(account: Account, cls: type[New]) -> dict[str, New]:
    held: dict[str, New] = getattr(account, _HELD[cls.kind][0])
    return held


def find_named(cls: type[New], account: Account, request: Parameters) -> New:
    """Find what a call names, in any letter case.

    Raises
    ------
    NoSuchEntity
        Nothing has the name; a note says which may be meant.
    """
    name, held = request[f"{cls.noun}Name"], _held(account, cls)
    found = same_name(name, held)
    if found is None:
        missing = NoSuchEntity(f"{_HELD[cls.kind][1].format(name)} cannot be found.")
        raise noted(missing, did_you_mean(name, held))
    return found


def _check_free(cls: type[New], name: str, held: Mapping[str, Any]) -> None:
    """Check that nothing has the name, in any letter case."""
    if same_name(name, held) is not None:
        raise EntityAlreadyExists(f"{_HELD[cls.kind][1].format(name)} already exists.")


def quota(account: Account, name: str) -> int:
    """Return a quota of an account: AWS's default, unless it has been raised."""
    return account.quotas.get(name, QUOTAS[name].default)


def check_room(account: Account, name: str, used: int) -> None:
    """Check that a quota is not used up; a name without ``Per`` is a quota of the account."""
    most = quota(account, name)
    if used >= most:
        shown = name if "Per" in name else f"{name}PerAccount"
        raise LimitExceeded(f"Cannot exceed quota for {shown}: {most}")


def begin(cls: type[New], account: Account, request: Parameters) -> New:
    """Begin something new: its name must be free, and the account must have room for it."""
    name, held = request[f"{cls.noun}Name"], _held(account, cls)
    _check_free(cls, name, held)
    check_room(account, f"{cls.noun}s", len(held))
    return cls(account, name, request.get("Path", "/"))


def add(new: New) -> New:
    """Add something new to what its account holds, with a unique id and today's date."""
    world = new.account.world
    new.unique_id = world.ids.unique_id(new.kind)
    new.create_date = world.clock.now
    _held(new.account, type(new))[new.name] = new
    return new


def move(thing: New, request: Parameters, name_parameter: str) -> None:
    """Rename something, or move it to another path; lists keep their order."""
    held = _held(thing.account, type(thing))
    name = request.get(name_parameter, thing.name)
    others = {key: other for key, other in held.items() if other is not thing}
    _check_free(type(thing), name, others)
    renamed = {(name if other is thing else key): other for key, other in held.items()}
    setattr(thing.account, _HELD[thing.kind][0], renamed)
    thing.name, thing.path = name, request.get("NewPath", thing.path)


def iam_arn(account: Account, resource: str) -> str:
    """Write the ARN of something of IAM in an account.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> iam_arn(main, "role/stars")
    'arn:aws:iam::111111111111:role/stars'
    """
    return f"arn:{account.partition}:iam::{account.account_id}:{resource}"


def check_empty(*leftovers: tuple[object, str]) -> None:
    """Check that nothing is left of what must go first: what may be, and what IAM says to do."""
    for is_left, must in leftovers:
        if is_left:
            raise DeleteConflict(f"Cannot delete entity, must {must} first.")


SERVICE_LINKED_ONLY = "/aws-service-role/"
"""AWS's policies under this path can be attached to service-linked roles only."""


def attachable(
    account: Account, policy_arn: str, noun: str, refuse: type[AwsError] = PolicyNotAttachable
) -> ManagedPolicy:
    """Find a managed policy that is to be attached, or to be a boundary.

    Raises
    ------
    NoSuchEntity
        There is none.
    AwsError
        It is for roles that only a service makes.
    """
    policy = account.get_policy(policy_arn)
    if policy.is_aws_managed and policy.path.startswith(SERVICE_LINKED_ONLY):
        raise refuse(f"Cannot attach a Service Role Policy to a Customer {noun}.")
    return policy


def boundary_of(account: Account, request: Parameters, noun: str) -> str | None:
    """Find the permissions boundary of a new user or role: the ARN of a managed policy.

    Raises
    ------
    InvalidInput
        It is for roles that only a service makes. Operations that create have no other code for it.
    """
    if "PermissionsBoundary" not in request:
        return None
    return attachable(account, request["PermissionsBoundary"], noun, InvalidInput).arn


def filled(**fields: Any) -> dict[str, Any]:
    """Leave out the fields that have no value.

    Examples
    --------
    >>> filled(Path="/", Description="")
    {'Path': '/'}
    """
    return {name: value for name, value in fields.items() if value}


def fields(record: object, *names: str) -> dict[str, Any]:
    """Write the fields of a record that have the API's names."""
    return {name: getattr(record, python_name(name)) for name in names}


def write_named(thing: Identity | IamResource) -> dict[str, Any]:
    """Write what everything with a name and a path has."""
    return {
        "Path": thing.path,
        f"{thing.noun}Name": thing.name,
        f"{thing.noun}Id": thing.unique_id,
        "Arn": thing.arn,
    }


def write_tags(held: Mapping[str, str]) -> list[dict[str, str]]:
    """Write tags."""
    return [{"Key": key, "Value": value} for key, value in held.items()]


def write_identity(identity: Identity) -> dict[str, Any]:
    """Write a user, a group or a role, its trust policy included."""
    found = {**write_named(identity), **filled(CreateDate=identity.create_date)}
    if isinstance(identity, Bounded):
        if identity.boundary:
            found["PermissionsBoundary"] = {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": identity.boundary,
            }
        found |= filled(Tags=write_tags(identity.tags))
    if isinstance(identity, Role):
        trust = None if identity.trust is None else identity.trust.to_dict()
        found |= {} if trust is None else {"AssumeRolePolicyDocument": trust}
        found |= filled(Description=identity.description)
        found["MaxSessionDuration"] = identity.max_session_duration
    return found


def write_owner(owner: CredentialOwner) -> dict[str, Any]:
    """Write a user or a root user."""
    if isinstance(owner, User):
        return write_identity(owner)
    return {
        "Path": "/",
        "UserName": owner.user_name,
        "UserId": owner.unique_id,
        "Arn": owner.arn,
        **filled(CreateDate=owner.account.create_date),
    }


def write_policy(managed: ManagedPolicy) -> dict[str, Any]:
    """Write a managed policy, without its document."""
    return {
        "PolicyName": managed.name,
        **fields(managed, "PolicyId", "Arn", "Path", "DefaultVersionId"),
        "IsAttachable": True,
        **filled(**fields(managed, "Description", "CreateDate", "UpdateDate")),
        **filled(Tags=write_tags(managed.tags)),
    }


def write_version(
    managed: ManagedPolicy, version_id: str, *, with_document: bool
) -> dict[str, Any]:
    """Write a version of a managed policy."""
    document = {"Document": managed.versions[version_id].to_dict()} if with_document else {}
    is_default = version_id == managed.default_version_id
    return {"VersionId": version_id, "IsDefaultVersion": is_default, **document}


PAGE = 100
"""How many items there are on a page if the call does not say."""


def page(
    name: str, items: Iterable[Any], request: Mapping[str, Any], write: Callable[[Any], Any]
) -> dict[str, Any]:
    """Return one page of a list.

    Parameters
    ----------
    name
        Under which the list is answered: ``"Users"``.
    request
        ``MaxItems``, ``Marker`` and ``PathPrefix`` as they were sent.

    Examples
    --------
    >>> page("Names", ["a", "b", "c"], {"MaxItems": 2}, str)
    {'Names': ['a', 'b'], 'IsTruncated': True, 'Marker': '2'}
    """
    prefix = request.get("PathPrefix", "/")
    every = [item for item in items if getattr(item, "path", "/").startswith(prefix)]
    marker = request.get("Marker", "0")
    if not marker.isdecimal() or int(marker) > len(every):
        raise ValidationError("Invalid Marker.")
    start = int(marker)
    stop = start + request.get("MaxItems", PAGE)
    found: dict[str, Any] = {name: [write(item) for item in every[start:stop]]}
    if stop < len(every):
        return {**found, "IsTruncated": True, "Marker": str(stop)}
    return {**found, "IsTruncated": False}


def tags_in(request: Parameters, *, ignore_case: bool = False) -> dict[str, str]:
    """Read the tags that a call sends.

    Raises
    ------
    InvalidInput
        A key is there twice, or is one of those that only AWS sets.
    """
    sent = request.get("Tags", ())
    found = {tag["Key"]: tag["Value"] for tag in sent}
    if len({key.lower() if ignore_case else key for key in found}) < len(sent):
        raise InvalidInput(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
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
        As in its ARNs, and as in the names of its operations.
    find
        Finds what a call names.
    keep
        Gives it other tags.
    ignore_case
        Whether keys that differ in case are the same key.
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

    @operation(f"Untag{noun}", on=kind)  # a key that is not there is no error
    def untag(account: Account, request: Parameters) -> None:
        tagged, gone = find(account, request), {*map(same, request["TagKeys"])}
        kept = {key: value for key, value in tagged.tags.items() if same(key) not in gone}
        keep(account, tagged, kept)

    @operation(f"List{noun}Tags", on=kind, answer=as_it_is)
    def list_tags(account: Account, request: Parameters) -> dict[str, Any]:
        held = write_tags(find(account, request).tags)
        listed = sorted(held, key=itemgetter("Key")) if by_key else held
        return page("Tags", listed, request, dict)
