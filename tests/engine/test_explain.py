"""Why: the Allow that came nearest, the rungs, and what any policy misses."""

from dataclasses import replace

import pytest

from iamlab import ANONYMOUS, Layers, RequestError, Verdict, evaluate
from iamlab.engine.evaluate import read
from iamlab.engine.explain import ABSENT, nearest_miss
from iamlab.engine.grants import Grant
from iamlab.engine.layers import Place
from iamlab.engine.matching import mismatches
from iamlab.engine.principals import PrincipalMatch
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.engine.rules import AWS_RULES
from iamlab.policy.statement import Statement
from tests.engine.making import (
    ANA,
    DENY,
    DEV,
    DEV_1,
    EC2,
    EC2_ONLY,
    EVE,
    EVERYTHING,
    FOREIGN,
    GET,
    GOOGLE,
    GUEST,
    KEY,
    LINKED,
    OBJECT,
    OWN,
    ROLE,
    ROOT,
    SAML,
    TEAM,
    ask,
    policy,
    resource_policy,
    trust_policy,
)

# Nearest statements -----------------------------------------------------------------------------

NEAR = {
    "a condition": (
        {"aws:PrincipalTag/team": "sea"},
        TEAM,
        'Condition StringEquals aws:PrincipalTag/team: expected "sky", the request has "sea"',
    ),
    "a missing key": (
        {},
        TEAM,
        'Condition StringEquals aws:PrincipalTag/team: expected "sky", the request has no such key',
    ),
    "several values": (
        {"aws:TagKeys": ["a", "b"]},
        {"Condition": {"ForAllValues:StringLike": {"aws:TagKeys": ["c", "d"]}}},
        (
            'Condition ForAllValues:StringLike aws:TagKeys: expected "c" or "d",'
            ' the request has "a" and "b"'
        ),
    ),
    "many values": (
        {"s3:prefix": "x"},
        {"Condition": {"StringEquals": {"s3:prefix": list("abcdef")}}},
        (
            'Condition StringEquals s3:prefix: expected "a" or "b" or "c" or "d" or 2 more,'
            ' the request has "x"'
        ),
    ),
    "a negated operator": (
        {"s3:prefix": "x"},
        {"Condition": {"StringNotEquals": {"s3:prefix": ["x", "y"]}}},
        'Condition StringNotEquals s3:prefix: expected none of "x" or "y", the request has "x"',
    ),
    "no set operator": (
        {"aws:TagKeys": "a"},
        {"Condition": {"StringEquals": {"aws:TagKeys": "a"}}},
        (
            "Condition StringEquals aws:TagKeys: the key has several values;"
            " without ForAllValues or ForAnyValue it never matches"
        ),
    ),
    "null of a key with several values": (
        {"aws:TagKeys": ["a"]},
        {"Condition": {"Null": {"aws:TagKeys": "true"}}},
        'Condition Null aws:TagKeys: expected "true", the request has "a"',
    ),
    "an empty list": (
        {"s3:prefix": "x"},
        {"Condition": {"StringEquals": {"s3:prefix": []}}},
        'Condition StringEquals s3:prefix: expected nothing (an empty list), the request has "x"',
    ),
    "a variable": (
        {"s3:prefix": "x", "aws:username": "ana"},
        {"Condition": {"StringLike": {"s3:prefix": "${aws:username}/*"}}},
        'Condition StringLike s3:prefix: expected "ana/*", the request has "x"',
    ),
    "the resource": (
        {},
        {"Resource": "arn:aws:s3:::other/*"},
        f'Resource: expected "arn:aws:s3:::other/*", the request has "{OBJECT}"',
    ),
    "no resource": (
        {},
        {"Resource": None},
        "Resource: a statement must name resources",
    ),
    "an exempt resource": (
        {},
        {"Resource": None, "NotResource": "arn:aws:s3:::bk/*"},
        f"NotResource: it exempts {OBJECT}",
    ),
    "the action": (
        {},
        {"Action": "s3:Put*"},
        f'Action: expected "s3:Put*", the request has "{GET}"',
    ),
    "an exempt action": (
        {},
        {"Action": None, "NotAction": "s3:*"},
        f"NotAction: it exempts {GET}",
    ),
    "a principal in an identity policy": (
        {},
        {"Principal": "*"},
        "Principal: only resource-based policies can have it",
    ),
}


