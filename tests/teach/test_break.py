"""B: any world and any request on which AWS and a wrong belief disagree breaks the belief."""

import json
from dataclasses import replace
from itertools import permutations, product

import pytest

from iamlab import ExerciseError, World
from iamlab.errors import IamLabError
from iamlab.teach import arrange, check, hint, scenario, solution, start
from iamlab.teach.break_belief import Break
from iamlab.teach.exercises import Question, every, find
from iamlab.teach.mutants import MUTANTS
from iamlab.teach.scenarios import MAP, MAPS, README

TASKS = {number: task for number, task in every().items() if isinstance(task, Break)}
each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)

LAST_ALLOWS = (["KeepMaps", "AllMaps"], "alice", "s3:DeleteObject", MAP)
LAST_DENIES = (["AllMaps", "KeepMaps"], "alice", "s3:DeleteObject", MAP)


def requests_of(task):
    """All requests that the card offers."""
    for asked in product(task.callers, task.actions, task.resources):
        yield Question(*asked)


def stack_of(task):
    """The statements of the exercise's stack, in its order."""
    policy = task.world().user(task.user).inline[task.policy_name]
    return [statement.label for statement in policy.statements]


# -- what breaks a belief, and what does not --------------------------------------------------


@each_task
def test_an_answer_is_right_exactly_where_the_engine_and_the_mutant_disagree(task):
    """All requests of the card, on the stack in several orders, held against both evaluators."""
    found = {True: 0, False: 0}
    every_order = list(permutations(stack_of(task)))
    for order in (*every_order[:: len(every_order) // 5], stack_of(task)[:2], stack_of(task)[2:4]):
        world = task.world()
        arrange(world.user(task.user), task.policy_name, order)
        for question in requests_of(task):
            decision = question.ask(world)
            believed = str(task.belief.verdict(decision)) == "allowed"
            mark = task.mark((list(order), question.caller, question.action, question.resource))

            assert mark.correct is (believed is not bool(decision)), (order, question)
            found[mark.correct] += 1

    assert all(found.values())


@each_task
def test_a_right_answer_hears_both_verdicts_and_why(task):
    """What the belief says, what AWS says, and the rule behind it."""
    mark = task.mark(task.solution_answer())

    assert mark.correct
    assert task.belief.claim in mark.text
    assert "AWS decides ✕ explicit deny" in mark.text
    assert "✓ allowed" in mark.text
    assert task.why in mark.text
    assert mark.decision is not None


@each_task
def test_where_both_agree_it_is_said_with_both_and_with_what_to_look_for(task):
    """The failure names the common verdict and the nudge, after what is true of the answer."""
    mark = task.mark((stack_of(task), "bob", "s3:GetObject", MAP))

    assert not mark.correct
    assert mark.true_part
    assert "both agree" in mark.counterexample
    assert "AWS decides ○ implicit deny" in mark.counterexample
    assert task.belief.claim in mark.counterexample
    assert task.nudge in mark.counterexample
    assert mark.text.index(mark.true_part) < mark.text.index("both agree")


def test_where_something_else_denies_too_no_belief_is_broken():
    """An Allow that stands last helps nobody below a boundary that is shut."""
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


def test_in_the_order_in_which_the_stack_stands_bob_is_right_every_time():
    """Exercise 2.5 says so: without a move no request of the card breaks his belief."""
    task = find("2.5")
    for question in requests_of(task):
        answer = (stack_of(task), question.caller, question.action, question.resource)

        assert not task.mark(answer).correct, question


@pytest.mark.parametrize("number", ["2.6", "2.7"])
def test_in_the_order_in_which_the_stack_stands_the_others_can_be_broken(number):
    """Exercises 2.6 and 2.7 ask for a request only."""
    task = find(number)

    assert task.solution_answer()[0] == stack_of(task)


# -- any world, any request -------------------------------------------------------------------


@each_task
def test_a_world_changed_by_hand_is_judged_like_an_order(task):
    """The same stack as a world and as a list gets the same mark."""
    order, *rest = task.solution_answer()
    world = start(task.number)
    arrange(world.user(task.user), task.policy_name, order)

    assert task.mark((world, *rest)).correct
    assert task.mark((world, *rest)).true_part == task.mark((order, *rest)).true_part

    arrange(world.user(task.user), task.policy_name, [])

    assert not task.mark((world, *rest)).correct


def test_any_world_will_do_even_one_of_other_accounts_and_people():
    """A belief about Denies is broken wherever a Deny and an Allow meet."""
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


def test_a_request_may_go_beyond_what_the_card_offers():
    """Another action, another object, users as objects and by ARN."""
    world = start("2.5")
    alice = world.user("alice")
    for who in ("alice", alice, alice.arn):
        answer = (["KeepMaps", "AllMaps"], who, "s3:DeleteObjectVersion", f"{MAPS}/new/one.fits")

        assert check("2.5", answer)


def test_neither_the_learners_world_nor_the_exercises_is_changed():
    """Judging asks, and changes nothing."""
    world = start("2.5")
    arrange(world.user("alice"), "stack", LAST_ALLOWS[0])
    before, lesson = world.copy(), start("2.5")
    check("2.5", (world, *LAST_ALLOWS[1:]))
    check("2.5", LAST_ALLOWS)

    assert world.diff(before) == ()
    assert start("2.5").diff(lesson) == ()


@pytest.mark.parametrize("order", [tuple, list, iter], ids=["tuple", "list", "iterator"])
def test_an_order_may_be_a_list_or_a_tuple(order):
    """Anything else is refused with what is wanted."""
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
def test_an_answer_of_the_wrong_kind_is_refused_and_is_no_attempt(answer, words, progress_file):
    """The error says what is wanted."""
    with pytest.raises(ExerciseError) as caught:
        find("2.5").mark(answer)

    assert words in str(caught.value)
    assert not progress_file.exists()


def test_an_unknown_statement_is_answered_with_those_that_there_are():
    """A misspelt Sid is no riddle."""
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
def test_a_request_that_cannot_be_asked_is_refused_and_is_no_attempt(request_, progress_file):
    """Unknown callers and malformed actions are met with words, never with a crash."""
    with pytest.raises(IamLabError):
        check("2.5", (LAST_ALLOWS[0], *request_))

    assert not progress_file.exists()


# -- the progress file, hints and solutions ---------------------------------------------------


@each_task
@pytest.mark.parametrize("seed", [7, 1, 20261125])
def test_its_solution_is_computed_on_every_seed(task, seed):
    """The given order is tried first, then the others; what is found breaks the belief."""
    answer = task.solution_answer(seed)
    order, caller, action, resource = answer

    assert task.mark(answer, seed).correct
    assert caller in task.callers
    assert action in task.actions
    assert resource in task.resources
    assert sorted(order) == sorted(stack_of(task))


@each_task
def test_a_solution_is_shown_as_one_would_type_it(task):
    """What is printed can be evaluated and checked."""
    check(task.number, task.known_wrong[0].answer(task.world()))
    shown = str(solution(task.number))
    text = next(line for line in shown.splitlines() if line.startswith("(["))

    assert check(task.number, tuple(json.loads(f"[{text[1:-1]}]".replace("'", '"'))))


def test_where_no_request_of_the_card_breaks_the_belief_it_says_so():
    """The solution is searched, so it may not be there."""
    with pytest.raises(ExerciseError, match=r"No request of exercise 2\.5 breaks the belief"):
        replace(find("2.5"), callers=("bob",)).solution_answer()


@pytest.mark.parametrize("mutant", [name for name in MUTANTS if name != "missing_key_false"])
def test_the_same_exercise_serves_any_belief_about_denies(mutant):
    """The belief is a name in a table: another one has its own solutions."""
    task = replace(find("2.6"), mutant=mutant, world_name="stack")

    assert task.mark(task.solution_answer()).correct


def test_a_misspelt_belief_is_refused():
    """An exercise that names no mutant cannot be judged."""
    with pytest.raises(ExerciseError, match="no mutant"):
        replace(find("2.5"), mutant="last_win").mark(LAST_ALLOWS)


def test_an_attempt_is_kept_as_order_and_request(progress_file):
    """Of a world changed by hand the sentences of what differs are kept."""
    check("2.5", LAST_DENIES)
    world = start("2.5")
    arrange(world.user("alice"), "stack", LAST_DENIES[0])
    check("2.5", (world, *LAST_DENIES[1:]))
    by_list, by_world = json.loads(progress_file.read_text("utf-8"))["records"]

    assert by_list["answer"] == by_list["given"] == list(LAST_DENIES)
    assert by_world["answer"][1:] == list(LAST_DENIES[1:])
    assert "inline policy stack of user alice" in by_world["answer"][0][0]


def test_a_hint_speaks_of_the_answer_that_was_given():
    """The second hint repeats it with its counterexample."""
    check("2.5", LAST_DENIES)
    hint("2.5")
    said = str(hint("2.5"))

    assert f"You answered\n{LAST_DENIES!r}" in said
    assert "AWS decides ✕ explicit deny" in said


@pytest.mark.parametrize("changed", [False, True], ids=["as-it-was", "changed"])
def test_a_hint_says_nothing_false_of_a_world_that_was_handed_in(changed):
    """Only words are kept of a world: another answer may be shown, but never a wrong verdict."""
    world = start("2.6")
    if changed:
        world.user("bob").attach_policy("IAMReadOnlyAccess")
    check("2.6", (world, "alice", "s3:GetObject", MAP))
    hint("2.6")
    said = str(hint("2.6"))

    assert "You answered" not in said or "✓ allowed" in said


def test_a_hint_says_of_an_empty_stack_what_was_answered():
    """All statements switched off is an order too."""
    check("2.6", ([], "alice", "s3:GetObject", MAP))
    hint("2.6")
    said = str(hint("2.6"))

    assert f"You answered\n([], 'alice', 's3:GetObject', {MAP!r})" in said
    assert "AWS decides ○ implicit deny" in said


def test_the_belief_of_a_known_wrong_answer_is_recognised_as_tuple_and_as_list():
    """However it is typed, it is the same answer."""
    for task in TASKS.values():
        for wrong in task.known_wrong:
            order, *rest = wrong.answer(task.world())
            for answer in ((tuple(order), *rest), [list(order), *rest]):
                mark = task.mark(answer)

                assert (mark.belief, mark.hint) == (wrong.belief, wrong.hint)


def test_the_right_answer_does_not_depend_on_the_lessons_stack():
    """The prompt's nudge holds: a Deny and an Allow that both apply, the Allow below."""
    world = scenario("first_door")
    statements = [
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": README},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    ]
    world.user("bob").put_policy("x", {"Version": "2012-10-17", "Statement": statements})

    assert check("2.5", (world, "bob", "s3:GetObject", README))
    assert not check("2.5", (world, "bob", "s3:GetObject", MAP))
