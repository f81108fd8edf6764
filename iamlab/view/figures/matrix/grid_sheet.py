"""A grid on a sheet: names before its rows, slanted labels over its columns, a legend below.

Labels are slanted, so that a long action stands over a narrow column and can still be read. Above
them stands the service, and the resource if there are several. Where these find no room, each label
says all by itself: ``s3:GetObject on maps``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin, tan
from typing import TYPE_CHECKING, TypeVar

from iamlab.view.drawing.measure import SMALL, TEXT, Face, height_of, widest
from iamlab.view.drawing.shapes import Ink, Line, Tiles
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.style import HAIRLINE, INK, PALE_INK, PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from iamlab.view.drawing.shapes import Point
    from iamlab.view.figures.matrix.matrix_grid import Grid, What
    from iamlab.view.style import Look

T = TypeVar("T")

ROW_HEIGHT = 0.3
PITCHES = (0.5, 0.4, 0.34, 0.3)
"""How wide columns are: as wide as there is room."""
GAP = 0.1
"""Between two fields of columns."""
SLANT = 60
SLOPE = radians(SLANT)
"""How steep labels are, in degrees and in radians."""
LABEL, FULL_LABELS = 1.9, (2.6, 2.0, 1.5)
"""How long a label may be: of an action; of an action with its resource, as there is room."""
NAMES = 2.3
"""The room for the names of rows."""
BLOCK = 0.32
"""The height of a heading over some rows."""
HEADING = 0.19
"""The height of a line over the labels."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything stands, in inches.

    Parameters
    ----------
    lefts, widths
        Of the columns.
    tops
        Of the rows.
    labels
        What stands over each column.
    label
        How long the longest label is.
    headlines
        How many lines stand over the labels: the service, the resource.
    top
        Where the labels begin.
    """

    names: float
    lefts: tuple[float, ...]
    widths: tuple[float, ...]
    tops: tuple[float, ...]
    labels: tuple[str, ...]
    label: float
    headlines: int
    top: float
    row_height: float = ROW_HEIGHT

    @property
    def right(self) -> float:
        """Where the last column ends."""
        return self.lefts[-1] + self.widths[-1] if self.lefts else MARGIN + self.names

    @property
    def bottom(self) -> float:
        """Where the last row ends."""
        return self.tops[-1] + self.row_height if self.tops else self.top

    def place(self, row: int, column: int) -> Point:
        """Give the upper left corner of a cell."""
        return self.lefts[column], self.tops[row]

    def size(self, column: int) -> Point:
        """Give the size of a cell."""
        return self.widths[column], self.row_height

    def cells(self, rows: Iterable[Iterable[T]]) -> list[tuple[Point, Point, T]]:
        """Give each cell its upper left corner, its size, and what it shows."""
        return [
            (self.place(row, column), self.size(column), shown)
            for row, own in enumerate(rows)
            for column, shown in enumerate(own)
        ]


def plan(grid: Grid, pitches: Sequence[float] = PITCHES) -> Plan:
    """Say where rows and columns stand, as wide as there is room.

    Parameters
    ----------
    pitches
        How wide the columns may be, the best first; the last one must have room on the page.
    """
    several = len(grid.resources) > 1
    headings = [grid.heading(block[0]).upper() for block in grid.blocks]
    names = max(
        min(widest([row.name for row in grid.rows]), NAMES) + 0.25,
        min(widest(headings, SMALL), NAMES) + 0.1,
    )
    for labels, length, pitch, headed in _tries(grid, pitches, several=several):
        room = min(widest(labels, SMALL), length)
        widths = _widths(grid, pitch, headed=headed, several=several)
        parted = grid.fields if headed else grid.services
        gap = GAP if headed or len(parted) < len(grid.columns) else 0.0
        whole = sum(widths) + gap * max(len(parted) - 1, 0)
        if names + whole + room * cos(SLOPE) + 2 * MARGIN + 0.1 <= PAGE:
            break
    high = room * sin(SLOPE)
    headlines = (2 if several else 1) if headed else 0
    top = MARGIN + headlines * HEADING + high + 0.02
    return Plan(
        names,
        _lefts({field[0] for field in parted[1:]}, widths, MARGIN + names, gap),
        tuple(widths),
        _tops(grid, top),
        tuple(labels),
        room,
        headlines,
        top,
    )


def _tries(
    grid: Grid, pitches: Sequence[float], *, several: bool
) -> Iterator[tuple[list[str], float, float, bool]]:
    """Give ways to write the labels, the best first: what they say, how long, how far apart.

    The last one has room on the page for as many columns as are drawn.
    """
    short = [column.name for column in grid.columns]
    full = [_full(column) if several else column.action for column in grid.columns]
    if short != full:  # else each column is a service, which needs no heading besides
        yield from ((short, LABEL, pitch, True) for pitch in pitches)
    for length in FULL_LABELS:
        yield from ((full, length, pitch, False) for pitch in (*pitches, pitches[-1] - 0.03))


def _full(column: What) -> str:
    return f"{column.action} on {column.on}"


def _widths(grid: Grid, pitch: float, *, headed: bool, several: bool) -> list[float]:
    """Say how wide the columns are; the columns of a field must have room for its heading."""
    widths = [pitch] * len(grid.columns)
    for field in grid.fields if headed else ():
        first = grid.columns[field[0]]
        words = [first.service, *([first.on] if several else [])]
        least = widest(words, SMALL, "bold") + 0.12
        for column in field:
            widths[column] = max(pitch, least / len(field))
    return widths


def _lefts(
    begins: Container[int], widths: Sequence[float], left: float, gap: float
) -> tuple[float, ...]:
    """Put columns side by side, with a gap before those that begin something new."""
    lefts: list[float] = []
    for column, width in enumerate(widths):
        left += gap if column in begins else 0
        lefts.append(left)
        left += width
    return tuple(lefts)


def _tops(grid: Grid, top: float) -> tuple[float, ...]:
    tops: list[float] = []
    begins = {block[0] for block in grid.blocks}
    for row in range(len(grid.rows)):
        if row in begins:
            top += BLOCK if grid.heading(row) or not tops else GAP
        tops.append(top)
        top += ROW_HEIGHT
    return tuple(tops)


def no_grid(words: str) -> Sheet:
    """Give a sheet that says why there is nothing to draw."""
    sheet = Sheet(4, 0.6)
    sheet.note(0.2, 0.3, words)
    return sheet


def draw_frame(sheet: Sheet, grid: Grid, at: Plan) -> None:
    """Write what stands around the cells."""
    _names(sheet, grid, at)
    _labels(sheet, grid, at)


def _names(sheet: Sheet, grid: Grid, at: Plan) -> None:
    """Write the names of the rows, and over each block what they are."""
    for block in grid.blocks:
        heading = grid.heading(block[0]).upper()
        room = at.names if block[0] == 0 else at.right - MARGIN
        y = at.tops[block[0]] - 0.11
        sheet.text(MARGIN, y, heading, PALE_INK, size=SMALL, room=room, fact=False)
    for row, top in zip(grid.rows, at.tops, strict=True):
        y = top + at.row_height / 2
        sheet.text(MARGIN + 0.08, y, row.name, room=at.names - 0.16)


def _labels(sheet: Sheet, grid: Grid, at: Plan) -> None:
    """Write the labels over the columns, and over each field its service."""
    foot = at.top + BLOCK - 0.06
    for label, left, width in zip(at.labels, at.lefts, at.widths, strict=True):
        x = left + width / 2 + height_of(SMALL) / 3
        sheet.note(x, foot, label, INK, room=at.label, rotation=SLANT)
    for field in grid.fields if at.headlines else ():
        first, left = grid.columns[field[0]], at.lefts[field[0]]
        head = MARGIN + HEADING * at.headlines + 0.02
        start = left + (foot - head) / tan(SLOPE)
        room = sum(at.widths[column] for column in field) + GAP / 2
        sheet.draw(Line(((left, foot), (start, head)), Ink(edge=HAIRLINE)))
        words = (first.service, first.on)[: at.headlines]
        for number, (word, face) in enumerate(zip(words, _FACES, strict=False)):
            y = MARGIN + HEADING * (number + 0.5)
            sheet.text(start, y, word, size=SMALL, face=face, room=room)


_FACES: tuple[Face, ...] = ("bold", "sans")
"""Of the service, and of the resource below it."""

SYMBOL = 12.0
"""The size of a sign that is not quiet."""
QUIET = ("○", "–")


def draw_cells(sheet: Sheet, cells: Sequence[tuple[Point, Point, Look]]) -> None:
    """Draw cells, each by its upper left corner, its size, and what it shows.

    What nobody says anything about is quiet, so that the others meet the eye.
    """
    fill(
        sheet,
        [
            (place, size, PAPER if look.symbol in QUIET else look.area)
            for place, size, look in cells
        ],
    )
    for (x, y), (width, height), look in cells:
        quiet = look.symbol in QUIET
        sheet.text(
            x + width / 2,
            y + height / 2,
            look.symbol,
            PALE_LINE if quiet else look.colour,
            size=TEXT if quiet else SYMBOL,
            face="sans" if quiet else "bold",
            align="center",
            fact=False,
        )


def fill(sheet: Sheet, cells: Sequence[tuple[Point, Point, str]]) -> None:
    """Fill rectangles, those of a colour all at once: thousands of them are one shape."""
    by_colour: dict[str, list[tuple[Point, Point]]] = {}
    for place, size, colour in cells:
        by_colour.setdefault(colour, []).append((place, size))
        sheet.reach(place[0] + size[0], place[1] + size[1])
    for colour, places in by_colour.items():
        sheet.draw(Tiles(tuple(places), Ink(fill=colour, edge=HAIRLINE)))


def draw_legend(sheet: Sheet, at: Plan, looks: Sequence[Look]) -> None:
    """Say below what the signs mean."""
    x, y = MARGIN, at.bottom + 0.18
    for look in looks:
        draw_cells(sheet, [((x, y), (0.3, 0.24), look)])
        x += 0.36
        x += sheet.note(x, y + 0.12, look.word, INK) + 0.25
    sheet.reach(x, y + 0.24)
