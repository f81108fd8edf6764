"""A lesson from top to bottom without a mouse, and again on the next day."""

import json

import pytest

from iamlab.teach.scenarios import MAP, MAPS
from iamlab.teach.tables import find
from tests.browser.conftest import ALL_CELLS, SHUT_DOWN
from tests.browser.learner import Learner
from tests.browser.test_cards import NOTEBOOK, SAVE

SURE = {"confidence": "certain"}
WORDS = {  # what somebody answers in a lesson, by the name of a control
    "00_start_here.ipynb": {
        "first = predict(...": {"answer": "allowed", **SURE},
        "second = predict(...": {"answer": "denied", **SURE},
        "0.1": {"verdict 1": "allowed", "verdict 2": "denied", "verdict 3": "denied", **SURE},
        "0.2": {"caller": "alice", "action": "s3:GetObject", "resource": MAP},
        "0.3": {"verdict 1": "denied", **SURE},
    },
    "01_default_deny.ipynb": {
        "first = predict(...": {"answer": "denied", **SURE},
        "second = predict(...": {"answer": "denied", **SURE},
        "1.1": {"verdict 1": "allowed", "verdict 2": "denied", **SURE},
        "1.2": {
            "verdict 1": "denied",
            "verdict 2": "allowed",
            "verdict 3": "denied",
            "verdict 4": "allowed",
            **SURE,
        },
        "1.3": {"caller": "alice", "action": "s3:ListBucket", "resource": MAPS},
        "1.4": {
            "explanation 1": "read-maps/ReadAndromeda: Resource",
            "explanation 2": "write-notes/WriteNotes: Action",
        },
        "1.5": {
            "caller": "alice",
            "action": "s3:GetObject",
            "resource": f"{MAPS}/orion/m42.fits",
        },
        "1.6": {"policy": json.dumps(find("1.6").solution_answer())},
        "1.7": {"verdict 1": "denied", "verdict 2": "allowed", **SURE},
        "1.8": {"explanation 1": "upload/ListMaps: Action"},
    },
}
MAIN = {"Show what AWS decides", "Check"}
ACTIVE = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
STOP = """() => { const one = document.activeElement;
  return [one.localName, one.name ?? '', one.value ?? '', one.textContent.trim()]; }"""
CHECKED = """name => [...document.activeElement.form.querySelectorAll('input:checked')]
  .find(one => one.name === name)?.value"""


def into(page, card):
    """Go back into a card with Shift + Tab, to its first control."""
    inside = "card => card.contains(document.activeElement)"
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if card.evaluate(inside):
            break
    while card.evaluate(inside):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")


def answer_by_keyboard(lab, words):
    """Choose with arrow keys, then press the main button with Enter."""
    page = lab.page
    for _ in range(30):
        kind, name, value, text = page.evaluate(STOP)
        if text in MAIN:
            page.keyboard.press("Enter")
            return
        if kind == "textarea":
            page.keyboard.press("Control+A")
            page.keyboard.type(words[name])
        elif kind == "select":
            while page.evaluate(STOP)[2] != words[name]:
                page.keyboard.press("ArrowDown")
                lab.settle()
        elif name in words:
            if value == words[name]:  # the first option is reached, but not chosen yet
                page.keyboard.press("Space")
            while page.evaluate(CHECKED, name) != words[name]:
                page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
    raise AssertionError("the card has no main button")


def card_below(source, names):
    """Return the name of the open card that a cell shows."""
    cells = {
        own: f'exercise("{own}")' if own[0].isdigit() else own.removesuffix("...") for own in names
    }
    return next((own for own, begin in cells.items() if source.startswith(begin)), None)


@pytest.mark.parametrize("lesson", WORDS)
def test_a_lesson_can_be_done_by_keyboard_alone_and_asks_nothing_on_the_next_day(
    open_notebook, lesson
):
    """Shift + Enter from cell to cell, Shift + Tab back into each card; no mouse at all."""
    lab = open_notebook(lesson)
    learner, page = Learner(lab), lab.page
    page.evaluate(ALL_CELLS)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.content.node.focus()")
    sources = [source for _, _, source, _ in page.evaluate(NOTEBOOK)[0]]
    open_cards = dict(WORDS[lesson])
    while open_cards:
        place = page.evaluate(ACTIVE)
        page.keyboard.press("Shift+Enter")
        lab.settle()
        name = card_below(sources[place], open_cards)
        if name is None:
            continue
        card = learner.card(name)
        card.wait_for()
        into(page, card)
        answer_by_keyboard(lab, open_cards.pop(name))
        learner.reads(card, "AWS decides" if "predict" in name else "✓ Right.")
        page.keyboard.press("Escape")  # out of the card, to its cell
        page.keyboard.press("ArrowDown")
    while page.evaluate(ACTIVE) < len(sources) - 1:
        page.keyboard.press("Shift+Enter")
        lab.settle()

    assert open_cards == {}
    shown = learner.cell("progress()").inner_text().replace("\xa0", " ")
    assert shown.count("✓ solved") == len(WORDS[lesson]) - 2

    page.evaluate(SAVE)
    page.evaluate(SHUT_DOWN)
    lab.reopen()
    lab.run_all()
    for name in WORDS[lesson]:
        learner.reads(learner.card(name), "AWS decides" if "predict" in name else "✓ Right.")


ROTATION = (  # the calls of exercise 4.5: each control in its order, and its value
    *(("Operation 1", "iam:CreateAccessKey"), ("Add a call", "")),
    *(("Caller 2", "call 1"), ("Operation 2", "s3:GetObject"), ("Add a call", "")),
    *(("Operation 3", "iam:UpdateAccessKey"), ("Status 3", "Inactive"), ("Check", "")),
)


def reach(page, name):
    """Press Tab until the control with this name or text has the focus."""
    for _ in range(60):
        kind, own, _, text = page.evaluate(STOP)
        if name in (own, text if kind == "button" else ""):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {name}")


def test_the_calls_of_lesson_04_can_be_written_by_keyboard_alone(open_lesson):
    """A key is rotated with Tab, arrow keys and Enter."""
    learner = open_lesson("04_account_and_credentials.ipynb")
    card, page = learner.card("4.5"), learner.page
    learner.cell('exercise("4.5")').locator(".jp-InputArea .cm-content").click()
    page.keyboard.press("Shift+Enter")
    learner.lab.settle()
    for name, value in ROTATION:
        into(page, card)
        reach(page, name)
        if not value:
            page.keyboard.press("Enter")
        while value and page.evaluate(STOP)[2] != value:
            page.keyboard.press("ArrowDown")
        learner.lab.settle()
    learner.reads(card, "✓ Right.")
