"""Exercises of kind W: a policy is checked on every request, in whatever form it is written."""

import json
from dataclasses import replace
from itertools import product

import pytest

from iamlab import ExerciseError, Policy, World
from iamlab.errors import IamLabError
from iamlab.teach import check, exercise, hint, journal, solution, start
from iamlab.teach.exercises import Question
from iamlab.teach.lesson import own_lessons
from iamlab.teach.places import Place
from iamlab.teach.scenarios import DRAFTS, MAP, MAPS
from iamlab.teach.tables import find
from iamlab.teach.worlds import build
from iamlab.teach.write import ELSEWHERE, WITHOUT_ACCOUNT, Write, can_occur
from iamlab.world.policy_places import arranged

OWN = {number: find(number) for own in own_lessons().values() for number in own.exercises}
TASKS = {number: task for number, task in OWN.items() if isinstance(task, Write)}
OBJECTS = f"{MAPS}/*"
DENY = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": OBJECTS}
IDLE = {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}  # doesn't match S3 actions
OTHERS = [action for action in find("2.4").actions if action != "s3:DeleteObject"]

each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
ATTACHED = {
    number: task
    for number, task in TASKS.items()
    if task.place.name not in ("policy", "trust") and task.place.owner != "organization"
}
each_attached = pytest.mark.parametrize("task", ATTACHED.values(), ids=ATTACHED)
"""Exercises about a policy without a Principal, which can grant."""


def document(*statements):
    """Return a policy document with these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def marked(*statements):
    """Return the mark of exercise 2.4 for a policy with these statements."""
    return find("2.4").mark(document(*statements))


# -- the requests ----------------------------------------------------------------------------


@each_task
def test_all_requests_are_decided_as_can_decides_them(task):
    """Each combination of caller, action and resource is there once, with the engine's answer."""
    for change in task.cases.values():
        world = task.world()
        change(world)
        allowed = task.allowed(world)

        resources = dict.fromkeys((*task.resources, *ELSEWHERE))
        requests = product(task.callers, task.actions, resources)
        expected = [
            Question(*each)
            for each in requests
            if can_occur(*each[1:])
            and (each[2] in task.resources or not each[0].endswith(WITHOUT_ACCOUNT))
        ]
        assert list(allowed) == expected
        assert all(bool(question.ask(world)) is answer for question, answer in allowed.items())


@each_task
def test_a_right_policy_is_right_for_every_request_in_every_case(task):
    """Each request, decided separately, has the wanted result."""
    policy = task.read(task.solution_answer(), task.world())
    for case, change in task.cases.items():
        before = task.world()
        change(before)
        after = before.copy()
        task.place.write(after, policy)
        for question in task.allowed(before):
            wanted = task.wanted(question, bool(question.ask(before)))
            assert wanted in (None, bool(question.ask(after))), (case, question)


@each_attached
def test_no_policy_at_all_is_not_enough(task):
    """Otherwise the exercise would ask for nothing."""
    assert not task.mark(document(IDLE)).correct


def test_the_counterexample_is_the_first_wrong_request():
    """The order is cases, callers, actions, resources: the simplest comes first."""
    task = find("2.4")
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = task.read(document(statement), task.world())
    wrong = list(task.failures(policy, task.world()))
    mark = marked(statement)
    case, question, wanted = wrong[0]

    def place(failure):
        own = failure[1]
        return (
            [*task.cases].index(failure[0]),
            task.callers.index(own.caller),
            task.actions.index(own.action),
            (*task.resources, *ELSEWHERE).index(own.resource),
        )

    assert [place(failure) for failure in wrong] == sorted(place(failure) for failure in wrong)
    assert case == "today"
    assert str(question) in mark.counterexample
    assert (
        f"must be {'allowed' if wanted else 'denied'}, but it is ✓ allowed" in mark.counterexample
    )
    assert mark.decision.request.resource == question.resource


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ({**DENY, "Action": "s3:Delete*"}, "s3:DeleteObjectTagging on star-maps/m31.fits"),
        ({**DENY, "Action": "s3:*"}, "s3:GetObject on star-maps/m31.fits"),
        ({**DENY, "Resource": MAP}, "s3:DeleteObject on star-maps/drafts/plan.txt"),
        ({**DENY, "Resource": f"{DRAFTS}/*"}, "s3:DeleteObject on star-maps/m31.fits"),
        ({**DENY, "Resource": MAPS}, "s3:DeleteObject on star-maps/m31.fits"),
        ({**DENY, "Resource": "*"}, "s3:DeleteObject on elsewhere/other.fits"),
    ],
    ids=["excess-action", "all-actions", "one-object", "one-folder", "bucket", "everything"],
)
def test_too_broad_and_too_narrow_are_both_wrong(statement, first):
    """The counterexample is a request that the statement denies, or fails to deny."""
    mark = marked(statement)

    assert not mark.correct
    assert f"alice: {first} must be" in mark.counterexample


def test_an_additional_allow_is_wrong():
    """No other request must change, so nothing more can be allowed."""
    mark = marked(DENY, {"Effect": "Allow", "Action": "s3:PutObject", "Resource": OBJECTS})

    assert not mark.correct
    assert (
        "s3:PutObject on star-maps/m31.fits must be denied, but it is ✓ allowed"
        in mark.counterexample
    )


