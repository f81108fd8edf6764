"""The lessons as a learner goes through them.

A wrong answer is given to each exercise first, and its own feedback is read; then a right one.
"""

import json
import re
from functools import partial

import pytest

from iamlab.teach.checks import Predict
from iamlab.teach.explain import Explain
from iamlab.teach.mutants import MUTANTS
from iamlab.teach.recognition import NOTHING_TESTED
from iamlab.teach.scenarios import MAP
from iamlab.teach.sequence import Sequence
from iamlab.teach.tables import find
from iamlab.teach.write import Write
from iamlab.view.words import shorten
from iamlab.widgets.instrument import PREDICT_FIRST
from tests.browser.answers import LESSONS, beginning, cells_of, predictions_of, words_of

DIFFERENT = "Different from your prediction."
AS_PREDICTED = "As you predicted."
SHOWS = "Show what AWS decides"
WAITS = "This appears when you have"


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


def explanations_of_lesson_01(learner):
    """Lesson 01: the request is there; explanations and both matrices wait."""
    page = learner.page

    assert page.locator("figure img[alt^='alice does s3:GetObject']").count() == 1
    assert page.locator("figure").count() == 1

    creator = learner.card('reveal(first, "creator")')
    learner.reads(creator, "This appears when you have made a prediction")
    first = learner.card("first = predict(...")
    learner.predict(first, "allowed", "certain")
    learner.reads(first, "○ implicit deny", DIFFERENT)
    learner.reads(creator, "a bucket belongs to the account")
    learner.reads(learner.card("first.walk_through()"), "because no identity-based policy allows")

    second = learner.card("second = predict(...")
    learner.predict(second, "allowed", "fairly sure")
    learner.reads(second, "○ implicit deny", DIFFERENT)
    learner.explain(
        second, "A required Allow is missing, so AWS denies it by default.", "no statement"
    )
    learner.reads(second, "Yes, that is what happened.")
    learner.reads(learner.card('reveal(second, "valid-but-useless")'), "match no request at all")

    grey = learner.card('after("1.1", access_matrix, before)')
    learner.reads(grey, "This appears when you have answered exercise 1.1.")
    learner.check(learner.card("1.1"))
    learner.reads(learner.card("1.1"), "Not answered yet")
    learner.check(learner.card("1.1"), "allowed", "allowed")
    learner.reads(learner.card("1.1"), "↻ Not yet.")
    grey.locator("figure img").wait_for()

    assert "✓" not in grey.inner_text()


def exercises_of_lesson_01(learner):
    """Lesson 01: a known wrong answer and its hint, then the answer that is computed."""
    lists = "Caller", "Action", "Resource"

    def give(task, card, answer):
        if isinstance(task, Write):
            card.get_by_role("textbox").fill(json.dumps(answer))
        elif isinstance(task, Explain):
            for place, word in enumerate(answer):
                card.get_by_role("combobox").nth(place).select_option(label=word)
        elif isinstance(task, Predict):
            learner.answer(card, *answer, "certain")
        else:
            learner.choose(card, **dict(zip(lists, answer[-3:], strict=True)))
        learner.press(card, "Check")

    for number in (f"1.{place}" for place in range(1, 9)):
        task, card = find(number), learner.card(number)
        if number != "1.1":  # it is answered already
            learner.check(card)
            learner.reads(card, "Not answered yet")
        wrong = task.known_wrong[-1]
        give(task, card, wrong.answer(task.world()))
        learner.reads(card, "↻ Not yet.")
        learner.press(card, "Hint")
        learner.reads(card, wrong.hint)
        give(task, card, task.solution_answer())
        learner.reads(card, "✓ Right.")


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


def explanations_of_lesson_03(learner):
    """Lesson 03: the graph of the account is there, the verdicts are not until predicted."""
    assert learner.page.locator("figure img[alt^='bob gets AmazonS3FullAccess']").count() == 1

    second = learner.card("second = predict(...")
    learner.predict(second, "allowed", "fairly sure")
    learner.reads(second, "✕ explicit deny", DIFFERENT)
    learner.explain(
        second, "A required Allow is missing, so AWS denies it by default.", "AmazonS3FullAccess/#1"
    )
    learner.reads(second, "guard/KeepMaps decided it, not AmazonS3FullAccess/#1")


