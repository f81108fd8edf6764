"""A fix that only tidies up leaves every decision as it was.

Policies of the random questions of ``tests/engine/random_questions.py`` are made untidy: values
is duplicated, stars are alone, lists are empty. Each fix of a finding that says "this adds nothing"
is then asked the same questions as the policy before it.
"""

import copy
import json
import random
from collections import Counter
from dataclasses import replace

import pytest

from iamlab.engine.refused_statements import void_statements
from iamlab.policy.condition_keys import ALWAYS, GLOBAL_KEYS
from iamlab.policy.document import Policy
from iamlab.policy.lint import advise, review
from iamlab.policy.statement import Statement
from tests.effort import is_thorough, tries
from tests.engine.json_questions import ask_engine
from tests.engine.random_questions import random_question
from tests.engine.vocabulary import DEV, INSTANTS, OWN, STORE, TOPIC

TIDY = frozenset(
    (
        *("REDUNDANT_ACTION", "REDUNDANT_RESOURCE", "REDUNDANT_STATEMENT"),
        *("REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION", "REDUNDANT_CONDITION_VALUE_NUM"),
        *("REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION", "IMPROVE_IP_RANGE"),
        *("EQUIVALENT_TO_NULL_FALSE", "EQUIVALENT_TO_NULL_TRUE", "MISSING_VERSION"),
        *("EMPTY_ARRAY_ACTION", "EMPTY_ARRAY_RESOURCE", "EMPTY_ARRAY_PRINCIPAL"),
        *("EMPTY_ARRAY_CONDITION_FORALLVALUES", "EMPTY_ARRAY_CONDITION_IFEXISTS"),
        *("EMPTY_OBJECT_PRINCIPAL", "EMPTY_OBJECT_CONDITION", "EMPTY_SID_VALUE"),
        *("UNIQUE_SIDS_REQUIRED", "UNIQUE_SIDS_RECOMMENDED", "UNSUPPORTED_SID"),
        *("INVALID_DATE_VALUE", "INVALID_CONDITION_MULTIPLE_BOOLEAN"),
        *("DUPLICATE_KEYS_WITH_DIFFERENT_CASE", "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS"),
    )
)
"""Codes whose fix changes words only."""

QUESTIONS = tries(600)

# What every request has, whether a question is about it or not.
ALWAYS = {
    key.name: {"Bool": "true", "Date": INSTANTS[0]}.get(key.type, "x1")
    for key in GLOBAL_KEYS.values()
    if key.present in ALWAYS
}

