"""STS at one endpoint: any operation by its name, and what needs no temporary credentials.

Notes
-----
AWS pages: "AWS STS API Reference"; "Manage AWS STS in an AWS Region".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from iamlab.operations.sts.caller import check_region
from iamlab.operations.sts.calls import call, find

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.model.world import World


class CallerIdentity(NamedTuple):
    """Who calls, as GetCallerIdentity answers."""

    user_id: str
    account: str
    arn: str


@dataclass(frozen=True, slots=True)
class StsEndpoint:
    """An endpoint of STS, and the operations that tell a caller something."""

    world: World = field(repr=False)
    region: str = "us-east-1"

    def endpoint(self, region: str) -> Self:
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
        answer = self._do("GetCallerIdentity", caller)
        return CallerIdentity(answer["UserId"], answer["Account"], answer["Arn"])

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
        answer = self._do("DecodeAuthorizationMessage", caller, EncodedMessage=encoded_message)
        message: dict[str, Any] = json.loads(answer["DecodedMessage"])
        return message
