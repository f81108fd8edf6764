"""Do two policies mean the same? Pairs that do, pairs that do not, and laws."""

import pytest
from hypothesis import given, settings

from iamlab import Policy, RequestError, evaluate
from iamlab.engine.verdict import Verdict
from iamlab.policy.building import add
from iamlab.policy.minimizing import minimize
from tests.effort import tries
from tests.engine import equivalence, request_kinds
from tests.engine.equivalence import AROUND, Equivalence, equivalent
from tests.engine.making import QUESTIONS
from tests.engine.request_kinds import kinds_of_requests
from tests.policy.overlapping import POLICIES
from tests.rows import each_row

allow, deny = Policy.allow, Policy.deny

OWN, FOREIGN = "111122223333", "444455556666"
GET, PUT = "s3:GetObject", "s3:PutObject"
S3 = "arn:aws:s3:::"
MAPS, LOGS = f"{S3}maps/*", f"{S3}logs/*"
HOME = f"{S3}home/${{aws:username}}/*"
NOTHING = Policy.parse({"Version": "2012-10-17", "Statement": []})
ANA = f"arn:aws:iam::{OWN}:user/ana"


def when(operator, key, *values):
    """A policy that allows all of S3 under one condition."""
    return allow("s3:*", when={operator: {key: list(values)}})


def statement(version="2012-10-17", **elements):
    """A policy of one statement that is written out."""
    return Policy.parse({"Version": version, "Statement": {"Effect": "Allow"} | elements})


def trust(*principals):
    """A trust policy."""
    return allow("sts:AssumeRole", None, principal=list(principals))


EQUAL = [
    # actions
    (allow(GET), allow("S3:getobject")),
    (allow([GET, PUT]), allow([PUT, GET, GET])),
    (allow("*"), allow("*:*")),
    (allow("s3:Get*"), allow(["s3:Get*", GET])),
    (allow("sts:Get*Token"), allow(["sts:Get*Token", "sts:GetSess?onToken"])),
    (allow([GET, PUT]), add(allow(GET), allow(PUT))),
    (allow("s3"), NOTHING),
    (statement(NotAction=[], Resource="*"), NOTHING),  # IAM wants an action
    (statement(NotAction="*", Resource="*"), NOTHING),
    (statement(NotAction="s3*", Resource="*"), NOTHING),
    (statement(NotAction=["s3:*", GET], Resource="*"), statement(NotAction="S3:*", Resource="*")),
    # resources
    (allow(GET, MAPS), allow(GET, [MAPS, f"{S3}maps/x"])),
    (allow(GET, [MAPS, LOGS]), add(allow(GET, LOGS), allow(GET, MAPS))),
    (statement(Action=GET, NotResource=[]), NOTHING),  # and a resource
    (statement(Action=GET, NotResource="*"), NOTHING),
    (statement(Action=GET, Resource=[]), deny(GET, [f"arn:aws:s3::${{aws:x}}:{S3}"])),
    (allow(GET, f"{S3}maps/**"), allow(GET, MAPS)),
    (allow(GET, [MAPS, "mine"]), NOTHING),
    # variables
    (allow(GET, [HOME, f"{S3}home/*"]), allow(GET, f"{S3}home/*")),
    (allow(GET, HOME), allow(GET, HOME.replace("username", "UserName"))),
    (allow(GET, f"{S3}${{broken"), NOTHING),
    (allow(GET, f"{S3}${{$}}x"), allow(GET, f"{S3}$x")),
    (
        statement("2008-10-17", Action=GET, Resource=f"{S3}${{aws:username}}"),
        allow(GET, f"{S3}${{$}}{{aws:username}}"),
    ),
    # effects
    (add(allow("s3:*"), deny("*")), deny("*")),
    (add(allow(GET, MAPS), deny(GET, f"{S3}*")), deny(GET, f"{S3}*")),
    # conditions
    (
        when("StringEquals", "aws:username", "a", "b"),
        when("StringEquals", "AWS:Username", "b", "a"),
    ),
    (when("StringEquals", "aws:username", "a"), when("StringLike", "aws:username", "a")),
    (when("ArnLike", "aws:SourceArn", MAPS), when("ArnEquals", "aws:SourceArn", MAPS)),
    (when("Null", "aws:TokenIssueTime", "true", "false"), allow("s3:*")),
    (when("NumericLessThan", "s3:max-keys", "5"), when("NumericLessThan", "s3:max-keys", "5.0")),
    (
        when("DateLessThan", "aws:CurrentTime", "2026-01-01"),
        when("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", "2025-12-31"),
    ),
    (
        when("IpAddress", "aws:SourceIp", "10.0.0.0/8", "10.1.0.0/16"),
        when("IpAddress", "aws:SourceIp", "10.9.9.9/8"),
    ),
    (when("StringEquals", "aws:username"), NOTHING),
    (when("StringEquals", "aws:TagKeys", "a"), NOTHING),
    (when("Bool", "aws:SecureTransport", "true"), when("Bool", "aws:SecureTransport", "TRUE")),
    (allow(GET, principal="*"), NOTHING),
    # alike only because what one adds never happens
    (
        add(when("StringEquals", "aws:username", "a"), allow("s3:*")),
        allow("s3:*"),
    ),
]


