"""What the parts of an instance have in common: they know their instance, and calls are logged.

Calls of the administrator's are done for the root user of the management account, as the methods
of accounts and organizations are.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import AwsError, RequestError, did_you_mean
from iamlab.identity_center_errors import ResourceNotFoundException
from iamlab.organization_errors import AccountNotFoundException
from iamlab.world.context import of_root
from iamlab.world.events import record, user_identity
from iamlab.world.organization.finding import account_id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.world.account import Account
    from iamlab.world.identity_center.instance import IdentityCenter
    from iamlab.world.world import World

SSO, IDENTITY_STORE = "sso", "identitystore"
"""The two services that calls go to."""

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

    if TYPE_CHECKING:

        @property
        def name(self) -> str: ...  # noqa: D102 - said where it is computed


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


def twin_of(part: Own, world: World) -> Own:
    """Copy a part into another world: its lists and dicts are new, their values shared."""
    mutable: dict[str, Any] = {
        one.name: type(value)(value)
        for one in fields(part)
        if isinstance(value := getattr(part, one.name), list | dict)
    }
    return replace(part, world=world, **mutable)


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
    lower = text.lower()  # names differ in more than their letter case
    named = [one for one in held.values() if one.name.lower() == lower]
    if isinstance(given, str) and named:
        return named[0]
    error = ResourceNotFoundException(f"{noun} not found.")
    error.add_note(did_you_mean(text, (one.name for one in held.values())))
    raise error


def account_of(
    center: IdentityCenter, given: Account | str, *, active_only: bool = True
) -> Account:
    """Find the account that is meant: an active one of the organization, if not said otherwise.

    Raises
    ------
    ResourceNotFoundException
        It is in no world, in another organization, or suspended.
    """
    organization = center.organization
    try:
        key = account_id_of(organization, given)
    except AccountNotFoundException as unknown:
        raise _no_account(given, *unknown.__notes__) from None
    if not active_only:
        return center.world.accounts[key]
    member = organization.members.get(key)
    if member is None:
        raise _no_account(key, f"It is not in the organization {organization.id}.")
    if member.status != "ACTIVE":
        raise _no_account(key, f"It is {member.status}.")
    return member.account


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
    call = Call({**_NAMED[service](center), **parameters})
    try:
        yield call
    except AwsError as refusal:
        _record(center, (service, operation), call, refusal)
        raise
    _record(center, (service, operation), call, None)


_NAMED: dict[str, Callable[[IdentityCenter], dict[str, str]]] = {
    SSO: lambda center: {"InstanceArn": center.arn},
    IDENTITY_STORE: lambda center: {"IdentityStoreId": center.identity_store_id},
}
"""How the calls of each service name the instance."""


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
