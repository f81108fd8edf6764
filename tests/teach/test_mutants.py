"""Wrong beliefs as rules: each mutant differs from AWS only where the belief is wrong."""

from dataclasses import fields
from itertools import permutations, product

import pytest
from hypothesis import given

from iamlab import Layers, Policy, Request, Verdict, evaluate
from iamlab.engine.evaluate import read
from iamlab.engine.layers import LAYERS
from iamlab.engine.rules import AWS_RULES, Rules, matching
from iamlab.teach.mutants import MUTANTS, telling
from iamlab.teach.scenarios import MAP, README, scenario
from iamlab.teach.tables import find
from tests.engine.json_questions import ask_engine
from tests.engine.making import QUESTIONS
from tests.rows import each_row

ALLOWED, EXPLICIT, IMPLICIT = Verdict.ALLOWED, Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY
ALICE = "arn:aws:iam::111111111111:user/alice"

# The table of the syllabus, M01 to M40: the mutants of each belief.
SYLLABUS = (
    ("group_is_principal",),
    ("last_wins", "most_specific_wins"),
    ("no_deny_means_allow",),
    ("deny_is_deny",),
    ("first_group_wins",),
    ("same_account_needs_both",),
    ("cross_either_side",),
    ("account_means_everyone",),
    ("role_adds",),
    ("trust_grants",),
    ("trust_alone",),
    ("boundary_grants",),
    ("boundary_caps_all",),
    ("scp_grants", "scp_binds_management"),
    ("scp_any_level",),
    ("rcp_is_scp",),
    ("session_adds",),
    ("missing_key_false",),
    ("ifexists_is_stricter",),
    ("notaction_denies",),
    ("notprincipal_simple",),
    ("forall_needs_key",),
    ("values_and",),
    ("equals_globs",),
    ("one_arn_fits",),
    ("variable_always_there",),
    ("principalarn_is_session",),
    ("root_unlimited",),
    ("passrole_ignored",),
    ("externalid_identity",),
    ("fedtoken_full",),
    ("chain_keeps",),
    ("kms_like_s3",),
    ("sourceip_everywhere",),
    ("name_is_identity",),
    ("star_is_public",),
    ("no_resource_policies",),
    ("mfa_by_switch",),
    ("secret_readable",),
    ("readonly_is_metadata",),
)

each_mutant = each_row("mutant", MUTANTS.values(), ids=MUTANTS)


# -- the table --------------------------------------------------------------------------------


@each_mutant
def test_a_mutant_is_in_the_syllabus(mutant):
    """Its name and its belief's id are in the table of misconceptions."""
    assert mutant.name in SYLLABUS[int(mutant.belief.removeprefix("M")) - 1]


@each_mutant
def test_a_mutant_differs_from_aws_in_few_rules_or_in_what_it_reads(mutant):
    """Most beliefs are one other rule, or one other view; no policy decides what M39 is about."""
    others = [
        rule.name
        for rule in fields(Rules)
        if getattr(mutant.rules, rule.name) is not getattr(AWS_RULES, rule.name)
    ]

    assert len(others) <= 4
    assert others or mutant.view or mutant.world_view or mutant.belief == "M39"


@each_mutant
def test_a_mutant_is_found_by_its_name_and_described_in_sentences(mutant):
    """Its claim continues "as if ...", and its truth is a whole sentence."""
    assert MUTANTS[mutant.name] is mutant
    assert mutant.claim[0].islower()
    assert mutant.claim[-1].isalpha()
    assert mutant.truth[0].isupper()
    assert mutant.truth.endswith(".")


# -- what each belief says about a set of statements -------------------------------------------

# From the broadest to the most specific; the last doesn't match the request.
RESOURCES = ("*", "arn:aws:s3:::star-maps/*", MAP, README)
STATEMENTS = [(effect, resource) for effect in ("Allow", "Deny") for resource in RESOURCES]
STACKS = [stack for size in range(4) for stack in permutations(STATEMENTS, size)]


def _decided(stack):
    """Decide reading the map by a policy of these statements, in this order."""
    statements = [
        {"Effect": effect, "Action": "s3:GetObject", "Resource": resource}
        for effect, resource in stack
    ]
    policy = Policy.parse({"Version": "2012-10-17", "Statement": statements}, name="stack")
    return evaluate(Request(ALICE, "s3:GetObject", MAP), Layers(identity=[policy]))


def _aws(applying):
    effects = [effect for effect, _ in applying]
    return EXPLICIT if "Deny" in effects else ALLOWED if "Allow" in effects else IMPLICIT


