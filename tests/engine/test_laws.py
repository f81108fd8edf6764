"""Laws of IAM that hold for every request and every set of policies."""

import copy
import json
import random
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from iamlab import AttachedPolicy, Layers, Policy, Request, Verdict, evaluate
from iamlab.engine.evaluate import read
from iamlab.engine.grants import Grant
from iamlab.engine.layers import CEILINGS, LAYERS
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.policy.conditions import OPERATORS
from tests.effort import tries
from tests.engine.json_questions import ask_engine
from tests.engine.making import EVERYTHING, MANY, QUESTIONS, built, changed
from tests.engine.random_questions import CALLERS, FOREIGN, NAMES, NEW, OWN, random_question
from tests.engine.vocabulary import EC2, GOOGLE, LINKED, LINKED_1, LOGGING, OIDC, OWN_ROOT, SAML

# What needs no Allow: facts/evaluation.md section 16.
NEEDS_NOTHING = ("sts:getcalleridentity", "sts:getsessiontoken", "sts:getscopedcredentials")


def needs_an_allow(request):
    """Whether somebody must allow the request at all."""
    own_root = request.principal == f"arn:aws:iam::{request.resource_account}:root"
    nothing = request.action.lower() in NEEDS_NOTHING
    return not nothing and (not own_root or request.about_kms_key)


def documents(question):
    """Every policy of a question, as JSON."""
    yield from (*question["identity"], *question["session"], *question["scoped"])
    for levels in (question["scps"], question["rcps"]):
        for level in levels:
            yield from level
    for place in ("boundary", "resource_policy", "endpoint"):
        if question[place]:
            yield question[place]


def statements_of(document):
    """Its statements, as a list."""
    listed = document["Statement"]
    return listed if isinstance(listed, list) else [listed]


FITTING = [
    {"Action": "*", "Resource": "*"},
    {"NotAction": "ec2:*", "Resource": "*"},
    {
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "red"}},
    },
    {"Action": "*", "Resource": "*", "Condition": {"Null": {"s3:prefix": "true"}}},
]


@st.composite
def policies_for(draw, question, layer, effect):
    """A policy for a layer with one statement: of this question's own kind, or for everything."""
    own = [{"Action": question["action"], "Resource": question["resource"]}]
    for document in documents(question):
        own += (
            {name: value for name, value in item.items() if name not in ("Effect", "Sid")}
            for item in statements_of(document)
        )
    made = dict(draw(st.sampled_from([*FITTING, *own]))) | {"Effect": effect}
    trust = question["action"].lower().startswith("sts:") and ":role/" in question["resource"]
    if layer != "resource" or not trust:
        made = made if "NotResource" in made else {"Resource": "*"} | made
    if layer in ("resource", "rcp", "endpoint"):
        somebody = draw(st.sampled_from(["*", {"AWS": NAMES}, {"AWS": NAMES[:1]}]))
        made = made if "NotPrincipal" in made else {"Principal": somebody} | made
    else:
        made = {k: v for k, v in made.items() if k not in ("Principal", "NotPrincipal")}
    if layer == "resource" and trust:
        made = {k: v for k, v in made.items() if k not in ("Resource", "NotResource")}
    return Policy.parse({"Version": NEW, "Statement": made}, name="new")


def more(layers, layer, policy, level=0):
    """The layers with one policy more: beside the others of its level, or within the only one."""
    levels = list(layers.levels(layer))
    own = levels[level] if level < len(levels) else ()
    new = AttachedPolicy(policy)
    if own and layer in ("resource", "boundary", "endpoint", "scoped"):
        (before,) = own
        joined = (*before.policy.statements, *policy.statements)
        new = replace(before, policy=replace(before.policy, statements=joined))
        own = ()
    levels[level : level + 1] = [(*own, new)]
    return built(layers, **{layer: levels})


def summary(decision):
    """What may not depend on any order."""
    return decision.verdict, decision.blocked_by, {hit.address for hit in decision.determining}


# Order ------------------------------------------------------------------------------------------