# Conditions that can be said in another way, or need not be said.
CONDITIONS = [
    {"StringLike": {"aws:ResourceTag/team": ["*", "red"]}},
    {"StringNotLike": {"aws:SourceVpce": "*"}},
    {"StringLikeIfExists": {"aws:SourceVpce": "**"}},
    {"StringNotLike": {"aws:userid": "*"}},
    {"StringLike": {"aws:PrincipalArn": "*", "aws:username": "*"}},
    {"ForAnyValue:StringLike": {"aws:TagKeys": ["a", "*"]}},
    {"ForAnyValue:StringNotLike": {"aws:TagKeys": "*"}},
    {"ForAllValues:StringLike": {"aws:TagKeys": "*"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": []}},
    {"ForAllValues:Null": {"aws:TagKeys": []}},
    {"ForAnyValue:Null": {"aws:TagKeys": []}},
    {"StringEqualsIfExists": {"aws:SourceVpce": []}},
    {"StringNotEqualsIfExists": {"aws:SourceVpce": []}},
    {"IpAddress": {"aws:SourceIp": ["203.0.113.77/24", "203.0.113.0/24", "2001:db8::5/32"]}},
    {"NotIpAddress": {"aws:SourceIp": ["198.51.100.9/8"]}},
    {"NumericLessThan": {"s3:max-keys": ["10", "9.5", 50]}},
    {"NumericGreaterThanEqualsIfExists": {"s3:max-keys": [10, "10.0", "100"]}},
    {"ForAnyValue:NumericLessThan": {"aws:MultiFactorAuthAge": ["60", "3600"]}},
    {"DateLessThanEquals": {"aws:CurrentTime": [1795600800, "2026-11-25"]}},
    {"DateEquals": {"aws:EpochTime": 1795600800, "aws:CurrentTime": "1795564800"}},
    {"Bool": {"aws:SecureTransport": ["true", "TRUE"]}},
    {"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"], "AWS:SourceVpce": ["vpce-2"]}},
    {"StringEquals": {"aws:SourceVpce": "vpce-1", "AWS:SourceVpce": "vpce-1"}},
    {"StringLike": {"aws:SourceArn": [f"arn:aws:sns:*:{OWN}:topic", STORE]}},
    {"StringNotLike": {"aws:SourceArn": [f"arn:aws:sns:*:{OWN}:*", TOPIC]}},
    {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::*:{DEV.partition(f'{OWN}:')[2]}"}},
    {"StringLike": {}},
    {},
]


def _listed(value):
    return list(value) if isinstance(value, list) else [value]


def _untidy_lists(statement, rng):
    """Return some values twice, or put one that covers others beside them."""
    for name in ("Action", "NotAction"):
        if name in statement and rng.random() < 0.4:
            values = _listed(statement[name])
            more = [
                *values,
                *(value.upper() for value in values),
                "*",
                "s3:*",
                "s3*",
                "*:*",
                "s3:Get*",
            ]
            statement[name] = values + rng.sample(more, 2)
    for name in ("Resource", "NotResource"):
        if name in statement and rng.random() < 0.4:
            values = _listed(statement[name])
            odd = f"arn:aws:sqs:us-east-1:${{aws:PrincipalAccount}}:{rng.choice('q*')}"
            home = "arn:aws:s3:::bk/${aws:username}/*"
            more = [*values, "*", "arn:aws:s3:::*", "arn:*", odd, home, "arn:aws:s3:::bk/*"]
            statement[name] = values + rng.sample(more, 2)
    if rng.random() < 0.05:
        statement["Sid"] = rng.choice(["", "a b", "a.b"])
    for name in ("Action", "Resource"):
        if name in statement and rng.random() < 0.03:
            statement[name] = []
    if isinstance(statement.get("Principal"), dict) and rng.random() < 0.06:
        statement["Principal"] = rng.choice([{}, {"AWS": []}])


def _untidy_condition(statement, rng):
    if rng.random() < 0.5:
        block = dict(statement.get("Condition", {}))
        for operator, keys in rng.choice(CONDITIONS).items():
            block.setdefault(operator, keys)
        statement["Condition"] = block
    if rng.random() < 0.05:
        statement.setdefault("Condition", {}).setdefault("StringEquals", {})


def _untidy(document, rng):
    """Write a policy in more words than it needs."""
    document = copy.deepcopy(document)
    statements = _listed(document["Statement"])
    for statement in statements:
        _untidy_lists(statement, rng)
        _untidy_condition(statement, rng)
    if rng.random() < 0.3:
        again = copy.deepcopy(rng.choice(statements))
        if rng.random() < 0.5:
            again["Condition"] = {**again.get("Condition", {}), "Bool": {"aws:x": "true"}}
        statements.insert(rng.randrange(len(statements) + 1), again)
    if rng.random() < 0.1:
        for statement in statements[:3]:
            statement["Sid"] = "same"
    return {**document, "Statement": statements}


def _slots(question):
    """Return the places of policies in a question, and of which type they are."""
    for name in ("identity", "session"):
        for index in range(len(question[name])):
            yield (name, index), name
    for name in ("boundary", "resource_policy", "endpoint"):
        if question.get(name):
            yield (name,), {"resource_policy": "resource"}.get(name, name)
    for name in ("scps", "rcps"):
        for level, policies in enumerate(question.get(name, [])):
            for index in range(len(policies)):
                yield (name, level, index), name[:-1]


def _replaced(question, path, document):
    """Return the question with another policy at a place."""
    changed = copy.copy(question)
    here = changed
    for step in path[:-1]:
        here[step] = copy.copy(here[step])
        here = here[step]
    here[path[-1]] = document
    return changed


def _type(question, kind):
    trust = question["action"].lower().startswith("sts:assumerole")
    return "trust" if kind == "resource" and trust else kind


def _untidy_questions(rng, number):
    """Return questions with the place of each policy, its type, and an untidy one for there."""
    for _ in range(number):
        question = random_question(rng)
        question["context"] = ALWAYS | question["context"]
        for path, kind in list(_slots(question)):
            policy = question
            for step in path:
                policy = policy[step]
            yield question, path, kind, _untidy(policy, rng)


@pytest.fixture(scope="module")
def tried():
    """Return how often the fix of each code was tried, and the first that changed a decision."""
    rng = random.Random(20261125)
    counts, changed = Counter(), {}
    for question, path, kind, untidy in _untidy_questions(rng, QUESTIONS):
        before = ask_engine(_replaced(question, path, untidy)).verdict
        policy = Policy.parse(json.dumps(untidy))
        if void_statements(policy, kind, question["action"]):
            continue  # without its defect, a statement that AWS would refuse has an effect again
        for finding in advise(policy, _type(question, kind)):
            if finding.code not in TIDY or not finding.is_fixable:
                continue
            counts[finding.code] += 1
            fixed = finding.fixed().to_dict()
            if ask_engine(_replaced(question, path, fixed)).verdict != before:
                changed.setdefault(finding.code, (str(finding), untidy, fixed))
    return counts, changed


@pytest.mark.chance
@pytest.mark.parametrize("code", sorted(TIDY))
def test_the_fix_leaves_every_decision_as_it_was(code, tried):
    """Often tried, never a difference."""
    counts, changed = tried

    assert counts[code] >= 3 or not is_thorough()
    assert changed.get(code) is None


def test_a_fix_leaves_all_that_it_is_not_about_as_it_was():
    """Id, version and the other statements stay, in their order; one statement changes or goes."""
    rng = random.Random(1125)
    seen = set()
    for question, _, kind, untidy in _untidy_questions(rng, 150):
        policy = Policy.parse(json.dumps({**untidy, "Id": "P"}))
        for finding in advise(policy, _type(question, kind)):
            if not finding.is_fixable:
                continue
            seen.add(finding.code)
            fixed = finding.fixed()
            assert fixed.id == "P"
            if finding.code == "MISSING_VERSION":
                assert fixed.version == "2012-10-17"
                assert _without_numbers(fixed) == _without_numbers(policy)
                continue
            assert fixed.version == policy.version
            assert _differences(policy, fixed) <= 1, str(finding)

    assert len(seen) > 25


def _without_numbers(policy):
    return [replace(statement, number=0, variables=True) for statement in policy.statements]


def _differences(policy, fixed):
    """Count the statements that a fix changed; one more is counted for each that went."""
    before, after = _without_numbers(policy), _without_numbers(fixed)
    if len(before) == len(after):
        return sum(item != other for item, other in zip(before, after, strict=True))
    gone = [before[:n] + before[n + 1 :] for n in range(len(before))]
    return 1 if after in gone else 2


def test_a_policy_that_was_put_together_is_looked_at_as_one_that_was_read():
    """Statements without a text have places, and findings that can be fixed."""
    statement = Statement("Allow", 1, principal=(), action=("s3:*", "s3:Get*"), resource=("*",))
    found = advise(Policy((statement,)), "resource")

    assert {"EMPTY_OBJECT_PRINCIPAL", "REDUNDANT_ACTION"} <= {finding.code for finding in found}
    assert all(finding.line for finding in found)


def test_a_document_that_is_not_a_text_has_no_lines():
    """Of a dict that is not a policy only the path is reported."""
    [finding] = review({"Version": "2012-10-17"})

    assert str(finding).startswith("ERROR MISSING_STATEMENT at $: ")
