"""The lessons as a learner goes through them.

A wrong answer is given to the first exercise of each kind, and its own feedback is read; then a
right one.
"""

import json
import re

import pytest
from playwright.sync_api import expect

from iamlab.teach.mutants import MUTANTS
from iamlab.teach.recognition import NOTHING_TESTED
from iamlab.teach.scenarios import MAP
from iamlab.teach.sequence import Sequence, text_of
from iamlab.teach.tables import find
from iamlab.view.words import shorten
from iamlab.widgets.instrument import PREDICT_FIRST
from tests.browser.answers import (
    BY_KEYBOARD,
    LESSONS,
    beginning,
    cells_of,
    predictions_of,
    words_of,
)

DIFFERENT = "Different from your prediction."
AS_PREDICTED = "As you predicted."
SHOWS = "Show what AWS decides"
WAITS = "This appears when you have"
CARD = re.compile(r'^(?:\w+ = )?exercise\("([\w.]+)"(?:, seed=NIGHT)?\)$', re.MULTILINE)


def lesson_00(learner):
    """Lesson 00: predict, see, answer wrongly, read why, answer rightly."""
    first = learner.card("first = predict(...")
    learner.press(first, SHOWS)
    learner.reads(first, PREDICT_FIRST)
    learner.reads_no_verdict(first)
    learner.predict(first, "denied", "certain")
    learner.reads(first, "✓ allowed", DIFFERENT)
    learner.explain(
        first, "A statement allows it, and no statement denies it.", "read-maps/ReadMaps"
    )
    learner.reads(first, "Yes, that is what happened. And read-maps/ReadMaps decided it.")

    text = learner.card('reveal(second, "default-deny")')
    learner.reads(text, "This appears when you have made a prediction")
    learner.predict(learner.card("second = predict(..."), "denied", "a guess")
    learner.reads(text, "implicit deny")

    task = learner.card("0.1")
    learner.check(task)
    learner.reads(task, "Not answered yet")
    for words in (
        "You answered allowed; AWS decides ○ implicit deny",
        "nothing is allowed until a statement allows it",
    ):
        learner.check(task, "allowed", "allowed", "allowed")
        learner.reads(task, "↻ Not yet.", words)
    learner.check(task, "allowed", "denied", "denied")
    learner.reads(task, "✓ Right.")

    witness = learner.card("0.2")
    bucket = MAP.rpartition("/")[0]
    learner.choose(witness, Caller="alice", Action="s3:GetObject", Resource=bucket)
    for words in (
        'Resource: expected "arn:aws:s3:::star-maps/*"',
        "star-maps/* matches the objects in it, not the bucket itself",
    ):
        learner.check(witness)
        learner.reads(witness, words)
    learner.choose(witness, Resource=MAP)
    learner.check(witness)
    learner.reads(witness, "✓ Right.")

    ticket = learner.card("0.3")
    learner.check(ticket, "allowed")
    learner.reads(ticket, "You answered allowed; AWS decides ○ implicit deny")
    learner.press(ticket, "Hint")
    learner.reads(ticket, "nothing allows it either, and the default is to deny")
    learner.check(ticket, "denied")
    learner.reads(ticket, "✓ Right.")


def request_builder(learner):
    """The request is chosen and typed; a name that AWS doesn't have is corrected."""
    builder = learner.card("request_builder(...")
    learner.press(builder, SHOWS)
    learner.reads(builder, PREDICT_FIRST)
    learner.predict(builder, "allowed", "certain")
    learner.reads(builder, "✓ allowed", AS_PREDICTED)
    learner.choose(builder, Principal="bob")
    builder.locator("dd").get_by_text("bob").wait_for()
    learner.reads_no_verdict(builder)
    learner.predict(builder, "allowed", "certain")
    learner.reads(builder, "○ implicit deny", DIFFERENT)
    action = builder.get_by_role("combobox", name="Action")
    action.fill("s3:GetObjct")
    action.press("Tab")
    learner.reads(builder, "Did you mean s3:GetObject?")
    action.fill("s3:GetObject")
    action.press("Tab")
    builder.get_by_role("button", name=SHOWS).wait_for()
    learner.reads_no_verdict(builder)

    assert builder.get_by_text("MFA").count() == 0


def membership_board(learner):
    """The board shows a verdict only for a prediction, and takes it back when a box changes."""
    board = learner.card("membership_board(world)")
    learner.choose(board, Caller="dana", Request="s3:DeleteObject on star-maps/m31.fits")
    learner.lab.settle()  # a click has no effect in a card that is just drawn again
    learner.press(board, SHOWS)
    learner.reads(board, PREDICT_FIRST)
    learner.predict(board, "explicit deny", "certain")
    learner.reads(board, "✕ explicit deny", AS_PREDICTED)
    learner.tick(board, "dana in contractors", on=False)
    learner.reads(board, "own-notes (own), AmazonS3FullAccess (group developers).")
    learner.reads_no_verdict(board)


