"""A legend below a picture: the meaning of its colours and signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import SMALL, width_of
from iamlab.view.drawing.sheet import MARGIN, PAGE
from iamlab.view.style import PALE_INK

if TYPE_CHECKING:
    from iamlab.view.drawing.shapes import Point
    from iamlab.view.drawing.sheet import Sheet

SWATCH = 0.32
"""The width of a piece of a bar."""
GAP, APART = 0.08, 0.22
"""The gaps between a sign and its words, and before the next sign."""
LINE = 0.26
"""The distance of two lines."""


class Legend:
    """A legend that begins at a place on a sheet and grows to the right and down.

    Parameters
    ----------
    x, y
        The left end of the next entry, and the middle of its line.
    """

    def __init__(self, sheet: Sheet, x: float, y: float) -> None:
        self.sheet, self.x, self.y, self.start = sheet, x, y, x

    def piece(
        self, words: str, area: str, edge: str, *, height: float = 0.14, hatch: str = ""
    ) -> None:
        """Explain a piece of a bar."""
        x, y = self.place(SWATCH, words)
        self.sheet.area((x, y - height / 2), (SWATCH, height), area, edge=edge, hatch=hatch)

    def place(
        self, width: float, words: str, colour: str = PALE_INK, *, fact: bool = False
    ) -> Point:
        """Write words, and return the place for a sign of that width before them."""
        before = width + GAP if width else 0.0
        taken = before + width_of(words, SMALL)
        if self.x > self.start and self.x + taken > PAGE - MARGIN:
            self.x, self.y = self.start, self.y + LINE
        place = self.x, self.y
        self.sheet.note(self.x + before, self.y, words, colour, fact=fact)
        self.x += taken + APART
        return place
