"""Laws of IAM that hold for every request and every set of policies."""

import copy
import itertools
import json
import random
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from iamlab import Layers, Policy, Request, Verdict, evaluate
from iamlab.engine.layers import Attached
from iamlab.policy.conditions import OPERATORS
from tests.asking import ask_engine
from tests.worlds import CALLERS, NAMES, OWN, questions, random_question

NEW = "2012-10-17"
LAYERS = ("resource", "identity", "boundary", "session")
RUNGS = ("deny", "rcp", "scp", "endpoint", *LAYERS)

# Both sources of the same universe: the first shrinks, the second is more varied.
QUESTIONS = questions() | st.integers(0, 2**32 - 1).map(
    lambda seed: random_question(random.Random(seed))
)
# What needs no Allow: facts/evaluation.md section 16.
NEEDS_NOTHING = ("sts:getcalleridentity", "sts:getsessiontoken")


def needs_an_allow(question):
    """Whether somebody must allow the request at all."""
    own_root = question["principal"] == f"arn:aws:iam::{question['resource_account']}:root"
    key = ":key/" in question["resource"]  # whose policy must name even the root user
    return question["action"].lower() not in NEEDS_NOTHING and not (own_root and not key)


def layers_of(question):
    """The layers of a question, each policy under the name of its place."""
    return ask_engine(question).layers


def without(layers, hits):
    """The same layers without the statements that were hit."""
    gone = {(hit.attached.policy.name, hit.statement.number) for hit in hits}

    def cut(attached):
        if attached is None:
            return None
        policy = attached.policy
        kept = tuple(one for one in policy.statements if (policy.name, one.number) not in gone)
        return Attached(replace(policy, statements=kept), attached.arn, attached.path)

    return Layers(
        identity=map(cut, layers.identity),
        resource=cut(layers.resource),
        boundary=cut(layers.boundary),
        session=map(cut, layers.session),
    )


def add(question, place, statement):
    """The question with one statement more in one of its policies, or in a new one."""
    question = copy.deepcopy(question)
    made = {"Version": NEW, "Statement": [statement]}
    if place in ("identity", "session"):
        question[place].append(made)
    elif question[place] is None:
        question[place] = made
    else:
        before = question[place]["Statement"]
        question[place]["Statement"] = [
            *(before if isinstance(before, list) else [before]),
            statement,
        ]
    return question


@st.composite
def statements(draw, question):
    """A statement without effect: of this question's own kind, of another's, or for everything."""
    own = [
        {k: v for k, v in one.items() if k not in ("Effect", "Sid")}
        for policy in question["identity"]
        for one in itertools.chain(
            policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
        )
    ]
    rest = [
        {"Action": "*", "Resource": "*"},
        {"Action": question["action"], "Resource": question["resource"]},
        {"NotAction": "ec2:*", "Resource": "*"},
        {
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "red"}},
        },
        {"Action": "*", "Resource": "*", "Condition": {"Null": {"s3:prefix": "true"}}},
    ]
    return dict(draw(st.sampled_from([*rest, *own])))


def in_place(draw, question, place, effect):
    """A statement for a place: a resource policy names somebody, and a trust policy no resource."""
    made = {"Effect": effect} | draw(statements(question))
    if place == "resource_policy":
        trust = question["action"].lower().startswith("sts:") and ":role/" in question["resource"]
        made |= {"Principal": draw(st.sampled_from(["*", {"AWS": NAMES}, {"AWS": NAMES[:1]}]))}
        if trust:
            made = {k: v for k, v in made.items() if k not in ("Resource", "NotResource")}
    return made


# Order ------------------------------------------------------------------------------------------


def summary(decision):
    """What may not depend on any order."""
    return decision.verdict, decision.blocked_by, {hit.address for hit in decision.determining}


@given(QUESTIONS, st.randoms(use_true_random=False))
def test_the_order_of_statements_never_matters(question, rng):
    """Policies are sets of statements, not programs."""
    decision = ask_engine(question)

    def shuffled(attached):
        if attached is None:
            return None
        kept = list(attached.policy.statements)
        rng.shuffle(kept)
        return Attached(replace(attached.policy, statements=tuple(kept)))

    layers = decision.layers
    other = Layers(
        identity=map(shuffled, layers.identity),
        resource=shuffled(layers.resource),
        boundary=shuffled(layers.boundary),
        session=map(shuffled, layers.session),
    )
    assert summary(evaluate(decision.request, other)) == summary(decision)


@given(QUESTIONS, st.data())
def test_the_order_of_policies_and_groups_never_matters(question, data):
    """What comes first, a group's policies or the user's own, makes no difference."""
    decision = ask_engine(question)
    layers = decision.layers
    other = replace(
        layers,
        identity=data.draw(st.permutations(layers.identity)),
        session=data.draw(st.permutations(layers.session)),
    )

    assert summary(evaluate(decision.request, other)) == summary(decision)