@pytest.mark.parametrize(("context", "statement", "wanted"), NEAR.values(), ids=NEAR)
def test_a_miss_names_the_element_with_both_values(context, statement, wanted):
    """What the statement wanted, what the request has; the same in the steps."""
    decision = evaluate(ask(context=context), Layers([policy(statement, name="near")]))
    steps = {step.layer: step for step in decision.steps}
    (reading,) = steps["identity"].statements

    assert decision.nearest_miss == f"Nearest statement: near/#1. {wanted}."
    assert [str(mismatch) for mismatch in reading.mismatches] == [wanted]
    assert reading.text == repr(reading) == f"Allow near/#1 doesn't match. {wanted}."
    assert f"Nearest statement: near/#1. {wanted}." in decision.explain()


RESOURCE_MISSES = {
    "another user": (
        ask(),
        {"Principal": {"AWS": [f"arn:aws:iam::{OWN}:user/bob"]}},
        f'Principal: expected "arn:aws:iam::{OWN}:user/bob", the request has "{ANA}"',
    ),
    "nobody": (
        ask(),
        {"Principal": None},
        "Principal: a resource-based policy must name a principal",
    ),
    "all but the caller": (
        ask(),
        {"Principal": None, "NotPrincipal": {"AWS": ANA}},
        "NotPrincipal: it exempts the caller",
    ),
    "everybody, for who comes from a provider": (
        ask(SAML, "sts:AssumeRoleWithSAML", ROLE),
        {"Resource": None, "Action": "sts:*", "Principal": {"AWS": "*"}},
        "Principal: users of an identity provider must be named under Federated",
    ),
    "a canonical user ID, which S3 never keeps": (
        ask(),
        {"Principal": {"CanonicalUser": "0a" * 32}},
        ("Principal: S3 replaces a canonical user ID with its account; write the account"),
    ),
    "another kind of caller": (
        ask(action="sts:AssumeRoleWithSAML", resource=ROLE),
        {"Resource": None, "Action": "sts:*", "Principal": {"AWS": "*"}},
        "Principal: this type of caller can't use sts:AssumeRoleWithSAML",
    ),
}


@pytest.mark.parametrize(
    ("request_", "statement", "wanted"), RESOURCE_MISSES.values(), ids=RESOURCE_MISSES
)
def test_a_miss_of_a_resource_policy_names_who_is_meant(request_, statement, wanted):
    """It also says so for no principal, for an exempt caller, and for another kind of match."""
    decision = evaluate(request_, Layers(resource=resource_policy(statement)))

    assert decision.nearest_miss == f"Nearest statement: bucket/#1. {wanted}."


def test_a_gateway_endpoint_says_why_an_account_is_not_its_user():
    """It is the account's root user alone."""
    endpoint = resource_policy({"Principal": {"AWS": OWN}}, name="gateway")
    decision = evaluate(ask(), Layers([EVERYTHING], endpoint=endpoint))

    assert decision.nearest_miss == (
        "Nearest statement: gateway/#1. Principal:"
        " in the policy of a gateway endpoint, an account means only its root user."
    )


def test_a_trust_policy_may_have_no_resource():
    """The statement matches nobody, and says why."""
    request = ask(action="sts:AssumeRole", resource=ROLE)
    decision = evaluate(request, Layers(resource=resource_policy({}, name="trust")))

    assert (
        decision.nearest_miss
        == "Nearest statement: trust/#1. Resource: a trust policy can't have it."
    )


