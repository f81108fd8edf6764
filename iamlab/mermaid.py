"""Escape text for Mermaid, so that no part of it has a meaning in Mermaid's language.

The graph of reach and the graphs of figures use it.

Notes
-----
Mermaid, "Flowcharts - Basic Syntax".
"""

from __future__ import annotations

import re

from iamlab.display import printable

_NAMES = {'"': "quot", "<": "lt", ">": "gt", "&": "amp"}
_SIGNS = '"<>&#`%$*\\'
"""Characters that end a text or have a meaning: tags, settings, formulas, bold words, breaks.

``%%{init: ...}%%`` is a setting anywhere, even inside a text.
"""
_STARTS = re.compile(r"^\s*(?:[-+]|\d+(?=[.)]))|(?<=fa)[bklrs]?:(?=fa-)")
"""Beginnings of a list, and icons."""


def as_text(text: str) -> str:
    """Escape text. An empty text would be an error, so it becomes a space.

    Examples
    --------
    >>> as_text('1. "all"'), as_text("")
    ('#49;. #quot;all#quot;', ' ')
    """
    plain = printable(text)
    starts = {
        place
        for found in _STARTS.finditer(plain)
        for place in range(*found.span())
        if not plain[place].isspace()
    }
    return (
        "".join(
            _entity(sign) if sign in _SIGNS or place in starts else sign
            for place, sign in enumerate(plain)
        )
        or " "
    )


def _entity(letter: str) -> str:
    return f"#{_NAMES.get(letter, ord(letter))};"
