"""A matrix of decisions: each bit is what evaluate says of that caller and pair."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import ANONYMOUS, AttachedPolicy, Layers, Request, RequestError, evaluate
from iamlab.engine.grants import Grant
from iamlab.engine.matrix import AccessMatrix, evaluate_matrix
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.engine.question_index import ResourceFacts
from tests.engine.json_questions import ask_engine
from tests.engine.making import (
    ANA,
    CHINESE,
    DENY,
    DEV,
    DEV_1,
    EC2,
    EC2_ONLY,
    EVE,
    EVERYTHING,
    FOREIGN,
    FOREIGN_ROOT,
    GET,
    GOOGLE,
    GUEST,
    KEY,
    LINKED,
    MANY,
    OBJECT,
    OWN,
    RCP_DENY,
    ROLE,
    ROOT,
    SAML,
    TOPIC,
    facts,
    owned,
    policy,
    resource_policy,
    trust_policy,
)
from tests.engine.random_questions import random_question


def one_by_one(callers, pairs, resources):
    """Decide each pair of each caller with ``evaluate``."""
    rows = []
    for principal, layers, context, *issuer in callers:
        row = []
        for action, resource in pairs:
            known = resources.get(resource, ResourceFacts())
            request = Request(
                principal,
                action,
                resource,
                known.account,
                {**context, **known.context},
                *issuer,
            )
            other = known.layers()
            whole = replace(
                layers,
                resource=other.resource,
                rcp=other.rcp,
                grant=other.grant,
                public_access_block=other.public_access_block,
            )
            row.append(bool(evaluate(request, whole)))
        rows.append(row)
    return rows


def agree(callers, pairs, resources):
    """Ask the matrix, prove that each bit is right, and give the bits."""
    matrix = evaluate_matrix(callers, pairs, resources)
    found = [
        [matrix.allowed(row, pair) for pair in range(len(pairs))] for row in range(len(callers))
    ]

    assert found == one_by_one(callers, pairs, resources)
    assert all(row >> len(pairs) == 0 for row in matrix.rows)
    return found


# Random universes -------------------------------------------------------------------------------

BROUGHT = {
    "aws:ResourceTag/team": ["red", "blue", "ana"],
    "s3:prefix": ["ana/", "home/ana/x"],
    "aws:TagKeys": [["a"], ["a", "b"], []],
    "aws:SourceVpce": ["vpce-1", "vpce-2"],
    "kms:EncryptionContext:dept": ["hr", "it"],
}
FREE = [("sts:GetCallerIdentity", "*"), ("sts:GetSessionToken", "*"), ("ec2:RunInstances", "*")]


def universe(rng):
    """Callers, pairs and resources of several random questions, put together."""
    questions = [ask_engine(random_question(rng)) for _ in range(rng.randint(2, 5))]
    requests = [item.request for item in questions]
    actions = [request.action for request in requests]
    pairs = [(request.action, request.resource) for request in requests]
    pairs += [(rng.choice(actions), rng.choice(requests).resource) for _ in range(6)]
    pairs += rng.sample(FREE, 1)
    rng.shuffle(pairs)
    return (
        [_caller(rng, item.request, questions) for item in questions],
        pairs,
        _resources(rng, questions),
    )


def _resources(rng, requests):
    """What is known of each resource; without a caller's account its owner must be known."""
    with_accounts = all(item.request.caller.account for item in requests)
    resources = {"*": ResourceFacts(account=OWN)}
    for request, layers in ((item.request, item.layers) for item in requests):
        context = {
            key: rng.choice(values) for key, values in BROUGHT.items() if rng.random() < 0.25
        }
        known = facts(request, layers, context=context)
        if with_accounts and rng.random() < 0.3:
            known = replace(known, account="")
        if rng.random() < 0.3:
            known = replace(known, rcps=rng.choice(requests).layers.rcp)
        resources.setdefault(request.resource, known)
    if with_accounts and rng.random() < 0.3:
        resources.popitem()
    return resources


def _caller(rng, request, question):
    """A caller with policies of several questions."""
    layers = owned(rng.choice(question).layers)
    for name in ("boundary", "session", "scp", "endpoint", "scoped"):
        if rng.random() < 0.3:
            layers = replace(layers, **{name: getattr(rng.choice(question).layers, name)})
    layers = replace(layers, identity=[*layers.identity, *rng.choice(question).layers.identity])
    return request.principal, layers, request.context, request.issuer