@given(QUESTIONS, st.randoms(use_true_random=False))
def test_the_order_of_statements_never_matters(question, rng):
    """Policies are sets of statements, not programs."""
    decision = ask_engine(question)

    def shuffled(_, attached):
        kept = list(attached.policy.statements)
        rng.shuffle(kept)
        return replace(attached, policy=replace(attached.policy, statements=tuple(kept)))

    other = changed(decision.layers, shuffled)
    assert summary(evaluate(decision.request, other)) == summary(decision)


@given(QUESTIONS, st.data())
def test_the_order_of_policies_and_groups_never_matters(question, data):
    """What comes first, a group's policies or the user's own, the root's SCPs or the account's."""
    decision = ask_engine(question)

    def shuffled(policies):
        return data.draw(st.permutations(policies)) if len(policies) > 1 else policies

    levels = {
        layer: shuffled([shuffled(level) for level in decision.layers.levels(layer)])
        for layer in LAYERS
        if layer != "grant"
    }
    other = built(replace(decision.layers, grant=shuffled(decision.layers.grant)), **levels)

    assert summary(evaluate(decision.request, other)) == summary(decision)


@given(QUESTIONS)
def test_the_letter_case_of_the_action_never_matters(question):
    """Neither in the request nor in a policy."""
    decision = ask_engine(question)
    request = question | {"action": question["action"].swapcase()}
    written = copy.deepcopy(question)
    for document in documents(written):
        for item in statements_of(document):
            for name in {"Action", "NotAction"} & set(item):
                text = item[name]
                item[name] = (
                    text.swapcase() if isinstance(text, str) else [t.swapcase() for t in text]
                )

    assert summary(ask_engine(request)) == summary(decision)
    assert summary(ask_engine(written)) == summary(decision)


# More and less ----------------------------------------------------------------------------------


@MANY
@given(QUESTIONS, st.data())
def test_adding_a_deny_never_widens(question, data):
    """In whatever policy it is, also in one that was not there before."""
    before = ask_engine(question)
    layer = data.draw(st.sampled_from([layer for layer in LAYERS if layer != "grant"]))
    policy = data.draw(policies_for(question, layer, "Deny"))
    after = evaluate(before.request, more(before.layers, layer, policy))

    assert before or not after
    assert after.verdict is Verdict.EXPLICIT_DENY or before.verdict is not Verdict.EXPLICIT_DENY


@given(QUESTIONS, st.data())
def test_adding_an_allow_never_narrows(question, data):
    """To identity or resource, or to a ceiling that is there; a grant likewise."""
    before = ask_engine(question)
    # Block Public Access blocks callers if a change makes the bucket policy public.
    layers = replace(before.layers, public_access_block=None)
    before = evaluate(before.request, layers)
    there = [layer for layer in CEILINGS if layers.levels(layer)]
    layer = data.draw(st.sampled_from(["identity", "resource", "grant", *there]))
    if layer == "grant":
        operations = [question["action"].partition(":")[2]]
        grants = [*layers.grant, Grant(data.draw(st.sampled_from(NAMES[:10])), operations)]
        more_layers = replace(layers, grant=grants)
    else:
        policy = data.draw(policies_for(question, layer, "Allow"))
        level = data.draw(st.integers(0, max(0, len(layers.levels(layer)) - 1)))
        more_layers = more(layers, layer, policy, level)
    after = evaluate(before.request, more_layers)

    assert after or not before
    explicit = before.verdict is Verdict.EXPLICIT_DENY
    if layer not in ("resource", "rcp", "endpoint"):  # no NotPrincipal came along
        assert (after.verdict is Verdict.EXPLICIT_DENY) is explicit


@given(QUESTIONS, st.sets(st.sampled_from(CEILINGS), min_size=1))
def test_no_ceiling_ever_grants(question, ceilings):
    """SCP, RCP, endpoint, boundary, session, scope: alone or together, open or as they are."""
    decision = ask_engine(question)
    assume(needs_an_allow(decision.request))
    nobody = replace(decision.layers, identity=[], resource=None, grant=[])
    open_ = built(nobody, **{layer: [(AttachedPolicy(EVERYTHING),)] for layer in ceilings})

    assert not evaluate(decision.request, nobody)
    assert not evaluate(decision.request, open_)


