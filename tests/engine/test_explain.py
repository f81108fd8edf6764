"""Why: AWS's message, the statements that decided, the nearest miss, the rungs, other rules."""

import json
from dataclasses import replace

import pytest

from iamlab import ANONYMOUS, Layers, Policy, Request, Verdict, display, evaluate
from iamlab.engine import message as message_module
from iamlab.engine.decision import Decision
from iamlab.engine.explain import nearest_miss
from iamlab.engine.labels import QUESTIONS, as_text, labels
from iamlab.engine.layers import Attached
from iamlab.engine.matching import Place, applies, misses
from iamlab.engine.rules import AWS
from iamlab.engine.votes import Votes
from iamlab.policy.conditions import missing_key_default
from iamlab.policy.document import Statement

OWN, FOREIGN = "111122223333", "444455556666"
ANA = f"arn:aws:iam::{OWN}:user/ana"
DEV, DEV_1 = f"arn:aws:iam::{OWN}:role/dev", f"arn:aws:sts::{OWN}:assumed-role/dev/s1"
GUEST = f"arn:aws:sts::{OWN}:federated-user/guest"
ROOT = f"arn:aws:iam::{OWN}:root"
OBJECT = "arn:aws:s3:::bk/k"
KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/k"
GET = "s3:GetObject"
MANAGED = f"arn:aws:iam::{OWN}:policy/managed"


def policy(*statements, name="p"):
    """A policy of statements that allow everything where they say nothing else."""
    usual = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    made = [
        {key: value for key, value in (usual | one).items() if value is not None}
        for one in statements
    ]
    return Policy.parse({"Version": "2012-10-17", "Statement": made}, name=name)


def resource_policy(*statements, name="bucket"):
    """A resource policy that names everyone where it says nothing else."""
    return policy(*({"Principal": "*"} | one for one in statements), name=name)


def trust_policy(*statements):
    """A trust policy."""
    return resource_policy(*({"Resource": None} | one for one in statements), name="trust")


def ask(principal=ANA, action=GET, resource=OBJECT, **more):
    """A request."""
    return Request(principal, action, resource, **more)


EVERYTHING = policy({}, name="everything")
EC2_ONLY = policy({"Action": "ec2:*"}, name="ec2-only")
DENY = policy({"Effect": "Deny", "Sid": "No"}, name="deny")
ROLE = f"arn:aws:iam::{OWN}:role/r"

# Messages ---------------------------------------------------------------------------------------

