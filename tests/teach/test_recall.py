"""Remembering: which topics come back and when, and that each item is new on its day."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from iamlab import ExerciseError
from iamlab.engine.verdict import addresses
from iamlab.teach import again, beliefs, check, drill, journal, progress, review, start, warm_up
from iamlab.teach import practice as cards
from iamlab.teach.items import TEMPLATES, lessons_of
from iamlab.teach.lesson import lesson_of, lessons, other_names
from iamlab.teach.schedule import History, reviews
from iamlab.teach.tables import every, find
from iamlab.widgets.prediction import COARSE, FINE
from tests.effort import slow
from tests.hidden import hide

NOW = datetime.now(UTC)
WRONG = {"allowed": "denied"}


def keys(practice):
    """Return the names of the items."""
    return [item.key for item in practice.items]


def right(item):
    """Return the verdict of an item and what decides it."""
    return str(item.decision.verdict), (addresses(item.decision.determining) or ["no statement"])[0]


def solve(practice, number=1):
    """Answer items right."""
    for _ in range(number):
        practice.answer(*right(practice.card.item), "certain")


@pytest.fixture
def answered(progress_file):
    """Write answers of earlier days to the progress file."""

    def write(*answers):
        lines = [
            {
                "kind": "prediction",
                "item": topic,
                "seed": place,
                "practice": "old",
                "correct": correct,
                "confidence": confidence,
                "time": (NOW - timedelta(days=days)).isoformat(timespec="seconds"),
            }
            for place, (topic, days, correct, confidence) in enumerate(answers)
        ]
        progress_file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")

    return write


# -- the schedule -----------------------------------------------------------------------------


def test_a_wrong_answer_comes_back_before_a_right_one_and_a_certain_one_last(answered):
    """Confidence and correctness are the rating."""
    answered(("M02", 1, True, "certain"), ("M03", 1, True, "a guess"), ("M04", 1, False, "certain"))
    due = History(NOW).due()

    assert list(due) == ["M04", "M03", "M02"]
    assert due["M04"] <= due["M03"] < due["M02"]


def test_what_was_answered_wrong_is_due_the_next_day_and_what_was_right_is_not(answered):
    """The schedule plans days."""
    answered(("M02", 1.5, True, "certain"), ("M04", 1.5, False, ""))

    assert History(NOW).is_due() == ["M04"]
    assert "M02" in History(NOW + timedelta(days=100)).is_due()


def test_a_schedule_is_the_same_each_time(answered):
    """It has no chance in it, and is computed from the answers alone."""
    answered(*((topic, 3, place % 2 == 0, "") for place, topic in enumerate(TEMPLATES)))

    assert History(NOW).due() == History(NOW).due()


def test_exercises_are_reviews_of_their_beliefs():
    """A recognised wrong belief is reviewed alone, a right answer reviews all known ones."""
    check("3.4", find("3.4").known_wrong[0].answer(start("3.4")))
    check("3.4", find("3.4").solution_answer(), confidence="certain")
    wrong, *others = reviews(journal.records())

    assert (wrong.topic, wrong.rating) == ("M05", 1)
    assert {(own.topic, own.rating) for own in others} == {("M05", 4), ("M03", 4), ("M04", 4)}


@pytest.mark.parametrize(
    "line",
    [
        {"kind": "prediction", "item": "M02"},
        {"kind": "prediction", "item": "M02", "time": "yesterday", "correct": True},
        {"kind": "attempt", "exercise": "77.1", "time": NOW.isoformat(), "correct": True},
        {"kind": "prediction", "item": [], "time": NOW.isoformat(), "correct": True},
        {"kind": "prediction", "item": "M02", "seed": {}, "practice": "warm-up 05"},
        {"time": NOW.isoformat()},
    ],
)
def test_a_record_without_its_fields_is_not_a_review(line, progress_file):
    """Other programs can write to the file too."""
    progress_file.write_text(json.dumps(line) + "\n", "utf-8")

    assert [own for own in reviews(journal.records()) if own.topic in TEMPLATES] == []
    assert History(NOW).due() == {}
    assert len(warm_up("05").items) == 2


# -- warm_up ----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(1, 22))
def test_a_warm_up_asks_two_items_of_earlier_lessons(number):
    """In lesson 01 there is one; without answers the last lesson comes first."""
    practice = warm_up(f"{number:02}")
    topics = [item.belief for item in practice.items]

    assert len(topics) == len(set(topics)) == (1 if number == 1 else 2)
    assert all(int(lessons_of(topic)[0]) < number for topic in topics)
    if any(f"{number - 1:02}" in lessons_of(topic) for topic in TEMPLATES):
        assert f"{number - 1:02}" in lessons_of(topics[0])


def test_a_warm_up_prefers_what_is_due(answered):
    """The weakest topic comes first."""
    answered(("M38", 9, False, "certain"), ("M25", 9, True, "a guess"), ("M12", 9, False, ""))

    assert [item.belief for item in warm_up("05").items] == ["M38", "M25"]


def test_a_warm_up_belongs_to_the_lesson_of_its_notebook(monkeypatch):
    """JupyterLab tells the kernel its notebook."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/03_groups_and_policies.ipynb")

    assert warm_up().name == "warm-up 03"
    assert keys(warm_up()) == keys(warm_up("03"))