def test_only_registries_leave_the_resource_out_of_their_policies():
    """An ECR repository policy needs no Resource; elsewhere a statement needs one."""
    repository = f"arn:aws:ecr:eu-west-1:{OWN}:repository/r"
    layers = Layers(resource=resource_policy({"Resource": None}))

    for path in (evaluate, read):
        assert path(ask(action="ecr:GetAuthorizationToken", resource=repository), layers)
        assert not path(ask(), layers)


def test_the_nearest_miss_is_the_one_that_misses_least():
    """A condition is nearer than a resource, a resource nearer than an action, a name farthest."""
    identity = policy(
        {"Sid": "Action", "Action": "s3:Put*"},
        {"Sid": "Resource", "Resource": "arn:aws:s3:::other"},
        {"Sid": "Condition"} | TEAM,
        {"Sid": "Deny", "Effect": "Deny", "Action": "ec2:*"},
        name="near",
    )
    layers = Layers([identity], resource_policy({"Principal": {"AWS": FOREIGN}}))
    order = []
    for _ in range(3):
        decision = evaluate(ask(), layers)
        order.append(decision.nearest_miss.split()[2])
        kept = [
            statement
            for statement in layers.identity[0].policy.statements
            if f"near/{statement.sid}." != order[-1]
        ]
        layers = replace(layers, identity=[replace(identity, statements=tuple(kept))])

    assert order == ["near/Condition.", "near/Resource.", "near/Action."]
    assert evaluate(ask(), layers).nearest_miss.split()[2] == "bucket/#1."


def test_where_a_ceiling_cuts_the_nearest_miss_is_in_the_ceiling():
    """What is granted already need not come nearer."""
    put_only = policy({"Action": "s3:Put*"}, name="put-only")
    decision = evaluate(ask(), Layers([EVERYTHING, policy(TEAM, name="other")], boundary=put_only))

    assert decision.nearest_miss.startswith("Nearest statement: put-only/#1. Action:")


def test_nothing_comes_near_without_an_allow():
    """No Allow statement anywhere; or the verdict is not an implicit deny."""
    assert evaluate(ask(), Layers()).nearest_miss == ""
    unrelated = policy({"Effect": "Deny", "Action": "ec2:*"})
    assert evaluate(ask(), Layers([unrelated])).nearest_miss == ""
    assert nearest_miss(evaluate(ask(), Layers([DENY, EC2_ONLY]))) == ""
    assert nearest_miss(evaluate(ask(), Layers([EVERYTHING, EC2_ONLY]))) == ""


def test_an_allow_with_two_mismatches_is_not_near():
    """Nothing is said about it, neither as a sentence nor in the sixth answer."""
    far = policy(TEAM | {"Action": "s3:Put*"}, {"Resource": "arn:aws:s3:::other"} | TEAM)
    decision = evaluate(ask(), Layers([far]))

    assert decision.nearest_miss == ""
    assert "Nearest statement" not in decision.explain()


def test_an_action_of_another_service_is_not_near():
    """IAMReadOnlyAccess has nothing to do with S3, although its Resource is a star."""
    assert evaluate(ask(), Layers([EC2_ONLY])).nearest_miss == ""
    assert evaluate(ask(), Layers([policy({"Action": ["ec2:*", "S3:Put*"]})])).nearest_miss


def test_the_nearest_miss_is_on_the_side_that_is_missing():
    """Between accounts, when identity has allowed, only the resource policy can come nearer."""
    identity = policy({}, {"Sid": "Useless"} | TEAM, name="identity")
    other = resource_policy({"Principal": {"AWS": f"arn:aws:iam::{OWN}:user/bob"}})
    decision = evaluate(ask(resource_account=FOREIGN), Layers([identity], other))

    assert decision.blocked_by == {"resource"}
    assert decision.nearest_miss.startswith("Nearest statement: bucket/#1.")


