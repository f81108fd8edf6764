"""How a thing is found by what a call names.

What operations that make something have in common: a name that is free, room, tags.

Whose credentials an operation means: a user's that is named, or else the root user's.

Notes
-----
AWS page: "IAM API Reference", the parameter ``UserName`` of operations on credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import (
    EntityAlreadyExists,
    InvalidInput,
    LimitExceeded,
    PolicyNotAttachable,
    ValidationError,
)
from iamlab.model.identities import User
from iamlab.model.quotas import quota
from iamlab.operations.iam import responses as answers
from iamlab.operations.iam.responses import page
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.providers import IamResource

    Find = Callable[[Account, Parameters], IamResource]


Held = TypeVar("Held")


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
    return next((one for other, one in held.items() if other.lower() == lower), None)


def user_of(account: Account, given: Parameters) -> User:
    """Find the user that a call names; it may name none only if a user calls."""
    if "UserName" not in given:
        raise ValidationError("Must specify userName when calling with non-User credentials")
    return account.get_user(given["UserName"])


SERVICE_LINKED_ONLY = "/aws-service-role/"
"""AWS's policies under this path hang on service-linked roles only."""

_NOT_FOR = "Cannot attach a Service Role Policy to a Customer {noun}."


def check_free(noun: str, name: str, taken: Mapping[str, Any]) -> None:
    """Insist that nothing of that name is there, in whatever letter case."""
    if name in taken or name.lower() in map(str.lower, taken):
        raise EntityAlreadyExists(f"{noun} with name {name} already exists.")


def check_room(account: Account, name: str, used: int) -> None:
    """Insist that a quota of the account is not used up."""
    most = quota(account, name)
    if used >= most:
        raise LimitExceeded(f"Cannot exceed quota for {name}PerAccount: {most}")


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


def boundary_of(account: Account, given: Mapping[str, Any], noun: str) -> str | None:
    """Take the permissions boundary of something new: the ARN of a managed policy.

    Raises
    ------
    InvalidInput
        It is for roles that only a service makes. What makes something has no other code for it.
    """
    if "PermissionsBoundary" not in given:
        return None
    policy = account.get_policy(given["PermissionsBoundary"])
    if _is_for_services(policy):
        raise InvalidInput(_NOT_FOR.format(noun=noun))
    return policy.arn


def _is_for_services(policy: ManagedPolicy) -> bool:
    return policy.is_aws_managed and policy.path.startswith(SERVICE_LINKED_ONLY)


def holder_of(account: Account, given: Parameters) -> CredentialOwner:
    """Find whom an operation means.

    Raises
    ------
    NoSuchEntity
        There is no user of that name.
    """
    return account.get_user(given["UserName"]) if "UserName" in given else account.root


def every_holder(account: Account) -> list[CredentialOwner]:
    """List all who may have credentials."""
    return [account.root, *account.users.values()]


def answer(one: CredentialOwner) -> dict[str, Any]:
    """Write a user, or a root user, as IAM's API does."""
    if isinstance(one, User):
        return answers.user(one)
    created = one.account.create_date
    return {
        "Path": "/",
        "UserName": one.user_name,
        "UserId": one.unique_id,
        "Arn": one.arn,
        **({"CreateDate": created} if created else {}),
    }


_TWICE = "Duplicate tag keys found. Please note that Tag keys are case insensitive."

_RESERVED = "aws:"


def tags_in(given: Parameters, *, ignore_case: bool = False) -> dict[str, str]:
    """Take the tags that a call sends.

    Raises
    ------
    InvalidInput
        A key stands twice, or is one of those that only AWS sets.
    """
    sent = given.get("Tags", ())
    found = {tag["Key"]: tag["Value"] for tag in sent}
    if len({key.lower() if ignore_case else key for key in found}) < len(sent):
        raise InvalidInput(_TWICE)
    reserved = [key for key in found if key.lower().startswith(_RESERVED)]
    if reserved:  # AWS's sentence is not documented
        raise InvalidInput(f"Tag keys that begin with {_RESERVED} are reserved: {reserved[0]}.")
    return found


def more_tags(account: Account, held: Mapping[str, str], sent: Mapping[str, str]) -> dict[str, str]:
    """Put tags to those that are there.

    Raises
    ------
    LimitExceeded
        There would be too many.
    """
    wanted = {**held, **sent}
    if len(wanted) > quota(account, "Tags"):
        raise LimitExceeded("The number of tags has reached the maximum limit.")
    return wanted


def tag_operations(kind: type[IamResource], find: Find) -> None:
    """Make the three operations for a kind of thing."""

    def tag(account: Account, given: Parameters) -> None:
        """Set tags."""
        thing = find(account, given)
        thing.tags = more_tags(account, thing.tags, tags_in(given))
        account.changed()

    def untag(account: Account, given: Parameters) -> None:
        """Take tags away; a key that is not there is no mistake."""
        thing, gone = find(account, given), given["TagKeys"]
        thing.tags = {key: value for key, value in thing.tags.items() if key not in gone}
        account.changed()

    def list_tags(account: Account, given: Parameters) -> dict[str, Any]:
        """List tags, by their keys."""
        held = dict(sorted(find(account, given).tags.items()))
        return page("Tags", answers.tags(held), given, dict)

    operation(f"Tag{kind.noun}", on=kind.kind)(tag)
    operation(f"Untag{kind.noun}", on=kind.kind)(untag)
    operation(f"List{kind.noun}Tags", on=kind.kind, answer=as_it_is)(list_tags)
