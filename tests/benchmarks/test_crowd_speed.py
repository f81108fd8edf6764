"""Who of 5,000 callers in 50 accounts can do this: a crowd beside a loop of ``evaluate``."""

import time
from dataclasses import replace

import pytest

from iamlab import Layers, Policy, Request, evaluate
from iamlab.engine.callers_index import CallersIndex
from iamlab.engine.question_space import ResourceFacts

ACCOUNTS, PRINCIPALS, GROUPS = 50, 100, 8
TEAMS = "red", "green", "blue", "sky", "sea"
TURNS = 3

FULL = Policy.allow("*", "*")
GUARD = Policy.parse(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": ["iam:Create*", "organizations:*"],
                "Resource": "*",
                "Condition": {"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/u0"}},
            },
            {
                "Effect": "Deny",
                "NotAction": ["iam:*", "sts:*"],
                "Resource": "*",
                "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}},
            },
        ],
    }
)
HOME = Policy.parse(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "s3:*",
                "Resource": "arn:aws:s3:::homes/${aws:username}/*",
            },
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": "arn:aws:s3:::homes",
                "Condition": {"StringLike": {"s3:prefix": "${aws:username}/*"}},
            },
        ],
    }
)
BOUNDARY = Policy.allow(["s3:*", "sqs:*", "sts:*"], "*")


def of_group(account, number):
    """The policy of a group: by tag, by name, and what it may never do."""
    return Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["s3:Get*", "s3:List*"],
                    "Resource": f"arn:aws:s3:::data-{number}*",
                    "Condition": {
                        "StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}
                    },
                },
                {
                    "Effect": "Allow",
                    "Action": "sqs:SendMessage",
                    "Resource": f"arn:aws:sqs:*:{account}:*",
                    "Condition": {"StringEquals": {"aws:PrincipalTag/team": list(TEAMS[:3])}},
                },
                {
                    "Effect": "Deny",
                    "Action": "s3:*",
                    "Resource": "*",
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ],
        }
    )


def organization(accounts=ACCOUNTS, principals=PRINCIPALS):
    """Callers of an organization: each has a group's policy, the home policy and one of its own."""
    for place in range(accounts):
        account = f"{100_000_000_000 + place}"
        groups = [of_group(account, number) for number in range(GROUPS)]
        scps = [[FULL], [FULL, GUARD], [FULL]]
        for number in range(principals):
            name = f"u{number}"
            arn = f"arn:aws:iam::{account}:user/{name}"
            own = Policy.allow("s3:PutObject", f"arn:aws:s3:::data-{number}/{account}/*")
            layers = Layers(
                identity=[groups[number % GROUPS], HOME, own],
                boundary=BOUNDARY if number % 3 == 0 else None,
                scps=scps,
            )
            yield (
                arn,
                layers,
                {
                    "aws:username": f"{name}-{account}",
                    "aws:PrincipalArn": arn,
                    "aws:PrincipalAccount": account,
                    "aws:PrincipalOrgID": "o-1",
                    "aws:PrincipalTag/team": TEAMS[number % len(TEAMS)],
                    "aws:userid": f"AIDA{place:04}{number:012}",
                    "aws:RequestedRegion": "eu-west-1",
                    "aws:SecureTransport": "true",
                },
            )


OWNER = "100000000007"
BUCKET = Policy.parse(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::data-3/*",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
            },
            {
                "Effect": "Deny",
                "NotPrincipal": {"AWS": [f"arn:aws:iam::{OWNER}:user/u{n}" for n in range(9)]},
                "Action": "s3:Put*",
                "Resource": "*",
            },
        ],
    }
)
RCP = Policy.parse(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}},
        },
    }
)
OPEN = Policy.parse(
    {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
)
DATA = ResourceFacts(OWNER, BUCKET, [[OPEN], [OPEN, RCP]], {"aws:ResourceTag/team": "sky"})
QUESTIONS = {
    "s3:GetObject": ("arn:aws:s3:::data-3/x", DATA, {"aws:SourceIp": "203.0.113.9"}),
    "s3:PutObject": (f"arn:aws:s3:::data-4/{OWNER}/x", DATA, {}),
    "s3:ListBucket": ("arn:aws:s3:::homes", ResourceFacts(OWNER), {"s3:prefix": f"u1-{OWNER}/y"}),
    "s3:DeleteObject": (f"arn:aws:s3:::homes/u1-{OWNER}/y", ResourceFacts(OWNER), {}),
    "sqs:SendMessage": (f"arn:aws:sqs:eu-west-1:{OWNER}:q", ResourceFacts(), {}),
}


@pytest.fixture(scope="module")
def callers():
    """The organization."""
    return list(organization())


def loop(callers, action, resource, known, moment):
    """The peer: one decision for each caller, layers gathered beforehand."""
    found = 0
    for number, (principal, layers, context) in enumerate(callers):
        keys = {**context, **known.context, **moment}
        request = Request(principal, action, resource, known.account, keys)
        if evaluate(request, layers):
            found |= 1 << number
    return found


def seconds(work, *given):
    """How long it takes, and what it gives."""
    start = time.perf_counter()
    answer = work(*given)
    return time.perf_counter() - start, answer


def by_turns(crowd, callers, action, resource, known, moment):
    """The least times of crowd and loop, which must say the same."""
    whole = [
        (principal, replace(layers, resource=known.policy, rcps=known.rcps), context)
        for principal, layers, context in callers
    ]
    asked = action, resource, known, moment
    turns = [(seconds(crowd.who_can, *asked), seconds(loop, whole, *asked)) for _ in range(TURNS)]
    (_, answer), (_, expected) = turns[0]

    assert answer == expected
    assert 0 < answer.bit_count() < len(callers)
    return tuple(min(took for took, _ in of_one) for of_one in zip(*turns, strict=True))


def test_a_crowd_answers_ten_times_as_fast_as_a_loop(callers):
    """Each of several questions; policies, tags, SCPs, boundaries and variables in all of them."""
    crowd = CallersIndex(callers)
    times = {
        action: by_turns(crowd, callers, action, *others) for action, others in QUESTIONS.items()
    }
    slow = {action: both for action, both in times.items() if 10 * both[0] > both[1]}

    assert slow == {}


def test_a_first_question_is_no_slower_than_a_loop(callers):
    """Though it finds out who has which value of a key, and which statements match the action."""
    (action, (resource, known, moment)), *_ = QUESTIONS.items()
    by_crowd, by_loop = [], []
    for _ in range(TURNS):
        by_crowd.append(seconds(CallersIndex(callers).who_can, action, resource, known, moment)[0])
        by_loop.append(seconds(loop, callers, action, resource, known, moment)[0])

    assert min(by_crowd) < min(by_loop)


def test_building_takes_four_times_as_long_for_four_times_as_many():
    """Or a little more, since so much fits into no cache; far from sixteen times."""
    times = {}
    for accounts in (10, 40):
        some = list(organization(accounts))
        times[accounts] = min(seconds(CallersIndex, some)[0] for _ in range(TURNS))

    assert times[40] < 8 * times[10]
