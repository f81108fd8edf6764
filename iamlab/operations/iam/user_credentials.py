"""Credentials that an owner can have several of, each Active or Inactive.

SSH public keys (for CodeCommit), signing certificates, and service-specific credentials: passwords
or API keys for one service. Access keys are in ``credentials.py``, but all four types are updated
and deleted here.

Notes
-----
AWS pages: "Use IAM with CodeCommit"; "API UploadSSHPublicKey"; "API GetSSHPublicKey"; "API
UploadSigningCertificate"; "Service-specific credentials for IAM users"; "API keys for AWS
services"; "API CreateServiceSpecificCredential".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    DuplicateCertificate,
    DuplicateSSHPublicKey,
    InvalidPublicKey,
    MalformedCertificate,
    NoSuchEntity,
    ValidationError,
    noted,
)
from iamlab.model.record import known_name
from iamlab.model.user_credentials import (
    EXPIRED,
    PublicKey,
    ServiceSpecificCredential,
    SigningCertificate,
    SSHPublicKey,
)
from iamlab.operations.iam import common
from iamlab.operations.iam.answers import FORMS, Owned, answer, lists
from iamlab.operations.iam.certificates import read_certificates
from iamlab.operations.policy_documents import error_of
from iamlab.operations.registry import Parameters, operation
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.model.account import Account
    from iamlab.model.identities import User

    Finder = Callable[[Account, Parameters], Owned]


_TABLES: dict[str, dict[str, Any]] = tables(__file__)
TAKES_API_KEYS: Mapping[str, bool] = _TABLES["takes_api_keys"]


def _credential_operations(noun: str, row: Mapping[str, Any]) -> Finder:
    """Register the operations that all types of credentials have; return the finder.

    Parameters
    ----------
    noun
        The noun in the names of operations.
    row
        Its row of ``user_credentials.toml``.
    """
    held, named_by, (code, message) = row["held"], row["named_by"], row["refusal"]
    owner_of = common.holder_of if noun == "AccessKey" else common.user_of

    def find(account: Account, request: Parameters) -> Owned:
        owner, credential_id = owner_of(account, request), request[named_by]
        if credential_id not in getattr(owner, held):
            raise NoSuchEntity(row["missing"].format(credential_id))
        return Owned(owner, getattr(owner, held)[credential_id])

    @operation(f"Update{noun}", on="user")
    def update(account: Account, request: Parameters) -> None:
        owner, found = find(account, request)
        if request["Status"] == EXPIRED:
            raise error_of(code)(message)
        getattr(owner, held)[request[named_by]] = replace(found, status=request["Status"])

    @operation(f"Delete{noun}", on="user")
    def delete(account: Account, request: Parameters) -> None:
        owner, _ = find(account, request)
        del getattr(owner, held)[request[named_by]]

    def every(account: Account, request: Parameters) -> list[Owned]:
        owner = owner_of(account, request)
        return [Owned(owner, record) for record in getattr(owner, held).values()]

    if "listed" in row:
        lists(f"List{noun}s", "user", *row["listed"])(every)
    return find


_FIND = {noun: _credential_operations(noun, row) for noun, row in _TABLES["operations"].items()}


AS_KEY = answer(SSHPublicKey="found SSH key")


@operation("UploadSSHPublicKey", on="user", answer=AS_KEY)
def upload_ssh_public_key(account: Account, request: Parameters) -> Owned:
    """Store a key for a user. AWS doesn't document the first two sentences."""
    user, body = common.user_of(account, request), request["SSHPublicKeyBody"]
    try:
        key = PublicKey.read(body)
    except ValueError as wrong:
        error = InvalidPublicKey("The public key is malformed or otherwise invalid.")
        raise noted(error, f"It must be an RSA key, as from ssh-keygen -t rsa: {wrong}.") from None
    if any(key == held.key for held in user.ssh_public_keys.values()):
        raise DuplicateSSHPublicKey(
            f"The SSH public key is associated with user {user.name} already."
        )
    common.check_room(account, "SSHPublicKeysPerUser", len(user.ssh_public_keys))
    key_id = account.world.ids.key_id("APKA")
    made = SSHPublicKey(key_id, body, key, account.world.clock.now)
    user.ssh_public_keys[key_id] = made
    return Owned(user, made)


@operation("GetSSHPublicKey", on="user", answer=AS_KEY)
def get_ssh_public_key(account: Account, request: Parameters) -> Owned:
    """Return a key in the requested form."""
    found = _FIND["SSHPublicKey"](account, request)
    own, is_ssh = found.record, request["Encoding"] == "SSH"
    if is_ssh == own.body.lstrip().startswith("ssh-rsa"):  # as it was uploaded
        return found
    body = own.key.to_ssh() if is_ssh else own.key.to_pem()
    return Owned(found.user, replace(own, body=body))


