"""The lessons as a learner goes through them, by mouse and by keyboard.

A wrong answer is given to each exercise first, and its own feedback is read; then a right one.
"""

import json
import re
from itertools import pairwise

import pytest
from playwright.sync_api import TimeoutError as TooLateError

from iamlab.teach.exercises import find
from iamlab.teach.mutants import find_mutant
from iamlab.teach.scenarios import MAP
from tests.browser.conftest import SETTLED

VERDICT = re.compile("allowed|explicit deny|implicit deny")


class Learner:
    """Somebody at the notebook: finds cards by what is in them, clicks, types, reads."""

    def __init__(self, page):
        self.page = page

    def card(self, text):
        """Find a card by a text in it."""
        return self.page.locator(".iamlab-card").filter(has_text=text).first

    def choose(self, card, row, option):
        """Pick an option in the n-th row of a card, counted from 0.

        The kernel takes choices and clicks in two threads, so that a click right behind a choice
        may overtake it. No hand is that fast, but this one, which therefore waits.
        """
        card.locator(".widget-radio").nth(row).get_by_role("radio", name=option).check()
        self.page.evaluate(SETTLED, 60)

    def predict(self, card, verdict, confidence):
        """Predict by mouse."""
        self.choose(card, 0, verdict)
        self.choose(card, 1, confidence)
        card.get_by_role("button", name="Show what AWS decides").click()

    def press(self, card, name):
        """Press one of the buttons of an exercise."""
        card.get_by_role("button", name=name, exact=True).click()

    def run(self, source):
        """Run the cell that holds just this code once more, by keyboard, and give it back."""
        code = re.compile(rf"^\s*{re.escape(source)}\s*$")
        editor = self.page.locator(".cm-content").filter(has_text=code)
        cell = self.page.locator(".jp-CodeCell").filter(has=editor)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        return cell

    def reads(self, card, text, timeout=15_000):
        """Wait until the card's announced result holds a text."""
        status = card.locator('[role="status"]').filter(has_text=text).first
        try:
            status.wait_for(timeout=timeout)
        except TooLateError as late:
            says = card.locator('[role="status"]').all_inner_texts()
            raise AssertionError(f"no {text!r} after {timeout} ms, but {says}") from late
        return status.inner_text()


@pytest.fixture
def open_lesson(open_notebook):
    """Open a lesson, run it, and hand over a learner."""

    def run(name):
        lab = open_notebook(name)
        # A tall window, so that JupyterLab keeps every cell on the page.
        lab.page.set_viewport_size({"width": 1300, "height": 9000})
        lab.run_all()
        assert lab.cell_errors() == []
        return lab, Learner(lab.page)

    return run


def answer_verdicts(learner, card, verdicts, confidence="certain"):
    """Answer a P exercise and check it."""
    for row, verdict in enumerate(verdicts):
        learner.choose(card, row, verdict)
    learner.choose(card, len(verdicts), confidence)
    learner.press(card, "Check")


def tick(card, name, *, wanted):
    """Set a check box, and wait as after a choice."""
    card.get_by_label(name, exact=True).set_checked(wanted)
    card.page.evaluate(SETTLED, 60)


