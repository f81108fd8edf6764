"""Recognising a belief: learners who follow one, who are always right, and who guess."""

import json
import random
from dataclasses import replace
from operator import ne

import pytest

from iamlab import Verdict
from iamlab.teach import beliefs, check, hint, predict, scenario
from iamlab.teach.checks import Predict
from iamlab.teach.exercises import Question
from iamlab.teach.mutants import MUTANTS
from iamlab.teach.recognition import (
    MIXED,
    NONE_FITS,
    NOTHING_TESTED,
    TOO_LITTLE,
    Beliefs,
    evidence,
    fits,
)
from iamlab.teach.scenarios import MAP, MAPS, README
from iamlab.teach.tables import every, find
from iamlab.widgets.prediction import FINE
from tests.effort import tries

LESSON = [task for number, task in every().items() if number.startswith("2.")]
PREDICTIONS = [task for task in LESSON if isinstance(task, Predict)]
CELLS = (
    ("first_door", Question("alice", "s3:GetObject", f"{MAPS}/2026/m33.fits")),
    ("first_door", Question("bob", "s3:ListBucket", MAPS)),
    ("stack", Question("alice", "s3:DeleteObject", MAP)),
    ("stack", Question("alice", "s3:GetObject", README)),
)
ABOUT_DENIES = ("last_wins", "most_specific_wins", "deny_is_deny")


def go_through_lesson_02(says):
    """Answer all predictions of lesson 02: ``says`` makes an answer from a decision."""
    for name, question in CELLS:
        world = scenario(name)
        answer = says(question.ask(world))
        predict(world, question.caller, question.action, question.resource, answer)
    for task in PREDICTIONS:
        world = task.world()
        check(task.number, [says(question.ask(world)) for question in task.questions])


def right(decision):
    """Answer as AWS does."""
    return str(decision.verdict)


def by(mutant):
    """Answer by a belief."""
    return lambda decision: str(mutant.verdict(decision))


def recognised():
    """Return the names of the beliefs found in the progress file."""
    return [mutant.name for mutant, _, _ in beliefs().recognised]


