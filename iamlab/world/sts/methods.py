"""``world.sts``: the operations of STS as methods, with AWS's parameters in snake_case.

Those that give roles and those that give tokens stand in two modules beside this one; what services
do, and what leads into the console, in two more. To revoke sessions is a call of IAM: see the
methods of a role.

Notes
-----
AWS page: "AWS STS API Reference".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.world.sts.calls import call
from iamlab.world.sts.endpoints import check_region
from iamlab.world.sts.operation import find
from iamlab.world.sts.role_methods import AssumesRoles
from iamlab.world.sts.service_methods import ServicesAssumeRoles
from iamlab.world.sts.session_methods import TakesIntoTheConsole
from iamlab.world.sts.token_methods import GetsTokens

if TYPE_CHECKING:
    from iamlab.world.gather import Caller
    from iamlab.world.world import World


class CallerIdentity(NamedTuple):
    """Who calls, as GetCallerIdentity answers."""

    user_id: str
    account: str
    arn: str


@dataclass(frozen=True, slots=True)
class Sts(AssumesRoles, GetsTokens, ServicesAssumeRoles, TakesIntoTheConsole):
    """The Security Token Service of a world, at the endpoint of a Region.

    Parameters
    ----------
    region
        ``"us-east-1"``, or ``"aws-global"``: the global endpoint.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> world.sts.get_caller_identity(main.create_user("ana")).arn
    'arn:aws:iam::111111111111:user/ana'
    """

    world: World = field(repr=False)
    region: str = "us-east-1"

    def endpoint(self, region: str) -> Sts:
        """Give the service at another endpoint: a Region's, or ``"aws-global"``.

        Raises
        ------
        RequestError
            There is no such Region.
        """
        check_region(region)
        return replace(self, region=region)

    def call(self, operation: str, caller: Caller, **parameters: Any) -> dict[str, Any]:
        """Call an operation with AWS's own names, and give what the API answers.

        Parameters
        ----------
        caller
            Who signs it; ``ANONYMOUS`` for what nobody signs.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> sorted(world.sts.call("GetSessionToken", ana, DurationSeconds=900))
        ['Credentials', 'SessionTokenSize', 'SessionTokenUtilization']
        """
        return find(operation).answer(self._do(operation, caller, **parameters))

    def _do(self, operation: str, caller: Caller, **parameters: Any) -> Any:
        return call(self.world, operation, caller, parameters, self.region)

    def get_caller_identity(self, caller: Caller) -> CallerIdentity:
        """Tell the caller who he is; not even a Deny keeps him from asking."""
        told = self._do("GetCallerIdentity", caller)
        return CallerIdentity(told["UserId"], told["Account"], told["Arn"])

    def get_access_key_info(self, caller: Caller, *, access_key_id: str) -> str:
        """Tell the account of an access key, be the key active or not.

        Raises
        ------
        AccessDenied
            The caller may not.
        """
        account: str = self._do("GetAccessKeyInfo", caller, AccessKeyId=access_key_id)["Account"]
        return account

    def decode_authorization_message(
        self, caller: Caller, *, encoded_message: str
    ) -> dict[str, Any]:
        """Read the encoded part of a refusal; who may need not be who was refused.

        Raises
        ------
        AccessDenied
            The caller may not.
        InvalidAuthorizationMessageException
            It is no such message, or of another account.
        """
        told = self._do("DecodeAuthorizationMessage", caller, EncodedMessage=encoded_message)
        message: dict[str, Any] = json.loads(told["DecodedMessage"])
        return message
