"""RSA public keys as SSH writes them, and as PEM; each form can be made of the other.

Notes
-----
AWS pages: "API UploadSSHPublicKey"; "API GetSSHPublicKey".
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import md5
from textwrap import wrap

from iamlab.world import der
from iamlab.world.pem import blocks

LEAST_BITS = 2048
_SSH = "ssh-rsa"
_RSA = bytes.fromhex("2a864886f70d010101")  # the object id of RSA keys, 1.2.840.113549.1.1.1


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA public key: its two numbers."""

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
        numbers = _of_ssh(text) if text.lstrip().startswith(_SSH) else _of_pem(text)
        key = cls(*(int.from_bytes(number, "big") for number in numbers))
        if key.modulus.bit_length() < LEAST_BITS:
            raise ValueError(f"a key of fewer than {LEAST_BITS} bits")
        return key

    @property
    def wire(self) -> bytes:
        """As SSH sends it."""
        parts = (_SSH.encode(), _bytes(self.exponent), _bytes(self.modulus))
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)

    @property
    def fingerprint(self) -> str:
        """The MD5 sum that SSH shows, in pairs of digits."""
        return md5(self.wire, usedforsecurity=False).digest().hex(":")

    def to_ssh(self) -> str:
        """Write it as SSH does."""
        return f"{_SSH} {b64encode(self.wire).decode()}"

    def to_pem(self) -> str:
        """Write it as PEM."""
        numbers = (der.write(der.INTEGER, _bytes(n)) for n in (self.modulus, self.exponent))
        key = der.write(der.SEQUENCE, b"".join(numbers))
        kind = der.write(der.OBJECT_ID, _RSA) + der.write(der.NULL, b"")
        whole = der.write(der.SEQUENCE, kind) + der.write(der.BITS, b"\0" + key)
        lines = wrap(b64encode(der.write(der.SEQUENCE, whole)).decode(), 64)
        return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])


def _bytes(number: int) -> bytes:
    """Write a number with room for a sign."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _of_ssh(text: str) -> list[bytes]:
    words = text.split(None, 2)  # what follows the key is a comment
    if len(words) < 2 or words[0] != _SSH:
        raise ValueError("no key behind its kind")
    data, parts = b64decode(words[1], validate=True), []
    while data:
        end = 4 + int.from_bytes(data[:4], "big")
        if end > len(data):
            raise ValueError("a key that is cut off")
        parts.append(data[4:end])
        data = data[end:]
    if len(parts) != 3 or parts[0] != _SSH.encode():
        raise ValueError("a key of another kind")
    return parts[1:]


def _of_pem(text: str) -> list[bytes]:
    [(label, data), *more] = blocks(text)
    try:
        [key] = der.read(data)
        if label == "PUBLIC KEY":
            kind, bits = key.inside()
            if kind.inside()[0].content != _RSA:
                raise ValueError("a key that is not of RSA")
            [key] = der.read(bits.content[1:])
        modulus, exponent = key.inside()
    except IndexError:
        raise ValueError("a key without its numbers") from None
    if more or label not in ("PUBLIC KEY", "RSA PUBLIC KEY"):
        raise ValueError("not one public key")
    return [exponent.content, modulus.content]