def test_before_the_first_lesson_there_is_nothing_to_warm_up():
    """The error says so."""
    with pytest.raises(ExerciseError, match="There is no lesson before lesson 00"):
        warm_up("00")


def test_the_verdicts_of_a_warm_up_are_those_that_a_learner_knows():
    """The two kinds of denial are the subject of lesson 02."""
    assert warm_up("02").card.options == COARSE
    assert warm_up("03").card.options == FINE


def test_an_answered_item_stays_answered_for_the_day():
    """After a restart the practice goes on with the next item."""
    before = keys(warm_up("04"))
    first = warm_up("04")
    solve(first)
    restarted = warm_up("04")

    assert keys(first) == keys(restarted) == before
    assert restarted.state.number == 1

    solve(restarted)

    assert warm_up("04").is_over
    assert warm_up("04").score == "2 of 2 right: the verdict and the statement that decided."
    assert keys(warm_up("04")) == before


def test_another_practice_of_the_day_asks_about_other_topics():
    """Nothing is asked twice on a day while there is another topic."""
    first = warm_up("04")
    solve(first, 2)
    topics = {item.belief for item in first.items}

    assert not topics & {item.belief for item in warm_up("05").items}


def test_the_next_day_asks_other_items(monkeypatch):
    """The seed of an item depends on the day."""
    today = keys(warm_up("05"))
    monkeypatch.setattr("iamlab.teach.practice.History", lambda: History(NOW + timedelta(days=1)))

    assert not set(today) & set(keys(warm_up("05")))


def test_the_journal_has_template_and_seed_of_an_item():
    """Its evidence counts for the beliefs, and its confidence for the calibration."""
    practice = warm_up("03")
    item = practice.card.item
    verdict, decided = right(item)
    practice.answer("allowed" if verdict != "allowed" else "implicit deny", decided, "certain")
    record, explanation = journal.records()

    assert (record["item"], record["seed"]) == (item.belief, item.seed)
    assert record["practice"] == "warm-up 03"
    assert explanation["correct"]
    assert practice.card.item.key != item.key
    assert "wrong belief" in str(beliefs()) or "You answered as if" in str(beliefs())
    assert "certain" in str(progress())


def test_fewer_items_than_were_answered_are_those():
    """What was answered today stays, and nothing is added."""
    practice = warm_up("04")
    solve(practice, 2)

    assert keys(warm_up("04", items=1)) == keys(practice)


# -- cards ------------------------------------------------------------------------------------


def test_the_card_asks_for_the_deciding_statement_before_the_next_item():
    """Without it the next item doesn't come; a note says what is missing."""
    practice = warm_up("03")
    practice.use("next", press=True)

    assert "First predict the verdict" in practice.parts()["facts"]

    practice.use("reveal", press=True)

    assert "First choose a verdict" in practice.parts()["result"]

    verdict, decided = right(practice.card.item)
    practice.use("answer", verdict)
    practice.use("confidence", "a guess")
    practice.use("reveal", press=True)
    practice.use("compare", press=True)

    assert "Choose a statement first." in practice.parts()["facts"]
    assert "next" not in practice.parts()

    practice.use("decided", decided)
    practice.use("compare", press=True)

    assert f"And {decided} decided it." in practice.parts()["facts"]

    practice.use("next", press=True)

    assert "Item 2 of 2" in practice.parts()["head"]