@MANY
@given(st.integers(0, 2**32 - 1))
def test_each_bit_is_what_evaluate_says(seed):
    """For callers, pairs and resources of several random questions."""
    agree(*universe(random.Random(seed)))


def test_random_universes_are_neither_open_nor_shut():
    """So that both values of a bit are compared, in every row and column often enough."""
    rng = random.Random(7)
    bits = Counter(bit for _ in range(60) for row in agree(*universe(rng)) for bit in row)

    assert min(bits.values()) > 0.15 * bits.total()


# Universes of each kind -------------------------------------------------------------------------

CALLERS = [
    (ANA, Layers([EVERYTHING]), {"aws:username": "ana", "aws:PrincipalArn": ANA}),
    (EVE, Layers([EVERYTHING]), {"aws:username": "eve", "aws:PrincipalArn": EVE}),
    (DEV, Layers([EVERYTHING]), {}),
    (DEV_1, Layers([EVERYTHING], session=[policy({"Action": ["s3:*", "kms:*"]})]), {}, DEV),
    (GUEST, Layers([EVERYTHING]), {}, ANA),
    (ROOT, Layers(), {}),
    (FOREIGN_ROOT, Layers(), {}),
    (EC2, Layers(), {}),
    (ANONYMOUS, Layers(), {}),
    (SAML, Layers(), {}),
    (GOOGLE, Layers(), {}),
    (LINKED, Layers([EVERYTHING], scp=[[EC2_ONLY]]), {}),
    (CHINESE, Layers([EVERYTHING]), {"aws:username": "ana"}),
]
EASY = PublicAccessBlock(block_public_acls=True, ignore_public_acls=True, block_public_policy=True)
BUCKET, HOME = "arn:aws:s3:::bk", "arn:aws:s3:::bk/home/ana/x"
OTHERS = [f"arn:aws:s3:::bk/home/{name}/x" for name in ("eve", "an", "ana2", "*")]


def owned_by_own(*arns, **more):
    """Facts of resources that are all of account OWN."""
    return {arn: ResourceFacts(OWN, **more) for arn in arns}


def bits_of(found, pairs):
    """Who may do what, by the number of the caller."""
    return {
        pair: [number for number, row in enumerate(found) if row[place]]
        for place, pair in enumerate(pairs)
    }


def test_variables_in_resources_are_filled_in_for_each_caller():
    """Positive and exempt, with a default, with a literal star, before the sixth part; unknown."""
    pairs = [(GET, item) for item in (HOME, *OTHERS, BUCKET)]
    resources = owned_by_own(HOME, *OTHERS, BUCKET)
    for element in ("Resource", "NotResource"):
        for written in (
            ["arn:aws:s3:::bk/home/${aws:username}/*"],
            ["arn:aws:s3:::bk/home/${aws:username, 'ana'}/*", BUCKET],
            ["arn:aws:s3:::bk/home/${*}/*"],
            ["arn:aws:s3:::bk/home/${aws:username}/${aws:userid}"],
            ["arn:aws:s3:${aws:username}::bk/*", "arn:aws:s3:::bk/home/${aws:username}?/x"],
            ["${aws:username}", "arn:aws:s3:::bk/${", "*${aws:username}*"],
        ):
            for effect in ("Allow", "Deny"):
                for version in ("2012-10-17", "2008-10-17"):
                    made = {"Effect": effect, "Resource": None, element: written}
                    item = policy(
                        {} if effect == "Deny" else {"Action": "ec2:*"}, made, version=version
                    )
                    callers = [
                        (principal, Layers([item]), context, *issuer)
                        for principal, _, context, *issuer in CALLERS
                    ]
                    agree(callers, pairs, resources)