@MANY
@given(QUESTIONS, st.data())
def test_removing_a_ceiling_never_narrows(question, data):
    """A whole layer of them, or one of its levels."""
    decision = ask_engine(question)
    layers = decision.layers
    # A federated user without session policy is under one that allows nothing.
    guest = ":federated-user/" in question["principal"]
    there = [
        ceiling
        for ceiling in CEILINGS
        if layers.levels(ceiling) and not (guest and ceiling == "session")
    ]
    assume(there)
    layer = data.draw(st.sampled_from(there))
    levels = list(layers.levels(layer))
    left = data.draw(st.sampled_from([[], *(levels[:n] + levels[n + 1 :] for n in range(3))]))

    assert evaluate(decision.request, built(layers, **{layer: left})) or not decision


@given(QUESTIONS)
def test_policies_of_one_level_are_put_together(question):
    """Several allow what any of them allows, as one policy would; and each denies."""
    decision = ask_engine(question)
    levels = {}
    for layer in ("identity", "session", "scp", "rcp"):
        levels[layer] = [
            (AttachedPolicy(replace(level[0].policy, statements=together)),) if together else level
            for level in decision.layers.levels(layer)
            for together in [
                tuple(statement for each in level for statement in each.policy.statements)
            ]
        ]

    assert evaluate(decision.request, built(decision.layers, **levels)).verdict is decision.verdict


# Who is bound -----------------------------------------------------------------------------------

OWN_SIDE = ("scp", "identity", "boundary", "session", "scoped")
FREE = {
    # caller, issuer: layers that have no part in what it asks; facts/evaluation.md 5 to 9 and 13
    **{(name, None): OWN_SIDE for name in (EC2, LOGGING, "anonymous", SAML, OIDC, GOOGLE)},
    (OWN_ROOT, None): ("identity", "boundary"),
    (LINKED_1, LINKED): ("scp", "rcp", "boundary"),
    (LINKED, None): ("scp", "rcp", "boundary"),
}


@MANY
@given(QUESTIONS, st.sampled_from(list(FREE)), st.data())
def test_who_is_not_bound_by_a_layer_is_neither_stopped_nor_let_in_by_it(question, caller, data):
    """No SCP for services, anonymous callers, providers and service-linked roles, for instance."""
    principal, issuer = caller
    request = question | {"principal": principal, "issuer": issuer}
    layer = data.draw(st.sampled_from(FREE[caller]))
    decision = ask_engine(request)
    policy = data.draw(policies_for(request, layer, data.draw(st.sampled_from(["Allow", "Deny"]))))

    for other in (built(decision.layers, **{layer: []}), more(decision.layers, layer, policy)):
        assert evaluate(decision.request, other).verdict is decision.verdict


ALIKE = [
    # what no RCP covers: services that are not in the list, also without a resource; an action
    ("sns:Publish", f"arn:aws:sns:us-east-1:{OWN}:topic"),
    ("iam:GetUser", f"arn:aws:iam::{OWN}:user/ana"),
    ("kms:RetireGrant", f"arn:aws:kms:us-east-1:{OWN}:key/k1"),
    ("ec2:DescribeInstances", "*"),
]


@given(QUESTIONS, st.sampled_from(ALIKE), st.data())
def test_an_rcp_reaches_only_resources_of_its_services(question, request, data):
    """It changes nothing for all others, whatever it says."""
    question |= dict(zip(("action", "resource"), request, strict=True))
    decision = ask_engine(question)
    policy = data.draw(policies_for(question, "rcp", "Deny"))

    other = more(decision.layers, "rcp", policy)
    assert evaluate(decision.request, other).verdict is decision.verdict


@given(QUESTIONS)
def test_between_accounts_both_sides_must_allow(question):
    """Neither the identity's nor the resource's side is enough, for whoever has an identity."""
    account = question["principal"].partition("::")[2][:12]
    request = ask_engine(
        question | {"resource_account": FOREIGN if account == OWN else OWN}
    ).request
    layers = ask_engine(question).layers
    assume(request.caller.account and needs_an_allow(request))

    if request.action.lower() != "sts:assumeroot":
        assert not evaluate(request, replace(layers, resource=None, grant=[]))
    if not request.principal.endswith(":root"):
        assert not evaluate(request, replace(layers, identity=[]))


