"""What changed between two policies."""

import pytest
from hypothesis import given, settings

from iamlab import Policy, RequestError
from iamlab.policy import comparing
from iamlab.policy.building import add
from iamlab.policy.catalog import expand
from iamlab.policy.comparing import Difference, diff
from iamlab.policy.minimizing import minimize
from tests.effort import tries
from tests.policy.overlapping import POLICIES

allow, deny = Policy.allow, Policy.deny

GET, PUT = "s3:GetObject", "s3:PutObject"
MAPS, LOGS = "arn:aws:s3:::maps/*", "arn:aws:s3:::logs/*"
ANA = {"aws:username": "ana"}
NOTHING = Policy.parse({"Version": "2012-10-17", "Statement": []})


def both(*policies):
    """All their statements."""
    made = policies[0]
    for policy in policies[1:]:
        made = add(made, policy)
    return made


def statement(version="2012-10-17", **elements):
    """A policy of one statement that is written out."""
    return Policy.parse({"Version": version, "Statement": {"Effect": "Allow"} | elements})


def kinds(before, after):
    """Gained, lost and changed."""
    found = diff(before, after)
    return found.gained, found.lost, found.changed


VOID = "arn:aws:s3::${aws:PrincipalAccount}:maps"
HOME = "arn:aws:s3:::${aws:username}"


@pytest.mark.parametrize(
    ("before", "after", "gained", "lost", "changed"),
    [
        (allow(GET), allow([GET, PUT]), (PUT,), (), ()),
        (allow([GET, PUT]), allow(GET), (), (PUT,), ()),
        (allow(GET), allow(PUT), (PUT,), (GET,), ()),
        (allow("S3:getobject"), allow(["s3:GetObject", PUT]), (PUT,), (), ()),
        (NOTHING, allow("sts:GetCallerIdent*"), ("sts:GetCallerIdentity",), (), ()),
        # other resources, conditions, principals, denials
        (allow(GET), allow(GET, MAPS), (), (), (GET,)),
        (allow(GET), allow(GET, when=ANA), (), (), (GET,)),
        (allow(GET, principal="1"), allow(GET, principal="2"), (), (), (GET,)),
        (allow([GET, PUT]), both(allow([GET, PUT]), deny(PUT, MAPS)), (), (), (PUT,)),
        (allow([GET, PUT]), both(allow([GET, PUT]), deny(PUT, when=ANA)), (), (), (PUT,)),
        (deny(GET), deny([GET, PUT]), (), (), (PUT,)),
        # a denial that leaves nothing
        (allow([GET, PUT]), both(allow([GET, PUT]), deny(PUT)), (), (PUT,), ()),
        (allow(GET, MAPS), both(allow(GET, MAPS), deny(GET, "arn:aws:s3:::*")), (), (GET,), ()),
        (
            allow(GET, principal="1"),
            both(allow(GET, principal="1"), deny(GET, principal="*")),
            *((), (GET,), ()),
        ),
        (
            allow(GET, principal="1"),
            both(allow(GET, principal="1"), deny(GET, principal="2")),
            *((), (), (GET,)),
        ),
        (
            allow(GET, MAPS, principal="1"),
            both(allow(GET, MAPS, principal="1"), deny("s3:Get*", MAPS, principal={"AWS": "*"})),
            *((), (GET,), tuple(name for name in expand("s3:Get*") if name != GET)),
        ),
        # what has no effect
        (NOTHING, allow(GET, VOID), (), (), ()),
        (NOTHING, statement(NotAction="s3*", Resource="*"), (), (), ()),
        (NOTHING, statement(Action=[], Resource="*"), (), (), ()),
        # variables and versions
        (allow(GET, HOME), statement("2008-10-17", Action=GET, Resource=HOME), (), (), (GET,)),
        (
            statement("2008-10-17", Action=GET, Resource=[HOME, MAPS]),
            statement(Action=GET, Resource=[HOME, MAPS]),
            *((), (), (GET,)),
        ),
        (
            both(allow(GET), deny(GET, HOME)),
            Policy.parse(
                {
                    "Statement": [
                        {"Effect": "Allow", "Action": GET, "Resource": "*"},
                        {"Effect": "Deny", "Action": GET, "Resource": HOME},
                    ]
                }
            ),
            *((), (), (GET,)),
        ),
    ],
)
def test_which_actions_are_treated_differently(before, after, gained, lost, changed):
    """Each action of the catalogue is gained, lost, changed or as before."""
    assert kinds(before, after) == (gained, lost, changed)
    assert kinds(after, before) == (lost, gained, changed)