NEEDLESS = {
    "administration": (["iam:Create*", "sts:AssumeRole"], "*", "{}: iam:Create|{}: sts:Assume"),
    "another-service": ("sqs:*", "*", "{}: sqs:"),
    "acl": ("s3:PutObjectAcl", OBJECTS, "s3:PutObjectAcl on star-maps/"),
    "another-bucket": ("s3:PutObject", "arn:aws:s3:::elsewhere?/*", "s3:PutObject on elsewhere"),
    "list-of-buckets": ("s3:ListAllMyBuckets", "*", "s3:ListAllMyBuckets on *"),
}


@pytest.mark.parametrize(
    ("task", "extra"),
    [
        pytest.param(task, NEEDLESS[name], id=f"{number}-{name}")
        for place, (number, task) in enumerate(ATTACHED.items())
        for name in (sorted(NEEDLESS)[place % 5], sorted(NEEDLESS)[(place + 2) % 5])
    ],
)
def test_a_permission_without_need_is_wrong(task, extra):
    """It needn't be among the requests of the scenario: the whole catalogue counts.

    Each exercise gets two of these permissions, and each permission is in several exercises.
    """
    action, resource, named = extra
    needless = {"Effect": "Allow", "Action": action, "Resource": resource}
    mark = task.mark(document(*task.solution["Statement"], needless))
    if mark.correct:  # only if the callers have these permissions anyway
        assert task.place.owner == "admins"
        assert "IAMFullAccess" in str(task.world().group("admins").attached)
        return

    firsts = named.format(*[task.callers[0]] * 2).split("|")
    assert any(first in mark.counterexample for first in firsts)
    assert "must be denied, but it is ✓ allowed." in mark.counterexample


def test_a_condition_counts_in_the_situation_of_each_caller():
    """The solution denies requests without TLS. Without this Deny they would be excess."""
    allow, deny = (task := find("8.5")).solution["Statement"]
    wider = {**allow, "Action": ["s3:GetObject", "s3:GetObjectVersion"]}

    assert task.mark(document(allow, deny)).correct
    assert "nora-by-http: s3:GetObject" in task.mark(document(allow)).counterexample
    assert "nora-by-https: s3:GetObjectVersion" in task.mark(document(wider, deny)).counterexample


def test_an_unneeded_permission_can_be_left_open():
    """The lesson's file says ``either``; then it isn't an error."""
    extra = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    task = find("2.4")
    loose = replace(task, wanted=lambda own, before: task.wanted(own, before) or None)

    assert not task.mark(document(DENY, extra)).correct
    assert loose.mark(document(DENY, extra)).correct


def test_every_object_includes_objects_that_the_prompt_does_not_name():
    """A list of the known objects isn't enough."""
    assert not marked({**DENY, "Resource": [MAP, f"{DRAFTS}/*"]}).correct


def test_the_feedback_begins_with_what_is_right():
    """First the number of right requests, then the counterexample, then perhaps the belief."""
    answer = document({**DENY, "Action": "s3:*"})
    text = str(check("2.4", answer))
    belief = find("2.4").known_wrong[2].hint

    total = 3 * len(find("2.4").allowed(start("2.4")))
    assert f"of {total} requests are right." in text
    assert text.index("requests are right") < text.index("must be allowed, but it is ✕")
    assert belief not in text
    assert belief in str(check("2.4", answer))


def test_a_case_is_named_as_it_is_written():
    """The sentence begins with the case; policy names keep their upper case."""
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
    """Only the effect of the policy counts, not its form or its name."""
    mark = find("2.4").mark(answer)

    assert mark.correct
    assert find("2.4").why in mark.true_part


@each_task
def test_its_solution_is_found_on_another_seed_and_is_a_document(task):
    """It is JSON, is read as a dict and as text, and is the first example."""
    task = find(task.number, 7)
    answer, world = task.solution_answer(), task.world()

    assert task.mark(answer).correct
    assert task.read(json.dumps(answer), world) == task.read(answer, world)
    assert json.loads(task.shown(answer)) == answer
    assert answer == task.solution


def test_a_solution_that_is_wrong_raises_an_error():
    """A lesson's solution is checked like an answer."""
    task = find("2.4")

    assert task.solution_answer()["Statement"][0]["Action"] == "s3:DeleteObject"
    with pytest.raises(ExerciseError, match=r"The solution of exercise 2\.4 isn't right"):
        replace(task, solution=document(IDLE)).solution_answer()


def test_both_verdicts_can_be_right():
    """Then the request is never a counterexample."""
    task = replace(
        find("2.4"), wanted=lambda question, _: False if question.caller == "alice" else None
    )

    assert task.mark(document({"Effect": "Deny", "Action": "*", "Resource": "*"})).correct
    assert not task.mark(document(DENY)).correct