def test_not_action_and_not_resource_spare_what_they_list():
    """All else fits; what IAM would not save fits nothing."""
    pairs = [
        (action, resource)
        for action in (GET, "s3:getobject", "s3:PutObject", "kms:Decrypt")
        for resource in (OBJECT, BUCKET, KEY, "*")
    ]
    resources = owned_by_own(OBJECT, BUCKET, KEY, "*")
    for made in (
        {"Action": None, "NotAction": ["s3:Get*", "kms:decrypt"]},
        {"Action": None, "NotAction": ["s3:GETOBJECT"]},
        {"Action": None, "NotAction": []},
        {"Action": None, "NotAction": ["s3"]},
        {"Action": []},
        {"Action": ["S3:getobjec?"]},
        {"Resource": None, "NotResource": [f"{BUCKET}/*", KEY]},
        {"Resource": None, "NotResource": []},
        {"Resource": None, "NotResource": "*"},
        {"Resource": []},
        {"Resource": ["arn:aws:s3*", "arn:aws:*:key/k"]},
        {"Resource": ["arn:aws:s3:::b?", "arn:*:kms:*:*:key/?", "arn:aws:s3:::bk/k*k"]},
        {"Resource": ["arn:aws:s3:::bk", "arn:aws:s3::", "bk", ""]},
        {"Resource": None},
    ):
        agree([(ANA, Layers([policy(made)]), {})], pairs, resources)
        agree([(ANA, Layers([policy({}, made | {"Effect": "Deny"})]), {})], pairs, resources)


STRANGE = [
    *("bk", "b", "arn:aws:s3", "arn:aws:s3:::bk/*", "arn:aws:s3:::bk/?", "arn:aws:kms:::key/k"),
    *(
        "arn:aws:s3:::bk/${aws:username}",
        "arn:aws:s3:::bk/\u00e9",
        "arn:aws:iam::1:role",
        "arn:::::",
    ),
]
PATTERNS = [
    *("*", "b*", "bk", "b?", "", "?", "*:*", "arn*", "arn:*", "arn:aws:s3*", "arn:aws:s3:::bk/*"),
    *("arn:aws:s3:::bk/${*}", "arn:aws:s3:::bk/${?}", "arn:aws:s3:::b?/*", "arn:aws:s3:::bk/?"),
    *("arn:aws:s3:::bk/${aws:username}*", "arn:aws:iam::*:role*", "arn:::::*", "arn:aws:s3:::*k/*"),
    *("arn:aws:s3:::bk/\U0010ffff*", "arn:aws-cn:*", "\U0010ffff*"),
]


@pytest.mark.parametrize("element", ["Resource", "NotResource"])
def test_strange_resources_and_patterns_are_matched_as_evaluate_matches_them(element):
    """Texts that aren't ARNs, are half of one, or seem to have a wildcard or a variable."""
    pairs = [(GET, resource) for resource in (*STRANGE, OBJECT)]
    resources = owned_by_own(*STRANGE, OBJECT)
    for pattern in PATTERNS:
        layers = Layers([policy({"Resource": None, element: pattern})])
        agree([(ANA, layers, {"aws:username": "*"}), (ANA, layers, {})], pairs, resources)


def test_what_iam_would_not_save_never_matches():
    """A Principal on the caller's side, for instance."""
    named = resource_policy({}, {"Principal": None, "NotPrincipal": {"AWS": EVE}})

    assert agree([(ANA, Layers([named]), {})], [(GET, OBJECT)], {}) == [[False]]
    for layers in (
        Layers([EVERYTHING], boundary=named),
        Layers([EVERYTHING], session=[named]),
        Layers([EVERYTHING], scp=[[named]]),
        Layers([EVERYTHING], scoped=[named]),
    ):
        assert agree([(ANA, layers, {})], [(GET, OBJECT)], {}) == [[False]]


def test_calls_about_no_resource_need_a_star():
    """And the RCPs of the caller's account apply."""
    pairs = [("ec2:DescribeInstances", "*"), ("sts:GetCallerIdentity", "*"), *FREE]
    limited = {"*": ResourceFacts(OWN, rcps=[[EC2_ONLY], [RCP_DENY]])}
    within = bits_of(agree(CALLERS, pairs, limited), pairs)
    resources = {"*": ResourceFacts(OWN)}
    found = bits_of(agree(CALLERS, pairs, resources), pairs)

    assert within["sts:GetSessionToken", "*"] == []
    assert within["sts:GetCallerIdentity", "*"] == [*range(8), 11, 12]
    assert within["ec2:DescribeInstances", "*"] == found["ec2:DescribeInstances", "*"]
    assert found["ec2:DescribeInstances", "*"] == [0, 2, 5, 11, 12]
    assert found["sts:GetSessionToken", "*"] == [0, 1, 5, 6, 12]
    assert found["sts:GetCallerIdentity", "*"] == [*range(8), 11, 12]
    deny = [(ANA, Layers([DENY]), {}), (ROOT, Layers(session=[DENY]), {})]
    assert agree(deny, pairs, resources) == [[False, True, True, False, False]] * 2


