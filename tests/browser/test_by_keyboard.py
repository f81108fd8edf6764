"""A lesson from top to bottom without a mouse, and again on the next day."""

import re

import pytest

from iamlab.teach.tables import find
from tests.browser.answers import BY_KEYBOARD, LESSONS, predicted, predictions_of, words_of
from tests.browser.learner import Learner
from tests.browser.test_cards import NOTEBOOK, SAVE

WRONG_FIRST = {"2.1", "2.4", "3.5"}  # options, a text and a list are corrected by keyboard too
NEXT_DAY = {"02", "03", "13", "16", "19"}
"""Lessons that have all kinds of cards between them; tests/teach opens each exercise again."""
MAIN = {"Show what AWS decides", "Check", "Compare"}
ACTIVE = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
STOP = """() => { const one = document.activeElement;
  return [one.type ?? one.localName, one.name ?? '', one.value ?? '', one.textContent.trim()]; }"""
INSIDE = """card => card.contains(document.activeElement) && {
  type: document.activeElement.type, name: document.activeElement.name}"""
CHECKED = """name => [...document.activeElement.form.querySelectorAll('input:checked')]
  .find(one => one.name === name)?.value"""


def move_and_switch(learner, card):
    """A statement keeps the focus while it moves; each change takes the verdict back."""
    page = learner.page
    answer_by_keyboard(page, card, predicted("explicit deny"))
    learner.reads(card, "AWS decides", "✕ explicit deny")
    press(page, card, "up AllMaps")
    learner.reads(card, "From the top: ListMaps, AllMaps, KeepMaps")
    page.keyboard.press("Enter")
    learner.reads(card, "From the top: AllMaps, ListMaps, KeepMaps")
    learner.reads_no_verdict(card)
    answer_by_keyboard(page, card, {"KeepMaps": "off", "answer": "allowed"})
    learner.reads(card, "AWS decides", "✓ allowed")


def change_members(learner, card):
    """The verdict is predicted, and again after somebody has left a group."""
    page = learner.page
    request = {"caller": "dana", "request": "2"}
    answer_by_keyboard(page, card, request | predicted("explicit deny"))
    learner.reads(card, "AWS decides", "✕ explicit deny")
    into(page, card)
    reach(page, "dana in contractors")
    page.keyboard.press("Space")
    card.locator("[name='answer']").first.wait_for()  # the board asks again
    answer_by_keyboard(page, card, {"answer": "allowed"})
    learner.reads(card, "AWS decides", "✓ allowed")


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


def choose_a_call(learner, card):
    """The calls are one tab stop; the button that lists newer ones keeps the focus."""
    page = learner.page
    into(page, card)
    reach(page, "row")
    page.keyboard.press("ArrowDown")
    card.locator("[name='row'][value='1']:checked").wait_for()
    press(page, card, "refresh")
    learner.reads(card, "The client got")


def let_hours_pass(learner, card):
    """The clock goes to its end, and the instance loses its profile."""
    page = learner.page
    into(page, card)
    page.keyboard.press("End")
    card.get_by_text("✕ expired").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    learner.reads(card, "DisassociateIamInstanceProfile")


INSTRUMENTS = {  # what to do in the cards that ask no question
    "pairs = [...": move_and_switch,
    "membership_board(world)": change_members,
    "security_status(world)": turn_green,
    "sign_in_form(...": sign_in,
    "client_calls(world)": choose_a_call,
    "instance_view(...": let_hours_pass,
}


def into(page, card):
    """Go back with Shift + Tab to the first control of a card; each group is one stop."""
    groups = []
    for _ in range(60):
        if card.evaluate(INSIDE):
            break
        page.keyboard.press("Shift+Tab")
    else:
        raise AssertionError("Shift+Tab never reaches the card")
    while stop := card.evaluate(INSIDE):
        groups += [stop["name"]] * (stop["type"] == "radio")
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")

    assert len(groups) == len(set(groups))


def reach(page, name, key="Tab", part=1):
    """Press a key until the control with this name, or this value, has the focus."""
    for _ in range(60):
        if page.evaluate(STOP)[part] == name:
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
    elif kind == "button":
        for _ in range(word):  # it keeps the focus where it goes
            keyboard.press("Enter")
    elif kind == "checkbox":
        keyboard.press("Space")
    elif kind == "radio":
        if value == word:  # the first option is reached, but not chosen yet
            keyboard.press("Space")
        while page.evaluate(CHECKED, name) != word:
            keyboard.press("ArrowDown")
    else:
        keyboard.press("Home")
        reach(page, word, "ArrowDown", part=2)


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
            card.locator(f"[name='{following}']").first.wait_for()
            if name == "add":
                reach(page, following, "Shift+Tab")
                continue
        page.keyboard.press("Tab")
    raise AssertionError(f"the card has no {left} or no main button")


def card_below(source, names):
    """Return the name of the open card that a cell shows."""
    cells = {
        own: f'exercise("{own}"' if own[0].isdigit() else own.removesuffix("...") for own in names
    }
    lines = [source, *(line.rpartition(" = ")[2] for line in source.splitlines())]
    found = (own for own in cells if any(line.startswith(cells[own]) for line in lines))
    return next(found, None)


@pytest.mark.parametrize("lesson", [own for own in LESSONS if own[:2] in BY_KEYBOARD])
def test_a_lesson_can_be_done_by_keyboard_alone_and_asks_nothing_on_the_next_day(turn_to, lesson):
    """Shift + Enter from cell to cell, Shift + Tab back into each card; no mouse at all."""
    lab = turn_to(lesson)
    learner, page = Learner(lab), lab.page
    page.evaluate("() => window.jupyterapp.shell.currentWidget.content.node.focus()")
    sources = [source for _, _, source, _ in page.evaluate(NOTEBOOK)[0]]
    numbers = re.findall(r'exercise\("([\d.]+)"', "\n".join(sources))
    tasks = map(find, numbers)
    exercises = {task.number: words_of(task, task.solution_answer()) for task in tasks}
    open_cards = predictions_of(lesson) | exercises
    answered = {  # by what a card reads then
        name: "✓ Right." if name in exercises else "AWS decides" for name in open_cards
    }
    used = {own for own in INSTRUMENTS if any(card_below(source, [own]) for source in sources)}
    open_cards |= {name: INSTRUMENTS[name] for name in used}
    while open_cards:
        place = page.evaluate(ACTIVE)
        page.keyboard.press("Shift+Enter")
        name = card_below(sources[place], open_cards)
        if name is None:
            continue
        card, words = learner.card(name), open_cards.pop(name)
        card.wait_for()
        if callable(words):
            lab.settle()  # a key has no effect in a card that is just drawn again
            words(learner, card)
        else:
            if name in WRONG_FIRST:
                task = find(name)
                wrong = task.known_wrong[0]
                answer = wrong.answer(task.world())
                answer_by_keyboard(page, card, words_of(task, answer))
                words = words_of(task, task.solution_answer(), answer)
                learner.reads(card, "↻ Not yet.")
                press(page, card, "hint")
                learner.reads(card, wrong.hint)
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
    assert sorted(solved) == sorted(exercises)
    assert lab.cell_errors() == []

    if lesson[:2] not in NEXT_DAY:
        return
    page.evaluate(SAVE)
    turn_to(lesson)  # test_cards.py also loads the page again
    lab.run_all()
    for name, text in answered.items():
        learner.reads(learner.card(name), text)
