"""What an account says of tokens of STS.

Notes
-----
AWS page: "API SetSecurityTokenServicePreferences".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.world.api.entry import Parameters, operation

if TYPE_CHECKING:
    from iamlab.world.account import Account


@operation("SetSecurityTokenServicePreferences", on="*")
def set_security_token_service_preferences(account: Account, given: Parameters) -> None:
    """Say whether tokens of the global endpoint are valid in all Regions, or in the default ones.

    ``GetAccountSummary`` gives it as a number: 1 for ``v1Token``, 2 for ``v2Token``.
    """
    version = given["GlobalEndpointTokenVersion"]
    account.global_endpoint_token_version = int(version.removeprefix("v").removesuffix("Token"))
    account.changed()
