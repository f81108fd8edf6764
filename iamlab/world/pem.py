"""PEM: certificates and keys as text, between a line that begins and a line that ends them.

Only the form is checked. Whether a key goes with a certificate, or a chain leads to a root, is left
to whoever uses them.

Notes
-----
AWS page: "Manage server certificates in IAM".
"""

from __future__ import annotations

from base64 import b64decode

CERTIFICATE = "CERTIFICATE"
PRIVATE = ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY")
"""Private keys that are not locked with a password."""

_BEGIN, _END, _DASHES = "-----BEGIN ", "-----END ", "-----"


def blocks(text: str) -> list[tuple[str, bytes]]:
    r"""Read the blocks of a text: the label and the content of each.

    Raises
    ------
    ValueError
        There is none, something stands outside of them, or one is not base64.

    Examples
    --------
    >>> blocks("-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n")
    [('CERTIFICATE', b'\x00\x01\x02')]
    """
    found: list[tuple[str, bytes]] = []
    label, inside = "", list[str]()
    for line in map(str.strip, text.split("\n")):
        if label and line == f"{_END}{label}{_DASHES}":
            found.append((label, b64decode("".join(inside), validate=True)))
            label, inside = "", []
        elif label:
            inside.append(line)
        elif line.startswith(_BEGIN) and line.endswith(_DASHES):
            label = line.removeprefix(_BEGIN).removesuffix(_DASHES)
        elif line:
            raise ValueError("text outside of the blocks")
    if label or not found or not all(content for _, content in found):
        raise ValueError("a block that is empty, or does not end")
    return found


def certificates(text: str) -> list[bytes]:
    """Read a text of certificates only.

    Raises
    ------
    ValueError
        It is none.
    """
    found = blocks(text)
    if any(label != CERTIFICATE for label, _ in found):
        raise ValueError("a block that is no certificate")
    return [content for _, content in found]


def is_private_key(text: str) -> bool:
    """Say whether a text is one private key, not locked with a password."""
    try:
        found = blocks(text)
    except ValueError:
        return False
    return len(found) == 1 and found[0][0] in PRIVATE
