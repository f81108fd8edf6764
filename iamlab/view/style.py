"""One palette, one set of symbols, for everything that iamlab shows.

Colours are told apart by lightness and hue by colour-blind readers too, and none is ever the only
sign: a verdict is a symbol, a word and a colour together. Figures carry their own light background,
so that they read the same in a dark notebook. A test computes every contrast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.engine.verdict import Verdict

PAPER = "#FFFFFF"
INK = "#1F2328"
PALE_INK = "#6A6F76"
PALE_LINE = "#C4C9CF"
ALLOW, ALLOW_AREA = "#0072B2", "#E3F1FA"
DENY, DENY_AREA = "#A84300", "#FCEBDD"
SILENT, SILENT_AREA = "#595959", "#F1F2F3"
LIT_AREA = "#FFF6D6"

TEXT_COLOURS = (INK, PALE_INK, ALLOW, DENY, SILENT)
"""Used for text and thin lines: each at least 4.5 to 1 against ``PAPER`` and its own area."""


@dataclass(frozen=True, slots=True)
class Look:
    """How an outcome looks: its symbol, its word, a colour for lines and text, one for areas."""

    symbol: str
    word: str
    colour: str
    area: str


LOOKS = {
    "allowed": Look("✓", "allowed", ALLOW, ALLOW_AREA),
    "explicitDeny": Look("✕", "explicit deny", DENY, DENY_AREA),
    "implicitDeny": Look("○", "implicit deny", SILENT, SILENT_AREA),
}


def look(verdict: Verdict) -> Look:
    """Say how a verdict looks."""
    return LOOKS[verdict.value]


def contrast(one: str, other: str) -> float:
    """Compute the contrast ratio of two colours, 1 to 21, as WCAG defines it.

    Examples
    --------
    >>> round(contrast("#000000", "#FFFFFF"))
    21
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def shorten(text: str, length: int) -> str:
    """Shorten text in the middle, where names differ least; line breaks and the like are shown.

    Examples
    --------
    >>> shorten("arn:aws:s3:::star-maps/m31.fits", 20)
    'arn:aws:s3…/m31.fits'
    """
    text = "".join(c if c.isprintable() else "␤" if c == "\n" else "␣" for c in text)
    if len(text) <= length:
        return text
    head = (length - 1 + 1) // 2
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"
