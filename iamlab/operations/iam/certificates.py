"""Server certificates: upload them with their private key, find, rename and delete them.

The private key is only checked. It isn't stored.

Notes
-----
AWS pages: "Manage server certificates in IAM"; "Rename a server certificate".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import KeyPairMismatch, MalformedCertificate, noted
from iamlab.model import user_credentials as pem
from iamlab.model.providers import ServerCertificate
from iamlab.operations.iam import common
from iamlab.operations.iam.answers import FORMS, answer, lists
from iamlab.operations.iam.common import tag_operations, tags_in
from iamlab.operations.registry import Parameters, operation

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from iamlab.model.account import Account

KIND = ServerCertificate.kind
_NO_CERTIFICATE = "Unable to parse certificate. Please ensure the certificate is in PEM format."
_NO_CHAIN = (
    "Unable to validate certificate chain. The certificate chain must start with the immediate "
    "signing certificate, followed by any intermediaries in order. The index within the chain of "
    "the invalid certificate is: {index}"
)


def read_certificates(text: str, message: str) -> list[Certificate]:
    """Read a text of certificates.

    Raises
    ------
    MalformedCertificate
        It isn't a certificate; with the message.
    """
    try:
        return pem.certificates(text)
    except ValueError as wrong:
        raise noted(MalformedCertificate(message), f"The text is {wrong}.") from None


def _find(account: Account, request: Parameters) -> ServerCertificate:
    return account.server_certificates[request["ServerCertificateName"]]


def _own_certificate(request: Parameters) -> Certificate:
    """Read a server's certificate, and check its key and its chain."""
    [certificate, *more] = read_certificates(request["CertificateBody"], _NO_CERTIFICATE)
    if more:
        raise MalformedCertificate(_NO_CERTIFICATE)
    try:
        key = pem.private_key(request["PrivateKey"])
    except ValueError as wrong:  # AWS's sentence is not documented
        raise MalformedCertificate(
            f"Unable to parse private key. Please ensure the key is in PEM format: it is {wrong}."
        ) from None
    if not pem.go_together(key, certificate):  # nor this one
        raise KeyPairMismatch("The private key does not match the public key in the certificate.")
    if "CertificateChain" in request:
        chain = read_certificates(request["CertificateChain"], _NO_CHAIN.format(index=-1))
        index = pem.chain_breaks_at(certificate, chain)
        if index is not None:
            raise MalformedCertificate(_NO_CHAIN.format(index=index))
    return certificate


@operation("UploadServerCertificate", on=KIND, answer=FORMS["new server certificate"])
def upload_server_certificate(account: Account, request: Parameters) -> ServerCertificate:
    """Store a certificate, without its private key."""
    certificate = _own_certificate(request)
    kept = common.begin(ServerCertificate, account, request)
    kept.tags, kept.body = tags_in(request), request["CertificateBody"]
    kept.chain, kept.expiration = request.get("CertificateChain"), certificate.not_valid_after_utc
    return common.add(kept)


operation("GetServerCertificate", KIND, answer(ServerCertificate="server certificate"))(_find)
lists("ListServerCertificates", f"{KIND}/", "ServerCertificateMetadataList", "its metadata")(
    lambda account, _: account.server_certificates.values()
)


def _renamed(account: Account, request: Parameters) -> list[tuple[str, str]]:
    """Return the permission to change the new name, which renaming a certificate also needs."""
    old = common.same_name(request["ServerCertificateName"], account.server_certificates)
    path = request.get("NewPath", old.path if old else "/")
    name = request.get("NewServerCertificateName", old.name if old else "")
    arn = common.iam_arn(account, f"{KIND}{path}{name}")
    return [("iam:UpdateServerCertificate", arn)]


@operation("UpdateServerCertificate", on=KIND, also=_renamed)
def update_server_certificate(account: Account, request: Parameters) -> None:
    """Rename a certificate, or move it to another path."""
    common.move(_find(account, request), request, "NewServerCertificateName")


@operation("DeleteServerCertificate", on=KIND)
def delete_server_certificate(account: Account, request: Parameters) -> None:
    """Delete a certificate."""
    del account.server_certificates[_find(account, request).name]


tag_operations(KIND, "ServerCertificate", _find, by_key=True)