@given(QUESTIONS)
def test_the_letter_case_of_the_action_never_matters(question):
    """Neither in the request nor in a policy."""
    decision = ask_engine(question)
    asked = question | {"action": question["action"].swapcase()}
    written = copy.deepcopy(question)
    policies = [*written["identity"], *written["session"]]
    policies += [one for one in (written["boundary"], written["resource_policy"]) if one]
    for policy in policies:
        listed = policy["Statement"]
        for one in listed if isinstance(listed, list) else [listed]:
            for name in {"Action", "NotAction"} & set(one):
                text = one[name]
                one[name] = (
                    text.swapcase() if isinstance(text, str) else [t.swapcase() for t in text]
                )

    assert summary(ask_engine(asked)) == summary(decision)
    assert summary(ask_engine(written)) == summary(decision)


# More and less ----------------------------------------------------------------------------------


@given(QUESTIONS, st.data())
def test_adding_a_deny_never_widens(question, data):
    """In whatever policy it stands, also in one that was not there before."""
    has_policies = ":root" not in question["principal"] and question["identity"]
    places = ["resource_policy", *(["identity", "boundary"] if has_policies else [])]
    place = data.draw(st.sampled_from(places))
    more = add(question, place, in_place(data.draw, question, place, "Deny"))

    assert ask_engine(question) or not ask_engine(more)


@given(QUESTIONS, st.data())
def test_adding_an_allow_to_identity_never_narrows(question, data):
    """What was allowed stays allowed, and what was denied explicitly stays so."""
    before = ask_engine(question)
    after = ask_engine(
        add(question, "identity", in_place(data.draw, question, "identity", "Allow"))
    )

    assert after or not before
    assert (after.verdict is Verdict.EXPLICIT_DENY) is (before.verdict is Verdict.EXPLICIT_DENY)


@given(QUESTIONS, st.data())
def test_adding_an_allow_to_the_resource_policy_never_narrows(question, data):
    """An Allow can only add, whoever it names."""
    made = in_place(data.draw, question, "resource_policy", "Allow")
    after = ask_engine(add(question, "resource_policy", made))

    assert after or not ask_engine(question)


@given(QUESTIONS.filter(needs_an_allow), st.data())
def test_a_boundary_or_session_policy_alone_never_grants(question, data):
    """With nothing else, whatever they allow, the answer is no."""
    alone = copy.deepcopy(question) | {"identity": [], "resource_policy": None}
    for place in data.draw(st.sampled_from([["boundary"], ["session"], ["boundary", "session"]])):
        alone = add(alone, place, {"Effect": "Allow", "Action": "*", "Resource": "*"})

    assert not ask_engine(alone)


@given(QUESTIONS, st.data())
def test_a_ceiling_never_widens(question, data):
    """A boundary, and a session policy beside none, can only take away."""
    place = data.draw(st.sampled_from(["boundary", "session"]))
    bare = question | {place: None if place == "boundary" else []}
    # A federated user without session policy already stands under one that allows nothing.
    assume(place == "boundary" or ":federated-user/" not in question["principal"])
    statement = in_place(data.draw, question, place, data.draw(st.sampled_from(["Allow", "Deny"])))

    assert ask_engine(bare) or not ask_engine(add(bare, place, statement))


@given(QUESTIONS)
def test_session_policies_are_put_together(question):
    """Several session policies allow what any of them allows, as one policy would."""
    decision = ask_engine(question)
    joined = [one for attached in decision.layers.session for one in attached.policy.statements]
    one = replace(
        decision.layers, session=[Policy(tuple(joined), name="session")] if joined else ()
    )
    assume(joined)

    assert evaluate(decision.request, one).verdict is decision.verdict


# What a decision says of itself -----------------------------------------------------------------


@given(QUESTIONS)
def test_a_decision_is_true_when_it_is_allowed(question):
    """And then nothing blocks and there is no message; otherwise there are both."""
    decision = ask_engine(question)
    allowed = decision.verdict is Verdict.ALLOWED

    assert bool(decision) is allowed
    assert (decision.message == "") is allowed
    assert (decision.blocked_by == frozenset()) is allowed
    assert decision.blocked_by <= set(LAYERS)
    assert not (decision.nearest_miss and decision.verdict is not Verdict.IMPLICIT_DENY)


@given(QUESTIONS)
def test_without_what_determined_it_an_allowed_request_is_not_allowed(question):
    """Nothing determines what needs no permission; all else falls with what determines it."""
    decision = ask_engine(question)
    assume(decision)
    rest = evaluate(decision.request, without(decision.layers, decision.determining))

    assert bool(rest) is not needs_an_allow(question)
    if needs_an_allow(question):
        assert decision.determining


@given(QUESTIONS)
def test_what_determined_an_allowed_request_is_enough(question):
    """Every other Allow of identity and resource policies could be taken away."""
    decision = ask_engine(question)
    assume(decision)
    kept = {hit.address for hit in decision.determining}
    others = [
        hit
        for layer in ("identity", "resource")
        for hit in decision.heard[layer].allows
        if hit.address not in kept
    ]

    assert evaluate(decision.request, without(decision.layers, others))


