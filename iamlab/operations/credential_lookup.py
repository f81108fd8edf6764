"""Find the owner of credentials: texts from a file, variables or a response.

A request is signed with the secret and contains the other parts. Here the secret itself is
compared, which has the same result.

Notes
-----
AWS pages: "AWS Signature Version 4 for API requests"; "Use temporary credentials with AWS
resources"; "Common Error Types".
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING

from iamlab.errors import InvalidClientTokenId, RequestError, SignatureDoesNotMatch, noted
from iamlab.operations.iam.credentials import AccessKey
from iamlab.operations.sts.session import Session

if TYPE_CHECKING:
    from iamlab.model.world import World

_NAMES = {
    "access key id": ("AccessKeyId", "AWS_ACCESS_KEY_ID", "aws_access_key_id", "accessKeyId"),
    "secret": (
        *("SecretAccessKey", "AWS_SECRET_ACCESS_KEY"),
        *("aws_secret_access_key", "secretAccessKey"),
    ),
    "token": ("SessionToken", "Token", "AWS_SESSION_TOKEN", "aws_session_token", "sessionToken"),
}
"""Part -> its names in AWS's responses, the metadata service, variables and files."""


def caller_of(world: World, credentials: Mapping[str, object]) -> AccessKey | Session:
    """Find the owner of credentials; see :meth:`World.caller_of`."""
    if not isinstance(credentials, Mapping):
        raise RequestError(
            f"credentials is a mapping of names to texts, not a {type(credentials).__name__}."
        )
    key_id, secret, token = (_part(credentials, part) for part in _NAMES)
    if not key_id or not secret:
        wanted = " and ".join(_NAMES[part][0] for part in ("access key id", "secret"))
        raise RequestError(f"Credentials have {wanted}; temporary ones also SessionToken.")
    found = owner_of(world, key_id, token)
    if not _same(secret, world.ids.secret_of(key_id)):
        raise SignatureDoesNotMatch(
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details."
        )
    return found


def owner_of(world: World, key_id: str, token: str) -> AccessKey | Session:
    """Find the owner of a key id and, if it is temporary, its session token.

    Raises
    ------
    InvalidClientTokenId
        The key is unknown, or the token is wrong, missing or unexpected.
    """
    found = _session(world, key_id, token) if token else _key(world, key_id)
    if found is None:
        error = InvalidClientTokenId("The security token included in the request is invalid.")
        why = "The key is unknown, or its session token is missing, unexpected or wrong."
        raise noted(error, why)
    return found


def _part(credentials: Mapping[str, object], part: str) -> str:
    for name in _NAMES[part]:
        value = credentials.get(name)
        if value is not None and not isinstance(value, str):
            raise RequestError(f"{name} is text.")
        if value:
            return value
    return ""


def _session(world: World, key_id: str, token: str) -> Session | None:
    record = world.sessions.get(key_id)
    if record is None:
        return None
    right = world.ids.session_token_of(key_id, record.token_bytes)
    return Session(world, record) if _same(token, right) else None


def _key(world: World, key_id: str) -> AccessKey | None:
    holder = world.key_owners.get(key_id)
    if holder is None or key_id not in holder.key_records:
        holders = (account.owner_of_key(key_id) for account in world.accounts.values())
        holder = next(filter(None, holders), None)
        if holder is None:
            return None
        world.key_owners[key_id] = holder
    return AccessKey(holder, key_id)


def _same(shown: str, right: str) -> bool:
    return hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), right.encode())
