"""What operations that make something have in common: a name that is free, room, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import EntityAlreadyExists, LimitExceeded, ValidationError
from iamlab.world.quotas import DUPLICATE_TAGS, check_tags, quota

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.account import Account


def check_free(noun: str, name: str, taken: Mapping[str, Any]) -> None:
    """Insist that nothing of that name is there, in whatever letter case."""
    lower = name.lower()
    if name in taken or any(other.lower() == lower for other in taken):
        raise EntityAlreadyExists(f"{noun} with name {name} already exists.")


def check_room(account: Account, name: str, used: int) -> None:
    """Insist that a quota of the account is not used up."""
    most = quota(account, name)
    if used >= most:
        raise LimitExceeded(f"Cannot exceed quota for {name}PerAccount: {most}")


def tags_of(given: Mapping[str, Any]) -> dict[str, str]:
    """Take the tags that a call sends."""
    sent = given.get("Tags", ())
    found = {tag["Key"]: tag["Value"] for tag in sent}
    if len(found) < len(sent):
        raise ValidationError(DUPLICATE_TAGS)
    return check_tags(found)


def boundary_of(account: Account, given: Mapping[str, Any]) -> str | None:
    """Take the permissions boundary that a call sends: the ARN of a managed policy."""
    sent = given.get("PermissionsBoundary")
    return None if sent is None else account.get_policy(sent).arn
