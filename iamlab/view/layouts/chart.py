"""Charts: numbers along a scale, and rows of shares from 0 to 100 %."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import SMALL, plain, widest, width_of
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.style import HAIRLINE, INK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.view.scene import Node

TICKS = 6
"""The largest number of ticks after the first one."""
TOP = 0.8
"""Where the first row begins."""
NAMES = 3.6
"""The largest width of the names of rows."""
GAP = 0.2


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale from a place on the sheet to another one: where its least and largest number are."""

    start: float
    end: float
    least: float = 0.0
    most: float = 1.0

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


class ShareChart:
    """A row for each node: its name, a scale from 0 to 100 %, its note and its look.

    Parameters
    ----------
    headings
        The headings of names and scale.
    height
        The height of a row.

    Attributes
    ----------
    sheet, scale
        Where the shares are then drawn.
    rows
        Each node with the middle of its row.
    bottom
        Where the last row ends.
    """

    def __init__(self, nodes: Sequence[Node], headings: tuple[str, str], *, height: float) -> None:
        self.sheet = Sheet(PAGE)
        looks = [str(node.look) if node.look else "" for node in nodes]
        names = max(widest(node.text for node in nodes), width_of(headings[0], SMALL))
        notes = widest((node.note for node in nodes), face="bold")
        left = MARGIN + min(names, NAMES) + 2 * GAP
        right = PAGE - MARGIN - widest(looks, SMALL) - GAP - notes
        self.scale = Scale(left, right - 2 * GAP)
        self.rows = [(node, TOP + (n + 0.5) * height) for n, node in enumerate(nodes)]
        self.bottom = TOP + len(nodes) * height
        self.sheet.heading(MARGIN, 0.28, headings[0])
        self.sheet.heading(left, 0.28, headings[1])
        for share in (0, 25, 50, 75, 100):
            self.line(share / 100, INK if not share else HAIRLINE)
            words, x = f"{share} %", self.scale.at(share / 100)
            self.sheet.note(x, TOP - 0.22, words, align="center", fact=False)
        for (node, y), look in zip(self.rows, looks, strict=True):
            self.sheet.text(MARGIN, y, node.text, room=left - MARGIN - GAP)
            self.sheet.text(right, y, node.note, face="bold")
            if node.look:
                self.sheet.note(right + notes + GAP, y, look, node.look.colour)

    def line(self, share: float, colour: str) -> None:
        """Draw a line from top to bottom at a share."""
        top = TOP - 0.08
        self.sheet.area(
            (self.scale.at(share), top), (0.001, self.bottom - top), colour, edge=colour
        )

    def mark(self, share: float, words: str) -> None:
        """Draw a dashed line at a share, with its name below it."""
        x, (left, right) = self.scale.at(share), (self.scale.start, self.scale.end)
        self.sheet.straight((x, TOP - 0.1), (x, self.bottom), INK, dashed=True, bold=True)
        room = right - left
        half = min(width_of(plain(words), SMALL, "bold"), room) / 2
        middle = min(max(x, left + half), right - half)
        style = {"face": "bold", "align": "center", "room": room}
        self.sheet.note(middle, self.bottom + 0.16, words, INK, **style)