def test_a_statement_that_is_not_offered_is_an_error():
    """Nothing is recorded."""
    practice = warm_up("03")
    with pytest.raises(ExerciseError, match="There is no statement 'nothing'"):
        practice.answer("allowed", "nothing")

    assert journal.records() == []


def test_a_wrong_explanation_is_not_right_and_the_score_repeats_the_rule():
    """A verdict can be right by chance."""
    practice = drill("M03", n=1)
    _, decided = right(practice.card.item)
    offered = [own.address for own in practice.card.item.decision.trace.matches]
    feedback = practice.answer(
        practice.card.item.decision.verdict, next(own for own in offered if own != decided)
    )

    assert not feedback
    assert "You chose:" in str(feedback)
    assert practice.score.startswith("0 of 1 right")
    assert "AWS denies by default." in str(practice)


# -- drill and review -------------------------------------------------------------------------


def test_a_drill_has_items_on_one_belief_and_controls():
    """The belief alone gives no verdict away."""
    items = drill("M02", n=12).items

    assert {item.belief for item in items} == {"M02"}
    assert len({item.key for item in items}) == 12
    assert 1 <= sum(item.control for item in items) <= 9


def test_a_drill_goes_on_after_a_restart_and_the_next_one_has_other_items():
    """A finished drill shows its score."""
    practice = drill("M18", n=2)
    solve(practice)

    assert keys(drill("M18", n=2)) == keys(practice)
    assert drill("M18", n=2).state.number == 1

    solve(practice)

    assert "Done" in practice.parts()["head"]
    assert "2 of 2 right" in practice.parts()["result"]
    assert not set(keys(drill("M18", n=2))) & set(keys(practice))


def test_only_items_that_test_the_belief_count_for_the_schedule():
    """A control is right for a learner with the belief, too."""
    practice = drill("M02", n=12)
    controls = sum(item.control for item in practice.items)
    solve(practice, 12)

    assert len(list(reviews(journal.records()))) == 12 - controls


@pytest.mark.parametrize(("belief", "n"), [("M39", 8), ("M99", 8), ("M02", 0)])
def test_a_drill_without_items_is_an_error(belief, n):
    """There is no template for it, or no item is wanted."""
    with pytest.raises(ExerciseError, match=r"no drill for|at least one item"):
        drill(belief, n)


def test_a_review_asks_what_is_due_and_ends(answered):
    """Each due topic is asked once, and then nothing is due."""
    answered(("M02", 9, False, ""), ("M04", 9, False, ""), ("M12", 1.1, True, "certain"))
    practice = review()

    assert sorted(item.belief for item in practice.items) == ["M02", "M04"]

    solve(practice, 2)

    assert practice.is_over
    assert review().is_over
    assert History(datetime.now(UTC) + timedelta(days=1)).is_due() == []


def test_without_answers_nothing_is_due():
    """The card says so."""
    assert str(review()) == "Review: Nothing is due today."
    assert "Nothing is due today." in review().parts()["result"]
    with pytest.raises(ExerciseError, match="Nothing is due"):
        review().answer("allowed", "no statement")


def test_a_review_ends_after_its_minutes(answered, monkeypatch):
    """The item that is open can still be answered."""
    answered(*((topic, 9, False, "") for topic in ("M02", "M04", "M12")))
    clock = iter(range(0, 10_000, 200))
    monkeypatch.setattr(cards, "monotonic", lambda: next(clock))
    practice = review(minutes=3)
    solve(practice)

    assert practice.is_over
    assert practice.score.endswith("The time is over. 2 more can wait until tomorrow.")


def test_without_fsrs_a_practice_needs_no_schedule_until_there_are_answers(answered, monkeypatch):
    """Then the error names the command that installs it."""
    hide("fsrs", monkeypatch)

    assert len(warm_up("05").items) == 2

    answered(("M02", 9, False, ""))
    with pytest.raises(ModuleNotFoundError, match=r'pip install "iamlab\[lab\]"'):
        warm_up("05")


# -- again ------------------------------------------------------------------------------------


