"""A grid: a row for each node, a cell for each column, labels above the columns, a legend below.

Labels are slanted, so a long label fits above a narrow column. Above them is the group of several
columns, such as their service. If there is no room for groups, each label has the whole title:
``s3:GetObject on maps``.
"""

from __future__ import annotations

from itertools import groupby, pairwise
from math import cos, radians, sin, tan
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import SMALL, TEXT, Face, height_of, widest
from iamlab.view.drawing.shapes import Ink, Line, Tiles
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.style import HAIRLINE, INK, PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from iamlab.view.drawing.shapes import Point
    from iamlab.view.scene import Column, Scene
    from iamlab.view.style import Look

ROW_HEIGHT = 0.3
PITCHES = (0.5, 0.4, 0.34, 0.3)
"""The widths of columns: the first for which there is room."""
GAP = 0.1
"""Between two groups of columns."""
SLANT = 60
SLOPE = radians(SLANT)
"""The angle of labels, in degrees and in radians."""
LABEL, WHOLE_LABELS = 1.9, (2.6, 2.0, 1.5)
"""The largest length of a label with a group above it; of a label with the whole title."""
NAMES = 2.3
"""The room for the names of rows."""
BLOCK, HEADLINE = 0.32, 0.19
"""The height of a heading above rows, and of a line above the labels."""
SYMBOL = 12.0
QUIET = ("○", "–")
"""Symbols that are small and pale, so the others are easier to see."""
SIGN = 0.2
"""The piece of paper behind the symbol of a filled cell."""
FACES: tuple[Face, ...] = ("bold", "sans")


def draw_grid(
    scene: Scene,
    *,
    pitches: Sequence[float] = PITCHES,
    filled: Container[Look] = (),
    legend: Sequence[Look] | None = None,
    nothing: str = "",
) -> Sheet:
    """Draw a scene as a grid; nodes of one parent are below its heading.

    Parameters
    ----------
    pitches
        The possible widths of columns, in order of preference.
    filled
        The looks whose cells are filled with a strong colour.
    legend
        The looks to explain. Default: those of the cells.
    nothing
        The words for a grid without cells.
    """
    if not scene.drawn or not scene.columns:
        return no_cells(nothing)
    grid = _Grid(scene, pitches)
    grid.draw(filled)
    x, y = MARGIN, grid.bottom + 0.18
    for look in scene.looks if legend is None else legend:
        _cells(grid.sheet, [((x, y), (0.3, 0.24), look)], filled)
        x += 0.36
        x += grid.sheet.note(x, y + 0.12, look.word, INK, fact=look in scene.looks) + 0.25
    grid.sheet.reach(x, y + 0.24)
    return grid.sheet


def no_cells(words: str) -> Sheet:
    """Return a sheet with the reason why there is nothing to draw."""
    sheet = Sheet(4, 0.6)
    sheet.note(0.2, 0.3, words)
    return sheet


