"""How a thing is found by what a call names."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from iamlab.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.account import Account
    from iamlab.world.api.entry import Parameters
    from iamlab.world.identities import User

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
