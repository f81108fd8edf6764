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
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    AwsError,
    DuplicateCertificate,
    DuplicateSSHPublicKey,
    InvalidInput,
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
from iamlab.operations.iam.certificates import read_certificates
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.identities import User


def _credential_operations(
    noun: str,
    held: str,
    named_by: str,
    missing: str,
    refusal: AwsError,
    owner_of: Callable[[Account, Parameters], Any] = common.user_of,
) -> Callable[[CredentialOwner, Parameters], Any]:
    """Register the operations that update and delete credentials of a type; return their finder.

    Parameters
    ----------
    noun
        The noun in the names of operations.
    held
        The owner's field that holds them by id.
    named_by
        The parameter with the id.
    missing
        IAM's message for an unknown id.
    refusal
        The message for the status ``Expired``; AWS doesn't document it.
    owner_of
        Finds the owner of the credentials.
    """

    def find(owner: CredentialOwner, request: Parameters) -> Any:
        credential_id = request[named_by]
        if credential_id not in getattr(owner, held):
            raise NoSuchEntity(missing.format(credential_id))
        return getattr(owner, held)[credential_id]

    @operation(f"Update{noun}", on="user")
    def update(account: Account, request: Parameters) -> None:
        owner = owner_of(account, request)
        found = find(owner, request)
        if request["Status"] == EXPIRED:
            raise type(refusal)(refusal.message)
        getattr(owner, held)[request[named_by]] = replace(found, status=request["Status"])

    @operation(f"Delete{noun}", on="user")
    def delete(account: Account, request: Parameters) -> None:
        owner = owner_of(account, request)
        find(owner, request)
        del getattr(owner, held)[request[named_by]]

    return find


_ssh_key = _credential_operations(
    "SSHPublicKey",
    "ssh_public_keys",
    "SSHPublicKeyId",
    "The Public Key with id {} cannot be found.",
    InvalidInput("A public key is set to Active or Inactive."),
)
_service_specific = _credential_operations(
    "ServiceSpecificCredential",
    "service_specific_credentials",
    "ServiceSpecificCredentialId",
    "No such credential {} exists",
    ValidationError("A credential is set to Active or Inactive."),
)
_credential_operations(
    "SigningCertificate",
    "signing_certificates",
    "CertificateId",
    "The Certificate with id {} cannot be found.",
    InvalidInput("A certificate is set to Active or Inactive."),
)
_credential_operations(
    "AccessKey",
    "key_records",
    "AccessKeyId",
    "The Access Key with id {} cannot be found.",
    InvalidInput("An access key can only be made Active or Inactive."),
    common.holder_of,
)


def _written_key(user: User, key: SSHPublicKey) -> dict[str, Any]:
    return {"UserName": user.name, **common.fields(key, "SSHPublicKeyId", "Status", "UploadDate")}


def _with_body(user: User, key: SSHPublicKey, body: str = "") -> dict[str, Any]:
    whole = {
        **_written_key(user, key),
        "Fingerprint": key.fingerprint,
        "SSHPublicKeyBody": body or key.body,
    }
    return {"SSHPublicKey": whole}


@operation("UploadSSHPublicKey", on="user", answer=lambda made: _with_body(*made))
def upload_ssh_public_key(account: Account, request: Parameters) -> tuple[User, SSHPublicKey]:
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
    return user, made


@operation("GetSSHPublicKey", on="user", answer=as_it_is)
def get_ssh_public_key(account: Account, request: Parameters) -> dict[str, Any]:
    """Return a key in the requested form."""
    user = common.user_of(account, request)
    own: SSHPublicKey = _ssh_key(user, request)
    is_ssh = request["Encoding"] == "SSH"
    as_uploaded = is_ssh == own.body.lstrip().startswith("ssh-rsa")
    other = own.key.to_ssh if is_ssh else own.key.to_pem
    return _with_body(user, own, "" if as_uploaded else other())