def test_a_public_policy_that_is_blocked_misses_by_that():
    """However well it fits otherwise; a Deny of it still denies."""
    blocked = PublicAccessBlock(restrict_public_buckets=True)
    stranger = ask(ANONYMOUS, resource_account=OWN)
    decision = evaluate(stranger, Layers(resource=resource_policy({}), public_access_block=blocked))
    note = "the bucket policy is public, and RestrictPublicBuckets blocks callers of other accounts"

    assert decision.nearest_miss == f"Nearest statement: bucket/#1. Block Public Access: {note}."
    steps = {step.layer: step for step in decision.steps}
    assert steps["resource"].reason == f"No Allow has an effect: {note}."
    both = resource_policy({}, {"Effect": "Deny"})
    decision = evaluate(stranger, Layers(resource=both, public_access_block=blocked))
    assert [hit.address for hit in decision.determining] == ["bucket/#2"]


def test_the_nearest_miss_of_a_ceiling_is_in_a_level_that_is_shut():
    """The levels that allow have nothing to do with it."""
    open_ = policy({}, {"Sid": "Useless"} | TEAM, name="open")
    far = policy({"Action": "s3:Put*"}, name="far")
    layers = Layers([EVERYTHING], scp=[[open_], [far], [open_]])

    assert evaluate(ask(), layers).nearest_miss.startswith("Nearest statement: far/#1. Action:")


def test_a_grant_may_come_nearest():
    """For a key it is as good as its policy."""
    request = ask(action="kms:Decrypt", resource=KEY, context={"kms:EncryptionContext:a": "1"})
    grant = Grant(ANA, ["Decrypt"], {"encryption_context_subset": {"a": "2"}}, name="for ana")
    decision = evaluate(request, Layers(grant=[grant]))

    assert decision.nearest_miss == (
        "Nearest statement: for ana/#1. Condition StringEquals kms:EncryptionContext:a:"
        ' expected "2", the request has "1".'
    )


# Rungs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ABSENT)
def test_a_layer_that_is_not_there_says_so(layer):
    """In a word, with a dash as its symbol."""
    step = {step.layer: step for step in evaluate(ask(), Layers()).steps}[layer]

    assert (step.result, step.symbol, step.statements) == ("absent", "–", ())
    assert step.reason == f"{ABSENT[layer]}."
    assert step.is_plain


def test_the_words_for_layers_that_are_not_there():
    """VPC is written VPC."""
    assert ABSENT == {
        "rcp": "No resource control policy",
        "scp": "No service control policy",
        "endpoint": "No VPC endpoint",
        "resource": "No resource-based policy",
        "identity": "No identity-based policy",
        "boundary": "No boundary",
        "session": "No session policy",
    }


