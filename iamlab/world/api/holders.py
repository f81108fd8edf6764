"""Whose credentials an operation means: a user's that is named, or else the root user's.

Notes
-----
AWS page: "IAM API Reference", the parameter ``UserName`` of operations on credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.world.api import answers
from iamlab.world.identities import User

if TYPE_CHECKING:
    from iamlab.world.account import Account
    from iamlab.world.api.entry import Parameters
    from iamlab.world.holder import Holder


def holder_of(account: Account, given: Parameters) -> Holder:
    """Find whom an operation means.

    Raises
    ------
    NoSuchEntity
        There is no user of that name.
    """
    return account.get_user(given["UserName"]) if "UserName" in given else account.root


def every_holder(account: Account) -> list[Holder]:
    """List all who may have credentials."""
    return [account.root, *account.users.values()]


def answer(one: Holder) -> dict[str, Any]:
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