@given(QUESTIONS)
def test_without_what_determined_it_an_explicit_deny_is_none(question):
    """The determining statements of an explicit deny are all the denies that apply."""
    decision = ask_engine(question)
    assume(decision.verdict is Verdict.EXPLICIT_DENY)
    rest = evaluate(decision.request, without(decision.layers, decision.determining))

    assert decision.determining
    assert rest.verdict is not Verdict.EXPLICIT_DENY
    assert {hit.layer for hit in decision.determining} <= decision.blocked_by


@given(QUESTIONS)
def test_an_implicit_deny_has_no_determining_statement(question):
    """No statement makes an implicit deny."""
    decision = ask_engine(question)

    assert not (decision.verdict is Verdict.IMPLICIT_DENY and decision.determining)


@given(QUESTIONS)
def test_the_steps_are_eight_rungs_that_tell_what_was_heard(question):
    """Deny, RCP, SCP, endpoint, resource, identity, boundary, session; each with its statements."""
    decision = ask_engine(question)
    steps = {step.layer: step for step in decision.steps}

    assert tuple(step.layer for step in decision.steps) == RUNGS
    for layer in LAYERS:
        heard, step = decision.heard[layer], steps[layer]
        applied = [one.address for one in step.statements if one.applies]
        assert sorted(applied) == sorted(hit.address for hit in (*heard.allows, *heard.denies))
        assert len(step.statements) == sum(
            len(attached.policy.statements) for attached in decision.layers.of(layer)
        )
        expected = "deny" if heard.denies else "allow" if heard.allows else "silent"
        assert step.result == (expected if heard.present else "absent")
    assert {steps[layer].result for layer in RUNGS[1:4]} == {"absent"}
    if question["action"].lower() != "sts:getcalleridentity":
        assert (steps["deny"].result == "deny") is (decision.verdict is Verdict.EXPLICIT_DENY)


@given(QUESTIONS)
def test_to_json_is_json(question):
    """What it gives can be written, and reads back the same."""
    made = ask_engine(question).to_json()

    assert json.loads(json.dumps(made)) == made
    assert [step["layer"] for step in made["steps"]] == list(RUNGS)


WORDS = {"allowed": "ALLOWED", "explicitDeny": "EXPLICIT DENY", "implicitDeny": "IMPLICIT DENY"}


@given(QUESTIONS)
def test_explain_answers_six_questions_and_gives_the_verdict(question):
    """Whatever the question, there is an explanation, and it has the word of the verdict."""
    decision = ask_engine(question)
    text = decision.explain()

    assert f"\n{decision.verdict.symbol} {WORDS[decision.verdict.value]}" in text
    assert [line[:2] for line in text.splitlines() if line[1:3] == ". "] == [
        f"{number}." for number in range(1, 7)
    ]
    assert all(f"\n{number}." in f"\n{text}" for number in range(1, 7))
    assert decision.message in text


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
        one = {"Effect": draw(st.sampled_from(["Allow", "Deny"]))}
        one[draw(st.sampled_from(["Action", "NotAction"]))] = draw(TEXTS)
        for pair, values in (
            (("Resource", "NotResource"), TEXTS),
            (("Principal", "NotPrincipal"), PRINCIPAL),
        ):
            if draw(st.booleans()):
                one[draw(st.sampled_from(pair))] = draw(values)
        if draw(st.booleans()):
            one["Condition"] = draw(CONDITION)
        made.append(one)
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
)
def test_no_policy_that_parses_makes_the_engine_fail(
    request_, identity, resource, boundary, session
):
    """Unknown text matches nothing; it breaks neither the decision nor any of its explanations."""
    decision = evaluate(request_, Layers(identity, resource, boundary, session))

    assert decision.verdict in Verdict
    assert str(decision.verdict).upper() in decision.explain()
    assert json.dumps(decision.to_json())
    assert str(decision) in repr(decision)
    for step in decision.steps:
        assert step.layer in str(step)
        assert all(one.effect in str(one) for one in step.statements)


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
    assert not decision.heard["identity"].allows
    assert not decision.heard["identity"].denies


@pytest.mark.parametrize("pattern", ["s3", "s3*", "s*:Get*", "s3:Get:Object", ""])
def test_not_action_with_what_iam_would_not_save_allows_nothing(pattern):
    """Whoever writes NotAction s3* means to spare S3; in no reading does it allow S3."""
    made = {"Effect": "Allow", "NotAction": pattern, "Resource": "*"}
    request = Request(f"arn:aws:iam::{OWN}:user/ana", "s3:GetObject", "arn:aws:s3:::bk/k")

    assert not evaluate(request, Layers([Policy.parse({"Version": NEW, "Statement": made})]))