@each_row(("item", "other"), EQUAL)
def test_these_mean_the_same(item, other):
    """In other words, and both ways round."""
    found = equivalent(item, other)

    assert found, found.because
    assert found.exhaustive
    assert found.checked > 0
    assert equivalent(other, item)


DIFFERENT = [
    # actions
    (allow(GET), NOTHING),
    (allow(GET), deny(GET)),
    (NOTHING, deny(GET)),
    (allow("*"), allow("s3:*")),
    (allow("s3:Get*"), allow("s3:Get?*Tagging")),
    (allow("*:Get*"), allow("*:Get?*t")),
    (allow("imagined:*"), NOTHING),
    (allow("s3:NewAction"), NOTHING),
    (statement(NotAction="s3:*", Resource="*"), statement(NotAction="s3:Get*", Resource="*")),
    (statement(NotAction="s3:*", Resource="*"), allow("*")),
    # resources
    (allow(GET, MAPS), allow(GET, f"{S3}maps/?*")),
    (allow(GET, MAPS), allow(GET, f"{S3}Maps/*")),
    (allow(GET), allow(GET, "arn:aws:*")),
    (allow(GET, f"{S3}maps"), allow(GET, f"{S3}map?")),
    (allow(GET, "arn:aws:sqs:*:*:q"), allow(GET, "arn:aws:sqs:eu-west-1:*:q")),
    (add(allow(GET, MAPS), deny(GET, f"{S3}*/secret")), allow(GET, MAPS)),
    (statement(Action=GET, NotResource=MAPS), statement(Action=GET, NotResource=[MAPS, LOGS])),
    (statement(Action=GET, NotResource=MAPS), allow(GET)),
    # variables
    (allow(GET, HOME), allow(GET, f"{S3}home/*")),
    (allow(GET, HOME), NOTHING),
    (allow(GET, HOME), allow(GET, HOME.replace("username}", "username, 'x'}"))),
    (allow(GET, HOME), allow(GET, HOME.replace("username", "userid"))),
    (allow(GET, HOME), statement("2008-10-17", Action=GET, Resource=HOME)),
    (allow(GET, f"{S3}${{*}}"), allow(GET, f"{S3}*")),
    (
        when("StringEquals", "aws:ResourceTag/team", "${aws:PrincipalTag/team}"),
        when("StringEquals", "aws:ResourceTag/team", "${aws:PrincipalTag/group}"),
    ),
    # effects
    (add(allow("s3:*"), deny(GET, MAPS)), allow("s3:*")),
    (add(allow("s3:*"), deny(GET, MAPS)), add(allow("s3:*"), deny(GET, LOGS))),
    # conditions
    (when("StringEquals", "aws:username", "a"), allow("s3:*")),
    (when("StringEquals", "aws:username", "a"), when("StringEquals", "aws:userid", "a")),
    (when("StringEquals", "aws:username", "a"), when("StringEquals", "aws:username", "A")),
    (
        when("StringEquals", "aws:username", "a"),
        when("StringEqualsIgnoreCase", "aws:username", "a"),
    ),
    (when("StringEquals", "aws:username", "a*"), when("StringLike", "aws:username", "a*")),
    (when("StringLike", "aws:username", "a*"), when("StringLike", "aws:username", "a?*")),
    (
        when("Bool", "aws:SecureTransport", "true"),
        when("BoolIfExists", "aws:SecureTransport", "true"),
    ),
    (when("Bool", "aws:SecureTransport", "true"), when("Bool", "aws:SecureTransport", "false")),
    (when("Null", "aws:username", "true"), when("Null", "aws:username", "false")),
    (
        when("NumericLessThan", "s3:max-keys", "5"),
        when("NumericLessThanEquals", "s3:max-keys", "5"),
    ),
    (when("NumericLessThan", "s3:max-keys", "5"), when("NumericLessThan", "s3:max-keys", "5.5")),
    (
        when("DateLessThan", "aws:CurrentTime", "2026-01-01"),
        when("DateLessThan", "aws:CurrentTime", "2026-01-02"),
    ),
    (
        when("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
        when("IpAddress", "aws:SourceIp", "10.0.0.0/9"),
    ),
    (
        when("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
        when("NotIpAddress", "aws:SourceIp", "11.0.0.0/8"),
    ),
    (
        when("ForAllValues:StringEquals", "aws:TagKeys", "a", "b"),
        when("ForAnyValue:StringEquals", "aws:TagKeys", "a", "b"),
    ),
    (
        when("ForAllValues:StringEquals", "aws:TagKeys", "a"),
        allow(
            "s3:*",
            when={
                "ForAllValues:StringEquals": {"aws:TagKeys": "a"},
                "Null": {"aws:TagKeys": "false"},
            },
        ),
    ),
    (
        when("ForAnyValue:StringEquals", "app:Labels", "a"),
        when("ForAllValues:StringEqualsIfExists", "app:Labels", "a"),
    ),
    (
        when("StringNotEquals", "aws:username", "a", "b"),
        add(
            when("StringNotEquals", "aws:username", "a"),
            when("StringNotEquals", "aws:username", "b"),
        ),
    ),
]


@each_row(("item", "other"), DIFFERENT)
def test_these_differ(item, other):
    """And the request that shows it is decided differently."""
    found = equivalent(item, other)

    assert not found
    assert not equivalent(other, item)
    first, second = found.decisions
    assert first.request is second.request is found.witness
    assert evaluate(found.witness, first.layers).verdict is first.verdict
    assert first.verdict is not second.verdict
    assert found.witness.action in found.because


@pytest.mark.parametrize("as_", AROUND)
def test_every_type_of_policy_decides_by_itself(as_):
    """What is around it lets the request through; a Deny and silence are two things."""
    principal = "*" if as_ in equivalence.MAY_NAME else None
    granting = allow("s3:*", MAPS, principal=principal)
    denying = deny("s3:*", MAPS, principal=principal)
    verdicts = {}
    for name, policy in (("grant", granting), ("deny", denying)):
        found = equivalent(policy, NOTHING, as_=as_)
        verdicts[name] = [decision.verdict for decision in found.decisions]

    assert verdicts == {
        "grant": [Verdict.ALLOWED, Verdict.IMPLICIT_DENY],
        "deny": [Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY],
    }
    assert equivalent(granting, add(granting, granting), as_=as_)


def open_to(principal, actions="s3:*", resources="*"):
    """A resource policy for one principal, or for several."""
    return allow(actions, resources, principal=principal)


def exempt(effect, *names):
    """A resource policy with NotPrincipal."""
    return statement(Effect=effect, NotPrincipal={"AWS": list(names)}, Action="s3:*", Resource="*")


ROLE = f"arn:aws:iam::{OWN}:role/audit"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/audit/ana"


@pytest.mark.parametrize(
    ("item", "other", "same"),
    [
        (open_to("*"), open_to({"AWS": "*"}), True),
        (open_to(OWN), open_to(f"arn:aws:iam::{OWN}:root"), True),
        (open_to([OWN, ANA]), open_to([ANA, OWN]), True),
        (open_to({"CanonicalUser": "ab" * 32}), NOTHING, True),
        (allow("s3:*"), NOTHING, True),
        (open_to([ROLE, SESSION]), open_to([SESSION, ROLE]), True),
        (open_to("*"), open_to(OWN), False),
        (open_to(OWN), open_to(FOREIGN), False),
        (open_to(OWN), open_to(ANA), False),
        (open_to(ANA), open_to(f"arn:aws:iam::{OWN}:user/ben"), False),
        (open_to(ROLE), open_to(SESSION), False),
        (open_to(FOREIGN), open_to([FOREIGN, OWN]), False),
        (open_to("ec2.amazonaws.com"), open_to("sns.amazonaws.com"), False),
        (open_to("AIDA" + "Q" * 17), NOTHING, False),
        (open_to("AROA" + "Q" * 17), open_to("AROA" + "R" * 17), False),
        (exempt("Deny", ANA, OWN), exempt("Deny", OWN), False),
        (exempt("Deny", ANA), deny("s3:*", principal="*"), False),
        (exempt("Allow", ANA), open_to("*"), False),
        (trust(OWN), trust(FOREIGN), False),
        (trust("accounts.google.com"), NOTHING, True),  # who uses another action
        (trust("ec2.amazonaws.com"), trust("lambda.amazonaws.com"), False),
        (
            allow("sts:AssumeRoleWithWebIdentity", None, principal="accounts.google.com"),
            *(NOTHING, False),
        ),
        (allow("sts:*", None, principal=f"arn:aws:iam::{OWN}:saml-provider/x"), NOTHING, False),
        (open_to("*", "ecr:*", None), NOTHING, False),
    ],
)
def test_resource_based_policies_can_differ_in_their_principals(item, other, same):
    """And in how directly."""
    assert bool(equivalent(item, other, as_="resource")) is same
    assert bool(equivalent(other, item, as_="resource")) is same


def test_an_rcp_is_tried_on_what_rcps_protect():
    """Of other services and of no resource in particular it does not speak."""
    everything = allow("*", principal="*")

    assert not equivalent(everything, NOTHING, as_="rcp")
    assert equivalent(open_to("*", "ec2:*"), NOTHING, as_="rcp")


def test_other_partitions_are_tried_by_their_own_users():
    """Nobody of another partition reaches a resource."""
    assert not equivalent(allow(GET, "arn:aws-cn:s3:::maps"), NOTHING)
    assert equivalent(allow(GET, "arn:" + "a" * 64 + ":s3:::maps"), NOTHING)  # IAM refuses it


@settings(max_examples=tries(60))
@given(POLICIES)
def test_a_policy_is_equivalent_to_its_short_form(policy):
    """As an identity-based policy, and as a resource-based one."""
    for as_ in ("identity", "resource"):
        assert equivalent(policy, minimize(policy), as_=as_, most=5_000)


@settings(max_examples=tries(60))
@given(POLICIES, POLICIES)
def test_equivalence_has_two_ends(item, other):
    """Both ways round the answer is the same, and a witness is a real one."""
    there, back = equivalent(item, other), equivalent(other, item)

    assert bool(there) is bool(back)
    if not there:
        first, second = there.decisions
        assert evaluate(there.witness, first.layers).verdict is first.verdict
        assert evaluate(there.witness, second.layers).verdict is second.verdict
        assert first.verdict is not second.verdict


@settings(max_examples=tries(60))
@given(QUESTIONS, QUESTIONS)
def test_random_policies_are_equivalent_to_their_short_forms(question, more):
    """Even two of them put together."""
    made = [Policy.parse(item) for item in (*question["identity"], *more["identity"])]
    both = NOTHING
    for policy in made:
        if policy.version == both.version:
            both = add(both, policy)

    assert equivalent(both, minimize(both), most=5_000)


def test_a_random_choice_is_not_a_proof():
    """And says so; the same choice each time."""
    keys = {f"aws:PrincipalTag/t{number}": "x" for number in range(20)}
    policy = allow("s3:*", when={"StringEquals": keys})
    found = equivalent(policy, policy, most=50)

    assert found
    assert not found.exhaustive
    assert found.checked <= 50
    assert found == equivalent(policy, policy, most=50)
    assert str(found) == f"No difference in {found.checked} requests, chosen at random."


def test_too_many_callers_or_samples_prove_nothing(monkeypatch):
    """Whatever was left out might have made the difference."""
    policy = open_to([ANA, ROLE])
    monkeypatch.setattr(equivalence, "MOST_PEOPLE", 3)
    assert not equivalent(policy, policy, as_="resource").exhaustive
    monkeypatch.setattr(request_kinds, "MOST_MATCHES", 0)
    many = allow(GET, [f"{S3}b{number}/*" for number in range(20)])
    found = equivalent(many, many)

    assert found
    assert not found.exhaustive


def test_the_answer_in_words():
    """With the context where there is one."""
    assert (
        str(Equivalence(None, 1, exhaustive=True))
        == "No difference in 1 request, one of each kind."
    )
    found = equivalent(when("StringEquals", "aws:username", "ana"), NOTHING)
    assert found.because == (
        "arn:aws:iam::111122223333:user/somebody asks for s3:GetObject on "
        "arn:aws:other:::something-else (aws:username = ana). "
        "First: ✓ allowed by policy/#1. Second: ○ implicit deny."
    )
    assert found.witness.context == {"aws:username": "ana"}
    assert equivalent(NOTHING, NOTHING).witness is None


def test_an_action_with_rules_of_its_own_stands_for_no_other():
    """Everybody may ask who he is, so that would show no difference."""
    assert not equivalent(allow("sts:Get*"), NOTHING)
    assert equivalent(allow("sts:GetCallerIdentity"), NOTHING)
    assert not equivalent(deny("sts:GetSessionToken"), NOTHING)


def test_odd_texts_of_a_policy_cannot_be_asked_for():
    """They are left out."""
    huge = "x" * 70_000
    policy = allow(
        ["s3:GetObject", "s3:ärger", "ärger:*"],
        ["*", f"{S3}{huge}"],
        when={"StringEquals": {"": "a", huge: "b", "aws:username": ["a", huge]}},
    )

    assert equivalent(policy, policy)
    assert len(kinds_of_requests(policy.statements)) == 2


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"as_": "bucket"}, "no policy type 'bucket'.*identity"),
        (
            {"policy": Policy.parse({"Statement": [{"Effect": "Deny", "Action": []}] * 1001})},
            "1001",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments, complaint):
    """With the reason."""
    with pytest.raises(RequestError, match=complaint):
        equivalent(**{"policy": NOTHING, "other": NOTHING} | arguments)