def test_lesson_00_reveals_only_after_a_prediction_and_marks_every_answer(open_lesson):
    """Lesson 00: predict, see, answer wrongly, read why, answer rightly."""
    lab, learner = open_lesson("00_start_here.ipynb")
    first = learner.card("perform s3:GetObject on arn:aws:s3:::star-maps/m31.fits")
    result = first.locator('[role="status"]').first

    assert result.inner_text() == ""

    first.get_by_role("button", name="Show what AWS decides").click()
    refusal = learner.reads(first, "First choose a verdict")

    assert not VERDICT.search(refusal)

    learner.predict(first, "denied", "certain")
    learner.reads(first, "AWS: ✓ allowed. Not what you predicted.")
    first.get_by_label("What happened?").select_option(
        label="A statement allows it, and no statement denies it."
    )
    first.get_by_label("Which statement decided?").select_option(label="read-maps/ReadMaps")
    learner.press(first, "Compare")
    learner.reads(first, "Yes, that is what happened. And read-maps/ReadMaps decided it.")

    task = learner.card("Exercise 0.1")
    learner.press(task, "Check")
    learner.reads(task, "Not answered yet")
    answer_verdicts(learner, task, ["allowed", "allowed", "allowed"])
    learner.reads(task, "You answered allowed; AWS decides ○ implicit deny")
    answer_verdicts(learner, task, ["allowed", "allowed", "allowed"])
    learner.reads(task, "nothing is allowed until a statement allows it")
    answer_verdicts(learner, task, ["allowed", "denied", "denied"])
    learner.reads(task, "✓ Right.")

    witness = learner.card("Exercise 0.2")
    for label, part in (("Caller", "alice"), ("Action", "s3:GetObject")):
        witness.get_by_label(label, exact=True).select_option(label=part)
    witness.get_by_label("Resource", exact=True).select_option(label="arn:aws:s3:::star-maps")
    learner.press(witness, "Check")
    learner.reads(witness, 'Resource: expected "arn:aws:s3:::star-maps/*"')
    learner.press(witness, "Check")
    learner.reads(witness, "star-maps/* matches the objects in it, not the bucket itself")
    witness.get_by_label("Resource", exact=True).select_option(
        label="arn:aws:s3:::star-maps/m31.fits"
    )
    learner.press(witness, "Check")
    learner.reads(witness, "✓ Right.")

    ticket = learner.card("Exercise 0.3")
    answer_verdicts(learner, ticket, ["allowed"])
    learner.reads(ticket, "You answered allowed; AWS decides ○ implicit deny")
    learner.press(ticket, "Hint")
    learner.reads(ticket, "nothing allows it either, and the default is to deny")
    answer_verdicts(learner, ticket, ["denied"])
    learner.reads(ticket, "✓ Right.")

    assert lab.outside_requests == []


def test_a_prediction_can_be_made_by_keyboard_alone(open_lesson):
    """From the notebook itself: Shift+Enter runs the cell, Shift+Tab leads into its card."""
    lab, learner = open_lesson("00_start_here.ipynb")
    cell = lab.page.locator(".jp-CodeCell").filter(has_text='predict(world, alice, "s3:PutObject"')
    cell.locator(".cm-content").first.click()
    keyboard = lab.page.keyboard
    keyboard.press("Shift+Enter")
    card = learner.card("perform s3:PutObject")
    button = card.get_by_role("button", name="Show what AWS decides")
    button.wait_for()
    focused = "element => element === document.activeElement"
    for _ in range(20):
        if button.evaluate(focused):
            break
        keyboard.press("Shift+Tab")
    assert button.evaluate(focused)

    for option in ("certain", "denied"):  # backwards: first the confidence, then the verdict
        radio = card.get_by_role("radio", name=option)
        for _ in range(10):
            if radio.evaluate(focused):
                break
            keyboard.press("Shift+Tab")
        keyboard.press("Space")
        assert radio.is_checked()
    for _ in range(10):
        if button.evaluate(focused):
            break
        keyboard.press("Tab")
    keyboard.press("Enter")

    learner.reads(card, "You predicted: denied (certain). AWS: ○ implicit deny. As you predicted.")
    assert button.evaluate(focused)


def test_lesson_03_shows_the_account_and_reveals_only_after_a_prediction(open_lesson):
    """Lesson 03: the graph of the account is there, the verdicts are not until predicted."""
    lab, learner = open_lesson("03_groups_and_policies.ipynb")
    page = lab.page

    assert page.locator("figure img[alt^='bob gets AmazonS3FullAccess']").count() == 1

    second = learner.card("perform s3:DeleteObject")
    learner.predict(second, "allowed", "fairly sure")
    learner.reads(second, "AWS: ✕ explicit deny. Not what you predicted.")
    second.get_by_label("What happened?").select_option(
        label="No Allow is sufficient, so AWS denies it by default."
    )
    second.get_by_label("Which statement decided?").select_option(label="AmazonS3FullAccess/#1")
    learner.press(second, "Compare")
    learner.reads(second, "It was decided by guard/KeepMaps, not by AmazonS3FullAccess/#1")

    assert lab.outside_requests == []