USER = f"User: {ANA} is not authorized to perform: {GET} on resource: {OBJECT}"
SESSION = f"User: {DEV_1} is not authorized to perform: {GET} on resource: {OBJECT}"
MESSAGES = {
    "identity": (
        ask(),
        Layers(),
        f"{USER} because no identity-based policy allows the {GET} action",
    ),
    "identity, explicit": (
        ask(),
        Layers([EVERYTHING, DENY]),
        f"{USER} with an explicit deny in an identity-based policy",
    ),
    "identity, explicit, managed": (
        ask(),
        Layers([Attached(DENY, MANAGED)]),
        f"{USER} with an explicit deny in an identity-based policy: {MANAGED}",
    ),
    "identity, implicit, managed": (
        ask(),
        Layers([Attached(EC2_ONLY, MANAGED)]),
        f"{USER} because no identity-based policy allows the {GET} action",
    ),
    "resource": (
        ask(ANONYMOUS, resource_account=OWN),
        Layers(),
        (
            f"User: anonymous is not authorized to perform: {GET} on resource: {OBJECT}"
            f" because no resource-based policy allows the {GET} action"
        ),
    ),
    "resource, explicit": (
        ask(),
        Layers([EVERYTHING], resource_policy({"Effect": "Deny"})),
        f"{USER} with an explicit deny in a resource-based policy",
    ),
    "resource, explicit, never with an ARN": (
        ask(),
        Layers([EVERYTHING], Attached(resource_policy({"Effect": "Deny"}), MANAGED)),
        f"{USER} with an explicit deny in a resource-based policy",
    ),
    "boundary": (
        ask(),
        Layers([EVERYTHING], boundary=Attached(EC2_ONLY, MANAGED)),
        f"{USER} because no permissions boundary allows the {GET} action",
    ),
    "boundary, explicit, managed": (
        ask(),
        Layers([EVERYTHING], boundary=Attached(DENY, MANAGED)),
        f"{USER} with an explicit deny in a permissions boundary: {MANAGED}",
    ),
    "boundary and identity missing": (
        ask(),
        Layers(boundary=EC2_ONLY),
        f"{USER} because no identity-based policy allows the {GET} action",
    ),
    "session": (
        ask(DEV_1),
        Layers([EVERYTHING], session=[EC2_ONLY]),
        f"{SESSION} because no session policy allows the {GET} action",
    ),
    "session, explicit, managed": (
        ask(DEV_1),
        Layers([EVERYTHING], session=[Attached(DENY, MANAGED)]),
        f"{SESSION} with an explicit deny in a session policy: {MANAGED}",
    ),
    "boundary before session": (
        ask(DEV_1),
        Layers([EVERYTHING], boundary=EC2_ONLY, session=[EC2_ONLY]),
        f"{SESSION} because no permissions boundary allows the {GET} action",
    ),
    "federated without session policy": (
        ask(GUEST, issuer=ANA),
        Layers([EVERYTHING]),
        (
            f"User: {GUEST} is not authorized to perform: {GET} on resource: {OBJECT}"
            f" because no session policy allows the {GET} action"
        ),
    ),
    "resource before identity, explicit": (
        ask(),
        Layers([Attached(DENY, MANAGED)], resource_policy({"Effect": "Deny"})),
        f"{USER} with an explicit deny in a resource-based policy",
    ),
    "no resource in particular": (
        ask(action="s3:ListAllMyBuckets", resource="*"),
        Layers(),
        (
            f"User: {ANA} is not authorized to perform: s3:ListAllMyBuckets"
            " because no identity-based policy allows the s3:ListAllMyBuckets action"
        ),
    ),
    "key policy silent": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers([EVERYTHING]),
        (
            f"User: {ANA} is not authorized to perform: kms:Decrypt on resource: {KEY}"
            " because no resource-based policy allows the kms:Decrypt action"
        ),
    ),
    "key policy names the account": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers(resource=resource_policy({"Principal": {"AWS": ROOT}})),
        (
            f"User: {ANA} is not authorized to perform: kms:Decrypt on resource: {KEY}"
            " because no identity-based policy allows the kms:Decrypt action"
        ),
    ),
    "another account": (
        ask(resource_account=FOREIGN),
        Layers([EVERYTHING]),
        USER,
    ),
    "another account, explicit": (
        ask(resource_account=FOREIGN),
        Layers([Attached(DENY, MANAGED)]),
        USER,
    ),
    "trust": (
        ask(action="sts:AssumeRole", resource=ROLE),
        Layers([EVERYTHING]),
        f"User: {ANA} is not authorized to perform: sts:AssumeRole on resource: {ROLE}",
    ),
    "root user and a role": (
        ask(ROOT, action="sts:AssumeRole", resource=ROLE),
        Layers(resource=trust_policy({})),
        "Roles may not be assumed by root accounts.",
    ),
    "root user and a role that denies": (
        ask(ROOT, action="sts:AssumeRole", resource=ROLE),
        Layers(resource=trust_policy({"Effect": "Deny"})),
        f"User: {ROOT} is not authorized to perform: sts:AssumeRole on resource: {ROLE}",
    ),
}


@pytest.mark.parametrize(("request_", "layers", "wanted"), MESSAGES.values(), ids=MESSAGES)
def test_a_denial_is_told_in_the_words_of_aws(request_, layers, wanted):
    """Each form of the page "Troubleshoot access denied error messages" that is in scope."""
    assert evaluate(request_, layers).message == wanted


TRUST = [
    (Layers([EVERYTHING]), " because no role trust policy allows the sts:AssumeRole action"),
    (
        Layers([EVERYTHING], trust_policy({"Effect": "Deny"})),
        " with an explicit deny in the role trust policy",
    ),
    (
        Layers(resource=trust_policy({"Principal": {"AWS": OWN}})),
        " because no identity-based policy allows the sts:AssumeRole action",
    ),
    (Layers([DENY], trust_policy({})), " with an explicit deny in an identity-based policy"),
]


@pytest.mark.parametrize(("layers", "reason"), TRUST)
def test_trust_denials_have_forms_of_their_own_on_the_page(monkeypatch, layers, reason):
    """One switch prints them; published denials of sts:AssumeRole carry no reason."""
    request = ask(action="sts:AssumeRole", resource=ROLE)
    plain = f"User: {ANA} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"

    assert evaluate(request, layers).message == plain
    monkeypatch.setattr(message_module, "TRUST_DENIALS_GIVE_A_REASON", True)
    assert evaluate(request, layers).message == plain + reason


# What decided -----------------------------------------------------------------------------------


def test_a_statement_is_addressed_by_sid_or_by_number():
    """``name/Sid``, or ``name/#2`` for the second without one."""
    both = policy({"Sid": "First"}, {}, {"Sid": ""}, name="readers")

    decision = evaluate(ask(), Layers([both]))

    addresses = [hit.address for hit in decision.determining]
    assert addresses == ["readers/First", "readers/#2", "readers/#3"]
    assert str(decision) == "✓ allowed by readers/First, readers/#2, readers/#3"
    assert repr(decision) == f"<Decision {decision}>"


def test_a_policy_without_a_name_is_called_policy():
    """An address is never empty."""
    decision = evaluate(ask(), Layers([policy({}, name="")]))

    assert [str(hit) for hit in decision.determining] == ["policy/#1"]
    assert "identity-based policy: unnamed" in decision.explain()


