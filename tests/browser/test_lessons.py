"""Both lessons as a learner goes through them, by mouse and by keyboard.

A wrong answer is given to each exercise first, and its own feedback is read; then a right one.
"""

import re

import pytest

VERDICT = re.compile("allowed|explicit deny|implicit deny")


class Learner:
    """Somebody at the notebook: finds cards by what stands in them, clicks, types, reads."""

    def __init__(self, page):
        self.page = page

    def card(self, text):
        """Find a card by a text in it."""
        return self.page.locator(".iamlab-card").filter(has_text=text).first

    def choose(self, card, row, option):
        """Pick an option in the n-th row of a card, counted from 0."""
        card.locator(".widget-radio").nth(row).get_by_role("radio", name=option).check()

    def predict(self, card, verdict, confidence):
        """Predict by mouse."""
        self.choose(card, 0, verdict)
        self.choose(card, 1, confidence)
        card.get_by_role("button", name="Show what AWS decides").click()

    def press(self, card, name):
        """Press one of the buttons of an exercise."""
        card.get_by_role("button", name=name, exact=True).click()

    def reads(self, card, text, timeout=15_000):
        """Wait until the card's announced result holds a text."""
        status = card.locator('[role="status"]').filter(has_text=text).first
        status.wait_for(timeout=timeout)
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
    """Set a check box."""
    card.get_by_label(name, exact=True).set_checked(wanted)


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
    learner.reads(first, "Yes, that is what happened. And it was decided by read-maps/ReadMaps.")

    task = learner.card("Exercise 0.1")
    learner.press(task, "Check")
    learner.reads(task, "Not answered yet")
    answer_verdicts(learner, task, ["allowed", "allowed", "allowed"])
    learner.reads(task, "you say allowed, AWS says ○ implicit deny")
    answer_verdicts(learner, task, ["allowed", "allowed", "allowed"])
    learner.reads(task, "nothing is allowed until a statement allows it")
    answer_verdicts(learner, task, ["allowed", "denied", "denied"])
    learner.reads(task, "✓ Right.")

    witness = learner.card("Exercise 0.2")
    for label, part in (("Caller", "alice"), ("Action", "s3:GetObject")):
        witness.get_by_label(label, exact=True).select_option(label=part)
    witness.get_by_label("Resource", exact=True).select_option(label="arn:aws:s3:::star-maps")
    learner.press(witness, "Check")
    learner.reads(witness, 'Resource: wanted "arn:aws:s3:::star-maps/*"')
    learner.press(witness, "Check")
    learner.reads(witness, "star-maps/* covers what lies in it, not the bucket itself")
    witness.get_by_label("Resource", exact=True).select_option(
        label="arn:aws:s3:::star-maps/m31.fits"
    )
    learner.press(witness, "Check")
    learner.reads(witness, "✓ Right.")

    ticket = learner.card("Exercise 0.3")
    answer_verdicts(learner, ticket, ["allowed"])
    learner.reads(ticket, "you say allowed, AWS says ○ implicit deny")
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

    assert page.locator("figure img[alt^='What reaches bob']").count() == 1

    second = learner.card("perform s3:DeleteObject")
    learner.predict(second, "allowed", "fairly sure")
    learner.reads(second, "AWS: ✕ explicit deny. Not what you predicted.")
    second.get_by_label("What happened?").select_option(
        label="Nothing that allows it is enough, so it is denied by default."
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
    learner.reads(collect, "own-notes is missing: it hangs on the user dana.")
    learner.press(collect, "Hint")
    learner.reads(collect, "but a user may have some of its own besides")
    tick(collect, "own-notes", wanted=True)
    learner.press(collect, "Check")
    learner.reads(collect, "✓ Right.")

    predict = learner.card("Exercise 3.2")
    answer_verdicts(
        learner, predict, ["implicit deny", "explicit deny", "implicit deny", "allowed"]
    )
    learner.reads(predict, "you say implicit deny, AWS says ✓ allowed")
    learner.press(predict, "Hint")
    learner.reads(predict, "You let the stricter group count alone.")
    answer_verdicts(learner, predict, ["allowed", "explicit deny", "implicit deny", "allowed"])
    learner.reads(predict, "✓ Right.")

    principals = learner.card("Exercise 3.3")
    for name in ("user alice", "user dana"):
        tick(principals, name, wanted=True)
    learner.press(principals, "Check")
    learner.reads(principals, "account acme-main is missing")
    learner.press(principals, "Hint")
    learner.reads(principals, "A whole account can be named too")
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
    learner.reads(move, "shall be denied, and is ✓ allowed")
    learner.press(move, "Hint")
    learner.reads(move, "Joining a stricter group takes nothing away.")
    tick(move, "dana in developers", wanted=False)
    learner.press(move, "Check")
    learner.reads(move, "✓ Right.")

    back = learner.card("Exercise 3.5")
    back.get_by_label("Default version of star-maps-read").select_option(label="v1")
    learner.press(back, "Check")
    learner.reads(back, "shall be allowed, and is ○ implicit deny")
    learner.press(back, "Hint")
    learner.reads(back, "With v1 she may list the bucket.")
    back.get_by_label("Default version of star-maps-read").select_option(label="v2")
    learner.press(back, "Check")
    learner.reads(back, "✓ Right.")

    design = learner.card("Exercise 3.6")
    for who in ("alice in astronomers", "bob in developers", "carol in security"):
        tick(design, who, wanted=True)
    tick(design, "dana in contractors", wanted=True)
    learner.press(design, "Check")
    learner.reads(design, "dana: s3:GetObject on star-maps/m31.fits shall be allowed")
    learner.press(design, "Hint")
    learner.reads(design, "A Deny allows nothing.")
    tick(design, "dana in developers", wanted=True)
    learner.press(design, "Check")
    learner.reads(design, "✓ Right.")

    for number, wrong, its_hint, right in (
        ("3.7", "explicit deny", "Without a matching Deny", "implicit deny"),
        ("3.8", "allowed", "joining last does not make it stronger", "explicit deny"),
    ):
        ticket = learner.card(f"Exercise {number}")
        answer_verdicts(learner, ticket, [wrong])
        learner.reads(ticket, f"you say {wrong}, AWS says")
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
