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
        return f"{self.symbol} {self.word}".strip()

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


def state_look(symbol: str, word: str) -> Look:
    """Return the look of a state on a bar: only valid credentials are dark."""
    colours = {"✓": (ALLOW, ALLOW_FILL), "✕": (DENY, DENY_AREA)}
    return Look(symbol, word, *colours.get(symbol, (SILENT, SILENT_AREA)))


def look(verdict: Verdict) -> Look:
    """Return how a verdict looks."""
    return LOOKS[verdict.value]


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
"""The look of a statement, by its effect."""
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