@operation("ListSSHPublicKeys", on="user", answer=as_it_is)
def list_ssh_public_keys(account: Account, request: Parameters) -> dict[str, Any]:
    """List a user's keys."""
    user = common.user_of(account, request)
    held = user.ssh_public_keys.values()
    return common.page("SSHPublicKeys", held, request, partial(_written_key, user))


def _written_certificate(user: User, certificate: SigningCertificate) -> dict[str, Any]:
    return {
        "UserName": user.name,
        **common.fields(certificate, "CertificateId"),
        "CertificateBody": certificate.body,
        **common.fields(certificate, "Status", "UploadDate"),
    }


@operation(
    "UploadSigningCertificate",
    on="user",
    answer=lambda made: {"Certificate": _written_certificate(*made)},
)
def upload_signing_certificate(
    account: Account, request: Parameters
) -> tuple[User, SigningCertificate]:
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
    return user, certificate


@operation("ListSigningCertificates", on="user", answer=as_it_is)
def list_signing_certificates(account: Account, request: Parameters) -> dict[str, Any]:
    """List a user's certificates."""
    user = common.user_of(account, request)
    every = user.signing_certificates.values()
    return common.page("Certificates", every, request, partial(_written_certificate, user))


TAKES_API_KEYS = {
    "codecommit.amazonaws.com": False,
    "cassandra.amazonaws.com": False,
    "bedrock.amazonaws.com": True,
    "logs.amazonaws.com": True,
}
"""The services, and whether each uses API keys, which can expire, instead of passwords."""


def _check_service(service: str) -> None:
    absent = f"No such service {service} is supported for Service Specific Credentials"
    known_name(service, TAKES_API_KEYS, absent)


def _is_api_key(credential: ServiceSpecificCredential) -> bool:
    return TAKES_API_KEYS[credential.service_name]


def _write(user: User, held: ServiceSpecificCredential) -> dict[str, Any]:
    name = "ServiceCredentialAlias" if _is_api_key(held) else "ServiceUserName"
    return {
        "UserName": user.name,
        "Status": held.status_at(user.account.world.clock.now),
        name: held.user_name,
        "CreateDate": held.create_date,
        **common.filled(ExpirationDate=held.expiration_date),
        **common.fields(held, "ServiceSpecificCredentialId", "ServiceName"),
    }


def _answer(made: tuple[User, ServiceSpecificCredential]) -> dict[str, Any]:
    secret = "ServiceCredentialSecret" if _is_api_key(made[1]) else "ServicePassword"
    return {"ServiceSpecificCredential": {**_write(*made), secret: made[1].password}}


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


@operation("CreateServiceSpecificCredential", on="user", answer=_answer)
def create_service_specific_credential(
    account: Account, request: Parameters
) -> tuple[User, ServiceSpecificCredential]:
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
    return user, made


def _of_all(account: Account, request: Parameters) -> list[tuple[str, str]]:
    """Return the permission for all users, which listing all credentials needs."""
    every = ("iam:ListServiceSpecificCredentials", common.iam_arn(account, "user/"))
    return [every] if request.get("AllUsers") else []


@operation("ListServiceSpecificCredentials", on="user", answer=as_it_is, also=_of_all)
def list_service_specific_credentials(account: Account, request: Parameters) -> dict[str, Any]:
    """List the credentials of a user, or of all users."""
    service = request.get("ServiceName")
    if service is not None:
        _check_service(service)
    every = request.get("AllUsers")
    users = list(account.users.values()) if every else [common.user_of(account, request)]
    found = [
        _write(user, held)
        for user in users
        for held in _held(user)
        if service in (None, held.service_name)
    ]
    return common.page("ServiceSpecificCredentials", found, request, dict)


@operation("ResetServiceSpecificCredential", on="user", answer=_answer)
def reset_service_specific_credential(
    account: Account, request: Parameters
) -> tuple[User, ServiceSpecificCredential]:
    """Reset the password, which only this response shows."""
    user = common.user_of(account, request)
    own: ServiceSpecificCredential = _service_specific(user, request)
    return user, replace(own, password=account.world.ids.secret())
