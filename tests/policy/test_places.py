"""Every part of a policy is found again in its text."""

import json

import pytest

from iamlab import Policy
from iamlab.policy.json_text import Places

DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com", "AWS": ["111122223333", "*"]},
            "Action": ["s3:Get*", "s3:Put*"],
            "NotResource": "arn:aws:s3:::b",
            "Condition": {"StringLike": {"s3:prefix": ["a", "b"]}, "Null": {"aws:x": "true"}},
        },
        {"Effect": "Deny", "NotPrincipal": "*", "NotAction": [], "Resource": ["*"]},
    ],
}


def at(policy, path):
    """Read the JSON value that is where a path is said to be."""
    line, column = Places(policy).where(path)
    lines = policy.text.split("\n")
    text = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
    return json.JSONDecoder().raw_decode(text)[0]


def parts(policy):
    """Return every value of a policy's statements with the path that Places gives it."""
    places = Places(policy)
    for statement in policy.statements:
        elements = {
            "Action": statement.action,
            "NotAction": statement.not_action,
            "Resource": statement.resource,
            "NotResource": statement.not_resource,
        }
        for name, values in elements.items():
            for index, value in enumerate(values or ()):
                yield places.value(statement, name, index), value
        for index, (_, value) in enumerate(statement.principal or statement.not_principal or ()):
            yield places.principal(statement, index), value
        for condition in statement.conditions:
            for index, value in enumerate(condition.values):
                yield places.condition(statement, condition, index), value


@pytest.mark.parametrize("indent", [None, 2])
def test_every_value_is_where_it_is_said_to(indent):
    """Whether it is alone or in a list, and however the text is laid out."""
    policy = Policy.parse(json.dumps(DOCUMENT, indent=indent))
    found = list(parts(policy))

    assert len(found) == 11
    assert [at(policy, path) for path, _ in found] == [value for _, value in found]


def test_a_statement_without_brackets_has_no_number():
    """Its path is that of the element itself."""
    policy = Policy.parse(json.dumps({"Statement": DOCUMENT["Statement"][0]}))
    places = Places(policy)
    item = policy.statements[0]

    assert places.statement(item) == "$.Statement"
    assert places.element(item, "Effect") == "$.Statement.Effect"
    assert at(policy, "$.Statement.Effect") == "Allow"
    assert [at(policy, path) for path, _ in parts(policy)] == [value for _, value in parts(policy)]


def test_a_key_of_a_condition_has_a_place_of_its_own():
    """All its values are there."""
    policy = Policy.parse(DOCUMENT)
    statement = policy.statements[0]

    assert at(policy, Places(policy).condition(statement, statement.conditions[0])) == ["a", "b"]


def test_what_is_not_written_has_no_place():
    """A path that leads nowhere has neither line nor column."""
    assert Places(Policy.parse(DOCUMENT)).where("$.Statement[0].Sid") == (None, None)
