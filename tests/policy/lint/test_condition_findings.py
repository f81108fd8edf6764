"""What is found in conditions: each code with a policy that shows it, and one that nearly does."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.iam.aws_managed_policies import aws_managed_policies_data

from iamlab.policy.conditions import OPERATORS, SET_OPERATORS
from iamlab.policy.document import Policy
from iamlab.policy.lint import ABOUT_KEYS, ABOUT_VALUES, condition_keys, trust
from tests.effort import tries
from tests.growth import grows_linearly
from tests.policy.lint.rows import check, load, name_of, run
from tests.rows import each_row

MODULES = (*ABOUT_KEYS, *ABOUT_VALUES, trust)
DETECTORS = tuple(detector for module in MODULES for detector in module.DETECTORS)
ROWS = load("advice_b.json")


def found(document, policy_type="identity", service=None):
    """Everything that the detectors of conditions find."""
    return run(DETECTORS, Policy.parse(document), policy_type, service)


def codes(document, policy_type="identity", service=None):
    """The codes alone."""
    return {finding.code for finding in found(document, policy_type, service)}


def policy(condition, **elements):
    """A policy of one statement with a condition."""
    made = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | elements
    return {"Version": "2012-10-17", "Statement": [made | {"Condition": condition}]}


@each_row("row", ROWS, ids=name_of)
def test_the_table_of_findings(row):
    """Each code is where it should be and not beside, and what is fixed is gone."""
    check(row, DETECTORS)


# Small facts that want no row of their own --------------------------------------------------------

SILENT = [
    # keys that exist though no list of global keys has them, or whose form only looks odd
    {"StringEquals": {"aws:PrincipalOrgMasterAccountId": "111122223333"}},
    {"StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": "moon"}},
    {"StringEquals": {"aws:PrincipalTag/a:b/c": "moon"}},
    {"StringEquals": {"oidc.example.com/id/ABC:sub": "moon"}},
    {"Null": {"ec2:RoleDelivery": "false"}},
    {"NumericLessThan": {"ec2:RoleDelivery": "2.0"}},
    {"Bool": {"aws:AssumedRoot": "true"}},
    # a set operator with IfExists, of which sources differ
    {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": "*"}},
    # guards that are written as AWS writes them
    {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
    {"DateLessThan": {"aws:TokenIssueTime": "2026-11-25T10:00:00Z"}},
    {"StringNotEqualsIfExists": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}},
    {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}},
    {"StringNotEquals": {"aws:Ec2InstanceSourceVpc": "${aws:SourceVpc}"}},
]


@pytest.mark.parametrize("condition", SILENT, ids=map(str, range(len(SILENT))))
def test_of_what_is_right_nothing_is_said(condition):
    """Neither in an Allow that lists all actions, nor in such a Deny."""
    assert not found(policy(condition, Effect="Deny", Action="*"))


def test_each_action_without_the_key_is_named_and_wildcards_are_not_judged():
    """In a Deny as well, and whatever the operator."""
    condition = {"StringNotLike": {"s3:prefix": "home/*"}}
    names = ["s3:GetObject", "s3:ListBucket", "s3:Put*", "s3:DeleteObject"]
    (finding,) = found(policy(condition, Action=names, Effect="Deny"))

    assert finding.code == "UNSUPPORTED_ACTION_FOR_CONDITION_KEY"
    assert "no request for s3:GetObject, s3:DeleteObject has s3:prefix" in finding.what
    assert not found(policy(condition, Action=["s3:ListBucket", "s3:Put*", "s3:?etObject"]))


def test_an_unknown_action_may_have_any_key():
    """What the catalogue does not know, it cannot say anything of."""
    condition = {"StringEquals": {"s3:prefix": "home/", "aws:ResourceTag/team": "sky"}}

    assert not found(policy(condition, Action=["s3:ListBucket", "s3:GetMoon"]))
    assert not found(policy(condition, Action=["*:GetObject"]))
    assert not found(policy(condition, Action=[]))


def test_one_mistake_is_reported_once():
    """A lone star for a key with several values is no matter, while it fits nothing at all."""
    assert codes(policy({"StringLike": {"aws:TagKeys": "*"}}, Action="*")) == {"MISSING_QUALIFIER"}
    assert codes(policy({"ForAnyValue:StringEquals": {"moon:aud": "x"}})) == {"INVALID_SERVICE"}


def test_an_unknown_action_has_no_keys():
    """It doesn't stop anybody from asking either."""
    assert condition_keys.keys_of_action("s3:GetMoon") == frozenset()


