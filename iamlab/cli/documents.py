"""What the commands about policy documents share: reading a text, printing what strangers wrote."""

from __future__ import annotations

import sys
from pathlib import Path

from iamlab.errors import LoadError

STANDARD_INPUT = "-"


def read_text(file: str) -> str:
    """Read a file, or standard input for ``-``.

    Raises
    ------
    LoadError
        There is no such file, or it is no text.
    """
    try:
        if file == STANDARD_INPUT:
            return sys.stdin.buffer.read().decode("utf-8-sig")
        return Path(file).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise LoadError(f"{file} cannot be read: {reason}.") from None


def printable(text: str) -> str:
    r"""Show what would steer the terminal: names and Sids come from strangers.

    Examples
    --------
    >>> printable("a\x1b[31mb") == "a\ufffd[31mb"
    True
    """
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
