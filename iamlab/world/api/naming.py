"""What operations that make something have in common: a name that is free, room, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import EntityAlreadyExists, InvalidInput, LimitExceeded, PolicyNotAttachable
from iamlab.world.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.account import Account
    from iamlab.world.policies import ManagedPolicy

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
