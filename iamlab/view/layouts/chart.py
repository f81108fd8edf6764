"""Charts: numbers along a scale, and rows with a scale."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import SMALL, plain, widest, width_of
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.style import HAIRLINE, INK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.view.scene import Node
    from iamlab.view.style import Look

TICKS = 6
"""The largest number of ticks after the first one."""
TOP = 0.8
"""Where the first row begins."""
NAMES, GAP = 3.6, 0.2
"""The largest width of the names of rows, and the gap beside them."""
BAR, STUB = 0.18, 0.04
"""The height of a bar, and the length of one for 0."""
SHARES = {share / 100: f"{share} %" for share in (0, 25, 50, 75, 100)}
"""The ticks of a scale of shares."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale on a sheet: the places of its least and its largest number."""

    start: float
    end: float
    least: float
    most: float

    def at(self, number: float) -> float:
        """Return the place of a number."""
        part = (number - self.least) / (self.most - self.least)
        return self.start + (self.end - self.start) * part


def ticks(least: int, most: int) -> list[int]:
    """Choose round numbers for a scale.

    Examples
    --------
    >>> ticks(1, 12), ticks(0, 485)
    ([2, 4, 6, 8, 10, 12], [0, 100, 200, 300, 400])
    """
    steps = chain.from_iterable((10**power, 2 * 10**power, 5 * 10**power) for power in range(8))
    step = next(step for step in steps if most / step <= TICKS)
    return [tick for tick in range(0, most + 1, step) if tick >= least]


class RowChart:
    """A row for each node: its name, its place on a scale, its note and its look.

    Parameters
    ----------
    headings
        The headings of names and scale.
    ticks
        Numbers on the scale, with their words; they include its ends.
    height
        The height of a row.

    Attributes
    ----------
    sheet, scale
        The sheet and the scale of the numbers.
    rows
        Each node, with the middle of its row.
    bottom
        The end of the last row.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        headings: tuple[str, str],
        ticks: Mapping[float, str],
        *,
        height: float,
    ) -> None:
        self.sheet = Sheet(PAGE)
        looks = [str(node.look) if node.look else "" for node in nodes]
        names = max(widest(node.text for node in nodes), width_of(headings[0], SMALL))
        notes = widest((node.note for node in nodes), face="bold")
        left = MARGIN + min(names, NAMES) + 2 * GAP
        right = PAGE - MARGIN - widest(looks, SMALL) - GAP - notes
        self.scale = Scale(left, right - 2 * GAP, min(ticks), max(ticks))
        self.rows = [(node, TOP + (n + 0.5) * height) for n, node in enumerate(nodes)]
        self.bottom = TOP + len(nodes) * height
        self.sheet.heading(MARGIN, 0.28, headings[0])
        self.sheet.heading(left, 0.28, headings[1])
        for number, words in ticks.items():
            x, top, colour = self.scale.at(number), TOP - 0.08, HAIRLINE if number else INK
            self.sheet.area((x, top), (0.001, self.bottom - top), colour, edge=colour)
            self.sheet.note(x, TOP - 0.22, words, align="center", fact=False)
        for (node, y), look in zip(self.rows, looks, strict=True):
            self.sheet.text(MARGIN, y, node.text, room=left - MARGIN - GAP)
            self.sheet.text(right, y, node.note, face="bold")
            if node.look:
                self.sheet.note(right + notes + GAP, y, look, node.look.colour)

    def bar(self, y: float, number: float, look: Look) -> None:
        """Draw a bar from 0 to a number."""
        left, right = sorted((self.scale.at(0), self.scale.at(number)))
        size = max(right - left, STUB), BAR
        self.sheet.area((left, y - BAR / 2), size, look.fill, edge=look.colour, hatch=look.hatch)

    def mark(self, number: float, words: str) -> None:
        """Draw a dashed line at a number, with its name below it."""
        x, (left, right) = self.scale.at(number), (self.scale.start, self.scale.end)
        self.sheet.straight((x, TOP - 0.1), (x, self.bottom), INK, dashed=True, bold=True)
        half = min(width_of(plain(words), SMALL, "bold"), right - left) / 2
        middle = min(max(x, left + half), right - half)
        style = {"face": "bold", "align": "center", "room": right - left}
        self.sheet.note(middle, self.bottom + 0.16, words, INK, **style)
