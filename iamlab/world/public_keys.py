"""RSA public keys as SSH writes them, and as PEM; each form can be made of the other.

The package ``cryptography`` reads and writes them; it is imported when the first one comes.

Notes
-----
AWS pages: "API UploadSSHPublicKey"; "API GetSSHPublicKey".
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from hashlib import md5
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

LEAST_BITS = 2048
_SSH = "ssh-rsa"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA public key: its two numbers, so that it can be compared, copied and kept in a file."""

    exponent: int
    modulus: int

    @classmethod
    def read(cls, text: str) -> PublicKey:
        """Read a key in either form.

        Raises
        ------
        ValueError
            It is none, or has fewer than 2,048 bits.
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
        """The MD5 sum that SSH shows, in pairs of digits."""
        wire = b64decode(self.to_ssh().removeprefix(_SSH))
        return md5(wire, usedforsecurity=False).digest().hex(":")

    def to_ssh(self) -> str:
        """Write it as SSH does."""
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