DETERMINING = {
    "one side is enough": (
        ask(),
        Layers([EVERYTHING], resource_policy({})),
        {"everything/#1", "bucket/#1"},
    ),
    "the account only lets identity policies speak": (
        ask(),
        Layers([EVERYTHING], resource_policy({"Principal": {"AWS": OWN}})),
        {"everything/#1"},
    ),
    "another account needs both": (
        ask(resource_account=FOREIGN),
        Layers([EVERYTHING], resource_policy({"Principal": {"AWS": OWN}})),
        {"everything/#1", "bucket/#1"},
    ),
    "a key needs its policy and the identity's": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers([EVERYTHING], resource_policy({"Principal": {"AWS": OWN}})),
        {"everything/#1", "bucket/#1"},
    ),
    "a cut grant is none": (
        ask(DEV_1),
        Layers(
            [EVERYTHING],
            resource_policy({"Principal": {"AWS": DEV_1}}, {"Principal": {"AWS": DEV}}),
            session=[EC2_ONLY],
        ),
        {"bucket/#1"},
    ),
    "the root user needs nobody": (ask(ROOT), Layers(resource=resource_policy({})), set()),
    "every deny counts": (
        ask(),
        Layers([DENY, EVERYTHING], resource_policy({"Effect": "Deny"}), boundary=DENY),
        {"deny/No", "bucket/#1"},
    ),
    "an implicit deny has none": (ask(), Layers([EC2_ONLY]), set()),
}


@pytest.mark.parametrize(("request_", "layers", "wanted"), DETERMINING.values(), ids=DETERMINING)
def test_the_determining_statements_are_those_that_were_enough(request_, layers, wanted):
    """Each in some smallest set of votes that carries the verdict."""
    assert {hit.address for hit in evaluate(request_, layers).determining} == wanted


BLOCKED = {
    "nobody grants": (ask(), Layers(), {"identity"}),
    "nobody grants, under a shut boundary": (ask(), Layers(boundary=EC2_ONLY), {"boundary"}),
    "two ceilings": (
        ask(DEV_1),
        Layers([EVERYTHING], boundary=EC2_ONLY, session=[EC2_ONLY]),
        {"boundary", "session"},
    ),
    "denies and shut ceilings": (
        ask(DEV_1),
        Layers([DENY], resource_policy({"Effect": "Deny"}), session=[EC2_ONLY]),
        {"identity", "resource", "session"},
    ),
    "another account, silent": (ask(resource_account=FOREIGN), Layers([EVERYTHING]), {"resource"}),
    "another account, spoken": (
        ask(resource_account=FOREIGN),
        Layers(resource=resource_policy({})),
        {"identity"},
    ),
    "federated without session policy": (ask(GUEST), Layers([EVERYTHING]), {"session"}),
    "allowed over a shut boundary": (
        ask(),
        Layers(resource=resource_policy({}), boundary=EC2_ONLY),
        set(),
    ),
}


@pytest.mark.parametrize(("request_", "layers", "wanted"), BLOCKED.values(), ids=BLOCKED)
def test_what_blocks_is_every_deny_and_every_shut_ceiling(request_, layers, wanted):
    """And if there is none of both, the granter that is missing."""
    assert evaluate(request_, layers).blocked_by == wanted


# Nearest misses ---------------------------------------------------------------------------------

