"""Exercises of kind B: a request breaks a belief if AWS and the belief disagree on it."""

from dataclasses import replace
from itertools import permutations, product

import pytest

from iamlab import ExerciseError, World
from iamlab.errors import IamLabError
from iamlab.teach import arrange, check, hint, journal, scenario, solution, start
from iamlab.teach.exercises import Question, feedback
from iamlab.teach.explain import Break
from iamlab.teach.lesson import SEED, lesson_of
from iamlab.teach.mutants import MUTANTS
from iamlab.teach.readers import READERS
from iamlab.teach.scenarios import MAP, MAPS, README
from iamlab.teach.tables import Keys, every, find

TASKS = {number: task for number, task in every().items() if isinstance(task, Break)}
each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
STACKS = {number: task for number, task in TASKS.items() if task.belief.belief in ("M02", "M04")}
each_stack = pytest.mark.parametrize("task", STACKS.values(), ids=STACKS)
"""Those about Denies: their stacks have several statements."""

LAST_ALLOWS = (["KeepMaps", "AllMaps"], "alice", "s3:DeleteObject", MAP)
LAST_DENIES = (["AllMaps", "KeepMaps"], "alice", "s3:DeleteObject", MAP)


def requests_of(task):
    """Return all requests that the card offers."""
    for parts in product(task.callers, task.actions, task.resources):
        yield Question(*parts)


def stack_of(task):
    """Return the statements of the exercise's stack, in its order; it needn't have one."""
    if not task.user:
        return []
    policy = task.world().user(task.user).inline[task.policy_name]
    return [statement.label for statement in policy.statements]


# -- what breaks a belief, and what does not --------------------------------------------------


@each_stack
def test_an_answer_is_right_exactly_where_the_engine_and_the_mutant_disagree(task):
    """Compare all requests of the card, with several orders of the stack, in both evaluators."""
    found = {True: 0, False: 0}
    every_order = list(permutations(stack_of(task)))
    for order in (
        *every_order[:: len(every_order) // 5 or 1],
        stack_of(task)[:2],
        stack_of(task)[2:4],
    ):
        world = task.world()
        arrange(world.user(task.user), task.policy_name, order)
        for question in requests_of(task):
            decision = question.ask(world)
            believed = str(task.belief.verdict(decision, world)) == "allowed"
            mark = task.mark((list(order), question.caller, question.action, question.resource))

            assert mark.correct is (believed is not bool(decision)), (order, question)
            found[mark.correct] += 1

    assert all(found.values())


@each_stack
def test_the_feedback_to_a_right_answer_has_both_verdicts_and_the_rule(task):
    """The belief's verdict, AWS's verdict, and the rule."""
    mark = task.mark(task.solution_answer())

    assert mark.correct
    assert mark.decision is not None

    own, text = mark.decision.verdict, mark.true_part

    assert task.belief.claim in text
    assert f"AWS decides {own.symbol} {own}" in text
    assert "✓ allowed" in text
    assert task.why in text


@each_stack
def test_if_both_agree_the_feedback_has_the_common_verdict_and_the_nudge(task):
    """The feedback begins with what is right about the answer."""
    order = stack_of(task)
    answers = ((order, own.caller, own.action, own.resource) for own in requests_of(task))
    mark = next(mark for mark in map(task.mark, answers) if not mark.correct)
    own = mark.decision.verdict

    assert mark.true_part
    assert "both agree" in mark.counterexample
    assert f"AWS decides {own.symbol} {own}" in mark.counterexample
    assert task.belief.claim in mark.counterexample
    assert task.nudge in mark.counterexample
    assert feedback(mark, failures=1).paragraphs == (mark.true_part, mark.counterexample)


def test_no_belief_is_broken_if_something_else_denies_too():
    """A boundary that allows nothing denies the request, even if the last statement is an Allow."""
    task = find("2.5")
    world = start("2.5")
    user = world.user("alice")
    user.put_policy(
        "stack",
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Deny", "Action": "*", "Resource": "*"},
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
            ],
        },
    )
    elsewhere = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}
    boundary = {"Version": "2012-10-17", "Statement": [elsewhere]}
    user.put_permissions_boundary(world.account("acme-main").create_policy("none", boundary))

    assert not task.mark((world, "alice", "s3:GetObject", MAP)).correct


def test_in_the_original_order_bob_is_right_every_time():
    """As exercise 2.5 says: without a move, no request of the card breaks Bob's belief."""
    task = find("2.5")
    for question in requests_of(task):
        answer = (stack_of(task), question.caller, question.action, question.resource)

        assert not task.mark(answer).correct, question


@pytest.mark.parametrize("number", ["2.6", "2.7"])
def test_in_the_original_order_the_other_beliefs_can_be_broken(number):
    """Exercises 2.6 and 2.7 need only a request."""
    task = find(number)

    assert task.solution_answer()[0] == stack_of(task)


# -- any world, any request -------------------------------------------------------------------