def test_roles_are_assumed_as_their_trust_policies_say():
    """Each action fits other callers; a Resource element makes a statement void."""
    actions = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
    roles = [f"arn:aws:iam::{OWN}:role/{name}" for name in "abcdef"]
    pairs = [
        (action, role) for role in roles for action in (*actions, "sts:TagSession", "iam:PassRole")
    ]
    trusts = [
        trust_policy({}),
        trust_policy({"Principal": {"AWS": [OWN, FOREIGN]}}),
        trust_policy({"Principal": {"AWS": DEV}}, {"Principal": {"Service": EC2}}),
        trust_policy({"Principal": {"Federated": [SAML, GOOGLE]}}, {"Principal": {"AWS": ANA}}),
        trust_policy(
            {}, {"Effect": "Deny", "Principal": None, "NotPrincipal": {"AWS": [ANA, ROOT]}}
        ),
        resource_policy({}),
    ]
    resources = {
        role: ResourceFacts(policy=trust) for role, trust in zip(roles, trusts, strict=True)
    }
    found = bits_of(agree(CALLERS, pairs, resources), pairs)

    assert found[actions[0], roles[2]] == [2, 7]
    assert found[actions[1], roles[3]] == [9]
    assert found[actions[2], roles[3]] == [10]
    assert not any(found[action, roles[5]] for action in actions)


def test_keys_are_used_as_their_policies_and_grants_say():
    """From one's own account and from another; some operations never work from there."""
    keys = [f"arn:aws:kms:eu-west-1:{OWN}:key/{name}" for name in "abcde"]
    actions = ("kms:Decrypt", "kms:PutKeyPolicy", "kms:RetireGrant", "s3:GetObject")
    pairs = [(action, key) for key in keys for action in actions]
    equals = {"encryption_context_equals": {"dept": "hr"}}
    grants = [
        Grant(who, ["Decrypt", "PutKeyPolicy"], constraints)
        for who in (ANA, DEV, ROOT, EVE)
        for constraints in ({}, equals)
    ]
    sent = {"kms:EncryptionContext:dept": "hr", "kms:EncryptionContextKeys": ["dept"]}
    resources = {
        keys[0]: ResourceFacts(policy=resource_policy({"Principal": {"AWS": ROOT}})),
        keys[1]: ResourceFacts(policy=resource_policy({"Principal": {"AWS": [FOREIGN, DEV]}})),
        keys[2]: ResourceFacts(grants=grants[::2], policy=AttachedPolicy(resource_policy({}))),
        keys[3]: ResourceFacts(grants=grants[1::2], context=sent),
        keys[4]: ResourceFacts(grants=grants[1::2], rcps=[[EVERYTHING], [DENY]]),
    }
    found = bits_of(agree(CALLERS, pairs, resources), pairs)

    assert found["kms:Decrypt", keys[3]]
    assert not found["kms:Decrypt", keys[4]]
    assert found["kms:PutKeyPolicy", keys[3]]


def test_gateway_endpoints_admit_only_the_root_user_by_account():
    """Those of S3 and DynamoDB, each pair for itself, positive and denied."""
    table = f"arn:aws:dynamodb:eu-west-1:{OWN}:table/t"
    pairs = [(GET, OBJECT), ("dynamodb:GetItem", table), ("sns:Publish", TOPIC), (GET, TOPIC)]
    resources = owned_by_own(OBJECT, table, TOPIC, policy=resource_policy({}))
    of_account = resource_policy({"Principal": {"AWS": OWN}})
    for endpoint in (
        of_account,
        AttachedPolicy(of_account, vpc_endpoint_type="Interface"),
        resource_policy({"Principal": {"AWS": [OWN, ANA]}}),
        resource_policy({}, {"Effect": "Deny", "Principal": {"AWS": OWN}}),
        resource_policy({}, {"Effect": "Deny", "Principal": None, "NotPrincipal": {"AWS": ANA}}),
        policy({"Action": ["s3:*", "sns:*"]}),
    ):
        callers = [
            (principal, replace(layers, endpoint=endpoint), context, *issuer)
            for principal, layers, context, *issuer in CALLERS
        ]
        agree(callers, pairs, resources)
        agree(callers, pairs[:1], resources)
        agree(callers, pairs[2:3], resources)


