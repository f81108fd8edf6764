"""Look at a figure as a strict reader does: does anything overlap or hide anything else?

Text is measured by matplotlib's own renderer, independently of how the figure was laid out.
"""

import math
from itertools import combinations

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from iamlab.display import printable

SLACK = 1.0  # pixels that two labels may share: the paper around their letters
INSIDE = 0.03  # inches that a line may enter a box: where it arrives
AREA = 2  # what is drawn as high as this hides the lines below it
STEPS = 24  # so many points of each piece of a line are looked at


def faults(figure, *, most=300):
    """List the faults of a figure; a good figure has none."""
    return [
        *_words(figure, most),
        *_labels(figure),
        *_boxes(figure.sheet.record),
        *_lines(figure.sheet.record),
    ]


def _words(figure, most):
    """Find faults in the words beside the picture."""
    if not 20 <= len(figure.alt) <= most:
        yield f"the alternative text has {len(figure.alt)} characters"
    if figure.alt.lower().startswith(("a graph", "a figure", "a picture", "a chart", "a diagram")):
        yield f"the alternative text names the picture, not what is to be seen: {figure.alt}"
    if not figure.rows:
        yield "there is no table"
    if not figure.sheet.record.labels:
        yield "there is not a word in the picture"
    text = _alike(figure.as_text())
    for label in figure.sheet.record.labels:
        if label.is_fact and _alike(printable(label.whole)) not in text:
            yield f"the list does not have what the picture has: {label.whole!r}"


def _alike(text):
    """Compare words without line breaks."""
    return " ".join(text.split())


@mpl.rc_context({"text.hinting": "none"})  # as it is saved
def _labels(figure):
    """List labels that overlap, leave the paper or a box, or have a line through them."""
    return list(_in_the_way(figure))


def _in_the_way(figure):
    pen = FigureCanvasAgg(figure.drawing).get_renderer()
    seen = [(text, _shape(text, pen)) for text in figure.drawing.findobj(Text) if _is_seen(text)]
    paper = figure.drawing.bbox
    for text, shape in seen:
        xs, ys = zip(*shape, strict=True)
        if min(xs) < paper.x0 or min(ys) < paper.y0 or max(xs) > paper.x1 or max(ys) > paper.y1:
            yield f"{text.get_text()!r} leaves the paper"
    for (text, first), (other, second) in combinations(seen, 2):
        if _near(first, second) and _overlap(first, second):
            yield f"{text.get_text()!r} and {other.get_text()!r} overlap"
    facts = {label.drawn for label in figure.sheet.record.labels if label.is_fact}
    lines = [list(_points(line)) for line in figure.sheet.record.lines]
    for text, shape in seen:
        if text.get_text() in facts and not text.get_rotation():
            place = _in_inches(shape, figure.drawing)
            yield from _half_out(text.get_text(), place, figure.sheet.record.boxes)
            if any(_crosses(line, place) for line in lines) and not _on_paper(text, shape, pen):
                yield f"a line runs through {text.get_text()!r}"


def _is_seen(text):
    return text.get_visible() and bool(text.get_text().strip())


def _on_paper(text, shape, pen):
    """Return whether words are on an area or on paper that hides the lines below it."""
    xs, ys = zip(*shape, strict=True)
    if text.get_bbox_patch() is not None:
        return True
    for patch in text.axes.patches:
        under = patch.get_window_extent(pen)
        if (
            patch.get_fill()
            and patch.get_zorder() >= AREA
            and under.x0 <= min(xs)
            and under.x1 >= max(xs)
            and under.y0 <= min(ys)
            and under.y1 >= max(ys)
        ):
            return True
    return False


def _in_inches(shape, drawing):
    """Return left, top, right and bottom as a sheet counts them: from the upper left corner."""
    xs, ys = zip(*shape, strict=True)
    dpi, height = drawing.dpi, drawing.bbox.height
    return min(xs) / dpi, (height - max(ys)) / dpi, max(xs) / dpi, (height - min(ys)) / dpi


def _half_out(words, place, boxes):
    """Find boxes that have only a part of some words in them."""
    left, top, right, bottom = place
    for box in boxes:
        sides = (box.x, box.y - box.height / 2, box.x + box.width, box.y + box.height / 2)
        touches = (
            left < sides[2] - INSIDE
            and right > sides[0] + INSIDE
            and top < sides[3] - INSIDE
            and bottom > sides[1] + INSIDE
        )
        inside = (
            left > sides[0] - INSIDE
            and right < sides[2] + INSIDE
            and top > sides[1] - INSIDE
            and bottom < sides[3] + INSIDE
        )
        if touches and not inside:
            yield f"{words!r} stands half in the box {box.text!r}"


def _crosses(line, place):
    """Return whether a line runs through words, and not just along them or up to their edge."""
    left, top, right, bottom = place
    return any(
        left + INSIDE < x < right - INSIDE and top + INSIDE < y < bottom - INSIDE for x, y in line
    )


def _near(shape, other):
    """Return whether the upright rectangles around two shapes overlap: a quick first look."""
    return all(
        min(point[axis] for point in first) < max(point[axis] for point in second)
        for axis in (0, 1)
        for first, second in ((shape, other), (other, shape))
    )


def _shape(text, renderer):
    """Return the four corners of a text, turned as it is turned."""
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


def _overlap(first_shape, second_shape):
    """Return whether two convex shapes share more than the slack: no line parts them."""
    for shape in (first_shape, second_shape):
        for (x1, y1), (x2, y2) in zip(shape, [*shape[1:], shape[0]], strict=True):
            length = math.hypot(x2 - x1, y2 - y1) or 1.0
            normal = ((y2 - y1) / length, (x1 - x2) / length)
            first = [a * normal[0] + b * normal[1] for a, b in first_shape]
            second = [a * normal[0] + b * normal[1] for a, b in second_shape]
            if max(first) - SLACK <= min(second) or max(second) - SLACK <= min(first):
                return False
    return True


def _boxes(record):
    """Find boxes that overlap."""
    for box, other in combinations(record.boxes, 2):
        apart = (
            box.x + box.width <= other.x
            or other.x + other.width <= box.x
            or abs(box.y - other.y) >= (box.height + other.height) / 2
        )
        if not apart:
            yield f"the boxes {box.text!r} and {other.text!r} overlap"


def _lines(record):
    """Find lines that run through a box."""
    for line in record.lines:
        points = list(_points(line))
        for box in record.boxes:
            if any(_is_in(point, box) for point in points):
                yield f"a line from {line[0]} to {line[-1]} runs through the box {box.text!r}"


def _points(line):
    """Return points along a chain of Bezier curves, each of four control points."""
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
        box.x + INSIDE < x < box.x + box.width - INSIDE and abs(y - box.y) < box.height / 2 - INSIDE
    )
