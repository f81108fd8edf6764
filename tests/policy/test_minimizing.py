"""The same policy in fewer words: nothing changes but the length."""

import json
from dataclasses import replace

import pytest
from hypothesis import given

from iamlab import Layers, Policy, Request, evaluate
from iamlab.policy import minimizing
from iamlab.policy.minimizing import minimize
from tests.effort import first_now
from tests.engine.json_questions import ask_engine
from tests.engine.making import QUESTIONS, changed
from tests.growth import grows_linearly
from tests.policy.overlapping import ANA, POLICIES, S3

USUAL = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def policy(*statements, **top):
    """A policy of statements that allow all of S3 where they say nothing else."""
    made = [
        {key: value for key, value in (USUAL | statement).items() if value is not None}
        for statement in statements
    ]
    return Policy.parse({"Version": "2012-10-17", "Statement": made} | top, name="p")


def short(*statements, **top):
    """What remains of it, statement by statement, only what is not usual."""
    left = minimize(policy(*statements, **top)).to_dict()["Statement"]
    return [{key: item[key] for key in item if item[key] != USUAL.get(key)} for item in left]


@pytest.mark.parametrize(
    ("element", "before", "after"),
    [
        ("Action", ["s3:Get*", "s3:GetObject"], "s3:Get*"),
        ("Action", ["s3:getobject", "S3:Get*", "s3:PutObject"], ["S3:Get*", "s3:PutObject"]),
        ("Action", ["s3:GetObject", "s3:getobject"], "s3:GetObject"),
        ("Action", ["s3:Get*", "s3:Get**", "s3:*Get*"], "s3:*Get*"),
        ("Action", ["*:*", "*"], "*:*"),
        ("Action", ["s3", "s3:Get*", "s3"], ["s3", "s3:Get*"]),
        ("Action", ["s3:Get?", "s3:Get*", "ec2:?et*"], ["s3:Get*", "ec2:?et*"]),
        ("Resource", [f"{S3}a", f"{S3}b"], [f"{S3}a", f"{S3}b"]),
        ("Resource", [f"{S3}a/*", f"{S3}a/b", f"{S3}a"], [f"{S3}a/*", f"{S3}a"]),
        ("Resource", [f"{S3}${{aws:username}}", f"{S3}*"], f"{S3}*"),
        ("Resource", [f"{S3}${{aws:username}}", f"{S3}a*"], [f"{S3}${{aws:username}}", f"{S3}a*"]),
        ("Resource", [f"{S3}A", f"{S3}a"], [f"{S3}A", f"{S3}a"]),
        ("Resource", ["arn:aws:s3*", "arn:aws:*"], ["arn:aws:s3*", "arn:aws:*"]),
        ("NotAction", ["s3:Get*", "s3:GetObject", "iam:*"], ["s3:Get*", "iam:*"]),
        ("NotResource", [f"{S3}a/*", f"{S3}a/b"], f"{S3}a/*"),
        (
            "NotResource",
            [f"{S3}*", f"{S3}${{aws:username}}"],
            [f"{S3}*", f"{S3}${{aws:username}}"],
        ),
    ],
)
def test_a_list_loses_what_it_covers_itself(element, before, after):
    """Of two values that mean the same the first stays."""
    other = {"Action": None} if element == "NotAction" else {}
    other = {"Resource": None} if element == "NotResource" else other

    assert short(other | {element: before}) == [{element: after}]


def test_statements_that_differ_in_actions_only_are_joined():
    """Where the first of them is, with the first Sid that there is."""
    assert short(
        {"Action": "s3:GetObject", "Resource": [f"{S3}a", f"{S3}b"]},
        {"Effect": "Deny"},
        {"Sid": "Put", "Action": "s3:PutObject", "Resource": [f"{S3}b", f"{S3}a"]},
    ) == [
        {
            "Sid": "Put",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": [f"{S3}a", f"{S3}b"],
        },
        {"Effect": "Deny"},
    ]


def test_statements_that_differ_in_resources_only_are_joined():
    """Letter case of an action does not make them different, and neither does that of a key."""
    assert short(
        {"Sid": "A", "Action": "s3:Get*", "Resource": f"{S3}a", "Condition": ANA},
        {
            "Sid": "B",
            "Action": "S3:get*",
            "Resource": f"{S3}b",
            "Condition": {"StringEquals": {"AWS:username": "ana"}},
        },
    ) == [
        {"Sid": "A", "Action": "s3:Get*", "Resource": [f"{S3}a", f"{S3}b"], "Condition": ANA},
    ]


def test_joining_goes_on_until_nothing_is_left_to_join():
    """First the actions, then the resources of what came of it."""
    assert short(
        {"Action": "s3:Get*", "Resource": f"{S3}a"},
        {"Action": "s3:Put*", "Resource": f"{S3}a"},
        {"Action": ["s3:Put*", "s3:Get*"], "Resource": f"{S3}b"},
    ) == [{"Action": ["s3:Get*", "s3:Put*"], "Resource": [f"{S3}a", f"{S3}b"]}]


