"""The account's password policy.

Notes
-----
AWS page: "Set an account password policy for IAM users".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import NoSuchEntity
from iamlab.world.api.entry import Parameters, as_it_is, operation
from iamlab.world.api.model import python_name
from iamlab.world.passwords import PasswordPolicy

if TYPE_CHECKING:
    from iamlab.world.account import Account


def _policy(account: Account) -> PasswordPolicy:
    if account.password_policy is None:
        number = account.account_id
        raise NoSuchEntity(f"The Password Policy with domain name {number} cannot be found.")
    return account.password_policy


@operation("UpdateAccountPasswordPolicy", on="*")
def update_password_policy(account: Account, given: Parameters) -> None:
    """Set all of it: what is not sent falls back to its default."""
    account.password_policy = PasswordPolicy(
        **{python_name(name): value for name, value in given.items()}
    )
    account.changed()


@operation("GetAccountPasswordPolicy", on="*", answer=as_it_is)
def get_password_policy(account: Account, _: Parameters) -> dict[str, Any]:
    """Read it."""
    policy = _policy(account)
    found: dict[str, Any] = {
        "MinimumPasswordLength": policy.minimum_password_length,
        "RequireSymbols": policy.require_symbols,
        "RequireNumbers": policy.require_numbers,
        "RequireUppercaseCharacters": policy.require_uppercase_characters,
        "RequireLowercaseCharacters": policy.require_lowercase_characters,
        "AllowUsersToChangePassword": policy.allow_users_to_change_password,
        "ExpirePasswords": policy.expire_passwords,
        "HardExpiry": policy.hard_expiry,
    }
    if policy.expire_passwords:
        found["MaxPasswordAge"] = policy.max_password_age
    if policy.password_reuse_prevention:
        found["PasswordReusePrevention"] = policy.password_reuse_prevention
    return {"PasswordPolicy": found}


@operation("DeleteAccountPasswordPolicy", on="*")
def delete_password_policy(account: Account, _: Parameters) -> None:
    """Delete it: then AWS's own demands apply."""
    _policy(account)
    account.password_policy = None
    account.changed()
