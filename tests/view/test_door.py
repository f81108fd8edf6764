"""The first picture of the course: four parts, one door, three verdicts."""

import pytest

from iamlab.engine.verdict import Verdict
from iamlab.view.figures.decision.request_sentence import PARTS, door
from tests.view.looking import faults


@pytest.mark.parametrize("meanings", [True, False])
def test_the_door_fits_the_page_and_nothing_is_in_the_way(meanings):
    """No label overlaps, no line runs through a box, the list has every word."""
    figure = door(meanings=meanings)

    assert faults(figure) == []
    assert figure.drawing.get_size_inches()[0] <= 10


@pytest.mark.parametrize("meanings", [True, False])
def test_every_verdict_has_a_sign_and_a_word(meanings):
    """In the picture, in the list and in the alternative text."""
    figure = door(meanings=meanings)
    labels = {label.whole for label in figure.sheet.record.labels}

    for verdict in Verdict:
        words = f"{verdict.symbol} {verdict}"
        assert words in labels
        assert words in figure.alt
        assert words in figure.as_text()


def test_before_the_first_prediction_the_verdicts_do_not_say_what_they_mean():
    """The learner predicts them first."""
    secret = door(meanings=False)
    figure = door()

    for words in ("an Allow matches", "a Deny matches", "a required Allow is missing"):
        assert words in figure.as_text()
        assert words in figure.alt
        assert words not in secret.as_text()
        assert words not in secret.alt
        assert not any(words in label.whole for label in secret.sheet.record.labels)


def test_the_table_has_the_four_parts_of_a_request():
    """Who, does what, on what, in which context."""
    rows = door().rows

    assert [(row["part"], row["is"]) for row in rows] == list(PARTS)
    assert [row["part"] for row in rows] == ["who", "does what", "on what", "in which context"]


def test_the_door_is_always_the_same():
    """Drawn twice it is the same to the byte."""
    assert door().svg() == door().svg()
