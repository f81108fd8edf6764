"""A sheet of paper that grows with what is drawn on it: boxes, lines, symbols, fields.

The units are inches, counted from the upper left corner. Text is measured before it is drawn and
shortened to the room that it has, so that no label leaves its box. The sheet remembers where boxes,
lines and labels stand: tests ask whether they are in each other's way, and whether the figure's
list has every word that its picture has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from iamlab.view.drawing.measure import SMALL, TEXT, TITLE, Face, fit, font, height_of, width_of
from iamlab.view.style import (
    DENY,
    FIELD_AREA,
    HAIRLINE,
    INK,
    PALE_INK,
    PALE_LINE,
    PAPER,
    Look,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import matplotlib.axes
    import matplotlib.figure

Point = tuple[float, float]

PAGE = 10.0
"""So wide is a figure at most: what a notebook's column shows at its full size."""
MARGIN = 0.15
BOX_HEIGHT = 0.46
ROW = 0.66
"""The distance of two boxes in a column, from middle to middle."""
PAD = 0.09
"""From the edge of a box to its text."""
FRAME = 0.2
"""From the edge of a field to what stands in it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rounded box with one or two lines of text, by its left edge and its middle."""

    x: float
    y: float
    width: float
    text: str
    note: str = ""
    colour: str = INK
    area: str = PAPER
    bold: bool = False
    dashed: bool = False
    height: float = BOX_HEIGHT

    @property
    def left(self) -> Point:
        """Where lines arrive."""
        return self.x, self.y

    @property
    def right(self) -> Point:
        """Where lines leave."""
        return self.x + self.width, self.y

    @property
    def top(self) -> Point:
        """The middle of its upper edge."""
        return self.x + self.width / 2, self.y - self.height / 2

    @property
    def bottom(self) -> Point:
        """The middle of its lower edge."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Label:
    """A text as it was given, and as there was room for it; a fact, or a heading."""

    whole: str
    drawn: str
    is_fact: bool


@dataclass(slots=True)
class Record:
    """Where things stand on a sheet."""

    labels: list[Label] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    lines: list[tuple[Point, ...]] = field(default_factory=list)


class Sheet:
    """A sheet of paper, as large as it needs to be.

    Parameters
    ----------
    width, height
        In inches, at least; it grows where something is drawn beyond.
    """

    def __init__(self, width: float = 1.0, height: float = 0.5) -> None:
        from matplotlib.figure import Figure

        self.width, self.height = width, height
        self.record = Record()
        self._fields: list[tuple[float, float, float, float]] = []
        self._figure: matplotlib.figure.Figure = Figure(figsize=(1, 1), facecolor=PAPER)
        self.axes: matplotlib.axes.Axes = self._figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()

    @property
    def figure(self) -> matplotlib.figure.Figure:
        """The matplotlib figure, cut to what was drawn."""
        self._figure.set_size_inches(self.width, self.height)
        self.axes.set_xlim(0, self.width)
        self.axes.set_ylim(self.height, 0)  # rows are counted from the top
        return self._figure

    def reach(self, x: float, y: float) -> None:
        """Make sure that a point lies on the sheet, with a margin around it."""
        self.width = max(self.width, x + MARGIN)
        self.height = max(self.height, y + MARGIN)

    # -- text ------------------------------------------------------------------------------------

    def text(
        self,
        x: float,
        y: float,
        words: str,
        colour: str = INK,
        *,
        size: float = TEXT,
        face: Face = "sans",
        align: str = "left",
        room: float | None = None,
        rotation: float = 0,
        on_line: bool = False,
        fact: bool = True,
    ) -> float:
        """Write a line of text, its middle at this height; give its width.

        Parameters
        ----------
        align
            What stands at ``x``: the text's ``"left"`` end, its ``"center"``, its ``"right"`` end.
        room
            How wide it may be; it is shortened in the middle.
        rotation
            In degrees, counter-clockwise; the text then begins at the point.
        on_line
            Whether it stands on a line, and so on a piece of paper of its own.
        fact
            Whether the figure's list must have these words; a heading's it need not.
        """
        drawn = fit(words, PAGE * 10 if room is None else room, size, face)
        if not drawn:
            return 0.0
        self.record.labels.append(Label(words, drawn, fact))
        width = width_of(drawn, size, face)
        self._make_room(x, y, width, size, align, rotation)
        behind = {"facecolor": self._paper_at(x, y), "edgecolor": "none", "pad": 1.5}
        self.axes.text(
            x,
            y,
            drawn,
            color=colour,
            fontproperties=font(size, face),
            parse_math=False,  # dollar signs are dollar signs
            ha=align,
            va="bottom" if rotation else "center",
            rotation=rotation,
            rotation_mode="anchor",
            zorder=6,
            bbox=behind if on_line else None,
        )
        return width

    def _paper_at(self, x: float, y: float) -> str:
        """Say what colour the paper has at a point: in a field it is tinted."""
        in_field = any(
            left <= x <= left + width and top <= y <= top + height
            for left, top, width, height in self._fields
        )
        return FIELD_AREA if in_field else PAPER

    def _make_room(
        self, x: float, y: float, width: float, size: float, align: str, rotation: float
    ) -> None:
        if rotation:
            from math import cos, radians

            self.reach(x + width * cos(radians(rotation)) + height_of(size), y)
            return
        right = x + {"left": width, "center": width / 2, "right": 0.0}[align]
        self.reach(right, y + height_of(size) / 2)

    def note(self, x: float, y: float, words: str, colour: str = PALE_INK, **style: Any) -> float:
        """Write a small line of text."""
        return self.text(x, y, words, colour, **{"size": SMALL, **style})

    def heading(self, x: float, y: float, words: str) -> None:
        """Write a column's heading."""
        self.text(x, y, words, PALE_INK, size=SMALL, fact=False)

    # -- shapes ----------------------------------------------------------------------------------

    def box(self, box: Box) -> None:
        """Draw a box with its text."""
        self.record.boxes.append(box)
        self.reach(box.x + box.width, box.y + box.height / 2)
        self._rounded(
            (box.x, box.y - box.height / 2),
            (box.width, box.height),
            facecolor=box.area,
            edgecolor=box.colour,
            linewidth=2.2 if box.bold else 1,
            linestyle=(0, (3, 2)) if box.dashed else "solid",
            zorder=4,
        )
        room, lift = box.width - 2 * PAD, 0.085 if box.note else 0
        face: Face = "bold" if box.bold else "sans"
        self.text(box.x + PAD, box.y - lift, box.text, box.colour, face=face, room=room)
        if box.note:
            self.note(box.x + PAD, box.y + 0.11, box.note, box.colour, room=room)

    def field(
        self, x: float, y: float, width: float, height: float, title: str, note: str = ""
    ) -> None:
        """Draw a field that others stand in, such as an account, by its upper left corner."""
        self.reach(x + width, y + height)
        self._fields.append((x, y, width, height))
        self._rounded(
            (x, y),
            (width, height),
            facecolor=FIELD_AREA,
            edgecolor=PALE_LINE,
            linewidth=1,
            linestyle="solid",
            zorder=0,
        )
        room = width - 2 * FRAME
        taken = self.text(x + FRAME, y + 0.2, title, size=TITLE, face="bold", room=room)
        if note and room - taken > 0.5:
            self.note(x + FRAME + taken + 0.12, y + 0.21, note, room=room - taken - 0.12)

    def _rounded(self, corner: Point, size: Point, **style: Any) -> None:
        from matplotlib.patches import FancyBboxPatch

        rounding = "round,pad=0,rounding_size=0.08"
        self.axes.add_patch(FancyBboxPatch(corner, *size, boxstyle=rounding, **style))

    def area(
        self, place: Point, size: Point, colour: str, *, edge: str = HAIRLINE, hatch: str = ""
    ) -> None:
        """Fill a rectangle, by its upper left corner; hatching tells it apart in a print."""
        from matplotlib.patches import Rectangle

        self.reach(place[0] + size[0], place[1] + size[1])
        self.axes.add_patch(
            Rectangle(place, *size, facecolor=colour, edgecolor=edge, linewidth=1, zorder=2)
        )
        if hatch:
            lines = Rectangle(
                place, *size, fill=False, edgecolor=PAPER, linewidth=0, hatch=hatch, zorder=2
            )
            self.axes.add_patch(lines)

    def cell(self, place: Point, size: Point, look: Look) -> None:
        """Draw a cell of a grid, by its upper left corner, with its symbol in the middle."""
        self.area(place, size, look.area)
        middle = (place[0] + size[0] / 2, place[1] + size[1] / 2)
        # A symbol stands for the look's word, which the list has; it is no words of its own.
        self.text(
            *middle, look.symbol, look.colour, size=12, face="bold", align="center", fact=False
        )

    def mark(self, place: Point, symbol: str, colour: str, size: float = 13) -> None:
        """Put a symbol in a small disc, on a line."""
        from matplotlib.patches import Circle

        disc = Circle(place, 0.15, facecolor=PAPER, edgecolor=colour, linewidth=1.8, zorder=5)
        self.axes.add_patch(disc)
        self.reach(place[0] + 0.15, place[1] + 0.15)
        x, y = place
        self.text(x, y + 0.005, symbol, colour, size=size, face="bold", align="center", fact=False)

    def gate(
        self, x: float, top: float, bottom: float, colour: str = DENY, *, open_at: float | None
    ) -> None:
        """Draw a gate: a vertical bar, with a gap where it lets something through.

        Parameters
        ----------
        open_at
            The height of the gap; ``None``: it is shut.
        """
        parts = [(top, bottom)]
        if open_at is not None:
            parts = [(top, open_at - 0.16), (open_at + 0.16, bottom)]
        for start, end in parts:
            self.axes.plot([x, x], [start, end], color=colour, linewidth=4, zorder=5)
        self.reach(x, bottom)

    # -- lines -----------------------------------------------------------------------------------

    def line(
        self,
        start: Point,
        end: Point,
        colour: str = PALE_LINE,
        *,
        via: Sequence[Point] = (),
        **style: bool,
    ) -> None:
        """Draw a line that leaves, passes and arrives level, or upright if it leads straight down.

        Parameters
        ----------
        via
            Points that it passes on its way.
        style
            As of :meth:`curve`.
        """
        path = [start]
        for one, other in pairwise([start, *via, end]):
            middle = (one[0] + other[0]) / 2
            path += [(middle, one[1]), (middle, other[1]), other]
        self.curve(path, colour, **style)

    def straight(self, start: Point, end: Point, colour: str = PALE_LINE, **style: bool) -> None:
        """Draw a line that leads straight from one point to another."""
        across, down = (end[0] - start[0]) / 3, (end[1] - start[1]) / 3
        bends = [(start[0] + step * across, start[1] + step * down) for step in (1, 2)]
        self.curve([start, *bends, end], colour, **style)

    def curve(
        self,
        path: Sequence[Point],
        colour: str = PALE_LINE,
        *,
        bold: bool = False,
        arrow: bool = False,
        dashed: bool = False,
    ) -> None:
        """Draw a chain of Bezier curves: a point, and for each curve two that bend it and its end.

        Parameters
        ----------
        bold
            Whether it is what the eye should meet first.
        arrow
            Whether it has a head at its end.
        dashed
            Whether what it stands for is missing, or answers.
        """
        from matplotlib.patches import FancyArrowPatch
        from matplotlib.path import Path

        self.record.lines.append(tuple(path))
        for x, y in path[::3]:
            self.reach(x, y)
        self.axes.add_patch(
            FancyArrowPatch(
                path=Path(list(path), [Path.MOVETO, *[Path.CURVE4] * (len(path) - 1)]),
                arrowstyle="-|>,head_length=5,head_width=3" if arrow else "-",
                color=colour,
                linewidth=2.6 if bold else 1.1,
                linestyle=(0, (4, 3)) if dashed else "solid",
                joinstyle="miter",
                capstyle="butt",
                shrinkA=0,
                shrinkB=0,
                zorder=3 if bold else 1,
            )
        )