def collections_of_lesson_03(learner):
    """Lesson 03: sets and verdicts, answered wrongly first and then rightly."""
    for number, wrong, missing, hint, right in (
        (
            *("3.1", ("AmazonS3FullAccess", "guard")),
            "own-notes is missing: the user dana has it.",
            *("A user can also have its own policies.", "own-notes"),
        ),
        (
            *("3.3", ("user alice", "user dana"), "account acme-main is missing"),
            *("You can name a whole account too.", "account acme-main"),
        ),
    ):
        collect = learner.card(number)
        learner.tick(collect, *wrong)
        learner.check(collect)
        learner.reads(collect, missing)
        learner.press(collect, "Hint")
        learner.reads(collect, hint)
        learner.tick(collect, right)
        learner.check(collect)
        learner.reads(collect, "✓ Right.")

    own = "implicit deny", "allowed"
    for number, wrong, answered, hint, right in (
        (
            *("3.2", ("implicit deny", "explicit deny", *own)),
            "You answered implicit deny; AWS decides ✓ allowed",
            *("You applied only the stricter group.", ("allowed", "explicit deny", *own)),
        ),
        (
            *("3.7", ["explicit deny"], "You answered explicit deny; AWS decides"),
            *("Without a matching Deny", ["implicit deny"]),
        ),
        (
            *("3.8", ["allowed"], "You answered allowed; AWS decides"),
            *("joining last doesn't make it stronger", ["explicit deny"]),
        ),
    ):
        predict = learner.card(number)
        learner.check(predict, *wrong)
        learner.reads(predict, answered)
        learner.press(predict, "Hint")
        learner.reads(predict, hint)
        learner.check(predict, *right)
        learner.reads(predict, "✓ Right.")


def repairs_of_lesson_03(learner):
    """Lesson 03: memberships and versions changed by hand."""
    move = learner.card("3.4")
    learner.tick(move, "dana in astronomers")
    learner.check(move)
    learner.reads(move, "must be denied, but it is ✓ allowed")
    learner.press(move, "Hint")
    learner.reads(move, "Joining a stricter group takes nothing away.")
    learner.tick(move, "dana in developers", on=False)
    learner.check(move)
    learner.reads(move, "✓ Right.")

    back = learner.card("3.5")
    learner.choose(back, **{"Default version of star-maps-read": "v1"})
    learner.check(back)
    learner.reads(back, "must be allowed, but it is ○ implicit deny")
    learner.press(back, "Hint")
    learner.reads(back, "With v1 she can list the bucket.")
    learner.choose(back, **{"Default version of star-maps-read": "v2"})
    learner.check(back)
    learner.reads(back, "✓ Right.")

    design = learner.card("3.6")
    learner.tick(
        design,
        *("alice in astronomers", "bob in developers", "carol in security", "dana in contractors"),
    )
    learner.check(design)
    learner.reads(design, "dana: s3:GetObject on star-maps/m31.fits must be allowed")
    learner.press(design, "Hint")
    learner.reads(design, "A Deny allows nothing.")
    learner.tick(design, "dana in developers")
    learner.check(design)
    learner.reads(design, "✓ Right.")


def membership_board(learner):
    """The board shows a verdict only for a prediction, and takes it back when a box changes."""
    board = learner.card("membership_board(world)")
    learner.choose(board, Caller="dana", Request="s3:DeleteObject on star-maps/m31.fits")
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


def arrange(learner, card, order):
    """Bring the statements into this order, and switch the others off."""
    for place, sid in enumerate(order):
        while stack_on(card).index(sid) > place:
            move(card, sid, "up")
    for sid in stack_on(card):
        switch(learner, card, sid, on=sid in order)


def explanations_of_lesson_02(learner):
    """Lesson 02: they appear by themselves, in the cells that were run before."""
    assert learner.page.locator("figure").count() == 0

    walk, picture = (learner.card(f"first.{what}()") for what in ("walk_through", "access_graph"))
    for card in (walk, picture):
        learner.reads(card, "This appears when you have made a prediction in the card above.")

    first = learner.card("first = predict(...")
    learner.predict(first, "allowed", "certain")
    learner.reads(first, "✕ explicit deny", DIFFERENT)
    learner.explain(
        first, "A statement denies it, and that wins over every Allow.", "stack/KeepMaps"
    )
    learner.reads(first, "Yes, that is what happened. And stack/KeepMaps decided it.")
    learner.reads(walk, "Denied by stack/KeepMaps")
    picture.locator("figure img[alt*='stack/KeepMaps denies it']").wait_for()

    second = learner.card("second = predict(...")
    learner.predict(second, "explicit deny", "fairly sure")
    learner.reads(second, "✕ explicit deny", AS_PREDICTED)
    learner.explain(
        second, "A statement denies it, and that wins over every Allow.", "stack/ReadMe"
    )
    learner.reads(second, "stack/NoDrafts decided it, not stack/ReadMe.")

    layers = learner.card("actions = [...")
    learner.reads(layers, "This appears when you have answered exercise 2.1.")
    learner.check(learner.card("2.1"), *["allowed"] * 5)
    learner.reads(learner.card("2.1"), "↻ Not yet.")
    layers.locator("figure img[alt^='Of 12 requests, alice may do 2']").wait_for()


