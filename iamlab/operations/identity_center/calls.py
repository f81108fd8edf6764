"""Calls of IAM Identity Center's APIs, and the parts of an instance that they work on.

Methods of an instance and of its parts make the calls for the root user of the management account.
Somebody's own call is made in that account too, and needs permission for each kind of resource that
the Service Authorization Reference requires.

Notes
-----
AWS pages: "Actions, resources, and condition keys for AWS IAM Identity Center" and the same "for
AWS Identity Store"; "Logging IAM Identity Center API calls with AWS CloudTrail"; "IAM Identity
Center API Reference" and "Identity Store API Reference", for how things are named there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.errors import RequestError, did_you_mean
from iamlab.errors.organizations import AccessDeniedException, AccountNotFoundException
from iamlab.errors.services import ResourceNotFoundException
from iamlab.operations import registry
from iamlab.operations.authorization_needs import context_of
from iamlab.operations.dispatch import Call, perform
from iamlab.operations.organizations.lookup import account_id_of
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.operations.identity_center.instance import IdentityCenter
    from iamlab.operations.identity_center.permission_sets import PermissionSet
    from iamlab.operations.registry import Answer

SSO, IDENTITY_STORE = "sso", "identitystore"
"""The two services that calls go to."""

USER, GROUP, PERMISSION_SET = "USER", "GROUP", "PermissionSet"
"""What refusals call the parts; the first two are the types of principals, too."""

_NAMES = {USER: "user_name", GROUP: "display_name", PERMISSION_SET: "name"}
"""Which field is the name of each."""

_INSTANCE_BY = {SSO: "InstanceArn", IDENTITY_STORE: "IdentityStoreId"}
"""Service -> the parameter that names the instance."""


@dataclass(slots=True, eq=False)
class Part:
    """A part of an instance: it knows its world, and its instance by the ARN."""

    world: World = field(repr=False)
    instance_arn: str = field(repr=False)
    id: str

    @property
    def center(self) -> IdentityCenter:
        """The instance that it belongs to.

        Raises
        ------
        RequestError
            The world has no such instance.
        """
        found: IdentityCenter | None = self.world.identity_centers.get(self.instance_arn)
        if found is None:
            raise RequestError(f"The world has no instance {self.instance_arn}.")
        return found


class OfInstance:
    """Methods of an instance, in a module of their own."""

    __slots__ = ()

    @property
    def _center(self) -> IdentityCenter:
        """The instance whose methods they are."""
        return cast("IdentityCenter", self)


def do(center: IdentityCenter, operation: str, **parameters: Any) -> Any:
    """Do an operation on an instance, as the root user of the management account.

    Raises
    ------
    RequestError
        What must be there is ``None``.
    """
    entry, owner = registry.find(operation), center.organization.management_account
    instance = center.arn if entry.service == SSO else center.identity_store_id
    given = {_INSTANCE_BY[entry.service]: instance, **parameters}
    for name in entry.required:
        if given.get(name) is None:
            raise RequestError(f"{operation} needs {name}, which is None.")
    return perform(owner, operation, **given)


@dataclass(slots=True)
class CenterCall(Call):
    """A call of Identity Center's APIs.

    Parameters
    ----------
    then
        What the service does in accounts after the call.
    """

    then: Callable[[], None] | None = None

    @property
    def center(self) -> IdentityCenter:
        """The instance.

        Raises
        ------
        ResourceNotFoundException
            There is none.
        """
        found = self._instance()
        if found is None:  # AWS's sentence is not documented
            raise ResourceNotFoundException("Instance not found.")
        return found

    def _instance(self) -> IdentityCenter | None:
        given = self.parameters.get(_INSTANCE_BY[self.entry.service])
        for one in self.world.identity_centers.values():
            if given in (one.arn, one.identity_store_id):
                found: IdentityCenter = one
                return found
        return None

    @property
    def permission_set(self) -> PermissionSet:
        """The permission set that the call names; the event says its ARN."""
        arn = self.parameters["PermissionSetArn"]
        found = find(self.center.permission_sets, arn, PERMISSION_SET)
        self.noted["PermissionSetArn"] = found.arn
        return found

    def check_caller(self) -> None:
        """Insist on the management account, which has the instance.

        Raises
        ------
        AccessDeniedException
            The caller is of another account.
        """
        owner = self.center.organization.management_account_id
        if not owner == self.account_id == self.who.account_id:
            error = AccessDeniedException("You don't have permissions to access this resource.")
            error.add_note(f"Only the management account, {owner}, works with the instance here.")
            raise error

    def note_resources(self) -> None:
        """Note nothing: the parameters say what the call works on."""

    def needed(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Ask for the action on each kind of resource that it requires."""
        action = self.entry.needs
        known = catalog.action(action)
        keys = context_of(self.account, self.entry, self.parameters)
        for kind in known.resource_types if known else ():
            if kind.required:
                yield action, self._arn(kind.name), keys

    def _arn(self, kind: str) -> str:
        """Give the ARN of the resource of a kind; of one that is to be made, with ``*``."""
        center, given = self.center, self.parameters
        if kind == "Instance":
            return center.arn
        if kind == "Identitystore":
            return center.identity_store_arn
        start = f"arn:{self.account.partition}"
        if kind == "PermissionSet":
            new = f"{start}:sso:::permissionSet/{center.arn.rpartition('/')[2]}/*"
            return str(given.get("PermissionSetArn", new))
        if kind == "Account":
            return f"{start}:sso:::account/{given.get('TargetId', '*')}"
        member = given.get("MemberId", {})
        name = {"User": "UserId", "Group": "GroupId", "GroupMembership": "MembershipId"}[kind]
        place = "membership" if kind == "GroupMembership" else kind.lower()
        return f"{start}:identitystore:::{place}/{given.get(name, member.get(name, '*'))}"

    def work(self) -> Any:
        """Do it, and give what that makes."""
        return self.entry.perform(self)

    def finish(self) -> None:
        """Bring the accounts up to date."""
        if self.then is not None:
            self.then()

    def _owner(self) -> str:
        return ""  # events of Identity Center name no account of a resource

    def _parameters(self) -> dict[str, Any] | None:
        name = _INSTANCE_BY[self.entry.service]
        return {name: self.parameters.get(name), **self.noted}

    def _region(self) -> str:
        found = self._instance()
        return DEFAULT_REGION if found is None else found.region