TEAM = {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "sky"}}}
NEAR = {
    "a condition": (
        {"aws:PrincipalTag/team": "sea"},
        TEAM,
        'Condition StringEquals aws:PrincipalTag/team: wanted "sky", the request has "sea"',
    ),
    "a missing key": (
        {},
        TEAM,
        'Condition StringEquals aws:PrincipalTag/team: wanted "sky", the request has no such key',
    ),
    "several values": (
        {"aws:TagKeys": ["a", "b"]},
        {"Condition": {"ForAllValues:StringLike": {"aws:TagKeys": ["c", "d"]}}},
        (
            'Condition ForAllValues:StringLike aws:TagKeys: wanted "c" or "d",'
            ' the request has "a" and "b"'
        ),
    ),
    "many values": (
        {"s3:prefix": "x"},
        {"Condition": {"StringEquals": {"s3:prefix": list("abcdef")}}},
        (
            'Condition StringEquals s3:prefix: wanted "a" or "b" or "c" or "d" or 2 more,'
            ' the request has "x"'
        ),
    ),
    "a negated operator": (
        {"s3:prefix": "x"},
        {"Condition": {"StringNotEquals": {"s3:prefix": ["x", "y"]}}},
        'Condition StringNotEquals s3:prefix: wanted none of "x" or "y", the request has "x"',
    ),
    "no set operator": (
        {"aws:TagKeys": "a"},
        {"Condition": {"StringEquals": {"aws:TagKeys": "a"}}},
        (
            "Condition StringEquals aws:TagKeys: the key holds several values;"
            " without ForAllValues or ForAnyValue it never fits"
        ),
    ),
    "null of a key with several values": (
        {"aws:TagKeys": ["a"]},
        {"Condition": {"Null": {"aws:TagKeys": "true"}}},
        'Condition Null aws:TagKeys: wanted "true", the request has "a"',
    ),
    "an empty list": (
        {"s3:prefix": "x"},
        {"Condition": {"StringEquals": {"s3:prefix": []}}},
        'Condition StringEquals s3:prefix: wanted nothing (an empty list), the request has "x"',
    ),
    "a variable": (
        {"s3:prefix": "x", "aws:username": "ana"},
        {"Condition": {"StringLike": {"s3:prefix": "${aws:username}/*"}}},
        'Condition StringLike s3:prefix: wanted "${aws:username}/*", the request has "x"',
    ),
    "the resource": (
        {},
        {"Resource": "arn:aws:s3:::other/*"},
        f'Resource: wanted "arn:aws:s3:::other/*", the request has "{OBJECT}"',
    ),
    "no resource": (
        {},
        {"Resource": None},
        "Resource: a statement must name resources",
    ),
    "an empty list of resources": (
        {},
        {"Resource": []},
        f'Resource: wanted nothing (an empty list), the request has "{OBJECT}"',
    ),
    "a spared resource": (
        {},
        {"Resource": None, "NotResource": "arn:aws:s3:::bk/*"},
        f"NotResource: it spares {OBJECT}",
    ),
    "the action": ({}, {"Action": "s3:Put*"}, f'Action: wanted "s3:Put*", the request has "{GET}"'),
    "a spared action": (
        {},
        {"Action": None, "NotAction": "s3:*"},
        f"NotAction: it spares {GET}",
    ),
    "a principal in an identity policy": (
        {},
        {"Principal": "*"},
        "Principal: only resource policies may have one",
    ),
}


@pytest.mark.parametrize(("context", "statement", "wanted"), NEAR.values(), ids=NEAR)
def test_a_miss_names_the_element_with_both_values(context, statement, wanted):
    """What the statement wanted, what the request has; the same in the steps."""
    decision = evaluate(ask(context=context), Layers([policy(statement, name="near")]))
    steps = {step.layer: step for step in decision.steps}
    (reading,) = steps["identity"].statements

    assert decision.nearest_miss == f"near/#1 came nearest. {wanted}."
    assert [str(miss) for miss in reading.misses] == [wanted]
    assert str(reading) == f"Allow near/#1 does not apply. {wanted}"
    assert f"Nearest miss: near/#1. {wanted}." in decision.explain()


RESOURCE_MISSES = [
    (
        {"Principal": {"AWS": [f"arn:aws:iam::{OWN}:user/bob"]}},
        f'Principal: wanted "arn:aws:iam::{OWN}:user/bob", the request has "{ANA}"',
    ),
    ({"Principal": None}, "Principal: a resource policy must name somebody"),
    (
        {"Principal": None, "NotPrincipal": {"AWS": ANA}},
        "NotPrincipal: the caller is one of those it spares",
    ),
]


@pytest.mark.parametrize(("statement", "wanted"), RESOURCE_MISSES)
def test_a_miss_of_a_resource_policy_names_who_is_meant(statement, wanted):
    """And says so where nobody is, or where the caller is spared."""
    decision = evaluate(ask(), Layers(resource=resource_policy(statement)))

    assert decision.nearest_miss == f"bucket/#1 came nearest. {wanted}."


def test_a_trust_policy_may_have_no_resource():
    """The statement applies to nobody, and says why."""
    request = ask(action="sts:AssumeRole", resource=ROLE)
    decision = evaluate(request, Layers(resource=resource_policy({}, name="trust")))

    assert (
        decision.nearest_miss == "trust/#1 came nearest. Resource: a trust policy may not have one."
    )


def test_only_registries_leave_the_resource_out_of_their_policies():
    """An ECR repository policy hangs on its repository; elsewhere a statement needs a Resource."""
    repository = f"arn:aws:ecr:eu-west-1:{OWN}:repository/r"
    layers = Layers(resource=resource_policy({"Resource": None}))

    assert evaluate(ask(action="ecr:GetAuthorizationToken", resource=repository), layers)
    assert not evaluate(ask(), layers)


