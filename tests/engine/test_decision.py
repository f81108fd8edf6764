"""What a decision says of itself: what decided, what blocks, and all of it as JSON."""

import json

import pytest
from hypothesis import assume, given

from iamlab import AttachedPolicy, Layers, Verdict, display, evaluate
from iamlab.engine.decision import Decision
from iamlab.engine.grants import Grant
from iamlab.engine.labels import QUESTIONS as SIX
from iamlab.engine.layers import CEILINGS, LAYERS
from tests.engine.json_questions import ask_engine
from tests.engine.making import (
    ANA,
    DENY,
    DEV,
    DEV_1,
    EC2,
    EC2_ONLY,
    EVERYTHING,
    FOREIGN,
    GET,
    GUEST,
    KEY,
    MANAGED,
    MANY,
    OBJECT,
    OWN,
    QUESTIONS,
    ROLE,
    ROOT,
    ask,
    policy,
    resource_policy,
    without,
)

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
    "every deny of every layer counts": (
        ask(DEV_1),
        Layers(
            [EVERYTHING],
            session=[DENY],
            scp=[[EVERYTHING], [EVERYTHING, policy({"Effect": "Deny"}, name="scp")]],
            rcp=[[policy({"Effect": "Deny", "Action": "s3:*"}, name="rcp")]],
            endpoint=policy({"Effect": "Deny"}, name="endpoint"),
            scoped=[EVERYTHING, policy({"Effect": "Deny"}, name="scoped")],
        ),
        {"deny/No", "scp/#1", "rcp/#1", "endpoint/#1", "scoped/#1"},
    ),
    "no ceiling grants": (
        ask(DEV_1),
        Layers([policy({}, name="mine")], boundary=EVERYTHING, scp=[[EVERYTHING]]),
        {"mine/#1"},
    ),
    "a grant": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers([EVERYTHING], grant=[Grant(ANA, ["Decrypt"], name="one")]),
        {"one/#1"},
    ),
    "a grant beside all else that is enough": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers(
            [EVERYTHING],
            resource_policy({"Principal": {"AWS": OWN}}),
            grant=[Grant(ANA, ["Decrypt"], name="one"), Grant(ANA, ["Encrypt"], name="two")],
        ),
        {"everything/#1", "bucket/#1", "one/#1"},
    ),
    "a grant of another account": (
        ask(action="kms:Decrypt", resource=KEY.replace(OWN, FOREIGN)),
        Layers([EVERYTHING], grant=[Grant(ANA, ["Decrypt"], name="one")]),
        {"everything/#1", "one/#1"},
    ),
    "a service": (
        ask(EC2, resource_account=OWN),
        Layers([EVERYTHING], resource_policy({"Principal": {"Service": EC2}})),
        {"bucket/#1"},
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
    "every kind of ceiling": (
        ask(DEV_1),
        Layers(
            [EVERYTHING],
            boundary=EC2_ONLY,
            session=[EC2_ONLY],
            scp=[[EVERYTHING], [EC2_ONLY], [EVERYTHING]],
            rcp=[[EC2_ONLY]],
            endpoint=EC2_ONLY,
            scoped=[EVERYTHING, EC2_ONLY],
        ),
        set(CEILINGS),
    ),
    "a deny and an empty level": (
        ask(),
        Layers([EVERYTHING, DENY], scp=[[EVERYTHING], []]),
        {"identity", "scp"},
    ),
    "the task policy of a root user": (
        ask(ROOT, action="kms:Decrypt", resource=KEY),
        Layers(session=[EC2_ONLY]),
        {"resource"},
    ),
    "a ceiling over nobody": (ask(), Layers(scp=[[EC2_ONLY]]), {"scp"}),
    "a role that trusts nobody": (
        ask(action="sts:AssumeRole", resource=ROLE),
        Layers([EVERYTHING]),
        {"resource"},
    ),
    "a ceiling that has no part": (
        ask(EC2, resource_account=OWN),
        Layers(scp=[[EC2_ONLY]], boundary=EC2_ONLY),
        {"resource"},
    ),
    "allowed over a shut boundary": (
        ask(),
        Layers(resource=resource_policy({}), boundary=EC2_ONLY),
        set(),
    ),
}


@pytest.mark.parametrize(("request_", "layers", "wanted"), BLOCKED.values(), ids=BLOCKED)
def test_what_blocks_is_every_deny_and_every_shut_ceiling(request_, layers, wanted):
    """And if there isn't one of both, the granter that is missing."""
    assert evaluate(request_, layers).blocked_by == wanted