def test_resource_policies_and_public_access_count_for_their_resource_only():
    """Buckets, registries that leave the resource out, logs that speak to services alone."""
    registry = f"arn:aws:ecr:eu-west-1:{OWN}:repository/r"
    group = f"arn:aws:logs:eu-west-1:{OWN}:log-group:g"
    policies = [
        resource_policy(
            {"Principal": {"AWS": [ANA, DEV, FOREIGN]}},
            {"Effect": "Deny", "Principal": {"AWS": EVE}, "Action": "s3:Put*"},
        ),
        resource_policy({}, {"Principal": {"AWS": DEV_1}}),
        resource_policy({"Resource": None}),
        policy({}),
    ]
    arns = [OBJECT, BUCKET, registry, group, TOPIC]
    pairs = [
        (action, arn)
        for arn in arns
        for action in (
            GET,
            "s3:PutBucketPolicy",
            "ecr:PutImage",
            "logs:PutLogEvents",
            "sns:Publish",
        )
    ]
    nobody = [
        (principal, replace(layers, identity=[]), context, *issuer)
        for principal, layers, context, *issuer in CALLERS
    ]
    for block in (
        None,
        EASY,
        PublicAccessBlock(restrict_public_buckets=True),
    ):
        for item in policies:
            resources = owned_by_own(*arns, policy=item, public_access_block=block)
            agree(CALLERS, pairs, resources)
            agree(nobody, pairs, resources)


def test_what_resources_bring_along_counts_for_them_alone():
    """Tags in conditions, in variables of resources and of values; absent and negated too."""
    arns = [f"arn:aws:s3:::bk/{name}" for name in ("red", "blue", "none", "ana")]
    tag = "aws:ResourceTag/team"
    resources = {
        arns[0]: ResourceFacts(OWN, context={tag: "red"}),
        arns[1]: ResourceFacts(OWN, context={"AWS:resourcetag/TEAM": "blue"}),
        arns[2]: ResourceFacts(OWN),
        arns[3]: ResourceFacts(OWN, context={tag: "ana", "aws:TagKeys": ["a", "b"]}),
    }
    pairs = [(action, arn) for arn in arns for action in (GET, "s3:PutObject")]
    for condition in (
        {"StringEquals": {tag: "red"}},
        {"StringNotEquals": {tag: ["red", "ana"]}},
        {"StringEqualsIfExists": {tag: "red"}},
        {"StringEquals": {tag: "${aws:username}"}},
        {"StringEquals": {"aws:username": f"${{{tag}}}"}},
        {"Null": {tag: "true"}},
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}},
        {"StringEquals": {tag: "red", "aws:username": "ana"}},
    ):
        agree(
            [(ANA, Layers([policy({"Condition": condition})]), {"aws:username": "ana"})],
            pairs,
            resources,
        )
        exempt = policy({}, {"Effect": "Deny", "Condition": condition})
        agree([(ANA, Layers([exempt]), {"aws:username": "ana"})], pairs, resources)
        guarded = {
            arn: replace(known, rcps=[[EVERYTHING, exempt]]) for arn, known in resources.items()
        }
        agree(CALLERS, pairs, guarded)
    for element in ("Resource", "NotResource"):
        by_name = policy({"Resource": None, element: f"arn:aws:s3:::bk/${{{tag}}}"})
        agree([(ANA, Layers([by_name]), {})], pairs, resources)


def test_a_resource_may_bring_what_the_caller_brings_too():
    """Then what the resource brings counts."""
    callers = [
        (
            ANA,
            Layers([policy({"Condition": {"Bool": {"aws:SecureTransport": "true"}}})]),
            {"aws:SecureTransport": "false"},
        )
    ]
    pairs = [(GET, OBJECT), (GET, BUCKET)]
    resources = {OBJECT: ResourceFacts(context={"aws:SecureTransport": "true"})}

    assert agree(callers, pairs, resources) == [[True, False]]


def test_a_resource_may_take_away_what_the_caller_brings():
    """By bringing the key without any value: then it is not there."""
    untagged = policy({"Condition": {"Null": {"aws:TagKeys": "true"}}})
    callers = [(ANA, Layers([untagged]), {"aws:TagKeys": ["a"]})]
    pairs = [(GET, OBJECT), (GET, BUCKET)]
    resources = {OBJECT: ResourceFacts(context={"aws:TagKeys": []}), BUCKET: ResourceFacts()}

    assert agree(callers, pairs, resources) == [[True, False]]