@given(QUESTIONS, st.booleans())
def test_block_public_access_shuts_out_only_strangers(question, others):
    """It never lets in, and binds neither the owner's principals nor services."""
    decision = ask_engine(question)
    request = decision.request
    free, blocked = (
        evaluate(request, replace(decision.layers, public_access_block=block))
        for block in (
            PublicAccessBlock(others, others, others),
            PublicAccessBlock(restrict_public_buckets=True),
        )
    )

    assert free or not blocked
    assert (
        free.verdict
        is evaluate(request, replace(decision.layers, public_access_block=None)).verdict
    )
    stranger = not request.same_account and ".amazonaws.com" not in request.principal
    if not (stranger and request.service == "s3"):
        assert free.verdict is blocked.verdict


# Two paths --------------------------------------------------------------------------------------

ASKING = {(caller.arn, caller.issuer): caller for caller in CALLERS}


@MANY
@given(QUESTIONS, st.sampled_from(list(ASKING)))
def test_the_fast_path_says_what_the_readable_path_says(question, caller):
    """For every kind of caller, whatever policies it is given."""
    principal, issuer = caller
    decision = ask_engine(question | {"principal": principal, "issuer": issuer})

    assert decision.verdict is read(decision.request, decision.layers).verdict


@pytest.mark.chance
def test_the_fast_path_says_the_same_on_many_random_questions():
    """Layers are asked again and again: what they remember is of no request in particular."""
    rng = random.Random(26)
    questions = [ask_engine(random_question(rng)) for _ in range(tries(1_500))]
    for number, decision in enumerate(questions):
        for other in (decision, *rng.sample(questions, 2), questions[number - 1]):
            fast = evaluate(other.request, decision.layers)
            assert fast.verdict is read(other.request, decision.layers).verdict


# Anything that parses ---------------------------------------------------------------------------

TEXT = st.text(max_size=6) | st.sampled_from(
    [
        *("*", "?", "s3", "s3:*", "S3:get*", "a:b:c", "*:*", "${aws:username}", "${", "${*}", "}"),
        *(
            "arn:aws:s3:::*",
            "arn:aws:s3:::bk/${aws:username}/*",
            "arn:",
            "arn:aws:*",
            ":::::",
            "AROA",
        ),
        *(
            "AIDAAAAAAAAAAAAAAAAA",
            "AROAAAAAAAAAAAAAAAAA:s1",
            "2026-11-25",
            "10.0.0.0/8",
            "true",
            "5",
        ),
        *NAMES,
    ]
)
TEXTS = TEXT | st.lists(TEXT, max_size=2)
PRINCIPAL = TEXT | st.dictionaries(
    st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser"]), TEXTS, max_size=2
)
KEY = st.sampled_from(
    [
        "aws:username",
        "aws:TagKeys",
        "aws:PrincipalTag/team",
        "s3:prefix",
        "aws:CurrentTime",
        "x",
        ":",
    ]
)
OPERATOR = st.tuples(
    st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]),
    st.sampled_from(sorted(OPERATORS)),
    st.sampled_from(["", "IfExists"]),
).map(lambda parts: "".join(parts[:2]) + (parts[2] if parts[1] != "Null" else ""))
CONDITION = st.dictionaries(OPERATOR, st.dictionaries(KEY, TEXTS, max_size=2), max_size=2)


@st.composite
def policies(draw):
    """Any policy that parse lets through, however senseless."""
    made = []
    for _ in range(draw(st.integers(0, 2))):
        item = {"Effect": draw(st.sampled_from(["Allow", "Deny"]))}
        item[draw(st.sampled_from(["Action", "NotAction"]))] = draw(TEXTS)
        for pair, values in (
            (("Resource", "NotResource"), TEXTS),
            (("Principal", "NotPrincipal"), PRINCIPAL),
        ):
            if draw(st.booleans()):
                item[draw(st.sampled_from(pair))] = draw(values)
        if draw(st.booleans()):
            item["Condition"] = draw(CONDITION)
        made.append(item)
    version = draw(st.sampled_from([NEW, NEW, "2008-10-17"]))
    return Policy.parse({"Version": version, "Statement": made}, name=draw(TEXT))


CONTEXT = st.dictionaries(
    KEY.filter(lambda key: key != "aws:TagKeys") | st.sampled_from(["aws:userid", "app:x"]),
    TEXT | st.booleans() | st.integers(),
    max_size=3,
) | st.dictionaries(st.just("aws:TagKeys"), TEXT | st.lists(TEXT, min_size=1, max_size=3))


