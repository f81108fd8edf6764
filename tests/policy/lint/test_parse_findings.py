"""What keeps a text from being a policy is a finding too, under Access Analyzer's code."""

import json

import pytest

from iamlab import Policy
from iamlab.errors import PolicyError
from iamlab.policy.lint import review
from iamlab.policy.lint.findings import LEVEL_OF

STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


def statement(*gone, **elements):
    """A document whose one statement has these elements, and lacks those."""
    whole = {**STATEMENT, **elements}
    left = {name: value for name, value in whole.items() if name not in gone}
    return {"Version": "2012-10-17", "Statement": [left]}


# What is wrong -> the code, its path, a neighbour that has nothing of the kind.
WRONG = {
    "text that is no JSON": ('{"Statement": [', "JSON_SYNTAX_ERROR", "$.Statement[0]"),
    "a key twice": (
        '{"Statement": [], "Statement": []}',
        "JSON_SYNTAX_ERROR",
        "$.Statement",
    ),
    "no Statement": ({"Version": "2012-10-17"}, "MISSING_STATEMENT", "$"),
    "no Effect": (statement("Effect"), "MISSING_EFFECT", "$.Statement[0]"),
    "no Action": (statement("Action"), "MISSING_ACTION", "$.Statement[0]"),
    "an Effect in lower case": (
        statement(Effect="allow"),
        "INVALID_EFFECT",
        "$.Statement[0].Effect",
    ),
    "a Version of today": (
        {**statement(), "Version": "2026-11-25"},
        "INVALID_VERSION",
        "$.Version",
    ),
    "an element of another language": (
        statement(Actions="s3:*"),
        "INVALID_POLICY_ELEMENT",
        "$.Statement[0].Actions",
    ),
    "a number for an action": (
        statement(Action=7),
        "DATA_TYPE_MISMATCH",
        "$.Statement[0].Action",
    ),
    "a Sid that is a list": (statement(Sid=["A"]), "DATA_TYPE_MISMATCH", "$.Statement[0].Sid"),
    "a statement that is text": (
        {"Statement": ["Allow"]},
        "DATA_TYPE_MISMATCH",
        "$.Statement[0]",
    ),
    "a policy that is a list": ("[]", "DATA_TYPE_MISMATCH", "$"),
    "a Principal that is a list": (
        statement(Principal=["*"]),
        "DATA_TYPE_MISMATCH",
        "$.Statement[0].Principal",
    ),
    "a Condition that is a list": (
        statement(Condition=[]),
        "DATA_TYPE_MISMATCH",
        "$.Statement[0].Condition",
    ),
    "an operator that holds text": (
        statement(Condition={"Bool": "true"}),
        "DATA_TYPE_MISMATCH",
        "$.Statement[0].Condition.Bool",
    ),
    "Action and NotAction": (
        statement(NotAction="iam:*"),
        "UNSUPPORTED_ELEMENT_COMBINATION",
        "$.Statement[0].NotAction",
    ),
    "an operator that is none": (
        statement(Condition={"StringEqual": {"aws:username": "a"}}),
        "INVALID_CONDITION_OPERATOR",
        "$.Statement[0].Condition.StringEqual",
    ),
    "Null with IfExists": (
        statement(Condition={"NullIfExists": {"aws:username": "true"}}),
        "NULL_WITH_IF_EXISTS",
        "$.Statement[0].Condition.NullIfExists",
    ),
    "a condition value that is an object": (
        statement(Condition={"StringEquals": {"aws:username": {"a": "b"}}}),
        "INVALID_CONDITION_DATA_TYPE",
        "$.Statement[0].Condition.StringEquals.aws:username",
    ),
    "a principal of another type": (
        statement(Principal={"User": "*"}),
        "INVALID_PRINCIPAL_KEY",
        "$.Statement[0].Principal.User",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_each_mistake_has_access_analyzers_code(case):
    """At its place, as an error, whether the document is text or a dict."""
    document, code, path = WRONG[case]
    texts = [document] if isinstance(document, str) else [document, json.dumps(document)]

    for text in texts:
        found = review(text)
        assert [(finding.code, finding.path) for finding in found] == [(code, path)]
        assert found[0].level == "ERROR"
        assert found[0].line is None or isinstance(text, str)
    assert code not in [finding.code for finding in review(statement(), "identity")]


def test_every_code_of_a_parse_problem_is_in_the_table():
    """All of them at once, in one document."""
    with pytest.raises(PolicyError) as caught:
        Policy.parse(
            {
                "Statement": [
                    document["Statement"][0]
                    for document, *_ in WRONG.values()
                    if isinstance(document, dict) and "Statement" in document
                ]
            }
        )

    assert len({finding.code for finding in caught.value.problems}) >= 8
    assert {problem.code for problem in caught.value.problems} <= LEVEL_OF.keys()