SAME = [
    (allow(GET), allow(GET)),
    (allow(GET, sid="A", name="one"), allow([GET, "S3:getobject"], sid="B", name="other")),
    (allow([GET, PUT]), both(allow(PUT), allow(GET))),
    (allow(GET, [MAPS, LOGS]), both(allow(GET, LOGS), allow(GET, MAPS))),
    (allow("s3:*"), both(allow(GET, MAPS), allow("s3:*"), allow(PUT, when=ANA))),
    (both(allow("s3:*"), deny("*")), deny("*")),
    (both(allow(GET, MAPS), deny(GET, MAPS)), deny(GET, MAPS)),
    (allow(GET, VOID), NOTHING),
    (allow(GET, MAPS), statement("2008-10-17", Action=GET, Resource=MAPS)),
    (
        statement("2008-10-17", Action=GET, Resource=["*", HOME]),
        statement(Action=GET, Resource="*"),
    ),
    (
        statement(Action=GET, NotResource=MAPS),
        statement(Action=GET, NotResource=[MAPS, "arn:aws:s3:::maps/x"]),
    ),
    (
        statement(Action=GET, Principal={"AWS": ["1", "2"]}),
        statement(Action=GET, Principal={"AWS": ["2", "1"]}),
    ),
    (
        allow(GET, when={"StringEquals": {"aws:username": ["a", "b"], "s3:prefix": "c"}}),
        allow(GET, when={"StringEquals": {"S3:Prefix": "c", "aws:username": ["b", "a"]}}),
    ),
]


@pytest.mark.parametrize(("item", "other"), SAME)
def test_other_words_can_have_the_same_meaning(item, other):
    """Order, Sids, repetition, and how statements are cut."""
    assert not diff(item, other)
    assert not diff(other, item)


@settings(max_examples=tries(40))
@given(POLICIES)
def test_a_policy_does_not_differ_from_itself_or_from_its_short_form(policy):
    """Neither in meaning nor, from itself, in words."""
    assert diff(policy, policy) == Difference()
    assert not diff(policy, minimize(policy))


@settings(max_examples=tries(40))
@given(POLICIES, POLICIES)
def test_what_one_way_gains_the_other_way_loses(item, other):
    """A difference has two ends."""
    there, back = diff(item, other), diff(other, item)

    assert (there.gained, there.lost, there.changed) == (back.lost, back.gained, back.changed)
    assert not {*there.gained} & {*there.lost}
    assert not {*there.changed} & {*there.gained, *there.lost}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Difference(), "Gained: nothing. Lost: nothing. Changed: nothing."),
        (
            Difference(("a",), ("a", "b"), ("a", "b", "c")),
            "Gained: a. Lost: a and b. Changed: a, b and c.",
        ),
        (
            Difference(lost=("a", "b", "c", "d")),
            "Gained: nothing. Lost: a, b and 2 more. Changed: nothing.",
        ),
    ],
)
def test_a_difference_says_briefly_what_it_is(found, words):
    """Names while there are few, numbers when there are many."""
    assert str(found) == words


def lines(before, after):
    """The difference in words."""
    return list(diff(before, after).text)


