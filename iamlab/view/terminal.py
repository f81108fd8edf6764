"""Tables for a terminal: columns side by side, with long cells broken into lines.

The width of letters is counted in columns of a terminal: some take two, some take none. No text in
a cell can break its line or turn its direction.
"""

from __future__ import annotations

import unicodedata
from itertools import zip_longest
from typing import TYPE_CHECKING

from iamlab.display import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LINE = 100
"""The largest number of columns of a table."""
GAP = "  "
NARROW, WIDE = 8, 26
"""A column is at least as wide as its longest word, if this is at most ``WIDE``, and always at
least ``NARROW``."""


def aligned(
    rows: Sequence[Sequence[str]], right: Sequence[bool], *, headed: bool = True
) -> Iterator[str]:
    """Yield rows as lines, their columns side by side.

    Parameters
    ----------
    right
        Whether the cells of each column are aligned to the right.
    headed
        Whether the first row has the headings, with a rule below.
    """
    plain = [[printable(cell) for cell in row] for row in rows]
    widths = _widths(plain)
    for number, row in enumerate(plain):
        parts = [broken(cell, width) for cell, width in zip(row, widths, strict=True)]
        for line in range(max(map(len, parts), default=0)):
            found = [part[line] if line < len(part) else "" for part in parts]
            yield GAP.join(
                padded(text, width, right=at_right)
                for text, width, at_right in zip(found, widths, right, strict=True)
            ).rstrip()
        if number == 0 and headed:
            yield GAP.join("─" * width for width in widths)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the width of each column; the widest ones get narrower until a line fits."""
    widths = [max(map(columns_of, column)) for column in zip(*rows, strict=True)]
    words = [_longest_word(column) for column in zip(*rows, strict=True)]
    room = LINE - len(GAP) * (len(widths) - 1)
    for least in (words, [NARROW] * len(words)):
        while sum(widths) > room:
            spare = [width - most for width, most in zip(widths, least, strict=True)]
            widest = max(
                (place for place, left in enumerate(spare) if left > 0),
                key=widths.__getitem__,
                default=None,
            )
            if widest is None:
                break
            widths[widest] -= 1
    return widths


def _longest_word(cells: Sequence[str]) -> int:
    longest = max(columns_of(piece.rstrip()) for cell in cells for piece in _pieces(cell, WIDE))
    return max(longest, NARROW)


def columns_of(text: str) -> int:
    """Return the width of a text, in columns of a terminal: some letters take two, some none.

    Examples
    --------
    >>> columns_of("maps"), columns_of("地図"), columns_of("e\N{COMBINING ACUTE ACCENT}")
    (4, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(_width(letter) for letter in text)


def _width(letter: str) -> int:
    if unicodedata.combining(letter) or letter in "\N{ZERO WIDTH JOINER}\N{VARIATION SELECTOR-16}":
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Fill text with blanks to a width, in columns of a terminal."""
    blanks = " " * (width - columns_of(text))
    return f"{blanks}{text}" if right else f"{text}{blanks}"


def broken(text: str, width: int) -> list[str]:
    """Break text into lines of a width: between words if possible, otherwise after a sign.

    Examples
    --------
    >>> broken("arn:aws:iam::111111111111:user/alice", 20)
    ['arn:aws:iam::', '111111111111:user/', 'alice']
    >>> broken("2026-11-25 09:00:00", 12)
    ['2026-11-25', '09:00:00']
    """
    lines, line = [], ""
    for piece in _pieces(text, width):
        if columns_of(line + piece.rstrip()) <= width:
            line += piece
        else:
            lines.append(line.rstrip())
            line = piece
    return [*lines, line.rstrip()]


def _pieces(text: str, width: int) -> Iterator[str]:
    """Cut text where it can be broken: at blanks and after signs, but not within a number.

    A piece that is longer than a line is cut anywhere.
    """
    piece = ""
    for letter, following in zip_longest(text, text[1:], fillvalue=""):
        in_number = piece[-1:].isdigit() and following.isdigit()
        if columns_of(piece + letter) > width:
            yield piece
            piece = ""
        piece += letter
        if letter == " " or (letter in _SIGNS and following not in _SIGNS and not in_number):
            yield piece
            piece = ""
    yield piece


_SIGNS = ":/,;-_"
