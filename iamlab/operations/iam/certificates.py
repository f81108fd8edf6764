"""Certificates: those of servers, and those with which users sign requests.

A private key must be that of its certificate, and is let go at once.

Notes
-----
AWS pages: "Manage server certificates in IAM"; "Rename a server certificate"; "API
UploadSigningCertificate".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    DuplicateCertificate,
    EntityAlreadyExists,
    InvalidInput,
    KeyPairMismatch,
    LimitExceeded,
    MalformedCertificate,
    NoSuchEntity,
    did_you_mean,
)
from iamlab.model import user_credentials as pem
from iamlab.model.providers import ServerCertificate
from iamlab.model.quotas import quota
from iamlab.model.user_credentials import EXPIRED, SigningCertificate
from iamlab.operations.iam import responses as answers
from iamlab.operations.iam.lookup import check_room, same_name, tag_operations, tags_in, user_of
from iamlab.operations.iam.responses import page
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.x509 import Certificate

    from iamlab.model.account import Account
    from iamlab.model.identities import User

_NO_CERTIFICATE = "Unable to parse certificate. Please ensure the certificate is in PEM format."
_NO_CHAIN = (
    "Unable to validate certificate chain. The certificate chain must start with the immediate "
    "signing certificate, followed by any intermediaries in order. The index within the chain of "
    "the invalid certificate is: {index}"
)


def _read(text: str, message: str) -> list[Certificate]:
    """Read a text of certificates."""
    try:
        return pem.certificates(text)
    except ValueError as wrong:
        error = MalformedCertificate(message)
        error.add_note(f"What was given is {wrong}.")
        raise error from None


# -- of servers ---------------------------------------------------------------------------------


def _find(account: Account, given: Parameters) -> ServerCertificate:
    name = given["ServerCertificateName"]
    found = same_name(name, account.server_certificates)
    if found is None:
        error = NoSuchEntity(f"The Server Certificate with name {name} cannot be found.")
        error.add_note(did_you_mean(name, account.server_certificates))
        raise error
    return found


def _check_free(name: str, taken: Mapping[str, ServerCertificate]) -> None:
    if same_name(name, taken):
        raise EntityAlreadyExists(f"The Server Certificate with name {name} already exists.")


def _metadata(certificate: ServerCertificate) -> dict[str, Any]:
    return {
        "Path": certificate.path,
        "ServerCertificateName": certificate.name,
        "ServerCertificateId": certificate.unique_id,
        "Arn": certificate.arn,
        "UploadDate": certificate.create_date,
        **({"Expiration": certificate.expiration} if certificate.expiration else {}),
    }


def _uploaded(certificate: ServerCertificate) -> dict[str, Any]:
    return {
        "ServerCertificateMetadata": _metadata(certificate),
        **({"Tags": answers.tags(certificate.tags)} if certificate.tags else {}),
    }


def _own_certificate(given: Parameters) -> Certificate:
    """Read a server's certificate, and check that its key and its chain go with it."""
    [certificate, *more] = _read(given["CertificateBody"], _NO_CERTIFICATE)
    if more:
        raise MalformedCertificate(_NO_CERTIFICATE)
    try:
        key = pem.private_key(given["PrivateKey"])
    except ValueError as wrong:  # AWS's sentence is not documented
        raise MalformedCertificate(
            f"Unable to parse private key. Please ensure the key is in PEM format: it is {wrong}."
        ) from None
    if not pem.go_together(key, certificate):  # nor this one
        raise KeyPairMismatch("The private key does not match the public key in the certificate.")
    if "CertificateChain" in given:
        chain = _read(given["CertificateChain"], _NO_CHAIN.format(index=-1))
        index = pem.chain_breaks_at(certificate, chain)
        if index is not None:
            raise MalformedCertificate(_NO_CHAIN.format(index=index))
    return certificate


@operation("UploadServerCertificate", on="server-certificate", answer=_uploaded)
def upload_server_certificate(account: Account, given: Parameters) -> ServerCertificate:
    """Keep a certificate; its key is let go at once."""
    name = given["ServerCertificateName"]
    certificate = _own_certificate(given)
    _check_free(name, account.server_certificates)
    check_room(account, "ServerCertificates", len(account.server_certificates))
    kept = ServerCertificate(
        account,
        name,
        given.get("Path", "/"),
        tags=tags_in(given),
        body=given["CertificateBody"],
        chain=given.get("CertificateChain"),
        expiration=certificate.not_valid_after_utc,
        create_date=account.world.clock.now,
    )
    kept.unique_id = account.world.ids.unique_id("server-certificate")
    account.server_certificates[name] = kept
    account.changed()
    return kept


