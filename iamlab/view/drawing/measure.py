"""Text as wide as it will be drawn: measured, shortened in the middle, broken into lines.

All widths are inches, all sizes points. Text from strangers is made plain first: what cannot be
printed, and what the font has no letter for, is replaced by a sign that can be seen, so that the
same text looks the same on every machine.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal

from iamlab.display import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.font_manager import FontProperties

Face = Literal["sans", "bold", "mono"]

TITLE, TEXT, SMALL = 11.5, 10.0, 8.8
"""The type scale: a field's name, what stands in a box, what stands beside or below."""

ELLIPSIS = "…"
_FAMILY = {"sans": "DejaVu Sans", "bold": "DejaVu Sans", "mono": "DejaVu Sans Mono"}
_POINTS = 72  # points in an inch


def plain(text: str, face: Face = "sans") -> str:
    r"""Make text that can be drawn: what has no letter in the font becomes a square, too.

    Examples
    --------
    >>> plain("two\nlines")
    'two↵lines'
    """
    text = printable(text)
    if text.isascii():
        return text
    known = _letters(face)
    return "".join(c if ord(c) in known else "\N{WHITE SQUARE}" for c in text)


@lru_cache(maxsize=20_000)
def width_of(text: str, size: float = TEXT, face: Face = "sans") -> float:
    """Measure text.

    Examples
    --------
    >>> width_of("wide") > width_of("slim") > 0
    True
    """
    from matplotlib.textpath import text_to_path

    width, _, _ = text_to_path.get_text_width_height_descent(text, font(size, face), ismath=False)
    return float(width) / _POINTS


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
    least, most = 0, len(text) - 1  # so many letters can stay
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
    """Break text between its words into at most so many lines; the last one takes what is left.

    Examples
    --------
    >>> wrap("the Deny in guard cuts the way", 1.2)
    ['the Deny in', 'guard cuts the', 'way']
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


def widest(texts: Iterable[str], size: float = TEXT, face: Face = "sans") -> float:
    """Measure the widest of some texts."""
    return max((width_of(plain(text, face), size, face) for text in texts), default=0.0)


def height_of(size: float = TEXT) -> float:
    """Give the distance of two lines of text."""
    return size * 1.35 / _POINTS


@cache
def font(size: float, face: Face) -> FontProperties:
    """Give a font; matplotlib ships all three."""
    from matplotlib.font_manager import FontProperties

    weight: Any = "bold" if face == "bold" else "normal"
    return FontProperties(family=_FAMILY[face], weight=weight, size=size)


@cache
def _letters(face: Face) -> frozenset[int]:
    """Name the letters that a face can draw."""
    from matplotlib.font_manager import fontManager, get_font

    return frozenset(get_font(fontManager.findfont(font(TEXT, face))).get_charmap())
