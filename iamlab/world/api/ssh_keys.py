"""SSH public keys of users, with which CodeCommit knows them.

Notes
-----
AWS pages: "Use IAM with CodeCommit"; "API UploadSSHPublicKey"; "API GetSSHPublicKey".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    DuplicateSSHPublicKey,
    InvalidInput,
    InvalidPublicKey,
    LimitExceeded,
    NoSuchEntity,
)
from iamlab.world.api.entry import Parameters, as_it_is, operation
from iamlab.world.api.lookup import user_of
from iamlab.world.api.paging import page
from iamlab.world.public_keys import PublicKey
from iamlab.world.quotas import quota
from iamlab.world.user_things import EXPIRED, SSHPublicKey

if TYPE_CHECKING:
    from iamlab.world.account import Account
    from iamlab.world.identities import User


def _own_ssh_key(user: User, key_id: str) -> SSHPublicKey:
    if key_id not in user.ssh_public_keys:
        raise NoSuchEntity(f"The Public Key with id {key_id} cannot be found.")
    return user.ssh_public_keys[key_id]


def _metadata(user: User, key: SSHPublicKey) -> dict[str, Any]:
    return {
        "UserName": user.name,
        "SSHPublicKeyId": key.ssh_public_key_id,
        "Status": key.status,
        "UploadDate": key.upload_date,
    }


def _ssh_key_response(user: User, key: SSHPublicKey, body: str) -> dict[str, Any]:
    found = {**_metadata(user, key), "Fingerprint": key.fingerprint, "SSHPublicKeyBody": body}
    return {"SSHPublicKey": found}


def _uploaded(made: tuple[User, SSHPublicKey]) -> dict[str, Any]:
    user, key = made
    return _ssh_key_response(user, key, key.body)


@operation("UploadSSHPublicKey", on="user", answer=_uploaded)
def upload_ssh_public_key(account: Account, given: Parameters) -> tuple[User, SSHPublicKey]:
    """Keep a key for a user. AWS's sentences of the first two refusals are not documented."""
    user, body = account.get_user(given["UserName"]), given["SSHPublicKeyBody"]
    try:
        key = PublicKey.read(body)
    except ValueError as wrong:
        error = InvalidPublicKey("The public key is malformed or otherwise invalid.")
        error.add_note(f"It must be an RSA key, as ssh-keygen -t rsa makes one: {wrong}.")
        raise error from None
    if any(key == one.key for one in user.ssh_public_keys.values()):
        raise DuplicateSSHPublicKey(
            f"The SSH public key is associated with user {user.name} already."
        )
    most = quota(account, "SSHPublicKeysPerUser")
    if len(user.ssh_public_keys) >= most:
        raise LimitExceeded(f"Cannot exceed quota for SSHPublicKeysPerUser: {most}")
    key_id = account.world.ids.key_id("APKA")
    made = SSHPublicKey(key_id, body, key, account.world.clock.now)
    user.ssh_public_keys[key_id] = made
    account.changed()
    return user, made


@operation("GetSSHPublicKey", on="user", answer=as_it_is)
def get_ssh_public_key(account: Account, given: Parameters) -> dict[str, Any]:
    """Read a key, in the form that is asked for."""
    user = account.get_user(given["UserName"])
    own = _own_ssh_key(user, given["SSHPublicKeyId"])
    as_uploaded = (given["Encoding"] == "SSH") == own.body.lstrip().startswith("ssh-rsa")
    other = own.key.to_ssh if given["Encoding"] == "SSH" else own.key.to_pem
    return _ssh_key_response(user, own, own.body if as_uploaded else other())


@operation("ListSSHPublicKeys", on="user", answer=as_it_is)
def list_ssh_public_keys(account: Account, given: Parameters) -> dict[str, Any]:
    """List a user's keys."""
    user = user_of(account, given)
    held = user.ssh_public_keys.values()
    return page("SSHPublicKeys", held, given, lambda one: _metadata(user, one))


@operation("UpdateSSHPublicKey", on="user")
def update_ssh_public_key(account: Account, given: Parameters) -> None:
    """Make a key inactive, or active again."""
    user, key_id = account.get_user(given["UserName"]), given["SSHPublicKeyId"]
    own = _own_ssh_key(user, key_id)
    if given["Status"] == EXPIRED:  # AWS's sentence is not documented
        raise InvalidInput("A public key is set to Active or Inactive.")
    user.ssh_public_keys[key_id] = replace(own, status=given["Status"])
    account.changed()


@operation("DeleteSSHPublicKey", on="user")
def delete_ssh_public_key(account: Account, given: Parameters) -> None:
    """Delete a key."""
    user = account.get_user(given["UserName"])
    del user.ssh_public_keys[_own_ssh_key(user, given["SSHPublicKeyId"]).ssh_public_key_id]
    account.changed()