@operation("GetServerCertificate", on="server-certificate", answer=as_it_is)
def get_server_certificate(account: Account, given: Parameters) -> dict[str, Any]:
    """Find a certificate, and read it."""
    certificate = _find(account, given)
    return {
        "ServerCertificate": {
            "ServerCertificateMetadata": _metadata(certificate),
            "CertificateBody": certificate.body,
            **({"CertificateChain": certificate.chain} if certificate.chain else {}),
            "Tags": answers.tags(certificate.tags),
        }
    }


@operation("ListServerCertificates", on="server-certificate/", answer=as_it_is)
def list_server_certificates(account: Account, given: Parameters) -> dict[str, Any]:
    """List certificates."""
    every = account.server_certificates.values()
    return page("ServerCertificateMetadataList", every, given, _metadata)


def _renamed(account: Account, given: Parameters) -> list[tuple[str, str]]:
    """Whoever renames a certificate must be allowed to change the new name too."""
    old = same_name(given["ServerCertificateName"], account.server_certificates)
    path = given.get("NewPath", old.path if old else "/")
    name = given.get("NewServerCertificateName", old.name if old else "")
    start = f"arn:{account.partition}:iam::{account.account_id}:server-certificate"
    return [("iam:UpdateServerCertificate", f"{start}{path}{name}")]


@operation("UpdateServerCertificate", on="server-certificate", also=_renamed)
def update_server_certificate(account: Account, given: Parameters) -> None:
    """Rename a certificate, or move it to another path."""
    certificate, held = _find(account, given), account.server_certificates
    name = given.get("NewServerCertificateName", certificate.name)
    _check_free(name, {key: one for key, one in held.items() if one is not certificate})
    # In the same place, so that a list shows no other order.
    account.server_certificates = {
        (name if one is certificate else key): one for key, one in held.items()
    }
    certificate.name, certificate.path = name, given.get("NewPath", certificate.path)
    account.changed()


@operation("DeleteServerCertificate", on="server-certificate")
def delete_server_certificate(account: Account, given: Parameters) -> None:
    """Delete a certificate."""
    del account.server_certificates[_find(account, given).name]
    account.changed()


tag_operations(ServerCertificate, _find)


# -- of users -----------------------------------------------------------------------------------


def _own(user: User, certificate_id: str) -> SigningCertificate:
    if certificate_id not in user.signing_certificates:
        raise NoSuchEntity(f"The Certificate with id {certificate_id} cannot be found.")
    return user.signing_certificates[certificate_id]


def _write(user: User, certificate: SigningCertificate) -> dict[str, Any]:
    return {
        "UserName": user.name,
        "CertificateId": certificate.certificate_id,
        "CertificateBody": certificate.body,
        "Status": certificate.status,
        "UploadDate": certificate.upload_date,
    }


def _kept(made: tuple[User, SigningCertificate]) -> dict[str, Any]:
    return {"Certificate": _write(*made)}


@operation("UploadSigningCertificate", on="user", answer=_kept)
def upload_signing_certificate(
    account: Account, given: Parameters
) -> tuple[User, SigningCertificate]:
    """Keep a certificate for a user."""
    user, body = user_of(account, given), given["CertificateBody"]
    if len(_read(body, f"Certificate {body} is malformed.")) > 1:
        raise MalformedCertificate(f"Certificate {body} is malformed.")
    if any(body.split() == one.body.split() for one in user.signing_certificates.values()):
        # AWS's sentence is not documented.
        raise DuplicateCertificate(f"The certificate is associated with user {user.name} already.")
    most = quota(account, "CertificatesPerUser")
    if len(user.signing_certificates) >= most:
        raise LimitExceeded(f"Cannot exceed quota for CertificatesPerUser: {most}")
    certificate_id = account.world.ids.key_id("", 32)
    certificate = SigningCertificate(certificate_id, body, account.world.clock.now)
    user.signing_certificates[certificate_id] = certificate
    account.changed()
    return user, certificate


@operation("ListSigningCertificates", on="user", answer=as_it_is)
def list_signing_certificates(account: Account, given: Parameters) -> dict[str, Any]:
    """List a user's certificates."""
    user = user_of(account, given)
    held = user.signing_certificates.values()
    return page("Certificates", held, given, lambda one: _write(user, one))


@operation("UpdateSigningCertificate", on="user")
def update_signing_certificate(account: Account, given: Parameters) -> None:
    """Make a certificate inactive, or active again."""
    user, certificate_id = user_of(account, given), given["CertificateId"]
    certificate = _own(user, certificate_id)
    if given["Status"] == EXPIRED:  # AWS's sentence is not documented
        raise InvalidInput("A certificate is set to Active or Inactive.")
    user.signing_certificates[certificate_id] = replace(certificate, status=given["Status"])
    account.changed()


@operation("DeleteSigningCertificate", on="user")
def delete_signing_certificate(account: Account, given: Parameters) -> None:
    """Delete a certificate."""
    user = user_of(account, given)
    del user.signing_certificates[_own(user, given["CertificateId"]).certificate_id]
    account.changed()
