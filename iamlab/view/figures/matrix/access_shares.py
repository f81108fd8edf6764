"""A large access matrix as a heat map: how much of what was asked is allowed, as a number.

Many principals of one account and kind are one row, many actions of one service one column. The
colour gets darker with the share, and the share stands in each cell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.drawing.measure import SMALL
from iamlab.view.drawing.sheet import MARGIN, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.matrix.grid_sheet import draw_frame, fill, plan
from iamlab.view.figures.matrix.matrix_grid import ALLOWED, Grid, What, Who, number_of
from iamlab.view.figures.matrix.matrix_words import said
from iamlab.view.style import ALLOW_FILL, INK, PALE_INK, PAPER, contrast
from iamlab.view.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS, COLUMNS = 60, 14
"""So many rows and columns a heat map has at most."""
HEADINGS = 12
"""So many accounts have a heading of their own."""
BLOCKS = 40
"""So many accounts, or kinds in an account, it has; the others are put together."""
PITCHES = (0.62, 0.55, 0.5, 0.46)
"""How wide columns are: as wide as there is room, and wide enough for ``100%``."""
DARKNESS = ((0, 0.0), (25, 0.14), (50, 0.3), (75, 0.45), (99, 0.62), (100, 1.0))
"""Up to how many percent a cell is how dark."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of so many cells are allowed."""

    allowed: int
    asked: int

    @property
    def part(self) -> float:
        """From 0 to 1."""
        return self.allowed / self.asked if self.asked else 0.0

    @property
    def percent(self) -> int:
        """From 0 to 100: 0 is none, and 100 is all."""
        if self.allowed in (0, self.asked):
            return 100 if self.allowed else 0
        return min(max(round(100 * self.part), 1), 99)

    def __str__(self) -> str:
        return f"{self.percent}%" if self.allowed else "–"


def share_map(grid: Grid, shown: Grid) -> Figure:
    """Draw which share of the cells is allowed.

    Parameters
    ----------
    grid
        All of it.
    shown
        The same, those who are alike in one row.
    """
    down, across = _rows(grid, shown), _columns(grid)
    shares = [[_share(grid, who, what) for _, what in across] for _, who in down]
    map_of = Grid(tuple(row for row, _ in down), tuple(column for column, _ in across), ())
    at = plan(map_of, PITCHES)
    sheet = Sheet()
    draw_frame(sheet, map_of, at)
    cells = at.cells(shares)
    fill(sheet, [(place, size, tint(share.percent)) for place, size, share in cells])
    for (x, y), (width, height), share in cells:
        middle = (x + width / 2, y + height / 2)
        colour = _readable_on(tint(share.percent)) if share.allowed else PALE_INK
        sheet.text(*middle, str(share), colour, size=SMALL, align="center", fact=False)
    _draw_legend(sheet, at.bottom + 0.18)
    few = [
        (len(row.callers), _words(row, cells, map_of))
        for row, cells in zip(map_of.rows, shares, strict=True)
    ]
    whole = Share(sum(seen.count(ALLOWED) for seen in grid.looks), _size(grid))
    measure = f"{number_of(grid.rows)}, {count(len(grid.columns), 'action')}"
    return Figure.on(
        sheet,
        alt=said(f"Of {whole.asked:,} cells {_in_words(whole)} allowed: ", few),
        caption=f"Which share of what was asked is allowed: {measure}. The matrix has each cell.",
        rows=_table(map_of, shares),
        lines=_lines(map_of, shares, measure),
    )


def _size(grid: Grid) -> int:
    return len(grid.rows) * len(grid.columns)


def _in_words(share: Share) -> str:
    return f"{share} are" if share.allowed else "none are"


# -- rows and columns, and the numbers of those that they stand for --------------------------------


def _rows(grid: Grid, shown: Grid) -> list[tuple[Who, list[int]]]:
    """Give each principal a row, or those who are alike, or all of one account and kind."""
    if len(grid.rows) <= ROWS:
        return [(row, [number]) for number, row in enumerate(grid.rows)]
    if len(shown.rows) <= ROWS:
        numbers = {row.callers[0]: number for number, row in enumerate(grid.rows)}
        return [(row, [numbers[caller] for caller in row.callers]) for row in shown.rows]
    return _of_blocks(grid)


