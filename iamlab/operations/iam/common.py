"""What IAM's operations find and check alike: whom a call names, free names, quotas, leftovers.

Answers of IAM's API: dicts with AWS's names, and lists in pages of at most 100.

Tags: what a call may send, and the three operations of everything that can be tagged.

Keys of users' and roles' tags ignore letter case, and keep the case they were first written in. For
everything else, keys that differ in case are different keys.

Notes
-----
AWS pages: "IAM API Reference", the parameter ``UserName`` of operations on credentials; "IAM and
AWS STS quotas".
AWS page: "Tags for AWS Identity and Access Management resources".
"""

from __future__ import annotations

from dataclasses import dataclass
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
)
from iamlab.model.identities import User
from iamlab.model.quotas import quota
from iamlab.operations.api_models import python_name
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.identities import Bounded, Group, Identity, Role
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
    """Find whose credentials an operation means: the named user's, or else the root user's.

    Raises
    ------
    NoSuchEntity
        There is no user of that name.
    """
    return account.get_user(request["UserName"]) if "UserName" in request else account.root


def find_named(shown: str, name: str, held: Mapping[str, Held]) -> Held:
    """Find what has a name, in any letter case.

    Parameters
    ----------
    shown
        How IAM's sentence writes it: ``"Instance Profile {}"``.

    Raises
    ------
    NoSuchEntity
        Nothing has it; a note says which name may be meant.
    """
    found = same_name(name, held)
    if found is None:
        error = NoSuchEntity(f"{shown.format(name)} cannot be found.")
        error.add_note(did_you_mean(name, held))
        raise error
    return found


def check_free(shown: str, name: str, held: Mapping[str, Any]) -> None:
    """Check that nothing has the name, in any letter case."""
    if same_name(name, held) is not None:
        raise EntityAlreadyExists(f"{shown.format(name)} already exists.")


def check_room(account: Account, name: str, used: int) -> None:
    """Check that a quota is not used up; a name without ``Per`` is a quota of the account."""
    most = quota(account, name)
    if used >= most:
        shown = name if "Per" in name else f"{name}PerAccount"
        raise LimitExceeded(f"Cannot exceed quota for {shown}: {most}")


def add(new: New, held: dict[str, New]) -> New:
    """Add something new to what an account holds by name, with a unique id and today's date."""
    world = new.account.world
    new.unique_id = world.ids.unique_id(new.kind)
    new.create_date = world.clock.now
    held[new.name] = new
    new.account.changed()
    return new


def moved(
    thing: New, held: Mapping[str, New], shown: str, request: Parameters, name_parameter: str
) -> dict[str, New]:
    """Rename something, or move it to another path; give what is held under its new name.

    Lists keep their order.
    """
    name = request.get(name_parameter, thing.name)
    others = {key: other for key, other in held.items() if other is not thing}
    check_free(shown, name, others)
    thing.path = request.get("NewPath", thing.path)
    found = {(name if other is thing else key): other for key, other in held.items()}
    thing.name = name
    return found


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
    """Check that nothing is left of what must go before a deletion.

    Parameters
    ----------
    leftovers
        What may be left, and what must be done with it first, as IAM says.
    """
    for is_left, must in leftovers:
        if is_left:
            raise DeleteConflict(f"Cannot delete entity, must {must} first.")


SERVICE_LINKED_ONLY = "/aws-service-role/"
"""AWS's policies under this path can be attached to service-linked roles only."""

_NOT_FOR = "Cannot attach a Service Role Policy to a Customer {noun}."


def attachable(account: Account, policy_arn: str, noun: str) -> ManagedPolicy:
    """Find a managed policy that is to be attached, or to be a boundary.

    Raises
    ------
    NoSuchEntity
        There is none.
    PolicyNotAttachable
        It is for roles that only a service makes.
    """
    policy = account.get_policy(policy_arn)
    if _is_for_services(policy):
        raise PolicyNotAttachable(_NOT_FOR.format(noun=noun))
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
    policy = account.get_policy(request["PermissionsBoundary"])
    if _is_for_services(policy):
        raise InvalidInput(_NOT_FOR.format(noun=noun))
    return policy.arn


def _is_for_services(policy: ManagedPolicy) -> bool:
    return policy.is_aws_managed and policy.path.startswith(SERVICE_LINKED_ONLY)


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


def write_named(thing: Identity | IamResource, noun: str) -> dict[str, Any]:
    """Write what everything with a name and a path has."""
    return {
        "Path": thing.path,
        f"{noun}Name": thing.name,
        f"{noun}Id": thing.unique_id,
        "Arn": thing.arn,
    }


