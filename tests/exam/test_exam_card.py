"""The card of an exam, without a browser: controls are set and pressed, and parts are read."""

import asyncio
import re
from html import unescape
from types import SimpleNamespace

import pytest

from iamlab.errors import ExerciseError
from iamlab.exam import exam_card
from iamlab.exam import sitting as home
from iamlab.exam.exam_card import ExamCard
from iamlab.exam.forms import Form, form
from iamlab.exam.items import LETTERS, MATCH, ORDER, SEVERAL, Item, Option
from iamlab.exam.sitting import ANEW, Exam, exam
from iamlab.teach import journal

STEPS = ("Create the role", "Attach a policy", "Assume the role")
TYPES = ("Identity-based policy", "SCP", "Permissions boundary")
DOCUMENT = '{"Sid": "Read<All>", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}'


def made(kind, number=3, **more):
    """Return an item with options A to C, of which the first ones are right."""
    texts = {ORDER: STEPS, MATCH: TYPES}.get(kind, ("<b>Yes</b>", "No", "It `depends`"))
    return Item(
        question="Tom has a policy. Which answer fits?",
        options=tuple(Option(text, why=f"Why {text} is wrong.") for text in texts),
        key=tuple(range(number)),
        form=kind,
        rationale=("See https://docs.aws.amazon.com/IAM/latest/UserGuide/x.html",),
        tags={"kind": "test", "lesson": "13", "level": "associate"},
        **more,
    )


EVERY = (
    made("choice", 1, facts=(f"Policy of <tom>:\n{DOCUMENT}", "Tom calls s3:GetObject.")),
    made(SEVERAL, 2),
    made(ORDER),
    made(MATCH, 2, prompts=("... because no identity-based policy allows it", "... in an SCP")),
)


def card_of(items=EVERY, minutes=0, **more):
    """Return the card of a form with some items."""
    whole = Form("saa", 5, "A form", tuple(items), len(items), ("1.1",) * len(items), minutes)
    return ExamCard(Exam(whole, **more))


def text(card, part=""):
    """Return what a card says, or a part of it."""
    parts = [own for name, own in card.parts().items() if name.startswith(part)]
    return " ".join(unescape(re.sub("<[^>]+>", " ", "".join(parts))).split())


def answer(card, places):
    """Choose options of the question that is shown, by their places."""
    controls = {"choice": "answer", SEVERAL: "option {1}"}
    for number, place in enumerate(places, 1):
        letter = LETTERS[place]
        name = controls.get(card.sitting.shown.item.form, "place {0}").format(number, letter)
        card.set(name, True if card.sitting.shown.item.form == SEVERAL else letter)


def test_an_answer_counts_when_it_is_complete_and_is_taken_back_when_it_no_longer_is():
    """A part of an answer stays on the card, also while other questions are shown."""
    card = card_of()
    responses = card.sitting.answers
    for number, (item, parts) in enumerate(zip(EVERY, (1, 2, 3, 2), strict=True)):
        for place in range(parts):
            assert responses[number].chosen == ()

            answer(card, [place] if item.form in ("choice", SEVERAL) else range(place + 1))
        assert responses[number].chosen == item.key
        assert "● answered" in text(card, "overview")
        assert text(card, "result").startswith("Answer saved: ")
        card.press("next" if number < 3 else "finish")

    assert "You have answered 4 of 4 questions." in text(card)

    card.press("go 2")
    card.set("option B", False)
    card.press("next")
    card.press("previous")

    assert responses[1].chosen == ()
    assert text(card, "result") == "1 of 2 chosen."
    assert "○ open" in text(card, "overview")

    card.press("go 3")
    card.set("place 1", "B")

    assert responses[2].chosen == ()
    assert text(card, "result") == "Choose each option once."


def test_flags_confidence_and_the_last_confirmation():
    """Before the end, the card says what isn't answered and what is flagged."""
    card = card_of()
    card.set("flag", True)
    card.set("confidence", "certain")
    card.press("next")
    card.press("finish")

    assert "Not answered: 1, 2, 3 and 4. Flagged: 1." in text(card, "confirm")
    assert "⚑ flagged" in text(card, "overview")
    assert card.sitting.answers[0].confidence == "certain"

    card.press("back")

    assert not card.sitting.finished
    assert text(card, "question").startswith("Question 2 of 4")


