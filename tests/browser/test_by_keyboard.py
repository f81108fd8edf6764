"""A lesson from top to bottom without a mouse, and again on the next day."""

import json
import re

import pytest

from iamlab.teach.checks import Collect, Predict
from iamlab.teach.explain import Explain
from iamlab.teach.sequence import Sequence
from iamlab.teach.tables import find
from iamlab.teach.write import Write
from tests.browser.conftest import ALL_CELLS, SHUT_DOWN
from tests.browser.learner import Learner
from tests.browser.test_cards import NOTEBOOK, SAVE

SURE = {"confidence": "certain"}
MAIN = {"Show what AWS decides", "Check", "Compare"}
ACTIVE = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
STOP = """() => { const one = document.activeElement;
  return [one.type ?? one.localName, one.name ?? '', one.value ?? '', one.textContent.trim()]; }"""
INSIDE = """card => card.contains(document.activeElement) && {
  type: document.activeElement.type, name: document.activeElement.name}"""
CHECKED = """name => [...document.activeElement.form.querySelectorAll('input:checked')]
  .find(one => one.name === name)?.value"""


def words_of(number):
    """Return the right answer to an exercise, by the names of the controls."""
    task = find(number)
    answer = task.solution_answer()
    if isinstance(task, Predict):
        return {f"verdict {n}": own for n, own in enumerate(answer, 1)} | SURE
    if isinstance(task, Explain):
        return {f"explanation {n}": own for n, own in enumerate(answer, 1)}
    if isinstance(task, Collect):
        return dict.fromkeys(answer, "on")
    if isinstance(task, Write):
        return {"policy": json.dumps(answer)}
    if isinstance(task, Sequence):
        calls = enumerate(answer, 1)
        return {f"{name} {n}": str(own) for n, call in calls for name, own in call.items()}
    return dict(zip(("caller", "action", "resource"), answer[-3:], strict=True))


def turn_green(learner, card):
    """Do all that the two lists of lesson 04 advise."""
    press(learner.page, card, "Delete your root access keys", gone=True)
    press(learner.page, card, "Use groups to assign permissions", gone=True)
    press(learner.page, card, "Apply an IAM password policy", gone=True)
    for user in ("alice", "bob", "carol"):
        card.get_by_text(f"{user} has no MFA devices.").wait_for()
        press(learner.page, card, "Add MFA for yourself")
    card.get_by_text("5 of 5 done").wait_for()
    card.get_by_text("4 of 4 done").wait_for()


def sign_in(learner, card):
    """Type a password, then an MFA code too; Enter presses the button."""
    code = re.search(r"(\d{3}) (\d{3})", card.inner_text()).group().replace(" ", "")
    for name, text, answer in (
        ("password", "Correct-Horse-1", "Enter an MFA code to complete sign-in."),
        ("code", code, "✓ signed in"),
    ):
        into(learner.page, card)
        reach(learner.page, name)
        learner.page.keyboard.type(text)
        learner.page.keyboard.press("Enter")
        learner.reads(card, answer)


LESSONS = {  # what to do in the cards that aren't exercises
    "00_start_here.ipynb": {
        "first = predict(...": {"answer": "allowed", **SURE},
        "second = predict(...": {"answer": "denied", **SURE},
    },
    "01_default_deny.ipynb": {
        "first = predict(...": {"answer": "denied", **SURE},
        "second = predict(...": {"answer": "denied", **SURE},
    },
    "04_account_and_credentials.ipynb": {
        "first = predict(...": {"answer": "allowed", **SURE},
        "security_status(world)": turn_green,
        "sign_in_form(...": sign_in,
        "session = guarded.sign_in(...": {
            "answer": "allowed",
            **SURE,
            "happened": "A statement allows it, and no statement denies it.",
            "decided": "maps/UseMaps",
        },
    },
}


def into(page, card):
    """Go back into a card with Shift + Tab, to its first control; each group is one stop."""
    groups = []
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if card.evaluate(INSIDE):
            break
    while stop := card.evaluate(INSIDE):
        groups += [stop["name"]] * (stop["type"] == "radio")
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")

    assert len(groups) == len(set(groups))


