"""The width of text as it will be drawn; text shortened in the middle or broken into lines.

All widths are inches, all sizes are points. The widths of the letters are in ``glyph_widths.json``,
so no font and no drawing library is needed. A visible sign replaces characters that can't be
printed or aren't in the font, so the same text looks the same on every machine.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from iamlab.display import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Face = Literal["sans", "bold", "mono"]

TITLE, TEXT, SMALL = 11.5, 10.0, 8.8
"""The type scale: a frame's name, the words in a box, the words beside or below it."""

ELLIPSIS = "…"
POINTS = 72
"""Points in an inch."""
ASCENT, DESCENT = 0.76, 0.208
"""The height of letters such as ``l`` above the base line, and of ``p`` below it, in ems."""
_TABLE = Path(__file__).with_name("glyph_widths.json")


def plain(text: str, face: Face = "sans") -> str:
    r"""Return text that can be drawn: letters that the font lacks become squares.

    Examples
    --------
    >>> plain("two\nlines")
    'two↵lines'
    """
    text = printable(text)
    if text.isascii():
        return text
    known = _metrics(face).widths
    return "".join(c if c in known else "\N{WHITE SQUARE}" for c in text)


@lru_cache(maxsize=20_000)
def width_of(text: str, size: float = TEXT, face: Face = "sans") -> float:
    """Measure text.

    Examples
    --------
    >>> width_of("wide") > width_of("slim") > 0
    True
    """
    widths, kerning = _metrics(face)
    unknown = widths["\N{WHITE SQUARE}"]
    ems = sum(widths.get(letter, unknown) for letter in text)
    if kerning:
        ems += sum(kerning.get(pair, 0.0) for pair in pairwise(text))
    return ems * size / POINTS


def fit(text: str, room: float, size: float = TEXT, face: Face = "sans") -> str:
    """Shorten text in the middle, where names differ least, until it fits.

    Examples
    --------
    >>> fit("star-maps", 1)
    'star-maps'
    >>> fit("arn:aws:s3:::star-maps/2026/11/m31.fits", 1.5)
    'arn:aws:s…/m31.fits'
    """
    text = plain(text, face)
    if width_of(text, size, face) <= room:
        return text
    least, most = 0, len(text) - 1  # numbers of letters that stay
    while least < most:
        middle = (least + most + 1) // 2
        if width_of(_shortened(text, middle), size, face) <= room:
            least = middle
        else:
            most = middle - 1
    return _shortened(text, least)


def _shortened(text: str, letters: int) -> str:
    head = (letters + 1) // 2
    return f"{text[:head]}{ELLIPSIS}{text[len(text) - (letters - head) :]}"


def wrap(
    text: str, room: float, size: float = TEXT, face: Face = "sans", *, most: int = 9
) -> list[str]:
    """Break text between its words into lines; the last possible line has all other words.

    Examples
    --------
    >>> wrap("the Deny in guard blocks the call", 1.2)
    ['the Deny in', 'guard blocks the', 'call']
    """
    words = plain(text, face).split(" ")
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if len(lines) == most or width_of(longer, size, face) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return [fit(line, room, size, face) for line in lines]


def lines_of(
    text: str, room: float, size: float = TEXT, face: Face = "sans", *, most: int = 3
) -> int:
    """Return the number of lines that a text takes.

    Examples
    --------
    >>> lines_of("the Deny in guard denies the call", 1.2)
    3
    """
    return len(wrap(text, room, size, face, most=most)) if text else 0


def widest(texts: Iterable[str], size: float = TEXT, face: Face = "sans") -> float:
    """Measure the widest of some texts."""
    return max((width_of(plain(text, face), size, face) for text in texts), default=0.0)


def height_of(size: float = TEXT) -> float:
    """Return the distance of two lines of text."""
    return size * 1.35 / POINTS


def tall(size: float = TEXT) -> float:
    """Return the height of letters, from the lowest to the highest."""
    return (ASCENT + DESCENT) * size / POINTS


class _Metrics(NamedTuple):
    """The widths of the letters of a face, and the kerning of pairs, in ems."""

    widths: Mapping[str, float]
    kerning: Mapping[tuple[str, str], float]


@cache
def _metrics(face: Face) -> _Metrics:
    """Read the table, which lists each width with the ranges of its letters."""
    table = json.loads(_TABLE.read_text("ascii"))["faces"][face]
    units, widths = table["units"], {}
    for width, ranges in table["widths"].items():
        for letters in ranges.split():
            first, _, last = letters.partition("-")
            codes = range(int(first, 16), int(last or first, 16) + 1)
            widths.update(dict.fromkeys(map(chr, codes), int(width) / units))
    kerning = {tuple(pair): added / units for pair, added in table["kerning"].items()}
    return _Metrics(widths, kerning)
