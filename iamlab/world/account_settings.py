"""The settings of an account: alias, password policy, MFA devices, STS endpoints, federation.

Notes
-----
AWS pages: "Create an alias for your AWS account ID"; "Set an account password policy for IAM
users"; "How to sign in to AWS"; "Getting started with outbound identity federation"; "Manage AWS
STS in an AWS Region".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.authorization.context_keys import root_user_keys
from iamlab.cloudtrail.event_fields import user_identity
from iamlab.cloudtrail.recording import record_in_account
from iamlab.model import account as records
from iamlab.operations.dispatch import perform
from iamlab.operations.parameters import as_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.operations.iam.mfa_device import MfaDevice


class AccountSettings(records.Account):
    """The methods of an account that change its settings."""

    __slots__ = ()

    def create_alias(self, account_alias: str) -> None:
        """Set the alias, which replaces any that the account had.

        Raises
        ------
        EntityAlreadyExists
            Another account has it: aliases are globally unique.
        """
        perform(self, "CreateAccountAlias", AccountAlias=account_alias)

    def delete_alias(self, account_alias: str) -> None:
        """Remove the alias.

        Raises
        ------
        NoSuchEntity
            The account doesn't have this alias.
        """
        perform(self, "DeleteAccountAlias", AccountAlias=account_alias)

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
        """Set the whole password policy; omitted settings get AWS's default.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main")
        >>> main.update_password_policy(minimum_password_length=14)
        >>> main.update_password_policy(require_numbers=True)
        >>> main.password_policy.minimum_password_length
        6
        """
        perform(
            self,
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
        """Delete the password policy, so that AWS's default rules apply.

        Raises
        ------
        NoSuchEntity
            There is no policy.
        """
        perform(self, "DeleteAccountPasswordPolicy")

    def create_virtual_mfa_device(
        self,
        virtual_mfa_device_name: str,
        *,
        path: str = "/",
        tags: Mapping[str, str] | None = None,
    ) -> MfaDevice:
        """Create a virtual MFA device that isn't assigned yet."""
        named = {"VirtualMFADeviceName": virtual_mfa_device_name, "Path": path}
        return perform(self, "CreateVirtualMFADevice", **named, Tags=as_tags(tags))

    def put_properties(self, properties: Mapping[str, str]) -> None:
        """Set properties of the account. There is one so far: whether role manager is enabled.

        Raises
        ------
        InvalidInput
            There is no such property, or the value isn't valid.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main")
        >>> main.put_properties({"RoleManager/Enabled": "true"})
        >>> main.role_manager_enabled, list(main.roles)
        (True, ['AWSServiceRoleForIAMRoleManager'])
        """
        perform(self, "PutAccountProperties", Properties=properties)

    def enable_outbound_web_identity_federation(self) -> str:
        """Enable outbound federation: tokens for other services; return the issuer's URL.

        Raises
        ------
        FeatureEnabled
            It is already enabled: ``account.outbound_federation`` is the URL.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> main.enable_outbound_web_identity_federation() == main.outbound_federation
        True
        >>> main.outbound_federation.partition(".")[2]
        'tokens.sts.global.api.aws'
        """
        return perform(self, "EnableOutboundWebIdentityFederation")

    def disable_outbound_web_identity_federation(self) -> None:
        """Disable outbound federation; existing tokens stay valid until they expire.

        Raises
        ------
        FeatureDisabled
            It isn't enabled.
        """
        perform(self, "DisableOutboundWebIdentityFederation")

    def set_sts_regional_endpoint_status(self, region: str, status: str) -> None:
        """Enable or disable STS's endpoint in a Region, like the console's settings.

        While it is disabled, it creates no temporary credentials of this account. Other accounts
        can still use it for their own credentials.

        Parameters
        ----------
        status
            ``"Active"`` or ``"Inactive"``.

        Raises
        ------
        RequestError
            The setting can't be changed: STS is always enabled in us-east-1, and in a Region that
            the account has opted in to.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main")
        >>> main.set_sts_regional_endpoint_status("eu-west-1", "Inactive")
        >>> main.list_sts_regional_endpoints_status()["eu-west-1"]
        'Inactive'
        """
        from iamlab.operations.sts.calls import check_switch

        check_switch(region, status)
        off = {*self.sts_regions_off} - {region}
        self.sts_regions_off[:] = sorted(off if status == "Active" else {*off, region})
        self.changed()
        record_in_account(
            self.world,
            ("iam", "SetSTSRegionalEndpointStatus"),
            user_identity(self.root.arn, root_user_keys(self.root.arn, self.account_id), None),
            self.account_id,
            read_only=False,
            parameters={"Region": region, "Status": status},
        )

    def list_sts_regional_endpoints_status(self) -> dict[str, str]:
        """Return, for each Region that is on by default, whether STS is on there."""
        from iamlab.policy.arn import ON_BY_DEFAULT

        off = self.sts_regions_off
        return {region: "Inactive" if region in off else "Active" for region in ON_BY_DEFAULT}