REASONS = {
    "deny": (
        ask(),
        Layers([DENY]),
        "deny",
        "✕ deny: Denied by deny/No. A Deny overrides every Allow.",
    ),
    "no deny": (ask(), Layers([EVERYTHING]), "deny", "○ deny: No Deny statement matches."),
    "layer that denies": (ask(), Layers([DENY]), "identity", "✕ identity: deny/No denies."),
    "layer that denies and allows": (
        ask(),
        Layers([EVERYTHING, DENY]),
        "identity",
        "✕ identity: deny/No denies; everything/#1 would have allowed it.",
    ),
    "identity allows": (
        ask(),
        Layers([EVERYTHING]),
        "identity",
        "✓ identity: everything/#1 allows.",
    ),
    "identity allows, in vain": (
        ask(),
        Layers([EVERYTHING], boundary=EC2_ONLY),
        "identity",
        "✓ identity: everything/#1 allows. That isn't enough.",
    ),
    "identity is silent": (
        ask(),
        Layers([EC2_ONLY]),
        "identity",
        "○ identity: No Allow statement matches.",
    ),
    "boundary lets through": (
        ask(),
        Layers([EVERYTHING], boundary=EVERYTHING),
        "boundary",
        "✓ boundary: everything/#1 allows it, but a permissions boundary never grants.",
    ),
    "boundary cuts": (
        ask(),
        Layers([EVERYTHING], boundary=EC2_ONLY),
        "boundary",
        f"○ boundary: The permissions boundary doesn't allow {GET} and limits the grant.",
    ),
    "federated": (
        ask(GUEST),
        Layers([EVERYTHING]),
        "session",
        "○ session: No session policy was passed, so the federated user has no permissions.",
    ),
    "one level of several": (
        ask(),
        Layers([EVERYTHING], scp=[[EVERYTHING], [EC2_ONLY], [EC2_ONLY]]),
        "scp",
        (
            f"○ scp: The service control policy doesn't allow {GET} at level 2, 3 of 3"
            " and blocks the request."
        ),
    ),
    "the only level": (
        ask(),
        Layers([EVERYTHING], rcp=[[EC2_ONLY]]),
        "rcp",
        f"○ rcp: The resource control policy doesn't allow {GET} and blocks the request.",
    ),
    "every level lets through": (
        ask(),
        Layers([EVERYTHING], scp=[[EVERYTHING], [EC2_ONLY, policy({}, name="account")]]),
        "scp",
        (
            "✓ scp: everything/#1 and account/#1 allow it,"
            " but a service control policy never grants."
        ),
    ),
    "a level denies": (
        ask(),
        Layers([EVERYTHING], scp=[[EVERYTHING], [EVERYTHING, DENY]]),
        "scp",
        "✕ scp: deny/No denies; everything/#1 would have allowed it.",
    ),
    "a task policy only denies": (
        ask(ROOT),
        Layers(session=[EC2_ONLY]),
        "session",
        "✓ session: It doesn't deny. This session policy needs no Allow.",
    ),
    "a task policy denies": (
        ask(ROOT),
        Layers(session=[DENY]),
        "session",
        "✕ session: deny/No denies.",
    ),
    "endpoint cuts": (
        ask(),
        Layers([EVERYTHING], endpoint=EC2_ONLY),
        "endpoint",
        f"○ endpoint: The VPC endpoint policy doesn't allow {GET} and blocks the request.",
    ),
    "scope-down policy cuts": (
        ask(DEV_1),
        Layers([EVERYTHING], scoped=[EVERYTHING, EC2_ONLY]),
        "scoped",
        (
            f"○ scoped: The scope-down policy doesn't allow {GET} at level 2 of 2"
            " and blocks the request."
        ),
    ),
    "grant": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers(grant=[Grant(ANA, ["Decrypt"])]),
        "resource",
        "✓ resource: grant/#1 allows; it names the caller directly, or everybody.",
    ),
    "grant beside a key policy": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers(
            resource=resource_policy({"Principal": {"AWS": OWN}}, name="key"),
            grant=[Grant(ANA, ["Decrypt"])],
        ),
        "resource",
        (
            "✓ resource: key/#1 and grant/#1 allow;"
            " one of them names the caller directly, or everybody."
        ),
    ),
    "grant that is for something else": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers(grant=[Grant(ANA, ["Encrypt"])]),
        "resource",
        "○ resource: No Allow statement matches.",
    ),
    "a service has no side of its own": (
        ask(EC2, resource_account=OWN),
        Layers([EVERYTHING]),
        "identity",
        "– identity: An AWS service isn't a principal of an account.",
    ),
    "who does not sign has none either": (
        ask(ANONYMOUS, resource_account=OWN),
        Layers(scp=[[EVERYTHING]]),
        "scp",
        "– scp: An anonymous caller isn't a principal of an account.",
    ),
    "who comes from a provider has none either": (
        ask(GOOGLE, "sts:AssumeRoleWithWebIdentity", ROLE),
        Layers(session=[EVERYTHING]),
        "session",
        "– session: A user of an identity provider has no AWS identity yet.",
    ),
    "the root user": (
        ask(ROOT),
        Layers(boundary=EVERYTHING),
        "boundary",
        "– boundary: No policy can be attached to the root user.",
    ),
    "a service-linked role": (
        ask(LINKED),
        Layers([EVERYTHING], scp=[[EC2_ONLY]]),
        "scp",
        "– scp: It doesn't apply to service-linked roles.",
    ),
    "a service that RCPs don't apply to": (
        ask(action="iam:GetUser", resource=ANA),
        Layers([EVERYTHING], rcp=[[EC2_ONLY]]),
        "rcp",
        "– rcp: RCPs don't apply to iam.",
    ),
    "an action that RCPs don't apply to": (
        ask(action="kms:RetireGrant", resource=KEY),
        Layers([EVERYTHING], rcp=[[EC2_ONLY]]),
        "rcp",
        "– rcp: RCPs don't apply to kms:RetireGrant.",
    ),
    "a service and its service-linked role": (
        ask(EC2, "sts:AssumeRole", LINKED),
        Layers(rcp=[[EC2_ONLY]]),
        "rcp",
        "– rcp: RCPs never stop a service from assuming its service-linked role.",
    ),
    "an RCP and a call without a resource": (
        ask(action="s3:HeadBucket", resource="*"),
        Layers([EVERYTHING], rcp=[[EC2_ONLY]]),
        "rcp",
        "○ rcp: The resource control policy doesn't allow s3:HeadBucket and blocks the request.",
    ),
    "the root user mends the policy": (
        ask(ROOT, "s3:PutBucketPolicy", "arn:aws:s3:::bk"),
        Layers(resource=resource_policy({"Effect": "Deny"})),
        "resource",
        "– resource: The owner's root user can always fix this policy, whatever it denies.",
    ),
    "a trust policy, and a role that is passed on": (
        ask(action="iam:PassRole", resource=ROLE),
        Layers(resource=trust_policy({})),
        "resource",
        "– resource: A role's trust policy applies only to sts actions.",
    ),
    "logs": (
        ask(action="logs:PutLogEvents", resource=f"arn:aws:logs:eu-west-1:{OWN}:log-group:g"),
        Layers(resource=resource_policy({})),
        "resource",
        "– resource: Resource policies of logs apply only to AWS services.",
    ),
    "direct": (
        ask(DEV_1),
        Layers(resource=resource_policy({"Principal": {"AWS": DEV_1}})),
        "resource",
        "✓ resource: bucket/#1 allows; it names the caller directly, or everybody.",
    ),
    "indirect": (
        ask(DEV_1),
        Layers(resource=resource_policy({"Principal": {"AWS": DEV}})),
        "resource",
        "✓ resource: bucket/#1 allows; it names the role or user behind the caller.",
    ),
    "account": (
        ask(DEV_1),
        Layers(resource=resource_policy({"Principal": {"AWS": OWN}})),
        "resource",
        (
            "✓ resource: bucket/#1 allows; it names the account, so the caller's own policies must"
            " allow too."
        ),
    ),
}