@pytest.fixture
def without_mfa():
    """A world in which Alice has full access to S3, unless the MFA key is false."""
    world = scenario("first_door")
    statements = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
    ]
    statements[1]["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    world.user("alice").put_policy("mfa", {"Version": "2012-10-17", "Statement": statements})
    return world


# -- whole learners ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ABOUT_DENIES)
def test_a_learner_who_follows_a_belief_reads_about_that_belief_only(name):
    """All answers of the lesson follow one belief: it is named, and no other."""
    go_through_lesson_02(by(MUTANTS[name]))

    assert recognised() == [name]

    text = str(beliefs())

    assert MUTANTS[name].claim in text
    assert MUTANTS[name].truth in text


def test_a_belief_about_missing_keys_is_recognised_from_requests_without_the_key(without_mfa):
    """Lesson 02 has no conditions; three requests without the key are enough."""
    mutant = MUTANTS["missing_key_false"]
    go_through_lesson_02(by(mutant))

    assert recognised() == []

    for action in ("s3:GetObject", "s3:PutObject", "s3:ListBucket"):
        decision = without_mfa.can(without_mfa.user("alice"), action, MAP)
        predict(without_mfa, "alice", action, MAP, str(mutant.verdict(decision)))

    assert recognised() == ["missing_key_false"]


def test_a_belief_about_the_world_is_recognised():
    """A session has the role's permissions only; the world knows who assumed the role."""
    world = scenario("first_door")
    alice, account = world.user("alice"), world.account("acme-main")
    trust = {"Effect": "Allow", "Principal": {"AWS": alice.arn}, "Action": "sts:AssumeRole"}
    role = account.create_role(
        "empty", assume_role_policy_document={"Version": "2012-10-17", "Statement": trust}
    )
    session = world.sts.assume_role(alice, role_arn=role, role_session_name="alice")
    for resource in (MAP, README):
        predict(world, session, "s3:GetObject", resource, "allowed")

    assert "role_adds" in recognised()


def test_no_belief_is_recognised_if_all_answers_are_right():
    """The predictions test beliefs, and none of them fits."""
    go_through_lesson_02(right)

    assert recognised() == []
    assert str(beliefs()) == NONE_FITS
    assert beliefs().counts
    assert all(held == 0 for _, held, _ in beliefs().counts)


@pytest.mark.chance
def test_a_belief_is_hardly_ever_recognised_in_guesses(progress_file):
    """A wrong answer that a belief doesn't explain is evidence against it."""
    count = 0
    for seed in range(tries(30)):
        progress_file.unlink(missing_ok=True)
        guess = random.Random(seed)
        go_through_lesson_02(lambda _, guess=guess: guess.choice(FINE))
        count += bool(recognised())

    assert count <= 2


def test_a_learner_who_always_gives_the_same_answer_follows_at_most_one_belief():
    """Only one belief predicts "allowed" for everything."""
    go_through_lesson_02(lambda _: "allowed")

    assert len(recognised()) <= 1


def test_no_belief_is_recognised_after_one_wrong_answer():
    """One answer that fits a belief isn't enough."""
    predict(scenario("stack"), "alice", "s3:GetObject", README, "allowed")

    assert beliefs().counts
    assert recognised() == []
    assert str(beliefs()) == TOO_LITTLE


def test_one_right_answer_is_too_little_evidence():
    """It fits no wrong belief, but tests each only once."""
    predict(scenario("stack"), "alice", "s3:GetObject", README, "explicit deny")

    assert beliefs().counts
    assert str(beliefs()) == TOO_LITTLE


@pytest.mark.parametrize("before", [lambda: None, lambda: go_through_lesson_02(right)])
def test_a_belief_that_a_check_has_named_is_never_denied(before):
    """The check names a belief that isn't one of the mutants, or that no prediction fits."""
    before()
    check("3.1", find("3.1").known_wrong[0].answer(find("3.1").world()))

    assert recognised() == []
    assert str(beliefs()) == TOO_LITTLE


def test_no_belief_is_recognised_without_a_prediction_that_tests_one(progress_file):
    """An empty file and a request on which all beliefs agree have no evidence."""
    assert str(beliefs()) == NOTHING_TESTED

    predict(scenario("stack"), "bob", "sts:GetCallerIdentity", "*", "allowed")

    assert progress_file.exists()
    assert str(beliefs()) == NOTHING_TESTED
    assert beliefs().counts == ()


# -- what counts ------------------------------------------------------------------------------


def test_only_the_first_answer_to_each_question_counts():
    """A learner who was right first can try out a theory later."""
    go_through_lesson_02(right)
    for name in ABOUT_DENIES:
        go_through_lesson_02(by(MUTANTS[name]))

    assert recognised() == []


def test_later_right_answers_do_not_replace_a_first_answer():
    """The second time, the learner knows the verdict."""
    go_through_lesson_02(by(MUTANTS["last_wins"]))
    before = beliefs()
    go_through_lesson_02(right)

    assert beliefs() == before
    assert recognised() == ["last_wins"]


def test_the_same_request_counts_again_if_its_verdict_differs(without_mfa):
    """A question of another world, with another verdict, is another question."""
    for _ in range(2):
        predict(without_mfa, "alice", "s3:GetObject", MAP, "explicit deny")
    no_mfa = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": no_mfa}
    without_mfa.user("alice").put_policy("mfa", {"Version": "2012-10-17", "Statement": statement})
    without_mfa.user("alice").delete_policy("read-maps")
    predict(without_mfa, "alice", "s3:GetObject", MAP, "allowed")

    counts = {mutant.name: (held, of) for mutant, held, of in beliefs().counts}
    assert counts["missing_key_false"] == (2, 2)


def test_a_prediction_that_is_not_recorded_is_not_counted(progress_file):
    """A learner can try something out without a record."""
    for request in (("s3:GetObject", README), ("s3:DeleteObject", MAP)):
        predict(scenario("stack"), "alice", *request, "allowed", record=False)

    assert not progress_file.exists()
    assert beliefs().counts == ()


def test_a_coarse_denial_that_fits_both_does_not_count_as_evidence():
    """If AWS and a belief differ only in the kind of denial, "denied" fits both."""
    world = scenario("stack")
    decision = world.can(world.user("alice"), "s3:GetObject", README)

    assert fits("denied", Verdict.EXPLICIT_DENY)
    assert fits("denied", Verdict.IMPLICIT_DENY)
    assert not fits("denied", Verdict.ALLOWED)
    assert evidence(decision, "denied")["last_wins"] is False
    assert evidence(decision, "allowed")["last_wins"] is True


def test_answers_of_an_exercise_count_request_by_request():
    """Each request that last_wins decides differently counts once."""
    differing = 0
    for number in ("2.1", "2.9"):
        task, mutant = find(number), MUTANTS["last_wins"]
        decisions = [question.ask(task.world()) for question in task.questions]
        verdicts = [mutant.verdict(decision) for decision in decisions]
        check(number, [str(verdict) for verdict in verdicts])
        differing += sum(map(ne, verdicts, (decision.verdict for decision in decisions)))

    (held, of) = {mutant.name: (held, of) for mutant, held, of in beliefs().counts}["last_wins"]
    assert held == of == differing > 1
    assert recognised() == ["last_wins"]


@pytest.mark.parametrize(
    "found",
    [
        {"forgotten_mutant": True},
        {"last_wins": [1]},
        {"last_wins": ["2", {}]},
        {"last_wins": {}},
        7,
    ],
    ids=str,
)
def test_a_file_edited_by_hand_or_by_another_version_breaks_nothing(progress_file, found):
    """An unreadable value isn't evidence."""
    predict(scenario("stack"), "alice", "s3:GetObject", README, "allowed")
    with progress_file.open("a", encoding="utf-8") as stream:
        json.dump({"kind": "prediction", "question": ["x"], "evidence": found}, stream)

    assert recognised() == []


def test_the_text_is_escaped():
    """A belief's text can contain any characters."""
    odd = replace(MUTANTS["last_wins"], claim="<b>& <script>", truth='"<i>".')
    html = Beliefs(((odd, 2, 2),))._repr_html_()

    assert "<b>" not in html
    assert "<script" not in html
    assert "&lt;b&gt;&amp; &lt;script&gt;" in html
    assert "&lt;i&gt;" in html


def test_the_best_fit_is_named_with_all_ties():
    """A belief must fit half of the predictions that test it; the best ones are named."""
    last, exact, lifted = (MUTANTS[name] for name in ABOUT_DENIES)
    assert str(Beliefs(((last, 2, 5),))) == MIXED
    for counts, names in (
        (((last, 1, 1),), []),
        (((last, 2, 5),), []),
        (((last, 2, 4),), ["last_wins"]),
        (((last, 3, 4), (exact, 4, 4)), ["most_specific_wins"]),
        (((last, 3, 4), (exact, 3, 4), (lifted, 2, 4)), ["last_wins", "most_specific_wins"]),
    ):
        assert [mutant.name for mutant, _, _ in Beliefs(counts).recognised] == names


# -- a single exercise ------------------------------------------------------------------------


@pytest.mark.parametrize("task", PREDICTIONS, ids=lambda task: task.number)
@pytest.mark.parametrize("name", ABOUT_DENIES)
def test_an_answer_that_follows_a_belief_is_recognised(task, name):
    """Such an answer needs no entry in known_wrong: the mutant predicts it."""
    world, mutant = task.world(), MUTANTS[name]
    answer = [str(mutant.verdict(question.ask(world))) for question in task.questions]
    mark = task.mark(answer)
    if answer == task.right_answer(world):
        assert mark.correct
        return

    assert not mark.correct
    assert mark.counterexample

    listed = [task.data(wrong.answer(world), world) for wrong in task.known_wrong]
    if answer in listed:
        assert mark.belief == task.known_wrong[listed.index(answer)].belief
        return
    same = [
        other
        for other in MUTANTS.values()
        if answer == [str(other.verdict(question.ask(world))) for question in task.questions]
    ]
    known = task.recognise(answer, world)

    assert mark.belief == known.belief in {other.belief for other in same}
    assert any(other.claim in mark.hint for other in same)
    assert any(mark.hint.endswith(other.truth) for other in same)


def test_an_answer_that_follows_no_belief_is_not_recognised():
    """A slip gets no wrong feedback."""
    mark = find("2.1").mark(["implicit deny", "allowed", "allowed", "explicit deny", "allowed"])

    assert not mark.correct
    assert mark.belief == mark.hint == ""


def test_a_right_answer_has_no_belief():
    """The answer is right even if a mutant gives it too."""
    task = find("2.1")
    mark = task.mark(task.solution_answer())

    assert mark.correct
    assert mark.belief == ""


def test_a_recognised_belief_is_named_at_the_second_failure_and_in_the_first_hint():
    """First comes a counterexample, then the belief; a hint names the belief at once."""
    task, mutant = find("2.1"), MUTANTS["last_wins"]
    world = task.world()
    answer = [str(mutant.verdict(question.ask(world))) for question in task.questions]
    first = str(check("2.1", answer))

    assert mutant.claim not in first
    assert mutant.claim in str(hint("2.1"))
    assert mutant.claim in str(check("2.1", answer))
    assert mutant.truth in str(check("2.1", answer))


def test_a_coarse_exercise_recognises_a_belief_too():
    """With one word for both kinds of denial, a mutant's answer is compared in the same way."""
    task = replace(find("2.1"), fine=False, known_wrong=())
    answer = ["allowed", "denied", "allowed", "denied", "denied"]
    mark = task.mark(answer)

    assert mark.belief == "M02"
    assert MUTANTS["last_wins"].claim in mark.hint