@each_stack
def test_a_world_changed_by_hand_is_checked_like_an_order(task):
    """The same stack as a world and as a list gets the same mark."""
    order, *rest = task.solution_answer()
    world = start(task.number)
    arrange(world.user(task.user), task.policy_name, order)

    assert task.mark((world, *rest)).correct
    assert task.mark((world, *rest)).true_part == task.mark((order, *rest)).true_part

    arrange(world.user(task.user), task.policy_name, [])

    assert task.mark((world, *rest)).correct is task.mark(([], *rest)).correct


def test_any_world_is_accepted_even_with_other_accounts_and_people():
    """A request breaks a belief about Denies if a Deny and an Allow match it."""
    world = World(3)
    zoe = world.create_account("elsewhere", account_id="444444444444").create_user("zoe")
    statements = [
        {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"},
    ]
    zoe.put_policy("own", {"Version": "2012-10-17", "Statement": statements})
    queue = "arn:aws:sqs:us-east-1:444444444444:telescope"
    for number in ("2.5", "2.6", "2.7"):
        for who in (zoe, "zoe", zoe.arn):
            assert check(number, (world, who, "sqs:SendMessage", queue))


def test_a_request_can_use_values_that_the_card_does_not_offer():
    """Another action, another object, users as objects and by ARN."""
    world = start("2.5")
    alice = world.user("alice")
    for who in ("alice", alice, alice.arn):
        answer = (["KeepMaps", "AllMaps"], who, "s3:DeleteObjectVersion", f"{MAPS}/new/one.fits")

        assert check("2.5", answer)


def test_neither_the_learners_world_nor_the_exercises_is_changed():
    """A check changes nothing."""
    world = start("2.5")
    arrange(world.user("alice"), "stack", LAST_ALLOWS[0])
    before, lesson = world.copy(), start("2.5")
    check("2.5", (world, *LAST_ALLOWS[1:]))
    check("2.5", LAST_ALLOWS)

    assert before.diff(world) == ()
    assert start("2.5").diff(lesson) == ()


@pytest.mark.parametrize("order", [tuple, list, iter], ids=["tuple", "list", "iterator"])
def test_an_order_can_be_a_list_or_a_tuple(order):
    """Anything else is rejected."""
    answer = (order(LAST_ALLOWS[0]), *LAST_ALLOWS[1:])
    if order is iter:
        with pytest.raises(ExerciseError, match="n't a list of statements"):
            find("2.5").mark(answer)
    else:
        assert find("2.5").mark(answer).correct


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "needs (order, caller, action, resource)"),
        ([], "needs (order, caller, action, resource)"),
        (LAST_ALLOWS[:3], "needs (order, caller, action, resource)"),
        ((*LAST_ALLOWS, 1), "needs (order, caller, action, resource)"),
        (("KeepMaps", *LAST_ALLOWS[1:]), "'KeepMaps' isn't a list of statements"),
        ((None, *LAST_ALLOWS[1:]), "None isn't a list of statements"),
        (({"a": 1}, *LAST_ALLOWS[1:]), "isn't a list of statements"),
        ((["KeepMap"], *LAST_ALLOWS[1:]), "no statement 'KeepMap'"),
        (([5], *LAST_ALLOWS[1:]), "no statement '5'"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_answer_of_the_wrong_kind_is_rejected_and_not_recorded(answer, words, progress_file):
    """The error describes the right kind."""
    with pytest.raises(ExerciseError) as caught:
        find("2.5").mark(answer)

    assert words in str(caught.value)
    assert not progress_file.exists()


def test_the_error_for_an_unknown_statement_lists_the_statements():
    """So a learner can correct a misspelt Sid."""
    with pytest.raises(ExerciseError, match="no statement 'KeepMap'") as caught:
        find("2.5").mark((["KeepMap"], *LAST_ALLOWS[1:]))

    assert "KeepMaps" in "".join(caught.value.__notes__)


@pytest.mark.parametrize(
    "request_",
    [
        ("zoe", "s3:GetObject", MAP),
        ("alice", "GetObject", MAP),
        ("alice", "s3:*", MAP),
        ("alice", "s3:GetObject", ""),
        (None, "s3:GetObject", MAP),
        ("<b>", "s3:GetObject", MAP),
        ("alice", "s3:GetObject", "x" * 100_000),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_invalid_request_is_rejected_and_not_recorded(request_, progress_file):
    """Unknown callers and malformed actions get an error message, not a crash."""
    with pytest.raises(IamLabError):
        check("2.5", (LAST_ALLOWS[0], *request_))

    assert not progress_file.exists()


# -- the progress file, hints and solutions ---------------------------------------------------


@each_task
@pytest.mark.parametrize("seed", [7, 1, 20261125])
def test_its_solution_is_computed_on_every_seed(task, seed):
    """The search tries the original order first, then the others; the result breaks the belief."""
    task = find(task.number, seed)
    answer = task.solution_answer()
    *order, caller, action, resource = answer

    assert task.mark(answer).correct
    assert caller in task.callers
    assert action in task.actions
    assert resource in task.resources
    assert sorted(*order) == sorted(stack_of(task)) if task.user else not order


@each_task
def test_a_solution_is_shown_as_the_learner_would_choose_it(task):
    """The statements that stay on, and the three lists, as on the card."""
    check(task.number, task.known_wrong[0].answer(task.world()))
    shown = str(solution(task.number))
    lines = dict(line.split(": ", 1) for line in shown.splitlines() if ": " in line)
    order = lines.get("Statements that are on, from the top", "").split(", ")
    request = [lines[name] for name in ("Caller", "Action", "Resource")]

    assert check(task.number, (order, *request) if task.user else request)


def test_if_no_request_of_the_card_breaks_the_belief_an_error_reports_it():
    """The solution is the result of a search, which can fail."""
    with pytest.raises(ExerciseError, match=r"No request of exercise 2\.5 breaks the belief"):
        replace(find("2.5"), callers=("bob",)).solution_answer()


@pytest.mark.parametrize("mutant", ["last_wins", "most_specific_wins", "deny_is_deny"])
def test_the_same_exercise_works_for_any_belief_about_denies(mutant):
    """The belief is a name in a table: another belief has other solutions."""
    task = replace(find("2.5"), belief=MUTANTS[mutant], world_name="stack")

    assert task.mark(task.solution_answer()).correct


def test_a_belief_about_the_world_is_broken_with_a_changed_world():
    """An MFA device alone requires nothing."""
    task = replace(find("2.6"), belief=MUTANTS["mfa_by_switch"], known_wrong=())
    world = task.world()
    answer = (world, "alice", "s3:GetObject", MAP)

    assert not task.mark(answer).correct

    world.user("alice").register_passkey("key")

    assert task.mark(answer).correct


def test_a_misspelt_belief_is_rejected():
    """An exercise names a mutant."""
    lesson = lesson_of("2.5")
    keys = Keys(lesson, "2.5", {**lesson.exercises["2.5"], "mutant": "last_win"}, SEED)
    with pytest.raises(ExerciseError, match="no mutant 'last_win'"):
        READERS["break"][1](keys)


def test_an_attempt_is_kept_as_order_and_request():
    """For a world changed by hand, the record has the differences as sentences."""
    check("2.5", LAST_DENIES)
    world = start("2.5")
    arrange(world.user("alice"), "stack", LAST_DENIES[0])
    check("2.5", (world, *LAST_DENIES[1:]))
    by_list, by_world = journal.records()

    assert by_list["answer"] == by_list["given"] == list(LAST_DENIES)
    assert by_world["answer"][1:] == list(LAST_DENIES[1:])
    assert "inline policy stack of user alice" in by_world["answer"][0][0]


def test_a_hint_is_about_the_last_answer():
    """The second hint repeats the answer with its counterexample."""
    check("2.5", LAST_DENIES)
    hint("2.5")
    text = str(hint("2.5"))

    assert "You answered:\nStatements that are on, from the top: AllMaps, KeepMaps\n" in text
    assert "Caller: alice\nAction: s3:DeleteObject\n" in text
    assert "AWS decides ✕ explicit deny" in text


@pytest.mark.parametrize("changed", [False, True], ids=["as-it-was", "changed"])
def test_a_hint_is_true_for_a_world_that_was_the_answer(changed):
    """A world is kept as sentences only: the hint can show another answer, but no wrong verdict."""
    world = start("2.6")
    if changed:
        world.user("bob").attach_policy("IAMReadOnlyAccess")
    check("2.6", (world, "alice", "s3:GetObject", MAP))
    hint("2.6")
    text = str(hint("2.6"))

    assert "You answered" not in text or "✓ allowed" in text


def test_a_hint_shows_an_empty_stack_as_the_answer():
    """An order can be empty: all statements are switched off."""
    check("2.6", ([], "alice", "s3:GetObject", MAP))
    hint("2.6")
    text = str(hint("2.6"))

    assert "You answered:\nStatements that are on, from the top: none\nCaller: alice\n" in text
    assert "AWS decides ○ implicit deny" in text


def test_the_belief_of_a_known_wrong_answer_is_recognised_as_tuple_and_as_list():
    """A tuple and a list are the same answer."""
    for task in TASKS.values():
        for wrong in task.known_wrong:
            listed = wrong.answer(task.world())
            parts = tuple(own if isinstance(own, str) else tuple(own) for own in listed)
            for answer in (parts, listed):
                mark = task.mark(answer)

                assert (mark.belief, mark.hint) == (wrong.belief, wrong.hint)


def test_the_right_answer_does_not_depend_on_the_lessons_stack():
    """The nudge is right: a Deny and an Allow match, and the Allow is below the Deny."""
    world = scenario("first_door")
    statements = [
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": README},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    ]
    world.user("bob").put_policy("x", {"Version": "2012-10-17", "Statement": statements})

    assert check("2.5", (world, "bob", "s3:GetObject", README))
    assert not check("2.5", (world, "bob", "s3:GetObject", MAP))
