"""A picture whose parts have names: a card can mark them, and those that are switches are buttons.

The place of each part comes from the layout of a figure. What can happen to a part is written
beside it, hidden: a mark of the card shows the word that is true.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import POINTS, SMALL, width_of
from iamlab.view.drawing.shapes import Circle, Ink, Rectangle, Text
from iamlab.view.drawing.svg import element
from iamlab.view.figure import PIXELS
from iamlab.view.style import PAPER
from iamlab.widgets.controls import scrolled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.view.drawing.shapes import Shape
    from iamlab.view.drawing.sheet import Sheet

PENDING = "…"
"""The symbol of a stop without an outcome; it isn't written before the stop's words."""
LEAST = 760
"""The least width of a picture, in pixels; in a narrower card it scrolls."""
TALL, PAD, AIR, LIFT = 0.18, 0.07, 0.06, 0.03
"""The height of a word's label, and its distances from its own edge and from its box."""
_LABEL = Ink(fill=PAPER, edge="currentColor", width=1.2)


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of a picture is, apart from its shapes.

    Parameters
    ----------
    switch
        The name of its switch, if it has one.
    label
        What a screen reader calls it.
    needs
        The switches that must be on, or the part has no effect, as bits.
    words
        The words that can become true, by the mark that shows them.
    """

    switch: str = ""
    label: str = ""
    needs: int = 0
    words: Mapping[str, str] = field(default_factory=dict)


def picture(sheet: Sheet, parts: Mapping[str, Part], label: str) -> str:
    """Write what is on a sheet as HTML, with a group for each of its named parts.

    Parameters
    ----------
    parts
        By the names that the layout gave to its shapes. Other shapes have no marks.
    label
        What a screen reader calls the picture.
    """
    owners = [name if name in parts else "" for name in sheet.parts]
    groups: dict[str, list[Shape]] = {name: [] for name in ("", *owners)}
    order = sorted(zip(owners, sheet.shapes, strict=True), key=lambda each: each[1].ink.layer)
    for name, shape in order:
        groups[name].append(shape)
    whole = round(sheet.width * PIXELS)
    size = f"0 0 {sheet.width * POINTS:.0f} {sheet.height * POINTS:.0f}"
    background = "".join(map(element, groups.pop("")))
    body = "".join(_group(name, parts[name], shapes) for name, shapes in groups.items())
    return scrolled(
        label,
        f'<svg class="graph" role="group" aria-label="{escape(label)}" viewBox="{size}" '
        f'style="width:100%;max-width:{whole}px;min-width:{min(whole, LEAST)}px" '
        f'font-family="DejaVu Sans,Verdana,sans-serif">{background}{body}</svg>',
    )


def _group(name: str, part: Part, shapes: Sequence[Shape]) -> str:
    own = f' data-needs="{part.needs}"'
    if part.switch:
        own += f' data-press="{escape(part.switch)}" aria-label="{escape(part.label)}"'
        own += ' role="button" tabindex="0" aria-pressed="true"'
    is_stop = any(isinstance(shape, Circle) for shape in shapes)
    kind = "stop" if is_stop else "node" if part.label else "edge"
    body = "".join(map(_shape, shapes)) + _words(part, shapes)
    return f'<g class="{kind}"><g data-id="{escape(name)}"{own}>{body}</g></g>'


def _shape(shape: Shape) -> str:
    """Write a shape; the sign of a stop without an outcome disappears with its outcome."""
    if not isinstance(shape, Text) or not shape.words.startswith(PENDING):
        return element(shape)
    words = shape.words.removeprefix(PENDING).lstrip()
    if words:
        width = width_of(words, shape.size, shape.face)
        return element(replace(shape, words=words, width=width))
    return f'<g class="pending">{element(shape)}</g>'


def _words(part: Part, shapes: Sequence[Shape]) -> str:
    """Write the words of a part: a symbol into its disc, and a label at its upper right corner."""
    boxes = [shape for shape in shapes if isinstance(shape, Rectangle)]
    discs = [shape for shape in shapes if isinstance(shape, Circle)]
    body = ""
    for mark, whole in part.words.items():
        words, (symbol, _, rest) = whole, whole.partition(" ")
        ink = Ink(fill="currentColor")
        if discs and len(symbol) == 1:
            sign = Text(discs[0].x, discs[0].y + 0.005, symbol, 13, "bold", 0.0, ink, "center")
            body += f'<g class="word {mark}">{element(sign)}</g>'
            words = rest if len(shapes) > 2 else ""
        if words:
            width = width_of(words, SMALL, "bold")
            if boxes:
                lift = LIFT if not discs else -boxes[-1].height / 2
                x, y = boxes[-1].x + boxes[-1].width - width - AIR - PAD, boxes[-1].y - lift
            else:
                x, y = discs[0].x + 0.2 + PAD, discs[0].y + 0.08
            outline = Rectangle(x - PAD, y - TALL / 2, width + 2 * PAD, TALL, _LABEL, TALL / 2)
            text = Text(x, y, words, SMALL, "bold", width, ink)
            body += f'<g class="word {mark}">{element(outline)}{element(text)}</g>'
    return body
