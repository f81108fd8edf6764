"""Policies written from Python."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import Policy, PolicyError, RequestError
from iamlab.policy.building import add, statements_as_written
from tests.effort import slow

allow, deny = Policy.allow, Policy.deny

MAPS = "arn:aws:s3:::maps/*"


def statement(policy):
    """The only statement, as JSON values."""
    [only] = policy.to_dict()["Statement"]
    return only


def condition(when):
    """The Condition block that comes of a short form."""
    return statement(allow("s3:*", when=when))["Condition"]


def test_what_is_written_is_what_a_person_would_write():
    """The newest version, AWS's order of elements, single values without brackets."""
    policy = allow(
        ["s3:GetObject"],
        (MAPS, "arn:aws:s3:::maps"),
        when={"aws:SecureTransport": True},
        principal="111122223333",
        sid="Readers",
        name="bucket",
    )

    assert policy.name == "bucket"
    assert policy.version == "2012-10-17"
    assert list(statement(policy)) == [
        *("Sid", "Effect", "Principal", "Action", "Resource", "Condition"),
    ]
    assert statement(policy) == {
        "Sid": "Readers",
        "Effect": "Allow",
        "Principal": {"AWS": "111122223333"},
        "Action": "s3:GetObject",
        "Resource": [MAPS, "arn:aws:s3:::maps"],
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    }
    assert policy.text == json.dumps(policy.to_dict(), indent=2)


def test_deny_is_the_same_with_the_other_effect():
    """Nothing else differs."""
    assert statement(deny("s3:*")) == {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


def test_a_trust_policy_has_no_resource():
    """Without resources the element is left out."""
    trust = allow("sts:AssumeRole", None, principal="ec2.amazonaws.com")

    assert "Resource" not in statement(trust)


@pytest.mark.parametrize(
    ("given_", "written"),
    [
        ("*", "*"),
        ("arn:aws:iam::111122223333:user/ana", {"AWS": "arn:aws:iam::111122223333:user/ana"}),
        ("ec2.amazonaws.com", {"Service": "ec2.amazonaws.com"}),
        ("ec2.amazonaws.com.cn", {"Service": "ec2.amazonaws.com.cn"}),
        ("accounts.google.com", {"Federated": "accounts.google.com"}),
        ("cognito-identity.amazonaws.com", {"Federated": "cognito-identity.amazonaws.com"}),
        ("arn:aws:iam::1:saml-provider/x", {"Federated": "arn:aws:iam::1:saml-provider/x"}),
        ("arn:aws:iam::1:oidc-provider/x", {"Federated": "arn:aws:iam::1:oidc-provider/x"}),
        (["1", "sns.amazonaws.com", "2"], {"AWS": ["1", "2"], "Service": "sns.amazonaws.com"}),
        ({"CanonicalUser": ["ab", "cd"]}, {"CanonicalUser": ["ab", "cd"]}),
        ({"AWS": ["ab"]}, {"AWS": "ab"}),
    ],
)
def test_a_principal_is_under_its_type(given_, written):
    """The type follows from the name, unless it is given."""
    assert statement(allow("s3:*", principal=given_))["Principal"] == written


@pytest.mark.parametrize(
    ("when", "written"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, {"Bool": {"aws:SecureTransport": "true"}}),
        ({"aws:PrincipalTag/team": "sky"}, {"StringEquals": {"aws:PrincipalTag/team": "sky"}}),
        ({"aws:username": ["a", "b"]}, {"StringEquals": {"aws:username": ["a", "b"]}}),
        ({"aws:username": {"b", "a"}}, {"StringEquals": {"aws:username": ["a", "b"]}}),
        ({"aws:username": ["a", "b*"]}, {"StringLike": {"aws:username": ["a", "b*"]}}),
        ({"s3:prefix": "?"}, {"StringLike": {"s3:prefix": "?"}}),
        ({"s3:prefix": "${aws:username}"}, {"StringEquals": {"s3:prefix": "${aws:username}"}}),
        ({"s3:prefix": "${*}"}, {"StringEquals": {"s3:prefix": "${*}"}}),
        ({"s3:prefix": "${aws:username}/*"}, {"StringLike": {"s3:prefix": "${aws:username}/*"}}),
        ({"s3:prefix": "${broken*"}, {"StringLike": {"s3:prefix": "${broken*"}}),
        ({"aws:SourceArn": "arn:aws:s3:::b"}, {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}}),
        ({"aws:SourceIp": "10.0.0.0/8"}, {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        ({"aws:MultiFactorAuthAge": 60}, {"NumericEquals": {"aws:MultiFactorAuthAge": "60"}}),
        ({"s3:max-keys": 1e16}, {"NumericEquals": {"s3:max-keys": "10000000000000000"}}),
        ({"AWS:securetransport": False}, {"Bool": {"AWS:securetransport": "false"}}),
        (
            {"aws:username": "a", "StringEquals": {"s3:prefix": "b"}},
            {"StringEquals": {"aws:username": "a", "s3:prefix": "b"}},
        ),
        (
            {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}},
            {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}},
        ),
        (
            {"DateLessThan": {"aws:CurrentTime": datetime(2026, 1, 2, tzinfo=UTC)}},
            {"DateLessThan": {"aws:CurrentTime": "2026-01-02T00:00:00Z"}},
        ),
        (
            {"DateLessThan": {"aws:CurrentTime": datetime(2026, 1, 2, 3)}},  # noqa: DTZ001
            {"DateLessThan": {"aws:CurrentTime": "2026-01-02T03:00:00Z"}},
        ),
        (
            {
                "DateLessThan": {
                    "aws:CurrentTime": datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2)))
                }
            },
            {"DateLessThan": {"aws:CurrentTime": "2026-01-01T22:00:00Z"}},
        ),
    ],
)
def test_the_operator_follows_from_the_type_of_the_key(when, written):
    """Unless the condition names it itself."""
    assert condition(when) == written