def test_lesson_03_marks_every_collection_and_prediction(open_lesson):
    """Lesson 03: sets and verdicts, answered wrongly first and then rightly."""
    lab, learner = open_lesson("03_groups_and_policies.ipynb")
    collect = learner.card("Exercise 3.1")
    for name in ("AmazonS3FullAccess", "guard"):
        tick(collect, name, wanted=True)
    learner.press(collect, "Check")
    learner.reads(collect, "own-notes is missing: the user dana has it.")
    learner.press(collect, "Hint")
    learner.reads(collect, "A user can also have its own policies.")
    tick(collect, "own-notes", wanted=True)
    learner.press(collect, "Check")
    learner.reads(collect, "✓ Right.")

    predict = learner.card("Exercise 3.2")
    answer_verdicts(
        learner, predict, ["implicit deny", "explicit deny", "implicit deny", "allowed"]
    )
    learner.reads(predict, "You answered implicit deny; AWS decides ✓ allowed")
    learner.press(predict, "Hint")
    learner.reads(predict, "You applied only the stricter group.")
    answer_verdicts(learner, predict, ["allowed", "explicit deny", "implicit deny", "allowed"])
    learner.reads(predict, "✓ Right.")

    principals = learner.card("Exercise 3.3")
    for name in ("user alice", "user dana"):
        tick(principals, name, wanted=True)
    learner.press(principals, "Check")
    learner.reads(principals, "account acme-main is missing")
    learner.press(principals, "Hint")
    learner.reads(principals, "You can name a whole account too.")
    tick(principals, "account acme-main", wanted=True)
    learner.press(principals, "Check")
    learner.reads(principals, "✓ Right.")

    assert lab.outside_requests == []


def test_lesson_03_marks_every_repair_and_exit_ticket(open_lesson):
    """Lesson 03: memberships and versions changed by hand, and the two last questions."""
    lab, learner = open_lesson("03_groups_and_policies.ipynb")
    move = learner.card("Exercise 3.4")
    tick(move, "dana in astronomers", wanted=True)
    learner.press(move, "Check")
    learner.reads(move, "must be denied, but it is ✓ allowed")
    learner.press(move, "Hint")
    learner.reads(move, "Joining a stricter group takes nothing away.")
    tick(move, "dana in developers", wanted=False)
    learner.press(move, "Check")
    learner.reads(move, "✓ Right.")

    back = learner.card("Exercise 3.5")
    back.get_by_label("Default version of star-maps-read").select_option(label="v1")
    learner.press(back, "Check")
    learner.reads(back, "must be allowed, but it is ○ implicit deny")
    learner.press(back, "Hint")
    learner.reads(back, "With v1 she can list the bucket.")
    back.get_by_label("Default version of star-maps-read").select_option(label="v2")
    learner.press(back, "Check")
    learner.reads(back, "✓ Right.")

    design = learner.card("Exercise 3.6")
    for who in ("alice in astronomers", "bob in developers", "carol in security"):
        tick(design, who, wanted=True)
    tick(design, "dana in contractors", wanted=True)
    learner.press(design, "Check")
    learner.reads(design, "dana: s3:GetObject on star-maps/m31.fits must be allowed")
    learner.press(design, "Hint")
    learner.reads(design, "A Deny allows nothing.")
    tick(design, "dana in developers", wanted=True)
    learner.press(design, "Check")
    learner.reads(design, "✓ Right.")

    for number, wrong, its_hint, right in (
        ("3.7", "explicit deny", "Without a matching Deny", "implicit deny"),
        ("3.8", "allowed", "joining last doesn't make it stronger", "explicit deny"),
    ):
        ticket = learner.card(f"Exercise {number}")
        answer_verdicts(learner, ticket, [wrong])
        learner.reads(ticket, f"You answered {wrong}; AWS decides")
        learner.press(ticket, "Hint")
        learner.reads(ticket, its_hint)
        answer_verdicts(learner, ticket, [right])
        learner.reads(ticket, "✓ Right.")

    assert lab.outside_requests == []


def test_the_membership_board_hides_its_verdict_after_every_change(open_lesson):
    """The board shows a verdict only for a prediction, and takes it back when a box changes."""
    _, learner = open_lesson("03_groups_and_policies.ipynb")
    board = learner.card("I predict").page.locator(".iamlab-board")
    board.get_by_label("Caller", exact=True).select_option(label="dana")
    board.get_by_label("Request", exact=True).select_option(
        label="s3:DeleteObject on star-maps/m31.fits"
    )
    board.get_by_role("button", name="Show the verdict").click()
    learner.reads(board, "Predict first")
    learner.choose(board, 0, "explicit deny")
    learner.choose(board, 1, "certain")
    board.get_by_role("button", name="Show the verdict").click()
    learner.reads(board, "As you predicted.")
    tick(board, "dana in contractors", wanted=False)
    learner.reads(board, "own-notes (own), AmazonS3FullAccess (group developers).")
    verdicts = [s.inner_text() for s in board.locator('[role="status"]').all()]

    assert not any(VERDICT.search(text) for text in verdicts)


