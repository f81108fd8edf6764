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
    number = min(len(rings), 2)
    across = _Axis.of(rings[:2], {part[:number] for part in tiles})
    down = _Axis.of(rings[2:], {part[number:] for part in tiles})
    around = 2 * OUTER if down.rings else OUTER
    left = MARGIN + OUTER + (LABEL_ROOM + INNER if down.rings else 0)
    whole = PAGE - MARGIN - left - around
    width = min(_wanted(across, tiles), (whole + GAP) / len(across.places) - GAP)
    room = (width - INNER) / 2 if across.share_one else width
    names = [lines_of(ring.label, room, TEXT, "bold", most=2) for ring in rings[:2]]
    head = max(names) * height_of(TEXT) + HEAD if names else 0
    xs = [(left + place * (width + GAP), width) for place in range(len(across.places))]
    least = LEAST_HEIGHT + (0.35 if len(down.rings) > 1 and len(down.places) == 1 else 0)
    ys, y = [], top + head + around - OUTER
    for row in down.places:
        own = [tiles[column + row] for column in across.places if column + row in tiles]
        ys.append((y, max([least, *(tile.height for tile in own)])))
        y += ys[-1][1] + GAP
    edge, right = y - GAP + around, xs[-1][0] + width
    for place, ring in enumerate(across.rings):
        pad, (start, end) = across.pads[place], across.span(place, xs)
        inner = OUTER - pad
        _outline(sheet, (start - pad, top + inner / 2), (end + pad, edge - inner), place)
        # A name is flush with its tiles, the second set's at the far end.
        at, align = (end, "right") if place else (start, "left")
        y = top + 0.12
        y += paragraph(sheet, at, y, ring.label, room, face="bold", most=2, align=align)
        sheet.note(at, y + height_of(SMALL) / 2, ring.note, align=align, room=room)
    room = LABEL_ROOM - 2 * INNER
    for place, ring in enumerate(down.rings):
        pad, (start, end) = down.pads[place], down.span(place, ys)
        x = left - OUTER - LABEL_ROOM + (OUTER - pad) / 2
        _outline(sheet, (x, start - pad), (right + OUTER + pad, end + pad), number + place)
        tall = lines_of(ring.label, room, TEXT, "bold") * height_of(TEXT)
        tall += lines_of(ring.note, room, SMALL, most=2) * height_of(SMALL)
        y = end + pad - INNER - tall if place else start - pad + INNER
        y += paragraph(sheet, x + INNER, y, ring.label, room, face="bold")
        paragraph(sheet, x + INNER, y, ring.note, room, PALE_INK, size=SMALL, most=2)
    for row, (y, height) in zip(down.places, ys, strict=True):
        for column, (x, _) in zip(across.places, xs, strict=True):
            tile = tiles.get(column + row, Tile(nothing, is_fact=False))
            _draw_tile(sheet, (x, y), (width, height), tile)
    return edge


def _wanted(across: _Axis, tiles: Mapping[Part, Tile]) -> float:
    """Return how wide tiles should be, so that all their words have room."""
    items = [item for tile in tiles.values() for item in tile.items[:MOST]]
    words = max(
        widest([tile.title for tile in tiles.values()], SMALL, "bold"),
        widest([item.text for item in items]),
        widest([item.note for item in items], SMALL) + 2 * PADDING,
    )
    labels = [ring.label for ring in across.rings]
    names = widest(labels, TEXT, "bold")
    if across.share_one:  # then two names share its width, each broken between its words
        each = widest([word for label in labels for word in label.split(" ")], TEXT, "bold")
        names = 2 * each + 2 * INNER
    return min(WIDEST_TILE, max(SLIM_TILE, names, words + 2 * PADDING))


@dataclass(frozen=True, slots=True)
class _Axis:
    """The columns or the rows that are drawn, and the sets that share them."""

    rings: Sequence[Ring]
    places: tuple[Part, ...]

    @classmethod
    def of(cls, rings: Sequence[Ring], used: set[Part]) -> _Axis:
        """Keep what is used, and for each set at least one place, so that it can be drawn."""
        numbers = range(len(rings))
        for number in numbers:
            if not any(part[number] for part in used):
                used.add(tuple(one == number for one in numbers))
        return cls(rings, tuple(part for part in _ORDERS[len(rings)] if part in used))

    def ends(self, number: int) -> tuple[int, int]:
        """Return the first and the last place of a set; all between belong to it."""
        own = [place for place, part in enumerate(self.places) if part[number]]
        return own[0], own[-1]

    def span(self, number: int, sizes: Sequence[tuple[float, float]]) -> tuple[float, float]:
        """Return from where to where the tiles of a set reach."""
        first, last = self.ends(number)
        return sizes[first][0], sum(sizes[last])

    @property
    def share_one(self) -> bool:
        """Whether the names of two sets are above the same place."""
        return len(self.rings) > 1 and self.ends(0)[0] == self.ends(1)[1]

    @property
    def pads(self) -> tuple[float, ...]:
        """How far the edge of each set is from its tiles: a larger one runs around the other."""
        if len(self.rings) < 2:
            return (OUTER,)
        if not any(map(all, self.places)):
            return INNER, INNER  # they have nothing in common, and keep a distance
        first, second = (last - first for first, last in map(self.ends, (0, 1)))
        return (OUTER, INNER) if first >= second else (INNER, OUTER)


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