def test_the_nearest_miss_is_the_one_that_misses_least():
    """A condition is nearer than a resource, a resource nearer than an action, a name farthest."""
    identity = policy(
        {"Sid": "Action", "Action": "ec2:*"},
        {"Sid": "Resource", "Resource": "arn:aws:s3:::other"},
        {"Sid": "Condition"} | TEAM,
        {"Sid": "Deny", "Effect": "Deny", "Action": "ec2:*"},
        name="near",
    )
    layers = Layers([identity], resource_policy({"Principal": {"AWS": FOREIGN}}))
    order = []
    for _ in range(3):
        decision = evaluate(ask(), layers)
        order.append(decision.nearest_miss.split()[0])
        kept = [
            one for one in layers.identity[0].policy.statements if f"near/{one.sid}" != order[-1]
        ]
        layers = replace(layers, identity=[replace(identity, statements=tuple(kept))])

    assert order == ["near/Condition", "near/Resource", "near/Action"]
    assert evaluate(ask(), layers).nearest_miss.split()[0] == "bucket/#1"


def test_where_a_ceiling_cuts_the_nearest_miss_is_in_the_ceiling():
    """What is granted already need not come nearer."""
    decision = evaluate(ask(), Layers([EVERYTHING, policy(TEAM, name="other")], boundary=EC2_ONLY))

    assert decision.nearest_miss.startswith("ec2-only/#1 came nearest. Action:")


def test_nothing_comes_near_without_an_allow():
    """No Allow statement anywhere; or the verdict is no implicit deny."""
    assert evaluate(ask(), Layers()).nearest_miss == ""
    unrelated = policy({"Effect": "Deny", "Action": "ec2:*"})
    assert evaluate(ask(), Layers([unrelated])).nearest_miss == ""
    assert nearest_miss(evaluate(ask(), Layers([DENY, EC2_ONLY]))) == ""
    assert nearest_miss(evaluate(ask(), Layers([EVERYTHING, EC2_ONLY]))) == ""


def test_the_nearest_miss_is_on_the_side_that_is_missing():
    """Between accounts, when identity has allowed, only the resource policy can come nearer."""
    identity = policy({}, {"Sid": "Useless"} | TEAM, name="identity")
    other = resource_policy({"Principal": {"AWS": f"arn:aws:iam::{OWN}:user/bob"}})
    decision = evaluate(ask(resource_account=FOREIGN), Layers([identity], other))

    assert decision.blocked_by == {"resource"}
    assert decision.nearest_miss.startswith("bucket/#1")


# Rungs ------------------------------------------------------------------------------------------

ABSENT = {
    "rcp": "No resource control policy.",
    "scp": "No service control policy.",
    "endpoint": "No vpc endpoint.",
    "resource": "No resource-based policy.",
    "identity": "No identity-based policy.",
    "boundary": "No boundary.",
    "session": "No session policy.",
}


@pytest.mark.parametrize("layer", ABSENT)
def test_a_layer_that_is_not_there_says_so(layer):
    """In a word, with a dash as its symbol."""
    step = {step.layer: step for step in evaluate(ask(), Layers()).steps}[layer]

    assert (step.result, step.symbol, step.statements) == ("absent", "–", ())
    assert step.reason.lower() == ABSENT[layer].lower()


def test_an_absent_endpoint_keeps_its_capitals():
    """VPC is written VPC."""
    step = {step.layer: step for step in evaluate(ask(), Layers()).steps}["endpoint"]

    assert step.reason == "No VPC endpoint."


