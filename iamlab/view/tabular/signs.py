"""Signs in tables: a symbol, a word and a colour together."""

from __future__ import annotations

from dataclasses import replace

from iamlab.view.style import ABSENT, LOOKS, Look


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