def stack_on(card):
    """Read the statements of a stack, from the top."""
    return card.locator(".statement strong").all_inner_texts()


def is_stack(card, order):
    """Wait until the statements are in this order."""
    for place, sid in enumerate(order):
        row = card.locator(".statement").nth(place)
        row.get_by_text(sid, exact=True).wait_for(timeout=15_000)


def move(card, sid, path):
    """Move a statement by its button, and wait until it is elsewhere."""
    after = stack_on(card)
    place = after.index(sid)
    after.insert(place + (1 if path == "down" else -1), after.pop(place))
    card.get_by_role("button", name=f"Move {sid} {path}", exact=True).click()
    is_stack(card, after)


def switch(learner, card, *sids, on):
    """Switch statements on or off."""
    learner.tick(card, *(re.compile(rf"(Allow|Deny) {sid}\b") for sid in sids), on=on)


def statement_stack(learner):
    """By mouse: each move and each switch takes prediction and verdict back."""
    stack = learner.card("pairs = [...")
    is_stack(stack, ["ListMaps", "KeepMaps", "AllMaps", "NoDrafts", "ReadMe"])

    def predict(verdict, *words):
        learner.predict(stack, verdict, "certain")
        learner.reads(stack, *words)

    def hidden(order):
        learner.reads(stack, f"From the top: {order}.")
        learner.reads_no_verdict(stack)

        assert stack.get_by_role("radio", checked=True).count() == 1  # how sure one was

    predict("allowed", "✕ explicit deny", DIFFERENT)
    move(stack, "AllMaps", "up")
    hidden("ListMaps, AllMaps, KeepMaps, NoDrafts, ReadMe")
    predict("explicit deny", "✕ explicit deny", AS_PREDICTED)
    for _ in range(3):
        move(stack, "AllMaps", "down")
    hidden("ListMaps, KeepMaps, NoDrafts, ReadMe, AllMaps")
    predict("explicit deny", "✕ explicit deny", AS_PREDICTED)
    switch(learner, stack, "KeepMaps", on=False)
    hidden("ListMaps, NoDrafts, ReadMe, AllMaps")
    predict("allowed", "✓ allowed", AS_PREDICTED)
    learner.choose(stack, Request="s3:GetObject on star-maps/drafts/readme.txt")
    learner.press(stack, SHOWS)
    learner.reads(stack, PREDICT_FIRST)
    hidden("ListMaps, NoDrafts, ReadMe, AllMaps")
    predict("explicit deny", "✕ explicit deny", AS_PREDICTED)


def test_lesson_02_names_the_belief_that_wrong_answers_have_in_common(open_lesson):
    """Somebody who lets the last statement decide learns that; before, there is nothing to say."""
    learner = open_lesson("02_deny_wins.ipynb")
    mutant = MUTANTS["last_wins"]
    learner.run("beliefs()").get_by_text(NOTHING_TESTED).wait_for()

    first = learner.card("first = predict(...")
    learner.predict(first, "allowed", "certain")
    learner.reads(first, DIFFERENT)
    for number in ("2.1", "2.2"):
        task, card = find(number), learner.card(number)
        world = task.world()
        learner.check(card, *(str(mutant.verdict(own.ask(world))) for own in task.questions))
        learner.reads(card, "↻ Not yet.")
    learner.press(learner.card("2.1"), "Hint")
    learner.reads(learner.card("2.1"), f"You answered as if {mutant.claim}")
    text = learner.run("beliefs()").get_by_text(mutant.truth)
    text.wait_for()

    assert f"You answered as if {mutant.claim}" in text.inner_text()


def write_calls(learner, card, calls):
    """Remove the calls of a card, and write others."""
    rows = card.locator("ol.plain > li")
    while rows.count():
        many = rows.count()
        learner.press(card, "Remove call 1")
        rows.nth(many - 1).wait_for(state="detached")
    for place, call in enumerate(calls):
        learner.press(card, "Add a call")
        row = rows.nth(place)
        row.wait_for()
        for name, value in call.items():
            text = shorten(text_of(value), 60)
            is_earlier = name == "Caller" and text.startswith("call ")
            learner.choose(row, **{name: f"with the credentials of {text}" if is_earlier else text})
            if name == "Operation":
                row.get_by_role("combobox").nth(len(call) - 1).wait_for()


def security_board(learner):
    """Each button does what the list asks for, until both lists are green."""
    board = learner.card("security_status(world)")
    for item in ("Delete your root access keys", "Use groups to assign permissions"):
        board.get_by_role("button", name=f"Do it: {item}").click()
        board.get_by_role("button", name=f"Do it: {item}").wait_for(state="detached")
    board.get_by_role("button", name="Do it: Apply an IAM password policy").click()
    board.get_by_text("5 of 5 done").wait_for()
    for user in ("alice", "bob", "carol"):
        board.get_by_text(f"{user} has no MFA devices.").wait_for()
        board.get_by_role("button", name="Do it: Add MFA for yourself").click()
    board.get_by_text("4 of 4 done").wait_for()