class _Grid:
    """The layout of a grid: the places of its cells, and the sheet."""

    def __init__(self, scene: Scene, pitches: Sequence[float]) -> None:
        self.sheet, self.nodes = Sheet(), scene.drawn
        self.keys, self.columns = list(scene.columns), list(scene.columns.values())
        headings = {node.id: node.text.upper() for node in scene.nodes}
        self.blocks = [
            (headings.get(parent, ""), list(nodes))
            for parent, nodes in groupby(self.nodes, key=lambda node: node.parent)
        ]
        names = [node.text for node in self.nodes]
        self.names = max(
            min(widest(names), NAMES) + 0.25,
            min(widest([heading for heading, _ in self.blocks], SMALL), NAMES) + 0.1,
        )
        self._across(pitches)
        top = MARGIN + self.headlines * HEADLINE + self.label * sin(SLOPE) + 0.02
        self.foot = top + BLOCK - 0.06
        self.tops: list[float] = []
        for heading, nodes in self.blocks:
            top += BLOCK if heading or not self.tops else GAP
            for _ in nodes:
                self.tops.append(top)
                top += ROW_HEIGHT
        self.bottom = top

    def _across(self, pitches: Sequence[float]) -> None:
        """Find the widest columns and the longest labels for which there is room."""
        notes = len({column.note for column in self.columns} - {""})
        for labels, length, pitch, has_groups in _tries(self.columns, pitches):
            self.labels, self.label = labels, min(widest(labels, SMALL), length)
            self.headlines = (2 if notes > 1 else 1) if has_groups else 0
            parts = self._parts(has_notes=has_groups)
            widths = [pitch] * len(self.columns)
            for part in parts if has_groups else ():
                column = self.columns[part[0]]
                words = [column.group, column.note][: self.headlines]
                least = (widest(words, SMALL, "bold") + 0.12) / len(part)
                widths[part[0] : part[-1] + 1] = [max(pitch, least)] * len(part)
            gap = GAP if has_groups or len(parts) < len(self.columns) else 0.0
            whole = sum(widths) + gap * (len(parts) - 1)
            if self.names + whole + self.label * cos(SLOPE) + 2 * MARGIN + 0.1 <= PAGE:
                break
        self.parts, self.widths = parts, widths
        self.lefts: list[float] = []
        left = MARGIN + self.names
        begins = {part[0] for part in parts[1:]}
        for number, width in enumerate(widths):
            left += gap if number in begins else 0
            self.lefts.append(left)
            left += width
        self.right = left

    def _parts(self, *, has_notes: bool) -> list[list[int]]:
        """Return the numbers of the columns of each group."""
        keys = [(column.group, column.note * has_notes) for column in self.columns]
        begins = [0, *(n for n, (a, b) in enumerate(pairwise(keys), 1) if a != b), len(keys)]
        return [list(range(first, last)) for first, last in pairwise(begins)]

    def draw(self, filled: Container[Look]) -> None:
        """Draw the names of rows, the labels of columns, and the cells."""
        tops = iter(self.tops)
        cells: list[tuple[Point, Point, Look]] = []
        for number, (heading, nodes) in enumerate(self.blocks):
            for place, node in enumerate(nodes):
                top = next(tops)
                if place == 0:
                    room = self.right - MARGIN if number else self.names
                    self.sheet.note(MARGIN, top - 0.11, heading, room=room, fact=False)
                room = self.names - 0.16
                self.sheet.text(MARGIN + 0.08, top + ROW_HEIGHT / 2, node.text, room=room)
                for key, left, width in zip(self.keys, self.lefts, self.widths, strict=True):
                    look = node.cells[key].look
                    if look is not None:
                        cells.append(((left, top), (width, ROW_HEIGHT), look))
        self._labels()
        _cells(self.sheet, cells, filled)

    def _labels(self) -> None:
        """Write the labels above the columns, and the groups above them."""
        for label, left, width in zip(self.labels, self.lefts, self.widths, strict=True):
            x = left + width / 2 + height_of(SMALL) / 3
            self.sheet.note(x, self.foot, label, INK, room=self.label, rotation=SLANT)
        for part in self.parts if self.headlines else ():
            column, left = self.columns[part[0]], self.lefts[part[0]]
            head = MARGIN + HEADLINE * self.headlines + 0.02
            start = left + (self.foot - head) / tan(SLOPE)
            room = sum(self.widths[number] for number in part) + GAP / 2
            line = Line(((left, self.foot), (start, head)), Ink(edge=HAIRLINE))
            self.sheet.draw(line)
            words = (column.group, column.note)[: self.headlines]
            for number, (word, face) in enumerate(zip(words, FACES, strict=False)):
                y = MARGIN + HEADLINE * (number + 0.5)
                self.sheet.text(start, y, word, size=SMALL, face=face, room=room)


def _tries(
    columns: Sequence[Column], pitches: Sequence[float]
) -> Iterator[tuple[list[str], float, float, bool]]:
    """Yield labels, their length, the width of columns, and whether groups are drawn."""
    several = len({column.note for column in columns} - {""}) > 1
    short = [column.short for column in columns]
    notes = ["" if several else f" on {column.note}" for column in columns]
    whole = [c.title.removesuffix(note) for c, note in zip(columns, notes, strict=True)]
    if short != whole:
        yield from ((short, LABEL, pitch, True) for pitch in pitches)
    for length in WHOLE_LABELS:
        yield from ((whole, length, pitch, False) for pitch in (*pitches, pitches[-1] - 0.03))


def _cells(
    sheet: Sheet, cells: Sequence[tuple[Point, Point, Look]], filled: Container[Look]
) -> None:
    """Draw cells, each by its upper left corner, its size, and its look."""
    areas: dict[str, list[tuple[Point, Point]]] = {}  # all rectangles of a colour are one shape
    for place, size, look in cells:
        if look not in filled:
            areas.setdefault(PAPER if look.symbol in QUIET else look.area, []).append((place, size))
            sheet.reach(place[0] + size[0], place[1] + size[1])
    for colour, places in areas.items():
        sheet.draw(Tiles(tuple(places), Ink(fill=colour, edge=HAIRLINE)))
    for (x, y), (width, height), look in cells:
        quiet, is_filled = look.symbol in QUIET, look in filled
        middle = (x + width / 2, y + height / 2)
        if is_filled:
            sheet.area((x, y), (width, height), look.fill, hatch=look.hatch)
            corner = (middle[0] - SIGN / 2, middle[1] - SIGN / 2)
            sheet.area(corner, (SIGN, SIGN), PAPER, edge=PAPER)
        large = len(look.symbol) == 1 and not quiet
        sheet.text(
            *middle,
            look.symbol,
            PALE_LINE if quiet else look.colour,
            size=SYMBOL + is_filled if large else TEXT if quiet else SMALL,
            face="bold" if large else "sans",
            align="center",
            fact=False,
        )
