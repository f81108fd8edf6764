"""Signing certificates, SSH public keys and service-specific credentials of IAM users.

Each is an immutable value: a change replaces it. The package ``cryptography`` reads keys and
certificates; it is imported on first use.

Notes
-----
AWS pages: "Use IAM with CodeCommit"; "Service-specific credentials for IAM users"; "Manage signing
certificates"; "API UploadSSHPublicKey"; "API GetSSHPublicKey"; "Manage server certificates in IAM".
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field, fields
from hashlib import md5
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate


ACTIVE = "Active"
EXPIRED = "Expired"


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """An X.509 certificate that signs requests to some old APIs."""

    certificate_id: str
    body: str = field(repr=False)
    upload_date: datetime = field(repr=False)
    status: str = ACTIVE


@dataclass(frozen=True, slots=True)
class SSHPublicKey:
    """An SSH public key, by which CodeCommit recognizes a user."""

    ssh_public_key_id: str
    body: str = field(repr=False)
    key: PublicKey = field(repr=False)
    upload_date: datetime = field(repr=False)
    status: str = ACTIVE

    @property
    def fingerprint(self) -> str:
        """Its MD5 sum, as ``ssh-keygen -l -E md5`` shows it."""
        return self.key.fingerprint


@dataclass(frozen=True, slots=True)
class ServiceSpecificCredential:
    """A user name and password, or an API key, for a service that doesn't use access keys.

    Parameters
    ----------
    user_name
        The name to sign in with, or the alias of the API key.
    expiration_date
        For API keys only.
    password
        Only in the result of a creation or reset; never in the account or a copy.
    """

    service_specific_credential_id: str
    service_name: str
    user_name: str
    create_date: datetime = field(repr=False)
    expiration_date: datetime | None = field(default=None, repr=False)
    status: str = ACTIVE
    password: str | None = field(default=None, repr=False, compare=False)

    def status_at(self, now: datetime) -> str:
        """Return whether it is active, inactive or expired."""
        over = self.expiration_date is not None and now >= self.expiration_date
        return EXPIRED if over else self.status

    def __reduce__(self) -> tuple[Any, ...]:
        kept = [getattr(self, own.name) for own in fields(self) if own.name != "password"]
        return ServiceSpecificCredential, tuple(kept)


LEAST_BITS = 2048
_SSH = "ssh-rsa"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA public key as two numbers, so that it can be compared, copied and saved."""

    exponent: int
    modulus: int

    @classmethod
    def read(cls, text: str) -> PublicKey:
        """Read a key in either form.

        Raises
        ------
        ValueError
            It isn't a public key, or has fewer than 2,048 bits.
        """
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

        of_ssh = text.lstrip().startswith("ssh-")
        load = serialization.load_ssh_public_key if of_ssh else serialization.load_pem_public_key
        try:
            key = load(text.strip().encode())
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError("no public key in the form of SSH or PEM") from None
        if not isinstance(key, RSAPublicKey):
            raise ValueError("a key of another kind than RSA")  # noqa: TRY004 - the text is wrong
        if key.key_size < LEAST_BITS:
            raise ValueError(f"a key of fewer than {LEAST_BITS} bits")
        numbers = key.public_numbers()
        return cls(numbers.e, numbers.n)

    @property
    def fingerprint(self) -> str:
        """The key's MD5 sum as SSH shows it, in pairs of digits."""
        wire = b64decode(self.to_ssh().removeprefix(_SSH))
        return md5(wire, usedforsecurity=False).digest().hex(":")

    def to_ssh(self) -> str:
        """Write it in the form of SSH."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self._key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()

    def to_pem(self) -> str:
        """Write it as PEM."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        written = self._key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return written.decode()

    def _key(self) -> RSAPublicKey:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

        return RSAPublicNumbers(self.exponent, self.modulus).public_key()


def certificates(text: str) -> list[Certificate]:
    """Read a text of certificates.

    Raises
    ------
    ValueError
        It has no certificate, or one can't be read.

    Examples
    --------
    >>> certificates("-----BEGIN CERTIFICATE-----")
    Traceback (most recent call last):
    ...
    ValueError: no certificate in PEM form
    """
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise ValueError("no certificate in PEM form") from None


def private_key(text: str) -> PrivateKeyTypes:
    """Read a private key without a password.

    Raises
    ------
    ValueError
        It isn't a private key, has a password, or isn't of a kind that certificates use.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(text.encode(), password=None)
    except TypeError:
        raise ValueError("a private key that is locked with a password") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("no private key in PEM form") from None


def go_together(key: PrivateKeyTypes, certificate: Certificate) -> bool:
    """Return whether a certificate belongs to a private key."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return key.public_key() == certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):  # the certificate's key cannot be read
        return False


def chain_breaks_at(certificate: Certificate, chain: Sequence[Certificate]) -> int | None:
    """Find the first certificate of a chain that didn't sign its predecessor.

    Returns
    -------
    int or None
        Its index, or ``None`` if each signed its predecessor, and the first signed the certificate.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    for index, issuer in enumerate(chain):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return index
        certificate = issuer
    return None
