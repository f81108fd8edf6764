"""The colours and symbols of all figures and tables.

Colours differ in lightness and hue, also for colour-blind readers. A colour is never the only sign:
a verdict has a symbol, a word and a colour, and an area also has a hatching, so a black-and-white
print shows the same. Figures have a light background, so they look the same in a dark notebook. A
test computes every contrast.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.engine.verdict import Verdict

PAPER = "#FFFFFF"
INK = "#1F2328"
PALE_INK = "#62676E"
PALE_LINE = "#6E747B"
ALLOW, ALLOW_AREA, ALLOW_FILL = "#0072B2", "#E3F1FA", "#0072B2"
DENY, DENY_AREA, DENY_FILL = "#A84300", "#FCEBDD", "#D55E00"
SILENT, SILENT_AREA, SILENT_FILL = "#595959", "#F1F2F3", "#8A9097"
LIT_AREA = "#FFF6D6"
FIELD_AREA = "#F7F8F9"
HAIRLINE = "#C4C9CF"
"""For decoration only: lines between rows, frames of cells."""

TEXT_COLOURS = (INK, PALE_INK, PALE_LINE, ALLOW, DENY, SILENT)
"""Used for text and thin lines: each at least 4.5 to 1 against ``PAPER``."""

FILLS = (ALLOW_FILL, DENY_FILL, SILENT_FILL)
"""Used for areas without words, such as bars: each at least 3 to 1."""


@dataclass(frozen=True, slots=True)
class Look:
    """The symbol, word and colours of an outcome.

    Parameters
    ----------
    symbol, word
        Shown with every colour.
    colour
        For text and lines.
    area
        The pale colour behind words.
    fill, hatch
        For an area without words; the hatching (``/`` or ``.``) is for black-and-white prints.
    """

    symbol: str
    word: str
    colour: str
    area: str
    fill: str = SILENT_FILL
    hatch: str = ""

    def __str__(self) -> str:
        return f"{self.symbol} {self.word}"

    @property
    def sentence(self) -> str:
        """Symbol and word as a sentence: ``"✕ Explicit deny."``."""
        return f"{self.symbol} {self.word.capitalize()}."


LOOKS = {
    "allowed": Look("✓", "allowed", ALLOW, ALLOW_AREA, ALLOW_FILL),
    "explicitDeny": Look("✕", "explicit deny", DENY, DENY_AREA, DENY_FILL, "////"),
    "implicitDeny": Look("○", "implicit deny", SILENT, SILENT_AREA, SILENT_FILL, "...."),
}
ABSENT = Look("–", "not there", PALE_INK, PAPER)
"""For a layer without policies."""
EFFECTS = {"Allow": LOOKS["allowed"], "Deny": LOOKS["explicitDeny"]}
"""How a statement looks, by its effect."""


def state_look(symbol: str, word: str) -> Look:
    """Return the look of a state on a bar: only valid credentials are dark."""
    colours = {"✓": (ALLOW, ALLOW_FILL), "✕": (DENY, DENY_AREA)}
    return Look(symbol, word, *colours.get(symbol, (SILENT, SILENT_AREA)))


def look(verdict: Verdict) -> Look:
    """Return how a verdict looks."""
    return LOOKS[verdict.value]


def contrast(first: str, other: str) -> float:
    """Compute the contrast ratio of two colours, 1 to 21, as WCAG defines it.

    Examples
    --------
    >>> round(contrast("#000000", "#FFFFFF"))
    21
    """
    light, dark = sorted((_luminance(first), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def good(word: str, symbol: str = "✓") -> Look:
    """Return the look of a good result: allowed, gained, done, valid."""
    return replace(LOOKS["allowed"], symbol=symbol, word=word)


def bad(word: str, symbol: str = "✕") -> Look:
    """Return the look of a bad result: denied, lost, public, expired."""
    return replace(LOOKS["explicitDeny"], symbol=symbol, word=word)


def silent(word: str, symbol: str = "○") -> Look:
    """Return the look of a result that is neither good nor bad."""
    return replace(LOOKS["implicitDeny"], symbol=symbol, word=word)


EFFECTS = {"Allow": good("Allow"), "Deny": bad("Deny")}
GAINED, LOST = good("gained", "+"), bad("lost", "−")
RESULTS = {
    "allow": good("allow"),
    "deny": bad("deny"),
    "silent": silent("silent"),
    "absent": replace(ABSENT, word="absent"),
}
"""The look of a step, by its ``result``."""
OUTCOMES = {"allowed": good("allowed"), "denied": bad("denied"), "failed": silent("failed")}
"""The look of an event, by its outcome."""
YES, NO = good("yes"), silent("no")
