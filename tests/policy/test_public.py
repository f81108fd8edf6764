"""When a bucket policy is public: the table of the S3 pages, and the sentences that say why."""

import json
from pathlib import Path

from iamlab.policy.document import Policy
from iamlab.policy.public import is_public, public_because
from tests.rows import each_row

ROWS = json.loads(
    Path(__file__).parents[1].joinpath("conformance", "s3_public.json").read_text("utf-8")
)


@each_row("row", ROWS, ids=lambda row: row["id"])
def test_a_policy_is_public_where_the_documents_say_so(row):
    """And then, and only then, there is a reason for it."""
    policy = Policy.parse(row["policy"])

    assert is_public(policy) is row["public"], row["why"]
    assert bool(public_because(policy)) is row["public"]


def _allow(principal, **more):
    return {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::bk/*",
    } | more


def test_there_is_one_sentence_for_each_open_statement():
    """In the order of the policy, each with the name of its statement; the fixed ones are left."""
    policy = Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": [
                _allow("*", Sid="Everyone"),
                _allow({"AWS": "444455556666"}, Sid="Partner"),
                _allow({"AWS": "*"}, Condition={"StringLike": {"aws:SourceVpc": "vpc-*"}}),
                _allow("*", Effect="Deny", Sid="Nobody"),
            ],
        }
    )
    first, second = public_because(policy)

    assert "Everyone" in first
    assert "#3" in second
    assert not any("Partner" in item or "Nobody" in item for item in (first, second))


def test_a_policy_that_is_not_public_has_no_sentence():
    """Neither one without statements."""
    assert public_because(Policy.parse({"Statement": _allow({"AWS": "111122223333"})})) == ()
    assert public_because(Policy.parse({"Statement": []})) == ()
    assert not is_public(Policy.parse({"Statement": []}))
