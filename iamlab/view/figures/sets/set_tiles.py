"""Up to four crossing sets, drawn so that every part of them is a rectangle with room for names.

Two sets share columns, two more share rows: the columns are *only the first*, *both*, *only the
second*, *neither*, and so are the rows. So each set is one rectangle, and each part of the sets one
tile. A column or a row without anything in it is left out; what remains then shows by itself
whether the sets cross, lie in each other, or have nothing in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import SMALL, TEXT, height_of, widest, width_of
from iamlab.view.drawing.paragraph import lines_of, paragraph
from iamlab.view.drawing.shapes import Ink, Line, Rectangle
from iamlab.view.drawing.sheet import MARGIN, PAGE
from iamlab.view.style import INK, PALE_INK, SILENT_AREA, Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.view.drawing.sheet import Sheet

Part = tuple[bool, ...]
"""A part of some sets: for each of them, whether it lies inside."""

MOST_SETS = 4
MOST = 8
"""So many things a tile names; the others it counts."""
GAP = 0.31
"""Between two tiles, where the edges of the sets run."""
INNER, OUTER = 0.1, 0.2
"""How far a set's edge is from its tiles: of the smaller set, and of one around it."""
LABEL_ROOM = 1.44
"""For the names of the sets that share rows; they stand to the left."""
LINE, NOTE_LINE = 0.21, 0.17
PADDING = 0.1
WIDEST_TILE, SLIM_TILE = 3.1, 2.0
"""In a slim tile all text is small."""
LEAST_HEIGHT, HEAD = 0.9, 0.42
_DASHES = ((), (6, 2), (1, 1.2), (6, 2, 1, 2))
_ORDERS: tuple[tuple[Part, ...], ...] = (
    ((),),
    ((True,), (False,)),
    ((True, False), (True, True), (False, True), (False, False)),
)


@dataclass(frozen=True, slots=True)
class Ring:
    """A set: what it is called, and what it is made of."""

    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that lies in a part of the sets.

    Parameters
    ----------
    note
        Stands below it, in small.
    is_struck
        Whether a line goes through it.
    """

    text: str
    note: str = ""
    colour: str = INK
    is_struck: bool = False

    @property
    def height(self) -> float:
        """How high it is with its note."""
        return LINE + (NOTE_LINE if self.note else 0)


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of the sets: what it is called, what lies in it, and how it looks if it is lit."""

    title: str
    items: tuple[Item, ...] = ()
    lit: Look | None = None
    is_fact: bool = True

    @property
    def height(self) -> float:
        """How high its words are."""
        named = sum(item.height for item in self.items[:MOST])
        more = NOTE_LINE if len(self.items) > MOST else 0
        return 2 * PADDING + (0.24 if self.title else 0) + named + more


def in_order(parts: Iterable[Part], sets: int) -> list[Part]:
    """Put parts in the order in which they are drawn: row by row, from the left to the right."""
    across = min(sets, 2)
    columns, rows = _ORDERS[across], _ORDERS[sets - across]
    return sorted(parts, key=lambda one: (rows.index(one[across:]), columns.index(one[:across])))


