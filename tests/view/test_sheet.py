"""A sheet grows with what is drawn on it, and records where that is."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from iamlab.view.drawing.matplotlib_writer import to_figure
from iamlab.view.drawing.measure import SMALL, height_of, width_of
from iamlab.view.drawing.sheet import BOX_HEIGHT, MARGIN, PAD, Box, Sheet
from iamlab.view.scene import Scene
from iamlab.view.style import LOOKS
from tests.effort import tries
from tests.view.looking import faults
from tests.view.scenes import UGLY

PLACE = st.tuples(st.floats(1, 7), st.floats(0.5, 6))
WORDS = st.text(min_size=1, max_size=30) | st.sampled_from(UGLY)


def outside(sheet):
    """List the artists outside of the paper, measured by matplotlib."""
    figure = to_figure(sheet)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    paper = figure.bbox
    found = []
    axes = figure.axes[0]
    for artist in (*axes.texts, *axes.patches, *axes.lines):
        box = artist.get_window_extent(canvas.get_renderer())
        if box.x1 > paper.x1 + 0.5 or box.y0 < paper.y0 - 0.5 or box.x0 < paper.x0 - 0.5:
            found.append(artist)
    return found


DRAWN = {
    "text": lambda sheet, at, words: sheet.text(*at, words, room=2.5),
    "turned": lambda sheet, at, words: sheet.text(*at, words, room=0.4, rotation=60),
    "note": lambda sheet, at, words: sheet.note(*at, words, room=1.2, align="center"),
    "box": lambda sheet, at, words: sheet.box(Box(*at, 1.5, words, words)),
    "field": lambda sheet, at, words: sheet.field(*at, 3, 1, words, words),
    "area": lambda sheet, at, _: sheet.area(at, (1, 0.5), LOOKS["allowed"].area, hatch="///"),
    "mark": lambda sheet, at, _: sheet.mark(at, "✕", LOOKS["explicitDeny"].colour),
    "gate": lambda sheet, at, _: sheet.gate(at[0], at[1], at[1] + 0.6),
    "line": lambda sheet, at, _: sheet.line((0.5, 0.5), at, via=[(1, at[1])], arrow=True),
    "straight": lambda sheet, at, _: sheet.straight((0.5, 0.5), at, bold=True),
}


@settings(max_examples=tries(60))
@given(st.lists(st.tuples(st.sampled_from(sorted(DRAWN)), PLACE, WORDS), min_size=1, max_size=5))
def test_the_paper_is_as_large_as_what_is_drawn(texts):
    """Nothing leaves the paper to the right or below, wherever it is."""
    sheet = Sheet()
    for kind, at, words in texts:
        DRAWN[kind](sheet, at, words)

    assert outside(sheet) == []


CORNERS = {
    "text": (6 + width_of("words"), 5 + height_of() / 2),
    "note": (6 + width_of("words", SMALL) / 2, 5 + height_of(SMALL) / 2),
    "box": (7.5, 5 + BOX_HEIGHT / 2),
    "field": (9, 6),
    "area": (7, 5.5),
    "mark": (6.15, 5.15),
    "gate": (6, 5.6),
    "line": (6, 5),
    "straight": (6, 5),
}
"""Where the lower right corner of each thing is that is drawn at 6, 5."""


@pytest.mark.parametrize("kind", CORNERS)
def test_every_thing_makes_just_the_room_that_it_needs(kind):
    """Each shape alone ends at the margin of the paper."""
    sheet = Sheet()
    DRAWN[kind](sheet, (6.0, 5.0), "words")

    assert (sheet.width - MARGIN, sheet.height - MARGIN) == pytest.approx(CORNERS[kind])


@settings(max_examples=tries(40))
@given(WORDS, WORDS, st.floats(0.6, 3))
def test_the_words_of_a_box_stay_in_the_box(text, note, width):
    """Both lines are shortened to the box's width without its padding."""
    sheet = Sheet()
    sheet.box(Box(1, 1, width, text, note, bold=True))

    for label, face, size in zip(sheet.record.labels, ("bold", "sans"), (10, 8.8), strict=True):
        assert width_of(label.drawn, size, face) <= width - 2 * PAD or label.drawn == "…"


