"""What an account settles for all: its alias, its password policy, where its users sign in.

Notes
-----
AWS pages: "Create an alias for your AWS account ID"; "Set an account password policy for IAM
users"; "How to sign in to AWS".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.world.api.calling import perform
from iamlab.world.api.values import as_tags
from iamlab.world.links import sign_in_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.holder import Holder
    from iamlab.world.identities import User
    from iamlab.world.mfa import MfaDevice
    from iamlab.world.root import RootUser


class AccountSettings:
    """The part of an account that is about signing in."""

    __slots__ = ()

    if TYPE_CHECKING:
        account_id: str
        partition: str
        alias: str | None

        root: RootUser
        users: dict[str, User]

    def holder_of_key(self, access_key_id: str) -> Holder | None:
        """Find whose an access key is; ``None``: nobody's here."""
        every: tuple[Holder, ...] = (self.root, *self.users.values())
        return next((one for one in every if access_key_id in one.key_records), None)

    @property
    def console_sign_in_url(self) -> str:
        """Where its users sign in. With an alias; the one with the account's id stays good."""
        return sign_in_page(self.partition, self.alias or self.account_id)

    def create_alias(self, account_alias: str) -> None:
        """Give it an alias, in place of any that it had.

        Raises
        ------
        EntityAlreadyExists
            Another account has it: aliases are unique in the world.
        """
        self._do("CreateAccountAlias", AccountAlias=account_alias)

    def delete_alias(self, account_alias: str) -> None:
        """Take its alias away.

        Raises
        ------
        NoSuchEntity
            It has not this one.
        """
        self._do("DeleteAccountAlias", AccountAlias=account_alias)

    def update_password_policy(
        self,
        *,
        minimum_password_length: int | None = None,
        require_symbols: bool | None = None,
        require_numbers: bool | None = None,
        require_uppercase_characters: bool | None = None,
        require_lowercase_characters: bool | None = None,
        allow_users_to_change_password: bool | None = None,
        max_password_age: int | None = None,
        password_reuse_prevention: int | None = None,
        hard_expiry: bool | None = None,
    ) -> None:
        """Set the whole password policy: what is not said falls back to AWS's default.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main")
        >>> main.update_password_policy(minimum_password_length=14)
        >>> main.update_password_policy(require_numbers=True)
        >>> main.password_policy.minimum_password_length
        6
        """
        self._do(
            "UpdateAccountPasswordPolicy",
            MinimumPasswordLength=minimum_password_length,
            RequireSymbols=require_symbols,
            RequireNumbers=require_numbers,
            RequireUppercaseCharacters=require_uppercase_characters,
            RequireLowercaseCharacters=require_lowercase_characters,
            AllowUsersToChangePassword=allow_users_to_change_password,
            MaxPasswordAge=max_password_age,
            PasswordReusePrevention=password_reuse_prevention,
            HardExpiry=hard_expiry,
        )

    def delete_password_policy(self) -> None:
        """Go back to what AWS itself demands of passwords.

        Raises
        ------
        NoSuchEntity
            There is no policy.
        """
        self._do("DeleteAccountPasswordPolicy")

    def create_virtual_mfa_device(
        self,
        virtual_mfa_device_name: str,
        *,
        path: str = "/",
        tags: Mapping[str, str] | None = None,
    ) -> MfaDevice:
        """Set up a phone that is nobody's yet."""
        made: MfaDevice = self._do(
            "CreateVirtualMFADevice",
            VirtualMFADeviceName=virtual_mfa_device_name,
            Path=path,
            Tags=as_tags(tags),
        )
        return made

    def _do(self, operation: str, **parameters: Any) -> Any:
        return perform(self, operation, **parameters)  # type: ignore[arg-type]  # an Account
