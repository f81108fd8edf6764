"""What IAM's operations find and check alike: whom a call names, free names, quotas, leftovers.

Notes
-----
AWS pages: "IAM API Reference", the parameter ``UserName`` of operations on credentials; "IAM and
AWS STS quotas".
"""

from __future__ import annotations

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
from iamlab.model.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.identities import Identity, User
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.providers import IamResource
    from iamlab.operations.registry import Parameters


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
