"""DER, the form in which certificates and public keys are written: tag, length, content.

Only what IAM needs of it: when a certificate ends, and the two numbers of an RSA key.

Notes
-----
AWS page: "Manage server certificates in IAM".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

SEQUENCE, INTEGER, BITS, NULL, OBJECT_ID = 0x30, 0x02, 0x03, 0x05, 0x06
_UTC_TIME, _VERSION = 0x17, 0xA0


@dataclass(frozen=True, slots=True)
class Node:
    """One value: a tag that tells its kind, and its content."""

    tag: int
    content: bytes

    def inside(self) -> list[Node]:
        """Read what is inside a sequence."""
        return read(self.content)


def read(data: bytes) -> list[Node]:
    r"""Read values that stand one behind the other.

    Raises
    ------
    ValueError
        They are cut off.

    Examples
    --------
    >>> read(bytes([2, 1, 5]))
    [Node(tag=2, content=b'\x05')]
    """
    found, at = [], 0
    while at < len(data):
        if at + 1 >= len(data):
            raise ValueError("a value without a length")
        tag, size, at = data[at], data[at + 1], at + 2
        if size >= 0x80:  # so many bytes follow, which hold the length
            many = size - 0x80
            size, at = int.from_bytes(data[at : at + many], "big"), at + many
        if at + size > len(data):
            raise ValueError("a value that is cut off")
        found.append(Node(tag, data[at : at + size]))
        at += size
    return found


def write(tag: int, content: bytes) -> bytes:
    r"""Write a value.

    Examples
    --------
    >>> write(INTEGER, b"\x05")
    b'\x02\x01\x05'
    """
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 + len(length)]) + length + content


def ends(certificate: bytes) -> datetime | None:
    """Say when a certificate ends; ``None`` if that cannot be read in it."""
    try:
        signed = read(certificate)[0].inside()[0].inside()
        validity = signed[4 if signed[0].tag == _VERSION else 3]
        until = validity.inside()[1]
        text = until.content.decode("ascii")
        if until.tag == _UTC_TIME:  # two digits for the year, 1950 to 2049
            text = ("19" if text[:2] >= "50" else "20") + text
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except (ValueError, IndexError):
        return None
