"""SSH public keys of users, with which CodeCommit knows them.

Service-specific credentials: for services that take passwords or API keys of their own.

Notes
-----
AWS pages: "Use IAM with CodeCommit"; "API UploadSSHPublicKey"; "API GetSSHPublicKey".
AWS pages: "Service-specific credentials for IAM users"; "API keys for AWS services"; "API
CreateServiceSpecificCredential".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    DuplicateSSHPublicKey,
    InvalidInput,
    InvalidPublicKey,
    LimitExceeded,
    NoSuchEntity,
    ValidationError,
    did_you_mean,
)
from iamlab.model.quotas import quota
from iamlab.model.user_credentials import (
    EXPIRED,
    PublicKey,
    ServiceSpecificCredential,
    SSHPublicKey,
)
from iamlab.operations.iam.lookup import user_of
from iamlab.operations.iam.responses import page
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.identities import User


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


_TAKES_API_KEYS = {
    "codecommit.amazonaws.com": False,
    "cassandra.amazonaws.com": False,
    "bedrock.amazonaws.com": True,
    "logs.amazonaws.com": True,
}
"""The services, and whether each takes API keys, which may expire, instead of passwords."""


def _check_service(service: str) -> None:
    if service not in _TAKES_API_KEYS:
        error = NoSuchEntity(
            f"No such service {service} is supported for Service Specific Credentials"
        )
        error.add_note(did_you_mean(service, _TAKES_API_KEYS))
        raise error


def _own(user: User, credential_id: str) -> ServiceSpecificCredential:
    if credential_id not in user.service_specific_credentials:
        raise NoSuchEntity(f"No such credential {credential_id} exists")
    return user.service_specific_credentials[credential_id]


def _write(user: User, one: ServiceSpecificCredential) -> dict[str, Any]:
    name = "ServiceCredentialAlias" if _TAKES_API_KEYS[one.service_name] else "ServiceUserName"
    return {
        "UserName": user.name,
        "Status": one.status_at(user.account.world.clock.now),
        name: one.user_name,
        "CreateDate": one.create_date,
        **({"ExpirationDate": one.expiration_date} if one.expiration_date else {}),
        "ServiceSpecificCredentialId": one.service_specific_credential_id,
        "ServiceName": one.service_name,
    }


def _with_password(made: ServiceSpecificCredential) -> dict[str, Any]:
    is_api_key = _TAKES_API_KEYS[made.service_name]
    return {"ServiceCredentialSecret" if is_api_key else "ServicePassword": made.password}


def _answer(made: tuple[User, ServiceSpecificCredential]) -> dict[str, Any]:
    return {"ServiceSpecificCredential": {**_write(*made), **_with_password(made[1])}}


def _free_name(account: Account, user: User, service: str) -> str:
    """Give the name to sign in with: the user's and the account's, with a number if it is taken."""
    every = (one for user in account.users.values() for one in _held(user))
    taken = {one.user_name for one in every if one.service_name == service}
    number, name = 0, f"{user.name}-at-{account.account_id}"
    while name in taken:
        number += 1
        name = f"{user.name}+{number}-at-{account.account_id}"
    return name


def _held(user: User) -> list[ServiceSpecificCredential]:
    return list(user.service_specific_credentials.values())


@operation("CreateServiceSpecificCredential", on="user", answer=_answer)
def create_service_specific_credential(
    account: Account, given: Parameters
) -> tuple[User, ServiceSpecificCredential]:
    """Make a password, or an API key, and show it this once."""
    user, service = account.get_user(given["UserName"]), given["ServiceName"]
    _check_service(service)
    days = given.get("CredentialAgeDays")
    if days is not None and not _TAKES_API_KEYS[service]:  # AWS's sentence is not documented
        raise ValidationError(f"CredentialAgeDays is not valid for {service}.")
    most = quota(account, "ServiceSpecificCredentialsPerUser")
    if sum(one.service_name == service for one in _held(user)) >= most:
        raise LimitExceeded(f"Cannot exceed quota for ServiceSpecificCredentialsPerUser: {most}")
    now, ids = account.world.clock.now, account.world.ids
    made = ServiceSpecificCredential(
        ids.key_id("ACCA", 21),
        service,
        _free_name(account, user, service),
        now,
        None if days is None else now + timedelta(days=days),
        password=ids.secret(),
    )
    _keep(user, made)
    return user, made


def _keep(user: User, made: ServiceSpecificCredential) -> None:
    """Keep a credential without its password."""
    key = made.service_specific_credential_id
    user.service_specific_credentials[key] = replace(made, password=None)
    user.account.changed()


def _of_all(account: Account, given: Parameters) -> list[tuple[str, str]]:
    """Whoever asks for the credentials of all users needs permission for all of them."""
    every = f"arn:{account.partition}:iam::{account.account_id}:user/"
    return [("iam:ListServiceSpecificCredentials", every)] if given.get("AllUsers") else []


@operation("ListServiceSpecificCredentials", on="user", answer=as_it_is, also=_of_all)
def list_service_specific_credentials(account: Account, given: Parameters) -> dict[str, Any]:
    """List the credentials of a user, or of all users."""
    service = given.get("ServiceName")
    if service is not None:
        _check_service(service)
    users = list(account.users.values()) if given.get("AllUsers") else [user_of(account, given)]
    found = [
        _write(user, one)
        for user in users
        for one in _held(user)
        if service in (None, one.service_name)
    ]
    return page("ServiceSpecificCredentials", found, given, dict)


@operation("ResetServiceSpecificCredential", on="user", answer=_answer)
def reset_service_specific_credential(
    account: Account, given: Parameters
) -> tuple[User, ServiceSpecificCredential]:
    """Make another password, and show it this once."""
    user = user_of(account, given)
    own = _own(user, given["ServiceSpecificCredentialId"])
    return user, replace(own, password=account.world.ids.secret())


@operation("UpdateServiceSpecificCredential", on="user")
def update_service_specific_credential(account: Account, given: Parameters) -> None:
    """Make a credential inactive, or active again."""
    user = user_of(account, given)
    own = _own(user, given["ServiceSpecificCredentialId"])
    if given["Status"] == EXPIRED:  # AWS's sentence is not documented
        raise ValidationError("A credential is set to Active or Inactive.")
    _keep(user, replace(own, status=given["Status"]))


@operation("DeleteServiceSpecificCredential", on="user")
def delete_service_specific_credential(account: Account, given: Parameters) -> None:
    """Delete a credential."""
    user = user_of(account, given)
    own = _own(user, given["ServiceSpecificCredentialId"])
    del user.service_specific_credentials[own.service_specific_credential_id]
    account.changed()
