"""Statements that AWS would refuse to save: void, and said first."""

import pytest

from iamlab import AttachedPolicy, Layers, Policy, Verdict, evaluate
from iamlab.engine.matrix import ResourceFacts, evaluate_matrix
from iamlab.engine.refused_statements import refused_in
from tests.engine.making import (
    ANA,
    AWS_MANAGED,
    EC2,
    EVERYTHING,
    GET,
    KEY,
    OBJECT,
    ROLE,
    ask,
    policy,
    resource_policy,
    trust_policy,
)
from tests.rows import each_row

DENY = {"Effect": "Deny"}
OFFICE = {"Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/33"}}}
DAY = {"Condition": {"DateNotEquals": {"aws:CurrentTime": "someday"}}}

VOID = {
    "an action without a service": ({"Action": ["s3*", GET]}, "prefaced by a vendor"),
    "two colons": ({"Action": ["s3::GetObject", GET]}, "only one colon"),
    "NotAction without a service": ({"Action": None, "NotAction": ["s3*"]}, "vendor"),
    "no action": ({"Action": None, "NotAction": []}, "must contain actions"),
    "no resource": ({"Resource": None}, "must contain resources"),
    "a name as resource": ({"Resource": ["bk", "*"]}, "must be in ARN format"),
    "a name as NotResource": ({"Resource": None, "NotResource": ["x"]}, "must be in ARN format"),
    "a bucket with a Region": ({"Resource": ["arn:aws:s3:eu-west-1::bk/*", "*"]}, "region"),
    "another partition": ({"Resource": ["arn:awss:s3:::bk/*", "*"]}, "Partition"),
    "a Principal": ({"Principal": "*"}, "should not specify a principal"),
    "a range that is none": (OFFICE, "Syntax errors"),
    "a date that is none": (DAY, "legacy parsing"),
}


@each_row(("statement", "words"), VOID.values(), ids=VOID)
def test_a_refused_statement_of_an_identity_policy_is_void(statement, words):
    """Allow and Deny, on every path; AWS's answer is the first thing that the decision says."""
    allowed = evaluate(ask(), Layers([policy(statement, name="guard")]))
    denied = evaluate(ask(), Layers([EVERYTHING, policy(DENY | statement, name="guard")]))
    matrix = evaluate_matrix(
        [(ANA, Layers([EVERYTHING, policy(DENY | statement)]), {})], [(GET, OBJECT)]
    )

    assert allowed.verdict is Verdict.IMPLICIT_DENY
    assert denied.verdict is Verdict.ALLOWED
    assert matrix.allowed(0, 0)
    assert denied.assumed[0].startswith("AWS would not save policy guard, statement 1: Malformed")
    assert words in denied.assumed[0]
    assert denied.assumed[0].endswith("This Deny has no effect here.")
    assert allowed.assumed[0].endswith("It has no effect here.")


@pytest.mark.parametrize("layer", ["boundary", "session", "scp", "scoped"])
def test_every_layer_of_the_callers_side_is_checked(layer):
    """A void Deny in a ceiling denies nothing, and is said."""
    void = policy({}, DENY | {"Action": "s3*"}, name="guard")
    layers = {"boundary": void, "session": [void], "scp": [[void]], "scoped": [void]}
    decision = evaluate(ask(), Layers([EVERYTHING], **{layer: layers[layer]}))

    assert decision
    assert [(refused.layer, refused.statement.number) for refused in decision.refused] == [
        (layer, 2)
    ]


TRUST = {
    "a Resource": {"Resource": "*"},
    "an action of another service": {"Action": ["sts:AssumeRole", "s3:GetObject"]},
    "every action": {"Action": "*"},
    "NotAction": {"Action": None, "NotAction": "sts:TagSession"},
    "NotPrincipal": {"Principal": None, "NotPrincipal": {"AWS": f"{ANA}x"}},
    "a bare star": {"Principal": "*"},
    "a group": {"Principal": {"AWS": [ANA, "arn:aws:iam::111122223333:group/g"]}},
}


@pytest.mark.parametrize("statement", TRUST.values(), ids=TRUST)
def test_a_refused_statement_of_a_trust_policy_is_void(statement):
    """What the same statement without the defect would allow, it doesn't."""
    request = ask(action="sts:AssumeRole", resource=ROLE)
    decision = evaluate(request, Layers([EVERYTHING], trust_policy(statement)))

    assert evaluate(request, Layers([EVERYTHING], trust_policy({})))
    assert not decision
    assert [refused.is_void for refused in decision.refused] == [True]


RESOURCE = {
    "no Principal": {"Principal": None},
    "an ARN without its type": {"Principal": "arn:aws:iam::111122223333:user/ana"},
    "a user with a star": {"Principal": {"AWS": ["*", "arn:aws:iam::111122223333:user/*"]}},
    "any service": {"Principal": {"AWS": "*", "Service": "*"}},
}


@pytest.mark.parametrize("statement", RESOURCE.values(), ids=RESOURCE)
def test_a_refused_statement_of_a_resource_policy_is_void(statement):
    """Also where only one of several principals is wrong."""
    decision = evaluate(ask(), Layers(resource=resource_policy({}, DENY | statement)))

    assert decision
    assert decision.assumed[0].endswith("This Deny has no effect here.")