@pytest.mark.parametrize(("request_", "layers", "layer", "wanted"), REASONS.values(), ids=REASONS)
def test_each_rung_has_its_reason(request_, layers, layer, wanted):
    """Symbol, layer and one sentence."""
    steps = {step.layer: step for step in evaluate(request_, layers).steps}

    assert str(steps[layer]) == wanted
    assert steps[layer].result != "absent" or not steps[layer].is_plain


@pytest.mark.parametrize("scoped", [(), (EVERYTHING,)])
def test_a_ninth_rung_is_there_when_the_credentials_are_scoped(scoped):
    """Deny, RCP, SCP, endpoint, resource, identity, boundary, session; then perhaps scoped."""
    decision = evaluate(ask(), Layers([EVERYTHING], scoped=scoped))

    assert [step.layer for step in decision.steps] == [
        "deny",
        *ABSENT,
        *(["scoped"] if scoped else []),
    ]


# Missing granters -------------------------------------------------------------------------------

GRANTERS = {
    "inside one account": (ask(), Layers(), "identity"),
    "a role": (ask(action="sts:AssumeRole", resource=ROLE), Layers([EVERYTHING]), "resource"),
    "a role that trusts the account": (
        ask(action="sts:AssumeRole", resource=ROLE),
        Layers(resource=trust_policy({"Principal": {"AWS": OWN}})),
        "identity",
    ),
    "a key": (ask(action="kms:Decrypt", resource=KEY), Layers([EVERYTHING]), "resource"),
    "a key that trusts the account": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers(resource=resource_policy({"Principal": {"AWS": OWN}})),
        "identity",
    ),
    "another account": (ask(resource_account=FOREIGN), Layers([EVERYTHING]), "resource"),
    "another account that has spoken": (
        ask(resource_account=FOREIGN),
        Layers(resource=resource_policy({})),
        "identity",
    ),
    "a grant of another account": (
        ask(EVE, "kms:Decrypt", KEY),
        Layers(grant=[Grant(EVE, ["Decrypt"])]),
        "identity",
    ),
    "a service": (ask(EC2, resource_account=OWN), Layers(), "resource"),
    "the root user and a key": (ask(ROOT, "kms:Decrypt", KEY), Layers(), "resource"),
    "the root user abroad": (ask(ROOT, resource_account=FOREIGN), Layers(), "resource"),
    "assume root": (
        ask(action="sts:AssumeRoot", resource=f"arn:aws:iam::{FOREIGN}:root"),
        Layers(),
        "identity",
    ),
}