def test_after_the_end_each_question_tells_the_right_answer_yours_and_why():
    """No answer can be changed then."""
    card = card_of()
    answer(card, [1])
    card.press("next")
    answer(card, [0, 1])
    card.press("next")
    answer(card, [0, 2, 1])
    card.press("end")

    assert text(card, "report").startswith("Report")
    assert "1 ✕ wrong 2 ✓ right 3 ✕ wrong 4 ○ no answer" in text(card, "overview")

    card.press("go 1")

    assert text(card, "result") == "✕ Wrong. The right answer is A."
    assert "No ✕ your answer Why No is wrong." in text(card, "answer")
    assert "<b>Yes</b> ✓ right answer" in text(card, "answer")
    assert 'href="https://docs.aws.amazon.com/IAM/latest/UserGuide/x.html"' in card.parts()["why 1"]
    assert card.parts()["answer 1"].startswith("<fieldset disabled>")
    with pytest.raises(ExerciseError, match="finished"):
        card.set("answer", "A")

    card.press("next")

    assert text(card, "result") == "✓ Right."

    card.press("next")

    assert text(card, "result") == "✕ Wrong. The right answer is A, B, C."
    assert "Step 2 ✕ right is B" in text(card, "answer")

    card.press("next")

    assert text(card, "result") == "○ Not answered. The right answer is 1 A, 2 B."

    card.press("end")

    assert "report" in card.parts()


def test_a_drill_marks_each_answer_at_once_and_shows_why():
    """An answer isn't taken before Check, and not twice."""
    card = ExamCard(Exam(form("drill M12", seed=1, number=2)))
    card.use("check", press=True)

    assert text(card, "result").startswith("Not answered yet.")
    assert "flag" not in text(card)

    wrong = (card.sitting.shown.item.key[0] + 1) % len(card.sitting.shown.item.options)
    answer(card, [wrong])

    assert card.sitting.answers[card.sitting.current].chosen == ()

    card.press("check")

    assert text(card, "result").startswith("✕ Wrong. The right answer is ")
    assert text(card, "why").startswith("Why ")
    assert 'name="next"' in card.parts()["buttons 1"]

    card.press("next")

    assert text(card, "question").startswith("Question 2 of 2")
    assert text(card, "result") == ""


def test_a_pause_hides_the_question_and_stops_the_clock(monkeypatch):
    """When the time is over, nothing can be answered."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(home, "monotonic", lambda: now.seconds)
    card = card_of(minutes=35, timed=True)
    now.seconds = 61

    assert "Time left: 34 minutes" in text(card, "head")

    card.press("pause")
    now.seconds = 10_000

    assert "Tom has a policy" not in text(card)
    assert "Time left: 34 minutes" in text(card, "head")

    card.press("resume")
    now.seconds = 20_000

    assert "The time is over." in text(card, "head")
    assert "disabled" in card.parts()["answer 1"]

    card.use("answer", "A")

    assert text(card, "result") == "The time is over. Finish the exam to see the report."


def test_the_time_that_is_left_is_shown_again_while_nothing_is_pressed(monkeypatch):
    """In a kernel, which has a loop; it ends with the exam."""
    monkeypatch.setattr(exam_card, "EVERY", 0.001)
    card, drawn = card_of(minutes=35, timed=True), []
    again = asyncio.Event()

    def draw():
        drawn.append(card.parts()["head"])
        if len(drawn) > 2:
            again.set()

    card.listen(draw)

    async def look():
        card._tick()
        await asyncio.wait_for(again.wait(), 10)
        card.press("end")
        await asyncio.sleep(0.01)

    asyncio.run(look())
    many = len(drawn)
    card._tick()

    assert "Time left: 35 minutes" in drawn[0]
    assert len(drawn) == many


def test_an_answer_that_was_never_complete_is_not_shown_as_yours():
    """One of two options was chosen, which isn't an answer."""
    card = card_of()
    card.press("next")
    card.set("option C", True)
    card.press("end")
    card.press("go 2")

    assert text(card, "result") == "○ Not answered. The right answer is A, B."
    assert "your answer" not in text(card, "answer")