def test_an_exercise_again_has_other_people_and_buckets():
    """World, prompt and requests change together."""
    first, card = find("3.2"), again("3.2")

    assert "comet-maps" in str(card.task.questions) or "-maps" in str(card.task.questions)
    assert "star-maps" not in str(card.task.questions)
    assert not {"alice", "bob", "dana"} & {own.caller for own in card.task.questions}
    assert len(card.task.questions) == len(first.questions)


def in_one_process(number):
    """The exercises of a lesson share its worlds."""
    return pytest.mark.xdist_group(f"lesson {number.partition('.')[0]} again")


def again_of(number):
    """Return seeds for practising again: one, and one for each variant."""
    variants = lesson_of(number).exercises[number].get("variants", ())
    return range(-1, -1 - max(1, len(variants)), -1)


@pytest.mark.parametrize(
    ("number", "seed"),
    [
        pytest.param(own, seed, marks=[slow, in_one_process(own)])
        for own in every()
        for seed in again_of(own)
    ],
)
def test_every_exercise_works_again(number, seed):
    """The right answer is computed; known wrong ones get their own hints, and counterexamples."""
    task = find(number, seed)

    assert task.mark(task.solution_answer()).correct
    for wrong in task.known_wrong:
        mark = task.mark(wrong.answer(task.world()))

        assert (mark.correct, mark.hint) == (False, wrong.hint)
        assert mark.counterexample


def test_the_usual_world_keeps_its_names():
    """Only negative seeds are for practising again."""
    for lesson in lessons().values():
        for seed in (7, 8):
            assert "alice" in lesson.named("{name} alice star-maps", seed)
    assert set(other_names(-1)) & set(other_names(-1).values()) == set()


def test_an_exercise_again_is_restored_and_its_first_try_stays_alone():
    """The attempts of another seed are others."""
    wrong = find("3.4", -1).known_wrong[0].answer(find("3.4", -1).world())
    check("3.4", wrong, seed=-1)
    card = again("3.4")

    assert card.task.seed == -1
    assert "Not yet" in card.parts()["result"]
    assert journal.of_exercise("3.4", "attempt") == []

    assert check("3.4", card.task.solution_answer(), seed=-1)
    assert again("3.4").task.seed == -1
    assert "Right at the first answer in 0 of 3" in card.parts()["again"]


def test_three_right_first_answers_in_new_worlds_master_an_exercise():
    """The button leads to the next world."""
    card = again("3.1")
    assert "another" not in card.parts()["again"]
    for seed in (-1, -2, -3):
        assert card.task.seed == seed
        check("3.1", card.task.solution_answer(), seed=seed)
        card.press("another")

    assert "You have mastered this exercise." in card.parts()["again"]


def test_the_next_day_brings_a_new_world(monkeypatch):
    """An exercise that was solved yesterday isn't shown again."""
    check("3.1", again("3.1").task.solution_answer(), seed=-1)
    monkeypatch.setattr("iamlab.teach.practice.History", lambda: History(NOW + timedelta(days=1)))

    assert again("3.1").task.seed == -2


def test_the_buttons_of_an_exercise_again_use_its_world():
    """Hints and the solution name the people of this world."""
    card = again("3.7")
    people = set(other_names(-1).values())
    card.press("hint")
    assert "exit ticket" in card.result
    task = card.task
    for name in card.input.names:
        card.set(name, task.known_wrong[0].answer(task.world())[0])
    card.set("confidence", "a guess")
    for button in ("check", "hint", "solution"):
        card.press(button)

    assert any(name in card.result for name in people)
    assert "carol" not in card.result
    assert {record["seed"] for record in journal.records()} == {-1}


def test_an_exercise_that_does_not_vary_is_an_error(tmp_path):
    """It has none of the names of the story."""
    from iamlab.teach.lesson import open_lesson

    file = tmp_path / "y1_plain.toml"
    file.write_text(
        'title = "Plain"\n[world.w]\nusers = "zoe"\nbuckets = "maps"\n[y1.1]\nkind = "predict"\n'
        'world = "w"\ntitle = "t"\nprompt = "p"\nask = "zoe s3:GetObject maps/x"\nnudge = "n"\n'
        'why = "w"\n',
        "utf-8",
    )
    open_lesson(file)
    with pytest.raises(ExerciseError, match=r"Exercise y1\.1 is the same in each world"):
        again("y1.1")
