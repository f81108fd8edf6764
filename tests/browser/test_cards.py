"""Cards in JupyterLab: their keys, their colours, and what is left of them on the next day."""

import string
from collections import Counter
from itertools import pairwise

from playwright.sync_api import expect

from iamlab.teach.tables import find

FIRST = "first = predict(...", "explicit deny", "certain"
KEYS = (
    *(*string.ascii_lowercase, *string.digits, *"JKLMO"),
    *("ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft", "Home", "End", "PageDown", "PageUp"),
    *("Delete", "Backspace", "Space", "Enter", "d", "d", "0", "0", "i", "i"),
)
FOCUSABLE = ":is(a[href], button, input, select, textarea, summary, [tabindex])"

# The cells as they are saved, without what they show; how many can be seen; and what has the focus.
NOTEBOOK = """() => [
  window.jupyterapp.shell.currentWidget.content.model.toJSON().cells.map(
    ({id, cell_type, source, metadata}) => [id, cell_type, source, JSON.stringify(metadata)]),
  [...document.querySelectorAll('.jp-Cell')].filter(one => one.offsetHeight).length,
  document.querySelectorAll('.jp-Dialog').length,
]"""
FOCUSED_CARD = """() => [...document.querySelectorAll('.iamlab-card')].indexOf(
  document.activeElement.closest('.iamlab-card'))"""

SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"
RUN = """code => window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel
  .requestExecute({code})"""
SHUT_DOWN = "() => window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()"
THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"


def test_no_key_leaves_a_card_or_changes_the_notebook(open_lesson):
    """Each key in two controls of each kind in each card of lesson 02: no shortcut of JupyterLab.

    JupyterLab's ``a`` adds a cell, ``d d`` deletes one, arrows leave the cell and fold headings,
    ``0 0`` restarts the kernel.
    """
    learner = open_lesson("02_deny_wins.ipynb")
    page, cards = learner.page, learner.page.locator(".iamlab-card")
    before, pressed = page.evaluate(NOTEBOOK), 0
    for number in range(cards.count()):
        controls, kinds = cards.nth(number).locator(FOCUSABLE), Counter()
        for place in range(controls.count()):
            control = controls.nth(place)  # a key may have changed how many there are
            if not control.count() or not control.is_enabled() or not control.is_visible():
                continue
            what, kind = control.evaluate("one => [one.outerHTML.slice(0, 200), one.type]")
            kinds[kind] += 1
            if kinds[kind] > 2:
                continue
            control.focus()
            for key in KEYS:
                page.keyboard.press(key)
            pressed += 1

            assert page.evaluate(FOCUSED_CARD) == number, what
            assert page.evaluate(NOTEBOOK) == before, what

    assert pressed > cards.count()


def lists_and_fields_look_as_they_should(learner):
    """In the dark theme too: an arrow on each list, dark letters on light paper in each field."""
    arrow = "one => [getComputedStyle(one).backgroundImage, getComputedStyle(one).appearance]"
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        learner.page.evaluate(THEME, theme)
        learner.page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
        choice = learner.card("2.5").get_by_role("combobox", name="Caller", exact=True)
        field = learner.card("2.4").get_by_role("textbox")

        assert choice.evaluate(arrow) != ["none", "none"]
        for control in (choice, field):
            paper = control.evaluate("one => getComputedStyle(one).backgroundColor")

            assert paper == "rgb(255, 255, 255)", theme


def test_a_statement_can_be_moved_and_switched_by_keyboard_alone(open_lesson):
    """The focus goes with the statement that is moved: pressing again moves it on."""
    learner = open_lesson("02_deny_wins.ipynb")
    stack, keyboard = learner.card("pairs = [..."), learner.page.keyboard
    up, down = "Move ListMaps up", "Move ListMaps down"
    stack.get_by_role("button", name=up).focus()
    stops = [up, down, "ListMaps", "Move KeepMaps up", "Move KeepMaps down", "KeepMaps"]
    stops.append("Move AllMaps up")
    for this, following in pairwise(stops):
        expect(stack.locator(f":is([aria-label='{this}'], [name='{this}'])")).to_be_focused()
        keyboard.press("Tab")
        expect(
            stack.locator(f":is([aria-label='{following}'], [name='{following}'])")
        ).to_be_focused()

    for order in (
        "ListMaps, AllMaps, KeepMaps, NoDrafts, ReadMe",
        "AllMaps, ListMaps, KeepMaps, NoDrafts, ReadMe",
    ):
        keyboard.press("Enter")
        learner.reads(stack, f"From the top: {order}.")
        expect(stack.get_by_role("button", name="Move AllMaps up")).to_be_focused()

    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.press("Space")
    learner.reads(stack, "From the top: ListMaps, KeepMaps, NoDrafts, ReadMe.")
    lists_and_fields_look_as_they_should(learner)


def test_on_the_next_day_a_card_says_which_keys_to_press_and_asks_nothing_twice(open_lesson):
    """The notebook was saved and its kernel is gone: first a sentence, then all answers again."""
    learner = open_lesson("02_deny_wins.ipynb")
    source, *prediction = FIRST
    learner.predict(learner.card(source), *prediction)
    learner.explain(
        learner.card(source),
        *("A statement denies it, and that wins over every Allow.", "stack/KeepMaps"),
    )
    learner.reads(learner.card(source), "Yes, that is what happened.")
    learner.check(learner.card("2.8"), *["allowed"] * len(find("2.8").questions))
    learner.reads(learner.card("2.8"), "↻ Not yet.")
    learner.lab.settle()
    before = [learner.card(own).inner_text() for own in (source, "2.8")]
    learner.page.evaluate(SAVE)
    learner.page.evaluate(SHUT_DOWN)
    learner.lab.reopen()

    assert learner.page.locator(".iamlab-card").count() == 0

    asleep = learner.cell(source).get_by_text("select this cell and press Shift + Enter")
    expect(asleep).to_be_visible()
    expect(learner.page.get_by_text("Error displaying widget").filter(visible=True)).to_have_count(
        0
    )

    learner.lab.run_all()

    expect(asleep).to_be_hidden()
    learner.reads(learner.card(source), "✕ explicit deny", "As you predicted.")
    assert [learner.card(own).inner_text() for own in (source, "2.8")] == before
    learner.reads(learner.card("first.walk_through()"), "Denied by stack/KeepMaps")


def test_a_card_whose_kernel_is_busy_or_dead_says_so_and_lives_again_after_run_all(open_lesson):
    """A busy kernel answers later; a new one knows nothing of the card; nothing reaches none."""
    learner = open_lesson("02_deny_wins.ipynb")
    source, *prediction = FIRST
    page, first, second = learner.page, learner.card(source), learner.card("second = predict(...")
    silent = "The kernel doesn't answer."
    page.evaluate(RUN, "import time; time.sleep(9)")
    learner.predict(first, *prediction)
    learner.reads(first, silent)
    learner.reads(first, "✕ explicit deny", "As you predicted.")
    expect(first.get_by_text(silent)).to_be_hidden()

    page.evaluate(RUN, "import os; os.kill(os.getpid(), 9)")
    page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()
    learner.answer(second, *prediction)
    learner.reads(second, silent, "choose Run > Run All Cells")
    learner.lab.run_all()
    expect(page.get_by_text(silent)).to_have_count(0)
    learner.predict(second, *prediction)
    learner.reads(second, "As you predicted.")

    page.evaluate(SHUT_DOWN)
    learner.answer(learner.card("2.8"), "allowed")
    learner.reads(learner.card("2.8"), silent, timeout=4_000)  # Jupyter can't even send it