def test_a_sitting_goes_on_after_a_restart():
    """The progress file has the answers, the confidence and the flags."""
    card = ExamCard(exam("clf", seed=5))
    card.press("next")
    answer(card, card.sitting.shown.item.key)
    card.set("confidence", "a guess")
    card.set("flag", True)
    again = ExamCard(exam("clf"))

    assert text(again, "question").startswith("Question 1 of 20")

    again.press("next")

    assert text(again) == text(card)
    assert again.parts() == card.parts()


def test_an_answer_that_is_not_complete_is_kept_too(progress_file):
    """One of two options, half of an order; in a drill, an option before Check."""
    assert progress_file
    card = card_of()
    card.press("next")
    card.set("option C", True)
    card.press("next")
    card.set("place 2", "A")
    again = card_of()
    again.sitting.restore([own for own in journal.records() if own["kind"] == "exam"])

    assert [own.picked for own in again.sitting.answers] == [(), (2,), (-1, 0, -1), ()]

    again.press("go 3")

    assert text(again, "result") == "1 of 3 chosen."
    assert again.parts()["answer 3"] == card.parts()["answer 3"]
    assert "○ open" in text(again, "overview")

    practice = ExamCard(exam("drill M12"))
    answer(practice, practice.sitting.shown.item.key)

    assert ExamCard(exam("drill M12")).picked == practice.sitting.shown.item.key


def test_the_card_says_what_can_not_be_saved(tmp_path, monkeypatch):
    """And not that an answer is saved."""
    monkeypatch.setattr("iamlab.teach.journal.unsaved", [])
    monkeypatch.setattr("iamlab.teach.journal.problems", {})
    monkeypatch.setenv("IAMLAB_PROGRESS", str(tmp_path / "a file" / "x.jsonl"))
    (tmp_path / "a file").touch()
    card = card_of()

    assert "Each answer is saved at once." in text(card, "head")

    with pytest.warns(UserWarning, match="can't be"):
        answer(card, [0])

    assert text(card, "result") == "Your answer: A."
    assert "Your progress can't be saved in " in text(card, "head")
    assert "until the kernel stops" in text(card, "head")
    assert "saved at once" not in text(card)

    card.press("pause")

    assert "your answers are saved" not in text(card)
    assert "can't be saved" in text(card)


def test_the_card_says_that_an_exam_of_another_version_begins_anew():
    """On its first question."""
    card = card_of()
    card.sitting.note = ANEW

    assert ANEW in text(card, "head")

    card.press("next")

    assert ANEW not in text(card)


def test_texts_are_escaped_and_policies_are_readable():
    """A statement has its elements below each other, with the policy's title above it."""
    parts = card_of().parts()
    shown = unescape(parts["question 1"]).replace("</span><span>", "\n")

    assert "<tom>" not in parts["question 1"]
    assert '<span>Policy of <tom>:</span><span class="code"><span>{"Sid": "Read<All>"' in shown
    assert '"Allow",\n "Action": "s3:Get*",\n "Resource": "*"}' in shown
    assert "<b>Yes</b>" not in parts["answer 1"]
    assert "<code>depends</code>" in parts["answer 1"]
    assert "<legend><span>Which answer fits?</span></legend>" in parts["answer 1"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("answer", "D"), ("answer", ""), ("option A", True), ("place 1", "A"), ("colour", "red")],
)
def test_a_control_that_a_question_does_not_have_changes_nothing(name, value):
    """The card says so."""
    card = card_of()
    before = card.state
    card.use(name, value)

    assert card.state == before
    assert "ExamCard has no control" in text(card, "result")


def test_a_form_of_an_exam_says_what_it_is_on_its_first_question():
    """The note is the blueprint's; the text of the card in a terminal is the sitting's."""
    card = ExamCard(Exam(form("saa", seed=5, number=2)))

    assert "It isn't from AWS" in text(card, "head")
    assert repr(card) == repr(card.sitting)

    card.press("next")

    assert "It isn't from AWS" not in text(card, "head")