def stack_on(card):
    """Read the statements of a stack, from the top."""
    rows = card.locator(".iamlab-stack .widget-checkbox").all_inner_texts()
    return [row.partition(":")[0].strip() for row in rows]


def move(card, sid, path):
    """Move a statement by its button, and wait until it is elsewhere."""
    before = stack_on(card)
    card.get_by_title(f"Move {sid} {path}", exact=True).click()
    after = list(before)
    place, to = before.index(sid), before.index(sid) + (1 if path == "down" else -1)
    after[place], after[to] = after[to], after[place]
    stands(card, after)


def stands(card, order):
    """Wait until the statements are in this order."""
    rows = card.locator(".iamlab-stack .widget-checkbox")
    for place, sid in enumerate(order):
        rows.nth(place).filter(has_text=f"{sid}:").wait_for(timeout=15_000)


def arrange_by_buttons(card, order):
    """Bring the statements into this order, and switch the others off."""
    for place, sid in enumerate(order):
        while stack_on(card).index(sid) > place:
            move(card, sid, "up")
    for sid in stack_on(card):
        switch(card, sid, on=sid in order)


def switch(card, sid, *, on):
    """Switch a statement on or off, and wait as after a choice."""
    card.get_by_label(re.compile(f"^{sid}: ")).set_checked(on)
    card.page.evaluate(SETTLED, 60)


def answer_break(learner, card, order, *request):
    """Answer a B exercise and check it."""
    arrange_by_buttons(card, order)
    for label, part in zip(("Caller", "Action", "Resource"), request, strict=True):
        card.get_by_label(label, exact=True).select_option(label=part)
    learner.press(card, "Check")


def stack_card(page):
    """Find the statement stack that is not an exercise."""
    stack = page.locator(".iamlab-card").filter(has=page.locator(".iamlab-stack"))
    return stack.filter(has_text="Show the verdict").first


def test_lesson_02_shows_its_explanations_and_pictures_only_after_a_prediction(open_lesson):
    """Lesson 02: two predictions, a walk-through, one with gaps, and both figures."""
    lab, learner = open_lesson("02_deny_wins.ipynb")
    page = lab.page

    assert page.locator("figure").count() == 0

    walk, picture = (learner.run(f"first.{what}()") for what in ("walk_through", "picture"))
    for cell in (walk, picture):
        cell.get_by_text("Make the prediction in the card above").wait_for()

    first = learner.card("perform s3:DeleteObject on arn:aws:s3:::star-maps/m31.fits")
    learner.predict(first, "allowed", "certain")
    learner.reads(first, "AWS: ✕ explicit deny. Not what you predicted.")
    first.get_by_label("What happened?").select_option(
        label="A statement denies it, and that wins over every Allow."
    )
    first.get_by_label("Which statement decided?").select_option(label="stack/KeepMaps")
    learner.press(first, "Compare")
    learner.reads(first, "Yes, that is what happened. And stack/KeepMaps decided it.")
    learner.run("first.walk_through()").get_by_text("Denied by stack/KeepMaps").wait_for()
    picture = learner.run("first.picture()")
    picture.locator("figure img[alt*='stack/KeepMaps denies it']").wait_for()

    second = learner.card("perform s3:GetObject on arn:aws:s3:::star-maps/drafts/readme.txt")
    learner.predict(second, "explicit deny", "fairly sure")
    learner.reads(second, "AWS: ✕ explicit deny. As you predicted.")
    gaps = learner.run("second.walk_through(blank=(4, 6))")
    gaps.get_by_text("…").first.wait_for()

    assert "NoDrafts" not in gaps.locator(".jp-OutputArea").inner_text()

    learner.run("second.walk_through()").get_by_text("Denied by stack/NoDrafts").wait_for()

    layers = 'after("2.1", two_layers, world, alice, actions, resources)'
    learner.run(layers).get_by_text("Answer exercise 2.1 first").wait_for()
    answer_verdicts(learner, learner.card("Exercise 2.1"), ["allowed"] * 5)
    learner.reads(learner.card("Exercise 2.1"), "Not yet")
    learner.run(layers).locator("figure img[alt^='Of 12 requests, alice may do 2']").wait_for()

    assert lab.cell_errors() == []
    assert lab.outside_requests == []


