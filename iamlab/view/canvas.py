"""Drawing in columns: boxes with text, and lines between them. The units are inches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.view.style import INK, PALE_INK, PALE_LINE, PAPER, shorten

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

    from iamlab.view.style import Look

BOX_HEIGHT = 0.46
ROW = 0.66
TEXT_SIZE = 10
SMALL = 8.8
LETTER = 0.087  # the width of an average letter at TEXT_SIZE
FONT = "DejaVu Sans"


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

    @property
    def left(self) -> tuple[float, float]:
        """Where lines arrive."""
        return self.x, self.y

    @property
    def right(self) -> tuple[float, float]:
        """Where lines leave."""
        return self.x + self.width, self.y


class Canvas:
    """A sheet of paper, as large as it needs to be.

    Parameters
    ----------
    width, height
        In inches.
    """

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.figure import Figure

        self.figure: matplotlib.figure.Figure = Figure(figsize=(width, height), facecolor=PAPER)
        self.axes: matplotlib.axes.Axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_xlim(0, width)
        self.axes.set_ylim(height, 0)  # rows are counted from the top
        self.axes.set_axis_off()

    def heading(self, x: float, y: float, text: str) -> None:
        """Write a column's heading."""
        self._write(x, y, text, PALE_INK, SMALL)

    def box(self, box: Box) -> None:
        """Draw a box with its text."""
        from matplotlib.patches import FancyBboxPatch

        height = BOX_HEIGHT
        self.axes.add_patch(
            FancyBboxPatch(
                (box.x, box.y - height / 2),
                box.width,
                height,
                boxstyle="round,pad=0,rounding_size=0.08",
                facecolor=box.area,
                edgecolor=box.colour,
                linewidth=2.2 if box.bold else 1,
                linestyle=(0, (3, 2)) if box.dashed else "solid",
                zorder=3,
            )
        )
        room = int((box.width - 0.16) / LETTER)
        style: dict[str, Any] = {"fontweight": "bold" if box.bold else "normal"}
        lift = 0.085 if box.note else 0
        self._write(box.x + 0.09, box.y - lift, shorten(box.text, room), box.colour, **style)
        if box.note:
            room = int((box.width - 0.16) / (LETTER * SMALL / TEXT_SIZE))
            self._write(box.x + 0.09, box.y + 0.11, shorten(box.note, room), box.colour, SMALL)

    def line(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        colour: str,
        *,
        bold: bool = False,
        arrow: bool = False,
        dashed: bool = False,
    ) -> None:
        """Draw a line that leaves and arrives level."""
        from matplotlib.patches import FancyArrowPatch
        from matplotlib.path import Path

        reach = (end[0] - start[0]) * 0.5
        points = [start, (start[0] + reach, start[1]), (end[0] - reach, end[1]), end]
        path = Path(points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
        self.axes.add_patch(
            FancyArrowPatch(
                path=path,
                arrowstyle="-|>,head_length=5,head_width=3" if arrow else "-",
                color=colour,
                linewidth=2.6 if bold else 1.1,
                linestyle=(0, (4, 3)) if dashed else "solid",
                zorder=2 if bold else 1,
            )
        )

    def mark(self, place: tuple[float, float], symbol: str, colour: str, size: float = 13) -> None:
        """Put a symbol in a small disc, on a line."""
        from matplotlib.patches import Circle

        self.axes.add_patch(
            Circle(place, 0.15, facecolor=PAPER, edgecolor=colour, linewidth=1.8, zorder=4)
        )
        self._write(
            place[0],
            place[1] + 0.005,
            symbol,
            colour,
            size,
            ha="center",
            fontweight="bold",
            zorder=5,
        )

    def bar(
        self, x: float, top: float, bottom: float, colour: str, *, open_at: float | None
    ) -> None:
        """Draw a gate: a vertical bar, with a gap where it lets something through."""
        parts = [(top, bottom)]
        if open_at is not None:
            parts = [(top, open_at - 0.16), (open_at + 0.16, bottom)]
        for start, end in parts:
            self.axes.plot([x, x], [start, end], color=colour, linewidth=4, zorder=4)

    def cell(self, place: tuple[float, float], size: tuple[float, float], look: Look) -> None:
        """Draw a cell of a grid, by its upper left corner, with its symbol in the middle."""
        from matplotlib.patches import Rectangle

        self.axes.add_patch(
            Rectangle(
                place,
                *size,
                facecolor=look.area,
                edgecolor=PALE_LINE,
                linewidth=1,
                zorder=2,
            )
        )
        middle = (place[0] + size[0] / 2, place[1] + size[1] / 2)
        self._write(*middle, look.symbol, look.colour, 12, ha="center", fontweight="bold")

    def note(self, x: float, y: float, text: str, colour: str, **style: Any) -> None:
        """Write a line of text."""
        self._write(x, y, text, colour, SMALL, **style)

    def _write(
        self, x: float, y: float, text: str, colour: str, size: float = TEXT_SIZE, **style: Any
    ) -> None:
        """Write text as it is: ``parse_math`` off, so that dollar signs are dollar signs."""
        options = {"ha": "left", "va": "center", "zorder": 5, **style}
        self.axes.text(
            x,
            y,
            text,
            color=colour,
            fontsize=size,
            family=FONT,
            parse_math=False,
            **options,
        )
