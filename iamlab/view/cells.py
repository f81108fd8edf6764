"""The cells of a table: as words for people, as values for pandas.

A look is its symbol and its word. A moment has seconds, and is in UTC. Several values are separated
by commas. ``None`` is an empty cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.display import has_stand_in
from iamlab.view.drawing.time_axis import stamp, utc
from iamlab.view.style import ALLOW, Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

LINK = f"color:{ALLOW};text-decoration:underline"
"""The style of a link on the light background of tables and cards, also in a dark notebook."""
BUTTON = (
    "display:inline-block;padding:8px 16px;border:1px solid;border-radius:8px;"
    "font-weight:600;color:inherit;text-decoration:none"
)
"""The style of a link that looks like a button, in the colour of the text around it."""
ROWS = 40
"""The largest number of rows that a table shows; the others are counted."""


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to an address; without an address, they are only words."""

    words: str
    address: str = ""

    def html(self) -> str:
        """Return the link as HTML."""
        words = escape(self.words)
        if not self.address:
            return words
        return f'<a style="{LINK}" href="{escape(self.address)}">{words}</a>'

    def __str__(self) -> str:
        return f"{self.words} ({self.address})" if self.address else self.words


def as_words(cell: object) -> str:
    """Return a cell in words.

    Examples
    --------
    >>> as_words(True), as_words(None), as_words(1234), as_words(("ana", "bob"))
    ('yes', '', '1,234', 'ana, bob')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return stamp(cell)
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, tuple | list):
        return ", ".join(map(as_words, cell))
    return str(cell)


def is_number(cell: object) -> bool:
    """Return whether a cell is a number, which is aligned to the right."""
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def named_by(rows: Sequence[Sequence[object]]) -> int | None:
    """Return the number of the first column that has only words: it names the rows.

    Examples
    --------
    >>> named_by([(1, "ana"), (2, "bob")]), named_by([])
    (1, None)
    """
    for place, cells in enumerate(zip(*rows, strict=True)):
        if all(isinstance(cell, str) and cell for cell in cells):
            return place
    return None


@has_stand_in("pandas")
def to_frame(columns: Iterable[str], rows: Iterable[Sequence[object]]) -> pd.DataFrame:
    """Return rows as a table of pandas, each column with the type that fits its values.

    Moments become ``datetime64`` in UTC, truth values ``bool``, and whole numbers ``int64``; with
    empty cells, ``boolean`` and ``Int64``. Looks become their words.

    Examples
    --------
    >>> found = to_frame(["user", "keys"], [["ana", 2], ["bob", None]])
    >>> found["keys"].dtype, found["user"].tolist()
    (Int64Dtype(), ['ana', 'bob'])
    """
    import pandas as pd

    names = list(columns)
    values = [[_value(cell) for cell in row] for row in rows]
    if not values or not names:
        return pd.DataFrame(index=range(len(values)), columns=names)
    # Two columns can have the same name, so they are joined by position.
    series = [
        pd.Series(list(cells), dtype=_type_of(cells), name=name)
        for name, cells in zip(names, zip(*values, strict=True), strict=True)
    ]
    frame: pd.DataFrame = pd.concat(series, axis="columns")
    return frame


def _value(cell: object) -> object:
    if isinstance(cell, Look):
        return cell.word
    if isinstance(cell, tuple | list):
        return ", ".join(map(as_words, cell))
    return utc(cell) if isinstance(cell, datetime) else cell


def _type_of(cells: Sequence[object]) -> Any:
    """Return the pandas type of the values of a column; ``None``: pandas chooses."""
    kinds = {type(cell) for cell in cells if cell is not None}
    has_gaps = any(cell is None for cell in cells)
    if not kinds:
        return "object"
    if all(issubclass(kind, datetime) for kind in kinds):
        return "datetime64[us, UTC]"
    if kinds == {bool}:
        return "boolean" if has_gaps else "bool"
    if kinds == {int} and all(cell is None or abs(cell) < _LARGEST for cell in cells):  # type: ignore[arg-type]
        return "Int64" if has_gaps else "int64"
    return None


_LARGEST = 2**63
