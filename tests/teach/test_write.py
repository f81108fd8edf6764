"""W: a policy is judged over every request of the scenario, whichever way it is written."""

import json
from dataclasses import replace
from itertools import product

import pytest

from iamlab import ExerciseError, Policy, World
from iamlab.errors import IamLabError
from iamlab.teach import check, exercise, hint, solution, start
from iamlab.teach.edits import arranged
from iamlab.teach.exercises import Question, every, find
from iamlab.teach.scenarios import DRAFTS, MAP, MAPS
from iamlab.teach.write import Case, Requests, Write

TASKS = {number: task for number, task in every().items() if isinstance(task, Write)}
OBJECTS = f"{MAPS}/*"
DENY = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": OBJECTS}
IDLE = {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}  # says nothing of S3
OTHERS = [action for action in find("2.4").requests.actions if action != "s3:DeleteObject"]

each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)


def document(*statements):
    """A policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def marked(*statements):
    """The mark of exercise 2.4 for a policy of these statements."""
    return find("2.4").mark(document(*statements))


# -- what it is judged over -------------------------------------------------------------------


@each_task
def test_the_universe_is_decided_request_by_request_as_can_does(task):
    """Every caller, action and resource is in it once, and each answer is the engine's."""
    for case in task.cases:
        world = task.world()
        case.change(world)
        allowed = task.requests.allowed(world)

        asked = product(task.requests.callers, task.requests.actions, task.requests.resources)
        assert list(allowed) == [Question(*one) for one in asked]
        assert all(bool(question.ask(world)) is answer for question, answer in allowed.items())


@each_task
def test_a_right_policy_holds_for_every_request_in_every_case(task):
    """Asked one by one, each request comes to what it must."""
    policy = task.read(task.solution_answer(), task.world())
    for case in task.cases:
        before = task.world()
        case.change(before)
        after = before.copy()
        after.user(task.user).put_policy(task.policy_name, policy)
        for question in task.requests.allowed(before):
            wanted = task.wanted(question, bool(question.ask(before)))
            assert wanted in (None, bool(question.ask(after))), (case.name, question)


@each_task
def test_no_policy_at_all_is_not_enough(task):
    """A document that says nothing leaves something undone, or the task would ask for nothing."""
    assert not task.mark(document(IDLE)).correct


def test_the_counterexample_is_the_first_request_in_the_order_of_the_universe():
    """Cases in their order, then callers, actions, resources: the simplest comes first."""
    task = find("2.4")
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = task.read(document(statement), task.world())
    wrong = list(task.failures(policy, task.world()))
    mark = marked(statement)
    case, question, wanted = wrong[0]

    def place(one):
        names, own = [case.name for case in task.cases], one[1]
        return (
            names.index(one[0].name),
            *(
                getattr(task.requests, part).index(getattr(own, part[:-1]))
                for part in ("callers", "actions", "resources")
            ),
        )

    assert [place(one) for one in wrong] == sorted(place(one) for one in wrong)
    assert case.name == "today"
    assert str(question) in mark.counterexample
    assert f"must be {'allowed' if wanted else 'denied'}, but it is ✓ allowed" in mark.counterexample
    assert mark.decision.request.resource == question.resource


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ({**DENY, "Action": "s3:Delete*"}, "s3:DeleteObjectTagging on star-maps/m31.fits"),
        ({**DENY, "Action": "s3:*"}, "s3:GetObject on star-maps/m31.fits"),
        ({**DENY, "Resource": MAP}, "s3:DeleteObject on star-maps/drafts/plan.txt"),
        ({**DENY, "Resource": f"{DRAFTS}/*"}, "s3:DeleteObject on star-maps/m31.fits"),
        ({**DENY, "Resource": MAPS}, "s3:DeleteObject on star-maps/m31.fits"),
        ({**DENY, "Resource": "*"}, "s3:DeleteObject on star-maps"),
    ],
    ids=["excess-action", "all-actions", "one-object", "one-folder", "bucket", "everything"],
)
def test_too_much_and_too_little_are_both_refused(statement, first):
    """The counterexample is what the statement takes away without need, or leaves open."""
    mark = marked(statement)

    assert not mark.correct
    assert f"alice: {first} must be" in mark.counterexample


def test_an_allow_on_the_side_is_excess():
    """All else must stay as it is: nothing more may be allowed either."""
    mark = marked(DENY, {"Effect": "Allow", "Action": "s3:PutObject", "Resource": OBJECTS})

    assert not mark.correct
    assert "s3:PutObject on star-maps/m31.fits must be denied, but it is ✓ allowed" in mark.text


