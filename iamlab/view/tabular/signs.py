"""Signs in tables: a symbol, a word and a colour together."""

from __future__ import annotations

from dataclasses import replace

from iamlab.view.style import ABSENT, LOOKS, Look


def good(word: str, symbol: str = "✓") -> Look:
    """Mark what is allowed, gained, done or valid."""
    return replace(LOOKS["allowed"], symbol=symbol, word=word)


def bad(word: str, symbol: str = "✕") -> Look:
    """Mark what is denied, lost, open to strangers or over."""
    return replace(LOOKS["explicitDeny"], symbol=symbol, word=word)


def silent(word: str, symbol: str = "○") -> Look:
    """Mark what is neither."""
    return replace(LOOKS["implicitDeny"], symbol=symbol, word=word)


EFFECTS = {"Allow": good("Allow"), "Deny": bad("Deny")}
GAINED, LOST = good("gained", "+"), bad("lost", "−")
RESULTS = {
    "allow": good("allow"),
    "deny": bad("deny"),
    "silent": silent("silent"),
    "absent": replace(ABSENT, word="absent"),
}
"""How a step of a decision looks, by its ``result``."""
OUTCOMES = {"allowed": good("allowed"), "denied": bad("denied"), "failed": silent("failed")}
"""How an event ended."""
YES, NO = good("yes"), silent("no")