def draw_sets(
    sheet: Sheet, top: float, rings: Sequence[Ring], tiles: Mapping[Part, Tile], nothing: str
) -> float:
    """Draw sets and what lies in each part of them; give the height of their lower edge.

    Parameters
    ----------
    top
        Where the upper edge is to be.
    rings
        At most ``MOST_SETS``.
    tiles
        By part. A part that is not named is drawn only where others need it.
    nothing
        What a part says in which nothing lies.
    """
    grid = _Grid.of(len(rings), tiles)
    across, down = rings[:2], rings[2:]
    left = MARGIN + OUTER + (LABEL_ROOM + INNER if down else 0)
    room = PAGE - MARGIN - left - (2 * OUTER if down else OUTER)
    over_one = _share_one(grid, across)
    width = min(_wanted(across, tiles, over_one=over_one), (room + GAP) / len(grid.columns) - GAP)
    room = _room(grid, across, width)
    most = max((lines_of(one.label, room, TEXT, "bold", most=2) for one in across), default=0)
    head = most * height_of(TEXT) + HEAD
    start = top + (head if across else 0) + (OUTER if down else 0)
    xs = [left + i * (width + GAP) for i in range(len(grid.columns))]
    ys, y = [], start
    for row in grid.rows:
        heights = [tiles[c + row].height for c in grid.columns if c + row in tiles]
        least = LEAST_HEIGHT + (0.35 if len(down) > 1 and len(grid.rows) == 1 else 0)
        ys.append((y, max([least, *heights])))
        y += ys[-1][1] + GAP
    bottom = y - GAP
    edge = bottom + (2 * OUTER if down else OUTER)
    _draw_across(sheet, grid, across, xs, width, (top, edge))
    _draw_down(sheet, grid, down, ys, (left, xs[-1] + width), numbers=len(across))
    for row, (y, height) in zip(grid.rows, ys, strict=True):
        for column, x in zip(grid.columns, xs, strict=True):
            tile = tiles.get(column + row, Tile(nothing, is_fact=False))
            _draw_tile(sheet, (x, y), (width, height), tile)
    return edge


def _wanted(rings: Sequence[Ring], tiles: Mapping[Part, Tile], *, over_one: bool) -> float:
    """Say how wide tiles want to be, so that all their words have room."""
    titles = [tile.title for tile in tiles.values()]
    texts = [item.text for tile in tiles.values() for item in tile.items[:MOST]]
    notes = [item.note for tile in tiles.values() for item in tile.items[:MOST]]
    inner = (widest(titles, SMALL, "bold"), widest(texts), widest(notes, SMALL) + 2 * PADDING)
    names = widest((ring.label for ring in rings), TEXT, "bold")
    if over_one:  # then two names share its width, each broken between its words
        words = [word for ring in rings for word in ring.label.split(" ")]
        names = 2 * widest(words, TEXT, "bold") + 2 * INNER
    return min(WIDEST_TILE, max(SLIM_TILE, names, max(inner) + 2 * PADDING))


@dataclass(frozen=True, slots=True)
class _Grid:
    """The columns and the rows that are drawn."""

    columns: tuple[Part, ...]
    rows: tuple[Part, ...]

    @classmethod
    def of(cls, sets: int, tiles: Mapping[Part, Tile]) -> _Grid:
        across = min(sets, 2)
        columns = _needed(_ORDERS[across], {part[:across] for part in tiles})
        rows = _needed(_ORDERS[sets - across], {part[across:] for part in tiles})
        return cls(columns, rows)


def _needed(order: Sequence[Part], used: set[Part]) -> tuple[Part, ...]:
    """Keep what is used, and of each set at least one, so that it can be drawn."""
    kept = set(used)
    for number in range(len(order[0])):
        if not any(one[number] for one in kept):
            kept.add(tuple(i == number for i in range(len(order[0]))))
    return tuple(one for one in order if one in kept)


def _span(order: Sequence[Part], number: int) -> tuple[int, int]:
    """Say from where to where a set reaches; its columns, or rows, are neighbours."""
    own = [place for place, one in enumerate(order) if one[number]]
    return own[0], own[-1]


def _pads(order: Sequence[Part], sets: int) -> list[float]:
    """Say how far the edge of each set is from its tiles: a larger one runs around the other."""
    if sets < 2:
        return [OUTER] * sets
    if not any(all(one) for one in order):
        return [INNER, INNER]  # they have nothing in common, and keep a distance
    lengths = [last - first for first, last in (_span(order, i) for i in range(sets))]
    return [OUTER, INNER] if lengths[0] >= lengths[1] else [INNER, OUTER]


def _share_one(grid: _Grid, rings: Sequence[Ring]) -> bool:
    """Say whether the names of two sets stand over the same column."""
    return len(rings) > 1 and _span(grid.columns, 0)[0] == _span(grid.columns, 1)[1]


def _room(grid: _Grid, rings: Sequence[Ring], width: float) -> float:
    """Say how wide the name of a set that shares columns may be; over one they share its width."""
    return (width - INNER) / 2 if _share_one(grid, rings) else width


