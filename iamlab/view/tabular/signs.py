"""Signs that stand in tables: a symbol, a word and a colour together."""

from __future__ import annotations

from iamlab.view.style import (
    ABSENT,
    ALLOW,
    ALLOW_AREA,
    ALLOW_FILL,
    DENY,
    DENY_AREA,
    DENY_FILL,
    SILENT,
    SILENT_AREA,
    Look,
)


def good(word: str, symbol: str = "✓") -> Look:
    """Mark what is allowed, gained, done or valid."""
    return Look(symbol, word, ALLOW, ALLOW_AREA, ALLOW_FILL)


def bad(word: str, symbol: str = "✕") -> Look:
    """Mark what is denied, lost, open to strangers or over."""
    return Look(symbol, word, DENY, DENY_AREA, DENY_FILL, "////")


def silent(word: str, symbol: str = "○") -> Look:
    """Mark what is neither."""
    return Look(symbol, word, SILENT, SILENT_AREA, hatch="....")


EFFECTS = {"Allow": good("Allow"), "Deny": bad("Deny")}
GAINED, LOST = good("gained", "+"), bad("lost", "−")
RESULTS = {
    "allow": good("allow"),
    "deny": bad("deny"),
    "silent": silent("silent"),
    "absent": Look(ABSENT.symbol, "absent", ABSENT.colour, ABSENT.area),
}
"""What a rung of a decision says, by the word of its ``result``."""
OUTCOMES = {"allowed": good("allowed"), "denied": bad("denied"), "failed": silent("failed")}
"""How an event ended."""
YES, NO = good("yes"), silent("no")