@pytest.mark.parametrize(("request_", "layers", "side"), GRANTERS.values(), ids=GRANTERS)
def test_the_side_that_had_to_allow_and_did_not_is_named(request_, layers, side):
    """The resource's, where it must speak and is silent; else the identity's."""
    decision = evaluate(request_, layers)

    assert decision.verdict is Verdict.IMPLICIT_DENY
    assert decision.trace.missing_granter == side
    assert decision.blocked_by == {side}


# Any policy -------------------------------------------------------------------------------------


def test_why_not_takes_the_address_of_a_statement_or_the_name_of_a_policy():
    """All that are called so, in whatever layer."""
    two = policy({"Sid": "First", "Action": "ec2:*"}, {"Action": "sqs:*"}, name="two")
    decision = evaluate(ask(), Layers([two, EC2_ONLY], boundary=EC2_ONLY))

    assert [match.address for match in decision.why_not("two/#2")] == ["two/#2"]
    assert [match.address for match in decision.why_not("two")] == ["two/First", "two/#2"]
    assert [match.layer for match in decision.why_not("ec2-only/#1")] == ["identity", "boundary"]
    (reading,) = decision.why_not("two/First")
    assert reading.text == (
        f'Allow two/First doesn\'t match. Action: expected "ec2:*", the request has "{GET}".'
    )


def test_why_not_of_what_is_not_there_names_what_is():
    """The nearest address, as a note."""
    decision = evaluate(ask(), Layers([EC2_ONLY]))

    with pytest.raises(RequestError, match="the name 'ec2-onyl/#1'") as caught:
        decision.why_not("ec2-onyl/#1")
    assert "ec2-only/#1" in caught.value.__notes__[0]
    with pytest.raises(RequestError):
        evaluate(ask(), Layers()).why_not("anything")


def test_why_not_holds_any_policy_against_the_request():
    """Also one that is not among the layers; it then is where its statements could be."""
    decision = evaluate(ask(), Layers())
    own = decision.why_not(policy({"Action": "s3:*"}, {"Action": "ec2:*"}, name="mine"))
    named, exempt = decision.why_not(
        resource_policy({}, {"Principal": None, "NotPrincipal": {"AWS": ANA}}, name="theirs")
    )

    assert [match.applies for match in own] == [True, False]
    assert [match.layer for match in own] == ["identity", "identity"]
    assert (named.layer, named.applies) == ("resource", True)
    assert (exempt.layer, exempt.applies) == ("resource", False)
    assert own[0].text == "Allow mine/#1 matches."