def write_tags(held: Mapping[str, str]) -> list[dict[str, str]]:
    """Write tags."""
    return [{"Key": key, "Value": value} for key, value in held.items()]


def _identity(identity: Identity, noun: str) -> dict[str, Any]:
    return {**write_named(identity, noun), **filled(CreateDate=identity.create_date)}


def _bounded(identity: Bounded, noun: str) -> dict[str, Any]:
    found = _identity(identity, noun)
    if identity.boundary:
        found["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": identity.boundary,
        }
    return {**found, **filled(Tags=write_tags(identity.tags))}


def write_user(identity: User) -> dict[str, Any]:
    """Write a user."""
    return _bounded(identity, "User")


def write_owner(found: CredentialOwner) -> dict[str, Any]:
    """Write a user or a root user."""
    if isinstance(found, User):
        return write_user(found)
    return {
        "Path": "/",
        "UserName": found.user_name,
        "UserId": found.unique_id,
        "Arn": found.arn,
        **filled(CreateDate=found.account.create_date),
    }


def write_group(identity: Group) -> dict[str, Any]:
    """Write a group."""
    return _identity(identity, "Group")


def write_role(identity: Role) -> dict[str, Any]:
    """Write a role, its trust policy included."""
    trust = None if identity.trust is None else identity.trust.to_json()
    return {
        **_bounded(identity, "Role"),
        **({} if trust is None else {"AssumeRolePolicyDocument": trust}),
        **filled(Description=identity.description),
        "MaxSessionDuration": identity.max_session_duration,
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
    document = {"Document": managed.versions[version_id].to_json()} if with_document else {}
    is_default = version_id == managed.default_version_id
    return {"VersionId": version_id, "IsDefaultVersion": is_default, **document}


PAGE = 100
"""How many items there are on a page if the call does not say."""


def page(
    name: str, items: Iterable[Any], request: Mapping[str, Any], write: Callable[[Any], Any]
) -> dict[str, Any]:
    """Give one page of a list.

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


_TWICE = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
_RESERVED = "aws:"


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
        raise InvalidInput(_TWICE)
    reserved = [key for key in found if key.lower().startswith(_RESERVED)]
    if reserved:  # AWS's sentence is not documented
        raise InvalidInput(f"Tag keys that begin with {_RESERVED} are reserved: {reserved[0]}.")
    return found


def _check_number(account: Account, tags: dict[str, str]) -> None:
    """Check that there are not too many tags.

    Raises
    ------
    LimitExceeded
        There are more than the account's quota.
    """
    if len(tags) > quota(account, "Tags"):
        raise LimitExceeded("The number of tags has reached the maximum limit.")


def _set_tags(_: Account, tagged: Any, tags: dict[str, str]) -> None:
    tagged.tags = tags


@dataclass(frozen=True, slots=True)
class TagOperations:
    """The operations that tag, untag and list the tags of one kind.

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

    kind: str
    noun: str
    find: Callable[[Account, Parameters], Any]
    keep: Callable[[Account, Any, dict[str, str]], None] = _set_tags
    ignore_case: bool = False
    by_key: bool = False

    def register(self) -> None:
        """Make them operations of the API."""
        operation(f"Tag{self.noun}", on=self.kind)(self.tag)
        operation(f"Untag{self.noun}", on=self.kind)(self.untag)
        operation(f"List{self.noun}Tags", on=self.kind, answer=as_it_is)(self.list)

    def tag(self, account: Account, request: Parameters) -> None:
        """Set tags."""
        tagged = self.find(account, request)
        known = {self._same(key): key for key in tagged.tags}
        sent = tags_in(request, ignore_case=self.ignore_case)
        new = {known.get(self._same(key), key): value for key, value in sent.items()}
        wanted = {**tagged.tags, **new}
        _check_number(account, wanted)
        self.keep(account, tagged, wanted)
        account.changed()

    def untag(self, account: Account, request: Parameters) -> None:
        """Remove tags; a key that is not there is no error."""
        tagged, gone = self.find(account, request), {*map(self._same, request["TagKeys"])}
        kept = {key: value for key, value in tagged.tags.items() if self._same(key) not in gone}
        self.keep(account, tagged, kept)
        account.changed()

    def list(self, account: Account, request: Parameters) -> dict[str, Any]:
        """List tags."""
        held = write_tags(self.find(account, request).tags)
        listed = sorted(held, key=itemgetter("Key")) if self.by_key else held
        return page("Tags", listed, request, dict)

    def _same(self, key: str) -> str:
        return key.lower() if self.ignore_case else key