def _of_blocks(grid: Grid) -> list[tuple[Who, list[int]]]:
    """Put those of one account and kind into one row; of many accounts the last ones together."""
    # Of many accounts each stands in its row, not above it.
    apart = len({row.account for row in grid.rows}) > HEADINGS
    found = []
    for block in grid.blocks:
        rows = [grid.rows[number] for number in block]
        callers = tuple(caller for row in rows for caller in row.callers)
        name, account = number_of(rows), rows[0].account
        who = Who(callers, f"{name} of {account}", "", "") if apart and account else None
        found.append((who or replace(rows[0], callers=callers, name=name, kind=""), block))
    if len(found) > BLOCKS:
        rest = [number for _, block in found[BLOCKS - 1 :] for number in block]
        callers = tuple(grid.rows[number].callers[0] for number in rest)
        found = found[: BLOCKS - 1]
        found.append((Who(callers, f"and {count(len(callers), 'other')}", "", ""), rest))
    return found


def _columns(grid: Grid) -> list[tuple[What, list[int]]]:
    """Give each action a column, or each service; of many services those that are used most."""
    if len(grid.columns) <= COLUMNS:
        return [(column, [number]) for number, column in enumerate(grid.columns)]
    services: dict[str, list[int]] = {}
    for number, column in enumerate(grid.columns):
        services.setdefault(column.service, []).append(number)
    kept = list(services)
    if len(kept) > COLUMNS:
        used = {
            name: sum(looks[n] == ALLOWED for looks in grid.looks for n in numbers)
            for name, numbers in services.items()
        }
        first = sorted(kept, key=lambda name: -used[name])[: COLUMNS - 1]
        kept = [name for name in kept if name in first]
    found = [(What(name, "", ""), services[name]) for name in kept]
    rest = [number for name, numbers in services.items() if name not in kept for number in numbers]
    if rest:
        found.append((What(f"{len(services) - len(kept)} other services", "", ""), rest))
    return found


def _share(grid: Grid, rows: list[int], columns: list[int]) -> Share:
    allowed = sum(grid.looks[row][column] == ALLOWED for row in rows for column in columns)
    return Share(allowed, len(rows) * len(columns))


# -- colours ---------------------------------------------------------------------------------------


def tint(percent: int) -> str:
    """Give the colour of a share: the darker, the more.

    Examples
    --------
    >>> tint(0), tint(100)
    ('#FFFFFF', '#0072B2')
    """
    darkness = next(dark for most, dark in DARKNESS if percent <= most)
    pairs = zip(_channels(PAPER), _channels(ALLOW_FILL), strict=True)
    mixed = (round(light + (strong - light) * darkness) for light, strong in pairs)
    return "#" + "".join(f"{value:02X}" for value in mixed)


def _channels(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def _readable_on(colour: str) -> str:
    return max((INK, PAPER), key=lambda one: contrast(one, colour))


def _draw_legend(sheet: Sheet, y: float) -> None:
    x = MARGIN
    words = ("– none", "up to 25%", "up to 50%", "up to 75%", "more", "all")
    for (most, _), word in zip(DARKNESS, words, strict=True):
        fill(sheet, [((x, y), (0.3, 0.24), tint(most))])
        x += 0.36
        x += sheet.note(x, y + 0.12, word, INK, fact=False) + 0.22
    sheet.reach(x, y + 0.24)


# -- in words --------------------------------------------------------------------------------------


def _words(row: Who, shares: list[Share], grid: Grid) -> str:
    """Say of a row what it may do most of."""
    several = len({one.account for one in grid.rows}) > 1
    who = f"{row.name} of {row.account}" if several and row.account else row.name
    some = sorted(zip(shares, grid.columns, strict=True), key=lambda one: -one[0].part)
    most = [f"{share} of {column.action}" for share, column in some if share.allowed]
    return f"{who}: {listed(most, 2, length=50) if most else 'nothing'}"


def _table(grid: Grid, shares: list[list[Share]]) -> Iterator[dict[str, object]]:
    for row, cells in zip(grid.rows, shares, strict=True):
        for column, share in zip(grid.columns, cells, strict=True):
            yield {
                "account": row.account,
                "principal": row.name,
                "principals": len(row.callers),
                "action": column.action,
                "resource": column.resource or None,
                "allowed": share.allowed,
                "asked": share.asked,
                "share": share.part,
            }


def _lines(grid: Grid, shares: list[list[Share]], size: str) -> Iterator[str]:
    yield size
    for row, cells in zip(grid.rows, shares, strict=True):
        of = f" of {row.account}" if row.account else ""
        whole = f" ({row.callers[0]})" if len(row.callers) == 1 else ""
        yield f"  {row.name}{of}{whole}"
        for column, share in zip(grid.columns, cells, strict=True):
            what = str(column) if column.on else column.action
            yield f"    {what}: {share}, {share.allowed:,} of {share.asked:,} allowed"