def test_requests_can_have_callers_by_arn_and_cases_can_add_them():
    """A case can create a user."""
    carol = "arn:aws:iam::111111111111:user/carol"
    task = replace(
        find("2.4"),
        callers=(carol,),
        actions=("s3:DeleteObject",),
        resources=(MAP,),
        cases={"with carol": lambda world: world.account("acme-main").create_user("carol")},
        wanted=lambda _, without: without,
    )
    policy = task.read(document(DENY), task.world())

    assert list(task.failures(policy, task.world())) == []


# -- invalid answers -------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [None, 42, [], [DENY], (), b"{}", ""], ids=str)
def test_the_error_for_an_invalid_answer_describes_the_right_kind(answer):
    """A number or a list of statements isn't a policy."""
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
def test_the_error_for_a_broken_document_has_every_place(answer, places, progress_file):
    """It has the JSON path of each problem, and for text also line and column."""
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
def test_a_policy_that_iam_rejects_gets_an_error_and_is_not_recorded(answer, progress_file):
    """A policy that can't be attached isn't checked."""
    with pytest.raises(IamLabError, match=r"[Pp]olicy"):
        check("2.4", answer)

    assert not progress_file.exists()


@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED)
def test_a_card_shows_the_error_of_iam_once(answer):
    """The learner reads the error with its help, and the error's name only once."""
    card = exercise("2.4")
    card.set("policy", json.dumps(answer))
    card.use("check", press=True)

    assert "olicy" in card.parts()["result"]
    assert card.parts()["result"].count("MalformedPolicyDocument") <= 1


def test_a_policy_of_a_world_can_be_an_answer():
    """A user's policy, or an arranged one, is accepted unchanged."""
    world = start("2.4")
    world.user("alice").put_policy("mine", document(DENY, {**DENY, "Sid": "Again"}))
    own = world.user("alice").inline["mine"]

    assert check("2.4", own)
    assert check("2.4", arranged(own, ["Again"]))


def test_names_in_a_document_are_shown_as_text():
    """Markup in a Sid or an action is shown as text."""
    card = exercise("2.4")
    card.set("policy", json.dumps(document({**DENY, "Action": "s3:<script>"})))
    card.use("check", press=True)

    assert "Not yet" in card.parts()["result"]
    assert "<script" not in card.parts()["result"]


# -- the progress file and the hints ----------------------------------------------------------


@pytest.mark.parametrize("form", [dict, json.dumps], ids=["dict", "text"])
def test_an_attempt_is_kept_as_a_document_and_can_be_checked_again(form):
    """Text and dict are kept in the same form, and a hint is about the learner's document."""
    answer = document({**DENY, "Resource": f"{DRAFTS}/*"})
    check("2.4", form(answer))
    (attempt,) = journal.records()

    assert attempt["answer"] == attempt["given"] == answer
    assert not find("2.4").mark(attempt["given"]).correct

    hint("2.4")
    second = str(hint("2.4"))

    assert "You answered" in second
    assert '"Resource": "arn:aws:s3:::star-maps/drafts/*"' in second
    assert "s3:DeleteObject on star-maps/m31.fits must be denied" in second


def test_a_known_wrong_document_is_recognised_in_any_form():
    """As text, it is the same document."""
    task = find("2.4")
    for wrong in task.known_wrong:
        mark = task.mark(json.dumps(wrong.answer(task.world())))

        assert (mark.belief, mark.hint) == (wrong.belief, wrong.hint)


def test_the_solution_can_be_copied_into_the_answer():
    """The text is JSON that passes."""
    check("2.4", document(IDLE))
    shown = str(solution("2.4"))
    text = shown[shown.index("{") : shown.rindex("}") + 1]

    assert check("2.4", text)


def test_a_check_changes_no_world():
    """The exercise's world and the learner's policy stay the same."""
    task, answer = find("2.4"), document(DENY)
    before, kept = task.world(), json.dumps(answer)
    world = task.world()
    list(task.failures(task.read(answer, world), world))

    assert before.diff(world) == ()
    assert json.dumps(answer) == kept
    assert isinstance(world, World)


@pytest.mark.parametrize("sid", ["", "Another"])
def test_a_known_wrong_document_is_recognised_whatever_its_sids_are(sid):
    """The author's Sid decides nothing; the attempt keeps the learner's."""
    task = find("2.4")
    wrong = task.known_wrong[0]
    (statement,) = wrong.answer(task.world())["Statement"]
    others = {key: value for key, value in statement.items() if key != "Sid"}
    answer = document({"Sid": sid, **others} if sid else others)
    check("2.4", answer)

    assert task.mark(answer).hint == wrong.hint
    assert journal.records()[-1]["given"] == answer


def test_a_session_policy_changes_only_in_the_copy():
    """A check writes each answer to a copy of the world."""
    session = {"assume_role": "auditor", "by": "carol", "policy": "allow - s3:GetObject *"}
    world = build({"users": "carol", "roles": "auditor", "sessions": {"audit": session}}, seed=7)
    place, copied = Place.parse("session audit"), world.copy()

    place.write(copied, Policy.allow("s3:PutObject"))

    assert place.read(world).statements[0].action == ("s3:GetObject",)
    assert place.read(copied).statements[0].action == ("s3:PutObject",)
