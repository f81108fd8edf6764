"""Gains and losses as bars: for each principal how much it lost, to the left, and gained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.engine.access_changes import AccessChanges
from iamlab.engine.matrix import AccessMatrix
from iamlab.errors import RequestError
from iamlab.view.drawing.measure import SMALL, TITLE, widest
from iamlab.view.drawing.shapes import Ink, Line
from iamlab.view.drawing.sheet import MARGIN, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.matrix.change_words import (
    NOTHING,
    Changed,
    alt_of,
    apart_in_words,
    by_caller,
    lines_of,
    rows_of,
)
from iamlab.view.given import check_world
from iamlab.view.layouts.grid import no_cells
from iamlab.view.style import PALE_INK, PALE_LINE
from iamlab.view.tabular.signs import GAINED, LOST

if TYPE_CHECKING:
    from iamlab.model.world import World

BARS = 40
"""So many principals are drawn; the others are counted."""
ROW, BAR = 0.34, 0.2
LENGTH = 2.6
"""The longest bar."""
NUMBER = 0.55
"""The room for a number at its end."""
NAMES = 2.4
"""The room for names."""
TOP = 0.62
"""Where the first row begins."""


def difference_bars(
    before: AccessMatrix | AccessChanges,
    after: AccessMatrix | None = None,
    *,
    world: World | None = None,
) -> Figure:
    """Draw how much each principal gained and lost.

    Parameters
    ----------
    before, after
        Two matrices; or only the changes between them.
    world
        Where is looked up what accounts are called.

    Raises
    ------
    RequestError
        They are something else.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> before = scenario("groups")
    >>> after = before.copy()
    >>> after.group("developers").add_user("carol")
    >>> ask = [["s3:GetObject", "s3:PutObject"], [MAP]]
    >>> difference_bars(before.access_matrix(*ask), after.access_matrix(*ask)).alt
    'On star-maps/m31.fits carol gained s3:GetObject and s3:PutObject.'
    """
    changes = _changes(before, after)
    check_world("difference_bars", world)
    every = by_caller(changes, world)
    size = f"Gained {len(changes.gained):,}, lost {len(changes.lost):,}"
    return Figure.on(
        _draw(every),
        alt=alt_of(changes, world),
        caption=f"{size}: {count(len(every), 'principal')}.{apart_in_words(changes)}",
        rows=rows_of(changes, world),
        lines=lines_of(changes, world),
    )


def _changes(before: AccessMatrix | AccessChanges, after: AccessMatrix | None) -> AccessChanges:
    if isinstance(before, AccessChanges) and after is None:
        return before
    if isinstance(before, AccessMatrix) and isinstance(after, AccessMatrix):
        return before.diff(after)
    raise RequestError(
        "There is no difference: pass two access matrices of world.access_matrix(...), or the "
        "changes that before.diff(after) returns."
    )


def _draw(every: list[Changed]) -> Sheet:
    if not every:
        return no_cells(NOTHING)
    sheet = Sheet(5, 0.6)
    shown, rest = every[:BARS], every[BARS:]
    names = max(min(widest([one.who.text for one in shown]), NAMES) + 0.2, 0.9)
    has_lost, has_gained = any(one.lost for one in every), any(one.gained for one in every)
    middle = MARGIN + names + (LENGTH + NUMBER if has_lost else 0.1)
    longest = max(max(len(one.gained), len(one.lost)) for one in shown)
    bottom = TOP + len(shown) * ROW
    for seen, place, is_there in ((LOST, "right", has_lost), (GAINED, "left", has_gained)):
        if is_there:
            x = middle + (0.1 if place == "left" else -0.1)
            words = str(seen)
            sheet.text(
                x, 0.28, words, seen.colour, size=TITLE, face="bold", align=place, fact=False
            )
    axis = ((middle, TOP - 0.1), (middle, bottom))
    sheet.draw(Line(axis, Ink(edge=PALE_LINE, layer=5)))
    for number, one in enumerate(shown):
        y = TOP + (number + 0.5) * ROW - 0.05
        sheet.text(MARGIN, y, one.who.text, room=names - 0.1)
        _bar(sheet, middle, y, -len(one.lost), longest)
        _bar(sheet, middle, y, len(one.gained), longest)
    if rest:
        left = sum(one.total for one in rest)
        words = f"and {count(len(rest), 'other')} with {count(left, 'change')}"
        sheet.text(MARGIN, bottom + 0.14, words, PALE_INK, size=SMALL, fact=False)
    sheet.reach(middle + (LENGTH + NUMBER if has_gained else 0.3), bottom + (0.2 if rest else 0))
    return sheet


def _bar(sheet: Sheet, middle: float, y: float, number: int, longest: int) -> None:
    """Draw one bar with its number: losses to the left, gains to the right."""
    if not number:
        return
    seen = GAINED if number > 0 else LOST
    width = LENGTH * abs(number) / longest
    left = middle if number > 0 else middle - width
    sheet.area((left, y - BAR / 2), (width, BAR), seen.fill, hatch=seen.hatch)
    x = middle + (width + 0.07) * (1 if number > 0 else -1)
    align = "left" if number > 0 else "right"
    sheet.text(x, y, f"{seen.symbol}{abs(number):,}", seen.colour, align=align, face="bold")