def test_every_object_means_also_one_that_the_prompt_does_not_name():
    """A list of the objects that one knows is no answer to a task about every object."""
    assert not marked({**DENY, "Resource": [MAP, f"{DRAFTS}/*"]}).correct


def test_what_is_true_is_said_before_what_is_wrong():
    """A count of the requests that come out, then the counterexample, then perhaps the belief."""
    answer = document({**DENY, "Action": "s3:*"})
    said = str(check("2.4", answer))
    belief = find("2.4").known_wrong[2].hint

    total = 3 * len(find("2.4").requests.allowed(start("2.4")))
    assert f"of {total} requests are right." in said
    assert said.index("requests are right") < said.index("must be allowed, but it is ✕")
    assert belief not in said
    assert belief in str(check("2.4", answer))


def test_a_case_is_named_as_it_is_written():
    """The sentence begins with the case; the names of policies in it keep their letters."""
    mark = marked({**DENY, "Action": "s3:*"})

    assert "AdministratorAccess" in marked(IDLE).counterexample
    assert mark.counterexample[0].isupper()


# -- many right answers -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        document(DENY),
        {"Version": "2012-10-17", "Statement": DENY},
        json.dumps(document(DENY)),
        json.dumps(document(DENY), indent=4).replace("\n", "\r\n"),
        Policy.parse(document(DENY)),
        Policy.parse(document(DENY), name="another-name"),
        document({**DENY, "Sid": "Keep"}),
        document({**DENY, "Action": ["s3:DeleteObject"], "Resource": [OBJECTS]}),
        document({**DENY, "Action": "S3:deleteobject"}),
        document({**DENY, "Action": "s3:DeleteObjec?"}),
        document({**DENY, "Resource": ["arn:aws:s3:::star-map?/*", "arn:aws:s3:::other/*"]}),
        document({"Effect": "Deny", "NotAction": OTHERS, "Resource": OBJECTS}),
        document({**DENY, "Condition": {"StringEquals": {"aws:username": "alice"}}}),
        document(DENY, DENY),
        {"Id": "mine", **document(DENY)},
    ],
    ids=str,
)
def test_any_right_policy_passes_in_any_form(answer):
    """Dict, JSON text or policy; one value or a list; NotAction; any name: what it does counts."""
    mark = find("2.4").mark(answer)

    assert mark.correct
    assert find("2.4").why in mark.text


@each_task
@pytest.mark.parametrize("seed", [7, 1, 20261125])
def test_its_solution_is_found_on_every_seed_and_is_a_document(task, seed):
    """It is JSON, it passes as a dict and as text, and the best one is given first."""
    answer = task.solution_answer(seed)

    assert task.mark(answer, seed).correct
    assert task.mark(json.dumps(answer), seed).correct
    assert json.loads(task.shown(answer)) == answer
    assert answer == next(iter(task.examples(task.world(seed))))


def test_the_solution_is_computed_in_the_world_at_hand():
    """A document that is not right there is passed over; where none is, it says so."""
    task = find("2.4")
    several = replace(task, examples=lambda _: [document(IDLE), document(DENY)])
    none = replace(task, examples=lambda _: [document(IDLE)])

    assert several.solution_answer() == document(DENY)
    with pytest.raises(ExerciseError, match=r"No example document of exercise 2\.4 is right"):
        none.solution_answer()


def test_either_verdict_may_be_left_open():
    """A request that may come to both is never a counterexample."""
    task = replace(
        find("2.4"), wanted=lambda question, _: False if question.caller == "alice" else None
    )

    assert task.mark(document({"Effect": "Deny", "Action": "*", "Resource": "*"})).correct
    assert not task.mark(document(DENY)).correct


def test_requests_may_name_callers_by_arn_and_cases_may_add_them():
    """A case can bring a user who is not there before."""
    carol = "arn:aws:iam::111111111111:user/carol"
    task = replace(
        find("2.4"),
        requests=Requests((carol,), ("s3:DeleteObject",), (MAP,)),
        cases=(Case("with carol", lambda world: world.account("acme-main").create_user("carol")),),
        wanted=lambda _, without: without,
        user="alice",
    )
    policy = task.read(document(DENY), task.world())

    assert list(task.failures(policy, task.world())) == []


# -- what is no answer ------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [None, 42, [], [DENY], (), b"{}", ""], ids=str)
def test_what_is_no_document_is_refused_with_what_is_wanted(answer):
    """Neither a number nor a bare list of statements is a policy."""
    with pytest.raises(ExerciseError, match=r"2\.4 needs a policy: a dict, or JSON text"):
        find("2.4").mark(answer)


