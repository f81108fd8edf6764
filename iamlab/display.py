"""How values show themselves in a notebook: the one door from the core down to ``view``.

Policies, decisions and worlds call this when Jupyter asks for HTML; ``view`` is imported only then.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from iamlab.engine.matrix import AccessMatrix


def html(value: object) -> str:
    """Give a value as HTML, everything in it escaped."""
    text: str = import_module("iamlab.view.cards.card").card(value)
    return text


def frame(matrix: AccessMatrix) -> pd.DataFrame:
    """Give an access matrix as a table."""
    table: pd.DataFrame = import_module("iamlab.view.tables").frame(matrix)
    return table


def table(columns: Iterable[str], rows: Iterable[Sequence[object]]) -> pd.DataFrame:
    """Give rows as a table."""
    made: pd.DataFrame = import_module("iamlab.view.tables").table(columns, rows)
    return made
