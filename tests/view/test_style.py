"""Colours can be read, and are never the only sign."""

import pytest

from iamlab.view.style import (
    ALLOW_AREA,
    DENY_AREA,
    FIELD_AREA,
    LIT_AREA,
    LOOKS,
    PAPER,
    SILENT_AREA,
)
from iamlab.view.words import shorten
from tests.view.colours import FILLS, TEXT_COLOURS, contrast


def test_black_on_white_has_the_largest_contrast():
    """The formula is that of WCAG."""
    assert round(contrast("#000000", "#FFFFFF"), 6) == 21


@pytest.mark.parametrize("colour", TEXT_COLOURS)
def test_text_and_thin_lines_have_a_contrast_of_at_least_4_5(colour):
    """Every colour for text can be read on white paper."""
    assert contrast(colour, PAPER) >= 4.5


@pytest.mark.parametrize("fill", FILLS)
def test_an_area_without_words_has_a_contrast_of_at_least_3(fill):
    """A heat map's cell contrasts with the paper."""
    assert contrast(fill, PAPER) >= 3


def test_areas_differ_in_hatching_for_a_black_and_white_print():
    """A print without colours says the same: each verdict has a hatching of its own."""
    assert len({look.hatch for look in LOOKS.values()}) == len(LOOKS)


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_verdict_can_be_read_on_its_own_area(look):
    """The words of a verdict are on a tinted area, and can be read there."""
    assert contrast(look.colour, look.area) >= 4.5


def test_ink_can_be_read_on_every_area():
    """Plain text can be on any area."""
    for area in (ALLOW_AREA, DENY_AREA, SILENT_AREA, LIT_AREA, FIELD_AREA):
        assert contrast(TEXT_COLOURS[0], area) >= 4.5


def test_verdicts_differ_in_symbol_word_and_colour():
    """A reader who can't see one sign has two others."""
    for attribute in ("symbol", "word", "colour"):
        assert len({getattr(look, attribute) for look in LOOKS.values()}) == 3


def test_long_names_are_shortened_in_the_middle():
    """The ends of a name stay, and the length is kept."""
    short = shorten("arn:aws:s3:::a-very-long-bucket-name/and/a/key.fits", 20)

    assert len(short) == 20
    assert short.startswith("arn:aws")
    assert short.endswith("key.fits")
