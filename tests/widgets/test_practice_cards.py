"""The cards of practice in a browser: by keyboard, for all eyes, and in a narrow window."""

import pytest

from iamlab.teach import again, check, drill, warm_up
from tests.widgets.page import problems, put

pytestmark = pytest.mark.browser
FOCUSED = "(document.activeElement.name || document.activeElement.tagName).toLowerCase()"


def type_keys(page, keys):
    """Press keys one after the other, as a person does: the card answers in between."""
    for key in keys.split():
        page.keyboard.press(key)
        page.wait_for_timeout(120)


def test_a_warm_up_can_be_answered_by_keyboard(page):
    """After "Next item" the focus is at the top of the next item, not lost."""
    card = put(page, warm_up("02"))
    answer = "Tab Tab ArrowRight Tab ArrowRight Tab Enter Tab End Tab Enter Tab Tab Enter"
    type_keys(page, answer)

    assert "Item 2 of 2" in card.inner_text()
    assert page.evaluate(FOCUSED) == "summary"

    type_keys(page, answer.removeprefix("Tab "))

    assert "2 of 2 right" in card.inner_text()


def test_axe_finds_nothing_and_nothing_is_wider_than_a_narrow_window(page):
    """At the beginning, with an explanation, at the end, and for an exercise in a new world."""
    explained, done = drill("M18", n=2), drill("M27", n=1)
    for name, value in (("answer", "allowed"), ("confidence", "certain")):
        explained.set(name, value)
    explained.press("reveal")
    explained.set("decided", "no statement")
    explained.press("compare")
    done.answer("allowed", "no statement")
    other = again("3.4")
    check("3.4", other.task.solution_answer(), seed=-1)
    for instrument in (warm_up("13"), explained, done, other, again("3.4"), drill("M40", n=1)):
        put(page, instrument)

    assert problems(page) == []

    page.set_viewport_size({"width": 400, "height": 800})

    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 400