@pytest.mark.parametrize(
    ("granted", "wanted", "named"),
    [
        ([], {"boundary"}, "no identity-based policy allows"),
        ([EVERYTHING], {"boundary"}, "no permissions boundary allows"),
        ([DENY], {"identity", "boundary"}, "an explicit deny in an identity-based policy"),
    ],
)
def test_the_message_may_name_another_layer_than_those_that_block(granted, wanted, named):
    """AWS page: "Troubleshoot access denied error messages": it names one type of policy.

    A limit matters only for what is granted. So if nothing is, the message says that first.
    """
    decision = evaluate(ask(), Layers(granted, boundary=EC2_ONLY))

    assert decision.blocked_by == wanted
    assert named in decision.message


# As JSON and HTML -------------------------------------------------------------------------------


def test_a_step_as_json_has_its_statements_with_their_paths():
    """Where a policy came from goes with it."""
    attached = AttachedPolicy(EC2_ONLY, MANAGED, ("group astronomers",))
    made = evaluate(ask(), Layers([attached])).to_dict()
    (statement,) = made["steps"][5]["statements"]

    assert statement == {
        "statement": "ec2-only/#1",
        "effect": "Allow",
        "applies": False,
        "misses": [f'Action: expected "ec2:*", the request has "{GET}"'],
        "path": ["group astronomers"],
    }
    assert made["verdict"] == "implicitDeny"
    assert made["blocked_by"] == ["identity"]
    assert made["determining"] == []
    assert made["message"].endswith(
        "because no identity-based policy allows the s3:GetObject action"
    )
    assert made["assumed"] == []
    assert (made["principal"], made["action"], made["resource"]) == (ANA, GET, OBJECT)
    assert json.dumps(made)


def test_assumptions_go_with_the_decision():
    """What was taken for granted is in the explanation and in JSON, in order."""
    decision = evaluate(ask(), Layers([EVERYTHING])).assuming(["one"]).assuming(["two"])

    assert isinstance(decision, Decision)
    assert decision.assumed == ("one", "two")
    assert decision.to_dict()["assumed"] == ["one", "two"]
    assert decision.explain().endswith("Assumed:\n  - one\n  - two")


def test_a_notebook_shows_a_decision_by_the_one_door(monkeypatch):
    """What is drawn is made by the display module, asked by name."""
    monkeypatch.setattr(display, "html", lambda value: f"<p>{value.verdict.value}</p>")

    assert evaluate(ask(), Layers())._repr_html_() == "<p>implicitDeny</p>"


def test_verdicts_have_aws_words_and_a_symbol():
    """Word and symbol together; colour is never the only sign."""
    assert [item.value for item in Verdict] == ["allowed", "explicitDeny", "implicitDeny"]
    assert [f"{item.symbol} {item}" for item in Verdict] == [
        "✓ allowed",
        "✕ explicit deny",
        "○ implicit deny",
    ]


# Laws -------------------------------------------------------------------------------------------

# What needs no Allow: facts/evaluation.md section 16.
NEEDS_NOTHING = ("sts:getcalleridentity", "sts:getsessiontoken", "sts:getscopedcredentials")


def needs_an_allow(request):
    """Whether somebody must allow the request at all."""
    if request.action.lower() in NEEDS_NOTHING and request.resource == "*":
        return False
    own_root = request.principal == f"arn:aws:iam::{request.resource_account}:root"
    return not own_root or request.about_kms_key  # whose policy must name even the root user


def is_task_policy(layer, question):
    """Whether it is the session policy of a root user, which needs no Allow."""
    return layer == "session" and question["principal"].endswith(":root")


@given(QUESTIONS)
def test_a_decision_is_true_when_it_is_allowed(question):
    """And then nothing blocks and there is no message; otherwise there are both."""
    decision = ask_engine(question)
    allowed = decision.verdict is Verdict.ALLOWED

    assert bool(decision) is decision.allowed is allowed
    assert (decision.message == "") is allowed
    assert (decision.blocked_by == frozenset()) is allowed
    assert not (decision.nearest_miss and decision.verdict is not Verdict.IMPLICIT_DENY)


@MANY
@given(QUESTIONS)
def test_what_blocks_a_request_is_as_the_contract_says(question):
    """Each layer that denies and each ceiling that is shut; if none is, the missing granter."""
    decision = ask_engine(question)
    denying = {deny.layer for deny in decision.denies}
    shut = {
        layer
        for layer in CEILINGS
        for level in decision.layer_matches[layer].levels
        if not any(match.effect == "Allow" and match.applies for match in level)
        and not is_task_policy(layer, question)
    }

    if decision:
        assert decision.blocked_by == set()
    else:
        assert decision.blocked_by == (denying | shut or {decision.trace.missing_granter})
        assert decision.blocked_by <= {*CEILINGS, "resource", "identity"}
        assert (decision.verdict is Verdict.EXPLICIT_DENY) is bool(denying)


@given(QUESTIONS)
def test_without_what_determined_it_an_allowed_request_is_not_allowed(question):
    """Nothing determines what needs no permission; all else falls with what determines it."""
    decision = ask_engine(question)
    assume(decision)
    rest = evaluate(decision.request, without(decision.layers, decision.determining))

    assert bool(rest) is not needs_an_allow(decision.request)
    if needs_an_allow(decision.request):
        assert decision.determining


