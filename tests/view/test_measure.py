"""Text is measured as it is drawn, shortened to its room, and can always be drawn."""

from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font
from matplotlib.ft2font import LoadFlags

from iamlab.display import printable
from iamlab.view.drawing.matplotlib_writer import font
from iamlab.view.drawing.measure import (
    ELLIPSIS,
    POINTS,
    SMALL,
    TEXT,
    TITLE,
    fit,
    height_of,
    plain,
    widest,
    width_of,
    wrap,
)
from tests.effort import tries
from tests.view.scenes import UGLY

NAMES = st.text(max_size=60) | st.sampled_from(UGLY) | st.text("ab./:- ", max_size=90)
FACES = ("sans", "bold", "mono")
ROOMS = st.floats(0.2, 4)


def drawn_width(text, size, face):
    """Measure text with matplotlib's own renderer, in inches."""
    figure = Figure(dpi=1000)
    canvas = FigureCanvasAgg(figure)
    shown = figure.text(0, 0, text, fontproperties=font(size, face), parse_math=False)
    return shown.get_window_extent(canvas.get_renderer()).width / 1000


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("size", [TITLE, TEXT, SMALL])
def test_text_is_as_wide_as_it_is_measured(face, size):
    """Matplotlib's renderer, which figures don't use, agrees to a hundredth."""
    text = "arn:aws:s3:::star-maps/m31.fits ✓ explicit deny"

    assert width_of(text, size, face) == pytest.approx(drawn_width(text, size, face), rel=0.01)


def shipped(face):
    """Open the font that matplotlib ships; the system may have another version of it."""
    name = {"sans": "DejaVuSans", "bold": "DejaVuSans-Bold", "mono": "DejaVuSansMono"}[face]
    return get_font(Path(mpl.get_data_path(), "fonts", "ttf", f"{name}.ttf"))


@settings(max_examples=tries(200))
@given(st.sampled_from(FACES), st.text('aATVWyoLr./:-_ 0149*(){}"éß✓✕○…', max_size=40))
def test_the_table_measures_what_the_font_does(face, text):
    """From bar to bar, with the kerning of ASCII letters, up to rounding.

    The table has no kerning of other letters, so they never measure less than they take.
    """
    font_of_face = shipped(face)
    font_of_face.set_size(100, 72)

    def across(words):
        font_of_face.set_text(words, 0, flags=LoadFlags.NO_HINTING)
        return font_of_face.get_width_height()[0] / 64 / 100

    ems = width_of(f"|{text}|", POINTS, face) - width_of("|", POINTS, face)

    real, rounding = across(f"|{text}|") - across("|"), 0.006 * (len(text) + 1)
    assert ems >= real - rounding
    if not {"é", "ß"} & {*text}:
        assert ems == pytest.approx(real, abs=rounding)


@pytest.mark.parametrize("face", FACES)
def test_the_table_has_the_letters_of_the_font(face):
    """Letters that the font lacks become squares, and no others do."""
    letters = {*map(chr, shipped(face).get_charmap())}
    printed = [letter for letter in map(chr, range(33, 0x3100)) if printable(letter) == letter]

    assert {letter for letter in printed if plain(letter, face) == letter} == letters & {*printed}


def test_the_faces_differ():
    """Bold letters are wider, and the letters of the third face all have one width."""
    assert width_of("words", face="bold") > width_of("words")
    assert width_of("iii", face="mono") == pytest.approx(width_of("mmm", face="mono"), rel=0.02)


@settings(max_examples=tries(80))
@given(NAMES, st.sampled_from(FACES), ROOMS)
def test_shortened_text_fits_its_room(text, face, room):
    """No name is wider than its room; an ellipsis is the shortest form."""
    short = fit(text, room, TEXT, face)

    assert width_of(short, TEXT, face) <= room or short == ELLIPSIS