@operation("UploadSigningCertificate", on="user", answer=answer(Certificate="signing certificate"))
def upload_signing_certificate(account: Account, request: Parameters) -> Owned:
    """Store a certificate for a user."""
    user, body = common.user_of(account, request), request["CertificateBody"]
    if len(read_certificates(body, f"Certificate {body} is malformed.")) > 1:
        raise MalformedCertificate(f"Certificate {body} is malformed.")
    if any(body.split() == held.body.split() for held in user.signing_certificates.values()):
        # AWS's sentence is not documented.
        raise DuplicateCertificate(f"The certificate is associated with user {user.name} already.")
    common.check_room(account, "CertificatesPerUser", len(user.signing_certificates))
    certificate_id = account.world.ids.key_id("", 32)
    certificate = SigningCertificate(certificate_id, body, account.world.clock.now)
    user.signing_certificates[certificate_id] = certificate
    return Owned(user, certificate)


def _check_service(service: str) -> None:
    absent = f"No such service {service} is supported for Service Specific Credentials"
    known_name(service, TAKES_API_KEYS, absent)


def _is_api_key(owned: Owned) -> bool:
    return TAKES_API_KEYS[owned.record.service_name]


FORMS |= {
    "alias": lambda owned: owned.record.user_name if _is_api_key(owned) else None,
    "name to sign in with": lambda owned: None if _is_api_key(owned) else owned.record.user_name,
    "password": lambda made: None if _is_api_key(made) else made.record.password,
    "secret": lambda made: made.record.password if _is_api_key(made) else None,
}
AS_NEW = answer(ServiceSpecificCredential="new service-specific credential")


def _free_name(account: Account, user: User, service: str) -> str:
    """Return the name to sign in with: the user's and the account's, with a number if taken."""
    every = (held for user in account.users.values() for held in _held(user))
    names = {held.user_name for held in every if held.service_name == service}
    number, name = 0, f"{user.name}-at-{account.account_id}"
    while name in names:
        number += 1
        name = f"{user.name}+{number}-at-{account.account_id}"
    return name


def _held(user: User) -> list[ServiceSpecificCredential]:
    return list(user.service_specific_credentials.values())


@operation("CreateServiceSpecificCredential", on="user", answer=AS_NEW)
def create_service_specific_credential(account: Account, request: Parameters) -> Owned:
    """Create a password, or an API key, which only this response shows."""
    user, service = common.user_of(account, request), request["ServiceName"]
    _check_service(service)
    days = request.get("CredentialAgeDays")
    if days is not None and not TAKES_API_KEYS[service]:  # AWS's sentence is not documented
        raise ValidationError(f"CredentialAgeDays is not valid for {service}.")
    used = sum(held.service_name == service for held in _held(user))
    common.check_room(account, "ServiceSpecificCredentialsPerUser", used)
    now, ids = account.world.clock.now, account.world.ids
    made = ServiceSpecificCredential(
        ids.key_id("ACCA", 21),
        service,
        _free_name(account, user, service),
        now,
        None if days is None else now + timedelta(days=days),
        password=ids.secret(),
    )
    kept = replace(made, password=None)
    user.service_specific_credentials[made.service_specific_credential_id] = kept
    return Owned(user, made)


def _of_all(account: Account, request: Parameters) -> list[tuple[str, str]]:
    """Return the permission for all users, which listing all credentials needs."""
    every = ("iam:ListServiceSpecificCredentials", common.iam_arn(account, "user/"))
    return [every] if request.get("AllUsers") else []


_LISTED = "ServiceSpecificCredentials", "service-specific credential"


@lists("ListServiceSpecificCredentials", "user", *_LISTED, also=_of_all)
def list_service_specific_credentials(account: Account, request: Parameters) -> list[Owned]:
    """List the credentials of a user, or of all users."""
    service = request.get("ServiceName")
    if service is not None:
        _check_service(service)
    every = request.get("AllUsers")
    users = list(account.users.values()) if every else [common.user_of(account, request)]
    return [
        Owned(user, held)
        for user in users
        for held in _held(user)
        if service in (None, held.service_name)
    ]


@operation("ResetServiceSpecificCredential", on="user", answer=AS_NEW)
def reset_service_specific_credential(account: Account, request: Parameters) -> Owned:
    """Reset the password, which only this response shows."""
    user, own = _FIND["ServiceSpecificCredential"](account, request)
    return Owned(user, replace(own, password=account.world.ids.secret()))
