"""Text in Mermaid's language that is nothing but text, whatever stands in it.

Graphs of two layers are written so: that of reach, and those of the figures.

Notes
-----
Mermaid, "Flowcharts - Basic Syntax".
"""

from __future__ import annotations

import re

from iamlab.display import printable

_NAMES = {'"': "quot", "<": "lt", ">": "gt", "&": "amp"}
_SIGNS = '"<>&#`%$*\\'
"""What would end a text or mean something in it: a tag, a setting, a formula, a bold word, a break.

``%%{init: ...}%%`` counts as a setting wherever it stands, in a text too.
"""
_STARTS = re.compile(r"^\s*(?:[-+]|\d+(?=[.)]))|(?<=fa)[bklrs]?:(?=fa-)")
"""What would begin a list, or stand for an icon."""


def as_text(text: str) -> str:
    """Write text so that it is only text; an empty one would be an error, and becomes a space.

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
            _entity(one) if one in _SIGNS or place in starts else one
            for place, one in enumerate(plain)
        )
        or " "
    )


def _entity(letter: str) -> str:
    return f"#{_NAMES.get(letter, ord(letter))};"