Work = TypeVar("Work", bound="Callable[[CenterCall], Any]")


def operation(name: str, answer: Answer = registry.nothing) -> Callable[[Work], Work]:
    """Make a function the entry of an operation: ``"sso:CreatePermissionSet"``."""

    def make(work: Work) -> Work:
        registry.operation(name, None, answer, call_type=CenterCall, refuse=AccessDeniedException)(
            work
        )
        return work

    return make


Own = TypeVar("Own", bound=Part)


def find(held: Mapping[str, Own], given: object, noun: str) -> Own:
    """Find the part that is meant: itself, its id, its ARN, or its name.

    Parameters
    ----------
    held
        By id.
    noun
        As AWS calls it in a refusal.

    Raises
    ------
    ResourceNotFoundException
        There is none.
    RequestError
        It is neither a part nor text.
    """
    text = id_of(given, noun)
    end = text.rpartition("/")[2]  # of an ARN
    for key in (text, end):
        if key in held:
            return held[key]
    named = {getattr(one, _NAMES[noun]): one for one in held.values()}
    same = [one for name, one in named.items() if name.lower() == text.lower()]
    if isinstance(given, str) and same:
        return same[0]
    error = ResourceNotFoundException(f"{noun} not found.")
    error.add_note(did_you_mean(text, named))
    raise error


def id_of(given: object, noun: str) -> str:
    """Give the id of a part that is given itself; a text stays as it is.

    Raises
    ------
    RequestError
        It is neither.
    """
    text = given if isinstance(given, str) else getattr(given, "id", None)
    if not isinstance(text, str):
        raise RequestError(f"{given!r} is no {noun}: give it itself, its id, or its name.")
    return text


def account_of(center: IdentityCenter, given: Account | str) -> Account:
    """Find the account that is meant, be it in the organization or not.

    Raises
    ------
    ResourceNotFoundException
        The world has none.
    """
    try:
        return center.world.accounts[account_id_of(center.organization, given)]
    except AccountNotFoundException as unknown:
        raise _no_account(given, *unknown.__notes__) from None


def active_account_of(center: IdentityCenter, given: Account | str) -> Account:
    """Find the account that is meant, which can be opened to somebody.

    Raises
    ------
    ResourceNotFoundException
        It is in no world, in another organization, or suspended.
    """
    account, organization = account_of(center, given), center.organization
    member = organization.members.get(account.account_id)
    if member is None:
        raise _no_account(account.account_id, f"It is not in the organization {organization.id}.")
    if member.status != "ACTIVE":
        raise _no_account(account.account_id, f"It is {member.status}.")
    return account


def _no_account(given: object, *notes: str) -> ResourceNotFoundException:
    """Say that there is no such account; AWS's sentence is not documented."""
    error = ResourceNotFoundException(f"AWS account {given} not found in the organization.")
    for note in notes:
        error.add_note(note)
    return error