@given(QUESTIONS)
def test_what_determined_an_allowed_request_is_enough(question):
    """Every other Allow of identity and resource policies, and every other grant, could go."""
    decision = ask_engine(question)
    assume(decision)
    kept = set(map(id, decision.determining))
    others = [
        hit
        for layer in ("identity", "resource", "grant")
        for hit in decision.layer_matches[layer].allows
        if id(hit) not in kept
    ]

    assert evaluate(decision.request, without(decision.layers, others))


@given(QUESTIONS)
def test_without_the_determining_statements_an_explicit_deny_is_gone(question):
    """The determining statements of an explicit deny are all the denies that apply."""
    decision = ask_engine(question)
    assume(decision.verdict is Verdict.EXPLICIT_DENY)
    rest = evaluate(decision.request, without(decision.layers, decision.determining))

    assert decision.determining
    assert rest.verdict is not Verdict.EXPLICIT_DENY
    assert {hit.layer for hit in decision.determining} <= decision.blocked_by
    for hit in decision.determining[:-1]:
        left = [other for other in decision.determining if other is not hit]
        assert evaluate(decision.request, without(decision.layers, left)).verdict is (
            Verdict.EXPLICIT_DENY
        )


@given(QUESTIONS)
def test_an_implicit_deny_has_no_determining_statement(question):
    """No statement makes an implicit deny."""
    decision = ask_engine(question)

    assert not (decision.verdict is Verdict.IMPLICIT_DENY and decision.determining)


RUNGS = ("deny", "rcp", "scp", "endpoint", "resource", "identity", "boundary", "session")


@given(QUESTIONS)
def test_the_steps_are_rungs_that_tell_what_was_heard(question):
    """Eight, and a ninth for scoped credentials; grants are with the resource policy."""
    decision = ask_engine(question)
    scoped = ("scoped",) if decision.layer_matches["scoped"].present else ()
    steps = {step.layer: step for step in decision.steps}

    assert tuple(step.layer for step in decision.steps) == (*RUNGS, *scoped)
    for layer in (*RUNGS[1:], *scoped):
        heard, step = decision.layer_matches[layer], steps[layer]
        grants = decision.layer_matches["grant"].matches if layer == "resource" else ()
        assert step.statements == (*heard.matches, *grants)
        if heard.present:
            levels = decision.layers.levels(layer)
            assert [len(level) for level in heard.levels] == [
                sum(len(attached.policy.statements) for attached in level)
                for level in levels or [()]
            ]
        if layer in CEILINGS:
            allows = all(heard.allows_by_level) or is_task_policy(layer, question)
        else:
            allows = bool(heard.allows) or any(grant.applies for grant in grants)
        expected = "deny" if heard.denies else "allow" if allows else "silent"
        assert step.result == (expected if heard.present or grants else "absent")
    if question["action"].lower() != "sts:getcalleridentity":
        assert (steps["deny"].result == "deny") is (decision.verdict is Verdict.EXPLICIT_DENY)


@given(QUESTIONS)
def test_a_layer_is_absent_only_if_it_is_missing_or_does_not_apply(question):
    """And then it says which of the two."""
    decision = ask_engine(question)

    for layer in LAYERS:
        heard, there = decision.layer_matches[layer], bool(decision.layers.levels(layer))
        if there:
            assert heard.present is not bool(heard.why_absent)
        else:
            assert heard.why_absent == ""
            assert heard.present is (
                layer == "session" and ":federated-user/" in question["principal"]
            )


@given(QUESTIONS)
def test_to_json_is_json(question):
    """What it gives can be written, and reads back the same."""
    decision = ask_engine(question)
    made = decision.to_dict()

    assert json.loads(json.dumps(made)) == made
    assert [step["layer"] for step in made["steps"]] == [step.layer for step in decision.steps]
    assert made["verdict"] == decision.verdict.value
    assert made["blocked_by"] == sorted(decision.blocked_by)
    assert made["determining"] == [match.address for match in decision.determining]


WORDS = {"allowed": "ALLOWED", "explicitDeny": "EXPLICIT DENY", "implicitDeny": "IMPLICIT DENY"}


@given(QUESTIONS)
def test_explain_answers_six_questions_and_gives_the_verdict(question):
    """Whatever the question, there is an explanation, and it has the word of the verdict."""
    decision = ask_engine(question)
    text = decision.explain()

    assert f"\n{decision.verdict.symbol} {WORDS[decision.verdict.value]}" in text
    numbered = [line for line in text.splitlines() if line[1:3] == ". "]
    assert len(numbered) == len(SIX)
    for number, (line, request) in enumerate(zip(numbered, SIX, strict=True), 1):
        assert line.startswith(f"{number}. {request.removesuffix('?')}")
    assert decision.message in text