def _last(applying):
    return {"Deny": EXPLICIT, "Allow": ALLOWED}[applying[-1][0]] if applying else IMPLICIT


def _most_exact(applying):
    # If two are equally specific, the Deny wins.
    ranked = sorted(applying, key=lambda match: (RESOURCES.index(match[1]), match[0] == "Deny"))
    return _last(ranked)


def _lifted(applying):
    return _aws([match for match in applying if match[0] == "Allow"] or applying)


def _nothing_denies(applying):
    return EXPLICIT if _aws(applying) is EXPLICIT else ALLOWED


def _bucket_policy_missing(applying):
    return EXPLICIT if _aws(applying) is EXPLICIT else IMPLICIT


BELIEVED = {
    "last_wins": _last,
    "most_specific_wins": _most_exact,
    "deny_is_deny": _lifted,
    "no_deny_means_allow": _nothing_denies,
    "same_account_needs_both": _bucket_policy_missing,
}


@pytest.mark.parametrize("name", BELIEVED)
def test_a_mutant_decides_every_small_stack_by_its_belief(name):
    """In all orders of up to three statements, it is wrong exactly where it must be."""
    mutant, wrong = MUTANTS[name], 0
    for stack in STACKS:
        decision = _decided(stack)
        applying = [match for match in stack if match[1] != README]

        assert decision.verdict is _aws(applying), stack
        assert mutant.verdict(decision) is BELIEVED[name](applying), stack
        wrong += mutant.verdict(decision) is not decision.verdict

    assert wrong > 0


def test_the_other_beliefs_agree_about_small_stacks():
    """They aren't about the order, the effect or the resource of statements."""
    for stack in STACKS:
        if len(stack) <= 2:
            assert {mutant.name for mutant in telling(_decided(stack))} <= BELIEVED.keys(), stack


def test_the_more_specific_statement_has_more_letters_outside_wildcards():
    """Resources count first, then actions; the most specific value of a list counts."""
    exact = MUTANTS["most_specific_wins"]
    for deny, allow, believed in (
        (("s3:*", MAP), ("s3:GetObject", "arn:aws:s3:::star-maps/*"), EXPLICIT),
        (("s3:*", "*"), ("s3:Get*", "*"), ALLOWED),
        (("s3:GetObject", "*"), (["s3:*", "s3:GetObject"], "*"), EXPLICIT),
        (("s3:GetObject", "arn:aws:s3:::star-maps/m31.fit?"), ("s3:*", ["*", MAP]), ALLOWED),
    ):
        statements = [
            {"Effect": effect, "Action": action, "Resource": resource}
            for effect, (action, resource) in (("Deny", deny), ("Allow", allow))
        ]
        policy = Policy.parse({"Version": "2012-10-17", "Statement": statements})
        decision = evaluate(Request(ALICE, "s3:GetObject", MAP), Layers(identity=[policy]))

        assert decision.verdict is EXPLICIT
        assert exact.verdict(decision) is believed, (deny, allow)


def test_a_statement_with_not_action_and_not_resource_is_the_least_specific():
    """NotAction and NotResource are broad, whatever values they have."""
    statements = [
        {"Effect": "Deny", "NotAction": "iam:GetUser", "NotResource": README},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    ]
    policy = Policy.parse({"Version": "2012-10-17", "Statement": statements})
    decision = evaluate(Request(ALICE, "s3:GetObject", MAP), Layers(identity=[policy]))

    assert MUTANTS["most_specific_wins"].verdict(decision) is ALLOWED


# -- a missing key ----------------------------------------------------------------------------

MFA = "aws:MultiFactorAuthPresent"


EFFECTS, OF_MFA = ("Allow", "Deny"), ("Bool", "BoolIfExists", "StringEquals", "Null")
WANTED = ("true", "false", "FALSE", ["true", "false"])
CONTEXTS = ({}, {MFA: True}, {MFA: False})


@each_row(
    ("effect", "operator", "wanted", "context"),
    product(EFFECTS, OF_MFA, WANTED, CONTEXTS),
    ids=map(str, product(EFFECTS, OF_MFA, WANTED, CONTEXTS)),
)
def test_a_missing_key_counts_as_false_for_bool_and_for_nothing_else(
    effect, operator, wanted, context
):
    """By this belief, a missing key has the same effect as the value false."""
    statements = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"} if effect == "Deny" else None,
        {
            "Effect": effect,
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {operator: {MFA: wanted}},
        },
    ]
    policy = Policy.parse({"Version": "2012-10-17", "Statement": list(filter(None, statements))})
    layers = Layers(identity=[policy])
    decision = evaluate(Request(ALICE, "s3:GetObject", MAP, context=context), layers)
    if operator == "Bool" and not context:  # IfExists defines what a missing key means
        as_if = evaluate(Request(ALICE, "s3:GetObject", MAP, context={MFA: False}), layers)
    else:
        as_if = decision

    assert MUTANTS["missing_key_false"].verdict(decision) is as_if.verdict


