"""Three exams in Chromium: by mouse, by keyboard alone, and left in the middle and continued."""

import json
from itertools import combinations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from iamlab.exam.forms import form
from iamlab.exam.items import LETTERS, MATCH, ORDER, SEVERAL
from iamlab.exam.sitting import Answer, Exam
from tests.browser.conftest import READY
from tests.browser.learner import Learner
from tests.browser.test_by_keyboard import STOP, bring, into, reach
from tests.browser.test_cards import SAVE, THEME

SHORT = """from iamlab.exam.forms import form
from iamlab.exam.sitting import Exam
Exam(form("clf", seed=5, number=6), timed=True)"""
EVERY_FORM = """from iamlab.exam.forms import form
from iamlab.exam.templates import IDEAS
from iamlab.exam.sitting import Exam
from iamlab.exam.templates import make, templates
own = form("scs", seed=5, number=4)
names = {IDEAS[table["idea"]][1]: name for name, table in templates().items()}
more = [make(names[kind], 5) for kind in ("several", "order", "match") if kind in names]
tasks = own.tasks + own.tasks[:1] * len(more)
own = own._replace(items=(*own.items, *more), length=len(tasks), tasks=tasks)
Exam(own)"""
DRILL = """from iamlab.exam.forms import form
from iamlab.exam.sitting import Exam
Exam(form("drill 11", seed=2, number=4))"""
WHOLE = """from iamlab.exam.sitting import exam
exam("saa", seed=7)"""
RESTART = """() => window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel
  .restart()"""
HALF = 10


def items_of(code):
    """Run the code of a cell here: the same seed makes the same items."""
    *lines, last = code.splitlines()
    names = {}
    exec("\n".join(lines), names)  # noqa: S102
    return eval(last, names).items  # noqa: S307


def letters(item, places=None):
    """Return an answer as letters, by default the right one."""
    return [LETTERS[place] for place in places or item.key]


