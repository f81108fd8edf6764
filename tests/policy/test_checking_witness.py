"""Two witnesses of what IAM saves: the policies that AWS wrote itself, and moto's validator.

Moto's was written after IAM's own answers, so its sentences and their order are those of IAM. Where
the two differ from us, a table says who is right.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import (
    IAMPolicyDocumentValidator,
    IAMTrustPolicyDocumentValidator,
)

from iamlab import Policy
from iamlab.policy.validate.document_defects import is_date
from iamlab.policy.validate.validation import refusals
from tests.policy.saving import STATEMENT, TRUST, document, refused, statement
from tests.rows import each_row


@pytest.mark.slow
def test_iam_saves_every_policy_that_aws_itself_wrote():
    """All its managed policies pass, but for size: to that AWS does not hold itself."""
    managed = json.loads(aws_managed_policies_data)
    policies = [Policy.parse(item["Document"]) for item in managed.values()]
    text = {
        (refusal.code, refusal.path)
        for policy in policies
        for refusal in refusals(policy, "identity")
    }

    assert len(policies) > 1500
    assert text <= {("LimitExceeded", "$"), ("ValidationError", "$")}


def probe(**elements):
    """Write a document of one statement; what is ``None`` is left out."""
    full = statement(**elements)
    return document({name: value for name, value in full.items() if value is not None})


def dated(value):
    """Write a document with a date."""
    return probe(Condition={"DateLessThan": {"aws:CurrentTime": value}})


PROBES = [
    "This is not JSON",
    "[]",
    {"Version": "2012-10-17"},
    {"Statement": STATEMENT},
    {"Version": "2008-10-17", "Statement": STATEMENT},
    {"Version": "2013-10-17", "Statement": STATEMENT},
    document(),
    document("x"),
    document(STATEMENT, Other=1),
    document(STATEMENT, Id=[]),
    document(STATEMENT, Id="x"),
    document(statement(Sid="a"), {**STATEMENT, "Sid": "a"}),
    document(statement(Sid=""), {**STATEMENT, "Sid": ""}),
    document(statement(Sid="a"), {"Effect": "Allow", "Sid": "a", "Action": []}),
    probe(),
    probe(Other=1),
    probe(Sid={}),
    probe(Effect=None),
    probe(Effect="invalid"),
    probe(Effect="denY"),
    probe(Action=None),
    probe(Action=[]),
    probe(Action={}),
    probe(Action=[[]]),
    probe(Action="invalid"),
    probe(Action=""),
    probe(Action="*"),
    probe(Action="a a:b"),
    probe(Action="s3:List:Bucket"),
    probe(Action=["s3:*", "s3"]),
    probe(Action="s*:Get*"),
    probe(Action="*:Get*"),
    probe(Action="s3-s.x:Get"),
    probe(Action="no-such-service:Nothing"),
    probe(Action="iam: any text at all "),
    probe(Action=None, NotAction="s3"),
    probe(NotAction="s3:*"),
    probe(Resource=None),
    probe(Resource=[]),
    probe(Resource={}),
    probe(Resource=[{}]),
    probe(Resource=""),
    probe(Resource="invalid"),
    probe(Resource=["arn:aws:s3:::a", "invalid"]),
    probe(Resource="a:b"),
    probe(Resource="a:b:c"),
    probe(Resource="a:b:c:d:e:f:g"),
    probe(Resource="aws:s3:::bk"),
    probe(Resource=["arn:error:s3:::a", "arn:error:s3::a"]),
    probe(Resource="arn:aws"),
    probe(Resource="arn:*"),
    probe(Resource="arn:aws:fdsasf"),
    probe(Resource="arn:aws:s3:::bk"),
    probe(Resource="arn:*:s3:::bk"),
    probe(Resource="arn:aws-cn:s3:::bk"),
    probe(Resource="arn:aws:s3::bk"),
    probe(Resource="arn:aws::::bk"),
    probe(Resource="arn:aws::x"),
    probe(Resource="arn:aws:s3"),
    probe(Resource="arn:aws:s3:*"),
    probe(Resource="arn:aws:s3:eu-west-1::bk"),
    probe(Resource="arn:aws:s3:eu-west-1:111122223333:accesspoint/x"),
    probe(Resource="arn:aws:iam:eu-west-1::user/x"),
    probe(Resource="arn:aws:iam:::user/x"),
    probe(Resource="arn:aws:iam:::x"),
    probe(Resource="arn:aws:iam::111122223333:u*"),
    probe(Resource="arn:aws:no-such-service:::x"),
    probe(Resource="arn:aws:ec2:eu-west-1::x"),
    probe(Resource=None, NotResource="x"),
    probe(Resource=None, NotResource="arn:aws:s3::x"),
    probe(NotResource="*"),
    probe(Action="x", Resource="x"),
    probe(Action=[], Resource="x"),
    probe(Action="x", Resource=None),
    probe(Condition={}),
    probe(Condition=[]),
    probe(Condition={"Bool": []}),
    probe(Condition={"Bool": {}}),
    probe(Condition={"Bool": {"a": {}}}),
    probe(Condition={"stringequals": {"a": "b"}}),
    probe(Condition={"ForAnyValue::StringEquals": {"a": "b"}}),
    probe(Condition={"ForAnyValue:StringEqualsIfExists": {"a": "b"}}),
    probe(Condition={"StringEquals": {"no-colon": "b", "a:b:c": "d"}}),
    dated([]),
    dated("soon"),
    dated("01T"),
    dated("2026-11-25"),
    dated("2026-11-25T10:00:00Z"),
    dated("2026-11-25t2:00:00.593194+23"),
    dated("2026-11-25t2:00:00.593194+1"),
    dated("2026-11-25t2:00:00.1999999999+10:59"),
    dated("2026-11-25T10:00:00+24:00"),
    dated("234-13"),
    dated("2026-11-32"),
    dated("2026-11-25T24"),
    dated("1-2-3-4"),
    dated("-292275054"),
    dated("-292275055"),
    dated("1795600000"),
    dated("9223372036854775807"),
    dated("9223372036854775808"),
    dated(["2026-11-25", ""]),
    {"Statement": statement(Condition={"DateLessThan": {"a": "x"}})},
]
TRUST_PROBES = [
    document(TRUST),
    document({**TRUST, "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}),
    document({**TRUST, "Action": "sts:AssumeRoleWithSAML"}),
    document({**TRUST, "Action": "x"}),
    document({**TRUST, "Action": []}),
    document({**TRUST, "Resource": "*"}),
    document({**TRUST, "Resource": []}),
    document({**TRUST, "NotResource": "*"}),
    document({**TRUST, "Sid": "a"}, {**TRUST, "Sid": "a"}),
    document({**TRUST, "Condition": {"DateEquals": {"aws:CurrentTime": "x"}}}),
]
# Where the witness answers otherwise: the document, as what, why we do not follow.
DIFFERENCES = [
    (probe(Sid="a b"), "identity", "IAM takes letters and digits only (EL-Sid)"),
    (probe(Principal="*"), "identity", "the witness does not look at Principal (grammar)"),
    (probe(Principal=5), "identity", "the same"),
    (probe(Action=":Get"), "identity", "a service's prefix is not empty (EL-Action)"),
    (probe(Resource=[""]), "identity", "an empty resource is refused when it stands alone, too"),
    (
        probe(Resource=["arn:aws::::x"]),
        "identity",
        "the witness looks at a letter of an ARN in a list, where it should at the service",
    ),
    (
        probe(Resource="arn:aws:s*:::x"),
        "identity",
        "the sentence says that the service can have no wildcards (EL-Resource: none there)",
    ),
    (
        probe(Resource="arn:aws:iam::*:root"),
        "identity",
        "sts:AssumeRoot is newer than the witness; AWS's own policies have such ARNs",
    ),
    (probe(Resource="arn:aws:iam::*:*"), "identity", "AWS's own policies have such ARNs"),
    (
        probe(Resource="arn:aws:s3:*:*:access-grants/default"),
        "identity",
        "access grants are newer than the witness; AWS's own policies have such ARNs",
    ),
    (probe(Resource="arn:aws-iso-e:s3:::x"), "identity", "a partition newer than the witness"),
    (
        document(statement(Resource="x"), statement(Resource="y")),
        "identity",
        "the witness tells the last bad resource, though it means to tell the first",
    ),
    (dated("2026-11-25T10:00:00-05:00"), "identity", "offsets may be negative (OP: W3C profile)"),
    (dated("2026-11-25T10:00Z"), "identity", "seconds may be left out (OP: W3C profile)"),
    (probe(Condition={"NumericEquals": {"a": 1}}), "identity", "numbers need no quotes (grammar)"),
    (probe(Condition={"unknown": {}}), "identity", "we read no operator that there is not"),
    (
        probe(Action=None, Resource="arn:aws:s3::x"),
        "identity",
        "a statement without Action is none to us, so that nothing else in it is looked at",
    ),
    (
        json.dumps(probe()).replace('"Effect"', '"Sid": "a", "Sid": "b", "Effect"'),
        "identity",
        "a key cannot stand twice (grammar)",
    ),
    (
        {"Version": "2008-10-17", "Statement": [TRUST]},
        "trust",
        "only identity policies must be of the newest version (EL-Version)",
    ),
    (
        document({**TRUST, "Action": "s3:GetObject"}),
        "trust",
        "IAM's sentence in its users' logs: AssumeRole policy may only specify STS AssumeRole ...",
    ),
    (document({**TRUST, "Action": "STS:assumerole"}), "trust", "letter case does not count"),
    (document({**TRUST, "Action": "sts:SetContext"}), "trust", "newer than the witness"),
    (document({**TRUST, "Action": "sts:Assume*"}), "trust", "wildcards work (EL-Action)"),
    (document({**TRUST, "Principal": "*"}), "trust", "the witness does not look at Principal"),
]


def witness(raw, policy_type):
    """Ask the witness: its sentence, or ``None`` if it would save the document."""
    validator = (
        IAMTrustPolicyDocumentValidator if policy_type == "trust" else IAMPolicyDocumentValidator
    )
    try:
        validator(raw if isinstance(raw, str) else json.dumps(raw)).validate()
    except MalformedPolicyDocument as error:
        return error.message
    return None


def ours(raw, policy_type):
    """Return our sentence, or ``None``."""
    found = refused(raw, policy_type)
    return found[0].message if found else None


@each_row("raw", PROBES)
def test_the_witness_answers_the_same(raw):
    """Moto's validator was written after IAM's answers."""
    expected = witness(raw, "identity")
    if expected:  # AWS's newer recorded answers name the root user too
        expected = expected.replace('either be "*" or start', 'either be "*", root, or start')

    assert ours(raw, "identity") == expected


@pytest.mark.parametrize("raw", TRUST_PROBES)
def test_the_witness_answers_the_same_of_trust_policies(raw):
    """But for actions, which AWS's recorded answers word otherwise, and full stops."""
    expected = witness(raw, "trust")
    if expected and expected.startswith("Trust Policy statement actions"):
        expected = "AssumeRole policy may only specify STS AssumeRole actions."
    if expected and expected.startswith(("Has prohibited", "Missing required")):
        expected = expected.removesuffix(".")

    assert ours(raw, "trust") == expected


@pytest.mark.parametrize(("raw", "policy_type", "why"), DIFFERENCES)
def test_where_the_witness_answers_otherwise_there_is_a_reason(raw, policy_type, why):
    """A row without difference would be a reason too many."""
    assert ours(raw, policy_type) != witness(raw, policy_type), why


@given(st.text("0123456789-tTzZ:.+ ", max_size=25))
def test_what_is_read_as_a_date_is_a_date_to_the_witness(text):
    """But for the forms of the W3C profile that it does not know."""
    minus = "-" in text.lower().partition("t")[2]
    without_seconds = text.lower().endswith("z") and text.count(":") < 2
    sign_of_zone = "+" in text and text.count(":") < 2
    if is_date(text) and not (minus or without_seconds or sign_of_zone):
        assert witness(dated(text), "identity") is None