def reach(page, name, key="Tab"):
    """Press a key until the control with this name has the focus."""
    for _ in range(60):
        if page.evaluate(STOP)[1] == name:
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} never reaches {name}")


def press(page, card, name, *, gone=False):
    """Press a button with Enter; perhaps it is gone then."""
    into(page, card)
    reach(page, name)
    page.keyboard.press("Enter")
    if gone:
        card.locator(f"[name='{name}']").wait_for(state="detached")


def bring(page, kind, name, value, word):
    """Bring the control that has the focus to a word."""
    keyboard = page.keyboard
    if kind == "textarea":
        keyboard.press("Control+A")
        keyboard.type(word)
    elif kind == "checkbox":
        keyboard.press("Space")
    elif kind == "radio":
        if value == word:  # the first option is reached, but not chosen yet
            keyboard.press("Space")
        while page.evaluate(CHECKED, name) != word:
            keyboard.press("ArrowDown")
    else:
        while page.evaluate(STOP)[2] != word:
            keyboard.press("ArrowDown")


def answer_by_keyboard(page, card, words):
    """Go from control to control with Tab, and press the main button with Enter."""
    left = dict(words)
    into(page, card)
    for _ in range(100):
        kind, name, value, text = page.evaluate(STOP)
        if name in left:
            bring(page, kind, name, value, left.pop(name))
        if name.startswith("Operation "):  # its parameters follow
            number = name.split()[1]
            for own in left:
                if own.endswith(f" {number}"):
                    card.locator(f"[name='{own}']").wait_for()
        if text in MAIN or (name == "add" and left):
            page.keyboard.press("Enter")
            if not left:
                return
            following = next(iter(left))
            card.locator(f"[name='{following}']").wait_for()
            if name == "add":
                reach(page, following, "Shift+Tab")
                continue
        page.keyboard.press("Tab")
    raise AssertionError(f"the card has no {left} or no main button")


def card_below(source, names):
    """Return the name of the open card that a cell shows."""
    cells = {
        own: f'exercise("{own}")' if own[0].isdigit() else own.removesuffix("...") for own in names
    }
    return next((own for own, begin in cells.items() if source.startswith(begin)), None)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_can_be_done_by_keyboard_alone_and_asks_nothing_on_the_next_day(
    open_notebook, lesson
):
    """Shift + Enter from cell to cell, Shift + Tab back into each card; no mouse at all."""
    lab = open_notebook(lesson)
    learner, page = Learner(lab), lab.page
    page.evaluate(ALL_CELLS)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.content.node.focus()")
    sources = [source for _, _, source, _ in page.evaluate(NOTEBOOK)[0]]
    numbers = re.findall(r'exercise\("(.+)"\)', "\n".join(sources))
    exercises = {number: words_of(number) for number in numbers}
    answered = {  # by what a card reads then
        name: "✓ Right." if name in exercises else "AWS decides"
        for name, words in (LESSONS[lesson] | exercises).items()
        if not callable(words)
    }
    open_cards = LESSONS[lesson] | exercises
    while open_cards:
        place = page.evaluate(ACTIVE)
        page.keyboard.press("Shift+Enter")
        name = card_below(sources[place], open_cards)
        if name is None:
            continue
        card, words = learner.card(name), open_cards.pop(name)
        card.wait_for()
        if callable(words):
            words(learner, card)
        else:
            answer_by_keyboard(page, card, words)
            learner.reads(card, answered[name])

            assert page.evaluate(STOP)[3] in MAIN  # the focus stays where it was
        page.keyboard.press("Escape")  # out of the card, to its cell
        page.keyboard.press("ArrowDown")
    while page.evaluate(ACTIVE) < len(sources) - 1:
        page.keyboard.press("Shift+Enter")
    lab.settle()

    shown = learner.cell("progress()").inner_text().replace("\xa0", " ")
    solved = re.findall(r"^(\d+\.\d+)\t.*✓ solved", shown, re.MULTILINE)
    assert solved == sorted(exercises)
    assert lab.cell_errors() == []

    page.evaluate(SAVE)
    page.evaluate(SHUT_DOWN)
    lab.reopen()
    lab.run_all()
    for name, text in answered.items():
        learner.reads(learner.card(name), text)
