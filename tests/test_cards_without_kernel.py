"""A card on a page without a kernel: what it asks stays, and nothing looks as if it worked."""

import re

import pytest
from lxml import html

from iamlab.teach import exercise, predict, scenario
from iamlab.widgets.instrument import Instrument
from scripts.cards_without_kernel import card

CONTROLS = ("button", "input", "select", "textarea", "option", "fieldset", "label", "h3", "h4")
LESSON = "lab/index.html?path=01.ipynb"


def shown(instrument):
    """Return a card as an element."""
    return html.fromstring(card(instrument.parts(), LESSON, "card1-"))


def text_of(instrument):
    """Return the words of a card, with one space between them."""
    return " ".join(shown(instrument).text_content().split())


def test_a_prediction_keeps_its_request_and_its_options():
    """A reader can decide on paper, and go to the lesson in the browser."""
    world = scenario("no_policies")
    own = predict(world, "bob", "s3:GetObject", "arn:aws:s3:::star-maps/andromeda/m31.fits")
    text = text_of(own)

    assert "Will AWS allow this request?" in text
    assert "bob" in text
    assert "s3:GetObject" in text
    assert re.search(r"Your prediction: allowed / denied|allowed / explicit deny", text)
    assert "How sure are you?" not in text  # means nothing without an answer
    assert shown(own).xpath("//a/@href") == [LESSON]
    assert text.endswith("Answer it in the browser, after the cells above it.")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1.1", "1. alice: sts:GetCallerIdentity on *: allowed / denied"),
        ("1.6", '"Effect": "..."'),
        ("3.1", "☐ AmazonS3FullAccess☐ IAMReadOnlyAccess"),
        ("4.1", "Caller root / carol"),
    ],
)
def test_each_kind_of_control_becomes_words(number, words):
    """Options, a policy to write, boxes to tick, lists to choose from."""
    element = shown(exercise(number))
    ids = element.xpath("//@id")

    assert words in text_of(exercise(number))
    assert not [own.tag for own in element.iter(*CONTROLS)]
    assert len(ids) == len(set(ids))
    assert all(own.startswith("card1-") for own in ids)


class Waiting(Instrument[str]):
    """An instrument with nothing to use."""

    def parts(self):
        """Return one sentence."""
        return {"result": "<p>This appears later.</p>"}


def test_a_card_without_controls_has_no_link():
    """There is nothing to answer."""
    assert text_of(Waiting("")) == "This appears later."