def test_lesson_02_marks_every_exercise_that_is_answered_by_its_controls(open_lesson):
    """Lesson 02: a known wrong answer and its hint, then the answer that is computed."""
    lab, learner = open_lesson("02_deny_wins.ipynb")
    for number in ("2.1", "2.2", "2.8", "2.9"):
        task, card = find(number), learner.card(f"Exercise {number}:")
        wrong = task.known_wrong[0]
        answer_verdicts(learner, card, wrong.answer(task.world()))
        learner.reads(card, "Not yet")
        learner.press(card, "Hint")
        learner.reads(card, wrong.hint)
        answer_verdicts(learner, card, task.solution_answer())
        learner.reads(card, "✓ Right.")
    for number in ("2.5", "2.6", "2.7"):
        task, card = find(number), learner.card(f"Exercise {number}:")
        learner.press(card, "Check")
        learner.reads(card, "Not answered yet")
        answer_break(learner, card, stack_on(card), "bob", "s3:GetObject", MAP)
        learner.reads(card, "But both agree.")
        answer_break(learner, card, *task.solution_answer())
        learner.reads(card, f"if you believe that {task.belief.claim}")
        learner.reads(card, "✓ Right.")

    assert lab.cell_errors() == []
    assert lab.outside_requests == []


def test_lesson_02_takes_a_repair_by_switches_and_a_policy_by_typing(open_lesson):
    """Exercise 2.3 by check boxes, exercise 2.4 letter by letter, both wrong at first."""
    lab, learner = open_lesson("02_deny_wins.ipynb")
    repair = learner.card("Exercise 2.3:")
    learner.press(repair, "Check")
    learner.reads(repair, "Switch at least one statement off.")
    switch(repair, "NoDrafts", on=False)
    learner.press(repair, "Check")
    learner.reads(repair, "must be allowed, but it is ✕ explicit deny")
    learner.press(repair, "Hint")
    learner.reads(repair, "You removed the more specific Deny.")
    ((_, _, _, kept),) = find("2.3").solution_answer()
    for sid in stack_on(repair):
        switch(repair, sid, on=sid in kept.split())
    learner.press(repair, "Check")
    learner.reads(repair, "✓ Right.")

    write = learner.card("Exercise 2.4:")
    learner.press(write, "Check")
    learner.reads(write, "Not answered yet. Write the statement.")
    field = write.get_by_label("Policy", exact=True)
    for document, words in (
        ({"Statement": [{"Effect": "..."}]}, "$.Statement[0].Effect (line 4, column"),
        (find("2.4").known_wrong[1].answer(None), "must be denied, but it is ✓ allowed"),
        (find("2.4").solution_answer(), "✓ Right."),
    ):
        field.click()
        learner.page.keyboard.press("Control+A")
        learner.page.keyboard.type(json.dumps(document, indent=2))

        assert json.loads(field.input_value()) == document

        # The kernel takes letters and clicks in two threads, so that a click right behind the last
        # letter may overtake it. No hand is that fast, but this one.
        lab.settle()
        learner.press(write, "Check")
        learner.reads(write, words)


def test_the_statement_stack_hides_its_verdict_after_every_change(open_lesson):
    """By mouse: each move and each switch takes prediction and verdict back."""
    _, learner = open_lesson("02_deny_wins.ipynb")
    stack = stack_card(learner.page)
    stands(stack, ["ListMaps", "KeepMaps", "AllMaps", "NoDrafts", "ReadMe"])
    stack.get_by_role("button", name="Show the verdict").click()
    learner.reads(stack, "Predict first")

    def predict(verdict, words):
        learner.choose(stack, 0, verdict)
        learner.choose(stack, 1, "certain")
        stack.get_by_role("button", name="Show the verdict").click()
        learner.reads(stack, words)

    def hidden(message):
        learner.reads(stack, message)
        verdicts = [s.inner_text() for s in stack.locator('[role="status"]').all()]

        assert not any(VERDICT.search(text) for text in verdicts)
        assert stack.get_by_role("radio", checked=True).count() == 1  # how sure one was

    predict("allowed", "AWS: ✕ explicit deny. Not what you predicted.")
    move(stack, "AllMaps", "up")
    hidden("From the top: ListMaps, AllMaps, KeepMaps, NoDrafts, ReadMe.")
    predict("explicit deny", "AWS: ✕ explicit deny. As you predicted.")
    for _ in range(3):
        move(stack, "AllMaps", "down")
    hidden("From the top: ListMaps, KeepMaps, NoDrafts, ReadMe, AllMaps.")
    predict("explicit deny", "AWS: ✕ explicit deny. As you predicted.")
    switch(stack, "KeepMaps", on=False)
    hidden("From the top: ListMaps, NoDrafts, ReadMe, AllMaps.")
    predict("allowed", "AWS: ✓ allowed. As you predicted.")
    stack.get_by_label("Request", exact=True).select_option(
        label="s3:GetObject on star-maps/drafts/readme.txt"
    )
    hidden("From the top: ListMaps, NoDrafts, ReadMe, AllMaps.")
    predict("explicit deny", "AWS: ✕ explicit deny. As you predicted.")