@pytest.fixture
def open_exam(turn_to, notebooks):
    """Return a function that runs a cell with an exam, and returns a learner and the card."""
    opened = []

    def run(code):
        cells = [{"cell_type": "code", "source": code, "outputs": [], "execution_count": None}]
        cells.append({"cell_type": "markdown", "source": "The end."})
        cells = [{**own, "id": f"c{n}", "metadata": {}} for n, own in enumerate(cells)]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = {"metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        (notebooks / "exam.ipynb").write_text(json.dumps({**notebook, "cells": cells}), "utf-8")
        opened.append(lab := turn_to("exam.ipynb"))
        lab.run_all()
        return Learner(lab), lab.page.locator(".iamlab-card")

    yield run
    for lab in opened:
        assert lab.cell_errors() == []
        assert lab.outside_requests == []


def is_at(card, title):
    """Wait until a heading has the focus."""
    heading = card.get_by_role("heading", name=title, exact=True)
    expect(heading).to_be_focused()


def problems(page):
    """List what axe-core finds in the card."""
    found = Axe().run(page, ".iamlab-card").response["violations"]
    return [(rule["id"], node["html"][:120]) for rule in found for node in rule["nodes"]]


def choose(card, item, chosen):
    """Answer by mouse, by clicking the texts of options."""
    for number, letter in enumerate(chosen, 1):
        if item.form in (ORDER, MATCH):
            card.locator(f"[name='place {number}']").select_option(letter)
        else:
            card.locator(f".options > label:has(> b:text-is('{letter}'))").click()


def test_an_exam_by_mouse(open_exam):
    """Answers are changed, a question is flagged; after the end, each one is explained."""
    items = items_of(SHORT)
    learner, card = open_exam(SHORT)
    for number, item in enumerate(items, 1):
        wrong = [(item.key[0] + 1) % len(item.options)]
        chosen = letters(item, wrong if number == 1 else None)
        choose(card, item, chosen)
        learner.reads(card, "Answer saved: " if len(chosen) == len(item.key) else "chosen.")
        card.get_by_role("radio", name="certain").check()
        if number == 1:
            card.get_by_role("checkbox", name="Flag for review").check()
            expect(card.locator("[name='go 1']")).to_contain_text("flagged")

            assert problems(learner.page) == []
            assert "Time left: 1" in card.inner_text()
        card.get_by_role("button", name="Next question").or_(
            card.get_by_role("button", name="Finish", exact=True)
        ).first.click()
        is_at(card, f"Question {number + 1} of 6" if number < len(items) else "Finish?")
    learner.page.evaluate(THEME, "JupyterLab Dark")
    expect(card.get_by_text("Flagged: 1.")).to_be_visible()
    learner.press(card, "Finish now")
    is_at(card, "Report")
    expect(card.get_by_text("5 of 6 right", exact=False).first).to_be_visible()

    assert problems(learner.page) == []

    card.locator("[name='go 1']").click()
    is_at(card, "Question 1 of 6")
    learner.reads(card, "The right answer is")
    expect(card.get_by_text("✓ right answer").first).to_be_visible()
    expect(card.get_by_role("heading", name="Why")).to_be_visible()

    assert problems(learner.page) == []
    assert card.get_by_role("radio").or_(card.get_by_role("checkbox")).first.is_disabled()


def go(page, card, name, title):
    """Press a button by keyboard; its heading gets the focus."""
    reach(page, name)
    page.keyboard.press("Enter")
    is_at(card, title)


def answer_by_keyboard(page, item, chosen):
    """Choose options of the question that is shown."""
    for place, letter in enumerate(chosen, 1):
        name = f"option {letter}" if item.form == SEVERAL else "answer"
        name = f"place {place}" if item.form in (ORDER, MATCH) else name
        reach(page, name)
        kind, name, value, _ = page.evaluate(STOP)
        bring(page, kind, name, value, letter)


def test_an_exam_by_keyboard_alone(open_exam):
    """Each form of question, the pause, the overview, the end: no mouse at all."""
    items = items_of(EVERY_FORM)
    learner, card = open_exam(EVERY_FORM)
    page, of = learner.page, len(items)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.content.node.focus()")
    page.keyboard.press("Escape")
    into(page, card)
    for number, item in enumerate(items, 1):
        answer_by_keyboard(page, item, letters(item))
        learner.reads(card, "Answer saved: ")
        reach(page, "confidence")
        bring(page, "radio", "confidence", "a guess", "certain")
        expect(card.locator("[name=confidence]").last).to_be_focused()
        if number == 1:
            reach(page, "flag")
            page.keyboard.press("Space")
            expect(card.locator("[name='go 1']")).to_contain_text("flagged")
            expect(card.locator("[name=flag]")).to_be_focused()
            reach(page, "pause")
            page.keyboard.press("Enter")
            expect(card.locator("[name=resume]")).to_be_focused()
            expect(card.get_by_text("Question 1 of")).to_have_count(0)
            go(page, card, "resume", f"Question 1 of {of}")
        if number < of:
            go(page, card, "next", f"Question {number + 1} of {of}")
    go(page, card, "finish", "Finish?")
    go(page, card, "go 1", f"Question 1 of {of}")
    go(page, card, "finish", "Finish?")
    go(page, card, "end", "Report")
    expect(card.get_by_text(f"{of} of {of} right").first).to_be_visible()
    go(page, card, f"go {of}", f"Question {of} of {of}")
    learner.reads(card, "✓ Right.")
    go(page, card, "end", "Report")


def test_a_drill_by_keyboard_alone(open_exam):
    """Check marks each answer, also a wrong one, and the next question follows."""
    taken = Exam(form("drill 11", seed=2, number=4))
    learner, card = open_exam(DRILL)
    page = learner.page
    page.evaluate("() => window.jupyterapp.shell.currentWidget.content.node.focus()")
    page.keyboard.press("Escape")
    into(page, card)
    for number in range(1, 5):
        place = taken.order[number - 1]
        item = taken.items[place]
        others = combinations(range(len(item.options)), len(item.key))
        chosen = item.key if number != 2 else next(own for own in others if own != item.key)
        if number == 1:
            reach(page, "check")
            page.keyboard.press("Enter")
            learner.reads(card, "Not answered yet.")
        answer_by_keyboard(page, item, letters(item, chosen))
        reach(page, "check")
        page.keyboard.press("Enter")
        learner.reads(card, "✕ Wrong. The right answer is" if number == 2 else "✓ Right.")
        expect(card.get_by_role("heading", name="Why")).to_be_visible()
        expect(card.locator(f"[name='go {number}']")).to_contain_text(
            "wrong" if number == 2 else "right"
        )
        if number == 2:
            assert problems(page) == []
        taken.answers[place] = Answer(chosen)
        if number < 4:
            go(page, card, "next", f"Question {number + 1} of 4")
    go(page, card, "finish", "Finish?")
    expect(card.get_by_text("You have answered 4 of 4 questions.")).to_be_visible()
    go(page, card, "end", "Report")
    expect(card.get_by_text("3 of 4 right").first).to_be_visible()

    assert problems(page) == []


def test_an_exam_goes_on_after_the_page_and_the_kernel_began_again(open_exam):
    """Half of 20 questions are answered; later the card is where it was, and it is finished."""
    items = items_of(WHOLE)
    learner, card = open_exam(WHOLE)

    def answer(first, last):
        for number in range(first, last + 1):
            choose(card, items[number - 1], letters(items[number - 1]))
            learner.reads(card, "Answer saved: ")
            if number < len(items):
                learner.press(card, "Next question")
                is_at(card, f"Question {number + 1} of 20")

    answer(1, HALF)
    card.get_by_role("checkbox", name="Flag for review").check()
    expect(card.locator("[name='go 11']")).to_contain_text("flagged")
    overview = card.locator(".overview").inner_text()

    def is_kept():
        expect(card.get_by_role("heading", name="Question 11 of 20")).to_be_visible()

        assert card.locator(".overview").inner_text() == overview

    learner.lab.run_all()  # the cell again
    is_kept()
    learner.page.evaluate(SAVE)
    learner.page.goto(learner.page.url)  # the page again: a kernel that is alive shows its cards
    learner.page.evaluate(READY, 60)
    is_kept()
    learner.page.evaluate(RESTART)
    learner.lab.run_all()
    is_kept()

    assert overview.count("answered") == HALF

    answer(HALF + 1, 20)
    learner.press(card, "Finish")
    expect(card.get_by_text("You have answered 20 of 20 questions.")).to_be_visible()
    learner.press(card, "Finish now")
    expect(card.get_by_text("20 of 20 right").first).to_be_visible()