def test_a_key_that_the_catalogue_puts_nowhere_may_be_anywhere():
    """Some services declare keys, and do not say with which actions they come."""
    condition = {"StringEquals": {"a4b:amazonId": "moon"}}
    other = {"ForAnyValue:StringEquals": {"aws-marketplace:ProductId": "moon"}}

    assert not found(policy(condition, Action="a4b:RegisterAVSDevice"))
    assert not found(policy(other, Action="aws-marketplace:Subscribe"))


def test_only_what_is_left_out_of_not_action_is_missing():
    """An Allow with NotAction allows the needed permission, unless it is listed."""
    condition = {"StringEquals": {"sts:SourceIdentity": "ana"}}
    elements = {"Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
    trust = policy(condition, **elements)
    del trust["Statement"][0]["Resource"]
    trust["Statement"].append(
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "NotAction": "sts:Set*"}
    )

    assert "MISSING_ACTION_FOR_CONDITION_KEY" in codes(trust, "trust")


def test_a_key_is_fixed_in_the_letter_case_of_the_catalogue():
    """What was probably meant is written as AWS writes it."""
    condition = {"StringEquals": {"s3:existingobjecttags/Team": "sky"}}
    (finding,) = found(policy(condition))

    assert finding.fixed().statements[0].conditions[0].key == "s3:ExistingObjectTag/Team"


def test_a_fix_that_would_overwrite_another_condition_is_not_offered():
    """Under one operator a key is once."""
    condition = {"Bool": {"aws:SecureTransport": "true"}}
    condition["StringEquals"] = {"aws:securetransport": "true"}
    (finding,) = found(policy(condition))

    assert finding.code == "TYPE_MISMATCH"
    assert not finding.is_fixable


def test_the_deciding_limit_is_kept():
    """The greatest for less, the least for greater, as it was written."""
    less = found(policy({"NumericLessThanEquals": {"aws:MultiFactorAuthAge": ["9", "10", "7"]}}))
    more = found(policy({"DateGreaterThan": {"aws:CurrentTime": ["2026-02-01", "2026-01-31"]}}))

    assert less[0].fixed().statements[0].conditions[0].values == ("10",)
    assert more[0].fixed().statements[0].conditions[0].values == ("2026-01-31",)


def test_seconds_are_fixed_as_the_same_moment():
    """A date that nobody can read is written so that everybody can."""
    (finding,) = found(policy({"DateLessThan": {"aws:CurrentTime": "1764064800"}}))

    assert finding.fixed().statements[0].conditions[0].values == ("2025-11-25T10:00:00Z",)


def test_everything_without_a_condition_is_quiet():
    """Detectors of conditions have nothing to say about what has none."""
    assert not found({"Statement": {"Effect": "Allow", "NotAction": "s3:*", "NotResource": "*"}})


# What AWS itself has got wrong, by the catalogue; each looked at.
OF_AWS = {
    *("INVALID_SERVICE", "INVALID_SERVICE_CONDITION_KEY", "MISPLACED_VARIABLE_IN_RESOURCE"),
    *("MISSING_QUALIFIER", "UNSUPPORTED_ACTION_FOR_CONDITION_KEY"),
}


@pytest.mark.slow
def test_in_the_policies_of_aws_there_is_hardly_an_error():
    """Of well over a thousand managed policies few have an error, and no guard of them is holed."""
    policies = json.loads(aws_managed_policies_data).values()
    findings = [item for each in policies for item in found(each["Document"])]
    errors = [finding for finding in findings if finding.level == "ERROR"]

    assert len(policies) > 1000
    unsupported = [error for error in errors if error.code.startswith("UNSUPPORTED_ACTION_FOR")]
    assert len(unsupported) < 40
    assert len(errors) < 20 + len(unsupported)
    assert {error.code for error in errors} <= OF_AWS
    assert not [item for item in findings if "WITHOUT_KEY" in item.code or "MFA" in item.code]


# Hostile and large documents ----------------------------------------------------------------------

