"""A crowd before one question: each bit is what evaluate says of that caller."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import ANONYMOUS, AttachedPolicy, Layers, Request, RequestError, evaluate, unsure
from iamlab.engine import caller_context as brought_module
from iamlab.engine import callers as callers_module
from iamlab.engine.callers import Callers
from iamlab.engine.callers_index import CallersIndex
from iamlab.engine.grants import Grant
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.engine.question_space import ResourceFacts
from tests.effort import first_now, slow, tries
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
from tests.engine.test_matrix import BROUGHT, CALLERS, WRONG

NOTHING = ResourceFacts()
TEAM, NAME = "aws:PrincipalTag/team", "aws:username"


def laid_over(*contexts):
    """One context over the other, whatever the letter case of their keys."""
    found = {}
    for context in contexts:
        lowers = {key.lower() for key in context}
        found = {key: value for key, value in found.items() if key.lower() not in lowers} | context
    return found


def one_by_one(callers, action, resource, known, context):
    """Decide for each caller with ``evaluate``."""
    other = known.layers()
    answers = []
    for principal, layers, own, *issuer in callers:
        keys = laid_over(dict(own), dict(known.context), dict(context))
        request = Request(principal, action, resource, known.account, keys, *issuer)
        whole = replace(
            layers,
            resource=other.resource,
            rcps=other.rcps,
            grants=other.grants,
            public_access_block=other.public_access_block,
        )
        answers.append(bool(evaluate(request, whole)))
    return answers


def agree(callers, *questions, crowd=None):
    """Ask a crowd, prove that each bit is right, and give the last answer."""
    crowd = crowd or CallersIndex(callers)
    found = []
    for action, resource, known, *context in questions:
        answer = crowd.who_can(action, resource, known, *context)
        found = [bool(answer >> number & 1) for number in range(len(callers))]

        assert found == one_by_one(callers, action, resource, known, *context or ({},))
        assert answer >> len(callers) == 0
    return found


def who(callers, *question):
    """The numbers of those who can."""
    return [number for number, can in enumerate(agree(callers, question)) if can]


def holding(*policies, **more):
    """Everybody of each kind, with these policies and no others."""
    return [
        (principal, Layers(policies, session=layers.session, **more), context, *issuer)
        for principal, layers, context, *issuer in CALLERS
    ]


# Random crowds ----------------------------------------------------------------------------------

TIMES = [1, 1, 1, 2, 14]
MOMENTS = [
    {},
    {},
    {"AWS:username": "ana"},
    {"aws:principaltag/TEAM": "red"},
    {"aws:PrincipalTag/team": []},
    {"aws:SourceVpce": "vpce-1", "s3:prefix": "ana/"},
    {"aws:PrincipalArn": LINKED},
    {"aws:userid": "AROAXXXXXXXXXXXXXXXX:s1"},
]


def random_crowd(rng):
    """Callers of several random questions, each some times, with policies of others among them."""
    asked = [ask_engine(random_question(rng)) for _ in range(rng.randint(2, 6))]
    callers = [
        random_caller(rng, one.request, asked) for one in asked for _ in range(rng.choice(TIMES))
    ]
    questions = [random_facts(rng, one.request, one.layers, asked) for one in asked]
    rng.shuffle(callers)
    return callers, questions


def random_caller(rng, request, asked):
    """A caller with policies of several questions, and at times a key of another."""
    layers = owned(rng.choice(asked).layers)
    for name in ("boundary", "session", "scps", "endpoint", "scoped"):
        if rng.random() < 0.3:
            layers = replace(layers, **{name: getattr(rng.choice(asked).layers, name)})
    layers = replace(layers, identity=[*layers.identity, *rng.choice(asked).layers.identity])
    context = laid_over(
        dict(request.context),
        {TEAM: rng.choice(["red", "ana", "*"])} if rng.random() < 0.3 else {},
        {"aws:PrincipalOrgID": "o-2"} if rng.random() < 0.1 else {},
    )
    return request.principal, layers, context, request.issuer


def random_facts(rng, request, layers, asked):
    """A question about the resource of one of them, and what is known of it."""
    brought = {key: rng.choice(values) for key, values in BROUGHT.items() if rng.random() < 0.2}
    known = facts(request, layers, context=brought)
    if rng.random() < 0.3:
        known = replace(known, rcps=rng.choice(asked).layers.rcps)
    if all(one.request.caller.account for one in asked) and rng.random() < 0.4:
        known = replace(known, account="")
    action = request.action if rng.random() < 0.8 else rng.choice(asked).request.action
    return action, request.resource, known, rng.choice(MOMENTS)


@MANY
@given(st.integers(0, 2**32 - 1))
def test_each_bit_is_what_evaluate_says(seed):
    """For callers, resources and moments of several random questions, one after the other."""
    callers, questions = random_crowd(random.Random(seed))

    agree(callers, *questions)


@pytest.mark.chance
def test_random_crowds_are_neither_open_nor_shut():
    """So that both values of a bit are compared often enough, and in one answer too."""
    rng = random.Random(7)
    bits, mixed = Counter(), 0
    for _ in range(60):
        callers, questions = random_crowd(rng)
        for question in questions:
            found = agree(callers, question)
            bits.update(found)
            mixed += len(set(found)) > 1

    assert min(bits.values()) > 0.15 * bits.total()
    assert mixed > 60


@pytest.mark.chance
@pytest.mark.parametrize("few", [0, 1, 1_000])
def test_it_does_not_matter_how_sets_are_written(few, monkeypatch):
    """As bits or as numbers."""
    monkeypatch.setattr(callers_module, "FEW", few)
    rng = random.Random(few)

    for _ in range(tries(40)):
        callers, questions = random_crowd(rng)
        agree(callers, *questions)


@pytest.mark.chance
def test_nothing_is_lost_when_too_much_is_remembered(monkeypatch):
    """It is found again."""
    monkeypatch.setattr(brought_module, "MOST", 1)
    rng = random.Random(3)

    for _ in range(tries(40)):
        callers, questions = random_crowd(rng)
        agree(callers, *questions, *questions)


# The caller's side ------------------------------------------------------------------------------


def users(count, **more):
    """Users without policies, with names of their own."""
    return [
        (
            f"arn:aws:iam::{OWN}:user/u{number}",
            Layers(**more),
            {NAME: f"u{number}", TEAM: "red" if number % 3 else "blue"},
        )
        for number in range(count)
    ]


def test_a_condition_on_a_tag_splits_the_crowd():
    """Whoever has another tag, or none, is not let in."""
    red = policy({"Condition": {"StringEquals": {TEAM: "red"}}})
    crowd = [*users(100, identity=[red]), (ANA, Layers([red]), {})]

    assert who(crowd, GET, OBJECT, NOTHING) == [number for number in range(100) if number % 3]


def test_a_policy_counts_only_for_those_who_have_it():
    """To allow and to deny, shared or alone."""
    crowd = [
        (ANA, Layers([EVERYTHING]), {}),
        (ANA, Layers([EVERYTHING, DENY]), {}),
        (ANA, Layers(), {}),
        (ANA, Layers([EVERYTHING, EC2_ONLY]), {}),
        (ANA, Layers([EC2_ONLY]), {}),
    ]

    assert who(crowd, GET, OBJECT, NOTHING) == [0, 3]


def test_each_level_of_scps_must_allow():
    """Callers may stand under chains of any length, and under a level without policies."""
    chains = [(), [[EVERYTHING]], [[EVERYTHING], [EC2_ONLY]], [[EC2_ONLY], [EVERYTHING]], [[]]]
    chains += [[[EVERYTHING], [EC2_ONLY, EVERYTHING]], [[EVERYTHING], [EVERYTHING, DENY]]]
    crowd = [(ANA, Layers([EVERYTHING], scps=chain), {}) for chain in chains]

    assert who(crowd, GET, OBJECT, NOTHING) == [0, 1, 5]


@pytest.mark.parametrize("layer", ["boundary", "session", "endpoint", "scoped"])
def test_each_ceiling_binds_those_who_have_it(layer):
    """And denies, and lets nobody in."""

    def under(*policies):
        return {layer: policies[0] if layer in ("boundary", "endpoint") else policies}

    crowd = [
        (DEV_1, Layers(identity, **ceiling), {})
        for identity in ([EVERYTHING], [])
        for ceiling in ({}, under(EVERYTHING), under(EC2_ONLY), under(DENY))
    ]

    assert who(crowd, GET, OBJECT, NOTHING) == [0, 1]


def test_a_policy_that_was_passed_twice_is_one():
    """Through two groups, say; and each of several scope-down policies must allow."""
    crowd = [
        (ANA, Layers([EVERYTHING, EVERYTHING], scoped=[EVERYTHING, EVERYTHING]), {}),
        (ANA, Layers([EVERYTHING], scoped=[EVERYTHING, EC2_ONLY]), {}),
    ]

    assert who(crowd, GET, OBJECT, NOTHING) == [0]


def test_variables_are_filled_in_for_each_caller():
    """In resources and in the values of conditions, with a default, spared, unknown."""
    home = "arn:aws:s3:::bk/home/u7/x"
    written = [f"arn:aws:s3:::bk/home/${{{NAME}}}/*", f"arn:aws:s3:::bk/home/${{{NAME}, 'u7'}}/*"]
    written += ["arn:aws:s3:::bk/${*}/x", f"arn:aws:s3:::bk/home/${{{NAME}}}/${{aws:userid}}"]
    for element in ("Resource", "NotResource"):
        for one in written:
            for effect in ("Allow", "Deny"):
                made = {"Effect": effect, "Resource": None, element: one}
                held = policy({} if effect == "Deny" else {"Action": "ec2:*"}, made)
                crowd = [*users(50, identity=[held]), *holding(held)]
                agree(crowd, (GET, home, ResourceFacts(OWN)), (GET, OBJECT, ResourceFacts(OWN)))
    in_value = policy({"Condition": {"StringEquals": {"s3:prefix": f"home/${{{NAME}}}"}}})
    moment = {"S3:Prefix": "home/u7"}

    assert who(users(50, identity=[in_value]), GET, OBJECT, NOTHING, moment) == [7]
    by_name = policy({"Resource": written[0]})
    assert who(users(50, identity=[by_name]), GET, home, NOTHING) == [7]
    assert who(users(50, identity=[by_name]), GET, home, NOTHING, {"AWS:UserName": "u7"}) == [
        *range(50)
    ]


USER, OF_TEAM = f"${{{NAME}}}", f"${{{TEAM}}}"
WRITTEN = [
    *(f"bk/{USER}", f"bk/{USER}*", f"*{USER}", f"b?/{USER}", f"bk/{USER}{OF_TEAM}", "bk/k", USER),
    *(f"bk/{USER}/{USER}", f"bk/${{{NAME}, 'ab'}}", f"bk/{OF_TEAM}/{USER}", f"bk/{USER[:-1]}"),
    *(f"bk/{USER.upper()}", "bk/${*}", "bk/${x:several, 'ab'}"),
    "bk/${aws:TagKeys, 'ab'}",
]
READ = [
    "bk/",
    "bk/a",
    "bk/ab",
    "bk/abc",
    "bk/a*",
    "bk/${*}",
    "bk/b/c",
    "bk/a:b/a:b",
    "bk/abcabc",
    "bk/*",
]
READ += ["bk/" + "a" * 3_000]


@slow
@pytest.mark.parametrize("written", first_now(WRITTEN, 3))
def test_whose_variable_fits_is_found_wherever_it_stands(written):
    """At the end, behind a wildcard, twice, beside a plain pattern; with values that are odd.

    In documents of the old version no variable means anything.
    """
    names = ["", "a", "ab", "abc", "*", "a*", "${*}", "b/c", "a:b", "a" * 3_000, None]
    contexts = [
        {key: value for key, value in ((NAME, name), (TEAM, team)) if value is not None}
        for name in names
        for team in ("a", None)
    ]
    contexts += [{"x:several": ["a", "abc"]}, {"x:several": "a", "aws:TagKeys": ["z"]}]
    for listed in ([written], [written, "bk/abc"]):
        statements = [{"Resource": [f"arn:aws:s3:::{text}" for text in listed]}]
        statements += [
            {"Condition": {operator: {"s3:prefix": listed}}}
            for operator in (
                *("StringLike", "StringEquals", "StringNotLike", "StringEqualsIfExists"),
                *("ForAnyValue:StringLike", "ForAllValues:StringEquals"),
            )
        ]
        callers = [
            (ANA, Layers([policy(one, version=version)]), context)
            for one in statements
            for version in ("2012-10-17", "2008-10-17")
            for context in contexts
        ]
        questions = [(GET, f"arn:aws:s3:::{text}", NOTHING, {"s3:prefix": text}) for text in READ]
        questions += [(GET, OBJECT, NOTHING, {"s3:prefix": one}) for one in ("", [], ["bk/a", "x"])]
        agree(callers, *questions)


def test_several_keys_are_looked_at_together():
    """Two keys of the caller in one condition, one of the caller and one of the resource."""
    both = policy({"Condition": {"StringEquals": {TEAM: f"${{{NAME}}}"}}})
    crowd = [(ANA, Layers([both]), {TEAM: one, NAME: two}) for one in "abc" for two in "abx"]
    crowd += [(ANA, Layers([both]), {}), (ANA, Layers([both]), {TEAM: "a"})]

    assert who(crowd, GET, OBJECT, NOTHING) == [0, 4]

    tag = "aws:ResourceTag/team"
    alike = policy({"Condition": {"StringEquals": {tag: f"${{{TEAM}}}"}}})
    crowd = users(40, identity=[alike])
    known = ResourceFacts(context={tag: "blue"})
    assert who(crowd, GET, OBJECT, known) == [*range(0, 40, 3)]
    assert who(crowd, GET, OBJECT, NOTHING) == []


CONDITIONS = [
    {"StringEquals": {TEAM: "red"}},
    {"StringNotEquals": {TEAM: ["red", "ana"]}},
    {"StringEqualsIfExists": {TEAM.upper(): "red"}},
    {"Null": {TEAM: "true"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}},
    {"ForAnyValue:StringLike": {"aws:TagKeys": ["a*"]}},
    {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    {"StringEquals": {TEAM: "red", "aws:PrincipalOrgID": "o-1"}},
    {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::*:user/${{{NAME}}}"}},
]


@slow
@pytest.mark.parametrize("condition", CONDITIONS)
def test_what_is_remembered_of_a_condition_holds_for_the_next_question(condition):
    """For other callers, other layers, other moments: each is asked for itself."""
    held = policy({"Condition": condition})
    spares = policy({}, {"Effect": "Deny", "Condition": condition})
    contexts = [
        {},
        {TEAM: "red", "aws:PrincipalOrgID": "o-1"},
        {TEAM.lower(): "blue", "aws:TagKeys": ["a", "b"]},
        {TEAM: "red", "aws:TagKeys": ["a"], NAME: "ana", "aws:PrincipalArn": ANA},
        {TEAM: "ana", "aws:TagKeys": [], "aws:PrincipalOrgID": "o-2"},
    ]
    crowd = [
        (ANA, layers, context)
        for layers in (
            *(Layers([held]), Layers([spares]), Layers([EVERYTHING], scps=[[spares]])),
            *(Layers([EVERYTHING], boundary=held), Layers([EVERYTHING], endpoint=spares)),
        )
        for context in contexts
    ]
    moments = [{}, *contexts, {TEAM.upper(): []}, {"aws:principalORGid": "o-1"}]
    questions = [(action, OBJECT, NOTHING, one) for one in moments for action in (GET, "s3:Put")]

    agree(crowd, *questions, *questions[:2])
    agree(crowd * 8, *questions)
    agree(crowd, (GET, OBJECT, ResourceFacts(rcps=[[held], [spares]])), questions[0])


def test_context_lies_over_the_callers_whatever_the_letter_case():
    """The moment over the resource, the resource over the caller; without values it takes away."""
    red = policy({"Condition": {"StringEquals": {TEAM: "red"}}})
    crowd = users(6, identity=[red])
    upper = ResourceFacts(context={TEAM.upper(): "red"})

    assert who(crowd, GET, OBJECT, upper) == [*range(6)]
    assert who(crowd, GET, OBJECT, upper, {TEAM.lower(): "blue"}) == []
    assert who(crowd, GET, OBJECT, NOTHING, {TEAM.lower(): []}) == []
    assert who(crowd, GET, OBJECT, NOTHING, {TEAM.title(): ["red"]}) == [*range(6)]


def test_a_moment_may_say_who_stands_behind_a_session():
    """aws:PrincipalArn and aws:userid name a caller, so then the question says who is meant."""
    ops = f"arn:aws:iam::{OWN}:role/ops"
    by_role = ResourceFacts(OWN, policy=resource_policy({"Principal": {"AWS": ops}}))
    by_id = ResourceFacts(OWN, policy=resource_policy({"Principal": {"AWS": "AROA" + "X" * 16}}))
    crowd = [(DEV_1, Layers(), {}), (DEV_1, Layers(), {}, DEV), (ANA, Layers(), {})]
    own = {"aws:principalARN": DEV, "aws:userid": "AROA" + "Z" * 16 + ":s1"}
    crowd += [(DEV_1, Layers(), own)]

    assert who(crowd, GET, OBJECT, by_role, {"AWS:principalarn": ops}) == [0, 3]
    assert who(crowd, GET, OBJECT, by_role) == []
    assert who(crowd, GET, OBJECT, by_id, {"aws:UserID": "AROA" + "X" * 16 + ":s1"}) == [0, 1, 3]
    assert who(crowd, GET, OBJECT, by_id, {"aws:UserID": "AROA" + "X" * 16}) == [0, 1, 2, 3]
    linked = [(DEV_1, Layers([EVERYTHING], scps=[[EC2_ONLY]]), {})]
    assert who(linked, GET, OBJECT, NOTHING, {"aws:PrincipalArn": LINKED}) == [0]
    assert who(linked, GET, OBJECT, NOTHING) == []


# Whom a Principal names -------------------------------------------------------------------------

USER_ID, ROLE_ID = "AIDA" + "Y" * 16, "AROA" + "X" * 16
CAST = [
    *CALLERS,
    (
        DEV_1,
        Layers([EVERYTHING]),
        {"aws:userid": f"{ROLE_ID}:s1"},
        f"arn:aws:iam::{OWN}:role/a/dev",
    ),
    (DEV, Layers([EVERYTHING]), {"aws:userid": ROLE_ID}),
    (ANA, Layers([EVERYTHING]), {"aws:userid": USER_ID}),
    (ANA, Layers([EVERYTHING]), {"aws:userid": f"{USER_ID}:odd"}),
    (GUEST, Layers([EVERYTHING], session=[EVERYTHING]), {}, EVE),
    (GUEST, Layers([EVERYTHING], session=[EVERYTHING]), {}),
    (GUEST.replace(OWN, FOREIGN), Layers([EVERYTHING], session=[EVERYTHING]), {}, ANA),
    (DEV_1.replace("aws:", "aws-cn:", 1), Layers([EVERYTHING]), {}),
    (f"arn:aws:sts::{FOREIGN}:assumed-role/dev/s1", Layers([EVERYTHING]), {}),
    ("arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/s", Layers(), {}, LINKED),
    ("lambda.amazonaws.com", Layers(), {}),
]
VALUES = [
    *([ANA], [DEV], [DEV_1], [GUEST], [ROOT], [OWN], [FOREIGN], [EVE], [USER_ID], [ROLE_ID]),
    *([ANA, OWN], [OWN, ANA, DEV_1, ROOT], [DEV, f"arn:aws:iam::{OWN}:role/x/dev"], ["*", ANA]),
    *([], [FOREIGN_ROOT, EVE], [SAML], [CHINESE, "arn:aws-cn:iam::111122223333:root"], ["*"]),
    *([f"arn:aws:iam::{OWN}:role"], ["ana", "", "arn:aws:iam::1"], [USER_ID, ANA, OWN], [LINKED]),
]
ELEMENTS = [
    *({"AWS": values} for values in VALUES),
    *("*", {"Service": EC2}, {"Service": [EC2, "lambda.amazonaws.com"], "AWS": ANA}),
    *({"Federated": [SAML, GOOGLE]}, {"CanonicalUser": "0a" * 32}, {"Service": "*"}),
    {"AWS": [EC2], "Service": [ANA], "Federated": "*"},
]


def both_bounded_and_not(callers):
    """Each caller twice: as it is, and under a boundary that allows all."""
    return [
        (principal, replace(layers, boundary=boundary), context, *issuer)
        for boundary in (None, EVERYTHING)
        for principal, layers, context, *issuer in callers
    ]


@slow
@pytest.mark.parametrize("identity", first_now([True, False]), ids=["identity", "alone"])
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
def test_a_principal_names_whom_evaluate_says(element, effect, identity):
    """Each way to name somebody, each kind of caller, with a boundary and without."""
    cast = both_bounded_and_not(CAST)
    if not identity:
        cast = [(one[0], replace(one[1], identity=[]), *one[2:]) for one in cast]
    crowd = CallersIndex(cast)
    for named in ELEMENTS:
        made = {"Effect": effect, "Principal": None, element: named}
        one = resource_policy({} if effect == "Deny" else {"Action": "ec2:*"}, made)
        open_to_all = {"Principal": {"AWS": "*", "Service": EC2, "Federated": [SAML, GOOGLE]}}
        trust = trust_policy(open_to_all if effect == "Deny" else {"Action": "ec2:*"}, made)
        guarded = {"rcps": [[EVERYTHING, one]], "policy": resource_policy({})}
        agree(
            cast,
            (GET, OBJECT, ResourceFacts(OWN, policy=one)),
            (GET, OBJECT, ResourceFacts(OWN, **guarded)),
            ("kms:Decrypt", KEY, ResourceFacts(policy=one)),
            ("sts:AssumeRole", ROLE, ResourceFacts(policy=trust)),
            ("sts:AssumeRoleWithSAML", ROLE, ResourceFacts(policy=trust)),
            ("sts:AssumeRoleWithWebIdentity", ROLE, ResourceFacts(policy=trust)),
            ("sts:TagSession", ROLE, ResourceFacts(policy=trust)),
            crowd=crowd,
        )


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
def test_an_endpoint_names_whom_evaluate_says(element, effect):
    """Where an account is its root user alone at gateways."""
    for named in ELEMENTS:
        made = {"Effect": effect, "Principal": None, element: named}
        one = resource_policy({} if effect == "Deny" else {"Action": "ec2:*"}, made)
        cast = [
            (principal, replace(layers, endpoint=one), context, *issuer)
            for principal, layers, context, *issuer in both_bounded_and_not(CAST)
        ]
        open_to_all = {"policy": resource_policy({})}
        agree(
            cast,
            (GET, OBJECT, ResourceFacts(OWN, **open_to_all)),
            ("sns:Publish", TOPIC, ResourceFacts(OWN, **open_to_all)),
        )


def test_what_differs_in_its_principal_alone_is_not_the_same():
    """Two callers came through two endpoints."""
    of_ana, of_eve = (resource_policy({"Principal": {"AWS": one}}) for one in (ANA, EVE))
    crowd = [
        (ANA, Layers([EVERYTHING], endpoint=endpoint), {}) for endpoint in (of_ana, of_eve, of_ana)
    ]

    assert who(crowd, GET, OBJECT, NOTHING) == [0, 2]


def test_not_principal_never_spares_who_has_a_boundary():
    """Of two who are listed, only the one without."""
    spares = resource_policy(
        {}, {"Effect": "Deny", "Principal": None, "NotPrincipal": {"AWS": [ANA, OWN]}}
    )
    known = ResourceFacts(OWN, policy=spares)
    crowd = [
        (ANA, Layers([EVERYTHING]), {}),
        (ANA, Layers([EVERYTHING], boundary=EVERYTHING), {}),
        (EVE, Layers([EVERYTHING]), {}),
    ]

    assert who(crowd, GET, OBJECT, known) == [0]


def test_not_principal_asks_for_the_account_too_where_that_is_the_rule(monkeypatch):
    """Then it counts who lists the account, as number or as root user."""
    switch = "DENY_NOT_PRINCIPAL_HITS_WHO_IS_LISTED_WITHOUT_ACCOUNT"
    monkeypatch.setattr(unsure, switch, True)
    for listed in ([ANA], [ANA, OWN], [ANA, ROOT], [ANA, FOREIGN], [DEV, ROOT], [EVE, FOREIGN]):
        deny = {"Effect": "Deny", "Principal": None, "NotPrincipal": {"AWS": listed}}
        known = ResourceFacts(OWN, policy=resource_policy({}, deny))
        agree(both_bounded_and_not(CAST), (GET, OBJECT, known))


def test_a_policy_may_name_many():
    """Each for itself, and some by two names."""
    crowd = users(200)
    named = [principal for principal, _, _ in crowd[::2]]
    known = ResourceFacts(OWN, policy=resource_policy({"Principal": {"AWS": named}}))

    assert who(crowd, GET, OBJECT, known) == [*range(0, 200, 2)]


def test_callers_are_parted_by_the_values_that_can_mean_them():
    """Who can be meant by none is in a part of his own, and everybody by a star."""
    requests = [Request(one, GET, OBJECT, OWN) for one in (ANA, EVE, DEV, ROOT, EC2)]
    listed = (("AWS", OWN), ("AWS", ANA), ("AWS", "*"), ("Service", EC2))
    star = ("AWS", "*")

    assert sorted(Callers(requests).parts(listed, 0b11111)) == [
        (0b00001, (star, ("AWS", ANA), ("AWS", OWN))),
        (0b00010, (star,)),
        (0b01100, (star, ("AWS", OWN))),
        (0b10000, (star, ("Service", EC2))),
    ]


# The resource's side ----------------------------------------------------------------------------


def test_grants_give_keys_to_whom_they_name():
    """Some operations, for some encryption contexts."""
    equals = {"encryption_context_equals": {"dept": "hr"}}
    grants = [
        Grant(one, ["Decrypt", "PutKeyPolicy"], constraints)
        for one in (ANA, DEV, ROOT, EVE, GUEST)
        for constraints in ({}, equals)
    ]
    sent = {"kms:EncryptionContext:dept": "hr", "kms:EncryptionContextKeys": ["dept"]}
    cast = both_bounded_and_not(CAST)
    by_all = ResourceFacts(grants=grants)
    for given_ in (grants[::2], grants[1::2], grants[:1]):
        for policies in ({}, {"policy": resource_policy({"Principal": {"AWS": ROOT}})}):
            known = ResourceFacts(grants=given_, **policies)
            for action in ("kms:Decrypt", "kms:PutKeyPolicy", "kms:RetireGrant", GET):
                agree(cast, (action, KEY, known), (action, KEY, known, sent))
                agree(cast, (action, KEY, replace(known, rcps=[[EVERYTHING], [DENY]])))

    assert who([(ANA, Layers(), {}), (EVE, Layers(), {})], "kms:Decrypt", KEY, known) == [0]
    alias = KEY.replace("key/k", "alias/k")
    assert who([(EVE, Layers([EVERYTHING]), {})], "kms:Decrypt", alias, by_all) == []
    assert who([(EVE, Layers([EVERYTHING]), {})], "kms:Decrypt", KEY, by_all) == [0]


def test_rcps_bind_everybody_but_where_they_do_not_reach():
    """Service-linked roles, services that they do not cover, calls about nothing."""
    levels = [[EVERYTHING], [policy({"Action": ["s3:*", "kms:Decrypt"]})]]
    crowd = both_bounded_and_not(CAST)
    for action, resource in (
        *((GET, OBJECT), ("kms:Decrypt", KEY), ("kms:RetireGrant", KEY), ("sns:Publish", TOPIC)),
        *(("sts:AssumeRole", ROLE), ("s3:ListAllMyBuckets", "*"), ("sts:AssumeRole", LINKED)),
    ):
        for rcps in (levels, [[DENY]], [[EVERYTHING], []], [[AttachedPolicy(EC2_ONLY)]]):
            for trust in (trust_policy({}), resource_policy({})):
                agree(crowd, (action, resource, ResourceFacts(OWN, policy=trust, rcps=rcps)))


def test_restrict_public_buckets_shuts_out_who_is_not_of_the_account():
    """Whatever the public policy says; its Deny goes on."""
    public = resource_policy({}, {"Effect": "Deny", "Principal": {"AWS": ANA}})
    pinned = resource_policy({"Principal": {"AWS": [FOREIGN, ANA]}})
    for block in (None, PublicAccessBlock(), PublicAccessBlock(restrict_public_buckets=True)):
        for one in (public, pinned):
            known = ResourceFacts(OWN, policy=one, public_access_block=block)
            agree(CAST, (GET, OBJECT, known), ("sns:Publish", TOPIC, known))
    crowd = [(EVE, Layers([EVERYTHING]), {}), (DEV, Layers(), {}), (ANONYMOUS, Layers(), {})]

    assert who(crowd, GET, OBJECT, replace(known, policy=public)) == [1]


def test_a_bucket_without_owner_is_of_whoever_asks():
    """So the root users of two accounts may both use it, until somebody says whose it is."""
    crowd = [(ROOT, Layers(), {}), (FOREIGN_ROOT, Layers(), {}), (EVE, Layers([EVERYTHING]), {})]
    shut = ResourceFacts(policy=resource_policy({"Principal": {"AWS": FOREIGN}}))

    assert who(crowd, GET, OBJECT, NOTHING) == [0, 1, 2]
    assert who(crowd, GET, OBJECT, shut) == [0, 1, 2]
    assert who(crowd, GET, OBJECT, ResourceFacts(FOREIGN)) == [1, 2]
    assert who(crowd, GET, OBJECT, ResourceFacts(OWN)) == [0]
    with_accounts = [one for one in both_bounded_and_not(CAST) if ":" in one[0] and one[0] != SAML]
    agree(with_accounts, (GET, OBJECT, shut), ("s3:PutBucketPolicy", "arn:aws:s3:::bk", shut))


def test_accounts_of_two_partitions_are_two():
    """Though their numbers may be the same."""
    crowd = [(ANA, Layers([EVERYTHING]), {}), (CHINESE, Layers([EVERYTHING]), {})]

    assert who(crowd, "sns:Publish", TOPIC, NOTHING) == [0]
    assert who(crowd, "sns:Publish", TOPIC.replace("aws:", "aws-cn:", 1), NOTHING) == [1]


SPECIAL = [
    *(("sts:GetCallerIdentity", "*"), ("sts:GetSessionToken", "*"), ("ec2:RunInstances", "*")),
    *(("sts:GetFederationToken", f"arn:aws:sts::{OWN}:federated-user/x"), ("iam:PassRole", ROLE)),
    *(("sts:AssumeRoot", ROOT), ("sts:AssumeRoot", FOREIGN_ROOT), ("logs:PutLogEvents", "*")),
    *(
        ("s3:PutBucketPolicy", "arn:aws:s3:::bk"),
        ("kms:PutKeyPolicy", KEY),
        ("S3:GETobject", OBJECT),
    ),
    ("ecr:PutImage", f"arn:aws:ecr:eu-west-1:{OWN}:repository/r"),
    ("backup:StartBackupJob", f"arn:aws:backup:eu-west-1:{OWN}:backup-vault:v"),
    ("dynamodb:GetItem", f"arn:aws:dynamodb:eu-west-1:{OWN}:table/t"),
    ("sqs:SetQueueAttributes", f"arn:aws:sqs:eu-west-1:{OWN}:q"),
]


@pytest.mark.parametrize("account", [OWN, FOREIGN])
def test_special_actions_have_their_own_rules(account):
    """Each kind of caller, before what needs no permission, works at home only, and so on."""
    deny = policy({}, {"Effect": "Deny"})
    crowd = [*both_bounded_and_not(CAST), *holding(deny), *holding(), *holding(EVERYTHING)]
    task = [(ROOT, Layers(session=[one]), {}) for one in (EVERYTHING, EC2_ONLY, DENY)]
    lonely = [(GUEST, Layers([EVERYTHING]), {}, ANA)]
    without_resource = resource_policy({"Resource": None})
    for action, resource in SPECIAL:
        for one in (
            None,
            resource_policy({}),
            without_resource,
            resource_policy({"Effect": "Deny"}),
        ):
            known = ResourceFacts(account, policy=one)
            agree([*crowd, *task, *lonely], (action, resource, known))


@pytest.mark.parametrize("kept", [True, False])
def test_a_deny_stops_get_session_token_or_not(kept, monkeypatch):
    """As the switch says."""
    monkeypatch.setattr(unsure, "DENY_STOPS_GET_SESSION_TOKEN", kept)
    crowd = [(ANA, Layers([DENY]), {}), (ANA, Layers(), {}), (DEV_1, Layers([EVERYTHING]), {})]

    found = agree(crowd, ("sts:GetSessionToken", "*", NOTHING))

    assert found == [not kept, True, False]


# Shape and errors -------------------------------------------------------------------------------


def test_a_crowd_may_be_empty_and_keeps_its_order():
    """Bit ``i`` is caller ``i``; a caller may stand twice."""
    crowd = CallersIndex(
        iter([(EVE, Layers(), {}), (ANA, Layers([EVERYTHING]), {}), (EVE, Layers(), {})])
    )

    assert crowd.callers == (EVE, ANA, EVE)
    assert crowd.who_can(GET, OBJECT, NOTHING) == 0b010
    assert CallersIndex([]).callers == ()
    assert CallersIndex([]).who_can(GET, OBJECT, NOTHING) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("resource", EVERYTHING),
        ("rcps", [[EVERYTHING]]),
        ("grants", [Grant(ANA, ["Decrypt"])]),
        ("public_access_block", PublicAccessBlock()),
    ],
)
def test_what_belongs_to_a_resource_is_refused_in_the_layers_of_a_caller(field, value):
    """The error says where it goes."""
    with pytest.raises(RequestError, match=f"{field} belongs to a resource"):
        CallersIndex([(ANA, Layers(**{field: value}), {})])


@pytest.mark.parametrize(
    ("principal", "context", "pairs", "resources"),
    [row for name, row in WRONG.items() if name != "a key that is brought twice"],
)
def test_what_cannot_be_asked_is_refused_as_evaluate_refuses_it(
    principal, context, pairs, resources
):
    """Whether or not some policy would have looked at it."""
    crowd = [(principal, Layers([EVERYTHING]), context), (principal, Layers(), context)]

    def ask():
        made = CallersIndex(crowd)
        for action, resource in pairs:
            made.who_can(action, resource, resources.get(resource, NOTHING))

    with pytest.raises(RequestError):
        ask()


def test_nobody_can_tell_whose_a_bucket_is_if_one_caller_has_no_account():
    """One is enough, wherever he stands."""
    crowd = CallersIndex([(ANA, Layers([EVERYTHING]), {}), (ANONYMOUS, Layers(), {})])

    with pytest.raises(RequestError, match="Nobody can tell who owns"):
        crowd.who_can(GET, OBJECT, NOTHING)
    assert crowd.who_can(GET, OBJECT, ResourceFacts(OWN)) == 0b01
    assert crowd.who_can("sns:Publish", TOPIC, NOTHING) == 0b01


@pytest.mark.parametrize("context", [{"aws:SourceIp": None}, {"a:b": "1", "A:b": "2"}, "context"])
def test_a_moment_that_is_none_is_refused(context):
    """As in a request."""
    with pytest.raises(RequestError):
        CallersIndex([(ANA, Layers(), {})]).who_can(GET, OBJECT, NOTHING, context)


def test_an_issuer_that_is_no_arn_is_refused():
    """As in a request."""
    with pytest.raises(RequestError, match="issuer"):
        CallersIndex([(DEV_1, Layers(), {}, "dev")])


def test_a_crowd_leaves_policies_of_old_questions_alone():
    """A policy of a resource may be gone when the next question comes, and its place be taken."""
    crowd = CallersIndex(users(40))
    for number in range(300):
        document = resource_policy(
            {"Condition": {"StringEquals": {NAME: f"u{number % 40}"}}, "Resource": "arn:aws:s3:::*"}
        )
        answer = crowd.who_can(GET, OBJECT, ResourceFacts(OWN, policy=document))

        assert answer == 1 << number % 40
