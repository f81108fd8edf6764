"""Explain and Order: what decides, what nearly matches, and what comes first."""

from dataclasses import replace

import pytest

from iamlab import ExerciseError
from iamlab.teach.exercises import Question
from iamlab.teach.explain import Explain, deciders, without
from iamlab.teach.scenarios import MAP, MAPS, OLD_MAP, README, observatory
from iamlab.teach.tables import find
from tests.teach.every_kind import BY_CODE, LIST, READ, example

PUT = "s3:PutObject"

NOTHING = {"identity-based policy", "no statement"}
ARCHIVIST = "arn:aws:iam::222222222222:role/archivist"


@pytest.fixture(scope="module")
def acme():
    """All of Acme Observatory; Bob's own policies allow more than his boundary."""
    world = observatory()
    world.user("bob").attach_policy("IAMReadOnlyAccess")
    return world


def explain(*questions, world="first_door", wrong=(), **fields):
    """Make an exercise of kind E."""
    return example(Explain, "E", world, wrong, questions=questions, **fields)


@pytest.mark.parametrize(
    ("caller", "action", "resource", "expected"),
    [
        ("alice", "s3:GetObject", MAP, {"identity-based policy", "star-maps-read/ReadMaps"}),
        ("dana", "s3:DeleteObject", MAP, {"identity-based policy", "guard/KeepMaps"}),
        ("bob", "iam:ListUsers", "*", {"permissions boundary"}),
        ("bob", "ec2:RunInstances", "*", {"permissions boundary", *NOTHING}),
        ("dana", "iam:ListUsers", "*", NOTHING),
        (
            ARCHIVIST,
            "s3:DeleteObject",
            OLD_MAP,
            {"service control policy", "keep-the-archive/KeepTheArchive"},
        ),
    ],
)
def test_what_decides_is_a_statement_a_type_of_policy_or_no_statement(
    acme, caller, action, resource, expected
):
    """It is what the decision itself reports."""
    assert deciders(acme.can(caller, action, resource)) == expected


def test_a_layer_can_be_removed_to_see_what_it_does(acme):
    """Without Bob's boundary, his own policy decides."""
    decision = acme.can("bob", "iam:ListUsers", "*")

    assert not decision
    assert without(decision, "permissions boundary")
    assert not without(decision, "no statement").trace.matches


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("stack/ReadMe", "Remove stack/ReadMe and see: it is still ✕ explicit deny"),
        ("no statement", "Without any policy it would be ○ implicit deny, so a statement decides"),
    ],
)
def test_the_feedback_removes_what_was_chosen_and_decides_again(chosen, words):
    """The learner sees that it isn't what decides."""
    mark = explain(Question("alice", READ, README), world="stack").mark([chosen])

    assert words in mark.counterexample
    assert mark.true_part == ""


def test_an_allow_in_a_ceiling_never_decides(monkeypatch, acme):
    """Without it the request is denied, and the feedback explains why that isn't the same."""
    task = explain(Question("bob", "s3:GetObject", MAP))
    monkeypatch.setattr(Explain, "world", lambda _, __=None: acme)
    mark = task.mark(["developer-limit/StorageAndQueues"])

    assert "it must allow this too, but it grants nothing." in mark.counterexample


def test_a_limit_is_named_by_its_type(monkeypatch, acme):
    """The short name of its layer is understood; "no statement" gets what matches."""
    task = explain(Question("bob", "iam:ListUsers", "*"))
    monkeypatch.setattr(Explain, "world", lambda _, __=None: acme)

    assert task.solution_answer() == ["permissions boundary"]
    assert task.mark(["boundary"]).correct
    assert "Even so, it is ○ implicit deny" in task.mark(["no statement"]).counterexample


def test_where_a_statement_decides_its_type_is_not_enough():
    """Who copies the type from AWS's message is asked for the statement."""
    task = explain(Question("carol-in-data", READ, "arn:aws:s3:::starsoft-catalog/m31.fits"))
    task = replace(task, world_name="13/morning")
    mark = task.mark(["service control policy"])

    assert mark.counterexample.endswith(
        "The service control policy decides. Which statement in it?"
    )
    assert task.mark(["only-ours/OnlyOurs"]).correct


def test_an_allow_that_does_not_match_leads_to_its_type():
    """Also if it is in the type that limits the request."""
    key = find("13.3").questions[1]
    task = replace(explain(key), world_name="13/morning")
    mark = task.mark(["session policy/Events"])

    assert mark.counterexample.endswith("match this request. Does another statement, or none?")
    assert task.mark(["session policy"]).correct


def test_the_layer_alone_can_be_asked():
    """The options are the types of policies that apply, and those that could allow."""
    task = explain(Question("bob", READ, MAP), Question("alice", READ, MAP), asks="layer")

    assert task.options(task.decisions(task.world())) == ["bucket policy", "identity-based policy"]
    assert task.mark(["identity", "identity-based policy"]).correct
    assert "No bucket policy applies" in task.mark(["resource", "identity"]).counterexample


def test_the_nearest_statement_and_what_fails_in_it():
    """Any element that doesn't match is right; for others the feedback shows what matches."""
    task = explain(Question("alice", READ, MAPS), Question("alice", PUT, MAP), asks="nearest")

    assert task.options(task.decisions(task.world())) == [
        "read-maps/ReadMaps: Action",
        "read-maps/ReadMaps: Resource",
    ]
    assert task.solution_answer() == ["read-maps/ReadMaps: Resource", "read-maps/ReadMaps: Action"]

    mark = task.mark(["read-maps/ReadMaps: Action", "read-maps/ReadMaps: Action"])

    assert mark.true_part == "1 of 2 is right."
    assert "The Action of read-maps/ReadMaps matches this request." in mark.counterexample


def test_allows_that_are_equally_near_are_all_right():
    """ListMaps and AllMaps have the action, not the resource; KeepMaps is a Deny."""
    task = explain(Question("alice", LIST, f"{MAPS}-2"), world="stack", asks="nearest")

    assert task.mark(["stack/ListMaps: Resource"]).correct
    assert task.mark(["stack/AllMaps: Resource"]).correct
    assert "Another Allow is nearer." in task.mark(["stack/ReadMe: Action"]).counterexample
    with pytest.raises(ExerciseError, match="isn't one of"):
        task.mark(["stack/KeepMaps: Resource"])


def test_texts_with_the_same_place_can_be_in_any_order():
    """Ties are accepted, and the first text out of place is named."""
    places = {"a": (1, ""), "b": (2, ""), "c": (2, ""), "d": (3, "")}
    task = replace(BY_CODE["O"], places=lambda _: places, known_wrong=())

    assert task.mark(["a", "b", "c", "d"]).correct
    assert task.mark(["a", "c", "b", "d"]).correct

    mark = task.mark(["a", "d", "b", "c"])

    assert mark.true_part == "2 of 4 are in the right place."
    assert mark.counterexample == "Number 2 comes too early: d"
    assert mark.worked == ("The order begins:\n1. a\n2. b",)

    named = replace(task, places=lambda _: {**places, "d": (3, "place 3")})

    assert named.mark(["d", "a", "b", "c"]).counterexample.endswith("too early: d (place 3)")


@pytest.mark.parametrize("number", range(20))
def test_a_card_never_shows_the_right_order_first(number):
    """Whatever its number is."""
    task = replace(BY_CODE["O"], number=str(number), places=lambda _: {"a": (1, ""), "b": (2, "")})

    assert not replace(task, known_wrong=()).mark(task.shuffled(task.world())).correct