def _draw_across(
    sheet: Sheet,
    grid: _Grid,
    rings: Sequence[Ring],
    xs: list[float],
    width: float,
    heights: tuple[float, float],
) -> None:
    """Draw the sets that share the columns; their names stand at their top."""
    pads = _pads(grid.columns, len(rings))
    room = _room(grid, rings, width)
    for number, (ring, pad) in enumerate(zip(rings, pads, strict=True)):
        first, last = _span(grid.columns, number)
        left, right = xs[first] - pad, xs[last] + width + pad
        top = heights[0] + (OUTER - pad) / 2
        _outline(sheet, (left, top), (right, heights[1] - (OUTER - pad)), number)
        # A name stands flush with its tiles, the second set's at the far end.
        at, align = (xs[last] + width, "right") if number else (xs[first], "left")
        y = heights[0] + 0.12
        y += paragraph(sheet, at, y, ring.label, room, face="bold", most=2, align=align)
        sheet.note(at, y + height_of(SMALL) / 2, ring.note, align=align, room=room)


def _draw_down(
    sheet: Sheet,
    grid: _Grid,
    rings: Sequence[Ring],
    ys: list[tuple[float, float]],
    across: tuple[float, float],
    *,
    numbers: int,
) -> None:
    """Draw the sets that share the rows; their names stand to the left."""
    pads = _pads(grid.rows, len(rings))
    for number, (ring, pad) in enumerate(zip(rings, pads, strict=True)):
        first, last = _span(grid.rows, number)
        top, bottom = ys[first][0] - pad, sum(ys[last]) + pad
        left = across[0] - OUTER - LABEL_ROOM + (OUTER - pad) / 2
        _outline(sheet, (left, top), (across[1] + OUTER + pad, bottom), numbers + number)
        room = LABEL_ROOM - 2 * INNER
        tall = lines_of(ring.label, room, TEXT, "bold") * height_of(TEXT)
        tall += lines_of(ring.note, room, SMALL, most=2) * height_of(SMALL)
        x, y = left + INNER, bottom - INNER - tall if number else top + INNER
        y += paragraph(sheet, x, y, ring.label, room, face="bold")
        paragraph(sheet, x, y, ring.note, room, PALE_INK, size=SMALL, most=2)


def _outline(
    sheet: Sheet, start: tuple[float, float], end: tuple[float, float], number: int
) -> None:
    """Draw a set: a pale area, darker where sets cross, and an edge of its own kind of line."""
    inks = (
        Ink(fill=SILENT_AREA, opacity=0.7, layer=0),
        Ink(edge=INK, width=1.5, dashes=_DASHES[number], layer=1),
    )
    for ink in inks:
        sheet.draw(Rectangle(*start, end[0] - start[0], end[1] - start[1], ink, 0.12))
    sheet.reach(*end)


def _draw_tile(
    sheet: Sheet, place: tuple[float, float], size: tuple[float, float], tile: Tile
) -> None:
    if tile.lit is not None:
        sheet.area(place, size, tile.lit.area, edge=tile.lit.colour)
    letters = SMALL if size[0] < SLIM_TILE else TEXT
    x, y, room = place[0] + PADDING, place[1] + PADDING, size[0] - 2 * PADDING
    if tile.title:
        colour = tile.lit.colour if tile.lit else PALE_INK
        face = "bold" if tile.lit else "sans"
        sheet.note(x, y + 0.08, tile.title, colour, face=face, room=room, fact=tile.is_fact)
        y += 0.24
    indent = width_of("✕ ", letters)
    for item in tile.items[:MOST]:
        middle = y + LINE / 2
        taken = sheet.text(x, middle, item.text, item.colour, size=letters, room=room)
        if item.is_struck:
            ends = ((x + indent, middle), (x + taken, middle))
            sheet.draw(Line(ends, Ink(edge=item.colour, width=0.9, layer=7)))
        sheet.note(x + indent, middle + NOTE_LINE, item.note, room=room - indent)
        y += item.height
    if len(tile.items) > MOST:
        more = f"and {len(tile.items) - MOST} more"
        sheet.note(x, y + NOTE_LINE / 2, more, fact=False)