def test_a_statement_can_be_moved_and_switched_by_keyboard_alone(open_lesson):
    """The focus goes with the statement that is moved: pressing again moves it on."""
    _, learner = open_lesson("02_deny_wins.ipynb")
    stack, keyboard = stack_card(learner.page), learner.page.keyboard
    stack.get_by_title("Move ListMaps up", exact=True).focus()
    for this, following in pairwise(
        [
            *("Move ListMaps up", "Move ListMaps down", "ListMaps: Allow"),
            *("Move KeepMaps up", "Move KeepMaps down", "KeepMaps: Deny"),
            "Move AllMaps up",
        ]
    ):
        assert stack.locator(f"[title^='{this}']:focus").count() == 1
        keyboard.press("Tab")
        stack.locator(f"[title^='{following}']:focus").wait_for()

    keyboard.press("Enter")
    stands(stack, ["ListMaps", "AllMaps", "KeepMaps", "NoDrafts", "ReadMe"])
    stack.locator("[title='Move AllMaps up']:focus").wait_for(timeout=5_000)
    keyboard.press("Enter")
    stands(stack, ["AllMaps", "ListMaps", "KeepMaps", "NoDrafts", "ReadMe"])
    stack.locator("[title='Move AllMaps up']:focus").wait_for(timeout=5_000)
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.press("Space")
    learner.reads(stack, "From the top: ListMaps, KeepMaps, NoDrafts, ReadMe.")


def test_lesson_02_names_the_belief_that_wrong_answers_have_in_common(open_lesson):
    """Somebody who lets the last statement decide learns that; before, there is nothing to say."""
    lab, learner = open_lesson("02_deny_wins.ipynb")
    mutant = find_mutant("last_wins")
    learner.run("beliefs()").get_by_text("No prediction yet").wait_for()

    first = learner.card("perform s3:DeleteObject on arn:aws:s3:::star-maps/m31.fits")
    learner.predict(first, "allowed", "certain")
    learner.reads(first, "Not what you predicted.")
    for number in ("2.1", "2.2"):
        task, card = find(number), learner.card(f"Exercise {number}:")
        world = task.world()
        believed = [str(mutant.verdict(question.ask(world))) for question in task.questions]
        answer_verdicts(learner, card, believed)
        learner.reads(card, "Not yet")
    learner.press(learner.card("Exercise 2.1:"), "Hint")
    learner.reads(learner.card("Exercise 2.1:"), f"You answered as if {mutant.claim}")
    text = learner.run("beliefs()").get_by_text(mutant.truth)
    text.wait_for()

    assert f"You answered as if {mutant.claim}" in text.inner_text()
    assert f"({mutant.name})" in text.inner_text()
    assert lab.outside_requests == []


def test_lists_look_like_lists_and_text_fields_are_on_the_cards_own_paper(open_lesson):
    """In the dark theme too: an arrow on each list, dark letters on light paper in each field."""
    lab, learner = open_lesson("02_deny_wins.ipynb")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        lab.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        lab.page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
        choice = learner.card("Exercise 2.5:").get_by_label("Caller", exact=True)
        field = learner.card("Exercise 2.4:").get_by_label("Policy", exact=True)
        arrow = "one => [getComputedStyle(one).backgroundImage, getComputedStyle(one).appearance]"

        assert choice.evaluate(arrow) != ["none", "none"]
        for control in (choice, field):
            paper = control.evaluate("one => getComputedStyle(one).backgroundColor")

            assert paper == "rgb(255, 255, 255)", theme