def test_without_conditions_there_is_no_element():
    """An empty Condition says nothing."""
    assert "Condition" not in statement(allow("s3:*", when={}))


@pytest.mark.parametrize(
    ("arguments", "named", "complaint"),
    [
        ((5,), {}, "actions must be text or a list of texts, not 5"),
        (({"a": "b"},), {}, "actions must be text"),
        ((["s3:*", 5],), {}, "actions must contain text, not 5"),
        (([],), {}, "actions is empty"),
        (("s3:*", []), {}, "resources is empty"),
        (("s3:*",), {"principal": []}, "principal is empty"),
        (("s3:*",), {"principal": {"AWS": 5}}, "principal AWS must be text"),
        (("s3:*",), {"sid": 5}, "sid must be text"),
        (("s3:*",), {"when": "aws:username"}, "when must be a dict"),
        (("s3:*",), {"when": {"aws:CurrentTime": "2026-01-01"}}, "Choose before or after"),
        (("s3:*",), {"when": {"aws:TagKeys": "a"}}, "ForAllValues:StringEquals"),
        (("s3:*",), {"when": {"aws:Nonsense": "a"}}, "Name the operator"),
        (("s3:*",), {"when": {5: "a"}}, "Name the operator"),
        (("s3:*",), {"when": {"Bool": {5: "a"}}}, "condition keys must be text"),
        (("s3:*",), {"when": {5: {"a:b": "a"}}}, "condition keys must be text"),
        (("s3:*",), {"when": {"aws:username": None}}, "of type NoneType"),
        (("s3:*",), {"when": {"aws:username": 10**400}}, "of type int"),
        (("s3:*",), {"when": {"aws:username": float("nan")}}, "of type float"),
        (
            ("s3:*",),
            {"when": {"aws:username": "a", "AWS:UserName": "b"}},
            "duplicate key: AWS:UserName",
        ),
    ],
)
def test_what_cannot_be_written_is_refused_with_a_fix(arguments, named, complaint):
    """Each mistake is named."""
    with pytest.raises(RequestError, match=complaint):
        allow(*arguments, **named)