def test_an_rcp_needs_everybody_and_actions_of_services_with_rcps():
    """AWS's own RCPFullAWSAccess is never named; a Deny of everything is refused."""
    full = resource_policy({}, name="RCPFullAWSAccess")
    everything = resource_policy(DENY, name="guard")
    of_s3 = resource_policy(DENY | {"Action": "s3:*"}, name="guard")
    void = evaluate(ask(), Layers([EVERYTHING], rcp=[[full, everything]]))

    assert void
    assert [refused.attached.policy.name for refused in void.refused] == ["guard"]
    denied = evaluate(ask(), Layers([EVERYTHING], rcp=[[full, of_s3]]))
    assert denied.verdict is Verdict.EXPLICIT_DENY
    assert denied.assumed == ()


def test_what_only_the_service_refuses_is_named_and_used():
    """S3 doesn't save actions of other services; the statement is clear all the same."""
    bucket = resource_policy(DENY | {"Action": ["s3:*", "ec2:*"]}, name="bucket")
    decision = evaluate(ask(), Layers([EVERYTHING], bucket))

    assert decision.verdict is Verdict.EXPLICIT_DENY
    assert decision.assumed == (
        (
            "AWS would not save policy bucket, statement 1: MalformedPolicy: "
            "Policy has invalid action. It is used here as it is written."
        ),
    )


@pytest.mark.parametrize(
    "layers",
    [
        Layers([EVERYTHING]),
        Layers([policy({}, version="2008-10-17")]),
        Layers([policy({"Sid": "Same"}, {"Sid": "Same"})]),
        Layers([policy(*[{"Action": "s3:*"}] * 400)]),
        Layers([AttachedPolicy(policy({"Action": "s3*"}, {}), AWS_MANAGED)]),
    ],
    ids=["plain", "older version", "a Sid twice", "too large", "AWS's own"],
)
def test_what_says_nothing_about_a_statement_is_not_said(layers):
    """Sizes and versions differ between accounts and times; AWS saves its own policies."""
    assert evaluate(ask(), layers)
    assert evaluate(ask(), layers).assumed == ()


def test_the_rules_of_a_service_are_those_of_the_resource():
    """Whatever the action; a resource that isn't an ARN has the rules of the action's service."""
    layers = Layers(resource=resource_policy({"Action": "kms:*", "Resource": "*"}))
    key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    queue = "arn:aws:sqs:us-east-1:111122223333:jobs"

    assert refused_in(layers, "sqs:DeleteMessage", key) == ()
    assert refused_in(layers, "kms:Decrypt", key) == ()
    assert refused_in(layers, "kms:Decrypt", queue) != ()
    assert refused_in(layers, "sqs:DeleteMessage", "jobs") != ()


def test_a_policy_of_a_resource_is_named_as_what_it_is():
    """Not as policy policy of door."""
    bad = policy({"Action": "s3*"}, name="policy of door")

    assert (
        evaluate(ask(), Layers([bad]))
        .assumed[0]
        .startswith("AWS would not save the policy of door, statement 1")
    )


def test_a_layer_that_does_not_apply_says_nothing():
    """A root user has no identity policies, and a service has no SCP."""
    void = policy(DENY | {"Action": "s3*"})
    decision = evaluate(ask(EC2, resource_account="111122223333"), Layers([void], scp=[[void]]))

    assert decision.refused == ()
    assert len(refused_in(decision.layers, GET)) == 2


def test_no_deny_matches_is_never_said_alone():
    """If AWS refused a Deny, the explanation says so first, and where it looks for a Deny."""
    guard = policy({}, DENY | {"Action": "s3*", "Sid": "Guard"}, name="guard")
    decision = evaluate(ask(), Layers([guard]))
    text = decision.explain().split("\n")
    first = "AWS would not save policy guard, statement 2: MalformedPolicyDocument: "

    assert text[0].startswith(f"✕ {first}")
    assert decision.steps[0].reason.startswith(first)
    assert decision.steps[0].reason.endswith("No other Deny statement matches.")
    assert decision.trace.refused == decision.refused
    assert "AWS would not save it" in decision.why_not("guard/Guard")[0].why_not
    assert decision.to_dict()["refused"] == [
        {
            "layer": "identity",
            "policy": "guard",
            "statement": 2,
            "effect": "Deny",
            "error": decision.refused[0].refusal.what,
            "void": True,
        }
    ]


def test_void_denies_come_before_everything_else():
    """Then other refused statements, then the assumptions."""
    layers = Layers(
        [policy({"Action": "s3*"}, name="first"), policy(DENY | {"Action": "s3*"}, name="second")]
    )
    decision = evaluate(ask(), layers).assuming(["It rains."])

    assert [text.split(",")[0].split()[-1] for text in decision.assumed[:2]] == ["second", "first"]
    assert decision.assumed[2] == "It rains."


def test_a_matrix_and_a_decision_agree_about_void_statements_of_resources():
    """A key policy without a Principal, and a trust policy with a Resource."""
    pairs = [("kms:Decrypt", KEY), ("sts:AssumeRole", ROLE)]
    void = {KEY: resource_policy({"Principal": None}), ROLE: resource_policy({})}
    matrix = evaluate_matrix(
        [(ANA, Layers([EVERYTHING]), {})],
        pairs,
        {arn: ResourceFacts(policy=void[arn]) for arn in void},
    )

    for number, (action, resource) in enumerate(pairs):
        decision = evaluate(
            ask(action=action, resource=resource), Layers([EVERYTHING], void[resource])
        )
        assert matrix.allowed(0, number) is bool(decision) is False


def test_a_policy_that_was_built_has_its_statements_named():
    """It has no text yet, and other numbers than those of a text."""
    built = Policy.deny("s3*")

    assert evaluate(ask(), Layers([EVERYTHING, built])).refused
