"""What holds for every instrument in a browser: for all eyes and hands, and in a narrow window."""

import pytest
from playwright.sync_api import expect

from iamlab.widgets.card import Card
from tests.widgets.every_instrument import EVERY
from tests.widgets.page import problems, put

pytestmark = pytest.mark.browser
KEYS = ("a", "d", "d", "7", "ArrowDown", "ArrowUp", "ArrowRight", "Delete", "Space", "Enter")
FOCUSABLE = ":is(a[href], button, input, select, textarea, summary, [tabindex])"
LISTEN = "() => { window.heard = []; addEventListener('keydown', one => heard.push(one.key)); }"
IN_CARD = "() => document.activeElement.closest('.iamlab-card') !== null"
UNGUARDED = f"""() => [...document.querySelectorAll('.iamlab-card {FOCUSABLE}')]
  .filter(one => !one.dataset.lmSuppressShortcuts).map(one => one.outerHTML.slice(0, 80))"""
ASKS = [name for name in EVERY if name not in ("client_calls", "policy_editor")]
"""Those that can ask for a prediction."""


@pytest.mark.parametrize("name", EVERY)
def test_axe_finds_nothing_and_nothing_is_wider_than_a_narrow_window(name, page):
    """At first, after some use, and while it asks for a prediction."""
    make, used = EVERY[name]
    later = make()
    for control, value in used:
        later.press(control) if value is None else later.set(control, value)
    for instrument in (make(), later, *([make(predict_first=True)] if name in ASKS else [])):
        put(page, instrument)
    page.set_viewport_size({"width": 1000, "height": 900})

    assert problems(page) == []

    page.set_viewport_size({"width": 400, "height": 800})

    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 400


@pytest.mark.parametrize("name", EVERY)
def test_keys_stay_in_the_card_and_so_does_the_focus(name, page):
    """Each control takes keys, and the page around it hears none of them."""
    card = put(page, EVERY[name][0]())
    page.evaluate(LISTEN)
    controls = card.locator(FOCUSABLE)
    for place in range(controls.count()):
        control = controls.nth(place)  # a key may have changed how many there are
        if not control.count() or not control.is_visible() or not control.is_enabled():
            continue
        what = control.evaluate("one => one.outerHTML.slice(0, 200)")
        control.focus()
        for key in KEYS:
            page.keyboard.press(key)
        page.wait_for_timeout(20)

        assert page.evaluate(IN_CARD), what
        assert page.evaluate("heard") == [], what
    assert page.evaluate(UNGUARDED) == []


def test_what_stays_in_a_card_is_the_same_element(page):
    """An open fold stays open, and its text keeps its element and its numbers."""
    make, used = EVERY["matrix_board"]
    board = make()
    for control, value in used:
        board.set(control, value)
    card = put(page, board)
    card.get_by_text("Edit its JSON").click()
    text = card.locator("textarea")
    element = text.element_handle()
    text.press("Control+End")
    text.press_sequentially(" ")
    card.get_by_role("checkbox").first.uncheck()
    card.get_by_role("button", name="Undo the changes of this policy").wait_for()

    assert text.is_visible()
    assert element.evaluate("one => one.isConnected && one.value.endsWith(' ')")
    assert board.state.text.endswith(" ")
    assert card.locator(".numbers").text_content().startswith("1\n2\n3")


def test_an_action_whose_message_is_late_is_neither_lost_nor_taken_back(page, monkeypatch):
    """The next message has it too, and what the kernel shows meanwhile is older."""
    use, late = Card._used, []

    def overtaken(card, own, message, buffers):
        if late:
            use(card, own, message, buffers)
        late.append(message)

    monkeypatch.setattr(Card, "_used", overtaken)
    board = EVERY["membership_board"][0]()
    card = put(page, board)
    first, second = (card.get_by_label(f"alice in {own}") for own in ("security", "contractors"))
    first.check()
    second.check()
    expect(second).to_have_attribute("checked", "")  # the kernel's answer is here

    assert first.is_checked()
    assert second.is_checked()
    assert {group for _, group, _ in board.edits} == {"security", "contractors"}
    assert [len(message["unanswered"]) for message in late] == [1, 2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_at_200_percent_all_instruments_fit_and_axe_finds_nothing(scheme, page):
    """A zoom of 200 % halves the window's width in CSS pixels and doubles the device's pixels."""
    context = page.context.browser.new_context(
        viewport={"width": 640, "height": 400}, device_scale_factor=2, color_scheme=scheme
    )
    zoomed = context.new_page()
    colour = {"light": "white", "dark": "#111"}[scheme]
    zoomed.set_content(f'<html lang="en"><title>Zoom</title><body style="background:{colour}">')
    for make, used in EVERY.values():
        instrument = make()
        for control, value in used:
            instrument.press(control) if value is None else instrument.set(control, value)
        put(zoomed, instrument)

    assert problems(zoomed) == []
    assert zoomed.evaluate("document.documentElement.scrollWidth") == 640

    context.close()