def test_the_sheet_records_whole_and_drawn_texts():
    """A label has its whole text and what there was room for; headings and symbols aren't facts."""
    sheet = Sheet()
    sheet.heading(0.2, 0.2, "GROUP")
    sheet.box(Box(0.2, 1, 0.8, "star-maps-read"))
    sheet.mark((2, 1), "✕", "#000000")
    labels = {label.whole: label for label in sheet.record.labels}

    assert [name for name, label in labels.items() if label.is_fact] == ["star-maps-read"]
    assert "…" in labels["star-maps-read"].drawn
    assert [box.text for box in sheet.record.boxes] == ["star-maps-read"]


def test_a_text_gives_the_width_that_it_took():
    """A text returns its width, so that something can follow it; empty text has no label."""
    sheet = Sheet()

    assert sheet.text(0, 0.2, "star-maps") == width_of("star-maps")
    assert sheet.text(0, 0.4, "") == 0
    assert [label.whole for label in sheet.record.labels] == ["star-maps"]


def test_formulas_are_not_read():
    """A dollar sign is a dollar sign: a name that isn't a formula would stop matplotlib."""
    sheet = Sheet()
    sheet.text(0.2, 0.2, r"$\frac{$")
    sheet.box(Box(0.2, 1, 2, "$x^2$", r"$\undefined$"))
    figure = to_figure(sheet)
    FigureCanvasAgg(figure).draw()

    assert all(not text.get_parse_math() for text in figure.findobj(Text) if text.get_text())


def made_of(sheet, *lines):
    """Make a figure of a sheet."""
    alt = "Ana reads the maps, and nobody else does."
    return Scene([], before=lines, table=[{"who": "ana"}]).figure(
        lambda _: sheet, alt=alt, caption=""
    )


BROKEN = {
    "labels that overlap": (
        lambda s: (s.text(1, 1, "first words"), s.text(1.2, 1.05, "other words")),
        "overlap",
    ),
    "a label off the paper": (lambda s: s.text(-0.4, 1, "words"), "leaves the paper"),
    "boxes that overlap": (
        lambda s: (s.box(Box(1, 1, 1, "a")), s.box(Box(1.8, 1.2, 1, "b"))),
        "boxes",
    ),
    "a line through a box": (
        lambda s: (s.box(Box(1, 1, 1, "a")), s.straight((0.5, 1), (3, 1))),
        "through the box",
    ),
    "a bow through a box": (
        lambda s: (s.box(Box(1.5, 1.5, 1, "a")), s.line((1, 1), (3, 2))),
        "through the box",
    ),
    "words half out of a box": (
        lambda s: (s.box(Box(1, 1, 1, "a")), s.text(1.8, 1, "words")),
        "stands half in the box",
    ),
    "a line through words": (
        lambda s: (s.text(1, 1, "first words"), s.straight((0.5, 1), (3, 1.1))),
        "a line runs through",
    ),
    "a word that the list lacks": (lambda s: s.text(1, 1, "secret"), "list does not have"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_strict_reader_finds_what_is_wrong(broken):
    """The reader that tests all figures finds each fault that it is for."""
    draw, complaint = BROKEN[broken]
    sheet = Sheet(4, 3)
    draw(sheet)

    assert any(
        complaint in fault for fault in faults(made_of(sheet, "a b first words other words words"))
    )


def test_a_strict_reader_finds_nothing_wrong_with_a_good_figure():
    """Two boxes, a line between them, and words on the line that have paper of their own."""
    sheet = Sheet()
    first, other = Box(0.2, 1, 1, "ana"), Box(3.2, 1, 1, "maps")
    sheet.box(first)
    sheet.box(other)
    sheet.line(first.right, other.left, arrow=True)
    sheet.note(2.2, 1, "reads", align="center", on_line=True)

    assert faults(made_of(sheet, "ana", "  reads maps")) == []


@pytest.mark.parametrize("words", UGLY)
def test_words_beside_a_picture_are_words(words):
    """Alternative text, caption and list are escaped, without line breaks or marks of direction."""
    scene = Scene([], before=[words], table=[{"who": words}])
    figure = scene.figure(lambda _: Sheet(), alt=f"Ana is {words}.", caption=words)
    html = re.sub(r"base64,[^\"]*", "", figure._repr_html_())

    assert html.count("<") == html.count(">") == TAGS
    assert html.replace("\n", "").isprintable()
    assert len(figure.as_text().splitlines()) == 1


TAGS = 13
"""figure, div, img, figcaption, details, summary and pre, each with its end but the image."""