def test_the_words_are_compared_statement_by_statement():
    """Those of one Sid belong together, and those without a Sid in order."""
    before = both(
        allow(GET, MAPS, sid="Read", when=ANA),
        allow("ec2:*"),
        allow("sqs:*"),
        deny("iam:*", sid="Gone"),
    )
    after = both(
        allow("sqs:*"),
        allow("ec2:Start*"),
        deny("kms:*", sid="New"),
        allow([GET, PUT], MAPS, sid="Read"),
        allow("sns:*"),
    )

    assert lines(before, after) == [
        "Statement Read:",
        "- Condition StringEquals aws:username: ana",
        "+ Action: s3:PutObject",
        "Statement #2:",
        "- Action: ec2:*",
        "+ Action: ec2:Start*",
        "Statement Gone, removed:",
        "- Sid: Gone",
        "- Effect: Deny",
        "- Action: iam:*",
        "- Resource: *",
        "Statement New, new:",
        "+ Sid: New",
        "+ Effect: Deny",
        "+ Action: kms:*",
        "+ Resource: *",
        "Statement #5, new:",
        "+ Effect: Allow",
        "+ Action: sns:*",
        "+ Resource: *",
    ]


def test_version_and_id_are_words_too():
    """They are above the statements."""
    old = Policy.parse(
        {"Id": "mine", "Statement": [{"Effect": "Allow", "Action": GET, "Resource": []}]}
    )
    new = statement(Action=GET, Principal={"AWS": "*", "Service": "x\ny"}, NotResource=MAPS)

    assert lines(old, new) == [
        "- Version: 2008-10-17",
        "- Id: mine",
        "+ Version: 2012-10-17",
        "Statement #1:",
        "- Resource: (an empty list)",
        "+ Principal AWS: *",
        '+ Principal Service: "x\\ny"',
        f"+ NotResource: {MAPS}",
    ]


def test_order_alone_is_not_a_difference_in_words():
    """Neither of statements nor of values; but one of two equal statements may be missing."""
    item = both(allow([GET, PUT]), deny("iam:*"))
    other = both(deny("iam:*"), allow([PUT, GET]))

    assert lines(item, other) == []
    assert lines(both(item, allow([GET, PUT])), item)[:1] == ["Statement #3, removed:"]


def test_a_long_comparison_of_words_is_quick():
    """A thousand statements, all of them new or gone."""
    item, other = (
        Policy.parse(
            {
                "Statement": [
                    {"Effect": "Allow", "Action": f"s3:{word}{number}", "Resource": "*"}
                    for number in range(1000)
                ]
            }
        )
        for word in ("Get", "Put")
    )

    assert len(lines(item, other)) == 3 * 1000


@pytest.mark.parametrize(
    ("statements", "complaint"),
    [
        ([{"Action": GET}] * 1001, "1001 statements"),
        ([{"Action": [f"s3:{number}" for number in range(10_001)]}], "10001 different actions"),
        ([{"NotAction": [f"*:Get{number}*" for number in range(101)]}], "101 actions for all serv"),
    ],
)
def test_what_would_take_too_long_is_refused(statements, complaint):
    """AWS would never save it."""
    made = [{"Effect": "Allow", "Resource": "*"} | item for item in statements]
    policy = Policy.parse({"Statement": made}, name="endless")

    with pytest.raises(RequestError, match=f"endless has {complaint}"):
        diff(policy, NOTHING)
    with pytest.raises(RequestError, match=complaint):
        diff(NOTHING, policy)


def test_beyond_a_limit_what_is_written_differently_counts_as_changed(monkeypatch):
    """It is not looked at more closely."""
    item, other = allow(GET, [MAPS, LOGS]), allow(GET, [MAPS, LOGS, "arn:aws:s3:::logs/x"])
    denied = both(allow(GET, MAPS), deny(GET, MAPS))
    assert not diff(item, other)
    assert not diff(denied, deny(GET, MAPS))
    monkeypatch.setattr(comparing, "MOST_COMPARISONS", 0)

    assert diff(item, other).changed == (GET,)
    assert diff(denied, deny(GET, MAPS)).lost == (GET,)


def test_the_largest_policies_are_compared():
    """All actions against all that only look."""
    everything, looking = allow("*"), allow(["*:Get*", "*:List*", "*:Describe*", "s3:Put*"])
    found = diff(everything, looking)

    assert len(found.lost) > 5000
    assert not found.gained
