"""What AWS refuses to save: its words, its order, and that hostile documents do no harm."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import Policy, PolicyError, RequestError
from iamlab.policy.json_text import Places
from iamlab.policy.rules import AWS_TEXTS, SERVICES, TYPES
from iamlab.policy.validate.document_defects import size
from iamlab.policy.validate.validation import (
    MOST_REFUSALS,
    SaveError,
    check,
    refusal_of_parse_error,
    refusals,
)
from tests.effort import first_now, slow
from tests.growth import grows_linearly
from tests.policy.saving import STATEMENT, document, refused, statement
from tests.rows import each_row

ROWS = json.loads(
    Path(__file__).parents[1].joinpath("conformance", "saving.json").read_text("utf-8")
)
EVERY_TYPE = [*((name, None) for name in TYPES), *(("resource", name) for name in SERVICES)]


# Rows of AWS's pages


@each_row("row", ROWS, ids=[row["id"] for row in ROWS])
def test_aws_refuses_as_its_pages_say(row):
    """With that code, status and sentence first; or not at all."""
    found = refused(row["policy"], row["type"], row.get("service"))
    text = [found[0].code, found[0].http_status, found[0].message] if found else None

    assert text == row["refused"], row["why"]
    assert not found or found[0].path == row.get("place", found[0].path)
    assert [item.shown for item in found] == [number == 0 for number in range(len(found))]


READ = [
    # what cannot be read, what IAM says, what S3 says
    ("no JSON", "Syntax errors in policy.", "Policies must be valid JSON and the first byte"),
    ("[]", "Syntax errors in policy.", ""),
    ('{"Version": "2012-10-17"}', "Syntax errors in policy.", ""),
    (document(statement(Effects="Allow")), "Syntax errors in policy.", ""),
    (document(statement(Effect="Maybe")), "Syntax errors in policy.", ""),
    (document(statement(Effect="allow")), "The policy failed legacy parsing", ""),
    (document(statement(NotAction="s3:*")), "Syntax errors in policy.", ""),
    (document(statement(Condition={"stringequals": {}})), "Syntax errors in policy.", ""),
    (document(statement(Sid=[])), "Syntax errors in policy.", ""),
    ({"Version": "2013-10-17", "Statement": []}, "Syntax errors in policy.", ""),
    (
        document({"Effect": "Allow", "Resource": "*"}),
        "Policy statement must contain actions.",
        "Missing required field Action",
    ),
    # of several, what AWS meets first
    (document({"Effect": "deny"}), "The policy failed legacy parsing", "Missing required field"),
    (document({"Effect": "deny"}, {"Effects": "Deny"}), "Syntax errors in policy.", ""),
]


@pytest.mark.parametrize(("raw", "iam", "s3"), READ)
def test_what_cannot_be_read_is_refused_in_the_words_of_aws(raw, iam, s3):
    """Even a wrong letter case of Effect, which IAM tells by itself."""
    first, *_ = refused(raw)

    assert (first.code, first.message, first.shown) == ("MalformedPolicyDocument", iam, True)
    text = [item.message for item in refused(raw, "resource", "s3")]
    assert any(message.startswith(s3) for message in text)
    assert first.remedy


def test_a_mistake_of_reading_keeps_its_place():
    """Path, line and column come from the reader."""
    first, *_ = refused('{"Statement":\n {"Effect": "allow", "Action": "a:b"}}')

    assert (first.path, first.line, first.column) == ("$.Statement.Effect", 2, 13)


# Sizes


@pytest.mark.parametrize(
    ("policy_type", "service", "code", "message", "status"),
    [
        ("identity", None, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144", 409),
        ("boundary", None, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144", 409),
        ("trust", None, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048", 409),
        ("session", None, "ValidationError", "less than or equal to 2048", 400),
        ("scp", None, "ConstraintViolationException", "exceeded the maximum policy size.", 400),
        ("rcp", None, "ConstraintViolationException", "exceeded the maximum policy size.", 400),
        ("endpoint", None, "InvalidPolicyDocument", "", 400),
        ("resource", "s3", "MalformedPolicy", "", 400),
        ("resource", "sqs", "InvalidAttributeValue", "the parameter Policy.", 400),
        ("resource", "lambda", "PolicyLengthExceededException", "than the limit (20480).", 400),
        ("resource", "kms", "LimitExceededException", "", 400),
        ("resource", "events", "PolicyLengthExceededException", "", 400),
        ("resource", "secretsmanager", "ValidationException", "", 400),
    ],
)
def test_a_document_may_be_as_large_as_the_limit_and_no_larger(
    policy_type, service, code, message, status
):
    """One character more, and AWS refuses it for its size."""
    rules = SERVICES[service] if service else TYPES[policy_type]
    bare = json.dumps({"Version": "2012-10-17", "Id": "", "Statement": []}, separators=(",", ":"))
    fits, larger = (
        Policy.parse(
            bare.replace('"Id":""', f'"Id":"{"x" * (rules.size.limit - len(bare) + more)}"')
        )
        for more in (0, 1)
    )

    assert [refusal.code for refusal in refusals(fits, policy_type, service)][1:] == []
    last = refusals(larger, policy_type, service)[-1]
    assert (last.code, last.http_status, last.path) == (code, status, "$")
    assert last.message.endswith(message)


@given(st.text(' \t"\\{}[]:,aé☃', max_size=30), st.sampled_from(["", " ", "\n\t  "]))
def test_white_space_counts_only_within_strings(text, space):
    """For IAM; for all others every character, or every byte, counts."""
    plain = Policy.parse(json.dumps({"Id": text, "Statement": []}, separators=(",", ":")))
    wide = Policy.parse(
        json.dumps({"Id": text, "Statement": []}, separators=(f"{space},{space}", f"{space}:"))
    )

    assert size(plain) == size(wide) == len(plain.text)
    assert size(wide, "characters") == len(wide.text)
    assert size(wide, "bytes") == len(wide.text.encode())


def test_bytes_are_more_than_characters():
    """SQS and S3 count bytes."""
    snow = Policy.parse('{"Id": "☃", "Statement": []}')

    assert size(snow, "bytes") == size(snow, "characters") + 2


def test_the_api_of_iam_looks_at_length_and_characters_first():
    """Before it reads the document; white space counts here."""
    long = json.dumps({"Statement": []}) + " " * 131_072
    snow = '{"Statement": [], "Id": "☃"}'

    assert [finding.code for finding in refused(long)[:2]] == [
        "ValidationError",
        "MalformedPolicyDocument",
    ]
    assert refused(long)[0].message.endswith("less than or equal to 131072")
    assert "regular expression pattern" in refused(snow, "trust")[0].message
    assert refused(snow, "scp")[0].code == "MalformedPolicyDocumentException"
    assert refused('{"Statement": [], "Id": "\\u2603"}')[0].message == "Syntax errors in policy."


# The error


def test_check_says_nothing_of_a_document_that_aws_saves():
    """Such as this one, as an identity policy."""
    assert check(Policy.parse(document(STATEMENT)), "identity") is None


def test_the_error_has_all_reasons_and_marks_the_one_that_aws_tells():
    """It is a PolicyError, so that what handles those handles it."""
    policy = Policy.parse('{"Statement": {"Effect": "Allow",\n "Action": "s3"}}', name="readers")
    with pytest.raises(PolicyError) as caught:
        check(policy, "identity")
    error = caught.value

    assert isinstance(error, SaveError)
    assert (error.code, error.http_status) == ("MalformedPolicyDocument", 400)
    assert error.message == "Policy document must be version 2012-10-17 or greater."
    assert [refusal.shown for refusal in error.refusals] == [True, False, False]
    assert len(error.problems) == 3
    assert error.problems[0].what == (
        "AWS answers MalformedPolicyDocument: "
        "Policy document must be version 2012-10-17 or greater."
    )
    assert error.problems[1].what.startswith(
        "After that, it would answer MalformedPolicyDocument: "
    )
    assert (error.problems[1].line, error.problems[1].column) == (2, 12)
    assert str(error).startswith("policy 'readers' has 3 problems:\n  $ (line 1, column 1): AWS")


def test_a_sentence_that_aws_does_not_document_is_the_description_of_the_code():
    """No message is empty. AWS page: "Error codes for the Amazon EC2 API"."""
    [item] = refused(document(STATEMENT), "endpoint")
    text = "The specified policy document is not a valid JSON policy document."

    assert item.message == text
    assert str(item).startswith(f"$.Statement[0] (line 4): InvalidPolicyDocument: {text} Write")
    assert SaveError([item]).problems[0].what == f"AWS answers InvalidPolicyDocument: {text}"
    assert all(answer.message for texts in AWS_TEXTS.values() for answer in texts.values())


def test_a_sentence_without_a_full_stop_gets_one_before_the_fix():
    """AWS ends some of its sentences with nothing."""
    [item] = refused(document(statement(Condition={"DateEquals": {"aws:CurrentTime": "x"}})))

    assert item.message == "The policy failed legacy parsing"
    assert SaveError([item]).problems[0].what.endswith("legacy parsing.")


def test_a_document_put_together_from_parts_is_checked_too():
    """It has no text to point at, so one is written."""
    parsed = Policy.parse(document(STATEMENT, statement(Resource="x")))
    [item] = refusals(Policy(parsed.statements, "2012-10-17"), "identity")

    assert item.path == "$.Statement[1].Resource"


@pytest.mark.parametrize(("policy_type", "service"), EVERY_TYPE)
def test_every_refusal_points_into_the_document_and_says_how_to_fix_it(policy_type, service):
    """Also where everything is wrong at once."""
    worst = {
        "Sid": "a b",
        "Effect": "Allow",
        "NotPrincipal": {"AWS": ["x"], "Service": "*", "Federated": "*", "CanonicalUser": "1"},
        "NotAction": ["a", "a:b:c", "a*:b", "ec2:*", "*", "sts:Nothing"],
        "NotResource": ["x", "arn:x:y", "arn:aws", "arn:aws:s3::x", "arn:aws:iam:r::x"],
        "Condition": {
            "DateEquals": {"aws:CurrentTime": ["x", "2026-01-01"]},
            "StringLike": {"aws:SourceVpc": "vpc-*", "aws:SourceIp": "*"},
        },
    }
    bare = {**worst, "NotPrincipal": "x"}
    policy = Policy.parse(json.dumps({"Statement": [worst, worst, bare]}))
    places = Places(policy)
    found = refusals(policy, policy_type, service)

    assert found
    for finding in found:
        assert (finding.line, finding.column) == places.where(finding.path)
        assert finding.line is not None
        assert finding.remedy
        assert "{" not in finding.message
        assert str(finding)


def test_an_unknown_type_is_a_question_that_cannot_be_asked():
    """Of a parse error too."""
    policy = Policy.parse(document(STATEMENT))
    with pytest.raises(RequestError, match="identity"):
        check(policy, "idenity")
    with pytest.raises(RequestError, match="sqs"):
        refusal_of_parse_error(PolicyError([]), "resource", "sqss")


# Laws


VALUES = st.sampled_from(
    ["*", "s3:*", "arn:aws:s3:::x", "arn:aws:s3::x", "x", "", "sts:AssumeRole", "a:b:c", "é☃"]
)
TEXTS = VALUES | st.lists(VALUES, max_size=3) | st.text(max_size=5)
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": TEXTS},
    optional={
        "Sid": st.text(max_size=3),
        "Principal": st.just("*") | st.dictionaries(st.sampled_from(["AWS", "Service"]), TEXTS),
        "Resource": TEXTS,
        "Condition": st.dictionaries(
            st.sampled_from(["DateEquals", "StringLike", "Bool"]),
            st.dictionaries(st.sampled_from(["aws:SourceVpc", "a"]), TEXTS, max_size=2),
            max_size=2,
        ),
    },
)
DOCUMENTS = st.lists(STATEMENTS, max_size=3).map(lambda statements: document(*statements))


@given(DOCUMENTS, st.sampled_from(EVERY_TYPE))
def test_nothing_that_can_be_read_breaks_the_check(raw, kind):
    """It refuses or it does not; and what it refuses, it can place."""
    found = refused(raw, *kind)

    assert all(finding.path.startswith("$") and finding.remedy for finding in found)
    assert len({(finding.message, finding.path, finding.remedy) for finding in found}) == len(found)


@given(DOCUMENTS)
def test_a_boundary_is_held_to_the_rules_of_an_identity_policy(raw):
    """It is a managed policy; only what it does is different."""
    assert refused(raw, "boundary") == refused(raw, "identity")


# Hostile documents


@pytest.mark.parametrize(
    "make",
    first_now(
        [
            lambda size: document(*[statement(Resource="x", Action="y", Sid="z z")] * size),
            lambda size: document(statement(Principal={"AWS": ["*"] * size})),
            lambda size: document(statement(Resource=["arn:aws:s3:::x"] * size)),
            lambda size: document(statement(Resource="arn:x:" + ":" * size)),
            lambda size: document(statement(Action="s3:" + "*a" * size)),
            lambda size: document(statement(Condition={"DateEquals": {"a": ["1-" * size] * 3}})),
            lambda size: document(statement(Sid='"\\ \t' * size)),
        ]
    ),
)
@pytest.mark.parametrize("kind", [("identity", None), ("trust", None), ("resource", "s3")])
def test_checking_takes_linear_time(make, kind):
    """Four times the document takes about four times as long."""

    def work(size):
        policy = Policy.parse(json.dumps(make(size)))
        return lambda: refusals(policy, *kind)

    assert grows_linearly(work, 1000)


@slow
def test_a_hundred_refusals_are_enough():
    """A document with a hundred thousand mistakes is not told all of them."""
    many = Policy.parse(json.dumps(document(*[statement(Resource="x")] * 100_000)))
    found = refusals(many, "scp")

    assert len(found) == MOST_REFUSALS


def test_a_value_of_absurd_length_is_cut_in_the_message():
    """So that the sentence can still be read."""
    [item] = refused(document(statement(Resource="x" * 10_000)))[:1]

    assert len(item.message) < 300
    assert item.message.endswith('xxx... must be in ARN format or "*".')