def test_rcps_count_for_the_resources_that_have_them():
    """Level by level; and only where RCPs reach."""
    arns = [OBJECT, BUCKET, KEY, TOPIC, ROLE]
    shared = [[EVERYTHING], [policy({"Action": ["s3:*", "kms:Decrypt"]})]]
    resources = {
        OBJECT: ResourceFacts(OWN, rcps=shared, policy=resource_policy({})),
        BUCKET: ResourceFacts(OWN, rcps=shared),
        KEY: ResourceFacts(rcps=[[AttachedPolicy(EC2_ONLY)]], policy=resource_policy({})),
        TOPIC: ResourceFacts(rcps=[[DENY]], policy=resource_policy({})),
        ROLE: ResourceFacts(rcps=[[EVERYTHING, DENY]], policy=trust_policy({})),
    }
    actions = (GET, "kms:Decrypt", "kms:RetireGrant", "sns:Publish", "sts:AssumeRole")
    pairs = [(action, arn) for arn in arns for action in actions]

    agree(CALLERS, pairs, resources)


def test_other_accounts_pass_roots_and_own_nothing_here():
    """sts:AssumeRoot needs one side, bucket policies never leave, owners are as the facts say."""
    pairs = [
        ("sts:AssumeRoot", ROOT),
        ("sts:AssumeRoot", FOREIGN_ROOT),
        ("s3:PutBucketPolicy", BUCKET),
        (GET, OBJECT),
    ]
    for account in (OWN, FOREIGN):
        resources = {
            BUCKET: ResourceFacts(account, policy=resource_policy({"Effect": "Deny"})),
            OBJECT: ResourceFacts(account),
        }
        agree(CALLERS, pairs, resources)


def test_bounded_callers_are_denied_by_not_principal():
    """As evaluate says, a principal with a boundary is never exempt."""
    exempt = resource_policy(
        {}, {"Effect": "Deny", "Principal": None, "NotPrincipal": {"AWS": [ANA, DEV, ROOT]}}
    )
    callers = [
        (principal, replace(layers, boundary=boundary), context, *issuer)
        for principal, layers, context, *issuer in CALLERS
        for boundary in (None, EVERYTHING)
    ]

    agree(callers, [(GET, OBJECT)], {OBJECT: ResourceFacts(OWN, policy=exempt)})


# Shape ------------------------------------------------------------------------------------------


def test_pairs_can_be_duplicated_and_in_any_order():
    """Each bit is in the place of its pair."""
    pairs = [(GET, OBJECT), ("s3:PutObject", OBJECT), (GET, OBJECT), (GET, "arn:aws:s3:::a/k")]
    allows = policy({"Action": "s3:Get*", "Resource": "arn:aws:s3:::bk/*"})
    matrix = evaluate_matrix([(ANA, Layers([allows]), {})], pairs)

    assert matrix.pairs == tuple(pairs)
    assert matrix.rows == (0b0101,)
    assert list(matrix) == [(ANA, GET, OBJECT)] * 2
    assert len(matrix) == 4


def test_a_bit_that_is_not_there_is_an_error():
    """As in a list; the last may be counted from the end."""
    matrix = evaluate_matrix([(ANA, Layers([EVERYTHING]), {})], [(GET, OBJECT), ("iam:A", "*")])

    assert matrix.allowed(-1, -1)
    for caller, pair in ((0, 2), (1, 0), (0, -3)):
        with pytest.raises(IndexError):
            matrix.allowed(caller, pair)


def test_a_matrix_may_be_empty():
    """Without callers, without pairs, without both."""
    none, nobody = (
        evaluate_matrix([(ANA, Layers([EVERYTHING]), {})], []),
        evaluate_matrix([], [(GET, OBJECT)]),
    )

    assert (none.principals, none.pairs, none.rows) == ((ANA,), (), (0,))
    assert (nobody.principals, nobody.pairs, nobody.rows) == ((), ((GET, OBJECT),), ())
    assert len(none) == len(nobody) == len(evaluate_matrix([], [])) == 0
    assert list(none) == list(nobody) == []
    assert none.to_frame().shape == (1, 0)
    assert nobody.to_frame().shape == (0, 1)


