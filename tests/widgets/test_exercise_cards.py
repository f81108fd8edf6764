"""The card of each kind of exercise in a browser: for all eyes, in a narrow window, by keyboard."""

import pytest

from iamlab.teach import exercise, tables
from tests.teach.every_kind import EVERY
from tests.widgets.page import problems, put

pytestmark = pytest.mark.browser
TAB, BACK, DOWN = "Tab ", "Shift+Tab ", "ArrowDown "
each_kind = pytest.mark.parametrize("number", EVERY)


@pytest.fixture(autouse=True)
def _examples(monkeypatch):
    """Let the examples be the only exercises."""
    monkeypatch.setattr(tables, "every", lambda: EVERY)


def type_keys(page, keys):
    """Press keys one after the other, as a person does: the card answers in between."""
    for key in keys.split():
        page.keyboard.press(key)
        page.wait_for_timeout(120)


@each_kind
def test_axe_finds_nothing_and_nothing_is_wider_than_a_narrow_window(number, page):
    """Untouched, and with an answer and its feedback."""
    task = EVERY[number]
    put(page, exercise(number))
    card = exercise(number)
    card.input.restore(task.submitted(task.known_wrong[0].answer(task.world()), task.world()))
    card.input.said["confidence"] = "certain"
    for _ in range(3):
        card.press("check")
    put(page, card)

    assert problems(page) == []

    page.set_viewport_size({"width": 400, "height": 800})

    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 400


@pytest.mark.parametrize(
    ("number", "keys"),
    [
        ("E.1", f"Tab Tab {DOWN * 3} Tab End Tab {DOWN * 4} Tab Enter"),
        ("O.1", "Tab Tab Enter Enter Tab Enter"),
        (
            "S.1",
            f"{TAB * 5}{DOWN}Tab {DOWN}Tab Enter {BACK * 2}{DOWN}Tab {DOWN * 2}{TAB * 3}Enter",
        ),
        ("D.1", f"{TAB * 4} Space Tab Space Tab Tab Enter"),
    ],
)
def test_an_exercise_can_be_solved_by_keyboard(number, keys, page):
    """From the top of the card to its button Check."""
    card = put(page, exercise(number))
    type_keys(page, keys)

    assert "✓ Right." in card.locator("[data-part=result]").inner_text()