KEYS = st.sampled_from(
    (
        *("aws:TagKeys", "aws:SourceIp", "aws:ResourceTag/x", "aws:requesttag/", "aws:ARN", "s3:"),
        *("aws:PrincipalArn", "aws:CurrentTime", "aws:SecureTransport", "s3:prefix", "moon", ":"),
        *("aws:SourceVpc", "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "ec2:Tag/x"),
        *("accounts.google.com:aud", "aws:PrincipalOrgID", "aws:SourceArn", "sts:SourceIdentity"),
        "token.actions.githubusercontent.com:sub",
    )
) | st.text(max_size=6)
VALUES = st.sampled_from(
    (
        *("*", "${aws:username}", "${", "true", "false", "10.0.0.0/8", "1e5", "0", "2026-11-25"),
        *("arn:aws:s3:::*", "arn:aws:iam::*:role/x", "", "99999999999", "203.0.113.1/24"),
    )
) | st.text(max_size=6)
OPERATOR = st.builds(
    lambda prefix, name, end: f"{prefix}{name}{end}",
    st.sampled_from(("", *(f"{set_operator}:" for set_operator in SET_OPERATORS))),
    st.sampled_from([name for name in OPERATORS if name != "Null"]),
    st.sampled_from(("", "IfExists")),
) | st.sampled_from(("Null", "ForAllValues:Null", "ForAnyValue:Null"))
CONDITION = st.dictionaries(
    OPERATOR, st.dictionaries(KEYS, VALUES | st.lists(VALUES, max_size=3), max_size=3), max_size=3
)
PRINCIPAL = st.sampled_from(
    (
        *("*", {"AWS": "*"}, {"Service": ["s3.amazonaws.com", "x"]}, {"Federated": []}),
        {"Federated": "arn:aws:iam::111122223333:oidc-provider/${x}"},
    )
)
ACTION = st.sampled_from(("*", "s3:*", "s3:GetObject", "sts:AssumeRole", "s3:${x}", "s*:x", ""))
STATEMENT = st.fixed_dictionaries(
    {"Effect": st.sampled_from(("Allow", "Deny"))},
    optional={"Condition": CONDITION, "Principal": PRINCIPAL, "Resource": VALUES},
).flatmap(
    lambda made: st.builds(
        lambda name, value: made | {name: value}, st.sampled_from(("Action", "NotAction")), ACTION
    )
)
DOCUMENT = st.fixed_dictionaries(
    {
        "Version": st.sampled_from(("2012-10-17", "2008-10-17")),
        "Statement": STATEMENT | st.lists(STATEMENT, max_size=3),
    }
)
TYPES = ("identity", "resource", "trust", "boundary", "session", "scp", "rcp", "endpoint")


@settings(max_examples=tries(200))
@given(DOCUMENT, st.sampled_from(TYPES))
def test_whatever_parses_can_be_reviewed(document, policy_type):
    """No detector fails, every place exists, and every fix is a policy again."""
    written = json.dumps(document)
    for finding in found(written, policy_type, "s3"):
        assert finding.line == 1
        if finding.is_fixable:
            assert same(finding.fixed(), Policy.parse(finding.fixed().text))


def same(item, other):
    """Compare policies; conditions of one operator may come together when they are written."""
    return [(s.effect, s.action, set(s.conditions)) for s in item.statements] == [
        (s.effect, s.action, set(s.conditions)) for s in other.statements
    ]


def big(size):
    """A long document with a mistake in every statement."""
    conditions = {
        "StringEquals": {f"aws:Moon{size}": "*", "aws:RequestedRegion": "moon"},
        "IpAddress": {"aws:SourceIp": ["203.0.113.7/24", "10.0.0.0/8"]},
        "StringLike": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}*"},
        "StringLikeIfExists": {"aws:username": "*", "AWS:username": "*"},
        "Bool": {"aws:MultiFactorAuthPresent": "false"},
    }
    return {"Version": "2012-10-17", "Statement": policy(conditions)["Statement"] * size}


def test_a_review_takes_linear_time():
    """Four times the statements take about four times as long."""

    def review(size):
        item = big(size)
        return lambda: found(item)

    assert grows_linearly(review, 100)


def test_a_long_list_of_values_takes_linear_time():
    """The same for the values of one condition."""

    def review(size):
        listed = [f"203.0.113.{n % 256}/24" for n in range(size)]
        item = policy({"IpAddress": {"aws:SourceIp": listed}})
        return lambda: found(item)

    assert grows_linearly(review, 500)


def test_a_document_that_aws_would_never_take_can_be_fixed_too():
    """Each fix is written when it is asked for, so that thousands of them cost nothing."""
    findings = found(big(200))
    fixable = [finding for finding in findings if finding.is_fixable]

    assert len(findings) > 1000
    assert len(fixable) > 100
    assert fixable[-1].fixed().statements != Policy.parse(big(200)).statements