REASONS = {
    "deny": (
        ask(),
        Layers([DENY]),
        "deny",
        "✕ deny: Denied by deny/No; a Deny wins.",
    ),
    "no deny": (ask(), Layers([EVERYTHING]), "deny", "○ deny: No Deny statement applies."),
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
        "✓ identity: everything/#1 allows. That is not enough.",
    ),
    "identity is silent": (
        ask(),
        Layers([EC2_ONLY]),
        "identity",
        "○ identity: No Allow statement applies.",
    ),
    "boundary lets through": (
        ask(),
        Layers([EVERYTHING], boundary=EVERYTHING),
        "boundary",
        "✓ boundary: everything/#1 lets it through; a permissions boundary never grants.",
    ),
    "boundary cuts": (
        ask(),
        Layers([EVERYTHING], boundary=EC2_ONLY),
        "boundary",
        f"○ boundary: The permissions boundary does not allow {GET}: it cuts the grant.",
    ),
    "federated": (
        ask(GUEST),
        Layers([EVERYTHING]),
        "session",
        "○ session: No session policy was passed, so the federated user has no permissions.",
    ),
    "direct": (
        ask(DEV_1),
        Layers(resource=resource_policy({"Principal": {"AWS": DEV_1}})),
        "resource",
        "✓ resource: bucket/#1 allows; it names the caller directly, or everyone.",
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


def test_a_step_as_json_has_its_statements_with_their_paths():
    """Where a policy came from goes with it."""
    attached = Attached(EC2_ONLY, MANAGED, ("group astronomers",))
    made = evaluate(ask(), Layers([attached])).to_json()
    (statement,) = made["steps"][5]["statements"]

    assert statement == {
        "statement": "ec2-only/#1",
        "effect": "Allow",
        "applies": False,
        "misses": [f'Action: wanted "ec2:*", the request has "{GET}"'],
        "path": ["group astronomers"],
    }
    assert made["verdict"] == "implicitDeny"
    assert made["blocked_by"] == ["identity"]
    assert (made["principal"], made["action"], made["resource"]) == (ANA, GET, OBJECT)
    assert json.dumps(made)


def test_assumptions_go_with_the_decision():
    """What was taken for granted is told in the explanation and in JSON, in order."""
    decision = evaluate(ask(), Layers([EVERYTHING])).assuming(["one"]).assuming(["two"])

    assert isinstance(decision, Decision)
    assert decision.assumed == ("one", "two")
    assert decision.to_json()["assumed"] == ["one", "two"]
    assert decision.explain().endswith("Taken for granted:\n  - one\n  - two")


# The six questions ------------------------------------------------------------------------------

WHO = [
    (ask(), "The IAM user"),
    (ask(ROOT), f"The root user of account {OWN}."),
    (ask(DEV), f"Some session of the role {DEV}."),
    (ask(DEV_1), f"The session {DEV_1} of the role {DEV}."),
    (ask(GUEST, issuer=ANA), f"The federated user {GUEST}, made by {ANA}."),
    (ask(GUEST), f"The federated user {GUEST}, made by a user."),
    (ask("ec2.amazonaws.com", resource_account=OWN), "The AWS service ec2.amazonaws.com."),
    (ask(ANONYMOUS, resource_account=OWN), "Somebody who did not sign the request."),
]


@pytest.mark.parametrize(("request_", "wanted"), WHO)
def test_the_first_answer_says_who_is_really_calling(request_, wanted):
    """In words, for each kind of caller."""
    first, *_ = labels(evaluate(request_, Layers()))

    assert first.question == "Who is really calling?"
    assert first.answer[0].startswith(wanted)


def test_the_second_answer_shows_the_part_of_the_context_that_counts():
    """The keys that some policy asks about, whether the request has them or not."""
    asks = policy(
        TEAM, {"Condition": {"ForAnyValue:StringEquals": {"AWS:TagKeys": "a", "s3:prefix": "x"}}}
    )
    context = {"aws:TagKeys": ["a", "b"], "s3:prefix": "", "aws:username": "ana"}
    second = labels(evaluate(ask(context=context), Layers([asks])))[1]

    assert second.answer == (
        f"{GET} on {OBJECT} (account {OWN}, the caller's own account).",
        "AWS:TagKeys: a, b",
        "aws:PrincipalTag/team: not in the request",
        "s3:prefix: (empty)",
    )
    away = labels(evaluate(ask(resource_account=FOREIGN), Layers()))[1]
    assert away.answer == (f"{GET} on {OBJECT} (account {FOREIGN}, another account).",)


def test_the_third_and_fourth_answers_say_where_policies_came_from():
    """Through which group, for instance."""
    attached = Attached(DENY, None, ("group astronomers",))
    answers = [label.answer for label in labels(evaluate(ask(), Layers([attached, EVERYTHING])))]

    assert answers[2] == (
        "identity-based policy: deny (through group astronomers)",
        "identity-based policy: everything",
    )
    assert answers[3] == (
        "Denied by deny/No; a Deny wins.",
        "deny/No came through group astronomers.",
    )
    assert labels(evaluate(ask(), Layers()))[2].answer == ("None.",)


def test_the_fifth_answer_says_that_no_outer_ceiling_is_there():
    """Neither organization nor VPC endpoint."""
    answer = labels(evaluate(ask(), Layers()))[4].answer

    assert answer == ("There are none here: no organization, no VPC endpoint.",)


def test_the_sixth_answer_says_who_grants_and_who_cuts():
    """Resource and identity always, ceilings where they are; and who needs no grant."""
    cut = labels(evaluate(ask(), Layers([EVERYTHING], boundary=EC2_ONLY)))[5].answer
    assert [line[:1] for line in cut] == ["–", "✓", "○", "N"]
    assert cut[2].startswith("○ permissions boundary:")

    root = labels(evaluate(ask(ROOT), Layers()))[5].answer
    assert root == ("The root user needs no Allow in its own account.",)
    token = labels(evaluate(ask(action="sts:GetSessionToken", resource="*"), Layers()))[5].answer
    assert token == ("sts:GetSessionToken needs no permission.",)


def test_answers_can_be_left_blank():
    """For the reader to fill in; the verdict is then left out too."""
    decision = evaluate(ask(), Layers([EVERYTHING]))
    text = as_text(decision, blank=(1, 6))

    assert text.splitlines()[:2] == [f"1. {QUESTIONS[0]}", "   ..."]
    assert text.count("   ...") == 2
    assert "ALLOWED" not in text
    assert as_text(decision) == decision.explain()


# What needs no permission -----------------------------------------------------------------------

WHOAMI = ask(action="sts:GetCallerIdentity", resource="*")
TOKEN = ask(action="sts:GetSessionToken", resource="*")


def test_who_am_i_is_always_answered_and_a_session_token_unless_denied():
    """Neither needs an Allow; only the second can be denied."""
    assert evaluate(WHOAMI, Layers())
    assert evaluate(WHOAMI, Layers([DENY]))
    assert evaluate(TOKEN, Layers(boundary=EC2_ONLY))
    assert evaluate(TOKEN, Layers([DENY])).verdict is Verdict.EXPLICIT_DENY


def test_who_am_i_needs_credentials():
    """Nobody can tell an anonymous caller who he is."""
    request = ask(ANONYMOUS, "sts:GetCallerIdentity", "*", resource_account=OWN)

    assert not evaluate(request, Layers())


@pytest.mark.parametrize("caller", [DEV_1, GUEST])
def test_a_session_token_is_for_users(caller):
    """Sessions of roles and federated users cannot call sts:GetSessionToken."""
    assert not evaluate(ask(caller, "sts:GetSessionToken", "*"), Layers())


def test_nothing_determines_what_needs_no_permission():
    """An Allow for everything changes nothing about who-am-I."""
    assert evaluate(WHOAMI, Layers([EVERYTHING])).determining == ()


def test_a_deny_that_does_not_count_is_not_told_to_win():
    """The first rung denies only where the verdict is an explicit deny."""
    decision = evaluate(WHOAMI, Layers([DENY]))

    assert decision
    assert "a Deny wins" not in decision.explain()


# Other rules ------------------------------------------------------------------------------------


MUTANTS = {
    "a boundary grants": (
        replace(AWS, same_account=lambda v: AWS.same_account(v) or v.boundary is True),
        "boundary only",
    ),
    "a session policy grants": (
        replace(AWS, same_account=lambda v: AWS.same_account(v) or v.session is True),
        "session only",
    ),
    "a missing key is false": (replace(AWS, missing_key=lambda _: False), "missing negated key"),
    "a missing key is true": (replace(AWS, missing_key=lambda _: True), "missing key"),
    "an allow beats a deny": (replace(AWS, deny_wins=False), "allow and deny"),
    "a boundary cuts nothing": (replace(AWS, boundary=lambda _: True), "shut boundary"),
    "a session policy cuts nothing": (replace(AWS, session=lambda _: True), "shut session"),
    "one side is enough abroad": (
        replace(AWS, cross_account=AWS.same_account),
        "abroad, identity only",
    ),
    "roles need only an identity policy": (
        replace(AWS, role_trust=AWS.same_account),
        "role without trust",
    ),
    "keys need only an identity policy": (
        replace(AWS, kms_key=AWS.same_account),
        "key without policy",
    ),
    "the root user needs an allow": (
        replace(AWS, root_user=lambda v: v.identity or v.direct),
        "root user",
    ),
    "the root user rules every key": (
        replace(AWS, root_user_kms=lambda _: True),
        "root user and key",
    ),
    "the root user is at home everywhere": (
        replace(AWS, root_user_abroad=lambda _: True),
        "root user abroad",
    ),
    "the root user assumes roles": (
        replace(AWS, root_user_assumes_role=lambda _: True),
        "root user and role",
    ),
    "a service needs nobody": (replace(AWS, outsider=lambda _: True), "service"),
    "a token needs an allow": (replace(AWS, session_token=lambda v: v.identity), "token"),
}
NEGATED = policy({"Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "sea"}}})
CASES = {
    "plain": (ask(), Layers([EVERYTHING])),
    "nothing": (ask(), Layers()),
    "deny only": (ask(), Layers([DENY])),
    "boundary only": (ask(), Layers(boundary=EVERYTHING)),
    "session only": (ask(DEV_1), Layers(session=[EVERYTHING])),
    "missing negated key": (ask(), Layers([NEGATED])),
    "missing key": (ask(), Layers([policy(TEAM)])),
    "key that is there": (ask(context={"aws:PrincipalTag/team": "sky"}), Layers([policy(TEAM)])),
    "allow and deny": (ask(), Layers([EVERYTHING, DENY])),
    "shut boundary": (ask(), Layers([EVERYTHING], boundary=EC2_ONLY)),
    "shut session": (ask(DEV_1), Layers([EVERYTHING], session=[EC2_ONLY])),
    "open boundary": (ask(), Layers([EVERYTHING], boundary=EVERYTHING)),
    "abroad, identity only": (ask(resource_account=FOREIGN), Layers([EVERYTHING])),
    "abroad, both": (ask(resource_account=FOREIGN), Layers([EVERYTHING], resource_policy({}))),
    "role without trust": (ask(action="sts:AssumeRole", resource=ROLE), Layers([EVERYTHING])),
    "role with trust": (
        ask(action="sts:AssumeRole", resource=ROLE),
        Layers([EVERYTHING], trust_policy({"Principal": {"AWS": OWN}})),
    ),
    "key without policy": (ask(action="kms:Decrypt", resource=KEY), Layers([EVERYTHING])),
    "root user": (ask(ROOT), Layers()),
    "root user and key": (ask(ROOT, "kms:Decrypt", KEY), Layers()),
    "root user abroad": (ask(ROOT, resource_account=FOREIGN), Layers()),
    "root user and role": (ask(ROOT, "sts:AssumeRole", ROLE), Layers(resource=trust_policy({}))),
    "service": (ask("ec2.amazonaws.com", resource_account=OWN), Layers()),
    "service that is named": (
        ask("ec2.amazonaws.com", resource_account=OWN),
        Layers(resource=resource_policy({"Principal": {"Service": "ec2.amazonaws.com"}})),
    ),
    "token": (TOKEN, Layers()),
    "who am I": (WHOAMI, Layers([DENY])),
}


@pytest.mark.parametrize(("rules", "case"), MUTANTS.values(), ids=MUTANTS)
def test_a_wrong_belief_is_one_rule_and_shows_in_one_case(rules, case):
    """With one entry replaced the verdict differs in the named case, and only there."""
    differing = {
        name
        for name, (request_, layers) in CASES.items()
        if evaluate(request_, layers).verdict is not evaluate(request_, layers, rules).verdict
    }

    assert differing == {case}


@pytest.mark.parametrize(("rules", "case"), MUTANTS.values(), ids=MUTANTS)
def test_a_wrong_belief_can_explain_itself(rules, case):
    """Explanations follow the same rules as the decision."""
    decision = evaluate(*CASES[case], rules)

    assert decision.rules is rules
    assert str(decision.verdict).upper() in decision.explain()
    assert json.dumps(decision.to_json())
    assert (decision.message == "") is bool(decision)


def test_a_deny_that_does_not_win_still_denies_alone():
    """Whoever believes that an Allow beats a Deny still knows what a Deny is."""
    rules = replace(AWS, deny_wins=False)

    assert evaluate(*CASES["deny only"], rules).verdict is Verdict.EXPLICIT_DENY
    assert evaluate(*CASES["allow and deny"], rules)


@pytest.mark.parametrize("ceiling", [AWS.boundary, AWS.session])
def test_a_ceiling_that_is_there_must_allow(ceiling):
    """One that is not there cuts nothing, one that is silent cuts everything."""
    assert ceiling(None)
    assert ceiling(True)  # noqa: FBT003 - what the ceiling says
    assert not ceiling(False)  # noqa: FBT003 - the same
    assert Votes().limits


def test_a_notebook_shows_a_decision_by_the_one_door(monkeypatch):
    """What is drawn is made by the display module, asked by name."""
    monkeypatch.setattr(display, "html", lambda value: f"<p>{value.verdict.value}</p>")

    assert evaluate(ask(), Layers())._repr_html_() == "<p>implicitDeny</p>"


# Layers and statements --------------------------------------------------------------------------


def test_wherever_a_policy_stands_it_may_be_attached():
    """With where it came from, or without."""
    attached = Attached(EVERYTHING, MANAGED, ("group g",))
    layers = Layers([EVERYTHING, attached], EVERYTHING, attached, [EVERYTHING])

    assert layers.identity == (Attached(EVERYTHING), attached)
    assert layers.of("identity") == layers.identity
    assert layers.of("resource") == (Attached(EVERYTHING),)
    assert layers.of("boundary") == (attached,)
    assert layers.of("session") == (Attached(EVERYTHING),)
    assert Layers().of("resource") == Layers().of("session") == ()


def test_a_statement_without_any_action_applies_to_nothing():
    """No document has one; one that is made by hand matches nothing either."""
    bare = Statement(effect="Allow", number=1, resource=("*",))

    assert not applies(bare, ask(), Place("identity"), missing_key_default)
    (miss,) = misses(bare, ask(), Place("identity"), missing_key_default)
    assert miss.element == "NotAction"


def test_verdicts_have_aws_words_and_a_symbol():
    """Word and symbol together; colour is never the only sign."""
    assert [one.value for one in Verdict] == ["allowed", "explicitDeny", "implicitDeny"]
    assert [f"{one.symbol} {one}" for one in Verdict] == [
        "✓ allowed",
        "✕ explicit deny",
        "○ implicit deny",
    ]


def test_a_reading_says_whether_it_applies_and_if_not_why():
    """One line for each statement: its effect and name, or the first element that missed."""
    policy = Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": "Yes", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                {"Sid": "No", "Effect": "Deny", "Action": "ec2:*", "Resource": "*"},
            ],
        },
        name="two",
    )
    request = Request("arn:aws:iam::111122223333:user/ana", "s3:GetObject", "arn:aws:s3:::b/k")
    yes, no = evaluate(request, Layers([policy])).steps[5].statements

    assert str(yes) == "Allow two/Yes"
    assert str(no).startswith("Deny two/No does not apply. Action: wanted")