IN_PLACE = {
    "an RCP, when a role is assumed": (
        ask(action="sts:AssumeRole", resource=ROLE),
        {"rcp": [[resource_policy({}, name="it")]]},
    ),
    "a gateway endpoint that names the account": (
        ask(),
        {"endpoint": resource_policy({"Principal": {"AWS": OWN}}, name="it")},
    ),
    "a public bucket policy that is blocked": (
        ask(ANONYMOUS, resource_account=OWN),
        {
            "resource": resource_policy({}, name="it"),
            "public_access_block": PublicAccessBlock(restrict_public_buckets=True),
        },
    ),
}


@pytest.mark.parametrize(("request_", "layers"), IN_PLACE.values(), ids=IN_PLACE)
def test_why_not_says_the_same_of_a_policy_and_of_its_name(request_, layers):
    """A policy of these layers is held against the request where it is."""
    decision = evaluate(request_, Layers([EVERYTHING], **layers))
    (by_name,) = decision.why_not("it")
    (by_policy,) = decision.why_not(by_name.attached.policy)

    assert by_policy.text == by_name.text


def test_why_not_holds_a_single_statement_against_the_request():
    """It is called "statement"."""
    (statement,) = policy({"Sid": "Mine", "Resource": "arn:aws:s3:::other"}).statements
    (reading,) = evaluate(ask(), Layers()).why_not(statement)

    assert reading.address == "statement/Mine"
    assert [mismatch.element for mismatch in reading.mismatches] == ["Resource"]


def test_why_not_follows_the_rules_of_the_decision():
    """A wrong belief gives another answer."""
    anything = replace(AWS_RULES, action=lambda *_: True)
    (reading,) = evaluate(ask(), Layers(), anything).why_not(EC2_ONLY)

    assert reading.applies
    assert not evaluate(ask(), Layers()).why_not(EC2_ONLY)[0].applies


def test_why_not_knows_whether_the_caller_has_a_boundary():
    """NotPrincipal exempts no principal with a boundary."""
    exempt = resource_policy(
        {"Effect": "Deny", "Principal": None, "NotPrincipal": {"AWS": [ANA, ROOT]}}
    )
    bounded = evaluate(ask(), Layers(boundary=EVERYTHING))

    assert bounded.why_not(exempt)[0].applies
    assert not evaluate(ask(), Layers()).why_not(exempt)[0].applies


def test_a_statement_without_any_action_applies_to_nothing():
    """No document has one; one that is made by hand matches nothing either."""
    bare = Statement(effect="Allow", number=1, resource=("*",))

    (mismatch,) = mismatches(bare, ask(), Place("identity"), AWS_RULES, PrincipalMatch.NOT)
    assert mismatch.element == "NotAction"


def test_a_reading_says_whether_it_applies_and_if_not_why():
    """One line for each statement: its effect and name, and all that missed."""
    both = policy(
        {"Sid": "Yes", "Action": "s3:*"},
        {"Sid": "No", "Effect": "Deny", "Action": "ec2:*", "Resource": "arn:aws:s3:::other"},
        name="two",
    )
    yes, no = evaluate(ask(), Layers([both])).steps[5].statements

    assert yes.text == "Allow two/Yes matches."
    assert no.text == (
        "Deny two/No doesn't match. "
        f'Action: expected "ec2:*", the request has "{GET}";'
        f' Resource: expected "arn:aws:s3:::other", the request has "{OBJECT}".'
    )
    assert (str(yes), repr(no)) == ("two/Yes", no.text)


def test_a_resource_with_variables_is_shown_as_it_is_read():
    """Filled in where the values are known; an unknown variable stays as it is written."""
    written = ["arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/${aws:userid}/*"]
    item = policy({"Resource": written}, name="home")
    decision = evaluate(ask(context={"aws:username": "ana"}), Layers([item]))

    assert decision.nearest_miss == (
        'Nearest statement: home/#1. Resource: expected "arn:aws:s3:::home/ana/*"'
        f' or "arn:aws:s3:::home/${{aws:userid}}/*", the request has "{OBJECT}".'
    )