@st.composite
def requests(draw):
    """Any request that can be asked."""
    caller = draw(st.sampled_from(CALLERS))
    return Request(
        caller.arn,
        draw(
            st.sampled_from(
                ["s3:GetObject", "sts:AssumeRole", "sts:TagSession", "kms:Decrypt", "ecr:PutImage"]
            )
        ),
        draw(
            TEXT.filter(bool) | st.sampled_from([f"arn:aws:kms:eu:{OWN}:key/k", "arn:aws:s3:::bk"])
        ),
        resource_account=OWN,
        context=draw(CONTEXT),
        issuer=caller.issuer,
    )


@given(
    requests(),
    st.lists(policies(), max_size=2),
    st.none() | policies(),
    st.none() | policies(),
    st.lists(policies(), max_size=1),
    st.dictionaries(st.sampled_from(["scp", "rcp", "scoped", "endpoint"]), policies(), max_size=2),
)
def test_no_policy_that_parses_makes_the_engine_fail(
    request_, identity, resource, boundary, session, around
):
    """Unknown text matches nothing; it breaks neither the decision nor any of its explanations."""
    wrap = {"scp": lambda p: [[p]], "rcp": lambda p: [[p]], "scoped": lambda p: [p]}
    more_layers = {name: wrap.get(name, lambda p: p)(item) for name, item in around.items()}
    decision = evaluate(request_, Layers(identity, resource, boundary, session, **more_layers))

    assert decision.verdict in Verdict
    assert decision.verdict is read(request_, decision.layers).verdict
    assert str(decision.verdict).upper() in decision.explain()
    assert json.dumps(decision.to_dict())
    assert str(decision) in repr(decision)
    for step in decision.steps:
        assert step.layer in str(step)
        assert all(statement.effect in statement.text for statement in step.statements)


NOBODY = [
    {"Action": "s3", "Resource": "*"},
    {"Action": "s3*", "Resource": "*"},
    {"Action": "s*:Get*", "Resource": "*"},
    {"Action": "s3:Get:Object", "Resource": "*"},
    {"Action": "", "Resource": "*"},
    {"Action": [], "Resource": "*"},
    {"Action": "*"},
    {"Action": "*", "Resource": []},
    {"Action": "*", "Resource": ""},
    {"Action": "*", "Resource": "arn:aws:s3:::bk/${missing}*"},
    {"Action": "*", "Resource": "arn:aws:s3:::bk/${aws:username"},
    {"Action": "*", "Resource": "arn:${aws:partition, 'aws'}:s3:::bk/k"},
    {"Action": "*", "Resource": "${*}"},
    {"Action": "*", "Resource": "*", "Principal": "*"},
    {"Action": "*", "Resource": "*", "NotPrincipal": {"AWS": "444455556666"}},
]


@pytest.mark.parametrize("elements", NOBODY)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_what_iam_would_not_save_never_matches(effect, elements):
    """In an identity policy such a statement neither allows nor denies."""
    policy = Policy.parse({"Version": NEW, "Statement": [{"Effect": effect} | elements]})
    request = Request(
        f"arn:aws:iam::{OWN}:user/ana",
        "s3:GetObject",
        "arn:aws:s3:::bk/k",
        context={"aws:username": "ana"},
    )

    decision = evaluate(request, Layers([policy]))
    assert decision.verdict is Verdict.IMPLICIT_DENY
    assert not decision.layer_matches["identity"].allows
    assert not decision.layer_matches["identity"].denies


@pytest.mark.parametrize("pattern", ["s3", "s3*", "s*:Get*", "s3:Get:Object", ""])
def test_not_action_with_what_iam_would_not_save_allows_nothing(pattern):
    """Whoever writes NotAction s3* means to spare S3; in no reading does it allow S3."""
    made = {"Effect": "Allow", "NotAction": pattern, "Resource": "*"}
    request = Request(f"arn:aws:iam::{OWN}:user/ana", "s3:GetObject", "arn:aws:s3:::bk/k")

    assert not evaluate(request, Layers([Policy.parse({"Version": NEW, "Statement": made})]))
