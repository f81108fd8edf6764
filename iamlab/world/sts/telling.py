"""What STS only tells: who calls, whose an access key is, what an encoded refusal says.

Notes
-----
AWS pages: "API GetCallerIdentity"; "API GetAccessKeyInfo"; "API DecodeAuthorizationMessage".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import ValidationError
from iamlab.world.api.entry import as_it_is
from iamlab.world.sts.authorization_messages import decode
from iamlab.world.sts.operation import sts_operation

if TYPE_CHECKING:
    from iamlab.world.sts.asked import Asked
    from iamlab.world.world import World


@sts_operation("GetCallerIdentity", as_it_is, logs_answer=False)
def get_caller_identity(asked: Asked) -> dict[str, Any]:
    """Tell the caller who he is; nobody can be kept from asking."""
    asked.must_be_allowed("sts:GetCallerIdentity", "*")
    who = asked.who
    return {"UserId": who.who().userid, "Account": who.account_id, "Arn": who.arn}


@sts_operation("GetAccessKeyInfo", as_it_is, logs_answer=False)
def get_access_key_info(asked: Asked) -> dict[str, Any]:
    """Tell the account of an access key, be it active or not."""
    asked.must_be_allowed("sts:GetAccessKeyInfo", "*")
    key_id = asked.given["AccessKeyId"]
    account_id = _account_of(asked.world, key_id)
    if account_id is None:  # AWS's code and sentence are not documented
        raise ValidationError(f"The Access Key with id {key_id} cannot be found.")
    return {"Account": account_id}


def _account_of(world: World, key_id: str) -> str | None:
    session = world.sessions.get(key_id)
    if session is not None:
        return session.account_id
    every = world.accounts.values()
    return next((one.account_id for one in every if one.holder_of_key(key_id) is not None), None)


@sts_operation("DecodeAuthorizationMessage", as_it_is, logs_answer=False)
def decode_authorization_message(asked: Asked) -> dict[str, Any]:
    """Read what a refusal of EC2 hands out; any principal of the account may be let to."""
    asked.must_be_allowed("sts:DecodeAuthorizationMessage", "*")
    message = decode(asked.world, asked.who.account_id, asked.given["EncodedMessage"])
    return {"DecodedMessage": message}