def test_statements_without_resource_are_joined_too():
    """As in trust policies."""
    principal = {"Resource": None, "Principal": {"AWS": "111122223333"}}

    assert short(
        principal | {"Action": "sts:AssumeRole"}, principal | {"Action": "sts:TagSession"}
    ) == [{"Principal": {"AWS": "111122223333"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]


@pytest.mark.parametrize(
    "statements",
    [
        [{}, {"Effect": "Deny", "Action": "s3:Put*"}],
        [{"Principal": "*"}, {"Principal": {"AWS": "*"}}],
        [{"Action": "s3:Get*", "Condition": ANA}, {"Action": "s3:Put*"}],
        [{"Action": "s3:Get*", "Resource": f"{S3}a"}, {"Action": "s3:Put*", "Resource": f"{S3}b"}],
        [{"Action": None, "NotAction": "s3:*"}, {"Action": None, "NotAction": "iam:*"}],
        [{"Action": "iam:*"}, {"Action": None, "NotAction": "iam:*"}],
        [{"Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}],
        [{"Condition": {"Bool": {"a:b": [True, "true"]}}}],
        [],
    ],
)
def test_what_says_something_of_its_own_stays(statements):
    """Nothing to take away: the very same policy."""
    whole = policy(*statements)

    assert minimize(whole) is whole


@pytest.mark.parametrize(
    "statements",
    [
        [{}, {}],
        [{}, {"Principal": {"AWS": []}}],
        [{}, {"Action": "s3:Get*"}],
        [{"Action": "s3:Get*", "Condition": ANA}, {}],
        [{}, {"Action": "s3:Get*", "Resource": f"{S3}a"}],
        [{}, {"Resource": []}, {"Action": []}, {"Principal": {}}],
        [{"Resource": "arn:aws:s3::${aws:PrincipalAccount}:a"}, {}],
        [{}, {"Resource": None, "NotResource": f"{S3}a"}],
    ],
)
def test_what_another_statement_covers_goes(statements):
    """And so does what has no effect."""
    assert short(*statements) == [{}]


def test_a_policy_keeps_one_statement():
    """Even if none of them has an effect; and it gets none."""
    assert short({"Action": []}, {"Sid": "Second", "Resource": []}) == [{"Action": []}]
    idle = policy({"Resource": ["*", "arn:aws:s3::${aws:PrincipalAccount}:a"]})
    assert minimize(idle) is idle


def test_what_does_not_change_is_left_as_it_was_written():
    """Brackets, numbers, Id and a missing version."""
    kept = {
        "Action": ["s3:Get*"],
        "Condition": {"Bool": {"a:b": True}, "NumericEquals": {"c:d": 5}},
    }
    whole = policy(kept, {"Action": ["ec2:*", "ec2:Start*"]}, Id="mine")
    old = Policy.parse({"Statement": {**USUAL, "Action": ["s3:*", "s3:Get*"]}})

    assert minimize(whole).to_dict() == {
        "Version": "2012-10-17",
        "Statement": [USUAL | kept, USUAL | {"Action": "ec2:*"}],
        "Id": "mine",
    }
    assert minimize(whole).name == "p"
    assert minimize(old).to_dict() == {"Statement": USUAL}


# What the statements of POLICIES are about.
REQUESTS = [
    Request("arn:aws:iam::111122223333:user/ana", action, resource, context=context)
    for action in ("s3:GetObject", "s3:PutObject", "iam:GetUser")
    for resource in ("*", f"{S3}home/ana", f"{S3}home/ana/x", f"{S3}home/*", f"{S3}b")
    for context in ({}, {"aws:username": "ana"}, {"aws:username": "*"})
]


@given(POLICIES)
def test_every_request_gets_the_same_verdict(whole):
    """In every layer."""
    less = minimize(whole)
    everything = policy({"Action": "*"})
    for made in (
        lambda item: Layers(identity=[item]),
        lambda item: Layers(identity=[everything], boundary=item),
        lambda item: Layers(resource=item),
    ):
        before, after = made(whole), made(less)
        for request in REQUESTS:
            assert evaluate(request, before).verdict is evaluate(request, after).verdict


@given(POLICIES)
def test_it_is_never_longer_and_once_is_enough(whole):
    """To minimize again changes nothing."""
    less = minimize(whole)

    assert len(json.dumps(less.to_dict())) <= len(json.dumps(whole.to_dict()))
    assert bool(less.statements) is bool(whole.statements)
    assert {statement.sid for statement in less.statements} <= {
        item.sid for item in whole.statements
    }
    assert minimize(less) is less


@given(QUESTIONS)
def test_no_decision_changes_when_all_its_policies_are_minimized(question):
    """Whatever policies speak, and wherever they hang."""
    decision = ask_engine(question)
    layers = changed(decision.layers, lambda _, item: replace(item, policy=minimize(item.policy)))

    assert evaluate(decision.request, layers).verdict is decision.verdict


@pytest.mark.parametrize(
    "statement",
    first_now(
        [
            lambda n: {"Action": f"s3:Get{n}*", "Resource": f"{S3}{n}"},
            lambda n: {"Action": "s3:*", "Resource": f"{S3}{n}/*"},
            lambda n: {"Action": f"s3:*{n}*", "Resource": "*"},
            lambda n: {"Sid": str(n), "Condition": {"StringEquals": {"aws:username": str(n)}}},
            lambda _: {},
        ]
    ),
)
def test_long_documents_cost_little(statement):
    """The work grows with the number of statements, and little faster."""

    def work(size):
        whole = policy(*map(statement, range(size)))
        return lambda: minimize(whole)

    assert grows_linearly(work, 500, counted=500)  # among few, all are compared in pairs


@pytest.mark.parametrize(
    "statements",
    [
        [{"Action": ["s3:Get*", "s3:GetObject"]}],
        [{}, {"Action": "s3:Get*", "Condition": ANA}],
    ],
)
def test_beyond_a_limit_only_equal_values_are_looked_for(monkeypatch, statements):
    """A document that AWS would never save is not worth the time."""
    monkeypatch.setattr(minimizing, "WORK", 10)
    whole = policy(*statements)

    assert minimize(whole) is whole


def test_the_rounds_come_to_an_end(monkeypatch):
    """However much there is to do."""
    monkeypatch.setattr(minimizing, "ROUNDS", 1)

    assert short({"Action": ["s3:Get*", "s3:GetObject"]}) == [{"Action": "s3:Get*"}]
