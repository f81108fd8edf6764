"""A card on a page without a kernel: what it asks stays, and nothing looks as if it worked."""

import re

import pytest
from lxml import html
from nbformat import v4

from iamlab.teach import after, exercise, predict, reveal, scenario
from iamlab.teach.scenarios import MAPS
from iamlab.view import door
from iamlab.widgets.instrument import Instrument
from scripts.cards_without_kernel import STATE, VIEW, card, without_kernel

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


def lines_after(card_before, *cells):
    """Return the words of each output of a notebook whose cells wait for a card."""
    notebook = v4.new_notebook(metadata={"widgets": {STATE: {"state": {}}}})
    for number, (source, reveals) in enumerate(cells):
        shown = {"state": {"shown": {"parts": reveals(card_before).parts()}}}
        notebook.metadata["widgets"][STATE]["state"][str(number)] = shown
        output = v4.new_output("display_data", {VIEW: {"model_id": str(number)}})
        notebook.cells.append(v4.new_code_cell(source, outputs=[output]))
    made = without_kernel(notebook, LESSON)
    return [html.fromstring(own.outputs[0].data["text/html"]).text_content() for own in made.cells]


def test_what_waits_for_an_answer_says_what_to_do_first():
    """Once for all that waits for the same answer."""
    own = predict(scenario("no_policies"), "bob", "s3:GetObject", f"{MAPS}/m31.fits", record=False)
    lines = lines_after(
        own,
        ('reveal(own, "a")', lambda it: reveal(it, "a")),
        ("own.walk_through()", lambda it: it.walk_through()),
        ("own.access_graph()", lambda it: it.access_graph()),
        ('after("1.1", door)', lambda _: after("1.1", door)),
        ('reveal("1.2", "b")', lambda _: reveal("1.2", "b")),
        ('reveal("1.2", "c")', lambda _: reveal("1.2", "c")),
    )

    assert lines == [
        "Predict first: the verdict appears in the notebook.",
        "Predict first: the answers to the six questions appear in the notebook.",
        "Predict first: the access graph appears in the notebook.",
        "Answer exercise 1.1 first: the picture appears in the notebook.",
        "Answer exercise 1.2 first: the explanation appears in the notebook.",
    ]


class Waiting(Instrument[str]):
    """An instrument with nothing to use."""

    def parts(self):
        """Return one sentence."""
        return {"result": "<p>This appears later.</p>"}


def test_a_card_without_controls_has_no_link():
    """There is nothing to answer."""
    assert text_of(Waiting("")) == "This appears later."
