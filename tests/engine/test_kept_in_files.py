"""What the engine gives can be written to a file, and read again; what it prepared is made anew."""

import copy
import pickle
from dataclasses import replace
from typing import Any

from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.engine.request import Request
from iamlab.engine.rules import AWS_RULES
from iamlab.policy.document import Policy

READ = "s3:GetObject"
REQUEST = Request(
    "arn:aws:iam::111111111111:user/ana",
    READ,
    "arn:aws:s3:::star-maps/m31",
    context={"aws:MultiFactorAuthPresent": True, "aws:TagKeys": ["a", "b"]},
)
POLICY = Policy.allow(READ, "arn:aws:s3:::star-maps/*").with_name("readers")


def through_a_file(thing: Any) -> Any:
    """Write it, and read it."""
    return pickle.loads(pickle.dumps(thing))  # noqa: S301 - our own


def test_a_decision_comes_back_with_its_reasons() -> None:
    """Verdict, question, policies, and the explanation that is made of them."""
    decision = evaluate(REQUEST, Layers(identity=[POLICY]))
    read = through_a_file(decision)

    assert read == decision
    assert read.explain() == decision.explain()
    assert read.request.keys == REQUEST.keys
    assert read.layers.identity[0].policy.name == "readers"


def test_a_policy_that_was_asked_comes_back_as_it_was_written() -> None:
    """And answers again."""
    evaluate(REQUEST, Layers(identity=[POLICY]))
    read = through_a_file(POLICY)

    assert POLICY.compiled
    assert read == POLICY
    assert (read.name, read.text, read.compiled) == (POLICY.name, POLICY.text, {})
    assert evaluate(REQUEST, Layers(identity=[read]))


def test_awss_rules_are_the_same_after_a_file_and_others_stay_others() -> None:
    """Whoever compares them with ``is`` is right afterwards, too."""
    believed = replace(AWS_RULES, outsider=AWS_RULES.never_abroad)

    assert through_a_file(AWS_RULES) is AWS_RULES
    assert copy.deepcopy(believed) == believed != AWS_RULES