def test_what_is_not_a_policy_is_refused_as_parse_refuses_it():
    """A misspelt operator gets the usual hint."""
    with pytest.raises(PolicyError, match="StringEquals"):
        allow("s3:*", when={"StringEqual": {"aws:username": "a"}})


def test_adding_keeps_all_statements_in_order_just_as_they_were_written():
    """Brackets and numbers stay."""
    item = Policy.parse(
        '{"Version": "2012-10-17", "Id": "mine", "Statement": {"Effect": "Allow", '
        '"Action": ["s3:*"], "Resource": "*", "Condition": {"Bool": {"a:b": true}}}}',
        name="one",
    )
    other = deny("ec2:*", name="other")
    both = add(item, other)

    assert both.name == "one"
    assert both.id == "mine"
    assert both.to_dict()["Statement"] == [*statements_as_written(item), statement(other)]
    assert add(other, item).id == "mine"
    assert add(allow("s3:*"), other).name == "other"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["A", "A"], ["A", "A2"]),
        (["A", "A", "A", "A2"], ["A", "A3", "A4", "A2"]),
        (["A", "A2", "A", "A"], ["A", "A2", "A3", "A4"]),
        ([None, "A", None], [None, "A", None]),
        (["", ""], ["", ""]),
    ],
)
def test_a_sid_that_was_there_gets_a_number(before, after):
    """IAM wants each Sid to be unique."""
    policies = [allow("s3:*", sid=sid) for sid in before]
    document = {"Statement": [statement(policy) for policy in policies[1:]]}
    both = add(policies[0], Policy.parse(document))

    assert [item.sid for item in both.statements] == after


OLD = {"Version": "2008-10-17"}
PLAIN = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def test_two_versions_make_the_newer_one():
    """Where no dollar sign would turn into a variable."""
    old = Policy.parse(OLD | {"Statement": PLAIN | {"Action": "${a}"}})

    assert add(old, allow("s3:*")).version == "2012-10-17"
    assert add(allow("s3:*"), old).version == "2012-10-17"
    assert add(old, old).version == "2008-10-17"


@pytest.mark.parametrize(
    "element",
    [
        {"Resource": "arn:aws:s3:::${aws:username}/*"},
        {"NotResource": ["a", "arn:aws:s3:::${aws:username}/*"], "Resource": None},
        {"Condition": {"StringEquals": {"aws:username": "${x}"}}},
    ],
)
def test_text_does_not_turn_into_a_variable_by_adding(element):
    """Of the old version it is plain text, and would not be afterwards."""
    item = {key: value for key, value in (PLAIN | element).items() if value is not None}
    old = Policy.parse(OLD | {"Statement": [item]}, name="ancient")

    with pytest.raises(RequestError, match=r"ancient has version 2008-10-17.*#1"):
        add(allow("s3:*"), old)
    with pytest.raises(RequestError, match="plain text"):
        add(Policy.parse(old.text), allow("s3:*"))
    assert len(add(old, old).statements) == 2


def test_only_policies_can_be_added():
    """A dict isn't one."""
    with pytest.raises(RequestError, match="not dict"):
        add(allow("s3:*"), {"Statement": []})


TEXTS = st.text(st.characters(max_codepoint=127), min_size=1, max_size=5)


@given(st.lists(TEXTS, min_size=1), st.lists(TEXTS, min_size=1))
def test_the_statement_holds_the_arguments(actions, resources):
    """No text is changed on the way."""
    [made] = allow(actions, resources).statements

    assert made.action == tuple(actions)
    assert made.resource == tuple(resources)


@slow
def test_many_equal_sids_are_numbered_quickly():
    """The work grows with the number of statements, no faster."""
    item = Policy.parse({"Statement": [PLAIN | {"Sid": "A"}] * 20_000})

    assert add(item, item).statements[-1].sid == "A40000"
