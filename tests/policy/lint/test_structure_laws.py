"""What holds for the findings about structure, whatever the policy."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.iam.aws_managed_policies import aws_managed_policies_data

from iamlab.errors import PolicyError
from iamlab.policy.document import Policy
from iamlab.policy.lint.findings import ERROR, LEVEL_OF
from iamlab.policy.lint.redundancy import MOST_STATEMENTS, covered_statements, covered_values
from iamlab.policy.lint.resource_forms import MOST_PAIRS, fits, forms_of
from iamlab.policy.rules import SERVICES, TYPES
from tests.effort import first_now
from tests.policy.lint.rows import run
from tests.policy.lint.test_structure_findings import DETECTORS, ROWS

ROLE = "arn:aws:iam::111122223333:role/r"
MANAGED = json.loads(aws_managed_policies_data)

# Policies of odd parts ----------------------------------------------------------------------------

PARTS = [
    *("s3", "iam", "sts", "kms", "sqs", "sns", "S3", "x", "", "*", "?", "**", "s*", "K", "é"),
    *(":", "::", "/", "GetObject", "Get*", "PassRole", "AssumeRole", "${aws:username}", "${", "}"),
    *("arn", "arn:aws:", "arn:aws:s3:::b", "arn:aws:iam::", "111122223333", ":role/r", "root"),
    *("arn:aws:iam::111122223333:", "eu-west-1", "AROAABCDEFGHIJKLMNOPQ", "ec2.amazonaws.com"),
]
TEXT = st.lists(st.sampled_from(PARTS), max_size=4).map("".join)
ONE_OR_MORE = st.one_of(TEXT, st.lists(TEXT, max_size=4))
KINDS = st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser"])
PRINCIPAL = st.one_of(TEXT, st.dictionaries(KINDS, ONE_OR_MORE, max_size=2))
KEYS = st.sampled_from(["aws:PrincipalOrgID", "aws:SourceOrgID", "aws:SourceIp", "iam:x", ""])
OPERATORS = st.sampled_from(
    ["StringNotEquals", "ForAllValues:StringLike", "Null", "ForAnyValue:StringNotLike", "Bool"]
)
STATEMENT = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"])},
    optional={
        "Sid": st.sampled_from(["", "a", "A", "a b", "é"]),
        "Principal": PRINCIPAL,
        "NotPrincipal": PRINCIPAL,
        "Action": ONE_OR_MORE,
        "NotAction": ONE_OR_MORE,
        "Resource": ONE_OR_MORE,
        "NotResource": ONE_OR_MORE,
        "Condition": st.dictionaries(OPERATORS, st.dictionaries(KEYS, ONE_OR_MORE, max_size=2)),
    },
)
DOCUMENT = st.fixed_dictionaries(
    {"Statement": st.one_of(STATEMENT, st.lists(STATEMENT, max_size=4))},
    optional={"Version": st.sampled_from(["2012-10-17", "2008-10-17"])},
)
CASES = [*((kind, None) for kind in TYPES), *(("resource", name) for name in (*SERVICES, "glue"))]


def without_contradictions(document):
    """Keep one of two elements that exclude each other, so that more documents parse."""
    many = document["Statement"]
    for statement in many if isinstance(many, list) else [many]:
        for item in ("Action", "Resource", "Principal"):
            if item in statement:
                statement.pop(f"Not{item}", None)
        if "NotAction" not in statement:
            statement.setdefault("Action", "*")
    return document


@given(DOCUMENT.map(without_contradictions), st.sampled_from(CASES))
def test_no_policy_makes_a_detector_fail(document, kind):
    """Whatever parses is looked at to the end, and each finding is whole."""
    try:
        policy = Policy.parse(json.dumps(document))
    except PolicyError:
        return
    for finding in run(DETECTORS, policy, *kind):
        assert finding.code in LEVEL_OF
        assert finding.line is not None
        assert finding.what.endswith(".")
        assert finding.remedy.endswith((".", "?"))
        if finding.is_fixable:
            assert Policy.parse(finding.fixed().text) == finding.fixed()


@given(st.lists(st.text("ab*?", max_size=4), max_size=6))
def test_what_is_called_redundant_leaves_another_that_covers_it(names):
    """Two values never cover each other, so that not both are removed."""
    found = covered_values([f"s3:{name}" for name in names], actions=True)

    for index in found:
        end = index
        for _ in names:
            end = found.get(end, end)
        assert end not in found


# Policies of AWS ----------------------------------------------------------------------------------

FORM = {"INVALID_ARN_PREFIX", "INVALID_PARTITION", "INVALID_ARN_REGION", "INVALID_ARN_ACCOUNT"}


@pytest.mark.slow
def test_the_policies_of_aws_have_few_errors():
    """What AWS has written itself has no slip of form; its oldest policies name dead services."""
    names = sorted(MANAGED)[::4]
    errors = set()
    for name in names:
        policy = Policy.parse(MANAGED[name]["Document"])
        found = {finding.code for finding in run(DETECTORS, policy) if finding.level == ERROR}
        assert not found & FORM
        if found:
            errors.add(name)

    assert len(errors) < len(names) / 20


def test_the_first_policy_of_everybody_has_two_findings():
    """AdministratorAccess hands over all roles, and says so to nobody."""
    policy = Policy.parse(MANAGED["AdministratorAccess"]["Document"])

    assert [finding.code for finding in run(DETECTORS, policy)] == [
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE",
    ]


# Large policies -----------------------------------------------------------------------------------

ONE = {"Effect": "Allow", "Action": "s3:GetObjects", "Resource": "arn:aws:s3:::b", "Sid": "s"}
HUGE = {
    "statements, all alike": [ONE] * 3_000,
    "statements, all different": [
        {**ONE, "Action": f"s3:Get{number}", "Sid": f"s{number}", "Principal": {"AWS": []}}
        for number in range(20_000)
    ],
    "actions": [{**ONE, "Action": [f"ec2:X{number}*" for number in range(5_000)]}],
    "exact actions": [{**ONE, "Action": [f"ec2:X{number}" for number in range(5_000)]}],
    "resources": [{**ONE, "Resource": [f"arn:aws:s3:::b{number}*" for number in range(5_000)]}],
    "principals": [{**ONE, "Principal": {"AWS": [f"{number}" for number in range(1_000)]}}],
    "a long action": [{**ONE, "Action": "s3:" + "a*" * 500_000}],
    "a long resource": [{**ONE, "Resource": "arn:aws:s3:::" + "a*?" * 300_000}],
    "a long service": [{**ONE, "Principal": {"Service": "a.aws.com" * 100_000 + "!"}}],
    "a long provider": [{**ONE, "Principal": {"Federated": "a." * 400_000 + "!"}}],
    "a long Sid": [{**ONE, "Sid": " a" * 400_000}],
}


OF_TRUST = ("principals", "a long service", "a long provider")


@pytest.mark.parametrize("name", first_now(HUGE))
def test_a_huge_policy_is_reviewed_in_short_sentences(name):
    """Twenty thousand statements, five thousand values, a megabyte of text."""
    policy = Policy.parse(json.dumps({"Statement": HUGE[name]}))
    kind = "trust" if name in OF_TRUST else "identity"
    found = run(DETECTORS, policy, kind)

    assert found
    assert max(len(finding.what) + len(finding.remedy) for finding in found) < 2000


# Where the comparisons end ------------------------------------------------------------------------


def test_in_a_list_of_hundreds_of_wildcards_only_equals_are_found():
    """So many pairs would take too long."""
    many = [f"s3:Get{number}*" for number in range(int(MOST_PAIRS**0.5) + 100)]

    assert covered_values([*many, "s3:Get1*"], actions=True)[len(many)] == 1
    assert len(covered_values([*many[:100], "s3:Get1x"], actions=True)) == 90 + 1


def test_among_too_many_statements_only_equals_are_found():
    """Statements are compared in pairs only among a few."""
    narrow = [{**ONE, "Action": f"s3:Get{number}"} for number in range(MOST_STATEMENTS)]
    policy = Policy.parse({"Statement": [*narrow, {**ONE, "Action": "s3:*"}, narrow[3]]})
    few = Policy.parse({"Statement": [*narrow[:4], {**ONE, "Action": "s3:*"}]})

    assert covered_statements(policy.statements) == {MOST_STATEMENTS + 1: 3}
    assert covered_statements(few.statements) == {0: 4, 1: 4, 2: 4, 3: 4}


def test_of_so_many_pairs_of_action_and_resource_nothing_is_said():
    """A statement of hundreds of both is let be."""
    actions = [f"s3:GetObject{'?' * number}" for number in range(200)]
    resources = [f"arn:aws:s3:::b{number}" for number in range(200)]
    text = json.dumps({"Statement": {**ONE, "Action": actions, "Resource": resources}})
    found = {finding.code for finding in run(DETECTORS, Policy.parse(text))}

    assert "ACTION_WITHOUT_MATCHING_RESOURCE" not in found


UNJUDGED = [
    ("*", "arn:aws:s3:::b"),
    ("ssm:GetParameter", "arn:aws:s3:::b"),
    ("s3:Nothing", "arn:aws:sqs:eu-west-1:111122223333:q"),
    ("s3:GetObject", "b/*"),
    ("s3:GetObject", "arn:aws:*:::b"),
    ("s3:GetObject", "arn:${aws:username}:s3:::b"),
]


@pytest.mark.parametrize(("action", "resource"), UNJUDGED)
def test_what_cannot_be_judged_fits(action, resource):
    """No finding is made of what may be right."""
    assert fits(action, resource)


@pytest.mark.parametrize("text", ["b", "*", "arn:aws:s3", "arn:aws:s3:${x}::b", "arn:aws:s*:::b"])
def test_what_may_be_of_any_service_has_no_forms(text):
    """Only a whole ARN of one service is of some form."""
    assert forms_of(text) is None


# The table ----------------------------------------------------------------------------------------

MINE = """
MISSING_RESOURCE MISSING_PRINCIPAL MISSING_VERSION UNIQUE_SIDS_REQUIRED UNIQUE_SIDS_RECOMMENDED
UNSUPPORTED_SID EMPTY_SID_VALUE EMPTY_ARRAY_ACTION EMPTY_ARRAY_RESOURCE EMPTY_ARRAY_PRINCIPAL
EMPTY_OBJECT_PRINCIPAL INVALID_ACTION INVALID_SERVICE_IN_ACTION UNSUPPORTED_ACTION_IN_POLICY
REDUNDANT_ACTION REDUNDANT_RESOURCE REDUNDANT_STATEMENT ACTION_WITHOUT_MATCHING_RESOURCE
RESOURCE_WITHOUT_MATCHING_ACTION ACTION_NEEDS_STAR_RESOURCE INVALID_ARN_PREFIX INVALID_PARTITION
INVALID_ARN_REGION INVALID_ARN_ACCOUNT INVALID_ARN_RESOURCE INVALID_ARN_SERVICE_CASE
MISSING_ARN_FIELD MISSING_ARN_REGION MISSING_ARN_ACCOUNT ARN_REGION_NOT_ALLOWED
ARN_ACCOUNT_NOT_ALLOWED UNSUPPORTED_RESOURCE_ARN_IN_POLICY WILDCARD_IN_SERVICE_NAME
INVALID_PRINCIPAL_FORMAT INVALID_SERVICE_PRINCIPAL_FORMAT UNSUPPORTED_WILDCARD_IN_PRINCIPAL
UNSUPPORTED_PRINCIPAL FEDERATED_PRINCIPAL_NOT_SUPPORTED INVALID_ROLE_REFERENCE
INVALID_USER_REFERENCE ALLOW_WITH_NOT_PRINCIPAL MISMATCHED_ACTION_FOR_PRINCIPAL
INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY
MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY
SCP_SYNTAX_ERROR_PRINCIPAL
"""
BY_START = ("POLICY_SIZE_", "PASS_ROLE_", "CREATE_SLR_", "ROLE_TRUST_POLICY_", "RCP_")


def test_the_table_has_every_code_of_these_modules():
    """Each code has at least one row."""
    wanted = set(MINE.split()) | {code for code in LEVEL_OF if code.startswith(BY_START)}

    assert {row["code"] for row in ROWS} == wanted
