"""Looking at a figure as a strict reader does: does anything stand in the way of anything?

Text is measured by matplotlib's own renderer, independently of how the figure was laid out.
"""

import math
from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

SLACK = 1.0  # pixels that two labels may share: the paper around their letters
INSIDE = 0.03  # inches that a line may enter a box: where it arrives
STEPS = 24  # so many points of each piece of a line are looked at


def faults(figure, *, most=300):
    """List what a reader would complain about; an empty list is a good figure."""
    return [
        *_words(figure, most),
        *_labels(figure.drawing),
        *_boxes(figure.record),
        *_lines(figure.record),
    ]


def _words(figure, most):
    """Find fault with what is said beside the picture."""
    if not 20 <= len(figure.alt) <= most:
        yield f"the alternative text has {len(figure.alt)} characters"
    if figure.alt.lower().startswith(("a graph", "a figure", "a picture", "a chart", "a diagram")):
        yield f"the alternative text names the picture, not what is to be seen: {figure.alt}"
    if not figure.rows:
        yield "there is no table"
    if not figure.record.labels:
        yield "there is not a word in the picture"
    text = _alike(figure.as_text())
    for label in figure.record.labels:
        if label.is_fact and _alike(label.whole) not in text:
            yield f"the list does not have what the picture has: {label.whole!r}"


def _alike(text):
    """Compare words, not line breaks."""
    return " ".join(text.split())


def _labels(drawing):
    """Find labels that overlap, or that leave the paper."""
    canvas = FigureCanvasAgg(drawing)
    canvas.draw()
    renderer = canvas.get_renderer()
    paper = drawing.bbox
    seen = []
    for text in drawing.findobj(Text):
        if text.get_visible() and text.get_text().strip():
            shape = _shape(text, renderer)
            seen.append((text.get_text(), shape))
            xs, ys = zip(*shape, strict=True)
            if min(xs) < paper.x0 or min(ys) < paper.y0 or max(xs) > paper.x1 or max(ys) > paper.y1:
                yield f"{text.get_text()!r} leaves the paper"
    for (one, first), (other, second) in combinations(seen, 2):
        if _overlap(first, second):
            yield f"{one!r} and {other!r} overlap"


def _shape(text, renderer):
    """Give the four corners of a text, turned as it is turned."""
    angle = text.get_rotation()
    text.set_rotation(0)
    box = text.get_window_extent(renderer)
    text.set_rotation(angle)
    corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
    if not angle:
        return corners
    x, y = text.get_transform().transform(text.get_position())
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return [
        (x + (a - x) * cos - (b - y) * sin, y + (a - x) * sin + (b - y) * cos) for a, b in corners
    ]


def _overlap(one, other):
    """Say whether two convex shapes share more than the slack: no line parts them."""
    for shape in (one, other):
        for (x1, y1), (x2, y2) in zip(shape, [*shape[1:], shape[0]], strict=True):
            length = math.hypot(x2 - x1, y2 - y1) or 1.0
            normal = ((y2 - y1) / length, (x1 - x2) / length)
            first = [a * normal[0] + b * normal[1] for a, b in one]
            second = [a * normal[0] + b * normal[1] for a, b in other]
            if max(first) - SLACK <= min(second) or max(second) - SLACK <= min(first):
                return False
    return True


def _boxes(record):
    """Find boxes that overlap."""
    for one, other in combinations(record.boxes, 2):
        apart = (
            one.x + one.width <= other.x
            or other.x + other.width <= one.x
            or abs(one.y - other.y) >= (one.height + other.height) / 2
        )
        if not apart:
            yield f"the boxes {one.text!r} and {other.text!r} overlap"


def _lines(record):
    """Find lines that run through a box."""
    for line in record.lines:
        for box in record.boxes:
            if any(_is_in(point, box) for point in _points(line)):
                yield f"a line from {line[0]} to {line[-1]} runs through the box {box.text!r}"


def _points(line):
    """Give points along a chain of Bezier curves, each of four control points."""
    for i in range(0, len(line) - 1, 3):
        a, b, c, d = line[i : i + 4]
        for step in range(STEPS + 1):
            t = step / STEPS
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            yield tuple(
                sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True))
                for axis in (0, 1)
            )


def _is_in(point, box):
    x, y = point
    return (
        box.x + INSIDE < x < box.x + box.width - INSIDE
        and abs(y - box.y) < box.height / 2 - INSIDE
    )
