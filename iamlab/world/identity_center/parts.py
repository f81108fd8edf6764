"""What the parts of an instance have in common: they know their instance, and calls are logged.

Calls of the administrator's are done for the root user of the management account, as the methods
of accounts and organizations are.

Notes
-----
AWS pages: "Logging IAM Identity Center API calls with AWS CloudTrail"; "IAM Identity Center API
Reference" and "Identity Store API Reference", for how things are named there.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from iamlab.errors import AwsError, RequestError, did_you_mean
from iamlab.identity_center_errors import ResourceNotFoundException
from iamlab.organization_errors import AccountNotFoundException
from iamlab.world.context import of_root
from iamlab.world.events import record
from iamlab.world.events.identity import user_identity
from iamlab.world.organization.finding import account_id_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.world.account import Account
    from iamlab.world.identity_center.instance import IdentityCenter
    from iamlab.world.world import World

SSO, IDENTITY_STORE = "sso", "identitystore"
"""The two services that calls go to."""

USER, GROUP, PERMISSION_SET = "USER", "GROUP", "PermissionSet"
"""What refusals call the parts; the first two are the types of principals, too."""

_NAMES = {USER: "user_name", GROUP: "display_name", PERMISSION_SET: "name"}
"""Which field is the name of each."""

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""What CloudTrail shows in the place of names and addresses of people."""


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
        found = self.world.identity_centers.get(self.instance_arn)
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


@dataclass(slots=True)
class Call:
    """A call of the administrator's while it is done.

    Parameters
    ----------
    asked
        Its parameters, as AWS names them; more can be added as soon as they are known.
    answer
        What is answered.
    """

    asked: dict[str, Any]
    answer: dict[str, Any] = field(default_factory=dict)


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
    text = given if isinstance(given, str) else getattr(given, "id", None)
    if not isinstance(text, str):
        raise RequestError(f"{given!r} is no {noun}: give it itself, its id, or its name.")
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


@contextmanager
def recorded(
    center: IdentityCenter, service: str, operation: str, **parameters: Any
) -> Iterator[Call]:
    """Note a call of the administrator's in the management account, however it ends.

    Yields
    ------
    Call
        To be filled with what is asked and answered.
    """
    of_store = {"IdentityStoreId": center.identity_store_id}
    call = Call({**({"InstanceArn": center.arn} if service == SSO else of_store), **parameters})
    try:
        yield call
    except AwsError as refusal:
        _record(center, (service, operation), call, refusal)
        raise
    _record(center, (service, operation), call, None)


def _record(
    center: IdentityCenter, named: tuple[str, str], call: Call, error: AwsError | None
) -> None:
    account = center.organization.management_account
    record(
        center.world,
        named,
        user_identity(account.root_arn, of_root(account.root_arn, account.account_id), None),
        account.account_id,
        read_only=False,
        parameters=call.asked,
        answer=None if error else call.answer,
        error=error,
        region=center.region,
    )
