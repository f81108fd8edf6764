"""How values show themselves in a notebook: the one door from the core down to ``view``.

Policies, decisions and worlds call this when Jupyter asks for HTML; ``view`` is imported only then.
"""

from __future__ import annotations

from importlib import import_module


def html(value: object) -> str:
    """Give a value as HTML, everything in it escaped."""
    text: str = import_module("iamlab.view.cards").card(value)
    return text
