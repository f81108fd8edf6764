"""Text of several lines on a sheet: broken between its words, recorded as one label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.view.drawing.measure import TEXT, Face, height_of, wrap
from iamlab.view.drawing.sheet import Label
from iamlab.view.style import INK

if TYPE_CHECKING:
    from iamlab.view.drawing.sheet import Sheet


def lines_of(
    words: str, room: float, size: float = TEXT, face: Face = "sans", *, most: int = 3
) -> int:
    """Return the number of lines that a text takes.

    Examples
    --------
    >>> lines_of("the Deny in guard denies the call", 1.2)
    3
    """
    return len(wrap(words, room, size, face, most=most)) if words else 0


def paragraph(
    sheet: Sheet,
    x: float,
    y: float,
    words: str,
    room: float,
    colour: str = INK,
    *,
    size: float = TEXT,
    face: Face = "sans",
    most: int = 3,
    align: str = "left",
    fact: bool = True,
) -> float:
    """Write a text of several lines, its upper edge at ``y``; return the height that it takes.

    Parameters
    ----------
    most
        The largest number of lines; the last one is shortened if it is too long.
    """
    if not words:
        return 0.0
    step = height_of(size)
    drawn = wrap(words, room, size, face, most=most)
    for number, line in enumerate(drawn):
        # The lines aren't facts: the figure's list has the whole text.
        middle = y + (number + 0.5) * step
        style: dict[str, Any] = {"align": align, "room": room, "fact": False}
        sheet.text(x, middle, line, colour, size=size, face=face, **style)
    sheet.record.labels.append(Label(words, "\n".join(drawn), fact))
    return len(drawn) * step
