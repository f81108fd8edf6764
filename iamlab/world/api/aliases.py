"""Account aliases: a name for the sign-in page, in place of twelve digits.

Notes
-----
AWS page: "Create an alias for your AWS account ID".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import EntityAlreadyExists, NoSuchEntity, ValidationError
from iamlab.world.api.entry import Parameters, as_it_is, operation
from iamlab.world.api.paging import page
from iamlab.world.quotas import is_account_id

if TYPE_CHECKING:
    from iamlab.world.account import Account


@operation("CreateAccountAlias", on="*")
def create_account_alias(account: Account, given: Parameters) -> None:
    """Give the account an alias, in place of any that it had."""
    alias = given["AccountAlias"]
    if is_account_id(alias):
        raise ValidationError("An account alias must not be a number of 12 digits.")  # likely
    if any(one.alias == alias for one in account.world.accounts.values()):
        raise EntityAlreadyExists(f"The account alias {alias} already exists.")
    account.alias = alias
    account.changed()


@operation("DeleteAccountAlias", on="*")
def delete_account_alias(account: Account, given: Parameters) -> None:
    """Take the account's alias away."""
    alias = given["AccountAlias"]
    if account.alias != alias:
        raise NoSuchEntity(f"The account alias {alias} cannot be found.")  # likely
    account.alias = None
    account.changed()


@operation("ListAccountAliases", on="*", answer=as_it_is)
def list_account_aliases(account: Account, given: Parameters) -> dict[str, Any]:
    """List the account's alias, if it has one."""
    return page("AccountAliases", [account.alias] if account.alias else [], given, str)