def test_a_caller_can_be_duplicated():
    """With other policies, say: before and after."""
    matrix = evaluate_matrix(
        [(ANA, Layers(), {}), (ANA, Layers([EVERYTHING]), {})], iter([(GET, OBJECT)])
    )

    assert matrix.principals == (ANA, ANA)
    assert matrix.rows == (0, 1)


def test_a_matrix_is_a_table_of_true_and_false():
    """Callers down, pairs across."""
    matrix = evaluate_matrix(
        [(ANA, Layers([EVERYTHING]), {}), (EVE, Layers(), {})],
        [(GET, OBJECT), ("s3:PutObject", OBJECT)],
    )
    frame = matrix.to_frame()

    assert list(frame.index) == [ANA, EVE]
    assert list(frame.columns) == [(GET, OBJECT), ("s3:PutObject", OBJECT)]
    assert frame.to_numpy().tolist() == [[True, True], [False, False]]
    assert set(map(str, frame.dtypes)) == {"bool"}


def test_a_matrix_shows_itself_escaped():
    """Resources may hold anything."""
    markup = "arn:aws:s3:::bk/<script>&\"'"
    html = evaluate_matrix([(ANA, Layers([EVERYTHING]), {})], [(GET, markup)])._repr_html_()

    assert "<script>" not in html
    assert "&lt;script&gt;&amp;" in html
    assert "allowed" in html
    assert "not allowed" in AccessMatrix((ANA,), ((GET, markup),), (0,))._repr_html_()


# Errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("resource", EVERYTHING),
        ("rcp", [[EVERYTHING]]),
        ("grant", [Grant(ANA, ["Decrypt"])]),
        ("public_access_block", PublicAccessBlock()),
    ],
)
def test_what_belongs_to_a_resource_is_refused_in_the_layers_of_a_caller(field, value):
    """The error says where it goes."""
    with pytest.raises(RequestError, match=f"{field} belongs to a resource"):
        evaluate_matrix([(ANA, Layers(**{field: value}), {})], [(GET, OBJECT)])


GOOD = (GET, OBJECT)
WRONG = {
    # caller, its context, pairs, facts
    "a caller": ("ana", {}, [GOOD], {}),
    "a context": (ANA, {"a:b": None}, [GOOD], {}),
    "an action": (ANA, {}, [GOOD, ("s3:Get*", OBJECT)], {}),
    "an empty resource": (ANA, {}, [GOOD, (GET, "")], {}),
    "a resource that is no text": (ANA, {}, [GOOD, (GET, None)], {}),
    "half of a surrogate pair": (ANA, {}, [(GET, "a"), (GET, "b\ud800"), (GET, "z")], {}),
    "a resource that is too long": (ANA, {}, [(GET, "a"), (GET, "b" * 70_000), (GET, "z")], {}),
    "an owner": (ANA, {}, [GOOD], {OBJECT: ResourceFacts("1")}),
    "no owner": (EC2, {}, [(GET, TOPIC), GOOD], {}),
    "what a resource brings": (ANA, {}, [GOOD], {OBJECT: ResourceFacts(context={"a:b": None})}),
    "a key that is brought twice": (
        ANA,
        {"aws:resourcetag/x": "1"},
        [GOOD],
        {OBJECT: ResourceFacts(context={"aws:ResourceTag/x": "2"})},
    ),
    "a policy": (ANA, {}, [GOOD], {OBJECT: ResourceFacts(policy={"Statement": []})}),
    "levels": (ANA, {}, [GOOD], {OBJECT: ResourceFacts(rcps=[EVERYTHING])}),
}


@pytest.mark.parametrize(("principal", "context", "pairs", "resources"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_asked_is_refused_as_evaluate_refuses_it(
    principal, context, pairs, resources
):
    """Whether or not some policy would have looked at it."""
    callers = [(principal, Layers([EVERYTHING]), context)]

    with pytest.raises(RequestError):
        one_by_one(callers, pairs, resources)
    with pytest.raises(RequestError):
        evaluate_matrix(callers, pairs, resources)


def test_an_issuer_that_is_not_an_arn_is_refused():
    """As in a request."""
    with pytest.raises(RequestError, match="issuer"):
        evaluate_matrix([(DEV_1, Layers(), {}, "dev")], [GOOD])
