"""The trace of a decision: its facts are those of the readable path."""

import pytest
from hypothesis import given

from iamlab import Layers, evaluate
from iamlab.engine.applicable_statements import applicable_statements
from iamlab.engine.layers import LAYERS
from iamlab.engine.rules import AWS_RULES
from tests.engine.json_questions import ask_engine
from tests.engine.making import (
    ANA,
    DEV_1,
    EC2_ONLY,
    EVERYTHING,
    MANY,
    QUESTIONS,
    ask,
    policy,
    resource_policy,
)


@MANY
@given(QUESTIONS)
def test_the_fast_path_finds_what_the_readable_path_finds(question):
    """Statement by statement: whether it applies, how it names the caller, its mismatches."""
    decision = ask_engine(question)
    fast, readable = (
        applicable_statements(decision.request, decision.layers, AWS_RULES, fast=fast)
        for fast in (True, False)
    )

    assert fast == readable
    for layer in LAYERS:
        assert [match.applies for match in fast[layer].matches] == [
            not item.mismatches for item in readable[layer].matches
        ]


@MANY
@given(QUESTIONS)
def test_a_trace_agrees_with_its_decision(question):
    """What blocks, what denies, and what each layer and each of its levels does."""
    decision = ask_engine(question)
    trace = decision.trace

    assert tuple(step.layer for step in trace.steps) == LAYERS
    assert {step.layer for step in trace.steps if step.blocks} == decision.blocked_by
    assert trace.denies == decision.denies
    for step in trace.steps:
        found = decision.layer_matches[step.layer]
        assert tuple(match for level in step.levels for match in level.matches) == step.matches
        assert (step.outcome == "denies") is bool(found.denies)
        assert (step.outcome == "absent") is not found.present
        if found.why_absent:
            assert step.exempt == found.why_absent
        for level, allows in zip(step.levels, found.allows_by_level, strict=False):
            assert level.lets_through is (allows and level.outcome != "denies")
    if decision:
        assert trace.is_granted or trace.needs_no_allow


def test_a_trace_names_the_rule_and_why():
    """A rule in words, and whether a ceiling alone is in the way."""
    trace = evaluate(ask(), Layers([EVERYTHING], boundary=EC2_ONLY)).trace

    assert (trace.rule, trace.reason) == ("same_account", "One account: either side is enough.")
    assert trace.is_cut
    assert not trace.is_granted
    assert trace.step("boundary").levels[0].outcome == "no Allow"


def test_a_filter_does_not_limit_a_caller_that_the_resource_names_directly():
    """It says so, as it does where a layer has no part at all."""
    bucket = resource_policy({"Principal": {"AWS": DEV_1}})
    trace = evaluate(ask(DEV_1), Layers(resource=bucket, session=[EC2_ONLY])).trace

    assert trace.is_enough_at_resource
    assert "names the caller directly" in trace.step("session").exempt
    assert not trace.step("session").blocks


@pytest.mark.parametrize(
    ("layers", "layer", "why"),
    [
        (
            Layers([resource_policy({"Principal": {"AWS": ANA}})]),
            "identity",
            "Policy document should not specify a principal.",
        ),
        (
            Layers(resource=policy({}, name="bucket")),
            "resource",
            "Missing required field Principal.",
        ),
    ],
)
def test_a_statement_that_aws_refuses_to_save_is_in_the_trace(layers, layer, why):
    """With its layer and AWS's answer; one that merely does not match is not refused."""
    [refused] = evaluate(ask(), layers).trace.refused
    plain = evaluate(ask(), Layers([EC2_ONLY])).trace

    assert (refused.layer, refused.is_void) == (layer, True)
    assert refused.refusal.sentence.endswith(f": {why}")
    assert plain.refused == ()
