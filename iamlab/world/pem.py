"""Certificates and private keys as text in PEM form, and whether they go together.

The package ``cryptography`` reads them; it is imported when the first one comes.

Notes
-----
AWS page: "Manage server certificates in IAM".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate


def certificates(text: str) -> list[Certificate]:
    """Read a text of certificates.

    Raises
    ------
    ValueError
        There is none in it, or one cannot be read.

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
    """Read a private key that is not locked with a password.

    Raises
    ------
    ValueError
        It is none, is locked, or is of a kind that nobody uses with certificates.
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
    """Say whether a certificate is that of a private key."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return key.public_key() == certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):  # the certificate's key cannot be read
        return False


def chain_breaks_at(certificate: Certificate, chain: Sequence[Certificate]) -> int | None:
    """Find the first link of a chain that did not sign what stands before it.

    Returns
    -------
    int or None
        Its index, or ``None`` if each signed the one before, the first the certificate.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    for index, issuer in enumerate(chain):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return index
        certificate = issuer
    return None