def exercises_of_lesson_02(learner):
    """Lesson 02: a known wrong answer and its hint, then the answer that is computed."""
    for number in ("2.1", "2.2", "2.8", "2.9"):
        task, card = find(number), learner.card(number)
        wrong = task.known_wrong[0]
        learner.check(card, *wrong.answer(task.world()))
        learner.reads(card, "↻ Not yet.")
        learner.press(card, "Hint")
        learner.reads(card, wrong.hint)
        learner.check(card, *task.solution_answer())
        learner.reads(card, "✓ Right.")
    for number in ("2.5", "2.6", "2.7"):
        task, card = find(number), learner.card(number)
        learner.check(card)
        learner.reads(card, "Not answered yet")
        learner.choose(card, Caller="bob", Action="s3:GetObject", Resource=MAP)
        learner.check(card)
        learner.reads(card, "But both agree.")
        order, *request = task.solution_answer()
        arrange(learner, card, order)
        learner.choose(card, **dict(zip(("Caller", "Action", "Resource"), request, strict=True)))
        learner.check(card)
        learner.reads(card, "✓ Right.", f"if you believe that {task.belief.claim}")


def repair_and_policy_of_lesson_02(learner):
    """Exercise 2.3 by check boxes, exercise 2.4 letter by letter, both wrong at first."""
    repair = learner.card("2.3")
    learner.check(repair)
    learner.reads(repair, "Switch at least one statement off.")
    switch(learner, repair, "NoDrafts", on=False)
    learner.check(repair)
    learner.reads(repair, "must be allowed, but it is ✕ explicit deny")
    learner.press(repair, "Hint")
    learner.reads(repair, "You removed the more specific Deny.")
    ((_, _, _, kept),) = find("2.3").solution_answer()
    for sid in stack_on(repair):
        switch(learner, repair, sid, on=sid in kept.split())
    learner.check(repair)
    learner.reads(repair, "✓ Right.")

    write = learner.card("2.4")
    learner.check(write)
    learner.reads(write, "Not answered yet. Write the statement.")
    field = write.get_by_role("textbox", name="Policy guard of alice, as JSON")
    for document, words in (
        ({"Statement": [{"Effect": "..."}]}, "$.Statement[0].Effect (line 4, column"),
        (find("2.4").known_wrong[1].answer(None), "must be denied, but it is ✓ allowed"),
        (find("2.4").solution_answer(), "✓ Right."),
    ):
        field.click()
        learner.page.keyboard.press("Control+A")
        learner.page.keyboard.type(json.dumps(document, indent=2))

        assert json.loads(field.input_value()) == document

        learner.check(write)
        learner.reads(write, words)


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
            text = shorten(str(value), 60)
            is_earlier = name == "Caller" and text.startswith("call ")
            learner.choose(row, **{name: f"with the credentials of {text}" if is_earlier else text})
            if name == "Operation":
                row.get_by_role("combobox").nth(len(call) - 1).wait_for()


def explanations_of_lesson_04(learner):
    """Lesson 04: the answers, the texts behind them, and the three widgets."""
    walk, text = learner.card("first.walk_through()"), learner.card("reveal(first, ...")
    missing = learner.card('reveal("4.3", "missing-key")')
    for card in (walk, text, missing):
        learner.reads(card, WAITS)

    first = learner.card("first = predict(...")
    learner.predict(first, "implicit deny", "certain")
    learner.reads(first, "✓ allowed", DIFFERENT, "A root user needs no Allow in its own account.")
    learner.reads(walk, "The root user needs no Allow in its own account.")
    learner.reads(text, "guard the ways to sign in as root")

    second = learner.card("session = guarded.sign_in(...")
    learner.predict(second, "explicit deny", "fairly sure")
    learner.reads(second, "✓ allowed", DIFFERENT)
    learner.explain(second, "A statement allows it, and no statement denies it.", "maps/UseMaps")
    learner.reads(second, "Yes, that is what happened. And maps/UseMaps decided it.")

    board = learner.card("security_status(world)")
    for item in ("Delete your root access keys", "Use groups to assign permissions"):
        board.get_by_role("button", name=f"Do it: {item}").click()
        board.get_by_role("button", name=f"Do it: {item}").wait_for(state="detached")
    board.get_by_role("button", name="Do it: Apply an IAM password policy").click()
    board.get_by_text("5 of 5 done").wait_for()
    for _ in ("alice", "bob", "carol"):
        board.get_by_role("button", name="Do it: Add MFA for yourself").click()
        learner.lab.settle()
    board.get_by_text("4 of 4 done").wait_for()

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


