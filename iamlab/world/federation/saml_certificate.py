"""The certificate of an identity provider: its public key under its own name, signed by itself.

Who trusts it does so because it stands in metadata that somebody uploaded; no authority vouches
for it. Its dates are wide, as a world's time is not that of the computer.

Notes
-----
AWS page: "Create a SAML identity provider in IAM", for the certificate in the metadata.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_UNTIL = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_LONGEST_NAME = 64  # of a common name, in X.520


def certificate_of(key: RSAPrivateKey, name: str, serial_number: int) -> Certificate:
    """Make the certificate of a key: the same again for the same three.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.world.federation.signing_keys import rsa_key
    >>> made = certificate_of(rsa_key(World(seed=7), "acme"), "Acme signing", 1)
    >>> made.subject.rfc4514_string(), made.issuer == made.subject
    ('CN=Acme signing', True)
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    common_name = x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:_LONGEST_NAME])
    whose = x509.Name([common_name])
    return (
        x509.CertificateBuilder()
        .subject_name(whose)
        .issuer_name(whose)
        .public_key(key.public_key())
        .serial_number(serial_number)
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .sign(key, hashes.SHA256())
    )