@pytest.mark.parametrize(
    ("answer", "places"),
    [
        ({"Version": "2012-10-17"}, ["$:"]),
        (document({**DENY, "Effect": "..."}), ["$.Statement[0].Effect:"]),
        (document({**DENY, "Effects": "x"}, 5), ["$.Statement[0].Effects:", "$.Statement[1]:"]),
        (document({**DENY, "Action": {"a": float("nan")}}), ["$.Statement[0].Action.a:"]),
        (document({**DENY, "Action": {1, 2}}), ["$:"]),
        ('{"Statement": [\n  {"Effect": Deny}]}', ["$.Statement[0].Effect (line 2, column 14)"]),
        ('{"Statement": [}', ["$.Statement[0] (line 1, column 16)"]),
        ("hello", ["$ (line 1, column 1)"]),
        ("[" * 5000, ["line 1, column"]),
        (json.dumps(document(DENY)) + "}", ["Text follows the end"]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_broken_document_is_refused_with_every_place(answer, places, progress_file):
    """The JSON path of each problem, in text also line and column; it is no attempt."""
    with pytest.raises(ExerciseError) as caught:
        check("2.4", answer)

    assert [place for place in places if place not in str(caught.value)] == []
    assert not progress_file.exists()


REFUSED = {
    "principal": document({**DENY, "Principal": "*"}),
    "no-resource": document({"Effect": "Deny", "Action": "s3:DeleteObject"}),
    "no-action": document({**DENY, "Action": []}),
    "no-version": {"Statement": [DENY]},
    "old-version": {"Version": "2008-10-17", "Statement": [DENY]},
}


@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED)
def test_what_iam_would_not_save_is_refused_in_words_and_is_no_attempt(answer, progress_file):
    """A policy that could not be attached is not judged, and no crash."""
    with pytest.raises(IamLabError, match=r"[Pp]olicy"):
        check("2.4", answer)

    assert not progress_file.exists()


@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED)
def test_a_card_says_what_iam_would_not_save_once(answer):
    """The learner reads the refusal with its help, and the error's name not twice."""
    card = exercise("2.4")
    card.input.text.value = json.dumps(answer)
    card.check.click()

    assert "olicy" in card.result.value
    assert card.result.value.count("MalformedPolicyDocument") <= 1


def test_a_policy_that_a_world_holds_is_an_answer_too():
    """What was put on a user, or arranged, can be handed in as it is."""
    world = start("2.4")
    world.user("alice").put_policy("mine", document(DENY, {**DENY, "Sid": "Again"}))
    own = world.user("alice").inline["mine"]

    assert check("2.4", own)
    assert check("2.4", arranged(own, ["Again"]))


def test_names_in_a_document_are_shown_as_text():
    """Whatever a learner writes into a Sid or an action is no markup on the card."""
    card = exercise("2.4")
    card.input.text.value = json.dumps(document({**DENY, "Action": "s3:<script>"}))
    card.check.click()

    assert "Not yet" in card.result.value
    assert "<script" not in card.result.value


# -- the progress file and the hints ----------------------------------------------------------


@pytest.mark.parametrize("form", [dict, json.dumps], ids=["dict", "text"])
def test_an_attempt_is_kept_as_a_document_and_can_be_judged_again(progress_file, form):
    """Text and dict are kept alike, and a hint speaks of the learner's own document."""
    answer = document({**DENY, "Resource": f"{DRAFTS}/*"})
    check("2.4", form(answer))
    (attempt,) = json.loads(progress_file.read_text("utf-8"))["records"]

    assert attempt["answer"] == attempt["given"] == answer
    assert not find("2.4").mark(attempt["given"]).correct

    hint("2.4")
    second = str(hint("2.4"))

    assert "You answered" in second
    assert '"Resource": "arn:aws:s3:::star-maps/drafts/*"' in second
    assert "s3:DeleteObject on star-maps/m31.fits must be denied" in second


def test_a_known_wrong_document_is_recognised_in_any_form():
    """As text it is the same document."""
    task = find("2.4")
    for wrong in task.known_wrong:
        mark = task.mark(json.dumps(wrong.answer(task.world())))

        assert (mark.belief, mark.hint) == (wrong.belief, wrong.hint)


def test_the_solution_can_be_copied_into_the_answer():
    """What is shown is JSON that passes."""
    check("2.4", document(IDLE))
    shown = str(solution("2.4"))
    text = shown[shown.index("{") : shown.rindex("}") + 1]

    assert check("2.4", text)


def test_judging_changes_no_world():
    """Neither the exercise's world nor the learner's policy is touched."""
    task, answer = find("2.4"), document(DENY)
    before, kept = task.world(), json.dumps(answer)
    world = task.world()
    list(task.failures(task.read(answer, world), world))

    assert world.diff(before) == ()
    assert json.dumps(answer) == kept
    assert isinstance(world, World)