def choices_of_lesson_04(learner):
    """Lesson 04: sets, verdicts and a broken belief; a known wrong answer first."""
    for number in ("4.2", "4.7"):
        task, card = find(number), learner.card(number)
        world, wrong = task.world(), task.known_wrong[0]
        for answer, words in ((wrong.answer(world), wrong.hint), (task.solution_answer(), "")):
            for name in task.candidates(world):
                learner.tick(card, name, on=name in answer)
            learner.check(card)
            learner.reads(card, "↻ Not yet." if words else "✓ Right.")
            if words:
                learner.press(card, "Hint")
                learner.reads(card, words)
    for number in ("4.3", "4.8", "4.9"):
        task, card = find(number), learner.card(number)
        wrong = task.known_wrong[0]
        learner.check(card, *wrong.answer(task.world()))
        learner.reads(card, "↻ Not yet.")
        learner.press(card, "Hint")
        learner.reads(card, wrong.hint)
        learner.check(card, *task.solution_answer())
        learner.reads(card, "✓ Right.")
    learner.reads(learner.card('reveal("4.3", "missing-key")'), "nothing to compare")

    task, card = find("4.4"), learner.card("4.4")
    learner.choose(card, Caller="bob-console", Action="s3:GetObject", Resource=MAP)
    learner.check(card)
    learner.reads(card, "But both agree.")
    caller, action, resource = task.solution_answer()
    learner.choose(card, Caller=caller, Action=action, Resource=resource)
    learner.check(card)
    learner.reads(card, "✓ Right.", f"if you believe that {task.belief.claim}")


def calls_of_lesson_04(learner):
    """Lesson 04: calls that are refused, calls that miss the goal, and the right ones."""
    for number, wrong, words in (
        ("4.1", 1, "Call 1 is refused"),
        ("4.5", 0, "But the goal isn't reached."),
        ("4.6", 2, "Cannot exceed quota for AccessKeysPerUser: 2"),
    ):
        task, card = find(number), learner.card(number)
        known = task.known_wrong[wrong]
        write_calls(learner, card, known.answer(task.world()))
        learner.check(card)
        learner.reads(card, "↻ Not yet.", words)
        learner.press(card, "Hint")
        learner.reads(card, known.hint)
        write_calls(learner, card, task.solution_answer())
        learner.check(card)
        learner.reads(card, "✓ Right.", task.why)


BY_HAND = {  # from top to bottom, as far as the order matters
    "00_start_here.ipynb": (lesson_00,),
    "01_default_deny.ipynb": (explanations_of_lesson_01, exercises_of_lesson_01, request_builder),
    "02_deny_wins.ipynb": (
        explanations_of_lesson_02,
        exercises_of_lesson_02,
        repair_and_policy_of_lesson_02,
        statement_stack,
    ),
    "03_groups_and_policies.ipynb": (
        explanations_of_lesson_03,
        collections_of_lesson_03,
        repairs_of_lesson_03,
        membership_board,
    ),
    "04_account_and_credentials.ipynb": (
        explanations_of_lesson_04,
        choices_of_lesson_04,
        calls_of_lesson_04,
    ),
}


def give(learner, card, task, answer, before=None):
    """Answer an exercise by mouse: choose what differs from the answer that the card has."""
    if isinstance(task, Sequence):
        write_calls(learner, card, answer)
        return
    for name, value in words_of(task, answer, before).items():
        own = card.locator(f"[name={json.dumps(name)}]")
        if name.startswith("up "):
            for _ in range(value):
                own.click()
                learner.lab.settle()
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


def answer_wrongly_first(learner, number):
    """Answer with a known wrong answer, read its own hint, and answer rightly."""
    task, card = find(number), learner.card(number)
    wrong = task.known_wrong[-1]
    before = wrong.answer(task.world())
    give(learner, card, task, before)
    learner.press(card, "Check")
    learner.reads(card, "↻ Not yet.")
    learner.press(card, "Hint")
    learner.reads(card, wrong.hint)
    give(learner, card, task, task.solution_answer(), before)
    learner.press(card, "Check")
    learner.reads(card, "✓ Right.", task.why)


def all_cards_of(lesson, learner):
    """From cell to cell: what waits for an answer appears after it, and each answer is marked."""
    predictions, seen = predictions_of(lesson), set()
    sources = cells_of(lesson)
    waiting = [own for own in sources if own.startswith(("reveal(", "after("))]
    for source in sources:
        begin = beginning(source)
        if begin in predictions:
            card, right = learner.card(begin), predictions[begin]
            following = sources[sources.index(source) + 1]
            if following in waiting:
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
        elif number := re.search(r'^exercise\("(.+)"\)$', source, re.MULTILINE):
            answer_wrongly_first(learner, number[1])
    learner.lab.settle()

    assert seen == set(predictions)
    assert learner.page.get_by_text(WAITS).count() == 0


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_reveals_after_a_prediction_and_marks_every_answer(open_lesson, lesson):
    """One learner does all of it in one notebook."""
    learner = open_lesson(lesson)
    for do in BY_HAND.get(lesson, [partial(all_cards_of, lesson)]):
        do(learner)