def test_the_deny_without_mfa_does_not_match_a_caller_without_the_key():
    """Of three callers, only the one without the key separates AWS and the belief."""
    no_mfa = {"Bool": {MFA: "false"}}
    statements = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": no_mfa},
    ]
    policy = Policy.parse({"Version": "2012-10-17", "Statement": statements})
    names = [
        {mutant.name for mutant in telling(evaluate(request, Layers(identity=[policy])))}
        for context in ({MFA: True}, {MFA: False}, {})
        for request in [Request(ALICE, "s3:GetObject", MAP, context=context)]
    ]

    assert "missing_key_false" not in names[0] | names[1]
    assert names[2] == {"missing_key_false", "same_account_needs_both"}


# -- everywhere else --------------------------------------------------------------------------


@given(QUESTIONS)
def test_a_belief_about_denies_agrees_unless_allow_and_deny_both_match(question):
    """In all layers: only a Deny together with an Allow can make a difference."""
    decision = ask_engine(question)
    allows = [allow for layer in LAYERS for allow in decision.layer_matches[layer].allows]
    for name in ("last_wins", "most_specific_wins", "deny_is_deny"):
        believed = MUTANTS[name].verdict(decision)
        if believed is not decision.verdict:
            assert decision.denies, name
            assert allows, name
            assert decision.verdict is EXPLICIT
            assert believed is ALLOWED


@given(QUESTIONS)
def test_a_belief_about_missing_keys_agrees_without_bool(question):
    """In all layers: the belief is wrong about Bool only."""
    decision = ask_engine(question)
    operators = {
        condition.comparison.name
        for layer in LAYERS
        for attached in decision.layers.of(layer)
        for statement in attached.policy.statements
        for condition in statement.conditions
    }
    if "Bool" not in operators:
        assert MUTANTS["missing_key_false"].verdict(decision) is decision.verdict


@given(QUESTIONS)
def test_what_aws_compared_is_not_compared_again_with_another_result(question):
    """A belief about how results combine takes the statements that match from AWS's decision."""
    decision = ask_engine(question)
    for mutant in (own for own in MUTANTS.values() if own.view is own.world_view is None):
        anew = read(decision.request, decision.layers, mutant.rules)
        quick = mutant.decide(decision)
        assert (quick.verdict, quick.layer_matches) == (anew.verdict, anew.layer_matches)
        assert quick.trace.matches == anew.trace.matches


def test_few_beliefs_are_about_how_a_statement_matches():
    """Only for them, each statement is compared again."""
    others = {name for name, own in MUTANTS.items() if matching(own.rules) != matching(AWS_RULES)}

    assert others == {
        *("missing_key_false", "ifexists_is_stricter", "forall_needs_key", "values_and"),
        *("equals_globs", "one_arn_fits", "variable_always_there", "notprincipal_simple"),
        "externalid_identity",
    }


@given(QUESTIONS)
def test_telling_returns_exactly_the_mutants_that_disagree(question):
    """A mutant that agrees with AWS isn't in the list."""
    decision = ask_engine(question)

    assert [mutant.name for mutant in telling(decision)] == [
        name for name, mutant in MUTANTS.items() if mutant.verdict(decision) is not decision.verdict
    ]


@each_mutant
def test_a_mutants_verdict_changes_no_decision(mutant):
    """The decision and the engine give the same results before and after."""
    world = scenario("stack")
    decision = world.can(world.user("alice"), "s3:DeleteObject", MAP)
    before = decision.explain()
    mutant.verdict(decision)

    assert decision.explain() == before
    assert decision.rules is AWS_RULES
    assert world.can(world.user("alice"), "s3:DeleteObject", MAP) == decision


def test_the_lessons_requests_test_each_belief_about_denies():
    """Lesson 02 has a request for each of the three beliefs, and for three others."""
    world = scenario("stack")
    found = {
        tuple(mutant.name for mutant in telling(question.ask(world)))
        for question in find("2.4").offered()
    }

    assert {name for names in found for name in names} == {*BELIEVED, "one_arn_fits"}
