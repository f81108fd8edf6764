"""The card of each kind of exercise in a browser: for all eyes, in a narrow window, by keyboard."""

import pytest

from iamlab.teach import exercise, tables
from tests.teach.every_kind import BY_CODE, EVERY
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


def go(page, name):
    """Go to a control by Tab."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    pytest.fail(f"Tab doesn't reach {name}.")


def choose(page, name, value):
    """Go to a list, and choose a value by the arrow keys."""
    go(page, name)
    page.keyboard.press("Home")
    while page.evaluate("document.activeElement.value") != value:
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(120)


def test_an_explanation_can_be_chosen_by_keyboard(page):
    """From the top of the card to its button Check."""
    task = BY_CODE["E"]
    card = put(page, exercise(task.number))
    for place, value in enumerate(task.solution_answer()):
        choose(page, card.locator("select").nth(place).get_attribute("name"), value)
    type_keys(page, "Tab Enter")

    assert "✓ Right." in card.locator("[data-part=result]").inner_text()


def test_an_order_can_be_made_by_keyboard(page):
    """The focus stays on a button that moves."""
    card = put(page, exercise(BY_CODE["O"].number))
    go(page, "up service control policy")
    type_keys(page, "Enter Enter")
    go(page, "up identity-based policy")
    type_keys(page, "Enter")
    go(page, "check")
    type_keys(page, "Enter")

    assert "✓ Right." in card.locator("[data-part=result]").inner_text()


@pytest.mark.parametrize(
    ("code", "keys"),
    [
        (
            "S",
            f"{TAB * 5}{DOWN}Tab {DOWN}Tab Enter {BACK * 2}{DOWN}Tab {DOWN * 2}{TAB * 3}Enter",
        ),
        ("D", f"{TAB * 4} Space Tab Space Tab Tab Enter"),
    ],
)
def test_an_exercise_can_be_solved_by_keyboard(code, keys, page):
    """From the top of the card to its button Check."""
    card = put(page, exercise(BY_CODE[code].number))
    type_keys(page, keys)

    assert "✓ Right." in card.locator("[data-part=result]").inner_text()