@settings(max_examples=tries(60))
@given(NAMES, st.sampled_from(FACES))
def test_text_that_fits_stays_whole(text, face):
    """Text with exactly enough room isn't shortened."""
    assert fit(text, width_of(plain(text, face), TEXT, face), TEXT, face) == plain(text, face)


@settings(max_examples=tries(60))
@given(NAMES, ROOMS)
def test_both_ends_of_a_name_stay(text, room):
    """The middle is left out, and both ends keep equally many letters."""
    whole, short = plain(text), fit(text, room)
    if short == whole:
        return
    kept = len(short) - len(ELLIPSIS)
    head, tail = short[: (kept + 1) // 2], short[len(short) - kept // 2 :]

    assert short == f"{head}{ELLIPSIS}{tail}"
    assert whole.startswith(head)
    assert whole.endswith(tail)
    assert kept < len(whole)


@settings(max_examples=tries(40))
@given(st.text("abcxyz", min_size=30, max_size=80), ROOMS)
def test_as_much_of_a_name_stays_as_there_is_room_for(text, room):
    """With letters of one width: one letter more would not fit."""
    letter = width_of("m" * 100, TEXT, "mono") / 100
    short = fit(text, room, TEXT, "mono")

    assert short == text or (len(short) + 1) * letter > room - 1e-6


@settings(max_examples=tries(80))
@given(NAMES, st.sampled_from(FACES))
def test_plain_text_can_be_drawn_and_is_as_long(text, face):
    """Each letter is printable and in the font, or a sign; plain text stays the same."""
    made = plain(text, face)

    assert len(made) == len(text)
    assert made.isprintable()
    assert plain(made, face) == made
    assert all(made[i] == c for i, c in enumerate(text) if c.isascii() and c.isprintable())


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("two\nlines", "two↵lines"),
        ("a\tb", "a→b"),
        ("\u202ereversed", "␣reversed"),
        ("zero\u200bwidth", "zero␣width"),
        ("天", "\N{WHITE SQUARE}"),
        ("\ud800", "␣"),
        ("café ✓", "café ✓"),
    ],
)
def test_what_cannot_be_seen_becomes_a_sign(text, drawn):
    """Line breaks, marks of direction, letters without a glyph, and half a surrogate pair."""
    assert plain(text) == drawn


@settings(max_examples=tries(80))
@given(st.text("abcde ", max_size=120) | NAMES, st.floats(0.4, 3), st.integers(1, 6))
def test_wrapped_lines_fit_and_lose_no_word(text, room, most):
    """No line is too wide, there aren't too many, and words that fit keep their order."""
    lines = wrap(text, room, most=most)

    assert 1 <= len(lines) <= most
    assert all(width_of(line) <= room or line == ELLIPSIS for line in lines)
    if not any(ELLIPSIS in line for line in lines):
        assert " ".join(lines) == plain(text)


@settings(max_examples=tries(40))
@given(st.text("abcde ", min_size=1, max_size=100), st.floats(0.6, 3))
def test_a_line_breaks_only_where_the_next_word_does_not_fit(text, room):
    """No line has room for the first word of the next one."""
    lines = wrap(text, room, most=1000)

    for line, following in pairwise(lines):
        assert width_of(f"{line} {following.split(' ')[0]}") > room or ELLIPSIS in line + following


def test_the_widest_of_texts_is_that_of_what_is_drawn():
    """Empty text has no width, and a line break has the width of its sign."""
    assert widest([]) == 0
    assert widest(["slim", "two\nlines", "i"]) == width_of("two↵lines")


@pytest.mark.parametrize("size", [TITLE, TEXT, SMALL])
def test_lines_of_text_do_not_touch(size):
    """The distance of two lines is at least the height of letters."""
    figure = Figure(dpi=1000)
    canvas = FigureCanvasAgg(figure)
    shown = figure.text(0, 0, "Ägjpq✓|", fontproperties=font(size, "bold"))

    assert height_of(size) >= shown.get_window_extent(canvas.get_renderer()).height / 1000