def sign_in_form(learner):
    """A password, then a code; a code works once."""
    form = learner.card('sign_in_form(handed_over, "carol")')
    form.get_by_role("textbox", name="Password").fill("Correct-Horse-1")
    learner.press(form, "Sign in")
    learner.reads(form, "Enter an MFA code to complete sign-in.")
    code = re.search(r"(\d{3}) (\d{3})", form.inner_text()).group().replace(" ", "")
    form.get_by_role("textbox", name="MFA code").fill(code)
    learner.press(form, "Sign in")
    learner.reads(form, "✓ signed in")
    learner.press(form, "Sign in")
    learner.reads(form, "Your MFA code is incorrect. Please try again.")


INSTRUMENTS = {  # what else is in these lessons
    "01_default_deny.ipynb": (request_builder,),
    "02_deny_wins.ipynb": (statement_stack,),
    "03_groups_and_policies.ipynb": (membership_board,),
    "04_account_and_credentials.ipynb": (security_board, sign_in_form),
}


BY_MOUSE = [own for own in LESSONS if own[:2] not in BY_KEYBOARD or own in INSTRUMENTS]
"""Each lesson is done by mouse or by keyboard; those with an instrument by both."""


def climb(card, button, rows):
    """Move something up in a list by its button, and wait for each move."""
    buttons = card.locator("[name^='up ']")
    place = buttons.evaluate_all("all => all.map(one => one.name)").index(button)
    for above in range(place - 1, place - 1 - rows, -1):
        buttons.nth(above + 1).click()
        expect(buttons.nth(above)).to_have_attribute("name", button)


def give(learner, card, task, answer, before=None):
    """Answer an exercise by mouse: choose what differs from the answer that the card has."""
    if isinstance(task, Sequence):
        write_calls(learner, card, answer)
        return
    for name, value in words_of(task, answer, before).items():
        own = card.locator(f"[name={json.dumps(name)}]")
        if name.startswith("up "):
            climb(card, name, value)
            continue
        match own.first.evaluate("one => one.type"):
            case "radio":
                card.locator(f"[name={json.dumps(name)}][value={json.dumps(value)}]").check()
            case "checkbox":
                own.set_checked(value == "on")
            case "select-one":
                own.select_option(value)
            case _:
                own.fill(value)


def answer_rightly(learner, number):
    """Answer, and read why it is right."""
    task, card = find(number), learner.card(number)
    give(learner, card, task, task.solution_answer())
    learner.press(card, "Check")
    learner.reads(card, "✓ Right.", task.why)


def answer_wrongly_first(learner, number):
    """Answer with a known wrong answer, read its own hint, and answer rightly."""
    task, card = find(number), learner.card(number)
    world = task.world()
    changing = (own for own in task.known_wrong if words_of(task, own.answer(world)))
    wrong = next(changing)  # to change nothing can be wrong too, but isn't an answer
    before = wrong.answer(world)
    give(learner, card, task, before)
    learner.press(card, "Check")
    learner.reads(card, "↻ Not yet.")
    learner.press(card, "Hint")
    learner.reads(card, wrong.hint)
    give(learner, card, task, task.solution_answer(), before)
    learner.press(card, "Check")
    learner.reads(card, "✓ Right.", task.why)


def all_cards_of(lesson, learner):
    """From cell to cell: what waits for an answer appears after it, and each answer is marked.

    The first exercise of each kind is answered wrongly first.
    """
    predictions, seen, kinds = predictions_of(lesson), set(), set()
    sources = cells_of(lesson)
    for source in sources:
        begin = beginning(source)
        if begin in predictions:
            card, right = learner.card(begin), predictions[begin]
            following = sources[sources.index(source) + 1]
            if following.startswith(f"reveal({source.split(' = ')[0]},"):
                learner.reads(learner.card(following), WAITS)
            if not seen:
                learner.press(card, SHOWS)
                learner.reads(card, PREDICT_FIRST)
            seen.add(begin)
            learner.predict(card, right["answer"], "certain")
            learner.reads(card, AS_PREDICTED)
            if "decided" in right:
                learner.explain(card, right["happened"], right["decided"])
                learner.reads(card, "Yes, that is what happened.")
        elif number := CARD.search(source):
            kind = type(find(number[1]))
            (answer_rightly if kind in kinds else answer_wrongly_first)(learner, number[1])
            kinds.add(kind)
    assert seen == set(predictions)


@pytest.mark.parametrize("lesson", BY_MOUSE)
def test_a_lesson_reveals_after_a_prediction_and_marks_every_answer(open_lesson, lesson):
    """One learner does all of it in one notebook."""
    learner = open_lesson(lesson)
    if lesson == "00_start_here.ipynb":
        lesson_00(learner)  # some predictions and explanations are wrong
    else:
        all_cards_of(lesson, learner)
        for do in INSTRUMENTS.get(lesson, ()):
            do(learner)
    learner.lab.settle()

    assert learner.page.get_by_text(WAITS).count() == 0
